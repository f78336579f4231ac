//! What can be made to go wrong on purpose, where, and how often.
//!
//! A fault is ordered by its kind, or as a [`row`] of the table that every read of a client must survive. It strikes in place of
//! an answer ([`instead`]), on an answer's way out ([`body`], [`link`]), or in the log ([`events`]).

pub mod body;
pub mod events;
pub mod gzip;
pub mod instead;
mod kind;
pub mod link;
pub mod row;

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Method;
use serde::{Deserialize, Serialize};

pub use kind::Kind;

/// When a misfortune strikes a request that changes something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strikes {
    /// Before: nothing happened.
    #[default]
    Before,
    /// Afterwards: it happened, and whoever asked does not hear of it. What was refused has not happened, so that the misfortune
    /// waits for the next request.
    After,
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
    /// Only where the path begins so; everywhere when it is empty. One with `*` for a segment, or with `$` at its end, means the
    /// whole path.
    #[serde(default)]
    pub path: String,
    /// Only requests of this method, e.g. `POST`; of every method when it is empty.
    #[serde(default)]
    pub method: String,
    /// Whether the change that was asked for has happened by then. What breaks an answer always strikes afterwards.
    #[serde(default)]
    pub strikes: Strikes,
    /// How many matching requests are left alone first.
    #[serde(default)]
    pub after: u64,
    /// Strikes only every so many matching requests; 1 is every one.
    #[serde(default = "once")]
    pub every: u64,
    /// For `server_error`: the status, 500 by itself.
    #[serde(default = "internal")]
    pub status: u16,
    /// For `stall`, `slow_loris` and `late_events`: how long, in milliseconds.
    #[serde(default = "while_")]
    pub millis: u64,
    /// For `rate_limit_storm`: how many seconds from now the window ends, as its header says; it may have ended.
    #[serde(default = "soon")]
    pub reset_secs: i64,
    /// For `rate_limit_storm`: whether the headers are left out.
    #[serde(default)]
    pub bare: bool,
    /// For `server_error`: the seconds of `Retry-After`, when there is to be one.
    #[serde(default)]
    pub retry_after_secs: Option<u64>,
}

impl Fault {
    /// One misfortune of this kind anywhere, with nothing said about it.
    pub fn of(kind: Kind) -> Self {
        Self {
            kind,
            count: once(),
            path: String::new(),
            method: String::new(),
            strikes: kind.strikes(),
            after: 0,
            every: once(),
            status: internal(),
            millis: while_(),
            reset_secs: soon(),
            bare: false,
            retry_after_secs: None,
        }
    }

    /// Whether it strikes only once a change has been made: it has to see the answer first.
    fn waits_for_a_change(&self, method: &Method) -> bool {
        let late = self.strikes == Strikes::After || !self.kind.is_answered_instead();
        late && changes_things(method)
    }

    fn concerns(&self, method: &Method, path: &str) -> bool {
        let methods = self.method.is_empty() || self.method.eq_ignore_ascii_case(method.as_str());
        methods && self.is_at(path)
    }

    fn is_at(&self, path: &str) -> bool {
        if let Some(whole) = self.path.strip_suffix('$') {
            return whole == path;
        }
        if !self.path.contains('*') {
            return path.starts_with(&self.path);
        }
        let mut wanted = self.path.split('/');
        let mut given = path.split('/');
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == "*" || wanted == given => {}
                _ => return false,
            }
        }
    }
}

/// Whether requests of this method change something, if they are not refused.
pub fn changes_things(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
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

fn soon() -> i64 {
    1
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

    /// The misfortune that strikes a request for `path` whatever becomes of it, if one does. Those of the log's events never
    /// strike requests.
    pub fn strike(&self, method: &Method, path: &str) -> Option<Fault> {
        self.take(method, path, |fault| {
            is_of_requests(fault.kind) && !fault.waits_for_a_change(method)
        })
    }

    /// The misfortune that strikes a change which has been made, if one does.
    pub fn strike_change(&self, method: &Method, path: &str) -> Option<Fault> {
        self.take(method, path, |fault| {
            is_of_requests(fault.kind) && fault.waits_for_a_change(method)
        })
    }

    /// The misfortune that strikes a page of the log that has events on it, if one does.
    pub fn strike_log_page(&self) -> Option<Fault> {
        self.take(&Method::GET, "/api/v1/logs", |fault| {
            fault.kind.is_of_log_pages()
        })
    }

    /// The misfortune that strikes the next event of the log, if one of this kind does.
    pub fn strike_event(&self, kind: Kind) -> Option<Fault> {
        self.take(&Method::GET, "/api/v1/logs", |fault| fault.kind == kind)
    }

    /// Whether a misfortune of this kind is still to come.
    pub fn awaits(&self, kind: Kind) -> bool {
        self.pending()
            .iter()
            .any(|pending| pending.fault.kind == kind)
    }

    fn take(&self, method: &Method, path: &str, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut all = self.pending();
        for at in 0..all.len() {
            let pending = &mut all[at];
            if !wanted(&pending.fault) || !pending.fault.concerns(method, path) {
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

fn is_of_requests(kind: Kind) -> bool {
    !kind.is_of_events() && !kind.is_of_log_pages()
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
        let strikes = |path| faults.strike(&Method::GET, path).map(|fault| fault.status);
        assert_eq!(strikes("/api/v1/groups"), None);
        assert_eq!(strikes("/api/v1/users"), None);
        assert_eq!(strikes("/api/v1/users/me"), Some(503));
        assert_eq!(strikes("/api/v1/users"), Some(503));
        assert_eq!(strikes("/api/v1/users"), None);
        assert!(faults.outstanding().is_empty());
    }

    #[test]
    fn a_path_is_a_beginning_a_pattern_or_a_whole() {
        let concerns = |place: &str, path: &str| {
            let mut one = Fault::of(Kind::Html);
            place.clone_into(&mut one.path);
            one.concerns(&Method::GET, path)
        };
        assert!(concerns("", "/api/v1/users"));
        assert!(concerns("/api/v1/users", "/api/v1/users/00u1"));
        assert!(concerns("/api/v1/users$", "/api/v1/users"));
        assert!(!concerns("/api/v1/users$", "/api/v1/users/00u1"));
        assert!(concerns(
            "/api/v1/groups/*/users",
            "/api/v1/groups/00g1/users"
        ));
        assert!(!concerns(
            "/api/v1/groups/*/users",
            "/api/v1/groups/00g1/apps"
        ));
        assert!(!concerns("/api/v1/groups/*", "/api/v1/groups/00g1/apps"));
    }

    #[test]
    fn a_fault_of_one_method_leaves_the_others_alone() {
        let faults = Faults::default();
        faults.order(fault(
            r#"{"kind":"server_error","method":"post","strikes":"after"}"#,
        ));
        assert_eq!(faults.strike_change(&Method::GET, "/x"), None);
        let struck = faults.strike_change(&Method::POST, "/x").unwrap();
        assert_eq!(struck.strikes, Strikes::After);
    }

    #[test]
    fn what_breaks_the_answer_to_a_change_waits_for_one() {
        for order in [
            r#"{"kind":"truncated_json"}"#,
            r#"{"kind":"reset_before_answer","strikes":"after"}"#,
        ] {
            let faults = Faults::default();
            faults.order(fault(order));
            assert_eq!(faults.strike(&Method::PUT, "/x"), None, "{order}");
            assert!(faults.strike_change(&Method::PUT, "/x").is_some());
            faults.order(fault(order));
            assert!(faults.strike(&Method::GET, "/x").is_some(), "{order}");
        }
    }

    #[test]
    fn every_third_request_means_every_third() {
        let faults = Faults::default();
        faults.order(fault(r#"{"kind":"html","count":10,"every":3}"#));
        let struck: Vec<bool> = (0..7)
            .map(|_| faults.strike(&Method::GET, "/x").is_some())
            .collect();
        assert_eq!(struck, [true, false, false, true, false, false, true]);
    }

    #[test]
    fn faults_of_events_leave_requests_alone() {
        let faults = Faults::default();
        faults.order(fault(r#"{"kind":"late_events","count":1,"millis":5}"#));
        assert_eq!(faults.strike(&Method::GET, "/api/v1/logs"), None);
        assert_eq!(faults.strike_event(Kind::DuplicateEvents), None);
        assert_eq!(faults.strike_event(Kind::LateEvents).unwrap().millis, 5);
    }
}
