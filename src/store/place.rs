//! Where a store may lie: a directory and files that only their owner can read, and that nobody else can have put there.
//!
//! What lies wider open is refused rather than narrowed: whoever made it so may have copied it already, and the operator should
//! know.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::error::Error;

/// The file that is given back on a full disk; it holds nothing.
pub(super) const BALLAST: &str = "ballast";
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o002;
const GROUP_AND_OTHERS: u32 = 0o077;

/// Makes sure that `dir` exists and that only its owner, this user, can enter it. Parents that are missing are made alike.
pub(super) fn prepare_dir(dir: &Path) -> Result<PathBuf, Error> {
    // Without a trailing slash, which would make the system follow a link before it is seen.
    let dir: PathBuf = dir.components().collect();
    if fs::symlink_metadata(&dir).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        make_dir(&dir)?;
    }
    check_parent(&dir)?;
    let metadata = fs::symlink_metadata(&dir).map_err(Error::io("examine", &dir))?;
    if !metadata.is_dir() {
        return Err(refuse(
            &dir,
            "is not a directory (links are not followed)",
            "give the directory itself as --data-dir",
        ));
    }
    check_owner(&dir, &metadata)?;
    check_mode(&dir, &metadata, "700")?;
    Ok(dir)
}

fn make_dir(dir: &Path) -> Result<(), Error> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(dir).map_err(Error::io("create", dir))?;
    // The process's umask may have taken more away than it should.
    fs::set_permissions(dir, Permissions::from_mode(0o700)).map_err(Error::io("protect", dir))
}

fn check_parent(dir: &Path) -> Result<(), Error> {
    let parent = match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mode = fs::metadata(parent)
        .map_err(Error::io("examine", parent))?
        .mode();
    if mode & OTHERS_WRITE != 0 && mode & STICKY == 0 {
        return Err(refuse(
            dir,
            "lies in a directory in which anybody may replace it",
            &format!("chmod o-w {}", parent.display()),
        ));
    }
    Ok(())
}

/// Opens `path` for reading and writing; it must be a plain file of this user's with mode 0600, with one name only. `None` when there
/// is no such file.
pub(super) fn open_file(path: &Path) -> Result<Option<File>, Error> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("examine", path)(error)),
        Ok(metadata) => check_plain(path, &metadata)?,
    }
    let file = private().open(path).map_err(Error::io("open", path))?;
    let metadata = file.metadata().map_err(Error::io("examine", path))?;
    check_file(path, &metadata)?;
    Ok(Some(file))
}

/// Makes the file `path`, which does not exist, for its owner alone.
pub(super) fn create_file(path: &Path) -> Result<File, Error> {
    let file = private()
        .create_new(true)
        .open(path)
        .map_err(Error::io("create", path))?;
    // The process's umask may have taken more away than it should.
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(Error::io("protect", path))?;
    Ok(file)
}

/// Takes the directory for this process until the file that is given is dropped.
///
/// redb locks its files too, but not before they exist: of two processes that start at once, the second would put its new file in
/// the place of the first one's.
pub(super) fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("store.lock");
    let file = private()
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse {
            path: dir.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", &path)(error)),
    }
}

fn private() -> OpenOptions {
    let no_follow = (OFlags::NOFOLLOW | OFlags::CLOEXEC).bits().cast_signed();
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .mode(0o600)
        .custom_flags(no_follow);
    options
}

fn check_plain(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(refuse(
        path,
        "is not a plain file (links are not followed)",
        "move it away",
    ))
}

fn check_file(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.nlink() != 1 {
        return Err(refuse(
            path,
            "has a second name somewhere (a hard link)",
            "remove the other name, or copy the file",
        ));
    }
    check_owner(path, metadata)?;
    check_mode(path, metadata, "600")
}

fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    if metadata.uid() == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(refuse(
        path,
        "belongs to another user",
        "run as that user, or use another --data-dir",
    ))
}

fn check_mode(path: &Path, metadata: &Metadata, wanted: &str) -> Result<(), Error> {
    if metadata.mode() & GROUP_AND_OTHERS == 0 {
        return Ok(());
    }
    Err(refuse(
        path,
        &format!(
            "is open to other users (mode {:o})",
            metadata.mode() & 0o7777
        ),
        &format!("chmod {wanted} {}", path.display()),
    ))
}

fn refuse(path: &Path, problem: &str, hint: &str) -> Error {
    Error::Unsafe {
        path: path.to_owned(),
        problem: problem.to_owned(),
        hint: hint.to_owned(),
    }
}

/// Bytes that the files below `dir` take on disk, without the ballast. Their length would say nothing: redb's files are sparse.
pub(super) fn disk_bytes(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else {
        return 0;
    };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => disk_bytes(&entry.path()),
        Ok(metadata) if metadata.is_file() && entry.file_name() != BALLAST => {
            metadata.blocks() * 512
        }
        _ => 0,
    };
    entries.flatten().map(size).sum()
}

/// Bytes that a file takes on disk.
pub(super) fn file_bytes(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.blocks() * 512)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn make(path: &Path) -> Result<(), Error> {
        create_file(path).map(drop)
    }

    #[test]
    fn what_is_made_is_for_its_owner_alone() {
        let temp = tempfile::tempdir().unwrap();
        let dir = prepare_dir(&temp.path().join("a/b/")).unwrap();
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(mode(&temp.path().join("a")), 0o700);
        let file = dir.join("x.redb");
        assert!(open_file(&file).unwrap().is_none());
        make(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert!(open_file(&file).unwrap().is_some());
    }

    #[test]
    fn what_others_could_read_or_swap_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let dir = prepare_dir(&temp.path().join("data")).unwrap();
        let refused = |result: Result<(), Error>, word: &str| {
            let error = result.expect_err(word);
            assert!(error.to_string().contains(word), "{error}");
            assert!(error.hint().is_some());
        };
        let try_dir = |path: &Path| prepare_dir(path).map(drop);
        let try_file = |path: &Path| open_file(path).map(drop);

        fs::set_permissions(&dir, Permissions::from_mode(0o750)).unwrap();
        refused(try_dir(&dir), "other users");
        fs::set_permissions(&dir, Permissions::from_mode(0o700)).unwrap();

        let link = temp.path().join("link");
        symlink(&dir, &link).unwrap();
        refused(try_dir(&link), "not a directory");
        refused(try_dir(&temp.path().join("link/")), "not a directory");

        let file = dir.join("x.redb");
        make(&file).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        refused(try_file(&file), "other users");
        fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();

        let second = dir.join("y.redb");
        symlink(&file, &second).unwrap();
        refused(try_file(&second), "plain file");
        fs::remove_file(&second).unwrap();
        symlink(temp.path().join("nowhere"), &second).unwrap();
        refused(try_file(&second), "plain file");
        fs::remove_file(&second).unwrap();
        fs::hard_link(&file, &second).unwrap();
        refused(try_file(&file), "second name");

        let open = temp.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
        refused(try_dir(&open.join("data")), "replace it");
    }
}
