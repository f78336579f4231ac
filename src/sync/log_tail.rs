//! Following the System Log: one polling chain for the org, which delivers every event once it is persisted.
//!
//! The chain begins a quarter of an hour back and from then on only follows the server's own `next` link, which is stored after
//! the events that it passes are durable. A query by time (`since` the last event) would lose what is persisted late, so it is
//! never used to go on. When Okta no longer takes the link, a new chain begins a day before the last sure moment, the uuids absorb
//! what is delivered again, and the stretch is recorded as a gap until the new chain has passed it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::domain::id::EventUuid;
use crate::domain::listing::PartialReason;
use crate::domain::log_event::LogEvent;
use crate::domain::resource::{Gap, Resource, Stretch};
use crate::domain::text::RawJson;
use crate::domain::time;
use crate::okta::{self, Cursor, ErrorKind, Lane, LogSelect, Page, Reader};
use crate::store::{self, EventBatch, Store};

use super::backfill;
use super::board::Tally;
use super::context::{Context, Failure};
use super::hint::{Hint, hints_of};

/// How far before "now" a first chain begins; the backfill covers what lies before.
const FIRST_REACH: Duration = Duration::from_mins(15);
/// How far before the last sure moment a new chain begins when the old one is lost.
const OVERLAP: Duration = Duration::from_hours(24);
/// Events on a page that may have others behind it.
const FULL_PAGE: usize = 1_000;
/// How often a page with unreadable events is looked at before it is passed.
const LOOKS: u32 = 3;
/// How long Okta keeps its log.
pub(super) const RETENTION: Duration = Duration::from_hours(90 * 24);

/// The chain's next link.
pub(super) const NEXT: &str = "log.next";
/// Where the chain began (a time by the server's clock).
pub(super) const BEGAN: &str = "log.began";
/// When the newest event that the chain has delivered was published.
const WATERMARK: &str = "log.watermark";
/// Why there is a gap that a new chain will close.
const LOST_CURSOR: &str = "Okta no longer took the cursor; the log is read again from a day before";

/// A hint, the event it comes from, and when that was published.
pub(super) type Hinted = (Hint, EventUuid, Timestamp);

/// Follows the chain until it has nothing more, storing each page and passing on what the events hint at.
///
/// # Errors
/// When a page cannot be read or stored; the chain goes on from there the next time.
pub(super) async fn poll(
    context: &Context,
    hints: &mpsc::UnboundedSender<Hinted>,
) -> Result<Tally, Failure> {
    // Ahead of bulk reads: a history that is being read must not make the live log stand still.
    let reader = context.reader.in_lane(Lane::Interactive);
    let mut tally = Tally::default();
    loop {
        let (cursor, select) = where_to_go_on(context).await?;
        match read_page(&reader, select, &cursor).await {
            Ok(page) => {
                tally += Tally::of_page(&page);
                // A page that is not full is all there is for now; waiting for an empty one would never end where much happens.
                let caught_up = page.items.len() + page.bad.len() < FULL_PAGE;
                if !caught_up
                    && page
                        .next
                        .as_ref()
                        .is_none_or(|next| cursor == Cursor::At(next.clone()))
                {
                    return Err(Failure::Partial(PartialReason::Endless));
                }
                take_page(context, &cursor, page, caught_up, hints).await?;
                context.board.reading(Resource::Log, tally.objects, None);
                if caught_up {
                    return Ok(tally);
                }
            }
            Err(error)
                if matches!(error.kind, ErrorKind::CursorRejected | ErrorKind::NotFound)
                    && cursor != Cursor::Start =>
            {
                begin_anew(context).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Reads a page of the log, and reads it again when there are events on it that cannot be understood: what garbled them may be over,
/// and once the cursor has passed them they are gone.
///
/// # Errors
/// When the page cannot be read.
pub(super) async fn read_page(
    reader: &Reader,
    select: LogSelect,
    cursor: &Cursor,
) -> Result<Page<LogEvent>, okta::Error> {
    let mut page = reader.logs(select, None, cursor).await?;
    for _ in 1..LOOKS {
        if page.bad.is_empty() {
            break;
        }
        page = reader.logs(select, None, cursor).await?;
    }
    Ok(page)
}

async fn where_to_go_on(context: &Context) -> Result<(Cursor, LogSelect), Failure> {
    let (next, began) = context
        .read(|store| Ok((store.events.mark(NEXT)?, store.events.mark(BEGAN)?)))
        .await?;
    let restored = next.and_then(|stored| context.reader.restore_link(&stored).ok());
    let since = match began.and_then(|text| text.parse().ok()) {
        Some(began) => began,
        None => begin_first(context).await?,
    };
    Ok((
        restored.map_or(Cursor::Start, Cursor::At),
        LogSelect::Follow { since },
    ))
}

async fn begin_first(context: &Context) -> Result<Timestamp, Failure> {
    let since = time::before(context.server_now(), FIRST_REACH);
    let marks = vec![(BEGAN.to_owned(), time::format_okta(since))];
    context
        .store
        .events
        .append(EventBatch {
            events: Vec::new(),
            marks,
            at: since,
        })
        .await?;
    Ok(since)
}

/// A new chain after the old one was lost, and the gap that is open until it has passed.
async fn begin_anew(context: &Context) -> Result<(), Failure> {
    let now = context.server_now();
    let watermark = context.read(|store| store.events.mark(WATERMARK)).await?;
    let watermark = watermark.and_then(|text| text.parse().ok()).unwrap_or(now);
    let since = time::before(watermark, OVERLAP).max(time::before(now, RETENTION));
    tracing::warn!("Okta no longer takes the log's cursor; a new chain begins");
    let gap = Gap {
        from: watermark,
        to: now,
        reason: LOST_CURSOR.into(),
        filled: None,
    };
    context.store.events.add_gap(gap).await?;
    let marks = vec![
        (NEXT.to_owned(), String::new()),
        (BEGAN.to_owned(), time::format_okta(since)),
    ];
    let batch = EventBatch {
        events: Vec::new(),
        marks,
        at: now,
    };
    context.store.events.append(batch).await?;
    Ok(())
}

async fn take_page(
    context: &Context,
    cursor: &Cursor,
    page: Page<LogEvent>,
    caught_up: bool,
    hints: &mpsc::UnboundedSender<Hinted>,
) -> Result<(), Failure> {
    let at = page.served_at;
    let found: Vec<Hinted> = page
        .items
        .iter()
        .flat_map(|item| hinted(&item.value))
        .collect();
    let marks = marks_after(cursor, &page);
    note_unreadable(context, &page).await?;
    let events: Vec<(LogEvent, RawJson)> = page
        .items
        .into_iter()
        .map(|item| (item.value, item.raw))
        .collect();
    if !events.is_empty() || !marks.is_empty() {
        context
            .store
            .events
            .append(EventBatch { events, marks, at })
            .await?;
    }
    for hint in found {
        // The supervisor outlives its tasks; when it is gone, so is the need for hints.
        let _ = hints.send(hint);
    }
    if caught_up {
        fill_gaps(context, at).await?;
    }
    context.board.update(|board| board.paged(at, caught_up));
    Ok(())
}

/// The stretch of the log that was read completely, but for gaps: from where history has been read to, up to the last poll that came
/// to the end. `None` while nothing was read.
///
/// # Errors
/// When the mirror cannot be read.
pub fn read_so_far(
    store: &Store,
    caught_up: Option<Timestamp>,
) -> Result<Option<Stretch>, store::Error> {
    let began = store.events.mark(BEGAN)?.and_then(|text| text.parse().ok());
    let to = caught_up.or(store.events.summary().newest);
    let Some((began, to)) = began.zip(to) else {
        return Ok(None);
    };
    let from = backfill::reached(store)?.map_or(began, |reached| reached.min(began));
    Ok((from < to).then_some(Stretch { from, to }))
}

pub(super) fn hinted(event: &LogEvent) -> Vec<Hinted> {
    hints_of(event)
        .into_iter()
        .map(|hint| (hint, event.uuid, event.published))
        .collect()
}

/// What to remember after this page. Nothing is written when nothing is new, so that an idle org costs no commits.
fn marks_after(cursor: &Cursor, page: &Page<LogEvent>) -> Vec<(String, String)> {
    let mut marks = Vec::new();
    let next = page.next.clone().map(Cursor::At);
    if let Some(Cursor::At(link)) = next.filter(|next| next != cursor) {
        marks.push((NEXT.to_owned(), link.as_str().to_owned()));
    }
    let newest = page.items.iter().map(|item| item.value.published).max();
    if let Some(newest) = newest {
        marks.push((WATERMARK.to_owned(), time::format_okta(newest)));
    }
    marks
}

/// Events that cannot be decoded are lost to the store; the stretch they lie in is recorded.
pub(super) async fn note_unreadable(
    context: &Context,
    page: &Page<LogEvent>,
) -> Result<(), Failure> {
    if page.bad.is_empty() {
        return Ok(());
    }
    context.board.bad_items(page.bad.len() as u64);
    let published = || page.items.iter().map(|item| item.value.published);
    let (from, to) = (
        published().min().unwrap_or(page.served_at),
        published().max().unwrap_or(page.served_at),
    );
    let reason = format!("{} events could not be read", page.bad.len()).into();
    context
        .store
        .events
        .add_gap(Gap {
            from,
            to,
            reason,
            filled: None,
        })
        .await?;
    Ok(())
}

/// The chain has delivered everything, so gaps that began after the chain did are closed.
async fn fill_gaps(context: &Context, at: Timestamp) -> Result<(), Failure> {
    let (gaps, began) = context
        .read(|store| Ok((store.events.gaps()?, store.events.mark(BEGAN)?)))
        .await?;
    let began: Option<Timestamp> = began.and_then(|text| text.parse().ok());
    let lost_cursor = |gap: &Gap| gap.filled.is_none() && &*gap.reason == LOST_CURSOR;
    for gap in gaps
        .into_iter()
        .filter(lost_cursor)
        .filter(|gap| began.is_some_and(|began| began <= gap.from))
    {
        context.store.events.fill_gap(gap, at).await?;
    }
    Ok(())
}
