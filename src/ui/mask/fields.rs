//! What a field is about, by its name and by what else the object says: whether its value is to be masked, and as what.

use serde_json::{Map, Value};

use crate::domain::entry::{Above, EntryKind};
use crate::domain::facet::{FacetQuery, FacetRows};

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Name,
    Mail,
    Address,
    Phone,
    Place,
    Device,
}

/// What of a user's profile tells nothing of the person; the org's own attributes are taken to tell.
const IMPERSONAL: [&str; 12] = [
    "title",
    "department",
    "division",
    "organization",
    "costcenter",
    "usertype",
    "locale",
    "timezone",
    "preferredlanguage",
    "country",
    "countrycode",
    "status",
];

/// A name without what differs between Okta's JSON and ours.
fn plain(field: &str) -> String {
    let last = field.rsplit('.').next().unwrap_or(field);
    let letters = last.chars().filter(char::is_ascii_alphanumeric);
    letters.collect::<String>().to_ascii_lowercase()
}

/// The class of a field by its name alone, in Okta's JSON or in ours; `None` for what is not known to be about a person.
pub(super) fn class_of(field: &str) -> Option<Class> {
    Some(match plain(field).as_str() {
        "firstname" | "lastname" | "middlename" | "nickname" | "displayname" | "fullname"
        | "givenname" | "familyname" | "manager" | "managerid" | "login" | "username" | "email"
        | "secondemail" | "alternateid" | "by" | "owner" | "identity" | "credentialid" => {
            Class::Name
        }
        "mobilephone" | "primaryphone" | "phonenumber" | "phone" | "phoneextension" => Class::Phone,
        "streetaddress" | "postaladdress" | "city" | "zipcode" | "postalcode" => Class::Place,
        "ip" | "ipaddress" => Class::Address,
        "devicename"
        | "computername"
        | "hostname"
        | "resourcedisplayname"
        | "serialnumber"
        | "udid"
        | "imei"
        | "meid"
        | "sid"
        | "macaddress"
        | "devicefingerprint"
        | "dthash"
        | "tpmpublickeyhash" => Class::Device,
        _ => return None,
    })
}

/// The class of an attribute of a user's profile.
pub(super) fn class_in_profile(attribute: &str) -> Option<Class> {
    match plain(attribute).as_str() {
        known if IMPERSONAL.contains(&known) => None,
        _ => class_of(attribute).or(Some(Class::Name)),
    }
}

/// The class of a field whose change is told.
pub(super) fn class_of_change(path: &str) -> Option<Class> {
    match path.strip_prefix("profile.") {
        // Groups have these.
        Some("name" | "description") => None,
        Some(attribute) => class_in_profile(attribute),
        None => class_of(path),
    }
}

/// What a line of a diff says that is no attribute of a profile.
const NO_ATTRIBUTES: [&str; 9] = [
    "group",
    "member of",
    "has the app",
    "admin role",
    "gateway",
    "factor",
    "factors",
    "sessions",
    "description",
];

/// The class of what a change replaces: of an edit of a profile, or a line of a diff. Names of groups are nobody's.
pub(super) fn class_of_edit(members: &Map<String, Value>) -> Option<Class> {
    let name = members.get("name")?.as_str()?;
    let is_edit = members.contains_key("before") && members.contains_key("after");
    let is_attribute = !name.contains(' ') && !NO_ATTRIBUTES.contains(&name) && name != "name";
    (is_edit && is_attribute).then(|| class_in_profile(name))?
}

/// Whether this tells of a change of a user, in a list or among those that were left out.
pub(super) fn is_change_of_user(members: &Map<String, Value>) -> bool {
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let Some(change) = text("change") else {
        return false;
    };
    match text("target") {
        Some(target) if is_user(target) => true,
        Some(_) => members.contains_key("why") && change.starts_with("users."),
        None => false,
    }
}

/// What an object of JSON is about, as far as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Person,
    Device,
    Other,
    Unknown,
}

/// What an object of JSON is about.
pub(super) fn about(members: &Map<String, Value>) -> About {
    let is_party = members.contains_key("alternate_id") || members.contains_key("alternateId");
    if is_party {
        let mut kinds = ["kind", "type"].iter();
        let kind = kinds.find_map(|name| members.get(*name)?.as_str());
        return match kind {
            None | Some("") => About::Unknown,
            Some(kind) if kind.ends_with("User") || kind == "user" => About::Person,
            Some(kind) if kind.contains("Device") => About::Device,
            Some(_) => About::Other,
        };
    }
    if let Some(subject) = members.get("subject") {
        return about_subject(subject);
    }
    match members.get("key").and_then(kind_of_key) {
        Some(kind) => about_entry(kind, members),
        None if members.contains_key("provider") && members.contains_key("detail") => About::Device,
        None => About::Unknown,
    }
}

/// What a reference or a subject leads to.
pub(super) fn about_subject(subject: &Value) -> About {
    if let Some(object) = subject.get("Object") {
        return match object.get("User") {
            Some(_) => About::Person,
            None => About::Other,
        };
    }
    let Some(entry) = subject.get("Entry") else {
        return About::Unknown;
    };
    let kind = kind_of_key(entry).or_else(|| EntryKind::from_word(entry.get(0)?.as_str()?));
    kind.map_or(About::Unknown, |kind| about_entry(kind, &Map::new()))
}

fn kind_of_key(key: &Value) -> Option<EntryKind> {
    EntryKind::from_word(key.get("kind")?.as_str()?)
}

/// What the name of an entry names.
fn about_entry(kind: EntryKind, members: &Map<String, Value>) -> About {
    let type_of = |column: &str| {
        let at = kind.columns().iter().position(|name| *name == column)?;
        members.get("facts")?.get(at)?.as_str()
    };
    match kind {
        EntryKind::Admin => About::Person,
        EntryKind::Device | EntryKind::Factor => About::Device,
        EntryKind::GroupOwner | EntryKind::BindingMember => match type_of("type") {
            Some(word) if word.to_ascii_uppercase().contains("GROUP") => About::Other,
            _ => About::Person,
        },
        _ => About::Other,
    }
}

/// Whether the entry that an object is about, or its change, hangs below a user.
pub(super) fn is_below_user(members: &Map<String, Value>) -> bool {
    let of_entry = members.get("entry").and_then(|entry| entry.get("key"));
    let of_change = members.get("subject").and_then(|it| it.get("Entry"));
    let kind = of_entry.or(of_change).and_then(kind_of_key);
    kind.is_some_and(|kind| kind.above() == Above::User)
}

/// The classes of an entry's columns, when an object is one.
pub(super) fn classes_of_facts(members: &Map<String, Value>) -> Option<Vec<Option<Class>>> {
    let kind = members.get("key").and_then(kind_of_key)?;
    let class = |column: &&str| match (kind, *column) {
        (EntryKind::Factor, "device") => Some(Class::Device),
        // Okta's own words.
        (EntryKind::UserType | EntryKind::Idp, _) => None,
        (_, column) => class_of(column),
    };
    Some(kind.columns().iter().map(class).collect())
}

/// Whether a profile is that of a person.
pub(super) fn is_of_person(profile: &Value) -> bool {
    ["login", "firstName", "lastName"]
        .iter()
        .any(|name| profile.get(name).is_some())
}

/// What the values are that a count of a field tells.
pub(super) fn class_of_facet(query: &FacetQuery) -> Option<Class> {
    let of_about = |about| match about {
        About::Person => Some(Class::Name),
        About::Device => Some(Class::Device),
        About::Other | About::Unknown => None,
    };
    match (&query.rows, query.field.as_str()) {
        (FacetRows::Users(_), "name") => Some(Class::Name),
        (FacetRows::Events(_), "actor" | "target") => Some(Class::Name),
        (FacetRows::Entries(rows), "name") => of_about(about_entry(rows.kind, &Map::new())),
        (FacetRows::Entries(rows), "parent") if rows.kind.above() == Above::User => {
            Some(Class::Name)
        }
        (FacetRows::Entries(rows), "device") if rows.kind == EntryKind::Factor => {
            Some(Class::Device)
        }
        (FacetRows::Groups(_) | FacetRows::Apps(_), _) => None,
        (_, field) => class_of(field),
    }
}

/// Whether a text is the id of a user.
pub(super) fn is_user(text: &str) -> bool {
    text.starts_with("00u") && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a text is an id of Okta's, or several.
pub(super) fn is_id(text: &str) -> bool {
    let is_one = |word: &str| {
        let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
        is_user(word) || (is_plain && has_digit && word.len() == 20)
    };
    let mut words = text.split([' ', ',']).filter(|word| !word.is_empty());
    !text.is_empty() && words.all(is_one)
}
