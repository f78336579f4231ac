//! What the stored log tells of an address, a session, a device or a network, and who signed in from where.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;

use super::events::{self, Bounds};
use crate::cli::args::{ByThing, SpanArgs};
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::Failure;
use crate::cli::json::safe_line;
use crate::cli::listing::Listing;
use crate::cli::output::{self, Output};
use crate::cli::record::{Column, Record, extra, shown};
use crate::domain::filter::Value;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::time::format_okta;
use crate::domain::trace::{Part, Seen, Sighting, Thing, TraceQuery};
use crate::msg::{Answer, Ask, ProblemKind};

/// Something that was seen, as a row.
struct Row {
    sighting: Sighting,
    seen: Seen,
}

impl Row {
    /// What it is known by: an id where there is one that says who it is.
    fn value(&self) -> String {
        let text = match &self.sighting.value {
            Value::Named(named) if named.is_sure() => &named.id,
            value => value.text().unwrap_or_default(),
        };
        SafeText::new(text).to_string()
    }

    /// What people call it.
    fn name(&self) -> String {
        let text = match &self.sighting.value {
            Value::Named(named) => &named.name,
            _ => &self.sighting.beside,
        };
        SafeText::new(text).to_string()
    }
}

impl Record for Row {
    const PLURAL: &'static str = "sightings";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("part", |row| row.sighting.part.word().to_owned()),
        shown("value", Self::value),
        shown("name", Self::name),
        shown("events", |row| row.seen.count.to_string()),
        shown("failed", |row| row.seen.failed.to_string()),
        shown("first", |row| format_okta(row.seen.first)),
        shown("last", |row| format_okta(row.seen.last)),
    ];

    fn json(&self) -> Option<String> {
        let name = Some(self.name()).filter(|name| !name.is_empty());
        Some(safe_line(&json!({
            "part": self.sighting.part.word(),
            "value": self.value(),
            "name": name,
            "events": self.seen.count,
            "failed": self.seen.failed,
            "first": format_okta(self.seen.first),
            "last": format_okta(self.seen.last),
        })))
    }
}

/// Somebody who signed in from an address, as a row.
struct Logon {
    row: Row,
    place: String,
}

impl Logon {
    fn address(&self) -> String {
        SafeText::new(&self.row.sighting.beside).to_string()
    }
}

impl Record for Logon {
    const PLURAL: &'static str = "sign-ins";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("ip", Self::address),
        shown("place", |logon| logon.place.clone()),
        shown("user", |logon| logon.row.name()),
        extra("userId", |logon| logon.row.value()),
        shown("events", |logon| logon.row.seen.count.to_string()),
        shown("failed", |logon| logon.row.seen.failed.to_string()),
        shown("first", |logon| format_okta(logon.row.seen.first)),
        shown("last", |logon| format_okta(logon.row.seen.last)),
    ];

    fn json(&self) -> Option<String> {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Some(safe_line(&json!({
            "ip": some(self.address()),
            "place": some(self.place.clone()),
            "user": self.row.name(),
            "user_id": self.row.value(),
            "events": self.row.seen.count,
            "failed": self.row.seen.failed,
            "first": format_okta(self.row.seen.first),
            "last": format_okta(self.row.seen.last),
        })))
    }
}

/// Tells who, when, where and what of a thing: each kind together, the newest first.
///
/// # Errors
/// When there can be no such thing, what the agent says, [`Failure::NothingFound`] when no event is of it,
/// [`Failure::Partial`] when none is and not all of the log is known, or that standard output cannot be written.
pub async fn by(
    thing: ByThing,
    value: &str,
    span: &SpanArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let value = value.trim().to_owned();
    let thing = match thing {
        ByThing::Ip => Thing::Address(value.clone()),
        ByThing::Session => Thing::Session(value.clone()),
        ByThing::RootSession => Thing::RootSession(value.clone()),
        ByThing::Device => Thing::Device(value.clone()),
        ByThing::Asn => Thing::Network(value.clone()),
    };
    tell_about(thing.word(), &value, span, now, out);
    let mut rows = look(thing, span, now, asker).await?;
    rows.sort_by(|a, b| {
        let by_part = a.sighting.part.cmp(&b.sighting.part);
        by_part.then_with(|| newest_first(a, b))
    });
    let mut listing = Listing::of::<Row>(out)?;
    listing.add_rows(&rows)?;
    let count = listing.end()?;
    events::tell_lack(count, bounds(span, now), now, asker, out).await
}

/// Tells who signed in from where: by address and user, the newest first.
///
/// # Errors
/// When the filter cannot be read, and as [`by`].
pub async fn logons(
    filter: &[String],
    span: &SpanArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let filter = filter.join(" ");
    tell_about("sign-ins", &filter, span, now, out);
    let looked = look(Thing::Logons(filter.clone()), span, now, asker).await;
    let mut rows = looked.map_err(|failure| failure.about_filter(&filter))?;
    rows.sort_by(newest_first);
    let mut places: HashMap<String, String> = HashMap::new();
    for row in rows.iter().filter(|row| row.sighting.part == Part::Place) {
        let address = row.sighting.beside.clone();
        places.entry(address).or_insert_with(|| row.value());
    }
    let people = rows
        .into_iter()
        .filter(|row| matches!(row.sighting.part, Part::User | Part::Actor));
    let logons = people.map(|row| Logon {
        place: places
            .get(&row.sighting.beside)
            .cloned()
            .unwrap_or_default(),
        row,
    });
    let logons: Vec<Logon> = logons.collect();
    let mut listing = Listing::of::<Logon>(out)?;
    listing.add_rows(&logons)?;
    let count = listing.end()?;
    events::tell_lack(count, bounds(span, now), now, asker, out).await
}

/// What is asked for, as a manifest tells it.
fn tell_about(what: &str, which: &str, span: &SpanArgs, now: Timestamp, out: &mut Output) {
    let asked = bounds(span, now);
    out.about.query = Some(json!({
        "now": format_okta(now),
        "what": what,
        "which": which,
        "since": asked.since.map(format_okta),
        "until": asked.until.map(format_okta),
    }));
    out.about.stretch = Some(asked);
    out.about.needs = vec![Resource::Log];
}

fn newest_first(a: &Row, b: &Row) -> std::cmp::Ordering {
    let by_time = b.seen.last.cmp(&a.seen.last);
    by_time.then_with(|| a.sighting.cmp(&b.sighting))
}

fn bounds(span: &SpanArgs, now: Timestamp) -> Bounds {
    Bounds {
        since: span.since.map(|when| when.moment(now)),
        until: span.until.map(|when| when.moment(now)),
    }
}

/// Everything that the stretch tells, put together slice by slice.
async fn look(
    thing: Thing,
    span: &SpanArgs,
    now: Timestamp,
    asker: &mut impl Asker,
) -> Result<Vec<Row>, Failure> {
    // What is wrong with a filter the agent tells with its place.
    if !matches!(thing, Thing::Logons(_))
        && let Err(error) = thing.check()
    {
        return Err(Failure::new(
            ProblemKind::Usage,
            format!("`{}` is no {}", thing.value(), thing.word()),
            error.message,
        ));
    }
    let Bounds { since, until } = bounds(span, now);
    let mut query = TraceQuery {
        thing,
        before: None,
        since,
        until,
    };
    let mut all: HashMap<Sighting, Seen> = HashMap::new();
    loop {
        let Answer::Trace(slice) = asker.ask(Ask::Trace(query.clone())).await? else {
            return Err(mismatch());
        };
        for (sighting, seen) in slice.sightings {
            let seen = all.get(&sighting).map_or(seen, |known| known.and(seen));
            all.insert(sighting, seen);
        }
        let Some(next) = slice.next else { break };
        if let Ok(at) = Timestamp::from_millisecond(next.published_ms) {
            output::say_passing(&format!("looked back to {}", format_okta(at)));
        }
        query.before = Some(next);
    }
    output::say_passing("");
    let rows = all.into_iter();
    Ok(rows
        .map(|(sighting, seen)| Row { sighting, seen })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Format;
    use crate::cli::ask::fake::Fake;
    use crate::cli::sample;
    use crate::domain::query::EventPos;
    use crate::domain::trace::{self, Trace};
    use crate::msg::Problem;

    /// An agent that tells of six events, two for each question.
    fn agent() -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
        Fake::new(|ask| match ask {
            Ask::Trace(query) => {
                let end = query.before.map_or(6, |before| before.seq);
                let slice: Vec<_> = (end - 2..end).map(sample::event).collect();
                let newest_first = slice.iter().rev().map(|row| &row.event);
                Ok(Answer::Trace(Box::new(Trace {
                    sightings: trace::seen_in(&query.thing, newest_first),
                    counted: 2,
                    newest: Vec::new(),
                    next: (end > 2).then(|| EventPos {
                        published_ms: 0,
                        seq: end - 2,
                    }),
                })))
            }
            _ => Ok(Answer::Status(Box::new(sample::status()))),
        })
    }

    #[tokio::test]
    async fn every_slice_is_asked_for_and_added_up() {
        let (mut out, written) = sample::output(Format::Ndjson, None);
        let span = SpanArgs::default();
        let now = sample::moment(100);
        let mut agent = agent();
        // What is known of the log's completeness is another matter.
        let _ = by(ByThing::Session, "s", &span, now, &mut agent, &mut out).await;
        let questions = agent.asked.iter();
        let traces = questions.filter(|ask| matches!(ask, Ask::Trace(_)));
        assert_eq!(traces.count(), 3);
        let text = written.text();
        let rows: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let kinds = rows.iter().find(|row| row["part"] == "type").unwrap();
        assert_eq!(kinds["events"], 6, "{text}");
    }

    #[tokio::test]
    async fn nonsense_is_refused_before_anything_is_asked() {
        for (thing, value) in [
            (ByThing::Ip, "ana"),
            (ByThing::Asn, "OVH"),
            (ByThing::Device, " "),
        ] {
            let (mut out, _) = sample::output(Format::Json, None);
            let (span, now) = (SpanArgs::default(), sample::moment(0));
            let mut agent = agent();
            let refused = by(thing, value, &span, now, &mut agent, &mut out).await;
            assert_eq!(refused.unwrap_err().exit_code(), 2, "{value}");
            assert!(agent.asked.is_empty());
        }
    }
}
