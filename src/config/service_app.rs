//! The service app that asks in place of an API token: its client id, and the private file with its key.

use std::io;
use std::path::PathBuf;

use super::environment::{CLIENT_VARIABLE, KEY_VARIABLE};
use super::private::{self, NotPrivate};
use crate::domain::secret::Secret;

/// No key is nearly this long.
const MAX_KEY_BYTES: u64 = 32 * 1024;

/// A service app as the profile or the environment names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppSource {
    /// The client id, which Okta shows on the app's General tab.
    pub client_id: String,
    /// The file with the private key, in PEM form or as a JSON Web Key.
    pub key_file: PathBuf,
    /// The name that Okta shows for the key, where the app has several and the file does not tell.
    pub key_id: Option<String>,
    /// The scopes to ask for; those that the mirror needs when there are none.
    pub scopes: Option<Vec<String>>,
    /// Whether it comes from the environment alone.
    pub from_environment: bool,
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Others could read or change the file.
    #[error(transparent)]
    NotPrivate(#[from] NotPrivate),
    /// The file cannot be read.
    #[error("the key file {path} cannot be read: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// It is far longer than a key.
    #[error("the key file {0} is too long to be a key")]
    TooLong(PathBuf),
}

impl KeyFileError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::NotPrivate(error) => error.hint(),
            Self::File { .. } | Self::TooLong(_) => {
                "it must hold the app's private key alone, in PEM form or as a JSON Web Key"
                    .to_owned()
            }
        }
    }
}

impl AppSource {
    /// A few words for `doctor` and `info`.
    pub fn describe(&self) -> String {
        let place = if self.from_environment {
            format!("from {CLIENT_VARIABLE} and {KEY_VARIABLE}")
        } else {
            format!("with the key in {}", self.key_file.display())
        };
        format!("service app {} {place}", self.client_id)
    }

    /// Reads the key.
    ///
    /// # Errors
    /// [`KeyFileError`] when the file is open to others or cannot be read.
    pub fn read_key(&self) -> Result<Secret, KeyFileError> {
        let path = &self.key_file;
        let unreadable = |cause| KeyFileError::File {
            path: path.clone(),
            cause,
        };
        let file = private::open_file(path)?;
        let mut text = String::new();
        let mut limited = io::Read::take(file, MAX_KEY_BYTES + 1);
        let read = io::Read::read_to_string(&mut limited, &mut text);
        // Taken into custody before anything can go wrong, so that it is overwritten in any case.
        let text = Secret::new(text);
        let length = read.map_err(unreadable)?;
        if length as u64 > MAX_KEY_BYTES {
            return Err(KeyFileError::TooLong(path.clone()));
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn source(text: &str, mode: u32) -> (tempfile::TempDir, AppSource) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let source = AppSource {
            client_id: "0oa1f4kZq0Ab3Xy9R5d7".to_owned(),
            key_file: path,
            key_id: None,
            scopes: None,
            from_environment: false,
        };
        (folder, source)
    }

    #[test]
    fn a_private_file_gives_all_its_lines() {
        let (_folder, source) = source("one\ntwo\n", 0o600);
        assert_eq!(source.read_key().unwrap().expose(), "one\ntwo\n");
    }

    #[test]
    fn a_file_that_others_can_read_or_that_is_no_key_is_refused() {
        for mode in [0o640, 0o604, 0o666] {
            let (_folder, source) = source("canary", mode);
            let error = source.read_key().unwrap_err();
            assert!(
                error.hint().starts_with("run: chmod 600 "),
                "{}",
                error.hint()
            );
        }
        let (_folder, long) = source(&"x".repeat(40_000), 0o600);
        assert!(matches!(long.read_key(), Err(KeyFileError::TooLong(_))));
        let (folder, gone) = source("", 0o600);
        drop(folder);
        assert!(gone.read_key().is_err());
    }
}
