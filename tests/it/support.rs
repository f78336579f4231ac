//! What several integration tests use.

pub(crate) mod access;
pub(crate) mod app_key;
pub(crate) mod desk;
pub(crate) mod entries;
pub(crate) mod fake_agent;
pub(crate) mod live;
pub(crate) mod queue;
pub(crate) mod session;
