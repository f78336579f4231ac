//! Hunting in Okta's own log: one request for each question, so that whoever asked sees how far it came and can stop.
//!
//! What is found is merged into the store, which drops the uuids that it has, and the stretch is noted with it: bounded, never complete.

use jiff::Timestamp;

use crate::domain::filter::FilterError;
use crate::domain::histogram::{Bar, HistogramQuery, Scale};
use crate::domain::hunt::{Hunt, HuntCost, Hunted, HuntedStretch, Quarry};
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::msg::{Problem, ProblemKind};
use crate::okta::{Bucket, Cursor, Lane, LogExpression, LogSelect, Reader};
use crate::store::{Directory, EventBatch, Leash, QueryError, Store};

use super::about;
use super::problem;

/// Events on a page of Okta's log.
const PAGE: u64 = 1_000;
/// A hunt stops after so many requests: who wants more asks for less time.
const AT_MOST: u64 = 50;
/// Where the store keeps the stretches that were hunted.
const MARK: &str = "hunts";
/// So many of them are kept.
const KEPT: usize = 20;

/// What a hunt will cost, by what is stored of the same already.
///
/// # Errors
/// When what is hunted means several things, or the mirror cannot be read.
pub(super) fn cost(
    store: &Store,
    hunt: &Hunt,
    budgets: &[crate::okta::Budget],
    now: Timestamp,
    leash: &Leash,
) -> Result<HuntCost, QueryError> {
    let filter = about::resolved(&hunt.clause(), &store.directory, now)?;
    let mut query = HistogramQuery {
        filter,
        scale: Scale {
            from: hunt.from,
            step: time::elapsed(hunt.from, hunt.until).max(std::time::Duration::from_millis(1)),
            bars: 1,
        },
        before: None,
        until: None,
    };
    // As many slices as a person waits for; a longer count is enough to know that it is much.
    let mut stored = 0;
    for _ in 0..10 {
        let slice = store.events.histogram(&query, now, leash)?;
        stored += slice.bars.iter().map(Bar::total).sum::<u64>();
        query.before = slice.next;
        if slice.next.is_none() {
            break;
        }
    }
    let budget = budgets.iter().find(|budget| budget.bucket == Bucket::Logs);
    Ok(HuntCost {
        stored,
        requests: (stored / PAGE + 1).min(AT_MOST),
        at_most: AT_MOST,
        limit: budget.map(|budget| budget.limit),
        remaining: budget.map(|budget| budget.remaining),
    })
}

/// What Okta is asked for.
///
/// # Errors
/// When a name means several things, or the mirror cannot be read.
pub(super) fn expression(
    directory: &Directory,
    hunt: &Hunt,
    now: Timestamp,
) -> Result<LogExpression, QueryError> {
    let text = hunt.text.trim();
    if text.is_empty() {
        return Err(QueryError::from(FilterError {
            column: 0,
            message: format!("say which {} to hunt", hunt.quarry.word()),
        }));
    }
    let id = || -> Result<Option<String>, QueryError> {
        let found = about::one(text, directory, now)?;
        Ok(found.map(|id| id.as_str().to_owned()))
    };
    Ok(match hunt.quarry {
        Quarry::Ip => LogExpression::address(text),
        Quarry::Session => LogExpression::session(text),
        Quarry::User => match id()? {
            Some(id) => LogExpression::actor_id(&id),
            None => LogExpression::actor(text),
        },
        Quarry::Target => match id()? {
            Some(id) => LogExpression::target_id(&id),
            None => LogExpression::target(text),
        },
    })
}

/// One page of a hunt, newest first.
///
/// # Errors
/// When Okta does not answer, `next` is no link of Okta's, or the store cannot be written.
pub(super) async fn page(
    store: &Store,
    reader: &Reader,
    hunt: &Hunt,
    expression: &LogExpression,
    next: Option<&str>,
) -> Result<Hunted, Problem> {
    let cursor = match next {
        None => Cursor::Start,
        Some(link) => Cursor::At(reader.restore_link(link).map_err(|_| no_link())?),
    };
    let select = LogSelect::Bounded {
        since: hunt.from,
        until: hunt.until,
        descending: true,
    };
    let page = reader
        .in_lane(Lane::Interactive)
        .logs(select, Some(expression.as_str()), &cursor)
        .await
        .map_err(|error| problem::of_okta(&error))?;
    let oldest = page.items.iter().map(|item| item.value.published).min();
    // A page that brought nothing and leads nowhere else is the end, whatever it names.
    let next = page.next.as_ref().filter(|_| !page.items.is_empty());
    let next = next.map(|link| link.as_str().to_owned());
    let reached = match &next {
        Some(_) => oldest.unwrap_or(hunt.from),
        None => hunt.from,
    };
    let bad = page.bad.len() as u64;
    let at = page.served_at;
    let events = page.items.into_iter().map(|item| (item.value, item.raw));
    let batch = EventBatch {
        events: events.collect(),
        marks: vec![(MARK.to_owned(), noted(store, hunt, reached, at)?)],
        at,
    };
    let appended = store.events.append(batch).await;
    let appended = appended.map_err(|error| problem::of_store(&error))?;
    Ok(Hunted {
        stored: appended.stored,
        known: appended.duplicates,
        bad,
        reached,
        next,
    })
}

fn no_link() -> Problem {
    Problem {
        kind: ProblemKind::Usage,
        summary: "that is no place where a hunt could go on".to_owned(),
        hint: Some("begin the hunt anew".to_owned()),
        column: None,
    }
}

/// The stretches that were hunted, the newest hunt last.
pub(super) fn hunts(store: &Store) -> Vec<HuntedStretch> {
    // What cannot be read is only a note; the events that were found are in the store.
    let mark = store.events.mark(MARK).ok().flatten();
    let hunts = mark.and_then(|mark| serde_json::from_str(&mark).ok());
    hunts.unwrap_or_default()
}

/// The same with how far this one has come, as it is kept.
fn noted(store: &Store, hunt: &Hunt, reached: Timestamp, at: Timestamp) -> Result<String, Problem> {
    let words = SafeText::new(&hunt.words());
    let mut all = hunts(store);
    all.retain(|one| one.words != words || one.until != hunt.until);
    all.push(HuntedStretch {
        words,
        from: reached,
        until: hunt.until,
        at,
    });
    let surplus = all.len().saturating_sub(KEPT);
    all.drain(..surplus);
    serde_json::to_string(&all).map_err(|error| Problem {
        kind: ProblemKind::Internal,
        summary: format!("the hunt cannot be noted: {error}"),
        hint: None,
        column: None,
    })
}
