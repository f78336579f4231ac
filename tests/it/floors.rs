//! Imports only point down, and the pure floors stay pure. Checked on the text of the program, so it needs no compiler plug-in.

use std::collections::BTreeSet;

use crate::source::{self, Source};

/// A module and what it may name beside itself.
struct Floor {
    module: &'static str,
    may_name: Names,
    /// Whether it does no I/O and reads no clock.
    pure: bool,
}

enum Names {
    These(&'static [&'static str]),
    /// Everything but the simulator.
    AllBelow,
}

const fn floor(module: &'static str, may_name: &'static [&'static str]) -> Floor {
    Floor {
        module,
        may_name: Names::These(may_name),
        pure: false,
    }
}

const fn pure(module: &'static str, may_name: &'static [&'static str]) -> Floor {
    Floor {
        module,
        may_name: Names::These(may_name),
        pure: true,
    }
}

const fn top(module: &'static str) -> Floor {
    Floor {
        module,
        may_name: Names::AllBelow,
        pure: false,
    }
}

/// From the ground up.
const FLOORS: &[Floor] = &[
    pure("domain", &[]),
    floor("clock", &[]),
    pure("access", &["domain"]),
    pure("detect", &["domain"]),
    pure("review", &["domain", "access"]),
    pure("drift", &["domain"]),
    pure("grant", &["domain"]),
    pure("posture", &["domain", "access"]),
    pure("action", &["domain", "drift"]),
    floor("telemetry", &["domain"]),
    floor("config", &["domain", "drift"]),
    floor("okta", &["domain", "clock", "action"]),
    floor("store", &["domain", "clock", "action", "detect", "review"]),
    floor("queue", &["domain", "clock", "action", "okta", "store"]),
    floor(
        "sync",
        &[
            "domain", "clock", "config", "detect", "drift", "action", "okta", "store", "queue",
        ],
    ),
    pure(
        "msg",
        &["domain", "access", "action", "detect", "review", "drift"],
    ),
    pure(
        "ui",
        &[
            "msg", "domain", "access", "action", "detect", "posture", "review", "grant", "drift",
        ],
    ),
    top("agent"),
    top("console"),
    top("cli"),
    // An island: it shares nothing with the client but the time.
    floor("sim", &["clock"]),
];

/// The only files outside the simulator that may name it.
const NAME_SIM: [&str; 2] = ["src/cli/command/sim.rs", "src/cli/command/demo.rs"];

/// What a pure module may not name.
const IMPURE: [&str; 9] = [
    "tokio::",
    "reqwest::",
    "redb::",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime::now",
    "Timestamp::now",
];

/// What only these modules may name.
const OWNERS: &[(&str, &[&str])] = &[
    ("reqwest::", &["okta"]),
    ("redb::", &["store"]),
    ("axum::", &["sim"]),
    ("ratatui::", &["ui", "console"]),
    ("crossterm::", &["ui", "console"]),
    // Without one nothing can be sent that changes anything.
    ("Prepared::new(", &["okta", "queue"]),
];

#[test]
fn imports_point_down() {
    let modules = modules();
    let faults: Vec<String> = source::files("src")
        .iter()
        .flat_map(|file| faults(file, &modules))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The top modules that exist.
fn modules() -> BTreeSet<String> {
    source::files("src")
        .iter()
        .filter_map(|file| file.module().into_iter().next())
        .collect()
}

fn faults(file: &Source, modules: &BTreeSet<String>) -> Vec<String> {
    let path = file.module();
    let Some(own) = path.first() else {
        return Vec::new();
    };
    let Some(floor) = FLOORS.iter().find(|floor| floor.module == own) else {
        return vec![format!("{}: `{own}` has no floor", file.path.display())];
    };
    let mut faults = Vec::new();
    for (number, line) in file.code() {
        let mut say =
            |what: String| faults.push(format!("{}:{number}: {what}", file.path.display()));
        for named in named_modules(line, path.len(), modules) {
            if named != *own && !may_name(floor, &named, file) {
                say(format!("`{own}` may not name `{named}`"));
            }
            if named != *own && line.trim_start().starts_with("pub use") {
                say(format!("`{own}` hands `{named}` on, past the floors"));
            }
        }
        let impure = IMPURE
            .iter()
            .filter(|word| floor.pure && line.contains(**word));
        impure.for_each(|word| say(format!("`{own}` is pure but names `{word}`")));
        let foreign = OWNERS
            .iter()
            .filter(|(word, owners)| names_crate(line, word) && !owners.contains(&own.as_str()));
        foreign.for_each(|(word, owners)| {
            say(format!("`{word}` belongs to {}", owners.join(" and ")));
        });
    }
    faults
}

fn may_name(floor: &Floor, named: &str, file: &Source) -> bool {
    match floor.may_name {
        Names::These(names) => names.contains(&named),
        Names::AllBelow if named == "sim" => NAME_SIM.iter().any(|path| file.path.ends_with(path)),
        Names::AllBelow => {
            let place = |module: &str| FLOORS.iter().position(|floor| floor.module == module);
            place(named) < place(floor.module)
        }
    }
}

/// The top modules that a line names: behind `crate::`, or behind as many `super::` as lead to the root.
fn named_modules(line: &str, depth: usize, modules: &BTreeSet<String>) -> Vec<String> {
    let by_supers = "super::".repeat(depth);
    ["crate::", by_supers.as_str()]
        .iter()
        .flat_map(|lead| {
            line.match_indices(lead)
                .map(|(at, lead)| &line[at + lead.len()..])
        })
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect::<String>()
        })
        .filter(|name| modules.contains(name))
        .collect()
}

/// Whether a line names this crate, not a module of ours that ends like it.
fn names_crate(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':'))
    })
}

#[test]
fn the_floors_have_no_circles() {
    for (height, floor) in FLOORS.iter().enumerate() {
        let Names::These(names) = floor.may_name else {
            continue;
        };
        for name in names {
            let below = FLOORS.iter().position(|other| other.module == *name);
            assert!(
                below.is_some_and(|below| below < height),
                "{} names {name}, which is not below it",
                floor.module
            );
        }
    }
}

#[test]
fn what_breaks_the_floors_is_caught() {
    let caught = |path: &str, text: &str| {
        let modules = FLOORS.iter().map(|floor| floor.module.to_owned()).collect();
        let file = Source::new(path.into(), text.to_owned());
        faults(&file, &modules).len()
    };
    for (path, text) in [
        ("src/ui/pane.rs", "use crate::console::Loop;"),
        ("src/sim.rs", "use crate::okta::wire::User;"),
        ("src/console.rs", "use crate::sim::serve;"),
        ("src/cli/output.rs", "crate::sim::serve();"),
        ("src/store.rs", "use super::okta::Reader;"),
        ("src/store/writer.rs", "use super::super::okta::Reader;"),
        ("src/sync.rs", "pub use crate::okta::Reader;"),
        ("src/agent.rs", "use crate::cli::run;"),
        ("src/domain/time.rs", "let now = jiff::Timestamp::now();"),
        ("src/detect/rule.rs", "tokio::spawn(x)"),
        ("src/sync/sweep.rs", "use reqwest::Client;"),
        ("src/utils.rs", ""),
    ] {
        assert_ne!(caught(path, text), 0, "{path}: {text}");
    }
    for (path, text) in [
        ("src/cli/command/demo.rs", "use crate::sim::serve;"),
        ("src/ui/pane.rs", "// crate::console would be wrong"),
        ("src/ui/pane.rs", "let text = \"crate::console::x\";"),
        (
            "src/domain/filter/parse.rs",
            "use crate::domain::time; use super::super::user;",
        ),
        (
            "src/sim/page.rs",
            "use crate::clock::Clock; use super::super::sim::id;",
        ),
        ("src/store/codec.rs", "use super::redb_codec::x;"),
    ] {
        assert_eq!(caught(path, text), 0, "{path}: {text}");
    }
}
