//! The lines of the menu, by what they are about.

use super::{Act, Line, Needs, Way, Who};
use crate::domain::entry::{EntryKind, Subject};
use crate::domain::id::{Kind, ObjectId};

/// The lines for something; for several things, those of the first, which are of the same kind.
pub fn lines(who: &Who) -> Vec<Line> {
    let lines = match &who.subject {
        Subject::Object(id) => match id.kind() {
            Kind::User => USER,
            Kind::Group => GROUP,
            Kind::App => APP,
        },
        Subject::Entry(key) => of_entry(key.kind, key.id.as_str()),
    };
    let mut lines = lines.to_vec();
    for line in &mut lines {
        line.needs = told_by_list(line, who.within.as_ref());
    }
    lines
}

/// What the list tells in which the row stands has not to be asked.
fn told_by_list(line: &Line, within: Option<&ObjectId>) -> Needs {
    let takes_away = matches!(
        line.act,
        Act::LeaveGroup | Act::TakeApp | Act::RemoveMember | Act::TakeFromUser | Act::TakeFromGroup
    );
    match (line.needs, within) {
        (Needs::User, Some(ObjectId::User(_)))
        | (Needs::Group, Some(ObjectId::Group(_)))
        | (Needs::App, Some(ObjectId::App(_)))
            if takes_away =>
        {
            Needs::Nothing
        }
        (needs, _) => needs,
    }
}

const fn line(key: char, name: &'static str, act: Act, needs: Needs) -> Line {
    Line {
        key,
        name,
        act,
        needs,
    }
}

const fn now(key: char, name: &'static str, act: Act) -> Line {
    line(key, name, act, Needs::Nothing)
}

const fn way(key: char, name: &'static str, act: Act) -> Way {
    Way { key, name, act }
}

const ROLE: &str = "role, such as HELP_DESK_ADMIN (a custom one: ROLE:RESOURCESET)";

const USER: &[Line] = &[
    now('u', "unlock", Act::Unlock),
    now('s', "suspend", Act::Suspend),
    now('n', "unsuspend", Act::Unsuspend),
    now('k', "contain: suspend, and end all sessions", Act::Contain),
    now('K', "contain, step by step", Act::ContainByStep),
    line(
        'c',
        "clear sessions",
        Act::ClearSessions,
        Needs::Choice(&[
            way('c', "clear Okta sessions", Act::ClearSessions),
            way('t', "clear sessions and OAuth tokens", Act::ClearTokens),
            way(
                'd',
                "clear sessions, tokens, known devices",
                Act::ClearDevices,
            ),
        ]),
    ),
    now('l', "log out everywhere", Act::LogOut),
    line(
        'p',
        "password",
        Act::ExpirePassword,
        Needs::Choice(&[
            way('e', "expire the password", Act::ExpirePassword),
            way(
                't',
                "temporary password, shown once",
                Act::TemporaryPassword,
            ),
            way('m', "reset the password by mail", Act::ResetByMail),
            way('s', "reset it by mail, and end sessions", Act::ResetAndEnd),
            way('l', "reset the password, link shown once", Act::ResetByLink),
            way('f', "forgotten password, by mail", Act::ForgottenByMail),
            way(
                'o',
                "forgotten password, link shown once",
                Act::ForgottenByLink,
            ),
        ]),
    ),
    now('m', "reset all factors", Act::ResetFactors),
    line('g', "add to a group", Act::JoinGroup, Needs::Group),
    line('G', "take out of a group", Act::LeaveGroup, Needs::Group),
    line('a', "give an app", Act::GiveApp, Needs::App),
    line('A', "take an app", Act::TakeApp, Needs::App),
    line(
        'r',
        "grant an admin role",
        Act::GrantRole,
        Needs::Text(ROLE),
    ),
    line(
        'R',
        "revoke an admin role",
        Act::RevokeRole,
        Needs::Text(ROLE),
    ),
    now('t', "revoke what apps were allowed", Act::RevokeGrants),
    line(
        'T',
        "end a client's refresh tokens",
        Act::RevokeTokens,
        Needs::Text("id of the client, such as 0oa1a2b3"),
    ),
    line(
        'e',
        "change the profile",
        Act::UpdateUser,
        Needs::Text("title=AP Clerk; department=Finance (nothing behind = empties)"),
    ),
    line(
        'i',
        "activate",
        Act::ActivateByMail,
        Needs::Choice(&[
            way('m', "activate, link by mail", Act::ActivateByMail),
            way('l', "activate, link shown once", Act::ActivateByLink),
        ]),
    ),
    line(
        'I',
        "activate again",
        Act::ReactivateByMail,
        Needs::Choice(&[
            way('m', "activate again, link by mail", Act::ReactivateByMail),
            way(
                'l',
                "activate again, link shown once",
                Act::ReactivateByLink,
            ),
        ]),
    ),
    line(
        'd',
        "deactivate",
        Act::Deactivate,
        Needs::Choice(&[
            way('d', "deactivate, no mail to admins", Act::Deactivate),
            way('m', "deactivate, mail to admins", Act::DeactivateWithMail),
        ]),
    ),
    now('O', "offboard, step by step", Act::Offboard),
    now('D', "delete (only who is deactivated)", Act::DeleteUser),
    line(
        'N',
        "another user: create one",
        Act::CreateUser,
        Needs::Text("login=ana@acme.com; email=ana@acme.com; firstName=Ana; lastName=Lopez"),
    ),
];

const GROUP: &[Line] = &[
    line('m', "add a member", Act::AddMember, Needs::User),
    line('M', "take a member out", Act::RemoveMember, Needs::User),
    line('e', "rename", Act::Rename, Needs::Text("new name")),
    line(
        'E',
        "describe",
        Act::Describe,
        Needs::Text("new description"),
    ),
    line('a', "give an app to it", Act::GroupApp, Needs::App),
    line('A', "take an app from it", Act::TakeGroupApp, Needs::App),
    line(
        'r',
        "grant an admin role",
        Act::GrantRole,
        Needs::Text(ROLE),
    ),
    line(
        'R',
        "revoke an admin role",
        Act::RevokeRole,
        Needs::Text(ROLE),
    ),
    now('D', "delete", Act::DeleteGroup),
    line(
        'N',
        "another group: create one",
        Act::CreateGroup,
        Needs::Text("name of the new group"),
    ),
];

const APP: &[Line] = &[
    now('i', "activate", Act::ActivateApp),
    now('d', "deactivate", Act::DeactivateApp),
    line('u', "give it to a user", Act::GiveToUser, Needs::User),
    line('U', "take it from a user", Act::TakeFromUser, Needs::User),
    line('g', "give it to a group", Act::GiveToGroup, Needs::Group),
    line(
        'G',
        "take it from a group",
        Act::TakeFromGroup,
        Needs::Group,
    ),
];

const SWITCH: &[Line] = &[
    now('i', "activate", Act::ActivateEntry),
    now('d', "deactivate", Act::DeactivateEntry),
];

const DEVICE: &[Line] = &[
    now('s', "suspend", Act::SuspendEntry),
    now('n', "unsuspend", Act::UnsuspendEntry),
    now('d', "deactivate", Act::DeactivateEntry),
];

const REVOKE: &[Line] = &[now('x', "revoke", Act::RevokeEntry)];

const SECRET: &[Line] = &[now('d', "deactivate", Act::DeactivateEntry)];

const FACTOR: &[Line] = &[now('x', "take it from the user", Act::RevokeEntry)];

const ZONE: &[Line] = &[
    line(
        'n',
        "add an address",
        Act::AddAddress,
        Needs::Text("address, range or network, such as 203.0.113.0/24"),
    ),
    line(
        'x',
        "take an address out",
        Act::RemoveAddress,
        Needs::Text("address as it stands in the zone"),
    ),
];

/// The name of the setting by which Okta's support comes in.
const SUPPORT: &str = "oktaSupport";

fn of_entry(kind: EntryKind, id: &str) -> &'static [Line] {
    match kind {
        EntryKind::GroupRule | EntryKind::Idp | EntryKind::PolicyRule => SWITCH,
        EntryKind::Device => DEVICE,
        EntryKind::UserRole
        | EntryKind::GroupRole
        | EntryKind::ClientRole
        | EntryKind::ApiToken => REVOKE,
        EntryKind::ClientSecret => SECRET,
        EntryKind::Factor => FACTOR,
        EntryKind::Zone => ZONE,
        EntryKind::OrgSetting if id == SUPPORT => REVOKE,
        _ => &[],
    }
}
