//! `search` on devices: every property of the profile, and id, status and `lastUpdated`.

use crate::sim::error::ApiError;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::device::Device;

use super::parse::{self, Expr, Literal, Op, Term};

/// Properties that an expression may name, and whether `co` is allowed on them.
const FIELDS: &[(&str, bool)] = &[
    ("id", false),
    ("status", false),
    ("lastUpdated", false),
    ("profile.displayName", true),
    ("profile.platform", false),
    ("profile.manufacturer", false),
    ("profile.model", false),
    ("profile.osVersion", false),
    ("profile.serialNumber", true),
    ("profile.imei", true),
    ("profile.meid", true),
    ("profile.udid", true),
    ("profile.sid", true),
    ("profile.registered", false),
    ("profile.secureHardwarePresent", false),
    ("profile.diskEncryptionType", false),
];

/// An expression about devices.
#[derive(Debug)]
pub struct Query(Expr<Term>);

impl Query {
    /// Reads `search`.
    ///
    /// # Errors
    /// `E0000031` when the expression is malformed, names another property, or uses `co`, `ne` or `ew` where it may not.
    pub fn search(text: &str) -> Result<Self, ApiError> {
        let read = parse::parse(text).map_err(|wrong| ApiError::invalid_search(&wrong))?;
        let checked = read.try_map(&mut |term: Term| {
            let known = FIELDS.iter().find(|(name, _)| *name == term.path);
            let allowed = match (known, term.op) {
                (None, _) => return Err(format!("field is not valid: {}", term.path)),
                (Some(_), Op::Ne | Op::Ew) => false,
                (Some((_, contains)), Op::Co) => *contains,
                _ => true,
            };
            if allowed {
                return Ok(term);
            }
            Err(format!(
                "The supplied combination of operator and field is not currently supported. Operator: {}, Field: {}",
                term.op.as_str(),
                term.path
            ))
        });
        checked
            .map(Self)
            .map_err(|wrong| ApiError::invalid_search(&wrong))
    }

    /// Whether a device is wanted.
    pub fn matches(&self, world: &World, device: &Device) -> bool {
        self.0.holds(&|term: &Term| holds(term, world, device))
    }
}

fn holds(term: &Term, world: &World, device: &Device) -> bool {
    let Some(own) = value(&term.path, world, device) else {
        return false;
    };
    if term.op == Op::Pr {
        return true;
    }
    let wanted = match &term.value {
        Literal::Text(text) => text.to_lowercase(),
        Literal::Bool(truth) => truth.to_string(),
        Literal::Number(number) => number.to_string(),
        Literal::Null => return false,
    };
    // Moments are compared as such, however they are written.
    let order = match (Millis::parse(&own), Millis::parse(&wanted.to_uppercase())) {
        (Some(own), Some(wanted)) => own.cmp(&wanted),
        _ => own.to_lowercase().cmp(&wanted),
    };
    match term.op {
        Op::Eq => order.is_eq(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Sw => own.to_lowercase().starts_with(&wanted),
        Op::Co => own.to_lowercase().contains(&wanted),
        Op::Ne | Op::Ew | Op::Pr => false,
    }
}

fn value(path: &str, world: &World, device: &Device) -> Option<String> {
    let make = device.make();
    let computer = !device.is_phone();
    Some(match path {
        "id" => device.id().to_string(),
        "status" => device.state.as_str().to_owned(),
        "lastUpdated" => device.last_updated.to_string(),
        "profile.displayName" => world.device_name(device),
        "profile.platform" => make.platform.to_owned(),
        "profile.manufacturer" => make.manufacturer.to_owned(),
        "profile.model" => make.model.to_owned(),
        "profile.osVersion" => make.os_version.to_owned(),
        "profile.serialNumber" if computer => device.serial_number(),
        "profile.udid" if computer => device.udid(),
        "profile.sid" => return device.sid(),
        "profile.registered" => true.to_string(),
        "profile.secureHardwarePresent" => (make.disk_encryption != "NONE").to_string(),
        "profile.diskEncryptionType" => make.disk_encryption.to_owned(),
        _ => return None,
    })
}
