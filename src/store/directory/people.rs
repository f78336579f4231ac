//! All users, as lists need them: blocks of columns in memory, the records themselves on disk.
//!
//! A user costs about a tenth of a kilobyte here, whatever its profile holds. A window is answered from a [`Snapshot`], which shares the
//! blocks and holds no lock: a commit that comes meanwhile copies what it changes.
//! Filters that have been answered are remembered, since a list that is scrolled asks for the same one again, and one that is
//! being typed only has less and less to look through.

mod arena;
mod block;
mod drawn;
mod ids;
mod light;
mod search;
mod window;
mod words;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _, ReadableTableMetadata as _};

use super::model::Knowledge;
use super::order::{Order, OrderCache};
use super::picture::{self, Opening, Part};
use super::record::Record;
use super::tables;
use crate::domain::id::{Kind, UserId};
use crate::domain::text::SafeText;
use crate::domain::user::User;
use crate::domain::user::UserStatus;
use crate::store::error::Fault;
use block::{Block, ROWS};
use ids::Ids;
use light::Light;
use window::{Answered, SinceBegun};

pub(super) use light::MOST_MARKED;
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
    pub(super) opening: Opening,
    /// Blocks that this opening made out of records.
    made: BTreeSet<u32>,
    /// Whether it had the order by login from its picture.
    ordered: bool,
    /// Whether it had from a picture who is shown.
    outlined: bool,
    /// What there is while the columns are not in memory.
    light: Option<Arc<Light>>,
}

impl People {
    /// Builds the columns from their pictures, and from the records of those that have none or have changed since.
    pub(super) fn load(transaction: &ReadTransaction, pictures: bool) -> Result<Self, Fault> {
        let records = tables::read_objects(transaction, Kind::User)?;
        let count = count(&records)?.ok_or_else(|| Fault::damaged("a user is missing"))?;
        let mut people = Self::default();
        let use_pictures = pictures && people.look_at_pictures(transaction, &records, count)?;
        if !use_pictures {
            people = Self {
                opening: Opening::new(0, count),
                made: (0..blocks(count)).collect(),
                ..Self::default()
            };
            for number in 0..blocks(count) {
                people.blocks.push(made(&records, number)?);
            }
        }
        people.count_all();
        Ok(people)
    }

    /// What the list of everybody by login needs, and no columns; `None` when that is not to be had without them.
    pub(super) fn light(transaction: &ReadTransaction) -> Result<Option<Self>, Fault> {
        let records = tables::read_objects(transaction, Kind::User)?;
        let Some(count) = count(&records)? else {
            return Ok(None);
        };
        let Some(light) = Light::load(transaction, &records, count)? else {
            return Ok(None);
        };
        let mut people = Self {
            live: light.live(),
            opening: Opening::new(count, picture::marks(transaction, Part::Users)?.len()),
            outlined: true,
            light: Some(Arc::new(light)),
            ..Self::default()
        };
        people.order_as_drawn(transaction)?;
        let few = people
            .orders
            .since(0)
            .is_some_and(|moved| moved.len() <= MOST_MARKED);
        Ok((people.ordered && few).then_some(people))
    }

    /// Whether the columns are in memory.
    pub(super) fn is_whole(&self) -> bool {
        self.light.is_none()
    }

    /// Takes in the columns, of which nothing has changed since the light part of them was read.
    pub(super) fn become_whole(&mut self, whole: Self) {
        if !self.is_whole() {
            *self = whole;
        }
    }

    /// Whether pictures, and what is marked since, make up all users.
    fn look_at_pictures(
        &mut self,
        transaction: &ReadTransaction,
        records: &Records,
        count: usize,
    ) -> Result<bool, Fault> {
        let mut in_pictures = 0;
        for number in 0..blocks(count) {
            let picture = picture::read(transaction, Part::Users, number)?;
            let block = if let Some(block) = picture.and_then(|bytes| drawn::drawn(&bytes)) {
                in_pictures += block.len();
                Arc::new(block)
            } else {
                self.made.insert(number);
                made(records, number)?
            };
            self.blocks.push(block);
        }
        let made = self.count() - in_pictures;
        let marked = marked(transaction, Part::Users)?;
        self.opening = Opening::new(in_pictures, made + marked.len());
        for ordinal in marked {
            let Some(bytes) = records.get(ordinal)? else {
                return Ok(false);
            };
            let (number, row) = place(ordinal);
            match self.blocks.get_mut(number) {
                Some(block) if row <= block.len() => {
                    Block::put(block, row, &Record::decode(bytes.value())?);
                }
                _ => return Ok(false),
            }
        }
        let full = self.blocks.iter().rev().skip(1);
        let fits = full.into_iter().all(|block| block.len() == ROWS) && self.count() == count;
        if fits {
            self.order_as_drawn(transaction)?;
            self.outlined = light::is_drawn(transaction)?;
        } else {
            tracing::warn!("the pictures of users do not fit them, and are not used");
        }
        Ok(fits)
    }

    /// Takes the order by login as it was drawn, with what may stand elsewhere in it since.
    fn order_as_drawn(&mut self, transaction: &ReadTransaction) -> Result<(), Fault> {
        let picture = picture::read(transaction, Part::Logins, 0)?;
        if let Some(order) = picture.and_then(|bytes| Order::drawn(&bytes, self.count())) {
            let changed = marked(transaction, Part::Logins)?;
            self.orders = OrderCache::with(window::OWN_ORDER, order, changed);
            self.ordered = true;
        }
        Ok(())
    }

    /// Whether this opening had the order by login from its picture.
    pub(super) fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// Whether there is a picture of who is shown.
    pub(super) fn is_outlined(&self) -> bool {
        self.outlined
    }

    /// A picture of who is shown.
    pub(super) fn draw_outline(&self) -> Result<Vec<u8>, Fault> {
        Light::of(&self.blocks).draw()
    }

    /// Whether a record changes who is shown.
    pub(super) fn shows_otherwise(&self, ordinal: u32, record: &Record<User>) -> bool {
        self.at(ordinal)
            .is_none_or(|(block, row)| block.shows_otherwise(row, record))
    }

    /// All blocks have been drawn.
    pub(super) fn was_drawn(&mut self) {
        self.made.clear();
    }

    /// Whether this opening made a block out of records, and it is not drawn yet.
    pub(super) fn is_made(&self, block: u32) -> bool {
        self.made.contains(&block)
    }

    /// Counts those that Okta has, and notes who has which id.
    fn count_all(&mut self) {
        self.ids = Ids::for_count(self.count());
        for (number, block) in (0u32..).zip(&self.blocks) {
            let first = search::first_of(number);
            let live = (0..block.len()).filter(|row| block.is_live(*row));
            self.live += live.count() as u64;
            let ids = &mut self.ids;
            block.each_id(|row, id| ids.put(id, first + row, |_| String::new()));
        }
    }

    /// A picture of a block.
    pub(super) fn draw(&self, block: u32) -> Result<Vec<u8>, Fault> {
        match self.blocks.get(block as usize) {
            Some(block) => drawn::draw(block),
            None => Err(Fault::damaged("there is no such block of users")),
        }
    }

    /// A picture of the order by login.
    pub(super) fn draw_logins(&self) -> Result<Vec<u8>, Fault> {
        let kept = self.orders.kept(window::OWN_ORDER, Knowledge::default());
        Ok(window::by_login(&self.blocks, kept)?.draw())
    }

    /// How many users a block has.
    pub(super) fn rows_of(&self, block: u32) -> usize {
        self.blocks.get(block as usize).map_or(0, |it| it.len())
    }

    /// Whether a record changes what the columns have of a user.
    pub(super) fn differs(&self, ordinal: u32, record: &Record<User>) -> bool {
        self.at(ordinal)
            .is_none_or(|(block, row)| block.differs(row, record))
    }

    /// Whether a record puts a user elsewhere in the order by login.
    pub(super) fn moves(&self, ordinal: u32, record: &Record<User>) -> bool {
        self.at(ordinal)
            .is_none_or(|(block, row)| block.moves(row, record))
    }

    /// How many users have an ordinal.
    pub(super) fn count(&self) -> usize {
        if let Some(light) = &self.light {
            return light.count();
        }
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
        // Nothing that is not known yet plays a part in it.
        let base = self.orders.kept(window::OWN_ORDER, Knowledge::default());
        let order = asked
            .sorted_by()
            .map(|field| self.orders.kept(field, known));
        let [groups, apps] = counts;
        Snapshot {
            blocks: self.blocks.clone(),
            light: self.light.clone(),
            base,
            order,
            until: self.orders.now(),
            known,
            groups,
            apps,
            answered: Arc::clone(&self.answered),
            since_begun: self.since_begun(asked),
        }
    }

    fn since_begun(&self, asked: &Asked<'_>) -> Option<SinceBegun> {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let (filter, archived) = asked.wanted();
        let until = answered.begun(filter, archived)?;
        let changed = self.orders.since(until)?.iter();
        let blocks = changed.map(|ordinal| place(*ordinal).0);
        Some(SinceBegun {
            until,
            blocks: blocks.collect(),
        })
    }
}

/// The table of users' records.
type Records = ReadOnlyTable<u32, &'static [u8]>;

/// How many users there are; `None` when one of them is missing.
fn count(records: &Records) -> Result<Option<usize>, Fault> {
    let last = records.last()?.map(|(ordinal, _)| ordinal.value());
    let count = last.map_or(0, |last| last as usize + 1);
    Ok((records.len()? == count as u64).then_some(count))
}

/// A block, made out of records.
fn made(records: &Records, number: u32) -> Result<Arc<Block>, Fault> {
    let first = search::first_of(number);
    let mut block = Arc::default();
    let all = first..first.saturating_add(u32::try_from(ROWS).unwrap_or(u32::MAX));
    for (row, entry) in records.range(all)?.enumerate() {
        Block::put(&mut block, row, &Record::decode(entry?.1.value())?);
    }
    Ok(block)
}

/// Users that are marked.
fn marked(transaction: &ReadTransaction, part: Part) -> Result<Vec<u32>, Fault> {
    let marks = picture::marks(transaction, part)?.into_iter();
    Ok(marks
        .filter_map(|ordinal| u32::try_from(ordinal).ok())
        .collect())
}

/// The block in which a user is.
pub(super) fn block_of(ordinal: u32) -> u32 {
    u32::try_from(place(ordinal).0).unwrap_or(u32::MAX)
}

/// How many blocks so many users take.
pub(super) fn blocks(count: usize) -> u32 {
    u32::try_from(count.div_ceil(ROWS)).unwrap_or(u32::MAX)
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
