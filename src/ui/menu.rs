//! Commands to choose from by typing: the palette, help, and the other lists. All are the table of commands, searched.

use std::sync::Arc;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{self, Pen};
use super::command::{Command, Group, Id, Situation, TABLE, refusal};
use super::format;
use super::found::Found;
use super::header;
use super::keymap::{Keymap, View};
use super::layout::PaneId;
use super::memory::Saved;
use super::model::Model;
use super::prompt::Prompt;
use super::record::{self, Item};
use super::text_view::Move;
use crate::domain::entry::Subject;
use crate::domain::resource::ResourceStatus;
use crate::domain::text::SafeText;

/// Which of them it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `:`: names with what follows them.
    Palette,
    /// `?`: names, keys and words.
    Help,
    /// The lists that have no tab of their own, and when each was read.
    More,
    /// Searches that were saved, or are built in.
    Saved,
}

/// A menu of commands.
#[derive(Clone, Debug)]
pub struct Menu {
    /// Which of them it is.
    pub kind: Kind,
    /// What was typed.
    pub prompt: Prompt,
    cursor: usize,
    /// Saved searches that may be chosen.
    saved: Vec<Saved>,
    /// The keys that commands are found by.
    keys: Arc<Keymap>,
    /// Users, groups and apps that may be chosen.
    found: Found,
}

/// What can be chosen.
enum Hit<'a> {
    Command(Entry),
    Saved(&'a Saved),
    Object(&'a Item),
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
            saved: Vec::new(),
            keys: Keymap::standard(),
            found: Found::default(),
        }
    }

    /// The same with these searches to choose from.
    #[must_use]
    pub fn with_saved(self, saved: Vec<Saved>) -> Self {
        Self { saved, ..self }
    }

    /// The same where these are the keys.
    #[must_use]
    pub fn with_keys(self, keys: &Arc<Keymap>) -> Self {
        let keys = Arc::clone(keys);
        Self { keys, ..self }
    }

    /// Text was typed: the choice starts at the best match again, and once typing rests it is looked for among users, groups and apps.
    pub fn typed(&mut self, now: Timestamp) {
        self.cursor = 0;
        if self.kind == Kind::Palette {
            self.found.typed(self.prompt.text(), now);
        }
    }

    /// The users, groups and apps that are looked for.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// The same, to ask for them.
    pub fn found_mut(&mut self) -> &mut Found {
        &mut self.found
    }

    /// Moves the choice.
    pub fn go(&mut self, to: Move, situation: &Situation, height: usize) {
        let last = self.hits(situation).len().saturating_sub(1);
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

    /// Everything that matches what was typed: of what matches equally well commands come before searches.
    fn hits(&self, situation: &Situation) -> Vec<Hit<'_>> {
        let mut hits: Vec<(u8, Hit<'_>)> = self
            .ranked(situation)
            .into_iter()
            .map(|(rank, entry)| (rank, Hit::Command(entry)))
            .collect();
        let text = self.prompt.text().trim().to_lowercase();
        if matches!(self.kind, Kind::Palette | Kind::Saved) {
            let saved = self.saved.iter();
            hits.extend(
                saved.filter_map(|saved| Some((match_of(&saved.name, &text)?, Hit::Saved(saved)))),
            );
            hits.sort_by_key(|(rank, _)| *rank);
        }
        let hits = hits.into_iter().map(|(_, hit)| hit);
        // Behind all others, so that what Enter runs is not another thing once they have come.
        hits.chain(self.found.rows().iter().map(Hit::Object))
            .collect()
    }

    /// The user, group or app that Enter opens, when one is chosen.
    pub fn chosen_object(&self, situation: &Situation) -> Option<&Item> {
        match self.hits(situation).into_iter().nth(self.cursor)? {
            Hit::Object(item) => Some(item),
            Hit::Command(_) | Hit::Saved(_) => None,
        }
    }

    /// The search that Enter shows, when one is chosen.
    pub fn chosen_saved(&self, situation: &Situation) -> Option<&Saved> {
        match self.hits(situation).into_iter().nth(self.cursor)? {
            Hit::Saved(saved) => Some(saved),
            Hit::Command(_) | Hit::Object(_) => None,
        }
    }

    /// The commands that match what was typed, best first.
    #[cfg(test)]
    fn entries(&self, situation: &Situation) -> Vec<Entry> {
        let ranked = self.ranked(situation).into_iter();
        ranked.map(|(_, entry)| entry).collect()
    }

    /// The same, each with how well it matches.
    fn ranked(&self, situation: &Situation) -> Vec<(u8, Entry)> {
        let text = match self.kind {
            Kind::Saved => return Vec::new(),
            Kind::Palette | Kind::More => self.words().0,
            Kind::Help => self.prompt.text().trim(),
        };
        // A key is another one in capitals.
        let typed = text.to_owned();
        let text = text.to_lowercase();
        let view = View::of(situation);
        let mut found: Vec<(u8, &'static Command)> = TABLE
            .iter()
            .filter(|command| self.kind != Kind::More || command.group == Group::Other)
            .filter_map(|command| Some((self.rank(command, (&typed, &text), view)?, command)))
            .collect();
        match self.kind {
            Kind::Palette | Kind::More | Kind::Saved => found.sort_by_key(|(rank, _)| *rank),
            Kind::Help => found.sort_by_key(|(_, command)| {
                Group::ALL.iter().position(|group| *group == command.group)
            }),
        }
        found
            .into_iter()
            .map(|(rank, command)| (rank, (command, refusal(command.id, situation))))
            .collect()
    }

    /// How well a command matches; less is better, `None` is not at all.
    fn rank(&self, command: &Command, (typed, text): (&str, &str), view: View) -> Option<u8> {
        let mut names = command.aliases.iter().chain([&command.name]);
        match self.kind {
            Kind::Help => {
                let keys = self.keys.text(command.id, view);
                let has_key = keys.split(", ").any(|key| key == typed);
                let doc = self.keys.told(command.doc, view).to_lowercase();
                let words = names.any(|name| name.contains(text)) || doc.contains(text);
                (has_key || words).then_some(0)
            }
            Kind::Palette | Kind::More | Kind::Saved => {
                names.filter_map(|name| match_of(name, text)).min()
            }
        }
    }

    /// The command that Enter runs, with what follows its name.
    pub fn chosen(&self, situation: &Situation) -> Option<(Entry, String)> {
        let Hit::Command(entry) = self.hits(situation).into_iter().nth(self.cursor)? else {
            return None;
        };
        let argument = match self.kind {
            Kind::Palette | Kind::More => self.words().1.to_owned(),
            Kind::Help | Kind::Saved => String::new(),
        };
        Some((entry, argument))
    }

    /// What was typed as the name of a command.
    pub fn name(&self) -> &str {
        self.words().0
    }

    /// Whether what is chosen is not called what was typed, nor begins so.
    pub fn guesses(&self, situation: &Situation) -> bool {
        let Some(((command, _), _)) = self.chosen(situation) else {
            return false;
        };
        let typed = self.name().to_lowercase();
        let mut names = command.aliases.iter().chain([&command.name]);
        self.kind == Kind::Palette && !names.any(|name| name.starts_with(&*typed))
    }

    /// The command whose name is nearest to what was typed, when one is near.
    pub fn nearest(&self) -> Option<&'static str> {
        let typed = self.name().to_lowercase();
        let most = typed.chars().count() / 2;
        let of_kind = |command: &&Command| self.kind != Kind::More || command.group == Group::Other;
        let far = |command: &Command| {
            let all = command.aliases.iter().chain([&command.name]);
            all.map(|name| distance(&typed, name)).min()
        };
        let all = TABLE.iter().filter(of_kind);
        let near = all.filter_map(|command| Some((far(command)?, command.name)));
        let near = near.filter(|(distance, _)| *distance <= most.min(2));
        near.min_by_key(|(distance, _)| *distance)
            .map(|(_, name)| name)
    }

    /// Types the chosen command's name, or that of the nearest where none is chosen.
    pub fn complete(&mut self, situation: &Situation) {
        if self.hits(situation).is_empty()
            && let Some(name) = self.nearest()
        {
            let argument = self.words().1.to_owned();
            self.prompt = Prompt::new(name);
            self.prompt.put(" ");
            self.prompt.put(&argument);
            return;
        }
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
        let hits = self.hits(situation);
        let (title, words) = match self.kind {
            Kind::Palette => ("Commands", "Enter runs, Tab completes, Esc closes"),
            Kind::More => (
                "Other lists",
                "type to search, Enter shows, Tab completes, Esc closes",
            ),
            Kind::Saved => (
                "Saved searches",
                "type to search, Enter shows, :forget NAME forgets, Esc closes",
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
        let look = Look {
            kind: self.kind,
            view: View::of(situation),
            model,
            width: area.width.into(),
        };
        let lines = self.lines(&hits, headed, look);
        let last = lines
            .iter()
            .rposition(|line| line.entry == Some(self.cursor));
        let height = usize::from(area.height.saturating_sub(1)).max(1);
        let top = (last.unwrap_or(0) + 1).saturating_sub(height);
        if hits.is_empty() {
            let what = match self.kind {
                Kind::Saved => "  No search is called that. Esc closes.",
                _ => "  No command is called that. Esc closes.",
            };
            Pen::new(buffer, area, 2).put(what, theme.text());
            if let Some(name) = self.nearest() {
                let words = format!("  The nearest is :{name}; Tab takes it.");
                Pen::new(buffer, area, 3).put(&words, theme.text());
            }
        }
        for (row, line) in (1..area.height).zip(lines.iter().skip(top)) {
            let mut pen = Pen::new(buffer, area, row);
            for (text, style) in &line.parts {
                pen.put(text, *style);
            }
            if line.entry == Some(self.cursor) {
                canvas::tint(buffer, area, row, theme.selected());
            }
        }
    }

    /// Every line of the menu.
    fn lines(&self, hits: &[Hit<'_>], headed: bool, look: Look<'_>) -> Vec<Line> {
        let model = look.model;
        let mut lines = Vec::new();
        let mut group = None;
        for (index, hit) in hits.iter().enumerate() {
            let (command, why_not) = match hit {
                Hit::Command((command, why_not)) => (*command, why_not),
                Hit::Saved(saved) => {
                    lines.push(saved_line(saved, index, self.kind, model));
                    continue;
                }
                Hit::Object(item) => {
                    lines.push(object_line(item, index, self.kind, model));
                    continue;
                }
            };
            if headed && group != Some(command.group) {
                group = Some(command.group);
                let title = format!(" {}", command.group.title());
                lines.push(Line {
                    entry: None,
                    parts: vec![(title, model.theme.heading())],
                });
            }
            let chosen = index == self.cursor;
            lines.extend(entry_lines((command, *why_not), (index, chosen), look));
        }
        lines
    }
}

/// A line of the menu.
struct Line {
    /// The entry that it belongs to; `None` for a heading.
    entry: Option<usize>,
    parts: Vec<(String, Style)>,
}

/// How wide the mark before a command is.
const MARK: usize = 2;

/// Fewer columns than this are too few for words beside a command.
const LEAST_ROOM: usize = 30;

impl Kind {
    /// How wide the two columns before a command's words are.
    fn columns(self) -> [usize; 2] {
        match self {
            Self::Help => [18, 17],
            Self::Palette => [26, 18],
            Self::More => [18, 24],
            Self::Saved => [44, 10],
        }
    }
}

/// How the menu is shown.
#[derive(Clone, Copy)]
struct Look<'a> {
    kind: Kind,
    /// What it was opened over.
    view: View,
    model: &'a Model,
    /// The screen's columns.
    width: usize,
}

/// A command in as many lines as its words need: what is cut cannot be read anywhere else.
fn entry_lines(
    (command, why_not): Entry,
    (index, chosen): (usize, bool),
    look: Look<'_>,
) -> Vec<Line> {
    let Look {
        kind,
        view,
        model,
        width,
    } = look;
    let theme = model.theme;
    let style = if why_not.is_some() {
        theme.quiet()
    } else {
        theme.text()
    };
    let keys = model.keys.text(command.id, view);
    let [(first, first_style), (second, second_style)] = match kind {
        Kind::Help => [(keys, theme.key()), (command.name.to_owned(), style)],
        Kind::Palette | Kind::Saved => {
            let name = format!(":{} {}", command.name, command.argument);
            [(name, style), (keys, theme.key())]
        }
        Kind::More => [
            (format!(":{}", command.name), theme.key()),
            (list_title(command).to_owned(), theme.text()),
        ],
    };
    let (words, words_style) = match (kind, why_not) {
        (Kind::More, _) => list_state(command, model),
        (_, Some(why)) if chosen => {
            let why = model.keys.told(why, view);
            (format!("not now: {why}"), style)
        }
        _ => (model.keys.told(command.doc, view).into_owned(), style),
    };
    let [left, right] = kind.columns();
    // What somebody bound may be longer than its column.
    let [left, right] = [
        left.max(format::width(&first) + 1),
        right.max(format::width(&second) + 1),
    ];
    let beside = MARK + left + right;
    let room = width.saturating_sub(beside + 1);
    // On a narrow screen the words get lines of their own.
    let (indent, room) = match room {
        LEAST_ROOM.. => (beside, room),
        _ => (2 * MARK, width.saturating_sub(2 * MARK + 1).max(1)),
    };
    let mark = if why_not.is_some() { " -" } else { "  " };
    let mut head = vec![
        (mark.to_owned(), style),
        (format::left(&first, left), first_style),
        (format::left(&second, right), second_style),
    ];
    let mut words = format::wrap(&words, room).into_iter();
    if indent == beside {
        head.extend(words.next().map(|part| (part, words_style)));
    }
    let below = words.map(|part| vec![(" ".repeat(indent), style), (part, words_style)]);
    let lines = std::iter::once(head).chain(below);
    lines
        .map(|parts| Line {
            entry: Some(index),
            parts,
        })
        .collect()
}

fn list_title(command: &Command) -> &'static str {
    match command.id {
        Id::Entries(kind) => kind.title(),
        _ => "",
    }
}

/// When a list was read, or why it was not.
fn list_state(command: &Command, model: &Model) -> (String, Style) {
    let theme = model.theme;
    let Id::Entries(kind) = command.id else {
        return (String::new(), theme.text());
    };
    let age = header::age(model, kind.resource());
    let (words, is_warning) = reading(model.resource(kind.resource()), age);
    let style = if is_warning {
        theme.warning()
    } else {
        theme.quiet()
    };
    (words, style)
}

/// The same in words, and whether they are a warning. What was read before is as old as it is, whatever became of the last try.
fn reading(status: Option<&ResourceStatus>, age: Option<String>) -> (String, bool) {
    let trouble = status.and_then(|status| status.trouble.as_ref());
    let was_read = status.is_some_and(|status| status.complete_at.is_some());
    match (trouble, age) {
        (Some(_), Some(age)) if was_read => (age, true),
        (Some(why), _) => (format!("unknown: {why}"), true),
        (None, age) => (age.unwrap_or_else(|| format::UNKNOWN.to_owned()), false),
    }
}

/// How well a name matches; less is better, `None` is not at all.
fn match_of(name: &str, text: &str) -> Option<u8> {
    let name = name.to_lowercase();
    if name == text {
        Some(0)
    } else if name.starts_with(text) {
        Some(1)
    } else if name.contains(text) {
        Some(2)
    } else {
        is_spread_over(text, &name).then_some(3)
    }
}

/// A saved search in one line: its name, where it looks, and for what.
fn saved_line(saved: &Saved, index: usize, kind: Kind, model: &Model) -> Line {
    let theme = model.theme;
    let [left, right] = kind.columns();
    let pane = PaneId::from_word(&saved.view.pane).map_or(format::UNKNOWN, PaneId::title);
    let safe = SafeText::new(&saved.name);
    let [name, pane] = match kind {
        Kind::Saved => [format::left(&safe, left), format::left(pane, right)],
        _ => [format::left(&safe, left + right), format!("{pane}  ")],
    };
    Line {
        entry: Some(index),
        parts: vec![
            ("  ".to_owned(), theme.text()),
            (name, theme.strong()),
            (pane, theme.key()),
            (saved.view.filter.clone(), theme.quiet()),
        ],
    }
}

/// A user, a group or an app in one line: its name, which of them it is, and its id.
fn object_line(item: &Item, index: usize, kind: Kind, model: &Model) -> Line {
    let theme = model.theme;
    let [left, right] = kind.columns();
    let subject = item.subject();
    let word = match &subject {
        Subject::Object(id) => id.kind().word(),
        Subject::Entry(_) => "",
    };
    let name = SafeText::new(item.name());
    Line {
        entry: Some(index),
        parts: vec![
            ("  ".to_owned(), theme.text()),
            (format::left(&name, left + right), theme.strong()),
            (format!("{word}  "), theme.key()),
            (record::id_text(&subject).to_owned(), theme.quiet()),
        ],
    }
}

/// How many letters must be put in, left out, changed or swapped with their neighbour to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let changed = rows[i][j] + usize::from(a != b);
            let mut least = changed.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

/// Whether the characters of `text` come in `name` in the same order.
fn is_spread_over(text: &str, name: &str) -> bool {
    let mut rest = name.chars();
    text.chars().all(|c| rest.any(|other| other == c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::listing::PartialReason;
    use crate::domain::resource::{Phase, Resource};
    use crate::ui::command::{Id, Place};
    use crate::ui::theme::Theme;

    fn situation() -> Situation {
        Situation {
            on_fold: false,
            place: Place::List,
            in_page: false,
            wide: false,
            tabs: 0,
            has_row: true,
            filtered: false,
            no_value: None,
            marked: false,
            has_why: false,
            has_jumps: true,
            change: None,
            in_past: false,
            has_past: false,
            has_future: false,
            connected: true,
            raw: None,
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

    /// The lines of a menu at 80 columns, with every command in it and each of them chosen in turn.
    fn every_line(kind: Kind) -> Vec<(&'static Command, Vec<Line>)> {
        let model = Model::new(Theme::mono(), jiff::Timestamp::UNIX_EPOCH);
        let mut all = Vec::new();
        for chosen in [false, true] {
            for (index, entry) in Menu::new(kind)
                .entries(&situation())
                .into_iter()
                .enumerate()
            {
                let look = Look {
                    kind,
                    view: View::Lists,
                    model: &model,
                    width: 80,
                };
                let lines = entry_lines(entry, (index, chosen), look);
                all.push((entry.0, lines));
            }
        }
        all
    }

    #[test]
    fn nothing_in_help_or_the_palette_is_cut_at_80_columns() {
        let keys = Keymap::standard();
        for kind in [Kind::Help, Kind::Palette, Kind::More] {
            let [left, right] = kind.columns();
            for (command, lines) in every_line(kind) {
                let mut words = String::new();
                for line in &lines {
                    let text: String = line.parts.iter().map(|(text, _)| text.as_str()).collect();
                    assert!(format::width(&text) <= 80, "{kind:?} {text:?}");
                    words.push_str(&line.parts.last().unwrap().0);
                    words.push(' ');
                }
                let whole = kind == Kind::More || words.starts_with("not now: ");
                assert!(
                    whole || words.trim_end() == keys.told(command.doc, View::Lists),
                    "{kind:?} {words}"
                );
                let name = format!(":{} {}", command.name, command.argument);
                let before = match kind {
                    Kind::Help => [keys.text(command.id, View::Lists), command.name.to_owned()],
                    Kind::Palette | Kind::Saved => [name, keys.text(command.id, View::Lists)],
                    Kind::More => [format!(":{}", command.name), list_title(command).to_owned()],
                };
                for (text, column) in before.iter().zip([left, right]) {
                    assert!(format::width(text.trim_end()) < column, "{kind:?} {text:?}");
                }
            }
        }
    }

    #[test]
    fn the_chosen_command_is_in_sight_with_all_its_words() {
        let model = Model::new(Theme::mono(), jiff::Timestamp::UNIX_EPOCH);
        let area = Rect::new(0, 0, 80, 20);
        let mut menu = Menu::new(Kind::Help);
        for _ in 0..menu.entries(&situation()).len() {
            let ((command, why_not), _) = menu.chosen(&situation()).unwrap();
            let mut buffer = Buffer::empty(area);
            menu.view(&situation(), &model, &mut buffer, area);
            let words = model.keys.told(why_not.unwrap_or(command.doc), View::Lists);
            let end = words.split(' ').next_back().unwrap();
            let shown = (1..area.height).any(|row| {
                let line: String = (0..80).map(|x| buffer[(x, row)].symbol()).collect();
                line.trim_end().ends_with(end)
            });
            assert!(shown, "{}", command.name);
            menu.go(Move::Down, &situation(), 20);
        }
    }

    /// A list that had been read an hour ago was "unknown: failed" after one failed try.
    #[test]
    fn a_list_that_was_read_before_is_as_old_as_it_is() {
        let mut status = ResourceStatus {
            resource: Resource::Zones,
            phase: Phase::Idle,
            complete_at: None,
            known_since: None,
            waits: None,
            trouble: Some(PartialReason::Failed("no connection".into())),
            next_run: None,
            objects: 0,
        };
        let age = || Some("complete as of 14:00, last try failed".to_owned());
        let (words, is_warning) = reading(Some(&status), age());
        assert!(is_warning && words.starts_with("unknown: "), "{words}");
        status.complete_at = Some(jiff::Timestamp::UNIX_EPOCH);
        let told = (age().unwrap_or_default(), true);
        assert_eq!(reading(Some(&status), age()), told);
        status.trouble = None;
        assert!(!reading(Some(&status), age()).1);
    }

    #[test]
    fn a_word_is_as_far_from_another_as_it_takes_to_type_it_right() {
        for (one, other, far) in [
            ("", "", 0),
            ("users", "users", 0),
            ("uesrs", "users", 1),
            ("usrs", "users", 1),
            ("userss", "users", 1),
            ("abusers", "users", 2),
            ("abc", "", 3),
        ] {
            assert_eq!(distance(one, other), far, "{one} {other}");
            assert_eq!(distance(other, one), far, "{other} {one}");
        }
    }

    #[test]
    fn a_name_that_nothing_has_leads_to_the_nearest() {
        let mut menu = typed(Kind::Palette, "uesrs ana");
        assert!(menu.chosen(&situation()).is_none());
        assert_eq!(menu.nearest(), Some("users"));
        menu.complete(&situation());
        assert_eq!(menu.prompt.text(), "users ana");
        assert_eq!(typed(Kind::Palette, "zzzzzz").nearest(), None);
        assert_eq!(typed(Kind::Palette, "q9").nearest(), Some("quit"));
    }

    /// Whoever comes from vi was told that there is no such command.
    #[test]
    fn the_console_is_left_by_the_names_that_editors_have() {
        for name in ["q", "q!", "wq", "quit", "exit", "x"] {
            let ((command, _), _) = typed(Kind::Palette, name).chosen(&situation()).unwrap();
            assert_eq!(command.id, Id::Quit, "{name}");
        }
    }

    #[test]
    fn tab_completes_the_name() {
        let mut menu = typed(Kind::Palette, "gro");
        menu.complete(&situation());
        assert_eq!(menu.prompt.text(), "groups ");
    }
}
