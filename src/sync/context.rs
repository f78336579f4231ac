//! What every task of the sync works with: the way to Okta, the mirror, the clock, the board, and how failures are told.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::sync_settings::SyncSettings;
use crate::domain::listing::PartialReason;
use crate::domain::resource::Resource;
use crate::okta::{self, Bucket, ErrorKind, Reader, needed};
use crate::store::{self, Store};

use super::board::Board;
use super::supervisor::Trouble;

/// Everything a task of the sync needs. Cheap to clone.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) reader: Reader,
    pub(super) store: Store,
    pub(super) settings: std::sync::Arc<SyncSettings>,
    pub(super) clock: Clock,
    pub(super) board: Board,
    /// Whether Okta showed a list as empty that no org has empty.
    pub(super) blind: std::sync::Arc<AtomicBool>,
    /// Whose turn it is to have a long list in memory.
    pub(super) long_lists: std::sync::Arc<Semaphore>,
}

/// Why a reading did not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Okta did not give it.
    #[error(transparent)]
    Okta(#[from] okta::Error),
    /// The mirror could not take it.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// It ended, but does not count as everything there is.
    #[error("{0}")]
    Partial(PartialReason),
}

impl Failure {
    /// Okta's part in it, when it had one.
    pub(super) fn okta(&self) -> Option<&okta::Error> {
        match self {
            Self::Okta(error) => Some(error),
            Self::Store(_) | Self::Partial(_) => None,
        }
    }

    /// For whoever gave the order.
    pub(super) fn into_trouble(self) -> Trouble {
        match self {
            Self::Okta(error) => Trouble::Okta(error),
            Self::Store(error) => Trouble::Store(error),
            Self::Partial(reason) => Trouble::Partial(reason),
        }
    }

    /// Whether the same would be answered however often it is asked, until somebody changes the credential's rights or the org.
    pub(super) fn is_refusal(&self) -> bool {
        match self {
            Self::Okta(error) => error.is_denied() || matches!(error.kind, ErrorKind::NotEnabled),
            Self::Store(_) => false,
            Self::Partial(reason) => matches!(
                reason,
                PartialReason::Forbidden
                    | PartialReason::MissingScope(_)
                    | PartialReason::MissingRole(_)
                    | PartialReason::NotEnabled
            ),
        }
    }

    /// The reason as it is recorded for a reading of `resource`.
    pub(super) fn reason(&self, resource: Resource) -> PartialReason {
        match self {
            Self::Okta(error) => match &error.kind {
                ErrorKind::Unauthorised | ErrorKind::AppRefused { .. } => PartialReason::Forbidden,
                ErrorKind::Forbidden => PartialReason::MissingRole(needed(resource).role.into()),
                ErrorKind::MissingScope(scope) if scope.is_empty() => {
                    PartialReason::MissingScope(needed(resource).scope.into())
                }
                ErrorKind::MissingScope(scope) => PartialReason::MissingScope(scope.clone()),
                // Every org has users, groups, apps and a log: whoever says otherwise is not the org.
                ErrorKind::NotEnabled if resource.holds_entries() => PartialReason::NotEnabled,
                _ => PartialReason::Failed(error.to_string()),
            },
            Self::Store(error) => PartialReason::Failed(error.to_string()),
            Self::Partial(reason) => reason.clone(),
        }
    }
}

impl Context {
    /// Runs a blocking read of the mirror where it may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, store::Error> + Send + 'static,
    ) -> Result<T, store::Error> {
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || read(&store))
            .await
            .map_err(|_| store::Error::Closed)?
    }

    /// Whether Okta shows this credential nothing at all: an app without an admin role is answered 200 and an empty list.
    pub(super) fn is_blind(&self) -> bool {
        self.blind.load(Ordering::Relaxed)
    }

    /// Notes whether Okta showed anything of a list that no org has empty.
    pub(super) fn saw(&self, anything: bool) {
        self.blind.store(!anything, Ordering::Relaxed);
    }

    /// The time by the server's clock, as near as its answers tell it.
    pub(super) fn server_now(&self) -> Timestamp {
        self.reader.server_now()
    }

    /// Requests a minute that bulk reads of the log may use, once Okta has told its limit.
    pub(super) fn log_allowance_per_min(&self) -> Option<u32> {
        let budgets = self.reader.budgets();
        budgets
            .iter()
            .find(|budget| budget.bucket == Bucket::Logs)
            .map(|budget| budget.bulk_allowance)
    }
}
