//! Where the org is: the base URL as people paste it, and the one place that decides which URLs may carry the credential.
//!
//! Invariant: an [`AuthorizedUrl`] has the org's own scheme, host and port, no user name, and a path of Okta's API. Nothing else is
//! ever sent a credential, and there is no other way to make one.

use std::fmt;

use http::Uri;
use url::{Host, Url};

use crate::domain::text::SafeText;

/// Okta's own domains; an org is one label below one of them. Anything else is a custom domain.
const OKTA_DOMAINS: [&str; 5] = [
    "okta.com",
    "oktapreview.com",
    "okta-emea.com",
    "okta-gov.com",
    "okta.mil",
];

/// Hosts below `okta.com` that are Okta's own sites.
const NOT_ORGS: [&str; 8] = [
    "www",
    "login",
    "support",
    "help",
    "developer",
    "trust",
    "status",
    "signup",
];

/// Longer than any link that Okta makes or takes.
const MAX_URL_BYTES: usize = 8 * 1024;

/// Why a text is not the address of an org. Each says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Nothing was given.
    #[error("the org's address is empty; write it as https://acme.okta.com")]
    Empty,
    /// It is not a URL at all.
    #[error("`{0}` is not the address of an org; write it as https://acme.okta.com")]
    NotAUrl(SafeText),
    /// A scheme other than http and https.
    #[error("`{0}` does not begin with https://; write it as https://acme.okta.com")]
    Scheme(SafeText),
    /// Plain http to another machine would send the token for everyone on the way to read.
    #[error(
        "http://{0} would send the token unencrypted; write https://{0} (plain http is for this machine only)"
    )]
    Unencrypted(SafeText),
    /// A user name or password in the address.
    #[error("the address holds a user name or password; write only https://{0}")]
    Credentials(SafeText),
    /// One of Okta's own sites.
    #[error(
        "{0} is a site of Okta's, not an org; an org's address looks like https://acme.okta.com"
    )]
    NotAnOrg(SafeText),
    /// A doubled ending.
    #[error("{0} ends in .com twice; probably https://{1} is meant")]
    DoubledEnding(SafeText, SafeText),
}

/// The address of one org: scheme, host and port.
#[derive(Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Reads an address as people paste it: a bare host, with or without a scheme, with a path of the Admin Console, the Admin
    /// Console's own `-admin` host. The second value says in words what was corrected.
    ///
    /// # Errors
    /// [`UrlError`] when it cannot be an org, or would send a token unencrypted to another machine.
    pub fn parse(text: &str) -> Result<(Self, Vec<String>), UrlError> {
        let text = text.trim();
        let mut words = Vec::new();
        let url = parse_with_scheme(text)?;
        let host = url
            .host_str()
            .filter(|host| !host.is_empty())
            .ok_or_else(|| UrlError::NotAUrl(text.into()))?
            .trim_end_matches('.')
            .to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials(host.into()));
        }
        if !is_loopback(&url) && !is_full_name(&url) {
            return Err(UrlError::NotAUrl(text.into()));
        }
        if url.scheme() == "http" && !is_loopback(&url) {
            return Err(UrlError::Unencrypted(host.into()));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            words.push(format!(
                "the address ends after the host: `{}` was left off",
                SafeText::new(&url[url::Position::BeforePath..])
            ));
        }
        let org_host = org_host(&host, &mut words)?;
        let mut base = url;
        base.set_path("/");
        base.set_query(None);
        base.set_fragment(None);
        base.set_host(Some(&org_host))
            .map_err(|_| UrlError::NotAUrl(text.into()))?;
        Ok((Self(base), words))
    }

    /// The host, with its port when that is not the scheme's own: `acme.okta.com`, `127.0.0.1:8080`.
    pub fn host(&self) -> &str {
        &self.0[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// Scheme, host and port without a slash at the end: `https://acme.okta.com`.
    pub fn origin(&self) -> &str {
        &self.0[..url::Position::AfterPort]
    }

    /// Whether it is this machine itself, where plain http is accepted and no proxy is used.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// The URL of an endpoint. Each segment is percent-encoded, so that no value can change the path.
    ///
    /// # Errors
    /// [`LinkFault::Path`] when a segment is empty, `.` or `..`, which URLs take for steps rather than names.
    pub(super) fn endpoint(
        &self,
        segments: &[&str],
        query: &[(&str, &str)],
    ) -> Result<AuthorizedUrl, LinkFault> {
        if segments
            .iter()
            .any(|segment| matches!(*segment, "" | "." | ".."))
        {
            return Err(LinkFault::Path);
        }
        let mut url = self.0.clone();
        url.path_segments_mut()
            .map_err(|()| LinkFault::NotAUrl)?
            .clear()
            .extend(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.check(&url)
    }

    /// Checks a URL that came from outside (a `next` link) before anything is sent to it.
    ///
    /// # Errors
    /// [`LinkFault`] names the first thing about it that is not the org's own API.
    pub(super) fn authorize(&self, text: &str) -> Result<AuthorizedUrl, LinkFault> {
        // The parser repairs what follows; a link that needs repair was not made by Okta.
        if !text.bytes().all(|b| b.is_ascii_graphic()) || text.contains('\\') {
            return Err(LinkFault::NotAUrl);
        }
        let path = text.split(['?', '#']).next().unwrap_or_default();
        if path.split('/').any(is_dot_segment) {
            return Err(LinkFault::Path);
        }
        self.check(&Url::parse(text).map_err(|_| LinkFault::NotAUrl)?)
    }

    fn check(&self, url: &Url) -> Result<AuthorizedUrl, LinkFault> {
        if url.scheme() != self.0.scheme() {
            return Err(LinkFault::Scheme(SafeText::new(url.scheme())));
        }
        if url.host() != self.0.host() {
            return Err(LinkFault::Host(SafeText::new(
                url.host_str().unwrap_or_default(),
            )));
        }
        if url.port_or_known_default() != self.0.port_or_known_default() {
            return Err(LinkFault::Port);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(LinkFault::Credentials);
        }
        let path = url.path();
        let known = ["/api/", "/oauth2/", "/.well-known/"];
        if url.fragment().is_some() || !known.iter().any(|prefix| path.starts_with(prefix)) {
            return Err(LinkFault::Path);
        }
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(LinkFault::TooLong);
        }
        let uri = url.as_str().parse().map_err(|_| LinkFault::NotAUrl)?;
        Ok(AuthorizedUrl(uri))
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.origin())
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.origin())
    }
}

/// A URL of the org's own API: the only kind that is sent anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthorizedUrl(Uri);

impl AuthorizedUrl {
    pub(super) fn uri(&self) -> Uri {
        self.0.clone()
    }

    pub(super) fn path(&self) -> &str {
        self.0.path()
    }

    /// Scheme, host and path: what proofs and assertions name.
    pub(super) fn without_query(&self) -> String {
        let scheme = self.0.scheme_str().unwrap_or_default();
        let authority = self
            .0
            .authority()
            .map_or("", |authority| authority.as_str());
        format!("{scheme}://{authority}{}", self.path())
    }
}

/// What is wrong with a link that Okta's answer or the store named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// Not a URL, or one with characters that URLs do not have.
    #[error("it is not a URL")]
    NotAUrl,
    /// More than 8 KiB.
    #[error("it is longer than Okta takes")]
    TooLong,
    /// Another scheme than the org's.
    #[error("its scheme is {0}")]
    Scheme(SafeText),
    /// Another host than the org's.
    #[error("it leads to the host {0}")]
    Host(SafeText),
    /// Another port than the org's.
    #[error("it leads to another port")]
    Port,
    /// A user name or password in it.
    #[error("it holds a user name or password")]
    Credentials,
    /// A path outside Okta's API, or one with steps in it.
    #[error("its path is not one of Okta's API")]
    Path,
    /// Two different next pages.
    #[error("the answer names two next pages")]
    Ambiguous,
}

fn parse_with_scheme(text: &str) -> Result<Url, UrlError> {
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    // The URL parser would drop tabs and line breaks silently.
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(UrlError::NotAUrl(text.into()));
    }
    let lower = text.to_ascii_lowercase();
    let is_web = lower.starts_with("http://") || lower.starts_with("https://");
    if !is_web && text.contains("://") {
        return Err(UrlError::Scheme(text.into()));
    }
    let parse = |text: &str| Url::parse(text).map_err(|_| UrlError::NotAUrl(text.into()));
    if is_web {
        return parse(text);
    }
    // A bare loopback host is a simulator or a test server, which speak plain http.
    let bare = parse(&format!("https://{text}"))?;
    if is_loopback(&bare) {
        parse(&format!("http://{text}"))
    } else {
        Ok(bare)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether a host is an address or a name of at least two ordinary labels: placeholders and bare words are not.
fn is_full_name(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else {
        return true;
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    name.contains('.') && name.split('.').all(is_label)
}

/// The org's own host: the Admin Console's host corrected, Okta's other sites refused.
fn org_host(host: &str, words: &mut Vec<String>) -> Result<String, UrlError> {
    if let Some(single) = host.strip_suffix(".com.com") {
        return Err(UrlError::DoubledEnding(
            host.into(),
            format!("{single}.com").into(),
        ));
    }
    let Some(domain) = OKTA_DOMAINS
        .into_iter()
        .find(|domain| host == *domain || host.ends_with(&format!(".{domain}")))
    else {
        return Ok(host.to_owned());
    };
    let label = host
        .strip_suffix(domain)
        .unwrap_or_default()
        .trim_end_matches('.');
    if label.is_empty() || NOT_ORGS.contains(&label) {
        return Err(UrlError::NotAnOrg(host.into()));
    }
    match label.strip_suffix("-admin") {
        Some(org) if !org.is_empty() => {
            let corrected = format!("{org}.{domain}");
            words.push(format!(
                "{host} is the Admin Console; the API is at {corrected}, which is used"
            ));
            Ok(corrected)
        }
        _ => Ok(host.to_owned()),
    }
}

fn is_dot_segment(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, usize) {
        let (base, words) = BaseUrl::parse(text).unwrap();
        (base.origin().to_owned(), words.len())
    }

    #[test]
    fn addresses_are_taken_as_people_paste_them() {
        for (pasted, origin, corrections) in [
            ("acme.okta.com", "https://acme.okta.com", 0),
            ("  https://acme.okta.com/ \n", "https://acme.okta.com", 0),
            ("HTTPS://Acme.Okta.COM", "https://acme.okta.com", 0),
            ("acme.okta.com.", "https://acme.okta.com", 0),
            ("acme.oktapreview.com", "https://acme.oktapreview.com", 0),
            ("https://acme.okta.com:443", "https://acme.okta.com", 0),
            (
                "https://login.acme.example",
                "https://login.acme.example",
                0,
            ),
            (
                "https://id.acme.example:8443/",
                "https://id.acme.example:8443",
                0,
            ),
            (
                "https://acme-admin.okta.com/admin/dashboard",
                "https://acme.okta.com",
                2,
            ),
            (
                "acme-admin.oktapreview.com",
                "https://acme.oktapreview.com",
                1,
            ),
            ("acme.okta.com/api/v1", "https://acme.okta.com", 1),
            ("https://acme.okta.com?x=1#y", "https://acme.okta.com", 1),
            (
                "https://acme-admin.example",
                "https://acme-admin.example",
                0,
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", 0),
            ("http://localhost:8080/", "http://localhost:8080", 0),
            ("http://[::1]:8080", "http://[::1]:8080", 0),
            ("localhost:8080", "http://localhost:8080", 0),
        ] {
            assert_eq!(parsed(pasted), (origin.to_owned(), corrections), "{pasted}");
        }
    }

    #[test]
    fn what_cannot_be_an_org_is_refused_with_a_way_out() {
        for (pasted, hint) in [
            ("", "empty"),
            ("   ", "empty"),
            ("http://acme.okta.com", "https://acme.okta.com"),
            ("http://127.0.0.1.evil.example", "unencrypted"),
            ("ftp://acme.okta.com", "https://"),
            ("https://me:pw@acme.okta.com", "user name"),
            ("https://login.okta.com", "not an org"),
            ("okta.com", "not an org"),
            ("acme.okta.com.com", "https://acme.okta.com is meant"),
            ("{yourOktaDomain}", "not the address"),
            ("https://{yourOktaDomain}.okta.com", "not the address"),
            ("acme", "not the address"),
            ("acme..okta.com", "not the address"),
            ("https://", "not the address"),
            ("acme okta.com", "not the address"),
        ] {
            let error = BaseUrl::parse(pasted).unwrap_err().to_string();
            assert!(error.contains(hint), "{pasted}: {error}");
        }
    }

    #[test]
    fn only_the_orgs_own_api_is_authorized() {
        let (base, _) = BaseUrl::parse("https://acme.okta.com").unwrap();
        for good in [
            "https://acme.okta.com/api/v1/users?after=00u1&limit=200",
            "https://ACME.okta.com:443/api/v1/users",
            "https://acme.okta.com/oauth2/v1/clients",
            "https://acme.okta.com/api/v1/logs?after=a%2Fb..c",
        ] {
            assert!(base.authorize(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/api/v1/users",
            "//acme.okta.com/api/v1/users",
            "http://acme.okta.com/api/v1/users",
            "https://acme.okta.com:8443/api/v1/users",
            "https://evil.example/api/v1/users",
            "https://acme.okta.com.evil.example/api/v1/users",
            "https://acme.okta.com@evil.example/api/v1/users",
            "https://user@acme.okta.com/api/v1/users",
            "https://:pw@acme.okta.com/api/v1/users",
            "https://acme.okta.com./api/v1/users",
            "https://аcme.okta.com/api/v1/users",
            "https://xn--cme-7cd.okta.com/api/v1/users",
            "https://acme-admin.okta.com/api/v1/users",
            "https://acme.okta.com/api/../login",
            "https://acme.okta.com/api/v1/%2e%2E/users",
            "https://acme.okta.com/api/v1/./users",
            "https://acme.okta.com\\api\\v1\\users",
            "https:\\\\acme.okta.com/api/v1/users",
            "https://acme.okta.com/login",
            "https://acme.okta.com/apiv1",
            "https://acme.okta.com/api/v1/users#x",
            "https://acme.okta.com/api/v1/us ers",
            "https://acme.okta.com/api/v1/us\ners",
            "https://acme.okta.com/api/v1/üsers",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://0x7f.1/api/v1/users",
        ] {
            assert!(base.authorize(bad).is_err(), "{bad}");
        }
        let long = format!("https://acme.okta.com/api/v1/{}", "x".repeat(9000));
        assert_eq!(base.authorize(&long), Err(LinkFault::TooLong));
    }

    #[test]
    fn a_value_in_a_path_stays_one_segment() {
        let (base, _) = BaseUrl::parse("acme.okta.com").unwrap();
        for value in [
            "a/b",
            "a?b=c",
            "a#b",
            "a%2fb",
            "..%2f..",
            "ü@x.example",
            "a b",
            "a+b",
            "a\\b",
            "...",
            "%2e%2e",
        ] {
            match base.endpoint(&["api", "v1", "users", value], &[]) {
                Ok(url) => {
                    let segments: Vec<_> = url.path().split('/').collect();
                    assert_eq!(segments.len(), 5, "{value}: {}", url.path());
                    let decoded: String = url::form_urlencoded::parse(
                        format!("x={}", segments[4].replace('+', "%2B")).as_bytes(),
                    )
                    .map(|(_, v)| v.into_owned())
                    .collect();
                    assert_eq!(decoded, value);
                }
                Err(fault) => assert_eq!(fault, LinkFault::Path, "{value}"),
            }
        }
        for step in ["", ".", ".."] {
            assert_eq!(base.endpoint(&["api", step], &[]), Err(LinkFault::Path));
        }
    }
}
