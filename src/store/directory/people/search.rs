//! Answering a filter over users from their blocks; only what is not in a block (first names, regular expressions, times that few ask
//! about) is read from disk, row by row, and only for rows that pass everything else.

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

impl Search<'_> {
    /// The rows among `candidates` that pass, block by block.
    pub(super) fn run(
        &self,
        blocks: &[Arc<Block>],
        candidates: &[Bits],
    ) -> Result<Vec<Bits>, Fault> {
        let searchers = thread::available_parallelism().map_or(1, NonZero::get);
        let share = blocks.len().div_ceil(searchers.min(MAX_SEARCHERS));
        if blocks.len() < SHARED_FROM || share == blocks.len() {
            return self.part(0, blocks, candidates);
        }
        let shares = blocks.chunks(share).zip(candidates.chunks(share));
        let found: Vec<_> = thread::scope(|scope| {
            let search = |(n, (blocks, candidates))| {
                scope.spawn(move || self.part(n * share, blocks, candidates))
            };
            let threads: Vec<_> = shares.enumerate().map(search).collect();
            threads.into_iter().map(ScopedJoinHandle::join).collect()
        });
        let mut all = Vec::with_capacity(blocks.len());
        for part in found {
            all.extend(part.unwrap_or_else(|_| Err(Fault::damaged("users cannot be read")))?);
        }
        Ok(all)
    }

    fn part(
        &self,
        first: usize,
        blocks: &[Arc<Block>],
        candidates: &[Bits],
    ) -> Result<Vec<Bits>, Fault> {
        let numbered = blocks.iter().zip(candidates).enumerate();
        let each = numbered.map(|(n, (block, candidates))| {
            let number = u32::try_from(first + n).unwrap_or(u32::MAX);
            self.block(number, block, candidates)
        });
        each.collect()
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
        let text = |text: &str| term.passes(Field::Text(text), self.now);
        let found = match term.field() {
            None => bare(block, term.contains().unwrap_or_default()),
            Some("login") => in_text(block, term, LOGIN, &sift, &text),
            Some("email") => in_text(block, term, EMAIL, &sift, &text),
            Some("name") => in_text(block, term, NAME, &sift, &text),
            Some("status") => block.rows_where_word(Shared::Account, 1 << STATUS, text),
            Some("provider") => block.rows_where_word(Shared::Account, PROVIDER, text),
            Some("type") => block.rows_where_word(Shared::Account, 1 << TYPE, text),
            Some("title") => in_words(block, term, Shared::Title, &text),
            Some("department") => in_words(block, term, Shared::Department, &text),
            Some("manager") => in_words(block, term, Shared::Manager, &text),
            Some("id") => match term.contains() {
                Some(needle) => block.rows_with_id(needle.as_bytes()),
                None => sift(&|row| block.id(row).is_some_and(|id| text(&id))),
            },
            Some("created") => time(Time::Created),
            Some("lastLogin") => time(Time::LastLogin),
            Some("lastUpdated") => time(Time::LastUpdated),
            Some("groups") => count(&self.groups),
            Some("apps") => count(&self.apps),
            Some(_) => NOTHING,
        };
        Ok(both(candidates, &found, |a, b| a & b))
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
    !counts && (term.is_expression() || !is_plain || !in_blocks)
}
