//! The log as all routes share it: behind a lock, and fed by whatever happens in the org.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::sim::event::follow;
use crate::sim::fault::{Faults, Kind};
use crate::sim::org::Recorder;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::happening::Happening;

use super::Log;

/// The log, shared.
pub struct Book {
    log: RwLock<Log>,
    faults: Arc<Faults>,
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").finish_non_exhaustive()
    }
}

impl Book {
    /// Shares `log`; `faults` say which events come late.
    pub fn new(log: Log, faults: Arc<Faults>) -> Self {
        Self {
            log: RwLock::new(log),
            faults,
        }
    }

    /// Appends the events that follow from what happened; their positions.
    pub fn tell(&self, world: &World, happenings: &[Happening]) -> Range<u32> {
        let late = || Some(self.faults.strike_event(Kind::LateEvents)?.millis);
        self.write().tell(world, happenings, &late)
    }

    /// The log as it is at `now`, for reading.
    pub fn read(&self, now: Millis) -> RwLockReadGuard<'_, Log> {
        if self.log().is_due(now) {
            self.write().settle(now);
        }
        self.log()
    }

    /// The log for writing. Whoever holds the world may ask for this, never the other way round.
    pub fn write(&self) -> RwLockWriteGuard<'_, Log> {
        self.log.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn log(&self) -> RwLockReadGuard<'_, Log> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder for Book {
    fn record(&self, world: &World, happenings: Vec<Happening>) {
        self.tell(world, &happenings);
    }
}

impl Log {
    /// Appends the events that follow from what happened; their positions. `late` is asked once for each event, and says
    /// by how many milliseconds it is held up, if it is.
    pub fn tell(
        &mut self,
        world: &World,
        happenings: &[Happening],
        late: &dyn Fn() -> Option<u64>,
    ) -> Range<u32> {
        let first = self.position();
        let mut events = Vec::with_capacity(happenings.len() * 2);
        for happening in happenings {
            follow::events(world, self.tables_mut(), happening, &mut events);
        }
        for mut event in events {
            if let Some(held_up_ms) = late() {
                let held_up_ms = i64::try_from(held_up_ms).unwrap_or(i64::MAX);
                event.persisted_ms = event.published_ms.saturating_add(held_up_ms);
            }
            self.append(event);
        }
        first..self.position()
    }
}
