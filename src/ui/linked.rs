//! Text in which some lines lead somewhere: scrolled like any text, with a cursor on one of its links.
//!
//! The cursor goes from link to link while the next one is in sight and scrolls otherwise, so that nothing between two links is
//! skipped unread. Text without links only scrolls.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::canvas;
use super::canvas::Pen;
use super::detail::Tab;
use super::narrow::Pointed;
use super::text_view::{self, Move, Scroll};
use super::theme::Theme;
use super::trace::Events;
use crate::access::Question;
use crate::domain::entry::{EntryId, EntryKind, Subject};
use crate::domain::id::EventUuid;
use crate::domain::trace::Thing;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the page of something that the mirror keeps.
    Subject(Subject),
    /// To an entry of which it is not known what it hangs below.
    Entry(EntryKind, EntryId),
    /// To the page of an event.
    Event(EventUuid),
    /// To the events that share a value.
    Value(Pointed),
    /// To the answer of a question about access, with the page's title.
    Why(Question, String),
    /// To one tab of a page.
    Tab(Subject, Tab),
    /// To the paths by which somebody of that name is an admin.
    Admin(Subject, String),
    /// To what the log tells of an address, a session, a device or a network.
    Trace(Thing),
    /// To some events.
    Events(Events),
}

/// A line that leads somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The number of the line, from 0.
    pub line: usize,
    /// Where it leads.
    pub to: Destination,
}

/// Lines, some of them links.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The lines, as wide as the room for them.
    pub lines: Vec<Line<'static>>,
    /// The links among them, from the top down.
    pub links: Vec<Link>,
}

/// A text with links as it is looked at: how far it is scrolled, and which link the cursor is on.
#[derive(Clone, Debug, Default)]
pub struct Linked {
    scroll: Scroll,
    text: Text,
    chosen: usize,
}

impl Linked {
    /// Takes in the text as it is now and how many of its lines fit.
    pub fn fit(&mut self, text: Text, height: usize) {
        self.scroll.fit(text.lines.len(), height);
        self.chosen = self.chosen.min(text.links.len().saturating_sub(1));
        self.text = text;
    }

    /// The lines.
    pub fn lines(&self) -> &[Line<'static>] {
        &self.text.lines
    }

    /// The links among them, from the top down.
    pub fn links(&self) -> &[Link] {
        &self.text.links
    }

    /// What is out of sight, in words.
    pub fn beyond(&self) -> String {
        self.scroll.beyond()
    }

    /// Where the link under the cursor leads, when it is in sight.
    pub fn chosen(&self) -> Option<&Destination> {
        let link = self.text.links.get(self.chosen)?;
        self.is_in_sight(link.line).then_some(&link.to)
    }

    /// The line under the cursor, when it is in sight.
    pub fn chosen_line(&self) -> Option<&Line<'static>> {
        let link = self.text.links.get(self.chosen_index()?)?;
        self.text.lines.get(link.line)
    }

    /// Which of the links that is.
    pub fn chosen_index(&self) -> Option<usize> {
        self.chosen().map(|_| self.chosen)
    }

    fn is_in_sight(&self, line: usize) -> bool {
        (self.scroll.top..self.scroll.top + self.scroll.height).contains(&line)
    }

    /// Moves the cursor, or scrolls.
    pub fn go(&mut self, to: Move) {
        match to {
            Move::Up | Move::Down if self.step(to == Move::Down) => {}
            _ => {
                self.scroll.go(to);
                self.choose_in_sight(to);
            }
        }
    }

    /// Puts the cursor on the next link that way, when it is in sight or would be by scrolling one line.
    fn step(&mut self, down: bool) -> bool {
        let hidden = self.chosen().is_none();
        let next = match (down, hidden) {
            _ if hidden => None,
            (true, _) => Some(self.chosen + 1),
            (false, _) => self.chosen.checked_sub(1),
        };
        let Some(line) = next.and_then(|next| Some(self.text.links.get(next)?.line)) else {
            return false;
        };
        let Scroll { top, height, .. } = self.scroll;
        if line + 1 < top || line > top + height {
            return false;
        }
        self.chosen = next.unwrap_or(self.chosen);
        if !self.is_in_sight(line) {
            self.scroll.go(if down { Move::Down } else { Move::Up });
        }
        true
    }

    /// Keeps the cursor in sight after scrolling: on the nearest link there is, or on none.
    fn choose_in_sight(&mut self, to: Move) {
        let end = matches!(to, Move::Top | Move::Bottom);
        if self.chosen().is_some() && !end {
            return;
        }
        let mut visible =
            (0..self.text.links.len()).filter(|i| self.is_in_sight(self.text.links[*i].line));
        let from_below = matches!(to, Move::Up | Move::HalfUp | Move::PageUp | Move::Bottom);
        let nearest = if from_below {
            visible.next_back()
        } else {
            visible.next()
        };
        if let Some(nearest) = nearest {
            self.chosen = nearest;
        }
    }

    /// Paints what is in sight, with the cursor.
    pub fn view(&self, focused: bool, theme: Theme, buffer: &mut Buffer, area: Rect) {
        text_view::paint(buffer, area, &self.text.lines, self.scroll.top);
        if self.chosen().is_none() {
            return;
        }
        let line = self.text.links[self.chosen].line - self.scroll.top;
        let row = super::format::cells(line);
        if row < area.height {
            Pen::new(buffer, area, row).put(">", theme.text());
            if focused {
                canvas::tint(buffer, area, row, theme.selected());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: usize, links: &[usize]) -> Text {
        Text {
            lines: vec![Line::default(); lines],
            links: links
                .iter()
                .map(|line| Link {
                    line: *line,
                    to: Destination::Event(EventUuid([u8::try_from(*line).unwrap(); 16])),
                })
                .collect(),
        }
    }

    fn chosen_line(linked: &Linked) -> Option<usize> {
        linked.chosen().map(|to| match to {
            Destination::Event(uuid) => usize::from(uuid.0[0]),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn the_cursor_goes_from_link_to_link_and_scrolls_where_there_is_none() {
        let mut linked = Linked::default();
        linked.fit(text(40, &[2, 3, 30]), 10);
        assert_eq!(chosen_line(&linked), Some(2));
        linked.go(Move::Down);
        assert_eq!(chosen_line(&linked), Some(3));
        for _ in 0..3 {
            linked.go(Move::Down);
        }
        assert_eq!((linked.scroll.top, chosen_line(&linked)), (3, Some(3)));
        linked.go(Move::Down);
        assert_eq!(chosen_line(&linked), None, "out of sight is not opened");
        for _ in 0..17 {
            linked.go(Move::Down);
        }
        assert_eq!((linked.scroll.top, chosen_line(&linked)), (21, Some(30)));
        linked.go(Move::Top);
        assert_eq!(chosen_line(&linked), Some(2));
        linked.go(Move::Bottom);
        assert_eq!((linked.scroll.top, chosen_line(&linked)), (30, Some(30)));
        linked.go(Move::Up);
        assert_eq!(
            linked.scroll.top, 29,
            "what is above is read before it is left"
        );
    }

    #[test]
    fn text_without_links_scrolls_and_shrinking_text_keeps_the_cursor_inside() {
        let mut linked = Linked::default();
        linked.fit(text(40, &[]), 10);
        linked.go(Move::Down);
        assert_eq!((linked.scroll.top, linked.chosen()), (1, None));
        linked.fit(text(40, &[1, 2, 35]), 10);
        linked.go(Move::Bottom);
        linked.fit(text(3, &[0]), 10);
        assert_eq!(chosen_line(&linked), Some(0));
    }
}
