//! The compressors of everything that is kept as JSON, and the samples that they know.
//!
//! What all texts of a sort share is not stored with each of them. The samples are part of the file format: text compressed against
//! one cannot be read with another.

use crate::domain::entry::EntryKind;
use crate::domain::id::Kind;
use crate::store::codec::Squeezer;
use crate::store::error::Fault;

/// A text of each kind of object as Okta writes it.
pub(super) fn sample(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::User => include_bytes!("sample/user.json"),
        Kind::Group => include_bytes!("sample/group.json"),
        Kind::App => include_bytes!("sample/app.json"),
    }
}

/// As [`sample`], for the assignment of a user to an app.
const ASSIGNMENT_SAMPLE: &[u8] = include_bytes!("sample/app_user.json");

/// Kinds of entries whose JSON looks alike. Those that are few have no sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Device,
    Factor,
    Policy,
    Role,
    Other,
}

impl Family {
    const ALL: [Self; 5] = [
        Self::Device,
        Self::Factor,
        Self::Policy,
        Self::Role,
        Self::Other,
    ];

    pub(super) fn of(kind: EntryKind) -> Self {
        match kind {
            EntryKind::Device => Self::Device,
            EntryKind::Factor => Self::Factor,
            EntryKind::Policy | EntryKind::PolicyRule => Self::Policy,
            EntryKind::UserRole | EntryKind::GroupRole | EntryKind::ClientRole => Self::Role,
            _ => Self::Other,
        }
    }

    pub(super) fn sample(self) -> &'static [u8] {
        match self {
            Self::Device => include_bytes!("sample/device.json"),
            Self::Factor => include_bytes!("sample/factor.json"),
            Self::Policy => include_bytes!("sample/policy_rule.json"),
            Self::Role => include_bytes!("sample/role.json"),
            Self::Other => &[],
        }
    }
}

/// Compressors, which are dear to make.
pub(super) struct Squeezers {
    objects: [Squeezer; 3],
    pub(super) assignments: Squeezer,
    entries: [Squeezer; 5],
}

impl Squeezers {
    pub(super) fn new() -> Result<Self, Fault> {
        let of = |kind| Squeezer::new(sample(kind));
        let [device, factor, policy, role, other] =
            Family::ALL.map(|family| Squeezer::new(family.sample()));
        Ok(Self {
            objects: [of(Kind::User)?, of(Kind::Group)?, of(Kind::App)?],
            assignments: Squeezer::new(ASSIGNMENT_SAMPLE)?,
            entries: [device?, factor?, policy?, role?, other?],
        })
    }

    pub(super) fn of(&mut self, kind: Kind) -> &mut Squeezer {
        match kind {
            Kind::User => &mut self.objects[0],
            Kind::Group => &mut self.objects[1],
            Kind::App => &mut self.objects[2],
        }
    }

    pub(super) fn entries(&mut self, family: Family) -> &mut Squeezer {
        &mut self.entries[family as usize]
    }
}
