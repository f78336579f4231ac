//! What a store lies on: files that are opened, made whole, renamed and listed. [`Disk`] is the real one; tests bring others that
//! remember every write, lose what was not synced, run full or turn bad.
//!
//! What it promises is little on purpose: what was written is durable after [`Blob::sync`], and a name after [`Medium::rename`].

use std::fmt::Debug;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::FallocateFlags;

use super::error::Error;
use super::place;

/// Where the files of a store are.
pub trait Medium: Debug + Send + Sync + 'static {
    /// Makes sure that `dir` is there and safe to use, and gives its plain name.
    ///
    /// # Errors
    /// When others could read or replace what is in it, or it cannot be made.
    fn prepare_dir(&self, dir: &Path) -> Result<PathBuf, Error>;

    /// Opens a file for reading and writing; `None` when there is none.
    ///
    /// # Errors
    /// When it is not safe to use, another process has it open, or the system refuses.
    fn open(&self, path: &Path) -> Result<Option<Box<dyn Blob>>, Error>;

    /// Makes an empty file in the place of whatever has that name.
    ///
    /// # Errors
    /// When the system refuses.
    fn create(&self, path: &Path) -> Result<Box<dyn Blob>, Error>;

    /// Gives a file another name in the same directory, in the place of whatever has that name; durable when this returns.
    ///
    /// # Errors
    /// When the system refuses.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error>;

    /// Removes a file; one that is not there is removed already.
    ///
    /// # Errors
    /// When the system refuses.
    fn remove(&self, path: &Path) -> Result<(), Error>;

    /// The names of the files in `dir`.
    ///
    /// # Errors
    /// When it cannot be listed.
    fn list(&self, dir: &Path) -> Result<Vec<String>, Error>;

    /// Bytes that may still be written to where `dir` is; `None` when that is not known.
    fn free_bytes(&self, dir: &Path) -> Option<u64>;

    /// Makes a file that takes `bytes`; one that is there already and has them stays as it is.
    ///
    /// # Errors
    /// When there is no room, or the system refuses.
    fn reserve(&self, path: &Path, bytes: u64) -> Result<(), Error>;

    /// A file was not closed well enough to be opened at once, and is read from end to end; `share` of it, 0 to 1, is done.
    fn repairing(&self, path: &Path, share: f64) {
        let percent = share * 100.0;
        tracing::warn!(path = %path.display(), percent, "a file of the mirror is being repaired");
    }
}

/// The bytes of an open file. Dropping it closes it.
pub trait Blob: Debug + Send + Sync + 'static {
    /// How long it is.
    ///
    /// # Errors
    /// When the system refuses.
    fn size_bytes(&self) -> io::Result<u64>;

    /// Fills `out` with what is at `offset`.
    ///
    /// # Errors
    /// When there is less, or it cannot be read.
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes `data` at `offset`.
    ///
    /// # Errors
    /// When there is no room, or the system refuses.
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Cuts it off, or fills it up with zeros.
    ///
    /// # Errors
    /// When the system refuses.
    fn set_size_bytes(&self, bytes: u64) -> io::Result<()>;

    /// Makes durable what was written.
    ///
    /// # Errors
    /// When it may not be durable.
    fn sync(&self) -> io::Result<()>;
}

/// Makes the file `path` with what `fill` writes into it: whole or not at all, whenever the process or the machine ends. What could not
/// be finished is removed, so that it does not keep a full disk full.
pub(super) fn make_file(
    medium: &dyn Medium,
    path: &Path,
    fill: impl FnOnce(Box<dyn Blob>) -> Result<(), Error>,
) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.new"));
    let made = medium
        .create(&unfinished)
        .and_then(fill)
        .and_then(|()| medium.rename(&unfinished, path));
    if made.is_err() {
        // The next attempt writes over it; why this one failed says more.
        let _ = medium.remove(&unfinished);
    }
    made
}

/// Files of this machine, for their owner alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Medium for Disk {
    fn prepare_dir(&self, dir: &Path) -> Result<PathBuf, Error> {
        place::prepare_dir(dir)
    }

    fn open(&self, path: &Path) -> Result<Option<Box<dyn Blob>>, Error> {
        let file = place::open_file(path)?;
        file.map(|file| Locked::take(file, path)).transpose()
    }

    fn create(&self, path: &Path) -> Result<Box<dyn Blob>, Error> {
        self.remove(path)?;
        Locked::take(place::create_file(path)?, path)
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Error> {
        fs::rename(from, to).map_err(Error::io("create", to))?;
        let dir = to.parent().unwrap_or(Path::new("."));
        let synced = File::open(dir).and_then(|dir| dir.sync_all());
        synced.map_err(Error::io("write", dir))
    }

    fn remove(&self, path: &Path) -> Result<(), Error> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io("remove", path)(error))
            }
            _ => Ok(()),
        }
    }

    fn list(&self, dir: &Path) -> Result<Vec<String>, Error> {
        let entries = fs::read_dir(dir).map_err(Error::io("list", dir))?;
        let names = entries.map(|entry| entry.map(|entry| entry.file_name().into_string().ok()));
        let names: io::Result<Vec<_>> = names.collect();
        let names = names.map_err(Error::io("list", dir))?;
        Ok(names.into_iter().flatten().collect())
    }

    fn free_bytes(&self, dir: &Path) -> Option<u64> {
        let found = rustix::fs::statvfs(dir).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }

    fn reserve(&self, path: &Path, bytes: u64) -> Result<(), Error> {
        reserve(path, bytes)
    }
}

fn reserve(path: &Path, bytes: u64) -> Result<(), Error> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.len() >= bytes) {
        return Ok(());
    }
    // A process may have ended between making it and reserving its room.
    Disk.remove(path)?;
    let file = place::create_file(path)?;
    // Not by its length alone, which takes no room at all.
    let reserved = rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes);
    reserved.map_err(|error| {
        // What was reserved of it is of use to nobody; that the rest failed says more than that this does.
        let _ = fs::remove_file(path);
        Error::io("reserve", path)(error.into())
    })
}

/// A file that no other process can open meanwhile.
#[derive(Debug)]
struct Locked(File);

impl Locked {
    fn take(file: File, path: &Path) -> Result<Box<dyn Blob>, Error> {
        match file.try_lock() {
            Ok(()) => Ok(Box::new(Self(file))),
            Err(TryLockError::WouldBlock) => Err(Error::InUse {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(Error::io("lock", path)(error)),
        }
    }
}

impl Drop for Locked {
    /// Closing is not enough: a process that is just being started by this one has the file open, too.
    fn drop(&mut self) {
        // Should it fail, closing does it a moment later.
        let _ = self.0.unlock();
    }
}

impl Blob for Locked {
    fn size_bytes(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(out, offset)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write_all_at(data, offset)
    }

    fn set_size_bytes(&self, bytes: u64) -> io::Result<()> {
        self.0.set_len(bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn a_file_is_made_whole_or_not_at_all() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("x.redb");
        let failed = make_file(&Disk, &path, |_| Err(Error::Closed));
        assert!(failed.is_err() && Disk.list(temp.path()).unwrap().is_empty());
        // What an attempt that was cut off left behind is in nobody's way.
        fs::write(temp.path().join(".x.redb.new"), "half").unwrap();
        let write = |blob: Box<dyn Blob>| blob.write(0, b"x").map_err(Error::io("write", &path));
        make_file(&Disk, &path, write).unwrap();
        assert_eq!(Disk.list(temp.path()).unwrap(), ["x.redb"]);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    }

    #[test]
    fn ballast_takes_room_once() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("ballast");
        for _ in 0..2 {
            Disk.reserve(&path, 1 << 20).unwrap();
        }
        let found = fs::metadata(&path).unwrap();
        assert_eq!(
            (found.len(), found.blocks() * 512 >= 1 << 20),
            (1 << 20, true)
        );
        assert!(Disk.free_bytes(temp.path()).is_some());
        assert!(Disk.reserve(&temp.path().join("more"), 1 << 60).is_err());
        assert_eq!(Disk.list(temp.path()).unwrap(), ["ballast"]);
    }

    #[test]
    fn ballast_that_was_cut_off_before_it_took_room_is_made_again() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("ballast");
        drop(place::create_file(&path).unwrap());
        Disk.reserve(&path, 1 << 20).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 1 << 20);
    }

    #[test]
    fn an_open_file_is_this_ones_alone_until_it_is_dropped() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("x.redb");
        assert!(Disk.open(&path).unwrap().is_none());
        let first = Disk.create(&path).unwrap();
        assert!(matches!(Disk.open(&path), Err(Error::InUse { .. })));
        drop(first);
        assert!(Disk.open(&path).unwrap().is_some());
    }
}
