//! Who belongs to whom now, from both sides.
//!
//! A list of its own for each of a million users would cost more for its headers than for what is in it, and few are ever looked at.
//! So lists lie packed in blocks, and a block is in memory when somebody looks at it.

mod lists;
mod side;

use std::collections::BTreeMap;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _};
use serde::{Deserialize, Serialize};

use super::lack::{Lack, Sink, Source};
use super::picture::{self, Opening, Part};
use super::record::Link;
use super::tables::{self, Relation};
use crate::domain::id::Kind;
use crate::store::codec;
use crate::store::error::Fault;
use side::{Content, OWNERS, Side};

pub(super) use side::{Owners, develop};

/// Format of what a picture begins with.
const VERSION: u8 = 2;
/// Its number.
const HEAD: u32 = 1 << 31;

/// What is had of a picture without reading its blocks.
#[derive(Serialize, Deserialize)]
struct Head {
    /// How long the list of each left side is.
    lengths: Vec<u32>,
    /// The same of right sides, unless those are users.
    of_rights: Vec<u32>,
    /// When the blocks were drawn.
    lefts: Vec<u64>,
    rights: Vec<u64>,
}

/// One relation, from both sides.
pub(super) struct Links {
    /// What left sides have.
    rights: Side,
    /// What right sides belong to.
    lefts: Side,
    /// Whether there is a picture of it.
    is_drawn: bool,
    pub(super) opening: Opening,
}

/// The table of a relation's links.
type Stored = ReadOnlyTable<u64, &'static [u8]>;

impl Links {
    pub(super) fn new(relation: Relation) -> Self {
        let of_users = relation.kinds().1 == Kind::User;
        let lengths = (!of_users).then(Vec::new);
        Self {
            rights: Side::new(relation, Owners::Lefts, Some(Vec::new())),
            lefts: Side::new(relation, Owners::Rights, lengths),
            is_drawn: false,
            opening: Opening::default(),
        }
    }

    /// Builds both sides from the picture and what is marked since, or from all links.
    pub(super) fn load(
        transaction: &ReadTransaction,
        relation: Relation,
        pictures: bool,
    ) -> Result<Self, Fault> {
        let stored = tables::read_links(transaction, relation)?;
        if pictures && let Some(links) = Self::in_pictures(transaction, &stored, relation)? {
            return Ok(links);
        }
        let mut links = Self::made(&stored, relation)?;
        links.opening = Opening::new(0, links.len());
        Ok(links)
    }

    /// What pictures show, most of it still in them; `None` when there are none.
    fn in_pictures(
        transaction: &ReadTransaction,
        stored: &Stored,
        relation: Relation,
    ) -> Result<Option<Self>, Fault> {
        let part = Part::of(relation);
        let source = |part, number| picture::read(transaction, part, number);
        let Some(head) = source(part, HEAD)?.and_then(|bytes| head(&bytes)) else {
            return Ok(None);
        };
        let new = Self::new(relation);
        let of_rights = (!new.lefts.lengths_are_unknown()).then_some(head.of_rights);
        let mut links = Self {
            rights: Side::new(relation, Owners::Lefts, Some(head.lengths)).in_pictures(&head.lefts),
            lefts: Side::new(relation, Owners::Rights, of_rights).in_pictures(&head.rights),
            is_drawn: true,
            ..new
        };
        let marks = picture::marks(transaction, part)?;
        links.opening = Opening::new(links.len(), marks.len());
        for key in marks {
            let open = stored.get(key)?.map(|bytes| Link::peek_open(bytes.value()));
            let (left, right) = (tables::left_of(key), tables::right_of(key));
            // Only a list in memory tells whether this is a change.
            links.rights.bring(&source, left)?;
            if !links.lefts.lengths_are_unknown() {
                links.lefts.bring(&source, right)?;
            }
            links.set(left, right, open.unwrap_or(false));
        }
        Ok(Some(links))
    }

    fn made(stored: &Stored, relation: Relation) -> Result<Self, Fault> {
        let mut rights = Flat::default();
        let mut ended = BTreeMap::<u32, Vec<u32>>::new();
        for row in stored.iter()? {
            let (key, bytes) = row?;
            let (left, right) = (tables::left_of(key.value()), tables::right_of(key.value()));
            if Link::peek_open(bytes.value()) {
                rights.append(left, right);
            } else {
                ended.entry(right).or_default().push(left);
            }
        }
        let mut links = Self::new(relation);
        rights.put_into(&BTreeMap::new(), &mut links.rights);
        rights.turned().put_into(&ended, &mut links.lefts);
        Ok(links)
    }

    /// How many links there are now.
    pub(super) fn len(&self) -> usize {
        let lengths = self.rights.lengths().iter();
        lengths.map(|length| *length as usize).sum()
    }

    /// Whether there is a picture of it.
    pub(super) fn is_drawn(&self) -> bool {
        self.is_drawn
    }

    /// What is to be drawn is about to be, with this stamp.
    pub(super) fn will_be_drawn(&mut self, stamp: u64) {
        self.rights.will_be_drawn(stamp);
        self.lefts.will_be_drawn(stamp);
    }

    /// What was to be drawn has been.
    pub(super) fn was_drawn(&mut self, stamp: u64) {
        self.rights.was_drawn(stamp);
        self.lefts.was_drawn(stamp);
        self.is_drawn = true;
    }

    /// Draws what was said to be, each piece with its number.
    pub(super) fn draw(&self, source: Source<'_>, stamp: u64, put: Sink<'_>) -> Result<(), Fault> {
        let head = Head {
            lefts: self.rights.draw(source, stamp, put)?,
            rights: self.lefts.draw(source, stamp, put)?,
            lengths: self.rights.lengths().to_vec(),
            of_rights: self.lefts.lengths().to_vec(),
        };
        put(HEAD, &codec::encode(VERSION, &head)?)
    }

    /// When the last of what is in the picture was drawn.
    pub(super) fn last_stamp(&self) -> u64 {
        self.rights.last_stamp().max(self.lefts.last_stamp())
    }

    pub(super) fn side(&self, owners: Owners) -> &Side {
        match owners {
            Owners::Lefts => &self.rights,
            Owners::Rights => &self.lefts,
        }
    }

    /// What `left` has now, in ascending order.
    pub(super) fn rights(&self, left: u32) -> Result<Vec<u32>, Lack> {
        self.rights.of(left)
    }

    /// How many `left` has now.
    pub(super) fn rights_len(&self, left: u32) -> usize {
        self.rights.known_len(left)
    }

    /// What has `right` now, in ascending order.
    pub(super) fn lefts(&self, right: u32) -> Result<Vec<u32>, Lack> {
        self.lefts.of(right)
    }

    /// How many have `right` now.
    pub(super) fn lefts_len(&self, right: u32) -> Result<usize, Lack> {
        self.lefts.len(right)
    }

    /// As [`Self::lefts_len`] for those that are no users.
    pub(super) fn known_lefts_len(&self, right: u32) -> usize {
        self.lefts.known_len(right)
    }

    /// Sees to it that what has these is in memory.
    pub(super) fn need_lefts(&self, rights: impl Iterator<Item = u32>) -> Result<(), Lack> {
        self.lefts.need(rights)
    }

    /// What had `right` once, and may have it again.
    pub(super) fn ended(&self, right: u32) -> Result<Vec<u32>, Lack> {
        self.lefts.ended(right)
    }

    pub(super) fn set(&mut self, left: u32, right: u32, open: bool) {
        self.rights.set(left, right, open);
        self.lefts.set(right, left, open);
    }

    /// Lets go of what nobody has looked at since this was last done.
    pub(super) fn let_go(&mut self) {
        self.rights.let_go();
        self.lefts.let_go();
    }
}

/// What a picture begins with; `None` when it makes no sense.
fn head(bytes: &[u8]) -> Option<Head> {
    let head: Head = codec::decode(VERSION, bytes).ok()?;
    let fits = head.lengths.len() <= head.lefts.len() * OWNERS as usize;
    fits.then_some(head)
}

/// All lists of a side, unpacked, while they are made.
#[derive(Default)]
struct Flat {
    members: Vec<u32>,
    /// Where each list ends in `members`; it begins where the one before it ends.
    ends: Vec<u32>,
}

impl Flat {
    fn of(&self, owner: u32) -> &[u32] {
        let owner = owner as usize;
        let end = |at: usize| self.ends.get(at).map_or(0, |end| *end as usize);
        let start = owner.checked_sub(1).map_or(0, end);
        self.members.get(start..end(owner)).unwrap_or_default()
    }

    /// Puts in what comes in the order of owners and members.
    fn append(&mut self, owner: u32, member: u32) {
        let owner = owner as usize;
        let here = count(self.members.len());
        if self.ends.len() <= owner {
            self.ends.resize(owner + 1, here);
        }
        self.members.push(member);
        self.ends[owner] = here.saturating_add(1);
    }

    /// The same from the other side.
    fn turned(&self) -> Self {
        let most = self.members.iter().max();
        let mut ends = vec![0u32; most.map_or(0, |most| *most as usize + 1)];
        for member in &self.members {
            ends[*member as usize] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            // Where the next one goes; it has come to the end when all are in.
            start += std::mem::replace(end, start);
        }
        let mut members = vec![0; self.members.len()];
        for owner in 0..count(self.ends.len()) {
            for member in self.of(owner) {
                let place = &mut ends[*member as usize];
                members[*place as usize] = owner;
                *place += 1;
            }
        }
        Self { members, ends }
    }

    fn put_into(&self, ended: &BTreeMap<u32, Vec<u32>>, side: &mut Side) {
        let once = ended.last_key_value().map_or(0, |(owner, _)| owner + 1);
        let owners = once.max(count(self.ends.len()));
        for first in (0..owners).step_by(OWNERS as usize) {
            let end = owners.min(first.saturating_add(OWNERS));
            let mut content = Content::default();
            for owner in first..end {
                content.lists.push(self.of(owner));
            }
            for (owner, once) in ended.range(first..end) {
                content.note_ended(owner - first, once);
            }
            side.push(content);
        }
    }
}

/// There are fewer links than four thousand million.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use proptest::prelude::*;

    /// Pictures in the place of a file.
    #[derive(Default)]
    struct Shown(RefCell<BTreeMap<u32, Vec<u8>>>);

    impl Shown {
        fn source(&self) -> impl Fn(Part, u32) -> Result<Option<Vec<u8>>, Fault> {
            let shown = self.0.borrow().clone();
            move |_, number| Ok(shown.get(&number).cloned())
        }

        fn draw(&self, links: &Links, stamp: u64) {
            let mut put = |number, bytes: &[u8]| {
                self.0.borrow_mut().insert(number, bytes.to_vec());
                Ok(())
            };
            links.draw(&self.source(), stamp, &mut put).unwrap();
        }
    }

    /// What `look` finds, with whatever it lacks read from pictures.
    fn seen<T>(links: &Links, shown: &Shown, look: impl Fn(&Links) -> Result<T, Lack>) -> T {
        loop {
            match look(links) {
                Ok(seen) => return seen,
                Err(Lack::Lists(_, owners, blocks)) => {
                    let side = links.side(owners);
                    for block in blocks {
                        let developed = side.develop(&shown.source(), block).unwrap();
                        assert!(side.hold(block, developed));
                    }
                }
            }
        }
    }

    /// One of the first two blocks.
    fn ordinal() -> impl Strategy<Value = u32> {
        prop_oneof![0u32..6, OWNERS - 2..OWNERS + 3]
    }

    #[derive(Clone, Debug)]
    enum Step {
        Set(u32, u32, bool),
        Draw,
        LetGo,
        Look(u32),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (ordinal(), ordinal(), any::<bool>()).prop_map(|it| Step::Set(it.0, it.1, it.2)),
            1 => Just(Step::Draw),
            2 => Just(Step::LetGo),
            2 => ordinal().prop_map(Step::Look),
        ]
    }

    proptest! {
        #[test]
        fn lists_are_what_was_put_in_whatever_is_in_memory(
            steps in prop::collection::vec(step(), 1..120),
        ) {
            for relation in [Relation::Members, Relation::AppGroups] {
                let shown = Shown::default();
                let mut links = Links::new(relation);
                let mut expected = BTreeSet::new();
                let mut ended = BTreeSet::new();
                for (stamp, step) in (1..).zip(&steps) {
                    match step {
                        // The model is told of what has changed, and of nothing else.
                        Step::Set(left, right, open) => {
                            let changed = if *open {
                                expected.insert((*left, *right))
                            } else {
                                expected.remove(&(*left, *right))
                            };
                            if changed {
                                links.set(*left, *right, *open);
                                if !open {
                                    ended.insert((*left, *right));
                                }
                            }
                        }
                        Step::Draw => {
                            links.will_be_drawn(stamp);
                            shown.draw(&links, stamp);
                            // Looked at before the model is told that it is done.
                            links.let_go();
                            seen(&links, &shown, |links| links.rights(0));
                            links.was_drawn(stamp);
                        }
                        Step::LetGo => (0..2).for_each(|_| links.let_go()),
                        Step::Look(n) => {
                            seen(&links, &shown, |links| links.rights(*n));
                            seen(&links, &shown, |links| links.lefts(*n));
                        }
                    }
                }
                prop_assert_eq!(links.len(), expected.len());
                for n in (0..6).chain(OWNERS - 2..OWNERS + 3) {
                    let rights: Vec<u32> = expected.range((n, 0)..=(n, u32::MAX)).map(|it| it.1).collect();
                    let lefts: Vec<u32> = expected.iter().filter(|it| it.1 == n).map(|it| it.0).collect();
                    let once: BTreeSet<u32> = ended.iter().filter(|it| it.1 == n).map(|it| it.0).collect();
                    prop_assert_eq!(links.rights_len(n), rights.len());
                    prop_assert_eq!(seen(&links, &shown, |links| links.lefts_len(n)), lefts.len());
                    prop_assert_eq!(seen(&links, &shown, |links| links.rights(n)), rights);
                    prop_assert_eq!(seen(&links, &shown, |links| links.lefts(n)), lefts);
                    let told = seen(&links, &shown, |links| links.ended(n));
                    prop_assert_eq!(told.into_iter().collect::<BTreeSet<_>>(), once);
                }
            }
        }
    }

    #[test]
    fn a_picture_that_another_was_drawn_after_joins_no_more() {
        let shown = Shown::default();
        let mut links = Links::new(Relation::Members);
        links.set(3, 4, true);
        let draw = |links: &mut Links, stamp| {
            links.will_be_drawn(stamp);
            shown.draw(links, stamp);
            let read = links
                .side(Owners::Lefts)
                .develop(&shown.source(), 0)
                .unwrap();
            links.was_drawn(stamp);
            read
        };
        let first = draw(&mut links, 1);
        links.set(3, 5, true);
        let second = draw(&mut links, 2);
        (0..2).for_each(|_| links.let_go());
        let side = links.side(Owners::Lefts);
        assert!(side.is_absent(0));
        assert!(!side.hold(0, first) && side.is_absent(0));
        assert!(side.hold(0, second));
        assert_eq!(links.rights(3).unwrap(), [4, 5]);
    }

    #[test]
    fn a_block_in_which_too_much_has_changed_stays_until_it_is_drawn() {
        let shown = Shown::default();
        let mut links = Links::new(Relation::Members);
        links.set(0, 0, true);
        links.will_be_drawn(1);
        shown.draw(&links, 1);
        links.was_drawn(1);
        (1..1_000).for_each(|right| links.set(0, right, true));
        (0..2).for_each(|_| links.let_go());
        assert_eq!(links.rights(0).unwrap().len(), 1_000);
        links.will_be_drawn(2);
        shown.draw(&links, 2);
        links.was_drawn(2);
        (0..2).for_each(|_| links.let_go());
        assert!(links.rights(0).is_err());
        assert_eq!(seen(&links, &shown, |links| links.rights(0)).len(), 1_000);
    }
}
