//! Reading the files of an import: what is in them, as lists that fit into a message.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use tokio::sync::mpsc::Sender;

use crate::cli::failure::Failure;
use crate::domain::text::SafeText;
use crate::msg::ProblemKind;
use crate::okta::{Export, ExportFault};

/// Events of one list, as many as Okta puts on a page.
const PAGE_EVENTS: usize = 1_000;
/// Bytes after which a list is long enough, far from the longest message.
const PAGE_BYTES: usize = 4 << 20;
/// What is read of a file at once.
const BUFFER_BYTES: usize = 256 << 10;

/// What the reading gives.
pub(super) enum Read {
    Page(Page),
    Bad(BadAt),
}

/// A list of events, the JSON of each.
pub(super) struct Page {
    pub(super) events: Vec<String>,
    bytes: usize,
    pub(super) origin: Origin,
}

/// Where the events of a list come from.
pub(super) struct Origin {
    /// The file's place among the files.
    pub(super) file: usize,
    /// The line of each.
    pub(super) lines: Vec<u64>,
    /// Whether they are rebuilt from columns.
    pub(super) rebuilt: bool,
}

/// A line that is no event.
pub(super) struct BadAt {
    /// The file's place among the files.
    pub(super) file: usize,
    /// The line; `None` when the trouble is with the file.
    pub(super) line: Option<u64>,
    pub(super) why: SafeText,
}

/// Refuses early what is no file. Nothing is opened yet: a pipe can be opened once.
pub(super) fn check(files: &[PathBuf]) -> Result<(), Failure> {
    for file in files.iter().filter(|file| !is_stdin(file)) {
        let why = match fs::metadata(file) {
            Err(error) => error.to_string(),
            Ok(found) if found.is_dir() => "it is a directory".to_owned(),
            Ok(_) => continue,
        };
        return Err(Failure::new(
            ProblemKind::Usage,
            format!("{} cannot be read: {why}", file.display()),
            "name files that hold events; nothing was imported",
        ));
    }
    Ok(())
}

/// Reads all of them, one after the other, for as long as somebody listens. In `strict` reading whatever comes before a bad line is
/// given before it.
pub(super) fn read_all(files: &[PathBuf], strict: bool, to: &Sender<Read>) {
    for (number, file) in files.iter().enumerate() {
        let read = match open(file) {
            Ok(from) => read_one(number, from, strict, to),
            Err(error) => Err(error.into()),
        };
        let why = match read {
            Ok(ControlFlow::Continue(())) => continue,
            Ok(ControlFlow::Break(())) => return,
            Err(fault) => SafeText::new(&fault.to_string()),
        };
        let bad = BadAt {
            file: number,
            line: None,
            why,
        };
        if to.blocking_send(Read::Bad(bad)).is_err() {
            return;
        }
    }
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Opens a file; what is compressed is told by how it begins, whatever its name.
fn open(file: &Path) -> io::Result<Box<dyn BufRead>> {
    let from: Box<dyn io::Read> = if is_stdin(file) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(file)?)
    };
    unpacked(from)
}

fn unpacked(mut from: impl io::Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut head = Vec::new();
    from.by_ref().take(2).read_to_end(&mut head)?;
    let packed = head == [0x1f, 0x8b];
    let whole = BufReader::with_capacity(BUFFER_BYTES, io::Cursor::new(head).chain(from));
    if !packed {
        return Ok(Box::new(whole));
    }
    let unpacked = MultiGzDecoder::new(whole);
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, unpacked)))
}

/// Reads one file; breaks off when nobody listens any more.
fn read_one(
    file: usize,
    from: impl BufRead,
    strict: bool,
    to: &Sender<Read>,
) -> Result<ControlFlow<()>, ExportFault> {
    let mut export = Export::open(from)?;
    let mut page = Page::new(file, export.is_rebuilt());
    let ended = loop {
        let next = match export.next_event() {
            Ok(Some(next)) => next,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        };
        let read = match next.event {
            Ok(event) => {
                page.add(event, next.line);
                if !page.is_full() {
                    continue;
                }
                Read::Page(page.turn())
            }
            Err(why) => {
                if strict && !page.is_empty() {
                    // Whoever is gone hears of nothing, of the bad line neither.
                    let _ = to.blocking_send(Read::Page(page.turn()));
                }
                Read::Bad(BadAt {
                    file,
                    line: Some(next.line),
                    why: SafeText::new(&why.to_string()),
                })
            }
        };
        if to.blocking_send(read).is_err() {
            return Ok(ControlFlow::Break(()));
        }
    };
    // What was read before a trouble is imported all the same.
    let mut sent = page.is_empty() || to.blocking_send(Read::Page(page.turn())).is_ok();
    if let Err(error) = ended {
        let bad = BadAt {
            file,
            line: Some(export.next_line()),
            why: SafeText::new(&format!("from here on it cannot be read: {error}")),
        };
        sent &= to.blocking_send(Read::Bad(bad)).is_ok();
    }
    Ok(flow(sent))
}

fn flow(goes_on: bool) -> ControlFlow<()> {
    if goes_on {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

impl Page {
    fn new(file: usize, rebuilt: bool) -> Self {
        Self {
            events: Vec::with_capacity(PAGE_EVENTS),
            bytes: 0,
            origin: Origin {
                file,
                lines: Vec::with_capacity(PAGE_EVENTS),
                rebuilt,
            },
        }
    }

    fn add(&mut self, event: String, line: u64) {
        self.bytes += event.len();
        self.events.push(event);
        self.origin.lines.push(line);
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn is_full(&self) -> bool {
        self.events.len() >= PAGE_EVENTS || self.bytes >= PAGE_BYTES
    }

    /// The list as it is, in exchange for an empty one.
    fn turn(&mut self) -> Self {
        let next = Self::new(self.origin.file, self.origin.rebuilt);
        std::mem::replace(self, next)
    }
}
