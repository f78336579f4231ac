//! Bodies of writes.

use axum::body::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::sim::error::ApiError;

/// Reads a body; members that nobody asked for are not looked at, as Okta does it.
///
/// # Errors
/// `E0000003` when it is not what it should be.
pub fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|_| ApiError::malformed_body())
}

/// Reads a body that may be left out.
///
/// # Errors
/// `E0000003` when there is one and it is not what it should be.
pub fn read_if_any<T: DeserializeOwned + Default>(body: &Bytes) -> Result<T, ApiError> {
    if body.is_empty() {
        return Ok(T::default());
    }
    read(body)
}

/// Something that is named by its id.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    /// The id.
    pub id: String,
}
