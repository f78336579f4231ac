//! All users, as lists need them: blocks of columns in memory, the records themselves on disk.
//!
//! A user costs about a tenth of a kilobyte here, whatever its profile holds. A window is answered from a [`Snapshot`], which shares the
//! blocks and holds no lock: a commit that comes meanwhile copies what it changes.
//! Filters that have been answered are remembered, since a list that is scrolled asks for the same one again, and one that is
//! being typed only has less and less to look through.

mod arena;
mod block;
mod ids;
mod search;
mod window;
mod words;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use redb::{ReadTransaction, ReadableTable as _};

use super::model::Knowledge;
use super::order::OrderCache;
use super::record::Record;
use super::tables;
use crate::domain::id::{Kind, UserId};
use crate::domain::text::SafeText;
use crate::domain::user::User;
use crate::domain::user::UserStatus;
use crate::store::error::Fault;
use block::{Block, ROWS};
use ids::Ids;
use window::Answered;

pub(super) use search::Counts;
pub(super) use window::{Asked, Found, Snapshot};

/// Every user that has an ordinal.
#[derive(Default)]
pub(super) struct People {
    blocks: Vec<Arc<Block>>,
    ids: Ids,
    /// Users that Okta has.
    live: u64,
    pub(super) orders: OrderCache,
    answered: Arc<Mutex<Answered>>,
    /// The user that was read last since the store opened, and when.
    newest: Option<(Timestamp, u32)>,
}

impl People {
    pub(super) fn load(transaction: &ReadTransaction) -> Result<Self, Fault> {
        let mut people = Self::default();
        for row in tables::read_objects(transaction, Kind::User)?.iter()? {
            let (ordinal, bytes) = row?;
            if ordinal.value() as usize != people.count() {
                return Err(Fault::damaged("a user is missing"));
            }
            people.set(ordinal.value(), &Record::decode(bytes.value())?, true);
        }
        Ok(people)
    }

    /// How many users have an ordinal.
    pub(super) fn count(&self) -> usize {
        let full = self.blocks.len().saturating_sub(1) * ROWS;
        full + self.blocks.last().map_or(0, |block| block.len())
    }

    /// How many users Okta has.
    pub(super) fn live(&self) -> u64 {
        self.live
    }

    /// Takes in a record that was committed. `is_new` is its value when anything in it is other than before: columns do not have all
    /// of it, but filters and orders may be about the rest.
    pub(super) fn set(&mut self, ordinal: u32, record: &Record<User>, is_new: bool) {
        let (number, row) = place(ordinal);
        if number == self.blocks.len() {
            self.blocks.push(Arc::default());
        }
        let fresh = ordinal as usize == self.count();
        let was_live = self.is_live(ordinal);
        let Some(block) = self.blocks.get_mut(number) else {
            return;
        };
        let changed = Block::put(block, row, record);
        if fresh {
            let blocks = &self.blocks;
            let id_of = |ordinal| id_in(blocks, ordinal).unwrap_or_default();
            self.ids.put(&record.id, ordinal, id_of);
        }
        if changed || is_new {
            self.orders.touch(ordinal);
        }
        let is_live = record.live().is_some();
        self.live = self.live + u64::from(is_live) - u64::from(was_live);
        let newer = self.newest.is_none_or(|(at, _)| at <= record.observed);
        if is_live && newer {
            self.newest = Some((record.observed, ordinal));
        }
    }

    pub(super) fn ordinal(&self, id: &str) -> Option<u32> {
        self.ids.get(id, |ordinal| {
            let (block, row) = place(ordinal);
            self.blocks
                .get(block)
                .is_some_and(|block| block.has_id(row, id))
        })
    }

    pub(super) fn id(&self, ordinal: u32) -> Option<UserId> {
        id_in(&self.blocks, ordinal)?.parse().ok()
    }

    fn at(&self, ordinal: u32) -> Option<(&Block, usize)> {
        let (block, row) = place(ordinal);
        Some((self.blocks.get(block)?, row))
    }

    /// Whether Okta has the user.
    pub(super) fn is_live(&self, ordinal: u32) -> bool {
        self.at(ordinal)
            .is_some_and(|(block, row)| block.is_live(row))
    }

    /// What a user signs in as; `None` when it was never read.
    pub(super) fn login(&self, ordinal: u32) -> Option<SafeText> {
        let (block, row) = self.at(ordinal)?;
        block.login(row).map(SafeText::new)
    }

    /// The ids of users that Okta has, each with the number of sweeps that did not see it.
    pub(super) fn live_users(&self) -> impl Iterator<Item = (UserId, u32)> + '_ {
        let count = u32::try_from(self.count()).unwrap_or(u32::MAX);
        (0..count).filter_map(|ordinal| {
            let (block, row) = self.at(ordinal)?;
            let id = block.is_live(row).then(|| block.id(row))??;
            Some((id.parse().ok()?, block.missed(row)))
        })
    }

    /// The ids of users that Okta has and that are not deprovisioned.
    pub(super) fn not_deprovisioned(&self) -> impl Iterator<Item = UserId> + '_ {
        let deprovisioned = UserStatus::Deprovisioned.word().to_lowercase();
        let count = u32::try_from(self.count()).unwrap_or(u32::MAX);
        (0..count).filter_map(move |ordinal| {
            let (block, row) = self.at(ordinal)?;
            let is_in_use = block.is_live(row) && block.status(row) != deprovisioned;
            is_in_use.then(|| self.id(ordinal))?
        })
    }

    /// A user that the last sweep saw: the one that was read last, as far as that is known.
    pub(super) fn newest_seen(&self) -> Option<UserId> {
        let seen = |ordinal: &u32| {
            self.at(*ordinal)
                .is_some_and(|(block, row)| block.is_live(row) && block.missed(row) == 0)
        };
        let newest = self.newest.map(|(_, ordinal)| ordinal).filter(seen);
        let all = 0..u32::try_from(self.count()).unwrap_or(u32::MAX);
        self.id(newest.or_else(|| all.rev().find(seen))?)
    }

    /// What a window is answered from.
    pub(super) fn snapshot(
        &self,
        asked: &Asked<'_>,
        known: Knowledge,
        counts: [Counts; 2],
    ) -> Snapshot {
        let base = self.orders.kept(window::OWN_ORDER, known);
        let order = asked
            .sorted_by()
            .map(|field| self.orders.kept(field, known));
        let [groups, apps] = counts;
        Snapshot {
            blocks: self.blocks.clone(),
            base,
            order,
            until: self.orders.now(),
            known,
            groups,
            apps,
            answered: Arc::clone(&self.answered),
        }
    }
}

/// The block of a user, and its row there.
fn place(ordinal: u32) -> (usize, usize) {
    let ordinal = ordinal as usize;
    (ordinal / ROWS, ordinal % ROWS)
}

fn id_in(blocks: &[Arc<Block>], ordinal: u32) -> Option<String> {
    let (block, row) = place(ordinal);
    blocks.get(block)?.id(row)
}

/// Whether a field can be filtered and sorted by without reading records.
fn is_in_blocks(field: &str) -> bool {
    const FIELDS: [&str; 15] = [
        "login",
        "email",
        "name",
        "status",
        "title",
        "department",
        "manager",
        "provider",
        "type",
        "id",
        "created",
        "lastLogin",
        "lastUpdated",
        "groups",
        "apps",
    ];
    FIELDS.contains(&field)
}
