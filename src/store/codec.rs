//! How values become bytes: postcard behind a version byte, and Okta's JSON compressed.

use std::cell::RefCell;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zstd::bulk::{Compressor, Decompressor};

use super::error::Fault;
use crate::domain::text::RawJson;

/// No JSON of one object, and no block of events, is larger than this; a length beyond it is damage, not a reason to allocate.
const MAX_TEXT_BYTES: usize = 256 << 20;
/// The fastest level: on this data the higher ones gain little.
const LEVEL: i32 = 1;

/// Writes `value` behind a `version` byte.
pub(super) fn encode<T: Serialize>(version: u8, value: &T) -> Result<Vec<u8>, Fault> {
    append(vec![version], value)
}

/// Appends `value` to bytes that begin with a version.
pub(super) fn append<T: Serialize>(bytes: Vec<u8>, value: &T) -> Result<Vec<u8>, Fault> {
    postcard::to_extend(value, bytes)
        .map_err(|error| Fault::damaged(format!("a value cannot be written: {error}")))
}

/// Reads what [`encode`] wrote.
pub(super) fn decode<T: DeserializeOwned>(version: u8, bytes: &[u8]) -> Result<T, Fault> {
    decode_prefix(version, bytes).map(|(value, _)| value)
}

/// Reads the first of several values behind a version byte, and gives the bytes after it.
pub(super) fn decode_prefix<T: DeserializeOwned>(
    version: u8,
    bytes: &[u8],
) -> Result<(T, &[u8]), Fault> {
    decode_prefix_borrowed(version, bytes)
}

/// As [`decode_prefix`], for a value that borrows from the bytes.
pub(super) fn decode_prefix_borrowed<'a, T: Deserialize<'a>>(
    version: u8,
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), Fault> {
    match bytes.split_first() {
        Some((found, rest)) if *found == version => decode_rest_borrowed(rest),
        Some((found, _)) => Err(Fault::damaged(format!(
            "a value has format {found} where {version} was expected"
        ))),
        None => Err(Fault::damaged("a value is empty")),
    }
}

/// Reads a value that has no version byte of its own.
pub(super) fn decode_rest<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), Fault> {
    decode_rest_borrowed(bytes)
}

/// As [`decode_rest`], for a value that borrows from the bytes.
pub(super) fn decode_rest_borrowed<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
) -> Result<(T, &'a [u8]), Fault> {
    postcard::take_from_bytes(bytes)
        .map_err(|error| Fault::damaged(format!("a value cannot be read: {error}")))
}

/// A moment in at most 15 bytes, mostly 6, exact to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Moment(i64, i32);

impl From<Timestamp> for Moment {
    fn from(time: Timestamp) -> Self {
        Self(time.as_second(), time.subsec_nanosecond())
    }
}

impl From<Moment> for Timestamp {
    /// Seconds outside jiff's range can only come from damage; they become the epoch rather than a second kind of error.
    fn from(moment: Moment) -> Self {
        Self::new(moment.0, moment.1).unwrap_or(Self::UNIX_EPOCH)
    }
}

/// 64 bits that tell two bodies apart (FNV-1a). Not a defence against someone who wants them to collide: it decides about a
/// counter and about skipping a write, never about identity.
pub(super) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

thread_local! {
    /// The thread's own: a new one takes a million bytes of tables, and as long as compressing a block.
    static PLAIN: RefCell<Option<Squeezer>> = const { RefCell::new(None) };
}

/// Compresses text; the length stands in front, so that reading allocates once.
pub(super) fn compress(text: &[u8]) -> Result<Vec<u8>, Fault> {
    with_plain(|plain| plain.compress(text))
}

/// Reads what [`compress`] wrote.
pub(super) fn decompress(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
    with_plain(|plain| plain.decompress(bytes))
}

fn with_plain<T>(work: impl FnOnce(&mut Squeezer) -> Result<T, Fault>) -> Result<T, Fault> {
    PLAIN.with_borrow_mut(|plain| match plain {
        Some(plain) => work(plain),
        None => work(plain.insert(Squeezer::new(&[])?)),
    })
}

/// Compresses many small texts that look alike: `sample` is such a text, and what they share with it costs nothing.
pub(super) struct Squeezer {
    compressor: Compressor<'static>,
    decompressor: Decompressor<'static>,
}

impl Squeezer {
    pub(super) fn new(sample: &[u8]) -> Result<Self, Fault> {
        Ok(Self {
            compressor: Compressor::with_dictionary(LEVEL, sample).map_err(broken)?,
            decompressor: Decompressor::with_dictionary(sample).map_err(broken)?,
        })
    }

    pub(super) fn compress(&mut self, text: &[u8]) -> Result<Vec<u8>, Fault> {
        let length = u32::try_from(text.len()).map_err(|_| Fault::damaged("a text is too long"))?;
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(self.compressor.compress(text).map_err(broken)?);
        Ok(bytes)
    }

    pub(super) fn decompress(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        let (length, packed) = bytes
            .split_first_chunk::<4>()
            .ok_or_else(|| Fault::damaged("a compressed text is cut off"))?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > MAX_TEXT_BYTES {
            return Err(Fault::damaged("a compressed text claims to be huge"));
        }
        let text = self
            .decompressor
            .decompress(packed, length)
            .map_err(broken)?;
        if text.len() == length {
            Ok(text)
        } else {
            Err(Fault::damaged("a compressed text has the wrong length"))
        }
    }

    pub(super) fn decompress_json(&mut self, bytes: &[u8]) -> Result<RawJson, Fault> {
        String::from_utf8(self.decompress(bytes)?)
            .map(RawJson::new)
            .map_err(|_| Fault::damaged("stored JSON is not UTF-8"))
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "a mapper of errors, which come by value"
)]
fn broken(error: std::io::Error) -> Fault {
    Fault::damaged(format!("compression failed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_keeps_its_nanoseconds() {
        for text in [
            "2026-11-22T14:03:22.123456789Z",
            "1969-12-31T23:59:59.5Z",
            "1970-01-01T00:00:00Z",
        ] {
            let time: Timestamp = text.parse().unwrap();
            let bytes = encode(1, &Moment::from(time)).unwrap();
            assert_eq!(Timestamp::from(decode::<Moment>(1, &bytes).unwrap()), time);
        }
    }

    #[test]
    fn damage_is_an_error_and_never_an_allocation() {
        assert!(decode::<u32>(1, &[]).is_err());
        assert!(decode::<u32>(2, &[1, 5]).is_err());
        assert!(decode::<String>(1, &[1, 200, 1]).is_err());
        let packed = compress(b"hello hello hello").unwrap();
        assert_eq!(decompress(&packed).unwrap(), b"hello hello hello");
        assert!(decompress(&packed[..6]).is_err());
        let mut lying = packed.clone();
        lying[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(decompress(&lying).is_err());
        lying[..4].copy_from_slice(&16u32.to_le_bytes());
        assert!(decompress(&lying).is_err());
        lying[..4].copy_from_slice(&18u32.to_le_bytes());
        assert!(decompress(&lying).is_err());
    }
}
