//! The tables of the control store, and how their values are written: as JSON, so that whoever has to look into a damaged one can.

use redb::{ReadTransaction, ReadableTable as _, Table, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::action::journal::{Entry, Link};
use crate::action::plan::{OpId, Plan};
use crate::action::progress::{Attempt, Progress};
use crate::domain::id::OrgId;
use crate::store::error::Fault;
use crate::store::file::put_schema;

type Bytes = &'static [u8];
/// A plan's number, an op's number in it.
type OpKey = (u64, u32);

pub(super) const META: TableDefinition<'_, &str, Bytes> = TableDefinition::new("meta");
const PLANS: TableDefinition<'_, u64, Bytes> = TableDefinition::new("plans");
const OPS: TableDefinition<'_, OpKey, Bytes> = TableDefinition::new("ops");
/// The third number is the attempt's, from 1.
const ATTEMPTS: TableDefinition<'_, (u64, u32, u32), Bytes> = TableDefinition::new("attempts");
/// Ops that have not ended.
const OPEN: TableDefinition<'_, OpKey, ()> = TableDefinition::new("open");
/// The hash of an entry, then its body.
const JOURNAL: TableDefinition<'_, u64, Bytes> = TableDefinition::new("journal");

pub(super) const SCHEMA: u32 = 1;
/// Where the org is.
const ORG: &str = "org";
/// Where it stands whether an agent has it open.
const RUNNING: &str = "running";
/// Where it stands why nothing is sent.
const HALTED: &str = "halted";
/// Bytes of a hash.
const LINK: usize = 32;

fn key(id: OpId) -> OpKey {
    (id.plan, id.op)
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(value)
        .map_err(|error| Fault::damaged(format!("a value cannot be written: {error}")))
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes)
        .map_err(|error| Fault::damaged(format!("a value cannot be read: {error}")))
}

/// Makes the tables of a new file, for this org.
pub(super) fn prepare(transaction: &WriteTransaction, org: &OrgId) -> Result<(), Fault> {
    transaction.open_table(PLANS)?;
    transaction.open_table(OPS)?;
    transaction.open_table(ATTEMPTS)?;
    transaction.open_table(OPEN)?;
    transaction.open_table(JOURNAL)?;
    let mut meta = transaction.open_table(META)?;
    meta.insert(ORG, json(org)?.as_slice())?;
    drop(meta);
    put_schema(transaction, META, SCHEMA)
}

/// What is read of it.
pub(super) struct Shelf<'t>(pub(super) &'t ReadTransaction);

impl Shelf<'_> {
    pub(super) fn org(&self) -> Result<Option<OrgId>, Fault> {
        let meta = self.0.open_table(META)?;
        let org = meta.get(ORG)?;
        org.map(|bytes| parsed(bytes.value())).transpose()
    }

    pub(super) fn plan(&self, number: u64) -> Result<Option<Plan>, Fault> {
        let bytes = self.0.open_table(PLANS)?.get(number)?;
        let plan = bytes.map(|bytes| parsed(bytes.value())).transpose()?;
        plan.map(|plan| self.with_made(number, plan)).transpose()
    }

    /// The plan with what its ops have made in the places that were kept for it.
    fn with_made(&self, number: u64, plan: Plan) -> Result<Plan, Fault> {
        if !plan.waits_for_made() {
            return Ok(plan);
        }
        let progress = self.progress(number)?;
        let of = |op: u32| {
            let (_, progress) = progress.iter().find(|(id, _)| id.op == op)?;
            progress.made.as_ref().map(ToString::to_string)
        };
        Ok(plan.with_made(of))
    }

    /// The numbers of plans below `before`, newest first.
    pub(super) fn plans(&self, before: u64, most: usize) -> Result<Vec<(u64, Plan)>, Fault> {
        let plans = self.0.open_table(PLANS)?;
        let newest = plans.range(..before)?.rev().take(most);
        newest
            .map(|row| {
                let (number, bytes) = row?;
                let plan = self.with_made(number.value(), parsed(bytes.value())?)?;
                Ok((number.value(), plan))
            })
            .collect()
    }

    pub(super) fn progress(&self, plan: u64) -> Result<Vec<(OpId, Progress)>, Fault> {
        let ops = self.0.open_table(OPS)?;
        ops.range((plan, 0)..=(plan, u32::MAX))?
            .map(|row| {
                let (key, bytes) = row?;
                let (plan, op) = key.value();
                Ok((OpId { plan, op }, parsed(bytes.value())?))
            })
            .collect()
    }

    pub(super) fn open_ops(&self) -> Result<Vec<(OpId, Progress)>, Fault> {
        let (open, ops) = (self.0.open_table(OPEN)?, self.0.open_table(OPS)?);
        open.iter()?
            .map(|row| {
                let (plan, op) = row?.0.value();
                let bytes = ops.get((plan, op))?;
                let bytes = bytes.ok_or_else(|| Fault::damaged("an open change has no row"))?;
                Ok((OpId { plan, op }, parsed(bytes.value())?))
            })
            .collect()
    }

    pub(super) fn attempts(&self, id: OpId) -> Result<Vec<Attempt>, Fault> {
        let attempts = self.0.open_table(ATTEMPTS)?;
        attempts
            .range((id.plan, id.op, 0)..=(id.plan, id.op, u32::MAX))?
            .map(|row| parsed(row?.1.value()))
            .collect()
    }

    /// Entries from the number `from` on.
    pub(super) fn journal(&self, from: u64, most: usize) -> Result<Vec<Entry>, Fault> {
        let journal = self.0.open_table(JOURNAL)?;
        let rows = journal.range(from..)?.take(most);
        rows.map(|row| {
            let (seq, bytes) = row?;
            entry(seq.value(), bytes.value())
        })
        .collect()
    }

    /// Number and hash of the last entry.
    pub(super) fn journal_end(&self) -> Result<(u64, Link), Fault> {
        end_of(&self.0.open_table(JOURNAL)?)
    }

    /// Why nothing is sent; `None` when it is.
    pub(super) fn halted(&self) -> Result<Option<String>, Fault> {
        let why = self.0.open_table(META)?.get(HALTED)?;
        why.map(|bytes| parsed(bytes.value())).transpose()
    }

    pub(super) fn is_running(&self) -> Result<bool, Fault> {
        Ok(self.0.open_table(META)?.get(RUNNING)?.is_some())
    }
}

/// The tables while they are written to.
pub(super) struct Desk<'t> {
    transaction: &'t WriteTransaction,
    plans: Table<'t, u64, Bytes>,
    ops: Table<'t, OpKey, Bytes>,
    attempts: Table<'t, (u64, u32, u32), Bytes>,
    open: Table<'t, OpKey, ()>,
    journal: Table<'t, u64, Bytes>,
}

impl<'t> Desk<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            transaction,
            plans: transaction.open_table(PLANS)?,
            ops: transaction.open_table(OPS)?,
            attempts: transaction.open_table(ATTEMPTS)?,
            open: transaction.open_table(OPEN)?,
            journal: transaction.open_table(JOURNAL)?,
        })
    }

    /// Adds a plan; its number, which none had before.
    pub(super) fn add_plan(&mut self, plan: &Plan) -> Result<u64, Fault> {
        let last = self.plans.last()?.map_or(0, |(number, _)| number.value());
        let number = last.saturating_add(1);
        self.plans.insert(number, json(plan)?.as_slice())?;
        Ok(number)
    }

    pub(super) fn plan(&self, number: u64) -> Result<Option<Plan>, Fault> {
        let bytes = self.plans.get(number)?;
        bytes.map(|bytes| parsed(bytes.value())).transpose()
    }

    pub(super) fn progress(&self, id: OpId) -> Result<Option<Progress>, Fault> {
        let bytes = self.ops.get(key(id))?;
        bytes.map(|bytes| parsed(bytes.value())).transpose()
    }

    pub(super) fn put_progress(&mut self, id: OpId, progress: &Progress) -> Result<(), Fault> {
        self.ops.insert(key(id), json(progress)?.as_slice())?;
        if progress.state.is_final() {
            self.open.remove(key(id))?;
        } else {
            self.open.insert(key(id), ())?;
        }
        Ok(())
    }

    /// The ops that have not ended.
    pub(super) fn open_ops(&self) -> Result<Vec<OpId>, Fault> {
        let rows = self.open.iter()?;
        rows.map(|row| {
            let (plan, op) = row?.0.value();
            Ok(OpId { plan, op })
        })
        .collect()
    }

    pub(super) fn attempt(&self, id: OpId, number: u32) -> Result<Option<Attempt>, Fault> {
        let bytes = self.attempts.get((id.plan, id.op, number))?;
        bytes.map(|bytes| parsed(bytes.value())).transpose()
    }

    pub(super) fn put_attempt(
        &mut self,
        id: OpId,
        number: u32,
        attempt: &Attempt,
    ) -> Result<(), Fault> {
        let bytes = json(attempt)?;
        self.attempts
            .insert((id.plan, id.op, number), bytes.as_slice())?;
        Ok(())
    }

    pub(super) fn journal_end(&self) -> Result<(u64, Link), Fault> {
        end_of(&self.journal)
    }

    pub(super) fn add_entry(&mut self, entry: &Entry) -> Result<(), Fault> {
        let mut bytes = entry.link.bytes().to_vec();
        bytes.extend_from_slice(entry.body.as_bytes());
        self.journal.insert(entry.seq, bytes.as_slice())?;
        Ok(())
    }

    /// Notes that an agent has the store open, or that it closed it in good order.
    pub(super) fn set_halted(&self, why: Option<&str>) -> Result<(), Fault> {
        let mut meta = self.transaction.open_table(META)?;
        match why {
            Some(why) => drop(meta.insert(HALTED, json(&why)?.as_slice())?),
            None => drop(meta.remove(HALTED)?),
        }
        Ok(())
    }

    pub(super) fn set_running(&self, running: bool) -> Result<(), Fault> {
        let mut meta = self.transaction.open_table(META)?;
        if running {
            meta.insert(RUNNING, [].as_slice())?;
        } else {
            meta.remove(RUNNING)?;
        }
        Ok(())
    }
}

fn end_of(journal: &impl redb::ReadableTable<u64, Bytes>) -> Result<(u64, Link), Fault> {
    match journal.last()? {
        Some((seq, bytes)) => Ok(entry(seq.value(), bytes.value())?.end()),
        None => Ok((0, Link::START)),
    }
}

fn entry(seq: u64, bytes: &[u8]) -> Result<Entry, Fault> {
    let damaged = || Fault::damaged(format!("entry {seq} of the journal cannot be read"));
    let (link, body) = bytes.split_at_checked(LINK).ok_or_else(damaged)?;
    let link: [u8; LINK] = link.try_into().map_err(|_| damaged())?;
    let body = std::str::from_utf8(body).map_err(|_| damaged())?;
    Ok(Entry {
        seq,
        link: Link::from_bytes(link),
        body: body.into(),
    })
}
