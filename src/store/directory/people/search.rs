//! Answering a filter over users from their blocks; only what is not in a block (first names, regular expressions, times that few ask
//! about) is read from disk, row by row, and only for rows that pass everything else.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};

use jiff::Timestamp;
use redb::{ReadOnlyTable, ReadTransaction};

use super::block::{
    self, Bits, Block, EMAIL, LOGIN, NAME, PROVIDER, ROWS, STATUS, Shared, TYPE, Time,
};
use crate::domain::fields::UserFields;
use crate::domain::filter::{Field, Node, Term};
use crate::domain::id::Kind;
use crate::domain::query::Related;
use crate::domain::user::User;
use crate::store::directory::record::Record;
use crate::store::directory::tables;
use crate::store::error::Fault;
use crate::store::leash::Leash;

/// Above this many rows of a block, all of its records are read in one go.
const MANY: u32 = 256;
/// Blocks from which on more threads than one help.
const SHARED_FROM: usize = 32;
/// Threads that search at a time.
const MAX_SEARCHERS: usize = 8;

const NOTHING: Bits = [0; ROWS / 64];

/// Tries rows one after the other.
type Sift<'a> = &'a dyn Fn(&dyn Fn(usize) -> bool) -> Bits;

/// Numbers of relations by ordinal; `None` while they are not known.
pub(in super::super) type Counts = Option<Arc<Vec<u32>>>;

/// What a filter is answered from, beside the blocks.
pub(super) struct Search<'s> {
    pub(super) root: Option<&'s Node>,
    pub(super) now: Timestamp,
    pub(super) groups: Counts,
    pub(super) apps: Counts,
    pub(super) disk: &'s Disk,
}

/// The users' records.
pub(super) struct Disk(ReadOnlyTable<u32, &'static [u8]>);

impl Disk {
    pub(super) fn of(transaction: &ReadTransaction) -> Result<Self, Fault> {
        Ok(Self(tables::read_objects(transaction, Kind::User)?))
    }

    pub(super) fn record(&self, ordinal: u32) -> Result<Option<Record<User>>, Fault> {
        let bytes = self.0.get(ordinal)?;
        bytes.map(|bytes| Record::decode(bytes.value())).transpose()
    }

    /// Calls `look` with the users of some rows of a block.
    fn each(
        &self,
        block: u32,
        rows: &Bits,
        mut look: impl FnMut(usize, &User),
    ) -> Result<(), Fault> {
        let first = first_of(block);
        let count: u32 = rows.iter().map(|word| word.count_ones()).sum();
        let mut see = |row: usize, record: &Record<User>| {
            if let Some(user) = &record.value {
                look(row, user);
            }
        };
        if count > MANY {
            let all = first..first + u32::try_from(ROWS).unwrap_or(0);
            for (row, entry) in self.0.range(all)?.enumerate() {
                if block::has(rows, row) {
                    see(row, &Record::decode(entry?.1.value())?);
                }
            }
            return Ok(());
        }
        for row in block::rows(rows) {
            if let Some(record) = self.record(first + u32::try_from(row).unwrap_or(0))? {
                see(row, &record);
            }
        }
        Ok(())
    }
}

/// The ordinal of a block's first row.
pub(super) fn first_of(block: u32) -> u32 {
    block.saturating_mul(u32::try_from(ROWS).unwrap_or(u32::MAX))
}

/// How far a search has come.
#[derive(Default)]
pub(super) struct Progress {
    /// The rows that pass; none of a block that was not looked at.
    pub(super) rows: Vec<Bits>,
    is_done: Vec<bool>,
}

impl Progress {
    /// Nothing of so many blocks is looked at yet. What was looked at of fewer blocks stays.
    pub(super) fn over(mut self, blocks: usize) -> Self {
        self.rows.resize(blocks, NOTHING);
        self.is_done.resize(blocks, false);
        self
    }

    /// What these blocks have is looked at once more.
    pub(super) fn forget(&mut self, blocks: &BTreeSet<usize>) {
        for block in blocks {
            if let (Some(done), Some(rows)) =
                (self.is_done.get_mut(*block), self.rows.get_mut(*block))
            {
                (*done, *rows) = (false, NOTHING);
            }
        }
    }

    /// The blocks that are to be looked at.
    fn left(&self) -> impl Iterator<Item = usize> + '_ {
        let numbered = self.is_done.iter().enumerate();
        numbered.filter(|(_, done)| !**done).map(|(n, _)| n)
    }

    pub(super) fn is_over(&self) -> bool {
        self.left().next().is_none()
    }

    /// The blocks that were looked at.
    pub(super) fn looked_at(&self) -> impl Iterator<Item = usize> + '_ {
        let numbered = self.is_done.iter().enumerate();
        numbered.filter(|(_, done)| **done).map(|(n, _)| n)
    }

    fn take(&mut self, found: Vec<(usize, Bits)>) {
        for (number, rows) in found {
            self.rows[number] = rows;
            self.is_done[number] = true;
        }
    }
}

impl Search<'_> {
    /// Goes on with a search, block by block, until it is done or the leash ends it; every thread looks at one block at least.
    pub(super) fn run(
        &self,
        blocks: &[Arc<Block>],
        candidates: &[Bits],
        progress: &mut Progress,
        leash: &Leash,
    ) -> Result<(), Fault> {
        let left: Vec<usize> = progress.left().collect();
        let searchers = thread::available_parallelism().map_or(1, NonZero::get);
        let share = left.len().div_ceil(searchers.min(MAX_SEARCHERS)).max(1);
        let look = |numbers: &[usize]| self.part(numbers, blocks, candidates, leash);
        if left.len() < SHARED_FROM || share == left.len() {
            progress.take(look(&left)?);
            return Ok(());
        }
        let found: Vec<_> = thread::scope(|scope| {
            let search = |numbers| scope.spawn(move || look(numbers));
            let threads: Vec<_> = left.chunks(share).map(search).collect();
            threads.into_iter().map(ScopedJoinHandle::join).collect()
        });
        for part in found {
            progress.take(part.unwrap_or_else(|_| Err(Fault::damaged("users cannot be read")))?);
        }
        Ok(())
    }

    /// The rows of some blocks that pass, as far as the leash reaches.
    fn part(
        &self,
        numbers: &[usize],
        blocks: &[Arc<Block>],
        candidates: &[Bits],
        leash: &Leash,
    ) -> Result<Vec<(usize, Bits)>, Fault> {
        let mut found = Vec::with_capacity(numbers.len());
        for number in numbers {
            let short = u32::try_from(*number).unwrap_or(u32::MAX);
            if let (Some(block), Some(candidates)) = (blocks.get(*number), candidates.get(*number))
            {
                found.push((*number, self.block(short, block, candidates)?));
            }
            if leash.is_over() {
                break;
            }
        }
        Ok(found)
    }

    fn block(&self, number: u32, block: &Block, candidates: &Bits) -> Result<Bits, Fault> {
        match self.root {
            Some(root) => self.node(root, number, block, candidates),
            None => Ok(*candidates),
        }
    }

    fn node(
        &self,
        node: &Node,
        number: u32,
        block: &Block,
        candidates: &Bits,
    ) -> Result<Bits, Fault> {
        if *candidates == NOTHING {
            return Ok(NOTHING);
        }
        match node {
            Node::All(nodes) => {
                // What needs the disk comes last and looks at what is left.
                let mut left = *candidates;
                for slow in [false, true] {
                    for node in nodes.iter().filter(|node| needs_disk(node) == slow) {
                        left = self.node(node, number, block, &left)?;
                    }
                }
                Ok(left)
            }
            Node::Any(nodes) => {
                let mut found = NOTHING;
                for slow in [false, true] {
                    for node in nodes.iter().filter(|node| needs_disk(node) == slow) {
                        let rest = both(candidates, &found, |all, found| all & !found);
                        let more = self.node(node, number, block, &rest)?;
                        found = both(&found, &more, |a, b| a | b);
                    }
                }
                Ok(found)
            }
            Node::Not(node) => {
                let not = self.node(node, number, block, candidates)?;
                Ok(both(candidates, &not, |all, not| all & !not))
            }
            Node::Term(term) => self.term(term, number, block, candidates),
        }
    }

    fn term(
        &self,
        term: &Term,
        number: u32,
        block: &Block,
        candidates: &Bits,
    ) -> Result<Bits, Fault> {
        if term_needs_disk(term) {
            return self.on_disk(term, number, candidates);
        }
        if !term.is_expression() {
            let text = |text: &str| term.passes(Field::Text(text), self.now);
            return Ok(self.in_columns(term, number, block, candidates, &text));
        }
        // Columns are folded: of other than ASCII text only the record tells how it is spelled.
        let sure = |text: &str| text.is_ascii() && term.passes(Field::Text(text), self.now);
        let sure = self.in_columns(term, number, block, candidates, &sure);
        let rest = both(candidates, &sure, |all, sure| all & !sure);
        let other = |text: &str| !text.is_ascii();
        let unsure = self.in_columns(term, number, block, &rest, &other);
        let more = self.on_disk(term, number, &unsure)?;
        Ok(both(&sure, &more, |a, b| a | b))
    }

    /// The rows whose texts in the columns pass; times and numbers are put to the term itself.
    fn in_columns(
        &self,
        term: &Term,
        number: u32,
        block: &Block,
        candidates: &Bits,
        text: &dyn Fn(&str) -> bool,
    ) -> Bits {
        let sift = |passes: &dyn Fn(usize) -> bool| {
            let mut found = NOTHING;
            block::rows(candidates)
                .filter(|row| passes(*row))
                .for_each(|row| block::set(&mut found, row));
            found
        };
        let time = |column: Time| {
            sift(&|row| {
                let time = block.time(column, row).map_or(Field::Unknown, Field::Time);
                term.passes(time, self.now)
            })
        };
        let count = |counts: &Counts| {
            let Some(counts) = counts else {
                return NOTHING;
            };
            sift(&|row| {
                let at = first_of(number) as usize + row;
                let count = counts.get(at).copied().unwrap_or(0);
                term.passes(Field::Number(f64::from(count)), self.now)
            })
        };
        let found = match (term.field(), term.contains()) {
            (None, Some(needle)) => bare(block, needle),
            (None, None) => anywhere(block, &sift, text),
            (Some(field), _) => match field {
                "login" => in_text(block, term, LOGIN, &sift, text),
                "email" => in_text(block, term, EMAIL, &sift, text),
                "name" => in_text(block, term, NAME, &sift, text),
                "status" => block.rows_where_word(Shared::Account, 1 << STATUS, text),
                "provider" => block.rows_where_word(Shared::Account, PROVIDER, text),
                "type" => block.rows_where_word(Shared::Account, 1 << TYPE, text),
                "title" => in_words(block, term, Shared::Title, text),
                "department" => in_words(block, term, Shared::Department, text),
                "manager" => in_words(block, term, Shared::Manager, text),
                "id" => match term.contains() {
                    Some(needle) => block.rows_with_id(needle.as_bytes()),
                    None => sift(&|row| block.id(row).is_some_and(|id| text(&id))),
                },
                "created" => time(Time::Created),
                "lastLogin" => time(Time::LastLogin),
                "lastUpdated" => time(Time::LastUpdated),
                "groups" => count(&self.groups),
                "apps" => count(&self.apps),
                _ => NOTHING,
            },
        };
        both(candidates, &found, |a, b| a & b)
    }

    fn on_disk(&self, term: &Term, number: u32, candidates: &Bits) -> Result<Bits, Fault> {
        let mut found = NOTHING;
        self.disk.each(number, candidates, |row, user| {
            let related = Related::default();
            if term.matches(&UserFields { user, related }, self.now) {
                block::set(&mut found, row);
            }
        })?;
        Ok(found)
    }
}

/// What a bare word looks at, except for the rows' states.
fn bare(block: &Block, needle: &str) -> Bits {
    let bytes = needle.as_bytes();
    if let ([byte], true) = (bytes, needle.is_ascii())
        && let Some(letter) = block::letter(*byte)
    {
        return block.rows_with_letter(letter);
    }
    let mut found = block.rows_with_text(bytes, u8::MAX);
    let more = [
        block.rows_with_word(Shared::Account, bytes, 1 << STATUS),
        block.rows_with_word(Shared::Title, bytes, u8::MAX),
        block.rows_with_word(Shared::Department, bytes, u8::MAX),
        block.rows_with_word(Shared::Manager, bytes, u8::MAX),
        block.rows_with_id(bytes),
    ];
    for rows in &more {
        found = both(&found, rows, |a, b| a | b);
    }
    found
}

/// As [`bare`], for tests that look at one value after the other.
fn anywhere(block: &Block, sift: Sift<'_>, passes: &dyn Fn(&str) -> bool) -> Bits {
    let shared = [
        (Shared::Account, 1 << STATUS),
        (Shared::Title, u8::MAX),
        (Shared::Department, u8::MAX),
        (Shared::Manager, u8::MAX),
    ];
    let words = shared.map(|(column, parts)| block.rows_where_word(column, parts, passes));
    let known = words
        .iter()
        .fold(NOTHING, |all, rows| both(&all, rows, |a, b| a | b));
    let texts = sift(&|row| {
        let in_text = [LOGIN, EMAIL, NAME]
            .iter()
            .any(|part| passes(block.text_part(row, *part)));
        block::has(&known, row) || in_text || block.id(row).is_some_and(|id| passes(&id))
    });
    both(&known, &texts, |a, b| a | b)
}

fn in_text(
    block: &Block,
    term: &Term,
    part: usize,
    sift: Sift<'_>,
    passes: &dyn Fn(&str) -> bool,
) -> Bits {
    match term.contains() {
        Some(needle) => block.rows_with_text(needle.as_bytes(), 1 << part),
        None => sift(&|row| {
            let text = block.text_part(row, part);
            !text.is_empty() && passes(text)
        }),
    }
}

fn in_words(block: &Block, term: &Term, column: Shared, passes: &dyn Fn(&str) -> bool) -> Bits {
    match term.contains() {
        Some(needle) => block.rows_with_word(column, needle.as_bytes(), u8::MAX),
        None => block.rows_where_word(column, u8::MAX, passes),
    }
}

fn both(a: &Bits, b: &Bits, join: impl Fn(u64, u64) -> u64) -> Bits {
    std::array::from_fn(|n| join(a[n], b[n]))
}

fn needs_disk(node: &Node) -> bool {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(needs_disk),
        Node::Not(node) => needs_disk(node),
        Node::Term(term) => term_needs_disk(term),
    }
}

/// Blocks have folded texts of some fields; a newline in a search would be taken for the end of a part, and nothing is everywhere.
fn term_needs_disk(term: &Term) -> bool {
    let is_plain = term
        .contains()
        .is_none_or(|needle| !needle.is_empty() && !needle.contains(char::is_control));
    let in_blocks = term.field().is_none_or(super::is_in_blocks);
    let counts = matches!(term.field(), Some("groups" | "apps"));
    !counts && (!term.folds_ascii() || !is_plain || !in_blocks)
}
