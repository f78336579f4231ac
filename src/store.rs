//! What is kept on this machine: the mirror of the org's objects with its history, and the System Log.
//!
//! Two stores with a life of their own: `directory.redb` ([`Directory`]), which can be read anew from Okta as to the present, and
//! `events/` ([`Events`]), one file per day. Each has one writer thread; whatever must be true together goes to it in one call, and is
//! durable when the call resolves. Nobody but this module knows redb, and nobody outside `store::file` begins a transaction.
//!
//! Invariants: time is an argument; what is read is complete or says so; nothing is removed without a complete listing or proof;
//! files belong to their owner alone.

mod codec;
mod control;
mod directory;
mod error;
mod events;
mod file;
mod ground;
mod key;
mod leash;
pub mod medium;
mod network;
mod place;
pub mod rebuild;
pub mod sealed;
mod survey;
mod writer;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::id::OrgId;
use crate::domain::org::Org;
use crate::domain::query::Revisions;
use file::RedbFile;
use ground::Ground;
use medium::{Disk, Medium};

pub use control::{Control, Refused};
pub use directory::{
    Applied, AsOf, Batch, Counts, Detail, DetailRow, Directory, DirectoryOp, Ghost, History,
    HistoryPart, Missed, Opening, Pack, PastAssignment, PastObject, RunId, RunState, Says,
    StaleList, Telling, Turn, Unread,
};
pub use error::{Error, QueryError};
pub use events::{Appended, EventBatch, EventKey, Events, Keep, LogSummary};
pub use key::{Keys, NoKey, StoreKey};
pub use leash::Leash;
pub use survey::{Encryption, is_encrypted};

/// The directory's file.
const DIRECTORY: &str = "directory.redb";
/// What redb may keep of the directory in memory.
const DIRECTORY_CACHE_BYTES: usize = 32 << 20;

/// How a store behaves on its disk. The default keeps nothing free, has no ballast and is plain.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nothing is written while less than this is free.
    pub keep_free_bytes: u64,
    /// What is put aside to be given back on a disk that is full all the same.
    pub ballast_bytes: u64,
    /// Whether it may lie on another machine.
    pub allow_network: bool,
    /// How many records of users, or of memberships, opening may have to read one by one before pictures of the directory are taken.
    pub undrawn: usize,
    /// What its files are enciphered under.
    pub keys: Keys,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keep_free_bytes: 0,
            ballast_bytes: 0,
            allow_network: false,
            undrawn: 16_384,
            keys: Keys::default(),
        }
    }
}

/// The stores of one org. Cheap to clone; clones are the same stores.
#[derive(Clone)]
pub struct Store {
    /// Users, groups, apps and what binds them.
    pub directory: Directory,
    /// The System Log.
    pub events: Events,
    shared: Arc<Shared>,
}

struct Shared {
    /// Where the files are; `None` in memory.
    dir: Option<PathBuf>,
    /// What the files lie on; `None` in memory.
    ground: Option<Arc<Ground>>,
    /// Keeps other processes out until it is dropped.
    lock: Mutex<Option<File>>,
    org: RwLock<Option<Org>>,
    revisions: Arc<watch::Sender<Revisions>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({:?})", self.shared.dir)
    }
}

impl Store {
    /// Opens the stores in `dir`, making what is missing. With `org`, they must be that org's, or nobody's yet.
    ///
    /// # Errors
    /// When others could read or replace the files, another process has them open, they hold another org, a newer version wrote
    /// them, or they are damaged; [`Error::hint`] says what to do.
    pub fn open(dir: &Path, org: Option<&OrgId>) -> Result<Self, Error> {
        Self::open_with(dir, org, Settings::default())
    }

    /// As [`open`](Self::open), with settings.
    ///
    /// # Errors
    /// As [`open`](Self::open), and when `dir` is on a network file system that the settings do not allow.
    pub fn open_with(dir: &Path, org: Option<&OrgId>, settings: Settings) -> Result<Self, Error> {
        let dir = place::prepare_dir(dir)?;
        if let Some(kind) = network::file_system(&dir).filter(|_| !settings.allow_network) {
            return Err(Error::Network { path: dir, kind });
        }
        let lock = place::lock(&dir)?;
        let ground = Ground::new(Arc::new(Disk), &dir, settings);
        Self::start(&ground, (dir, Some(lock)), org)
    }

    /// Opens the stores in `dir` of a medium that nobody else uses.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_on(medium: Arc<dyn Medium>, dir: &Path, settings: Settings) -> Result<Self, Error> {
        let dir = medium.prepare_dir(dir)?;
        let ground = Ground::new(medium, &dir, settings);
        Self::start(&ground, (dir, None), None)
    }

    fn start(
        ground: &Arc<Ground>,
        (dir, lock): (PathBuf, Option<File>),
        org: Option<&OrgId>,
    ) -> Result<Self, Error> {
        survey::look(ground, &dir)?;
        let revisions = Arc::new(watch::Sender::new(Revisions::default()));
        let file = RedbFile::on(ground, dir.join(DIRECTORY), DIRECTORY_CACHE_BYTES);
        let directory = Directory::open(file, ground.undrawn(), Arc::clone(&revisions))?;
        let bound = directory.org()?;
        let wanted = org.or(bound.as_ref().map(|org| &org.id));
        check_org(&dir, bound.as_ref().map(|org| &org.id), wanted)?;
        let events = Events::open(ground, &dir.join("events"), Arc::clone(&revisions))?;
        check_org(&dir.join("events"), events.org()?.as_ref(), wanted)?;
        Ok(Self::of(
            Some((dir, lock, Arc::clone(ground))),
            directory,
            events,
            bound,
            revisions,
        ))
    }

    /// Stores without files, for tests and for campaigns under a manual clock. They behave as those on disk and end with the process.
    ///
    /// # Errors
    /// When the writer threads cannot be started.
    pub fn in_memory() -> Result<Self, Error> {
        let revisions = Arc::new(watch::Sender::new(Revisions::default()));
        let file = RedbFile::in_memory(DIRECTORY);
        let undrawn = Settings::default().undrawn;
        let directory = Directory::open(file, undrawn, Arc::clone(&revisions))?;
        let events = Events::in_memory(Arc::clone(&revisions))?;
        Ok(Self::of(None, directory, events, None, revisions))
    }

    fn of(
        place: Option<(PathBuf, Option<File>, Arc<Ground>)>,
        directory: Directory,
        events: Events,
        org: Option<Org>,
        revisions: Arc<watch::Sender<Revisions>>,
    ) -> Self {
        let org = RwLock::new(org);
        let (dir, lock, ground) = match place {
            Some((dir, lock, ground)) => (Some(dir), lock, Some(ground)),
            None => (None, None, None),
        };
        Self {
            directory,
            events,
            shared: Arc::new(Shared {
                dir,
                ground,
                lock: Mutex::new(lock),
                org,
                revisions,
            }),
        }
    }

    /// The org that the stores belong to, once it is known.
    pub fn org(&self) -> Option<Org> {
        let org = self.shared.org.read();
        org.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes the stores this org's. What is known about the org may change later, its id may not.
    ///
    /// # Errors
    /// When they belong to another org, or the disk fails.
    pub async fn bind_org(&self, org: &Org) -> Result<(), Error> {
        let known = self.org();
        let path = self.shared.dir.as_deref().unwrap_or(Path::new("the store"));
        check_org(path, known.as_ref().map(|org| &org.id), Some(&org.id))?;
        check_org(path, self.events.org()?.as_ref(), Some(&org.id))?;
        if known.as_ref() == Some(org) && self.events.org()?.is_some() {
            return Ok(());
        }
        self.events.bind(org.id.clone()).await?;
        self.directory.bind(org.clone()).await?;
        let mut slot = self
            .shared
            .org
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *slot = Some(org.clone());
        Ok(())
    }

    /// The control store beside these, which holds what oktop was told to do in this org; opened, and made when it is missing. There must be no
    /// other of the same directory.
    ///
    /// # Errors
    /// When it holds another org, a newer version wrote it, it is damaged, or its journal is not its own.
    pub fn control(&self, org: &OrgId, now: Timestamp) -> Result<Control, Error> {
        match (&self.shared.ground, &self.shared.dir) {
            (Some(ground), Some(dir)) => Control::open(ground, dir, org, now),
            _ => Control::in_memory(org, now),
        }
    }

    /// Tells when something was committed. A receiver may miss any value but the last.
    pub fn revisions(&self) -> watch::Receiver<Revisions> {
        self.shared.revisions.subscribe()
    }

    /// What is wrong with the disk or the files, each with what to do about it, until it is over. Reading goes on where it can.
    pub fn troubles(&self) -> Vec<Error> {
        let Some(ground) = &self.shared.ground else {
            return Vec::new();
        };
        ground.look_again();
        ground.troubles().borrow().values().cloned().collect()
    }

    /// Tells when something has gone wrong, or is over.
    pub fn trouble_news(&self) -> TroubleNews {
        TroubleNews(self.shared.ground.as_ref().map(|ground| ground.troubles()))
    }

    /// How the files are sealed.
    pub fn encryption(&self) -> Encryption {
        let Some(ground) = &self.shared.ground else {
            return Encryption::default();
        };
        Encryption {
            on: ground.keys().write().is_some(),
            waiting: ground.unsettled().len(),
            plain_aside: ground.plain_aside(),
        }
    }

    /// Writes the files anew that are not sealed as the settings want it, one after the other, until `stop` says so; gives how many
    /// were. Whoever wants to read or write one of them waits meanwhile. Takes as long as copying the files does.
    ///
    /// # Errors
    /// When there is no room for a copy. A file that cannot be read stays as it is, and [`troubles`](Self::troubles) tells of it.
    pub fn seal_anew(&self, stop: impl Fn() -> bool) -> Result<usize, Error> {
        let Some(ground) = &self.shared.ground else {
            return Ok(0);
        };
        let waiting: Vec<PathBuf> = ground.unsettled().iter().cloned().collect();
        let mut done = 0;
        for path in waiting {
            if stop() {
                break;
            }
            let renewed = if path.file_name() == Some(DIRECTORY.as_ref()) {
                self.directory.renew()
            } else {
                self.events.renew(&path)
            };
            match renewed {
                Err(error) if !error.is_full() => {
                    tracing::error!(%error, "a file of the mirror stays as it is");
                }
                renewed => renewed?,
            }
            done += usize::from(!ground.unsettled().contains(&path));
        }
        Ok(done)
    }

    /// Bytes that the files take on disk, without the ballast.
    pub fn disk_bytes(&self) -> u64 {
        self.shared.dir.as_deref().map_or(0, place::disk_bytes)
    }

    /// Bytes that the ballast takes on disk: none where there is none, or after it was given back.
    pub fn ballast_bytes(&self) -> u64 {
        let dir = self.shared.dir.as_deref();
        dir.map_or(0, |dir| place::file_bytes(&dir.join(place::BALLAST)))
    }

    /// Writes what is queued, ends the writer threads and closes the files. Clones that remain answer with [`Error::Closed`].
    ///
    /// # Errors
    /// When a file cannot be closed cleanly; it will be recovered when it is opened again.
    pub fn close(self) -> Result<(), Error> {
        let events = self.events.close();
        let closed = self.directory.close().and(events);
        self.shared.let_go();
        closed
    }
}

/// Hears of [troubles](Store::troubles).
#[derive(Debug)]
pub struct TroubleNews(Option<watch::Receiver<BTreeMap<PathBuf, Error>>>);

impl TroubleNews {
    /// Resolves when something has gone wrong, or is over, since the last time; never for a store in memory.
    pub async fn changed(&mut self) {
        if let Some(troubles) = &mut self.0
            && troubles.changed().await.is_ok()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

impl Shared {
    /// Lets other processes in. Dropping the file is not enough: a process that is just being started by this one has it open, too,
    /// until it becomes another program.
    fn let_go(&self) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = lock.take() {
            // Should it fail, dropping does it a moment later.
            let _ = file.unlock();
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.let_go();
    }
}

fn check_org(path: &Path, found: Option<&OrgId>, wanted: Option<&OrgId>) -> Result<(), Error> {
    match (found, wanted) {
        (Some(found), Some(wanted)) if found != wanted => Err(Error::OtherOrg {
            path: path.to_owned(),
            found: found.clone(),
            wanted: wanted.clone(),
        }),
        _ => Ok(()),
    }
}
