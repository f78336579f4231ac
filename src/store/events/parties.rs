//! Which blocks tell of whom, remembered while the store is open.
//!
//! "The events of this object" is asked for all the time, and of most objects there are few events in many blocks. Every full block
//! that such a search opens leaves the ids of its actors and targets here, so that the next search, for whatever object, opens only
//! the blocks that name it. Full blocks never change, so what is remembered stays right.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::block::{BLOCK, HotBlock};
use super::day::{BlockRange, Day};

/// How many ids of blocks are remembered, 4 bytes each; beyond it everything is forgotten and learnt anew.
const MAX_ENTRIES: usize = 8 << 20;

/// What is known of the blocks.
#[derive(Default)]
pub(super) struct Parties(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// Every id that was seen, folded as filters fold, with its number.
    numbers: HashMap<Arc<str>, u32>,
    /// The ids by number.
    ids: Vec<Arc<str>>,
    /// The ids of a block in ascending order of number.
    blocks: HashMap<(Day, u64), Box<[u32]>>,
    entries: usize,
}

/// The ids that a search is about, as far as they were known when it began.
pub(super) struct Wanted {
    numbers: HashSet<u32>,
    /// Ids from this number on were not known then.
    until: u32,
}

impl Parties {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ids in which `folded` occurs.
    pub(super) fn wanted(&self, folded: &str) -> Wanted {
        let known = self.known();
        let finder = memchr::memmem::Finder::new(folded.as_bytes());
        let hits = (0u32..).zip(&known.ids);
        Wanted {
            numbers: hits
                .filter(|(_, id)| finder.find(id.as_bytes()).is_some())
                .map(|(number, _)| number)
                .collect(),
            until: u32::try_from(known.ids.len()).unwrap_or(u32::MAX),
        }
    }

    /// Whether the block is known to tell of none of them.
    pub(super) fn lacks(&self, day: Day, block: &BlockRange, wanted: &Wanted) -> bool {
        let known = self.known();
        let ids = known.blocks.get(&(day, block.first_seq));
        ids.is_some_and(|ids| {
            let all_were_known = ids.last().is_none_or(|last| *last < wanted.until);
            all_were_known && !ids.iter().any(|id| wanted.numbers.contains(id))
        })
    }

    /// Remembers whom a full block tells of.
    pub(super) fn learn(&self, day: Day, range: &BlockRange, block: &HotBlock) {
        if block.len() < BLOCK {
            return;
        }
        let mut known = self.known();
        if known.blocks.contains_key(&(day, range.first_seq)) {
            return;
        }
        if known.entries > MAX_ENTRIES {
            *known = Known::default();
        }
        let mut ids: Vec<u32> = block.party_ids().map(|id| known.number(id)).collect();
        ids.sort_unstable();
        ids.dedup();
        known.entries += ids.len();
        known.blocks.insert((day, range.first_seq), ids.into());
    }
}

impl Known {
    fn number(&mut self, id: &str) -> u32 {
        let folded = id.to_lowercase();
        if let Some(number) = self.numbers.get(folded.as_str()) {
            return *number;
        }
        let id: Arc<str> = folded.into();
        let number = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.push(Arc::clone(&id));
        self.numbers.insert(id, number);
        number
    }
}
