//! Scenarios: stories with a known ending, told by files in `assets/scenarios`.
//!
//! A scenario says who is in it, what they do and when, and whether it is an attack. What it left in the log (its truth) is
//! kept, so that whoever looks for attacks can be measured: [`Truth`].

pub mod cast;
mod deed;
pub mod script;

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::task::AbortHandle;

use super::event::values;
use super::json::{self, Object};
use super::log::book::Book;
use super::org::Org;
use super::time::{Millis, SECOND_MS};
use super::world::World;
use cast::{Cast, Missing};
use script::Script;

/// What one run of a scenario left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Counts the runs from 1.
    pub run: u64,
    /// The scenario's name.
    pub name: String,
    /// What happens in it, in a sentence.
    pub title: String,
    /// Whether it is an attack; a scenario that is none must not be found.
    pub attack: bool,
    /// Ids of the behaviours that it shows.
    pub behaviors: Vec<String>,
    /// When it began.
    pub started: Millis,
    /// When its last step was done; `None` while it runs.
    pub ended: Option<Millis>,
    /// Who it happened to, by id.
    pub victims: Vec<String>,
    /// Whose accounts take part, by id.
    pub users: Vec<String>,
    /// Addresses that the attacker came from.
    pub addresses: Vec<String>,
    /// What it left in the log, in order.
    pub events: Vec<Left>,
}

/// One event that a scenario left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its uuid.
    pub uuid: String,
    /// When it happened.
    pub published: Millis,
    /// Its type.
    pub event_type: &'static str,
}

impl Truth {
    /// Appends its JSON to `out`.
    pub fn write(&self, out: &mut String) {
        json::object(out, |o| self.fill(o));
    }

    fn fill(&self, o: &mut Object<'_>) {
        let texts = |list: &'_ [String]| list.to_vec();
        o.raw("run", self.run)
            .str("name", &self.name)
            .str("title", &self.title);
        o.raw("attack", self.attack);
        o.strings(
            "behaviors",
            texts(&self.behaviors).iter().map(String::as_str),
        );
        o.shown("started", self.started)
            .shown_or_null("ended", self.ended);
        o.strings("victims", self.victims.iter().map(String::as_str));
        o.strings("users", self.users.iter().map(String::as_str));
        o.strings("addresses", self.addresses.iter().map(String::as_str));
        o.str_or_null("first", self.events.first().map(|left| left.uuid.as_str()));
        o.str_or_null("last", self.events.last().map(|left| left.uuid.as_str()));
        o.array("events", &self.events, |out, left| {
            json::object(out, |o| {
                o.str("uuid", &left.uuid);
                o.shown("published", left.published);
                o.str("eventType", left.event_type);
            });
        });
    }
}

/// Every run so far, and the tasks of those that still go on.
#[derive(Debug, Default)]
pub struct Scenarios {
    truths: Mutex<Vec<Truth>>,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Scenarios {
    /// What every run so far left, in the order they were started.
    pub fn truths(&self) -> Vec<Truth> {
        self.lock().clone()
    }

    /// Remembers a task, so that [`Scenarios::stop`] can end it.
    pub fn remember(&self, task: AbortHandle) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Ends every run that still goes on, wherever it is.
    pub fn stop(&self) {
        for task in self
            .tasks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
        {
            task.abort();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Truth>> {
        self.truths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Picks the actors of a new run; the run's position is what [`Scenarios::play`] takes.
    ///
    /// # Errors
    /// [`Missing`] when the org has nobody for one of the parts.
    pub fn begin(&self, world: &World, script: &Script, now: Millis) -> Result<Run, Missing> {
        let mut truths = self.lock();
        let number = truths.len() as u64 + 1;
        let cast = Cast::pick(world, script, number, now)?;
        let victims = cast.ids_of(world, |part| part.victim);
        truths.push(Truth {
            run: number,
            name: script.name.clone(),
            title: script.title.clone(),
            attack: script.attack,
            behaviors: script.behaviors.clone(),
            started: now,
            ended: None,
            victims,
            users: cast.ids_of(world, |_| true),
            addresses: cast.addresses(),
            events: Vec::new(),
        });
        Ok(Run {
            number,
            started: now,
            cast,
        })
    }

    /// Plays a run to its end, at the clock's pace.
    pub async fn play(&self, org: &Org, book: &Book, script: &Script, run: &Run) {
        for (nth, (after_ms, step)) in script.moments().into_iter().enumerate() {
            let due = run.started + after_ms;
            if let Ok(due) = jiff::Timestamp::from_millisecond(due.0) {
                org.clock.sleep_until(due).await;
            }
            let left = org.change(|world, now| {
                // What happened before this step is not the scenario's.
                let before = world.take_journal();
                book.tell(world, &before);
                run.cast
                    .perform(world, &step, now, run.number << 16 | nth as u64);
                let happened = world.take_journal();
                let events = book.tell(world, &happened);
                let log = book.write();
                events.map(|at| left_by(&log, at)).collect::<Vec<_>>()
            });
            self.record(run.number, left);
        }
        self.end(run.number, org.now());
    }

    fn record(&self, number: u64, left: Vec<Left>) {
        if let Some(truth) = self.lock().iter_mut().find(|truth| truth.run == number) {
            truth.events.extend(left);
        }
    }

    fn end(&self, number: u64, now: Millis) {
        if let Some(truth) = self.lock().iter_mut().find(|truth| truth.run == number) {
            truth.ended = Some(now);
        }
    }
}

fn left_by(log: &super::log::Log, at: u32) -> Left {
    let event = log.event(at);
    Left {
        uuid: values::uuid(event),
        published: Millis(event.published_ms),
        event_type: event.kind.spec().event_type,
    }
}

/// One run of a scenario.
#[derive(Clone, Debug)]
pub struct Run {
    /// Counts the runs from 1.
    pub number: u64,
    /// When it began.
    pub started: Millis,
    cast: Cast,
}

/// When attacks run by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attacks {
    /// How long after the start the first one begins, in seconds.
    pub first_after_s: u32,
    /// How long after one began the next one does, in seconds.
    pub every_s: u32,
    /// Which ones, in turn.
    pub names: Vec<String>,
}

/// The attack that the demo opens with.
const OPENING: &str = "factor-reset-then-takeover";

impl Attacks {
    /// The demo's: the first one within a minute and a half, then one every five minutes.
    pub fn of_the_demo() -> Self {
        let attacks = script::all().iter().filter(|script| script.attack);
        let mut names: Vec<String> = attacks.map(|script| script.name.clone()).collect();
        // The first is the one that needs no explaining.
        let first = names.iter().position(|name| name == OPENING);
        names.rotate_left(first.unwrap_or(0));
        Self {
            first_after_s: 45,
            every_s: 300,
            names,
        }
    }

    /// When the `nth` attack begins, counted from `start`, and which one it is; `None` without any names.
    pub fn nth(&self, start: Millis, nth: u64) -> Option<(Millis, &str)> {
        let names = self.names.len() as u64;
        let name = self
            .names
            .get(usize::try_from(nth.checked_rem(names)?).ok()?)?;
        let turns = i64::try_from(nth).ok()?;
        let after_s = i64::from(self.first_after_s) + i64::from(self.every_s).saturating_mul(turns);
        Some((start + after_s.saturating_mul(SECOND_MS), name))
    }
}

#[cfg(test)]
mod tests;
