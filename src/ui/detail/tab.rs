//! The tabs of a page: which there are for what, what they are called, and what each of them shows.

use crate::access::{Goal, Question};
use crate::domain::entry::{Above, EntryId, EntryKey, EntryKind, How, Subject, Target};
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::Scope;
use crate::ui::changes::Changes;
use crate::ui::linked::Linked;
use crate::ui::list::List;
use crate::ui::log::Log;
use crate::ui::reasons::Reasons;
use crate::ui::record::{self, Item, Topic};

/// A tab of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// A user's profile and, in short, the rest.
    Profile,
    /// What an entry is, and what it refers to.
    Overview,
    /// Users of a group.
    Members,
    /// Users of an app.
    Users,
    /// Groups of a user or an app.
    Groups,
    /// Apps of a user or a group.
    Apps,
    /// A user's factors.
    Factors,
    /// How people sign in to an app.
    SignOn,
    /// What an app provisions.
    Provisioning,
    /// Entries of this kind that hang below it.
    Below(EntryKind),
    /// Entries of this kind that refer to it; such a tab is there only when the mirror has some.
    Owned(EntryKind),
    /// Whoever a group rule made a member.
    Managed,
    /// What makes use of a group.
    UsedBy,
    /// What a user has and why; who has the app or is in the group, and why.
    Access,
    /// Events about it.
    Events,
    /// What changed in it, and what it began or ceased to belong to.
    Changes,
    /// Okta's JSON.
    Raw,
}

/// What a tab shows below the summary.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text, made anew whenever something it tells about changes.
    Text(Linked),
    /// A list of other things.
    List(Box<List>),
    /// Events.
    Log(Box<Log>),
    /// An answer about access.
    Reasons(Box<Reasons>),
    /// What happened to it.
    Changes(Box<Changes>),
}

impl Tab {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::Overview => "Overview",
            Self::Members => "Members",
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Apps => "Apps",
            Self::Factors => "Factors",
            Self::SignOn => "Sign-on",
            Self::Provisioning => "Provisioning",
            Self::Below(kind) => below_title(kind),
            Self::Owned(kind) => owned_title(kind),
            Self::Managed => "Members",
            Self::UsedBy => "Used by",
            Self::Access => "Access",
            Self::Events => "Events",
            Self::Changes => "Changes",
            Self::Raw => "Raw",
        }
    }

    /// The tabs of the page about that, in order; there are at most nine, one for each digit.
    pub fn of(subject: &Subject) -> Vec<Self> {
        let mut tabs = match subject {
            Subject::Object(id) => of_objects(id.kind()),
            Subject::Entry(key) => {
                let below = below(key.kind).map(Self::Below);
                let managed = (key.kind == EntryKind::GroupRule).then_some(Self::Managed);
                std::iter::once(Self::Overview)
                    .chain(managed)
                    .chain(below)
                    .collect()
            }
        };
        tabs.extend([Self::Events, Self::Changes, Self::Raw]);
        tabs
    }

    /// The tabs behind the others, each without a digit, that the page has when the mirror has something to show in them.
    pub fn on_demand(subject: &Subject) -> &'static [Self] {
        match subject {
            Subject::Object(ObjectId::User(_)) => &[
                Self::Owned(EntryKind::ApiToken),
                Self::Owned(EntryKind::Device),
                Self::Owned(EntryKind::GroupOwner),
            ],
            _ => &[],
        }
    }

    /// What the tab shows on the page about `subject`, before anything was asked.
    pub(super) fn body(self, subject: &Subject) -> Body {
        let id = record::id_text(subject);
        match self {
            Self::Members | Self::Users => objects(Kind::User, subject),
            Self::Groups => objects(Kind::Group, subject),
            Self::Apps => objects(Kind::App, subject),
            Self::Below(kind) => {
                let topic = Topic::Entries {
                    kind,
                    parent: parent_id(kind, subject),
                    about: None,
                };
                Body::List(Box::new(List::new(topic)))
            }
            Self::Owned(kind) => {
                let topic = Topic::Entries {
                    kind,
                    parent: None,
                    about: Some(subject.clone()),
                };
                Body::List(Box::new(List::new(topic)))
            }
            Self::Access | Self::UsedBy => access(self, subject),
            Self::Events => Body::Log(Box::new(Log::about(record::about(id)))),
            Self::Changes => Body::Changes(Box::new(Changes::of(subject.clone()))),
            _ => Body::Text(Linked::default()),
        }
    }
}

fn of_objects(kind: Kind) -> Vec<Tab> {
    match kind {
        Kind::User => vec![
            Tab::Profile,
            Tab::Groups,
            Tab::Apps,
            Tab::Below(EntryKind::UserRole),
            Tab::Factors,
            Tab::Access,
        ],
        Kind::Group => vec![
            Tab::Members,
            Tab::Apps,
            Tab::Below(EntryKind::GroupOwner),
            Tab::UsedBy,
            Tab::Access,
        ],
        Kind::App => vec![
            Tab::Users,
            Tab::Groups,
            Tab::SignOn,
            Tab::Provisioning,
            Tab::Below(EntryKind::PushMapping),
            Tab::Access,
        ],
    }
}

/// Whoever a group rule made members; `None` when it gives no group. All the groups that a rule gives have the same of its
/// members, so the first one tells.
pub(super) fn managed(row: &Item) -> Option<Body> {
    let Item::Entry(row) = row else {
        return None;
    };
    let group = row
        .entry
        .refs(How::Gives)
        .find_map(|gives| match &gives.to {
            Target::Object(ObjectId::Group(group)) => Some(group.clone()),
            _ => None,
        })?;
    let rule = row.entry.key.id.clone();
    let topic = Topic::Managed { rule, group };
    Some(Body::List(Box::new(List::new(topic))))
}

/// What is told about access to, by or through that.
fn access(tab: Tab, subject: &Subject) -> Body {
    let question = match (tab, subject) {
        (Tab::UsedBy, Subject::Object(ObjectId::Group(group))) => Question::Uses {
            group: group.clone(),
        },
        (_, Subject::Object(ObjectId::User(user))) => Question::Everything { user: user.clone() },
        (_, Subject::Object(ObjectId::Group(group))) => {
            let who = Topic::Who(Goal::Group(group.clone()));
            return Body::List(Box::new(List::new(who)));
        }
        (_, Subject::Object(ObjectId::App(app))) => {
            let who = Topic::Who(Goal::App(app.clone()));
            return Body::List(Box::new(List::new(who)));
        }
        (_, Subject::Entry(_)) => return Body::Text(Linked::default()),
    };
    Body::Reasons(Box::new(Reasons::new(tab.title().to_owned(), question)))
}

/// The kinds whose entries hang below an entry of `kind`.
fn below(kind: EntryKind) -> impl Iterator<Item = EntryKind> {
    EntryKind::ALL.iter().copied().filter(move |child| {
        let above = child.above();
        above == Above::Entry(kind) || (kind == EntryKind::Binding && above == Above::Binding)
    })
}

/// What entries of `kind` below that have as their parent.
fn parent_id(kind: EntryKind, subject: &Subject) -> Option<EntryId> {
    match (kind.above(), subject) {
        (
            Above::Binding,
            Subject::Entry(EntryKey {
                parent: Some(set),
                id,
                ..
            }),
        ) => format!("{set}:{id}").parse().ok(),
        (_, Subject::Entry(key)) => Some(key.id.clone()),
        (_, Subject::Object(id)) => id.as_str().parse().ok(),
    }
}

fn objects(kind: Kind, subject: &Subject) -> Body {
    let scope = match subject {
        Subject::Object(ObjectId::User(id)) => Scope::OfUser(id.clone()),
        Subject::Object(ObjectId::Group(id)) => Scope::OfGroup(id.clone()),
        Subject::Object(ObjectId::App(id)) => Scope::OfApp(id.clone()),
        // No page of an entry has a tab of objects.
        Subject::Entry(_) => Scope::All,
    };
    Body::List(Box::new(List::new(Topic::Objects(kind, scope))))
}

/// The title of what somebody has, short because who has it is told above it.
fn owned_title(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::ApiToken => "Tokens",
        EntryKind::GroupOwner => "Owns",
        kind => kind.title(),
    }
}

/// The title of what hangs below something, short because what it hangs below is told above it.
fn below_title(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::UserRole | EntryKind::GroupRole | EntryKind::ClientRole => "Roles",
        EntryKind::GroupOwner => "Owners",
        EntryKind::BindingMember => "Members",
        EntryKind::SetResource => "Resources",
        EntryKind::ClientSecret => "Secrets",
        EntryKind::ClientKey => "Keys",
        EntryKind::PolicyRule => "Rules",
        EntryKind::PolicyMapping => "Apps",
        EntryKind::UserSchema => "Schema",
        EntryKind::PushMapping => "Push",
        kind => kind.title(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: EntryKind, parent: Option<&str>) -> Subject {
        Subject::Entry(EntryKey {
            kind,
            parent: parent.map(|id| id.parse().unwrap()),
            id: "x1".parse().unwrap(),
        })
    }

    #[test]
    fn every_page_has_a_digit_for_each_tab() {
        let mut subjects: Vec<Subject> = EntryKind::ALL
            .iter()
            .map(|kind| entry(*kind, None))
            .collect();
        subjects.push(Subject::Object(ObjectId::User("00u1".parse().unwrap())));
        subjects.push(Subject::Object(ObjectId::Group("00g1".parse().unwrap())));
        subjects.push(Subject::Object(ObjectId::App("0oa1".parse().unwrap())));
        for subject in subjects {
            let tabs = Tab::of(&subject);
            assert!(tabs.len() <= 9, "{subject:?}: {tabs:?}");
        }
    }

    #[test]
    fn what_hangs_below_an_entry_has_a_tab() {
        let tabs = Tab::of(&entry(EntryKind::Client, None));
        for kind in [
            EntryKind::ClientSecret,
            EntryKind::ClientKey,
            EntryKind::ClientGrant,
            EntryKind::ClientRole,
        ] {
            assert!(tabs.contains(&Tab::Below(kind)), "{kind}");
        }
        let binding = entry(EntryKind::Binding, Some("iam1"));
        let parent = parent_id(EntryKind::BindingMember, &binding).unwrap();
        assert_eq!(parent.as_str(), "iam1:x1");
    }
}
