//! Where a jump can lead from what is under the cursor: the menu behind one key, with why each entry does not apply when it does not.

use jiff::SignedDuration;

use super::detail::Tab;
use super::event_page::object_of;
use super::linked::Destination;
use super::trace::Events;
use crate::domain::entry::{EntryKind, Subject};
use crate::domain::filter::{self, Value};
use crate::domain::id::ObjectId;
use crate::domain::log_event::{LogEvent, Party};
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::domain::trace::Thing;

/// How far around an event its neighbours are.
const AROUND: SignedDuration = SignedDuration::from_mins(5);

/// A line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// Its letter.
    pub key: char,
    /// What it leads to.
    pub name: &'static str,
    /// Which one, and where that is; or why there is none.
    pub to: Result<(String, Destination), &'static str>,
}

type Found = Result<(String, Destination), &'static str>;

/// Letters and names of the menu, in its order.
const ENTRIES: [(char, &str); 13] = [
    ('u', "user"),
    ('t', "target"),
    ('g', "groups"),
    ('a', "apps"),
    ('s', "session"),
    ('r', "root session"),
    ('x', "transaction"),
    ('i', "address"),
    ('d', "device"),
    ('n', "network (ASN)"),
    ('m', "5 minutes around"),
    ('o', "owners"),
    ('p', "admin paths"),
];

const NO_EVENT: &str = "only an event tells it";

fn menu(to: impl Fn(char) -> Found) -> Vec<Jump> {
    let line = |(key, name)| Jump {
        key,
        name,
        to: to(key),
    };
    ENTRIES.into_iter().map(line).collect()
}

/// From an event.
pub fn from_event(event: &LogEvent) -> Vec<Jump> {
    let parties = || event.actor.iter().chain(&event.targets);
    let user = parties().find_map(of_kind(is_user));
    let group = event.targets.iter().find_map(of_kind(is_group));
    let app = event.targets.iter().find_map(of_kind(is_app));
    let target = event.targets.iter().find_map(of_kind(|_| true));
    menu(|key| match key {
        'u' => page(user.clone(), "the event names no user of the org"),
        't' => page(target.clone(), "its targets are no users, groups or apps"),
        'g' => match &group {
            Some(group) => page(Some(group.clone()), ""),
            None => tab(
                user.as_ref(),
                Tab::Groups,
                "groups of",
                "it names no group and no user",
            ),
        },
        'a' => match &app {
            Some(app) => page(Some(app.clone()), ""),
            None => tab(
                user.as_ref(),
                Tab::Apps,
                "apps of",
                "it names no app and no user",
            ),
        },
        's' => trace(
            event.session.as_ref(),
            Thing::Session,
            "the event is of no session",
        ),
        'r' => trace(
            event.root_session.as_ref(),
            Thing::RootSession,
            "it tells no root session",
        ),
        'x' => transaction(event),
        'i' => trace(
            event.ip.as_ref(),
            Thing::Address,
            "the event tells no address",
        ),
        'd' => trace(
            event.origin.device.as_ref(),
            Thing::Device,
            "no registered device is told",
        ),
        'n' => trace(
            event.origin.as_number.as_ref(),
            Thing::Network,
            "no network is told",
        ),
        'm' => Ok(around(event)),
        'o' => owners(group.as_ref(), user.as_ref()),
        _ => admin(user.as_ref()),
    })
}

/// From something that the mirror keeps.
pub fn from_subject(subject: &Subject, name: &str) -> Vec<Jump> {
    let object = match subject {
        Subject::Object(id) => Some((id.clone(), name.to_owned())),
        Subject::Entry(_) => None,
    };
    let kind = |is: fn(&ObjectId) -> bool| object.clone().filter(|(id, _)| is(id));
    let user = kind(is_user);
    let group = kind(is_group);
    let app = kind(is_app);
    menu(|key| match key {
        'u' => page(user.clone(), "this is no user"),
        'g' => match &app {
            Some(_) => tab(app.as_ref(), Tab::Groups, "groups of", ""),
            None => tab(
                user.as_ref(),
                Tab::Groups,
                "groups of",
                "only users and apps have groups",
            ),
        },
        'a' => match &group {
            Some(_) => tab(group.as_ref(), Tab::Apps, "apps of", ""),
            None => tab(
                user.as_ref(),
                Tab::Apps,
                "apps of",
                "only users and groups have apps",
            ),
        },
        'o' => owners(group.as_ref(), user.as_ref()),
        'p' => admin(user.as_ref()),
        _ => Err(NO_EVENT),
    })
}

type Object = (ObjectId, String);

fn is_user(id: &ObjectId) -> bool {
    matches!(id, ObjectId::User(_))
}

fn is_group(id: &ObjectId) -> bool {
    matches!(id, ObjectId::Group(_))
}

fn is_app(id: &ObjectId) -> bool {
    matches!(id, ObjectId::App(_))
}

/// The object that a party is, where it is such a one.
fn of_kind(is: impl Fn(&ObjectId) -> bool) -> impl Fn(&Party) -> Option<Object> {
    move |party| {
        let id = object_of(party).filter(|id| is(id))?;
        Some((id, party.label().to_owned()))
    }
}

fn page(object: Option<Object>, why_not: &'static str) -> Found {
    let (id, name) = object.ok_or(why_not)?;
    Ok((name, Destination::Subject(Subject::Object(id))))
}

fn tab(object: Option<&Object>, tab: Tab, of: &str, why_not: &'static str) -> Found {
    let (id, name) = object.ok_or(why_not)?;
    let to = Destination::Tab(Subject::Object(id.clone()), tab);
    Ok((format!("{of} {name}"), to))
}

/// Who owns the group, or else what the user owns: an owner goes by its own id in the list of them.
fn owners(group: Option<&Object>, user: Option<&Object>) -> Found {
    let owned = user.filter(|_| group.is_none());
    if let Some((id, name)) = owned
        && let Ok(owner) = id.as_str().parse()
    {
        let to = Destination::Entry(EntryKind::GroupOwner, owner);
        return Ok((format!("groups owned by {name}"), to));
    }
    let owners = Tab::Below(EntryKind::GroupOwner);
    tab(
        group,
        owners,
        "owners of",
        "only groups have owners, and only users own them",
    )
}

fn admin(user: Option<&Object>) -> Found {
    let (id, name) = user.ok_or("only users are looked at for admin roles")?;
    let to = Destination::Admin(Subject::Object(id.clone()), name.clone());
    Ok((format!("admin roles of {name}"), to))
}

fn trace(value: Option<&SafeText>, thing: fn(String) -> Thing, why_not: &'static str) -> Found {
    let value = value.filter(|value| !value.is_empty()).ok_or(why_not)?;
    let thing = thing(value.to_string());
    Ok((value.to_string(), Destination::Trace(thing)))
}

fn transaction(event: &LogEvent) -> Found {
    let value = event.transaction.as_ref().filter(|value| !value.is_empty());
    let value = value.ok_or("the event is of no transaction")?.to_string();
    let filter = filter::clause("transaction", &Value::Is(value.clone()), false);
    let title = format!("events of transaction {value}");
    Ok((value, Destination::Events(Events { filter, title })))
}

/// What else happened at that time, whoever did it.
fn around(event: &LogEvent) -> (String, Destination) {
    let at = event.published;
    let bound = |at: jiff::Timestamp| time::format_okta(at);
    let from = at.checked_sub(AROUND).unwrap_or(at);
    let to = at.checked_add(AROUND).unwrap_or(at);
    let filter = format!("published>={} published<={}", bound(from), bound(to));
    let title = format!("events around {}", super::format::moment(at));
    let shown = "whoever did it".to_owned();
    (shown, Destination::Events(Events { filter, title }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fields::EventFields;
    use crate::domain::filter::{Fields as _, Filter};
    use crate::domain::log_event::Origin;
    use crate::ui::log::samples::event;

    fn to(jumps: &[Jump], key: char) -> Result<Destination, &'static str> {
        let jump = jumps.iter().find(|jump| jump.key == key).unwrap();
        jump.to.clone().map(|(_, to)| to)
    }

    #[test]
    fn an_event_leads_to_all_that_it_names_and_says_what_it_does_not() {
        let mut event = event(3, "user.session.start", "SUCCESS");
        let jumps = from_event(&event);
        let user = Subject::Object(ObjectId::User("00u1".parse().unwrap()));
        let app = Subject::Object(ObjectId::App("0oa1".parse().unwrap()));
        assert_eq!(to(&jumps, 'u'), Ok(Destination::Subject(user.clone())));
        assert_eq!(to(&jumps, 't'), Ok(Destination::Subject(app.clone())));
        assert_eq!(to(&jumps, 'a'), Ok(Destination::Subject(app)));
        assert_eq!(to(&jumps, 'g'), Ok(Destination::Tab(user, Tab::Groups)));
        let session = Thing::Session("102xYk3".to_owned());
        assert_eq!(to(&jumps, 's'), Ok(Destination::Trace(session)));
        assert_eq!(to(&jumps, 'd'), Err("no registered device is told"));
        let owner = "00u1".parse().unwrap();
        let owned = Destination::Entry(EntryKind::GroupOwner, owner);
        assert_eq!(to(&jumps, 'o'), Ok(owned));
        let Ok(Destination::Events(around)) = to(&jumps, 'm') else {
            panic!("there is always a time");
        };
        let filter = Filter::parse(&around.filter, EventFields::NAMES).unwrap();
        assert!(filter.matches(&event, event.published));
        event.origin = Origin {
            device: Some("guo1".into()),
            as_number: Some("701".into()),
            ..Origin::default()
        };
        event.actor = None;
        event.targets.clear();
        let jumps = from_event(&event);
        let device = Thing::Device("guo1".to_owned());
        assert_eq!(to(&jumps, 'd'), Ok(Destination::Trace(device)));
        for key in ['u', 't', 'g', 'a', 'p'] {
            assert!(to(&jumps, key).is_err(), "{key}");
        }
    }

    #[test]
    fn an_object_leads_to_what_belongs_to_it() {
        let group = Subject::Object(ObjectId::Group("00g1".parse().unwrap()));
        let jumps = from_subject(&group, "Sales");
        let owners = Tab::Below(EntryKind::GroupOwner);
        assert_eq!(to(&jumps, 'o'), Ok(Destination::Tab(group.clone(), owners)));
        assert_eq!(to(&jumps, 'a'), Ok(Destination::Tab(group, Tab::Apps)));
        assert!(to(&jumps, 'u').is_err() && to(&jumps, 'g').is_err());
        assert_eq!(to(&jumps, 's'), Err(NO_EVENT));
    }
}
