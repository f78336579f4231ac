//! Reading what the index by time points at, as rows for people.

use jiff::Timestamp;
use redb::ReadTransaction;

use crate::domain::application::AppUser;
use crate::domain::entry::EntryKey;
use crate::domain::entry::EntryKind;
use crate::domain::entry::Subject;
use crate::domain::history;
use crate::domain::history::{Change, ChangeRow, FieldChange, made_in};
use crate::domain::id::{EventUuid, Kind, ObjectId};
use crate::domain::text::SafeText;
use crate::store::directory::diff::Changes;
use crate::store::directory::entries::{self, Entries};
use crate::store::directory::past::links::assignments;
use crate::store::directory::record::{self, Link};
use crate::store::directory::shared::Shared;
use crate::store::directory::spans::Spans;
use crate::store::directory::stamps::{is_explained, stamped};
use crate::store::directory::tables::{self, ENTRY_BYTE, Relation, kind_byte, pair};
use crate::store::directory::timeline::Happened;
use crate::store::error::Fault;

/// Reads what the index points at.
pub(super) struct Teller<'a> {
    pub(super) transaction: &'a ReadTransaction,
    pub(super) model: &'a Shared,
}

/// Whom something happened to, and what they are called.
type Named = (Subject, SafeText);

impl Teller<'_> {
    /// The rows of one key; none when what it points at is no more. A late key has those of its first one, in the same order: which of
    /// them are of its own moment tell their stamps.
    pub(super) fn tell(&self, happened: Happened, at_ms: i64) -> Result<Vec<ChangeRow>, Fault> {
        let is_it = |at: &Timestamp| at.as_millisecond() == at_ms;
        match happened {
            Happened::Changed(kind, ordinal, number) => self.changed(kind, ordinal, number, is_it),
            Happened::SignedIn(ordinal, number) => {
                self.changed(kind_byte(Kind::User), ordinal, number, is_it)
            }
            Happened::Late(kind, ordinal, number) => self.changed(kind, ordinal, number, |_| true),
            Happened::Appeared(kind, ordinal) => self.appeared(kind, ordinal, is_it),
            Happened::AppearedLate(kind, ordinal) => {
                let own = self.own_beginning(kind, ordinal)?;
                self.appeared(kind, ordinal, |at| own.is_some_and(|(_, from)| from == *at))
            }
            Happened::Ended(kind, ordinal) => {
                let ended = ended(&self.life(kind, ordinal)?, is_it);
                self.alone(kind, ordinal, ended, Change::Archived)
            }
            Happened::Linked(relation, left, right) => {
                let began = began(&self.link(relation, left, right)?.spans, is_it);
                Ok(self.linked(
                    relation,
                    left,
                    right,
                    began,
                    |relation, (other, other_name)| Change::Began {
                        relation,
                        other,
                        other_name,
                    },
                ))
            }
            Happened::Unlinked(relation, left, right) => {
                let ended = ended(&self.link(relation, left, right)?.spans, is_it);
                Ok(self.linked(
                    relation,
                    left,
                    right,
                    ended,
                    |relation, (other, other_name)| Change::Ended {
                        relation,
                        other,
                        other_name,
                    },
                ))
            }
            Happened::Reassigned(left, right) => self.reassigned(left, right, is_it),
        }
    }

    /// That it began to be. One of the beginnings has the stamp of its making; when it came back otherwise tells no stamp.
    fn appeared(
        &self,
        kind: u8,
        ordinal: u32,
        is_it: impl Fn(&Timestamp) -> bool,
    ) -> Result<Vec<ChangeRow>, Fault> {
        let life = self.life(kind, ordinal)?;
        let mut rows = self.alone(kind, ordinal, began(&life, is_it), Change::Appeared)?;
        let own = self.own_beginning(kind, ordinal)?;
        for row in &mut rows {
            row.stamped = own
                .filter(|(_, from)| *from == row.at)
                .map(|(made, _)| made);
        }
        Ok(rows)
    }

    /// When something was made by Okta's account, and the beginning that is noted of it.
    fn own_beginning(
        &self,
        kind: u8,
        ordinal: u32,
    ) -> Result<Option<(Timestamp, Timestamp)>, Fault> {
        let Some(made) = self.made(kind, ordinal)? else {
            return Ok(None);
        };
        let life = self.life(kind, ordinal)?;
        Ok(made_in(life.iter(), made).map(|span| (made, span.from)))
    }

    fn changed(
        &self,
        kind: u8,
        ordinal: u32,
        number: u32,
        is_it: impl Fn(&Timestamp) -> bool,
    ) -> Result<Vec<ChangeRow>, Fault> {
        let changes = tables::read_changes(self.transaction)?;
        let Some(bytes) = changes.get((kind, ordinal, number))? else {
            return Ok(Vec::new());
        };
        let changes = Changes::decode(bytes.value())?;
        let (true, Some((subject, name))) = (is_it(&changes.at()), self.name(kind, ordinal)?)
        else {
            return Ok(Vec::new());
        };
        let evidence = changes.evidence();
        let fields: Vec<FieldChange> = changes.into_field_changes().collect();
        let told = fields.iter().filter(|one| !is_explained(one, &fields));
        Ok(told
            .map(|change| ChangeRow {
                at: change.at,
                subject: subject.clone(),
                name: name.clone(),
                parent_name: None,
                what: Change::Field {
                    field: change.field.clone(),
                    before: change.before.clone(),
                    after: change.after.clone(),
                },
                stamped: stamped(change, &fields),
                evidence,
            })
            .collect())
    }

    /// The row with the name of what it hangs below.
    pub(super) fn below(&self, row: ChangeRow) -> ChangeRow {
        let parent_name = match &row.subject {
            Subject::Object(_) => None,
            Subject::Entry(key) => entries::parent_name(&self.model.look(), key),
        };
        ChangeRow { parent_name, ..row }
    }

    /// When an entry was made by Okta's account. What is no entry has its own row of the log for that.
    fn made(&self, kind: u8, ordinal: u32) -> Result<Option<Timestamp>, Fault> {
        let model = self.model.look();
        if kind != ENTRY_BYTE || !is_visible(&model.entries, ordinal) {
            return Ok(None);
        }
        Ok(model.entries.view(ordinal, None)?.created)
    }

    fn life(&self, kind: u8, ordinal: u32) -> Result<Spans, Fault> {
        if kind == ENTRY_BYTE {
            let model = self.model.look();
            return if is_visible(&model.entries, ordinal) {
                Ok(model.entries.record(ordinal)?.spans)
            } else {
                Ok(Spans::default())
            };
        }
        let lives = tables::read_lives(self.transaction)?;
        let bytes = lives.get((kind, ordinal))?;
        let life = bytes.map(|bytes| record::decode_life(bytes.value()));
        Ok(life.transpose()?.unwrap_or_default())
    }

    fn link(&self, relation: Relation, left: u32, right: u32) -> Result<Link, Fault> {
        let links = tables::read_links(self.transaction, relation)?;
        let bytes = links.get(pair(left, right))?;
        let link = bytes.map(|bytes| Link::decode(bytes.value()));
        Ok(link.transpose()?.unwrap_or_default())
    }

    fn alone(
        &self,
        kind: u8,
        ordinal: u32,
        when: Option<(Timestamp, Option<EventUuid>)>,
        what: Change,
    ) -> Result<Vec<ChangeRow>, Fault> {
        let (Some((at, evidence)), Some((subject, name))) = (when, self.name(kind, ordinal)?)
        else {
            return Ok(Vec::new());
        };
        Ok(vec![ChangeRow {
            at,
            subject,
            name,
            parent_name: None,
            what,
            stamped: None,
            evidence,
        }])
    }

    fn linked(
        &self,
        relation: Relation,
        left: u32,
        right: u32,
        when: Option<(Timestamp, Option<EventUuid>)>,
        what: impl Fn(history::Relation, Named) -> Change,
    ) -> Vec<ChangeRow> {
        let (of_left, of_right) = relation.kinds();
        let left = self.object(of_left, left);
        let right = self.object(of_right, right);
        let (Some((at, evidence)), Some(other), Some((subject, name))) = (when, left, right) else {
            return Vec::new();
        };
        let relation = match relation {
            Relation::Members => history::Relation::Membership,
            Relation::AppUsers => history::Relation::UserAssignment,
            Relation::AppGroups => history::Relation::GroupAssignment,
        };
        vec![ChangeRow {
            at,
            subject,
            name,
            parent_name: None,
            what: what(relation, other),
            stamped: None,
            evidence,
        }]
    }

    fn reassigned(
        &self,
        left: u32,
        right: u32,
        is_it: impl Fn(&Timestamp) -> bool,
    ) -> Result<Vec<ChangeRow>, Fault> {
        let link = self.link(Relation::AppUsers, left, right)?;
        let (Some((other, other_name)), Some((subject, name))) =
            (self.object(Kind::App, left), self.object(Kind::User, right))
        else {
            return Ok(Vec::new());
        };
        let mut rows = Vec::new();
        let all = assignments(self.transaction, pair(left, right), link.assignment)?;
        for versions in all.windows(2) {
            let [(Some(at), before), (_, after)] = versions else {
                continue;
            };
            if is_it(at) {
                let differences = differences(before, after).into_iter();
                rows.extend(differences.map(|(field, before, after)| ChangeRow {
                    at: *at,
                    subject: subject.clone(),
                    name: name.clone(),
                    parent_name: None,
                    what: Change::Reassigned {
                        other: other.clone(),
                        other_name: other_name.clone(),
                        field: field.into(),
                        before,
                        after,
                    },
                    stamped: None,
                    evidence: None,
                }));
            }
        }
        Ok(rows)
    }

    fn name(&self, kind: u8, ordinal: u32) -> Result<Option<Named>, Fault> {
        if kind == ENTRY_BYTE {
            return self.entry(ordinal);
        }
        let kinds = [Kind::User, Kind::Group, Kind::App];
        let kind = kinds.get(usize::from(kind));
        Ok(kind.and_then(|kind| self.object(*kind, ordinal)))
    }

    fn entry(&self, ordinal: u32) -> Result<Option<Named>, Fault> {
        let model = self.model.look();
        let entries = &model.entries;
        if !is_visible(entries, ordinal) {
            return Ok(None);
        }
        let record = entries.record(ordinal)?;
        if record.spans.last().is_none() {
            return Ok(None);
        }
        let list = entries.list(record.list)?;
        let key = EntryKey {
            kind: list.key.kind,
            parent: list.key.parent.clone(),
            id: record.id,
        };
        // Admins are listed by nothing but the id of the user.
        let user = (key.kind == EntryKind::Admin)
            .then(|| model.name(Kind::User, key.id.as_str()))
            .flatten();
        let name = match user {
            Some(login) => login,
            None => SafeText::new(entries.view(ordinal, None)?.name),
        };
        Ok(Some((Subject::Entry(key), name)))
    }

    fn object(&self, kind: Kind, ordinal: u32) -> Option<Named> {
        let model = self.model.look();
        let object = match kind {
            Kind::User => ObjectId::User(model.users.id(ordinal)?),
            Kind::Group => ObjectId::Group(model.groups.record(ordinal)?.id.parse().ok()?),
            Kind::App => ObjectId::App(model.apps.record(ordinal)?.id.parse().ok()?),
        };
        let name = model.name(kind, object.as_str());
        let name = name.unwrap_or_else(|| SafeText::new(object.as_str()));
        Some((Subject::Object(object), name))
    }
}

/// Whether the model has an entry; one that is durable by now may be visible only in a moment.
fn is_visible(entries: &Entries, ordinal: u32) -> bool {
    (ordinal as usize) < entries.len()
}

fn began(
    spans: &Spans,
    is_it: impl Fn(&Timestamp) -> bool,
) -> Option<(Timestamp, Option<EventUuid>)> {
    let span = spans.iter().find(|span| is_it(&span.from))?;
    Some((span.from, span.began_by))
}

fn ended(
    spans: &Spans,
    is_it: impl Fn(&Timestamp) -> bool,
) -> Option<(Timestamp, Option<EventUuid>)> {
    let span = spans
        .iter()
        .find(|span| span.to.as_ref().is_some_and(&is_it))?;
    Some((span.to?, span.ended_by))
}

/// What an assignment's description says otherwise, field by field.
fn differences(
    before: &AppUser,
    after: &AppUser,
) -> Vec<(&'static str, Option<SafeText>, Option<SafeText>)> {
    let fields = |it: &AppUser| {
        [
            ("scope", Some(it.scope.word().into())),
            ("group", it.group.as_ref().map(|id| id.as_str().into())),
            ("status", Some(it.status.clone())),
            ("syncState", it.sync_state.clone()),
            ("userName", it.user_name.clone()),
        ]
    };
    let both = fields(before).into_iter().zip(fields(after));
    both.filter(|((_, before), (_, after))| before != after)
        .map(|((field, before), (_, after))| (field, before, after))
        .collect()
}
