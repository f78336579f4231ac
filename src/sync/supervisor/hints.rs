//! The hints: when a batch of them is settled, and which of them are answered by a reading anyway.

use jiff::Timestamp;

use super::{Done, INDEX_LAG, Job, Supervisor, resource_of};
use crate::domain::entry::EntryKind;
use crate::domain::time;
use crate::sync::context::Failure;
use crate::sync::gathered::Gathered;
use crate::sync::hint::Hint;
use crate::sync::log_tail::Hinted;
use crate::sync::settle;

impl Supervisor {
    /// Takes up the hints that an earlier process had not settled. Where there was none, they count from now on.
    pub(super) async fn load_hints(&mut self) -> Result<(), Failure> {
        let left = self.context.read(settle::unsettled).await?;
        if left.is_none() {
            settle::mark(&self.context, time::before(self.now(), INDEX_LAG)).await?;
        }
        self.hints = Gathered::of(left.unwrap_or_default(), self.now());
        Ok(())
    }

    pub(super) fn start_settling(&mut self, now: Timestamp) {
        let mut hints = std::mem::take(&mut self.hints);
        let batch = hints.take_batch(now, |hint| self.must_wait(hint), |hint| self.is_moot(hint));
        self.hints = hints;
        if !batch.is_empty() {
            let context = self.context.clone();
            self.spawn(Job::Settle, async move {
                Done::Settled(settle::settle(&context, batch).await)
            });
        }
    }

    pub(super) async fn take_settled(&mut self, result: Result<(), Failure>) {
        if let Err(failure) = &result {
            tracing::warn!(%failure, "what log events hinted at could not be read");
        }
        if self.hints.batch_ended(result.is_ok(), self.now()) {
            tracing::error!("hints are given up; the daily sweep settles them");
        }
        self.note(result.err().as_ref());
        self.watch.observed(self.now());
        if let Some(low_water) = self.hints.low_water()
            && let Err(failure) = settle::mark(&self.context, low_water).await
        {
            tracing::warn!(%failure, "the mark of the settled hints could not be written");
        }
    }

    /// Whether what the hint is about is being read from end to end just now, or is about to be.
    pub(super) fn must_wait(&self, hint: &Hint) -> bool {
        self.is_under_way(resource_of(hint))
    }

    /// Whether a complete reading that began well after the event has seen what it hints at.
    /// That something was deleted is never moot: a sweep alone archives nothing.
    pub(super) fn is_moot(&self, (hint, _, published): &Hinted) -> bool {
        if matches!(
            hint,
            Hint::UserDeleted(_) | Hint::GroupDeleted(_) | Hint::AppDeleted(_)
        ) {
            return false;
        }
        let resource = resource_of(hint);
        if self.context.settings.is_excluded(resource) {
            return true;
        }
        let read = match hint {
            // Not every such list is part of a complete reading: factors are those of admins, owners those of groups with roles.
            Hint::List(kind, parent) => self
                .context
                .store
                .directory
                .entries_read(*kind, Some(parent)),
            _ => self
                .standings
                .get(&resource)
                .and_then(|standing| standing.complete_at),
        };
        read.is_some_and(|read| time::after(*published, INDEX_LAG) < read)
            && !self.proves_what_is_missing(hint)
    }

    /// Whether a list that the hint is about was read without something that it had: a reading alone ends that only when the next one
    /// misses it too, and the event proves it now.
    fn proves_what_is_missing(&self, hint: &Hint) -> bool {
        let directory = &self.context.store.directory;
        match hint {
            Hint::List(kind, parent) => directory.has_absent(*kind, parent),
            Hint::Membership(_, user, _) => {
                let user = user.as_str().parse();
                user.is_ok_and(|user| directory.has_absent(EntryKind::UserRole, &user))
            }
            hint => directory.has_absent_of(resource_of(hint)),
        }
    }
}
