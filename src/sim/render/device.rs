//! A device as the Devices API shows it.

use super::View;
use super::user::UserParts;
use crate::sim::json::{self, Object};
use crate::sim::world::device::{Device, DeviceState, is_managed};

/// Who is shown with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owners {
    /// Nobody.
    None,
    /// `expand=userSummary`
    Summary,
    /// `expand=user`
    Full,
}

/// Writes one device.
pub fn write(view: View<'_>, out: &mut String, device: &Device, owners: Owners) {
    json::object(out, |o| fill(view, o, device, owners));
}

/// Writes one device with what Okta Verify last told of it, as a single one is shown.
pub fn write_with_providers(view: View<'_>, out: &mut String, device: &Device) {
    json::object(out, |o| {
        fill(view, o, device, Owners::None);
        o.array("providers", [()], |out, ()| {
            json::object(out, |o| {
                o.str("provider", "oktaVerify")
                    .str("payloadVersion", "1.0")
                    .object("payload", |o| {
                        o.str("clientVersion", "9.27.0");
                    });
            });
        });
    });
}

fn fill(view: View<'_>, o: &mut Object<'_>, device: &Device, owners: Owners) {
    let name = view.world.device_name(device);
    let id = device.id();
    o.shown("id", id)
        .str("status", device.state.as_str())
        .shown("created", device.created)
        .shown("lastUpdated", device.last_updated)
        .object("profile", |o| write_profile(o, device, &name))
        .str("resourceType", "UDDevice")
        .object("resourceDisplayName", |o| {
            o.str("value", &name).raw("sensitive", false);
        })
        .null("resourceAlternateId")
        .shown("resourceId", id);
    o.object("_links", |o| write_links(view, o, device));
    if owners != Owners::None {
        o.object("_embedded", |o| {
            o.array("users", [device], |out, device| {
                write_owner(view, out, device, owners);
            });
        });
    }
}

fn write_profile(o: &mut Object<'_>, device: &Device, name: &str) {
    let make = device.make();
    o.str("displayName", name)
        .str("platform", make.platform)
        .str("manufacturer", make.manufacturer)
        .str("model", make.model)
        .str("osVersion", make.os_version);
    if !device.is_phone() {
        o.str("serialNumber", &device.serial_number())
            .str("udid", &device.udid());
    }
    if let Some(sid) = device.sid() {
        o.str("sid", &sid);
    }
    o.raw("registered", true)
        .raw("secureHardwarePresent", make.disk_encryption != "NONE")
        .str("diskEncryptionType", make.disk_encryption);
}

fn write_links(view: View<'_>, o: &mut Object<'_>, device: &Device) {
    let own = format!("{}/api/v1/devices/{}", view.base, device.id());
    let verbs: &[&str] = match device.state {
        DeviceState::Active => &["suspend", "deactivate"],
        DeviceState::Suspended => &["unsuspend", "deactivate"],
        DeviceState::Deactivated | DeviceState::Deleted => &["activate"],
    };
    let mut link = |name: &str, href: String, allow: &[&str]| {
        o.object(name, |o| {
            o.str("href", &href).object("hints", |o| {
                o.strings("allow", allow.iter().copied());
            });
        });
    };
    link("self", own.clone(), &["GET", "DELETE"]);
    link("users", format!("{own}/users"), &["GET"]);
    for verb in verbs {
        link(verb, format!("{own}/lifecycle/{verb}"), &["POST"]);
    }
}

/// Writes who a device belongs to, as its list of users and `_embedded` show it.
pub fn write_owner(view: View<'_>, out: &mut String, device: &Device, owners: Owners) {
    let lock = if device.is_phone() || device.fingerprint.is_multiple_of(5) {
        "PASSCODE"
    } else {
        "BIOMETRIC"
    };
    let managed = if is_managed(device.fingerprint) {
        "MANAGED"
    } else {
        "NOT_MANAGED"
    };
    json::object(out, |o| {
        o.shown("created", device.created)
            .str("managementStatus", managed)
            .str("screenLockType", lock);
        let user = view.world.user(device.owner);
        if owners == Owners::Full {
            let mut text = String::new();
            let parts = UserParts::default();
            super::user::write(view, &mut text, device.owner, user, parts);
            o.raw("user", text);
            return;
        }
        o.object("user", |o| {
            let profile = &user.profile;
            o.shown("id", user.id)
                .object("profile", |o| {
                    o.str("firstName", &profile.first_name)
                        .str("lastName", &profile.last_name)
                        .str("login", &profile.login)
                        .str("email", &profile.email);
                })
                .object("_links", |o| {
                    o.object("self", |o| {
                        let href = format_args!("{}/api/v1/users/{}", view.base, user.id);
                        o.shown("href", href);
                    });
                });
        });
    });
}

/// Writes a device as the list of its owner's devices shows it.
pub fn write_owned(view: View<'_>, out: &mut String, device: &Device) {
    json::object(out, |o| {
        // The link between user and device has an id of its own.
        let link = device.id().as_str().replacen("guo", "lnk", 1);
        o.shown("created", device.created)
            .shown("deviceUserId", link);
        let mut text = String::new();
        write(view, &mut text, device, Owners::None);
        o.raw("device", text);
    });
}
