//! What of users the first window needs: who is shown. Their order is beside it, and rows are read from disk anyway.
//!
//! Columns of a million users take the time of several frames to read, and a console that is opened shows none of them. They are read when
//! something else is asked for, and before anything is written: so nothing has changed since this was read.

use std::cell::RefCell;
use std::collections::HashMap;

use redb::ReadTransaction;
use serde::{Deserialize, Serialize};

use super::block::{self, Bits, Block, ROWS, State};
use super::search::Disk;
use super::{Records, marked, place};
use crate::domain::fields::UserFields;
use crate::domain::query::Related;
use crate::store::codec;
use crate::store::directory::order::{Key, Keyed};
use crate::store::directory::picture::{self, Part};
use crate::store::directory::record::Record;
use crate::store::error::Fault;

/// Above this many users that are marked, columns are worth reading.
pub(in super::super) const MOST_MARKED: usize = 256;
/// Format of the picture.
const VERSION: u8 = 1;

/// Who is shown, by block and row.
#[derive(Default)]
pub(super) struct Light {
    count: usize,
    /// Those that were read.
    known: Vec<Bits>,
    /// Those that Okta has.
    live: Vec<Bits>,
}

#[derive(Serialize, Deserialize)]
struct Drawn {
    count: u32,
    known: Vec<u64>,
    live: Vec<u64>,
}

/// Whether there is a picture.
pub(super) fn is_drawn(transaction: &ReadTransaction) -> Result<bool, Fault> {
    let picture = picture::read(transaction, Part::Shown, 0)?;
    Ok(picture.and_then(|bytes| Light::drawn(&bytes)).is_some())
}

impl Light {
    /// From its picture and what is marked since; `None` when there is none, or too much is marked.
    pub(super) fn load(
        transaction: &ReadTransaction,
        records: &Records,
        count: usize,
    ) -> Result<Option<Self>, Fault> {
        let picture = picture::read(transaction, Part::Shown, 0)?;
        let Some(mut light) = picture.and_then(|bytes| Self::drawn(&bytes)) else {
            return Ok(None);
        };
        let marked = marked(transaction, Part::Shown)?;
        if marked.len() > MOST_MARKED {
            return Ok(None);
        }
        for ordinal in marked {
            let Some(bytes) = records.get(ordinal)? else {
                return Ok(None);
            };
            light.put(ordinal, State::of(&Record::decode(bytes.value())?));
        }
        Ok((light.count == count).then_some(light))
    }

    pub(super) fn of(blocks: &[std::sync::Arc<Block>]) -> Self {
        let full = blocks.len().saturating_sub(1) * ROWS;
        Self {
            count: full + blocks.last().map_or(0, |block| block.len()),
            known: blocks.iter().map(|block| block.shown(true)).collect(),
            live: blocks.iter().map(|block| block.shown(false)).collect(),
        }
    }

    fn put(&mut self, ordinal: u32, state: State) {
        let (number, row) = place(ordinal);
        if self.known.len() <= number {
            self.known.resize(number + 1, [0; ROWS / 64]);
            self.live.resize(number + 1, [0; ROWS / 64]);
        }
        block::put_bit(&mut self.known[number], row, state.known);
        block::put_bit(&mut self.live[number], row, state.live);
        self.count = self.count.max(ordinal as usize + 1);
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// How many users Okta has.
    pub(super) fn live(&self) -> u64 {
        let words = self.live.iter().flatten();
        words.map(|word| u64::from(word.count_ones())).sum()
    }

    /// The rows that a list shows.
    pub(super) fn shown(&self, archived: bool) -> Vec<Bits> {
        if archived {
            self.known.clone()
        } else {
            self.live.clone()
        }
    }

    pub(super) fn draw(&self) -> Result<Vec<u8>, Fault> {
        let drawn = Drawn {
            count: u32::try_from(self.count).unwrap_or(u32::MAX),
            known: self.known.as_flattened().to_vec(),
            live: self.live.as_flattened().to_vec(),
        };
        codec::encode(VERSION, &drawn)
    }

    fn drawn(bytes: &[u8]) -> Option<Self> {
        let drawn: Drawn = codec::decode(VERSION, bytes).ok()?;
        let bits = |words: &[u64]| {
            let (blocks, rest) = words.as_chunks::<{ ROWS / 64 }>();
            rest.is_empty().then(|| blocks.to_vec())
        };
        let light = Self {
            count: drawn.count as usize,
            known: bits(&drawn.known)?,
            live: bits(&drawn.live)?,
        };
        let blocks = light.count.div_ceil(ROWS);
        (light.known.len() == blocks && light.live.len() == blocks).then_some(light)
    }
}

/// Users by login as their records have it, for the few whose place is looked for.
pub(super) struct LightRows<'s> {
    light: &'s Light,
    disk: &'s Disk,
    read: RefCell<HashMap<u32, Option<Key<'static>>>>,
    fault: RefCell<Option<Fault>>,
}

impl<'s> LightRows<'s> {
    pub(super) fn of(light: &'s Light, disk: &'s Disk) -> Self {
        Self {
            light,
            disk,
            read: RefCell::default(),
            fault: RefCell::default(),
        }
    }
}

impl Keyed for LightRows<'_> {
    fn count(&self) -> u32 {
        u32::try_from(self.light.count).unwrap_or(u32::MAX)
    }

    fn has_value(&self, ordinal: u32) -> bool {
        let (number, row) = place(ordinal);
        let known = self.light.known.get(number);
        known.is_some_and(|rows| block::has(rows, row))
    }

    fn key(&self, ordinal: u32) -> Option<Key<'_>> {
        if let Some(key) = self.read.borrow().get(&ordinal) {
            return key.clone();
        }
        let record = match self.disk.record(ordinal) {
            Ok(record) => record,
            Err(fault) => {
                self.fault.borrow_mut().get_or_insert(fault);
                None
            }
        };
        let user = record.and_then(|record| record.value);
        let key = user.and_then(|user| {
            let related = Related::default();
            Key::of(
                &UserFields {
                    user: &user,
                    related,
                },
                super::window::OWN_ORDER,
            )
        });
        self.read.borrow_mut().insert(ordinal, key.clone());
        key
    }

    fn tie(&self, ordinal: u32) -> u32 {
        ordinal
    }

    fn fault(&self) -> Option<Fault> {
        self.fault.borrow_mut().take()
    }
}
