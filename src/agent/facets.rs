//! Counting the values of a field: a slice of the rows for each question, so that whoever asked can stop, and sees how far it came.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::domain::country;
use crate::domain::entry::EntryRow;
use crate::domain::facet::{FacetNext, FacetQuery, FacetRows, Facets};
use crate::domain::filter::{Fields, FilterError, Value};
use crate::domain::query::{EventQuery, EventRow, EventRows, ListQuery, Row, Rows, from_asked};
use crate::store::{Leash, QueryError, Store};

use super::about;

/// How many rows of a list one question counts.
const ROWS: usize = 2_000;
/// How many events one question counts at the most; its time may be over before.
const EVENTS: usize = 4_000;

/// Counts the next slice; a search among the rows ends with the leash.
///
/// # Errors
/// When the rows have no such field, the filter cannot be read, or the mirror cannot be.
pub(super) fn count(
    store: &Store,
    query: FacetQuery,
    now: Timestamp,
    leash: &Leash,
) -> Result<Facets, QueryError> {
    let FacetQuery { rows, field } = query;
    let directory = &store.directory;
    match rows {
        FacetRows::Users(query) => {
            let asked = query.offset;
            let rows = directory.users_within(&sliced(query), now, leash)?;
            of_rows(&rows, asked, &field)
        }
        FacetRows::Groups(query) => {
            let asked = query.offset;
            of_rows(&directory.groups(&sliced(query), now)?, asked, &field)
        }
        FacetRows::Apps(query) => {
            let asked = query.offset;
            of_rows(&directory.apps(&sliced(query), now)?, asked, &field)
        }
        FacetRows::Entries(mut query) => {
            query.limit = ROWS;
            query.around = None;
            let known = query.kind.fields().any(|name| name == field);
            known.then_some(()).ok_or_else(|| unknown(&field))?;
            let rows = directory.entries(&query, now)?;
            let new = from_asked(&rows.rows, rows.offset, query.offset);
            let values = tally(new, |row: &EntryRow| {
                row.value(&field).into_iter().collect()
            });
            let end = rows.offset + rows.rows.len();
            Ok(list_slice(values, end, new.len(), rows.matched))
        }
        FacetRows::Events(query) => {
            known::<EventRow>(&field)?;
            let filter = about::resolved(&query.filter, directory, now)?;
            let query = EventQuery {
                filter,
                limit: EVENTS,
                ..query
            };
            let rows = store.events.window_within(&query, now, leash)?;
            Ok(of_events(&rows, &field))
        }
    }
}

fn sliced(query: ListQuery) -> ListQuery {
    ListQuery {
        limit: ROWS,
        around: None,
        in_slices: true,
        with_raw: false,
        ..query
    }
}

fn known<T: Fields>(field: &str) -> Result<(), QueryError> {
    let known = T::NAMES.contains(&field);
    known.then_some(()).ok_or_else(|| unknown(field))
}

fn unknown(field: &str) -> QueryError {
    QueryError::from(FilterError {
        column: 0,
        message: format!("there is no field `{field}` here"),
    })
}

fn of_rows<T>(rows: &Rows<T>, asked: usize, field: &str) -> Result<Facets, QueryError>
where
    Row<T>: Fields,
{
    known::<Row<T>>(field)?;
    if rows.searched.is_some() {
        // Which rows there are is still being found out; what is counted so far would be counted again.
        return Ok(Facets {
            next: Some(FacetNext::Row(rows.offset)),
            ..Facets::default()
        });
    }
    let new = from_asked(&rows.rows, rows.offset, asked);
    let values = tally(new, |row| values_of(row, field));
    let end = rows.offset + rows.rows.len();
    Ok(list_slice(values, end, new.len(), rows.matched))
}

fn list_slice(values: Vec<(Value, u64)>, next: usize, counted: usize, matched: usize) -> Facets {
    Facets {
        values,
        counted: counted as u64,
        of: Some(matched as u64),
        next: (counted > 0 && next < matched).then_some(FacetNext::Row(next)),
    }
}

fn of_events(rows: &EventRows, field: &str) -> Facets {
    let values = tally(&rows.rows, |row| event_values(row, field));
    let oldest = rows.rows.first().map(|row| row.pos);
    let next = rows.searched.or(oldest.filter(|_| rows.more_older));
    Facets {
        values,
        counted: rows.rows.len() as u64,
        of: None,
        next: next.map(FacetNext::Before),
    }
}

/// How many rows have each value; one that has none has nothing.
fn tally<T>(rows: &[T], values: impl Fn(&T) -> Vec<Value>) -> Vec<(Value, u64)> {
    let mut counts: HashMap<Value, u64> = HashMap::new();
    for row in rows {
        let mut values = values(row);
        values.sort();
        values.dedup();
        if values.is_empty() {
            values.push(Value::Nothing);
        }
        for value in values {
            *counts.entry(value).or_default() += 1;
        }
    }
    counts.into_iter().collect()
}

fn values_of<T: Fields>(row: &T, field: &str) -> Vec<Value> {
    let mut values = Vec::new();
    row.field(field, &mut |value| values.extend(Value::of(value)));
    values
}

/// The values of an event; a party is known by its id and told by the name that it is shown by, not by all that it goes by.
fn event_values(row: &EventRow, field: &str) -> Vec<Value> {
    let event = &row.event;
    match field {
        "actor" => event.actor.iter().map(Value::from).collect(),
        "target" => event.targets.iter().map(Value::from).collect(),
        // `NG` and `Nigeria` are one to the filter.
        "country" => {
            let told = event.country.as_ref().filter(|country| !country.is_empty());
            let one = |told: &str| Value::Is(country::usual(told).unwrap_or(told).to_owned());
            told.iter().map(|told| one(told)).collect()
        }
        _ => values_of(row, field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter;
    use crate::domain::group::{Group, GroupType};
    use crate::domain::id::EventUuid;
    use crate::domain::log_event::{LogEvent, Origin, Party};
    use crate::domain::query::{EventPos, Related};

    fn at(n: u8) -> Timestamp {
        jiff::Timestamp::from_second(i64::from(n)).unwrap()
    }

    fn event(n: u8) -> EventRow {
        let ana = Party {
            id: "00u1".into(),
            kind: "User".into(),
            alternate_id: Some("ana@example.com".into()),
            display_name: Some("Ana".into()),
        };
        EventRow {
            pos: EventPos {
                published_ms: at(n).as_millisecond(),
                seq: u64::from(n),
            },
            event: LogEvent {
                uuid: EventUuid([n; 16]),
                published: at(n),
                event_type: "user.session.start".into(),
                severity: None,
                display_message: None,
                actor: Some(ana.clone()),
                targets: vec![ana.clone(), ana],
                result: None,
                reason: None,
                ip: None,
                country: None,
                city: None,
                user_agent: None,
                session: None,
                root_session: None,
                transaction: None,
                origin: Origin::default(),
            },
            raw: None,
        }
    }

    fn events(numbers: std::ops::Range<u8>) -> EventRows {
        EventRows {
            more_older: numbers.start > 0,
            rows: numbers.map(event).collect(),
            more_newer: false,
            total: 9,
            newer: 0,
            searched: None,
        }
    }

    #[test]
    fn a_party_counts_once_by_its_id_and_is_told_by_the_name_it_is_shown_by() {
        for field in ["actor", "target"] {
            let facets = of_events(&events(0..3), field);
            let [(value, 3)] = facets.values.as_slice() else {
                panic!("{:?}", facets.values);
            };
            assert_eq!(value.text(), Some("ana@example.com"));
            assert_eq!(
                filter::clause(field, value, false),
                format!("{field}Id=00u1")
            );
            assert_eq!((facets.counted, facets.next), (3, None));
        }
        let mut both = events(0..3);
        for (row, country) in both.rows.iter_mut().zip(["Nigeria", "NG", "ng"]) {
            row.event.country = Some(country.into());
        }
        let nigeria = Value::Is("Nigeria".to_owned());
        assert_eq!(of_events(&both, "country").values, [(nigeria, 3)]);
        let facets = of_events(&events(0..3), "ip");
        assert_eq!(facets.values, [(Value::Nothing, 3)]);
    }

    #[test]
    fn a_search_that_was_cut_short_goes_on_where_it_stopped() {
        let mut found = events(2..4);
        let oldest = Some(FacetNext::Before(found.rows[0].pos));
        assert_eq!(of_events(&found, "type").next, oldest);
        let reached = event(1).pos;
        found.searched = Some(reached);
        let next = of_events(&found, "type").next;
        assert_eq!(next, Some(FacetNext::Before(reached)));
        found.rows.clear();
        assert_eq!(of_events(&found, "type").next, next);
    }

    #[test]
    fn rows_are_not_counted_before_it_is_known_which_they_are() {
        let group = Group {
            id: "00g1".parse().unwrap(),
            kind: GroupType::Okta,
            name: "Finance".into(),
            description: None,
            created: None,
            last_updated: None,
            last_membership_updated: None,
            stats: None,
        };
        let row = Row {
            value: group,
            observed: at(0),
            archived: None,
            related: Related::default(),
            via: None,
            raw: None,
        };
        let mut rows = Rows {
            rows: vec![row],
            offset: 4,
            matched: 9,
            total: 10,
            position: None,
            complete: true,
            searched: Some(4),
        };
        let facets = of_rows(&rows, 4, "name").unwrap();
        assert_eq!((facets.counted, facets.next), (0, Some(FacetNext::Row(4))));
        rows.searched = None;
        let facets = of_rows(&rows, 4, "name").unwrap();
        assert_eq!((facets.counted, facets.of), (1, Some(9)));
        assert_eq!(facets.next, Some(FacetNext::Row(5)));
        rows.matched = 5;
        assert_eq!(of_rows(&rows, 4, "members").unwrap().next, None);
        assert!(of_rows(&rows, 4, "foo").is_err());
        // The last window of a list is full, and so begins with rows that were counted: they were counted twice.
        rows.rows.push(rows.rows[0].clone());
        rows.offset = 3;
        let facets = of_rows(&rows, 4, "name").unwrap();
        assert_eq!((facets.counted, facets.next), (1, None));
        assert_eq!(facets.values[0].1, 1);
    }
}
