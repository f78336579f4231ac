//! From pictures to bytes: only what differs from the last picture, in one piece, or nothing at all.

use jiff::Timestamp;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};

use super::ink::{self, Ink};
use super::scroll;
use crate::ui::app::App;
use crate::ui::format;

/// How many cells at the end of a row are blanked one by one rather than at once, for which the code has three bytes.
const FEW: usize = 3;

/// What the terminal shows, as far as the console knows.
#[derive(Debug)]
pub struct Painter {
    /// `None` when the terminal may show anything.
    front: Option<(Buffer, Option<Position>)>,
    /// Whether the terminal may be told to move rows.
    scrolls: bool,
}

impl Painter {
    /// For a terminal that may show anything, and that moves rows itself unless `scrolls` says that it cannot.
    pub fn new(scrolls: bool) -> Self {
        Self {
            front: None,
            scrolls,
        }
    }

    /// Whether the terminal may be told to move rows from now on.
    pub fn set_scrolls(&mut self, scrolls: bool) {
        self.scrolls = scrolls;
    }

    /// The terminal may show anything now: paint everything the next time.
    pub fn forget(&mut self) {
        self.front = None;
    }

    /// The bytes that make the terminal show the app's picture; `None` when it does already.
    ///
    /// The time in the picture is not a difference of its own: it is renewed only when something else is.
    pub fn paint(&mut self, app: &mut App, now: Timestamp) -> Option<Vec<u8>> {
        let area = Rect::from((Position::ORIGIN, app.size()));
        let mut back = Buffer::empty(area);
        let picture = |app: &App, back: &mut Buffer| {
            back.reset();
            let cursor = app.view(back);
            back.content.iter_mut().for_each(ink::plain_space);
            cursor
        };
        let cursor = picture(app, &mut back);
        let same = |(front, shown): &(Buffer, Option<Position>)| *front == back && *shown == cursor;
        if self.front.as_ref().is_some_and(same) {
            return None;
        }
        app.stamp(now);
        let cursor = picture(app, &mut back);
        let front = self.front.take();
        let front = front.filter(|(front, _)| *front.area() == area);
        let bytes = match front {
            Some((front, shown)) => self.difference(front, shown, &back, cursor),
            None => anew(&back, cursor),
        };
        self.front = Some((back, cursor));
        Some(bytes)
    }

    /// What turns one picture into the other.
    fn difference(
        &self,
        mut front: Buffer,
        shown: Option<Position>,
        back: &Buffer,
        cursor: Option<Position>,
    ) -> Vec<u8> {
        let mut ink = begin();
        if let Some(scroll) = Some(self.scrolls)
            .filter(|scrolls| *scrolls)
            .and_then(|_| scroll::find(&front, back))
        {
            ink.scroll(scroll.top, scroll.bottom, scroll.by);
            scroll::apply(scroll, &mut front);
        }
        draw(&front, back, &mut ink);
        end(ink, shown, cursor)
    }
}

/// The whole picture on a terminal that may show anything.
fn anew(back: &Buffer, cursor: Option<Position>) -> Vec<u8> {
    let mut ink = begin();
    ink.raw("\x1b[m\x1b[?25l\x1b[2J");
    draw(&Buffer::empty(*back.area()), back, &mut ink);
    end(ink, None, cursor)
}

/// Nothing is shown before the end of the piece, by terminals that know of this; to the others it says nothing.
fn begin() -> Ink {
    let mut ink = Ink::new();
    ink.raw("\x1b[?2026h");
    ink
}

fn end(mut ink: Ink, shown: Option<Position>, cursor: Option<Position>) -> Vec<u8> {
    ink.plain();
    if let Some(place) = cursor {
        ink.go(place);
    }
    match (shown, cursor) {
        (None, Some(_)) => ink.raw("\x1b[?25h"),
        (Some(_), None) => ink.raw("\x1b[?25l"),
        _ => {}
    }
    ink.raw("\x1b[?2026l");
    ink.into_bytes()
}

/// Writes the cells that differ.
fn draw(front: &Buffer, back: &Buffer, ink: &mut Ink) {
    let changes = front.diff(back);
    let width = usize::from(back.area.width).max(1);
    for row in changes.chunk_by(|(_, above, _), (_, below, _)| above == below) {
        let Some((_, y, _)) = row.first() else {
            continue;
        };
        let start = usize::from(*y) * width;
        let cells = back.content.get(start..start + width).unwrap_or_default();
        draw_row(row, cells, ink);
    }
}

/// Writes the changed cells of a row.
fn draw_row(changes: &[(u16, u16, &Cell)], cells: &[Cell], ink: &mut Ink) {
    let blank = blank_from(cells);
    let (text, rest): (Vec<_>, Vec<_>) = changes
        .iter()
        .partition(|(x, _, _)| usize::from(*x) < blank);
    let at_once = rest.len() > FEW;
    let one_by_one = if at_once { &[][..] } else { &rest[..] };
    let mut next = 0;
    for (x, y, cell) in text.iter().chain(one_by_one) {
        let place = Position::new(*x, *y);
        ink.bridge(place, cells.get(next..usize::from(*x)).unwrap_or_default());
        ink.cell(place, cell);
        next = usize::from(*x) + format::width(cell.symbol()).max(1);
    }
    if let Some((_, y, _)) = rest.first().filter(|_| at_once) {
        ink.blank_from(Position::new(format::cells(blank), *y));
    }
}

/// From which column on a row is blank; a wide character covers more than one.
fn blank_from(cells: &[Cell]) -> usize {
    let ends = cells
        .iter()
        .enumerate()
        .filter(|(_, cell)| !ink::is_blank(cell));
    ends.map(|(x, cell)| x + format::width(cell.symbol()).max(1))
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
    use ratatui::layout::Size;
    use ratatui::style::{Color, Modifier, Style};

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
        let mut painter = Painter::new(true);
        assert!(painter.paint(&mut app, now()).is_some());
        assert_eq!(painter.paint(&mut app, later()), None);
        app.update(Event::Tick, later());
        assert_eq!(painter.paint(&mut app, later()), None);
    }

    #[test]
    fn a_difference_is_one_synchronised_piece_with_the_time_of_its_painting() {
        let mut app = App::new(Theme::sixteen(), SIZE, now());
        let mut painter = Painter::new(true);
        let mut terminal = screen();
        terminal.process(&painter.paint(&mut app, now()).unwrap());
        assert!(shown(&terminal).contains("14:00:00 UTC"));
        app.update(
            Event::Key(KeyEvent::new(KeyCode::Char('2'), KeyModifiers::NONE)),
            later(),
        );
        let bytes = painter.paint(&mut app, later()).unwrap();
        assert!(bytes.starts_with(b"\x1b[?2026h") && bytes.ends_with(b"\x1b[?2026l"));
        terminal.process(&bytes);
        assert!(shown(&terminal).contains("14:05:09 UTC"));
        assert!(shown(&terminal).contains("[2 Users]"));
    }

    #[test]
    fn painting_by_differences_equals_painting_anew() {
        let mut app = App::new(Theme::sixteen(), SIZE, now());
        let mut painter = Painter::new(true);
        let mut terminal = screen();
        for key in "2?x\u{1b}4:us/ab".chars() {
            let code = if key == '\u{1b}' {
                KeyCode::Esc
            } else {
                KeyCode::Char(key)
            };
            app.update(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)), now());
            if let Some(bytes) = painter.paint(&mut app, now()) {
                terminal.process(&bytes);
            }
        }
        let mut anew = screen();
        anew.process(&Painter::new(true).paint(&mut app, now()).unwrap());
        assert_eq!(shown(&terminal), shown(&anew));
        assert_eq!(
            terminal.screen().cursor_position(),
            anew.screen().cursor_position()
        );
        assert_eq!(terminal.screen().hide_cursor(), anew.screen().hide_cursor());
    }

    /// A picture of rows, each a text, how it looks, and where it begins.
    fn picture(rows: &[(usize, usize)]) -> Buffer {
        let texts = [
            "",
            "14:02:40  user.session.start   ana.lopez",
            "14:02:41  user.mfa.factor.update   chen.wu",
            "山田 太郎 and e\u{301}",
            "\u{1f469}\u{200d}\u{1f4bb} Dev  x",
            "a b c   d    e",
            "ends at the edge of the terminal 1234567",
        ];
        let looks = [
            Style::new(),
            Style::new().fg(Color::Red),
            Style::new().add_modifier(Modifier::REVERSED),
            Style::new()
                .fg(Color::LightCyan)
                .add_modifier(Modifier::BOLD),
        ];
        let height = u16::try_from(rows.len()).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, 40, height));
        for (y, (text, look)) in rows.iter().enumerate() {
            let y = u16::try_from(y).unwrap();
            buffer.set_stringn(
                0,
                y,
                texts[text % texts.len()],
                40,
                looks[look % looks.len()],
            );
            if look % 3 == 2 {
                buffer.set_style(
                    Rect::new(0, y, 40, 1),
                    Style::new().add_modifier(Modifier::REVERSED),
                );
            }
        }
        buffer.content.iter_mut().for_each(ink::plain_space);
        buffer
    }

    /// What can be seen: texts, and how they look.
    fn seen(terminal: &vt100::Parser) -> Vec<(String, String)> {
        let (rows, columns) = terminal.screen().size();
        let places =
            (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (row, column)));
        let cells = places.map(|(row, column)| terminal.screen().cell(row, column).unwrap());
        let told = cells.map(|cell| {
            let text = cell.contents().to_owned();
            let text = if text.is_empty() {
                " ".to_owned()
            } else {
                text
            };
            let seen = if text == " " {
                format!("{}", cell.inverse())
            } else {
                format!("{} {} {:?}", cell.inverse(), cell.bold(), cell.fgcolor())
            };
            (text, seen)
        });
        told.collect()
    }

    fn terminal_of(height: usize) -> vt100::Parser {
        let cells = |n: usize| NonZeroU16::new(u16::try_from(n).unwrap()).unwrap();
        vt100::Parser::new(cells(height), cells(40), 0)
    }

    proptest::proptest! {
        #[test]
        fn whatever_moved_and_changed_is_shown_as_if_painted_anew(
            before in proptest::collection::vec((0..7_usize, 0..4_usize), 3..30),
            from in 0..30_usize,
            by in -29..30_isize,
            changed in proptest::collection::vec((0..30_usize, 0..7_usize, 0..4_usize), 0..5),
            scrolls: bool,
        ) {
            let height = before.len();
            let mut after = before.clone();
            let from = from % height;
            let part = &mut after[from..];
            let distance = by.unsigned_abs() % part.len();
            if by > 0 {
                part.rotate_left(distance);
            } else {
                part.rotate_right(distance);
            }
            for (row, text, look) in changed {
                after[row % height] = (text, look);
            }
            let (old, new) = (picture(&before), picture(&after));
            let mut terminal = terminal_of(height);
            terminal.process(&anew(&old, None));
            let painter = Painter::new(scrolls);
            terminal.process(&painter.difference(old, None, &new, None));
            let mut fresh = terminal_of(height);
            fresh.process(&anew(&new, None));
            proptest::prop_assert_eq!(seen(&terminal), seen(&fresh));
        }
    }

    #[test]
    fn rows_that_move_up_by_one_cost_little_more_than_the_new_row() {
        let row = |n: usize| (1 + n % 2, n % 2);
        let before: Vec<_> = (0..20).map(row).collect();
        let mut rows = before.clone();
        rows[3] = (5, 1);
        let mut after = rows.clone();
        after.remove(2);
        after.push((6, 1));
        let bytes = |scrolls| {
            let painter = Painter::new(scrolls);
            painter
                .difference(picture(&rows), None, &picture(&after), None)
                .len()
        };
        assert!(bytes(true) < 110, "{}", bytes(true));
        assert!(bytes(false) > 5 * bytes(true), "{}", bytes(false));
    }
}
