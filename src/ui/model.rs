//! What every pane may know: the agent's state, the connection to it, and the messages so far.
//!
//! Some facts change without anything having happened that an operator would look at: requests left in a budget, when the log was
//! last polled. Those are shown as they were when something else was last painted, so that an idle console writes nothing.
//! [`Model::status`] is that picture; it is renewed by [`Model::stamp`], or at once when what matters of it changes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::keymap::Keymap;
use super::theme::Theme;
use super::window::{Window, Writing};
use super::zone::Zone;
use crate::domain::listing::PartialReason;
use crate::domain::query::Revisions;
use crate::domain::resource::{
    LogStatus, Phase, Resource, ResourceStatus, Stretch, TimeLeft, Wait,
};
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::msg::Problem;
use crate::msg::queue::QueueStatus;
use crate::msg::status::{BudgetStatus, Connection, Notice, NoticeLevel, Status};

/// How many messages are kept.
const MAX_NOTICES: usize = 500;

/// How long a message stays at least, whatever is pressed.
const READABLE: Duration = Duration::from_secs(5);

/// How many polls of the log may fail to come before it counts as behind.
const MISSED_POLLS: u32 = 3;

/// Seconds between two polls, as long as the agent does not tell.
const POLL_SECS: u64 = 10;

/// How often, in seconds, it is told how far a log that is behind has fallen back.
const LAG_STEP_SECS: i64 = 60;

/// From which part of a budget's use on (in percent) it is pointed at, step by step.
const BUDGET_STEPS_PERCENT: [u32; 3] = [50, 75, 90];

/// What every pane may know.
#[derive(Clone, Debug)]
pub struct Model {
    /// How things look.
    pub theme: Theme,
    /// What the keys mean.
    pub keys: Arc<Keymap>,
    /// Whether the agent can be asked.
    pub link: Link,
    /// Counters of the mirror's changes, as last heard.
    pub revisions: Revisions,
    /// Messages, oldest first.
    pub notices: VecDeque<Notice>,
    /// How many warnings and errors came since the messages were last read.
    pub unread: usize,
    /// The message on the last line.
    pub flash: Option<Flash>,
    /// The moment that is looked at; `None` is now.
    pub as_of: Option<Timestamp>,
    /// Whether pseudonyms are shown in place of people.
    pub masked: bool,
    /// The columns that were chosen, by the name of the list.
    pub columns: BTreeMap<String, Vec<String>>,
    /// In which zone the times of the log are told.
    pub zone: Zone,
    /// How time goes on this machine.
    pub local: TimeZone,
    /// The write window, while one is open.
    pub window: Option<Window>,
    /// When the picture was last renewed.
    pub stamped: Timestamp,
    /// The trouble with Okta that has been made a message of.
    troubled: Option<String>,
    live: Option<Status>,
    shown: Option<Status>,
}

/// A message on the last line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// The message.
    pub notice: Notice,
    /// Since when it stands there.
    since: Timestamp,
    /// Whether it is only about the next key.
    passes: bool,
}

impl Flash {
    /// A message that stays until a key is pressed after it could be read.
    pub fn new(notice: Notice, now: Timestamp) -> Self {
        Self {
            notice,
            since: now,
            passes: false,
        }
    }

    /// A message that goes with the next key.
    pub fn passing(notice: Notice, now: Timestamp) -> Self {
        Self {
            passes: true,
            ..Self::new(notice, now)
        }
    }

    fn outlives_a_key(&self, now: Timestamp) -> bool {
        !self.passes && time::elapsed(self.since, now) < READABLE
    }
}

/// Whether the agent can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Not yet.
    Connecting,
    /// Yes.
    Up,
    /// Not any more; what is shown may be old.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why.
        problem: Problem,
    },
}

/// A resource, how its reading goes on, what that waits for, whether it failed last, and whether it was ever complete.
type Reading = (Resource, Option<Progress>, Option<Wait>, bool, bool);

/// Whatever of a status makes the screen change by itself.
#[derive(Clone, Debug, PartialEq)]
struct Digest {
    host: SafeText,
    demo: bool,
    connection: Connection,
    troubles: Vec<Problem>,
    resources: Vec<Reading>,
    first_reading_left: Option<TimeLeft>,
    log_lag: Option<usize>,
    open_gaps: usize,
    backfill_done: Option<bool>,
    recounted_to: Option<Timestamp>,
    undated: Option<Timestamp>,
    unwatched: Option<Stretch>,
    budget: Option<(String, usize, Option<Timestamp>)>,
    queue: QueueStatus,
}

impl Model {
    /// Before anything is known.
    pub fn new(theme: Theme, now: Timestamp) -> Self {
        Self {
            theme,
            keys: Keymap::standard(),
            link: Link::Connecting,
            revisions: Revisions::default(),
            notices: VecDeque::new(),
            unread: 0,
            flash: None,
            as_of: None,
            masked: false,
            columns: BTreeMap::new(),
            zone: Zone::utc(),
            local: TimeZone::UTC,
            window: None,
            stamped: now,
            troubled: None,
            live: None,
            shown: None,
        }
    }

    /// The agent's status as it is shown; `None` until the agent told it.
    pub fn status(&self) -> Option<&Status> {
        self.shown.as_ref()
    }

    /// How often a change of the queue has taken a step, as last heard.
    pub fn queue_revision(&self) -> u64 {
        self.live.as_ref().map_or(0, |status| status.queue.revision)
    }

    /// How the queue stands, as last heard.
    pub fn queue(&self) -> Option<&QueueStatus> {
        self.live.as_ref().map(|status| &status.queue)
    }

    /// Whether this console may confirm changes now.
    pub fn writing(&self) -> Writing<'_> {
        let is_free = |queue: &QueueStatus| queue.read_only.is_none() && !queue.needs_window;
        match &self.window {
            Some(window) => Writing::Open(Some(&window.reason)),
            None if self.queue().is_some_and(is_free) => Writing::Open(None),
            None => Writing::Closed,
        }
    }

    /// Takes in a status.
    pub fn set_status(&mut self, status: Status, now: Timestamp) {
        self.revisions = status.revisions;
        if let Connection::Trouble { problem, .. } = &status.connection
            && self.troubled.as_ref() != Some(&problem.summary)
        {
            self.troubled = Some(problem.summary.clone());
            self.keep(Notice {
                at: now,
                level: NoticeLevel::Error,
                summary: SafeText::new(&problem.summary),
                detail: problem.hint.as_deref().map(SafeText::new),
            });
        } else if matches!(status.connection, Connection::Online { .. }) {
            self.troubled = None;
        }
        self.live = Some(status);
        self.renew_if_different(now);
    }

    /// Shows the latest facts when they differ from those shown in a way that matters, also by the passing of time.
    pub fn renew_if_different(&mut self, now: Timestamp) {
        let live = self.live.as_ref().map(|status| digest(status, now));
        let shown = self
            .shown
            .as_ref()
            .map(|status| digest(status, self.stamped));
        if live != shown {
            self.stamp(now);
        }
    }

    /// Shows the latest facts, with the time.
    pub fn stamp(&mut self, now: Timestamp) {
        self.stamped = now;
        self.shown.clone_from(&self.live);
    }

    /// The next moment at which the passing of time alone changes what is shown.
    pub fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let window = self.window.as_ref().map(|window| window.until);
        let told = self
            .live
            .as_ref()
            .and_then(|status| next_of_status(status, now));
        window.into_iter().chain(told).min()
    }

    /// Keeps a message and shows it.
    pub fn notify(&mut self, notice: Notice, now: Timestamp) {
        self.flash = Some(Flash::new(notice.clone(), now));
        self.keep(notice);
    }

    /// A key was pressed: the message goes, unless it has just come.
    pub fn key_pressed(&mut self, now: Timestamp) {
        self.flash = self.flash.take().filter(|it| it.outlives_a_key(now));
    }

    /// Keeps a message that is shown elsewhere already. The same again right behind it is kept once.
    fn keep(&mut self, notice: Notice) {
        let last = self.notices.back();
        let is_same = |last: &Notice| {
            (&last.summary, &last.detail, last.level)
                == (&notice.summary, &notice.detail, notice.level)
        };
        if notice.level == NoticeLevel::Info && last.is_some_and(is_same) {
            return;
        }
        if self.notices.len() == MAX_NOTICES {
            self.notices.pop_front();
        }
        self.unread += usize::from(notice.level != NoticeLevel::Info);
        self.notices.push_back(notice);
    }

    /// Keeps and shows a message of the console's own.
    pub fn say(&mut self, level: NoticeLevel, summary: &str, detail: Option<&str>, now: Timestamp) {
        let notice = Notice {
            at: now,
            level,
            summary: summary.into(),
            detail: detail.map(SafeText::new),
        };
        self.notify(notice, now);
    }

    /// Keeps and shows why something could not be done.
    pub fn complain(&mut self, problem: &Problem, now: Timestamp) {
        self.say(
            NoticeLevel::Error,
            &problem.summary,
            problem.hint.as_deref(),
            now,
        );
    }

    /// Since when what happened is not told yet, where that touches the moment that is looked at: the agent still works in what the log has
    /// of it.
    pub fn undated(&self) -> Option<Timestamp> {
        let (status, at) = self.status().zip(self.as_of)?;
        // An agent that cannot read on will not come to it.
        let reads_on = !matches!(status.connection, Connection::Trouble { .. });
        let undated = status.log.undated.filter(|since| *since < at);
        undated.filter(|_| reads_on && self.log_trouble().is_none())
    }

    /// The stretch that nobody watched in which the moment lies that is looked at.
    pub fn unwatched(&self) -> Option<&Stretch> {
        let (status, at) = self.status().zip(self.as_of)?;
        status.log.unwatched_at(at)
    }

    /// Since when the mirror can tell what all of these were; `None` while one of them was never read completely.
    pub fn known_since(&self, resources: impl IntoIterator<Item = Resource>) -> Option<Timestamp> {
        let mut latest = None;
        for resource in resources {
            latest = latest.max(Some(self.resource(resource)?.known_since?));
        }
        latest
    }

    /// How the reading of a resource stands.
    pub fn resource(&self, resource: Resource) -> Option<&ResourceStatus> {
        self.status()?
            .resources
            .iter()
            .find(|status| status.resource == resource)
    }

    /// Why the log was not read the last time, when it was not.
    pub fn log_trouble(&self) -> Option<&PartialReason> {
        self.resource(Resource::Log)?.trouble.as_ref()
    }
}

fn later(time: Timestamp, secs: i64) -> Timestamp {
    time.saturating_add(jiff::SignedDuration::from_secs(secs))
        .unwrap_or(Timestamp::MAX)
}

fn digest(status: &Status, now: Timestamp) -> Digest {
    Digest {
        host: status.host.clone(),
        demo: status.agent.demo,
        connection: status.connection.clone(),
        troubles: status.troubles.clone(),
        resources: status
            .resources
            .iter()
            .map(|r| {
                (
                    r.resource,
                    progress(r),
                    waits(r, now),
                    r.trouble.is_some(),
                    r.complete_at.is_some(),
                )
            })
            .collect(),
        first_reading_left: status.first_reading_left,
        log_lag: log_lag(status, now).map(|(step, _)| step),
        open_gaps: status
            .log
            .gaps
            .iter()
            .filter(|gap| gap.filled.is_none())
            .count(),
        backfill_done: status.log.backfill.map(|backfill| backfill.done),
        recounted_to: recounted_to(&status.log),
        undated: status.log.undated,
        unwatched: status.log.unwatched.last().copied(),
        budget: tightest(status)
            .map(|budget| {
                (
                    budget.bucket.clone(),
                    budget_step(budget),
                    throttled(budget, now),
                )
            })
            .filter(|(_, step, throttled)| *step > 0 || throttled.is_some()),
        // What counts is told; that something moved is for those who show more of it.
        queue: QueueStatus {
            revision: 0,
            ..status.queue.clone()
        },
    }
}

/// Up to when the log was counted again.
pub fn recounted_to(log: &LogStatus) -> Option<Timestamp> {
    Some(log.recount.as_ref()?.proven.last()?.to)
}

/// What the operator is told about a resource's sync. Small reads of what was read before, such as a delta every five minutes,
/// are told only through what they bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits for its first reading.
    Queued,
    /// It is being read: units done, and expected when that is known.
    Reading(u64, Option<u64>),
    /// It is stopped until a person looks: so many are missing.
    Suspended(u64),
}

/// From how many units on the reading of something that was complete before is worth telling.
const LARGE_READ: u64 = 1_000;

/// How the sync of a resource goes on, when that is worth telling.
pub fn progress(status: &ResourceStatus) -> Option<Progress> {
    let first = status.complete_at.is_none();
    match status.phase {
        Phase::Suspended { missing } => Some(Progress::Suspended(missing)),
        Phase::Queued if first => Some(Progress::Queued),
        Phase::Reading { done, expected } if first || done >= LARGE_READ => {
            Some(Progress::Reading(done, expected))
        }
        _ => None,
    }
}

/// What a reading that is told waits for, until it goes on.
pub fn waits(status: &ResourceStatus, now: Timestamp) -> Option<Wait> {
    progress(status)?;
    status.waits.filter(|wait| wait.until > now)
}

/// How far the log is behind: 0 while its polls come, then one more every minute; and the seconds since it was last asked
/// successfully. `None` before the first poll.
pub fn log_lag(status: &Status, now: Timestamp) -> Option<(usize, i64)> {
    let secs = now.duration_since(status.log.polled?).as_secs().max(0);
    let behind = secs - behind_after(status);
    let step = usize::try_from(behind.div_euclid(LAG_STEP_SECS) + 1).unwrap_or(0);
    Some((step, secs))
}

/// Until when the log was read, once it is behind: what is shown is not of a later moment, whatever the clock says.
pub fn log_stands_at(status: &Status, now: Timestamp) -> Option<Timestamp> {
    let (step, _) = log_lag(status, now)?;
    status.log.polled.filter(|_| step > 0)
}

/// After how many seconds without a successful poll the log is behind.
fn behind_after(status: &Status) -> i64 {
    let told = status.log.poll_interval;
    let interval = told.unwrap_or(Duration::from_secs(POLL_SECS));
    i64::try_from((interval * MISSED_POLLS).as_secs()).unwrap_or(i64::MAX / 2)
}

/// The budget that is closest to its limit; one that is exhausted comes first.
pub fn tightest(status: &Status) -> Option<&BudgetStatus> {
    status
        .budgets
        .iter()
        .max_by_key(|budget| (budget.throttled_until, used_percent(budget)))
}

/// How many thresholds of use the budget has passed.
pub fn budget_step(budget: &BudgetStatus) -> usize {
    let used = used_percent(budget);
    BUDGET_STEPS_PERCENT
        .iter()
        .filter(|limit| used >= **limit)
        .count()
}

/// Until when nothing is sent, when that is still to come.
pub fn throttled(budget: &BudgetStatus, now: Timestamp) -> Option<Timestamp> {
    budget.throttled_until.filter(|until| *until > now)
}

fn used_percent(budget: &BudgetStatus) -> u32 {
    let used = budget.limit.saturating_sub(budget.remaining);
    used.saturating_mul(100) / budget.limit.max(1)
}

/// When something that the header tells of the status is otherwise by itself.
fn next_of_status(status: &Status, now: Timestamp) -> Option<Timestamp> {
    let lag = status.log.polled.and_then(|polled| {
        let (step, _) = log_lag(status, now)?;
        let steps = i64::try_from(step).ok()?;
        Some(later(polled, behind_after(status) + steps * LAG_STEP_SECS))
    });
    let throttled = status.budgets.iter().filter_map(|b| b.throttled_until);
    let waits = status.resources.iter().filter_map(|r| r.waits);
    let ends = throttled.chain(waits.map(|wait| wait.until));
    lag.into_iter()
        .chain(ends.filter(|until| *until > now))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(phase: Phase, complete: bool) -> ResourceStatus {
        ResourceStatus {
            resource: Resource::Users,
            phase,
            complete_at: complete.then_some(Timestamp::UNIX_EPOCH),
            known_since: None,
            waits: None,
            trouble: None,
            next_run: None,
            objects: 0,
        }
    }

    #[test]
    fn small_reads_of_what_is_complete_are_not_told() {
        let reading = |done| Phase::Reading {
            done,
            expected: None,
        };
        assert_eq!(progress(&resource(Phase::Idle, true)), None);
        assert_eq!(progress(&resource(reading(3), true)), None, "a delta");
        assert_eq!(progress(&resource(Phase::Queued, true)), None);
        assert_eq!(
            progress(&resource(reading(3), false)),
            Some(Progress::Reading(3, None)),
            "the first reading"
        );
        assert_eq!(
            progress(&resource(reading(5_000), true)),
            Some(Progress::Reading(5_000, None)),
            "a sweep"
        );
        assert_eq!(
            progress(&resource(Phase::Suspended { missing: 9 }, true)),
            Some(Progress::Suspended(9))
        );
    }

    #[test]
    fn a_budget_is_pointed_at_in_steps() {
        let budget = |remaining| BudgetStatus {
            bucket: "/api/v1/users".into(),
            limit: 600,
            remaining,
            reset: Timestamp::UNIX_EPOCH,
            throttled_until: None,
        };
        for (remaining, step) in [(600, 0), (301, 0), (300, 1), (150, 2), (60, 3), (0, 3)] {
            assert_eq!(budget_step(&budget(remaining)), step, "{remaining}");
        }
        let closed = BudgetStatus {
            limit: 0,
            ..budget(0)
        };
        assert_eq!(budget_step(&closed), 0, "an unknown limit is no use of it");
    }

    #[test]
    fn messages_are_kept_up_to_a_bound() {
        let mut model = Model::new(Theme::mono(), Timestamp::UNIX_EPOCH);
        for n in 0..2 * MAX_NOTICES {
            let text = n.to_string();
            model.say(NoticeLevel::Info, &text, None, Timestamp::UNIX_EPOCH);
        }
        assert_eq!(model.notices.len(), MAX_NOTICES);
        let newest = (2 * MAX_NOTICES - 1).to_string();
        assert_eq!(model.flash.unwrap().notice.summary.as_str(), newest);
    }
}
