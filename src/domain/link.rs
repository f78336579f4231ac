//! Addresses that people open themselves, in a browser or a shell: nothing here is ever asked by the program.
//!
//! Okta's admin pages are at the org's own name with `-admin` behind its first part. An org under a domain of its own has them elsewhere,
//! and where that is nobody tells, so that no link is made of it.

// Addresses only: sockets are not to be had there.
use core::net::{IpAddr, SocketAddr};

use super::id::{EventUuid, ObjectId};
use super::time::format_okta;
use jiff::Timestamp;

/// The domains that Okta gives its orgs their names under.
const DOMAINS: [&str; 6] = [
    "okta.com",
    "oktapreview.com",
    "okta-emea.com",
    "okta-gov.com",
    "okta.mil",
    "trexcloud.com",
];

/// Why there is no link to an admin page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoLink {
    /// The org's admin pages are somewhere else.
    #[error("where the admin pages of an org with a domain of its own are is not known")]
    OwnDomain,
    /// The address needs the app's key in the catalogue, and that has characters that keys do not have.
    #[error("the app has no name that an address can be made of")]
    AppName,
}

/// The page of an object in the Admin Console; `app_name` is the catalogue's key of an app.
///
/// # Errors
/// [`NoLink`].
pub fn admin_page(host: &str, object: &ObjectId, app_name: Option<&str>) -> Result<String, NoLink> {
    let host = admin_host(host).ok_or(NoLink::OwnDomain)?;
    let id = object.as_str();
    Ok(match object {
        ObjectId::User(_) => format!("https://{host}/admin/user/profile/view/{id}"),
        ObjectId::Group(_) => format!("https://{host}/admin/group/{id}"),
        ObjectId::App(_) => {
            let name = app_name
                .filter(|name| is_plain(name))
                .ok_or(NoLink::AppName)?;
            format!("https://{host}/admin/app/{name}/instance/{id}")
        }
    })
}

fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    !text.is_empty() && text.chars().all(plain)
}

/// The host of the admin pages.
fn admin_host(host: &str) -> Option<String> {
    let (name, domain) = host.split_once('.')?;
    let known = DOMAINS.contains(&domain) && is_plain(name);
    let name = name.strip_suffix("-admin").unwrap_or(name);
    known.then(|| format!("{name}-admin.{domain}"))
}

/// A command that asks the org for an object, without its secret.
pub fn curl_object(host: &str, object: &ObjectId) -> Option<String> {
    let list = match object {
        ObjectId::User(_) => "users",
        ObjectId::Group(_) => "groups",
        ObjectId::App(_) => "apps",
    };
    curl(host, &format!("/api/v1/{list}/{}", object.as_str()))
}

/// A command that asks the org for an event, without its secret.
pub fn curl_event(host: &str, uuid: EventUuid, published: Timestamp) -> Option<String> {
    let after = super::time::after(published, std::time::Duration::from_secs(1));
    let (since, until) = (format_okta(published), format_okta(after));
    let filter = format!("uuid%20eq%20%22{uuid}%22");
    curl(
        host,
        &format!("/api/v1/logs?since={since}&until={until}&filter={filter}"),
    )
}

/// A command for a shell. The host comes from the configuration and is still looked at, for it stands between quotes.
fn curl(host: &str, path: &str) -> Option<String> {
    let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_host) {
        return None;
    }
    let scheme = if is_local(host) { "http" } else { "https" };
    Some(format!(
        "curl -sS -H \"Authorization: SSWS $OKTOP_API_TOKEN\" -H 'Accept: application/json' '{scheme}://{host}{path}'"
    ))
}

/// Whether it is this very machine: an address of the loopback or `localhost`, with or without a port. A name that only begins like one
/// is somebody else's, and must not get the secret in plain.
fn is_local(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> ObjectId {
        ObjectId::User("00u1".parse().unwrap())
    }

    #[test]
    fn admin_pages_are_known_of_okta_s_own_domains_only() {
        let app = ObjectId::App("0oa1".parse().unwrap());
        let page = |host, object: &ObjectId, name| admin_page(host, object, name);
        assert_eq!(
            page("acme.okta.com", &user(), None).unwrap(),
            "https://acme-admin.okta.com/admin/user/profile/view/00u1"
        );
        assert_eq!(
            page("acme-admin.oktapreview.com", &app, Some("salesforce")).unwrap(),
            "https://acme-admin.oktapreview.com/admin/app/salesforce/instance/0oa1"
        );
        assert_eq!(
            page("acme.okta.com", &app, Some("a/../b")),
            Err(NoLink::AppName)
        );
        for host in [
            "login.acme.com",
            "127.0.0.1:3000",
            "acme.okta.com.evil.example",
            "a.b.okta.com",
        ] {
            assert_eq!(page(host, &user(), None), Err(NoLink::OwnDomain), "{host}");
        }
    }

    #[test]
    fn a_command_names_the_secret_and_does_not_hold_it_nor_leave_its_quotes() {
        assert_eq!(
            curl_object("acme.okta.com", &user()).unwrap(),
            "curl -sS -H \"Authorization: SSWS $OKTOP_API_TOKEN\" -H 'Accept: application/json' \
             'https://acme.okta.com/api/v1/users/00u1'"
        );
        assert!(
            curl_object("127.0.0.1:80", &user())
                .unwrap()
                .contains("'http://127.0.0.1:80/")
        );
        for (host, scheme) in [
            ("localhost", "http"),
            ("localhost:8080", "http"),
            ("127.0.0.1", "http"),
            ("[::1]", "http"),
            ("[::1]:80", "http"),
            ("localhost.evil.example", "https"),
            ("127.evil.example:80", "https"),
            ("127.0.0.1.evil.example", "https"),
            ("[::1234]:80", "https"),
        ] {
            let command = curl_object(host, &user()).unwrap();
            assert!(
                command.contains(&format!("'{scheme}://{host}/")),
                "{command}"
            );
        }
        assert_eq!(curl_object("a'; rm -rf ~ #", &user()), None);
        let at = "2026-11-22T10:00:00Z".parse().unwrap();
        let event = curl_event("acme.okta.com", EventUuid([0; 16]), at).unwrap();
        assert!(
            event.contains("since=2026-11-22T10:00:00.000Z&until=2026-11-22T10:00:01.000Z&filter=uuid%20eq%20%2200000000-"),
            "{event}"
        );
    }
}
