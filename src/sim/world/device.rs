//! A device that Okta Verify registered.
//!
//! Devices are not stored, because there are more of them than people: whether a person's computer or phone is registered,
//! and everything it tells of itself, follows from what the person signs in with. Only what an admin did to a device is
//! kept ([`super::devices`]).

use super::super::derive::{letters, mix};
use super::super::id::Id;
use super::super::time::Millis;
use super::index::{DeviceIx, UserIx};
use super::place::Agent;

/// Whether a device may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceState {
    /// It may.
    Active,
    /// Not for a while.
    Suspended,
    /// Not any more; its enrolments are gone.
    Deactivated,
    /// It is gone for good.
    Deleted,
}

impl DeviceState {
    /// `status` of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::Deactivated | Self::Deleted => "DEACTIVATED",
        }
    }
}

/// What an admin does to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceDeed {
    /// A deactivated one may be used again.
    Activate,
    /// It may not be used for a while.
    Suspend,
    /// The suspension is lifted.
    Unsuspend,
    /// It may not be used any more.
    Deactivate,
    /// A deactivated one goes for good.
    Delete,
}

impl DeviceDeed {
    /// What it makes of a device in state `from`; `None` when it cannot be done to one.
    pub fn result(self, from: DeviceState) -> Option<DeviceState> {
        match (self, from) {
            (Self::Activate, DeviceState::Deactivated)
            | (Self::Unsuspend, DeviceState::Suspended) => Some(DeviceState::Active),
            (Self::Suspend, DeviceState::Active) => Some(DeviceState::Suspended),
            (Self::Deactivate, DeviceState::Active | DeviceState::Suspended) => {
                Some(DeviceState::Deactivated)
            }
            (Self::Delete, DeviceState::Deactivated) => Some(DeviceState::Deleted),
            _ => None,
        }
    }

    /// The deed of this name, e.g. `suspend`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "activate" => Self::Activate,
            "suspend" => Self::Suspend,
            "unsuspend" => Self::Unsuspend,
            "deactivate" => Self::Deactivate,
            "delete" => Self::Delete,
            _ => return None,
        })
    }
}

/// A registered device.
#[derive(Clone, Copy, Debug)]
pub struct Device {
    /// Its place.
    pub ix: DeviceIx,
    /// Whose it is.
    pub owner: UserIx,
    /// What it is told apart by in requests; the id follows from it.
    pub fingerprint: u64,
    /// What it signs in with.
    pub agent: &'static Agent,
    /// Whether it may be used.
    pub state: DeviceState,
    /// When it was registered.
    pub created: Millis,
    /// When its state last changed.
    pub last_updated: Millis,
}

/// What kind of machine it is.
#[derive(Clone, Copy, Debug)]
pub struct Make {
    /// `platform`.
    pub platform: &'static str,
    /// Who built it.
    pub manufacturer: &'static str,
    /// What the builder calls it.
    pub model: &'static str,
    /// What its system calls itself.
    pub os_version: &'static str,
    /// How its disk is encrypted.
    pub disk_encryption: &'static str,
}

#[rustfmt::skip]
const COMPUTERS: [Make; 3] = [
    Make { platform: "MACOS", manufacturer: "Apple", model: "MacBook Pro", os_version: "15.6.1", disk_encryption: "ALL_INTERNAL_VOLUMES" },
    Make { platform: "WINDOWS", manufacturer: "Dell Inc.", model: "LATITUDE-5450", os_version: "10.0.26100.6584", disk_encryption: "FULL" },
    Make { platform: "WINDOWS", manufacturer: "LENOVO", model: "ThinkPad X1", os_version: "10.0.22631.5909", disk_encryption: "NONE" },
];

#[rustfmt::skip]
const PHONES: [Make; 2] = [
    Make { platform: "IOS", manufacturer: "Apple", model: "iPhone 15", os_version: "18.6.2", disk_encryption: "USER" },
    Make { platform: "ANDROID", manufacturer: "Google", model: "Pixel 9", os_version: "15", disk_encryption: "USER" },
];

impl Make {
    /// The make of what shows this agent and fingerprint.
    pub fn of(agent: &Agent, fingerprint: u64) -> Self {
        match agent.os {
            "Mac OS X" => COMPUTERS[0],
            os if os.starts_with("iOS") => PHONES[0],
            os if os.starts_with("Android") => PHONES[1],
            _ if mix(fingerprint).is_multiple_of(4) => COMPUTERS[2],
            _ => COMPUTERS[1],
        }
    }
}

/// Whether Okta Verify can register what shows this agent: it runs on no Linux and in no script.
pub fn registrable(agent: &Agent) -> bool {
    agent.os != "Linux" && agent.device != "Unknown"
}

/// Whether Okta Verify has registered the machine with this agent and fingerprint.
pub fn is_registered(agent: &Agent, fingerprint: u64) -> bool {
    let share = if agent.device == "Computer" { 3 } else { 2 };
    registrable(agent) && fingerprint.is_multiple_of(share)
}

/// Whether the machine is managed by the company.
pub fn is_managed(fingerprint: u64) -> bool {
    mix(fingerprint ^ 0x006d_646d).is_multiple_of(2)
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Digits that a fingerprint needs.
const LENGTH: usize = 11;

/// The id of the device with this fingerprint, as in the System Log and the Devices API.
pub fn id_of(fingerprint: u64) -> Id {
    let mut digits = [b'0'; LENGTH];
    let mut rest = fingerprint;
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[usize::try_from(rest % 62).expect("below 62")];
        rest /= 62;
    }
    let digits = String::from_utf8_lossy(&digits);
    let tail = letters(mix(fingerprint), DIGITS, 3);
    Id::parse(&format!("guo{digits}{tail}5d7")).expect("twenty letters and digits")
}

/// The fingerprint of the device with this id; `None` when no device can have it.
pub fn fingerprint_of(id: &str) -> Option<u64> {
    let digits = id.strip_prefix("guo")?.get(..LENGTH)?;
    let mut fingerprint: u64 = 0;
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        fingerprint = fingerprint
            .checked_mul(62)?
            .checked_add(u64::try_from(value).ok()?)?;
    }
    (id_of(fingerprint).as_str() == id).then_some(fingerprint)
}

impl Device {
    /// `guo…`
    pub fn id(&self) -> Id {
        id_of(self.fingerprint)
    }

    /// What kind of machine it is.
    pub fn make(&self) -> Make {
        Make::of(self.agent, self.fingerprint)
    }

    /// Whether it is a telephone.
    pub fn is_phone(&self) -> bool {
        self.agent.device == "Mobile"
    }

    /// Its serial number.
    pub fn serial_number(&self) -> String {
        letters(
            mix(self.fingerprint ^ 1),
            b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ",
            10,
        )
    }

    /// Its unique id, as its system tells it.
    pub fn udid(&self) -> String {
        let (high, low) = (mix(self.fingerprint ^ 2), mix(self.fingerprint ^ 3));
        format!(
            "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// Its security identifier, where the system has such a thing.
    pub fn sid(&self) -> Option<String> {
        let words = [4, 5, 6].map(|salt| mix(self.fingerprint ^ salt) >> 32);
        let [a, b, c] = words;
        (self.make().platform == "WINDOWS").then(|| format!("S-1-5-21-{a}-{b}-{c}-500"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_leads_back_to_its_fingerprint(fingerprint in any::<u64>()) {
            prop_assert_eq!(fingerprint_of(id_of(fingerprint).as_str()), Some(fingerprint));
        }

        #[test]
        fn an_id_of_something_else_leads_nowhere(text in "guo[0-9A-Za-z]{14}5d7") {
            let found = fingerprint_of(&text);
            prop_assert!(found.is_none_or(|found| id_of(found).as_str() == text));
        }
    }

    #[test]
    fn only_a_deactivated_device_is_deleted() {
        use DeviceState::{Active, Deactivated, Deleted, Suspended};
        assert_eq!(DeviceDeed::Delete.result(Active), None);
        assert_eq!(DeviceDeed::Delete.result(Deactivated), Some(Deleted));
        assert_eq!(DeviceDeed::Deactivate.result(Suspended), Some(Deactivated));
        assert_eq!(DeviceDeed::Suspend.result(Suspended), None);
        assert_eq!(DeviceDeed::Unsuspend.result(Suspended), Some(Active));
    }
}
