//! The log of a process that lives long enough to need one.

use std::path::Path;

use super::failure::Failure;
use crate::config::private::{self, NotPrivate};
use crate::msg::ProblemKind;
use crate::telemetry::{self, Log};

/// Starts logging into a directory, which is made and kept private.
///
/// # Errors
/// When the directory is not ours alone, or no file can be made in it.
pub fn start(dir: &Path, name: &str) -> Result<Log, Failure> {
    private::ensure_directory(dir).map_err(|error| not_private(&error))?;
    telemetry::start(dir, name).map_err(|error| {
        let hint = format!("check the space on the disk of {}", dir.display());
        Failure::new(ProblemKind::Internal, error.to_string(), hint)
    })
}

/// A directory or file that is not ours alone is refused.
pub fn not_private(error: &NotPrivate) -> Failure {
    Failure::new(ProblemKind::Refused, error.to_string(), error.hint())
}
