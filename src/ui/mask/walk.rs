//! Goes through a value of JSON, Okta's or ours, and puts pseudonyms where people are.

use serde_json::{Map, Value};

use super::fields::{
    About, Class, about, about_subject, class_in_profile, class_of, class_of_change, class_of_edit,
    classes_of_facts, is_below_user, is_change_of_user, is_of_person, is_user,
};
use super::{HARDWARE, Mask};

impl Mask {
    pub(super) fn walk(&mut self, value: &mut Value, class: Option<Class>) {
        match value {
            Value::String(text) => *text = self.masked_text(text, class),
            Value::Array(all) => self.walk_list(all, class),
            Value::Object(members) => self.walk_object(members, class),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn walk_list(&mut self, all: &mut [Value], class: Option<Class>) {
        if let [key, Value::String(name)] = all {
            // An id or a reference, and what people call it.
            let about = match &*key {
                Value::String(id) if is_user(id) && !is_user(name) => About::Person,
                Value::String(id) if id.starts_with("guo") => About::Device,
                Value::Object(_) => about_subject(key),
                _ => About::Unknown,
            };
            if let Some(class) = class_of_name(about) {
                *name = self.pseudonym(class, name);
                return;
            }
        }
        for one in all {
            self.walk(one, class);
        }
    }

    fn walk_object(&mut self, members: &mut Map<String, Value>, class: Option<Class>) {
        self.note_whole_name(members);
        let about = about(members);
        let changed = members.get("field").and_then(Value::as_str);
        let changed = changed.and_then(class_of_change);
        let changed = changed.or_else(|| class_of_edit(members));
        let of_user = is_change_of_user(members);
        let below_user = is_below_user(members);
        let seen = members.get("part").and_then(Value::as_str);
        let seen = seen.map(classes_of_sighting);
        let facts = classes_of_facts(members);
        let is_place = members.contains_key("geolocation") || members.contains_key("postalCode");
        let is_factor = members.contains_key("credentialId");
        for (name, value) in members {
            let own = match name.as_str() {
                "facts" if facts.is_some() => {
                    self.walk_facts(value, facts.as_deref().unwrap_or_default());
                    continue;
                }
                "profile" if is_of_person(value) => {
                    self.walk_profile(value);
                    continue;
                }
                "lat" | "lon" | "latitude" | "longitude" if value.is_number() => {
                    *value = Value::from(0);
                    continue;
                }
                // A value of the filter language and other wrappings have the class of what they stand for.
                "Is" | "Begins" | "Named" | "value" if class.is_some() => class,
                "name" if class.is_some() => class,
                "value" if seen.is_some() => seen.and_then(|(value, _)| value),
                "beside" if seen.is_some() => seen.and_then(|(_, beside)| beside),
                // What has a type says itself whether it is a person.
                "display_name" | "displayName" | "alternate_id" | "alternateId"
                    if about == About::Other =>
                {
                    None
                }
                "display_name" | "displayName" | "name" | "detail" if about != About::Unknown => {
                    class_of_name(about)
                }
                "name" | "target" if of_user => Some(Class::Name),
                "parent_name" if below_user => Some(Class::Name),
                "before" | "after" if changed.is_some() => changed,
                "device" if value.is_object() => Some(Class::Device),
                "state" if is_place => Some(Class::Place),
                "name" if is_factor => Some(Class::Device),
                name => class_of(name),
            };
            self.walk(value, own);
        }
    }

    /// First and last name stand apart in an object, and together in texts about it.
    fn note_whole_name(&mut self, members: &Map<String, Value>) {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        for (first, last) in [("first_name", "last_name"), ("firstName", "lastName")] {
            if let (Some(first), Some(last)) = (text(first), text(last)) {
                self.note(format!("{first} {last}").trim());
            }
        }
    }

    fn walk_facts(&mut self, facts: &mut Value, classes: &[Option<Class>]) {
        let Value::Array(facts) = facts else { return };
        for (at, fact) in facts.iter_mut().enumerate() {
            self.walk(fact, classes.get(at).copied().flatten());
        }
    }

    /// A person's profile: what is not known to tell nothing is taken to tell.
    fn walk_profile(&mut self, profile: &mut Value) {
        let Value::Object(attributes) = profile else {
            return;
        };
        self.note_whole_name(attributes);
        for (name, value) in attributes {
            let class = class_in_profile(name);
            if value.is_number() && class.is_some() {
                *value = Value::from(0);
            }
            self.walk(value, class);
        }
    }

    fn masked_text(&mut self, text: &str, class: Option<Class>) -> String {
        let looks_like_json = [('{', '}'), ('[', ']')]
            .iter()
            .any(|(first, last)| text.starts_with(*first) && text.ends_with(*last));
        if looks_like_json {
            // Okta's JSON, kept as it came.
            if let Ok(mut inner) = serde_json::from_str::<Value>(text) {
                self.walk(&mut inner, class);
                return inner.to_string();
            }
        }
        if HARDWARE.is_match(text) {
            return self.pseudonym(Class::Device, text);
        }
        let bare = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        match (class, bare) {
            (Some(class), Some(bare)) => format!("\"{}\"", self.pseudonym(class, bare)),
            (Some(class), None) => self.pseudonym(class, text),
            (None, _) => self.text(text),
        }
    }
}

fn class_of_name(about: About) -> Option<Class> {
    match about {
        About::Person => Some(Class::Name),
        About::Device => Some(Class::Device),
        About::Other | About::Unknown => None,
    }
}

/// What was seen in the log, and what beside it.
fn classes_of_sighting(part: &str) -> (Option<Class>, Option<Class>) {
    match part {
        "User" => (Some(Class::Name), Some(Class::Address)),
        "Actor" => (None, Some(Class::Address)),
        "Address" => (Some(Class::Address), None),
        "Place" => (None, Some(Class::Place)),
        "Device" => (None, Some(Class::Device)),
        _ => (None, None),
    }
}

/// Changes every text of a value.
pub(super) fn each_text(value: &mut Value, change: &mut impl FnMut(&str) -> String) {
    match value {
        Value::String(text) => *text = change(text),
        Value::Array(all) => all.iter_mut().for_each(|one| each_text(one, change)),
        Value::Object(members) => members.values_mut().for_each(|one| each_text(one, change)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
