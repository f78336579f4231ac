//! Which log events deserve a mark: failures, what Okta itself marks, and whatever changes who can do what or how they prove it.

use crate::domain::log_event::{LogEvent, OutcomeResult, Severity};

/// Beginnings of event types that concern factors, privileges, tokens, credentials, policies and the ways in.
const FAMILIES: &[&str] = &[
    "user.mfa.factor.",
    "user.mfa.attempt_bypass",
    "user.account.privilege.",
    "user.account.reset_password",
    "user.account.update_password",
    "user.account.expire_password",
    "user.account.lock",
    "user.account.unlock",
    "user.account.report_suspicious_activity",
    "user.session.impersonation.",
    "user.session.access_admin_app",
    "user.lifecycle.suspend",
    "user.lifecycle.unsuspend",
    "user.lifecycle.deactivate",
    "user.lifecycle.delete",
    "group.privilege.",
    "group.lifecycle.delete",
    "system.api_token.",
    "system.agent.ad.create",
    "system.idp.lifecycle.",
    "system.log_stream.lifecycle.",
    "application.lifecycle.delete",
    "app.oauth2.client.lifecycle.",
    "app.oauth2.client_id_rate_limit_warning",
    "app.access_request.",
    "policy.lifecycle.",
    "policy.rule.",
    "zone.",
    "iam.",
    "security.threat.",
    "security.breached_credential.",
    "security.attack.",
];

/// Whether the event gets a mark.
pub fn is_notable(event: &LogEvent) -> bool {
    let failed = matches!(
        event.result,
        Some(OutcomeResult::Failure | OutcomeResult::Deny)
    );
    let severe = matches!(event.severity, Some(Severity::Warn | Severity::Error));
    let kind = event.event_type.as_str();
    failed || severe || FAMILIES.iter().any(|family| kind.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::log::samples::event;

    #[test]
    fn failures_and_changes_of_trust_are_marked() {
        let ordinary = event(0, "user.session.start", "SUCCESS");
        assert!(!is_notable(&ordinary));
        assert!(is_notable(&event(0, "user.session.start", "FAILURE")));
        assert!(is_notable(&event(0, "policy.evaluate_sign_on", "DENY")));
        assert!(is_notable(&event(
            0,
            "user.mfa.factor.deactivate",
            "SUCCESS"
        )));
        assert!(is_notable(&event(0, "system.api_token.create", "SUCCESS")));
        // The first password after a reset is where a takeover shows; every new password is a new way in.
        let password = event(0, "user.account.update_password", "SUCCESS");
        assert!(is_notable(&password));
        let severe = LogEvent {
            severity: Some(Severity::Warn),
            ..ordinary
        };
        assert!(is_notable(&severe));
    }
}
