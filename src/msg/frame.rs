//! How messages travel: a length of four bytes (big endian), then the message in postcard form.
//!
//! The first frame of each side is its [`Hello`](super::Hello) as JSON. A frame longer than [`MAX_FRAME_BYTES`] ends the
//! connection, so that neither side can be made to hold more memory than that.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The longest frame that is read or written, in bytes.
pub const MAX_FRAME_BYTES: usize = 16 * 1024 * 1024;

/// Why a frame could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// It is longer than [`MAX_FRAME_BYTES`].
    #[error(
        "a message of {0} bytes is larger than the {MAX_FRAME_BYTES} bytes allowed; ask for fewer rows"
    )]
    TooLong(usize),
    /// It is not a message of this protocol.
    #[error("the message could not be read: {0}")]
    Malformed(#[from] postcard::Error),
}

/// The message with its length in front, ready to be written.
///
/// # Errors
/// [`FrameError::TooLong`] when the message is larger than a frame may be.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = postcard::to_extend(message, vec![0; 4])?;
    let body_bytes = frame.len() - 4;
    let length = u32::try_from(body_bytes)
        .ok()
        .filter(|_| body_bytes <= MAX_FRAME_BYTES);
    let length = length.ok_or(FrameError::TooLong(body_bytes))?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame)
}

/// Reads a frame's body (without its length).
///
/// # Errors
/// [`FrameError::Malformed`] when it is not a message of this type.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    Ok(postcard::from_bytes(body)?)
}

#[cfg(test)]
mod tests {
    use super::super::{Ask, Request};
    use super::*;
    use crate::domain::query::{ListQuery, Sort};

    #[test]
    fn a_request_survives_its_frame() {
        let sort = Some(Sort {
            field: "login".into(),
            descending: true,
        });
        let ask = Ask::Users(ListQuery {
            filter: "ana".into(),
            sort,
            limit: 40,
            ..ListQuery::default()
        });
        let request = Request { ticket: 7, ask };
        let frame = encode(&request).unwrap();
        assert_eq!(
            u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize,
            frame.len() - 4
        );
        assert_eq!(decode::<Request>(&frame[4..]).unwrap(), request);
        assert!(decode::<Request>(&frame[4..frame.len() - 1]).is_err());
    }
}
