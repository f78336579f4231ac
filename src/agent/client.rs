//! The clients' side of the socket: finding the agent of a data directory, starting it when there is none, and asking it.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::msg::{Answer, Ask, FromAgent, Hello, PROTOCOL, Problem, ProblemKind, Push, Request};

use super::place;
use super::stream::{self, StreamError};

/// The exit code of an agent that found another one on its data directory.
pub const EXIT_TAKEN: u8 = 75;
/// The line an agent prints when it listens.
pub const READY_LINE: &str = "oktop agent ready";

/// How long a starting agent may take to open its stores and listen.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How long a greeting may take.
const GREETING_LIMIT: Duration = Duration::from_secs(5);

/// A conversation with the agent.
#[derive(Debug)]
pub struct Client {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    agent: Hello,
    next_ticket: u64,
    pushes: VecDeque<Push>,
}

/// Both directions of a conversation as channels, for a loop that does many things at once.
#[derive(Debug)]
pub struct Channels {
    /// Questions go in here.
    pub to_agent: mpsc::Sender<Request>,
    /// What the agent says comes out here; it ends when the conversation does.
    pub from_agent: mpsc::Receiver<FromAgent>,
}

impl Client {
    /// Connects to the agent of `data_dir`; `None` when none is running there.
    ///
    /// # Errors
    /// When an agent runs there but is of another version, or does not answer.
    pub async fn connect(data_dir: &Path) -> Result<Option<Self>, Problem> {
        let Some(card) = place::read_card(data_dir) else {
            return Ok(None);
        };
        let Ok(socket) = UnixStream::connect(&card.socket).await else {
            return Ok(None);
        };
        match timeout(GREETING_LIMIT, greet(socket)).await {
            Ok(Ok(client)) => client.same_version(data_dir).map(Some),
            // One that is just ending, or was killed a moment ago: its socket still takes connections and drops them.
            Ok(Err(StreamError::Closed | StreamError::Io(_))) => Ok(None),
            Ok(Err(error)) => Err(broken(&error)),
            Err(_) => Err(deaf(card.pid)),
        }
    }

    /// Connects to the agent of `data_dir`, after starting one with `command` (a program and its arguments) when none is
    /// running.
    ///
    /// # Errors
    /// When the agent cannot be started (with its own words), is of another version, or does not answer.
    pub async fn connect_or_start(data_dir: &Path, command: &[OsString]) -> Result<Self, Problem> {
        let deadline = Instant::now() + START_LIMIT;
        if let Some(client) = Self::connect(data_dir).await? {
            return Ok(client);
        }
        while Instant::now() < deadline {
            let outcome = start(command).await?;
            if let Some(client) = Self::connect(data_dir).await? {
                return Ok(client);
            }
            // Whoever holds the directory may be coming up, and is connected to soon, or going down, and then a new one is needed.
            if outcome == Started::Taken {
                sleep(Duration::from_millis(100)).await;
            }
        }
        let summary = format!(
            "the agent for {} was started but does not listen",
            data_dir.display()
        );
        Err(problem(
            summary,
            "look at its log (`oktop info` says where) and try again",
        ))
    }

    fn same_version(self, data_dir: &Path) -> Result<Self, Problem> {
        if self.agent.protocol == PROTOCOL {
            return Ok(self);
        }
        let (theirs, ours) = (&self.agent.version, env!("CARGO_PKG_VERSION"));
        let summary = format!(
            "the agent on {} is oktop {theirs} (protocol {}), this is oktop {ours} (protocol {PROTOCOL})",
            data_dir.display(),
            self.agent.protocol
        );
        let hint = "run `oktop agent stop` with this oktop; the next command starts a new agent and nothing is lost";
        Err(Problem {
            kind: ProblemKind::Refused,
            ..problem(summary, hint)
        })
    }

    /// Who is at the other end.
    pub fn agent(&self) -> &Hello {
        &self.agent
    }

    /// Asks, and waits for the answer. News that come meanwhile are kept for [`Client::next_push`].
    ///
    /// # Errors
    /// What the agent says it is, or that the conversation broke.
    pub async fn ask(&mut self, ask: Ask) -> Result<Answer, Problem> {
        let ticket = self.send(ask).await?;
        loop {
            match stream::read(&mut self.from)
                .await
                .map_err(|error| broken(&error))?
            {
                FromAgent::Reply {
                    ticket: answered,
                    answer,
                } if answered == ticket => return answer,
                FromAgent::Reply { .. } => {}
                FromAgent::Push(push) => self.pushes.push_back(push),
            }
        }
    }

    /// Asks, and calls `heed` with each of the news that come before the answer.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn ask_heeding(
        &mut self,
        ask: Ask,
        mut heed: impl FnMut(Push),
    ) -> Result<Answer, Problem> {
        let ticket = self.send(ask).await?;
        loop {
            match stream::read(&mut self.from)
                .await
                .map_err(|error| broken(&error))?
            {
                FromAgent::Reply {
                    ticket: answered,
                    answer,
                } if answered == ticket => return answer,
                FromAgent::Reply { .. } => {}
                FromAgent::Push(push) => heed(push),
            }
        }
    }

    /// Waits for the next of the news; [`Ask::Subscribe`] must have been asked.
    ///
    /// # Errors
    /// When the conversation broke.
    pub async fn next_push(&mut self) -> Result<Push, Problem> {
        if let Some(push) = self.pushes.pop_front() {
            return Ok(push);
        }
        loop {
            if let FromAgent::Push(push) = stream::read(&mut self.from)
                .await
                .map_err(|error| broken(&error))?
            {
                return Ok(push);
            }
        }
    }

    async fn send(&mut self, ask: Ask) -> Result<u64, Problem> {
        self.next_ticket += 1;
        let request = Request {
            ticket: self.next_ticket,
            ask,
        };
        stream::write(&mut self.to, &request)
            .await
            .map_err(|error| broken(&error))?;
        Ok(request.ticket)
    }

    /// Puts something in among the news, as if the agent had told it.
    pub fn put_in(&mut self, push: Push) {
        self.pushes.push_back(push);
    }

    /// Turns the conversation into two channels, carried by two tasks that end with it. News that have come already go first.
    pub fn into_channels(self) -> Channels {
        let (to_agent, mut requests) = mpsc::channel::<Request>(64);
        let (news, from_agent) = mpsc::channel(1024);
        let (mut from, mut to) = (self.from, self.to);
        tokio::spawn(async move {
            while let Some(request) = requests.recv().await {
                if stream::write(&mut to, &request).await.is_err() {
                    break;
                }
            }
        });
        let first = self.pushes;
        tokio::spawn(async move {
            for push in first {
                if news.send(FromAgent::Push(push)).await.is_err() {
                    return;
                }
            }
            while let Ok(message) = stream::read(&mut from).await {
                if news.send(message).await.is_err() {
                    break;
                }
            }
        });
        Channels {
            to_agent,
            from_agent,
        }
    }
}

async fn greet(socket: UnixStream) -> Result<Client, StreamError> {
    let (mut from, mut to) = socket.into_split();
    stream::write_hello(&mut to).await?;
    let agent = stream::read_hello(&mut from).await?;
    Ok(Client {
        from,
        to,
        agent,
        next_ticket: 0,
        pushes: VecDeque::new(),
    })
}

/// How an attempt to start an agent went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Started {
    /// It listens.
    Ready,
    /// Another one holds the directory.
    Taken,
}

/// Starts an agent and waits until it listens, or until it says that another one holds the directory.
async fn start(command: &[OsString]) -> Result<Started, Problem> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(problem(
            "no agent is running".into(),
            "start one with `oktop agent`",
        ));
    };
    let mut starting = Command::new(program);
    starting
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = starting.spawn().map_err(|error| {
        let program = PathBuf::from(program);
        problem(
            format!("{} cannot be started: {error}", program.display()),
            "is it still there?",
        )
    })?;
    match timeout(START_LIMIT, ready(&mut child)).await {
        Ok(true) => Ok(Started::Ready),
        Ok(false) => ended(child).await,
        Err(_) => Err(problem(
            format!(
                "the agent did not come up within {} s",
                START_LIMIT.as_secs()
            ),
            "look at its log (`oktop info` says where)",
        )),
    }
}

async fn ready(child: &mut Child) -> bool {
    let Some(stdout) = child.stdout.take() else {
        return false;
    };
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line == READY_LINE {
            return true;
        }
    }
    false
}

async fn ended(mut child: Child) -> Result<Started, Problem> {
    let mut words = String::new();
    if let Some(stderr) = child.stderr.take() {
        // What can be read is told; what cannot does not matter more than the end itself.
        let _ = stderr.take(16 * 1024).read_to_string(&mut words).await;
    }
    let status = child.wait().await.ok();
    if status.and_then(|status| status.code()) == Some(i32::from(EXIT_TAKEN)) {
        return Ok(Started::Taken);
    }
    let kind = status
        .and_then(|status| status.code())
        .map_or(ProblemKind::Internal, kind_of_exit);
    Err(Problem {
        kind,
        ..told(words.trim())
    })
}

/// The problem that a command of ours told on its standard error: `error: …`, then ` hint: …`.
fn told(words: &str) -> Problem {
    let (summary, hint) = match words.split_once("\n hint: ") {
        Some((summary, hint)) => (summary, Some(hint.to_owned())),
        None => (words, None),
    };
    let (summary, hint) = match summary.strip_prefix("error: ").unwrap_or(summary) {
        // Killed, most likely: it said nothing.
        "" => (
            "the agent ended while it was starting",
            Some("try again; should it go on, look at its log (`oktop info` says where)".into()),
        ),
        summary => (summary, hint),
    };
    Problem {
        kind: ProblemKind::Internal,
        summary: summary.to_owned(),
        hint,
        column: None,
    }
}

/// The kind of problem that an exit code of ours stands for.
fn kind_of_exit(code: i32) -> ProblemKind {
    match code {
        2 => ProblemKind::Usage,
        4 => ProblemKind::Auth,
        6 => ProblemKind::Network,
        8 => ProblemKind::Refused,
        _ => ProblemKind::Internal,
    }
}

fn problem(summary: String, hint: &str) -> Problem {
    Problem {
        kind: ProblemKind::Internal,
        summary,
        hint: Some(hint.to_owned()),
        column: None,
    }
}

fn broken(error: &StreamError) -> Problem {
    problem(
        format!("the conversation with the agent broke: {error}"),
        "try again; the agent is started anew if it ended",
    )
}

fn deaf(pid: u32) -> Problem {
    problem(
        format!("the agent (process {pid}) accepts connections but does not answer"),
        "end it with `oktop agent stop` or kill it, and try again: nothing is lost",
    )
}
