//! Where everything lies: configuration, stores and logs of one profile.
//!
//! A profile has a directory of its own; without a profile each host has one, so that two orgs never share a store. `--data-dir`
//! puts everything of a profile, logs too, into one place.

use std::path::{Path, PathBuf};

use super::Profile;
use super::environment::Environment;

/// The places of one profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    /// Stores, lock and socket. One agent owns it.
    pub data_dir: PathBuf,
    /// Log files.
    pub log_dir: PathBuf,
}

impl Paths {
    /// The places under a data directory that was named.
    pub fn within(data_dir: &Path) -> Self {
        // Relative paths would mean another place to an agent that was started elsewhere.
        let data_dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        Self {
            log_dir: data_dir.join("log"),
            data_dir,
        }
    }

    /// What the console remembers from start to start.
    pub fn console_file(&self) -> PathBuf {
        self.log_dir.with_file_name("console.json")
    }

    /// The places of a profile, or of its host when it has no name.
    pub fn of_profile(profile: &Profile, env: &Environment) -> Self {
        let place = match &profile.name {
            Some(name) => Path::new("profiles").join(name),
            None => Path::new("hosts").join(host_of(&profile.org_url)),
        };
        let data_dir = env.data_home.join(&place);
        Self {
            log_dir: env.state_home.join(place).join("log"),
            data_dir,
        }
    }
}

/// The file that holds the configuration: the one named by flag, else `config.toml` in the configuration directory.
pub fn config_file(flag: Option<&Path>, env: &Environment) -> PathBuf {
    flag.map_or_else(|| env.config_dir.join("config.toml"), Path::to_owned)
}

/// The host (and port, when one is written) of an org's URL as people write it, in a form that is a file name: lower case,
/// `-admin` taken off as `okta` does, anything unusual replaced by `_`.
pub fn host_of(org_url: &str) -> String {
    let text = org_url.trim();
    let after_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = after_scheme
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let host = without_admin(&host);
    let mut name: String = host
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
                c
            } else {
                '_'
            }
        })
        .collect();
    if name.starts_with('.') || name.is_empty() {
        name.insert(0, '_');
    }
    name
}

fn without_admin(host: &str) -> String {
    match host.split_once('.') {
        Some((org, rest)) if rest.starts_with("okta") => {
            format!("{}.{rest}", org.strip_suffix("-admin").unwrap_or(org))
        }
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::source::SecretSource;

    #[test]
    fn one_org_has_one_directory_however_it_is_written() {
        for url in [
            "acme.okta.com",
            "https://acme.okta.com/",
            "HTTPS://Acme.okta.com",
            "acme-admin.okta.com",
            " https://acme-admin.okta.com/admin/dashboard ",
        ] {
            assert_eq!(host_of(url), "acme.okta.com", "{url}");
        }
        assert_eq!(host_of("http://127.0.0.1:8080/"), "127.0.0.1_8080");
        assert_eq!(
            host_of("https://login-admin.acme.com"),
            "login-admin.acme.com"
        );
        for odd in ["", "..", "../../etc", "https://../x", "a\0b"] {
            let name = host_of(odd);
            assert!(
                !name.starts_with('.') && !name.is_empty() && !name.contains('/'),
                "{odd:?} {name}"
            );
        }
    }

    #[test]
    fn a_profile_and_a_host_have_places_of_their_own() {
        let env = Environment {
            data_home: "/d".into(),
            state_home: "/s".into(),
            ..Environment::default()
        };
        let mut profile = Profile::new("https://acme.okta.com", SecretSource::Missing);
        let paths = Paths::of_profile(&profile, &env);
        assert_eq!(paths.data_dir, Path::new("/d/hosts/acme.okta.com"));
        assert_eq!(paths.log_dir, Path::new("/s/hosts/acme.okta.com/log"));
        profile.name = Some("acme".into());
        assert_eq!(
            Paths::of_profile(&profile, &env).data_dir,
            Path::new("/d/profiles/acme")
        );
    }

    #[test]
    fn a_data_directory_that_was_named_holds_everything() {
        let paths = Paths::within(Path::new("/x"));
        assert_eq!(paths.data_dir, Path::new("/x"));
        assert_eq!(paths.log_dir, Path::new("/x/log"));
        assert!(Paths::within(Path::new("x")).data_dir.is_absolute());
    }
}
