//! Reading lists of entries: each list to its end, then taken in as a whole, one after the other kind by kind, since what a kind
//! hangs below must be known first.
//!
//! A list that the credential may not read, or that the org has not enabled, stops its kind and not its resource: the rest goes on.
//! An interrupted reading has lost at most the lists it was in the middle of.

pub(super) mod lists;

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use jiff::Timestamp;

use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKey;
use crate::domain::entry::EntryKind;
use crate::domain::id::EventUuid;
use crate::domain::listing::Listing;
use crate::domain::listing::PartialReason;
use crate::domain::resource::Resource;
use crate::okta::{self, Cursor, ErrorKind, Item, entries_a_page, needed, setting_names};
use crate::store::{self, DirectoryOp, Store};

use super::board::Tally;
use super::context::{Context, Failure};
use super::floor;
use super::lists::Reading;
use lists::{EntryList, Extent, Selected};

/// Lists read at the same time; the rate scheduler decides how fast their requests go out.
const AT_ONCE: usize = 8;
/// After this many lists of a kind have failed in a row, the others would too.
const GIVE_UP_AFTER: u32 = 5;

/// What a reading of one resource found.
#[derive(Debug)]
pub(super) struct Finished {
    /// When it started, by the server's clock.
    pub(super) started: Timestamp,
    pub(super) tally: Tally,
    /// Why some lists are not up to date, when some are not.
    pub(super) trouble: Option<Failure>,
    /// Entries that lists were without, and that are too many to believe it.
    pub(super) held: u64,
}

/// A reading under way.
struct Run<'a> {
    context: &'a Context,
    resource: Resource,
    evidence: Option<EventUuid>,
    done: u64,
    tally: Tally,
    trouble: Option<Failure>,
    held: u64,
    answered: u64,
    not_enabled: Vec<EntryKind>,
}

/// What became of one list.
enum Read {
    /// It was taken in.
    Taken { tally: Tally, held: u64 },
    /// The org has no such thing.
    NotEnabled,
    /// It could not be read.
    Failed(Failure),
}

/// Reads the lists of `resource`, as far as `extent` says. With `evidence`, a log event made us read, and proves what is over.
///
/// # Errors
/// When the mirror cannot be read. Lists that fail are told in [`Finished::trouble`]; the others are up to date.
pub(super) async fn read_entries(
    context: &Context,
    resource: Resource,
    extent: Extent,
    evidence: Option<EventUuid>,
) -> Result<Finished, Failure> {
    let started = context.server_now();
    let mut run = Run {
        context,
        resource,
        evidence,
        done: 0,
        tally: Tally::default(),
        trouble: None,
        held: 0,
        answered: 0,
        not_enabled: Vec::new(),
    };
    for kind in EntryKind::of(resource) {
        if kind == EntryKind::OrgSetting {
            run.settings().await?;
        } else {
            run.kind(kind, extent).await?;
        }
    }
    let nothing_there = run.answered == 0 && !run.not_enabled.is_empty();
    let not_enabled = || nothing_there.then_some(Failure::Partial(PartialReason::NotEnabled));
    Ok(Finished {
        started,
        tally: run.tally,
        trouble: run.trouble.or_else(not_enabled),
        held: run.held,
    })
}

impl Run<'_> {
    async fn kind(&mut self, kind: EntryKind, extent: Extent) -> Result<(), Failure> {
        let selected = self
            .context
            .read(move |store| lists::select(store, kind, extent))
            .await?;
        let Selected { to_read, over } = match selected {
            Ok(selected) => selected,
            Err(above) => {
                self.cannot_know(above);
                return Ok(());
            }
        };
        self.end(kind, over).await?;
        let expected = self.done + to_read.len() as u64;
        let (context, evidence) = (self.context.clone(), self.evidence);
        let mut reads = futures_util::stream::iter(to_read)
            .map(|list| {
                let context = context.clone();
                async move { read_list(&context, &list, evidence).await }
            })
            .buffer_unordered(AT_ONCE);
        let mut failed_in_a_row = 0;
        while let Some(read) = reads.next().await {
            self.done += 1;
            context
                .board
                .reading(self.resource, self.done, Some(expected));
            match read {
                Read::Taken { tally, held } => {
                    self.tally += tally;
                    self.held += held;
                    self.answered += 1;
                    failed_in_a_row = 0;
                }
                Read::NotEnabled => {
                    self.not_enabled.push(kind);
                    self.tally.requests += 1;
                    // Each type of policy stands for itself; of any other kind all lists are the same feature's.
                    if kind != EntryKind::Policy {
                        break;
                    }
                }
                Read::Failed(failure) => {
                    let hopeless = failure.is_refusal();
                    failed_in_a_row += 1;
                    self.trouble.get_or_insert(failure);
                    if hopeless || failed_in_a_row >= GIVE_UP_AFTER {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// What these lists hang below was never read, so which ones there are is unknown; unless that is because there is no such thing.
    fn cannot_know(&mut self, above: EntryKind) {
        let excluded = &self.context.settings.exclude.resources;
        if self.not_enabled.contains(&above) || excluded.contains(&above.resource()) {
            return;
        }
        let why = format!("{} could not be read", above.resource());
        self.trouble
            .get_or_insert(Failure::Partial(PartialReason::Failed(why)));
    }

    /// Ends what hangs below something that has no such list any more.
    async fn end(&self, kind: EntryKind, over: Vec<EntryId>) -> Result<(), Failure> {
        let at = self.context.server_now();
        let gone = |parent| DirectoryOp::EntriesBelowGone {
            kind,
            parent,
            at,
            evidence: self.evidence,
        };
        let ops: Vec<DirectoryOp> = over.into_iter().map(gone).collect();
        if !ops.is_empty() {
            self.context.store.directory.apply(ops).await?;
        }
        Ok(())
    }

    /// The org's settings, each with an address and a right of its own. When all of them answered they are taken in as one list,
    /// otherwise one by one.
    async fn settings(&mut self) -> Result<(), Failure> {
        let kind = EntryKind::OrgSetting;
        let had = known(self.context, kind, None).await?;
        let is_known = |name: &EntryId| had.iter().any(|entry| entry.key.id == *name);
        let mut listing: Listing<Item<Entry>> = Listing::default();
        let (mut began, mut all) = (None, true);
        for name in setting_names() {
            let answer = self
                .context
                .reader
                .entries(kind, Some(&name), &Cursor::Start)
                .await;
            match answer {
                Ok(page) => {
                    self.tally += Tally::of_page(&page);
                    began.get_or_insert(page.served_at);
                    listing.add_page(page.items, page.bad.len() as u64);
                    self.answered += 1;
                }
                Err(error) if error.is_absence() && !is_known(&name) => {
                    self.not_enabled.push(kind);
                    self.tally.requests += 1;
                }
                Err(error) => {
                    all = false;
                    self.trouble.get_or_insert(no_more(error));
                }
            }
        }
        let Some(at) = began else {
            return Ok(());
        };
        let evidence = self.evidence;
        let ops: Vec<DirectoryOp> = match (listing.finish(), all) {
            (Ok(items), true) => vec![DirectoryOp::Entries {
                kind,
                parent: None,
                items: items.map(|item| (item.value, item.raw)).into(),
                at,
                evidence,
            }],
            (Ok(items), false) => {
                let items = items.into_items().into_iter();
                items.map(|item| one(item, at)).collect()
            }
            (Err((items, reason)), _) => {
                self.trouble.get_or_insert(Failure::Partial(reason));
                items.into_iter().map(|item| one(item, at)).collect()
            }
        };
        self.context.store.directory.apply(ops).await?;
        Ok(())
    }
}

/// One entry of a list of which not all is known. Which of them an event was about cannot be told then, so none is proved by it.
fn one(item: Item<Entry>, at: Timestamp) -> DirectoryOp {
    DirectoryOp::EntryChanged {
        key: item.value.key.clone(),
        item: Some((item.value, item.raw)),
        at,
        evidence: None,
    }
}

/// Reads one list and replaces the mirror's.
async fn read_list(context: &Context, list: &EntryList, evidence: Option<EventUuid>) -> Read {
    match try_list(context, list, evidence).await {
        Ok((tally, held)) => Read::Taken { tally, held },
        Err(Failure::Okta(error)) if is_absent(list, &error.kind) => {
            let read = not_there(context, list, error, evidence).await;
            read.unwrap_or_else(Read::Failed)
        }
        Err(failure) => Read::Failed(failure),
    }
}

/// What it means that there is no such list. Of one that had nothing in it: just that. Of one that had, only a 404 after a log event
/// proves that it is over; otherwise the answer may be wrong, and the mirror keeps what it had.
async fn not_there(
    context: &Context,
    list: &EntryList,
    error: okta::Error,
    evidence: Option<EventUuid>,
) -> Result<Read, Failure> {
    let (kind, parent) = (list.kind, list.parent.clone());
    let had = known(context, kind, parent.clone()).await?;
    match (error.is_not_found(), parent) {
        (true, Some(parent)) if had.is_empty() || evidence.is_some() => {
            let gone = DirectoryOp::EntriesBelowGone {
                kind,
                parent,
                at: context.server_now(),
                evidence,
            };
            context.store.directory.apply(gone).await?;
            let tally = Tally {
                requests: 1,
                ..Tally::default()
            };
            Ok(Read::Taken { tally, held: 0 })
        }
        // Each type of policy stands for itself; of any other kind all lists are the same feature's.
        (false, Some(_)) if kind != EntryKind::Policy => {
            let is_new = known(context, kind, None).await?.is_empty();
            Ok(not_enabled_or(is_new, error))
        }
        _ => Ok(not_enabled_or(had.is_empty(), error)),
    }
}

/// That there is no such thing is no news when nothing of it was known, and doubtful otherwise.
fn not_enabled_or(is_new: bool, error: okta::Error) -> Read {
    if is_new {
        Read::NotEnabled
    } else {
        Read::Failed(no_more(error))
    }
}

/// What the mirror has of a list.
async fn known(
    context: &Context,
    kind: EntryKind,
    parent: Option<EntryId>,
) -> Result<Vec<Entry>, store::Error> {
    let below = move |store: &Store| Ok(store.directory.entries_below(kind, parent.as_ref()));
    context.read(below).await
}

/// The org is said not to have what it had.
fn no_more(error: okta::Error) -> Failure {
    match error.kind {
        ErrorKind::NotEnabled => {
            let why = "the org is said to have it not enabled, but it had it before";
            Failure::Partial(PartialReason::Failed(why.into()))
        }
        _ => error.into(),
    }
}

/// Whether an error says that the org has no such list. A type of policies that it does not know is told by 400.
fn is_absent(list: &EntryList, error: &ErrorKind) -> bool {
    match error {
        ErrorKind::NotEnabled | ErrorKind::NotFound => true,
        ErrorKind::Invalid(_) => list.kind == EntryKind::Policy,
        _ => false,
    }
}

/// # Errors
/// When a page cannot be read or an item of it cannot be decoded: then the mirror keeps what it had.
async fn try_list(
    context: &Context,
    list: &EntryList,
    evidence: Option<EventUuid>,
) -> Result<(Tally, u64), Failure> {
    let EntryList {
        kind,
        parent,
        in_path,
        ..
    } = list;
    let mut reading = Reading::default();
    while let Some(cursor) = reading.next() {
        let answer = context
            .reader
            .entries_of(*kind, parent.as_ref(), in_path.as_ref(), &cursor)
            .await;
        reading.take_packed(context, answer?)?;
        // Such as all devices of the org: a single list, and perhaps of hours.
        if parent.is_none() && reading.next().is_some() {
            context
                .board
                .reading(kind.resource(), reading.count(), None);
        }
    }
    let (items, tally, at) = reading.finish(context)?;
    if tally.objects == 0 && context.is_blind() {
        let role = needed(kind.resource()).role;
        return Err(Failure::Partial(PartialReason::MissingRole(role.into())));
    }
    let taken = DirectoryOp::Entries {
        kind: *kind,
        parent: parent.clone(),
        items,
        at,
        evidence,
    };
    let applied = context.store.directory.apply(taken).await?;
    Ok((tally, applied.held))
}

/// Reads one list below a parent, because an event or a person asked for it.
///
/// # Errors
/// When it cannot be read or stored. That the org has no such thing, or the credential no right to it, is no error.
pub(super) async fn read_one(
    context: &Context,
    kind: EntryKind,
    parent: EntryId,
    evidence: Option<EventUuid>,
) -> Result<(), Failure> {
    if context.settings.is_excluded(kind.resource()) {
        return Ok(());
    }
    let list = context
        .read(move |store| lists::one(store, kind, parent))
        .await?;
    match read_list(context, &list, evidence).await {
        Read::Taken { .. } | Read::NotEnabled => Ok(()),
        Read::Failed(failure) if failure.is_refusal() => Ok(()),
        Read::Failed(failure) => Err(failure),
    }
}

/// Reads one device; it is over when Okta has it no more.
///
/// # Errors
/// When it cannot be read or stored.
pub(super) async fn read_device(
    context: &Context,
    id: EntryId,
    evidence: EventUuid,
) -> Result<(), Failure> {
    let page = match context.reader.device(&id).await {
        Ok(page) => page,
        Err(error) if error.is_an_answer() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let at = page.served_at;
    if !page.bad.is_empty() {
        return Err(Failure::Partial(PartialReason::BadItems(
            page.bad.len() as u64
        )));
    }
    let item = page.items.into_iter().find(|item| item.value.key.id == id);
    let op = DirectoryOp::EntryChanged {
        key: EntryKey {
            kind: EntryKind::Device,
            parent: None,
            id,
        },
        item: item.map(|item| (item.value, item.raw)),
        at,
        evidence: Some(evidence),
    };
    context.store.directory.apply(op).await?;
    Ok(())
}

/// Ends the entries of a resource that are held back, because a person accepted that they are gone; tells how many were.
///
/// # Errors
/// When the mirror cannot be written.
pub(super) async fn accept(context: &Context, resource: Resource) -> Result<usize, Failure> {
    let kinds = EntryKind::of(resource);
    let ops: Vec<DirectoryOp> = kinds
        .map(|kind| DirectoryOp::AcceptMissingEntries { kind })
        .collect();
    let ended = context.store.directory.apply(ops).await?.removed;
    Ok(usize::try_from(ended).unwrap_or(usize::MAX))
}

/// The fewest requests that could read what the mirror has of `resource`: one for each list and page.
///
/// # Errors
/// When the mirror cannot be read.
pub(super) fn floor(store: &Store, resource: Resource) -> Result<u64, store::Error> {
    let mut floor = 0;
    for kind in EntryKind::of(resource) {
        let Ok(lists) = lists::of(store, kind)? else {
            continue;
        };
        let mut sizes = BTreeMap::new();
        for entry in store.directory.entries_below(kind, None) {
            *sizes.entry(entry.key.parent).or_insert(0_u64) += 1;
        }
        for list in lists {
            let size = sizes.get(&list.parent).copied().unwrap_or_default();
            let page = entries_a_page(kind);
            floor += page.map_or(1, |page| floor::pages(size, page));
        }
    }
    Ok(floor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::RawJson;

    #[test]
    fn an_entry_of_a_partial_list_is_proved_by_no_event() {
        let key = EntryKey {
            kind: EntryKind::OrgSetting,
            parent: None,
            id: "threatInsight".parse().unwrap(),
        };
        let value = Entry {
            key: key.clone(),
            name: "threatInsight".into(),
            status: None,
            created: None,
            last_updated: None,
            facts: Vec::new(),
            refs: Vec::new(),
        };
        let raw = RawJson::new("{}");
        let taken = one(Item { value, raw }, Timestamp::UNIX_EPOCH);
        assert!(matches!(
            taken,
            DirectoryOp::EntryChanged { key: of, item: Some(_), evidence: None, .. } if of == key
        ));
    }
}
