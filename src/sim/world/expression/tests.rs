//! Expressions as people write them, against somebody whose profile is known.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Somebody in Engineering, in Berlin, in two groups.
struct Ann(BTreeMap<&'static str, Attribute<'static>>);

fn ann() -> Ann {
    let text = |text| Attribute::Text(Cow::Borrowed(text));
    Ann(BTreeMap::from([
        ("department", text("Engineering")),
        ("city", text("Berlin")),
        ("title", text("Staff Engineer")),
        ("email", text("ann@eu.northwind.example")),
        ("mobilePhone", Attribute::Null),
        ("contractor", Attribute::Bool(false)),
        ("badgeNumber", Attribute::Number(40_007)),
        ("spokenLanguages", Attribute::List(vec!["de", "en"])),
    ]))
}

impl Subject for Ann {
    fn attribute(&self, name: &str) -> Option<Attribute<'_>> {
        self.0.get(name).cloned()
    }

    fn is_in(&self, group: &str) -> bool {
        ["00g1", "00g2"].contains(&group)
    }

    fn is_in_one_named(&self, suits: &dyn Fn(&str) -> bool) -> bool {
        ["VPN Users", "Office Berlin"].into_iter().any(suits)
    }
}

fn holds(text: &str) -> bool {
    Expression::read(text).unwrap().holds(&ann())
}

#[test]
fn comparisons_know_texts_numbers_truth_and_nothing() {
    for true_of_ann in [
        r#"user.department == "Engineering""#,
        "user.department=='Engineering'",
        r#"user.department != "Sales""#,
        "user.badgeNumber > 40000",
        "user.badgeNumber <= 40007",
        "user.contractor == false",
        "user.mobilePhone == null",
        "user.city != null",
        r#"user.title == "Staff \Engineer""#,
    ] {
        assert!(holds(true_of_ann), "{true_of_ann}");
    }
    for false_of_ann in [
        r#"user.department == "engineering""#,
        "user.contractor",
        r#"user.mobilePhone == """#,
        "user.mobilePhone < 3",
        "user.title > 4",
    ] {
        assert!(!holds(false_of_ann), "{false_of_ann}");
    }
}

#[test]
fn and_binds_tighter_than_or_and_both_have_two_spellings() {
    let (yes, no) = ("user.city == 'Berlin'", "user.city == 'Rome'");
    assert!(holds(&format!("{yes} OR {no} AND {no}")));
    assert!(!holds(&format!("({yes} OR {no}) AND {no}")));
    assert!(holds(&format!("{yes} || {no} && {no}")));
    assert!(holds(&format!("NOT {no} and !({no})")));
    assert!(holds(&format!("NOT NOT {yes}")));
    assert!(!holds(&format!("not {yes} or {no}")));
}

#[test]
fn functions_take_texts_and_lists() {
    for true_of_ann in [
        r#"String.stringContains(user.title, "Engineer")"#,
        r#"String.startsWith(user.email, "ann@")"#,
        r#"String.substringAfter(user.email, "@") == "eu.northwind.example""#,
        r#"String.substringBefore(user.email, "@") == "ann""#,
        r#"String.toLowerCase(user.city) == "berlin""#,
        "String.len(user.city) == 6",
        r#"String.append(user.city, "!") == "Berlin!""#,
        r#"String.removeSpaces(user.title) == "StaffEngineer""#,
        r#"Arrays.contains(user.spokenLanguages, "de")"#,
        "NOT Arrays.isEmpty(user.spokenLanguages)",
    ] {
        assert!(holds(true_of_ann), "{true_of_ann}");
    }
    // Of what nobody set, nothing is true.
    assert!(!holds(r#"String.startsWith(user.mobilePhone, "+49")"#));
    assert!(!holds(r#"Arrays.contains(user.city, "Berlin")"#));
}

#[test]
fn memberships_go_by_id_and_by_name() {
    for true_of_ann in [
        r#"isMemberOfGroup("00g2")"#,
        r#"isMemberOfAnyGroup("00g9", "00g1")"#,
        r#"isMemberOfGroupName("VPN Users")"#,
        r#"isMemberOfGroupNameStartsWith("Office")"#,
        r#"isMemberOfGroupNameContains("Ber")"#,
        r#"isMemberOfGroupNameRegex("^Office .*n$")"#,
    ] {
        assert!(holds(true_of_ann), "{true_of_ann}");
    }
    assert!(!holds(r#"isMemberOfAnyGroup("00g9")"#));
    let asks = Expression::read(r#"user.city == "x" OR isMemberOfAnyGroup("a", "b")"#).unwrap();
    assert!(asks.asks_for_groups());
    assert_eq!(asks.groups(), ["a", "b"]);
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let refused = |text: &str| Expression::read(text).unwrap_err();
    assert_eq!(
        refused("user.city = 'Berlin'"),
        Unevaluable::Syntax {
            at: 10,
            expected: "an attribute, a value, an operator or a function"
        }
    );
    assert!(matches!(
        refused("user.city == 'Ber"),
        Unevaluable::Syntax { at: 13, .. }
    ));
    assert!(matches!(
        refused("(user.city == 'x'"),
        Unevaluable::Syntax { at: 17, .. }
    ));
    assert!(matches!(refused(""), Unevaluable::Syntax { at: 0, .. }));
    assert_eq!(
        refused("user.badgeColour == 'red'"),
        Unevaluable::NoSuchAttribute("user.badgeColour".to_owned())
    );
    assert!(matches!(
        refused("appuser.x == 'red'"),
        Unevaluable::NoSuchAttribute(_)
    ));
    assert!(matches!(
        refused("String.reverse(user.city)"),
        Unevaluable::NoSuchFunction(_)
    ));
    assert!(matches!(
        refused("String.len(user.city, 3) == 1"),
        Unevaluable::NoSuchFunction(_)
    ));
    assert!(matches!(
        refused("isMemberOfGroup()"),
        Unevaluable::NoSuchFunction(_)
    ));
    assert!(matches!(
        refused("isMemberOfGroupNameRegex('(')"),
        Unevaluable::NoSuchFunction(_)
    ));
    assert_eq!(refused("'yes'"), Unevaluable::NotBoolean);
    assert_eq!(refused("String.len(user.city)"), Unevaluable::NotBoolean);
    assert!(matches!(
        refused(&"(".repeat(5_000)),
        Unevaluable::Syntax { .. }
    ));
}

proptest! {
    #[test]
    fn any_text_is_understood_or_refused_and_nothing_worse(text in "\\PC*") {
        let _ = Expression::read(&text);
    }

    #[test]
    fn equality_is_what_it_says(city in "[a-zA-Z ]{0,12}") {
        prop_assert_eq!(holds(&format!("user.city == \"{city}\"")), city == "Berlin");
    }
}
