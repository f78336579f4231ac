//! Commands to choose from by typing: the palette, help, and the other lists. All are the table of commands, searched.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::canvas::{self, Pen};
use super::command::{Command, Group, Id, Situation, TABLE, refusal};
use super::format;
use super::header;
use super::model::Model;
use super::prompt::Prompt;
use super::text_view::Move;

/// Which of them it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `:`: names with what follows them.
    Palette,
    /// `?`: names, keys and words.
    Help,
    /// The lists that have no tab of their own, and when each was read.
    More,
}

/// A menu of commands.
#[derive(Clone, Debug)]
pub struct Menu {
    /// Which of them it is.
    pub kind: Kind,
    /// What was typed.
    pub prompt: Prompt,
    cursor: usize,
}

/// A command in the menu, and why it cannot be used now.
pub type Entry = (&'static Command, Option<&'static str>);

impl Menu {
    /// A menu in which nothing was typed yet.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            prompt: Prompt::default(),
            cursor: 0,
        }
    }

    /// Text was typed: the choice starts at the best match again.
    pub fn typed(&mut self) {
        self.cursor = 0;
    }

    /// Moves the choice.
    pub fn go(&mut self, to: Move, situation: &Situation, height: usize) {
        let last = self.entries(situation).len().saturating_sub(1);
        self.cursor = match to.distance(height) {
            Some(by) => self.cursor.saturating_add_signed(by).min(last),
            None if to == Move::Top => 0,
            None => last,
        };
    }

    /// The first word, and what follows it.
    fn words(&self) -> (&str, &str) {
        let text = self.prompt.text().trim_start();
        text.split_once(' ')
            .map_or((text, ""), |(name, rest)| (name, rest.trim()))
    }

    /// The commands that match what was typed, best first.
    pub fn entries(&self, situation: &Situation) -> Vec<Entry> {
        let text = match self.kind {
            Kind::Palette | Kind::More => self.words().0,
            Kind::Help => self.prompt.text().trim(),
        };
        let text = text.to_lowercase();
        let mut found: Vec<(u8, &'static Command)> = TABLE
            .iter()
            .filter(|command| self.kind != Kind::More || command.group == Group::Other)
            .filter_map(|command| Some((rank(self.kind, command, &text)?, command)))
            .collect();
        match self.kind {
            Kind::Palette | Kind::More => found.sort_by_key(|(rank, _)| *rank),
            Kind::Help => found.sort_by_key(|(_, command)| {
                Group::ALL.iter().position(|group| *group == command.group)
            }),
        }
        found
            .into_iter()
            .map(|(_, command)| (command, refusal(command.id, situation)))
            .collect()
    }

    /// The command that Enter runs, with what follows its name.
    pub fn chosen(&self, situation: &Situation) -> Option<(Entry, String)> {
        let entry = *self.entries(situation).get(self.cursor)?;
        let argument = match self.kind {
            Kind::Palette | Kind::More => self.words().1.to_owned(),
            Kind::Help => String::new(),
        };
        Some((entry, argument))
    }

    /// Types the chosen command's name.
    pub fn complete(&mut self, situation: &Situation) {
        if let Some(((command, _), argument)) = self.chosen(situation) {
            self.prompt = Prompt::new(&format!("{} {argument}", command.name));
            if argument.is_empty() && !command.argument.is_empty() {
                self.prompt.insert_char(' ');
            }
        }
    }

    /// Paints the commands into `area`.
    pub fn view(&self, situation: &Situation, model: &Model, buffer: &mut Buffer, area: Rect) {
        let theme = model.theme;
        let entries = self.entries(situation);
        let (title, words) = match self.kind {
            Kind::Palette => ("Commands", "Enter runs, Tab completes, Esc closes"),
            Kind::More => (
                "Other lists",
                "type to search, Enter shows, Tab completes, Esc closes",
            ),
            Kind::Help => (
                "Help",
                "type to search, Enter runs, Esc closes; - is not possible now",
            ),
        };
        Pen::new(buffer, area, 0)
            .put("*", theme.strong())
            .put(title, theme.strong())
            .put("  ", theme.text())
            .put(words, theme.quiet());
        let headed = self.kind == Kind::Help && self.prompt.text().is_empty();
        let rows = rows(&entries, headed);
        let chosen = rows
            .iter()
            .position(|row| *row == Row::Entry(self.cursor))
            .unwrap_or(0);
        let height = usize::from(area.height.saturating_sub(1)).max(1);
        let top = (chosen + 1).saturating_sub(height);
        if entries.is_empty() {
            Pen::new(buffer, area, 2).put("  No command is called that. Esc closes.", theme.text());
        }
        for (line, row) in (1..area.height).zip(rows.iter().skip(top)) {
            match row {
                Row::Heading(group) => {
                    Pen::new(buffer, area, line)
                        .put(" ", theme.text())
                        .put(group.title(), theme.heading());
                }
                Row::Entry(index) => {
                    let chosen = *index == self.cursor;
                    let mut pen = Pen::new(buffer, area, line);
                    entry(entries[*index], chosen, self.kind, model, &mut pen);
                    if chosen {
                        canvas::tint(buffer, area, line, theme.selected());
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Row {
    Heading(Group),
    Entry(usize),
}

fn rows(entries: &[Entry], headed: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut group = None;
    for (i, (command, _)) in entries.iter().enumerate() {
        if headed && group != Some(command.group) {
            group = Some(command.group);
            rows.push(Row::Heading(command.group));
        }
        rows.push(Row::Entry(i));
    }
    rows
}

fn entry((command, why_not): Entry, chosen: bool, kind: Kind, model: &Model, pen: &mut Pen<'_>) {
    let theme = model.theme;
    let style = if why_not.is_some() {
        theme.quiet()
    } else {
        theme.text()
    };
    pen.put(if why_not.is_some() { " -" } else { "  " }, style);
    let keys = command.keys_text();
    match kind {
        Kind::Help => {
            pen.put(&format::left(&keys, 18), theme.key());
            pen.put(&format::left(command.name, 18), style);
        }
        Kind::Palette => {
            let name = format!(":{} {}", command.name, command.argument);
            pen.put(&format::left(&name, 26), style);
            pen.put(&format::left(&keys, 16), theme.key());
        }
        Kind::More => {
            pen.put(
                &format::left(&format!(":{}", command.name), 18),
                theme.key(),
            );
            return list_state(command, model, pen);
        }
    }
    match why_not {
        Some(why) if chosen => pen.put("not now: ", style).put(why, style),
        _ => pen.put(command.doc, style),
    };
}

/// What a list is, and when it was read or why it was not.
fn list_state(command: &Command, model: &Model, pen: &mut Pen<'_>) {
    let theme = model.theme;
    let Id::Entries(kind) = command.id else {
        return;
    };
    let trouble = model
        .resource(kind.resource())
        .and_then(|status| status.trouble.as_ref());
    let (state, style) = if let Some(why) = trouble {
        (format!("unknown: {why}"), theme.warning())
    } else {
        let age = header::age(model, kind.resource());
        (
            age.unwrap_or_else(|| format::UNKNOWN.to_owned()),
            theme.quiet(),
        )
    };
    pen.put(&format::left(kind.title(), 24), theme.text())
        .put(&state, style);
}

/// How well a command matches; less is better, `None` is not at all.
fn rank(kind: Kind, command: &Command, text: &str) -> Option<u8> {
    let mut names = command.aliases.iter().chain([&command.name]);
    match kind {
        Kind::Help => {
            let keys = command.keys.contains(&text)
                || command.keys.iter().any(|k| k.eq_ignore_ascii_case(text));
            let words =
                names.any(|name| name.contains(text)) || command.doc.to_lowercase().contains(text);
            (keys || words).then_some(0)
        }
        Kind::Palette | Kind::More => names
            .filter_map(|name| {
                if *name == text {
                    Some(0)
                } else if name.starts_with(text) {
                    Some(1)
                } else if name.contains(text) {
                    Some(2)
                } else {
                    is_spread_over(text, name).then_some(3)
                }
            })
            .min(),
    }
}

/// Whether the characters of `text` come in `name` in the same order.
fn is_spread_over(text: &str, name: &str) -> bool {
    let mut rest = name.chars();
    text.chars().all(|c| rest.any(|other| other == c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::command::{Id, Place};

    fn situation() -> Situation {
        Situation {
            place: Place::List,
            in_page: false,
            wide: false,
            tabs: 0,
            has_row: true,
            filtered: false,
            has_why: false,
            in_past: false,
            has_past: false,
            has_future: false,
            connected: true,
        }
    }

    fn typed(kind: Kind, text: &str) -> Menu {
        let mut menu = Menu::new(kind);
        menu.prompt = Prompt::new(text);
        menu
    }

    #[test]
    fn the_palette_finds_by_name_alias_and_letters() {
        for (text, id, argument) in [
            ("q", Id::Quit, ""),
            ("user ana lopez", Id::Users, "ana lopez"),
            ("sync now", Id::SyncNow, "now"),
            ("hfw", Id::HistoryForward, ""),
        ] {
            let ((command, _), rest) = typed(Kind::Palette, text).chosen(&situation()).unwrap();
            assert_eq!((command.id, rest.as_str()), (id, argument), "{text}");
        }
        assert!(typed(Kind::Palette, "zzz").chosen(&situation()).is_none());
    }

    #[test]
    fn help_is_searched_by_key_and_by_words_and_says_why_not() {
        let found = typed(Kind::Help, "ctrl-z").entries(&situation());
        assert_eq!(found[0].0.id, Id::Suspend);
        let found = typed(Kind::Help, "newest").entries(&situation());
        let follow = found
            .iter()
            .find(|(command, _)| command.id == Id::Follow)
            .unwrap();
        assert_eq!(follow.1, Some("only the log has that"));
    }

    #[test]
    fn tab_completes_the_name() {
        let mut menu = typed(Kind::Palette, "gro");
        menu.complete(&situation());
        assert_eq!(menu.prompt.text(), "groups ");
    }
}
