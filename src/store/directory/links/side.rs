//! One side of a relation, in blocks of lists that are read from their pictures when somebody looks at them.
//!
//! A block that is not in memory is what its picture shows, and what has changed since; so a picture that is read while the model
//! changes is put right when it joins the model. A picture says with its stamp when it was drawn, and one that another was drawn
//! after joins no more.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use super::lists::{self, Lists};
use crate::store::codec;
use crate::store::directory::lack::{Lack, Sink, Source};
use crate::store::directory::picture::Part;
use crate::store::directory::tables::Relation;
use crate::store::error::Fault;

/// Owners of lists in a block.
pub(super) const OWNERS: u32 = 1 << 10;
/// Changes that are remembered for a block in memory; with more of them it stays there until it is drawn.
const MOST_CHANGES: usize = 256;
/// Format of a picture.
const VERSION: u8 = 2;
/// Set in the number of a picture of lists that right sides own.
const OF_RIGHTS: u32 = 1 << 30;

/// Whose lists they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Owners {
    /// What left sides have: members of groups, for example.
    Lefts,
    /// What right sides belong to.
    Rights,
}

impl Owners {
    fn picture(self, block: u32) -> u32 {
        match self {
            Self::Lefts => block,
            Self::Rights => block | OF_RIGHTS,
        }
    }
}

/// One side.
pub(in super::super) struct Side {
    relation: Relation,
    owners: Owners,
    blocks: Vec<Block>,
    /// How long each list is, for owners that are few.
    lengths: Option<Vec<u32>>,
}

/// Lists of some owners, in memory or not.
#[derive(Default)]
struct Block {
    /// When its picture was drawn; without one it is in memory.
    drawn: Option<u64>,
    /// When the picture was drawn that is being written, and shows the same.
    next: Option<u64>,
    /// What changed since `drawn`: row, member, and whether it is there.
    since: Vec<(u16, u32, bool)>,
    /// More than that has changed.
    pinned: bool,
    held: OnceLock<Content>,
    /// Whether somebody has looked at it lately.
    used: AtomicBool,
}

/// What is in a block.
#[derive(Default)]
pub(super) struct Content {
    pub(super) lists: Lists,
    /// What lists had once, and may have again; for right sides only.
    pub(super) ended: BTreeMap<u16, Vec<u32>>,
}

#[derive(Serialize, Deserialize)]
struct Drawn<'a> {
    stamp: u64,
    #[serde(borrow)]
    lists: lists::Drawn<'a>,
    ended: BTreeMap<u16, Vec<u32>>,
}

/// A block that was read from its picture.
pub(in super::super) struct Developed {
    stamp: u64,
    content: Content,
}

impl Content {
    fn set(&mut self, owners: Owners, (row, member, present): (u16, u32, bool)) -> bool {
        if !present && owners == Owners::Rights {
            let once = self.ended.entry(row).or_default();
            if !once.contains(&member) {
                once.push(member);
            }
        }
        self.lists.set(row, member, present)
    }

    pub(super) fn note_ended(&mut self, row: u32, once: &[u32]) {
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        self.ended.insert(row, once.to_vec());
    }

    fn draw(&self, stamp: u64) -> Result<Vec<u8>, Fault> {
        let drawn = Drawn {
            stamp,
            lists: self.lists.draw(),
            ended: self.ended.clone(),
        };
        codec::encode(VERSION, &drawn)
    }
}

impl Block {
    /// Lists without a picture.
    fn of(content: Content) -> Self {
        let held = OnceLock::new();
        held.get_or_init(|| content);
        Self {
            held,
            ..Self::default()
        }
    }

    fn has_changed(&self) -> bool {
        self.drawn.is_none() || self.pinned || !self.since.is_empty()
    }

    fn fits(&self, stamp: u64) -> bool {
        [self.drawn, self.next].contains(&Some(stamp))
    }

    /// Takes in a change; says whether it was one, which only a list in memory can tell for sure.
    fn set(&mut self, owners: Owners, change: (u16, u32, bool)) -> bool {
        let is_held = self.held.get().is_some();
        if self.drawn.is_some() && !self.pinned {
            self.since.push(change);
            if is_held && self.since.len() > MOST_CHANGES {
                self.since = Vec::new();
                self.pinned = true;
            }
        }
        match self.held.get_mut() {
            Some(content) => content.set(owners, change),
            None => true,
        }
    }

    /// With what changed since it was drawn.
    fn put_right(&self, owners: Owners, mut content: Content) -> Content {
        for change in &self.since {
            content.set(owners, *change);
        }
        content
    }
}

impl Side {
    pub(super) fn new(relation: Relation, owners: Owners, lengths: Option<Vec<u32>>) -> Self {
        Self {
            relation,
            owners,
            blocks: Vec::new(),
            lengths,
        }
    }

    /// With blocks that are in pictures with these stamps.
    pub(super) fn in_pictures(mut self, stamps: &[u64]) -> Self {
        let block = |stamp: &u64| Block {
            drawn: Some(*stamp),
            ..Block::default()
        };
        self.blocks = stamps.iter().map(block).collect();
        self
    }

    /// Adds a block of which there is no picture.
    pub(super) fn push(&mut self, mut content: Content) {
        content.lists.shrink();
        if let Some(lengths) = &mut self.lengths {
            let rows = (0..content.lists.rows()).map(|row| content.lists.len(row));
            lengths.resize(self.blocks.len() * OWNERS as usize, 0);
            lengths.extend(rows.map(|length| u32::try_from(length).unwrap_or(u32::MAX)));
        }
        self.blocks.push(Block::of(content));
    }

    /// The list of an owner.
    pub(super) fn of(&self, owner: u32) -> Result<Vec<u32>, Lack> {
        let content = self.content(owner)?;
        Ok(content.map_or_else(Vec::new, |it| it.lists.of(place(owner).1)))
    }

    /// How long an owner's list is.
    pub(super) fn len(&self, owner: u32) -> Result<usize, Lack> {
        if let Some(lengths) = &self.lengths {
            return Ok(lengths.get(owner as usize).map_or(0, |it| *it as usize));
        }
        let content = self.content(owner)?;
        Ok(content.map_or(0, |it| it.lists.len(place(owner).1)))
    }

    /// As [`Self::len`], where lengths are always in memory; none elsewhere.
    pub(super) fn known_len(&self, owner: u32) -> usize {
        let lengths = self.lengths.as_ref();
        let length = lengths.and_then(|lengths| lengths.get(owner as usize));
        length.map_or(0, |length| *length as usize)
    }

    /// Whether only the lists tell how long they are.
    pub(super) fn lengths_are_unknown(&self) -> bool {
        self.lengths.is_none()
    }

    /// Reads the block of an owner when it is not in memory; nobody else has the model yet.
    pub(super) fn bring(&self, source: Source<'_>, owner: u32) -> Result<(), Fault> {
        let (number, _) = place(owner);
        if self.is_absent(number) && !self.hold(number, self.develop(source, number)?) {
            return Err(Fault::damaged("a picture is not the one that was drawn"));
        }
        Ok(())
    }

    pub(super) fn last_stamp(&self) -> u64 {
        let stamps = self.blocks.iter().filter_map(|block| block.drawn);
        stamps.max().unwrap_or(0)
    }

    pub(super) fn lengths(&self) -> &[u32] {
        self.lengths.as_deref().unwrap_or_default()
    }

    /// What an owner's list had once.
    pub(super) fn ended(&self, owner: u32) -> Result<Vec<u32>, Lack> {
        let content = self.content(owner)?;
        let once = content.and_then(|it| it.ended.get(&place(owner).1));
        Ok(once.cloned().unwrap_or_default())
    }

    fn content(&self, owner: u32) -> Result<Option<&Content>, Lack> {
        let (number, _) = place(owner);
        let Some(block) = self.blocks.get(number as usize) else {
            return Ok(None);
        };
        block.used.store(true, Ordering::Relaxed);
        match block.held.get() {
            Some(content) => Ok(Some(content)),
            None => Err(self.lack(vec![number])),
        }
    }

    fn lack(&self, blocks: Vec<u32>) -> Lack {
        Lack::Lists(self.relation, self.owners, blocks)
    }

    /// Sees to it that the lists of all these owners are in memory.
    pub(super) fn need(&self, owners: impl Iterator<Item = u32>) -> Result<(), Lack> {
        let mut blocks: Vec<u32> = owners.map(|owner| place(owner).0).collect();
        blocks.sort_unstable();
        blocks.dedup();
        blocks.retain(|number| self.is_absent(*number));
        if blocks.is_empty() {
            Ok(())
        } else {
            Err(self.lack(blocks))
        }
    }

    pub(in super::super) fn is_absent(&self, number: u32) -> bool {
        let block = self.blocks.get(number as usize);
        block.is_some_and(|block| block.held.get().is_none())
    }

    /// The picture of a block.
    pub(in super::super) fn develop(
        &self,
        source: Source<'_>,
        number: u32,
    ) -> Result<Developed, Fault> {
        develop(source, self.relation, self.owners, number)
    }

    /// Puts a block into memory; says whether it is there.
    pub(in super::super) fn hold(&self, number: u32, developed: Developed) -> bool {
        let Some(block) = self.blocks.get(number as usize) else {
            return false;
        };
        if block.held.get().is_none() && block.fits(developed.stamp) {
            block
                .held
                .get_or_init(|| block.put_right(self.owners, developed.content));
        }
        block.held.get().is_some()
    }

    /// Takes in a change; says whether it was one.
    pub(super) fn set(&mut self, owner: u32, member: u32, present: bool) -> bool {
        let (number, row) = place(owner);
        while self.blocks.len() <= number as usize {
            self.blocks.push(Block::of(Content::default()));
        }
        let change = (row, member, present);
        let Some(block) = self.blocks.get_mut(number as usize) else {
            return false;
        };
        let changed = block.set(self.owners, change);
        if let Some(lengths) = self.lengths.as_mut().filter(|_| changed) {
            if lengths.len() <= owner as usize {
                lengths.resize(owner as usize + 1, 0);
            }
            let length = &mut lengths[owner as usize];
            *length = if present {
                length.saturating_add(1)
            } else {
                length.saturating_sub(1)
            };
        }
        changed
    }

    /// What is to be drawn is about to be, with this stamp.
    pub(super) fn will_be_drawn(&mut self, stamp: u64) {
        for block in self.blocks.iter_mut().filter(|block| block.has_changed()) {
            block.next = Some(stamp);
        }
    }

    /// What was to be drawn has been.
    pub(super) fn was_drawn(&mut self, stamp: u64) {
        let next = |block: &&mut Block| block.next == Some(stamp);
        for block in self.blocks.iter_mut().filter(next) {
            block.drawn = block.next.take();
            block.since = Vec::new();
            block.pinned = false;
        }
    }

    /// Draws what is to be drawn; gives the stamps of all blocks.
    pub(super) fn draw(
        &self,
        source: Source<'_>,
        stamp: u64,
        put: Sink<'_>,
    ) -> Result<Vec<u64>, Fault> {
        let mut stamps = Vec::with_capacity(self.blocks.len());
        for (number, block) in (0..).zip(&self.blocks) {
            if block.next != Some(stamp) {
                stamps.push(block.drawn.unwrap_or_default());
                continue;
            }
            stamps.push(stamp);
            let bytes = if let Some(content) = block.held.get() {
                content.draw(stamp)?
            } else {
                let developed = self.develop(source, number)?;
                if !block.fits(developed.stamp) {
                    return Err(Fault::damaged("a picture is not the one that was drawn"));
                }
                let content = block.put_right(self.owners, developed.content);
                content.draw(stamp)?
            };
            put(self.owners.picture(number), &bytes)?;
        }
        Ok(stamps)
    }

    /// Lets go of blocks that nobody has looked at since this was last done, and that their pictures show.
    pub(super) fn let_go(&mut self) {
        for block in &mut self.blocks {
            let is_idle = !std::mem::take(block.used.get_mut());
            if is_idle && block.drawn.is_some() && !block.pinned {
                block.held = OnceLock::new();
            }
        }
    }
}

/// The picture of a block.
pub(in super::super) fn develop(
    source: Source<'_>,
    relation: Relation,
    owners: Owners,
    number: u32,
) -> Result<Developed, Fault> {
    let picture = source(Part::of(relation), owners.picture(number))?;
    picture
        .and_then(|bytes| developed(&bytes))
        .ok_or_else(|| Fault::damaged("a picture of what belongs together cannot be read"))
}

/// A block that was drawn; `None` when it makes no sense.
fn developed(bytes: &[u8]) -> Option<Developed> {
    let (drawn, rest) = codec::decode_prefix_borrowed::<Drawn<'_>>(VERSION, bytes).ok()?;
    let content = Content {
        lists: drawn.lists.lists()?,
        ended: drawn.ended,
    };
    let fits = rest.is_empty() && u32::from(content.lists.rows()) <= OWNERS;
    fits.then_some(Developed {
        stamp: drawn.stamp,
        content,
    })
}

/// The block of an owner, and its row there.
fn place(owner: u32) -> (u32, u16) {
    let row = u16::try_from(owner % OWNERS).unwrap_or(u16::MAX);
    (owner / OWNERS, row)
}
