//! What the files of one store have in common: the medium they lie on, how much of it is kept free, and what is wrong with them.
//!
//! Below the floor nothing is written: a disk that is full to the last byte takes more than the mirror down, and what is read goes on
//! either way. Beside the files lies ballast, given back when the disk is full in spite of the floor, so that something can be
//! deleted: that too needs a little room. Both are looked at again with every write, so writing goes on by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::watch;

use super::Settings;
use super::error::Error;
use super::key::Keys;
use super::medium::Medium;
use super::place::BALLAST;

/// The ground that a store stands on; its files share one.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) medium: Arc<dyn Medium>,
    dir: PathBuf,
    settings: Settings,
    ballast_given: AtomicBool,
    /// What is wrong, by what it is wrong with.
    troubles: watch::Sender<BTreeMap<PathBuf, Error>>,
    /// Files that are not sealed as they should be.
    unsettled: Mutex<BTreeSet<PathBuf>>,
    /// Plain files among enciphered ones, put aside earlier.
    plain_aside: OnceLock<Vec<PathBuf>>,
}

impl Ground {
    pub(super) fn new(medium: Arc<dyn Medium>, dir: &Path, settings: Settings) -> Arc<Self> {
        let ground = Self {
            medium,
            dir: dir.to_owned(),
            settings,
            ballast_given: AtomicBool::new(false),
            troubles: watch::Sender::default(),
            unsettled: Mutex::default(),
            plain_aside: OnceLock::new(),
        };
        ground.take_ballast();
        Arc::new(ground)
    }

    pub(super) fn troubles(&self) -> watch::Receiver<BTreeMap<PathBuf, Error>> {
        self.troubles.subscribe()
    }

    /// The keys of its files.
    pub(super) fn keys(&self) -> &Keys {
        &self.settings.keys
    }

    /// The files that are not sealed as they should be.
    pub(super) fn unsettled(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        self.unsettled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers, once, which files put aside are plain.
    pub(super) fn found_aside(&self, plain: Vec<PathBuf>) {
        // There is one look for each opening.
        let _ = self.plain_aside.set(plain);
    }

    /// The plain files that were found aside and are still there.
    pub(super) fn plain_aside(&self) -> Vec<PathBuf> {
        let found = self.plain_aside.get().into_iter().flatten();
        found.filter(|path| path.exists()).cloned().collect()
    }

    /// A file is sealed as it should be, or is no more.
    pub(super) fn is_settled(&self, path: &Path) {
        self.unsettled().remove(path);
    }

    /// [`Settings::undrawn`].
    pub(super) fn undrawn(&self) -> usize {
        self.settings.undrawn
    }

    /// Whether there is room for a write.
    pub(super) fn admit(&self) -> Result<(), Error> {
        self.admit_more(0)
    }

    /// Whether there is room for a write of so much.
    pub(super) fn admit_more(&self, bytes: u64) -> Result<(), Error> {
        let room = self.room_for(bytes);
        if let Err(full) = &room {
            self.note(&self.dir, full);
        }
        room
    }

    /// The same for what can wait, so that it is no trouble when there is none.
    pub(super) fn room_for(&self, bytes: u64) -> Result<(), Error> {
        let floor_bytes = self.settings.keep_free_bytes.saturating_add(bytes);
        let free_bytes = self.free_bytes();
        if free_bytes.is_none_or(|free| free >= floor_bytes) {
            return Ok(());
        }
        Err(Error::Full {
            path: self.dir.clone(),
            free_bytes: free_bytes.unwrap_or(0),
            floor_bytes,
        })
    }

    /// What is free, where that is of interest and can be found out.
    fn free_bytes(&self) -> Option<u64> {
        let settings = &self.settings;
        if settings.keep_free_bytes == 0 && settings.ballast_bytes == 0 {
            return None;
        }
        self.medium.free_bytes(&self.dir)
    }

    /// Something was written: what kept from writing is over.
    pub(super) fn written(&self) {
        if self.is_full() && self.has_room_again().unwrap_or(true) {
            self.take_ballast();
            self.over(&self.dir);
        }
    }

    fn is_full(&self) -> bool {
        self.troubles.borrow().contains_key(&self.dir)
    }

    /// Whether the floor is passed by enough for the ballast, too, if that was given back, and then for something to be written;
    /// `None` when it cannot be found out.
    fn has_room_again(&self) -> Option<bool> {
        let ballast = if self.ballast_given.load(Ordering::Relaxed) {
            self.settings.ballast_bytes.saturating_mul(2)
        } else {
            0
        };
        let needed = self.settings.keep_free_bytes.saturating_add(ballast);
        self.free_bytes().map(|free| free >= needed)
    }

    /// Looks whether there is room again, when there was none.
    pub(super) fn look_again(&self) {
        if self.is_full() && self.has_room_again() == Some(true) {
            self.written();
        }
    }

    /// Something failed; what lasts is remembered.
    pub(super) fn failed(&self, error: &Error) {
        if error.is_full() {
            self.give_ballast();
            self.note(&self.dir, error);
        } else if let Error::Damaged { path, .. } = error {
            self.note(path, error);
        }
    }

    /// The thread that writes a store has ended, and with it the store.
    pub(super) fn writer_ended(&self, name: &str, error: &Error) {
        self.note(&self.dir.join(name), error);
    }

    fn note(&self, path: &Path, error: &Error) {
        self.troubles.send_if_modified(|troubles| {
            let words = error.to_string();
            let known = troubles.get(path);
            // How much is free changes with every look, and is no news.
            let is_news = known.is_none_or(|known| !known.is_full() && known.to_string() != words);
            if is_news {
                tracing::error!(words, "the mirror is in trouble");
                troubles.insert(path.to_owned(), error.clone());
            }
            is_news
        });
    }

    /// What was wrong with a path is so no more.
    pub(super) fn over(&self, path: &Path) {
        self.troubles.send_if_modified(|troubles| {
            let was = troubles.remove(path);
            if was.is_some() {
                tracing::info!(path = %path.display(), "the mirror's trouble is over");
            }
            was.is_some()
        });
    }

    fn ballast(&self) -> PathBuf {
        self.dir.join(BALLAST)
    }

    /// Puts the ballast where it is missing, when there is room for it above the floor.
    fn take_ballast(&self) {
        let bytes = self.settings.ballast_bytes;
        let needed = self.settings.keep_free_bytes.saturating_add(bytes);
        if bytes == 0 || self.free_bytes().is_none_or(|free| free < needed) {
            return;
        }
        match self.medium.reserve(&self.ballast(), bytes) {
            Ok(()) => self.ballast_given.store(false, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, "there is no ballast"),
        }
    }

    fn give_ballast(&self) {
        if self.settings.ballast_bytes == 0 {
            return;
        }
        match self.medium.remove(&self.ballast()) {
            Ok(()) => {
                self.ballast_given.store(true, Ordering::Relaxed);
                tracing::warn!("the disk is full: the ballast is given back");
            }
            Err(error) => tracing::error!(%error, "the ballast cannot be given back"),
        }
    }
}
