//! The picture of the histogram: bars of three rows, failures at their feet, and a line about them.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::histogram::{BAR_ROWS, Histogram, LABEL};
use crate::domain::histogram::{Bar, Scale};
use crate::ui::canvas::{self, Pen};
use crate::ui::format;
use crate::ui::theme::Theme;
use crate::ui::zone::Zone;

/// How many heights a row of a bar can tell apart.
const LEVELS: u64 = 3;

/// What fills a row of a bar to one, two or three thirds: letters that need no colour and no font of their own.
const ORDINARY: [&str; 3] = [".", ":", "#"];
/// The same where events failed.
const FAILED: [&str; 3] = [",", ";", "x"];

/// Paints it into the first rows of `area`.
pub(super) fn view(
    histogram: &Histogram,
    zone: &Zone,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    if let Some(problem) = histogram.problem() {
        return words(&problem.summary, theme.error(), buffer, area);
    }
    let Some((scale, bars)) = histogram.bars() else {
        return words("counting", theme.quiet(), buffer, area);
    };
    let most = bars.iter().map(Bar::total).max().unwrap_or(0);
    labels(most, theme, buffer, area);
    let room = usize::from(area.width.saturating_sub(LABEL));
    for (at, bar) in bars.iter().enumerate().take(room) {
        let heights = heights(*bar, most);
        for row in 0..BAR_ROWS {
            let (text, style) = cell(heights, BAR_ROWS - 1 - row, theme);
            let column = Rect {
                x: area.x + LABEL + format::cells(at),
                width: 1,
                ..area
            };
            if !text.is_empty() {
                Pen::new(buffer, column, row).put(text, style);
            }
            if histogram.chosen() == Some(at) {
                canvas::tint(buffer, column, row, theme.selected());
            }
        }
    }
    let chosen = histogram.chosen().and_then(|at| Some((at, bars.get(at)?)));
    match chosen {
        Some((at, bar)) => told(scale, at, *bar, zone, theme, buffer, area),
        None => axis(histogram, scale, zone, theme, buffer, area),
    }
}

fn words(text: &str, style: Style, buffer: &mut Buffer, area: Rect) {
    Pen::new(buffer, area, 0)
        .put("       ", style)
        .put(text, style);
}

fn labels(most: u64, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let width = usize::from(LABEL) - 1;
    for row in 0..BAR_ROWS {
        let label = match row {
            0 => short(most),
            row if row == BAR_ROWS - 1 => "0".to_owned(),
            _ => String::new(),
        };
        Pen::new(buffer, area, row)
            .put(&format::right(&label, width), theme.quiet())
            .put("|", theme.quiet());
    }
}

/// A count in at most five characters.
fn short(count: u64) -> String {
    match count {
        0..100_000 => count.to_string(),
        100_000..1_000_000 => format!("{}k", count / 1_000),
        _ => format!("{}M", count / 1_000_000),
    }
}

/// How high a bar is and how much of that failed, in thirds of a row. What there is is seen, however little it is.
fn heights(bar: Bar, most: u64) -> (u64, u64) {
    let full = u64::from(BAR_ROWS) * LEVELS;
    let height = |count: u64| (count * full).div_ceil(most.max(1));
    (height(bar.total()), height(bar.failure))
}

/// What a bar has in its row `row`, counted from its foot.
fn cell((all, failed): (u64, u64), row: u16, theme: Theme) -> (&'static str, Style) {
    let foot = u64::from(row) * LEVELS;
    let level = all.saturating_sub(foot).min(LEVELS);
    let Some(level) = usize::try_from(level)
        .ok()
        .and_then(|level| level.checked_sub(1))
    else {
        return ("", theme.text());
    };
    if failed > foot {
        (FAILED[level], theme.error())
    } else {
        (ORDINARY[level], theme.good())
    }
}

/// From when to when it goes, how long a bar is, and how far the count has come.
fn axis(
    histogram: &Histogram,
    scale: Scale,
    zone: &Zone,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let (from, until) = (scale.from, scale.end());
    let long = !zone.day(from).eq(&zone.day(until));
    let told = |at| moment(at, long, scale.step, zone);
    let mut pen = Pen::new(buffer, area, BAR_ROWS);
    pen.skip(usize::from(LABEL))
        .put(&told(from), theme.quiet())
        .put(" to ", theme.quiet())
        .put(&told(until), theme.quiet())
        .put(&format!(", {} a bar", span(scale.step)), theme.quiet())
        .put("  x ", theme.error())
        .put("failed  ", theme.quiet())
        .put("# ", theme.good())
        .put("other", theme.quiet());
    if let Some(reached) = histogram.reached() {
        let words = format!(
            "counted back to {}",
            moment(reached, long, scale.step, zone)
        );
        pen.put("  ", theme.text())
            .put_right(&words, theme.warning());
    }
}

/// What the chosen bar has.
fn told(
    scale: Scale,
    at: usize,
    bar: Bar,
    zone: &Zone,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
) {
    let long = true;
    let from = moment(scale.begin(at), long, scale.step, zone);
    Pen::new(buffer, area, BAR_ROWS)
        .skip(usize::from(LABEL))
        .put(&from, theme.strong())
        .put(&format!(" +{}: ", span(scale.step)), theme.strong())
        .put(
            &format!("{} ok, ", format::count(bar.success)),
            theme.text(),
        )
        .put(
            &format!("{} failed, ", format::count(bar.failure)),
            theme.text(),
        )
        .put(&format!("{} other", format::count(bar.other)), theme.text());
}

/// A moment as exactly as the bars are, with its day where that is not the same all along.
fn moment(at: Timestamp, long: bool, step: Duration, zone: &Zone) -> String {
    let day = if long { "%m-%d " } else { "" };
    let time = if step < Duration::from_mins(1) {
        "%H:%M:%S"
    } else {
        "%H:%M"
    };
    zone.written(at, &format!("{day}{time}"))
}

/// A round length of time.
fn span(step: Duration) -> String {
    match step.as_secs() {
        secs if secs.is_multiple_of(86_400) => format!("{}d", secs / 86_400),
        secs if secs.is_multiple_of(3_600) => format!("{}h", secs / 3_600),
        secs if secs.is_multiple_of(60) => format!("{}m", secs / 60),
        secs => format!("{secs}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(success: u64, failure: u64) -> Bar {
        Bar {
            success,
            failure,
            other: 0,
        }
    }

    fn drawn(bar: Bar, most: u64) -> String {
        let theme = Theme::mono();
        let cell = |row| cell(heights(bar, most), row, theme).0;
        (0..BAR_ROWS).map(cell).collect()
    }

    #[test]
    fn a_bar_is_as_high_as_its_events_and_what_failed_is_at_its_foot() {
        assert_eq!(drawn(bar(90, 0), 90), "###");
        assert_eq!(drawn(bar(45, 0), 90), "#:");
        assert_eq!(drawn(bar(0, 90), 90), "xxx");
        assert_eq!(drawn(bar(60, 30), 90), "x##");
        // One among a million is seen all the same.
        assert_eq!(drawn(bar(0, 1), 1_000_000), ",");
        assert_eq!(drawn(bar(999_999, 1), 1_000_000), "x##");
        assert_eq!(drawn(bar(0, 0), 90), "");
        assert_eq!(drawn(bar(0, 0), 0), "");
    }

    #[test]
    fn counts_are_short_enough_for_their_place() {
        for (count, text) in [
            (0, "0"),
            (99_999, "99999"),
            (123_456, "123k"),
            (9_000_000, "9M"),
        ] {
            assert_eq!(short(count), text);
        }
    }
}
