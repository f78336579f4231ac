//! Where the API token comes from: the environment, a private file or a command; never a flag, which other users could read.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::environment::TOKEN_VARIABLE;
use super::private::{self, NotPrivate};
use crate::domain::secret::Secret;

/// How long a token command may take.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// No token is nearly this long; a file or command that gives more is something else.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Where the API token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// `OKTOP_API_TOKEN`.
    Environment,
    /// The first line of a file that only its owner can read.
    File(PathBuf),
    /// What a program prints: its name and arguments, without a shell.
    Command(Vec<String>),
    /// Nowhere: the profile names none.
    Missing,
}

impl TokenSource {
    /// A few words for `doctor` and `info`.
    pub fn describe(&self) -> String {
        match self {
            Self::Environment => format!("from {TOKEN_VARIABLE}"),
            Self::File(path) => format!("from the file {}", path.display()),
            // The arguments may tell of vaults and entries; the program's name is enough.
            Self::Command(argv) => format!("from the command `{}`", argv.first().map_or("", |a| a)),
            Self::Missing => "not configured".to_owned(),
        }
    }

    /// Fetches the token. A command may take up to [`COMMAND_TIMEOUT`].
    ///
    /// # Errors
    /// [`TokenError`] when there is none, the file is open to others, or the command fails.
    pub async fn read(&self) -> Result<Secret, TokenError> {
        let text = match self {
            Self::Environment => std::env::var(TOKEN_VARIABLE).map_err(|_| TokenError::Missing)?,
            Self::File(path) => read_file(path)?,
            Self::Command(argv) => run(argv).await?,
            Self::Missing => return Err(TokenError::Missing),
        };
        let whole = Secret::new(text);
        let token = whole.expose().trim();
        if token.is_empty() {
            return Err(TokenError::Empty(self.describe()));
        }
        if token.len() > MAX_TOKEN_BYTES || token.contains(['\n', '\r']) {
            return Err(TokenError::NotOneLine(self.describe()));
        }
        Ok(Secret::new(token.to_owned()))
    }
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Nothing names one.
    #[error("there is no API token")]
    Missing,
    /// The source gives nothing.
    #[error("the API token {0} is empty")]
    Empty(String),
    /// The source gives more than a token.
    #[error("what came {0} is more than one line and cannot be an API token")]
    NotOneLine(String),
    /// The file cannot be read.
    #[error("the token file {path} cannot be read: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Others could read or change the file.
    #[error(transparent)]
    NotPrivate(#[from] NotPrivate),
    /// The command could not be started.
    #[error("the token command `{program}` cannot be started: {cause}")]
    NotStarted {
        /// The program.
        program: String,
        /// Why.
        cause: io::Error,
    },
    /// The command ended with an error. What it wrote is not shown: it may hold a secret.
    #[error("the token command `{program}` failed ({status})")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// The command took too long and was ended.
    #[error("the token command `{0}` took longer than 10 seconds and was ended")]
    TimedOut(String),
}

impl TokenError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Missing => "set OKTOP_API_TOKEN, or `token_file` or `token_command` in the profile".to_owned(),
            Self::NotPrivate(error) => error.hint(),
            Self::File { .. } => "create it with `umask 077`, the token on one line".to_owned(),
            Self::Empty(_) | Self::NotOneLine(_) => "it must be exactly the token that Okta showed when it was created".to_owned(),
            Self::NotStarted { .. } => "`token_command` is a program and its arguments, each a string of its own; no shell reads it".to_owned(),
            Self::Failed { .. } | Self::TimedOut(_) => "run the command by hand to see what it says".to_owned(),
        }
    }
}

fn read_file(path: &Path) -> Result<String, TokenError> {
    let mut text = String::new();
    let file = private::open_file(path)?;
    let mut limited = io::Read::take(file, MAX_TOKEN_BYTES as u64 + 2);
    io::Read::read_to_string(&mut limited, &mut text).map_err(|cause| TokenError::File {
        path: path.to_owned(),
        cause,
    })?;
    Ok(text)
}

async fn run(argv: &[String]) -> Result<String, TokenError> {
    let (program, arguments) = argv.split_first().ok_or(TokenError::Missing)?;
    let child = Command::new(program)
        .args(arguments)
        .env_remove(TOKEN_VARIABLE)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| TokenError::NotStarted {
            program: program.clone(),
            cause,
        })?;
    let output = tokio::time::timeout(COMMAND_TIMEOUT, child.wait_with_output())
        .await
        .map_err(|_| TokenError::TimedOut(program.clone()))?
        .map_err(|cause| TokenError::NotStarted {
            program: program.clone(),
            cause,
        })?;
    if !output.status.success() {
        return Err(TokenError::Failed {
            program: program.clone(),
            status: output.status,
        });
    }
    String::from_utf8(output.stdout)
        .map_err(|_| TokenError::NotOneLine(format!("from `{program}`")))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[tokio::test]
    async fn a_private_file_gives_its_trimmed_line() {
        let (_folder, path) = file("  00abc\n", 0o600);
        let token = TokenSource::File(path).read().await.unwrap();
        assert_eq!(token.expose(), "00abc");
    }

    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused_with_the_command_that_helps() {
        for mode in [0o640, 0o604, 0o660, 0o777] {
            let (_folder, path) = file("00abc", mode);
            let error = TokenSource::File(path.clone()).read().await.unwrap_err();
            assert_eq!(error.hint(), format!("run: chmod 600 {}", path.display()));
            assert!(!error.to_string().contains("00abc"));
        }
    }

    #[tokio::test]
    async fn what_is_no_token_is_refused() {
        for text in ["", " \n", "one\ntwo", &"x".repeat(9_000)] {
            let (_folder, path) = file(text, 0o600);
            assert!(TokenSource::File(path).read().await.is_err(), "{text:.10}");
        }
        let (folder, path) = file("00abc", 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(TokenSource::File(link).read().await.is_err());
    }

    fn command(argv: &[&str]) -> TokenSource {
        TokenSource::Command(argv.iter().map(|&arg| arg.to_owned()).collect())
    }

    #[tokio::test]
    async fn a_command_runs_without_a_shell_and_its_failure_tells_no_output() {
        let token = command(&["echo", "00abc $HOME"]).read().await.unwrap();
        assert_eq!(token.expose(), "00abc $HOME");
        let failed = command(&["sh", "-c", "echo canary; exit 3"]).read().await;
        let failed = failed.unwrap_err();
        assert!(
            matches!(failed, TokenError::Failed { .. }) && !failed.to_string().contains("canary")
        );
        let missing = command(&["/nonexistent/program"]).read().await;
        assert!(matches!(missing, Err(TokenError::NotStarted { .. })));
    }
}
