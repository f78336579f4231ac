//! From a tree to a verdict, without guessing.

use serde_json::Value as Json;

use super::parse::{Node, Operator};
use super::{Person, Verdict, function, same_text};

/// A value of the language.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
}

/// What evaluating a part of an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// This value.
    Is(Value),
    /// Nothing, false or a failure: one of them, and none makes a rule match. The reason is told when it matters after all.
    Barren(String),
    /// It cannot be said, for this reason.
    Unknown(String),
}

use Outcome::{Barren, Is, Unknown};

impl Outcome {
    pub(super) fn truth(truth: Option<bool>) -> Self {
        truth.map_or_else(
            || Unknown("it hangs on upper and lower case".to_owned()),
            |truth| Is(Value::Bool(truth)),
        )
    }
}

/// The verdict on a whole expression.
pub(super) fn verdict(node: &Node, person: &Person<'_>) -> Verdict {
    match evaluate(node, person) {
        Is(Value::Bool(true)) => Verdict::Matches,
        Is(Value::Bool(false) | Value::Null) | Barren(_) => Verdict::DoesNot,
        Is(_) => {
            Verdict::Unknown("it comes to something that is neither true nor false".to_owned())
        }
        Unknown(why) => Verdict::Unknown(why),
    }
}

pub(super) fn evaluate(node: &Node, person: &Person<'_>) -> Outcome {
    match node {
        Node::Null => Is(Value::Null),
        Node::Bool(truth) => Is(Value::Bool(*truth)),
        Node::Number(number) => Is(Value::Number(*number)),
        Node::Text(text) => Is(Value::Text(text.clone())),
        Node::List(nodes) => {
            all(nodes, person).map_or_else(|not| not, |list| Is(Value::List(list)))
        }
        Node::Name(name) => named(name, person),
        Node::Call(name, nodes) => match all(nodes, person) {
            Ok(arguments) => function::call(name, &arguments, person),
            Err(not) => not,
        },
        Node::Not(one) => negated(evaluate(one, person)),
        Node::Negative(one) => match evaluate(one, person) {
            Is(Value::Number(number)) => Is(Value::Number(-number)),
            Is(_) => Unknown("`-` before something that is no number".to_owned()),
            not => not,
        },
        Node::Binary(Operator::And, left, right) => {
            both(evaluate(left, person), || evaluate(right, person))
        }
        Node::Binary(Operator::Or, left, right) => {
            either(evaluate(left, person), || evaluate(right, person))
        }
        Node::Binary(operator, left, right) => {
            compared(*operator, evaluate(left, person), evaluate(right, person))
        }
        Node::Choice(test, yes, no) => match evaluate(test, person) {
            Is(Value::Bool(true)) => evaluate(yes, person),
            Is(Value::Bool(false)) => evaluate(no, person),
            Is(_) => Unknown("a choice by something that is neither true nor false".to_owned()),
            Barren(why) | Unknown(why) => Unknown(why),
        },
    }
}

/// All values, or the first outcome that is none.
fn all(nodes: &[Node], person: &Person<'_>) -> Result<Vec<Value>, Outcome> {
    let values = nodes.iter().map(|node| match evaluate(node, person) {
        Is(value) => Ok(value),
        not => Err(not),
    });
    values.collect()
}

fn named(name: &str, person: &Person<'_>) -> Outcome {
    // These stand in Okta's user, not in its profile, and rules do not see them alike everywhere.
    let outside = ["id", "status", "created", "lastUpdated", "passwordChanged"];
    match name.strip_prefix("user.") {
        Some(attribute) if !attribute.contains('.') => match person.profile.get(attribute) {
            Some(json) => value_of(json),
            None if outside.contains(&attribute) => {
                Unknown(format!("`{name}` is not an attribute of the profile"))
            }
            None => Is(Value::Null),
        },
        _ => Unknown(format!("`{name}` is not known here")),
    }
}

fn value_of(json: &Json) -> Outcome {
    match json {
        Json::Null => Is(Value::Null),
        Json::Bool(truth) => Is(Value::Bool(*truth)),
        Json::Number(number) => number.as_f64().map_or_else(
            || Unknown("a number that is too large".to_owned()),
            |number| Is(Value::Number(number)),
        ),
        Json::String(text) => Is(Value::Text(text.clone())),
        Json::Array(list) => {
            let mut values = Vec::with_capacity(list.len());
            for json in list {
                match value_of(json) {
                    Is(value) => values.push(value),
                    not => return not,
                }
            }
            Is(Value::List(values))
        }
        Json::Object(_) => Unknown("an attribute that is an object".to_owned()),
    }
}

fn negated(outcome: Outcome) -> Outcome {
    match outcome {
        Is(Value::Bool(truth)) => Is(Value::Bool(!truth)),
        Is(Value::Null) => Barren("`!` before nothing".to_owned()),
        Is(_) => Unknown("`!` before something that is neither true nor false".to_owned()),
        // The opposite of nothing may be true, that of a failure is a failure.
        Barren(why) | Unknown(why) => Unknown(why),
    }
}

fn both(left: Outcome, right: impl FnOnce() -> Outcome) -> Outcome {
    match left {
        Is(Value::Bool(true)) => truth_or_nothing(right()),
        Is(Value::Bool(false)) => left,
        Is(Value::Null) => Barren("`&&` after nothing".to_owned()),
        Is(_) => Unknown("`&&` after something that is neither true nor false".to_owned()),
        Barren(_) => left,
        Unknown(_) => match truth_or_nothing(right()) {
            not @ (Is(Value::Bool(false)) | Barren(_)) => not,
            _ => left,
        },
    }
}

fn either(left: Outcome, right: impl FnOnce() -> Outcome) -> Outcome {
    match left {
        Is(Value::Bool(true)) => left,
        Is(Value::Bool(false)) => truth_or_nothing(right()),
        Is(Value::Null) => beside_barren("`||` after nothing".to_owned(), right()),
        Is(_) => Unknown("`||` after something that is neither true nor false".to_owned()),
        Barren(why) => beside_barren(why, right()),
        Unknown(_) => match right() {
            yes @ Is(Value::Bool(true)) => yes,
            _ => left,
        },
    }
}

/// When the left side fails the whole fails; when it is false, the right side counts.
fn beside_barren(why: String, right: Outcome) -> Outcome {
    match truth_or_nothing(right) {
        Is(Value::Bool(false)) | Barren(_) => Barren(why),
        Unknown(other) => Unknown(other),
        Is(_) => Unknown(why),
    }
}

fn truth_or_nothing(outcome: Outcome) -> Outcome {
    match outcome {
        Is(Value::Null) => Barren("nothing where true or false should be".to_owned()),
        Is(Value::Number(_) | Value::Text(_) | Value::List(_)) => {
            Unknown("something that is neither true nor false".to_owned())
        }
        other => other,
    }
}

fn compared(operator: Operator, left: Outcome, right: Outcome) -> Outcome {
    let (left, right) = match (left, right) {
        (Is(left), Is(right)) => (left, right),
        (Unknown(why), _) | (_, Unknown(why)) => return Unknown(why),
        // Nothing is not equal to something; and if it is a failure, so is the whole.
        (Barren(why), Is(other)) | (Is(other), Barren(why))
            if operator == Operator::Equal
                && other != Value::Null
                && other != Value::Bool(false) =>
        {
            return Barren(why);
        }
        (Barren(why), _) | (_, Barren(why)) => return Unknown(why),
    };
    match operator {
        Operator::Equal => equal(&left, &right),
        Operator::Unequal => match equal(&left, &right) {
            Is(Value::Bool(same)) => Is(Value::Bool(!same)),
            other => other,
        },
        Operator::Plus => joined(&left, &right),
        _ => ordered(operator, &left, &right),
    }
}

/// Whether two values are equal.
pub(super) fn equal(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) => Outcome::truth(same_text(a, b)),
        #[expect(
            clippy::float_cmp,
            reason = "both were read from text, and equality of numbers is what is asked"
        )]
        (Value::Number(a), Value::Number(b)) => Is(Value::Bool(a == b)),
        (Value::Bool(a), Value::Bool(b)) => Is(Value::Bool(a == b)),
        (Value::Null, Value::Null) => Is(Value::Bool(true)),
        (Value::Null, Value::Text(text)) | (Value::Text(text), Value::Null) if text.is_empty() => {
            Unknown("nothing is compared with an empty text".to_owned())
        }
        (Value::Null, _) | (_, Value::Null) => Is(Value::Bool(false)),
        _ => Unknown("values of different types are compared".to_owned()),
    }
}

fn joined(left: &Value, right: &Value) -> Outcome {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) => Is(Value::Text(format!("{a}{b}"))),
        (Value::Number(a), Value::Number(b)) => Is(Value::Number(a + b)),
        _ => Unknown("`+` with values of different types".to_owned()),
    }
}

fn ordered(operator: Operator, left: &Value, right: &Value) -> Outcome {
    let order = match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => {
            let order = a.cmp(b);
            (order == a.to_lowercase().cmp(&b.to_lowercase())).then_some(order)
        }
        _ => None,
    };
    let Some(order) = order else {
        return Unknown("an order of values that have none".to_owned());
    };
    Is(Value::Bool(match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }))
}
