//! The attributes that a filter may name.

/// An attribute of an event: its path in the event's JSON, in Okta's spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    path: String,
    known: Known,
}

/// The attributes that are read straight from the stored event; anything else is looked up in its JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is the attribute of its name; see `FIELDS`"
)]
pub enum Known {
    EventType,
    Severity,
    Result,
    ActorId,
    ActorType,
    ActorAlternate,
    ActorName,
    TargetId,
    TargetType,
    TargetAlternate,
    TargetName,
    IpAddress,
    Uuid,
    Transaction,
    Session,
    Reason,
    Message,
    Legacy,
    City,
    State,
    Country,
    RawAgent,
    Os,
    Browser,
    Device,
    AsNumber,
    AsOrg,
    Isp,
    Domain,
    TransactionType,
    /// In the JSON.
    Other,
}

/// Every attribute with a fixed name, objects included (these can only be tested for presence).
const FIELDS: &[(&str, Known)] = &[
    ("eventType", Known::EventType),
    ("severity", Known::Severity),
    ("outcome.result", Known::Result),
    ("actor.id", Known::ActorId),
    ("actor.type", Known::ActorType),
    ("actor.alternateId", Known::ActorAlternate),
    ("actor.displayName", Known::ActorName),
    ("target.id", Known::TargetId),
    ("target.type", Known::TargetType),
    ("target.alternateId", Known::TargetAlternate),
    ("target.displayName", Known::TargetName),
    ("client.ipAddress", Known::IpAddress),
    ("uuid", Known::Uuid),
    ("transaction.id", Known::Transaction),
    ("authenticationContext.externalSessionId", Known::Session),
    ("authenticationContext.rootSessionId", Known::Session),
    ("actor", Known::Other),
    ("actor.detailEntry", Known::Other),
    ("authenticationContext", Known::Other),
    ("authenticationContext.authenticationProvider", Known::Other),
    ("authenticationContext.authenticationStep", Known::Other),
    ("authenticationContext.credentialProvider", Known::Other),
    ("authenticationContext.credentialType", Known::Other),
    ("authenticationContext.interface", Known::Other),
    ("authenticationContext.issuer", Known::Other),
    ("authenticationContext.issuer.id", Known::Other),
    ("authenticationContext.issuer.type", Known::Other),
    ("client", Known::Other),
    ("client.device", Known::Device),
    ("client.geographicalContext", Known::Other),
    ("client.geographicalContext.city", Known::City),
    ("client.geographicalContext.country", Known::Country),
    ("client.geographicalContext.geolocation.lat", Known::Other),
    ("client.geographicalContext.geolocation.lon", Known::Other),
    ("client.geographicalContext.postalCode", Known::Other),
    ("client.geographicalContext.state", Known::State),
    ("client.id", Known::Other),
    ("client.userAgent", Known::Other),
    ("client.userAgent.browser", Known::Browser),
    ("client.userAgent.os", Known::Os),
    ("client.userAgent.rawUserAgent", Known::RawAgent),
    ("client.zone", Known::Other),
    ("debugContext", Known::Other),
    ("debugContext.debugData", Known::Other),
    ("device", Known::Other),
    ("device.id", Known::Other),
    ("device.name", Known::Other),
    ("device.os_platform", Known::Other),
    ("device.os_version", Known::Other),
    ("device.managed", Known::Other),
    ("device.registered", Known::Other),
    ("device.device_integrator", Known::Other),
    ("device.disk_encryption_type", Known::Other),
    ("device.screen_lock_type", Known::Other),
    ("device.jailbreak", Known::Other),
    ("device.secure_hardware_present", Known::Other),
    ("displayMessage", Known::Message),
    ("legacyEventType", Known::Legacy),
    ("outcome", Known::Other),
    ("outcome.reason", Known::Reason),
    ("request", Known::Other),
    ("request.ipChain", Known::Other),
    ("request.ipChain.ip", Known::Other),
    ("request.ipChain.version", Known::Other),
    ("request.ipChain.source", Known::Other),
    ("request.ipChain.geographicalContext.city", Known::Other),
    ("request.ipChain.geographicalContext.country", Known::Other),
    (
        "request.ipChain.geographicalContext.postalCode",
        Known::Other,
    ),
    ("request.ipChain.geographicalContext.state", Known::Other),
    ("securityContext", Known::Other),
    ("securityContext.asNumber", Known::AsNumber),
    ("securityContext.asOrg", Known::AsOrg),
    ("securityContext.domain", Known::Domain),
    ("securityContext.isProxy", Known::Other),
    ("securityContext.isp", Known::Isp),
    ("securityContext.risk.level", Known::Other),
    ("securityContext.risk.reasons", Known::Other),
    ("securityContext.userBehaviors.id", Known::Other),
    ("securityContext.userBehaviors.name", Known::Other),
    ("securityContext.userBehaviors.result", Known::Other),
    ("target", Known::Other),
    ("target.detailEntry", Known::Other),
    ("transaction", Known::Other),
    ("transaction.type", Known::TransactionType),
    ("version", Known::Other),
];

/// Maps whose keys are nobody's contract: any name below these is taken.
const OPEN: &[&str] = &[
    "actor.detailEntry.",
    "debugContext.debugData.",
    "target.changeDetails.from.",
    "target.changeDetails.to.",
    "target.detailEntry.",
    "transaction.detail.",
];

impl Field {
    /// The attribute of this name; the spelling with underscores of the old Events API is taken too.
    pub fn named(name: &str) -> Option<Self> {
        let fixed = FIELDS.iter().find(|(path, _)| same(path, name));
        if let Some((path, known)) = fixed {
            return Some(Self {
                path: (*path).to_owned(),
                known: *known,
            });
        }
        OPEN.iter().find_map(|map| {
            let (head, key) = split_after_dots(name, map.matches('.').count())?;
            let known = !key.is_empty() && same(map.trim_end_matches('.'), head);
            known.then(|| Self {
                path: format!("{map}{key}"),
                known: Known::Other,
            })
        })
    }

    /// The path in Okta's spelling.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// How it is read.
    pub fn known(&self) -> Known {
        self.known
    }

    /// Whether Okta refuses `co` for it.
    pub fn refuses_contains(&self) -> bool {
        [
            "debugContext.debugData.url",
            "debugContext.debugData.requestUri",
        ]
        .contains(&&*self.path)
    }
}

/// Whether two spellings mean the same attribute: case and underscores aside.
fn same(path: &str, name: &str) -> bool {
    let plain = |text: &str| -> Vec<u8> {
        text.bytes()
            .filter(|byte| *byte != b'_')
            .map(|byte| byte.to_ascii_lowercase())
            .collect()
    };
    plain(path) == plain(name)
}

/// What stands before and after the `count`th full stop.
fn split_after_dots(name: &str, count: usize) -> Option<(&str, &str)> {
    let (at, _) = name.match_indices('.').nth(count.checked_sub(1)?)?;
    Some((&name[..at], &name[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_spellings_mean_the_same_attribute() {
        assert_eq!(Field::named("event_type"), Field::named("eventType"));
        assert_eq!(
            Field::named("actor.alternate_id").unwrap().known(),
            Known::ActorAlternate
        );
    }

    #[test]
    fn any_key_of_the_debug_data_is_an_attribute_but_published_is_none() {
        let field = Field::named("debugContext.debugData.made.up").unwrap();
        assert_eq!(field.path(), "debugContext.debugData.made.up");
        assert_eq!(Field::named("debugContext.debugData."), None);
        assert_eq!(Field::named("published"), None);
        assert_eq!(Field::named("target.changeDetails.to"), None);
    }
}
