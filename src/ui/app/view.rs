//! The picture of the console.

use std::fmt::Display;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{App, Mode, times};
use crate::ui::canvas::{self, Pen};
use crate::ui::command::{self, Id};
use crate::ui::copy::Copy;
use crate::ui::keymap::View;
use crate::ui::layout::{LEAST, PaneId};
use crate::ui::linked::Linked;
use crate::ui::page::Page;
use crate::ui::prompt::Prompt;
use crate::ui::{detail, event_page, format, header, list, log, menu, text_view};

impl App {
    /// Paints everything into an empty buffer, and says where the cursor of a prompt is.
    pub fn view(&self, buffer: &mut Buffer) -> Option<Position> {
        let cursor = self.paint(buffer);
        if self.settings.ascii {
            canvas::to_ascii(buffer);
        }
        cursor
    }

    fn paint(&self, buffer: &mut Buffer) -> Option<Position> {
        let Some(places) = self.places() else {
            self.too_small(buffer);
            return None;
        };
        header::view(&self.model, buffer, places.header);
        self.tabs(buffer, places.tabs);
        let banner = header::banner_lines(&self.model, places.banner.width);
        for (row, (line, is_trouble)) in banner.iter().enumerate() {
            let is_first = row
                .checked_sub(1)
                .is_none_or(|before| banner[before].1 != *is_trouble);
            let mark = if is_first { " ! " } else { "   " };
            let style = if *is_trouble {
                self.model.theme.error()
            } else {
                self.model.theme.warning()
            };
            Pen::new(buffer, places.banner, format::cells(row))
                .put(mark, style)
                .put(line, style);
        }
        let mut cursor = None;
        if let Mode::Menu(menu) = &self.mode {
            menu.view(&self.situation(), &self.model, buffer, places.body);
        } else if let Mode::Messages(scroll) = &self.mode {
            self.messages(scroll.top, buffer, places.body);
        } else if let Mode::Info(scroll) = &self.mode {
            self.info(scroll.top, buffer, places.body);
        } else {
            for (pane, area) in &places.panes {
                cursor = self.pane(*pane, buffer, *area).or(cursor);
            }
            if let (Some(area), Some(page)) = (places.page, self.pages.last()) {
                cursor = self.page(page, buffer, area).or(cursor);
            }
            if let Some(area) = places.preview.filter(|_| self.model.undated().is_none()) {
                self.preview(buffer, area);
            }
            if let Mode::Columns(picker) | Mode::Path(picker, _) = &self.mode {
                self.columns_view(picker, buffer, places.body);
            }
            if let Mode::Facets(facets) = &self.mode {
                self.facets_view(facets, buffer, places.body);
            }
            if let Mode::Jump(jumps, choice) = &self.mode {
                self.jump_view(jumps, *choice, buffer, places.body);
            }
            if let Mode::Clauses(choice) = &self.mode {
                self.clauses_view(*choice, buffer, places.body);
            }
            match &self.mode {
                Mode::Act(acting) => self.act_view(acting, buffer, places.body),
                Mode::Pick(giving) => self.pick_view(giving, buffer, places.body),
                Mode::Ready(choosing) => self.ready_view(choosing, buffer, places.body),
                Mode::Sheet(sheet) => sheet.view(self.model.theme, buffer, places.body),
                Mode::Secret(secret) => secret.view(self.model.theme, buffer, places.body),
                _ => {}
            }
        }
        self.message_view(buffer, places.hints);
        let foot = places.hints;
        let last = Rect::new(foot.x, foot.bottom().saturating_sub(1), foot.width, 1);
        let is_free = self.asks_at_the_foot() || self.shows_no_message();
        let asked = is_free.then(|| self.last_line(buffer, last)).flatten();
        asked.or(cursor)
    }

    fn too_small(&self, buffer: &mut Buffer) {
        let area = *buffer.area();
        let need = format!("need {}x{}", LEAST.width, LEAST.height);
        let both = format!("{need}, have {}x{}", self.size.width, self.size.height);
        let fits = format::width(&both) <= usize::from(area.width);
        let text = if fits { both } else { need };
        Pen::new(buffer, area, 0).put(&text, self.model.theme.text());
    }

    fn tabs(&self, buffer: &mut Buffer, area: Rect) {
        let theme = self.model.theme;
        let mut pen = Pen::new(buffer, area, 0);
        if self.pages.is_empty() {
            let own = PaneId::TABS.iter().enumerate();
            let mut labels: Vec<(bool, String)> = own
                .map(|(i, pane)| (*pane == self.focus, format!("{} {}", i + 1, pane.title())))
                .collect();
            labels.push(match self.focus {
                PaneId::Entries(kind) => (true, format!("0 {}", kind.title())),
                _ => (false, "0 More".to_owned()),
            });
            for (open, label) in labels {
                let (open, close, style) = if open {
                    ("[", "]", theme.strong())
                } else {
                    (" ", " ", theme.text())
                };
                pen.put(open, style).put(&label, style).put(close, style);
            }
        } else {
            pen.put(" ", theme.text())
                .put(self.focus.title(), theme.text());
            for page in &self.pages {
                pen.put(" > ", theme.quiet())
                    .put(page.name(), theme.strong());
            }
        }
        if self.zoom {
            let view = View::of(&self.situation());
            let zoomed = format!("zoomed ({})", self.model.keys.way(Id::Zoom, view));
            pen.put("  ", theme.text())
                .put_right(&zoomed, theme.quiet());
        }
    }

    /// The filter being typed, when it is that of the focused pane or page.
    fn typing(&self, here: bool) -> Option<&Prompt> {
        match &self.mode {
            Mode::Filter(typing) if here => Some(&typing.prompt),
            _ => None,
        }
    }

    fn pane(&self, pane: PaneId, buffer: &mut Buffer, area: Rect) -> Option<Position> {
        let theme = self.model.theme;
        let focused = self.pages.is_empty() && pane == self.focus;
        let prompt = self.typing(focused);
        let title = pane.title();
        let Some(list) = self.list(pane) else {
            return self.log_pane(focused, buffer, area);
        };
        if self.model.undated().is_some() {
            self.not_dated(title, focused, buffer, area);
            return None;
        }
        let resource = super::act::pane_resource(pane);
        let age = header::age(&self.model, resource);
        let status = self.model.resource(resource);
        let look = list::Look {
            theme,
            keys: &self.model.keys,
            title,
            focused,
            prompt,
            age: age.as_deref(),
            trouble: status.and_then(|status| status.trouble.as_ref()),
            known_since: self.model.known_since(list.topic.needs()),
        };
        list::view(list, look, buffer, area)
    }

    fn log_pane(&self, focused: bool, buffer: &mut Buffer, area: Rect) -> Option<Position> {
        let reach = header::log_reach(&self.model);
        let look = log::Look {
            theme: self.model.theme,
            title: PaneId::Log.title(),
            focused,
            prompt: self.typing(focused),
            reach: reach.as_deref(),
            trouble: self.model.log_trouble(),
        };
        log::view(&self.log, look, buffer, area)
    }

    fn page(&self, page: &Page, buffer: &mut Buffer, area: Rect) -> Option<Position> {
        let theme = self.model.theme;
        let prompt = self.typing(true);
        let is_of_mirror = matches!(page, Page::Object(_) | Page::Reasons(_) | Page::Changes(_));
        if is_of_mirror && self.model.undated().is_some() {
            self.not_dated(page.name(), true, buffer, area);
            return None;
        }
        match page {
            Page::Object(detail) => {
                let look = detail::Look {
                    model: &self.model,
                    theme,
                    focused: true,
                    prompt,
                };
                detail::view(detail, look, buffer, area)
            }
            Page::Reasons(reasons) => {
                self.titled_text(reasons.title(), "", reasons.text(), buffer, area);
                None
            }
            Page::Changes(changes) => {
                self.titled_text(changes.title(), "", changes.text(), buffer, area);
                None
            }
            Page::Trace(traces) => {
                let words = traces.words();
                let words = self.model.keys.told(&words, View::Text);
                self.titled_text(traces.title(), &words, traces.text(), buffer, area);
                None
            }
            Page::Event(page) => {
                page.view(theme, buffer, area);
                None
            }
            Page::Queue(queue) => {
                queue.view(theme, buffer, area);
                None
            }
            Page::Events { title, log } => {
                let look = log::Look {
                    theme,
                    title,
                    focused: true,
                    prompt,
                    reach: None,
                    trouble: self.model.log_trouble(),
                };
                log::view(log, look, buffer, area)
            }
        }
    }

    /// In place of an answer about a moment of which what happened is not worked in yet.
    fn not_dated(&self, title: &str, focused: bool, buffer: &mut Buffer, area: Rect) {
        let theme = self.model.theme;
        let mark = if focused { "*" } else { " " };
        Pen::new(buffer, area, 0)
            .put(mark, theme.strong())
            .put(title, theme.strong())
            .put("  not dated yet", theme.text());
        Pen::new(buffer, area, 2).put(" It comes by itself, in a moment.", theme.quiet());
    }

    /// A text with links below its title, and words about how much of it there is.
    fn titled_text(
        &self,
        title: &str,
        words: &str,
        text: &Linked,
        buffer: &mut Buffer,
        area: Rect,
    ) {
        let theme = self.model.theme;
        Pen::new(buffer, area, 0)
            .put("*", theme.strong())
            .put(title, theme.strong())
            .put("  ", theme.text())
            .put(words, theme.text())
            .put("  ", theme.text())
            .put_right(&text.beyond(), theme.quiet());
        let height = area.height.saturating_sub(1);
        let below = Rect::new(area.x, area.y + 1, area.width, height);
        text.view(true, theme, buffer, below);
    }

    /// What is under the cursor of the focused pane, as far as its row tells.
    fn preview(&self, buffer: &mut Buffer, area: Rect) {
        let theme = self.model.theme;
        let width = usize::from(area.width);
        let lines = match self.list(self.focus) {
            Some(list) => list
                .selected()
                .map(|row| detail::preview(row, width, &self.model)),
            None => self
                .log
                .selected()
                .map(|row| event_page::parts(&row.event, width, theme)),
        };
        let lines = lines.unwrap_or_default();
        text_view::paint(buffer, area, &lines, 0);
    }

    fn last_line(&self, buffer: &mut Buffer, area: Rect) -> Option<Position> {
        let theme = self.model.theme;
        match &self.mode {
            Mode::Menu(menu) => {
                let sign = match menu.kind {
                    menu::Kind::Palette | menu::Kind::More => ":",
                    menu::Kind::Saved => "saved: ",
                    menu::Kind::Help => "search: ",
                };
                return Some(menu.prompt.view(sign, buffer, area, 0, theme));
            }
            Mode::Sort => self.strip("sort", &self.sort_choices(), buffer, area),
            Mode::Act(acting) => self.act_foot(acting, buffer, area),
            Mode::Pick(giving) => return Some(giving.foot(theme, buffer, area)),
            Mode::Give(giving) => return Some(giving.foot(theme, buffer, area)),
            Mode::Staging(title) => {
                let words = format!(" staging: {title}; Okta is read first");
                Pen::new(buffer, area, 0).put(&words, theme.text());
            }
            Mode::Ready(_) => self.ready_foot(buffer, area),
            Mode::Sheet(sheet) => {
                return sheet.foot(self.model.writing(), theme, buffer, area);
            }
            Mode::Secret(secret) => secret.foot(theme, buffer, area),
            Mode::Reason(span, prompt) => {
                let span = crate::domain::time::format_span(*span);
                let sign = format!(" write for {span}; why (goes into the journal): ");
                return Some(prompt.view(&sign, buffer, area, 0, theme));
            }
            Mode::Say(said, prompt) => {
                let sign = said.sign();
                return Some(prompt.view(&sign, buffer, area, 0, theme));
            }
            Mode::Jump(..) => self.keys(
                &[
                    ("a letter", "jumps"),
                    ("j k", "choose"),
                    ("enter", "jumps"),
                    ("esc", "closes"),
                ],
                buffer,
                area,
            ),
            Mode::Hunt(cost) => {
                let words = self.hunt_question(cost);
                Pen::new(buffer, area, 0)
                    .put(" ", theme.text())
                    .put(&words, theme.warning());
            }
            Mode::Histogram => self.keys(
                &[
                    ("h l", "bar"),
                    ("enter", "shows its times"),
                    ("+ -", "zoom"),
                    ("esc", "to the log"),
                    ("i", "closes"),
                ],
                buffer,
                area,
            ),
            Mode::Times => self.strip("time", &times::choices(), buffer, area),
            Mode::Range(prompt, problem) => {
                let sign = times::sign(problem.as_deref());
                return Some(prompt.view(&sign, buffer, area, 0, theme));
            }
            Mode::Search(typing) => {
                return Some(typing.prompt.view(" / ", buffer, area, 0, theme));
            }
            Mode::Naming(prompt) => {
                return Some(prompt.view(" save as: ", buffer, area, 0, theme));
            }
            Mode::Exporting(prompt) => {
                let marked = match self.marked_rows() {
                    0 => String::new(),
                    marked => format!(" {}", format::counted(marked as u64, "marked row")),
                };
                let sign = format!(" export{marked} to (tab: format): ");
                return Some(prompt.view(&sign, buffer, area, 0, theme));
            }
            Mode::Path(_, prompt) => {
                return Some(prompt.view(
                    " path, such as profile.costCenter: ",
                    buffer,
                    area,
                    0,
                    theme,
                ));
            }
            Mode::Columns(_) => self.keys(
                &[
                    ("space", "show or hide"),
                    ("J K", "order"),
                    ("a", "add a path"),
                    ("r", "as it was made"),
                    ("esc", "closes"),
                ],
                buffer,
                area,
            ),
            Mode::Facets(_) => self.keys(
                &[
                    ("+", "keep"),
                    ("-", "drop"),
                    ("=", "only"),
                    ("h l", "other field"),
                    ("esc", "closes"),
                ],
                buffer,
                area,
            ),
            Mode::Filter(_) => {
                Pen::new(buffer, area, 0)
                    .put(" enter", theme.key())
                    .put(" keeps it  ", theme.text())
                    .put("esc", theme.key())
                    .put(" takes it back  ", theme.text())
                    .put(self.filter_examples(), theme.quiet());
            }
            Mode::Clauses(_) => self.keys(
                &[("space", "on or off"), ("a", "all"), ("esc", "closes")],
                buffer,
                area,
            ),
            Mode::Normal | Mode::Messages(_) | Mode::Info(_) => {
                self.hints(buffer, area);
            }
        }
        None
    }

    /// What the keys so far can still become, how far an export is, or the keys that work now.
    fn hints(&self, buffer: &mut Buffer, area: Rect) {
        let theme = self.model.theme;
        if !self.chords.is_empty() {
            let view = View::of(&self.situation());
            let beyond = self.model.keys.beyond(view, &self.chords);
            let choices: Vec<(&str, &str)> =
                beyond.iter().map(|(key, id)| (&**key, word(*id))).collect();
            return self.strip("", &choices, buffer, area);
        }
        match &self.exporting {
            Some(progress) => {
                Pen::new(buffer, area, 0)
                    .put(" ", theme.text())
                    .put(&progress.words(), theme.warning());
            }
            None if self.raw_at_hand().is_some() => self.raw_keys(buffer, area),
            _ => header::hints(&self.model, &self.situation(), buffer, area),
        }
    }

    /// The keys in Okta's JSON.
    fn raw_keys(&self, buffer: &mut Buffer, area: Rect) {
        let keys = RAW_COMMANDS.map(|(ids, does)| {
            let first = ids
                .iter()
                .filter_map(|id| self.model.keys.first(*id, View::Json));
            (first.collect::<Vec<_>>().join(" "), does)
        });
        let keys = keys.iter().filter(|(keys, _)| !keys.is_empty());
        let keys: Vec<(&str, &str)> = keys.map(|(keys, does)| (&**keys, *does)).collect();
        self.keys(&keys, buffer, area);
    }

    /// The keys of a panel.
    pub(super) fn keys(&self, keys: &[(&str, &str)], buffer: &mut Buffer, area: Rect) {
        let theme = self.model.theme;
        let mut pen = Pen::new(buffer, area, 0);
        pen.put(" ", theme.text());
        for (key, does) in keys {
            pen.put(key, theme.key())
                .put(" ", theme.text())
                .put(does, theme.text())
                .put("  ", theme.text());
        }
    }

    /// The column under the cursor first, then what the list has letters for.
    pub(super) fn sort_choices(&self) -> Vec<(String, String)> {
        let Some(list) = self.focused_list() else {
            return Vec::new();
        };
        let here = list.sort_of_column();
        let here = here.map(|key| ("enter".to_owned(), format!("this column, {}", key.label)));
        let keys = list.topic.sort_keys();
        let lettered = keys.iter();
        let lettered = lettered.map(|key| (key.letter.to_string(), key.label.to_owned()));
        here.into_iter().chain(lettered).collect()
    }

    /// The choices of a key with a second step.
    fn strip<K: Display, N: AsRef<str>>(
        &self,
        what: &str,
        choices: &[(K, N)],
        buffer: &mut Buffer,
        area: Rect,
    ) {
        let theme = self.model.theme;
        let mut pen = Pen::new(buffer, area, 0);
        pen.put(" ", theme.text());
        if !what.is_empty() {
            pen.put(what, theme.strong()).put(": ", theme.strong());
        }
        for (key, name) in choices {
            pen.put(&key.to_string(), theme.key())
                .put(" ", theme.text())
                .put(name.as_ref(), theme.text())
                .put("  ", theme.text());
        }
    }
}

/// What is of use in Okta's JSON, each with its word there.
const RAW_COMMANDS: [(&[Id], &str); 7] = [
    (&[Id::Open], "fold"),
    (&[Id::Filter], "search"),
    (&[Id::NextMatch, Id::PreviousMatch], "next, previous"),
    (&[Id::Raw], "yaml"),
    (&[Id::Copy(Copy::Id)], "copy"),
    (&[Id::Back], "back"),
    (&[Id::Help], "help"),
];

/// A command in a word, as the second key of a sequence is told.
fn word(id: Id) -> &'static str {
    let name = command::of(id).name;
    name.strip_prefix("copy-").unwrap_or(name)
}
