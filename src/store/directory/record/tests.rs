//! Tests of what is written to disk: it comes back as it was, and its bytes do not change by accident.

use super::*;
use crate::domain::application::{AppStatus, AssignmentScope, SignOnMode};
use crate::domain::entry::{Entry, EntryKey, EntryKind, How, Reference, Target};
use crate::domain::group::{GroupStats, GroupType};
use crate::domain::user::{CredentialProvider, UserStatus};
use crate::store::directory::diff::Changes;
use crate::store::directory::entries::{
    Absence, EntryRecord, List, ListKey, decode_value, encode_value,
};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(secs).unwrap()
}

fn recorded<T>(id: &str, value: T) -> Record<T> {
    Record {
        archived: Some(Archived {
            at: at(2_000),
            evidence: Some(EventUuid([1; 16])),
        }),
        seen: Some(RunId(7)),
        missed: 1,
        read: ListsRead {
            users: Some(at(5)),
            groups: None,
            apps: Some(at(6)),
        },
        value: Some(value),
        ..Record::named(id, at(1_000))
    }
}

fn user() -> User {
    User {
        id: "00u1".parse().unwrap(),
        status: UserStatus::Other("NEW".into()),
        transitioning_to: Some(UserStatus::Deprovisioned),
        login: "a".into(),
        email: "b".into(),
        first_name: "c".into(),
        last_name: "d".into(),
        title: Some("e".into()),
        department: None,
        manager: Some("f".into()),
        provider: Some(CredentialProvider {
            kind: "g".into(),
            name: "h".into(),
        }),
        type_id: Some("i".into()),
        created: Some(at(1)),
        activated: None,
        status_changed: None,
        last_login: Some(at(2)),
        last_updated: None,
        password_changed: None,
    }
}

fn group() -> Group {
    Group {
        id: "00g1".parse().unwrap(),
        kind: GroupType::BuiltIn,
        name: "a".into(),
        description: Some("b".into()),
        created: None,
        last_updated: Some(at(1)),
        last_membership_updated: None,
        stats: Some(GroupStats {
            users: 300,
            apps: 1,
            has_admin_privilege: true,
        }),
    }
}

fn app() -> Application {
    Application {
        id: "0oa1".parse().unwrap(),
        name: "a".into(),
        label: "b".into(),
        status: AppStatus::Inactive,
        sign_on_mode: Some(SignOnMode::WsFederation),
        features: vec!["c".into()],
        created: Some(at(1)),
        last_updated: None,
    }
}

fn spans() -> Spans {
    let mut spans = Spans::default();
    spans.open(at(1), Some(EventUuid([2; 16])));
    spans.close(at(2), None);
    spans
}

fn link() -> Link {
    Link {
        spans: spans(),
        assignment: Some(AppUser {
            user: "00u1".parse().unwrap(),
            scope: AssignmentScope::Group,
            group: Some("00g1".parse().unwrap()),
            status: "a".into(),
            sync_state: None,
            user_name: Some("b".into()),
            created: None,
            last_updated: Some(at(3)),
        }),
        raw_print: 300,
    }
}

fn entry() -> Entry {
    Entry {
        key: EntryKey {
            kind: EntryKind::Device,
            parent: None,
            id: "guo1".parse().unwrap(),
        },
        name: "a".into(),
        status: Some("b".into()),
        created: Some(at(1)),
        last_updated: None,
        facts: vec![None, Some("c".into())],
        refs: vec![
            Reference {
                how: How::Owner,
                to: Target::Object(ObjectId::User("00u1".parse().unwrap())),
            },
            Reference {
                how: How::Within,
                to: Target::Entry(EntryKind::ResourceSet, "iam1".parse().unwrap()),
            },
            Reference {
                how: How::Excludes,
                to: Target::All("ALL".into()),
            },
        ],
    }
}

fn entry_record() -> EntryRecord {
    EntryRecord {
        list: 300,
        id: "guo1".parse().unwrap(),
        spans: spans(),
        observed: at(4),
        absent: Some(Absence {
            since: at(3),
            lists: 1,
        }),
        changed: Some(at(2)),
        raw_print: 300,
        value: encode_value(&entry()).unwrap(),
    }
}

fn list() -> List {
    List {
        key: ListKey {
            kind: EntryKind::Factor,
            parent: Some("00u1".parse().unwrap()),
        },
        first: Some(at(1)),
        read: Some(at(2)),
        gone: true,
    }
}

fn changes() -> Changes {
    let found = Changes::between(r#"{"a":{"b":1}}"#, r#"{"a":{},"c":null}"#, at(7)).unwrap();
    found.with(vec![1, 2, 3], Some(EventUuid([4; 16])))
}

fn former() -> FormerAssignment {
    FormerAssignment::new(link().assignment.unwrap(), at(9))
}

/// What is on people's disks was written so. When this fails, a type of `domain` has changed its shape: raise the format's version and
/// write the step that migrates, then take the new bytes here.
#[test]
fn the_bytes_on_disk_do_not_change_by_accident() {
    let hex = |bytes: Vec<u8>| {
        bytes
            .iter()
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    let written = [
        hex(recorded("00u1", user()).encode().unwrap()),
        hex(recorded("00g1", group()).encode().unwrap()),
        hex(recorded("0oa1", app()).encode().unwrap()),
        hex(link().encode().unwrap()),
        hex(entry_record().encode().unwrap()),
        hex(list().encode().unwrap()),
        hex(changes().encode().unwrap()),
        hex(encode_life(&spans()).unwrap()),
        hex(former().encode().unwrap()),
    ];
    let expected = [
        concat!(
            "010430307531d00f0001a01f000101010101010101010101010101010101010701010a0000010c0001043030",
            "753108034e4557010701610162016301640101650001016601016701680101690114313937302d30312d3031",
            "5430303a30303a30315a00000114313937302d30312d30315430303a30303a30325a0000",
        ),
        concat!(
            "010430306731d00f0001a01f000101010101010101010101010101010101010701010a0000010c0001043030",
            "6731020161010162000114313937302d30312d30315430303a30303a30315a0001ac020101",
        ),
        concat!(
            "0104306f6131d00f0001a01f000101010101010101010101010101010101010701010a0000010c000104306f",
            "6131016101620101080101630114313937302d30312d30315430303a30303a30315a00",
        ),
        concat!(
            "0001010200010400010202020202020202020202020202020200010430307531010104303067310161000101",
            "62000114313937302d30312d30315430303a30303a30335aac02",
        ),
        concat!(
            "01ac020467756f31010200010400010202020202020202020202020202020200080001060001010400ac0201",
            "610101620102000002000101630300000004303075310401080469616d31030203414c4c",
        ),
        "012301043030753101020001040001",
        concat!(
            "020e000e000104040404040404040404040404040404020201610162010131000101630001046e756c6c0301",
            "0203",
        ),
        "01010200010400010202020202020202020202020202020200",
        "011200043030753101010430306731016100010162000114313937302d30312d30315430303a30303a30335a",
    ];
    assert_eq!(written, expected);
}

#[test]
fn records_and_links_come_back_as_they_were() {
    fn check<T: Mirrored + std::fmt::Debug>(id: &str, value: T) {
        let record = recorded(id, value);
        let back = Record::<T>::decode(&record.encode().unwrap()).unwrap();
        assert_eq!(format!("{back:?}"), format!("{record:?}"));
        let named = Record::<T>::named(id, at(9));
        let back = Record::<T>::decode(&named.encode().unwrap()).unwrap();
        assert_eq!(format!("{back:?}"), format!("{named:?}"));
    }
    check("00u1", user());
    check("00g1", group());
    check("0oa1", app());
    let bytes = link().encode().unwrap();
    assert_eq!(Link::decode(&bytes).unwrap(), link());
    assert!(!Link::peek_open(&bytes));
    assert!(Link::decode(&[]).is_err());
    assert!(Record::<User>::decode(&bytes[..3]).is_err());
}

#[test]
fn entries_and_their_lists_come_back_as_they_were() {
    let record = entry_record();
    let bytes = record.encode().unwrap();
    assert_eq!(EntryRecord::decode(&bytes).unwrap(), record);
    let key = ListKey {
        kind: EntryKind::Device,
        parent: None,
    };
    assert_eq!(
        decode_value(&key, &record.id, &record.value).unwrap(),
        entry()
    );
    assert_eq!(List::decode(&list().encode().unwrap()).unwrap(), list());
    for cut in 0..bytes.len() - record.value.len() {
        assert!(EntryRecord::decode(&bytes[..cut]).is_err());
    }
    assert!(decode_value(&key, &record.id, &record.value[..5]).is_err());
    assert!(List::decode(&[]).is_err());
}

#[test]
fn the_history_comes_back_as_it_was() {
    let bytes = changes().encode().unwrap();
    assert_eq!(Changes::decode(&bytes).unwrap(), changes());
    assert_eq!(
        decode_life(&encode_life(&spans()).unwrap()).unwrap(),
        spans()
    );
    let bytes = former().encode().unwrap();
    assert_eq!(FormerAssignment::decode(&bytes).unwrap(), former());
    assert!(Changes::decode(&bytes).is_err());
}
