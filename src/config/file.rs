//! The keys of the configuration file and what they mean.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::de::DeTable;

use super::StoreSettings;
use super::section::{Report, Section};
use super::service_app::AppSource;
use super::source::SecretSource;
use super::sync_settings::{Exclusions, FactorsOf, SyncSettings};
use super::{
    AgentSettings, CheckKeys, Config, ConfigProblem, KeySetting, Profile, ProxyUrl, ThemeChoice,
    UiSettings,
};
use crate::domain::resource::Resource;

const DAY_SECS: u64 = 86_400;

/// Reads a configuration; relative paths in it are relative to `folder`.
pub(super) fn parse(
    text: &str,
    folder: &Path,
    check_keys: CheckKeys<'_>,
) -> Result<Config, Vec<ConfigProblem>> {
    let (config, mut problems, _) = read(text, folder);
    problems.extend(check_keys(&config.keys));
    problems.sort_by_key(|problem| problem.at);
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(problems)
    }
}

/// Every key that the file may have, with `NAME` for a profile's name. The example file is tested against it.
pub fn known_keys() -> BTreeSet<String> {
    read("[profiles.NAME]", Path::new("")).2
}

fn read(text: &str, folder: &Path) -> (Config, Vec<ConfigProblem>, BTreeSet<String>) {
    let mut report = Report::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        report.problem(error.span(), error.message().to_owned());
    }
    let mut file = Section::root(table.get_ref(), &mut report);
    let config = config(&mut file, folder);
    file.close();
    let (problems, known) = report.finish();
    (config, problems, known)
}

fn config(file: &mut Section<'_, '_, '_>, folder: &Path) -> Config {
    let default_profile = file.text("profile").map(str::to_owned);
    let profiles = file.each("profiles", |name, section| profile(name, section, folder));
    let profiles: BTreeMap<_, _> = profiles.into_iter().collect();
    if default_profile
        .as_ref()
        .is_some_and(|name| !profiles.contains_key(name))
    {
        file.problem("profile", "names a profile that the file does not have");
    }
    Config {
        default_profile,
        profiles,
        ui: file.inner("ui", |section| UiSettings {
            theme: section.choice("theme", &ThemeChoice::NAMES, ThemeChoice::default()),
            scroll_region: section.flag("scroll_region", true),
            restore: section.flag("restore", true),
            ascii: section.flag("ascii", false),
        }),
        keys: file.inner("keys", keys),
    }
}

fn keys(section: &mut Section<'_, '_, '_>) -> Vec<KeySetting> {
    let mut all = Vec::new();
    for view in KeySetting::VIEWS {
        let wanted = section.inner(view, |section| {
            section
                .free("a key such as \"f\", a list such as [\"f\", \"ctrl-w o\"], or [] for none")
        });
        all.extend(wanted.into_iter().map(|free| KeySetting {
            view,
            action: free.name,
            at: free.at,
            keys: free.values,
        }));
    }
    all.sort_by_key(|setting| setting.at);
    all
}

fn profile(name: &str, section: &mut Section<'_, '_, '_>, folder: &Path) -> Profile {
    if !is_profile_name(name) {
        section.problem_here("is no name for a profile: letters, digits, `-` and `_`, at most 64");
    }
    let org_url = section.text("org_url").map(str::to_owned);
    if !section.has("org_url") {
        section.problem(
            "org_url",
            "is needed: the org's address, such as \"https://acme.okta.com\"",
        );
    }
    Profile {
        name: Some(name.to_owned()),
        org_url: org_url.unwrap_or_default(),
        token: secret(section, folder, ["token_file", "token_command"]),
        app: app(section, folder),
        proxy: proxy(section),
        extra_ca: section.text("extra_ca").map(|path| place(path, folder)),
        read_only: section.flag("read_only", true),
        refuses_changes: false,
        sync: section.inner("sync", sync),
        agent: section.inner("agent", |section| AgentSettings {
            linger: span(
                section,
                "linger_secs",
                0..=7 * DAY_SECS,
                AgentSettings::default().linger,
            ),
        }),
        store: section.inner("store", |section| store(section, folder)),
    }
}

fn is_profile_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (1..=64).contains(&name.len()) && name.chars().all(allowed)
}

/// Where a secret comes from, which the first key names a file for and the second a command.
fn secret(
    section: &mut Section<'_, '_, '_>,
    folder: &Path,
    [file_key, command_key]: [&'static str; 2],
) -> SecretSource {
    let file = section
        .text(file_key)
        .map(|path| SecretSource::File(place(path, folder)));
    let command = section.texts(command_key);
    if command
        .as_ref()
        .is_some_and(|argv| argv.first().is_none_or(String::is_empty))
    {
        section.problem(command_key, "must start with a program");
    }
    match (file, command) {
        (Some(_), Some(_)) => {
            let words = format!("cannot stand beside `{file_key}`; keep one of them");
            section.problem(command_key, &words);
            SecretSource::Missing
        }
        (Some(file), None) => file,
        (None, Some(argv)) => SecretSource::Command(argv),
        (None, None) => SecretSource::Missing,
    }
}

fn app(section: &mut Section<'_, '_, '_>, folder: &Path) -> Option<AppSource> {
    let client_id = section.text("client_id").map(str::to_owned);
    let key_file = section
        .text("private_key_file")
        .map(|path| place(path, folder));
    let key_id = section.text("key_id").map(str::to_owned);
    let scopes = section.texts("scopes");
    match (&client_id, &key_file) {
        (Some(_), None) => section.problem("private_key_file", "is needed beside `client_id`"),
        (None, Some(_)) => section.problem("client_id", "is needed beside `private_key_file`"),
        (Some(_), Some(_)) if section.has("token_file") || section.has("token_command") => {
            section.problem(
                "client_id",
                "cannot stand beside an API token; keep one of them",
            );
        }
        (Some(_), Some(_)) => {}
        (None, None) => {
            for key in ["key_id", "scopes"] {
                if section.has(key) {
                    section.problem(key, "means something only beside `client_id`");
                }
            }
        }
    }
    Some(AppSource {
        client_id: client_id?,
        key_file: key_file?,
        key_id,
        scopes,
        from_environment: false,
    })
}

fn proxy(section: &mut Section<'_, '_, '_>) -> Option<ProxyUrl> {
    let parsed = ProxyUrl::parse(section.text("proxy")?);
    parsed.map_err(|why| section.problem("proxy", &why)).ok()
}

/// A path of the file: `~/` is the home directory, a relative one starts at the file's own directory.
fn place(path: &str, folder: &Path) -> PathBuf {
    match path.strip_prefix("~/").zip(directories::BaseDirs::new()) {
        Some((tail, base)) => base.home_dir().join(tail),
        None => folder.join(path),
    }
}

fn sync(section: &mut Section<'_, '_, '_>) -> SyncSettings {
    let default = SyncSettings::default();
    SyncSettings {
        share: section.number("share", 0.05..=0.9, default.share),
        users_delta: span(
            section,
            "users_delta_secs",
            30..=DAY_SECS,
            default.users_delta,
        ),
        groups_delta: span(
            section,
            "groups_delta_secs",
            30..=DAY_SECS,
            default.groups_delta,
        ),
        apps: span(section, "apps_secs", 60..=7 * DAY_SECS, default.apps),
        settings: span(
            section,
            "settings_secs",
            300..=7 * DAY_SECS,
            default.settings,
        ),
        log_poll: span(section, "log_poll_secs", 3..=3_600, default.log_poll),
        sweep: span(section, "sweep_secs", 3_600..=30 * DAY_SECS, default.sweep),
        backfill: days(section, "backfill_days", 0..=90, default.backfill),
        log_keep_days: unless_zero(section.integer("log_keep_days", 0..=36_500, 0)),
        log_keep_bytes: unless_zero(section.integer("log_keep_bytes", 0..=1 << 50, 0)),
        factors: section.choice("factors", &FactorsOf::NAMES, default.factors),
        exclude: section.inner("exclude", exclude),
    }
}

fn store(section: &mut Section<'_, '_, '_>, folder: &Path) -> StoreSettings {
    let default = StoreSettings::default();
    StoreSettings {
        keep_free_mb: section.integer("keep_free_mb", 0..=1 << 20, default.keep_free_mb),
        ballast_mb: section.integer("ballast_mb", 0..=1 << 14, default.ballast_mb),
        allow_network: section.flag("allow_network", default.allow_network),
        key: secret(section, folder, ["key_file", "key_command"]),
        old_key: secret(section, folder, ["old_key_file", "old_key_command"]),
        encrypt: section.flag("encrypt", default.encrypt),
    }
}

/// A bound that is none when it is 0.
fn unless_zero(number: u64) -> Option<u64> {
    (number > 0).then_some(number)
}

fn span(
    section: &mut Section<'_, '_, '_>,
    key: &'static str,
    secs: std::ops::RangeInclusive<u64>,
    default: Duration,
) -> Duration {
    Duration::from_secs(section.integer(key, secs, default.as_secs()))
}

fn days(
    section: &mut Section<'_, '_, '_>,
    key: &'static str,
    days: std::ops::RangeInclusive<u64>,
    default: Duration,
) -> Duration {
    Duration::from_secs(DAY_SECS * section.integer(key, days, default.as_secs() / DAY_SECS))
}

/// Resources that are not read at all; the mirror is built on the others.
fn resources(section: &mut Section<'_, '_, '_>) -> BTreeSet<Resource> {
    let named = section.texts("resources").unwrap_or_default();
    let known = |word: &String| Resource::from_word(word).filter(|one| one.holds_entries());
    if named.iter().any(|word| known(word).is_none()) {
        let all = Resource::ALL.into_iter().filter(|one| one.holds_entries());
        let words: Vec<&str> = all.map(Resource::word).collect();
        let must = format!("must be a list of any of {}", words.join(", "));
        section.problem("resources", &must);
    }
    named.iter().filter_map(known).collect()
}

fn exclude(section: &mut Section<'_, '_, '_>) -> Exclusions {
    let domains = section.texts("email_domains_only").unwrap_or_default();
    if domains
        .iter()
        .any(|domain| domain.is_empty() || domain.contains(['@', ' ', '*']))
    {
        section.problem(
            "email_domains_only",
            "must be a list of domains such as [\"acme.com\"], without @ or *",
        );
    }
    Exclusions {
        resources: resources(section),
        inactive_apps: section.flag("inactive_apps", false),
        deprovisioned_users: section.flag("deprovisioned_users", false),
        app_groups: section.flag("app_groups", false),
        email_domains_only: domains.iter().map(|domain| domain.to_lowercase()).collect(),
    }
}
