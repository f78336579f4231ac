//! What the operator has decided: profiles, rhythm, exclusions, looks. Read from one TOML file and the environment.
//!
//! Precedence is flag, environment, file, default. Every mistake in the file is reported with its line, all of them at once, and an
//! unknown key is a mistake: a setting that silently does nothing is worse than a refusal. Invariant: nothing here talks to
//! Okta or opens a store; the values are plain and are handed to whoever needs them.

pub mod environment;
mod file;
pub mod paths;
pub mod policy;
pub mod private;
mod section;
pub mod service_app;
pub mod source;
pub mod sync_settings;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::domain::secret::Secret;

use environment::Environment;
use environment::{CLIENT_VARIABLE, KEY_VARIABLE, TOKEN_VARIABLE};
use service_app::AppSource;
use source::{OLD_STORE_KEY, STORE_KEY, SecretSource};
use sync_settings::SyncSettings;

pub use file::known_keys;

/// All that the configuration file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The profile used when none is named.
    pub default_profile: Option<String>,
    /// The profiles by name.
    pub profiles: BTreeMap<String, Profile>,
    /// The console's looks.
    pub ui: UiSettings,
    /// What the operator wants of the console's keys, in the order of the file.
    pub keys: Vec<KeySetting>,
}

/// The keys that the operator wants for a command of the console. What they mean is for the console to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetting {
    /// Below which heading it stands: `global`, or the name of a view.
    pub view: &'static str,
    /// The command, as it was written.
    pub action: String,
    /// Where it stands.
    pub at: Spot,
    /// The keys, as they were written, and where each stands.
    pub keys: Vec<(String, Spot)>,
}

impl KeySetting {
    /// The headings below `keys`.
    pub const VIEWS: [&'static str; 6] = ["global", "log", "lists", "text", "json", "queue"];
}

/// Whoever knows the console's keys: what is wrong with these settings.
pub type CheckKeys<'a> = &'a dyn Fn(&[KeySetting]) -> Vec<ConfigProblem>;

/// One org, the credential for it, and how it is mirrored.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name in the file; `None` when it was made from the environment alone.
    pub name: Option<String>,
    /// The org's URL as it was written; `okta` makes a base URL of it.
    pub org_url: String,
    /// Where the API token comes from.
    pub token: SecretSource,
    /// The service app that asks in place of the token's owner, when there is one.
    pub app: Option<AppSource>,
    /// An HTTP proxy to go through.
    pub proxy: Option<ProxyUrl>,
    /// A PEM file with certificate authorities that are trusted beside the built-in ones.
    pub extra_ca: Option<PathBuf>,
    /// Whether the console has to be opened for changes before it confirms any.
    pub read_only: bool,
    /// Whether the environment refuses changes altogether.
    pub refuses_changes: bool,
    /// How the org is mirrored.
    pub sync: SyncSettings,
    /// How the agent behaves.
    pub agent: AgentSettings,
    /// How the mirror behaves on its disk.
    pub store: StoreSettings,
}

impl Profile {
    /// A profile of default settings for an org.
    pub fn new(org_url: impl Into<String>, token: SecretSource) -> Self {
        Self {
            name: None,
            org_url: org_url.into(),
            token,
            app: None,
            proxy: None,
            extra_ca: None,
            read_only: true,
            refuses_changes: false,
            sync: SyncSettings::default(),
            agent: AgentSettings::default(),
            store: StoreSettings::default(),
        }
    }
}

/// A proxy's URL. It may hold a password, so its debug form shows only the host.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyUrl(Url);

impl ProxyUrl {
    /// Reads a proxy's URL.
    ///
    /// # Errors
    /// A sentence when it is not an `http`, `https` or `socks5` URL with a host.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("is not a URL ({error})"))?;
        match url.scheme() {
            "http" | "https" | "socks5" | "socks5h" if url.has_host() => Ok(Self(url)),
            _ => Err("must be an http://, https:// or socks5:// URL with a host".to_owned()),
        }
    }

    /// The address without user name and password.
    pub fn address(&self) -> String {
        let mut url = self.0.clone();
        // Only URLs that cannot have a host refuse this, and `parse` lets none of those in.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.to_string()
    }

    /// The user name and password in it, percent-decoded.
    pub fn login(&self) -> Option<(String, Secret)> {
        let decode = |text: &str| {
            let pair = format!("x={}", text.replace('+', "%2B"));
            let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
            decoded
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        let name = decode(self.0.username());
        let password = Secret::new(decode(self.0.password().unwrap_or_default()));
        (!name.is_empty()).then_some((name, password))
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({})", self.0.host_str().unwrap_or_default())
    }
}

/// How the agent behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentSettings {
    /// How long it stays with nobody attached and nothing under way.
    pub linger: Duration,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            linger: Duration::from_mins(10),
        }
    }
}

/// How the mirror behaves on its disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// Megabytes (2^20 bytes) of the disk that are kept free: with less, nothing is written.
    pub keep_free_mb: u64,
    /// Megabytes put aside, to be given back when the disk is full all the same.
    pub ballast_mb: u64,
    /// Whether it may lie on a network file system.
    pub allow_network: bool,
    /// Where the key comes from that its files are encrypted under.
    pub key: SecretSource,
    /// Where the key comes from that they were encrypted under before.
    pub old_key: SecretSource,
    /// Whether files are encrypted when there is a key; otherwise it only serves to read those that are, and they become plain.
    pub encrypt: bool,
}

impl StoreSettings {
    /// With the environment's word over the file's.
    #[must_use]
    pub fn with(mut self, env: &Environment) -> Self {
        if env.store_key {
            self.key = SecretSource::Environment;
        }
        self
    }

    /// How files are encrypted, in words that tell no secret; two settings that say the same mean the same keys.
    pub fn describe_encryption(&self) -> String {
        if self.key == SecretSource::Missing {
            return "none".to_owned();
        }
        let key = self.key.describe(STORE_KEY);
        let off = if self.encrypt { "" } else { ", `encrypt` off" };
        match &self.old_key {
            SecretSource::Missing => format!("key {key}{off}"),
            old => format!("key {key}, former key {}{off}", old.describe(OLD_STORE_KEY)),
        }
    }
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            keep_free_mb: 256,
            ballast_mb: 64,
            allow_network: false,
            key: SecretSource::Missing,
            old_key: SecretSource::Missing,
            encrypt: true,
        }
    }
}

/// The console's looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UiSettings {
    /// The palette.
    pub theme: ThemeChoice,
    /// Whether the terminal is told to move rows that only moved.
    pub scroll_region: bool,
    /// Whether the console begins with the lists, filters and order that it ended with.
    pub restore: bool,
    /// Whether the console shows ASCII only.
    pub ascii: bool,
}

impl Default for UiSettings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            scroll_region: true,
            restore: true,
            ascii: false,
        }
    }
}

/// Which palette the console draws with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// The terminal's own 16 colours.
    #[default]
    Ansi,
    /// No colours: bold, reverse and underline only. `NO_COLOR` chooses this too.
    Mono,
    /// For a dark background.
    Dark,
    /// For a light background.
    Light,
    /// For a black background, nothing dimmed.
    HighContrast,
    /// Blue and orange in place of green and red.
    ColorBlind,
}

impl ThemeChoice {
    /// Every theme by its name in the configuration.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("ansi", Self::Ansi),
        ("mono", Self::Mono),
        ("dark", Self::Dark),
        ("light", Self::Light),
        ("high-contrast", Self::HighContrast),
        ("color-blind", Self::ColorBlind),
    ];
}

impl UiSettings {
    /// These, with what the environment says over them.
    ///
    /// # Errors
    /// In words, when `OKTOP_THEME` names no theme.
    pub fn with(self, env: &Environment) -> Result<Self, String> {
        let Some(wanted) = &env.theme else {
            return Ok(self);
        };
        let named = |(name, _): &&(&str, ThemeChoice)| name == wanted;
        let Some((_, theme)) = ThemeChoice::NAMES.iter().find(named) else {
            let names = ThemeChoice::NAMES.map(|(name, _)| name).join(", ");
            return Err(format!("OKTOP_THEME names no theme; there are {names}"));
        };
        Ok(Self {
            theme: *theme,
            ..self
        })
    }
}

impl Config {
    /// Reads the file; a file that does not exist is an empty configuration unless `required`.
    ///
    /// # Errors
    /// [`ConfigError`] with every mistake in the file, or why it could not be read.
    pub fn load(path: &Path, required: bool) -> Result<Self, ConfigError> {
        Self::load_with(path, required, &|_| Vec::new())
    }

    /// The same, with the keys looked at by whoever knows them.
    ///
    /// # Errors
    /// As [`Config::load`], the mistakes in the keys among the others.
    pub fn load_with(
        path: &Path,
        required: bool,
        check_keys: CheckKeys<'_>,
    ) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => {
                return Ok(Self::default());
            }
            Err(error) => return Err(ConfigError::unreadable(path, &error)),
        };
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        file::parse(&text, folder, check_keys).map_err(|problems| ConfigError {
            file: path.to_owned(),
            problems,
        })
    }

    /// The profile to use: the one named by flag or `OKTOP_PROFILE`, else the org of `OKTOP_ORG_URL`, else the default one, else
    /// the only one.
    ///
    /// # Errors
    /// [`NoProfile`] when there is none of that name, none at all, or several and no default; and when `OKTOP_ORG_URL` names
    /// another org than the named profile, so that no token goes to a host it was not meant for.
    pub fn profile(&self, flag: Option<&str>, env: &Environment) -> Result<Profile, NoProfile> {
        let mut profile = self.chosen(flag.or(env.profile.as_deref()), env)?;
        if env.token.is_some() {
            profile.token = SecretSource::Environment;
            profile.app = None;
        }
        profile.app = app_of(profile.app, env)?;
        profile.refuses_changes |= env.read_only;
        profile.store = profile.store.with(env);
        Ok(profile)
    }

    fn chosen(&self, named: Option<&str>, env: &Environment) -> Result<Profile, NoProfile> {
        if let Some(name) = named {
            let profile = self.named(name)?;
            return match &env.org_url {
                Some(url) if !same_org(url, &profile.org_url) => Err(NoProfile::Conflict {
                    name: name.to_owned(),
                }),
                _ => Ok(profile),
            };
        }
        if let Some(url) = &env.org_url {
            let mut profile = Profile::new(url.clone(), SecretSource::Environment);
            profile.store = self.store_of(url)?;
            return Ok(profile);
        }
        match (&self.default_profile, self.profiles.len()) {
            (Some(name), _) => self.named(name),
            (None, 0) => Err(NoProfile::None),
            (None, 1) => Ok(self
                .profiles
                .values()
                .next()
                .cloned()
                .ok_or(NoProfile::None)?),
            (None, _) => Err(NoProfile::Several(self.names())),
        }
    }

    /// How the profiles of an org keep its mirror: whoever has one encrypted there wants no other that is not.
    fn store_of(&self, org_url: &str) -> Result<StoreSettings, NoProfile> {
        let all = self.profiles.iter();
        let mut of_org = all.filter(|(_, profile)| same_org(org_url, &profile.org_url));
        let Some((name, first)) = of_org.next() else {
            return Ok(StoreSettings::default());
        };
        let keys = |one: &Profile| {
            let store = &one.store;
            (store.encrypt, store.key.clone(), store.old_key.clone())
        };
        match of_org.find(|(_, other)| keys(other) != keys(first)) {
            None => Ok(first.store.clone()),
            Some((other, _)) => Err(NoProfile::Stores {
                one: name.clone(),
                other: other.clone(),
            }),
        }
    }

    fn named(&self, name: &str) -> Result<Profile, NoProfile> {
        let profile = self.profiles.get(name).cloned();
        profile.ok_or_else(|| NoProfile::Unknown {
            name: name.to_owned(),
            known: self.names(),
        })
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
        names.join(", ")
    }
}

/// The service app to ask as: the environment's word goes over the profile's, as a whole or in part.
fn app_of(profile: Option<AppSource>, env: &Environment) -> Result<Option<AppSource>, NoProfile> {
    if env.client_id.is_none() && env.private_key_file.is_none() {
        return Ok(profile);
    }
    if env.token.is_some() {
        return Err(NoProfile::TwoCredentials);
    }
    let from_environment = profile.is_none();
    let (client_id, key_file, key_id, scopes) = match profile {
        Some(app) => (
            Some(app.client_id),
            Some(app.key_file),
            app.key_id,
            app.scopes,
        ),
        None => (None, None, None, None),
    };
    let client_id = env.client_id.clone().or(client_id);
    let key_file = env.private_key_file.clone().or(key_file);
    Ok(Some(AppSource {
        client_id: client_id.ok_or(NoProfile::HalfAnApp)?,
        key_file: key_file.ok_or(NoProfile::HalfAnApp)?,
        // Another key has another name.
        key_id: key_id.filter(|_| env.private_key_file.is_none()),
        scopes,
        from_environment,
    }))
}

/// Whether two spellings of an org's URL mean the same host.
fn same_org(one: &str, other: &str) -> bool {
    paths::host_of(one) == paths::host_of(other)
}

/// Why no profile could be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProfile {
    /// Neither the file nor the environment names an org.
    #[error("no org is configured")]
    None,
    /// There are several, and none was chosen.
    #[error("several profiles are configured and none was chosen: {0}")]
    Several(String),
    /// There is no profile of that name.
    #[error("there is no profile `{name}`")]
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The names that exist, with commas between.
        known: String,
    },
    /// The environment names a service app without its key, or the other way round.
    #[error("{CLIENT_VARIABLE} and {KEY_VARIABLE} must both be set")]
    HalfAnApp,
    /// The environment names two ways to prove who asks.
    #[error("{TOKEN_VARIABLE} and {CLIENT_VARIABLE} are both set")]
    TwoCredentials,
    /// The environment names an org of which several profiles encrypt the mirror differently.
    #[error(
        "OKTOP_ORG_URL names an org whose profiles `{one}` and `{other}` encrypt its mirror differently"
    )]
    Stores {
        /// A profile.
        one: String,
        /// Another one.
        other: String,
    },
    /// The environment speaks of another org than the profile.
    #[error("OKTOP_ORG_URL names another org than the profile `{name}`")]
    Conflict {
        /// The profile.
        name: String,
    },
}

impl NoProfile {
    /// What to do about it.
    pub fn hint(&self) -> String {
        match self {
            Self::None => "set OKTOP_ORG_URL and OKTOP_API_TOKEN, or write a profile into the file that `oktop config path` names; `oktop demo` needs neither, nor does what is stored already: --data-dir DIR --offline".to_owned(),
            Self::Several(_) => "choose one with --profile, or set `profile` at the head of the file".to_owned(),
            Self::Unknown { known, .. } if known.is_empty() => "no profile is configured; see config.example.toml".to_owned(),
            Self::Unknown { known, .. } => format!("configured are: {known}"),
            Self::HalfAnApp => "set the other one, too, or unset both and use `client_id` and `private_key_file` of a profile".to_owned(),
            Self::TwoCredentials => "unset one of them".to_owned(),
            Self::Stores { .. } => "choose one with --profile, and unset OKTOP_ORG_URL or leave it as it is".to_owned(),
            Self::Conflict { .. } => "unset OKTOP_ORG_URL, or leave --profile and OKTOP_PROFILE out".to_owned(),
        }
    }
}

/// What is wrong with the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// Every mistake, in the order of the file.
    pub problems: Vec<ConfigProblem>,
}

impl ConfigError {
    fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self {
            file: path.to_owned(),
            problems: vec![ConfigProblem {
                at: None,
                message: format!("the file cannot be read: {error}"),
            }],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            let newline = if i == 0 { "" } else { "\n" };
            let file = self.file.display();
            match problem.at {
                Some(at) => write!(f, "{newline}{file}:{at}: {}", problem.message)?,
                None => write!(f, "{newline}{file}: {}", problem.message)?,
            }
        }
        Ok(())
    }
}

/// One mistake in the configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where; `None` when it is about the file as a whole.
    pub at: Option<Spot>,
    /// What is wrong and what would be right.
    pub message: String,
}

/// A place in the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The line, from 1.
    pub line: usize,
    /// The character in it, from 1.
    pub column: usize,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests;
