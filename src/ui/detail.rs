//! One thing that the mirror keeps (a user, a rule, a token) with everything it knows about it, in tabs.
//!
//! The page shows at once what its list already had and asks for the rest: the thing with its JSON and changes, the lists of the
//! open tab, and for a user the factors, which only Okta knows. Whatever is not there yet, or cannot be had, says so.

mod app;
mod entry;
mod group;
mod tab;
mod user;
mod view;

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use ratatui::text::Line;

use super::event::Tickets;
use super::facts::Facts;
use super::format;
use super::linked::Text;
use super::list::List;
use super::model::Model;
use super::raw::RawView;
use super::reasons;
use super::record::{self, Item, Topic};
use super::text_view::Move;
use super::theme::Theme;
use crate::domain::entry::{EntryKey, EntryQuery, Subject, Target};
use crate::domain::factor::Factor;
use crate::domain::history::Existed;
use crate::domain::id::ObjectId;
use crate::domain::query::Revisions;
use crate::domain::text::{RawJson, SafeText};
use crate::domain::time;
use crate::msg::{Answer, AnyRow, Ask, Problem, Request};

pub use tab::{Body, Tab};
pub use view::{Look, view};

/// How long a page waits at least before it reads its object again.
const REREAD_AFTER: Duration = Duration::from_millis(500);

/// Entries whose ids differ in upper and lower case alone: more than there ever are.
const MAX_ALIKE: usize = 10;

/// How many rows above the body are taken by the object's summary and the tabs.
pub const CHROME_ROWS: usize = 3;

/// What is known of a user's factors.
#[derive(Clone, Debug, PartialEq)]
enum Factors {
    NotAsked,
    Asked(u64),
    Known(Vec<Factor>, Timestamp),
    Unknown(Problem),
}

/// Everything that the agent tells about what the page is about.
#[derive(Clone, Debug)]
struct Loaded {
    item: Item,
    names: Vec<(Target, SafeText)>,
}

/// The page of one thing.
#[derive(Clone, Debug)]
pub struct Detail {
    subject: Subject,
    row: Option<Item>,
    /// What people call it, where its row does not tell.
    called: Option<SafeText>,
    loaded: Option<Loaded>,
    problem: Option<Problem>,
    asked: Option<u64>,
    outdated: bool,
    not_before: Timestamp,
    seen: u64,
    tab: usize,
    tabs: Vec<Tab>,
    bodies: Vec<Body>,
    /// Tabs that the page gets once the mirror turns out to have something for them.
    hidden: Vec<(Tab, List)>,
    factors: Factors,
    /// The moment that is looked at; `None` is now.
    as_of: Option<Timestamp>,
    /// Whether Okta had it then.
    existed: Option<Existed>,
    /// Okta's JSON, as it is read.
    raw: RawView,
}

impl Detail {
    /// The page about something, of which `row` is known already.
    pub fn new(subject: Subject, row: Option<Item>) -> Self {
        let tabs = Tab::of(&subject);
        let bodies = tabs.iter().map(|tab| tab.body(&subject)).collect();
        let on_demand = Tab::on_demand(&subject).iter();
        let hidden = on_demand.filter_map(|tab| match tab.body(&subject) {
            Body::List(list) => Some((*tab, *list)),
            _ => None,
        });
        let hidden = hidden.collect();
        let mut detail = Self {
            subject,
            row,
            called: None,
            loaded: None,
            problem: None,
            asked: None,
            outdated: true,
            not_before: Timestamp::MIN,
            seen: 0,
            tab: 0,
            tabs,
            bodies,
            hidden,
            factors: Factors::NotAsked,
            as_of: None,
            existed: None,
            raw: RawView::default(),
        };
        detail.bind_rule();
        detail
    }

    /// Which members a rule manages can only be asked once it is known which group it gives.
    fn bind_rule(&mut self) {
        let Some(at) = self.tabs.iter().position(|tab| *tab == Tab::Managed) else {
            return;
        };
        if matches!(self.bodies[at], Body::Text(_))
            && let Some(mut body) = self.row().and_then(tab::managed)
        {
            if let Body::List(list) = &mut body {
                list.look_at(self.as_of);
            }
            self.bodies[at] = body;
        }
    }

    /// What this is about.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What is known of it: as last read, or as its list had it.
    pub fn row(&self) -> Option<&Item> {
        self.loaded
            .as_ref()
            .map(|loaded| &loaded.item)
            .or(self.row.as_ref())
    }

    /// Its name, or its id while the name is not known.
    pub fn name(&self) -> &str {
        let called = self.called.as_ref().map(SafeText::as_str);
        let name = self.row().map(Item::name).or(called);
        name.unwrap_or(record::id_text(&self.subject))
    }

    /// The tabs.
    pub fn tabs(&self) -> &[Tab] {
        &self.tabs
    }

    /// The open tab.
    pub fn tab(&self) -> Tab {
        self.tabs[self.tab]
    }

    /// Opens the tab at `index`, if there is one.
    pub fn open(&mut self, index: usize) {
        if index < self.bodies.len() {
            self.tab = index;
        }
    }

    /// Opens a tab by name, if this page has it; whether it has.
    pub fn open_tab(&mut self, tab: Tab) -> bool {
        let index = self.tabs().iter().position(|known| *known == tab);
        self.tab = index.unwrap_or(self.tab);
        index.is_some()
    }

    /// Opens the next or previous tab, around the ends.
    pub fn turn(&mut self, forward: bool) {
        let count = self.bodies.len();
        let step = if forward { 1 } else { count - 1 };
        self.tab = (self.tab + step) % count;
    }

    /// What the open tab shows.
    pub fn body(&self) -> &Body {
        &self.bodies[self.tab]
    }

    /// The same, to act on it.
    pub fn body_mut(&mut self) -> &mut Body {
        &mut self.bodies[self.tab]
    }

    /// Whether the open tab is text, so that commands are about the thing itself.
    pub fn body_is_text(&self) -> bool {
        matches!(
            self.body(),
            Body::Text(_) | Body::Reasons(_) | Body::Changes(_)
        )
    }

    fn body_of(&self, tab: Tab) -> Option<&Body> {
        let index = self.tabs().iter().position(|known| *known == tab)?;
        self.bodies.get(index)
    }

    /// Okta's JSON, when it is shown.
    pub fn raw(&self) -> Option<&RawView> {
        self.shows_raw().then_some(&self.raw)
    }

    /// The same, to move in it.
    pub fn raw_mut(&mut self) -> Option<&mut RawView> {
        self.shows_raw().then_some(&mut self.raw)
    }

    fn shows_raw(&self) -> bool {
        self.tab() == Tab::Raw && self.json().is_some()
    }

    /// Moves within the open tab.
    pub fn go(&mut self, to: Move) {
        if let Some(raw) = self.raw_mut() {
            return raw.go(to);
        }
        match self.body_mut() {
            Body::Text(text) => text.go(to),
            Body::List(list) => list.go(to),
            Body::Log(log) => log.go(to),
            Body::Reasons(reasons) => reasons.go(to),
            Body::Changes(changes) => changes.go(to),
        }
    }

    /// Reads everything on the page again, factors included.
    pub fn refresh(&mut self) {
        self.outdated = true;
        self.not_before = Timestamp::MIN;
        self.factors = Factors::NotAsked;
        for body in &mut self.bodies {
            match body {
                Body::List(list) => list.outdate(),
                Body::Log(log) => log.outdate(),
                Body::Reasons(reasons) => reasons.outdate(),
                Body::Changes(changes) => changes.outdate(),
                Body::Text(_) => {}
            }
        }
        for (_, list) in &mut self.hidden {
            list.outdate();
        }
    }

    /// Looks at another moment; `None` is now.
    pub fn look_at(&mut self, as_of: Option<Timestamp>) {
        if self.as_of != as_of {
            self.as_of = as_of;
            self.existed = None;
            self.loaded = None;
            self.problem = None;
            self.asked = None;
            self.outdated = true;
            self.not_before = Timestamp::MIN;
        }
        for body in &mut self.bodies {
            match body {
                Body::List(list) => list.look_at(as_of),
                Body::Log(log) => log.look_at(as_of),
                Body::Reasons(reasons) => reasons.look_at(as_of),
                Body::Changes(changes) => changes.look_at(as_of),
                Body::Text(_) => {}
            }
        }
        for (_, list) in &mut self.hidden {
            list.look_at(as_of);
        }
    }

    /// Forgets questions whose answers cannot come any more.
    pub fn disconnect(&mut self) {
        self.asked = None;
        self.outdated = true;
        if matches!(self.factors, Factors::Asked(_)) {
            self.factors = Factors::NotAsked;
        }
        for body in &mut self.bodies {
            match body {
                Body::List(list) => list.disconnect(),
                Body::Log(log) => log.disconnect(),
                Body::Reasons(reasons) => reasons.disconnect(),
                Body::Changes(changes) => changes.disconnect(),
                Body::Text(_) => {}
            }
        }
        for (_, list) in &mut self.hidden {
            list.disconnect();
        }
    }

    /// Lays the open tab out in `width` by `height`, which includes the summary and the tabs.
    pub fn arrange(&mut self, width: usize, height: usize, typing: bool, model: &Model) {
        let height = height.saturating_sub(CHROME_ROWS);
        let json = self.loaded.as_ref().and_then(|loaded| loaded.item.raw());
        if let Some(json) = json.filter(|_| self.tabs[self.tab] == Tab::Raw) {
            return self.raw.fit(json, width, height, model.theme);
        }
        let text = if matches!(self.body(), Body::Text(_)) {
            self.text(width, model)
        } else {
            Text::default()
        };
        match self.body_mut() {
            Body::Text(linked) => linked.fit(text, height),
            Body::List(list) => {
                list.set_columns(model.columns.get(&list.topic.key()));
                let chrome = list.chrome_rows(typing);
                list.set_height(height.saturating_sub(chrome));
            }
            Body::Log(log) => log.arrange(width, height, typing, model),
            Body::Reasons(reasons) => reasons.arrange(width, height, model),
            Body::Changes(changes) => changes.arrange(width, height, model),
        }
    }

    fn text(&self, width: usize, model: &Model) -> Text {
        let theme = model.theme;
        let mut facts = Facts::new(width, theme);
        let loaded = self.loaded.as_ref();
        if self.as_of.is_some() {
            self.say_when(&mut facts, model);
        }
        match (self.tab(), self.row()) {
            (Tab::Raw, _) => return self.instead_of_raw(width, model),
            (_, None) if self.existed.is_some() => {}
            (Tab::Overview, Some(Item::Entry(row))) => {
                entry::facts(&mut facts, row, self.then(), theme);
                let names = entry::Names {
                    known: loaded.map_or(&[], |loaded| loaded.names.as_slice()),
                    // A row of the past has those alone that its columns mention.
                    are_all: loaded.is_some() && self.as_of.is_none(),
                };
                entry::references(&mut facts, row, names, theme);
            }
            (Tab::Managed, Some(Item::Entry(_))) => {
                facts.sentence("The rule gives no group that is known.", theme.text());
            }
            (_, Some(Item::Object(row))) => self.object_text(&mut facts, row, width, model),
            _ if self.problem.is_some() => {}
            _ => {
                facts.sentence("Not loaded yet: asking the agent.", theme.quiet());
            }
        }
        if let Some(problem) = &self.problem {
            facts.heading("NOT UP TO DATE", "");
            facts.sentence(&problem.summary, theme.error());
        }
        facts.linked()
    }

    /// The moment of which what is loaded tells; `None` is when it was read.
    fn then(&self) -> Option<Timestamp> {
        self.as_of.filter(|_| self.existed == Some(Existed::Yes))
    }

    /// Of which moment the text tells, where that is not plain.
    fn say_when(&self, facts: &mut Facts, model: &Model) {
        if let (Some(Existed::Unknown), Some(words)) = (self.existed, self.before_first(model)) {
            facts.sentence(&words, model.theme.warning());
            return;
        }
        let words = match (self.existed, self.loaded.is_some()) {
            (Some(Existed::No), _) => "! Okta did not have it then.",
            (Some(Existed::Unknown), _) => {
                "! Whether Okta had it then is not known: the mirror first read it later."
            }
            (Some(Existed::Yes), false) => "! Okta had it then; what it was like is not known.",
            (None, _) => "! This text is as of now until what was is told.",
            (Some(Existed::Yes), true) => return,
        };
        facts.sentence(words, model.theme.warning());
    }

    /// That the moment lies before the first reading of whatever is of this kind.
    fn before_first(&self, model: &Model) -> Option<String> {
        let Subject::Object(id) = &self.subject else {
            return None;
        };
        let topic = Topic::all(id.kind());
        let first = model.known_since(topic.needs())?;
        let is_before = self.as_of.is_some_and(|then| then < first);
        is_before.then(|| {
            format!(
                "! Nothing is known of {} before {}, when they were first read.",
                topic.plural(),
                format::moment(first)
            )
        })
    }

    fn object_text(&self, facts: &mut Facts, row: &AnyRow, width: usize, model: &Model) {
        let theme = model.theme;
        match (self.tab(), row) {
            (Tab::Factors, _) => self.factors(facts, width, theme),
            (Tab::Profile, AnyRow::User(row)) => {
                user::profile(facts, row, self.then(), theme);
                facts.maybe("has", self.owned().as_ref());
                self.factors(facts, width, theme);
                if let Some(Body::Log(log)) = self.body_of(Tab::Events) {
                    user::sessions(facts, &row.value.id, log, model, theme);
                    user::recent(facts, log, width, theme);
                }
            }
            (Tab::SignOn, AnyRow::App(row)) => {
                app::sign_on(facts, row, self.json(), (self.then(), theme));
            }
            (Tab::Provisioning, AnyRow::App(row)) => {
                app::provisioning(facts, row, self.then(), theme);
            }
            _ => {}
        }
    }

    /// The factors. Okta tells only those of now, whatever moment is looked at.
    fn factors(&self, facts: &mut Facts, width: usize, theme: Theme) {
        user::factors(facts, &self.factors, width, theme);
        if self.as_of.is_some() {
            facts.sentence(
                "! These are the factors as of now; which there were then is not known.",
                theme.warning(),
            );
        }
    }

    /// Okta's JSON, once it is loaded.
    fn json(&self) -> Option<&RawJson> {
        self.loaded.as_ref()?.item.raw()
    }

    fn instead_of_raw(&self, width: usize, model: &Model) -> Text {
        let mut facts = Facts::new(width, model.theme);
        let (text, style) = match (&self.problem, &self.loaded) {
            (Some(problem), _) => (problem.summary.as_str(), model.theme.error()),
            (None, None) if self.existed.is_some() => {
                ("What it was like then is not known.", model.theme.warning())
            }
            (None, Some(_)) => ("The mirror keeps no JSON of it.", model.theme.quiet()),
            (None, None) => ("Okta's JSON is being loaded.", model.theme.quiet()),
        };
        facts.sentence(text, style);
        facts.linked()
    }

    /// The earliest moment at which the page wants to ask something.
    pub fn wants_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        let own = self.wants_row(revisions).then_some(self.not_before);
        let factors = self.wants_factors().then_some(Timestamp::MIN);
        let bodies = self
            .bodies_in_sight()
            .filter_map(|i| match &self.bodies[i] {
                Body::List(list) => list.wants_at(revisions),
                Body::Log(log) => log.wants_at(revisions),
                Body::Reasons(reasons) => reasons.wants_at(revisions),
                Body::Changes(changes) => changes.wants_at(revisions),
                Body::Text(_) => None,
            });
        let hidden = self.hidden.iter();
        let hidden = hidden.filter_map(|(_, list)| list.wants_at(revisions));
        bodies.chain(hidden).chain(own).chain(factors).min()
    }

    fn wants_row(&self, revisions: &Revisions) -> bool {
        self.asked.is_none() && (self.outdated || self.seen != self.revision(revisions))
    }

    fn wants_factors(&self) -> bool {
        matches!(self.subject, Subject::Object(ObjectId::User(_)))
            && self.factors == Factors::NotAsked
    }

    fn revision(&self, revisions: &Revisions) -> u64 {
        match &self.subject {
            Subject::Object(id) => Topic::all(id.kind()).revision(revisions),
            Subject::Entry(key) => Topic::entries(key.kind).revision(revisions),
        }
    }

    /// The open tab, and the events that a profile tells about.
    fn bodies_in_sight(&self) -> impl Iterator<Item = usize> {
        let events = self.tabs().iter().position(|tab| *tab == Tab::Events);
        let told = events.filter(|_| self.tab() == Tab::Profile);
        std::iter::once(self.tab).chain(told)
    }

    /// The page's next questions.
    pub fn poll(
        &mut self,
        now: Timestamp,
        revisions: &Revisions,
        tickets: &mut Tickets,
    ) -> Vec<Request> {
        let mut requests = Vec::new();
        if self.wants_row(revisions) && self.not_before <= now {
            let ticket = tickets.take();
            self.asked = Some(ticket);
            self.outdated = false;
            self.seen = self.revision(revisions);
            self.not_before = time::after(now, REREAD_AFTER);
            let ask = match &self.subject {
                Subject::Object(id) => match self.as_of {
                    Some(then) => Ask::ObjectThen(id.clone(), then),
                    None => Ask::Object(id.clone()),
                },
                Subject::Entry(key) => match self.as_of {
                    Some(then) => Ask::Entries(as_it_was(key, then)),
                    None => Ask::Entry(key.clone()),
                },
            };
            requests.push(Request { ticket, ask });
        }
        if let Subject::Object(ObjectId::User(user)) = &self.subject
            && self.wants_factors()
        {
            let ticket = tickets.take();
            let ask = Ask::Factors(user.clone());
            self.factors = Factors::Asked(ticket);
            requests.push(Request { ticket, ask });
        }
        let in_sight: Vec<usize> = self.bodies_in_sight().collect();
        for index in in_sight {
            requests.extend(match &mut self.bodies[index] {
                Body::List(list) => list.poll(now, revisions, tickets),
                Body::Log(log) => log.poll(now, revisions, tickets),
                Body::Reasons(reasons) => reasons.poll(now, revisions, tickets),
                Body::Changes(changes) => changes.poll(now, revisions, tickets),
                Body::Text(_) => None,
            });
        }
        for (_, list) in &mut self.hidden {
            requests.extend(list.poll(now, revisions, tickets));
        }
        requests
    }

    /// Takes in an answer, if it is to a question of this page; gives it back if it is not.
    pub fn accept(
        &mut self,
        ticket: u64,
        answer: Result<Answer, Problem>,
    ) -> Option<Result<Answer, Problem>> {
        if self.asked == Some(ticket) {
            self.asked = None;
            self.take_in(answer);
            return None;
        }
        if self.factors == Factors::Asked(ticket) {
            self.factors = match answer {
                Ok(Answer::Factors { factors, at }) => Factors::Known(factors, at),
                Ok(_) => Factors::NotAsked,
                Err(problem) => Factors::Unknown(problem),
            };
            return None;
        }
        if let Some(at) = self.hidden.iter().position(|(_, list)| list.awaits(ticket)) {
            self.hidden[at].1.accept(answer);
            self.unhide(at);
            return None;
        }
        for body in &mut self.bodies {
            match body {
                Body::List(list) if list.awaits(ticket) => {
                    list.accept_for(ticket, answer);
                    return None;
                }
                Body::Log(log) if log.awaits(ticket) => {
                    log.accept_for(ticket, answer);
                    return None;
                }
                Body::Reasons(reasons) if reasons.awaits(ticket) => {
                    reasons.accept(answer);
                    return None;
                }
                Body::Changes(changes) if changes.awaits(ticket) => {
                    changes.accept(answer);
                    return None;
                }
                _ => {}
            }
        }
        Some(answer)
    }

    /// Makes a tab of a list that has something in it. It comes behind the others, so that none of them changes its digit.
    fn unhide(&mut self, at: usize) {
        if self.hidden[at].1.selected().is_some() {
            let (tab, list) = self.hidden.remove(at);
            self.tabs.push(tab);
            self.bodies.push(Body::List(Box::new(list)));
        }
    }

    /// What the tabs behind those with a digit hold, in words; `None` when there are none.
    fn owned(&self) -> Option<String> {
        let owned = self.tabs.iter().filter(|tab| matches!(tab, Tab::Owned(_)));
        let counted = owned.map(|tab| {
            let count = self.tab_count(*tab).unwrap_or_default();
            format!("{} {count}", tab.title())
        });
        let counted: Vec<String> = counted.collect();
        (!counted.is_empty()).then(|| format!("{} (the last tabs)", counted.join(", ")))
    }

    fn take_in(&mut self, answer: Result<Answer, Problem>) {
        let loaded = match answer {
            Ok(Answer::Object(object)) => Loaded {
                item: Item::Object(object.row),
                names: Vec::new(),
            },
            Ok(Answer::ObjectThen(then)) => {
                self.existed = Some(then.existed);
                self.called = then.name;
                let Some(row) = then.row else {
                    self.problem = None;
                    self.loaded = None;
                    self.row = None;
                    return;
                };
                Loaded {
                    item: Item::Object(row),
                    names: Vec::new(),
                }
            }
            Ok(Answer::Entries(then)) => {
                let is_known = then.complete_at.is_some();
                let found = then.rows.into_iter().find(
                    |row| matches!(&self.subject, Subject::Entry(key) if row.entry.key == *key),
                );
                let Some(row) = found else {
                    self.existed = Some(if is_known {
                        Existed::No
                    } else {
                        Existed::Unknown
                    });
                    self.called = Some(self.name().into());
                    self.problem = None;
                    self.loaded = None;
                    self.row = None;
                    return;
                };
                self.existed = Some(Existed::Yes);
                Loaded {
                    names: entry::names(&row),
                    item: Item::Entry(Box::new(row)),
                }
            }
            Ok(Answer::Entry(entry)) => Loaded {
                item: Item::Entry(Box::new(entry.row)),
                names: entry.names,
            },
            Ok(_) => return,
            Err(problem) => {
                self.problem = Some(problem);
                return;
            }
        };
        self.problem = None;
        self.loaded = Some(loaded);
        self.bind_rule();
    }

    /// What stands beside a tab's title: how many there are, or that it is not known.
    fn tab_count(&self, tab: Tab) -> Option<String> {
        let related = match self.row()? {
            Item::Object(row) => record::related(row),
            Item::Entry(_) | Item::Holder(_) => crate::domain::query::Related::default(),
        };
        match tab {
            Tab::Members | Tab::Users => self.relation_count(tab, related.users),
            Tab::Groups => self.relation_count(tab, related.groups),
            Tab::Apps => self.relation_count(tab, related.apps),
            Tab::Factors if self.as_of.is_some() => None,
            Tab::Factors => Some(match &self.factors {
                Factors::Known(factors, _) => format::count_len(factors.len()),
                _ => format::UNKNOWN.to_owned(),
            }),
            Tab::Below(_) | Tab::Owned(_) | Tab::Managed => match self.body_of(tab)? {
                Body::List(list) => list.total().map(format::count_len),
                _ => None,
            },
            _ => None,
        }
    }

    /// How many relations there are. Rows of the past do not count them: there the tab's own list does, once it is open.
    fn relation_count(&self, tab: Tab, counted: Option<u64>) -> Option<String> {
        if self.as_of.is_none() {
            return Some(format::maybe_count(counted));
        }
        match self.body_of(tab)? {
            Body::List(list) => list.total().map(format::count_len),
            _ => None,
        }
    }
}

/// The question for one entry as it was. Okta's ids differ in upper and lower case alone, which the filter does not tell apart.
fn as_it_was(key: &EntryKey, then: Timestamp) -> EntryQuery {
    EntryQuery {
        parent: key.parent.clone(),
        filter: format!("id=\"{}\"", key.id),
        as_of: Some(then),
        with_raw: true,
        ..EntryQuery::of(key.kind, MAX_ALIKE)
    }
}

/// What a row of a list tells, for showing beside the list.
pub fn preview(row: &Item, width: usize, model: &Model) -> Vec<Line<'static>> {
    let (as_of, theme) = (model.as_of, model.theme);
    let mut facts = Facts::new(width, theme);
    match row {
        Item::Object(AnyRow::User(row)) => user::profile(&mut facts, row, as_of, theme),
        Item::Object(AnyRow::Group(row)) => group::profile(&mut facts, row, as_of, theme),
        Item::Object(AnyRow::App(row)) => {
            app::profile(&mut facts, row, as_of, theme);
            app::provisioning(&mut facts, row, as_of, theme);
        }
        Item::Entry(row) => {
            entry::facts(&mut facts, row, as_of, theme);
            let names = entry::Names {
                known: &[],
                are_all: false,
            };
            entry::references(&mut facts, row, names, theme);
        }
        Item::Holder(row) => reasons::holder(&mut facts, row, theme),
    }
    facts.done()
}
