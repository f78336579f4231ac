//! Choosing what may have happened, such that the world as it is could have come of it.

mod traces;

use std::collections::HashMap;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use crate::sim::event::follow::{session_of, strongest};
use crate::sim::rhythm::{FULL, Rhythm};
use crate::sim::time::{DAY_MS, Millis, SECOND_MS};
use crate::sim::world::World;
use crate::sim::world::group::GroupKind;
use crate::sim::world::happening::{Actor, Cause, Fact, Happening, Scope, SignInFailure};
use crate::sim::world::index::{AppIx, GroupIx, UserIx};
use crate::sim::world::place::{Client, HOMES, PlaceIx};
use crate::sim::world::user::Status;

/// How many events a happening leaves at least.
pub fn events_of(fact: &Fact) -> usize {
    match fact {
        Fact::SignedIn { app, factor, .. } => {
            2 + usize::from(app.is_some()) + usize::from(factor.is_some())
        }
        Fact::UserDeleted { .. } => 2,
        _ => 1,
    }
}

/// What may have happened between two moments.
#[derive(Debug)]
pub struct Past {
    rhythm: Rhythm,
    start: Millis,
    end: Millis,
    /// Those who can sign in.
    people: Vec<UserIx>,
    admins: Vec<UserIx>,
    /// Looked up once for each user: it is the dearest question to the world.
    apps_of: HashMap<UserIx, Vec<AppIx>>,
    requests: u64,
}

impl Past {
    /// What may have happened in `world` from `start` to `end`.
    pub fn new(world: &World, start: Millis, end: Millis) -> Self {
        let everybody = (0..world.users().len()).map(UserIx::from_usize);
        Self {
            rhythm: Rhythm::default(),
            start,
            end,
            people: everybody
                .filter(|user| world.user(*user).status == Status::Active)
                .filter(|user| !world.characters.is_quiet(*user))
                .collect(),
            admins: world
                .admins()
                .map(|(user, _)| user)
                .filter(|user| !world.characters.is_quiet(*user))
                .collect(),
            apps_of: HashMap::new(),
            requests: 0,
        }
    }

    /// Whether there is anybody whom something can have happened to.
    pub fn has_people(&self) -> bool {
        !self.people.is_empty() && self.start < self.end
    }

    fn within(&self, at: Millis) -> bool {
        (self.start..self.end).contains(&at)
    }

    /// Invents one thing that may have happened, with what belongs to it; nothing when the dice picked nobody suitable.
    pub fn invent(&mut self, world: &World, rng: &mut ChaCha8Rng, told: &mut Vec<Happening>) {
        let Some((user, at)) = self.somebody_at_work(world, rng) else {
            return;
        };
        // The last day must not end otherwise than the world is now.
        let settled = at < self.end - DAY_MS;
        match rng.random_range(0..1_000) {
            0..560 => self.sign_in(world, rng, user, at, told),
            560..800 => {
                if let Some(app) = self.app_of(world, rng, user) {
                    let (device, cause) = self.occasion(world, rng, user, at);
                    let session = session_of(world.seed, user, &cause.client, at.0);
                    let _ = device;
                    told.push(Happening {
                        cause,
                        fact: Fact::AppOpened { user, app, session },
                    });
                }
            }
            800..850 => {
                let why = SignInFailure::InvalidCredentials;
                let (_, cause) = self.occasion(world, rng, user, at);
                told.push(Happening {
                    cause,
                    fact: Fact::SignInFailed { user, why },
                });
                let later = at + rng.random_range(4..50) * SECOND_MS;
                if later < self.end {
                    self.sign_in(world, rng, user, later, told);
                }
            }
            850..856 => {
                let why = SignInFailure::FactorFailed;
                told.push(self.own(world, at, user, 0, Fact::SignInFailed { user, why }));
            }
            856..900 => {
                let (_, cause) = self.occasion(world, rng, user, at);
                let session = session_of(world.seed, user, &cause.client, at.0);
                told.push(Happening {
                    cause,
                    fact: Fact::SignedOut { user, session },
                });
            }
            900..925 => self.admin_console(world, rng, at, told),
            925..937 => told.push(self.own(world, at, user, 0, Fact::PasswordUpdated { user })),
            937..957 => {
                let changed = vec![one_of(
                    rng,
                    &["title", "department", "mobilePhone", "costCenter"],
                )];
                let import = rng.random_bool(0.7);
                told.push(self.admin(world, at, import, Fact::ProfileUpdated { user, changed }));
            }
            957..983 => self.membership(world, rng, user, at, told),
            983..990 => self.assignment(world, rng, user, at, told),
            990..994 if settled => {
                told.push(self.own(world, at, user, 0, Fact::UserLocked { user }));
                let later = at + rng.random_range(60..3_600) * SECOND_MS;
                told.push(self.admin(world, later, false, Fact::UserUnlocked { user }));
            }
            994..998 if settled => {
                told.push(self.admin(world, at, false, Fact::PasswordReset { user }));
                let later = at + rng.random_range(60..7_200) * SECOND_MS;
                told.push(self.own(world, later, user, 0, Fact::PasswordUpdated { user }));
            }
            998..1_000 => {
                let cause = Cause {
                    actor: Actor::Token(0),
                    ..world.by_system(at, mix_request(&mut self.requests, world))
                };
                if !world.tokens.is_empty() {
                    told.push(Happening {
                        cause,
                        fact: Fact::RateLimitWarning {
                            bucket: "/api/v1/logs",
                        },
                    });
                }
            }
            _ => {}
        }
    }

    /// Somebody who can sign in, at a time when they are likely to work.
    fn somebody_at_work(&self, world: &World, rng: &mut ChaCha8Rng) -> Option<(UserIx, Millis)> {
        for _ in 0..40 {
            // A few people do much, most do little.
            let share: f64 = rng.random::<f64>().powf(1.4);
            let user = self.people[nth(share, self.people.len())];
            let at = Millis(rng.random_range(self.start.0..self.end.0));
            let profile = world.user(user);
            if profile.activated.unwrap_or(profile.created) >= at {
                continue;
            }
            if rng.random_range(0..FULL) < self.rhythm.weight(profile.profile.place, at) {
                return Some((user, at));
            }
        }
        None
    }

    fn sign_in(
        &mut self,
        world: &World,
        rng: &mut ChaCha8Rng,
        user: UserIx,
        at: Millis,
        told: &mut Vec<Happening>,
    ) {
        let (_, cause) = self.occasion(world, rng, user, at);
        let session = session_of(world.seed, user, &cause.client, at.0);
        let app = rng
            .random_bool(0.6)
            .then(|| self.app_of(world, rng, user))
            .flatten();
        let factor = rng
            .random_bool(0.7)
            .then(|| strongest(world, user))
            .flatten();
        told.push(Happening {
            cause,
            fact: Fact::SignedIn {
                user,
                app,
                factor,
                session,
            },
        });
    }

    /// A user's request from one of their devices; now and then from a journey.
    fn occasion(
        &mut self,
        world: &World,
        rng: &mut ChaCha8Rng,
        user: UserIx,
        at: Millis,
    ) -> (u64, Cause) {
        let device = u64::from(rng.random_bool(0.2));
        let mut cause = world.by_user(user, at, mix_request(&mut self.requests, world));
        cause.client = world.home(user, device);
        // A journey takes days, so it follows from the day and not from the dice.
        let day = at.0.div_euclid(3 * DAY_MS).cast_unsigned();
        if world
            .seed
            .below("journey", u64::from(user.0) << 20 ^ day, 400)
            == 0
        {
            let place = world
                .seed
                .below("journey-to", u64::from(user.0) ^ day, u64::from(HOMES));
            let place = PlaceIx(u8::try_from(place).unwrap_or(0));
            cause.client = Client::in_place(place, cause.client.agent, 4_711, cause.client.device);
        }
        (device, cause)
    }

    fn admin_console(
        &mut self,
        world: &World,
        rng: &mut ChaCha8Rng,
        at: Millis,
        told: &mut Vec<Happening>,
    ) {
        if self.admins.is_empty() {
            return;
        }
        let user = self.admins[rng.random_range(0..self.admins.len())];
        if world.user(user).status != Status::Active {
            return;
        }
        let cause = world.by_user(user, at, mix_request(&mut self.requests, world));
        let session = session_of(world.seed, user, &cause.client, at.0);
        told.push(Happening {
            cause,
            fact: Fact::AdminConsoleOpened { user, session },
        });
    }

    /// Somebody joined a group that they are in, or left one that they are not in.
    fn membership(
        &mut self,
        world: &World,
        rng: &mut ChaCha8Rng,
        user: UserIx,
        at: Millis,
        told: &mut Vec<Happening>,
    ) {
        let old_enough = |group: GroupIx| {
            let held = world.group(group);
            held.kind == GroupKind::Okta && held.created < at
        };
        let group = if rng.random_bool(0.7) {
            let own: Vec<GroupIx> = world
                .groups_of(user)
                .filter(|group| old_enough(*group))
                .collect();
            pick(rng, &own)
        } else {
            let any = GroupIx::from_usize(rng.random_range(0..world.groups().len()));
            Some(any).filter(|group| old_enough(*group))
        };
        let Some(group) = group else { return };
        let member = world.is_member(group, user);
        let by_import = rng.random_bool(0.4);
        // What rules fill, people leave alone.
        let (fact, by_system) = match (world.rules_filling(group).first(), member) {
            (Some(rule), _) => {
                let rule = world.rule_of_membership(group, user).unwrap_or(*rule);
                let fact = if member {
                    Fact::MemberAddedByRule { rule, group, user }
                } else {
                    Fact::MemberRemovedByRule { rule, group, user }
                };
                (fact, true)
            }
            (None, true) => (Fact::MemberAdded { group, user }, by_import),
            (None, false) => (Fact::MemberRemoved { group, user }, by_import),
        };
        told.push(self.admin(world, at, by_system, fact));
    }

    /// Somebody was given an app that they have, or lost one that they do not have.
    fn assignment(
        &mut self,
        world: &World,
        rng: &mut ChaCha8Rng,
        user: UserIx,
        at: Millis,
        told: &mut Vec<Happening>,
    ) {
        let fact = match self.app_of(world, rng, user) {
            Some(app) if rng.random_bool(0.7) => {
                let scope = world.app_scope(app, user, self.end).unwrap_or(Scope::User);
                Fact::AppUserAdded { app, user, scope }
            }
            _ if world.apps().is_empty() => return,
            _ => {
                let app = AppIx::from_usize(rng.random_range(0..world.apps().len()));
                if world.app_scope(app, user, self.end).is_some() {
                    return;
                }
                Fact::AppUserRemoved {
                    app,
                    user,
                    scope: Scope::User,
                }
            }
        };
        let by_group = rng.random_bool(0.5);
        told.push(self.admin(world, at, by_group, fact));
    }

    fn app_of(&mut self, world: &World, rng: &mut ChaCha8Rng, user: UserIx) -> Option<AppIx> {
        let end = self.end;
        let own = self.apps_of.entry(user).or_insert_with(|| {
            let mut apps = world.apps_of(user, end);
            apps.retain(|app| world.app(*app).active && !world.app(*app).deleted);
            apps
        });
        // Most of the day is spent in few apps.
        let share: f64 = rng.random::<f64>().powi(2);
        (!own.is_empty()).then(|| own[nth(share, own.len())])
    }

    /// Something that a user did to themselves.
    fn own(
        &mut self,
        world: &World,
        at: Millis,
        user: UserIx,
        device: u64,
        fact: Fact,
    ) -> Happening {
        let mut cause = world.by_user(user, at, mix_request(&mut self.requests, world));
        cause.client = world.home(user, device);
        Happening { cause, fact }
    }

    /// Something that an admin did, or Okta by itself.
    fn admin(&mut self, world: &World, at: Millis, by_system: bool, fact: Fact) -> Happening {
        let request = mix_request(&mut self.requests, world);
        let at_desk = |user: &&UserIx| world.user(**user).created < at;
        let nth = usize::try_from(request % self.admins.len().max(1) as u64).unwrap_or(0);
        let chosen = self
            .admins
            .iter()
            .cycle()
            .skip(nth)
            .take(self.admins.len())
            .find(at_desk);
        let cause = match chosen {
            Some(admin) if !by_system => world.by_user(*admin, at, request),
            _ => world.by_system(at, request),
        };
        Happening { cause, fact }
    }
}

/// A number for the next request of the past; the present's are small, these are spread over everything.
fn mix_request(requests: &mut u64, world: &World) -> u64 {
    *requests += 1;
    world.seed.hash("past-request", *requests)
}

fn pick<T: Copy>(rng: &mut ChaCha8Rng, choices: &[T]) -> Option<T> {
    (!choices.is_empty()).then(|| choices[rng.random_range(0..choices.len())])
}

fn one_of(rng: &mut ChaCha8Rng, choices: &[&str]) -> String {
    choices[rng.random_range(0..choices.len())].to_owned()
}

/// The position in a table of `len` rows that `share`, from 0 to under 1, falls on.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the share is not negative and the product is below the length"
)]
fn nth(share: f64, len: usize) -> usize {
    ((share * len as f64) as usize).min(len.saturating_sub(1))
}
