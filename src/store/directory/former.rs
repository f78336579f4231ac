//! Finding objects by what they were called before, from the history of their fields.
//!
//! Whoever is renamed is looked for by the old name, which is what an alert or a ticket says. It is in no list any more, but the
//! reading before the change is kept.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use memchr::memmem::Finder;
use redb::ReadTransaction;
use tokio::sync::watch;

use super::Directory;
use super::diff::Changes;
use super::record::{Mirrored, Record};
use super::tables::{self, kind_byte};
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::history::Bearer;
use crate::domain::id::{Kind, ObjectId};
use crate::domain::query::Revisions;
use crate::domain::user::User;
use crate::store::codec;
use crate::store::error::{Error, Fault};

/// Objects of the same former name that are told of: enough to choose from.
const MAX_FOUND: usize = 10;
/// Names that are remembered: a few filters with a few names each, in each of the three kinds.
const MAX_REMEMBERED: usize = 48;

impl Directory {
    /// The users, groups or apps that once had this login or full name, name or label, by their ids, at most ten. Upper and lower case are
    /// the same. What has the name still, or again, and was never called otherwise is not among them.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn formerly(&self, kind: Kind, name: &str) -> Result<Vec<ObjectId>, Error> {
        let formers = &self.0.formers;
        let revision = formers.revision(kind);
        if let Some(found) = formers.known(kind, name, revision) {
            return Ok(found);
        }
        let found = self.read(|transaction| match kind {
            Kind::User => formerly::<User>(transaction, name),
            Kind::Group => formerly::<Group>(transaction, name),
            Kind::App => formerly::<Application>(transaction, name),
        })?;
        formers.remember(kind, name, revision, &found);
        Ok(found)
    }

    /// When an object bore a name; `None` when it never did. Upper and lower case are the same.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn bore(&self, id: &ObjectId, name: &str) -> Result<Option<Bearer>, Error> {
        let Some(ordinal) = self.model()?.ordinal(id.kind(), id.as_str()) else {
            return Ok(None);
        };
        let sought = name.to_lowercase();
        self.read(|transaction| match id {
            ObjectId::User(_) => bore::<User>(transaction, ordinal, &sought),
            ObjectId::Group(_) => bore::<Group>(transaction, ordinal, &sought),
            ObjectId::App(_) => bore::<Application>(transaction, ordinal, &sought),
        })
    }
}

/// Names that were looked for last, and what they were of. A list that follows the log asks again with every event, and going through
/// the history of a large org takes a while.
#[derive(Debug)]
pub(super) struct Formers {
    revisions: watch::Receiver<Revisions>,
    last: Mutex<VecDeque<Former>>,
}

#[derive(Debug)]
struct Former {
    kind: Kind,
    name: String,
    /// What had changed of the kind so far.
    revision: u64,
    found: Vec<ObjectId>,
}

impl Formers {
    pub(super) fn new(revisions: watch::Receiver<Revisions>) -> Self {
        Self {
            revisions,
            last: Mutex::default(),
        }
    }

    fn revision(&self, kind: Kind) -> u64 {
        let revisions = self.revisions.borrow();
        match kind {
            Kind::User => revisions.users,
            Kind::Group => revisions.groups,
            Kind::App => revisions.apps,
        }
    }

    fn known(&self, kind: Kind, name: &str, revision: u64) -> Option<Vec<ObjectId>> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |one: &&Former| one.kind == kind && one.name == name;
        let found = last.iter().find(is_it);
        let current = found.filter(|one| one.revision == revision);
        current.map(|one| one.found.clone())
    }

    fn remember(&self, kind: Kind, name: &str, revision: u64, found: &[ObjectId]) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|one| one.kind != kind || one.name != name);
        last.push_front(Former {
            kind,
            name: name.to_owned(),
            revision,
            found: found.to_vec(),
        });
        last.truncate(MAX_REMEMBERED);
    }
}

/// A kind of object that people call by a name which may change.
trait Called: Mirrored {
    /// What the paths of the fields that a name is made of have in common, in letters that few others have.
    const PART: [&'static str; 2];

    /// What it is called, first by the name that is its own.
    fn names(&self) -> Vec<String>;
}

impl Called for User {
    const PART: [&'static str; 2] = ["login", "Name"];

    fn names(&self) -> Vec<String> {
        vec![self.login.to_string(), self.display_name()]
    }
}

impl Called for Group {
    const PART: [&'static str; 2] = ["name", "name"];

    fn names(&self) -> Vec<String> {
        vec![self.name.to_string()]
    }
}

impl Called for Application {
    const PART: [&'static str; 2] = ["label", "label"];

    fn names(&self) -> Vec<String> {
        vec![self.label.to_string()]
    }
}

fn formerly<T: Called>(transaction: &ReadTransaction, name: &str) -> Result<Vec<ObjectId>, Fault> {
    let sought = name.to_lowercase();
    let parts = T::PART.map(Finder::new);
    let kind = kind_byte(T::KIND);
    let mut found: Vec<ObjectId> = Vec::new();
    let mut last = None;
    let all = (kind, 0, 0)..=(kind, u32::MAX, u32::MAX);
    for row in tables::read_changes(transaction)?.range(all)? {
        let (key, bytes) = row?;
        let (_, ordinal, _) = key.value();
        let bytes = bytes.value();
        // Most changes are of something else, and reading them all is what takes long.
        let may_be = parts.iter().any(|part| part.find(bytes).is_some());
        if last == Some(ordinal) || !may_be || !was_called::<T>(bytes, &sought)? {
            continue;
        }
        last = Some(ordinal);
        let value = Record::<T>::stored(transaction, ordinal)?.and_then(|record| record.value);
        found.extend(value.as_ref().map(T::object_id));
        if found.len() >= MAX_FOUND {
            break;
        }
    }
    Ok(found)
}

/// When an object bore a name: by its own one, or else by any.
fn bore<T: Called>(
    transaction: &ReadTransaction,
    ordinal: u32,
    sought: &str,
) -> Result<Option<Bearer>, Fault> {
    let Some(now) = Record::<T>::stored(transaction, ordinal)? else {
        return Ok(None);
    };
    let Some(value) = now.value else {
        return Ok(None);
    };
    let mut names: Vec<(Vec<String>, Option<Timestamp>)> = Vec::new();
    let kind = kind_byte(T::KIND);
    let all = (kind, ordinal, 0)..=(kind, ordinal, u32::MAX);
    for row in tables::read_changes(transaction)?.range(all)? {
        let changes = Changes::decode(row?.1.value())?;
        if !changes.value_before().is_empty() {
            let before: T = codec::decode_rest(changes.value_before())?.0;
            names.push((before.names(), Some(changes.happened())));
        }
    }
    let gone = now.archived.map(|archived| archived.at);
    names.push((value.names(), gone));
    let is_it = |name: &String| name.to_lowercase() == sought;
    let by_own = spans(&names, value.created(), |names| {
        names.first().is_some_and(is_it)
    });
    let is_login = !by_own.is_empty();
    let spans = if is_login {
        by_own
    } else {
        spans(&names, value.created(), |names| names.iter().any(is_it))
    };
    Ok((!spans.is_empty()).then(|| Bearer {
        id: value.object_id(),
        name: value.names().swap_remove(0).into(),
        is_login,
        spans,
        made: value.created(),
        gone,
    }))
}

/// From when until when `is_it` was so, of values that each were so until some moment, the first one since `made`.
fn spans(
    values: &[(Vec<String>, Option<Timestamp>)],
    made: Option<Timestamp>,
    is_it: impl Fn(&[String]) -> bool,
) -> Vec<(Option<Timestamp>, Option<Timestamp>)> {
    let mut spans: Vec<(Option<Timestamp>, Option<Timestamp>)> = Vec::new();
    let mut since = made;
    let mut lasts = false;
    for (names, until) in values {
        match (is_it(names), spans.last_mut()) {
            (true, Some(last)) if lasts => last.1 = *until,
            (true, _) => spans.push((since, *until)),
            _ => {}
        }
        lasts = is_it(names);
        since = *until;
    }
    spans
}

/// Whether this is what it was called before the change.
fn was_called<T: Called>(changes: &[u8], sought: &str) -> Result<bool, Fault> {
    let changes = Changes::decode(changes)?;
    if changes.value_before().is_empty() {
        return Ok(false);
    }
    let before: T = codec::decode_rest(changes.value_before())?.0;
    Ok(before
        .names()
        .iter()
        .any(|name| name.to_lowercase() == *sought))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::group::GroupType;
    use crate::domain::text::RawJson;
    use crate::store::{DirectoryOp, Store};
    use jiff::Timestamp;

    /// A group as it is read `hours` later than the first.
    fn group(id: &str, name: &str, about: &str, hours: i64) -> DirectoryOp {
        let at = Timestamp::from_second(1_800_000_000 + 3_600 * hours).unwrap();
        let group = Group {
            id: id.parse().unwrap(),
            kind: GroupType::Okta,
            name: name.into(),
            description: Some(about.into()),
            created: None,
            last_updated: Some(at),
            last_membership_updated: None,
            stats: None,
        };
        let json = serde_json::json!({"id": id, "profile": {"name": name, "description": about}});
        let items = vec![(group, RawJson::new(json.to_string()))];
        DirectoryOp::Groups {
            run: None,
            items,
            at,
        }
    }

    #[tokio::test]
    async fn a_group_is_found_by_every_name_that_it_had() {
        let store = Store::in_memory().unwrap();
        for op in [
            group("00g1", "Sales", "-", 0),
            group("00g2", "Legal", "-", 0),
            group("00g1", "Sales", "all of them", 1),
            group("00g1", "Field", "all of them", 2),
            group("00g1", "Revenue", "all of them", 3),
        ] {
            store.directory.apply(op).await.unwrap();
        }
        let found = |kind, name| {
            let found = store.directory.formerly(kind, name).unwrap();
            found
                .iter()
                .map(|id| id.as_str().to_owned())
                .collect::<Vec<_>>()
        };
        for name in ["Sales", "sales", "FIELD"] {
            assert_eq!(found(Kind::Group, name), ["00g1"], "{name}");
        }
        for name in ["Revenue", "Legal", "Sale", ""] {
            assert!(found(Kind::Group, name).is_empty(), "{name}");
        }
        assert!(found(Kind::User, "Sales").is_empty());
        // What was not found is looked for again once something has changed.
        let renamed = group("00g2", "Law", "-", 4);
        store.directory.apply(renamed).await.unwrap();
        assert_eq!(found(Kind::Group, "Legal"), ["00g2"]);
    }

    #[tokio::test]
    async fn a_bearer_is_told_with_the_times() {
        let store = Store::in_memory().unwrap();
        for op in [
            group("00g1", "Sales", "-", 0),
            group("00g1", "Sales", "all of them", 1),
            group("00g1", "Field", "all of them", 2),
            group("00g1", "Sales", "all of them", 5),
        ] {
            store.directory.apply(op).await.unwrap();
        }
        let id = ObjectId::Group("00g1".parse().unwrap());
        let bore = |name| store.directory.bore(&id, name).unwrap();
        let told = |name| bore(name).unwrap().to_string();
        assert_eq!(
            told("sales"),
            "group Sales (00g1, so called until 2027-01-15T10:00:00.000Z and since 2027-01-15T13:00:00.000Z)"
        );
        assert_eq!(
            told("Field"),
            "group Sales (00g1, so called from 2027-01-15T10:00:00.000Z to 2027-01-15T13:00:00.000Z)"
        );
        assert_eq!(bore("Sale"), None);
    }
}
