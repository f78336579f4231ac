//! From pictures to bytes: only what differs from the last picture, in one piece, or nothing at all.

use std::io;

use jiff::Timestamp;
use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::crossterm::cursor::{Hide, MoveTo, Show};
use ratatui::crossterm::queue;
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate,
};
use ratatui::layout::{Position, Rect};

use crate::ui::app::App;

/// What the terminal shows, as far as the console knows.
#[derive(Debug, Default)]
pub(super) struct Painter {
    /// `None` when the terminal may show anything.
    front: Option<(Buffer, Option<Position>)>,
}

impl Painter {
    /// The terminal may show anything now: paint everything the next time.
    pub(super) fn forget(&mut self) {
        self.front = None;
    }

    /// The bytes that make the terminal show the app's picture; `None` when it does already.
    ///
    /// The time in the picture is not a difference of its own: it is renewed only when something else is.
    ///
    /// # Errors
    /// None that can happen: the bytes are made in memory.
    pub(super) fn paint(&mut self, app: &mut App, now: Timestamp) -> io::Result<Option<Vec<u8>>> {
        let area = Rect::from((Position::ORIGIN, app.size()));
        let mut back = Buffer::empty(area);
        let cursor = app.view(&mut back);
        if self
            .front
            .as_ref()
            .is_some_and(|(front, shown)| *front == back && *shown == cursor)
        {
            return Ok(None);
        }
        let same_size = self
            .front
            .as_ref()
            .is_some_and(|(front, _)| *front.area() == area);
        app.stamp(now);
        back.reset();
        let cursor = app.view(&mut back);
        let (front, shown) = match self.front.take() {
            Some(front) if same_size => front,
            _ => (Buffer::empty(area), None),
        };
        let bytes = bytes(&front, &back, shown, cursor, !same_size)?;
        self.front = Some((back, cursor));
        Ok(Some(bytes))
    }
}

fn bytes(
    front: &Buffer,
    back: &Buffer,
    shown: Option<Position>,
    cursor: Option<Position>,
    clear: bool,
) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(4_096);
    let mut backend = CrosstermBackend::new(&mut bytes);
    queue!(backend, BeginSynchronizedUpdate)?;
    if clear {
        queue!(backend, Hide, Clear(ClearType::All))?;
    }
    let changes = front.diff(back);
    if !changes.is_empty() {
        backend.draw(changes.into_iter())?;
    }
    match cursor {
        Some(Position { x, y }) if shown.is_none() => queue!(backend, MoveTo(x, y), Show)?,
        Some(Position { x, y }) => queue!(backend, MoveTo(x, y))?,
        None if shown.is_some() => queue!(backend, Hide)?,
        None => {}
    }
    queue!(backend, EndSynchronizedUpdate)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::layout::Size;

    use super::*;
    use crate::ui::event::Event;
    use crate::ui::theme::Theme;

    const SIZE: Size = Size {
        width: 80,
        height: 24,
    };

    fn now() -> Timestamp {
        "2026-11-22T14:00:00Z".parse().unwrap()
    }

    fn later() -> Timestamp {
        "2026-11-22T14:05:09Z".parse().unwrap()
    }

    fn screen() -> vt100::Parser {
        let cells = |n| std::num::NonZeroU16::new(n).unwrap();
        vt100::Parser::new(cells(SIZE.height), cells(SIZE.width), 0)
    }

    fn shown(parser: &vt100::Parser) -> String {
        let contents = parser.screen().contents();
        contents
            .lines()
            .map(|line| line.trim_end().to_owned() + "\n")
            .collect()
    }

    #[test]
    fn the_same_picture_is_no_bytes_whatever_the_time() {
        let mut app = App::new(Theme::sixteen(), SIZE, now());
        let mut painter = Painter::default();
        assert!(painter.paint(&mut app, now()).unwrap().is_some());
        assert_eq!(painter.paint(&mut app, later()).unwrap(), None);
        app.update(Event::Tick, later());
        assert_eq!(painter.paint(&mut app, later()).unwrap(), None);
    }

    #[test]
    fn a_difference_is_one_synchronised_piece_with_the_time_of_its_painting() {
        let mut app = App::new(Theme::sixteen(), SIZE, now());
        let mut painter = Painter::default();
        let mut terminal = screen();
        terminal.process(&painter.paint(&mut app, now()).unwrap().unwrap());
        assert!(shown(&terminal).contains("14:00:00 UTC"));
        app.update(
            Event::Key(KeyEvent::new(KeyCode::Char('2'), KeyModifiers::NONE)),
            later(),
        );
        let bytes = painter.paint(&mut app, later()).unwrap().unwrap();
        assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
        terminal.process(&bytes);
        assert!(shown(&terminal).contains("14:05:09 UTC"));
        assert!(shown(&terminal).contains("[2 Users]"));
    }

    #[test]
    fn painting_by_differences_equals_painting_anew() {
        let mut app = App::new(Theme::sixteen(), SIZE, now());
        let mut painter = Painter::default();
        let mut terminal = screen();
        for key in "2?x\u{1b}4:us/ab".chars() {
            let code = if key == '\u{1b}' {
                KeyCode::Esc
            } else {
                KeyCode::Char(key)
            };
            app.update(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)), now());
            if let Some(bytes) = painter.paint(&mut app, now()).unwrap() {
                terminal.process(&bytes);
            }
        }
        let mut anew = screen();
        anew.process(&Painter::default().paint(&mut app, now()).unwrap().unwrap());
        assert_eq!(shown(&terminal), shown(&anew));
        assert_eq!(
            terminal.screen().cursor_position(),
            anew.screen().cursor_position()
        );
        assert_eq!(terminal.screen().hide_cursor(), anew.screen().hide_cursor());
    }
}
