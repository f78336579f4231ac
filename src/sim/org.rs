//! The org as all routes share it: the world behind a lock, the clock, and whoever writes the log.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::time::Millis;
use super::world::World;
use super::world::happening::Happening;
use crate::clock::Clock;

/// Takes what happened, in order; called while the world is still locked, so it must not ask for the world itself.
pub trait Recorder: Send + Sync {
    /// Turns happenings into log events.
    fn record(&self, world: &World, happenings: Vec<Happening>);
}

/// The org as all routes share it.
pub struct Org {
    /// The one clock.
    pub clock: Clock,
    world: RwLock<World>,
    recorder: Arc<dyn Recorder>,
    requests: AtomicU64,
}

impl fmt::Debug for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Org").finish_non_exhaustive()
    }
}

impl Org {
    /// An org whose happenings go to `recorder`.
    pub fn new(world: World, clock: Clock, recorder: Arc<dyn Recorder>) -> Self {
        Self {
            clock,
            world: RwLock::new(world),
            recorder,
            requests: AtomicU64::new(1),
        }
    }

    /// The time in the org.
    pub fn now(&self) -> Millis {
        self.clock.now().into()
    }

    /// The world for reading. Nothing may be awaited while this is held.
    pub fn world(&self) -> RwLockReadGuard<'_, World> {
        self.settle();
        self.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world and hands what happened to the log before anybody else sees the world.
    pub fn change<R>(&self, operate: impl FnOnce(&mut World, Millis) -> R) -> R {
        let mut world = self.world.write().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        world.settle(now);
        let result = operate(&mut world, now);
        let happened = world.take_journal();
        if !happened.is_empty() {
            self.recorder.record(&world, happened);
        }
        result
    }

    /// Does what was left for later, if anything is due.
    fn settle(&self) {
        let due = {
            let world = self.world.read().unwrap_or_else(PoisonError::into_inner);
            world.next_due().is_some_and(|due| due <= self.now())
        };
        if due {
            self.change(|_, _| ());
        }
    }

    /// A number for a new request; request ids and transaction ids follow from it.
    pub fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }
}
