//! The words of the field, as pure values: what Okta has, as oktop understands it.
//!
//! Invariant: nothing here does I/O or reads a clock. Values are made by `okta` from what Okta sends, kept by `store`, carried
//! by `msg` and shown by `ui`; each can be serialised in a compact, field-by-field form (no maps of unknown shape, no untagged
//! enums). What Okta sent verbatim travels beside them as [`RawJson`](text::RawJson).

pub mod application;
pub mod change;
pub mod country;
pub mod entry;
pub mod facet;
pub mod factor;
pub mod fields;
pub mod filter;
pub mod group;
pub mod histogram;
pub mod history;
pub mod hunt;
pub mod id;
pub mod link;
pub mod listing;
pub mod log_event;
pub mod markdown;
pub mod network;
pub mod notable;
pub mod open_enum;
pub mod org;
pub mod privilege;
pub mod query;
pub mod resource;
pub mod secret;
pub mod spelling;
pub mod text;
pub mod time;
pub mod trace;
pub mod user;
