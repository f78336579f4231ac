//! Where a secret comes from, the API token or the mirror's key: the environment, a private file or a command; never a flag, which
//! other users could read.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::environment::{STORE_KEY_VARIABLE, TOKEN_VARIABLE};
use super::private::{self, NotPrivate};
use crate::domain::secret::Secret;

/// How long a command may take.
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// No secret of ours is nearly this long; a file or command that gives more is something else.
const MAX_SECRET_BYTES: usize = 8 * 1024;

/// Which secret is meant, in the words that are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What it is.
    what: &'static str,
    /// What its file and its command are called by.
    short: &'static str,
    /// The variable that may hold it.
    variable: &'static str,
    /// What to do when there is none.
    remedy: &'static str,
    /// What it must be.
    shape: &'static str,
}

/// The API token.
pub const TOKEN: Wanted = Wanted {
    what: "API token",
    short: "token",
    variable: TOKEN_VARIABLE,
    remedy: "set OKTOP_API_TOKEN, or `token_file` or `token_command` in the profile",
    shape: "exactly the token that Okta showed when it was created",
};

/// The key that the mirror's files are encrypted under.
pub const STORE_KEY: Wanted = Wanted {
    what: "mirror's key",
    short: "key",
    variable: STORE_KEY_VARIABLE,
    remedy: "set OKTOP_STORE_KEY, or `key_file` or `key_command` under [profiles.NAME.store]",
    shape: "32 random bytes in base64 or hex",
};

/// The key that the mirror's files were encrypted under before.
pub const OLD_STORE_KEY: Wanted = Wanted {
    what: "mirror's former key",
    short: "former key",
    remedy: "set `old_key_file` or `old_key_command` under [profiles.NAME.store], or neither",
    ..STORE_KEY
};

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// Its variable.
    Environment,
    /// The first line of a file that only its owner can read.
    File(PathBuf),
    /// What a program prints: its name and arguments, without a shell.
    Command(Vec<String>),
    /// Nowhere: nothing names it.
    Missing,
}

impl SecretSource {
    /// A few words for `doctor` and `info`.
    pub fn describe(&self, wanted: Wanted) -> String {
        match self {
            Self::Environment => format!("from {}", wanted.variable),
            Self::File(path) => format!("from the file {}", path.display()),
            // The arguments may tell of vaults and entries; the program's name is enough.
            Self::Command(argv) => format!("from the command `{}`", argv.first().map_or("", |a| a)),
            Self::Missing => "not configured".to_owned(),
        }
    }

    /// Fetches the secret. A command may take up to [`COMMAND_TIMEOUT`].
    ///
    /// # Errors
    /// [`SecretError`] when there is none, the file is open to others, or the command fails.
    pub async fn read(&self, wanted: Wanted) -> Result<Secret, SecretError> {
        let missing = || SecretError::Missing(wanted);
        let text = match self {
            Self::Environment => std::env::var(wanted.variable).map_err(|_| missing())?,
            Self::File(path) => read_file(path, wanted)?,
            Self::Command(argv) => run(argv, wanted).await?,
            Self::Missing => return Err(missing()),
        };
        let whole = Secret::new(text);
        let line = whole.expose().trim();
        if line.is_empty() {
            return Err(SecretError::Empty(wanted, self.describe(wanted)));
        }
        if line.len() > MAX_SECRET_BYTES || line.contains(['\n', '\r']) {
            return Err(SecretError::NotOneLine(wanted, self.describe(wanted)));
        }
        Ok(Secret::new(line.to_owned()))
    }
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Nothing names one.
    #[error("there is no {}", .0.what)]
    Missing(Wanted),
    /// The source gives nothing.
    #[error("the {} {} is empty", .0.what, .1)]
    Empty(Wanted, String),
    /// The source gives more than one.
    #[error("what came {} is more than one line and cannot be the {}", .1, .0.what)]
    NotOneLine(Wanted, String),
    /// The file cannot be read.
    #[error("the {} file {path} cannot be read: {cause}", wanted.short)]
    File {
        /// What it should hold.
        wanted: Wanted,
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Others could read or change the file.
    #[error(transparent)]
    NotPrivate(#[from] NotPrivate),
    /// The command could not be started.
    #[error("the {} command `{program}` cannot be started: {cause}", wanted.short)]
    NotStarted {
        /// What it should print.
        wanted: Wanted,
        /// The program.
        program: String,
        /// Why.
        cause: io::Error,
    },
    /// The command ended with an error. What it wrote is not shown: it may hold a secret.
    #[error("the {} command `{program}` failed ({status})", wanted.short)]
    Failed {
        /// What it should print.
        wanted: Wanted,
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// The command took too long and was ended.
    #[error("the {} command `{}` took longer than 10 seconds and was ended", .0.short, .1)]
    TimedOut(Wanted, String),
}

impl SecretError {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::Missing(wanted) => wanted.remedy.to_owned(),
            Self::NotPrivate(error) => error.hint(),
            Self::File { wanted, .. } => {
                format!("create it with `umask 077`, the {} on one line", wanted.short)
            }
            Self::Empty(wanted, _) | Self::NotOneLine(wanted, _) => format!("it must be {}", wanted.shape),
            Self::NotStarted { .. } => {
                "a command is a program and its arguments, each a string of its own; no shell reads it".to_owned()
            }
            Self::Failed { .. } | Self::TimedOut(..) => "run the command by hand to see what it says".to_owned(),
        }
    }
}

fn read_file(path: &Path, wanted: Wanted) -> Result<String, SecretError> {
    let mut text = String::new();
    let file = private::open_file(path)?;
    let mut limited = io::Read::take(file, MAX_SECRET_BYTES as u64 + 2);
    io::Read::read_to_string(&mut limited, &mut text).map_err(|cause| SecretError::File {
        wanted,
        path: path.to_owned(),
        cause,
    })?;
    Ok(text)
}

async fn run(argv: &[String], wanted: Wanted) -> Result<String, SecretError> {
    let (program, arguments) = argv.split_first().ok_or(SecretError::Missing(wanted))?;
    let not_started = |cause| SecretError::NotStarted {
        wanted,
        program: program.clone(),
        cause,
    };
    let child = Command::new(program)
        .args(arguments)
        .env_remove(TOKEN_VARIABLE)
        .env_remove(STORE_KEY_VARIABLE)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(not_started)?;
    let output = tokio::time::timeout(COMMAND_TIMEOUT, child.wait_with_output())
        .await
        .map_err(|_| SecretError::TimedOut(wanted, program.clone()))?
        .map_err(not_started)?;
    if !output.status.success() {
        return Err(SecretError::Failed {
            wanted,
            program: program.clone(),
            status: output.status,
        });
    }
    String::from_utf8(output.stdout)
        .map_err(|_| SecretError::NotOneLine(wanted, format!("from `{program}`")))
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
        let token = SecretSource::File(path).read(TOKEN).await.unwrap();
        assert_eq!(token.expose(), "00abc");
    }

    #[tokio::test]
    async fn a_file_that_others_can_read_is_refused_with_the_command_that_helps() {
        for mode in [0o640, 0o604, 0o660, 0o777] {
            let (_folder, path) = file("00abc", mode);
            let error = SecretSource::File(path.clone())
                .read(TOKEN)
                .await
                .unwrap_err();
            assert_eq!(error.hint(), format!("run: chmod 600 {}", path.display()));
            assert!(!error.to_string().contains("00abc"));
        }
    }

    #[tokio::test]
    async fn what_is_no_token_is_refused() {
        for text in ["", " \n", "one\ntwo", &"x".repeat(9_000)] {
            let (_folder, path) = file(text, 0o600);
            assert!(
                SecretSource::File(path).read(TOKEN).await.is_err(),
                "{text:.10}"
            );
        }
        let (folder, path) = file("00abc", 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(SecretSource::File(link).read(TOKEN).await.is_err());
    }

    fn command(argv: &[&str]) -> SecretSource {
        SecretSource::Command(argv.iter().map(|&arg| arg.to_owned()).collect())
    }

    #[tokio::test]
    async fn a_command_runs_without_a_shell_and_its_failure_tells_no_output() {
        let token = command(&["echo", "00abc $HOME"]).read(TOKEN).await.unwrap();
        assert_eq!(token.expose(), "00abc $HOME");
        let failed = command(&["sh", "-c", "echo canary; exit 3"])
            .read(TOKEN)
            .await;
        let failed = failed.unwrap_err();
        assert!(
            matches!(failed, SecretError::Failed { .. }) && !failed.to_string().contains("canary")
        );
        let missing = command(&["/nonexistent/program"]).read(TOKEN).await;
        assert!(matches!(missing, Err(SecretError::NotStarted { .. })));
    }
}
