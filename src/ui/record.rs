//! What lists know about users, groups and apps: columns, sort keys, and what to ask the agent for.

mod cells;

#[cfg(test)]
pub(crate) mod samples;

use crate::domain::history::Archived;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::Revisions;
use crate::domain::query::{ListQuery, Related, Row, Rows, Scope, Via};
use crate::msg::{Answer, AnyRow, Ask};

use super::columns::{Cell, Claim, Fit};
use super::theme::Theme;

/// A column of a list of objects.
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// How much room it wants.
    pub claim: Claim,
    /// How its text is fitted.
    pub fit: Fit,
    /// What it says about a row.
    pub cell: fn(&AnyRow, Theme) -> Cell,
}

/// A choice of the sort menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// The key in the menu.
    pub letter: char,
    /// The field of the filter language.
    pub field: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// Whether the first press gives the largest or latest first.
    pub descending: bool,
}

impl SortKey {
    const fn up(letter: char, field: &'static str, label: &'static str) -> Self {
        Self {
            letter,
            field,
            label,
            descending: false,
        }
    }

    const fn down(letter: char, field: &'static str, label: &'static str) -> Self {
        Self {
            letter,
            field,
            label,
            descending: true,
        }
    }
}

/// The columns of a list of `kind` in `scope`.
pub fn columns(kind: Kind, scope: &Scope) -> &'static [Column] {
    match (kind, scope) {
        (Kind::User, Scope::All | Scope::OfUser(_)) => cells::USERS,
        (Kind::User, Scope::OfGroup(_)) => cells::MEMBERS,
        (Kind::User, Scope::OfApp(_)) => cells::APP_USERS,
        (Kind::Group, Scope::All | Scope::OfGroup(_)) => cells::GROUPS,
        (Kind::Group, Scope::OfUser(_) | Scope::OfApp(_)) => cells::GROUPS_OF,
        (Kind::App, Scope::OfUser(_)) => cells::APPS_OF_USER,
        (Kind::App, _) => cells::APPS,
    }
}

/// What a list of `kind` can be sorted by.
pub fn sort_keys(kind: Kind) -> &'static [SortKey] {
    match kind {
        Kind::User => USER_SORTS,
        Kind::Group => GROUP_SORTS,
        Kind::App => APP_SORTS,
    }
}

const USER_SORTS: &[SortKey] = &[
    SortKey::up('l', "login", "login"),
    SortKey::up('n', "name", "name"),
    SortKey::up('s', "status", "status"),
    SortKey::up('d', "department", "dept"),
    SortKey::down('i', "lastLogin", "last login"),
    SortKey::down('c', "created", "created"),
    SortKey::down('u', "lastUpdated", "updated"),
];

const GROUP_SORTS: &[SortKey] = &[
    SortKey::up('n', "name", "name"),
    SortKey::up('t', "type", "type"),
    SortKey::down('m', "users", "members"),
    SortKey::down('a', "apps", "apps"),
    SortKey::down('c', "created", "created"),
    SortKey::down('u', "lastUpdated", "updated"),
];

const APP_SORTS: &[SortKey] = &[
    SortKey::up('n', "label", "label"),
    SortKey::up('s', "status", "status"),
    SortKey::up('o', "signOn", "sign-on"),
    SortKey::down('m', "users", "users"),
    SortKey::down('g', "groups", "groups"),
    SortKey::down('c', "created", "created"),
    SortKey::down('u', "lastUpdated", "updated"),
];

/// The question for a window of a list.
pub fn ask(kind: Kind, query: ListQuery) -> Ask {
    match kind {
        Kind::User => Ask::Users(query),
        Kind::Group => Ask::Groups(query),
        Kind::App => Ask::Apps(query),
    }
}

/// A window of a list, whatever the kind of its rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// The rows.
    pub rows: Vec<AnyRow>,
    /// Index of the first of them in the filtered and sorted list.
    pub offset: usize,
    /// How many objects pass the filter.
    pub matched: usize,
    /// How many there are without the filter.
    pub total: usize,
    /// Where the object that was asked for stands; `None` when it is not in the list.
    pub position: Option<usize>,
    /// Whether the list has been read completely at least once.
    pub complete: bool,
}

impl Window {
    /// The window in an answer; `None` for answers to other questions.
    pub fn of(answer: Answer) -> Option<Self> {
        match answer {
            Answer::Users(rows) => Some(Self::new(rows, AnyRow::User)),
            Answer::Groups(rows) => Some(Self::new(rows, AnyRow::Group)),
            Answer::Apps(rows) => Some(Self::new(rows, AnyRow::App)),
            _ => None,
        }
    }

    fn new<T>(window: Rows<T>, any: fn(Box<Row<T>>) -> AnyRow) -> Self {
        Self {
            rows: window
                .rows
                .into_iter()
                .map(|row| any(Box::new(row)))
                .collect(),
            offset: window.offset,
            matched: window.matched,
            total: window.total,
            position: window.position,
            complete: window.complete,
        }
    }

    /// The row at `index` of the list, when it is in the window.
    pub fn row(&self, index: usize) -> Option<&AnyRow> {
        self.rows.get(index.checked_sub(self.offset)?)
    }

    /// Where that object stands in the list, when it is in the window.
    pub fn index_of(&self, id: &ObjectId) -> Option<usize> {
        let at = self.rows.iter().position(|row| is(row, id))?;
        Some(self.offset + at)
    }

    /// Whether the rows from `first` up to `end` (as far as there are any) are in the window.
    pub fn covers(&self, first: usize, end: usize) -> bool {
        let end = end.min(self.matched);
        first >= end || (first >= self.offset && end <= self.offset + self.rows.len())
    }
}

/// How often whatever a list of `kind` in `scope` shows has changed.
pub fn revision(kind: Kind, scope: &Scope, revisions: &Revisions) -> u64 {
    let own = match kind {
        Kind::User => revisions.users,
        Kind::Group => revisions.groups,
        Kind::App => revisions.apps,
    };
    let relation = match (kind, scope) {
        (_, Scope::All) => 0,
        (Kind::App, _) | (_, Scope::OfApp(_)) => revisions.apps,
        _ => revisions.groups,
    };
    own.wrapping_add(relation)
}

/// The plural of a kind.
pub fn plural(kind: Kind) -> &'static str {
    match kind {
        Kind::User => "users",
        Kind::Group => "groups",
        Kind::App => "apps",
    }
}

/// The object's id.
pub fn id(row: &AnyRow) -> ObjectId {
    match row {
        AnyRow::User(row) => ObjectId::User(row.value.id.clone()),
        AnyRow::Group(row) => ObjectId::Group(row.value.id.clone()),
        AnyRow::App(row) => ObjectId::App(row.value.id.clone()),
    }
}

/// Whether this is the row of that object.
pub fn is(row: &AnyRow, id: &ObjectId) -> bool {
    match (row, id) {
        (AnyRow::User(row), ObjectId::User(id)) => row.value.id == *id,
        (AnyRow::Group(row), ObjectId::Group(id)) => row.value.id == *id,
        (AnyRow::App(row), ObjectId::App(id)) => row.value.id == *id,
        _ => false,
    }
}

/// The object's name, as breadcrumbs show it.
pub fn name(row: &AnyRow) -> &str {
    match row {
        AnyRow::User(row) => &row.value.login,
        AnyRow::Group(row) => &row.value.name,
        AnyRow::App(row) => &row.value.label,
    }
}

/// Counts of the object's relations.
pub fn related(row: &AnyRow) -> Related {
    match row {
        AnyRow::User(row) => row.related,
        AnyRow::Group(row) => row.related,
        AnyRow::App(row) => row.related,
    }
}

/// Why Okta no longer has the object, when it does not.
pub fn archived(row: &AnyRow) -> Option<&Archived> {
    match row {
        AnyRow::User(row) => row.archived.as_ref(),
        AnyRow::Group(row) => row.archived.as_ref(),
        AnyRow::App(row) => row.archived.as_ref(),
    }
}

/// How the object belongs to its list's scope.
pub fn via(row: &AnyRow) -> Option<&Via> {
    match row {
        AnyRow::User(row) => row.via.as_ref(),
        AnyRow::Group(row) => row.via.as_ref(),
        AnyRow::App(row) => row.via.as_ref(),
    }
}

/// By which path a user has an app: `direct`, the groups that give it, or [`UNKNOWN`](super::format::UNKNOWN).
pub fn path(via: Option<&Via>) -> String {
    use crate::domain::application::AssignmentScope;

    let Some(via) = via else {
        return super::format::UNKNOWN.to_owned();
    };
    let direct = via.assignment.as_ref().map(|assignment| &assignment.scope);
    let groups: Vec<&str> = via.through.iter().map(|(_, name)| name.as_str()).collect();
    match (direct, groups.is_empty()) {
        (Some(AssignmentScope::User), true) => "direct".to_owned(),
        (Some(AssignmentScope::User), false) => format!("direct, also {}", groups.join(", ")),
        (_, false) => groups.join(", "),
        (Some(AssignmentScope::Group), true) => "a group, not known which".to_owned(),
        (Some(AssignmentScope::Other(word)), true) => word.to_string(),
        (None, true) => super::format::UNKNOWN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::application::{AppUser, AssignmentScope};
    use crate::domain::fields::{AppFields, GroupFields, UserFields};
    use crate::domain::filter::Fields as _;

    fn assignment(scope: AssignmentScope) -> AppUser {
        AppUser {
            user: "00u1".parse().unwrap(),
            scope,
            group: None,
            status: "ACTIVE".into(),
            sync_state: None,
            user_name: None,
            created: None,
            last_updated: None,
        }
    }

    #[test]
    fn the_path_to_an_app_is_never_guessed() {
        let via = |assignment, through: &[&str]| Via {
            since: None,
            assignment,
            through: through
                .iter()
                .map(|name| ("00g1".parse().unwrap(), (*name).into()))
                .collect(),
        };
        let direct = Some(assignment(AssignmentScope::User));
        let group = Some(assignment(AssignmentScope::Group));
        for (via, path_shown) in [
            (via(direct.clone(), &[]), "direct"),
            (via(direct, &["Sales"]), "direct, also Sales"),
            (via(group.clone(), &["Sales", "All"]), "Sales, All"),
            (via(group, &[]), "a group, not known which"),
            (via(None, &[]), "?"),
        ] {
            assert_eq!(path(Some(&via)), path_shown);
        }
    }

    fn field_names(kind: Kind) -> &'static [&'static str] {
        match kind {
            Kind::User => UserFields::NAMES,
            Kind::Group => GroupFields::NAMES,
            Kind::App => AppFields::NAMES,
        }
    }

    #[test]
    fn every_sort_menu_has_a_letter_for_one_thing_only() {
        for kind in [Kind::User, Kind::Group, Kind::App] {
            let mut letters: Vec<char> = sort_keys(kind).iter().map(|key| key.letter).collect();
            letters.sort_unstable();
            letters.dedup();
            assert_eq!(letters.len(), sort_keys(kind).len());
            for key in sort_keys(kind) {
                assert!(field_names(kind).contains(&key.field), "{}", key.field);
            }
        }
    }
}
