//! The console's whole state: what it does with events, and its picture.
//!
//! [`App::update`] is the only way in; it returns what must happen outside. [`App::view`] is pure. Answers that no pane waits for any
//! more are dropped. A pane out of sight asks nothing.

mod act;
mod acting;
mod changes;
mod columns;
mod copy;
mod export;
mod find;
mod held;
mod histogram;
mod hunt;
mod jump;
mod keys;
mod mask;
mod messages;
pub(in crate::ui) mod plain;
mod queue;
mod ready;
mod saved;
mod settings;
mod times;
mod typing;
mod view;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use acting::{Acting, Giving};
use changes::{Followed, is_about_changes};
use hunt::Hunting;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use queue::Said;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Size;
use typing::Typing;

use super::command::{Place as KeyPlace, Searched, Situation};
use super::event::{Effect, Event, Tickets};
use super::event_page::EventPage;
use super::export::Progress;
use super::facets::Facets;
use super::format;
use super::header;
use super::history::{History, Place, Root};
use super::jump::Jump;
use super::keymap::Chord;
use super::layout::{self, PaneId, Places, Wish};
use super::linked::Destination;
use super::list::List;
use super::log::Log;
use super::mask::Mask;
use super::memory::Memory;
use super::menu::Menu;
use super::model::{Link, Model};
use super::page::Page;
use super::panel::Choice;
use super::picker::Picker;
use super::prompt::Prompt;
use super::queue::Queue;
use super::raw::RawView;
use super::record::{Item, Topic};
use super::secret::Secret;
use super::settings::Settings;
use super::sheet::Sheet;
use super::text_view::Scroll;
use super::theme::Theme;
use crate::action::plan::OpId;
use crate::domain::entry::EntryKind;
use crate::domain::hunt::HuntCost;
use crate::domain::id::Kind;
use crate::msg::status::{NoticeLevel, Status};
use crate::msg::{Answer, Ask, Problem, Push, Request};

/// The console's whole state.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are about different things and go in any combination"
)]
pub struct App {
    model: Model,
    size: Size,
    focus: PaneId,
    zoom: bool,
    /// Whether a detail is wanted beside or below; `None` is as the size suggests.
    detail: Option<bool>,
    log: Log,
    users: List,
    groups: List,
    apps: List,
    admins: List,
    /// The other lists that were opened.
    entries: BTreeMap<EntryKind, List>,
    /// Pages above the focused pane, the last on top.
    pages: Vec<Page>,
    history: History,
    mode: Mode,
    /// Keys of a sequence that is not finished.
    chords: Vec<Chord>,
    /// Keys that wait for the rows that they are meant for.
    held: VecDeque<KeyEvent>,
    tickets: Tickets,
    /// Questions asked by commands, and what they are asked for.
    commands: HashMap<u64, Purpose>,
    effects: Vec<Effect>,
    /// Whether what was typed as a command cannot be done as it was typed.
    rejected: bool,
    /// When Ctrl-C was pressed the first time.
    interrupted: Option<Timestamp>,
    /// The settings in force.
    settings: Settings,
    /// Whether the configuration could not be read the last time.
    settings_are_broken: bool,
    /// What is remembered from start to start.
    memory: Memory,
    /// Whether nobody has pressed a key yet.
    untouched: bool,
    /// A hunt that is asked about or under way.
    hunt: Option<Hunting>,
    /// The list that is being written to a file.
    exporting: Option<Progress>,
    /// What is being gathered to be copied.
    copying: Option<copy::Gathering>,
    /// Versions and paths: names and values.
    about: Vec<(String, String)>,
    /// The pseudonyms; they outlast their being shown.
    mask: Option<Mask>,
    /// Plans that were confirmed here, until all of their changes have ended.
    followed: BTreeMap<u64, Followed>,
    /// A plan that waits for a write window.
    waiting: Option<u64>,
    /// Whether lines are read in place of a screen.
    is_plain: bool,
}

/// What the answer to a command's question is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Nothing that is worth a message.
    Quiet,
    /// To be told in a message.
    Tell,
    /// To be shown as a page.
    Show,
    /// To learn in which zone somebody lives.
    Zone,
    /// To be asked about before a hunt begins.
    HuntCost,
    /// A hunt that is under way.
    Hunt,
    /// To learn the state of what is to be changed.
    Row,
    /// Changes that are staged, to be shown and confirmed.
    Stage,
    /// A plan to be shown, and confirmed where that is still to be done.
    Sheet(u64),
    /// A plan that was confirmed.
    Confirm(u64),
    /// What has become of a plan that was confirmed.
    Follow(u64),
    /// A secret.
    Secret(OpId),
}

/// What takes the keys, when it is not the pane or page.
#[derive(Clone, Debug)]
enum Mode {
    /// The pane or page.
    Normal,
    /// The filter line.
    Filter(Typing),
    /// What is searched for in JSON.
    Search(Typing),
    /// The name of a search to be saved.
    Naming(Prompt),
    /// The name of a file to export to.
    Exporting(Prompt),
    /// The palette or help.
    Menu(Menu),
    /// The clauses of the filter.
    Clauses(Choice),
    /// The values of a field.
    Facets(Box<Facets>),
    /// The choice of columns.
    Columns(Box<Picker>),
    /// A path for a further column, while columns are chosen.
    Path(Box<Picker>, Prompt),
    /// The choice of an order.
    Sort,
    /// The choice of where to jump to.
    Jump(Vec<Jump>, Choice),
    /// A hunt that waits for a yes, with what it will cost.
    Hunt(HuntCost),
    /// The choice of a change.
    Act(Box<Acting>),
    /// The user, group or app that a change has to be told.
    Pick(Box<Giving>),
    /// The text that a change has to be told.
    Give(Box<Giving>),
    /// Changes that are being staged, in a few words.
    Staging(String),
    /// The steps of a ready plan, to be chosen from.
    Ready(Box<ready::Choosing>),
    /// A staged plan, to be confirmed.
    Sheet(Box<Sheet>),
    /// A secret that is shown once.
    Secret(Box<Secret>),
    /// Why a write window of that length is opened.
    Reason(Duration, Prompt),
    /// How somebody knows what became of a change.
    Say(Said, Prompt),
    /// The bars of the histogram.
    Histogram,
    /// The choice of a time range.
    Times,
    /// A time range, and what was wrong with what was typed before.
    Range(Prompt, Option<String>),
    /// The messages.
    Messages(Scroll),
    /// Versions and paths.
    Info(Scroll),
}

impl App {
    /// The console before anything is known, on a terminal of that size.
    pub fn new(theme: Theme, size: Size, now: Timestamp) -> Self {
        Self {
            model: Model::new(theme, now),
            size,
            focus: PaneId::Log,
            zoom: false,
            detail: None,
            log: Log::new(),
            users: List::new(Topic::all(Kind::User)),
            groups: List::new(Topic::all(Kind::Group)),
            apps: List::new(Topic::all(Kind::App)),
            admins: List::new(Topic::Admins),
            entries: BTreeMap::new(),
            pages: Vec::new(),
            history: History::default(),
            mode: Mode::Normal,
            chords: Vec::new(),
            held: VecDeque::new(),
            tickets: Tickets::default(),
            commands: HashMap::new(),
            effects: Vec::new(),
            rejected: false,
            interrupted: None,
            settings: Settings::new(theme),
            settings_are_broken: false,
            memory: Memory::default(),
            untouched: true,
            hunt: None,
            exporting: None,
            copying: None,
            about: Vec::new(),
            mask: None,
            followed: BTreeMap::new(),
            waiting: None,
            is_plain: false,
        }
    }

    /// Starts in another pane than the log.
    pub fn show(&mut self, pane: PaneId) {
        self.focus = pane;
    }

    /// Tells what `:info` shows: names and values.
    pub fn set_about(&mut self, about: Vec<(String, String)>) {
        self.about = about;
    }

    /// Tells how time goes on this machine.
    pub fn set_local(&mut self, rules: TimeZone) {
        self.model.local = rules;
    }

    /// The terminal's size, as last told.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Takes in what happened at `now`, and returns what must happen outside.
    pub fn update(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        self.end_what_is_over(now);
        match event {
            Event::Key(key) => {
                self.untouched = false;
                self.key(key, now);
            }
            Event::Paste(text) => {
                self.untouched = false;
                self.paste(&text, now);
            }
            Event::Resize(size) => {
                self.size = size;
                if let Mode::Sheet(sheet) = &mut self.mode {
                    sheet.redrawn();
                }
            }
            Event::Reply { ticket, answer } => {
                let answer = self.masked_answer(ticket, answer);
                self.reply(ticket, answer, now);
            }
            Event::Push(push) => {
                if let Some(push) = self.masked_push(push) {
                    self.push(push, now);
                }
            }
            Event::Connected => self.connected(),
            Event::Disconnected(problem) => self.disconnected(problem, now),
            Event::Remembered { memory, restore } => self.remembered(*memory, restore, now),
            Event::NotRemembered(problem) => self.not_remembered(&problem, now),
            Event::Zone(mut zone, rules) => {
                zone.owner = self.masked_text(zone.owner);
                self.zone_found(zone, rules, now);
            }
            Event::Exported(news) => self.exported(news, now),
            Event::Saved(news) => self.told_of_file(news, now),
            Event::Settings { read, asked } => {
                self.settings_read(read.map(|settings| *settings), asked, now);
            }
            Event::Tick => {}
        }
        self.tell_of_the_log(now);
        self.model.renew_if_different(now);
        self.arrange();
        self.ask_what_is_missing(now);
        self.release(now);
        self.unmask_questions();
        std::mem::take(&mut self.effects)
    }

    /// When [`Event::Tick`] should come, unless something else comes before.
    pub fn deadline(&self, now: Timestamp) -> Option<Timestamp> {
        let revisions = &self.model.revisions;
        let mut moments: Vec<Option<Timestamp>> = vec![self.model.deadline(now)];
        if self.model.link == Link::Up
            && let Some(places) = self.places()
        {
            for (pane, _) in &places.panes {
                moments.push(match pane {
                    PaneId::Log => self.log.wants_at(revisions),
                    _ => self.list(*pane).and_then(|list| list.wants_at(revisions)),
                });
            }
            if let Mode::Menu(menu) = &self.mode {
                moments.push(menu.found().wants_at());
            }
            if let Mode::Pick(giving) = &self.mode {
                moments.push(giving.found.wants_at());
            }
            if places.page.is_some() {
                moments.push(self.pages.last().and_then(|page| page.wants_at(revisions)));
            }
        }
        if let Mode::Secret(secret) = &self.mode {
            moments.push(Some(secret.until()));
        }
        moments.into_iter().flatten().min()
    }

    /// Renews what is shown of the facts that alone are no reason to paint: the time, lag and budget.
    pub fn stamp(&mut self, now: Timestamp) {
        self.model.stamp(now);
        match &mut self.mode {
            Mode::Sheet(sheet) => sheet.painted(now),
            Mode::Secret(secret) => secret.painted(now),
            _ => {}
        }
        self.arrange();
    }

    fn places(&self) -> Option<Places> {
        let wish = Wish {
            focus: self.focus,
            page: !self.pages.is_empty(),
            zoom: self.zoom || self.queue_is_open(),
            detail: self.detail,
            banner: format::cells(header::banner_lines(&self.model, self.size.width).len()),
            foot: self.foot_rows(),
        };
        layout::places(self.size, wish)
    }

    fn list(&self, pane: PaneId) -> Option<&List> {
        match pane {
            PaneId::Log => None,
            PaneId::Users => Some(&self.users),
            PaneId::Groups => Some(&self.groups),
            PaneId::Apps => Some(&self.apps),
            PaneId::Admins => Some(&self.admins),
            PaneId::Entries(kind) => self.entries.get(&kind),
        }
    }

    fn list_mut(&mut self, pane: PaneId) -> Option<&mut List> {
        match pane {
            PaneId::Log => None,
            PaneId::Users => Some(&mut self.users),
            PaneId::Groups => Some(&mut self.groups),
            PaneId::Apps => Some(&mut self.apps),
            PaneId::Admins => Some(&mut self.admins),
            PaneId::Entries(kind) => {
                let as_of = self.model.as_of;
                let list = self.entries.entry(kind);
                Some(list.or_insert_with(|| {
                    let mut list = List::new(Topic::entries(kind));
                    list.look_at(as_of);
                    list
                }))
            }
        }
    }

    /// Every list of a pane, in sight or not.
    fn lists_mut(&mut self) -> impl Iterator<Item = &mut List> {
        let own = [
            &mut self.users,
            &mut self.groups,
            &mut self.apps,
            &mut self.admins,
        ];
        own.into_iter().chain(self.entries.values_mut())
    }

    /// The list that has the keys.
    fn focused_list(&self) -> Option<&List> {
        match self.pages.last() {
            Some(page) => page.list(),
            None => self.list(self.focus),
        }
    }

    fn focused_list_mut(&mut self) -> Option<&mut List> {
        if self.pages.is_empty() {
            self.list_mut(self.focus)
        } else {
            self.pages.last_mut().and_then(Page::list_mut)
        }
    }

    /// The log that has the keys.
    fn focused_log(&self) -> Option<&Log> {
        match self.pages.last() {
            Some(page) => page.log(),
            None => (self.focus == PaneId::Log).then_some(&self.log),
        }
    }

    fn focused_log_mut(&mut self) -> Option<&mut Log> {
        match self.pages.last_mut() {
            Some(page) => page.log_mut(),
            None => (self.focus == PaneId::Log).then_some(&mut self.log),
        }
    }

    fn filter(&self) -> &str {
        let list = self.focused_list().map(List::filter);
        list.or_else(|| self.focused_log().map(Log::filter))
            .unwrap_or_default()
    }

    /// Okta's JSON, when that is what has the keys.
    fn raw_at_hand(&self) -> Option<&RawView> {
        self.pages.last()?.raw()
    }

    fn raw_at_hand_mut(&mut self) -> Option<&mut RawView> {
        self.pages.last_mut()?.raw_mut()
    }

    /// The link under the cursor of a text.
    fn link_at_hand(&self) -> Option<&Destination> {
        self.pages.last()?.text()?.chosen()
    }

    /// What commands need to know.
    fn situation(&self) -> Situation {
        let place = match self.pages.last() {
            _ if self.focused_list().is_some() => KeyPlace::List,
            _ if self.focused_log().is_some() => KeyPlace::Log,
            Some(Page::Event(_)) => KeyPlace::EventText,
            Some(Page::Trace(_)) => KeyPlace::TraceText,
            Some(Page::Queue(_)) => KeyPlace::Queue,
            _ => KeyPlace::ObjectText,
        };
        let row = self.focused_list().and_then(List::selected).is_some();
        let event = self.focused_log().and_then(Log::selected).is_some();
        Situation {
            place,
            in_page: !self.pages.is_empty(),
            wide: layout::is_wide(self.size),
            tabs: match self.pages.last() {
                Some(Page::Object(detail)) => detail.tabs().len(),
                Some(Page::Event(_)) => 2,
                _ => 0,
            },
            has_row: row || event || self.link_at_hand().is_some() || self.has_change(),
            on_fold: self.focused_log().is_some_and(Log::is_on_fold),
            filtered: self.is_filtered(),
            no_value: self.pointed().err(),
            marked: self.is_marked(),
            has_why: self.focused_list().is_some_and(|list| list.why().is_some())
                || matches!(self.link_at_hand(), Some(Destination::Why(..))),
            has_jumps: self.has_jumps(),
            change: self.queue_at_hand().and_then(Queue::standing),
            in_past: self.model.as_of.is_some(),
            has_past: self.history.has_past(),
            has_future: self.history.has_future(),
            connected: self.model.link == Link::Up,
            raw: self.raw_at_hand().map(|raw| match raw.needle() {
                "" => Searched::Nothing,
                _ => Searched::Something,
            }),
        }
    }

    fn push(&mut self, push: Push, now: Timestamp) {
        match push {
            Push::Committed(revisions) => self.model.revisions = revisions,
            Push::Status(status) => self.take_status(*status, now),
            Push::Notice(notice) => self.model.notify(notice, now),
            Push::Ending => self
                .model
                .say(NoticeLevel::Warning, "The agent is ending.", None, now),
        }
    }

    /// What was asked about the past before all of it was dated is asked again once it is.
    fn take_status(&mut self, status: Status, now: Timestamp) {
        let was_undated = self.model.undated().is_some();
        self.model.set_status(status, now);
        if was_undated && self.model.undated().is_none() {
            let as_of = self.model.as_of;
            self.look_at(None);
            self.look_at(as_of);
        }
    }

    fn connected(&mut self) {
        self.model.link = Link::Up;
        self.forget_questions();
        let ticket = self.tickets.take();
        self.commands.insert(ticket, Purpose::Quiet);
        let ask = Ask::Subscribe;
        self.effects.push(Effect::Ask(Request { ticket, ask }));
    }

    fn disconnected(&mut self, problem: Problem, now: Timestamp) {
        let since = match &self.model.link {
            Link::Down { since, .. } => *since,
            _ => now,
        };
        if !matches!(self.model.link, Link::Down { .. }) {
            self.model.complain(&problem, now);
            self.model.flash = None;
        }
        self.model.link = Link::Down { since, problem };
        self.forget_questions();
    }

    /// What was asked over a connection that is gone is asked again over the next.
    fn forget_questions(&mut self) {
        self.commands.clear();
        self.hunt = None;
        self.held.clear();
        self.copying = None;
        if let Mode::Facets(facets) = &mut self.mode {
            facets.disconnect();
        }
        if let Mode::Menu(menu) = &mut self.mode {
            menu.found_mut().disconnect();
        }
        self.forget_changes();
        self.log.disconnect();
        for list in self.lists_mut() {
            list.disconnect();
        }
        for page in &mut self.pages {
            page.disconnect();
        }
    }

    fn reply(&mut self, ticket: u64, answer: Result<Answer, Problem>, now: Timestamp) {
        if let Some(purpose) = self.commands.remove(&ticket) {
            return self.commanded(answer, purpose, now);
        }
        if self.gathers_copy(ticket) {
            return self.gathered_copy(ticket, answer, now);
        }
        if let Mode::Facets(facets) = &mut self.mode
            && facets.awaits(ticket)
        {
            return facets.accept(answer);
        }
        if self.log.awaits(ticket) {
            return self.log.accept_for(ticket, answer);
        }
        if let Some(list) = self.lists_mut().find(|list| list.awaits(ticket)) {
            return list.accept_for(ticket, answer);
        }
        let mut answer = Some(answer);
        if let Mode::Menu(menu) = &mut self.mode
            && let Some(open) = answer.take()
        {
            answer = menu.found_mut().accept(ticket, open);
        }
        if let Mode::Pick(giving) = &mut self.mode
            && let Some(open) = answer.take()
        {
            answer = giving.found.accept(ticket, open);
        }
        for page in &mut self.pages {
            if let Some(open) = answer.take() {
                answer = page.accept(ticket, open);
            }
        }
    }

    fn commanded(&mut self, answer: Result<Answer, Problem>, purpose: Purpose, now: Timestamp) {
        match answer {
            Ok(Answer::Status(status)) => self.take_status(*status, now),
            Ok(Answer::Event(row)) if purpose == Purpose::Show => {
                self.leave();
                self.pages.push(Page::Event(Box::new(EventPage::new(*row))));
            }
            Ok(Answer::HuntCost(cost)) => self.ask_for_yes(cost, now),
            Ok(Answer::Hunted(found)) => self.take_hunted(found, now),
            Ok(Answer::Queue(answer)) => self.queue_answered(answer, purpose, now),
            Ok(Answer::Object(object)) if purpose == Purpose::Row => {
                self.learn(&Item::Object(object.row));
            }
            Ok(Answer::Entry(detail)) if purpose == Purpose::Row => {
                self.learn(&Item::Entry(Box::new(detail.row)));
            }
            // What the mirror has is a help, no more.
            Err(_) if purpose == Purpose::Row => {}
            Err(problem) if is_about_changes(purpose) => self.queue_failed(&problem, purpose, now),
            Err(problem) if matches!(purpose, Purpose::HuntCost | Purpose::Hunt) => {
                self.hunt_failed(&problem, now);
            }
            Ok(Answer::Object(object)) if purpose == Purpose::Zone => self.zone_of(&object, now),
            Ok(Answer::Done(text)) if purpose == Purpose::Tell => {
                self.model.say(NoticeLevel::Info, &text, None, now);
            }
            Ok(_) => {}
            Err(problem) => self.model.complain(&problem, now),
        }
    }

    /// Tells everything in sight how much room it has.
    fn arrange(&mut self) {
        let Some(places) = self.places() else { return };
        let chosen = std::mem::take(&mut self.model.columns);
        for (pane, _) in &places.panes {
            if let Some(list) = self.list_mut(*pane) {
                list.set_columns(chosen.get(&list.topic.key()));
            }
        }
        self.model.columns = chosen;
        let typing = matches!(self.mode, Mode::Filter(_));
        let in_page = !self.pages.is_empty();
        for (pane, area) in &places.panes {
            let typing = typing && !in_page && *pane == self.focus;
            let height = usize::from(area.height);
            if *pane == PaneId::Log {
                self.log
                    .arrange(area.width.into(), height, typing, &self.model);
            } else if let Some(list) = self.list_mut(*pane) {
                let chrome = list.chrome_rows(typing);
                list.set_height(height.saturating_sub(chrome));
            }
        }
        if let (Some(area), Some(page)) = (places.page, self.pages.last_mut()) {
            page.arrange(area.width.into(), area.height.into(), typing, &self.model);
        }
        if let Mode::Sheet(sheet) = &mut self.mode {
            let (width, height) = (places.body.width, places.body.height);
            sheet.arrange(width.into(), height.into(), self.model.theme);
        }
        let body = usize::from(places.body.height.saturating_sub(1));
        if let Mode::Messages(scroll) = &mut self.mode {
            let lines = messages::messages(&self.model, places.body.width.into()).len();
            scroll.fit(lines, body);
        }
        if let Mode::Info(scroll) = &mut self.mode {
            let lines = messages::info(&self.about, places.body.width.into()).len();
            scroll.fit(lines, body);
        }
    }

    fn ask_what_is_missing(&mut self, now: Timestamp) {
        let (Link::Up, Some(places)) = (&self.model.link, self.places()) else {
            return;
        };
        let revisions = self.model.revisions;
        let mut requests = Vec::new();
        for (pane, _) in &places.panes {
            let mut tickets = std::mem::take(&mut self.tickets);
            requests.extend(match self.list_mut(*pane) {
                Some(list) => list.poll(now, &revisions, &mut tickets),
                None => self.log.poll(now, &revisions, &mut tickets),
            });
            self.tickets = tickets;
        }
        if let (Some(_), Some(page)) = (places.page, self.pages.last_mut()) {
            requests.extend(page.poll(now, &revisions, &mut self.tickets));
        }
        if let Mode::Facets(facets) = &mut self.mode {
            requests.extend(facets.poll(now, &mut self.tickets));
        }
        if let Mode::Menu(menu) = &mut self.mode {
            requests.extend(menu.found_mut().poll(now, &mut self.tickets));
        }
        if let Mode::Pick(giving) = &mut self.mode {
            requests.extend(giving.found.poll(now, &mut self.tickets));
        }
        self.ask_about_plans();
        self.effects.extend(requests.into_iter().map(Effect::Ask));
    }

    /// The present place, to come back to.
    fn place(&self) -> Place {
        let root = match self.list(self.focus) {
            Some(list) => Root::List(Box::new(list.clone())),
            None => Root::Log(Box::new(self.log.clone())),
        };
        Place {
            focus: self.focus,
            root,
            pages: self.pages.clone(),
        }
    }

    fn leave(&mut self) {
        let place = self.place();
        self.history.leave(place);
    }

    /// Looks at another moment everywhere; `None` is now.
    fn look_at(&mut self, as_of: Option<Timestamp>) {
        self.model.as_of = as_of;
        self.log.look_at(as_of);
        for list in self.lists_mut() {
            list.look_at(as_of);
        }
        for page in &mut self.pages {
            page.look_at(as_of);
        }
    }

    fn return_to(&mut self, place: Place) {
        self.focus = place.focus;
        self.pages = place.pages;
        for page in &mut self.pages {
            page.disconnect();
        }
        match place.root {
            Root::Log(log) => {
                self.log = *log;
                self.log.disconnect();
            }
            Root::List(list) => {
                if let Some(own) = self.list_mut(place.focus) {
                    *own = *list;
                    own.disconnect();
                }
            }
        }
        // The history is of places, not of moments.
        self.look_at(self.model.as_of);
    }
}
