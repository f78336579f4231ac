//! What the configuration leaves out of the mirror. By default that is nothing.

use crate::config::sync_settings::Exclusions;
use crate::domain::application::{AppStatus, Application};
use crate::domain::group::{Group, GroupType};
use crate::domain::user::{User, UserStatus};

/// Whether this user is left out.
pub fn user(exclude: &Exclusions, user: &User) -> bool {
    let gone = exclude.deprovisioned_users && user.status == UserStatus::Deprovisioned;
    let domains = &exclude.email_domains_only;
    gone || !domains.is_empty() && !is_in(&user.email, domains)
}

/// Whether this group is left out.
pub fn group(exclude: &Exclusions, group: &Group) -> bool {
    exclude.app_groups && group.kind == GroupType::App
}

/// Whether this app is left out.
pub fn app(exclude: &Exclusions, app: &Application) -> bool {
    exclude.inactive_apps && app.status != AppStatus::Active
}

fn is_in(email: &str, domains: &[String]) -> bool {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    domains
        .iter()
        .any(|wanted| wanted.eq_ignore_ascii_case(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_belong_to_the_domain_behind_their_last_at_sign() {
        let domains = ["acme.com".to_owned()];
        assert!(is_in("ana@ACME.com", &domains));
        assert!(!is_in("ana@acme.com@evil.com", &domains));
        assert!(!is_in("acme.com", &domains));
        assert!(!is_in("ana@sub.acme.com", &domains));
    }
}
