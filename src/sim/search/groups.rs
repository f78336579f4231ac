//! What may be searched and filtered about groups.

use super::parse::{Expr, Op, Term, parse};
use super::test::{Comparison, Property};
use super::users::{negates, unrecognized, unsupported};
use crate::sim::error::ApiError;
use crate::sim::world::World;
use crate::sim::world::group::Group;
use crate::sim::world::group_attribute::WINDOWS_ATTRIBUTES;
use crate::sim::world::index::GroupIx;

/// A property of a group that an expression or an order may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `id`
    Id,
    /// `type`
    Type,
    /// `created`
    Created,
    /// `lastUpdated`
    LastUpdated,
    /// `lastMembershipUpdated`
    LastMembershipUpdated,
    /// `source.id`
    SourceId,
    /// `profile.…`
    Profile(&'static str),
}

impl Field {
    /// Reads a property's path.
    ///
    /// # Errors
    /// `E0000031` for a path that is not searchable.
    pub fn read(path: &str) -> Result<Self, ApiError> {
        Ok(match path {
            "id" => Self::Id,
            "type" => Self::Type,
            "created" => Self::Created,
            "lastUpdated" => Self::LastUpdated,
            "lastMembershipUpdated" => Self::LastMembershipUpdated,
            "source.id" => Self::SourceId,
            _ => Self::Profile(profile(path).ok_or_else(|| unrecognized(path))?),
        })
    }

    fn is_moment(self) -> bool {
        matches!(
            self,
            Self::Created | Self::LastUpdated | Self::LastMembershipUpdated
        )
    }

    /// The property's value for one version of a group.
    pub fn value<'a>(self, world: &'a World, ix: GroupIx, group: &'a Group) -> Property<'a> {
        match self {
            Self::Id => Property::text(group.id.as_str()),
            Self::Type => Property::text(group.kind.as_str()),
            Self::Created => Property::Moment(group.created),
            Self::LastUpdated => Property::Moment(group.last_updated),
            Self::LastMembershipUpdated => Property::Moment(group.last_membership_updated),
            Self::SourceId => group.source.map_or(Property::Absent, |app| {
                Property::Text(world.app(app).id.to_string().into())
            }),
            Self::Profile(name) => world
                .group_attribute(ix, group, name)
                .map_or(Property::Absent, Property::Text),
        }
    }
}

/// An expression about groups.
#[derive(Debug)]
pub struct Query(Expr<(Field, Comparison)>);

impl Query {
    /// Reads `search`: every property; ranges on moments only, `co` on name and description only.
    ///
    /// # Errors
    /// `E0000031` when the expression is malformed or uses what searches do not support.
    pub fn search(text: &str) -> Result<Self, ApiError> {
        Self::read(text, true, |field, op| match op {
            Op::Eq | Op::Sw | Op::Pr => true,
            Op::Gt | Op::Ge | Op::Lt | Op::Le => field.is_moment(),
            Op::Co => matches!(field, Field::Profile("name" | "description")),
            Op::Ne | Op::Ew => false,
        })
    }

    /// Reads `filter`: id, type and the two moments of change.
    ///
    /// # Errors
    /// `E0000031` when the expression is malformed or uses what filters do not support.
    pub fn filter(text: &str) -> Result<Self, ApiError> {
        Self::read(text, false, |field, op| match field {
            Field::LastUpdated | Field::LastMembershipUpdated => {
                matches!(op, Op::Eq | Op::Gt | Op::Ge | Op::Lt | Op::Le)
            }
            Field::Id | Field::Type => op == Op::Eq,
            _ => false,
        })
    }

    fn read(text: &str, fold: bool, allowed: impl Fn(Field, Op) -> bool) -> Result<Self, ApiError> {
        let expr = parse(text).map_err(|wrong| ApiError::invalid_search(&wrong))?;
        if negates(&expr) {
            return Err(ApiError::invalid_search("'not' is not supported"));
        }
        let compiled = expr.try_map(&mut |term: Term| {
            let field = Field::read(&term.path)?;
            let comparison = Comparison::new(&term, fold);
            if !allowed(field, term.op) || (field.is_moment() && !comparison.is_moment()) {
                return Err(unsupported(&term));
            }
            Ok((field, comparison))
        })?;
        Ok(Self(compiled))
    }

    /// Whether one version of a group satisfies it.
    pub fn matches(&self, world: &World, ix: GroupIx, group: &Group) -> bool {
        self.0
            .holds(&|(field, comparison)| comparison.holds(&field.value(world, ix, group)))
    }
}

/// The attribute that `profile.…` names, in any group's profile. Okta also takes the bare `name`.
fn profile(path: &str) -> Option<&'static str> {
    let name = path
        .strip_prefix("profile.")
        .or_else(|| Some(path).filter(|path| *path == "name"))?;
    ["name", "description"]
        .iter()
        .chain(WINDOWS_ATTRIBUTES)
        .copied()
        .find(|known| *known == name)
}
