//! The way to the agent: the one that runs, or a new one.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ask::{Asker, Follower};
use super::command::agent;
use super::command::status;
use super::failure::{Failure, problem};
use super::output;
use super::resolve::Context;
use super::way;
use crate::agent::client::Client;
use crate::config::Profile;
use crate::config::source::SecretSource;
use crate::msg::status::{Connection, Encryption, Status};
use crate::msg::{Answer, Ask, Problem, ProblemKind, Push};
use crate::okta::Credential;

/// How long the agent may take to find out whether an org is the one that its mirror is of.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);
/// How long others are waited for that ask an agent which is in the way: longer than most commands take.
const LEFT_OVER_LIMIT: Duration = Duration::from_secs(1);
/// When it is looked at again, at the earliest.
const LOOK_AGAIN: Duration = Duration::from_millis(30);

impl Asker for Client {
    async fn ask(&mut self, ask: Ask) -> Result<Answer, Problem> {
        Self::ask(self, ask).await
    }

    async fn ask_heeding(
        &mut self,
        ask: Ask,
        heed: impl FnMut(Push) + Send,
    ) -> Result<Answer, Problem> {
        Self::ask(self, Ask::Subscribe).await?;
        Self::ask_heeding(self, ask, heed).await
    }
}

impl Follower for Client {
    async fn next_news(&mut self) -> Result<Push, Problem> {
        self.next_push().await
    }
}

/// Looks at what can be seen to be wrong before anything is started, and says what was corrected in the org's address.
///
/// # Errors
/// When the address cannot be used, or what is configured makes no sense. That there is no profile is no mistake yet: an agent may be
/// running.
pub fn check(context: &Context) -> Result<(), Failure> {
    context.paths()?;
    context.check()?;
    if let Ok(profile) = context.profile() {
        let (_, corrections) = way::base(profile)?;
        output::say_notes(&corrections);
    }
    Ok(())
}

/// Connects to the agent of the data directory, starting one when none runs: offline, one that leaves Okta alone. Otherwise, without a
/// profile, only one that runs will do. Gives how it stands, too.
///
/// # Errors
/// When no profile says which org, or the agent cannot be started or understood.
pub async fn connect(context: &Context) -> Result<(Client, Status), Failure> {
    let data_dir = &context.paths()?.data_dir;
    let mut client = match context.profile() {
        // Whichever agent runs there will do: what is stored is the same.
        _ if context.offline => {
            let command = context.agent_command()?;
            Client::connect_or_start(data_dir, &command).await?
        }
        Ok(profile) => {
            let command = context.agent_command()?;
            let (client, status) = that_reads_okta(data_dir, &command).await?;
            return of_the_same_org(client, status, profile).await;
        }
        Err(no_profile) => Client::connect(data_dir).await?.ok_or(no_profile)?,
    };
    let status = status::ask(&mut client).await?;
    Ok((client, status))
}

/// Connects to an agent that does not leave Okta alone: one that an offline command has left is ended first. Of two commands that
/// find it at once, one ends it and the other finds the next.
async fn that_reads_okta(
    data_dir: &Path,
    command: &[OsString],
) -> Result<(Client, Status), Failure> {
    let deadline = Instant::now() + LEFT_OVER_LIMIT;
    loop {
        let mut client = Client::connect_or_start(data_dir, command).await?;
        match status::ask(&mut client).await {
            Ok(status) if !is_left_over(&status) => return Ok((client, status)),
            Ok(status) if status.agent.clients <= 1 => {
                agent::end_this(client, data_dir).await?;
                continue;
            }
            // Somebody looks at it, and goes on looking: a console.
            Ok(status) if Instant::now() >= deadline => return Ok((client, status)),
            Err(failure) if Instant::now() >= deadline => return Err(failure),
            // Another command looks at it, or is just ending it.
            _ => drop(client),
        }
        sleep(LOOK_AGAIN + Duration::from_millis(u64::from(std::process::id() % 50))).await;
    }
}

/// Whether the agent was started by a command that was to leave Okta alone, and not to stay. Who is not offline asks for what is so now,
/// which it would never find out.
fn is_left_over(status: &Status) -> bool {
    let leaves_okta_alone = matches!(
        &status.connection,
        Connection::Trouble { problem, .. } if problem.kind == ProblemKind::Offline
    );
    leaves_okta_alone && !status.agent.stays
}

/// The agent of a data directory may have been started for another org than is asked for now.
async fn of_the_same_org(
    mut client: Client,
    mut status: Status,
    profile: &Profile,
) -> Result<(Client, Status), Failure> {
    let (base, _) = way::base(profile)?;
    if &*status.host == base.host() {
        // The org may have moved, which only its own word can tell.
        if is_from_elsewhere(&status) && status.connection == Connection::Starting {
            let settled = tokio::time::timeout(SETTLE_LIMIT, settled(&mut client)).await;
            status = settled.unwrap_or(Ok(status))?;
        }
        return foreign(&status).map_or(Ok((client, status)), Err);
    }
    let summary = format!(
        "the agent on {} mirrors {}, not {}",
        status.agent.data_dir,
        status.host,
        base.host()
    );
    let hint = "choose another --data-dir or --profile, or end that agent with `oktop agent stop`";
    Err(Failure::new(ProblemKind::Refused, summary, hint))
}

/// Says on standard error that the agent was started with other keys than are configured now, which it cannot take up while it runs.
/// Whoever configures none, as with `--data-dir` alone, means whatever is there.
fn tell_other_key(context: &Context, status: &Status) {
    let configured = context.store();
    if context.profile().is_err() && configured.key == SecretSource::Missing {
        return;
    }
    output::say_notes(&other_key(
        &status.encryption,
        &configured.describe_encryption(),
    ));
}

/// A note when an agent was told something else about keys than is `configured`.
fn other_key(running: &Encryption, configured: &str) -> Vec<String> {
    let note = (running.setting != configured).then(|| {
        format!(
            "the agent was started with another setting of `store` about encryption ({}, now {configured}); \
             `oktop agent stop` ends it, and the next command starts one with the new setting",
            running.setting
        )
    });
    note.into_iter().collect()
}

/// Says on standard error whose mirror is shown, where it is shown unasked: offline nothing else tells that it is of another org than
/// the profile's; and that the agent asks with another token than the environment has, or was started with other keys. Not for a screen, which standard error would
/// spoil.
pub async fn tell_whose(context: &Context, status: &Status) {
    if let Some(host) = host_offline(context) {
        output::say_notes(&whose(status, &host));
    }
    output::say_notes(&other_credential(context, status).await);
    tell_other_key(context, status);
}

/// A note when the agent asks Okta with another API token than `OKTOP_API_TOKEN`: an agent keeps the environment that it was started in.
pub async fn other_credential(context: &Context, status: &Status) -> Vec<String> {
    let by_environment = |profile: &&Profile| {
        profile.app.is_none() && profile.token == SecretSource::Environment && !context.offline
    };
    let Some(profile) = context.profile().ok().filter(by_environment) else {
        return Vec::new();
    };
    // A token that cannot be one is told by the agent that is started with it, and by `doctor`.
    let Ok(own) = way::of_token(&profile.token).await else {
        return Vec::new();
    };
    differs(status, &own).into_iter().collect()
}

/// That the agent asks with another credential than this one, or was started without any.
pub fn differs(status: &Status, own: &Credential) -> Option<String> {
    if let Some(problem) = no_credential(status) {
        return Some(format!(
            "the agent (process {}) was started without an API token that it can use ({}), and this shell has one; `oktop agent stop` \
             ends it, and the next command starts one that has it",
            status.agent.pid, problem.summary
        ));
    }
    let mark = status.credential.as_ref()?;
    let refused = match &status.connection {
        Connection::Trouble { problem, .. } if problem.kind == ProblemKind::Auth => {
            ", and Okta refuses that one"
        }
        _ => "",
    };
    (!own.is_marked(mark)).then(|| {
        format!(
            "the agent (process {}) was started with another credential than this shell's{refused}; `oktop agent stop` ends it, and \
             the next command starts one with this shell's",
            status.agent.pid
        )
    })
}

/// Why the agent has no credential at all to ask with, when it looked for one.
pub fn no_credential(status: &Status) -> Option<&Problem> {
    match &status.connection {
        Connection::Trouble { problem, .. } if problem.kind == ProblemKind::Auth => {
            status.credential.is_none().then_some(problem)
        }
        _ => None,
    }
}

/// Looks whether there is anything to work with offline: a directory that is not there was mistyped, and making it would hide that.
///
/// # Errors
/// When Okta is to be left alone and the data directory does not exist.
pub fn check_stored(context: &Context) -> Result<(), Failure> {
    let data_dir = &context.paths()?.data_dir;
    if !context.offline || data_dir.exists() {
        return Ok(());
    }
    let summary = format!("there is no data directory {}", data_dir.display());
    let hint = "--offline works with what is stored; name the directory that holds it with --data-dir or --profile";
    Err(Failure::new(ProblemKind::Usage, summary, hint))
}

/// The host of the profile's org, when Okta is to be left alone.
fn host_offline(context: &Context) -> Option<String> {
    let profile = context.profile().ok().filter(|_| context.offline)?;
    let (base, _) = way::base(profile).ok()?;
    Some(base.host().to_owned())
}

/// A note when the mirror is of another org than the one at `host`, as far as is known.
fn whose(status: &Status, host: &str) -> Vec<String> {
    let online = matches!(status.connection, Connection::Online { .. });
    // An org that has moved is known to be the same by its own word.
    let moved = online && &*status.host == host;
    let held = status
        .org
        .as_ref()
        .filter(|org| &*org.host != host && !moved);
    let note = held.map(|org| {
        let company = org.company.as_deref().unwrap_or("the org");
        let data_dir = &status.agent.data_dir;
        format!(
            "{data_dir} holds the mirror of {company} ({}) at {}, not of {host}",
            org.id, org.host
        )
    });
    note.into_iter().collect()
}

/// Whether the mirror was read from another host than the agent asks now.
fn is_from_elsewhere(status: &Status) -> bool {
    status
        .org
        .as_ref()
        .is_some_and(|org| org.host != status.host)
}

/// Why a mirror that was read from another host is not shown: nobody has said that it is of the same org.
fn foreign(status: &Status) -> Option<Failure> {
    let org = status.org.as_ref().filter(|_| is_from_elsewhere(status))?;
    if matches!(status.connection, Connection::Online { .. }) {
        return None;
    }
    let company = org.company.as_deref().unwrap_or("the org");
    let summary = format!(
        "{} holds the mirror of {company} ({}) at {}, not known to be the org at {}",
        status.agent.data_dir, org.id, org.host, status.host
    );
    let hint = format!(
        "choose another --data-dir or --profile for {}, or name {} as the org's URL",
        status.host, org.host
    );
    Some(Failure::new(ProblemKind::Refused, summary, hint))
}

/// The status once it is known whether Okta answers.
///
/// # Errors
/// What the agent says, or that the conversation broke.
pub async fn settled(client: &mut Client) -> Result<Status, Failure> {
    client.ask(Ask::Subscribe).await?;
    let mut status = status::ask(client).await?;
    while status.connection == Connection::Starting {
        if let Push::Status(news) = client.next_push().await? {
            status = *news;
        }
    }
    Ok(status)
}

/// Connects to the agent that runs.
///
/// # Errors
/// When none does ([`ProblemKind::NotFound`]), or it cannot be understood.
pub async fn connect_running(context: &Context) -> Result<Client, Failure> {
    let data_dir = &context.paths()?.data_dir;
    Client::connect(data_dir).await?.ok_or_else(|| {
        let summary = format!("no agent is running on {}", data_dir.display());
        problem(
            ProblemKind::NotFound,
            summary,
            "any command that needs one starts it; `oktop agent` runs one here",
        )
        .into()
    })
}

/// The same, and how it stands.
///
/// # Errors
/// As [`connect_running`].
pub async fn connect_running_with_status(context: &Context) -> Result<(Client, Status), Failure> {
    let mut client = connect_running(context).await?;
    let status = status::ask(&mut client).await?;
    Ok((client, status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::problem;
    use crate::cli::sample;
    use crate::domain::secret::Secret;

    /// Commands that were not offline went on answering from it as of long ago.
    #[test]
    fn an_agent_that_an_offline_command_left_is_replaced_unless_it_is_to_stay() {
        let mut status = sample::status();
        assert!(!is_left_over(&status));
        status.connection = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(ProblemKind::Offline, "offline", "-"),
        };
        status.agent.stays = false;
        assert!(is_left_over(&status));
        status.agent.stays = true;
        assert!(!is_left_over(&status), "it was started to stay");
    }

    /// The old org's users were listed without a word.
    #[test]
    fn the_mirror_of_another_org_is_not_shown_for_this_one() {
        let mut status = sample::status();
        assert!(foreign(&status).is_none());
        status.host = "other.okta.com".into();
        let away = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(ProblemKind::Network, "no connection", "-"),
        };
        for connection in [Connection::Starting, away] {
            status.connection = connection;
            let refused = foreign(&status).unwrap();
            assert_eq!(refused.exit_code(), 8);
            let words = refused.words().unwrap();
            for part in ["00o1", "acme.okta.com", "other.okta.com", "--data-dir"] {
                assert!(words.contains(part), "{part}: {words}");
            }
        }
        status.connection = Connection::Online { identity: None };
        assert!(foreign(&status).is_none());
        status.org = None;
        status.connection = Connection::Starting;
        assert!(foreign(&status).is_none());
    }

    /// An agent went on asking with a token that was dead, and nobody was told that this shell's was another.
    #[test]
    fn another_token_than_the_agents_is_told_and_never_shown() {
        let token = |end: char| {
            let text = format!("00SimulatedOktaTokenForTestsAndDemosOnly4{end}");
            Credential::ssws(&Secret::new(text)).unwrap()
        };
        let mut status = sample::status();
        assert_eq!(differs(&status, &token('2')), None);
        status.credential = token('2').mark();
        assert_eq!(differs(&status, &token('2')), None);
        let told = differs(&status, &token('3')).unwrap();
        assert!(
            told.contains("process 1") && told.contains("agent stop"),
            "{told}"
        );
        assert!(
            !told.contains("00Sim") && !told.contains("refuses"),
            "{told}"
        );
        status.connection = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(
                ProblemKind::Auth,
                "Okta does not accept the credential (401)",
                "-",
            ),
        };
        assert!(differs(&status, &token('3')).unwrap().contains("refuses"));
        // The same token has nothing in common with itself under another salt.
        assert_ne!(token('2').mark(), token('2').mark());
    }

    /// A newcomer's first agent had no token, and went on saying so after the shell had one.
    #[test]
    fn an_agent_without_a_token_is_told_where_this_shell_has_one() {
        let text = "00SimulatedOktaTokenForTestsAndDemosOnly42".to_owned();
        let own = Credential::ssws(&Secret::new(text)).unwrap();
        let mut status = sample::status();
        assert_eq!(differs(&status, &own), None);
        status.connection = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(ProblemKind::Network, "no connection", "-"),
        };
        assert_eq!(differs(&status, &own), None);
        status.connection = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(ProblemKind::Auth, "there is no API token", "-"),
        };
        let told = differs(&status, &own).unwrap();
        for part in [
            "process 1",
            "no API token",
            "this shell has one",
            "`oktop agent stop`",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        // One that was read and refused is another matter.
        status.credential = own.mark();
        assert!(no_credential(&status).is_none());
    }

    /// Offline, the other org's users were listed without a word.
    #[test]
    fn offline_the_mirror_of_another_org_is_shown_with_its_name() {
        let mut status = sample::status();
        assert_eq!(whose(&status, "acme.okta.com"), [""; 0]);
        let told = whose(&status, "other.okta.com").join("");
        for part in ["/d", "00o1", "acme.okta.com", "other.okta.com"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        // The agent was started for this one, on the mirror of that one.
        status.host = "other.okta.com".into();
        status.connection = Connection::Starting;
        assert_eq!(whose(&status, "other.okta.com"), [told]);
        assert_eq!(whose(&status, "acme.okta.com"), [""; 0]);
        // It has moved there, or there is nothing.
        status.connection = Connection::Online { identity: None };
        assert_eq!(whose(&status, "other.okta.com"), [""; 0]);
        status.org = None;
        status.connection = Connection::Starting;
        assert_eq!(whose(&status, "other.okta.com"), [""; 0]);
    }
}
