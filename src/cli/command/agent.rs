//! `oktop agent`: run the agent in this process, or see to the one that runs.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal};
use tokio::time::{sleep, timeout};

use crate::agent::client::{Client, READY_LINE};
use crate::agent::place::{self, PlaceError};
use crate::agent::{self, StartError};
use crate::cli::command::status;
use crate::cli::connect;
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::cli::resolve::Context;
use crate::cli::{log, permitted, signals, way};
use crate::config::Profile;
use crate::config::source::SecretSource;
use crate::domain::text::SafeText;
use crate::msg::{Ask, ProblemKind};
use crate::telemetry;

/// What stands for the org's host where none is configured.
const NO_ORG: &str = "no org";

/// Runs an agent in this process until it is told to stop, or nobody has needed it for the configured linger.
///
/// # Errors
/// When no profile is configured and it is not to work offline, another agent has the data directory, or the mirror cannot be opened.
pub async fn run(context: &Context, stay: bool, out: &mut Output) -> Result<(), Failure> {
    let paths = context.paths()?;
    let profile = match context.profile() {
        Err(_) if context.offline => None,
        profile => Some(profile?.clone()),
    };
    let host = match &profile {
        None => NO_ORG.into(),
        Some(profile) => {
            let (base, words) = way::base(profile)?;
            output::say_notes(&words);
            base.host().into()
        }
    };
    leave_terminal();
    let _log = log::start(&paths.log_dir, "agent")?;
    let settings = profile.unwrap_or_else(|| Profile::new("", SecretSource::Environment));
    let settings = agent::Settings {
        data_dir: paths.data_dir.clone(),
        host,
        sync: settings.sync.clone(),
        store: context.store().clone(),
        changes: permitted::changes(&settings),
        linger: (!stay).then_some(settings.agent.linger),
        demo: false,
        clock: context.clock.clone(),
        source: if context.offline {
            way::nowhere()
        } else {
            way::source(settings)
        },
    };
    // Whoever started it waits for this line and may be gone when it comes.
    let ready = || drop(out.line(READY_LINE));
    agent::run(settings, ready, signals::end())
        .await
        .map_err(|error| unstarted(&error))
}

/// An agent that was started by a command outlives the terminal of that command.
fn leave_terminal() {
    if !std::io::stdin().is_terminal() {
        // It fails when the process leads a session already, as under systemd, and then there is nothing to leave.
        let _ = rustix::process::setsid();
        // Whoever started it stops reading its standard error once it is ready.
        telemetry::log_panics();
    }
}

fn unstarted(error: &StartError) -> Failure {
    match error {
        StartError::Place(PlaceError::Taken(_)) => Failure::AgentTaken(error.to_string()),
        StartError::Place(error) => unplaced(error),
        StartError::Key(error) => {
            Failure::new(ProblemKind::Refused, error.to_string(), error.hint())
        }
        StartError::Store(error) => {
            let hint = error
                .hint()
                .unwrap_or_else(|| "look at the agent's log (`oktop info` says where)".into());
            Failure::new(ProblemKind::Refused, error.to_string(), hint)
        }
    }
}

fn unplaced(error: &PlaceError) -> Failure {
    let hint = match error {
        PlaceError::NotPrivate(error) => error.hint(),
        _ => "or choose another directory with --data-dir".to_owned(),
    };
    Failure::new(ProblemKind::Refused, error.to_string(), hint)
}

/// Prints how the running agent stands.
///
/// # Errors
/// When none is running, what it says, or that standard output cannot be written.
pub async fn status(context: &Context, out: &mut Output) -> Result<(), Failure> {
    let mut client = connect::connect_running(context).await?;
    status::run(context.clock.now(), &mut client, out).await
}

/// Ends the running agent, whatever its version, waits until it has, and says so.
///
/// # Errors
/// When none is running, or it does not end.
pub async fn stop(context: &Context) -> Result<(), Failure> {
    end(context).await?;
    output::say("the agent has ended");
    Ok(())
}

/// The same without a word.
///
/// # Errors
/// As [`stop`].
pub async fn end(context: &Context) -> Result<(), Failure> {
    let data_dir = &context.paths()?.data_dir;
    match connect::connect_running(context).await {
        Ok(client) => end_this(client, data_dir).await,
        Err(Failure::Problem(none)) if none.kind == ProblemKind::NotFound => Err(none.into()),
        // Its socket answers, so its card is true: one of another version understands a signal when it does not understand us.
        Err(failure) => gone(terminate(data_dir).ok_or(failure)?, data_dir).await,
    }
}

/// Ends the agent at the other end, and no other that may be there by now.
///
/// # Errors
/// When it does not end.
pub async fn end_this(mut client: Client, data_dir: &Path) -> Result<(), Failure> {
    // It may close the conversation before its answer is out; that it is gone says more.
    let _ = client.ask(Ask::Stop).await;
    gone(client.agent().pid, data_dir).await
}

/// Waits until an agent is gone.
async fn gone(pid: u32, data_dir: &Path) -> Result<(), Failure> {
    let gone = || place::read_card(data_dir).is_none_or(|card| card.pid != pid);
    timeout(CLOSING_LIMIT, until(gone)).await.map_err(|_| {
        let summary = format!("the agent (process {pid}) was told to end and is still there");
        Failure::new(
            ProblemKind::Internal,
            summary,
            "look at its log (`oktop info` says where), or kill it: nothing is lost",
        )
    })
}

/// How long an agent may take to close its stores.
const CLOSING_LIMIT: Duration = Duration::from_secs(30);

/// Sends SIGTERM to the agent whose card lies in the directory; `None` when there is none to send it to.
fn terminate(data_dir: &Path) -> Option<u32> {
    let pid = place::read_card(data_dir)?.pid;
    let process = Pid::from_raw(i32::try_from(pid).ok()?)?;
    rustix::process::kill_process(process, Signal::TERM).ok()?;
    Some(pid)
}

async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        sleep(Duration::from_millis(20)).await;
    }
}

/// Prints a systemd user unit that keeps an agent with these flags running.
///
/// # Errors
/// When no profile is configured, or standard output cannot be written.
pub fn unit(context: &Context, out: &mut Output) -> Result<(), Failure> {
    let profile = context.profile()?;
    let command = context.agent_command()?;
    let org = profile.name.as_deref().unwrap_or(&profile.org_url);
    out.text(&unit_text(org, &command)?)?;
    let by_environment = match &profile.app {
        Some(app) => app.from_environment,
        None => profile.token == SecretSource::Environment,
    };
    if by_environment {
        output::say(
            "note: a unit does not see OKTOP_ORG_URL and the credential of this shell; write a profile with `token_file`, \
             `token_command` or `private_key_file` and print the unit with --profile",
        );
    }
    if context.store().key == SecretSource::Environment {
        output::say(
            "note: a unit does not see OKTOP_STORE_KEY of this shell; name the key with `key_file` or `key_command` under \
             [profiles.NAME.store]",
        );
    }
    output::say(
        "note: save it as ~/.config/systemd/user/oktop.service, then: systemctl --user enable --now oktop; loginctl enable-linger keeps it after logout",
    );
    Ok(())
}

fn unit_text(org: &str, command: &[OsString]) -> Result<String, Failure> {
    let words: Result<Vec<String>, Failure> = command.iter().map(|word| unit_word(word)).collect();
    let words = words?.join(" ");
    let org = SafeText::new(org).replace('%', "%%");
    Ok(format!(
        "[Unit]
Description=oktop agent: mirrors the Okta org {org}
Documentation=man:oktop(1)

[Service]
ExecStart={words} --stay
Restart=on-failure
RestartSec=5
# Time to close the stores.
TimeoutStopSec=60
UMask=0077
LimitCORE=0
MemorySwapMax=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"
    ))
}

/// One word of a unit's command line: quoted, with systemd's own characters doubled.
fn unit_word(word: &OsStr) -> Result<String, Failure> {
    let word = word
        .to_str()
        .filter(|word| !word.chars().any(char::is_control))
        .ok_or_else(|| {
            let summary = format!("{} cannot be written into a unit", word.display());
            Failure::new(
                ProblemKind::Usage,
                summary,
                "use paths of ordinary characters",
            )
        })?;
    let escaped = word
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    let plain = escaped
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-:+@,=".contains(c));
    Ok(if plain {
        escaped
    } else {
        format!("\"{escaped}\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_units_words_mean_what_they_say() {
        for (word, written) in [
            ("/usr/bin/oktop", "/usr/bin/oktop"),
            ("/a b", "\"/a b\""),
            ("50%", "\"50%%\""),
            ("$x\"\\", "\"$$x\\\"\\\\\""),
        ] {
            assert_eq!(unit_word(OsStr::new(word)).unwrap(), written);
        }
        assert!(unit_word(OsStr::new("a\nExecStartPre=/bin/sh")).is_err());
    }

    #[test]
    fn a_unit_starts_the_same_agent_and_lets_it_stay() {
        let command = ["/opt/oktop", "--profile", "acme", "agent"].map(OsString::from);
        let unit = unit_text("acme\nExecStart=/bin/sh", &command).unwrap();
        let starts: Vec<&str> = unit
            .lines()
            .filter(|line| line.starts_with("Exec"))
            .collect();
        assert_eq!(starts, ["ExecStart=/opt/oktop --profile acme agent --stay"]);
    }
}
