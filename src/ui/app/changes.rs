//! The way of a change: staged, shown, confirmed within a write window, and followed until it has ended.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::acting::{goes_on, title_of};
use super::{App, Mode, Purpose};
use crate::action::foreseen::summary;
use crate::action::plan::{OnFailure, OpId};
use crate::action::state::State;
use crate::domain::change::Change;
use crate::msg::queue::{Draft, DraftOp, LeftOut, OpTold, PlanTold, QueueAnswer, QueueAsk};
use crate::msg::status::NoticeLevel;
use crate::msg::{Ask, Problem, Request};
use crate::ui::act::{self, Given, Line, Who};
use crate::ui::event::Effect;
use crate::ui::format;
use crate::ui::keymap::Chord;
use crate::ui::menu::{self, Menu};
use crate::ui::prompt::Prompt;
use crate::ui::sheet::{Pressed, Sheet};
use crate::ui::window::{self, Typed, Window, Writing};

/// A plan that was confirmed here.
#[derive(Clone, Debug, Default)]
pub(super) struct Followed {
    /// The states that were told.
    states: Vec<State>,
    /// At which revision it was asked for the last time.
    seen: Option<u64>,
    /// Whether a question is under way.
    is_asked: bool,
}

/// Whether an answer is about staging, showing or confirming.
pub(super) fn is_about_changes(purpose: Purpose) -> bool {
    matches!(
        purpose,
        Purpose::Stage
            | Purpose::Sheet(_)
            | Purpose::Confirm(_)
            | Purpose::Follow(_)
            | Purpose::Secret(_)
    )
}

impl App {
    pub(super) fn ask_for(&mut self, ask: Ask, purpose: Purpose) {
        let ticket = self.tickets.take();
        self.commands.insert(ticket, purpose);
        self.effects.push(Effect::Ask(Request { ticket, ask }));
    }

    /// Ends what lasts for a time only: the write window, and a secret on the screen.
    pub(super) fn end_what_is_over(&mut self, now: Timestamp) {
        let window = self.model.window.as_ref();
        if window.is_some_and(|window| window.until <= now) {
            self.model.window = None;
            self.tell("The write window is over; nothing more is confirmed.", now);
        }
        if let Mode::Secret(secret) = &self.mode
            && secret.until() <= now
        {
            self.mode = Mode::Normal;
            self.tell("The secret is gone from the screen.", now);
        }
    }

    /// Opens a write window, closes it, or tells how it stands.
    pub(super) fn write(&mut self, argument: &str, now: Timestamp) {
        match window::read(argument) {
            Ok(Typed::Nothing) => self.tell_of_the_window(now),
            Ok(Typed::Close) => {
                let was_open = self.model.window.take().is_some();
                let words = if was_open {
                    "The write window is closed."
                } else {
                    "No write window was open."
                };
                self.tell(words, now);
            }
            Ok(Typed::Open(..)) if self.never_writes(now) => {}
            Ok(Typed::Open(span, reason)) if reason.is_empty() => {
                self.mode = Mode::Reason(span, Prompt::default());
            }
            Ok(Typed::Open(span, reason)) => self.open_window(span, &reason, now),
            Err(why) => self.reject(&format!("write: {why}."), now),
        }
    }

    fn tell_of_the_window(&mut self, now: Timestamp) {
        let words = match &self.model.window {
            Some(window) => format!(
                "Changes can be confirmed until {} UTC ({}); :write off ends it.",
                window.end(),
                window.reason
            ),
            None if self.model.writing() != Writing::Closed => {
                "This profile needs no write window; each change is still shown before.".into()
            }
            None => "Read-only: :write 10m REASON lets changes be confirmed for 10 minutes.".into(),
        };
        self.tell(&words, now);
    }

    /// Whether nothing can ever be sent in this profile; says why.
    fn never_writes(&mut self, now: Timestamp) -> bool {
        let why = self.model.queue().and_then(|queue| queue.read_only.clone());
        let Some(why) = why else { return false };
        let why = why.trim_end_matches('.');
        self.reject(&format!("write: not here, {why}."), now);
        true
    }

    fn open_window(&mut self, span: Duration, reason: &str, now: Timestamp) {
        let window = Window::open(span, reason, now);
        let words = format!(
            "Changes can be confirmed until {} UTC; each is still shown before.",
            window.end()
        );
        self.model.window = Some(window);
        self.tell(&words, now);
        if let Some(plan) = self.waiting.take() {
            self.show_plan(plan);
        }
    }

    /// A key while the reason of a window is typed.
    pub(super) fn reason_key(
        &mut self,
        span: Duration,
        mut prompt: Prompt,
        key: KeyEvent,
        now: Timestamp,
    ) {
        match key.code {
            KeyCode::Esc => return self.tell("No write window was opened.", now),
            KeyCode::Enter if prompt.text().trim().is_empty() => {
                self.mention("A write window needs a reason.", now);
            }
            KeyCode::Enter => {
                let reason = prompt.text().trim().to_owned();
                return self.open_window(span, &reason, now);
            }
            _ => {
                prompt.key(key);
            }
        }
        self.mode = Mode::Reason(span, prompt);
    }

    /// Stages the changes of a line for all that it is about.
    pub(super) fn stage(
        &mut self,
        line: Line,
        who: &[Who],
        given: &Given,
        name: &str,
        now: Timestamp,
    ) {
        let mut changes: Vec<Change> = Vec::new();
        let mut refused = None;
        // What makes something is made once, whatever is in front.
        let who = if line.act.makes() {
            &who[..1.min(who.len())]
        } else {
            who
        };
        for one in who {
            match act::changes(line.act, one, given) {
                Ok(made) => changes.extend(made),
                Err(why) => refused = Some(why),
            }
        }
        if changes.is_empty() {
            let why = refused.unwrap_or_else(|| "nothing is to be changed".to_owned());
            return self.tell(&format!("Not staged: {why}."), now);
        }
        let title = title_of(&line, who, name);
        let reason = self.model.window.as_ref();
        let draft = Draft {
            title: title.as_str().into(),
            reason: reason.map(|window| window.reason.as_str().into()),
            on_failure: if goes_on(line.act) {
                OnFailure::GoOn
            } else {
                OnFailure::Stop
            },
            ops: changes.into_iter().map(DraftOp::new).collect(),
        };
        self.stage_by(QueueAsk::Stage(draft), title);
    }

    /// Asks for something to be staged, and waits for the plan. Meanwhile no key means anything: whatever is pressed was not pressed for it.
    pub(super) fn stage_by(&mut self, ask: QueueAsk, title: String) {
        self.mode = Mode::Staging(title);
        self.ask_for(Ask::Queue(ask), Purpose::Stage);
    }

    /// A key while a plan is being staged.
    pub(super) fn staging_key(&mut self, title: String, key: KeyEvent, now: Timestamp) {
        if key.code == KeyCode::Esc {
            return self.tell("Not waited for; {key:queue} shows what was staged.", now);
        }
        self.mode = Mode::Staging(title);
    }

    /// Asks for a plan to be shown and confirmed.
    pub(super) fn show_plan(&mut self, plan: u64) {
        self.ask_for(Ask::Queue(QueueAsk::Show(plan)), Purpose::Sheet(plan));
    }

    /// Takes in what the queue answered.
    pub(super) fn queue_answered(&mut self, answer: QueueAnswer, purpose: Purpose, now: Timestamp) {
        match (answer, purpose) {
            (QueueAnswer::Staged(told, left), _) => self.staged(*told, left, now),
            (QueueAnswer::Ready(ready), _) => self.composed(*ready, now),
            (QueueAnswer::Plan(told), Purpose::Sheet(_)) => self.shown(*told, now),
            (QueueAnswer::Plan(told), Purpose::Confirm(_)) => {
                let count = format::counted(told.ops.len() as u64, "change");
                let words = format!("Plan {} is confirmed: {count}.", told.number);
                self.tell(&words, now);
                self.followed(&told, now);
            }
            (QueueAnswer::Plan(told), Purpose::Follow(_)) => self.followed(&told, now),
            (QueueAnswer::Secret(handed), Purpose::Secret(op)) => self.handed(op, handed, now),
            (QueueAnswer::Rehearsed(foreseen), _) => {
                let text = format::sentence(&summary(&foreseen));
                self.model.say(NoticeLevel::Info, &text, None, now);
                if let Some(queue) = self.queue_at_hand_mut() {
                    queue.rehearsed(foreseen);
                }
            }
            (QueueAnswer::Done(text), _) => {
                let text = format::sentence(&text);
                self.model.say(NoticeLevel::Info, &text, None, now);
            }
            _ => {}
        }
    }

    /// Takes in why the queue did not do it.
    pub(super) fn queue_failed(&mut self, problem: &Problem, purpose: Purpose, now: Timestamp) {
        match purpose {
            Purpose::Stage if matches!(self.mode, Mode::Staging(_)) => self.mode = Mode::Normal,
            Purpose::Follow(plan) => {
                self.followed.remove(&plan);
            }
            Purpose::Confirm(plan) => {
                self.followed.remove(&plan);
            }
            _ => {}
        }
        self.model.complain(problem, now);
    }

    /// Shows what was staged, unless something else is in front by now.
    fn staged(&mut self, told: PlanTold, left: Vec<LeftOut>, now: Timestamp) {
        let number = told.number;
        if matches!(self.mode, Mode::Staging(_)) && !self.is_plain {
            self.model.flash = None;
            self.mode = Mode::Sheet(Box::new(self.sheet(told, left, now)));
            return;
        }
        if matches!(self.mode, Mode::Staging(_)) {
            self.mode = Mode::Normal;
        }
        let words = if self.is_plain {
            format!("Plan {number} is staged; `oktop queue run {number}` confirms it.")
        } else {
            format!("Plan {number} is staged; {{key:queue}} shows it.")
        };
        self.tell(&words, now);
    }

    fn sheet(&self, told: PlanTold, left: Vec<LeftOut>, now: Timestamp) -> Sheet {
        let mut sheet = Sheet::new(told, left, now);
        sheet.seen = self.model.queue_revision();
        sheet
    }

    /// A plan that was asked for to be shown, or to be looked at again.
    fn shown(&mut self, told: PlanTold, now: Timestamp) {
        let words = match &mut self.mode {
            Mode::Sheet(sheet) if sheet.number() == told.number => {
                let is_other = sheet.renew(told, now);
                is_other.then_some("The plan is another one than was shown: read it again.")
            }
            Mode::Normal => {
                let sheet = self.sheet(told, Vec::new(), now);
                self.mode = Mode::Sheet(Box::new(sheet));
                None
            }
            _ => None,
        };
        if let Some(words) = words {
            self.mention(words, now);
        }
    }

    /// A key while a plan waits to be confirmed.
    pub(super) fn sheet_key(&mut self, mut sheet: Box<Sheet>, key: KeyEvent, now: Timestamp) {
        let number = sheet.number();
        if key.code == KeyCode::Char('k') && key.modifiers.contains(KeyModifiers::CONTROL) {
            self.mode = Mode::Sheet(sheet);
            return self.halt("", now);
        }
        if key.code == KeyCode::Char(':') && self.model.writing() == Writing::Closed {
            self.waiting = Some(number);
            // Nothing stands there already: whoever types `:halt` must not open a window for the reason "halt".
            let menu = Menu::new(menu::Kind::Palette).with_keys(&self.model.keys);
            self.mode = Mode::Menu(menu);
            return;
        }
        match sheet.key(key, now, self.model.writing()) {
            Pressed::Taken => {}
            Pressed::TooEarly => self.mention("Too early: read it first.", now),
            Pressed::Nothing => self.no_use(&[Chord::of(key)], "the last line says what does", now),
            Pressed::NotOpen => {
                self.mention(
                    "Read-only: the plan stays staged until :write 10m REASON.",
                    now,
                );
            }
            Pressed::Left => {
                let words = format!("Plan {number} stays staged; {{key:queue}} shows it.");
                return self.tell(&words, now);
            }
            Pressed::Confirm(confirmation) => {
                let ask = QueueAsk::Confirm(confirmation);
                let states = sheet.told().ops.iter().map(|op| op.line.state).collect();
                let followed = Followed {
                    states,
                    seen: Some(self.model.queue_revision()),
                    is_asked: true,
                };
                self.followed.insert(number, followed);
                return self.ask_for(Ask::Queue(ask), Purpose::Confirm(number));
            }
        }
        self.mode = Mode::Sheet(sheet);
    }

    /// Asks what has become of the plan in front and of those that were confirmed, whenever something has become of any.
    pub(super) fn ask_about_plans(&mut self) {
        let revision = self.model.queue_revision();
        let mut plans: Vec<(u64, Purpose)> = Vec::new();
        if let Mode::Sheet(sheet) = &mut self.mode
            && sheet.seen != revision
        {
            sheet.seen = revision;
            plans.push((sheet.number(), Purpose::Sheet(sheet.number())));
        }
        for (plan, followed) in &mut self.followed {
            if !followed.is_asked && followed.seen != Some(revision) {
                (followed.is_asked, followed.seen) = (true, Some(revision));
                plans.push((*plan, Purpose::Follow(*plan)));
            }
        }
        for (plan, purpose) in plans {
            self.ask_for(Ask::Queue(QueueAsk::Show(plan)), purpose);
        }
    }

    /// Tells what has become of the changes of a plan since the last time.
    fn followed(&mut self, told: &PlanTold, now: Timestamp) {
        let Some(mut followed) = self.followed.remove(&told.number) else {
            return;
        };
        followed.is_asked = false;
        for (index, op) in told.ops.iter().enumerate() {
            if followed.states.get(index) != Some(&op.line.state) {
                let change = told.plan.ops.get(index).map(|op| &op.change);
                self.tell_state(op, change, now);
            }
        }
        followed.states = told.ops.iter().map(|op| op.line.state).collect();
        let goes_on = |state: &State| {
            !state.is_final() && !matches!(state, State::NeedsHuman | State::Proposed)
        };
        if followed.states.iter().any(goes_on) {
            self.followed.insert(told.number, followed);
        }
    }

    fn tell_state(&mut self, op: &OpTold, change: Option<&Change>, now: Timestamp) {
        let line = &op.line;
        let target = match &line.name {
            Some(name) if !name.is_empty() => name.as_str(),
            _ => line.target.as_str(),
        };
        let why = line.why.as_ref().map(|why| format!(": {why}"));
        let why = why.unwrap_or_default();
        let (level, came) = match line.state {
            State::Verified => (NoticeLevel::Info, "verified".to_owned()),
            State::Failed => (NoticeLevel::Error, format!("failed{why}")),
            State::Unknown => (
                NoticeLevel::Warning,
                format!("it is not known whether it was done; it is being found out{why}"),
            ),
            State::NeedsHuman => (
                NoticeLevel::Error,
                format!("nobody could find out whether it was done; {{key:queue}} decides{why}"),
            ),
            State::Blocked => (NoticeLevel::Warning, format!("held back{why}")),
            State::Stale => (NoticeLevel::Warning, format!("not sent{why}")),
            state if state.is_final() => (NoticeLevel::Info, format!("{}{why}", state.word())),
            _ => return,
        };
        let mut words = format!("{} {} {target}: {came}.", line.id, line.change);
        if line.state == State::Verified && change.is_some_and(gives_secret) {
            words.push_str(" What came back is shown once in the queue, by s.");
        }
        let view = crate::ui::keymap::View::of(&self.situation());
        let words = self.model.keys.told(&words, view).into_owned();
        self.model.say(level, &words, None, now);
    }

    /// Questions about plans cannot be answered any more; those about confirmed ones are asked again.
    pub(super) fn forget_changes(&mut self) {
        if matches!(self.mode, Mode::Staging(_)) {
            self.mode = Mode::Normal;
        }
        if let Mode::Pick(giving) = &mut self.mode {
            giving.found.disconnect();
        }
        for followed in self.followed.values_mut() {
            (followed.is_asked, followed.seen) = (false, None);
        }
    }

    /// Sends nothing more, at once and without a question.
    pub(super) fn halt(&mut self, reason: &str, now: Timestamp) {
        let reason = Some(reason.trim()).filter(|reason| !reason.is_empty());
        let ask = QueueAsk::Halt(reason.map(str::to_owned));
        self.ask_for(Ask::Queue(ask), Purpose::Tell);
        self.mention("Halt: nothing more is sent.", now);
    }

    /// Goes on after a halt.
    pub(super) fn resume(&mut self) {
        self.ask_for(Ask::Queue(QueueAsk::Resume), Purpose::Tell);
    }

    /// Asks for the secret that a change brought.
    pub(super) fn ask_for_secret(&mut self, op: OpId) {
        self.ask_for(Ask::Queue(QueueAsk::Secret(op)), Purpose::Secret(op));
    }
}

/// Whether Okta answers a change with something that is shown once.
fn gives_secret(change: &Change) -> bool {
    matches!(
        change,
        Change::ExpirePassword {
            temporary: true,
            ..
        } | Change::ResetPassword {
            send_email: false,
            ..
        } | Change::ForgotPassword {
            send_email: false,
            ..
        } | Change::ActivateUser {
            send_email: false,
            ..
        } | Change::ReactivateUser {
            send_email: false,
            ..
        }
    )
}
