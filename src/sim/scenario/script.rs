//! What a scenario's file says.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Every file of `assets/scenarios`.
const FILES: &[&str] = &[
    include_str!("../../../assets/scenarios/api-token-abuse.toml"),
    include_str!("../../../assets/scenarios/cross-tenant-idp.toml"),
    include_str!("../../../assets/scenarios/factor-reset-then-takeover.toml"),
    include_str!("../../../assets/scenarios/impossible-travel.toml"),
    include_str!("../../../assets/scenarios/log-stream-removed.toml"),
    include_str!("../../../assets/scenarios/ordinary-admin-day.toml"),
    include_str!("../../../assets/scenarios/password-spray.toml"),
    include_str!("../../../assets/scenarios/push-bombing.toml"),
    include_str!("../../../assets/scenarios/quiet-day.toml"),
    include_str!("../../../assets/scenarios/session-replay.toml"),
    include_str!("../../../assets/scenarios/super-admin-granted.toml"),
];

/// Every scenario, in the order of the names.
pub fn all() -> &'static [Script] {
    static SCRIPTS: LazyLock<Vec<Script>> = LazyLock::new(|| {
        let read = |text: &&str| Script::parse(text).expect("a test reads every embedded scenario");
        FILES.iter().map(read).collect()
    });
    &SCRIPTS
}

/// The scenario of this name.
pub fn named(name: &str) -> Option<&'static Script> {
    all().iter().find(|script| script.name == name)
}

/// A scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// As `--scenario` takes it.
    pub name: String,
    /// What happens, in a sentence.
    pub title: String,
    /// Whether anybody should raise an alarm.
    pub attack: bool,
    /// Ids of the behaviours that it shows.
    #[serde(default)]
    pub behaviors: Vec<String>,
    /// Who takes part.
    pub parts: BTreeMap<String, Part>,
    /// Where people come from when it is not where they usually are.
    #[serde(default)]
    pub origins: BTreeMap<String, Origin>,
    /// What they do, in order.
    pub steps: Vec<Step>,
}

/// Who may play a part. Whatever is not said does not matter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The department, as in profiles.
    #[serde(default)]
    pub department: Option<String>,
    /// Roles of which one must be held, as the API spells them. Without any, whoever plays it holds none.
    #[serde(default)]
    pub roles: Vec<String>,
    /// A kind of factor that must be enrolled, as the log spells it, e.g. `OKTA_VERIFY_PUSH`.
    #[serde(default)]
    pub factor: Option<String>,
    /// How many people play it; 1 when not said.
    #[serde(default = "one")]
    pub count: usize,
    /// Whether it is done to them.
    #[serde(default)]
    pub victim: bool,
}

fn one() -> usize {
    1
}

/// Where requests come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// A city of the world's table of places.
    pub city: String,
    /// Part of a user agent; a browser that is not the user's own when not said.
    #[serde(default)]
    pub agent: Option<String>,
    /// Whether it is the attacker's. A colleague's journey is not.
    #[serde(default)]
    pub hostile: bool,
    /// Whether people take their own device there.
    #[serde(default)]
    pub own_device: bool,
}

/// Something that somebody does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How long after the scenario's start, in seconds.
    pub at_s: u32,
    /// How often, one after the other; for a part of many people once for each of them when not said.
    #[serde(default)]
    pub times: Option<u32>,
    /// The time between two of them, in seconds.
    #[serde(default)]
    pub every_s: u32,
    /// The part of whoever does it.
    pub by: String,
    /// The origin that it comes from; where they usually are when not said.
    #[serde(default)]
    pub from: Option<String>,
    /// The part of whom it is done to; themselves when not said.
    #[serde(default)]
    pub to: Option<String>,
    /// What.
    pub act: Act,
    /// The app that it is about: the first of these that the person has, by key in the catalogue; any when none is said.
    #[serde(default)]
    pub apps: Vec<String>,
    /// The factor that it is about, as the log spells it.
    #[serde(default)]
    pub factor: Option<String>,
    /// The role that it is about, as the API spells it.
    #[serde(default)]
    pub role: Option<String>,
    /// The group that it is about, by name.
    #[serde(default)]
    pub group: Option<String>,
    /// The name of what is made, or of the person made by an earlier step.
    #[serde(default)]
    pub name: Option<String>,
    /// What of the org's set-up it is about: `plural/name`, e.g. `log_streams/Security data lake`.
    #[serde(default)]
    pub document: Option<String>,
    /// What a new document says.
    #[serde(default)]
    pub body: toml::Table,
    /// The API token that it is done with, by the name that an earlier step gave it.
    #[serde(default)]
    pub token: Option<String>,
    /// Whether the session is the one that the person has at home: a cookie that was stolen.
    #[serde(default)]
    pub replay: bool,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Sign in; with `factor` when one is asked for.
    SignIn,
    /// Sign in with a wrong password.
    FailPassword,
    /// Sign in with the right password and be refused by the owner's phone.
    FailFactor,
    /// Sign in and be refused by the policy.
    Denied,
    /// Open an app.
    OpenApp,
    /// Try to open an app that is not theirs.
    TryApp,
    /// Try to open the Admin Console without being an admin.
    TryAdminConsole,
    /// Open the Admin Console.
    OpenAdminConsole,
    /// Sign out.
    SignOut,
    /// Choose a new password.
    ChangePassword,
    /// Reset somebody's password.
    ResetPassword,
    /// Enrol `factor`.
    EnrolFactor,
    /// Take all of somebody's factors away.
    ResetFactors,
    /// Unlock somebody.
    Unlock,
    /// Lock the account by too many attempts.
    Lock,
    /// Report an e-mail about activity that was not theirs.
    ReportSuspicious,
    /// Come in through the identity provider `document`.
    SignInThroughIdp,
    /// Give `role`.
    GrantRole,
    /// Take `role` away.
    RevokeRole,
    /// Make the API token `name`.
    CreateToken,
    /// Make the user `name`.
    CreateUser,
    /// Put `name`, or whoever it is done to, into `group`.
    JoinGroup,
    /// Suspend somebody.
    Suspend,
    /// Deactivate somebody.
    Deactivate,
    /// Make `document` with `body`.
    Create,
    /// Deactivate `document`.
    Stop,
    /// Activate `document`.
    Start,
    /// Delete `document`.
    Delete,
}

/// One doing of a step: whose turn it is among many.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The step.
    pub step: Step,
    /// Counts the doings of this step from 0.
    pub nth: u32,
}

impl Script {
    /// Reads a file.
    ///
    /// # Errors
    /// What TOML says when the file is none of ours, with line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Everything that is done, with its milliseconds after the start, in the order of time.
    pub fn moments(&self) -> Vec<(i64, Turn)> {
        let mut moments = Vec::new();
        for step in &self.steps {
            let many = step.to.as_ref().unwrap_or(&step.by);
            let people = self.parts.get(many).map_or(1, |part| part.count);
            let times = step
                .times
                .unwrap_or_else(|| u32::try_from(people).unwrap_or(1));
            for nth in 0..times {
                let at_s = i64::from(step.at_s) + i64::from(step.every_s) * i64::from(nth);
                let turn = Turn {
                    step: step.clone(),
                    nth,
                };
                moments.push((at_s * 1_000, turn));
            }
        }
        moments.sort_by_key(|(at_ms, _)| *at_ms);
        moments
    }

    /// What is wrong with it beyond what reading finds: names that nothing bears.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            for part in [Some(&step.by), step.to.as_ref()].into_iter().flatten() {
                if !self.parts.contains_key(part) {
                    problems.push(format!("step {}: nobody plays `{part}`", at + 1));
                }
            }
            if let Some(from) = step
                .from
                .as_ref()
                .filter(|from| !self.origins.contains_key(*from))
            {
                problems.push(format!("step {}: there is no origin `{from}`", at + 1));
            }
        }
        problems
    }
}
