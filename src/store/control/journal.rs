//! The journal's file: the same entries as in the store, a line each, in a file that is only ever added to. Whoever damages or
//! puts back the one still has the other to answer to.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::action::journal::{Entry, Link, last_whole};
use crate::store::error::{Error, Fault};
use crate::store::ground::Ground;
use crate::store::medium::Blob;

/// What is read of its end to find the last line. An entry is some hundred bytes; one that staged very many changes has more, and then
/// more is read.
const TAIL_BYTES: u64 = 64 << 10;

/// What is read of it at a time when it is checked.
const PIECE_BYTES: usize = 1 << 20;

/// Gives the lines of the first `size_bytes` of a journal's file to `line`, which says whether to go on.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn each_line(
    path: &Path,
    size_bytes: u64,
    mut line: impl FnMut(&[u8]) -> bool,
) -> std::io::Result<()> {
    let file = std::fs::File::open(path)?;
    let mut lines = BufReader::with_capacity(PIECE_BYTES, file.take(size_bytes));
    let mut bytes = Vec::new();
    while lines.read_until(b'\n', &mut bytes)? > 0 {
        if !line(&bytes) {
            return Ok(());
        }
        bytes.clear();
    }
    Ok(())
}

/// The file, open for adding to it; nothing for a store in memory.
pub(super) struct JournalFile {
    path: PathBuf,
    blob: Option<Box<dyn Blob>>,
    size_bytes: u64,
    /// Its last entry.
    end: (u64, Link),
}

impl JournalFile {
    pub(super) fn in_memory(name: &str) -> Self {
        Self {
            path: PathBuf::from(name),
            blob: None,
            size_bytes: 0,
            end: (0, Link::START),
        }
    }

    /// Opens the file, cuts off a line that was not written to its end, and adds the entries of the store that it lacks.
    ///
    /// # Errors
    /// When the file goes further than the store, or holds another journal: then one of the two was put back or exchanged.
    pub(super) fn open(
        ground: &Arc<Ground>,
        path: &Path,
        end: (u64, Link),
        entries: impl Fn(u64) -> Result<Vec<Entry>, Error>,
    ) -> Result<Self, Error> {
        let blob = match ground.medium.open(path)? {
            Some(blob) => blob,
            None => ground.medium.create(path)?,
        };
        let mut file = Self {
            path: path.to_owned(),
            blob: Some(blob),
            size_bytes: 0,
            end: (0, Link::START),
        };
        file.end = file.find_end()?;
        file.catch_up(end, entries)?;
        Ok(file)
    }

    /// Adds what the store has and the file lacks, up to the entry `end`; durable when this returns.
    ///
    /// # Errors
    /// When the file cannot be written, goes further, or holds another journal.
    pub(super) fn catch_up(
        &mut self,
        end: (u64, Link),
        entries: impl Fn(u64) -> Result<Vec<Entry>, Error>,
    ) -> Result<(), Error> {
        while self.end.0 < end.0 {
            let more = entries(self.end.0.saturating_add(1))?;
            self.add(&more)?;
        }
        if self.end != end {
            return Err(self.other());
        }
        Ok(())
    }

    /// The last entry of the file; what comes behind it is cut off.
    fn find_end(&mut self) -> Result<(u64, Link), Error> {
        let Some(blob) = &self.blob else {
            return Ok((0, Link::START));
        };
        let size = blob
            .size_bytes()
            .map_err(|error| self.failed("read", error))?;
        let mut take = TAIL_BYTES;
        loop {
            let start = size.saturating_sub(take);
            let mut piece = vec![0; usize::try_from(size - start).unwrap_or_default()];
            blob.read(start, &mut piece)
                .map_err(|error| self.failed("read", error))?;
            match last_whole(&piece, start == 0) {
                Some((seq, link, whole)) => {
                    self.cut(start + whole as u64)?;
                    return Ok((seq, link));
                }
                None if start == 0 && !piece.contains(&b'\n') => {
                    self.cut(0)?;
                    return Ok((0, Link::START));
                }
                None if start == 0 => return Err(self.other()),
                None => take = take.saturating_mul(8),
            }
        }
    }

    fn cut(&mut self, size_bytes: u64) -> Result<(), Error> {
        if let Some(blob) = &self.blob
            && blob
                .size_bytes()
                .map_err(|error| self.failed("read", error))?
                > size_bytes
        {
            tracing::warn!(path = %self.path.display(), "the end of the journal was not written whole");
            blob.set_size_bytes(size_bytes)
                .map_err(|error| self.failed("write", error))?;
        }
        self.size_bytes = size_bytes;
        Ok(())
    }

    /// Adds the next entries; durable when this returns. What could not be added whole is cut off, so that the next ones do not stand
    /// behind half a line.
    ///
    /// # Errors
    /// When they are not the next ones, or the file cannot be written.
    pub(super) fn add(&mut self, entries: &[Entry]) -> Result<(), Error> {
        let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
            return Err(self.other());
        };
        let follows = first.seq == self.end.0.saturating_add(1);
        if !follows || self.end.1.then(&first.body) != first.link {
            return Err(self.other());
        }
        if let Some(blob) = &self.blob {
            let lines: String = entries.iter().map(Entry::line).collect();
            let written = blob.write(self.size_bytes, lines.as_bytes());
            if let Err(error) = written.and_then(|()| blob.sync()) {
                // Should this fail, too, the next start cuts it off.
                let _ = blob.set_size_bytes(self.size_bytes);
                return Err(self.failed("write", error));
            }
            self.size_bytes += lines.len() as u64;
        }
        self.end = last.end();
        Ok(())
    }

    /// How far the file goes now, and what its last entry is.
    pub(super) fn extent(&self) -> (u64, (u64, Link)) {
        (self.size_bytes, self.end)
    }

    fn failed(&self, operation: &'static str, source: std::io::Error) -> Error {
        Error::Io {
            operation,
            path: self.path.clone(),
            source: Arc::new(source),
        }
    }

    fn other(&self) -> Error {
        Fault::damaged("it is not the journal of the control store beside it")
            .at("open", &self.path)
    }
}
