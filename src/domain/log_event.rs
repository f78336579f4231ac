//! An entry of the System Log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::EventUuid;
use super::open_enum::open_enum;
use super::text::SafeText;

open_enum! {
    /// How an operation ended.
    OutcomeResult {
        /// Done.
        Success = "SUCCESS",
        /// Not done.
        Failure = "FAILURE",
        /// Nothing to do.
        Skipped = "SKIPPED",
        /// A policy said yes.
        Allow = "ALLOW",
        /// A policy said no.
        Deny = "DENY",
        /// More proof was asked for.
        Challenge = "CHALLENGE",
        /// Okta does not say.
        Unknown = "UNKNOWN",
    }
}

open_enum! {
    /// How much an event matters, by Okta's own judgement.
    Severity {
        /// Details.
        Debug = "DEBUG",
        /// Ordinary.
        Info = "INFO",
        /// Worth a look.
        Warn = "WARN",
        /// Something failed.
        Error = "ERROR",
    }
}

/// A System Log event, decoded. Every part may be missing: Okta sends nulls where its own documents allow none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEvent {
    /// The identity; the same event delivered twice has the same uuid.
    pub uuid: EventUuid,
    /// When it happened, by Okta's clock. Not the order in which events arrive.
    pub published: Timestamp,
    /// Such as `user.session.start`.
    pub event_type: SafeText,
    /// Okta's severity.
    pub severity: Option<Severity>,
    /// Okta's words for it.
    pub display_message: Option<SafeText>,
    /// Who did it.
    pub actor: Option<Party>,
    /// What it was done to; empty when Okta sends null or nothing.
    pub targets: Vec<Party>,
    /// How it ended.
    pub result: Option<OutcomeResult>,
    /// Why it ended so.
    pub reason: Option<SafeText>,
    /// `client.ipAddress`.
    pub ip: Option<SafeText>,
    /// `client.geographicalContext.country`, a name rather than a code.
    pub country: Option<SafeText>,
    /// `client.geographicalContext.city`.
    pub city: Option<SafeText>,
    /// `client.userAgent.rawUserAgent`.
    pub user_agent: Option<SafeText>,
    /// `authenticationContext.externalSessionId`.
    pub session: Option<SafeText>,
    /// `authenticationContext.rootSessionId`.
    pub root_session: Option<SafeText>,
    /// `transaction.id`.
    pub transaction: Option<SafeText>,
    /// The device and the network that it came from.
    pub origin: Origin,
}

/// What Okta tells of where an event came from, beside the address: of the device where that is registered, of the network where it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// `device.id`.
    pub device: Option<SafeText>,
    /// `device.name`.
    pub device_name: Option<SafeText>,
    /// `securityContext.asNumber`, in digits.
    pub as_number: Option<SafeText>,
    /// `securityContext.asOrg`.
    pub as_org: Option<SafeText>,
    /// `securityContext.isp`.
    pub isp: Option<SafeText>,
}

impl LogEvent {
    /// The targets of one type (`User`, `UserGroup`, `AppInstance`, …).
    pub fn targets_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Party> {
        self.targets
            .iter()
            .filter(move |target| &*target.kind == kind)
    }
}

/// An actor or a target of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The id, empty when Okta sends none. Not always an Okta id.
    pub id: SafeText,
    /// `User`, `UserGroup`, `AppInstance`, `SystemPrincipal`, …
    pub kind: SafeText,
    /// Login or other name; `unknown` for groups.
    pub alternate_id: Option<SafeText>,
    /// The name to show.
    pub display_name: Option<SafeText>,
}

impl Party {
    /// The best short name: a login without its domain is not made up here; `unknown` and empty names are passed over.
    pub fn label(&self) -> &str {
        let named = |name: &'_ Option<SafeText>| {
            name.as_ref()
                .is_some_and(|n| !n.is_empty() && &**n != "unknown")
        };
        match (&self.alternate_id, &self.display_name) {
            (Some(name), _) if named(&self.alternate_id) && &*self.kind == "User" => name,
            (_, Some(name)) if named(&self.display_name) => name,
            (Some(name), _) if named(&self.alternate_id) => name,
            _ => &self.id,
        }
    }
}
