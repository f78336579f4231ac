//! What a change changes, as lines of what is so and what is to be.

use serde_json::Value;

use super::facts::Facts;
use super::standing::leads;
use crate::domain::change::{Change, GroupProfile};
use crate::domain::text::SafeText;

/// A line of a diff; `None` is nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What.
    pub name: String,
    /// As it is.
    pub before: Option<SafeText>,
    /// As it is to be.
    pub after: Option<SafeText>,
}

/// What `change` changes of what was found.
pub fn lines(change: &Change, facts: &Facts) -> Vec<Line> {
    use Change as C;
    if let Some((of, to)) = leads(change) {
        return vec![line("status", facts.text(of), Some(to))];
    }
    match change {
        C::CreateUser {
            profile,
            groups,
            activate,
        } => {
            let mut lines: Vec<Line> = profile
                .iter()
                .map(|(name, value)| made(name, &shown(value)))
                .collect();
            lines.extend(groups.iter().map(|group| made("group", group.as_str())));
            lines.push(made(
                "status",
                if *activate { "PROVISIONED" } else { "STAGED" },
            ));
            lines
        }
        C::UpdateUser { fields, .. } => fields
            .iter()
            .map(|edit| {
                let text = |value: &Option<Value>| value.as_ref().map(shown);
                line(
                    &edit.name,
                    text(&edit.before).as_deref(),
                    text(&edit.after).as_deref(),
                )
            })
            .collect(),
        C::CreateGroup(profile) => of_profile(None, profile),
        C::UpdateGroup { before, after, .. } => of_profile(Some(before), after),
        C::DeleteUser { .. } => vec![gone("user", facts.text("user.profile.login"))],
        C::DeleteGroup { .. } => vec![gone("group", facts.text("group.profile.name"))],
        C::AddMember { .. } => vec![made("member of", name_of(facts, "group.profile.name"))],
        C::RemoveMember { .. } => {
            vec![gone(
                "member of",
                Some(name_of(facts, "group.profile.name")),
            )]
        }
        C::AssignUser { .. } | C::AssignGroup { .. } => {
            vec![made("has the app", name_of(facts, "app.name"))]
        }
        C::UnassignUser { .. } | C::UnassignGroup { .. } => {
            vec![gone("has the app", Some(name_of(facts, "app.name")))]
        }
        C::GrantRole { role, .. } => vec![made("admin role", &role.key())],
        C::RevokeRole { role, .. } => vec![gone("admin role", Some(&role.key()))],
        C::RevokeClientRole { assignment, .. } => {
            vec![gone("admin role", Some(assignment.as_str()))]
        }
        C::AddToZone { address, .. } => vec![made("gateway", address)],
        C::RemoveFromZone { address, .. } => vec![gone("gateway", Some(address))],
        C::RevokeSupport => vec![line(
            "access of Okta's support",
            Some("ENABLED"),
            Some("DISABLED"),
        )],
        C::RevokeApiToken { token } => {
            vec![gone(
                "API token",
                facts.text("token.name").or(Some(token.as_str())),
            )]
        }
        C::ResetFactors { .. } => vec![gone("factors", Some("all"))],
        C::RemoveFactor { factor, .. } => {
            let kind = facts.text("factor.factorType");
            vec![gone("factor", kind.or(Some(factor.as_str())))]
        }
        C::ClearSessions {
            oauth_tokens,
            forget_devices,
            ..
        } => {
            let mut lines = vec![gone("sessions", Some("all"))];
            lines
                .extend(oauth_tokens.then(|| gone("OpenID Connect and OAuth tokens", Some("all"))));
            lines.extend(forget_devices.then(|| gone("remembered devices", Some("all"))));
            lines
        }
        C::RevokeGrants { .. } => vec![gone("grants to apps, and their tokens", Some("all"))],
        C::RevokeTokens { client, .. } => vec![gone("refresh tokens of", Some(client.as_str()))],
        C::LogOut { .. } => vec![gone("sessions and tokens, also in apps", Some("all"))],
        C::ReactivateUser { send_email, .. } => vec![made("activation link", sent(*send_email))],
        C::ForgotPassword { send_email, .. } => {
            vec![made("link to choose a password", sent(*send_email))]
        }
        _ => Vec::new(),
    }
}

fn line(name: &str, before: Option<&str>, after: Option<&str>) -> Line {
    Line {
        name: name.to_owned(),
        before: before.map(SafeText::new),
        after: after.map(SafeText::new),
    }
}

fn made(name: &str, after: &str) -> Line {
    line(name, None, Some(after))
}

fn gone(name: &str, before: Option<&str>) -> Line {
    line(name, before, None)
}

fn sent(by_email: bool) -> &'static str {
    if by_email { "by e-mail" } else { "shown once" }
}

fn name_of<'a>(facts: &'a Facts, fact: &str) -> &'a str {
    facts.text(fact).unwrap_or("?")
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn of_profile(before: Option<&GroupProfile>, after: &GroupProfile) -> Vec<Line> {
    let names = (before.map(|profile| &*profile.name), Some(&*after.name));
    let was = before.and_then(|profile| profile.description.as_deref());
    let descriptions = (was, after.description.as_deref());
    [("name", names), ("description", descriptions)]
        .into_iter()
        .filter(|(_, (before, after))| before != after)
        .map(|(name, (before, after))| line(name, before, after))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(change: &Change, facts: &Facts) -> Vec<String> {
        let text = |value: Option<SafeText>| value.map_or("-".to_owned(), |text| text.to_string());
        let line = |line: Line| {
            format!(
                "{}: {} > {}",
                line.name,
                text(line.before),
                text(line.after)
            )
        };
        lines(change, facts).into_iter().map(line).collect()
    }

    #[test]
    fn each_line_says_what_is_so_and_what_is_to_be() {
        let user = || "00u1".parse().unwrap();
        let facts = Facts::from([
            ("user.status", "ACTIVE".into()),
            ("group.profile.name", "Admins".into()),
        ]);
        let rows = [
            (
                Change::SuspendUser { user: user() },
                "status: ACTIVE > SUSPENDED",
            ),
            (
                Change::AddMember {
                    group: "00g1".parse().unwrap(),
                    user: user(),
                },
                "member of: - > Admins",
            ),
            (
                Change::ReactivateUser {
                    user: user(),
                    send_email: false,
                },
                "activation link: - > shown once",
            ),
        ];
        for (change, expected) in rows {
            assert_eq!(told(&change, &facts), [expected]);
        }
        let clear = Change::ClearSessions {
            user: user(),
            oauth_tokens: true,
            forget_devices: false,
        };
        assert_eq!(
            told(&clear, &facts),
            [
                "sessions: all > -",
                "OpenID Connect and OAuth tokens: all > -"
            ]
        );
        let renamed = Change::UpdateGroup {
            group: "00g1".parse().unwrap(),
            before: GroupProfile::named("a"),
            after: GroupProfile::named("b"),
        };
        assert_eq!(told(&renamed, &facts), ["name: a > b"]);
    }
}
