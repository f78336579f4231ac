//! The agent: the one process of a data directory that owns the mirror and speaks to Okta.
//!
//! As tmux has its server: the first console or command starts it, others attach, and a lost terminal ends a console, never the
//! agent. It ends itself when nobody has needed it for a while, unless it is told to stay. [`run`] is its whole life; [`client`] is
//! how everybody else speaks to it.

mod about;
mod changes;
pub mod client;
mod engine;
mod facets;
mod given;
mod history;
mod hunt;
mod keeper;
mod linger;
pub mod place;
mod problem;
mod reseal;
mod retention;
mod server;
mod status;
mod stream;
mod suspected;
mod trace;
mod unlock;
pub mod view;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::{Notify, broadcast, watch};

use crate::clock::Clock;
use crate::config::StoreSettings;
use crate::config::sync_settings::SyncSettings;
use crate::domain::text::SafeText;
use crate::msg::status::{Connection, NoticeLevel};
use crate::msg::{PROTOCOL, Problem};
use crate::store::rebuild;
use crate::store::{self, Opening, Store};

use engine::Engine;
use keeper::{Keeper, Line, Way};
use linger::Linger;
use place::{Card, Place, PlaceError};
use status::Facts;

pub use changes::Changes;
pub use keeper::Source;
pub use unlock::{KeyError, store_settings};

/// What an agent is started with.
pub struct Settings {
    /// The directory it owns.
    pub data_dir: PathBuf,
    /// The org's host, for showing.
    pub host: SafeText,
    /// Where address and credential come from; asked again for every attempt to connect.
    pub source: Source,
    /// What is read, how often.
    pub sync: SyncSettings,
    /// How the mirror behaves on its disk.
    pub store: StoreSettings,
    /// What may be changed in Okta.
    pub changes: Changes,
    /// How long it stays when nobody needs it; `None` stays for good.
    pub linger: Option<Duration>,
    /// Whether this is the demo's.
    pub demo: bool,
    /// The clock.
    pub clock: Clock,
}

/// Why an agent could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be taken.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The mirror's key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The mirror cannot be opened.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The life of an agent: takes the directory, opens the mirror, calls `ready` once it listens, and works until it is told to stop,
/// `stop` resolves, or nobody has needed it for the linger. Returns after the mirror is closed.
///
/// # Errors
/// [`StartError`] when directory or mirror cannot be had; afterwards every trouble is told to clients instead.
pub async fn run(
    settings: Settings,
    ready: impl FnOnce(),
    stop: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let place = Place::take(&settings.data_dir)?;
    let store = open(&settings).await?;
    let (line_sender, line) = watch::channel(Line::Starting);
    let credential = watch::Sender::new(None);
    let look_again = Arc::new(Notify::new());
    let sent_before = Arc::default();
    let ending = watch::Sender::new(false);
    let way = Way {
        line,
        credential: credential.subscribe(),
        look_again: Arc::clone(&look_again),
        sent_before: Arc::clone(&sent_before),
    };
    let queue = watch::Sender::new(None);
    let engine = engine(&settings, &store, way, ending.clone(), queue.subscribe());
    let engine = Arc::new(engine);
    let listener = place.listen(card())?;
    tracing::info!(data_dir = %settings.data_dir.display(), "the agent listens");
    ready();
    let keeper = Keeper {
        source: Arc::clone(&settings.source),
        store: store.clone(),
        sync: settings.sync.clone(),
        clock: settings.clock.clone(),
        line: line_sender,
        credential,
        look_again,
        sent_before,
        ending: ending.subscribe(),
    };
    let keeper = tokio::spawn(keeper.run());
    let status = tokio::spawn(Arc::clone(&engine).keep_status());
    let keep = retention::of(&settings.sync);
    let retention = tokio::spawn(retention::keep(Arc::clone(&engine), keep));
    let changes = tokio::spawn(changes::keep(Arc::clone(&engine), queue));
    let reseal = tokio::spawn(reseal::keep(Arc::clone(&engine)));
    let server = tokio::spawn(server::serve(
        listener,
        Arc::clone(&engine),
        ending.subscribe(),
    ));
    let mut fault = None;
    tokio::select! {
        () = stop => tracing::info!("the agent was told to stop"),
        () = told_to_end(ending.subscribe()) => tracing::info!("the agent was asked to end"),
        () = not_needed(&engine, settings.linger) => tracing::info!("nobody needs the agent any more"),
        ended = broken(&store) => fault = Some(ended.into()),
        lost = place.lost() => {
            tracing::error!(%lost, "the agent ends");
            fault = Some(StartError::from(lost));
        }
    }
    engine.notice(NoticeLevel::Info, "the agent is ending");
    ending.send_replace(true);
    // None of them fails but by a panic, which was told where panics are told; the mirror is closed all the same.
    let _ = tokio::join!(keeper, status, retention, reseal, changes, server);
    drop(engine);
    let closed = tokio::task::spawn_blocking(move || store.close()).await;
    drop(place);
    let closed = closed.unwrap_or(Err(store::Error::Closed));
    // What made it end says more than how the end went.
    fault.map_or_else(|| Ok(closed?), Err)
}

async fn open(settings: &Settings) -> Result<Store, StartError> {
    let dir = settings.data_dir.clone();
    let settings = store_settings(&settings.store).await?;
    loop {
        let (to_open, with) = (dir.clone(), settings.clone());
        let opened = tokio::task::spawn_blocking(move || Store::open_with(&to_open, None, with));
        match opened.await.unwrap_or(Err(store::Error::Closed)) {
            // It is read anew as far as Okta still has it, and the others are not kept waiting for it.
            Err(error) if rebuild::is_of_a_day(&error) => {
                tracing::error!(%error, "a day of the log is put aside");
                rebuild::put_aside(&dir, &[error], settings.clone()).await?;
            }
            opened => {
                if let Ok(store) = &opened {
                    let Opening { drawn, read } = store.directory.opening();
                    tracing::info!(drawn, read, "opened the directory");
                }
                return Ok(opened?);
            }
        }
    }
}

/// Resolves once a store can be written no more until it is opened anew, which is for the next agent to do.
async fn broken(store: &Store) -> store::Error {
    let mut news = store.trouble_news();
    loop {
        let troubles = store.troubles();
        let is_end = |error: &store::Error| matches!(error, store::Error::WriterEnded { .. });
        if let Some(fault) = troubles.into_iter().find(is_end) {
            tracing::error!(%fault, "the agent ends, so that the next one opens the mirror anew");
            return fault;
        }
        news.changed().await;
    }
}

fn engine(
    settings: &Settings,
    store: &Store,
    way: Way,
    ending: watch::Sender<bool>,
    changes: watch::Receiver<Option<crate::queue::Queue>>,
) -> Engine {
    let facts = Facts {
        started: settings.clock.now(),
        data_dir: settings.data_dir.clone(),
        host: settings.host.clone(),
        stays: settings.linger.is_none(),
        demo: settings.demo,
        encryption: settings.store.describe_encryption(),
        changes: settings.changes.clone(),
    };
    let status = status::assemble(&facts, store, &Line::Starting, None, 0, facts.started);
    Engine {
        store: store.clone(),
        clock: settings.clock.clone(),
        way,
        status: watch::Sender::new(Arc::new(status)),
        notices: broadcast::Sender::new(64),
        ending,
        clients: watch::Sender::new(0),
        facts,
        changes,
        read_ahead: AtomicBool::default(),
    }
}

fn card() -> Card {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Card {
        pid: std::process::id(),
        version,
        protocol: PROTOCOL,
        socket: PathBuf::new(),
        lock: None,
    }
}

async fn told_to_end(mut ending: watch::Receiver<bool>) {
    server::ended(&mut ending).await;
    // The answer to whoever asked goes out before the sockets are closed.
    tokio::task::yield_now().await;
}

/// Resolves once nobody has needed the agent for `linger`; never when it stays.
async fn not_needed(engine: &Engine, linger: Option<Duration>) {
    let Some(span) = linger else {
        return std::future::pending().await;
    };
    let mut lingering = Linger::default();
    let mut clients = engine.clients.subscribe();
    let mut status = engine.status.subscribe();
    loop {
        let now = engine.clock.steady();
        lingering.observe(now, *clients.borrow_and_update(), engine.is_busy());
        status.mark_unchanged();
        let end = lingering.ends_at(span);
        if end.is_some_and(|end| end <= now) {
            return;
        }
        tokio::select! {
            _ = clients.changed() => {}
            _ = status.changed() => {}
            () = async {
                match end {
                    Some(end) => engine.clock.sleep(until(now, end)).await,
                    None => std::future::pending().await,
                }
            } => {}
        }
    }
}

fn until(now: SignedDuration, end: SignedDuration) -> Duration {
    Duration::try_from(end.saturating_sub(now)).unwrap_or_default()
}

/// The trouble that keeps Okta out of reach, for whoever asks about it.
pub fn trouble(connection: &Connection) -> Option<&Problem> {
    match connection {
        Connection::Trouble { problem, .. } => Some(problem),
        Connection::Starting | Connection::Online { .. } => None,
    }
}
