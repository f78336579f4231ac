//! A line of text being typed, with the editing keys of a shell.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use super::canvas::Pen;
use super::format;
use super::paste;
use super::theme::Theme;

/// The longest text that can be typed, in characters: a hundred names that somebody was sent, less than a pasted file.
pub const MAX_CHARS: usize = 4_000;

/// A line of text being typed.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    input: Input,
}

impl Prompt {
    /// A prompt that holds `text`, with the cursor at its end.
    pub fn new(text: &str) -> Self {
        let mut prompt = Self::default();
        // What is cut off the end was too long for whoever typed it, too.
        let _ = prompt.insert(text);
        prompt
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Takes an editing key; whether the text changed.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if let KeyCode::Char(c) = key.code
            && !control
            && (self.text().chars().count() >= MAX_CHARS || c.is_control())
        {
            return false;
        }
        let changed = self.input.handle_event(&Event::Key(key));
        changed.is_some_and(|changed| changed.value)
    }

    /// Inserts one character at the cursor.
    pub fn insert_char(&mut self, c: char) {
        self.input.handle(InputRequest::InsertChar(c));
    }

    /// A prompt that holds `text`, with a space behind it for what is typed further.
    pub fn behind(text: &str) -> Self {
        let mut prompt = Self::new(text);
        if !prompt.text().is_empty() {
            prompt.insert_char(' ');
        }
        prompt
    }

    /// Inserts pasted text: its first line, without control characters. Says what there is to tell about it.
    pub fn insert(&mut self, text: &str) -> Option<String> {
        let room = MAX_CHARS.saturating_sub(self.text().chars().count());
        let pasted = paste::as_line(text, room);
        self.put(&pasted.text);
        pasted.words
    }

    /// Whether a character stands right before the cursor that is no space.
    pub fn is_in_word(&self) -> bool {
        let before = self.input.cursor().checked_sub(1);
        let before = before.and_then(|at| self.text().chars().nth(at));
        before.is_some_and(|c| !c.is_whitespace())
    }

    /// Inserts text that is one clean line already.
    pub fn put(&mut self, line: &str) {
        line.chars().for_each(|c| self.insert_char(c));
    }

    /// Paints the sign and the text into a row of `area` and says where the cursor is.
    pub fn view(
        &self,
        sign: &str,
        buffer: &mut Buffer,
        area: Rect,
        row: u16,
        theme: Theme,
    ) -> Position {
        let mut pen = Pen::new(buffer, area, row);
        pen.put(sign, theme.key());
        let room = pen.room().saturating_sub(1);
        let start = pen.column();
        let scroll = self.input.visual_scroll(room);
        let shown = format::suffix(
            self.text(),
            format::width(self.text()).saturating_sub(scroll),
        );
        pen.put(format::prefix(shown, room), theme.text());
        let cursor = self.input.visual_cursor().saturating_sub(scroll).min(room);
        Position::new(start.saturating_add(format::cells(cursor)), area.y + row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(prompt: &mut Prompt, code: KeyCode, modifiers: KeyModifiers) -> bool {
        prompt.key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn a_shell_s_keys_edit_the_line() {
        let mut prompt = Prompt::new("ana lopez");
        assert!(press(
            &mut prompt,
            KeyCode::Char('w'),
            KeyModifiers::CONTROL
        ));
        assert_eq!(prompt.text(), "ana ");
        assert!(!press(
            &mut prompt,
            KeyCode::Char('a'),
            KeyModifiers::CONTROL
        ));
        assert!(press(&mut prompt, KeyCode::Char('x'), KeyModifiers::NONE));
        assert_eq!(prompt.text(), "xana ");
        assert!(press(
            &mut prompt,
            KeyCode::Char('u'),
            KeyModifiers::CONTROL
        ));
    }

    #[test]
    fn pasted_text_is_one_clean_line() {
        let mut prompt = Prompt::default();
        prompt.insert("\n  ana\x1b[2J.lopez\x07\nq\n");
        assert_eq!(prompt.text(), "ana[2J.lopez");
        prompt.insert(&"x".repeat(10_000));
        assert_eq!(prompt.text().chars().count(), MAX_CHARS);
    }

    #[test]
    fn the_cursor_stays_in_sight() {
        let prompt = Prompt::new(&"0123456789".repeat(5));
        let area = Rect::new(0, 0, 12, 1);
        let mut buffer = Buffer::empty(area);
        let cursor = prompt.view("/", &mut buffer, area, 0, Theme::mono());
        assert_eq!(cursor, Position::new(11, 0));
        assert_eq!(super::super::canvas::text_of(&buffer), "/0123456789\n");
    }
}
