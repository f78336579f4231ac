//! `oktop doctor`: looks at everything that usually goes wrong and says how to mend it. Safe to paste: it tells no secret and
//! nobody's data.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::agent::store_settings;
use crate::cli::args::Format;
use crate::cli::cause;
use crate::cli::command::status::bytes;
use crate::cli::connect;
use crate::cli::failure::{Failure, problem};
use crate::cli::output::Output;
use crate::cli::resolve::Context;
use crate::cli::way;
use crate::config::Profile;
use crate::config::private::{self, NotPrivate};
use crate::config::service_app::AppSource;
use crate::config::source::{SecretSource, TOKEN};
use crate::domain::listing::PartialReason;
use crate::domain::resource::{Phase, Resource, ResourceStatus};
use crate::domain::text::SafeText;
use crate::domain::time::{elapsed, format_span};
use crate::msg::status::{Connection, Encryption, Status};
use crate::msg::{Problem, ProblemKind};
use crate::okta::{self, BaseUrl, Credential, ErrorKind, HttpTransport, Reader, scopes_of_mirror};

mod terminal;

/// How long the agent may take to find out whether Okta answers.
const REACH_LIMIT: Duration = Duration::from_secs(20);
/// A clock that is further off than this breaks log windows.
const MAX_SKEW: Duration = Duration::from_secs(30);

/// What was found about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    name: &'static str,
    state: State,
    says: String,
    fix: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Good,
    Warning,
    Bad,
    /// It could not be found out, mostly because something before it is bad.
    Unknown,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
        }
    }
}

impl Check {
    fn good(name: &'static str, says: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Good,
            says: says.into(),
            fix: None,
        }
    }

    fn warning(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Warning,
            says: says.into(),
            fix: Some(fix.into()),
        }
    }

    fn bad(name: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Bad,
            says: says.into(),
            fix: Some(fix.into()),
        }
    }

    fn unknown(name: &'static str, says: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Unknown,
            says: says.into(),
            fix: None,
        }
    }

    fn of_problem(name: &'static str, problem: &Problem) -> Self {
        let fix = problem.hint.clone();
        Self {
            name,
            state: State::Bad,
            says: problem.summary.clone(),
            fix,
        }
    }
}

/// Checks everything and prints what was found.
///
/// # Errors
/// [`Failure::FaultsFound`] when something is bad, or that standard output cannot be written.
pub async fn run(context: &Context, out: &mut Output) -> Result<(), Failure> {
    let mut checks = vec![config(context)];
    match context.profile() {
        Ok(profile) => {
            checks.push(address(profile));
            match &profile.app {
                Some(app) => {
                    let key = key(app);
                    let is_good = key.state == State::Good;
                    checks.push(key);
                    if is_good {
                        checks.push(scopes(profile, context).await);
                    }
                }
                None => checks.push(token(profile, context).await),
            }
        }
        Err(failure) => checks.push(of_failure("org", &failure)),
    }
    checks.extend(directories(context));
    checks.extend(store_key(context).await);
    let untried = untried(&checks);
    checks.extend(agent(context, untried.as_deref()).await);
    checks.extend(terminal::checks(&terminal::Facts::of_process().await));
    print(&checks, out)?;
    if checks.iter().any(|check| check.state == State::Bad) {
        return Err(Failure::FaultsFound);
    }
    Ok(())
}

fn print(checks: &[Check], out: &mut Output) -> Result<(), Failure> {
    match out.format() {
        Format::Json | Format::Ndjson => {
            let all: Value = checks
                .iter()
                .map(|check| {
                    json!({
                        "check": check.name,
                        "state": check.state.word(),
                        "says": check.says,
                        "fix": check.fix,
                    })
                })
                .collect();
            out.json(&all)?;
        }
        Format::Csv | Format::Markdown => {
            let rows: Vec<_> = checks
                .iter()
                .map(|check| {
                    vec![
                        check.name.to_owned(),
                        check.state.word().to_owned(),
                        check.says.clone(),
                        check.fix.clone().unwrap_or_default(),
                    ]
                })
                .collect();
            out.sheet(&["check", "state", "says", "fix"], &rows)?;
        }
        Format::Table => {
            for check in checks {
                out.text(&format!(
                    "{:<8} {:<10} {}\n",
                    check.state.word(),
                    check.name,
                    SafeText::new(&check.says)
                ))?;
                if let Some(fix) = &check.fix {
                    out.text(&format!("{:<19} fix: {}\n", "", SafeText::new(fix)))?;
                }
            }
        }
    }
    Ok(out.flush()?)
}

fn of_failure(name: &'static str, failure: &Failure) -> Check {
    match failure {
        Failure::Problem(problem) => Check::of_problem(name, problem),
        other => Check::bad(name, other.words().unwrap_or_default(), "see above"),
    }
}

fn config(context: &Context) -> Check {
    let file = context.config_file.display();
    match &context.config {
        Ok(_) if context.config_file.is_file() => Check::good("config", format!("{file}")),
        Ok(_) => Check::good(
            "config",
            format!("{file} does not exist; every setting has its default"),
        ),
        Err(error) => {
            let problems: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
            Check::bad(
                "config",
                problems.join("; "),
                "correct these lines; config.example.toml explains every key",
            )
        }
    }
}

fn address(profile: &Profile) -> Check {
    match BaseUrl::parse(&profile.org_url) {
        Ok((base, words)) if words.is_empty() => Check::good("org", base.origin()),
        Ok((base, words)) => {
            Check::warning("org", words.join("; "), format!("write {}", base.origin()))
        }
        Err(error) => Check::bad(
            "org",
            error.to_string(),
            "correct OKTOP_ORG_URL, or `org_url` in the profile",
        ),
    }
}

/// Whether this shell's token can be one, and whether Okta takes it: the agent may ask with another one.
async fn token(profile: &Profile, context: &Context) -> Check {
    let source = profile.token.describe(TOKEN);
    let credential = match profile.token.read(TOKEN).await {
        Err(error) => return Check::bad("token", error.to_string(), error.hint()),
        Ok(token) => match Credential::ssws(&token) {
            Ok(credential) => credential,
            Err(error) => {
                return Check::bad(
                    "token",
                    format!("{source}: {error}"),
                    "put the token there that Okta showed when it was created",
                );
            }
        },
    };
    // What is wrong with the address its own check says.
    let Ok(settings) = way::settings_with(profile, credential) else {
        return Check::unknown("token", format!("{source}; it cannot be tried"));
    };
    if context.offline {
        return Check::good("token", source);
    }
    let Ok(transport) = HttpTransport::new(&settings) else {
        return Check::unknown("token", format!("{source}; it cannot be tried"));
    };
    let reader = Reader::new(settings, Arc::new(transport), context.clock.clone());
    match timeout(REACH_LIMIT, reader.me()).await {
        Ok(tried) => judge_token(&source, tried.err().as_ref()),
        Err(_) => Check::unknown("token", format!("{source}; the org does not answer")),
    }
}

/// What Okta's answer to its owner's question says of a token. Who may ask nothing is known all the same.
fn judge_token(source: &str, error: Option<&okta::Error>) -> Check {
    match error {
        None => Check::good("token", format!("{source}; Okta accepts it")),
        Some(error) if matches!(error.kind, ErrorKind::Unauthorised) => Check::bad(
            "token",
            format!("{source}: {}", error.kind),
            error.hint().unwrap_or("put one there that is valid"),
        ),
        Some(error) if error.is_an_answer() => {
            Check::good("token", format!("{source}; Okta accepts it"))
        }
        Some(error) => Check::unknown("token", format!("{source}; not tried: {}", error.kind)),
    }
}

fn key(app: &AppSource) -> Check {
    match way::of_app(app) {
        Ok(_) => Check::good("key", app.describe()),
        Err(problem) => Check::of_problem("key", &problem),
    }
}

/// What the org lets the service app have, beside what the mirror needs.
async fn scopes(profile: &Profile, context: &Context) -> Check {
    let granted = async {
        let settings = way::settings(profile).await?;
        let transport = HttpTransport::new(&settings)
            .map_err(|error| problem(ProblemKind::Usage, error.to_string(), "see above"))?;
        let reader = Reader::new(settings, Arc::new(transport), context.clock.clone());
        let access = reader.service_access().await.map_err(|error| {
            let hint = error
                .hint()
                .unwrap_or("see `oktop doctor` again when Okta answers");
            problem(ProblemKind::Auth, error.to_string(), hint)
        })?;
        Ok::<_, Problem>(access.map(|access| access.scopes).unwrap_or_default())
    };
    match timeout(REACH_LIMIT, granted).await {
        Ok(Ok(granted)) => judge_scopes(&granted),
        Ok(Err(problem)) => Check::of_problem("scopes", &problem),
        Err(_) => Check::unknown("scopes", "the org does not answer"),
    }
}

fn judge_scopes(granted: &[SafeText]) -> Check {
    let needed = scopes_of_mirror();
    let has = |scope: &str| {
        let manage = scope.replace(".read", ".manage");
        granted
            .iter()
            .any(|own| **own == *scope || **own == *manage)
    };
    let missing: Vec<&str> = needed.iter().copied().filter(|scope| !has(scope)).collect();
    let surplus: Vec<&str> = granted
        .iter()
        .map(|own| &**own)
        .filter(|own| !needed.contains(own))
        .collect();
    let list = |scopes: &[&str]| scopes.join(", ");
    match (missing.as_slice(), surplus.as_slice()) {
        ([], []) => Check::good("scopes", "all that the mirror needs and no more"),
        ([], surplus) => Check::warning(
            "scopes",
            format!("granted beyond need: {}", list(surplus)),
            "revoke them in the Admin Console under Okta API Scopes, or name fewer in `scopes`",
        ),
        (missing, []) => Check::warning(
            "scopes",
            format!("missing: {}", list(missing)),
            "grant them in the Admin Console under Okta API Scopes; what they are for stays unknown until then",
        ),
        (missing, surplus) => Check::warning(
            "scopes",
            format!(
                "missing: {}; granted beyond need: {}",
                list(missing),
                list(surplus)
            ),
            "correct them in the Admin Console under Okta API Scopes",
        ),
    }
}

/// The mirror's key, when one is configured.
async fn store_key(context: &Context) -> Option<Check> {
    const NAME: &str = "store key";
    let settings = context.store();
    if settings.key == SecretSource::Missing && settings.old_key == SecretSource::Missing {
        return None;
    }
    Some(match store_settings(settings).await {
        Ok(_) => Check::good(NAME, settings.describe_encryption()),
        Err(error) => Check::bad(NAME, error.to_string(), error.hint()),
    })
}

fn directories(context: &Context) -> Vec<Check> {
    let Ok(paths) = context.paths() else {
        return vec![Check::unknown(
            "data",
            "no profile says where the data lies",
        )];
    };
    [("data", &paths.data_dir), ("log", &paths.log_dir)]
        .into_iter()
        .map(|(name, dir)| match private::check_directory(dir) {
            Ok(()) if dir.exists() => Check::good(name, dir.display().to_string()),
            Ok(()) => Check::good(name, format!("{} will be made", dir.display())),
            Err(error) => of_not_private(name, &error),
        })
        .collect()
}

fn of_not_private(name: &'static str, error: &NotPrivate) -> Check {
    Check::bad(name, error.to_string(), error.hint())
}

async fn agent(context: &Context, untried: Option<&str>) -> Vec<Check> {
    if context.paths().is_err() {
        return vec![Check::unknown("agent", "no org is chosen")];
    }
    let mut client = match connect::connect(context).await {
        Ok((client, _)) => client,
        Err(failure) => {
            return vec![
                of_failure("agent", &failure),
                Check::unknown("connection", "no agent can be asked"),
            ];
        }
    };
    match timeout(REACH_LIMIT, connect::settled(&mut client)).await {
        Ok(Ok(status)) => {
            let checks = of_status(&status, context.clock.now());
            let checks = with_newer(checks, &status, untried);
            let notes = connect::other_credential(context, &status).await;
            with_notes(checks, &status, &notes)
        }
        Ok(Err(failure)) => vec![of_failure("agent", &failure)],
        Err(_) => vec![Check::bad(
            "agent",
            "it does not say whether Okta answers",
            "look at its log, or stop it with `oktop agent stop`",
        )],
    }
}

/// Adds that the agent has another token than this shell. One that has none is why it is not connected, and that is said once.
fn with_notes(mut checks: Vec<Check>, status: &Status, notes: &[String]) -> Vec<Check> {
    let fix = "`oktop agent stop`; the next command starts one with this shell's";
    if connect::no_credential(status).is_some() && !notes.is_empty() {
        checks.retain(|check| check.name != "connection");
        checks.extend(notes.iter().map(|note| Check::bad("connection", note, fix)));
    } else {
        checks.extend(notes.iter().map(|note| Check::warning("agent", note, fix)));
    }
    checks
}

/// Whether Okta still answers that did.
fn answers(status: &Status, now: Timestamp) -> Check {
    let host = &status.host;
    match status.no_answer_since {
        None => Check::good("connection", format!("{host} answers")),
        Some(since) => Check::bad(
            "connection",
            format!(
                "{host} has not answered a request for {}",
                format_span(elapsed(since, now))
            ),
            "check the network and status.okta.com; the agent goes on trying",
        ),
    }
}

/// Why this shell's credential could not be tried just now.
fn untried(checks: &[Check]) -> Option<String> {
    let of_credential = |check: &&Check| matches!(check.name, "token" | "scopes");
    let check = checks.iter().find(of_credential)?;
    (check.state == State::Unknown).then(|| check.says.clone())
}

/// What Okta told the agent last, unless it fails now: that it refused the credential is an old answer then, and nothing can be done about
/// it before it answers again.
fn with_newer(mut checks: Vec<Check>, status: &Status, untried: Option<&str>) -> Vec<Check> {
    let is_refused = matches!(
        &status.connection,
        Connection::Trouble { problem, .. } if problem.kind == ProblemKind::Auth
    );
    if let Some(untried) = untried.filter(|_| is_refused) {
        for check in checks.iter_mut().filter(|check| check.name == "connection") {
            let says = format!("it cannot be told now ({untried}); before: {}", check.says);
            let fix = "look again once Okta answers whether it takes the credential";
            *check = Check::bad("connection", says, fix);
        }
    }
    checks
}

fn of_status(status: &Status, now: Timestamp) -> Vec<Check> {
    let agent = &status.agent;
    let mut checks = vec![
        Check::good(
            "agent",
            format!(
                "oktop {}, process {}, {} on disk",
                agent.version,
                agent.pid,
                bytes(status.disk_bytes)
            ),
        ),
        match &status.connection {
            Connection::Starting => Check::unknown("connection", "nothing has been asked yet"),
            Connection::Online { .. } => answers(status, now),
            Connection::Trouble { problem, .. } => Check::of_problem("connection", problem),
        },
        clock(status, now),
        encryption(&status.encryption),
    ];
    checks.extend(
        status
            .troubles
            .iter()
            .map(|problem| Check::of_problem("mirror", problem)),
    );
    checks.extend(status.resources.iter().filter_map(suspended));
    checks.extend(incomplete(status));
    checks.extend(nothing_allowed(status));
    let open = status
        .log
        .gaps
        .iter()
        .filter(|gap| gap.filled.is_none())
        .count();
    if open > 0 {
        checks.push(Check::warning(
            "log",
            format!("{open} stretches are missing or unproven"),
            "`oktop status` lists them",
        ));
    }
    checks.extend(status.budgets.iter().filter_map(|budget| {
        let until = budget.throttled_until.filter(|until| *until > now)?;
        Some(Check::warning(
            "rate limit",
            format!("{} is used up for {}", budget.bucket, format_span(elapsed(now, until))),
            "whoever shares it with oktop is named in Okta's rate limit dashboard; `sync.share` leaves others more",
        ))
    }));
    checks
}

fn encryption(found: &Encryption) -> Check {
    const NAME: &str = "encryption";
    let waiting = found.waiting;
    match (found.on, waiting) {
        (true, 0) if found.plain_aside.is_empty() => {
            Check::good(NAME, "every file of the mirror is encrypted")
        }
        (true, 0) => Check::warning(
            NAME,
            format!(
                "files put aside earlier are not encrypted: {}",
                found.plain_aside.join(", ")
            ),
            "remove them when nobody needs them any more",
        ),
        (false, 0) => Check::good(NAME, "the mirror is not encrypted"),
        (true, _) => Check::warning(
            NAME,
            format!("{waiting} files are still to be written anew"),
            "the agent does it by itself, given room for a copy of the largest",
        ),
        (false, _) => Check::warning(
            NAME,
            format!("{waiting} files are still encrypted"),
            "the agent decrypts them by itself, given room for a copy of the largest; keep the key until then",
        ),
    }
}

fn suspended(status: &ResourceStatus) -> Option<Check> {
    let Phase::Suspended { missing } = status.phase else {
        return None;
    };
    let name = status.resource.word();
    Some(Check::warning(
        name,
        format!("{missing} are missing all at once; nothing is archived until a person agrees"),
        format!("look in Okta; if they are really gone: oktop sync accept-missing {name}"),
    ))
}

/// What could not be read, one check for each cause. While Okta is out of reach nothing can be, which the connection's own check says.
fn incomplete(status: &Status) -> Vec<Check> {
    let is_away = matches!(status.connection, Connection::Trouble { .. });
    let troubled = status.resources.iter().filter_map(|one| {
        let trouble = one.trouble.as_ref()?;
        let is_told = match trouble {
            PartialReason::Excluded | PartialReason::NotEnabled => false,
            PartialReason::Failed(_) | PartialReason::Interrupted => !is_away,
            _ => !matches!(one.phase, Phase::Suspended { .. }),
        };
        is_told.then(|| (one.resource.word(), trouble, trouble.to_string()))
    });
    let troubled: Vec<_> = troubled.collect();
    let words = troubled
        .iter()
        .map(|(name, trouble, words)| ((*name, *trouble), words.as_str()));
    let causes = cause::by_cause(words).into_iter();
    causes.map(|(why, of_it)| of_cause(why, &of_it)).collect()
}

/// A credential that may read none of what a mirror is made of is of no use, however well the org answers it.
fn nothing_allowed(status: &Status) -> Option<Check> {
    let main = [
        Resource::Users,
        Resource::Groups,
        Resource::Apps,
        Resource::Log,
    ];
    let is_refused = |one: &&ResourceStatus| {
        matches!(
            one.trouble,
            Some(
                PartialReason::Forbidden
                    | PartialReason::MissingRole(_)
                    | PartialReason::MissingScope(_)
            )
        )
    };
    let of_main = status
        .resources
        .iter()
        .filter(|one| main.contains(&one.resource));
    (of_main.filter(is_refused).count() == main.len()).then(|| {
        Check::bad(
            "rights",
            "the credential may read neither users, groups, apps nor the log",
            "give its owner an admin role such as Read-only Administrator, or put the right credential there",
        )
    })
}

fn of_cause(why: &str, of_it: &[(&'static str, &PartialReason)]) -> Check {
    let names: Vec<&str> = of_it.iter().map(|(name, _)| *name).collect();
    let name = if let [(only, _)] = of_it {
        only
    } else {
        "lists"
    };
    let fix = match of_it.first().map(|(_, trouble)| *trouble) {
        Some(PartialReason::MissingScope(_)) => {
            "grant the scope to the app in the Admin Console under Okta API Scopes; the next reading takes it up"
        }
        Some(PartialReason::MissingRole(_) | PartialReason::Forbidden) => {
            "give the credential's owner a role that may read it, or leave it out with `sync.exclude.resources`"
        }
        _ => "`oktop sync` reads it again; the log file says more",
    };
    let says = format!("not complete: {} ({why})", cause::told(&names));
    Check::warning(name, says, fix)
}

/// The log is asked every few seconds and stamped by Okta's clock, so a stamp from the future shows a clock that is behind.
fn clock(status: &Status, now: Timestamp) -> Check {
    let Some(polled) = status.log.polled else {
        return Check::unknown("clock", "Okta's time is not known yet");
    };
    let behind = elapsed(now, polled);
    if behind > MAX_SKEW {
        return Check::bad(
            "clock",
            format!("this machine is {} behind Okta", format_span(behind)),
            "set it by NTP: timedatectl set-ntp true",
        );
    }
    let online = matches!(status.connection, Connection::Online { .. });
    let ahead = elapsed(polled, now);
    // Polls may wait for a rate limit's window, so only hours prove anything.
    if online && ahead > Duration::from_hours(1) {
        return Check::warning(
            "clock",
            format!(
                "the last poll was {} ago by Okta's clock",
                format_span(ahead)
            ),
            "check this machine's clock: timedatectl",
        );
    }
    Check::good("clock", "agrees with Okta's")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::GlobalArgs;
    use crate::cli::sample;
    use crate::config::environment::Environment;
    use crate::config::source::SecretSource;

    #[test]
    fn an_address_is_corrected_or_refused_with_the_right_one() {
        let check = |url: &str| address(&Profile::new(url, SecretSource::Missing));
        assert_eq!(check("https://acme.okta.com").state, State::Good);
        let corrected = check("acme-admin.okta.com");
        assert_eq!(
            (corrected.state, corrected.fix.as_deref()),
            (State::Warning, Some("write https://acme.okta.com"))
        );
        assert_eq!(check("http://acme.okta.com").state, State::Bad);
    }

    #[test]
    fn scopes_are_compared_with_what_the_mirror_needs() {
        let granted = |scopes: &[&str]| -> Vec<SafeText> {
            scopes.iter().map(|scope| (*scope).into()).collect()
        };
        let needed = scopes_of_mirror();
        assert_eq!(judge_scopes(&granted(&needed)).state, State::Good);
        let managing: Vec<String> = needed
            .iter()
            .map(|own| own.replace(".read", ".manage"))
            .collect();
        let managing: Vec<&str> = managing.iter().map(String::as_str).collect();
        let surplus = judge_scopes(&granted(&managing));
        assert!(
            surplus.says.contains("beyond need: okta."),
            "{}",
            surplus.says
        );
        assert!(!surplus.says.contains("missing"));
        let few = judge_scopes(&granted(&["okta.users.read"]));
        assert_eq!(few.state, State::Warning);
        assert!(
            few.says.starts_with("missing: okta.apiTokens.read, "),
            "{}",
            few.says
        );
    }

    /// "ok connection: it answers" was said of an Okta that took requests and answered none.
    #[test]
    fn an_okta_that_hangs_does_not_answer() {
        let now = sample::moment(100);
        let mut status = sample::status();
        assert_eq!(answers(&status, now).state, State::Good);
        status.no_answer_since = Some(sample::moment(40));
        let check = answers(&status, now);
        assert_eq!(check.state, State::Bad);
        assert!(check.says.contains("for 1m"), "{}", check.says);
    }

    /// A minute after some refusals, while Okta failed, the cure was a new token.
    #[test]
    fn a_refusal_of_before_is_no_cause_of_what_fails_now() {
        let mut status = sample::status();
        status.connection = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(
                ProblemKind::Auth,
                "Okta does not accept it",
                "make a new one",
            ),
        };
        let found = |token: Check| {
            let untried = untried(&[token]);
            let checks = of_status(&status, sample::moment(9));
            let mut checks = with_newer(checks, &status, untried.as_deref()).into_iter();
            checks.find(|check| check.name == "connection").unwrap()
        };
        let failing = found(Check::unknown("token", "not tried: Okta failed (503)"));
        assert!(failing.says.contains("503") && failing.says.contains("does not accept"));
        assert!(!failing.fix.unwrap().contains("make a new one"));
        let refused = found(Check::bad("token", "401", "make a new one"));
        assert_eq!(refused.fix.as_deref(), Some("make a new one"));
    }

    /// With a credential of no rights at all every check was fine or a warning, and the command ended with 0.
    #[test]
    fn a_credential_that_may_read_nothing_is_bad() {
        let mut status = sample::status();
        let role = PartialReason::MissingRole("Read-only Administrator".into());
        let is_bad = |status: &Status| {
            let checks = of_status(status, sample::moment(0));
            checks
                .iter()
                .any(|check| check.name == "rights" && check.state == State::Bad)
        };
        for one in &mut status.resources {
            if one.resource != Resource::Log {
                one.trouble = Some(role.clone());
            }
        }
        assert!(!is_bad(&status));
        for one in &mut status.resources {
            one.trouble = Some(role.clone());
        }
        assert!(is_bad(&status));
    }

    /// It was 27 lines, each with the advice to ask for another role.
    #[test]
    fn one_cause_is_one_line() {
        let mut status = sample::status();
        let trouble = |reason: PartialReason| move |_| reason.clone();
        let mut troubles = |reason: &dyn Fn(&'static str) -> PartialReason| {
            for one in &mut status.resources {
                one.trouble = Some(reason(one.resource.word()));
            }
            incomplete(&status)
        };
        let away = |name: &str| {
            PartialReason::Failed(format!("could not list {name}: no connection: refused"))
        };
        let checks = troubles(&away);
        assert_eq!(checks.len(), 1, "{checks:?}");
        assert!(
            checks[0].says.contains("others (no connection: refused)"),
            "{}",
            checks[0].says
        );
        let role = PartialReason::MissingRole("Super Administrator".into());
        let checks = troubles(&trouble(role.clone()));
        assert_eq!(checks.len(), 1, "{checks:?}");
        assert!(
            checks[0]
                .fix
                .as_ref()
                .is_some_and(|fix| fix.contains("role"))
        );
        assert_eq!(troubles(&trouble(PartialReason::Excluded)), []);
        // The connection's own line says it.
        status.connection = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(ProblemKind::Network, "no connection", "-"),
        };
        for one in &mut status.resources {
            one.trouble = Some(away(one.resource.word()));
        }
        assert_eq!(incomplete(&status), []);
        status.resources[0].trouble = Some(role);
        assert_eq!(incomplete(&status).len(), 1);
    }

    /// It said both that the token came from the environment and that there was none.
    #[test]
    fn an_agent_without_the_shells_token_is_told_once() {
        let mut status = sample::status();
        status.connection = Connection::Trouble {
            since: sample::moment(0),
            problem: problem(ProblemKind::Auth, "there is no API token", "set it"),
        };
        let checks = |notes: &[String]| {
            let checks = with_notes(of_status(&status, sample::moment(0)), &status, notes);
            let found = checks.iter().filter(|check| check.name == "connection");
            let found: Vec<_> = found.map(|check| check.fix.clone().unwrap()).collect();
            (found, checks.len())
        };
        let (plain, all) = checks(&[]);
        assert_eq!(plain, ["set it"]);
        let (told, all_told) = checks(&["it was started without".to_owned()]);
        assert!(
            told.len() == 1 && told[0].contains("agent stop"),
            "{told:?}"
        );
        assert_eq!(all, all_told);
    }

    #[tokio::test]
    async fn a_missing_token_is_bad_and_says_what_to_do() {
        let profile = Profile::new("acme.okta.com", SecretSource::Missing);
        let context = Context::new(&GlobalArgs::default(), &Environment::default());
        let check = token(&profile, &context).await;
        assert_eq!(check.state, State::Bad);
        assert!(check.fix.unwrap().contains("OKTOP_API_TOKEN"));
    }
}
