//! Lists of those who have something: the admins, and whoever has an app, a membership or a role.
//!
//! Such an answer comes whole, so it is filtered and sorted here, in the same language as every other list.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;

use super::{Column, Item, Shows, SortKey, Wanted, Window};
use crate::access::{Admin, Link, Path, PathKind, RoleId, WhoRow};
use crate::domain::entry::EntryId;
use crate::domain::filter::{Field, Fields, Filter};
use crate::domain::privilege::STANDARD_ROLES;
use crate::domain::query::Sort;
use crate::domain::text::SafeText;
use crate::msg::{Problem, ProblemKind};
use crate::ui::columns::{Cell, Claim, Fit};
use crate::ui::format;
use crate::ui::theme::Theme;

/// What is told where the log does not say when something began, or who did it.
pub const BEFORE: &str = "before oktop knew";

const fn column(
    title: &'static str,
    field: &'static str,
    claim: Claim,
    cell: fn(&WhoRow, Theme) -> Cell,
) -> Column {
    Column {
        title: Cow::Borrowed(title),
        field,
        claim,
        fit: Fit::Left,
        shows: Shows::Holder(cell),
    }
}

const fn since_column(least: u16, rank: u8) -> Column {
    Column {
        title: Cow::Borrowed("SINCE"),
        field: "since",
        claim: Claim::new(least, 16, rank),
        fit: Fit::Moment,
        shows: Shows::Holder(since),
    }
}

/// The columns of the admins.
pub(super) const ADMINS: &[Column] = &[
    column("WHO", "name", Claim::new(18, 30, 0).growing(), name),
    column("STRONGEST ROLE", "role", Claim::new(14, 24, 1), role),
    column("PATH", "path", Claim::new(14, 28, 2).growing(), path),
    // What else an admin did that night is a question of hours.
    since_column(16, 3),
    column("BY", "by", Claim::new(10, 24, 4), by),
    column("NOTES", "notes", Claim::new(10, 24, 5), notes),
];

/// The columns of those who have an app or a membership.
pub(super) const HOLDERS: &[Column] = &[
    column("WHO", "name", Claim::new(22, 30, 0).growing(), name),
    column("PATH", "path", Claim::new(16, 34, 1).growing(), path),
    since_column(10, 2),
    column("BY", "by", Claim::new(12, 24, 4), by),
    column("NOTES", "notes", Claim::new(10, 24, 3), notes),
];

pub(super) const ADMIN_SORTS: &[SortKey] = &[
    SortKey::up('n', "name", "name"),
    SortKey::up('r', "role", "role"),
    SortKey::up('p', "path", "path"),
    SortKey::down('s', "since", "since"),
    SortKey::up('b', "by", "by"),
];

pub(super) const HOLDER_SORTS: &[SortKey] = &[
    SortKey::up('n', "name", "name"),
    SortKey::up('p', "path", "path"),
    SortKey::down('s', "since", "since"),
    SortKey::up('b', "by", "by"),
];

/// Whether a group rule gives it.
pub(super) fn is_by_rule(row: &WhoRow, rule: &EntryId) -> bool {
    let by = |path: &Path| {
        let mut steps = path.steps.iter();
        steps.any(|step| step.link == Link::Rule && step.to.id() == rule.as_str())
    };
    row.paths.iter().any(by)
}

/// An admin as a row of such a list.
pub fn of_admin(admin: Admin) -> WhoRow {
    WhoRow {
        principal: admin.principal,
        status: admin.status,
        paths: admin.paths,
        overlap: false,
    }
}

fn name(row: &WhoRow, _: Theme) -> Cell {
    Cell::plain(row.principal.name.as_str())
}

fn role(row: &WhoRow, theme: Theme) -> Cell {
    let Some(path) = strongest(&row.paths) else {
        return Cell::plain(format::NONE);
    };
    let mut roles: Vec<&RoleId> = row.paths.iter().filter_map(role_of).collect();
    roles.sort();
    roles.dedup();
    let more = plus(roles.len());
    let style = if power(path) == 0 {
        theme.warning()
    } else {
        theme.text()
    };
    Cell::styled(format!("{}{more}", role_word(path)), style)
}

fn path(row: &WhoRow, _: Theme) -> Cell {
    let path = strongest(&row.paths);
    let word = path.map_or_else(|| format::UNKNOWN.to_owned(), way);
    Cell::plain(format!("{word}{}", plus(row.paths.len())))
}

fn since(row: &WhoRow, _: Theme) -> Cell {
    Cell::plain(match strongest(&row.paths).map(Path::proof) {
        Some(Some(proof)) => format::minute(proof.at),
        _ => "earlier".to_owned(),
    })
}

fn by(row: &WhoRow, _: Theme) -> Cell {
    Cell::plain(done_by(row))
}

fn done_by(row: &WhoRow) -> &str {
    let proof = strongest(&row.paths).and_then(Path::proof);
    match proof {
        Some(proof) => format::maybe(proof.by.as_ref()),
        None => BEFORE,
    }
}

fn notes(row: &WhoRow, theme: Theme) -> Cell {
    Cell::styled(remarks(row).join(", "), theme.warning())
}

/// What deserves a look.
fn remarks(row: &WhoRow) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(status) = row
        .status
        .as_ref()
        .filter(|status| status.as_str() != "ACTIVE")
    {
        notes.push(status.to_string());
    }
    if row.overlap {
        notes.push("overlap".to_owned());
    }
    if row
        .paths
        .iter()
        .any(|path| path.kind == PathKind::GroupRule)
    {
        notes.push("by rule".to_owned());
    }
    if row.paths.iter().any(|path| path.doubt.is_some()) {
        notes.push("doubt".to_owned());
    }
    notes
}

fn plus(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        more => format!(" +{}", more - 1),
    }
}

fn role_of(path: &Path) -> Option<&RoleId> {
    path.role.as_ref().map(|role| &role.id)
}

/// The role of a path as people write it: the type of one of Okta's own, the label of one that the org made.
pub fn role_word(path: &Path) -> &str {
    match &path.role {
        Some(role) => match &role.id {
            RoleId::Standard(kind) => kind,
            RoleId::Custom(_) => &role.label,
        },
        None => format::NONE,
    }
}

/// How powerful the role of a path is; less is more. What the org made itself stands behind Okta's own, for its power is not
/// known by its name.
fn power(path: &Path) -> usize {
    let standard = |id: &RoleId| match id {
        RoleId::Standard(kind) => STANDARD_ROLES
            .iter()
            .position(|(known, _)| *known == kind.as_str()),
        RoleId::Custom(_) => None,
    };
    role_of(path)
        .and_then(standard)
        .unwrap_or(STANDARD_ROLES.len())
}

/// Puts whoever can do most first; among equals the order stays.
pub(super) fn strongest_first(rows: &mut [WhoRow]) {
    rows.sort_by_key(|row| strongest(&row.paths).map_or(usize::MAX, power));
}

/// The path to the most powerful role; among those the one of the plainest sort.
pub fn strongest(paths: &[Path]) -> Option<&Path> {
    paths.iter().min_by_key(|path| (power(path), path.kind))
}

/// In a few words, in what way a path leads.
pub fn way(path: &Path) -> String {
    let named = |link: Link| {
        let mut steps = path.steps.iter();
        steps
            .find(|step| step.link == link)
            .map_or(format::UNKNOWN, |step| step.to.name.as_str())
    };
    match path.kind {
        PathKind::Direct => "direct".to_owned(),
        PathKind::Group => format!("group {}", named(Link::Member)),
        PathKind::GroupRule => format!("rule {}", named(Link::Rule)),
        PathKind::CustomRole => "custom role".to_owned(),
        PathKind::GroupOwner => format!("owner of {}", named(Link::Owner)),
        PathKind::ServiceClient => "client".to_owned(),
        PathKind::Source => "imported".to_owned(),
        PathKind::BuiltIn => "by Okta itself".to_owned(),
        PathKind::Unknown => "not known how".to_owned(),
    }
}

/// A row as the filter sees it.
pub(super) struct HolderFields<'a>(pub(super) &'a WhoRow);

impl Fields for HolderFields<'_> {
    const NAMES: &'static [&'static str] = &[
        "name", "id", "type", "status", "role", "path", "since", "by", "notes",
    ];

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        let row = self.0;
        match name {
            "name" => visit(Field::Text(&row.principal.name)),
            "id" => visit(Field::Text(row.principal.id())),
            "type" => visit(Field::Text(row.principal.word())),
            "status" => row
                .status
                .iter()
                .for_each(|status| visit(Field::Text(status))),
            "role" => row
                .paths
                .iter()
                .for_each(|path| visit(Field::Text(role_word(path)))),
            "path" => row
                .paths
                .iter()
                .for_each(|path| visit(Field::Text(&way(path)))),
            "since" => {
                let proof = strongest(&row.paths).and_then(Path::proof);
                visit(proof.map_or(Field::Unknown, |proof| Field::Time(proof.at)));
            }
            "by" => visit(Field::Text(done_by(row))),
            "notes" => remarks(row)
                .iter()
                .for_each(|note| visit(Field::Text(note))),
            _ => {}
        }
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        for name in ["name", "id", "status", "role", "path", "by", "notes"] {
            self.field(name, &mut |field| {
                if let Field::Text(text) = field {
                    visit(text);
                }
            });
        }
    }
}

/// The window of an answer that came whole, or from `offset` on when nothing is filtered or sorted.
///
/// # Errors
/// When the filter cannot be read.
pub(super) fn window(
    mut rows: Vec<WhoRow>,
    (offset, total): (usize, usize),
    complete: bool,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Window, Problem> {
    let filter = Filter::of::<HolderFields<'_>>(&wanted.filter).map_err(|error| Problem {
        kind: ProblemKind::Usage,
        summary: error.message,
        hint: None,
        column: Some(error.column),
    })?;
    let came_whole = rows.len() == total;
    rows.retain(|row| filter.matches(&HolderFields(row), now));
    if let Some(sort) = &wanted.sort {
        rows.sort_by(|a, b| order(sort, a, b));
    }
    let matched = if came_whole { rows.len() } else { total };
    let rows: Vec<Item> = rows
        .into_iter()
        .map(|row| Item::Holder(Box::new(row)))
        .collect();
    let at = |row: &Item| {
        wanted
            .around
            .as_ref()
            .is_some_and(|subject| row.is(subject))
    };
    Ok(Window {
        position: rows.iter().position(at).map(|at| at + offset),
        rows,
        offset,
        matched,
        total,
        complete,
        searched: None,
        complete_at: None,
        trouble: None,
        gaps: Vec::new(),
    })
}

fn order(sort: &Sort, a: &WhoRow, b: &WhoRow) -> Ordering {
    let text = |row: &WhoRow| -> SafeText {
        match sort.field.as_str() {
            "path" => strongest(&row.paths).map_or_else(String::new, way).into(),
            "by" => done_by(row).into(),
            _ => row.principal.name.clone(),
        }
    };
    let time = |row: &WhoRow| {
        strongest(&row.paths)
            .and_then(Path::proof)
            .map(|proof| proof.at)
    };
    let strength = |row: &WhoRow| strongest(&row.paths).map_or(usize::MAX, power);
    let ordering = match sort.field.as_str() {
        "since" => time(a).cmp(&time(b)),
        "role" => strength(a).cmp(&strength(b)),
        _ => text(a).to_lowercase().cmp(&text(b).to_lowercase()),
    };
    if sort.descending {
        ordering.reverse()
    } else {
        ordering
    }
}
