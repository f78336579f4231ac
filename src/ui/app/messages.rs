//! Messages at the bottom of the screen, and all of them on a page of their own.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{App, Mode};
use crate::msg::status::{Notice, NoticeLevel};
use crate::ui::canvas::Pen;
use crate::ui::command::Id;
use crate::ui::format;
use crate::ui::keymap::View;
use crate::ui::model::{Flash, Model};
use crate::ui::text_view;
use crate::ui::theme::Theme;

/// How many lines a message may take; the page of messages has all of it.
const MOST_LINES: usize = 2;

impl App {
    /// Tells something, and keeps it among the messages. Keys are named as [`Keymap::told`](crate::ui::keymap::Keymap::told) has them.
    pub(super) fn tell(&mut self, text: &str, now: Timestamp) {
        let text = self.with_keys(text);
        self.model.say(NoticeLevel::Info, &text, None, now);
    }

    /// Tells what is only about the next key.
    pub(super) fn mention(&mut self, text: &str, now: Timestamp) {
        let notice = Notice {
            at: now,
            level: NoticeLevel::Info,
            summary: (*self.with_keys(text)).into(),
            detail: None,
        };
        self.model.flash = Some(Flash::passing(notice, now));
    }

    fn with_keys(&self, text: &str) -> String {
        let view = View::of(&self.situation());
        self.model.keys.told(text, view).into_owned()
    }

    /// How many lines the bottom of the screen takes.
    pub(super) fn foot_rows(&self) -> u16 {
        let message = self.message().len();
        let own = usize::from(self.asks_at_the_foot());
        format::cells((message + own).max(1))
    }

    /// Whether the last line is needed for what is typed or chosen, also while a message stands there.
    pub(super) fn asks_at_the_foot(&self) -> bool {
        !matches!(
            self.mode,
            Mode::Normal | Mode::Filter(_) | Mode::Messages(_) | Mode::Info(_)
        )
    }

    pub(super) fn shows_no_message(&self) -> bool {
        self.message().is_empty()
    }

    /// The message of the moment, in lines; none while the rest of a sequence of keys is awaited.
    fn message(&self) -> Vec<String> {
        let flash = self.model.flash.as_ref();
        let Some(flash) = flash.filter(|_| self.chords.is_empty()) else {
            return Vec::new();
        };
        let (notice, room) = (
            &flash.notice,
            usize::from(self.size.width.saturating_sub(2)),
        );
        let mark = match notice.level {
            NoticeLevel::Info => "",
            NoticeLevel::Warning | NoticeLevel::Error => "! ",
        };
        let detail = notice.detail.as_ref().map(|it| format!("  {it}"));
        let text = format!("{mark}{}{}", notice.summary, detail.unwrap_or_default());
        let mut lines = format::wrap(&text, room);
        if lines.len() > MOST_LINES {
            let view = View::of(&self.situation());
            let more = format!(".. ({} has all)", self.model.keys.way(Id::Messages, view));
            lines.truncate(MOST_LINES);
            if let Some(last) = lines.last_mut() {
                let room = room.saturating_sub(format::width(&more));
                *last = format!("{}{more}", format::prefix(last, room));
            }
        }
        lines
    }

    /// Paints the message of the moment into the first lines of an area.
    pub(super) fn message_view(&self, buffer: &mut Buffer, area: Rect) {
        let theme = self.model.theme;
        let level = self.model.flash.as_ref().map(|it| it.notice.level);
        let style = level.map_or(theme.text(), |level| style(level, theme));
        for (row, line) in self.message().iter().enumerate() {
            Pen::new(buffer, area, format::cells(row))
                .put(" ", theme.text())
                .put(line, style);
        }
    }

    pub(super) fn messages(&self, top: usize, buffer: &mut Buffer, area: Rect) {
        let lines = messages(&self.model, usize::from(area.width));
        self.page_of_lines(("*Messages", "newest first"), (&lines, top), buffer, area);
    }

    pub(super) fn info(&self, top: usize, buffer: &mut Buffer, area: Rect) {
        let lines = info(&self.about, usize::from(area.width));
        let title = ("*Info", "as `oktop info` tells it");
        self.page_of_lines(title, (&lines, top), buffer, area);
    }

    fn page_of_lines(
        &self,
        (title, words): (&str, &str),
        (lines, top): (&[Line<'_>], usize),
        buffer: &mut Buffer,
        area: Rect,
    ) {
        let theme = self.model.theme;
        Pen::new(buffer, area, 0)
            .put(title, theme.strong())
            .put(&format!("  {words}; Esc closes"), theme.quiet());
        let below = Rect::new(
            area.x,
            area.y + 1,
            area.width,
            area.height.saturating_sub(1),
        );
        text_view::paint(buffer, below, lines, top);
    }
}

/// Versions and paths as lines.
pub(super) fn info(about: &[(String, String)], width: usize) -> Vec<Line<'static>> {
    if about.is_empty() {
        return vec![Line::from(
            "  Nothing is known here; `oktop info` tells it.",
        )];
    }
    let names = about.iter().map(|(name, _)| format::width(name));
    let indent = names.max().unwrap_or(0) + 4;
    let mut lines = Vec::new();
    for (name, value) in about {
        let parts = format::wrap(value, width.saturating_sub(indent + 1).max(10));
        for (row, part) in parts.iter().enumerate() {
            let name = if row == 0 { name } else { "" };
            lines.push(Line::from(format!(
                "  {}{part}",
                format::left(name, indent - 2)
            )));
        }
    }
    lines
}

fn style(level: NoticeLevel, theme: Theme) -> Style {
    match level {
        NoticeLevel::Info => theme.text(),
        NoticeLevel::Warning => theme.warning(),
        NoticeLevel::Error => theme.error(),
    }
}

/// The messages as lines, newest first.
pub(super) fn messages(model: &Model, width: usize) -> Vec<Line<'static>> {
    let theme = model.theme;
    let mut lines = Vec::new();
    if model.notices.is_empty() {
        lines.push(Line::from("  None so far."));
    }
    for notice in model.notices.iter().rev() {
        let style = style(notice.level, theme);
        let mark = match notice.level {
            NoticeLevel::Info => "  ",
            NoticeLevel::Warning | NoticeLevel::Error => "! ",
        };
        lines.push(Line::from(vec![
            Span::styled(mark, style),
            Span::styled(format::moment(notice.at), theme.quiet()),
        ]));
        let detail = notice.detail.iter().map(|detail| (detail, theme.text()));
        for (text, style) in std::iter::once((&notice.summary, style)).chain(detail) {
            for part in format::wrap(text, width.saturating_sub(6).max(10)) {
                lines.push(Line::from(Span::styled(format!("    {part}"), style)));
            }
        }
    }
    lines
}
