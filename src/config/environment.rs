//! The environment variables that matter, read once into a value, so that nothing below looks at the process.

use std::env;
use std::path::PathBuf;

use directories::BaseDirs;

/// What the environment says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `OKTOP_ORG_URL`: the org, without any profile.
    pub org_url: Option<String>,
    /// Whether `OKTOP_API_TOKEN` is set to something. The token itself is read only where it is used.
    pub token: Option<TokenIsSet>,
    /// `OKTOP_CLIENT_ID`: the service app to ask as, in place of an API token.
    pub client_id: Option<String>,
    /// `OKTOP_PRIVATE_KEY_FILE`: its private key.
    pub private_key_file: Option<PathBuf>,
    /// Whether `OKTOP_STORE_KEY` is set to something. The key itself is read only where it is used.
    pub store_key: bool,
    /// `OKTOP_PROFILE`: the profile to use.
    pub profile: Option<String>,
    /// `OKTOP_THEME`: the palette, over the configuration's.
    pub theme: Option<String>,
    /// `OKTOP_READ_ONLY=1`: no change to any org, whatever is asked.
    pub read_only: bool,
    /// `OKTOP_CONFIG_DIR`, else `oktop` under `XDG_CONFIG_HOME` or `~/.config`.
    pub config_dir: PathBuf,
    /// `oktop` under `XDG_DATA_HOME` or the system's place for data.
    pub data_home: PathBuf,
    /// `oktop` under `XDG_STATE_HOME` or the system's place for state.
    pub state_home: PathBuf,
}

/// Says that a token is there without holding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenIsSet;

/// The variable that may hold the API token.
pub const TOKEN_VARIABLE: &str = "OKTOP_API_TOKEN";
/// The variable that may name the service app.
pub const CLIENT_VARIABLE: &str = "OKTOP_CLIENT_ID";
/// The variable that may name the file with its private key.
pub const KEY_VARIABLE: &str = "OKTOP_PRIVATE_KEY_FILE";
/// The variable that may hold the key that the mirror's files are encrypted under.
pub const STORE_KEY_VARIABLE: &str = "OKTOP_STORE_KEY";

impl Environment {
    /// Reads the process's environment.
    pub fn of_process() -> Self {
        let base = BaseDirs::new();
        let home = base.as_ref().map(|base| base.home_dir().to_owned());
        // A machine without a home directory still works with --config and --data-dir.
        let under_home = |tail: &str| home.clone().unwrap_or_else(env::temp_dir).join(tail);
        let xdg =
            |variable: &str, tail: &str| directory(variable).unwrap_or_else(|| under_home(tail));
        Self {
            org_url: text("OKTOP_ORG_URL"),
            token: text(TOKEN_VARIABLE).map(|_| TokenIsSet),
            client_id: text(CLIENT_VARIABLE),
            private_key_file: text(KEY_VARIABLE).map(PathBuf::from),
            store_key: text(STORE_KEY_VARIABLE).is_some(),
            profile: text("OKTOP_PROFILE"),
            theme: text("OKTOP_THEME"),
            read_only: text("OKTOP_READ_ONLY").is_some_and(|value| value != "0"),
            config_dir: directory("OKTOP_CONFIG_DIR")
                .unwrap_or_else(|| xdg("XDG_CONFIG_HOME", ".config").join("oktop")),
            data_home: xdg("XDG_DATA_HOME", ".local/share").join("oktop"),
            state_home: xdg("XDG_STATE_HOME", ".local/state").join("oktop"),
        }
    }
}

/// A variable that is set to something other than white space.
fn text(variable: &str) -> Option<String> {
    let value = env::var(variable).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// A variable that holds an absolute path; the base directory specification ignores any other.
fn directory(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env::var_os(variable)?);
    path.is_absolute().then_some(path)
}
