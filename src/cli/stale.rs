//! How old an answer is when Okta has been out of reach: a mirror that is silent about it passes for the present.

use std::time::Duration;

use jiff::Timestamp;

use super::ask::Asker;
use super::command::status;
use super::failure::Failure;
use super::output;
use crate::domain::time::{elapsed, format_okta, format_span};
use crate::msg::ProblemKind;
use crate::msg::status::{Connection, Status};

/// What changes is read at least every five minutes; three of these that failed are no hiccup.
const STALE_AFTER: Duration = Duration::from_mins(15);

/// Says on standard error how old what a command has just told is, when that is longer than usual. Gives how the command ended.
///
/// # Errors
/// As the command's own.
pub(super) async fn tell_after(
    done: Result<(), Failure>,
    asker: &mut impl Asker,
    now: Timestamp,
) -> Result<(), Failure> {
    if is_told(&done) {
        tell(asker, now).await;
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

async fn tell(asker: &mut impl Asker, now: Timestamp) {
    // That the age cannot be told is no reason to fail after the answer.
    if let Ok(status) = status::ask(asker).await
        && let Some(words) = words(&status, now)
    {
        output::say(&words);
    }
}

fn words(status: &Status, now: Timestamp) -> Option<String> {
    let Connection::Trouble { since, problem } = &status.connection else {
        return None;
    };
    let read = last_read(status, *since)?;
    let age = elapsed(read, now);
    let what = match problem.kind {
        ProblemKind::Auth => "Okta has refused the credential since",
        _ => "Okta has been out of reach since",
    };
    // Of the other kinds are an agent that leaves Okta alone because it was told to, and a limit that is over within a minute.
    let is_down = matches!(problem.kind, ProblemKind::Auth | ProblemKind::Network);
    (is_down || age > STALE_AFTER).then(|| {
        let (age, read) = (format_span(age), format_okta(read));
        format!("note: read {age} ago; {what} {read}")
    })
}

/// When Okta last answered: when the trouble began, unless the agent is younger than that, and then the last complete reading of anything.
pub(super) fn last_read(status: &Status, since: Timestamp) -> Option<Timestamp> {
    let newest = status
        .resources
        .iter()
        .filter_map(|one| one.complete_at)
        .max();
    let polled = newest.max(status.log.polled);
    let was_online = status.requests > 0 && polled.is_some_and(|at| at >= status.agent.started);
    if was_online { Some(since) } else { polled }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ask::fake::Fake;
    use crate::cli::failure::problem;
    use crate::cli::sample;
    use crate::msg::{Answer, Ask};

    fn away(since: i64, started: i64) -> Status {
        let mut status = sample::status();
        status.agent.started = sample::moment(started);
        status.requests = 9;
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

    #[test]
    fn an_agent_that_never_reached_okta_tells_the_last_reading_of_another() {
        let now = sample::moment(4 * 3_600);
        let told = words(&away(4 * 3_600 - 60, 4 * 3_600 - 90), now).unwrap();
        assert!(told.contains("read 4h"), "{told}");
        let mut never = away(0, 4 * 3_600 - 90);
        for one in &mut never.resources {
            one.complete_at = None;
        }
        assert_eq!(words(&never, now), None);
    }

    /// Nothing was said of the age of an answer that was "there is none".
    #[tokio::test]
    async fn that_nothing_is_found_is_as_old_as_what_is_found() {
        let failed = |kind| Err(Failure::new(kind, "x", "-"));
        for (done, code, told) in [
            (Ok(()), 0, true),
            (Err(Failure::NothingFound), 3, true),
            (failed(ProblemKind::NotFound), 3, true),
            (failed(ProblemKind::Usage), 2, false),
            (Err(Failure::ReaderGone), 0, false),
        ] {
            let status = || Answer::Status(Box::new(away(0, -60)));
            let mut agent = Fake::new(|_| Ok(status()));
            let ended = tell_after(done, &mut agent, sample::moment(3_600)).await;
            let ended = ended.map_or_else(|failure| failure.exit_code(), |()| 0);
            let asked = matches!(agent.asked[..], [Ask::Status]);
            assert_eq!((ended, asked), (code, told));
        }
    }
}
