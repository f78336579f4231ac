//! The binary from outside: what it prints where, and how it ends.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use tempfile::TempDir;

/// A home of its own for each test, and nothing of ours in the environment.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn config(&self, text: &str) -> &Self {
        fs::create_dir_all(self.path().join(".config/oktop")).unwrap();
        fs::write(self.path().join(".config/oktop/config.toml"), text).unwrap();
        self
    }

    fn oktop(&self, line: &str) -> Command {
        let mut command = Command::cargo_bin("oktop").unwrap();
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
            .args(line.split_whitespace())
            .timeout(std::time::Duration::from_mins(1));
        command
    }
}

fn words(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stderr.clone()).unwrap()
}

fn data(assert: &Assert) -> String {
    String::from_utf8(assert.get_output().stdout.clone()).unwrap()
}

#[test]
fn without_an_org_a_command_says_how_to_name_one() {
    let home = Home::new();
    for line in [
        "status",
        "users list",
        "sync --once -o json",
        "events search x",
        "agent status",
    ] {
        let ended = home.oktop(line).assert().code(2).stdout("");
        assert!(
            words(&ended).contains("OKTOP_ORG_URL and OKTOP_API_TOKEN"),
            "{line}"
        );
    }
}

#[test]
fn a_mistake_in_the_file_is_named_with_file_line_and_the_right_key() {
    let home = Home::new();
    home.config("[profiles.acme]\norg_url = \"https://acme.okta.com\"\ntoken_fle = \"x\"\n");
    for line in ["status", "config check"] {
        let ended = home.oktop(line).assert().code(2);
        let words = words(&ended);
        assert!(words.contains("oktop/config.toml:3:1: unknown key `profiles.acme.token_fle`; did you mean `token_file`?"), "{words}");
    }
    let json = data(&home.oktop("config check -o json").assert().code(2));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["problems"][0]["line"], 3);
}

#[test]
fn what_needs_no_org_works_with_a_broken_file() {
    let home = Home::new();
    home.config("nonsense = [");
    for line in [
        "info",
        "config path",
        "completions bash",
        "completions fish",
        "man",
        "man users search",
        "--help",
        "--version",
    ] {
        let ended = home.oktop(line).assert().code(0);
        assert!(!data(&ended).is_empty(), "{line}");
    }
}

#[test]
fn a_file_that_was_named_must_exist() {
    let home = Home::new();
    let ended = home
        .oktop("--config /nonexistent/oktop.toml status")
        .assert()
        .code(2);
    assert!(words(&ended).contains("/nonexistent/oktop.toml: the file cannot be read"));
}

#[test]
fn an_address_that_would_leak_the_token_is_refused() {
    let home = Home::new();
    for (url, hint) in [
        ("http://acme.okta.com", "https://acme.okta.com"),
        ("ftp://acme", "https://"),
        ("https://okta.com", "not an org"),
    ] {
        let ended = home
            .oktop("status")
            .env("OKTOP_ORG_URL", url)
            .env("OKTOP_API_TOKEN", "0".repeat(42))
            .assert()
            .code(2);
        assert!(words(&ended).contains(hint), "{url}: {}", words(&ended));
    }
}

#[test]
fn doctor_tells_every_fault_with_its_fix_and_no_secret() {
    let home = Home::new();
    let token = home.path().join("token");
    fs::write(&token, "00canary").unwrap();
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).unwrap();
    home.config(&format!(
        "[profiles.acme]\norg_url = \"http://acme.okta.com\"\ntoken_file = \"{}\"\n",
        token.display()
    ));
    let text = data(&home.oktop("doctor -o json").assert().code(1));
    let checks: serde_json::Value = serde_json::from_str(&text).unwrap();
    let check = |name: &str| {
        checks
            .as_array()
            .unwrap()
            .iter()
            .find(|check| check["check"] == name)
            .unwrap()
    };
    assert_eq!(check("org")["state"], "bad");
    assert_eq!(
        check("token")["fix"],
        format!("run: chmod 600 {}", token.display())
    );
    for check in checks.as_array().unwrap() {
        let mended = check["state"] != "bad" || check["fix"].is_string();
        assert!(mended, "{check}");
    }
    assert!(!text.contains("canary"));
}

#[test]
fn a_unit_names_profile_and_configuration() {
    let home = Home::new();
    home.config("[profiles.acme]\norg_url = \"https://acme.okta.com\"\ntoken_file = \"t\"\n");
    let unit = data(&home.oktop("--profile acme agent unit").assert().code(0));
    let start = unit
        .lines()
        .find(|line| line.starts_with("ExecStart="))
        .unwrap();
    assert!(
        start.ends_with("oktop --profile acme agent --stay"),
        "{start}"
    );
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let home = Home::new();
    let oktop = assert_cmd::cargo::cargo_bin("oktop");
    let script = format!(
        "set -o pipefail; '{}' completions zsh | head -n 1",
        oktop.display()
    );
    let mut shell = Command::new("bash");
    shell
        .env("HOME", home.path())
        .args(["-c", &script])
        .assert()
        .code(0)
        .stderr("");
}

#[test]
fn what_draws_needs_a_terminal() {
    let home = Home::new();
    for line in ["", "demo"] {
        let ended = home
            .oktop(line)
            .env("OKTOP_ORG_URL", "https://acme.okta.com")
            .env("OKTOP_API_TOKEN", "0".repeat(42))
            .assert()
            .code(2);
        assert!(words(&ended).contains("needs a terminal"), "`{line}`");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

/// It was taken without a word, and another directory was used.
#[test]
fn a_demo_refuses_a_directory_that_it_would_not_use() {
    let home = Home::new();
    let ended = home.oktop("demo --plain --data-dir kept").assert().code(2);
    assert!(words(&ended).contains("the demo has a directory of its own"));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn the_help_is_the_contract() {
    let home = Home::new();
    let help = data(&home.oktop("-h").env("COLUMNS", "100").assert().code(0));
    insta::assert_snapshot!(help);
}
