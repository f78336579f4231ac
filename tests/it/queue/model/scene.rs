//! Where a sequence is played: a queue with its runner, the disk below it, the org, and the book that watches both.

use std::collections::BTreeSet;
use std::path::Path;
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use jiff::Timestamp;
use oktop::action::guard::World;
use oktop::action::journal::Check;
use oktop::action::plan::{Challenge, OnFailure, OpId};
use oktop::action::progress::{Move, Progress};
use oktop::action::state::{State, Step};
use oktop::clock::{Clock, Hand};
use oktop::domain::change::{Change, FieldEdit, GroupProfile, Holder, Role};
use oktop::domain::secret::Secret;
use oktop::okta::{BaseUrl, Credential, Reader, Settings, Transport, TransportError};
use oktop::queue::{Queue, Want, Wanted, Way};
use oktop::store::{Control, Store};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::book::{Book, limits};
use super::okta::{Fate, GROUP, Org, USERS};
use super::{Act, Scripted};
use crate::queue::rig::{org_id, somebody};
use crate::store_disk::{Replay, SimDisk, Survives};

const DIR: &str = "/sim/data";
/// An exchange takes no longer.
const DEADLINE: Duration = Duration::from_secs(30);
const HOST: &str = "model.okta.com";
const SECRET: &str = "SSWS 00modelsecretmodelsecretmodelsecretmode";

/// A log that nothing was ever told to.
static LOG: LazyLock<Store> = LazyLock::new(|| Store::in_memory().unwrap());

/// The org with the book, which whoever sends and whoever plays both have.
#[derive(Default)]
struct Stage {
    org: Org,
    book: Book,
    control: Option<Control>,
    protected: BTreeSet<String>,
    meddled: BTreeSet<String>,
    calls: u64,
}

type Shared = Arc<Mutex<Stage>>;

fn locked(shared: &Shared) -> MutexGuard<'_, Stage> {
    shared.lock().unwrap()
}

/// The way to the org.
struct Line {
    shared: Shared,
    clock: Clock,
    /// Grows when answers that hang are let go.
    let_go: watch::Sender<u64>,
}

#[async_trait]
impl Transport for Line {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        let (fate, answer) = self.arrive(&request);
        if fate.hangs() {
            let mut let_go = self.let_go.subscribe();
            let now = *let_go.borrow_and_update();
            tokio::select! {
                _ = let_go.wait_for(|gone| *gone > now) => {}
                () = self.clock.sleep(DEADLINE) => {}
            }
        }
        answer
    }
}

impl Line {
    fn arrive(&self, request: &Request<Bytes>) -> (Fate, super::okta::Answer) {
        let mut world = locked(&self.shared);
        let world = &mut *world;
        world.calls += 1;
        let uri = request.uri();
        let shows = request
            .headers()
            .get("authorization")
            .map(|value| value.to_str().unwrap());
        if uri.scheme_str() != Some("https") || uri.host() != Some(HOST) || shows != Some(SECRET) {
            world
                .book
                .breaks
                .push(format!("I12: {uri} was asked with {shows:?}"));
        }
        let now = self.clock.now();
        if *request.method() == Method::GET {
            let query = uri.query().unwrap_or_default();
            return (Fate::Done, world.org.read(uri.path(), query, now));
        }
        let fate = world.org.fates.pop_front().unwrap_or(Fate::Done);
        let agent = request.headers()["user-agent"].to_str().unwrap();
        let attempt = agent
            .split("(attempt ")
            .nth(1)
            .unwrap()
            .trim_end_matches(')');
        let path = uri.path_and_query().unwrap().as_str();
        let (number, control) = (world.org.done.len(), world.control.clone().unwrap());
        world
            .book
            .arrives(&control, attempt, path, fate, number, now);
        (fate, world.org.change(fate, request, now))
    }
}

/// What of it lives and dies with an agent.
struct Agent {
    queue: Queue,
    runner: JoinHandle<()>,
    ending: watch::Sender<bool>,
    disk: SimDisk,
    replay: Replay,
}

pub(super) struct Scene {
    agent: Agent,
    shared: Shared,
    line: Arc<Line>,
    clock: Clock,
    hand: Hand,
    way: watch::Sender<Option<Arc<Way>>>,
    kept_way: Arc<Way>,
    names: u32,
}

impl Scene {
    pub(super) async fn begin() -> Self {
        let (clock, hand) = Clock::manual("2026-11-22T10:00:00Z".parse().unwrap());
        let shared: Shared = Arc::default();
        locked(&shared).org = Org::new();
        let line = Arc::new(Line {
            shared: Arc::clone(&shared),
            clock: clock.clone(),
            let_go: watch::Sender::new(0),
        });
        let (base, _) = BaseUrl::parse(HOST).unwrap();
        let token = Secret::new(SECRET[5..].to_owned());
        let settings = Settings::new(base, Credential::ssws(&token).unwrap());
        let (of_world, of_clock) = (Arc::clone(&shared), clock.clone());
        let way = Arc::new(Way {
            reader: Reader::new(settings, line.clone(), clock.clone()),
            transport: line.clone(),
            polled: Arc::new(move || Some(of_clock.now())),
            world: Arc::new(move || World {
                protected: locked(&of_world).protected.clone(),
                super_admins: Some(BTreeSet::new()),
                admin_groups: Some(BTreeSet::new()),
                users: Some(100_000),
                ..World::default()
            }),
            limits: limits(),
            touched: Arc::new(|_| {}),
        });
        let kept_way = Arc::clone(&way);
        let way = watch::Sender::new(Some(way));
        let agent = Agent::start(SimDisk::new(), &shared, &clock, &way);
        let scene = Self {
            agent,
            shared,
            line,
            clock,
            hand,
            way,
            kept_way,
            names: 0,
        };
        scene.quiet().await;
        scene
    }

    fn world(&self) -> MutexGuard<'_, Stage> {
        locked(&self.shared)
    }

    fn control(&self) -> &Control {
        self.agent.queue.control()
    }

    /// Everybody has a turn: the runner, the store's writer, and whoever reads stores.
    async fn turn(&self) {
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
        // It is refused before anything is read or written, behind all that was asked before.
        let nothing = Move::new(OpId { plan: 1, op: 1 }, Step::Send, Timestamp::MIN);
        let _ = self.control().lead(nothing).await;
        tokio::task::spawn_blocking(|| ()).await.unwrap();
    }

    /// Waits until nobody does anything but wait.
    async fn quiet(&self) {
        let (mut before, mut same) = (None, 0);
        for _ in 0..200 {
            self.turn().await;
            let revision = self.agent.queue.standing().borrow().revision;
            let now = (self.world().calls, revision, self.hand.next_deadline());
            same = if before == Some(now) { same + 1 } else { 0 };
            before = Some(now);
            if same == 2 {
                return;
            }
        }
    }

    /// Does something to its end; time passes while it waits.
    async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        for _ in 0..1_000 {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.quiet() => self.on_to_the_next(),
            }
        }
        unreachable!("it hangs")
    }

    fn on_to_the_next(&self) {
        if let Some(next) = self.hand.next_deadline() {
            self.hand.set(next);
        }
    }

    /// The plan that stands so far from the newest.
    fn plan(&self, back: u8) -> Option<u64> {
        let plans = self.control().plans(u64::MAX, 50).unwrap();
        let place = usize::from(back) % plans.len().max(1);
        plans.get(place).map(|(number, _)| *number)
    }

    fn progress(&self) -> Vec<(OpId, Progress)> {
        let plans = self.control().plans(u64::MAX, 200).unwrap();
        let of = |(number, _): &(u64, _)| self.control().progress(*number).unwrap();
        plans.iter().flat_map(of).collect()
    }

    pub(super) async fn play(&mut self, (act, turns): &Scripted) {
        self.hand.advance(Duration::from_millis(1));
        self.act(act).await;
        match turns {
            None => self.quiet().await,
            Some(turns) => {
                for _ in 0..*turns {
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    async fn act(&mut self, act: &Act) {
        match act {
            Act::Stage(ops, goes_on) => self.stage(ops, *goes_on).await,
            Act::Confirm(back, rightly) => self.confirm(*back, *rightly).await,
            Act::Drop(back) => {
                if let Some(plan) = self.plan(*back) {
                    let dropped = self.agent.queue.drop_ops(plan, None, &somebody()).await;
                    if dropped.is_ok() {
                        let progress = self.progress();
                        self.world().book.drop_cancelled(&progress);
                    }
                }
            }
            Act::Undo(back) => {
                if let Some(plan) = self.plan(*back) {
                    let _ = self
                        .drive(self.agent.queue.undo(plan, None, somebody()))
                        .await;
                }
            }
            Act::Again(back) => {
                if let Some(plan) = self.plan(*back) {
                    let op = OpId { plan, op: 1 };
                    let _ = self.drive(self.agent.queue.again(op, somebody())).await;
                }
            }
            Act::Say(done) => {
                for (op, progress) in self.progress() {
                    if progress.state == State::NeedsHuman {
                        let said = self.agent.queue.say(op, *done, &somebody(), "seen").await;
                        let _ = said;
                    }
                }
            }
            Act::Halt => {
                let _ = self.agent.queue.halt("a test".into(), &somebody()).await;
                let now = self.clock.now();
                self.world().book.halt(Some(now));
            }
            Act::Resume => {
                self.quiet().await;
                if self.agent.queue.resume(&somebody()).await.is_ok() {
                    if self.world().book.is_halted() {
                        self.unconfirm();
                    }
                    self.world().book.halt(None);
                }
            }
            Act::Fates(fates) => self.world().org.fates = fates.iter().copied().collect(),
            Act::Blind(reads) => self.world().org.blind = u32::from(*reads),
            Act::Meddle(user, what) => {
                let user = USERS[usize::from(*user)];
                let mut world = self.world();
                world.org.meddle(user, *what);
                world.meddled.insert(format!("user:{user}"));
            }
            Act::Protect(user) => {
                self.quiet().await;
                let user = user.map(|user| USERS[usize::from(user)]);
                let now = self.clock.now();
                let mut world = self.world();
                world.protected = user.map(str::to_owned).into_iter().collect();
                world.book.protect(None, now);
                world.book.protect(user, now);
            }
            Act::Way(is_there) => {
                let way = is_there.then(|| Arc::clone(&self.kept_way));
                self.way.send_replace(way);
            }
            Act::Tick(times) => {
                for _ in 0..*times {
                    self.quiet().await;
                    self.on_to_the_next();
                }
            }
            Act::Pass(span) => {
                self.quiet().await;
                self.hand.advance(*span);
            }
            Act::LetGo => self.let_go(),
            Act::Restart => self.restart().await,
            Act::Kill => self.crash(None).await,
            Act::Cut(how) => self.crash(Some(*how)).await,
            Act::Full(is_full) => self.agent.disk.limit(is_full.then_some(0)),
        }
    }

    fn let_go(&self) {
        self.line.let_go.send_modify(|gone| *gone += 1);
    }

    fn unconfirm(&self) {
        let progress = self.progress();
        self.world().book.unconfirm(&progress);
    }

    async fn stage(&mut self, ops: &[(u8, u8)], goes_on: bool) {
        let want = |(what, user): &(u8, u8)| {
            self.names += 1;
            Want {
                change: change(*what, USERS[usize::from(*user)], self.names),
                after: Vec::new(),
                undo_of: None,
            }
        };
        let wanted = Wanted {
            title: "a test".into(),
            reason: None,
            on_failure: if goes_on {
                OnFailure::GoOn
            } else {
                OnFailure::Stop
            },
            ops: ops.iter().map(want).collect(),
            by: somebody(),
        };
        let _ = self.drive(self.agent.queue.stage(wanted)).await;
    }

    async fn confirm(&self, back: u8, rightly: bool) {
        let Some(number) = self.plan(back) else {
            return;
        };
        let queue = &self.agent.queue;
        let plan = self.control().plan(number).unwrap().unwrap();
        let mut digest = queue.digest(number, &plan).unwrap();
        let typed = match plan.challenge() {
            Challenge::Yes => String::new(),
            Challenge::Type(text) => text,
        };
        if !rightly {
            digest = digest.replace(['1', 'a'], "2");
        }
        // It may go out before whoever confirms is told so; that it was refused is seen by where it stands.
        let by = somebody();
        let now = self.clock.now();
        // What was confirmed too long ago goes back by itself, perhaps not before this confirmation comes.
        let is_ready = |(op, progress): (OpId, Progress)| {
            let waits = matches!(progress.state, State::Proposed | State::Blocked);
            let is_old = matches!(progress.state, State::Approved | State::Rechecking)
                && !self.world().book.is_good(op, &plan, now);
            (waits || is_old).then_some(op)
        };
        let progress = self.control().progress(number).unwrap();
        let ready: Vec<OpId> = progress.into_iter().filter_map(is_ready).collect();
        let book_before = self.world().book.confirmations();
        if rightly {
            self.world().book.confirmed(ready.into_iter(), now);
        }
        let told = self
            .drive(queue.confirm(number, &digest, &typed, &by, None))
            .await;
        if told.is_err() {
            self.world()
                .book
                .put_back(&book_before, self.control(), number);
        }
        if !rightly && told.is_ok() {
            self.world().book.breaks.push(format!(
                "I3: {number} was confirmed by who was not shown it"
            ));
        }
    }

    /// Ends the agent as it is told to and starts another.
    async fn restart(&mut self) {
        self.let_go();
        self.agent.ending.send_replace(true);
        let runner = std::mem::replace(&mut self.agent.runner, tokio::spawn(async {}));
        self.drive(runner).await.unwrap();
        let closed = self.control().close();
        // A store that could not be closed is still open, and whatever it writes from now on is written by nobody.
        let disk = &self.agent.disk;
        let disk = if closed.is_ok() {
            disk.clone()
        } else {
            disk.copy()
        };
        disk.limit(None);
        self.begin_again(disk, closed.is_ok());
    }

    /// Ends the agent at once, and leaves of the disk what was written; of what was not synced, as much as a cut of power leaves.
    async fn crash(&mut self, cut: Option<u8>) {
        self.agent.runner.abort();
        let survives = match cut {
            None => Survives::All,
            Some(0) => Survives::None,
            Some(1) => Survives::Some,
            Some(_) => Survives::Torn(512),
        };
        let mut dice = StdRng::seed_from_u64(1);
        for op in self.agent.disk.recorded() {
            self.agent.replay.step(&op);
        }
        let disk = self.agent.replay.cut(survives, &mut dice).disk();
        let runner = std::mem::replace(&mut self.agent.runner, tokio::spawn(async {}));
        let _ = runner.await;
        self.let_go();
        self.hand.advance(Duration::from_secs(1));
        self.begin_again(disk, false);
    }

    fn begin_again(&mut self, disk: SimDisk, in_order: bool) {
        self.world().control = None;
        if !in_order {
            self.unconfirm();
        }
        self.agent = Agent::start(disk, &self.shared, &self.clock, &self.way);
        let control = self.control().clone();
        let mut world = self.world();
        world.book.check_intents(&control);
        drop(world);
        self.check_journal();
        let halted = self.control().halted().unwrap();
        if self.world().book.is_halted() && halted.is_none() {
            // A halt that could not be noted holds while the agent lives.
            self.world().book.halt(None);
        }
    }

    /// The journal's file holds, is the store's, and tells how each op came to where it stands.
    fn check_journal(&self) {
        let bytes = self.agent.disk.content(&Path::new(DIR).join("journal.log"));
        let mut check = Check::new(Some(self.control().journal_end().unwrap()));
        let mut told = std::collections::BTreeMap::new();
        let mut broken = None;
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            broken = broken.or(check.line(line).err());
            let body = line.get(65..).unwrap_or_default();
            let entry: Value = serde_json::from_slice(body).unwrap_or_default();
            if let (Some(op), Some(from)) = (entry["op"].as_str(), entry["from"].as_str()) {
                let before = told.insert(op.to_owned(), entry["to"].as_str().unwrap().to_owned());
                if before.as_deref().unwrap_or("proposed") != from {
                    let words = format!("I8: {op} went on from {from} and stood at {before:?}");
                    self.world().book.breaks.push(words);
                }
            }
        }
        if let Some(broken) = broken.or(check.finish().err()) {
            self.world()
                .book
                .breaks
                .push(format!("I8: the journal does not hold: {broken}"));
        }
        for (op, progress) in self.progress() {
            let state = json!(progress.state);
            let is = told.get(&op.to_string()).map_or("proposed", String::as_str);
            if state != is {
                let words = format!("I8: {op} is {state}, and the journal says {is}");
                self.world().book.breaks.push(words);
            }
        }
    }

    /// Everything is well again: all comes to its end, and is as the org has it. What was broken.
    pub(super) async fn end(mut self) -> Vec<String> {
        self.act(&Act::Protect(None)).await;
        self.way.send_replace(Some(Arc::clone(&self.kept_way)));
        self.agent.disk.limit(None);
        self.world().org.fates.clear();
        self.world().org.blind = 0;
        self.let_go();
        self.quiet().await;
        self.act(&Act::Resume).await;
        let mut moves_on = true;
        for _ in 0..600 {
            self.quiet().await;
            let goes_on = |(_, one): &(OpId, Progress)| {
                matches!(
                    one.state,
                    State::Approved
                        | State::Rechecking
                        | State::InFlight
                        | State::Accepted
                        | State::Unknown
                )
            };
            moves_on = self.control().open_ops().unwrap().iter().any(goes_on);
            if !moves_on {
                break;
            }
            self.on_to_the_next();
        }
        if moves_on {
            let open = self.control().open_ops().unwrap();
            self.world()
                .book
                .breaks
                .push(format!("it does not come to its end: {open:?}"));
        }
        self.check_journal();
        self.check_truth();
        self.agent.runner.abort();
        std::mem::take(&mut self.world().book.breaks)
    }

    /// Nothing that was carried out is said not to have been, and nothing that was not is said to have been.
    fn check_truth(&self) {
        let all = self.progress();
        let change_of = |id: &OpId| {
            let plan = self.control().plan(id.plan).unwrap().unwrap();
            plan.ops[id.op as usize - 1].change.clone()
        };
        let locks: Vec<(OpId, BTreeSet<String>)> = all
            .iter()
            .map(|(id, _)| (*id, super::book::ids(&change_of(id))))
            .collect();
        let mut world = self.world();
        for ((id, progress), (_, own)) in all.iter().zip(&locks) {
            let alone = own.is_disjoint(&world.meddled)
                && locks
                    .iter()
                    .all(|(other, theirs)| other == id || own.is_disjoint(theirs));
            let arrivals = world.book.arrivals.get(id).into_iter().flatten();
            let done = arrivals.filter(|one| world.org.done[one.number]).count();
            let change = change_of(id);
            let class = change.class();
            if class == oktop::domain::change::Class::Once && done > 1 {
                world
                    .book
                    .breaks
                    .push(format!("I2: {id} was carried out {done} times"));
            }
            let is_wrong = match progress.state {
                State::Verified => done == 0,
                State::NeedsHuman | State::ResolvedYes | State::ResolvedNo => false,
                // What nobody can read and may be done twice waits for a confirmation again, and that is all that is said of it.
                State::Proposed | State::Blocked | State::Cancelled | State::Expired
                    if matches!(change, Change::ClearSessions { .. }) =>
                {
                    false
                }
                _ => done > 0,
            };
            if alone && is_wrong {
                let state = progress.state.word();
                world.book.breaks.push(format!(
                    "truth: {id} {change:?} is {state} and was carried out {done} times"
                ));
            }
        }
    }
}

impl Agent {
    fn start(
        disk: SimDisk,
        shared: &Shared,
        clock: &Clock,
        way: &watch::Sender<Option<Arc<Way>>>,
    ) -> Self {
        let replay = disk.record();
        let medium = Arc::new(disk.clone());
        let control = Control::open_on(medium, Path::new(DIR), &org_id(), clock.now()).unwrap();
        locked(shared).control = Some(control.clone());
        let queue = Queue::new(
            control,
            org_id(),
            LOG.events.clone(),
            clock.clone(),
            way.subscribe(),
        );
        let queue = queue.unwrap();
        let ending = watch::Sender::new(false);
        let runner = tokio::spawn(queue.clone().run(ending.subscribe()));
        Self {
            queue,
            runner,
            ending,
            disk,
            replay,
        }
    }
}

/// A change of each class.
fn change(what: u8, user: &str, name: u32) -> Change {
    let user = user.parse().unwrap();
    let group = GROUP.parse().unwrap();
    match what {
        0 => Change::AddMember { group, user },
        1 => Change::RemoveMember { group, user },
        2 => Change::ClearSessions {
            user,
            oauth_tokens: true,
            forget_devices: false,
        },
        3 => Change::SuspendUser { user },
        4 => Change::UnsuspendUser { user },
        5 => Change::UpdateUser {
            user,
            fields: vec![FieldEdit {
                name: "city".into(),
                before: None,
                after: Some(json!(format!("city {name}"))),
            }],
        },
        6 => Change::CreateGroup(GroupProfile::named(&format!("Made-{name}"))),
        _ => Change::GrantRole {
            holder: Holder::User(user),
            role: Role::Standard("HELP_DESK_ADMIN".into()),
        },
    }
}
