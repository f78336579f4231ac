//! A list as lines for somebody who hears or reads it line by line.

use super::List;
use super::view::{Look, counts, why_empty};
use crate::domain::entry::Subject;
use crate::ui::format;
use crate::ui::record::{Column, Item};
use crate::ui::theme::Theme;

/// What there is to tell of a list.
pub(in crate::ui) struct Told {
    /// How many there are and how many pass the filter.
    pub counts: String,
    /// How they are ordered and the like.
    pub notes: Vec<String>,
    /// The rows in sight.
    pub rows: Vec<(String, Subject)>,
    /// Which of them these are, or why there are none.
    pub end: Option<String>,
}

impl List {
    /// The rows in sight, and what there is to know about them.
    pub(in crate::ui) fn spoken(&self, look: Look<'_>) -> Told {
        let columns = self.columns();
        let in_sight = self.top..self.top + self.height.max(1);
        let rows = in_sight.filter_map(|index| self.window.row(index));
        let rows: Vec<_> = rows
            .map(|row| (words(&columns, row), row.subject()))
            .collect();
        let sort = self.sort.as_ref().map(|sort| {
            let order = if sort.descending {
                "descending"
            } else {
                "ascending"
            };
            format!("By {}, {order}.", sort.field)
        });
        let archived = self.archived.then(|| "With archived ones.".to_owned());
        let end = if rows.is_empty() {
            let (why, next) = why_empty(self, look);
            Some(format!(
                "{why} {}",
                look.keys.told(next, crate::ui::keymap::View::Lists)
            ))
        } else {
            self.which(rows.len())
        };
        Told {
            counts: counts(self, look.trouble),
            notes: sort.into_iter().chain(archived).collect(),
            rows,
            end,
        }
    }

    /// Which rows are in sight, when those are not all.
    fn which(&self, rows: usize) -> Option<String> {
        let (first, last) = (self.top + 1, self.top + rows);
        let all = self.window.matched;
        (rows < all).then(|| {
            let of = format::count_len(all);
            let more = if last < all { " next tells more." } else { "" };
            format!("Rows {first} to {last} of {of}.{more}")
        })
    }
}

/// A row: what its first column shows, and what the others do under their headings.
fn words(columns: &[Column], row: &Item) -> String {
    let mut parts = Vec::new();
    for column in columns {
        let text = column.cell(row, Theme::mono()).text;
        let text = text.trim();
        if text.is_empty() || text == format::NONE {
            continue;
        }
        parts.push(if parts.is_empty() {
            text.to_owned()
        } else {
            format!("{} {text}", column.title.to_lowercase())
        });
    }
    parts.join(", ")
}
