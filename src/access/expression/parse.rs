//! From text to a tree: operators as the language ranks them, names, calls and literals.

use super::NotUnderstood;

/// Deeper nesting is refused, so that a hostile rule cannot exhaust the stack.
const MAX_DEPTH: usize = 64;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    /// A name such as `user.department`.
    Name(String),
    Call(String, Vec<Self>),
    Not(Box<Self>),
    Negative(Box<Self>),
    Binary(Operator, Box<Self>, Box<Self>),
    Choice(Box<Self>, Box<Self>, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
}

impl Node {
    /// Calls `seen` for this node and all below it.
    pub(super) fn visit(&self, seen: &mut impl FnMut(&Self)) {
        seen(self);
        match self {
            Self::List(nodes) | Self::Call(_, nodes) => nodes.iter().for_each(|n| n.visit(seen)),
            Self::Not(one) | Self::Negative(one) => one.visit(seen),
            Self::Binary(_, left, right) => {
                left.visit(seen);
                right.visit(seen);
            }
            Self::Choice(test, yes, no) => [test, yes, no].into_iter().for_each(|n| n.visit(seen)),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) | Self::Name(_) => {}
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Text(String),
    Number(f64),
    /// A name, dots included.
    Word(String),
    Mark(&'static str),
}

/// Longer marks first, so that `<=` is not read as `<`.
const MARKS: [&str; 18] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "?", ":", "(", ")", "{", "}", ",", "+", "-",
];

pub(super) fn parse(text: &str) -> Result<Node, NotUnderstood> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        end: text.chars().count() + 1,
    };
    let node = parser.choice()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err(parser.trouble("something follows that does not belong there")),
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, NotUnderstood> {
    let chars: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        if chars[at].is_whitespace() {
            at += 1;
            continue;
        }
        let (token, length) = token(&chars[at..]).map_err(|why| NotUnderstood {
            column: at + 1,
            why: why.to_owned(),
        })?;
        tokens.push((at + 1, token));
        at += length;
    }
    Ok(tokens)
}

/// The token that the text begins with, and its length.
fn token(rest: &[char]) -> Result<(Token, usize), &'static str> {
    match rest[0] {
        quote @ ('"' | '\'') => text_token(rest, quote),
        c if c.is_ascii_digit() => number_token(rest),
        c if c.is_alphabetic() || c == '_' => {
            let in_word = |c: &&char| c.is_alphanumeric() || matches!(**c, '_' | '.' | '$');
            let word: String = rest.iter().take_while(in_word).collect();
            let length = word.chars().count();
            Ok((Token::Word(word), length))
        }
        _ => {
            let begins = |mark: &&&str| {
                mark.chars().zip(rest).all(|(m, c)| m == *c) && mark.len() <= rest.len()
            };
            let mark = MARKS
                .iter()
                .find(begins)
                .ok_or("a character that is not known")?;
            Ok((Token::Mark(mark), mark.len()))
        }
    }
}

/// A quote inside is doubled, or has a backslash before it.
fn text_token(rest: &[char], quote: char) -> Result<(Token, usize), &'static str> {
    let (mut text, mut at) = (String::new(), 1);
    loop {
        match (rest.get(at), rest.get(at + 1)) {
            (None, _) => return Err("a text without end"),
            (Some('\\'), Some(next)) if *next == quote || *next == '\\' => {
                text.push(*next);
                at += 2;
            }
            (Some(c), Some(next)) if *c == quote && *next == quote => {
                text.push(quote);
                at += 2;
            }
            (Some(c), _) if *c == quote => return Ok((Token::Text(text), at + 1)),
            (Some(c), _) => {
                text.push(*c);
                at += 1;
            }
        }
    }
}

fn number_token(rest: &[char]) -> Result<(Token, usize), &'static str> {
    let digits: String = rest
        .iter()
        .take_while(|c| c.is_ascii_digit() || **c == '.')
        .collect();
    let number = digits.parse().map_err(|_| "a number that cannot be read")?;
    Ok((Token::Number(number), digits.len()))
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    depth: usize,
    /// The column after the last character.
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn trouble(&self, why: &str) -> NotUnderstood {
        let column = self
            .tokens
            .get(self.at)
            .map_or(self.end, |(column, _)| *column);
        NotUnderstood {
            column,
            why: why.to_owned(),
        }
    }

    /// Takes the next token when it is this mark, or one of these words whatever their case.
    fn takes(&mut self, mark: &str, words: &[&str]) -> bool {
        let taken = match self.peek() {
            Some(Token::Mark(found)) => *found == mark,
            Some(Token::Word(word)) => words.iter().any(|known| word.eq_ignore_ascii_case(known)),
            _ => false,
        };
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, mark: &str) -> Result<(), NotUnderstood> {
        if self.takes(mark, &[]) {
            Ok(())
        } else {
            Err(self.trouble(&format!("`{mark}` is missing")))
        }
    }

    fn choice(&mut self) -> Result<Node, NotUnderstood> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.trouble("nested too deeply"));
        }
        let test = self.either()?;
        let node = if self.takes("?", &[]) {
            let yes = self.choice()?;
            self.expect(":")?;
            let no = self.choice()?;
            Node::Choice(Box::new(test), Box::new(yes), Box::new(no))
        } else {
            test
        };
        self.depth -= 1;
        Ok(node)
    }

    fn either(&mut self) -> Result<Node, NotUnderstood> {
        let mut left = self.both()?;
        while self.takes("||", &["or"]) {
            left = binary(Operator::Or, left, self.both()?);
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Node, NotUnderstood> {
        let mut left = self.compared()?;
        while self.takes("&&", &["and"]) {
            left = binary(Operator::And, left, self.compared()?);
        }
        Ok(left)
    }

    fn compared(&mut self) -> Result<Node, NotUnderstood> {
        let left = self.sum()?;
        let Some(operator) = self.comparison() else {
            return Ok(left);
        };
        Ok(binary(operator, left, self.sum()?))
    }

    fn comparison(&mut self) -> Option<Operator> {
        const ALL: [(&str, &str, Operator); 6] = [
            ("==", "eq", Operator::Equal),
            ("!=", "ne", Operator::Unequal),
            ("<=", "le", Operator::LessOrEqual),
            (">=", "ge", Operator::GreaterOrEqual),
            ("<", "lt", Operator::Less),
            (">", "gt", Operator::Greater),
        ];
        let found = ALL.iter().find(|(mark, word, _)| self.takes(mark, &[word]));
        found.map(|(_, _, operator)| *operator)
    }

    fn sum(&mut self) -> Result<Node, NotUnderstood> {
        let mut left = self.unary()?;
        while self.takes("+", &[]) {
            left = binary(Operator::Plus, left, self.unary()?);
        }
        Ok(left)
    }

    /// `!` binds as tightly as in the language that Okta's is made of: `!a == b` means `(!a) == b`.
    fn unary(&mut self) -> Result<Node, NotUnderstood> {
        let mut wraps: Vec<fn(Box<Node>) -> Node> = Vec::new();
        loop {
            if self.takes("!", &["not"]) {
                wraps.push(Node::Not);
            } else if self.takes("-", &[]) {
                wraps.push(Node::Negative);
            } else {
                break;
            }
        }
        if wraps.len() > MAX_DEPTH {
            return Err(self.trouble("nested too deeply"));
        }
        let node = self.primary()?;
        Ok(wraps
            .into_iter()
            .rev()
            .fold(node, |node, wrap| wrap(Box::new(node))))
    }

    fn primary(&mut self) -> Result<Node, NotUnderstood> {
        if self.takes("(", &[]) {
            let node = self.choice()?;
            self.expect(")")?;
            return Ok(node);
        }
        if self.takes("{", &[]) {
            return Ok(Node::List(self.listed("}")?));
        }
        let token = self.peek().cloned();
        let node = match token {
            Some(Token::Text(text)) => Node::Text(text),
            Some(Token::Number(number)) => Node::Number(number),
            Some(Token::Word(word)) => {
                self.at += 1;
                return self.named(word);
            }
            Some(Token::Mark(_)) => return Err(self.trouble("a value is missing")),
            None => return Err(self.trouble("it ends where a value should be")),
        };
        self.at += 1;
        Ok(node)
    }

    fn named(&mut self, word: String) -> Result<Node, NotUnderstood> {
        if self.takes("(", &[]) {
            return Ok(Node::Call(word, self.listed(")")?));
        }
        Ok(match word.to_ascii_lowercase().as_str() {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "null" => Node::Null,
            _ => Node::Name(word),
        })
    }

    /// Values with commas between them, up to the closing mark.
    fn listed(&mut self, close: &str) -> Result<Vec<Node>, NotUnderstood> {
        let mut nodes = Vec::new();
        if self.takes(close, &[]) {
            return Ok(nodes);
        }
        loop {
            nodes.push(self.choice()?);
            if self.takes(close, &[]) {
                return Ok(nodes);
            }
            self.expect(",")?;
        }
    }
}

fn binary(operator: Operator, left: Node, right: Node) -> Node {
    Node::Binary(operator, Box::new(left), Box::new(right))
}
