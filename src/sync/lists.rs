//! Reading the lists below groups and apps: members, assigned users, assigned apps.
//!
//! Each list is one unit: it is read to its end and then replaces what the mirror had, in one transaction, together with the mark
//! that it was read. So an interrupted run has lost at most the lists it was in the middle of, and the next one reads what is left.

use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::id::{AppId, GroupId, ObjectId};
use crate::domain::listing::{Complete, Listing, PartialReason};
use crate::domain::resource::Resource;
use crate::okta::{self, Cursor, Item, Page};
use crate::store::{DirectoryOp, Pack, StaleList};

use super::archive::is_gone;
use super::board::{Board, Tally};
use super::context::{Context, Failure};

/// Lists read at the same time; the rate scheduler decides how fast their requests go out.
const AT_ONCE: usize = 8;
/// After this many lists have failed in a row, the others would too.
const GIVE_UP_AFTER: u32 = 5;
/// Users of an app are kept with their JSON, compressed, until all of them were read, and one commit takes them in: past this many pages
/// one list is read at a time.
const LONG_LIST_PAGES: u64 = 20;
/// More pages than any list has.
const MAX_PAGES: u64 = 10_000;

/// What a run over the lists of one resource found.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) started: Timestamp,
    pub(super) tally: Tally,
    /// Why some lists are not up to date, when some are not.
    pub(super) trouble: Option<Failure>,
}

/// Reads the lists of `resource` that need it; all of them when `whole`.
///
/// # Errors
/// When the mirror cannot be read. Lists that fail are told in [`Finished::trouble`]; the others are up to date.
pub(super) async fn read_lists(
    context: &Context,
    resource: Resource,
    whole: bool,
) -> Result<Finished, Failure> {
    let started = context.server_now();
    let read_before = whole.then_some(started);
    let stale = context
        .read(move |store| Ok(store.directory.stale_lists(resource, read_before)))
        .await?;
    let mut finished = Finished {
        started,
        tally: Tally::default(),
        trouble: None,
    };
    let stale = apply_empty(context, stale).await?;
    let expected = stale.len() as u64;
    let mut done = 0;
    let mut failed_in_a_row = 0;
    context.board.reading(resource, done, Some(expected));
    let read = |list| {
        let context = context.clone();
        async move { try_list(&context, list).await }
    };
    let mut lists = futures_util::stream::iter(stale)
        .map(read)
        .buffer_unordered(AT_ONCE);
    while let Some(outcome) = lists.next().await {
        done += 1;
        context.board.reading(resource, done, Some(expected));
        match outcome {
            Ok(Read::Taken(tally)) => {
                finished.tally += tally;
                failed_in_a_row = 0;
            }
            Ok(Read::Gone(error)) => {
                finished.tally.requests += 2;
                failed_in_a_row = 0;
                // Until the object is archived its list stays due, which without a failure to wait after would be at once.
                if !whole {
                    finished.trouble = Some(error.into());
                }
            }
            Err(failure) => {
                failed_in_a_row += 1;
                let hopeless = failure.is_refusal() || failed_in_a_row >= GIVE_UP_AFTER;
                finished.trouble = Some(failure);
                if hopeless {
                    break;
                }
            }
        }
    }
    Ok(finished)
}

/// Lists that Okta itself counts as empty need no request; they are all taken in at once.
async fn apply_empty(context: &Context, stale: Vec<StaleList>) -> Result<Vec<StaleList>, Failure> {
    let (mut empty, mut to_read) = (Vec::new(), Vec::new());
    for list in stale {
        match list {
            StaleList::Empty(op) => empty.push(op),
            other => to_read.push(other),
        }
    }
    if !empty.is_empty() {
        context.store.directory.apply(empty).await?;
    }
    Ok(to_read)
}

/// What became of one list.
enum Read {
    /// It was taken in.
    Taken(Tally),
    /// It is not there, and neither is what it hangs below.
    Gone(okta::Error),
}

/// Reads one list and replaces the mirror's. One that hangs below nothing any more stays as it was: that its object is gone is for the
/// sweeps to find out, and for the event that deleted it.
///
/// # Errors
/// When a page cannot be read or an item of it cannot be decoded: then the mirror keeps what it had.
pub(super) async fn read_list(context: &Context, list: StaleList) -> Result<(), Failure> {
    try_list(context, list).await.map(drop)
}

async fn try_list(context: &Context, list: StaleList) -> Result<Read, Failure> {
    let (object, read) = match list {
        StaleList::Empty(op) => {
            context.store.directory.apply(op).await?;
            return Ok(Read::Taken(Tally::default()));
        }
        StaleList::Members(group) => {
            let object = ObjectId::Group(group.clone());
            (object, read_members(context, group).await)
        }
        StaleList::AppsOfGroup(group) => {
            let object = ObjectId::Group(group.clone());
            (object, read_apps_of_group(context, group).await)
        }
        StaleList::AppUsers(app) => {
            let object = ObjectId::App(app.clone());
            (object, read_app_users(context, app).await)
        }
    };
    match read {
        Err(Failure::Okta(error)) if error.is_not_found() => {
            if is_gone(&context.reader, &object).await? {
                Ok(Read::Gone(error))
            } else {
                Err(error.into())
            }
        }
        read => read.map(Read::Taken),
    }
}

async fn read_members(context: &Context, group: GroupId) -> Result<Tally, Failure> {
    let mut reading = Reading::default();
    while let Some(cursor) = reading.next() {
        let page = context.reader.group_members(&group, &cursor).await?;
        reading.take(context, page, |item| item.value.id)?;
    }
    let (users, tally, at) = reading.finish(context)?;
    context
        .store
        .directory
        .apply(DirectoryOp::Members {
            group,
            users,
            at,
            evidence: None,
        })
        .await?;
    Ok(tally)
}

async fn read_apps_of_group(context: &Context, group: GroupId) -> Result<Tally, Failure> {
    let mut reading = Reading::default();
    while let Some(cursor) = reading.next() {
        let page = context.reader.group_apps(&group, &cursor).await?;
        reading.take(context, page, |item| item.value.id)?;
    }
    let (apps, tally, at) = reading.finish(context)?;
    context
        .store
        .directory
        .apply(DirectoryOp::GroupApps { group, apps, at })
        .await?;
    Ok(tally)
}

async fn read_app_users(context: &Context, app: AppId) -> Result<Tally, Failure> {
    let mut reading = Reading::default();
    let mut turn = None;
    let mut under_way = UnderWay::new(&context.board);
    while let Some(cursor) = reading.next() {
        if turn.is_none() && reading.tally.pages >= LONG_LIST_PAGES {
            // Held until the list is in the mirror. It is never closed, and without a turn the list is read all the same.
            turn = context.long_lists.acquire().await.ok();
        }
        let page = context.reader.app_users(&app, &cursor).await?;
        reading.take_packed(context, page)?;
        under_way.one_more();
    }
    let (users, tally, at) = reading.finish(context)?;
    context
        .store
        .directory
        .apply(DirectoryOp::AppUsers { app, users, at })
        .await?;
    Ok(tally)
}

/// Pages of a list, on the board as long as the list is being read.
struct UnderWay<'a> {
    board: &'a Board,
    pages: u64,
}

impl<'a> UnderWay<'a> {
    fn new(board: &'a Board) -> Self {
        Self { board, pages: 0 }
    }

    fn one_more(&mut self) {
        self.pages += 1;
        self.board.update(|board| board.app_user_pages += 1);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let pages = self.pages;
        self.board
            .update(|board| board.app_user_pages = board.app_user_pages.saturating_sub(pages));
    }
}

/// A list that is being read to its end, of which as much is kept as is wanted: the members of Everyone with their profiles would take
/// half a gigabyte.
pub(super) struct Reading<T> {
    listing: Listing<T>,
    tally: Tally,
    /// The page to read next; `None` after the last one.
    cursor: Option<Cursor>,
    began: Option<Timestamp>,
}

/// Where a page stands in its list.
#[derive(Clone, Copy)]
enum Place {
    Only,
    OneOfSeveral,
}

impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self {
            listing: Listing::default(),
            tally: Tally::default(),
            cursor: Some(Cursor::Start),
            began: None,
        }
    }
}

impl<T: Clone + Serialize + DeserializeOwned> Reading<Pack<T>> {
    /// Takes a page in with the JSON of all items.
    ///
    /// # Errors
    /// When the pages lead in circles.
    pub(super) fn take_packed(&mut self, context: &Context, page: Page<T>) -> Result<(), Failure> {
        self.take_page(context, page, |items, place| {
            let items = items.into_iter().map(|item| (item.value, item.raw));
            let items: Vec<_> = items.collect();
            Some(match place {
                Place::Only => Pack::loose(items),
                Place::OneOfSeveral => Pack::squeezed(items),
            })
        })
    }
}

impl<T> Reading<T> {
    /// Where the next page is; `None` at the end.
    pub(super) fn next(&self) -> Option<Cursor> {
        self.cursor.clone()
    }

    /// Items read so far.
    pub(super) fn count(&self) -> u64 {
        self.tally.objects
    }

    /// Takes a page in, and keeps of its items what `keep` makes of them.
    ///
    /// # Errors
    /// When the pages lead in circles.
    pub(super) fn take<P>(
        &mut self,
        context: &Context,
        page: Page<P>,
        keep: impl Fn(Item<P>) -> T,
    ) -> Result<(), Failure> {
        self.take_page(context, page, |items, _| items.into_iter().map(keep))
    }

    fn take_page<P, I: IntoIterator<Item = T>>(
        &mut self,
        context: &Context,
        page: Page<P>,
        keep: impl FnOnce(Vec<Item<P>>, Place) -> I,
    ) -> Result<(), Failure> {
        self.began.get_or_insert(page.served_at);
        self.tally += Tally::of_page(&page);
        context.board.bad_items(page.bad.len() as u64);
        let next = page.next.map(Cursor::At);
        let place = if self.tally.pages == 1 && next.is_none() {
            Place::Only
        } else {
            Place::OneOfSeveral
        };
        self.listing
            .add_page(keep(page.items, place), page.bad.len() as u64);
        if next.is_some() && (next == self.cursor || self.tally.pages >= MAX_PAGES) {
            return Err(Failure::Partial(PartialReason::Endless));
        }
        self.cursor = next;
        Ok(())
    }

    /// The whole list, what it cost, and when its first page was served: what changed after that may be missing in it.
    ///
    /// # Errors
    /// When something in it could not be decoded.
    pub(super) fn finish(
        self,
        context: &Context,
    ) -> Result<(Complete<T>, Tally, Timestamp), Failure> {
        let complete = self
            .listing
            .finish()
            .map_err(|(_, reason)| Failure::Partial(reason))?;
        Ok((
            complete,
            self.tally,
            self.began.unwrap_or_else(|| context.server_now()),
        ))
    }
}
