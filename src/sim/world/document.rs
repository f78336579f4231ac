//! What an org is set up with: identity providers, policies, zones, hooks and the like.
//!
//! All of these are documents: an admin writes one, Okta keeps it, and the world's logic looks into few of them
//! ([`super::policy`], [`super::zone`]). So what Okta gives every one of them is typed here, and the rest is a tree of
//! values.

use serde_json::{Map, Value};

use super::super::id::Id;
use super::super::time::Millis;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An identity provider that people may come from.
    Idp,
    /// A policy of any type.
    Policy,
    /// A rule of a policy, which is its parent.
    PolicyRule,
    /// That a policy, its parent, applies to an application.
    PolicyMapping,
    /// A network zone.
    Zone,
    /// A means to sign in that the org allows.
    Authenticator,
    /// A behaviour that risk is computed from.
    Behavior,
    /// A web address that is told of events.
    EventHook,
    /// A web address that is asked in the middle of something.
    InlineHook,
    /// Somewhere that the System Log is streamed to.
    LogStream,
    /// A web page that may call the API from a browser.
    TrustedOrigin,
    /// A type of users, with a schema of its own.
    UserType,
    /// A group that is pushed into an application, its parent.
    PushMapping,
    /// A feature that admins may switch on themselves.
    Feature,
    /// How the org's own pages look.
    Brand,
    /// A setting that there is exactly one of.
    Setting,
}

impl Kind {
    /// Every kind, parents before children.
    pub const ALL: [Self; 16] = [
        Self::Idp,
        Self::Policy,
        Self::PolicyRule,
        Self::PolicyMapping,
        Self::Zone,
        Self::Authenticator,
        Self::Behavior,
        Self::EventHook,
        Self::InlineHook,
        Self::LogStream,
        Self::TrustedOrigin,
        Self::UserType,
        Self::PushMapping,
        Self::Feature,
        Self::Brand,
        Self::Setting,
    ];

    /// The kind's name in the simulator's own paths, e.g. `policy_rules`.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Idp => "idps",
            Self::Policy => "policies",
            Self::PolicyRule => "policy_rules",
            Self::PolicyMapping => "policy_mappings",
            Self::Zone => "zones",
            Self::Authenticator => "authenticators",
            Self::Behavior => "behaviors",
            Self::EventHook => "event_hooks",
            Self::InlineHook => "inline_hooks",
            Self::LogStream => "log_streams",
            Self::TrustedOrigin => "trusted_origins",
            Self::UserType => "user_types",
            Self::PushMapping => "push_mappings",
            Self::Feature => "features",
            Self::Brand => "brands",
            Self::Setting => "settings",
        }
    }

    /// The kind with this [`Kind::plural`].
    pub fn named(plural: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.plural() == plural)
    }

    /// The kind as errors name it, e.g. `NetworkZone`.
    pub fn resource(self) -> &'static str {
        match self {
            Self::Idp => "IdentityProvider",
            Self::Policy => "Policy",
            Self::PolicyRule => "PolicyRule",
            Self::PolicyMapping => "PolicyMapping",
            Self::Zone => "NetworkZone",
            Self::Authenticator => "Authenticator",
            Self::Behavior => "BehaviorRule",
            Self::EventHook => "EventHook",
            Self::InlineHook => "InlineHook",
            Self::LogStream => "LogStream",
            Self::TrustedOrigin => "TrustedOrigin",
            Self::UserType => "UserType",
            Self::PushMapping => "GroupPushMapping",
            Self::Feature => "Feature",
            Self::Brand => "Brand",
            Self::Setting => "OrgSetting",
        }
    }

    /// The first three characters of ids; `of` is the `type` of a policy or a rule.
    pub fn id_prefix(self, of: Option<&str>) -> &'static str {
        let younger = of.is_some_and(|of| {
            !matches!(
                of,
                "OKTA_SIGN_ON" | "SIGN_ON" | "PASSWORD" | "MFA_ENROLL" | "IDP_DISCOVERY"
            )
        });
        match self {
            Self::Policy if younger => "rst",
            Self::Policy => "00p",
            Self::PolicyRule if younger => "rul",
            Self::PolicyRule => "0pr",
            Self::PolicyMapping => "pma",
            // An identity provider is an application instance of Okta's inside, and so is a log stream.
            Self::Idp | Self::LogStream => "0oa",
            Self::Zone => "nzo",
            Self::Authenticator => "aut",
            Self::Behavior => "bhv",
            Self::EventHook => "who",
            Self::InlineHook => "cal",
            Self::TrustedOrigin => "tos",
            Self::UserType => "oty",
            Self::PushMapping => "gPm",
            Self::Feature => "ftr",
            Self::Brand => "bnd",
            Self::Setting => "set",
        }
    }
}

/// A document.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its id.
    pub id: Id,
    /// Its kind.
    pub kind: Kind,
    /// What it belongs to: a rule's or mapping's policy, a push mapping's application.
    pub parent: Option<Id>,
    /// Its name; for a setting its key.
    pub name: Box<str>,
    /// Whether it is `ACTIVE`.
    pub active: bool,
    /// Whether Okta made it, so that nobody can delete it.
    pub system: bool,
    /// When it was created.
    pub created: Millis,
    /// When it was last changed.
    pub last_updated: Millis,
    /// Everything else that the API shows of it.
    pub body: Map<String, Value>,
    /// Whether it is gone for good; only the log still knows the name.
    pub deleted: bool,
}

impl Document {
    /// A text of the body.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str)
    }

    /// `type` of the body: of a policy, a rule, a zone, a log stream.
    pub fn of_type(&self) -> Option<&str> {
        self.text("type")
    }

    /// Where it stands among its like; 0 where order means nothing.
    pub fn priority(&self) -> i64 {
        self.body
            .get("priority")
            .and_then(Value::as_i64)
            .unwrap_or(0)
    }

    /// `status` as most kinds spell it.
    pub fn status(&self) -> &'static str {
        let failed = self.kind == Kind::PushMapping
            && self
                .text("errorSummary")
                .is_some_and(|error| !error.is_empty());
        match (self.active, failed) {
            (true, true) => "ERROR",
            (true, false) => "ACTIVE",
            (false, _) => "INACTIVE",
        }
    }
}

/// What somebody did to a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Made it.
    Created,
    /// Changed it: each field with its old and its new value.
    Updated(Vec<(String, String, String)>),
    /// Made it work.
    Activated,
    /// Made it stop working.
    Deactivated,
    /// Removed it.
    Deleted,
}
