//! What a complete sweep did not see: archived when it is proven gone, held back when it is too much.

use super::{Done, Job, Supervisor, kind_of, resource_of_kind};
use crate::domain::id::Kind;
use crate::domain::resource::{Phase, Resource};
use crate::store::Missed;
use crate::sync::archive::{self, Verdict};

impl Supervisor {
    pub(super) fn judge_missing(&mut self, resource: Resource, missed: Missed) {
        let Some(kind) = kind_of(resource) else {
            return;
        };
        match archive::judge(missed.known, missed.missing, missed.candidates.len()) {
            Verdict::Nothing => self.set_suspended(kind, None),
            Verdict::Suspend => {
                let missing = missed.missing;
                tracing::warn!(%resource, missing, "too much is missing at once; nothing is archived");
                self.set_suspended(kind, Some(missing));
            }
            Verdict::LookUp => {
                self.set_suspended(kind, None);
                let context = self.context.clone();
                self.spawn(Job::Errand, async move {
                    let result = archive::look_up(&context, kind, &missed).await;
                    Done::LookedUp(kind, result)
                });
            }
        }
    }

    pub(super) fn set_suspended(&mut self, kind: Kind, missing: Option<u64>) {
        self.set_missing(resource_of_kind(kind), missing);
    }

    fn set_missing(&mut self, resource: Resource, missing: Option<u64>) {
        match missing {
            Some(missing) => drop(self.suspended.insert(resource, missing)),
            None => drop(self.suspended.remove(&resource)),
        }
        if !self.running.contains_key(&resource) {
            let phase = self.resting_phase(resource);
            self.context
                .board
                .resource(resource, |line| line.phase = phase);
        }
    }

    /// Notes how many entries of a resource are missing from lists that lost too many at once.
    pub(super) fn set_held(&mut self, resource: Resource, held: u64) {
        if held > 0 {
            tracing::warn!(%resource, held, "too much is missing at once; nothing ends");
        }
        self.set_missing(resource, (held > 0).then_some(held));
    }

    /// The phase of a resource that is not being read.
    pub(super) fn resting_phase(&self, resource: Resource) -> Phase {
        let missing = self.suspended.get(&resource);
        missing.map_or(Phase::Idle, |missing| Phase::Suspended {
            missing: *missing,
        })
    }
}
