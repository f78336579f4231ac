//! Credentials as clients send them with a user.

use serde::Deserialize;
use serde_json::Value;

use crate::sim::error::ApiError;
use crate::sim::world::World;
use crate::sim::world::happening::Cause;
use crate::sim::world::index::UserIx;
use crate::sim::world::refused::Refused;
use crate::sim::world::user::Provider;

/// `credentials` of a user.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Credentials {
    password: Option<Password>,
    recovery_question: Option<Question>,
    provider: Option<Keeper>,
}

/// A password as it is typed, hashed elsewhere, or asked for by a hook.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Password {
    value: Option<String>,
    hash: Option<Value>,
    hook: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
struct Question {
    question: String,
    answer: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Keeper {
    #[serde(rename = "type")]
    kind: String,
}

impl Credentials {
    /// Whether a password is among them.
    pub fn has_password(&self) -> bool {
        self.password.as_ref().is_some_and(|password| {
            password.value.is_some() || password.hash.is_some() || password.hook.is_some()
        })
    }

    /// Whether everything that is hashed or asked for elsewhere is told as it must be.
    fn is_told_whole(&self) -> bool {
        let Some(password) = &self.password else {
            return true;
        };
        let ways = [
            password.value.is_some(),
            password.hash.is_some(),
            password.hook.is_some(),
        ];
        let text = |of: &Value, member: &str| of.get(member).is_some_and(Value::is_string);
        let hash = password.hash.as_ref();
        let hook = password.hook.as_ref();
        ways.into_iter().filter(|way| *way).count() <= 1
            && hash.is_none_or(|hash| text(hash, "algorithm") && text(hash, "value"))
            && hook.is_none_or(|hook| text(hook, "type"))
    }

    /// Whether they change anything.
    pub fn is_empty(&self) -> bool {
        !self.has_password() && self.recovery_question.is_none()
    }

    /// Who is to keep them; only `FEDERATION` and `SOCIAL` can be chosen beside Okta.
    ///
    /// # Errors
    /// `E0000001` for any other.
    pub fn provider(&self) -> Result<Provider, ApiError> {
        match self.provider.as_ref().map(|keeper| keeper.kind.as_str()) {
            None | Some("OKTA") => Ok(Provider::Okta),
            Some("FEDERATION" | "SOCIAL") => Ok(Provider::Federation),
            Some(_) => Err(ApiError::validation(
                "credentials.provider.type",
                "A user of this provider is created by the provider",
            )),
        }
    }

    /// Looks whether they do for somebody with this login.
    ///
    /// # Errors
    /// `E0000001` for a password that is too simple or told in two ways, and for a question without an answer.
    pub fn check(&self, login: &str) -> Result<(), ApiError> {
        if !self.is_told_whole() {
            return Err(ApiError::validation(
                "password",
                "The password must be given as a value, a hash or a hook, and completely",
            ));
        }
        let typed = self
            .password
            .as_ref()
            .and_then(|password| password.value.as_deref());
        if typed.is_some_and(|typed| !is_strong(typed, login)) {
            return Err(ApiError::validation(
                "password",
                "Password requirements were not met. Password requirements: at least 8 characters, a lowercase letter, \
                 an uppercase letter, a number, no parts of your username.",
            ));
        }
        let asked = self.recovery_question.as_ref();
        let short = |asked: &Question| {
            let answer = asked.answer.as_deref().unwrap_or_default();
            answer.chars().count() < 4 || asked.question.trim().is_empty()
        };
        if asked.is_some_and(short) {
            return Err(ApiError::validation(
                "recovery_question",
                "The security question answer must be at least 4 characters in length",
            ));
        }
        Ok(())
    }

    /// Gives them to a user who is there.
    ///
    /// # Errors
    /// When somebody else keeps the user's credentials, or the user is deactivated.
    pub fn give(&self, world: &mut World, cause: &Cause, user: UserIx) -> Result<(), Refused> {
        if self.is_empty() {
            return Ok(());
        }
        if keeps_elsewhere(world, user) {
            return Err(Refused::CredentialsElsewhere);
        }
        if self.has_password() {
            world.set_password(cause, user)?;
        }
        self.set_question(world, cause, user);
        Ok(())
    }

    /// Sets the question that is among them.
    pub fn set_question(&self, world: &mut World, cause: &Cause, user: UserIx) {
        if let Some(asked) = &self.recovery_question {
            world.set_recovery_question(cause, user, &asked.question);
        }
    }
}

/// Whether a user's password is not Okta's to change.
pub fn keeps_elsewhere(world: &World, user: UserIx) -> bool {
    let provider = world.user(user).provider;
    !matches!(provider, Provider::Okta | Provider::Import)
}

/// Whether a password does by Okta's default policy.
fn is_strong(password: &str, login: &str) -> bool {
    let has = |wanted: fn(char) -> bool| password.chars().any(wanted);
    let lower = password.to_lowercase();
    let named = login
        .to_lowercase()
        .split(['@', '.', '-', '_', '+'])
        .any(|part| part.chars().count() > 3 && lower.contains(part));
    password.chars().count() >= 8
        && has(char::is_lowercase)
        && has(char::is_uppercase)
        && has(char::is_numeric)
        && !named
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_password_is_told_in_one_way_and_completely() {
        for (password, whole) in [
            (json!({"value": "Tr0ub4dor&3"}), true),
            (json!({"hash": {"algorithm": "BCRYPT", "value": "x"}}), true),
            (json!({"hook": {"type": "default"}}), true),
            (json!({}), true),
            (json!({"hash": {}}), false),
            (json!({"hash": "x"}), false),
            (json!({"hook": {}}), false),
            (
                json!({"value": "Tr0ub4dor&3", "hook": {"type": "default"}}),
                false,
            ),
        ] {
            let sent = json!({"password": password});
            let credentials: Credentials = serde_json::from_value(sent.clone()).unwrap();
            assert_eq!(credentials.check("ada@x.example").is_ok(), whole, "{sent}");
        }
    }

    #[test]
    fn a_password_must_be_long_mixed_and_not_the_name() {
        for (password, strong) in [
            ("Tr0ub4dor&3", true),
            ("short1A", false),
            ("alllower1", false),
            ("NoNumbers", false),
            ("Ada-Lovelace1", false),
        ] {
            assert_eq!(
                is_strong(password, "ada.lovelace@x.example"),
                strong,
                "{password}"
            );
        }
    }
}
