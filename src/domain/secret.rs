//! A text that must not leak: a token, a proxy's password.
//!
//! Invariant: it cannot be printed, compared, copied or serialised, and its memory is overwritten when it is dropped. Whoever needs
//! the text says so with [`Secret::expose`], which is easy to find in a review.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A secret text. `Debug` shows that there is one and nothing else.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text into custody. Copies that the caller made before remain the caller's to erase.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Tells whether two secrets are the same without telling either: a digest under a salt of its own. It may travel between processes
/// of one user; it is never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What the digest is keyed with; random, so that two marks of one secret have nothing in common.
    pub salt: [u8; 16],
    /// The digest.
    pub digest: [u8; 32],
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails to compile when `Secret` gets one of the traits: then two impls fit and the type parameter is ambiguous.
    macro_rules! is_not {
        ($($bound:path),+) => {$({
            trait Either<A> { fn pick() {} }
            impl<T> Either<()> for T {}
            impl<T: $bound> Either<u8> for T {}
            <Secret as Either<_>>::pick();
        })+};
    }

    #[test]
    fn it_cannot_be_shown_copied_or_serialised() {
        is_not!(Clone, fmt::Display, serde::Serialize, PartialEq);
        let shown = format!("{:?}", Secret::new("canary".into()));
        assert_eq!(shown, "Secret");
    }
}
