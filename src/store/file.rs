//! One redb file: the only place that begins transactions, so that none is ever committed without quick-repair.
//!
//! A commit without it re-arms a repair that reads the whole file (a minute for 14 GB). Read transactions are handed to a closure
//! and never kept: one that stays open makes the file grow. A handle that met an I/O error refuses every later write, so
//! it is dropped and the file is opened again at the next use. A file can also rest, closed, until it is used again.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use redb::backends::InMemoryBackend;
use redb::{
    Builder, Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase as _,
    StorageBackend as _, TableDefinition, TableError, WriteTransaction,
};

use super::codec;
use super::error::{Error, Fault};
use super::ground::Ground;
use super::key::Keys;
use super::medium::{self, Blob};
use super::place;
use super::sealed::{Bare, Found, Sealed};

/// The table in which every file says what it is.
type Meta = TableDefinition<'static, &'static str, &'static [u8]>;

/// Where in that table a file's schema is.
const SCHEMA_KEY: &str = "schema";
/// Format of the schema's value.
const SCHEMA_VERSION: u8 = 1;

/// A redb file that opens itself when it is used.
pub(super) struct RedbFile {
    /// Where it is; only a name when it is in memory.
    path: PathBuf,
    /// What it lies on; `None` when there is no file, only memory.
    ground: Option<Arc<Ground>>,
    /// What redb may keep in memory.
    cache_bytes: usize,
    /// Whether it is opened without writing to it until something is written.
    is_seldom_written: bool,
    state: RwLock<State>,
}

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To read and write it, sealed as it should be or not.
    Use,
    /// To have it sealed as it should be.
    Renew,
}

/// What a file is woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Reading,
    Writing,
}

enum State {
    Resting,
    /// As it lies on the disk, not even marked as open: to mark it costs two syncs, and a recovery after a kill.
    Reading(ReadOnlyDatabase),
    Open(Database),
    Closed,
}

impl State {
    fn begin_read(&self) -> Result<ReadTransaction, Fault> {
        Ok(match self {
            Self::Reading(database) => database.begin_read()?,
            Self::Open(database) => database.begin_read()?,
            Self::Resting | Self::Closed => return Err(Fault::Error(Error::Closed)),
        })
    }

    fn writable(&self) -> Result<&Database, Fault> {
        match self {
            Self::Open(database) => Ok(database),
            Self::Reading(_) | Self::Resting | Self::Closed => Err(Fault::Error(Error::Closed)),
        }
    }

    /// Whether nothing has to be opened for it; an error when nothing may be.
    fn suits(&self, want: Want) -> Result<bool, Error> {
        match self {
            Self::Closed => Err(Error::Closed),
            Self::Open(_) => Ok(true),
            Self::Reading(_) => Ok(want == Want::Reading),
            Self::Resting => Ok(false),
        }
    }
}

impl RedbFile {
    /// A file that is opened (and made, when it is missing) at its first use.
    pub(super) fn on(ground: &Arc<Ground>, path: PathBuf, cache_bytes: usize) -> Self {
        Self {
            path,
            ground: Some(Arc::clone(ground)),
            cache_bytes,
            is_seldom_written: false,
            state: RwLock::new(State::Resting),
        }
    }

    /// The same, opened without writing to it until something is written. That opens it anew and waits for whoever reads, so
    /// it is for files that are read in short turns.
    pub(super) fn seldom_written(mut self) -> Self {
        self.is_seldom_written = true;
        self
    }

    /// A store without a file, for tests and campaigns under a manual clock.
    pub(super) fn in_memory(name: &str) -> Self {
        Self {
            path: PathBuf::from(name),
            ground: None,
            cache_bytes: 1 << 20,
            is_seldom_written: false,
            state: RwLock::new(State::Resting),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` on a snapshot of what is committed.
    pub(super) fn read<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&ReadTransaction) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        self.with(Want::Reading, operation, |state| work(&state.begin_read()?))
    }

    /// The schema that the file says it has; `None` for a new one. A newer one than is `known` is refused.
    pub(super) fn schema(&self, meta: Meta, known: u32) -> Result<Option<u32>, Error> {
        self.read("read", |transaction| {
            guarded(|| match schema_in(transaction, meta)? {
                Some(found) if found > known => Err(Fault::Newer { found, known }),
                found => Ok(found),
            })
        })
    }

    /// Whether there is room for a write.
    pub(super) fn admit(&self) -> Result<(), Error> {
        self.ground.as_ref().map_or(Ok(()), |ground| ground.admit())
    }

    /// Runs `work` in a write transaction and commits it; durable when this returns. An error changes nothing.
    pub(super) fn write<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&WriteTransaction) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        self.admit()?;
        self.write_below_floor(operation, work)
    }

    /// As [`write`](Self::write), however little is free: for the few bytes without which nothing could be removed, or a loss would go
    /// unsaid.
    pub(super) fn write_below_floor<T>(
        &self,
        operation: &'static str,
        work: impl FnOnce(&WriteTransaction) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let written = self.with(Want::Writing, operation, |state| {
            let mut transaction = state.writable()?.begin_write()?;
            transaction.set_quick_repair(true);
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })?;
        if let Some(ground) = &self.ground {
            ground.written();
        }
        Ok(written)
    }

    fn with<T>(
        &self,
        want: Want,
        operation: &'static str,
        work: impl FnOnce(&State) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let guard = self.awake(want).map_err(|error| self.told(error))?;
        let result = work(&guard);
        drop(guard);
        result.map_err(|fault| {
            if fault.poisons_handle() {
                self.rest();
            }
            self.told(fault.at(operation, &self.path))
        })
    }

    /// Tells of an error that lasts.
    fn told(&self, error: Error) -> Error {
        if let Some(ground) = &self.ground {
            ground.failed(&error);
        }
        error
    }

    /// Tells that the thread which writes this file has ended.
    pub(super) fn alarm(&self) -> impl FnOnce(&str, &Error) + Send + use<> {
        let ground = self.ground.clone();
        move |name, error| {
            if let Some(ground) = ground {
                ground.writer_ended(name, error);
            }
        }
    }

    fn awake(&self, want: Want) -> Result<RwLockReadGuard<'_, State>, Error> {
        loop {
            let guard = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if guard.suits(want)? {
                return Ok(guard);
            }
            drop(guard);
            let mut state = self.exclusive();
            if !state.suits(want)? {
                // Whoever reads it has to let go of it before it can be opened to write.
                let_go(std::mem::replace(&mut *state, State::Resting));
                *state = self.open_as(want)?;
            }
        }
    }

    fn open_as(&self, want: Want) -> Result<State, Error> {
        if want == Want::Reading
            && self.is_seldom_written
            && let Some(database) = self.as_it_lies()
        {
            return Ok(State::Reading(database));
        }
        Ok(State::Open(self.open()?))
    }

    /// The file without a change to it; `None` when it is not there, is not sealed as it should be, or was not closed in good order.
    /// What is wrong with it is found, and mended or told, by opening it to write.
    fn as_it_lies(&self) -> Option<ReadOnlyDatabase> {
        let ground = self.ground.as_ref()?;
        let blob = ground.medium.open(&self.path).ok()??;
        let found = Found::of(&*blob).ok()?;
        if matches!(found, Found::Bare) {
            return None;
        }
        let (file, is_wanted) = self.unlock(ground.keys(), blob, &found).ok()?;
        let is_whole = is_wanted && file.len().is_ok_and(|bytes| bytes > 0);
        let open = || Ok(self.builder().open_read_only_with_backend(file)?);
        is_whole.then(|| guarded(open).ok()).flatten()
    }

    /// Opens the file. redb takes a damaged file for a mistake of its own here and there and panics; that is the file's
    /// fault, so it becomes an error like any other.
    fn open(&self) -> Result<Database, Error> {
        self.open_for(Purpose::Use)
    }

    fn open_for(&self, purpose: Purpose) -> Result<Database, Error> {
        let Some(ground) = &self.ground else {
            let opened = self.builder().create_with_backend(InMemoryBackend::new());
            return opened.map_err(|error| Fault::from(error).at("make", &self.path));
        };
        let at = |fault: Fault| fault.at("open", &self.path);
        let io = |error: io::Error| at(Fault::Redb(redb::Error::Io(error)));
        let database = |file: Sealed| {
            let mut builder = self.builder();
            let (ground, path) = (Arc::clone(ground), self.path.clone());
            builder.set_repair_callback(move |repair| {
                ground.medium.repairing(&path, repair.progress());
            });
            guarded(|| Ok(builder.create_with_backend(file)?)).map_err(at)
        };
        let Some(blob) = ground.medium.open(&self.path)? else {
            // redb writes a new file in several steps; one that was cut off between them could not be opened again.
            medium::make_file(&*ground.medium, &self.path, |blob| {
                let file = Sealed::make(blob, ground.keys().write()).map_err(io)?;
                database(file)?.close().map_err(|error| at(error.into()))
            })?;
            return self.open();
        };
        let found = Found::of(&*blob).map_err(io)?;
        if matches!(found, Found::Bare) {
            self.seal_bare(ground, &Arc::from(blob))?;
            return self.open_for(purpose);
        }
        let (file, is_wanted) = self.unlock(ground.keys(), blob, &found)?;
        // redb would take it for a new one, and everything that was in it would be gone without a word.
        if file.len().map_err(io)? == 0 {
            return Err(at(Fault::damaged("it is empty")));
        }
        if !is_wanted {
            match self.seal_anew(ground, &file) {
                Ok(()) => {
                    drop(file);
                    return self.open_for(purpose);
                }
                // Reading and writing go on; the copy can wait.
                Err(full) if full.is_full() && purpose == Purpose::Use => {
                    tracing::warn!(%full, path = %self.path.display(), "no room to write a file anew");
                }
                failed => failed?,
            }
        }
        database(file)
    }

    /// The file as its seals have it, and whether it is sealed as it should be.
    fn unlock(
        &self,
        keys: &Keys,
        blob: Box<dyn Blob>,
        found: &Found,
    ) -> Result<(Sealed, bool), Error> {
        let Found::Enciphered(lead) = found else {
            return Ok((Sealed::new(blob), keys.suit_plain()));
        };
        let (cipher, is_wanted) = keys.fit(lead).ok_or_else(|| keys.unfit(&self.path))?;
        Ok((Sealed::enciphered(blob, cipher), is_wanted))
    }

    /// Puts a copy in the place of the file that is sealed as it should be.
    fn seal_anew(&self, ground: &Ground, file: &Sealed) -> Result<(), Error> {
        let io = |error| Fault::Redb(redb::Error::Io(error)).at("encrypt", &self.path);
        ground.room_for(file.physical_bytes().map_err(io)?)?;
        medium::make_file(&*ground.medium, &self.path, |blob| {
            let copy = Sealed::make(blob, ground.keys().write()).map_err(io)?;
            copy.copy_sealed(file).map_err(io)
        })?;
        tracing::info!(path = %self.path.display(), "a file of the mirror was written anew");
        ground.is_settled(&self.path);
        Ok(())
    }

    /// Opens the file once more, so that it is sealed as it should be, and lets it rest. One that is closed stays so.
    pub(super) fn renew(&self) -> Result<(), Error> {
        let mut state = self.exclusive();
        if matches!(*state, State::Closed) {
            return Err(Error::Closed);
        }
        let_go(std::mem::replace(&mut *state, State::Resting));
        match self.open_for(Purpose::Renew) {
            Ok(opened) => {
                let_go(State::Open(opened));
                Ok(())
            }
            Err(full) if full.is_full() => Err(full),
            Err(error) => Err(self.told(error)),
        }
    }

    /// Puts a sealed copy in the place of a file that was never sealed. What is damaged in it is found before: once sealed it would
    /// pass for right ever after.
    fn seal_bare(&self, ground: &Ground, bare: &Arc<dyn Blob>) -> Result<(), Error> {
        let at = |fault: Fault| fault.at("open", &self.path);
        let io = |error: io::Error| at(Fault::Redb(redb::Error::Io(error)));
        ground.admit_more(bare.size_bytes().map_err(io)?)?;
        guarded(|| {
            let backend = Bare(Arc::clone(bare));
            check_pages(&mut self.builder().create_with_backend(backend)?)
        })
        .map_err(at)?;
        medium::make_file(&*ground.medium, &self.path, |blob| {
            let sealed = Sealed::make(blob, ground.keys().write()).map_err(io)?;
            sealed.copy_bare(&**bare).map_err(io)
        })?;
        ground.is_settled(&self.path);
        Ok(())
    }

    fn builder(&self) -> Builder {
        let mut builder = Builder::new();
        builder.set_cache_size(self.cache_bytes);
        builder
    }

    /// Reads all of it, and compares every page with its checksums.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut database = self.open()?;
        guarded(|| check_pages(&mut database)).map_err(|fault| fault.at("examine", &self.path))
    }

    /// What the file takes on disk; nothing in memory.
    pub(super) fn disk_bytes(&self) -> u64 {
        match self.ground {
            Some(_) => place::file_bytes(&self.path),
            None => 0,
        }
    }

    /// Closes the file until it is used again. Memory has nowhere to rest and stays.
    pub(super) fn rest(&self) {
        let mut state = self.exclusive();
        if self.ground.is_some() && matches!(*state, State::Open(_) | State::Reading(_)) {
            let_go(std::mem::replace(&mut *state, State::Resting));
        }
    }

    /// Puts the file beside, with `word` behind its name, in the place of one that was put there before; a new one is made at the next
    /// use. Memory is forgotten.
    pub(super) fn move_aside(&self, word: &str) -> Result<(), Error> {
        let mut state = self.exclusive();
        let_go(std::mem::replace(&mut *state, State::Resting));
        let Some(ground) = &self.ground else {
            return Ok(());
        };
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{word}"));
        ground.medium.rename(&self.path, Path::new(&name))
    }

    /// Closes the file for good.
    pub(super) fn close(&self) -> Result<(), Error> {
        let state = std::mem::replace(&mut *self.exclusive(), State::Closed);
        match state {
            State::Open(database) => {
                guarded(|| Ok(database.close()?)).map_err(|fault| fault.at("close", &self.path))
            }
            State::Reading(_) | State::Resting | State::Closed => Ok(()),
        }
    }

    fn exclusive(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RedbFile {
    fn drop(&mut self) {
        let_go(std::mem::replace(&mut *self.exclusive(), State::Closed));
    }
}

/// Compares every page with its checksums.
fn check_pages(database: &mut Database) -> Result<(), Fault> {
    if database.check_integrity()? {
        return Ok(());
    }
    Err(Fault::damaged("its pages do not fit each other"))
}

fn schema_in(transaction: &ReadTransaction, meta: Meta) -> Result<Option<u32>, Fault> {
    let table = match transaction.open_table(meta) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        table => table?,
    };
    let found = table.get(SCHEMA_KEY)?;
    found
        .map(|bytes| codec::decode(SCHEMA_VERSION, bytes.value()))
        .transpose()
}

/// Writes which schema a file has.
pub(super) fn put_schema(
    transaction: &WriteTransaction,
    meta: Meta,
    schema: u32,
) -> Result<(), Fault> {
    let bytes = codec::encode(SCHEMA_VERSION, &schema)?;
    transaction
        .open_table(meta)?
        .insert(SCHEMA_KEY, bytes.as_slice())?;
    Ok(())
}

/// Closes a file. After a panic within redb its parts cannot be taken down in good order, and it panics once more; the file is
/// recovered when it is opened again.
fn let_go(state: State) {
    // Nobody is left to be told.
    let _ = guarded(|| {
        drop(state);
        Ok(())
    });
}

/// Runs `work`, which reads a file that may be damaged, and turns a panic over it into a fault.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(Fault::damaged(words(&*panic))))
}

/// What a panic said.
pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it cannot be read").to_owned()
}
