//! Tests of what ends with what it belonged to.

use super::*;
use crate::domain::entry::{Entry, EntryKey, Subject};
use crate::domain::group::{Group, GroupType};
use crate::domain::history::{Change, ChangeRow};
use crate::domain::id::UserId;
use crate::domain::listing::{Complete, Listing};
use crate::domain::text::RawJson;
use crate::store::{DirectoryOp, Store};

const GROUP: &str = "00g1";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn group() -> (Group, RawJson) {
    let group = Group {
        id: GROUP.parse().unwrap(),
        kind: GroupType::Okta,
        name: "Peace Room".into(),
        description: None,
        created: None,
        last_updated: None,
        last_membership_updated: None,
        stats: None,
    };
    (group, RawJson::new(format!("{{\"id\":\"{GROUP}\"}}")))
}

fn role() -> Complete<(Entry, RawJson)> {
    let entry = Entry {
        key: EntryKey {
            kind: EntryKind::GroupRole,
            parent: Some(GROUP.parse().unwrap()),
            id: "gra1".parse().unwrap(),
        },
        name: "Help Desk".into(),
        status: None,
        created: None,
        last_updated: None,
        facts: Vec::new(),
        refs: Vec::new(),
    };
    let mut listing = Listing::default();
    listing.add_page(vec![(entry, RawJson::new("{}".to_owned()))], 0);
    listing.finish().ok().unwrap()
}

fn member(user: &str, present: bool, secs: i64) -> DirectoryOp {
    DirectoryOp::MemberChanged {
        group: GROUP.parse().unwrap(),
        user: user.parse().unwrap(),
        present,
        at: at(secs),
        evidence: None,
    }
}

/// The members of a deleted group, and its role, went on until somebody noticed the deletion.
#[tokio::test]
async fn what_belonged_to_what_is_gone_ended_with_it() {
    let store = Store::in_memory().unwrap();
    let directory = &store.directory;
    let object = ObjectId::Group(GROUP.parse().unwrap());
    let event = EventUuid([3; 16]);
    let gone = ChangeRow {
        at: at(100),
        subject: Subject::Object(object.clone()),
        name: "Peace Room".into(),
        parent_name: None,
        what: Change::Archived,
        stamped: None,
        evidence: Some(event),
    };
    for op in [
        DirectoryOp::Groups {
            run: None,
            items: vec![group()],
            at: at(1),
        },
        member("00u1", true, 10),
        member("00u2", true, 10),
        DirectoryOp::Entries {
            kind: EntryKind::GroupRole,
            parent: Some(GROUP.parse().unwrap()),
            items: role().into(),
            at: at(10),
            evidence: None,
        },
        // This one had left before.
        member("00u2", false, 40),
        DirectoryOp::Archive {
            object: object.clone(),
            at: at(100),
            evidence: Some(event),
        },
        DirectoryOp::Dated {
            change: Box::new(gone),
            at: at(50),
            event: Some(event),
        },
    ] {
        directory.apply(op).await.unwrap();
    }
    let members = |secs| {
        let past = directory.as_of(at(secs));
        let members = past.members(&GROUP.parse().unwrap()).unwrap();
        let ids = members.into_iter().map(|(user, _)| user);
        ids.collect::<Vec<UserId>>()
    };
    let roles = |secs| {
        let past = directory.as_of(at(secs));
        let below = past.entries_below(EntryKind::GroupRole, Some(&GROUP.parse().unwrap()));
        below.unwrap().len()
    };
    assert_eq!(
        [45, 49, 50, 99].map(|secs| members(secs).len()),
        [1, 1, 0, 0]
    );
    assert_eq!([49, 50, 99].map(roles), [1, 0, 0]);
    let changes = directory.changes(at(30), at(200), None, 20).unwrap();
    let ends: Vec<i64> = changes
        .iter()
        .map(|row| row.at.as_second() - 1_800_000_000)
        .collect();
    assert_eq!(ends, [50, 50, 50, 40]);
    assert!(changes[..3].iter().all(|row| row.evidence == Some(event)));
}
