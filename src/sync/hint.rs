//! What a log event tells about what else to read: the one object concerned, and nothing more.
//!
//! An event is a hint, never data: it says that something about an object may have changed, the object is read again by id, and
//! only that answer goes into the mirror. Hints are values; [`plan`] turns a batch of them into the fewest reads.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKind;
use crate::domain::id::{AppId, EventUuid, GroupId, UserId};
use crate::domain::log_event::LogEvent;
use crate::domain::resource::Resource;

use super::cause;

/// One thing that an event says may have changed, with the event that says so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hint {
    /// A user's profile or status.
    User(UserId),
    /// A user was deleted.
    UserDeleted(UserId),
    /// A user lost or gained memberships without an event for each (deactivation does that, and being made).
    GroupsOfUser(UserId),
    /// A group's profile.
    Group(GroupId),
    /// A group was deleted.
    GroupDeleted(GroupId),
    /// A user joined or left a group.
    Membership(GroupId, UserId, Turn),
    /// A group was assigned to an app or lost it.
    AppsOfGroup(GroupId),
    /// An app's settings or status.
    App(AppId),
    /// An app was deleted.
    AppDeleted(AppId),
    /// A user's assignment to an app.
    AppUser(AppId, UserId, Turn),
    /// Lists of entries that hang below none.
    Lists(Resource),
    /// A list of entries below this parent.
    List(EntryKind, EntryId),
    /// A policy or its rules.
    Policy(EntryId),
    /// A device.
    Device(EntryId),
}

/// What an event says of two things that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// They do from now on.
    Joined,
    /// They do no longer.
    Parted,
    /// Something about it is other than before: it was provisioned, its name there changed.
    Described,
}

/// An event about two things that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Which event.
    pub event: EventUuid,
    /// What it says.
    pub turn: Turn,
}

impl Deed {
    /// The event, as the proof that the two belong together (`present`) or do not.
    pub fn proves(self, present: bool) -> Option<EventUuid> {
        let says_so = match self.turn {
            Turn::Joined => present,
            Turn::Parted => !present,
            Turn::Described => false,
        };
        says_so.then_some(self.event)
    }
}

fn turn_of(event: &LogEvent) -> Turn {
    match cause::joining(&event.event_type) {
        Some((_, true)) => Turn::Joined,
        Some((_, false)) => Turn::Parted,
        None => Turn::Described,
    }
}

/// What `event` hints at; nothing for the great majority of events. A failed operation changed nothing.
pub fn hints_of(event: &LogEvent) -> Vec<Hint> {
    if cause::has_failed(event) {
        return Vec::new();
    }
    let users = || ids::<UserId>(event, "User");
    let groups = || ids::<GroupId>(event, "UserGroup");
    let apps = || ids::<AppId>(event, "AppInstance");
    match event.event_type.as_str() {
        "user.lifecycle.delete.completed" => users().map(Hint::UserDeleted).collect(),
        // Nobody tells that a new user is in Everyone, nor of the groups that were named in the making.
        "user.lifecycle.create" | "user.lifecycle.deactivate" => users()
            .flat_map(|user| [Hint::User(user.clone()), Hint::GroupsOfUser(user)])
            .collect(),
        kind if kind.starts_with("user.lifecycle.")
            || kind.starts_with("user.account.")
                && !kind.starts_with("user.account.privilege.") =>
        {
            users().map(Hint::User).collect()
        }
        "group.lifecycle.delete" => groups().map(Hint::GroupDeleted).collect(),
        "group.lifecycle.create" | "group.profile.update" => groups().map(Hint::Group).collect(),
        "group.user_membership.add" | "group.user_membership.remove" => {
            pairs(groups(), &users().collect::<Vec<_>>(), |group, user| {
                Hint::Membership(group, user, turn_of(event))
            })
        }
        kind if kind.starts_with("group.application_assignment.") => {
            groups().map(Hint::AppsOfGroup).collect()
        }
        "application.lifecycle.delete" => apps().map(Hint::AppDeleted).collect(),
        kind if kind.starts_with("application.lifecycle.") => apps().map(Hint::App).collect(),
        kind if kind.starts_with("application.user_membership.") => {
            pairs(apps(), &users().collect::<Vec<_>>(), |app, user| {
                Hint::AppUser(app, user, turn_of(event))
            })
        }
        kind => of_entries(kind, event),
    }
}

/// Events that tell of nothing but that something was used, though their names begin like those of changes.
const USES: [&str; 9] = [
    "system.idp.lifecycle.read_client_secret",
    "system.api_token.request_outside_allowed_range",
    "event_hook.delivery",
    "inline_hook.executed",
    "inline_hook.response.processed",
    "policy.rule.action.execute",
    "group.user_membership.rule.trigger",
    "group.user_membership.rule.error",
    "system.feature.ea_auto_enroll",
];

/// Events whose names begin so tell that a list changed; each stands for one operation of an admin.
const LISTS: [(&str, Resource); 23] = [
    ("group.user_membership.rule.", Resource::GroupRules),
    ("iam.role.", Resource::Roles),
    ("iam.resourceset.", Resource::Roles),
    ("system.api_token.", Resource::ApiTokens),
    ("app.oauth2.client.lifecycle.", Resource::Clients),
    ("zone.", Resource::Zones),
    ("security.zone.", Resource::Zones),
    ("system.idp.lifecycle.", Resource::Idps),
    ("system.idp.key.", Resource::Idps),
    ("event_hook.", Resource::Hooks),
    ("inline_hook.", Resource::Hooks),
    ("system.log_stream.lifecycle.", Resource::LogStreams),
    (
        "security.authenticator.lifecycle.",
        Resource::Authenticators,
    ),
    ("security.behavior.settings.", Resource::Behaviors),
    ("security.trusted_origin.", Resource::TrustedOrigins),
    ("security.threat.configuration.", Resource::OrgSettings),
    (
        "security.attack_protection.settings.",
        Resource::OrgSettings,
    ),
    ("support.org.", Resource::OrgSettings),
    ("user.session.impersonation.grant", Resource::OrgSettings),
    ("user.session.impersonation.extend", Resource::OrgSettings),
    ("user.session.impersonation.revoke", Resource::OrgSettings),
    ("system.feature.", Resource::Features),
    ("system.org.captcha.", Resource::OrgSettings),
];

/// Which lists of entries an event says may have changed.
fn of_entries(kind: &str, event: &LogEvent) -> Vec<Hint> {
    if USES.contains(&kind) {
        return Vec::new();
    }
    let below = |list: EntryKind, of: &'static str| {
        entry_ids(event, of).map(move |id| Hint::List(list, id))
    };
    let clients = || entry_ids(event, "PublicClientApp").chain(entry_ids(event, "AppInstance"));
    let credentials = |kinds: &[EntryKind]| {
        let of_one = |id: EntryId| {
            let lists = kinds.iter();
            lists
                .map(move |kind| Hint::List(*kind, id.clone()))
                .collect::<Vec<_>>()
        };
        clients().flat_map(of_one).collect()
    };
    match kind {
        "user.account.privilege.grant" | "user.account.privilege.revoke" => {
            let roles = below(EntryKind::UserRole, "User");
            roles.chain([Hint::Lists(Resource::Admins)]).collect()
        }
        "group.privilege.grant" | "group.privilege.revoke" => {
            let groups = ids::<GroupId>(event, "UserGroup").map(Hint::Group);
            let roles = below(EntryKind::GroupRole, "UserGroup");
            let admins = [Hint::Lists(Resource::Admins)];
            groups.chain(roles).chain(admins).collect()
        }
        "resource.owner.update" => below(EntryKind::GroupOwner, "UserGroup").collect(),
        "app.oauth2.client.privilege.grant" | "app.oauth2.client.privilege.revoke" => {
            credentials(&[EntryKind::ClientRole])
        }
        "app.oauth2.admin.consent.grant" | "app.oauth2.admin.consent.revoke" => {
            credentials(&[EntryKind::ClientGrant])
        }
        "app.oauth2.key.rollover" => credentials(&[EntryKind::ClientKey]),
        kind if kind.starts_with("app.oauth2.credentials.lifecycle.") => {
            credentials(&[EntryKind::ClientSecret, EntryKind::ClientKey])
        }
        kind if kind.starts_with("policy.lifecycle.")
            || kind.starts_with("policy.rule.")
            || kind.starts_with("policy.mapping.") =>
        {
            policies(event)
        }
        kind if kind.starts_with("device.lifecycle.")
            || kind.starts_with("device.user.")
            || kind == "device.enrollment.create" =>
        {
            let devices = event.targets.iter();
            devices
                .filter(|target| target.kind.ends_with("Device"))
                .filter_map(|target| target.id.parse().ok())
                .map(Hint::Device)
                .collect()
        }
        kind if kind.starts_with("user.mfa.factor.") => below(EntryKind::Factor, "User").collect(),
        kind if kind.starts_with("application.provision.group_push.")
            && kind.contains("mapping") =>
        {
            below(EntryKind::PushMapping, "AppInstance").collect()
        }
        kind => LISTS
            .iter()
            .find(|(prefix, _)| kind.starts_with(prefix))
            .map(|(_, resource)| Hint::Lists(*resource))
            .into_iter()
            .collect(),
    }
}

/// The policies that an event names; when it names none, any of them may be meant.
fn policies(event: &LogEvent) -> Vec<Hint> {
    let named = event.targets.iter();
    let named: Vec<Hint> = named
        .filter(|target| target.kind.contains("Policy") && !target.kind.contains("Rule"))
        .filter_map(|target| target.id.parse().ok())
        .map(Hint::Policy)
        .collect();
    if named.is_empty() {
        vec![Hint::Lists(Resource::Policies)]
    } else {
        named
    }
}

fn entry_ids<'a>(event: &'a LogEvent, kind: &'a str) -> impl Iterator<Item = EntryId> + 'a {
    ids(event, kind)
}

fn ids<'a, I: FromStr + 'a>(event: &'a LogEvent, kind: &'a str) -> impl Iterator<Item = I> + 'a {
    event
        .targets_of(kind)
        .filter_map(|target| target.id.parse().ok())
}

fn pairs<A: Clone, B: Clone>(
    first: impl Iterator<Item = A>,
    second: &[B],
    make: impl Fn(A, B) -> Hint + Copy,
) -> Vec<Hint> {
    first
        .flat_map(|a| {
            second
                .iter()
                .cloned()
                .map(move |b| make(a.clone(), b))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A read that hints ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// The user by id; when it is gone and `deleted` names the event that said so, it is archived at once.
    User {
        /// Which user.
        id: UserId,
        /// The delete event.
        deleted: Option<EventUuid>,
    },
    /// The group by id.
    Group {
        /// Which group.
        id: GroupId,
        /// The delete event.
        deleted: Option<EventUuid>,
    },
    /// The app by id.
    App {
        /// Which app.
        id: AppId,
        /// The delete event.
        deleted: Option<EventUuid>,
    },
    /// All groups of a user, to settle these memberships; `all` settles every membership of the user.
    GroupsOfUser {
        /// Which user.
        user: UserId,
        /// The memberships in question, each with the event that raised it.
        groups: BTreeMap<GroupId, Deed>,
        /// Whether memberships without an event are settled too.
        all: bool,
    },
    /// All members of a group, because so many changed that this is cheaper.
    Members(GroupId, EventUuid),
    /// All apps of a group.
    AppsOfGroup(GroupId),
    /// One user's assignment to one app.
    AppUser(AppId, UserId, Deed),
    /// All users of an app, because so many changed that this is cheaper.
    AppUsers(AppId),
    /// A resource's lists of entries that hang below none, and those that are new.
    Lists(Resource, EventUuid),
    /// One list of entries.
    List(EntryKind, EntryId, EventUuid),
    /// One policy, its rules and its apps.
    Policy(EntryId, EventUuid),
    /// One device.
    Device(EntryId, EventUuid),
}

/// How many requests it takes to list everything below a group or an app; `None` when that is not known.
pub trait Sizes {
    /// Requests for a listing of the group's members.
    fn member_pages(&self, group: &GroupId) -> Option<usize>;
    /// Requests for a listing of the app's users.
    fn app_user_pages(&self, app: &AppId) -> Option<usize>;
}

/// The fewest reads that settle these hints, each object once.
pub fn plan(hints: &[(Hint, EventUuid)], sizes: &impl Sizes) -> Vec<Fetch> {
    let mut plan = Plan::default();
    for (hint, evidence) in hints {
        plan.note(hint, *evidence);
    }
    plan.collapse(sizes);
    plan.fetches()
}

/// Notes the last event about a pair that joined or parted it; any other only where there is none.
fn note_deed<K: Ord>(deeds: &mut BTreeMap<K, Deed>, of: K, (event, turn): (EventUuid, Turn)) {
    let deed = Deed { event, turn };
    if turn == Turn::Described {
        deeds.entry(of).or_insert(deed);
    } else {
        deeds.insert(of, deed);
    }
}

#[derive(Default)]
struct Plan {
    users: BTreeMap<UserId, Option<EventUuid>>,
    groups: BTreeMap<GroupId, Option<EventUuid>>,
    apps: BTreeMap<AppId, Option<EventUuid>>,
    memberships: BTreeMap<UserId, BTreeMap<GroupId, Deed>>,
    all_groups_of: BTreeSet<UserId>,
    apps_of_groups: BTreeSet<GroupId>,
    app_users: BTreeMap<AppId, BTreeMap<UserId, Deed>>,
    whole_groups: BTreeMap<GroupId, EventUuid>,
    whole_apps: BTreeSet<AppId>,
    /// What is read before the lists below: whose roles are read depends on who is an admin.
    lists: BTreeMap<Resource, EventUuid>,
    below: BTreeMap<(EntryKind, EntryId), EventUuid>,
    policies: BTreeMap<EntryId, EventUuid>,
    devices: BTreeMap<EntryId, EventUuid>,
}

impl Plan {
    fn note(&mut self, hint: &Hint, evidence: EventUuid) {
        match hint.clone() {
            Hint::User(id) => {
                self.users.entry(id).or_default();
            }
            Hint::UserDeleted(id) => {
                self.users.insert(id, Some(evidence));
            }
            Hint::GroupsOfUser(id) => {
                self.all_groups_of.insert(id);
            }
            Hint::Group(id) => {
                self.groups.entry(id).or_default();
            }
            Hint::GroupDeleted(id) => {
                self.groups.insert(id, Some(evidence));
            }
            Hint::Membership(group, user, turn) => {
                let of_user = self.memberships.entry(user).or_default();
                note_deed(of_user, group, (evidence, turn));
            }
            Hint::AppsOfGroup(id) => {
                self.apps_of_groups.insert(id);
            }
            Hint::App(id) => {
                self.apps.entry(id).or_default();
            }
            Hint::AppDeleted(id) => {
                self.apps.insert(id, Some(evidence));
            }
            Hint::AppUser(app, user, turn) => {
                let of_app = self.app_users.entry(app).or_default();
                note_deed(of_app, user, (evidence, turn));
            }
            Hint::Lists(resource) => {
                self.lists.insert(resource, evidence);
            }
            Hint::List(kind, parent) => {
                self.below.insert((kind, parent), evidence);
            }
            Hint::Policy(id) => {
                self.policies.insert(id, evidence);
            }
            Hint::Device(id) => {
                self.devices.insert(id, evidence);
            }
        }
    }

    /// Replaces many small reads of one group or app by its listing where that takes fewer requests.
    fn collapse(&mut self, sizes: &impl Sizes) {
        let mut users_of: BTreeMap<GroupId, Vec<UserId>> = BTreeMap::new();
        for (user, groups) in &self.memberships {
            for group in groups.keys() {
                users_of
                    .entry(group.clone())
                    .or_default()
                    .push(user.clone());
            }
        }
        for (group, users) in users_of {
            if sizes
                .member_pages(&group)
                .is_some_and(|pages| pages < users.len())
            {
                self.take_group_whole(&group, &users);
            }
        }
        let whole = |app: &AppId, users: usize| {
            sizes.app_user_pages(app).is_some_and(|pages| pages < users)
        };
        let (whole, single) = std::mem::take(&mut self.app_users)
            .into_iter()
            .partition(|(app, users)| whole(app, users.len()));
        self.app_users = single;
        self.whole_apps.extend(BTreeMap::into_keys(whole));
    }

    fn take_group_whole(&mut self, group: &GroupId, users: &[UserId]) {
        for user in users {
            let Some(groups) = self.memberships.get_mut(user) else {
                continue;
            };
            if let Some(deed) = groups.remove(group) {
                self.whole_groups.insert(group.clone(), deed.event);
            }
            if groups.is_empty() {
                self.memberships.remove(user);
            }
        }
    }

    fn fetches(mut self) -> Vec<Fetch> {
        for user in &self.all_groups_of {
            self.memberships.entry(user.clone()).or_default();
        }
        let all = &self.all_groups_of;
        let users = self
            .users
            .into_iter()
            .map(|(id, deleted)| Fetch::User { id, deleted });
        let groups = self
            .groups
            .into_iter()
            .map(|(id, deleted)| Fetch::Group { id, deleted });
        let apps = self
            .apps
            .into_iter()
            .map(|(id, deleted)| Fetch::App { id, deleted });
        let memberships = self.memberships.into_iter().map(|(user, groups)| {
            let all = all.contains(&user);
            Fetch::GroupsOfUser { user, groups, all }
        });
        let app_users = self.app_users.into_iter().flat_map(|(app, users)| {
            users
                .into_iter()
                .map(move |(user, deed)| Fetch::AppUser(app.clone(), user, deed))
        });
        let lists = self.lists.into_iter();
        let lists = lists.map(|(resource, evidence)| Fetch::Lists(resource, evidence));
        let below = self.below.into_iter();
        let below = below.map(|((kind, parent), evidence)| Fetch::List(kind, parent, evidence));
        let policies = self.policies.into_iter();
        let policies = policies.map(|(id, evidence)| Fetch::Policy(id, evidence));
        let devices = self.devices.into_iter();
        let devices = devices.map(|(id, evidence)| Fetch::Device(id, evidence));
        let entries = lists.chain(below).chain(policies).chain(devices);
        users
            .chain(groups)
            .chain(apps)
            .chain(
                self.whole_groups
                    .into_iter()
                    .map(|(group, evidence)| Fetch::Members(group, evidence)),
            )
            .chain(memberships)
            .chain(self.apps_of_groups.into_iter().map(Fetch::AppsOfGroup))
            .chain(self.whole_apps.into_iter().map(Fetch::AppUsers))
            .chain(app_users)
            .chain(entries)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::log_event::{Origin, OutcomeResult, Party};

    struct Pages(usize);

    impl Sizes for Pages {
        fn member_pages(&self, _: &GroupId) -> Option<usize> {
            Some(self.0)
        }
        fn app_user_pages(&self, _: &AppId) -> Option<usize> {
            Some(self.0)
        }
    }

    fn event(kind: &str, targets: &[(&str, &str)]) -> LogEvent {
        let party = |(kind, id): &(&str, &str)| Party {
            id: (*id).into(),
            kind: (*kind).into(),
            alternate_id: None,
            display_name: None,
        };
        LogEvent {
            uuid: EventUuid([7; 16]),
            published: "2026-11-22T10:00:00Z".parse().unwrap(),
            event_type: kind.into(),
            severity: None,
            display_message: None,
            actor: None,
            targets: targets.iter().map(party).collect(),
            result: Some(OutcomeResult::Success),
            reason: None,
            ip: None,
            country: None,
            city: None,
            user_agent: None,
            session: None,
            root_session: None,
            transaction: None,
            origin: Origin::default(),
        }
    }

    fn user(n: u8) -> UserId {
        format!("00u{n}").parse().unwrap()
    }

    fn group() -> GroupId {
        "00g1".parse().unwrap()
    }

    fn app() -> AppId {
        "0oa1".parse().unwrap()
    }

    #[test]
    fn events_hint_at_the_objects_they_name() {
        let pair = [("User", "00u1"), ("UserGroup", "00g1")];
        for (kind, targets, expected) in [
            ("user.session.start", &[("User", "00u1")][..], vec![]),
            (
                "user.account.update_profile",
                &pair[..1],
                vec![Hint::User(user(1))],
            ),
            (
                "user.lifecycle.delete.completed",
                &pair[..1],
                vec![Hint::UserDeleted(user(1))],
            ),
            (
                "user.lifecycle.deactivate",
                &pair[..1],
                vec![Hint::User(user(1)), Hint::GroupsOfUser(user(1))],
            ),
            (
                "group.user_membership.add",
                &pair,
                vec![Hint::Membership(group(), user(1), Turn::Joined)],
            ),
            ("group.user_membership.remove", &pair[1..], vec![]),
            (
                "group.profile.update",
                &pair[1..],
                vec![Hint::Group(group())],
            ),
            (
                "application.user_membership.add",
                &[
                    ("AppUser", "0ua1"),
                    ("AppInstance", "0oa1"),
                    ("User", "00u1"),
                ],
                vec![Hint::AppUser(app(), user(1), Turn::Joined)],
            ),
            (
                "application.lifecycle.delete",
                &[("AppInstance", "0oa1")],
                vec![Hint::AppDeleted(app())],
            ),
            (
                "group.application_assignment.add",
                &pair,
                vec![Hint::AppsOfGroup(group())],
            ),
            (
                "user.account.update_profile",
                &[("User", "../../evil")],
                vec![],
            ),
        ] {
            assert_eq!(hints_of(&event(kind, targets)), expected, "{kind}");
        }
        let failed = |kind| LogEvent {
            result: Some(OutcomeResult::Failure),
            ..event(kind, &pair)
        };
        assert_eq!(hints_of(&failed("user.lifecycle.suspend")), vec![]);
        // That somebody is locked out is logged as a failure: it was seen five minutes later.
        let locked = hints_of(&failed(cause::LOCKED));
        assert_eq!(locked, vec![Hint::User(user(1))]);
    }

    #[test]
    fn events_of_admins_hint_at_the_lists_they_changed() {
        let list = |kind, id: &str| Hint::List(kind, id.parse().unwrap());
        let user = ("User", "00u1");
        for (kind, targets, expected) in [
            (
                "user.account.privilege.grant",
                vec![user],
                vec![
                    list(EntryKind::UserRole, "00u1"),
                    Hint::Lists(Resource::Admins),
                ],
            ),
            (
                "group.privilege.revoke",
                vec![("UserGroup", "00g1")],
                vec![
                    Hint::Group(group()),
                    list(EntryKind::GroupRole, "00g1"),
                    Hint::Lists(Resource::Admins),
                ],
            ),
            (
                "app.oauth2.credentials.lifecycle.create",
                vec![("PublicClientApp", "0oa1")],
                vec![
                    list(EntryKind::ClientSecret, "0oa1"),
                    list(EntryKind::ClientKey, "0oa1"),
                ],
            ),
            (
                "policy.rule.update",
                vec![("PolicyRule", "0pr1"), ("PolicyEntity", "00p1")],
                vec![Hint::Policy("00p1".parse().unwrap())],
            ),
            (
                "policy.rule.update",
                vec![("PolicyRule", "0pr1")],
                vec![Hint::Lists(Resource::Policies)],
            ),
            (
                "user.mfa.factor.deactivate",
                vec![user],
                vec![list(EntryKind::Factor, "00u1")],
            ),
            (
                "device.lifecycle.delete",
                vec![("UDDevice", "guo1"), user],
                vec![Hint::Device("guo1".parse().unwrap())],
            ),
            (
                "system.api_token.revoke",
                vec![("Token", "00T1")],
                vec![Hint::Lists(Resource::ApiTokens)],
            ),
            (
                "system.log_stream.lifecycle.delete",
                vec![],
                vec![Hint::Lists(Resource::LogStreams)],
            ),
            ("event_hook.delivery", vec![], vec![]),
            ("policy.evaluate_sign_on", vec![], vec![]),
            ("app.oauth2.token.grant.access_token", vec![], vec![]),
            ("user.authentication.auth_via_mfa", vec![user], vec![]),
        ] {
            assert_eq!(hints_of(&event(kind, &targets)), expected, "{kind}");
        }
    }

    #[test]
    fn many_hints_about_one_object_are_one_read() {
        let one = EventUuid([1; 16]);
        let two = EventUuid([2; 16]);
        let hints = [
            (Hint::User(user(1)), one),
            (Hint::UserDeleted(user(1)), two),
            (Hint::User(user(1)), one),
        ];
        assert_eq!(
            plan(&hints, &Pages(1)),
            vec![Fetch::User {
                id: user(1),
                deleted: Some(two)
            }]
        );
    }

    #[test]
    fn a_bulk_change_of_a_group_becomes_one_listing() {
        let evidence = EventUuid([1; 16]);
        let hints: Vec<_> = (0..5)
            .map(|n| (Hint::Membership(group(), user(n), Turn::Joined), evidence))
            .collect();
        assert_eq!(
            plan(&hints, &Pages(4)),
            vec![Fetch::Members(group(), evidence)]
        );
        assert_eq!(plan(&hints, &Pages(5)).len(), 5);
        let hints: Vec<_> = (0..5)
            .map(|n| (Hint::AppUser(app(), user(n), Turn::Joined), evidence))
            .collect();
        assert_eq!(plan(&hints, &Pages(2)), vec![Fetch::AppUsers(app())]);
        assert_eq!(plan(&hints, &Pages(9)).len(), 5);
    }

    /// Whoever provisioned the account in the app was told to have assigned it.
    #[test]
    fn an_event_proves_only_what_it_says_of_a_pair() {
        let hints = [(Turn::Joined, 1), (Turn::Described, 2)]
            .map(|(turn, n)| (Hint::AppUser(app(), user(1), turn), EventUuid([n; 16])));
        let [Fetch::AppUser(_, _, deed)] = plan(&hints, &Pages(1))[..] else {
            panic!("not one read")
        };
        assert_eq!(deed.proves(true), Some(EventUuid([1; 16])));
        assert_eq!(deed.proves(false), None, "it was ended by something else");
        let [Fetch::AppUser(_, _, deed)] = plan(&hints[1..], &Pages(1))[..] else {
            panic!("not one read")
        };
        assert_eq!((deed.proves(true), deed.proves(false)), (None, None));
    }

    #[test]
    fn a_deactivated_user_has_all_memberships_settled() {
        let evidence = EventUuid([1; 16]);
        let hints = [
            (Hint::GroupsOfUser(user(1)), evidence),
            (Hint::Membership(group(), user(1), Turn::Parted), evidence),
        ];
        let expected = Fetch::GroupsOfUser {
            user: user(1),
            groups: BTreeMap::from([(
                group(),
                Deed {
                    event: evidence,
                    turn: Turn::Parted,
                },
            )]),
            all: true,
        };
        assert_eq!(plan(&hints, &Pages(1)), vec![expected]);
    }
}
