//! Diagnostics: tracing into a file that is begun anew each day, and nothing in it that is a secret or a person.
//!
//! What is logged says ids and counts. As a second line of defence every line passes [`redact`], which takes out whatever looks like
//! a token, an e-mail address or a network address, and makes the rest safe to show in a terminal.

use std::io::{self, Write};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use tracing_appender::non_blocking::{NonBlocking, WorkerGuard};
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::domain::text::SafeText;

/// Days that are kept.
const KEPT_FILES: usize = 7;
/// What is logged unless `OKTOP_LOG` says otherwise.
const DEFAULT_FILTER: &str = "warn,oktop=info";

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The file cannot be made.
    #[error("the log file cannot be made: {0}")]
    File(#[from] tracing_appender::rolling::InitError),
    /// Something else logs in this process already.
    #[error("logging was started twice")]
    Twice,
}

/// Keeps the log going; dropping it writes what is still waiting.
#[must_use = "the log ends when this is dropped"]
pub struct Log {
    _worker: WorkerGuard,
}

/// Starts logging into `NAME.DATE.log` in `dir`, which the caller has made private; the process's umask makes the file so.
///
/// # Errors
/// When the file cannot be made, or logging was started before.
pub fn start(dir: &Path, name: &str) -> Result<Log, TelemetryError> {
    let file = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(name)
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(dir)?;
    let (lines, worker) = tracing_appender::non_blocking(file);
    let wanted = std::env::var("OKTOP_LOG").unwrap_or_else(|_| DEFAULT_FILTER.to_owned());
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_env_filter(EnvFilter::builder().parse_lossy(wanted))
        .with_writer(Redacting(lines))
        .finish();
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Twice)?;
    Ok(Log { _worker: worker })
}

/// Sends panics to the log instead of standard error: for a process whose standard error nobody reads any more.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, "panicked: {message}");
    }));
}

#[derive(Clone)]
struct Redacting(NonBlocking);

impl<'a> MakeWriter<'a> for Redacting {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Redacting {
    /// The formatter hands over each event whole, so no secret can be split between two calls.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = redact(text.trim_end());
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A line without what looks like a token, an e-mail address or a network address, and without control characters.
pub fn redact(line: &str) -> String {
    let line = SafeText::new(line);
    let line = CREDENTIAL.replace_all(&line, "$1 [token]");
    let line = TOKEN.replace_all(&line, "[token]");
    let line = EMAIL.replace_all(&line, "[email]");
    ADDRESS.replace_all(&line, "[address]").into_owned()
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that a test compiles")
}

/// A credential behind its scheme.
static CREDENTIAL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(SSWS|Bearer|DPoP|Basic)\s+[^\s,;]+"));
/// Okta's API tokens: 42 characters that begin with 00, twice as long as its ids; and JSON web tokens.
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b00[A-Za-z0-9_-]{38,}|\beyJ[A-Za-z0-9_.-]{20,}"));
static EMAIL: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"[^\s@"'<>()\[\]{},;:=/]+@[\p{L}\p{N}.-]+"#));
/// IPv4, and IPv6 in full or shortened; times of day have too few colons.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b|\b(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}\b",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_personal_or_secret_is_left() {
        let token = format!("00{}", "aB3_-".repeat(8));
        let line = format!(
            "SSWS {token} and {token} by ana.kovač@acme.example from 203.0.113.7 or 2001:db8::7 or fe80:0:0:0:1:2:3:4"
        );
        assert_eq!(
            redact(&line),
            "SSWS [token] and [token] by [email] from [address] or [address] or [address]"
        );
        assert_eq!(
            redact("Authorization: Bearer abc.def, x"),
            "Authorization: Bearer [token], x"
        );
    }

    #[test]
    fn ids_times_and_module_names_stay() {
        for line in [
            "2026-11-22T10:35:05.123456Z  INFO oktop::agent: user 00u1a2b3c4D5e6F7g8h9 refetched",
            "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef at 1.2.3",
        ] {
            assert_eq!(redact(line), line);
        }
        assert_eq!(redact("a\x1b[31mb\nc"), "a\\x1b[31mb\\x0ac");
    }

    #[test]
    fn each_event_becomes_one_redacted_line_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let (lines, worker) = tracing_appender::non_blocking(std::fs::File::create(&path).unwrap());
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(Redacting(lines))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(login = "ana@acme.example", "signed in\nfrom 203.0.113.7");
        });
        drop(worker);
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(
            text.contains("[email]") && text.contains("[address]") && !text.contains("ana@"),
            "{text}"
        );
    }
}
