//! What can go wrong with a store, in words that say what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::filter::FilterError;
use crate::domain::id::OrgId;

/// Why a store could not be opened, read or written. Cheap to clone, because one failed commit fails everybody in it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The store holds another org's data.
    #[error("{} holds the org {found}, not {wanted}", path.display())]
    OtherOrg {
        /// The store.
        path: PathBuf,
        /// The org in it.
        found: OrgId,
        /// The org that was expected.
        wanted: OrgId,
    },
    /// A newer version wrote it.
    #[error("{} was written by a newer oktop (schema {found}; this one knows {known})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema this version knows.
        known: u32,
    },
    /// Another process has it open.
    #[error("{} is in use by another process", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// What is in it makes no sense.
    #[error("{} is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// It is enciphered, and there is no key.
    #[error("{} is encrypted, and no key is configured for it", path.display())]
    KeyMissing {
        /// The file.
        path: PathBuf,
    },
    /// It is enciphered under another key.
    #[error("the key does not fit {}", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
    },
    /// Others could read or replace it.
    #[error("{} {problem}", path.display())]
    Unsafe {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it, as the end of a sentence.
        problem: String,
        /// How to put it right.
        hint: String,
    },
    /// The operating system refused.
    #[error("cannot {operation} {}: {source}", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: Arc<io::Error>,
    },
    /// There is less room on the disk than is to be kept free.
    #[error("the disk of {} is full: {} MB are free, and {} MB are to stay free", path.display(), free_bytes >> 20, floor_bytes >> 20)]
    Full {
        /// The data directory.
        path: PathBuf,
        /// What is free.
        free_bytes: u64,
        /// What is not written below.
        floor_bytes: u64,
    },
    /// The thread that writes it has ended by a fault of ours. What was acknowledged is safe.
    #[error("the writer of {name} has ended: {words}")]
    WriterEnded {
        /// Which store.
        name: String,
        /// Its last words.
        words: String,
    },
    /// It lies on another machine.
    #[error("{} is on a network file system ({kind}), where two machines could write it and a crash could lose it", path.display())]
    Network {
        /// The data directory.
        path: PathBuf,
        /// What kind of file system.
        kind: &'static str,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl Error {
    /// Whether the file is to blame, rather than what it lies on.
    pub(super) fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        let words = match self {
            Self::OtherOrg { found, .. } => {
                format!(
                    "use another --data-dir or --profile for this org, or point the URL at {found}'s"
                )
            }
            Self::Newer { .. } => "update oktop, or use another --data-dir".to_owned(),
            Self::InUse { .. } => {
                "stop the other agent first (`oktop agent stop`), or use another --data-dir"
                    .to_owned()
            }
            Self::Damaged { .. } => {
                "`oktop doctor --rebuild` moves it aside after a question, and what Okta \
                                     still has is read anew"
                    .to_owned()
            }
            Self::KeyMissing { .. } => "set OKTOP_STORE_KEY, or `key_file` or `key_command` under \
                                        [profiles.NAME.store]; without the key nobody can read it"
                .to_owned(),
            Self::WrongKey { .. } => {
                "give the key that it was written under; after a change of keys \
                                      the former one stays as `old_key_file` or `old_key_command` \
                                      until `oktop status` says that every file is written anew"
                    .to_owned()
            }
            Self::Unsafe { hint, .. } => hint.clone(),
            _ if self.is_full() => "free some space on that disk; reading goes on, and writing \
                                    goes on by itself then"
                .to_owned(),
            Self::WriterEnded { .. } => {
                "run any command: it starts a new agent; please report the words with its log"
                    .to_owned()
            }
            Self::Network { .. } => {
                "use a --data-dir on a disk of this machine, or set `allow_network = true` under \
                 [profiles.NAME.store] if nothing else will do"
                    .to_owned()
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "give this user the directory, or use another --data-dir".to_owned()
            }
            Self::Full { .. } | Self::Io { .. } | Self::Closed => return None,
        };
        Some(words)
    }

    /// Whether it is for want of room.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            _ => false,
        }
    }

    /// The error of somebody whose store was closed under them.
    pub fn closed() -> Self {
        Self::Closed
    }

    pub(super) fn io(operation: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            operation,
            path: path.to_owned(),
            source: Arc::new(source),
        }
    }
}

/// Why a list could not be answered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueryError {
    /// The filter cannot be read; the error knows the column.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// There is no such column to sort by.
    #[error("there is no column `{field}` to sort by; there are {}", names.join(", "))]
    Sort {
        /// What was asked for.
        field: String,
        /// What there is.
        names: Vec<&'static str>,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What can go wrong inside a transaction, before anybody knows which file it was about.
#[derive(Debug)]
pub(super) enum Fault {
    Redb(redb::Error),
    Damaged(String),
    Newer {
        found: u32,
        known: u32,
    },
    /// What was read does not fit what it was read for, which has changed meanwhile: to be begun again.
    Moved,
    /// It is about what could be had otherwise.
    Picture(Box<Self>),
    Error(Error),
}

impl Fault {
    pub(super) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged(detail.into())
    }

    /// Whether redb's handle is of no more use after this, so that the file has to be opened again.
    pub(super) fn poisons_handle(&self) -> bool {
        match self {
            Self::Picture(fault) => fault.poisons_handle(),
            fault => matches!(fault, Self::Redb(_)),
        }
    }

    /// Whether the file is to blame, rather than what it lies on.
    fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            Self::Redb(redb::Error::Io(source)) => says_damage(source),
            Self::Redb(redb::Error::PreviousIo | redb::Error::DatabaseClosed) => false,
            Self::Redb(_) => true,
            _ => false,
        }
    }

    /// The same, said to be about a picture if it is about damage.
    pub(super) fn in_picture(self) -> Self {
        if self.is_damage() {
            Self::Picture(Box::new(self))
        } else {
            self
        }
    }

    /// Whether it only says that something failed before.
    pub(super) fn is_echo(&self) -> bool {
        matches!(self, Self::Redb(redb::Error::PreviousIo))
    }

    pub(super) fn at(self, operation: &'static str, path: &Path) -> Error {
        let path = path.to_owned();
        match self {
            Self::Error(error) => error,
            Self::Newer { found, known } => Error::Newer { path, found, known },
            Self::Damaged(detail) => Error::Damaged { path, detail },
            Self::Picture(fault) => fault.at(operation, &path),
            Self::Moved => Error::Io {
                operation,
                path,
                source: Arc::new(io::Error::other("it changes all the time")),
            },
            Self::Redb(redb::Error::DatabaseAlreadyOpen) => Error::InUse { path },
            Self::Redb(redb::Error::DatabaseClosed) => Error::Closed,
            Self::Redb(redb::Error::Io(source)) if !says_damage(&source) => Error::Io {
                operation,
                path,
                source: Arc::new(source),
            },
            Self::Redb(redb::Error::Io(source)) => Error::Damaged {
                path,
                detail: match source.kind() {
                    io::ErrorKind::UnexpectedEof => "it is cut off".to_owned(),
                    _ => source.to_string(),
                },
            },
            Self::Redb(redb::Error::PreviousIo) => Error::Io {
                operation,
                path,
                source: Arc::new(io::Error::other("an earlier write failed")),
            },
            Self::Redb(other) => Error::Damaged {
                path,
                detail: other.to_string(),
            },
        }
    }
}

fn says_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

macro_rules! from_redb {
    ($($name:ident),+) => {$(
        impl From<redb::$name> for Fault {
            fn from(error: redb::$name) -> Self {
                Self::Redb(error.into())
            }
        }
    )+};
}

from_redb!(
    TableError,
    StorageError,
    TransactionError,
    CommitError,
    DatabaseError
);

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
