//! An agent that has just started knows what its mirror held when the last one ended, and one whose machine slept what it held before. What
//! happened since is read within seconds: a command waits for it, and says so when it takes longer, rather than tell the past for the
//! present.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::ask::Asker;
use super::command::status;
use super::failure::Failure;
use super::output;
use crate::agent::client::Client;
use crate::clock::Clock;
use crate::domain::resource::Resource;
use crate::domain::time::{self, format_okta};
use crate::msg::status::{Connection, Status};
use crate::msg::{Ask, ProblemKind, Push};

/// How long a command waits for what happened since the last agent.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether the agent has dated it.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// For how long after an agent's start commands wait for it; one that takes longer has much to read, and says so.
const NEW: Duration = Duration::from_mins(1);

/// Whether the agent took over a mirror and has not read yet what happened since.
pub(super) fn is_behind(status: &Status) -> bool {
    let of = |resource| {
        status
            .resources
            .iter()
            .find(move |one| one.resource == resource)
    };
    let may_catch_up = !matches!(status.connection, Connection::Trouble { .. });
    // Before the sync has begun the agent tells of no resource, but the stores are open.
    let has_users = of(Resource::Users).is_some_and(|users| users.objects > 0);
    let took_over = has_users || status.log.newest.is_some();
    let follows = of(Resource::Log).is_none_or(|log| log.trouble.is_none());
    may_catch_up && took_over && follows && !status.log.taken_up
}

/// Since when the past is not told yet because the log has not dated it, if it will be.
pub(super) fn undated(status: &Status) -> Option<Timestamp> {
    let mut resources = status.resources.iter();
    let follows = resources.all(|one| one.resource != Resource::Log || one.trouble.is_none());
    let may_catch_up = !matches!(status.connection, Connection::Trouble { .. });
    status.log.undated.filter(|_| follows && may_catch_up)
}

/// Waits until the agent has dated what happened until `at`, if that was before it began to watch; not for long. What is not dated yet is
/// told by no answer.
///
/// # Errors
/// When it is not dated after that.
pub(super) async fn dated(at: Timestamp, asker: &mut impl Asker) -> Result<(), Failure> {
    let rest = undated_after(PATIENCE, at, asker).await;
    rest.map_or(Ok(()), |since| Err(not_dated(since)))
}

/// The same of what happened from `since` until `until`. Gives what is to be said after an answer of which only the end may be told wrongly.
///
/// # Errors
/// When nothing of that time is dated.
pub(super) async fn dated_between(
    since: Timestamp,
    until: Timestamp,
    asker: &mut impl Asker,
) -> Result<Option<String>, Failure> {
    judged(since, undated_after(PATIENCE, until, asker).await)
}

/// What is to be said of an answer about the time after `since` where what happened after `undated` is not dated.
fn judged(since: Timestamp, undated: Option<Timestamp>) -> Result<Option<String>, Failure> {
    match undated {
        Some(from) if from <= since => Err(not_dated(from)),
        rest => Ok(rest.map(partly_dated)),
    }
}

/// Since when nothing before `at` is dated, when it has been waited for.
async fn undated_after(
    patience: Duration,
    at: Timestamp,
    asker: &mut impl Asker,
) -> Option<Timestamp> {
    let began = Instant::now();
    loop {
        // That it cannot be told is no reason to fail before the answer.
        let status = status::ask(asker).await.ok()?;
        let since = undated(&status).filter(|since| *since < at)?;
        if began.elapsed() >= patience {
            return Some(since);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn partly_dated(since: Timestamp) -> String {
    format!(
        "what happened since {} is not all dated yet: ask again in a moment; `oktop status` shows how far the log is read",
        format_okta(since)
    )
}

fn not_dated(since: Timestamp) -> Failure {
    Failure::new(
        ProblemKind::Partial,
        format!(
            "what happened since {} is not dated yet: the agent still reads what happened while it did not watch",
            format_okta(since)
        ),
        "ask again in a moment; `oktop status` shows how far the log is read",
    )
}

/// Whether the agent has begun to watch so lately that it is waited for: it has just started, or its machine has just woken.
fn is_new(status: &Status, now: Timestamp) -> bool {
    let woke = status.log.unwatched.last().map(|stretch| stretch.to);
    let polled = status.log.polled;
    let sleeps = polled.is_some_and(|polled| time::after(polled, NEW) < now);
    sleeps
        || woke
            .into_iter()
            .chain([status.agent.started])
            .any(|since| now < time::after(since, NEW))
}

/// Waits until the agent has read what happened since the last one ended; not for long, and not when Okta does not answer. Gives how it
/// stands then.
pub(super) async fn wait(client: &mut Client, status: Status, clock: &Clock) -> Status {
    if !is_new(&status, clock.now()) || !is_behind(&status) {
        return status;
    }
    output::say_passing("the agent reads what happened while it did not watch…");
    let mut last = status;
    // That it cannot be waited for is no reason to fail before the answer.
    let _ = tokio::time::timeout(PATIENCE, caught_up(client, &mut last)).await;
    output::say_passing("");
    last
}

/// Ends once nothing is left to wait for.
async fn caught_up(client: &mut Client, last: &mut Status) {
    if client.ask(Ask::Subscribe).await.is_err() {
        return;
    }
    while let Ok(push) = client.next_push().await {
        if let Push::Status(status) = push {
            *last = *status;
            if !is_behind(last) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ask::fake::Fake;
    use crate::cli::failure::problem;
    use crate::cli::sample;
    use crate::domain::listing::PartialReason;
    use crate::domain::resource::Stretch;
    use crate::msg::Answer;

    /// An agent that has just started on a mirror.
    fn new_agent() -> Status {
        let mut status = sample::status();
        for one in &mut status.resources {
            one.objects = 9;
        }
        status.connection = Connection::Starting;
        status.log.taken_up = false;
        status
    }

    /// Eighty seconds after a grant the first command said that there was none.
    #[test]
    fn an_agent_is_behind_until_it_has_taken_up_what_happened_before() {
        let mut status = new_agent();
        assert!(is_behind(&status));
        status.connection = Connection::Online { identity: None };
        assert!(is_behind(&status));
        status.log.taken_up = true;
        assert!(!is_behind(&status));
    }

    #[test]
    fn nothing_is_waited_for_that_will_not_come() {
        let mut away = new_agent();
        away.connection = Connection::Trouble {
            since: sample::moment(101),
            problem: problem(ProblemKind::Network, "no connection", "-"),
        };
        assert!(!is_behind(&away));
        let mut first = new_agent();
        for one in &mut first.resources {
            one.objects = 0;
        }
        assert!(!is_behind(&first), "there was no mirror to take over");
        first.resources.clear();
        first.log.newest = Some(sample::moment(-60));
        assert!(
            is_behind(&first),
            "the sync has not begun, but there is a mirror"
        );
        let mut no_log = new_agent();
        for one in &mut no_log.resources {
            one.trouble = Some(PartialReason::Excluded);
        }
        assert!(!is_behind(&no_log));
    }

    /// For ten seconds after the agent's start the past was told as it had been known before.
    #[tokio::test]
    async fn the_past_is_told_once_it_is_dated() {
        let mut status = sample::status();
        status.log.undated = Some(sample::moment(-900));
        let mut left = 3;
        let mut asker = Fake::new(|_: &Ask| {
            let mut now = status.clone();
            left -= 1;
            now.log.undated = now.log.undated.filter(|_| left > 0);
            Ok(Answer::Status(Box::new(now)))
        });
        // However long a loaded machine takes for three looks.
        let patience = Duration::from_hours(1);
        let rest = undated_after(patience, sample::moment(-60), &mut asker).await;
        assert_eq!((rest, asker.asked.len()), (None, 3));

        let mut asker = Fake::new(|_: &Ask| Ok(Answer::Status(Box::new(status.clone()))));
        let at = sample::moment(-60);
        let rest = undated_after(Duration::ZERO, at, &mut asker).await;
        assert_eq!(rest, Some(sample::moment(-900)));
        // What was before that is known.
        asker.asked.clear();
        dated(sample::moment(-900), &mut asker).await.unwrap();
        assert_eq!(asker.asked.len(), 1);
        let failure = not_dated(sample::moment(-900));
        assert_eq!(failure.exit_code(), 7);
        assert!(failure.words().unwrap().contains("is not dated yet"));
    }

    /// While a sweep went on that was due at the start `changes` of a week ended with status 7 for minutes.
    #[test]
    fn only_what_lies_in_the_undated_time_is_refused() {
        let at = sample::moment;
        let told = |since| judged(at(since), Some(at(-900)));
        let words = told(-7_200).unwrap().unwrap();
        assert!(
            words.starts_with("what happened since 2026-11-22T09:45:00.000Z is not all dated yet"),
            "{words}"
        );
        assert_eq!(told(-900).unwrap_err().exit_code(), 7);
        assert_eq!(told(-60).unwrap_err().exit_code(), 7);
        assert_eq!(judged(at(-60), None).unwrap(), None);
    }

    /// A laptop that woke told the past without waiting, as an agent that had run for days.
    #[test]
    fn an_agent_is_waited_for_when_its_machine_has_just_woken() {
        let mut status = sample::status();
        let now = sample::moment(7_200);
        status.agent.started = sample::moment(-86_400);
        status.log.polled = Some(sample::moment(7_195));
        assert!(!is_new(&status, now));
        status.log.unwatched = vec![Stretch {
            from: sample::moment(0),
            to: sample::moment(7_190),
        }];
        assert!(is_new(&status, now));
        status.log.unwatched.clear();
        status.log.polled = Some(sample::moment(0));
        assert!(is_new(&status, now), "it has not asked the log yet");
    }

    #[tokio::test]
    async fn the_past_is_not_waited_for_without_okta() {
        let mut status = sample::status();
        status.log.undated = Some(sample::moment(-900));
        status.connection = Connection::Trouble {
            since: sample::moment(1),
            problem: problem(ProblemKind::Network, "no connection", "-"),
        };
        let mut asker = Fake::new(|_: &Ask| Ok(Answer::Status(Box::new(status.clone()))));
        dated(sample::moment(-60), &mut asker).await.unwrap();
        assert_eq!(asker.asked.len(), 1);
    }
}
