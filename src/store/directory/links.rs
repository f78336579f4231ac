//! Who belongs to whom now, from both sides: ordinals packed one list after the other.
//!
//! A list of its own for each of a million users would cost more for its headers than for what is in it. So lists lie packed in one
//! piece of memory; those that change are taken out, and when many have been, all are packed again.

use std::collections::HashMap;

use redb::{ReadTransaction, ReadableTable as _};
use serde::{Deserialize, Serialize};

use super::picture::{self, Opening, Part};
use super::record::Link;
use super::tables::{self, Relation};
use crate::store::codec;
use crate::store::error::Fault;

/// What lists that were taken out may weigh before all are packed again; above that, a part of all that is packed.
const LOOSE: usize = 1 << 16;
const LOOSE_PART: usize = 8;
/// What a list weighs at most when it is taken out. Were a long one to weigh as much as it is long, each of its changes could make
/// everything be packed, and filling it would take the square of its length.
const HEAVIEST: usize = 64;

/// Format of a picture.
const VERSION: u8 = 1;

/// A picture of a relation.
#[derive(Serialize, Deserialize)]
struct Drawn {
    /// How long the list of each left side is.
    lengths: Vec<u32>,
    /// All lists one after the other: what is added to the number before, which is less than half of the bytes.
    steps: Vec<u32>,
    /// Left and right sides of links that ended once.
    ended: Vec<(u32, u32)>,
}

/// One relation, from both sides.
#[derive(Default)]
pub(super) struct Links {
    rights: Lists,
    lefts: Lists,
    /// By right side, the left sides of links that ended once.
    ended: HashMap<u32, Vec<u32>>,
    pub(super) opening: Opening,
}

impl Links {
    /// Builds both sides from the picture and what is marked since, or from all links.
    pub(super) fn load(
        transaction: &ReadTransaction,
        relation: Relation,
        pictures: bool,
    ) -> Result<Self, Fault> {
        let stored = tables::read_links(transaction, relation)?;
        let part = Part::of(relation);
        let mut links = Self::default();
        let picture = if pictures {
            picture::read(transaction, part, 0)?
        } else {
            None
        };
        if let Some(drawn) = picture.and_then(|bytes| Self::drawn(&bytes)) {
            links = drawn;
            let marks = picture::marks(transaction, part)?;
            links.opening = Opening::new(links.len(), marks.len());
            for key in marks {
                let open = stored.get(key)?.map(|bytes| Link::peek_open(bytes.value()));
                links.take_in(key, open.unwrap_or(false));
            }
            links.rights.pack();
        } else {
            for row in stored.iter()? {
                let (key, bytes) = row?;
                let (left, right) = (tables::left_of(key.value()), tables::right_of(key.value()));
                if Link::peek_open(bytes.value()) {
                    links.rights.append(left, right);
                } else {
                    links.note_ended(left, right);
                }
            }
            links.opening = Opening::new(0, links.len());
        }
        links.lefts = links.rights.turned();
        Ok(links)
    }

    /// Puts one link into the right side alone.
    fn take_in(&mut self, key: u64, open: bool) {
        let (left, right) = (tables::left_of(key), tables::right_of(key));
        self.rights.set(left, right, open);
        if !open {
            self.note_ended(left, right);
        }
    }

    /// How many links there are now.
    pub(super) fn len(&self) -> usize {
        self.rights.len()
    }

    /// As bytes; the other side follows from this one.
    pub(super) fn draw(&self) -> Result<Vec<u8>, Fault> {
        let ended = self.ended.iter();
        let ended = ended.flat_map(|(right, lefts)| lefts.iter().map(|left| (*left, *right)));
        let (lengths, steps) = self.rights.steps();
        let drawn = Drawn {
            lengths,
            steps,
            ended: ended.collect(),
        };
        codec::encode(VERSION, &drawn)
    }

    /// The right side that was drawn; `None` when it makes no sense.
    fn drawn(bytes: &[u8]) -> Option<Self> {
        let drawn: Drawn = codec::decode(VERSION, bytes).ok()?;
        let mut links = Self {
            rights: Lists::of_steps(&drawn.lengths, drawn.steps)?,
            ..Self::default()
        };
        for (left, right) in drawn.ended {
            links.note_ended(left, right);
        }
        Some(links)
    }

    /// What `left` has now, in ascending order.
    pub(super) fn rights(&self, left: u32) -> &[u32] {
        self.rights.of(left)
    }

    /// What has `right` now, in ascending order.
    pub(super) fn lefts(&self, right: u32) -> &[u32] {
        self.lefts.of(right)
    }

    /// What had `right` once, and may have it again.
    pub(super) fn ended(&self, right: u32) -> &[u32] {
        self.ended.get(&right).map_or(&[], Vec::as_slice)
    }

    pub(super) fn set(&mut self, left: u32, right: u32, open: bool) {
        self.rights.set(left, right, open);
        self.lefts.set(right, left, open);
        if !open {
            self.note_ended(left, right);
        }
    }

    fn note_ended(&mut self, left: u32, right: u32) {
        let lefts = self.ended.entry(right).or_default();
        if !lefts.contains(&left) {
            lefts.push(left);
        }
    }
}

/// A list of ascending ordinals for each ordinal.
#[derive(Default)]
struct Lists {
    packed: Vec<u32>,
    /// Where each list ends in `packed`; it begins where the one before it ends.
    ends: Vec<u32>,
    /// Lists as they are since they were packed, where they changed.
    changed: HashMap<u32, Vec<u32>>,
    /// What `changed` weighs: each list what is said above, and each change since one.
    loose: usize,
    /// How often all were packed.
    #[cfg(test)]
    packs: u32,
}

impl Lists {
    fn of(&self, owner: u32) -> &[u32] {
        match self.changed.get(&owner) {
            Some(list) => list,
            None => self.packed_of(owner),
        }
    }

    fn packed_of(&self, owner: u32) -> &[u32] {
        let owner = owner as usize;
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        let start = owner.checked_sub(1).map_or(0, end);
        self.packed.get(start..end(owner)).unwrap_or_default()
    }

    /// Puts in what comes in the order of owners and members.
    fn append(&mut self, owner: u32, member: u32) {
        let owner = owner as usize;
        let here = count(self.packed.len());
        if self.ends.len() <= owner {
            self.ends.resize(owner + 1, here);
        }
        self.packed.push(member);
        self.ends[owner] = here.saturating_add(1);
    }

    /// The same from the other side.
    fn turned(&self) -> Self {
        let most = self.packed.iter().max();
        let mut ends = vec![0u32; most.map_or(0, |most| *most as usize + 1)];
        for member in &self.packed {
            ends[*member as usize] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            // Where the next one goes; it has come to the end when all are in.
            start += std::mem::replace(end, start);
        }
        let mut packed = vec![0; self.packed.len()];
        for owner in 0..count(self.ends.len()) {
            for member in self.packed_of(owner) {
                let place = &mut ends[*member as usize];
                packed[*place as usize] = owner;
                *place += 1;
            }
        }
        Self {
            packed,
            ends,
            ..Self::default()
        }
    }

    fn len(&self) -> usize {
        let changed = self.changed.iter();
        let changes = changed.map(|(owner, list)| (list.len(), self.packed_of(*owner).len()));
        let (now, before) = changes.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
        self.packed.len() + now - before
    }

    /// The length of each list, and the lists as steps from number to number.
    fn steps(&self) -> (Vec<u32>, Vec<u32>) {
        let owners = self.owners();
        let mut steps = Vec::with_capacity(self.packed.len());
        let mut lengths = Vec::with_capacity(owners as usize);
        for owner in 0..owners {
            let list = self.of(owner);
            lengths.push(count(list.len()));
            let before = std::iter::once(&0).chain(list);
            steps.extend(
                list.iter()
                    .zip(before)
                    .map(|(number, before)| number - before),
            );
        }
        (lengths, steps)
    }

    fn of_steps(lengths: &[u32], mut steps: Vec<u32>) -> Option<Self> {
        let mut ends = Vec::with_capacity(lengths.len());
        let mut start = 0usize;
        for length in lengths {
            let end = start.checked_add(*length as usize)?;
            let mut number = 0u32;
            for step in steps.get_mut(start..end)? {
                number = number.checked_add(*step)?;
                *step = number;
            }
            ends.push(count(end));
            start = end;
        }
        (start == steps.len()).then(|| Self {
            packed: steps,
            ends,
            ..Self::default()
        })
    }

    fn owners(&self) -> u32 {
        let last = self.changed.keys().max().map_or(0, |owner| *owner + 1);
        last.max(count(self.ends.len()))
    }

    fn set(&mut self, owner: u32, member: u32, present: bool) {
        let place = self.of(owner).binary_search(&member);
        if place.is_ok() == present {
            return;
        }
        if !self.changed.contains_key(&owner) {
            let list = self.packed_of(owner).to_vec();
            self.loose += list.len().min(HEAVIEST);
            self.changed.insert(owner, list);
        }
        let list = self.changed.entry(owner).or_default();
        match place {
            Ok(place) => drop(list.remove(place)),
            Err(place) => list.insert(place, member),
        }
        self.loose += 1;
        if self.loose > LOOSE.max(self.packed.len() / LOOSE_PART) {
            self.pack();
        }
    }

    fn pack(&mut self) {
        let owners = self.owners();
        let mut fresh = Self {
            packed: Vec::with_capacity(self.packed.len() + self.loose),
            ends: Vec::with_capacity(owners as usize),
            #[cfg(test)]
            packs: self.packs + 1,
            ..Self::default()
        };
        for owner in 0..owners {
            fresh.packed.extend_from_slice(self.of(owner));
            fresh.ends.push(count(fresh.packed.len()));
        }
        fresh.packed.shrink_to_fit();
        *self = fresh;
    }
}

/// There are fewer links than four thousand million.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn check(links: &Links, expected: &BTreeSet<(u32, u32)>) {
        for n in 0..12 {
            let rights: Vec<u32> = expected
                .range((n, 0)..=(n, u32::MAX))
                .map(|it| it.1)
                .collect();
            let lefts: Vec<u32> = expected
                .iter()
                .filter(|it| it.1 == n)
                .map(|it| it.0)
                .collect();
            assert_eq!(
                (links.rights(n), links.lefts(n)),
                (&*rights, &*lefts),
                "{n}"
            );
        }
    }

    proptest! {
        #[test]
        fn lists_are_what_was_put_in(
            loaded in prop::collection::btree_set((0u32..10, 0u32..10), 0..40),
            changes in prop::collection::vec((0u32..12, 0u32..12, any::<bool>(), any::<bool>()), 0..80),
        ) {
            let mut links = Links::default();
            for (left, right) in &loaded {
                links.rights.append(*left, *right);
            }
            links.lefts = links.rights.turned();
            let mut expected = loaded;
            check(&links, &expected);
            for (left, right, open, pack) in changes {
                links.set(left, right, open);
                if open {
                    expected.insert((left, right));
                } else {
                    expected.remove(&(left, right));
                    prop_assert!(links.ended(right).contains(&left));
                }
                if pack {
                    links.rights.pack();
                    links.lefts.pack();
                }
                check(&links, &expected);
            }
        }
    }

    #[test]
    fn a_change_of_a_long_list_does_not_pack_everything() {
        let mut links = Links::default();
        for right in 0..4 * 65_536 {
            links.rights.append(3, right);
        }
        links.lefts = links.rights.turned();
        for change in 0..1_000 {
            links.set(3, change * 7, false);
            links.set(3, 4 * 65_536 + change, true);
        }
        assert_eq!((links.rights.packs, links.lefts.packs), (0, 0));
        assert_eq!(links.rights(3).len(), 4 * 65_536);
    }

    #[test]
    fn filling_a_list_packs_in_proportion_to_its_length() {
        let mut links = Links::default();
        for right in 0..200_000 {
            links.set(3, right, true);
        }
        assert!(
            (1..=4).contains(&links.rights.packs),
            "{}",
            links.rights.packs
        );
        assert!(
            (1..=4).contains(&links.lefts.packs),
            "{}",
            links.lefts.packs
        );
        assert_eq!(links.rights(3).len(), 200_000);
    }

    #[test]
    fn many_changes_are_packed() {
        let mut links = Links::default();
        for right in 0..100_000 {
            links.set(3, right, true);
        }
        assert!(links.lefts.changed.len() < 100_000);
        assert_eq!(links.rights(3).len(), 100_000);
        assert_eq!(
            (links.lefts(99_999), links.lefts(100_000)),
            (&[3][..], &[][..])
        );
    }
}
