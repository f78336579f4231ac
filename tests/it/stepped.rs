//! A process that stops at the n-th thing that it does to its files, says so, and waits there to be killed.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use oktop::store::Error;
use oktop::store::medium::{Blob, Disk, Medium};

/// The files of this machine, until as many syncs, renames and removals are done as there are steps; there it stops for good.
#[derive(Debug)]
pub(crate) struct Stepped {
    left: AtomicU32,
    /// Whether it stops behind a sync as well.
    behind: bool,
}

impl Stepped {
    /// Stops after so many steps, of which one comes before every sync.
    pub(crate) fn before(steps: u32) -> Self {
        Self {
            left: AtomicU32::new(steps),
            behind: false,
        }
    }

    /// Stops after so many steps, of which one comes before and one behind every sync.
    pub(crate) fn before_and_behind(steps: u32) -> Self {
        Self {
            left: AtomicU32::new(steps),
            behind: true,
        }
    }

    pub(crate) fn step(&self) {
        let before = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if before.is_err() {
            say("here");
            loop {
                std::thread::park();
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct SteppedDisk(pub(crate) Arc<Stepped>);

#[derive(Debug)]
struct SteppedBlob(Arc<Stepped>, Box<dyn Blob>);

impl Medium for SteppedDisk {
    fn prepare_dir(&self, dir: &Path) -> Result<PathBuf, Error> {
        Disk.prepare_dir(dir)
    }

    fn open(&self, path: &Path) -> Result<Option<Box<dyn Blob>>, Error> {
        let blob = Disk.open(path)?;
        Ok(blob.map(|blob| Box::new(SteppedBlob(Arc::clone(&self.0), blob)) as Box<dyn Blob>))
    }

    fn create(&self, path: &Path) -> Result<Box<dyn Blob>, Error> {
        let blob = Disk.create(path)?;
        Ok(Box::new(SteppedBlob(Arc::clone(&self.0), blob)))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.0.step();
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> Result<(), Error> {
        self.0.step();
        Disk.remove(path)
    }

    fn list(&self, dir: &Path) -> Result<Vec<String>, Error> {
        Disk.list(dir)
    }

    fn free_bytes(&self, dir: &Path) -> Option<u64> {
        Disk.free_bytes(dir)
    }

    fn reserve(&self, path: &Path, bytes: u64) -> Result<(), Error> {
        Disk.reserve(path, bytes)
    }
}

impl Blob for SteppedBlob {
    fn size_bytes(&self) -> io::Result<u64> {
        self.1.size_bytes()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.1.read(offset, out)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.1.write(offset, data)
    }

    fn set_size_bytes(&self, bytes: u64) -> io::Result<()> {
        self.1.set_size_bytes(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.step();
        let synced = self.1.sync();
        if self.0.behind {
            self.0.step();
        }
        synced
    }
}

pub(crate) fn say(word: &str) {
    let mut out = io::stdout().lock();
    writeln!(out, "ack {word}").unwrap();
    out.flush().unwrap();
}
