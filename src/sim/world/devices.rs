//! The devices of an org, and what admins do to them.

use std::collections::BTreeMap;

use super::super::time::{DAY_MS, Millis};
use super::device::{Device, DeviceDeed, DeviceState, fingerprint_of, is_registered};
use super::happening::{Cause, Fact};
use super::index::{DeviceIx, UserIx};
use super::refused::Refused;
use super::{Engine, World};

/// What admins did to devices; all others are as they were registered.
#[derive(Debug, Default)]
pub struct Devices {
    changed: BTreeMap<DeviceIx, (DeviceState, Millis)>,
}

/// How many devices one person can have.
const EACH: u32 = 2;

impl World {
    /// The device at this place, if there is one and it is not deleted.
    pub fn device(&self, ix: DeviceIx) -> Option<Device> {
        self.device_even_deleted(ix)
            .filter(|device| device.state != DeviceState::Deleted)
    }

    /// The device at this place, also when it is deleted, for the log.
    pub fn device_even_deleted(&self, ix: DeviceIx) -> Option<Device> {
        // Classic Engine knows no devices.
        if self.facts.engine == Engine::Classic {
            return None;
        }
        let owner = UserIx(ix.0 / EACH);
        let user = self.users.get(owner.at()).filter(|user| !user.deleted)?;
        let activated = user.activated?;
        let client = self.home(owner, u64::from(ix.0 % EACH));
        let agent = client.agent.get();
        if !is_registered(agent, client.device) {
            return None;
        }
        let after = self.seed.below("registered", u64::from(ix.0), 400);
        let after = i64::try_from(after).unwrap_or(0) * DAY_MS;
        let latest = user.last_login.unwrap_or(activated).max(activated);
        let created = (activated + after).min(latest);
        let (state, last_updated) = match self.devices.changed.get(&ix) {
            Some(changed) => *changed,
            None => (self.as_registered(ix), created),
        };
        Some(Device {
            ix,
            owner,
            fingerprint: client.device,
            agent,
            state,
            created,
            last_updated,
        })
    }

    /// What a device is called: by its owner and its make, as people leave it.
    pub fn device_name(&self, device: &Device) -> String {
        let owner = &self.user(device.owner).profile.first_name;
        format!("{owner}'s {}", device.make().model)
    }

    /// A few devices were lost or handed back before anybody looked.
    fn as_registered(&self, ix: DeviceIx) -> DeviceState {
        match self.seed.below("device-state", u64::from(ix.0), 100) {
            0..3 => DeviceState::Suspended,
            3..8 => DeviceState::Deactivated,
            _ => DeviceState::Active,
        }
    }

    /// The devices from a place on.
    pub fn devices_from(&self, start: usize) -> impl Iterator<Item = Device> {
        let end = self.users.len() * EACH as usize;
        (start..end)
            .map(DeviceIx::from_usize)
            .filter_map(|ix| self.device(ix))
    }

    /// The devices of one person.
    pub fn devices_of(&self, user: UserIx) -> impl Iterator<Item = Device> {
        (0..EACH).filter_map(move |nth| self.device(DeviceIx(user.0 * EACH + nth)))
    }

    /// The place of the device with this id, also when it is deleted.
    pub fn device_place(&self, id: &str) -> Option<usize> {
        let fingerprint = fingerprint_of(id)?;
        let number = self.seed.number_of("device", fingerprint);
        let (user, nth) = (number / 4, number % 4);
        let known = user < self.users.len() as u64 && nth < u64::from(EACH);
        let place = usize::try_from(user * u64::from(EACH) + nth).ok()?;
        known.then_some(place)
    }

    /// The device with this id.
    pub fn device_by_id(&self, id: &str) -> Option<Device> {
        self.device(DeviceIx::from_usize(self.device_place(id)?))
    }

    /// Does something to a device.
    ///
    /// # Errors
    /// When there is none, or its state does not allow it.
    pub fn change_device(
        &mut self,
        cause: &Cause,
        id: &str,
        deed: DeviceDeed,
    ) -> Result<DeviceIx, Refused> {
        let device = self.device_by_id(id).ok_or_else(|| Refused::NoSuch {
            id: id.to_owned(),
            kind: "Device",
        })?;
        let to = deed.result(device.state).ok_or_else(|| Refused::Invalid {
            field: "status".to_owned(),
            cause: format!(
                "A device that is {} does not allow it",
                device.state.as_str()
            ),
        })?;
        self.devices.changed.insert(device.ix, (to, cause.at));
        self.record(
            cause,
            Fact::Device {
                device: device.ix,
                deed,
            },
        );
        Ok(device.ix)
    }
}
