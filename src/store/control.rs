//! `control.redb`: what oktop was told to do, what it did, and the journal of both. Nothing of it can be read anew from Okta.
//!
//! The operations are few and named. Each is one commit that holds the new state of an op and one entry of the journal, so that neither is
//! ever without the other; and before an operation returns, its entry is in the journal's file, too, durable. So what is about to be
//! sent is known in both places before anybody may send it.

mod journal;
mod notes;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ScopedJoinHandle;

use jiff::Timestamp;
use tokio::sync::oneshot;

use self::journal::JournalFile;
use self::notes::{Note, Staged};
use self::tables::{Desk, META, SCHEMA, Shelf, prepare};
use super::Settings;
use super::error::{Error, Fault};
use super::file::{RedbFile, guarded, words};
use super::ground::Ground;
use super::medium::Medium;
use super::writer::Writer;
use crate::action::journal::{Broken, Check, Entry, Link};
use crate::action::plan::{InvalidPlan, OpId, Operator, Plan};
use crate::action::progress::{Attempt, Move, Progress};
use crate::action::resolve::{Evidence, Seen};
use crate::action::state::{NoWay, State, Step};
use crate::domain::id::OrgId;

/// The store's file.
const CONTROL: &str = "control.redb";
/// The journal's.
const JOURNAL: &str = "journal.log";
/// What redb may keep of it in memory.
const CACHE_BYTES: usize = 4 << 20;
/// Entries that are copied into the journal's file at a time.
const COPIED: usize = 1_000;

/// Why an operation was not done. Nothing was changed, unless it is [`Refused::Store`]: see there.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Refused {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Plan(#[from] InvalidPlan),
    /// There is no such op.
    #[error("there is no change {0}")]
    NoSuchOp(OpId),
    /// It stands where this leads nowhere.
    #[error(transparent)]
    NoWay(#[from] NoWay),
    /// What is to be sent has to be said with the step that sends it and with no other, and what came of it only of what was sent.
    #[error("`{0:?}` does not go with what was said beside it")]
    Beside(Step),
    /// The store or the journal's file cannot be written, so nothing may be sent. A step may be in the store all the same, when only the file
    /// failed: whoever asked reads where the op stands before going on, and no later step is taken until the file has caught up.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The control store. Cheap to clone; clones are the same.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
    writer: Arc<Writer<Job>>,
}

struct Shared {
    file: RedbFile,
    journal: Mutex<JournalFile>,
    org: OrgId,
}

/// What the writer's thread does for somebody.
type Job = Box<dyn FnOnce(&Shared) + Send>;

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Control({:?})", self.shared.file.path())
    }
}

impl Control {
    /// Opens the store in `dir`, making it when it is missing. What an agent left in the middle of something, when it ended
    /// without being told to, is put where it is safe: what may have been sent is not known, and nothing is confirmed any more.
    ///
    /// # Errors
    /// When it holds another org, a newer version wrote it, it is damaged, or the journal's file is not its own.
    pub(super) fn open(
        ground: &Arc<Ground>,
        dir: &Path,
        org: &OrgId,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let file = RedbFile::on(ground, dir.join(CONTROL), CACHE_BYTES);
        make(&file, org)?;
        let end = file.read("read", |read| Shelf(read).journal_end())?;
        let entries = |from| file.read("read", |read| Shelf(read).journal(from, COPIED));
        let journal = JournalFile::open(ground, &dir.join(JOURNAL), end, entries)?;
        Self::start(file, journal, org, now)
    }

    /// The same on another medium than this machine's disk, for tests that crash it and fill it up.
    ///
    /// # Errors
    /// As for a store on a disk.
    pub fn open_on(
        medium: Arc<dyn Medium>,
        dir: &Path,
        org: &OrgId,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let dir = medium.prepare_dir(dir)?;
        let ground = Ground::new(medium, &dir, Settings::default());
        Self::open(&ground, &dir, org, now)
    }

    /// A store without a file, for tests and for campaigns under a manual clock.
    ///
    /// # Errors
    /// When the writer's thread cannot be started.
    pub fn in_memory(org: &OrgId, now: Timestamp) -> Result<Self, Error> {
        let file = RedbFile::in_memory(CONTROL);
        make(&file, org)?;
        Self::start(file, JournalFile::in_memory(JOURNAL), org, now)
    }

    fn start(
        file: RedbFile,
        journal: JournalFile,
        org: &OrgId,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let alarm = file.alarm();
        let shared = Arc::new(Shared {
            file,
            journal: Mutex::new(journal),
            org: org.clone(),
        });
        shared.recover(now)?;
        let of_writer = Arc::clone(&shared);
        let work = move |jobs: Vec<Job>| jobs.into_iter().for_each(|job| job(&of_writer));
        let writer = Writer::start("control", alarm, work).map_err(|source| Error::Io {
            operation: "start the writer of",
            path: shared.file.path().to_owned(),
            source: Arc::new(source),
        })?;
        Ok(Self {
            shared,
            writer: Arc::new(writer),
        })
    }

    /// Stages a plan; its number. Every op of it is [`State::Proposed`].
    ///
    /// # Errors
    /// [`Refused`] when the plan cannot be carried out in its order, or nothing can be written.
    pub async fn stage(&self, plan: Plan) -> Result<u64, Refused> {
        plan.check()?;
        self.run(move |shared| shared.stage(&plan)).await
    }

    /// Leads an op on; where it stands then.
    ///
    /// # Errors
    /// [`Refused`] when nothing leads there from where it stands, or not all can be written; then nothing may be sent.
    pub async fn lead(&self, moved: Move) -> Result<State, Refused> {
        self.run(move |shared| shared.lead(&moved)).await
    }

    /// Notes that nothing is sent any more, and why, or that the queue goes on; `by` is nobody where it halts by itself.
    ///
    /// # Errors
    /// [`Refused`] when that cannot be written.
    pub async fn halt(
        &self,
        why: Option<String>,
        by: Option<Operator>,
        at: Timestamp,
    ) -> Result<(), Refused> {
        self.run(move |shared| shared.halt(why.as_deref(), by.as_ref(), at))
            .await
    }

    /// Why nothing is sent; `None` when it is.
    ///
    /// # Errors
    /// When the disk fails.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is of one lifetime, and any is asked for"
    )]
    pub fn halted(&self) -> Result<Option<String>, Error> {
        self.read(|shelf| shelf.halted())
    }

    /// Notes what a reading found after the last attempt of an op, so many milliseconds after its end, or what the log has of it.
    ///
    /// # Errors
    /// [`Refused`] when it was never sent, or nothing can be written.
    pub async fn note(
        &self,
        op: OpId,
        look: Option<(u64, Seen)>,
        evidence: Option<Evidence>,
    ) -> Result<(), Refused> {
        self.run(move |shared| shared.note(op, look, evidence))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        let job = move |shared: &Shared| {
            // Whoever asked may be gone; it is done all the same.
            let _ = reply.send(work(shared));
        };
        self.writer.send(Box::new(job)).await?;
        match answer.await {
            Ok(done) => done,
            Err(_) => Err(self.writer.gone().into()),
        }
    }

    /// A plan; `None` when there is none with this number.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn plan(&self, number: u64) -> Result<Option<Plan>, Error> {
        self.read(|shelf| shelf.plan(number))
    }

    /// Plans with numbers below `before`, newest first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn plans(&self, before: u64, most: usize) -> Result<Vec<(u64, Plan)>, Error> {
        self.read(|shelf| shelf.plans(before, most))
    }

    /// How far the ops of a plan have come, in their order.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn progress(&self, plan: u64) -> Result<Vec<(OpId, Progress)>, Error> {
        self.read(|shelf| shelf.progress(plan))
    }

    /// All ops that have not ended.
    ///
    /// # Errors
    /// When the disk fails.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is of one lifetime, and any is asked for"
    )]
    pub fn open_ops(&self) -> Result<Vec<(OpId, Progress)>, Error> {
        self.read(|shelf| shelf.open_ops())
    }

    /// What was sent of an op, oldest first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn attempts(&self, op: OpId) -> Result<Vec<Attempt>, Error> {
        self.read(|shelf| shelf.attempts(op))
    }

    /// Entries of the journal from the number `from` on.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn journal(&self, from: u64, most: usize) -> Result<Vec<Entry>, Error> {
        self.read(|shelf| shelf.journal(from, most))
    }

    /// Checks the journal's file, and the store's own entries, from the first to the last; number and hash of that, or where one of them
    /// does not hold. A store in memory has no file.
    ///
    /// # Errors
    /// When either cannot be read.
    pub fn verify(&self) -> Result<Result<(u64, Link), Broken>, Error> {
        let (size_bytes, end) = self.shared.journal().extent();
        let path = self.shared.file.path().parent();
        let Some(path) = path.filter(|_| size_bytes > 0) else {
            return self.check_store(end);
        };
        let path = path.join(JOURNAL);
        let of_file = || check_file(path.clone(), size_bytes, end);
        // Each takes as long as the other, and neither needs it. Without another thread it only takes longer.
        let (in_store, in_file) = std::thread::scope(|scope| {
            let aside = std::thread::Builder::new().spawn_scoped(scope, of_file);
            let in_store = self.check_store(end);
            let in_file = aside.map_or_else(|_| Ok(of_file()), ScopedJoinHandle::join);
            (in_store, in_file)
        });
        let in_file =
            in_file.unwrap_or_else(|panic| Err(Fault::damaged(words(&*panic)).at("check", &path)));
        Ok(in_store?.and(in_file?))
    }

    fn check_store(&self, end: (u64, Link)) -> Result<Result<(u64, Link), Broken>, Error> {
        let mut check = Check::new(Some(end));
        let mut from = 1;
        while from <= end.0 {
            let entries = self.journal(from, COPIED)?;
            let Some(last) = entries.last() else { break };
            from = last.end().0 + 1;
            for entry in entries.iter().filter(|entry| entry.end().0 <= end.0) {
                if let Err(broken) = check.entry(entry) {
                    return Ok(Err(broken));
                }
            }
        }
        Ok(check.finish())
    }

    /// Number and hash of the journal's last entry.
    ///
    /// # Errors
    /// When the disk fails.
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method is of one lifetime, and any is asked for"
    )]
    pub fn journal_end(&self) -> Result<(u64, Link), Error> {
        self.read(|shelf| shelf.journal_end())
    }

    fn read<T>(&self, work: impl FnOnce(&Shelf<'_>) -> Result<T, Fault>) -> Result<T, Error> {
        let guarded = |read: &_| guarded(|| work(&Shelf(read)));
        self.shared.file.read("read", guarded)
    }

    /// Ends the writer's thread and notes that this was meant.
    ///
    /// # Errors
    /// When the disk fails; then the next start takes it for a crash.
    pub fn close(&self) -> Result<(), Error> {
        self.writer.stop();
        let mut journal = self.shared.journal();
        // Nobody writes to it any more; letting go of the file lets the next agent have it.
        *journal = JournalFile::in_memory(JOURNAL);
        drop(journal);
        let file = &self.shared.file;
        file.write_below_floor("write", |write| Desk::open(write)?.set_running(false))?;
        file.close()
    }
}

/// Makes the tables of a new file, and makes sure that an old one is this org's.
fn make(file: &RedbFile, org: &OrgId) -> Result<(), Error> {
    if file.schema(META, SCHEMA)?.is_none() {
        return file.write("prepare", |write| guarded(|| prepare(write, org)));
    }
    let found = file.read("read", |read| guarded(|| Shelf(read).org()))?;
    super::check_org(file.path(), found.as_ref(), Some(org))
}

impl Shared {
    fn journal(&self) -> MutexGuard<'_, JournalFile> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One commit with the entries that `work` gives, which are then in the journal's file, durable.
    fn write<T>(
        &self,
        at: Timestamp,
        work: impl FnOnce(&mut Desk<'_>, &mut Pen) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        let mut journal = self.journal();
        // What an earlier failure left out of the file comes first, and nothing more is done while it cannot be added.
        let (end, entries) = (self.end()?, |from| self.entries(from));
        journal.catch_up(end, entries)?;
        let (done, entries) = self.file.write("write", |write| {
            let mut desk = Desk::open(write)?;
            let mut pen = Pen {
                end: desk.journal_end()?,
                at,
                entries: Vec::new(),
            };
            if pen.end.0 == 0 {
                pen.note(&Note::Began {
                    org: &self.org,
                    tool: concat!("oktop/", env!("CARGO_PKG_VERSION")),
                })?;
            }
            let done = work(&mut desk, &mut pen)?;
            pen.entries
                .iter()
                .try_for_each(|entry| desk.add_entry(entry))?;
            Ok((done, pen.entries))
        })?;
        if !entries.is_empty() {
            journal.add(&entries)?;
        }
        Ok(done)
    }

    fn end(&self) -> Result<(u64, Link), Error> {
        self.file
            .read("read", |read| guarded(|| Shelf(read).journal_end()))
    }

    fn entries(&self, from: u64) -> Result<Vec<Entry>, Error> {
        self.file
            .read("read", |read| guarded(|| Shelf(read).journal(from, COPIED)))
    }

    fn stage(&self, plan: &Plan) -> Result<u64, Refused> {
        let staged = self.write(plan.made, |desk, pen| {
            let number = desk.add_plan(plan)?;
            for (op, _) in (1u32..).zip(&plan.ops) {
                let id = OpId { plan: number, op };
                desk.put_progress(id, &Progress::staged(plan.made))?;
            }
            let digest = plan
                .digest(&self.org, number)
                .map_err(|error| unwritable(&error))?;
            pen.note(&Note::staged(number, digest, plan))?;
            Ok(number)
        });
        Ok(staged?)
    }

    fn halt(&self, why: Option<&str>, by: Option<&Operator>, at: Timestamp) -> Result<(), Refused> {
        let noted = self.write(at, |desk, pen| {
            desk.set_halted(why)?;
            pen.note(&why.map_or(Note::Resumed { by }, |why| Note::Halted { why, by }))
        });
        Ok(noted?)
    }

    fn lead(&self, moved: &Move) -> Result<State, Refused> {
        if moved.intent.is_some() != (moved.step == Step::Send) {
            return Err(Refused::Beside(moved.step));
        }
        let led = self.write(moved.at, |desk, pen| {
            let Some((plan, mut progress)) = found(desk, moved.op)? else {
                return Ok(Err(Refused::NoSuchOp(moved.op)));
            };
            let from = progress.state;
            let to = match from.after(moved.step) {
                Ok(to) => to,
                Err(no_way) => return Ok(Err(no_way.into())),
            };
            if moved.intent.is_some() {
                progress.attempts = progress.attempts.saturating_add(1);
            }
            if !put_exchange(desk, moved, progress.attempts)? {
                return Ok(Err(Refused::Beside(moved.step)));
            }
            progress.go_on(moved.step, to, moved.at);
            progress.why.clone_from(&moved.why);
            progress.made = moved.made.clone().or(progress.made);
            desk.put_progress(moved.op, &progress)?;
            let change = &plan.ops[moved.op.op as usize - 1].change;
            pen.note(&Note::moved(moved, change, (from, to), progress.attempts))?;
            Ok(Ok(to))
        });
        led?
    }

    fn note(
        &self,
        op: OpId,
        look: Option<(u64, Seen)>,
        evidence: Option<Evidence>,
    ) -> Result<(), Refused> {
        let noted = self.file.write("write", |write| {
            let mut desk = Desk::open(write)?;
            let number = desk.progress(op)?.map_or(0, |progress| progress.attempts);
            let Some(mut attempt) = desk.attempt(op, number)? else {
                return Ok(Err(Refused::NoSuchOp(op)));
            };
            attempt.looks.extend(look);
            attempt.evidence = evidence.unwrap_or(attempt.evidence);
            desk.put_attempt(op, number, &attempt)?;
            Ok(Ok(()))
        });
        noted?
    }

    /// Notes that an agent has the store open; after one that did not close it, puts every op where it is safe.
    fn recover(&self, now: Timestamp) -> Result<(), Error> {
        let was_running = self
            .file
            .read("read", |read| guarded(|| Shelf(read).is_running()))?;
        if !was_running {
            return self
                .file
                .write("write", |write| Desk::open(write)?.set_running(true));
        }
        self.write(now, |desk, pen| {
            for id in desk.open_ops()? {
                let Some((plan, mut progress)) = found(desk, id)? else {
                    continue;
                };
                let (from, to) = (progress.state, progress.state.after_crash());
                if from == to {
                    continue;
                }
                progress.state = to;
                progress.since = now;
                // What may have been sent is followed by the confirmation that it was sent by.
                progress.confirmed = progress.confirmed.filter(|_| to == State::Unknown);
                progress.why = Some(after_crash(to).into());
                desk.put_progress(id, &progress)?;
                let which = Staged::of(id, &plan.ops[id.op as usize - 1].change);
                pen.note(&Note::Recovered { which, from, to })?;
            }
            Ok(())
        })
    }
}

/// Whether the first bytes of the journal's file are entries up to `end`, each behind the one before.
fn check_file(
    path: PathBuf,
    size_bytes: u64,
    end: (u64, Link),
) -> Result<Result<(u64, Link), Broken>, Error> {
    let mut check = Check::new(Some(end));
    let mut broken = None;
    let line = |line: &[u8]| {
        broken = check.line(line).err();
        broken.is_none()
    };
    journal::each_line(&path, size_bytes, line).map_err(|source| Error::Io {
        operation: "read",
        path,
        source: Arc::new(source),
    })?;
    Ok(broken.map_or_else(|| check.finish(), Err))
}

/// Why an op stands where it does after a crash.
fn after_crash(state: State) -> &'static str {
    match state {
        State::Unknown => "the agent ended while it was sent: it may have been done",
        _ => "the agent ended before it was sent: confirm it again",
    }
}

/// An op's plan and how far it has come.
fn found(desk: &Desk<'_>, id: OpId) -> Result<Option<(Plan, Progress)>, Fault> {
    let plan = desk.plan(id.plan)?.zip(desk.progress(id)?);
    let has_op = |(plan, _): &(Plan, Progress)| (1..=plan.ops.len()).contains(&(id.op as usize));
    Ok(plan.filter(has_op))
}

/// Keeps what is about to be sent, or what came of it; whether that fits what is known.
fn put_exchange(desk: &mut Desk<'_>, moved: &Move, number: u32) -> Result<bool, Fault> {
    if let Some(intent) = &moved.intent {
        let attempt = Attempt {
            intent: intent.clone(),
            began: moved.at,
            ended: None,
            looks: Vec::new(),
            evidence: Evidence::NotAsked,
        };
        desk.put_attempt(moved.op, number, &attempt)?;
    }
    let Some(ended) = &moved.ended else {
        return Ok(true);
    };
    match desk.attempt(moved.op, number)? {
        Some(mut attempt) if attempt.ended.is_none() => {
            attempt.ended = Some(ended.clone());
            desk.put_attempt(moved.op, number, &attempt)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Writes entries behind each other.
struct Pen {
    end: (u64, Link),
    at: Timestamp,
    entries: Vec<Entry>,
}

impl Pen {
    fn note(&mut self, note: &Note<'_>) -> Result<(), Fault> {
        let entry = Entry::after(self.end, self.at, note).map_err(|error| unwritable(&error))?;
        self.end = entry.end();
        self.entries.push(entry);
        Ok(())
    }
}

fn unwritable(error: &serde_json::Error) -> Fault {
    Fault::damaged(format!("a value cannot be written: {error}"))
}

#[cfg(test)]
mod tests;
