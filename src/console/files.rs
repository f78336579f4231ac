//! Files that the operator asks for: written by others, in threads of their own; the loop hears how it goes on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::msg::{Problem, ProblemKind};
use crate::ui::event::Event;
use crate::ui::export::{Job, News};

/// How long the end of a console waits for a file that is given up or still to be written.
const END_WITHIN: Duration = Duration::from_secs(1);

/// Whoever writes files for a console. Neither call waits for a disk.
pub trait Files: Send + Sync {
    /// Writes a list until it is done or `stop` says so (or is gone); then nothing is left of it. The last of the news is that it is
    /// done or failed.
    fn export(
        &self,
        job: Job,
        news: UnboundedSender<News>,
        stop: watch::Receiver<bool>,
    ) -> JoinHandle<()>;

    /// Writes a text to a new file, and says how that went.
    fn save(&self, path: String, text: String, news: UnboundedSender<News>) -> JoinHandle<()>;
}

/// The files of one console.
pub(super) struct Desk {
    files: Option<Arc<dyn Files>>,
    exported: Told,
    saved: Told,
    stop: watch::Sender<bool>,
    threads: Vec<JoinHandle<()>>,
}

/// Both ends of a channel of news: it never ends by itself.
struct Told {
    tell: UnboundedSender<News>,
    heard: UnboundedReceiver<News>,
}

impl Told {
    fn new() -> Self {
        let (tell, heard) = mpsc::unbounded_channel();
        Self { tell, heard }
    }
}

impl Desk {
    /// The desk of a console; without anybody who writes, every file is refused.
    pub(super) fn new(files: Option<Arc<dyn Files>>) -> Self {
        Self {
            files,
            exported: Told::new(),
            saved: Told::new(),
            stop: watch::Sender::new(false),
            threads: Vec::new(),
        }
    }

    /// Has a list written.
    pub(super) fn export(&mut self, job: Job) {
        self.stop.send_replace(false);
        let tell = self.exported.tell.clone();
        match &self.files {
            Some(files) => {
                let thread = files.export(job, tell, self.stop.subscribe());
                self.keep(thread);
            }
            // The receiver is ours and listens.
            None => drop(tell.send(nobody())),
        }
    }

    /// Gives up the list that is being written.
    pub(super) fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Has a text written.
    pub(super) fn save(&mut self, path: String, text: String) {
        let tell = self.saved.tell.clone();
        match &self.files {
            Some(files) => {
                let thread = files.save(path, text, tell);
                self.keep(thread);
            }
            // As above.
            None => drop(tell.send(nobody())),
        }
    }

    fn keep(&mut self, thread: JoinHandle<()>) {
        self.threads.retain(|thread| !thread.is_finished());
        self.threads.push(thread);
    }

    /// The next news.
    pub(super) async fn news(&mut self) -> Event {
        let (exported, saved) = (&mut self.exported.heard, &mut self.saved.heard);
        tokio::select! {
            Some(news) = exported.recv() => Event::Exported(news),
            Some(news) = saved.recv() => Event::Saved(news),
            else => std::future::pending().await,
        }
    }

    /// Gives up what is being written, and waits until nothing is left of it, though not for long.
    pub(super) async fn end(self) {
        self.stop();
        let all = futures_util::future::join_all(self.threads);
        let _ = tokio::time::timeout(END_WITHIN, all).await;
    }
}

fn nobody() -> News {
    News::Failed(Problem {
        kind: ProblemKind::Refused,
        summary: "This console writes no files.".to_owned(),
        hint: None,
        column: None,
    })
}
