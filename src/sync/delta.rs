//! Asking for what changed lately: users by `lastUpdated`, groups by `lastUpdated` and `lastMembershipUpdated`.
//!
//! Okta's index lags and its clock is not ours, so every question reaches ten minutes further back than the last one, by the
//! server's own time. A delta never removes anything; that takes a complete sweep.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::group::Group;
use crate::domain::listing::PartialReason;
use crate::domain::resource::Resource;
use crate::domain::time;
use crate::domain::user::User;
use crate::okta::{self, Cursor, GroupSelect, Page, Reader, UserSelect};
use crate::store::DirectoryOp;

use super::board::Tally;
use super::context::{Context, Failure};
use super::sweep::{Swept, keep};

/// How far back beyond the last question the next one reaches.
const OVERLAP: Duration = Duration::from_mins(10);
/// A delta this long is a sweep in disguise.
const MAX_PAGES: u64 = 1_000;

/// A kind of object that Okta can list by when it changed.
pub(super) trait Changing: Swept {
    fn changed(
        reader: &Reader,
        since: Timestamp,
        cursor: &Cursor,
    ) -> impl Future<Output = Result<Page<Self>, okta::Error>> + Send;
}

impl Changing for User {
    async fn changed(
        reader: &Reader,
        since: Timestamp,
        cursor: &Cursor,
    ) -> Result<Page<Self>, okta::Error> {
        reader.users(UserSelect::UpdatedSince(since), cursor).await
    }
}

impl Changing for Group {
    async fn changed(
        reader: &Reader,
        since: Timestamp,
        cursor: &Cursor,
    ) -> Result<Page<Self>, okta::Error> {
        reader
            .groups(GroupSelect::UpdatedSince(since), cursor)
            .await
    }
}

/// The name of the mark that says up to when changes of a resource were asked for.
pub(super) fn delta_mark(resource: Resource) -> String {
    format!("delta.{resource}")
}

/// Reads what changed since shortly before `since`, and tells up to when that is now known.
///
/// # Errors
/// When a page cannot be read or stored; what was read before it is kept, and the next delta asks again from `since`.
pub(super) async fn delta<K: Changing>(
    context: &Context,
    since: Timestamp,
) -> Result<(Timestamp, Tally), Failure> {
    let since = time::before(since, OVERLAP);
    let mut tally = Tally::default();
    let mut cursor = Cursor::Start;
    let mut asked_at = None;
    loop {
        let page = K::changed(&context.reader, since, &cursor).await?;
        let asked_at = *asked_at.get_or_insert(page.served_at);
        tally += Tally::of_page(&page);
        context.board.bad_items(page.bad.len() as u64);
        let next = page.next.clone().map(Cursor::At);
        let mut ops = keep::<K>(context, None, page);
        if next.is_none() {
            let value = Some(time::format_okta(asked_at));
            ops.push(DirectoryOp::Mark {
                key: delta_mark(K::RESOURCE),
                value,
            });
        }
        context.store.directory.apply(ops).await?;
        match next {
            Some(next) if next == cursor || tally.pages >= MAX_PAGES => {
                return Err(Failure::Partial(PartialReason::Endless));
            }
            Some(next) => cursor = next,
            None => return Ok((asked_at, tally)),
        }
    }
}
