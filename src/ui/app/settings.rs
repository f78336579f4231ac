//! The configuration, read again while the console runs.

use jiff::Timestamp;

use super::App;
use crate::msg::Problem;
use crate::msg::status::NoticeLevel;
use crate::ui::event::Effect;
use crate::ui::settings::Settings;

impl App {
    /// Takes these settings for those in force, without a word.
    pub fn set(&mut self, settings: Settings) {
        self.chords.clear();
        self.model.theme = settings.theme;
        self.model.keys = settings.keys.clone();
        self.settings = settings;
    }

    /// The configuration was read again: it comes into force, or what was before stays. `asked` says whether somebody wanted it.
    pub(super) fn settings_read(
        &mut self,
        read: Result<Settings, Problem>,
        asked: bool,
        now: Timestamp,
    ) {
        let was_broken = std::mem::replace(&mut self.settings_are_broken, read.is_err());
        let next = match read {
            Ok(next) => next,
            Err(problem) => return self.model.complain(&problem, now),
        };
        let changes = self.settings.changes(&next);
        let words = match changes.as_slice() {
            [] if was_broken => "The configuration can be read again; the console stays as it is.".to_owned(),
            [] if asked => "The configuration has nothing new for the console.".to_owned(),
            [] => "The configuration changed. None of it is the console's; the agent reads it when it starts.".to_owned(),
            changes => format!("The configuration was read again: {}.", changes.join(", ")),
        };
        if !changes.is_empty() {
            self.set(next.clone());
            self.effects.push(Effect::Apply(Box::new(next)));
        }
        self.model.say(NoticeLevel::Info, &words, None, now);
    }
}
