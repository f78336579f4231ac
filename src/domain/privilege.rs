//! What the log calls the roles that it says were granted.
//!
//! An event names all that the holder has then, in one text: the labels of Okta's own roles and of the org's, each with what it is limited
//! to in parentheses.

/// Okta's own roles: type and label, the most powerful first.
pub const STANDARD_ROLES: [(&str, &str); 12] = [
    ("SUPER_ADMIN", "Super Administrator"),
    ("ORG_ADMIN", "Organization Administrator"),
    ("APP_ADMIN", "Application Administrator"),
    ("USER_ADMIN", "Group Administrator"),
    ("HELP_DESK_ADMIN", "Help Desk Administrator"),
    ("READ_ONLY_ADMIN", "Read-only Administrator"),
    ("GROUP_MEMBERSHIP_ADMIN", "Group Membership Administrator"),
    ("REPORT_ADMIN", "Report Administrator"),
    (
        "API_ACCESS_MANAGEMENT_ADMIN",
        "API Access Management Administrator",
    ),
    (
        "ACCESS_CERTIFICATIONS_ADMIN",
        "Access Certifications Administrator",
    ),
    ("ACCESS_REQUESTS_ADMIN", "Access Requests Administrator"),
    ("WORKFLOWS_ADMIN", "Workflows Administrator"),
];

/// The label of a role of Okta's own that was called otherwise when Okta's events were first described.
const FORMER_LABELS: [(&str, &str); 1] = [("USER_ADMIN", "User Administrator")];

/// The names of the roles in a text such as `Application administrator (Slack, Jira), Help desk administrator (all)`: two.
pub fn names(privileges: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_usize;
    let names = privileges.split(move |letter| {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    });
    names.map(str::trim).filter(|name| !name.is_empty())
}

/// The type and the label of the role of Okta's own that such a name means, and what it says the role is limited to; `None` for a role of
/// the org's own.
pub fn standard(name: &str) -> Option<(&'static str, &'static str, Option<&str>)> {
    let (label, limits) = match name.split_once(" (") {
        Some((label, limits)) => (label, limits.strip_suffix(')')),
        None => (name, None),
    };
    let plain = |label: &str| label.to_lowercase().replace('-', " ");
    let wanted = plain(label);
    let former = FORMER_LABELS
        .iter()
        .find(|(_, former)| plain(former) == wanted);
    let is_it = |(kind, label): &&(&str, &str)| match former {
        Some((of, _)) => kind == of,
        None => plain(label) == wanted,
    };
    let (kind, label) = STANDARD_ROLES.iter().find(is_it)?;
    Some((kind, label, limits.filter(|limits| *limits != "all")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_within_the_limits_of_a_role_divide_nothing() {
        let all =
            "Application administrator (Slack, Jira), Unlocker,, Help desk administrator (all)";
        let names: Vec<&str> = names(all).collect();
        let apart = [
            "Application administrator (Slack, Jira)",
            "Unlocker",
            "Help desk administrator (all)",
        ];
        assert_eq!(names, apart);
        assert_eq!(super::names("").count(), 0);
    }

    #[test]
    fn a_role_of_oktas_own_is_known_by_what_the_log_calls_it() {
        for (name, kind, limits) in [
            ("Super administrator", Some("SUPER_ADMIN"), None),
            ("Super Administrator", Some("SUPER_ADMIN"), None),
            ("Read only administrator", Some("READ_ONLY_ADMIN"), None),
            ("User administrator (all)", Some("USER_ADMIN"), None),
            (
                "Group Administrator (Sales, EMEA)",
                Some("USER_ADMIN"),
                Some("Sales, EMEA"),
            ),
            ("Unlocker", None, None),
            ("Super", None, None),
        ] {
            let found = standard(name);
            assert_eq!(found.map(|(kind, ..)| kind), kind, "{name}");
            assert_eq!(found.and_then(|(.., limits)| limits), limits, "{name}");
        }
    }
}
