//! What is masked, and what is not.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn mask() -> Mask {
    Mask::new([9; 32])
}

fn masked(value: &Value) -> Value {
    mask().masked(value).unwrap()
}

#[test]
fn who_and_where_is_masked_and_what_is_not() {
    let event = json!({
        "actor": {"id": "00u1", "type": "User", "alternateId": "ana@acme.com", "displayName": "Ana Lopez"},
        "target": [
            {"id": "0oa1", "type": "AppInstance", "alternateId": "NetSuite", "displayName": "NetSuite"},
            {"id": "00g1", "type": "UserGroup", "alternateId": "unknown", "displayName": "Finance"},
        ],
        "client": {"ipAddress": "73.162.0.9", "geographicalContext": {"city": "Lagos", "country": "Nigeria", "state": "Lagos", "geolocation": {"lat": 6.4, "lon": 3.4}}},
        "device": {"id": "guo1", "name": "Ana's Mac"},
        "displayMessage": "Ana Lopez signed in from 73.162.0.9 at 14:03:22",
        "debugContext": {"debugData": {"url": "/x?username=ana%40acme.com&v=1.2.3"}},
        "published": "2026-11-22T14:03:22.000Z",
    });
    let text = masked(&event).to_string();
    for gone in [
        "ana", "Ana", "Lopez", "acme.com", "73.162", "Lagos", "Mac", "6.4",
    ] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    for kept in [
        "NetSuite", "Finance", "Nigeria", "14:03:22", "v=1.2.3", "00u1", "guo1",
    ] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
}

#[test]
fn what_the_org_itself_added_to_a_profile_is_taken_to_tell() {
    let user = json!({"profile": {
        "login": "ana@acme.com", "firstName": "Ana", "lastName": "Lopez", "title": "AP Clerk",
        "homeCastle": "Tower 3", "badge": 4711, "codes": ["x-17"], "department": "Finance",
    }});
    let text = masked(&user).to_string();
    for gone in ["Tower", "4711", "x-17", "Ana"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    assert!(text.contains("AP Clerk") && text.contains("Finance"));
}

#[test]
fn the_same_value_has_one_pseudonym_whatever_it_stands_in() {
    let mut mask = mask();
    let login = mask.pseudonym(Class::Name, "ana@acme.com");
    assert_eq!(mask.text("by ana@acme.com."), format!("by {login}."));
    assert_eq!(mask.pseudonym(Class::Mail, "ANA@acme.com"), login);
    let whole = mask.pseudonym(Class::Name, "Ana Lopez");
    let parts = [
        mask.pseudonym(Class::Name, "Ana"),
        mask.pseudonym(Class::Name, "Lopez"),
    ];
    assert_eq!(whole, parts.join(" "));
    assert_eq!(mask.text("(Ana Lopez's)"), format!("({whole}'s)"));
    assert_ne!(
        Mask::new([1; 32]).pseudonym(Class::Name, "Ana"),
        Mask::new([2; 32]).pseudonym(Class::Name, "Ana")
    );
}

#[test]
fn a_filter_of_pseudonyms_means_the_values() {
    let mut mask = mask();
    let login = mask.pseudonym(Class::Name, "ana@acme.com");
    let device = mask.pseudonym(Class::Device, "Ana's \"Mac\"");
    let name = mask.pseudonym(Class::Name, "Ana Lopez");
    let (ip, ip6) = (mask.number("73.162.0.9"), mask.number("2001:db8:85a3::7"));
    for (filter, meant) in [
        (format!("login={login}"), "login=ana@acme.com"),
        (
            format!("login={}", login.to_uppercase()),
            "login=ana@acme.com",
        ),
        (
            format!("-deviceName={device}"),
            r#"-deviceName="Ana's \"Mac\"""#,
        ),
        (format!("name=\"{name}\""), r#"name="Ana Lopez""#),
        (
            format!("ip={ip} or ip=\"{ip6}\""),
            r#"ip=73.162.0.9 or ip="2001:db8:85a3::7""#,
        ),
        (
            "status:active lastLogin<90d".to_owned(),
            "status:active lastLogin<90d",
        ),
    ] {
        assert_eq!(mask.original(&filter), meant);
    }
    assert_eq!(mask.original(&device), "Ana's \"Mac\"");
}

proptest! {
    /// Whatever a name is, it is not in what stands for it, and comes back.
    #[test]
    fn every_name_is_gone_and_comes_back(name in "[A-Za-z\u{c0}-\u{17f}]{4,12}( [A-Za-z\u{c0}-\u{17f}'-]{4,12}){0,2}") {
        let mut mask = mask();
        let shown = mask.pseudonym(Class::Name, &name);
        for word in name.split(' ') {
            prop_assert!(!shown.to_lowercase().contains(&word.to_lowercase()), "{} in {}", word, shown);
        }
        let filter = format!("name=\"{shown}\"");
        prop_assert_eq!(mask.original(&filter).to_lowercase(), format!("name=\"{name}\"").to_lowercase());
        // What is masked once stays what it is.
        prop_assert_eq!(mask.pseudonym(Class::Name, &shown), shown.clone());
        prop_assert_eq!(mask.text(&shown), shown);
    }
}
