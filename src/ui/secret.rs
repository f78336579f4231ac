//! A secret that Okta sent back, shown once: over everything else, for a minute at most, and kept nowhere.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::canvas::Pen;
use super::format;
use super::sheet;
use super::theme::Theme;
use crate::action::plan::OpId;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::msg::queue::Handed;

/// For how long it is shown at most.
const SHOWN: Duration = Duration::from_mins(1);

/// A secret on the screen.
#[derive(Clone, Debug)]
pub struct Secret {
    op: OpId,
    handed: Handed,
    until: Timestamp,
    /// From when on a key closes it: what was typed ahead is not to take it away unread.
    ready: Timestamp,
    is_painted: bool,
}

/// What a key came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pressed {
    /// It came before the secret could be read.
    TooEarly,
    /// It is to be copied.
    Copy,
    /// It goes.
    Gone,
}

impl Secret {
    /// Shows it from now on.
    pub fn new(op: OpId, handed: Handed, now: Timestamp) -> Self {
        Self {
            op,
            handed,
            until: time::after(now, SHOWN),
            ready: time::after(now, sheet::REST),
            is_painted: false,
        }
    }

    /// When it goes by itself.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// It stands on the screen since now.
    pub fn painted(&mut self, now: Timestamp) {
        if !self.is_painted {
            self.is_painted = true;
            self.ready = self.ready.max(time::after(now, sheet::REST));
        }
    }

    /// What it is, in words that tell nothing of it.
    pub fn what(&self) -> &str {
        &self.handed.what
    }

    /// The secret itself, to be copied.
    pub fn value(&self) -> &str {
        &self.handed.value
    }

    /// Takes a key.
    pub fn key(&self, key: KeyEvent, now: Timestamp) -> Pressed {
        let plain = !key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            _ if !self.is_painted || now < self.ready => Pressed::TooEarly,
            KeyCode::Char('c') if plain => Pressed::Copy,
            _ => Pressed::Gone,
        }
    }

    /// Paints it at the foot of `body`, whole: a secret that is cut is none.
    pub fn view(&self, theme: Theme, buffer: &mut Buffer, body: Rect) {
        let room = usize::from(body.width.saturating_sub(4)).max(1);
        let value = SafeText::new(&self.handed.value);
        let lines = broken(&value, room);
        let rows = format::cells(lines.len() + 3).min(body.height);
        let area = Rect::new(body.x, body.bottom() - rows, body.width, rows);
        sheet::clear(buffer, area);
        let title = format!("{} of change {}", self.handed.what, self.op);
        sheet::rule(&title, "shown once, kept nowhere", theme, buffer, area);
        for (row, line) in lines.iter().enumerate() {
            Pen::new(buffer, area, format::cells(row + 2))
                .put("  ", theme.text())
                .put(line, theme.strong());
        }
    }

    /// Paints what can be done with it.
    pub fn foot(&self, theme: Theme, buffer: &mut Buffer, area: Rect) {
        let until = format!("; gone at {}", format::time_of_day(self.until));
        Pen::new(buffer, area, 0)
            .put(" c", theme.key())
            .put(" copies it to your clipboard, ", theme.text())
            .put("any other key", theme.key())
            .put(" closes it", theme.text())
            .put(&until, theme.text());
    }
}

/// A text in lines of `columns`, broken anywhere: nothing is put in or left out.
fn broken(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line = format::prefix(rest, columns);
        let end = match line.len() {
            // A character wider than the room stands alone.
            0 => rest.chars().next().map_or(rest.len(), char::len_utf8),
            end => end,
        };
        lines.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_link_is_whole() {
        let link = format!("https://acme.okta.com/welcome/{}", "a1b2".repeat(40));
        let lines = broken(&link, 56);
        assert!(lines.len() > 3 && lines.concat() == link);
        assert!(lines.iter().all(|line| line.len() <= 56));
    }
}
