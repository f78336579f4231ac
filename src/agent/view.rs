//! The mirror as the logic of access sees it: the org at one moment, read from the store.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::access::{Assigned, Held, Known, Mirror, Proof};
use crate::domain::entry::{Entry, EntryId, EntryKind, Subject};
use crate::domain::group::GroupType;
use crate::domain::history::{Change, ChangeRow, Existed, Interval};
use crate::domain::id::{AppId, EventUuid, GroupId, ObjectId, UserId};
use crate::domain::listing::PartialReason;
use crate::domain::log_event::Party;
use crate::domain::query::{EventQuery, EventRow, EventRows, Row};
use crate::domain::resource::Resource;
use crate::domain::text::{RawJson, SafeText};
use crate::domain::user::User;
use crate::msg::ChangeTold;
use crate::store::{AsOf, DetailRow, EventKey, PastAssignment, QueryError, Store};
use crate::sync::cause::{self, DONE};

use super::given::{self, Given};
use super::suspected::Causes;

/// Grants of roles that are looked at for one holder, newest first: more than anybody is given in a year.
const MAX_GRANTS: usize = 200;
/// For so many holders their grants are looked up one by one; whoever asks about more asks about all.
const ONE_BY_ONE: usize = 3;
/// Grants that are read at once, for all holders together. An org with more is looked up holder by holder.
const MAX_AT_ONCE: usize = 1_000;
/// Where Okta's events name the group rule that caused them.
const RULE_FIELDS: [&str; 2] = ["triggeredByGroupRuleId", "groupRuleId"];

/// The org at one moment. What several paths ask for again is kept for the time of one question.
pub struct View<'s> {
    store: &'s Store,
    past: AsOf,
    at: Option<Timestamp>,
    now: Timestamp,
    troubles: BTreeMap<Resource, PartialReason>,
    entries: RefCell<HashMap<EntryKind, Rc<[Held<Entry>]>>>,
    users: RefCell<HashMap<UserId, Option<Rc<Row<User>>>>>,
    proofs: RefCell<HashMap<EventUuid, Option<Proof>>>,
    grants: RefCell<HashMap<String, Vec<Proof>>>,
    /// The grants of everybody, once they were read at once; `None` where they are too many for that.
    all_grants: OnceCell<Option<HashMap<String, Vec<Proof>>>>,
    causes: Causes<'s>,
}

impl<'s> View<'s> {
    /// The org at `at`, or now; `troubles` is what the last reading of a resource failed with.
    pub fn new(
        store: &'s Store,
        at: Option<Timestamp>,
        now: Timestamp,
        troubles: BTreeMap<Resource, PartialReason>,
    ) -> Self {
        Self {
            store,
            past: store.directory.as_of(at.unwrap_or(now)),
            at,
            now,
            troubles,
            entries: RefCell::default(),
            users: RefCell::default(),
            proofs: RefCell::default(),
            grants: RefCell::default(),
            all_grants: OnceCell::new(),
            causes: Causes::new(store, now),
        }
    }

    /// The stored event that must have caused a change for which the sync noted none; `None` when there is none, or when several people
    /// may have done it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn cause(&self, change: &ChangeRow) -> Result<Option<Proof>, QueryError> {
        match cause::suspects(change) {
            Some(suspects) => self.causes.of(suspects),
            None => Ok(None),
        }
    }

    /// A change with what the log says about it: the event that the sync noted, or the one that must have caused it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub(super) fn told(&self, row: ChangeRow) -> Result<ChangeTold, QueryError> {
        let names = self.names_in(&row);
        let (row, mut proof) = self.proven(row)?;
        let mut through = None;
        if let Some(given) = self.given(&row)? {
            through = Some((given.group, given.name));
            proof = proof.or(given.proof);
        }
        Ok(ChangeTold {
            row,
            proof,
            names,
            through,
        })
    }

    fn given(&self, row: &ChangeRow) -> Result<Option<Given>, QueryError> {
        let begins = match row.what {
            Change::Appeared => true,
            Change::Archived => false,
            _ => return Ok(None),
        };
        let Subject::Entry(key) = &row.subject else {
            return Ok(None);
        };
        let of_user = key
            .parent
            .as_ref()
            .filter(|_| key.kind == EntryKind::UserRole);
        let Some(user) = of_user.and_then(|user| user.as_str().parse::<UserId>().ok()) else {
            return Ok(None);
        };
        let role = self.store.directory.entry(key)?.map(|(row, _)| row.entry);
        match role.filter(given::by_group) {
            Some(role) => given::through(self, &user, &role, row.at, begins),
            None => Ok(None),
        }
    }

    /// The store that is looked at.
    pub(super) fn store(&self) -> &'s Store {
        self.store
    }

    /// What an event that was noted proves, or else the one that must have caused a change.
    pub(super) fn proof_or_cause(
        &self,
        noted: Option<EventUuid>,
        change: &ChangeRow,
    ) -> Result<Option<Proof>, QueryError> {
        match noted {
            Some(event) => self.proof(event),
            None => self.cause(change),
        }
    }

    fn proven(&self, row: ChangeRow) -> Result<(ChangeRow, Option<Proof>), QueryError> {
        let Some(event) = row.evidence else {
            let proof = self.cause(&row)?;
            return Ok((row, proof));
        };
        let noted = self.store.events.event(EventKey::Uuid(event))?;
        let proof = match &noted {
            Some(noted) if !cause::may_be(&row, noted) => self.cause(&row)?,
            Some(noted) => self.asked_for(noted)?,
            None => return Ok((row, None)),
        };
        let evidence = proof.as_ref().map(|proof| proof.event);
        Ok((ChangeRow { evidence, ..row }, proof))
    }

    /// The names of the groups between which an assignment has moved.
    fn names_in(&self, row: &ChangeRow) -> Vec<(SafeText, SafeText)> {
        let Change::Reassigned {
            field,
            before,
            after,
            ..
        } = &row.what
        else {
            return Vec::new();
        };
        let ids = [before, after].into_iter().flatten();
        let groups = ids.filter(|_| **field == *"group").filter_map(|id| {
            let group: GroupId = id.parse().ok()?;
            let name = self.store.directory.name(&ObjectId::Group(group)).ok()??;
            Some((id.clone(), name))
        });
        groups.collect()
    }

    /// What an event proves; where Okta only completed what somebody had asked for, the event of the asking does.
    fn asked_for(&self, noted: &EventRow) -> Result<Option<Proof>, QueryError> {
        let found = match cause::of_deletion(noted) {
            Some(suspects) => self.causes.of(suspects)?,
            None => None,
        };
        Ok(Some(found.unwrap_or_else(|| proof_of(noted))))
    }

    /// A user as it was, if Okta had it.
    fn user(&self, user: &UserId) -> Result<Option<Rc<Row<User>>>, QueryError> {
        if let Some(known) = self.users.borrow().get(user) {
            return Ok(known.clone());
        }
        let found = self.past.object(&ObjectId::User(user.clone()))?;
        let row = found.and_then(|past| match past.row {
            Some(DetailRow::User(row)) if past.existed != Existed::No => Some(Rc::new(row)),
            _ => None,
        });
        self.users.borrow_mut().insert(user.clone(), row.clone());
        Ok(row)
    }

    fn grants_of(&self, principal: &str) -> Result<Vec<Proof>, QueryError> {
        if self.grants.borrow().len() >= ONE_BY_ONE
            && let Some(all) = self.all_grants()?
        {
            return Ok(all.get(principal).cloned().unwrap_or_default());
        }
        let filter = format!("about:{principal} type:privilege {DONE}");
        let rows = self.grant_events(filter, MAX_GRANTS)?.rows;
        let to_it = |row: &&EventRow| row.event.targets.iter().any(|to| *to.id == *principal);
        Ok(rows.iter().rev().filter(to_it).map(proof_of).collect())
    }

    /// The newest grants by holder, read in one search instead of one for each of them.
    fn all_grants(&self) -> Result<Option<&HashMap<String, Vec<Proof>>>, QueryError> {
        if let Some(all) = self.all_grants.get() {
            return Ok(all.as_ref());
        }
        let found = self.grant_events(format!("type:privilege {DONE}"), MAX_AT_ONCE)?;
        let mut all: HashMap<String, Vec<Proof>> = HashMap::new();
        for row in found.rows.iter().rev() {
            let proof = proof_of(row);
            let holders: BTreeSet<&str> = row.event.targets.iter().map(|to| &*to.id).collect();
            for holder in holders {
                let of_it = all.entry(holder.to_owned()).or_default();
                if of_it.len() < MAX_GRANTS {
                    of_it.push(proof.clone());
                }
            }
        }
        let all = (!found.more_older).then_some(all);
        Ok(self.all_grants.get_or_init(|| all).as_ref())
    }

    fn grant_events(&self, filter: String, limit: usize) -> Result<EventRows, QueryError> {
        let query = EventQuery {
            filter,
            limit,
            until: self.at,
            with_raw: true,
            ..EventQuery::default()
        };
        self.store.events.window(&query, self.now)
    }
}

fn held<T>((value, span): (T, Interval)) -> Held<T> {
    Held { value, span }
}

fn all<T>(pairs: Vec<(T, Interval)>) -> Vec<Held<T>> {
    pairs.into_iter().map(held).collect()
}

fn assigned((user, assignment, span): PastAssignment<UserId>) -> Held<Assigned> {
    Held {
        value: Assigned {
            user,
            scope: assignment.as_ref().map(|one| one.scope.clone()),
            group: assignment.and_then(|one| one.group),
        },
        span,
    }
}

impl Mirror for View<'_> {
    type Error = QueryError;

    fn at(&self) -> Option<Timestamp> {
        self.at
    }

    fn known(&self, resource: Resource) -> Known {
        Known {
            first: self.past.known_since(resource),
            last: self.store.directory.complete_at(resource),
            trouble: self.troubles.get(&resource).cloned(),
        }
    }

    /// What it was called then. A disk that fails here fails the question elsewhere.
    fn name(&self, id: &ObjectId) -> Option<SafeText> {
        let then = self.at.and_then(|_| self.past.name(id).ok().flatten());
        then.or_else(|| self.store.directory.name(id).ok().flatten())
    }

    fn status(&self, user: &UserId) -> Result<Option<SafeText>, QueryError> {
        let row = self.user(user)?;
        Ok(row.map(|row| row.value.status.word().into()))
    }

    fn profile(&self, user: &UserId) -> Result<Option<Map<String, Value>>, QueryError> {
        let row = self.user(user)?;
        let user = row.and_then(|row| parsed(row.raw.as_ref()?));
        Ok(match user.and_then(|mut user| user.remove("profile")) {
            Some(Value::Object(profile)) => Some(profile),
            _ => None,
        })
    }

    fn group_type(&self, group: &GroupId) -> Option<GroupType> {
        self.store.directory.group_type(group)
    }

    fn groups_of(&self, user: &UserId) -> Result<Vec<Held<GroupId>>, QueryError> {
        Ok(all(self.past.groups_of(user)?))
    }

    fn members(&self, group: &GroupId) -> Result<Vec<Held<UserId>>, QueryError> {
        Ok(all(self.past.members(group)?))
    }

    fn apps_of_group(&self, group: &GroupId) -> Result<Vec<Held<AppId>>, QueryError> {
        Ok(all(self.past.apps_of_group(group)?))
    }

    fn groups_of_app(&self, app: &AppId) -> Result<Vec<Held<GroupId>>, QueryError> {
        Ok(all(self.past.groups_of_app(app)?))
    }

    fn app_users(&self, app: &AppId) -> Result<Vec<Held<Assigned>>, QueryError> {
        let users = self.past.app_users(app)?;
        Ok(users.into_iter().map(assigned).collect())
    }

    /// By way of the user's apps, which are fewer than an app's users.
    fn app_user(&self, app: &AppId, user: &UserId) -> Result<Option<Held<Assigned>>, QueryError> {
        let apps = self.past.apps_of_user(user)?;
        let found = apps.into_iter().find(|(id, ..)| id == app);
        Ok(found.map(|(_, assignment, span)| assigned((user.clone(), assignment, span))))
    }

    fn direct_since(
        &self,
        app: &AppId,
        user: &UserId,
    ) -> Result<Option<(Timestamp, Option<Proof>)>, QueryError> {
        let Some(from) = self.past.direct_since(app, user)? else {
            return Ok(None);
        };
        let proof = self.cause(&cause::made_direct(app, user, from))?;
        Ok(Some((from, proof)))
    }

    fn apps_of_user(&self, user: &UserId) -> Result<Vec<Held<AppId>>, QueryError> {
        let apps = self.past.apps_of_user(user)?;
        Ok(apps
            .into_iter()
            .map(|(app, _, span)| held((app, span)))
            .collect())
    }

    fn app_status(&self, app: &AppId) -> Result<Option<SafeText>, QueryError> {
        let found = self.past.object(&ObjectId::App(app.clone()))?;
        Ok(found.and_then(|past| match past.row {
            Some(DetailRow::App(row)) if past.existed != Existed::No => {
                Some(row.value.status.word().into())
            }
            _ => None,
        }))
    }

    fn entries(&self, kind: EntryKind) -> Result<Rc<[Held<Entry>]>, QueryError> {
        if let Some(known) = self.entries.borrow().get(&kind) {
            return Ok(Rc::clone(known));
        }
        let entries: Rc<[Held<Entry>]> = self.past.entries(kind)?.into_iter().map(held).collect();
        self.entries.borrow_mut().insert(kind, Rc::clone(&entries));
        Ok(entries)
    }

    fn entries_below(
        &self,
        kind: EntryKind,
        parent: &EntryId,
    ) -> Result<Vec<Held<Entry>>, QueryError> {
        Ok(all(self.past.entries_below(kind, Some(parent))?))
    }

    fn proof(&self, event: EventUuid) -> Result<Option<Proof>, QueryError> {
        if let Some(known) = self.proofs.borrow().get(&event) {
            return Ok(known.clone());
        }
        let found = self.store.events.event(EventKey::Uuid(event))?;
        let proof = found.as_ref().map(proof_of);
        self.proofs.borrow_mut().insert(event, proof.clone());
        Ok(proof)
    }

    fn grants_in_log(&self, principal: &str) -> Result<Vec<Proof>, QueryError> {
        if let Some(known) = self.grants.borrow().get(principal) {
            return Ok(known.clone());
        }
        let proofs = self.grants_of(principal)?;
        self.grants
            .borrow_mut()
            .insert(principal.to_owned(), proofs.clone());
        Ok(proofs)
    }
}

fn parsed(raw: &RawJson) -> Option<Map<String, Value>> {
    serde_json::from_str(raw.as_unsafe_str()).ok()
}

/// What an event says about the beginning of something.
pub(super) fn proof_of(row: &EventRow) -> Proof {
    let event = &row.event;
    let data = row.raw.as_ref().and_then(parsed);
    let data = data
        .as_ref()
        .and_then(|event| event.get("debugContext")?.get("debugData"));
    let told = |name: &str| data?.get(name)?.as_str().map(SafeText::new);
    let rule = RULE_FIELDS.iter().find_map(|name| told(name));
    let by_target = |target: &&Party| target.kind.to_lowercase().contains("rule");
    let rule = rule.or_else(|| event.targets.iter().find(by_target).map(|to| to.id.clone()));
    let actor = event.actor.as_ref();
    Proof {
        event: event.uuid,
        at: event.published,
        event_type: event.event_type.clone(),
        by: actor.map(|actor| actor.label().into()),
        by_id: actor.map(|actor| actor.id.clone()),
        by_hand: rule.is_none() && actor.is_some_and(|actor| *actor.kind != *"SystemPrincipal"),
        rule,
        privilege: told("privilegeGranted"),
    }
}

#[cfg(test)]
mod tests;
