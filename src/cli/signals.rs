//! The signals that ask a long-running command to end.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask a process to end, from the moment of [`Ending::listen`] on: until then they end it on the spot.
pub struct Ending([Option<Signal>; 3]);

impl Ending {
    /// Begins to listen. A signal that cannot be listened for is left to the system.
    pub fn listen() -> Self {
        let kinds = [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ];
        Self(kinds.map(|kind| signal(kind).ok()))
    }

    /// Resolves at the next of them.
    pub async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            () = received(interrupt) => {}
            () = received(terminate) => {}
            () = received(hangup) => {}
        }
    }
}

/// Resolves at the first SIGINT, SIGTERM or SIGHUP.
pub async fn end() {
    Ending::listen().next().await;
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}
