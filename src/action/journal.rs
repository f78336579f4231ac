//! The journal of everything that was done to the org, or might have been: entries that hold on to each other, so that none can be
//! changed, taken out or put in between without a trace.
//!
//! A line of the file is the hash of an entry in hexadecimal, a space, its body, and a line feed. The body is one JSON object, and it is
//! its bytes that are hashed, behind the hash of the entry before: nothing has to be written in one way only. The first two members of
//! a body are its number and its time, so that a gap is told apart from a change. What is missing at the end is found by whoever knows
//! how far the journal goes: the store, which holds the same entries, or a note of the last hash.

use std::fmt;

use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// What is hashed before everything else, so that no other text has the hash of an entry.
const DOMAIN: &[u8] = b"oktop-audit-v1\0";
/// Letters of a hash.
const HEX: usize = 64;

/// The hash of an entry, which the next one goes on from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link([u8; 32]);

impl Link {
    /// What the first entry goes on from.
    pub const START: Self = Self([0; 32]);

    /// The hash of an entry with this body, behind the one with this hash.
    #[must_use]
    pub fn then(self, body: &str) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(DOMAIN);
        context.update(&self.0);
        context.update(&(body.len() as u64).to_le_bytes());
        context.update(body.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(context.finish().as_ref());
        Self(hash)
    }

    /// Its 32 bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash that was kept as bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 letters of lower case; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits: &[u8; HEX] = text.as_bytes().try_into().ok()?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(bytes))
    }
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What every body begins with.
#[derive(Serialize)]
struct Numbered<'a, T> {
    seq: u64,
    at: Timestamp,
    #[serde(flatten)]
    what: &'a T,
}

/// The last entry that a piece of a journal's end has whole, and how many of its bytes come before what was begun behind it. The piece
/// begins anywhere; `None` when it has no whole line that is an entry.
pub fn last_whole(piece: &[u8], begins_with_a_line: bool) -> Option<(u64, Link, usize)> {
    let whole = piece.iter().rposition(|byte| *byte == b'\n')? + 1;
    let line_start = piece[..whole - 1].iter().rposition(|byte| *byte == b'\n');
    let start = match line_start {
        Some(feed) => feed + 1,
        None if begins_with_a_line => 0,
        None => return None,
    };
    let (link, body) = parts(&piece[start..whole - 1])?;
    Some((number_of(body)?, link, whole))
}

/// One entry, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; the first is 1.
    pub seq: u64,
    /// Its hash.
    pub link: Link,
    /// Its JSON.
    pub body: Box<str>,
}

impl Entry {
    /// The entry behind `before`, whose number and hash are given (0 and [`Link::START`] for none).
    ///
    /// # Errors
    /// When `what` does not become a JSON object.
    pub fn after<T: Serialize>(
        (seq, link): (u64, Link),
        at: Timestamp,
        what: &T,
    ) -> Result<Self, serde_json::Error> {
        let seq = seq.saturating_add(1);
        let body = serde_json::to_string(&Numbered { seq, at, what })?;
        Ok(Self {
            seq,
            link: link.then(&body),
            body: body.into(),
        })
    }

    /// What the next entry goes on from.
    pub fn end(&self) -> (u64, Link) {
        (self.seq, self.link)
    }

    /// Its line in the file, with the line feed.
    pub fn line(&self) -> String {
        format!("{} {}\n", self.link, self.body)
    }
}

/// What is wrong with a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// It is no line of a journal.
    NotALine,
    /// The last line was not written to its end.
    Torn,
    /// The entry is not the one that was written, or not behind the one before.
    BrokenLink,
    /// The number is not the one behind that of the entry before.
    WrongNumber,
    /// It ends before the entry that is known to be there.
    TooShort,
    /// The entry that is known to be there is another one.
    OtherEntry,
}

impl Flaw {
    /// What is wrong, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotALine => "it is no line of a journal",
            Self::Torn => "it was not written to its end",
            Self::BrokenLink => "it is not the one that was written, or not behind the one before",
            Self::WrongNumber => "its number is not the one behind that of the entry before",
            Self::TooShort => "it is missing, and so is what comes behind it",
            Self::OtherEntry => "it is another one than is known to be there",
        }
    }
}

/// Where a journal does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("entry {seq}: {flaw:?}")]
pub struct Broken {
    /// The number that the entry should have.
    pub seq: u64,
    /// What is wrong with it.
    pub flaw: Flaw,
}

/// Reads a journal line by line.
#[derive(Clone, Debug)]
pub struct Check {
    end: (u64, Link),
    known: Option<(u64, Link)>,
}

impl Check {
    /// A check of a journal from its first entry; `known` is the number and the hash of one that must be in it.
    pub fn new(known: Option<(u64, Link)>) -> Self {
        Self::from((0, Link::START), known)
    }

    /// The same, behind an entry that was checked before.
    pub fn from(end: (u64, Link), known: Option<(u64, Link)>) -> Self {
        Self { end, known }
    }

    /// Takes the next line, with its line feed.
    ///
    /// # Errors
    /// [`Broken`] when it is not the next entry.
    pub fn line(&mut self, line: &[u8]) -> Result<(), Broken> {
        let seq = self.end.0.saturating_add(1);
        let broken = |flaw| Broken { seq, flaw };
        let line = line.strip_suffix(b"\n").ok_or(broken(Flaw::Torn))?;
        let (link, body) = parts(line).ok_or(broken(Flaw::NotALine))?;
        self.next(link, body)
    }

    /// The same of an entry that is kept by itself.
    ///
    /// # Errors
    /// [`Broken`] when it is not the next entry.
    pub fn entry(&mut self, entry: &Entry) -> Result<(), Broken> {
        self.next(entry.link, &entry.body)
    }

    fn next(&mut self, link: Link, body: &str) -> Result<(), Broken> {
        let seq = self.end.0.saturating_add(1);
        let broken = |flaw| Broken { seq, flaw };
        if self.end.1.then(body) != link {
            return Err(broken(Flaw::BrokenLink));
        }
        if number_of(body).ok_or(broken(Flaw::NotALine))? != seq {
            return Err(broken(Flaw::WrongNumber));
        }
        if self
            .known
            .is_some_and(|(known, is)| known == seq && is != link)
        {
            return Err(broken(Flaw::OtherEntry));
        }
        self.end = (seq, link);
        Ok(())
    }

    /// Ends the check; number and hash of the last entry.
    ///
    /// # Errors
    /// [`Broken`] when an entry that must be there is not.
    pub fn finish(self) -> Result<(u64, Link), Broken> {
        match self.known {
            Some((known, _)) if known > self.end.0 => Err(Broken {
                seq: self.end.0.saturating_add(1),
                flaw: Flaw::TooShort,
            }),
            _ => Ok(self.end),
        }
    }
}

/// The number that a body begins with. What follows is what was written, as its hash says, and need not be read.
fn number_of(body: &str) -> Option<u64> {
    let (number, _) = body.strip_prefix("{\"seq\":")?.split_once(',')?;
    number.parse().ok()
}

/// Hash and body of a line.
fn parts(line: &[u8]) -> Option<(Link, &str)> {
    let line = std::str::from_utf8(line).ok()?;
    let (link, body) = line.split_at_checked(HEX)?;
    Some((Link::from_hex(link)?, body.strip_prefix(' ')?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize)]
    struct Deed {
        kind: &'static str,
        op: u64,
        note: String,
    }

    /// The lines of a journal with so many entries, and its end.
    fn journal(entries: u64) -> (Vec<u8>, (u64, Link)) {
        let (mut bytes, mut end) = (Vec::new(), (0, Link::START));
        for op in 0..entries {
            let deed = Deed {
                kind: "moved",
                op,
                note: format!("entry {op} of \u{e4} journal"),
            };
            let entry = Entry::after(end, Timestamp::UNIX_EPOCH, &deed).unwrap();
            end = entry.end();
            bytes.extend(entry.line().into_bytes());
        }
        (bytes, end)
    }

    fn check(bytes: &[u8], known: Option<(u64, Link)>) -> Result<(u64, Link), Broken> {
        let mut check = Check::new(known);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            check.line(line)?;
        }
        check.finish()
    }

    #[test]
    fn what_was_written_holds() {
        let (bytes, end) = journal(100);
        assert_eq!(check(&bytes, Some(end)), Ok(end));
        assert_eq!(end.0, 100);
        assert_eq!(check(b"", None), Ok((0, Link::START)));
        let text = String::from_utf8(bytes).unwrap();
        let first = text.lines().next().unwrap();
        assert!(first[65..].starts_with(r#"{"seq":1,"at":"1970-01-01T00:00:00Z","kind":"#));
    }

    /// The hash is made of what the documentation says, in that order: anybody can compute it with other tools.
    #[test]
    fn the_hash_is_sha_256_of_what_is_said() {
        let link = Link::START.then("{}");
        let mut bytes = b"oktop-audit-v1\0".to_vec();
        bytes.extend([0; 32]);
        bytes.extend(2u64.to_le_bytes());
        bytes.extend(b"{}");
        let digest = ring::digest::digest(&SHA256, &bytes);
        assert_eq!(link.0, digest.as_ref());
        assert_eq!(Link::from_hex(&link.to_string()), Some(link));
    }

    #[test]
    fn what_is_taken_out_put_in_or_moved_is_found() {
        let (bytes, end) = journal(20);
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let with = |order: &[usize]| {
            let bytes: Vec<u8> = order.iter().flat_map(|at| lines[*at].to_vec()).collect();
            check(&bytes, Some(end))
        };
        let all: Vec<usize> = (0..20).collect();
        assert!(with(&all).is_ok());
        for at in 0..20 {
            let mut less = all.clone();
            less.remove(at);
            assert!(with(&less).is_err(), "without {at}");
            let mut twice = all.clone();
            twice.insert(at, at);
            assert!(with(&twice).is_err(), "{at} twice");
        }
        let short = with(&all[..19]).unwrap_err();
        assert_eq!((short.seq, short.flaw), (20, Flaw::TooShort));
        let torn = check(&bytes[..bytes.len() - 1], Some(end)).unwrap_err();
        assert_eq!((torn.seq, torn.flaw), (20, Flaw::Torn));
        let (_, other) = journal(19);
        let known = Some((20, other.1));
        assert_eq!(check(&bytes, known).unwrap_err().flaw, Flaw::OtherEntry);
    }

    /// Where each line begins, and the entry before it.
    fn lines(bytes: &[u8]) -> Vec<(usize, (u64, Link))> {
        let (mut start, mut check) = (0, Check::new(None));
        let of = |line: &[u8]| {
            let found = (start, check.end);
            check.line(line).unwrap();
            start += line.len();
            found
        };
        bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(of)
            .collect()
    }

    /// A journal and its [`lines`].
    type Written = (Vec<u8>, Vec<(usize, (u64, Link))>);

    static JOURNAL: std::sync::OnceLock<Written> = std::sync::OnceLock::new();

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// One byte changed anywhere in ten thousand entries is found, and nowhere after the entry that it is in.
        #[test]
        fn any_byte_that_is_changed_is_found(at in any::<prop::sample::Index>(), flip in 1u8..=255) {
            let (bytes, lines) = JOURNAL.get_or_init(|| {
                let (bytes, _) = journal(10_000);
                let lines = lines(&bytes);
                (bytes, lines)
            });
            let at = at.index(bytes.len());
            // All that is before is as it was, and what is behind the next line cannot be read any more.
            let line = lines.partition_point(|(start, _)| *start <= at) - 1;
            let (start, before) = lines[line];
            let end = lines.get(line + 2).map_or(bytes.len(), |(start, _)| *start);
            let mut check = Check::from(before, None);
            let mut piece = bytes[start..end].to_vec();
            piece[at - start] ^= flip;
            let found = piece
                .split_inclusive(|byte| *byte == b'\n')
                .try_for_each(|line| check.line(line));
            let found = found.unwrap_err();
            prop_assert_eq!(found.seq, before.0 + 1);
        }
    }
}
