//! Lists of ascending ordinals, packed: what each number adds to the one before, in as few bytes as that takes.
//!
//! A number of four bytes for every membership would cost twice as much. Lists that change are taken out, and when many have been, all
//! of a block are packed again.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What lists that were taken out may weigh before all are packed again; above that, a part of all that is packed.
const LOOSE: usize = 1 << 12;
const LOOSE_PART: usize = 8;
/// What a list weighs at most when it is taken out. Were a long one to weigh as much as it is long, each of its changes could make
/// everything be packed, and filling it would take the square of its length.
const HEAVIEST: usize = 64;

/// Set in a byte after which the number goes on.
const GOES_ON: u8 = 0x80;

/// A list for each row.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    packed: Vec<u8>,
    /// Where each list ends in `packed`; it begins where the one before it ends.
    ends: Vec<u32>,
    /// Lists as they are since they were packed, where they changed.
    changed: BTreeMap<u16, Vec<u32>>,
    /// What `changed` weighs: each list what is said above, and each change since one.
    loose: usize,
    /// How often all were packed.
    #[cfg(test)]
    pub(super) packs: u32,
}

/// Lists as they are written.
#[derive(Serialize, Deserialize)]
pub(super) struct Drawn<'a> {
    #[serde(borrow)]
    packed: Cow<'a, [u8]>,
    /// How many bytes each list has.
    lengths: Vec<u32>,
}

impl Lists {
    pub(super) fn of(&self, row: u16) -> Vec<u32> {
        match self.changed.get(&row) {
            Some(list) => list.clone(),
            None => unpacked(self.packed_of(row)).collect(),
        }
    }

    /// How long a list is.
    pub(super) fn len(&self, row: u16) -> usize {
        match self.changed.get(&row) {
            Some(list) => list.len(),
            None => numbers(self.packed_of(row)),
        }
    }

    /// How many rows have lists here, empty ones among them.
    pub(super) fn rows(&self) -> u16 {
        let last = self.changed.last_key_value().map_or(0, |(row, _)| row + 1);
        last.max(u16::try_from(self.ends.len()).unwrap_or(u16::MAX))
    }

    fn packed_of(&self, row: u16) -> &[u8] {
        let row = usize::from(row);
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        let start = row.checked_sub(1).map_or(0, end);
        self.packed.get(start..end(row)).unwrap_or_default()
    }

    /// Adds the list of the next row, before anything has changed.
    pub(super) fn push(&mut self, list: &[u32]) {
        let mut before = 0;
        for number in list {
            pack_one(&mut self.packed, number.wrapping_sub(before));
            before = *number;
        }
        self.ends.push(count(self.packed.len()));
    }

    /// Lets go of what was allocated for more.
    pub(super) fn shrink(&mut self) {
        self.packed.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Puts a number in, or takes it out; says whether that changed anything.
    pub(super) fn set(&mut self, row: u16, member: u32, present: bool) -> bool {
        if let std::collections::btree_map::Entry::Vacant(vacant) = self.changed.entry(row) {
            let start = usize::from(row).checked_sub(1).map_or(0, |before| {
                self.ends.get(before).map_or(0, |end| *end as usize)
            });
            let end = self
                .ends
                .get(usize::from(row))
                .map_or(0, |end| *end as usize);
            let packed = self.packed.get(start..end).unwrap_or_default();
            let list: Vec<u32> = unpacked(packed).collect();
            if list.binary_search(&member).is_ok() == present {
                return false;
            }
            self.loose += list.len().min(HEAVIEST);
            vacant.insert(list);
        }
        let list = self.changed.entry(row).or_default();
        match (list.binary_search(&member), present) {
            (Ok(place), false) => drop(list.remove(place)),
            (Err(place), true) => list.insert(place, member),
            _ => return false,
        }
        self.loose += 1;
        if self.loose > LOOSE.max(self.packed.len() / LOOSE_PART) {
            self.pack();
        }
        true
    }

    pub(super) fn pack(&mut self) {
        let mut fresh = self.all_packed();
        fresh.shrink();
        *self = fresh;
    }

    fn all_packed(&self) -> Self {
        let mut fresh = Self {
            packed: Vec::with_capacity(self.packed.len() + self.loose),
            #[cfg(test)]
            packs: self.packs + 1,
            ..Self::default()
        };
        for row in 0..self.rows() {
            if let Some(list) = self.changed.get(&row) {
                fresh.push(list);
            } else {
                fresh.packed.extend_from_slice(self.packed_of(row));
                fresh.ends.push(count(fresh.packed.len()));
            }
        }
        fresh
    }

    pub(super) fn draw(&self) -> Drawn<'_> {
        let whole = if self.changed.is_empty() {
            Cow::Borrowed(self)
        } else {
            Cow::Owned(self.all_packed())
        };
        let starts = std::iter::once(&0).chain(&whole.ends);
        let lengths = whole.ends.iter().zip(starts);
        Drawn {
            lengths: lengths.map(|(end, start)| end - start).collect(),
            packed: match whole {
                Cow::Borrowed(whole) => whole.packed.as_slice().into(),
                Cow::Owned(whole) => whole.packed.into(),
            },
        }
    }
}

impl Drawn<'_> {
    /// The lists that were drawn; `None` when they make no sense.
    pub(super) fn lists(self) -> Option<Lists> {
        let mut end = 0usize;
        let mut ends = Vec::with_capacity(self.lengths.len());
        for length in self.lengths {
            end = end.checked_add(length as usize)?;
            let last = end.checked_sub(1).filter(|_| length > 0);
            if last.is_some_and(|last| self.packed.get(last).is_none_or(|it| it & GOES_ON != 0)) {
                return None;
            }
            ends.push(count(end));
        }
        (end == self.packed.len()).then(|| Lists {
            packed: self.packed.into_owned(),
            ends,
            ..Lists::default()
        })
    }
}

fn pack_one(bytes: &mut Vec<u8>, mut number: u32) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            bytes.push(low & !GOES_ON);
            return;
        }
        bytes.push(low | GOES_ON);
    }
}

/// How many numbers there are.
fn numbers(packed: &[u8]) -> usize {
    packed.iter().filter(|byte| **byte & GOES_ON == 0).count()
}

fn unpacked(packed: &[u8]) -> impl Iterator<Item = u32> + '_ {
    let mut bytes = packed.iter();
    let mut number = 0u32;
    std::iter::from_fn(move || {
        let (mut step, mut shift) = (0u32, 0u32);
        loop {
            let byte = *bytes.next()?;
            step |= u32::from(byte & !GOES_ON).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte & GOES_ON == 0 {
                break;
            }
        }
        number = number.wrapping_add(step);
        Some(number)
    })
}

/// A block has fewer than four thousand million of anything.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::codec;
    use proptest::prelude::*;

    fn again(lists: &Lists) -> Option<Lists> {
        let bytes = codec::encode(1, &lists.draw()).unwrap();
        let (drawn, _) = codec::decode_prefix_borrowed::<Drawn<'_>>(1, &bytes).unwrap();
        drawn.lists()
    }

    proptest! {
        #[test]
        fn lists_are_what_was_put_in(
            loaded in prop::collection::vec(prop::collection::btree_set(any::<u32>(), 0..20), 0..6),
            changes in prop::collection::vec((0u16..8, 0u32..12, any::<bool>(), any::<bool>()), 0..80),
        ) {
            let mut lists = Lists::default();
            let mut expected: Vec<BTreeSet<u32>> = loaded;
            for list in &expected {
                lists.push(&list.iter().copied().collect::<Vec<_>>());
            }
            expected.resize(8, BTreeSet::new());
            for (row, member, present, pack) in changes {
                let list = &mut expected[usize::from(row)];
                let changed = if present { list.insert(member) } else { list.remove(&member) };
                prop_assert_eq!(lists.set(row, member, present), changed);
                if pack {
                    lists.pack();
                }
            }
            for lists in [&lists, &again(&lists).unwrap()] {
                for (row, list) in (0..).zip(&expected) {
                    prop_assert_eq!(lists.len(row), list.len());
                    prop_assert_eq!(lists.of(row), list.iter().copied().collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_together_is_no_list() {
        let drawn = |packed: &'static [u8], lengths: &[u32]| Drawn {
            packed: packed.into(),
            lengths: lengths.to_vec(),
        };
        assert_eq!(drawn(&[3, 0x81, 1], &[1, 2]).lists().unwrap().of(1), [129]);
        for (packed, lengths) in [
            (&[3, 0x81, 1][..], &[1, 1][..]),
            (&[3, 0x81, 1], &[2, 1]),
            (&[3, 0x81, 1], &[1, 3]),
            (&[3], &[u32::MAX, 2]),
            (&[], &[1]),
        ] {
            assert!(drawn(packed, lengths).lists().is_none(), "{lengths:?}");
        }
    }

    #[test]
    fn a_change_of_a_long_list_does_not_pack_everything() {
        let mut lists = Lists::default();
        lists.push(&[]);
        lists.push(&(0..4 * 65_536).collect::<Vec<_>>());
        for change in 0..1_000 {
            lists.set(1, change * 7, false);
            lists.set(1, 4 * 65_536 + change, true);
        }
        assert_eq!((lists.packs, lists.len(1)), (0, 4 * 65_536));
    }

    #[test]
    fn filling_a_list_packs_in_proportion_to_its_length() {
        let mut lists = Lists::default();
        for right in 0..200_000 {
            lists.set(3, right, true);
        }
        assert!((1..=40).contains(&lists.packs), "{}", lists.packs);
        assert_eq!(lists.len(3), 200_000);
    }
}
