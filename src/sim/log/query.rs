//! One request to `GET /api/v1/logs`, read from its parameters.

use crate::sim::time::{DAY_MS, Millis};

use super::filter::{Filter, Refusal};
use super::keyword::Keywords;

/// How many events a page holds when nobody says.
const DEFAULT_LIMIT: usize = 100;
/// How many events a page holds at most.
const MAX_LIMIT: usize = 1_000;
/// How far back a query reaches when it does not say.
const DEFAULT_SPAN_MS: i64 = 7 * DAY_MS;
/// How far back a query may reach.
const MAX_SPAN_MS: i64 = 180 * DAY_MS;

/// A request, read.
#[derive(Debug)]
pub struct Query {
    /// What it walks along, and from where to where.
    pub range: Range,
    /// The cursor of an earlier page.
    pub after: Option<String>,
    /// What events must satisfy.
    pub filter: Option<Filter>,
    /// What words they must have.
    pub keywords: Keywords,
    /// How many at most.
    pub limit: usize,
}

/// What a query walks along: the one distinction that clients get wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// No `until` and ascending: by persistence, without end.
    Polling {
        /// The earliest persistence.
        since: Millis,
    },
    /// By `published`, between two moments.
    Bounded {
        /// The earliest, included.
        since: Millis,
        /// The latest, not included.
        until: Millis,
        /// Newest first.
        descending: bool,
    },
}

impl Query {
    /// Reads the parameters of a request made at `now`; `get` gives the value of one that was given and is not empty.
    ///
    /// # Errors
    /// A [`Refusal`] for a parameter that Okta would answer with 400.
    pub fn read<'p>(get: impl Fn(&str) -> Option<&'p str>, now: Millis) -> Result<Self, Refusal> {
        let descending = match get("sortOrder") {
            None | Some("ASCENDING") => false,
            Some("DESCENDING") => true,
            Some(_) => {
                return Err(Refusal::validation(
                    "sortOrder",
                    &["must be either ASCENDING or DESCENDING."],
                ));
            }
        };
        let since = get("since").map(|text| moment("since", text)).transpose()?;
        let until = get("until").map(|text| moment("until", text)).transpose()?;
        if since.is_some_and(|since| since < now - MAX_SPAN_MS) {
            return Err(Refusal::invalid(
                "Invalid parameter: The since parameter is over 180 days prior to the current day."
                    .to_owned(),
            ));
        }
        Ok(Self {
            range: range(since, until, descending, now),
            after: get("after").map(str::to_owned),
            filter: get("filter").map(Filter::parse).transpose()?,
            keywords: Keywords::parse(get("q").unwrap_or_default())?,
            limit: limit(get("limit"))?,
        })
    }
}

fn range(since: Option<Millis>, until: Option<Millis>, descending: bool, now: Millis) -> Range {
    let end = until.unwrap_or(now);
    let since = since.unwrap_or(end - DEFAULT_SPAN_MS);
    if until.is_none() && !descending {
        return Range::Polling { since };
    }
    Range::Bounded {
        since,
        until: end,
        descending,
    }
}

fn moment(name: &str, text: &str) -> Result<Millis, Refusal> {
    Millis::parse(text).ok_or_else(|| {
        Refusal::validation(
            name,
            &[
                "The date format in your query is not recognized. Please enter dates using ISO8601 string format.",
                "must be a valid date-time or empty.",
            ],
        )
    })
}

/// More than the maximum is taken for the maximum; what is no number is refused.
fn limit(text: Option<&str>) -> Result<usize, Refusal> {
    let Some(text) = text else {
        return Ok(DEFAULT_LIMIT);
    };
    let limit: i64 = text
        .parse()
        .ok()
        .filter(|limit| *limit >= 0)
        .ok_or_else(|| Refusal::validation("limit", &["must be a number between 0 and 1000."]))?;
    Ok(usize::try_from(limit).unwrap_or(MAX_LIMIT).min(MAX_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parameters: &[(&str, &str)]) -> Result<Query, Refusal> {
        let get = |name: &str| {
            let found = parameters.iter().find(|(own, _)| *own == name);
            found.map(|(_, value)| *value)
        };
        Query::read(get, Millis::parse("2026-11-22T10:00:00Z").unwrap())
    }

    #[test]
    fn polling_is_ascending_without_until_and_everything_else_is_bounded() {
        let week_ago = Millis::parse("2026-11-15T10:00:00Z").unwrap();
        let now = Millis::parse("2026-11-22T10:00:00Z").unwrap();
        assert_eq!(read(&[]).unwrap().range, Range::Polling { since: week_ago });
        assert_eq!(
            read(&[("sortOrder", "DESCENDING")]).unwrap().range,
            Range::Bounded {
                since: week_ago,
                until: now,
                descending: true
            }
        );
        let until = read(&[("until", "2026-11-20T10:00:00+01:00")])
            .unwrap()
            .range;
        let end = Millis::parse("2026-11-20T09:00:00Z").unwrap();
        assert_eq!(
            until,
            Range::Bounded {
                since: end - 7 * DAY_MS,
                until: end,
                descending: false
            }
        );
    }

    #[test]
    fn limits_default_clamp_and_refuse() {
        assert_eq!(read(&[]).unwrap().limit, 100);
        assert_eq!(read(&[("limit", "0")]).unwrap().limit, 0);
        assert_eq!(read(&[("limit", "99999")]).unwrap().limit, 1_000);
        assert_eq!(read(&[("limit", "-1")]).unwrap_err().code, "E0000001");
        assert_eq!(read(&[("limit", "ten")]).unwrap_err().code, "E0000001");
    }

    #[test]
    fn a_bad_date_has_two_causes_and_one_too_long_ago_is_invalid() {
        let bad = read(&[("since", "yesterday")]).unwrap_err();
        assert_eq!(bad.code, "E0000001");
        assert_eq!(bad.causes.len(), 2);
        assert_eq!(bad.causes[1], "since: must be a valid date-time or empty.");
        let old = read(&[("since", "2026-01-01T00:00:00Z")]).unwrap_err();
        assert_eq!(old.code, "E0000053");
        assert!(read(&[("since", "2026-06-01T00:00:00Z")]).is_ok());
    }
}
