//! Okta's twenty-character ids. They ascend with the object's index, so listing by id is listing by index.

use std::fmt;

use super::derive::{Seed, letters, mix};

/// Digits in ASCII order, so that text order is number order.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The tail that all ids of one cell share, as in real orgs.
const CELL: &str = "5d7";

/// An id such as `00u1f4kZq0Ab3Xy9R5d7`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 20]);

impl Id {
    /// The id of the `n`th object of the kind `prefix` (three characters, e.g. `00u`).
    pub fn new(seed: Seed, prefix: &str, n: u64) -> Self {
        debug_assert_eq!(prefix.len(), 3, "Okta's prefixes have three characters");
        // Spread out so that neighbours differ early, with room for 62^6 of them.
        let start = 1_000_000_000 + seed.below(prefix, 0, 1_000_000_000);
        let jitter = seed.below("id-step", n, 997);
        let mut number = start + n * 997 + jitter;
        let mut bytes = [b'0'; 20];
        bytes[..3].copy_from_slice(prefix.as_bytes());
        for at in (3..10).rev() {
            let digit = usize::try_from(number % 62).expect("below 62");
            bytes[at] = DIGITS[digit];
            number /= 62;
        }
        let tail = letters(seed.hash(prefix, n + 1), DIGITS, 7);
        bytes[10..17].copy_from_slice(tail.as_bytes());
        bytes[17..].copy_from_slice(CELL.as_bytes());
        Self(bytes)
    }

    /// The id of something that is known by a name; `salt` tells apart what shares one.
    pub fn of_text(prefix: &str, name: &str, salt: u64) -> Self {
        let word = name
            .bytes()
            .fold(salt, |word, byte| mix(word ^ u64::from(byte)));
        let text = format!("{prefix}{}{CELL}", letters(word, DIGITS, 14));
        Self::parse(&text).expect("a prefix has three characters")
    }

    /// Reads twenty characters as an id; `None` for any other length or alphabet.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 20] = text.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_alphanumeric)
            .then_some(Self(bytes))
    }

    /// The id's characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("ids are ASCII by construction")
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_ascend_with_their_index_and_never_repeat() {
        let ids: Vec<Id> = (0..5_000).map(|n| Id::new(Seed(3), "00u", n)).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| id.as_str().starts_with("00u")));
        assert_eq!(Id::parse(ids[7].as_str()), Some(ids[7]));
    }

    #[test]
    fn text_that_cannot_be_an_id_is_none() {
        assert_eq!(Id::parse("00u"), None);
        assert_eq!(Id::parse("00u1f4kZq0Ab3Xy9R5d/"), None);
    }
}
