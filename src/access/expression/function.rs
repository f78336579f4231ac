//! The functions of the language that group rules use.

use super::evaluate::{Outcome, Value, equal};
use super::parse::Node;
use super::{GroupTest, Person, text_test};

use Outcome::{Barren, Is, Unknown};

/// Calls a function by its name.
pub(super) fn call(name: &str, arguments: &[Value], person: &Person<'_>) -> Outcome {
    if let Some(tests) = tests_of(name, arguments) {
        return member_of(&tests, person);
    }
    match (name, arguments) {
        (_, [Value::Null, ..]) if is_known(name) => {
            Barren(format!("{name} of an attribute without a value"))
        }
        ("String.stringContains", [Value::Text(text), Value::Text(part)]) => {
            Outcome::truth(text_test(text, part, |text, part| text.contains(part)))
        }
        ("String.startsWith", [Value::Text(text), Value::Text(start)]) => {
            Outcome::truth(text_test(text, start, |text, start| {
                text.starts_with(start)
            }))
        }
        ("Arrays.contains", [Value::List(list), wanted]) => contains(list, wanted),
        ("Arrays.isEmpty", [Value::List(list)]) => Is(Value::Bool(list.is_empty())),
        ("Arrays.size", [Value::List(list)]) => Is(Value::Number(list.len() as f64)),
        ("String.len", [Value::Text(text)]) => Is(Value::Number(text.chars().count() as f64)),
        ("Convert.toInt" | "Convert.toNum", [Value::Text(text)]) => {
            text.trim().parse().map_or_else(
                |_| Barren(format!("{name} of something that is no number")),
                |n| Is(Value::Number(n)),
            )
        }
        ("Convert.toNum", [Value::Number(number)]) => Is(Value::Number(*number)),
        _ => made(name, arguments).unwrap_or_else(|| Unknown(format!("{name} is not known here"))),
    }
}

fn is_known(name: &str) -> bool {
    const KNOWN: [&str; 15] = [
        "String.stringContains",
        "String.startsWith",
        "String.len",
        "String.toUpperCase",
        "String.toLowerCase",
        "String.removeSpaces",
        "String.append",
        "String.replace",
        "String.replaceFirst",
        "String.substring",
        "String.substringBefore",
        "String.substringAfter",
        "Arrays.contains",
        "Convert.toInt",
        "Convert.toNum",
    ];
    KNOWN.contains(&name)
}

/// The functions that make a text of texts.
fn made(name: &str, arguments: &[Value]) -> Option<Outcome> {
    let [Value::Text(text), rest @ ..] = arguments else {
        return None;
    };
    let text = match (name, rest) {
        ("String.toUpperCase", []) => text.to_uppercase(),
        ("String.toLowerCase", []) => text.to_lowercase(),
        ("String.removeSpaces", []) => text.replace(' ', ""),
        ("String.append", [Value::Text(more)]) => format!("{text}{more}"),
        ("String.replace", [Value::Text(from), Value::Text(to)]) => text.replace(from, to),
        ("String.replaceFirst", [Value::Text(from), Value::Text(to)]) => text.replacen(from, to, 1),
        ("String.join", parts) => joined(text, parts)?,
        ("String.substringBefore", [Value::Text(mark)]) => text.split_once(mark)?.0.to_owned(),
        ("String.substringAfter", [Value::Text(mark)]) => text.split_once(mark)?.1.to_owned(),
        ("String.substring", [Value::Number(from), Value::Number(to)]) => {
            return Some(cut(text, *from, *to));
        }
        _ => return None,
    };
    Some(Is(Value::Text(text)))
}

fn joined(separator: &str, parts: &[Value]) -> Option<String> {
    let texts = parts.iter().map(|part| match part {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    });
    Some(texts.collect::<Option<Vec<_>>>()?.join(separator))
}

fn cut(text: &str, from: f64, to: f64) -> Outcome {
    let length = text.chars().count() as f64;
    let whole = from.fract() == 0.0 && to.fract() == 0.0;
    if !(whole && from >= 0.0 && from <= to && to <= length) {
        return Barren("String.substring beyond the text".to_owned());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both are whole numbers within the text's length"
    )]
    let (from, to) = (from as usize, to as usize);
    Is(Value::Text(
        text.chars().skip(from).take(to - from).collect(),
    ))
}

fn contains(list: &[Value], wanted: &Value) -> Outcome {
    let mut unsure = None;
    for one in list {
        match equal(one, wanted) {
            yes @ Is(Value::Bool(true)) => return yes,
            Is(_) => {}
            not => unsure = Some(not),
        }
    }
    unsure.unwrap_or(Is(Value::Bool(false)))
}

/// The tests that a call makes, when it is one of those that ask for groups.
fn tests_of(name: &str, arguments: &[Value]) -> Option<Vec<GroupTest>> {
    let test: fn(String) -> GroupTest = match name {
        "isMemberOfGroup" | "isMemberOfAnyGroup" => GroupTest::Id,
        "isMemberOfGroupName" => GroupTest::Name,
        "isMemberOfGroupNameStartsWith" => GroupTest::NameStart,
        "isMemberOfGroupNameContains" => GroupTest::NamePart,
        "isMemberOfGroupNameRegex" => GroupTest::NamePattern,
        _ => return None,
    };
    let texts = arguments.iter().map(|argument| match argument {
        Value::Text(text) => Some(test(text.clone())),
        _ => None,
    });
    texts.collect()
}

/// The tests of groups in a call whose arguments are written out.
pub(super) fn group_tests(name: &str, arguments: &[Node]) -> Vec<GroupTest> {
    let texts = arguments.iter().filter_map(|argument| match argument {
        Node::Text(text) => Some(Value::Text(text.clone())),
        _ => None,
    });
    tests_of(name, &texts.collect::<Vec<_>>()).unwrap_or_default()
}

fn member_of(tests: &[GroupTest], person: &Person<'_>) -> Outcome {
    let Some(groups) = person.groups else {
        return Unknown("the user's groups are not known".to_owned());
    };
    let mut unsure = false;
    for (id, name) in groups {
        for test in tests {
            match test.is_about(id, name) {
                Some(true) => return Is(Value::Bool(true)),
                Some(false) => {}
                None => unsure = true,
            }
        }
    }
    if unsure {
        return Unknown("it hangs on how the name of a group is compared".to_owned());
    }
    Is(Value::Bool(false))
}
