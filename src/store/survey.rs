//! How the files of a mirror are sealed: looked at before any of them is opened, so that a key that is missing or does not fit is told
//! before anything is changed, and not in the middle of a search.
//!
//! A file that is not sealed as the settings want it is written anew when it is opened: a copy is made and takes its name, so whenever
//! that is cut off there is the one or the other. The directory and the log's index are opened at every start; the days are gone
//! through afterwards, one at a time ([`Store::seal_anew`](super::Store::seal_anew)).

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::DIRECTORY;
use super::error::Error;
use super::events;
use super::ground::Ground;
use super::sealed::{self, Found};

/// How the files of a mirror are sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encryption {
    /// Whether files are written enciphered.
    pub on: bool,
    /// How many files are still to be written anew, because they are plain, are not to be any more, or are under a former key.
    pub waiting: usize,
    /// Files put aside earlier that lie there plain though others are enciphered. Nobody writes them anew.
    pub plain_aside: Vec<PathBuf>,
}

/// Whether the mirror in `dir` is enciphered, as far as can be seen from outside, even while an agent has it; `None` when there is none.
pub fn is_encrypted(dir: &Path) -> Option<bool> {
    let mut start = [0; sealed::LEAD_MAGIC.len()];
    let read = File::open(dir.join(DIRECTORY)).and_then(|mut file| file.read_exact(&mut start));
    read.ok().map(|()| start == sealed::LEAD_MAGIC)
}

/// Looks at every file of the mirror in `dir` and remembers which are not sealed as they should be. What an attempt that was cut off
/// has left of a file is removed: it may be plain.
pub(super) fn look(ground: &Ground, dir: &Path) -> Result<(), Error> {
    let events = ground.medium.prepare_dir(&dir.join("events"))?;
    let mut aside = Vec::new();
    for dir in [dir, &events] {
        for name in ground.medium.list(dir)? {
            let path = dir.join(&name);
            match Role::of(&name) {
                Role::Unfinished => ground.medium.remove(&path)?,
                Role::InUse => look_at(ground, path)?,
                Role::Aside => aside.push(path),
                Role::Other => {}
            }
        }
    }
    if ground.keys().write().is_some() {
        aside.retain(|path| is_plain(ground, path));
        ground.found_aside(aside);
    }
    Ok(())
}

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// One of the mirror's.
    InUse,
    /// What a copy that was cut off left.
    Unfinished,
    /// One that was damaged, or of a schema of long ago.
    Aside,
    Other,
}

impl Role {
    fn of(name: &str) -> Self {
        let is_ours = |name: &str| {
            [DIRECTORY, "index.redb"].contains(&name) || events::bounds_of(name).is_some()
        };
        let unfinished = name
            .strip_prefix('.')
            .and_then(|name| name.strip_suffix(".new"));
        let put_aside = name.find(".redb.").map(|at| &name[..at + ".redb".len()]);
        if is_ours(name) {
            Self::InUse
        } else if unfinished.is_some_and(is_ours) {
            Self::Unfinished
        } else if put_aside.is_some_and(is_ours) {
            Self::Aside
        } else {
            Self::Other
        }
    }
}

fn look_at(ground: &Ground, path: PathBuf) -> Result<(), Error> {
    // What else may be wrong with it is told when it is opened.
    let Ok(Some(blob)) = ground.medium.open(&path) else {
        return Ok(());
    };
    let keys = ground.keys();
    let is_wanted = match Found::of(&*blob) {
        Err(_) => return Ok(()),
        Ok(Found::Bare | Found::Summed) => keys.suit_plain(),
        Ok(Found::Enciphered(lead)) => keys.fit(&lead).ok_or_else(|| keys.unfit(&path))?.1,
    };
    if !is_wanted {
        ground.unsettled().insert(path);
    }
    Ok(())
}

fn is_plain(ground: &Ground, path: &Path) -> bool {
    let found = ground.medium.open(path).ok().flatten();
    // The first page of an enciphered file may be what was damaged.
    !found.is_some_and(|blob| matches!(Found::of(&*blob), Ok(Found::Enciphered(_)) | Err(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_what_a_file_is() {
        for (name, role) in [
            ("directory.redb", Role::InUse),
            ("index.redb", Role::InUse),
            ("2026-11-18.redb", Role::InUse),
            (".2026-11-18.redb.new", Role::Unfinished),
            (".directory.redb.new", Role::Unfinished),
            ("directory.redb.schema-4", Role::Aside),
            ("2026-11-18.redb.damaged-2", Role::Aside),
            ("control.redb", Role::Other),
            (".control.redb.new", Role::Other),
            ("agent.json.new", Role::Other),
            ("2026-13-18.redb", Role::Other),
            ("ballast", Role::Other),
        ] {
            assert_eq!(Role::of(name), role, "{name}");
        }
    }
}
