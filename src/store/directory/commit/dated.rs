//! Changes that turn out to have happened before they were observed.

use jiff::Timestamp;

use super::Commit;
use crate::domain::application::Application;
use crate::domain::entry::EntryKey;
use crate::domain::entry::Subject;
use crate::domain::group::Group;
use crate::domain::history::{self, Change, ChangeRow};
use crate::domain::id::{EventUuid, ObjectId};
use crate::domain::user::User;
use crate::store::directory::entries::ListKey;
use crate::store::directory::record::Mirrored;
use crate::store::directory::spans::Spans;
use crate::store::directory::tables::{ENTRY_BYTE, Relation, kind_byte, pair};
use crate::store::directory::timeline::Happened;
use crate::store::error::Fault;

/// Which side of a stretch of time is dated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Beginning,
    End,
}

/// When a change was observed, and what is known of it now.
#[derive(Clone, Copy)]
struct Moment {
    side: Side,
    observed: Timestamp,
    at: Timestamp,
    event: Option<EventUuid>,
}

impl Moment {
    fn put(self, spans: &mut Spans) -> Option<Timestamp> {
        match self.side {
            Side::Beginning => spans.date_beginning(self.observed, self.at, self.event),
            Side::End => spans.date_end(self.observed, self.at, self.event),
        }
    }
}

impl Commit<'_, '_> {
    pub(super) fn date(
        &mut self,
        change: &ChangeRow,
        at: Timestamp,
        event: Option<EventUuid>,
    ) -> Result<(), Fault> {
        let side = match change.what {
            Change::Appeared | Change::Began { .. } => Side::Beginning,
            Change::Archived | Change::Ended { .. } => Side::End,
            Change::Field { .. } | Change::Reassigned { .. } => return Ok(()),
        };
        let moment = Moment {
            side,
            observed: change.at,
            at,
            event,
        };
        match (&change.subject, &change.what) {
            (
                Subject::Object(subject),
                Change::Began {
                    relation, other, ..
                }
                | Change::Ended {
                    relation, other, ..
                },
            ) => self.date_link(*relation, other, subject, moment),
            (Subject::Object(object), _) => self.date_life(object, moment),
            (Subject::Entry(key), _) => self.date_entry(key, moment),
        }
    }

    fn date_link(
        &mut self,
        relation: history::Relation,
        other: &Subject,
        subject: &ObjectId,
        moment: Moment,
    ) -> Result<(), Fault> {
        let Subject::Object(other) = other else {
            return Ok(());
        };
        let relation = Relation::of(relation);
        let ordinals = self.ordinal_of(other).zip(self.ordinal_of(subject));
        let Some((left, right)) = ordinals else {
            return Ok(());
        };
        let happened = match moment.side {
            Side::Beginning => Happened::Linked(relation, left, right),
            Side::End => Happened::Unlinked(relation, left, right),
        };
        let key = pair(left, right);
        let mut link = self.link(relation, key)?;
        if let Some(dated) = moment.put(&mut link.spans) {
            self.put_link(relation, key, &link)?;
            self.touched.relation(relation);
            self.move_in_time(happened, moment.observed, dated)?;
        }
        Ok(())
    }

    /// The ordinal of an object of which more is kept than its id: what the configuration leaves out has no history.
    pub(super) fn kept(&self, object: &ObjectId) -> Option<u32> {
        self.model.name(object.kind(), object.as_str())?;
        self.ordinal_of(object)
    }

    fn date_life(&mut self, object: &ObjectId, moment: Moment) -> Result<(), Fault> {
        let kind = object.kind();
        let Some(ordinal) = self.ordinal_of(object) else {
            return Ok(());
        };
        let mut life = self.life(kind, ordinal)?;
        let happened = match moment.side {
            Side::Beginning => Happened::Appeared(kind_byte(kind), ordinal),
            Side::End => Happened::Ended(kind_byte(kind), ordinal),
        };
        if let Some(dated) = moment.put(&mut life) {
            self.put_life(kind, ordinal, &life)?;
            self.touched.kind(kind);
            if moment.side == Side::End {
                self.cut_what_belonged(object, ordinal, dated, moment.event)?;
                match object {
                    ObjectId::User(_) => self.date_archived::<User>(ordinal, moment, dated)?,
                    ObjectId::Group(_) => self.date_archived::<Group>(ordinal, moment, dated)?,
                    ObjectId::App(_) => {
                        self.date_archived::<Application>(ordinal, moment, dated)?;
                    }
                }
            }
            self.move_in_time(happened, moment.observed, dated)?;
        }
        Ok(())
    }

    fn date_archived<T: Mirrored>(
        &mut self,
        ordinal: u32,
        moment: Moment,
        dated: Timestamp,
    ) -> Result<(), Fault> {
        let mut record = self.record::<T>(ordinal)?;
        match &mut record.archived {
            Some(archived) if archived.at == moment.observed => {
                archived.at = dated;
                archived.evidence = moment.event;
                self.put_record(ordinal, record)
            }
            _ => Ok(()),
        }
    }

    fn date_entry(&mut self, key: &EntryKey, moment: Moment) -> Result<(), Fault> {
        let list = ListKey {
            kind: key.kind,
            parent: key.parent.clone(),
        };
        let list = self.list_number(&list);
        let Some(ordinal) = list.and_then(|list| self.entry_ordinal(list, &key.id)) else {
            return Ok(());
        };
        let mut record = self.entry_record(ordinal)?;
        let happened = match moment.side {
            Side::Beginning => Happened::Appeared(ENTRY_BYTE, ordinal),
            Side::End => Happened::Ended(ENTRY_BYTE, ordinal),
        };
        if let Some(dated) = moment.put(&mut record.spans) {
            self.put_entry(ordinal, record);
            self.move_in_time(happened, moment.observed, dated)?;
            if moment.side == Side::End {
                self.cut_below_entry(key.kind, key.parent.as_ref(), &key.id, dated, moment.event)?;
            }
        }
        Ok(())
    }

    pub(super) fn move_in_time(
        &mut self,
        happened: Happened,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), Fault> {
        self.take_back(happened, from)?;
        self.note(happened, to)
    }
}
