//! A staged plan at the foot of the screen, and its confirmation.
//!
//! Nobody confirms what they have not seen: what is pressed before the plan was painted, or within [`REST`] of it, does nothing and begins
//! the wait anew, so that a key which is held down or was typed ahead never confirms. What is typed for the higher tiers is typed key by
//! key; only then a `y` of its own confirms. Neither Enter nor pasted text ever does. When the plan is another one than was shown, all that
//! was typed is void.

mod tell;

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::layout::{Position, Rect};

use super::canvas::Pen;
use super::format;
use super::text_view::{self, Move, Scroll};
use super::theme::Theme;
use super::window::Writing;
use crate::action::plan::Challenge;
use crate::action::state::State;
use crate::domain::time;
use crate::msg::queue::{Confirmation, LeftOut, PlanTold};
pub use tell::{body_lines, diff_words, lines, undo_words};

/// For how long a plan is looked at before it can be confirmed.
pub const REST: Duration = Duration::from_millis(400);

/// The longest text that is typed, in characters.
const MOST_TYPED: usize = 200;

/// A staged plan that waits to be confirmed, or is left staged.
#[derive(Clone, Debug)]
pub struct Sheet {
    told: PlanTold,
    left: Vec<LeftOut>,
    typed: String,
    /// Whether it was painted as it is now.
    is_painted: bool,
    /// From when on a yes counts.
    ready: Timestamp,
    scroll: Scroll,
    /// The revision of the queue at which it was asked for.
    pub seen: u64,
}

/// What a key came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Pressed {
    /// Something was typed or moved.
    Taken,
    /// It came too early to be meant for what is shown.
    TooEarly,
    /// It means nothing here.
    Nothing,
    /// The plan stays staged.
    Left,
    /// It would confirm, but no window is open.
    NotOpen,
    /// The plan is to be carried out.
    Confirm(Confirmation),
}

impl Sheet {
    /// A plan that nobody has seen yet.
    pub fn new(told: PlanTold, left: Vec<LeftOut>, now: Timestamp) -> Self {
        Self {
            told,
            left,
            typed: String::new(),
            is_painted: false,
            ready: time::after(now, REST),
            scroll: Scroll::default(),
            seen: 0,
        }
    }

    /// The plan's number.
    pub fn number(&self) -> u64 {
        self.told.number
    }

    /// The plan.
    pub fn told(&self) -> &PlanTold {
        &self.told
    }

    /// It stands on the screen since now.
    pub fn painted(&mut self, now: Timestamp) {
        if !self.is_painted {
            self.is_painted = true;
            self.wait(now);
        }
    }

    /// It is painted anew, as after a change of the screen's size.
    pub fn redrawn(&mut self) {
        self.is_painted = false;
    }

    /// Nothing counts before it was looked at.
    fn wait(&mut self, now: Timestamp) {
        self.ready = self.ready.max(time::after(now, REST));
    }

    /// Takes in the plan as it is now; whether what is to be confirmed is otherwise.
    pub fn renew(&mut self, told: PlanTold, now: Timestamp) -> bool {
        let is_same = self.told.digest == told.digest
            && self.told.challenge == told.challenge
            && self.told.findings == told.findings
            && self.told.ops == told.ops;
        self.told = told;
        if !is_same {
            self.typed.clear();
            self.is_painted = false;
            self.wait(now);
        }
        !is_same
    }

    /// Why it cannot be confirmed, whatever is typed.
    pub fn refusal(&self) -> Option<String> {
        if let Some(finding) = self.told.findings.iter().find(|it| it.refuses) {
            return Some(finding.words.clone());
        }
        let waits = |state: State| state == State::Proposed;
        let is_staged = self.told.ops.iter().any(|op| waits(op.line.state));
        (!is_staged).then(|| "nothing of it waits for a confirmation any more".to_owned())
    }

    /// Whether all was typed that is to be typed before the yes.
    fn is_complete(&self) -> bool {
        match &self.told.challenge {
            Challenge::Yes => true,
            Challenge::Type(text) => self.typed == *text,
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, now: Timestamp, writing: Writing<'_>) -> Pressed {
        if key.code == KeyCode::Esc {
            return Pressed::Left;
        }
        if let Some(to) = movement(key) {
            self.scroll.go(to);
            return Pressed::Taken;
        }
        let plain = !key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            _ if self.refusal().is_some() => Pressed::Nothing,
            KeyCode::Backspace => {
                self.typed.pop();
                Pressed::Taken
            }
            KeyCode::Char('u') if !plain => {
                self.typed.clear();
                Pressed::Taken
            }
            KeyCode::Char(_) if key.kind == KeyEventKind::Repeat => {
                self.wait(now);
                Pressed::TooEarly
            }
            KeyCode::Char('y') if plain && self.is_complete() => self.yes(now, writing),
            KeyCode::Char(letter) if plain && !self.is_complete() => self.type_in(letter, now),
            _ => Pressed::Nothing,
        }
    }

    fn yes(&mut self, now: Timestamp, writing: Writing<'_>) -> Pressed {
        let Writing::Open(reason) = writing else {
            return Pressed::NotOpen;
        };
        if !self.is_painted || now < self.ready {
            self.wait(now);
            return Pressed::TooEarly;
        }
        Pressed::Confirm(Confirmation {
            plan: self.told.number,
            digest: self.told.digest.clone(),
            typed: self.typed.clone(),
            reason: reason.map(str::to_owned),
        })
    }

    /// A letter of what is to be typed. The last one is no yes, however long it is held down.
    fn type_in(&mut self, letter: char, now: Timestamp) -> Pressed {
        if !self.is_painted {
            return Pressed::TooEarly;
        }
        if self.typed.chars().count() < MOST_TYPED && !letter.is_control() {
            self.typed.push(letter);
        }
        if self.is_complete() {
            self.wait(now);
        }
        Pressed::Taken
    }

    /// Lays it out; how many rows it takes of a body that has `most`.
    pub fn arrange(&mut self, width: usize, most: usize, theme: Theme) {
        let count = self.text(width, theme).len();
        self.scroll.fit(count, count.min(most.saturating_sub(1)));
    }

    fn text(&self, width: usize, theme: Theme) -> Vec<ratatui::text::Line<'static>> {
        lines(&self.told, &self.left, width, theme)
    }

    /// Paints it at the foot of `body`.
    pub fn view(&self, theme: Theme, buffer: &mut Buffer, body: Rect) {
        let lines = self.text(body.width.into(), theme);
        let rows = format::cells(lines.len() + 1).min(body.height);
        let area = Rect::new(body.x, body.bottom() - rows, body.width, rows);
        clear(buffer, area);
        let title = format!("Plan {}: {}", self.told.number, self.told.plan.title);
        rule(&title, &self.scroll.beyond(), theme, buffer, area);
        let below = Rect::new(area.x, area.y + 1, area.width, rows.saturating_sub(1));
        text_view::paint(buffer, below, &lines, self.scroll.top);
    }

    /// Paints what is to be done into the last line, and says where the cursor is.
    pub fn foot(
        &self,
        writing: Writing<'_>,
        theme: Theme,
        buffer: &mut Buffer,
        area: Rect,
    ) -> Option<Position> {
        let mut pen = Pen::new(buffer, area, 0);
        pen.put(" ", theme.text());
        if self.refusal().is_some() {
            pen.put("it cannot be confirmed; ", theme.warning());
            pen.put("esc", theme.key()).put(" leaves it", theme.text());
            return None;
        }
        if writing == Writing::Closed {
            pen.put("esc", theme.key())
                .put(" leaves it staged; ", theme.text())
                .put(":", theme.key())
                .put(" opens a write window, such as ", theme.text())
                .put(":write 10m why", theme.warning());
            return None;
        }
        let mut cursor = None;
        if let Challenge::Type(text) = &self.told.challenge {
            pen.put("type ", theme.text())
                .put(text, theme.strong())
                .put(", then ", theme.text())
                .put("y", theme.key())
                .put(": ", theme.text());
            let is_wrong = !text.starts_with(&self.typed);
            let style = if is_wrong {
                theme.error()
            } else {
                theme.text()
            };
            pen.put(&self.typed, style);
            cursor = Some(Position::new(pen.column(), area.y));
            pen.put("   ", theme.text());
            if self.is_complete() {
                pen.put("y", theme.key()).put(" confirms  ", theme.text());
            } else if is_wrong {
                pen.put("does not match  ", theme.error());
            }
        } else {
            pen.put("y", theme.key()).put(" confirms  ", theme.text());
        }
        pen.put("esc", theme.key())
            .put(" leaves it staged", theme.text());
        cursor
    }
}

/// The movements that are no letters: letters are typed.
fn movement(key: KeyEvent) -> Option<Move> {
    Some(match key.code {
        KeyCode::Up => Move::Up,
        KeyCode::Down => Move::Down,
        KeyCode::PageUp => Move::PageUp,
        KeyCode::PageDown => Move::PageDown,
        KeyCode::Home => Move::Top,
        KeyCode::End => Move::Bottom,
        _ => return None,
    })
}

/// Empties the cells of an area.
pub fn clear(buffer: &mut Buffer, area: Rect) {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            buffer[(x, y)].reset();
        }
    }
}

/// A line with a title across the first row of an area.
pub fn rule(title: &str, words: &str, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let dashes = "-".repeat(usize::from(area.width));
    Pen::new(buffer, area, 0).put(&dashes, theme.quiet());
    let mut pen = Pen::new(buffer, area, 0);
    pen.put("-- ", theme.quiet())
        .put(title, theme.strong())
        .put(" ", theme.text());
    if !words.is_empty() {
        pen.put(" ", theme.text())
            .put(words, theme.quiet())
            .put(" ", theme.text());
    }
}

#[cfg(test)]
mod tests;
