//! A block as bytes: its columns one after the other, so that 4,096 users are read as fast as memory is copied.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::arena::Arena;
use super::block::{Block, ID_LENGTH, ROWS};
use super::words::Words;
use crate::store::codec::{self, Moment};
use crate::store::error::Fault;

/// Format of a block.
const VERSION: u8 = 1;

type Bytes<'a> = Cow<'a, [u8]>;

#[derive(Serialize, Deserialize)]
struct Drawn<'a> {
    #[serde(borrow)]
    ids: Bytes<'a>,
    #[serde(borrow)]
    capitals: Bytes<'a>,
    #[serde(borrow)]
    states: Bytes<'a>,
    #[serde(borrow)]
    letters: Bytes<'a>,
    #[serde(borrow)]
    times: [Column<'a>; 3],
    #[serde(borrow)]
    text: DrawnArena<'a>,
    #[serde(borrow)]
    shared: [DrawnWords<'a>; 4],
    odd_ids: BTreeMap<u16, String>,
    spelled: BTreeMap<u16, String>,
    exact: BTreeMap<(u8, u16), Moment>,
    missed: BTreeMap<u16, u32>,
}

#[derive(Serialize, Deserialize)]
struct Column<'a>(#[serde(borrow)] Bytes<'a>);

#[derive(Serialize, Deserialize)]
struct DrawnArena<'a> {
    #[serde(borrow)]
    text: Bytes<'a>,
    #[serde(borrow)]
    ends: Bytes<'a>,
}

#[derive(Serialize, Deserialize)]
struct DrawnWords<'a> {
    #[serde(borrow)]
    texts: DrawnArena<'a>,
    #[serde(borrow)]
    sorted: Bytes<'a>,
    #[serde(borrow)]
    rows: Bytes<'a>,
}

/// A block as bytes.
pub(super) fn draw(block: &Block) -> Result<Vec<u8>, Fault> {
    let drawn = Drawn {
        ids: block.ids.as_flattened().into(),
        capitals: wide(&block.capitals),
        states: block.states.as_slice().into(),
        letters: wide(&block.letters),
        times: block.times.each_ref().map(|column| Column(wide(column))),
        text: DrawnArena::of(&block.text),
        shared: block.shared.each_ref().map(DrawnWords::of),
        odd_ids: block.odd_ids.clone(),
        spelled: block.spelled.clone(),
        exact: block.exact.clone(),
        missed: block.missed.clone(),
    };
    codec::encode(VERSION, &drawn)
}

/// The block that was drawn; `None` when it makes no sense.
pub(super) fn drawn(bytes: &[u8]) -> Option<Block> {
    let (drawn, rest) = codec::decode_prefix_borrowed::<Drawn<'_>>(VERSION, bytes).ok()?;
    let [created, last_login, last_updated] = drawn.times;
    let [account, title, department, manager] = drawn.shared;
    let block = Block {
        ids: drawn.ids.as_chunks::<ID_LENGTH>().0.to_vec(),
        capitals: numbers(&drawn.capitals),
        odd_ids: drawn.odd_ids,
        states: drawn.states.into_owned(),
        text: drawn.text.arena()?,
        spelled: drawn.spelled,
        letters: numbers(&drawn.letters),
        shared: [
            account.words()?,
            title.words()?,
            department.words()?,
            manager.words()?,
        ],
        times: [created, last_login, last_updated].map(|column| numbers(&column.0)),
        exact: drawn.exact,
        missed: drawn.missed,
    };
    (rest.is_empty() && fits(&block)).then_some(block)
}

/// Whether every column has as many rows as there are users, so that no row lacks what another has.
fn fits(block: &Block) -> bool {
    let rows = block.states.len();
    let mut shared = block.shared.iter().map(|words| words.rows.len());
    let mut times = block.times.iter().map(Vec::len);
    rows <= ROWS
        && block.ids.len() == rows
        && block.capitals.len() == rows
        && block.letters.len() == rows
        && block.text.len() == rows
        && shared.all(|count| count == rows)
        && times.all(|count| count == rows)
}

impl<'a> DrawnArena<'a> {
    fn of(arena: &'a Arena) -> Self {
        Self {
            text: arena.text.as_slice().into(),
            ends: wide(&arena.ends),
        }
    }

    fn arena(self) -> Option<Arena> {
        let ends = numbers(&self.ends);
        let last = ends.last().map_or(0, |end| *end as usize);
        let fits = ends.is_sorted() && last == self.text.len();
        fits.then(|| Arena {
            text: self.text.into_owned(),
            ends,
        })
    }
}

impl<'a> DrawnWords<'a> {
    fn of(words: &'a Words) -> Self {
        Self {
            texts: DrawnArena::of(&words.texts),
            sorted: narrow(&words.sorted),
            rows: narrow(&words.rows),
        }
    }

    fn words(self) -> Option<Words> {
        let texts = self.texts.arena()?;
        let (sorted, rows) = (short_numbers(&self.sorted), short_numbers(&self.rows));
        let mut all = sorted.iter().chain(&rows);
        let fits = sorted.len() == texts.len() && all.all(|text| usize::from(*text) < texts.len());
        fits.then_some(Words {
            texts,
            sorted,
            rows,
        })
    }
}

fn wide(numbers: &[u32]) -> Bytes<'static> {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
    bytes.collect::<Vec<_>>().into()
}

fn narrow(numbers: &[u16]) -> Bytes<'static> {
    let bytes = numbers.iter().flat_map(|number| number.to_le_bytes());
    bytes.collect::<Vec<_>>().into()
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word)).collect()
}

fn short_numbers(bytes: &[u8]) -> Vec<u16> {
    let (words, _) = bytes.as_chunks::<2>();
    words.iter().map(|word| u16::from_le_bytes(*word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_off_or_changed_is_no_block() {
        let mut block = Block::default();
        block.states.push(1);
        // A row that has a state and nothing else.
        assert!(drawn(&draw(&block).unwrap()).is_none());
        let bytes = draw(&Block::default()).unwrap();
        assert_eq!(drawn(&bytes), Some(Block::default()));
        for length in 0..bytes.len() {
            assert_eq!(drawn(&bytes[..length]), None, "{length}");
        }
        assert_eq!(drawn(&[&bytes[..], &[0]].concat()), None);
    }
}
