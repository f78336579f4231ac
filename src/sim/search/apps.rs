//! What may be filtered about applications.

use super::parse::{Expr, Literal, Op, Term, parse};
use super::users::{negates, unrecognized, unsupported};
use crate::sim::error::ApiError;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::index::{AppIx, GroupIx, UserIx};

#[derive(Debug)]
enum Test {
    Id(String),
    Status(String),
    Name(String),
    SigningKid(String),
    LogoutEnabled(bool),
    User(Option<UserIx>),
    Group(Option<GroupIx>),
}

impl Test {
    /// Reads one comparison: equality only, with a text or a truth value.
    fn read(world: &World, term: &Term) -> Result<Self, ApiError> {
        let value = match (term.op, &term.value) {
            (Op::Eq, Literal::Text(text)) => text.clone(),
            (Op::Eq, Literal::Bool(truth)) => truth.to_string(),
            _ => return Err(unsupported(term)),
        };
        Ok(match term.path.as_str() {
            "id" => Self::Id(value),
            "status" => Self::Status(value),
            "name" => Self::Name(value),
            "credentials.signing.kid" => Self::SigningKid(value),
            "settings.slo.enabled" => Self::LogoutEnabled(value == "true"),
            "user.id" => Self::User(world.user_by_id(&value)),
            "group.id" => Self::Group(world.group_by_id(&value)),
            path => return Err(unrecognized(path)),
        })
    }

    fn holds(&self, world: &World, ix: AppIx, now: Millis) -> bool {
        let app = world.app(ix);
        match self {
            Self::Id(id) => app.id.as_str() == id,
            Self::Status(status) => (if app.active { "ACTIVE" } else { "INACTIVE" }) == status,
            Self::Name(name) => app.name == name,
            Self::SigningKid(kid) => world.signing_kid(ix).is_some_and(|own| own == *kid),
            Self::LogoutEnabled(wanted) => app.single_logout(ix) == Some(*wanted),
            Self::User(user) => user.is_some_and(|user| world.app_scope(ix, user, now).is_some()),
            Self::Group(group) => {
                group.is_some_and(|group| world.apps_of_group(group).contains(&ix))
            }
        }
    }
}

/// An expression about applications.
#[derive(Debug)]
pub struct Query(Expr<Test>);

impl Query {
    /// Reads `filter`: equality on id, status, name, signing key, single logout, and on who has the application.
    ///
    /// # Errors
    /// `E0000031` when the expression is malformed or uses what this filter does not support.
    pub fn filter(world: &World, text: &str) -> Result<Self, ApiError> {
        let expr = parse(text).map_err(|wrong| ApiError::invalid_search(&wrong))?;
        if negates(&expr) {
            return Err(ApiError::invalid_search("'not' is not supported"));
        }
        expr.try_map(&mut |term| Test::read(world, &term)).map(Self)
    }

    /// The user of `user.id eq "…"`, if it is in the expression and exists.
    pub fn user(&self) -> Option<UserIx> {
        self.tests().find_map(|test| match test {
            Test::User(user) => *user,
            _ => None,
        })
    }

    /// Whether the expression names a status, which then decides about inactive applications.
    pub fn names_status(&self) -> bool {
        self.tests().any(|test| matches!(test, Test::Status(_)))
    }

    fn tests(&self) -> impl Iterator<Item = &Test> {
        let mut tests = Vec::new();
        self.0.for_each(&mut |test| tests.push(test));
        tests.into_iter()
    }

    /// Whether an application satisfies it.
    pub fn matches(&self, world: &World, ix: AppIx, now: Millis) -> bool {
        self.0.holds(&|test| test.holds(world, ix, now))
    }
}
