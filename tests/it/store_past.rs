//! The past of the store: what it says was, at any moment, is what had been recorded at that moment, and what it says changed between
//! two moments leads from the one to the other.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use oktop::domain::application::{AppUser, AssignmentScope};
use oktop::domain::entry::{Entry, EntryId, EntryKey, EntryKind, EntryQuery, Subject};
use oktop::domain::history::{Change, ChangeRow, Existed, Interval, Relation};
use oktop::domain::id::{EventUuid, Kind, ObjectId};
use oktop::domain::org::Org;
use oktop::domain::query::{ListQuery, Scope};
use oktop::domain::resource::Resource;
use oktop::domain::text::RawJson;
use oktop::domain::user::UserStatus;
use oktop::store::{DetailRow, DirectoryOp, Error, RunId, RunState, Store};
use proptest::prelude::*;
use serde_json::Value;

use crate::store_fixtures::{
    aid, app, app_user, apply, at, complete, database, gid, group, uid, user, user_with, uuid, wait,
};

/// Seconds between two steps.
const STEP: i64 = 10;

#[derive(Clone, Debug)]
enum Step {
    /// A user is read: number, last sign-in, department, suspended.
    User(usize, i64, u8, bool),
    /// A group is read: number, name.
    Group(usize, u8),
    Members(usize, BTreeSet<usize>),
    Member(usize, usize, bool),
    /// The users of an app, each directly or through a group.
    AppUsers(usize, BTreeMap<usize, bool>),
    /// One user of an app: app, user, and how.
    AppUser(usize, usize, Option<bool>),
    GroupApps(usize, BTreeSet<usize>),
    AppGroups(usize, BTreeSet<usize>),
    /// A list of entries: which list, id and fact of each, and whether an event made us read.
    Entries(usize, BTreeMap<u8, u8>, bool),
    /// The user whose list this is has no such list any more.
    NoEntries(usize),
    Archive(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let users = || prop::collection::btree_set(0usize..6, 0..6);
    let entries = || prop::collection::btree_map(0u8..5, 0u8..3, 0..5);
    prop_oneof![
        4 => (0usize..6, 1i64..6, 0u8..3, any::<bool>()).prop_map(|(n, l, d, s)| Step::User(n, l, d, s)),
        1 => (0usize..3, 0u8..3).prop_map(|(n, name)| Step::Group(n, name)),
        2 => (0usize..3, users()).prop_map(|(g, users)| Step::Members(g, users)),
        2 => (0usize..3, 0usize..6, any::<bool>()).prop_map(|(g, u, p)| Step::Member(g, u, p)),
        2 => (0usize..2, prop::collection::btree_map(0usize..6, any::<bool>(), 0..6))
            .prop_map(|(a, users)| Step::AppUsers(a, users)),
        2 => (0usize..2, 0usize..6, any::<Option<bool>>()).prop_map(|(a, u, how)| Step::AppUser(a, u, how)),
        1 => (0usize..3, prop::collection::btree_set(0usize..2, 0..3)).prop_map(|(g, apps)| Step::GroupApps(g, apps)),
        1 => (0usize..2, prop::collection::btree_set(0usize..3, 0..3)).prop_map(|(a, groups)| Step::AppGroups(a, groups)),
        4 => (0usize..4, entries(), any::<bool>()).prop_map(|(list, items, event)| Step::Entries(list, items, event)),
        1 => (1usize..4).prop_map(Step::NoEntries),
        1 => (0usize..6).prop_map(Step::Archive),
    ]
}

/// The lists of entries: the zones, and the roles of three users.
fn list_of(list: usize) -> (EntryKind, Option<EntryId>) {
    match list {
        0 => (EntryKind::Zone, None),
        n => (
            EntryKind::UserRole,
            Some(uid(n - 1).as_str().parse().unwrap()),
        ),
    }
}

fn key_of(list: usize, id: u8) -> EntryKey {
    let (kind, parent) = list_of(list);
    EntryKey {
        kind,
        parent,
        id: format!("e{id}").parse().unwrap(),
    }
}

fn entry(list: usize, id: u8, fact: u8) -> (Entry, RawJson) {
    let key = key_of(list, id);
    let raw = format!(
        r#"{{"id":"{}","fact":{fact},"_links":{{"self":{fact}}}}}"#,
        key.id
    );
    let entry = Entry {
        name: format!("{} with {fact}", key.id).into(),
        key,
        status: None,
        created: None,
        last_updated: None,
        facts: vec![Some(fact.to_string().into())],
        refs: Vec::new(),
    };
    (entry, RawJson::new(raw))
}

fn read_user(
    n: usize,
    login: i64,
    department: u8,
    suspended: bool,
) -> (oktop::domain::user::User, RawJson) {
    user_with(n, |user| {
        user.last_login = Some(at(-login));
        user.department = (department > 0).then(|| format!("dept {department}").into());
        user.status = if suspended {
            UserStatus::Suspended
        } else {
            UserStatus::Active
        };
    })
}

fn read_group(n: usize, name: u8) -> (oktop::domain::group::Group, RawJson) {
    let (mut group, _) = group(n, None);
    group.name = format!("Group {n} as {name}").into();
    let raw = format!(
        r#"{{"id":"{}","profile":{{"name":"{}"}}}}"#,
        group.id, group.name
    );
    (group, RawJson::new(raw))
}

fn assigned(n: usize, through: bool) -> (AppUser, RawJson) {
    if through {
        app_user(n, AssignmentScope::Group, Some(gid(1)))
    } else {
        app_user(n, AssignmentScope::User, None)
    }
}

fn op(step: &Step, secs: i64) -> DirectoryOp {
    let at = at(secs);
    match step {
        Step::User(n, login, department, suspended) => DirectoryOp::Users {
            run: None,
            items: vec![read_user(*n, *login, *department, *suspended)],
            at,
        },
        Step::Group(n, name) => DirectoryOp::Groups {
            run: None,
            items: vec![read_group(*n, *name)],
            at,
        },
        Step::Members(group, users) => DirectoryOp::Members {
            group: gid(*group),
            users: complete(users.iter().map(|n| uid(*n))),
            at,
            evidence: None,
        },
        Step::Member(group, user, present) => DirectoryOp::MemberChanged {
            group: gid(*group),
            user: uid(*user),
            present: *present,
            at,
            evidence: None,
        },
        Step::AppUsers(app, users) => DirectoryOp::AppUsers {
            app: aid(*app),
            users: complete(users.iter().map(|(n, through)| assigned(*n, *through))).into(),
            at,
        },
        Step::AppUser(app, user, how) => DirectoryOp::AppUserChanged {
            app: aid(*app),
            user: uid(*user),
            assignment: how.map(|through| assigned(*user, through)),
            at,
            evidence: None,
        },
        Step::GroupApps(group, apps) => DirectoryOp::GroupApps {
            group: gid(*group),
            apps: complete(apps.iter().map(|n| aid(*n))),
            at,
        },
        Step::AppGroups(app, groups) => DirectoryOp::AppGroups {
            app: aid(*app),
            groups: complete(groups.iter().map(|n| gid(*n))),
            at,
        },
        Step::Entries(list, items, event) => {
            let (kind, parent) = list_of(*list);
            DirectoryOp::Entries {
                kind,
                parent,
                items: complete(items.iter().map(|(id, fact)| entry(*list, *id, *fact))).into(),
                at,
                evidence: event.then(|| uuid(u64::try_from(secs).unwrap())),
            }
        }
        Step::NoEntries(list) => {
            let (kind, parent) = list_of(*list);
            DirectoryOp::EntriesBelowGone {
                kind,
                parent: parent.unwrap(),
                at,
                evidence: None,
            }
        }
        Step::Archive(n) => DirectoryOp::Archive {
            object: ObjectId::User(uid(*n)),
            at,
            evidence: None,
        },
    }
}

/// What was true at one moment, as simply as it can be said.
#[derive(Clone, Debug, Default, PartialEq)]
struct Truth {
    users: BTreeMap<usize, String>,
    groups: BTreeMap<usize, String>,
    members: BTreeSet<(usize, usize)>,
    app_users: BTreeMap<(usize, usize), AppUser>,
    app_groups: BTreeSet<(usize, usize)>,
    entries: BTreeMap<(usize, u8), u8>,
}

/// Everything that was ever true, and what the rule for silent ends needs.
#[derive(Default)]
struct Record {
    /// One for each step, the first before any.
    truths: Vec<Truth>,
    /// Entries that one list has been without, and since which step.
    missing: BTreeMap<(usize, u8), usize>,
}

impl Record {
    fn take(&mut self, step: &Step) {
        let mut truth = self.truths.last().unwrap().clone();
        let number = self.truths.len();
        match step {
            Step::User(n, login, department, suspended) => {
                let (_, raw) = read_user(*n, *login, *department, *suspended);
                truth.users.insert(*n, raw.as_unsafe_str().to_owned());
            }
            Step::Group(n, name) => {
                let (_, raw) = read_group(*n, *name);
                truth.groups.insert(*n, raw.as_unsafe_str().to_owned());
            }
            Step::Members(group, users) => {
                truth.members.retain(|(g, _)| g != group);
                truth
                    .members
                    .extend(users.iter().map(|user| (*group, *user)));
            }
            Step::Member(group, user, true) => drop(truth.members.insert((*group, *user))),
            Step::Member(group, user, false) => drop(truth.members.remove(&(*group, *user))),
            Step::AppUsers(app, users) => {
                truth.app_users.retain(|(a, _), _| a != app);
                let users = users
                    .iter()
                    .map(|(n, how)| ((*app, *n), assigned(*n, *how).0));
                truth.app_users.extend(users);
            }
            Step::AppUser(app, user, Some(how)) => {
                truth
                    .app_users
                    .insert((*app, *user), assigned(*user, *how).0);
            }
            Step::AppUser(app, user, None) => drop(truth.app_users.remove(&(*app, *user))),
            Step::GroupApps(group, apps) => {
                truth.app_groups.retain(|(_, g)| g != group);
                truth
                    .app_groups
                    .extend(apps.iter().map(|app| (*app, *group)));
            }
            Step::AppGroups(app, groups) => {
                truth.app_groups.retain(|(a, _)| a != app);
                truth
                    .app_groups
                    .extend(groups.iter().map(|group| (*app, *group)));
            }
            Step::Entries(list, items, event) => {
                self.take_entries(&mut truth, *list, items, *event);
            }
            Step::NoEntries(list) => self.end_list(&mut truth, *list),
            Step::Archive(n) => {
                truth.users.remove(n);
                truth.members.retain(|(_, user)| user != n);
                truth.app_users.retain(|(_, user), _| user != n);
                if *n < 3 {
                    self.end_list(&mut truth, n + 1);
                }
            }
        }
        self.truths.push(truth);
        assert_eq!(self.truths.len(), number + 1);
    }

    fn take_entries(
        &mut self,
        truth: &mut Truth,
        list: usize,
        items: &BTreeMap<u8, u8>,
        event: bool,
    ) {
        let number = self.truths.len();
        let there: Vec<u8> = truth
            .entries
            .keys()
            .filter(|(of, _)| *of == list)
            .map(|(_, id)| *id)
            .collect();
        for id in there {
            if items.contains_key(&id) {
                continue;
            }
            let since = self.missing.get(&(list, id)).copied();
            if !event && since.is_none() {
                self.missing.insert((list, id), number);
                continue;
            }
            // It had ended with the first list that was without it.
            for past in self.truths.iter_mut().skip(since.unwrap_or(number)) {
                past.entries.remove(&(list, id));
            }
            truth.entries.remove(&(list, id));
            self.missing.remove(&(list, id));
        }
        for (id, fact) in items {
            self.missing.remove(&(list, *id));
            truth.entries.insert((list, *id), *fact);
        }
    }

    fn end_list(&mut self, truth: &mut Truth, list: usize) {
        truth.entries.retain(|(of, _), _| *of != list);
        self.missing.retain(|(of, _), _| *of != list);
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What the store says of an object, in the shape of the truth. A sign-in that only others followed is not known to the store.
fn same_json(found: &RawJson, recorded: &str) -> bool {
    let (mut found, mut recorded) = (json(found.as_unsafe_str()), json(recorded));
    recorded.as_object_mut().unwrap().remove("_links");
    for value in [&mut found, &mut recorded] {
        if let Some(links) = value.as_object_mut() {
            links.remove("_links");
        }
    }
    if found.get("lastLogin").is_none() {
        recorded.as_object_mut().unwrap().remove("lastLogin");
    }
    found == recorded
}

fn raw_of(row: &DetailRow) -> RawJson {
    match row {
        DetailRow::User(row) => row.raw.clone(),
        DetailRow::Group(row) => row.raw.clone(),
        DetailRow::App(row) => row.raw.clone(),
    }
    .unwrap()
}

fn check_objects(store: &Store, truth: &Truth, at: Timestamp) -> Result<(), TestCaseError> {
    let then = store.directory.as_of(at);
    let users = (0..6).map(|n| (ObjectId::User(uid(n)), truth.users.get(&n)));
    let groups = (0..3).map(|n| (ObjectId::Group(gid(n)), truth.groups.get(&n)));
    for (id, recorded) in users.chain(groups) {
        let found = then.object(&id).unwrap();
        match (found, recorded) {
            (Some(found), Some(recorded)) => {
                prop_assert_eq!(found.existed, Existed::Yes, "{:?}", id);
                let raw = raw_of(&found.row.unwrap());
                prop_assert!(
                    same_json(&raw, recorded),
                    "{} is not {recorded}",
                    raw.as_unsafe_str()
                );
            }
            (Some(found), None) => prop_assert_ne!(found.existed, Existed::Yes, "{:?}", id),
            (None, Some(_)) => prop_assert!(false, "{id:?} is lost"),
            (None, None) => {}
        }
    }
    Ok(())
}

fn ids<I: Clone>(found: &[(I, Interval)]) -> Vec<I> {
    found.iter().map(|(id, _)| id.clone()).collect()
}

fn check_links(store: &Store, truth: &Truth, at: Timestamp) -> Result<(), TestCaseError> {
    let then = store.directory.as_of(at);
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let text = |ids: Vec<String>| sorted(ids);
    let mut assignments = BTreeMap::new();
    for n in 0..3 {
        let found = ids(&then.members(&gid(n)).unwrap());
        let found = text(found.iter().map(ToString::to_string).collect());
        let pairs = truth.members.iter().filter(|(group, _)| *group == n);
        prop_assert_eq!(
            found,
            text(pairs.map(|(_, user)| uid(*user).to_string()).collect())
        );
        let found = ids(&then.apps_of_group(&gid(n)).unwrap());
        let found = text(found.iter().map(ToString::to_string).collect());
        let pairs = truth.app_groups.iter().filter(|(_, group)| *group == n);
        prop_assert_eq!(
            found,
            text(pairs.map(|(app, _)| aid(*app).to_string()).collect())
        );
    }
    for n in 0..2 {
        let found = ids(&then.groups_of_app(&aid(n)).unwrap());
        let found = text(found.iter().map(ToString::to_string).collect());
        let pairs = truth.app_groups.iter().filter(|(app, _)| *app == n);
        prop_assert_eq!(
            found,
            text(pairs.map(|(_, group)| gid(*group).to_string()).collect())
        );
        for (user, assignment, _) in then.app_users(&aid(n)).unwrap() {
            let number: usize = user.as_str()[3..].parse().unwrap();
            assignments.insert((n, number), assignment.unwrap());
        }
    }
    prop_assert_eq!(&assignments, &truth.app_users);
    let mut members = BTreeSet::new();
    let mut of_users = BTreeMap::new();
    for n in 0..6 {
        for (group, _) in then.groups_of(&uid(n)).unwrap() {
            members.insert((group.as_str()[3..].parse().unwrap(), n));
        }
        for (app, assignment, _) in then.apps_of_user(&uid(n)).unwrap() {
            of_users.insert((app.as_str()[3..].parse().unwrap(), n), assignment.unwrap());
        }
    }
    prop_assert_eq!(&members, &truth.members);
    prop_assert_eq!(&of_users, &truth.app_users);
    Ok(())
}

fn check_entries(store: &Store, truth: &Truth, moment: Timestamp) -> Result<(), TestCaseError> {
    let then = store.directory.as_of(moment);
    for list in 0..4 {
        let (kind, parent) = list_of(list);
        let found = then.entries_below(kind, parent.as_ref()).unwrap();
        let found: Vec<Entry> = found.into_iter().map(|(entry, _)| entry).collect();
        let recorded = truth.entries.iter().filter(|((of, _), _)| *of == list);
        let recorded: Vec<Entry> = recorded
            .map(|((_, id), fact)| entry(list, *id, *fact).0)
            .collect();
        prop_assert_eq!(&found, &recorded);
        let query = EntryQuery {
            parent,
            as_of: Some(moment),
            with_raw: true,
            filter: "-name:nothing".to_owned(),
            ..EntryQuery::of(kind, 100)
        };
        let rows = store.directory.entries(&query, at(0)).unwrap().rows;
        let listed: Vec<Entry> = rows.iter().map(|row| row.entry.clone()).collect();
        prop_assert_eq!(&listed, &recorded);
        for row in rows {
            let id = row.entry.key.id.as_str()[1..].parse().unwrap();
            let (_, raw) = entry(list, id, truth.entries[&(list, id)]);
            prop_assert!(same_json(row.raw.as_ref().unwrap(), raw.as_unsafe_str()));
        }
    }
    Ok(())
}

/// Lists of users: those there were, with the values they had, and the members of a group among them.
fn check_lists(store: &Store, truth: &Truth, moment: Timestamp) -> Result<(), TestCaseError> {
    let ask = |scope: Scope, filter: &str| {
        let query = ListQuery {
            scope,
            filter: filter.to_owned(),
            as_of: Some(moment),
            limit: 100,
            with_raw: true,
            ..ListQuery::default()
        };
        store.directory.users(&query, at(0)).unwrap().rows
    };
    let department = |n: &usize| json(&truth.users[n])["profile"]["department"].clone();
    let everybody = ask(Scope::All, "");
    let found: Vec<_> = everybody.iter().map(|row| row.value.id.clone()).collect();
    let recorded: Vec<usize> = truth.users.keys().copied().collect();
    prop_assert_eq!(found, recorded.iter().map(|n| uid(*n)).collect::<Vec<_>>());
    for (row, n) in everybody.iter().zip(&recorded) {
        let found = row.value.department.as_deref().unwrap_or_default();
        prop_assert_eq!(Value::from(found), department(n));
        prop_assert!(same_json(row.raw.as_ref().unwrap(), &truth.users[n]));
        if let Some(login) = row.value.last_login {
            let recorded = json(&truth.users[n]);
            prop_assert_eq!(
                Value::from(login.as_second()),
                recorded["lastLogin"].clone()
            );
        }
    }
    let filtered = ask(Scope::All, "department=\"dept 1\"").len();
    let recorded = recorded.iter().filter(|n| department(n) == "dept 1");
    prop_assert_eq!(filtered, recorded.count());
    let members = ask(Scope::OfGroup(gid(1)), "").into_iter();
    let members: Vec<_> = members.map(|row| row.value.id).collect();
    let recorded = truth.members.iter();
    let recorded = recorded.filter(|(group, user)| *group == 1 && truth.users.contains_key(user));
    prop_assert_eq!(
        members,
        recorded.map(|(_, user)| uid(*user)).collect::<Vec<_>>()
    );
    let via = ask(Scope::OfApp(aid(0)), "").into_iter();
    for row in via {
        let n: usize = row.value.id.as_str()[3..].parse().unwrap();
        let via = row.via.unwrap();
        prop_assert_eq!(via.assignment.as_ref(), truth.app_users.get(&(0, n)));
        let assigned = |group: &usize| truth.app_groups.contains(&(0, *group));
        let giving = (0..3).filter(|group| assigned(group) && truth.members.contains(&(*group, n)));
        let mut giving: BTreeSet<_> = giving.map(gid).collect();
        giving.extend(via.assignment.and_then(|it| it.group));
        let through: BTreeSet<_> = via.through.into_iter().map(|(group, _)| group).collect();
        prop_assert_eq!(through, giving);
    }
    Ok(())
}

/// What hangs together and what there is, without what it is like: as much as rows of changes that are not about fields tell.
fn outline(truth: &Truth) -> BTreeSet<String> {
    let users = truth.users.keys().map(|n| format!("{:?}", uid(*n)));
    let groups = truth.groups.keys().map(|n| format!("{:?}", gid(*n)));
    let members = truth
        .members
        .iter()
        .map(|(g, u)| format!("{:?} in {:?}", uid(*u), gid(*g)));
    let app_users = truth
        .app_users
        .keys()
        .map(|(a, u)| format!("{:?} has {:?}", uid(*u), aid(*a)));
    let app_groups = truth
        .app_groups
        .iter()
        .map(|(a, g)| format!("{:?} gives {:?}", gid(*g), aid(*a)));
    let entries = truth
        .entries
        .keys()
        .map(|(list, id)| format!("{:?}", key_of(*list, *id)));
    users
        .chain(groups)
        .chain(members)
        .chain(app_users)
        .chain(app_groups)
        .chain(entries)
        .collect()
}

fn named(subject: &Subject) -> String {
    match subject {
        Subject::Object(id) => id.as_str().to_owned(),
        Subject::Entry(key) => format!("{key:?}"),
    }
}

fn play(outline: &mut BTreeSet<String>, row: &ChangeRow) {
    let subject = named(&row.subject);
    let tie = |relation: Relation, other: &Subject| {
        let word = match relation {
            Relation::Membership => "in",
            Relation::UserAssignment => "has",
            Relation::GroupAssignment => "gives",
        };
        format!("{subject} {word} {}", named(other))
    };
    match &row.what {
        Change::Appeared => assert!(outline.insert(subject), "{row:?}"),
        Change::Archived => assert!(outline.remove(&subject), "{row:?}"),
        Change::Began {
            relation, other, ..
        } => assert!(outline.insert(tie(*relation, other)), "{row:?}"),
        Change::Ended {
            relation, other, ..
        } => assert!(outline.remove(&tie(*relation, other)), "{row:?}"),
        Change::Field { .. } | Change::Reassigned { .. } => {}
    }
}

/// A store that has been filled: from now on what begins is news.
fn filled(store: &Store) {
    let resources = Resource::ALL.into_iter();
    let all = resources.map(|resource| DirectoryOp::Completed {
        resource,
        at: at(0),
    });
    apply(store, all.collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_past_is_what_was_recorded(
        steps in prop::collection::vec(step(), 1..40),
        moments in prop::collection::vec((0usize..40, 0i64..STEP), 8),
        spans in prop::collection::vec((0usize..40, 0usize..40), 4),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        let mut store = Store::open(&path, None).unwrap();
        filled(&store);
        let mut record = Record { truths: vec![Truth::default()], ..Record::default() };
        for (number, step) in (1..).zip(&steps) {
            apply(&store, op(step, number * STEP));
            record.take(step);
        }
        for reopened in [false, true] {
            if reopened {
                store.close().unwrap();
                store = Store::open(&path, None).unwrap();
            }
            for (number, later) in &moments {
                let number = (*number).min(steps.len());
                let moment = at(i64::try_from(number).unwrap() * STEP + later);
                let truth = &record.truths[number];
                check_objects(&store, truth, moment)?;
                check_links(&store, truth, moment)?;
                check_entries(&store, truth, moment)?;
                check_lists(&store, truth, moment)?;
            }
        }
        for (a, b) in spans {
            let (from, to) = (a.min(b).min(steps.len()), a.max(b).min(steps.len()));
            let moment = |number: usize| at(i64::try_from(number).unwrap() * STEP + 1);
            let mut rows = store.directory.changes(moment(from), moment(to), None, 10_000).unwrap();
            prop_assert!(rows.is_sorted_by(|a, b| a.at >= b.at));
            let mut now = outline(&record.truths[from]);
            rows.reverse();
            for row in &rows {
                play(&mut now, row);
            }
            prop_assert_eq!(now, outline(&record.truths[to]));
        }
    }
}

fn users(numbers: std::ops::Range<usize>, secs: i64) -> DirectoryOp {
    DirectoryOp::Users {
        run: None,
        items: numbers.map(user).collect(),
        at: at(secs),
    }
}

fn evident_member(user: usize, present: bool, secs: i64) -> DirectoryOp {
    DirectoryOp::MemberChanged {
        group: gid(1),
        user: uid(user),
        present,
        at: at(secs),
        evidence: Some(uuid(u64::try_from(secs).unwrap())),
    }
}

fn told(rows: &[ChangeRow]) -> Vec<(i64, String, String, Option<EventUuid>)> {
    let what = |row: &ChangeRow| match &row.what {
        Change::Field {
            field,
            before,
            after,
        } => format!(
            "{field}: {} to {}",
            before.as_deref().unwrap_or("-"),
            after.as_deref().unwrap_or("-")
        ),
        Change::Began { other_name, .. } => format!("began {other_name}"),
        Change::Ended { other_name, .. } => format!("ended {other_name}"),
        Change::Reassigned {
            other_name,
            field,
            before,
            after,
            ..
        } => format!(
            "{other_name} {field}: {} to {}",
            before.as_deref().unwrap_or("-"),
            after.as_deref().unwrap_or("-")
        ),
        other => format!("{other:?}"),
    };
    rows.iter()
        .map(|row| {
            let secs = row.at.as_second() - at(0).as_second();
            (secs, row.name.to_string(), what(row), row.evidence)
        })
        .collect()
}

#[test]
fn changes_are_told_newest_first_and_what_was_found_at_first_is_none() {
    let store = Store::in_memory().unwrap();
    let mut run = RunState::new(Resource::Users, at(0));
    run.id = RunId(7);
    let first = DirectoryOp::Users {
        run: Some(run.id),
        items: (1..4).map(user).collect(),
        at: at(1),
    };
    let groups = DirectoryOp::Groups {
        run: None,
        items: vec![group(1, None)],
        at: at(1),
    };
    let apps = DirectoryOp::Apps {
        run: None,
        items: vec![app(1)],
        at: at(1),
    };
    let members = |users: &[usize], secs| DirectoryOp::Members {
        group: gid(1),
        users: complete(users.iter().map(|n| uid(*n))),
        at: at(secs),
        evidence: None,
    };
    apply(
        &store,
        vec![
            first,
            groups,
            apps,
            DirectoryOp::Run(run.clone()),
            DirectoryOp::FinishSweep {
                kind: Kind::User,
                run: run.id,
                at: at(3),
            },
            members(&[1, 2], 4),
            DirectoryOp::Completed {
                resource: Resource::Memberships,
                at: at(2),
            },
        ],
    );
    let ask = |since, until, subject: Option<Subject>, limit| {
        let rows = store
            .directory
            .changes(at(since), at(until), subject.as_ref(), limit);
        told(&rows.unwrap())
    };
    assert_eq!(ask(0, 100, None, 100), []);
    assert_eq!(
        store.directory.as_of(at(9)).known_since(Resource::Users),
        Some(at(3))
    );
    let known = store
        .directory
        .as_of(at(9))
        .known_since(Resource::Memberships);
    assert_eq!(known, Some(at(4)), "when the last of its lists was read");

    apply(&store, vec![users(4..5, 10), evident_member(3, true, 11)]);
    apply(&store, members(&[1, 3], 12));
    let moved = user_with(1, |user| user.department = Some("Legal".into()));
    apply(
        &store,
        DirectoryOp::Users {
            run: None,
            items: vec![moved],
            at: at(13),
        },
    );
    let assign = |secs, how| DirectoryOp::AppUserChanged {
        app: aid(1),
        user: uid(1),
        assignment: Some(assigned(1, how)),
        at: at(secs),
        evidence: Some(uuid(u64::try_from(secs).unwrap())),
    };
    apply(&store, vec![assign(14, false), assign(15, true)]);
    let archived = DirectoryOp::Archive {
        object: ObjectId::User(uid(3)),
        at: at(16),
        evidence: Some(uuid(16)),
    };
    apply(&store, archived);
    let login = |n: usize| user(n).0.login.to_string();
    let expected = [
        (16, login(3), "ended Group 0001".to_owned(), Some(uuid(16))),
        (16, login(3), "Archived".to_owned(), Some(uuid(16))),
        (
            15,
            login(1),
            "App 001 scope: USER to GROUP".to_owned(),
            None,
        ),
        (
            15,
            login(1),
            format!("App 001 group: - to {}", gid(1)),
            None,
        ),
        (14, login(1), "began App 001".to_owned(), Some(uuid(14))),
        (
            13,
            login(1),
            "profile.department: \"Engineering\" to \"Legal\"".to_owned(),
            None,
        ),
        (12, login(2), "ended Group 0001".to_owned(), None),
        (11, login(3), "began Group 0001".to_owned(), Some(uuid(11))),
        (10, login(4), "Appeared".to_owned(), None),
    ];
    assert_eq!(ask(0, 100, None, 100), expected);
    assert_eq!(ask(11, 13, None, 100), expected[6..8]);
    assert_eq!(ask(0, 100, None, 2), expected[..2]);
    let user = |n| Some(Subject::Object(ObjectId::User(uid(n))));
    assert_eq!(ask(0, 100, user(1), 100), expected[2..6]);
    let group = Some(Subject::Object(ObjectId::Group(gid(1))));
    let of_group = ask(0, 100, group, 100);
    assert_eq!(of_group, [&expected[..1], &expected[6..8]].concat());
    let nobody = Some(Subject::Object(ObjectId::User(uid(999))));
    assert_eq!(ask(0, 100, nobody, 100), []);
}

#[test]
fn sign_ins_are_told_of_one_user_only_and_entries_with_their_subjects() {
    let store = Store::in_memory().unwrap();
    filled(&store);
    apply(&store, users(1..2, 1));
    let sign_in = |secs| DirectoryOp::Users {
        run: None,
        items: vec![user_with(1, |user| user.last_login = Some(at(secs)))],
        at: at(secs),
    };
    apply(&store, sign_in(10));
    apply(&store, sign_in(20));
    let role = |fact, secs| DirectoryOp::Entries {
        kind: EntryKind::UserRole,
        parent: Some(uid(1).as_str().parse().unwrap()),
        items: complete([entry(2, 1, fact)]).into(),
        at: at(secs),
        evidence: Some(uuid(u64::try_from(secs).unwrap())),
    };
    apply(&store, vec![role(1, 30), role(2, 31)]);
    let all = |subject: Option<&Subject>| {
        let rows = store.directory.changes(at(2), at(100), subject, 100);
        told(&rows.unwrap())
    };
    let of_role = [
        (
            31,
            "e1 with 2".to_owned(),
            "fact: 1 to 2".to_owned(),
            Some(uuid(31)),
        ),
        (
            30,
            "e1 with 2".to_owned(),
            "Appeared".to_owned(),
            Some(uuid(30)),
        ),
    ];
    assert_eq!(all(None), of_role);
    let user = Subject::Object(ObjectId::User(uid(1)));
    let of_user = all(Some(&user));
    assert_eq!(of_user[..2], of_role);
    assert_eq!(of_user.len(), 3, "two sign-ins are one change");
    assert_eq!(of_user[2].0, 20);
    assert_eq!(all(Some(&Subject::Entry(key_of(2, 1)))), of_role);
    assert_eq!(all(Some(&Subject::Entry(key_of(2, 2)))), []);
    // Left out by the configuration, it has no past.
    apply(&store, DirectoryOp::Forget(ObjectId::User(uid(1))));
    assert_eq!(all(Some(&user)), []);
    let past = store
        .directory
        .as_of(at(15))
        .object(&ObjectId::User(uid(1)));
    assert_eq!(past.unwrap(), None);
    // Should it come back, what it was before does not come with it.
    apply(&store, sign_in(40));
    assert_eq!(all(Some(&user)).len(), 1);
}

#[test]
fn what_was_before_the_first_reading_is_unknown_or_settled_by_okta() {
    let store = Store::in_memory().unwrap();
    let created = user_with(1, |user| user.created = Some(at(5)));
    apply(
        &store,
        DirectoryOp::Users {
            run: None,
            items: vec![created, user(2)],
            at: at(10),
        },
    );
    let existed = |n, secs| {
        let past = store
            .directory
            .as_of(at(secs))
            .object(&ObjectId::User(uid(n)));
        past.unwrap().unwrap().existed
    };
    assert_eq!(existed(1, 4), Existed::No);
    assert_eq!(existed(1, 7), Existed::Unknown);
    assert_eq!(existed(2, 4), Existed::Unknown);
    assert_eq!(existed(2, 10), Existed::Yes);
    let factors = DirectoryOp::Entries {
        kind: EntryKind::Factor,
        parent: Some(uid(2).as_str().parse().unwrap()),
        items: complete(Vec::<(Entry, RawJson)>::new()).into(),
        at: at(20),
        evidence: None,
    };
    apply(&store, factors);
    filled(&store);
    let then = store.directory.as_of(at(30));
    let of = |kind, n| {
        let parent: EntryId = uid(n).as_str().parse().unwrap();
        then.list_known_since(kind, Some(&parent))
    };
    assert_eq!(of(EntryKind::Factor, 2), Some(at(20)));
    assert_eq!(of(EntryKind::Factor, 1), None, "nobody looked");
    assert_eq!(
        of(EntryKind::UserRole, 1),
        Some(at(0)),
        "there was no such list"
    );
}

/// Okta's Date names a whole second: who was made and read within one was told to have been there before being made.
#[test]
fn nobody_was_there_before_being_made_in_the_second_of_the_reading() {
    let store = Store::in_memory().unwrap();
    let read_at = at(10);
    let later = |millis| read_at + jiff::SignedDuration::from_millis(millis);
    apply(
        &store,
        DirectoryOp::Users {
            run: None,
            items: vec![user_with(1, |user| user.created = Some(later(400)))],
            at: read_at,
        },
    );
    let existed = |millis| {
        let past = store.directory.as_of(later(millis));
        past.object(&ObjectId::User(uid(1)))
            .unwrap()
            .unwrap()
            .existed
    };
    assert_eq!(existed(399), Existed::No);
    assert_eq!(existed(400), Existed::Yes);
}

/// A store that an earlier version wrote is put aside, keeps its org, and the next is made in its place.
#[test]
fn an_older_store_is_put_aside() {
    use redb::TableDefinition;
    const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data");
    let store = Store::open(&path, None).unwrap();
    let org = |id: &str| Org {
        id: id.parse().unwrap(),
        host: "acme.okta.example".into(),
        company: None,
        pipeline: None,
    };
    wait(store.bind_org(&org("00o1"))).unwrap();
    apply(&store, users(0..3, 1));
    store.close().unwrap();
    let database = database(&path.join("directory.redb"));
    let transaction = database.begin_write().unwrap();
    let mut meta = transaction.open_table(META).unwrap();
    meta.insert("schema", [1, 1].as_slice()).unwrap();
    drop(meta);
    transaction.commit().unwrap();
    database.close().unwrap();

    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.directory.counts().users, 0);
    assert_eq!(store.org().map(|org| org.id), Some(org("00o1").id));
    assert!(path.join("directory.redb.schema-1").exists());
    apply(&store, users(0..2, 2));
    store.close().unwrap();
    let other = "00o2".parse().unwrap();
    let refused = Store::open(&path, Some(&other)).err().unwrap();
    assert!(matches!(refused, Error::OtherOrg { .. }), "{refused:?}");
    let store = Store::open(&path, None).unwrap();
    assert_eq!(store.directory.counts().users, 2);
}

#[test]
fn since_when_an_assignment_is_direct_is_remembered() {
    let store = Store::in_memory().unwrap();
    let read = |secs, how| apply(&store, op(&Step::AppUser(1, 2, how), secs));
    let direct_since = |secs| {
        let then = store.directory.as_of(at(secs));
        then.direct_since(&aid(1), &uid(2)).unwrap()
    };
    read(10, Some(false));
    assert_eq!(direct_since(15), None, "it was so from its beginning");
    read(20, Some(true));
    read(30, Some(false));
    read(40, Some(true));
    read(50, Some(false));
    assert_eq!(direct_since(15), None);
    assert_eq!(direct_since(35), Some(at(30)));
    assert_eq!(direct_since(60), Some(at(50)));
    let then = store.directory.as_of(at(60));
    assert_eq!(then.direct_since(&aid(0), &uid(2)).unwrap(), None);
}
