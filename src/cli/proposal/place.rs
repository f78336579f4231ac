//! What stands behind the name of a change, and whether a text can be that.

use std::net::IpAddr;
use std::str::FromStr;

use clap::Arg;

use super::usage;
use crate::access::{RoleId, standard_role};
use crate::cli::failure::Failure;
use crate::domain::change::{Holder, Role};

/// What ids of Okta's begin with, and what such a thing is. Only what is here is told apart; of any other id Okta says what it is.
const PREFIXES: &[(&str, &str)] = &[
    ("00u", "a user"),
    ("00g", "a group"),
    ("00o", "an org"),
    ("0oa", "an app"),
    ("00T", "an API token"),
    ("00p", "a policy"),
    ("rst", "a policy"),
    ("0pr", "a rule"),
    ("rul", "a rule of a policy"),
    ("nzo", "a zone"),
    ("guo", "a device"),
    ("cr0", "a role"),
    ("iam", "a resource set"),
    ("ocs", "a secret of a client"),
];

/// What a word of a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    User,
    Group,
    App,
    Factor,
    Client,
    GroupRule,
    Holder,
    Role,
    ResourceSet,
    ApiToken,
    Assignment,
    Secret,
    Device,
    Idp,
    Zone,
    Address,
    Policy,
    PolicyRule,
    GroupName,
}

impl Place {
    /// What stands for it in a line of help.
    fn word(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Group => "GROUP",
            Self::App => "APP",
            Self::Factor => "FACTOR",
            Self::Client => "CLIENT",
            Self::GroupRule | Self::PolicyRule => "RULE",
            Self::Holder => "HOLDER",
            Self::Role => "ROLE",
            Self::ResourceSet => "RESOURCE_SET",
            Self::ApiToken => "TOKEN",
            Self::Assignment => "ASSIGNMENT",
            Self::Secret => "SECRET",
            Self::Device => "DEVICE",
            Self::Idp => "IDP",
            Self::Zone => "ZONE",
            Self::Address => "ADDRESS",
            Self::Policy => "POLICY",
            Self::GroupName => "NAME",
        }
    }

    pub(super) fn help(self) -> &'static str {
        match self {
            Self::User => "Id of a user, 00u…",
            Self::Group => "Id of a group, 00g…",
            Self::App => "Id of an app, 0oa…",
            Self::Factor => "Id of a factor; `factors list --of USER` has them",
            Self::Client => "Id of an OAuth client; `clients list` has them",
            Self::GroupRule => "Id of a group rule, 0pr…",
            Self::Holder => "Who has it: user:ID or group:ID",
            Self::Role => "A role of Okta's, such as HELP_DESK_ADMIN, or ROLE:RESOURCE_SET by ids",
            Self::ResourceSet => "Id of a resource set, iam…",
            Self::ApiToken => "Id of an API token, 00T…; `tokens list` has them",
            Self::Assignment => {
                "Id of the assignment of a role; `client-roles list --of CLIENT` has them"
            }
            Self::Secret => "Id of a secret, ocs…; `client-secrets list --of CLIENT` has them",
            Self::Device => "Id of a device, guo…",
            Self::Idp => "Id of an identity provider, 0oa…",
            Self::Zone => "Id of a network zone, nzo…",
            Self::Address => "An address, a network such as 203.0.113.0/24, or FROM-TO",
            Self::Policy => "Id of a policy",
            Self::PolicyRule => "Id of a rule of that policy",
            Self::GroupName => "What the group is to be called",
        }
    }

    /// What it is, with its article, and what its ids begin with; nothing where they cannot be told.
    fn kind(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::User => ("a user", &["00u"]),
            Self::Group => ("a group", &["00g"]),
            Self::App => ("an app", &["0oa"]),
            Self::Factor => ("a factor", &[]),
            // A service app's client id is the app's own.
            Self::Client => ("a client", &["0oa"]),
            Self::GroupRule => ("a group rule", &["0pr"]),
            Self::ApiToken => ("an API token", &["00T"]),
            Self::Assignment => ("an assignment of a role", &[]),
            Self::Secret => ("a secret of a client", &["ocs"]),
            Self::Device => ("a device", &["guo"]),
            // An identity provider is an app of Okta's inside.
            Self::Idp => ("an identity provider", &["0oa"]),
            Self::Zone => ("a zone", &["nzo"]),
            Self::Policy => ("a policy", &["00p", "rst"]),
            Self::PolicyRule => ("a rule of a policy", &["0pr", "rul"]),
            Self::Holder => ("a user or a group", &["00u", "00g"]),
            Self::Role => ("a role", &["cr0"]),
            Self::ResourceSet => ("a resource set", &["iam"]),
            Self::Address => ("an address", &[]),
            Self::GroupName => ("a name", &[]),
        }
    }

    /// As it is typed.
    pub(super) fn arg(self, id: &'static str) -> Arg {
        Arg::new(id)
            .value_name(self.word())
            .help(self.help())
            .required(true)
    }

    /// The text as such an id.
    pub(super) fn id<T: FromStr>(self, text: &str) -> Result<T, Failure> {
        let (wanted, prefixes) = self.kind();
        let is = |prefix: &str| text.starts_with(prefix);
        let found = PREFIXES.iter().find(|(prefix, _)| is(prefix));
        if let Some((_, kind)) = found.filter(|_| !prefixes.iter().any(|prefix| is(prefix))) {
            let begins = match prefixes {
                [] => String::new(),
                _ => format!(", which begins with {}", prefixes.join(" or ")),
            };
            return Err(usage(
                format!("{text} is the id of {kind}, not of {wanted}"),
                format!("{} is the id of {wanted}{begins}", self.word()),
            ));
        }
        text.parse().map_err(|_| {
            usage(
                format!("{text} is not the id of {wanted}"),
                self.where_ids_are(text),
            )
        })
    }

    fn where_ids_are(self, text: &str) -> String {
        let command = match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::App => "apps",
            _ => return self.help().to_owned(),
        };
        format!("changes name things by their ids; `oktop {command} get '{text}'` tells it")
    }
}

/// Who has a role: `user:ID`, `group:ID`, or the id alone where it tells which.
pub(super) fn holder(text: &str) -> Result<Holder, Failure> {
    match text.split_once(':') {
        Some(("user", id)) => Place::User.id(id).map(Holder::User),
        Some(("group", id)) => Place::Group.id(id).map(Holder::Group),
        None if text.starts_with("00u") => Place::User.id(text).map(Holder::User),
        None if text.starts_with("00g") => Place::Group.id(text).map(Holder::Group),
        _ => Err(usage(
            format!("{text} does not tell who has the role"),
            "write user:ID or group:ID",
        )),
    }
}

/// A role: one of Okta's own by its type or label, or one of the org's and its resource set.
pub(super) fn role(text: &str) -> Result<Role, Failure> {
    if let Some((role, set)) = text.split_once(':') {
        return Ok(Role::Custom {
            role: Place::Role.id(role)?,
            resource_set: Place::ResourceSet.id(set)?,
        });
    }
    if let Some(RoleId::Standard(kind)) = standard_role(text) {
        return Ok(Role::Standard(kind.as_ref().into()));
    }
    let is_type = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if text.len() > 3 && text.chars().all(is_type) {
        return Ok(Role::Standard(text.into()));
    }
    Err(not_a_role(text))
}

fn not_a_role(text: &str) -> Failure {
    usage(
        format!("{text} is no role"),
        "write a type of Okta's, such as HELP_DESK_ADMIN, or ROLE:RESOURCE_SET by their ids (cr0…:iam…)",
    )
}

/// An address, a network or a range, as zones have them.
pub(super) fn address(text: &str) -> Result<Box<str>, Failure> {
    let is_address = |text: &str| text.parse::<IpAddr>().is_ok();
    let is_one = match (text.split_once('/'), text.split_once('-')) {
        (Some((address, bits)), _) => {
            let most = if address.contains(':') { 128 } else { 32 };
            is_address(address) && bits.parse::<u8>().is_ok_and(|bits| bits <= most)
        }
        (None, Some((from, to))) => is_address(from) && is_address(to),
        (None, None) => is_address(text),
    };
    if is_one {
        return Ok(text.into());
    }
    Err(usage(
        format!("{text} is no address"),
        "write 203.0.113.7, 203.0.113.0/24, or 203.0.113.7-203.0.113.9",
    ))
}

/// What a group is to be called.
pub(super) fn group_name(text: &str) -> Result<Box<str>, Failure> {
    if text.trim().is_empty() {
        return Err(usage("a group has to have a name", "write one"));
    }
    Ok(text.into())
}
