//! When a request may be sent: the books of every bucket, and the decision made from them.
//!
//! Everything here is a function of the books and of the time, which is Okta's. A request is reserved before it is sent and settled
//! when it is answered, so what is under way counts against every limit. A bucket of which nothing is known yet (at first, after a
//! window's end, after a 429) gets one request of a person and one of the sync, and the rest wait for the answer.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::retry::MAX_WAIT;
use super::{Bucket, Budget, Lane, Stated};
use crate::domain::time::after;

/// The part of a limit that all reads together may use.
const INTERACTIVE_SHARE: f64 = 0.75;
/// The part of a limit that idle reads may use.
const IDLE_SHARE: f64 = 0.1;
/// Requests under way at once, and how many of them may be bulk. An org has 75 in all, a free one 35.
const MAX_AT_ONCE: u32 = 10;
const MAX_BULK_AT_ONCE: u32 = 6;
/// `Reset` and `Date` are whole seconds, so a window is over one second after it says.
const MARGIN: Duration = Duration::from_secs(1);
/// Ends of windows that differ by no more than this are the same window.
const SAME_WINDOW: SignedDuration = SignedDuration::from_secs(2);
/// How long to keep away after a 429 that does not say.
const UNSTATED_PAUSE: Duration = Duration::from_mins(1);
/// How long each step of "fewer at once" lasts.
const CROWDED_PAUSE: Duration = Duration::from_mins(1);

/// Whether a request may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Now.
    Go,
    /// Not before something is answered, or this moment comes if there is one.
    Wait(Option<Timestamp>),
}

/// Requests of each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lanes {
    interactive: u32,
    bulk: u32,
    idle: u32,
}

impl Lanes {
    fn total(self) -> u32 {
        self.interactive + self.shared()
    }

    /// What counts against the sync's share.
    fn shared(self) -> u32 {
        self.bulk + self.idle
    }

    fn of(&mut self, lane: Lane) -> &mut u32 {
        match lane {
            Lane::Interactive => &mut self.interactive,
            Lane::Bulk => &mut self.bulk,
            Lane::Idle => &mut self.idle,
        }
    }

    /// Those of the lane, and of the lane that it shares with.
    fn beside(self, lane: Lane) -> u32 {
        match lane {
            Lane::Interactive => self.interactive,
            Lane::Bulk | Lane::Idle => self.shared(),
        }
    }

    fn add(&mut self, lane: Lane) {
        *self.of(lane) += 1;
    }

    fn take(&mut self, lane: Lane) {
        let count = self.of(lane);
        *count = count.saturating_sub(1);
    }
}

/// A window that Okta told of.
#[derive(Clone, Copy, Debug)]
struct Window {
    limit: u32,
    remaining: u32,
    /// Its end as stated: its name, by which answers are told apart.
    reset: Timestamp,
    /// Its end as we wait for it: with the margin, and not further away than the longest wait.
    over_at: Timestamp,
    /// Our requests in it that were answered or lost.
    spent: Lanes,
}

impl Window {
    fn is_over(&self, now: Timestamp) -> bool {
        // An end that is too far off means that a clock was set back in the meantime.
        now >= self.over_at || self.over_at.duration_since(now) > longest_wait()
    }
}

fn longest_wait() -> SignedDuration {
    SignedDuration::try_from(MAX_WAIT + MARGIN).unwrap_or(SignedDuration::MAX)
}

/// What is known of a bucket's limit.
#[derive(Clone, Copy, Debug, Default)]
enum Knowledge {
    /// Nothing.
    #[default]
    Unknown,
    /// Answers came without the headers: there is no limit, or none that is told.
    Unlimited,
    /// The latest window that Okta told of, which may be over.
    Window(Window),
}

#[derive(Clone, Copy, Debug, Default)]
struct Book {
    knowledge: Knowledge,
    under_way: Lanes,
    /// Nothing is sent before this, after a 429.
    throttled_until: Option<Timestamp>,
    /// A 429 was the last word: the next request is a probe, however much its window promises.
    is_probing: bool,
}

/// How one request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// It was answered, with whatever status.
    Answered { status: u16, stated: Stated },
    /// It was cancelled or lost, and may or may not have been counted by Okta.
    Lost,
}

/// The books of every bucket of one org.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    share: f64,
    books: BTreeMap<Bucket, Book>,
    under_way: Lanes,
    /// How many times the number of bulk requests at once is halved, and when that was last changed.
    crowding: u32,
    crowding_since: Timestamp,
}

impl Schedule {
    /// Empty books; bulk reads may use `share` of each limit.
    pub(super) fn new(share: f64) -> Self {
        Self {
            share: share.clamp(0.01, 1.0),
            books: BTreeMap::new(),
            under_way: Lanes::default(),
            crowding: 0,
            crowding_since: Timestamp::MIN,
        }
    }

    /// Whether a request of this bucket and lane may be sent now.
    pub(super) fn decide(&self, bucket: Bucket, lane: Lane, now: Timestamp) -> Decision {
        let book = self.books.get(&bucket).copied().unwrap_or_default();
        if let Some(until) = book.throttle(now) {
            return Decision::Wait(Some(until));
        }
        if !self.has_room(lane, now) {
            return Decision::Wait(None);
        }
        match book.knowledge {
            Knowledge::Unlimited if !book.is_probing => Decision::Go,
            Knowledge::Window(window) if !book.is_probing && !window.is_over(now) => {
                self.decide_in(&window, book.under_way, lane)
            }
            _ if book.under_way.beside(lane) == 0 => Decision::Go,
            _ => Decision::Wait(None),
        }
    }

    fn decide_in(&self, window: &Window, under_way: Lanes, lane: Lane) -> Decision {
        let (bulk_allowance, allowance) = self.allowances(window.limit);
        let used = window.spent.total() + under_way.total();
        let free = window.remaining.saturating_sub(under_way.total());
        let may_share = || {
            let reserve = window.limit - allowance;
            let shared = window.spent.shared() + under_way.shared();
            shared < bulk_allowance && used < allowance && free > reserve
        };
        let idle = window.spent.idle + under_way.idle;
        let may_go = match lane {
            Lane::Interactive => used < allowance && free > 0,
            Lane::Bulk => may_share(),
            Lane::Idle => idle < part(window.limit, IDLE_SHARE).max(1) && may_share(),
        };
        if may_go {
            Decision::Go
        } else {
            Decision::Wait(Some(window.over_at))
        }
    }

    /// What bulk reads, and what all reads together, may use of a limit. A limit of one still lets one through, and as soon as there
    /// are two, the second is not for bulk.
    fn allowances(&self, limit: u32) -> (u32, u32) {
        let bulk = part(limit, self.share).max(1);
        let all = part(limit, INTERACTIVE_SHARE)
            .max(bulk + 1)
            .min(limit.max(1));
        (bulk, all)
    }

    fn has_room(&self, lane: Lane, now: Timestamp) -> bool {
        let bulk_room = (MAX_BULK_AT_ONCE >> self.crowding_at(now)).max(1);
        self.under_way.total() < MAX_AT_ONCE
            && (lane == Lane::Interactive || self.under_way.shared() < bulk_room)
    }

    /// The steps of crowding that are left: one wears off per pause.
    fn crowding_at(&self, now: Timestamp) -> u32 {
        let passed_secs = now.duration_since(self.crowding_since).as_secs().max(0);
        let worn = passed_secs / i64::try_from(CROWDED_PAUSE.as_secs()).unwrap_or(i64::MAX);
        self.crowding
            .saturating_sub(u32::try_from(worn).unwrap_or(u32::MAX))
    }

    /// Enters a request that is about to be sent.
    pub(super) fn reserve(&mut self, bucket: Bucket, lane: Lane) {
        self.books.entry(bucket).or_default().under_way.add(lane);
        self.under_way.add(lane);
    }

    /// Enters how a reserved request ended.
    pub(super) fn settle(&mut self, bucket: Bucket, lane: Lane, how: Settled, now: Timestamp) {
        self.under_way.take(lane);
        let book = self.books.entry(bucket).or_default();
        book.under_way.take(lane);
        match how {
            Settled::Lost => book.count_unstated(lane),
            Settled::Answered {
                status: 429,
                stated,
            } if stated.is_crowded() => {
                book.count_unstated(lane);
                self.crowd(now);
            }
            Settled::Answered {
                status: 429,
                stated,
            } => {
                book.learn(lane, stated, now);
                book.throttle_for(stated.reset, now);
            }
            Settled::Answered { status, stated } => {
                book.is_probing = false;
                // A refusal or a failure without headers may come from something in front of Okta.
                let is_okta = matches!(status, 200..300 | 404);
                if is_okta && stated == Stated::default() {
                    book.lack_a_limit();
                }
                book.learn(lane, stated, now);
            }
        }
    }

    /// Halves the bulk requests at once, at most once a second: the answers of one burst are one complaint.
    fn crowd(&mut self, now: Timestamp) {
        let is_news = now.duration_since(self.crowding_since).as_secs() >= 1;
        if is_news {
            self.crowding = (self.crowding_at(now) + 1).min(MAX_BULK_AT_ONCE.ilog2() + 1);
            self.crowding_since = now;
        }
    }

    /// How each bucket with a known limit stands.
    pub(super) fn budgets(&self, now: Timestamp) -> Vec<Budget> {
        let known = self
            .books
            .iter()
            .filter_map(|(bucket, book)| match &book.knowledge {
                Knowledge::Window(window) => Some((*bucket, book, window)),
                Knowledge::Unknown | Knowledge::Unlimited => None,
            });
        known
            .map(|(bucket, book, window)| Budget {
                bucket,
                limit: window.limit,
                remaining: if window.is_over(now) {
                    window.limit
                } else {
                    window.remaining
                },
                reset: window.reset,
                bulk_allowance: self.allowances(window.limit).0,
                throttled_until: book.throttle(now),
                waits_until: None,
            })
            .collect()
    }
}

impl Book {
    /// Until when nothing may be sent.
    fn throttle(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.throttled_until?;
        let wait = until.duration_since(now);
        (wait.is_positive() && wait <= longest_wait()).then_some(until)
    }

    fn throttle_for(&mut self, reset: Option<Timestamp>, now: Timestamp) {
        let until = reset.map_or_else(
            || after(now, UNSTATED_PAUSE),
            |reset| bounded_end(reset, now),
        );
        self.throttled_until = self.throttled_until.max(Some(until));
        self.is_probing = true;
    }

    /// Takes note that an answer came without a limit, unless one is known from others.
    fn lack_a_limit(&mut self) {
        if matches!(self.knowledge, Knowledge::Unknown) {
            self.knowledge = Knowledge::Unlimited;
        }
    }

    /// Learns the window that an answer states, and counts the answer into it.
    fn learn(&mut self, lane: Lane, stated: Stated, now: Timestamp) {
        let (Some(limit), Some(remaining), Some(reset)) =
            (stated.limit, stated.remaining, stated.reset)
        else {
            self.count_unstated(lane);
            return;
        };
        let known = match &mut self.knowledge {
            Knowledge::Window(window) => Some(window),
            Knowledge::Unknown | Knowledge::Unlimited => None,
        };
        let later = known
            .as_ref()
            .map_or(SAME_WINDOW * 2, |window| reset.duration_since(window.reset));
        match known {
            // The answer to something sent in a window that is long over.
            Some(_) if later < -SAME_WINDOW => {}
            Some(window) if later <= SAME_WINDOW => {
                window.limit = limit;
                // Answers overtake each other, and within a window what remains only shrinks.
                window.remaining = window.remaining.min(remaining);
                window.spent.add(lane);
                if window.is_over(now) {
                    // It is not over after all, by Okta's word.
                    window.over_at = bounded_end(reset, now);
                }
            }
            _ => {
                let mut spent = Lanes::default();
                spent.add(lane);
                self.knowledge = Knowledge::Window(Window {
                    limit,
                    remaining,
                    reset,
                    over_at: bounded_end(reset, now),
                    spent,
                });
            }
        }
    }

    /// Counts a request of which Okta told nothing as if Okta had counted it.
    fn count_unstated(&mut self, lane: Lane) {
        if let Knowledge::Window(window) = &mut self.knowledge {
            window.spent.add(lane);
            window.remaining = window.remaining.saturating_sub(1);
        }
    }
}

/// When a stated end has surely come: a second after it, at the earliest in a second, and never further off than the longest wait.
fn bounded_end(reset: Timestamp, now: Timestamp) -> Timestamp {
    after(reset, MARGIN).clamp(after(now, MARGIN), after(now, MAX_WAIT))
}

/// The whole requests in a part of a limit.
fn part(limit: u32, share: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part between 0 and 1 of a u32 is a u32"
    )]
    let part = (f64::from(limit) * share).floor() as u32;
    part
}

#[cfg(test)]
mod tests;
