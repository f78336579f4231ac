//! JSON gone through once, from its beginning to its end, by whoever knows which members they want.
//!
//! [`Fields`](super::Fields) finds where each member ends, and then reads those that are asked for once more, down to the innermost. Of an
//! event, of which there may be millions, that took half of all the time it takes to store it. Here every byte is looked at once. The price
//! is that the reader has to be written along the text, and that the unusual is refused with what is no JSON (a `None` of any
//! function): names with escapes, deep nesting. Whoever is refused asks `Fields`, which decides.

use std::borrow::Cow;

use super::fields;

/// As deep as a value may be that nobody wants: a bit of a word each.
const MAX_DEPTH: u32 = 64;
/// A word with this in each of its bytes.
const EACH: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte.
const HIGHEST: u64 = EACH << 7;

/// A text of JSON, and how far it was gone through.
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How far it has come, in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The next byte that is no white space, which stays.
    pub(super) fn next(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    /// Passes the next byte that is no white space, which has to be this one.
    fn pass(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then(|| self.at += 1)
    }

    /// Goes through an object; `member` is called with each name and passes the value.
    pub(super) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a str) -> Option<()>,
    ) -> Option<()> {
        self.pass(b'{')?;
        if self.next()? == b'}' {
            return self.pass(b'}');
        }
        loop {
            let name = self.name()?;
            member(self, name)?;
            match self.next()? {
                b',' => self.at += 1,
                _ => return self.pass(b'}'),
            }
        }
    }

    /// Goes through a list; `element` is called for each value and passes it.
    pub(super) fn list(&mut self, mut element: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.pass(b'[')?;
        if self.next()? == b']' {
            return self.pass(b']');
        }
        loop {
            element(self)?;
            match self.next()? {
                b',' => self.at += 1,
                _ => return self.pass(b']'),
            }
        }
    }

    /// Passes a name and its colon.
    fn name(&mut self) -> Option<&'a str> {
        let (name, is_plain) = self.quoted()?;
        self.pass(b':')?;
        is_plain.then_some(name)
    }

    /// Passes a value; `said` becomes what it says when it is a string, a number or a truth.
    pub(super) fn scalar(&mut self, said: &mut Option<Cow<'a, str>>) -> Option<()> {
        *said = match self.next()? {
            b'"' => {
                let start = self.at;
                match self.quoted()? {
                    (inner, true) => Some(Cow::Borrowed(inner)),
                    (_, false) => Some(fields::unescaped(self.text.get(start..self.at)?)?),
                }
            }
            b'{' | b'[' | b'n' => {
                self.skip()?;
                None
            }
            _ => {
                let start = self.at;
                self.skip()?;
                Some(Cow::Borrowed(self.text.get(start..self.at)?))
            }
        };
        Some(())
    }

    /// Passes a value of any kind.
    pub(super) fn skip(&mut self) -> Option<()> {
        // What is open, the innermost in the lowest bit: 1 is an object.
        let (mut kinds, mut depth) = (0u64, 0u32);
        loop {
            match self.next()? {
                b'"' => {
                    self.quoted()?;
                }
                open @ (b'{' | b'[') => {
                    self.at += 1;
                    let is_object = open == b'{';
                    let close = if is_object { b'}' } else { b']' };
                    if self.next()? == close {
                        self.at += 1;
                    } else if depth == MAX_DEPTH {
                        return None;
                    } else {
                        (kinds, depth) = (kinds << 1 | u64::from(is_object), depth + 1);
                        if is_object {
                            self.pass_name()?;
                        }
                        continue;
                    }
                }
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => self.number()?,
            }
            loop {
                if depth == 0 {
                    return Some(());
                }
                let byte = self.next()?;
                self.at += 1;
                match (byte, kinds & 1) {
                    (b',', 1) => {
                        self.pass_name()?;
                        break;
                    }
                    (b',', _) => break,
                    (b'}', 1) | (b']', 0) => (kinds, depth) = (kinds >> 1, depth - 1),
                    _ => return None,
                }
            }
        }
    }

    /// Passes a name that nobody wants, and its colon.
    fn pass_name(&mut self) -> Option<()> {
        self.next()?;
        self.quoted()?;
        self.pass(b':')
    }

    /// Passes a string, which may begin behind white space; what stands between its quotes, and whether that is what it says.
    fn quoted(&mut self) -> Option<(&'a str, bool)> {
        self.pass(b'"')?;
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let mut is_plain = true;
        loop {
            self.at += plain_bytes(bytes.get(self.at..)?);
            match *bytes.get(self.at)? {
                b'"' => {
                    self.at += 1;
                    return Some((self.text.get(start..self.at - 1)?, is_plain));
                }
                b'\\' => {
                    is_plain = false;
                    self.at += escape_bytes(bytes.get(self.at..)?)?;
                }
                _ => return None,
            }
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let rest = self.text.as_bytes().get(self.at..)?;
        rest.starts_with(word.as_bytes())
            .then(|| self.at += word.len())
    }

    fn number(&mut self) -> Option<()> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    /// Passes digits, of which there has to be one.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// How many bytes stand before the first that is a quote, a backslash or a control character. Eight at a time: most strings are short,
/// and to begin with more costs more than it saves.
fn plain_bytes(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quote = word ^ (EACH * u64::from(b'"'));
        let backslash = word ^ (EACH * u64::from(b'\\'));
        // Each marks the lowest byte that it is about; what a borrow marks in vain lies above that.
        let marks = word.wrapping_sub(EACH * 0x20) & !word
            | quote.wrapping_sub(EACH) & !quote
            | backslash.wrapping_sub(EACH) & !backslash;
        let marks = marks & HIGHEST;
        if marks != 0 {
            return index * 8 + marks.trailing_zeros() as usize / 8;
        }
    }
    let is_end = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let plain = rest.iter().position(is_end).unwrap_or(rest.len());
    words.len() * 8 + plain
}

/// The length of the escape at the beginning.
fn escape_bytes(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(2),
        b'u' => {
            let digits = bytes.get(2..6)?;
            digits.iter().all(u8::is_ascii_hexdigit).then_some(6)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    use super::*;

    fn is_passed(json: &str) -> bool {
        let mut scan = Scan::new(json);
        scan.skip().is_some() && scan.next().is_none()
    }

    #[test]
    fn what_is_passed_is_json() {
        for json in [
            "{}",
            " [ ] ",
            "\t{\"a\" : [1, -0.5e+7 ,0,1E9,null,true ,false],\r\n\"b\":{\"c\\n\":\"\\u00e9\\\\\"}}",
            "[[[]],{},\"\u{7f}é山\"]",
            "\"\"",
            "1",
        ] {
            assert!(is_passed(json), "{json}");
        }
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for json in [
            "",
            "{",
            "[1,]",
            "{,}",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":1]",
            "[1}",
            "[1 2]",
            "01",
            "-",
            "1.",
            "1e",
            ".5",
            "+1",
            "nul",
            "truee",
            "\"a",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12\"",
            "\"tab\there\"",
            "\"line\nhere\"",
            "'a'",
            "NaN",
        ] {
            assert!(!is_passed(json), "{json}");
            assert!(serde_json::from_str::<IgnoredAny>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_string_ends_where_it_ends_wherever_it_begins() {
        for (before, length) in (0..9).flat_map(|before| (0..40).map(move |n| (before, n))) {
            for end in ["\"", "\\n\"", "\\\"\""] {
                let json = format!("{}\"{}{end}]", " ".repeat(before), "é".repeat(length));
                let mut scan = Scan::new(&json);
                scan.skip().unwrap();
                assert_eq!(scan.at(), json.len() - 1, "{json}");
            }
        }
    }

    proptest! {
        /// JSON with a byte taken out, put in or changed is JSON for both or for neither.
        #[test]
        fn damaged_json_is_judged_as_by_others(
            text in r#"(\{"[ab]": ?("[a\\"]{0,3}"|-?[0-9.e]{1,4}|\[(1,|true|\{\})?\]|null)[,}]){1,3}"#,
            at in any::<prop::sample::Index>(),
            byte in prop::sample::select(br#"{}[]",:\ u0e-.n"#.to_vec()),
            how in 0..4,
        ) {
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => {}
            }
            let json = String::from_utf8(bytes).unwrap();
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&json).is_ok();
            prop_assert_eq!(is_passed(&json), theirs, "{}", json);
        }
    }
}
