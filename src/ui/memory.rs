//! What a console remembers from one start to the next: saved searches, the last view, and chosen columns.
//!
//! Plain values: `console` keeps them in a file. Whatever is changed is told as a [`Change`], so that two consoles of one profile do not
//! undo what the other one saved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::query::Sort;

/// How many searches can be saved.
const MOST_SAVED: usize = 200;

/// All that is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Saved searches, by name.
    pub saved: Vec<Saved>,
    /// What was looked at when the last console ended.
    pub session: Option<Session>,
    /// The columns of lists, by the list's name, each column by its heading or as a path that begins with `$`.
    pub columns: BTreeMap<String, Vec<String>>,
}

/// A search with a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// What it is called.
    pub name: String,
    /// What it shows.
    pub view: View,
}

/// How a pane shows its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// Which pane, by its word.
    pub pane: String,
    /// The filter in force.
    pub filter: String,
    /// The clauses that are switched off.
    pub off: Vec<String>,
    /// What people call the things that clauses name by an id: the clause, and the name.
    pub names: Vec<(String, String)>,
    /// The order; `None` is the list's own.
    pub sort: Option<Sort>,
    /// Whether what Okta no longer has is listed.
    pub archived: bool,
}

impl View {
    /// Whether it is a pane as it is without anybody's doing.
    pub fn is_plain(&self) -> bool {
        let Self {
            pane: _,
            filter,
            off,
            names: _,
            sort,
            archived,
        } = self;
        filter.is_empty() && off.is_empty() && sort.is_none() && !archived
    }
}

/// What was looked at when a console ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The pane that had the keys.
    pub pane: String,
    /// Panes that somebody filtered or sorted.
    pub views: Vec<View>,
}

/// Something to be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A search; it replaces one of the same name.
    Save(Saved),
    /// A search that is not wanted any more.
    Forget(String),
    /// What is looked at as the console ends.
    Session(Session),
    /// The columns of a list; `None` for its own.
    Columns(String, Option<Vec<String>>),
}

impl Memory {
    /// Takes in a change.
    ///
    /// # Errors
    /// Why there is no room for it.
    pub fn apply(&mut self, change: Change) -> Result<(), &'static str> {
        match change {
            Change::Save(saved) => {
                self.saved.retain(|other| other.name != saved.name);
                if self.saved.len() >= MOST_SAVED {
                    return Err("200 searches are saved already; :forget NAME makes room");
                }
                self.saved.push(saved);
                self.saved.sort_by(|a, b| a.name.cmp(&b.name));
            }
            Change::Forget(name) => self.saved.retain(|saved| saved.name != name),
            Change::Session(session) => self.session = Some(session),
            Change::Columns(list, Some(columns)) => {
                self.columns.insert(list, columns);
            }
            Change::Columns(list, None) => {
                self.columns.remove(&list);
            }
        }
        Ok(())
    }
}

/// Name, pane, filter, and the field to sort by, largest first.
type BuiltIn = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
);

/// Searches that everybody has.
const BUILT_IN: [BuiltIn; 14] = [
    ("users locked out", "users", "status=LOCKED_OUT", None),
    ("users suspended", "users", "status=SUSPENDED", None),
    (
        "users active, not signed in for 90 days",
        "users",
        "status=ACTIVE lastLogin>90d",
        Some("lastLogin"),
    ),
    (
        "users active, never signed in",
        "users",
        "status=ACTIVE -lastLogin:/./",
        None,
    ),
    (
        "users with a password older than a year",
        "users",
        "status=ACTIVE passwordChanged>365d",
        None,
    ),
    (
        "users made in the last 7 days",
        "users",
        "created<7d",
        Some("created"),
    ),
    (
        "groups with more than 100 members",
        "groups",
        "members>100",
        Some("users"),
    ),
    ("groups without members", "groups", "members<1", None),
    (
        "apps active, without users",
        "apps",
        "status=ACTIVE users<1",
        None,
    ),
    (
        "sign-ins that failed",
        "log",
        "type=user.session.start -result=SUCCESS",
        None,
    ),
    (
        "factors enrolled, reset or removed",
        "log",
        "type:user.mfa.factor (type:activate or type:deactivate or type:reset or type:update)",
        None,
    ),
    (
        "admin roles given or taken",
        "log",
        "type:privilege (type:grant or type:revoke)",
        None,
    ),
    (
        "policies, rules and zones changed",
        "log",
        "(type:policy or type:zone) (type:create or type:update or type:delete or type:activate or type:deactivate)",
        None,
    ),
    (
        "threats and reports of suspicious activity",
        "log",
        "type:security.threat or type:suspicious or type:security.attack",
        None,
    ),
];

/// The searches that everybody has.
pub fn built_in() -> impl Iterator<Item = Saved> {
    BUILT_IN.iter().map(|(name, pane, filter, largest)| Saved {
        name: (*name).to_owned(),
        view: View {
            pane: (*pane).to_owned(),
            filter: (*filter).to_owned(),
            sort: largest.map(|field| Sort {
                field: field.to_owned(),
                descending: true,
            }),
            ..View::default()
        },
    })
}

/// Whether a search that everybody has is called that.
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|(known, ..)| *known == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fields::EventFields;
    use crate::domain::filter::{Fields as _, Filter};
    use crate::domain::id::Kind;
    use crate::ui::layout::PaneId;
    use crate::ui::record::Topic;

    #[test]
    fn every_built_in_search_can_be_read_by_its_pane() {
        for saved in built_in() {
            let (names, words) = match PaneId::from_word(&saved.view.pane) {
                Some(PaneId::Log) => (EventFields::NAMES.into(), EventFields::WORDS),
                Some(PaneId::Users) => Topic::all(Kind::User).fields(),
                Some(PaneId::Groups) => Topic::all(Kind::Group).fields(),
                Some(PaneId::Apps) => Topic::all(Kind::App).fields(),
                other => panic!("{}: {other:?}", saved.name),
            };
            Filter::check(&saved.view.filter, &names, words).unwrap();
            if let Some(sort) = &saved.view.sort {
                assert!(names.contains(&&*sort.field), "{}", saved.name);
            }
        }
    }

    #[test]
    fn a_search_replaces_the_one_of_its_name_and_others_stay() {
        let saved = |name: &str, filter: &str| Saved {
            name: name.to_owned(),
            view: View {
                filter: filter.to_owned(),
                ..View::default()
            },
        };
        let mut memory = Memory::default();
        for (name, filter) in [("b", "1"), ("a", "2"), ("b", "3")] {
            memory.apply(Change::Save(saved(name, filter))).unwrap();
        }
        assert_eq!(memory.saved, [saved("a", "2"), saved("b", "3")]);
        memory.apply(Change::Forget("a".to_owned())).unwrap();
        assert_eq!(memory.saved, [saved("b", "3")]);
        for n in 1..MOST_SAVED {
            let one = saved(&n.to_string(), "");
            memory.apply(Change::Save(one)).unwrap();
        }
        assert!(memory.apply(Change::Save(saved("more", ""))).is_err());
        assert!(memory.apply(Change::Save(saved("b", "4"))).is_ok());
    }

    #[test]
    fn a_file_of_another_version_is_read_as_far_as_it_goes() {
        let text = r#"{"saved":[{"name":"a","view":{"pane":"users","new":1}}],"later":true}"#;
        let memory: Memory = serde_json::from_str(text).unwrap();
        assert_eq!(memory.saved[0].view.pane, "users");
        assert!(memory.saved[0].view.is_plain());
    }
}
