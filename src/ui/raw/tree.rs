//! Okta's JSON as a tree of the texts that it came in: no number is calculated and no name is sorted.

/// A value of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node<'a> {
    /// A number, `true`, `false` or `null`, or whatever is no JSON.
    Atom(&'a str),
    /// A string, with its quotes.
    Text(&'a str),
    /// A list.
    List(Vec<Self>),
    /// An object: the names, with their quotes, and the values.
    Map(Vec<(&'a str, Self)>),
}

/// How deep a tree may be; what lies deeper is shown as one text.
const MAX_DEPTH: usize = 100;

/// The tree of valid JSON. On anything else it still ends, and loses nothing but what stands behind the first value.
pub(super) fn parse(json: &str) -> Node<'_> {
    let mut reader = Reader {
        rest: json.trim_start(),
    };
    reader.value(0)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Node<'a> {
        match self.rest.as_bytes().first() {
            Some(b'{' | b'[') if depth >= MAX_DEPTH => Node::Atom(self.skip_whole()),
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Node::Text(self.take(string_length(self.rest))),
            _ => Node::Atom(self.take(atom_length(self.rest))),
        }
    }

    fn map(&mut self, depth: usize) -> Node<'a> {
        self.take(1);
        let mut members = Vec::new();
        while !self.rest.is_empty() && !self.pass(b'}') {
            let name = match self.rest.as_bytes()[0] {
                b'"' => self.take(string_length(self.rest)),
                _ => self.take(atom_length(self.rest)),
            };
            self.pass(b':');
            members.push((name, self.value(depth + 1)));
            self.pass(b',');
        }
        Node::Map(members)
    }

    fn list(&mut self, depth: usize) -> Node<'a> {
        self.take(1);
        let mut all = Vec::new();
        while !self.rest.is_empty() && !self.pass(b']') {
            all.push(self.value(depth + 1));
            self.pass(b',');
        }
        Node::List(all)
    }

    /// Takes so many bytes, and the space behind them.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (head, rest) = self.rest.split_at(bytes);
        self.rest = rest.trim_start();
        head
    }

    fn pass(&mut self, byte: u8) -> bool {
        let is = self.rest.as_bytes().first() == Some(&byte);
        if is {
            self.take(1);
        }
        is
    }

    /// Takes a list or an object as the text that it is.
    fn skip_whole(&mut self) -> &'a str {
        let (mut depth, mut at) = (0_usize, 0);
        while let Some(c) = self.rest[at..].chars().next() {
            match c {
                '"' => {
                    at += string_length(&self.rest[at..]);
                    continue;
                }
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += c.len_utf8();
            if depth == 0 {
                break;
            }
        }
        self.take(at)
    }
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

/// How many bytes a number or a word takes: at least one character where there is any.
fn atom_length(text: &str) -> usize {
    let end = text.find(|c: char| c.is_whitespace() || "{}[],:\"".contains(c));
    match end {
        Some(0) => text.chars().next().map_or(0, char::len_utf8),
        Some(end) => end,
        None => text.len(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_numbers_stay_as_they_came() {
        assert_eq!(
            parse(r#"{"b":1.50,"a":[true,"x\"}"],"b":{}}"#),
            Node::Map(vec![
                (r#""b""#, Node::Atom("1.50")),
                (
                    r#""a""#,
                    Node::List(vec![Node::Atom("true"), Node::Text(r#""x\"}""#)])
                ),
                (r#""b""#, Node::Map(Vec::new())),
            ])
        );
    }

    #[test]
    fn what_is_too_deep_is_one_text() {
        let deep = "[".repeat(50_000) + &"]".repeat(50_000);
        let mut node = parse(&deep);
        let mut depth = 0;
        while let Node::List(mut all) = node {
            depth += 1;
            node = all.pop().expect("something lies within");
        }
        assert_eq!(depth, MAX_DEPTH);
        assert_eq!(node, Node::Atom(&deep[MAX_DEPTH..deep.len() - MAX_DEPTH]));
    }

    proptest! {
        #[test]
        fn anything_at_all_ends(text in r#"[\[\]{}:,"\\a1é ]{0,60}"#) {
            parse(&text);
        }
    }
}
