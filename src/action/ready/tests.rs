//! What is proposed of what somebody has, and what of that is chosen.

use serde_json::json;

use super::*;
use crate::domain::log_event::{LogEvent, Origin, OutcomeResult, Party};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn had<T>(what: T, name: &str, since: &str) -> Had<T> {
    Had {
        what,
        name: name.into(),
        since: Some(at(since)),
        by: None,
    }
}

fn group(id: &str, gives_roles: bool) -> HeldGroup {
    HeldGroup {
        group: id.parse().unwrap(),
        gives_roles,
        rule: None,
        kept: None,
    }
}

const BEFORE: &str = "2026-01-01T00:00:00Z";
const THEN: &str = "2026-11-22T14:02:00Z";
const AFTER: &str = "2026-11-22T14:05:00Z";

/// Somebody with one of everything from before, and one that came with an attacker.
fn ana() -> Person {
    let role = |assignment: &str| HeldRole {
        role: Role::Standard("HELP_DESK_ADMIN".into()),
        assignment: assignment.parse().unwrap(),
    };
    Person {
        user: "00uana".parse().unwrap(),
        login: "ana@acme.com".into(),
        status: Some("ACTIVE".into()),
        factors: vec![
            had("opf1".parse().unwrap(), "push iPhone", BEFORE),
            had("opf2".parse().unwrap(), "sms +234", AFTER),
        ],
        tokens: vec![
            had("00T1".parse().unwrap(), "nightly export", BEFORE),
            had("00T2".parse().unwrap(), "t", AFTER),
        ],
        devices: vec![had("guo1".parse().unwrap(), "MacBook", BEFORE)],
        roles: vec![
            had(role("ra1"), "Help Desk", BEFORE),
            had(role("ra2"), "App", AFTER),
        ],
        groups: vec![
            had(group("00gstaff", false), "Staff", BEFORE),
            had(group("00gadmins", true), "Admins", AFTER),
            had(
                HeldGroup {
                    rule: Some("sales by department".into()),
                    ..group("00gsales", false)
                },
                "Sales",
                BEFORE,
            ),
            had(
                HeldGroup {
                    kept: Some("an app keeps the group"),
                    ..group("00gad", false)
                },
                "AD users",
                BEFORE,
            ),
        ],
        apps: vec![had("0oa1".parse().unwrap(), "Slack", BEFORE)],
        deeds: Vec::new(),
        gaps: vec!["Devices: not read from Okta yet".to_owned()],
    }
}

fn shown(ready: &Ready) -> Vec<String> {
    let mark = |step: &Step| if step.chosen { "x" } else { "-" };
    let line = |step: &Step| format!("{} {} {}", mark(step), step.change.name(), step.name);
    ready.steps.iter().map(line).collect()
}

#[test]
fn containment_closes_the_account_first_and_takes_what_came_with_the_attacker() {
    let ready = contain(&ana(), Some(at(THEN)));
    let expected = [
        "x users.suspend ana@acme.com",
        "x users.clear-sessions ana@acme.com",
        "x users.revoke-grants ana@acme.com",
        "- users.remove-factor push iPhone",
        "x users.remove-factor sms +234",
        "- api-tokens.revoke nightly export",
        "x api-tokens.revoke t",
        "- devices.suspend MacBook",
        "- roles.revoke Help Desk",
        "x roles.revoke App",
        "x groups.remove-member Admins",
    ];
    assert_eq!(shown(&ready), expected);
    assert_eq!(ready.on_failure, OnFailure::GoOn);
    assert!(
        ready
            .notes
            .iter()
            .any(|note| note.contains("Devices: not read"))
    );
}

#[test]
fn without_a_moment_nothing_is_taken_that_was_added() {
    let ready = contain(&ana(), None);
    assert_eq!(ready.chosen().len(), 3, "{:?}", shown(&ready));
    assert!(
        ready.notes[0].contains("what was added is not chosen"),
        "{:?}",
        ready.notes
    );
}

#[test]
fn who_cannot_be_suspended_is_told_of() {
    let locked = Person {
        status: Some("LOCKED_OUT".into()),
        ..ana()
    };
    let ready = contain(&locked, None);
    assert!(
        ready
            .steps
            .iter()
            .all(|step| step.change.name() != "users.suspend")
    );
    assert!(ready.notes[0].contains("LOCKED_OUT"), "{:?}", ready.notes);
}

#[test]
fn offboarding_takes_everything_and_ends_the_account_last() {
    let ready = offboard(&ana());
    let expected = [
        "x users.clear-sessions ana@acme.com",
        "x users.revoke-grants ana@acme.com",
        "x api-tokens.revoke nightly export",
        "x api-tokens.revoke t",
        "x roles.revoke Help Desk",
        "x roles.revoke App",
        "x devices.suspend MacBook",
        "x groups.remove-member Staff",
        "x groups.remove-member Admins",
        "- groups.remove-member Sales",
        "x apps.unassign-user Slack",
        "x users.deactivate ana@acme.com",
    ];
    assert_eq!(shown(&ready), expected);
    let kept = "AD users cannot be taken: an app keeps the group";
    assert!(
        ready.notes.iter().any(|note| note == kept),
        "{:?}",
        ready.notes
    );
}

#[test]
fn of_who_is_gone_only_what_was_left_behind_is_told() {
    let gone = Person {
        status: Some("DEPROVISIONED".into()),
        roles: Vec::new(),
        groups: Vec::new(),
        apps: Vec::new(),
        devices: Vec::new(),
        ..ana()
    };
    let left = [
        "x api-tokens.revoke nightly export",
        "x api-tokens.revoke t",
    ];
    assert_eq!(shown(&offboard(&gone)), left);
    let clean = Person {
        tokens: Vec::new(),
        ..gone
    };
    assert!(offboard(&clean).steps.is_empty());
}

fn newcomer(login: &str) -> Newcomer {
    let profile = [
        ("login".into(), json!(login)),
        ("title".into(), json!("Lead")),
    ];
    Newcomer {
        profile: profile.into(),
    }
}

#[test]
fn newcomers_are_given_what_a_colleague_has_and_no_privileges() {
    let mut model = Model::like(&ana());
    model.profile.insert("title".into(), json!("Nobody said"));
    model.profile.insert("department".into(), json!("Sales"));
    let ready = onboard(&[newcomer("bo@acme.com"), newcomer("cy@acme.com")], &model);
    let expected = [
        "x users.create bo@acme.com",
        "x apps.assign-user Slack",
        "x users.create cy@acme.com",
        "x apps.assign-user Slack",
    ];
    assert_eq!(shown(&ready), expected);
    let Change::CreateUser {
        profile,
        groups,
        activate,
    } = &ready.steps[0].change
    else {
        unreachable!("it is one");
    };
    assert_eq!(
        (profile["title"].clone(), profile["department"].clone()),
        (json!("Lead"), json!("Sales"))
    );
    assert_eq!(
        (groups.len(), *activate),
        (1, false),
        "neither the rule's, nor the app's, nor the admins'"
    );
    let told = ready.notes.join("\n");
    for words in [
        "Admins is not given: it gives admin roles",
        "Sales is not given: the rule",
        "admin roles of ana@acme.com",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn what_follows_somebody_who_does_not_come_is_left_out_and_the_others_keep_their_own() {
    let mut ready = onboard(
        &[newcomer("bo@acme.com"), newcomer("cy@acme.com")],
        &Model::like(&ana()),
    );
    ready.steps[0].chosen = false;
    let chosen = ready.chosen();
    assert_eq!(chosen.len(), 2);
    assert_eq!(
        chosen[1],
        Change::AssignUser {
            app: "0oa1".parse().unwrap(),
            user: UserId::made_by(1).unwrap(),
        }
    );
}

#[test]
fn more_groups_than_an_account_can_be_made_with_follow_one_by_one() {
    let groups = (0..23).map(|n| {
        (
            format!("00g{n}").parse().unwrap(),
            format!("g{n}").as_str().into(),
        )
    });
    let model = Model {
        groups: groups.collect(),
        ..Model::default()
    };
    let ready = onboard(&[newcomer("bo@acme.com")], &model);
    let Change::CreateUser { groups, .. } = &ready.steps[0].change else {
        unreachable!("it is one");
    };
    assert_eq!((groups.len(), ready.steps.len()), (20, 4));
    assert!(
        ready.steps[1..]
            .iter()
            .all(|step| step.change.name() == "groups.add-member")
    );
}

fn event(event_type: &str, targets: &[(&str, &str)]) -> LogEvent {
    let target = |(kind, id): &(&str, &str)| Party {
        id: (*id).into(),
        kind: (*kind).into(),
        alternate_id: None,
        display_name: Some(format!("the {kind}").as_str().into()),
    };
    LogEvent {
        uuid: "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef".parse().unwrap(),
        published: at(AFTER),
        event_type: event_type.into(),
        severity: None,
        display_message: None,
        actor: None,
        targets: targets.iter().map(target).collect(),
        result: Some(OutcomeResult::Success),
        reason: None,
        ip: None,
        country: None,
        city: None,
        user_agent: None,
        session: None,
        root_session: None,
        transaction: None,
        origin: Origin::default(),
    }
}

#[test]
fn what_an_attacker_left_behind_is_taken_back_or_told() {
    let admins = Around {
        gives_roles: &|group| group == "00gadmins",
        status: &|user| match user.as_str() {
            "00u8" => Some("PROVISIONED".into()),
            "00u7" => Some("DEPROVISIONED".into()),
            "00u9" => Some("ACTIVE".into()),
            _ => None,
        },
    };
    let undone = |event: &LogEvent| deed(event, admins)?.step.map(|step| step.change.name());
    for (event_type, targets, expected) in [
        (
            "user.lifecycle.create",
            vec![("User", "00u9")],
            Some("users.suspend"),
        ),
        // Okta suspends only who is ACTIVE, and a link of an activation still lets somebody in.
        (
            "user.lifecycle.create",
            vec![("User", "00u8")],
            Some("users.deactivate"),
        ),
        ("user.lifecycle.activate", vec![("User", "00u7")], None),
        (
            "user.lifecycle.activate",
            vec![("User", "00u6")],
            Some("users.suspend"),
        ),
        (
            "system.api_token.create",
            vec![("Token", "00T9")],
            Some("api-tokens.revoke"),
        ),
        (
            "application.lifecycle.create",
            vec![("AppInstance", "0oa9")],
            Some("apps.deactivate"),
        ),
        (
            "system.idp.lifecycle.create",
            vec![("IdentityProvider", "0oi9")],
            Some("idps.deactivate"),
        ),
        (
            "group.user_membership.add",
            vec![("User", "00u9"), ("UserGroup", "00gadmins")],
            Some("groups.remove-member"),
        ),
        (
            "group.user_membership.add",
            vec![("User", "00u9"), ("UserGroup", "00gstaff")],
            None,
        ),
        (
            "policy.rule.deactivate",
            vec![("PolicyEntity", "00p1"), ("PolicyRule", "0pr1")],
            Some("policy-rules.activate"),
        ),
        (
            "user.session.impersonation.grant",
            vec![("User", "00u9")],
            Some("org.revoke-support"),
        ),
        ("user.session.start", vec![("User", "00u9")], None),
    ] {
        assert_eq!(
            undone(&event(event_type, &targets)),
            expected,
            "{event_type}"
        );
    }
    let stream = event(
        "system.log_stream.lifecycle.deactivate",
        &[("LogStream", "0ls1")],
    );
    let note = deed(&stream, admins).unwrap().note.unwrap();
    assert!(
        note.contains("the LogStream at 2026-11-22 14:05 UTC"),
        "{note}"
    );
    let failed = LogEvent {
        result: Some(OutcomeResult::Failure),
        ..event("system.api_token.create", &[("Token", "00T9")])
    };
    assert_eq!(deed(&failed, admins), None);
}

fn nobody() -> Around<'static> {
    Around {
        gives_roles: &|_| false,
        status: &|_| None,
    }
}

#[test]
fn a_token_that_is_had_and_was_made_since_is_taken_once() {
    let made = event("system.api_token.create", &[("Token", "00T1")]);
    let person = Person {
        deeds: vec![deed(&made, nobody()).unwrap()],
        ..ana()
    };
    let ready = contain(&person, Some(at(THEN)));
    let taken: Vec<String> = shown(&ready)
        .into_iter()
        .filter(|line| line.contains("nightly"))
        .collect();
    assert_eq!(taken, ["x api-tokens.revoke nightly export"]);
    let revoked = ready
        .steps
        .iter()
        .filter(|step| step.change.name() == "api-tokens.revoke");
    assert_eq!(revoked.count(), 2);
}
