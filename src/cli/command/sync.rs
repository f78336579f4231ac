//! `oktop sync`: read from Okta now, once and completely, or one object; and let a suspended removal through.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::get::as_id;
use crate::cli::args::{Format, SyncArgs, SyncCommand};
use crate::cli::ask::{Asker, mismatch};
use crate::cli::cause;
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::cli::output::{self, Output};
use crate::domain::id::{Kind, ObjectId};
use crate::domain::resource::{Phase, Resource, ResourceStatus, SyncReport};
use crate::msg::status::{Connection, Status};
use crate::msg::{Answer, Ask, ProblemKind, Push};

use super::status::bytes;

/// Refuses before anybody is asked: an agent that is online would read all the same.
///
/// # Errors
/// When Okta is to be left alone.
pub fn check(offline: bool) -> Result<(), Failure> {
    if !offline {
        return Ok(());
    }
    let hint = "leave --offline out to read from Okta";
    Err(Failure::new(
        ProblemKind::Refused,
        "--offline leaves Okta alone, which `oktop sync` cannot",
        hint,
    ))
}

/// Does what was asked.
///
/// # Errors
/// What the agent says, [`Failure::Partial`] when a complete read was asked for and something is incomplete, or that standard
/// output cannot be written.
pub async fn run(args: &SyncArgs, asker: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    match &args.command {
        Some(SyncCommand::AcceptMissing { resource }) => {
            told(asker.ask(Ask::AcceptMissing(*resource)).await?)
        }
        None if args.once => once(asker, out).await,
        None => {
            let object = args
                .resource
                .zip(args.id.as_deref())
                .map(|(resource, id)| object(resource, id))
                .transpose()?;
            told(
                asker
                    .ask(Ask::SyncNow {
                        resource: args.resource,
                        object,
                    })
                    .await?,
            )
        }
    }
}

fn told(answer: Answer) -> Result<(), Failure> {
    match answer {
        Answer::Done(words) => {
            output::say(&crate::domain::text::SafeText::new(&words));
            Ok(())
        }
        _ => Err(mismatch()),
    }
}

/// The object that a resource's lists hang on.
fn object(resource: Resource, id: &str) -> Result<ObjectId, Failure> {
    let kind = match resource {
        Resource::Users => Kind::User,
        Resource::Groups | Resource::Memberships => Kind::Group,
        Resource::Apps | Resource::AppUsers | Resource::AppGroups => Kind::App,
        Resource::Log => {
            let hint = "leave the id out: `oktop sync --resource log` asks for new events";
            return Err(Failure::new(
                ProblemKind::Usage,
                "the log has no objects to read one by one",
                hint,
            ));
        }
        _ => {
            let hint =
                format!("leave the id out: `oktop sync --resource {resource}` reads the list");
            return Err(Failure::new(
                ProblemKind::Usage,
                format!("{resource} are read as a whole, not one by one"),
                hint,
            ));
        }
    };
    as_id(kind, id).ok_or_else(|| {
        let hint = format!("`oktop {}s get` tells the id of a name", kind.word());
        Failure::new(
            ProblemKind::Usage,
            format!("{id} is not the id of a {}", kind.word()),
            hint,
        )
    })
}

async fn once(asker: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    let answers = AtomicBool::new(false);
    let refused = AtomicBool::new(false);
    let heed = |news: Push| {
        if is_progress(&news) {
            answers.store(true, Ordering::Relaxed);
        }
        if let Push::Status(status) = &news {
            refused.store(is_refused(status), Ordering::Relaxed);
        }
        tell(news);
    };
    let asked = asker.ask_heeding(Ask::SyncOnce, heed);
    let wait = || {
        if answers.load(Ordering::Relaxed) {
            return None;
        }
        Some(silence(refused.load(Ordering::Relaxed)))
    };
    let answer = waited_for(asked, SILENT_LIMIT, wait, output::say).await;
    output::say_passing("");
    let Answer::Report(report) = answer? else {
        return Err(mismatch());
    };
    match out.format() {
        Format::Json | Format::Ndjson => out.json(&json::report(&report))?,
        Format::Table | Format::Csv | Format::Markdown => sheet(&report, out)?,
    }
    if report.complete {
        return Ok(());
    }
    Err(Failure::Partial(format!(
        "not everything was read: {}",
        unread(&report)
    )))
}

/// Silence for longer than this makes people wonder.
const SILENT_LIMIT: Duration = Duration::from_secs(5);

/// Whether Okta has answered anything: something was read, or is.
fn is_progress(news: &Push) -> bool {
    let Push::Status(status) = news else {
        return false;
    };
    let reads = |one: &ResourceStatus| matches!(one.phase, Phase::Reading { done: 1.., .. });
    status.no_answer_since.is_none() && status.resources.iter().any(reads)
}

/// Whether Okta has refused the credential, which is tried once more.
fn is_refused(status: &Status) -> bool {
    matches!(
        &status.connection,
        Connection::Trouble { problem, .. } if problem.kind == ProblemKind::Auth
    )
}

/// Why nothing is seen of the reading.
fn silence(is_refused: bool) -> String {
    if is_refused {
        return "Okta has refused the credential, which is tried once more".to_owned();
    }
    let secs = SILENT_LIMIT.as_secs();
    format!("waiting for Okta, which has answered nothing for {secs} s")
}

/// Waits for a report, and says once why it takes long where `why` knows: that Okta hangs looks like work otherwise.
async fn waited_for<T>(
    report: impl Future<Output = T>,
    limit: Duration,
    why: impl Fn() -> Option<String>,
    say: impl Fn(&str),
) -> T {
    tokio::pin!(report);
    tokio::select! {
        report = &mut report => return report,
        () = tokio::time::sleep(limit) => {}
    }
    if let Some(words) = why() {
        say(&words);
    }
    report.await
}

/// What was not read, by the causes.
fn unread(report: &SyncReport) -> String {
    let incomplete = report.resources.iter().filter(|one| !one.complete);
    let whys = incomplete.map(|one| {
        let why = one.why_not.as_deref().unwrap_or("it broke off");
        (one.resource.word(), why)
    });
    let causes = cause::by_cause(whys);
    let told = causes
        .iter()
        .map(|(why, names)| format!("{} ({why})", cause::told(names)));
    told.collect::<Vec<_>>().join("; ")
}

/// Shows a person who waits how far the reading is.
fn tell(news: Push) {
    if let Push::Status(status) = news {
        output::say_passing(&progress(&status));
    }
}

fn progress(status: &Status) -> String {
    let left = status.first_reading_left;
    let left = left.map_or_else(String::new, |left| {
        let about = if left.at_least { "at least" } else { "about" };
        format!("; {about} {} min left", left.minutes)
    });
    let reading = status.resources.iter().filter_map(|one| match one.phase {
        Phase::Reading {
            done,
            expected: Some(expected),
        } => Some(format!("{} {done}/{expected}", one.resource)),
        Phase::Reading {
            done,
            expected: None,
        } => Some(format!("{} {done}", one.resource)),
        Phase::Idle | Phase::Queued | Phase::Suspended { .. } => None,
    });
    let reading: Vec<String> = reading.collect();
    if reading.is_empty() {
        "waiting for Okta".to_owned()
    } else {
        format!("reading {}{left}", reading.join(", "))
    }
}

fn sheet(report: &SyncReport, out: &mut Output) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = report
        .resources
        .iter()
        .map(|one| {
            vec![
                one.resource.to_string(),
                one.objects.to_string(),
                one.requests.to_string(),
                one.floor.to_string(),
                one.pages.to_string(),
                bytes(one.bytes),
                format!("{:.1}", one.secs),
                if one.complete {
                    "yes".to_owned()
                } else {
                    one.why_not.clone().unwrap_or_else(|| "no".to_owned())
                },
            ]
        })
        .collect();
    out.sheet(
        &[
            "resource", "objects", "requests", "floor", "pages", "bytes", "secs", "complete",
        ],
        &rows,
    )?;
    if out.format() == Format::Table {
        let words = format!(
            "{} requests (floor {}) in {:.1} s\n",
            report.requests, report.floor, report.secs
        );
        out.text(&words)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ask::fake::Fake;
    use crate::cli::sample;
    use crate::domain::resource::{ResourceReport, TimeLeft};

    fn status(resource: Resource, phase: Phase) -> ResourceStatus {
        ResourceStatus {
            resource,
            phase,
            complete_at: None,
            known_since: None,
            waits: None,
            trouble: None,
            next_run: None,
            objects: 0,
        }
    }

    /// With an org that takes requests and answers none, nothing was said for a minute.
    #[tokio::test]
    async fn that_okta_answers_nothing_is_said_while_it_is_waited_for() {
        let (said, hears) = tokio::sync::oneshot::channel();
        let said = std::cell::Cell::new(Some(said));
        let say = |words: &str| said.take().unwrap().send(words.to_owned()).unwrap();
        // The report comes once the words are there, and only then.
        let words = waited_for(hears, Duration::ZERO, || Some(silence(false)), say)
            .await
            .unwrap();
        assert!(words.starts_with("waiting for Okta"), "{words}");
        let slow = tokio::task::yield_now();
        waited_for(slow, Duration::ZERO, || None, |words| panic!("{words}")).await;
    }

    /// A token that Okta refuses looked like an Okta that does not answer.
    #[test]
    fn a_refusal_is_no_silence() {
        let mut status = sample::status();
        assert!(!is_refused(&status));
        for (kind, refused) in [(ProblemKind::Auth, true), (ProblemKind::Network, false)] {
            status.connection = Connection::Trouble {
                since: sample::moment(0),
                problem: crate::cli::failure::problem(kind, "no", "-"),
            };
            assert_eq!(is_refused(&status), refused);
            assert_eq!(silence(refused).contains("refused the credential"), refused);
        }
    }

    #[test]
    fn what_was_answered_is_no_silence() {
        let mut all = sample::status();
        all.resources = vec![status(
            Resource::Users,
            Phase::Reading {
                done: 200,
                expected: None,
            },
        )];
        let news = |status: &crate::msg::status::Status| Push::Status(Box::new(status.clone()));
        assert!(is_progress(&news(&all)));
        all.no_answer_since = Some(sample::moment(0));
        assert!(!is_progress(&news(&all)));
    }

    #[test]
    fn progress_names_what_is_being_read() {
        let users = status(
            Resource::Users,
            Phase::Reading {
                done: 400,
                expected: Some(2_000),
            },
        );
        let log = status(
            Resource::Log,
            Phase::Reading {
                done: 7,
                expected: None,
            },
        );
        let apps = status(Resource::Apps, Phase::Queued);
        let mut told = sample::status();
        told.resources = vec![users, log, apps.clone()];
        assert_eq!(progress(&told), "reading users 400/2000, log 7");
        told.first_reading_left = Some(TimeLeft {
            minutes: 34,
            at_least: false,
        });
        assert_eq!(
            progress(&told),
            "reading users 400/2000, log 7; about 34 min left"
        );
        told.resources = vec![apps];
        assert_eq!(progress(&told), "waiting for Okta");
    }

    async fn ended(complete: bool) -> (Option<u8>, String) {
        let report = SyncReport {
            complete,
            requests: 12,
            floor: 11,
            ..SyncReport::default()
        };
        let mut agent = Fake::new(|_| Ok(Answer::Report(report.clone())));
        let (mut out, written) = sample::output(Format::Json, None);
        let args = SyncArgs {
            once: true,
            resource: None,
            id: None,
            command: None,
        };
        let done = run(&args, &mut agent, &mut out).await;
        (
            done.err().map(|failure| failure.exit_code()),
            written.text(),
        )
    }

    #[tokio::test]
    async fn a_report_is_printed_whether_it_is_whole_or_not() {
        for (complete, code) in [(true, None), (false, Some(7))] {
            let (ended, text) = ended(complete).await;
            let report: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(
                (ended, &report["complete"], &report["floor"]),
                (code, &complete.into(), &11.into())
            );
        }
    }

    /// An agent that happened to be online sent 346 requests.
    #[test]
    fn nothing_is_read_offline_whoever_the_agent_is() {
        assert!(check(false).is_ok());
        let refused = check(true).unwrap_err();
        assert_eq!(refused.exit_code(), 8);
        assert!(refused.words().unwrap().contains("--offline"));
    }

    /// It was a sentence of 27 parts, each of which said the same.
    #[test]
    fn what_could_not_be_read_is_told_by_its_cause() {
        let one = |resource: Resource, why_not: Option<&str>| ResourceReport {
            resource,
            requests: 0,
            floor: 0,
            pages: 0,
            objects: 0,
            bytes: 0,
            secs: 0.0,
            complete: why_not.is_none(),
            why_not: why_not.map(str::to_owned),
        };
        let report = SyncReport {
            resources: vec![
                one(
                    Resource::Users,
                    Some("failed: could not list users: no connection: refused"),
                ),
                one(Resource::Groups, Some("no connection: refused")),
                one(Resource::Apps, None),
                one(Resource::Zones, Some("the credential may not read it")),
            ],
            ..SyncReport::default()
        };
        assert_eq!(
            unread(&report),
            "users and groups (no connection: refused); zones (the credential may not read it)"
        );
    }

    #[test]
    fn an_id_belongs_to_the_kind_that_the_resource_hangs_on() {
        assert_eq!(
            object(Resource::Memberships, "00g1").unwrap().kind(),
            Kind::Group
        );
        assert_eq!(
            object(Resource::AppUsers, "0oa1").unwrap().kind(),
            Kind::App
        );
        for (resource, id) in [
            (Resource::Log, "1"),
            (Resource::Users, "a b"),
            (Resource::Users, "ana@acme.com"),
        ] {
            assert_eq!(object(resource, id).unwrap_err().exit_code(), 2);
        }
    }
}
