//! How the agent and its mirror stand, as told to clients.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::org::Org;
use crate::domain::query::Revisions;
use crate::domain::resource::{BackfillEstimate, LogStatus, ResourceStatus, TimeLeft};
use crate::domain::secret::Mark;
use crate::domain::text::SafeText;

use super::Problem;
use super::queue::QueueStatus;

/// Everything the status line, `oktop status` and `doctor` tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The agent itself.
    pub agent: AgentInfo,
    /// The org, once it has been reached or the store knows it.
    pub org: Option<Org>,
    /// The base URL's host, known from the start.
    pub host: SafeText,
    /// Whether Okta answers.
    pub connection: Connection,
    /// What tells the credential that the agent asks with from others; `None` before it has read one.
    pub credential: Option<Mark>,
    /// Per resource, in the order of a first sync.
    pub resources: Vec<ResourceStatus>,
    /// The System Log.
    pub log: LogStatus,
    /// What is left of a backfill that is under way.
    pub backfill_estimate: Option<BackfillEstimate>,
    /// How long a first reading still takes, once that can be told.
    pub first_reading_left: Option<TimeLeft>,
    /// Rate buckets that were used, the tightest first.
    pub budgets: Vec<BudgetStatus>,
    /// Counters of the store.
    pub revisions: Revisions,
    /// Requests sent since the agent started, retries included.
    pub requests: u64,
    /// Since when a request has waited for its answer, where that is longer than answers take.
    pub no_answer_since: Option<Timestamp>,
    /// What is wrong with the mirror's disk or files, until it is over.
    pub troubles: Vec<Problem>,
    /// Bytes that the stores take on disk, with the ballast.
    pub disk_bytes: u64,
    /// How the mirror's files are encrypted.
    pub encryption: Encryption,
    /// Items of listings that could not be decoded since the agent started.
    pub bad_items: u64,
    /// Changes to Okta.
    pub queue: QueueStatus,
}

/// Who the agent is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentInfo {
    /// Its process id.
    pub pid: u32,
    /// Its version.
    pub version: String,
    /// When it started.
    pub started: Timestamp,
    /// The data directory it owns.
    pub data_dir: String,
    /// Clients connected now.
    pub clients: u32,
    /// Whether it stays without clients.
    pub stays: bool,
    /// Whether this is the demo's.
    pub demo: bool,
}

/// How the mirror's files are encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// Whether files are written encrypted.
    pub on: bool,
    /// What the agent was told about keys, in words that tell no secret.
    pub setting: String,
    /// Files that are still to be written anew, because they are plain, are not to be any more, or are under a former key.
    pub waiting: u64,
    /// Files put aside earlier that lie there plain though others are encrypted.
    pub plain_aside: Vec<String>,
}

/// Whether Okta answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Connection {
    /// Nothing has been asked yet.
    Starting,
    /// The last request was answered.
    Online {
        /// Who the credential belongs to, when Okta said.
        identity: Option<SafeText>,
    },
    /// The last request failed; what is shown is as of then.
    Trouble {
        /// Since when.
        since: Timestamp,
        /// What is wrong, and what to do.
        problem: Problem,
    },
}

/// How one rate bucket stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetStatus {
    /// Its name, such as `/api/v1/logs`.
    pub bucket: String,
    /// Requests allowed per window, as the header says.
    pub limit: u32,
    /// Requests left in this window, for whoever shares the bucket.
    pub remaining: u32,
    /// When the window ends.
    pub reset: Timestamp,
    /// Until when nothing is sent, when it is exhausted.
    pub throttled_until: Option<Timestamp>,
}

/// A line for the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// How much it matters.
    pub level: NoticeLevel,
    /// What happened, in one sentence.
    pub summary: SafeText,
    /// What to do, or more about it.
    pub detail: Option<SafeText>,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum NoticeLevel {
    /// Good to know.
    Info,
    /// Look at it.
    Warning,
    /// Something does not work.
    Error,
}
