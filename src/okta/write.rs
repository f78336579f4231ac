//! How changes go out. What is sent is a value ([`request::Shape`]) made of the change alone and, where Okta wants a whole object back, of
//! that object as it was read a moment ago: so it can be shown, hashed and kept before it is sent.

mod request;

pub use request::{Shape, Unsendable};
