//! A window of users: which rows pass, in which order, and which of them are visible.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use redb::ReadTransaction;

use super::block::{self, Bits, Block, EMAIL, LOGIN, NAME, ROWS, STATUS, Shared, TYPE, Time};
use super::light::{Light, LightRows};
use super::place;
use super::search::{Counts, Disk, Progress, Search};
use crate::domain::fields::UserFields;
use crate::domain::filter::{Filter, Node};
use crate::domain::id::ObjectId;
use crate::domain::query::{ListQuery, Related};
use crate::domain::user::User;
use crate::store::directory::list::{offset_of, sort_of};
use crate::store::directory::model::Knowledge;
use crate::store::directory::order::{Kept, Key, Keyed, Order};
use crate::store::directory::record::{Mirrored as _, Record};
use crate::store::error::{Fault, QueryError};
use crate::store::leash::Leash;

/// What users are sorted by when nothing else is asked for.
pub(super) const OWN_ORDER: &str = User::ORDER;
/// Answers that are remembered: 125 KB each with a million users.
const REMEMBERED: usize = 6;
/// A search that counts ages from a moment is not gone on with later than this.
const MOST_APART: SignedDuration = SignedDuration::from_mins(1);
/// How many rows are walked by in the time that it takes to sort one.
const STEPS_OF_SORTING: usize = 16;

/// A question whose filter and sort make sense.
pub(in super::super) struct Asked<'q> {
    query: &'q ListQuery,
    filter: Filter,
    field: &'static str,
    descending: bool,
    now: Timestamp,
}

impl<'q> Asked<'q> {
    pub(in super::super) fn of(query: &'q ListQuery, now: Timestamp) -> Result<Self, QueryError> {
        let (field, descending) = sort_of::<User>(query)?;
        let filter = Filter::of::<UserFields<'static>>(&query.filter)?;
        Ok(Self {
            query,
            filter,
            field,
            descending,
            now,
        })
    }

    /// The filter, and whether what Okta no longer has is looked at.
    pub(super) fn wanted(&self) -> (&str, bool) {
        (&self.query.filter, self.query.archived)
    }

    /// The field that is sorted by, when it is not the list's own.
    pub(super) fn sorted_by(&self) -> Option<&'static str> {
        (self.field != OWN_ORDER).then_some(self.field)
    }

    /// Whether it is answered without columns: everybody, or everybody in a scope, by login.
    pub(in super::super) fn is_plain(&self) -> bool {
        let seeks_user = matches!(self.query.around, Some(ObjectId::User(_)));
        self.filter.is_empty() && self.sorted_by().is_none() && !seeks_user
    }

    /// Whether the answer needs the numbers of every user's groups, and of every user's apps.
    pub(in super::super) fn needs_counts(&self) -> [bool; 2] {
        ["groups", "apps"].map(|field| {
            self.field == field || self.filter.root().is_some_and(|root| mentions(root, field))
        })
    }
}

fn mentions(node: &Node, field: &str) -> bool {
    match node {
        Node::All(nodes) | Node::Any(nodes) => nodes.iter().any(|node| mentions(node, field)),
        Node::Not(node) => mentions(node, field),
        Node::Term(term) => term.field() == Some(field),
    }
}

/// The users at one moment.
#[derive(Clone)]
pub(in super::super) struct Snapshot {
    pub(super) blocks: Vec<Arc<Block>>,
    /// What there is instead of blocks while those are not in memory.
    pub(super) light: Option<Arc<Light>>,
    pub(super) base: Kept,
    pub(super) order: Option<Kept>,
    pub(super) until: usize,
    pub(super) known: Knowledge,
    pub(super) groups: Counts,
    pub(super) apps: Counts,
    pub(super) answered: Arc<Mutex<Answered>>,
    /// What changed since a search for the same was stopped; `None` when there is none, or when that is forgotten.
    pub(super) since_begun: Option<SinceBegun>,
}

/// What changed since a search was stopped.
#[derive(Clone)]
pub(in super::super) struct SinceBegun {
    /// Up to which change it had looked.
    pub(super) until: usize,
    /// The blocks with rows that changed.
    pub(super) blocks: BTreeSet<usize>,
}

/// The visible rows, before anything is known of them but their numbers.
pub(in super::super) struct Found {
    pub(in super::super) ordinals: Vec<u32>,
    pub(in super::super) offset: usize,
    pub(in super::super) matched: usize,
    pub(in super::super) total: usize,
    pub(in super::super) position: Option<usize>,
    /// How many were looked at, when that is not all of them.
    pub(in super::super) searched: Option<usize>,
}

/// Filters over all users and the rows that passed, the latest first, and searches that were stopped on their way.
#[derive(Default)]
pub(super) struct Answered {
    whole: Vec<(Question, Arc<Vec<Bits>>)>,
    begun: Vec<(Question, Progress)>,
}

/// The rows that pass, as far as was searched.
struct Matching {
    /// How many rows are in the scope.
    total: usize,
    rows: Arc<Vec<Bits>>,
    searched: Option<usize>,
}

/// What makes two answers the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Question {
    filter: String,
    archived: bool,
    /// The moment that ages are counted from, where it matters.
    now: Option<Timestamp>,
    until: usize,
    known: Knowledge,
}

impl Answered {
    fn get(&mut self, question: &Question) -> Option<Arc<Vec<Bits>>> {
        let place = self.whole.iter().position(|(asked, _)| asked == question)?;
        self.whole[..=place].rotate_right(1);
        self.whole.first().map(|(_, rows)| Arc::clone(rows))
    }

    fn put(&mut self, question: Question, rows: &Arc<Vec<Bits>>) {
        self.whole.insert(0, (question, Arc::clone(rows)));
        self.whole.truncate(REMEMBERED);
    }

    /// Up to which change a search for the same had looked when it was stopped.
    pub(super) fn begun(&self, filter: &str, archived: bool) -> Option<usize> {
        let mut begun = self.begun.iter().map(|(question, _)| question);
        let same = |it: &&Question| it.filter == filter && it.archived == archived;
        begun.find(same).map(|question| question.until)
    }

    /// A search for the same that was stopped. It counts ages from when it began, unless that was long ago.
    fn go_on(&mut self, question: &Question) -> Option<(Question, Progress)> {
        let same = |begun: &Question| {
            begun.filter == question.filter && begun.archived == question.archived
        };
        let place = self.begun.iter().position(|(begun, _)| same(begun))?;
        let (begun, progress) = self.begun.remove(place);
        let is_young = match (begun.now, question.now) {
            (Some(began), Some(now)) => now.duration_since(began).abs() < MOST_APART,
            (began, now) => began == now,
        };
        (is_young && begun.known == question.known).then_some((begun, progress))
    }

    fn stop(&mut self, question: Question, progress: Progress) {
        self.begun.insert(0, (question, progress));
        self.begun.truncate(REMEMBERED);
    }

    /// Rows outside of which nothing passes: those that passed a word of which the new one is a longer form.
    fn within(&self, question: &Question, word: &str) -> Option<Arc<Vec<Bits>>> {
        let wider = |(asked, _): &&(Question, Arc<Vec<Bits>>)| {
            let same = Question {
                filter: asked.filter.clone(),
                ..question.clone()
            };
            *asked == same && is_word(&asked.filter) && word.contains(&asked.filter.to_lowercase())
        };
        self.whole
            .iter()
            .filter(wider)
            .max_by_key(|(asked, _)| asked.filter.len())
            .map(|(_, rows)| Arc::clone(rows))
    }
}

/// Whether a filter is one bare word, as it is while it is typed.
fn is_word(filter: &str) -> bool {
    !filter.is_empty()
        && filter != "or"
        && filter != "and"
        && filter.chars().all(char::is_alphanumeric)
}

impl Snapshot {
    /// Finds the rows of the window. `members` are the ordinals in the scope; `None` for everybody.
    pub(in super::super) fn window(
        self,
        transaction: &ReadTransaction,
        asked: &Asked<'_>,
        members: Option<&[u32]>,
        around: Option<u32>,
        leash: &Leash,
    ) -> Result<Found, Fault> {
        let disk = Disk::of(transaction)?;
        let found = self.matching(asked, members, &disk, leash)?;
        let (total, searched, matching) = (found.total, found.searched, found.rows);
        let order = self.into_order(&disk)?;
        let matched = count(&matching);
        let descending = asked.descending;
        let around = around.filter(|ordinal| contains(&matching, *ordinal));
        let position = around.map(|around| {
            let place = order.place(around, descending);
            let mut before = 0;
            for_each(&matching, |it| {
                before += usize::from(order.place(it, descending) < place);
            });
            before
        });
        let offset = offset_of(asked.query.offset, asked.query.limit, position, matched);
        let mut sorted = Vec::new();
        let few = is_sorted_sooner(
            matched,
            offset.saturating_add(asked.query.limit),
            order.len(),
        );
        if few {
            for_each(&matching, |ordinal| sorted.push(ordinal));
            order.arrange(&mut sorted, descending);
        }
        let walk = || -> Box<dyn Iterator<Item = u32>> {
            if few {
                Box::new(sorted.iter().copied())
            } else {
                Box::new(
                    order
                        .walk(descending)
                        .filter(|ordinal| contains(&matching, *ordinal)),
                )
            }
        };
        Ok(Found {
            ordinals: walk().skip(offset).take(asked.query.limit).collect(),
            offset,
            matched,
            total,
            position,
            searched,
        })
    }

    fn matching(
        &self,
        asked: &Asked<'_>,
        members: Option<&[u32]>,
        disk: &Disk,
        leash: &Leash,
    ) -> Result<Matching, Fault> {
        let blocks = self.blocks.iter();
        let mut scope: Vec<Bits> = match &self.light {
            Some(light) => light.shown(asked.query.archived),
            None => blocks
                .map(|block| block.shown(asked.query.archived))
                .collect(),
        };
        if let Some(members) = members {
            narrow(&mut scope, members);
        }
        let whole = |total, rows| Matching {
            total,
            rows,
            searched: None,
        };
        let total = count(&scope);
        if asked.filter.is_empty() {
            return Ok(whole(total, Arc::new(scope)));
        }
        let mut question = self.question(asked);
        let mut progress = Progress::default();
        // A scope is small, or as good as everybody: it is searched to the end, and not remembered.
        let remembered = members.is_none();
        if remembered {
            let mut answered = self.answered();
            if let Some(rows) = answered.get(&question) {
                return Ok(whole(total, rows));
            }
            let folded = asked.query.filter.to_lowercase();
            if is_word(&asked.query.filter)
                && let Some(wider) = answered.within(&question, &folded)
            {
                scope = wider.to_vec();
                scope.resize(self.blocks.len(), [0; ROWS / 64]);
            }
            if let (Some((begun, so_far)), Some(since)) =
                (answered.go_on(&question), self.since_begun.as_ref())
                && begun.until == since.until
            {
                question.now = begun.now;
                progress = so_far;
                progress.forget(&since.blocks);
            }
        }
        let search = Search {
            root: asked.filter.root(),
            now: question.now.unwrap_or(asked.now),
            groups: self.groups.clone(),
            apps: self.apps.clone(),
            disk,
        };
        let mut progress = progress.over(self.blocks.len());
        let without_time = leash.without_time();
        let leash = if remembered { leash } else { &without_time };
        search.run(&self.blocks, &scope, &mut progress, leash)?;
        if progress.is_over() {
            let rows = Arc::new(progress.rows);
            if remembered {
                self.answered().put(question, &rows);
            }
            return Ok(whole(total, rows));
        }
        let rows = Arc::new(progress.rows.clone());
        let looked_at = progress.looked_at().map(|block| self.blocks[block].len());
        let searched = Some(looked_at.sum());
        if remembered {
            self.answered().stop(question, progress);
        }
        Ok(Matching {
            total,
            rows,
            searched,
        })
    }

    fn answered(&self) -> MutexGuard<'_, Answered> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn question(&self, asked: &Asked<'_>) -> Question {
        let filter = asked.query.filter.clone();
        Question {
            // Only comparisons look at the clock.
            now: filter.contains(['<', '>']).then_some(asked.now),
            filter,
            archived: asked.query.archived,
            until: self.until,
            known: self.known,
        }
    }

    fn into_order(self, disk: &Disk) -> Result<Arc<Order>, Fault> {
        let base = match &self.light {
            Some(light) => self.base.up_to_date(&LightRows::of(light, disk))?,
            None => by_login(&self.blocks, self.base)?,
        };
        let Some(kept) = self.order else {
            return Ok(base);
        };
        let mut rows = Rows::by(&self.blocks, kept.field());
        rows.base = Some(base);
        rows.counts = match rows.field {
            "groups" => self.groups.as_ref(),
            "apps" => self.apps.as_ref(),
            _ => None,
        };
        if !super::is_in_blocks(rows.field) && !kept.is_up_to_date() {
            rows.read_keys(disk)?;
        }
        kept.up_to_date(&rows)
    }
}

/// The list's own order as it is now.
pub(super) fn by_login(blocks: &[Arc<Block>], kept: Kept) -> Result<Arc<Order>, Fault> {
    kept.up_to_date(&Rows::by(blocks, OWN_ORDER))
}

/// Keeps only the rows of these ordinals.
fn narrow(scope: &mut [Bits], members: &[u32]) {
    let mut only = vec![[0; ROWS / 64]; scope.len()];
    for ordinal in members {
        let (number, row) = place(*ordinal);
        if let Some(bits) = only.get_mut(number) {
            block::set(bits, row);
        }
    }
    for (bits, only) in scope.iter_mut().zip(&only) {
        bits.iter_mut()
            .zip(only)
            .for_each(|(word, only)| *word &= only);
    }
}

fn count(bits: &[Bits]) -> usize {
    bits.iter()
        .flatten()
        .map(|word| word.count_ones() as usize)
        .sum()
}

fn contains(bits: &[Bits], ordinal: u32) -> bool {
    let (number, row) = place(ordinal);
    bits.get(number).is_some_and(|bits| block::has(bits, row))
}

/// Calls `see` with the ordinals of all these rows.
fn for_each(rows: &[Bits], mut see: impl FnMut(u32)) {
    for (number, bits) in (0u32..).zip(rows) {
        let first = super::search::first_of(number);
        block::rows(bits).for_each(|row| see(first + u32::try_from(row).unwrap_or(0)));
    }
}

/// Whether rows that pass are sorted sooner than all are walked through in order until `end` of them have been seen.
fn is_sorted_sooner(matched: usize, end: usize, all: usize) -> bool {
    let walked = (end.min(matched) * all).checked_div(matched).unwrap_or(0);
    matched * STEPS_OF_SORTING < walked
}

/// Users as they are sorted by one field.
struct Rows<'s> {
    blocks: &'s [Arc<Block>],
    counts: Option<&'s Arc<Vec<u32>>>,
    field: &'static str,
    /// Keys that blocks do not have.
    read: Vec<Option<Key<'static>>>,
    /// The list's own order; `None` while sorting by it.
    base: Option<Arc<Order>>,
}

impl<'s> Rows<'s> {
    fn by(blocks: &'s [Arc<Block>], field: &'static str) -> Self {
        Self {
            blocks,
            counts: None,
            field,
            read: Vec::new(),
            base: None,
        }
    }

    fn read_keys(&mut self, disk: &Disk) -> Result<(), Fault> {
        let key = |record: Record<User>| {
            let user = record.value?;
            let related = Related::default();
            Key::of(
                &UserFields {
                    user: &user,
                    related,
                },
                self.field,
            )
        };
        for ordinal in 0..self.count() {
            self.read.push(disk.record(ordinal)?.and_then(key));
        }
        Ok(())
    }

    fn text_key(block: &Block, row: usize, part: usize) -> Option<Key<'_>> {
        let text = block.text_part(row, part);
        (!text.is_empty()).then(|| Key::Text(text.into()))
    }

    fn word_key<'k>(
        block: &'k Block,
        row: usize,
        column: Shared,
        parts: &[usize],
    ) -> Option<Key<'k>> {
        let words = block.words(column);
        let texts = parts
            .iter()
            .map(|part| words.texts.part(words.of(row), *part));
        let first = texts.into_iter().find(|text| !text.is_empty());
        first.map(|text| Key::Text(text.into()))
    }
}

impl Keyed for Rows<'_> {
    fn count(&self) -> u32 {
        let full = self.blocks.len().saturating_sub(1) * ROWS;
        let count = full + self.blocks.last().map_or(0, |block| block.len());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    fn has_value(&self, ordinal: u32) -> bool {
        let (number, row) = place(ordinal);
        self.blocks
            .get(number)
            .is_some_and(|block| block.is_known(row))
    }

    fn key(&self, ordinal: u32) -> Option<Key<'_>> {
        let (number, row) = place(ordinal);
        let block = self.blocks.get(number)?;
        if !block.is_known(row) {
            return None;
        }
        let time = |column| block.time(column, row).map(Key::Time);
        match self.field {
            "login" => Self::text_key(block, row, LOGIN),
            "email" => Self::text_key(block, row, EMAIL),
            "name" => Self::text_key(block, row, NAME),
            "status" => Self::word_key(block, row, Shared::Account, &[STATUS]),
            "provider" => Self::word_key(block, row, Shared::Account, &[1, 2]),
            "type" => Self::word_key(block, row, Shared::Account, &[TYPE]),
            "title" => Self::word_key(block, row, Shared::Title, &[0]),
            "department" => Self::word_key(block, row, Shared::Department, &[0]),
            "manager" => Self::word_key(block, row, Shared::Manager, &[0]),
            "id" => Some(Key::Text(block.id(row)?.to_lowercase().into())),
            "created" => time(Time::Created),
            "lastLogin" => time(Time::LastLogin),
            "lastUpdated" => time(Time::LastUpdated),
            "groups" | "apps" => {
                let counts = self.counts?;
                let count = counts.get(ordinal as usize).copied().unwrap_or(0);
                Some(Key::Number(f64::from(count)))
            }
            _ => self.read.get(ordinal as usize)?.clone(),
        }
    }

    fn tie(&self, ordinal: u32) -> u32 {
        let base = self.base.as_ref();
        base.map_or(ordinal, |base| base.rank(ordinal))
    }
}
