//! Frames on a socket: reading and writing them, and the greeting that comes before the first.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::msg::frame::{self, FrameError, MAX_FRAME_BYTES};
use crate::msg::{Hello, PROTOCOL};

/// A greeting is short; a longer one is not a greeting.
const MAX_HELLO_BYTES: usize = 4096;

/// Why a conversation ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum StreamError {
    /// The other side closed the connection.
    #[error("the connection was closed")]
    Closed,
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    /// What came is no message.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Our greeting.
pub(super) fn hello() -> Hello {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Hello {
        protocol: PROTOCOL,
        version,
        pid: std::process::id(),
    }
}

/// Writes our greeting.
///
/// # Errors
/// When the connection is broken.
pub(super) async fn write_hello(to: &mut (impl AsyncWrite + Unpin)) -> Result<(), StreamError> {
    let body = serde_json::to_vec(&hello()).map_err(io::Error::from)?;
    let length = u32::try_from(body.len()).map_err(|_| FrameError::TooLong(body.len()))?;
    to.write_all(&length.to_be_bytes()).await?;
    Ok(to.write_all(&body).await?)
}

/// Reads the other side's greeting.
///
/// # Errors
/// When the connection ends or something else than a greeting comes.
pub(super) async fn read_hello(from: &mut (impl AsyncRead + Unpin)) -> Result<Hello, StreamError> {
    let body = read_body(from, MAX_HELLO_BYTES).await?;
    Ok(serde_json::from_slice(&body).map_err(io::Error::from)?)
}

/// Reads one message.
///
/// # Errors
/// [`StreamError::Closed`] when the other side is done; others when the connection breaks or the message is none.
pub(super) async fn read<T: DeserializeOwned>(
    from: &mut (impl AsyncRead + Unpin),
) -> Result<T, StreamError> {
    Ok(frame::decode(&read_body(from, MAX_FRAME_BYTES).await?)?)
}

/// Writes one message.
///
/// # Errors
/// When it is too long for a frame, or the connection is broken.
pub(super) async fn write<T: Serialize>(
    to: &mut (impl AsyncWrite + Unpin),
    message: &T,
) -> Result<(), StreamError> {
    Ok(to.write_all(&frame::encode(message)?).await?)
}

async fn read_body(
    from: &mut (impl AsyncRead + Unpin),
    max_bytes: usize,
) -> Result<Vec<u8>, StreamError> {
    let mut length = [0; 4];
    match from.read_exact(&mut length).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(StreamError::Closed);
        }
        other => other?,
    };
    let length = u32::from_be_bytes(length) as usize;
    if length > max_bytes {
        return Err(FrameError::TooLong(length).into());
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await?;
    Ok(body)
}
