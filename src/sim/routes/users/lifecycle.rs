//! `/api/v1/users/{user}/lifecycle/…` and the credentials that admins end: what leads a user from one status to another.
//!
//! Which status allows what, and how a wrong one is refused, is the world's business.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;

use super::credentials::keeps_elsewhere;
use super::{named, write};
use crate::sim::derive::letters;
use crate::sim::error::ApiError;
use crate::sim::json;
use crate::sim::page::{self, Answer, Asked};
use crate::sim::service::Service;
use crate::sim::world::happening::Cause;
use crate::sim::world::index::UserIx;
use crate::sim::world::refused::Refused;
use crate::sim::world::user::{Provider, Status};
use crate::sim::world::{Engine, World};

/// The routes of life cycles.
pub fn router() -> Router<Arc<Service>> {
    Router::new()
        .route("/api/v1/users/{user}/lifecycle/{operation}", post(operate))
        .route(
            "/api/v1/users/{user}/credentials/forgot_password",
            post(forgot_password),
        )
}

async fn operate(
    State(service): State<Arc<Service>>,
    Path((name, operation)): Path<(String, String)>,
    asked: Asked,
) -> Answer {
    let operation = Operation::named(&operation).ok_or_else(ApiError::no_such_path)?;
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        let call = Call {
            service: &service,
            asked: &asked,
            cause,
            user,
        };
        call.carry_out(world, operation)
    })
}

async fn forgot_password(
    State(service): State<Arc<Service>>,
    Path(name): Path<String>,
    asked: Asked,
) -> Answer {
    service.write(&asked, |world, cause| {
        let user = named(world, &asked, &name)?;
        world.send_reset_link(cause, user)?;
        let call = Call {
            service: &service,
            asked: &asked,
            cause,
            user,
        };
        Ok(call.reset_link(asked.says("sendEmail", true)))
    })
}

/// What can be done.
#[derive(Clone, Copy)]
enum Operation {
    Activate,
    Reactivate,
    Deactivate,
    Suspend,
    Unsuspend,
    Unlock,
    ExpirePassword,
    ExpirePasswordWithTempPassword,
    ResetPassword,
    ResetFactors,
}

impl Operation {
    /// By the last segment of the path.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "activate" => Self::Activate,
            "reactivate" => Self::Reactivate,
            "deactivate" => Self::Deactivate,
            "suspend" => Self::Suspend,
            "unsuspend" => Self::Unsuspend,
            "unlock" => Self::Unlock,
            "expire_password" => Self::ExpirePassword,
            "expire_password_with_temp_password" => Self::ExpirePasswordWithTempPassword,
            "reset_password" => Self::ResetPassword,
            "reset_factors" => Self::ResetFactors,
            _ => return None,
        })
    }
}

/// Deactivates a user, in the background where the caller asks for that.
pub(super) fn deactivate(
    world: &mut World,
    cause: &Cause,
    asked: &Asked,
    user: UserIx,
) -> Result<(), Refused> {
    if asked.prefers_not_to_wait() {
        world.deactivate_later(cause, user)
    } else {
        world.deactivate(cause, user)
    }
}

/// One call for one user.
struct Call<'a> {
    service: &'a Service,
    asked: &'a Asked,
    cause: &'a Cause,
    user: UserIx,
}

impl Call<'_> {
    fn carry_out(&self, world: &mut World, operation: Operation) -> Answer {
        let (cause, user) = (self.cause, self.user);
        match operation {
            Operation::Activate => {
                world.activate(cause, user)?;
                return Ok(self.activation_link(world, self.asked.says("sendEmail", true)));
            }
            Operation::Reactivate => {
                world.reactivate(cause, user)?;
                return Ok(self.activation_link(world, self.asked.says("sendEmail", false)));
            }
            Operation::Deactivate => deactivate(world, cause, self.asked, user)?,
            Operation::Suspend => world.suspend(cause, user)?,
            Operation::Unsuspend => world.unsuspend(cause, user)?,
            Operation::Unlock => {
                if world.user(user).provider == Provider::ActiveDirectory {
                    return Err(Refused::NotLocked.into());
                }
                world.unlock(cause, user)?;
            }
            Operation::ExpirePassword => {
                has_password(world, user)?;
                world.expire_password(cause, user)?;
                return Ok(write::shown(self.service, world, self.asked, user));
            }
            Operation::ExpirePasswordWithTempPassword => return self.temporary_password(world),
            Operation::ResetPassword => return self.reset_password(world),
            Operation::ResetFactors => {
                if !world.factors(user).is_empty() {
                    world.reset_factors(cause, user);
                }
            }
        }
        Ok(page::done())
    }

    fn temporary_password(&self, world: &mut World) -> Answer {
        has_password(world, self.user)?;
        world.give_temporary_password(self.cause, self.user)?;
        self.revoke_sessions(world);
        let word = self
            .service
            .seed
            .hash("temporary-password", self.asked.number);
        let password = format!("{}{}", letters(word, LETTERS, 7), word % 10);
        Ok(page::json(json::object_text(|o| {
            o.str("tempPassword", &password);
        })))
    }

    /// Ends the password, or moves it: whoever came from elsewhere chooses one here, and `provider=FEDERATION` sends away.
    fn reset_password(&self, world: &mut World) -> Answer {
        let (cause, user) = (self.cause, self.user);
        let by_mail = self
            .asked
            .get("sendEmail")
            .ok_or_else(|| ApiError::missing_parameter("sendEmail"))?;
        let provider = world.user(user).provider;
        if matches!(provider, Provider::ActiveDirectory | Provider::Ldap) {
            return Err(Refused::NoPassword.into());
        }
        world.reset_password(cause, user)?;
        if self.asked.get("provider") == Some("FEDERATION") {
            world.move_credentials(cause, user, Provider::Federation);
            world.set_password(cause, user)?;
            return Ok(page::done());
        }
        if provider == Provider::Federation {
            world.move_credentials(cause, user, Provider::Okta);
        }
        self.revoke_sessions(world);
        Ok(self.reset_link(by_mail.eq_ignore_ascii_case("true")))
    }

    fn revoke_sessions(&self, world: &mut World) {
        if self.asked.is_true("revokeSessions") {
            world.clear_sessions(self.cause, self.user);
        }
    }

    /// Where the user goes to be active; nothing when a mail says it.
    fn activation_link(&self, world: &World, by_mail: bool) -> Response {
        if by_mail {
            return page::done();
        }
        let (base, token) = (&self.asked.base, self.one_time_token());
        let url = match world.facts.engine {
            Engine::Identity => format!("{base}/tokens/{token}/verify"),
            Engine::Classic => format!("{base}/welcome/{token}"),
        };
        page::json(json::object_text(|o| {
            o.str("activationUrl", &url).str("activationToken", &token);
        }))
    }

    /// Where the user chooses a new password; nothing when a mail says it.
    fn reset_link(&self, by_mail: bool) -> Response {
        if by_mail {
            return page::done();
        }
        let (base, token) = (&self.asked.base, self.one_time_token());
        page::json(json::object_text(|o| {
            o.str(
                "resetPasswordUrl",
                &format!("{base}/signin/reset-password/{token}"),
            );
        }))
    }

    fn one_time_token(&self) -> String {
        let word = self.service.seed.hash("one-time-token", self.asked.number);
        letters(word, LETTERS, 20)
    }
}

const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/// Refuses where there is no password that could be ended.
fn has_password(world: &World, user: UserIx) -> Result<(), Refused> {
    let held = world.user(user);
    let none = held.status == Status::Active
        && (held.provider == Provider::Federation
            || (!keeps_elsewhere(world, user) && held.password_changed.is_none()));
    if none {
        Err(Refused::NoPassword)
    } else {
        Ok(())
    }
}
