//! Writes to the terminal on a thread of its own, so that a terminal that takes no bytes (a slow link, Ctrl-S) cannot stop the loop.
//!
//! One piece at a time: while one is being written no other is accepted, so pictures are skipped, not queued. The thread ends when
//! the [`Writer`] is dropped and its last piece is written; a piece that can never be written does not hold up the process's end.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// How long a panic waits for a piece that is being written.
const SHUT_LIMIT: Duration = Duration::from_millis(500);

/// Whether a piece is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    Busy,
    /// The terminal is gone.
    Failed,
}

/// What every piece passes on its way to the terminal. A panic shuts it, so that no picture comes after the terminal was given back.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<GateState>,
    passed: Condvar,
}

#[derive(Clone, Copy, Debug)]
struct GateState {
    is_shut: bool,
    is_passing: bool,
}

impl Gate {
    pub(super) const fn new() -> Self {
        Self {
            state: Mutex::new(GateState {
                is_shut: false,
                is_passing: false,
            }),
            passed: Condvar::new(),
        }
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets pieces pass.
    pub(super) fn open(&self) {
        self.state().is_shut = false;
    }

    /// Lets no piece pass any more, and waits for the one that is passing; but not long, as the terminal may take no bytes.
    pub(super) fn shut(&self) {
        let mut state = self.state();
        state.is_shut = true;
        let passing = |state: &mut GateState| state.is_passing;
        // Whether it has passed or not, the terminal is given back now.
        drop(self.passed.wait_timeout_while(state, SHUT_LIMIT, passing));
    }

    fn pass(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state();
        if state.is_shut {
            return Ok(());
        }
        state.is_passing = true;
        drop(state);
        let written = write();
        self.state().is_passing = false;
        self.passed.notify_all();
        written
    }
}

/// The way to the terminal.
#[derive(Debug)]
pub(super) struct Writer {
    pieces: mpsc::Sender<Vec<u8>>,
    state: watch::Sender<State>,
}

impl Writer {
    /// A writer to standard output.
    ///
    /// # Errors
    /// When standard output is closed or no thread can be made.
    pub(super) fn to_stdout(gate: &'static Gate) -> io::Result<Self> {
        let terminal = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let (pieces, waiting) = mpsc::channel();
        let state = watch::Sender::new(State::Idle);
        let report = state.clone();
        thread::Builder::new()
            .name("terminal".into())
            .spawn(move || write_all(terminal, gate, &waiting, &report))?;
        Ok(Self { pieces, state })
    }

    /// How it stands.
    pub(super) fn state(&self) -> State {
        *self.state.borrow()
    }

    /// Writes `bytes`, after whatever is being written.
    pub(super) fn write(&self, bytes: Vec<u8>) {
        if self.state() == State::Failed {
            return;
        }
        self.state.send_replace(State::Busy);
        if self.pieces.send(bytes).is_err() {
            self.state.send_replace(State::Failed);
        }
    }

    /// Waits until nothing is being written any more, or never will be; at the most for `limit`.
    pub(super) async fn settled(&self, limit: Duration) {
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| *state != State::Busy);
        // Either way the caller goes on: a terminal that takes nothing must not hold up the end.
        let _ = tokio::time::timeout(limit, settled).await;
    }

    /// A way to wait for changes of the state.
    pub(super) fn watch(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }
}

fn write_all(
    mut terminal: File,
    gate: &Gate,
    pieces: &mpsc::Receiver<Vec<u8>>,
    state: &watch::Sender<State>,
) {
    let mut next = pieces.recv().ok();
    while let Some(piece) = next.take() {
        if gate.pass(|| terminal.write_all(&piece)).is_err() {
            state.send_replace(State::Failed);
            return;
        }
        next = pieces.try_recv().ok();
        if next.is_none() {
            state.send_replace(State::Idle);
            next = pieces.recv().ok();
        }
    }
}
