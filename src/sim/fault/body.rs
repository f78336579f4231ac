//! Breaking the body of an answer on its way out.

use std::convert::Infallible;
use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use futures_util::{StreamExt as _, stream};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;
use serde_json::{Map, Value, json};

use super::{Fault, Kind, gzip};

/// How deep the nesting of [`Kind::Deep`] is.
const DEPTH: usize = 10_000;
/// How large the body of [`Kind::Huge`] is.
const HUGE_MIB: usize = 200;

/// The answer with its body broken as the fault says; faults of anything else leave it alone.
pub async fn break_up(response: Response, fault: &Fault) -> Response {
    if !breaks(fault.kind) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(whole) = body.collect().await else {
        return Response::from_parts(parts, Body::empty());
    };
    let whole = whole.to_bytes();
    let span = Duration::from_millis(fault.millis);
    let body = match fault.kind {
        Kind::ResetAfterHeaders => cut_off(&mut parts.headers, &whole, 0),
        Kind::ResetMidBody => cut_off(&mut parts.headers, &whole, whole.len() / 2),
        Kind::Stall => {
            promise(&mut parts.headers, whole.len());
            in_pieces(
                vec![
                    whole.slice(..whole.len() / 2),
                    whole.slice(whole.len() / 2..),
                ],
                span,
            )
        }
        Kind::SlowLoris => {
            promise(&mut parts.headers, whole.len());
            let bytes = (0..whole.len()).map(|at| whole.slice(at..=at)).collect();
            in_pieces(bytes, span)
        }
        Kind::Huge => huge(&whole),
        Kind::GzipBomb => {
            let packed = HeaderValue::from_static("gzip");
            parts.headers.insert(CONTENT_ENCODING, packed);
            Body::from(gzip::bomb())
        }
        kind => Body::from(odd(kind, &whole)),
    };
    Response::from_parts(parts, body)
}

fn breaks(kind: Kind) -> bool {
    use Kind::{
        ByteOrderMark, Deep, DuplicateKeys, EmptyBody, EmptyObject, EscapedNul, GzipBomb, Huge,
        HugeNumber, LoneSurrogate, NotANumber, RawNul, ResetAfterHeaders, ResetMidBody, SlowLoris,
        Stall, TruncatedJson, WrongType, YearMax, YearZero,
    };
    matches!(
        kind,
        ResetAfterHeaders
            | ResetMidBody
            | Stall
            | SlowLoris
            | EmptyBody
            | TruncatedJson
            | WrongType
            | EmptyObject
            | ByteOrderMark
            | RawNul
            | EscapedNul
            | LoneSurrogate
            | Deep
            | Huge
            | GzipBomb
            | DuplicateKeys
            | NotANumber
            | HugeNumber
            | YearZero
            | YearMax
    )
}

fn promise(headers: &mut HeaderMap, length: usize) {
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
}

/// The first `kept` bytes of what was promised, then the end of the connection.
fn cut_off(headers: &mut HeaderMap, whole: &Bytes, kept: usize) -> Body {
    promise(headers, whole.len());
    let cut = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    Body::from_stream(stream::iter([Ok(whole.slice(..kept)), cut]))
}

/// The first piece at once, each other one after `span`.
fn in_pieces(pieces: Vec<Bytes>, span: Duration) -> Body {
    let pieces = stream::iter(pieces.into_iter().enumerate());
    Body::from_stream(pieces.then(move |(at, piece)| async move {
        if at > 0 {
            tokio::time::sleep(span).await;
        }
        Ok::<Bytes, Infallible>(piece)
    }))
}

/// The body with white space before its last character: small to make, large to take.
fn huge(whole: &Bytes) -> Body {
    let mib = Bytes::from(vec![b' '; 1 << 20]);
    let end = whole.len().saturating_sub(1);
    let pieces = std::iter::once(whole.slice(..end))
        .chain(std::iter::repeat_n(mib, HUGE_MIB))
        .chain([whole.slice(end..)]);
    Body::from_stream(stream::iter(pieces.map(Ok::<Bytes, Infallible>)))
}

/// A body that arrives whole and is not what it should be.
fn odd(kind: Kind, whole: &[u8]) -> Vec<u8> {
    match kind {
        Kind::EmptyBody => Vec::new(),
        Kind::TruncatedJson => whole[..whole.len() / 2].to_vec(),
        Kind::WrongType => b"\"ok\"".to_vec(),
        Kind::EmptyObject => b"{}".to_vec(),
        Kind::ByteOrderMark => [b"\xef\xbb\xbf", whole].concat(),
        Kind::RawNul => [
            &whole[..whole.len().min(1)],
            b"\0",
            &whole[whole.len().min(1)..],
        ]
        .concat(),
        Kind::EscapedNul => marked(whole, Spot::Name, "\"\\u0000\""),
        Kind::LoneSurrogate => marked(whole, Spot::Name, "\"\\ud800\""),
        Kind::Deep => marked(
            whole,
            Spot::Extra,
            &format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH)),
        ),
        Kind::NotANumber => marked(whole, Spot::Extra, "NaN"),
        Kind::HugeNumber => marked(whole, Spot::Extra, "1e400"),
        Kind::YearZero => marked(whole, Spot::Date, "\"0000-01-01T00:00:00.000Z\""),
        Kind::YearMax => marked(whole, Spot::Date, "\"9999-12-31T23:59:59.999Z\""),
        Kind::DuplicateKeys => twice_named(whole),
        _ => whole.to_vec(),
    }
}

/// Where something odd is put into an object.
#[derive(Clone, Copy)]
enum Spot {
    /// In place of what it is called.
    Name,
    /// In place of when it changed or happened.
    Date,
    /// As a member that no document names.
    Extra,
}

/// What stands in the tree for a text that no tree can hold.
const MARK: &str = "@odd@";

/// The body with `odd`, as it is to be on the wire, in each of its objects.
fn marked(whole: &[u8], spot: Spot, odd: &str) -> Vec<u8> {
    let Ok(mut tree) = serde_json::from_slice::<Value>(whole) else {
        return whole.to_vec();
    };
    for object in objects(&mut tree) {
        mark(object, spot);
    }
    let text = tree.to_string();
    text.replace(&format!("\"{MARK}\""), odd).into_bytes()
}

fn objects(tree: &mut Value) -> Vec<&mut Map<String, Value>> {
    match tree {
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).collect(),
        Value::Object(object) => vec![object],
        _ => Vec::new(),
    }
}

fn mark(object: &mut Map<String, Value>, spot: Spot) {
    let places: &[(&str, &str)] = match spot {
        Spot::Extra => &[("profile", ""), ("", "")],
        Spot::Date => &[("", "lastUpdated"), ("", "published"), ("", "created")],
        Spot::Name => &[
            ("profile", "firstName"),
            ("profile", "name"),
            ("", "label"),
            ("", "displayMessage"),
            ("", "name"),
        ],
    };
    for (within, name) in places {
        let holder = match *within {
            "" => Some(&mut *object),
            within => object.get_mut(within).and_then(Value::as_object_mut),
        };
        let Some(holder) = holder else { continue };
        let name = if name.is_empty() { "oddity" } else { name };
        if name == "oddity" || holder.contains_key(name) {
            holder.insert(name.to_owned(), json!(MARK));
            return;
        }
    }
}

/// Every object with an id of its own and, before it, a foreign one.
fn twice_named(whole: &[u8]) -> Vec<u8> {
    let Ok(mut tree) = serde_json::from_slice::<Value>(whole) else {
        return whole.to_vec();
    };
    let foreign =
        "\"id\":\"00uTHE0FIRST0OF0TWO0\",\"uuid\":\"00000000-0000-1000-8000-000000000000\",";
    let written: Vec<String> = objects(&mut tree)
        .into_iter()
        .map(|object| {
            let text = Value::Object(std::mem::take(object)).to_string();
            format!("{{{foreign}{}", &text[1..])
        })
        .collect();
    match tree {
        Value::Array(_) => format!("[{}]", written.join(",")).into_bytes(),
        _ => written.concat().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &[u8] =
        br#"[{"id":"1","lastUpdated":"2026-01-01T00:00:00.000Z","profile":{"firstName":"A"}}]"#;

    fn text(kind: Kind) -> String {
        String::from_utf8(odd(kind, PAGE)).unwrap()
    }

    #[test]
    fn what_no_tree_can_hold_is_on_the_wire() {
        assert!(text(Kind::LoneSurrogate).contains(r#""firstName":"\ud800""#));
        assert!(text(Kind::EscapedNul).contains(r#""firstName":"\u0000""#));
        assert!(text(Kind::HugeNumber).contains(r#""oddity":1e400"#));
        assert!(text(Kind::NotANumber).contains(r#""oddity":NaN"#));
        assert!(text(Kind::YearZero).contains(r#""lastUpdated":"0000-01-01T00:00:00.000Z""#));
        assert!(text(Kind::Deep).contains(&"[".repeat(DEPTH)));
        let twice = text(Kind::DuplicateKeys);
        assert_eq!(twice.matches("\"id\":").count(), 2, "{twice}");
        assert_eq!(text(Kind::EmptyBody), "");
        assert_eq!(odd(Kind::RawNul, PAGE)[1], 0);
    }

    #[test]
    fn an_empty_or_foreign_body_breaks_nothing_here() {
        for whole in [&b""[..], b"x", b"[]", b"[1]"] {
            for kind in [
                Kind::RawNul,
                Kind::YearMax,
                Kind::DuplicateKeys,
                Kind::TruncatedJson,
            ] {
                let _ = odd(kind, whole);
            }
        }
    }
}
