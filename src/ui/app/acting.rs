//! Choosing a change for what is in front, and telling it what it needs.

use std::collections::HashSet;

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};

use super::find::BELOW;
use super::{App, Mode, Purpose};
use crate::domain::entry::Subject;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::log_event::{LogEvent, Party};
use crate::domain::text::SafeText;
use crate::msg::Ask;
use crate::ui::act::{self, Act, Given, Line, Needs, Way, Who};
use crate::ui::event_page::object_of;
use crate::ui::format;
use crate::ui::found::Found;
use crate::ui::keymap::Chord;
use crate::ui::list::List;
use crate::ui::page::Page;
use crate::ui::panel::{Choice, Panel};
use crate::ui::prompt::Prompt;
use crate::ui::record::{self, Item};
use crate::ui::text_view::Move;
use crate::ui::theme::Theme;

/// The menu of changes.
#[derive(Clone, Debug)]
pub(super) struct Acting {
    /// What the change could be about: all marked rows, or one or another party of an event.
    sets: Vec<Vec<Who>>,
    at: usize,
    choice: Choice,
    /// The ways of the line that was chosen.
    ways: Option<(Line, &'static [Way])>,
    /// When the first of the events was that it was opened on.
    since: Option<Timestamp>,
}

/// A change that is told what it needs.
#[derive(Clone, Debug)]
pub(super) struct Giving {
    line: Line,
    who: Vec<Who>,
    pub(super) prompt: Prompt,
    /// What was found of what is typed, where a user, a group or an app is needed.
    pub(super) found: Found,
    choice: Choice,
}

impl Acting {
    fn who(&self) -> &[Who] {
        self.sets.get(self.at).map_or(&[], Vec::as_slice)
    }

    fn lines(&self) -> Vec<Line> {
        self.who().first().map(act::lines).unwrap_or_default()
    }

    /// Each entry with its key, and why it cannot be chosen.
    fn entries(&self) -> Vec<(char, &'static str, Option<String>, usize)> {
        let who = self.who();
        match self.ways {
            Some((_, ways)) => ways
                .iter()
                .map(|way| (way.key, way.name, act::why_not_way(way, who), who.len()))
                .collect(),
            None => self
                .lines()
                .iter()
                .map(|line| {
                    let fitting = act::fitting(line, who);
                    (line.key, line.name, act::why_not(line, who), fitting)
                })
                .collect(),
        }
    }

    fn title(&self) -> String {
        let of = named(self.who());
        match self.ways {
            Some((line, _)) => format!("{}: {of}", line.name),
            None => format!("Change {of}"),
        }
    }

    /// The menu as lines: its title, and each entry with its key.
    pub(super) fn spoken(&self) -> (String, Vec<(char, String)>) {
        let entry = |(key, name, why, _): (char, &str, Option<String>, usize)| match why {
            Some(why) => (key, format!("{name}: not now, {why}")),
            None => (key, name.to_owned()),
        };
        let entries = self.entries().into_iter().map(entry);
        (self.title(), entries.collect())
    }
}

/// What a change is about, in a few words.
fn named(who: &[Who]) -> String {
    match who {
        [one] if one.role.is_empty() => one.name.clone(),
        [one] => format!("{}, the {}", one.name, one.role),
        many => {
            let word = match many.first().map(|who| &who.subject) {
                Some(Subject::Object(id)) => match id.kind() {
                    Kind::User => "user",
                    Kind::Group => "group",
                    Kind::App => "app",
                },
                _ => "thing",
            };
            format::counted(many.len() as u64, word)
        }
    }
}

impl Giving {
    fn new(line: Line, who: Vec<Who>) -> Self {
        let kind = match line.needs {
            Needs::Group => Kind::Group,
            Needs::App => Kind::App,
            _ => Kind::User,
        };
        Self {
            line,
            who,
            prompt: Prompt::default(),
            found: Found::of(kind),
            choice: Choice::default(),
        }
    }

    fn what(&self) -> &'static str {
        match self.line.needs {
            Needs::User => "user",
            Needs::Group => "group",
            Needs::App => "app",
            _ => "",
        }
    }

    /// Pasted text is a name that is looked for.
    pub(super) fn paste(&mut self, text: &str, now: Timestamp) -> Option<String> {
        let words = self.prompt.insert(text);
        self.found.typed(self.prompt.text(), now);
        words
    }

    /// Paints what is typed, and says where the cursor is.
    pub(super) fn foot(&self, theme: Theme, buffer: &mut Buffer, area: Rect) -> Position {
        let sign = match self.line.needs {
            Needs::Text(asked) => format!(" {}; {asked}: ", self.line.name),
            _ => format!(
                " {}: name or id of the {} (enter takes it): ",
                self.line.name,
                self.what()
            ),
        };
        self.prompt.view(&sign, buffer, area, 0, theme)
    }

    /// What was typed as an id.
    fn typed_id(&self) -> Option<ObjectId> {
        let text = self.prompt.text().trim();
        let (kind, begins): (fn(&str) -> Option<ObjectId>, &str) = match self.line.needs {
            Needs::User => (|id| id.parse().ok().map(ObjectId::User), "00u"),
            Needs::Group => (|id| id.parse().ok().map(ObjectId::Group), "00g"),
            _ => (|id| id.parse().ok().map(ObjectId::App), "0oa"),
        };
        kind(text).filter(|_| text.starts_with(begins) && text.len() > begins.len())
    }

    fn chosen(&self) -> Option<(ObjectId, String)> {
        if let Some(id) = self.typed_id() {
            let name = id.as_str().to_owned();
            return Some((id, name));
        }
        let item = self.found.rows().get(self.choice.at)?;
        match item.subject() {
            Subject::Object(id) => Some((id, item.name().to_owned())),
            Subject::Entry(_) => None,
        }
    }
}

impl App {
    /// Opens the menu of changes for what is in front.
    pub(super) fn begin_act(&mut self, now: Timestamp) {
        let sets = self.to_act_on();
        let acting = Acting {
            sets,
            at: 0,
            choice: Choice::default(),
            ways: None,
            since: self.since_at_hand(),
        };
        let Some(first) = acting.who().first() else {
            return self.tell("Nothing here can be changed.", now);
        };
        if acting.lines().is_empty() {
            let name = first.name.clone();
            return self.tell(&format!("oktop changes nothing of {name}."), now);
        }
        self.look_up(&acting);
        self.mode = Mode::Act(Box::new(acting));
    }

    /// Asks what the mirror has of a single thing, where that was not looked at.
    fn look_up(&mut self, acting: &Acting) {
        let [who] = acting.who() else { return };
        if who.is_known {
            return;
        }
        let ask = match &who.subject {
            Subject::Object(id) => Ask::Object(id.clone()),
            Subject::Entry(key) => Ask::Entry(key.clone()),
        };
        self.ask_for(ask, Purpose::Row);
    }

    /// Takes in what the mirror has of what is to be changed.
    pub(super) fn learn(&mut self, item: &Item) {
        let Mode::Act(acting) = &mut self.mode else {
            return;
        };
        let subject = item.subject();
        let all = acting.sets.iter_mut().flatten();
        for who in all.filter(|who| who.subject == subject) {
            who.learn(item);
        }
    }

    /// What can be acted on: marked rows together, or else each party of an event, or what is under the cursor.
    fn to_act_on(&self) -> Vec<Vec<Who>> {
        if let Some(list) = self.focused_list() {
            let marked: Vec<Who> = marked(list);
            if !marked.is_empty() {
                return vec![marked];
            }
            let row = list
                .selected()
                .map(|item| Who::row(item, Some(&list.topic)));
            return row.map(|who| vec![who]).into_iter().collect();
        }
        let events = self.marked_events();
        if !events.is_empty() {
            return of_events(&events);
        }
        if let Some(event) = self.event_at_hand() {
            let sets = of_events(&[event]);
            return self.pointed_first(sets);
        }
        if let Some(Page::Object(detail)) = self.pages.last()
            && self.link_at_hand().is_none()
            && let Some(row) = detail.row()
        {
            return vec![vec![Who::row(row, None)]];
        }
        let at_hand = self.subject_at_hand();
        let who = at_hand.map(|(subject, name)| vec![Who::named(subject, &name, "")]);
        who.into_iter().collect()
    }

    /// When the first of the events at hand was.
    fn since_at_hand(&self) -> Option<Timestamp> {
        if self.focused_list().is_some() {
            return None;
        }
        let marked = self.marked_events();
        let first = marked.iter().map(|event| event.published).min();
        first.or_else(|| Some(self.event_at_hand()?.published))
    }

    fn marked_events(&self) -> Vec<&LogEvent> {
        let Some(log) = self.focused_log() else {
            return Vec::new();
        };
        let marked = log.marks();
        let rows = log.rows().iter();
        rows.filter(|row| marked.has(&row.event.uuid))
            .map(|row| &row.event)
            .collect()
    }

    /// The party under the cursor before the others.
    fn pointed_first(&self, mut sets: Vec<Vec<Who>>) -> Vec<Vec<Who>> {
        let pointed = self.pointed().ok();
        let id = pointed.and_then(|pointed| match pointed.value {
            crate::domain::filter::Value::Named(named) => Some(named.id),
            _ => None,
        });
        if let Some(id) = id {
            let is_it = |set: &Vec<Who>| {
                let mut all = set.iter();
                all.any(|who| record::id_text(&who.subject) == id)
            };
            sets.sort_by_key(|set| !is_it(set));
        }
        sets
    }

    /// A key in the menu: letters are its lines.
    pub(super) fn act_key(&mut self, mut acting: Box<Acting>, key: KeyEvent, now: Timestamp) {
        let count = acting.entries().len();
        let chosen = match key.code {
            KeyCode::Char(letter) => acting.entries().iter().position(|(key, ..)| *key == letter),
            KeyCode::Enter => Some(acting.choice.at).filter(|at| *at < count),
            KeyCode::Esc | KeyCode::Backspace if acting.ways.is_some() => {
                acting.ways = None;
                acting.choice = Choice::default();
                self.mode = Mode::Act(acting);
                return;
            }
            KeyCode::Esc | KeyCode::Backspace => return,
            KeyCode::Tab if acting.ways.is_none() => {
                acting.at = (acting.at + 1) % acting.sets.len().max(1);
                acting.choice = Choice::default();
                self.look_up(&acting);
                self.mode = Mode::Act(acting);
                return;
            }
            _ => None,
        };
        match (chosen, arrow(key)) {
            (Some(at), _) => return self.act_chosen(acting, at, now),
            (None, Some(to)) => acting.choice.go(to, count, self.act_rows()),
            (None, None) => self.no_use(&[Chord::of(key)], BELOW, now),
        }
        self.mode = Mode::Act(acting);
    }

    fn act_chosen(&mut self, mut acting: Box<Acting>, at: usize, now: Timestamp) {
        let refused = acting.entries().get(at).and_then(|(_, name, why, _)| {
            Some(format!("Not possible, {name}: {}.", why.as_ref()?))
        });
        if let Some(refused) = refused {
            self.tell(&refused, now);
            self.mode = Mode::Act(acting);
            return;
        }
        let line = match acting.ways {
            Some((_, ways)) => ways.get(at).map(line_of_way),
            None => acting.lines().get(at).copied(),
        };
        let Some(line) = line else { return };
        let who = acting.who().to_vec();
        match line.needs {
            Needs::Nothing if self.compose(&line, &who, acting.since, now) => {}
            Needs::Nothing => self.stage(line, &who, &Given::Nothing, "", now),
            Needs::Choice(ways) => {
                acting.ways = Some((line, ways));
                acting.choice = Choice::default();
                self.mode = Mode::Act(acting);
            }
            Needs::User | Needs::Group | Needs::App => {
                self.mode = Mode::Pick(Box::new(Giving::new(line, who)));
            }
            Needs::Text(_) => self.mode = Mode::Give(Box::new(Giving::new(line, who))),
        }
    }

    /// A key while a name is typed.
    pub(super) fn pick_key(&mut self, mut giving: Box<Giving>, key: KeyEvent, now: Timestamp) {
        match key.code {
            KeyCode::Esc => return self.tell("Nothing was staged.", now),
            KeyCode::Enter => {
                if let Some((id, name)) = giving.chosen() {
                    let given = Given::Object(id);
                    return self.stage(giving.line, &giving.who, &given, &name, now);
                }
                let words = format!("Not staged: no {} is chosen.", giving.what());
                self.mention(&words, now);
            }
            _ => {
                if let Some(to) = arrow(key) {
                    let count = giving.found.rows().len();
                    giving.choice.go(to, count, self.act_rows());
                } else if giving.prompt.key(key) {
                    giving.choice = Choice::default();
                    giving.found.typed(giving.prompt.text(), now);
                }
            }
        }
        self.mode = Mode::Pick(giving);
    }

    /// A key while a text is typed. What makes no change comes back with the reason.
    pub(super) fn give_key(&mut self, mut giving: Box<Giving>, key: KeyEvent, now: Timestamp) {
        match key.code {
            KeyCode::Esc => return self.tell("Nothing was staged.", now),
            KeyCode::Enter => {
                let given = Given::Text(giving.prompt.text().to_owned());
                let made = giving
                    .who
                    .first()
                    .map(|who| act::changes(giving.line.act, who, &given));
                if let Some(Err(why)) = made {
                    self.tell(&format!("Not staged: {why}."), now);
                } else {
                    return self.stage(giving.line, &giving.who, &given, "", now);
                }
            }
            _ => {
                giving.prompt.key(key);
            }
        }
        self.mode = Mode::Give(giving);
    }

    pub(super) fn act_rows(&self) -> usize {
        let body = self.places().map_or(0, |places| places.body.height);
        usize::from(body.saturating_sub(2)).max(1)
    }

    pub(super) fn act_view(&self, acting: &Acting, buffer: &mut Buffer, body: Rect) {
        let theme = self.model.theme;
        let all = acting.who().len();
        let line = |(key, name, why, fitting): (char, &str, Option<String>, usize)| {
            let style = match &why {
                Some(_) => theme.quiet(),
                None => theme.text(),
            };
            let told = match why {
                Some(why) => format!("- {why}"),
                None if fitting < all => format!("{fitting} of {all}"),
                None => String::new(),
            };
            vec![
                (format!("{key}  "), theme.key()),
                (format::left(name, 40), style),
                (SafeText::new(&told).to_string(), theme.quiet()),
            ]
        };
        let words = match acting.sets.len() {
            0 | 1 => "",
            _ => "tab: another party",
        };
        Panel {
            title: &SafeText::new(&acting.title()),
            words,
            lines: acting.entries().into_iter().map(line).collect(),
            empty: "Nothing of it can be changed.",
            choice: acting.choice,
        }
        .view_within(self.act_rows(), theme, buffer, body);
    }

    pub(super) fn act_foot(&self, acting: &Acting, buffer: &mut Buffer, area: Rect) {
        let mut keys = vec![("a letter", "stages it")];
        if acting.sets.len() > 1 {
            keys.push(("tab", "another party"));
        }
        keys.extend([("esc", "closes")]);
        self.keys(&keys, buffer, area);
    }

    pub(super) fn pick_view(&self, giving: &Giving, buffer: &mut Buffer, body: Rect) {
        let theme = self.model.theme;
        let line = |item: &Item| {
            let id = record::id_text(&item.subject()).to_owned();
            let name = SafeText::new(item.name()).to_string();
            vec![
                (format::left(&format::cut(&name, 48), 50), theme.text()),
                (id, theme.quiet()),
            ]
        };
        let title = format!("{}: {}", giving.line.name, named(&giving.who));
        Panel {
            title: &SafeText::new(&title),
            words: "",
            lines: giving.found.rows().iter().map(line).collect(),
            empty: "Type two letters of its name at least, or the whole id.",
            choice: giving.choice,
        }
        .view_within(self.act_rows(), theme, buffer, body);
    }
}

fn line_of_way(way: &Way) -> Line {
    Line {
        key: way.key,
        name: way.name,
        act: way.act,
        needs: Needs::Nothing,
    }
}

/// Movements that are no letters: these choose.
pub(super) fn arrow(key: KeyEvent) -> Option<Move> {
    Some(match key.code {
        KeyCode::Up => Move::Up,
        KeyCode::Down => Move::Down,
        KeyCode::PageUp => Move::PageUp,
        KeyCode::PageDown => Move::PageDown,
        KeyCode::Home => Move::Top,
        KeyCode::End => Move::Bottom,
        _ => return None,
    })
}

/// The marked rows of a list; one that is not loaded by its id alone.
fn marked(list: &List) -> Vec<Who> {
    let ids = list.marks().ids().into_iter();
    ids.map(|subject| match list.loaded(subject) {
        Some(item) => Who::row(item, Some(&list.topic)),
        None => Who::named(subject.clone(), record::id_text(subject), ""),
    })
    .collect()
}

/// The parties of events: the actors, then targets by kind.
fn of_events(events: &[&LogEvent]) -> Vec<Vec<Who>> {
    let actors = events.iter().flat_map(|event| event.actor.iter());
    let targets = || events.iter().flat_map(|event| event.targets.iter());
    let of = |kind: Kind| {
        let parties =
            targets().filter(move |party| object_of(party).is_some_and(|id| id.kind() == kind));
        parties.collect::<Vec<&Party>>()
    };
    let mut seen = HashSet::new();
    let mut sets = Vec::new();
    let actors: Vec<&Party> = actors.collect();
    for (role, parties) in [
        ("actor", actors),
        ("target", of(Kind::User)),
        ("target", of(Kind::Group)),
        ("target", of(Kind::App)),
    ] {
        let mut set = Vec::new();
        for party in parties {
            let Some(id) = object_of(party) else { continue };
            let subject = Subject::Object(id);
            if seen.insert(subject.clone()) {
                set.push(Who::named(subject, party.label(), role));
            }
        }
        match events.len() {
            // Several targets of one event are several things; of many events they go together.
            1 => sets.extend(set.into_iter().map(|who| vec![who])),
            _ if set.is_empty() => {}
            _ => sets.push(set),
        }
    }
    sets
}

/// What a plan is called: what is done, and to whom.
pub(super) fn title_of(line: &Line, who: &[Who], given: &str) -> String {
    let act = line.name;
    if line.act.makes() {
        return act.to_owned();
    }
    let of = match who {
        [one] => one.name.clone(),
        many => named(many),
    };
    match given {
        "" => format!("{act}: {of}"),
        given => format!("{act}: {of}, {given}"),
    }
}

/// Whether the others go on when one fails: where each takes access from somebody who may be an attacker.
pub(super) fn goes_on(act: Act) -> bool {
    matches!(
        act,
        Act::Contain
            | Act::Suspend
            | Act::ClearSessions
            | Act::ClearTokens
            | Act::ClearDevices
            | Act::LogOut
            | Act::Unlock
    )
}
