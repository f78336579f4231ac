//! From ids to ordinals: a table of ordinals alone, whose ids are looked up in the blocks that have them anyway.

use std::hash::{BuildHasher as _, RandomState};

/// An empty place.
const NONE: u32 = u32::MAX;

#[derive(Default)]
pub(super) struct Ids {
    /// A power of two of places, at least a quarter of them empty.
    places: Vec<u32>,
    taken: usize,
    hasher: RandomState,
}

impl Ids {
    /// With room for so many.
    pub(super) fn for_count(count: usize) -> Self {
        Self {
            places: vec![NONE; (count * 2).next_power_of_two().max(64)],
            ..Self::default()
        }
    }

    /// The ordinal for which `is` holds, among those that were put in under `id`.
    pub(super) fn get(&self, id: &str, is: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.place(id)?;
        while self.places[place] != NONE {
            if is(self.places[place]) {
                return Some(self.places[place]);
            }
            place = (place + 1) & (self.places.len() - 1);
        }
        None
    }

    /// Puts in an ordinal under an id that has none; `id_of` gives the ids of those that are in.
    pub(super) fn put(&mut self, id: &str, ordinal: u32, id_of: impl Fn(u32) -> String) {
        if (self.taken + 1) * 4 > self.places.len() * 3 {
            self.resize((self.places.len() * 2).max(64), id_of);
        }
        self.insert(id, ordinal);
        self.taken += 1;
    }

    fn resize(&mut self, places: usize, id_of: impl Fn(u32) -> String) {
        let old = std::mem::replace(&mut self.places, vec![NONE; places]);
        for ordinal in old.into_iter().filter(|ordinal| *ordinal != NONE) {
            self.insert(&id_of(ordinal), ordinal);
        }
    }

    fn insert(&mut self, id: &str, ordinal: u32) {
        let Some(mut place) = self.place(id) else {
            return;
        };
        while self.places[place] != NONE {
            place = (place + 1) & (self.places.len() - 1);
        }
        self.places[place] = ordinal;
    }

    fn place(&self, id: &str) -> Option<usize> {
        let mask = self.places.len().checked_sub(1)?;
        let hash = self.hasher.hash_one(id) & mask as u64;
        usize::try_from(hash).ok()
    }
}
