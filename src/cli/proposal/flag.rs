//! Flags of changes.

use clap::{Arg, ArgAction, ArgMatches};

/// What a change can be told beside what it is about. What is not said is off: no switch has a default of Okta's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    /// `--set NAME=TEXT`, `--set NAME:=JSON`.
    Set,
    /// `--unset NAME`.
    Unset,
    /// `--group ID`.
    Group,
    /// `--activate`.
    Activate,
    /// `--send-email`.
    SendEmail,
    /// `--temporary`.
    Temporary,
    /// `--revoke-sessions`.
    RevokeSessions,
    /// `--oauth-tokens`.
    OauthTokens,
    /// `--forget-devices`.
    ForgetDevices,
    /// `--name TEXT`.
    Name,
    /// `--description TEXT`.
    Description,
    /// `--assignment ID`.
    Assignment,
}

impl Flag {
    fn long(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Unset => "unset",
            Self::Group => "group",
            Self::Activate => "activate",
            Self::SendEmail => "send-email",
            Self::Temporary => "temporary",
            Self::RevokeSessions => "revoke-sessions",
            Self::OauthTokens => "oauth-tokens",
            Self::ForgetDevices => "forget-devices",
            Self::Name => "name",
            Self::Description => "description",
            Self::Assignment => "assignment",
        }
    }

    /// What its value is called; `None` for a switch.
    fn value(self) -> Option<&'static str> {
        match self {
            Self::Set => Some("NAME=VALUE"),
            Self::Unset => Some("NAME"),
            Self::Group | Self::Assignment => Some("ID"),
            Self::Name | Self::Description => Some("TEXT"),
            _ => None,
        }
    }

    fn help(self) -> &'static str {
        match self {
            Self::Set => {
                "An attribute of the profile, such as title=Lead; NAME:=JSON for what is no text"
            }
            Self::Unset => "Empty this attribute of the profile",
            Self::Group => "A group to be in from the start",
            Self::Activate => "Let them in at once",
            Self::SendEmail => {
                "Let Okta send its mail; without it what there is to send is shown once"
            }
            Self::Temporary => "Give them a temporary password, which is shown once",
            Self::RevokeSessions => "End their sessions, too",
            Self::OauthTokens => "End OAuth tokens, too",
            Self::ForgetDevices => "Forget the devices that are remembered, too",
            Self::Name => "Its new name",
            Self::Description => "What is said of it; an empty text takes that away",
            Self::Assignment => "The id of the assignment, where the role is given more than once",
        }
    }

    /// Whether several values of it count.
    fn repeats(self) -> bool {
        matches!(self, Self::Set | Self::Unset | Self::Group)
    }

    /// Whether what it says can be so of one thing only.
    pub(super) fn names_one(self) -> bool {
        matches!(self, Self::Name)
    }

    /// As it is typed.
    pub(super) fn arg(self) -> Arg {
        let arg = Arg::new(self.long()).long(self.long()).help(self.help());
        match self.value() {
            None => arg.action(ArgAction::SetTrue),
            Some(value) if self.repeats() => arg.value_name(value).action(ArgAction::Append),
            Some(value) => arg.value_name(value),
        }
    }

    /// What was typed: the values, or one empty text for a switch that is on.
    pub(super) fn read(self, matches: &ArgMatches) -> Vec<(Self, String)> {
        if self.value().is_none() {
            let is_on = matches.get_flag(self.long());
            return is_on.then(|| (self, String::new())).into_iter().collect();
        }
        let found = matches.get_many::<String>(self.long());
        let found = found.into_iter().flatten();
        found.map(|value| (self, value.clone())).collect()
    }
}
