//! The line to the agent, as the console sees it: a channel each way.

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::agent::client::Channels;
use crate::msg::{FromAgent, Problem, Request};

/// How many requests may wait to be sent, and messages to be taken in.
pub const CAPACITY: usize = 256;

/// A connection to the agent. It is over when `incoming` ends.
#[derive(Debug)]
pub struct Link {
    /// What is asked.
    pub requests: mpsc::Sender<Request>,
    /// What the agent says.
    pub incoming: mpsc::Receiver<FromAgent>,
}

/// The other end of a [`Link`]: what a client task (or a test) holds.
#[derive(Debug)]
pub struct FarEnd {
    /// What is asked.
    pub requests: mpsc::Receiver<Request>,
    /// What the agent says.
    pub outgoing: mpsc::Sender<FromAgent>,
}

impl Link {
    /// A link and its other end.
    pub fn pair() -> (Self, FarEnd) {
        let (requests, asked) = mpsc::channel(CAPACITY);
        let (outgoing, incoming) = mpsc::channel(CAPACITY);
        let near = Self { requests, incoming };
        let far = FarEnd {
            requests: asked,
            outgoing,
        };
        (near, far)
    }
}

impl From<Channels> for Link {
    fn from(channels: Channels) -> Self {
        Self {
            requests: channels.to_agent,
            incoming: channels.from_agent,
        }
    }
}

/// Makes connections to the agent, and starts the agent if that is how it is done.
#[async_trait]
pub trait Connect: Send + Sync {
    /// Connects. Unless `may_start`, only to an agent that runs: one that was ended on purpose is not started again behind the
    /// operator's back.
    ///
    /// # Errors
    /// A [`Problem`] of kind [`Network`](crate::msg::ProblemKind::Network) when trying again may help; of any other kind when it will
    /// not, such as an agent of another version. The console ends with such a problem if it has never been connected.
    async fn connect(&self, may_start: bool) -> Result<Link, Problem>;
}
