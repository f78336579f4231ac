//! The expressions of `search` and `filter` on users, groups and applications.
//!
//! Reading an expression is one thing for all ([`parse`]); which properties and operators are allowed differs by endpoint
//! ([`users`], [`groups`], [`apps`]). The System Log has a language of its own.

pub mod apps;
pub mod devices;
pub mod groups;
pub mod parse;
pub mod test;
pub mod users;
