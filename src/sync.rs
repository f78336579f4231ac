//! The sync: reads the org into the store, completely, politely and resumably, and keeps it fresh.
//!
//! One task, the supervisor, decides what is read next ([`schedule`]); readings run as tasks of their own: whole lists (`sweep`),
//! lists below groups and apps (`lists`), lists of everything else (`entries`), everybody's factors (`everyone`), what changed lately (`delta`),
//! the log (`log_tail`), its history (`backfill`) and its hours once more (`recount`), and single objects that log events hint at ([`hint`],
//! `settle`). What changed while nobody watched ([`watched`]) is dated by the log (`dating`, [`cause`]). Invariant: only a complete reading
//! removes anything, and an object is archived only when its id answers 404 ([`archive`]).

pub mod archive;
mod backfill;
pub mod board;
pub mod cause;
mod context;
mod dating;
mod delta;
mod entries;
pub mod estimate;
mod everyone;
pub mod exclude;
pub mod floor;
mod gathered;
pub mod hint;
mod lists;
mod log_tail;
mod lost_days;
mod recount;
pub mod schedule;
mod settle;
mod supervisor;
mod sweep;
pub mod watched;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::config::sync_settings::SyncSettings;
use crate::okta::Reader;
use crate::store::Store;

use board::{Board, Standings};
use supervisor::Supervisor;

pub use log_tail::read_so_far;
pub use recount::recounted;
pub use supervisor::{Order, Trouble};

/// A running sync.
#[derive(Debug)]
pub struct Sync {
    handle: Handle,
    task: JoinHandle<()>,
}

/// A way to give a running sync orders and to see how it stands. The sync works until the last handle is gone or [`Sync::end`] is
/// called.
#[derive(Clone, Debug)]
pub struct Handle {
    orders: mpsc::UnboundedSender<Order>,
    standings: watch::Receiver<Standings>,
}

impl Sync {
    /// Starts to mirror the org that `reader` reads into `store`.
    pub fn start(reader: &Reader, store: Store, settings: SyncSettings, clock: Clock) -> Self {
        let (orders, receiver) = mpsc::unbounded_channel();
        let board = Board::default();
        let standings = board.subscribe();
        let supervisor = Supervisor::new(reader, store, settings, clock, board, receiver);
        Self {
            handle: Handle { orders, standings },
            task: tokio::spawn(supervisor.run()),
        }
    }

    /// A handle to it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Ends it and waits until nothing of it touches the store any more, whoever still has a handle.
    pub async fn end(self) {
        self.handle.order(Order::End);
        // It only fails when the task panicked, which is told where panics are told.
        let _ = self.task.await;
    }
}

impl Handle {
    /// How it stands, now and at every change.
    pub fn standings(&self) -> watch::Receiver<Standings> {
        self.standings.clone()
    }

    /// Gives it an order. An order to a sync that has ended is dropped, and with it the reply that somebody waits for.
    pub fn order(&self, order: Order) {
        let _ = self.orders.send(order);
    }
}
