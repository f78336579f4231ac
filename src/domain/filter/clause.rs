//! A filter taken apart into the clauses that must all hold, and a clause written for a value that somebody points at.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::{Field, Filter, Node, parse};
use crate::domain::log_event::Party;
use crate::domain::time;

/// What a row says in a field, as far as a clause can ask for it.
///
/// Two values that differ in case alone are the same, as no filter can tell them apart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Value {
    /// This text, all of it.
    Is(String),
    /// A text that begins with this: a moment by its day or its minute.
    Begins(String),
    /// Somebody or something with an id, in a field that goes by names.
    Named(Named),
    /// Nothing, or nothing that is known.
    Nothing,
}

/// Somebody or something of an event: known by the id, shown by the name. Whoever may choose a name may choose that of another, and a filter
/// for it would find both. Two of the same id are the same, whatever they were called.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Named {
    /// The id; empty where Okta tells none.
    pub id: String,
    /// What it is called.
    pub name: String,
}

impl Named {
    /// Whether the id alone says who it is. Okta gives all that it does not know the same one.
    pub fn is_sure(&self) -> bool {
        !matches!(self.id.as_str(), "" | "unknown")
    }

    fn key(&self) -> (&str, &str) {
        let name = if self.is_sure() { "" } else { &self.name };
        (&self.id, name)
    }

    /// The clause about it: `actorId` is the field of the ids where `actor` is the field of the names.
    fn clause(&self, field: &str, sign: &str) -> String {
        let is = |text: &str| Value::Is(text.to_owned());
        let by_id = || clause(&format!("{field}Id"), &is(&self.id), false);
        let by_name = || clause(field, &is(&self.name), false);
        match self.id.as_str() {
            "" => format!("{sign}{}", by_name()),
            _ if self.is_sure() => format!("{sign}{}", by_id()),
            _ => format!("{sign}({} {})", by_name(), by_id()),
        }
    }
}

/// Text as filters compare it.
fn folded(text: &str) -> Cow<'_, str> {
    let small = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if text.bytes().all(small) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

impl Value {
    /// What tells it from others.
    fn key(&self) -> (u8, Cow<'_, str>, Cow<'_, str>) {
        let empty = || Cow::Borrowed("");
        match self {
            Self::Nothing => (0, empty(), empty()),
            Self::Is(text) => (1, folded(text), empty()),
            Self::Begins(text) => (2, folded(text), empty()),
            Self::Named(named) => {
                let (id, name) = named.key();
                (3, folded(id), folded(name))
            }
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl From<&Party> for Value {
    fn from(party: &Party) -> Self {
        match (&*party.id, party.label()) {
            ("", "") => Self::Nothing,
            (id, name) => Self::Named(Named {
                id: id.to_owned(),
                name: name.to_owned(),
            }),
        }
    }
}

impl Value {
    /// What a field holds; of a moment the day. `None` when it is not known.
    pub fn of(field: Field<'_>) -> Option<Self> {
        match field {
            Field::Text("") | Field::Unknown => None,
            Field::Text(text) => Some(Self::Is(text.to_owned())),
            Field::Number(number) => Some(Self::Is(number.to_string())),
            Field::Time(time) => Some(Self::Begins(time.strftime("%Y-%m-%d").to_string())),
        }
    }

    /// The minute of a moment.
    pub fn minute(time: jiff::Timestamp) -> Self {
        let text = time::format_okta(time);
        let minute: String = text.chars().take("2026-11-22T14:03".len()).collect();
        Self::Begins(minute)
    }

    /// As people read it; `None` when there is nothing.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Is(text) | Self::Begins(text) => Some(text),
            Self::Named(named) => Some(&named.name),
            Self::Nothing => None,
        }
    }
}

/// The clause that keeps the rows with this value in the field, or with `drop` all others.
pub fn clause(field: &str, value: &Value, drop: bool) -> String {
    let sign = if drop { "-" } else { "" };
    match value {
        Value::Is(text) if is_beyond_quotes(field, text) => {
            format!("{sign}{field}:{}", expression(text))
        }
        Value::Is(text) => format!("{sign}{field}={}", quoted(text)),
        Value::Begins(text) => format!("{sign}{field}:{}", quoted(text)),
        Value::Named(named) => named.clause(field, sign),
        // Any character at all is something.
        Value::Nothing => format!("{}{field}:/./", if drop { "" } else { "-" }),
    }
}

/// The same in quotes, where the words that the field is known to hold do not have this one.
pub fn clause_in_quotes(field: &str, value: &Value, drop: bool) -> String {
    match value {
        Value::Is(text) if !is_beyond_quotes(field, text) && quoted(text) == *text => {
            let sign = if drop { "-" } else { "" };
            format!("{sign}{field}=\"{text}\"")
        }
        _ => clause(field, value, drop),
    }
}

/// The clauses of a filter: what must hold, each as it was typed. A filter of alternatives is one clause, and so is one that cannot
/// be read.
pub fn clauses(text: &str) -> Vec<String> {
    let whole = || vec![text.trim().to_owned()];
    if text.trim().is_empty() {
        return Vec::new();
    }
    match parse::tops(text) {
        Some(tops) if !tops.is_empty() => {
            let chars: Vec<char> = text.chars().collect();
            tops.into_iter()
                .map(|range| chars[range].iter().collect())
                .collect()
        }
        _ => whole(),
    }
}

/// Clauses as one filter that holds when all of them do.
pub fn joined<'a>(clauses: impl IntoIterator<Item = &'a str>) -> String {
    bracketed(clauses).join(" ")
}

/// The same before they are put together: each as it stands in the filter.
pub fn bracketed<'a>(clauses: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut parts: Vec<String> = clauses.into_iter().map(str::to_owned).collect();
    if parts.len() > 1 {
        for part in &mut parts {
            if parse::is_alternatives(part) {
                *part = format!("({part})");
            }
        }
    }
    parts
}

/// Whether a clause asks one thing, and that of this field: the clause of a time, say, and not one of alternatives.
pub fn is_about(clause: &str, field: &str) -> bool {
    let root = parse::of_any_field(clause).and_then(|filter| filter.root);
    matches!(root, Some(Node::Term(term)) if term.field() == Some(field))
}

/// A value in quotes where it needs them.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.@".contains(c);
    let inner = |c: char| plain(c) || c == '-';
    if text.starts_with(plain) && text.chars().all(inner) {
        text.to_owned()
    } else {
        format!("\"{}\"", text.replace('"', "\\\""))
    }
}

/// Whether quotes cannot say it: a backslash before a quote is not told from one that keeps the quote, and some fields have a sense of
/// their own for a text.
fn is_beyond_quotes(field: &str, text: &str) -> bool {
    let backslash = text.ends_with('\\') || text.contains("\\\"");
    backslash || (field == "ip" && text.contains(['/', '-']))
}

/// An expression that this text alone fits.
fn expression(text: &str) -> String {
    let escaped = regex::escape(text).replace('/', "\\/");
    format!("/^{escaped}$/")
}

impl Filter {
    /// Whether the filter can be read by rows whose fields are `names`, some of which hold one of a few words.
    ///
    /// # Errors
    /// As [`Filter::parse`].
    pub fn check(
        text: &str,
        names: &[&str],
        words: &[(&str, &[&str])],
    ) -> Result<(), super::FilterError> {
        parse::parse(text, names, words).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(filter: &str, said: &str) -> bool {
        let filter = Filter::parse(filter, &["ip", "login"]).unwrap();
        match filter.root() {
            Some(super::super::Node::Term(term)) => {
                term.passes(Field::Text(said), jiff::Timestamp::UNIX_EPOCH)
            }
            Some(super::super::Node::Not(node)) => match &**node {
                super::super::Node::Term(term) => {
                    !term.passes(Field::Text(said), jiff::Timestamp::UNIX_EPOCH)
                }
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_filter_falls_apart_into_what_must_hold() {
        for (filter, parts) in [
            ("", &[][..]),
            ("  ", &[]),
            ("ana", &["ana"]),
            (
                "ana status:active -\"a b\"",
                &["ana", "status:active", "-\"a b\""],
            ),
            ("a and (b or c) -d", &["a", "(b or c)", "-d"]),
            ("a or b c", &["a or b c"]),
            ("NOT a /x y/ b", &["NOT a", "/x y/", "b"]),
            ("foo:1 nofield>3d", &["foo:1", "nofield>3d"]),
            ("a (b", &["a (b"]),
            ("a \"b", &["a \"b"]),
        ] {
            assert_eq!(clauses(filter), parts, "{filter}");
        }
    }

    #[test]
    fn a_clause_is_about_the_one_field_that_it_asks_for() {
        for clause in [
            "published<15m",
            "published:2026-11-22",
            "published>=2026-11-22",
        ] {
            assert!(is_about(clause, "published"), "{clause}");
        }
        for clause in [
            "-published<15m",
            "published<1h or a",
            "type:published",
            "(",
            "",
        ] {
            assert!(!is_about(clause, "published"), "{clause}");
        }
    }

    #[test]
    fn clauses_are_put_together_so_that_each_of_them_holds() {
        assert_eq!(joined(["a or b"]), "a or b");
        assert_eq!(joined(["a or b", "c"]), "(a or b) c");
        assert_eq!(joined(["(a or b)", "c"]), "(a or b) c");
        assert_eq!(joined(["a \"or b\"", "c"]), "a \"or b\" c");
        assert_eq!(joined([]), "");
    }

    #[test]
    fn a_moment_is_meant_by_its_day_or_its_minute() {
        let time: jiff::Timestamp = "2026-11-22T14:03:22.5Z".parse().unwrap();
        let day = Value::of(Field::Time(time)).unwrap();
        assert_eq!(clause("published", &day, false), "published:2026-11-22");
        let minute = clause("published", &Value::minute(time), true);
        assert_eq!(minute, "-published:\"2026-11-22T14:03\"");
        let filter = Filter::parse(&minute, &["published"]).unwrap();
        let Some(super::super::Node::Not(node)) = filter.root() else {
            panic!("{filter:?}");
        };
        let super::super::Node::Term(term) = &**node else {
            panic!("{node:?}");
        };
        assert!(term.passes(Field::Time(time), time));
    }

    #[test]
    fn nothing_can_be_kept_and_dropped_too() {
        assert_eq!(clause("login", &Value::Nothing, false), "-login:/./");
        assert_eq!(clause("login", &Value::Nothing, true), "login:/./");
        assert!(!holds("-login:/./", "ana") && holds("-login:/./", ""));
    }

    #[test]
    fn whoever_has_an_id_is_meant_by_it_and_not_by_a_name() {
        let named = |id: &str, name: &str| {
            Value::Named(Named {
                id: id.to_owned(),
                name: name.to_owned(),
            })
        };
        let is = |text: &str| Value::Is(text.to_owned());
        assert_eq!((is("IT"), is("Łódź")), (is("it"), is("łÓDŹ")));
        assert_ne!(is("it"), Value::Begins("it".to_owned()));
        let ana = named("00u1", "ana@acme.com");
        assert_eq!(clause("actor", &ana, false), "actorId=00u1");
        assert_eq!(clause("target", &ana, true), "-targetId=00u1");
        assert_eq!(ana.text(), Some("ana@acme.com"));
        assert_eq!(ana, named("00u1", "ana.old@acme.com"));
        // Whoever Okta does not know has one id with all others that it does not know.
        let stranger = named("unknown", "a b");
        let written = clause("actor", &stranger, true);
        assert_eq!(written, "-(actor=\"a b\" actorId=unknown)");
        assert_eq!(clauses(&written), [written.as_str()]);
        Filter::parse(&written, &["actor", "actorId"]).unwrap();
        assert_ne!(stranger, named("unknown", "c"));
        assert_eq!(clause("target", &named("", "x"), false), "target=x");
    }

    #[test]
    fn a_word_that_is_not_known_is_put_in_quotes() {
        let value = Value::Is("NEW_WORD".to_owned());
        assert_eq!(clause_in_quotes("s", &value, true), "-s=\"NEW_WORD\"");
        let spaced = Value::Is("a b".to_owned());
        assert_eq!(clause_in_quotes("s", &spaced, false), "s=\"a b\"");
    }

    proptest! {
        #[test]
        fn a_clause_keeps_the_very_value_it_was_written_for(
            said in "[a-zA-Z0-9\\\\\"/ .:()~=<>*\u{e9}\u{4e2d}-]{1,12}",
            field in "ip|login",
            other in "[a-z\\\\\"/ ]{1,12}",
        ) {
            let value = Value::Is(said.clone());
            let written = clause_in_quotes(&field, &value, false);
            prop_assert!(holds(&written, &said), "{}", written);
            prop_assert_eq!(holds(&written, &other), other.to_lowercase() == said.to_lowercase());
            let dropped = clause_in_quotes(&field, &value, true);
            prop_assert!(!holds(&dropped, &said), "{}", dropped);
            prop_assert_eq!(clauses(&written), vec![written.clone()]);
            let both = joined([written.as_str(), "x or y"]);
            prop_assert_eq!(clauses(&both), vec![written, "(x or y)".to_owned()]);
        }
    }
}
