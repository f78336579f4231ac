//! The picture of a list: title, filter, headings, the visible rows, or why there are none.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::List;
use crate::access::Goal;
use crate::domain::id::Kind;
use crate::domain::listing::PartialReason;
use crate::domain::query::Scope;
use crate::domain::text::SafeText;
use crate::msg::Problem;
use crate::ui::canvas::{self, Pen};
use crate::ui::clauses::Clauses;
use crate::ui::columns::{self, Cell, Claim, Fit};
use crate::ui::format;
use crate::ui::keymap::{Keymap, View};
use crate::ui::prompt::Prompt;
use crate::ui::record::Topic;
use crate::ui::theme::Theme;

/// The columns before each row: `>` for the cursor and a space.
const MARK: usize = 2;

/// How many lines may say what is not known.
const MAX_GAPS: usize = 2;

/// What a list's picture depends on besides the list.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// How things look.
    pub theme: Theme,
    /// What the keys mean.
    pub keys: &'a Keymap,
    /// What the list is called.
    pub title: &'a str,
    /// Whether it has the keys.
    pub focused: bool,
    /// The filter being typed.
    pub prompt: Option<&'a Prompt>,
    /// When it was last read completely, in words.
    pub age: Option<&'a str>,
    /// Why the last reading of it failed, when it did.
    pub trouble: Option<&'a PartialReason>,
    /// Since when the mirror can tell what the list held.
    pub known_since: Option<Timestamp>,
}

impl List {
    /// How many rows of the area are taken by something else than rows of the list.
    pub fn chrome_rows(&self, typing: bool) -> usize {
        let filter = usize::from(typing || self.is_filtered());
        let problem = usize::from(self.problem.is_some());
        let stale = usize::from(self.stale().is_some());
        2 + filter + problem + stale + self.gaps().len()
    }

    /// What the answer does not know, as far as there is room to say it.
    fn gaps(&self) -> &[String] {
        let gaps = &self.window.gaps;
        &gaps[..gaps.len().min(MAX_GAPS)]
    }

    /// Why what is shown may be old: the list was read before, and cannot be read any more.
    fn stale(&self) -> Option<&PartialReason> {
        let trouble = self.window.trouble.as_ref();
        trouble.filter(|_| self.window.complete)
    }
}

/// Paints the list and says where the cursor of the filter is.
pub fn view(list: &List, look: Look<'_>, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    let mut row = 0;
    title(list, look, buffer, area);
    row += 1;
    let mut cursor = None;
    if look.prompt.is_some() || list.is_filtered() {
        cursor = filter_line(list, look, buffer, area, row);
        row += 1;
    }
    if let Some(problem) = &list.problem {
        problem_line(problem, &list.filter, look.theme, buffer, area, row);
        row += 1;
    }
    if let Some(why) = list.stale() {
        Pen::new(buffer, area, row)
            .put(" ! ", look.theme.warning())
            .put("Old: the last reading failed, ", look.theme.warning())
            .put(&why.to_string(), look.theme.warning());
        row += 1;
    }
    for gap in list.gaps() {
        Pen::new(buffer, area, row)
            .put(" ! ", look.theme.warning())
            .put("Not all is known: ", look.theme.warning())
            .put(gap, look.theme.warning());
        row += 1;
    }
    let rows = Rect::new(
        area.x,
        area.y.saturating_add(row),
        area.width,
        area.height.saturating_sub(row),
    );
    table(list, look, buffer, rows);
    cursor
}

fn title(list: &List, look: Look<'_>, buffer: &mut Buffer, area: Rect) {
    let theme = look.theme;
    let style = if look.focused {
        theme.strong()
    } else {
        theme.text()
    };
    let mut pen = Pen::new(buffer, area, 0);
    let mark = if look.focused { "*" } else { " " };
    pen.put(mark, style).put(look.title, style).put("  ", style);
    pen.put(&counts(list, look.trouble), theme.text());
    if let Some(sort) = &list.sort {
        let order = if sort.descending {
            "descending"
        } else {
            "ascending"
        };
        pen.put(&format!("  by {} {order}", sort.field), theme.quiet());
    }
    if list.archived {
        pen.put("  with archived", theme.quiet());
    }
    if let Some(words) = list.marks.words() {
        let words = look.keys.told(&words, View::Lists);
        pen.put("  ", theme.text()).put(&words, theme.warning());
    }
    if let Some(age) = age(list, look) {
        pen.put("  ", theme.text()).put_right(&age, theme.quiet());
    }
}

/// How old what is shown is; of the past, since when it is known.
fn age(list: &List, look: Look<'_>) -> Option<String> {
    if let Some(then) = list.as_of {
        let since = look.known_since.filter(|since| *since <= then)?;
        return Some(format!("known since {}", format::minute(since)));
    }
    let own = list.window.complete_at;
    let own = own.map(|at| format!("complete as of {}", format::minute(at)));
    look.age.map(str::to_owned).or(own)
}

/// How many there are, how many pass the filter, and whether that is all.
pub(super) fn counts(list: &List, trouble: Option<&PartialReason>) -> String {
    if !list.loaded {
        return "not loaded yet".to_owned();
    }
    let unread = trouble.or(list.window.trouble.as_ref()).is_some() || list.as_of.is_some();
    if unread && !list.window.complete && list.window.total == 0 {
        return "unknown".to_owned();
    }
    let total = format::count_len(list.window.total);
    let so_far = match (list.window.complete, list.as_of) {
        (true, _) => "",
        (false, None) => " so far",
        (false, Some(_)) => " known of",
    };
    if list.filter.is_empty() {
        return format!("{total}{so_far}");
    }
    let matched = match (list.shows_another_filter(), &list.problem) {
        (false, _) => format::count_len(list.window.matched),
        (true, None) => format::PENDING.to_owned(),
        (true, Some(_)) => format::UNKNOWN.to_owned(),
    };
    let searched = list
        .window
        .searched
        .filter(|_| !list.shows_another_filter());
    let searched = searched.map_or(String::new(), |looked_at| {
        let percent = looked_at * 100 / list.window.total.max(looked_at).max(1);
        format!(", searched {percent}%")
    });
    format!("{matched} of {total}{so_far} match{searched}")
}

fn filter_line(
    list: &List,
    look: Look<'_>,
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
) -> Option<Position> {
    if let Some(prompt) = look.prompt {
        return Some(prompt.view(" / ", buffer, area, row, look.theme));
    }
    in_force(
        &list.filter,
        &list.clauses,
        list.problem.as_ref(),
        look.theme,
        buffer,
        area,
        row,
    );
    None
}

/// The filter in force, and how many of its clauses are on where some are off.
pub(in crate::ui) fn in_force(
    filter: &str,
    clauses: &Clauses,
    problem: Option<&Problem>,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
) {
    let words = clauses.words();
    // What is wrong with a filter is told below the character where it is.
    let told = if problem.is_some() || clauses.names().is_empty() {
        filter.to_owned()
    } else {
        clauses.told()
    };
    let room = usize::from(area.width).saturating_sub(format::width(&words) + 5);
    let mut pen = Pen::new(buffer, area, row);
    pen.put(" / ", theme.key());
    if words.is_empty() {
        pen.put(&told, theme.strong());
    } else {
        let filter = SafeText::new(&told);
        pen.put(&format::cut(&filter, room), theme.strong())
            .put("  ", theme.text())
            .put_right(&words, theme.warning());
    }
}

/// Says what is wrong with a filter, under the character where it is.
pub(in crate::ui) fn problem_line(
    problem: &Problem,
    filter: &str,
    theme: Theme,
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
) {
    let mut pen = Pen::new(buffer, area, row);
    if let Some(column) = problem.column {
        let before: String = filter.chars().take(column).collect();
        // Leave room for some words when the place is far to the right.
        let indent = (3 + format::width(&before)).min(pen.room().saturating_sub(12));
        pen.skip(indent).put("^ ", theme.error());
    } else {
        pen.put(" ! ", theme.error());
    }
    pen.put(&problem.summary, theme.error());
    if let Some(hint) = &problem.hint {
        pen.put("  ", theme.text()).put(hint, theme.text());
    }
}

fn table(list: &List, look: Look<'_>, buffer: &mut Buffer, area: Rect) {
    let all = list.columns();
    let claims: Vec<Claim> = all.iter().map(|column| column.claim).collect();
    let cells = inset(area);
    let widths = columns::share_out_with(&claims, cells.width, list.column);
    columns::paint_row(buffer, cells, 0, &widths, |i| {
        (
            Cell::styled(all[i].title.as_ref(), look.theme.heading()),
            all[i].fit,
        )
    });
    if look.focused {
        columns::mark_heading(buffer, cells, &widths, list.column, look.theme.key());
    }
    if list.window.matched == 0 {
        return empty(list, look, buffer, area);
    }
    for line in 1..area.height {
        let index = list.top + usize::from(line) - 1;
        if index >= list.window.matched {
            break;
        }
        match list.window.row(index) {
            Some(row) => columns::paint_row(buffer, cells, line, &widths, |i| {
                (all[i].cell(row, look.theme), all[i].fit)
            }),
            None => columns::paint_row(buffer, cells, line, &widths, |_| {
                (Cell::styled("..", look.theme.quiet()), Fit::Left)
            }),
        }
        let is_marked = list.window.row(index).is_some_and(|row| {
            list.is_in_range(index) || (!list.marks.is_empty() && list.marks.has(&row.subject()))
        });
        if is_marked {
            put_mark(buffer, area, line, look.theme, index == list.cursor);
        }
        if index == list.cursor {
            mark_cursor(buffer, area, line, look.theme, look.focused);
            if look.focused {
                let style = look.theme.selected_cell();
                columns::mark_cell(buffer, cells, line, &widths, list.column, style);
            }
        }
    }
}

/// The area without the columns of marks.
pub(in crate::ui) fn inset(area: Rect) -> Rect {
    let mark = format::cells(MARK).min(area.width);
    Rect::new(area.x + mark, area.y, area.width - mark, area.height)
}

/// Shows that the row is marked: before it, or behind the sign of the cursor.
pub(in crate::ui) fn put_mark(
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
    theme: Theme,
    has_cursor: bool,
) {
    Pen::new(buffer, area, row)
        .skip(usize::from(has_cursor))
        .put("*", theme.warning());
}

/// Shows that the cursor is in this row.
pub(in crate::ui) fn mark_cursor(
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
    theme: Theme,
    focused: bool,
) {
    if focused {
        Pen::new(buffer, area, row).put(">", theme.text());
        canvas::tint(buffer, area, row, theme.selected());
    } else {
        Pen::new(buffer, area, row).put(">", theme.quiet());
    }
}

fn empty(list: &List, look: Look<'_>, buffer: &mut Buffer, area: Rect) {
    let theme = look.theme;
    let (what, next) = why_empty(list, look);
    let next = look.keys.told(next, View::Lists);
    let body = inset(area);
    let lines = format::wrap(&what, usize::from(body.width));
    for (row, line) in lines.iter().enumerate() {
        Pen::new(buffer, body, format::cells(row + 2)).put(line, theme.text());
    }
    Pen::new(buffer, body, format::cells(lines.len() + 2)).put(&next, theme.quiet());
}

/// Why a list shows nothing, and what to do next.
pub(super) fn why_empty(list: &List, look: Look<'_>) -> (String, &'static str) {
    let things = list.topic.plural();
    if !list.loaded {
        return (format!("The agent has not told about {things} yet."), "");
    }
    if list.shows_another_filter() {
        let what = match &list.problem {
            None => format!("Asking the agent which {things} pass the filter."),
            Some(_) => format!("Which {things} pass the filter is not known."),
        };
        return (what, "");
    }
    if !list.filter.is_empty() && list.window.total > 0 {
        let hidden = format::count_len(list.window.total);
        let so_far = if list.window.complete {
            ""
        } else {
            " read so far"
        };
        return (
            format!("None of {hidden} {things}{so_far} pass the filter."),
            "Esc clears the filter, {key:filter} changes it.",
        );
    }
    match (list.window.complete, list.as_of) {
        (true, _) => (none(list, &things), ""),
        (false, Some(then)) => not_known_then(&things, then, look.known_since),
        (false, None) => {
            let trouble = look.trouble.or(list.window.trouble.as_ref());
            unread(list, &things, trouble)
        }
    }
}

/// That the moment that is looked at lies before the first reading.
fn not_known_then(
    things: &str,
    then: Timestamp,
    known_since: Option<Timestamp>,
) -> (String, &'static str) {
    let what = match known_since {
        Some(since) if then < since => format!(
            "Unknown: nothing is known of {things} before {}, when they were first read.",
            format::moment(since)
        ),
        _ => format!(
            "Unknown: these {things} had not been read by {}.",
            format::moment(then)
        ),
    };
    (what, ":asof now shows what is.")
}

/// Why it is not known what a list would show.
fn unread(list: &List, things: &str, trouble: Option<&PartialReason>) -> (String, &'static str) {
    match (trouble, &list.topic) {
        (Some(PartialReason::NotEnabled), _) => (
            format!("Unknown: the org has not enabled what {things} belong to."),
            "It is asked for again once an hour; {key:refresh} asks now.",
        ),
        (Some(why), _) => (
            format!("Unknown: {why}."),
            "What cannot be read is not known to be empty. {key:refresh} tries again now.",
        ),
        (None, Topic::Admins | Topic::Who(_) | Topic::Managed { .. }) => (
            "Unknown: the lists that would tell have not been read.".to_owned(),
            "{key:refresh} reads them now.",
        ),
        (
            None,
            Topic::Objects(_, Scope::All)
            | Topic::Entries {
                parent: None,
                about: None,
                ..
            },
        ) => (
            format!("No {things} have been read yet; the first reading is not finished."),
            "{key:refresh} reads them now.",
        ),
        (None, _) => (
            format!("Unknown: these {things} have not been read completely yet."),
            "{key:refresh} reads them now.",
        ),
    }
}

/// That there is nothing, where that is known.
fn none(list: &List, things: &str) -> String {
    match &list.topic {
        Topic::Objects(_, Scope::All) => format!("The org has no {things}."),
        Topic::Objects(Kind::User, Scope::OfGroup(_)) => "The group has no members.".to_owned(),
        Topic::Objects(_, Scope::OfGroup(_)) => format!("The group has no {things}."),
        Topic::Objects(_, Scope::OfApp(_)) => format!("No {things} are assigned to the app."),
        Topic::Objects(_, Scope::OfUser(_)) => format!("The user has no {things}."),
        Topic::Admins => "Nobody and nothing holds an admin role.".to_owned(),
        Topic::Who(Goal::Group(_)) => "Nobody is in the group.".to_owned(),
        Topic::Who(_) => "Nobody has it.".to_owned(),
        Topic::Managed { .. } => "The rule manages no membership, as far as is known.".to_owned(),
        Topic::Entries { about: Some(_), .. } => format!("No {things} refer to this."),
        Topic::Entries {
            parent: Some(_), ..
        } => format!("There are no {things} here."),
        Topic::Entries { .. } => format!("The org has no {things}."),
    }
}
