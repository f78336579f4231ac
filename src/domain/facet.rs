//! The values that a field has in the rows of a list or of the log, and how many rows have each: asked and told slice by slice.

use serde::{Deserialize, Serialize};

use super::entry::EntryQuery;
use super::filter::Value;
use super::query::{EventAnchor, EventPos, EventQuery, ListQuery};

/// Which rows, and which field of theirs. Where the windows lie says where to go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetQuery {
    /// The rows.
    pub rows: FacetRows,
    /// The field, as the filter language has it.
    pub field: String,
}

impl FacetQuery {
    /// The question that goes on there.
    #[must_use]
    pub fn going_on(mut self, next: FacetNext) -> Self {
        match (&mut self.rows, next) {
            (
                FacetRows::Users(query) | FacetRows::Groups(query) | FacetRows::Apps(query),
                FacetNext::Row(row),
            ) => query.offset = row,
            (FacetRows::Entries(query), FacetNext::Row(row)) => query.offset = row,
            (FacetRows::Events(query), FacetNext::Before(pos)) => {
                query.anchor = EventAnchor::Before(pos);
            }
            // An answer of another kind leads nowhere.
            _ => {}
        }
        self
    }
}

/// The rows that are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FacetRows {
    /// Users.
    Users(ListQuery),
    /// Groups.
    Groups(ListQuery),
    /// Apps.
    Apps(ListQuery),
    /// Entries of a kind.
    Entries(EntryQuery),
    /// Events.
    Events(EventQuery),
}

/// What a slice of the rows has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facets {
    /// The values and how many rows of the slice have each, in no order. A row with several values counts for each of them.
    pub values: Vec<(Value, u64)>,
    /// How many rows were counted.
    pub counted: u64,
    /// How many there are in all, where that is known.
    pub of: Option<u64>,
    /// Where to go on; `None` when these were the last.
    pub next: Option<FacetNext>,
}

/// Where a count goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FacetNext {
    /// At this row of the list.
    Row(usize),
    /// With the events before this.
    Before(EventPos),
}
