//! The configuration while the console runs: a thread of its own looks at the file every second, since a disk may not answer, and reads it
//! when it is another one. What is wrong with it is told, and changes nothing.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::msg::{Problem, ProblemKind};
use crate::ui::event::Event;
use crate::ui::settings::Settings;

/// How long the file is left alone between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Whoever reads a console's settings. Both calls may wait for a disk.
pub trait Source: Send + Sync {
    /// What told the file when the settings that a console begins with were read from it.
    fn first(&self) -> Option<Stamp>;

    /// What tells the file from what it was; `None` while there is none.
    fn stamp(&self) -> Option<Stamp>;

    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with it, with file, line and column.
    fn read(&self) -> Result<Settings, Problem>;
}

/// What tells a file from what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When it was last changed, where the disk tells.
    pub modified: Option<SystemTime>,
    /// Its length.
    pub bytes: u64,
}

/// A file that is looked at.
struct Watched {
    source: Arc<dyn Source>,
    last: Option<Stamp>,
}

impl Watched {
    /// A file that was read before: what was written since then is another one.
    fn new(source: Arc<dyn Source>) -> Self {
        let last = source.first();
        Self { source, last }
    }

    /// What there is to tell: that it is another one, or whatever it is when somebody asked.
    fn look(&mut self, asked: bool) -> Option<Event> {
        // Taken before the file is read: what is written meanwhile is seen the next time.
        let stamp = self.source.stamp();
        let is_other = stamp != self.last;
        self.last = stamp;
        (is_other || asked).then(|| Event::Settings {
            read: self.source.read().map(Box::new),
            asked,
        })
    }
}

/// The thread that looks. It ends once this is dropped, or with the process.
pub(super) struct Watcher {
    asks: mpsc::Sender<()>,
    news: UnboundedReceiver<Event>,
}

impl Watcher {
    /// Begins to look; without a source it only answers that there is none.
    pub(super) fn start(source: Option<Arc<dyn Source>>) -> Self {
        let (asks, asked) = mpsc::channel();
        let (told, news) = unbounded_channel();
        let teller = told.clone();
        let work = move || {
            let mut watched = source.map(Watched::new);
            loop {
                let asked = match asked.recv_timeout(EVERY) {
                    Ok(()) => true,
                    Err(RecvTimeoutError::Timeout) => false,
                    Err(RecvTimeoutError::Disconnected) => return,
                };
                let event = match &mut watched {
                    Some(watched) => watched.look(asked),
                    None => asked.then(|| refused("this console has none")),
                };
                if event.is_some_and(|event| told.send(event).is_err()) {
                    return;
                }
            }
        };
        let thread = thread::Builder::new()
            .name("settings".to_owned())
            .spawn(work);
        if let Err(error) = thread {
            let why = format!("the system gives no thread: {error}");
            // The receiver is ours and listens.
            let _ = teller.send(refused(&why));
        }
        Self { asks, news }
    }

    /// Has the file read now, whether it changed or not.
    pub(super) fn ask(&self) {
        // A thread that is gone has said why.
        let _ = self.asks.send(());
    }

    /// The next news.
    pub(super) async fn news(&mut self) -> Event {
        match self.news.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }
}

fn refused(why: &str) -> Event {
    let problem = Problem {
        kind: ProblemKind::Refused,
        summary: format!("The configuration cannot be read again: {why}."),
        hint: None,
        column: None,
    };
    Event::Settings {
        read: Err(problem),
        asked: true,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::ui::theme::Theme;

    /// A file in memory.
    #[derive(Default)]
    struct Paper {
        stamp: Mutex<Option<Stamp>>,
        reads: Mutex<usize>,
    }

    impl Paper {
        fn write(&self, bytes: u64) {
            *self.stamp.lock().unwrap() = Some(Stamp {
                modified: Some(SystemTime::UNIX_EPOCH),
                bytes,
            });
        }
    }

    impl Source for Paper {
        fn first(&self) -> Option<Stamp> {
            None
        }

        fn stamp(&self) -> Option<Stamp> {
            *self.stamp.lock().unwrap()
        }

        fn read(&self) -> Result<Settings, Problem> {
            *self.reads.lock().unwrap() += 1;
            Ok(Settings::new(Theme::light()))
        }
    }

    #[test]
    fn a_file_is_read_when_it_is_another_one_or_somebody_asks() {
        let paper = Arc::new(Paper::default());
        let mut watched = Watched::new(Arc::clone(&paper) as Arc<dyn Source>);
        assert_eq!(watched.look(false), None);
        paper.write(1);
        assert!(matches!(
            watched.look(false),
            Some(Event::Settings {
                asked: false,
                read: Ok(_)
            })
        ));
        assert_eq!(watched.look(false), None);
        assert!(matches!(
            watched.look(true),
            Some(Event::Settings { asked: true, .. })
        ));
        paper.write(2);
        assert!(watched.look(false).is_some());
        *paper.stamp.lock().unwrap() = None;
        assert!(watched.look(false).is_some(), "it was taken away");
        assert_eq!(*paper.reads.lock().unwrap(), 4);
    }

    #[tokio::test]
    async fn a_console_without_a_file_says_so() {
        let mut watcher = Watcher::start(None);
        watcher.ask();
        let Event::Settings { read, asked } = watcher.news().await else {
            panic!("no settings");
        };
        assert!(asked && read.unwrap_err().summary.contains("this console has none"));
    }
}
