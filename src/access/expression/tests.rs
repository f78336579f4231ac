//! Tests of reading expressions and of what they come to.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn profile() -> Map<String, Value> {
    let profile = json!({
        "login": "ana@acme.example",
        "department": "Engineering",
        "title": "Staff Engineer",
        "employeeNumber": "0042",
        "level": 7,
        "contractor": false,
        "teams": ["core", "release"],
        "nickName": null,
    });
    profile.as_object().unwrap().clone()
}

fn groups() -> Vec<(GroupId, SafeText)> {
    [
        ("00gAll", "Everyone"),
        ("00gEng", "eng-core"),
        ("00gVpn", "VPN Users"),
    ]
    .map(|(id, name)| (id.parse().unwrap(), name.into()))
    .to_vec()
}

fn verdict(text: &str) -> Verdict {
    let (profile, groups) = (profile(), groups());
    let person = Person {
        profile: &profile,
        groups: Some(&groups),
    };
    Expression::parse(text).unwrap().evaluate(&person)
}

#[test]
fn what_matches() {
    for text in [
        "user.department == \"Engineering\"",
        "user.department eq 'Engineering'",
        "user.department==\"Engineering\" AND user.level>=7",
        "user.department == \"Sales\" || user.level > 5",
        "(user.department == \"Sales\" or user.level == 7) and !user.contractor",
        "NOT (user.department == \"Sales\")",
        "user.department != \"Sales\"",
        "user.nickName == null",
        "user.absent == null && true",
        "String.stringContains(user.title, \"Engineer\")",
        "String.startsWith(user.employeeNumber, \"00\")",
        "String.len(user.employeeNumber) == 4",
        "String.substring(user.employeeNumber, 2, 4) == \"42\"",
        "String.substringAfter(user.login, \"@\") == \"acme.example\"",
        "String.substringBefore(user.login, \"@\") == 'ana'",
        "String.toLowerCase(user.department) == \"engineering\"",
        "String.join(\"-\", user.department, \"x\") == \"Engineering-x\"",
        "user.department + \"!\" == \"Engineering!\"",
        "Convert.toInt(user.employeeNumber) == 42",
        "Arrays.contains(user.teams, \"core\")",
        "Arrays.contains({\"Engineering\", \"IT\"}, user.department)",
        "Arrays.size(user.teams) == 2 and not Arrays.isEmpty(user.teams)",
        "isMemberOfGroup(\"00gEng\")",
        "isMemberOfAnyGroup(\"00gX\", \"00gVpn\")",
        "isMemberOfGroupName(\"VPN Users\")",
        "isMemberOfGroupNameStartsWith(\"eng-\")",
        "isMemberOfGroupNameContains(\"Users\")",
        "isMemberOfGroupNameRegex(\"eng-.*\")",
        "user.level > 5 ? isMemberOfGroup(\"00gEng\") : false",
        "user.department == \"Engineering\" or unheardOf(user)",
        "-1 < user.level",
    ] {
        assert_eq!(verdict(text), Verdict::Matches, "{text}");
    }
}

#[test]
fn what_does_not() {
    for text in [
        "user.department == \"Sales\"",
        "user.nickName == \"x\"",
        "user.absent == \"x\" OR user.contractor",
        "!isMemberOfGroup(\"00gEng\")",
        "isMemberOfGroupName(\"nobody\")",
        "Arrays.contains(user.teams, \"legal\")",
        "user.department == \"Sales\" and unheardOf(user)",
        // Nothing, false or a failure: whichever, nobody becomes a member.
        "String.stringContains(user.nickName, \"x\")",
        "String.stringContains(user.nickName, \"x\") && user.level == 7",
        "String.toLowerCase(user.nickName) == \"x\"",
        "Arrays.contains(user.absent, \"x\")",
        "user.nickName",
    ] {
        assert_eq!(verdict(text), Verdict::DoesNot, "{text}");
    }
}

#[test]
fn what_is_not_guessed() {
    for text in [
        "unheardOf(user)",
        "user.getInternalProperty(\"id\") == \"x\"",
        "user.status == \"ACTIVE\"",
        "appuser.x == \"y\"",
        // It would hang on case.
        "user.department == \"engineering\"",
        "String.stringContains(user.title, \"engineer\")",
        "isMemberOfGroupName(\"everyone\")",
        // Nothing turned round may be true or a failure.
        "!String.stringContains(user.nickName, \"x\")",
        "String.stringContains(user.nickName, \"x\") || user.level == 7",
        "String.stringContains(user.nickName, \"x\") == false",
        "user.nickName == \"\"",
        "user.nickName < 5",
        "user.level == \"7\"",
        "isMemberOfGroupNameRegex(\"eng\")",
        "isMemberOfGroupNameRegex(\"(\")",
        "user.department",
        "unheardOf(user) and user.level == 7",
    ] {
        let found = verdict(text);
        assert!(matches!(found, Verdict::Unknown(_)), "{text}: {found:?}");
    }
}

#[test]
fn without_groups_what_asks_for_them_is_unknown() {
    let profile = profile();
    let person = Person {
        profile: &profile,
        groups: None,
    };
    let asks = Expression::parse("isMemberOfGroup(\"00gEng\")").unwrap();
    assert!(matches!(asks.evaluate(&person), Verdict::Unknown(_)));
    let does_not = Expression::parse("user.level == 7 || isMemberOfGroup(\"00gEng\")").unwrap();
    assert_eq!(does_not.evaluate(&person), Verdict::Matches);
}

#[test]
fn what_is_not_of_the_language_is_pointed_at() {
    for (text, column) in [
        ("", 1),
        ("user.a ==", 10),
        ("user.a = \"x\"", 8),
        ("(user.a == \"x\"", 15),
        ("user.a == \"x", 11),
        ("user.a == \"x\" user.b", 15),
        ("f(1 2)", 5),
        ("§", 1),
        ("1.2.3 == 1", 1),
    ] {
        assert_eq!(
            Expression::parse(text).unwrap_err().column,
            column,
            "{text}"
        );
    }
    let deep = "(".repeat(500) + "true" + &")".repeat(500);
    assert!(Expression::parse(&deep).is_err());
    assert!(Expression::parse(&("!".repeat(500) + "true")).is_err());
}

#[test]
fn group_tests_are_told_wherever_they_stand() {
    let text = "user.a == \"b\" ? isMemberOfAnyGroup(\"00g1\", \"00g2\") : !isMemberOfGroupNameStartsWith('x') or isMemberOfGroup(user.g)";
    let tests = Expression::parse(text).unwrap().group_tests();
    let id = |id: &str| GroupTest::Id(id.to_owned());
    assert_eq!(
        tests,
        [id("00g1"), id("00g2"), GroupTest::NameStart("x".to_owned())]
    );
    let group = "00g1".parse().unwrap();
    assert_eq!(tests[0].is_about(&group, "n"), Some(true));
    assert_eq!(tests[2].is_about(&group, "xy"), Some(true));
    assert_eq!(tests[2].is_about(&group, "Xy"), None);
}

/// A condition that can be evaluated, and whether it holds for somebody whose department this is.
fn condition() -> impl Strategy<Value = (String, fn(&str) -> bool)> {
    prop_oneof![
        Just((
            "user.department == \"ab\"".to_owned(),
            (|d: &str| d == "ab") as fn(&str) -> bool
        )),
        Just((
            "user.department != 'ab'".to_owned(),
            (|d: &str| d != "ab") as fn(&str) -> bool
        )),
        Just((
            "String.startsWith(user.department, \"a\")".to_owned(),
            (|d: &str| d.starts_with('a')) as fn(&str) -> bool
        )),
        Just((
            "String.stringContains(user.department, 'b')".to_owned(),
            (|d: &str| d.contains('b')) as fn(&str) -> bool
        )),
        Just((
            "String.len(user.department) > 1".to_owned(),
            (|d: &str| d.len() > 1) as fn(&str) -> bool
        )),
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}") {
        if let Ok(expression) = Expression::parse(&text) {
            let (profile, groups) = (profile(), groups());
            expression.evaluate(&Person { profile: &profile, groups: Some(&groups) });
        }
    }

    #[test]
    fn and_or_and_not_are_those_of_logic(department in "[ab]{0,3}", a in condition(), b in condition(), c in condition()) {
        let text = format!("{} && !({}) || {}", a.0, b.0, c.0);
        let profile = json!({"department": department}).as_object().unwrap().clone();
        let verdict = Expression::parse(&text).unwrap().evaluate(&Person { profile: &profile, groups: None });
        let holds = (a.1)(&department) && !(b.1)(&department) || (c.1)(&department);
        prop_assert_eq!(verdict, if holds { Verdict::Matches } else { Verdict::DoesNot }, "{}", text);
    }
}
