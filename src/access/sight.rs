//! A mirror while one question is answered from it: names, proofs, and which of the needed lists have gaps.

use super::answer::{Gap, Has, Ignorance, Link, Named, Proof, Step};
use super::rules::Rules;
use super::{Held, Mirror};
use crate::domain::entry::{Entry, EntryId, EntryKey, EntryKind, Subject, Target};
use crate::domain::history::Interval;
use crate::domain::id::{GroupId, ObjectId, UserId};
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;

/// What answers share.
pub(super) struct Sight<'m, M> {
    pub(super) mirror: &'m M,
    pub(super) rules: Rules,
    gaps: Vec<Gap>,
}

impl<'m, M: Mirror> Sight<'m, M> {
    /// Looks at a mirror for an answer that needs these lists.
    pub(super) fn new(mirror: &'m M, needed: &[Resource]) -> Result<Self, M::Error> {
        Ok(Self {
            mirror,
            rules: Rules::read(mirror)?,
            gaps: needed
                .iter()
                .filter_map(|resource| gap(mirror, *resource))
                .collect(),
        })
    }

    /// What the answer does not know.
    pub(super) fn into_gaps(self) -> Vec<Gap> {
        self.gaps
    }

    /// What the absence of something means, when these are the lists that would have it.
    pub(super) fn absence(&self, lists: &[Resource]) -> Has {
        let blind = |gap: &Gap| gap.is_blind() && lists.contains(&gap.resource);
        if self.gaps.iter().any(blind) {
            Has::Unknown
        } else {
            Has::No
        }
    }

    /// Whether a list was read, and not after the moment.
    pub(super) fn knows(&self, resource: Resource) -> bool {
        self.absence(&[resource]) == Has::No
    }

    pub(super) fn object(&self, id: ObjectId) -> Named {
        let name = self.mirror.name(&id);
        Named {
            name: name.unwrap_or_else(|| id.as_str().into()),
            subject: Subject::Object(id),
        }
    }

    pub(super) fn user(&self, id: &UserId) -> Named {
        self.object(ObjectId::User(id.clone()))
    }

    pub(super) fn group(&self, id: &GroupId) -> Named {
        self.object(ObjectId::Group(id.clone()))
    }

    /// An entry that is only known by kind and id: its name is looked up among all of its kind.
    pub(super) fn entry(&self, kind: EntryKind, id: &EntryId) -> Result<Named, M::Error> {
        let entries = self.mirror.entries(kind)?;
        let found = entries.iter().find(|held| held.value.key.id == *id);
        Ok(found.map_or_else(
            || Named {
                name: id.as_str().into(),
                subject: Subject::Entry(EntryKey {
                    kind,
                    parent: None,
                    id: id.clone(),
                }),
            },
            |held| named(&held.value),
        ))
    }

    /// What a reference leads to.
    pub(super) fn target(&self, target: &Target) -> Result<Option<Named>, M::Error> {
        Ok(match target {
            Target::Object(id) => Some(self.object(id.clone())),
            Target::Entry(kind, id) => Some(self.entry(*kind, id)?),
            Target::All(_) => None,
        })
    }

    /// A stretch of time, from the moment of the event that began it where the log has that.
    pub(super) fn dated(&self, span: Interval) -> Result<Interval, M::Error> {
        let proof = self.began(span)?;
        let from = proof.map_or(span.from, |proof| proof.at);
        Ok(Interval { from, ..span })
    }

    fn began(&self, span: Interval) -> Result<Option<Proof>, M::Error> {
        match span.began_by {
            Some(event) => self.mirror.proof(event),
            None => Ok(None),
        }
    }

    /// A step, with what the log says about its beginning.
    pub(super) fn step(&self, link: Link, to: Named, span: Interval) -> Result<Step, M::Error> {
        let proof = self.began(span)?;
        Ok(Step {
            link,
            to,
            span: Some(span),
            proof,
        })
    }
}

/// An entry and its name.
pub(super) fn named(entry: &Entry) -> Named {
    Named {
        name: entry.name.clone(),
        subject: Subject::Entry(entry.key.clone()),
    }
}

/// The object that an entry hangs below, as an id of some type.
pub(super) fn parent_as<T: std::str::FromStr>(held: &Held<Entry>) -> Option<T> {
    held.value.key.parent.as_ref()?.as_str().parse().ok()
}

/// The text of a column, when it is filled.
pub(super) fn fact<'e>(entry: &'e Entry, column: &str) -> Option<&'e SafeText> {
    entry.fact(column).filter(|text| !text.is_empty())
}

fn gap<M: Mirror>(mirror: &M, resource: Resource) -> Option<Gap> {
    let known = mirror.known(resource);
    let why = match (known.first, mirror.at(), known.trouble) {
        (None, _, Some(reason)) => Ignorance::CannotRead(reason),
        (None, _, None) => Ignorance::NeverRead,
        (Some(first), Some(at), _) if at < first => Ignorance::NotKnownBefore(first),
        (Some(first), None, Some(reason)) => Ignorance::Outdated {
            since: known.last.unwrap_or(first),
            reason,
        },
        (Some(_), _, _) => return None,
    };
    Some(Gap { resource, why })
}
