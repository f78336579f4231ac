//! Real-shaped and hostile JSON, through the same door as a page.

use bytes::Bytes;
use http::HeaderMap;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::domain::application::{AppStatus, AppUser, Application, AssignmentScope, SignOnMode};
use crate::domain::factor::Factor;
use crate::domain::group::{Group, GroupStats, GroupType};
use crate::domain::log_event::{LogEvent, OutcomeResult, Severity};
use crate::domain::user::{User, UserStatus};
use crate::okta::error::DecodeFault;
use crate::okta::page::{Answer, BadItem, Item, as_sent};

fn answer(body: impl Into<Bytes>) -> Answer {
    Answer {
        headers: HeaderMap::new(),
        body: body.into(),
        served_at: Timestamp::UNIX_EPOCH,
        attempts: 1,
        request_id: None,
    }
}

fn one<T: Decode>(json: &str) -> Result<T, DecodeFault> {
    answer(json.to_owned())
        .item(as_sent)
        .map(|item: Item<T>| item.value)
}

fn many<T: Decode>(body: impl Into<Bytes>) -> Result<(Vec<Item<T>>, Vec<BadItem>), DecodeFault> {
    answer(body).objects()
}

const SAMPLES: &str = include_str!("../../../tests/data/log_events.ndjson");

/// The samples as one page.
fn sample_page() -> String {
    format!("[{}]", SAMPLES.lines().collect::<Vec<_>>().join(",\n"))
}

#[test]
fn sample_events_are_read_and_two_without_identity_are_counted() {
    let (items, bad) = many::<LogEvent>(sample_page()).unwrap();
    assert_eq!(items.len(), 5);
    let why: Vec<_> = bad.iter().map(|bad| (bad.index, bad.why)).collect();
    assert_eq!(
        why,
        [
            (5, Unreadable::Field("uuid")),
            (6, Unreadable::Field("uuid"))
        ]
    );
    for (item, line) in items.iter().zip(SAMPLES.lines()) {
        assert_eq!(item.raw.as_unsafe_str(), line, "kept byte for byte");
    }

    let sign_in = &items[0].value;
    assert_eq!(
        sign_in.uuid.to_string(),
        "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef"
    );
    assert_eq!(sign_in.published.to_string(), "2020-05-01T10:20:22.243Z");
    assert_eq!(&*sign_in.event_type, "user.session.start");
    assert_eq!(sign_in.severity, Some(Severity::Info));
    assert_eq!(sign_in.result, Some(OutcomeResult::Success));
    assert_eq!(sign_in.reason, None);
    assert!(sign_in.targets.is_empty(), "null is no target");
    assert_eq!(sign_in.ip.as_deref(), Some("1.1.1.1"));
    assert_eq!(sign_in.city.as_deref(), Some("Madrid"));
    assert_eq!(sign_in.country.as_deref(), Some("Spain"));
    assert!(
        sign_in
            .user_agent
            .as_deref()
            .unwrap()
            .starts_with("Mozilla/5.0")
    );
    assert_eq!(
        sign_in.session.as_deref(),
        Some("102iCf9Im9wSEmaVMYZNbEOMA")
    );
    assert_eq!(
        sign_in.transaction.as_deref(),
        Some("Xqv35Wg7bT74OrlHVCM7JgAAFHM")
    );
    let actor = sign_in.actor.as_ref().unwrap();
    assert_eq!((&*actor.kind, actor.label()), ("User", "foo@bar.com"));

    let policy = &items[1].value;
    assert_eq!(policy.result, Some(OutcomeResult::Allow));
    assert_eq!(policy.targets.len(), 2);
    assert_eq!(policy.targets[0].label(), "Default Policy");
    let violation = &items[2].value;
    assert_eq!(violation.severity, Some(Severity::Warn));
    assert_eq!(&*violation.targets[0].id, "/api/v1/logs");
    assert_eq!((&violation.country, &violation.city), (&None, &None));
    let revoked = &items[3].value;
    assert_eq!((&revoked.ip, revoked.targets.len()), (&None, 1));
    assert_eq!(items[4].value.country.as_deref(), Some("Canada"));
}

#[test]
fn a_user_is_read_with_what_is_there() {
    let full = r#"{"id":"00u1","status":"ACTIVE","created":"2020-01-02T03:04:05.000Z","activated":null,
        "statusChanged":"2020-01-02T03:04:06.000Z","lastLogin":null,"lastUpdated":"2021-01-01T00:00:00.000Z",
        "passwordChanged":"2020-02-02T00:00:00.000Z","type":{"id":"oty1"},"transitioningToStatus":"DEPROVISIONED",
        "profile":{"firstName":"Ana","lastName":"Silva","email":"ana@acme.com","login":"ana","title":"","department":42,
        "managerId":"00u2","custom":{"x":[1]}},
        "credentials":{"provider":{"type":"ACTIVE_DIRECTORY","name":"corp.acme.com"}},"new":1,"_links":{}}"#;
    let user: User = one(full).unwrap();
    assert_eq!(user.status, UserStatus::Active);
    assert_eq!(user.transitioning_to, Some(UserStatus::Deprovisioned));
    assert_eq!(user.display_name(), "Ana Silva");
    assert_eq!(
        (user.title, user.activated, user.last_login),
        (None, None, None)
    );
    assert_eq!(user.department.as_deref(), Some("42"));
    assert_eq!(user.manager.as_deref(), Some("00u2"));
    assert_eq!(user.type_id.as_deref(), Some("oty1"));
    assert_eq!(&*user.provider.unwrap().name, "corp.acme.com");
    assert_eq!(user.created.unwrap().to_string(), "2020-01-02T03:04:05Z");

    let bare: User = one(r#"{"id":"00u1"}"#).unwrap();
    assert_eq!(bare.status.word(), "");
    assert_eq!(bare.provider, None);
    let odd: User =
        one(r#"{"id":"00u1","status":"ON_FIRE\u001b","profile":"none","type":7,"credentials":[]}"#)
            .unwrap();
    assert_eq!(odd.status.word(), "ON_FIRE\\x1b");
    assert_eq!(&*odd.login, "");
}

#[test]
fn a_group_without_counts_has_unknown_counts() {
    let with = |stats: &str| -> Group {
        one(&format!(r#"{{"id":"00g1","type":"APP_GROUP","profile":{{"name":"Sales","description":null}},"_embedded":{stats}}}"#)).unwrap()
    };
    let stats = |users, apps, has_admin_privilege| {
        Some(GroupStats {
            users,
            apps,
            has_admin_privilege,
        })
    };
    for (json, expected) in [
        (
            r#"{"stats":{"usersCount":7,"appsCount":2,"hasAdminPrivilege":true}}"#,
            stats(7, 2, true),
        ),
        (
            r#"{"stats":{"usersCount":"7","appsCount":0,"hasAdminPrivlege":true}}"#,
            stats(7, 0, true),
        ),
        (
            r#"{"stats":{"usersCount":7,"appsCount":0}}"#,
            stats(7, 0, false),
        ),
        (r#"{"stats":{"appsCount":0}}"#, None),
        (r#"{"stats":{"usersCount":null,"appsCount":0}}"#, None),
        (r#"{"stats":null}"#, None),
        ("null", None),
    ] {
        assert_eq!(with(json).stats, expected, "{json}");
    }
    let group = with("{}");
    assert_eq!(
        (group.kind, &*group.name, group.description),
        (GroupType::App, "Sales", None)
    );
    let group: Group = one(r#"{"id":"00g1","type":"SPACE_GROUP"}"#).unwrap();
    assert_eq!(group.kind.word(), "SPACE_GROUP");
}

#[test]
fn an_app_is_read_with_modes_that_nobody_knows() {
    let app: Application = one(
        r#"{"id":"0oa1","name":"salesforce","label":"Salesforce","status":"INACTIVE","signOnMode":"SAML_2_0",
        "features":["GROUP_PUSH",null,"TELEPATHY"],"created":"2020-01-01T00:00:00.000Z","settings":{"signOn":{}}}"#,
    )
    .unwrap();
    assert_eq!(app.status, AppStatus::Inactive);
    assert_eq!(app.sign_on_mode, Some(SignOnMode::Saml20));
    let features: Vec<&str> = app.features.iter().map(|word| &**word).collect();
    assert_eq!(features, ["GROUP_PUSH", "TELEPATHY"]);
    for (json, mode) in [
        (r#"{"id":"0oa1"}"#, None),
        (r#"{"id":"0oa1","signOnMode":null,"features":null}"#, None),
        (r#"{"id":"0oa1","signOnMode":"DREAM"}"#, Some("DREAM")),
    ] {
        let app: Application = one(json).unwrap();
        assert_eq!(app.sign_on_mode.as_ref().map(SignOnMode::word), mode);
    }
}

#[test]
fn an_assignment_names_its_group_only_in_a_link() {
    let of = |links: &str| -> AppUser {
        one(&format!(
            r#"{{"id":"00u1","scope":"GROUP","status":"PROVISIONED","syncState":"SYNCHRONIZED",
            "credentials":{{"userName":"ana"}},"_links":{links}}}"#
        ))
        .unwrap()
    };
    let assigned =
        of(r#"{"group":{"name":"Sales","href":"https://acme.okta.com/api/v1/groups/00g1"}}"#);
    assert_eq!(assigned.scope, AssignmentScope::Group);
    assert_eq!(assigned.group.unwrap().as_str(), "00g1");
    assert_eq!(assigned.user_name.as_deref(), Some("ana"));
    for odd in [
        "null",
        "{}",
        r#"{"group":{"href":"https://x/"}}"#,
        r#"{"group":{"href":"a b"}}"#,
    ] {
        assert_eq!(of(odd).group, None, "{odd}");
    }
}

#[test]
fn a_factor_shows_what_its_profile_names() {
    for (profile, detail) in [
        (r#"{"phoneNumber":"+15551234567"}"#, Some("+15551234567")),
        (
            r#"{"credentialId":"ana@acme.com","name":"Ana's phone"}"#,
            Some("Ana's phone"),
        ),
        (r#"{"authenticatorName":"YubiKey 5"}"#, Some("YubiKey 5")),
        ("{}", None),
        ("null", None),
    ] {
        let json = format!(
            r#"{{"id":"opf1","factorType":"push","provider":"OKTA","status":"ACTIVE","profile":{profile}}}"#
        );
        let factor: Factor = one(&json).unwrap();
        assert_eq!(factor.detail.as_deref(), detail, "{profile}");
    }
}

#[test]
fn one_bad_item_costs_itself_and_not_its_page() {
    let body = r#"[{"id":"00u1"},{"id":null},{},7,null,[],{"id":"../x"},{"id":["00u2"]},{"id":"00u3"},
        {"id":"00u4","profile":{"login":"\ud800x"}},{"id":"x","id":"00u5"},{"profile":{"login":"\u001b[2J"}}]"#;
    let (items, bad) = many::<User>(body).unwrap();
    let ids: Vec<&str> = items.iter().map(|item| item.value.id.as_str()).collect();
    assert_eq!(ids, ["00u1", "00u3", "00u4", "00u5"]);
    let places: Vec<usize> = bad.iter().map(|bad| bad.index).collect();
    assert_eq!(places, [1, 2, 3, 4, 5, 6, 7, 11]);
    assert_eq!(bad[2].why, Unreadable::NotAnObject);
    assert!(bad[7].excerpt.contains("\\u001b"), "as JSON spells it");
}

#[test]
fn what_is_no_list_is_never_an_empty_one() {
    let html = "<!DOCTYPE html><html><body>Sign in</body></html>";
    for (body, fault) in [
        ("", Some(DecodeFault::Empty)),
        (" \r\n", Some(DecodeFault::Empty)),
        ("{}", Some(DecodeFault::Shape("a list"))),
        ("null", Some(DecodeFault::Shape("a list"))),
        ("\"[]\"", Some(DecodeFault::Shape("a list"))),
        (html, Some(DecodeFault::Html)),
        ("[", None),
        (r#"[{"id":"00u1"}"#, None),
        (r#"[{"id":"00u1"},"#, None),
        (r#"[{"id":"00u"#, None),
        (r#"[{"id":"00u1"}] trailing"#, None),
        ("[NaN]", None),
        ("\u{feff}[]", None),
        ("[\"\0\"]", None),
        ("{\"a\":", None),
        ("oops", None),
    ] {
        match (many::<User>(body).unwrap_err(), fault) {
            (DecodeFault::NotJson(_), None) => {}
            (got, expected) => assert_eq!(Some(got), expected, "{body}"),
        }
    }
    assert!(many::<User>(&b"[\"\xff\"]"[..]).is_err());
    let (items, bad) = many::<User>(" [ ] ").unwrap();
    assert!(items.is_empty() && bad.is_empty());
}

#[test]
fn hostile_sizes_are_survived() {
    let deep = format!(
        r#"[{{"id":"00u1","x":{}{}}}]"#,
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    let (items, bad) = many::<User>(deep).unwrap();
    assert_eq!((items.len(), bad.len()), (1, 0));
    let deep_page = "[".repeat(200_000) + &"]".repeat(200_000);
    let (items, bad) = many::<User>(deep_page).unwrap();
    assert_eq!((items.len(), bad.len()), (0, 1));
    let unclosed = "[".repeat(200_000);
    assert!(many::<User>(unclosed).is_err());
    let numbers = format!(
        r#"[{{"id":"00g1","_embedded":{{"stats":{{"usersCount":1e400,"appsCount":{}}}}}}}]"#,
        "9".repeat(10_000)
    );
    let (items, _) = many::<Group>(numbers).unwrap();
    assert_eq!(items[0].value.stats, None);
    let doubled = format!("[{{{}\"id\":\"00u1\"}}]", "\"id\":\"00u0\",".repeat(10_000));
    let (items, _) = many::<User>(doubled).unwrap();
    assert_eq!(items[0].value.id.as_str(), "00u1");
    for year in [
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "99999-01-01T00:00:00Z",
        "-1",
        "now",
    ] {
        let json = format!(r#"[{{"id":"00u1","created":"{year}"}}]"#);
        assert_eq!(many::<User>(json).unwrap().0.len(), 1, "{year}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to the bytes of a page on their way, it is either refused as a whole, or every item is accounted for.
    #[test]
    fn damaged_pages_are_refused_or_accounted_for(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut page = sample_page().into_bytes();
        for (place, byte) in damage {
            let place = place.index(page.len());
            page[place] = byte;
        }
        if is_cut {
            page.truncate(cut.index(page.len()));
        }
        let elements = serde_json::from_slice::<Vec<&RawValue>>(&page).map(|items| items.len());
        match (many::<LogEvent>(page), elements) {
            (Ok((items, bad)), Ok(count)) => prop_assert_eq!(items.len() + bad.len(), count),
            (Err(_), Err(_)) => {}
            (read, elements) => prop_assert!(false, "{read:?} of {elements:?}"),
        }
    }
}
