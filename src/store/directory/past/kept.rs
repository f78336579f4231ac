//! Lists of the past that were made out last. A list is asked for window by window, and to make it out the history of everybody is gone
//! through: once, not for each window.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::domain::id::Kind;
use crate::domain::query::{ListQuery, Revisions};
use crate::store::error::Fault;

/// Lists that are kept: those that two people look at, or one of them in two places.
const MAX_KEPT: usize = 4;

/// What is in a list, without what its rows show: four bytes each.
#[derive(Debug)]
pub(in super::super) struct Found {
    /// In the list's order.
    pub(super) ordinals: Vec<u32>,
    /// Objects in the scope, without the filter.
    pub(super) total: usize,
}

/// What a list is made of; windows of one list have the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Key {
    kind: Kind,
    query: ListQuery,
    /// From when ages are counted.
    now: Timestamp,
}

impl Key {
    pub(super) fn of(kind: Kind, query: &ListQuery, now: Timestamp) -> Self {
        let query = ListQuery {
            offset: 0,
            limit: 0,
            around: None,
            with_raw: false,
            in_slices: false,
            ..query.clone()
        };
        Self { kind, query, now }
    }
}

/// How often something changed that lists are made of: users, groups, apps, and places in the history.
pub(in super::super) type Stamp = (u64, u64, u64, u64);

#[derive(Debug)]
pub(in super::super) struct Kept {
    revisions: watch::Receiver<Revisions>,
    last: Mutex<Vec<(Key, Stamp, Arc<Found>)>>,
}

impl Kept {
    pub(in super::super) fn new(revisions: watch::Receiver<Revisions>) -> Self {
        Self {
            revisions,
            last: Mutex::default(),
        }
    }

    /// The list of `key`: the one that was made out last, or if something has changed since, what `make` finds. The stamp is from before
    /// the file is read: a list that is made out while something changes counts as one from before.
    pub(in super::super) fn had(
        &self,
        key: &Key,
        stamp: Stamp,
        make: impl FnOnce() -> Result<Found, Fault>,
    ) -> Result<Arc<Found>, Fault> {
        if let Some(found) = self.known(key, stamp) {
            return Ok(found);
        }
        let found = Arc::new(make()?);
        self.keep(key.clone(), stamp, Arc::clone(&found));
        Ok(found)
    }

    /// What has changed so far; `moves` are those of the history.
    pub(in super::super) fn stamp(&self, moves: u64) -> Stamp {
        let revisions = self.revisions.borrow();
        (revisions.users, revisions.groups, revisions.apps, moves)
    }

    fn known(&self, key: &Key, stamp: Stamp) -> Option<Arc<Found>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let found = last.iter().find(|(of, at, _)| of == key && *at == stamp);
        found.map(|(.., found)| Arc::clone(found))
    }

    fn keep(&self, key: Key, stamp: Stamp, found: Arc<Found>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // What is of another moment of the mirror is of no use to anybody again.
        last.retain(|(of, at, _)| *at == stamp && *of != key);
        last.insert(0, (key, stamp, found));
        last.truncate(MAX_KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(filter: &str) -> ListQuery {
        ListQuery {
            filter: filter.into(),
            as_of: Some(Timestamp::UNIX_EPOCH),
            ..ListQuery::default()
        }
    }

    fn key(query: &ListQuery) -> Key {
        Key::of(Kind::User, query, Timestamp::UNIX_EPOCH)
    }

    /// Whether it was made out, of so many objects.
    fn is_made(kept: &Kept, key: &Key, moves: u64, total: usize) -> bool {
        let mut made = false;
        let make = || {
            made = true;
            Ok(Found {
                ordinals: Vec::new(),
                total,
            })
        };
        let stamp = kept.stamp(moves);
        assert_eq!(kept.had(key, stamp, make).unwrap().total, total);
        made
    }

    #[test]
    fn the_windows_of_a_list_are_of_one_making() {
        let (tell, revisions) = watch::channel(Revisions::default());
        let kept = Kept::new(revisions);
        let all = query("");
        assert!(is_made(&kept, &key(&all), 0, 7));
        let window = ListQuery {
            offset: 500,
            limit: 3,
            with_raw: true,
            ..all.clone()
        };
        assert!(!is_made(&kept, &key(&window), 0, 7));
        assert!(is_made(&kept, &key(&query("x")), 0, 2));
        let later = Key::of(Kind::User, &all, Timestamp::MAX);
        assert!(is_made(&kept, &later, 0, 8));
        assert!(!is_made(&kept, &key(&all), 0, 7));
        // Another place in the history, or something new.
        assert!(is_made(&kept, &key(&all), 1, 6));
        tell.send_modify(|revisions| revisions.apps += 1);
        assert!(is_made(&kept, &key(&all), 1, 5));
        tell.send_modify(|revisions| revisions.events += 1);
        assert!(!is_made(&kept, &key(&all), 1, 5));
    }

    #[test]
    fn a_list_that_was_made_out_while_something_changed_is_made_out_again() {
        let (tell, revisions) = watch::channel(Revisions::default());
        let kept = Kept::new(revisions);
        let key = key(&query(""));
        let make = || {
            tell.send_modify(|revisions| revisions.users += 1);
            Ok(Found {
                ordinals: Vec::new(),
                total: 1,
            })
        };
        kept.had(&key, kept.stamp(0), make).unwrap();
        assert!(is_made(&kept, &key, 0, 2));
    }

    #[test]
    fn few_lists_are_kept() {
        let (_tell, revisions) = watch::channel(Revisions::default());
        let kept = Kept::new(revisions);
        for n in 0..=MAX_KEPT {
            assert!(is_made(&kept, &key(&query(&format!("x{n}"))), 0, n));
        }
        assert!(!is_made(&kept, &key(&query("x1")), 0, 1));
        assert!(is_made(&kept, &key(&query("x0")), 0, 0));
    }
}
