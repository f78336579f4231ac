//! The time range of the log in front of the operator, and the zone in which its times are told.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::{App, Mode, Purpose};
use crate::domain::id::ObjectId;
use crate::domain::time;
use crate::msg::{AnyRow, Ask, Object, Request};
use crate::ui::event::Effect;
use crate::ui::event::ZoneOf;
use crate::ui::event_page::object_of;
use crate::ui::json_path::JsonPath;
use crate::ui::keymap::Chord;
use crate::ui::log;
use crate::ui::prompt::Prompt;
use crate::ui::zone::{Whose, Zone};

/// Where Okta keeps the zone that somebody lives in.
const PROFILE_ZONE: &str = "profile.timezone";

/// The keys of the menu of time ranges.
pub(super) fn choices() -> Vec<(char, &'static str)> {
    let more = [('a', "around this event"), ('c', "type it"), ('0', "all")];
    log::SPANS.into_iter().chain(more).collect()
}

/// What stands before a range that is typed: what was wrong with it, or examples.
pub(super) fn sign(problem: Option<&str>) -> String {
    match problem {
        Some(problem) => format!(" ! {problem}: "),
        None => " time, such as 90m, 14:00 14:30, yesterday: ".to_owned(),
    }
}

impl App {
    /// Shows the range that was typed behind the command, or asks for one.
    pub(super) fn choose_times(&mut self, argument: &str, now: Timestamp) {
        match argument {
            "" => self.mode = Mode::Times,
            "around" => self.show_around(now),
            typed => {
                if let Err(why) = self.show_range(typed, now) {
                    self.reject(&format!("time: {why}."), now);
                }
            }
        }
    }

    pub(super) fn times_key(&mut self, key: KeyEvent, now: Timestamp) {
        let letter = match key.code {
            KeyCode::Char(letter) => letter,
            KeyCode::Esc => return,
            _ => '\0',
        };
        let span = log::SPANS.iter().find(|(key, _)| *key == letter);
        match (span, letter) {
            (Some((_, span)), _) => self.choose_times(span, now),
            (None, 'a') => self.show_around(now),
            (None, 'c' | 't') => self.mode = Mode::Range(Prompt::default(), None),
            (None, '0') => self.choose_times("all", now),
            _ => {
                let text = format!("time: {} is no range here.", Chord::of(key));
                self.tell(&text, now);
            }
        }
    }

    /// A key while a range is typed. One that cannot be read stays, to be put right.
    pub(super) fn range_key(&mut self, mut prompt: Prompt, key: KeyEvent, now: Timestamp) {
        match key.code {
            KeyCode::Esc => {}
            KeyCode::Enter => {
                if let Err(why) = self.show_range(prompt.text(), now) {
                    self.mode = Mode::Range(prompt, Some(why));
                }
            }
            _ => {
                prompt.key(key);
                self.mode = Mode::Range(prompt, None);
            }
        }
    }

    fn show_range(&mut self, typed: &str, now: Timestamp) -> Result<(), String> {
        let zone = self.model.zone.rules().clone();
        let times = log::read_range(typed, &zone, self.model.as_of, now)?;
        self.put_times(&times, now);
        Ok(())
    }

    /// The few minutes before and after the event under the cursor.
    fn show_around(&mut self, now: Timestamp) {
        let Some(at) = self.event_at_hand().map(|event| event.published) else {
            return self.tell("time: nothing is under the cursor to look around.", now);
        };
        let times = log::between(time::before(at, log::AROUND), time::after(at, log::AROUND));
        if let Some(log) = self.focused_log_mut() {
            log.let_go();
        }
        self.put_times(&times, now);
    }

    /// Shows the events of these times and no others.
    pub(super) fn put_times(&mut self, times: &[String], now: Timestamp) {
        self.leave();
        let put = self.focused_log_mut().map(|log| log.set_times(times));
        if let Some(Err(why)) = put {
            self.tell(&format!("Not filtered: {why}."), now);
        }
    }

    /// Tells times in the zone that was named, or in the next one: UTC, this machine's, the actor's.
    pub(super) fn turn_zone(&mut self, argument: &str, now: Timestamp) {
        let next = match self.model.zone.whose() {
            Whose::Utc => "local",
            Whose::Local => "actor",
            Whose::Of(..) => "utc",
        };
        match if argument.is_empty() { next } else { argument } {
            "utc" => self.show_zone(Zone::utc(), now),
            "local" => self.show_zone(Zone::local(self.model.local.clone()), now),
            "actor" => self.ask_for_zone(argument.is_empty(), now),
            other => {
                let text = format!("zone: `{other}` is none; write utc, local or actor.");
                self.reject(&text, now);
            }
        }
    }

    fn show_zone(&mut self, zone: Zone, now: Timestamp) {
        let words = zone.words(now);
        self.model.zone = zone;
        self.tell(&words, now);
    }

    /// Looks for the zone of the event's actor: Okta's profile of a user may tell it. Whoever only turns from zone to zone passes one that
    /// is not known.
    fn ask_for_zone(&mut self, turns: bool, now: Timestamp) {
        let actor = self.event_at_hand().and_then(|event| event.actor.as_ref());
        match actor.and_then(object_of) {
            Some(user @ ObjectId::User(_)) => {
                let ticket = self.tickets.take();
                self.commands.insert(ticket, Purpose::Zone);
                let ask = Ask::Object(user);
                self.effects.push(Effect::Ask(Request { ticket, ask }));
                self.tell("Looking for the time zone of the event's actor.", now);
            }
            _ if turns => self.show_zone(Zone::utc(), now),
            _ => self.tell(
                "zone: the event's actor is no user that has a time zone.",
                now,
            ),
        }
    }

    /// Takes in the user whose zone was asked for.
    pub(super) fn zone_of(&mut self, object: &Object, now: Timestamp) {
        let AnyRow::User(row) = &object.row else {
            return;
        };
        let path = JsonPath::parse(PROFILE_ZONE).ok();
        let named = path.zip(row.raw.as_ref());
        let zone = named.and_then(|(path, raw)| path.look_up(raw).ok().flatten());
        if let Some(name) = zone.filter(|zone| !zone.is_empty()) {
            let owner = row.value.login.to_string();
            self.effects.push(Effect::FindZone(ZoneOf { owner, name }));
        } else {
            self.model.zone = Zone::utc();
            let login = &row.value.login;
            let text = format!("Okta does not tell the time zone of {login}; times are UTC.");
            self.tell(&text, now);
        }
    }

    /// Takes in how time goes in a zone that was looked up.
    pub(super) fn zone_found(&mut self, zone: ZoneOf, rules: Option<TimeZone>, now: Timestamp) {
        let ZoneOf { owner, name } = zone;
        if let Some(rules) = rules {
            self.show_zone(Zone::of(owner, name, rules), now);
        } else {
            self.model.zone = Zone::utc();
            let text = format!(
                "This machine knows no time zone `{name}`, which is that of {owner}; times are UTC."
            );
            self.tell(&text, now);
        }
    }
}
