//! What events tell of statuses and names: readings see only the last of several, and nobody reads while nobody watches.
//!
//! An event is believed for what its type does to the status of the user whom it names, and for what it calls the object that it made or
//! renamed. What follows from it is decided where the readings are, in the store.

use std::collections::BTreeMap;

use super::log::Log;
use super::meanwhile::number;
use crate::domain::id::ObjectId;
use crate::domain::log_event::{LogEvent, Party};
use crate::domain::text::SafeText;
use crate::store::{self, DirectoryOp, Says, Store, Telling};
use crate::sync::cause::{ACTIVATED, CREATED, DEACTIVATED, LOCKED};

/// Tellings that are in memory at once, or a few more.
const MOST: usize = 250_000;
/// What stands where Okta tells a name that it does not know.
const NO_NAME: &str = "unknown";

/// The status that an event of this type leads to, another that it may lead to, and those from which it does, if not from any.
type Turn = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static [&'static str],
);
const OF_USERS: [Turn; 11] = [
    (CREATED, "STAGED", None, &[]),
    // Who has no password yet has to choose one first.
    (ACTIVATED, "ACTIVE", Some("PROVISIONED"), &[]),
    ("user.lifecycle.suspend", "SUSPENDED", None, &[]),
    ("user.lifecycle.unsuspend", "ACTIVE", None, &[]),
    (DEACTIVATED, "DEPROVISIONED", None, &[]),
    (LOCKED, "LOCKED_OUT", None, &[]),
    ("user.account.unlock", "ACTIVE", None, &["LOCKED_OUT"]),
    (
        "user.account.unlock_by_admin",
        "ACTIVE",
        None,
        &["LOCKED_OUT"],
    ),
    (
        "user.account.expire_password",
        "PASSWORD_EXPIRED",
        None,
        &[],
    ),
    ("user.account.reset_password", "RECOVERY", None, &[]),
    // Who chooses a password because of having to is active again.
    (
        "user.account.update_password",
        "ACTIVE",
        None,
        &["PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED"],
    ),
];
const OF_APPS: [Turn; 2] = [
    ("application.lifecycle.activate", "ACTIVE", None, &[]),
    ("application.lifecycle.deactivate", "INACTIVE", None, &[]),
];
/// Events that call something by the name that it has from then on.
const OF_NAMES: [&str; 6] = [
    CREATED,
    "user.account.update_profile",
    "group.lifecycle.create",
    "group.profile.update",
    "application.lifecycle.create",
    "application.lifecycle.update",
];

/// The types of all events that tell of a status or a name.
pub(super) fn types() -> impl Iterator<Item = &'static str> {
    let of_status = OF_USERS.iter().chain(&OF_APPS).map(|(name, ..)| *name);
    of_status.chain(OF_NAMES)
}

/// What events tell of every object, in parts: of each the log is read once more, and only what it tells of those objects is in memory.
pub(super) struct Fields {
    /// Into how many parts what is told of the objects is divided.
    parts: u64,
}

impl Fields {
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn read(store: &Store, log: &Log) -> Result<Self, store::Error> {
        Self::of_parts(store, log, MOST)
    }

    /// As [`read`](Self::read), with about so many tellings in each part.
    pub(super) fn of_parts(store: &Store, log: &Log, most: usize) -> Result<Self, store::Error> {
        let mut count = 0;
        log.each(store, |row| count += tellings(&row.event).len())?;
        let parts = u64::try_from(count.div_ceil(most)).unwrap_or(u64::MAX);
        Ok(Self { parts })
    }

    pub(super) fn parts(&self) -> u64 {
        self.parts
    }

    /// What events tell of the objects in one part.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn part(
        &self,
        store: &Store,
        log: &Log,
        part: u64,
    ) -> Result<Vec<DirectoryOp>, store::Error> {
        let mut of_objects: BTreeMap<ObjectId, Vec<Telling>> = BTreeMap::new();
        log.each(store, |row| {
            let told = tellings(&row.event).into_iter();
            for (object, says) in told.filter(|(object, _)| number(object) % self.parts == part) {
                let of_one = of_objects.entry(object);
                // Of most there is one.
                of_one
                    .or_insert_with(|| Vec::with_capacity(1))
                    .push(Telling {
                        at: row.event.published,
                        event: row.event.uuid,
                        says,
                    });
            }
        })?;
        Ok(of_objects
            .into_iter()
            .map(|(object, mut tellings)| {
                in_order(&mut tellings);
                DirectoryOp::Told {
                    object,
                    // What is told of who lived from before is told since then.
                    from: tellings
                        .first()
                        .map_or(log.from, |first| first.at.min(log.from)),
                    tellings,
                }
            })
            .collect())
    }
}

/// Whoever is made and activated in one request has two events of one moment, which the log gives in any order.
fn in_order(tellings: &mut [Telling]) {
    let is_making = |says: &Says| matches!(says, Says::Status { to: "STAGED", .. });
    tellings.sort_by_key(|one| (one.at, !is_making(&one.says)));
}

fn tellings(event: &LogEvent) -> Vec<(ObjectId, Says)> {
    let mut told = Vec::new();
    if let Some(says) = status(&OF_USERS, event) {
        let users = event.targets_of("User").filter_map(user);
        told.extend(users.map(|user| (user, says.clone())));
    }
    if let Some(says) = status(&OF_APPS, event) {
        let apps = event.targets_of("AppInstance");
        let apps = apps.filter_map(|app| app.id.parse().ok().map(ObjectId::App));
        told.extend(apps.map(|app| (app, says.clone())));
    }
    if OF_NAMES.contains(&&*event.event_type) {
        told.extend(event.targets.iter().filter_map(named));
    }
    told
}

fn status(turns: &[Turn], event: &LogEvent) -> Option<Says> {
    let mut turns = turns.iter();
    let found = turns.find(|(name, ..)| **name == *event.event_type);
    found.map(|(_, to, or, only_from)| Says::Status {
        to,
        or: *or,
        only_from,
    })
}

fn user(target: &Party) -> Option<ObjectId> {
    target.id.parse().ok().map(ObjectId::User)
}

/// What an event calls its target by; the name of an app's label is the other one of the two.
fn named(target: &Party) -> Option<(ObjectId, Says)> {
    let (object, name) = match target.kind.as_str() {
        "User" => (user(target)?, &target.alternate_id),
        "UserGroup" => (
            ObjectId::Group(target.id.parse().ok()?),
            &target.display_name,
        ),
        "AppInstance" => (ObjectId::App(target.id.parse().ok()?), &target.alternate_id),
        _ => return None,
    };
    let is_name = |name: &&SafeText| !name.is_empty() && ***name != *NO_NAME;
    let name = name.as_ref().filter(is_name)?;
    Some((object, Says::Name(name.clone())))
}

#[cfg(test)]
mod tests;
