//! A ready plan in front: its steps are chosen one by one, and what is chosen is staged.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};

use super::acting::arrow;
use super::find::BELOW;
use super::{App, Mode, Purpose};
use crate::action::ready::{Ready, Step};
use crate::domain::entry::Subject;
use crate::domain::id::ObjectId;
use crate::domain::text::SafeText;
use crate::msg::Ask;
use crate::msg::queue::{Draft, DraftOp, QueueAsk, Recipe};
use crate::ui::act::{Act, Line, Who};
use crate::ui::canvas::Pen;
use crate::ui::format;
use crate::ui::keymap::Chord;
use crate::ui::panel::{Choice, Panel};
use crate::ui::sheet::clear;
use crate::ui::text_view::Move;

/// Rows for all words of the line under the cursor.
const TOLD: u16 = 2;

/// A ready plan that is chosen from.
#[derive(Clone, Debug)]
pub(super) struct Choosing {
    ready: Ready,
    choice: Choice,
}

impl Choosing {
    fn new(ready: Ready) -> Self {
        Self {
            ready,
            choice: Choice::default(),
        }
    }

    fn count(&self) -> usize {
        self.ready.steps.iter().filter(|step| step.chosen).count()
    }

    /// Moves, or chooses; `false` when the key means neither.
    fn key(&mut self, key: KeyEvent, rows: usize) -> bool {
        let count = self.ready.steps.len() + self.ready.notes.len();
        let to = match key.code {
            KeyCode::Char('j') => Some(Move::Down),
            KeyCode::Char('k') => Some(Move::Up),
            _ => arrow(key),
        };
        match (key.code, to) {
            (_, Some(to)) => self.choice.go(to, count, rows),
            (KeyCode::Char(' '), _) => {
                if let Some(step) = self.ready.steps.get_mut(self.choice.at) {
                    step.chosen = !step.chosen;
                }
                self.choice.go(Move::Down, count, rows);
            }
            (KeyCode::Char('*'), _) => {
                let all = self.count() < self.ready.steps.len();
                for step in &mut self.ready.steps {
                    step.chosen = all;
                }
            }
            _ => return false,
        }
        true
    }

    /// The line under the cursor with all of its words: in the list there is no room for them on a narrow screen.
    fn at_hand(&self) -> String {
        let (at, steps) = (self.choice.at, &self.ready.steps);
        match steps.get(at) {
            Some(step) => format!("{} {}: {}", step.change.name(), step.name, step.why),
            None => self
                .ready
                .notes
                .get(at - steps.len())
                .cloned()
                .unwrap_or_default(),
        }
    }

    fn draft(&self, reason: Option<SafeText>) -> Draft {
        Draft {
            title: SafeText::new(&self.ready.title),
            reason,
            on_failure: self.ready.on_failure,
            ops: self.ready.chosen().into_iter().map(DraftOp::new).collect(),
        }
    }
}

/// The ready plan of a line of the menu, for one user.
fn recipe(act: Act, who: &Who, since: Option<Timestamp>) -> Option<Recipe> {
    let Subject::Object(ObjectId::User(user)) = &who.subject else {
        return None;
    };
    let user = user.clone();
    match act {
        Act::ContainByStep => Some(Recipe::Contain { user, since }),
        Act::Offboard => Some(Recipe::Offboard { user }),
        _ => None,
    }
}

impl App {
    /// Asks for the steps of a ready plan; `false` when the line is no such plan.
    pub(super) fn compose(
        &mut self,
        line: &Line,
        who: &[Who],
        since: Option<Timestamp>,
        now: Timestamp,
    ) -> bool {
        let Some(recipe) = who.first().and_then(|one| recipe(line.act, one, since)) else {
            return false;
        };
        match who {
            [one] if self.is_plain => {
                let words = format!(
                    "Steps are chosen on the command line: oktop users {} {}",
                    line.act.command(),
                    one.name
                );
                self.tell(&words, now);
            }
            [one] => {
                let title = format!("{}: {}", line.name, one.name);
                self.stage_by(QueueAsk::Compose(recipe), title);
            }
            _ => self.tell("Steps are chosen for one user at a time.", now),
        }
        true
    }

    /// Shows the steps, unless something else is in front by now.
    pub(super) fn composed(&mut self, ready: Ready, now: Timestamp) {
        if !matches!(self.mode, Mode::Staging(_)) {
            return;
        }
        self.mode = Mode::Normal;
        if ready.steps.is_empty() {
            return self.tell(&format!("{}: nothing is left to do.", ready.title), now);
        }
        self.model.flash = None;
        self.mode = Mode::Ready(Box::new(Choosing::new(ready)));
    }

    /// A key while steps are chosen.
    pub(super) fn ready_key(&mut self, mut choosing: Box<Choosing>, key: KeyEvent, now: Timestamp) {
        match key.code {
            KeyCode::Esc => return self.tell("Nothing was staged.", now),
            KeyCode::Enter if choosing.count() == 0 => {
                self.mention("No step is chosen: space chooses.", now);
            }
            KeyCode::Enter => {
                let reason = self.model.window.as_ref();
                let draft = choosing.draft(reason.map(|window| window.reason.as_str().into()));
                let title = choosing.ready.title.clone();
                self.mode = Mode::Staging(title);
                self.ask_for(Ask::Queue(QueueAsk::Stage(draft)), Purpose::Stage);
                return;
            }
            _ if choosing.key(key, self.act_rows()) => {}
            _ => self.no_use(&[Chord::of(key)], BELOW, now),
        }
        self.mode = Mode::Ready(choosing);
    }

    pub(super) fn ready_view(&self, choosing: &Choosing, buffer: &mut Buffer, body: Rect) {
        let theme = self.model.theme;
        let step = |step: &Step| {
            let mark = if step.chosen { "[x] " } else { "[ ] " };
            let style = if step.chosen {
                theme.text()
            } else {
                theme.quiet()
            };
            let what = format::left(&format::cut(step.change.name(), 22), 23);
            let name = format::left(&format::cut(&step.name, 22), 23);
            vec![
                (format!("{mark}{what}"), style),
                (name, style),
                (SafeText::new(&step.why).to_string(), theme.quiet()),
            ]
        };
        let note = |note: &String| vec![(format!("note: {}", SafeText::new(note)), theme.quiet())];
        let steps = choosing.ready.steps.iter().map(step);
        let title = SafeText::new(&choosing.ready.title);
        let words = format!(
            "{} of {} steps",
            choosing.count(),
            choosing.ready.steps.len()
        );
        let told = TOLD.min(body.height.saturating_sub(2));
        let [above, below] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(told)]).areas(body);
        Panel {
            title: &title,
            words: &words,
            lines: steps.chain(choosing.ready.notes.iter().map(note)).collect(),
            empty: "",
            choice: choosing.choice,
        }
        .view_within(
            self.act_rows().saturating_sub(told.into()).max(1),
            theme,
            buffer,
            above,
        );
        clear(buffer, below);
        let room = usize::from(below.width).saturating_sub(4);
        let words = SafeText::new(&choosing.at_hand());
        for (row, line) in (0..).zip(format::wrap(&words, room)) {
            Pen::new(buffer, below, row)
                .put("    ", theme.text())
                .put(&line, theme.text());
        }
    }

    pub(super) fn ready_foot(&self, buffer: &mut Buffer, area: Rect) {
        let keys = [
            ("space", "chooses"),
            ("*", "all or none"),
            ("enter", "stages what is chosen"),
            ("esc", "closes"),
        ];
        self.keys(&keys, buffer, area);
    }
}
