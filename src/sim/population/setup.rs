//! Sets the org up: policies, zones, identity providers and the rest, from files of documents.
//!
//! A file's document names others by reference (`"$group:Engineering"`, `"$zone:All offices"`). A document that refers to
//! what a small org has not got is left out, rather than made to mean everybody.
//!
//! Where real orgs send what the official clients reject, the file has both: `{"$strange": …, "$otherwise": …}` is the one in a
//! strange org and the other in others, and an entry that is `only_strange` is in strange orgs only.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Plan;
use crate::sim::derive::{letters, mix};
use crate::sim::id::Id;
use crate::sim::time::{DAY_MS, Millis};
use crate::sim::world::document::Kind;
use crate::sim::world::documents::NewDocument;
use crate::sim::world::group::GroupKind;
use crate::sim::world::index::{AppIx, DocumentIx, GroupIx};
use crate::sim::world::place::{HOMES, PLACES};
use crate::sim::world::{Engine, World};

/// The files, in an order in which each refers only to earlier ones.
const FILES: &[(Kind, &str)] = &[
    (
        Kind::UserType,
        include_str!("../../../assets/org/user_types.json"),
    ),
    (Kind::Zone, include_str!("../../../assets/org/zones.json")),
    (
        Kind::Behavior,
        include_str!("../../../assets/org/behaviors.json"),
    ),
    (
        Kind::Authenticator,
        include_str!("../../../assets/org/authenticators.json"),
    ),
    (Kind::Idp, include_str!("../../../assets/org/idps.json")),
    (
        Kind::EventHook,
        include_str!("../../../assets/org/event_hooks.json"),
    ),
    (
        Kind::InlineHook,
        include_str!("../../../assets/org/inline_hooks.json"),
    ),
    (
        Kind::LogStream,
        include_str!("../../../assets/org/log_streams.json"),
    ),
    (
        Kind::TrustedOrigin,
        include_str!("../../../assets/org/origins.json"),
    ),
    (
        Kind::Feature,
        include_str!("../../../assets/org/features.json"),
    ),
    (Kind::Brand, include_str!("../../../assets/org/brands.json")),
    (
        Kind::Setting,
        include_str!("../../../assets/org/settings.json"),
    ),
    (
        Kind::Policy,
        include_str!("../../../assets/org/policies.json"),
    ),
];

/// One document of a file.
#[derive(Clone, Debug, Deserialize)]
struct Entry {
    name: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    system: bool,
    /// Whether no official client can read it, whatever it holds.
    #[serde(default)]
    only_strange: bool,
    /// How many days ago it was last changed; when it was made where nothing is said.
    #[serde(default)]
    updated_days: Option<i64>,
    #[serde(default)]
    body: Map<String, Value>,
    /// Rules of a policy.
    #[serde(default)]
    rules: Vec<Self>,
    /// Labels of the applications that a policy applies to.
    #[serde(default)]
    apps: Vec<String>,
    /// Whether a policy applies to every application that no other of its type does.
    #[serde(default)]
    rest_of_apps: bool,
    /// Whatever else is said, for policies and rules, belongs to the body.
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// Sets the org up.
pub fn furnish(world: &mut World, plan: &Plan) {
    for (kind, text) in FILES {
        let entries: Vec<Entry> =
            serde_json::from_str(text).expect("a test reads every embedded file");
        for entry in entries {
            furnish_one(world, plan, *kind, entry);
        }
    }
    map_remaining_apps(world);
    push_groups(world);
}

/// Types of policies that Classic Engine has not got.
const YOUNGER: [&str; 5] = [
    "ACCESS_POLICY",
    "PROFILE_ENROLLMENT",
    "POST_AUTH_SESSION",
    "ENTITY_RISK",
    "DEVICE_SIGNAL_COLLECTION",
];

fn furnish_one(world: &mut World, plan: &Plan, kind: Kind, entry: Entry) {
    let of = entry.more.get("type").and_then(Value::as_str);
    let younger = kind == Kind::Authenticator || of.is_some_and(|of| YOUNGER.contains(&of));
    if younger && plan.engine == Engine::Classic || entry.only_strange && !plan.strange {
        return;
    }
    let Entry {
        rules,
        apps,
        rest_of_apps,
        ..
    } = entry.clone();
    let of = of.map(str::to_owned);
    let Some(ix) = settle(world, plan, kind, None, entry) else {
        return;
    };
    let id = world.documents().get(ix).id;
    for mut rule in rules {
        let of = match of.as_deref() {
            Some("OKTA_SIGN_ON") => "SIGN_ON",
            other => other.unwrap_or_default(),
        };
        rule.more.insert("type".to_owned(), of.into());
        settle(world, plan, Kind::PolicyRule, Some(id), rule);
    }
    let at = world.documents().get(ix).created;
    for app in (0..world.apps().len()).map(AppIx::from_usize) {
        if apps.iter().any(|label| **label == *world.app(app).label) {
            world.settle_mapping(id, app, at.max(world.app(app).created));
        }
    }
    debug_assert!(
        !rest_of_apps || world.documents().get(ix).system,
        "the rest of the applications has the default policy"
    );
}

/// Every application without a policy of its own has the default one.
fn map_remaining_apps(world: &mut World) {
    for of in ["ACCESS_POLICY", "PROFILE_ENROLLMENT"] {
        let policies = world.documents().policies(of);
        let default = policies.iter().find(|(_, policy)| policy.system);
        let Some(default) = default.map(|(_, policy)| policy.id) else {
            continue;
        };
        for app in (0..world.apps().len()).map(AppIx::from_usize) {
            if world.policy_of_app(app, of).is_none() {
                world.settle_mapping(default, app, world.app(app).created);
            }
        }
    }
}

fn settle(
    world: &mut World,
    plan: &Plan,
    kind: Kind,
    parent: Option<Id>,
    entry: Entry,
) -> Option<DocumentIx> {
    let mut body = entry.body;
    body.extend(entry.more);
    let salt = mix(kind as u64) ^ entry.name.bytes().fold(0, |sum, b| mix(sum ^ u64::from(b)));
    let resolved = Reference {
        world,
        salt,
        strange: plan.strange,
    }
    .resolve(Value::Object(body))?;
    let Value::Object(body) = resolved else {
        return None;
    };
    let founded = world.facts.created;
    let age_days = (plan.now - founded) / DAY_MS;
    // Made some time before its last change, and Okta's own with the org.
    let updated_days = entry.updated_days.unwrap_or(age_days - 1).min(age_days);
    let updated = plan.now - updated_days * DAY_MS - offset_ms(world, salt);
    let created = if entry.system {
        founded
    } else {
        let span = (updated - founded).max(1);
        let share = world.seed.below("document-made", salt, 60);
        updated - span / 100 * i64::try_from(share).unwrap_or(0)
    };
    let new = NewDocument {
        kind,
        parent,
        name: entry.name,
        active: entry.status.as_deref() != Some("INACTIVE"),
        system: entry.system,
        body,
    };
    let updated = updated.max(founded);
    Some(world.settle_document(new, created.max(founded), updated))
}

/// Nobody changes things at midnight sharp.
fn offset_ms(world: &World, salt: u64) -> i64 {
    i64::try_from(world.seed.below("document-changed", salt, 36_000_000)).unwrap_or(0)
}

/// The field of what only a strange org has.
const STRANGE: &str = "$strange";
/// The field of what other orgs have in its place.
const OTHERWISE: &str = "$otherwise";

/// Puts what references mean in their place.
struct Reference<'w> {
    world: &'w World,
    salt: u64,
    strange: bool,
}

impl Reference<'_> {
    /// The value with everything it refers to; `None` when the org has not got something of it.
    fn resolve(&self, value: Value) -> Option<Value> {
        Some(match value {
            Value::String(text) => match text.strip_prefix('$') {
                Some(reference) => self.meaning(reference)?,
                None => Value::String(text),
            },
            Value::Array(items) => {
                let resolved: Option<Vec<Value>> =
                    items.into_iter().map(|item| self.resolve(item)).collect();
                Value::Array(resolved?)
            }
            Value::Object(mut fields) if fields.contains_key(STRANGE) => {
                let chosen = if self.strange { STRANGE } else { OTHERWISE };
                self.resolve(fields.remove(chosen)?)?
            }
            Value::Object(fields) => {
                let resolved: Option<Map<String, Value>> = fields
                    .into_iter()
                    .map(|(field, value)| Some((field, self.resolve(value)?)))
                    .collect();
                Value::Object(resolved?)
            }
            other => other,
        })
    }

    fn meaning(&self, reference: &str) -> Option<Value> {
        if let Some(path) = reference.strip_prefix("org") {
            let subdomain = &self.world.facts.subdomain;
            return Some(format!("https://{subdomain}.okta.com{path}").into());
        }
        let (kind, name) = reference.split_once(':').unwrap_or((reference, ""));
        let of = match kind {
            "group" => return self.group(name),
            "network" => return Some(json!([network(name.parse().ok()?)])),
            "networks" => return Some((0..HOMES).map(network).collect()),
            "countries" => return Some(countries()),
            "admin" => return self.admin(),
            "uuid" => return Some(self.uuid().into()),
            "secret" => return Some(self.word("secret", 40).into()),
            "audience" => {
                let tail = self.word("audience", 17);
                return Some(
                    format!("https://www.okta.com/saml2/service-provider/sp{tail}").into(),
                );
            }
            "zone" => Kind::Zone,
            "behavior" => Kind::Behavior,
            "idp" => Kind::Idp,
            "user_type" => Kind::UserType,
            _ => return None,
        };
        let documents = self.world.documents();
        let found = documents.named(of, name)?;
        Some(documents.get(found).id.as_str().into())
    }

    fn group(&self, name: &str) -> Option<Value> {
        let mut groups = self.world.groups().iter();
        let group = groups.find(|group| *group.name == *name)?;
        Some(group.id.as_str().into())
    }

    /// Whoever set all this up.
    fn admin(&self) -> Option<Value> {
        let (admin, _) = self.world.admins().next()?;
        Some(self.world.user(admin).id.as_str().into())
    }

    fn word(&self, salt: &str, length: usize) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        letters(self.world.seed.hash(salt, self.salt), alphabet, length)
    }

    fn uuid(&self) -> String {
        let high = self.world.seed.hash("uuid", self.salt);
        let low = mix(high);
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }
}

/// The addresses of one office.
fn network(place: u8) -> Value {
    let [a, b] = PLACES[usize::from(place) % PLACES.len()].network;
    json!({ "type": "CIDR", "value": format!("{a}.{b}.0.0/16") })
}

/// Where the org has people.
fn countries() -> Value {
    let mut codes: Vec<&str> = PLACES[..usize::from(HOMES)]
        .iter()
        .map(|place| place.country_code)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
        .into_iter()
        .map(|code| json!({ "country": code }))
        .collect()
}

/// Most groups that one application is sent.
const PUSHED: usize = 6;

/// Applications that can be sent groups are sent a few of those they are given to, or others of Okta's own.
fn push_groups(world: &mut World) {
    let sources: Vec<GroupIx> = (0..world.groups().len())
        .map(GroupIx::from_usize)
        .filter(|ix| world.group(*ix).kind == GroupKind::Okta)
        .collect();
    for app in (0..world.apps().len()).map(AppIx::from_usize) {
        if !world.app(app).features.contains(&"GROUP_PUSH") || sources.is_empty() {
            continue;
        }
        let number = u64::from(app.0);
        let count = 1 + world.seed.below("pushed", number, PUSHED as u64);
        let mut chosen: Vec<GroupIx> = (0..count)
            .map(|nth| {
                *world
                    .seed
                    .pick("pushed-group", number * 100 + nth, &sources)
            })
            .collect();
        chosen.sort_unstable();
        chosen.dedup();
        for source in chosen {
            push_group(world, app, source);
        }
    }
}

fn push_group(world: &mut World, app: AppIx, source: GroupIx) {
    let number = u64::from(app.0) << 32 | u64::from(source.0);
    let from = world.app(app).created.max(world.group(source).created);
    let pushed = world.group(source).last_membership_updated.max(from);
    let error = world.seed.below("push-state", number, 20);
    let (active, summary) = match error {
        0 => (false, ""),
        1 => (true, "The group could not be found at the application"),
        _ => (true, ""),
    };
    // What the group is called there is a group of the application's own, which Okta lists only once it was imported.
    let target = Id::new(
        world.seed,
        "00g",
        2_000_000_000 + u64::from(app.0) * 4_096 + u64::from(source.0) % 4_096,
    );
    let body = json!({
        "sourceGroupId": world.group(source).id.as_str(),
        "targetGroupId": target.as_str(),
        "lastPush": pushed.to_string(),
        "errorSummary": summary,
    });
    let Value::Object(body) = body else { return };
    let mapping = NewDocument {
        kind: Kind::PushMapping,
        parent: Some(world.app(app).id),
        name: String::new(),
        active,
        system: false,
        body,
    };
    let created: Millis = from;
    world.settle_document(mapping, created, pushed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_file_reads_and_refers_to_earlier_ones_only() {
        for (kind, text) in FILES {
            let entries: Vec<Entry> = serde_json::from_str(text).unwrap();
            assert!(!entries.is_empty(), "{kind:?}");
        }
    }
}
