//! Lists that go to a file instead of standard output, each with a manifest that says what is in it.
//!
//! The file and its manifest appear when both are whole, or not at all; nothing is overwritten. What is written is what the command
//! would have printed, so there is one way to write a row.

pub mod clerk;
pub mod columns;
pub mod file;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::args::Format;
use super::command::events::Bounds;
use super::failure::Failure;
use super::output::{self, About, Output};
use super::resolve::Context;
use super::signals::Ending;
use super::{block_on, connect, unless_ended};
use crate::domain::resource::{Resource, Stretch};
use crate::domain::text::escape_json;
use crate::domain::time::format_okta;
use crate::msg::ProblemKind;
use crate::msg::status::Status;
use file::{Kept, NewFile};

/// The number of the manifest's shape.
const MANIFEST_VERSION: u32 = 1;

/// Runs a command that writes a list, and has its list in a file.
///
/// # Errors
/// As the command's own, and whatever keeps the file from being written.
pub fn to_file(
    path: &Path,
    context: &Context,
    command: impl FnOnce(&mut Output) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // From here on no signal ends the process past the removal of what was begun.
    block_on(async {
        drop(Ending::listen());
        Ok(())
    })?;
    let began = context.clock.now();
    let export = Export::begin(path)?;
    export.agree_with(context.format)?;
    let before = stands(context)?;
    let mut out = export.output();
    let done = command(&mut out).and_then(|()| Ok(out.flush()?));
    let Some(lack) = export.lack(&done) else {
        return done.map_err(|failure| export.of_file(failure));
    };
    let about = std::mem::take(&mut out.about);
    drop(out);
    let stands = Stands {
        began,
        before,
        after: stands(context)?,
        ended: context.clock.now(),
    };
    let words = export.end(&about, lack.as_deref(), &stands)?;
    output::say(&words);
    done
}

fn stands(context: &Context) -> Result<Status, Failure> {
    block_on(async {
        let attached = connect::connect(context);
        Ok(unless_ended(&mut Ending::listen(), attached).await?.1)
    })
}

/// How everything stood while a list was written.
#[derive(Clone, Debug)]
pub struct Stands {
    /// When it was begun: what ages in filters are counted back from.
    pub began: Timestamp,
    /// How everything stood then. What the log is said to hold is what it held before it was read.
    pub before: Status,
    /// How everything stood afterwards.
    pub after: Status,
    /// When it was done.
    pub ended: Timestamp,
}

/// The manifest of an exported file, beside it.
pub fn manifest_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".manifest.json");
    name.into()
}

/// The format that a file's name asks for.
fn format_of(path: &Path) -> Option<Format> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "ndjson" | "jsonl" => Some(Format::Ndjson),
        "json" => Some(Format::Json),
        "csv" => Some(Format::Csv),
        "md" | "markdown" => Some(Format::Markdown),
        _ => None,
    }
}

/// A file that is being exported to.
pub struct Export {
    path: PathBuf,
    format: Format,
    file: Shared,
}

/// The file, which an output holds, too.
#[derive(Clone)]
struct Shared(Arc<Mutex<BufWriter<NewFile>>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, BufWriter<NewFile>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lock().flush()
    }
}

impl Export {
    /// Begins a file, in the format that its name asks for.
    ///
    /// # Errors
    /// When the name has no known ending, something of that name or of its manifest's is there, or no file can be made there.
    pub fn begin(path: &Path) -> Result<Self, Failure> {
        let format = format_of(path).ok_or_else(|| {
            Failure::new(
                ProblemKind::Usage,
                format!("the name {} does not say its format", path.display()),
                "let it end in .ndjson, .json, .csv or .md",
            )
        })?;
        let manifest = manifest_of(path);
        if manifest.symlink_metadata().is_ok() {
            let exists = io::ErrorKind::AlreadyExists.into();
            return Err(not_written(&manifest, &exists));
        }
        let file = NewFile::create(path).map_err(|error| not_written(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            format,
            file: Shared(Arc::new(Mutex::new(BufWriter::new(file)))),
        })
    }

    /// Refuses two formats that contradict each other. A table is what is written when none was asked for.
    fn agree_with(&self, asked: Format) -> Result<(), Failure> {
        if asked == Format::Table || asked == self.format {
            return Ok(());
        }
        let words = format!(
            "the name {} and --output ask for different formats",
            self.path.display()
        );
        let hint = "the file's ending says its format: leave --output out";
        Err(Failure::new(ProblemKind::Usage, words, hint))
    }

    /// Where the list is to be written.
    pub fn output(&self) -> Output {
        let file = self.file.clone();
        Output::to(self.file.clone(), self.format, None).with_undo(move || {
            let mut file = file.lock();
            file.flush()?;
            file.get_mut().begin_again()
        })
    }

    /// What is missing of a list that ended like this, `Some(None)` when nothing is; `None` when there is no list at all.
    pub fn lack(&self, done: &Result<(), Failure>) -> Option<Option<String>> {
        match done {
            Ok(()) | Err(Failure::NothingFound) => Some(None),
            Err(Failure::Partial(words)) => Some(Some(words.clone())),
            Err(_) => None,
        }
    }

    /// A failure to write was one to write the file.
    pub fn of_file(&self, failure: Failure) -> Failure {
        match failure {
            Failure::Output(error) => not_written(&self.path, &error),
            other => other,
        }
    }

    /// Gives the file its name, and the manifest its own. Every output must be gone. Gives the words for a person.
    ///
    /// # Errors
    /// Whatever keeps one of them from being written; then neither is there.
    pub fn end(
        self,
        about: &About,
        lack: Option<&str>,
        stands: &Stands,
    ) -> Result<String, Failure> {
        if about.query.is_none() {
            return Err(Failure::new(
                ProblemKind::Internal,
                "what was asked for is not known; nothing was exported",
                "export another list",
            ));
        }
        let failed = |error: &io::Error| not_written(&self.path, error);
        let file = Arc::into_inner(self.file.0)
            .ok_or_else(|| failed(&io::Error::other("it is still being written")))?
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .into_inner()
            .map_err(|error| failed(error.error()))?;
        let file = file.seal().map_err(|error| failed(&error))?;
        let kept = file.kept().clone();
        let manifest = manifest(&self.path, self.format, &kept, about, lack, stands);
        let path = manifest_of(&self.path);
        let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        let text = escape_json(&text) + "\n";
        // Both are whole on the disk before one of them has its name.
        let told =
            file::draft(&path, text.as_bytes()).map_err(|error| not_written(&path, &error))?;
        file.name().map_err(|error| failed(&error))?;
        if let Err(error) = told.name() {
            // Without its manifest nobody knows what it is; that it cannot even be removed is told by the failure to come.
            let _ = std::fs::remove_file(&self.path);
            return Err(not_written(&path, &error));
        }
        let count = crate::ui::format::count(about.rows);
        Ok(format!(
            "exported {count} {} to {} ({} bytes), with {}",
            about.of,
            self.path.display(),
            crate::ui::format::count(kept.bytes),
            path.file_name().unwrap_or_default().to_string_lossy()
        ))
    }
}

fn manifest(
    path: &Path,
    format: Format,
    kept: &Kept,
    about: &About,
    lack: Option<&str>,
    stands: &Stands,
) -> Value {
    let status = &stands.after;
    let range = about.stretch.map(
        |asked| json!({"since": asked.since.map(format_okta), "until": asked.until.map(format_okta)}),
    );
    let coverage = match about.stretch {
        Some(asked) if about.needs == [Resource::Log] => {
            coverage_of_log(asked, &stands.before, stands.began)
        }
        _ => coverage_of_lists(&about.needs, lack.is_none(), status),
    };
    let mut query = about.query.clone().unwrap_or_default();
    if query.get("now").is_none() {
        query["now"] = format_okta(stands.began).into();
    }
    let notes: Vec<&str> = about.notes.iter().map(String::as_str).chain(lack).collect();
    json!({
        "v": MANIFEST_VERSION,
        "kind": "oktop export",
        "file": path.file_name().unwrap_or_default().to_string_lossy(),
        "sha256": kept.sha256,
        "bytes": kept.bytes,
        "format": format!("{format:?}").to_lowercase(),
        "of": about.of,
        "rows": about.rows,
        "columns": about.columns,
        "query": query,
        "range": range,
        "coverage": coverage,
        "notes": notes,
        "org": {
            "host": status.host,
            "id": status.org.as_ref().map(|org| org.id.to_string()),
        },
        "demo": status.agent.demo,
        "masked": false,
        "made_at": format_okta(stands.ended),
        "oktop": env!("CARGO_PKG_VERSION"),
    })
}

/// Which part of the stretch is known to be complete, and which is not.
fn coverage_of_log(asked: Bounds, status: &Status, now: Timestamp) -> Value {
    let log = &status.log;
    let first = log.complete.first().map(|known| known.from);
    let (asked, _) = asked.due(status, now);
    let touches = |from: Timestamp, to: Timestamp| from < asked.to && to > asked.from;
    let stretch = |one: &Stretch| json!({"from": format_okta(one.from), "to": format_okta(one.to)});
    let missing = asked.without(log.complete.iter().copied());
    let gaps = log.gaps.iter().filter(|gap| gap.filled.is_none());
    let gaps = gaps.filter(|gap| touches(gap.from, gap.to)).map(|gap| {
        json!({"from": format_okta(gap.from), "to": format_okta(gap.to), "reason": gap.reason})
    });
    let known = log.complete.iter().filter(|one| touches(one.from, one.to));
    json!({
        "complete": missing.is_empty() && first.is_some_and(|first| asked.from >= first),
        "from": format_okta(asked.from),
        "to": format_okta(asked.to),
        "known": known.map(stretch).collect::<Vec<_>>(),
        "missing": missing.iter().map(stretch).collect::<Vec<_>>(),
        "gaps": gaps.collect::<Vec<_>>(),
        "read_at": log.polled.map(format_okta),
    })
}

/// When the lists that tell of the rows were last read completely.
fn coverage_of_lists(needs: &[Resource], complete: bool, status: &Status) -> Value {
    let read = needs.iter().map(|needed| {
        let one = status.resources.iter().find(|one| one.resource == *needed);
        let at = one.and_then(|one| one.complete_at).map(format_okta);
        json!({"list": needed.word(), "read_at": at})
    });
    json!({"complete": complete, "lists": read.collect::<Vec<_>>()})
}

/// Why a file was not written, and what to do about it. Nothing of it is left.
fn not_written(path: &Path, error: &io::Error) -> Failure {
    let name = path.display();
    let parent = path.parent().filter(|dir| !dir.as_os_str().is_empty());
    let dir = parent.unwrap_or(Path::new(".")).display();
    let (kind, summary, hint) = match error.kind() {
        io::ErrorKind::AlreadyExists => (
            ProblemKind::Refused,
            format!("the file {name} exists already"),
            "nothing is overwritten: choose another name, or remove it first".to_owned(),
        ),
        io::ErrorKind::NotFound => (
            ProblemKind::Usage,
            format!("there is no directory {dir}"),
            "make it, or choose another".to_owned(),
        ),
        io::ErrorKind::NotADirectory => (
            ProblemKind::Usage,
            format!("the path {dir} is no directory"),
            "choose another name".to_owned(),
        ),
        io::ErrorKind::PermissionDenied => (
            ProblemKind::Refused,
            format!("you may not make files in {dir}"),
            "choose a directory of your own".to_owned(),
        ),
        io::ErrorKind::ReadOnlyFilesystem => (
            ProblemKind::Refused,
            format!("the directory {dir} can only be read"),
            "choose a directory on another disk".to_owned(),
        ),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (
            ProblemKind::Internal,
            format!("the disk of {dir} is full; nothing was exported"),
            "make room, or choose a directory on another disk".to_owned(),
        ),
        _ => (
            ProblemKind::Internal,
            format!("the file {name} cannot be written: {error}"),
            "choose another directory".to_owned(),
        ),
    };
    Failure::new(kind, summary, hint)
}

#[cfg(test)]
mod tests;
