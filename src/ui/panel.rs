//! A few lines to choose from, at the foot of the screen: what they are about stays in sight above them.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{self, Pen};
use super::format;
use super::text_view::Move;
use super::theme::Theme;

/// The lines of a panel and which of them is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Index of the chosen line.
    pub at: usize,
}

impl Choice {
    /// Moves among `count` lines on a panel that shows `height` of them.
    pub fn go(&mut self, to: Move, count: usize, height: usize) {
        let last = count.saturating_sub(1);
        self.at = match to.distance(height) {
            Some(by) => self.at.saturating_add_signed(by).min(last),
            None if to == Move::Top => 0,
            None => last,
        };
    }

    /// Stays within `count` lines.
    pub fn fit(&mut self, count: usize) {
        self.at = self.at.min(count.saturating_sub(1));
    }
}

/// A panel to be painted.
pub struct Panel<'a> {
    /// What it is about.
    pub title: &'a str,
    /// What can be done, or what is still to come.
    pub words: &'a str,
    /// The lines, each in parts.
    pub lines: Vec<Vec<(String, Style)>>,
    /// What stands there when there are no lines.
    pub empty: &'a str,
    /// Which line is chosen.
    pub choice: Choice,
}

/// How many lines of choice a panel has room for in `body`.
pub fn height(body: Rect) -> usize {
    usize::from(body.height / 2).saturating_sub(1).max(1)
}

impl Panel<'_> {
    /// Paints it at the foot of `body`.
    pub fn view(&self, theme: Theme, buffer: &mut Buffer, body: Rect) {
        self.view_within(height(body), theme, buffer, body);
    }

    /// The same with as many as `most` lines of choice.
    pub fn view_within(&self, most: usize, theme: Theme, buffer: &mut Buffer, body: Rect) {
        let shown = self.lines.len().clamp(1, most);
        let rows = format::cells(shown + 1).min(body.height);
        let area = Rect::new(body.x, body.bottom() - rows, body.width, rows);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                buffer[(x, y)].reset();
            }
        }
        let rule = "-".repeat(usize::from(area.width));
        Pen::new(buffer, area, 0).put(&rule, theme.quiet());
        Pen::new(buffer, area, 0)
            .put("-- ", theme.quiet())
            .put(self.title, theme.strong())
            .put("  ", theme.text())
            .put(self.words, theme.text())
            .put(" ", theme.text());
        if self.lines.is_empty() {
            Pen::new(buffer, area, 1)
                .put("  ", theme.text())
                .put(self.empty, theme.text());
        }
        let top = (self.choice.at + 1).saturating_sub(shown);
        let visible = self.lines.iter().enumerate().skip(top);
        for (row, (index, line)) in (1..rows).zip(visible) {
            let chosen = index == self.choice.at;
            let mut pen = Pen::new(buffer, area, row);
            pen.put(if chosen { "> " } else { "  " }, theme.text());
            for (text, style) in line {
                pen.put(text, *style);
            }
            if chosen {
                canvas::tint(buffer, area, row, theme.selected());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_line_is_in_sight_and_what_is_above_stays() {
        let area = Rect::new(0, 0, 24, 8);
        let mut buffer = Buffer::empty(area);
        for row in 0..8 {
            Pen::new(&mut buffer, area, row).put("a row of the list below", Style::new());
        }
        let line = |n: usize| vec![(format!("line {n}"), Style::new())];
        let mut panel = Panel {
            title: "Things",
            words: "esc",
            lines: (0..9).map(line).collect(),
            empty: "none",
            choice: Choice { at: 5 },
        };
        panel.view(Theme::mono(), &mut buffer, area);
        insta::assert_snapshot!(canvas::text_of(&buffer), @r"
        a row of the list below
        a row of the list below
        a row of the list below
        a row of the list below
        -- Things  esc ---------
          line 3
          line 4
        > line 5
        ");
        panel.lines.clear();
        panel.view(Theme::mono(), &mut buffer, area);
        assert!(canvas::text_of(&buffer).ends_with("-- Things  esc ---------\n  none\n"));
    }

    #[test]
    fn the_choice_stays_among_the_lines() {
        let mut choice = Choice::default();
        choice.go(Move::Up, 3, 5);
        assert_eq!(choice.at, 0);
        choice.go(Move::Bottom, 3, 5);
        assert_eq!(choice.at, 2);
        choice.fit(1);
        assert_eq!(choice.at, 0);
    }
}
