//! Tests of reading filters and of what they match.

use proptest::prelude::*;

use super::*;

struct Person {
    login: &'static str,
    title: Option<&'static str>,
    groups: f64,
    last_login: Option<Timestamp>,
}

impl Fields for Person {
    const NAMES: &'static [&'static str] = &["login", "title", "groups", "lastLogin", "state"];
    const WORDS: &'static [(&'static str, &'static [&'static str])] =
        &[("state", &["ACTIVE", "LOCKED_OUT"])];

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        match name {
            "login" => visit(Field::Text(self.login)),
            "title" => self
                .title
                .into_iter()
                .for_each(|title| visit(Field::Text(title))),
            "groups" => visit(Field::Number(self.groups)),
            "state" => visit(Field::Text("ACTIVE")),
            _ => visit(self.last_login.map_or(Field::Unknown, Field::Time)),
        }
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        visit(self.login);
        self.title.into_iter().for_each(visit);
    }
}

fn now() -> Timestamp {
    "2026-11-22T10:00:00Z".parse().unwrap()
}

fn ana() -> Person {
    let last_login = Some(time::before(now(), Duration::from_hours(48)));
    Person {
        login: "ana.lopez@acme.com",
        title: Some("Zażółć Clerk"),
        groups: 14.0,
        last_login,
    }
}

fn passes(filter: &str) -> bool {
    Filter::of::<Person>(filter).unwrap().matches(&ana(), now())
}

#[test]
fn filters_keep_what_they_say() {
    for yes in [
        "",
        "ana",
        "ANA clerk",
        "login:lopez",
        "-bob",
        "title:zażółć",
        "ZAŻÓŁĆ",
        "/l.pez/",
        "login:/^ana/",
        "~alpz",
        "~ANALOPEZ",
        "login:~alpz",
        "title:~zżłć",
        "~\"ana lopez\" or ~a",
        "bob or ana",
        "(bob or ana) clerk",
        "groups>10",
        "groups<=14",
        "lastlogin<3d",
        "lastLogin>1d",
        "lastLogin>2026-11-01",
        "login=ana.lopez@acme.com",
        "\"ana.lopez\"",
        "-(bob or eve)",
        "ana and clerk",
        "- or ana",
    ] {
        assert!(passes(yes), "{yes}");
    }
    for no in [
        "bob",
        "-ana",
        "login:clerk",
        "ana bob",
        "groups>14",
        "lastLogin<1d",
        "login=ana",
        "login>5",
        "-/l.pez/",
        "~zepol",
        "login:~anaana",
        "groups:~41",
        "\"~ana\"",
    ] {
        assert!(!passes(no), "{no}");
    }
}

#[test]
fn what_is_unknown_fails_every_comparison() {
    let never = Person {
        last_login: None,
        ..ana()
    };
    for filter in ["lastLogin<90d", "lastLogin>90d", "lastLogin:2026"] {
        assert!(
            !Filter::of::<Person>(filter).unwrap().matches(&never, now()),
            "{filter}"
        );
    }
}

#[test]
fn a_broken_filter_is_told_where_it_breaks() {
    for (filter, column, word) in [
        ("ana nme:x", 4, "no field `nme`"),
        ("login:\"ana", 6, "quote"),
        ("(ana", 0, "never closed"),
        ("ana)", 3, "closes nothing"),
        ("/[/", 0, "cannot be used"),
        ("groups>many", 7, "neither a number"),
        ("login:", 6, "missing"),
        ("ana ~", 5, "missing"),
        ("login:~", 7, "missing"),
        ("ana or", 6, "both sides"),
        ("()", 0, "nothing between"),
    ] {
        let error = Filter::of::<Person>(filter).unwrap_err();
        assert_eq!(error.column, column, "{filter}: {error}");
        assert!(error.message.contains(word), "{filter}: {error}");
    }
}

/// Capital operators were words to look for, and found nothing.
#[test]
fn operators_may_be_written_in_capitals() {
    for yes in [
        "bob OR ana",
        "ana AND clerk",
        "NOT bob",
        "ana AND NOT (bob OR eve)",
        "NOT NOT ana",
    ] {
        assert!(passes(yes), "{yes}");
    }
    for no in ["NOT ana", "bob OR NOT ana", "\"NOT\"", "not", "NOTE", "ORE"] {
        assert!(!passes(no), "{no}");
    }
    for (broken, column) in [("ana OR", 6), ("ana NOT", 4), ("(NOT)", 1), ("NOT OR x", 0)] {
        let error = Filter::of::<Person>(broken).unwrap_err();
        assert_eq!(error.column, column, "{broken}: {error}");
    }
}

/// `status:actve` was taken for a status that nobody has.
#[test]
fn a_word_that_a_field_never_holds_is_an_error_that_names_the_known_ones() {
    for (filter, column) in [("ana state:actve", 10), ("-state=activ", 7), ("STATE:x", 6)] {
        let error = Filter::of::<Person>(filter).unwrap_err();
        assert_eq!(error.column, column, "{filter}: {error}");
        assert!(error.message.contains("ACTIVE, LOCKED_OUT"), "{error}");
    }
    assert!(passes("state:act") && passes("state=Active") && passes("-state:locked"));
    // Okta adds words without notice.
    assert!(passes("-state:\"new\"") && !passes("state=\"NEW\""));
}

/// `lastLogin>90` compared a time with a number, which passes nothing.
#[test]
fn a_time_without_a_unit_is_an_error_that_names_the_units() {
    let error = Filter::of::<Person>("ana lastLogin>90").unwrap_err();
    assert_eq!(error.column, 14);
    assert!(error.message.contains("90d") && error.message.contains("w)"));
    assert!(passes("groups>9"));
}

#[test]
fn what_a_filter_needs() {
    let text = |field, text, whole| Need::Text { field, text, whole };
    let ana = || text(Some("login"), "ana", false);
    for (filter, need) in [
        ("", Need::Anything),
        ("ANA", text(None, "ana", false)),
        ("login:ANA", ana()),
        ("login=Ana", text(Some("login"), "ana", true)),
        ("-login:ana", Need::Anything),
        ("login:/ana/", Need::Anything),
        (
            "login:ana or x",
            Need::Any(vec![ana(), text(None, "x", false)]),
        ),
        (
            "(x -y (login:ana)) z",
            Need::All(vec![
                Need::All(vec![text(None, "x", false), Need::Anything, ana()]),
                text(None, "z", false),
            ]),
        ),
    ] {
        let parsed = Filter::of::<Person>(filter).unwrap();
        assert_eq!(parsed.need(), need, "{filter}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_in_bounds(text in "[-a-z():=<>/\" .0-9é\\\\]{0,40}") {
        if let Err(error) = Filter::of::<Person>(&text) {
            prop_assert!(error.column <= text.chars().count());
        }
    }

    #[test]
    fn the_opposite_is_the_opposite(word in "[a-z]{1,6}") {
        prop_assume!(word != "or" && word != "and");
        prop_assert_ne!(passes(&word), passes(&format!("-{word}")));
    }

    #[test]
    fn deep_nesting_is_refused_not_fatal(depth in 65usize..5000) {
        prop_assert!(Filter::of::<Person>(&"(".repeat(depth)).is_err());
    }
}

struct Place {
    ip: &'static str,
    country: &'static str,
}

impl Fields for Place {
    const NAMES: &'static [&'static str] = &["ip", "country"];

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        visit(Field::Text(if name == "ip" {
            self.ip
        } else {
            self.country
        }));
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        visit(self.ip);
        visit(self.country);
    }
}

#[test]
fn an_ip_takes_a_network_and_a_bad_one_is_pointed_at() {
    let passes = |filter: &str, ip| {
        let place = Place { ip, country: "" };
        Filter::of::<Place>(filter).unwrap().matches(&place, now())
    };
    for filter in [
        "ip:73.162.0.0/16",
        "ip=73.162.0.0/16",
        "IP:73.162.9.9/16",
        "ip:\"73.162.0.0/16\"",
    ] {
        assert!(passes(filter, "73.162.4.1"), "{filter}");
        assert!(!passes(filter, "73.163.4.1"), "{filter}");
        assert!(passes(&format!("-{filter}"), "73.163.4.1"), "{filter}");
    }
    assert!(passes("ip:2001:db8::/32", "2001:db8::7"));
    assert!(!passes("ip:2001:db8::/32", "73.162.4.1"));
    // Without a length it is text, as everywhere.
    assert!(passes("ip:73.162.", "73.162.4.1"));
    assert!(passes("ip:/^73/", "73.162.4.1"));
    assert!(passes("ip=\"unknown\"", "unknown"));
    for (filter, column) in [
        ("country:ng ip:73.162.0.0/33", 14),
        ("ip:73.162/16", 3),
        ("ip:\"x/8\"", 3),
        // These found nothing, without a word.
        ("ip:300.1.1.1", 3),
        ("ip:banana", 3),
        ("ip=banana", 3),
        ("ip:10.0.0.9-10.0.0.1", 3),
        ("country:ng country:XX", 19),
    ] {
        assert_eq!(
            Filter::of::<Place>(filter).unwrap_err().column,
            column,
            "{filter}"
        );
    }
    assert!(passes("ip:73.162.4.0-73.162.5.9", "73.162.5.1"));
    assert!(!passes("ip:73.162.4.0-73.162.5.9", "73.162.6.1"));
    let network = Filter::of::<Place>("ip:73.162.0.0/16").unwrap();
    assert_eq!(network.need(), Need::Anything);
}

#[test]
fn two_letters_are_the_code_of_a_country_and_more_a_part_of_its_name() {
    let passes = |filter: &str, country| {
        let place = Place { ip: "", country };
        Filter::of::<Place>(filter).unwrap().matches(&place, now())
    };
    for (filter, country) in [
        ("country:NG", "Nigeria"),
        ("country=ng", "Nigeria"),
        ("country:NG", "ng"),
        ("country:cz", "Czechia"),
        ("country:cz", "Czech Republic"),
        ("country:nig", "Nigeria"),
        ("country:nig", "Niger"),
        ("-country:ng", "Hungary"),
    ] {
        assert!(passes(filter, country), "{filter}: {country}");
    }
    for (filter, country) in [
        ("country:NG", "Hungary"),
        ("country:NG", "Singapore"),
        ("country:us", "Austria"),
        ("country:NG", ""),
    ] {
        assert!(!passes(filter, country), "{filter}: {country}");
    }
    let code = Filter::of::<Place>("country:NG").unwrap();
    let text = |text| Need::Text {
        field: Some("country"),
        text,
        whole: true,
    };
    assert_eq!(code.need(), Need::Any(vec![text("nigeria"), text("ng")]));
}

#[test]
fn what_is_sought_in_fields_is_told_with_its_place() {
    let filter = "ana -(login:lópez or title=\"a \\\"b\") title:/x/ groups>3";
    let sought = Filter::sought::<Person>(filter).unwrap();
    let told: Vec<_> = sought
        .iter()
        .map(|one| (one.field.as_str(), one.text.as_str()))
        .collect();
    assert_eq!(told, [("login", "lópez"), ("title", "a \"b")]);
    let at = |n: usize| {
        filter
            .chars()
            .skip(sought[n].at.start)
            .take(sought[n].at.len())
            .collect::<String>()
    };
    assert_eq!((at(0).as_str(), at(1).as_str()), ("lópez", "\"a \\\"b\""));
}
