//! Cells as bytes, few of them: over a slow link each one is time.
//!
//! Everything here is what a VT100 understood, colours beside: no terminal is asked what else it can do. Colours go out as the plain
//! codes 30 to 37 and 90 to 97, which are shorter than their indexed forms and which every terminal knows.

use std::fmt::Write as _;

use ratatui::buffer::Cell;
use ratatui::layout::Position;
use ratatui::style::{Color, Modifier};

use crate::ui::format;

/// How many cells that need no writing are written again rather than jumped over: a jump takes four bytes.
const CHEAPER_THAN_A_JUMP: u16 = 3;

/// What modifiers are called in the codes of a terminal.
const MODIFIERS: [(Modifier, &str); 8] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::SLOW_BLINK, "5"),
    (Modifier::RAPID_BLINK, "6"),
    (Modifier::REVERSED, "7"),
    (Modifier::CROSSED_OUT, "9"),
];

/// Modifiers that are seen on a space as well.
const SEEN_ON_SPACES: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);

/// How a cell is written: its colours and modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Look {
    const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        modifier: Modifier::empty(),
    };

    fn of(cell: &Cell) -> Self {
        Self {
            fg: cell.fg,
            bg: cell.bg,
            modifier: cell.modifier,
        }
    }

    /// The codes that add this look to plain text.
    fn codes(self) -> Vec<String> {
        self.codes_after(Self::PLAIN)
    }

    /// The codes that turn `before` into this look, when nothing has to be taken off.
    fn codes_after(self, before: Self) -> Vec<String> {
        let added = self.modifier - before.modifier;
        let modifiers = MODIFIERS.iter().filter(|(one, _)| added.contains(*one));
        let mut codes: Vec<String> = modifiers.map(|(_, code)| (*code).to_owned()).collect();
        if self.fg != before.fg {
            codes.push(colour(self.fg, 30));
        }
        if self.bg != before.bg {
            codes.push(colour(self.bg, 40));
        }
        codes
    }
}

/// The code of a colour of letters (`base` 30) or of what is behind them (`base` 40).
fn colour(colour: Color, base: u8) -> String {
    let ansi = |n: u8| (base + n).to_string();
    let bright = |n: u8| (base + 60 + n).to_string();
    match colour {
        Color::Reset => ansi(9),
        Color::Black => ansi(0),
        Color::Red => ansi(1),
        Color::Green => ansi(2),
        Color::Yellow => ansi(3),
        Color::Blue => ansi(4),
        Color::Magenta => ansi(5),
        Color::Cyan => ansi(6),
        Color::Gray => ansi(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(index) => format!("{};5;{index}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}

/// Whether a cell looks like nothing at all.
pub(super) fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Look::of(cell) == Look::PLAIN
}

/// Takes from a space what cannot be seen on it, so that it equals other spaces.
pub(super) fn plain_space(cell: &mut Cell) {
    let unseen = cell.symbol() == " "
        && cell.bg == Color::Reset
        && !cell.modifier.intersects(SEEN_ON_SPACES);
    if unseen {
        cell.fg = Color::Reset;
        cell.modifier = Modifier::empty();
    }
}

/// Bytes for a terminal, with what they have made of its cursor and its colours.
#[derive(Debug)]
pub(super) struct Ink {
    bytes: String,
    /// Where the cursor is; `None` when terminals may differ about it.
    at: Option<Position>,
    look: Look,
}

impl Ink {
    /// Nothing yet, on a terminal whose cursor may be anywhere and whose colours are its own.
    pub(super) fn new() -> Self {
        Self {
            bytes: String::with_capacity(4_096),
            at: None,
            look: Look::PLAIN,
        }
    }

    /// Writes what must not be changed; the cursor may be anywhere afterwards.
    pub(super) fn raw(&mut self, bytes: &str) {
        self.bytes.push_str(bytes);
        self.at = None;
    }

    /// Colours are the terminal's own again.
    pub(super) fn plain(&mut self) {
        self.wear(Look::PLAIN);
    }

    /// The bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes.into_bytes()
    }

    /// Puts a cell into its place.
    pub(super) fn cell(&mut self, at: Position, cell: &Cell) {
        self.go(at);
        if !self.writes_as_it_is(cell) {
            self.wear(Look::of(cell));
        }
        self.bytes.push_str(cell.symbol());
        self.at = self.at.filter(|_| is_certain(cell.symbol()));
        if let Some(at) = &mut self.at {
            at.x += 1;
        }
    }

    /// Makes the rest of the row blank.
    pub(super) fn blank_from(&mut self, at: Position) {
        self.go(at);
        self.plain();
        self.bytes.push_str("\x1b[K");
    }

    /// Writes `between` again when that is shorter than to jump over it.
    pub(super) fn bridge(&mut self, to: Position, between: &[Cell]) {
        let near = between.len() <= usize::from(CHEAPER_THAN_A_JUMP);
        let gap = u16::try_from(between.len()).unwrap_or(u16::MAX);
        let touches = self
            .at
            .is_some_and(|at| at.y == to.y && at.x.saturating_add(gap) == to.x);
        let easy = |cell: &Cell| self.writes_as_it_is(cell) && is_certain(cell.symbol());
        if near && touches && between.iter().all(easy) {
            for cell in between {
                self.bytes.push_str(cell.symbol());
            }
            self.at = Some(to);
        }
    }

    /// Brings the cursor to a place, the shortest way that is certain.
    pub(super) fn go(&mut self, to: Position) {
        if self.at == Some(to) {
            return;
        }
        let jump = format!("\x1b[{};{}H", to.y + 1, to.x + 1);
        let way = self.at.and_then(|at| short_way(at, to));
        self.bytes.push_str(&way.unwrap_or(jump));
        self.at = Some(to);
    }

    /// Whether the cell can be written in the colours of the moment. A space can in all that are not seen on it.
    fn writes_as_it_is(&self, cell: &Cell) -> bool {
        let on_nothing =
            self.look.bg == Color::Reset && !self.look.modifier.intersects(SEEN_ON_SPACES);
        Look::of(cell) == self.look || (on_nothing && is_blank(cell))
    }

    fn wear(&mut self, look: Look) {
        if look == self.look {
            return;
        }
        let taken_off = self.look.modifier - look.modifier;
        let afresh = if look == Look::PLAIN {
            "\x1b[m".to_owned()
        } else {
            format!("\x1b[0;{}m", look.codes().join(";"))
        };
        let mut code = afresh;
        if taken_off.is_empty() {
            let added = format!("\x1b[{}m", look.codes_after(self.look).join(";"));
            if added.len() < code.len() {
                code = added;
            }
        }
        self.bytes.push_str(&code);
        self.look = look;
    }

    /// Moves the rows from `top` to `bottom` (both counted from 0 and moved along) up by `by`, or down when it is negative; the rows
    /// that become free are blank. Nothing outside them moves.
    pub(super) fn scroll(&mut self, top: u16, bottom: u16, by: i16) {
        // New rows take the colours of the moment.
        self.plain();
        // Writing to memory cannot fail.
        let _ = write!(self.bytes, "\x1b[{};{}r", top + 1, bottom + 1);
        self.at = None;
        let (from, step) = if by > 0 {
            (bottom, "\n")
        } else {
            (top, "\x1bM")
        };
        self.go(Position::new(0, from));
        self.bytes.push_str(&step.repeat(by.unsigned_abs().into()));
        self.raw("\x1b[r");
    }
}

/// A way that is shorter than naming the place.
fn short_way(at: Position, to: Position) -> Option<String> {
    match (to.y.checked_sub(at.y)?, to.x) {
        (0, x) if x == at.x + 1 => Some("\x1b[C".to_owned()),
        (0, x) if x > at.x => Some(format!("\x1b[{}C", x - at.x)),
        (0, 0) => Some("\r".to_owned()),
        (1, 0) => Some("\r\n".to_owned()),
        _ => None,
    }
}

/// Whether every terminal moves its cursor by one cell for it.
///
/// About wide characters, emoji and what is combined they do not agree, and after the last column the cursor stands on it or
/// beyond it; so the next place is named.
fn is_certain(symbol: &str) -> bool {
    let mut characters = symbol.chars();
    let one = characters.next().zip(characters.next()).is_none();
    let narrow = symbol
        .chars()
        .all(|c| c < '\u{2000}' && format::width(symbol) == 1);
    one && narrow
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(symbol: &'static str, fg: Color, modifier: Modifier) -> Cell {
        let mut cell = Cell::new(symbol);
        cell.fg = fg;
        cell.modifier = modifier;
        cell
    }

    fn written(write: impl FnOnce(&mut Ink)) -> String {
        let mut ink = Ink::new();
        write(&mut ink);
        String::from_utf8(ink.into_bytes()).unwrap()
    }

    #[test]
    fn colours_are_the_short_codes_and_what_goes_on_is_not_said_twice() {
        let red = cell("a", Color::Red, Modifier::BOLD);
        let bright = cell("b", Color::LightCyan, Modifier::BOLD);
        let plain = cell("c", Color::Reset, Modifier::empty());
        let text = written(|ink| {
            ink.cell(Position::new(0, 0), &red);
            ink.cell(Position::new(1, 0), &red);
            ink.cell(Position::new(2, 0), &bright);
            ink.cell(Position::new(3, 0), &plain);
        });
        assert_eq!(text, "\x1b[1;1H\x1b[1;31maa\x1b[96mb\x1b[mc");
    }

    #[test]
    fn modifiers_are_taken_off_by_beginning_afresh() {
        let bold = cell("a", Color::Cyan, Modifier::BOLD);
        let thin = cell("b", Color::Cyan, Modifier::empty());
        let text = written(|ink| {
            ink.cell(Position::new(0, 0), &bold);
            ink.cell(Position::new(1, 0), &thin);
        });
        assert_eq!(text, "\x1b[1;1H\x1b[1;36ma\x1b[0;36mb");
    }

    #[test]
    fn the_cursor_takes_the_shortest_way() {
        let x = cell("x", Color::Reset, Modifier::empty());
        let text = written(|ink| {
            for (column, row) in [(0, 0), (2, 0), (9, 0), (0, 1), (5, 3)] {
                ink.cell(Position::new(column, row), &x);
            }
        });
        assert_eq!(text, "\x1b[1;1Hx\x1b[Cx\x1b[6Cx\r\nx\x1b[4;6Hx");
    }

    #[test]
    fn after_what_terminals_measure_differently_the_place_is_named() {
        for symbol in ["山", "👩‍💻", "e\u{301}", "\u{2026}"] {
            let odd = cell(symbol, Color::Reset, Modifier::empty());
            let text = written(|ink| {
                ink.cell(Position::new(0, 0), &odd);
                ink.cell(Position::new(2, 0), &odd);
            });
            assert_eq!(text, format!("\x1b[1;1H{symbol}\x1b[1;3H{symbol}"));
        }
    }

    #[test]
    fn spaces_between_words_are_written_in_the_colours_of_the_words() {
        let bold = cell("x", Color::Red, Modifier::BOLD);
        let space = cell(" ", Color::Reset, Modifier::empty());
        let under = cell("u", Color::Reset, Modifier::UNDERLINED);
        let text = written(|ink| {
            for (x, cell) in [&bold, &space, &bold, &under, &space]
                .into_iter()
                .enumerate()
            {
                ink.cell(Position::new(u16::try_from(x).unwrap(), 0), cell);
            }
            ink.bridge(Position::new(7, 0), &[space.clone(), space.clone()]);
            ink.cell(Position::new(7, 0), &bold);
        });
        assert_eq!(text, "\x1b[1;1H\x1b[1;31mx x\x1b[0;4mu\x1b[m   \x1b[1;31mx");
    }

    #[test]
    fn a_small_gap_is_written_again_where_it_looks_the_same() {
        let x = cell("x", Color::Reset, Modifier::empty());
        let red = cell("y", Color::Red, Modifier::empty());
        let small = [x.clone(), x.clone()];
        let text = written(|ink| {
            ink.cell(Position::new(0, 0), &x);
            ink.bridge(Position::new(3, 0), &small);
            ink.cell(Position::new(3, 0), &x);
            ink.bridge(Position::new(5, 0), &[red]);
            ink.cell(Position::new(5, 0), &x);
        });
        assert_eq!(text, "\x1b[1;1Hxxxx\x1b[Cx");
    }

    #[test]
    fn a_space_keeps_only_what_is_seen_on_it() {
        let mut quiet = cell(" ", Color::Red, Modifier::BOLD);
        plain_space(&mut quiet);
        assert!(is_blank(&quiet));
        let mut selected = cell(" ", Color::Red, Modifier::REVERSED);
        plain_space(&mut selected);
        assert_eq!(selected, cell(" ", Color::Red, Modifier::REVERSED));
    }
}
