//! Columns of lists: which are shown in how much room, decided by priority, and how their cells are painted.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Pen;
use super::format;

/// A cell's text and look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

impl Cell {
    /// A cell of ordinary text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::styled(text, Style::new())
    }

    /// A cell with a look of its own.
    pub fn styled(text: impl Into<String>, style: Style) -> Self {
        Self {
            text: text.into(),
            style,
        }
    }
}

/// How a cell's text is fitted into its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// From the left, cut at the end.
    Left,
    /// At the right edge, for numbers.
    Right,
    /// From the left, cut in the middle so that the last dotted part stays.
    Dotted,
    /// A day and a minute; the day alone where there is no room for both.
    Moment,
}

/// How wide a day and a minute are, and the day alone.
const MOMENT: (usize, usize) = (16, 10);

/// A column's claims on the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The least width that makes sense, in columns.
    pub min: u16,
    /// The width that shows nearly everything.
    pub ideal: u16,
    /// What is dropped first: the highest number. Zero is never dropped.
    pub rank: u8,
    /// Whether it takes what is left over.
    pub grows: bool,
}

impl Claim {
    /// From `min` to `ideal` wide, dropped by `rank`.
    pub const fn new(min: u16, ideal: u16, rank: u8) -> Self {
        Self {
            min,
            ideal,
            rank,
            grows: false,
        }
    }

    /// The same, taking what is left over.
    #[must_use]
    pub const fn growing(self) -> Self {
        Self {
            grows: true,
            ..self
        }
    }
}

/// How many columns lie between two cells.
const GAP: u16 = 1;

/// Shares `width` out: for each claim its width, 0 for those that are dropped.
///
/// Columns of the highest rank are dropped until the rest fits at its least width; what is then left goes to the lowest ranks
/// first, up to what they ideally have, and the remainder to those that grow.
pub fn share_out(claims: &[Claim], width: u16) -> Vec<u16> {
    let mut kept: Vec<bool> = vec![true; claims.len()];
    while needed(claims, &kept) > u32::from(width) {
        let last = (0..claims.len())
            .filter(|i| kept[*i] && claims[*i].rank > 0)
            .max_by_key(|i| claims[*i].rank);
        let Some(last) = last else { break };
        kept[last] = false;
    }
    let mut widths: Vec<u16> = claims
        .iter()
        .zip(&kept)
        .map(|(claim, kept)| if *kept { claim.min } else { 0 })
        .collect();
    let used = u16::try_from(needed(claims, &kept)).unwrap_or(u16::MAX);
    let mut rest = width.saturating_sub(used);
    let mut order: Vec<usize> = (0..claims.len()).filter(|i| kept[*i]).collect();
    order.sort_by_key(|i| claims[*i].rank);
    for i in order {
        let more = claims[i].ideal.saturating_sub(widths[i]).min(rest);
        widths[i] += more;
        rest -= more;
    }
    let growing: Vec<usize> = (0..claims.len())
        .filter(|i| kept[*i] && claims[*i].grows)
        .collect();
    for (n, i) in growing.iter().enumerate() {
        let part = rest / format::cells(growing.len() - n);
        widths[*i] += part;
        rest -= part;
    }
    widths
}

/// As [`share_out`], with room for one column in any case: it takes that of the least important ones where it would be dropped.
pub fn share_out_with(claims: &[Claim], width: u16, column: usize) -> Vec<u16> {
    let widths = share_out(claims, width);
    if widths.get(column) != Some(&0) {
        return widths;
    }
    let mut claims = claims.to_vec();
    claims[column].rank = 0;
    share_out(&claims, width)
}

/// Where a column begins, counted from the beginning of the first; `None` when it has no room.
pub fn start_of(widths: &[u16], column: usize) -> Option<u16> {
    let before = widths.get(..column)?.iter().filter(|width| **width > 0);
    let shown = widths.get(column).is_some_and(|width| *width > 0);
    shown.then(|| before.map(|width| width + GAP).sum())
}

/// Marks the heading of the column that the cursor is in; there is always a column of space before it.
pub fn mark_heading(buffer: &mut Buffer, area: Rect, widths: &[u16], column: usize, style: Style) {
    if let Some(start) = start_of(widths, column) {
        let before = Rect::new((area.x + start).saturating_sub(1), area.y, 1, area.height);
        Pen::new(buffer, before, 0).put(">", style);
    }
}

/// Shows that the cursor is in this cell of its row.
pub fn mark_cell(
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
    widths: &[u16],
    column: usize,
    style: Style,
) {
    if let Some(start) = start_of(widths, column) {
        let cell = Rect::new(area.x + start, area.y, widths[column], area.height);
        super::canvas::tint(buffer, cell, row, style);
    }
}

fn needed(claims: &[Claim], kept: &[bool]) -> u32 {
    let shown = claims.iter().zip(kept).filter(|(_, kept)| **kept);
    let widths: u32 = shown.clone().map(|(claim, _)| u32::from(claim.min)).sum();
    let gaps = u32::try_from(shown.count().saturating_sub(1)).unwrap_or(u32::MAX);
    widths + gaps * u32::from(GAP)
}

/// Paints cells into one row of `area`, each in its width; `widths` of 0 are left out.
pub fn paint_row(
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
    widths: &[u16],
    mut cell: impl FnMut(usize) -> (Cell, Fit),
) {
    let mut pen = Pen::new(buffer, area, row);
    let mut first = true;
    for (i, width) in widths.iter().enumerate() {
        if *width == 0 {
            continue;
        }
        if !first {
            pen.skip(usize::from(GAP));
        }
        first = false;
        let (cell, fit) = cell(i);
        let width = usize::from(*width);
        let safe = crate::domain::text::SafeText::new(&cell.text);
        let text = match fit {
            Fit::Right => format::right(&safe, width),
            Fit::Moment if width < MOMENT.0 => format::left(format::prefix(&safe, MOMENT.1), width),
            Fit::Left | Fit::Moment => format::left(&safe, width),
            Fit::Dotted => format::left(&format::cut_dotted(&safe, width), width),
        };
        pen.put(&text, cell.style);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_least_important_columns_give_way_first() {
        let claims = [
            Claim::new(8, 8, 0),
            Claim::new(10, 30, 1).growing(),
            Claim::new(5, 9, 3),
            Claim::new(6, 6, 2),
        ];
        assert_eq!(share_out(&claims, 32), [8, 10, 5, 6]);
        assert_eq!(share_out(&claims, 31), [8, 15, 0, 6]);
        assert_eq!(share_out(&claims, 20), [8, 11, 0, 0]);
        assert_eq!(share_out(&claims, 70), [8, 44, 9, 6]);
        assert_eq!(share_out(&claims, 3), [8, 0, 0, 0]);
    }

    #[test]
    fn the_column_under_the_cursor_always_has_room() {
        let claims = [
            Claim::new(8, 8, 0),
            Claim::new(10, 30, 1).growing(),
            Claim::new(5, 9, 3),
        ];
        assert_eq!(share_out_with(&claims, 20, 1), share_out(&claims, 20));
        assert_eq!(share_out_with(&claims, 20, 2), [8, 0, 9]);
        assert_eq!(start_of(&[8, 0, 9], 2), Some(9));
        assert_eq!(start_of(&[8, 0, 9], 1), None);
        assert_eq!(start_of(&[8, 0, 9], 0), Some(0));
        assert_eq!(start_of(&[8, 0, 9], 7), None);
    }

    proptest! {
        #[test]
        fn columns_never_take_more_than_there_is(
            claims in proptest::collection::vec((1u16..20, 0u16..30, 1u8..9, any::<bool>()), 0..8),
            width in 0u16..200,
        ) {
            let claims: Vec<Claim> = claims
                .into_iter()
                .map(|(min, more, rank, grows)| Claim { min, ideal: min + more, rank, grows })
                .collect();
            let widths = share_out(&claims, width);
            let shown = widths.iter().filter(|w| **w > 0).count();
            let total: u16 = widths.iter().sum::<u16>() + u16::try_from(shown.saturating_sub(1)).unwrap();
            prop_assert!(total <= width || shown == 0);
        }
    }
}
