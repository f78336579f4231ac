//! The log as lines for somebody who hears or reads it line by line.

use super::Log;
use super::lines::Line;
use crate::domain::id::EventUuid;
use crate::domain::notable::is_notable;
use crate::domain::query::EventRow;
use crate::domain::time;
use crate::ui::format;
use crate::ui::keymap::View;

/// What there is to tell of the log.
pub(in crate::ui) struct Told {
    /// Whether the newest are followed, and how many there are.
    pub standing: String,
    /// The lines in sight; those of events with what they are.
    pub lines: Vec<(String, Option<EventUuid>)>,
    /// Why there is none, or what to do.
    pub end: Option<String>,
}

impl Log {
    /// The lines in sight, and what there is to know about them.
    pub(in crate::ui) fn spoken(&self) -> Told {
        let in_sight = self
            .lines
            .all()
            .iter()
            .skip(self.top)
            .take(self.height.max(1));
        let lines: Vec<_> = in_sight.filter_map(|line| self.spoken_line(line)).collect();
        let how = match (self.paused, self.follow && self.until.is_none()) {
            (true, _) => "paused",
            (false, true) => "the newest",
            (false, false) => "not the newest",
        };
        let end = match (lines.is_empty(), self.is_filtered()) {
            (false, _) => self
                .more_older
                .then(|| "previous tells older ones.".to_owned()),
            (true, true) => Some("No stored event passes the filter.".to_owned()),
            (true, false) => {
                let words = "No events are stored here yet; {key:refresh} reads the log now.";
                Some(self.keys.told(words, View::Log).into_owned())
            }
        };
        Told {
            standing: format!("{how}, {}", self.extent()),
            lines,
            end,
        }
    }

    /// The events at hand after that one; `None` when it is not among them.
    pub(in crate::ui) fn spoken_after(&self, uuid: EventUuid) -> Option<Vec<(String, EventUuid)>> {
        let place = self.rows.iter().position(|row| row.event.uuid == uuid)?;
        let newer = self.rows.iter().skip(place + 1);
        Some(newer.map(|row| (self.words(row), row.event.uuid)).collect())
    }

    fn spoken_line(&self, line: &Line) -> Option<(String, Option<EventUuid>)> {
        let (row, parts) = match line {
            Line::Note(note) => return Some((note.words.clone(), None)),
            Line::Event { row, .. } => (row, 1),
            Line::Folded { row, parts } => (row, parts.len()),
        };
        let row = self.rows.get(*row)?;
        let folded = match parts {
            1 => String::new(),
            parts => format!(", {parts} events in one transaction"),
        };
        Some((format!("{}{folded}", self.words(row)), Some(row.event.uuid)))
    }

    /// An event: when, and what the other columns show under their headings.
    fn words(&self, row: &EventRow) -> String {
        let at = row.event.published;
        let mark = if is_notable(&row.event) { "! " } else { "" };
        let when = format!(
            "{mark}{} {} {}",
            self.zone.day(at),
            self.zone.time_of_day(at),
            self.zone.sign(at)
        );
        let whole = time::format_okta(at);
        let mut parts = vec![when];
        for column in self.columns() {
            let text = column.whole(row);
            let is_time = text == whole || column.title() == "DATE";
            if is_time || text.is_empty() || text == format::NONE {
                continue;
            }
            let title = column.title();
            parts.push(if title == "EVENT" {
                text
            } else {
                format!("{} {text}", title.to_lowercase())
            });
        }
        parts.join(", ")
    }
}
