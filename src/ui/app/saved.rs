//! Saved searches, and the view that comes back at the next start.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::{App, Mode};
use crate::msg::Problem;
use crate::msg::status::NoticeLevel;
use crate::ui::event::Effect;
use crate::ui::format;
use crate::ui::layout::PaneId;
use crate::ui::memory::{self, Change, Memory, Saved, Session, View};
use crate::ui::menu::{self, Menu};
use crate::ui::prompt::Prompt;

/// The longest name, in characters.
const MAX_NAME: usize = 60;

impl App {
    /// A menu, which may have saved searches in it.
    pub(super) fn open_menu(&mut self, kind: menu::Kind) {
        let saved = self.memory.saved.iter().cloned();
        let all = saved.chain(memory::built_in()).collect();
        self.mode = Mode::Menu(Menu::new(kind).with_keys(&self.model.keys).with_saved(all));
    }

    /// Saves what is shown under a name, or asks for the name.
    pub(super) fn save(&mut self, name: &str, now: Timestamp) {
        match self.present_view() {
            Err(why) => self.tell(&format!("Not saved: {why}."), now),
            Ok(_) if name.trim().is_empty() => self.mode = Mode::Naming(Prompt::default()),
            Ok(view) => self.save_as(name.trim(), view, now),
        }
    }

    /// A key while a name is typed.
    pub(super) fn naming_key(&mut self, mut prompt: Prompt, key: KeyEvent, now: Timestamp) {
        match key.code {
            KeyCode::Esc => {}
            KeyCode::Enter if prompt.text().trim().is_empty() => {
                self.tell("Not saved: a search needs a name.", now);
            }
            KeyCode::Enter => self.save(prompt.text(), now),
            _ => {
                prompt.key(key);
                self.mode = Mode::Naming(prompt);
            }
        }
    }

    fn save_as(&mut self, name: &str, view: View, now: Timestamp) {
        if name.chars().count() > MAX_NAME {
            return self.tell("Not saved: a name has at most 60 characters.", now);
        }
        if memory::is_built_in(name) {
            return self.tell(
                "Not saved: that search is built in; another name, please.",
                now,
            );
        }
        let name = name.to_owned();
        let is_new = self.memory.saved.iter().all(|saved| saved.name != name);
        let done = if is_new { "Saved as" } else { "Replaced" };
        let text = format!("{done} `{name}`; :saved lists it, and so does the palette.");
        let change = Change::Save(Saved { name, view });
        match self.memory.apply(change.clone()) {
            Ok(()) => {
                self.effects.push(Effect::Remember(change));
                self.tell(&text, now);
            }
            Err(why) => self.tell(&format!("Not saved: {why}."), now),
        }
    }

    /// Shows a saved search by its name, or lists them.
    pub(super) fn show_saved(&mut self, name: &str, now: Timestamp) {
        if name.is_empty() {
            return self.open_menu(menu::Kind::Saved);
        }
        let own = self.memory.saved.iter().cloned();
        match own
            .chain(memory::built_in())
            .find(|saved| saved.name == name)
        {
            Some(saved) => self.open_saved(&saved, now),
            None => self.reject(&format!("No search is saved as `{name}`."), now),
        }
    }

    /// Shows a saved search.
    pub(super) fn open_saved(&mut self, saved: &Saved, now: Timestamp) {
        let Some(pane) = PaneId::from_word(&saved.view.pane) else {
            let text = format!("There is no list called `{}` here.", saved.view.pane);
            return self.tell(&text, now);
        };
        self.leave();
        self.pages.clear();
        self.focus = pane;
        self.put_view(pane, &saved.view);
        self.tell(&format!("Saved search: {}", saved.name), now);
    }

    pub(super) fn forget_saved(&mut self, name: &str, now: Timestamp) {
        if memory::is_built_in(name) {
            return self.tell("That search is built in; it stays.", now);
        }
        if self.memory.saved.iter().all(|saved| saved.name != name) {
            return self.reject(&format!("No search is saved as `{name}`."), now);
        }
        let change = Change::Forget(name.to_owned());
        // Taking something away always has room.
        let _ = self.memory.apply(change.clone());
        self.effects.push(Effect::Remember(change));
        self.tell(&format!("`{name}` is forgotten."), now);
    }

    /// What is in front of the operator, as it would be saved.
    fn present_view(&self) -> Result<View, &'static str> {
        if self.pages.is_empty() {
            return Ok(self.view_of(self.focus));
        }
        match self.focused_log() {
            Some(log) => Ok(View {
                pane: PaneId::Log.word().to_owned(),
                ..log.as_view()
            }),
            None => Err("only lists of their own and events can be saved, not a part of a page"),
        }
    }

    fn view_of(&self, pane: PaneId) -> View {
        let view = match self.list(pane) {
            Some(list) => list.as_view(),
            None if pane == PaneId::Log => self.log.as_view(),
            None => View::default(),
        };
        View {
            pane: pane.word().to_owned(),
            ..view
        }
    }

    fn put_view(&mut self, pane: PaneId, view: &View) {
        match self.list_mut(pane) {
            Some(list) => list.put_view(view),
            None => self.log.put_view(view),
        }
    }

    /// What is looked at, for the next start; `None` when it is what it was at this one.
    pub fn session(&self) -> Option<Session> {
        let entries = self.entries.keys().map(|kind| PaneId::Entries(*kind));
        let panes = PaneId::TABS.into_iter().chain(entries);
        let views = panes.map(|pane| self.kept(self.view_of(pane)));
        let session = Session {
            pane: self.focus.word().to_owned(),
            views: views.filter(|view| !view.is_plain()).collect(),
        };
        (self.memory.session.as_ref() != Some(&session)).then_some(session)
    }

    /// Takes in what earlier consoles remembered. The view of the last time comes back unless somebody has begun to work meanwhile.
    pub(super) fn remembered(&mut self, memory: Memory, restore: bool, now: Timestamp) {
        // What was saved before the file was read is in it by now, or will be.
        let saved_here = std::mem::take(&mut self.memory.saved);
        self.memory = memory;
        self.model.columns.clone_from(&self.memory.columns);
        for saved in saved_here {
            let _ = self.memory.apply(Change::Save(saved));
        }
        if let Some(session) = self.memory.session.clone().filter(|_| restore)
            && self.untouched
        {
            self.restore(&session, now);
        }
        if self.model.masked {
            self.mask_what_stays(now);
        }
    }

    fn restore(&mut self, session: &Session, now: Timestamp) {
        let known = |view: &View| PaneId::from_word(&view.pane);
        for view in &session.views {
            if let Some(pane) = known(view) {
                self.put_view(pane, view);
            }
        }
        if let Some(pane) = PaneId::from_word(&session.pane) {
            self.focus = pane;
        }
        let count = session.views.len();
        if count > 0 {
            let views = format::counted(count as u64, "list");
            let text = format!("As you left it: {views} filtered or sorted.");
            self.tell(&text, now);
        }
    }

    /// Says that what is to be remembered is not.
    pub(super) fn not_remembered(&mut self, problem: &Problem, now: Timestamp) {
        let hint = problem.hint.as_deref();
        self.model
            .say(NoticeLevel::Warning, &problem.summary, hint, now);
    }
}
