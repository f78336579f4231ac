//! The only way to put text on the screen: every text is made safe and cut to its place here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::format;
use crate::domain::text::SafeText;

/// One line of a rectangle, written from the left.
pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    x: u16,
    end: u16,
    y: u16,
}

impl<'a> Pen<'a> {
    /// At the beginning of row `row` of `area`; writes nothing when there is no such row.
    pub fn new(buffer: &'a mut Buffer, area: Rect, row: u16) -> Self {
        let area = area.intersection(*buffer.area());
        let end = if row < area.height {
            area.right()
        } else {
            area.x
        };
        Self {
            buffer,
            x: area.x,
            end,
            y: area.y.saturating_add(row),
        }
    }

    /// How many columns are left.
    pub fn room(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// The column that is written next.
    pub fn column(&self) -> u16 {
        self.x
    }

    /// Writes `text`, cut to the room that is left.
    pub fn put(&mut self, text: &str, style: Style) -> &mut Self {
        let room = self.room();
        if room > 0 && !text.is_empty() {
            let safe = SafeText::new(text);
            let text = format::cut(&safe, room);
            let (x, _) = self.buffer.set_stringn(self.x, self.y, text, room, style);
            self.x = x.min(self.end);
        }
        self
    }

    /// Moves on without writing.
    pub fn skip(&mut self, columns: usize) -> &mut Self {
        self.x = self.x.saturating_add(format::cells(columns)).min(self.end);
        self
    }

    /// Writes `text` at the right edge; nothing when it does not fit beside what is there already.
    pub fn put_right(&mut self, text: &str, style: Style) -> &mut Self {
        let safe = SafeText::new(text);
        let width = format::width(&safe);
        if width <= self.room() {
            self.x = self.end - format::cells(width);
            self.put(&safe, style);
        }
        self
    }

    /// Writes a styled line.
    pub fn line(&mut self, line: &Line<'_>) -> &mut Self {
        for span in &line.spans {
            self.put(&span.content, line.style.patch(span.style));
        }
        self
    }
}

/// Gives the row's cells `style` on top of what they have.
pub fn tint(buffer: &mut Buffer, area: Rect, row: u16, style: Style) {
    if row < area.height {
        let line = Rect::new(area.x, area.y + row, area.width, 1);
        buffer.set_style(line.intersection(*buffer.area()), style);
    }
}

/// Puts a `?` into every column that shows anything but ASCII.
pub fn to_ascii(buffer: &mut Buffer) {
    let mut hidden = 0;
    for cell in &mut buffer.content {
        let width = format::width(cell.symbol());
        if hidden > 0 || !cell.symbol().is_ascii() {
            hidden = width.max(hidden).saturating_sub(1);
            cell.set_symbol("?");
        }
    }
}

/// The buffer's text, row by row, without the spaces at the ends: what a test reads.
#[cfg(test)]
pub fn text_of(buffer: &Buffer) -> String {
    let area = *buffer.area();
    let mut out = String::new();
    for y in area.top()..area.bottom() {
        let mut line = String::new();
        let mut skip = 0;
        for x in area.left()..area.right() {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
            }
            skip = std::cmp::max(skip, format::width(symbol)).saturating_sub(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_leave_its_place() {
        let area = Rect::new(0, 0, 12, 2);
        let mut buffer = Buffer::empty(area);
        Pen::new(&mut buffer, area, 0).put("a\x1b[2J\u{202e}b and more", Style::new());
        Pen::new(&mut buffer, area, 1)
            .put("ab", Style::new())
            .put_right("end", Style::new());
        Pen::new(&mut buffer, area, 2).put("below the area", Style::new());
        assert_eq!(text_of(&buffer), "a\\x1b[2J<U..\nab       end\n");
    }

    #[test]
    fn in_ascii_every_column_of_other_text_is_a_question_mark() {
        let area = Rect::new(0, 0, 12, 2);
        let mut buffer = Buffer::empty(area);
        Pen::new(&mut buffer, area, 0).put("a 山田b e\u{301}.", Style::new());
        Pen::new(&mut buffer, area, 1).put("all of it", Style::new());
        to_ascii(&mut buffer);
        assert_eq!(text_of(&buffer), "a ????b ?.\nall of it\n");
    }

    #[test]
    fn an_area_outside_the_buffer_is_ignored() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 2, 1));
        Pen::new(&mut buffer, Rect::new(5, 5, 10, 10), 3).put("x", Style::new());
        tint(&mut buffer, Rect::new(5, 5, 10, 10), 3, Style::new());
        assert_eq!(text_of(&buffer), "\n");
    }
}
