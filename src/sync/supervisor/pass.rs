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

impl Pass {
    fn new(started: Timestamp) -> Self {
        Self {
            started,
            remaining: BTreeSet::new(),
            reports: BTreeMap::new(),
            replies: Vec::new(),
        }
    }

    /// Adds what it has not read yet; tells which that is. While nobody waits for it, what failed counts as not read: whoever waited
    /// heard of that failure, and whoever comes now asks whether it still holds.
    fn add(&mut self, resources: BTreeSet<Resource>) -> Vec<Resource> {
        if self.replies.is_empty() {
            self.reports.retain(|_, report| report.complete);
        }
        let is_new = |resource: &Resource| {
            !self.remaining.contains(resource) && !self.reports.contains_key(resource)
        };
        let new: Vec<Resource> = resources.into_iter().filter(is_new).collect();
        self.remaining.extend(&new);
        new
    }
}

impl Supervisor {
    /// Begins a full reading, or adds these resources to the one that is under way, as far as it has not read them yet.
    pub(super) fn begin_pass(
        &mut self,
        resources: BTreeSet<Resource>,
        reply: Option<oneshot::Sender<SyncReport>>,
    ) {
        let mut pass = match self.pass.take() {
            Some(pass) => pass,
            None => Pass::new(self.context.clock.now()),
        };
        for resource in pass.add(resources) {
            // What was never read whole goes on where it was cut off rather than from the beginning.
            let standing = self.standing(resource);
            standing.wanted = standing.complete_at.is_some();
            standing.failures = 0;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Users could not be reached and groups were read; apps are still to be read.
    fn under_way() -> Pass {
        let mut pass = Pass::new(Timestamp::UNIX_EPOCH);
        let all = [Resource::Users, Resource::Groups, Resource::Apps];
        assert_eq!(pass.add(all.into()), all);
        let failed = PartialReason::Failed("no connection".into());
        for (resource, why_not) in [(Resource::Users, Some(&failed)), (Resource::Groups, None)] {
            pass.remaining.remove(&resource);
            let tally = board::Tally::default();
            let report = board::report(resource, tally, 0, Duration::ZERO, why_not);
            pass.reports.insert(resource, report);
        }
        pass
    }

    /// `sync --once` ended with 7 though Okta answered again: what had failed for the one before was not read for this one.
    #[test]
    fn what_failed_for_whoever_has_gone_is_read_for_whoever_comes() {
        let mut pass = under_way();
        assert_eq!(pass.add(Resource::ALL.into())[0], Resource::Users);
        assert!(pass.remaining.contains(&Resource::Users));
        let told: Vec<_> = pass.reports.into_keys().collect();
        assert_eq!(told, [Resource::Groups]);
    }

    #[test]
    fn what_failed_is_told_to_whoever_waits() {
        let mut pass = under_way();
        let (reply, _report) = oneshot::channel();
        pass.replies.push(reply);
        assert_eq!(pass.add([Resource::Users, Resource::Apps].into()), []);
        assert!(!pass.reports[&Resource::Users].complete);
    }
}
