//! What may be searched and filtered about users.

use super::parse::{Expr, Op, Term, parse};
use super::test::{Comparison, Property};
use crate::sim::error::ApiError;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::attribute::ATTRIBUTES;
use crate::sim::world::index::UserIx;
use crate::sim::world::user::User;

/// A property of a user that an expression or an order may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// `id`
    Id,
    /// `status`
    Status,
    /// `created`
    Created,
    /// `activated`
    Activated,
    /// `statusChanged`
    StatusChanged,
    /// `lastUpdated`
    LastUpdated,
    /// `type.id`
    TypeId,
    /// `profile.…`
    Profile(String),
}

impl Field {
    /// Reads a property's path; its case counts.
    ///
    /// # Errors
    /// `E0000031` for a path that is not searchable.
    pub fn read(path: &str) -> Result<Self, ApiError> {
        Ok(match path {
            "id" => Self::Id,
            "status" => Self::Status,
            "created" => Self::Created,
            "activated" => Self::Activated,
            "statusChanged" => Self::StatusChanged,
            "lastUpdated" => Self::LastUpdated,
            "type.id" => Self::TypeId,
            _ => match path.strip_prefix("profile.") {
                Some(name) if ATTRIBUTES.contains(&name) => Self::Profile(name.to_owned()),
                _ => return Err(unrecognized(path)),
            },
        })
    }

    fn is_moment(&self) -> bool {
        matches!(
            self,
            Self::Created | Self::Activated | Self::StatusChanged | Self::LastUpdated
        )
    }

    /// The property's value for one version of a user.
    pub fn value<'a>(&self, world: &'a World, ix: UserIx, user: &'a User) -> Property<'a> {
        match self {
            Self::Id => Property::text(user.id.as_str()),
            Self::Status => Property::text(user.status.as_str()),
            Self::Created => Property::Moment(user.created),
            Self::Activated => Property::moment(user.activated),
            Self::StatusChanged => Property::moment(user.status_changed),
            Self::LastUpdated => Property::Moment(user.last_updated),
            Self::TypeId => Property::Text(world.user_type(ix).to_string().into()),
            Self::Profile(name) => world
                .attribute(ix, user, name)
                .map_or(Property::Absent, Property::from),
        }
    }
}

/// An expression about users.
#[derive(Debug)]
pub struct Query(Expr<(Field, Comparison)>);

impl Query {
    /// Reads `search`: most properties, no negation, case of values does not count.
    ///
    /// # Errors
    /// `E0000031` when the expression is malformed, too complex, or uses what searches do not support.
    pub fn search(text: &str) -> Result<Self, ApiError> {
        Self::read(text, true, |field, op| match op {
            Op::Ne | Op::Ew => false,
            Op::Co => matches!(field, Field::Profile(name)
                if matches!(name.as_str(), "firstName" | "lastName" | "email" | "login")),
            _ => true,
        })
    }

    /// Reads `filter`: few properties, equality only but for `lastUpdated`, case of values counts.
    ///
    /// # Errors
    /// `E0000031` when the expression is malformed or uses what filters do not support.
    pub fn filter(text: &str) -> Result<Self, ApiError> {
        Self::read(text, false, |field, op| match field {
            Field::LastUpdated => matches!(op, Op::Eq | Op::Gt | Op::Ge | Op::Lt | Op::Le),
            Field::Id | Field::Status => op == Op::Eq,
            Field::Profile(name) => {
                let known = matches!(name.as_str(), "login" | "email" | "firstName" | "lastName");
                known && op == Op::Eq
            }
            _ => false,
        })
    }

    fn read(
        text: &str,
        fold: bool,
        allowed: impl Fn(&Field, Op) -> bool,
    ) -> Result<Self, ApiError> {
        let expr = parse(text).map_err(|wrong| ApiError::invalid_search(&wrong))?;
        if negates(&expr) {
            return Err(ApiError::invalid_search("'not' is not supported"));
        }
        let compiled = expr.try_map(&mut |term: Term| {
            let field = Field::read(&term.path)?;
            let comparison = Comparison::new(&term, fold);
            if !allowed(&field, term.op) || (field.is_moment() && !comparison.is_moment()) {
                return Err(unsupported(&term));
            }
            Ok((field, comparison))
        })?;
        Ok(Self(compiled))
    }

    /// Whether one version of a user satisfies it.
    pub fn matches(&self, world: &World, ix: UserIx, user: &User) -> bool {
        self.0
            .holds(&|(field, comparison)| comparison.holds(&field.value(world, ix, user)))
    }
}

/// Whether an expression negates anything.
pub(super) fn negates(expr: &Expr<Term>) -> bool {
    match expr {
        Expr::Not(_) => true,
        Expr::And(parts) | Expr::Or(parts) => parts.iter().any(negates),
        Expr::Term(_) => false,
    }
}

/// The error for a property that cannot be asked for.
pub(super) fn unrecognized(path: &str) -> ApiError {
    ApiError::invalid_search(&format!("Unrecognized property: {path}"))
}

/// The error for a property and an operator that do not go together.
pub(super) fn unsupported(term: &Term) -> ApiError {
    ApiError::invalid_search(&format!(
        "The supplied combination of operator and field is not currently supported. Operator: {}, Field: {}",
        term.op.as_str(),
        term.path
    ))
}

/// What a list is sorted by; ties are settled by id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// Nothing there: first.
    Absent,
    /// Numbers, truth values and moments.
    Number(i64),
    /// Texts, case folded.
    Text(String),
}

impl From<Property<'_>> for SortKey {
    fn from(property: Property<'_>) -> Self {
        match property {
            Property::Absent => Self::Absent,
            Property::Text(text) => Self::Text(text.to_lowercase()),
            Property::Moment(Millis(at)) => Self::Number(at),
            Property::Bool(truth) => Self::Number(i64::from(truth)),
            Property::Number(number) => Self::Number(number),
            Property::List(items) => Self::Text(items.join(" ").to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sim::population::{Plan, populate};
    use crate::sim::search::parse::Literal;

    fn world() -> World {
        populate(&Plan {
            seed: 11,
            users: 80,
            groups: 1,
            apps: 0,
            now: Millis(1_795_341_600_000),
            index_lag_ms: 0,
            strange: false,
            engine: crate::sim::world::Engine::Identity,
        })
    }

    fn all(world: &World) -> impl Iterator<Item = (UserIx, &User)> {
        let users = world.users().iter().enumerate();
        users.map(|(at, user)| (UserIx::from_usize(at), user))
    }

    fn path() -> impl Strategy<Value = String> {
        let plain = ["id", "status", "created", "lastUpdated", "activated"].map(str::to_owned);
        let profile = ATTRIBUTES.iter().map(|name| format!("profile.{name}"));
        let all: Vec<String> = plain.into_iter().chain(profile).collect();
        proptest::sample::select(all)
    }

    /// A property's value as a client would quote it; `None` when there is none.
    fn quoted(property: &Property<'_>) -> Option<String> {
        let text = match property {
            Property::Absent => return None,
            Property::Text(text) => text.to_string(),
            Property::Moment(at) => at.to_string(),
            Property::Bool(truth) => truth.to_string(),
            Property::Number(number) => number.to_string(),
            Property::List(items) => (*items.first()?).to_owned(),
        };
        Some(Literal::Text(text).to_string())
    }

    proptest! {
        /// Whatever a user's property is, searching for it finds that user; and `pr`, `eq`, `ge` and `lt` never contradict.
        #[test]
        fn searching_for_what_a_user_has_finds_the_user(path in path(), n in 0u32..80) {
            let world = world();
            let field = Field::read(&path).unwrap();
            let user = world.user(UserIx(n));
            let finds = |text: String| Query::search(&text).unwrap().matches(&world, UserIx(n), user);
            let present = finds(format!("{path} pr"));
            let Some(value) = quoted(&field.value(&world, UserIx(n), user)) else {
                prop_assert!(!present);
                return Ok(());
            };
            let equal = finds(format!("{path} eq {value}"));
            let both = finds(format!("status pr and ({path} eq {value})"));
            let neither = finds(format!("{path} eq {value} and id eq \"other\""));
            prop_assert!(present && equal && both && !neither);
        }

        /// For moments, `lt` and `ge` part the org in two.
        #[test]
        fn before_and_not_before_part_the_org(n in 0u32..80) {
            let world = world();
            let since = world.user(UserIx(n)).last_updated;
            let count = |text: String| {
                let query = Query::search(&text).unwrap();
                all(&world).filter(|(ix, user)| query.matches(&world, *ix, user)).count()
            };
            let before = count(format!("lastUpdated lt \"{since}\""));
            let from = count(format!("lastUpdated ge \"{since}\""));
            let after = count(format!("lastUpdated gt \"{since}\""));
            prop_assert_eq!(before + from, 80);
            prop_assert!(after < from);
        }
    }
}
