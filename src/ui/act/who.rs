//! What a change would be about, with what the mirror has of it.

use crate::action::facts::Facts;
use crate::domain::entry::{Entry, EntryKind, Subject};
use crate::domain::group::Group;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::Scope;
use crate::domain::text::RawJson;
use crate::msg::AnyRow;
use crate::ui::record::{Item, Topic};

/// The names of links that tell which changes of a user's life cycle can be made.
const LINKS: [&str; 9] = [
    "activate",
    "reactivate",
    "deactivate",
    "suspend",
    "unsuspend",
    "unlock",
    "resetPassword",
    "expirePassword",
    "resetFactors",
];

/// Something that a change would be about.
#[derive(Clone, Debug, PartialEq)]
pub struct Who {
    /// What.
    pub subject: Subject,
    /// What people call it.
    pub name: String,
    /// What it is of an event; empty where it is no event's.
    pub role: &'static str,
    /// What the mirror has of it.
    pub facts: Facts,
    /// In whose list it stands: the group of a member, the user of a group.
    pub within: Option<ObjectId>,
    /// The entry, where it is one.
    pub entry: Option<Box<Entry>>,
    /// Whether the mirror's row was looked at.
    pub is_known: bool,
    /// The links that Okta gave with it; empty where it gave none of its life cycle.
    links: Vec<&'static str>,
}

impl Who {
    /// Something of which only the id and the name are known.
    pub fn named(subject: Subject, name: &str, role: &'static str) -> Self {
        Self {
            subject,
            name: name.to_owned(),
            role,
            facts: Facts::new(),
            within: None,
            entry: None,
            is_known: false,
            links: Vec::new(),
        }
    }

    /// A row, which stands in that list.
    pub fn row(item: &Item, topic: Option<&Topic>) -> Self {
        let mut who = Self::named(item.subject(), item.name(), "");
        who.within = topic.and_then(within);
        who.learn(item);
        who
    }

    /// Takes in what the mirror has of it.
    pub fn learn(&mut self, item: &Item) {
        self.is_known = true;
        item.name().clone_into(&mut self.name);
        match item {
            Item::Object(AnyRow::User(row)) => {
                let user = &row.value;
                self.facts.put("user.status", user.status.word());
                if let Some(to) = &user.transitioning_to {
                    self.facts.put("user.transitioningToStatus", to.to_string());
                }
                self.facts.put("user.gone", row.archived.is_some());
            }
            Item::Object(AnyRow::Group(row)) => {
                self.learn_group(&row.value);
                self.facts.put("group.gone", row.archived.is_some());
            }
            Item::Object(AnyRow::App(row)) => {
                self.facts.put("app.status", row.value.status.word());
                self.facts.put("app.gone", row.archived.is_some());
            }
            Item::Entry(row) => self.learn_entry(&row.entry),
            Item::Holder(_) => self.is_known = false,
        }
        self.links = item.raw().map(links).unwrap_or_default();
    }

    fn learn_group(&mut self, group: &Group) {
        self.facts.put("group.type", group.kind.word());
        self.facts.put("group.profile.name", group.name.to_string());
        let description = group.description.as_ref().map(ToString::to_string);
        self.facts
            .put("group.profile.description", description.unwrap_or_default());
    }

    fn learn_entry(&mut self, entry: &Entry) {
        let fact = match entry.key.kind {
            EntryKind::GroupRule => "rule.status",
            EntryKind::Idp => "idp.status",
            EntryKind::Device => "device.status",
            EntryKind::PolicyRule => "policy_rule.status",
            EntryKind::ClientSecret => "secret.status",
            _ => "",
        };
        if let Some(status) = entry.status.as_ref().filter(|_| !fact.is_empty()) {
            self.facts.put(fact, status.to_string());
        }
        if entry.key.kind == EntryKind::Zone
            && let Some(kind) = entry.fact("type")
        {
            self.facts.put("zone.type", kind.to_string());
        }
        self.entry = Some(Box::new(entry.clone()));
    }

    /// What kind of object it is; `None` for an entry.
    pub fn kind(&self) -> Option<Kind> {
        match &self.subject {
            Subject::Object(id) => Some(id.kind()),
            Subject::Entry(_) => None,
        }
    }

    /// Whether Okta told which changes it offers, and this was not among them.
    pub(super) fn lacks_link(&self, link: &str) -> bool {
        !self.links.is_empty() && LINKS.contains(&link) && !self.links.contains(&link)
    }

    /// A text that any question for a text could be answered with.
    pub(super) fn sample_text(&self) -> &'static str {
        match self.kind() {
            Some(_) => "login=SAMPLE",
            None => "192.0.2.1",
        }
    }

    /// A fact that is a text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.facts.text(name)
    }
}

fn within(topic: &Topic) -> Option<ObjectId> {
    match topic {
        Topic::Objects(_, Scope::OfGroup(id)) => Some(ObjectId::Group(id.clone())),
        Topic::Objects(_, Scope::OfApp(id)) => Some(ObjectId::App(id.clone())),
        Topic::Objects(_, Scope::OfUser(id)) => Some(ObjectId::User(id.clone())),
        _ => None,
    }
}

/// Which changes Okta links; lists come with `self` alone.
fn links(raw: &RawJson) -> Vec<&'static str> {
    let json: Option<serde_json::Value> = serde_json::from_str(raw.as_unsafe_str()).ok();
    let links = json
        .as_ref()
        .and_then(|json| json.get("_links")?.as_object());
    let Some(links) = links else {
        return Vec::new();
    };
    let told = LINKS.into_iter();
    told.filter(|name| links.contains_key(*name)).collect()
}
