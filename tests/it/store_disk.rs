//! A disk in memory that the store is tried on: it remembers every write, sync and rename in their order, and makes of that what
//! a cut of power could leave at any moment. It can run full and turn bad as well.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use oktop::store::medium::{Blob, Medium};
use oktop::store::{Error, Keys, Settings, Store};
use rand::RngExt as _;
use rand::rngs::StdRng;

/// Numbers a file for its whole life, whatever it is called.
type FileId = usize;

/// What happened to the disk.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Create(PathBuf, FileId),
    Write(FileId, u64, Arc<[u8]>),
    SetSize(FileId, u64),
    Sync(FileId),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
    /// What the test says of itself: so much was acknowledged.
    Ack(u64),
}

#[derive(Debug, Default)]
struct State {
    names: BTreeMap<PathBuf, FileId>,
    files: BTreeMap<FileId, Arc<Vec<u8>>>,
    next: FileId,
    /// Every operation since the recording began.
    log: Option<Vec<Op>>,
    repairs: u32,
    /// What the sizes of all files together may not pass.
    limit_bytes: Option<u64>,
    /// Whether the next sync is the end of the thread that asks for it.
    explodes: bool,
    /// How many more syncs succeed before one does its work and says that it failed.
    syncs_left: Option<u32>,
    /// What stores on it are opened with.
    keys: Keys,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct SimDisk(Arc<Mutex<State>>);

impl SimDisk {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From now on stores on it, and on copies and images of it, are opened with these keys.
    pub(crate) fn use_keys(&self, keys: Keys) {
        self.state().keys = keys;
    }

    /// Opens the stores on it, with nothing kept free, and with pictures of next to nothing.
    pub(crate) fn open_store(&self, dir: &Path) -> Result<Store, Error> {
        let settings = Settings {
            undrawn: 8,
            keys: self.state().keys.clone(),
            ..Settings::default()
        };
        self.open_store_with(dir, settings)
    }

    pub(crate) fn open_store_with(&self, dir: &Path, settings: Settings) -> Result<Store, Error> {
        Store::open_on(Arc::new(self.clone()), dir, settings)
    }

    /// From now on every operation is remembered. Gives the disk as it is, for [`Replay`].
    pub(crate) fn record(&self) -> Replay {
        let mut state = self.state();
        state.log = Some(Vec::new());
        Replay {
            durable: Image {
                names: state.names.clone(),
                files: state.files.clone(),
                keys: state.keys.clone(),
            },
            pending: BTreeMap::new(),
            removed: Vec::new(),
        }
    }

    pub(crate) fn acknowledge(&self, number: u64) {
        self.state().note(Op::Ack(number));
    }

    pub(crate) fn recorded(&self) -> Vec<Op> {
        self.state().log.take().unwrap_or_default()
    }

    /// How often a file had to be read from end to end before it opened.
    pub(crate) fn repairs(&self) -> u32 {
        self.state().repairs
    }

    /// All files together may take so much, or as much as they like.
    pub(crate) fn limit(&self, bytes: Option<u64>) {
        self.state().limit_bytes = bytes;
    }

    /// The next sync panics.
    pub(crate) fn explode(&self) {
        self.state().explodes = true;
    }

    /// After so many more syncs one says that it failed, though everything is on the disk.
    pub(crate) fn lie_after(&self, syncs: u32) {
        self.state().syncs_left = Some(syncs);
    }

    /// Whether that is still to come.
    pub(crate) fn will_lie(&self) -> bool {
        self.state().syncs_left.is_some()
    }

    /// Changes what is in a file, behind the store's back.
    pub(crate) fn damage(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state();
        let id = state.names[path];
        let content = state.files.get_mut(&id).unwrap();
        change(Arc::make_mut(content));
    }

    /// What a file holds.
    pub(crate) fn content(&self, path: &Path) -> Arc<Vec<u8>> {
        let state = self.state();
        Arc::clone(&state.files[&state.names[path]])
    }

    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    /// Another disk with the same in it.
    pub(crate) fn copy(&self) -> Self {
        let state = self.state();
        Image {
            names: state.names.clone(),
            files: state.files.clone(),
            keys: state.keys.clone(),
        }
        .disk()
    }
}

impl State {
    fn note(&mut self, op: Op) {
        if let Some(log) = &mut self.log {
            log.push(op);
        }
    }

    fn used_bytes(&self) -> u64 {
        self.names
            .values()
            .map(|id| self.files[id].len() as u64)
            .sum()
    }

    fn grow_to(&self, id: FileId, bytes: u64) -> io::Result<()> {
        let grown = bytes.saturating_sub(self.files[&id].len() as u64);
        match self.limit_bytes {
            Some(limit) if grown > 0 && self.used_bytes() + grown > limit => {
                Err(io::ErrorKind::StorageFull.into())
            }
            _ => Ok(()),
        }
    }
}

impl Medium for SimDisk {
    fn prepare_dir(&self, dir: &Path) -> Result<PathBuf, Error> {
        Ok(dir.to_owned())
    }

    fn open(&self, path: &Path) -> Result<Option<Box<dyn Blob>>, Error> {
        let id = self.state().names.get(path).copied();
        Ok(id.map(|id| Box::new(SimBlob(self.clone(), id)) as Box<dyn Blob>))
    }

    fn create(&self, path: &Path) -> Result<Box<dyn Blob>, Error> {
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.names.insert(path.to_owned(), id);
        state.files.insert(id, Arc::default());
        state.note(Op::Create(path.to_owned(), id));
        drop(state);
        Ok(Box::new(SimBlob(self.clone(), id)))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        let mut state = self.state();
        let Some(id) = state.names.remove(from) else {
            return Err(missing(from));
        };
        state.names.insert(to.to_owned(), id);
        state.note(Op::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &Path) -> Result<(), Error> {
        let mut state = self.state();
        if state.names.remove(path).is_some() {
            state.note(Op::Remove(path.to_owned()));
        }
        Ok(())
    }

    fn list(&self, dir: &Path) -> Result<Vec<String>, Error> {
        let state = self.state();
        let names = state.names.keys().filter(|path| path.parent() == Some(dir));
        let names = names.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
        Ok(names.collect())
    }

    fn free_bytes(&self, _: &Path) -> Option<u64> {
        let state = self.state();
        let limit = state.limit_bytes?;
        Some(limit.saturating_sub(state.used_bytes()))
    }

    fn reserve(&self, path: &Path, bytes: u64) -> Result<(), Error> {
        if self.state().names.contains_key(path) {
            return Ok(());
        }
        let reserved = self.create(path)?.set_size_bytes(bytes);
        reserved.map_err(|source| Error::Io {
            operation: "reserve",
            path: path.to_owned(),
            source: Arc::new(source),
        })
    }

    fn repairing(&self, _: &Path, _: f64) {
        self.state().repairs += 1;
    }
}

fn missing(path: &Path) -> Error {
    Error::Io {
        operation: "rename",
        path: path.to_owned(),
        source: Arc::new(io::ErrorKind::NotFound.into()),
    }
}

#[derive(Debug)]
struct SimBlob(SimDisk, FileId);

impl Blob for SimBlob {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.0.state().files[&self.1].len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.state();
        let start = usize::try_from(offset).unwrap();
        let found = state.files[&self.1].get(start..start + out.len());
        out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.0.state();
        state.grow_to(self.1, offset + data.len() as u64)?;
        write(state.files.get_mut(&self.1).unwrap(), offset, data);
        if state.log.is_some() {
            state.note(Op::Write(self.1, offset, data.into()));
        }
        Ok(())
    }

    fn set_size_bytes(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.0.state();
        state.grow_to(self.1, bytes)?;
        set_size(state.files.get_mut(&self.1).unwrap(), bytes);
        state.note(Op::SetSize(self.1, bytes));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let explodes = std::mem::take(&mut self.0.state().explodes);
        assert!(!explodes, "the disk exploded");
        let mut state = self.0.state();
        state.note(Op::Sync(self.1));
        match state.syncs_left {
            Some(0) => {
                state.syncs_left = None;
                Err(io::Error::other("the cable is loose"))
            }
            left => {
                state.syncs_left = left.map(|left| left - 1);
                Ok(())
            }
        }
    }
}

fn write(content: &mut Arc<Vec<u8>>, offset: u64, data: &[u8]) {
    let content = Arc::make_mut(content);
    let start = usize::try_from(offset).unwrap();
    if content.len() < start + data.len() {
        content.resize(start + data.len(), 0);
    }
    content[start..start + data.len()].copy_from_slice(data);
}

fn set_size(content: &mut Arc<Vec<u8>>, bytes: u64) {
    Arc::make_mut(content).resize(usize::try_from(bytes).unwrap(), 0);
}

/// What lies on a disk that nobody uses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Image {
    names: BTreeMap<PathBuf, FileId>,
    files: BTreeMap<FileId, Arc<Vec<u8>>>,
    keys: Keys,
}

impl Image {
    /// The disk after the power is back.
    pub(crate) fn disk(&self) -> SimDisk {
        let state = State {
            names: self.names.clone(),
            files: self.files.clone(),
            next: self.files.keys().last().map_or(0, |last| last + 1),
            keys: self.keys.clone(),
            ..State::default()
        };
        SimDisk(Arc::new(Mutex::new(state)))
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Write(id, offset, data) => write(self.files.get_mut(id).unwrap(), *offset, data),
            Op::SetSize(id, bytes) => set_size(self.files.get_mut(id).unwrap(), *bytes),
            _ => {}
        }
    }
}

/// Which of the writes that no sync followed are on the disk after the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Survives {
    /// None of them.
    None,
    /// All of them: what `kill -9` leaves.
    All,
    /// Some of them.
    Some,
    /// Some of them, and of each some pieces of so many bytes.
    Torn(usize),
}

/// Goes through what was recorded, and makes the images of a cut between any two operations.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    durable: Image,
    /// Per file, what was not synced.
    pending: BTreeMap<FileId, Vec<Op>>,
    /// Names whose removal no rename made durable.
    removed: Vec<(PathBuf, FileId)>,
}

impl Replay {
    /// Whether nothing waits for a sync, so that a cut has but one outcome.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending.is_empty() && self.removed.is_empty()
    }

    /// One more operation has happened.
    pub(crate) fn step(&mut self, op: &Op) {
        match op {
            Op::Write(id, ..) | Op::SetSize(id, _) => {
                self.pending.entry(*id).or_default().push(op.clone());
            }
            Op::Sync(id) => {
                for op in self.pending.remove(id).unwrap_or_default() {
                    self.durable.apply(&op);
                }
            }
            Op::Create(path, id) => {
                self.durable.names.insert(path.clone(), *id);
                self.durable.files.insert(*id, Arc::default());
            }
            Op::Rename(from, to) => {
                self.removed.clear();
                if let Some(id) = self.durable.names.remove(from) {
                    self.durable.names.insert(to.clone(), id);
                }
            }
            Op::Remove(path) => {
                if let Some(id) = self.durable.names.remove(path) {
                    self.removed.push((path.clone(), id));
                }
            }
            Op::Ack(_) => {}
        }
    }

    /// What a cut now leaves.
    pub(crate) fn cut(&self, survives: Survives, dice: &mut StdRng) -> Image {
        let mut image = self.durable.clone();
        for op in self.pending.values().flatten() {
            match (survives, op) {
                (Survives::None, _) => {}
                (Survives::All, _) => image.apply(op),
                (Survives::Some | Survives::Torn(_), _) if dice.random() => {}
                (Survives::Torn(piece), Op::Write(id, offset, data)) => {
                    for (number, part) in data.chunks(piece).enumerate() {
                        if dice.random() {
                            let offset = offset + (number * piece) as u64;
                            image.apply(&Op::Write(*id, offset, part.into()));
                        }
                    }
                }
                (Survives::Some | Survives::Torn(_), _) => image.apply(op),
            }
        }
        if survives != Survives::All {
            for (path, id) in &self.removed {
                if dice.random() {
                    image.names.entry(path.clone()).or_insert(*id);
                }
            }
        }
        image
    }
}
