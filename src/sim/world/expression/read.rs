//! Reading expressions: words, then sentences.

use regex::Regex;

use super::{Comparison, Function, Membership, Node, Unevaluable};

/// Deeper nesting is refused: rules are written by people.
const DEEPEST: usize = 40;

#[derive(Clone, Debug, PartialEq)]
enum Word {
    Name(String),
    Text(String),
    Number(i64),
    Sign(&'static str),
}

const SIGNS: [&str; 13] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", ",", "=",
];

/// The whole text as one expression.
pub(super) fn whole(text: &str) -> Result<Node, Unevaluable> {
    let mut reader = Reader {
        words: words(text)?,
        next: 0,
        end: text.len(),
        depth: 0,
    };
    let node = reader.any()?;
    if reader.next < reader.words.len() {
        return Err(reader.expected("the end"));
    }
    Ok(node)
}

fn words(text: &str) -> Result<Vec<(usize, Word)>, Unevaluable> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (word, length) = match c {
            ' ' | '\t' | '\n' | '\r' => {
                at += 1;
                continue;
            }
            '"' | '\'' => quoted(rest, c, at)?,
            '0'..='9' => {
                let length = rest
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(rest.len());
                let number = rest[..length].parse().map_err(|_| Unevaluable::Syntax {
                    at,
                    expected: "a number",
                })?;
                (Word::Number(number), length)
            }
            c if c.is_alphabetic() || c == '_' => {
                let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
                let length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
                (Word::Name(rest[..length].to_owned()), length)
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign
                    .filter(|sign| *sign != "=")
                    .ok_or(Unevaluable::Syntax {
                        at,
                        expected: "an attribute, a value, an operator or a function",
                    })?;
                (Word::Sign(sign), sign.len())
            }
        };
        words.push((at, word));
        at += length;
    }
    Ok(words)
}

/// A text in quotation marks, with `\` before what it does not end at.
fn quoted(rest: &str, mark: char, at: usize) -> Result<(Word, usize), Unevaluable> {
    let mut text = String::new();
    let mut escaped = false;
    for (offset, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => {
                text.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            c if c == mark => return Ok((Word::Text(text), offset + 1)),
            c => text.push(c),
        }
    }
    Err(Unevaluable::Syntax {
        at,
        expected: "a closing quotation mark",
    })
}

struct Reader {
    words: Vec<(usize, Word)>,
    next: usize,
    end: usize,
    depth: usize,
}

impl Reader {
    fn expected(&self, expected: &'static str) -> Unevaluable {
        let at = self.words.get(self.next).map_or(self.end, |(at, _)| *at);
        Unevaluable::Syntax { at, expected }
    }

    fn peek(&self) -> Option<&Word> {
        self.words.get(self.next).map(|(_, word)| word)
    }

    /// Takes the next word if it is this sign, or this word in any case.
    fn take(&mut self, sign: &str, word: &str) -> bool {
        let there = match self.peek() {
            Some(Word::Sign(found)) => *found == sign,
            Some(Word::Name(found)) => !word.is_empty() && found.eq_ignore_ascii_case(word),
            _ => false,
        };
        self.next += usize::from(there);
        there
    }

    fn any(&mut self) -> Result<Node, Unevaluable> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.expected("less nesting"));
        }
        let mut node = self.all()?;
        while self.take("||", "or") {
            node = Node::Any(Box::new(node), Box::new(self.all()?));
        }
        self.depth -= 1;
        Ok(node)
    }

    fn all(&mut self) -> Result<Node, Unevaluable> {
        let mut node = self.not()?;
        while self.take("&&", "and") {
            node = Node::All(Box::new(node), Box::new(self.not()?));
        }
        Ok(node)
    }

    fn not(&mut self) -> Result<Node, Unevaluable> {
        let mut negations = 0;
        while self.take("!", "not") {
            negations += 1;
        }
        let node = self.comparison()?;
        Ok(if negations % 2 == 1 {
            Node::Not(Box::new(node))
        } else {
            node
        })
    }

    fn comparison(&mut self) -> Result<Node, Unevaluable> {
        let left = self.value()?;
        let how = match self.peek() {
            Some(Word::Sign("==")) => Comparison::Equal,
            Some(Word::Sign("!=")) => Comparison::Unequal,
            Some(Word::Sign("<")) => Comparison::Less,
            Some(Word::Sign("<=")) => Comparison::LessOrEqual,
            Some(Word::Sign(">")) => Comparison::Greater,
            Some(Word::Sign(">=")) => Comparison::GreaterOrEqual,
            _ => return Ok(left),
        };
        self.next += 1;
        let right = self.value()?;
        Ok(Node::Compare(how, Box::new(left), Box::new(right)))
    }

    fn value(&mut self) -> Result<Node, Unevaluable> {
        if self.take("(", "") {
            let node = self.any()?;
            if !self.take(")", "") {
                return Err(self.expected("a closing parenthesis"));
            }
            return Ok(node);
        }
        let Some(word) = self.peek().cloned() else {
            return Err(self.expected("a value"));
        };
        let node = match word {
            Word::Text(text) => Node::Text(text),
            Word::Number(number) => Node::Number(number),
            Word::Sign(_) => return Err(self.expected("a value")),
            Word::Name(name) => {
                self.next += 1;
                return self.named(&name);
            }
        };
        self.next += 1;
        Ok(node)
    }

    fn named(&mut self, name: &str) -> Result<Node, Unevaluable> {
        if self.take("(", "") {
            let arguments = self.arguments()?;
            return call(name, arguments);
        }
        match name {
            "true" => Ok(Node::Bool(true)),
            "false" => Ok(Node::Bool(false)),
            "null" => Ok(Node::Null),
            _ => match name.strip_prefix("user.") {
                Some(attribute) => Ok(Node::Attribute(attribute.to_owned())),
                None => Err(Unevaluable::NoSuchAttribute(name.to_owned())),
            },
        }
    }

    fn arguments(&mut self) -> Result<Vec<Node>, Unevaluable> {
        let mut arguments = Vec::new();
        if self.take(")", "") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.any()?);
            if self.take(")", "") {
                return Ok(arguments);
            }
            if !self.take(",", "") {
                return Err(self.expected("a comma or a closing parenthesis"));
            }
        }
    }
}

fn call(name: &str, arguments: Vec<Node>) -> Result<Node, Unevaluable> {
    let unknown = || Unevaluable::NoSuchFunction(name.to_owned());
    if name.starts_with("isMemberOf") {
        let texts: Option<Vec<String>> = arguments
            .into_iter()
            .map(|node| match node {
                Node::Text(text) => Some(text),
                _ => None,
            })
            .collect();
        return membership(name, texts.ok_or_else(unknown)?).map(Node::Member);
    }
    let found = Function::ALL
        .into_iter()
        .find(|(known, count, _)| *known == name && *count == arguments.len());
    let (.., function) = found.ok_or_else(unknown)?;
    Ok(Node::Call(function, arguments))
}

fn membership(name: &str, mut texts: Vec<String>) -> Result<Membership, Unevaluable> {
    let unknown = || Unevaluable::NoSuchFunction(name.to_owned());
    let only = match (texts.len(), texts.pop()) {
        (1, Some(only)) => Some(only),
        (_, Some(last)) => {
            texts.push(last);
            None
        }
        _ => return Err(unknown()),
    };
    Ok(match (name, only) {
        ("isMemberOfGroup" | "isMemberOfAnyGroup", Some(only)) => Membership::Ids(vec![only]),
        ("isMemberOfAnyGroup", None) => Membership::Ids(texts),
        ("isMemberOfGroupName", Some(only)) => Membership::Name(only),
        ("isMemberOfGroupNameStartsWith", Some(only)) => Membership::NameStartsWith(only),
        ("isMemberOfGroupNameContains", Some(only)) => Membership::NameContains(only),
        ("isMemberOfGroupNameRegex", Some(only)) => {
            Membership::NameMatches(Regex::new(&only).map_err(|_| unknown())?)
        }
        _ => return Err(unknown()),
    })
}
