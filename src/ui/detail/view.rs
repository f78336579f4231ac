//! The picture of a detail: a summary, the tabs, and the open one.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Body, CHROME_ROWS, Detail};
use crate::domain::entry::EntryRow;
use crate::domain::history::Existed;
use crate::msg::AnyRow;
use crate::ui::canvas::Pen;
use crate::ui::linked::Linked;
use crate::ui::model::Model;
use crate::ui::prompt::Prompt;
use crate::ui::record::{self, Item};
use crate::ui::theme::Theme;
use crate::ui::{format, list, log};

/// What a detail's picture depends on besides the detail.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// What every pane may know.
    pub model: &'a Model,
    /// How things look.
    pub theme: Theme,
    /// Whether it has the keys.
    pub focused: bool,
    /// The filter being typed.
    pub prompt: Option<&'a Prompt>,
}

/// Paints the page and says where the cursor of the filter is.
pub fn view(detail: &Detail, look: Look<'_>, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    summary(detail, look.theme, buffer, area);
    tabs(detail, look, buffer, area, 2);
    let chrome = format::cells(CHROME_ROWS).min(area.height);
    let body = Rect::new(area.x, area.y + chrome, area.width, area.height - chrome);
    let title = detail.tab().title();
    if let Some(raw) = detail.raw() {
        raw.view(look.theme, buffer, body);
        beside(&raw.words(), look.theme, buffer, area);
        return None;
    }
    match detail.body() {
        Body::Text(text) => {
            linked(text, look, buffer, area, body);
            None
        }
        Body::Reasons(reasons) => {
            linked(reasons.text(), look, buffer, area, body);
            None
        }
        Body::Changes(changes) => {
            linked(changes.text(), look, buffer, area, body);
            None
        }
        Body::List(list) => {
            let look = list::Look {
                theme: look.theme,
                keys: &look.model.keys,
                title,
                focused: look.focused,
                prompt: look.prompt,
                age: None,
                trouble: None,
                known_since: look.model.known_since(list.topic.needs()),
            };
            list::view(list, look, buffer, body)
        }
        Body::Log(log) => {
            let look = log::Look {
                theme: look.theme,
                title,
                focused: look.focused,
                prompt: look.prompt,
                reach: None,
                trouble: look.model.log_trouble(),
            };
            log::view(log, look, buffer, body)
        }
    }
}

/// Paints a text into `body`, and what is out of sight into the second line of `area`.
fn linked(text: &Linked, look: Look<'_>, buffer: &mut Buffer, area: Rect, body: Rect) {
    text.view(look.focused, look.theme, buffer, body);
    beside(&text.beyond(), look.theme, buffer, area);
}

/// Says something about a text at the right edge of the second line.
fn beside(words: &str, theme: Theme, buffer: &mut Buffer, area: Rect) {
    if !words.is_empty() {
        let used = format::width(words) + 2;
        let room = usize::from(area.width).saturating_sub(used);
        Pen::new(buffer, area, 1)
            .skip(room)
            .put("  ", theme.text())
            .put(words, theme.quiet());
    }
}

/// Who or what this is, in two lines.
pub(in crate::ui) fn summary(detail: &Detail, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let mut first = Pen::new(buffer, area, 0);
    first.put(" ", theme.text());
    let id = record::id_text(detail.subject());
    let Some(row) = detail.row() else {
        let state = match detail.existed {
            None => "not loaded yet",
            Some(Existed::No) => "was not there then",
            Some(Existed::Yes | Existed::Unknown) => "not known then",
        };
        first
            .put(detail.name(), theme.strong())
            .put("  ", theme.text())
            .put(state, theme.quiet());
        if detail.name() != id {
            first.put("  ", theme.text()).put_right(id, theme.quiet());
        }
        return;
    };
    let (gone, second) = match row {
        Item::Object(row) => {
            of_object(row, theme, &mut first);
            (record::archived(row).is_some(), dates(row))
        }
        Item::Entry(row) => {
            of_entry(row, theme, &mut first);
            let gone = detail.then().is_none() && !row.is_present();
            (gone, entry_dates(row, detail.then()))
        }
        Item::Holder(row) => {
            first.put(&row.principal.name, theme.strong());
            (false, "not loaded yet".to_owned())
        }
    };
    if gone {
        first.put("  ARCHIVED: Okta no longer has it", theme.warning());
    }
    first.put("  ", theme.text()).put_right(id, theme.quiet());
    Pen::new(buffer, area, 1)
        .put(" ", theme.text())
        .put(&second, theme.quiet());
}

fn of_object(row: &AnyRow, theme: Theme, pen: &mut Pen<'_>) {
    match row {
        AnyRow::User(row) => {
            let user = &row.value;
            let place = [user.department.as_ref(), user.title.as_ref()];
            let place: Vec<&str> = place.into_iter().flatten().map(AsRef::as_ref).collect();
            pen.put(&user.display_name(), theme.strong())
                .put("  ", theme.text())
                .put(user.status.word(), theme.user_status(&user.status))
                .put("  ", theme.text())
                .put(&place.join(" / "), theme.text());
        }
        AnyRow::Group(row) => {
            pen.put(&row.value.name, theme.strong())
                .put("  ", theme.text())
                .put(format::group_type(&row.value.kind), theme.text())
                .put(" group  ", theme.text())
                .put(format::maybe(row.value.description.as_ref()), theme.quiet());
        }
        AnyRow::App(row) => {
            let sign_on = format::sign_on(row.value.sign_on_mode.as_ref());
            pen.put(&row.value.label, theme.strong())
                .put("  ", theme.text())
                .put(row.value.status.word(), theme.text())
                .put("  ", theme.text())
                .put(sign_on, theme.text());
        }
    }
}

fn of_entry(row: &EntryRow, theme: Theme, pen: &mut Pen<'_>) {
    let entry = &row.entry;
    let word = entry.key.kind.word().replace('_', " ");
    pen.put(row.title(), theme.strong())
        .put("  ", theme.text())
        .put(&word, theme.text());
    if entry.key.parent.is_some() {
        pen.put(" of ", theme.text())
            .put(record::entry::parent(row), theme.text());
    }
    if let Some(status) = &entry.status {
        pen.put("  ", theme.text()).put(status, theme.text());
    }
}

fn entry_dates(row: &EntryRow, as_of: Option<Timestamp>) -> String {
    let read = match as_of {
        Some(then) => format!("as of {}", format::minute(then)),
        None => format!("read {}", format::minute(row.observed)),
    };
    format!(
        "created {}  updated {}  {read}",
        format::maybe_day(row.entry.created),
        format::maybe_minute(row.entry.last_updated),
    )
}

fn dates(row: &AnyRow) -> String {
    match row {
        AnyRow::User(row) => format!(
            "created {}  last login {}  manager {}",
            format::maybe_day(row.value.created),
            format::maybe_minute(row.value.last_login),
            format::maybe(row.value.manager.as_ref()),
        ),
        AnyRow::Group(row) => format!(
            "created {}  members changed {}",
            format::maybe_day(row.value.created),
            format::maybe_minute(row.value.last_membership_updated),
        ),
        AnyRow::App(row) => format!(
            "created {}  updated {}  {} provisioning features",
            format::maybe_day(row.value.created),
            format::maybe_minute(row.value.last_updated),
            row.value.features.len(),
        ),
    }
}

/// Paints the tabs: with their counts when there is room, else without, else close together, else only as many as fit around the
/// open one.
fn tabs(detail: &Detail, look: Look<'_>, buffer: &mut Buffer, area: Rect, row: u16) {
    let theme = look.theme;
    let room = usize::from(area.width);
    let mut labels = labels(detail, true);
    if needed(&labels, 2) > room {
        labels = self::labels(detail, false);
    }
    let apart = if needed(&labels, 2) > room { 1 } else { 2 };
    let mut first = 0;
    while first < detail.tab && needed(&labels[first..=detail.tab], apart) + 4 > room {
        first += 1;
    }
    let all = needed(&labels[first..], apart) <= room;
    let mut pen = Pen::new(buffer, area, row);
    if first > 0 {
        pen.put("..", theme.quiet());
    }
    for (i, label) in labels.iter().enumerate().skip(first) {
        if !all && pen.room() < format::width(label) + 4 {
            pen.put("..", theme.quiet());
            return;
        }
        if i == detail.tab {
            pen.put("[", theme.strong())
                .put(label, theme.strong())
                .put("]", theme.strong());
            continue;
        }
        // Between two closed tabs one column is enough; beside the open one its bracket is there.
        let before = apart == 2 || (i > first && i != detail.tab + 1);
        pen.put(if before { " " } else { "" }, theme.text())
            .put(label, theme.text())
            .put(if apart == 2 { " " } else { "" }, theme.text());
    }
}

fn labels(detail: &Detail, counted: bool) -> Vec<String> {
    let tabs = detail.tabs().iter().enumerate();
    tabs.map(|(i, tab)| {
        let count = detail.tab_count(*tab).filter(|_| counted);
        let count = count.map(|count| format!(" {count}")).unwrap_or_default();
        // There are nine digits.
        let digit = match i + 1 {
            digit @ 1..=9 => format!("{digit} "),
            _ => String::new(),
        };
        format!("{digit}{}{count}", tab.title())
    })
    .collect()
}

/// How many columns the labels take, the open one in brackets, when two lie `apart`.
fn needed(labels: &[String], apart: usize) -> usize {
    let widths: usize = labels
        .iter()
        .map(|label| format::width(label) + apart)
        .sum();
    widths + 2 - apart
}
