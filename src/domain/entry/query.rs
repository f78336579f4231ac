//! Questions about entries and their answers, as values: a window of a list, as for users, groups and apps.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Entry, EntryId, EntryKind, How, Subject, Target};
use crate::domain::filter::{Field, Value};
use crate::domain::history::Interval;
use crate::domain::listing::PartialReason;
use crate::domain::query::Sort;
use crate::domain::text::{RawJson, SafeText};

/// A window of the entries of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryQuery {
    /// Which kind.
    pub kind: EntryKind,
    /// Only those below this; `None` for all.
    pub parent: Option<EntryId>,
    /// Only those that refer to this, in whatever way; `None` for all.
    pub about: Option<Subject>,
    /// In the filter language over `name`, `id`, `status`, `created`, `lastUpdated` and the kind's columns.
    pub filter: String,
    /// The column to sort by; `None` is by parent's order of reading, then name.
    pub sort: Option<Sort>,
    /// Whether what Okta no longer has is listed too.
    pub archived: bool,
    /// The list as it was at this moment; `None` for now.
    pub as_of: Option<Timestamp>,
    /// Index of the first row wanted.
    pub offset: usize,
    /// How many rows at most.
    pub limit: usize,
    /// When set, the window is moved so that this id is inside it.
    pub around: Option<EntryId>,
    /// Whether each row carries Okta's JSON.
    pub with_raw: bool,
}

impl EntryQuery {
    /// The first rows of all of a kind.
    pub fn of(kind: EntryKind, limit: usize) -> Self {
        Self {
            kind,
            parent: None,
            about: None,
            filter: String::new(),
            sort: None,
            archived: false,
            as_of: None,
            offset: 0,
            limit,
            around: None,
            with_raw: false,
        }
    }
}

/// The answer to an [`EntryQuery`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRows {
    /// The visible rows.
    pub rows: Vec<EntryRow>,
    /// Index of the first of them.
    pub offset: usize,
    /// How many pass the filter.
    pub matched: usize,
    /// How many there are without the filter.
    pub total: usize,
    /// Where the entry of `around` stands.
    pub position: Option<usize>,
    /// When the kind was last read completely, by the server's clock; until then a short or empty list proves nothing.
    pub complete_at: Option<Timestamp>,
    /// Why it could not be read, when the last reading failed: a scope or a role that is missing is told here.
    pub trouble: Option<PartialReason>,
}

/// One entry and what the mirror knows about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryRow {
    /// The entry as last read.
    pub entry: Entry,
    /// The name of what it hangs below, when the mirror has it: a policy's name, a user's login.
    pub parent_name: Option<SafeText>,
    /// What its columns, or its own name, mention by id, each with its name, as far as the mirror has one.
    pub names: Vec<(EntryId, SafeText)>,
    /// When it was last read, by the server's clock.
    pub observed: Timestamp,
    /// Since when and until when the mirror has known it; the last stretch is open while Okta has it.
    pub spans: Vec<Interval>,
    /// Okta's JSON, when it was asked for.
    pub raw: Option<RawJson>,
}

/// What ends a word of a column's value.
const AFTER_WORD: [char; 2] = [' ', ','];

/// The words of a column's value, each with what stands after it. An id is a word.
fn pieces(fact: &str) -> impl Iterator<Item = (&str, &str)> {
    let pieces = fact.split_inclusive(AFTER_WORD);
    pieces.map(|piece| piece.split_at(piece.trim_end_matches(AFTER_WORD).len()))
}

impl Entry {
    /// The words of its columns, among them the ids that they mention.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let facts = self.facts.iter().flatten();
        let words = facts.flat_map(|fact| pieces(fact.as_str()).map(|(word, _)| word));
        words.filter(|word| !word.is_empty())
    }
}

impl EntryRow {
    /// The value of one of its kind's columns, by position, with names in place of the ids that the mirror has names for.
    pub fn shown(&self, column: usize) -> Option<Cow<'_, str>> {
        let fact = self.entry.facts.get(column)?.as_ref()?.as_str();
        let name_of = |word: &str| {
            let mut names = self.names.iter();
            names
                .find(|(id, _)| id.as_str() == word)
                .map(|(_, name)| name.as_str())
        };
        if !pieces(fact).any(|(word, _)| name_of(word).is_some()) {
            return Some(Cow::Borrowed(fact));
        }
        let shown = pieces(fact).flat_map(|(word, after)| [name_of(word).unwrap_or(word), after]);
        Some(Cow::Owned(shown.collect()))
    }

    /// What people call it. Okta gives some entries an id where others have a name: a binding that of its role, a mapping of a policy
    /// that of its app, a push mapping only its own. They are called what the mirror has a name for.
    pub fn title(&self) -> &str {
        let own = self.entry.name.as_str();
        let name_of = |id: &str| {
            let mut names = self.names.iter();
            names
                .find(|(known, _)| known.as_str() == id)
                .map(|(_, name)| name.as_str())
        };
        let pushed = || {
            let mut uses = self.entry.refs(How::Uses);
            let nameless = own == self.entry.key.id.as_str();
            uses.find_map(|used| match &used.to {
                Target::Object(id) if nameless => name_of(id.as_str()),
                _ => None,
            })
        };
        name_of(own).or_else(pushed).unwrap_or(own)
    }

    /// What it holds in a field of the filter language.
    pub fn value(&self, field: &str) -> Option<Value> {
        let entry = &self.entry;
        let text = |text: &str| Value::of(Field::Text(text));
        let time = |time: Option<Timestamp>| Value::of(Field::Time(time?));
        match field {
            "name" => text(&entry.name),
            "id" => text(entry.key.id.as_str()),
            "parent" => text(entry.key.parent.as_ref()?.as_str()),
            "status" => text(entry.status.as_ref()?),
            "created" => time(entry.created),
            "lastUpdated" => time(entry.last_updated),
            column => text(entry.fact(column)?),
        }
    }

    /// Whether Okta has it, as far as the mirror knows.
    pub fn is_present(&self) -> bool {
        self.spans.last().is_some_and(|span| span.to.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::{EntryKey, Reference};
    use crate::domain::id::ObjectId;

    #[test]
    fn ids_are_shown_as_names_where_the_mirror_has_them() {
        let entry = Entry {
            key: EntryKey {
                kind: EntryKind::GroupRule,
                parent: None,
                id: "0pr1".parse().unwrap(),
            },
            name: "Sales".into(),
            status: None,
            created: None,
            last_updated: None,
            facts: vec![
                Some("user.id == 00g1".into()),
                Some("00g1, 00g2, 00g10".into()),
                None,
            ],
            refs: Vec::new(),
        };
        let row = EntryRow {
            entry,
            parent_name: None,
            names: vec![
                ("00g1".parse().unwrap(), "Sales, EMEA".into()),
                ("00g10".parse().unwrap(), "Ten".into()),
            ],
            observed: Timestamp::UNIX_EPOCH,
            spans: Vec::new(),
            raw: None,
        };
        assert_eq!(row.title(), "Sales");
        assert_eq!(row.shown(1).unwrap(), "Sales, EMEA, 00g2, Ten");
        assert_eq!(row.shown(2), None);
        assert_eq!(row.shown(9), None);
        let mut nameless = row.clone();
        nameless.entry.name = "00g10".into();
        assert_eq!(nameless.title(), "Ten", "named by the id of another");
        nameless.entry.name = "0pr1".into();
        assert_eq!(nameless.title(), "0pr1", "nothing that has a name");
        nameless.entry.refs = ["00g2", "00g10"]
            .map(|group| Reference {
                how: How::Uses,
                to: Target::Object(ObjectId::Group(group.parse().unwrap())),
            })
            .into();
        assert_eq!(nameless.title(), "Ten", "named by what it uses");
        let words: Vec<&str> = row.entry.words().collect();
        assert_eq!(words, ["user.id", "==", "00g1", "00g1", "00g2", "00g10"]);
    }
}
