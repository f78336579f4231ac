//! The profile of a group by attribute name: one table for rendering and searching.

use std::borrow::Cow;

use super::super::derive::letters;
use super::World;
use super::group::{Group, GroupKind};
use super::index::GroupIx;

/// What the profile of a group from a Windows domain has beside name and description, in the order in which it is shown.
pub const WINDOWS_ATTRIBUTES: &[&str] = &[
    "groupType",
    "samAccountName",
    "objectSid",
    "groupScope",
    "dn",
    "windowsDomainQualifiedName",
    "externalId",
];

impl World {
    /// A profile attribute of `group`, which is the group at `ix` in its present or an older version; `None` when its profile does
    /// not have it.
    pub fn group_attribute<'a>(
        &self,
        ix: GroupIx,
        group: &'a Group,
        name: &str,
    ) -> Option<Cow<'a, str>> {
        let own = &*group.name;
        match name {
            "name" => return Some(Cow::Borrowed(own)),
            "description" => return group.description.as_deref().map(Cow::Borrowed),
            _ if group.kind != GroupKind::App => return None,
            _ => {}
        }
        Some(match name {
            "groupType" => Cow::Borrowed("Security"),
            "samAccountName" => Cow::Borrowed(own),
            "objectSid" => {
                let relative = 1_100 + ix.0;
                format!("S-1-5-21-717838489-685202119-709183397-{relative}").into()
            }
            "groupScope" => Cow::Borrowed("Global"),
            "dn" => format!("CN={own},OU=Groups,DC=corp,DC=northwind,DC=example").into(),
            "windowsDomainQualifiedName" => format!("CORP\\{own}").into(),
            "externalId" => {
                let guid = letters(self.seed.hash("ad-guid", u64::from(ix.0)), BASE64, 22);
                format!("{guid}==").into()
            }
            _ => return None,
        })
    }
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
