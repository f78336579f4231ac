//! The line to the agent: made, lost and made again; what comes over it comes as events.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::task::JoinHandle;

use super::link::{Connect, Link};
use crate::msg::{FromAgent, Problem, ProblemKind, Push, Request};
use crate::ui::event::Event;

/// How long to wait before connecting again, the first time and at the most.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// The line to the agent. When it breaks, another is made, for as long as this is asked for what comes next.
pub(super) struct Connection {
    connect: Arc<dyn Connect>,
    link: Option<Link>,
    attempt: Option<JoinHandle<Result<Link, Problem>>>,
    /// How long the next attempt to connect will wait.
    retry_after: Duration,
    was_connected: bool,
    /// Whether the agent said that it was ending: then it is not for the console to start another.
    was_ended: bool,
}

/// What came first.
enum Heard {
    Message(Option<FromAgent>),
    Attempt(Result<Link, Problem>),
}

impl Connection {
    /// Begins to connect.
    pub(super) fn begin(connect: Arc<dyn Connect>) -> Self {
        let mut connection = Self {
            connect,
            link: None,
            attempt: None,
            retry_after: RETRY_AFTER.0,
            was_connected: false,
            was_ended: false,
        };
        connection.attempt_after(Duration::ZERO);
        connection
    }

    /// What happens next. Giving this up loses nothing.
    ///
    /// # Errors
    /// When the agent was never reached and trying again cannot help.
    pub(super) async fn next(&mut self) -> Result<Event, Problem> {
        let heard = tokio::select! {
            message = receive(self.link.as_mut()) => Heard::Message(message),
            outcome = outcome(self.attempt.as_mut()) => Heard::Attempt(outcome),
        };
        match heard {
            Heard::Message(Some(message)) => Ok(self.told(message)),
            Heard::Message(None) => Ok(self.lost()),
            Heard::Attempt(outcome) => self.attempted(outcome),
        }
    }

    /// What has happened already.
    pub(super) fn at_hand(&mut self) -> Option<Event> {
        let message = self.link.as_mut()?.incoming.try_recv().ok()?;
        Some(self.told(message))
    }

    /// Asks the agent; when it cannot be asked, gives the answer that says so.
    pub(super) fn ask(&self, request: Request) -> Option<Event> {
        let ticket = request.ticket;
        let summary = match &self.link {
            None => "The agent cannot be asked now.",
            Some(link) => match link.requests.try_send(request) {
                Ok(()) => return None,
                Err(TrySendError::Full(_)) => "The agent is too busy to be asked more.",
                Err(TrySendError::Closed(_)) => "The agent cannot be asked now.",
            },
        };
        let answer = Err(network(summary));
        Some(Event::Reply { ticket, answer })
    }

    fn told(&mut self, message: FromAgent) -> Event {
        self.was_ended |= message == FromAgent::Push(Push::Ending);
        match message {
            FromAgent::Reply { ticket, answer } => Event::Reply { ticket, answer },
            FromAgent::Push(push) => Event::Push(push),
        }
    }

    /// The link ended: the agent is tried again.
    fn lost(&mut self) -> Event {
        self.link = None;
        self.attempt_after(RETRY_AFTER.0);
        Event::Disconnected(network("The connection to the agent is lost."))
    }

    fn attempt_after(&mut self, after: Duration) {
        let connect = Arc::clone(&self.connect);
        let may_start = !self.was_ended;
        self.attempt = Some(tokio::spawn(async move {
            tokio::time::sleep(after).await;
            connect.connect(may_start).await
        }));
    }

    fn attempted(&mut self, outcome: Result<Link, Problem>) -> Result<Event, Problem> {
        self.attempt = None;
        match outcome {
            Ok(link) => {
                self.link = Some(link);
                self.was_connected = true;
                self.was_ended = false;
                self.retry_after = RETRY_AFTER.0;
                Ok(Event::Connected)
            }
            Err(problem) if !self.was_connected && problem.kind != ProblemKind::Network => {
                Err(problem)
            }
            Err(problem) => {
                self.attempt_after(self.retry_after);
                self.retry_after = (self.retry_after * 2).min(RETRY_AFTER.1);
                Ok(Event::Disconnected(problem))
            }
        }
    }
}

fn network(summary: &str) -> Problem {
    Problem {
        kind: ProblemKind::Network,
        summary: summary.to_owned(),
        hint: None,
        column: None,
    }
}

/// The next message; for ever when there is no link.
async fn receive(link: Option<&mut Link>) -> Option<FromAgent> {
    match link {
        Some(link) => link.incoming.recv().await,
        None => std::future::pending().await,
    }
}

/// How the attempt to connect ended; for ever when there is none.
async fn outcome(
    connecting: Option<&mut JoinHandle<Result<Link, Problem>>>,
) -> Result<Link, Problem> {
    match connecting {
        Some(attempt) => match attempt.await {
            Ok(outcome) => outcome,
            Err(_) => Err(network(
                "The attempt to reach the agent failed inside the console.",
            )),
        },
        None => std::future::pending().await,
    }
}
