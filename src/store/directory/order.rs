//! The orders that a list can be sorted in, kept and mended rather than made anew for every window.
//!
//! Sorting 100,000 rows by text takes a tenth of a second, a commit comes every few seconds during a sync, and each window of a list
//! needs the order. So an order remembers up to which change it is right; what changed since is taken out and put back where it
//! belongs now. Only when a large part changed is the whole sorted again.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::model::{Knowledge, Model};
use super::record::Mirrored;
use crate::domain::filter::{Field, Fields};

/// Above this many remembered changes an order is made anew.
const LOG: usize = 1 << 16;

/// The orders of one kind of object.
#[derive(Default)]
pub(super) struct OrderCache {
    /// Ordinals that changed, in order of change; the number of the first is `forgotten`.
    log: Vec<u32>,
    forgotten: usize,
    orders: Mutex<HashMap<&'static str, Arc<Order>>>,
}

/// All objects with a value, in ascending order of one field; those without the field come last.
pub(super) struct Order {
    /// Ordinals.
    ascending: Vec<u32>,
    /// How many of them have the field.
    present: usize,
    /// Place of each ordinal in `ascending`; `u32::MAX` for those without a value.
    rank: Vec<u32>,
    /// Up to which change it is right.
    until: usize,
    /// Counts appear and disappear with what is known.
    known: Knowledge,
}

/// What a row is sorted by. Text is folded, as in filters.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    Number(f64),
    Time(jiff::Timestamp),
    Text(Box<str>),
}

impl Key {
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

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            // A field has values of one type.
            _ => Ordering::Equal,
        }
    }
}

impl OrderCache {
    /// Notes that the row of `ordinal` changed.
    pub(super) fn touch(&mut self, ordinal: u32) {
        if self.log.len() >= LOG {
            self.forgotten += self.log.len();
            self.log.clear();
        }
        // Also when it is the one that changed last: an order that was asked for in between knows nothing of this change.
        self.log.push(ordinal);
    }

    fn now(&self) -> usize {
        self.forgotten + self.log.len()
    }

    /// What changed since; `None` when that is forgotten.
    fn since(&self, until: usize) -> Option<&[u32]> {
        let skip = until.checked_sub(self.forgotten)?;
        self.log.get(skip..)
    }

    fn get(&self, field: &'static str) -> Option<Arc<Order>> {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.get(field).cloned()
    }

    fn put(&self, field: &'static str, order: Arc<Order>) {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.insert(field, order);
    }
}

impl Order {
    /// The order of `T` by `field`, as of now.
    pub(super) fn of<T: Mirrored>(model: &Model, field: &'static str) -> Arc<Self> {
        let cache = &T::objects(model).orders;
        let known = model.knowledge();
        let kept = cache.get(field).filter(|order| order.known == known);
        if let Some(order) = kept.as_ref().filter(|order| order.until == cache.now()) {
            return Arc::clone(order);
        }
        let sorter = Sorter::<T>::new(model, field, known);
        let mended = kept.and_then(|old| sorter.mend(&old, cache.since(old.until)?));
        let order = Arc::new(mended.unwrap_or_else(|| sorter.sort()));
        cache.put(field, Arc::clone(&order));
        order
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
        let place = |ordinal: &u32| {
            let rank = self
                .rank
                .get(*ordinal as usize)
                .map_or(usize::MAX, |r| *r as usize);
            if descending && rank < self.present {
                self.present - 1 - rank
            } else {
                rank
            }
        };
        ordinals.sort_unstable_by_key(place);
    }
}

/// Sorts by one field, and among equals by the list's own order.
struct Sorter<'m, T: Mirrored> {
    model: &'m Model,
    field: &'static str,
    known: Knowledge,
    /// The list's own order; `None` while sorting by it.
    base: Option<Arc<Order>>,
    kind: std::marker::PhantomData<T>,
}

impl<'m, T: Mirrored> Sorter<'m, T> {
    fn new(model: &'m Model, field: &'static str, known: Knowledge) -> Self {
        let base = (field != T::ORDER).then(|| Order::of::<T>(model, T::ORDER));
        Self {
            model,
            field,
            known,
            base,
            kind: std::marker::PhantomData,
        }
    }

    fn key(&self, ordinal: u32) -> Option<Key> {
        let value = T::objects(self.model).record(ordinal)?.value.as_ref()?;
        let view = value.view(self.model.related(T::KIND, ordinal, self.known));
        Key::of(&view, self.field)
    }

    /// Among rows that are equal in the field.
    fn tie(&self, ordinal: u32) -> u32 {
        let base = self.base.as_ref();
        base.and_then(|base| base.rank.get(ordinal as usize).copied())
            .unwrap_or(ordinal)
    }

    fn compare(&self, a: (&Option<Key>, u32), b: (&Option<Key>, u32)) -> Ordering {
        let by_key = match (a.0, b.0) {
            (Some(a), Some(b)) => a.compare(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        by_key.then_with(|| self.tie(a.1).cmp(&self.tie(b.1)))
    }

    fn sorted(&self, ordinals: impl Iterator<Item = u32>) -> Vec<(Option<Key>, u32)> {
        let mut keyed: Vec<_> = ordinals
            .map(|ordinal| (self.key(ordinal), ordinal))
            .collect();
        keyed.sort_unstable_by(|a, b| self.compare((&a.0, a.1), (&b.0, b.1)));
        keyed
    }

    fn has_value(&self, ordinal: u32) -> bool {
        T::objects(self.model)
            .record(ordinal)
            .is_some_and(|record| record.value.is_some())
    }

    fn sort(&self) -> Order {
        let count = u32::try_from(T::objects(self.model).records.len()).unwrap_or(u32::MAX);
        let sorted = self.sorted((0..count).filter(|ordinal| self.has_value(*ordinal)));
        let present = sorted.partition_point(|(key, _)| key.is_some());
        self.finish(
            sorted.into_iter().map(|(_, ordinal)| ordinal).collect(),
            present,
        )
    }

    /// The old order with the changed rows in their new places; `None` when sorting anew is cheaper.
    fn mend(&self, old: &Order, changed: &[u32]) -> Option<Order> {
        let changed: HashSet<u32> = changed.iter().copied().collect();
        if changed.len() > 16 + old.ascending.len() / 16 {
            return None;
        }
        let kept: Vec<u32> = old
            .ascending
            .iter()
            .copied()
            .filter(|ordinal| !changed.contains(ordinal))
            .collect();
        let lost = old.ascending[..old.present]
            .iter()
            .filter(|ordinal| changed.contains(ordinal))
            .count();
        let moved = self.sorted(
            changed
                .into_iter()
                .filter(|ordinal| self.has_value(*ordinal)),
        );
        let gained = moved.iter().filter(|(key, _)| key.is_some()).count();
        let mut ascending = Vec::with_capacity(kept.len() + moved.len());
        let mut rest = kept.as_slice();
        for (key, ordinal) in moved {
            let place = rest.partition_point(|other| {
                self.compare((&self.key(*other), *other), (&key, ordinal))
                    .is_lt()
            });
            ascending.extend_from_slice(&rest[..place]);
            ascending.push(ordinal);
            rest = &rest[place..];
        }
        ascending.extend_from_slice(rest);
        Some(self.finish(ascending, old.present - lost + gained))
    }

    fn finish(&self, ascending: Vec<u32>, present: usize) -> Order {
        let objects = T::objects(self.model);
        let mut rank = vec![u32::MAX; objects.records.len()];
        for (place, ordinal) in (0u32..).zip(&ascending) {
            rank[*ordinal as usize] = place;
        }
        Order {
            ascending,
            present,
            rank,
            until: objects.orders.now(),
            known: self.known,
        }
    }
}
