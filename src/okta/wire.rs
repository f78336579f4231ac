//! Okta's JSON, read as it is sent rather than as it is documented.
//!
//! Real orgs send nulls where none are allowed, numbers for strings, words that no list names, and fields that nobody knows. So
//! nothing is required here but an identity, a field of the wrong type counts as absent, and the raw text travels on beside the
//! value. What lacks its identity is an [`Unreadable`] item, which the page counts.

mod application;
mod entry;
mod factor;
mod fields;
mod group;
mod log_event;
mod org;
mod problem;
mod scan;
mod user;

use serde_json::value::RawValue;

pub(super) use application::AssignedGroup;
pub(super) use entry::{client_of_app, decode as decode_entry};
pub(super) use fields::Fields;
pub(super) use log_event::event_of;
pub use org::OrgProbe;
pub(super) use org::OrgSettings;
pub(super) use problem::Problem;

/// Why an item of Okta's could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unreadable {
    /// It is not an object, or not JSON all the way down.
    #[error("it is not an object")]
    NotAnObject,
    /// A field without which it is nothing is absent, or not what it should be.
    #[error("its `{0}` is missing or unusable")]
    Field(&'static str),
}

/// A value that can be read from Okta's JSON.
pub(super) trait Decode: Sized {
    /// Reads one object, from its fields.
    ///
    /// # Errors
    /// [`Unreadable`] when it has no identity.
    fn of_fields(fields: &Fields<'_>) -> Result<Self, Unreadable>;

    /// Reads the object that a text begins with, and gives its length, when all of it is as it usually is. Whatever is not is left to
    /// [`of_fields`](Self::of_fields), which says the same of what both can read.
    fn at_once(_text: &str) -> Option<(Self, usize)> {
        None
    }

    /// Reads one object.
    ///
    /// # Errors
    /// [`Unreadable`] when it is none, or has no identity.
    fn decode(raw: &RawValue) -> Result<Self, Unreadable> {
        Self::of_fields(&Fields::of(raw)?)
    }
}

#[cfg(test)]
mod tests;
