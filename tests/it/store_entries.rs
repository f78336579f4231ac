//! Entries in the store: what complete lists begin, change and end, what is believed at once and what is not, and how lists of them
//! are answered.

use jiff::Timestamp;
use oktop::domain::entry::{
    Entry, EntryId, EntryKey, EntryKind, EntryQuery, How, Reference, Subject, Target,
};
use oktop::domain::history::{Change, Interval};
use oktop::domain::id::{EventUuid, ObjectId};
use oktop::domain::query::Sort;
use oktop::domain::resource::Resource;
use oktop::domain::text::RawJson;
use oktop::domain::user::UserStatus;
use oktop::store::{DirectoryOp, Pack, Store};

use crate::store_fixtures::{apply, at, complete, gid, uid, user, user_with, uuid};

fn id(text: &str) -> EntryId {
    text.parse().unwrap()
}

fn key(kind: EntryKind, parent: Option<&str>, own: &str) -> EntryKey {
    EntryKey {
        kind,
        parent: parent.map(id),
        id: id(own),
    }
}

/// An entry whose first column holds `fact`.
fn entry(kind: EntryKind, own: &str, fact: &str) -> (Entry, RawJson) {
    let entry = Entry {
        key: key(kind, None, own),
        name: format!("Name of {own}").into(),
        status: Some("ACTIVE".into()),
        created: Some(at(-1_000)),
        last_updated: None,
        facts: vec![Some(fact.into())],
        refs: Vec::new(),
    };
    let raw = format!(r#"{{"id":"{own}","fact":"{fact}","_links":{{"self":"x"}}}}"#);
    (entry, RawJson::new(raw))
}

/// A reading of a list at `secs`; the entries are given as id and fact.
fn list(
    kind: EntryKind,
    parent: Option<&str>,
    entries: &[(&str, &str)],
    secs: i64,
    evidence: Option<EventUuid>,
) -> DirectoryOp {
    let items = entries.iter().map(|(own, fact)| entry(kind, own, fact));
    DirectoryOp::Entries {
        kind,
        parent: parent.map(id),
        items: complete(items).into(),
        at: at(secs),
        evidence,
    }
}

fn zones(entries: &[(&str, &str)], secs: i64) -> DirectoryOp {
    list(EntryKind::Zone, None, entries, secs, None)
}

fn ids(store: &Store, kind: EntryKind, parent: Option<&str>) -> Vec<String> {
    let below = store.directory.entries_below(kind, parent.map(id).as_ref());
    below.iter().map(|entry| entry.key.id.to_string()).collect()
}

fn spans(store: &Store, key: &EntryKey) -> Vec<Interval> {
    let (row, _) = store.directory.entry(key).unwrap().unwrap();
    row.spans
}

fn times(spans: &[Interval]) -> Vec<(Timestamp, Option<Timestamp>)> {
    spans.iter().map(|span| (span.from, span.to)).collect()
}

#[test]
fn what_was_read_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    let applied = apply(
        &store,
        vec![
            zones(&[("nzo1", "IP"), ("nzo2", "DYNAMIC")], 10),
            list(
                EntryKind::Factor,
                Some("00u1"),
                &[("opf1", "push")],
                11,
                None,
            ),
        ],
    );
    assert_eq!(applied.added, 3);
    let applied = apply(&store, zones(&[("nzo1", "IP"), ("nzo2", "ASN")], 20));
    assert_eq!((applied.changed, applied.unchanged), (1, 1));
    let query = EntryQuery {
        with_raw: true,
        ..EntryQuery::of(EntryKind::Zone, 10)
    };
    let rows = store.directory.entries(&query, at(0)).unwrap();
    let detail = store
        .directory
        .entry(&key(EntryKind::Zone, None, "nzo2"))
        .unwrap();
    store.close().unwrap();

    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.directory.entries(&query, at(0)).unwrap(), rows);
    let again = store
        .directory
        .entry(&key(EntryKind::Zone, None, "nzo2"))
        .unwrap();
    assert_eq!(again, detail);
    let (row, changes) = detail.unwrap();
    assert_eq!(row.entry, {
        let (mut entry, _) = entry(EntryKind::Zone, "nzo2", "ASN");
        entry.key.parent = None;
        entry
    });
    assert_eq!(row.observed, at(20));
    assert_eq!(row.raw, Some(entry(EntryKind::Zone, "nzo2", "ASN").1));
    let told: Vec<_> = changes
        .iter()
        .map(|change| {
            (
                change.at,
                change.field.as_str(),
                change.before.as_deref(),
                change.after.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [(at(20), "fact", Some("\"DYNAMIC\""), Some("\"ASN\""))]
    );
    assert_eq!(store.directory.entry_count(EntryKind::Zone), 2);
    assert_eq!(store.directory.entry_count(EntryKind::Device), 0);
    assert_eq!(
        store.directory.entry_parents(EntryKind::Factor),
        [id("00u1")]
    );
    assert_eq!(
        store.directory.entry_lists(EntryKind::Factor),
        [(Some(id("00u1")), at(11))]
    );
    assert_eq!(ids(&store, EntryKind::Factor, Some("00u1")), ["opf1"]);
    assert_eq!(ids(&store, EntryKind::Factor, Some("00u2")), [""; 0]);
    assert_eq!(
        store.directory.entries_read(EntryKind::Zone, None),
        Some(at(20))
    );
}

#[test]
fn one_list_alone_ends_nothing_and_the_second_ends_it_as_of_the_first() {
    let store = Store::in_memory().unwrap();
    apply(&store, zones(&[("nzo1", "a"), ("nzo2", "a")], 10));
    let missing = key(EntryKind::Zone, None, "nzo2");
    apply(&store, zones(&[("nzo1", "a")], 20));
    assert_eq!(times(&spans(&store, &missing)), [(at(10), None)]);
    let (row, _) = store.directory.entry(&missing).unwrap().unwrap();
    assert_eq!(row.observed, at(10), "it is as old as the list that had it");
    // The same reading told again is no second one, and an older one says nothing.
    apply(&store, zones(&[("nzo1", "a")], 20));
    apply(&store, zones(&[], 15));
    assert_eq!(times(&spans(&store, &missing)), [(at(10), None)]);
    let applied = apply(&store, zones(&[("nzo1", "a")], 30));
    assert_eq!(applied.removed, 1);
    assert_eq!(times(&spans(&store, &missing)), [(at(10), Some(at(20)))]);
    assert_eq!(ids(&store, EntryKind::Zone, None), ["nzo1"]);
    // What was missed once and came back has never been away.
    apply(&store, zones(&[("nzo2", "a")], 40));
    apply(&store, zones(&[("nzo1", "a"), ("nzo2", "a")], 50));
    apply(&store, zones(&[("nzo2", "a")], 60));
    let first = key(EntryKind::Zone, None, "nzo1");
    assert_eq!(times(&spans(&store, &first)), [(at(10), None)]);
    assert_eq!(
        times(&spans(&store, &missing)),
        [(at(10), Some(at(20))), (at(40), None)]
    );
}

#[test]
fn an_event_ends_at_once_and_proves_what_is_one() {
    let store = Store::in_memory().unwrap();
    let roles = |entries: &[(&str, &str)], secs, event| {
        let evidence = Some(uuid(event));
        list(EntryKind::UserRole, Some("00u1"), entries, secs, evidence)
    };
    let role = |own| key(EntryKind::UserRole, Some("00u1"), own);
    apply(&store, roles(&[("ra1", "x")], 10, 1));
    assert_eq!(spans(&store, &role("ra1"))[0].began_by, Some(uuid(1)));
    // Two began: which of them the event is about cannot be said.
    apply(
        &store,
        roles(&[("ra1", "x"), ("ra2", "x"), ("ra3", "x")], 20, 2),
    );
    assert_eq!(spans(&store, &role("ra2"))[0].began_by, None);
    apply(&store, roles(&[("ra1", "x"), ("ra3", "x")], 30, 3));
    let ended = spans(&store, &role("ra2"))[0];
    assert_eq!((ended.to, ended.ended_by), (Some(at(30)), Some(uuid(3))));
    // The user lost all of them.
    let gone = DirectoryOp::EntriesBelowGone {
        kind: EntryKind::UserRole,
        parent: id("00u1"),
        at: at(40),
        evidence: Some(uuid(4)),
    };
    let applied = apply(&store, gone);
    assert_eq!(applied.removed, 2);
    for own in ["ra1", "ra3"] {
        let ended = spans(&store, &role(own))[0];
        assert_eq!((ended.to, ended.ended_by), (Some(at(40)), Some(uuid(4))));
    }
    assert!(store.directory.entry_lists(EntryKind::UserRole).is_empty());
    // A list that was on its way when the user lost them brings nothing back.
    apply(&store, roles(&[("ra1", "x")], 35, 5));
    assert_eq!(store.directory.entry_count(EntryKind::UserRole), 0);
    apply(&store, roles(&[("ra1", "x")], 50, 6));
    assert_eq!(store.directory.entry_count(EntryKind::UserRole), 1);
}

#[test]
fn too_many_at_once_are_held_until_somebody_accepts_it() {
    let store = Store::in_memory().unwrap();
    let names: Vec<String> = (0..60).map(|n| format!("nzo{n:02}")).collect();
    let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "a")).collect();
    apply(&store, zones(&all, 10));
    apply(&store, zones(&all[..20], 20));
    let applied = apply(&store, zones(&all[..20], 30));
    assert_eq!((applied.removed, applied.held), (0, 40));
    let accept = || DirectoryOp::AcceptMissingEntries {
        kind: EntryKind::Zone,
    };
    // Half of them may go.
    let applied = apply(&store, zones(&all[..30], 40));
    assert_eq!((applied.removed, applied.held), (30, 0));
    assert_eq!(
        times(&spans(&store, &key(EntryKind::Zone, None, "nzo59"))),
        [(at(10), Some(at(20)))]
    );
    // An event makes no such list more believable.
    let read = |secs| list(EntryKind::Zone, None, &all[..1], secs, Some(uuid(1)));
    let applied = apply(&store, read(50));
    assert_eq!((applied.removed, applied.held), (0, 29));
    let applied = apply(&store, accept());
    assert_eq!(applied.removed, 29);
    assert_eq!(ids(&store, EntryKind::Zone, None), ["nzo00"]);
    assert_eq!(apply(&store, accept()).removed, 0);
}

#[test]
fn what_hangs_below_ends_with_what_it_hangs_below() {
    let store = Store::in_memory().unwrap();
    let set = |entries: &[(&str, &str)], secs| {
        list(EntryKind::ResourceSet, None, entries, secs, Some(uuid(9)))
    };
    apply(
        &store,
        vec![
            DirectoryOp::Users {
                run: None,
                items: vec![user(1)],
                at: at(1),
            },
            set(&[("iam1", "d")], 10),
            list(EntryKind::Role, None, &[("cr01", "d")], 10, None),
            list(EntryKind::Binding, Some("iam1"), &[("cr01", "")], 10, None),
            list(
                EntryKind::BindingMember,
                Some("iam1:cr01"),
                &[("irb1", "o")],
                10,
                None,
            ),
            list(
                EntryKind::Factor,
                Some(uid(1).as_str()),
                &[("opf1", "push")],
                10,
                None,
            ),
        ],
    );
    let members = EntryQuery::of(EntryKind::BindingMember, 5);
    let rows = store.directory.entries(&members, at(0)).unwrap().rows;
    assert_eq!(
        rows[0].parent_name.as_deref(),
        Some("Name of cr01 on Name of iam1")
    );
    let factors = EntryQuery::of(EntryKind::Factor, 5);
    let rows = store.directory.entries(&factors, at(0)).unwrap().rows;
    assert_eq!(
        rows[0].parent_name.as_deref(),
        Some("user000001@acme.example")
    );
    apply(&store, set(&[], 20));
    assert_eq!(store.directory.entry_count(EntryKind::Binding), 0);
    assert_eq!(store.directory.entry_count(EntryKind::BindingMember), 0);
    assert_eq!(store.directory.entry_count(EntryKind::Role), 1);
    let archived = DirectoryOp::Archive {
        object: ObjectId::User(uid(1)),
        at: at(5),
        evidence: Some(uuid(3)),
    };
    apply(&store, archived);
    let factor = key(EntryKind::Factor, Some(uid(1).as_str()), "opf1");
    let ended = spans(&store, &factor)[0];
    assert_eq!((ended.to, ended.ended_by), (Some(at(10)), Some(uuid(3))));
    // Left out by the configuration, nothing of it is kept but its id.
    apply(&store, DirectoryOp::Forget(ObjectId::User(uid(1))));
    assert_eq!(store.directory.entry(&factor).unwrap(), None);
    let all = EntryQuery {
        archived: true,
        ..factors
    };
    assert_eq!(store.directory.entries(&all, at(0)).unwrap().total, 0);
}

#[test]
fn lists_of_entries_filter_sort_and_find_their_place() {
    let store = Store::in_memory().unwrap();
    let mut tokens: Vec<_> = (0..20)
        .map(|n| entry(EntryKind::ApiToken, &format!("00T{n:02}"), "00u1"))
        .collect();
    for (n, (token, _)) in tokens.iter_mut().enumerate() {
        token.created = Some(at(-86_400 * i64::try_from(n).unwrap()));
        let owner = uid(n % 2);
        token.facts = vec![
            Some(owner.to_string().into()),
            Some(format!("client {n}").into()),
            None,
            Some(format!("{n}").into()),
        ];
        token.refs = vec![Reference {
            how: How::Owner,
            to: Target::Object(ObjectId::User(owner)),
        }];
    }
    apply(
        &store,
        DirectoryOp::Entries {
            kind: EntryKind::ApiToken,
            parent: None,
            items: complete(tokens).into(),
            at: at(0),
            evidence: None,
        },
    );
    let ask = |change: &dyn Fn(&mut EntryQuery)| {
        let mut query = EntryQuery::of(EntryKind::ApiToken, 100);
        change(&mut query);
        store.directory.entries(&query, at(0)).unwrap()
    };
    let found = |change: &dyn Fn(&mut EntryQuery)| -> Vec<String> {
        let rows = ask(change).rows.into_iter();
        rows.map(|row| row.entry.key.id.to_string()).collect()
    };
    assert_eq!(found(&|_| ()).len(), 20);
    assert_eq!(
        found(&|query| query.filter = "clientName=\"client 7\"".into()),
        ["00T07"]
    );
    assert_eq!(found(&|query| query.filter = "window<3".into()).len(), 3);
    assert_eq!(found(&|query| query.filter = "created<2d".into()).len(), 2);
    assert_eq!(
        found(&|query| query.filter = "expiresAt<2d".into()).len(),
        0
    );
    let by = |field: &str, descending| {
        Some(Sort {
            field: field.into(),
            descending,
        })
    };
    let newest = found(&|query| query.sort = by("window", true));
    assert_eq!(newest[..2], ["00T19", "00T18"], "numbers sort as numbers");
    let oldest = found(&|query| query.sort = by("created", false));
    assert_eq!(oldest[0], "00T19");
    let about = |n| Some(Subject::Object(ObjectId::User(uid(n))));
    assert_eq!(found(&|query| query.about = about(1)).len(), 10);
    assert_eq!(found(&|query| query.about = about(5)).len(), 0);
    let other = Some(Subject::Object(ObjectId::Group(gid(1))));
    assert_eq!(found(&|query| query.about.clone_from(&other)).len(), 0);
    let around = ask(&|query| {
        query.limit = 4;
        query.around = Some(id("00T15"));
    });
    assert_eq!((around.position, around.matched), (Some(15), 20));
    assert!(
        around
            .rows
            .iter()
            .any(|row| row.entry.key.id == id("00T15"))
    );
    assert_eq!(around.complete_at, Some(at(0)));
    let wrong = EntryQuery {
        sort: by("nothing", true),
        ..EntryQuery::of(EntryKind::ApiToken, 1)
    };
    let error = store.directory.entries(&wrong, at(0)).unwrap_err();
    assert!(error.to_string().contains("clientName"), "{error}");
    // What changes later is in the sorted list again, in its place.
    let mut changed = entry(EntryKind::ApiToken, "00T19", "00u1");
    changed.0.facts = vec![None, None, None, Some("-5".into())];
    let evidence = Some(uuid(1));
    apply(
        &store,
        DirectoryOp::Entries {
            kind: EntryKind::ApiToken,
            parent: None,
            items: complete([changed, entry(EntryKind::ApiToken, "00T30", "x")]).into(),
            at: at(10),
            evidence,
        },
    );
    assert_eq!(
        found(&|query| query.sort = by("window", false)),
        ["00T19", "00T30"]
    );
    let ended = found(&|query| query.archived = true);
    assert_eq!(ended.len(), 21);
}

#[test]
fn a_list_of_several_pages_is_one_list_in_which_the_later_of_two_counts() {
    let store = Store::in_memory().unwrap();
    let pages = |pages: [&[(&str, &str)]; 2], secs, evidence| DirectoryOp::Entries {
        kind: EntryKind::Device,
        parent: None,
        items: complete(pages.map(|page| {
            let entries = page.iter();
            let entries = entries.map(|(own, fact)| entry(EntryKind::Device, own, fact));
            Pack::squeezed(entries.collect())
        })),
        at: at(secs),
        evidence,
    };
    let facts = || {
        let all = store.directory.entries_below(EntryKind::Device, None);
        let fact = |entry: &Entry| entry.facts[0].as_ref().unwrap().to_string();
        all.iter().map(fact).collect::<Vec<_>>()
    };
    let first = [
        &[("guo2", "a"), ("guo1", "b")][..],
        &[("guo2", "c"), ("guo3", "d")],
    ];
    let applied = apply(&store, pages(first, 10, None));
    assert_eq!(
        (applied.added, facts()),
        (3, ["b", "c", "d"].map(str::to_owned).to_vec())
    );
    let second = [&[("guo2", "c")][..], &[("guo3", "e")]];
    let applied = apply(&store, pages(second, 20, Some(uuid(1))));
    assert_eq!(
        (applied.removed, applied.changed, applied.unchanged),
        (1, 1, 1)
    );
    assert_eq!(ids(&store, EntryKind::Device, None), ["guo2", "guo3"]);
}

#[test]
fn factors_of_a_user_that_were_never_read_are_unknown_whatever_is_known_of_admins() {
    let store = Store::in_memory().unwrap();
    apply(
        &store,
        list(EntryKind::Factor, Some("00u1"), &[("opf1", "x")], 10, None),
    );
    apply(
        &store,
        DirectoryOp::Completed {
            resource: Resource::Factors,
            at: at(9),
        },
    );
    let read = |user| {
        let query = EntryQuery {
            parent: Some(id(user)),
            ..EntryQuery::of(EntryKind::Factor, 5)
        };
        store.directory.entries(&query, at(0)).unwrap().complete_at
    };
    assert_eq!((read("00u1"), read("00u2")), (Some(at(10)), None));
}

#[test]
fn a_kind_below_many_is_complete_once_all_of_it_was_read() {
    let store = Store::in_memory().unwrap();
    let roles = list(EntryKind::UserRole, Some("00u1"), &[("ra1", "x")], 10, None);
    let mut revisions = store.revisions();
    assert_eq!(revisions.borrow_and_update().entries, 0);
    apply(&store, roles.clone());
    assert_eq!(revisions.borrow_and_update().entries, 1);
    let all = EntryQuery::of(EntryKind::UserRole, 5);
    let complete_at = |query: &EntryQuery| {
        let answer = store.directory.entries(query, at(0)).unwrap();
        answer.complete_at
    };
    let of_one = EntryQuery {
        parent: Some(id("00u1")),
        ..all.clone()
    };
    assert_eq!(
        (complete_at(&all), complete_at(&of_one)),
        (None, Some(at(10)))
    );
    apply(
        &store,
        DirectoryOp::Completed {
            resource: Resource::Admins,
            at: at(9),
        },
    );
    assert_eq!(complete_at(&all), Some(at(9)));
    let seen = revisions.borrow_and_update().entries;
    apply(&store, roles);
    assert_eq!(revisions.borrow_and_update().entries, seen);
}

#[test]
fn one_entry_alone_is_newer_than_a_list_whose_reading_had_begun() {
    let store = Store::in_memory().unwrap();
    let alone = |own: &str, fact: Option<&str>, secs| DirectoryOp::EntryChanged {
        key: key(EntryKind::Zone, None, own),
        item: fact.map(|fact| entry(EntryKind::Zone, own, fact)),
        at: at(secs),
        evidence: Some(uuid(u64::try_from(secs).unwrap())),
    };
    apply(&store, alone("nzo1", Some("a"), 5));
    assert_eq!(store.directory.entry_count(EntryKind::Zone), 1);
    assert_eq!(
        store.directory.entries_read(EntryKind::Zone, None),
        None,
        "one entry does not pass for a list"
    );
    let (row, _) = store
        .directory
        .entry(&key(EntryKind::Zone, None, "nzo1"))
        .unwrap()
        .unwrap();
    assert_eq!(row.observed, at(5));
    apply(&store, zones(&[("nzo1", "a"), ("nzo2", "a")], 10));
    apply(
        &store,
        vec![
            alone("nzo1", Some("b"), 20),
            alone("nzo2", None, 20),
            alone("nzo3", Some("a"), 20),
        ],
    );
    let late = list(
        EntryKind::Zone,
        None,
        &[("nzo1", "a"), ("nzo2", "a")],
        15,
        Some(uuid(15)),
    );
    apply(&store, late);
    assert_eq!(ids(&store, EntryKind::Zone, None), ["nzo1", "nzo3"]);
    let (row, changes) = store
        .directory
        .entry(&key(EntryKind::Zone, None, "nzo1"))
        .unwrap()
        .unwrap();
    assert_eq!(row.entry.facts[0].as_deref(), Some("b"));
    assert_eq!(changes.len(), 1);
    let gone = spans(&store, &key(EntryKind::Zone, None, "nzo2"))[0];
    assert_eq!((gone.to, gone.ended_by), (Some(at(20)), Some(uuid(20))));
    let came = spans(&store, &key(EntryKind::Zone, None, "nzo3"))[0];
    assert_eq!((came.from, came.began_by), (at(20), Some(uuid(20))));
}

/// An API token as Okta lists it, used at `used`, in a network condition.
fn token(own: &str, used: i64, network: &str) -> (Entry, RawJson) {
    let (mut token, _) = entry(EntryKind::ApiToken, own, "00u1");
    let (moved, expires) = (at(used), at(used + 2_592_000));
    token.last_updated = Some(moved);
    token.facts = vec![
        Some("00u1".into()),
        None,
        Some(expires.to_string().into()),
        None,
        Some(network.into()),
    ];
    let raw = format!(
        r#"{{"id":"{own}","network":"{network}","lastUpdated":"{moved}","expiresAt":"{expires}"}}"#
    );
    (token, RawJson::new(raw))
}

fn tokens(items: Vec<(Entry, RawJson)>, secs: i64, evidence: Option<EventUuid>) -> DirectoryOp {
    DirectoryOp::Entries {
        kind: EntryKind::ApiToken,
        parent: None,
        items: complete(items).into(),
        at: at(secs),
        evidence,
    }
}

/// Okta moves `expiresAt` and `lastUpdated` of a token with each use, our own at each of our readings.
#[test]
fn a_token_that_was_used_has_not_changed() {
    let store = Store::in_memory().unwrap();
    let ours = key(EntryKind::ApiToken, None, "00T1");
    let read = |used, secs| {
        apply(
            &store,
            vec![tokens(vec![token("00T1", used, "ANYWHERE")], secs, None)],
        )
    };
    read(10, 10);
    read(20, 20);
    read(30, 30);
    let (row, changes) = store.directory.entry(&ours).unwrap().unwrap();
    assert!(changes.is_empty(), "{changes:?}");
    assert_eq!(
        row.entry.last_updated,
        Some(at(30)),
        "the list shows the newest"
    );
    let raw = row.raw.unwrap();
    assert!(raw.as_unsafe_str().contains(&at(30).to_string()), "{raw:?}");

    // Somebody else's use is no second change beside the one that an event proves.
    let both = |secs, network| {
        vec![
            token("00T1", secs, network),
            token("00T2", secs, "ANYWHERE"),
        ]
    };
    apply(&store, vec![tokens(both(40, "ANYWHERE"), 40, None)]);
    apply(&store, vec![tokens(both(50, "ZONE"), 50, Some(uuid(7)))]);
    let rows = store.directory.changes(at(0), at(100), None, 100).unwrap();
    let fields: Vec<_> = rows
        .iter()
        .filter_map(|row| match &row.what {
            Change::Field { field, .. } => {
                Some((row.subject.clone(), field.as_str(), row.evidence))
            }
            _ => None,
        })
        .collect();
    let changed = |field| (Subject::Entry(ours.clone()), field, Some(uuid(7)));
    assert!(fields.contains(&changed("network")), "{fields:?}");
    assert!(
        fields
            .iter()
            .all(|(subject, ..)| *subject == Subject::Entry(ours.clone()))
    );

    // When it had been used by then, nobody kept.
    let query = EntryQuery {
        as_of: Some(at(25)),
        with_raw: true,
        ..EntryQuery::of(EntryKind::ApiToken, 10)
    };
    let then = store
        .directory
        .entries(&query, at(60))
        .unwrap()
        .rows
        .remove(0);
    assert_eq!(then.entry.last_updated, None);
    assert_eq!(then.entry.fact("expiresAt"), None);
    assert_eq!(then.entry.fact("network").unwrap().as_str(), "ANYWHERE");
    assert!(!then.raw.unwrap().as_unsafe_str().contains("expiresAt"));
}

/// A batch of 200 users once decoded the records of all of them.
#[test]
fn the_next_users_to_read_are_found_without_the_disk() {
    let store = Store::in_memory().unwrap();
    let mut items: Vec<_> = (0..6).map(user).collect();
    items[2] = user_with(2, |user| user.status = UserStatus::Deprovisioned);
    let factors = |n: usize, secs| {
        let user = uid(n).to_string();
        list(EntryKind::Factor, Some(&user), &[], secs, None)
    };
    apply(
        &store,
        vec![
            DirectoryOp::Users {
                run: None,
                items,
                at: at(0),
            },
            DirectoryOp::Archive {
                object: ObjectId::User(uid(3)),
                at: at(1),
                evidence: None,
            },
            factors(1, 20),
            factors(4, 10),
            factors(5, 60),
        ],
    );
    let directory = store.directory.clone();
    store.close().unwrap();
    assert!(directory.run(Resource::Users).is_err());
    let next = |limit| {
        directory
            .users_unread(EntryKind::Factor, at(50), limit)
            .unwrap()
    };
    let ids = |numbers: &[usize]| -> Vec<EntryId> {
        let ids = numbers.iter().map(|n| id(uid(*n).as_str()));
        ids.collect()
    };
    assert_eq!(next(10), ids(&[0, 4, 1]));
    assert_eq!(next(2), ids(&[0, 4]));
    assert_eq!(next(1), ids(&[0]));
    assert_eq!(next(0), []);
}
