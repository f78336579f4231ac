//! Reading a whole list, page by page, so that it can go on after any interruption and removes nothing unless it is complete.
//!
//! The run's state (where the next page is, what it has cost) is committed in the same transaction as each page. A run that was
//! cut off goes on from its stored link; one whose link Okta no longer takes, or that is older than six hours, starts again.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::sync_settings::Exclusions;
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::listing::PartialReason;
use crate::domain::resource::Resource;
use crate::domain::text::RawJson;
use crate::domain::time;
use crate::domain::user::User;
use crate::okta::{self, Cursor, ErrorKind, GroupSelect, Item, Page, Reader, UserSelect, needed};
use crate::store::{DirectoryOp, Missed, RunId, RunState};

use super::board::Tally;
use super::context::{Context, Failure};
use super::{estimate, exclude};

/// More pages than any list has: past this, the links lead in circles.
const MAX_PAGES: u64 = 10_000;
/// What was read longer ago than this may no longer hold, so a run does not take longer.
pub(super) const MAX_RUN: Duration = Duration::from_hours(6);

/// A kind of object whose list is read from end to end.
pub(super) trait Swept: Clone + Send + Sync + Sized + 'static {
    const RESOURCE: Resource;
    const KIND: Kind;
    /// Whether an org can be without any. Whoever sends a token has a user, and Everyone is a group.
    const MAY_BE_EMPTY: bool = false;

    fn page(
        reader: &Reader,
        cursor: &Cursor,
    ) -> impl Future<Output = Result<Page<Self>, okta::Error>> + Send;
    fn object_id(&self) -> ObjectId;
    fn excluded(&self, exclude: &Exclusions) -> bool;
    fn upsert(run: Option<RunId>, items: Vec<(Self, RawJson)>, at: Timestamp) -> DirectoryOp;
}

impl Swept for User {
    const RESOURCE: Resource = Resource::Users;
    const KIND: Kind = Kind::User;

    async fn page(reader: &Reader, cursor: &Cursor) -> Result<Page<Self>, okta::Error> {
        reader.users(UserSelect::Everything, cursor).await
    }

    fn object_id(&self) -> ObjectId {
        ObjectId::User(self.id.clone())
    }

    fn excluded(&self, exclude: &Exclusions) -> bool {
        exclude::user(exclude, self)
    }

    fn upsert(run: Option<RunId>, items: Vec<(Self, RawJson)>, at: Timestamp) -> DirectoryOp {
        DirectoryOp::Users { run, items, at }
    }
}

impl Swept for Group {
    const RESOURCE: Resource = Resource::Groups;
    const KIND: Kind = Kind::Group;

    async fn page(reader: &Reader, cursor: &Cursor) -> Result<Page<Self>, okta::Error> {
        reader.groups(GroupSelect::Everything, cursor).await
    }

    fn object_id(&self) -> ObjectId {
        ObjectId::Group(self.id.clone())
    }

    fn excluded(&self, exclude: &Exclusions) -> bool {
        exclude::group(exclude, self)
    }

    fn upsert(run: Option<RunId>, items: Vec<(Self, RawJson)>, at: Timestamp) -> DirectoryOp {
        DirectoryOp::Groups { run, items, at }
    }
}

impl Swept for Application {
    const RESOURCE: Resource = Resource::Apps;
    const KIND: Kind = Kind::App;
    const MAY_BE_EMPTY: bool = true;

    async fn page(reader: &Reader, cursor: &Cursor) -> Result<Page<Self>, okta::Error> {
        reader.apps(cursor).await
    }

    fn object_id(&self) -> ObjectId {
        ObjectId::App(self.id.clone())
    }

    fn excluded(&self, exclude: &Exclusions) -> bool {
        exclude::app(exclude, self)
    }

    fn upsert(run: Option<RunId>, items: Vec<(Self, RawJson)>, at: Timestamp) -> DirectoryOp {
        DirectoryOp::Apps { run, items, at }
    }
}

/// What a sweep that came to its end found.
#[derive(Debug)]
pub(super) struct Finished {
    /// When its run started, by the server's clock.
    pub(super) started: Timestamp,
    /// What it cost and brought, over all its interruptions.
    pub(super) tally: Tally,
    /// What the mirror has and the sweep did not see.
    pub(super) missed: Missed,
}

/// Reads the whole list of `K`, going on where an interrupted run stopped.
///
/// # Errors
/// When a page cannot be read, or what was read does not count as everything there is. What was read is kept.
pub(super) async fn sweep<K: Swept>(context: &Context) -> Result<Finished, Failure> {
    let resumed = resume(context, K::RESOURCE).await?;
    let was_resumed = resumed.is_some();
    let begin = || RunState::new(K::RESOURCE, context.server_now());
    let run = resumed.unwrap_or_else(begin);
    match read_pages::<K>(context, run).await {
        // The link is older than Okta keeps cursors: the list is read anew, once.
        Err(Failure::Okta(error))
            if was_resumed && matches!(error.kind, ErrorKind::CursorRejected) =>
        {
            read_pages::<K>(context, begin()).await
        }
        other => other,
    }
}

/// The interrupted run of `resource`, when there is one that may go on.
async fn resume(context: &Context, resource: Resource) -> Result<Option<RunState>, Failure> {
    let stored = context
        .read(move |store| store.directory.run(resource))
        .await?;
    let now = context.server_now();
    Ok(stored.filter(|run| run.next.is_some() && time::elapsed(run.started, now) < MAX_RUN))
}

async fn read_pages<K: Swept>(context: &Context, mut run: RunState) -> Result<Finished, Failure> {
    let mut cursor = cursor_of(&context.reader, &run);
    loop {
        let expected = expected_of::<K>(context, run.objects).await?;
        context.board.reading(K::RESOURCE, run.objects, expected);
        let page = K::page(&context.reader, &cursor).await?;
        let next = page.next.clone();
        run = taken(run, &page);
        context.board.bad_items(page.bad.len() as u64);
        let looped = next
            .as_ref()
            .is_some_and(|next| Cursor::At(next.clone()) == cursor);
        let endless = looped || run.pages >= MAX_PAGES;
        run.next = next
            .as_ref()
            .filter(|_| !endless)
            .map(|next| next.as_str().to_owned());
        if endless {
            store_page::<K>(context, &run, page, None).await?;
            return Err(Failure::Partial(PartialReason::Endless));
        }
        let Some(next) = next else {
            return finish::<K>(context, &run, page).await;
        };
        store_page::<K>(context, &run, page, None).await?;
        cursor = Cursor::At(next);
    }
}

/// The run after this page.
fn taken<T>(run: RunState, page: &Page<T>) -> RunState {
    RunState {
        pages: run.pages + 1,
        objects: run.objects + page.items.len() as u64,
        requests: run.requests + u64::from(page.attempts),
        bytes: run.bytes + page.size_bytes,
        bad_items: run.bad_items + page.bad.len() as u64,
        ..run
    }
}

fn tally_of(run: &RunState) -> Tally {
    Tally {
        requests: run.requests,
        pages: run.pages,
        objects: run.objects,
        bytes: run.bytes,
    }
}

fn cursor_of(reader: &Reader, run: &RunState) -> Cursor {
    let restored = run
        .next
        .as_deref()
        .and_then(|stored| reader.restore_link(stored).ok());
    restored.map_or(Cursor::Start, Cursor::At)
}

/// How many there were the last time, as a hint for progress. What the mirror has before there was a last time is only what was read so
/// far; of users Okta tells in its groups how many there are.
async fn expected_of<K: Swept>(context: &Context, read: u64) -> Result<Option<u64>, Failure> {
    let expected = context
        .read(move |store| {
            let directory = &store.directory;
            Ok(match (directory.complete_at(K::RESOURCE), K::KIND) {
                (Some(_), kind) => {
                    let known = Some(directory.count(kind)).filter(|known| *known > 0);
                    known.map(|known| known.max(read))
                }
                (None, Kind::User) => estimate::users_expected(&directory.unread(), read),
                (None, _) => None,
            })
        })
        .await?;
    Ok(expected)
}

async fn store_page<K: Swept>(
    context: &Context,
    run: &RunState,
    page: Page<K>,
    finish: Option<DirectoryOp>,
) -> Result<Missed, Failure> {
    let mut ops = keep(context, Some(run.id), page);
    ops.push(DirectoryOp::Run(run.clone()));
    ops.extend(finish);
    Ok(context.store.directory.apply(ops).await?.missed)
}

/// What a page does to the mirror: its objects are kept, but for those that the configuration leaves out.
pub(super) fn keep<K: Swept>(
    context: &Context,
    run: Option<RunId>,
    page: Page<K>,
) -> Vec<DirectoryOp> {
    let exclude = &context.settings.exclude;
    let at = page.served_at;
    let (left_out, kept): (Vec<_>, Vec<_>) = page
        .items
        .into_iter()
        .partition(|item| item.value.excluded(exclude));
    let items = kept
        .into_iter()
        .map(|item| (item.value, item.raw))
        .collect();
    let mut ops = vec![K::upsert(run, items, at)];
    ops.extend(
        left_out
            .into_iter()
            .map(|item| DirectoryOp::Forget(item.value.object_id())),
    );
    ops
}

/// What one object that was read by id does to the mirror.
pub(super) fn keep_one<K: Swept>(context: &Context, item: Item<K>, at: Timestamp) -> DirectoryOp {
    if item.value.excluded(&context.settings.exclude) {
        DirectoryOp::Forget(item.value.object_id())
    } else {
        K::upsert(None, vec![(item.value, item.raw)], at)
    }
}

/// Stores the last page and, when the run counts as everything there is, its end: in one transaction, so that no interruption
/// leaves a list that was read and does not know it.
async fn finish<K: Swept>(
    context: &Context,
    run: &RunState,
    page: Page<K>,
) -> Result<Finished, Failure> {
    let now = context.server_now();
    let is_empty = run.objects == 0 && run.bad_items == 0;
    if !K::MAY_BE_EMPTY {
        context.saw(!is_empty);
    }
    let fault = if is_empty && !K::MAY_BE_EMPTY {
        Some(PartialReason::MissingRole(needed(K::RESOURCE).role.into()))
    } else if run.bad_items > 0 {
        Some(PartialReason::BadItems(run.bad_items))
    } else if time::elapsed(run.started, now) > MAX_RUN {
        Some(PartialReason::TooSlow)
    } else {
        None
    };
    let finish = DirectoryOp::FinishSweep {
        kind: K::KIND,
        run: run.id,
        at: now,
    };
    let finish = fault.is_none().then_some(finish);
    let missed = store_page::<K>(context, run, page, finish).await?;
    match fault {
        Some(reason) => Err(Failure::Partial(reason)),
        None => Ok(Finished {
            started: run.started,
            tally: tally_of(run),
            missed,
        }),
    }
}
