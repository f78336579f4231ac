//! Changes to Okta, as clients ask for them: the queue is opened once the org is known, is given the way to Okta while there is one, and
//! answers.

mod compose;
mod operator;
mod told;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use crate::action::guard::Limits;
use crate::action::plan::{OpId, Operator};
use crate::domain::id::{ObjectId, UserId};
use crate::msg::queue::{
    Confirmation, Draft, Handed, JournalFound, JournalLine, LeftOut, PlanLine, QueueAnswer,
    QueueAsk, QueueStatus, Which,
};
use crate::msg::{Answer, Problem, ProblemKind};
use crate::queue::{Queue, Staged, Trouble, Want, Wanted, Way};
use crate::sync::Order;

use super::engine::Engine;
use super::keeper::{Line, Online};
use super::problem;
use super::server;

/// Plans that are told at most in one list.
const MOST_PLANS: usize = 200;
/// Lines of the journal that are told at once.
const MOST_LINES: usize = 2_000;

/// What an agent is told about changes.
#[derive(Clone, Debug)]
pub struct Changes {
    /// Why nothing is ever changed; `None` when it may be.
    pub refused: Option<String>,
    /// Whether a console has to be opened for changes before it confirms any.
    pub needs_window: bool,
    /// The limits that guards keep to.
    pub limits: Limits,
    /// Ids of objects that nobody changes from here.
    pub protected: BTreeSet<String>,
    /// The accounts in the org that this machine's users have, by their names.
    pub accounts: BTreeMap<String, UserId>,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            refused: None,
            needs_window: true,
            limits: Limits::default(),
            protected: BTreeSet::new(),
            accounts: BTreeMap::new(),
        }
    }
}

/// Opens the queue as soon as it is known whose it is, and runs it until the agent ends.
pub(super) async fn keep(engine: Arc<Engine>, opened: watch::Sender<Option<Queue>>) {
    let way = watch::Sender::new(None);
    let mut ending = engine.ending.subscribe();
    let queue = tokio::select! {
        queue = open(&engine, way.subscribe()) => queue,
        () = server::ended(&mut ending) => return,
    };
    let queue = match queue {
        Ok(queue) => queue,
        Err(problem) => return tracing::error!(%problem, "there is no queue for changes"),
    };
    opened.send_replace(Some(queue.clone()));
    let runner = tokio::spawn(queue.clone().run(engine.ending.subscribe()));
    tokio::select! {
        () = follow(&engine, &way) => {}
        () = server::ended(&mut ending) => {}
    }
    // What is being sent comes to its end before the store is closed.
    let _ = runner.await;
    let control = queue.control().clone();
    let closed = tokio::task::spawn_blocking(move || control.close()).await;
    if let Ok(Err(error)) = closed {
        tracing::error!(%error, "the control store could not be closed");
    }
}

async fn open(engine: &Engine, way: watch::Receiver<Option<Arc<Way>>>) -> Result<Queue, Problem> {
    let mut line = engine.way.line.clone();
    let org = loop {
        if let Some(org) = engine.store.org() {
            break org;
        }
        line.changed().await.map_err(|_| problem::ending())?;
    };
    let (store, id, now) = (engine.store.clone(), org.id.clone(), engine.clock.now());
    let opened = tokio::task::spawn_blocking(move || store.control(&id, now)).await;
    let control = opened.map_err(|_| problem::ending())?;
    let control = control.map_err(|error| problem::of_store(&error))?;
    let events = engine.store.events.clone();
    let queue = Queue::new(control, org.id, events, engine.clock.clone(), way);
    queue.map_err(|trouble| of_trouble(&trouble))
}

/// Gives the queue the way to Okta whenever there is one.
async fn follow(engine: &Arc<Engine>, way: &watch::Sender<Option<Arc<Way>>>) {
    let mut line = engine.way.line.clone();
    loop {
        let online = match &*line.borrow_and_update() {
            Line::Up(online) => Some(Arc::clone(online)),
            _ => None,
        };
        way.send_replace(online.map(|online| Arc::new(way_of(engine, &online))));
        if line.changed().await.is_err() {
            return;
        }
    }
}

fn way_of(engine: &Arc<Engine>, online: &Arc<Online>) -> Way {
    let (for_log, for_sync) = (Arc::clone(online), Arc::clone(online));
    let (for_guards, of_guards) = (Arc::clone(engine), online.own.clone());
    Way {
        reader: online.reader.clone(),
        transport: Arc::clone(&online.changes),
        polled: Arc::new(move || for_log.sync.standings().borrow().polled),
        world: Arc::new(move || world::now(&for_guards, of_guards.clone())),
        limits: engine.facts.changes.limits,
        touched: Arc::new(move |object| {
            // Of a group or an app everybody in it would be read, too; the log's hints know better what to read.
            if !matches!(object, ObjectId::User(_)) {
                return;
            }
            // Nobody waits for it: the log tells of the change, too.
            let (reply, _) = oneshot::channel();
            for_sync.sync.order(Order::Object(object, reply));
        }),
    }
}

impl Engine {
    /// Answers what is asked about changes.
    pub(super) async fn queue(&self, ask: QueueAsk) -> Result<Answer, Problem> {
        let queue = self.changes.borrow().clone();
        let queue = queue.ok_or_else(|| problem::no_queue(&self.facts.host))?;
        let by = operator::own(&self.facts.changes.accounts);
        if let (Some(why), true) = (&self.facts.changes.refused, sends(&ask)) {
            return Err(problem::refused(why));
        }
        if let QueueAsk::Compose(recipe) = ask {
            let ready = self.compose(recipe).await?;
            return Ok(Answer::Queue(QueueAnswer::Ready(Box::new(ready))));
        }
        let answered = answer(&queue, ask, by).await;
        answered
            .map(Answer::Queue)
            .map_err(|trouble| of_trouble(&trouble))
    }

    /// How the queue stands.
    pub(super) fn queue_status(&self) -> QueueStatus {
        let standing = self
            .changes
            .borrow()
            .as_ref()
            .map(|queue| queue.standing().borrow().clone());
        told::status(standing.unwrap_or_default(), &self.facts.changes)
    }
}

/// Whether something goes to Okta because of it, sooner or later.
fn sends(ask: &QueueAsk) -> bool {
    matches!(
        ask,
        QueueAsk::Stage(_) | QueueAsk::Confirm(_) | QueueAsk::Undo(_) | QueueAsk::Again(_)
    )
}

async fn answer(queue: &Queue, ask: QueueAsk, by: Operator) -> Result<QueueAnswer, Trouble> {
    match ask {
        QueueAsk::Stage(draft) => told_staged(queue, queue.stage(wanted(draft, by)).await?).await,
        QueueAsk::List { before, limit } => list(queue, before, limit).map(QueueAnswer::Plans),
        QueueAsk::Show(number) => show(queue, number).await,
        QueueAsk::Rehearse(number) => Ok(QueueAnswer::Rehearsed(queue.rehearse(number).await?)),
        QueueAsk::Confirm(confirmation) => confirm(queue, confirmation, &by).await,
        QueueAsk::Drop(Which { plan, op }) => {
            let dropped = queue.drop_ops(plan, op, &by).await?;
            let what = if dropped == 1 { "change" } else { "changes" };
            Ok(QueueAnswer::Done(format!(
                "took {dropped} {what} out of the queue"
            )))
        }
        QueueAsk::Undo(Which { plan, op }) => {
            told_staged(queue, queue.undo(plan, op, by).await?).await
        }
        QueueAsk::Again(op) => told_staged(queue, queue.again(op, by).await?).await,
        QueueAsk::Say {
            op,
            was_done,
            reason,
        } => {
            queue.say(op, was_done, &by, &reason).await?;
            let said = if was_done { "was done" } else { "was not done" };
            Ok(QueueAnswer::Done(format!("noted that {op} {said}")))
        }
        QueueAsk::Halt(why) => {
            let why = why.unwrap_or_else(|| "somebody said so".to_owned());
            queue.halt(why, &by).await?;
            Ok(QueueAnswer::Done(
                "nothing more is sent; what was under way ends".to_owned(),
            ))
        }
        QueueAsk::Resume => {
            queue.resume(&by).await?;
            Ok(QueueAnswer::Done(
                "the queue goes on; confirm again what is to be sent".to_owned(),
            ))
        }
        QueueAsk::Secret(op) => Ok(QueueAnswer::Secret(handed(queue, op))),
        QueueAsk::Journal { from, limit } => journal(queue, from, limit),
        QueueAsk::Verify => verify(queue).await.map(QueueAnswer::Verified),
        // It needs no queue, and never comes here.
        QueueAsk::Compose(_) => Err(Trouble::Refused("there is nothing to compose".to_owned())),
    }
}

fn wanted(draft: Draft, by: Operator) -> Wanted {
    let want = |op: crate::msg::queue::DraftOp| Want {
        change: op.change,
        after: op.after,
        undo_of: op.undo_of,
    };
    Wanted {
        title: draft.title,
        reason: draft.reason,
        on_failure: draft.on_failure,
        ops: draft.ops.into_iter().map(want).collect(),
        by,
    }
}

async fn told_staged(queue: &Queue, staged: Staged) -> Result<QueueAnswer, Trouble> {
    let plan = told::plan(queue, staged.number).await?;
    let left_out: Vec<LeftOut> = staged.left_out.iter().map(told::left_out).collect();
    Ok(QueueAnswer::Staged(Box::new(plan), left_out))
}

async fn show(queue: &Queue, number: u64) -> Result<QueueAnswer, Trouble> {
    Ok(QueueAnswer::Plan(Box::new(
        told::plan(queue, number).await?,
    )))
}

fn list(queue: &Queue, before: Option<u64>, limit: usize) -> Result<Vec<PlanLine>, Trouble> {
    let plans = queue
        .control()
        .plans(before.unwrap_or(u64::MAX), limit.min(MOST_PLANS))?;
    plans
        .into_iter()
        .map(|(number, plan)| told::line(queue, number, &plan))
        .collect()
}

async fn confirm(
    queue: &Queue,
    confirmation: Confirmation,
    by: &Operator,
) -> Result<QueueAnswer, Trouble> {
    let Confirmation {
        plan,
        digest,
        typed,
        reason,
    } = confirmation;
    let reason = reason.map(|reason| reason.as_str().into());
    queue.confirm(plan, &digest, &typed, by, reason).await?;
    show(queue, plan).await
}

fn handed(queue: &Queue, op: OpId) -> Option<Handed> {
    let (what, secret) = queue.take_secret(op)?;
    Some(Handed {
        what: what.to_owned(),
        value: secret.expose().to_owned(),
    })
}

fn journal(queue: &Queue, from: u64, limit: usize) -> Result<QueueAnswer, Trouble> {
    let entries = queue.control().journal(from, limit.min(MOST_LINES))?;
    let line = |entry: crate::action::journal::Entry| JournalLine {
        seq: entry.end().0,
        line: entry.line().trim_end().to_owned(),
    };
    Ok(QueueAnswer::Journal(
        entries.into_iter().map(line).collect(),
    ))
}

async fn verify(queue: &Queue) -> Result<JournalFound, Trouble> {
    let control = queue.control().clone();
    let checked = tokio::task::spawn_blocking(move || control.verify()).await;
    let gone = || Trouble::from(crate::store::Error::Closed);
    let checked = checked.map_err(|_| gone())??;
    Ok(told::journal(checked))
}

/// What the queue said, for clients.
fn of_trouble(trouble: &Trouble) -> Problem {
    let of = |kind, hint: Option<&str>| Problem {
        kind,
        summary: trouble.to_string(),
        hint: hint.map(str::to_owned),
        column: None,
    };
    match trouble {
        Trouble::Refused(_) => of(ProblemKind::Refused, None),
        Trouble::NotFound(_) => of(
            ProblemKind::NotFound,
            Some("`oktop queue list --all` has them all"),
        ),
        Trouble::NoWay => of(ProblemKind::Network, Some("look at `oktop status`")),
        Trouble::Okta(error) => problem::of_okta(error),
        Trouble::Store(crate::store::Refused::Store(error)) => problem::of_store(error),
        Trouble::Store(_) => of(ProblemKind::Refused, None),
    }
}
