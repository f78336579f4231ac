//! The queue: staged changes, their confirmation, and the runner that carries them out, each request sent once.
//!
//! [`Queue`] is what everybody may hold: it stages, confirms, drops, halts. The runner ([`Queue::run`]) is the only one that has an
//! [`okta::Writer`]. What both decide with is pure and lies in [`action`](crate::action); what both know is in the
//! control store, so that nothing is forgotten when the agent ends at any moment.

mod carry;
mod evidence;
mod rehearse;
mod runner;
mod secrets;
mod settle;
mod stage;
mod undo;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use crate::action::guard::{Finding, Limits, World, judge};
use crate::action::order::staged_for;
use crate::action::plan::{Challenge, OpId, Operator, Plan};
use crate::action::progress::{Move, Progress};
use crate::action::state::{State, Step};
use crate::clock::Clock;
use crate::domain::id::{ObjectId, OrgId};
use crate::domain::secret::Secret;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::okta::{self, Reader, Transport};
use crate::store::{Control, Events, Refused};

use secrets::Secrets;

pub use stage::{LeftOut, Staged, Want, Wanted};

/// Plans that are read at a time.
const PLANS_AT_ONCE: usize = 50;
/// What was sent in the last day was staged no longer ago: a day to be sent, a day to be confirmed, and an hour that that is good.
const OLDEST_SENT: Duration = Duration::from_hours(49);

/// The way to Okta while there is one.
#[derive(Clone)]
pub struct Way {
    /// Reads, through the interactive lane.
    pub reader: Reader,
    /// Sends changes, each over a connection of its own.
    pub transport: Arc<dyn Transport>,
    /// Up to when the polled log is complete, by Okta's clock.
    pub polled: Arc<dyn Fn() -> Option<Timestamp> + Send + Sync>,
    /// What guards go by, as the mirror has it; it reads the store.
    pub world: Arc<dyn Fn() -> World + Send + Sync>,
    /// The limits that guards keep to.
    pub limits: Limits,
    /// Is told of each object that was changed, so that the mirror need not wait for the log.
    pub touched: Arc<dyn Fn(ObjectId) + Send + Sync>,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Way({:?})", self.reader)
    }
}

/// Why something could not be done with the queue.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Trouble {
    /// It may not be: a guard, a digest of something else, a wrong answer to the challenge.
    #[error("{0}")]
    Refused(String),
    /// There is no such plan or change.
    #[error("there is no {0} in the queue")]
    NotFound(String),
    /// There is no way to Okta now.
    #[error("there is no way to Okta now")]
    NoWay,
    /// Okta, or the way to it.
    #[error(transparent)]
    Okta(#[from] okta::Error),
    /// The control store.
    #[error(transparent)]
    Store(#[from] Refused),
}

impl From<crate::store::Error> for Trouble {
    fn from(error: crate::store::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Whether something is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Why nothing is sent now.
    pub halted: Option<String>,
    /// How many ops stand where.
    pub open: BTreeMap<State, u32>,
    /// Grows with every step of an op.
    pub revision: u64,
}

/// The queue of one org. Cheap to clone; clones are the same.
#[derive(Clone)]
pub struct Queue {
    shared: Arc<Shared>,
}

struct Shared {
    control: Control,
    org: OrgId,
    events: Events,
    clock: Clock,
    way: watch::Receiver<Option<Arc<Way>>>,
    halted: watch::Sender<Option<String>>,
    standing: watch::Sender<Standing>,
    /// Told when something may be anybody's turn.
    wake: Notify,
    secrets: Mutex<Secrets>,
    /// Held from what the guards say until it is durable that something may have been sent: what counts against a limit is counted
    /// before the next one asks.
    gate: tokio::sync::Mutex<()>,
    /// Steps that could not be written when they were due. They are, before anything else is done.
    owed: Mutex<Vec<Move>>,
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queue({:?})", self.shared.control)
    }
}

impl Queue {
    /// The queue over a control store. Nothing is carried out until [`run`](Self::run).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(
        control: Control,
        org: OrgId,
        events: Events,
        clock: Clock,
        way: watch::Receiver<Option<Arc<Way>>>,
    ) -> Result<Self, Trouble> {
        let halted = control.halted()?;
        let shared = Shared {
            control,
            org,
            events,
            clock,
            way,
            halted: watch::Sender::new(halted),
            standing: watch::Sender::new(Standing::default()),
            wake: Notify::new(),
            secrets: Mutex::default(),
            gate: tokio::sync::Mutex::default(),
            owed: Mutex::default(),
        };
        shared.tell()?;
        Ok(Self {
            shared: Arc::new(shared),
        })
    }

    /// What was staged, sent and noted.
    pub fn control(&self) -> &Control {
        &self.shared.control
    }

    /// How it stands, now and whenever that changes.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.shared.standing.subscribe()
    }

    /// The hash that whoever confirms a plan has to have been shown.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn digest(&self, number: u64, plan: &Plan) -> Result<String, Trouble> {
        let digest = plan.digest(&self.shared.org, number);
        digest.map_err(|error| Trouble::Refused(error.to_string()))
    }

    /// Confirms a plan: what of it is staged, or was held back, goes out.
    ///
    /// # Errors
    /// [`Trouble::Refused`] when `digest` is of something else than what is there, `typed` is not what the challenge wants, or nothing
    /// of it can be confirmed.
    pub async fn confirm(
        &self,
        number: u64,
        digest: &str,
        typed: &str,
        by: &Operator,
        reason: Option<SafeText>,
    ) -> Result<(), Trouble> {
        let plan = self.shared.plan(number)?;
        if self.digest(number, &plan)? != digest {
            return Err(Trouble::Refused(
                "the plan is not the one that was shown; look at it again".to_owned(),
            ));
        }
        if let Some(finding) = self.findings(&plan).await?.into_iter().next() {
            return Err(Trouble::Refused(refusal(number, &finding)));
        }
        check_typed(&plan.challenge(), typed)?;
        if let Some(why) = self.shared.halted.borrow().clone() {
            return Err(Trouble::Refused(format!("the queue is halted: {why}")));
        }
        let ready = self.shared.steps(number, |state| match state {
            State::Proposed => Some(vec![Step::Confirm]),
            State::Blocked => Some(vec![Step::Unconfirm, Step::Confirm]),
            _ => None,
        })?;
        if ready.is_empty() {
            return Err(Trouble::Refused(format!(
                "nothing of plan {number} waits for a confirmation"
            )));
        }
        self.shared.lead_all(ready, by, reason).await?;
        self.shared.wake.notify_one();
        Ok(())
    }

    /// What keeps a plan from being carried out, as things are now.
    ///
    /// # Errors
    /// [`Trouble::NoWay`] without a way to Okta: the guards would not know whose credential it is.
    pub async fn findings(&self, plan: &Plan) -> Result<Vec<Finding>, Trouble> {
        self.shared.findings(plan).await
    }

    /// Takes what was not sent of a plan, or one op of it, out of the queue; how many.
    ///
    /// # Errors
    /// [`Trouble::Refused`] when nothing of it can be taken out any more.
    pub async fn drop_ops(
        &self,
        number: u64,
        op: Option<u32>,
        by: &Operator,
    ) -> Result<usize, Trouble> {
        self.shared.plan(number)?;
        let able = |state: State| {
            state
                .after(Step::Cancel)
                .is_ok()
                .then(|| vec![Step::Cancel])
        };
        let mut steps = self.shared.steps(number, able)?;
        steps.retain(|(id, _)| op.is_none_or(|op| id.op == op));
        if steps.is_empty() {
            return Err(Trouble::Refused(
                "nothing of it can be taken out: it was sent, or has ended".to_owned(),
            ));
        }
        let dropped = steps.len();
        self.shared.lead_all(steps, by, None).await?;
        Ok(dropped)
    }

    /// Notes what a person says of something that nobody could find out.
    ///
    /// # Errors
    /// [`Trouble::Refused`] when nobody has asked for that, or no reason is given.
    pub async fn say(
        &self,
        op: OpId,
        was_done: bool,
        by: &Operator,
        reason: &str,
    ) -> Result<(), Trouble> {
        if reason.trim().is_empty() {
            return Err(Trouble::Refused("say how you know".to_owned()));
        }
        let step = if was_done { Step::SayYes } else { Step::SayNo };
        let moved = Move::new(op, step, self.shared.clock.now());
        let moved = moved.by(by.clone()).because(reason.trim());
        self.shared.lead(moved).await.map(drop)
    }

    /// Sends nothing more, also after a restart. What is under way ends; what was confirmed has to be confirmed again.
    ///
    /// # Errors
    /// When that cannot be noted. Nothing is sent all the same.
    pub async fn halt(&self, why: String, by: &Operator) -> Result<(), Trouble> {
        self.shared.set_halted(Some(why.clone()), Some(by)).await?;
        self.unconfirm_all(&format!("halted: {why}"), by).await
    }

    /// Takes back every confirmation of what did not go out. What was under way and was found not to be executed is among that.
    async fn unconfirm_all(&self, why: &str, by: &Operator) -> Result<(), Trouble> {
        let not_sent = [State::Approved, State::Rechecking];
        for id in self.shared.open_in(&not_sent)? {
            let moved = Move::new(id, Step::Unconfirm, self.shared.clock.now());
            match self.shared.lead(moved.by(by.clone()).because(why)).await {
                // It went out in the same moment.
                Ok(_) | Err(Trouble::Store(Refused::NoWay(_))) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(())
    }

    /// Goes on after a halt.
    ///
    /// # Errors
    /// When that cannot be noted; then it stays halted.
    pub async fn resume(&self, by: &Operator) -> Result<(), Trouble> {
        let is_halted = self.shared.halted.borrow().is_some();
        if is_halted {
            let why = "halted since it was confirmed";
            self.unconfirm_all(why, by).await?;
        }
        self.shared.set_halted(None, Some(by)).await?;
        self.shared.wake.notify_one();
        Ok(())
    }

    /// A secret that Okta sent back of an op, and what it is. It is given once.
    pub fn take_secret(&self, op: OpId) -> Option<(&'static str, Secret)> {
        self.shared.secrets().take(op, self.shared.clock.now())
    }
}

fn refusal(number: u64, finding: &Finding) -> String {
    let op = finding.op.map(|op| format!(".{op}")).unwrap_or_default();
    format!("{number}{op}: {}", finding.words)
}

fn check_typed(challenge: &Challenge, typed: &str) -> Result<(), Trouble> {
    match challenge {
        Challenge::Yes => Ok(()),
        Challenge::Type(wanted) if typed == wanted => Ok(()),
        Challenge::Type(wanted) => Err(Trouble::Refused(format!(
            "to confirm it, type `{}`",
            SafeText::new(wanted)
        ))),
    }
}

impl Shared {
    fn secrets(&self) -> MutexGuard<'_, Secrets> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn plan(&self, number: u64) -> Result<Plan, Trouble> {
        let plan = self.control.plan(number)?;
        plan.ok_or_else(|| Trouble::NotFound(format!("plan {number}")))
    }

    async fn findings(&self, plan: &Plan) -> Result<Vec<Finding>, Trouble> {
        let way = self.way.borrow().clone().ok_or(Trouble::NoWay)?;
        self.findings_by(plan, &way).await
    }

    async fn findings_by(&self, plan: &Plan, way: &Way) -> Result<Vec<Finding>, Trouble> {
        let (of_world, limits) = (Arc::clone(&way.world), way.limits);
        let (control, now) = (self.control.clone(), self.clock.now());
        // Both read stores.
        let looked = move || (of_world(), destructive(&control, now));
        let looked = tokio::task::spawn_blocking(looked).await;
        let unasked = |_| Trouble::Refused("the guards cannot be asked".to_owned());
        let (world, destructive) = looked.map_err(unasked)?;
        let world = World {
            destructive: destructive?,
            ..world
        };
        Ok(judge(plan, &world, &limits))
    }

    /// Halts, or goes on, and notes who wanted that; in memory at once, so that nothing is sent while it is written.
    async fn set_halted(&self, why: Option<String>, by: Option<&Operator>) -> Result<(), Trouble> {
        if why.is_some() {
            self.halted.send_replace(why.clone());
        }
        let now = self.clock.now();
        let noted = self.control.halt(why.clone(), by.cloned(), now).await;
        if noted.is_ok() {
            self.halted.send_replace(why);
        }
        self.tell()?;
        Ok(noted?)
    }

    /// The ops of a plan with the steps that lead each on.
    fn steps(
        &self,
        number: u64,
        steps: impl Fn(State) -> Option<Vec<Step>>,
    ) -> Result<Vec<(OpId, Vec<Step>)>, Trouble> {
        let progress = self.control.progress(number)?;
        let ready = |(id, progress): (OpId, Progress)| Some((id, steps(progress.state)?));
        Ok(progress.into_iter().filter_map(ready).collect())
    }

    async fn lead_all(
        &self,
        steps: Vec<(OpId, Vec<Step>)>,
        by: &Operator,
        reason: Option<SafeText>,
    ) -> Result<(), Trouble> {
        for (id, steps) in steps {
            for step in steps {
                let mut moved = Move::new(id, step, self.clock.now()).by(by.clone());
                moved.why.clone_from(&reason);
                self.lead(moved).await?;
            }
        }
        Ok(())
    }

    fn open_in(&self, states: &[State]) -> Result<Vec<OpId>, Trouble> {
        let open = self.control.open_ops()?;
        let is_in =
            |(id, progress): (OpId, Progress)| states.contains(&progress.state).then_some(id);
        Ok(open.into_iter().filter_map(is_in).collect())
    }

    /// Leads an op on by `moved`. Where that cannot be written, `otherwise` is, as soon as anything can: nobody else leads it on.
    async fn lead_or_owe(&self, moved: Move, otherwise: Move) -> Result<State, Trouble> {
        let led = self.lead(moved).await;
        if let Err(Trouble::Store(Refused::Store(_))) = led {
            self.owed().push(otherwise);
        }
        led
    }

    /// Writes what could not be written before.
    async fn pay(&self) -> Result<(), Trouble> {
        loop {
            let Some(moved) = self.owed().first().cloned() else {
                return Ok(());
            };
            match self.lead(moved).await {
                // It was in the store already, and only the journal's file had failed.
                Ok(_) | Err(Trouble::Store(Refused::NoWay(_) | Refused::Beside(_))) => {
                    self.owed().remove(0);
                }
                Err(trouble) => return Err(trouble),
            }
        }
    }

    fn owed(&self) -> MutexGuard<'_, Vec<Move>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leads an op on and tells everybody.
    async fn lead(&self, moved: Move) -> Result<State, Trouble> {
        let led = self.control.lead(moved).await;
        self.tell()?;
        Ok(led?)
    }

    /// Tells how the queue stands.
    fn tell(&self) -> Result<(), Trouble> {
        let mut open = BTreeMap::new();
        for (_, progress) in self.control.open_ops()? {
            *open.entry(progress.state).or_default() += 1;
        }
        let halted = self.halted.borrow().clone();
        self.standing.send_modify(|standing| {
            standing.open = open;
            standing.halted = halted;
            standing.revision += 1;
        });
        Ok(())
    }
}

/// How often something was taken away in the last hour, and in the last day. Plans are gone through newest first, as far back as one may
/// have been staged that was sent today.
fn destructive(control: &Control, now: Timestamp) -> Result<(usize, usize), Trouble> {
    let (mut an_hour, mut a_day) = (0, 0);
    let mut before = u64::MAX;
    loop {
        let plans = control.plans(before, PLANS_AT_ONCE)?;
        let Some((last, _)) = plans.last() else {
            return Ok((an_hour, a_day));
        };
        before = *last;
        for (number, plan) in plans {
            if time::elapsed(plan.made, now) > OLDEST_SENT {
                return Ok((an_hour, a_day));
            }
            for ((_, progress), op) in control.progress(number)?.iter().zip(&plan.ops) {
                let age = time::elapsed(progress.since, now);
                let counts = op.change.is_destructive() && progress.attempts > 0;
                an_hour += usize::from(counts && age < Duration::from_hours(1));
                a_day += usize::from(counts && age < Duration::from_hours(24));
            }
        }
    }
}

/// When a plan that was staged then can no longer be confirmed.
pub fn expires(plan: &Plan) -> Timestamp {
    time::after(plan.made, staged_for(plan.tier()))
}
