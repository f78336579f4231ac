//! What the machine's administrator has decided about changes, for all who use oktop here: a file that they cannot write.
//!
//! Its path is fixed when oktop is built ([`PATH`]; `OKTOP_POLICY_PATH` in the environment of the build names another), so that nobody can
//! point the program elsewhere. It must belong to root and be writable by nobody else; one that is there and cannot be relied on
//! refuses every change, because nobody knows what it would have forbidden.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde::Deserialize;

/// Where it lies.
pub const PATH: &str = match option_env!("OKTOP_POLICY_PATH") {
    Some(path) => path,
    None => "/etc/oktop/policy.toml",
};

/// More than anybody writes by hand.
const MAX_BYTES: u64 = 1 << 20;
/// Writable by the group or by everybody.
const OTHERS_WRITE: u32 = 0o022;

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Profiles in which nothing is ever changed; `*` is all of them.
    pub read_only: Vec<String>,
    /// Ids of accounts for the worst case, which nobody touches.
    pub break_glass: Vec<String>,
    /// Ids of other objects that nobody touches.
    pub protected: Vec<String>,
    /// Lower limits than oktop's own.
    pub limits: Limits,
    /// Who the users of this machine are in the org.
    pub operators: Vec<OperatorAccount>,
}

/// Limits; those that are higher than oktop's own change nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Changes in one plan.
    pub most_changes: Option<usize>,
    /// Users of the org, in percent, that one plan may take something from.
    pub most_users_percent: Option<u64>,
    /// What takes something away, in an hour.
    pub destructive_an_hour: Option<usize>,
    /// The same in a day.
    pub destructive_a_day: Option<usize>,
}

/// A user of this machine, and their account in the org.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorAccount {
    /// The name on this machine.
    pub user: String,
    /// The id of the account.
    pub okta: String,
}

/// Why the file cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// Others than root can write it.
    #[error("{path} can be written by others than root: chown root {path} && chmod go-w {path}")]
    Writable {
        /// The file.
        path: String,
    },
    /// It is none.
    #[error("{path}: {why}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong, with its line.
        why: String,
    },
}

impl Policy {
    /// Reads the machine's policy; where there is no file, there is none.
    ///
    /// # Errors
    /// [`PolicyError`] when it cannot be relied on.
    pub fn read() -> Result<Self, PolicyError> {
        Self::at(Path::new(PATH), 0)
    }

    /// Reads a policy that must belong to this user.
    fn at(path: &Path, owner: u32) -> Result<Self, PolicyError> {
        let shown = || path.display().to_string();
        let failed = |source| PolicyError::Read {
            path: shown(),
            source,
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(error)),
        };
        let about = file.metadata().map_err(failed)?;
        if about.uid() != owner || about.mode() & OTHERS_WRITE != 0 || !about.is_file() {
            return Err(PolicyError::Writable { path: shown() });
        }
        let mut text = String::new();
        file.take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(failed)?;
        toml::from_str(&text).map_err(|error| PolicyError::Malformed {
            path: shown(),
            why: error.to_string(),
        })
    }

    /// Whether nothing is ever changed in this profile.
    pub fn locks(&self, profile: Option<&str>) -> bool {
        let is_it = |name: &String| name == "*" || Some(name.as_str()) == profile;
        self.read_only.iter().any(is_it)
    }

    /// Accounts by the names of this machine's users.
    pub fn accounts(&self) -> BTreeMap<&str, &str> {
        self.operators
            .iter()
            .map(|one| (one.user.as_str(), one.okta.as_str()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn own() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn written(text: &str, mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("policy.toml");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    const WHOLE: &str = r#"
read_only = ["prod"]
break_glass = ["00uglass"]
protected = ["00gvault"]
[limits]
most_changes = 20
[[operators]]
user = "ana"
okta = "00uana"
"#;

    #[test]
    fn what_root_wrote_is_taken() {
        let (_dir, path) = written(WHOLE, 0o644);
        let policy = Policy::at(&path, own()).unwrap();
        assert!(policy.locks(Some("prod")) && !policy.locks(Some("test")) && !policy.locks(None));
        assert_eq!(policy.accounts()["ana"], "00uana");
        assert_eq!(policy.limits.most_changes, Some(20));
        let all = Policy {
            read_only: vec!["*".into()],
            ..Policy::default()
        };
        assert!(all.locks(None));
        let nowhere = path.with_file_name("nothing");
        assert_eq!(Policy::at(&nowhere, own()).unwrap(), Policy::default());
    }

    #[test]
    fn what_others_can_write_or_nobody_understands_refuses() {
        for mode in [0o666, 0o664, 0o646] {
            let (_dir, path) = written(WHOLE, mode);
            let error = Policy::at(&path, own()).unwrap_err();
            assert!(matches!(error, PolicyError::Writable { .. }), "{mode:o}");
        }
        let (_dir, path) = written(WHOLE, 0o644);
        assert!(matches!(
            Policy::at(&path, own() + 1),
            Err(PolicyError::Writable { .. })
        ));
        for text in [
            "read_only = true",
            "break_glas = []",
            "[limits]\nmost = 1",
            "=",
        ] {
            let (_dir, path) = written(text, 0o600);
            let error = Policy::at(&path, own()).unwrap_err();
            assert!(matches!(error, PolicyError::Malformed { .. }), "{text}");
        }
        let (dir, _) = written("", 0o600);
        assert!(Policy::at(dir.path(), own()).is_err(), "a directory");
    }
}
