//! What happened before the simulator was started: `--events` over `--days`, up to the clock's now.
//!
//! History is told as happenings, like the present, but the world is not taken through it: that would cost as much as
//! living through it. Instead every happening is chosen so that the world as it is could have come of it (who joined a
//! group is in it, who left is not), and the timestamps that it would have left are set ([`World::settle_login`] and its
//! neighbours).

pub mod past;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::event::follow;
use super::log::Log;
use super::time::{DAY_MS, Millis};
use super::world::World;
use super::world::happening::Happening;
use past::Past;

/// After so many throws of the dice without anything happening, nothing can: an org of nobody has no history.
const MAX_FRUITLESS: u32 = 10_000;

/// So many events more are thought up, for the last few places are only filled by what fits.
const SPARE: usize = 60;

/// How much history there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many events.
    pub events: usize,
    /// Over how many days.
    pub days: u32,
    /// Up to when.
    pub end: Millis,
}

/// Writes the history of `world` into `log`, and its traces into `world`. The same seed, world and extent give the same.
pub fn write(world: &mut World, log: &mut Log, extent: Extent) {
    let start = extent.end - i64::from(extent.days) * DAY_MS;
    let mut past = Past::new(world, start, extent.end);
    let happenings = happenings(world, &mut past, extent);
    let mut events = Vec::with_capacity(extent.events + 8);
    let mut told = Vec::with_capacity(happenings.len());
    for happening in happenings {
        let before = events.len();
        if before == extent.events {
            break;
        }
        follow::events(world, log.tables_mut(), &happening, &mut events);
        // Half a sign-in would leave a trace without its event, or the other way round: something smaller fills the rest.
        if events.len() > extent.events {
            events.truncate(before);
        } else {
            told.push(happening);
        }
    }
    past.leave_traces(world, &told);
    log.load(events, extent.end);
}

/// The happenings, in no order, enough of them for the extent's events.
fn happenings(world: &World, past: &mut Past, extent: Extent) -> Vec<Happening> {
    let mut rng = ChaCha8Rng::seed_from_u64(world.seed.hash("history", 0));
    let mut happenings = past.traces(world, extent.events / 4);
    let mut expected = 0;
    let mut counted = 0;
    let mut fruitless = 0;
    while expected < extent.events + SPARE && past.has_people() && fruitless < MAX_FRUITLESS {
        past.invent(world, &mut rng, &mut happenings);
        let new = happenings[counted..]
            .iter()
            .map(|new| past::events_of(&new.fact));
        let gained: usize = new.sum();
        fruitless = if gained == 0 { fruitless + 1 } else { 0 };
        expected += gained;
        counted = happenings.len();
    }
    happenings
}

#[cfg(test)]
mod tests;
