//! The org's whole state, and the only way to change it.
//!
//! Reading is by index ([`index`]); changing goes through the operations in [`users`], [`groups`], [`apps`] and
//! [`access`], which keep both directions of every relation, set the timestamps that Okta sets, and append what happened
//! to a journal. Whoever holds the world for writing takes the journal before letting go ([`super::org::Org::change`]),
//! so that the log has everything in order.
//!
//! Everyone's members and group-given applications are not stored: they follow from statuses, memberships and
//! assignments. An org of a million users must fit.

pub mod access;
pub mod app;
pub mod apps;
pub mod assigned;
pub mod assignment;
pub mod attribute;
pub mod call;
pub mod characters;
pub mod client;
pub mod clients;
pub mod department;
pub mod device;
pub mod devices;
pub mod document;
pub mod documents;
pub mod expression;
pub mod factor;
pub mod federation;
pub mod group;
pub mod group_attribute;
pub mod groups;
pub mod happening;
pub mod iam;
pub mod iams;
mod in_hand;
pub mod index;
pub mod lag;
pub mod noted;
pub mod owner;
pub mod owners;
pub mod past;
pub mod place;
pub mod policy;
pub mod refresh_tokens;
pub mod refused;
pub mod role;
pub mod roles;
pub mod rule;
pub mod rules;
pub mod sessions;
pub mod token;
mod transition;
pub mod user;
pub mod users;
pub mod zone;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::derive::Seed;
use super::id::Id;
use super::time::Millis;
use app::{App, Direct};
use assignment::Assignments;
use call::Call;
use characters::Characters;
use clients::Clients;
use devices::Devices;
use documents::Documents;
use factor::Factor;
use group::Group;
use happening::{Actor, Cause, Fact, Happening};
use iam::Iam;
use index::{AppIx, GroupIx, UserIx};
use lag::Lagging;
use owner::Owner;

use place::{AgentIx, BROWSERS, Client, SCRIPT_AGENT};
use rules::Rules;
use token::ApiToken;
use transition::Transition;
use user::{Status, User};

/// Which of Okta's engines an org runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Okta Identity Engine.
    Identity,
    /// Classic Engine: no devices, no authenticators, no policies of applications.
    Classic,
}

impl Engine {
    /// `pipeline` of `/.well-known/okta-organization`.
    pub fn pipeline(self) -> &'static str {
        match self {
            Self::Identity => "idx",
            Self::Classic => "v1",
        }
    }
}

/// The org itself.
#[derive(Clone, Debug)]
pub struct OrgFacts {
    /// `00o…`
    pub id: Id,
    /// Company name.
    pub name: String,
    /// First label of the org's Okta domain.
    pub subdomain: String,
    /// E-mail domains of the org's people; the first is the main one.
    pub domains: Vec<String>,
    /// When the org was created.
    pub created: Millis,
    /// Which engine it runs on.
    pub engine: Engine,
}

/// The state of the org.
#[derive(Debug)]
pub struct World {
    /// What all derived facts follow from.
    pub seed: Seed,
    /// The org itself.
    pub facts: OrgFacts,
    /// API tokens; the first is the one that clients of the simulator use.
    pub tokens: Vec<ApiToken>,
    /// The group of everybody who is not deactivated; its members are not stored.
    pub everyone: GroupIx,
    /// People that a security team looks for.
    pub characters: Characters,
    users: Vec<User>,
    user_ids: HashMap<Id, UserIx>,
    /// By lower-case login.
    logins: HashMap<Box<str>, UserIx>,
    /// Per user: groups it was added to, ascending.
    user_groups: Vec<Vec<GroupIx>>,
    /// Per user: applications given directly, ascending.
    user_apps: Vec<Vec<AppIx>>,
    factors: Vec<Vec<Factor>>,
    factors_enrolled: u32,
    assignments: Assignments,
    clients: Clients,
    iam: Iam,
    rules: Rules,
    owners: BTreeMap<GroupIx, Vec<Owner>>,
    /// The built-in group that holds whoever has a role.
    administrators_group: Option<GroupIx>,
    /// Users that are neither deactivated nor deleted.
    live_users: usize,
    groups: Vec<Group>,
    group_ids: HashMap<Id, GroupIx>,
    /// Per group: who was added to it, ascending.
    members: Vec<Vec<UserIx>>,
    /// Per group: applications given to it, ascending.
    group_apps: Vec<Vec<AppIx>>,
    apps: Vec<App>,
    app_ids: HashMap<Id, AppIx>,
    /// Per application: who it was given to directly.
    direct: Vec<BTreeMap<UserIx, Direct>>,
    /// Group assignments whose members still wait for the application.
    fanning_out: Vec<(Millis, AppIx, GroupIx)>,
    /// Changes of status that Okta still works on.
    transitions: Vec<Transition>,
    older_users: Lagging<User>,
    older_groups: Lagging<Group>,
    documents: Documents,
    devices: Devices,
    /// Calls of clients that changed something, by index.
    calls: Vec<Call>,
    /// When a client's call last changed somebody.
    in_hand: HashMap<UserIx, Millis>,
    sessions_ended: HashMap<UserIx, Millis>,
    /// How often a status changed or sessions were ended.
    session_changes: u64,
    /// Who may sign in from unknown devices again, because an admin said so.
    unblocked: BTreeSet<UserIx>,
    /// Questions for recovering an account that clients set.
    recovery_questions: BTreeMap<UserIx, Box<str>>,
    journal: Vec<Happening>,
}

impl World {
    /// An org with nobody in it but the group Everyone, whose search index trails by `index_lag_ms`.
    pub fn empty(seed: Seed, facts: OrgFacts, index_lag_ms: i64) -> Self {
        let created = facts.created;
        let mut world = Self {
            seed,
            facts,
            tokens: Vec::new(),
            everyone: GroupIx(0),
            characters: Characters::default(),
            users: Vec::new(),
            user_ids: HashMap::new(),
            logins: HashMap::new(),
            user_groups: Vec::new(),
            user_apps: Vec::new(),
            factors: Vec::new(),
            factors_enrolled: 0,
            assignments: Assignments::default(),
            clients: Clients::default(),
            iam: Iam::default(),
            rules: Rules::default(),
            owners: BTreeMap::new(),
            administrators_group: None,
            live_users: 0,
            groups: Vec::new(),
            group_ids: HashMap::new(),
            members: Vec::new(),
            group_apps: Vec::new(),
            apps: Vec::new(),
            app_ids: HashMap::new(),
            direct: Vec::new(),
            fanning_out: Vec::new(),
            transitions: Vec::new(),
            older_users: Lagging::new(index_lag_ms),
            older_groups: Lagging::new(index_lag_ms),
            documents: Documents::default(),
            devices: Devices::default(),
            calls: Vec::new(),
            in_hand: HashMap::new(),
            sessions_ended: HashMap::new(),
            session_changes: 0,
            unblocked: BTreeSet::new(),
            recovery_questions: BTreeMap::new(),
            journal: Vec::new(),
        };
        world.everyone = world.found_everyone(created);
        world
    }

    /// What happened since this was last asked, in order.
    pub fn take_journal(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.journal)
    }

    /// How many happenings wait to be told.
    pub fn told(&self) -> usize {
        self.journal.len()
    }

    /// Does what was left for later and is due at `now`: members of newly assigned groups get their application, rules that were
    /// switched on fill their groups, and changes of status that took a while end.
    pub fn settle(&mut self, now: Millis) {
        self.end_transitions(now);
        self.work_through_rules(now);
        self.fan_out(now);
    }

    /// When [`World::settle`] next has something to do.
    pub fn next_due(&self) -> Option<Millis> {
        let fanning_out = self.fanning_out.iter().map(|(due, ..)| *due);
        let arriving = self.transitions.iter().map(|transition| transition.due);
        let ruling = self.next_rule_due();
        fanning_out.chain(arriving).chain(ruling).min()
    }

    /// The user at `ix`, also when it is deleted.
    pub fn user(&self, ix: UserIx) -> &User {
        &self.users[ix.at()]
    }

    /// The group at `ix`, also when it is deleted.
    pub fn group(&self, ix: GroupIx) -> &Group {
        &self.groups[ix.at()]
    }

    /// The application at `ix`, also when it is deleted.
    pub fn app(&self, ix: AppIx) -> &App {
        &self.apps[ix.at()]
    }

    /// All users that ever were, deleted ones included, by index.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// All groups that ever were, deleted ones included, by index.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// All applications that ever were, deleted ones included, by index.
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// The user with this id, unless it is deleted.
    pub fn user_by_id(&self, id: &str) -> Option<UserIx> {
        let ix = *self.user_ids.get(&Id::parse(id)?)?;
        (!self.user(ix).deleted).then_some(ix)
    }

    /// The user that `name` means in a path: an id, a login, or a login without its domain.
    pub fn user_by_name(&self, name: &str) -> Option<UserIx> {
        if let Some(ix) = self.user_by_id(name) {
            return Some(ix);
        }
        let login = name.to_lowercase();
        let full = || {
            self.facts
                .domains
                .iter()
                .find_map(|domain| self.logins.get(format!("{login}@{domain}").as_str()))
        };
        self.logins.get(login.as_str()).or_else(full).copied()
    }

    /// The group with this id, unless it is deleted.
    pub fn group_by_id(&self, id: &str) -> Option<GroupIx> {
        let ix = *self.group_ids.get(&Id::parse(id)?)?;
        (!self.group(ix).deleted).then_some(ix)
    }

    /// The application with this id, unless it is deleted.
    pub fn app_by_id(&self, id: &str) -> Option<AppIx> {
        let ix = *self.app_ids.get(&Id::parse(id)?)?;
        (!self.app(ix).deleted).then_some(ix)
    }

    /// The place of the user with this id, also when it is deleted: cursors outlive what they point at.
    pub fn user_cursor(&self, id: &str) -> Option<usize> {
        Some(self.user_ids.get(&Id::parse(id)?)?.at())
    }

    /// The place of the group with this id, also when it is deleted.
    pub fn group_cursor(&self, id: &str) -> Option<usize> {
        Some(self.group_ids.get(&Id::parse(id)?)?.at())
    }

    /// The place of the application with this id, also when it is deleted.
    pub fn app_cursor(&self, id: &str) -> Option<usize> {
        Some(self.app_ids.get(&Id::parse(id)?)?.at())
    }

    /// A user's enrolments, oldest first.
    pub fn factors(&self, user: UserIx) -> &[Factor] {
        &self.factors[user.at()]
    }

    /// The id of an enrolment.
    pub fn factor_id(&self, factor: &Factor) -> Id {
        Id::new(self.seed, factor.kind.id_prefix(), u64::from(factor.serial))
    }

    /// The id of a user's type: the default one, the one of contractors, or the one of service accounts.
    pub fn user_type(&self, user: UserIx) -> Id {
        Id::new(self.seed, "oty", self.type_number(user))
    }

    fn type_number(&self, user: UserIx) -> u64 {
        if self.characters.services.contains(&user) {
            return 2;
        }
        u64::from(self.user(user).profile.contractor)
    }

    /// The id of the schema of that type.
    pub fn user_schema(&self, user: UserIx) -> Id {
        Id::new(self.seed, "osc", self.type_number(user))
    }

    /// The id of the schema of the type with this id.
    pub fn schema_of_type(&self, of: Id) -> Id {
        let mut types = self.documents.of(document::Kind::UserType);
        let nth = types.position(|(_, held)| held.id == of).unwrap_or(0);
        Id::new(self.seed, "osc", nth as u64)
    }

    /// The question that a user set for recovering the account.
    pub fn recovery_question(&self, user: UserIx) -> Option<&str> {
        let set = self.recovery_questions.get(&user).map(|set| &**set);
        let made_up = || {
            let key = u64::from(user.0);
            let has = self.user(user).password_changed.is_some()
                && self.user(user).made_up
                && self.seed.percent("recovery-question", key, 35);
            has.then_some("Who is your favorite sports player?")
        };
        set.or_else(made_up)
    }

    /// The client that a user usually signs in with: one device at home, and with `device` 1 a second one.
    pub fn home(&self, user: UserIx, device: u64) -> Client {
        let n = u64::from(user.0) * 4 + device;
        let agent = self.seed.below("agent", n, u64::from(BROWSERS));
        let host = self.seed.below("home", u64::from(user.0), 1 << 16);
        Client::in_place(
            self.user(user).profile.place,
            AgentIx(u8::try_from(agent).expect("below the number of browsers")),
            u16::try_from(host).expect("below 2^16"),
            self.seed.hash("device", n),
        )
    }

    /// The occasion of a person doing something from the usual device.
    pub fn by_user(&self, user: UserIx, at: Millis, request: u64) -> Cause {
        Cause {
            at,
            actor: Actor::User(user),
            client: self.home(user, 0),
            request,
            call: None,
        }
    }

    /// The occasion of Okta doing something by itself.
    pub fn by_system(&self, at: Millis, request: u64) -> Cause {
        let home = place::PlaceIx(0);
        Cause {
            at,
            actor: Actor::System,
            client: Client::in_place(home, SCRIPT_AGENT, 1, 0),
            request,
            call: None,
        }
    }

    fn record(&mut self, cause: &Cause, fact: Fact) {
        self.take_in_hand(cause, &fact);
        self.journal.push(Happening {
            cause: *cause,
            fact,
        });
    }

    /// Gives a user for changing; the index goes on showing the old state for a while.
    fn touch_user(&mut self, ix: UserIx, now: Millis) -> &mut User {
        let user = &mut self.users[ix.at()];
        self.older_users.keep(ix.0, Some(user.clone()), now);
        user
    }

    /// Gives a group for changing; the index goes on showing the old state for a while.
    fn touch_group(&mut self, ix: GroupIx, now: Millis) -> &mut Group {
        let group = &mut self.groups[ix.at()];
        self.older_groups.keep(ix.0, Some(group.clone()), now);
        group
    }

    /// The user as lists and searches show it at `now`; `None` when they do not show it.
    pub fn listed_user(&self, ix: UserIx, now: Millis) -> Option<&User> {
        let user = match self.older_users.seen(ix.0, now) {
            lag::Seen::Current => self.user(ix),
            lag::Seen::Older(old) => old,
            lag::Seen::Absent => return None,
        };
        (!user.deleted).then_some(user)
    }

    /// The group as lists and searches show it at `now`; `None` when they do not show it.
    pub fn listed_group(&self, ix: GroupIx, now: Millis) -> Option<&Group> {
        let group = match self.older_groups.seen(ix.0, now) {
            lag::Seen::Current => self.group(ix),
            lag::Seen::Older(old) => old,
            lag::Seen::Absent => return None,
        };
        (!group.deleted).then_some(group)
    }
}

/// Whether a user of this status is a member of Everyone.
fn is_live(user: &User) -> bool {
    !user.deleted && user.status != Status::Deprovisioned
}

/// Puts `item` into an ascending list; `false` when it was there.
fn insert_sorted<T: Ord>(list: &mut Vec<T>, item: T) -> bool {
    match list.binary_search(&item) {
        Ok(_) => false,
        Err(at) => {
            list.insert(at, item);
            true
        }
    }
}

/// Takes `item` out of an ascending list; `false` when it was not there.
fn remove_sorted<T: Ord>(list: &mut Vec<T>, item: &T) -> bool {
    match list.binary_search(item) {
        Ok(at) => {
            list.remove(at);
            true
        }
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
