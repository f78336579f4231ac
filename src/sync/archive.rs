//! Archiving what Okta no longer has: never because it was merely not listed.
//!
//! An object leaves the live mirror when a delete event named it and its id answers 404 (that is done where hints are settled), or
//! when two complete sweeps in a row missed it and its id answers 404 while a known one still answers. If more is missing than
//! people delete in a day, nothing is archived and the resource waits for a person: such things are mostly lost permissions.

use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::user::User;
use crate::okta::{self, Reader};
use crate::store::{DirectoryOp, Missed};

use super::context::{Context, Failure};

/// Ids that are looked up after one sweep.
const MAX_LOOKUPS: usize = 200;

/// What to do about what a complete sweep did not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is missing, or nothing was missed twice yet.
    Nothing,
    /// Look the candidates up by id.
    LookUp,
    /// Too much is missing at once: wait for a person.
    Suspend,
}

/// Judges how much is missing: `missing` of `known` objects were not seen, `candidates` of them for the second time.
pub fn judge(known: u64, missing: u64, candidates: usize) -> Verdict {
    if missing > (known / 100).max(25) {
        Verdict::Suspend
    } else if candidates == 0 {
        Verdict::Nothing
    } else {
        Verdict::LookUp
    }
}

/// Looks up what two sweeps missed and archives what is proven gone; tells how many were.
///
/// # Errors
/// When a lookup or the mirror fails; what was archived before stays archived.
pub(super) async fn look_up(
    context: &Context,
    kind: Kind,
    missed: &Missed,
) -> Result<usize, Failure> {
    let candidates: Vec<ObjectId> = missed
        .candidates
        .iter()
        .take(MAX_LOOKUPS)
        .cloned()
        .collect();
    if candidates.is_empty() || !a_known_one_answers(context, kind).await? {
        return Ok(0);
    }
    let mut archived = 0;
    for object in candidates {
        if is_gone(&context.reader, &object).await? {
            let at = context.server_now();
            context
                .store
                .directory
                .apply(DirectoryOp::Archive {
                    object,
                    at,
                    evidence: None,
                })
                .await?;
            archived += 1;
        }
    }
    Ok(archived)
}

/// Looks up everything that the last sweep missed, because a person accepted that it may be gone, and archives what is; tells how
/// many were.
pub(super) async fn accept(context: &Context, kind: Kind) -> Result<usize, Failure> {
    let candidates = context
        .read(move |store| Ok(store.directory.missed(kind)?.candidates))
        .await?;
    let mut archived = 0;
    for chunk in candidates.chunks(MAX_LOOKUPS) {
        let missed = Missed {
            known: 0,
            missing: 0,
            candidates: chunk.to_vec(),
        };
        archived += look_up(context, kind, &missed).await?;
    }
    Ok(archived)
}

/// Whether Okta answers for an object that the last sweep saw: otherwise a 404 proves nothing.
async fn a_known_one_answers(context: &Context, kind: Kind) -> Result<bool, Failure> {
    let known = context
        .read(move |store| store.directory.newest_seen(kind))
        .await?;
    match known {
        Some(object) => Ok(!is_gone(&context.reader, &object).await?),
        None => Ok(false),
    }
}

/// Whether Okta says that there is no such object.
pub(super) async fn is_gone(reader: &Reader, object: &ObjectId) -> Result<bool, okta::Error> {
    let answered = match object {
        ObjectId::User(id) => reader.user(id).await.map(drop::<okta::Item<User>>),
        ObjectId::Group(id) => reader.group(id).await.map(drop::<okta::Item<Group>>),
        ObjectId::App(id) => reader.app(id).await.map(drop::<okta::Item<Application>>),
    };
    match answered {
        Ok(()) => Ok(false),
        Err(error) if error.is_not_found() => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuse_holds_back_more_than_25_and_more_than_one_percent() {
        assert_eq!(judge(1_000, 0, 0), Verdict::Nothing);
        assert_eq!(judge(1_000, 25, 0), Verdict::Nothing);
        assert_eq!(judge(1_000, 25, 25), Verdict::LookUp);
        assert_eq!(judge(1_000, 26, 26), Verdict::Suspend);
        assert_eq!(judge(10_000, 100, 3), Verdict::LookUp);
        assert_eq!(judge(10_000, 101, 3), Verdict::Suspend);
        assert_eq!(judge(20, 20, 20), Verdict::LookUp);
    }
}
