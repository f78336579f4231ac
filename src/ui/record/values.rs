//! What rows hold, as files have it: as Okta tells it, with nothing cut, shortened or grouped, and empty where there is nothing.

use jiff::Timestamp;

use super::entry::{Part, parent};
use super::{Column, Item, Shows, holder, via};
use crate::domain::entry::EntryRow;
use crate::domain::filter::{Field, Fields as _};
use crate::domain::text::{RawJson, SafeText};
use crate::domain::time;
use crate::msg::AnyRow;
use crate::ui::columns::Fit;
use crate::ui::format;
use crate::ui::json_path::JsonPath;
use crate::ui::theme::Theme;

impl Column {
    /// The column's value in the row of `item`, as the command line writes it.
    pub fn value(&self, item: &Item) -> String {
        match (&self.shows, item) {
            (Shows::Path(path), item) => at_path(path, item.raw()),
            (Shows::Entry(part), Item::Entry(row)) => of_entry(*part, row),
            (Shows::Object(_), Item::Object(row)) if self.field.is_empty() => match self.fit {
                Fit::Moment => moment(via(row).and_then(|via| via.since)),
                _ => self.shown_value(item),
            },
            (Shows::Object(_) | Shows::Holder(_), item) if !self.field.is_empty() => {
                item.texts(self.field).join(", ")
            }
            _ => self.shown_value(item),
        }
    }

    /// What is shown, where that is all there is.
    fn shown_value(&self, item: &Item) -> String {
        let text = self.cell(item, Theme::mono()).text;
        let is_nothing = matches!(&*text, format::NONE | format::UNKNOWN);
        if is_nothing { String::new() } else { text }
    }
}

impl Item {
    /// All that it holds in a field of the filter language.
    fn texts(&self, field: &str) -> Vec<String> {
        let mut texts = Vec::new();
        let mut visit = |field: Field<'_>| texts.extend(text(field));
        match self {
            Self::Object(AnyRow::User(row)) => row.field(field, &mut visit),
            Self::Object(AnyRow::Group(row)) => row.field(field, &mut visit),
            Self::Object(AnyRow::App(row)) => row.field(field, &mut visit),
            Self::Holder(row) => holder::HolderFields(row).field(field, &mut visit),
            Self::Entry(_) => {}
        }
        texts
    }
}

fn text(field: Field<'_>) -> Option<String> {
    match field {
        Field::Text(text) => Some(text.to_owned()),
        Field::Number(number) => Some(number.to_string()),
        Field::Time(at) => Some(time::format_okta(at)),
        Field::Unknown => None,
    }
}

fn of_entry(part: Part, row: &EntryRow) -> String {
    let entry = &row.entry;
    match part {
        Part::Parent => match parent(row) {
            format::NONE => String::new(),
            parent => parent.to_owned(),
        },
        Part::Name => row.title().to_owned(),
        Part::Status => entry.status.iter().map(ToString::to_string).collect(),
        Part::Fact(at) => row.shown(at).unwrap_or_default().into_owned(),
        Part::Since => moment(row.spans.last().map(|span| span.from)),
        Part::Created => moment(entry.created),
        Part::Updated => moment(entry.last_updated),
    }
}

/// What stands in Okta's JSON, made safe; empty where there is nothing or it cannot be read.
pub(in crate::ui) fn at_path(path: &JsonPath, raw: Option<&RawJson>) -> String {
    let found = raw.and_then(|raw| path.look_up(raw).ok().flatten());
    found.map_or_else(String::new, |text| SafeText::new(&text).into())
}

fn moment(at: Option<Timestamp>) -> String {
    at.map(time::format_okta).unwrap_or_default()
}
