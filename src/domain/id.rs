//! Identifiers, each a type of its own, so that a group's id can never stand where a user's belongs.
//!
//! Okta's ids are short and case-sensitive. Anything that is not 1 to 64 letters, digits, `_` or `-` is refused here, because ids
//! are put into URL paths and shown in confirmations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is not an identifier: empty, longer than 64 characters, or with a character that ids do not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an Okta id (1 to 64 letters, digits, '_' or '-')")]
pub struct InvalidId;

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The id as Okta spells it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                if is_id(text) { Ok(Self(text.into())) } else { Err(InvalidId) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

id! {
    /// A user, `00u…`.
    UserId,
    /// A group, `00g…`.
    GroupId,
    /// An application, `0oa…`.
    AppId,
    /// An enrolled factor of a user.
    FactorId,
    /// The org itself, `00o…`.
    OrgId,
}

/// The identity of a System Log event: all 16 bytes of its uuid. The first 8 are time, so they alone identify nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventUuid(pub [u8; 16]);

impl FromStr for EventUuid {
    type Err = InvalidId;

    /// Reads the 8-4-4-4-12 form, in either case.
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let text: &[u8; 36] = text.as_bytes().try_into().map_err(|_| InvalidId)?;
        let mut bytes = [0; 16];
        let mut at = 0;
        for (index, byte) in bytes.iter_mut().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                if text[at] != b'-' {
                    return Err(InvalidId);
                }
                at += 1;
            }
            *byte = hex(text[at])? << 4 | hex(text[at + 1])?;
            at += 2;
        }
        Ok(Self(bytes))
    }
}

fn hex(digit: u8) -> Result<u8, InvalidId> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(InvalidId),
    }
}

impl fmt::Display for EventUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for EventUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What kind of thing a list, a run or a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A user.
    User,
    /// A group.
    Group,
    /// An application.
    App,
}

impl Kind {
    /// The singular word for it, in lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::App => "app",
        }
    }
}

/// An object of the directory, of whatever kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ObjectId {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
    /// An application.
    App(AppId),
}

impl ObjectId {
    /// What kind of object this is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::User(_) => Kind::User,
            Self::Group(_) => Kind::Group,
            Self::App(_) => Kind::App,
        }
    }

    /// The id as Okta spells it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Group(id) => id.as_str(),
            Self::App(id) => id.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_could_change_a_path() {
        for bad in ["", "a/b", "..", "a b", "ü", &"x".repeat(65)] {
            assert_eq!(bad.parse::<UserId>(), Err(InvalidId), "{bad}");
        }
        assert_eq!(
            "00u1a2b3c4D5e6F7g8h9".parse::<UserId>().unwrap().as_str(),
            "00u1a2b3c4D5e6F7g8h9"
        );
    }

    #[test]
    fn an_event_uuid_prints_as_it_was_read() {
        let text = "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef";
        assert_eq!(text.parse::<EventUuid>().unwrap().to_string(), text);
        assert!(
            "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9e"
                .parse::<EventUuid>()
                .is_err()
        );
        assert!(
            "5d730bf48b9511ea8cbebf2eaab2e9ef----"
                .parse::<EventUuid>()
                .is_err()
        );
        assert!(
            "+d730bf4-8b95-11ea-8cbe-bf2eaab2e9e\u{e9}"
                .parse::<EventUuid>()
                .is_err()
        );
        assert!(
            "+d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef"
                .parse::<EventUuid>()
                .is_err()
        );
    }
}
