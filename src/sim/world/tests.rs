//! The world under operations: what each leaves behind, what it refuses, and that the journal tells everything.

use proptest::prelude::*;

use super::app::SignOn;
use super::group::GroupKind;
use super::happening::Scope;
use super::place::PlaceIx;
use super::refused::Refused;
use super::user::{Profile, Provider};
use super::users::NewUser;
use super::*;

const START: Millis = Millis(1_800_000_000_000);

fn world() -> World {
    let seed = Seed(5);
    let facts = OrgFacts {
        id: Id::new(seed, "00o", 0),
        name: "Test".to_owned(),
        subdomain: "test".to_owned(),
        domains: vec!["test.example".to_owned()],
        created: START,
        engine: Engine::Identity,
    };
    World::empty(seed, facts, 0)
}

fn cause(world: &World, after_ms: i64) -> Cause {
    world.by_system(START + after_ms, 1)
}

fn somebody(login: &str) -> NewUser {
    NewUser {
        profile: Profile {
            login: login.into(),
            email: login.into(),
            first_name: "Some".into(),
            last_name: "Body".into(),
            department: 1,
            title: 1,
            place: PlaceIx(0),
            manager: None,
            contractor: false,
            extra: None,
        },
        provider: Provider::Federation,
        password: false,
        activate: true,
    }
}

fn an_app(label: &str) -> App {
    App {
        id: Id::new(Seed(0), "0oa", 0),
        name: "bookmark",
        label: label.into(),
        active: true,
        sign_on: SignOn::Bookmark,
        features: &[],
        domain: "x.example",
        created: START,
        last_updated: START,
        deleted: false,
        groups: Vec::new(),
    }
}

/// A world with one active user, one group and one application, and nothing in its journal.
fn small() -> (World, UserIx, GroupIx, AppIx) {
    let mut world = world();
    let first = cause(&world, 0);
    let user = world
        .create_user(&first, somebody("a@test.example"))
        .unwrap();
    let group = world.create_group(&first, "Team", None).unwrap();
    let app = world.create_app(&first, an_app("App")).unwrap();
    world.take_journal();
    (world, user, group, app)
}

fn facts(world: &mut World) -> Vec<Fact> {
    world
        .take_journal()
        .into_iter()
        .map(|happened| happened.fact)
        .collect()
}

#[test]
fn adding_a_member_twice_succeeds_and_happens_once() {
    let (mut world, user, group, _) = small();
    let now = cause(&world, 10);
    assert_eq!(world.add_member(&now, group, user), Ok(true));
    assert_eq!(world.add_member(&now, group, user), Ok(false));
    assert_eq!(facts(&mut world), [Fact::MemberAdded { group, user }]);
    assert_eq!(world.remove_member(&now, group, user), Ok(true));
    assert_eq!(world.remove_member(&now, group, user), Ok(false));
    assert_eq!(facts(&mut world), [Fact::MemberRemoved { group, user }]);
    assert_eq!(world.group(group).last_membership_updated, now.at);
    assert_eq!(world.group(group).last_updated, START);
}

#[test]
fn groups_that_others_manage_are_read_only() {
    let (mut world, user, group, _) = small();
    let now = cause(&world, 10);
    let everyone = world.everyone;
    assert_eq!(
        world.add_member(&now, everyone, user),
        Err(Refused::ManagedGroup)
    );
    assert_eq!(
        world.delete_group(&now, everyone),
        Err(Refused::ManagedGroup)
    );
    world.groups_mut()[group.at()].kind = GroupKind::App;
    assert_eq!(
        world.add_member(&now, group, user),
        Err(Refused::ManagedGroup)
    );
    assert!(world.take_journal().is_empty());
}

#[test]
fn a_group_gives_its_application_to_its_members_a_little_later() {
    let (mut world, user, group, app) = small();
    let now = cause(&world, 10);
    world.add_member(&now, group, user).unwrap();
    assert_eq!(world.assign_group(&now, app, group), Ok(true));
    assert_eq!(world.assign_group(&now, app, group), Ok(false));
    world.settle(now.at);
    assert_eq!(world.app_scope(app, user, now.at), None);
    let later = world.next_due().unwrap();
    world.settle(later);
    assert_eq!(world.app_scope(app, user, later), Some(Scope::Group));
    assert_eq!(
        facts(&mut world),
        [
            Fact::MemberAdded { group, user },
            Fact::AppGroupAdded { app, group },
            Fact::AppUserAdded {
                app,
                user,
                scope: Scope::Group
            },
        ]
    );
    assert_eq!(world.next_due(), None);
}

#[test]
fn what_a_group_gives_cannot_be_taken_from_one_user() {
    let (mut world, user, group, app) = small();
    let now = cause(&world, 10);
    world.add_member(&now, group, user).unwrap();
    world.assign_group(&now, app, group).unwrap();
    let later = cause(&world, 10_000);
    world.settle(later.at);
    assert_eq!(
        world.unassign_user(&later, app, user),
        Err(Refused::GivenByGroup)
    );
    world.assign_user(&later, app, user).unwrap();
    assert_eq!(world.app_scope(app, user, later.at), Some(Scope::User));
    world.take_journal();
    // The direct assignment goes, the group's stays: nobody lost anything.
    world.unassign_user(&later, app, user).unwrap();
    assert_eq!(world.app_scope(app, user, later.at), Some(Scope::Group));
    assert!(world.take_journal().is_empty());
    world.remove_member(&later, group, user).unwrap();
    assert_eq!(
        facts(&mut world),
        [
            Fact::MemberRemoved { group, user },
            Fact::AppUserRemoved {
                app,
                user,
                scope: Scope::Group
            },
        ]
    );
}

#[test]
fn deactivation_takes_groups_and_applications_and_says_so() {
    let (mut world, user, group, app) = small();
    let now = cause(&world, 10);
    world.add_member(&now, group, user).unwrap();
    world.assign_user(&now, app, user).unwrap();
    world.take_journal();
    world.deactivate(&now, user).unwrap();
    assert_eq!(
        facts(&mut world),
        [
            Fact::UserDeactivated { user },
            Fact::MemberRemoved { group, user },
            Fact::AppUserRemoved {
                app,
                user,
                scope: Scope::User
            },
        ]
    );
    assert_eq!(world.groups_of(user).count(), 0);
    assert!(world.apps_of(user, now.at).is_empty());
    assert_eq!(world.member_count(world.everyone), 0);
    assert!(matches!(
        world.deactivate(&now, user),
        Err(Refused::NoSuch { .. })
    ));
    // Coming back restores neither.
    world.activate(&now, user).unwrap();
    assert!(!world.is_member(group, user));
}

#[test]
fn wrong_statuses_are_refused_each_in_its_own_way() {
    let (mut world, user, ..) = small();
    let now = cause(&world, 10);
    assert_eq!(world.activate(&now, user), Err(Refused::AlreadyActive));
    assert_eq!(world.unlock(&now, user), Err(Refused::NotLocked));
    assert!(matches!(
        world.unsuspend(&now, user),
        Err(Refused::Invalid { .. })
    ));
    world.suspend(&now, user).unwrap();
    assert!(matches!(
        world.suspend(&now, user),
        Err(Refused::Invalid { .. })
    ));
    assert_eq!(world.reset_password(&now, user), Err(Refused::NoPassword));
}

#[test]
fn a_deleted_user_frees_its_login_and_keeps_its_name_for_the_log() {
    let (mut world, user, ..) = small();
    let now = cause(&world, 10);
    let id = world.user(user).id;
    world.delete_user(&now, user).unwrap();
    assert_eq!(world.user_by_id(id.as_str()), None);
    assert_eq!(world.user_by_name("a@test.example"), None);
    assert_eq!(world.display_name(user), "Some Body");
    let again = world.create_user(&now, somebody("a@test.example")).unwrap();
    assert_eq!(world.user_by_name("A@Test.Example"), Some(again));
    assert_eq!(world.user_by_name("a"), Some(again));
}

#[test]
fn an_active_application_cannot_be_deleted() {
    let (mut world, user, group, app) = small();
    let now = cause(&world, 10);
    world.assign_user(&now, app, user).unwrap();
    world.assign_group(&now, app, group).unwrap();
    assert_eq!(world.delete_app(&now, app), Err(Refused::AppStillActive));
    world.set_app_active(&now, app, false);
    world.delete_app(&now, app).unwrap();
    assert!(world.apps_of(user, now.at).is_empty());
    assert!(world.apps_of_group(group).is_empty());
    assert_eq!(world.next_due(), None);
}

/// One step of somebody who does not look what they do.
#[derive(Clone, Copy, Debug)]
enum Step {
    Hire(bool),
    Found,
    Install,
    Join(u8, u8),
    Leave(u8, u8),
    Give(u8, u8),
    Take(u8, u8),
    GiveGroup(u8, u8),
    TakeGroup(u8, u8),
    Suspend(u8),
    Activate(u8),
    Deactivate(u8),
    Delete(u8),
    Disband(u8),
    Uninstall(u8),
}

fn step() -> impl Strategy<Value = Step> {
    // Few objects, so that steps meet each other.
    let n = 0u8..3;
    let two = (n.clone(), n.clone());
    prop_oneof![
        1 => any::<bool>().prop_map(Step::Hire),
        1 => Just(Step::Found),
        1 => Just(Step::Install),
        4 => two.clone().prop_map(|(a, b)| Step::Join(a, b)),
        4 => two.clone().prop_map(|(a, b)| Step::Leave(a, b)),
        4 => two.clone().prop_map(|(a, b)| Step::Give(a, b)),
        4 => two.clone().prop_map(|(a, b)| Step::Take(a, b)),
        4 => two.clone().prop_map(|(a, b)| Step::GiveGroup(a, b)),
        4 => two.prop_map(|(a, b)| Step::TakeGroup(a, b)),
        1 => n.clone().prop_map(Step::Suspend),
        1 => n.clone().prop_map(Step::Activate),
        1 => n.clone().prop_map(Step::Deactivate),
        1 => n.clone().prop_map(Step::Delete),
        1 => n.clone().prop_map(Step::Disband),
        1 => n.prop_map(Step::Uninstall),
    ]
}

/// The `n`th of what is still there, counted round and round.
fn nth<T: Copy>(there: impl Iterator<Item = T>, n: u8) -> Option<T> {
    let there: Vec<T> = there.collect();
    there.get(usize::from(n) % there.len().max(1)).copied()
}

fn user_at(world: &World, n: u8) -> Option<UserIx> {
    let all = (0..world.users().len()).map(UserIx::from_usize);
    nth(all.filter(|ix| !world.user(*ix).deleted), n)
}

fn group_at(world: &World, n: u8) -> Option<GroupIx> {
    let all = (0..world.groups().len()).map(GroupIx::from_usize);
    nth(all.filter(|ix| !world.group(*ix).deleted), n)
}

fn app_at(world: &World, n: u8) -> Option<AppIx> {
    let all = (0..world.apps().len()).map(AppIx::from_usize);
    nth(all.filter(|ix| !world.app(*ix).deleted), n)
}

/// Takes the step if its objects exist; refusals are fine.
fn take(world: &mut World, at: i64, step: Step) -> Option<()> {
    let now = cause(world, at * 1_500);
    world.settle(now.at);
    match step {
        Step::Hire(activate) => {
            let login = format!("u{}@test.example", world.users().len());
            let new = NewUser {
                activate,
                ..somebody(&login)
            };
            world.create_user(&now, new).ok()?;
        }
        Step::Found => {
            let name = format!("g{}", world.groups().len());
            world.create_group(&now, &name, None).ok()?;
        }
        Step::Install => {
            let label = format!("a{}", world.apps().len());
            world.create_app(&now, an_app(&label)).ok()?;
        }
        Step::Join(g, u) => {
            world
                .add_member(&now, group_at(world, g)?, user_at(world, u)?)
                .ok()?;
        }
        Step::Leave(g, u) => {
            world
                .remove_member(&now, group_at(world, g)?, user_at(world, u)?)
                .ok()?;
        }
        Step::Give(a, u) => {
            world
                .assign_user(&now, app_at(world, a)?, user_at(world, u)?)
                .ok()?;
        }
        Step::Take(a, u) => world
            .unassign_user(&now, app_at(world, a)?, user_at(world, u)?)
            .ok()?,
        Step::GiveGroup(a, g) => {
            world
                .assign_group(&now, app_at(world, a)?, group_at(world, g)?)
                .ok()?;
        }
        Step::TakeGroup(a, g) => {
            world
                .unassign_group(&now, app_at(world, a)?, group_at(world, g)?)
                .ok()?;
        }
        Step::Suspend(u) => world.suspend(&now, user_at(world, u)?).ok()?,
        Step::Activate(u) => world.activate(&now, user_at(world, u)?).ok()?,
        Step::Deactivate(u) => world.deactivate(&now, user_at(world, u)?).ok()?,
        Step::Delete(u) => world.delete_user(&now, user_at(world, u)?).ok()?,
        Step::Disband(g) => world.delete_group(&now, group_at(world, g)?).ok()?,
        Step::Uninstall(a) => {
            let app = app_at(world, a)?;
            world.set_app_active(&now, app, false);
            world.delete_app(&now, app).ok()?;
        }
    }
    Some(())
}

/// Who has what, as a follower of the journal would know it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Followed {
    members: std::collections::BTreeSet<(GroupIx, UserIx)>,
    app_users: std::collections::BTreeSet<(AppIx, UserIx)>,
}

impl Followed {
    fn follow(&mut self, fact: &Fact) {
        match fact {
            Fact::MemberAdded { group, user } => {
                self.members.insert((*group, *user));
            }
            Fact::MemberRemoved { group, user } => {
                self.members.remove(&(*group, *user));
            }
            Fact::GroupDeleted { group } => self.members.retain(|(of, _)| of != group),
            Fact::AppUserAdded { app, user, .. } => {
                self.app_users.insert((*app, *user));
            }
            Fact::AppUserRemoved { app, user, .. } => {
                self.app_users.remove(&(*app, *user));
            }
            Fact::AppDeleted { app } => self.app_users.retain(|(of, _)| of != app),
            _ => {}
        }
    }

    fn seen(world: &World, now: Millis) -> Self {
        let mut seen = Self::default();
        for ix in (1..world.groups().len()).map(GroupIx::from_usize) {
            let members = world.members_from(ix, UserIx(0));
            seen.members.extend(members.map(|user| (ix, user)));
        }
        for ix in (0..world.apps().len()).map(AppIx::from_usize) {
            let users = world.app_users_from(ix, UserIx(0), now);
            seen.app_users.extend(users.map(|of| (ix, of.user)));
        }
        seen
    }
}

proptest! {
    /// The journal tells everything: whoever follows it knows who is in which group and who has which application.
    #[test]
    fn following_the_journal_gives_the_same_memberships_and_assignments(
        steps in proptest::collection::vec(step(), 1..80)
    ) {
        let mut world = world();
        let mut followed = Followed::default();
        let mut at = 0;
        let first = [Step::Hire(true), Step::Hire(true), Step::Found, Step::Install, Step::Install];
        for step in first.into_iter().chain(steps) {
            at += 1;
            take(&mut world, at, step);
        }
        let end = START + (at + 10) * 1_500;
        world.settle(end);
        for happened in world.take_journal() {
            followed.follow(&happened.fact);
        }
        prop_assert_eq!(&followed, &Followed::seen(&world, end));
        for ix in (0..world.users().len()).map(UserIx::from_usize) {
            for group in world.groups_of(ix) {
                prop_assert!(world.is_member(group, ix));
            }
            for app in world.apps_of(ix, end) {
                prop_assert!(world.app_scope(app, ix, end).is_some());
            }
        }
        let live = world.users().iter().filter(|user| is_live(user)).count();
        prop_assert_eq!(live, world.member_count(world.everyone));
        prop_assert_eq!(live, world.members_from(world.everyone, UserIx(0)).count());
    }
}
