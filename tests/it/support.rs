//! What several integration tests use.

pub(crate) mod desk;
pub(crate) mod fake_agent;
pub(crate) mod session;
