//! Tests of through whom a role came that a group gives.

use std::collections::BTreeMap;

use super::*;
use crate::domain::group::{Group, GroupType};
use crate::domain::id::EventUuid;
use crate::domain::listing::Listing;
use crate::domain::log_event::LogEvent;
use crate::domain::resource::Resource;
use crate::domain::text::RawJson;
use crate::msg::ChangeTold;
use crate::okta;
use crate::store::{DirectoryOp, EventBatch, Store};

const USER: &str = "00u1";
const GROUP: &str = "00g1";

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn roles(kind: EntryKind, parent: &str, ids: &[&str], secs: i64) -> DirectoryOp {
    let entry = |id: &&str| {
        let word = |word: &str| Some(word.into());
        let entry = Entry {
            key: EntryKey {
                kind,
                parent: Some(parent.parse().unwrap()),
                id: id.parse().unwrap(),
            },
            name: "Help Desk".into(),
            status: None,
            created: None,
            last_updated: None,
            facts: vec![word("HELP_DESK_ADMIN"), word("Help Desk"), word("GROUP")],
            refs: Vec::new(),
        };
        (entry, RawJson::new(format!("{{\"id\":\"{id}\"}}")))
    };
    let mut listing = Listing::default();
    listing.add_page(ids.iter().map(entry), 0);
    DirectoryOp::Entries {
        kind,
        parent: Some(parent.parse().unwrap()),
        items: listing.finish().ok().unwrap().into(),
        at: at(secs),
        // What an event made the sync look for is gone as soon as it is missed.
        evidence: ids.is_empty().then_some(EventUuid([9; 16])),
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

/// That an admin did something to the user and the group.
fn done(n: u32, what: &str, admin: &str, secs: i64) -> (LogEvent, RawJson) {
    let json = serde_json::json!({
        "uuid": format!("00000000-0000-0000-0000-{n:012}"),
        "published": at(secs).to_string(),
        "eventType": what,
        "outcome": {"result": "SUCCESS"},
        "actor": {"id": admin, "type": "User", "displayName": admin},
        "target": [{"id": USER, "type": "User"}, {"id": GROUP, "type": "UserGroup"}],
    });
    let item = okta::read_log_event(json.to_string()).unwrap();
    (item.value, item.raw)
}

/// It was told of nobody who had given the role, though the log has who put the user there.
#[tokio::test]
async fn a_role_that_a_group_gives_is_told_with_the_group_and_who_put_the_user_there() {
    let store = Store::in_memory().unwrap();
    let group = Group {
        id: GROUP.parse().unwrap(),
        kind: GroupType::Okta,
        name: "Support".into(),
        description: None,
        created: None,
        last_updated: None,
        last_membership_updated: None,
        stats: None,
    };
    let groups = DirectoryOp::Groups {
        run: None,
        items: vec![(group, RawJson::new("{}".to_owned()))],
        at: at(0),
    };
    let completed = |resource| DirectoryOp::Completed {
        resource,
        at: at(0),
    };
    for op in [
        groups,
        completed(Resource::Admins),
        completed(Resource::Memberships),
        roles(EntryKind::GroupRole, GROUP, &["gra1"], 5),
        roles(EntryKind::UserRole, USER, &[], 6),
        member(true, 100),
        roles(EntryKind::UserRole, USER, &["ra1"], 100),
        member(false, 300),
        roles(EntryKind::UserRole, USER, &[], 300),
    ] {
        store.directory.apply(op).await.unwrap();
    }
    let batch = EventBatch {
        events: vec![
            done(1, "group.user_membership.add", "00aAdmin", 99),
            done(2, "group.user_membership.remove", "00aOther", 299),
        ],
        marks: Vec::new(),
        at: at(400),
    };
    store.events.append(batch).await.unwrap();
    let view = View::new(&store, None, at(1_000), BTreeMap::new());
    let rows = store.directory.changes(at(50), at(900), None, 10).unwrap();
    let told = rows.into_iter().map(|row| view.told(row).unwrap());
    let of_roles: Vec<ChangeTold> = told
        .filter(|told| matches!(told.row.subject, Subject::Entry(_)))
        .collect();
    let words = |told: &ChangeTold| {
        let by = told.proof.as_ref().and_then(|proof| proof.by.clone());
        let through = told.through.clone().map(|(_, name)| name.to_string());
        (through, by.map(|by| by.to_string()))
    };
    let words: Vec<_> = of_roles.iter().map(words).collect();
    let of = |admin: &str| (Some("Support".to_owned()), Some(admin.to_owned()));
    // The newest is first.
    assert_eq!(words, [of("00aOther"), of("00aAdmin")]);
}
