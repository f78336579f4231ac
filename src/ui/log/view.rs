//! The picture of the log: title, filter, headings, the visible events, or why there are none.

use std::borrow::Cow;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::Log;
use super::bars;
use super::histogram;
use super::lines::{Line, badness};
use super::notes::Note;
use crate::domain::country;
use crate::domain::filter::{Field, Value};
use crate::domain::listing::PartialReason;
use crate::domain::log_event::{LogEvent, Party};
use crate::domain::notable::is_notable;
use crate::domain::query::EventRow;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::ui::canvas::Pen;
use crate::ui::columns::{self, Cell, Claim, Fit};
use crate::ui::format;
use crate::ui::json_path::JsonPath;
use crate::ui::keymap::View;
use crate::ui::list::view::{in_force, inset, mark_cursor, put_mark};
use crate::ui::narrow::{NO_FIELD, Pointed};
use crate::ui::picker;
use crate::ui::prompt::Prompt;
use crate::ui::record::values;
use crate::ui::theme::Theme;
use crate::ui::zone::Zone;

/// What the log's picture depends on besides the log.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// How things look.
    pub theme: Theme,
    /// What the view is called.
    pub title: &'a str,
    /// Whether it has the keys.
    pub focused: bool,
    /// The filter being typed.
    pub prompt: Option<&'a Prompt>,
    /// How far the stored log reaches, in words.
    pub reach: Option<&'a str>,
    /// Why the log cannot be read, when it cannot.
    pub trouble: Option<&'a PartialReason>,
}

/// Headings, claims and fits of the columns, in the order of [`cell`].
pub(super) const COLUMNS: [(&str, Claim, Fit); 8] = [
    ("DATE", Claim::new(5, 5, 9), Fit::Left),
    ("TIME", Claim::new(8, 8, 0), Fit::Left),
    ("EVENT", Claim::new(17, 32, 0), Fit::Dotted),
    ("ACTOR", Claim::new(12, 28, 1).growing(), Fit::Left),
    ("TARGET", Claim::new(10, 28, 4).growing(), Fit::Left),
    ("RES", Claim::new(5, 5, 1), Fit::Left),
    ("ADDRESS", Claim::new(15, 15, 2), Fit::Left),
    ("CC", Claim::new(2, 14, 3), Fit::Left),
];

/// Where date, time, what happened and how it ended are among them.
const DATE: usize = 0;
const TIME: usize = 1;
const EVENT: usize = FIRST_COLUMN;
const RESULT: usize = 5;

/// The column that the cursor is in at first: what happened.
pub(super) const FIRST_COLUMN: usize = 2;

/// How wide the time is when it tells the day and the minute.
const DAY_AND_MINUTE: u16 = 11;

/// Up to here the agent counts the newer events that pass a filter.
const MAX_NEWER: usize = 1_000;

impl Log {
    /// How many rows of the area are taken by something else than events.
    pub fn chrome_rows(&self, typing: bool) -> usize {
        let filter = usize::from(typing || self.is_filtered());
        let problem = usize::from(self.problem.is_some());
        2 + filter + problem
    }
}

/// Paints the log and says where the cursor of the filter is.
pub fn view(log: &Log, look: Look<'_>, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    title(log, look, buffer, area);
    let mut row = 1;
    let mut cursor = None;
    if let Some(prompt) = look.prompt {
        cursor = Some(prompt.view(" / ", buffer, area, row, look.theme));
        row += 1;
    } else if log.is_filtered() {
        in_force(
            &log.filter,
            &log.clauses,
            log.problem.as_ref(),
            look.theme,
            buffer,
            area,
            row,
        );
        row += 1;
    }
    if let Some(problem) = &log.problem {
        crate::ui::list::view::problem_line(problem, &log.filter, look.theme, buffer, area, row);
        row += 1;
    }
    if let Some(histogram) = log.histogram() {
        let strip = below(area, row);
        bars::view(histogram, &log.zone, look.theme, buffer, strip);
        row += histogram::ROWS;
    }
    table(log, look, buffer, below(area, row));
    cursor
}

/// What is left of an area below its first rows.
fn below(area: Rect, rows: u16) -> Rect {
    Rect::new(
        area.x,
        area.y.saturating_add(rows),
        area.width,
        area.height.saturating_sub(rows),
    )
}

fn title(log: &Log, look: Look<'_>, buffer: &mut Buffer, area: Rect) {
    let theme = look.theme;
    let style = if look.focused {
        theme.strong()
    } else {
        theme.text()
    };
    let mark = if look.focused { "*" } else { " " };
    let mut pen = Pen::new(buffer, area, 0);
    pen.put(mark, style).put(look.title, style).put("  ", style);
    let told = |text: &str| log.keys.told(text, View::Log).into_owned();
    let beneath = log.lines.rows(log.top + log.height, log.lines.len());
    let below = beneath.count() + log.newer;
    if log.paused && log.is_behind {
        pen.put(
            &told("PAUSED, newer events came ({key:pause} resumes)"),
            theme.warning(),
        );
    } else if log.paused {
        pen.put(
            &told("PAUSED, the sync goes on ({key:pause} resumes)"),
            theme.warning(),
        );
    } else if log.follow && log.until.is_none() {
        pen.put("following", theme.good());
    } else if below > 0 {
        let more = if log.newer >= MAX_NEWER { "+" } else { "" };
        pen.put(
            &format!(
                "+{}{more} newer ({} newest)",
                format::count_len(below),
                told("{key:bottom}")
            ),
            theme.warning(),
        );
    } else if let Some(until) = log.until {
        let words = format!("up to {}", format::minute(until));
        pen.put(&words, theme.warning());
    } else {
        pen.put(&told("not following ({key:follow} follows)"), theme.text());
    }
    if let Some(words) = log.marks.words() {
        pen.put("  ", theme.text())
            .put(&told(&words), theme.warning());
    }
    if let Some(row) = log.selected() {
        let at = row.event.published;
        pen.put("  ", theme.text())
            .put(&log.zone.day(at), theme.text())
            .put(&format!(" {}", log.zone.sign(at)), theme.quiet());
    }
    if let Some(reached) = log.searched() {
        pen.put("  searched to ", theme.warning())
            .put(&log.zone.minute(reached), theme.warning())
            .put(" (esc ends)", theme.warning());
    }
    if let Some(reached) = log.sought_to() {
        pen.put("  looking for !, at ", theme.warning())
            .put(&log.zone.minute(reached), theme.warning())
            .put(" (esc ends)", theme.warning());
    }
    if let Some(gap) = log.gap_above() {
        pen.put("  ! ", theme.error()).put(&gap, theme.error());
    }
    if log.is_folded() {
        pen.put(&told("  folded ({key:fold})"), theme.warning());
    }
    if log.loaded {
        let stored = log.extent();
        let reaching = format!("{stored} {}", look.reach.unwrap_or_default());
        let room = pen.room().saturating_sub(2);
        let short = reaching.split(", ").next().unwrap_or_default();
        let fits = |text: &&str| format::width(text) <= room;
        let stored = [reaching.trim_end(), short]
            .into_iter()
            .find(fits)
            .unwrap_or(&stored);
        pen.put("  ", theme.text()).put_right(stored, theme.quiet());
    }
}

impl Log {
    /// How many events there are: all that are stored, or of those about one thing at least as many as are at hand.
    pub(super) fn extent(&self) -> String {
        if self.base.is_empty() {
            return format!("{} stored", format::count(self.total));
        }
        let at_hand = format::count_len(self.rows.len() + self.newer);
        let is_all = !self.more_older && self.search.is_none() && self.newer < MAX_NEWER;
        let more = if is_all { "" } else { "+" };
        let word = if self.filter.is_empty() {
            "events"
        } else {
            "match"
        };
        format!("{at_hand}{more} {word}")
    }
}

fn table(log: &Log, look: Look<'_>, buffer: &mut Buffer, area: Rect) {
    let cells = inset(area);
    let widths = widths(log, cells.width);
    let all = columns_of(log);
    columns::paint_row(buffer, cells, 0, &widths, |i| {
        let title = match all[i].title.as_ref() {
            "CC" if widths[i] >= 7 => "COUNTRY".to_owned(),
            "RES" if widths[i] >= 6 => "RESULT".to_owned(),
            "TIME" => time_title(log, widths[i]),
            title => title.to_owned(),
        };
        (Cell::styled(&title, look.theme.heading()), all[i].fit)
    });
    if look.focused {
        columns::mark_heading(buffer, cells, &widths, log.column, look.theme.key());
    }
    if log.rows.is_empty() {
        return empty(log, look, buffer, area);
    }
    for (line, shown) in (1..area.height).zip(log.lines.all().iter().skip(log.top)) {
        let (index, parts) = match shown {
            Line::Note(note) => {
                put_note(note, look.theme, buffer, area, line);
                continue;
            }
            Line::Event { row, part } => (*row, Parts::None { below: *part }),
            Line::Folded { row, parts } => (*row, Parts::Folded(parts)),
        };
        let Some(row) = log.rows.get(index) else {
            continue;
        };
        let worst = parts.worst(index, &log.rows);
        columns::paint_row(buffer, cells, line, &widths, |i| {
            let width = usize::from(widths[i]);
            let cell = match &all[i].shows {
                Shows::Own(EVENT) => Cell::plain(parts.title(row)),
                Shows::Own(RESULT) => cell(RESULT, worst, width, &log.zone, look.theme),
                Shows::Own(own) => cell(*own, row, width, &log.zone, look.theme),
                Shows::Path(path) => Cell::plain(path.shown(row.raw.as_ref())),
            };
            (cell, all[i].fit)
        });
        if is_notable(&worst.event) {
            Pen::new(buffer, area, line)
                .skip(1)
                .put("!", look.theme.error());
        }
        if log.is_in_range(row.pos) || log.marks.has(&row.event.uuid) {
            put_mark(buffer, area, line, look.theme, index == log.cursor);
        }
        if index == log.cursor {
            mark_row(log, look, buffer, area, line);
            // While the log follows its newest events, each of them would bring the bytes for it.
            if look.focused && !log.follow {
                let style = look.theme.selected_cell();
                columns::mark_cell(buffer, cells, line, &widths, log.column, style);
            }
        }
    }
}

/// How the event of a line belongs to a transaction.
enum Parts<'a> {
    /// It stands for itself, maybe below the first of its transaction.
    None { below: bool },
    /// It stands for all of these rows.
    Folded(&'a [usize]),
}

impl Parts<'_> {
    /// The row with the worst outcome among those that the line stands for.
    fn worst<'r>(&self, index: usize, rows: &'r [EventRow]) -> &'r EventRow {
        let own = &rows[index];
        let parts = match self {
            Self::None { .. } => &[],
            Self::Folded(parts) => *parts,
        };
        let all = parts.iter().filter_map(|row| rows.get(*row));
        // Of those that are equally bad the first tells what began it.
        all.rev()
            .max_by_key(|row| badness(&row.event))
            .unwrap_or(own)
    }

    /// What happened, with how many more there are.
    fn title(&self, row: &EventRow) -> String {
        let kind = &row.event.event_type;
        match self {
            Self::None { below: false } => kind.to_string(),
            Self::None { below: true } => format!("| {kind}"),
            Self::Folded(parts) => format!("+{} {kind}", parts.len()),
        }
    }
}

fn put_note(note: &Note, theme: Theme, buffer: &mut Buffer, area: Rect, line: u16) {
    let style = if note.bad {
        theme.error()
    } else {
        theme.quiet()
    };
    let mark = if note.bad { " ! " } else { "   " };
    Pen::new(buffer, area, line)
        .put(mark, style)
        .put("-- ", style)
        .put(&note.words, style)
        .put(" --", style);
}

/// Marks the row under the cursor. While the newest is followed the cursor goes along, and a row that is reversed as a whole would
/// have to be written again for each that comes: twice the bytes for nothing that is not known.
fn mark_row(log: &Log, look: Look<'_>, buffer: &mut Buffer, area: Rect, line: u16) {
    if log.follow && !log.paused && look.focused {
        Pen::new(buffer, area, line).put(">", look.theme.strong());
    } else {
        mark_cursor(buffer, area, line, look.theme, look.focused);
    }
}

/// How wide each column is. Where there is no room for the date and the rows in sight are of several days, the time gives up its
/// seconds for the day: a row must not look as if it were of another day.
fn widths(log: &Log, width: u16) -> Vec<u16> {
    let columns = columns_of(log);
    let mut claims: Vec<Claim> = columns.iter().map(|column| column.claim).collect();
    let widths = columns::share_out_with(&claims, width, log.column);
    let in_sight = log.times_in_sight();
    let days = in_sight.map(|(first, last)| (log.zone.day(first), log.zone.day(last)));
    let place = |own| columns.iter().position(|it| it.shows == Shows::Own(own));
    let shows_date = place(DATE).is_some_and(|date| widths[date] > 0);
    let Some(time) =
        place(TIME).filter(|_| !shows_date && days.is_some_and(|(first, last)| first != last))
    else {
        return widths;
    };
    claims[time] = Claim::new(DAY_AND_MINUTE, DAY_AND_MINUTE, 0);
    columns::share_out_with(&claims, width, log.column)
}

/// A column of the log.
#[derive(Clone, Debug)]
pub struct Column {
    title: Cow<'static, str>,
    claim: Claim,
    fit: Fit,
    shows: Shows,
}

/// What a column shows.
#[derive(Clone, Debug, PartialEq)]
enum Shows {
    /// One of [`COLUMNS`].
    Own(usize),
    /// Something of Okta's JSON.
    Path(JsonPath),
}

impl Column {
    fn own(index: usize) -> Self {
        let (title, claim, fit) = COLUMNS[index];
        Self {
            title: Cow::Borrowed(title),
            claim,
            fit,
            shows: Shows::Own(index),
        }
    }

    fn named(name: &str) -> Option<Self> {
        let Some(path) = picker::path_of(name) else {
            let index = COLUMNS.iter().position(|(title, ..)| *title == name)?;
            return Some(Self::own(index));
        };
        let title = path.to_string();
        let least = format::cells(format::width(&title)).clamp(8, 16);
        Some(Self {
            title: Cow::Owned(title),
            claim: Claim::new(least, 24, 1).growing(),
            fit: Fit::Left,
            shows: Shows::Path(path),
        })
    }

    /// Its heading.
    pub fn title(&self) -> String {
        self.title.to_string()
    }

    /// What it shows of an event, as long as it is.
    pub fn whole(&self, row: &EventRow) -> String {
        const ROOM: usize = 10_000;
        match &self.shows {
            Shows::Own(DATE) => format::day(row.event.published),
            Shows::Own(TIME) => time::format_okta(row.event.published),
            Shows::Own(index) => cell(*index, row, ROOM, &Zone::default(), Theme::mono()).text,
            Shows::Path(path) => path.shown(row.raw.as_ref()),
        }
    }

    /// What an event holds of it, as the command line writes it: all targets, and words as Okta has them.
    pub fn value(&self, row: &EventRow) -> String {
        let event = &row.event;
        let safe = |text: &SafeText| text.to_string();
        let index = match &self.shows {
            Shows::Own(index) => *index,
            Shows::Path(path) => return values::at_path(path, row.raw.as_ref()),
        };
        match index {
            DATE => format::day(event.published),
            TIME => time::format_okta(event.published),
            2 => event.event_type.to_string(),
            3 => event.actor.iter().map(|it| it.label().to_owned()).collect(),
            4 => {
                let targets: Vec<&str> = event.targets.iter().map(Party::label).collect();
                targets.join(", ")
            }
            5 => event.result.iter().map(ToString::to_string).collect(),
            6 => event.ip.as_ref().map(safe).unwrap_or_default(),
            _ => event.country.as_ref().map(safe).unwrap_or_default(),
        }
    }

    /// Whether it shows a part of Okta's JSON.
    pub fn needs_json(&self) -> bool {
        matches!(self.shows, Shows::Path(_))
    }

    /// Whether it tells what happened.
    pub(super) fn is_event(&self) -> bool {
        self.shows == Shows::Own(FIRST_COLUMN)
    }
}

/// The columns that are shown: those that were chosen, or its own.
pub(super) fn columns_of(log: &Log) -> Vec<Column> {
    log_columns(log.chosen.as_deref().unwrap_or_default())
}

/// The columns of these names; the log's own where none is among them.
pub fn log_columns(names: &[String]) -> Vec<Column> {
    let columns: Vec<Column> = names
        .iter()
        .filter_map(|name| Column::named(name))
        .collect();
    if columns.is_empty() {
        (0..COLUMNS.len()).map(Column::own).collect()
    } else {
        columns
    }
}

/// What the filter language calls each of the columns.
const FIELDS: [&str; 8] = [
    "published",
    "published",
    "type",
    "actor",
    "target",
    "result",
    "ip",
    "country",
];

/// What the filter language calls the column under the cursor.
pub(super) fn field_of(log: &Log) -> Option<&'static str> {
    match columns_of(log).get(log.column)?.shows {
        Shows::Own(column) => Some(FIELDS[column]),
        Shows::Path(_) => None,
    }
}

/// What the filter language calls the value in the column under the cursor, and the value.
pub(super) fn pointed(log: &Log, row: &EventRow) -> Result<Pointed, &'static str> {
    match columns_of(log).get(log.column).map(|column| &column.shows) {
        Some(Shows::Own(column)) => Ok(pointed_in(*column, row)),
        _ => Err(NO_FIELD),
    }
}

fn pointed_in(column: usize, row: &EventRow) -> Pointed {
    let event = &row.event;
    let text = |text: &str| Value::of(Field::Text(text));
    let opt = |value: Option<&SafeText>| text(value?);
    let value = match column {
        DATE => Value::of(Field::Time(event.published)),
        TIME => Some(Value::minute(event.published)),
        2 => text(&event.event_type),
        3 => event.actor.as_ref().map(Value::from),
        4 => event.targets.first().map(Value::from),
        5 => event.result.as_ref().and_then(|r| text(r.word())),
        6 => opt(event.ip.as_ref()),
        _ => opt(event.country.as_ref()),
    };
    let (field, value) = (FIELDS[column], value.unwrap_or(Value::Nothing));
    Pointed { field, value }
}

/// The heading of the times, with the zone that they are told in.
fn time_title(log: &Log, width: u16) -> String {
    let in_sight = log.times_in_sight();
    let at = in_sight.map_or(Timestamp::UNIX_EPOCH, |(_, last)| last);
    let sign = log.zone.sign(at);
    // What fills its column would run into the mark of the next one.
    match format!("TIME {sign}") {
        title if title.len() < usize::from(width) => title,
        _ => sign,
    }
}

fn cell(column: usize, row: &EventRow, width: usize, zone: &Zone, theme: Theme) -> Cell {
    let event = &row.event;
    match column {
        0 => Cell::styled(zone.written(event.published, "%m-%d"), theme.quiet()),
        1 if width >= usize::from(DAY_AND_MINUTE) => {
            Cell::plain(zone.written(event.published, "%m-%d %H:%M"))
        }
        1 => Cell::plain(zone.time_of_day(event.published)),
        2 => Cell::plain(event.event_type.as_str()),
        3 => Cell::plain(event.actor.as_ref().map_or(format::NONE, Party::label)),
        4 => Cell::plain(target(event, width)),
        5 => Cell::styled(
            format::outcome(event.result.as_ref()),
            theme.event(event.result.as_ref(), event.severity.as_ref()),
        ),
        6 => Cell::plain(format::maybe(event.ip.as_ref())),
        _ => Cell::plain(place(event, width)),
    }
}

/// What the event was done to: the first target, and how many more there are, in `width` columns.
fn target(event: &LogEvent, width: usize) -> String {
    let Some((first, more)) = event.targets.split_first() else {
        return format::NONE.to_owned();
    };
    if more.is_empty() {
        return first.label().to_owned();
    }
    let more = format!(" +{}", more.len());
    let name = SafeText::new(first.label());
    format::cut(&name, width.saturating_sub(more.len())) + &more
}

/// The country by name, or by code where the name does not fit.
fn place(event: &LogEvent, width: usize) -> &str {
    let name = format::maybe(event.country.as_ref());
    if format::width(name) <= width {
        name
    } else {
        country::code(name).unwrap_or(name)
    }
}

fn empty(log: &Log, look: Look<'_>, buffer: &mut Buffer, area: Rect) {
    let theme = look.theme;
    let filtered = !log.filter.is_empty();
    let (what, next) = if !log.loaded {
        ("The agent has not told about events yet.".to_owned(), "")
    } else if log.shown != log.whole_filter() {
        match &log.problem {
            None => ("Looking for events that pass the filter.".to_owned(), ""),
            Some(_) => ("Which events pass the filter is not known.".to_owned(), ""),
        }
    } else if let (Some(then), false) = (log.until, filtered) {
        (
            format!(
                "No event of before {} is stored here. Older ones may not have been read.",
                format::moment(then)
            ),
            ":asof now shows what is.",
        )
    } else if filtered {
        let stored = format::count(log.total);
        (
            format!("None of {stored} stored events pass the filter."),
            "Esc clears the filter, {key:filter} changes it.",
        )
    } else if let (Some(why), 0) = (look.trouble, log.total) {
        (
            format!("Unknown: the log is not read: {why}."),
            "What cannot be read is not known to be empty. {key:refresh} tries again now.",
        )
    } else if log.total == 0 {
        (
            "No events are stored yet; they appear here as Okta tells them.".to_owned(),
            "{key:refresh} reads the log now.",
        )
    } else {
        let stored = format::count(log.total);
        (
            format!(
                "None of {stored} stored events is about this. Older ones may not have been read."
            ),
            "",
        )
    };
    let next = log.keys.told(next, View::Log);
    let body = inset(area);
    let lines = format::wrap(&what, usize::from(body.width));
    for (row, line) in lines.iter().enumerate() {
        Pen::new(buffer, body, format::cells(row + 2)).put(line, theme.text());
    }
    Pen::new(buffer, body, format::cells(lines.len() + 2)).put(&next, theme.quiet());
}
