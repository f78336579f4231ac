//! What lists know about what they list: columns, sort keys, and what to ask the agent for.
//!
//! A list is the same machine whatever it lists. What differs is said here: its [`Topic`] makes the question, its answer becomes a
//! [`Window`] of [`Item`]s, and each item is named by a [`Subject`].

mod cells;
pub mod entry;
pub mod holder;
pub(in crate::ui) mod values;

#[cfg(test)]
pub(crate) mod samples;

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

use crate::access::{self, Asked, Goal, Question, RoleId, WhoRow};
use crate::domain::entry::{EntryId, EntryKind, EntryQuery, EntryRow, EntryRows, Subject};
use crate::domain::fields::{AppFields, GroupFields, UserFields};
use crate::domain::filter::{Field, Fields as _, Value};
use crate::domain::history::Archived;
use crate::domain::id::{GroupId, Kind, ObjectId, UserId};
use crate::domain::listing::PartialReason;
use crate::domain::query::Revisions;
use crate::domain::query::{ListQuery, Related, Row, Rows, Scope, Sort, Via};
use crate::domain::resource::Resource;
use crate::domain::text::RawJson;
use crate::msg::{Answer, AnyRow, Ask, Problem};

use super::columns::{Cell, Claim, Fit};
use super::json_path::JsonPath;
use super::picker;
use super::reasons;
use super::theme::Theme;

/// What a list is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Users, groups or apps.
    Objects(Kind, Scope),
    /// Entries of one kind.
    Entries {
        /// Which kind.
        kind: EntryKind,
        /// Only those below this.
        parent: Option<EntryId>,
        /// Only those that refer to this.
        about: Option<Subject>,
    },
    /// Everybody and everything with an admin role.
    Admins,
    /// Whoever has an app or is in a group, and by which path.
    Who(Goal),
    /// Whoever a group rule made a member of a group.
    Managed {
        /// The rule.
        rule: EntryId,
        /// The group, one of those that it gives.
        group: GroupId,
    },
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A user, a group or an app.
    Object(AnyRow),
    /// Anything else that is mirrored.
    Entry(Box<EntryRow>),
    /// Somebody or something that has an access.
    Holder(Box<WhoRow>),
}

/// A window of a list that is wanted, whatever it lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// In the filter language.
    pub filter: String,
    /// The order; `None` is the list's own.
    pub sort: Option<Sort>,
    /// Whether what Okta no longer has is listed too.
    pub archived: bool,
    /// The list as it was at this moment; `None` for now.
    pub as_of: Option<Timestamp>,
    /// Index of the first row.
    pub offset: usize,
    /// How many rows.
    pub limit: usize,
    /// What must be inside.
    pub around: Option<Subject>,
    /// Whether each row comes with Okta's JSON.
    pub with_raw: bool,
}

/// Fields that hold one of a few words, each with these words.
pub type Words = &'static [(&'static str, &'static [&'static str])];

/// A column of a list.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading.
    pub title: Cow<'static, str>,
    /// The field of the filter language that it shows; empty when there is none.
    pub field: &'static str,
    /// How much room it wants.
    pub claim: Claim,
    /// How its text is fitted.
    pub fit: Fit,
    /// What it says about a row.
    pub shows: Shows,
}

/// What a column says about a row.
#[derive(Clone, Debug)]
pub enum Shows {
    /// Something of a user, a group or an app.
    Object(fn(&AnyRow, Theme) -> Cell),
    /// A part of an entry.
    Entry(entry::Part),
    /// Something of one who has an access.
    Holder(fn(&WhoRow, Theme) -> Cell),
    /// Something of Okta's JSON.
    Path(JsonPath),
}

impl Column {
    /// Whether it shows a part of Okta's JSON.
    pub fn needs_json(&self) -> bool {
        matches!(self.shows, Shows::Path(_))
    }

    /// The column's cell in the row of `item`.
    pub fn cell(&self, item: &Item, theme: Theme) -> Cell {
        match (&self.shows, item) {
            (Shows::Object(cell), Item::Object(row)) => cell(row, theme),
            (Shows::Entry(part), Item::Entry(row)) => part.cell(row, theme),
            (Shows::Holder(cell), Item::Holder(row)) => cell(row, theme),
            (Shows::Path(path), item) => Cell::plain(path.shown(item.raw())),
            _ => Cell::plain(super::format::NONE),
        }
    }
}

impl Topic {
    /// All users, groups or apps.
    pub fn all(kind: Kind) -> Self {
        Self::Objects(kind, Scope::All)
    }

    /// All entries of a kind.
    pub fn entries(kind: EntryKind) -> Self {
        Self::Entries {
            kind,
            parent: None,
            about: None,
        }
    }

    /// The columns of the list.
    pub fn columns(&self) -> Cow<'static, [Column]> {
        match self {
            Self::Objects(kind, scope) => Cow::Borrowed(columns(*kind, scope)),
            Self::Entries { kind, parent, .. } => {
                Cow::Owned(entry::columns(*kind, parent.is_some()))
            }
            Self::Admins => Cow::Borrowed(holder::ADMINS),
            Self::Who(_) | Self::Managed { .. } => Cow::Borrowed(holder::HOLDERS),
        }
    }

    /// The name under which its columns are remembered.
    pub fn key(&self) -> String {
        match self {
            Self::Objects(kind, scope) => {
                let of = match scope {
                    Scope::All => "",
                    Scope::OfGroup(_) => " of a group",
                    Scope::OfApp(_) => " of an app",
                    Scope::OfUser(_) => " of a user",
                };
                format!("{}{of}", plural(*kind))
            }
            Self::Entries { kind, parent, .. } => {
                let below = if parent.is_some() { " below" } else { "" };
                format!("{}{below}", kind.word())
            }
            Self::Admins => "admins".to_owned(),
            Self::Who(_) | Self::Managed { .. } => "holders".to_owned(),
        }
    }

    /// Whether its rows have JSON of Okta's.
    pub fn has_json(&self) -> bool {
        matches!(self, Self::Objects(..) | Self::Entries { .. })
    }

    /// The columns that were chosen for it, by heading or as paths; its own where none was.
    pub fn columns_of(&self, chosen: Option<&[String]>) -> Cow<'static, [Column]> {
        let own = self.columns();
        let Some(chosen) = chosen else {
            return own;
        };
        let column = |name: &String| match picker::path_of(name) {
            Some(path) => Some(path_column(path)),
            None => own.iter().find(|column| column.title == *name).cloned(),
        };
        let columns: Vec<Column> = chosen.iter().filter_map(column).collect();
        if columns.is_empty() {
            own
        } else {
            Cow::Owned(columns)
        }
    }

    /// The fields of the filter language that the rows have, and those of them that hold one of a few words.
    pub fn fields(&self) -> (Cow<'static, [&'static str]>, Words) {
        match self {
            Self::Objects(Kind::User, _) => (Cow::Borrowed(UserFields::NAMES), UserFields::WORDS),
            Self::Objects(Kind::Group, _) => {
                (Cow::Borrowed(GroupFields::NAMES), GroupFields::WORDS)
            }
            Self::Objects(Kind::App, _) => (Cow::Borrowed(AppFields::NAMES), AppFields::WORDS),
            Self::Entries { kind, .. } => (Cow::Owned(kind.fields().collect()), &[]),
            Self::Admins | Self::Who(_) | Self::Managed { .. } => {
                (Cow::Borrowed(holder::HolderFields::NAMES), &[])
            }
        }
    }

    /// Filters as they may be typed, two spaces between them.
    pub fn filter_examples(&self) -> &'static str {
        match self {
            Self::Objects(Kind::User, _) => "status:active  -word  lastLogin<90d  /re/  a or b",
            Self::Objects(Kind::Group, _) => "members>100  type:app_group  -word  /re/  a or b",
            Self::Objects(Kind::App, _) => "users>100  status:inactive  -word  /re/  a or b",
            _ => "-word  \"two words\"  ~letters  /re/  a or b",
        }
    }

    /// What the list can be sorted by.
    pub fn sort_keys(&self) -> Cow<'static, [SortKey]> {
        match self {
            Self::Objects(kind, _) => Cow::Borrowed(sort_keys(*kind)),
            Self::Entries { kind, .. } => Cow::Owned(entry::sort_keys(*kind)),
            Self::Admins => Cow::Borrowed(holder::ADMIN_SORTS),
            Self::Who(_) | Self::Managed { .. } => Cow::Borrowed(holder::HOLDER_SORTS),
        }
    }

    /// The question for a window of the list.
    pub fn ask(&self, wanted: Wanted) -> Ask {
        match self {
            Self::Objects(kind, scope) => {
                let query = ListQuery {
                    scope: scope.clone(),
                    filter: wanted.filter,
                    sort: wanted.sort,
                    as_of: wanted.as_of,
                    archived: wanted.archived,
                    offset: wanted.offset,
                    limit: wanted.limit,
                    around: wanted.around.and_then(|subject| match subject {
                        Subject::Object(id) => Some(id),
                        Subject::Entry(_) => None,
                    }),
                    with_raw: wanted.with_raw,
                    in_slices: true,
                };
                match kind {
                    Kind::User => Ask::Users(query),
                    Kind::Group => Ask::Groups(query),
                    Kind::App => Ask::Apps(query),
                }
            }
            Self::Entries {
                kind,
                parent,
                about,
            } => Ask::Entries(EntryQuery {
                kind: *kind,
                parent: parent.clone(),
                about: about.clone(),
                filter: wanted.filter,
                sort: wanted.sort,
                archived: wanted.archived,
                as_of: wanted.as_of,
                offset: wanted.offset,
                limit: wanted.limit,
                around: wanted.around.and_then(|subject| match subject {
                    Subject::Entry(key) => Some(key.id),
                    Subject::Object(_) => None,
                }),
                with_raw: wanted.with_raw,
            }),
            Self::Admins => Ask::Access(Asked {
                question: Question::Admins,
                as_of: wanted.as_of,
            }),
            Self::Who(goal) => {
                // Filtered and sorted here, so then it must come whole.
                let whole = !wanted.filter.is_empty() || wanted.sort.is_some();
                let window = (wanted.offset, wanted.limit);
                who(goal.clone(), (!whole).then_some(window), wanted.as_of)
            }
            Self::Managed { group, .. } => who(Goal::Group(group.clone()), None, wanted.as_of),
        }
    }

    /// How often whatever the list shows has changed.
    pub fn revision(&self, revisions: &Revisions) -> u64 {
        match self {
            Self::Objects(kind, scope) => revision(*kind, scope, revisions),
            Self::Entries { .. } => revisions.entries,
            Self::Admins | Self::Who(_) | Self::Managed { .. } => reasons::revision(revisions),
        }
    }

    /// How long a list waits at least before it reads again what was changed: a first sync commits many times a second, and an
    /// answer about access looks at many lists.
    pub fn rest(&self) -> Duration {
        match self {
            Self::Objects(..) | Self::Entries { .. } => Duration::from_millis(200),
            Self::Admins | Self::Who(_) | Self::Managed { .. } => reasons::REREAD_AFTER,
        }
    }

    /// What the rows are called, more than one of them.
    pub fn plural(&self) -> Cow<'static, str> {
        match self {
            Self::Objects(kind, _) => Cow::Borrowed(plural(*kind)),
            Self::Entries { kind, .. } => Cow::Owned(kind.plural()),
            Self::Admins => Cow::Borrowed("admins"),
            Self::Who(_) => Cow::Borrowed("holders"),
            Self::Managed { .. } => Cow::Borrowed("members"),
        }
    }

    /// The resources without which it is not known what the list held at a moment.
    pub fn needs(&self) -> impl Iterator<Item = Resource> {
        let objects = match self {
            Self::Objects(kind, _) => Some(Self::all(*kind).resource()),
            _ => None,
        };
        objects.into_iter().chain([self.resource()])
    }

    /// The resource that the rows are read with.
    pub fn resource(&self) -> Resource {
        match self {
            Self::Objects(Kind::User, Scope::OfGroup(_)) => Resource::Memberships,
            Self::Objects(Kind::User, Scope::OfApp(_)) => Resource::AppUsers,
            Self::Objects(Kind::User, _) => Resource::Users,
            Self::Objects(Kind::Group, Scope::OfUser(_)) => Resource::Memberships,
            Self::Objects(Kind::Group, Scope::OfApp(_)) => Resource::AppGroups,
            Self::Objects(Kind::Group, _) => Resource::Groups,
            Self::Objects(Kind::App, Scope::OfUser(_)) => Resource::AppUsers,
            Self::Objects(Kind::App, Scope::OfGroup(_)) => Resource::AppGroups,
            Self::Objects(Kind::App, _) => Resource::Apps,
            Self::Entries { kind, .. } => kind.resource(),
            Self::Admins | Self::Who(Goal::Role(_)) => Resource::Admins,
            Self::Who(Goal::App(_)) => Resource::AppUsers,
            Self::Who(Goal::Group(_)) | Self::Managed { .. } => Resource::Memberships,
        }
    }
}

impl Item {
    /// What names it.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Object(row) => Subject::Object(id(row)),
            Self::Entry(row) => Subject::Entry(row.entry.key.clone()),
            Self::Holder(row) => row.principal.subject.clone(),
        }
    }

    /// Whether this is the row of that.
    pub fn is(&self, subject: &Subject) -> bool {
        match (self, subject) {
            (Self::Object(row), Subject::Object(id)) => is(row, id),
            (Self::Entry(row), Subject::Entry(key)) => row.entry.key == *key,
            (Self::Holder(row), subject) => row.principal.subject == *subject,
            _ => false,
        }
    }

    /// What it holds in a field of the filter language: of several values the one that `cell` shows.
    pub fn value(&self, field: &str, cell: &str) -> Value {
        let mut values = Vec::new();
        let mut visit = |field: Field<'_>| values.extend(Value::of(field));
        match self {
            Self::Object(AnyRow::User(row)) => row.field(field, &mut visit),
            Self::Object(AnyRow::Group(row)) => row.field(field, &mut visit),
            Self::Object(AnyRow::App(row)) => row.field(field, &mut visit),
            Self::Entry(row) => values.extend(row.value(field)),
            Self::Holder(row) => holder::HolderFields(row).field(field, &mut visit),
        }
        let shown = values.iter().position(|value| {
            let text = value.text().unwrap_or_default();
            text == cell
                || cell
                    .strip_prefix(text)
                    .is_some_and(|rest| rest.starts_with(" +"))
        });
        if values.is_empty() {
            Value::Nothing
        } else {
            values.swap_remove(shown.unwrap_or(0))
        }
    }

    /// Okta's JSON of it, where it came along.
    pub fn raw(&self) -> Option<&RawJson> {
        match self {
            Self::Object(AnyRow::User(row)) => row.raw.as_ref(),
            Self::Object(AnyRow::Group(row)) => row.raw.as_ref(),
            Self::Object(AnyRow::App(row)) => row.raw.as_ref(),
            Self::Entry(row) => row.raw.as_ref(),
            Self::Holder(_) => None,
        }
    }

    /// Its name, as breadcrumbs show it.
    pub fn name(&self) -> &str {
        match self {
            Self::Object(row) => name(row),
            Self::Entry(row) => row.title(),
            Self::Holder(row) => &row.principal.name,
        }
    }
}

impl Topic {
    /// The user and the access that a row of the list is about: why the one has the other can be asked.
    pub fn why(&self, row: &Item) -> Option<Question> {
        let (user, goal) = match (self, row) {
            (Self::Objects(Kind::Group, Scope::OfUser(user)), Item::Object(AnyRow::Group(row))) => {
                (user.clone(), Goal::Group(row.value.id.clone()))
            }
            (Self::Objects(Kind::App, Scope::OfUser(user)), Item::Object(AnyRow::App(row))) => {
                (user.clone(), Goal::App(row.value.id.clone()))
            }
            (Self::Objects(_, Scope::OfGroup(group)), Item::Object(AnyRow::User(row))) => {
                (row.value.id.clone(), Goal::Group(group.clone()))
            }
            (Self::Objects(_, Scope::OfApp(app)), Item::Object(AnyRow::User(row))) => {
                (row.value.id.clone(), Goal::App(app.clone()))
            }
            (Self::Who(goal), Item::Holder(row)) => match &row.principal.subject {
                Subject::Object(ObjectId::User(user)) => (user.clone(), goal.clone()),
                _ => return None,
            },
            (Self::Managed { group, .. }, Item::Holder(row)) => match &row.principal.subject {
                Subject::Object(ObjectId::User(user)) => (user.clone(), Goal::Group(group.clone())),
                _ => return None,
            },
            (Self::Entries { .. }, Item::Entry(row)) => role_of_user(row)?,
            _ => return None,
        };
        Some(Question::Why { user, goal })
    }
}

/// A column of a place in Okta's JSON.
fn path_column(path: JsonPath) -> Column {
    let title = path.to_string();
    let least = super::format::cells(super::format::width(&title)).clamp(8, 16);
    Column {
        title: Cow::Owned(title),
        field: "",
        claim: Claim::new(least, 24, 1).growing(),
        fit: Fit::Left,
        shows: Shows::Path(path),
    }
}

/// The question who has something; the whole answer without a window.
fn who(goal: Goal, window: Option<(usize, usize)>, as_of: Option<Timestamp>) -> Ask {
    let (offset, limit) = window.unwrap_or((0, usize::MAX));
    Ask::Access(Asked {
        question: Question::Who {
            goal,
            offset,
            limit,
        },
        as_of,
    })
}

/// The user and the role of an entry that gives a role to a user.
fn role_of_user(row: &EntryRow) -> Option<(UserId, Goal)> {
    let entry = &row.entry;
    if entry.key.kind != EntryKind::UserRole {
        return None;
    }
    let user = entry.key.parent.as_ref()?.as_str().parse().ok()?;
    let custom = entry.fact("role").filter(|id| !id.is_empty());
    let role = match custom.and_then(|id| id.parse().ok()) {
        Some(custom) => RoleId::Custom(custom),
        None => RoleId::Standard(entry.fact("type")?.clone()),
    };
    Some((user, Goal::Role(role)))
}

/// The base filter of the events about something with this id.
pub fn about(id: &str) -> String {
    format!("about:{}", super::format::quoted(id))
}

/// The id as Okta spells it.
pub fn id_text(subject: &Subject) -> &str {
    match subject {
        Subject::Object(id) => id.as_str(),
        Subject::Entry(key) => key.id.as_str(),
    }
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

fn columns(kind: Kind, scope: &Scope) -> &'static [Column] {
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

fn sort_keys(kind: Kind) -> &'static [SortKey] {
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

/// A window of a list, whatever its rows are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Window {
    /// The rows.
    pub rows: Vec<Item>,
    /// Index of the first of them in the filtered and sorted list.
    pub offset: usize,
    /// How many pass the filter.
    pub matched: usize,
    /// How many there are without the filter.
    pub total: usize,
    /// Where what was asked for stands; `None` when it is not in the list.
    pub position: Option<usize>,
    /// Whether the list has been read completely at least once.
    pub complete: bool,
    /// How many were looked at so far, while the search goes on.
    pub searched: Option<usize>,
    /// When it was, where the answer tells.
    pub complete_at: Option<Timestamp>,
    /// Why the last reading failed, where the answer tells.
    pub trouble: Option<PartialReason>,
    /// What an answer about access does not know, in words.
    pub gaps: Vec<String>,
}

impl Window {
    /// The window in an answer to what was `wanted` at `now`; `None` for answers to other questions.
    ///
    /// # Errors
    /// When what came whole is filtered here, and the filter cannot be read.
    pub fn of(
        topic: &Topic,
        answer: Answer,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<Option<Self>, Problem> {
        Ok(Some(match answer {
            Answer::Users(rows) => Self::of_objects(rows, AnyRow::User),
            Answer::Groups(rows) => Self::of_objects(rows, AnyRow::Group),
            Answer::Apps(rows) => Self::of_objects(rows, AnyRow::App),
            Answer::Entries(rows) => Self::of_entries(rows),
            Answer::Access(answer) => return Self::of_holders(topic, *answer, wanted, now),
            _ => return Ok(None),
        }))
    }

    fn of_holders(
        topic: &Topic,
        answer: access::Answer,
        wanted: &Wanted,
        now: Timestamp,
    ) -> Result<Option<Self>, Problem> {
        let gaps: Vec<String> = answer.gaps().iter().map(ToString::to_string).collect();
        let complete = !answer.gaps().iter().any(access::Gap::is_blind);
        let (rows, offset, total) = match answer {
            access::Answer::Admins(admins) => {
                let rows: Vec<WhoRow> = admins.rows.into_iter().map(holder::of_admin).collect();
                let total = rows.len();
                (rows, 0, total)
            }
            access::Answer::Who(mut who) => {
                if let Topic::Managed { rule, .. } = topic {
                    who.rows.retain(|row| holder::is_by_rule(row, rule));
                    who.total = who.rows.len();
                }
                let whole = who.rows.len() == who.total;
                let offset = if whole { 0 } else { wanted.offset };
                (who.rows, offset, who.total)
            }
            _ => return Ok(None),
        };
        let mut rows = rows;
        if matches!(topic, Topic::Admins) && wanted.sort.is_none() {
            holder::strongest_first(&mut rows);
        }
        let window = holder::window(rows, (offset, total), complete, wanted, now)?;
        Ok(Some(Self { gaps, ..window }))
    }

    fn of_objects<T>(window: Rows<T>, any: fn(Box<Row<T>>) -> AnyRow) -> Self {
        let rows = window.rows.into_iter();
        Self {
            rows: rows.map(|row| Item::Object(any(Box::new(row)))).collect(),
            offset: window.offset,
            matched: window.matched,
            total: window.total,
            position: window.position,
            complete: window.complete,
            searched: window.searched,
            complete_at: None,
            trouble: None,
            gaps: Vec::new(),
        }
    }

    fn of_entries(window: EntryRows) -> Self {
        let rows = window.rows.into_iter();
        Self {
            rows: rows.map(|row| Item::Entry(Box::new(row))).collect(),
            offset: window.offset,
            matched: window.matched,
            total: window.total,
            position: window.position,
            complete: window.complete_at.is_some(),
            searched: None,
            complete_at: window.complete_at,
            trouble: window.trouble,
            gaps: Vec::new(),
        }
    }

    /// The row at `index` of the list, when it is in the window.
    pub fn row(&self, index: usize) -> Option<&Item> {
        self.rows.get(index.checked_sub(self.offset)?)
    }

    /// Where that stands in the list, when it is in the window.
    pub fn index_of(&self, subject: &Subject) -> Option<usize> {
        let at = self.rows.iter().position(|row| row.is(subject))?;
        Some(self.offset + at)
    }

    /// Whether the rows from `first` up to `end` (as far as there are any) are in the window.
    pub fn covers(&self, first: usize, end: usize) -> bool {
        let end = end.min(self.matched);
        first >= end || (first >= self.offset && end <= self.offset + self.rows.len())
    }
}

/// How often whatever a list of `kind` in `scope` shows has changed.
fn revision(kind: Kind, scope: &Scope, revisions: &Revisions) -> u64 {
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

fn plural(kind: Kind) -> &'static str {
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
            is_proven: false,
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

    #[test]
    fn every_column_s_field_is_one_of_the_filter() {
        let objects = [Kind::User, Kind::Group, Kind::App].map(Topic::all);
        let scoped = [
            Topic::Objects(Kind::User, Scope::OfGroup("00g1".parse().unwrap())),
            Topic::Objects(Kind::User, Scope::OfApp("0oa1".parse().unwrap())),
            Topic::Objects(Kind::Group, Scope::OfUser("00u1".parse().unwrap())),
            Topic::Objects(Kind::App, Scope::OfUser("00u1".parse().unwrap())),
            Topic::Admins,
            Topic::Who(Goal::App("0oa1".parse().unwrap())),
        ];
        let entries = EntryKind::ALL.iter().map(|kind| Topic::entries(*kind));
        for topic in objects.into_iter().chain(scoped).chain(entries) {
            let (fields, _) = topic.fields();
            assert_ne!(topic.columns()[0].field, "", "{topic:?}");
            for column in topic.columns().iter() {
                let known = column.field.is_empty() || fields.contains(&column.field);
                assert!(known, "{topic:?} {}", column.title);
            }
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
