//! The text of a page about an address, a session, a device, a network or sign-ins.

use std::collections::HashMap;

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::{Events, Told, Traces};
use crate::domain::entry::Subject;
use crate::domain::filter::Value;
use crate::domain::id::ObjectId;
use crate::domain::query::EventRow;
use crate::domain::text::SafeText;
use crate::domain::trace::{Part, Seen, Sighting, Thing};
use crate::ui::command::Id;
use crate::ui::facts::Facts;
use crate::ui::format;
use crate::ui::header;
use crate::ui::keymap::{Keymap, View};
use crate::ui::linked::{Destination, Text};
use crate::ui::model::Model;
use crate::ui::theme::Theme;
use crate::ui::zone::Zone;

/// How many users are told, how many of everything else, and how many addresses of sign-ins with how many users each.
const USERS: usize = 200;
const OTHERS: usize = 12;
const ADDRESSES: usize = 100;
const USERS_EACH: usize = 5;
/// How many of the newest events are told above everything else, where they are what is looked for, and how many below it.
const EVENTS_ON_TOP: usize = 8;
const EVENTS_BELOW: usize = 50;
/// How wide the columns beside a name are, with the space before them.
const BESIDE: usize = 2 * 12 + 8 + 8;

/// The text, and what each of its links stands for.
pub(super) fn told(traces: &Traces, width: usize, model: &Model) -> (Text, Vec<Told>) {
    let mut told = Teller {
        traces,
        theme: model.theme,
        zone: &model.zone,
        keys: &model.keys,
        width,
        newest: traces.all().map_or(Timestamp::MIN, |all| all.last),
        facts: Facts::new(width, model.theme),
        told: Vec::new(),
    };
    told.trouble();
    told.head(model);
    if traces.all().is_some() {
        match traces.thing {
            Thing::Logons(_) => told.logons(),
            _ => told.parts(),
        }
    }
    (told.facts.linked(), told.told)
}

struct Teller<'a> {
    traces: &'a Traces,
    theme: Theme,
    /// In which its times are told.
    zone: &'a Zone,
    keys: &'a Keymap,
    width: usize,
    newest: Timestamp,
    facts: Facts,
    told: Vec<Told>,
}

impl Teller<'_> {
    fn trouble(&mut self) {
        if let Some(problem) = &self.traces.problem {
            self.facts.sentence(&problem.summary, self.theme.error());
            let hint = problem.hint.as_deref().unwrap_or("R tries again.");
            self.facts.sentence(hint, self.theme.quiet());
        }
    }

    /// How much there is, since when, and how far back the log goes that tells it.
    fn head(&mut self, model: &Model) {
        let theme = self.theme;
        match self.traces.all() {
            Some(all) => {
                self.stands_for(self.traces.thing.value(), self.traces.all_events());
                let to = Destination::Events(self.traces.all_events());
                let failed = format!(
                    "{}, {} failed",
                    format::count(all.count),
                    format::count(all.failed)
                );
                self.facts.link("events", &failed, to);
                self.facts.fact("first seen", &self.zone.moment(all.first));
                self.facts.fact("last seen", &self.zone.moment(all.last));
            }
            None if self.traces.problem.is_some() => {}
            None if self.traces.counted == 0 && self.traces.next.is_none() && !self.is_done() => {
                self.facts
                    .sentence("Not loaded yet: asking the agent.", theme.quiet());
            }
            None if self.is_done() => {
                self.facts.sentence(
                    "No stored event is of this. Older ones may not have been read.",
                    theme.text(),
                );
            }
            None => {
                self.facts.sentence("None so far.", theme.quiet());
            }
        }
        if let Some(reach) = header::log_reach(model) {
            self.facts.fact("stored log", &reach);
        }
        if let Some(why) = model.log_trouble() {
            let words = format!("The log is not read: {why}.");
            self.facts.sentence(&words, theme.warning());
        }
    }

    /// What the next link stands for.
    fn stands_for(&mut self, name: &str, events: Events) {
        let name = name.to_owned();
        self.told.push(Told { name, events });
    }

    fn is_done(&self) -> bool {
        self.traces.progress == super::Progress::Done
    }

    /// What was seen, each kind below its heading: what the page is mostly looked at for comes first.
    fn parts(&mut self) {
        let by_session = matches!(self.traces.thing, Thing::Session(_) | Thing::RootSession(_));
        if by_session {
            self.newest_events(EVENTS_ON_TOP);
            self.where_from();
            self.users();
        } else {
            self.users();
            self.where_from();
        }
        self.section(Part::Actor, "OTHER ACTORS", OTHERS);
        self.section(Part::App, "APPS", OTHERS);
        self.section(Part::Event, "KINDS OF EVENTS", OTHERS);
        self.section(Part::Session, "SESSIONS", OTHERS);
        self.section(Part::Device, "DEVICES", OTHERS);
        self.section(Part::Agent, "USER AGENTS", OTHERS);
        self.section(Part::Day, "DAYS", 90);
        if !by_session {
            self.newest_events(EVENTS_BELOW);
        }
        if self.traces.others > 0 {
            let words = format!(
                "{} more sightings are of things that are not told apart here; {} shows the events.",
                format::count(self.traces.others),
                self.keys.way(Id::Events, View::Text)
            );
            self.facts.sentence(&words, self.theme.warning());
        }
    }

    fn users(&mut self) {
        self.section(Part::User, "USERS", USERS);
    }

    fn where_from(&mut self) {
        self.section(Part::Address, "ADDRESSES", OTHERS);
        self.section(Part::Place, "PLACES", OTHERS);
        self.section(Part::Network, "NETWORKS", OTHERS);
    }

    fn section(&mut self, part: Part, title: &str, most: usize) {
        let traces = self.traces;
        let found = traces.of(part);
        if found.is_empty() || self.is_its_own(part, found.len()) {
            return;
        }
        self.heading(title, found.len());
        let called = names(&found);
        for (sighting, seen) in found.iter().take(most) {
            let name = named(sighting, &called);
            self.sighting(sighting, &name, *seen);
        }
        self.more(found.len(), most);
    }

    /// Whether the section would tell of nothing but the thing itself.
    fn is_its_own(&self, part: Part, count: usize) -> bool {
        let own = match self.traces.thing {
            Thing::Address(_) => Part::Address,
            Thing::Session(_) => Part::Session,
            Thing::Device(_) => Part::Device,
            _ => return false,
        };
        own == part && count == 1
    }

    fn heading(&mut self, title: &str, count: usize) {
        let room = self.name_width() + 2;
        let title = format!("{title}  {}", format::count_len(count));
        let sign = self.zone.sign(self.newest);
        let (last, first) = (format!("LAST {sign}"), format!("FIRST {sign}"));
        let columns = format!("{last:>12}{first:>12}{:>8}{:>8}", "EVENTS", "FAILED");
        let pad = room.saturating_sub(format::width(&title) + 1);
        self.facts.heading(
            &title,
            &format!("{}{columns}", " ".repeat(pad.saturating_sub(2))),
        );
    }

    fn more(&mut self, count: usize, most: usize) {
        if count > most {
            let more = format!(
                "and {} more; {} shows the events, where {} counts all",
                format::count_len(count - most),
                self.keys.way(Id::Events, View::Text),
                self.keys.way(Id::Facets, View::Log)
            );
            self.facts.sentence(&more, self.theme.quiet());
        }
    }

    fn name_width(&self) -> usize {
        self.width.saturating_sub(BESIDE + 3).max(8)
    }

    /// A line about something: what it is, when, how often, and where it leads.
    fn sighting(&mut self, sighting: &Sighting, name: &str, seen: Seen) {
        let theme = self.theme;
        let safe = SafeText::new(name);
        let failed = match seen.failed {
            0 => format::NONE.to_owned(),
            failed => format::count(failed),
        };
        let style = if seen.failed > 0 {
            theme.warning()
        } else {
            theme.quiet()
        };
        let line = Line::from(vec![
            Span::styled(
                format!("  {}", format::left(&safe, self.name_width())),
                theme.text(),
            ),
            Span::styled(
                format!(
                    " {:>11} {:>11}",
                    self.stamp(seen.last),
                    self.stamp(seen.first)
                ),
                theme.text(),
            ),
            Span::styled(format::right(&format::count(seen.count), 8), theme.text()),
            Span::styled(format::right(&failed, 8), style),
        ]);
        let events = self.events_of(sighting, name);
        let to = leads_to(sighting).unwrap_or_else(|| Destination::Events(events.clone()));
        self.stands_for(name.trim(), events);
        self.facts.linked_line(line, to);
    }

    /// The minute, or of what is far from the newest the day with its year.
    fn stamp(&self, at: Timestamp) -> String {
        let days = self.newest.duration_since(at).as_secs() / 86_400;
        let form = if days < 300 {
            "%m-%d %H:%M"
        } else {
            "%Y-%m-%d"
        };
        self.zone.written(at, form)
    }

    fn events_of(&self, sighting: &Sighting, name: &str) -> Events {
        let base = self.traces.thing.filter();
        let title = match self.traces.thing {
            Thing::Logons(_) => format!("sign-ins of {}", name.trim()),
            _ => format!("{} at {}", name.trim(), self.traces.title),
        };
        Events {
            filter: format!("{base} {}", sighting.clause()),
            title,
        }
    }

    fn newest_events(&mut self, most: usize) {
        let traces = self.traces;
        let shown = traces.newest.len().min(most);
        if shown == 0 {
            return;
        }
        let aside = match usize::try_from(traces.counted) {
            Ok(counted) if counted > shown => {
                let events = self.keys.way(Id::Events, View::Text);
                format!("the newest {shown}; {events} shows all")
            }
            _ => "newest first".to_owned(),
        };
        self.facts.heading("EVENTS", &aside);
        for row in traces.newest.iter().take(shown) {
            self.event(row);
        }
    }

    fn event(&mut self, row: &EventRow) {
        let (theme, event) = (self.theme, &row.event);
        let room = self.width.saturating_sub(2 + 15 + 6 + 2);
        let what = room.min(34).min(room / 2 + 4);
        let rest = room.saturating_sub(what + 1);
        let actor = event
            .actor
            .as_ref()
            .map_or(format::NONE, |actor| actor.label());
        let target = event
            .targets
            .first()
            .map_or(format::NONE, |target| target.label());
        let actor_and_target = SafeText::new(&format!("{actor} > {target}"));
        let line = Line::from(vec![
            Span::styled(
                format!(
                    "  {} ",
                    self.zone.written(event.published, "%m-%d %H:%M:%S")
                ),
                theme.text(),
            ),
            Span::styled(
                format::left(&format::cut_dotted(&event.event_type, what), what),
                theme.text(),
            ),
            Span::styled(
                format!(
                    " {}",
                    format::left(format::outcome(event.result.as_ref()), 5)
                ),
                theme.event(event.result.as_ref(), event.severity.as_ref()),
            ),
            Span::styled(
                format!(" {}", format::cut(&actor_and_target, rest)),
                theme.text(),
            ),
        ]);
        self.stands_for(&event.event_type, self.traces.all_events());
        self.facts.linked_line(line, Destination::Event(event.uuid));
    }

    /// Who signed in from where: each address with its users, the one that was used last first.
    fn logons(&mut self) {
        let traces = self.traces;
        let addresses = traces.of(Part::Address);
        let mut users: HashMap<&str, Vec<(&Sighting, Seen)>> = HashMap::new();
        for (sighting, seen) in traces
            .of(Part::User)
            .into_iter()
            .chain(traces.of(Part::Actor))
        {
            users
                .entry(&sighting.beside)
                .or_default()
                .push((sighting, seen));
        }
        let mut places: HashMap<&str, &str> = HashMap::new();
        for (sighting, _) in traces.of(Part::Place).into_iter().rev() {
            places.insert(&sighting.beside, sighting.value.text().unwrap_or_default());
        }
        self.heading("ADDRESSES", addresses.len());
        for (sighting, seen) in addresses.iter().take(ADDRESSES) {
            let address = sighting.value.text().unwrap_or_default();
            let shown = if address.is_empty() {
                "no address told"
            } else {
                address
            };
            let place = places.get(address).copied().unwrap_or(format::UNKNOWN);
            self.sighting(sighting, &format!("{shown}  {place}"), *seen);
            let found = users.remove(address).unwrap_or_default();
            let called = names(&found);
            for (sighting, seen) in found.iter().take(USERS_EACH) {
                let name = format!("   {}", named(sighting, &called));
                self.sighting(sighting, &name, *seen);
            }
            if found.len() > USERS_EACH {
                let more = format!(
                    "   and {} more users; enter on the address tells all",
                    found.len() - USERS_EACH
                );
                self.facts.line(Line::from(Span::styled(
                    format!("  {more}"),
                    self.theme.quiet(),
                )));
            }
        }
        self.more(addresses.len(), ADDRESSES);
    }
}

/// The page of what was seen, when it has one.
fn leads_to(sighting: &Sighting) -> Option<Destination> {
    let text = || sighting.value.text().map(str::to_owned);
    let id = || match &sighting.value {
        Value::Named(named) if named.is_sure() => Some(named.id.as_str()),
        _ => None,
    };
    let object = |id: ObjectId| Destination::Subject(Subject::Object(id));
    match sighting.part {
        Part::User => Some(object(ObjectId::User(id()?.parse().ok()?))),
        Part::App => Some(object(ObjectId::App(id()?.parse().ok()?))),
        Part::Address => Some(Destination::Trace(Thing::Address(text()?))),
        Part::Session => Some(Destination::Trace(Thing::Session(text()?))),
        Part::Device => Some(Destination::Trace(Thing::Device(text()?))),
        Part::Network => Some(Destination::Trace(Thing::Network(text()?))),
        Part::Actor | Part::Event | Part::Place | Part::Agent | Part::Day => None,
    }
}

/// How many of them have each name.
fn names(found: &[(&Sighting, Seen)]) -> HashMap<String, usize> {
    let mut names = HashMap::new();
    for (sighting, _) in found {
        *names.entry(plain_name(sighting)).or_default() += 1;
    }
    names
}

fn plain_name(sighting: &Sighting) -> String {
    let value = sighting.value.text().unwrap_or(format::NONE);
    match sighting.part {
        Part::Place | Part::Device if !sighting.beside.is_empty() => {
            format!("{}, {value}", sighting.beside)
        }
        Part::Network if sighting.beside.is_empty() => format!("AS{value}"),
        Part::Network => format!("AS{value} {}", sighting.beside),
        _ => value.to_owned(),
    }
}

/// What something is called; where another one is called the same, with its id.
fn named(sighting: &Sighting, names: &HashMap<String, usize>) -> String {
    let name = plain_name(sighting);
    match &sighting.value {
        Value::Named(named) if names.get(&name).is_some_and(|count| *count > 1) => {
            format!("{} {name}", named.id)
        }
        _ => name,
    }
}
