//! Reading days of the log again whose file was damaged and put aside, as far as Okta still has them.
//!
//! A day is one bounded query. It is small enough to be begun anew after an interruption: what was stored of it already is known by its
//! uuids.

use crate::domain::log_event::LogEvent;
use crate::domain::resource::Gap;
use crate::domain::time;
use crate::okta::{Cursor, LogSelect, Page};
use crate::store::EventBatch;
use crate::store::rebuild::LOST_DAY;

use super::context::{Context, Failure};
use super::log_tail::{RETENTION, note_unreadable, read_page};

/// Reads all of them, and closes their gaps.
///
/// # Errors
/// When a page cannot be read or stored; the day is read anew the next time.
pub(super) async fn read_lost_days(context: &Context) -> Result<(), Failure> {
    let gaps = context.read(|store| store.events.gaps()).await?;
    let kept_since = time::before(context.server_now(), RETENTION);
    let is_lost = |gap: &Gap| gap.filled.is_none() && &*gap.reason == LOST_DAY;
    // Of an older one a part at most can be had, so it stays a gap.
    for gap in gaps
        .iter()
        .filter(|gap| is_lost(gap) && gap.from >= kept_since)
    {
        read_day(context, gap).await?;
    }
    Ok(())
}

async fn read_day(context: &Context, gap: &Gap) -> Result<(), Failure> {
    let select = LogSelect::Bounded {
        since: gap.from,
        until: gap.to,
        descending: true,
    };
    let mut cursor = Cursor::Start;
    loop {
        let page = read_page(&context.reader, select, &cursor).await?;
        note_unreadable(context, &page).await?;
        let next = page.next.clone().map(Cursor::At);
        let has_more = !page.items.is_empty() || !page.bad.is_empty();
        let at = page.served_at;
        context.store.events.append(batch_of(page)).await?;
        match next.filter(|next| has_more && *next != cursor) {
            Some(next) => cursor = next,
            None => break context.store.events.fill_gap(gap.clone(), at).await?,
        }
    }
    tracing::info!(day = %gap.from, "a lost day of the log is read again");
    Ok(())
}

fn batch_of(page: Page<LogEvent>) -> EventBatch {
    let events = page.items.into_iter().map(|item| (item.value, item.raw));
    EventBatch {
        events: events.collect(),
        marks: Vec::new(),
        at: page.served_at,
    }
}
