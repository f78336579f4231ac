//! Keys in the histogram of the log: from bar to bar, into the times of one, and back to the log.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent};

use super::{App, Mode};
use crate::ui::log;

impl App {
    /// Opens the histogram and goes into it.
    pub(super) fn begin_histogram(&mut self, now: Timestamp) {
        let opened = self.focused_log_mut().map(log::Log::open_histogram);
        match opened {
            Some(Ok(())) => {
                self.mode = Mode::Histogram;
                self.arrange();
                self.with_histogram(|log| log.step_bar(true));
            }
            Some(Err(why)) => self.tell(&format!("histogram: not now, {why}."), now),
            None => {}
        }
    }

    fn with_histogram(&mut self, act: impl FnOnce(&mut log::Log)) {
        if let Some(log) = self.focused_log_mut() {
            act(log);
        }
    }

    /// Leaves the bars for the log, whichever way.
    pub(super) fn leave_histogram(&mut self) {
        self.with_histogram(log::Log::leave_histogram);
    }

    /// A key among the bars; one that means nothing here is one for the log.
    pub(super) fn histogram_key(&mut self, key: KeyEvent, now: Timestamp) {
        self.mode = Mode::Histogram;
        match key.code {
            KeyCode::Left | KeyCode::Char('h') => self.with_histogram(|log| log.step_bar(false)),
            KeyCode::Right | KeyCode::Char('l') => self.with_histogram(|log| log.step_bar(true)),
            KeyCode::Home => self.with_histogram(|log| log.end_bar(false)),
            KeyCode::End => self.with_histogram(|log| log.end_bar(true)),
            KeyCode::Char('+') => self.with_histogram(|log| log.zoom_histogram(true, now)),
            KeyCode::Char('-') => self.with_histogram(|log| log.zoom_histogram(false, now)),
            KeyCode::Enter => {
                if let Some((from, until)) = self.focused_log().and_then(log::Log::chosen_bar) {
                    self.put_times(&log::between(from, until), now);
                }
            }
            KeyCode::Char('i') => {
                self.mode = Mode::Normal;
                self.with_histogram(log::Log::close_histogram);
            }
            KeyCode::Esc => {
                self.mode = Mode::Normal;
                self.leave_histogram();
            }
            _ => {
                self.mode = Mode::Normal;
                self.leave_histogram();
                self.normal_key(key, now);
            }
        }
    }
}
