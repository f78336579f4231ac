//! The thread that owns the writing of one store.
//!
//! redb has one write transaction at a time, and a durable commit costs 4 ms whether it holds one change or a hundred. So jobs
//! queue here, the thread takes all that are waiting, and one commit serves them all. It ends when its sender is gone: after
//! the jobs already queued, so nothing that was accepted is lost.
//!
//! Should the work panic, what it left in memory cannot be trusted: the thread tells so and ends, and everybody who waits or comes
//! later is told why. What was acknowledged is durable all the same.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::mpsc;

use super::error::Error;
use super::file::words;

/// Jobs that may wait; whoever brings more is held up, which is what slows a sync down to what the disk can take.
const QUEUE: usize = 64;
/// Jobs in one transaction.
const MAX_BATCH: usize = 64;

/// The sending side of a writer thread. Dropping it waits for the thread to finish what is queued.
pub(super) struct Writer<J> {
    sender: Mutex<Option<mpsc::Sender<J>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Why it ended before its time.
    end: Arc<OnceLock<Error>>,
}

impl<J: Send + 'static> Writer<J> {
    /// Starts the thread; `work` gets every batch of jobs, in the order in which they were sent. Should it panic, `alarm` hears the name
    /// and the error.
    pub(super) fn start(
        name: &str,
        alarm: impl FnOnce(&str, &Error) + Send + 'static,
        mut work: impl FnMut(Vec<J>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (sender, mut jobs) = mpsc::channel(QUEUE);
        let end = Arc::new(OnceLock::new());
        let (ends, called) = (Arc::clone(&end), name.to_owned());
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
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| work(batch))) {
                        let error = Error::WriterEnded {
                            name: called.clone(),
                            words: words(&*panic),
                        };
                        alarm(&called, &error);
                        // Nobody else sets it.
                        let _ = ends.set(error);
                        return;
                    }
                }
            })?;
        Ok(Self {
            sender: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            end,
        })
    }

    /// Queues a job; waits while the queue is full.
    pub(super) async fn send(&self, job: J) -> Result<(), Error> {
        let sender = locked(&self.sender).clone();
        let sender = sender.ok_or(Error::Closed)?;
        sender.send(job).await.map_err(|_| self.gone())
    }

    /// Why a job that was sent is not answered. The thread may be about to say so, having dropped the job a moment ago.
    pub(super) fn gone(&self) -> Error {
        // Whoever else asks waits here, until the thread has said why.
        let mut thread = locked(&self.thread);
        let _ = thread.take().map(JoinHandle::join);
        drop(thread);
        self.end.get().cloned().unwrap_or(Error::Closed)
    }
}

impl<J> Writer<J> {
    /// Takes no more jobs, and waits until those queued are done.
    pub(super) fn stop(&self) {
        drop(locked(&self.sender).take());
        // Held meanwhile: whoever else stops it has to wait as well.
        let mut thread = locked(&self.thread);
        // A thread that panicked has failed its callers already.
        let _ = thread.take().map(JoinHandle::join);
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_to_everybody_and_ends_the_writer() {
        let (told, heard) = channel();
        let alarm = move |name: &str, error: &Error| told.send(format!("{name}: {error}")).unwrap();
        let writer = Writer::start("directory", alarm, |jobs: Vec<oneshot::Sender<u32>>| {
            for job in jobs {
                let answer = u32::from(!job.is_closed());
                assert!(answer == 1, "nobody waits");
                let _ = job.send(answer);
            }
        });
        let writer = writer.unwrap();
        let (reply, answer) = oneshot::channel();
        writer.send(reply).await.unwrap();
        assert_eq!(answer.await, Ok(1));
        let (reply, answer) = oneshot::channel();
        drop(answer);
        writer.send(reply).await.unwrap();
        let gone = writer.gone();
        assert!(gone.to_string().contains("nobody waits"), "{gone}");
        assert_eq!(heard.recv().unwrap(), format!("directory: {gone}"));
        let (reply, _answer) = oneshot::channel();
        let later = writer.send(reply).await.unwrap_err();
        assert!(matches!(later, Error::WriterEnded { .. }), "{later}");
    }

    #[tokio::test]
    async fn of_two_that_wait_for_the_end_both_hear_why() {
        let (end, ending) = channel::<()>();
        let alarm = move |_: &str, _: &Error| ending.recv().unwrap();
        let writer = Writer::start("events", alarm, |_: Vec<()>| panic!("nobody waits"));
        let writer = writer.unwrap();
        writer.send(()).await.unwrap();
        let (ask, asked) = channel();
        let gone = |_| {
            let (writer, ask) = (&writer, ask.clone());
            move || {
                ask.send(()).unwrap();
                writer.gone()
            }
        };
        thread::scope(|scope| {
            let waiting = [0, 1].map(gone).map(|gone| scope.spawn(gone));
            asked.recv().unwrap();
            asked.recv().unwrap();
            end.send(()).unwrap();
            for waiter in waiting {
                let told = waiter.join().unwrap();
                assert!(matches!(told, Error::WriterEnded { .. }), "{told}");
            }
        });
    }
}
