//! What to do about a write of which nobody knows whether it was done: look, ask the log, and only then a person.
//!
//! A reading that began after the attempt ended tells how the object is. That it is as it was before proves nothing at first, because a
//! request may be executed after its connection broke; after a minute it is believed of changes that may be sent again, and never of
//! those that are sent once, for which the log is asked and waited for.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::change::Class;
use crate::domain::id::EventUuid;
use crate::domain::text::SafeText;
use crate::domain::time::elapsed;

/// When the object is read, after the attempt ended.
const LOOKS: [Duration; 5] = [
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
    LAST_LOOK,
];
/// After this long, that an object is as it was before is believed.
const LAST_LOOK: Duration = Duration::from_mins(1);
/// How often it is tried after that while nothing can be read.
const LATER_LOOKS: Duration = Duration::from_mins(1);
/// After this long without any reading a person is asked.
const PATIENCE: Duration = Duration::from_mins(30);
/// How far the polled log must have got past the attempt before that it tells of nothing counts. Okta says of its log only that events
/// may be late.
const LOG_LATENESS: Duration = Duration::from_mins(10);

/// When something is read again that Okta took and that does not show yet, after the last time it was; `None` once that has lasted too long.
pub fn next_read_back(last: Option<Duration>) -> Option<Duration> {
    let done = last.unwrap_or_default();
    let next = LOOKS.into_iter().find(|due| *due > done);
    next.or_else(|| (done < PATIENCE).then(|| done + LATER_LOOKS))
}

/// What a reading found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It is as the change was to make it.
    After,
    /// It is as it was before.
    Before,
    /// It is neither.
    Otherwise,
    /// It is not there.
    Gone,
    /// It could not be read.
    Unreadable,
    /// No reading can tell: sessions that were ended, a mail that was sent.
    Blind,
}

/// What the log has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Nobody has asked it.
    NotAsked,
    /// Nothing, and it had got so far past the attempt.
    Nothing {
        /// From the attempt to the newest event that the polled log is complete up to.
        past: Duration,
    },
    /// An event of ours.
    Ours,
    /// An event of somebody else's that did the same.
    Others,
}

/// What the mirrored log tells of something that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Logged {
    /// That it was done.
    Told {
        /// The event that says so.
        event: EventUuid,
        /// Its type.
        event_type: SafeText,
        /// When Okta says that it was.
        published: Timestamp,
        /// Whether that was our request; `false` for somebody else's that did the same.
        is_ours: bool,
    },
    /// Nothing yet.
    Nothing {
        /// It is complete up to here; `None` while it is not known how far.
        until: Option<Timestamp>,
        /// Whether that is so late that an event should have come: Okta says of its log only that events may be late.
        is_late: bool,
    },
}

impl Logged {
    /// That there is nothing of an attempt that ended at `ended`, in a log that is complete up to `until`.
    pub fn nothing(until: Option<Timestamp>, ended: Timestamp) -> Self {
        let is_late = until.is_some_and(|until| elapsed(ended, until) > LOG_LATENESS);
        Self::Nothing { until, is_late }
    }

    /// Whether there is nothing, and a later look may find something.
    pub fn is_awaited(&self) -> bool {
        matches!(self, Self::Nothing { .. })
    }

    /// In words for people, with moments as `moment` writes them.
    pub fn words(&self, moment: impl Fn(Timestamp) -> String) -> String {
        match self {
            Self::Told {
                event,
                event_type,
                published,
                is_ours,
            } => {
                let by = if *is_ours { "" } else { " by somebody else" };
                format!("{event_type}{by} {}, event {event}", moment(*published))
            }
            Self::Nothing { until: None, .. } => "nothing of it yet".to_owned(),
            Self::Nothing {
                until: Some(until),
                is_late,
            } => {
                let yet = if *is_late { "" } else { " yet" };
                format!("nothing of it{yet} (read up to {})", moment(*until))
            }
        }
    }
}

/// What is known of an attempt when it is asked what to do.
#[derive(Clone, Copy, Debug)]
pub struct Doubt<'a> {
    /// Whether it may be sent again.
    pub class: Class,
    /// Attempts so far.
    pub attempts: u32,
    /// How long ago the last one ended.
    pub elapsed: Duration,
    /// The readings that began since, with how long after its end.
    pub looks: &'a [(Duration, Seen)],
    /// What the log has.
    pub evidence: Evidence,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Read the object, so long after the attempt ended.
    Look(Duration),
    /// Ask the log, so long after the attempt ended at the earliest.
    AskLog(Duration),
    /// It is so; whether somebody else did it.
    Verified {
        /// Whether the log says that it was not us.
        by_other: bool,
    },
    /// What it was about is gone.
    Gone,
    /// Send it again.
    Again,
    /// Stage it anew: the object is otherwise than anybody thought.
    Stale,
    /// It had no effect.
    NoEffect,
    /// A person has to say.
    AskHuman,
}

/// Attempts of what may be sent as often as one likes.
const MOST_ATTEMPTS: u32 = 5;

impl Doubt<'_> {
    /// What to do next. It never says [`Next::Again`] of [`Class::Once`].
    pub fn next(&self) -> Next {
        match (self.last_seen(), self.evidence) {
            (_, Evidence::Others) if self.saw(Seen::After) => Next::Verified { by_other: true },
            (_, Evidence::Ours) => Next::Verified { by_other: false },
            (Some(Seen::After), _) => Next::Verified { by_other: false },
            (Some(Seen::Gone), _) => Next::Gone,
            (Some(Seen::Otherwise), _) => Next::Stale,
            (Some(Seen::Blind), _) => self.without_looking(),
            (Some(Seen::Before), _) if self.looked_late() => self.without_effect(),
            _ => self.look(),
        }
    }

    fn saw(&self, what: Seen) -> bool {
        self.looks.iter().any(|(_, seen)| *seen == what)
    }

    /// What the newest reading found that found something.
    fn last_seen(&self) -> Option<Seen> {
        let mut told = self.looks.iter().map(|(_, seen)| *seen);
        told.rfind(|seen| *seen != Seen::Unreadable)
    }

    /// Whether a reading late enough to be believed found it as it was.
    fn looked_late(&self) -> bool {
        let late = |(when, seen): &(Duration, Seen)| *when >= LAST_LOOK && *seen == Seen::Before;
        self.looks.iter().any(late)
    }

    fn look(&self) -> Next {
        let done = self.looks.last().map_or(Duration::ZERO, |(when, _)| *when);
        let next = LOOKS.into_iter().find(|due| *due > done);
        match next {
            Some(due) => Next::Look(due),
            None if done >= PATIENCE => self.by_the_log(),
            None => Next::Look(done + LATER_LOOKS),
        }
    }

    /// Reading says that nothing happened, late enough to be believed.
    fn without_effect(&self) -> Next {
        match self.class {
            Class::Idempotent if self.attempts < MOST_ATTEMPTS => Next::Again,
            Class::Transition if self.attempts < 2 => Next::Again,
            Class::Rewrite => Next::Stale,
            Class::Idempotent | Class::Transition => Next::NoEffect,
            Class::Once => self.by_the_log(),
        }
    }

    /// No reading can tell.
    fn without_looking(&self) -> Next {
        match self.class {
            Class::Idempotent if self.attempts < MOST_ATTEMPTS => Next::Again,
            _ => self.by_the_log(),
        }
    }

    /// What the log says when readings do not settle it: that it has nothing is no proof for what is sent once.
    fn by_the_log(&self) -> Next {
        match self.evidence {
            Evidence::NotAsked => Next::AskLog(self.elapsed),
            Evidence::Nothing { past } if past <= LOG_LATENESS => {
                let rest = LOG_LATENESS.saturating_sub(past);
                Next::AskLog(self.elapsed + rest + Duration::from_secs(1))
            }
            Evidence::Nothing { .. } | Evidence::Ours | Evidence::Others => Next::AskHuman,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn doubt(class: Class, looks: &[(Duration, Seen)], evidence: Evidence) -> Next {
        let doubt = Doubt {
            class,
            attempts: 1,
            elapsed: looks.last().map_or(secs(0), |(when, _)| *when),
            looks,
            evidence,
        };
        doubt.next()
    }

    /// The readings of an object that stays as it was.
    fn unmoved() -> Vec<(Duration, Seen)> {
        LOOKS.map(|when| (when, Seen::Before)).to_vec()
    }

    #[test]
    fn it_is_looked_at_five_times_within_a_minute() {
        let mut looks = Vec::new();
        for due in LOOKS {
            let next = doubt(Class::Transition, &looks, Evidence::NotAsked);
            assert_eq!(next, Next::Look(due));
            looks.push((due, Seen::Before));
        }
        let next = doubt(Class::Transition, &looks, Evidence::NotAsked);
        assert_eq!(next, Next::Again);
    }

    #[test]
    fn what_is_seen_settles_it_at_once() {
        let rows = [
            (Seen::After, Next::Verified { by_other: false }),
            (Seen::Gone, Next::Gone),
            (Seen::Otherwise, Next::Stale),
        ];
        for (seen, expected) in rows {
            for class in [
                Class::Idempotent,
                Class::Transition,
                Class::Rewrite,
                Class::Once,
            ] {
                let looks = [(secs(2), Seen::Before), (secs(5), seen)];
                assert_eq!(doubt(class, &looks, Evidence::NotAsked), expected);
            }
        }
    }

    #[test]
    fn what_stays_as_it_was_is_sent_again_only_where_that_harms_nobody() {
        let of = |class, evidence| doubt(class, &unmoved(), evidence);
        assert_eq!(of(Class::Idempotent, Evidence::NotAsked), Next::Again);
        assert_eq!(of(Class::Transition, Evidence::NotAsked), Next::Again);
        assert_eq!(of(Class::Rewrite, Evidence::NotAsked), Next::Stale);
        assert_eq!(of(Class::Once, Evidence::NotAsked), Next::AskLog(secs(60)));
        let soon = Evidence::Nothing { past: secs(60) };
        assert_eq!(of(Class::Once, soon), Next::AskLog(secs(60 + 541)));
        let late = Evidence::Nothing { past: secs(601) };
        assert_eq!(of(Class::Once, late), Next::AskHuman);
        let ours = Next::Verified { by_other: false };
        assert_eq!(of(Class::Once, Evidence::Ours), ours);
        let looks = [(secs(2), Seen::After)];
        let others = Next::Verified { by_other: true };
        assert_eq!(doubt(Class::Transition, &looks, Evidence::Others), others);
    }

    #[test]
    fn a_second_failure_without_effect_is_one() {
        let looks = unmoved();
        let mut doubt = Doubt {
            class: Class::Transition,
            attempts: 2,
            elapsed: secs(60),
            looks: &looks,
            evidence: Evidence::NotAsked,
        };
        assert_eq!(doubt.next(), Next::NoEffect);
        doubt.class = Class::Idempotent;
        assert_eq!(doubt.next(), Next::Again);
        doubt.attempts = MOST_ATTEMPTS;
        assert_eq!(doubt.next(), Next::NoEffect);
    }

    #[test]
    fn what_no_reading_tells_is_told_by_the_log() {
        let looks = [(secs(2), Seen::Blind)];
        let of = |class| doubt(class, &looks, Evidence::NotAsked);
        assert_eq!(of(Class::Idempotent), Next::Again);
        assert_eq!(of(Class::Once), Next::AskLog(secs(2)));
    }

    fn seen() -> impl Strategy<Value = Seen> {
        prop_oneof![
            Just(Seen::After),
            Just(Seen::Before),
            Just(Seen::Otherwise),
            Just(Seen::Gone),
            Just(Seen::Unreadable),
            Just(Seen::Blind),
        ]
    }

    fn evidence() -> impl Strategy<Value = Evidence> {
        prop_oneof![
            Just(Evidence::NotAsked),
            (0u64..2_000).prop_map(|past| Evidence::Nothing { past: secs(past) }),
            Just(Evidence::Ours),
            Just(Evidence::Others),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn nothing_that_is_sent_once_is_sent_again(
            looks in prop::collection::vec((0u64..4_000, seen()), 0..20),
            evidence in evidence(),
            attempts in 1u32..9,
        ) {
            let mut looks: Vec<_> = looks.into_iter().map(|(when, seen)| (secs(when), seen)).collect();
            looks.sort_by_key(|(when, _)| *when);
            let elapsed = looks.last().map_or(secs(0), |(when, _)| *when);
            let of = |class| Doubt { class, attempts, elapsed, looks: &looks, evidence }.next();
            prop_assert!(of(Class::Once) != Next::Again && of(Class::Once) != Next::NoEffect);
            prop_assert!(of(Class::Rewrite) != Next::Again);
        }

        /// However unreadable everything is, it comes to an end.
        #[test]
        fn every_doubt_ends(
            answers in prop::collection::vec(seen(), 1..8),
            once in any::<bool>(),
        ) {
            let class = if once { Class::Once } else { Class::Transition };
            let mut looks: Vec<(Duration, Seen)> = Vec::new();
            let (mut evidence, mut elapsed) = (Evidence::NotAsked, secs(0));
            for step in 0..200 {
                let next = Doubt { class, attempts: 2, elapsed, looks: &looks, evidence }.next();
                match next {
                    Next::Look(when) => {
                        prop_assert!(when > elapsed || looks.is_empty());
                        elapsed = when;
                        looks.push((when, answers[step % answers.len()]));
                    }
                    Next::AskLog(when) => {
                        prop_assert!(when >= elapsed);
                        elapsed = when;
                        evidence = Evidence::Nothing { past: elapsed };
                    }
                    _ => return Ok(()),
                }
            }
            prop_assert!(false, "it goes on: {looks:?}");
        }
    }
}
