//! The way to the agent: the one that runs, or a new one.

use super::ask::Asker;
use super::command::status;
use super::failure::{Failure, problem};
use super::output;
use super::resolve::Context;
use super::way;
use crate::agent::client::Client;
use crate::config::Profile;
use crate::msg::{Answer, Ask, Problem, ProblemKind, Push};

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

/// Looks at what can be seen to be wrong before anything is started, and says what was corrected in the org's address.
///
/// # Errors
/// When the address cannot be used. That there is no profile is no mistake yet: an agent may be running.
pub fn check(context: &Context) -> Result<(), Failure> {
    context.paths()?;
    if let Ok(profile) = context.profile() {
        let (_, corrections) = way::base(profile)?;
        output::say_notes(&corrections);
    }
    Ok(())
}

/// Connects to the agent of the data directory, starting one when none runs: offline, one that leaves Okta alone. Otherwise, without a
/// profile, only one that runs will do.
///
/// # Errors
/// When no profile says which org, or the agent cannot be started or understood.
pub async fn connect(context: &Context) -> Result<Client, Failure> {
    let data_dir = &context.paths()?.data_dir;
    match context.profile() {
        // Whichever agent runs there will do: what is stored is the same.
        _ if context.offline => {
            let command = context.agent_command()?;
            Ok(Client::connect_or_start(data_dir, &command).await?)
        }
        Ok(profile) => {
            let client = Client::connect_or_start(data_dir, &context.agent_command()?).await?;
            of_the_same_org(client, profile).await
        }
        Err(no_profile) => Client::connect(data_dir).await?.ok_or(no_profile),
    }
}

/// The agent of a data directory may have been started for another org than is asked for now.
async fn of_the_same_org(mut client: Client, profile: &Profile) -> Result<Client, Failure> {
    let (base, _) = way::base(profile)?;
    let status = status::ask(&mut client).await?;
    if &*status.host == base.host() {
        return Ok(client);
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
