//! Turning the link to the next page somewhere else.

use axum::response::Response;
use http::header::LINK;
use http::{HeaderMap, HeaderValue};

use super::{Fault, Kind};

/// The answer to a request for `url` with its next link turned as the fault says; faults of anything else leave it alone.
pub fn turn(mut response: Response, fault: &Fault, url: &str) -> Response {
    if fault.kind.is_of_links() {
        let headers = response.headers_mut();
        let next = take_next(headers).unwrap_or_else(|| continued(url, "after=forged"));
        for target in turned(fault.kind, &next, url) {
            let line = format!("<{target}>; rel=\"next\"");
            if let Ok(value) = HeaderValue::from_bytes(line.as_bytes()) {
                headers.append(LINK, value);
            }
        }
    }
    response
}

/// Takes the next link out of the headers.
fn take_next(headers: &mut HeaderMap) -> Option<String> {
    let lines: Vec<HeaderValue> = headers.get_all(LINK).iter().cloned().collect();
    headers.remove(LINK);
    let mut next = None;
    for line in lines {
        let text = line.to_str().unwrap_or_default();
        match text.strip_suffix(">; rel=\"next\"") {
            Some(target) => next = Some(target.trim_start_matches('<').to_owned()),
            None => {
                headers.append(LINK, line);
            }
        }
    }
    next
}

fn continued(url: &str, parameter: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{parameter}")
}

/// Where the next links lead now.
fn turned(kind: Kind, next: &str, url: &str) -> Vec<String> {
    let Some((scheme, rest)) = next.split_once("://") else {
        return Vec::new();
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    vec![match kind {
        Kind::NextHost => format!("{scheme}://evil.example{path}"),
        Kind::NextPort => {
            let name = host.split(':').next().unwrap_or_default();
            format!("{scheme}://{name}:1{path}")
        }
        Kind::NextScheme => {
            let other = if scheme == "http" { "https" } else { "http" };
            format!("{other}://{rest}")
        }
        Kind::NextUserinfo => format!("{scheme}://{host}@evil.example{path}"),
        Kind::NextDots => format!("{scheme}://{host}/api/v1/../../login{path}"),
        // The first letter is Cyrillic.
        Kind::NextLookalike => format!("{scheme}://\u{43e}kta.example{path}"),
        Kind::NextLoop => first_page(url),
        Kind::NextSame => url.to_owned(),
        Kind::NextEndless => one_more(url),
        Kind::NextTwice => return vec![next.to_owned(), continued(next, "also=here")],
        _ => return Vec::new(),
    }]
}

/// The same request without its cursor.
fn first_page(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.starts_with("after="))
        .collect();
    format!("{path}?{}", kept.join("&"))
}

/// The same request, counted.
fn one_more(url: &str) -> String {
    match url.rsplit_once("&page=") {
        Some((before, count)) => {
            let count: u64 = count.parse().unwrap_or(0);
            format!("{before}&page={}", count + 1)
        }
        None => continued(url, "page=1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://org.example:80/api/v1/users?limit=2&after=00u1";

    #[test]
    fn each_kind_leads_where_it_says() {
        let turned = |kind| turned(kind, URL, URL);
        assert_eq!(
            turned(Kind::NextHost),
            ["http://evil.example/api/v1/users?limit=2&after=00u1"]
        );
        assert_eq!(
            turned(Kind::NextPort),
            ["http://org.example:1/api/v1/users?limit=2&after=00u1"]
        );
        assert!(turned(Kind::NextScheme)[0].starts_with("https://org.example:80/"));
        assert!(turned(Kind::NextUserinfo)[0].contains("@evil.example/"));
        assert_eq!(
            turned(Kind::NextLoop),
            ["http://org.example:80/api/v1/users?limit=2"]
        );
        assert_eq!(turned(Kind::NextSame), [URL]);
        assert_eq!(turned(Kind::NextTwice).len(), 2);
        assert!(turned(Kind::NextMissing).is_empty());
        assert_eq!(one_more(&one_more(URL)), format!("{URL}&page=2"));
    }
}
