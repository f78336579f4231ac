//! Every fault of the table against every kind of read of the sync: what becomes of the read is what the table says, nothing is
//! archived, no event is lost, and a clean sync afterwards equals the truth.
//!
//! By default every row meets the list of users, the log and a single object; `OKTOP_FAULT_MATRIX=all` adds the other reads and the
//! rows that take long.

mod org;

use std::sync::LazyLock;

use oktop::domain::id::ObjectId;
use oktop::domain::resource::Resource;
use oktop::sim::fault::row::{self, Reads, Row, Verdict};
use serde_json::json;

use self::org::{Org, Way};

/// A kind of read, and the path that it goes to.
#[derive(Clone, Copy, Debug)]
enum Read {
    /// A list, or lists below objects.
    Of(Resource, &'static str),
    /// A single object.
    Object(&'static str),
}

const USERS: Read = Read::Of(Resource::Users, "/api/v1/users$");
const LOG: Read = Read::Of(Resource::Log, "/api/v1/logs$");
const OBJECT: Read = Read::Object("/api/v1/users/*");
const GROUPS: Read = Read::Of(Resource::Groups, "/api/v1/groups$");
const APPS: Read = Read::Of(Resource::Apps, "/api/v1/apps$");
const MEMBERS: Read = Read::Of(Resource::Memberships, "/api/v1/groups/*/users");
const GROUP_APPS: Read = Read::Of(Resource::AppGroups, "/api/v1/groups/*/apps");
const APP_USERS: Read = Read::Of(Resource::AppUsers, "/api/v1/apps/*/users");

static IS_WHOLE: LazyLock<bool> =
    LazyLock::new(|| std::env::var("OKTOP_FAULT_MATRIX").is_ok_and(|wish| wish == "all"));

/// Users of an org where their number does not matter.
const FEW: usize = 40;
/// Users of an org whose list of them has two pages.
const TWO_PAGES: usize = 205;

impl Read {
    fn users(self) -> usize {
        match self {
            Self::Of(Resource::Users, _) => TWO_PAGES,
            _ => FEW,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Of(_, path) | Self::Object(path) => path,
        }
    }

    fn is_log(self) -> bool {
        matches!(self, Self::Of(Resource::Log, _))
    }

    /// Whether the row can strike here.
    fn meets(self, row: &Row) -> bool {
        match row.reads {
            Reads::Any => true,
            Reads::List => matches!(self, Self::Of(..)),
            Reads::Users => matches!(self, Self::Of(Resource::Users, _)),
            Reads::Log => self.is_log(),
        }
    }

    /// What becomes of this read by the table.
    fn verdict(self, row: &Row) -> Verdict {
        let own = match self {
            Self::Object(_) => row.object_verdict,
            _ if self.is_log() => row.log_verdict,
            Self::Of(..) => None,
        };
        own.unwrap_or(row.verdict)
    }
}

/// What a read came to: whether it counts as complete, and why not.
type Outcome = Result<(), String>;

impl Org {
    /// One cell of the matrix.
    async fn suffers(&self, row: &Row, read: Read) {
        let cell = format!("{} × {read:?}", row.name);
        let verdict = read.verdict(row);
        // A read that is to fail must not be saved by another one that met the fault first.
        let count = if verdict == Verdict::Partial {
            1_000_000
        } else {
            row.count
        };
        let order = json!({"row": row.name, "path": read.path(), "count": count});
        self.tell("faults", &order).await;
        self.something_happens(row).await;
        if read.is_log() {
            // A poll that began before the fault was ordered says nothing about it.
            self.until("a poll meets the fault", || self.has_struck(count))
                .await;
        }
        let outcome = self.read(read).await;
        assert!(
            self.has_struck(count),
            "{cell}: the fault has not met the read"
        );
        judge(&cell, verdict, &row.why, &outcome, read);
        assert_eq!(self.archived(), 0, "{cell}: something was archived");
        self.forget_faults().await;
        self.let_late_events_arrive(row);
        let mut clean = self.read_everything().await;
        if !clean.complete {
            // It joined a reading that the fault had met.
            clean = self.read_everything().await;
        }
        assert!(clean.complete, "{cell}: the sync afterwards: {clean:?}");
        assert_eq!(
            self.archived(),
            0,
            "{cell}: something was archived by the clean sync"
        );
        self.equals_the_truth(&cell).await;
    }

    async fn read(&self, read: Read) -> Outcome {
        match read {
            Read::Of(resource, _) => self.read_resource(resource).await,
            Read::Object(_) => self.read_object(ObjectId::User(self.me.clone())).await,
        }
    }
}

/// Whether what a read came to is what the table says.
fn judge(cell: &str, verdict: Verdict, why: &str, outcome: &Outcome, read: Read) {
    match (verdict, outcome) {
        (Verdict::Complete | Verdict::Unnoticed, Ok(())) => {}
        (Verdict::Partial, Err(reason)) => {
            // A single object says it in other words.
            let is_list = matches!(read, Read::Of(..));
            assert!(
                !is_list || reason.contains(why),
                "{cell}: {reason:?} does not say {why:?}"
            );
        }
        _ => panic!("{cell}: {verdict:?} was expected, and it came to {outcome:?}"),
    }
}

/// Every row that needs no socket against one kind of read.
async fn in_process(read: Read) {
    let org = Org::start(Way::InProcess, read.users()).await;
    for row in row::all() {
        if read.meets(row) && !row.socket && (!row.slow || *IS_WHOLE) {
            org.suffers(row, read).await;
        }
    }
}

/// The rows that break what only a socket has.
async fn over_sockets(reads: &[Read]) {
    let org = Org::start(Way::Socket, FEW).await;
    for row in row::all()
        .iter()
        .filter(|row| row.socket || row.name.starts_with("reset-"))
    {
        for read in reads {
            org.suffers(row, *read).await;
        }
    }
}

async fn unless_bounded(read: Read) {
    if *IS_WHOLE {
        in_process(read).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_the_list_of_users() {
    in_process(USERS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_the_log() {
    in_process(LOG).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_a_single_object() {
    in_process(OBJECT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_of_sockets_over_sockets() {
    over_sockets(&[USERS, LOG]).await;
    if *IS_WHOLE {
        over_sockets(&[GROUPS, APPS, MEMBERS, GROUP_APPS, APP_USERS, OBJECT]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_the_list_of_groups() {
    unless_bounded(GROUPS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_the_list_of_applications() {
    unless_bounded(APPS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_the_members_of_groups() {
    unless_bounded(MEMBERS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_the_applications_of_groups() {
    unless_bounded(GROUP_APPS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_the_users_of_applications() {
    unless_bounded(APP_USERS).await;
}
