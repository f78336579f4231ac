//! The file in which a console keeps what it remembers: read and written by a thread of its own, never by the one that draws.
//!
//! Every change is put into what the file holds at that moment, under a lock, and the file is replaced as a whole: two consoles do not
//! undo each other's changes, and a crash leaves the old file or the new one. A file that cannot be read is left as it is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::msg::{Problem, ProblemKind};
use crate::ui::event::Event;
use crate::ui::memory::{Change, Memory};

/// More than anything that is remembered takes; a longer file is none of ours.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// How long the end of a console waits for what is still to be written.
const END_WITHIN: Duration = Duration::from_secs(1);

/// Where a console keeps what it remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In this file; its directory is there already.
    File {
        /// The file.
        path: PathBuf,
        /// Whether the view of the last time comes back.
        restore: bool,
    },
    /// Nowhere, for this reason: a sentence without a full stop.
    Nowhere(&'static str),
}

/// The thread that reads and writes. It ends once all that was told to it is written, or with the process: another console that was stopped
/// while it wrote holds the file for as long as it likes.
pub(super) struct Keeper {
    changes: mpsc::UnboundedSender<Change>,
    news: mpsc::UnboundedReceiver<Event>,
    /// Closed once the thread has ended.
    done: oneshot::Receiver<()>,
}

impl Keeper {
    /// Begins to read.
    pub(super) fn start(place: Place) -> Self {
        let (changes, mut asked) = mpsc::unbounded_channel();
        let (told, news) = mpsc::unbounded_channel();
        let (ends, done) = oneshot::channel();
        let teller = told.clone();
        let work = move || {
            let _ends: oneshot::Sender<()> = ends;
            // Nobody listening any more is no reason to leave a change unwritten.
            let tell = |event| drop(told.send(event));
            if let Place::File { path, restore } = &place {
                match load(path) {
                    Ok(memory) => tell(Event::Remembered {
                        memory: Box::new(memory),
                        restore: *restore,
                    }),
                    Err(problem) => tell(Event::NotRemembered(problem)),
                }
            }
            while let Some(change) = asked.blocking_recv() {
                let kept = match &place {
                    Place::File { path, .. } => keep(path, change),
                    Place::Nowhere(why) => Err(nowhere(why)),
                };
                if let Err(problem) = kept {
                    tell(Event::NotRemembered(problem));
                }
            }
        };
        // A thread of the runtime's would keep the program from ending.
        let thread = thread::Builder::new().name("memory".to_owned()).spawn(work);
        if let Err(error) = thread {
            let problem = nowhere(&format!("the system gives no thread: {error}"));
            let _ = teller.send(Event::NotRemembered(problem));
        }
        Self {
            changes,
            news,
            done,
        }
    }

    /// Has a change written.
    pub(super) fn remember(&self, change: Change) {
        // A thread that is gone has said why.
        let _ = self.changes.send(change);
    }

    /// What was read, and what could not be written.
    pub(super) async fn news(&mut self) -> Event {
        match self.news.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    /// Waits until everything is written, though not for long.
    pub(super) async fn end(self) {
        drop(self.changes);
        let _ = tokio::time::timeout(END_WITHIN, self.done).await;
    }
}

fn nowhere(why: &str) -> Problem {
    Problem {
        kind: ProblemKind::Refused,
        summary: format!("This is kept for this console only: {why}."),
        hint: None,
        column: None,
    }
}

fn trouble(doing: &str, path: &Path, error: &io::Error) -> Problem {
    Problem {
        kind: ProblemKind::Internal,
        summary: format!("{} cannot be {doing}: {error}.", path.display()),
        hint: Some("What is saved here lasts as long as this console.".to_owned()),
        column: None,
    }
}

/// Reads the file; one that is not there holds nothing.
fn load(path: &Path) -> Result<Memory, Problem> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Memory::default()),
        Err(error) => return Err(trouble("read", path, &error)),
    };
    let mut text = Vec::new();
    let read = file.take(MAX_FILE_BYTES).read_to_end(&mut text);
    read.map_err(|error| trouble("read", path, &error))?;
    serde_json::from_slice(&text).map_err(|error| Problem {
        hint: Some(
            "It is left as it is; nothing is kept until it is put right or moved away.".to_owned(),
        ),
        ..trouble("read", path, &error.into())
    })
}

/// Puts a change into the file.
fn keep(path: &Path, change: Change) -> Result<(), Problem> {
    let written = |error: io::Error| trouble("written", path, &error);
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(false).mode(0o600);
    let lock = options.open(path.with_extension("lock")).map_err(written)?;
    lock.lock().map_err(written)?;
    let mut memory = load(path)?;
    let before = memory.clone();
    memory.apply(change).map_err(|why| Problem {
        kind: ProblemKind::Refused,
        summary: format!("Not saved: {why}."),
        hint: None,
        column: None,
    })?;
    if memory == before {
        return Ok(());
    }
    let text = serde_json::to_vec_pretty(&memory).map_err(|error| written(error.into()))?;
    replace(path, &text).map_err(written)
}

/// Takes away what a console of this place kept before, with what it was written by.
///
/// # Errors
/// When one of the files is there and cannot be removed.
pub fn forget(path: &Path) -> io::Result<()> {
    for file in [
        path.to_owned(),
        path.with_extension("new"),
        path.with_extension("lock"),
    ] {
        match fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Writes beside the file and takes its place.
fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("new");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::ui::memory::{Saved, View};

    fn save(name: &str) -> Change {
        Change::Save(Saved {
            name: name.to_owned(),
            view: View::default(),
        })
    }

    fn names(memory: &Memory) -> Vec<&str> {
        memory.saved.iter().map(|saved| &*saved.name).collect()
    }

    #[test]
    fn changes_of_two_consoles_are_both_kept_and_only_for_their_owner() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("console.json");
        std::thread::scope(|scope| {
            for name in ["a", "b", "c", "d"] {
                let path = &path;
                scope.spawn(move || keep(path, save(name)).unwrap());
            }
        });
        let memory = load(&path).unwrap();
        assert_eq!(names(&memory), ["a", "b", "c", "d"]);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!path.with_extension("new").exists());
    }

    #[test]
    fn a_file_that_cannot_be_read_is_told_and_left_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("console.json");
        fs::write(&path, "{ broken").unwrap();
        assert!(load(&path).is_err());
        assert!(keep(&path, save("a")).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "{ broken");
    }

    /// The end of a console waited for another one that was stopped while it wrote.
    #[test]
    fn a_file_that_somebody_holds_does_not_keep_the_program_from_ending() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("console.json");
        let held = File::create(path.with_extension("lock")).unwrap();
        held.lock().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let keeper = Keeper::start(Place::File {
                path: path.clone(),
                restore: true,
            });
            keeper.remember(save("a"));
            keeper.end().await;
        });
        // It would wait for threads of its own.
        drop(runtime);
        assert!(!path.exists());
        // The thread waits for as long as this process lives.
        std::mem::forget(held);
    }

    #[test]
    fn what_was_kept_is_taken_away_with_what_it_was_written_by() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("console.json");
        keep(&path, save("a")).unwrap();
        forget(&path).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
        forget(&path).unwrap();
    }

    #[test]
    fn a_directory_that_is_not_there_is_told() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("gone").join("console.json");
        assert_eq!(load(&path), Ok(Memory::default()));
        let problem = keep(&path, save("a")).unwrap_err();
        assert!(problem.summary.contains("cannot be written"), "{problem}");
    }

    #[tokio::test]
    async fn what_is_told_before_the_end_is_written_and_read_at_the_next_start() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("console.json");
        let file = Place::File {
            path,
            restore: true,
        };
        let keeper = Keeper::start(file.clone());
        keeper.remember(save("a"));
        let Keeper { changes, done, .. } = keeper;
        drop(changes);
        // It is closed, never sent.
        assert!(done.await.is_err());
        let mut keeper = Keeper::start(file);
        match keeper.news().await {
            Event::Remembered { memory, restore } => {
                assert_eq!((names(&memory), restore), (vec!["a"], true));
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn where_nothing_is_kept_that_is_said() {
        let mut keeper = Keeper::start(Place::Nowhere("the demo leaves nothing behind"));
        keeper.remember(save("a"));
        match keeper.news().await {
            Event::NotRemembered(problem) => {
                assert!(problem.summary.contains("the demo leaves nothing behind"));
            }
            other => panic!("{other:?}"),
        }
    }
}
