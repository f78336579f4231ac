//! A full reading of everything, for a report: what is still to be read, and what each resource cost.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::{Cost, Pass, Supervisor};
use crate::domain::listing::PartialReason;
use crate::domain::resource::{Resource, ResourceReport, SyncReport};
use crate::domain::time;
use crate::sync::{board, entries, settle};

impl Supervisor {
    /// Begins a full reading, or adds these resources to the one that is under way, as far as it has not read them yet.
    pub(super) fn begin_pass(
        &mut self,
        resources: BTreeSet<Resource>,
        reply: Option<oneshot::Sender<SyncReport>>,
    ) {
        let mut pass = self.pass.take().unwrap_or_else(|| Pass {
            started: self.context.clock.now(),
            remaining: BTreeSet::new(),
            reports: BTreeMap::new(),
            replies: Vec::new(),
        });
        let new = |resource: &Resource| {
            !pass.remaining.contains(resource) && !pass.reports.contains_key(resource)
        };
        for resource in resources.into_iter().filter(new).collect::<Vec<_>>() {
            // What was never read whole goes on where it was cut off rather than from the beginning.
            let standing = self.standing(resource);
            standing.wanted = standing.complete_at.is_some();
            standing.failures = 0;
            pass.remaining.insert(resource);
        }
        pass.replies.extend(reply);
        self.pass = Some(pass);
    }

    pub(super) fn report(
        &mut self,
        resource: Resource,
        cost: Cost,
        why_not: Option<&PartialReason>,
    ) {
        let Some(pass) = &mut self.pass else { return };
        if !pass.remaining.remove(&resource) {
            return;
        }
        let Cost { tally, floor, took } = cost;
        pass.reports.insert(
            resource,
            board::report(resource, tally, floor, took, why_not),
        );
        if pass.remaining.is_empty() {
            self.end_pass();
        }
    }

    pub(super) fn end_pass(&mut self) {
        let Some(pass) = self.pass.take() else { return };
        let report = self.summed(pass.started, &pass.reports);
        tracing::info!(
            report.requests,
            report.floor,
            report.secs,
            report.complete,
            "a full sync ended"
        );
        for reply in pass.replies {
            let _ = reply.send(report.clone());
        }
        self.hints.look_again(self.now());
    }

    /// What cannot be reached for one resource cannot be for any: whoever waits for a full reading hears so now rather than after all have
    /// failed. The reading itself goes on as ever, and is complete when Okta is back.
    pub(super) fn tell_out_of_reach(&mut self, reason: &PartialReason) {
        let Some(pass) = &mut self.pass else { return };
        let replies = std::mem::take(&mut pass.replies);
        if replies.is_empty() {
            return;
        }
        let (started, mut reports) = (pass.started, pass.reports.clone());
        let unread = pass.remaining.iter().map(|resource| {
            let (tally, took) = (board::Tally::default(), Duration::ZERO);
            (
                *resource,
                board::report(*resource, tally, 0, took, Some(reason)),
            )
        });
        reports.extend(unread);
        let report = self.summed(started, &reports);
        for reply in replies {
            let _ = reply.send(report.clone());
        }
    }

    fn summed(
        &self,
        started: Timestamp,
        reports: &BTreeMap<Resource, ResourceReport>,
    ) -> SyncReport {
        let resources: Vec<ResourceReport> = Resource::ALL
            .into_iter()
            .filter_map(|resource| reports.get(&resource).cloned())
            .collect();
        SyncReport {
            requests: resources.iter().map(|one| one.requests).sum(),
            floor: resources.iter().map(|one| one.floor).sum(),
            complete: resources.iter().all(|one| one.complete),
            secs: time::elapsed(started, self.context.clock.now()).as_secs_f64(),
            resources,
        }
    }

    pub(super) async fn entries_floor(&self, resource: Resource) -> u64 {
        let floor = self
            .context
            .read(move |store| entries::floor(store, resource))
            .await;
        floor.unwrap_or_default()
    }

    pub(super) async fn lists_floor(&self, resource: Resource) -> u64 {
        let sizes = self
            .context
            .read(move |store| Ok(settle::sizes_below(store, resource)))
            .await
            .unwrap_or_default();
        match resource {
            Resource::Memberships => sizes.memberships_floor(),
            Resource::AppGroups => sizes.app_groups_floor(),
            _ => sizes.app_users_floor(),
        }
    }
}
