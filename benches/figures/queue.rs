//! What the queue costs: checking its journal, and what a change takes beside its exchanges with Okta.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use oktop::action::guard::{Limits, World};
use oktop::action::journal::{Entry, Link};
use oktop::action::plan::{Challenge, OnFailure, Operator};
use oktop::action::state::State;
use oktop::clock::Clock;
use oktop::domain::change::{Change, GroupProfile};
use oktop::domain::id::OrgId;
use oktop::domain::secret::Secret;
use oktop::okta::{
    BaseUrl, Credential, HttpTransport, Reader, Settings, Transport, TransportError,
};
use oktop::queue::{Queue, Want, Wanted, Way};
use oktop::sim::rate::Profile;
use oktop::sim::{Options, Simulator};
use oktop::store::medium::{Disk, Medium as _};
use oktop::store::sealed::Sealed;
use oktop::store::{Control, Store};
use redb::{Database, TableDefinition};
use serde_json::json;
use tokio::sync::watch;

const ENTRIES: u64 = 1_000_000;
const VERIFIED: Duration = Duration::from_secs(3);
const CHANGES: usize = 200;
const OVERHEAD: Duration = Duration::from_millis(50);

static ORG: LazyLock<OrgId> = LazyLock::new(|| "00o1".parse().unwrap());

fn open(dir: &Path) -> Control {
    Control::open_on(Arc::new(Disk), dir, &ORG, Timestamp::now()).unwrap()
}

/// A step as the queue notes it, about as long as those are.
fn step(number: u64) -> serde_json::Value {
    json!({
        "kind": "moved",
        "op": format!("{}.1", number / 5),
        "change": "users.suspend",
        "on": ["user:00u1a2b3c4d5e6f7g8h9"],
        "step": "send",
        "from": "rechecking",
        "to": "in_flight",
        "attempt": 1,
        "intent": {
            "attempt": format!("{number:016x}"),
            "method": "POST",
            "path": "/api/v1/users/00u1a2b3c4d5e6f7g8h9/lifecycle/suspend",
            "body_digest": null,
            "if_match": null,
        },
    })
}

/// A store and its file with so many entries. They are written past the store, which takes a commit for each.
fn fill(dir: &Path) {
    let control = open(dir);
    let by = Operator {
        uid: 1000,
        name: None,
        account: None,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(control.halt(Some("a measurement".to_owned()), Some(by), Timestamp::now()))
        .unwrap();
    let mut end: (u64, Link) = control.journal_end().unwrap();
    control.close().unwrap();
    let file = Disk.open(&dir.join("control.redb")).unwrap().unwrap();
    let database = Database::builder()
        .create_with_backend(Sealed::new(file))
        .unwrap();
    let transaction = database.begin_write().unwrap();
    let journal = OpenOptions::new()
        .append(true)
        .open(dir.join("journal.log"));
    let mut lines = BufWriter::new(journal.unwrap());
    {
        let name: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("journal");
        let mut table = transaction.open_table(name).unwrap();
        while end.0 < ENTRIES {
            let entry = Entry::after(end, Timestamp::UNIX_EPOCH, &step(end.0)).unwrap();
            let bytes = [&entry.link.bytes()[..], entry.body.as_bytes()].concat();
            table.insert(entry.seq, bytes.as_slice()).unwrap();
            lines.write_all(entry.line().as_bytes()).unwrap();
            end = entry.end();
        }
    }
    lines.flush().unwrap();
    transaction.commit().unwrap();
    database.close().unwrap();
}

pub(crate) fn journal() -> (String, bool) {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("data");
    Disk.prepare_dir(&dir).unwrap();
    fill(&dir);
    let control = open(&dir);
    let began = Instant::now();
    let (entries, _) = control.verify().unwrap().unwrap();
    let took = began.elapsed();
    let megabytes = std::fs::metadata(dir.join("journal.log")).unwrap().len() >> 20;
    control.close().unwrap();
    let words =
        format!("{entries} entries, {megabytes} MiB, in the store and in the file: {took:.2?}");
    (words, took <= VERIFIED && entries >= ENTRIES)
}

/// Counts the time that exchanges take.
struct Timed(HttpTransport, Arc<AtomicU64>);

#[async_trait]
impl Transport for Timed {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let began = Instant::now();
        let answer = self.0.send(request).await;
        let nanos = u64::try_from(began.elapsed().as_nanos()).unwrap();
        self.1.fetch_add(nanos, Ordering::SeqCst);
        answer
    }
}

pub(crate) fn overhead() -> (String, bool) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut took = runtime.block_on(changes());
    took.sort_unstable();
    let (median, worst) = (took[CHANGES / 2], took[CHANGES * 99 / 100]);
    let words = format!("p50 {median:.1?}, p99 {worst:.1?}, of {CHANGES} changes");
    (words, median <= OVERHEAD)
}

/// What each of many changes took from its confirmation to its end, but for the exchanges.
async fn changes() -> Vec<Duration> {
    let options = Options {
        rate_limits: Profile::Off,
        events: 0,
        ..Options::default()
    };
    let clock = Clock::real();
    let simulator = Simulator::new(&options, clock.clone());
    let running = simulator
        .serve("127.0.0.1:0".parse().unwrap())
        .await
        .unwrap();
    let settings = || {
        let (base, _) = BaseUrl::parse(&running.url).unwrap();
        let token = Secret::new(running.token.clone());
        Settings::new(base, Credential::ssws(&token).unwrap())
    };
    let under_way = Arc::new(AtomicU64::new(0));
    let timed = |transport| Arc::new(Timed(transport, Arc::clone(&under_way)));
    let reads = timed(HttpTransport::new(&settings()).unwrap());
    let way = Way {
        reader: Reader::new(settings(), reads, clock.clone()),
        transport: timed(HttpTransport::for_changes(&settings()).unwrap()),
        polled: Arc::new(|| None),
        world: Arc::new(World::default),
        limits: Limits::default(),
        touched: Arc::new(|_| {}),
    };
    let way = watch::Sender::new(Some(Arc::new(way)));
    let temp = tempfile::tempdir().unwrap();
    let store = Store::open(&temp.path().join("data"), None).unwrap();
    let control = store.control(&ORG, clock.now()).unwrap();
    let queue = Queue::new(
        control,
        ORG.clone(),
        store.events.clone(),
        clock,
        way.subscribe(),
    );
    let queue = queue.unwrap();
    let ending = watch::Sender::new(false);
    let runner = tokio::spawn(queue.clone().run(ending.subscribe()));
    let mut took = Vec::new();
    for number in 0..CHANGES {
        took.push(change(&queue, number, &under_way).await);
    }
    ending.send_replace(true);
    runner.await.unwrap();
    queue.control().close().unwrap();
    took
}

async fn change(queue: &Queue, number: usize, under_way: &AtomicU64) -> Duration {
    let by = Operator {
        uid: 1000,
        name: None,
        account: None,
    };
    let want = Want {
        change: Change::CreateGroup(GroupProfile::named(&format!("Measured {number}"))),
        after: Vec::new(),
        undo_of: None,
    };
    let wanted = Wanted {
        title: "a measurement".into(),
        reason: None,
        on_failure: OnFailure::Stop,
        ops: vec![want],
        by: by.clone(),
    };
    let plan = queue.stage(wanted).await.unwrap().number;
    let staged = queue.control().plan(plan).unwrap().unwrap();
    assert_eq!(staged.challenge(), Challenge::Yes);
    let digest = queue.digest(plan, &staged).unwrap();
    let mut news = queue.standing();
    let (began, before) = (Instant::now(), under_way.load(Ordering::SeqCst));
    queue.confirm(plan, &digest, "", &by, None).await.unwrap();
    while queue.control().progress(plan).unwrap()[0].1.state != State::Verified {
        news.changed().await.unwrap();
    }
    let exchanges = under_way.load(Ordering::SeqCst) - before;
    began
        .elapsed()
        .saturating_sub(Duration::from_nanos(exchanges))
}
