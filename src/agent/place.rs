//! Where an agent lives: the lock that makes it the only one of its data directory, and the card that says how to reach it.
//!
//! `agent.lock` is held for the agent's life (the kernel lets go of it however the process ends). `agent.json` names process,
//! version and socket; it is written once the socket listens, so whoever can read it can connect. A socket's path may not be longer
//! than about 100 bytes, so for a deep data directory the socket lies in the runtime directory and the card tells where.
//!
//! A lock is on a file, not on its name: who removes `agent.lock` or moves the directory leaves an agent that owns nothing any more,
//! which is for that agent to find out ([`Place::lost`]). And a copy of a directory holds a card of the agent of the original,
//! so a card names the lock that it belongs to.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::UnixListener;
use tokio::time::sleep;

use crate::config::private::{self, NotPrivate};

/// `sockaddr_un` holds 108 bytes with its end mark; some systems less.
const MAX_SOCKET_PATH_BYTES: usize = 100;
/// The name of the lock in the data directory.
const LOCK: &str = "agent.lock";
/// How often an agent looks whether it has its directory still.
const LOOK: Duration = Duration::from_secs(1);

/// Why a data directory could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Another agent has it.
    #[error("an agent is already running on {}", .0.display())]
    Taken(PathBuf),
    /// It was moved or replaced under the agent, or its lock was removed.
    #[error("{} is no longer the directory that the agent has: it was moved or replaced, or its lock was removed", .0.display())]
    Lost(PathBuf),
    /// It is not this user's alone.
    #[error(transparent)]
    NotPrivate(#[from] NotPrivate),
    /// The file system says no.
    #[error("cannot {operation} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// What came back.
        source: io::Error,
    },
}

fn io_error<'a>(
    operation: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> PlaceError + 'a {
    move |source| PlaceError::Io {
        operation,
        path: path.to_owned(),
        source,
    }
}

/// How to reach a running agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Its process id.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// The protocol it speaks.
    pub protocol: u32,
    /// Where it listens.
    pub socket: PathBuf,
    /// Device and number of the lock's file; older versions do not tell.
    #[serde(default)]
    pub lock: Option<(u64, u64)>,
}

/// Reads the card in `data_dir`; `None` when there is none, it cannot be understood, or it came with a copy of another directory.
pub fn read_card(data_dir: &Path) -> Option<Card> {
    let text = fs::read(data_dir.join("agent.json")).ok()?;
    let card: Card = serde_json::from_slice(&text).ok()?;
    let is_of_this = card.lock.is_none() || card.lock == named(&data_dir.join(LOCK));
    is_of_this.then_some(card)
}

/// Device and number of the file of that name.
fn named(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|found| numbers(&found))
}

fn numbers(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

/// A data directory that this process owns. Dropping it takes card and socket away and lets the lock go.
#[derive(Debug)]
pub struct Place {
    data_dir: PathBuf,
    socket: PathBuf,
    lock: File,
    /// Whether card and socket are this one's.
    listens: AtomicBool,
}

impl Place {
    /// Makes the directory when it is missing and takes its lock.
    ///
    /// # Errors
    /// [`PlaceError::Taken`] when another agent holds it; others when the directory is not ours alone or cannot be made.
    pub fn take(data_dir: &Path) -> Result<Self, PlaceError> {
        private::ensure_directory(data_dir)?;
        let path = data_dir.join(LOCK);
        let mut options = OpenOptions::new();
        let lock = options
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path);
        let lock = lock.map_err(io_error("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(PlaceError::Taken(data_dir.to_owned())),
            Err(TryLockError::Error(source)) => return Err(io_error("lock", &path)(source)),
        }
        let place = Self {
            data_dir: data_dir.to_owned(),
            socket: socket_path(data_dir)?,
            lock,
            listens: AtomicBool::new(false),
        };
        // Somebody may have replaced the file between its opening and its locking.
        if place.is_ours() {
            Ok(place)
        } else {
            Err(PlaceError::Taken(data_dir.to_owned()))
        }
    }

    /// Whether the lock that is held is still that of the directory.
    fn is_ours(&self) -> bool {
        let held = self.lock.metadata().ok().map(|found| numbers(&found));
        held.is_some() && held == named(&self.data_dir.join(LOCK))
    }

    /// Resolves once the directory is not this one's any more.
    pub async fn lost(&self) -> PlaceError {
        while self.is_ours() {
            sleep(LOOK).await;
        }
        PlaceError::Lost(self.data_dir.clone())
    }

    /// The directory.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Starts to listen and puts the card out. What a dead agent left behind is swept away: the lock proves that it is dead.
    ///
    /// # Errors
    /// When socket or card cannot be made.
    pub fn listen(&self, mut card: Card) -> Result<UnixListener, PlaceError> {
        let _ = fs::remove_file(&self.socket);
        let listener =
            UnixListener::bind(&self.socket).map_err(io_error("listen on", &self.socket))?;
        let owner_only = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&self.socket, owner_only).map_err(io_error("protect", &self.socket))?;
        card.socket.clone_from(&self.socket);
        card.lock = self.lock.metadata().ok().map(|found| numbers(&found));
        self.listens.store(true, Ordering::Relaxed);
        self.write_card(&card)?;
        Ok(listener)
    }

    fn write_card(&self, card: &Card) -> Result<(), PlaceError> {
        let (draft, path) = (
            self.data_dir.join("agent.json.new"),
            self.data_dir.join("agent.json"),
        );
        let text = serde_json::to_vec(card).map_err(|e| io_error("write", &path)(e.into()))?;
        let mut options = OpenOptions::new();
        let file = options
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&draft);
        let written = file.and_then(|mut file| file.write_all(&text));
        written
            .and_then(|()| fs::rename(&draft, &path))
            .map_err(io_error("write", &path))
    }
}

impl Drop for Place {
    /// Card and socket may be those of another by now, or never were this one's.
    fn drop(&mut self) {
        if !self.listens.load(Ordering::Relaxed) || !self.is_ours() {
            return;
        }
        let _ = fs::remove_file(self.data_dir.join("agent.json"));
        let _ = fs::remove_file(&self.socket);
    }
}

fn socket_path(data_dir: &Path) -> Result<PathBuf, PlaceError> {
    let beside = data_dir.join("agent.sock");
    if beside.as_os_str().len() <= MAX_SOCKET_PATH_BYTES {
        return Ok(beside);
    }
    let uid = rustix::process::geteuid().as_raw();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|dir| dir.is_dir());
    let dir = runtime
        .unwrap_or_else(std::env::temp_dir)
        .join(format!("oktop-{uid}"));
    private::ensure_directory(&dir)?;
    Ok(dir.join(format!("{}.sock", std::process::id())))
}

#[cfg(test)]
mod tests {
    use std::fs::DirBuilder;
    use std::os::unix::fs::DirBuilderExt as _;

    use super::*;

    fn card() -> Card {
        Card {
            pid: 1,
            version: "0".into(),
            protocol: 1,
            socket: PathBuf::new(),
            lock: None,
        }
    }

    #[tokio::test]
    async fn a_data_directory_has_one_agent_at_a_time() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("data");
        let first = Place::take(&dir).unwrap();
        assert!(matches!(Place::take(&dir), Err(PlaceError::Taken(_))));
        first.listen(card()).unwrap();
        assert_eq!(read_card(&dir).unwrap().socket, dir.join("agent.sock"));
        drop(first);
        assert_eq!(read_card(&dir), None);
        Place::take(&dir).unwrap();
    }

    #[tokio::test]
    async fn who_could_not_open_the_store_leaves_card_and_socket_of_who_has_it() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("data");
        let first = Place::take(&dir).unwrap();
        let _listener = first.listen(card()).unwrap();
        fs::remove_file(dir.join(LOCK)).unwrap();
        // It has a lock, as nobody holds the new file, and then finds the store in use.
        let second = Place::take(&dir).unwrap();
        assert!(matches!(first.lost().await, PlaceError::Lost(_)));
        drop(second);
        assert!(dir.join("agent.json").exists() && dir.join("agent.sock").exists());
        // Who has lost it takes nothing away from who comes after.
        let third = Place::take(&dir).unwrap();
        let _listener = third.listen(card()).unwrap();
        drop(first);
        assert!(read_card(&dir).is_some() && dir.join("agent.sock").exists());
    }

    #[tokio::test]
    async fn a_copied_card_is_no_card() {
        let home = tempfile::tempdir().unwrap();
        let (dir, copy) = (home.path().join("data"), home.path().join("copy"));
        let place = Place::take(&dir).unwrap();
        place.listen(card()).unwrap();
        private::ensure_directory(&copy).unwrap();
        for name in ["agent.json", LOCK] {
            fs::copy(dir.join(name), copy.join(name)).unwrap();
        }
        assert!(read_card(&dir).is_some());
        assert_eq!(read_card(&copy), None);
    }

    #[tokio::test]
    async fn a_deep_data_directory_still_gets_a_socket() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("d".repeat(120));
        let place = Place::take(&dir).unwrap();
        place.listen(card()).unwrap();
        let socket = read_card(&dir).unwrap().socket;
        assert!(
            socket.as_os_str().len() <= MAX_SOCKET_PATH_BYTES,
            "{}",
            socket.display()
        );
    }

    #[test]
    fn a_directory_with_other_things_that_is_open_to_others_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("data");
        DirBuilder::new().mode(0o755).create(&dir).unwrap();
        fs::write(dir.join("letter.txt"), "").unwrap();
        assert!(matches!(Place::take(&dir), Err(PlaceError::NotPrivate(_))));
    }
}
