//! Columns of text for people: aligned by the cells that characters take, cut only where a terminal ends.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::text::SafeText;

const GAP: &str = "  ";

/// How wide each column is.
pub(super) struct Layout {
    widths: Vec<usize>,
    screen: Option<usize>,
}

impl Layout {
    /// Columns as wide as the widest of headings and rows.
    pub(super) fn new<H: AsRef<str>>(
        headings: &[H],
        rows: &[Vec<String>],
        screen: Option<usize>,
    ) -> Self {
        let widths: Vec<usize> = headings
            .iter()
            .map(|heading| heading.as_ref().width())
            .collect();
        let mut layout = Self { widths, screen };
        layout.widen(rows);
        layout
    }

    /// Makes room for rows that come later and are wider: they are not cut, and stand in line with each other.
    pub(super) fn widen(&mut self, rows: &[Vec<String>]) {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(SafeText::new(cell).width());
            }
        }
    }

    /// One line, with its end.
    pub(super) fn line<T: AsRef<str>>(&self, cells: &[T]) -> String {
        let mut line = String::new();
        for (i, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            let cell = SafeText::new(cell.as_ref());
            line.push_str(if i == 0 { "" } else { GAP });
            line.push_str(&cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width())));
        }
        let line = line.trim_end();
        let line = self
            .screen
            .map_or_else(|| line.to_owned(), |screen| cut(line, screen));
        line + "\n"
    }
}

/// `lastLogin` as it stands above a column: `LAST LOGIN`.
pub(super) fn heading(name: &str) -> String {
    let mut heading = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            heading.push(' ');
        }
        heading.push(c.to_ascii_uppercase());
    }
    heading
}

/// At most `cells` wide, with `…` where something is missing.
fn cut(line: &str, cells: usize) -> String {
    if line.width() <= cells {
        return line.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for grapheme in line.graphemes(true) {
        used += grapheme.width();
        if used > cells {
            break;
        }
        kept.push_str(grapheme);
    }
    kept + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Vec<String>> {
        [["山田", "active"], ["a\x1bb", ""]]
            .map(|row| row.map(str::to_owned).to_vec())
            .to_vec()
    }

    #[test]
    fn columns_line_up_by_cells_and_hold_no_controls() {
        let layout = Layout::new(&["NAME", "STATUS"], &rows(), None);
        let lines: Vec<String> = rows().iter().map(|row| layout.line(row)).collect();
        assert_eq!(layout.line(&["NAME", "STATUS"]), "NAME    STATUS\n");
        assert_eq!(lines, ["山田    active\n", "a\\x1bb\n"]);
    }

    /// One long name in the second window put every column of its row out of line, and none of the others.
    #[test]
    fn rows_that_come_later_stand_in_line_too() {
        let mut layout = Layout::new(&["NAME", "STATUS"], &rows(), None);
        let later = vec![
            vec!["somebody".to_owned(), "active".to_owned()],
            vec!["b".to_owned(), "locked".to_owned()],
        ];
        layout.widen(&later);
        let lines: Vec<String> = later.iter().map(|row| layout.line(row)).collect();
        assert_eq!(lines, ["somebody  active\n", "b         locked\n"]);
    }

    #[test]
    fn only_a_terminal_cuts() {
        let wide = vec![vec!["山田".repeat(10), "end".to_owned()]];
        let whole = Layout::new(&["A", "B"], &wide, None).line(&wide[0]);
        assert!(whole.ends_with("end\n"));
        let cut = Layout::new(&["A", "B"], &wide, Some(12)).line(&wide[0]);
        assert_eq!(cut, "山田山田山…\n");
        assert!(cut.trim_end().width() <= 12);
    }
}
