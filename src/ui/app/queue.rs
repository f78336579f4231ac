//! What is done in the queue.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::{App, Mode, Purpose};
use crate::action::plan::OpId;
use crate::msg::Ask;
use crate::msg::queue::{Handed, QueueAsk, Which};
use crate::ui::command::Id;
use crate::ui::event::Effect;
use crate::ui::page::Page;
use crate::ui::prompt::Prompt;
use crate::ui::queue::Queue;
use crate::ui::secret::{Pressed, Secret};

/// What somebody says about a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    op: OpId,
    was_done: bool,
}

impl Said {
    /// What stands before what is typed.
    pub(super) fn sign(self) -> String {
        let done = if self.was_done { "done" } else { "not done" };
        format!(" {} was {done}; how do you know: ", self.op)
    }
}

impl App {
    pub(super) fn queue_at_hand(&self) -> Option<&Queue> {
        match self.pages.last() {
            Some(Page::Queue(queue)) => Some(queue),
            _ => None,
        }
    }

    pub(super) fn queue_at_hand_mut(&mut self) -> Option<&mut Queue> {
        match self.pages.last_mut() {
            Some(Page::Queue(queue)) => Some(queue),
            _ => None,
        }
    }

    /// Whether a change of the queue is under the cursor.
    pub(super) fn has_change(&self) -> bool {
        self.queue_at_hand()
            .is_some_and(|queue| queue.at_hand().is_some())
    }

    /// Whether the queue is in front, which needs all of the screen.
    pub(super) fn queue_is_open(&self) -> bool {
        self.queue_at_hand().is_some()
    }

    /// Shows the queue, with the cursor on a plan where one is named.
    pub(super) fn show_queue(&mut self, plan: Option<u64>) {
        let mut queue = Queue::new();
        if let Some(plan) = plan {
            queue.choose(plan);
        }
        self.show_page(Page::Queue(Box::new(queue)));
    }

    /// Does something with the change under the cursor.
    pub(super) fn run_in_queue(&mut self, id: Id) {
        let at_hand = self.queue_at_hand().and_then(Queue::at_hand);
        let Some((plan, op)) = at_hand.map(|(plan, op)| (plan.number, op.id)) else {
            return;
        };
        let one = Which {
            plan,
            op: Some(op.op),
        };
        let all = Which { plan, op: None };
        let mut tell = |ask| self.ask_for(Ask::Queue(ask), Purpose::Tell);
        match id {
            Id::Run => self.show_plan(plan),
            Id::DryRun => tell(QueueAsk::Rehearse(plan)),
            Id::Unstage => tell(QueueAsk::Drop(one)),
            Id::UnstagePlan => tell(QueueAsk::Drop(all)),
            Id::TakeBack => self.stage_by(QueueAsk::Undo(one), format!("undo {op}")),
            Id::TakeBackPlan => self.stage_by(QueueAsk::Undo(all), format!("undo plan {plan}")),
            Id::Again => self.stage_by(QueueAsk::Again(op), format!("{op} once more")),
            Id::Secret => self.ask_for_secret(op),
            _ => {
                let was_done = id == Id::SayDone;
                self.mode = Mode::Say(Said { op, was_done }, Prompt::default());
            }
        }
    }

    /// A key while somebody types how they know what became of a change.
    pub(super) fn say_key(
        &mut self,
        said: Said,
        mut prompt: Prompt,
        key: KeyEvent,
        now: Timestamp,
    ) {
        match key.code {
            KeyCode::Esc => return self.tell("Nothing was said.", now),
            KeyCode::Enter if prompt.text().trim().is_empty() => {
                self.mention("Say how you know; it goes into the journal.", now);
            }
            KeyCode::Enter => {
                let ask = QueueAsk::Say {
                    op: said.op,
                    was_done: said.was_done,
                    reason: prompt.text().trim().to_owned(),
                };
                return self.ask_for(Ask::Queue(ask), Purpose::Tell);
            }
            _ => {
                prompt.key(key);
            }
        }
        self.mode = Mode::Say(said, prompt);
    }

    /// Shows a secret, whatever is in front: it is given once.
    pub(super) fn handed(&mut self, op: OpId, handed: Option<Handed>, now: Timestamp) {
        let Some(handed) = handed else {
            let words = format!("There is no secret of {op}: none came, or it was shown already.");
            return self.tell(&words, now);
        };
        self.model.flash = None;
        self.chords.clear();
        self.held.clear();
        self.mode = Mode::Secret(Box::new(Secret::new(op, handed, now)));
    }

    /// A key while a secret is shown.
    pub(super) fn secret_key(&mut self, secret: Box<Secret>, key: KeyEvent, now: Timestamp) {
        match secret.key(key, now) {
            Pressed::Gone => return self.tell("The secret is gone from the screen.", now),
            Pressed::TooEarly => {}
            Pressed::Copy => {
                self.effects.push(Effect::Copy(secret.value().to_owned()));
                let words = format!(
                    "Sent the {} to the clipboard of your terminal.",
                    secret.what()
                );
                self.tell(&words, now);
            }
        }
        self.mode = Mode::Secret(secret);
    }
}
