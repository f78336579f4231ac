//! What is typed about changes, over all of them.

use clap::Parser as _;
use serde_json::json;

use super::*;
use crate::cli::args::queue::QueueCommand;
use crate::cli::args::{AppsCommand, GroupsReading, UsersReading};
use crate::cli::args::{Cli, Command as Typed, GroupsCommand, UsersCommand};
use crate::cli::kinds::OfKind;
use crate::domain::change::samples::one_of_each;
use crate::domain::change::{GroupProfile, Holder, Role};

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// What is typed behind the name of a change. A change that is added does not compile without a line here.
fn words(change: &Change) -> Vec<String> {
    let switch = |words: &[&str], flags: &[(bool, &str)]| {
        let on = flags.iter().filter(|(is_on, _)| *is_on);
        let on = on.map(|(_, flag)| (*flag).to_owned());
        texts(words).into_iter().chain(on).collect()
    };
    let value = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => format!("={text}"),
        other => format!(":={other}"),
    };
    match change {
        Change::CreateUser {
            profile,
            groups,
            activate,
        } => {
            let set = profile
                .iter()
                .flat_map(|(name, is)| ["--set".to_owned(), format!("{name}{}", value(is))]);
            let groups = groups
                .iter()
                .flat_map(|id| ["--group".to_owned(), id.to_string()]);
            let activate = activate.then(|| "--activate".to_owned());
            set.chain(groups).chain(activate).collect()
        }
        Change::UpdateUser { user, fields } => {
            let edit = |field: &crate::domain::change::FieldEdit| match &field.after {
                Some(is) => ["--set".to_owned(), format!("{}{}", field.name, value(is))],
                None => ["--unset".to_owned(), field.name.to_string()],
            };
            let fields = fields.iter().flat_map(edit);
            std::iter::once(user.to_string()).chain(fields).collect()
        }
        Change::ActivateUser { user, send_email }
        | Change::ReactivateUser { user, send_email }
        | Change::DeactivateUser { user, send_email }
        | Change::ForgotPassword { user, send_email } => {
            switch(&[user.as_str()], &[(*send_email, "--send-email")])
        }
        Change::DeleteUser { user }
        | Change::SuspendUser { user }
        | Change::UnsuspendUser { user }
        | Change::UnlockUser { user }
        | Change::ResetFactors { user }
        | Change::RevokeGrants { user }
        | Change::LogOut { user } => texts(&[user.as_str()]),
        Change::ExpirePassword { user, temporary } => {
            switch(&[user.as_str()], &[(*temporary, "--temporary")])
        }
        Change::ResetPassword {
            user,
            send_email,
            revoke_sessions,
        } => switch(
            &[user.as_str()],
            &[
                (*send_email, "--send-email"),
                (*revoke_sessions, "--revoke-sessions"),
            ],
        ),
        Change::RemoveFactor { user, factor } => texts(&[user.as_str(), factor.as_str()]),
        Change::ClearSessions {
            user,
            oauth_tokens,
            forget_devices,
        } => switch(
            &[user.as_str()],
            &[
                (*oauth_tokens, "--oauth-tokens"),
                (*forget_devices, "--forget-devices"),
            ],
        ),
        Change::RevokeTokens { user, client } => texts(&[user.as_str(), client.as_str()]),
        Change::CreateGroup(profile) => texts(&[&profile.name]),
        Change::UpdateGroup { group, after, .. } => {
            let description = after.description.as_deref().unwrap_or("");
            texts(&[
                group.as_str(),
                "--name",
                &after.name,
                "--description",
                description,
            ])
        }
        Change::DeleteGroup { group } => texts(&[group.as_str()]),
        Change::AddMember { group, user } | Change::RemoveMember { group, user } => {
            texts(&[group.as_str(), user.as_str()])
        }
        Change::ActivateRule { rule } | Change::DeactivateRule { rule } => texts(&[rule.as_str()]),
        Change::AssignUser { app, user } => texts(&[app.as_str(), user.as_str()]),
        Change::UnassignUser {
            app,
            user,
            send_email,
        } => switch(
            &[app.as_str(), user.as_str()],
            &[(*send_email, "--send-email")],
        ),
        Change::AssignGroup { app, group } | Change::UnassignGroup { app, group } => {
            texts(&[app.as_str(), group.as_str()])
        }
        Change::ActivateApp { app } | Change::DeactivateApp { app } => texts(&[app.as_str()]),
        Change::GrantRole { holder, role } => vec![holder_typed(holder), role_typed(role)],
        Change::RevokeRole {
            holder,
            assignment,
            role,
        } => vec![
            holder_typed(holder),
            role_typed(role),
            "--assignment".to_owned(),
            assignment.to_string(),
        ],
        Change::RevokeApiToken { token } => texts(&[token.as_str()]),
        Change::RevokeClientRole { client, assignment } => {
            texts(&[client.as_str(), assignment.as_str()])
        }
        Change::DeactivateSecret { client, secret } => texts(&[client.as_str(), secret.as_str()]),
        Change::SuspendDevice { device }
        | Change::UnsuspendDevice { device }
        | Change::DeactivateDevice { device } => texts(&[device.as_str()]),
        Change::ActivateIdp { idp } | Change::DeactivateIdp { idp } => texts(&[idp.as_str()]),
        Change::AddToZone { zone, address } | Change::RemoveFromZone { zone, address } => {
            texts(&[zone.as_str(), address])
        }
        Change::ActivatePolicyRule { policy, rule }
        | Change::DeactivatePolicyRule { policy, rule } => texts(&[policy.as_str(), rule.as_str()]),
        Change::RevokeSupport => Vec::new(),
    }
}

fn holder_typed(holder: &Holder) -> String {
    match holder {
        Holder::User(id) => format!("user:{id}"),
        Holder::Group(id) => format!("group:{id}"),
    }
}

fn role_typed(role: &Role) -> String {
    match role {
        Role::Standard(kind) => kind.to_string(),
        Role::Custom { role, resource_set } => format!("{role}:{resource_set}"),
    }
}

fn typed(words: &[String]) -> Result<Proposal, clap::Error> {
    let cli = Cli::try_parse_from(std::iter::once("oktop").chain(words.iter().map(String::as_str)));
    Ok(match cli?.command.unwrap() {
        Typed::Queue(QueueCommand::Propose(args)) => args.change.unwrap(),
        Typed::Users(UsersCommand::Stage(verb)) => verb.proposal,
        Typed::Groups(GroupsCommand::Stage(verb)) => verb.proposal,
        Typed::Apps(AppsCommand::Stage(verb)) => verb.proposal,
        Typed::Entries(OfKind::Stage(proposal)) => *proposal,
        other => panic!("{words:?}: {other:?}"),
    })
}

/// The changes of a line, with this on standard input.
fn made(line: &str, mut input: &[u8]) -> Result<Vec<Change>, Failure> {
    let words = line.split(' ').map(str::to_owned);
    typed(&words.collect::<Vec<_>>())
        .unwrap()
        .changes(&mut input)
}

fn refusal(line: &str) -> String {
    let failure = made(line, b"").unwrap_err();
    assert_eq!(failure.exit_code(), 2, "{line}");
    failure.words().unwrap()
}

/// What it was is for the agent to say.
fn as_typed(change: Change) -> Change {
    match change {
        Change::UpdateGroup { group, after, .. } => Change::UpdateGroup {
            group,
            before: after.clone(),
            after,
        },
        other => other,
    }
}

#[test]
fn every_change_is_made_of_what_is_typed_for_it() {
    let all = one_of_each();
    assert_eq!(SPECS.len(), all.len());
    for change in all {
        let name = change.name();
        let proposed = [texts(&["queue", "propose", name]), words(&change)].concat();
        let proposal = typed(&proposed).unwrap();
        let change = as_typed(change);
        assert_eq!(
            proposal.changes(&mut &b""[..]).unwrap(),
            std::slice::from_ref(&change),
            "{name}"
        );
        let (noun, verb) = name.split_once('.').unwrap();
        // The org as such has no command.
        if noun == "org" {
            continue;
        }
        let of_noun = [texts(&[noun, verb]), words(&change)].concat();
        let proposal = typed(&of_noun).unwrap();
        assert_eq!(
            proposal.changes(&mut &b""[..]).unwrap(),
            [change],
            "{noun} {verb}"
        );
    }
}

#[test]
fn switches_are_off_unless_they_are_typed() {
    let on = made(
        "users reset-password 00u1 --send-email --revoke-sessions",
        b"",
    );
    let off = made("users reset-password 00u1", b"");
    let with = |on| {
        vec![Change::ResetPassword {
            user: "00u1".parse().unwrap(),
            send_email: on,
            revoke_sessions: on,
        }]
    };
    assert_eq!((on.unwrap(), off.unwrap()), (with(true), with(false)));
    let tokens = made("users clear-sessions 00u1 --oauth-tokens", b"").unwrap();
    let json = serde_json::to_value(&tokens[0]).unwrap();
    assert_eq!(
        (&json["oauth_tokens"], &json["forget_devices"]),
        (&json!(true), &json!(false))
    );
}

#[test]
fn several_things_make_one_plan_and_none_is_in_it_twice() {
    let input = b"00u2\n\n  # who left\n 00u3 \r\n00u1\n00u2";
    let all = made("groups add-member 00g1 00u1 - 00u4", input).unwrap();
    let users: Vec<serde_json::Value> = all
        .iter()
        .map(|change| serde_json::to_value(change).unwrap())
        .collect();
    let ids: Vec<&str> = users
        .iter()
        .map(|json| json["user"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["00u1", "00u2", "00u3", "00u4"]);
    assert!(users.iter().all(|json| json["group"] == "00g1"));
    let failure = made("users suspend -", b"# nobody\n\n").unwrap_err();
    assert_eq!(failure.exit_code(), 2);
    let about = About::default();
    assert_eq!(
        about.draft(all).title.as_str(),
        "groups.add-member, 4 times"
    );
    let one = made("users suspend 00u1", b"").unwrap();
    assert_eq!(about.draft(one).title.as_str(), "users.suspend user:00u1");
}

#[test]
fn what_is_said_of_the_plan_goes_with_it() {
    let words = texts(&[
        "users", "suspend", "00u1", "--title", "a", "--reason", "b", "--go-on",
    ]);
    let proposal = typed(&words).unwrap();
    let changes = proposal.changes(&mut &b""[..]).unwrap();
    let draft = proposal.about.draft(changes);
    assert_eq!(draft.title.as_str(), "a");
    assert_eq!(draft.reason.unwrap().as_str(), "b");
    assert_eq!(draft.on_failure, OnFailure::GoOn);
}

#[test]
fn an_id_of_another_kind_is_told_with_what_is_right() {
    for (line, wrong, right) in [
        ("users suspend 00g1", "id of a group, not of a user", "00u"),
        (
            "groups add-member 00u1 00u2",
            "id of a user, not of a group",
            "00g",
        ),
        (
            "groups add-member 00g1 00g2",
            "id of a group, not of a user",
            "00u",
        ),
        (
            "apps assign-group 0oa1 00u1",
            "id of a user, not of a group",
            "00g",
        ),
        (
            "apps deactivate 00g1",
            "id of a group, not of an app",
            "0oa",
        ),
        (
            "users remove-factor 00u1 00g1",
            "id of a group, not of a factor",
            "FACTOR",
        ),
        (
            "devices suspend 00u1",
            "id of a user, not of a device",
            "guo",
        ),
        (
            "tokens revoke 00u1",
            "id of a user, not of an API token",
            "00T",
        ),
        (
            "zones add-address 0oa1 192.0.2.1",
            "id of an app, not of a zone",
            "nzo",
        ),
        (
            "users create --set login=a --group 00u1",
            "id of a user, not of a group",
            "00g",
        ),
        (
            "roles grant user:00g1 HELP_DESK_ADMIN",
            "id of a group, not of a user",
            "00u",
        ),
        (
            "roles grant 0oa1 HELP_DESK_ADMIN",
            "does not tell who",
            "user:ID or group:ID",
        ),
        (
            "users suspend ana@acme.com",
            "not the id of a user",
            "`oktop users get 'ana@acme.com'`",
        ),
    ] {
        let words = refusal(line);
        assert!(
            words.contains(wrong) && words.contains(right),
            "{line}: {words}"
        );
    }
    // What cannot be told by its beginning is for Okta to say.
    for line in [
        "users suspend x-1",
        "users remove-factor 00u1 ostf1",
        "clients revoke-role 0oa1 JBCUYUC7IRCVGS27IFCE2SKO",
        "idps deactivate 0oa1",
    ] {
        assert!(made(line, b"").is_ok(), "{line}");
    }
}

#[test]
fn roles_have_the_names_that_people_use() {
    let role = |text: &str| match made(&format!("roles grant user:00u1 {text}"), b"") {
        Ok(changes) => match &changes[0] {
            Change::GrantRole { role, .. } => role.clone(),
            other => panic!("{other:?}"),
        },
        Err(failure) => panic!("{:?}", failure.words()),
    };
    let help_desk = Role::Standard("HELP_DESK_ADMIN".into());
    assert_eq!(role("HELP_DESK_ADMIN"), help_desk);
    assert_eq!(role("help-desk"), help_desk);
    assert_eq!(
        role("NEW_KIND_ADMIN"),
        Role::Standard("NEW_KIND_ADMIN".into())
    );
    let custom = Role::Custom {
        role: "cr01".parse().unwrap(),
        resource_set: "iam1".parse().unwrap(),
    };
    assert_eq!(role("cr01:iam1"), custom);
    for text in ["helper", "cr01", "cr01:", "iam1:cr01"] {
        refusal(&format!("roles grant user:00u1 {text}"));
    }
    // Without its id the agent looks for the assignment of that role.
    let revoked = made("roles revoke group:00g1 help-desk", b"").unwrap();
    let json = serde_json::to_value(&revoked[0]).unwrap();
    assert_eq!(json["assignment"], "HELP_DESK_ADMIN");
}

#[test]
fn values_are_texts_unless_they_are_said_to_be_json() {
    let changes = made(
        "users update 00u1 --set title=a=b --set seats:=3 --unset mobilePhone",
        b"",
    );
    let json = serde_json::to_value(&changes.unwrap()[0]).unwrap();
    assert_eq!(
        json["fields"],
        json!([
            {"name": "title", "before": null, "after": "a=b"},
            {"name": "seats", "before": null, "after": 3},
            {"name": "mobilePhone", "before": null, "after": null},
        ])
    );
    for line in [
        "users update 00u1",
        "users update 00u1 --set title",
        "users update 00u1 --set =x",
        "users update 00u1 --set a:=x",
        "users update 00u1 --set a=1 --unset a",
        "users create",
        "groups update 00g1",
        "groups update 00g1 00g2 --name x",
    ] {
        refusal(line);
    }
}

#[test]
fn addresses_are_as_zones_have_them() {
    for good in [
        "203.0.113.7",
        "203.0.113.0/24",
        "203.0.113.7-203.0.113.9",
        "2001:db8::/32",
    ] {
        assert!(
            made(&format!("zones add-address nzo1 {good}"), b"").is_ok(),
            "{good}"
        );
    }
    for bad in ["203.0.113", "203.0.113.0/33", "a-b", "203.0.113.7-"] {
        refusal(&format!("zones add-address nzo1 {bad}"));
    }
}

#[test]
fn what_stays_of_a_group_is_known() {
    let stays = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let proposal = typed(&words).unwrap();
        let changes = proposal.changes(&mut &b""[..]).unwrap();
        proposal.stays(&changes[0])
    };
    assert_eq!(stays("groups update 00g1 --name a"), (false, true));
    assert_eq!(stays("groups update 00g1 --description a"), (true, false));
    assert_eq!(
        stays("groups update 00g1 --name a --description b"),
        (false, false)
    );
    assert_eq!(stays("users suspend 00u1"), (false, false));
}

#[test]
fn changes_come_as_json_as_the_journal_has_them() {
    let all = one_of_each();
    let text = serde_json::to_string(&all).unwrap();
    assert_eq!(of_json(&text).unwrap(), all);
    for (text, told) in [
        ("{}", "no list of changes"),
        ("[]", "empty"),
        (
            r#"[{"change":"org.revoke-support"},{"change":"users.suspend"}]"#,
            "number 2",
        ),
        (r#"[{"change":"users.suspend","user":"a/b"}]"#, "number 1"),
        (r#"[{"change":"users.burn","user":"00u1"}]"#, "users.burn"),
    ] {
        let failure = of_json(text).unwrap_err();
        assert_eq!(failure.exit_code(), 2);
        let words = failure.words().unwrap();
        assert!(words.contains(told), "{words}");
    }
    assert_eq!(
        as_typed(Change::CreateGroup(GroupProfile::named("x"))).name(),
        "groups.create"
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    for line in [
        "users suspend",
        "groups add-member 00g1",
        "users suspend 00u1 --send-email",
        "queue propose users.burn 00u1",
        "queue propose --json a users.suspend 00u1",
        "queue propose",
        "queue show 0",
        "queue show x",
        "queue drop 17.0",
        "queue undo 17.x",
        "queue again 17",
        "queue say 17.1 perhaps --reason x",
        "queue say 17.1 done",
        "audit show --from 0",
    ] {
        let words = std::iter::once("oktop").chain(line.split(' '));
        assert_eq!(
            Cli::try_parse_from(words).unwrap_err().exit_code(),
            2,
            "{line}"
        );
    }
}

/// What other integrations list among their actions and is a reading: each is one command.
#[test]
fn readings_are_one_command_each() {
    let reads = |line: &str| {
        let words = std::iter::once("oktop").chain(line.split(' '));
        Cli::try_parse_from(words).unwrap().command.unwrap()
    };
    assert!(matches!(
        reads("groups members 00g1"),
        Typed::Groups(GroupsCommand::Read(GroupsReading::Members(_)))
    ));
    assert!(matches!(
        reads("groups search name:eng"),
        Typed::Groups(GroupsCommand::Read(GroupsReading::Search(_)))
    ));
    assert!(matches!(
        reads("groups get Engineering"),
        Typed::Groups(GroupsCommand::Read(GroupsReading::Get { .. }))
    ));
    assert!(matches!(
        reads("users groups 00u1"),
        Typed::Users(UsersCommand::Read(UsersReading::Groups(_)))
    ));
    assert!(matches!(
        reads("users apps 00u1"),
        Typed::Users(UsersCommand::Read(UsersReading::Apps(_)))
    ));
    assert!(matches!(
        reads("users get 00u1"),
        Typed::Users(UsersCommand::Read(UsersReading::Get { .. }))
    ));
    assert!(matches!(
        reads("users search ana"),
        Typed::Users(UsersCommand::Read(UsersReading::Search(_)))
    ));
}

/// The words of a line of the readme, as a shell would take them; what `oktop` gets of it.
fn of_shell(line: &str) -> Vec<String> {
    let last = line.rsplit(" | ").find(|part| part.starts_with("oktop "));
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in last.unwrap_or(line).chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

#[test]
fn the_readmes_examples_of_changes_are_commands() {
    let readme = include_str!("../../../README.md");
    let section = readme.split("## Changing things in Okta").nth(1).unwrap();
    let block = section.split("```").nth(1).unwrap();
    let lines = block.lines().filter(|line| line.starts_with("oktop "));
    let mut staged = 0;
    for line in lines {
        let words = of_shell(line);
        let cli = Cli::try_parse_from(&words).unwrap_or_else(|error| panic!("{line}: {error}"));
        let is_of_a_file = line.contains("--json");
        if matches!(cli.command, Some(Typed::Queue(ref other)) if !matches!(other, QueueCommand::Propose(_)))
            || matches!(
                cli.command,
                Some(Typed::Audit(_) | Typed::Users(UsersCommand::Ready(_)))
            )
            || is_of_a_file
        {
            continue;
        }
        let changes = typed(&words[1..]).unwrap().changes(&mut &b"00u1"[..]);
        assert!(changes.is_ok(), "{line}");
        staged += 1;
    }
    assert!(staged >= 6, "{staged}");
    let json = section.split("such as `").nth(1).unwrap();
    assert!(of_json(json.split('`').next().unwrap()).is_ok());
}
