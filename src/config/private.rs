//! Files and directories that only their owner may use: made that way, and checked before they are trusted.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// Why a file or directory is not used.
#[derive(Debug, thiserror::Error)]
pub enum NotPrivate {
    /// It cannot be opened or made.
    #[error("{path} cannot be used: {cause}")]
    Unusable {
        /// Which one.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Its mode lets others in.
    #[error("{path} is open to other users (mode {mode:03o})")]
    Open {
        /// Which one.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// The permission bits it should have.
        wanted: u32,
    },
    /// It belongs to someone else.
    #[error("{path} belongs to another user (uid {owner})")]
    Foreign {
        /// Which one.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
    },
    /// It is a link, or not of the kind that was expected.
    #[error("{path} is not {wanted}")]
    OtherKind {
        /// Which one.
        path: PathBuf,
        /// What it should be.
        wanted: &'static str,
    },
}

impl NotPrivate {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Unusable { path, .. } => format!(
                "check that {} and the directories above it are yours",
                path.display()
            ),
            Self::Open { path, wanted, .. } => {
                format!("run: chmod {wanted:03o} {}", path.display())
            }
            Self::Foreign { .. } => "choose a place that belongs to you".to_owned(),
            Self::OtherKind { path, wanted } => format!("put {wanted} at {}", path.display()),
        }
    }
}

/// Opens a file for reading that must be a regular one, ours, without another name, and readable by nobody else.
///
/// # Errors
/// [`NotPrivate`] with what is wrong about it. Links are not followed.
pub fn open_file(path: &Path) -> Result<File, NotPrivate> {
    let nofollow = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or_default();
    let unusable = |cause| NotPrivate::Unusable {
        path: path.to_owned(),
        cause,
    };
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(nofollow)
        .open(path)
        .map_err(unusable)?;
    let metadata = file.metadata().map_err(unusable)?;
    if !metadata.is_file() || metadata.nlink() != 1 {
        return Err(NotPrivate::OtherKind {
            path: path.to_owned(),
            wanted: "a regular file with one name",
        });
    }
    check(path, &metadata, 0o600)?;
    Ok(file)
}

/// Makes a directory (and those above it) for ourselves alone, or checks that the one that is there is. One of ours that is
/// empty, or that holds our stores, is closed to others; any other open one is refused, since closing it could surprise.
///
/// # Errors
/// [`NotPrivate`] when it cannot be made, belongs to someone else, is a link, or is open to others and holds other things.
pub fn ensure_directory(path: &Path) -> Result<(), NotPrivate> {
    let unusable = |cause| NotPrivate::Unusable {
        path: path.to_owned(),
        cause,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(unusable)?;
    let metadata = fs::symlink_metadata(path).map_err(unusable)?;
    if !metadata.is_dir() {
        return Err(NotPrivate::OtherKind {
            path: path.to_owned(),
            wanted: "a directory of your own, not a link",
        });
    }
    match check(path, &metadata, 0o700) {
        Err(NotPrivate::Open { .. }) if is_ours_to_close(path).map_err(unusable)? => {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(unusable)
        }
        checked => checked,
    }
}

/// Checks a directory without changing anything; one that does not exist is fine.
///
/// # Errors
/// [`NotPrivate`] when it belongs to someone else, is a link, or is open to others.
pub fn check_directory(path: &Path) -> Result<(), NotPrivate> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => check(path, &metadata, 0o700),
        Ok(_) => Err(NotPrivate::OtherKind {
            path: path.to_owned(),
            wanted: "a directory of your own, not a link",
        }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(NotPrivate::Unusable {
            path: path.to_owned(),
            cause,
        }),
    }
}

fn check(path: &Path, metadata: &fs::Metadata, wanted: u32) -> Result<(), NotPrivate> {
    let path = path.to_owned();
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(NotPrivate::Foreign {
            path,
            owner: metadata.uid(),
        });
    }
    match metadata.mode() & 0o777 {
        mode if mode & 0o077 != 0 => Err(NotPrivate::Open { path, mode, wanted }),
        _ => Ok(()),
    }
}

fn is_ours_to_close(path: &Path) -> io::Result<bool> {
    let mut entries = fs::read_dir(path)?.peekable();
    if entries.peek().is_none() {
        return Ok(true);
    }
    Ok(path.join("directory.redb").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_new_directory_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        ensure_directory(&path).unwrap();
        assert_eq!(
            (mode(&path), mode(&folder.path().join("a"))),
            (0o700, 0o700)
        );
    }

    #[test]
    fn an_open_directory_is_closed_only_when_that_surprises_nobody() {
        let folder = tempfile::tempdir().unwrap();
        with_mode(folder.path(), 0o755);
        ensure_directory(folder.path()).unwrap();
        assert_eq!(mode(folder.path()), 0o700);

        with_mode(folder.path(), 0o755);
        fs::write(folder.path().join("letter.txt"), "").unwrap();
        let refused = ensure_directory(folder.path()).unwrap_err();
        assert_eq!(
            refused.hint(),
            format!("run: chmod 700 {}", folder.path().display())
        );
        assert_eq!(mode(folder.path()), 0o755);

        fs::write(folder.path().join("directory.redb"), "").unwrap();
        ensure_directory(folder.path()).unwrap();
        assert_eq!(mode(folder.path()), 0o700);
    }

    #[test]
    fn links_and_files_are_no_directories() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link, file) = (
            folder.path().join("real"),
            folder.path().join("link"),
            folder.path().join("file"),
        );
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        fs::write(&file, "").unwrap();
        assert!(matches!(
            ensure_directory(&link),
            Err(NotPrivate::OtherKind { .. })
        ));
        assert!(ensure_directory(&file).is_err() && check_directory(&file).is_err());
        assert!(check_directory(&folder.path().join("none")).is_ok());
    }

    #[test]
    fn a_file_with_two_names_is_not_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, "x").unwrap();
        with_mode(&path, 0o600);
        assert!(open_file(&path).is_ok());
        fs::hard_link(&path, folder.path().join("other")).unwrap();
        assert!(matches!(
            open_file(&path),
            Err(NotPrivate::OtherKind { .. })
        ));
    }
}
