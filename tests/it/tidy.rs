//! House rules that no lint knows.

use std::collections::BTreeSet;
use std::fs;

use clap::{CommandFactory as _, ValueEnum as _};
use oktop::cli::args::Cli;
use oktop::config::{Config, known_keys};
use oktop::ui::command::{Group, group_as_markdown};
use oktop::ui::keymap::Keymap;

use crate::source::{self, Source, root};

/// What stands in the package's root; nothing else does.
const TOP_LEVEL: [&str; 11] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "assets",
    "benches",
    "config.example.toml",
    "src",
];

fn all_sources() -> Vec<&'static Source> {
    let mut all = source::files("src");
    all.extend(source::files("tests"));
    all.extend(source::files("benches"));
    all
}

/// Complains about every line of code for which `fault` has something to say.
fn no_line(files: &[&Source], fault: impl Fn(&Source, &str) -> Option<&'static str>) {
    let mut faults = Vec::new();
    for file in files {
        for (number, line) in file.code() {
            if let Some(fault) = fault(file, line) {
                faults.push(format!("{}:{number}: {fault}", file.path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_file_says_why_it_exists() {
    let silent: Vec<_> = all_sources()
        .into_iter()
        .filter(|file| {
            !file.text.starts_with("//! ") && !file.text.starts_with("#![doc = include_str!")
        })
        .map(|file| &file.path)
        .collect();
    assert!(silent.is_empty(), "no `//!` at the head of {silent:?}");
}

#[test]
fn files_stand_where_their_noun_lives() {
    for file in all_sources() {
        let name = file.path.file_name().unwrap().to_str().unwrap();
        assert!(
            ![
                "mod.rs",
                "utils.rs",
                "util.rs",
                "helpers.rs",
                "common.rs",
                "misc.rs"
            ]
            .contains(&name),
            "{}",
            file.path.display()
        );
    }
}

#[test]
fn imports_are_one_for_each_module() {
    no_line(&source::files("src"), |_, line| {
        line.contains("crate::{")
            .then_some("write one `use crate::x::…` for each module")
    });
}

#[test]
fn exceptions_to_lints_have_a_reason() {
    no_line(&all_sources(), |_, line| {
        (line.contains("[allow(")
            || line.contains("[expect(") && line.contains(")]") && !line.contains("reason"))
        .then_some("write `#[expect(…, reason = \"…\")]`")
    });
}

/// A wait of fixed length is either too short on a slow machine or too long on all others. Asynchronous sleeps are allowed where a
/// test plays a slow server or polls a condition.
#[test]
fn nothing_sleeps_to_wait_for_something() {
    no_line(&all_sources(), |_, line| {
        line.contains("thread::sleep(")
            .then_some("wait for a condition with a deadline instead of sleeping")
    });
}

/// Every write transaction is made in one function, which sets quick-repair; only the writer threads call it.
#[test]
fn write_transactions_begin_in_one_place() {
    no_line(&source::files("src"), |file, line| {
        let place = file.path.ends_with("src/store/file.rs");
        (line.contains("begin_write(") && !place)
            .then_some("only `store::file` begins write transactions")
    });
    let begun: Vec<_> = source::files("src/store")
        .iter()
        .flat_map(|file| file.code())
        .filter(|(_, line)| line.contains("begin_write("))
        .collect();
    assert_eq!(begun.len(), 1, "{begun:?}");
}

#[test]
fn only_output_prints() {
    no_line(&source::files("src"), |file, line| {
        let may = [
            "src/cli/output.rs",
            "src/console/terminal.rs",
            "src/console/writer.rs",
        ]
        .iter()
        .any(|path| file.path.ends_with(path));
        let prints = [
            "println!",
            "eprintln!",
            "print!(",
            "io::stdout()",
            "io::stderr()",
        ]
        .iter()
        .any(|word| line.contains(word));
        (prints && !may)
            .then_some("data and words go through `cli::output`, pictures through `console`")
    });
}

#[test]
fn the_map_names_every_directory() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut missing = Vec::new();
    for entry in fs::read_dir(root().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !map.contains(&format!("`{name}`"))
            && !map.contains(&format!("{name}.rs"))
            && !map.contains(&format!("{name}/"))
        {
            missing.push(name);
        }
    }
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md does not name {missing:?}"
    );
}

#[test]
fn the_top_level_holds_what_it_should() {
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = TOP_LEVEL.contains(&name.as_str())
            || ["tests", "target"].contains(&name.as_str())
            || name.starts_with('.');
        assert!(known, "`{name}` does not belong into the package's root");
    }
    for name in [
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "CHANGELOG.md",
        ".ci/run",
    ] {
        assert!(root().join(name).is_file(), "{name} is missing");
    }
}

/// The example with every setting in force: `#key = …` is a setting that is switched off, `# words` are words.
fn example_in_force() -> String {
    let text = fs::read_to_string(root().join("config.example.toml")).unwrap();
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) => {
            setting.to_owned()
        }
        _ => line.to_owned(),
    };
    text.lines().map(|line| on(line) + "\n").collect()
}

/// Every key of a configuration, profiles under the name `NAME`, and without the commands below `keys`, which are the console's.
fn keys(table: &toml::Table, path: &str, all: &mut BTreeSet<String>) {
    if path.starts_with("keys.") && path != "keys." {
        return;
    }
    for (key, value) in table {
        let key = if path == "profiles." { "NAME" } else { key };
        let full = format!("{path}{key}");
        if path != "profiles." {
            all.insert(full.clone());
        }
        if let toml::Value::Table(inner) = value {
            keys(inner, &format!("{full}."), all);
        }
    }
}

#[test]
fn the_example_explains_every_key_and_no_other() {
    let table: toml::Table = example_in_force().parse().unwrap();
    let mut shown = BTreeSet::new();
    keys(&table, "", &mut shown);
    assert_eq!(shown, known_keys());
}

#[test]
fn the_example_is_good_as_it_stands_and_shows_the_defaults() {
    let config = Config::load(&root().join("config.example.toml"), true)
        .unwrap_or_else(|error| panic!("{error}"));
    let profile = config.profiles.values().next().unwrap();
    let default = oktop::config::Profile::new("", oktop::config::source::SecretSource::Missing);
    assert_eq!(profile.sync, default.sync);
    assert_eq!(profile.agent, default.agent);
    assert_eq!(profile.read_only, default.read_only);
    assert_eq!(config.ui, oktop::config::UiSettings::default());
}

/// What `#` switches off in the example works as it stands, the console's keys among it.
#[test]
fn the_example_can_be_had_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let one_secret = |line: &&str| {
        let of_app = ["client_id", "private_key_file", "key_id", "scopes"];
        let twice = ["token_command", "key_command", "old_key_command"];
        let key = line.split(' ').next().unwrap_or_default();
        !of_app.contains(&key) && !twice.contains(&key)
    };
    let text: String = example_in_force()
        .lines()
        .filter(one_secret)
        .map(|line| line.to_owned() + "\n")
        .collect();
    fs::write(&file, text).unwrap();
    let (_, keys) =
        oktop::cli::bindings::load(&file, true).unwrap_or_else(|error| panic!("{error}"));
    assert!(!keys.is_standard(), "the example shows how keys are bound");
}

/// `oktop help keys -o md` writes what belongs there.
#[test]
fn the_readme_names_every_key() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for group in Group::ALL
        .into_iter()
        .filter(|group| *group != Group::Other)
    {
        let told = group_as_markdown(group, &Keymap::standard());
        assert!(readme.contains(&told), "README.md lacks:{told}");
    }
}

#[test]
fn every_shell_completes_every_command() {
    for shell in clap_complete::Shell::value_variants() {
        let mut script = Vec::new();
        let mut cli = Cli::command();
        clap_complete::generate(*shell, &mut cli, "oktop", &mut script);
        let script = String::from_utf8(script).unwrap();
        let shown = cli
            .get_subcommands()
            .filter(|command| !command.is_hide_set());
        for command in shown {
            assert!(
                script.contains(command.get_name()),
                "{shell}: {}",
                command.get_name()
            );
        }
    }
}

#[test]
fn the_readme_names_the_commands_that_the_ci_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(readme.contains("cargo run --release -- demo") && readme.contains("cargo test"));
    assert!(ci.contains("cargo test --locked"));
}
