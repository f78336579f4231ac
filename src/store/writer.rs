//! The thread that owns the writing of one store.
//!
//! redb has one write transaction at a time, and a durable commit costs 4 ms whether it holds one change or a hundred. So jobs
//! queue here, the thread takes all that are waiting, and one commit serves them all. It ends when its sender is gone: after
//! the jobs already queued, so nothing that was accepted is lost.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

use super::error::Error;

/// Jobs that may wait; whoever brings more is held up, which is what slows a sync down to what the disk can take.
const QUEUE: usize = 64;
/// Jobs in one transaction.
const MAX_BATCH: usize = 64;

/// The sending side of a writer thread. Dropping it waits for the thread to finish what is queued.
pub(super) struct Writer<J> {
    sender: Mutex<Option<mpsc::Sender<J>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<J: Send + 'static> Writer<J> {
    /// Starts the thread; `work` gets every batch of jobs, in the order in which they were sent.
    pub(super) fn start(
        name: &str,
        mut work: impl FnMut(Vec<J>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, mut jobs) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                while let Some(first) = jobs.blocking_recv() {
                    let mut batch = vec![first];
                    while batch.len() < MAX_BATCH
                        && let Ok(job) = jobs.try_recv()
                    {
                        batch.push(job);
                    }
                    work(batch);
                }
            })?;
        Ok(Self {
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Queues a job; waits while the queue is full.
    pub(super) async fn send(&self, job: J) -> Result<(), Error> {
        let sender = locked(&self.sender).clone();
        let sender = sender.ok_or(Error::Closed)?;
        sender.send(job).await.map_err(|_| Error::Closed)
    }
}

impl<J> Writer<J> {
    /// Takes no more jobs, and waits until those queued are done.
    pub(super) fn stop(&self) {
        drop(locked(&self.sender).take());
        let thread = locked(&self.thread).take();
        // A thread that panicked has failed its callers already.
        let _ = thread.map(JoinHandle::join);
    }
}

impl<J> Drop for Writer<J> {
    fn drop(&mut self) {
        self.stop();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
