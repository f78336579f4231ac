//! A file that gets its name once it is whole, and never another file's.

use std::io::{self, Seek as _, Write};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use tempfile::NamedTempFile;

/// A file that is being written, for its owner alone. It is gone when it is dropped before it is kept.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    draft: NamedTempFile,
    digest: Digest,
    bytes: u64,
}

/// What a file came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// How many bytes it has.
    pub bytes: u64,
}

/// A SHA-256 that is being calculated.
pub struct Digest(Context);

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digest")
    }
}

impl Default for Digest {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Digest {
    /// Takes in more bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In hexadecimal digits.
    pub fn text(self) -> String {
        let digest = self.0.finish();
        let digits = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        digits.collect()
    }
}

impl NewFile {
    /// Begins a file beside the place that it is to have.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when there is something of that name, and whatever keeps a file from being made there.
    pub fn create(path: &Path) -> io::Result<Self> {
        if path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
        let draft = tempfile::Builder::new()
            .prefix(".oktop-")
            .suffix(".part")
            .tempfile_in(parent.unwrap_or(Path::new(".")))?;
        Ok(Self {
            path: path.to_owned(),
            draft,
            digest: Digest::default(),
            bytes: 0,
        })
    }

    /// Takes back all that was written.
    ///
    /// # Errors
    /// Whatever keeps the file from being emptied.
    pub fn begin_again(&mut self) -> io::Result<()> {
        self.draft.as_file().set_len(0)?;
        self.draft.rewind()?;
        self.digest = Digest::default();
        self.bytes = 0;
        Ok(())
    }

    /// Has all of it on the disk. It has its name only with [`Sealed::name`].
    ///
    /// # Errors
    /// Whatever keeps it from being written.
    pub fn seal(self) -> io::Result<Sealed> {
        self.draft.as_file().sync_all()?;
        let kept = Kept {
            sha256: self.digest.text(),
            bytes: self.bytes,
        };
        Ok(Sealed {
            path: self.path,
            draft: self.draft,
            kept,
        })
    }
}

/// A file that is whole and has no name yet. It is gone when it is dropped.
#[derive(Debug)]
pub struct Sealed {
    path: PathBuf,
    draft: NamedTempFile,
    kept: Kept,
}

impl Sealed {
    /// What it came to.
    pub fn kept(&self) -> &Kept {
        &self.kept
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] when something has got that name meanwhile, and whatever keeps it from being named.
    pub fn name(self) -> io::Result<Kept> {
        self.draft
            .persist_noclobber(&self.path)
            .map_err(|failed| failed.error)?;
        Ok(self.kept)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.draft.as_file_mut().write(bytes)?;
        self.digest.add(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.draft.as_file_mut().flush()
    }
}

/// Writes a small file at once.
///
/// # Errors
/// As [`NewFile::create`], [`NewFile::seal`] and [`Sealed::name`].
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<Kept> {
    draft(path, bytes)?.name()
}

/// Writes a small file that has no name yet.
///
/// # Errors
/// As [`NewFile::create`] and [`NewFile::seal`].
pub fn draft(path: &Path, bytes: &[u8]) -> io::Result<Sealed> {
    let mut file = NewFile::create(path)?;
    file.write_all(bytes)?;
    file.seal()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_there_when_it_is_whole_and_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let mut file = NewFile::create(&path).unwrap();
        file.write_all(b"abc").unwrap();
        let sealed = file.seal().unwrap();
        assert!(!path.exists());
        let kept = sealed.name().unwrap();
        assert_eq!(
            (kept.bytes, &*kept.sha256),
            (
                3,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            )
        );
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(names(dir.path()), ["a.csv"]);
    }

    #[test]
    fn a_file_that_was_begun_again_has_only_what_came_then() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv");
        let mut file = NewFile::create(&path).unwrap();
        file.write_all(b"something longer").unwrap();
        file.begin_again().unwrap();
        file.write_all(b"abc").unwrap();
        let kept = file.seal().unwrap().name().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
        assert_eq!(kept.bytes, 3);
        assert!(kept.sha256.starts_with("ba7816bf"));
    }

    #[test]
    fn nothing_is_left_of_a_file_that_was_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = NewFile::create(&dir.path().join("a.csv")).unwrap();
        file.write_all(b"abc").unwrap();
        drop(file);
        assert_eq!(names(dir.path()), [""; 0]);
    }

    #[test]
    fn nothing_is_overwritten_not_even_what_came_meanwhile_or_leads_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let (old, late, link) = ("old", "late", "link");
        let at = |name: &str| dir.path().join(name);
        fs::write(at(old), "mine").unwrap();
        std::os::unix::fs::symlink("nowhere", at(link)).unwrap();
        for name in [old, link] {
            let error = NewFile::create(&at(name)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{name}");
        }
        let file = NewFile::create(&at(late)).unwrap();
        fs::write(at(late), "theirs").unwrap();
        let error = file.seal().unwrap().name().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(at(late)).unwrap(), "theirs");
        assert_eq!(names(dir.path()), [late, link, old]);
    }
}
