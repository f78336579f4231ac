//! The queue: every plan with its changes, newest first, and all that is known of the one under the cursor.
//!
//! It asks again only when the agent tells that something has become of a change ([`QueueStatus::revision`]),
//! or when there are new events and the log did not tell yet of something that is shown.

pub mod look;
mod tell;
mod view;

use jiff::Timestamp;

use super::command::Standing;
use super::event::Tickets;
use super::model::Model;
use super::text_view::{Move, Scroll};
use crate::action::foreseen::Foreseen;
use crate::action::plan::OpId;
use crate::action::resolve::Logged;
use crate::action::state::State;
use crate::domain::entry::Subject;
use crate::domain::id::ObjectId;
use crate::msg::queue::{OpLine, OpTold, PlanLine, PlanTold, QueueAnswer, QueueAsk, QueueStatus};
use crate::msg::{Answer, Ask, Problem, Request};

/// How many plans are listed.
const LIMIT: usize = 100;

/// The queue as it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    plans: Vec<PlanLine>,
    is_loaded: bool,
    problem: Option<Problem>,
    /// The revision that the agent tells.
    revision: u64,
    status: QueueStatus,
    /// The revision that the list was asked at, and the question under way.
    seen: Option<u64>,
    asked: Option<u64>,
    cursor: Option<OpId>,
    /// Where the cursor is, should its change go.
    at: usize,
    /// The plan under the cursor with all that is known of it.
    told: Option<PlanTold>,
    /// Which plan was asked for at which revision, and the question under way.
    told_at: Option<(u64, u64)>,
    asked_plan: Option<u64>,
    /// The newest revision of the log, and the one that the plan was asked for at: an event of what was sent comes later than its answer.
    log_revision: u64,
    log_at: u64,
    /// What the last dry run found, until something becomes of a change: the revision at which it was told.
    foreseen: (u64, Vec<Foreseen>),
    /// Whether the detail has the whole page.
    whole: bool,
    detail: Scroll,
    lines: Vec<ratatui::text::Line<'static>>,
    top: usize,
    rows: usize,
}

impl Queue {
    /// A queue that was not asked for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every change, in the order of the list.
    fn ops(&self) -> impl Iterator<Item = (&PlanLine, &OpLine)> {
        let plans = self.plans.iter();
        plans.flat_map(|plan| plan.ops.iter().map(move |op| (plan, op)))
    }

    fn index(&self) -> Option<usize> {
        let cursor = self.cursor?;
        self.ops().position(|(_, op)| op.id == cursor)
    }

    /// The change under the cursor, and its plan.
    pub fn at_hand(&self) -> Option<(&PlanLine, &OpLine)> {
        let cursor = self.cursor?;
        self.ops().find(|(_, op)| op.id == cursor)
    }

    /// The user, group or app that the change under the cursor is about, and its name.
    pub fn subject(&self) -> Option<(Subject, String)> {
        let (_, op) = self.at_hand()?;
        let target = op.target.as_str();
        let object = match target.get(..3)? {
            "00u" => target.parse().ok().map(ObjectId::User),
            "00g" => target.parse().ok().map(ObjectId::Group),
            "0oa" => target.parse().ok().map(ObjectId::App),
            _ => None,
        }?;
        let name = op.name.as_ref().map_or(target, |name| name.as_str());
        Some((Subject::Object(object), name.to_owned()))
    }

    /// Puts the cursor on the first change of a plan, once it is there.
    pub fn choose(&mut self, plan: u64) {
        self.cursor = Some(OpId { plan, op: 1 });
    }

    /// Shows the detail alone, or no longer; whether it was shown.
    pub fn show_whole(&mut self, whole: bool) -> bool {
        self.detail.top = 0;
        std::mem::replace(&mut self.whole, whole)
    }

    /// Whether the detail has the whole page.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Moves the cursor, or scrolls the detail where that is alone.
    pub fn go(&mut self, to: Move) {
        if self.whole {
            return self.detail.go(to);
        }
        let last = self.ops().count().saturating_sub(1);
        let at = self.index().unwrap_or(self.at);
        let at = match to.distance(self.rows) {
            Some(by) => at.saturating_add_signed(by).min(last),
            None if to == Move::Top => 0,
            None => last,
        };
        self.put_cursor(at);
    }

    fn put_cursor(&mut self, at: usize) {
        let id = self.ops().nth(at).map(|(_, op)| op.id);
        self.at = at;
        if self.cursor != id {
            self.cursor = id;
            self.detail.top = 0;
        }
    }

    /// Asks again.
    pub fn outdate(&mut self) {
        (self.seen, self.told_at) = (None, None);
    }

    /// Forgets questions whose answers cannot come any more.
    pub fn disconnect(&mut self) {
        (self.asked, self.asked_plan) = (None, None);
        self.outdate();
    }

    fn wants_list(&self) -> bool {
        self.asked.is_none() && self.seen != Some(self.revision)
    }

    fn wants_plan(&self) -> Option<u64> {
        let plan = self.at_hand()?.0.number;
        let is_new = self.told_at != Some((plan, self.revision));
        let is_newly_logged = self.awaits_log() && self.log_at != self.log_revision;
        let is_free = self.asked_plan.is_none();
        (is_free && (is_new || is_newly_logged)).then_some(plan)
    }

    /// Whether the log does not tell yet of something that is shown.
    fn awaits_log(&self) -> bool {
        let ops = self.told().map_or(&[][..], |told| told.ops.as_slice());
        let awaited = |op: &OpTold| op.logged.as_ref().is_some_and(Logged::is_awaited);
        ops.iter().any(awaited)
    }

    /// When it wants to ask something.
    pub fn wants_at(&self) -> Option<Timestamp> {
        let wants = self.wants_list() || self.wants_plan().is_some();
        wants.then_some(Timestamp::MIN)
    }

    /// Its next questions.
    pub fn poll(&mut self, tickets: &mut Tickets) -> Vec<Request> {
        let mut requests = Vec::new();
        if self.wants_list() {
            let ticket = tickets.take();
            (self.asked, self.seen) = (Some(ticket), Some(self.revision));
            let ask = Ask::Queue(QueueAsk::List {
                before: None,
                limit: LIMIT,
            });
            requests.push(Request { ticket, ask });
        }
        if let Some(plan) = self.wants_plan() {
            let ticket = tickets.take();
            (self.asked_plan, self.told_at) = (Some(ticket), Some((plan, self.revision)));
            self.log_at = self.log_revision;
            let ask = Ask::Queue(QueueAsk::Show(plan));
            requests.push(Request { ticket, ask });
        }
        requests
    }

    /// Takes in an answer, if it is to one of its questions; gives it back if it is not.
    pub fn accept(
        &mut self,
        ticket: u64,
        answer: Result<Answer, Problem>,
    ) -> Option<Result<Answer, Problem>> {
        if self.asked == Some(ticket) {
            self.asked = None;
            self.accept_list(answer);
        } else if self.asked_plan == Some(ticket) {
            self.asked_plan = None;
            match answer {
                Ok(Answer::Queue(QueueAnswer::Plan(told))) => self.told = Some(*told),
                Ok(_) => {}
                Err(problem) => self.problem = Some(problem),
            }
        } else {
            return Some(answer);
        }
        None
    }

    fn accept_list(&mut self, answer: Result<Answer, Problem>) {
        match answer {
            Ok(Answer::Queue(QueueAnswer::Plans(plans))) => {
                self.plans = plans;
                self.plans
                    .sort_by_key(|plan| std::cmp::Reverse(plan.number));
                self.is_loaded = true;
                self.problem = None;
                if self.index().is_none() {
                    let last = self.ops().count().saturating_sub(1);
                    self.put_cursor(self.at.min(last));
                }
            }
            Ok(_) => {}
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// Takes in what a dry run found.
    pub fn rehearsed(&mut self, foreseen: Vec<Foreseen>) {
        self.foreseen = (self.revision, foreseen);
    }

    /// What the last dry run found of a change, if nothing has become of any since.
    fn foreseen(&self, id: OpId) -> Option<&Foreseen> {
        let (at, all) = &self.foreseen;
        let mut all = all.iter().filter(|_| *at == self.revision);
        all.find(|one| one.op == id)
    }

    /// The plan under the cursor, as it was told.
    pub fn told(&self) -> Option<&PlanTold> {
        let number = self.at_hand()?.0.number;
        self.told.as_ref().filter(|told| told.number == number)
    }

    /// Its changes, a line for each.
    pub fn spoken(&self) -> Vec<String> {
        let told = self.ops().map(|(_, op)| {
            let name = op.name.as_ref().map_or(&*op.target, |name| name.as_str());
            let why = op.why.as_ref().map(|why| format!(", {why}"));
            format!(
                "{} {} {name}: {}{}",
                op.id,
                op.change,
                look::state_word(op.state),
                why.unwrap_or_default()
            )
        });
        told.collect()
    }

    /// What the change under the cursor can still become.
    pub fn standing(&self) -> Option<Standing> {
        let (plan, op) = self.at_hand()?;
        let waits = |op: &OpLine| op.state == State::Proposed;
        Some(Standing {
            waits: plan.ops.iter().any(waits),
            unsent: matches!(
                op.state,
                State::Drafted
                    | State::Proposed
                    | State::AwaitingSecond
                    | State::Approved
                    | State::Rechecking
                    | State::Blocked
            ),
            done: op.state.is_done(),
            failed: op.state.is_final() && !op.state.is_done(),
            needs_human: op.state == State::NeedsHuman,
        })
    }

    /// Lays it out in `width` by `height`.
    pub fn arrange(&mut self, width: usize, height: usize, model: &Model) {
        self.revision = model.queue_revision();
        self.log_revision = model.revisions.events;
        self.status = model
            .status()
            .map(|status| status.queue.clone())
            .unwrap_or_default();
        let areas = view::areas(width, height, self.whole, self.chrome());
        self.rows = areas.rows;
        let at = self.index().unwrap_or(0);
        self.top = top_row(self.top, at, areas.rows, self.ops().count());
        self.lines = self.detail_lines(areas.detail_width, model.theme);
        self.detail.fit(self.lines.len(), areas.detail_rows);
    }

    /// How many lines above the list are taken by something else.
    fn chrome(&self) -> usize {
        2 + usize::from(self.problem.is_some()) + usize::from(self.status.halted.is_some())
    }

    fn detail_lines(
        &self,
        width: usize,
        theme: super::theme::Theme,
    ) -> Vec<ratatui::text::Line<'static>> {
        match (self.at_hand(), self.told()) {
            (Some((_, line)), Some(told)) => {
                tell::detail(told, (line.id, self.foreseen(line.id)), width, theme)
            }
            _ => Vec::new(),
        }
    }
}

/// The first row that is shown of `count`, so that the one under the cursor is among them and no room below the last is left free.
fn top_row(top: usize, cursor: usize, rows: usize, count: usize) -> usize {
    let least = (cursor + 1).saturating_sub(rows);
    top.min(cursor)
        .max(least)
        .min(count.saturating_sub(rows).max(least))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A detail that had the whole page, or a sheet over the list, left the rows above the cursor out of sight.
    #[test]
    fn rows_come_back_into_sight_when_there_is_room_for_them_again() {
        assert_eq!(top_row(0, 3, 0, 5), 4);
        assert_eq!(top_row(4, 3, 8, 5), 0);
        assert_eq!(top_row(2, 3, 2, 5), 2);
        assert_eq!(top_row(0, 4, 2, 5), 3);
        assert_eq!(top_row(4, 1, 2, 5), 1);
        assert_eq!(top_row(0, 0, 8, 0), 0);
    }
}
