//! How old an answer is when Okta has been out of reach: a mirror that is silent about it passes for the present.

use std::time::Duration;

use jiff::Timestamp;

use super::behind::is_behind;
use super::failure::Failure;
use super::output;
use crate::domain::resource::Resource;
use crate::domain::time::{elapsed, format_okta, format_span};
use crate::msg::ProblemKind;
use crate::msg::status::{Connection, Status};

/// What changes is read at least every five minutes; three of these that failed are no hiccup.
const STALE_AFTER: Duration = Duration::from_mins(15);

/// Says on standard error how old what a command has just told is, when that is longer than usual. Gives how the command ended.
///
/// # Errors
/// As the command's own.
pub(super) fn tell_after(
    done: Result<(), Failure>,
    status: &Status,
    now: Timestamp,
) -> Result<(), Failure> {
    if let Some(words) = words(status, now).filter(|_| is_told(&done)) {
        output::say(&words);
    }
    done
}

/// Whether the mirror has told something: that there is none of it may be the oldest news of all.
fn is_told(done: &Result<(), Failure>) -> bool {
    match done {
        Ok(()) | Err(Failure::NothingFound) => true,
        Err(Failure::Partial(_)) => true,
        Err(Failure::Problem(problem)) => problem.kind == ProblemKind::NotFound,
        Err(_) => false,
    }
}

fn words(status: &Status, now: Timestamp) -> Option<String> {
    let read = last_read(status)?;
    let age = elapsed(read, now);
    let why = match &status.connection {
        _ if is_behind(status) => {
            "the agent is reading what happened while it did not watch".to_owned()
        }
        Connection::Trouble { since, problem } => why(problem.kind, *since, age)?,
        _ => silence(silent_since(status)?),
    };
    Some(format!("note: read {} ago; {why}", format_span(age)))
}

/// What the trouble is, where it makes the answer old. A limit that is over within a minute does not.
fn why(kind: ProblemKind, since: Timestamp, age: Duration) -> Option<String> {
    let since = format_okta(since);
    match kind {
        ProblemKind::Auth => Some(format!("Okta has refused the credential since {since}")),
        ProblemKind::Offline => {
            Some("the agent leaves Okta alone, as --offline told it to".to_owned())
        }
        ProblemKind::Network => Some(format!("Okta has been out of reach since {since}")),
        _ => (age > STALE_AFTER).then(|| format!("Okta has been out of reach since {since}")),
    }
}

/// Since when a request has waited for its answer longer than answers take, where what changes was not read since it was sent.
pub(super) fn silent_since(status: &Status) -> Option<Timestamp> {
    let since = status.no_answer_since?;
    last_read(status)
        .filter(|read| *read <= since)
        .map(|_| since)
}

/// That Okta is silent, in words.
pub(super) fn silence(since: Timestamp) -> String {
    format!("Okta has not answered since {}", format_okta(since))
}

/// When Okta last answered a question about changes, as far as is known: the log was polled; or, for an agent that does not read it or
/// never reached Okta, something was read as a whole, or the newest event was published that another one stored. A list that is read
/// as a whole tells nothing of the others.
pub(super) fn last_read(status: &Status) -> Option<Timestamp> {
    let whole = status.resources.iter().filter_map(|one| one.complete_at);
    let newest = whole.max()?;
    let mut resources = status.resources.iter();
    let follows = resources.all(|one| one.resource != Resource::Log || one.trouble.is_none());
    let of_log = status.log.polled.or(status.log.newest);
    match status.log.polled.filter(|_| follows) {
        Some(polled) => Some(polled),
        None => Some(newest.max(of_log.unwrap_or(newest))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::problem;
    use crate::cli::sample;

    fn away(since: i64, started: i64) -> Status {
        let mut status = sample::status();
        status.agent.started = sample::moment(started);
        status.requests = 9;
        status.log.polled = (since > started).then(|| sample::moment(since));
        status.connection = Connection::Trouble {
            since: sample::moment(since),
            problem: problem(ProblemKind::Network, "no connection", "-"),
        };
        status
    }

    /// It was told as if it were the present.
    #[test]
    fn what_was_read_long_ago_is_said_to_be_old() {
        let now = sample::moment(4 * 3_600);
        let told = words(&away(3_600, -60), now).unwrap();
        assert!(told.contains("read 3h"), "{told}");
        assert!(
            told.ends_with("out of reach since 2026-11-22T11:00:00.000Z"),
            "{told}"
        );
        assert_eq!(words(&sample::status(), now), None);
    }

    /// For a quarter of an hour it was told as if it were the present.
    #[test]
    fn that_okta_is_out_of_reach_or_refuses_the_credential_is_said_at_once() {
        let now = sample::moment(4 * 3_600);
        let mut status = away(4 * 3_600 - 60, -60);
        let told = |status: &Status| words(status, now).unwrap_or_default();
        assert!(told(&status).contains("out of reach since 2026-11-22T13:59:00"));
        for (kind, word) in [
            (
                ProblemKind::Auth,
                "refused the credential since 2026-11-22T13:59:00",
            ),
            (ProblemKind::Refused, ""),
            (ProblemKind::RateLimited, ""),
        ] {
            status.connection = Connection::Trouble {
                since: sample::moment(4 * 3_600 - 60),
                problem: problem(kind, "no", "-"),
            };
            let told = told(&status);
            assert!(
                told.contains(word) && told.is_empty() == word.is_empty(),
                "{told}"
            );
        }
    }

    /// With Okta silent for over a minute nothing was said, and then the age was told from when the silence was noticed.
    #[test]
    fn a_silent_okta_is_told_with_the_age_of_its_last_answer() {
        let mut status = away(0, -600);
        status.connection = Connection::Online { identity: None };
        assert_eq!(words(&status, sample::moment(40)), None);
        status.no_answer_since = Some(sample::moment(10));
        let told = words(&status, sample::moment(22)).unwrap();
        assert!(told.starts_with("note: read 22s ago; "), "{told}");
        let mut slow = status.clone();
        slow.log.polled = Some(sample::moment(20));
        let told = words(&slow, sample::moment(22));
        assert_eq!(told, None, "a list takes long, and the log is read");
        let told = words(&status, sample::moment(76)).unwrap();
        assert_eq!(
            told,
            "note: read 1m 16s ago; Okta has not answered since 2026-11-22T10:00:10.000Z"
        );
        status.connection = Connection::Trouble {
            since: sample::moment(100),
            problem: problem(ProblemKind::Network, "no connection", "-"),
        };
        let told = words(&status, sample::moment(106)).unwrap();
        assert!(
            told.contains("read 1m 46s ago") && told.ends_with("10:01:40.000Z"),
            "{told}"
        );
    }

    /// A list that happened to be read later made the answer look younger than the log that tells of changes.
    #[test]
    fn an_answer_is_as_old_as_the_last_poll_of_the_log() {
        let mut status = away(10, -600);
        for one in &mut status.resources {
            one.complete_at = Some(sample::moment(44));
        }
        assert_eq!(last_read(&status), Some(sample::moment(10)));
        status.log.polled = None;
        assert_eq!(last_read(&status), Some(sample::moment(44)));
    }

    /// They were told as if they were the present.
    #[test]
    fn answers_of_an_agent_that_leaves_okta_alone_say_so() {
        let mut status = away(0, -60);
        status.connection = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(ProblemKind::Offline, "offline", "-"),
        };
        let told = words(&status, sample::moment(30)).unwrap();
        assert!(
            told.contains("read 30s ago") && told.contains("--offline"),
            "{told}"
        );
    }

    #[test]
    fn an_agent_that_never_reached_okta_tells_the_last_reading_of_another() {
        let now = sample::moment(4 * 3_600);
        let mut unreached = away(4 * 3_600 - 60, 4 * 3_600 - 90);
        unreached.log.polled = None;
        let told = words(&unreached, now).unwrap();
        assert!(told.contains("read 4h"), "{told}");
        unreached.log.newest = Some(sample::moment(3_600));
        let told = words(&unreached, now).unwrap();
        assert!(told.contains("read 3h"), "{told}");
        let mut never = away(0, 4 * 3_600 - 90);
        for one in &mut never.resources {
            one.complete_at = None;
        }
        assert_eq!(words(&never, now), None);
    }

    /// Nothing was said of the age of an answer that was "there is none".
    #[test]
    fn that_nothing_is_found_is_as_old_as_what_is_found() {
        let failed = |kind| Err(Failure::new(kind, "x", "-"));
        for (done, told) in [
            (Ok(()), true),
            (Err(Failure::NothingFound), true),
            (failed(ProblemKind::NotFound), true),
            (failed(ProblemKind::Usage), false),
            (Err(Failure::ReaderGone), false),
        ] {
            assert_eq!(is_told(&done), told, "{done:?}");
        }
    }
}
