//! Tests of when a group gave a role.

use super::*;
use crate::domain::id::EventUuid;
use crate::domain::listing::{Complete, Listing};
use crate::domain::resource::Resource;
use crate::domain::text::RawJson;

const USER: &str = "00u1";
const GROUP: &str = "00g1";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn listed(kind: EntryKind, parent: &str, how: &str, ids: &[&str], secs: i64) -> DirectoryOp {
    let entry = |id: &&str| {
        let key = EntryKey {
            kind,
            parent: Some(parent.parse().unwrap()),
            id: id.parse().unwrap(),
        };
        let word = |word: &str| Some(word.into());
        let entry = Entry {
            key,
            name: "Help Desk".into(),
            status: None,
            created: Some(at(-9_000)),
            last_updated: None,
            facts: vec![word("HELP_DESK_ADMIN"), word("Help Desk"), word(how)],
            refs: Vec::new(),
        };
        (entry, RawJson::new(format!("{{\"id\":\"{id}\"}}")))
    };
    let mut listing = Listing::default();
    listing.add_page(ids.iter().map(entry), 0);
    let items: Complete<_> = listing.finish().ok().unwrap();
    DirectoryOp::Entries {
        kind,
        parent: Some(parent.parse().unwrap()),
        items: items.into(),
        at: at(secs),
        evidence: Some(EventUuid([9; 16])),
    }
}

fn member(present: bool, secs: i64) -> DirectoryOp {
    DirectoryOp::MemberChanged {
        group: GROUP.parse().unwrap(),
        user: USER.parse().unwrap(),
        present,
        at: at(secs),
        evidence: None,
    }
}

/// The seconds from when until when the user is told to have had the role.
async fn held(ops: Vec<DirectoryOp>) -> (i64, Option<i64>) {
    let (from, to) = held_exactly(ops).await;
    let secs = |moment: Timestamp| moment.as_second() - 1_800_000_000;
    (secs(from), to.map(secs))
}

async fn held_exactly(ops: Vec<DirectoryOp>) -> (Timestamp, Option<Timestamp>) {
    let store = Store::in_memory().unwrap();
    let completed = |resource| DirectoryOp::Completed {
        resource,
        at: at(0),
    };
    let begin = [Resource::Admins, Resource::Memberships].map(completed);
    for op in begin.into_iter().chain(ops) {
        store.directory.apply(op).await.unwrap();
    }
    let moments = dated(&store, at(0), at(500)).unwrap();
    store.directory.apply(moments).await.unwrap();
    let key = EntryKey {
        kind: EntryKind::UserRole,
        parent: Some(USER.parse().unwrap()),
        id: "gra1".parse().unwrap(),
    };
    let (row, _) = store.directory.entry(&key).unwrap().unwrap();
    let span = row.spans.last().unwrap();
    assert_eq!(span.began_by, None, "no event names the user's role");
    (span.from, span.to)
}

fn group_role(ids: &[&str], secs: i64) -> DirectoryOp {
    listed(EntryKind::GroupRole, GROUP, "GROUP", ids, secs)
}

fn user_role(ids: &[&str], secs: i64) -> DirectoryOp {
    listed(EntryKind::UserRole, USER, "GROUP", ids, secs)
}

#[tokio::test]
async fn a_role_that_a_group_gives_begins_and_ends_with_the_membership() {
    let ops = vec![
        group_role(&["gra1"], 5),
        member(true, 10),
        user_role(&["gra1"], 20),
        member(false, 60),
        user_role(&[], 100),
    ];
    assert_eq!(held(ops).await, (10, Some(60)));
}

#[tokio::test]
async fn a_role_that_a_group_gives_begins_and_ends_with_what_the_group_has() {
    let ops = vec![
        member(true, 5),
        group_role(&["gra1"], 30),
        user_role(&["gra1"], 40),
        group_role(&[], 70),
        user_role(&[], 90),
    ];
    assert_eq!(held(ops).await, (30, Some(70)));
}

/// A role that was taken away and given again was told to be as old as the first time.
#[tokio::test]
async fn a_role_that_a_group_gives_again_begins_again() {
    let ops = vec![
        group_role(&["gra1"], 5),
        member(true, 10),
        member(false, 20),
        member(true, 50),
        user_role(&["gra1"], 100),
    ];
    assert_eq!(held(ops).await, (50, None));
}

/// What a group gave all the time was told to begin when the user joined another one.
#[tokio::test]
async fn joining_another_group_begins_no_role_that_was_there() {
    let other = DirectoryOp::MemberChanged {
        group: "00g2".parse().unwrap(),
        user: USER.parse().unwrap(),
        present: true,
        at: at(30),
        evidence: None,
    };
    let ops = vec![
        group_role(&["gra1"], -20),
        member(true, -10),
        other,
        user_role(&["gra1"], 100),
    ];
    assert_eq!(held(ops).await, (100, None));
}

#[tokio::test]
async fn what_no_known_group_gave_is_told_as_it_was_seen() {
    let ops = vec![
        user_role(&["gra1"], 40),
        member(true, 50),
        user_role(&[], 90),
    ];
    assert_eq!(held(ops).await, (40, Some(90)));
}

/// Okta tells its time in whole seconds: a reading that found what a group gave was noted before the user joined it, and for that long nobody
/// knew which group gave the role, or that the user had left had ended nothing.
#[tokio::test]
async fn a_role_that_is_read_in_the_second_of_joining_begins_with_it() {
    let in_that_second = |op| match op {
        DirectoryOp::MemberChanged {
            group,
            user,
            present,
            at,
            evidence,
        } => DirectoryOp::MemberChanged {
            group,
            user,
            present,
            at: time::after(at, Duration::from_millis(700)),
            evidence,
        },
        op => op,
    };
    let ops = vec![
        group_role(&["gra1"], 5),
        in_that_second(member(true, 10)),
        user_role(&["gra1"], 10),
        in_that_second(member(false, 60)),
        user_role(&[], 60),
    ];
    let (from, to) = held_exactly(ops).await;
    assert_eq!((from, to), (at_millis(10_700), Some(at_millis(60_700))));
}

fn at_millis(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
}
