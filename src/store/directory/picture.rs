//! Pictures of the model: what an opening would otherwise make out of every user and every membership, one by one.
//!
//! A picture is as its part of the model was at some commit. Whatever changes afterwards is marked in the commit that changes it, so
//! that an opening reads the picture and then only what is marked. A picture is never needed: a part that has none, or one that
//! makes no sense, is made out of the records. They are taken by the writer between commits, when an opening would have
//! too many records to read, and when a reading of everything has just ended.

use std::cell::RefCell;
use std::collections::BTreeSet;

use redb::{ReadTransaction, ReadableTable, Table, TableDefinition, TableError, WriteTransaction};

use super::model::{Model, ModelChange};
use super::people;
use super::record::Record;
use super::shared::Shared;
use super::tables::{META, Relation, SCHEMA, pair};
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::store::codec;
use crate::store::error::{Error, Fault};
use crate::store::file::{RedbFile, guarded, put_schema};

/// Part, number within it, and number of a piece → a piece of the picture.
const PICTURES: TableDefinition<'_, (u8, u32, u32), &[u8]> = TableDefinition::new("pictures");
/// Part and what changed since its picture was taken.
const MARKS: TableDefinition<'_, (u8, u64), ()> = TableDefinition::new("marks");

/// Bytes of a piece, which with its name fill a page of 16 KiB.
const PIECE: usize = 16_300;
/// A part of what has no picture yet, or has changed since, that is left for a later picture while everything is first read: were it
/// a fixed number, a list that grows would be drawn as often as it is long.
const GROWING_PART: usize = 4;
/// When a reading of everything has ended, a picture is taken of what is this part of the usual limit, and of what an opening without
/// columns needs when it could not be had otherwise.
const SETTLED_PART: usize = 16;

/// What there are pictures of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Part {
    /// Columns of users, block by block. Marked are ordinals.
    Users = 0,
    /// Users in the order of their logins. Marked are ordinals.
    Logins,
    /// Marked are pairs of ordinals, as in the other two.
    Members,
    AppUsers,
    AppGroups,
    /// Which users are shown. Marked are ordinals.
    Shown,
}

impl Part {
    const ALL: [Self; 6] = [
        Self::Users,
        Self::Logins,
        Self::Members,
        Self::AppUsers,
        Self::AppGroups,
        Self::Shown,
    ];

    pub(super) fn of(relation: Relation) -> Self {
        match relation {
            Relation::Members => Self::Members,
            Relation::AppUsers => Self::AppUsers,
            Relation::AppGroups => Self::AppGroups,
        }
    }

    /// Whether the model was built from its picture.
    fn was_used(self, model: &Model) -> bool {
        match self {
            Self::Users => true,
            Self::Logins => model.users.is_ordered(),
            Self::Shown => model.users.is_outlined(),
            Self::Members => model.links(Relation::Members).is_drawn(),
            Self::AppUsers => model.links(Relation::AppUsers).is_drawn(),
            Self::AppGroups => model.links(Relation::AppGroups).is_drawn(),
        }
    }

    /// The relation that it is of.
    fn relation(self) -> Option<Relation> {
        let mut all = Relation::ALL.into_iter();
        all.find(|relation| Self::of(*relation) == self)
    }

    fn resource(self) -> Resource {
        match self {
            Self::Users | Self::Logins | Self::Shown => Resource::Users,
            Self::Members => Relation::Members.resource(),
            Self::AppUsers => Relation::AppUsers.resource(),
            Self::AppGroups => Relation::AppGroups.resource(),
        }
    }
}

/// The picture of a part, or of one of its blocks; `None` when there is none.
pub(super) fn read(
    transaction: &ReadTransaction,
    part: Part,
    number: u32,
) -> Result<Option<Vec<u8>>, Fault> {
    match transaction.open_table(PICTURES) {
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        table => read_in(&table?, part, number),
    }
}

/// Whether a file has any pictures.
pub(super) fn are_any(transaction: &ReadTransaction) -> Result<bool, Fault> {
    match transaction.open_table(PICTURES) {
        Err(TableError::TableDoesNotExist(_)) => Ok(false),
        table => Ok(table?.first()?.is_some()),
    }
}

/// As [`read`], for the writer in the middle of a transaction.
pub(super) fn read_back(
    transaction: &WriteTransaction,
    part: Part,
    number: u32,
) -> Result<Option<Vec<u8>>, Fault> {
    read_in(&transaction.open_table(PICTURES)?, part, number)
}

fn read_in(
    table: &impl ReadableTable<(u8, u32, u32), &'static [u8]>,
    part: Part,
    number: u32,
) -> Result<Option<Vec<u8>>, Fault> {
    let mut packed = Vec::new();
    for row in table.range(pieces(part, number))? {
        packed.extend_from_slice(row?.1.value());
    }
    // Only what was written whole is there, so what cannot be unpacked is of another make.
    Ok((!packed.is_empty())
        .then(|| codec::decompress(&packed).ok())
        .flatten())
}

/// What is marked of a part, in ascending order.
pub(super) fn marks(transaction: &ReadTransaction, part: Part) -> Result<Vec<u64>, Fault> {
    let table = match transaction.open_table(MARKS) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        table => table?,
    };
    let rows = table.range(all_of(part))?;
    rows.map(|row| Ok(row?.0.value().1)).collect()
}

fn pieces(part: Part, number: u32) -> std::ops::RangeInclusive<(u8, u32, u32)> {
    (part as u8, number, 0)..=(part as u8, number, u32::MAX)
}

fn last_piece(part: Part) -> (u8, u32, u32) {
    (part as u8, u32::MAX, u32::MAX)
}

fn all_of(part: Part) -> std::ops::RangeInclusive<(u8, u64)> {
    (part as u8, 0)..=(part as u8, u64::MAX)
}

/// The table of marks in a transaction that changes what there are pictures of.
pub(super) type Marks<'t> = Table<'t, (u8, u64), ()>;

pub(super) fn open_marks(transaction: &WriteTransaction) -> Result<Marks<'_>, Fault> {
    Ok(transaction.open_table(MARKS)?)
}

/// What an opening of the directory had to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// Users and memberships that were in pictures.
    pub drawn: u64,
    /// Users and memberships whose records were read one by one.
    pub read: u64,
}

impl Opening {
    pub(super) fn new(drawn: usize, read: usize) -> Self {
        Self {
            drawn: drawn as u64,
            read: read as u64,
        }
    }
}

impl std::iter::Sum for Opening {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, it| Self {
            drawn: sum.drawn + it.drawn,
            read: sum.read + it.read,
        })
    }
}

/// Which pictures there are, and how much has changed since each was taken; the writer's own.
pub(super) struct Album {
    /// Records that an opening may have to read before pictures are taken.
    limit: usize,
    /// Blocks of users that have a picture.
    blocks: BTreeSet<u32>,
    /// Those of them in which something is marked.
    stale: BTreeSet<u32>,
    /// Whether the other parts have one; that of users says nothing.
    taken: [bool; Part::ALL.len()],
    /// Of those that have one, whether it was of use.
    used: [bool; Part::ALL.len()],
    /// The pictures cannot be read: everything is marked, whether there is a picture of it or not, and none is taken.
    unread: bool,
    marked: [usize; Part::ALL.len()],
    /// Resources of which a reading of everything has ended since the last pictures.
    settled: Vec<Resource>,
    /// Not before so much is due; after a failure, so that it is not tried at each commit.
    not_before: usize,
    /// What the last picture was stamped with.
    stamp: u64,
}

impl Album {
    /// What is in the file that `model` was built from. `limit` is how many records an opening may have to read before pictures are
    /// taken.
    pub(super) fn open(
        transaction: &ReadTransaction,
        model: &Model,
        limit: usize,
    ) -> Result<Self, Fault> {
        let mut album = Self::new(limit);
        album.stamp = model.last_stamp();
        let table = match transaction.open_table(PICTURES) {
            Err(TableError::TableDoesNotExist(_)) => return Ok(album),
            table => table?,
        };
        for part in Part::ALL {
            // The model knows of relations.
            let mut next = Some(0).filter(|_| part.relation().is_none());
            while let Some(first) = next
                && let Some(row) = table
                    .range((part as u8, first, 0)..=last_piece(part))?
                    .next()
            {
                let (_, number, _) = row?.0.value();
                album.note(part, number);
                next = number.checked_add(1);
            }
            let marks = marks(transaction, part)?;
            album.marked[part as usize] = marks.len();
            if part == Part::Users {
                let blocks = marks.into_iter().filter_map(|it| u32::try_from(it).ok());
                album.stale = blocks.map(people::block_of).collect();
            }
            album.used[part as usize] = part.was_used(model);
        }
        Ok(album)
    }

    /// When pictures cannot be read, whatever is in the file.
    pub(super) fn unread(limit: usize) -> Self {
        Self {
            unread: true,
            ..Self::new(limit)
        }
    }

    fn new(limit: usize) -> Self {
        Self {
            limit: limit.max(1),
            blocks: BTreeSet::new(),
            stale: BTreeSet::new(),
            taken: Default::default(),
            used: Default::default(),
            unread: false,
            marked: Default::default(),
            settled: Vec::new(),
            not_before: 0,
            stamp: 0,
        }
    }

    /// What is in the file, read again.
    pub(super) fn opened_again(&self, again: Self) -> Self {
        Self {
            not_before: self.not_before,
            // A stamp that was given once is never given to another picture, however the first one ended.
            stamp: self.stamp.max(again.stamp),
            ..again
        }
    }

    /// Whether pictures cannot be read.
    pub(super) fn is_unread(&self) -> bool {
        self.unread
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    fn note(&mut self, part: Part, number: u32) {
        if part == Part::Users {
            self.blocks.insert(number);
        }
        self.taken[part as usize] = true;
    }

    /// Marks what a commit changes, in its own transaction.
    pub(super) fn mark(
        &mut self,
        table: &mut Marks<'_>,
        changes: &[ModelChange],
        model: &Model,
    ) -> Result<(), Fault> {
        for change in changes {
            match change {
                ModelChange::User(ordinal, record, _) => {
                    self.mark_user(table, *ordinal, record, model)?;
                }
                ModelChange::Link {
                    relation,
                    left,
                    right,
                    ..
                } if self.unread || model.links(*relation).is_drawn() => {
                    self.put(table, Part::of(*relation), pair(*left, *right))?;
                }
                ModelChange::Completed(resource, _) => self.settled.push(*resource),
                _ => {}
            }
        }
        Ok(())
    }

    fn mark_user(
        &mut self,
        table: &mut Marks<'_>,
        ordinal: u32,
        record: &Record<User>,
        model: &Model,
    ) -> Result<(), Fault> {
        let block = people::block_of(ordinal);
        let is_drawn = self.blocks.contains(&block) && model.users.differs(ordinal, record);
        if self.unread || is_drawn {
            self.stale.insert(block);
            self.put(table, Part::Users, ordinal.into())?;
        }
        let is_outlined =
            self.taken[Part::Shown as usize] && model.users.shows_otherwise(ordinal, record);
        if self.unread || is_outlined {
            self.put(table, Part::Shown, ordinal.into())?;
        }
        let is_ordered = self.taken[Part::Logins as usize] && model.users.moves(ordinal, record);
        if self.unread || is_ordered {
            self.put(table, Part::Logins, ordinal.into())?;
        }
        Ok(())
    }

    fn put(&mut self, table: &mut Marks<'_>, part: Part, what: u64) -> Result<(), Fault> {
        if table.insert((part as u8, what), ())?.is_none() {
            self.marked[part as usize] += 1;
        }
        Ok(())
    }

    /// How many records an opening would read for a part, and how many there are.
    fn cost(&self, part: Part, model: &Model) -> (usize, usize) {
        let marked = self.marked[part as usize];
        let all = match part {
            Part::Users => {
                let drawn = self.blocks.iter();
                let drawn = drawn.filter(|block| !model.users.is_made(**block));
                let drawn = drawn.map(|block| model.users.rows_of(*block));
                let all = model.users.count();
                return (marked + all - drawn.sum::<usize>().min(all), all);
            }
            Part::Logins | Part::Shown => model.users.count(),
            Part::Members => model.links(Relation::Members).len(),
            Part::AppUsers => model.links(Relation::AppUsers).len(),
            Part::AppGroups => model.links(Relation::AppGroups).len(),
        };
        let is_of_use = match part.relation() {
            Some(relation) => model.links(relation).is_drawn(),
            None => self.taken[part as usize] && self.used[part as usize],
        };
        (if is_of_use { marked } else { all }, all)
    }

    /// Whether a new picture of a part is worth its writing.
    fn is_due(&self, part: Part, model: &Model) -> bool {
        let (cost, all) = self.cost(part, model);
        let settled = self.settled.contains(&part.resource());
        // A block of users is drawn only when something in it changed, everything else as a whole.
        let growing = match part {
            Part::Users => self.limit,
            _ => self.limit.max(all / GROWING_PART),
        };
        let enough = match part {
            _ if !settled => growing,
            Part::Logins | Part::Shown => {
                self.limit.div_ceil(SETTLED_PART).min(people::MOST_MARKED)
            }
            _ => self.limit.div_ceil(SETTLED_PART),
        };
        cost >= enough.max(self.not_before)
    }

    /// Takes the pictures that are due. `model` is as the last commit left it, and nothing else is written meanwhile.
    ///
    /// # Errors
    /// When they could not be written, or it is not known whether they were: what is in the file must be read again then, or what
    /// changes next would not be marked.
    pub(super) fn take(&mut self, file: &RedbFile, model: &Shared) -> Result<(), Error> {
        let due: Vec<Part> = {
            let model = model.look();
            let all = Part::ALL.into_iter();
            all.filter(|part| self.is_due(*part, &model)).collect()
        };
        self.settled.clear();
        // What is in the way of a write is told by those that cannot do without.
        if due.is_empty() || self.unread || file.admit().is_err() {
            return Ok(());
        }
        let again = 2 * self.not_before.max(self.limit);
        self.not_before = again;
        self.stamp += 1;
        let relations = || due.iter().filter_map(|part| part.relation());
        {
            // Said before it is done: whoever finds the new picture in the file knows it, and it shows what the last one does with
            // all that has changed since.
            let mut model = model.change();
            relations().for_each(|it| model.links_mut(it).will_be_drawn(self.stamp));
        }
        // Held while the disk is written, which is safe: the file is had already, and only this thread ever changes the model.
        let drawn = file.write("write", |transaction| {
            guarded(|| {
                put_schema(transaction, META, SCHEMA)?;
                let model = model.look();
                let parts = due.iter().map(|part| self.draw(transaction, *part, &model));
                parts.collect::<Result<Vec<_>, Fault>>()
            })
        })?;
        {
            let mut model = model.change();
            relations().for_each(|it| model.links_mut(it).was_drawn(self.stamp));
            if due.contains(&Part::Users) {
                model.users.was_drawn();
            }
        }
        for (part, numbers) in due.into_iter().zip(drawn) {
            self.took(part, numbers);
        }
        self.not_before = 0;
        Ok(())
    }

    fn took(&mut self, part: Part, numbers: Vec<u32>) {
        if part == Part::Users {
            self.stale.clear();
        }
        for number in numbers {
            self.note(part, number);
        }
        self.used[part as usize] = true;
        self.marked[part as usize] = 0;
    }

    /// Writes the picture of a part in the place of its last one; gives the numbers of what was drawn.
    fn draw(
        &self,
        transaction: &WriteTransaction,
        part: Part,
        model: &Model,
    ) -> Result<Vec<u32>, Fault> {
        let table = RefCell::new(transaction.open_table(PICTURES)?);
        let source = |part, number| read_in(&*table.borrow(), part, number);
        let mut put = |number: u32, bytes: &[u8]| {
            put_pieces(
                &mut table.borrow_mut(),
                part,
                number,
                &codec::compress(bytes)?,
            )
        };
        let mut numbers = Vec::new();
        if let Some(relation) = part.relation() {
            let links = model.links(relation);
            if !links.is_drawn() {
                // Pieces that are of no use may be more than the new ones.
                let all = (part as u8, 0, 0)..=last_piece(part);
                table.borrow_mut().retain_in(all, |_, _| false)?;
            }
            links.draw(&source, self.stamp, &mut put)?;
        } else {
            numbers = match part {
                Part::Users => self.blocks_to_draw(model).collect(),
                _ => vec![0],
            };
            for number in &numbers {
                let drawn = match part {
                    Part::Users => model.users.draw(*number)?,
                    Part::Shown => model.users.draw_outline()?,
                    _ => model.users.draw_logins()?,
                };
                put(*number, &drawn)?;
            }
        }
        let mut marks = transaction.open_table(MARKS)?;
        marks.retain_in(all_of(part), |_, ()| false)?;
        Ok(numbers)
    }

    fn blocks_to_draw(&self, model: &Model) -> impl Iterator<Item = u32> {
        let all = 0..people::blocks(model.users.count());
        let is_drawn = |block: &u32| self.blocks.contains(block) && !model.users.is_made(*block);
        all.filter(move |block| !is_drawn(block) || self.stale.contains(block))
    }
}

fn put_pieces(
    table: &mut Table<'_, (u8, u32, u32), &'static [u8]>,
    part: Part,
    number: u32,
    bytes: &[u8],
) -> Result<(), Fault> {
    table.retain_in(pieces(part, number), |_, _| false)?;
    for (n, piece) in (0..).zip(bytes.chunks(PIECE)) {
        table.insert((part as u8, number, n), piece)?;
    }
    Ok(())
}
