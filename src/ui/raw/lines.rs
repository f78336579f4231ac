//! Okta's JSON as lines, in JSON or in YAML: each knows what it is the beginning of, so that it can be folded.

use std::fmt::Write as _;

use super::tree::{Node, parse};

/// What a part of a line is, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Sign,
    Name,
    Text,
    Atom,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// How far it stands in.
    pub(super) depth: usize,
    /// Its parts.
    pub(super) parts: Vec<(String, Kind)>,
    /// The last line of what it is the beginning of, when that is more than itself.
    pub(super) end: Option<usize>,
    /// What stands behind it when that is folded.
    pub(super) folded: String,
    /// Its place in the JSON, such as `profile.login` or `target.0.id`.
    pub(super) path: String,
    /// The value that stands there, as its JSON; empty on a line that only ends something.
    pub(super) value: String,
}

impl Line {
    /// The whole of it.
    pub(super) fn text(&self) -> String {
        self.parts.iter().map(|(text, _)| text.as_str()).collect()
    }
}

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As JSON.
    #[default]
    Json,
    /// As YAML.
    Yaml,
}

/// The lines of JSON that is safe to show.
pub(super) fn lines(json: &str, form: Form) -> Vec<Line> {
    let mut writer = Writer {
        lines: Vec::new(),
        path: Vec::new(),
    };
    let node = parse(json);
    match form {
        Form::Json => writer.json(&node, 0, Vec::new(), false),
        Form::Yaml => writer.yaml(&node, 0, Vec::new(), ""),
    }
    writer.lines
}

struct Writer {
    lines: Vec<Line>,
    path: Vec<String>,
}

type Parts = Vec<(String, Kind)>;

impl Writer {
    /// Writes a value behind the parts that its line begins with.
    fn json(&mut self, node: &Node<'_>, depth: usize, mut parts: Parts, comma: bool) {
        let (open, close, children) = match node {
            Node::Map(members) => ("{", "}", members.len()),
            Node::List(all) => ("[", "]", all.len()),
            Node::Text(_) | Node::Atom(_) => ("", "", 0),
        };
        let end = if comma { "," } else { "" };
        if children == 0 {
            parts.push(scalar(node));
            if !end.is_empty() {
                parts.push(sign(end));
            }
            self.push(depth, parts, node);
            return;
        }
        parts.push(sign(open));
        let begin = self.lines.len();
        self.push(depth, parts, node);
        match node {
            Node::Map(members) => {
                for (i, (name, value)) in members.iter().enumerate() {
                    self.path.push(plain(name));
                    let lead = vec![((*name).to_owned(), Kind::Name), sign(": ")];
                    self.json(value, depth + 1, lead, i + 1 < children);
                    self.path.pop();
                }
            }
            Node::List(all) => {
                for (i, value) in all.iter().enumerate() {
                    self.path.push(i.to_string());
                    self.json(value, depth + 1, Vec::new(), i + 1 < children);
                    self.path.pop();
                }
            }
            Node::Text(_) | Node::Atom(_) => {}
        }
        self.lines.push(Line {
            depth,
            parts: vec![sign(&format!("{close}{end}"))],
            path: self.path.join("."),
            ..Line::default()
        });
        self.fold(begin, &format!(" {children} {close}{end}"));
    }

    /// The same in YAML. `lead` is what stands before a value on its line: a space behind a name or a dash.
    fn yaml(&mut self, node: &Node<'_>, depth: usize, mut parts: Parts, lead: &str) {
        let children = match node {
            Node::Map(members) => members.len(),
            Node::List(all) => all.len(),
            Node::Text(_) | Node::Atom(_) => 0,
        };
        if children == 0 {
            if !lead.is_empty() {
                parts.push(sign(lead));
            }
            parts.push(yaml_scalar(node));
            self.push(depth, parts, node);
            return;
        }
        let begin = self.lines.len();
        let is_root = parts.is_empty();
        if !is_root {
            self.push(depth, parts, node);
        }
        let within = if is_root { depth } else { depth + 1 };
        match node {
            Node::Map(members) => {
                for (name, value) in members {
                    self.path.push(plain(name));
                    let lead = vec![(yaml_text(name), Kind::Name), sign(":")];
                    self.yaml(value, within, lead, " ");
                    self.path.pop();
                }
            }
            Node::List(all) => {
                for (i, value) in all.iter().enumerate() {
                    self.path.push(i.to_string());
                    self.yaml(value, within, vec![sign("-")], " ");
                    self.path.pop();
                }
            }
            Node::Text(_) | Node::Atom(_) => {}
        }
        if !is_root {
            let words = if matches!(node, Node::Map(_)) {
                format!(" {{ {children} }}")
            } else {
                format!(" [ {children} ]")
            };
            self.fold(begin, &words);
        }
    }

    fn push(&mut self, depth: usize, parts: Parts, node: &Node<'_>) {
        self.lines.push(Line {
            depth,
            parts,
            end: None,
            folded: String::new(),
            path: self.path.join("."),
            value: json_of(node),
        });
    }

    /// The line at `begin` is the beginning of all that has come since.
    fn fold(&mut self, begin: usize, words: &str) {
        let last = self.lines.len() - 1;
        if last > begin {
            words.clone_into(&mut self.lines[begin].folded);
            self.lines[begin].end = Some(last);
        }
    }
}

fn sign(text: &str) -> (String, Kind) {
    (text.to_owned(), Kind::Sign)
}

fn scalar(node: &Node<'_>) -> (String, Kind) {
    match node {
        Node::Atom(text) => ((*text).to_owned(), Kind::Atom),
        Node::Text(text) => ((*text).to_owned(), Kind::Text),
        Node::List(_) => sign("[]"),
        Node::Map(_) => sign("{}"),
    }
}

fn yaml_scalar(node: &Node<'_>) -> (String, Kind) {
    match node {
        Node::Text(text) => (yaml_text(text), Kind::Text),
        other => scalar(other),
    }
}

/// A value as JSON on one line.
fn json_of(node: &Node<'_>) -> String {
    match node {
        Node::Atom(text) | Node::Text(text) => (*text).to_owned(),
        Node::List(all) => {
            let all: Vec<String> = all.iter().map(json_of).collect();
            format!("[{}]", all.join(","))
        }
        Node::Map(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{name}:{}", json_of(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

/// A string without its quotes, as far as it can be read.
pub(super) fn plain(text: &str) -> String {
    let read: Option<String> = serde_json::from_str(text).ok();
    let safe = read.map(|read| crate::domain::text::SafeText::new(&read).to_string());
    safe.unwrap_or_else(|| text.to_owned())
}

/// A string of JSON as YAML has it: bare where nobody can take it for something else, in quotes otherwise.
fn yaml_text(text: &str) -> String {
    match serde_json::from_str::<String>(text) {
        Ok(read) if is_bare(&read) => read,
        Ok(read) => quoted(&read),
        // Half of a pair of surrogates; YAML has no way to say that.
        Err(_) => text.to_owned(),
    }
}

/// Words that YAML, or what was once YAML, takes for something else than text.
const WORDS: [&str; 10] = [
    "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan",
];

fn is_bare(text: &str) -> bool {
    let first = text.chars().next();
    let begins = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./@+ -".contains(c);
    begins
        && text.chars().all(plain)
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_ascii() && !c.is_ascii_control() => out.push(c),
            c => {
                let shown = crate::domain::text::SafeText::new(c.encode_utf8(&mut [0; 4]));
                let is_shown = shown.chars().eq([c]);
                let code = u32::from(c);
                // What a terminal acts on is written out; letters of any script stay. Writing to a String cannot fail.
                let _ = match code {
                    _ if is_shown && code != 0xfeff && code >= 0xa0 => write!(out, "{c}"),
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::text::escape_json;

    fn written(json: &str, form: Form) -> String {
        let mut out = String::new();
        for line in lines(json, form) {
            out.push_str(&"  ".repeat(line.depth));
            out.push_str(&line.text());
            out.push('\n');
        }
        out
    }

    const SAMPLE: &str = r#"{"id":"00u1","n":1.50,"none":[],"profile":{"login":"a\"b","yes":"no","x":null},"l":[1,{"y":true},[]]}"#;

    #[test]
    fn json_is_indented_and_otherwise_as_it_came() {
        insta::assert_snapshot!(written(SAMPLE, Form::Json), @r#"
        {
          "id": "00u1",
          "n": 1.50,
          "none": [],
          "profile": {
            "login": "a\"b",
            "yes": "no",
            "x": null
          },
          "l": [
            1,
            {
              "y": true
            },
            []
          ]
        }
        "#);
    }

    #[test]
    fn yaml_quotes_what_could_be_something_else() {
        insta::assert_snapshot!(written(SAMPLE, Form::Yaml), @r#"
        id: "00u1"
        "n": 1.50
        none: []
        profile:
          login: "a\"b"
          "yes": "no"
          x: null
        l:
          - 1
          -
            "y": true
          - []
        "#);
    }

    #[test]
    fn a_line_knows_what_it_begins_and_where_it_stands() {
        let lines = lines(SAMPLE, Form::Json);
        let profile = &lines[4];
        assert_eq!((profile.path.as_str(), profile.end), ("profile", Some(8)));
        assert_eq!(profile.folded, " 3 },");
        assert_eq!(profile.value, r#"{"login":"a\"b","yes":"no","x":null}"#);
        assert_eq!(lines[12].path, "l.1.y");
        assert_eq!(lines[12].value, "true");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e15..1e15_f64).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "(true|No|~|1e3|0x1f|1_000|-|a: b|# x|2026-11-22|\\.inf|- a|null| x |x )"
                .prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn yaml_says_the_same(value in any_json()) {
            let json = escape_json(&value.to_string());
            let yaml = written(&json, Form::Yaml);
            let read: Value = serde_yaml_ng::from_str(&yaml)
                .map_err(|error| TestCaseError::fail(format!("{error}\n{yaml}")))?;
            prop_assert_eq!(read, value, "{}", yaml);
        }

        #[test]
        fn json_says_the_same_and_nothing_a_terminal_acts_on(value in any_json()) {
            let json = escape_json(&value.to_string());
            for form in [Form::Json, Form::Yaml] {
                let text = written(&json, form);
                prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
            }
            let read: Value = serde_json::from_str(&written(&json, Form::Json)).unwrap();
            prop_assert_eq!(read, value);
        }
    }

    #[test]
    fn half_a_pair_of_surrogates_is_shown_as_it_came() {
        assert_eq!(written(r#"{"a":"\ud83d"}"#, Form::Yaml), "a: \"\\ud83d\"\n");
        assert_eq!(
            json!("\u{1f600}"),
            serde_yaml_ng::from_str::<Value>(&written(r#""\ud83d\ude00""#, Form::Yaml)).unwrap()
        );
    }
}
