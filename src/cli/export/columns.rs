//! Columns that the operator chose in the console, in place of those that files of a kind have.

use crate::domain::query::EventRow;
use crate::ui::log::{LogColumn, log_columns};
use crate::ui::record::{Column, Item, Topic};

/// Chosen columns.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// Of a list.
    List(Vec<Column>),
    /// Of the log.
    Log(Vec<LogColumn>),
}

impl Chosen {
    /// Those of these names among the columns of a list.
    pub fn of_list(topic: &Topic, names: &[String]) -> Self {
        Self::List(topic.columns_of(Some(names)).into_owned())
    }

    /// Those of these names among the columns of the log.
    pub fn of_log(names: &[String]) -> Self {
        Self::Log(log_columns(names))
    }

    /// Their headings.
    pub fn titles(&self) -> Vec<String> {
        match self {
            Self::List(columns) => columns.iter().map(|it| it.title.to_string()).collect(),
            Self::Log(columns) => columns.iter().map(LogColumn::title).collect(),
        }
    }

    /// Whether one of them shows a part of Okta's JSON.
    pub fn needs_json(&self) -> bool {
        match self {
            Self::List(columns) => columns.iter().any(Column::needs_json),
            Self::Log(columns) => columns.iter().any(LogColumn::needs_json),
        }
    }

    /// The values of a row of a list, as files without chosen columns have them.
    pub fn of_item(&self, item: &Item) -> Option<Vec<String>> {
        let Self::List(columns) = self else {
            return None;
        };
        Some(columns.iter().map(|it| it.value(item)).collect())
    }

    /// The values of an event.
    pub fn of_event(&self, row: &EventRow) -> Option<Vec<String>> {
        let Self::Log(columns) = self else {
            return None;
        };
        Some(columns.iter().map(|it| it.value(row)).collect())
    }
}
