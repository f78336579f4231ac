//! Lines of text that are longer than the room for them: scrolled, never edited.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::canvas::Pen;

/// How far a text is scrolled. The lines themselves are made anew for each picture; only the visible ones are painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// The first visible line.
    pub top: usize,
    /// How many lines there were at the last look.
    pub lines: usize,
    /// How many fit.
    pub height: usize,
}

/// A movement in a list or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// One up.
    Up,
    /// One down.
    Down,
    /// Half a screen up.
    HalfUp,
    /// Half a screen down.
    HalfDown,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
    /// To the beginning.
    Top,
    /// To the end.
    Bottom,
}

impl Move {
    /// How far it goes on a screen of `height` rows; `None` for the two ends.
    pub fn distance(self, height: usize) -> Option<isize> {
        let page = isize::try_from(height.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
        let half = isize::try_from((height / 2).max(1)).unwrap_or(isize::MAX);
        match self {
            Self::Up => Some(-1),
            Self::Down => Some(1),
            Self::HalfUp => Some(-half),
            Self::HalfDown => Some(half),
            Self::PageUp => Some(-page),
            Self::PageDown => Some(page),
            Self::Top | Self::Bottom => None,
        }
    }
}

impl Scroll {
    /// Takes in how much there is and how much fits, and stays within it.
    pub fn fit(&mut self, lines: usize, height: usize) {
        self.lines = lines;
        self.height = height;
        self.top = self.top.min(lines.saturating_sub(height));
    }

    /// Scrolls.
    pub fn go(&mut self, to: Move) {
        let last = self.lines.saturating_sub(self.height);
        self.top = match to.distance(self.height) {
            Some(by) => self.top.saturating_add_signed(by).min(last),
            None if to == Move::Top => 0,
            None => last,
        };
    }

    /// What is out of sight, in words; empty when everything is visible.
    pub fn beyond(self) -> String {
        let below = self.lines.saturating_sub(self.top + self.height);
        match (self.top, below) {
            (0, 0) => String::new(),
            (above, 0) => format!("{above} above, end"),
            (_, below) => format!("{below} below"),
        }
    }
}

/// Paints the lines of `lines` that are in sight.
pub fn paint(buffer: &mut Buffer, area: Rect, lines: &[Line<'_>], top: usize) {
    for (row, line) in lines
        .iter()
        .skip(top)
        .take(usize::from(area.height))
        .enumerate()
    {
        Pen::new(buffer, area, super::format::cells(row)).line(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrolling_stays_within_the_text() {
        let mut scroll = Scroll::default();
        scroll.fit(100, 20);
        scroll.go(Move::Up);
        assert_eq!(scroll.top, 0);
        scroll.go(Move::PageDown);
        assert_eq!(scroll.top, 19);
        scroll.go(Move::Bottom);
        assert_eq!(
            (scroll.top, scroll.beyond().as_str()),
            (80, "80 above, end")
        );
        scroll.fit(10, 20);
        assert_eq!((scroll.top, scroll.beyond().as_str()), (0, ""));
    }
}
