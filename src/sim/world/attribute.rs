//! The attributes of a user's profile by name: one table for rendering, searching and projecting.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::derive::{Seed, letters};
use super::super::time::DAY_MS;
use super::World;
use super::department::department;
use super::index::UserIx;
use super::user::{Profile, User};

/// The value of a profile attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute<'a> {
    /// Nobody set it.
    Null,
    /// A text.
    Text(Cow<'a, str>),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A list of texts.
    List(Vec<&'a str>),
    /// What somebody set that is none of these.
    Other(&'a Value),
}

/// How many of [`ATTRIBUTES`], the last ones, the org added to Okta's own.
pub const CUSTOM: usize = 5;

/// Every attribute that the org's profile schema has, in the order in which profiles list them; [`CUSTOM`] ones are last.
pub const ATTRIBUTES: &[&str] = &[
    "firstName",
    "lastName",
    "mobilePhone",
    "secondEmail",
    "login",
    "email",
    "displayName",
    "title",
    "userType",
    "department",
    "division",
    "organization",
    "costCenter",
    "employeeNumber",
    "manager",
    "managerId",
    "city",
    "state",
    "countryCode",
    "zipCode",
    "timezone",
    "locale",
    "hireDate",
    "contractor",
    "badgeNumber",
    "spokenLanguages",
    "deskLocation",
];

/// What every profile holds itself.
const STORED: [&str; 4] = ["firstName", "lastName", "login", "email"];

/// Attributes that are shown as `null` when nobody set them; the others are left out.
pub fn shown_when_null(name: &str) -> bool {
    matches!(name, "mobilePhone" | "secondEmail")
}

impl World {
    /// A profile attribute of `user`, which is the user at `ix` in its present or an older version; `None` for a name that
    /// the profile does not have.
    pub fn attribute<'a>(
        &'a self,
        ix: UserIx,
        user: &'a User,
        name: &str,
    ) -> Option<Attribute<'a>> {
        let profile = &user.profile;
        if let Some(set) = profile.extra.as_ref().and_then(|extra| extra.get(name)) {
            return Some(set.into());
        }
        if !user.made_up && !STORED.contains(&name) {
            return ATTRIBUTES.contains(&name).then_some(Attribute::Null);
        }
        let n = u64::from(ix.0);
        let place = profile.place.get();
        let text = |text: &'a str| Attribute::Text(Cow::Borrowed(text));
        let made = |text: String| Attribute::Text(Cow::Owned(text));
        Some(match name {
            "login" => text(&profile.login),
            "email" => text(&profile.email),
            "firstName" => text(&profile.first_name),
            "lastName" => text(&profile.last_name),
            "displayName" => made(format!("{} {}", profile.first_name, profile.last_name)),
            "mobilePhone" => phone(self.seed, n).map_or(Attribute::Null, made),
            "secondEmail" => second_email(self.seed, n, profile).map_or(Attribute::Null, made),
            "title" => text(title(profile)),
            "userType" => text(if profile.contractor {
                "Contractor"
            } else {
                "Employee"
            }),
            "department" => text(department(profile.department).name),
            "division" => text(department(profile.department).division),
            "organization" => text(&self.facts.name),
            "costCenter" => text(department(profile.department).cost_center),
            "employeeNumber" => made(format!("{:06}", 100_000 + n * 7)),
            "manager" => match profile.manager {
                Some(manager) => made(self.display_name(manager)),
                None => Attribute::Null,
            },
            "managerId" => match profile.manager {
                Some(manager) => text(&self.user(manager).profile.login),
                None => Attribute::Null,
            },
            "city" => text(place.city),
            "state" => text(place.state),
            "countryCode" => text(place.country_code),
            "zipCode" => text(place.postal_code),
            "timezone" => text(place.zone),
            "locale" => text(locale(place.country_code)),
            "hireDate" => made(hire_date(self.seed, n, user)),
            "contractor" => Attribute::Bool(profile.contractor),
            "badgeNumber" => Attribute::Number(40_000 + i64::from(ix.0)),
            "spokenLanguages" => Attribute::List(languages(place.country_code)),
            "deskLocation" if profile.contractor => Attribute::Null,
            "deskLocation" => made(desk(self.seed, n)),
            _ => return None,
        })
    }

    /// Those of `wanted` that the user's profile does not say already.
    pub fn differing(
        &self,
        ix: UserIx,
        wanted: &BTreeMap<String, Value>,
    ) -> BTreeMap<String, Value> {
        let user = self.user(ix);
        let differs = |name: &str, value: &Value| {
            let now = self.attribute(ix, user, name).unwrap_or(Attribute::Null);
            now != Attribute::from(value)
        };
        wanted
            .iter()
            .filter(|(name, value)| differs(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// Every attribute that the user's profile has a value for.
    pub fn attributes_set(&self, ix: UserIx) -> Vec<String> {
        let user = self.user(ix);
        let extra = user.profile.extra.iter().flat_map(|extra| extra.keys());
        let names: BTreeSet<&str> = extra
            .map(String::as_str)
            .chain(ATTRIBUTES.iter().copied())
            .collect();
        let is_set = |name: &&str| {
            let value = self.attribute(ix, user, name);
            value.is_some_and(|value| value != Attribute::Null)
        };
        names
            .into_iter()
            .filter(is_set)
            .map(str::to_owned)
            .collect()
    }

    /// What a person is called, as in the log's `displayName`.
    pub fn display_name(&self, ix: UserIx) -> String {
        let profile = &self.user(ix).profile;
        format!("{} {}", profile.first_name, profile.last_name)
    }
}

impl<'a> From<&'a Value> for Attribute<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(truth) => Self::Bool(*truth),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Number(number) => number.as_i64().map_or(Self::Other(value), Self::Number),
            Value::Array(items) => items
                .iter()
                .map(Value::as_str)
                .collect::<Option<Vec<_>>>()
                .map_or(Self::Other(value), Self::List),
            Value::Object(_) => Self::Other(value),
        }
    }
}

fn title(profile: &Profile) -> &'static str {
    let titles = department(profile.department).titles;
    titles[usize::from(profile.title) % titles.len()]
}

fn phone(seed: Seed, n: u64) -> Option<String> {
    seed.percent("has-phone", n, 40).then(|| {
        let line = seed.below("phone", n, 10_000);
        format!("+1 555 01{:02} {line:04}", seed.below("phone-area", n, 100))
    })
}

fn second_email(seed: Seed, n: u64, profile: &Profile) -> Option<String> {
    seed.percent("has-second-email", n, 25).then(|| {
        let local = profile.login.split('@').next().unwrap_or_default();
        format!("{local}@personal.example.net")
    })
}

fn hire_date(seed: Seed, n: u64, user: &User) -> String {
    let days = i64::try_from(seed.below("hired", n, 21)).expect("below 21");
    let mut date = (user.created + days * DAY_MS).to_string();
    date.truncate("2026-11-22".len());
    date
}

fn desk(seed: Seed, n: u64) -> String {
    let floor = 1 + seed.below("floor", n, 9);
    let row = letters(seed.hash("row", n), b"ABCDEF", 1);
    format!("{floor}-{row}-{:02}", 1 + seed.below("desk", n, 48))
}

fn locale(country_code: &str) -> &'static str {
    match country_code {
        "DE" => "de_DE",
        "FR" => "fr_FR",
        "ES" => "es_ES",
        "PL" => "pl_PL",
        "JP" => "ja_JP",
        "KR" => "ko_KR",
        "BR" => "pt_BR",
        "NL" => "nl_NL",
        "GB" | "IE" => "en_GB",
        _ => "en_US",
    }
}

fn languages(country_code: &str) -> Vec<&'static str> {
    match country_code {
        "DE" => vec!["de", "en"],
        "FR" => vec!["fr", "en"],
        "CA" => vec!["en", "fr"],
        "ES" => vec!["es", "en"],
        "PL" => vec!["pl", "en"],
        "JP" => vec!["ja", "en"],
        "KR" => vec!["ko", "en"],
        "BR" => vec!["pt", "en"],
        "NL" => vec!["nl", "en", "de"],
        "IN" => vec!["hi", "en"],
        "IL" => vec!["he", "en"],
        _ => vec!["en"],
    }
}
