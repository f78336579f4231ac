//! Pseudonyms on and off: whatever was loaded is let go and asked for again, so that nothing of it stays in a title or a page.

use jiff::Timestamp;

use super::{App, Mode, Purpose};
use crate::domain::entry::Subject;
use crate::domain::id::EventUuid;
use crate::msg::{Answer, Ask, EventRef, Problem, Push, Request};
use crate::ui::detail::{Detail, Tab};
use crate::ui::event::Effect;
use crate::ui::history::History;
use crate::ui::mask::Mask;
use crate::ui::memory::{Change, View};
use crate::ui::page::Page;
use crate::ui::zone::{Whose, Zone};

/// A page that is opened again.
enum Again {
    Object(Subject, Tab),
    Event(EventUuid),
}

impl App {
    /// Gives the key that pseudonyms are made with; without one there are none.
    pub fn set_mask_key(&mut self, key: [u8; 32]) {
        self.mask = Some(Mask::new(key));
    }

    /// Shows pseudonyms, or no longer.
    pub(super) fn toggle_mask(&mut self, now: Timestamp) {
        if self.mask.is_none() {
            return self.tell("This console has no key to make pseudonyms with.", now);
        }
        self.model.masked = !self.model.masked;
        self.mode = Mode::Normal;
        let again = self.pages.last().and_then(again);
        self.pages.clear();
        self.history = History::default();
        self.copying = None;
        self.commands.clear();
        self.forget_changes();
        self.held.clear();
        self.hunt = None;
        if matches!(self.model.zone.whose(), Whose::Of(..)) {
            self.model.zone = Zone::utc();
        }
        self.mask_what_stays(now);
        self.forget_what_is_loaded();
        self.open_again(again);
        self.tell(
            if self.model.masked {
                "People, addresses and devices have pseudonyms now, in copies too. {key:mask} shows them again."
            } else {
                "People, addresses and devices are shown as they are again."
            },
            now,
        );
    }

    fn open_again(&mut self, again: Option<Again>) {
        match again {
            Some(Again::Object(subject, tab)) => {
                let mut detail = Detail::new(subject, None);
                detail.open_tab(tab);
                let mut page = Page::Object(Box::new(detail));
                page.look_at(self.model.as_of);
                self.pages.push(page);
            }
            Some(Again::Event(uuid)) => {
                self.ask_quietly(Ask::Event(EventRef::Uuid(uuid)), Purpose::Show);
            }
            None => {}
        }
    }

    /// Filters, saved searches, messages and the status: what is not asked for again.
    pub(super) fn mask_what_stays(&mut self, now: Timestamp) {
        let Some(mut mask) = self.mask.take() else {
            return;
        };
        let masked = self.model.masked;
        if let Some(status) = self.model.status().filter(|_| masked)
            && let Ok(status) = mask.masked(status)
        {
            self.model.set_status(status, now);
            self.model.stamp(now);
        }
        let mut change = |text: &str| {
            if masked {
                mask.text(text)
            } else {
                mask.original(text)
            }
        };
        for list in self.lists_mut() {
            list.reword(&mut change);
        }
        self.log.reword(&mut change);
        for saved in &mut self.memory.saved {
            saved.name = change(&saved.name);
            reword(&mut saved.view, &mut change);
        }
        for notice in &mut self.model.notices {
            notice.summary = change(&notice.summary).as_str().into();
            let detail = notice.detail.take();
            notice.detail = detail.map(|detail| change(&detail).as_str().into());
        }
        self.mask = Some(mask);
    }

    fn forget_what_is_loaded(&mut self) {
        let as_of = self.model.as_of;
        // Another moment and back: rows of the one are not taken for those of the other.
        let elsewhere = Some(as_of.map_or(Timestamp::MIN, |_| Timestamp::MAX));
        for list in self.lists_mut() {
            list.look_at(elsewhere);
            list.look_at(as_of);
        }
        self.log.look_at(elsewhere);
        self.log.look_at(as_of);
        self.ask_quietly(Ask::Status, Purpose::Quiet);
    }

    fn ask_quietly(&mut self, ask: Ask, purpose: Purpose) {
        let ticket = self.tickets.take();
        self.commands.insert(ticket, purpose);
        self.effects.push(Effect::Ask(Request { ticket, ask }));
    }

    pub(super) fn masked_answer(
        &mut self,
        ticket: u64,
        answer: Result<Answer, Problem>,
    ) -> Result<Answer, Problem> {
        match &mut self.mask {
            Some(mask) if self.model.masked => mask.answer(ticket, answer),
            _ => answer,
        }
    }

    /// What the agent told, masked; nothing of what cannot be.
    pub(super) fn masked_push(&mut self, push: Push) -> Option<Push> {
        match &mut self.mask {
            Some(mask) if self.model.masked => mask.masked(&push).ok(),
            _ => Some(push),
        }
    }

    /// A text from elsewhere, masked.
    pub(super) fn masked_text(&mut self, text: String) -> String {
        match &mut self.mask {
            Some(mask) if self.model.masked => mask.text(&text),
            _ => text,
        }
    }

    /// A view as it is kept: with the values.
    pub(super) fn kept(&self, mut view: View) -> View {
        if let Some(mask) = self.mask.as_ref().filter(|_| self.model.masked) {
            reword(&mut view, &mut |text| mask.original(text));
        }
        view
    }

    /// Puts the values back into what goes out.
    pub(super) fn unmask_questions(&mut self) {
        let Some(mask) = self.mask.as_mut().filter(|_| self.model.masked) else {
            return;
        };
        for effect in &mut self.effects {
            match effect {
                Effect::Ask(request) => {
                    let ask = std::mem::replace(&mut request.ask, Ask::Status);
                    request.ask = mask.request(request.ticket, ask);
                }
                Effect::Remember(Change::Save(saved)) => {
                    saved.name = mask.original(&saved.name);
                    reword(&mut saved.view, &mut |text| mask.original(text));
                }
                Effect::Remember(Change::Forget(name)) => *name = mask.original(name),
                _ => {}
            }
        }
    }
}

fn again(page: &Page) -> Option<Again> {
    match page {
        Page::Object(detail) => Some(Again::Object(detail.subject().clone(), detail.tab())),
        Page::Event(page) => Some(Again::Event(page.event().uuid)),
        _ => None,
    }
}

fn reword(view: &mut View, change: &mut impl FnMut(&str) -> String) {
    view.filter = change(&view.filter);
    for text in &mut view.off {
        *text = change(text);
    }
    for (clause, name) in &mut view.names {
        *clause = change(clause);
        *name = change(name);
    }
}
