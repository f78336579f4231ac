//! The way from one page to the next: Okta's `Link` headers, and where a listing stands.

use http::HeaderMap;

use super::address::{BaseUrl, LinkFault};

/// The URL of a listing's next page, as Okta named it. It leads to the org's own API; nothing else becomes one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NextLink(Box<str>);

impl NextLink {
    /// Takes a link back that was stored, and checks it again: the store's file may have been changed, and so may the org.
    ///
    /// # Errors
    /// [`LinkFault`] when it does not lead to the API of `base`.
    pub fn restore(base: &BaseUrl, stored: &str) -> Result<Self, LinkFault> {
        base.authorize(stored)?;
        Ok(Self(stored.into()))
    }

    /// The URL, to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where a listing stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cursor {
    /// Before its first page.
    #[default]
    Start,
    /// Before the page that this link leads to.
    At(NextLink),
}

impl From<NextLink> for Cursor {
    fn from(link: NextLink) -> Self {
        Self::At(link)
    }
}

/// The next page that an answer names; `None` at the end.
///
/// # Errors
/// [`LinkFault`] when it leads elsewhere or when there are two of them.
pub(super) fn next_link(
    headers: &HeaderMap,
    base: &BaseUrl,
) -> Result<Option<NextLink>, LinkFault> {
    let mut next: Option<&str> = None;
    for line in headers.get_all(http::header::LINK) {
        let line = line.to_str().map_err(|_| LinkFault::NotAUrl)?;
        for (target, params) in links(line) {
            if !names_next(params) {
                continue;
            }
            if next.is_some_and(|other| other != target) {
                return Err(LinkFault::Ambiguous);
            }
            next = Some(target);
        }
    }
    next.map(|target| NextLink::restore(base, target))
        .transpose()
}

/// The links of one header line, each with its parameters. Targets stand in angle brackets and may hold commas and semicolons.
fn links(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        let (params, after) = after.split_at(end_of_params(after));
        rest = after;
        Some((target.trim(), params))
    })
}

/// Where the parameters of one link end: at a comma outside quotes.
fn end_of_params(text: &str) -> usize {
    let mut quoted = false;
    text.find(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .unwrap_or(text.len())
}

fn names_next(params: &str) -> bool {
    params.split(';').any(|param| {
        let Some((name, value)) = param.split_once('=') else {
            return false;
        };
        let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
        name.trim().eq_ignore_ascii_case("rel")
            && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const USERS: &str = "https://acme.okta.com/api/v1/users";

    fn read(lines: &[&str]) -> Result<Option<String>, LinkFault> {
        let (base, _) = BaseUrl::parse("acme.okta.com").unwrap();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("link", HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        next_link(&headers, &base).map(|link| link.map(|link| link.as_str().to_owned()))
    }

    #[test]
    fn next_is_found_however_the_lines_are_written() {
        let own = format!("<{USERS}?limit=2>; rel=\"self\"");
        let next = format!("{USERS}?after=a,b;c&limit=2");
        for lines in [
            vec![own.clone(), format!("<{next}>; rel=\"next\"")],
            vec![format!("<{next}>; rel=\"next\""), own.clone()],
            vec![format!("{own}, <{next}>; rel=\"next\"")],
            vec![format!("<{next}>;rel=next,{own}")],
            vec![format!("<{next}>; title=\"a, b; <c>\"; REL=\"Next last\"")],
            vec![format!("<{next}>; rel=next"), format!("<{next}>; rel=next")],
        ] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(read(&lines), Ok(Some(next.clone())), "{lines:?}");
        }
    }

    #[test]
    fn no_next_is_the_end() {
        for lines in [
            vec![],
            vec![format!("<{USERS}>; rel=\"self\"")],
            vec![format!("<{USERS}>; rel=\"nextish\"")],
            vec![format!("<{USERS}>; title=\"rel=next\"; rel=self")],
            vec![
                "garbage".to_owned(),
                String::new(),
                "<".to_owned(),
                "<x".to_owned(),
            ],
        ] {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(read(&lines), Ok(None), "{lines:?}");
        }
    }

    #[test]
    fn a_link_that_leads_elsewhere_stops_the_listing() {
        for target in [
            "https://evil.example/api/v1/users",
            "/api/v1/users?after=x",
            "http://acme.okta.com/api/v1/users",
            "",
        ] {
            assert!(
                read(&[&format!("<{target}>; rel=\"next\"")]).is_err(),
                "{target}"
            );
        }
        let two = [
            format!("<{USERS}?after=1>; rel=\"next\""),
            format!("<{USERS}?after=2>; rel=\"next\""),
        ];
        assert_eq!(read(&[&two[0], &two[1]]), Err(LinkFault::Ambiguous));
        assert_eq!(
            read(&["<https://acme.okta.com/api/v1/\u{fc}sers>; rel=\"next\""]),
            Err(LinkFault::NotAUrl)
        );
    }

    #[test]
    fn a_stored_link_is_checked_again() {
        let (base, _) = BaseUrl::parse("acme.okta.com").unwrap();
        let (other, _) = BaseUrl::parse("other.okta.com").unwrap();
        let stored = format!("{USERS}?after=x");
        assert_eq!(NextLink::restore(&base, &stored).unwrap().as_str(), stored);
        assert!(NextLink::restore(&other, &stored).is_err());
    }
}
