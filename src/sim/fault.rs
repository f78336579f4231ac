//! What can be made to go wrong on purpose, where, and how often.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// A kind of misfortune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 429 although the client kept to its limit.
    RateLimitStorm,
    /// 429 of the concurrency limit: all three headers, the numbers zero.
    ConcurrencyLimit,
    /// An error of the 500s; `status` says which.
    ServerError,
    /// The connection breaks half-way through the body.
    ResetMidBody,
    /// 200 with a page of HTML, as proxies and sign-in walls send it.
    Html,
    /// Half of the body, then nothing for `millis`, then the rest.
    Stall,
    /// A body that ends early but looks complete.
    TruncatedJson,
    /// 401 for a token that was good a moment ago.
    Unauthorized,
    /// 403: the token's owner lost the right.
    Forbidden,
    /// Log events that come twice.
    DuplicateEvents,
    /// Log events that become visible long after they happened.
    LateEvents,
}

/// One misfortune that has been ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// How often it strikes before it is over.
    #[serde(default = "once")]
    pub count: u64,
    /// Only where the path begins so; everywhere when it is empty.
    #[serde(default)]
    pub path: String,
    /// How many matching requests are left alone first.
    #[serde(default)]
    pub after: u64,
    /// Strikes only every so many matching requests; 1 is every one.
    #[serde(default = "once")]
    pub every: u64,
    /// For `server_error`: the status, 500 by itself.
    #[serde(default = "internal")]
    pub status: u16,
    /// For `stall` and `late_events`: how long, in milliseconds.
    #[serde(default = "while_")]
    pub millis: u64,
}

fn once() -> u64 {
    1
}

fn internal() -> u16 {
    500
}

fn while_() -> u64 {
    30_000
}

/// The misfortunes that are still to come.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Pending>>);

#[derive(Clone, Debug)]
struct Pending {
    fault: Fault,
    matched: u64,
}

impl Faults {
    fn pending(&self) -> MutexGuard<'_, Vec<Pending>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Orders a misfortune.
    pub fn order(&self, fault: Fault) {
        self.pending().push(Pending { fault, matched: 0 });
    }

    /// Calls everything off.
    pub fn clear(&self) {
        self.pending().clear();
    }

    /// What is still to come, in the order it was ordered.
    pub fn outstanding(&self) -> Vec<Fault> {
        self.pending()
            .iter()
            .map(|pending| pending.fault.clone())
            .collect()
    }

    /// The misfortune that strikes a request for `path`, if one does. Those of the log's events never strike requests.
    pub fn strike(&self, path: &str) -> Option<Fault> {
        self.take(path, |kind| {
            !matches!(kind, Kind::DuplicateEvents | Kind::LateEvents)
        })
    }

    /// The misfortune that strikes the next event of the log, if one of this kind does.
    pub fn strike_event(&self, kind: Kind) -> Option<Fault> {
        self.take("", |other| other == kind)
    }

    /// Whether a misfortune of this kind is still to come.
    pub fn awaits(&self, kind: Kind) -> bool {
        self.pending()
            .iter()
            .any(|pending| pending.fault.kind == kind)
    }

    fn take(&self, path: &str, wanted: impl Fn(Kind) -> bool) -> Option<Fault> {
        let mut all = self.pending();
        for at in 0..all.len() {
            let pending = &mut all[at];
            if !wanted(pending.fault.kind) || !path.starts_with(&pending.fault.path) {
                continue;
            }
            pending.matched += 1;
            let due = pending.matched.checked_sub(pending.fault.after + 1);
            if due.is_none_or(|nth| nth % pending.fault.every.max(1) != 0) {
                continue;
            }
            pending.fault.count = pending.fault.count.saturating_sub(1);
            let struck = pending.fault.clone();
            if struck.count == 0 {
                all.remove(at);
            }
            return Some(struck);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_fault_strikes_where_and_as_often_as_ordered() {
        let faults = Faults::default();
        faults.order(fault(
            r#"{"kind":"server_error","count":2,"path":"/api/v1/users","after":1,"status":503}"#,
        ));
        let strikes = |path| faults.strike(path).map(|fault| fault.status);
        assert_eq!(strikes("/api/v1/groups"), None);
        assert_eq!(strikes("/api/v1/users"), None);
        assert_eq!(strikes("/api/v1/users/me"), Some(503));
        assert_eq!(strikes("/api/v1/users"), Some(503));
        assert_eq!(strikes("/api/v1/users"), None);
        assert!(faults.outstanding().is_empty());
    }

    #[test]
    fn every_third_request_means_every_third() {
        let faults = Faults::default();
        faults.order(fault(r#"{"kind":"html","count":10,"every":3}"#));
        let struck: Vec<bool> = (0..7).map(|_| faults.strike("/x").is_some()).collect();
        assert_eq!(struck, [true, false, false, true, false, false, true]);
    }

    #[test]
    fn faults_of_events_leave_requests_alone() {
        let faults = Faults::default();
        faults.order(fault(r#"{"kind":"late_events","count":1,"millis":5}"#));
        assert_eq!(faults.strike("/api/v1/logs"), None);
        assert_eq!(faults.strike_event(Kind::DuplicateEvents), None);
        assert_eq!(faults.strike_event(Kind::LateEvents).unwrap().millis, 5);
    }
}
