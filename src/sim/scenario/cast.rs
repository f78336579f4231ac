//! Who plays the parts of a scenario, and their doing it.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::sim::derive::{Seed, mix};
use crate::sim::event::follow::{session_of, strongest};
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::department::department;
use crate::sim::world::factor::FactorKind;
use crate::sim::world::happening::{Actor, Cause, SignInFailure};
use crate::sim::world::index::{AppIx, UserIx};
use crate::sim::world::place::{AGENTS, AgentIx, Client, PLACES, PlaceIx};
use crate::sim::world::role::Role;
use crate::sim::world::user::Status;

use super::deed;
use super::script::{Act, Origin, Part, Script, Step, Turn};

/// The org has nobody for a part.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("nobody in this org can play `{part}` in {scenario}")]
pub struct Missing {
    /// The part.
    pub part: String,
    /// The scenario.
    pub scenario: String,
}

/// Who plays the parts, and where strangers come from.
#[derive(Clone, Debug)]
pub struct Cast {
    seed: Seed,
    started: Millis,
    parts: BTreeMap<String, (Part, Vec<UserIx>)>,
    origins: BTreeMap<String, (Origin, Client)>,
}

impl Cast {
    /// Picks people for all parts; another `run` has others.
    ///
    /// # Errors
    /// [`Missing`] when nobody suits a part.
    pub fn pick(
        world: &World,
        script: &Script,
        run: u64,
        started: Millis,
    ) -> Result<Self, Missing> {
        let mut taken = Vec::new();
        let mut parts = BTreeMap::new();
        for (name, part) in &script.parts {
            let people = players(world, part, run, &taken);
            if people.is_empty() {
                return Err(Missing {
                    part: name.clone(),
                    scenario: script.name.clone(),
                });
            }
            taken.extend(&people);
            parts.insert(name.clone(), (part.clone(), people));
        }
        let origins = script.origins.iter().map(|(name, origin)| {
            (
                name.clone(),
                (origin.clone(), stranger(world.seed, origin, name, run)),
            )
        });
        Ok(Self {
            seed: world.seed,
            started,
            parts,
            origins: origins.collect(),
        })
    }

    /// The ids of everybody whose part is `wanted`.
    pub fn ids_of(&self, world: &World, wanted: impl Fn(&Part) -> bool) -> Vec<String> {
        let chosen = self.parts.values().filter(|(part, _)| wanted(part));
        chosen
            .flat_map(|(_, people)| people)
            .map(|user| world.user(*user).id.to_string())
            .collect()
    }

    /// The addresses of hostile origins.
    pub fn addresses(&self) -> Vec<String> {
        let hostile = self.origins.values().filter(|(origin, _)| origin.hostile);
        hostile.map(|(_, client)| client.ip.to_string()).collect()
    }

    fn player(&self, part: &str, nth: u32) -> UserIx {
        let people = self.parts.get(part).map_or(&[][..], |(_, people)| people);
        let at = (nth as usize).checked_rem(people.len());
        at.map_or(UserIx(0), |at| people[at])
    }

    /// Does what the turn says.
    pub fn perform(&self, world: &mut World, turn: &Turn, now: Millis, nth: u64) {
        let step = &turn.step;
        let by_many = self
            .parts
            .get(&step.by)
            .is_some_and(|(part, _)| part.count > 1);
        let actor = self.player(&step.by, if by_many { turn.nth } else { 0 });
        let user = step
            .to
            .as_ref()
            .map_or(actor, |to| self.player(to, turn.nth));
        let client = self.client(world, actor, step.from.as_deref());
        let by_hand = world.by_user(actor, now, world.seed.hash("scenario-request", nth));
        let cause = Cause {
            client,
            actor: by(world, step).unwrap_or(by_hand.actor),
            ..by_hand
        };
        // A session outlives noon and midnight, so it is the one of the scenario's start.
        let browser = if step.replay {
            world.home(actor, 0)
        } else {
            client
        };
        let session = session_of(self.seed, actor, &browser, self.started.0);
        // What the world refuses by then (somebody was suspended meanwhile) is not done.
        if deed::administer(world, step, &cause, actor, user).is_some() {
            return;
        }
        let factor = step.factor.as_deref().and_then(factor_named);
        match step.act {
            Act::SignIn => {
                let factor = factor.or_else(|| strongest(world, user));
                let app = own_app(world, user, &step.apps, now).filter(|_| !step.apps.is_empty());
                if matches!(world.user(user).status, Status::Active | Status::Recovery) {
                    world.sign_in(&cause, user, app, factor, session);
                }
            }
            Act::FailPassword => {
                world.fail_sign_in(&cause, user, SignInFailure::InvalidCredentials);
            }
            Act::FailFactor => world.fail_sign_in(&cause, user, SignInFailure::FactorFailed),
            Act::Denied => world.fail_sign_in(&cause, user, SignInFailure::PolicyDenied),
            Act::OpenApp => {
                if let Some(app) = own_app(world, user, &step.apps, now) {
                    world.open_app(&cause, user, app, session);
                }
            }
            Act::TryApp => {
                if let Some(app) = foreign_app(world, user, &step.apps, now) {
                    world.note_refused_app(&cause, user, Some(app));
                }
            }
            Act::TryAdminConsole => world.note_refused_app(&cause, user, None),
            Act::OpenAdminConsole => world.open_admin_console(&cause, user, session),
            Act::SignOut => world.sign_out(&cause, user, session),
            Act::ChangePassword => {
                let _ = world.change_password(&cause, user);
            }
            Act::ResetPassword => {
                let _ = world.reset_password(&cause, user);
            }
            Act::EnrolFactor => {
                world.enroll_factor(&cause, user, factor.unwrap_or(FactorKind::Push));
            }
            Act::ResetFactors => world.reset_factors(&cause, user),
            Act::Unlock => {
                let _ = world.unlock(&cause, user);
            }
            Act::Lock => {
                let _ = world.lock(&cause, user);
            }
            Act::ReportSuspicious => world.note_suspicious(&cause, user),
            Act::SignInThroughIdp => {
                if let Some(idp) = deed::document(world, step) {
                    world.sign_in_through(&cause, user, idp, session);
                }
            }
            // Administrators' acts are done above.
            _ => {}
        }
    }

    fn client(&self, world: &World, actor: UserIx, from: Option<&str>) -> Client {
        let home = world.home(actor, 0);
        let Some((origin, client)) = from.and_then(|from| self.origins.get(from)) else {
            return home;
        };
        if origin.own_device {
            return Client {
                agent: home.agent,
                device: home.device,
                ..*client
            };
        }
        // A stranger's browser is never the user's own.
        *client
    }
}

/// The token that a step is done with.
fn by(world: &World, step: &Step) -> Option<Actor> {
    let name = step.token.as_deref()?;
    let made = world
        .tokens
        .iter()
        .rposition(|token| token.name == name && !token.revoked);
    made.map(Actor::Token)
}

/// People for a part, none of them among `taken`.
fn players(world: &World, part: &Part, run: u64, taken: &[UserIx]) -> Vec<UserIx> {
    let factor = part.factor.as_deref().and_then(factor_named);
    let roles: Vec<Role> = part
        .roles
        .iter()
        .filter_map(|role| Role::parse(role))
        .collect();
    let suits = |user: &UserIx| {
        let held = world.user(*user);
        let own = world.roles(*user);
        held.status == Status::Active
            && !held.deleted
            && !taken.contains(user)
            && !world.characters.is_quiet(*user)
            && part
                .department
                .as_deref()
                .is_none_or(|name| department(held.profile.department).name == name)
            && if roles.is_empty() {
                own.is_empty()
            } else {
                own.iter().any(|role| roles.contains(role))
            }
            && factor.is_none_or(|kind| {
                world
                    .factors(*user)
                    .iter()
                    .any(|own| own.active && own.kind == kind)
            })
    };
    let everybody = (0..world.users().len()).map(UserIx::from_usize);
    let able: Vec<UserIx> = everybody.filter(suits).collect();
    if able.is_empty() {
        return able;
    }
    let first =
        usize::try_from(world.seed.below("scenario-part", run, able.len() as u64)).unwrap_or(0);
    able.iter()
        .copied()
        .cycle()
        .skip(first)
        .take(part.count.min(able.len()))
        .collect()
}

/// A machine that nobody in the org has.
fn stranger(seed: Seed, origin: &Origin, name: &str, run: u64) -> Client {
    let place = PLACES
        .iter()
        .position(|place| place.city == origin.city)
        .unwrap_or(0);
    let wanted = origin.agent.as_deref().unwrap_or("Firefox");
    let agent = AGENTS
        .iter()
        .position(|agent| agent.raw.contains(wanted))
        .unwrap_or(0);
    let word = name.bytes().fold(seed.hash("stranger", run), |word, byte| {
        mix(word ^ u64::from(byte))
    });
    Client::in_place(
        PlaceIx(u8::try_from(place).unwrap_or(0)),
        AgentIx(u8::try_from(agent).unwrap_or(0)),
        u16::try_from(word & 0xffff).unwrap_or(1),
        word,
    )
}

fn factor_named(name: &str) -> Option<FactorKind> {
    FactorKind::ALL
        .into_iter()
        .find(|kind| kind.log_name() == name)
}

/// The first of the wanted apps that the user has, else any of theirs.
fn own_app(world: &World, user: UserIx, wanted: &[String], now: Millis) -> Option<AppIx> {
    let mut own = world.apps_of(user, now);
    own.retain(|app| world.app(*app).active && !world.app(*app).deleted);
    let named = |name: &String| {
        own.iter()
            .copied()
            .find(|app| world.app(*app).name == name.as_str())
    };
    wanted
        .iter()
        .find_map(named)
        .or_else(|| own.first().copied())
}

/// The first of the wanted apps that the user does not have, else any such.
fn foreign_app(world: &World, user: UserIx, wanted: &[String], now: Millis) -> Option<AppIx> {
    let all = (0..world.apps().len()).map(AppIx::from_usize);
    let foreign: Vec<AppIx> = all
        .filter(|app| world.app(*app).active && world.app_scope(*app, user, now).is_none())
        .collect();
    let named = |name: &String| {
        foreign
            .iter()
            .copied()
            .find(|app| world.app(*app).name == name.as_str())
    };
    wanted
        .iter()
        .find_map(named)
        .or_else(|| foreign.first().copied())
}
