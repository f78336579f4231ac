//! Events of the System Log that the mirror holds: a stretch of them, those that pass a filter, or one.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::{get, status};
use crate::cli::args::{EventListArgs, Format};
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::{Failure, something};
use crate::cli::listing::{Listing, no_json};
use crate::cli::output::Output;
use crate::cli::record::Record as _;
use crate::domain::fields::EventFields;
use crate::domain::filter;
use crate::domain::filter::Fields as _;
use crate::domain::filter::Filter;
use crate::domain::id::EventUuid;
use crate::domain::query::{EventAnchor, EventQuery, EventRow, EventRows};
use crate::domain::resource::{Resource, Stretch};
use crate::domain::time::{self, format_okta};
use crate::msg::status::{Connection, Status};
use crate::msg::{Answer, Ask, EventRef, ProblemKind};

/// Rows that are asked for at once: few enough for one message even with their JSON.
const WINDOW_ROWS: usize = 500;
/// What a person at a terminal is shown who asked for no stretch and no number.
const TERMINAL_ROWS: usize = 100;

/// A log that is followed is never further behind than this.
const BETWEEN_POLLS: Duration = Duration::from_mins(5);

/// Lists events, oldest first.
///
/// # Errors
/// What the agent says, [`Failure::NothingFound`] when there is none, or that standard output cannot be written.
pub async fn list(
    args: &EventListArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let unbounded = args.limit.is_none() && args.since.is_none() && args.until.is_none();
    let limit = args
        .limit
        .or((unbounded && out.is_terminal()).then_some(TERMINAL_ROWS));
    let query = query("", args, now, out);
    let asked = Bounds::of(&query, now);
    let shown = write(query, limit, now, asker, out).await?;
    if args.limit.is_none() && shown.left_out {
        let words = "these are the newest; --since, --until or --limit show others";
        out.notes(&[words.to_owned()]);
    }
    let status = status::ask(asker).await.ok();
    let lack = status.and_then(|status| coverage_words(asked, &status, now));
    ended(shown.rows, lack.clone(), lack, out)
}

/// Says what may be missing, and ends as a list of so many rows does: that there are none is no answer where not all is known.
fn ended(
    rows: usize,
    lack: Option<String>,
    note: Option<String>,
    out: &mut Output,
) -> Result<(), Failure> {
    match lack {
        Some(lack) if rows == 0 => Err(Failure::Partial(lack)),
        _ => {
            out.notes(&note.into_iter().collect::<Vec<_>>());
            something(rows)
        }
    }
}

/// Lists the events that pass a filter.
///
/// # Errors
/// As [`list`].
pub async fn search(
    filter: &[String],
    args: &EventListArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let filter = filter.join(" ");
    let query = query(&filter, args, now, out);
    let asked = Bounds::of(&query, now);
    let shown = write(query, args.limit, now, asker, out).await;
    let rows = shown.map_err(|failure| failure.about_filter(&filter))?.rows;
    tell_lack(rows, asked, now, asker, out).await
}

/// The stretch that was asked for; without a beginning it is all that is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Its beginning.
    pub since: Option<Timestamp>,
    /// Its end; without one it goes on up to now.
    pub until: Option<Timestamp>,
}

/// Says what of a stretch is not known, and ends as a list of so many rows does.
pub(super) async fn tell_lack(
    rows: usize,
    asked: Bounds,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let Ok(status) = status::ask(asker).await else {
        return something(rows);
    };
    // Who looks for something in all of the log is told how far that goes back.
    let since = asked.since.or(Some(Timestamp::MIN));
    let note = coverage_words(Bounds { since, ..asked }, &status, now);
    ended(rows, coverage_words(asked, &status, now), note, out)
}

/// Writes all events that a question is about, oldest first, and tells what may be missing among them.
///
/// # Errors
/// As [`list`].
pub async fn write_everything(
    query: EventQuery,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let asked = Bounds::of(&query, now);
    // What is told of the log is what it held before it was gone through.
    let status = status::ask(asker).await.ok();
    let shown = write(query, None, now, asker, out).await?;
    let lack = status.and_then(|status| coverage_words(asked, &status, now));
    ended(shown.rows, lack.clone(), lack, out)
}

/// Writes events that were picked one by one, oldest first.
///
/// # Errors
/// What the agent says, [`Failure::Partial`] when some are not stored any more, or that they cannot be written.
pub async fn write_picked(
    uuids: &[EventUuid],
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let names: Vec<String> = uuids.iter().map(ToString::to_string).collect();
    out.about.query = Some(json!({"now": format_okta(now), "uuids": names}));
    out.about.needs = vec![Resource::Log];
    let (mut rows, mut gone) = (Vec::new(), 0_u64);
    for uuid in uuids {
        match asker.ask(Ask::Event(EventRef::Uuid(*uuid))).await {
            Ok(Answer::Event(row)) => rows.push(*row),
            Ok(_) => return Err(mismatch()),
            Err(problem) if problem.kind == ProblemKind::NotFound => gone += 1,
            Err(problem) => return Err(problem.into()),
        }
    }
    rows.sort_by_key(|row| row.pos);
    let mut listing = Listing::of::<EventRow>(out)?;
    listing.add_rows(&rows)?;
    listing.end()?;
    if gone > 0 {
        let events = crate::ui::format::counted(gone, "marked event");
        let words = format!("{events} not stored any more");
        return Err(Failure::Partial(words));
    }
    Ok(())
}

impl Bounds {
    /// The stretch of a question: within its own bounds, and within those that its filter sets, whose ages are counted back from `now`.
    fn of(query: &EventQuery, now: Timestamp) -> Self {
        let asked = filter::Bounds {
            from: query.since,
            until: query.until,
        };
        // A filter that cannot be read is refused by whoever is asked with it.
        let filter = Filter::parse(&query.filter, EventFields::NAMES).ok();
        let bounds = filter.map(|filter| filter.bounds("published", now));
        let bounds = bounds.map_or(asked, |bounds| bounds.within(asked));
        Self {
            since: bounds.from,
            until: bounds.until,
        }
    }

    /// The part of it that can be known by now, and whether the log is being followed. What happened since the last poll cannot be there
    /// yet, and everybody knows. That the polls have stopped nobody knows.
    pub fn due(self, status: &Status, now: Timestamp) -> (Stretch, bool) {
        let complete = &status.log.complete;
        let is_down = matches!(status.connection, Connection::Trouble { .. });
        let is_recent = |last: &&Stretch| last.to >= time::before(now, BETWEEN_POLLS);
        let polled = complete.last().filter(|_| !is_down).filter(is_recent);
        let until = self.until.unwrap_or(now).min(now);
        let to = polled.map_or(until, |last| until.min(last.to));
        let first = complete.first().map(|first| first.from);
        let from = self.since.or(first).unwrap_or(to).min(to);
        (Stretch { from, to }, polled.is_some())
    }
}

/// Of which stretches every event is stored, and why not of more; `None` when all that was asked for is among them.
fn coverage_words(asked: Bounds, status: &Status, now: Timestamp) -> Option<String> {
    let complete = &status.log.complete;
    let Some(first) = complete.first() else {
        let words = "no stretch of the stored log is known to be complete";
        return Some(with_reason(words.to_owned(), status));
    };
    let (due, is_followed) = asked.due(status, now);
    let missing = due.without(complete.iter().copied());
    if missing.is_empty() && due.from >= first.from {
        return None;
    }
    let stretches: Vec<String> = complete
        .iter()
        .map(|one| format!("{} to {}", format_okta(one.from), format_okta(one.to)))
        .collect();
    let words = format!(
        "the stored log is complete from {}",
        stretches.join(", and from ")
    );
    Some(if is_followed {
        words
    } else {
        with_reason(words, status)
    })
}

/// The words, and why Okta does not tell more of the log now.
fn with_reason(words: String, status: &Status) -> String {
    let log = status
        .resources
        .iter()
        .find(|one| one.resource == Resource::Log);
    match (&status.connection, log.and_then(|log| log.trouble.as_ref())) {
        (Connection::Trouble { problem, .. }, _) => format!("{words}: {}", problem.summary),
        (_, Some(reason)) => format!("{words}: {reason}"),
        _ => words,
    }
}

fn query(filter: &str, args: &EventListArgs, now: Timestamp, out: &Output) -> EventQuery {
    EventQuery {
        filter: filter.to_owned(),
        since: args.since.map(|when| when.moment(now)),
        until: args.until.map(|when| when.moment(now)),
        with_raw: out.wants_json(),
        ..EventQuery::default()
    }
}

/// What was written.
struct Shown {
    rows: usize,
    /// Whether older events were left out.
    left_out: bool,
}

async fn write(
    query: EventQuery,
    limit: Option<usize>,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<Shown, Failure> {
    out.about.query = Some(json!({
        "now": format_okta(now),
        "filter": query.filter,
        "since": query.since.map(format_okta),
        "until": query.until.map(format_okta),
        "limit": limit,
    }));
    out.about.stretch = Some(Bounds::of(&query, now));
    out.about.needs = vec![Resource::Log];
    match limit {
        Some(limit) => write_newest(query, limit, asker, out).await,
        None => write_all(query, asker, out).await,
    }
}

/// Walks forward from the oldest, writing each window as it comes.
async fn write_all(
    mut query: EventQuery,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<Shown, Failure> {
    query.limit = WINDOW_ROWS;
    query.anchor = EventAnchor::Oldest;
    let mut window = ask(&query, asker).await?;
    let mut listing = Listing::of::<EventRow>(out)?;
    loop {
        if !window.rows.is_empty() {
            listing.passing("");
        }
        listing.add_rows(&window.rows)?;
        let last = window.rows.last().filter(|_| window.more_newer);
        let Some(reached) = window.searched.or(last.map(|row| row.pos)) else {
            break;
        };
        if let Some(words) = progress(&window, "up to") {
            listing.passing(&words);
        }
        query.anchor = EventAnchor::After(reached);
        window = ask(&query, asker).await?;
    }
    listing.passing("");
    Ok(Shown {
        rows: listing.end()?,
        left_out: false,
    })
}

/// Walks back from the newest to find where the last `limit` begin, then writes them in order.
async fn write_newest(
    mut query: EventQuery,
    limit: usize,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<Shown, Failure> {
    let mut windows: Vec<Vec<EventRow>> = Vec::new();
    let (mut left, mut more_older) = (limit, true);
    query.anchor = EventAnchor::Newest;
    while left > 0 && more_older {
        query.limit = left.min(WINDOW_ROWS);
        let window = ask(&query, asker).await?;
        let first = window.rows.first().map(|row| row.pos);
        let Some(reached) = window.searched.or(first) else {
            more_older = false;
            break;
        };
        if let Some(words) = progress(&window, "back to") {
            out.passing(&words);
        }
        query.anchor = EventAnchor::Before(reached);
        left = left.saturating_sub(window.rows.len());
        more_older = window.more_older;
        windows.push(window.rows);
    }
    out.passing("");
    let mut listing = Listing::of::<EventRow>(out)?;
    windows
        .iter()
        .rev()
        .try_for_each(|rows| listing.add_rows(rows))?;
    Ok(Shown {
        rows: listing.end()?,
        left_out: more_older,
    })
}

/// How far a search has come that goes on, for a person who waits.
fn progress(window: &EventRows, direction: &str) -> Option<String> {
    let searched = window.searched.map(|pos| pos.published_ms);
    let at = searched.and_then(|ms| Timestamp::from_millisecond(ms).ok())?;
    Some(format!("searched {direction} {}", format_okta(at)))
}

async fn ask(query: &EventQuery, asker: &mut impl Asker) -> Result<EventRows, Failure> {
    match asker.ask(Ask::Events(query.clone())).await? {
        Answer::Events(rows) => Ok(rows),
        _ => Err(mismatch()),
    }
}

/// Prints one event.
///
/// # Errors
/// When the text is no uuid or no such event is stored, what the agent says, or that standard output cannot be written.
pub async fn get(uuid: &str, asker: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    let uuid = uuid.parse().map_err(|_| {
        let hint = "write it as Okta does: 5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef";
        Failure::new(
            ProblemKind::Usage,
            format!("{uuid} is not the uuid of an event"),
            hint,
        )
    })?;
    let Answer::Event(row) = asker.ask(Ask::Event(EventRef::Uuid(uuid))).await? else {
        return Err(mismatch());
    };
    if out.format() == Format::Json || out.format() == Format::Ndjson {
        let json = row.json().ok_or_else(no_json)?;
        return Ok(out.text(&(json + "\n"))?);
    }
    get::fields(&*row, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ask::fake::Fake;
    use crate::cli::failure::problem;
    use crate::cli::sample;
    use crate::domain::listing::PartialReason;
    use crate::domain::query::EventPos;
    use crate::msg::Problem;

    /// A log of `count` events that gives windows as the store does.
    fn log(count: u64) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
        Fake::new(move |ask| {
            let Ask::Events(query) = ask else {
                return Err(untold());
            };
            let limit = query.limit as u64;
            let (start, end) = match query.anchor {
                EventAnchor::Oldest => (0, limit),
                EventAnchor::After(pos) => (pos.seq + 1, pos.seq + 1 + limit),
                EventAnchor::Newest => (count.saturating_sub(limit), count),
                EventAnchor::Before(pos) => (pos.seq.saturating_sub(limit), pos.seq),
                EventAnchor::Around(_) => panic!("not asked for by commands"),
            };
            let end = end.min(count);
            Ok(Answer::Events(EventRows {
                rows: (start..end).map(sample::event).collect(),
                more_older: start > 0,
                more_newer: end < count,
                total: count,
                newer: 0,
                searched: None,
            }))
        })
    }

    fn untold() -> Problem {
        problem(ProblemKind::Internal, "only events are told", "-")
    }

    /// The same, but searched a few events at a time, as a filter that few events pass is.
    fn sliced(count: u64) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
        Fake::new(move |ask| {
            let Ask::Events(query) = ask else {
                return Err(untold());
            };
            let forward = matches!(query.anchor, EventAnchor::Oldest | EventAnchor::After(_));
            let start = match query.anchor {
                EventAnchor::Oldest => 0,
                EventAnchor::After(pos) => pos.seq + 1,
                EventAnchor::Newest => count.saturating_sub(7),
                EventAnchor::Before(pos) => pos.seq.saturating_sub(7),
                EventAnchor::Around(_) => panic!("not asked for by commands"),
            };
            let end = match query.anchor {
                EventAnchor::Before(pos) => pos.seq,
                _ => (start + 7).min(count),
            };
            let passed = if forward {
                end.saturating_sub(1)
            } else {
                start
            };
            let searched = (if forward { end < count } else { start > 0 }).then_some(EventPos {
                published_ms: 0,
                seq: passed,
            });
            let rows = (start..end).filter(|n| n % 50 == 3);
            Ok(Answer::Events(EventRows {
                rows: rows.map(sample::event).collect(),
                more_older: start > 0,
                more_newer: end < count,
                total: count,
                newer: 0,
                searched,
            }))
        })
    }

    #[tokio::test]
    async fn a_search_goes_on_where_it_was_cut_off() {
        for (limit, expected) in [(None, vec![3, 53, 103]), (Some(2), vec![53, 103])] {
            let (mut out, written) = sample::output(Format::Ndjson, None);
            let args = EventListArgs {
                limit,
                ..EventListArgs::default()
            };
            let filter = ["few".to_owned()];
            search(
                &filter,
                &args,
                sample::moment(0),
                &mut sliced(130),
                &mut out,
            )
            .await
            .unwrap();
            assert_eq!(numbers(&written.text()), expected);
        }
    }

    /// An agent that has these stretches of the log.
    fn logged(complete: &[Stretch]) -> Status {
        let mut status = sample::status();
        status.log.complete = complete.to_vec();
        status
    }

    async fn listed_of(status: Status, since: i64, until: Option<i64>) -> (Option<u8>, String) {
        let mut agent = Fake::new(move |ask| match ask {
            Ask::Status => Ok(Answer::Status(Box::new(status.clone()))),
            _ => Ok(Answer::Events(EventRows {
                rows: Vec::new(),
                more_older: false,
                more_newer: false,
                total: 0,
                newer: 0,
                searched: None,
            })),
        });
        let args = EventListArgs {
            since: Some(time::When::At(sample::moment(since))),
            until: until.map(|at| time::When::At(sample::moment(at))),
            ..EventListArgs::default()
        };
        let (mut out, _) = sample::output(Format::Json, None);
        let ended = list(&args, sample::moment(1_000), &mut agent, &mut out).await;
        let failure = ended.unwrap_err();
        (
            Some(failure.exit_code()),
            failure.words().unwrap_or_default(),
        )
    }

    /// "No events" was the answer without the right to the log, before the log began, and while Okta was away.
    #[tokio::test]
    async fn no_events_where_they_are_not_known_is_no_answer() {
        let complete = [Stretch {
            from: sample::moment(100),
            to: sample::moment(990),
        }];
        assert_eq!(listed_of(logged(&complete), 940, None).await.0, Some(3));
        let (code, words) = listed_of(logged(&complete), 0, Some(50)).await;
        assert_eq!(code, Some(7));
        assert!(words.contains("complete from"), "{words}");
        let mut away = logged(&complete);
        away.connection = Connection::Trouble {
            since: sample::moment(991),
            problem: problem(ProblemKind::Network, "connection refused", "-"),
        };
        let (code, words) = listed_of(away, 940, None).await;
        assert_eq!(code, Some(7));
        assert!(words.contains("connection refused"), "{words}");
        let mut blind = logged(&[]);
        for one in &mut blind.resources {
            if one.resource == Resource::Log {
                one.trouble = Some(PartialReason::MissingRole("Read-Only".into()));
            }
        }
        let (code, words) = listed_of(blind, 940, None).await;
        assert_eq!(code, Some(7));
        assert!(words.contains("Read-Only"), "{words}");
        // Without a beginning all that is stored is asked for, but not what came before.
        let before = Bounds {
            since: None,
            until: Some(sample::moment(50)),
        };
        let words = |asked| coverage_words(asked, &logged(&complete), sample::moment(1_000));
        assert!(words(before).is_some());
        let all = Bounds {
            until: None,
            ..before
        };
        assert_eq!(words(all), None);
    }

    #[test]
    fn what_is_not_known_to_be_complete_is_said() {
        let stretch = |from: i64, to: i64| Stretch {
            from: sample::moment(from),
            to: sample::moment(to),
        };
        let words = |from: i64, to: i64, complete: &[Stretch]| {
            let asked = Bounds {
                since: Some(sample::moment(from)),
                until: Some(sample::moment(to)),
            };
            coverage_words(asked, &logged(complete), sample::moment(99))
        };
        assert!(words(0, 5, &[]).unwrap().contains("no stretch"));
        let complete = [stretch(10, 20), stretch(30, 40)];
        assert_eq!(words(12, 18, &complete), None);
        assert_eq!(words(31, 99, &complete), None);
        for (from, to) in [(5, 15), (15, 35), (0, 99)] {
            let words = words(from, to, &complete).unwrap();
            assert_eq!(words.matches(" to ").count(), 2, "{words}");
        }
    }

    #[test]
    fn a_log_that_is_behind_is_said_to_be() {
        let behind = |secs: u64| {
            let now = sample::moment(0);
            let to = time::before(now, Duration::from_secs(secs));
            let complete = [Stretch {
                from: time::before(now, Duration::from_hours(24 * 30)),
                to,
            }];
            let from = time::before(now, Duration::from_hours(1));
            let asked = Bounds {
                since: Some(from),
                until: None,
            };
            coverage_words(asked, &logged(&complete), now)
        };
        assert_eq!(behind(10), None);
        let told = behind(3 * 86_400).expect("three days are missing");
        assert!(told.contains("complete from"), "{told}");
    }

    async fn listed(count: u64, args: &EventListArgs, width: Option<usize>) -> Vec<u64> {
        let (mut out, written) = sample::output(Format::Ndjson, width);
        let ended = list(args, sample::moment(0), &mut log(count), &mut out).await;
        let code = ended.err().map(|failure| failure.exit_code());
        assert_eq!(code, (count == 0).then_some(3));
        numbers(&written.text())
    }

    fn numbers(text: &str) -> Vec<u64> {
        let number = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["n"]
                .as_u64()
                .unwrap()
        };
        text.lines().map(number).collect()
    }

    /// A range that was chosen in the console is part of its filter.
    #[tokio::test]
    async fn a_manifest_knows_the_range_that_a_filter_sets() {
        let (mut out, _) = sample::output(Format::Ndjson, None);
        let asked = EventQuery {
            filter: "published<1h published<2026-11-22T12:00:00Z type:x".to_owned(),
            since: Some(sample::moment(-86_400)),
            ..EventQuery::default()
        };
        let now = sample::moment(60);
        let written = write_everything(asked, now, &mut log(1), &mut out).await;
        assert!(written.is_ok());
        let told = out.about.stretch.unwrap();
        assert_eq!(told.since, Some(sample::moment(60 - 3_600)));
        assert_eq!(told.until, "2026-11-22T12:00:00Z".parse().ok());
        assert_eq!(out.about.query.unwrap()["now"], format_okta(now));
    }

    #[tokio::test]
    async fn everything_comes_oldest_first_and_once() {
        for count in [0, 1, 499, 500, 501, 1_234] {
            assert_eq!(
                listed(count, &EventListArgs::default(), None).await,
                (0..count).collect::<Vec<_>>(),
                "{count}"
            );
        }
    }

    #[tokio::test]
    async fn a_limit_keeps_the_newest_in_order() {
        let args = EventListArgs {
            limit: Some(750),
            ..EventListArgs::default()
        };
        assert_eq!(
            listed(1_234, &args, None).await,
            (484..1_234).collect::<Vec<_>>()
        );
        assert_eq!(listed(10, &args, None).await, (0..10).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn only_a_terminal_is_spared_a_flood() {
        assert_eq!(
            listed(1_234, &EventListArgs::default(), Some(80)).await,
            (1_134..1_234).collect::<Vec<_>>()
        );
        let since = EventListArgs {
            since: Some(crate::domain::time::When::At(sample::moment(0))),
            ..EventListArgs::default()
        };
        assert_eq!(listed(1_234, &since, Some(80)).await.len(), 1_234);
    }

    #[tokio::test]
    async fn what_is_no_uuid_is_refused_before_anything_is_asked() {
        let (mut out, _) = sample::output(Format::Json, None);
        let mut log = log(1);
        assert_eq!(
            get("00u1", &mut log, &mut out)
                .await
                .unwrap_err()
                .exit_code(),
            2
        );
        assert!(log.asked.is_empty());
    }
}
