//! The orders that a list can be sorted in, kept and mended rather than made anew for every window.
//!
//! Sorting 100,000 rows by text takes a tenth of a second, a commit comes every few seconds during a sync, and each window of a list
//! needs the order. So an order remembers up to which change it is right; what changed since is taken out and put back where it
//! belongs now. Only when a large part changed is the whole sorted again.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::model::{Held, Knowledge, Model};
use crate::domain::filter::{Field, Fields};
use crate::store::error::Fault;

/// Above this many remembered changes an order is made anew.
const LOG: usize = 1 << 16;
/// Orders that are kept. The list's own is among them, since every other is made with it.
const KEPT: usize = 3;

/// The orders of one kind of object.
#[derive(Default)]
pub(super) struct OrderCache {
    /// Ordinals that changed, in order of change; the number of the first is `forgotten`.
    log: Vec<u32>,
    forgotten: usize,
    shelf: Shelf,
}

/// Orders by field, the one that was used last first.
type Shelf = Arc<Mutex<Vec<(&'static str, Arc<Order>)>>>;

/// All objects with a value, in ascending order of one field; those without the field come last.
pub(super) struct Order {
    /// Ordinals.
    ascending: Arc<Vec<u32>>,
    /// How many of them have the field.
    present: usize,
    /// Place of each ordinal in `ascending`, once somebody asks; `u32::MAX` for those without a value.
    rank: Arc<OnceLock<Vec<u32>>>,
    /// How many ordinals there are.
    count: usize,
    /// Up to which change it is right.
    until: usize,
    /// Counts appear and disappear with what is known.
    known: Knowledge,
}

/// What a row is sorted by. Text is folded, as in filters.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key<'a> {
    Number(f64),
    Time(jiff::Timestamp),
    Text(Cow<'a, str>),
}

impl Key<'static> {
    /// The first value of a field; `None` when it has none.
    pub(super) fn of(row: &impl Fields, field: &str) -> Option<Self> {
        let mut key = None;
        row.field(field, &mut |field| {
            if key.is_none() {
                key = match field {
                    Field::Text(text) => Some(Self::Text(text.to_lowercase().into())),
                    Field::Number(number) => Some(Self::Number(number)),
                    Field::Time(time) => Some(Self::Time(time)),
                    Field::Unknown => None,
                };
            }
        });
        key
    }
}

impl Key<'_> {
    pub(super) fn compare(&self, other: &Key<'_>) -> Ordering {
        match (self, other) {
            (Self::Number(a), Key::Number(b)) => a.total_cmp(b),
            (Self::Time(a), Key::Time(b)) => a.cmp(b),
            (Self::Text(a), Key::Text(b)) => a.cmp(b),
            // A field has values of one type.
            _ => Ordering::Equal,
        }
    }
}

/// Rows that can be sorted.
pub(super) trait Keyed {
    /// How many ordinals there are.
    fn count(&self) -> u32;
    /// Whether the object was read, and so is in the order.
    fn has_value(&self, ordinal: u32) -> bool;
    fn key(&self, ordinal: u32) -> Option<Key<'_>>;
    /// The place among rows that are equal in the field.
    fn tie(&self, ordinal: u32) -> u32;
    /// Why keys could not be had, if so.
    fn fault(&self) -> Option<Fault> {
        None
    }
}

/// The order of a field as it is kept, and what is needed to bring it up to date without holding the model.
#[derive(Clone)]
pub(super) struct Kept {
    field: &'static str,
    order: Option<Arc<Order>>,
    /// What changed since; `None` when that is forgotten.
    changed: Option<Vec<u32>>,
    now: usize,
    known: Knowledge,
    shelf: Shelf,
}

impl OrderCache {
    /// With one order, and what changed since it was right.
    pub(super) fn with(field: &'static str, order: Order, changed: Vec<u32>) -> Self {
        Self {
            log: changed,
            forgotten: 0,
            shelf: Arc::new(Mutex::new(vec![(field, Arc::new(order))])),
        }
    }

    /// Notes that the row of `ordinal` changed.
    pub(super) fn touch(&mut self, ordinal: u32) {
        if self.log.len() >= LOG {
            self.forgotten += self.log.len();
            self.log.clear();
        }
        // Also when it is the one that changed last: an order that was asked for in between knows nothing of this change.
        self.log.push(ordinal);
    }

    /// The number of the next change.
    pub(super) fn now(&self) -> usize {
        self.forgotten + self.log.len()
    }

    /// The ordinals that changed since that number; `None` when they are forgotten.
    pub(super) fn since(&self, until: usize) -> Option<&[u32]> {
        let skip = until.checked_sub(self.forgotten)?;
        self.log.get(skip..)
    }

    /// The order by `field` as it is kept.
    pub(super) fn kept(&self, field: &'static str, known: Knowledge) -> Kept {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let place = shelf.iter().position(|(of, _)| *of == field);
        if let Some(place) = place {
            shelf[..=place].rotate_right(1);
        }
        let order = place.and_then(|_| shelf.first().map(|(_, order)| Arc::clone(order)));
        let order = order.filter(|order| order.known == known);
        let changed = order.as_ref().and_then(|order| self.since(order.until));
        Kept {
            field,
            changed: changed.map(<[u32]>::to_vec),
            order,
            now: self.now(),
            known,
            shelf: Arc::clone(&self.shelf),
        }
    }
}

impl Kept {
    pub(super) fn field(&self) -> &'static str {
        self.field
    }

    /// Whether nothing has to be sorted.
    pub(super) fn is_up_to_date(&self) -> bool {
        self.order.is_some() && self.changed.as_ref().is_some_and(Vec::is_empty)
    }

    /// The order as it is now.
    pub(super) fn up_to_date(self, rows: &impl Keyed) -> Result<Arc<Order>, Fault> {
        let fresh = match (&self.order, &self.changed) {
            (Some(order), Some(changed)) if changed.is_empty() => return Ok(Arc::clone(order)),
            (Some(order), Some(changed)) => Sorter(rows).mend(order, changed),
            _ => None,
        };
        let mut order = fresh.unwrap_or_else(|| Sorter(rows).sort());
        if let Some(fault) = rows.fault() {
            return Err(fault);
        }
        order.until = self.now;
        order.known = self.known;
        let order = Arc::new(order);
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.retain(|(of, _)| *of != self.field);
        shelf.insert(0, (self.field, Arc::clone(&order)));
        shelf.truncate(KEPT);
        Ok(order)
    }
}

impl Order {
    /// The order of `T` by `field`, as of now.
    pub(super) fn of<T: Held>(model: &Model, field: &'static str) -> Arc<Self> {
        let known = model.knowledge();
        let kept = T::objects(model).orders.kept(field, known);
        let base = (field != T::ORDER).then(|| Self::of::<T>(model, T::ORDER));
        let rows = HeldRows::<T> {
            model,
            field,
            known,
            base,
            kind: std::marker::PhantomData,
        };
        let order = kept.up_to_date(&rows);
        order.expect("what is in memory is had without fault")
    }

    /// As bytes.
    pub(super) fn draw(&self) -> Vec<u8> {
        let present = u32::try_from(self.present).unwrap_or(u32::MAX);
        let numbers = std::iter::once(&present).chain(&*self.ascending);
        numbers.flat_map(|number| number.to_le_bytes()).collect()
    }

    /// The order of `count` ordinals that was drawn, right up to the first change; `None` when it makes no sense.
    pub(super) fn drawn(bytes: &[u8], count: usize) -> Option<Self> {
        let (words, []) = bytes.as_chunks::<4>() else {
            return None;
        };
        let (present, ascending) = words.split_first()?;
        let ascending: Vec<u32> = ascending.iter().map(|it| u32::from_le_bytes(*it)).collect();
        let present = u32::from_le_bytes(*present) as usize;
        let mut seen = vec![0u64; count.div_ceil(64)];
        for ordinal in &ascending {
            let bit = 1 << (ordinal % 64);
            let word = seen.get_mut(*ordinal as usize / 64)?;
            if *word & bit != 0 || *ordinal as usize >= count {
                return None;
            }
            *word |= bit;
        }
        (present <= ascending.len()).then(|| Self {
            ascending: Arc::new(ascending),
            present,
            rank: Arc::default(),
            count,
            until: 0,
            known: Knowledge::default(),
        })
    }

    /// How many objects it has.
    pub(super) fn len(&self) -> usize {
        self.ascending.len()
    }

    /// Every object, in ascending or descending order; those without the field are last in both.
    pub(super) fn walk(&self, descending: bool) -> impl Iterator<Item = u32> {
        let (present, missing) = self.ascending.split_at(self.present);
        let forward = (!descending).then_some(present).into_iter().flatten();
        let backward = descending
            .then_some(present.iter().rev())
            .into_iter()
            .flatten();
        forward.chain(backward).chain(missing).copied()
    }

    /// Puts `ordinals` into this order.
    pub(super) fn arrange(&self, ordinals: &mut [u32], descending: bool) {
        ordinals.sort_unstable_by_key(|ordinal| self.place(*ordinal, descending));
    }

    /// The place of an object in ascending order; the last of all for one that was not read.
    pub(super) fn rank(&self, ordinal: u32) -> u32 {
        let ranks = self.ranks();
        ranks.get(ordinal as usize).copied().unwrap_or(u32::MAX)
    }

    fn ranks(&self) -> &[u32] {
        self.rank.get_or_init(|| {
            let mut rank = vec![u32::MAX; self.count];
            for (place, ordinal) in (0u32..).zip(&*self.ascending) {
                if let Some(slot) = rank.get_mut(*ordinal as usize) {
                    *slot = place;
                }
            }
            rank
        })
    }

    /// The place of an object when walked in that direction; the last of all for one that was not read.
    pub(super) fn place(&self, ordinal: u32, descending: bool) -> u32 {
        let rank = self.rank(ordinal);
        let present = u32::try_from(self.present).unwrap_or(u32::MAX);
        if descending && rank < present {
            present - 1 - rank
        } else {
            rank
        }
    }
}

/// Rows whose values are in memory.
struct HeldRows<'m, T> {
    model: &'m Model,
    field: &'static str,
    known: Knowledge,
    /// The list's own order; `None` while sorting by it.
    base: Option<Arc<Order>>,
    kind: std::marker::PhantomData<T>,
}

impl<T: Held> Keyed for HeldRows<'_, T> {
    fn count(&self) -> u32 {
        u32::try_from(T::objects(self.model).records.len()).unwrap_or(u32::MAX)
    }

    fn has_value(&self, ordinal: u32) -> bool {
        T::objects(self.model)
            .record(ordinal)
            .is_some_and(|record| record.value.is_some())
    }

    fn key(&self, ordinal: u32) -> Option<Key<'_>> {
        let value = T::objects(self.model).record(ordinal)?.value.as_ref()?;
        let view = value.view(T::related(self.model, ordinal, self.known));
        Key::of(&view, self.field)
    }

    fn tie(&self, ordinal: u32) -> u32 {
        let base = self.base.as_ref();
        base.map_or(ordinal, |base| base.rank(ordinal))
    }
}

/// Sorts by one field, and among equals by the list's own order.
struct Sorter<'r, R>(&'r R);

impl<R: Keyed> Sorter<'_, R> {
    fn compare(&self, a: (&Option<Key<'_>>, u32), b: (&Option<Key<'_>>, u32)) -> Ordering {
        let by_key = match (a.0, b.0) {
            (Some(a), Some(b)) => a.compare(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_key.then_with(|| self.0.tie(a.1).cmp(&self.0.tie(b.1)))
    }

    fn compare_rows(&self, a: u32, b: u32) -> Ordering {
        self.compare((&self.0.key(a), a), (&self.0.key(b), b))
    }

    fn sorted(&self, ordinals: impl Iterator<Item = u32>) -> Vec<(Option<Key<'_>>, u32)> {
        let mut keyed: Vec<_> = ordinals
            .map(|ordinal| (self.0.key(ordinal), ordinal))
            .collect();
        keyed.sort_unstable_by(|a, b| self.compare((&a.0, a.1), (&b.0, b.1)));
        keyed
    }

    fn sort(&self) -> Order {
        let count = self.0.count();
        let sorted = self.sorted((0..count).filter(|ordinal| self.0.has_value(*ordinal)));
        let present = sorted.partition_point(|(key, _)| key.is_some());
        self.finish(
            sorted.into_iter().map(|(_, ordinal)| ordinal).collect(),
            present,
        )
    }

    /// The old order with the changed rows in their new places; `None` when sorting anew is cheaper.
    fn mend(&self, old: &Order, changed: &[u32]) -> Option<Order> {
        let mut is_changed = vec![false; self.0.count() as usize];
        let mut distinct = Vec::new();
        for ordinal in changed {
            let place = is_changed.get_mut(*ordinal as usize)?;
            if !std::mem::replace(place, true) {
                distinct.push(*ordinal);
            }
        }
        if distinct.len() > 16 + old.ascending.len() / 16 {
            return None;
        }
        if distinct
            .iter()
            .all(|ordinal| self.is_in_place(old, *ordinal))
        {
            return Some(Order {
                ascending: Arc::clone(&old.ascending),
                rank: Arc::clone(&old.rank),
                ..*old
            });
        }
        let stays = |ordinal: &u32| !is_changed[*ordinal as usize];
        let kept: Vec<u32> = old.ascending.iter().copied().filter(stays).collect();
        let lost = old.ascending[..old.present].iter().filter(|it| !stays(it));
        let lost = lost.count();
        let moved = distinct.into_iter().filter(|it| self.0.has_value(*it));
        let moved = self.sorted(moved);
        let gained = moved.iter().filter(|(key, _)| key.is_some()).count();
        let mut ascending = Vec::with_capacity(kept.len() + moved.len());
        let mut rest = kept.as_slice();
        for (key, ordinal) in moved {
            let place = rest.partition_point(|other| {
                self.compare((&self.0.key(*other), *other), (&key, ordinal))
                    .is_lt()
            });
            ascending.extend_from_slice(&rest[..place]);
            ascending.push(ordinal);
            rest = &rest[place..];
        }
        ascending.extend_from_slice(rest);
        Some(self.finish(ascending, old.present - lost + gained))
    }

    /// Whether a row that changed still stands right between its neighbours: most changes are of other fields.
    fn is_in_place(&self, old: &Order, ordinal: u32) -> bool {
        let rank = old.rank(ordinal) as usize;
        if !self.0.has_value(ordinal) || old.ascending.get(rank) != Some(&ordinal) {
            return !self.0.has_value(ordinal) && rank == u32::MAX as usize;
        }
        let has_key = self.0.key(ordinal).is_some();
        let before = rank.checked_sub(1).map(|at| old.ascending[at]);
        let after = old.ascending.get(rank + 1);
        has_key == (rank < old.present)
            && before.is_none_or(|before| self.compare_rows(before, ordinal).is_lt())
            && after.is_none_or(|after| self.compare_rows(ordinal, *after).is_lt())
    }

    fn finish(&self, ascending: Vec<u32>, present: usize) -> Order {
        Order {
            ascending: Arc::new(ascending),
            present,
            rank: Arc::default(),
            count: self.0.count() as usize,
            until: 0,
            known: Knowledge::default(),
        }
    }
}
