//! A user, compactly: what is common is a small number, what is rare is a map of its own.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::id::Id;
use super::super::time::Millis;
use super::index::UserIx;
use super::place::PlaceIx;

/// A user's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Created, never activated.
    Staged,
    /// Activated, has not set a password yet.
    Provisioned,
    /// May sign in.
    Active,
    /// Must choose a new password after a reset.
    Recovery,
    /// Too many failed attempts.
    LockedOut,
    /// Must change the password at the next sign-in.
    PasswordExpired,
    /// Kept out for a while; keeps groups and apps.
    Suspended,
    /// Deactivated; has lost groups and apps.
    Deprovisioned,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 8] = [
        Self::Staged,
        Self::Provisioned,
        Self::Active,
        Self::Recovery,
        Self::LockedOut,
        Self::PasswordExpired,
        Self::Suspended,
        Self::Deprovisioned,
    ];

    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "STAGED",
            Self::Provisioned => "PROVISIONED",
            Self::Active => "ACTIVE",
            Self::Recovery => "RECOVERY",
            Self::LockedOut => "LOCKED_OUT",
            Self::PasswordExpired => "PASSWORD_EXPIRED",
            Self::Suspended => "SUSPENDED",
            Self::Deprovisioned => "DEPROVISIONED",
        }
    }
}

/// Who keeps the user's credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Okta.
    Okta,
    /// An Active Directory domain; the profile is mastered there too.
    ActiveDirectory,
    /// An LDAP directory; the profile is mastered there too.
    Ldap,
    /// Another identity provider.
    Federation,
    /// Imported from an HR system that masters the profile.
    Import,
}

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// `00u…`
    pub id: Id,
    /// The status.
    pub status: Status,
    /// The status that an asynchronous operation is leading to, while it lasts.
    pub transitioning_to: Option<Status>,
    /// When it was created.
    pub created: Millis,
    /// When it was first activated.
    pub activated: Option<Millis>,
    /// When the status last changed.
    pub status_changed: Option<Millis>,
    /// When the user last signed in.
    pub last_login: Option<Millis>,
    /// When the user itself (not its groups, apps or factors) last changed.
    pub last_updated: Millis,
    /// When the password last changed.
    pub password_changed: Option<Millis>,
    /// Who keeps the credentials.
    pub provider: Provider,
    /// Whether the user is gone for good; only the log still knows the name.
    pub deleted: bool,
    /// How often the user itself changed; the entity tag follows from it, because several changes fit into one millisecond.
    pub revision: u32,
    /// Whether the org made it up: what nobody said of it follows from the seed. Nothing is added to what a client says.
    pub made_up: bool,
    /// The profile.
    pub profile: Profile,
}

/// A profile. Attributes that are not here follow from these; see `world/attribute.rs`.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Unique in the org; usually the e-mail address.
    pub login: Box<str>,
    /// E-mail address.
    pub email: Box<str>,
    /// Given name.
    pub first_name: Box<str>,
    /// Family name.
    pub last_name: Box<str>,
    /// Place in the table of departments.
    pub department: u8,
    /// Place in the department's table of titles; 0 is its head.
    pub title: u8,
    /// Where the user works.
    pub place: PlaceIx,
    /// Who the user reports to.
    pub manager: Option<UserIx>,
    /// Whether the user is a contractor.
    pub contractor: bool,
    /// Attributes set by name, over everything above; `null` hides an attribute.
    pub extra: Option<Box<BTreeMap<String, Value>>>,
}

impl User {
    /// Notes that the user itself changed.
    pub fn is_updated(&mut self, at: Millis) {
        self.last_updated = at;
        self.revision = self.revision.wrapping_add(1);
    }
}
