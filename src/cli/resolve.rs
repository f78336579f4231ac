//! From what was typed to what is meant: flags, environment and configuration file become one value that commands work with.
//!
//! Nothing fails here. A command that needs no org works with a broken file; one that does says what is wrong when it asks.

use std::ffi::OsString;
use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::Arc;

use super::args::{Format, GlobalArgs};
use super::bindings;
use super::failure::{Failure, problem};
use crate::clock::Clock;
use crate::config::environment::Environment;
use crate::config::paths::{Paths, config_file};
use crate::config::{Config, ConfigError, NoProfile, Profile, StoreSettings, UiSettings};
use crate::msg::{Problem, ProblemKind};
use crate::ui::keymap::Keymap;

/// What a command works with.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own, as it was typed"
)]
pub struct Context {
    /// How data is written.
    pub format: Format,
    /// The configuration file, whether it exists or not.
    pub config_file: PathBuf,
    /// What the disk told of it just before it was read.
    pub config_told: Option<Metadata>,
    /// Whether it must exist.
    config_is_required: bool,
    /// What it says, or what is wrong with it.
    pub config: Result<Config, ConfigError>,
    /// What the console's keys mean.
    pub keys: Arc<Keymap>,
    /// The profile to work with, or why there is none.
    profile: Result<Profile, Problem>,
    /// What is wrong with what is configured, beside that no profile is meant.
    mistake: Option<Problem>,
    /// How the mirror behaves on its disk: as the profile has it, or, without one, by the environment alone.
    store: StoreSettings,
    /// Where the profile's things are, or why that is not known.
    paths: Result<Paths, Problem>,
    /// How the console looks, or what is wrong with what the environment says about it.
    ui: Result<UiSettings, String>,
    /// Whether a data directory was named on the command line.
    has_data_dir: bool,
    /// What an agent must be started with to work with the same.
    agent_flags: Vec<OsString>,
    /// Whether nothing may be asked.
    pub no_input: bool,
    /// Whether Okta is left alone.
    pub offline: bool,
    /// The file that a list is written to.
    pub export: Option<PathBuf>,
    /// The time.
    pub clock: Clock,
}

impl Context {
    /// Works out what is meant.
    pub fn new(global: &GlobalArgs, env: &Environment) -> Self {
        let path = config_file(global.config.as_deref(), env);
        let config_told = std::fs::metadata(&path).ok();
        let config = bindings::load(&path, global.config.is_some());
        let (config, keys) = match config {
            Ok((config, keys)) => (Ok(config), keys),
            Err(error) => (Err(error), Keymap::standard()),
        };
        let (profile, mistake) = match profile(&config, global, env) {
            Ok(profile) => (Ok(profile), None),
            Err((problem, is_mistake)) => {
                let mistake = is_mistake.then(|| problem.clone());
                (Err(problem), mistake)
            }
        };
        let store = match &profile {
            Ok(profile) => profile.store.clone(),
            Err(_) => StoreSettings::default().with(env),
        };
        let paths = match (&global.data_dir, &profile) {
            (Some(dir), _) => Ok(Paths::within(dir)),
            (None, Ok(profile)) => Ok(Paths::of_profile(profile, env)),
            (None, Err(problem)) => Err(problem.clone()),
        };
        let ui = config.as_ref().map(|config| config.ui).unwrap_or_default();
        Self {
            ui: ui.with(env),
            format: global.output,
            config_file: path,
            config_told,
            config_is_required: global.config.is_some(),
            config,
            keys,
            store,
            profile,
            mistake,
            paths,
            has_data_dir: global.data_dir.is_some(),
            agent_flags: agent_flags(global),
            no_input: global.no_input,
            offline: global.offline,
            export: global.export.clone(),
            clock: Clock::real(),
        }
    }

    /// Whether a data directory was named on the command line.
    pub fn has_data_dir(&self) -> bool {
        self.has_data_dir
    }

    /// The profile.
    ///
    /// # Errors
    /// When none is configured, none was chosen, or the file is broken.
    pub fn profile(&self) -> Result<&Profile, Failure> {
        self.profile
            .as_ref()
            .map_err(|problem| problem.clone().into())
    }

    /// Whether what is configured makes sense. That no profile is configured, or none of several was chosen, is no mistake.
    ///
    /// # Errors
    /// When the file is broken, or the profile that is meant does not exist or cannot be used.
    pub fn check(&self) -> Result<(), Failure> {
        match &self.mistake {
            Some(mistake) => Err(mistake.clone().into()),
            None => Ok(()),
        }
    }

    /// How the mirror behaves on its disk; known without a profile.
    pub fn store(&self) -> &StoreSettings {
        &self.store
    }

    /// How the console looks.
    ///
    /// # Errors
    /// When the environment names a theme that there is not.
    pub fn ui(&self) -> Result<UiSettings, Failure> {
        self.ui.clone().map_err(|what| {
            let hint = "unset OKTOP_THEME, or give it one of these names";
            Failure::new(ProblemKind::Usage, what, hint)
        })
    }

    /// How the console looks and what its keys mean by what the file says now.
    ///
    /// # Errors
    /// The first mistake in it, with file, line and column, and how many more there are.
    pub fn read_ui_again(&self) -> Result<(UiSettings, Arc<Keymap>), Problem> {
        let broken = |summary: String, hint: String| problem(ProblemKind::Usage, summary, hint);
        let (config, keys) =
            bindings::load(&self.config_file, self.config_is_required).map_err(|error| {
                let told = error.to_string();
                let first = told.lines().next().unwrap_or_default();
                // The name is enough in a line that is short; `info` tells the rest.
                let folder = self
                    .config_file
                    .parent()
                    .map(|folder| folder.display().to_string());
                let first = folder
                    .and_then(|folder| first.strip_prefix(&folder))
                    .unwrap_or(first);
                let first = first.trim_start_matches('/');
                let more = error.problems.len().saturating_sub(1);
                let more = match more {
                    0 => String::new(),
                    more => format!("; `oktop config check` names {more} more"),
                };
                broken(
                    first.to_owned(),
                    format!("The settings of before stay{more}."),
                )
            })?;
        let ui = config.ui.with(&Environment::of_process());
        let ui = ui.map_err(|what| broken(what, "The settings of before stay.".to_owned()))?;
        Ok((ui, keys))
    }

    /// Where the profile's things are; with `--data-dir` that is known without a profile.
    ///
    /// # Errors
    /// As [`Context::profile`].
    pub fn paths(&self) -> Result<&Paths, Failure> {
        self.paths
            .as_ref()
            .map_err(|problem| problem.clone().into())
    }

    /// What an agent is started with: this program with the same flags.
    ///
    /// # Errors
    /// When the system does not tell where this program is.
    pub fn agent_command(&self) -> Result<Vec<OsString>, Failure> {
        let program = std::env::current_exe().map_err(|error| {
            let summary = format!("the system does not tell where this program is: {error}");
            Failure::new(ProblemKind::Internal, summary, "start it by its full path")
        })?;
        let mut command = vec![program.into_os_string()];
        command.extend(self.agent_flags.iter().cloned());
        command.push("agent".into());
        Ok(command)
    }
}

/// The profile that is meant, or why there is none, and whether that is a mistake.
fn profile(
    config: &Result<Config, ConfigError>,
    global: &GlobalArgs,
    env: &Environment,
) -> Result<Profile, (Problem, bool)> {
    let config = config.as_ref().map_err(|error| {
        let told = match Failure::from(error.clone()) {
            Failure::Problem(problem) => problem,
            _ => problem(ProblemKind::Usage, error.to_string(), "correct the file"),
        };
        (told, true)
    })?;
    let chosen = config.profile(global.profile.as_deref(), env);
    chosen.map_err(|error| {
        let is_mistake = !matches!(error, NoProfile::None | NoProfile::Several(_));
        let told = problem(ProblemKind::Usage, error.to_string(), error.hint());
        (told, is_mistake)
    })
}

/// An agent runs elsewhere than it was started, so every path is made absolute.
fn agent_flags(global: &GlobalArgs) -> Vec<OsString> {
    let absolute = |path: &PathBuf| {
        std::path::absolute(path)
            .unwrap_or_else(|_| path.clone())
            .into_os_string()
    };
    let given = [
        ("--config", global.config.as_ref().map(absolute)),
        ("--profile", global.profile.as_ref().map(OsString::from)),
        ("--data-dir", global.data_dir.as_ref().map(absolute)),
    ];
    let given = given
        .into_iter()
        .filter_map(|(flag, value)| Some([OsString::from(flag), value?]));
    let offline = global.offline.then(|| OsString::from("--offline"));
    given.flatten().chain(offline).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(config: &str, global: GlobalArgs, env: &Environment) -> Context {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, config).unwrap();
        Context::new(
            &GlobalArgs {
                config: Some(file),
                ..global
            },
            env,
        )
    }

    #[test]
    fn a_data_directory_is_enough_to_find_a_running_agent() {
        let global = GlobalArgs {
            data_dir: Some("/x".into()),
            ..GlobalArgs::default()
        };
        let context = context("", global, &Environment::default());
        assert_eq!(context.paths().unwrap().data_dir, PathBuf::from("/x"));
        assert_eq!(context.profile().unwrap_err().exit_code(), 2);
    }

    #[test]
    fn a_broken_file_is_told_by_whoever_needs_it() {
        let context = context(
            "profle = 'a'",
            GlobalArgs::default(),
            &Environment::default(),
        );
        let words = context.profile().unwrap_err().words().unwrap();
        assert!(
            words.contains("config.toml:1:1: unknown key `profle`; did you mean `profile`?"),
            "{words}"
        );
        assert_eq!(context.paths().unwrap_err().exit_code(), 2);
    }

    /// `--offline --data-dir` took no notice of a typing error, and with it of all that the file says.
    #[test]
    fn only_that_no_profile_is_meant_is_no_mistake() {
        let two = "profiles.a.org_url = 'a.okta.com'\nprofiles.b.org_url = 'b.okta.com'";
        for (config, named, is_mistake) in [
            ("", None, false),
            (two, None, false),
            (two, Some("a"), false),
            (two, Some("c"), true),
            ("", Some("a"), true),
            ("profle = 'a'", None, true),
        ] {
            let global = GlobalArgs {
                data_dir: Some("/x".into()),
                profile: named.map(str::to_owned),
                offline: true,
                ..GlobalArgs::default()
            };
            let context = context(config, global, &Environment::default());
            let code = context.check().err().map(|failure| failure.exit_code());
            assert_eq!(code, is_mistake.then_some(2), "{config} {named:?}");
        }
    }

    #[test]
    fn an_agent_is_started_with_the_same_flags() {
        let global = GlobalArgs {
            profile: Some("acme".into()),
            data_dir: Some("/x".into()),
            ..GlobalArgs::default()
        };
        let flags = agent_flags(&global);
        assert_eq!(flags, ["--profile", "acme", "--data-dir", "/x"]);
    }
}
