//! What the tests of the store are made of: users, groups, apps, events, and a way to wait for the store.

use std::path::Path;

use jiff::Timestamp;
use oktop::domain::application::{AppStatus, AppUser, Application, AssignmentScope, SignOnMode};
use oktop::domain::group::{Group, GroupStats, GroupType};
use oktop::domain::id::{AppId, EventUuid, GroupId, UserId};
use oktop::domain::listing::{Complete, Listing};
use oktop::domain::log_event::{LogEvent, Origin, OutcomeResult, Party, Severity};
use oktop::domain::secret::Secret;
use oktop::domain::text::RawJson;
use oktop::domain::user::{User, UserStatus};
use oktop::store::medium::{Disk, Medium as _};
use oktop::store::sealed::Sealed;
use oktop::store::{Appended, Applied, Batch, EventBatch, Events, Keys, Store, StoreKey};

/// Runs a future to its end on this thread.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

/// A key that is nothing but this hexadecimal digit, but for its end.
pub(crate) fn key(digit: char) -> StoreKey {
    StoreKey::parse(&Secret::new(key_text(digit))).unwrap()
}

/// The same as a person writes it down.
pub(crate) fn key_text(digit: char) -> String {
    format!("{}0", digit.to_string().repeat(63))
}

/// Files are encrypted under that key.
pub(crate) fn keys(digit: char) -> Keys {
    Keys::new(Some(key(digit)), [])
}

/// A file of a store that nobody has open, as redb sees it.
pub(crate) fn database(path: &Path) -> redb::Database {
    let file = Sealed::new(Disk.open(path).unwrap().unwrap());
    redb::Builder::new().create_with_backend(file).unwrap()
}

pub(crate) fn apply(store: &Store, changes: impl Into<Batch>) -> Applied {
    wait(store.directory.apply(changes)).unwrap()
}

pub(crate) fn append(events: &Events, page: Vec<(LogEvent, RawJson)>) -> Appended {
    let batch = EventBatch {
        events: page,
        marks: Vec::new(),
        at: at(0),
    };
    wait(events.append(batch)).unwrap()
}

/// A moment `secs` after the start of the tests' time.
pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + secs).unwrap()
}

pub(crate) fn complete<T>(items: impl IntoIterator<Item = T>) -> Complete<T> {
    let mut listing = Listing::default();
    listing.add_page(items, 0);
    listing.finish().ok().unwrap()
}

pub(crate) fn uid(n: usize) -> UserId {
    format!("00u{n:017}").parse().unwrap()
}

pub(crate) fn gid(n: usize) -> GroupId {
    format!("00g{n:017}").parse().unwrap()
}

pub(crate) fn aid(n: usize) -> AppId {
    format!("0oa{n:017}").parse().unwrap()
}

pub(crate) fn user(n: usize) -> (User, RawJson) {
    user_with(n, |_| ())
}

pub(crate) fn user_with(n: usize, change: impl FnOnce(&mut User)) -> (User, RawJson) {
    let names = ["Ana", "bo", "Chen", "Dmitri", "Éva"];
    let departments = ["Sales", "Engineering", "Legal"];
    let mut user = User {
        id: uid(n),
        status: if n.is_multiple_of(7) {
            UserStatus::Suspended
        } else {
            UserStatus::Active
        },
        transitioning_to: None,
        login: format!("user{n:06}@acme.example").into(),
        email: format!("user{n:06}@acme.example").into(),
        first_name: names[n % names.len()].into(),
        last_name: format!("Number{n}").into(),
        title: Some("Engineer".into()),
        department: Some(departments[n % departments.len()].into()),
        manager: None,
        provider: None,
        type_id: Some("oty1".into()),
        created: Some(at(-1_000_000)),
        activated: Some(at(-900_000)),
        status_changed: None,
        last_login: (!n.is_multiple_of(3)).then(|| at(-60 * i64::try_from(n).unwrap())),
        last_updated: Some(at(-500_000)),
        password_changed: None,
    };
    change(&mut user);
    let raw = format!(
        r#"{{"id":"{}","status":"{}","lastLogin":{},"profile":{{"login":"{}","department":"{}"}},"_links":{{"self":"x"}}}}"#,
        user.id,
        user.status,
        user.last_login.map_or(0, Timestamp::as_second),
        user.login,
        user.department.as_deref().unwrap_or_default(),
    );
    (user, RawJson::new(raw))
}

pub(crate) fn group(n: usize, stats: Option<GroupStats>) -> (Group, RawJson) {
    let group = Group {
        id: gid(n),
        kind: GroupType::Okta,
        name: format!("Group {n:04}").into(),
        description: None,
        created: Some(at(-1_000_000)),
        last_updated: Some(at(-500_000)),
        last_membership_updated: Some(at(-400_000)),
        stats,
    };
    let raw = format!(
        r#"{{"id":"{}","profile":{{"name":"{}"}}}}"#,
        group.id, group.name
    );
    (group, RawJson::new(raw))
}

pub(crate) fn app(n: usize) -> (Application, RawJson) {
    let app = Application {
        id: aid(n),
        name: "bookmark".into(),
        label: format!("App {n:03}").into(),
        status: AppStatus::Active,
        sign_on_mode: Some(SignOnMode::Saml20),
        features: vec!["GROUP_PUSH".into()],
        created: Some(at(-1_000_000)),
        last_updated: Some(at(-500_000)),
    };
    let raw = format!(r#"{{"id":"{}","label":"{}"}}"#, app.id, app.label);
    (app, RawJson::new(raw))
}

pub(crate) fn app_user(
    n: usize,
    scope: AssignmentScope,
    group: Option<GroupId>,
) -> (AppUser, RawJson) {
    let assignment = AppUser {
        user: uid(n),
        scope,
        group,
        status: "ACTIVE".into(),
        sync_state: None,
        user_name: Some(format!("user{n}").into()),
        created: Some(at(-300_000)),
        last_updated: None,
    };
    let raw = format!(
        r#"{{"id":"{}","scope":"{}"}}"#,
        assignment.user, assignment.scope
    );
    (assignment, RawJson::new(raw))
}

/// The uuid of event `n`. As Okta's, it begins with time: the first half is the same for many.
pub(crate) fn uuid(n: u64) -> EventUuid {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    EventUuid(bytes)
}

pub(crate) fn event(n: u64, published: Timestamp) -> (LogEvent, RawJson) {
    let types = [
        "user.session.start",
        "group.user_membership.add",
        "app.oauth2.token.grant",
    ];
    let number = usize::try_from(n).unwrap();
    let actor = Party {
        id: uid(number % 100).as_str().into(),
        kind: "User".into(),
        alternate_id: Some(format!("user{:06}@acme.example", n % 100).into()),
        display_name: None,
    };
    let target = Party {
        id: gid(number % 10).as_str().into(),
        kind: "UserGroup".into(),
        alternate_id: Some("unknown".into()),
        display_name: Some(format!("Group {:04}", n % 10).into()),
    };
    let event = LogEvent {
        uuid: uuid(n),
        published,
        event_type: types[number % types.len()].into(),
        severity: Some(Severity::Info),
        display_message: Some("something happened".into()),
        actor: Some(actor),
        targets: vec![target],
        result: Some(OutcomeResult::Success),
        reason: None,
        ip: Some(format!("203.0.113.{}", n % 250).into()),
        country: Some("Norway".into()),
        city: None,
        user_agent: None,
        session: Some(format!("session{}", n / 20).into()),
        root_session: None,
        transaction: None,
        origin: Origin::default(),
    };
    let raw = format!(
        r#"{{"uuid":"{}","n":{n},"published":"{published}"}}"#,
        event.uuid
    );
    (event, RawJson::new(raw))
}
