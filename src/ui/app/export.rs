//! Writing what is in front of the operator to a file: asking for its name, telling how it goes on, giving it up.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

use super::{App, Mode};
use crate::msg::status::NoticeLevel;
use crate::ui::event::Effect;
use crate::ui::export::{self, Job, News, Progress, Typed, What};
use crate::ui::format;
use crate::ui::list::List;
use crate::ui::log::LOG_COLUMNS;
use crate::ui::prompt::Prompt;
use crate::ui::screendump::Form;

impl App {
    /// Writes to the file that was typed, asks for its name, or gives up what is being written.
    pub(super) fn export(&mut self, argument: &str, now: Timestamp) {
        match argument.trim() {
            "stop" => {
                if !self.stop_export(now) {
                    self.tell("Nothing is being exported.", now);
                }
            }
            _ if self.model.masked => {
                self.tell(
                    "Not exported: the file would hold what is masked. {key:mask} shows it, then {key:export}.",
                    now,
                );
            }
            _ if self.exporting.is_some() => {
                self.tell("One export is under way; ctrl-c stops it.", now);
            }
            "" => {
                let name = match self.focused_list() {
                    Some(list) => list.topic.key(),
                    None => "log".to_owned(),
                };
                let name = export::proposed(&name, now);
                self.mode = Mode::Exporting(Prompt::new(&name));
            }
            path => self.export_to(path),
        }
    }

    /// A key while the name is typed.
    pub(super) fn export_key(&mut self, prompt: Prompt, key: KeyEvent, now: Timestamp) {
        match export::key(prompt, key) {
            Typed::Going(prompt) => self.mode = Mode::Exporting(prompt),
            Typed::GivenUp => self.tell("Nothing is exported.", now),
            Typed::Done(path) => self.export_to(&path),
        }
    }

    fn export_to(&mut self, path: &str) {
        let list = self.focused_list().map(|list: &List| {
            let what = What::List {
                topic: list.topic.clone(),
                wanted: list.marked().unwrap_or_else(|| list.everything()),
            };
            (what, list.topic.plural().into_owned(), list.topic.key())
        });
        let log = || {
            let log = self.focused_log()?;
            let what = match log.marks().ids()[..] {
                [] => What::Events(log.wanted()),
                ref marked => What::Marked(marked.iter().copied().copied().collect()),
            };
            Some((what, "events".to_owned(), LOG_COLUMNS.to_owned()))
        };
        let Some((what, plural, key)) = list.or_else(log) else {
            return;
        };
        let marked = if self.marked_rows() > 0 {
            "marked "
        } else {
            ""
        };
        let job = Job {
            what,
            plural: format!("{marked}{plural}"),
            columns: self.model.columns.get(&key).cloned(),
            path: path.to_owned(),
        };
        self.exporting = Some(Progress::of(&job));
        self.effects.push(Effect::Export(Box::new(job)));
    }

    /// How many rows are marked where the keys go.
    pub(super) fn marked_rows(&self) -> usize {
        let in_list = self.focused_list().map(|list| list.marks().len());
        let in_log = || Some(self.focused_log()?.marks().len());
        in_list.or_else(in_log).unwrap_or(0)
    }

    /// Gives up what is being written; whether anything was.
    pub(super) fn stop_export(&mut self, now: Timestamp) -> bool {
        if self.exporting.is_none() {
            return false;
        }
        self.effects.push(Effect::StopExport);
        self.tell("The export is being stopped.", now);
        true
    }

    /// Writes the picture to a file.
    pub(super) fn screendump(&mut self, argument: &str, now: Timestamp) {
        let path = match argument.trim() {
            "" => format!("oktop-screen-{}.svg", now.strftime("%Y%m%d-%H%M%S")),
            path => path.to_owned(),
        };
        // As it is painted next: without the palette that this was typed in, and without what was said last.
        self.model.flash = None;
        self.arrange();
        let mut buffer = Buffer::empty(Rect::from((Position::ORIGIN, self.size)));
        self.view(&mut buffer);
        let text = Form::of(&path).write(&buffer);
        self.effects.push(Effect::Save { path, text });
    }

    pub(super) fn exported(&mut self, news: News, now: Timestamp) {
        if let News::Going { rows, of, reached } = news {
            if let Some(progress) = &mut self.exporting {
                progress.at(rows, of, reached);
            }
            return;
        }
        self.exporting = None;
        self.told_of_file(news, now);
    }

    /// How the writing of a file ended.
    pub(super) fn told_of_file(&mut self, news: News, now: Timestamp) {
        match news {
            News::Going { .. } => {}
            News::Done(words) => {
                let words = format::sentence(&words);
                self.model.say(NoticeLevel::Info, &words, None, now);
            }
            News::Failed(mut problem) => {
                problem.summary = format::sentence(&problem.summary);
                self.model.complain(&problem, now);
            }
        }
    }
}
