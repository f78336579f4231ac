//! A process that is killed with `kill -9` around one change: before and after every sync of its files, before a byte of the request leaves,
//! while it is on its way, and when the answer is there. The next process makes of what is left what the org agrees with: nothing that
//! harms when it is done twice is sent twice, and nothing was ever sent that was not known to be about to.
//!
//! In `cargo test` one change of each class meets every point; `OKTOP_QUEUE_KILLS=all` has all changes meet all of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{join_all, select_all};
use http::{Request, Response};
use oktop::action::plan::{Challenge, OnFailure, OpId};
use oktop::action::progress::Progress;
use oktop::action::standing::{Standing, standing};
use oktop::action::state::State;
use oktop::clock::Clock;
use oktop::domain::change::{Change, Class, Undo};
use oktop::domain::secret::Secret;
use oktop::okta::{
    BaseUrl, Credential, HttpTransport, Reader, Settings, Transport, TransportError,
};
use oktop::queue::{Queue, Way};
use oktop::store::medium::Disk;
use oktop::store::{Control, Store};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::rig::{QUIET, Rig, calm_world, org_id, somebody, wanted};
use crate::sim_org::calm;
use crate::stepped::{Stepped, SteppedDisk, say};

const DIR: &str = "OKTOP_TEST_QUEUE_DIR";
const URL: &str = "OKTOP_TEST_QUEUE_URL";
const TOKEN: &str = "OKTOP_TEST_QUEUE_TOKEN";
const NOW: &str = "OKTOP_TEST_QUEUE_NOW";
const POINT: &str = "OKTOP_TEST_QUEUE_POINT";

/// The way to Okta with a point before a request leaves, one while it is on its way, and one behind its answer.
struct SteppedWay(Arc<Stepped>, HttpTransport);

#[async_trait]
impl Transport for SteppedWay {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        self.0.step();
        let mut exchange = pin!(self.1.send(request));
        let soon = tokio::time::timeout(Duration::from_millis(1), &mut exchange).await;
        self.0.step();
        let answer = match soon {
            Ok(answer) => answer,
            Err(_) => exchange.await,
        };
        self.0.step();
        answer
    }
}

/// Not a test but the process that is killed; without the variables it does nothing.
#[test]
fn child() {
    let Ok(dir) = std::env::var(DIR) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(confirm_and_carry_out(Path::new(&dir)));
    say("done");
}

/// What an agent does in whose queue one plan is staged, and somebody confirms it.
async fn confirm_and_carry_out(dir: &Path) {
    let variable = |name| std::env::var(name).unwrap();
    let points = Arc::new(Stepped::before_and_behind(variable(POINT).parse().unwrap()));
    let clock = Clock::starting_at(variable(NOW).parse().unwrap());
    let settings = || {
        let (base, _) = BaseUrl::parse(&variable(URL)).unwrap();
        Settings::new(
            base,
            Credential::ssws(&Secret::new(variable(TOKEN))).unwrap(),
        )
    };
    let reads = Arc::new(HttpTransport::new(&settings()).unwrap());
    let changes = HttpTransport::for_changes(&settings()).unwrap();
    let way = Way {
        reader: Reader::new(settings(), reads, clock.clone()),
        transport: Arc::new(SteppedWay(Arc::clone(&points), changes)),
        polled: Arc::new(|| None),
        world: Arc::new(calm_world),
        limits: oktop::action::guard::Limits::default(),
        touched: Arc::new(|_| {}),
    };
    let way = watch::Sender::new(Some(Arc::new(way)));
    let medium = Arc::new(SteppedDisk(points));
    let control = Control::open_on(medium, dir, &org_id(), clock.now()).unwrap();
    let events = Store::in_memory().unwrap().events;
    let queue = Queue::new(control, org_id(), events, clock, way.subscribe()).unwrap();
    let ending = watch::Sender::new(false);
    let runner = tokio::spawn(queue.clone().run(ending.subscribe()));
    confirm(&queue, 1).await;
    let mut news = queue.standing();
    while !rests(queue.control().progress(1).unwrap()[0].1.state) {
        news.changed().await.unwrap();
    }
    ending.send_replace(true);
    runner.await.unwrap();
    queue.control().close().unwrap();
}

pub(super) async fn confirm(queue: &Queue, number: u64) {
    let plan = queue.control().plan(number).unwrap().unwrap();
    let typed = match plan.challenge() {
        Challenge::Yes => String::new(),
        Challenge::Type(text) => text,
    };
    let digest = queue.digest(number, &plan).unwrap();
    let by = somebody();
    queue
        .confirm(number, &digest, &typed, &by, None)
        .await
        .unwrap();
}

fn rests(state: State) -> bool {
    let waits = matches!(state, State::Proposed | State::Blocked | State::NeedsHuman);
    state.is_final() || waits
}

/// A change in whose process something happens, and where its files are.
struct Victim {
    change: Change,
    dir: PathBuf,
}

/// What follows a change after its process was killed.
struct Heir {
    change: Change,
    queue: Queue,
    ending: watch::Sender<bool>,
    runner: JoinHandle<()>,
}

impl Rig {
    fn queue_in(&self, dir: &Path) -> Queue {
        let (clock, way) = (self.org.clock.clone(), self.way.subscribe());
        let control = Control::open_on(Arc::new(Disk), dir, &org_id(), clock.now()).unwrap();
        Queue::new(control, org_id(), self.events(), clock, way).unwrap()
    }

    /// Stages a change in a store of its own; nothing when it cannot be made any more.
    async fn victim(&self, change: Change, dir: PathBuf) -> Option<Victim> {
        let queue = self.queue_in(&dir);
        let staged = queue
            .stage(wanted(vec![change.clone()], OnFailure::Stop))
            .await;
        queue.control().close().unwrap();
        staged.ok().map(|_| Victim { change, dir })
    }

    /// Runs the process and kills it at a point; whether it came to its end before.
    async fn kill_at(&self, point: u32, victim: &Victim) -> bool {
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "queue::kills::child", "--nocapture"])
            .env(DIR, &victim.dir)
            .env(URL, &self.org.running.url)
            .env(TOKEN, &self.org.running.token)
            .env(NOW, self.org.clock.now().to_string())
            .env(POINT, point.to_string())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut end = None;
        while let Some(line) = lines.next_line().await.unwrap() {
            // The harness writes on the same line before.
            match line.rsplit_once("ack ").map(|(_, word)| word) {
                Some("here") => {
                    child.start_kill().unwrap();
                    end = Some(false);
                }
                Some("done") => end = Some(true),
                _ => {}
            }
        }
        child.wait().await.unwrap();
        end.unwrap_or_else(|| panic!("{:?} at {point}: the process failed", victim.change))
    }

    /// Kills the processes of these changes at a point, and looks what others make of what they leave. Whether all came to their end before
    /// they could be killed.
    async fn kill_all_at(&self, point: u32, changes: Vec<Change>, dir: &Path) -> bool {
        let dir = |n: usize| dir.join(format!("{point}-{n}"));
        let before = self.writes("").await.len();
        let mut victims = Vec::new();
        for (n, change) in changes.into_iter().enumerate() {
            victims.extend(self.victim(change, dir(n)).await);
        }
        let mut ends = Vec::new();
        for some in victims.chunks(2) {
            ends.extend(join_all(some.iter().map(|victim| self.kill_at(point, victim))).await);
        }
        self.org.hand.advance(Duration::from_secs(30));
        let heirs: Vec<Heir> = victims
            .into_iter()
            .map(|victim| self.heir(victim))
            .collect();
        self.all_rest(&heirs).await;
        let mut wrong = self.strays(before, &heirs).await;
        for heir in &heirs {
            wrong.extend(self.judge(heir).await.err());
        }
        assert!(wrong.is_empty(), "killed at {point}:\n{}", wrong.join("\n"));
        for heir in heirs {
            heir.ending.send_replace(true);
            heir.runner.await.unwrap();
            heir.queue.control().close().unwrap();
        }
        ends.into_iter().all(|is_done| is_done)
    }

    fn heir(&self, victim: Victim) -> Heir {
        let queue = self.queue_in(&victim.dir);
        let ending = watch::Sender::new(false);
        let runner = tokio::spawn(queue.clone().run(ending.subscribe()));
        Heir {
            change: victim.change,
            queue,
            ending,
            runner,
        }
    }

    /// Waits until nothing goes on by itself any more; the clock moves on whenever nothing happens.
    async fn all_rest(&self, heirs: &[Heir]) {
        let work = async {
            let mut news: Vec<_> = heirs.iter().map(|heir| heir.queue.standing()).collect();
            loop {
                news.iter_mut().for_each(watch::Receiver::mark_unchanged);
                if heirs.iter().all(|heir| rests(heir.now().1.state)) {
                    return;
                }
                let any = select_all(news.iter_mut().map(|one| one.changed().boxed()));
                if tokio::time::timeout(QUIET, any).await.is_err() {
                    self.go_on().await;
                }
            }
        };
        let rested = tokio::time::timeout(Duration::from_mins(4), work).await;
        assert!(rested.is_ok(), "it hangs");
    }

    /// Requests behind the first `before` that nobody knew of beforehand.
    async fn strays(&self, before: usize, heirs: &[Heir]) -> Vec<String> {
        let known: Vec<String> = heirs.iter().flat_map(Heir::attempts).collect();
        let is_known = |agent: &str| known.iter().any(|attempt| agent.contains(attempt.as_str()));
        let mut writes = self.writes("").await.split_off(before);
        writes.retain(|write| !is_known(write["agent"].as_str().unwrap()));
        writes
            .iter()
            .map(|write| format!("nobody knows of {write}"))
            .collect()
    }

    /// What is said in the end is what the org has, and nothing that harms was sent twice.
    async fn judge(&self, heir: &Heir) -> Result<(), String> {
        let (name, (op, progress)) = (heir.change.name(), heir.now());
        let wrong = |what: &str| Err(format!("{name} {op} is {progress:?}: {what}"));
        let (mut sent, mut done) = (0, 0);
        for attempt in heir.attempts() {
            for write in self.writes("").await {
                if write["agent"].as_str().unwrap().contains(&attempt) {
                    sent += 1;
                    let outcome = write["outcome"].as_u64();
                    // Whoever revokes support's access is sent on to the setting.
                    done += usize::from(outcome.is_some_and(|status| (200..400).contains(&status)));
                }
            }
        }
        if heir.change.class() == Class::Once && sent > 1 {
            return wrong(&format!("it was sent {sent} times"));
        }
        if heir.queue.control().verify().unwrap().is_err() {
            return wrong("its journal does not hold");
        }
        let found = self.reader.look(&heir.change).await.unwrap();
        let is_so = standing(&heir.change, &found.facts);
        match progress.state {
            State::Verified if done == 0 => wrong("nobody did it"),
            State::Verified if is_so == Standing::Possible => wrong("it is not so"),
            State::NeedsHuman if heir.change.class() != Class::Once => wrong("a person is asked"),
            State::Verified | State::NeedsHuman => Ok(()),
            _ if done > 0 => wrong(&format!("it was done {done} times")),
            _ if is_so == Standing::Done => wrong("it is so"),
            _ => Ok(()),
        }
    }
}

impl Heir {
    fn now(&self) -> (OpId, Progress) {
        self.queue.control().progress(1).unwrap().remove(0)
    }

    /// The names of its attempts.
    fn attempts(&self) -> Vec<String> {
        let attempts = self.queue.control().attempts(self.now().0).unwrap();
        attempts
            .iter()
            .map(|one| one.intent.attempt.to_string())
            .collect()
    }
}

/// Points from the first on, of which each has an org of its own when all changes are to meet it.
async fn every_point(first: u32, stride: usize) -> u32 {
    let all = std::env::var("OKTOP_QUEUE_KILLS").is_ok_and(|wish| wish == "all");
    let dir = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(calm()).await;
    for point in (first..).step_by(stride) {
        let changes = if all {
            rig = Rig::start(calm()).await;
            every_change(&rig).await
        } else {
            let number = usize::try_from(point).unwrap();
            let mut one_of_each = super::cuts::changes(&rig.org, number).await;
            // Of what is sent once, one is enough.
            one_of_each.remove(3);
            one_of_each
        };
        if rig.kill_all_at(point, changes, dir.path()).await {
            return point;
        }
    }
    u32::MAX
}

/// All changes: those that only take something back are made possible by what they take back.
async fn every_change(rig: &Rig) -> Vec<Change> {
    let mut changes = super::all::changes(&rig.org).await;
    let names: BTreeSet<&str> = changes.iter().map(Change::name).collect();
    let back = |change: &Change| match change.undo() {
        Undo::By(back, _) if !names.contains(back.name()) => Some((change.clone(), *back)),
        _ => None,
    };
    let backs: Vec<(Change, Change)> = changes.iter().filter_map(back).collect();
    for (change, back) in backs {
        rig.make(change.clone()).await;
        changes.retain(|other| *other != change);
        changes.push(back);
    }
    changes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_is_killed_anywhere_sends_nothing_twice_and_forgets_nothing() {
    // Two at a time: what takes long is to wait for files.
    let (even, odd) = tokio::join!(every_point(0, 2), every_point(1, 2));
    let points = even.max(odd);
    println!("{points} points");
    assert!(points > 20, "only {points} points");
}
