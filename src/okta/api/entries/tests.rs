//! What is asked for each kind, and how its pages are read.

use std::sync::Arc;
use std::sync::Mutex;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;

use super::*;
use crate::clock::Clock;
use crate::domain::entry::Above;
use crate::domain::secret::Secret;
use crate::okta::{BaseUrl, Credential, ErrorKind, ServiceTransport, Settings};

/// What stands below a kind in these tests.
fn parent(kind: EntryKind) -> Option<EntryId> {
    let parent = match (kind, kind.above()) {
        (EntryKind::OrgSetting, _) => "threatInsight",
        (_, Above::Org) => return None,
        (_, Above::Binding) => "iam1:cr01",
        _ => "p/1",
    };
    Some(parent.parse().unwrap())
}

/// A reader of something that answers every request with `body` and remembers what was asked.
fn asked(status: u16, body: &'static str) -> (Reader, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let service = tower::service_fn(move |request: Request<Full<Bytes>>| {
        seen.lock().unwrap().push(request.uri().to_string());
        let answer = Response::builder().status(status);
        let answer = answer.body(Full::new(Bytes::from_static(body.as_bytes())));
        async move { Ok::<_, std::convert::Infallible>(answer.unwrap()) }
    });
    let (base, _) = BaseUrl::parse("http://127.0.0.1:9").unwrap();
    let token = Secret::new("00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_Ab".into());
    let settings = Settings::new(base, Credential::ssws(&token).unwrap());
    let transport = Arc::new(ServiceTransport::new(service));
    (Reader::new(settings, transport, Clock::real()), asked)
}

#[tokio::test]
async fn every_kind_asks_an_address_of_its_own_with_its_parent_as_one_segment() {
    let (reader, seen) = asked(200, "[]");
    for kind in EntryKind::ALL {
        // A single object is no list; what is asked is all that counts here.
        let _ = reader
            .entries(*kind, parent(*kind).as_ref(), &Cursor::Start)
            .await;
    }
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), EntryKind::ALL.len());
    let distinct: std::collections::BTreeSet<&String> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len(), "{seen:?}");
    assert!(seen.iter().all(|url| !url.contains(['{', '}'])), "{seen:?}");
    let of = |kind: EntryKind| {
        seen[usize::from(kind.number())]
            .rsplit_once(":9")
            .unwrap()
            .1
    };
    assert_eq!(
        of(EntryKind::BindingMember),
        "/api/v1/iam/resource-sets/iam1/bindings/cr01/members"
    );
    assert_eq!(
        of(EntryKind::Policy),
        "/api/v1/policies?type=p%2F1&limit=200"
    );
    assert_eq!(of(EntryKind::OrgSetting), "/api/v1/threats/configuration");
    assert_eq!(
        of(EntryKind::UserRole),
        "/api/v1/users/p%2F1/roles?expand=targets%2Fgroups"
    );
}

#[tokio::test]
async fn pages_of_iam_name_the_next_one_in_their_body() {
    let (reader, _) = asked(
        200,
        r#"{"roles":[{"id":"cr01","label":"One"}],"_links":{"next":{"href":"http://127.0.0.1:9/api/v1/iam/roles?after=cr01"}}}"#,
    );
    let page = reader
        .entries(EntryKind::Role, None, &Cursor::Start)
        .await
        .unwrap();
    assert_eq!(&*page.items[0].value.name, "One");
    let next = page.next.unwrap();
    assert!(next.as_str().ends_with("/api/v1/iam/roles?after=cr01"));
}

#[tokio::test]
async fn a_next_page_in_the_body_that_leaves_the_org_stops_the_listing() {
    let (reader, _) = asked(
        200,
        r#"{"value":[],"_links":{"next":{"href":"https://evil.example/api/v1/iam/assignees/users"}}}"#,
    );
    let error = reader
        .entries(EntryKind::Admin, None, &Cursor::Start)
        .await
        .unwrap_err();
    assert!(matches!(error.kind, ErrorKind::SecurityStop(_)), "{error}");
}

#[tokio::test]
async fn an_answer_without_its_list_says_nothing() {
    for body in [
        r#"{"_links":{}}"#,
        r#"{"value":null}"#,
        r#"{"value":{}}"#,
        "null",
    ] {
        let (reader, _) = asked(200, body);
        let answer = reader.entries(EntryKind::Admin, None, &Cursor::Start).await;
        let error = answer.expect_err(body);
        assert!(
            matches!(error.kind, ErrorKind::Decode(_)),
            "{body}: {error}"
        );
    }
}

#[tokio::test]
async fn keys_are_read_bare_and_in_their_object() {
    let keys = Some("0oa1".parse().unwrap());
    for body in [
        r#"[{"kid":"a","kty":"EC"}]"#,
        r#"{"jwks":{"keys":[{"kid":"a","kty":"EC"}]}}"#,
    ] {
        let (reader, _) = asked(200, body);
        let page = reader.entries(EntryKind::ClientKey, keys.as_ref(), &Cursor::Start);
        assert_eq!(page.await.unwrap().items.len(), 1, "{body}");
    }
}
