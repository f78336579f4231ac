//! `oktop status`: how the mirror and its agent stand.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::cli::args::Format;
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::cli::output::Output;
use crate::domain::listing::PartialReason;
use crate::domain::resource::{LogStatus, Phase, Recount, ResourceStatus, TimeLeft};
use crate::domain::text::SafeText;
use crate::domain::time::{elapsed, format_okta, format_span};
use crate::msg::status::{Connection, Encryption, Status};
use crate::msg::{Answer, Ask};

/// Prints the status.
///
/// # Errors
/// What the agent says, or that standard output cannot be written.
pub async fn run(now: Timestamp, asker: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    let status = ask(asker).await?;
    match out.format() {
        Format::Json | Format::Ndjson => out.json(&json::status(&status))?,
        Format::Csv | Format::Markdown => resources(&status, now, out)?,
        Format::Table => {
            out.text(&words(&status, now))?;
            resources(&status, now, out)?;
            budgets(&status, now, out)?;
        }
    }
    Ok(())
}

/// Asks for the status.
///
/// # Errors
/// What the agent says.
pub async fn ask(asker: &mut impl Asker) -> Result<Status, Failure> {
    match asker.ask(Ask::Status).await? {
        Answer::Status(status) => Ok(*status),
        _ => Err(mismatch()),
    }
}

fn words(status: &Status, now: Timestamp) -> String {
    let mut text = String::new();
    let company = status.org.as_ref().and_then(|org| org.company.as_deref());
    let agent = &status.agent;
    let mut line = |label: &str, value: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{label:<12}{}", SafeText::new(&value));
    };
    line(
        "org",
        match (&status.org, company) {
            (Some(org), Some(company)) => format!("{company} ({}) at {}", org.id, status.host),
            (Some(org), None) => format!("{} at {}", org.id, status.host),
            (None, _) => format!("{}, not reached yet", status.host),
        },
    );
    let silent = status.no_answer_since.map(|since| {
        let span = format_span(elapsed(since, now));
        format!("; no answer since {}, for {span}", format_okta(since))
    });
    let silent = silent.unwrap_or_default();
    line(
        "connection",
        format!("{}{silent}", connection(&status.connection, now)),
    );
    line(
        "agent",
        format!(
            "oktop {}, process {}, up {}, {} attached{}{}",
            agent.version,
            agent.pid,
            format_span(elapsed(agent.started, now)),
            agent.clients,
            if agent.stays { ", stays" } else { "" },
            if agent.demo { ", demo" } else { "" },
        ),
    );
    line(
        "data",
        format!("{} ({} on disk)", agent.data_dir, bytes(status.disk_bytes)),
    );
    line("encrypted", encrypted(&status.encryption));
    for trouble in &status.troubles {
        let hint = trouble.hint.as_deref().unwrap_or_default();
        line("trouble", format!("{}: {hint}", trouble.summary));
    }
    line(
        "requests",
        format!(
            "{} since the agent started; {} items could not be read",
            status.requests, status.bad_items
        ),
    );
    if let Some(left) = status.first_reading_left {
        line("first read", first_reading(left));
    }
    line("log", log(&status.log, now));
    if let Some(followed) = followed(&status.log, now) {
        line("followed", followed);
    }
    for stretch in &status.log.complete {
        let (from, to) = (format_okta(stretch.from), format_okta(stretch.to));
        line("complete", format!("{from} to {to}"));
    }
    for gap in status.log.gaps.iter().filter(|gap| gap.filled.is_none()) {
        line(
            "gap",
            format!(
                "{} to {}: {}",
                format_okta(gap.from),
                format_okta(gap.to),
                gap.reason
            ),
        );
    }
    if let Some(recount) = &status.log.recount {
        line("recounted", recounted(recount, now));
    }
    if let Some(backfill) = &status.log.backfill {
        let state = if backfill.done { "done" } else { "under way" };
        line(
            "backfill",
            format!(
                "{state}, back to {} of {}",
                format_okta(backfill.reached),
                format_okta(backfill.from)
            ),
        );
    }
    if let Some(estimate) = status.backfill_estimate.as_ref() {
        line(
            "estimate",
            format!(
                "about {} events left, {} requests, {} minutes, {} on disk",
                estimate.events,
                estimate.requests,
                estimate.minutes,
                bytes(estimate.disk_bytes)
            ),
        );
    }
    text
}

/// How long it takes until everything was read once.
fn first_reading(left: TimeLeft) -> String {
    let about = if left.at_least { "at least" } else { "about" };
    let span = match left.minutes {
        1 => "a minute".to_owned(),
        minutes @ ..=90 => format!("{minutes} minutes"),
        minutes => format!("{:.1} hours", minutes as f64 / 60.0),
    };
    format!("{about} {span} left, at the sync's share of the rate limits")
}

/// How far the log was counted again: the newest stretch, and how many there are before it.
fn recounted(recount: &Recount, now: Timestamp) -> String {
    let newest = recount
        .proven
        .last()
        .map_or("nothing proven yet".to_owned(), |newest| {
            let (from, to) = (format_okta(newest.from), format_okta(newest.to));
            let before = match recount.proven.len() - 1 {
                0 => String::new(),
                stretches => format!(", and {stretches} stretches before"),
            };
            format!("{from} to {to}{before}")
        });
    format!(
        "{newest}; {} events found by it; last {} ago",
        recount.recovered,
        format_span(elapsed(recount.at, now))
    )
}

fn encrypted(encryption: &Encryption) -> String {
    let Encryption {
        on,
        setting,
        waiting,
        plain_aside,
    } = encryption;
    let mut words = match (on, waiting) {
        (true, 0) => format!("yes, {setting}"),
        (true, files) => format!("yes, {setting}; {files} files are still to be written anew"),
        (false, 0) => "no".to_owned(),
        (false, files) => format!("no; {files} files still are and will be written anew"),
    };
    if !plain_aside.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(words, "; {} files put aside are not", plain_aside.len());
    }
    words
}

fn connection(connection: &Connection, now: Timestamp) -> String {
    match connection {
        Connection::Starting => "starting".to_owned(),
        Connection::Online {
            identity: Some(identity),
        } => format!("online as {identity}"),
        Connection::Online { identity: None } => "online".to_owned(),
        Connection::Trouble { since, problem } => {
            let hint = problem
                .hint
                .as_ref()
                .map(|hint| format!(" ({hint})"))
                .unwrap_or_default();
            format!(
                "trouble for {}: {}{hint}",
                format_span(elapsed(*since, now)),
                problem.summary
            )
        }
    }
}

fn log(log: &LogStatus, now: Timestamp) -> String {
    let (Some(newest), Some(oldest)) = (log.newest, log.oldest) else {
        return "no events yet".to_owned();
    };
    let state = match log.polled {
        Some(polled) => {
            let ago = format_span(elapsed(polled, now));
            let state = if log.caught_up {
                "caught up"
            } else {
                "catching up"
            };
            format!("{state}, last answered {ago} ago")
        }
        None => "not answered since the agent began".to_owned(),
    };
    format!(
        "{} events from {} to {}; {state}",
        log.events,
        format_okta(oldest),
        format_okta(newest)
    )
}

/// Up to when what the log tells is in the mirror: that a list was read completely hours ago does not make it hours old.
fn followed(log: &LogStatus, now: Timestamp) -> Option<String> {
    let is_current = log.caught_up && log.taken_up && log.undated.is_none();
    let polled = log.polled.filter(|_| is_current)?;
    // What an event says has changed is read a moment later, or many.
    let until = log.unsettled.map_or(polled, |since| since.min(polled));
    let ago = format_span(elapsed(until, now));
    Some(format!(
        "what the log tells up to {ago} ago is in the lists below, however long ago they were read completely"
    ))
}

fn resources(status: &Status, now: Timestamp, out: &mut Output) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = if out.format() == Format::Table {
        grouped(&status.resources, now)
    } else {
        let all = status.resources.iter();
        all.map(|one| resource(one, now)).collect()
    };
    Ok(out.sheet(
        &[
            "resource", "objects", "state", "complete", "next", "trouble",
        ],
        &rows,
    )?)
}

/// What a person looks for: what is in trouble first, then the large lists, and the lists of settings that are well in one line.
fn grouped(resources: &[ResourceStatus], now: Timestamp) -> Vec<Vec<String>> {
    let is_troubled = |one: &&ResourceStatus| {
        let excluded = one.trouble == Some(PartialReason::Excluded);
        let suspended = matches!(one.phase, Phase::Suspended { .. });
        (one.trouble.is_some() && !excluded) || suspended
    };
    let (troubled, well): (Vec<_>, Vec<_>) = resources.iter().partition(is_troubled);
    let (settled, others): (Vec<_>, Vec<_>) = well.into_iter().partition(|one| {
        one.resource.holds_entries() && one.phase == Phase::Idle && one.complete_at.is_some()
    });
    let rows = troubled.into_iter().chain(others);
    let rows = rows.map(|one| resource(one, now));
    rows.chain(settings(&settled, now)).collect()
}

/// The lists of settings that are well, as old as the oldest of them.
fn settings(settled: &[&ResourceStatus], now: Timestamp) -> Option<Vec<String>> {
    let oldest = settled.iter().filter_map(|one| one.complete_at).min()?;
    let next = settled.iter().filter_map(|one| one.next_run).min();
    Some(vec![
        format!("settings ({} lists)", settled.len()),
        settled
            .iter()
            .map(|one| one.objects)
            .sum::<u64>()
            .to_string(),
        "idle".to_owned(),
        format!("{} ago", format_span(elapsed(oldest, now))),
        next.map(|next| format!("in {}", format_span(elapsed(now, next))))
            .unwrap_or_default(),
        String::new(),
    ])
}

fn resource(status: &ResourceStatus, now: Timestamp) -> Vec<String> {
    let state = match status.phase {
        Phase::Idle => "idle".to_owned(),
        Phase::Queued => "queued".to_owned(),
        Phase::Reading {
            done,
            expected: Some(expected),
        } => format!("reading {done}/{expected}"),
        Phase::Reading {
            done,
            expected: None,
        } => format!("reading {done}"),
        Phase::Suspended { missing } => format!("suspended, {missing} missing"),
    };
    let ago = |time| format!("{} ago", format_span(elapsed(time, now)));
    let from_now = |time| format!("in {}", format_span(elapsed(now, time)));
    vec![
        status.resource.to_string(),
        status.objects.to_string(),
        state,
        status.complete_at.map_or_else(|| "never".to_owned(), ago),
        status.next_run.map(from_now).unwrap_or_default(),
        status
            .trouble
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
    ]
}

fn budgets(status: &Status, now: Timestamp, out: &mut Output) -> Result<(), Failure> {
    if status.budgets.is_empty() {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = status
        .budgets
        .iter()
        .map(|budget| {
            let throttled = budget
                .throttled_until
                .map(|until| format!("paused for {}", format_span(elapsed(now, until))));
            vec![
                budget.bucket.clone(),
                format!("{}/{}", budget.remaining, budget.limit),
                throttled.unwrap_or_default(),
            ]
        })
        .collect();
    out.text("\n")?;
    Ok(out.sheet(&["rateBucket", "left", "state"], &rows)?)
}

/// A size in the unit that gives it one to three digits.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 9.95);
    format!("{value:.digits$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::resource::Resource;

    /// An org that hangs was told to be online for as long as its requests may take.
    #[test]
    fn an_org_that_answers_nothing_is_not_only_online() {
        let mut status = crate::cli::sample::status();
        let now = crate::cli::sample::moment(60);
        assert!(!words(&status, now).contains("no answer"));
        status.no_answer_since = Some(crate::cli::sample::moment(20));
        let told = words(&status, now);
        assert!(
            told.contains("online; no answer since 2026-11-22T10:00:20.000Z, for 40s"),
            "{told}"
        );
    }

    #[test]
    fn how_long_a_first_reading_takes_is_told_until_it_is_over() {
        let now = crate::cli::sample::moment(60);
        let mut status = crate::cli::sample::status();
        assert!(!words(&status, now).contains("first read"));
        for (minutes, at_least, told) in [
            (1, false, "first read  about a minute left"),
            (34, false, "first read  about 34 minutes left"),
            (114, true, "first read  at least 1.9 hours left"),
        ] {
            status.first_reading_left = Some(TimeLeft { minutes, at_least });
            let words = words(&status, now);
            assert!(words.contains(told), "{words}");
        }
    }

    /// "asked never" was said of a log that was asked a hundred times and refused, and lists that followed it looked nine hours old.
    #[test]
    fn how_current_the_log_and_the_lists_are_is_told() {
        let mut status = crate::cli::sample::status();
        let now = crate::cli::sample::moment(60);
        status.log.newest = Some(now);
        status.log.oldest = Some(now);
        status.log.polled = None;
        assert!(words(&status, now).contains("; not answered since the agent began"));
        assert!(!words(&status, now).contains("followed"));
        status.log.polled = Some(crate::cli::sample::moment(57));
        (status.log.caught_up, status.log.taken_up) = (true, true);
        let told = words(&status, now);
        assert!(told.contains("caught up, last answered 3s ago"), "{told}");
        assert!(
            told.contains("followed    what the log tells up to 3s ago"),
            "{told}"
        );
        status.log.unsettled = Some(crate::cli::sample::moment(20));
        let told = words(&status, now);
        assert!(told.contains("what the log tells up to 40s ago"), "{told}");
        status.log.undated = Some(now);
        assert!(!words(&status, now).contains("followed"));
    }

    #[test]
    fn trouble_comes_first_and_settings_that_are_well_are_one_line() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let mut lines: Vec<ResourceStatus> = Resource::ALL.map(blank).into();
        for line in &mut lines {
            line.complete_at = Some("2026-11-22T09:30:00Z".parse().unwrap());
            line.objects = 2;
        }
        let at = |resource: Resource| {
            let mut all = Resource::ALL.into_iter();
            all.position(|one| one == resource).unwrap()
        };
        let missing = PartialReason::MissingRole("Super Administrator".into());
        lines[at(Resource::Admins)].trouble = Some(missing);
        lines[at(Resource::Devices)].trouble = Some(PartialReason::Excluded);
        let rows = grouped(&lines, now);
        let names: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
        assert_eq!(
            names,
            [
                "admins",
                "users",
                "groups",
                "log",
                "apps",
                "memberships",
                "app_groups",
                "app_users",
                "settings (19 lists)",
            ]
        );
        assert!(rows[0][5].contains("Super Administrator"), "{:?}", rows[0]);
        let settings = rows.last().unwrap();
        assert_eq!(
            (settings[1].as_str(), settings[3].as_str()),
            ("38", "30m 00s ago")
        );
    }

    fn blank(resource: Resource) -> ResourceStatus {
        ResourceStatus {
            resource,
            phase: Phase::Idle,
            complete_at: None,
            known_since: None,
            waits: None,
            trouble: None,
            next_run: None,
            objects: 0,
        }
    }

    #[test]
    fn sizes_are_short() {
        for (size, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (15_400, "15 kB"),
            (999_600, "1.0 MB"),
            (5_000_000_000_000_000, "5000 TB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }
}
