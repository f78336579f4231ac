//! Whether a change can be made, is made already, or cannot be: by what was read of the things that it rests on.
//!
//! Used three times with the same rules: when it is staged (from the mirror), right before it is sent, and after.

use serde_json::Value;

use super::facts::Facts;
use super::resolve::Seen;
use crate::domain::change::{Change, Holder, as_zones_write};

/// How a change stands to the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It can be made.
    Possible,
    /// What it leads to is so.
    Done,
    /// It can be made; whether it was cannot be read.
    Blind,
    /// What it is about is not there.
    Gone(&'static str),
    /// It cannot be made, and why.
    Impossible(String),
    /// Something that it rests on is not known, so nobody can say.
    NotKnown(&'static str),
}

/// How `change` stands to what was read.
pub fn standing(change: &Change, facts: &Facts) -> Standing {
    let found = match change {
        Change::CreateUser { .. } => taken(facts, "login.taken", "somebody has this login"),
        Change::CreateGroup(_) => taken(facts, "group.name_taken", "a group has this name"),
        Change::UpdateUser { .. } => updated_user(change, facts),
        Change::UpdateGroup { .. } => updated_group(change, facts),
        Change::DeleteGroup { .. } => own_group(facts).and(Ok(Standing::Possible)),
        Change::AddMember { .. } => membership(facts, true),
        Change::RemoveMember { .. } => membership(facts, false),
        Change::AssignUser { .. } => assigned(facts),
        Change::UnassignUser { .. } => unassigned(facts),
        Change::AssignGroup { .. } => app_group(facts, true),
        Change::UnassignGroup { .. } => app_group(facts, false),
        Change::GrantRole { holder, role } => granted(facts, holder, &role.key()),
        Change::RevokeRole {
            holder, assignment, ..
        } => revoked(facts, holder, assignment.as_str()),
        Change::RevokeClientRole { assignment, .. } => held(facts, assignment.as_str()),
        Change::AddToZone { address, .. } => in_zone(facts, address, true),
        Change::RemoveFromZone { address, .. } => in_zone(facts, address, false),
        Change::RevokeSupport => switch(facts, "support.enabled", false),
        Change::RevokeApiToken { .. } => switch(facts, "token.there", false),
        Change::RemoveFactor { .. } => {
            there(facts, "user").and(switch(facts, "factor.there", false))
        }
        Change::ResetFactors { .. } => {
            there(facts, "user").and(switch(facts, "factors.any", false))
        }
        Change::RevokeGrants { .. } => there(facts, "user").and(switch(facts, "grants.any", false)),
        Change::RevokeTokens { .. } => there(facts, "user").and(switch(facts, "tokens.any", false)),
        _ => moved(change, facts),
    };
    found.unwrap_or_else(|standing| standing)
}

/// What a reading says of an attempt at `change`, whose end is not known or which Okta took.
pub fn seen(change: &Change, facts: &Facts) -> Seen {
    match (change, standing(change, facts)) {
        // What was to be deleted is not there any more.
        (Change::DeleteUser { .. } | Change::DeleteGroup { .. }, Standing::Gone(_)) => Seen::After,
        // Something of that name is there: who made it is not told by that.
        (Change::CreateUser { .. } | Change::CreateGroup(_), Standing::Impossible(_)) => {
            Seen::Blind
        }
        (_, Standing::Done) => Seen::After,
        (_, Standing::Possible) => Seen::Before,
        (_, Standing::Blind) => Seen::Blind,
        (_, Standing::Gone(_)) => Seen::Gone,
        (_, Standing::Impossible(_)) => Seen::Otherwise,
        (_, Standing::NotKnown(_)) => Seen::Unreadable,
    }
}

/// What a step of a check says: go on, or this is how it stands.
type Checked<T> = Result<T, Standing>;

/// The statuses that a change leads from and to; the fact that tells the status.
struct Move {
    fact: &'static str,
    from: &'static [&'static str],
    to: &'static [&'static str],
}

const USER: &str = "user.status";
/// Every status in which somebody has an account that is in use.
const IN_USE: &[&str] = &[
    "STAGED",
    "PROVISIONED",
    "ACTIVE",
    "RECOVERY",
    "LOCKED_OUT",
    "PASSWORD_EXPIRED",
    "SUSPENDED",
];

/// From where to where a change of status leads. Source: the table of life-cycle calls in Okta's reference.
fn move_of(change: &Change) -> Option<Move> {
    let of = |fact, from, to| Some(Move { fact, from, to });
    match change {
        Change::ActivateUser { .. } => of(
            USER,
            &["STAGED", "DEPROVISIONED"],
            &["ACTIVE", "PROVISIONED"],
        ),
        Change::DeactivateUser { .. } => of(USER, IN_USE, &["DEPROVISIONED"]),
        Change::SuspendUser { .. } => of(USER, &["ACTIVE"], &["SUSPENDED"]),
        Change::UnsuspendUser { .. } => of(USER, &["SUSPENDED"], &["ACTIVE"]),
        Change::UnlockUser { .. } => of(USER, &["LOCKED_OUT"], &["ACTIVE"]),
        Change::ExpirePassword { .. } => of(USER, &["ACTIVE"], &["PASSWORD_EXPIRED"]),
        Change::ResetPassword { .. } => of(
            USER,
            &["ACTIVE", "PROVISIONED", "LOCKED_OUT", "PASSWORD_EXPIRED"],
            &["RECOVERY"],
        ),
        Change::ActivateRule { .. } => of("rule.status", &["INACTIVE"], &["ACTIVE"]),
        Change::DeactivateRule { .. } => of("rule.status", &["ACTIVE"], &["INACTIVE"]),
        Change::ActivateApp { .. } => of("app.status", &["INACTIVE"], &["ACTIVE"]),
        Change::DeactivateApp { .. } => of("app.status", &["ACTIVE"], &["INACTIVE"]),
        Change::DeactivateSecret { .. } => of("secret.status", &["ACTIVE"], &["INACTIVE"]),
        Change::SuspendDevice { .. } => {
            of("device.status", &["ACTIVE", "UNSUSPENDED"], &["SUSPENDED"])
        }
        Change::UnsuspendDevice { .. } => {
            of("device.status", &["SUSPENDED"], &["ACTIVE", "UNSUSPENDED"])
        }
        Change::DeactivateDevice { .. } => of(
            "device.status",
            &["ACTIVE", "UNSUSPENDED", "SUSPENDED"],
            &["DEACTIVATED"],
        ),
        Change::ActivateIdp { .. } => of("idp.status", &["INACTIVE"], &["ACTIVE"]),
        Change::DeactivateIdp { .. } => of("idp.status", &["ACTIVE"], &["INACTIVE"]),
        Change::ActivatePolicyRule { .. } => of("policy_rule.status", &["INACTIVE"], &["ACTIVE"]),
        Change::DeactivatePolicyRule { .. } => of("policy_rule.status", &["ACTIVE"], &["INACTIVE"]),
        _ => None,
    }
}

/// Which fact tells the status that a change leads to, and the status; `None` for what leads to none.
pub fn leads(change: &Change) -> Option<(&'static str, &'static str)> {
    let way = move_of(change)?;
    Some((way.fact, way.to.first()?))
}

fn moved(change: &Change, facts: &Facts) -> Checked<Standing> {
    let Some(way) = move_of(change) else {
        return unread(change, facts);
    };
    let of = way.fact.split('.').next().unwrap_or_default();
    there(facts, of)?;
    let status = known(facts.text(way.fact), way.fact)?;
    if facts.text("user.transitioningToStatus").is_some() && way.fact == USER {
        return Err(Standing::Impossible(
            "another change of its status is still under way".to_owned(),
        ));
    }
    if way.to.contains(&status) {
        return Ok(Standing::Done);
    }
    if way.from.contains(&status) {
        return Ok(Standing::Possible);
    }
    let from = way.from.join(" or ");
    Ok(Standing::Impossible(format!("it is {status}, not {from}")))
}

/// Changes whose effect nobody can read.
fn unread(change: &Change, facts: &Facts) -> Checked<Standing> {
    there(facts, "user")?;
    let status = known(facts.text(USER), USER)?;
    let from: &[&str] = match change {
        Change::DeleteUser { .. } if status == "DEPROVISIONED" => return Ok(Standing::Possible),
        Change::DeleteUser { .. } => {
            return Ok(Standing::Impossible(format!(
                "it is {status}; only who is deactivated can be deleted"
            )));
        }
        Change::ReactivateUser { .. } => &["PROVISIONED", "RECOVERY"],
        Change::ForgotPassword { .. } => &["ACTIVE"],
        _ => IN_USE,
    };
    if from.contains(&status) {
        return Ok(Standing::Blind);
    }
    let from = from.join(" or ");
    Ok(Standing::Impossible(format!("it is {status}, not {from}")))
}

fn known<T>(fact: Option<T>, name: &'static str) -> Checked<T> {
    fact.ok_or(Standing::NotKnown(name))
}

/// Whether what a change is about is there.
fn there(facts: &Facts, of: &str) -> Checked<()> {
    let (fact, gone) = match of {
        "user" => ("user.gone", "the user is gone"),
        "group" => ("group.gone", "the group is gone"),
        "rule" => ("rule.gone", "the rule is gone"),
        "app" => ("app.gone", "the app is gone"),
        "secret" => ("secret.gone", "the secret is gone"),
        "device" => ("device.gone", "the device is gone"),
        "idp" => ("idp.gone", "the identity provider is gone"),
        "zone" => ("zone.gone", "the zone is gone"),
        "client" => ("client.gone", "the client is gone"),
        _ => ("policy_rule.gone", "the rule of the policy is gone"),
    };
    match facts.holds(fact) {
        Some(true) => Err(Standing::Gone(gone)),
        _ => Ok(()),
    }
}

/// Something that is to be so or not, and can be made so.
fn switch(facts: &Facts, fact: &'static str, wanted: bool) -> Checked<Standing> {
    let is = known(facts.holds(fact), fact)?;
    Ok(if is == wanted {
        Standing::Done
    } else {
        Standing::Possible
    })
}

/// Something that is made: it must not be there yet, and whether we made it is not told by its being there.
fn taken(facts: &Facts, fact: &'static str, why: &str) -> Checked<Standing> {
    if known(facts.holds(fact), fact)? {
        return Ok(Standing::Impossible(why.to_owned()));
    }
    Ok(Standing::Possible)
}

fn updated_user(change: &Change, facts: &Facts) -> Checked<Standing> {
    let Change::UpdateUser { fields, .. } = change else {
        return Ok(Standing::Possible);
    };
    there(facts, "user")?;
    if known(facts.text(USER), USER)? == "DEPROVISIONED" {
        return Ok(Standing::Impossible(
            "the profile of who is deactivated cannot be changed".to_owned(),
        ));
    }
    let is = |name: &str| facts.get(&format!("user.profile.{name}")).cloned();
    let absent = |value: &Option<Value>| value.clone().filter(|value| !value.is_null());
    if fields
        .iter()
        .all(|edit| absent(&is(&edit.name)) == absent(&edit.after))
    {
        return Ok(Standing::Done);
    }
    let other = fields
        .iter()
        .find(|edit| absent(&is(&edit.name)) != absent(&edit.before));
    Ok(match other {
        Some(edit) => Standing::Impossible(format!(
            "`{}` is no longer what it was when this was staged",
            edit.name
        )),
        None => Standing::Possible,
    })
}

fn updated_group(change: &Change, facts: &Facts) -> Checked<Standing> {
    let Change::UpdateGroup { before, after, .. } = change else {
        return Ok(Standing::Possible);
    };
    own_group(facts)?;
    let name = known(facts.text("group.profile.name"), "group.profile.name")?;
    let description = facts.text("group.profile.description").unwrap_or_default();
    let is = |profile: &crate::domain::change::GroupProfile| {
        *profile.name == *name && profile.description.as_deref().unwrap_or_default() == description
    };
    Ok(match (is(after), is(before)) {
        (true, _) => Standing::Done,
        (false, true) => Standing::Possible,
        (false, false) => Standing::Impossible(
            "its name or description is no longer what it was when this was staged".to_owned(),
        ),
    })
}

/// A group that Okta itself lets be changed.
fn own_group(facts: &Facts) -> Checked<()> {
    there(facts, "group")?;
    match known(facts.text("group.type"), "group.type")? {
        "OKTA_GROUP" => Ok(()),
        "APP_GROUP" => Err(Standing::Impossible(
            "an app manages this group; change it there".to_owned(),
        )),
        "BUILT_IN" => Err(Standing::Impossible(
            "Okta keeps this group itself".to_owned(),
        )),
        other => Err(Standing::Impossible(format!(
            "it is a group of type {other}, which oktop does not know"
        ))),
    }
}

fn membership(facts: &Facts, wanted: bool) -> Checked<Standing> {
    own_group(facts)?;
    there(facts, "user")?;
    let standing = switch(facts, "membership", wanted)?;
    if wanted && standing == Standing::Possible && facts.text(USER) == Some("DEPROVISIONED") {
        return Ok(Standing::Impossible(
            "who is deactivated cannot be put into a group".to_owned(),
        ));
    }
    Ok(standing)
}

fn active_app(facts: &Facts) -> Checked<()> {
    there(facts, "app")?;
    match known(facts.text("app.status"), "app.status")? {
        "ACTIVE" => Ok(()),
        status => Err(Standing::Impossible(format!("the app is {status}"))),
    }
}

fn assigned(facts: &Facts) -> Checked<Standing> {
    let scope = known(facts.get("app_user.scope"), "app_user.scope")?;
    if scope == "USER" {
        return Ok(Standing::Done);
    }
    active_app(facts)?;
    there(facts, "user")?;
    Ok(match facts.text(USER) {
        Some("DEPROVISIONED") => {
            Standing::Impossible("who is deactivated can be given no app".to_owned())
        }
        _ => Standing::Possible,
    })
}

fn unassigned(facts: &Facts) -> Checked<Standing> {
    there(facts, "app")?;
    let scope = known(facts.get("app_user.scope"), "app_user.scope")?;
    Ok(match scope.as_str() {
        None => Standing::Done,
        Some("USER") => Standing::Possible,
        Some(_) => Standing::Impossible(
            "a group gives the app; take the user out of the group, or the app from the group"
                .to_owned(),
        ),
    })
}

fn app_group(facts: &Facts, wanted: bool) -> Checked<Standing> {
    there(facts, "app")?;
    there(facts, "group")?;
    let standing = switch(facts, "app_group", wanted)?;
    if wanted && standing == Standing::Possible {
        active_app(facts)?;
    }
    Ok(standing)
}

/// The ids or types of the roles that somebody has directly.
fn roles<'a>(facts: &'a Facts, fact: &'static str) -> Checked<Vec<&'a str>> {
    let roles = known(facts.get(fact).and_then(Value::as_array), fact)?;
    Ok(roles.iter().filter_map(Value::as_str).collect())
}

fn of_holder(facts: &Facts, holder: &Holder) -> Checked<()> {
    match holder {
        Holder::User(_) => there(facts, "user"),
        Holder::Group(_) => there(facts, "group"),
    }
}

fn granted(facts: &Facts, holder: &Holder, role: &str) -> Checked<Standing> {
    of_holder(facts, holder)?;
    if roles(facts, "roles.kinds")?.contains(&role) {
        return Ok(Standing::Done);
    }
    Ok(match facts.text(USER) {
        Some("DEPROVISIONED") => {
            Standing::Impossible("who is deactivated can be given no role".to_owned())
        }
        _ => Standing::Possible,
    })
}

fn revoked(facts: &Facts, holder: &Holder, assignment: &str) -> Checked<Standing> {
    of_holder(facts, holder)?;
    held(facts, assignment)
}

fn held(facts: &Facts, assignment: &str) -> Checked<Standing> {
    there(facts, "client")?;
    Ok(if roles(facts, "roles.ids")?.contains(&assignment) {
        Standing::Possible
    } else {
        Standing::Done
    })
}

fn in_zone(facts: &Facts, address: &str, wanted: bool) -> Checked<Standing> {
    there(facts, "zone")?;
    if known(facts.text("zone.type"), "zone.type")? != "IP" {
        return Ok(Standing::Impossible(
            "only zones of addresses hold addresses".to_owned(),
        ));
    }
    let written = as_zones_write(address);
    let mut gateways = roles(facts, "zone.gateways")?.into_iter();
    let has = gateways.any(|gateway| as_zones_write(gateway) == written);
    Ok(if has == wanted {
        Standing::Done
    } else {
        Standing::Possible
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::change::{FieldEdit, GroupProfile, Role};

    const STATUSES: [&str; 8] = [
        "STAGED",
        "PROVISIONED",
        "ACTIVE",
        "RECOVERY",
        "LOCKED_OUT",
        "PASSWORD_EXPIRED",
        "SUSPENDED",
        "DEPROVISIONED",
    ];

    fn user() -> crate::domain::id::UserId {
        "00u1".parse().unwrap()
    }

    /// A letter for how a change stands: possible, done, blind, impossible.
    fn letter(change: &Change, facts: &Facts) -> char {
        match standing(change, facts) {
            Standing::Possible => 'p',
            Standing::Done => 'd',
            Standing::Blind => 'b',
            Standing::Impossible(_) => '-',
            Standing::Gone(_) => 'g',
            Standing::NotKnown(_) => '?',
        }
    }

    /// A row for each call of the life cycle, a letter for each status of [`STATUSES`].
    #[test]
    fn each_status_allows_what_okta_allows() {
        let send_email = false;
        let rows: [(Change, &str); 11] = [
            (
                Change::ActivateUser {
                    user: user(),
                    send_email,
                },
                "pdd----p",
            ),
            (
                Change::ReactivateUser {
                    user: user(),
                    send_email,
                },
                "-b-b----",
            ),
            (
                Change::DeactivateUser {
                    user: user(),
                    send_email,
                },
                "pppppppd",
            ),
            (Change::DeleteUser { user: user() }, "-------p"),
            (Change::SuspendUser { user: user() }, "--p---d-"),
            (Change::UnsuspendUser { user: user() }, "--d---p-"),
            (Change::UnlockUser { user: user() }, "--d-p---"),
            (
                Change::ExpirePassword {
                    user: user(),
                    temporary: false,
                },
                "--p--d--",
            ),
            (
                Change::ResetPassword {
                    user: user(),
                    send_email,
                    revoke_sessions: true,
                },
                "-ppdpp--",
            ),
            (
                Change::ForgotPassword {
                    user: user(),
                    send_email,
                },
                "--b-----",
            ),
            (
                Change::ClearSessions {
                    user: user(),
                    oauth_tokens: true,
                    forget_devices: true,
                },
                "bbbbbbb-",
            ),
        ];
        for (change, expected) in rows {
            let found: String = STATUSES
                .iter()
                .map(|status| letter(&change, &Facts::from([(USER, json!(status))])))
                .collect();
            assert_eq!(found, expected, "{}", change.name());
            let gone = Facts::from([("user.gone", json!(true))]);
            assert_eq!(letter(&change, &gone), 'g');
            assert_eq!(letter(&change, &Facts::new()), '?', "{}", change.name());
            let both = Facts::from([
                (USER, json!("ACTIVE")),
                ("user.transitioningToStatus", json!("DEPROVISIONED")),
            ]);
            if move_of(&change).is_some() {
                assert_eq!(letter(&change, &both), '-', "{}", change.name());
            }
        }
    }

    /// What is not known is never taken for fine, whatever the change.
    #[test]
    fn nothing_is_possible_of_which_nothing_is_known() {
        let rules = [
            Change::CreateGroup(GroupProfile::named("x")),
            Change::RevokeSupport,
            Change::AddMember {
                group: "00g1".parse().unwrap(),
                user: user(),
            },
            Change::UnassignUser {
                app: "0oa1".parse().unwrap(),
                user: user(),
                send_email: false,
            },
            Change::RevokeRole {
                holder: Holder::User(user()),
                assignment: "ra1".parse().unwrap(),
                role: Role::Standard("APP_ADMIN".into()),
            },
            Change::AddToZone {
                zone: "nzo1".parse().unwrap(),
                address: "192.0.2.1".into(),
            },
        ];
        for change in rules {
            assert_eq!(letter(&change, &Facts::new()), '?', "{}", change.name());
        }
    }

    #[test]
    fn a_profile_is_changed_only_from_what_was_seen() {
        let edit = |before: Option<Value>, after: Option<Value>| Change::UpdateUser {
            user: user(),
            fields: vec![FieldEdit {
                name: "title".into(),
                before,
                after,
            }],
        };
        let facts =
            |title: Value| Facts::from([(USER, json!("ACTIVE")), ("user.profile.title", title)]);
        let change = edit(Some(json!("a")), Some(json!("b")));
        assert_eq!(letter(&change, &facts(json!("a"))), 'p');
        assert_eq!(letter(&change, &facts(json!("b"))), 'd');
        assert_eq!(letter(&change, &facts(json!("c"))), '-');
        let made = edit(None, Some(json!("b")));
        assert_eq!(
            letter(&made, &facts(Value::Null)),
            'p',
            "absent and null are the same"
        );
    }

    #[test]
    fn groups_that_others_keep_are_left_alone() {
        let change = |wanted| {
            let group = "00g1".parse().unwrap();
            if wanted {
                Change::AddMember {
                    group,
                    user: user(),
                }
            } else {
                Change::RemoveMember {
                    group,
                    user: user(),
                }
            }
        };
        let facts = |kind: &str, is: bool, status: &str| {
            Facts::from([
                ("group.type", json!(kind)),
                ("membership", json!(is)),
                (USER, json!(status)),
            ])
        };
        let rows = [
            ("OKTA_GROUP", false, "ACTIVE", true, 'p'),
            ("OKTA_GROUP", true, "ACTIVE", true, 'd'),
            ("OKTA_GROUP", true, "ACTIVE", false, 'p'),
            ("OKTA_GROUP", false, "ACTIVE", false, 'd'),
            ("OKTA_GROUP", false, "DEPROVISIONED", true, '-'),
            ("OKTA_GROUP", true, "DEPROVISIONED", false, 'p'),
            ("APP_GROUP", false, "ACTIVE", true, '-'),
            ("APP_GROUP", true, "ACTIVE", false, '-'),
            ("BUILT_IN", true, "ACTIVE", false, '-'),
            ("NEW_KIND", false, "ACTIVE", true, '-'),
        ];
        for (kind, is, status, wanted, expected) in rows {
            let found = letter(&change(wanted), &facts(kind, is, status));
            assert_eq!(found, expected, "{kind} {is} {status} {wanted}");
        }
    }

    #[test]
    fn an_app_that_a_group_gives_is_not_taken_from_its_user() {
        let change = Change::UnassignUser {
            app: "0oa1".parse().unwrap(),
            user: user(),
            send_email: false,
        };
        let of = |scope: Value| letter(&change, &Facts::from([("app_user.scope", scope)]));
        assert_eq!(of(json!("USER")), 'p');
        assert_eq!(of(json!("GROUP")), '-');
        assert_eq!(of(Value::Null), 'd');
    }

    #[test]
    fn roles_are_those_that_are_had_directly() {
        let holder = || Holder::User(user());
        let role = || Role::Standard("HELP_DESK_ADMIN".into());
        let facts = |kinds: Value, ids: Value| {
            Facts::from([
                (USER, json!("ACTIVE")),
                ("roles.kinds", kinds),
                ("roles.ids", ids),
            ])
        };
        let grant = Change::GrantRole {
            holder: holder(),
            role: role(),
        };
        let revoke = Change::RevokeRole {
            holder: holder(),
            assignment: "ra1".parse().unwrap(),
            role: role(),
        };
        let has = facts(json!(["HELP_DESK_ADMIN"]), json!(["ra1"]));
        let has_not = facts(json!([]), json!([]));
        assert_eq!((letter(&grant, &has), letter(&grant, &has_not)), ('d', 'p'));
        assert_eq!(
            (letter(&revoke, &has), letter(&revoke, &has_not)),
            ('p', 'd')
        );
    }
}
