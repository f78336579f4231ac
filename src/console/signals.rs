//! What ends, stops and resumes the console from outside: signals, and a terminal that is closed without one.

use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use rustix::process::{Signal, kill_current_process_group};
use tokio::io::unix::AsyncFd;
use tokio::io::{Interest, Ready};
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

/// After which time a console that asked to be stopped finds that nobody stopped it.
const NOT_STOPPED_AFTER: Duration = Duration::from_millis(200);

/// What came from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    /// The console must end.
    End,
    /// The console goes on after a stop; the terminal may have been used by others.
    Resumed,
}

/// Listens to the outside.
#[derive(Debug)]
pub(super) struct Signals {
    term: Stream,
    hangup: Stream,
    interrupt: Stream,
    resume: Stream,
    terminal: Option<AsyncFd<OwnedFd>>,
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub(super) fn listen() -> io::Result<Self> {
        let input = io::stdin().as_fd().try_clone_to_owned()?;
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            resume: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
            terminal: watched(input),
        })
    }

    /// Waits for the next word from outside.
    pub(super) async fn next(&mut self) -> Outside {
        tokio::select! {
            _ = self.term.recv() => Outside::End,
            _ = self.hangup.recv() => Outside::End,
            _ = self.interrupt.recv() => Outside::End,
            () = closed(self.terminal.as_ref()) => Outside::End,
            _ = self.resume.recv() => Outside::Resumed,
        }
    }

    /// Stops this process and the others of its job, as Ctrl-Z does, and returns when they are resumed.
    ///
    /// Where no shell could resume the job, the system ignores the request and this returns soon.
    pub(super) async fn stop(&mut self) {
        if kill_current_process_group(Signal::TSTP).is_ok() {
            // Stopped here. The signal may take effect a little later than the call returns.
            let _ = tokio::time::timeout(NOT_STOPPED_AFTER, self.resume.recv()).await;
        }
    }
}

/// The descriptor as something to wait for; `None` for kinds that the system cannot watch, of which only the signals tell.
#[expect(
    deprecated,
    reason = "nobody else can close an owned descriptor, and the constructor that replaces this one is unsafe"
)]
fn watched(input: OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(input, Interest::READABLE).ok()
}

/// Waits until the terminal's other end is closed; for ever when that cannot be known.
async fn closed(terminal: Option<&AsyncFd<OwnedFd>>) {
    let Some(terminal) = terminal else {
        return std::future::pending().await;
    };
    loop {
        let Ok(mut guard) = terminal.readable().await else {
            return std::future::pending().await;
        };
        if guard.ready().is_read_closed() {
            return;
        }
        // Keys: they are read elsewhere.
        guard.clear_ready_matching(Ready::READABLE);
    }
}
