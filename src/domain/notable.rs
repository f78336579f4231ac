//! Which log events deserve a mark: failures, what Okta itself marks, and whatever changes who can do what or how they prove it.

use super::filter::Need;
use super::log_event::{LogEvent, OutcomeResult, Severity};

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
    let result = event.result.as_ref().map_or("", OutcomeResult::word);
    let severity = event.severity.as_ref().map_or("", Severity::word);
    is_notable_by(&event.event_type, result, severity)
}

/// The same by the words of Okta: the type, the outcome and the severity of an event.
pub fn is_notable_by(kind: &str, result: &str, severity: &str) -> bool {
    let failed = matches!(result, "FAILURE" | "DENY");
    let severe = matches!(severity, "WARN" | "ERROR");
    failed || severe || FAMILIES.iter().any(|family| kind.starts_with(family))
}

/// What every notable event has one of, for whoever keeps an index of texts.
pub fn need() -> Need<'static> {
    let text = |field, text, whole| Need::Text {
        field: Some(field),
        text,
        whole,
    };
    let outcomes = ["failure", "deny"].map(|word| text("result", word, true));
    let severities = ["warn", "error"].map(|word| text("severity", word, true));
    let families = FAMILIES.iter().map(|family| text("type", family, false));
    Need::Any(
        outcomes
            .into_iter()
            .chain(severities)
            .chain(families)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_changes_of_trust_are_marked() {
        let ordinary = ("user.session.start", "SUCCESS", "INFO");
        let marked = |(kind, result, severity)| is_notable_by(kind, result, severity);
        assert!(!marked(ordinary));
        for notable in [
            ("user.session.start", "FAILURE", "INFO"),
            ("policy.evaluate_sign_on", "DENY", ""),
            ("user.mfa.factor.deactivate", "SUCCESS", "INFO"),
            ("system.api_token.create", "SUCCESS", "INFO"),
            // The first password after a reset is where a takeover shows; every new password is a new way in.
            ("user.account.update_password", "SUCCESS", "INFO"),
            ("user.session.start", "SUCCESS", "WARN"),
        ] {
            assert!(marked(notable), "{notable:?}");
        }
    }
}
