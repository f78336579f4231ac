//! What each command does.

use jiff::Timestamp;

use super::{App, Mode, Purpose};
use crate::domain::entry::Subject;
use crate::domain::fields::EventFields;
use crate::domain::filter::{Fields as _, Value};
use crate::domain::id::{Kind, ObjectId};
use crate::domain::log_event::Party;
use crate::domain::resource::Resource;
use crate::domain::time::When;
use crate::domain::trace::Thing;
use crate::msg::{Ask, EventRef, Request};
use crate::ui::changes::Changes;
use crate::ui::command::Id;
use crate::ui::detail::{Detail, Tab};
use crate::ui::event::Effect;
use crate::ui::event_page::EventPage;
use crate::ui::format;
use crate::ui::layout::PaneId;
use crate::ui::linked::Destination;
use crate::ui::list::List;
use crate::ui::log::Log;
use crate::ui::menu;
use crate::ui::narrow::{How, Pointed};
use crate::ui::page::Page;
use crate::ui::panel::Choice;
use crate::ui::reasons::Reasons;
use crate::ui::record::{self, Topic};
use crate::ui::text_view::{Move, Scroll};
use crate::ui::trace::Events;

impl App {
    /// Runs a command. `nth` says which of its keys it was run by, from 1, if by any; `argument` what followed its name.
    pub(super) fn run(&mut self, id: Id, nth: Option<usize>, argument: &str, now: Timestamp) {
        match id {
            Id::Open => self.open(now),
            Id::Back => self.back(false, now),
            Id::Leave => self.back(true, now),
            Id::Log => self.go_to_pane(PaneId::Log, argument, now),
            Id::Users => self.go_to_pane(PaneId::Users, argument, now),
            Id::Groups => self.go_to_pane(PaneId::Groups, argument, now),
            Id::Apps => self.go_to_pane(PaneId::Apps, argument, now),
            Id::Admins => self.go_to_pane(PaneId::Admins, argument, now),
            Id::Why => self.show_why(now),
            Id::Access => self.show_access(now),
            Id::AsOf => self.go_to_moment(argument, now),
            Id::Changes => self.show_changes(argument, now),
            Id::Entries(kind) => self.go_to_pane(PaneId::Entries(kind), argument, now),
            Id::More => self.open_menu(menu::Kind::More),
            Id::Tab => self.open_tab(nth.or_else(|| argument.trim().parse().ok()), now),
            Id::NextPane => self.turn(true),
            Id::PreviousPane => self.turn(false),
            Id::HistoryBack => self.history_step(true),
            Id::HistoryForward => self.history_step(false),
            Id::Raw => self.show_raw(now),
            Id::Events => self.show_events(now),
            Id::Jump => self.begin_jump(),
            Id::Address | Id::Session | Id::RootSession | Id::Device | Id::Network => {
                self.trace_by_name(id, argument, now);
            }
            Id::Logons => self.show_trace(Thing::Logons(argument.to_owned()), now),
            Id::Filter => self.begin_filter(),
            Id::NextMatch | Id::PreviousMatch => {
                if let Some(raw) = self.raw_at_hand_mut() {
                    raw.next_match(id == Id::NextMatch);
                }
            }
            Id::Keep => self.narrow(How::Keep, now),
            Id::Drop => self.narrow(How::Drop, now),
            Id::Only => self.narrow(How::Only, now),
            Id::Clauses => self.mode = Mode::Clauses(Choice::default()),
            Id::ToggleClauses => self.toggle_clauses(),
            Id::Columns => self.begin_columns(),
            Id::Save => self.save(argument, now),
            Id::Saved => self.show_saved(argument, now),
            Id::Forget => self.forget_saved(argument, now),
            Id::Facets => self.begin_facets(),
            Id::Mark => self.mark(now),
            Id::MarkRange => self.mark_range(now),
            Id::MarkAll => self.mark_all(),
            Id::Sort => self.mode = Mode::Sort,
            Id::Archived => {
                if let Some(list) = self.focused_list_mut() {
                    list.toggle_archived();
                }
            }
            Id::ToggleDetail => self.toggle_detail(),
            Id::Zoom => self.zoom = !self.zoom,
            Id::Copy(kind) => self.copy(kind, now),
            Id::Export => self.export(argument, now),
            Id::Follow => self.with_log(Log::toggle_follow),
            Id::Pause => self.with_log(Log::toggle_pause),
            Id::Hunt => self.begin_hunt(argument, now),
            Id::Surrounding => self.surround(now),
            Id::Fold => self.with_log(Log::toggle_fold),
            Id::Unfold => self.with_log(Log::unfold),
            Id::Histogram => self.begin_histogram(now),
            Id::Times => self.choose_times(argument, now),
            Id::Zone => self.turn_zone(argument, now),
            Id::NextNotable => self.go_to_notable(true, now),
            Id::PreviousNotable => self.go_to_notable(false, now),
            Id::Up => self.go(Move::Up),
            Id::Down => self.go(Move::Down),
            Id::Top => self.go(Move::Top),
            Id::Bottom => self.go(Move::Bottom),
            Id::Left => self.go_sideways(false),
            Id::Right => self.go_sideways(true),
            Id::HalfUp => self.go(Move::HalfUp),
            Id::HalfDown => self.go(Move::HalfDown),
            Id::PageUp => self.go(Move::PageUp),
            Id::PageDown => self.go(Move::PageDown),
            Id::Act => self.begin_act(now),
            Id::Queue => self.show_queue(None),
            Id::Write => self.write(argument, now),
            Id::Run
            | Id::DryRun
            | Id::Unstage
            | Id::UnstagePlan
            | Id::TakeBack
            | Id::TakeBackPlan
            | Id::Again
            | Id::SayDone
            | Id::SayNotDone
            | Id::Secret => self.run_in_queue(id),
            Id::Halt => self.halt(argument, now),
            Id::Resume => self.resume(),
            Id::Refresh => self.refresh(now),
            Id::SyncNow => self.sync_now(argument, now),
            Id::Palette => self.open_menu(menu::Kind::Palette),
            Id::Help => self.open_menu(menu::Kind::Help),
            Id::Messages => {
                self.model.unread = 0;
                self.mode = Mode::Messages(Scroll::default());
            }
            Id::Repaint => self.effects.push(Effect::Repaint),
            Id::Mask => self.toggle_mask(now),
            Id::Screendump => self.screendump(argument, now),
            Id::Info => self.mode = Mode::Info(Scroll::default()),
            Id::Reload => self.effects.push(Effect::Reload),
            Id::Suspend => self.effects.push(Effect::Suspend),
            Id::Quit => self.effects.push(Effect::Quit),
        }
    }

    pub(super) fn go(&mut self, to: Move) {
        match self.pages.last_mut() {
            Some(page) => page.go(to),
            None if self.focus == PaneId::Log => self.log.go(to),
            None => {
                if let Some(list) = self.list_mut(self.focus) {
                    list.go(to);
                }
            }
        }
    }

    fn with_log(&mut self, act: impl FnOnce(&mut Log)) {
        if let Some(log) = self.focused_log_mut() {
            act(log);
        }
    }

    pub(super) fn show_page(&mut self, mut page: Page) {
        self.leave();
        page.look_at(self.model.as_of);
        self.pages.push(page);
    }

    fn open(&mut self, now: Timestamp) {
        if let Some(raw) = self.raw_at_hand_mut() {
            return raw.toggle_fold();
        }
        if let Some(queue) = self.queue_at_hand_mut() {
            queue.show_whole(true);
            return;
        }
        let row = self.focused_list().and_then(List::selected).cloned();
        if let Some(row) = row.filter(|_| self.admins_are_focused()) {
            let reasons = Reasons::of_admin(row.name().to_owned(), row.subject());
            self.show_page(Page::Reasons(Box::new(reasons)));
        } else if let Some(row) = self.focused_list().and_then(List::selected).cloned() {
            let detail = Detail::new(row.subject(), Some(row));
            self.show_page(Page::Object(Box::new(detail)));
        } else if let Some(link) = self.link_at_hand().cloned() {
            self.follow_link(link, now);
        } else if let Some(row) = self.focused_log().and_then(Log::selected).cloned() {
            self.show_page(Page::Event(Box::new(EventPage::new(row))));
        }
    }

    fn admins_are_focused(&self) -> bool {
        self.focused_list()
            .is_some_and(|list| list.topic == Topic::Admins)
    }

    /// Why what is under the cursor is in its list.
    fn show_why(&mut self, now: Timestamp) {
        if let Some(link) = self.link_at_hand().cloned() {
            return self.follow_link(link, now);
        }
        let asked = self.focused_list().and_then(List::why);
        if let Some((question, name)) = asked {
            let title = format!("why {name}");
            self.follow_link(Destination::Why(question, title), now);
        }
    }

    /// Who reaches what is under the cursor, or what it reaches.
    fn show_access(&mut self, now: Timestamp) {
        if let Some(row) = self.focused_list().and_then(List::selected).cloned() {
            let mut detail = Detail::new(row.subject(), Some(row));
            if detail.open_tab(Tab::Access) {
                return self.show_page(Page::Object(Box::new(detail)));
            }
        } else if let Some(Page::Object(detail)) = self.pages.last_mut()
            && detail.open_tab(Tab::Access)
        {
            return;
        }
        self.tell("Only users, groups and apps have an access.", now);
    }

    /// Looks at the moment that was typed.
    fn go_to_moment(&mut self, argument: &str, now: Timestamp) {
        if matches!(argument.trim(), "" | "now") {
            self.look_at(None);
            return self.tell("This is now.", now);
        }
        match argument.trim().parse::<When>().map(|when| when.moment(now)) {
            Ok(moment) if moment > now => {
                self.reject(
                    "That is still to come; only the past can be looked at.",
                    now,
                );
            }
            Ok(moment) => self.look_at(Some(moment)),
            Err(why) => self.reject(&format!("asof: {why}."), now),
        }
    }

    /// What changed since the first moment typed, up to the second or to the one that is looked at. A date and its time are one word.
    fn show_changes(&mut self, argument: &str, now: Timestamp) {
        let mut words = argument.split_whitespace();
        let since = words.next().unwrap_or("24h").parse::<When>();
        let until = words.next().map(str::parse::<When>).transpose();
        match (since, until, words.next()) {
            (Ok(since), Ok(until), None) => {
                // Spans go back from the moment that is looked at.
                let here = self.model.as_of.unwrap_or(now);
                let since = since.moment(here);
                let until = until.map(|until| until.moment(here)).or(self.model.as_of);
                match Changes::between(since, until, now) {
                    Ok(changes) => self.show_page(Page::Changes(Box::new(changes))),
                    Err(why) => self.reject(&format!("changes: {why}"), now),
                }
            }
            (Err(why), _, _) | (_, Err(why), _) => {
                self.reject(&format!("changes: {why}."), now);
            }
            (_, _, Some(_)) => self.reject("changes: one or two moments, such as 7d 2d.", now),
        }
    }

    fn show_subject(&mut self, subject: Subject) {
        self.show_page(Page::Object(Box::new(Detail::new(subject, None))));
    }

    /// Goes where a link leads. What an entry hangs below is not always known; then its list finds it.
    pub(super) fn follow_link(&mut self, to: Destination, now: Timestamp) {
        match to {
            Destination::Subject(subject) => self.show_subject(subject),
            Destination::Entry(kind, id) => {
                let filter = format!("id={}", format::quoted(id.as_str()));
                self.go_to_pane(PaneId::Entries(kind), &filter, now);
            }
            Destination::Why(question, title) => {
                let reasons = Reasons::new(title, question);
                self.show_page(Page::Reasons(Box::new(reasons)));
            }
            Destination::Value(pointed) => self.follow_value(&pointed, now),
            Destination::Tab(subject, tab) => {
                let mut detail = Detail::new(subject, None);
                detail.open_tab(tab);
                self.show_page(Page::Object(Box::new(detail)));
            }
            Destination::Admin(subject, name) => {
                let reasons = Reasons::of_admin(name, subject);
                self.show_page(Page::Reasons(Box::new(reasons)));
            }
            Destination::Trace(thing) => self.show_trace(thing, now),
            Destination::Events(Events { filter, title }) => self.show_events_of(filter, title),
            Destination::Event(uuid) => {
                let ticket = self.tickets.take();
                self.commands.insert(ticket, Purpose::Show);
                let ask = Ask::Event(EventRef::Uuid(uuid));
                self.effects.push(Effect::Ask(Request { ticket, ask }));
            }
        }
    }

    /// What is known of a value, or the events that share it.
    fn follow_value(&mut self, pointed: &Pointed, now: Timestamp) {
        match super::jump::thing_of(pointed) {
            Some(thing) => self.show_trace(thing, now),
            None => self.show_events_sharing(pointed),
        }
    }

    fn show_events_sharing(&mut self, pointed: &Pointed) {
        let base = pointed.clause(How::Keep, EventFields::NAMES, EventFields::WORDS);
        let value = pointed.value.text().unwrap_or("nothing");
        let title = format!("events of {} {value}", pointed.field);
        self.show_events_of(base, title);
    }

    /// One step back: the marks, then the filter, then the page; `quits` ends the console when there is none of them.
    fn back(&mut self, quits: bool, now: Timestamp) {
        let was_whole = self
            .queue_at_hand_mut()
            .is_some_and(|queue| queue.show_whole(false));
        if was_whole {
            return;
        }
        let raw = self
            .raw_at_hand_mut()
            .filter(|raw| !raw.needle().is_empty());
        if let Some(raw) = raw {
            raw.search("");
        } else if !quits && self.give_up_search(now) {
            // The rows that were found stay.
        } else if self.is_marked() {
            self.clear_marks();
        } else if self.is_filtered() {
            self.leave();
            self.clear_filter(now);
        } else if !self.pages.is_empty() {
            self.leave();
            self.pages.pop();
        } else if self.model.as_of.is_some() {
            self.look_at(None);
            self.tell("This is now again.", now);
        } else if quits {
            self.effects.push(Effect::Quit);
        } else {
            self.tell("Nothing to go back from; {key:leave} quits.", now);
        }
    }

    fn go_to_pane(&mut self, pane: PaneId, filter: &str, now: Timestamp) {
        if self.focus != pane || !self.pages.is_empty() || !filter.is_empty() {
            self.leave();
        } else {
            self.mention(&format!("{} is shown already.", pane.title()), now);
        }
        self.focus = pane;
        self.pages.clear();
        if !filter.is_empty() {
            self.set_filter(filter, now);
        }
    }

    fn open_tab(&mut self, number: Option<usize>, now: Timestamp) {
        let count = self.situation().tabs;
        let index = number.and_then(|number| number.checked_sub(1));
        let Some(index) = index.filter(|index| *index < count) else {
            let tabs = format::counted(count as u64, "tab");
            return self.reject(&format!("tab: this page has {tabs}."), now);
        };
        let is_open = match self.pages.last_mut() {
            Some(Page::Object(detail)) => {
                let before = detail.tab();
                detail.open(index);
                before == detail.tab()
            }
            Some(Page::Event(page)) => {
                let before = page.raw().is_some();
                page.show_raw(index == 1);
                before == page.raw().is_some()
            }
            _ => false,
        };
        if is_open {
            self.mention("This tab is open already.", now);
        }
    }

    fn turn(&mut self, forward: bool) {
        match self.pages.last_mut() {
            Some(Page::Object(detail)) => detail.turn(forward),
            Some(Page::Event(page)) => page.turn(),
            Some(
                Page::Events { .. }
                | Page::Reasons(_)
                | Page::Changes(_)
                | Page::Trace(_)
                | Page::Queue(_),
            ) => {}
            None => self.focus = self.focus.turn(forward),
        }
    }

    fn history_step(&mut self, back: bool) {
        let present = self.place();
        let place = if back {
            self.history.back(present)
        } else {
            self.history.forward(present)
        };
        if let Some(place) = place {
            self.return_to(place);
        }
    }

    fn show_raw(&mut self, now: Timestamp) {
        if let Some(raw) = self.raw_at_hand_mut() {
            return raw.turn_form();
        }
        if self.focused_list().is_some() || self.focused_log().is_some() {
            self.open(now);
        }
        match self.pages.last_mut() {
            Some(Page::Object(detail)) => {
                detail.open_tab(Tab::Raw);
            }
            Some(Page::Event(page)) => page.show_raw(true),
            _ => {}
        }
    }

    /// The events about what is under the cursor: an object, or the actor of an event.
    fn show_events(&mut self, now: Timestamp) {
        if let Some(Page::Object(detail)) = self.pages.last_mut()
            && detail.body_is_text()
        {
            detail.open_tab(Tab::Events);
            return;
        }
        if let Some(Page::Queue(queue)) = self.pages.last() {
            if let Some((subject, name)) = queue.subject() {
                return self.show_events_about(record::id_text(&subject), &name);
            }
            return self.tell("No user, group or app is under the cursor.", now);
        }
        if let Some(Page::Trace(traces)) = self.pages.last() {
            let Events { filter, title } = traces.events_at_hand();
            return self.show_events_of(filter, title);
        }
        if let Some(row) = self.focused_list().and_then(List::selected) {
            let (subject, name) = (row.subject(), row.name().to_owned());
            return self.show_events_about(record::id_text(&subject), &name);
        }
        if let Some(Destination::Subject(subject)) = self.link_at_hand() {
            let id = record::id_text(subject).to_owned();
            return self.show_events_about(&id, &id);
        }
        let actor = self.event_at_hand().and_then(|event| event.actor.clone());
        match actor {
            Some(actor) => self.show_events_of_party(&actor),
            None => self.tell(
                "Nothing here has events of its own; an event may name no actor.",
                now,
            ),
        }
    }

    /// The events about an actor or target; of one whose id does not say who it is, those that name it in the same place.
    fn show_events_of_party(&mut self, party: &Party) {
        match Value::from(party) {
            Value::Named(named) if named.is_sure() => {
                self.show_events_about(&named.id, &named.name);
            }
            value => self.show_events_sharing(&Pointed {
                field: "actor",
                value,
            }),
        }
    }

    fn show_events_about(&mut self, id: &str, name: &str) {
        let title = format!("events about {name}");
        self.show_events_of(record::about(id), title);
    }

    pub(super) fn show_events_of(&mut self, base: String, title: String) {
        let log = Box::new(Log::about(base));
        self.show_page(Page::Events { title, log });
    }

    /// The event under the cursor, or of the page.
    pub(super) fn event_at_hand(&self) -> Option<&crate::domain::log_event::LogEvent> {
        match self.pages.last() {
            Some(Page::Event(page)) => Some(page.event()),
            Some(Page::Trace(traces)) => traces.event_at_hand(),
            _ => self.focused_log()?.selected().map(|row| &row.event),
        }
    }

    fn toggle_detail(&mut self) {
        let shown = self.places().is_some_and(|places| places.preview.is_some());
        self.detail = Some(!shown);
    }

    fn go_to_notable(&mut self, forward: bool, now: Timestamp) {
        let gone = self.focused_log_mut().map(|log| log.go_to_notable(forward));
        if let Some(Err(why)) = gone {
            self.tell(
                &format!("{{key:next-notable}}, {{key:previous-notable}}: {why}."),
                now,
            );
        }
    }

    /// The whole log at the moment of the event at hand.
    fn surround(&mut self, now: Timestamp) {
        let here = match self.pages.last() {
            Some(Page::Event(page)) => Some(page.pos()),
            _ => self
                .focused_log()
                .and_then(Log::selected)
                .map(|row| row.pos),
        };
        if let Some(pos) = here {
            self.leave();
            self.pages.clear();
            self.focus = PaneId::Log;
            self.log.surround(pos, now);
        }
    }

    /// Says what came of a search in the log in front of the operator.
    pub(super) fn tell_of_the_log(&mut self, now: Timestamp) {
        if let Some(words) = self.focused_log_mut().and_then(Log::take_words) {
            self.tell(&words, now);
        }
    }

    /// Ends a search that goes on in front of the operator; whether there was one.
    pub(super) fn give_up_search(&mut self, now: Timestamp) -> bool {
        if self.end_hunt(now) {
            return true;
        }
        let given_up = self.focused_log_mut().is_some_and(Log::give_up);
        if given_up {
            self.tell("The search was ended.", now);
        }
        given_up
    }

    /// Reads from Okta what is in front of the operator.
    fn refresh(&mut self, now: Timestamp) {
        self.with_log(Log::search_on);
        let (resource, object) = match self.pages.last_mut() {
            Some(Page::Object(detail)) => {
                detail.refresh();
                match detail.subject() {
                    Subject::Object(id) => (resource_of(detail.tab(), id.kind()), Some(id.clone())),
                    Subject::Entry(key) => match detail.tab() {
                        Tab::Below(below) | Tab::Owned(below) => (below.resource(), None),
                        _ => (key.kind.resource(), None),
                    },
                }
            }
            Some(Page::Reasons(reasons)) => {
                reasons.outdate();
                (Resource::Admins, None)
            }
            Some(Page::Queue(queue)) => return queue.outdate(),
            Some(Page::Trace(traces)) => {
                traces.restart();
                (Resource::Log, None)
            }
            Some(_) => (Resource::Log, None),
            None => (pane_resource(self.focus), None),
        };
        self.ask_to_sync(Some(resource), object, now);
    }

    fn sync_now(&mut self, argument: &str, now: Timestamp) {
        if matches!(argument, "" | "now" | "all") {
            self.ask_to_sync(None, None, now);
        } else if let Some(resource) = Resource::from_word(argument) {
            self.ask_to_sync(Some(resource), None, now);
        } else {
            let all = Resource::ALL.iter();
            let words: Vec<&str> = all.map(|resource| resource.word()).collect();
            let words = words.join(", ");
            let text = format!("`{argument}` is nothing that is read; say now, or one of {words}.");
            self.reject(&text, now);
        }
    }

    fn ask_to_sync(
        &mut self,
        resource: Option<Resource>,
        object: Option<ObjectId>,
        now: Timestamp,
    ) {
        let ticket = self.tickets.take();
        self.commands.insert(ticket, Purpose::Tell);
        let what = match (&object, resource) {
            (Some(object), Some(resource)) => format!("{resource} of {}", object.as_str()),
            (None, Some(resource)) => resource.to_string(),
            _ => "everything".to_owned(),
        };
        let ask = Ask::SyncNow { resource, object };
        self.effects.push(Effect::Ask(Request { ticket, ask }));
        self.tell(&format!("Asked for {what} to be read now."), now);
    }
}

pub(super) fn pane_resource(pane: PaneId) -> Resource {
    match pane {
        PaneId::Log => Resource::Log,
        PaneId::Users => Resource::Users,
        PaneId::Groups => Resource::Groups,
        PaneId::Apps => Resource::Apps,
        PaneId::Admins => Resource::Admins,
        PaneId::Entries(kind) => kind.resource(),
    }
}

/// What is read again for a tab of an object.
fn resource_of(tab: Tab, kind: Kind) -> Resource {
    match (kind, tab) {
        (_, Tab::Below(kind) | Tab::Owned(kind)) => kind.resource(),
        (Kind::User, _) => Resource::Users,
        (Kind::Group, Tab::Members) => Resource::Memberships,
        (Kind::Group, _) => Resource::Groups,
        (Kind::App, Tab::Users) => Resource::AppUsers,
        (Kind::App, Tab::Groups) => Resource::AppGroups,
        (Kind::App, _) => Resource::Apps,
    }
}
