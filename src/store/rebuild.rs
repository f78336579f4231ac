//! Putting damaged files aside, so that new ones are made in their place and what Okta still has is read anew.
//!
//! A damaged file is kept under another name: what is in it may be all that is left of the history. Invariant: only files of the mirror
//! are ever moved, the directory, the log's index and days of the log; what else lies in the data directory is not this module's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::error::Error;
use super::file::RedbFile;
use super::ground::Ground;
use super::medium::{Disk, Medium as _};
use super::{DIRECTORY, Keys, Settings, Store, events, place};
use crate::domain::resource::Gap;
use crate::domain::text::SafeText;

/// Why the log has a gap where a day was put aside.
pub const LOST_DAY: &str = "the file of this day was damaged";
/// What is put behind the name of a file that is put aside.
const ASIDE: &str = ".damaged";
/// What redb may keep of a file in memory while all of it is read.
const CACHE_BYTES: usize = 16 << 20;
/// Names tried for a file that is put aside.
const NAMES: usize = 1_000;

/// Reads every file of the mirror in `dir` from end to end and gives what is damaged. Nothing is changed.
///
/// # Errors
/// When an agent has the directory, or a file cannot be read for another reason, such as a key that is missing or does not fit.
pub fn examine(dir: &Path, keys: Keys) -> Result<Vec<Error>, Error> {
    let dir = place::prepare_dir(dir)?;
    let _lock = place::lock(&dir)?;
    let settings = Settings {
        keys: keys.keeping(),
        ..Settings::default()
    };
    let ground = Ground::new(Arc::new(Disk), &dir, settings);
    let mut damaged = Vec::new();
    for path in files(&dir)? {
        match RedbFile::on(&ground, path, CACHE_BYTES).check() {
            Ok(()) => {}
            Err(error @ Error::Damaged { .. }) => damaged.push(error),
            Err(error) => return Err(error),
        }
    }
    Ok(damaged)
}

/// Puts the files aside that `damaged` names, and then whatever else keeps the stores from opening. Days of the log that are lost are
/// recorded as gaps. Gives the new names.
///
/// # Errors
/// When an agent has the directory, a file cannot be renamed, or the stores do not open for another reason.
pub async fn put_aside(
    dir: &Path,
    damaged: &[Error],
    settings: Settings,
) -> Result<Vec<PathBuf>, Error> {
    let dir = place::prepare_dir(dir)?;
    let mut damaged = damaged.to_vec();
    let (mut moved, mut gaps) = (Vec::new(), Vec::new());
    loop {
        let lock = place::lock(&dir)?;
        for error in damaged.drain(..) {
            let path = of_mirror(&dir, error)?;
            gaps.extend(path.file_name().and_then(gap_of));
            moved.push(rename(&path)?);
        }
        drop(lock);
        match Store::open_with(&dir, None, settings.clone()) {
            Ok(store) => {
                for gap in gaps {
                    store.events.add_gap(gap).await?;
                }
                store.close()?;
                return Ok(moved);
            }
            Err(error @ Error::Damaged { .. }) => damaged.push(error),
            Err(error) => return Err(error),
        }
    }
}

/// Whether this error is about a single day of the log, which is put aside without a question.
pub fn is_of_a_day(error: &Error) -> bool {
    matches!(error, Error::Damaged { path, .. } if path.file_name().and_then(gap_of).is_some())
}

/// The files of the mirror that there are.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    let events = dir.join("events");
    let mut files: Vec<PathBuf> = [dir.join(DIRECTORY), events.join("index.redb")]
        .into_iter()
        .filter(|path| path.exists())
        .collect();
    if events.exists() {
        let names = Disk.list(&events)?;
        let days = names
            .iter()
            .filter(|name| events::bounds_of(name).is_some());
        files.extend(days.map(|name| events.join(name)));
    }
    Ok(files)
}

/// The file that is damaged, when it is one of the mirror's.
fn of_mirror(dir: &Path, error: Error) -> Result<PathBuf, Error> {
    match &error {
        Error::Damaged { path, .. } if files(dir)?.contains(path) => Ok(path.clone()),
        _ => Err(error),
    }
}

fn gap_of(name: &std::ffi::OsStr) -> Option<Gap> {
    let (from, to): (Timestamp, Timestamp) = events::bounds_of(name.to_str()?)?;
    Some(Gap {
        from,
        to,
        reason: SafeText::new(LOST_DAY),
        filled: None,
    })
}

/// The gaps that are missing in `gaps` when the directory of the log holds files of these names: a day is put aside before it is
/// recorded, and whoever did so may have been cut off in between. A day may be damaged again after its gap was filled.
pub(super) fn unrecorded(names: &[String], gaps: &[Gap]) -> Vec<Gap> {
    let day_of = |name: &String| name.split_once(ASIDE).map(|(day, _)| day.to_owned());
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    for day in names.iter().filter_map(day_of) {
        *files.entry(day).or_default() += 1;
    }
    let lost = files
        .iter()
        .filter_map(|(day, files)| Some((gap_of(day.as_ref())?, *files)));
    let is_missing = |(gap, files): &(Gap, usize)| {
        let is_of_day = |other: &&Gap| {
            other.from == gap.from && other.to == gap.to && other.reason == gap.reason
        };
        let recorded = || gaps.iter().filter(is_of_day);
        recorded().count() < *files && recorded().all(|gap| gap.filled.is_some())
    };
    lost.filter(is_missing).map(|(gap, _)| gap).collect()
}

fn rename(path: &Path) -> Result<PathBuf, Error> {
    let named = |number: usize| {
        let mut name = path.as_os_str().to_owned();
        name.push(match number {
            0 => ASIDE.to_owned(),
            more => format!("{ASIDE}-{more}"),
        });
        PathBuf::from(name)
    };
    let free = (0..NAMES).map(named).find(|name| !name.exists());
    let aside = free.unwrap_or_else(|| named(NAMES));
    Disk.rename(path, &aside)?;
    Ok(aside)
}
