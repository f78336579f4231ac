//! Objects for tests.

use jiff::Timestamp;

use crate::domain::application::{AppStatus, Application, SignOnMode};
use crate::domain::entry::{Entry, EntryKey, EntryKind, EntryRow, How, Reference, Subject, Target};
use crate::domain::group::{Group, GroupType};
use crate::domain::history::Interval;
use crate::domain::id::ObjectId;
use crate::domain::query::{Related, Row};
use crate::domain::user::{CredentialProvider, User, UserStatus};

fn moment() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

fn row<T>(value: T, related: Related) -> Row<T> {
    Row {
        value,
        observed: moment(),
        archived: None,
        related,
        via: None,
        raw: None,
    }
}

/// The id of [`user`].
pub(crate) fn user_id(n: usize) -> ObjectId {
    ObjectId::User(format!("00u{n:04}").parse().unwrap())
}

/// The same, as lists and pages name it.
pub(crate) fn user_subject(n: usize) -> Subject {
    Subject::Object(user_id(n))
}

/// The `n`-th API token, which belongs to the first user.
pub(crate) fn token(n: usize) -> EntryRow {
    let owner = Target::Object(user_id(1));
    let entry = Entry {
        key: EntryKey {
            kind: EntryKind::ApiToken,
            parent: None,
            id: format!("00T{n:04}").parse().unwrap(),
        },
        name: format!("token {n}").into(),
        status: None,
        created: Some(moment()),
        last_updated: Some(moment()),
        facts: vec![Some("user0001@example.com".into()), Some("Okta API".into())],
        refs: vec![Reference {
            how: How::Owner,
            to: owner,
        }],
    };
    EntryRow {
        entry,
        parent_name: None,
        names: Vec::new(),
        observed: moment(),
        spans: vec![Interval {
            from: moment(),
            to: None,
            began_by: None,
            ended_by: None,
        }],
        raw: None,
    }
}

/// The `n`-th user.
pub(crate) fn user(n: usize) -> Row<User> {
    let user = User {
        id: format!("00u{n:04}").parse().unwrap(),
        status: UserStatus::Active,
        transitioning_to: None,
        login: format!("user{n:04}@example.com").into(),
        email: format!("user{n:04}@example.com").into(),
        first_name: "Ana".into(),
        last_name: format!("Lopez {n}").into(),
        title: Some("AP Clerk".into()),
        department: Some("Finance".into()),
        manager: Some("chen.wu@example.com".into()),
        provider: Some(CredentialProvider {
            kind: "ACTIVE_DIRECTORY".into(),
            name: "example.local".into(),
        }),
        type_id: None,
        created: Some(moment()),
        activated: Some(moment()),
        status_changed: Some(moment()),
        last_login: Some(moment()),
        last_updated: Some(moment()),
        password_changed: None,
    };
    let related = Related {
        users: None,
        groups: Some(14),
        apps: None,
    };
    row(user, related)
}

/// The `n`-th group.
pub(crate) fn group(n: usize) -> Row<Group> {
    let group = Group {
        id: format!("00g{n:04}").parse().unwrap(),
        kind: GroupType::Okta,
        name: format!("Group {n}").into(),
        description: Some("People who pay bills".into()),
        created: Some(moment()),
        last_updated: Some(moment()),
        last_membership_updated: Some(moment()),
        stats: None,
    };
    let related = Related {
        users: Some(1_234),
        groups: None,
        apps: None,
    };
    row(group, related)
}

/// The `n`-th app.
pub(crate) fn app(n: usize) -> Row<Application> {
    let app = Application {
        id: format!("0oa{n:04}").parse().unwrap(),
        name: "netsuite".into(),
        label: format!("NetSuite {n}").into(),
        status: AppStatus::Active,
        sign_on_mode: Some(SignOnMode::Saml20),
        features: vec!["PUSH_NEW_USERS".into(), "IMPORT_NEW_USERS".into()],
        created: Some(moment()),
        last_updated: Some(moment()),
    };
    let related = Related {
        users: Some(420),
        groups: Some(3),
        apps: None,
    };
    row(app, related)
}

/// A policy.
pub(crate) fn policy() -> super::Item {
    let mut row = token(1);
    row.entry.key = EntryKey {
        kind: EntryKind::Policy,
        parent: Some("OKTA_SIGN_ON".parse().unwrap()),
        id: "00p1".parse().unwrap(),
    };
    row.entry.name = "Admins need two".into();
    super::Item::Entry(Box::new(row))
}
