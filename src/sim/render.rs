//! Okta's JSON of every object. One file per kind; the shapes are those that the service sends, nulls included.

pub mod app;
pub mod app_user;
pub mod authenticator;
pub mod client;
pub mod device;
pub mod document;
pub mod factor;
pub mod group;
pub mod iam;
pub mod idp_user;
pub mod org;
pub mod role;
pub mod rule;
pub mod schema;
pub mod token;
pub mod user;

use std::fmt;

use super::json::Object;
use super::time::Millis;
use super::world::World;

/// What every renderer needs: the world, the address the client used, and the time.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The org.
    pub world: &'a World,
    /// Scheme and host the client used, e.g. `http://127.0.0.1:4000`; every link begins with it.
    pub base: &'a str,
    /// The time of the answer.
    pub now: Millis,
    /// Whether values occur that no document names.
    pub strange: bool,
}

/// Writes `"name": {"href": …}`, as nearly everything that Okta links to.
pub fn href(o: &mut Object<'_>, name: &str, href: fmt::Arguments<'_>) {
    o.object(name, |o| {
        o.shown("href", href);
    });
}

/// The same with what may be done there.
pub fn href_for(o: &mut Object<'_>, name: &str, href: fmt::Arguments<'_>, allow: &[&str]) {
    o.object(name, |o| {
        o.shown("href", href).object("hints", |o| {
            o.strings("allow", allow.iter().copied());
        });
    });
}
