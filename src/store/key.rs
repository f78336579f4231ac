//! The key that the mirror's files are enciphered under: read from a text, and never to be seen again.
//!
//! Invariant: it cannot be printed, compared, copied or serialised, and its memory is overwritten when it is dropped.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::hkdf::{HKDF_SHA256, Prk, Salt};
use zeroize::Zeroizing;

use super::error::Error;
use super::sealed::{Cipher, Lead};
use crate::domain::secret::Secret;

/// How long a key is.
const KEY_BYTES: usize = 32;

/// A key of 256 random bits. The files' own keys are made from it, one for each write of a page.
pub struct StoreKey(Zeroizing<[u8; KEY_BYTES]>);

/// Why a text is no key. It says nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoKey {
    /// It is something else.
    #[error("it is not 32 bytes in base64 (44 characters) or in hex (64 digits)")]
    Malformed,
    /// Every byte is the same, as nobody's dice would have it.
    #[error("every byte of it is the same, so it is no random key")]
    Constant,
}

impl NoKey {
    /// What to do about it.
    pub fn hint(self) -> &'static str {
        "make one with: (umask 077; head -c 32 /dev/urandom | base64 > mirror.key)"
    }
}

impl StoreKey {
    /// Reads a key: 32 bytes in base64, of either alphabet and with or without its padding, or in hex.
    ///
    /// # Errors
    /// [`NoKey`] when it is neither, or is a key that cannot be random.
    pub fn parse(text: &Secret) -> Result<Self, NoKey> {
        let text = text.expose().trim();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if text.len() == 2 * KEY_BYTES {
            of_hex(text.as_bytes(), &mut key)?;
        } else {
            of_base64(text, &mut key)?;
        }
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(NoKey::Constant);
        }
        Ok(Self(key))
    }

    /// What the keys of a file with this salt are made from.
    pub(super) fn of_file(&self, salt: &[u8]) -> Prk {
        Salt::new(HKDF_SHA256, salt).extract(&*self.0)
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreKey")
    }
}

fn of_hex(digits: &[u8], key: &mut [u8; KEY_BYTES]) -> Result<(), NoKey> {
    let value = |digit: u8| {
        let value = char::from(digit).to_digit(16);
        value.and_then(|value| u8::try_from(value).ok())
    };
    for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = value(pair[0]).zip(value(pair[1])).ok_or(NoKey::Malformed)?;
        *byte = high << 4 | low;
    }
    Ok(())
}

fn of_base64(text: &str, key: &mut [u8; KEY_BYTES]) -> Result<(), NoKey> {
    let alphabet = if text.contains(['-', '_']) {
        alphabet::URL_SAFE
    } else {
        alphabet::STANDARD
    };
    let padding =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    match GeneralPurpose::new(&alphabet, padding).decode_slice(text, key) {
        Ok(KEY_BYTES) => Ok(()),
        _ => Err(NoKey::Malformed),
    }
}

/// The keys of a mirror. The default has none: files are plain, and one that is enciphered is refused.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// What files are written under; they are plain when there is none.
    write: Option<Arc<StoreKey>>,
    /// What files may be found under besides.
    read: Vec<Arc<StoreKey>>,
    /// Whether files stay as they are found.
    keeps: bool,
}

impl Keys {
    /// Files are written under `write`, or plain when there is none. Those that are found under one of `read`, or are not what they
    /// should be otherwise, are written anew.
    pub fn new(write: Option<StoreKey>, read: impl IntoIterator<Item = StoreKey>) -> Self {
        Self {
            write: write.map(Arc::new),
            read: read.into_iter().map(Arc::new).collect(),
            keeps: false,
        }
    }

    /// The same keys for somebody who changes nothing.
    pub(super) fn keeping(self) -> Self {
        Self {
            keeps: true,
            ..self
        }
    }

    /// What new files are written under.
    pub(super) fn write(&self) -> Option<&StoreKey> {
        self.write.as_deref()
    }

    /// Why an enciphered file cannot be read, which none of them fits.
    pub(super) fn unfit(&self, path: &Path) -> Error {
        let path = path.to_owned();
        if self.write.is_none() && self.read.is_empty() {
            Error::KeyMissing { path }
        } else {
            Error::WrongKey { path }
        }
    }

    /// Whether a file that is not enciphered is what it should be.
    pub(super) fn suit_plain(&self) -> bool {
        self.keeps || self.write.is_none()
    }

    /// The cipher of a file that begins so, and whether it is what it should be; `None` when no key fits.
    pub(super) fn fit(&self, lead: &Lead) -> Option<(Cipher, bool)> {
        if let Some(cipher) = self.write().and_then(|key| lead.cipher(key)) {
            return Some((cipher, true));
        }
        let cipher = self.read.iter().find_map(|key| lead.cipher(key))?;
        Some((cipher, self.keeps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<[u8; KEY_BYTES], NoKey> {
        StoreKey::parse(&Secret::new(text.to_owned())).map(|key| *key.0)
    }

    #[test]
    fn a_key_is_read_in_every_spelling() {
        let bytes: [u8; KEY_BYTES] = std::array::from_fn(|n| u8::try_from(n * 8 + 3).unwrap());
        let digits = |byte: &u8| {
            [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        };
        let hex: String = bytes.iter().flat_map(digits).collect();
        let base64 = base64::prelude::BASE64_STANDARD.encode(bytes);
        let url = base64.replace('+', "-").replace('/', "_");
        for text in [
            hex.as_str(),
            &hex.to_uppercase(),
            &base64,
            base64.trim_end_matches('='),
            &url,
            &format!(" {base64}\n"),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_told() {
        let digits = "0123456789abcdef".repeat(4);
        for text in [
            "",
            "correct horse battery staple",
            &digits[1..],
            &digits.replace('7', "g"),
            &base64::prelude::BASE64_STANDARD.encode([7; 31]),
            &base64::prelude::BASE64_STANDARD.encode([7; 33]),
        ] {
            assert_eq!(parse(text), Err(NoKey::Malformed), "{text}");
        }
        assert_eq!(parse(&"00".repeat(32)), Err(NoKey::Constant));
        let key = StoreKey::parse(&Secret::new(digits)).unwrap();
        assert_eq!(format!("{key:?}"), "StoreKey");
        assert_eq!(
            format!("{:?}", Keys::new(Some(key), []))
                .matches("StoreKey")
                .count(),
            1
        );
    }
}
