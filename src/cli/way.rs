//! From a profile to the way to its org: the address, the credential, the proxy, and what the sync is told.
//!
//! An agent asks for this anew at every attempt to connect, so a token that is put right in its file is taken up without a
//! restart.

use std::sync::Arc;

use super::failure::problem;
use crate::agent::Source;
use crate::config::service_app::AppSource;
use crate::config::source::{SecretSource, TOKEN};
use crate::config::{Profile, ProxyUrl};
use crate::msg::{Problem, ProblemKind};
use crate::okta::{BaseUrl, Credential, Proxy, Settings, scopes_of_mirror};

/// The org's address.
///
/// # Errors
/// When it is none that Okta's API could be at, or is `http` to another machine.
pub fn base(profile: &Profile) -> Result<(BaseUrl, Vec<String>), Problem> {
    BaseUrl::parse(&profile.org_url).map_err(|error| {
        problem(
            ProblemKind::Usage,
            format!("the org's address `{}`: {error}", profile.org_url),
            "write it as https://acme.okta.com",
        )
    })
}

/// Where an agent takes address and credential from.
pub fn source(profile: Profile) -> Source {
    let profile = Arc::new(profile);
    Arc::new(move || {
        let profile = Arc::clone(&profile);
        Box::pin(async move {
            let settings = settings(&profile).await;
            settings.map_err(|problem| of_agent(problem, &profile))
        })
    })
}

/// An agent keeps the environment that it was started in: without a token there, it takes another agent to have one.
fn of_agent(problem: Problem, profile: &Profile) -> Problem {
    let is_kept = matches!(
        profile.token,
        SecretSource::Environment | SecretSource::Missing
    );
    let is_of_token = problem.kind == ProblemKind::Auth && profile.app.is_none();
    if !is_kept || !is_of_token {
        return problem;
    }
    let hint = problem.hint.map(|hint| {
        format!("{hint}; then `oktop agent stop`: the next command starts an agent that has it")
    });
    Problem { hint, ..problem }
}

/// The source of an agent that leaves Okta alone.
pub fn nowhere() -> Source {
    Arc::new(|| {
        let hint = "`oktop agent stop` ends it; the next command without --offline starts one that reads Okta";
        let none = problem(
            ProblemKind::Offline,
            "this agent was started with --offline and leaves Okta alone",
            hint,
        );
        Box::pin(std::future::ready(Err(none)))
    })
}

/// All that a reader of the profile's org needs.
///
/// # Errors
/// When the address or the credential cannot be one.
pub async fn settings(profile: &Profile) -> Result<Settings, Problem> {
    let credential = match &profile.app {
        Some(app) => of_app(app)?,
        None => of_token(&profile.token).await?,
    };
    settings_with(profile, credential)
}

/// The same with a credential that was read already.
///
/// # Errors
/// When the address cannot be one.
pub fn settings_with(profile: &Profile, credential: Credential) -> Result<Settings, Problem> {
    let (base, _) = base(profile)?;
    let mut settings = Settings::new(base, credential);
    settings.proxy = profile.proxy.as_ref().map(proxy);
    settings.extra_ca.clone_from(&profile.extra_ca);
    settings.share = profile.sync.share;
    Ok(settings)
}

/// The credential of an API token.
///
/// # Errors
/// When it cannot be read, or cannot be one.
pub async fn of_token(source: &SecretSource) -> Result<Credential, Problem> {
    let token = source.read(TOKEN).await;
    let token =
        token.map_err(|error| problem(ProblemKind::Auth, error.to_string(), error.hint()))?;
    Credential::ssws(&token).map_err(|error| {
        let hint =
            "create one in the Admin Console under Security > API > Tokens; nothing was sent";
        problem(ProblemKind::Auth, error.to_string(), hint)
    })
}

/// The credential of a service app.
///
/// # Errors
/// When its key cannot be read, or it cannot be one.
pub fn of_app(app: &AppSource) -> Result<Credential, Problem> {
    let key = app.read_key();
    let key = key.map_err(|error| problem(ProblemKind::Auth, error.to_string(), error.hint()))?;
    let scopes = app.scopes.clone();
    let all = || scopes_of_mirror().into_iter().map(str::to_owned).collect();
    let scopes = scopes.unwrap_or_else(all);
    Credential::service_app(&app.client_id, &key, app.key_id.as_deref(), scopes).map_err(|error| {
        let hint = "the client id and the key stand on the app's General tab in the Admin Console; nothing was sent";
        problem(ProblemKind::Auth, error.to_string(), hint)
    })
}

fn proxy(url: &ProxyUrl) -> Proxy {
    Proxy {
        url: url.address(),
        login: url.login(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever set the token as the hint said asked the same agent again, which keeps the environment that it was started in.
    #[tokio::test]
    async fn an_agent_that_was_started_without_a_token_says_how_to_get_one_that_has_it() {
        let hint = async |token: SecretSource| {
            let none = source(Profile::new("acme.okta.com", token))().await;
            none.unwrap_err().hint.unwrap()
        };
        let missing = hint(SecretSource::Missing).await;
        assert!(
            missing.starts_with("set OKTOP_API_TOKEN") && missing.contains("`oktop agent stop`"),
            "{missing}"
        );
        // A file is read anew at every attempt.
        let file = hint(SecretSource::File("/none/token".into())).await;
        assert!(!file.contains("agent stop"), "{file}");
    }
}
