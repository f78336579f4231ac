//! The mirror as the logic of access sees it: the org at one moment, read from the store.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::access::{Assigned, Held, Known, Mirror, Proof};
use crate::domain::entry::{Entry, EntryId, EntryKind, EntryQuery, EntryRow};
use crate::domain::group::GroupType;
use crate::domain::history::Interval;
use crate::domain::id::{AppId, EventUuid, GroupId, ObjectId, UserId};
use crate::domain::listing::PartialReason;
use crate::domain::log_event::Party;
use crate::domain::query::{EventQuery, EventRow, ListQuery, Row, Scope, Via};
use crate::domain::resource::Resource;
use crate::domain::text::{RawJson, SafeText};
use crate::domain::user::User;
use crate::store::{DetailRow, EventKey, QueryError, Store};

/// Grants of roles that are looked at for one holder, newest first: more than anybody is given in a year.
const MAX_GRANTS: usize = 200;
/// Where Okta's events name the group rule that caused them.
const RULE_FIELDS: [&str; 2] = ["triggeredByGroupRuleId", "groupRuleId"];

/// The org at one moment. What several paths ask for again is kept for the time of one question.
pub(super) struct View<'s> {
    store: &'s Store,
    now: Timestamp,
    troubles: BTreeMap<Resource, PartialReason>,
    proofs: RefCell<HashMap<EventUuid, Option<Proof>>>,
    grants: RefCell<HashMap<String, Vec<Proof>>>,
}

impl<'s> View<'s> {
    pub(super) fn new(
        store: &'s Store,
        now: Timestamp,
        troubles: BTreeMap<Resource, PartialReason>,
    ) -> Self {
        Self {
            store,
            now,
            troubles,
            proofs: RefCell::default(),
            grants: RefCell::default(),
        }
    }

    fn users(&self, scope: Scope, filter: String) -> Result<Vec<Row<User>>, QueryError> {
        let query = all(scope, filter);
        Ok(self.store.directory.users(&query, self.now)?.rows)
    }

    fn user_raw(&self, user: &UserId) -> Result<Option<RawJson>, QueryError> {
        let found = self.store.directory.object(&ObjectId::User(user.clone()))?;
        Ok(found.and_then(|detail| match detail.row {
            DetailRow::User(row) => row.raw,
            DetailRow::Group(_) | DetailRow::App(_) => None,
        }))
    }

    fn of_kind(
        &self,
        kind: EntryKind,
        parent: Option<&EntryId>,
    ) -> Result<Vec<Held<Entry>>, QueryError> {
        let query = EntryQuery {
            parent: parent.cloned(),
            ..EntryQuery::of(kind, usize::MAX)
        };
        let rows = self.store.directory.entries(&query, self.now)?.rows;
        Ok(rows.into_iter().filter_map(present).collect())
    }
}

/// Everything in a scope that passes a filter.
fn all(scope: Scope, filter: String) -> ListQuery {
    ListQuery {
        scope,
        filter,
        limit: usize::MAX,
        ..ListQuery::default()
    }
}

fn present(row: EntryRow) -> Option<Held<Entry>> {
    let span = *row.spans.last().filter(|span| span.to.is_none())?;
    Some(Held {
        value: row.entry,
        span,
    })
}

/// The stretch in which something holds now.
fn current<T>((value, spans): (T, Vec<Interval>)) -> Option<Held<T>> {
    let span = spans.into_iter().find(|span| span.to.is_none())?;
    Some(Held { value, span })
}

fn since(via: Option<&Via>, observed: Timestamp) -> Interval {
    Interval {
        from: via.and_then(|via| via.since).unwrap_or(observed),
        to: None,
        began_by: None,
        ended_by: None,
    }
}

fn assigned(row: Row<User>) -> Held<Assigned> {
    let span = since(row.via.as_ref(), row.observed);
    let assignment = row.via.and_then(|via| via.assignment);
    Held {
        value: Assigned {
            user: row.value.id,
            scope: assignment.as_ref().map(|one| one.scope.clone()),
            group: assignment.and_then(|one| one.group),
        },
        span,
    }
}

impl Mirror for View<'_> {
    type Error = QueryError;

    fn at(&self) -> Option<Timestamp> {
        None
    }

    fn known(&self, resource: Resource) -> Known {
        let last = self.store.directory.complete_at(resource);
        Known {
            first: last,
            last,
            trouble: self.troubles.get(&resource).cloned(),
        }
    }

    fn name(&self, id: &ObjectId) -> Option<SafeText> {
        self.store.directory.name(id)
    }

    fn status(&self, user: &UserId) -> Result<Option<SafeText>, QueryError> {
        let raw = self.user_raw(user)?;
        let status = raw.as_ref().and_then(parsed).and_then(|user| {
            let status = user.get("status")?.as_str()?;
            Some(SafeText::new(status))
        });
        Ok(status)
    }

    fn profile(&self, user: &UserId) -> Result<Option<Map<String, Value>>, QueryError> {
        let raw = self.user_raw(user)?;
        let profile = raw
            .as_ref()
            .and_then(parsed)
            .and_then(|mut user| user.remove("profile"));
        Ok(match profile {
            Some(Value::Object(profile)) => Some(profile),
            _ => None,
        })
    }

    fn group_type(&self, group: &GroupId) -> Option<GroupType> {
        self.store.directory.group_type(group)
    }

    fn groups_of(&self, user: &UserId) -> Result<Vec<Held<GroupId>>, QueryError> {
        let history = self.store.directory.membership_history_of_user(user)?;
        Ok(history.into_iter().filter_map(current).collect())
    }

    fn members(&self, group: &GroupId) -> Result<Vec<Held<UserId>>, QueryError> {
        let history = self.store.directory.membership_history_of_group(group)?;
        Ok(history.into_iter().filter_map(current).collect())
    }

    fn apps_of_group(&self, group: &GroupId) -> Result<Vec<Held<AppId>>, QueryError> {
        let query = all(Scope::OfGroup(group.clone()), String::new());
        let rows = self.store.directory.apps(&query, self.now)?.rows;
        let held = |row: Row<_>| Held {
            span: since(row.via.as_ref(), row.observed),
            value: of_app(row),
        };
        Ok(rows.into_iter().map(held).collect())
    }

    fn groups_of_app(&self, app: &AppId) -> Result<Vec<Held<GroupId>>, QueryError> {
        let query = all(Scope::OfApp(app.clone()), String::new());
        let rows = self.store.directory.groups(&query, self.now)?.rows;
        let held = |row: Row<crate::domain::group::Group>| Held {
            span: since(row.via.as_ref(), row.observed),
            value: row.value.id,
        };
        Ok(rows.into_iter().map(held).collect())
    }

    fn app_users(&self, app: &AppId) -> Result<Vec<Held<Assigned>>, QueryError> {
        let rows = self.users(Scope::OfApp(app.clone()), String::new())?;
        Ok(rows.into_iter().map(assigned).collect())
    }

    fn app_user(&self, app: &AppId, user: &UserId) -> Result<Option<Held<Assigned>>, QueryError> {
        let rows = self.users(Scope::OfApp(app.clone()), format!("id={user}"))?;
        Ok(rows
            .into_iter()
            .find(|row| row.value.id == *user)
            .map(assigned))
    }

    fn apps_of_user(&self, user: &UserId) -> Result<Vec<Held<AppId>>, QueryError> {
        let query = all(Scope::OfUser(user.clone()), String::new());
        let rows = self.store.directory.apps(&query, self.now)?.rows;
        let held = |row: Row<_>| Held {
            span: since(row.via.as_ref(), row.observed),
            value: of_app(row),
        };
        Ok(rows.into_iter().map(held).collect())
    }

    fn entries(&self, kind: EntryKind) -> Result<Vec<Held<Entry>>, QueryError> {
        self.of_kind(kind, None)
    }

    fn entries_below(
        &self,
        kind: EntryKind,
        parent: &EntryId,
    ) -> Result<Vec<Held<Entry>>, QueryError> {
        self.of_kind(kind, Some(parent))
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
        let query = EventQuery {
            filter: format!("about:{principal} type:privilege"),
            limit: MAX_GRANTS,
            with_raw: true,
            ..EventQuery::default()
        };
        let rows = self.store.events.window(&query, self.now)?.rows;
        let to_it = |row: &&EventRow| row.event.targets.iter().any(|to| *to.id == *principal);
        let proofs: Vec<Proof> = rows.iter().rev().filter(to_it).map(proof_of).collect();
        self.grants
            .borrow_mut()
            .insert(principal.to_owned(), proofs.clone());
        Ok(proofs)
    }
}

fn of_app(row: Row<crate::domain::application::Application>) -> AppId {
    row.value.id
}

fn parsed(raw: &RawJson) -> Option<Map<String, Value>> {
    serde_json::from_str(raw.as_unsafe_str()).ok()
}

/// What an event says about the beginning of something.
fn proof_of(row: &EventRow) -> Proof {
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
