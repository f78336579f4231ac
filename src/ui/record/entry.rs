//! The columns and sort keys of every list of entries, made from the table of kinds.
//!
//! Only how much room a column wants is said here; what columns there are is said by the kind.

use std::borrow::Cow;

use super::{Column, Shows, SortKey};
use crate::domain::entry::{Above, EntryId, EntryKind, EntryRow};
use crate::domain::text::SafeText;
use crate::ui::columns::{Cell, Claim, Fit};
use crate::ui::format;
use crate::ui::theme::Theme;

/// A part of an entry that a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What it hangs below.
    Parent,
    /// Its name.
    Name,
    /// Its status, or that Okta no longer has it.
    Status,
    /// The value of one of its kind's columns, by position.
    Fact(usize),
    /// Since when the mirror has known it.
    Since,
    /// When it was made.
    Created,
    /// When it was last changed.
    Updated,
}

impl Part {
    pub(super) fn cell(self, row: &EntryRow, theme: Theme) -> Cell {
        let entry = &row.entry;
        let ended = !row.is_present();
        match self {
            Self::Parent => Cell::plain(parent(row)),
            Self::Name if ended => Cell::styled(row.title(), theme.quiet()),
            Self::Name => Cell::plain(row.title()),
            Self::Status if ended => Cell::styled("archived", theme.quiet()),
            Self::Status => status(entry.status.as_ref(), theme),
            Self::Fact(at) => {
                let value = row.shown(at);
                Cell::plain(format::maybe(value.as_deref()))
            }
            Self::Since => {
                let since = row.spans.last().map(|span| span.from);
                Cell::plain(since.map_or_else(|| format::UNKNOWN.to_owned(), format::minute))
            }
            Self::Created => Cell::plain(format::maybe_minute(entry.created)),
            Self::Updated => Cell::plain(format::maybe_minute(entry.last_updated)),
        }
    }
}

/// The name of what the entry hangs below, or its id while the mirror has no name for it.
pub fn parent(row: &EntryRow) -> &str {
    let id = row.entry.key.parent.as_ref().map(EntryId::as_str);
    let name = row.parent_name.as_ref().map(SafeText::as_str);
    name.filter(|name| !name.is_empty())
        .or(id)
        .unwrap_or(format::NONE)
}

fn status(status: Option<&SafeText>, theme: Theme) -> Cell {
    let word = format::maybe(status);
    let style = match word {
        "ACTIVE" | "ENABLED" | "VERIFIED" => theme.good(),
        "INACTIVE" | "DISABLED" | "DEACTIVATED" | "EXPIRED" => theme.quiet(),
        "INVALID" | "SUSPENDED" | "ERROR" | "UNVERIFIED" => theme.warning(),
        _ => theme.text(),
    };
    Cell::styled(word, style)
}

/// The columns of a list of a kind; `scoped` when it lists what hangs below one thing only.
pub(super) fn columns(kind: EntryKind, scoped: bool) -> Vec<Column> {
    let mut columns = Vec::new();
    if let Some(above) = above(kind).filter(|_| !scoped) {
        let claim = Claim::new(14, 28, 1).growing();
        columns.push(column(above, claim, Fit::Left, Part::Parent));
    }
    let name = Claim::new(18, 32, 0).growing();
    columns.push(column("NAME".to_owned(), name, Fit::Left, Part::Name));
    if kind.has_status() {
        let claim = Claim::new(9, 11, 1);
        columns.push(column("STATUS".to_owned(), claim, Fit::Left, Part::Status));
    }
    for (at, name) in kind.columns().iter().enumerate() {
        // A role's label is its name.
        if *name == "label" {
            continue;
        }
        let rank = u8::try_from(at + 2).unwrap_or(u8::MAX);
        let title = heading(name);
        let (claim, fit) = claim(name, format::width(&title), rank);
        columns.push(column(title, claim, fit, Part::Fact(at)));
    }
    for (title, rank, part) in [
        ("UPDATED", 5, Part::Updated),
        ("CREATED", 7, Part::Created),
        ("SEEN SINCE", 9, Part::Since),
    ] {
        let claim = Claim::new(10, 16, rank);
        columns.push(column(title.to_owned(), claim, Fit::Moment, part));
    }
    for column in &mut columns {
        if let Shows::Entry(part) = column.shows {
            column.field = field_of(part, kind).unwrap_or_default();
        }
    }
    columns
}

fn column(title: String, claim: Claim, fit: Fit, part: Part) -> Column {
    Column {
        title: Cow::Owned(title),
        field: "",
        claim,
        fit,
        shows: Shows::Entry(part),
    }
}

/// The field of the filter language that a part is; `None` when there is none.
fn field_of(part: Part, kind: EntryKind) -> Option<&'static str> {
    Some(match part {
        Part::Parent => "parent",
        Part::Name => "name",
        Part::Status => "status",
        Part::Fact(at) => kind.columns().get(at)?,
        Part::Created => "created",
        Part::Updated => "lastUpdated",
        Part::Since => return None,
    })
}

/// What the kind's entries hang below, as a heading; `None` when a column of theirs tells it or there is nothing.
fn above(kind: EntryKind) -> Option<String> {
    match kind.above() {
        Above::Org | Above::PolicyType => None,
        Above::User => Some("USER".to_owned()),
        Above::Group => Some("GROUP".to_owned()),
        Above::App => Some("APP".to_owned()),
        Above::Entry(above) => Some(above.word().replace('_', " ").to_uppercase()),
        Above::Binding => Some("BINDING".to_owned()),
    }
}

/// How much room the column called `name` wants, of which the heading is `heading` wide.
fn claim(name: &str, heading: usize, rank: u8) -> (Claim, Fit) {
    let least = format::cells(heading).clamp(6, 15);
    match name {
        "expression" | "description" | "settings" | "events" | "redirectUris" | "gateways"
        | "destination" | "value" | "issuer" | "uri" | "origin" | "orn" | "targets"
        | "resourceSet" | "requires" | "access" | "network" | "people" | "users" | "grantTypes" => {
            (Claim::new(least.max(18), 36, rank).growing(), Fit::Left)
        }
        "type" => (Claim::new(13, 22, rank), Fit::Left),
        "priority" => (Claim::new(8, 8, rank), Fit::Right),
        "system" | "default" | "dpop" | "managed" | "registered" => {
            (Claim::new(least, least.max(8), rank), Fit::Left)
        }
        "expiresAt" | "expires" => (Claim::new(10, 16, rank), Fit::Moment),
        _ => (Claim::new(least.max(8), 20, rank), Fit::Left),
    }
}

/// `clientName` as a heading: `CLIENT NAME`.
fn heading(name: &str) -> String {
    words(name).to_uppercase()
}

/// `clientName` as words: `client name`.
pub fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 2);
    for c in name.chars() {
        if c.is_uppercase() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

/// What a kind's list can be sorted by: each column by the first of its letters that is free.
pub(super) fn sort_keys(kind: EntryKind) -> Vec<SortKey> {
    let mut keys = vec![SortKey::up('n', "name", "name")];
    if kind.has_status() {
        keys.push(SortKey::up('s', "status", "status"));
    }
    keys.push(SortKey::down('u', "lastUpdated", "updated"));
    keys.push(SortKey::down('c', "created", "created"));
    for name in kind.columns() {
        let taken = |letter: &char| keys.iter().any(|key| key.letter == *letter);
        let letters = name.chars().map(|c| c.to_ascii_lowercase());
        let free = letters.chain('a'..='z').find(|letter| !taken(letter));
        if let Some(letter) = free {
            keys.push(SortKey::up(letter, name, name));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::columns::share_out;

    #[test]
    fn every_kind_has_columns_that_fit_the_smallest_screen() {
        for kind in EntryKind::ALL {
            let columns = columns(*kind, false);
            let claims: Vec<Claim> = columns.iter().map(|column| column.claim).collect();
            let widths = share_out(&claims, 58);
            assert!(widths.iter().filter(|width| **width > 0).count() > 1);
            assert!(widths.iter().sum::<u16>() <= 58, "{kind}: {widths:?}");
        }
    }

    #[test]
    fn every_sort_key_has_a_letter_of_its_own() {
        for kind in EntryKind::ALL {
            let keys = sort_keys(*kind);
            let mut letters: Vec<char> = keys.iter().map(|key| key.letter).collect();
            letters.sort_unstable();
            letters.dedup();
            assert_eq!(letters.len(), keys.len(), "{kind}");
            for name in kind.columns() {
                assert!(keys.iter().any(|key| key.field == *name), "{kind} {name}");
            }
        }
    }

    #[test]
    fn headings_are_made_of_the_names_of_columns() {
        assert_eq!(heading("clientName"), "CLIENT NAME");
        assert_eq!(heading("orn"), "ORN");
    }
}
