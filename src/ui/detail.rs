//! One user, group or app with everything the mirror knows about it, in tabs.
//!
//! The page shows at once what its list already had and asks for the rest: the object with its JSON and changes, the lists of the
//! open tab, and for a user the factors, which only Okta knows. Whatever is not there yet, or cannot be had, says so.

mod app;
mod changes;
mod group;
mod user;
mod view;

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::Timestamp;
use ratatui::text::Line;

use super::event::Tickets;
use super::list::List;
use super::log::Log;
use super::model::Model;
use super::record;
use super::text_view::{Move, Scroll};
use super::theme::Theme;
use super::{facts::Facts, json_text};
use crate::domain::factor::Factor;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::Revisions;
use crate::domain::query::Scope;
use crate::domain::time;
use crate::msg::{Answer, AnyRow, Ask, Object, Problem, Request};

pub use view::{Look, view};

/// How long a page waits at least before it reads its object again.
const REREAD_AFTER: Duration = Duration::from_millis(500);

/// How many rows above the body are taken by the object's summary and the tabs.
pub const CHROME_ROWS: usize = 3;

/// A tab of a detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// A user's profile and, in short, the rest.
    Profile,
    /// Users of a group.
    Members,
    /// Users of an app.
    Users,
    /// Groups of a user or an app.
    Groups,
    /// Apps of a user or a group.
    Apps,
    /// A user's factors.
    Factors,
    /// How people sign in to an app.
    SignOn,
    /// What an app provisions.
    Provisioning,
    /// Events about it.
    Events,
    /// What changed in it.
    Changes,
    /// Okta's JSON.
    Raw,
}

impl Tab {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Profile => "Profile",
            Self::Members => "Members",
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Apps => "Apps",
            Self::Factors => "Factors",
            Self::SignOn => "Sign-on",
            Self::Provisioning => "Provisioning",
            Self::Events => "Events",
            Self::Changes => "Changes",
            Self::Raw => "Raw",
        }
    }

    /// The tabs of a kind, in order.
    pub fn of(kind: Kind) -> &'static [Self] {
        match kind {
            Kind::User => &[
                Self::Profile,
                Self::Groups,
                Self::Apps,
                Self::Factors,
                Self::Events,
                Self::Changes,
                Self::Raw,
            ],
            Kind::Group => &[
                Self::Members,
                Self::Apps,
                Self::Events,
                Self::Changes,
                Self::Raw,
            ],
            Kind::App => &[
                Self::Users,
                Self::Groups,
                Self::SignOn,
                Self::Provisioning,
                Self::Events,
                Self::Changes,
                Self::Raw,
            ],
        }
    }
}

/// What a tab shows below the summary.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text, made anew whenever something it tells about changes.
    Text {
        /// How far it is scrolled.
        scroll: Scroll,
        /// Its lines.
        lines: Vec<Line<'static>>,
    },
    /// A list of other objects.
    List(Box<List>),
    /// Events.
    Log(Box<Log>),
}

/// What is known of a user's factors.
#[derive(Clone, Debug, PartialEq)]
enum Factors {
    NotAsked,
    Asked(u64),
    Known(Vec<Factor>, Timestamp),
    Unknown(Problem),
}

/// The page of one object.
#[derive(Clone, Debug)]
pub struct Detail {
    id: ObjectId,
    row: Option<AnyRow>,
    object: Option<Object>,
    problem: Option<Problem>,
    asked: Option<u64>,
    outdated: bool,
    not_before: Timestamp,
    seen: u64,
    tab: usize,
    bodies: Vec<Body>,
    factors: Factors,
}

impl Detail {
    /// The page of an object, of which `row` is known already.
    pub fn new(id: ObjectId, row: Option<AnyRow>) -> Self {
        let tabs = Tab::of(id.kind());
        let bodies = tabs.iter().map(|tab| body(*tab, &id)).collect();
        Self {
            id,
            row,
            object: None,
            problem: None,
            asked: None,
            outdated: true,
            not_before: Timestamp::MIN,
            seen: 0,
            tab: 0,
            bodies,
            factors: Factors::NotAsked,
        }
    }

    /// Which object this is about.
    pub fn id(&self) -> &ObjectId {
        &self.id
    }

    /// What is known of the object: as last read, or as its list had it.
    pub fn row(&self) -> Option<&AnyRow> {
        self.object
            .as_ref()
            .map(|object| &object.row)
            .or(self.row.as_ref())
    }

    /// The object's name, or its id while the name is not known.
    pub fn name(&self) -> &str {
        self.row().map_or(self.id.as_str(), record::name)
    }

    /// The tabs.
    pub fn tabs(&self) -> &'static [Tab] {
        Tab::of(self.id.kind())
    }

    /// The open tab.
    pub fn tab(&self) -> Tab {
        self.tabs()[self.tab]
    }

    /// Opens the tab at `index`, if there is one.
    pub fn open(&mut self, index: usize) {
        if index < self.bodies.len() {
            self.tab = index;
        }
    }

    /// Opens a tab by name, if this kind of object has it.
    pub fn open_tab(&mut self, tab: Tab) {
        if let Some(index) = self.tabs().iter().position(|known| *known == tab) {
            self.tab = index;
        }
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

    /// Whether the open tab is text, so that commands are about the object itself.
    pub fn body_is_text(&self) -> bool {
        matches!(self.body(), Body::Text { .. })
    }

    fn body_of(&self, tab: Tab) -> Option<&Body> {
        let index = self.tabs().iter().position(|known| *known == tab)?;
        self.bodies.get(index)
    }

    /// Moves within the open tab.
    pub fn go(&mut self, to: Move) {
        match self.body_mut() {
            Body::Text { scroll, .. } => scroll.go(to),
            Body::List(list) => list.go(to),
            Body::Log(log) => log.go(to),
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
                Body::Text { .. } => {}
            }
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
                Body::Text { .. } => {}
            }
        }
    }

    /// Lays the open tab out in `width` by `height`, which includes the summary and the tabs.
    pub fn arrange(&mut self, width: usize, height: usize, typing: bool, model: &Model) {
        let height = height.saturating_sub(CHROME_ROWS);
        let lines = match self.body() {
            Body::Text { .. } => self.text(width, model),
            _ => Vec::new(),
        };
        match self.body_mut() {
            Body::Text {
                scroll,
                lines: kept,
            } => {
                scroll.fit(lines.len(), height);
                *kept = lines;
            }
            Body::List(list) => {
                let chrome = list.chrome_rows(typing);
                list.set_height(height.saturating_sub(chrome));
            }
            Body::Log(log) => {
                let chrome = log.chrome_rows(typing);
                log.set_height(height.saturating_sub(chrome));
            }
        }
    }

    fn text(&self, width: usize, model: &Model) -> Vec<Line<'static>> {
        let theme = model.theme;
        let mut facts = Facts::new(width, theme);
        match (self.tab(), self.row()) {
            (Tab::Raw, _) => return self.raw(width, model),
            (Tab::Changes, _) => changes::tell(&mut facts, self.object.as_ref(), width, theme),
            (Tab::Factors, _) => user::factors(&mut facts, &self.factors, width, theme),
            (Tab::Profile, Some(AnyRow::User(row))) => {
                user::profile(&mut facts, row, theme);
                user::factors(&mut facts, &self.factors, width, theme);
                if let Some(Body::Log(log)) = self.body_of(Tab::Events) {
                    user::sessions(&mut facts, log, model, theme);
                    user::recent(&mut facts, log, width, theme);
                }
            }
            (Tab::SignOn, Some(AnyRow::App(row))) => {
                app::sign_on(&mut facts, row, self.object.as_ref(), theme);
            }
            (Tab::Provisioning, Some(AnyRow::App(row))) => {
                app::provisioning(&mut facts, row, theme);
            }
            _ if self.problem.is_some() => {}
            _ => {
                facts.sentence("Not loaded yet: asking the agent.", theme.quiet());
            }
        }
        if let Some(problem) = &self.problem {
            facts.heading("NOT UP TO DATE", "");
            facts.sentence(&problem.summary, theme.error());
        }
        facts.done()
    }

    fn raw(&self, width: usize, model: &Model) -> Vec<Line<'static>> {
        let raw = self.object.as_ref().and_then(|object| match &object.row {
            AnyRow::User(row) => row.raw.as_ref(),
            AnyRow::Group(row) => row.raw.as_ref(),
            AnyRow::App(row) => row.raw.as_ref(),
        });
        if let Some(raw) = raw {
            return json_text::lines(raw, width, model.theme);
        }
        let mut facts = Facts::new(width, model.theme);
        let (text, style) = match &self.problem {
            Some(problem) => (problem.summary.as_str(), model.theme.error()),
            None => ("Okta's JSON is being loaded.", model.theme.quiet()),
        };
        facts.sentence(text, style);
        facts.done()
    }

    /// The earliest moment at which the page wants to ask something.
    pub fn wants_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        let own = self.wants_object(revisions).then_some(self.not_before);
        let factors = self.wants_factors().then_some(Timestamp::MIN);
        let bodies = self
            .bodies_in_sight()
            .filter_map(|i| match &self.bodies[i] {
                Body::List(list) => list.wants_at(revisions),
                Body::Log(log) => log.wants_at(revisions),
                Body::Text { .. } => None,
            });
        bodies.chain(own).chain(factors).min()
    }

    fn wants_object(&self, revisions: &Revisions) -> bool {
        self.asked.is_none() && (self.outdated || self.seen != self.revision(revisions))
    }

    fn wants_factors(&self) -> bool {
        self.id.kind() == Kind::User && self.factors == Factors::NotAsked
    }

    fn revision(&self, revisions: &Revisions) -> u64 {
        record::revision(self.id.kind(), &Scope::All, revisions)
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
        if self.wants_object(revisions) && self.not_before <= now {
            let ticket = tickets.take();
            self.asked = Some(ticket);
            self.outdated = false;
            self.seen = self.revision(revisions);
            self.not_before = time::after(now, REREAD_AFTER);
            let ask = Ask::Object(self.id.clone());
            requests.push(Request { ticket, ask });
        }
        if let ObjectId::User(user) = &self.id
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
                Body::Text { .. } => None,
            });
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
            match answer {
                Ok(Answer::Object(object)) => {
                    self.problem = None;
                    self.object = Some(*object);
                }
                Ok(_) => {}
                Err(problem) => self.problem = Some(problem),
            }
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
        for body in &mut self.bodies {
            match body {
                Body::List(list) if list.awaits(ticket) => {
                    list.accept(answer);
                    return None;
                }
                Body::Log(log) if log.awaits(ticket) => {
                    log.accept(answer);
                    return None;
                }
                _ => {}
            }
        }
        Some(answer)
    }

    /// What stands beside a tab's title: how many there are, or that it is not known.
    fn tab_count(&self, tab: Tab) -> Option<String> {
        use super::format::{count_len, maybe_count};
        let related = self.row().map(record::related)?;
        match tab {
            Tab::Members | Tab::Users => Some(maybe_count(related.users)),
            Tab::Groups => Some(maybe_count(related.groups)),
            Tab::Apps => Some(maybe_count(related.apps)),
            Tab::Factors => Some(match &self.factors {
                Factors::Known(factors, _) => count_len(factors.len()),
                _ => super::format::UNKNOWN.to_owned(),
            }),
            _ => None,
        }
    }
}

/// What a row of a list tells about its object, for showing beside the list.
pub fn preview(row: &AnyRow, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut facts = Facts::new(width, theme);
    match row {
        AnyRow::User(row) => user::profile(&mut facts, row, theme),
        AnyRow::Group(row) => group::profile(&mut facts, row, theme),
        AnyRow::App(row) => {
            app::profile(&mut facts, row, theme);
            app::provisioning(&mut facts, row, theme);
        }
    }
    facts.done()
}

/// An empty body for a tab of that object.
fn body(tab: Tab, id: &ObjectId) -> Body {
    let list = |kind| {
        let scope = match id.clone() {
            ObjectId::User(id) => Scope::OfUser(id),
            ObjectId::Group(id) => Scope::OfGroup(id),
            ObjectId::App(id) => Scope::OfApp(id),
        };
        Body::List(Box::new(List::new(kind, scope)))
    };
    match tab {
        Tab::Members | Tab::Users => list(Kind::User),
        Tab::Groups => list(Kind::Group),
        Tab::Apps => list(Kind::App),
        Tab::Events => Body::Log(Box::new(Log::about(format!("about:{}", id.as_str())))),
        _ => Body::Text {
            scroll: Scroll::default(),
            lines: Vec::new(),
        },
    }
}
