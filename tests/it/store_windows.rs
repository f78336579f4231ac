//! Windows of users are what one gets by filtering and sorting the plain records, whatever came before.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use oktop::domain::fields::UserFields;
use oktop::domain::filter::{Field, Fields as _, Filter};
use oktop::domain::id::ObjectId;
use oktop::domain::query::{ListQuery, Related, Scope, Sort};
use oktop::domain::resource::Resource;
use oktop::domain::text::RawJson;
use oktop::domain::user::{CredentialProvider, User, UserStatus};
use oktop::store::{DirectoryOp, Leash, Settings, Store};
use proptest::prelude::*;

use crate::store_disk::SimDisk;
use crate::store_fixtures::{apply, at, complete, gid, uid, user_with};

/// Users and groups that the steps are about.
const USERS: usize = 14;
const GROUPS: usize = 2;

/// Names of which one is not folded as it is spelled, one folds to something longer, and some contain others.
const WORDS: [&str; 8] = ["", "Ana", "tanaka", "TAN", "Éva", "İzmir", "ta na", "00u0"];

const FILTERS: [&str; 60] = [
    "",
    "t",
    "T",
    "ta",
    "tan",
    "tana",
    "é",
    "0",
    "00u",
    "00U0000000000000000",
    "-ana",
    "\"ta na\"",
    "\"a t\"",
    "\"\"",
    "i",
    "i\u{307}",
    "login:tan",
    "login=user000003@acme.example",
    "email:ana",
    "email:\"\"",
    "name:tan",
    "name=\"ana tanaka\"",
    "firstName:ana",
    "-lastName:tan",
    "status:act",
    "status=suspended or title:tan",
    "title=ana",
    "department:t -manager:tan",
    "provider:okta",
    "provider:acme",
    "type=ana",
    "id:0003",
    "id=00u00000000000000002",
    "created<15d",
    "lastLogin>3d",
    "lastLogin:2026",
    "-lastUpdated<100d or ana",
    "groups>0 (t or e)",
    "apps<1",
    "/^tan.*a$/ or login:/R0+1/",
    "/^$/",
    "title:/^$/",
    "/(?-i)Ana/",
    "name:/ana/",
    "/é/",
    "title:/İ|tan/",
    "/\\W/",
    "/[[:upper:]]{3}/",
    "status:/act/",
    "provider:/ok.a/",
    "created:/2026/",
    "manager:/T/ or ~zmr",
    "firstName:/^.n/ -/z/",
    "~tnk",
    "name:~an",
    "login:~urx",
    "title:~é",
    "id:~0u03",
    "-~ta type:~an",
    "status:~sp groups:~1",
];

const COMPLETED: [Resource; 3] = [Resource::Users, Resource::Memberships, Resource::AppUsers];

#[derive(Clone, Debug)]
enum Step {
    See(usize, Box<Looks>),
    Members(usize, BTreeSet<usize>),
    Archive(usize),
    Forget(usize),
    /// A reading of everything ends.
    Complete(usize),
    /// The store is closed and opened.
    Reopen,
}

/// What a user is made of, as indices into what there is.
#[derive(Clone, Debug)]
struct Looks {
    words: [usize; 6],
    suspended: bool,
    provider: bool,
    same_email: bool,
    login: usize,
    times: [Option<(i64, i32)>; 3],
}

fn looks() -> impl Strategy<Value = Looks> {
    let words = prop::array::uniform6(0..WORDS.len());
    let time = prop::option::of((
        -3_000_000i64..0,
        prop::sample::select(vec![0, 0, 500_000_000]),
    ));
    (
        words,
        any::<[bool; 3]>(),
        0..3usize,
        prop::array::uniform3(time),
    )
        .prop_map(
            |(words, [suspended, provider, same_email], login, times)| Looks {
                words,
                suspended,
                provider,
                same_email,
                login,
                times,
            },
        )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..USERS, looks()).prop_map(|(n, looks)| Step::See(n, Box::new(looks))),
        3 => (0..GROUPS, prop::collection::btree_set(0..USERS, 0..USERS)).prop_map(|(g, users)| Step::Members(g, users)),
        1 => (0..USERS).prop_map(Step::Archive),
        1 => (0..USERS).prop_map(Step::Forget),
        1 => (0..COMPLETED.len()).prop_map(Step::Complete),
        2 => Just(Step::Reopen),
    ]
}

fn made(n: usize, looks: &Looks) -> (User, RawJson) {
    let word = |at: usize| WORDS[looks.words[at]];
    let some = |at: usize| (!looks.words[at].is_multiple_of(3)).then(|| word(at).into());
    let time = |at: usize| {
        looks.times[at]
            .map(|(secs, nanos)| Timestamp::new(self::at(secs).as_second(), nanos).unwrap())
    };
    let (mut user, _) = user_with(n, |user| {
        user.login = match looks.login {
            0 => user.login.clone(),
            1 => format!("User{n}@ACME.example").into(),
            _ => format!("{}{n}", word(5)).into(),
        };
        user.email = if looks.same_email {
            user.login.clone()
        } else {
            word(0).into()
        };
        user.first_name = word(1).into();
        user.last_name = word(2).into();
        user.title = some(3);
        user.department = some(4);
        user.manager = some(5);
        user.type_id = some(0);
        user.provider = looks.provider.then(|| CredentialProvider {
            kind: "OKTA".into(),
            name: word(3).into(),
        });
        user.created = time(0);
        user.last_login = time(1);
        user.last_updated = None;
    });
    if looks.suspended {
        user.status = UserStatus::Suspended;
    }
    let raw = RawJson::new(format!("{{\"id\":\"{n}\",\"of\":\"{looks:?}\"}}").replace("Some", ""));
    (user, raw)
}

/// The plain records.
#[derive(Default)]
struct Plain {
    /// Each with whether it is archived.
    users: BTreeMap<usize, (User, bool)>,
    members: [BTreeSet<usize>; GROUPS],
}

impl Plain {
    fn take(&mut self, step: &Step) {
        match step {
            Step::See(n, looks) => drop(self.users.insert(*n, (made(*n, looks).0, false))),
            Step::Members(group, users) => self.members[*group].clone_from(users),
            Step::Archive(n) => {
                if let Some((_, archived)) = self.users.get_mut(n) {
                    *archived = true;
                }
                // Those who were only named have memberships too.
                for users in &mut self.members {
                    users.remove(n);
                }
            }
            Step::Forget(n) => drop(self.users.remove(n)),
            Step::Complete(_) | Step::Reopen => {}
        }
    }

    fn related(&self, n: usize) -> Related {
        let groups = self
            .members
            .iter()
            .filter(|users| users.contains(&n))
            .count();
        Related {
            users: None,
            groups: Some(groups as u64),
            apps: Some(0),
        }
    }

    /// Numbers of users that pass, sorted; and how many there are in the scope.
    fn list(&self, query: &ListQuery, group: Option<usize>, now: Timestamp) -> (Vec<usize>, usize) {
        let filter = Filter::of::<UserFields<'static>>(&query.filter).unwrap();
        let in_scope = self.users.iter().filter(|(n, (_, archived))| {
            (query.archived || !archived)
                && group.is_none_or(|group| self.members[group].contains(n))
        });
        let in_scope: Vec<_> = in_scope.map(|(n, (user, _))| (*n, user)).collect();
        let view = |n: usize, user| UserFields {
            user,
            related: self.related(n),
        };
        let passing = in_scope
            .iter()
            .filter(|(n, user)| filter.matches(&view(*n, user), now));
        let mut keyed: Vec<_> = passing
            .map(|(n, user)| {
                let field = query
                    .sort
                    .as_ref()
                    .map_or("login", |sort| sort.field.as_str());
                (
                    key(&view(*n, user), field),
                    key(&view(*n, user), "login"),
                    *n,
                )
            })
            .collect();
        let descending = query.sort.as_ref().is_some_and(|sort| sort.descending);
        keyed.sort_by(|a, b| {
            let by_field = compare(a.0.as_ref(), b.0.as_ref());
            let tie = compare(a.1.as_ref(), b.1.as_ref());
            match (&a.0, &b.0) {
                (Some(_), Some(_)) if descending => by_field.then(tie).reverse(),
                _ => by_field.then(tie),
            }
        });
        (keyed.into_iter().map(|(.., n)| n).collect(), in_scope.len())
    }
}

#[derive(Debug)]
enum Key {
    Text(String),
    Number(f64),
    Time(Timestamp),
}

fn key(view: &UserFields<'_>, field: &str) -> Option<Key> {
    let mut key = None;
    view.field(field, &mut |value| {
        let found = match value {
            Field::Text(text) => Some(Key::Text(text.to_lowercase())),
            Field::Number(number) => Some(Key::Number(number)),
            Field::Time(time) => Some(Key::Time(time)),
            Field::Unknown => None,
        };
        key = key.take().or(found);
    });
    key
}

fn compare(a: Option<&Key>, b: Option<&Key>) -> Ordering {
    match (a, b) {
        (Some(Key::Text(a)), Some(Key::Text(b))) => a.cmp(b),
        (Some(Key::Number(a)), Some(Key::Number(b))) => a.total_cmp(b),
        (Some(Key::Time(a)), Some(Key::Time(b))) => a.cmp(b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn op(step: &Step, secs: i64) -> Option<DirectoryOp> {
    Some(match step {
        Step::See(n, looks) => DirectoryOp::Users {
            run: None,
            items: vec![made(*n, looks)],
            at: at(secs),
        },
        Step::Members(group, users) => DirectoryOp::Members {
            group: gid(*group),
            users: complete(users.iter().map(|n| uid(*n))),
            at: at(secs),
            evidence: None,
        },
        Step::Archive(n) => DirectoryOp::Archive {
            object: ObjectId::User(uid(*n)),
            at: at(secs),
            evidence: None,
        },
        Step::Forget(n) => DirectoryOp::Forget(ObjectId::User(uid(*n))),
        Step::Complete(n) => DirectoryOp::Completed {
            resource: COMPLETED[*n],
            at: at(secs),
        },
        Step::Reopen => return None,
    })
}

/// A store that takes pictures of next to nothing.
fn open(disk: &SimDisk) -> Store {
    let settings = Settings {
        undrawn: 3,
        ..Settings::default()
    };
    disk.open_store_with(Path::new("/sim/data"), settings)
        .unwrap()
}

fn check(store: &Store, plain: &Plain, query: &ListQuery, group: Option<usize>) {
    let now = at(0);
    let (expected, total) = plain.list(query, group, now);
    let found = store.directory.users(query, now).unwrap();
    let ids: Vec<_> = found.rows.iter().map(|row| row.value.id.clone()).collect();
    let last = expected.len().saturating_sub(query.limit);
    let offset = query.offset.min(last);
    let window = expected.iter().skip(offset).take(query.limit);
    let window: Vec<_> = window.map(|n| uid(*n)).collect();
    // Logins may be the same: then the order among them is the store's.
    let tied = |ids: &[oktop::domain::id::UserId]| {
        let logins = ids.iter().map(|id| {
            let (user, _) = plain
                .users
                .values()
                .find(|(user, _)| user.id == *id)
                .unwrap();
            user.login.to_lowercase()
        });
        logins.collect::<Vec<_>>()
    };
    assert_eq!(
        (found.matched, found.total),
        (expected.len(), total),
        "{query:?}"
    );
    assert_eq!(tied(&ids), tied(&window), "{query:?}");
    for row in &found.rows {
        let (user, archived) = plain
            .users
            .values()
            .find(|(user, _)| user.id == row.value.id)
            .unwrap();
        assert_eq!((&row.value, row.archived.is_some()), (user, *archived));
    }
}

fn queries(sorts: &[(usize, bool)], filters: &[usize]) -> Vec<(ListQuery, Option<usize>)> {
    let names = UserFields::<'static>::NAMES;
    let mut all = Vec::new();
    for (n, filter) in filters.iter().enumerate() {
        let (field, descending) = sorts[n % sorts.len()];
        let sort = (n % 4 != 0).then(|| Sort {
            field: names[field % names.len()].to_owned(),
            descending,
        });
        for group in [None, Some(n % GROUPS)] {
            let query = ListQuery {
                scope: group.map_or(Scope::All, |group| Scope::OfGroup(gid(group))),
                filter: FILTERS[*filter].to_owned(),
                sort: sort.clone(),
                archived: n % 3 == 1,
                offset: n % 5,
                limit: 6,
                ..ListQuery::default()
            };
            all.push((query, group));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn windows_are_what_plain_records_give(
        steps in prop::collection::vec(step(), 1..40),
        filters in prop::collection::vec(0..FILTERS.len(), 12),
        sorts in prop::collection::vec((0usize..64, any::<bool>()), 5),
    ) {
        let disk = SimDisk::new();
        let mut store = open(&disk);
        for resource in [Resource::Memberships, Resource::AppUsers] {
            apply(&store, DirectoryOp::Completed { resource, at: at(0) });
        }
        let mut plain = Plain::default();
        let queries = queries(&sorts, &filters);
        for (n, step) in steps.iter().enumerate() {
            if let Some(op) = op(step, 1 + i64::try_from(n).unwrap()) {
                apply(&store, op);
            } else {
                store.close().unwrap();
                store = open(&disk);
            }
            plain.take(step);
            if matches!(step, Step::Reopen) {
                // Columns are not in memory yet.
                for archived in [false, true] {
                    let query = ListQuery { archived, limit: 6, ..ListQuery::default() };
                    check(&store, &plain, &query, None);
                }
            }
            let (query, group) = &queries[n % queries.len()];
            check(&store, &plain, query, *group);
        }
        for (query, group) in &queries {
            check(&store, &plain, query, *group);
        }
    }
}

/// More users than one block has: what is typed, letter by letter, and what changes meanwhile.
#[test]
fn windows_reach_over_many_blocks() {
    let disk = SimDisk::new();
    let store = open(&disk);
    let mut plain = Plain::default();
    let few = |n: usize, user: &mut User| {
        user.last_updated = None;
        if n.is_multiple_of(97) {
            user.last_name = "Tanaka".into();
        }
    };
    let count = 9_000;
    let items: Vec<_> = (0..count)
        .map(|n| user_with(n, |user| few(n, user)))
        .collect();
    for (n, (user, _)) in items.iter().enumerate() {
        plain.users.insert(n, (user.clone(), false));
    }
    apply(
        &store,
        DirectoryOp::Users {
            run: None,
            items,
            at: at(0),
        },
    );
    let ask = |store: &Store, plain: &Plain| {
        for filter in [
            "",
            "t",
            "ta",
            "tan",
            "tana",
            "tanak",
            "title:eng tanaka",
            "00089",
            "zzz",
            "user00899",
        ] {
            for (offset, descending) in [(0, false), (4_000, true)] {
                let sort = Sort {
                    field: "lastLogin".to_owned(),
                    descending,
                };
                let query = ListQuery {
                    filter: filter.to_owned(),
                    sort: descending.then_some(sort),
                    offset,
                    limit: 40,
                    ..ListQuery::default()
                };
                check(store, plain, &query, None);
            }
        }
    };
    ask(&store, &plain);
    store.close().unwrap();
    let store = open(&disk);
    // All of it from pictures.
    let opening = store.directory.opening();
    assert_eq!((opening.drawn, opening.read), (9_000, 0));
    ask(&store, &plain);
    for n in [0, 4_095, 4_096, 8_999] {
        let (user, raw) = user_with(n, |user| {
            few(n, user);
            user.login = format!("tanner{n}").into();
            user.last_login = Some(at(5));
        });
        plain.users.insert(n, (user.clone(), false));
        apply(
            &store,
            DirectoryOp::Users {
                run: None,
                items: vec![(user, raw)],
                at: at(1),
            },
        );
    }
    ask(&store, &plain);
    store.close().unwrap();
    let store = open(&disk);
    // Pictures are taken when three have changed; the fourth was read.
    let opening = store.directory.opening();
    assert_eq!((opening.drawn, opening.read), (9_000, 1));
    ask(&store, &plain);
}

/// Pictures of several blocks and of the order, taken at different times, and what changes in between.
/// A search that is stopped again and again comes to the same end, and tells how far it is.
#[test]
fn a_search_in_slices_goes_on_where_it_stopped() {
    let disk = SimDisk::new();
    let store = open(&disk);
    let items = |range: std::ops::Range<usize>, surname: &'static str| DirectoryOp::Users {
        run: None,
        items: range
            .map(|n| user_with(n, |user| user.last_name = surname.into()))
            .collect(),
        at: at(0),
    };
    apply(&store, items(0..9_000, "Tanaka"));
    let query = |filter: &str| ListQuery {
        filter: filter.to_owned(),
        limit: 9,
        ..ListQuery::default()
    };
    for (filter, matched) in [
        ("~tnk", 9_000),
        ("lastName:/^tan/", 9_000),
        ("title:/nobody/", 0),
    ] {
        let query = query(filter);
        let mut looked_at = Vec::new();
        let last = loop {
            let no_time = Leash::default().within(Duration::ZERO);
            let rows = store
                .directory
                .users_within(&query, at(9), &no_time)
                .unwrap();
            assert_eq!(rows.total, 9_000);
            match rows.searched {
                Some(searched) => looked_at.push((searched, rows.matched)),
                None => break rows,
            }
        };
        let all = |n: usize| if matched == 0 { (n, 0) } else { (n, n) };
        assert_eq!(looked_at, [all(4_096), all(8_192)], "{filter}");
        let whole = open_in_memory_of(&items(0..9_000, "Tanaka"));
        assert_eq!(last, whole.directory.users(&query, at(9)).unwrap());
    }
    // What is committed meanwhile is found by whoever asks again.
    let query = query("lastName:/^suz/");
    let no_time = || Leash::default().within(Duration::ZERO);
    let ask = || {
        store
            .directory
            .users_within(&query, at(9), &no_time())
            .unwrap()
    };
    assert_eq!(ask().searched, Some(4_096));
    apply(&store, items(3..4, "Suzuki"));
    // The block that was looked at has changed, and is looked at once more.
    let searched: Vec<_> = (0..3).map(|_| ask().searched).collect();
    assert_eq!(searched, [Some(4_096), Some(8_192), None]);
    assert_eq!(ask().matched, 1);
    // What nobody asked on with is not told to whoever comes later.
    let query = ListQuery {
        filter: "lastName:/^mor/".to_owned(),
        ..query
    };
    let begun = store.directory.users_within(&query, at(9), &no_time());
    assert_eq!(begun.unwrap().searched, Some(4_096));
    apply(&store, items(5..6, "Mori"));
    let whole = store.directory.users(&query, at(9)).unwrap();
    assert_eq!((whole.searched, whole.matched), (None, 1));
}

fn open_in_memory_of(op: &DirectoryOp) -> Store {
    let store = Store::in_memory().unwrap();
    apply(&store, op.clone());
    store
}

#[test]
fn pictures_and_what_is_marked_since_are_what_is_stored() {
    let disk = SimDisk::new();
    let mut store = open(&disk);
    let mut plain = Plain::default();
    let see = |store: &Store, plain: &mut Plain, users: Vec<(User, RawJson)>| {
        for (user, _) in &users {
            let n = user.id.as_str()[3..].parse().unwrap();
            plain.users.insert(n, (user.clone(), false));
        }
        let (run, at) = (None, at(1));
        apply(
            store,
            DirectoryOp::Users {
                run,
                items: users,
                at,
            },
        );
    };
    for first in (0..9_000).step_by(1_800) {
        let page = (first..first + 1_800).map(|n| user_with(n, |_| ()));
        see(&store, &mut plain, page.collect());
    }
    let (resource, read_at) = (Resource::Users, at(1));
    apply(
        &store,
        DirectoryOp::Completed {
            resource,
            at: read_at,
        },
    );
    for step in 0..120 {
        // Mostly one in the middle of a block, here and there a new one at the end; every third is called otherwise.
        let n = if step % 11 == 0 {
            plain.users.len()
        } else {
            step * 2_411 % 9_000
        };
        let changed = user_with(n, |user| {
            user.title = Some(format!("Title {step}").as_str().into());
            if step % 3 == 0 {
                user.login = format!("a{step}").as_str().into();
            }
        });
        see(&store, &mut plain, vec![changed]);
        if step % 13 != 0 {
            continue;
        }
        store.close().unwrap();
        store = open(&disk);
        let opening = store.directory.opening();
        assert!(opening.drawn > 8_990 && opening.read < 3, "{opening:?}");
        for (filter, offset) in [("", 0), ("", 8_900), ("title:title", 0), ("login:a", 30)] {
            assert!(!filter.is_empty() || !store.directory.has_columns());
            let query = ListQuery {
                filter: filter.to_owned(),
                offset,
                limit: 60,
                ..ListQuery::default()
            };
            check(&store, &plain, &query, None);
        }
    }
}

/// A picture of the order is taken when columns have changed that are not drawn yet.
#[test]
fn a_picture_of_one_part_forgets_no_mark_of_another() {
    let disk = SimDisk::new();
    let settings = Settings {
        undrawn: 2_000,
        ..Settings::default()
    };
    let open = || {
        let dir = Path::new("/sim/data");
        disk.open_store_with(dir, settings.clone()).unwrap()
    };
    let store = open();
    let see = |rows: std::ops::Range<usize>, renamed: bool| {
        let renamed = |user: &mut User| {
            if renamed {
                user.login = format!("renamed{}", user.login).into();
            }
        };
        let items = rows.map(|n| user_with(n, renamed)).collect();
        let (run, at) = (None, at(1));
        apply(&store, DirectoryOp::Users { run, items, at });
    };
    see(0..9_000, false);
    // Columns are drawn after 2,000 changes of them, the order after 2,250 of its own.
    (0..4).for_each(|page| see(page * 500..page * 500 + 500, true));
    see(8_200..8_700, true);
    (4..7).for_each(|page| see(page * 500..page * 500 + 500, true));
    store.close().unwrap();
    let store = open();
    assert_eq!(store.directory.opening().read, 0);
    for (filter, matched) in [("login:renamed", 4_000), ("-login:renamed", 5_000)] {
        let query = ListQuery {
            filter: filter.to_owned(),
            ..ListQuery::default()
        };
        assert_eq!(
            store.directory.users(&query, at(2)).unwrap().matched,
            matched
        );
    }
}

/// Answers and orders are remembered until something changes, and not all that a user is made of is in columns.
#[test]
fn a_change_of_a_field_without_a_column_is_seen_by_filters_and_sorts() {
    let store = Store::in_memory().unwrap();
    let see = |n: usize, activated: i64, secs: i64| {
        let seen = user_with(n, |user| user.activated = Some(at(activated)));
        let items = vec![seen];
        let at = at(secs);
        let run = None;
        apply(&store, DirectoryOp::Users { run, items, at });
    };
    let found = |filter: &str, sort: &str| -> Vec<String> {
        let query = ListQuery {
            filter: filter.to_owned(),
            limit: 10,
            sort: Some(Sort {
                field: sort.to_owned(),
                descending: false,
            }),
            ..ListQuery::default()
        };
        let rows = store.directory.users(&query, at(100)).unwrap().rows;
        let ids = rows.iter().map(|row| row.value.id.to_string());
        ids.collect()
    };
    let [one, two] = [1, 2].map(|n| uid(n).to_string());
    see(1, -900_000, 0);
    see(2, -800_000, 0);
    assert_eq!(found("activated<15d", "login"), [one.clone(), two.clone()]);
    assert_eq!(found("", "activated"), [one.clone(), two.clone()]);
    see(2, -9_000_000, 10);
    assert_eq!(found("activated<15d", "login"), [one.as_str()]);
    assert_eq!(found("", "activated"), [two, one]);
}
