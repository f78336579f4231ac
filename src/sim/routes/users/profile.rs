//! Profiles as clients send them: what they may hold, checked against the org's schema of users.
//!
//! Known from the documents is the code, and that login, e-mail address and both names must be there. How long they may be is
//! that of Okta's default schema. That an attribute which the schema does not have is refused is a guess, as are the words.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::sim::error::ApiError;
use crate::sim::world::attribute::ATTRIBUTES;

/// What everybody must have, with the fewest and the most characters.
const REQUIRED: [(&str, usize, usize); 4] = [
    ("login", 5, 100),
    ("email", 5, 100),
    ("firstName", 1, 50),
    ("lastName", 1, 50),
];

/// Attributes that are no texts, with what they are.
const OTHERS: [(&str, &str); 3] = [
    ("contractor", "boolean"),
    ("badgeNumber", "integer"),
    ("spokenLanguages", "array of strings"),
];

/// The attributes of a profile as it was sent.
pub type Attributes = BTreeMap<String, Value>;

/// A profile that says everything that it must.
///
/// # Errors
/// `E0000001` when something required is missing, or anything does not do.
pub fn whole(sent: &Map<String, Value>) -> Result<Attributes, ApiError> {
    checked(sent, blank(sent, true), &[])
}

/// Looks whether everything is there that must be.
///
/// # Errors
/// `E0000001` when something is not.
pub fn all_there(sent: &Map<String, Value>) -> Result<(), ApiError> {
    refused(blank(sent, true))
}

/// Some of a profile. `known` are names that the user's profile has beyond the schema.
///
/// # Errors
/// `E0000001` when something required is taken away, or anything does not do.
pub fn part(sent: &Map<String, Value>, known: &[String]) -> Result<Attributes, ApiError> {
    checked(sent, blank(sent, false), known)
}

/// What is required and has no value; with `missing` also what is not there at all.
fn blank(sent: &Map<String, Value>, missing: bool) -> Vec<(String, String)> {
    let required = REQUIRED.iter().map(|(name, ..)| *name);
    required
        .filter(|name| missing || sent.contains_key(*name))
        .filter(|name| is_blank(sent.get(*name)))
        .map(|name| (name.to_owned(), "The field cannot be left blank".to_owned()))
        .collect()
}

fn is_blank(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(_) => false,
    }
}

fn checked(
    sent: &Map<String, Value>,
    mut wrong: Vec<(String, String)>,
    known: &[String],
) -> Result<Attributes, ApiError> {
    for (name, value) in sent {
        if wrong.iter().any(|(named, _)| named == name) {
            continue;
        }
        let in_schema = ATTRIBUTES.contains(&name.as_str()) || known.contains(name);
        let problem = if in_schema {
            problem_of(name, value)
        } else {
            Some("The attribute is not defined in the schema".to_owned())
        };
        wrong.extend(problem.map(|problem| (name.clone(), problem)));
    }
    refused(wrong)?;
    let pairs = sent.iter();
    Ok(pairs
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect())
}

fn refused(wrong: Vec<(String, String)>) -> Result<(), ApiError> {
    let Some((first, _)) = wrong.first() else {
        return Ok(());
    };
    let what = first.clone();
    let causes = wrong
        .into_iter()
        .map(|(name, cause)| format!("{name}: {cause}"));
    Err(ApiError::validations(&what, causes.collect()))
}

/// What is wrong with the value of an attribute.
fn problem_of(name: &str, value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let kind = OTHERS.iter().find(|(other, _)| *other == name);
    let kind = kind.map_or("string", |(_, kind)| *kind);
    let fits = match kind {
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64(),
        "string" => value.is_string(),
        _ => value
            .as_array()
            .is_some_and(|items| items.iter().all(Value::is_string)),
    };
    if !fits {
        return Some(format!("The value must be of type {kind}"));
    }
    let text = value.as_str()?;
    // Okta's database takes characters of three bytes at most.
    if text.chars().any(|one| one.len_utf8() > 3) {
        return Some("The field contains characters that are not supported".to_owned());
    }
    let length = text.chars().count();
    let (_, fewest, most) = REQUIRED.iter().find(|(required, ..)| *required == name)?;
    if length < *fewest {
        return Some(format!("The field must have at least {fewest} characters"));
    }
    if length > *most {
        return Some(format!("The field must not exceed {most} characters"));
    }
    match name {
        "login" if !is_address(text) => {
            Some("Username must be in the form of an email address".to_owned())
        }
        "email" if !is_address(text) => Some("Does not match required pattern".to_owned()),
        _ => None,
    }
}

fn is_address(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| {
        let parts: Vec<&str> = domain.split('.').collect();
        !local.is_empty()
            && parts.len() > 1
            && parts.iter().all(|part| !part.is_empty())
            && !text.chars().any(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn causes(sent: &Value) -> Vec<String> {
        let sent = sent.as_object().unwrap();
        whole(sent)
            .err()
            .map(|error| error.causes)
            .unwrap_or_default()
    }

    #[test]
    fn what_is_required_must_be_there_and_every_mistake_is_told() {
        let mut sent = json!({"login": "a.b@c.example", "email": "a@c.example", "firstName": "A"});
        assert_eq!(causes(&sent), ["lastName: The field cannot be left blank"]);
        sent["lastName"] = json!("B");
        assert_eq!(causes(&sent), Vec::<String>::new());
        sent["login"] = json!("nobody");
        sent["badgeNumber"] = json!("seven");
        sent["shoeSize"] = json!(43);
        sent["city"] = json!("🏙");
        assert_eq!(
            causes(&sent),
            [
                "badgeNumber: The value must be of type integer",
                "city: The field contains characters that are not supported",
                "login: Username must be in the form of an email address",
                "shoeSize: The attribute is not defined in the schema",
            ]
        );
    }

    #[test]
    fn a_part_may_leave_things_out_but_not_take_away_what_is_required() {
        let sent = |value: Value| part(value.as_object().unwrap(), &["own".to_owned()]);
        assert!(sent(json!({"city": null, "own": "x"})).is_ok());
        assert!(sent(json!({"lastName": ""})).is_err());
        assert!(sent(json!({"other": "x"})).is_err());
    }
}
