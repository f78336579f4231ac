//! What becomes of the results of tasks: standings, lines on the board, reports.

use std::time::Duration;

use jiff::Timestamp;

use super::{Cost, Done, Supervisor};
use crate::domain::listing::PartialReason;
use crate::domain::resource::Resource;
use crate::domain::time;
use crate::store::DirectoryOp;
use crate::sync::board::Tally;
use crate::sync::context::Failure;
use crate::sync::delta::delta_mark;
use crate::sync::schedule::{Standing, parent};
use crate::sync::{entries, everyone, floor, lists, recount, sweep};

impl Supervisor {
    pub(super) async fn take(&mut self, done: Done) {
        match done {
            Done::Swept(resource, result) => self.take_swept(resource, result).await,
            Done::Asked(resource, result) => self.take_asked(resource, result).await,
            Done::Listed {
                resource,
                whole,
                result,
            } => self.take_listed(resource, whole, result).await,
            Done::Read {
                resource,
                whole,
                result,
            } => self.take_read(resource, whole, result).await,
            Done::Polled(result) => self.take_polled(result).await,
            Done::Backfilled(result) => self.take_backfilled(result),
            Done::Recounted(result) => self.take_recounted(result),
            Done::ReadEveryone(result) => self.take_everyone(result),
            Done::Settled(result) => self.take_settled(result).await,
            Done::Dated(result) => self.take_dated(result).await,
            Done::LookedUp(kind, result) => match result {
                Ok(0) => {}
                Ok(archived) => tracing::info!(
                    archived,
                    kind = kind.word(),
                    "archived what Okta no longer has"
                ),
                Err(failure) => tracing::warn!(%failure, "could not look up what is missing"),
            },
            Done::Accepted(resource, true) => self.set_held(resource, 0),
            Done::Accepted(_, false) | Done::Told => {}
        }
    }

    pub(super) async fn take_swept(
        &mut self,
        resource: Resource,
        result: Result<sweep::Finished, Failure>,
    ) {
        let took = self.ended(resource);
        match result {
            Ok(finished) => {
                let cost = Cost {
                    tally: finished.tally,
                    floor: floor::pages(finished.tally.objects, 200),
                    took,
                };
                self.completed(resource, finished.started, cost).await;
                self.judge_missing(resource, finished.missed);
                for child in children(resource) {
                    self.recount(child).await;
                }
            }
            Err(failure) => self.failed(resource, &failure),
        }
    }

    pub(super) async fn take_asked(
        &mut self,
        resource: Resource,
        result: Result<(Timestamp, Tally), Failure>,
    ) {
        self.ended(resource);
        match result {
            Ok((asked_at, tally)) => {
                let standing = self.standing(resource);
                *standing = Standing {
                    delta_at: Some(asked_at),
                    failures: 0,
                    failed_at: None,
                    ..*standing
                };
                self.note(None);
                if tally.objects > 0 {
                    self.watch.observed(self.now());
                }
                for child in children(resource) {
                    self.recount(child).await;
                }
            }
            Err(failure) => self.failed(resource, &failure),
        }
    }

    pub(super) async fn take_listed(
        &mut self,
        resource: Resource,
        whole: bool,
        result: Result<lists::Finished, Failure>,
    ) {
        let took = self.ended(resource);
        self.recount(resource).await;
        match result {
            Ok(lists::Finished {
                started,
                tally,
                trouble: None,
            }) => {
                let first = self.standing(resource).complete_at.is_none();
                if whole || first {
                    let cost = Cost {
                        tally,
                        floor: self.lists_floor(resource).await,
                        took,
                    };
                    self.completed(resource, started, cost).await;
                } else {
                    let standing = self.standing(resource);
                    *standing = Standing {
                        failures: 0,
                        failed_at: None,
                        ..*standing
                    };
                    self.note(None);
                    self.watch.observed(self.now());
                }
            }
            Ok(lists::Finished {
                trouble: Some(failure),
                ..
            })
            | Err(failure) => self.failed(resource, &failure),
        }
    }

    pub(super) async fn take_read(
        &mut self,
        resource: Resource,
        whole: bool,
        result: Result<entries::Finished, Failure>,
    ) {
        let took = self.ended(resource);
        let finished = match result {
            Ok(finished) => finished,
            Err(failure) => return self.failed(resource, &failure),
        };
        self.set_held(resource, finished.held);
        match finished.trouble {
            Some(failure) => self.failed(resource, &failure),
            None if whole => {
                let cost = Cost {
                    tally: finished.tally,
                    floor: self.entries_floor(resource).await,
                    took,
                };
                self.completed(resource, finished.started, cost).await;
            }
            None => self.read_top(resource, finished.started).await,
        }
    }

    /// The lists of a resource that hang below no entry were read, and those that were new.
    async fn read_top(&mut self, resource: Resource, started: Timestamp) {
        let mark = DirectoryOp::Mark {
            key: delta_mark(resource),
            value: Some(time::format_okta(started)),
        };
        if let Err(error) = self.context.store.directory.apply(mark).await {
            return self.failed(resource, &error.into());
        }
        let standing = self.standing(resource);
        *standing = Standing {
            delta_at: Some(started),
            failures: 0,
            failed_at: None,
            refused: false,
            ..*standing
        };
        self.note(None);
        self.watch.observed(self.now());
    }

    pub(super) async fn take_polled(&mut self, result: Result<Tally, Failure>) {
        let took = self.ended(Resource::Log);
        match result {
            Ok(tally) => {
                let now = self.now();
                let standing = self.standing(Resource::Log);
                *standing = Standing {
                    complete_at: Some(now),
                    failures: 0,
                    failed_at: None,
                    ..*standing
                };
                self.context
                    .board
                    .resource(Resource::Log, |line| line.complete_at = Some(now));
                self.note(None);
                self.report(
                    Resource::Log,
                    Cost {
                        tally,
                        floor: 1,
                        took,
                    },
                    None,
                );
                // What this poll hinted at comes before anything that waits for all hints.
                while let Ok(hint) = self.hint_receiver.try_recv() {
                    self.take_hint(hint, now);
                }
                self.watched(now).await;
            }
            Err(failure) => {
                self.context.board.update(|board| board.caught_up = false);
                self.failed(Resource::Log, &failure);
            }
        }
    }

    pub(super) fn take_backfilled(&mut self, result: Result<(), Failure>) {
        self.backfilling = false;
        self.backfill_at = match &result {
            Ok(()) => None,
            Err(failure) => {
                tracing::warn!(%failure, "the log's history could not be read on");
                Some(time::after(self.now(), Duration::from_mins(1)))
            }
        };
        self.note(result.err().as_ref());
    }

    pub(super) fn take_recounted(&mut self, result: Result<Timestamp, Failure>) {
        let next = match &result {
            Ok(next) => *next,
            Err(failure) => {
                tracing::warn!(%failure, "an hour of the log could not be counted again");
                recount::after_failure(self.now())
            }
        };
        self.recount_at = Some(next);
        if result.is_err() {
            self.note(result.err().as_ref());
        }
    }

    pub(super) fn take_everyone(&mut self, result: Result<Timestamp, Failure>) {
        let next = match &result {
            Ok(next) => *next,
            Err(failure) => {
                tracing::warn!(%failure, "everybody's factors could not be read on");
                everyone::after_failure(self.now())
            }
        };
        self.everyone_at = Some(next);
        self.note(result.err().as_ref());
    }

    /// A resource was read completely: its mark, its standing, its line and its report.
    pub(super) async fn completed(&mut self, resource: Resource, started: Timestamp, cost: Cost) {
        let completed = DirectoryOp::Completed {
            resource,
            at: started,
        };
        if let Err(error) = self.context.store.directory.apply(completed).await {
            return self.failed(resource, &error.into());
        }
        let standing = self.standing(resource);
        *standing = Standing {
            complete_at: Some(started),
            failures: 0,
            failed_at: None,
            refused: false,
            ..*standing
        };
        self.context
            .board
            .resource(resource, |line| line.complete_at = Some(started));
        self.note(None);
        self.watch.observed(self.now());
        self.report(resource, cost, None);
    }

    pub(super) fn failed(&mut self, resource: Resource, failure: &Failure) {
        let reason = failure.reason(resource);
        tracing::warn!(%resource, %reason, "a reading did not come to its end");
        let now = self.now();
        let standing = self.standing(resource);
        *standing = Standing {
            failed_at: Some(now),
            failures: standing.failures + 1,
            refused: resource.holds_entries() && failure.is_refusal(),
            wanted: false,
            ..*standing
        };
        self.context
            .board
            .resource(resource, |line| line.trouble = Some(reason.clone()));
        self.note(Some(failure));
        if let Some(error) = failure.okta().filter(|error| error.is_out_of_reach()) {
            self.tell_out_of_reach(&PartialReason::Failed(error.kind.to_string()));
        }
        self.report(resource, Cost::default(), Some(&reason));
        if self.standing(resource).complete_at.is_none() {
            for child in children(resource) {
                let reason = PartialReason::Failed(format!("{resource} could not be read"));
                self.report(child, Cost::default(), Some(&reason));
            }
        }
    }

    /// A reading is over, however it ended; tells how long it took.
    pub(super) fn ended(&mut self, resource: Resource) -> Duration {
        let phase = self.resting_phase(resource);
        self.context.board.resource(resource, |line| {
            line.phase = phase;
            line.trouble = None;
        });
        // By our own clock: the server's dates have whole seconds.
        let now = self.context.clock.now();
        let started = self.running.remove(&resource).unwrap_or(now);
        self.hints.look_again(self.now());
        time::elapsed(started, now)
    }

    /// Notes on the board whether Okta was reached. A refusal of one resource is an answer, too; a failure that Okta had no part in
    /// says nothing.
    pub(super) fn note(&self, failure: Option<&Failure>) {
        match failure.map(Failure::okta) {
            None => self.context.board.reached(),
            Some(Some(error)) if error.is_an_answer() => self.context.board.reached(),
            Some(Some(error)) => self.context.board.not_reached(self.now(), error),
            Some(None) => {}
        }
    }

    pub(super) async fn recount(&mut self, resource: Resource) {
        if let Err(failure) = self.count_stale(resource).await {
            tracing::warn!(%failure, "the lists that need reading could not be counted");
        }
    }

    pub(super) async fn count_stale(&mut self, resource: Resource) -> Result<(), Failure> {
        let stale = self
            .context
            .read(move |store| Ok(store.directory.stale_lists(resource, None).len()))
            .await?;
        self.standing(resource).stale_lists = stale as u64;
        Ok(())
    }
}

/// The resources whose lists hang below the objects of this one.
fn children(resource: Resource) -> impl Iterator<Item = Resource> {
    let all = Resource::ALL.into_iter();
    all.filter(move |child| parent(*child) == Some(resource))
}
