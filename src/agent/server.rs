//! The agent's side of the socket: who may connect, what they may say, and what they are told unasked.
//!
//! Each connection has one task that reads, one that writes, and one more per question under way, so that a slow question does
//! not hold up a fast one. News are taken from `watch` channels: a client that reads slowly skips what is outdated and costs no
//! memory.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::AsyncWriteExt as _;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, broadcast, mpsc, watch};
use tokio::task::JoinSet;

use crate::domain::query::Revisions;
use crate::msg::frame::FrameError;
use crate::msg::status::{Notice, Status};
use crate::msg::{Answer, Ask, FromAgent, PROTOCOL, Problem, ProblemKind, Push, Request};

use super::stream::{self, StreamError};

/// Questions of one client that may be under way at once; the next one is read when one of them is answered.
const MAX_QUESTIONS: usize = 32;
/// Messages waiting to be written to one client.
const OUTBOX: usize = 64;

/// What answers the clients.
pub(super) trait Handler: Send + Sync + 'static {
    /// Answers one question.
    fn answer(&self, ask: Ask) -> impl Future<Output = Result<Answer, Problem>> + Send;

    /// A fresh set of news to follow.
    fn news(&self) -> News;

    /// Ends the agent, after the answer to whoever asked for it is on its way.
    fn stop(&self);

    /// How many clients are connected now; told at every change.
    fn clients(&self, connected: u32);
}

/// What subscribed clients are told.
#[derive(Debug)]
pub(super) struct News {
    /// Counters of the store.
    pub(super) revisions: watch::Receiver<Revisions>,
    /// How everything stands.
    pub(super) status: watch::Receiver<Arc<Status>>,
    /// Lines for the operator.
    pub(super) notices: broadcast::Receiver<Notice>,
    /// Turns true when the agent is ending.
    pub(super) ending: watch::Receiver<bool>,
}

/// Serves clients until `ending` turns true; then tells them and waits until they are told.
pub(super) async fn serve<H: Handler>(
    listener: UnixListener,
    handler: Arc<H>,
    mut ending: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        handler.clients(u32::try_from(connections.len()).unwrap_or(u32::MAX));
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) if is_ours(&socket) => {
                    connections.spawn(converse(socket, Arc::clone(&handler)));
                }
                Ok(_) => tracing::warn!("a process of another user tried to connect and was turned away"),
                Err(error) => {
                    // Out of file handles, say: wait for a client to leave or for a breath rather than spin.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            () = ended(&mut ending) => break,
        }
    }
    drop(listener);
    let farewell = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(1), farewell).await;
}

fn is_ours(socket: &UnixStream) -> bool {
    socket
        .peer_cred()
        .is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw())
}

async fn converse<H: Handler>(socket: UnixStream, handler: Arc<H>) {
    let (mut from, mut to) = socket.into_split();
    let greeted = async {
        stream::write_hello(&mut to).await?;
        stream::read_hello(&mut from).await
    };
    match greeted.await {
        Ok(hello) if hello.protocol == PROTOCOL => {}
        Ok(hello) => {
            return tracing::info!(hello.version, "a client of another version was turned away");
        }
        Err(error) => return tracing::debug!(%error, "a client left before it had said hello"),
    }
    let (outbox, letters) = mpsc::channel(OUTBOX);
    let mut tasks = JoinSet::new();
    tasks.spawn(write_letters(to, letters));
    let ending = handler.news().ending;
    tasks.spawn(tell_the_end(ending, outbox.clone()));
    tasks.spawn(async move {
        if let Err(error) = hear(from, &handler, outbox).await {
            tracing::debug!(%error, "a conversation ended");
        }
    });
    // Whichever side is done first ends the conversation; the others are dropped with the set.
    tasks.join_next().await;
}

async fn write_letters(mut to: OwnedWriteHalf, mut letters: mpsc::Receiver<FromAgent>) {
    while let Some(letter) = letters.recv().await {
        let last = matches!(letter, FromAgent::Push(Push::Ending));
        let written = match stream::write(&mut to, &letter).await {
            Err(StreamError::Frame(error)) => {
                stream::write(&mut to, &too_long(&letter, &error)).await
            }
            other => other,
        };
        if written.is_err() || last {
            break;
        }
    }
    let _ = to.shutdown().await;
}

/// What is said instead of an answer that does not fit into a frame.
fn too_long(letter: &FromAgent, error: &FrameError) -> FromAgent {
    let FromAgent::Reply { ticket, .. } = letter else {
        return FromAgent::Push(Push::Ending);
    };
    let problem = Problem {
        kind: ProblemKind::Usage,
        summary: error.to_string(),
        hint: Some("ask for a smaller window".into()),
        column: None,
    };
    FromAgent::Reply {
        ticket: *ticket,
        answer: Err(problem),
    }
}

/// Waits until the agent is ending.
pub(super) async fn ended(ending: &mut watch::Receiver<bool>) {
    // It only fails when the agent is gone, which is an end too.
    let _ = ending.wait_for(|ending| *ending).await;
}

async fn tell_the_end(mut ending: watch::Receiver<bool>, outbox: mpsc::Sender<FromAgent>) {
    ended(&mut ending).await;
    let _ = outbox.send(FromAgent::Push(Push::Ending)).await;
    // Stay until the letter is written: the writer ends the conversation.
    outbox.closed().await;
}

async fn hear<H: Handler>(
    mut from: OwnedReadHalf,
    handler: &Arc<H>,
    outbox: mpsc::Sender<FromAgent>,
) -> Result<(), StreamError> {
    let permits = Arc::new(Semaphore::new(MAX_QUESTIONS));
    let subscribed = AtomicBool::new(false);
    let mut questions = JoinSet::new();
    loop {
        let Request { ticket, ask } = stream::read(&mut from).await?;
        while questions.try_join_next().is_some() {}
        if ask == Ask::Subscribe {
            if !subscribed.swap(true, Ordering::Relaxed) {
                questions.spawn(tell_news(handler.news(), outbox.clone()));
            }
            let answer = Ok(Answer::Done("subscribed".into()));
            let _ = outbox.send(FromAgent::Reply { ticket, answer }).await;
            continue;
        }
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return Ok(());
        };
        let (handler, outbox) = (Arc::clone(handler), outbox.clone());
        questions.spawn(async move {
            let stops = ask == Ask::Stop;
            let answer = handler.answer(ask).await;
            let _ = outbox.send(FromAgent::Reply { ticket, answer }).await;
            if stops {
                // Only now, so that the answer is written before the farewell.
                handler.stop();
            }
            drop(permit);
        });
    }
}

async fn tell_news(mut news: News, outbox: mpsc::Sender<FromAgent>) {
    news.status.mark_changed();
    loop {
        let push = tokio::select! {
            Ok(()) = news.status.changed() => {
                let status = news.status.borrow_and_update().as_ref().clone();
                Push::Status(Box::new(status))
            }
            Ok(()) = news.revisions.changed() => Push::Committed(*news.revisions.borrow_and_update()),
            notice = news.notices.recv() => match notice {
                Ok(notice) => Push::Notice(notice),
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return,
            },
            else => return,
        };
        if outbox.send(FromAgent::Push(push)).await.is_err() {
            return;
        }
    }
}
