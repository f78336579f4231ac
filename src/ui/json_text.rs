//! Okta's JSON as indented, coloured lines. Names, numbers and strings are shown exactly as they came, escaped where they must be.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::format;
use super::theme::Theme;
use crate::domain::text::{RawJson, escape_json};

/// The lines of `json`, wrapped at `width` columns.
pub fn lines(json: &RawJson, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let text = escape_json(json.as_unsafe_str());
    let mut printer = Printer {
        lines: Vec::new(),
        line: Vec::new(),
        used: 0,
        depth: 0,
        width: width.max(20),
    };
    let tokens = tokens(&text);
    for (i, token) in tokens.iter().enumerate() {
        let next = tokens.get(i + 1);
        printer.token(*token, next.copied(), theme);
    }
    printer.end_line();
    printer.lines
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Open(&'a str),
    Close(&'a str),
    Comma,
    Colon,
    Text(&'a str),
    Atom(&'a str),
}

/// The tokens of valid JSON. On anything else it still ends, and loses nothing.
fn tokens(json: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = json.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '{' | '[' | '}' | ']' | ',' | ':' => 1,
            _ => rest
                .find(|c: char| c.is_whitespace() || "{}[],:\"".contains(c))
                .filter(|length| *length > 0)
                .unwrap_or(rest.len()),
        };
        let (token, tail) = rest.split_at(length);
        tokens.push(match first {
            '"' => Token::Text(token),
            '{' | '[' => Token::Open(token),
            '}' | ']' => Token::Close(token),
            ',' => Token::Comma,
            ':' => Token::Colon,
            _ => Token::Atom(token),
        });
        rest = tail.trim_start();
    }
    tokens
}

/// How many bytes the string at the beginning of `text` takes, with its quotes.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

struct Printer {
    lines: Vec<Line<'static>>,
    line: Vec<Span<'static>>,
    used: usize,
    depth: usize,
    width: usize,
}

impl Printer {
    fn token(&mut self, token: Token<'_>, next: Option<Token<'_>>, theme: Theme) {
        match token {
            Token::Open(bracket) => {
                self.put(bracket, theme.text());
                self.depth += 1;
                if !matches!(next, Some(Token::Close(_))) {
                    self.end_line();
                }
            }
            Token::Close(bracket) => {
                self.depth = self.depth.saturating_sub(1);
                let empty = self
                    .line
                    .last()
                    .is_some_and(|span| span.content == "{" || span.content == "[");
                if !empty && !self.line.is_empty() {
                    self.end_line();
                }
                self.put(bracket, theme.text());
            }
            Token::Comma => {
                self.put(",", theme.text());
                self.end_line();
            }
            Token::Colon => self.put(": ", theme.text()),
            Token::Text(text) if next == Some(Token::Colon) => self.put(text, theme.json_name()),
            Token::Text(text) => self.put(text, theme.json_string()),
            Token::Atom(text) => self.put(text, theme.json_atom()),
        }
    }

    /// Adds to the line; what does not fit goes on in the next, one step further in.
    fn put(&mut self, text: &str, style: Style) {
        if self.line.is_empty() {
            self.indent(self.depth);
        }
        let mut rest = text;
        while self.used + format::width(rest) > self.width {
            let head = format::prefix(rest, self.width.saturating_sub(self.used));
            let indent = (2 * (self.depth + 1)).min(self.width / 2);
            if head.is_empty() && self.used <= indent {
                break;
            }
            self.push(head, style);
            rest = &rest[head.len()..];
            self.end_line();
            self.indent(self.depth + 1);
        }
        self.push(rest, style);
    }

    fn push(&mut self, text: &str, style: Style) {
        self.used += format::width(text);
        self.line.push(Span::styled(text.to_owned(), style));
    }

    fn indent(&mut self, depth: usize) {
        let columns = (2 * depth).min(self.width / 2);
        self.push(&" ".repeat(columns), Style::new());
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.lines.push(Line::from(std::mem::take(&mut self.line)));
        }
        self.used = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(json: &str, width: usize) -> String {
        let lines = lines(&RawJson::new(json), width, Theme::mono());
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn json_is_indented_and_otherwise_as_it_came() {
        insta::assert_snapshot!(
            shown(r#"{"id":"00u1","n":1.50,"none":[],"profile":{"login":"a\"b","x":null},"l":[1,{"y":true}]}"#, 60),
            @r#"
        {
          "id": "00u1",
          "n": 1.50,
          "none": [],
          "profile": {
            "login": "a\"b",
            "x": null
          },
          "l": [
            1,
            {
              "y": true
            }
          ]
        }
        "#
        );
    }

    #[test]
    fn long_and_hostile_strings_are_broken_and_escaped() {
        insta::assert_snapshot!(shown("{\"a\":\"x\u{202e}0123456789012345678901234567\"}", 24), @r#"
        {
          "a": "x\u202e012345678
            9012345678901234567"
        }
        "#);
    }

    proptest! {
        #[test]
        fn printing_changes_only_white_space(value in "[ -~]{0,40}", width in 20usize..50) {
            let json = serde_json::json!({ "k": value, "l": [1, {}] }).to_string();
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(squeezed(&shown(&json, width)), squeezed(&json));
        }

        #[test]
        fn anything_at_all_is_printed_without_end(text in any::<String>(), width in 0usize..30) {
            shown(&text, width);
        }
    }
}
