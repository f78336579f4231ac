//! One change, from its turn to its end: what it rests on is read once more, that it may be sent becomes durable, it is sent, and what came
//! back is judged.

use std::time::Duration;

use tokio::sync::watch;

use super::{Shared, Trouble, Want, Wanted, Way, stage};
use crate::action::facts::Facts;
use crate::action::plan::{OnFailure, Op, OpId, Plan};
use crate::action::progress::{Attempt, Ended, Move, Progress};
use crate::action::resolve::Seen;
use crate::action::standing::{Standing, seen, standing};
use crate::action::state::{State, Step};
use crate::action::verdict::Verdict;
use crate::domain::change::{Change, Holder};
use crate::domain::id::ObjectId;
use crate::domain::text::SafeText;
use crate::okta::{self, Found, Prepared, Sent, Writer};
use crate::store::Refused;

/// What has to pass before an op is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// This long.
    Short(Duration),
    /// Longer than the last time.
    Longer,
}

/// What goes on after the last look before sending.
pub(super) enum Checked {
    /// It is as it was when it was confirmed.
    Ready(Found),
    /// The step that ends the turn, and why.
    Not(Step, Option<String>, Option<Wait>),
}

/// Why a confirmation is not good any more when the agent is told to end.
const ENDING: &str = "the agent ended before it was sent: confirm it again";

/// Why a confirmation is not good any more by its age.
pub(super) const CONFIRMED_LONG_AGO: &str = "it was confirmed too long ago";

/// Resolves when the agent is told to end.
pub(super) async fn ended(ending: &watch::Receiver<bool>) {
    // It only fails when whoever would say so is gone, which is an end, too.
    let _ = ending.clone().wait_for(|ending| *ending).await;
}

impl Checked {
    fn ending() -> Self {
        Self::Not(Step::Unconfirm, Some(ENDING.to_owned()), None)
    }
}

impl Shared {
    /// Carries out an op whose turn it is; what has to pass before it is tried again, where it is.
    pub(super) async fn carry_out(
        &self,
        id: OpId,
        way: &Way,
        ending: &watch::Receiver<bool>,
    ) -> Result<Option<Wait>, Trouble> {
        let plan = self.plan(id.plan)?;
        let dispatch = Move::new(id, Step::Dispatch, self.clock.now());
        self.lead_or_owe(dispatch, self.nothing_sent(id)).await?;
        let checked = tokio::select! {
            checked = self.recheck(id, &plan, way) => checked,
            () = ended(ending) => Checked::ending(),
            () = self.led_away(id) => return Ok(None),
        };
        let found = match checked {
            Checked::Ready(found) => found,
            Checked::Not(step, why, wait) => {
                let why = match step {
                    Step::FindStale => Some(self.staged_anew(id, &plan).await),
                    _ => why,
                };
                self.step(id, step, why).await?;
                return Ok(wait);
            }
        };
        let change = &op_of(&plan, id).change;
        let attempt = format!("{:016x}", rand::random::<u64>());
        let prepared = match Prepared::new(change, &found, attempt) {
            Ok(prepared) => prepared,
            Err(why) => {
                return self
                    .give_up(id, Step::FindImpossible, why.to_string())
                    .await;
            }
        };
        let writer = Writer::new(&way.reader, way.transport.clone());
        // A limit may be exhausted for an hour; nobody waits so long for an agent that is to end.
        let turn = tokio::select! {
            turn = writer.turn(&prepared, change) => turn,
            () = ended(ending) => {
                return self.give_up(id, Step::Unconfirm, ENDING.to_owned()).await;
            }
            () = self.led_away(id) => return Ok(None),
        };
        let turn = match turn {
            Ok(turn) => turn,
            Err(error) => return self.not_sent(id, &error).await,
        };
        let gate = self.gate.lock().await;
        match self.guarded(id, &plan, way).await {
            Ok(None) => {}
            Ok(Some(why)) => return self.give_up(id, Step::Block, why).await,
            Err(trouble) => {
                self.step(id, Step::NotExecuted, Some(trouble.to_string()))
                    .await?;
                return Ok(Some(Wait::Longer));
            }
        }
        if let Some(why) = self.kept_back(id, &plan, ending)? {
            return self.give_up(id, Step::Unconfirm, why).await;
        }
        let mut intent = Move::new(id, Step::Send, self.clock.now());
        intent.intent = Some(prepared.intent());
        // From here on it may have been sent. That is durable before the first byte leaves.
        match self.lead_or_owe(intent, self.nothing_sent(id)).await {
            // Somebody took it back in the same moment.
            Err(Trouble::Store(Refused::NoWay(_))) => return Ok(None),
            led => led?,
        };
        drop(gate);
        let sent = turn.send().await;
        self.judge(id, &plan, way, sent).await
    }

    /// Resolves when somebody took back what is looked at once more: dropped it, or halted the queue.
    async fn led_away(&self, id: OpId) {
        let mut news = self.standing.subscribe();
        while self.is_rechecked(id) && news.changed().await.is_ok() {}
    }

    /// Whether it stands where its turn has put it. What cannot be read is not known to have been taken back.
    fn is_rechecked(&self, id: OpId) -> bool {
        let progress = self.control.progress(id.plan).unwrap_or_default();
        let own = progress.iter().find(|(other, _)| *other == id);
        own.is_none_or(|(_, own)| own.state == State::Rechecking)
    }

    /// Why it may not go out any more. Whoever waits for a limit may wait for longer than a confirmation is good.
    fn kept_back(
        &self,
        id: OpId,
        plan: &Plan,
        ending: &watch::Receiver<bool>,
    ) -> Result<Option<String>, Trouble> {
        if let Some(why) = self.halted.borrow().as_ref() {
            return Ok(Some(format!("halted: {why}")));
        }
        if *ending.borrow() {
            return Ok(Some(ENDING.to_owned()));
        }
        let progress = self.control.progress(id.plan)?;
        let own = progress.iter().find(|(other, _)| *other == id);
        let is_over =
            |(_, one): &(OpId, Progress)| one.is_out_of_date(plan.tier(), self.clock.now());
        let is_over = own.is_some_and(is_over);
        Ok(is_over.then(|| CONFIRMED_LONG_AGO.to_owned()))
    }

    /// What a guard has against it now; of the plan only what is left of it counts.
    async fn guarded(&self, id: OpId, plan: &Plan, way: &Way) -> Result<Option<String>, Trouble> {
        let only = Plan {
            ops: vec![op_of(plan, id).clone()],
            ..plan.clone()
        };
        let found = self.findings_by(&only, way).await?.into_iter().next();
        Ok(found.map(|finding| format!("refused: {}", finding.words)))
    }

    async fn step(&self, id: OpId, step: Step, why: Option<String>) -> Result<State, Trouble> {
        let mut moved = Move::new(id, step, self.clock.now());
        moved.why = why.as_deref().map(SafeText::new);
        self.lead_or_owe(moved.clone(), moved).await
    }

    /// What is noted of an op when what was to be sent could not be made durable, so that nothing was.
    fn nothing_sent(&self, id: OpId) -> Move {
        let why = "nothing was sent: the journal could not be written";
        Move::new(id, Step::NotExecuted, self.clock.now()).because(why)
    }

    async fn give_up(&self, id: OpId, step: Step, why: String) -> Result<Option<Wait>, Trouble> {
        self.step(id, step, Some(why)).await?;
        Ok(None)
    }

    async fn not_sent(&self, id: OpId, error: &okta::Error) -> Result<Option<Wait>, Trouble> {
        self.step(id, Step::NotExecuted, Some(error.to_string()))
            .await?;
        Ok(Some(Wait::Longer))
    }

    /// Reads what an op rests on and compares it with what it was when it was staged.
    pub(super) async fn recheck(&self, id: OpId, plan: &Plan, way: &Way) -> Checked {
        let op = op_of(plan, id);
        if let Some(maker) = op.change.makers().first() {
            let why = format!("the id of what {}.{maker} made is not known", id.plan);
            return Checked::Not(Step::FindImpossible, Some(why), None);
        }
        let found = match way.reader.look(&op.change).await {
            Ok(found) => found,
            Err(error) if error.is_denied() => {
                return Checked::Not(Step::FindImpossible, Some(words_of(&error)), None);
            }
            Err(error) => {
                return Checked::Not(
                    Step::NotExecuted,
                    Some(words_of(&error)),
                    Some(Wait::Longer),
                );
            }
        };
        let is_as_it_was = op.is_as_confirmed(&found.facts, follows_another(plan, id));
        let not = |step, why: &str| Checked::Not(step, Some(why.to_owned()), None);
        match standing(&op.change, &found.facts) {
            Standing::Done => not(Step::FindDone, "it was so already"),
            Standing::Gone(what) => not(Step::FindGone, what),
            Standing::NotKnown(fact) => not(
                Step::FindImpossible,
                &format!("Okta does not tell its `{fact}`"),
            ),
            Standing::Impossible(why) if is_as_it_was => not(Step::FindImpossible, &why),
            Standing::Impossible(_) => Checked::Not(Step::FindStale, None, None),
            Standing::Possible | Standing::Blind if is_as_it_was => Checked::Ready(found),
            Standing::Possible | Standing::Blind => Checked::Not(Step::FindStale, None, None),
        }
    }

    /// Stages an op again as it would be made now; in words what became of that.
    pub(super) async fn staged_anew(&self, id: OpId, plan: &Plan) -> String {
        match self.stage_again(id, plan).await {
            Ok(number) => format!("what it rests on has changed; staged anew as {number}.1"),
            Err(why) => format!("what it rests on has changed: {why}"),
        }
    }

    async fn stage_again(&self, id: OpId, plan: &Plan) -> Result<u64, String> {
        let op = op_of(plan, id);
        let wanted = Wanted {
            title: plan.title.clone(),
            reason: plan.reason.clone(),
            on_failure: OnFailure::Stop,
            ops: vec![Want {
                change: op.change.clone(),
                after: Vec::new(),
                undo_of: op.undo_of,
            }],
            by: plan.by.clone(),
        };
        let staged = stage::stage(self, wanted).await;
        staged
            .map(|staged| staged.number)
            .map_err(|trouble| trouble.to_string())
    }

    /// Notes what came of a request, and reads it back where that tells something.
    async fn judge(
        &self,
        id: OpId,
        plan: &Plan,
        way: &Way,
        sent: Sent,
    ) -> Result<Option<Wait>, Trouble> {
        let change = &op_of(plan, id).change;
        let verdict = Verdict::of(&sent.reply, change);
        let why = sent.words.clone().map(|words| told(&sent, &words));
        let (step, why, wait) = match verdict {
            Verdict::Accepted => (Step::Accept, None, None),
            Verdict::NotSent | Verdict::Later => (Step::NotExecuted, why, Some(Wait::Longer)),
            Verdict::Unknown | Verdict::ReadBack | Verdict::LookForBoth => {
                let step = self.by_reading(verdict, change, way).await;
                (step, why, None)
            }
            Verdict::Stale => (
                Step::FindStale,
                Some(self.staged_anew(id, plan).await),
                None,
            ),
            Verdict::Refused => (self.refused(id, change, way).await, why, None),
            Verdict::CredentialRefused => (Step::NotExecuted, why, Some(Wait::Longer)),
            Verdict::Elsewhere => (
                self.refused(id, change, way).await,
                Some("redirected elsewhere, which is never followed".to_owned()),
                None,
            ),
        };
        let halts = halts(verdict);
        // Nothing more goes out from now on; the journal has the answer before what it led to.
        if let Some(why) = halts {
            self.halted.send_replace(Some(why.to_owned()));
        }
        let finished = self.finish(id, step, why, verdict, sent).await;
        if let Some(why) = halts {
            self.halt_by_itself(why).await;
        }
        finished?;
        touch(way, change);
        if step == Step::Accept {
            self.read_back(id, change, way).await?;
        }
        Ok(wait)
    }

    /// What reading says of an answer that does not tell by itself.
    async fn by_reading(&self, verdict: Verdict, change: &Change, way: &Way) -> Step {
        if verdict == Verdict::Unknown {
            return Step::LoseAnswer;
        }
        match way.reader.look(change).await {
            Ok(found) => match seen(change, &found.facts) {
                Seen::After => Step::Verify,
                Seen::Gone => Step::FindGone,
                _ => Step::Refuse,
            },
            Err(_) => Step::LoseAnswer,
        }
    }

    /// What a refusal means. Of what an earlier request may have done it says nothing.
    async fn refused(&self, id: OpId, change: &Change, way: &Way) -> Step {
        let Ok(attempts) = self.control.attempts(id) else {
            return Step::LoseAnswer;
        };
        let earlier = attempts
            .split_last()
            .map_or(&[][..], |(_, earlier)| earlier);
        let is_unknown = |one: &Attempt| {
            let ended = one.ended.as_ref();
            ended.is_none_or(|ended| ended.verdict == Verdict::Unknown)
        };
        if !earlier.iter().any(is_unknown) {
            return Step::Refuse;
        }
        let found = way.reader.look(change).await;
        match found.map(|found| seen(change, &found.facts)) {
            Ok(Seen::After) => Step::Verify,
            Ok(Seen::Before) => Step::Refuse,
            Ok(Seen::Gone) => Step::FindGone,
            _ => Step::LoseAnswer,
        }
    }

    async fn finish(
        &self,
        id: OpId,
        step: Step,
        why: Option<String>,
        verdict: Verdict,
        sent: Sent,
    ) -> Result<(), Trouble> {
        if let Some((what, secret)) = sent.secret {
            self.secrets().put(id, what, secret, sent.at);
        }
        let mut moved = Move::new(id, step, self.clock.now());
        moved.why = why.as_deref().map(SafeText::new);
        moved.made = sent.made;
        moved.ended = Some(Ended {
            at: sent.at,
            reply: sent.reply,
            verdict,
            request_id: sent.request_id,
            words: sent.words,
        });
        self.lead_or_owe(moved.clone(), moved).await.map(drop)
    }

    /// Reads once whether it is so; what does not show yet is followed.
    async fn read_back(&self, id: OpId, change: &Change, way: &Way) -> Result<(), Trouble> {
        let Ok(found) = way.reader.look(change).await else {
            return Ok(());
        };
        match after_acceptance(change, &found.facts) {
            ReadBack::Settled(why) => {
                let why = why.map(str::to_owned);
                self.step(id, Step::Verify, why).await.map(drop)
            }
            ReadBack::NotYet => Ok(()),
        }
    }

    async fn halt_by_itself(&self, why: &str) {
        tracing::error!(why, "the queue halts");
        if let Err(trouble) = self.set_halted(Some(why.to_owned()), None).await {
            tracing::error!(%trouble, "that the queue is halted could not be noted");
        }
    }
}

/// Why nothing more is sent after such an answer.
fn halts(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::CredentialRefused => Some("Okta does not accept the credential (401)"),
        Verdict::Elsewhere => Some("the host redirects changes elsewhere, which is never followed"),
        _ => None,
    }
}

/// Tells the mirror what was touched.
pub(super) fn touch(way: &Way, change: &Change) {
    for object in objects_of(change) {
        (way.touched)(object);
    }
}

/// What a reading says of something that Okta took.
pub(super) enum ReadBack {
    /// It is settled, with something to say of it where it is otherwise by now.
    Settled(Option<&'static str>),
    /// It is as it was before.
    NotYet,
}

/// What a reading says of a change that Okta took.
pub(super) fn after_acceptance(change: &Change, facts: &Facts) -> ReadBack {
    match seen(change, facts) {
        Seen::After => ReadBack::Settled(None),
        Seen::Blind => ReadBack::Settled(Some("Okta took it; no reading can tell more")),
        Seen::Gone => ReadBack::Settled(Some("Okta took it; what it was about is gone since")),
        Seen::Otherwise => ReadBack::Settled(Some("Okta took it; it is otherwise since")),
        Seen::Before | Seen::Unreadable => ReadBack::NotYet,
    }
}

pub(super) fn op_of(plan: &Plan, id: OpId) -> &Op {
    &plan.ops[id.op as usize - 1]
}

/// Whether an earlier op of the plan is about the same things, so that they are otherwise by its doing.
pub(super) fn follows_another(plan: &Plan, id: OpId) -> bool {
    let locks = op_of(plan, id).change.locks();
    let earlier = &plan.ops[..id.op as usize - 1];
    earlier
        .iter()
        .any(|other| other.change.locks().iter().any(|lock| locks.contains(lock)))
}

fn words_of(error: &okta::Error) -> String {
    format!("it could not be looked at once more: {error}")
}

/// Okta's words with its code.
fn told(sent: &Sent, words: &SafeText) -> String {
    match &sent.reply {
        crate::action::verdict::Reply::Status { status, code } => {
            let code = code
                .as_deref()
                .map(|code| format!(" {code}"))
                .unwrap_or_default();
            format!("{words} ({status}{code})")
        }
        _ => words.to_string(),
    }
}

/// The users, groups and apps that a change is about.
fn objects_of(change: &Change) -> Vec<ObjectId> {
    let of_lock = |lock: crate::domain::change::Lock| -> Option<ObjectId> {
        let (kind, id) = lock.as_str().split_once(':')?;
        match kind {
            "user" => id.parse().ok().map(ObjectId::User),
            "group" => id.parse().ok().map(ObjectId::Group),
            "app" => id.parse().ok().map(ObjectId::App),
            _ => None,
        }
    };
    let mut objects: Vec<ObjectId> = change.locks().into_iter().filter_map(of_lock).collect();
    if let Change::GrantRole {
        holder: Holder::User(user),
        ..
    } = change
    {
        objects.push(ObjectId::User(user.clone()));
    }
    objects.dedup();
    objects
}
