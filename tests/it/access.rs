//! Who reaches what, from the org to the command line, against what is really there.

use std::collections::BTreeSet;
use std::time::Duration;

use oktop::access::{Link, Path, RoleId};
use oktop::domain::entry::{EntryKind, Subject};
use serde_json::Value;

use crate::rig::{Home, Sim};

/// A path in one line: principal, role, kind, and the ids between.
fn line(principal: &str, role: &str, path: &str, mut via: Vec<String>) -> String {
    via.sort();
    format!("{principal} {role} {path} {}", via.join(" "))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Every path of the simulator's truth.
pub(crate) fn admin_paths_true(truth: &Value) -> BTreeSet<String> {
    let paths = truth.as_array().unwrap().iter();
    paths
        .map(|path| {
            let via = path["via"].as_array().unwrap().iter();
            let via = via.map(|id| id.as_str().unwrap().to_owned()).collect();
            line(
                &text(path, "principal"),
                &text(path, "role"),
                &text(path, "path"),
                via,
            )
        })
        .collect()
}

/// Every path of an answer.
pub(crate) fn admin_paths_told(paths: impl Iterator<Item = (String, Path)>) -> BTreeSet<String> {
    paths
        .map(|(principal, path)| {
            let role = path.role.as_ref().unwrap();
            let steps = path.steps.iter().filter(|step| step.link != Link::Role);
            // Some standard roles have a resource set of Okta's own, always the same.
            let custom = matches!(role.id, RoleId::Custom(_));
            let sets = role.within.iter().filter(|one| {
                matches!(&one.subject, Subject::Entry(key) if custom && key.kind == EntryKind::ResourceSet)
            });
            let via = steps.map(|step| step.to.id().to_owned());
            let via = via.chain(sets.map(|set| set.id().to_owned())).collect();
            line(&principal, role.id.as_str(), path.kind.word(), via)
        })
        .collect()
}

/// Every path of rows that a command printed.
pub(crate) fn admin_paths_printed(rows: &Value) -> BTreeSet<String> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| {
        let steps = row["steps"].as_array().unwrap().iter();
        let steps = steps.filter(|step| step["link"] != "role");
        let sets = row["role"]["within"].as_array().unwrap().iter();
        let custom = text(&row["role"], "id").contains(|c: char| c.is_ascii_lowercase());
        let sets = sets.filter(|one| custom && one["type"] == "resource_set");
        let via = steps.map(|step| text(&step["to"], "id"));
        let via = via.chain(sets.map(|set| text(set, "id"))).collect();
        line(
            &text(row, "id"),
            &text(&row["role"], "id"),
            &text(row, "path"),
            via,
        )
    })
    .collect()
}

fn mirrored() -> (Sim, Home) {
    let sim = Sim::start(&[
        "--users",
        "700",
        "--groups",
        "40",
        "--apps",
        "24",
        "--events",
        "1200",
        "--days",
        "2",
        "--live",
        "off",
        "--rate-limits",
        "off",
    ]);
    let home = Home::new(&sim);
    home.json(&["sync", "--once"]);
    (sim, home)
}

#[test]
fn admins_are_found_by_the_right_paths_and_none_extra() {
    let (sim, home) = mirrored();
    let truth = admin_paths_true(&sim.ask("truth/admins"));
    let found = admin_paths_printed(&home.json(&["admins", "list"]));
    let missing: Vec<_> = truth.difference(&found).collect();
    let extra: Vec<_> = found.difference(&truth).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "missing {missing:#?}\nextra {extra:#?}"
    );
    for kind in [
        "direct",
        "group",
        "group_rule",
        "custom_role",
        "group_owner",
        "service_client",
    ] {
        assert!(
            truth.iter().any(|path| path.contains(&format!(" {kind} "))),
            "none is {kind}"
        );
    }
    let one = sim.ask("truth/admins")[0]["principal"]
        .as_str()
        .unwrap()
        .to_owned();
    let alone = admin_paths_printed(&home.json(&["admins", "get", &one]));
    let expected: BTreeSet<String> = truth
        .into_iter()
        .filter(|path| path.starts_with(&one))
        .collect();
    assert_eq!(alone, expected);
}

#[test]
fn who_has_an_app_and_why_is_the_truth_seen_from_both_sides() {
    let (sim, home) = mirrored();
    let truth = sim.ask("truth/app_users");
    let (app, users) = truth
        .as_object()
        .unwrap()
        .iter()
        .find(|(_, users)| (5..400).contains(&users.as_array().unwrap().len()))
        .unwrap();
    let rows = home.json(&["access", "who", app]);
    let found: BTreeSet<String> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| text(row, "id"))
        .collect();
    let users = users.as_array().unwrap();
    assert_eq!(found, users.iter().map(|user| text(user, "id")).collect());
    for user in users.iter().take(5) {
        let why = home.json(&["access", "why", &text(user, "id"), app]);
        let why = why.as_array().unwrap();
        let direct = why.iter().any(|path| path["path"] == "direct");
        assert_eq!(direct, user["scope"] == "USER", "{why:?}");
        assert!(why.iter().all(|path| path["path"] != "unknown"), "{why:?}");
    }
    let stranger = sim.ask("truth/users");
    let stranger = stranger
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap());
    let stranger = stranger
        .into_iter()
        .find(|id| !found.contains(*id))
        .unwrap();
    let nothing = home.run(&["access", "why", stranger, app, "-o", "json"]);
    assert!(matches!(nothing.status.code(), Some(0 | 3)), "{nothing:?}");
}

#[test]
fn a_group_tells_what_uses_it() {
    let (sim, home) = mirrored();
    let rules = sim.ask("truth/rules");
    let rule = rules
        .as_array()
        .unwrap()
        .iter()
        .find(|rule| rule["status"] == "ACTIVE")
        .unwrap();
    let group = rule["members"].as_object().unwrap().keys().next().unwrap();
    let uses = home.json(&["access", "uses", group]);
    let uses = uses.as_array().unwrap();
    assert!(
        uses.iter()
            .any(|one| one["use"] == "rule_gives" && one["id"] == rule["id"]),
        "{uses:?}"
    );
    let apps: BTreeSet<String> = uses
        .iter()
        .filter(|one| one["use"] == "app")
        .map(|one| text(one, "id"))
        .collect();
    let truth = sim.ask("truth/app_groups");
    let giving = truth.as_object().unwrap().iter().filter(|(_, groups)| {
        groups
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one == group.as_str())
    });
    assert_eq!(apps, giving.map(|(app, _)| app.clone()).collect());
}

#[test]
fn lists_of_every_kind_tell_of_the_same_entries_in_every_format() {
    let (_sim, home) = mirrored();
    for kind in [
        "rules",
        "roles",
        "tokens",
        "zones",
        "policies",
        "policy-rules",
        "idps",
    ] {
        let list = home.json(&[kind, "list"]);
        let ids: Vec<String> = list
            .as_array()
            .unwrap()
            .iter()
            .map(|row| text(&row["_oktop"], "id"))
            .collect();
        assert!(!ids.is_empty(), "{kind}");
        let csv = home.run(&[kind, "list", "-o", "csv"]);
        let mut csv = csv::Reader::from_reader(csv.stdout.as_slice());
        let of_csv: Vec<String> = csv
            .records()
            .map(|row| row.unwrap()[0].to_owned())
            .collect();
        assert_eq!(of_csv, ids, "{kind}");
        if !kind.contains("rules") {
            let one = home.json(&[kind, "get", &ids[0]]);
            assert_eq!(text(&one["_oktop"], "id"), ids[0], "{kind}");
        }
    }
}

#[test]
fn what_changed_is_told_with_who_did_it() {
    let (sim, home) = mirrored();
    let user = sim.ask("truth/users")[9].as_str().unwrap().to_owned();
    let before = jiff::Timestamp::now().to_string();
    sim.tell(
        "changes",
        &serde_json::json!({"change": "create_group", "name": "Fresh", "description": null}),
    );
    home.json(&["sync", "--once"]);
    sim.tell(
        "changes",
        &serde_json::json!({"change": "add_member", "group": "Fresh", "user": user}),
    );
    // The log tells of it, and so who did it; a reading of the list could only tell that it is so.
    crate::rig::until("the log tells of it", Duration::from_mins(5), || {
        let told = home.run(&["changes", "--object", "group:Fresh", "-o", "json"]);
        // Until then nobody has heard of the group.
        let rows: Value = serde_json::from_slice(&told.stdout).unwrap_or_default();
        let of_it = |row: &Value| row["change"] == "began" && row["id"] == user.as_str();
        rows.as_array().is_some_and(|rows| {
            rows.iter()
                .any(|row| of_it(row) && row["proof"]["by"].is_string())
        })
    });
    let then = home.run(&["groups", "get", "Fresh", "--as-of", &before]);
    assert!(matches!(then.status.code(), Some(3 | 7)), "{then:?}");
}
