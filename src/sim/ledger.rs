//! What was asked of the org, counted when it arrives: a request whose connection breaks has been sent all the same.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::Request;
use http::header::USER_AGENT;
use http::uri::PathAndQuery;
use serde::Serialize;

use super::fault::changes_things;
use super::rate::BUCKETS;

/// So many writes are remembered; older ones are forgotten.
const MOST_WRITES: usize = 10_000;

/// Requests to Okta's own paths.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    counts: Counts,
    writes: VecDeque<(u64, Write)>,
}

/// How many requests came. Those that nobody answered yet are in `total` and `buckets` only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All of them.
    pub total: u64,
    /// By bucket.
    pub buckets: BTreeMap<&'static str, u64>,
    /// Answered, by status.
    pub statuses: BTreeMap<u16, u64>,
    /// Whose connection broke before there was an answer.
    pub severed: u64,
}

/// A request that was to change something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Write {
    /// As in the header `X-Okta-Request-Id` and the log's debug data.
    pub request: String,
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The `User-Agent`, whole.
    pub agent: String,
    /// What the org made of it, as a status; `None` when it never looked.
    pub outcome: Option<u16>,
    /// The status that was sent back; `None` when the connection broke before.
    pub answered: Option<u16>,
}

impl Ledger {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request that has just come; `number` is its own and `id` what Okta calls it. It is severed when what is returned
    /// is dropped without having been answered.
    pub fn arrived(&self, request: &Request, bucket: usize, number: u64, id: String) -> Entry<'_> {
        let mut books = self.books();
        books.counts.total += 1;
        *books
            .counts
            .buckets
            .entry(BUCKETS[bucket].name)
            .or_default() += 1;
        let writes = changes_things(request.method());
        if writes {
            books.writes.push_back((number, written(request, id)));
            let over = books.writes.len().saturating_sub(MOST_WRITES);
            books.writes.drain(..over);
        }
        Entry {
            ledger: self,
            number: writes.then_some(number),
            answered: None,
            outcome: None,
        }
    }

    /// The counts so far.
    pub fn counts(&self) -> Counts {
        self.books().counts.clone()
    }

    /// Writes whose path begins so and whose sender's name holds `agent`, oldest first.
    pub fn writes(&self, path: &str, agent: &str) -> Vec<Write> {
        let books = self.books();
        let all = books.writes.iter().map(|(_, write)| write);
        all.filter(|write| write.path.starts_with(path) && write.agent.contains(agent))
            .cloned()
            .collect()
    }
}

fn written(request: &Request, id: String) -> Write {
    let agent = request.headers().get(USER_AGENT);
    let path = request.uri().path_and_query().map(PathAndQuery::as_str);
    Write {
        request: id,
        method: request.method().to_string(),
        path: path.unwrap_or("/").to_owned(),
        agent: agent.map_or_else(String::new, |agent| {
            String::from_utf8_lossy(agent.as_bytes()).into_owned()
        }),
        outcome: None,
        answered: None,
    }
}

/// A request under way.
#[derive(Debug)]
pub struct Entry<'a> {
    ledger: &'a Ledger,
    /// Of a write: its number.
    number: Option<u64>,
    outcome: Option<u16>,
    answered: Option<u16>,
}

impl Entry<'_> {
    /// Notes what the org made of it.
    pub fn came_to(&mut self, status: u16) {
        self.outcome = Some(status);
    }

    /// Notes what is sent back, which ends the entry.
    pub fn answered(mut self, status: u16) {
        self.answered = Some(status);
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut books = self.ledger.books();
        match self.answered {
            Some(status) => *books.counts.statuses.entry(status).or_default() += 1,
            None => books.counts.severed += 1,
        }
        let Some(own) = self.number else { return };
        let mut newest_first = books.writes.iter_mut().rev();
        if let Some((_, write)) = newest_first.find(|(number, _)| *number == own) {
            write.outcome = self.outcome;
            write.answered = self.answered;
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Method;

    use super::*;

    fn request(method: Method, path: &str) -> Request {
        let request = Request::builder().method(method).uri(path);
        let request = request.header(USER_AGENT, "oktop/1 at=7");
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn a_request_is_counted_when_it_comes_and_severed_when_nobody_answers() {
        let ledger = Ledger::default();
        let read = request(Method::GET, "/api/v1/users");
        let mut entry = ledger.arrived(&read, 0, 1, "one".to_owned());
        assert_eq!(ledger.counts().total, 1);
        entry.came_to(200);
        entry.answered(503);
        let write = request(Method::POST, "/api/v1/users?activate=true");
        let mut entry = ledger.arrived(&write, 0, 2, "two".to_owned());
        entry.came_to(200);
        drop(entry);
        let counts = ledger.counts();
        assert_eq!((counts.total, counts.severed), (2, 1));
        assert_eq!(counts.statuses, BTreeMap::from([(503, 1)]));
        let writes = ledger.writes("/api/v1/users", "at=7");
        assert_eq!(writes.len(), 1, "reads are no writes");
        assert_eq!((writes[0].outcome, writes[0].answered), (Some(200), None));
        assert_eq!(writes[0].path, "/api/v1/users?activate=true");
        assert!(ledger.writes("/api/v1/groups", "").is_empty());
        assert!(ledger.writes("", "at=8").is_empty());
    }

    #[test]
    fn only_the_newest_writes_are_remembered() {
        let ledger = Ledger::default();
        for number in 0..MOST_WRITES as u64 + 3 {
            let write = request(Method::PUT, &format!("/{number}"));
            ledger
                .arrived(&write, 0, number, String::new())
                .answered(204);
        }
        let writes = ledger.writes("", "");
        assert_eq!((writes.len(), writes[0].path.as_str()), (MOST_WRITES, "/3"));
        assert_eq!(writes[0].answered, Some(204));
    }
}
