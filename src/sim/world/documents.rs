//! The documents of an org, and what can be done with them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::super::id::Id;
use super::super::time::Millis;
use super::World;
use super::document::{Deed, Document, Kind};
use super::happening::{Cause, Fact};
use super::index::{AppIx, DocumentIx};
use super::refused::Refused;

/// Documents are numbered behind everything that shares a prefix with them (applications, group rules).
const FIRST_NUMBER: u64 = 1_000_000_000;

/// All documents that ever were.
#[derive(Debug, Default)]
pub struct Documents {
    all: Vec<Document>,
    by_id: HashMap<Id, DocumentIx>,
    of_kind: HashMap<Kind, Vec<DocumentIx>>,
    /// By what they belong to or speak of: rules and mappings by policy, mappings by application and by group.
    linked: HashMap<Id, Vec<DocumentIx>>,
}

impl Documents {
    /// The document at `ix`, also when it is deleted.
    pub fn get(&self, ix: DocumentIx) -> &Document {
        &self.all[ix.at()]
    }

    /// The document of this kind with this id, unless it is deleted.
    pub fn find(&self, kind: Kind, id: &str) -> Option<DocumentIx> {
        self.place(kind, id).filter(|ix| !self.get(*ix).deleted)
    }

    /// The same, also when it is deleted: cursors outlive what they point at.
    pub fn place(&self, kind: Kind, id: &str) -> Option<DocumentIx> {
        let ix = *self.by_id.get(&Id::parse(id)?)?;
        (self.get(ix).kind == kind).then_some(ix)
    }

    /// The document with this id, or the one that `plural/name` means, e.g. `zones/All offices`.
    pub fn meant(&self, text: &str) -> Option<DocumentIx> {
        let by_id = Id::parse(text).and_then(|id| self.by_id.get(&id).copied());
        let by_id = by_id.filter(|ix| !self.get(*ix).deleted);
        by_id.or_else(|| {
            let (plural, name) = text.split_once('/')?;
            self.named(Kind::named(plural)?, name)
        })
    }

    /// The document of this kind with this name.
    pub fn named(&self, kind: Kind, name: &str) -> Option<DocumentIx> {
        self.of(kind)
            .find(|(_, document)| *document.name == *name)
            .map(|(ix, _)| ix)
    }

    /// Every document of a kind, in the order of their making.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = (DocumentIx, &Document)> {
        self.there(self.of_kind.get(&kind))
    }

    /// Every document of a kind that belongs to `id` or speaks of it.
    pub fn linked(&self, id: Id, kind: Kind) -> impl Iterator<Item = (DocumentIx, &Document)> {
        self.there(self.linked.get(&id))
            .filter(move |(_, document)| document.kind == kind)
    }

    fn there<'a>(
        &'a self,
        list: Option<&'a Vec<DocumentIx>>,
    ) -> impl Iterator<Item = (DocumentIx, &'a Document)> {
        list.into_iter()
            .flatten()
            .map(|ix| (*ix, self.get(*ix)))
            .filter(|(_, document)| !document.deleted)
    }

    /// Policies of one type in the order in which they are asked; the default one is last.
    pub fn policies(&self, of: &str) -> Vec<(DocumentIx, &Document)> {
        in_order(
            self.of(Kind::Policy)
                .filter(|(_, policy)| policy.of_type() == Some(of)),
        )
    }

    /// Rules of a policy in the order in which they are asked.
    pub fn rules(&self, policy: Id) -> Vec<(DocumentIx, &Document)> {
        in_order(self.linked(policy, Kind::PolicyRule))
    }

    /// The setting of this name.
    pub fn setting(&self, name: &str) -> Option<&Document> {
        self.named(Kind::Setting, name).map(|ix| self.get(ix))
    }
}

fn in_order<'a>(
    documents: impl Iterator<Item = (DocumentIx, &'a Document)>,
) -> Vec<(DocumentIx, &'a Document)> {
    let mut ordered: Vec<_> = documents.collect();
    ordered.sort_by_key(|(ix, document)| (document.system, document.priority(), *ix));
    ordered
}

/// A document about to exist.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Its kind.
    pub kind: Kind,
    /// What it belongs to.
    pub parent: Option<Id>,
    /// Its name.
    pub name: String,
    /// Whether it works at once.
    pub active: bool,
    /// Whether Okta made it.
    pub system: bool,
    /// What the API shows of it beside that.
    pub body: Map<String, Value>,
}

impl World {
    /// The org's documents.
    pub fn documents(&self) -> &Documents {
        &self.documents
    }

    /// Puts a document in without telling the log.
    pub fn settle_document(
        &mut self,
        new: NewDocument,
        created: Millis,
        updated: Millis,
    ) -> DocumentIx {
        let ix = DocumentIx::from_usize(self.documents.all.len());
        let of = new.body.get("type").and_then(Value::as_str);
        let number = FIRST_NUMBER + u64::from(ix.0);
        let id = match new.kind {
            // Users point at their type from the first, so these are counted from zero.
            Kind::UserType => Id::new(
                self.seed,
                "oty",
                self.documents.of(Kind::UserType).count() as u64,
            ),
            // The System Log speaks of behaviours by name.
            Kind::Behavior => Id::of_text("bhv", &new.name, 0),
            kind => Id::new(self.seed, kind.id_prefix(of), number),
        };
        let document = Document {
            id,
            kind: new.kind,
            parent: new.parent,
            name: new.name.into(),
            active: new.active,
            system: new.system,
            created,
            last_updated: updated,
            body: new.body,
            deleted: false,
        };
        for of in spoken_of(&document) {
            self.documents.linked.entry(of).or_default().push(ix);
        }
        self.documents.by_id.insert(id, ix);
        self.documents.of_kind.entry(new.kind).or_default().push(ix);
        self.documents.all.push(document);
        self.renumber(ix);
        ix
    }

    /// Creates a document.
    ///
    /// # Errors
    /// When there is one of this kind and name at the same place.
    pub fn create_document(
        &mut self,
        cause: &Cause,
        new: NewDocument,
    ) -> Result<DocumentIx, Refused> {
        let of = new.body.get("type");
        let same = |held: &Document| {
            *held.name == *new.name && held.parent == new.parent && held.body.get("type") == of
        };
        let taken = self.documents.of(new.kind).any(|(_, held)| same(held));
        if taken && !new.name.is_empty() {
            return Err(Refused::duplicate("name"));
        }
        let ix = self.settle_document(new, cause.at, cause.at);
        self.note_document(cause, ix, Deed::Created);
        Ok(ix)
    }

    /// Changes a document: its name, and the fields of its body that are given.
    ///
    /// # Errors
    /// When it is deleted.
    pub fn update_document(
        &mut self,
        cause: &Cause,
        ix: DocumentIx,
        name: Option<&str>,
        fields: &Map<String, Value>,
    ) -> Result<(), Refused> {
        self.must_exist(ix)?;
        let held = &mut self.documents.all[ix.at()];
        let mut changes = Vec::new();
        if let Some(name) = name.filter(|name| **name != *held.name) {
            changes.push(("name".to_owned(), held.name.to_string(), name.to_owned()));
            held.name = name.into();
        }
        for (field, value) in fields {
            let before = held.body.insert(field.clone(), value.clone());
            differences(field, before.as_ref(), Some(value), &mut changes);
        }
        if changes.is_empty() {
            return Ok(());
        }
        held.last_updated = cause.at;
        self.renumber(ix);
        self.note_document(cause, ix, Deed::Updated(changes));
        Ok(())
    }

    /// Makes a document work or stop working; nothing happens when it does already.
    ///
    /// # Errors
    /// When it is deleted.
    pub fn set_document_active(
        &mut self,
        cause: &Cause,
        ix: DocumentIx,
        active: bool,
    ) -> Result<(), Refused> {
        self.must_exist(ix)?;
        let held = &mut self.documents.all[ix.at()];
        if held.active == active {
            return Ok(());
        }
        held.active = active;
        held.last_updated = cause.at;
        let deed = if active {
            Deed::Activated
        } else {
            Deed::Deactivated
        };
        self.note_document(cause, ix, deed);
        Ok(())
    }

    /// Deletes a document and what belongs to it.
    ///
    /// # Errors
    /// When it is deleted already, or Okta's own.
    pub fn delete_document(&mut self, cause: &Cause, ix: DocumentIx) -> Result<(), Refused> {
        self.must_exist(ix)?;
        let held = self.documents.get(ix);
        if held.system {
            return Err(Refused::Invalid {
                field: "system".to_owned(),
                cause: "System objects cannot be deleted".to_owned(),
            });
        }
        let id = held.id;
        self.forget_linked(id);
        let held = &mut self.documents.all[ix.at()];
        held.deleted = true;
        held.last_updated = cause.at;
        self.renumber(ix);
        self.note_document(cause, ix, Deed::Deleted);
        Ok(())
    }

    /// What belongs to an object that goes, or speaks of it, goes with it.
    pub(super) fn forget_linked(&mut self, id: Id) {
        for ix in self.documents.linked.get(&id).into_iter().flatten() {
            self.documents.all[ix.at()].deleted = true;
        }
    }

    /// The policy of this type that applies to an application.
    pub fn policy_of_app(&self, app: AppIx, of: &str) -> Option<DocumentIx> {
        self.documents
            .linked(self.app(app).id, Kind::PolicyMapping)
            .filter_map(|(_, mapping)| mapping.parent)
            .filter_map(|policy| self.documents.find(Kind::Policy, policy.as_str()))
            .find(|policy| self.documents.get(*policy).of_type() == Some(of))
    }

    /// Gives a new application the policies that every new application gets.
    pub(super) fn map_to_default_policies(&mut self, app: AppIx, at: Millis) {
        for of in ["ACCESS_POLICY", "PROFILE_ENROLLMENT"] {
            let policies = self.documents.policies(of);
            let default = policies.iter().find(|(_, policy)| policy.system);
            if let Some(policy) = default.map(|(_, policy)| policy.id) {
                self.settle_mapping(policy, app, at);
            }
        }
    }

    /// Makes a policy apply to an application, without telling the log.
    pub fn settle_mapping(&mut self, policy: Id, app: AppIx, at: Millis) -> DocumentIx {
        let app = Value::from(self.app(app).id.as_str());
        let mapping = NewDocument {
            kind: Kind::PolicyMapping,
            parent: Some(policy),
            name: String::new(),
            active: true,
            system: false,
            body: Map::from_iter([("application".to_owned(), app)]),
        };
        self.settle_document(mapping, at, at)
    }

    fn must_exist(&self, ix: DocumentIx) -> Result<(), Refused> {
        let held = self.documents.get(ix);
        if held.deleted {
            return Err(Refused::NoSuch {
                id: held.id.to_string(),
                kind: held.kind.resource(),
            });
        }
        Ok(())
    }

    fn note_document(&mut self, cause: &Cause, document: DocumentIx, deed: Deed) {
        self.record(cause, Fact::Document { document, deed });
    }

    /// Counts policies and rules through again after one came, went or moved: there are no gaps and no ties.
    fn renumber(&mut self, changed: DocumentIx) {
        let document = self.documents.get(changed);
        let of = document.of_type().unwrap_or_default().to_owned();
        let (siblings, first) = match (document.kind, document.parent) {
            // Policies of applications are chosen by the application and have no order.
            (Kind::Policy, _) if matches!(&*of, "ACCESS_POLICY" | "PROFILE_ENROLLMENT") => {
                let body = &mut self.documents.all[changed.at()].body;
                body.insert("priority".to_owned(), Value::from(1));
                return;
            }
            (Kind::Policy, _) => (self.documents.policies(&of), 1),
            (Kind::PolicyRule, Some(policy)) => {
                let first = i64::from(document.kind.id_prefix(Some(&of)) != "rul");
                (self.documents.rules(policy), first)
            }
            _ => return,
        };
        let mut order: Vec<DocumentIx> = siblings.into_iter().map(|(ix, _)| ix).collect();
        // Whatever was put at a place goes before what was there.
        order.sort_by_key(|ix| {
            let held = self.documents.get(*ix);
            let unplaced = !held.body.contains_key("priority");
            (held.system, unplaced, held.priority(), *ix != changed, *ix)
        });
        for (ix, priority) in order.into_iter().zip(first..) {
            let held = &mut self.documents.all[ix.at()];
            let last = held.system && held.kind == Kind::PolicyRule && first == 0;
            let priority = if last { CATCH_ALL } else { priority };
            held.body
                .insert("priority".to_owned(), Value::from(priority));
        }
    }
}

/// The priority that Okta shows for a rule that catches what no other did.
const CATCH_ALL: i64 = 99;

/// What a document belongs to or speaks of.
fn spoken_of(document: &Document) -> impl Iterator<Item = Id> {
    let named = ["application", "sourceGroupId", "targetGroupId"]
        .into_iter()
        .filter_map(|field| document.text(field))
        .filter_map(Id::parse);
    document.parent.into_iter().chain(named)
}

/// Every leaf below `path` that is not what it was, onto `changes`.
fn differences(
    path: &str,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<(String, String, String)>,
) {
    if before == after {
        return;
    }
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (before, after) {
        let gone = before.keys().filter(|key| !after.contains_key(*key));
        for key in gone.chain(after.keys()) {
            let path = format!("{path}.{key}");
            differences(&path, before.get(key), after.get(key), changes);
        }
        return;
    }
    let shown = |value: Option<&Value>| match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    changes.push((path.to_owned(), shown(before), shown(after)));
}

#[cfg(test)]
mod tests;
