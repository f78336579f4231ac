//! Every fault of the table against every kind of read of the sync: what becomes of the read is what the table says, nothing is
//! archived, no event is lost, and a clean sync afterwards equals the truth.
//!
//! By default every row meets the list of users, the log and a single object, and one row meets every list of entries, several
//! reads at once: a clean sync is most of a cell's cost. `OKTOP_FAULT_MATRIX=all` adds the other reads and the rows that take long,
//! and strikes each by itself.

mod org;

use std::sync::LazyLock;

use oktop::domain::entry::EntryKind;
use oktop::domain::id::ObjectId;
use oktop::domain::resource::Resource;
use oktop::sim::fault::Kind as FaultKind;
use oktop::sim::fault::row::{self, Reads, Row, Verdict};
use serde_json::json;

use self::org::{Org, Size, Way};

/// A kind of read, and the path that it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    /// A list, or lists below objects.
    Of(Resource, &'static str),
    /// A list of entries, or lists below objects.
    Entries(EntryKind, &'static str),
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

/// Every list of entries, and a setting of the org, which is read by itself.
const ENTRIES: [Read; 33] = [
    Read::Entries(EntryKind::GroupRule, "/api/v1/groups/rules$"),
    Read::Entries(EntryKind::GroupOwner, "/api/v1/groups/*/owners"),
    Read::Entries(EntryKind::Admin, "/api/v1/iam/assignees/users$"),
    Read::Entries(EntryKind::UserRole, "/api/v1/users/*/roles"),
    Read::Entries(EntryKind::GroupRole, "/api/v1/groups/*/roles"),
    Read::Entries(EntryKind::ClientRole, "/oauth2/v1/clients/*/roles"),
    Read::Entries(EntryKind::Role, "/api/v1/iam/roles$"),
    Read::Entries(EntryKind::RolePermission, "/api/v1/iam/roles/*/permissions"),
    Read::Entries(EntryKind::ResourceSet, "/api/v1/iam/resource-sets$"),
    Read::Entries(EntryKind::Binding, "/api/v1/iam/resource-sets/*/bindings"),
    Read::Of(
        Resource::Roles,
        "/api/v1/iam/resource-sets/*/bindings/*/members",
    ),
    Read::Entries(
        EntryKind::SetResource,
        "/api/v1/iam/resource-sets/*/resources",
    ),
    Read::Entries(EntryKind::Idp, "/api/v1/idps$"),
    Read::Entries(EntryKind::ApiToken, "/api/v1/api-tokens$"),
    Read::Entries(EntryKind::Client, "/oauth2/v1/clients$"),
    Read::Entries(
        EntryKind::ClientSecret,
        "/api/v1/apps/*/credentials/secrets",
    ),
    Read::Entries(EntryKind::ClientGrant, "/api/v1/apps/*/grants"),
    Read::Entries(EntryKind::Policy, "/api/v1/policies$"),
    Read::Entries(EntryKind::PolicyRule, "/api/v1/policies/*/rules"),
    Read::Entries(EntryKind::PolicyMapping, "/api/v1/policies/*/mappings"),
    Read::Entries(EntryKind::Zone, "/api/v1/zones$"),
    Read::Entries(EntryKind::Device, "/api/v1/devices$"),
    Read::Entries(EntryKind::Authenticator, "/api/v1/authenticators$"),
    Read::Entries(EntryKind::Behavior, "/api/v1/behaviors$"),
    Read::Entries(EntryKind::EventHook, "/api/v1/eventHooks$"),
    Read::Entries(EntryKind::InlineHook, "/api/v1/inlineHooks$"),
    Read::Entries(EntryKind::LogStream, "/api/v1/logStreams$"),
    Read::Entries(EntryKind::TrustedOrigin, "/api/v1/trustedOrigins$"),
    Read::Entries(EntryKind::UserType, "/api/v1/meta/types/user$"),
    Read::Entries(EntryKind::Feature, "/api/v1/features$"),
    Read::Entries(EntryKind::PushMapping, "/api/v1/apps/*/group-push/mappings"),
    Read::Entries(EntryKind::Factor, "/api/v1/users/*/factors"),
    SETTING,
];
const SETTING: Read = Read::Entries(EntryKind::OrgSetting, "/api/v1/threats/configuration$");

/// The row that meets every list of entries when the campaign is bounded.
const BOUNDED: &str = "truncated-json";

static IS_WHOLE: LazyLock<bool> =
    LazyLock::new(|| std::env::var("OKTOP_FAULT_MATRIX").is_ok_and(|wish| wish == "all"));

/// An org whose size does not matter.
const FEW: Size = Size {
    users: 40,
    groups: 6,
    apps: 4,
};
/// An org whose list of users has two pages.
const TWO_PAGES: Size = Size { users: 205, ..FEW };
/// An org that has something in every list of entries.
const RICH: Size = Size {
    users: 90,
    groups: 30,
    apps: 24,
};

impl Read {
    fn size(self) -> Size {
        match self {
            Self::Of(Resource::Users, _) => TWO_PAGES,
            _ => FEW,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Of(_, path) | Self::Entries(_, path) | Self::Object(path) => path,
        }
    }

    /// Under which name the sync reports it; a single object is reported by itself.
    fn resource(self) -> Option<Resource> {
        match self {
            Self::Of(resource, _) => Some(resource),
            Self::Entries(kind, _) => Some(kind.resource()),
            Self::Object(_) => None,
        }
    }

    /// Below how many objects it hangs: what fails to be read has nothing read below it.
    fn depth(self) -> usize {
        self.path().matches('*').count()
    }

    fn is_log(self) -> bool {
        matches!(self, Self::Of(Resource::Log, _))
    }

    /// Whether the row can strike here.
    fn meets(self, row: &Row) -> bool {
        match row.reads {
            Reads::Any => true,
            Reads::List => !matches!(self, SETTING | Self::Object(_)),
            Reads::Users => matches!(self, Self::Of(Resource::Users, _)),
            Reads::Log => self.is_log(),
            Reads::None => false,
        }
    }

    /// What becomes of this read by the table.
    fn verdict(self, row: &Row) -> Verdict {
        let own = match self {
            SETTING | Self::Object(_) => row.object_verdict,
            _ if self.is_log() => row.log_verdict,
            Self::Of(..) | Self::Entries(..) => None,
        };
        own.unwrap_or(row.verdict)
    }
}

/// What a read came to: whether it counts as complete, and why not.
type Outcome = Result<(), String>;

/// A row against a kind of read.
type Cell = (&'static Row, Read);

fn named((row, read): Cell) -> String {
    format!("{} × {read:?}", row.name)
}

/// How often a fault is ordered: a read that is to fail must not be saved by another one that met the fault first.
fn ordered((row, read): Cell) -> u64 {
    match read.verdict(row) {
        Verdict::Partial => 1_000_000,
        _ => row.count,
    }
}

/// After how many rounds a clean reading must find all as it is, unless the campaign is whole: what a fault archived or lost stays so.
const ROUNDS: usize = 4;

impl Org {
    /// Rounds of cells that are struck at once. A clean reading afterwards must find all as it is.
    async fn suffer_all(&self, rounds: &[Vec<Cell>]) {
        for rounds in rounds.chunks(if *IS_WHOLE { 1 } else { ROUNDS }) {
            for round in rounds {
                self.suffer(round).await;
            }
            let cells = rounds.concat().into_iter().map(named);
            self.recovers(&cells.collect::<Vec<_>>().join(", ")).await;
        }
    }

    /// Cells that are struck at once, in one reading of everything; single objects are read before.
    async fn suffer(&self, cells: &[Cell]) {
        let is_object = |(_, read): &Cell| matches!(read, Read::Object(_));
        let (objects, others): (Vec<Cell>, Vec<Cell>) = cells.iter().copied().partition(is_object);
        for cell in objects {
            self.suffer_reading(&[cell]).await;
        }
        if !others.is_empty() {
            self.suffer_reading(&others).await;
        }
        for (row, _) in cells {
            self.let_late_events_arrive(row);
        }
    }

    async fn recovers(&self, names: &str) {
        let mut clean = self.read_everything().await;
        if !clean.complete {
            // It joined a reading that the fault had met.
            clean = self.read_everything().await;
        }
        assert!(clean.complete, "{names}: the sync afterwards: {clean:?}");
        let archived = self.archived();
        assert!(
            archived.is_empty(),
            "{names}: archived by the clean sync: {archived:?}"
        );
        self.equals_the_truth(names).await;
    }

    /// A reading that meets these faults, and what becomes of each.
    async fn suffer_reading(&self, cells: &[Cell]) {
        for (row, read) in cells {
            let count = ordered((row, *read));
            let order = json!({"row": row.name, "path": read.path(), "count": count});
            self.tell("faults", &order).await;
        }
        let holds_back = cells
            .iter()
            .find(|(row, _)| row.kind == FaultKind::LateEvents);
        let (row, _) = holds_back.unwrap_or(&cells[0]);
        self.something_happens(row).await;
        for cell in cells.iter().filter(|(_, read)| read.is_log()) {
            self.meets_a_poll(*cell).await;
        }
        let outcomes = self.read(cells).await;
        for (cell, outcome) in cells.iter().zip(&outcomes) {
            let (name, (row, read)) = (named(*cell), *cell);
            assert!(
                self.has_struck(read.path(), ordered(*cell)),
                "{name}: the fault has not met the read"
            );
            judge(&name, read.verdict(row), &row.why, outcome, read);
        }
        let names = cells.iter().copied().map(named).collect::<Vec<_>>();
        let archived = self.archived();
        assert!(archived.is_empty(), "{names:?}: archived: {archived:?}");
        self.forget_faults().await;
    }

    /// A poll that began before the fault was ordered says nothing about it, nor one that began before there was an event.
    async fn meets_a_poll(&self, cell: Cell) {
        let (row, read) = cell;
        let (path, count) = (read.path(), ordered(cell));
        let left = self.strikes_left(path);
        let polls = u64::from(read.verdict(row) == Verdict::Partial) * 2;
        self.until("a poll meets the fault", || {
            self.has_struck(path, count) && self.strikes_left(path) + polls <= left
        })
        .await;
    }

    /// What became of each, in the order of the cells.
    async fn read(&self, cells: &[Cell]) -> Vec<Outcome> {
        if let [(_, Read::Object(_))] = cells {
            return vec![self.read_object(ObjectId::User(self.me.clone())).await];
        }
        let resources = cells.iter().filter_map(|(_, read)| read.resource());
        self.read_resources(&resources.collect::<Vec<_>>()).await
    }
}

/// Whether what a read came to is what the table says.
fn judge(cell: &str, verdict: Verdict, why: &str, outcome: &Outcome, read: Read) {
    match (verdict, outcome) {
        (Verdict::Complete | Verdict::Unnoticed, Ok(())) => {}
        (Verdict::Partial, Err(reason)) => {
            // A single object says it in other words.
            let is_list = !matches!(read, SETTING | Read::Object(_));
            // Some clients have no app, and so none of its lists; what that 404 says is struck like any other body.
            let is_no_app =
                read.path().starts_with("/api/v1/apps/*/") && reason.contains("status 404");
            assert!(
                !is_list || is_no_app || reason.contains(why),
                "{cell}: {reason:?} does not say {why:?}"
            );
        }
        _ => panic!("{cell}: {verdict:?} was expected, and it came to {outcome:?}"),
    }
}

/// Rounds of cells that are struck at once: one of each list. What ends the whole sync is alone, and when the campaign is whole
/// everything is.
fn rounds(lists: Vec<Vec<Cell>>) -> Vec<Vec<Cell>> {
    let mut rounds: Vec<Vec<Cell>> = Vec::new();
    let mut ends_all = Vec::new();
    for list in lists {
        let (alone, others): (Vec<Cell>, Vec<Cell>) = list
            .into_iter()
            .partition(|(row, _)| *IS_WHOLE || row.kind == FaultKind::Unauthorized);
        ends_all.extend(alone.into_iter().map(|cell| vec![cell]));
        rounds.resize_with(rounds.len().max(others.len()), Vec::new);
        for (round, cell) in rounds.iter_mut().zip(others) {
            round.push(cell);
        }
    }
    rounds.extend(ends_all);
    rounds
}

/// Every row that needs no socket against these kinds of read.
async fn in_process(reads: &[Read]) {
    let org = Org::start(Way::InProcess, reads[0].size()).await;
    let rows_of = |read: &Read| {
        let read = *read;
        let rows = row::all().iter().filter(|row| !row.socket);
        let rows = rows.filter(|row| read.meets(row) && (!row.slow || *IS_WHOLE));
        rows.map(|row| (row, read)).collect()
    };
    org.suffer_all(&rounds(reads.iter().map(rows_of).collect()))
        .await;
}

/// Every list of entries against the rows.
async fn entries_in_process(reads: &[Read]) {
    let org = Org::start(Way::InProcess, RICH).await;
    let empty =
        |read: &&Read| matches!(read, Read::Entries(kind, _) if org.entry_count(*kind) == 0);
    let empty: Vec<&Read> = reads.iter().filter(empty).collect();
    assert!(empty.is_empty(), "nothing to lose: {empty:?}");
    let is_due = |row: &&Row| (*IS_WHOLE || row.name == BOUNDED) && !row.socket && !row.slow;
    for row in row::all().iter().filter(is_due) {
        for reads in apart(reads) {
            let cells = reads.into_iter().filter(|read| read.meets(row));
            let cells: Vec<Cell> = cells.map(|read| (row, read)).collect();
            if !cells.is_empty() {
                org.suffer_all(&[cells]).await;
            }
        }
    }
}

/// Lists that can fail at once and still be told from each other: none hangs below another, and each is reported by itself. When
/// the campaign is whole, each is alone.
fn apart(reads: &[Read]) -> Vec<Vec<Read>> {
    let mut apart: Vec<Vec<Read>> = Vec::new();
    for read in reads {
        let is_apart = |other: &Read| {
            !*IS_WHOLE && other.depth() == read.depth() && other.resource() != read.resource()
        };
        match apart.iter_mut().find(|lists| lists.iter().all(is_apart)) {
            Some(lists) => lists.push(*read),
            None => apart.push(vec![*read]),
        }
    }
    apart
}

/// The rows that break what only a socket has. Those that only a deadline ends are waited for beside the others.
async fn over_sockets(reads: &[Read]) {
    let needs_deadline = |row: &&Row| row.why == "time";
    let rows = row::all().iter();
    let (of_time, others): (Vec<&Row>, Vec<&Row>) = rows
        .filter(|row| row.socket || row.name.starts_with("reset-"))
        .partition(needs_deadline);
    let suffer = async |way: Way, rows: Vec<&'static Row>| {
        let org = Org::start(way, FEW).await;
        let of = |read: &Read| rows.iter().map(|row| (*row, *read)).collect();
        org.suffer_all(&rounds(reads.iter().map(of).collect()))
            .await;
    };
    tokio::join!(suffer(Way::Impatient, of_time), suffer(Way::Socket, others));
}

async fn unless_bounded(read: Read) {
    if *IS_WHOLE {
        in_process(&[read]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_against_the_list_of_users_the_log_and_a_single_object() {
    if *IS_WHOLE {
        tokio::join!(
            in_process(&[USERS]),
            in_process(&[LOG]),
            in_process(&[OBJECT])
        );
    } else {
        in_process(&[USERS, LOG, OBJECT]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_against_lists_of_entries() {
    entries_in_process(&ENTRIES[..16]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_against_more_lists_of_entries() {
    entries_in_process(&ENTRIES[16..]).await;
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
