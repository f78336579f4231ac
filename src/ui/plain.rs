//! The console line by line: commands are typed as lines, and what they show comes back as numbered lines of text. For screen readers, for
//! terminals that cannot move a cursor, and for scripts.
//!
//! Below it are the same panes and pages as on a screen ([`App`]), so that a command means the same in both. One line is obeyed after
//! another: the next one when what the one before asked for is there.

mod words;

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Size;

use super::app::App;
use super::app::plain::{Chosen, Spoken};
use super::command::{self, Command};
use super::event::{Effect, Event};
use super::keymap::Keymap;
use super::settings::Settings;
use crate::domain::id::EventUuid;
use crate::domain::spelling;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::msg::status::{Notice, NoticeLevel};

/// Lines of text are as wide, and lists as long, as on a screen of this size.
const SIZE: Size = Size {
    width: 108,
    height: 26,
};

/// After how long it is said that an answer still has not come.
const PATIENCE: Duration = Duration::from_secs(10);

/// A console without a screen.
#[derive(Debug)]
pub struct Plain {
    app: App,
    /// Lines that were typed and are not obeyed yet.
    typed: VecDeque<String>,
    /// Questions that are not answered yet.
    asked: HashSet<u64>,
    /// Since when something is waited for, which is then told; `None` while the next line can be obeyed.
    waiting: Option<Timestamp>,
    /// Whether it was said that the answer takes long.
    told_patience: bool,
    /// The messages that were told.
    heard: Option<Notice>,
    /// Why the agent cannot be reached, as it was told.
    trouble: Option<String>,
    /// What was told last.
    told: Spoken,
    /// What the numbers of its lines stand for.
    numbers: Vec<Chosen>,
    /// The newest event that was told, while the newest are told as they come.
    following: Option<EventUuid>,
    greeted: bool,
    /// Whether a message has said already what came of the last line.
    said: bool,
    out: Vec<String>,
    effects: Vec<Effect>,
}

impl Plain {
    /// A console that works by these settings.
    pub fn new(settings: &Settings, now: Timestamp) -> Self {
        let mut app = App::new(settings.theme, SIZE, now);
        // Texts then name commands where they would name keys.
        let keys = Keymap::none();
        app.set(Settings {
            keys,
            ..settings.clone()
        });
        app.be_plain();
        Self {
            app,
            typed: VecDeque::new(),
            asked: HashSet::new(),
            waiting: Some(now),
            told_patience: false,
            heard: None,
            trouble: None,
            told: Spoken::default(),
            numbers: Vec::new(),
            following: None,
            greeted: false,
            said: false,
            out: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// The state below.
    pub fn app(&mut self) -> &mut App {
        &mut self.app
    }

    /// The lines to be shown since the last look, safe for any terminal.
    pub fn take_lines(&mut self) -> Vec<SafeText> {
        let lines = std::mem::take(&mut self.out).into_iter();
        lines.map(|line| SafeText::new(&line)).collect()
    }

    /// Whether the next line is obeyed as soon as it comes.
    pub fn is_ready(&self) -> bool {
        self.waiting.is_none() && self.typed.is_empty()
    }

    /// When [`Event::Tick`] should come, unless something else comes before.
    pub fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let patience = self.waiting.filter(|_| !self.told_patience);
        let patience = patience.map(|since| time::after(since, PATIENCE));
        self.app.deadline(now).into_iter().chain(patience).min()
    }

    /// Takes in what happened, and returns what must happen outside.
    pub fn update(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        self.happen(event, now);
        self.proceed(now);
        std::mem::take(&mut self.effects)
    }

    /// Takes in a line that was typed.
    pub fn line(&mut self, line: String, now: Timestamp) -> Vec<Effect> {
        self.following = None;
        if self.waiting.is_some() && line.trim() == "stop" {
            self.stop(now);
        } else {
            self.typed.push_back(line);
        }
        self.proceed(now);
        std::mem::take(&mut self.effects)
    }

    /// No line comes any more: it ends when all that came are obeyed.
    pub fn end(&mut self, now: Timestamp) -> Vec<Effect> {
        self.typed.push_back("quit".to_owned());
        self.proceed(now);
        std::mem::take(&mut self.effects)
    }

    fn happen(&mut self, mut event: Event, now: Timestamp) {
        match &mut event {
            Event::Reply { ticket, .. } => {
                self.asked.remove(ticket);
            }
            Event::Disconnected(_) => self.asked.clear(),
            // Nobody who has not asked for it is to hear what was looked at the last time.
            Event::Remembered { restore, .. } => *restore = false,
            _ => {}
        }
        for effect in self.app.update(event, now) {
            match effect {
                // What a clipboard would get is told: its terminal may be none that has one.
                Effect::Copy(text) => {
                    self.app.drop_flash();
                    self.out.extend(text.lines().map(str::to_owned));
                    self.said = true;
                }
                Effect::Ask(request) => {
                    self.asked.insert(request.ticket);
                    self.effects.push(Effect::Ask(request));
                }
                other => self.effects.push(other),
            }
        }
    }

    /// Gives up what is waited for.
    fn stop(&mut self, now: Timestamp) {
        let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        self.happen(Event::Key(interrupt), now);
        self.asked.clear();
        self.waiting = Some(now);
    }

    /// Tells what there is to tell, and obeys the lines whose turn it is.
    fn proceed(&mut self, now: Timestamp) {
        loop {
            self.tell_trouble();
            self.tell_messages();
            if let Some(since) = self.waiting {
                if !self.is_settled() {
                    return self.ask_for_patience(since, now);
                }
                self.waiting = None;
                self.told_patience = false;
                self.tell_view();
            } else if self.following.is_some() {
                self.tell_newer();
            }
            let Some(line) = self.typed.pop_front() else {
                return;
            };
            self.obey(line.trim(), now);
        }
    }

    /// Whether everything that was asked for is there, or nothing can come.
    fn is_settled(&self) -> bool {
        match self.app.is_connected() {
            Err(_) => true,
            Ok(is_up) => is_up && self.asked.is_empty() && self.app.is_settled(),
        }
    }

    fn ask_for_patience(&mut self, since: Timestamp, now: Timestamp) {
        if !self.told_patience && time::elapsed(since, now) >= PATIENCE {
            self.told_patience = true;
            self.say("Still waiting for an answer; stop gives it up.");
        }
    }

    fn say(&mut self, line: impl Into<String>) {
        self.out.push(line.into());
    }

    /// That the agent cannot be reached, and that it can be again.
    fn tell_trouble(&mut self) {
        let trouble = self.app.is_connected().err();
        if trouble == self.trouble {
            return;
        }
        match &trouble {
            Some(words) => self.say(format!("{words} It is tried again.")),
            None => self.say("The agent can be asked again."),
        }
        self.trouble = trouble;
    }

    /// Messages that were not told yet.
    fn tell_messages(&mut self) {
        let all: Vec<Notice> = self.app.notices().cloned().collect();
        let known = self.heard.as_ref();
        let begin = all.iter().rposition(|notice| Some(notice) == known);
        let new = &all[begin.map_or(0, |at| at + 1)..];
        let mut lines: Vec<String> = new.iter().map(words::notice).collect();
        // What stands on the last line of a screen and is not kept.
        let flash = self.app.take_flash();
        lines.extend(
            flash
                .filter(|flash| !new.contains(flash))
                .as_ref()
                .map(words::notice),
        );
        self.heard = all.last().cloned();
        self.said |= !lines.is_empty();
        self.out.extend(lines);
    }

    /// What stands in front, unless a message has just said all there is to say.
    fn tell_view(&mut self) {
        if !self.greeted {
            self.greeted = true;
            let org = self.app.spoken_org();
            return self.say(format!(
                "oktop, line by line: {org}. Type help, or users, groups, apps, log."
            ));
        }
        if self.app.needs_a_screen() {
            self.app.stop_asking();
            return self.say("This needs a screen: start oktop without --plain for it.");
        }
        let spoken = self.app.spoken();
        if !(self.said && spoken == self.told) {
            self.speak(spoken);
        }
    }

    /// Tells a view, with numbers for what can be chosen.
    fn speak(&mut self, spoken: Spoken) {
        self.numbers = Vec::new();
        self.say(&spoken.title);
        self.out.extend(spoken.notes.iter().cloned());
        for line in &spoken.lines {
            let words = match &line.to {
                Some(to) => {
                    self.numbers.push(to.clone());
                    format!("{}. {}", self.numbers.len(), line.words)
                }
                None => line.words.clone(),
            };
            self.say(words);
        }
        self.out.extend(spoken.end.clone());
        self.told = spoken;
    }

    /// Events that came while the newest are followed.
    fn tell_newer(&mut self) {
        let Some(last) = self.following else { return };
        let Some(newer) = self.app.events_after(last) else {
            self.say("More events came than can be told; list shows the newest.");
            self.following = self.app.newest_event();
            return;
        };
        for (words, uuid) in newer {
            self.numbers.push(Chosen::Event(uuid));
            self.say(format!("{}. {words}", self.numbers.len()));
            self.following = Some(uuid);
        }
    }

    /// Obeys a line.
    fn obey(&mut self, line: &str, now: Timestamp) {
        self.said = false;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        if self.app.asks() && self.answers(word, rest, now) {
            return self.wait(now);
        }
        match (word, rest) {
            ("" | "list" | "again", _) => self.told = Spoken::default(),
            ("help" | "?", _) => return self.help(rest),
            ("quit" | "q" | "exit", _) => return self.effects.push(Effect::Quit),
            ("open" | "o", _) => return self.open(rest, now),
            (number, "") if number.parse::<usize>().is_ok() => return self.open(number, now),
            ("next" | "n", "") => self.turn(true, now),
            ("previous" | "p", "") => self.turn(false, now),
            ("filter" | "/", _) => self.app.filter_by(rest, now),
            ("follow", "") => self.follow(now),
            _ => match command::named(word.trim_start_matches(':')) {
                Some(command) => return self.give(command, rest, now),
                None => return self.say(unknown(word)),
            },
        }
        self.wait(now);
    }

    /// Has the console ask for what it now needs, and what comes of it told.
    fn wait(&mut self, now: Timestamp) {
        self.happen(Event::Tick, now);
        self.waiting = Some(now);
    }

    /// Answers the menu or question that is open; whether that was an answer.
    fn answers(&mut self, word: &str, rest: &str, now: Timestamp) -> bool {
        let mut letters = word.chars();
        match (letters.next(), letters.next(), word) {
            (_, _, "back" | "esc" | "no") => self.app.stop_asking(),
            (_, _, "yes") => self.app.answer('y', now),
            (_, _, "open" | "o") if !rest.is_empty() => return false,
            (Some(letter), None, _) if !letter.is_ascii_digit() || self.numbers.is_empty() => {
                self.app.answer(letter, now);
            }
            _ => {
                // Numbers choose; any other command leaves the menu.
                let is_number = word.parse::<usize>().is_ok();
                if !is_number {
                    self.app.stop_asking();
                }
                return false;
            }
        }
        true
    }

    fn open(&mut self, number: &str, now: Timestamp) {
        match self.numbered(number) {
            Ok(chosen) if self.app.open_chosen(&chosen, now) => self.wait(now),
            Ok(_) => self.say("That is not here any more; list shows what is."),
            Err(why) => self.say(why),
        }
    }

    /// What a number stands for.
    fn numbered(&self, number: &str) -> Result<Chosen, String> {
        let index = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let chosen = index.and_then(|index| self.numbers.get(index));
        chosen.cloned().ok_or_else(|| match self.numbers.len() {
            0 => "Nothing here has a number that could be opened.".to_owned(),
            last => format!("open takes a number from 1 to {last}."),
        })
    }

    /// The screen after what was told, or before it.
    fn turn(&mut self, forward: bool, now: Timestamp) {
        let edge = if forward {
            self.numbers.last()
        } else {
            self.numbers.first()
        };
        match edge.cloned() {
            Some(edge) if self.app.turn_screen(&edge, forward) => {}
            _ => self.say("There is only this."),
        }
        self.told = Spoken::default();
        self.happen(Event::Tick, now);
    }

    /// Tells events as they come, until the next line.
    fn follow(&mut self, now: Timestamp) {
        if !self.app.follows()
            && let Some(follow) = command::named("follow")
        {
            self.app.run_named(follow, "", now);
        }
        self.following = self
            .app
            .follows()
            .then(|| self.app.newest_event())
            .flatten();
    }

    /// Gives a command by its name; a number behind one about a row says which.
    fn give(&mut self, command: &Command, rest: &str, now: Timestamp) {
        if words::means_nothing(command.id) {
            return self.say(format!(
                "`{}` is for a screen; help tells what there is here.",
                command.name
            ));
        }
        let is_number = command::acts_on_row(command.id) && rest.parse::<usize>().is_ok();
        if !is_number {
            self.app.run_named(command, rest, now);
            return self.wait(now);
        }
        match self.numbered(rest) {
            Ok(chosen) if self.app.choose_row(&chosen) => {
                self.app.run_named(command, "", now);
                self.wait(now);
            }
            Ok(_) => self.say("Only rows of lists and events can be chosen so; open it first."),
            Err(why) => self.say(why),
        }
    }

    fn help(&mut self, about: &str) {
        self.out.extend(words::help(about));
    }
}

/// That there is no such command, and which there are that look like it.
fn unknown(word: &str) -> String {
    let all = command::TABLE.iter().map(|command| command.name);
    let near = spelling::nearest(word, all.chain(words::OWN.map(|(name, _)| name)), 3);
    match near.as_slice() {
        [] => format!("No command is called `{word}`; help names them."),
        near => format!(
            "No command is called `{word}`; did you mean {}?",
            near.join(" or ")
        ),
    }
}

/// Whether messages of that kind are marked.
fn is_bad(level: NoticeLevel) -> bool {
    level != NoticeLevel::Info
}
