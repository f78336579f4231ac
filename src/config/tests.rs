//! Tests of reading the file and choosing a profile.

use super::environment::TokenIsSet;
use super::*;

fn load(text: &str) -> Result<Config, Vec<ConfigProblem>> {
    file::parse(text, Path::new("/etc/oktop"), &|_| Vec::new())
}

fn problems(text: &str) -> String {
    let problems = load(text).unwrap_err();
    let lines = problems.iter().map(|p| match p.at {
        Some(at) => format!("{at}: {}\n", p.message),
        None => format!("-: {}\n", p.message),
    });
    lines.collect()
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(load("").unwrap(), Config::default());
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let text = "
profil = \"acme\"
[profiles.acme]
org_url = 7
token_file = \"a\"
token_command = [\"pass\"]
[profiles.acme.sync]
shar = 0.4
share = 2
users_delta_secs = 1
apps_secs = \"1h\"
[profiles.acme.sync.exclude]
email_domains_only = [\"@acme.com\"]
[profiles.\"a/b\"]
org_url = \"https://acme.okta.com\"
[ui]
colours = true
";
    insta::assert_snapshot!(problems(text), @r#"
    2:1: unknown key `profil`; did you mean `profile`?
    4:11: `profiles.acme.org_url` must be text in quotes
    6:17: `profiles.acme.token_command` cannot stand beside `token_file`; keep one of them
    8:1: unknown key `profiles.acme.sync.shar`; did you mean `share`?
    9:9: `profiles.acme.sync.share` must be a number from 0.05 to 0.9
    10:20: `profiles.acme.sync.users_delta_secs` must be a whole number from 30 to 86400
    11:13: `profiles.acme.sync.apps_secs` must be a whole number from 60 to 604800
    13:22: `profiles.acme.sync.exclude.email_domains_only` must be a list of domains such as ["acme.com"], without @ or *
    14:11: `profiles.a/b` is no name for a profile: letters, digits, `-` and `_`, at most 64
    17:1: unknown key `ui.colours`; known here are theme, scroll_region, restore, ascii
    "#);
}

#[test]
fn the_keys_are_read_as_they_stand_with_their_places() {
    let text =
        "[keys.log]\nfollow = [\"f\", 'ctrl-w o']\narchived = []\n[keys.global]\nhelp = \"?\"\n";
    let keys = load(text).unwrap().keys;
    let told: Vec<String> = keys
        .iter()
        .map(|one| {
            let keys = one.keys.iter().map(|(text, at)| format!(" {text}@{at}"));
            format!(
                "{} {}@{}{}",
                one.view,
                one.action,
                one.at,
                keys.collect::<String>()
            )
        })
        .collect();
    let all = [
        "log follow@2:1 f@2:11 ctrl-w o@2:16",
        "log archived@3:1",
        "global help@5:1 ?@5:8",
    ];
    assert_eq!(told, all);
    insta::assert_snapshot!(problems("[keys.lgo]\nfollow = 'f'\n[keys.log]\nfollow = 3\nfold = ['a', 3]\n"), @r#"
    1:7: unknown key `keys.lgo`; known here are global, log, lists, text, json, queue
    4:10: `keys.log.follow` must be a key such as "f", a list such as ["f", "ctrl-w o"], or [] for none
    5:8: `keys.log.fold` must be a key such as "f", a list such as ["f", "ctrl-w o"], or [] for none
    "#);
}

#[test]
fn whoever_knows_the_keys_is_heard_among_the_others() {
    let at = |line, column| Some(Spot { line, column });
    let check = |keys: &[KeySetting]| {
        let told = keys.iter().map(|one| ConfigProblem {
            at: at(one.at.line, one.at.column),
            message: format!("{} is none", one.action),
        });
        told.collect()
    };
    let text = "profil = 'a'\n[keys.log]\nx = 'y'\n[ui]\nthme = 'dark'\n";
    let found = file::parse(text, Path::new(""), &check).unwrap_err();
    let places: Vec<_> = found.iter().map(|problem| problem.at).collect();
    assert_eq!(places, [at(1, 1), at(3, 1), at(5, 1)]);
}

#[test]
fn broken_toml_is_told_with_its_line() {
    assert!(problems("[ui]\ntheme = \n").starts_with("2:"));
    assert!(problems("ui = 3\n").starts_with("1:6: `ui` must be a table"));
}

#[test]
fn paths_start_at_the_file_and_the_rest_is_as_written() {
    let config = load("[profiles.a]\norg_url = 'acme.okta.com'\ntoken_file = 'token'\nproxy = 'http://me:s+cret%25@proxy:3128'\nread_only = false\n").unwrap();
    let profile = &config.profiles["a"];
    assert_eq!(profile.token, SecretSource::File("/etc/oktop/token".into()));
    assert!(!profile.read_only && profile.sync == SyncSettings::default());
    assert!(!format!("{config:?}").contains("cret"));
    let proxy = profile.proxy.as_ref().unwrap();
    assert_eq!(proxy.address(), "http://proxy:3128/");
    let (name, password) = proxy.login().unwrap();
    assert_eq!((name.as_str(), password.expose()), ("me", "s+cret%"));
}

fn two() -> Config {
    load("[profiles.a]\norg_url = 'a.okta.com'\ntoken_file = '/t'\n[profiles.b]\norg_url = 'b.okta.com'\n").unwrap()
}

#[test]
fn the_profile_is_chosen_by_flag_then_environment_then_file() {
    let config = two();
    let mut env = Environment::default();
    assert_eq!(
        config.profile(Some("a"), &env).unwrap().org_url,
        "a.okta.com"
    );
    assert!(matches!(
        config.profile(None, &env),
        Err(NoProfile::Several(_))
    ));
    env.profile = Some("b".into());
    assert_eq!(config.profile(None, &env).unwrap().org_url, "b.okta.com");
    assert_eq!(
        config.profile(Some("a"), &env).unwrap().org_url,
        "a.okta.com"
    );
    assert!(matches!(
        config.profile(Some("c"), &env),
        Err(NoProfile::Unknown { .. })
    ));
    let default = Config {
        default_profile: Some("a".into()),
        ..config
    };
    assert_eq!(
        default
            .profile(None, &Environment::default())
            .unwrap()
            .org_url,
        "a.okta.com"
    );
    assert_eq!(
        Config::default().profile(None, &Environment::default()),
        Err(NoProfile::None)
    );
}

#[test]
fn the_environment_alone_is_enough_and_never_mixes_two_orgs() {
    let env = Environment {
        org_url: Some("https://b.okta.com/".into()),
        token: Some(TokenIsSet),
        ..Environment::default()
    };
    let profile = two().profile(None, &env).unwrap();
    assert_eq!(
        (profile.name, profile.org_url.as_str()),
        (None, "https://b.okta.com/")
    );
    assert_eq!(profile.token, SecretSource::Environment);
    assert!(matches!(
        two().profile(Some("a"), &env),
        Err(NoProfile::Conflict { .. })
    ));
    assert!(two().profile(Some("b"), &env).is_ok());
}

#[test]
fn the_environments_token_and_read_only_win() {
    let env = Environment {
        token: Some(TokenIsSet),
        read_only: true,
        ..Environment::default()
    };
    let mut config = two();
    config.profiles.get_mut("a").unwrap().read_only = false;
    let profile = config.profile(Some("a"), &env).unwrap();
    assert!(profile.refuses_changes && !profile.read_only);
    assert!(profile.token == SecretSource::Environment);
}

const APP: &str = "[profiles.a]\norg_url = 'a.okta.com'\nclient_id = '0oa1'\nprivate_key_file = 'key'\nkey_id = 'k1'\nscopes = ['okta.users.read']\n";

#[test]
fn a_service_app_is_named_by_its_id_and_key() {
    let app = load(APP).unwrap().profiles["a"].app.clone().unwrap();
    assert_eq!(
        (app.client_id.as_str(), app.key_id.as_deref()),
        ("0oa1", Some("k1"))
    );
    assert_eq!(app.key_file, Path::new("/etc/oktop/key"));
    assert_eq!(app.scopes.unwrap(), ["okta.users.read"]);
    for (line, expected) in [
        ("client_id = 'x'", "private_key_file` is needed beside"),
        ("private_key_file = 'x'", "client_id` is needed beside"),
        ("scopes = []", "scopes` means something only beside"),
        (
            "client_id = 'x'\nprivate_key_file = 'x'\ntoken_file = 'x'",
            "cannot stand beside an API token",
        ),
    ] {
        let text = format!("[profiles.a]\norg_url = 'a.okta.com'\n{line}\n");
        assert!(
            problems(&text).contains(expected),
            "{line}: {}",
            problems(&text)
        );
    }
}

#[test]
fn the_environments_app_goes_over_the_profiles_and_beside_no_token() {
    let env = |client_id: Option<&str>, key: Option<&str>| Environment {
        client_id: client_id.map(str::to_owned),
        private_key_file: key.map(Into::into),
        ..Environment::default()
    };
    let config = load(APP).unwrap();
    let app = |env: &Environment| {
        config
            .profile(Some("a"), env)
            .map(|profile| profile.app.unwrap())
    };
    let other_key = app(&env(None, Some("/k"))).unwrap();
    assert_eq!(
        (other_key.client_id.as_str(), other_key.key_id),
        ("0oa1", None)
    );
    assert_eq!(other_key.key_file, Path::new("/k"));
    let token_wins = Environment {
        token: Some(TokenIsSet),
        ..Environment::default()
    };
    assert_eq!(config.profile(Some("a"), &token_wins).unwrap().app, None);
    let both = Environment {
        token: Some(TokenIsSet),
        ..env(Some("0oa2"), Some("/k"))
    };
    assert_eq!(app(&both), Err(NoProfile::TwoCredentials));
    let half = two().profile(Some("a"), &env(Some("0oa2"), None));
    assert_eq!(half, Err(NoProfile::HalfAnApp));
    let alone = Environment {
        org_url: Some("https://c.okta.com".to_owned()),
        ..env(Some("0oa2"), Some("/k"))
    };
    let profile = Config::default().profile(None, &alone).unwrap();
    assert!(profile.app.unwrap().from_environment);
}

#[test]
fn the_environment_names_a_theme_over_the_files() {
    let file = UiSettings {
        theme: ThemeChoice::Light,
        ..UiSettings::default()
    };
    let env = |theme: Option<&str>| Environment {
        theme: theme.map(str::to_owned),
        ..Environment::default()
    };
    assert_eq!(file.with(&env(None)), Ok(file));
    let chosen = file.with(&env(Some("high-contrast"))).unwrap();
    assert_eq!(chosen.theme, ThemeChoice::HighContrast);
    let wrong = file.with(&env(Some("neon"))).unwrap_err();
    assert!(
        wrong.contains("names no theme") && wrong.contains("color-blind"),
        "{wrong}"
    );
}

/// With `OKTOP_ORG_URL` set a mirror was written in the clear though the org's profile had it encrypted.
#[test]
fn the_org_of_the_environment_is_kept_as_its_profile_has_it() {
    let of = |text: &str| {
        let config = load(text).unwrap();
        let env = Environment {
            org_url: Some("https://acme.okta.com".to_owned()),
            ..Environment::default()
        };
        let profile = config.profile(None, &env);
        profile.map(|profile| (profile.store.encrypt, profile.store.key, profile.name))
    };
    let store = "store.encrypt = true\nstore.key_file = '/k'\n";
    let acme = format!("[profiles.a]\norg_url = 'acme.okta.com'\n{store}");
    let key = SecretSource::File("/k".into());
    assert_eq!(of(&acme), Ok((true, key, None)));
    let other = format!("[profiles.a]\norg_url = 'other.okta.com'\n{store}");
    assert_eq!(of(&other).unwrap().1, SecretSource::Missing);
    let two = format!("{acme}[profiles.b]\norg_url = 'acme.okta.com'\n");
    assert!(matches!(of(&two), Err(NoProfile::Stores { .. })));
}
