//! What may be filtered about applications.

use super::parse::{Expr, Literal, Op, Term, parse};
use super::users::unsupported;
use crate::sim::error::ApiError;
use crate::sim::time::Millis;
use crate::sim::world::World;
use crate::sim::world::index::{AppIx, GroupIx, UserIx};

#[derive(Debug)]
enum Test {
    Id(String),
    Status(String),
    Name(String),
    User(Option<UserIx>),
    Group(Option<GroupIx>),
}

/// An expression about applications.
#[derive(Debug)]
pub struct Query {
    expr: Expr<Test>,
    user: Option<UserIx>,
}

impl Query {
    /// Reads `filter`: equality on id, status, name, and on who has the application.
    ///
    /// # Errors
    /// `E0000031` when the expression is malformed or uses what this filter does not support.
    pub fn filter(world: &World, text: &str) -> Result<Self, ApiError> {
        let mut of_user = None;
        let expr = parse(text)
            .map_err(|wrong| ApiError::invalid_search(&wrong))?
            .try_map(&mut |term: Term| -> Result<Test, ApiError> {
                let (Op::Eq, Literal::Text(value)) = (term.op, &term.value) else {
                    return Err(unsupported(&term));
                };
                Ok(match term.path.as_str() {
                    "id" => Test::Id(value.clone()),
                    "status" => Test::Status(value.clone()),
                    "name" => Test::Name(value.clone()),
                    "user.id" => {
                        of_user = world.user_by_id(value);
                        Test::User(of_user)
                    }
                    "group.id" => Test::Group(world.group_by_id(value)),
                    _ => return Err(unsupported(&term)),
                })
            })?;
        Ok(Self {
            expr,
            user: of_user,
        })
    }

    /// The user of `user.id eq "…"`, if it is in the expression and exists.
    pub fn user(&self) -> Option<UserIx> {
        self.user
    }

    /// Whether the expression names a status, which then decides about inactive applications.
    pub fn names_status(&self) -> bool {
        fn any(expr: &Expr<Test>) -> bool {
            match expr {
                Expr::And(parts) | Expr::Or(parts) => parts.iter().any(any),
                Expr::Not(inner) => any(inner),
                Expr::Term(test) => matches!(test, Test::Status(_)),
            }
        }
        any(&self.expr)
    }

    /// Whether an application satisfies it.
    pub fn matches(&self, world: &World, ix: AppIx, now: Millis) -> bool {
        let app = world.app(ix);
        self.expr.holds(&|test| match test {
            Test::Id(id) => app.id.as_str() == id,
            Test::Status(status) => (if app.active { "ACTIVE" } else { "INACTIVE" }) == status,
            Test::Name(name) => app.name == name,
            Test::User(user) => user.is_some_and(|user| world.app_scope(ix, user, now).is_some()),
            Test::Group(group) => {
                group.is_some_and(|group| world.apps_of_group(group).contains(&ix))
            }
        })
    }
}
