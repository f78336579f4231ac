//! Life in the org: people sign in and open apps, admins do their work, now and then something goes wrong.
//!
//! Everything is done to the world by its own operations, so what the log says is what happened. When something happens
//! follows from the hour; what happens follows from the seed.

pub mod work;

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::sync::watch;

use super::event::follow::{session_of, strongest};
use super::org::Org;
use super::rhythm::{FULL, Rhythm};
use super::time::{Millis, SECOND_MS};
use super::world::World;
use super::world::happening::{Cause, SignInFailure};
use super::world::index::{AppIx, UserIx};
use super::world::place::{Client, PlaceIx};
use super::world::user::Status;

/// How many events one act leaves, on average (measured by a test below).
const EVENTS_OF_AN_ACT: f64 = 2.0;

/// How busy the org is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As its people and the hour make it: about one event in two seconds for a thousand people.
    Human,
    /// So many events a second, at any hour.
    EventsPerSecond(f64),
}

/// Lives in the org at the pace that is said, for ever; without one nothing happens. Whoever started this ends it by dropping it.
pub async fn live(org: &Org, mut pace: watch::Receiver<Option<Pace>>) {
    let mut life = {
        let world = org.world();
        Life::new(&world, Pace::Human)
    };
    loop {
        let wanted = *pace.borrow_and_update();
        let changed = match wanted {
            Some(wanted) => {
                life.pace = wanted;
                let pause = life.pause(org.now());
                tokio::select! {
                    biased;
                    changed = pace.changed() => changed,
                    () = org.clock.sleep(pause) => {
                        org.change(|world, now| life.act(world, now));
                        Ok(())
                    }
                }
            }
            None => pace.changed().await,
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Somebody who is signed in.
#[derive(Clone, Copy, Debug)]
struct Seat {
    user: UserIx,
    client: Client,
    session: u64,
    since: Millis,
}

/// What happens next.
#[derive(Debug)]
pub struct Life {
    rng: ChaCha8Rng,
    pace: Pace,
    rhythm: Rhythm,
    people: usize,
    homes: Vec<PlaceIx>,
    /// Those who signed in lately.
    seats: Vec<Seat>,
    /// What the world's changes of sessions were when the seats were looked over, and from when on one is too old.
    looked_over: (u64, Millis),
    /// Those who mistyped a password and will try again.
    retries: Vec<(Millis, UserIx, Client)>,
    requests: u64,
}

/// More people than this are not remembered as signed in.
const SEATS: usize = 4_096;

impl Life {
    /// Life in `world` from now on.
    pub fn new(world: &World, pace: Pace) -> Self {
        let homes = (0..world.users().len())
            .step_by(world.users().len() / 256 + 1)
            .map(|at| world.users()[at].profile.place);
        Self {
            rng: ChaCha8Rng::seed_from_u64(world.seed.hash("life", 0)),
            pace,
            rhythm: Rhythm::default(),
            people: world.users().len(),
            homes: homes.collect(),
            seats: Vec::new(),
            looked_over: (0, Millis(0)),
            retries: Vec::new(),
            requests: 0,
        }
    }

    /// How long nothing happens from `now` on.
    pub fn pause(&mut self, now: Millis) -> Duration {
        let events_per_second = match self.pace {
            Pace::EventsPerSecond(rate) => rate,
            Pace::Human => {
                // Never quite asleep: somebody is always awake somewhere, and a console should show it.
                let bustle = self.rhythm.bustle(&self.homes, now).clamp(0.5, 2.0);
                self.people as f64 / 2_000.0 * bustle
            }
        };
        let acts_per_second = (events_per_second / EVENTS_OF_AN_ACT).max(1e-4);
        // Independent acts come at exponentially distributed intervals.
        let chance: f64 = self.rng.random_range(f64::EPSILON..1.0);
        Duration::from_secs_f64((-chance.ln() / acts_per_second).min(3_600.0))
    }

    /// Lets one thing happen. Sometimes the dice pick nobody suitable, and nothing does.
    pub fn act(&mut self, world: &mut World, now: Millis) {
        if let Some(due) = self.retries.iter().position(|(at, ..)| *at <= now) {
            let (_, user, client) = self.retries.swap_remove(due);
            return self.sign_in(world, user, client, now);
        }
        match self.rng.random_range(0..1_000) {
            0..430 => self.arrive(world, now),
            430..800 => self.open_app(world, now),
            800..860 => self.leave(world, now),
            860..904 => self.mistype(world, now),
            904..910 => self.refuse_push(world, now),
            _ => self.work(world, now),
        }
    }

    /// Somebody at work signs in.
    fn arrive(&mut self, world: &mut World, now: Millis) {
        if let Some(user) = self.somebody_at_work(world, now) {
            let client = self.device_of(world, user);
            self.sign_in(world, user, client, now);
        }
    }

    fn sign_in(&mut self, world: &mut World, user: UserIx, client: Client, now: Millis) {
        if world.user(user).status != Status::Active {
            return;
        }
        let cause = self.cause(world, user, client, now);
        let session = session_of(world.seed, user, &client, now.0);
        let factor = self.chance(0.7).then(|| strongest(world, user)).flatten();
        let app = self
            .chance(0.6)
            .then(|| self.app_of(world, user, now))
            .flatten();
        world.sign_in(&cause, user, app, factor, session);
        if self.seats.len() >= SEATS {
            self.seats.swap_remove(0);
        }
        self.seats.push(Seat {
            user,
            client,
            session,
            since: now,
        });
    }

    fn open_app(&mut self, world: &mut World, now: Millis) {
        let Some(at) = self.seat(world, now) else {
            return self.arrive(world, now);
        };
        let seat = self.seats[at];
        let Some(app) = self.app_of(world, seat.user, now) else {
            return;
        };
        let cause = self.cause(world, seat.user, seat.client, now);
        world.open_app(&cause, seat.user, app, seat.session);
    }

    fn leave(&mut self, world: &mut World, now: Millis) {
        let Some(at) = self.seat(world, now) else {
            return;
        };
        let seat = self.seats.swap_remove(at);
        let cause = self.cause(world, seat.user, seat.client, now);
        world.sign_out(&cause, seat.user, seat.session);
    }

    fn mistype(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        let client = self.device_of(world, user);
        let cause = self.cause(world, user, client, now);
        world.fail_sign_in(&cause, user, SignInFailure::InvalidCredentials);
        let later = now + self.rng.random_range(6..40) * SECOND_MS;
        self.retries.push((later, user, client));
    }

    fn refuse_push(&mut self, world: &mut World, now: Millis) {
        let Some(user) = self.somebody_at_work(world, now) else {
            return;
        };
        let client = self.device_of(world, user);
        let cause = self.cause(world, user, client, now);
        world.fail_sign_in(&cause, user, SignInFailure::FactorFailed);
    }

    /// Where somebody sits who is still signed in.
    fn seat(&mut self, world: &World, now: Millis) -> Option<usize> {
        if self.looked_over.0 != world.session_changes() || now >= self.looked_over.1 {
            self.look_over(world, now);
        }
        (!self.seats.is_empty()).then(|| self.rng.random_range(0..self.seats.len()))
    }

    /// Lets go who is no longer signed in. Looking at everybody whenever somebody is wanted took four fifths of the simulator's time.
    fn look_over(&mut self, world: &World, now: Millis) {
        const SHIFT_MS: i64 = 9 * 3_600 * SECOND_MS;
        self.seats.retain(|seat| {
            now - seat.since < SHIFT_MS
                && world.user(seat.user).status == Status::Active
                && world.session_stands(seat.user, seat.since)
        });
        // Whoever comes later is too old later.
        let oldest = self.seats.iter().map(|seat| seat.since).min();
        self.looked_over = (world.session_changes(), oldest.unwrap_or(now) + SHIFT_MS);
    }

    /// An active user, likely one for whom it is a working hour.
    fn somebody_at_work(&mut self, world: &World, now: Millis) -> Option<UserIx> {
        for _ in 0..60 {
            let user = self.anybody(world);
            let held = world.user(user);
            let weight = self.rhythm.weight(held.profile.place, now).max(4);
            if held.status == Status::Active
                && !held.deleted
                && !world.characters.is_quiet(user)
                && !world.is_in_hand(user, now)
                && self.rng.random_range(0..FULL) < weight
            {
                return Some(user);
            }
        }
        None
    }

    /// Anybody at all, of any status.
    fn anybody(&mut self, world: &World) -> UserIx {
        UserIx::from_usize(self.rng.random_range(0..world.users().len()))
    }

    fn device_of(&mut self, world: &World, user: UserIx) -> Client {
        world.home(user, u64::from(self.chance(0.15)))
    }

    fn app_of(&mut self, world: &World, user: UserIx, now: Millis) -> Option<AppIx> {
        let mut apps = world.apps_of(user, now);
        apps.retain(|app| world.app(*app).active && !world.app(*app).deleted);
        (!apps.is_empty()).then(|| apps[self.rng.random_range(0..apps.len())])
    }

    fn cause(&mut self, world: &World, user: UserIx, client: Client, now: Millis) -> Cause {
        Cause {
            client,
            ..world.by_user(user, now, self.request(world))
        }
    }

    /// A number for the next request that nobody sends over the wire.
    fn request(&mut self, world: &World) -> u64 {
        self.requests += 1;
        world.seed.hash("life-request", self.requests)
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.rng.random_bool(probability)
    }
}

#[cfg(test)]
mod tests;
