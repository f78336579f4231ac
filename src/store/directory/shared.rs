//! The model as readers and the writer share it, and the order in which its lock and the file's are taken.
//!
//! Whoever reads the file may look at the model for a moment; whoever looks at the model never waits for the file. Were it otherwise, a
//! reader with the model would wait for the file behind somebody who wants it for himself alone (to open it again after a fault), who
//! waits for a reader with the file, who waits for the model behind the writer, who waits for the first one. And nobody looks twice at
//! once: a look waits behind a writer that waits for the other. Builds with debug assertions see to both.

use std::cell::Cell;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::ReadTransaction;

use super::lack::{self, Lack};
use super::model::Model;
use super::people::People;
use super::picture;
use crate::store::error::{Error, Fault};
use crate::store::file::{RedbFile, guarded};

thread_local! {
    static IS_LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// The model, locked for as long as somebody looks at it.
pub(super) struct Shared {
    model: RwLock<Model>,
    /// Had by whoever reads what the model lacks, so that two do not read the same.
    reading: Mutex<()>,
    /// Whether users' columns are in memory, as they are from then on.
    is_whole: AtomicBool,
    /// Had by whoever reads them. Not the one above: that is had by readers who have the file, and here it is waited for.
    widening: Mutex<()>,
    /// How often something in the history got another place, on top of a number that no other opening began with.
    moves: AtomicU64,
}

/// A look at the model, to be let go before the disk is read.
pub(super) struct Look<'m>(RwLockReadGuard<'m, Model>);

impl Shared {
    pub(super) fn new(model: Model) -> Self {
        Self {
            is_whole: AtomicBool::new(model.users.is_whole()),
            model: RwLock::new(model),
            reading: Mutex::new(()),
            widening: Mutex::new(()),
            moves: AtomicU64::new(RandomState::new().build_hasher().finish()),
        }
    }

    /// Something in the history got another place.
    pub(super) fn moved(&self) {
        self.moves.fetch_add(1, Ordering::Release);
    }

    /// Another number whenever something did.
    pub(super) fn moves(&self) -> u64 {
        self.moves.load(Ordering::Acquire)
    }

    /// Whether users' columns are in memory.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole.load(Ordering::Acquire)
    }

    /// Has users' columns in memory. Nobody writes before that is done, so what is read now is what the model was built from.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(super) fn make_whole(&self, file: &RedbFile) -> Result<(), Error> {
        if self.is_whole() {
            return Ok(());
        }
        not_looking("somebody who looks at the model must not wait for columns");
        let _alone = self.widening.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_whole() {
            let whole = file.read("read", |transaction| {
                guarded(|| People::load(transaction, true).map_err(Fault::in_picture))
            })?;
            self.change().users.become_whole(whole);
            self.is_whole.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Puts another model, with users' columns, in the place of this one.
    pub(super) fn replace(&self, whole: Model) {
        *self.change() = whole;
        self.is_whole.store(true, Ordering::Release);
    }

    /// What `look` finds. Whatever the model lacks for that is read from pictures, with nobody looking at it.
    pub(super) fn see<T>(
        &self,
        transaction: &ReadTransaction,
        mut look: impl FnMut(&Model) -> Result<T, Lack>,
    ) -> Result<T, Fault> {
        loop {
            let seen = look(&self.look());
            match seen {
                Ok(seen) => return Ok(seen),
                Err(lack) => self.fetch(transaction, &lack)?,
            }
        }
    }

    /// Reads from pictures what the model lacks.
    pub(super) fn fetch(&self, transaction: &ReadTransaction, lack: &Lack) -> Result<(), Fault> {
        not_looking("somebody who looks at the model must not wait for a picture");
        let source = |part, number| picture::read(transaction, part, number);
        guarded(|| lack::fetch(lack, &source, self))
    }

    pub(super) fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn look(&self) -> Look<'_> {
        not_looking("somebody who looks at the model must not look again");
        let guard = self.model.read().unwrap_or_else(PoisonError::into_inner);
        IS_LOOKING.set(true);
        Look(guard)
    }

    /// For the one thread that takes in what was committed.
    pub(super) fn change(&self) -> RwLockWriteGuard<'_, Model> {
        not_looking("somebody who looks at the model must not change it");
        self.model.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Look<'_> {
    type Target = Model;

    fn deref(&self) -> &Model {
        &self.0
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        IS_LOOKING.set(false);
    }
}

/// Ends a build with debug assertions when this thread looks at a model, and so would wait for itself or others for ever one day.
pub(super) fn not_looking(rule: &str) {
    debug_assert!(!IS_LOOKING.get(), "{rule}");
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn who_looks_is_told_before_waiting_for_anything() {
        let shared = Shared::new(Model::default());
        for wait in [
            (|_: &Shared| not_looking("the file")) as fn(&Shared),
            |shared| drop(shared.look()),
            |shared| drop(shared.change()),
        ] {
            // Once the look is over, everybody may.
            drop(shared.look());
            wait(&shared);
            let told = thread::scope(|scope| {
                let looking = scope.spawn(|| {
                    let _look = shared.look();
                    wait(&shared);
                });
                looking.join().is_err()
            });
            assert!(told);
        }
    }
}
