//! The picture of the queue.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Queue, look};
use crate::msg::queue::{OpLine, PlanLine};
use crate::ui::canvas::{self, Pen};
use crate::ui::format;
use crate::ui::text_view;
use crate::ui::theme::Theme;

/// From how many columns on the detail stands beside the list.
const BESIDE: usize = 110;
/// How wide the columns are: number, change, tier, state, since.
const COLUMNS: [usize; 5] = [7, 23, 5, 16, 6];
/// The fewest columns that a target has.
const LEAST_TARGET: usize = 16;

/// How much room the parts have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Areas {
    /// Rows of changes.
    pub rows: usize,
    /// Lines of the detail.
    pub detail_rows: usize,
    /// Columns of the detail.
    pub detail_width: usize,
}

/// Shares out `width` by `height`, of which `chrome` lines are taken.
pub(super) fn areas(width: usize, height: usize, whole: bool, chrome: usize) -> Areas {
    let below = height.saturating_sub(chrome);
    if whole {
        return Areas {
            rows: 1,
            detail_rows: height.saturating_sub(1),
            detail_width: width,
        };
    }
    if width >= BESIDE {
        return Areas {
            rows: below.max(1),
            detail_rows: height.saturating_sub(1),
            detail_width: width - width * 58 / 100,
        };
    }
    let rows = (below * 45 / 100).max(1);
    Areas {
        rows,
        detail_rows: below.saturating_sub(rows + 1),
        detail_width: width,
    }
}

impl Queue {
    /// Paints it.
    pub fn view(&self, theme: Theme, buffer: &mut Buffer, area: Rect) {
        let (width, height) = (usize::from(area.width), usize::from(area.height));
        let areas = areas(width, height, self.whole, self.chrome());
        if self.whole {
            self.title(theme, buffer, area);
            let below = Rect::new(
                area.x,
                area.y + 1,
                area.width,
                area.height.saturating_sub(1),
            );
            return text_view::paint(buffer, below, &self.lines, self.detail.top);
        }
        let list_width = if width >= BESIDE {
            width - areas.detail_width - 1
        } else {
            width
        };
        let list = Rect::new(area.x, area.y, format::cells(list_width), area.height);
        self.title(theme, buffer, list);
        let first = self.notes(theme, buffer, list);
        self.table(first, areas.rows, theme, buffer, list);
        let detail = if width >= BESIDE {
            let x = area.x + format::cells(list_width + 1);
            Rect::new(
                x,
                area.y + 1,
                format::cells(areas.detail_width),
                area.height.saturating_sub(1),
            )
        } else {
            let y = area.y + first + 1 + format::cells(areas.rows);
            let rule = Rect::new(area.x, y, area.width, 1).intersection(area);
            let dashes = "-".repeat(width);
            Pen::new(buffer, rule, 0).put(&dashes, theme.quiet());
            Rect::new(area.x, y + 1, area.width, format::cells(areas.detail_rows))
                .intersection(area)
        };
        text_view::paint(buffer, detail, &self.lines, self.detail.top);
    }

    fn title(&self, theme: Theme, buffer: &mut Buffer, area: Rect) {
        let status = &self.status;
        let mut pen = Pen::new(buffer, area, 0);
        pen.put("*Queue", theme.strong()).put("  ", theme.text());
        if !self.is_loaded {
            pen.put("not loaded yet", theme.text());
            return;
        }
        let counts = format!("{} staged  {} under way", status.staged, status.under_way);
        pen.put(&counts, theme.text());
        if status.unknown > 0 {
            let words = format!("  {} unknown", status.unknown);
            pen.put(&words, theme.error());
        }
        if status.needs_human > 0 {
            let words = format!("  {} for you to decide", status.needs_human);
            pen.put(&words, theme.error());
        }
        let more = if self.whole {
            self.detail.beyond()
        } else {
            "nothing is sent before it is confirmed".to_owned()
        };
        pen.put("  ", theme.text()).put_right(&more, theme.quiet());
    }

    /// What is wrong, above the list; the row that comes next.
    fn notes(&self, theme: Theme, buffer: &mut Buffer, area: Rect) -> u16 {
        let mut row = 1;
        if let Some(why) = &self.status.halted {
            let words = format!(" ! HALTED: {why}; nothing is sent until :resume");
            Pen::new(buffer, area, row).put(&words, theme.error());
            row += 1;
        }
        if let Some(problem) = &self.problem {
            let words = format!(" ! {}", problem.summary);
            Pen::new(buffer, area, row).put(&words, theme.error());
            row += 1;
        }
        row
    }

    fn table(&self, first: u16, rows: usize, theme: Theme, buffer: &mut Buffer, area: Rect) {
        let widths = widths(usize::from(area.width));
        let [id, change, target, tier, state] = widths;
        let heading = format!(
            "  {}{}{}{}{}SINCE",
            format::left("#", id),
            format::left("CHANGE", change),
            format::left("TARGET", target),
            format::left("TIER", tier),
            format::left("STATE", state)
        );
        Pen::new(buffer, area, first).put(&heading, theme.heading());
        if self.is_loaded && self.plans.is_empty() {
            Pen::new(buffer, area, first + 2).put(
                " Nothing was staged yet: a on a row, a page or an event chooses a change.",
                theme.text(),
            );
        }
        let chosen = self.index();
        let visible = self.ops().enumerate().skip(self.top).take(rows);
        for (row, (index, (plan, op))) in (first + 1..).zip(visible) {
            let is_chosen = chosen == Some(index);
            self.row(plan, op, (row, is_chosen), widths, theme, buffer, area);
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "a row, where it stands, and how it looks"
    )]
    fn row(
        &self,
        plan: &PlanLine,
        op: &OpLine,
        (row, is_chosen): (u16, bool),
        widths: [usize; 5],
        theme: Theme,
        buffer: &mut Buffer,
        area: Rect,
    ) {
        let [id, change, target, tier, state] = widths;
        let named = op.name.as_ref().filter(|name| !name.is_empty());
        let name = named.map_or(op.target.as_str(), |name| name.as_str());
        let state_style = look::state_style(op.state, theme);
        Pen::new(buffer, area, row)
            .put(if is_chosen { "> " } else { "  " }, theme.text())
            .put(&format::left(&op.id.to_string(), id), theme.text())
            .put(&cell(&op.change, change), theme.text())
            .put(&cell(name, target), theme.text())
            .put(
                &format::left(&(plan.tier as u8).to_string(), tier),
                theme.text(),
            )
            .put(&cell(look::state_word(op.state), state), state_style)
            .put(
                format::prefix(&format::time_of_day(op.since), 5),
                theme.quiet(),
            );
        if is_chosen && !self.whole {
            canvas::tint(buffer, area, row, theme.selected());
        }
    }
}

/// A text in a column, with a space behind it.
fn cell(text: &str, columns: usize) -> String {
    let text = crate::domain::text::SafeText::new(text);
    let text = format::cut(&text, columns.saturating_sub(1));
    format::left(&text, columns)
}

/// The columns on a list of that width; the last, the time, takes what is left.
fn widths(width: usize) -> [usize; 5] {
    let [id, change, tier, state, since] = COLUMNS;
    let target = width.saturating_sub(2 + id + change + tier + state + since);
    let change = if target < LEAST_TARGET {
        change.saturating_sub(LEAST_TARGET - target)
    } else {
        change
    };
    [id, change, target.max(LEAST_TARGET), tier, state]
}
