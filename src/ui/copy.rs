//! What can be copied of rows and events, and the text that comes of it.

use super::record::{Item, id_text};
use crate::domain::entry::Subject;
use crate::domain::id::{EventUuid, ObjectId};
use crate::domain::link;
use crate::domain::markdown;
use crate::domain::query::EventRow;
use crate::domain::text::SafeText;
use crate::domain::text::escape_json;
use crate::msg::AnyRow;

/// Terminals take no more than 74,994 characters of base64 at once, which is this many bytes.
pub const MOST_BYTES: usize = 74_994 / 4 * 3;

/// What is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copy {
    /// What the column under the cursor shows.
    Cell,
    /// The id.
    Id,
    /// All columns that are shown.
    Row,
    /// Okta's JSON.
    Json,
    /// The address of its page in the Admin Console.
    Link,
    /// The columns that are shown, as a table in Markdown.
    Markdown,
    /// A command that asks Okta for it.
    Curl,
    /// Where the value under the cursor stands in Okta's JSON.
    Path,
}

/// Something that can be copied.
#[derive(Clone, Debug, PartialEq)]
pub enum Thing {
    /// A row of a list, or what a page is about.
    Item(Box<Item>),
    /// An event.
    Event(Box<EventRow>),
}

/// The table that things stand in.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The headings.
    pub headings: Vec<String>,
    /// The cells of each thing, as long as they are.
    pub cells: Vec<Vec<String>>,
    /// The column under the cursor.
    pub column: usize,
}

impl Thing {
    /// Its id as Okta spells it.
    pub fn id(&self) -> String {
        match self {
            Self::Item(item) => id_text(&item.subject()).to_owned(),
            Self::Event(row) => row.event.uuid.to_string(),
        }
    }

    /// Okta's JSON, where it came along.
    pub fn json(&self) -> Option<String> {
        let raw = match self {
            Self::Item(item) => item.raw(),
            Self::Event(row) => row.raw.as_ref(),
        };
        raw.map(|raw| escape_json(raw.as_unsafe_str()))
    }

    /// The page of the Admin Console.
    fn link(&self, host: &str) -> Result<String, String> {
        let Self::Item(item) = self else {
            return Err("an event has no page of its own in the Admin Console".to_owned());
        };
        let Subject::Object(id) = item.subject() else {
            return Err("only the pages of users, groups and apps are known".to_owned());
        };
        let app_name = match &**item {
            Item::Object(AnyRow::App(row)) => Some(row.value.name.as_str()),
            _ => None,
        };
        link::admin_page(host, &id, app_name).map_err(|why| why.to_string())
    }

    /// A command that asks Okta for it.
    fn curl(&self, host: &str) -> Result<String, String> {
        let command = match self {
            Self::Event(row) => link::curl_event(host, row.event.uuid, row.event.published),
            Self::Item(item) => match item.subject() {
                Subject::Object(id) => link::curl_object(host, &id),
                Subject::Entry(_) => {
                    return Err(
                        "only users, groups, apps and events are asked for by id".to_owned()
                    );
                }
            },
        };
        command.ok_or_else(|| "the org's host is no name that a command can hold".to_owned())
    }
}

/// The thing that the agent is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// A user, a group or an app.
    Object(ObjectId),
    /// An entry.
    Entry(crate::domain::entry::EntryKey),
    /// An event.
    Event(EventUuid),
}

/// The text for the clipboard.
///
/// # Errors
/// Why there is none, in words.
pub fn text(kind: Copy, things: &[Thing], table: &Table, host: &str) -> Result<String, String> {
    let lines: Vec<String> = match kind {
        Copy::Id => things.iter().map(Thing::id).collect(),
        Copy::Json => {
            let lines = things.iter().map(|thing| thing.json().ok_or(NO_JSON));
            lines.collect::<Result<_, _>>()?
        }
        Copy::Link => {
            let lines = things.iter().map(|thing| thing.link(host));
            lines.collect::<Result<_, _>>()?
        }
        Copy::Curl => {
            let lines = things.iter().map(|thing| thing.curl(host));
            lines.collect::<Result<_, _>>()?
        }
        Copy::Path => return Err("only JSON has paths".to_owned()),
        Copy::Cell | Copy::Row | Copy::Markdown if table.cells.len() != things.len() => {
            return Err("only rows of tables have cells".to_owned());
        }
        Copy::Cell => {
            let cells = table.cells.iter().map(|cells| cells.get(table.column));
            cells.flatten().map(|cell| safe(cell)).collect()
        }
        Copy::Row => {
            let rows = table.cells.iter();
            let row = |cells: &Vec<String>| {
                let cells: Vec<String> = cells.iter().map(|cell| safe(cell)).collect();
                cells.join("\t")
            };
            rows.map(row).collect()
        }
        Copy::Markdown => {
            let head = markdown::head(&table.headings);
            let rows = table.cells.iter().map(|cells| markdown::line(cells));
            return bounded(head + &rows.collect::<String>());
        }
    };
    bounded(lines.join("\n"))
}

/// A cell in one line, whoever made it: only the separators between cells are ours.
fn safe(cell: &str) -> String {
    SafeText::new(cell).into()
}

/// Why there is no JSON to copy.
const NO_JSON: &str = "there is no JSON of Okta's for it";

fn bounded(text: String) -> Result<String, String> {
    if text.is_empty() {
        return Err("there is nothing in it".to_owned());
    }
    if text.len() > MOST_BYTES {
        return Err(format!(
            "it is {} bytes, and a terminal takes {}; {{key:export}} writes it to a file",
            super::format::count_len(text.len()),
            super::format::count_len(MOST_BYTES)
        ));
    }
    Ok(text)
}
