//! What the page of an entry tells in words: its columns, and what it refers to, as links.

use jiff::Timestamp;

use crate::domain::entry::{Above, EntryKey, EntryKind, EntryRow, How, Reference, Subject, Target};
use crate::domain::id::ObjectId;
use crate::domain::text::SafeText;
use crate::ui::facts::Facts;
use crate::ui::format;
use crate::ui::linked::Destination;
use crate::ui::record::entry::{parent, words};
use crate::ui::theme::Theme;

/// The entry in short: everything that its row tells.
pub(super) fn facts(facts: &mut Facts, row: &EntryRow, as_of: Option<Timestamp>, theme: Theme) {
    let entry = &row.entry;
    let kind = entry.key.kind;
    let title = kind.word().replace('_', " ").to_uppercase();
    facts
        .heading(&title, &format::reading(row.observed, as_of))
        .fact("name", row.title());
    if let Some(above) = above(&entry.key) {
        facts.link(above_word(kind.above()), parent(row), above);
    } else if entry.key.parent.is_some() {
        facts.fact(above_word(kind.above()), parent(row));
    }
    if let Some(status) = &entry.status {
        facts.fact("status", status);
    }
    for (at, column) in kind.columns().iter().enumerate() {
        let value = row.shown(at);
        facts.fact(&words(column), format::maybe(value.as_deref()));
    }
    facts
        .fact("created", &format::maybe_minute(entry.created))
        .fact("updated", &format::maybe_minute(entry.last_updated))
        .fact("id", entry.key.id.as_str());
    known(facts, row, theme);
}

/// Since when the mirror has known it, and until when Okta had it.
fn known(facts: &mut Facts, row: &EntryRow, theme: Theme) {
    let last = row.spans.len().saturating_sub(1);
    for (at, span) in row.spans.iter().enumerate() {
        let name = if at == 0 { "known" } else { "" };
        let from = format::minute(span.from);
        match span.to {
            None => {
                facts.fact(name, &format!("since {from}"));
            }
            Some(to) => {
                let gone = if at == last {
                    "; Okta no longer has it"
                } else {
                    ""
                };
                let text = format!("from {from} to {}{gone}", format::minute(to));
                facts.styled_fact(name, &text, theme.warning());
            }
        }
        for (word, event) in [("began by", span.began_by), ("ended by", span.ended_by)] {
            if let Some(event) = event {
                facts.link(word, &format!("event {event}"), Destination::Event(event));
            }
        }
    }
}

/// The names that a row of a list has of what its entry refers to.
pub(super) fn names(row: &EntryRow) -> Vec<(Target, SafeText)> {
    let named = row.entry.refs.iter().filter_map(|reference| {
        let id = match &reference.to {
            Target::Object(id) => id.as_str(),
            Target::Entry(_, id) => id.as_str(),
            Target::All(_) => return None,
        };
        let (_, name) = row.names.iter().find(|(known, _)| known.as_str() == id)?;
        Some((reference.to.clone(), name.clone()))
    });
    named.collect()
}

/// What people call the things that an entry refers to.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    /// The names that are known here.
    pub(super) known: &'a [(Target, SafeText)],
    /// Whether the mirror has no others.
    pub(super) are_all: bool,
}

/// What it refers to, by the way in which it does.
pub(super) fn references(facts: &mut Facts, row: &EntryRow, names: Names<'_>, theme: Theme) {
    for (how, title) in [
        (How::Owner, "BELONGS TO"),
        (How::Gives, "GIVES"),
        (How::Includes, "HOLDS FOR"),
        (How::Excludes, "DOES NOT HOLD FOR"),
        (How::Within, "LIMITED TO"),
        (How::Member, "HAS AS MEMBERS"),
        (How::App, "APPS"),
        (How::Uses, "USES"),
    ] {
        let found: Vec<&Reference> = row.entry.refs(how).collect();
        if found.is_empty() {
            continue;
        }
        facts.heading(title, &format::count_len(found.len()));
        for reference in found {
            one(facts, &reference.to, names, theme);
        }
    }
}

fn one(facts: &mut Facts, target: &Target, names: Names<'_>, theme: Theme) {
    let (word, id) = match target {
        Target::Object(id) => (id.kind().word().to_owned(), id.as_str()),
        Target::Entry(kind, id) => (kind.word().replace('_', " "), id.as_str()),
        Target::All(word) => {
            facts.styled_fact("everything", word, theme.warning());
            return;
        }
    };
    let name = names.known.iter().find(|(known, _)| known == target);
    let text = match name {
        Some((_, name)) => format!("{name}  {id}"),
        None if names.are_all => format!("{id}  (the mirror has no name of it)"),
        None => id.to_owned(),
    };
    match destination(target) {
        Some(to) => facts.link(&word, &text, to),
        None => facts.fact(&word, &text),
    };
}

/// The page of what a reference leads to; `None` when it is everything of a sort.
pub(super) fn destination(target: &Target) -> Option<Destination> {
    match target {
        Target::Object(id) => Some(Destination::Subject(Subject::Object(id.clone()))),
        Target::Entry(kind, id) if kind.above() == Above::Org => {
            let key = EntryKey {
                kind: *kind,
                parent: None,
                id: id.clone(),
            };
            Some(Destination::Subject(Subject::Entry(key)))
        }
        Target::Entry(kind, id) => Some(Destination::Entry(*kind, id.clone())),
        Target::All(_) => None,
    }
}

/// What the entry hangs below, when that has a page.
fn above(key: &EntryKey) -> Option<Destination> {
    let parent = key.parent.as_ref()?;
    let id = parent.as_str();
    let above = match key.kind.above() {
        Above::User => Target::Object(ObjectId::User(id.parse().ok()?)),
        Above::Group => Target::Object(ObjectId::Group(id.parse().ok()?)),
        Above::App => Target::Object(ObjectId::App(id.parse().ok()?)),
        Above::Entry(kind) => Target::Entry(kind, parent.clone()),
        Above::Org | Above::PolicyType | Above::Binding => return None,
    };
    destination(&above)
}

fn above_word(above: Above) -> &'static str {
    match above {
        Above::User => "user",
        Above::Group => "group",
        Above::App => "app",
        Above::Entry(kind) => match kind {
            EntryKind::ResourceSet => "resource set",
            EntryKind::UserType => "user type",
            kind => kind.word(),
        },
        Above::PolicyType => "of type",
        Above::Binding => "binding",
        Above::Org => "",
    }
}
