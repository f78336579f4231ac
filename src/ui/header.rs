//! The first lines: which org, how it stands, where the operator is; and the last line: what can be done.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::Pen;
use super::command::{Id, Place, Situation, of, refusal};
use super::copy::Copy;
use super::format;
use super::keymap::View;
use super::model::{self, Link, Model, Progress};
use super::theme::Theme;
use super::window::Writing;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::msg::queue::QueueStatus;
use crate::msg::status::{Connection, Status};

/// Paints the first line.
pub fn view(model: &Model, buffer: &mut Buffer, area: Rect) {
    let theme = model.theme;
    let wide = area.width >= 110;
    let mut left = Pen::new(buffer, area, 0);
    left.put(" ", theme.text());
    match model.status() {
        Some(status) => {
            // The time and what is wrong matter more than the end of a long name.
            let most = (area.width / 2).min(area.width.saturating_sub(38));
            let host = format::cut(&status.host, usize::from(most).max(20));
            left.put(&host, theme.strong())
        }
        None => left.put("oktop", theme.strong()),
    };
    match &model.window {
        Some(window) => {
            let end = window.end();
            let text = if wide {
                format!("[WRITE until {end} UTC]")
            } else {
                format!("[WRITE to {end}]")
            };
            left.put(" ", theme.text()).put(&text, theme.warning());
        }
        None if model.writing() != Writing::Closed => {
            let text = if wide { "[READ-WRITE]" } else { "[RW]" };
            left.put(" ", theme.text()).put(text, theme.warning());
        }
        None => {
            left.put(if wide { " [READ-ONLY]" } else { " [RO]" }, theme.text());
        }
    }
    if model.status().is_some_and(|status| status.agent.demo) {
        left.put(" ", theme.text()).put("DEMO", theme.warning());
    }
    if model.masked {
        left.put(" ", theme.text())
            .put(" MASKED ", theme.selected());
    }
    if let Some(as_of) = model.as_of {
        let text = format!(" AS OF {} UTC ", format::minute(as_of));
        left.put(" ", theme.text()).put(&text, theme.selected());
    }
    left.put("  ", theme.text());
    let room = left.room();
    let start = left.column();
    let items = fitting(items(model, wide), room.saturating_sub(1));
    let width: usize = items.iter().map(|(text, _)| format::width(text) + 2).sum();
    let mut right = Pen::new(buffer, area, 0);
    let indent = usize::from(start - area.x) + (room + 1).saturating_sub(width);
    right.skip(indent);
    for (text, style) in items {
        right.put(&text, style).put("  ", theme.text());
    }
}

/// What is told about the state, with the most important last, where the eye finds it at the right edge.
fn items(model: &Model, wide: bool) -> Vec<(u8, String, Style)> {
    let theme = model.theme;
    let time = format::time_of_day(model.stamped);
    let time = if wide {
        format!("as of {time} UTC")
    } else {
        format!("{time} UTC")
    };
    let mut items = Vec::new();
    match &model.link {
        Link::Connecting => items.push((1, "connecting".to_owned(), theme.warning())),
        Link::Down { .. } => items.push((1, "AGENT LOST".to_owned(), theme.error())),
        Link::Up => {}
    }
    if let Some(status) = model.status() {
        told_by(status, model, wide, &mut items);
    }
    if model.unread > 0 {
        items.push((6, format!("! {}", model.unread), theme.warning()));
    }
    let stands = model.status();
    let stands = stands.and_then(|status| model::log_stands_at(status, model.stamped));
    items.push(match stands {
        Some(at) if format::day(at) == format::day(model.stamped) => {
            let text = format!("log as of {} UTC", format::time_of_day(at));
            (0, text, theme.warning())
        }
        Some(at) => (0, format!("log as of {}", format::day(at)), theme.warning()),
        None => (0, time, theme.text()),
    });
    items
}

fn told_by(status: &Status, model: &Model, wide: bool, items: &mut Vec<(u8, String, Style)>) {
    let theme = model.theme;
    if matches!(status.connection, Connection::Trouble { .. }) {
        items.push((1, "OKTA?".to_owned(), theme.error()));
    }
    if !status.troubles.is_empty() {
        items.push((1, "MIRROR?".to_owned(), theme.error()));
    }
    told_by_queue(&status.queue, theme, items);
    if let Some((weight, text)) = sync_progress(status, model, wide) {
        items.push((weight, text, theme.text()));
    }
    if let Some(left) = status.first_reading_left {
        let about = if left.at_least { ">" } else { "~" };
        let text = format!("{about}{} min left", left.minutes);
        items.push((4, text, theme.text()));
    }
    let gaps = status
        .log
        .gaps
        .iter()
        .filter(|gap| gap.filled.is_none())
        .count();
    if gaps > 0 {
        items.push((4, format::counted(gaps as u64, "log gap"), theme.warning()));
    }
    if let Some((step, secs)) = model::log_lag(status, model.stamped) {
        let span = time::format_span(std::time::Duration::from_secs(secs.unsigned_abs()));
        items.push(if step > 0 {
            // It is told anew once a minute, so it is at least that; the moment at the right edge says the rest.
            (5, format!("lag {span}+"), theme.warning())
        } else {
            (5, format!("lag {span}"), theme.text())
        });
    }
    if let Some(budget) = model::tightest(status) {
        let bucket = budget
            .bucket
            .strip_prefix("/api/v1")
            .unwrap_or(&budget.bucket);
        if let Some(until) = model::throttled(budget, model.stamped) {
            let text = format!("{bucket} throttled to {}", format::time_of_day(until));
            items.push((2, text, theme.warning()));
        } else {
            let used = budget.limit.saturating_sub(budget.remaining);
            let bucket = if wide {
                format!(" {bucket}")
            } else {
                String::new()
            };
            let style = if model::budget_step(budget) > 1 {
                theme.warning()
            } else {
                theme.text()
            };
            items.push((4, format!("api{bucket} {used}/{}", budget.limit), style));
        }
    }
}

/// Columns that what is being read may take on a screen of 80, beside the host and the time.
const NARROW_SYNC: usize = 34;

/// What waits in the queue. What nobody knows, and what a person has to decide, is never left out.
fn told_by_queue(queue: &QueueStatus, theme: Theme, items: &mut Vec<(u8, String, Style)>) {
    if queue.halted.is_some() {
        items.push((0, "HALTED".to_owned(), theme.error()));
    }
    if queue.unknown > 0 {
        items.push((0, format!("{} unknown", queue.unknown), theme.error()));
    }
    if queue.needs_human > 0 {
        items.push((0, format!("{} to decide", queue.needs_human), theme.error()));
    }
    let waiting = queue.staged.saturating_add(queue.under_way);
    if waiting > 0 {
        items.push((3, format!("queue {waiting}"), theme.warning()));
    }
}

/// What is being read, or what the reading waits for, in a few words, and how easily it is left out.
fn sync_progress(status: &Status, model: &Model, wide: bool) -> Option<(u8, String)> {
    let mut reading = status.resources.iter().filter_map(|resource| {
        let progress = model::progress(resource)?;
        (progress != Progress::Queued).then_some((resource, progress))
    });
    let (line, progress) = reading.next()?;
    let resource = line.resource;
    let done = match progress {
        Progress::Reading(done, Some(expected)) => {
            format!("{}/{}", format::count(done), format::count(expected))
        }
        Progress::Reading(done, None) => format::count(done),
        _ => String::new(),
    };
    if let Some(wait) = model::waits(line, model.stamped) {
        let until = format::time_of_day(wait.until);
        let text = match (wide, wait.refused) {
            // How long it takes in all is what a first reading is looked at for, and there is no room for both.
            (false, false) if status.first_reading_left.is_some() => {
                format!("{resource} {done} waits")
            }
            (true, false) => format!("sync {resource} {done}, waits for its budget to {until}"),
            (true, true) => format!("sync {resource} {done}, waits after a 429 to {until}"),
            (false, false) => format!("{resource} {done}, budget at {until}"),
            (false, true) => format!("{resource} {done}, 429 to {until}"),
        };
        // The title of the list has the numbers. Words that do not fit are left out, and would leave nothing of a sync that stands still.
        let is_short = wide || format::width(&text) <= NARROW_SYNC;
        let short = || format!("{resource} waits to {until}");
        return Some((2, if is_short { text } else { short() }));
    }
    let more = reading.count();
    let more = if more > 0 {
        format!(" +{more}")
    } else {
        String::new()
    };
    let text = match progress {
        Progress::Suspended(_) => format!("{resource} suspended"),
        _ => format!("sync {resource} {done}{more}"),
    };
    Some((3, text))
}

/// Leaves out the least important until the rest fits, and keeps the order.
fn fitting(mut items: Vec<(u8, String, Style)>, room: usize) -> Vec<(String, Style)> {
    while items
        .iter()
        .map(|(_, text, _)| format::width(text) + 2)
        .sum::<usize>()
        > room + 2
    {
        let least = (0..items.len()).max_by_key(|i| items[*i].0);
        let Some(least) = least.filter(|i| items[*i].0 > 0) else {
            break;
        };
        items.remove(least);
    }
    items
        .into_iter()
        .map(|(_, text, style)| (text, style))
        .collect()
}

/// A moment without its day, when that is today.
fn clock_time(time: Timestamp, model: &Model) -> String {
    if format::day(time) == format::day(model.stamped) {
        format!("{} UTC", format::time_of_day(time))
    } else {
        format::moment(time)
    }
}

/// How many lines trouble may take.
const BANNER_LINES: usize = 2;

/// The lines that tell trouble that lasts, and what an answer about the past rests on, on a screen of `width`; each with whether it is
/// trouble.
pub fn banner_lines(model: &Model, width: u16) -> Vec<(String, bool)> {
    let both = [(banner(model, width), true), (past(model), false)];
    let lines = both.into_iter().flat_map(|(text, is_trouble)| {
        let lines = text.map_or_else(Vec::new, |text| wrapped(&text, width));
        lines.into_iter().map(move |line| (line, is_trouble))
    });
    lines.collect()
}

/// What is not as it seems at the moment that is looked at.
fn past(model: &Model) -> Option<String> {
    if let Some(since) = model.undated() {
        return Some(not_dated(since));
    }
    let stretch = model.unwatched()?;
    let (from, to) = (format::minute(stretch.from), format::minute(stretch.to));
    Some(format!(
        "nobody watched the org from {from} to {to}: this rests on what the log tells"
    ))
}

/// That nothing is told yet of the moment that is looked at.
pub fn not_dated(since: Timestamp) -> String {
    format!(
        "not dated yet: what happened since {} is still being read from the log",
        format::minute(since)
    )
}

fn wrapped(text: &str, width: u16) -> Vec<String> {
    let room = usize::from(width).saturating_sub(4).max(10);
    let text = SafeText::new(text.trim_end());
    let mut lines = format::wrap(&text, room);
    if lines.len() > BANNER_LINES {
        let rest = lines.split_off(BANNER_LINES - 1).join(" ");
        lines.push(format::cut(&rest, room));
    }
    lines
}

/// The trouble and what to do about it; on a screen that has no room for both, who tells what to do.
fn with_hint(trouble: String, hint: Option<&str>, width: u16) -> String {
    let Some(hint) = hint.filter(|hint| !hint.is_empty()) else {
        return trouble;
    };
    let whole = format!("{trouble}; {hint}");
    let room = usize::from(width).saturating_sub(4).max(10);
    if format::wrap(&whole, room).len() > BANNER_LINES {
        return format!("{trouble}; `oktop doctor` says what to do");
    }
    whole
}

/// Trouble that lasts and what it means for what is shown; `None` when there is none.
fn banner(model: &Model, width: u16) -> Option<String> {
    if let Link::Down { since, problem } = &model.link {
        let since = clock_time(*since, model);
        let shown = model
            .status()
            .map_or_else(String::new, |_| format!("; shown as of {since}"));
        let hint = problem.hint.as_deref().unwrap_or_default();
        return Some(format!("{} Trying again{shown}. {hint}", problem.summary));
    }
    let status = model.status()?;
    if let Some(problem) = status.troubles.first() {
        let trouble = problem.summary.clone();
        return Some(with_hint(trouble, problem.hint.as_deref(), width));
    }
    if let Connection::Trouble { since, problem } = &status.connection {
        let since = clock_time(*since, model);
        let trouble = format!("trouble with Okta since {since}: {}", problem.summary);
        return Some(with_hint(trouble, problem.hint.as_deref(), width));
    }
    status.resources.iter().find_map(|resource| match model::progress(resource)? {
        Progress::Suspended(missing) => Some(format!(
            "{} {} are missing at once: nothing was archived. `oktop sync accept-missing` accepts it.",
            format::count(missing),
            resource.resource,
        )),
        _ => None,
    })
}

/// When and how completely a resource was read, for the title of its list.
pub fn age(model: &Model, resource: Resource) -> Option<String> {
    let status = model.resource(resource)?;
    match (model::progress(status), status.complete_at) {
        (Some(Progress::Reading(done, expected)), _) => {
            let of = expected.map(|expected| format!(" of {}", format::count(expected)));
            let waits = model::waits(status, model.stamped).map(|wait| {
                let what = if wait.refused { "429 to" } else { "budget at" };
                format!(", {what} {}", format::time_of_day(wait.until))
            });
            Some(format!(
                "reading {}{}{}",
                format::count(done),
                of.unwrap_or_default(),
                waits.unwrap_or_default()
            ))
        }
        (Some(Progress::Queued), _) => Some("waits for its first reading".to_owned()),
        (Some(Progress::Suspended(_)), _) => Some("suspended".to_owned()),
        (None, Some(at)) => {
            let trouble = if status.trouble.is_some() {
                ", last try failed"
            } else {
                ""
            };
            Some(format!("complete as of {}{trouble}", format::minute(at)))
        }
        (None, None) => Some("never read completely".to_owned()),
    }
}

/// What is known about the stored log as a whole: since when it reaches, whether more of the past is being read, and up to when it was
/// counted again.
pub fn log_reach(model: &Model) -> Option<String> {
    let log = &model.status()?.log;
    let since = format!("since {}", format::day(log.oldest?));
    match log.backfill {
        Some(backfill) if !backfill.done => Some(format!(
            "{since}, reading back to {}",
            format::day(backfill.from)
        )),
        _ => Some(match model::recounted_to(log) {
            Some(to) => format!("{since}, recounted to {}", format::minute(to)),
            None => since,
        }),
    }
}

/// Paints the last line: the keys that work now.
pub fn hints(model: &Model, situation: &Situation, buffer: &mut Buffer, area: Rect) {
    let theme = model.theme;
    let mut pen = Pen::new(buffer, area, 0);
    pen.put(" ", theme.text());
    let (keys, view) = (&model.keys, View::of(situation));
    let hint_of = |id: Id| keys.first(id, view).map(|key| (key, of(id).hint));
    let always: Vec<(String, &str)> = [Id::Palette, Id::Help]
        .into_iter()
        .filter_map(hint_of)
        .collect();
    let reserved: usize = always.iter().map(hint_width).sum();
    for id in hinted(situation.place) {
        let useful = *id != Id::Back
            || situation.in_page
            || situation.filtered
            || situation.in_past
            || situation.marked;
        let possible = refusal(*id, situation).is_none();
        if useful
            && possible
            && let Some(told) = hint_of(*id)
            && hint_width(&told) + reserved <= pen.room()
        {
            hint(&told, theme, &mut pen);
        }
    }
    for told in &always {
        hint(told, theme, &mut pen);
    }
}

/// What is hinted at in each place, the most useful first.
fn hinted(place: Place) -> &'static [Id] {
    match place {
        Place::List => &[
            Id::Open,
            Id::Back,
            Id::Filter,
            Id::Clauses,
            Id::Why,
            Id::Keep,
            Id::Sort,
            Id::Events,
            Id::Facets,
            Id::Mark,
            Id::NextPane,
            Id::More,
            Id::Raw,
            Id::ToggleDetail,
            Id::Zoom,
            Id::Refresh,
        ],
        Place::Log => &[
            Id::Open,
            Id::Back,
            Id::Filter,
            Id::Clauses,
            Id::Follow,
            Id::Events,
            Id::Keep,
            Id::Facets,
            Id::Times,
            Id::NextNotable,
            Id::Pause,
            Id::Mark,
            Id::NextPane,
            Id::Jump,
            Id::Raw,
            Id::ToggleDetail,
            Id::Zoom,
        ],
        Place::Queue => &[
            Id::Run,
            Id::DryRun,
            Id::Open,
            Id::Back,
            Id::TakeBack,
            Id::Unstage,
            Id::Again,
            Id::SayDone,
            Id::SayNotDone,
            Id::Secret,
            Id::Halt,
        ],
        Place::ObjectText | Place::EventText | Place::TraceText => &[
            Id::Open,
            Id::Back,
            Id::Keep,
            Id::Drop,
            Id::NextPane,
            Id::Events,
            Id::Jump,
            Id::Raw,
            Id::Copy(Copy::Id),
            Id::Refresh,
            Id::Zoom,
        ],
    }
}

/// A key, of a sequence that which shows the others, and what it does.
fn hint((key, does): &(String, &str), theme: Theme, pen: &mut Pen<'_>) {
    pen.put(key, theme.key())
        .put(" ", theme.text())
        .put(does, theme.text())
        .put("  ", theme.text());
}

fn hint_width((key, does): &(String, &str)) -> usize {
    format::width(key) + 1 + format::width(does) + 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It ended in the middle of what was to be done.
    #[test]
    fn a_hint_that_does_not_fit_gives_way_to_who_tells_it() {
        let trouble = || "could not read the token's owner: not accepted (401)".to_owned();
        let short = with_hint(trouble(), Some("make a new token"), 80);
        assert!(short.ends_with("; make a new token"), "{short}");
        let hint = "make a new token in the Admin Console, ".repeat(4);
        assert!(with_hint(trouble(), Some(&hint), 200).ends_with(&hint));
        let narrow = with_hint(trouble(), Some(&hint), 80);
        assert!(
            narrow.ends_with("; `oktop doctor` says what to do"),
            "{narrow}"
        );
        assert!(format::wrap(&narrow, 76).len() <= BANNER_LINES);
        assert_eq!(with_hint(trouble(), None, 80), trouble());
    }
}
