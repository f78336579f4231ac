//! The picture of a detail: a summary, the tabs, and the open one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{Body, CHROME_ROWS, Detail};
use crate::msg::AnyRow;
use crate::ui::canvas::Pen;
use crate::ui::prompt::Prompt;
use crate::ui::theme::Theme;
use crate::ui::{format, list, log, record, text_view};

/// What a detail's picture depends on besides the detail.
#[derive(Clone, Copy)]
pub struct Look<'a> {
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
    match detail.body() {
        Body::Text { scroll, lines } => {
            text_view::paint(buffer, body, lines, scroll.top);
            let beyond = scroll.beyond();
            let used = format::width(&beyond) + 2;
            let room = usize::from(area.width).saturating_sub(used);
            if !beyond.is_empty() {
                let mut pen = Pen::new(buffer, area, 1);
                pen.skip(room)
                    .put("  ", look.theme.text())
                    .put(&beyond, look.theme.quiet());
            }
            None
        }
        Body::List(list) => {
            let look = list::Look {
                theme: look.theme,
                title,
                focused: look.focused,
                prompt: look.prompt,
                age: None,
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
                gap: None,
            };
            log::view(log, look, buffer, body)
        }
    }
}

/// Who or what this is, in two lines.
pub(in crate::ui) fn summary(detail: &Detail, theme: Theme, buffer: &mut Buffer, area: Rect) {
    let Some(row) = detail.row() else {
        Pen::new(buffer, area, 0)
            .put(" ", theme.text())
            .put(detail.id.as_str(), theme.strong())
            .put("  not loaded yet", theme.quiet());
        return;
    };
    let mut first = Pen::new(buffer, area, 0);
    first.put(" ", theme.text());
    match row {
        AnyRow::User(row) => {
            let user = &row.value;
            first
                .put(&user.display_name(), theme.strong())
                .put("  ", theme.text())
                .put(user.status.word(), theme.user_status(&user.status));
            let place = [user.department.as_ref(), user.title.as_ref()];
            let place: Vec<&str> = place.into_iter().flatten().map(AsRef::as_ref).collect();
            first
                .put("  ", theme.text())
                .put(&place.join(" / "), theme.text());
        }
        AnyRow::Group(row) => {
            first
                .put(&row.value.name, theme.strong())
                .put("  ", theme.text())
                .put(format::group_type(&row.value.kind), theme.text())
                .put(" group  ", theme.text())
                .put(format::maybe(row.value.description.as_ref()), theme.quiet());
        }
        AnyRow::App(row) => {
            first
                .put(&row.value.label, theme.strong())
                .put("  ", theme.text())
                .put(row.value.status.word(), theme.text())
                .put("  ", theme.text())
                .put(
                    format::sign_on(row.value.sign_on_mode.as_ref()),
                    theme.text(),
                );
        }
    }
    if record::archived(row).is_some() {
        first.put("  ARCHIVED: Okta no longer has it", theme.warning());
    }
    first
        .put("  ", theme.text())
        .put_right(detail.id.as_str(), theme.quiet());
    Pen::new(buffer, area, 1)
        .put(" ", theme.text())
        .put(&dates(row), theme.quiet());
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

fn tabs(detail: &Detail, look: Look<'_>, buffer: &mut Buffer, area: Rect, row: u16) {
    let theme = look.theme;
    let mut pen = Pen::new(buffer, area, row);
    for (i, tab) in detail.tabs().iter().enumerate() {
        let count = detail
            .tab_count(*tab)
            .map(|count| format!(" {count}"))
            .unwrap_or_default();
        let label = format!("{} {}{count}", i + 1, tab.title());
        if i == detail.tab {
            pen.put("[", theme.strong())
                .put(&label, theme.strong())
                .put("]", theme.strong());
        } else {
            pen.put(" ", theme.text())
                .put(&label, theme.text())
                .put(" ", theme.text());
        }
    }
}
