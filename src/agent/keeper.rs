//! Keeping the way to Okta open: finding out which org answers, whether it is the store's, whether the credential is good, and
//! running the sync while all of that holds.
//!
//! Whatever fails is told in the status and tried again: a network that is down soon, a refused credential more rarely and after
//! its source was asked again, so that a token put right needs no restart; a store of another org hardly ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::config::sync_settings::SyncSettings;
use crate::domain::id::UserId;
use crate::domain::org::Org;
use crate::domain::secret::Mark;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::msg::status::Connection;
use crate::msg::{Problem, ProblemKind};
use crate::okta::{self, ErrorKind, HttpTransport, Reader, Transport};
use crate::store::Store;
use crate::sync::board::{Reach, Standings};
use crate::sync::{Handle, Sync};

use super::{problem, server};

/// Where the credential and the address come from; asked anew for every attempt to connect.
pub type Source =
    Arc<dyn Fn() -> BoxFuture<'static, Result<okta::Settings, Problem>> + Send + std::marker::Sync>;

/// Wait after a failure that may pass by itself; it doubles three times.
const RETRY: Duration = Duration::from_secs(10);
/// Wait where only a person can help: a store of another org, an address that cannot be used.
const RETRY_REFUSED: Duration = Duration::from_mins(10);
/// Wait after Okta refused the credential.
const RETRY_DENIED: Duration = Duration::from_mins(1);

/// A refused credential's source is asked at most this often, whoever needs Okta.
const LEAST_RETRY: Duration = Duration::from_secs(5);

/// Whether the sync runs.
#[derive(Clone, Debug)]
pub(super) enum Line {
    /// Nothing is known yet.
    Starting,
    /// It runs.
    Up(Arc<Online>),
    /// It does not, and why.
    Down(Connection),
}

/// A running sync, the reader it uses, and whose credential that is.
pub(super) struct Online {
    pub(super) reader: Reader,
    pub(super) sync: Handle,
    /// Sends changes, for the queue.
    pub(super) changes: Arc<dyn Transport>,
    pub(super) identity: Option<SafeText>,
    /// The user that it belongs to; `None` for a service app, or where nobody may ask.
    pub(super) own: Option<UserId>,
}

impl std::fmt::Debug for Online {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Online({:?})", self.reader)
    }
}

/// An org that answers, and takes the credential.
struct Reached {
    reader: Reader,
    changes: Arc<dyn Transport>,
    whose: Whose,
}

/// Whose a credential is.
#[derive(Default)]
struct Whose {
    /// A login, or the id of a service app.
    identity: Option<SafeText>,
    user: Option<UserId>,
}

/// What others know of the keeper's work, and how they ask it to look again.
#[derive(Clone, Debug)]
pub(super) struct Way {
    /// Whether the sync runs.
    pub(super) line: watch::Receiver<Line>,
    /// What tells the credential that was read last from others.
    pub(super) credential: watch::Receiver<Option<Mark>>,
    /// Somebody needs Okta now: a refused credential's source is asked again before its time.
    pub(super) look_again: Arc<Notify>,
    /// Requests of earlier attempts and syncs: each has a reader of its own.
    pub(super) sent_before: Arc<AtomicU64>,
}

/// Keeps the line up until `ending` turns true.
pub(super) struct Keeper {
    pub(super) source: Source,
    pub(super) store: Store,
    pub(super) sync: SyncSettings,
    pub(super) clock: Clock,
    pub(super) line: watch::Sender<Line>,
    pub(super) credential: watch::Sender<Option<Mark>>,
    pub(super) look_again: Arc<Notify>,
    pub(super) sent_before: Arc<AtomicU64>,
    pub(super) ending: watch::Receiver<bool>,
}

impl Keeper {
    pub(super) async fn run(mut self) {
        let mut ending = self.ending.clone();
        let mut failures = 0;
        loop {
            let tried = self.clock.now();
            let connected = tokio::select! {
                connected = self.connect() => connected,
                () = server::ended(&mut ending) => return,
            };
            let wait = match connected {
                Ok(reached) => {
                    failures = 0;
                    self.serve(reached).await;
                    RETRY_DENIED
                }
                Err(problem) => {
                    failures += 1;
                    let wait = wait_after(&problem, failures);
                    self.down(problem);
                    wait
                }
            };
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = self.needed(tried) => {}
                () = server::ended(&mut ending) => return,
            }
        }
    }

    /// Resolves when somebody needs Okta and the last attempt, begun at `tried`, lies back far enough.
    async fn needed(&self, tried: Timestamp) {
        self.look_again.notified().await;
        self.clock
            .sleep_until(time::after(tried, LEAST_RETRY))
            .await;
    }

    fn down(&self, problem: Problem) {
        tracing::warn!(problem.summary, "there is no way to Okta");
        self.line.send_modify(|line| {
            let since = match line {
                Line::Down(Connection::Trouble { since, .. }) => *since,
                _ => self.clock.now(),
            };
            *line = Line::Down(Connection::Trouble { since, problem });
        });
    }

    async fn connect(&self) -> Result<Reached, Problem> {
        let settings = (self.source)().await?;
        self.credential.send_replace(settings.credential.mark());
        let host = SafeText::new(settings.base.host());
        let of_setup = |error: okta::SetupError| problem::of_setup(&error);
        let transport: Arc<dyn Transport> =
            Arc::new(HttpTransport::new(&settings).map_err(of_setup)?);
        let changes: Arc<dyn Transport> =
            Arc::new(HttpTransport::for_changes(&settings).map_err(of_setup)?);
        let reader = Reader::new(settings, transport, self.clock.clone());
        let introduced = self.introduced(&reader, host).await;
        match introduced {
            Ok(whose) => Ok(Reached {
                reader,
                changes,
                whose,
            }),
            Err(problem) => {
                self.count(&reader);
                Err(problem)
            }
        }
    }

    /// Counts what was sent by a reader that is not used any more.
    fn count(&self, reader: &Reader) {
        let requests = reader.traffic().requests;
        self.sent_before.fetch_add(requests, Ordering::Relaxed);
    }

    /// Finds out which org answers, whether it is the store's, and whose the credential is.
    async fn introduced(&self, reader: &Reader, host: SafeText) -> Result<Whose, Problem> {
        let probe = reader
            .well_known()
            .await
            .map_err(|error| problem::of_okta(&error))?;
        let org = Org {
            id: probe.id,
            host,
            company: None,
            pipeline: probe.pipeline,
        };
        // Before the credential is used: another org's store is refused by the org's own word.
        self.bind(org.clone()).await?;
        let whose = whose(reader).await?;
        if let Ok(described) = reader.organization().await {
            self.bind(Org {
                company: described.value.company,
                ..org
            })
            .await?;
        }
        Ok(whose)
    }

    async fn bind(&self, org: Org) -> Result<(), Problem> {
        self.store
            .bind_org(&org)
            .await
            .map_err(|error| problem::of_store(&error))
    }

    /// Runs the sync until the credential is refused or the agent ends, and waits until it has let go of the store.
    async fn serve(&mut self, reached: Reached) {
        let Reached {
            reader,
            changes,
            whose,
        } = reached;
        let sync = Sync::start(
            &reader,
            self.store.clone(),
            self.sync.clone(),
            self.clock.clone(),
        );
        let mut standings = sync.handle().standings();
        let used = reader.clone();
        self.line.send_replace(Line::Up(Arc::new(Online {
            reader,
            sync: sync.handle(),
            changes,
            identity: whose.identity,
            own: whose.user,
        })));
        let problem = tokio::select! {
            refused = refused(&mut standings) => refused,
            () = server::ended(&mut self.ending) => None,
        };
        match problem {
            Some(problem) => self.down(problem),
            None => drop(self.line.send_replace(Line::Starting)),
        }
        self.count(&used);
        sync.end().await;
    }
}

/// How long to wait after the so many-th failure in a row: not long for a network that may be back any moment, longer where a person
/// has to do something.
fn wait_after(problem: &Problem, failures: u32) -> Duration {
    match problem.kind {
        ProblemKind::Auth => RETRY_DENIED,
        ProblemKind::Refused | ProblemKind::Usage | ProblemKind::Offline => RETRY_REFUSED,
        _ => RETRY * (1 << failures.saturating_sub(1).min(3)),
    }
}

/// Waits until Okta refuses the credential; `None` when the sync ended before.
async fn refused(standings: &mut watch::Receiver<Standings>) -> Option<Problem> {
    let refusal = |standings: &Standings| match &standings.reach {
        Reach::Trouble { error, .. }
            if matches!(
                error.kind,
                ErrorKind::Unauthorised | ErrorKind::AppRefused { .. }
            ) =>
        {
            Some(problem::of_okta(error))
        }
        _ => None,
    };
    let standings = standings
        .wait_for(|standings| refusal(standings).is_some())
        .await
        .ok()?;
    refusal(&standings)
}

/// Whose credential it is. Low admins may not ask, which is no reason not to go on; a refused credential is.
async fn whose(reader: &Reader) -> Result<Whose, Problem> {
    match reader.service_access().await {
        Ok(Some(app)) => {
            return Ok(Whose {
                identity: Some(app.client_id),
                user: None,
            });
        }
        Ok(None) => {}
        Err(error) => return Err(problem::of_okta(&error)),
    }
    match reader.me().await {
        Ok(me) => Ok(Whose {
            identity: Some(me.value.login),
            user: Some(me.value.id),
        }),
        Err(error) if error.is_an_answer() => Ok(Whose::default()),
        Err(error) => Err(problem::of_okta(&error)),
    }
}
