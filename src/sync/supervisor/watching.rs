//! Noting that the org is watched, and dating what was observed.

use std::time::Duration;

use jiff::Timestamp;

use super::{Done, Job, Supervisor};
use crate::domain::resource::Resource;
use crate::domain::time;
use crate::store::DirectoryOp;
use crate::sync::context::Failure;
use crate::sync::dating;
use crate::sync::schedule::Standing;
use crate::sync::watched::{self, Watch};

/// A reading that has failed more often is not waited for: half an hour has passed.
const MAX_FAILURES: u32 = 5;
/// Wait between two datings, which look through the events of a quarter of an hour.
const BETWEEN: Duration = Duration::from_secs(20);
/// So many times as long as a dating took is waited at least: that of a weekend may take a while, and more was observed meanwhile.
const PAUSE: u32 = 10;
/// Wait after a failure.
const RETRY: Duration = Duration::from_mins(1);

/// Wait between two datings as long as what happened before this process is not dated: questions wait for that.
const SOON: Duration = Duration::from_millis(500);

/// What came of a dating.
pub(super) struct Dated {
    /// Changes that were dated.
    count: usize,
    /// Until when they were observed, if that is over.
    until: Option<Timestamp>,
    /// Which beginning of watching this is about.
    watching_since: Option<Timestamp>,
    /// Whether all had been read that happened before that.
    takes_over: bool,
    /// Since when something that was published was still to be read.
    hangs_since: Option<Timestamp>,
    took: Duration,
}

impl Supervisor {
    pub(super) async fn load_watch(&mut self) -> Result<(), Failure> {
        let mark = self
            .context
            .read(|store| store.directory.mark(watched::MARK));
        self.watch = Watch::of(mark.await?.as_deref());
        self.date_at = Some(self.now());
        Ok(())
    }

    /// The log was polled to its end. A poll that comes hours late, where the machine slept, is as the first one of a process.
    pub(super) async fn watched(&mut self, now: Timestamp) {
        let interval = self.log_poll_interval();
        self.heed_pages();
        if self.watching_since.is_none() || self.watch.late_since(now, interval).is_some() {
            self.watching_since = Some(now);
            self.taken_up = false;
        }
        if self.watch.polled(now, interval) {
            self.note_watch().await;
        }
    }

    /// That a poll reads for long is no sleep, as long as pages come.
    pub(super) fn heed_pages(&mut self) {
        if let Some(heard) = self.context.board.heard() {
            self.watch.heard(heard);
        }
    }

    /// There will be no other poll.
    pub(super) async fn watched_until_the_end(&mut self) {
        if self.watch.ended() {
            self.note_watch().await;
        }
    }

    /// Notes once all is settled that had been published when the first poll ended: where much happens there is always something
    /// newer.
    pub(super) fn take_up(&mut self) {
        let Some(since) = self.watching_since else {
            return;
        };
        let hangs = self.hints.oldest().is_some_and(|oldest| oldest < since);
        self.taken_up |= !hangs;
    }

    async fn note_watch(&self) {
        let op = DirectoryOp::Mark {
            key: watched::MARK.to_owned(),
            value: self.watch.to_mark(),
        };
        if let Err(error) = self.context.store.directory.apply(op).await {
            tracing::warn!(%error, "that the org is watched could not be noted");
        }
    }

    /// Whether there is something to date, and the log was read on since it was observed. What was observed last waits for nothing else:
    /// until it is dated, answers about the past are wrong.
    pub(super) fn may_date(&self) -> bool {
        let log = self.standings.get(&Resource::Log);
        let polled = log.and_then(|log| log.complete_at.filter(|_| log.failures == 0));
        let (Some(_), Some(polled)) = (self.watch.undated(), polled) else {
            return false;
        };
        match self.watch.fresh() {
            Some(observed) => observed <= polled,
            None => self.has_read_all() || self.takes_over() || self.comes_nearer(),
        }
    }

    /// Whether all was read that happened before this process, or before its machine woke, and is not dated.
    fn takes_over(&self) -> bool {
        self.taken_up && self.watch.taken_over().is_some()
    }

    /// Whether more of that can be dated than was, while something is still to be read.
    fn comes_nearer(&self) -> bool {
        let hangs = self
            .hints
            .oldest()
            .filter(|_| self.watching_since.is_some());
        hangs.is_some_and(|hangs| self.watch.taken_over().is_some_and(|since| since < hangs))
    }

    /// Whether everything has been read that may have seen a change. What is about to be tried again is waited for, unless it fails and
    /// fails.
    fn has_read_all(&self) -> bool {
        let reads = |resource: &Resource| *resource != Resource::Log;
        let fails = |standing: &Standing| {
            !standing.refused && (1..=MAX_FAILURES).contains(&standing.failures)
        };
        self.pass.is_none()
            && self.hints.is_empty()
            && !self.running.keys().any(reads)
            && !self.standings.values().any(fails)
    }

    pub(super) fn start_dating(&mut self, now: Timestamp) {
        if !self.may_date() || self.date_at.is_none_or(|at| at > now) {
            return;
        }
        let Some(from) = self.watch.undated() else {
            return;
        };
        self.date_at = None;
        self.watch.dating();
        let until = self.has_read_all().then_some(now);
        let takes_over = self.takes_over();
        let watching_since = self.watching_since;
        let hangs_since = self.hints.oldest();
        let context = self.context.clone();
        self.spawn(Job::Date, async move {
            let began = context.clock.now();
            let dated = dating::date(&context, from, now).await;
            let took = time::elapsed(began, context.clock.now());
            Done::Dated(dated.map(|count| Dated {
                count,
                until,
                watching_since,
                takes_over,
                hangs_since,
                took,
            }))
        });
    }

    pub(super) async fn take_dated(&mut self, result: Result<Dated, Failure>) {
        match &result {
            Ok(dated) => {
                tracing::debug!(count = dated.count, "changes are dated by the log");
                // A machine that slept meanwhile has more to take over.
                if dated.watching_since == self.watching_since {
                    match dated.hangs_since.filter(|_| !dated.takes_over) {
                        Some(hangs) => self.watch.took_over_until(hangs),
                        None if dated.takes_over => self.watch.took_over(),
                        None => {}
                    }
                }
                // While more is to be read, the events of the whole time may be needed again.
                if let Some(until) = dated.until {
                    self.watch.dated(until);
                }
                let pause = match self.watch.taken_over() {
                    // Who asks about the past waits for it.
                    Some(_) => SOON.max(dated.took),
                    None => BETWEEN.max(dated.took * PAUSE),
                };
                self.date_at = Some(time::after(self.now(), pause));
                self.note_watch().await;
            }
            Err(failure) => {
                tracing::warn!(%failure, "what changed unwatched could not be dated");
                self.date_again();
            }
        }
        self.note(result.err().as_ref());
    }

    pub(super) fn date_again(&mut self) {
        self.date_at = Some(time::after(self.now(), RETRY));
    }
}
