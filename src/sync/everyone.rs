//! Everybody's factors, where the configuration asks for them: a batch of users at a time, those first whose factors were never read
//! or longest ago, in the lane of what nobody waits for.
//!
//! What was read is told by the mirror itself, so a process that was cut off goes on where it was. Admins' factors are read with
//! what admins may do, at the sync's own pace; here they are as fresh as that, and so left alone.

use std::time::Duration;

use futures_util::StreamExt as _;
use jiff::Timestamp;

use crate::config::sync_settings::FactorsOf;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKind;
use crate::domain::resource::Resource;
use crate::domain::time;
use crate::okta::Lane;
use crate::store::Store;

use super::context::{Context, Failure};
use super::entries;

/// Users of one batch: few enough that those who are new do not wait for hours.
const BATCH: usize = 200;
/// Requests under way at once.
const AT_ONCE: usize = 4;
/// After this many users in a row whose factors could not be read, the others' could not either. A few who cannot be read come first
/// in every batch, and must not be in the way of the rest.
const GIVE_UP_AFTER: u32 = 20;
/// How long until it is looked again for users whose factors are not known, once there are none, or after trouble.
const LOOK_AGAIN: Duration = Duration::from_mins(5);

/// Whether everybody's factors are asked for.
pub(super) fn is_wanted(context: &Context) -> bool {
    let settings = &context.settings;
    settings.factors == FactorsOf::All && !settings.is_excluded(Resource::Factors)
}

/// Reads the factors of one batch of users; tells when the next is due. Users whose factors cannot be read come again.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) async fn read_batch(context: &Context) -> Result<Timestamp, Failure> {
    let now = context.server_now();
    let before = time::before(now, context.settings.sweep);
    let batch = context.read(move |store| due(store, before)).await?;
    let is_last = batch.len() < BATCH;
    let mut context = context.clone();
    context.reader = context.reader.in_lane(Lane::Idle);
    let mut reads = futures_util::stream::iter(batch)
        .map(|user| is_read(&context, user))
        .buffer_unordered(AT_ONCE);
    let mut failed_in_a_row = 0;
    while let Some(is_read) = reads.next().await {
        failed_in_a_row = if is_read { 0 } else { failed_in_a_row + 1 };
        if failed_in_a_row == GIVE_UP_AFTER {
            break;
        }
    }
    Ok(if is_last || failed_in_a_row > 0 {
        time::after(context.server_now(), LOOK_AGAIN)
    } else {
        now
    })
}

/// Reads the factors of one user; tells whether they are known now. A refusal of all factors is told where those of admins are read.
async fn is_read(context: &Context, user: EntryId) -> bool {
    let had = known_at(&context.store, &user);
    if let Err(failure) = entries::read_one(context, EntryKind::Factor, user.clone(), None).await {
        tracing::warn!(%failure, "the factors of a user could not be read");
        return false;
    }
    known_at(&context.store, &user) > had
}

fn known_at(store: &Store, user: &EntryId) -> Option<Timestamp> {
    store.directory.entries_read(EntryKind::Factor, Some(user))
}

/// After a batch that failed as a whole.
pub(super) fn after_failure(now: Timestamp) -> Timestamp {
    time::after(now, LOOK_AGAIN)
}

/// The next users whose factors were not read since `before`, those whose were never read first.
fn due(store: &Store, before: Timestamp) -> Result<Vec<EntryId>, crate::store::Error> {
    let directory = &store.directory;
    directory.users_unread(EntryKind::Factor, before, BATCH)
}
