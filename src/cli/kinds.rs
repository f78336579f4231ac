//! The commands of everything that Okta lists beside users, groups, apps and events: `oktop zones list` and its like, one for each
//! kind of entry, all of one shape.

use clap::{ArgMatches, Command, FromArgMatches, Subcommand};

use super::args::{ListArgs, SearchArgs};
use super::proposal::{self, Proposal};
use crate::domain::entry::{Above, EntryKind};

/// A kind's command: its name and what else people may type.
struct Word {
    kind: EntryKind,
    name: &'static str,
    aliases: &'static [&'static str],
}

macro_rules! words {
    ($($kind:ident: $name:literal $(or $alias:literal)*;)+) => {
        const WORDS: &[Word] = &[$(Word {
            kind: EntryKind::$kind,
            name: $name,
            aliases: &[$($alias),*],
        },)+];
    };
}

// `admins` is a command of its own: it tells how they come by it.
words! {
    GroupRule: "rules" or "rule" or "group-rules";
    Role: "roles" or "role" or "custom-roles";
    ResourceSet: "resource-sets" or "resource-set";
    Idp: "idps" or "idp" or "identity-providers";
    ApiToken: "tokens" or "token" or "api-tokens";
    Client: "clients" or "client" or "oauth-clients";
    Policy: "policies" or "policy";
    Zone: "zones" or "zone" or "network-zones";
    Device: "devices" or "device";
    Authenticator: "authenticators" or "authenticator";
    Behavior: "behaviors" or "behavior" or "behaviours";
    EventHook: "event-hooks" or "event-hook" or "hooks";
    InlineHook: "inline-hooks" or "inline-hook";
    LogStream: "log-streams" or "log-stream";
    TrustedOrigin: "trusted-origins" or "trusted-origin" or "origins";
    UserType: "user-types" or "user-type";
    GroupSchema: "group-schema";
    OrgSetting: "settings" or "setting" or "org-settings";
    Feature: "features" or "feature";
    GroupOwner: "group-owners" or "owners";
    Admin: "assignees";
    UserRole: "user-roles";
    GroupRole: "group-roles";
    ClientRole: "client-roles";
    RolePermission: "permissions" or "role-permissions";
    Binding: "bindings";
    BindingMember: "binding-members";
    SetResource: "set-resources" or "resources";
    ClientSecret: "client-secrets" or "secrets";
    ClientKey: "client-keys" or "keys";
    ClientGrant: "grants" or "client-grants";
    PolicyRule: "policy-rules";
    PolicyMapping: "policy-mappings" or "policy-apps";
    UserSchema: "user-schemas" or "user-schema";
    PushMapping: "push-mappings" or "group-push";
    Factor: "factors";
}

/// What the command of a kind is called.
pub fn name_of(kind: EntryKind) -> &'static str {
    let word = WORDS.iter().find(|word| word.kind == kind);
    word.map_or_else(|| kind.word(), |word| word.name)
}

/// The kind that a command's name, an alias or the kind's own word means.
pub fn kind_named(text: &str) -> Option<EntryKind> {
    let found = WORDS
        .iter()
        .find(|word| word.name == text || word.aliases.contains(&text));
    found
        .map(|word| word.kind)
        .or_else(|| EntryKind::from_word(text))
}

/// What was typed about one of these kinds.
#[derive(Debug)]
pub enum OfKind {
    /// Looking at its entries.
    Read(KindCommand),
    /// Staging changes of them.
    Stage(Box<Proposal>),
}

/// A kind's command as it was typed.
#[derive(Debug)]
pub struct KindCommand {
    /// Which kind.
    pub kind: EntryKind,
    /// What to do with it.
    pub command: EntriesCommand,
}

/// What can be done with the entries of a kind.
#[derive(Debug, Subcommand)]
pub enum EntriesCommand {
    /// All of them
    List(EntryListArgs),
    /// One, by id or name
    Get {
        /// Id or name
        #[arg(value_name = "ID")]
        entry: String,
    },
    /// Those that pass a filter
    Search(EntrySearchArgs),
}

impl OfKind {
    /// Whether it writes a list.
    pub fn is_list(&self) -> bool {
        match self {
            Self::Read(read) => !matches!(read.command, EntriesCommand::Get { .. }),
            Self::Stage(_) => false,
        }
    }
}

/// Which entries, and how the list is cut and ordered.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct EntryListArgs {
    /// Only those below this: the policy of a rule, the user of a role; by id or name
    #[arg(long, value_name = "ID")]
    pub of: Option<String>,
    /// How the list is cut and ordered.
    #[command(flatten)]
    pub list: ListArgs,
}

/// A filter, and which entries.
#[derive(Clone, Debug, clap::Args)]
pub struct EntrySearchArgs {
    /// Only those below this: the policy of a rule, the user of a role; by id or name
    #[arg(long, value_name = "ID")]
    pub of: Option<String>,
    /// The filter, and how the list is cut and ordered.
    #[command(flatten)]
    pub search: SearchArgs,
}

fn command_of(word: &Word) -> Command {
    let command = Command::new(word.name)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .aliases(word.aliases.iter().copied())
        // What hangs below something is found there; the overview stays short.
        .hide(is_below(word.kind) || word.kind == EntryKind::Admin);
    let command = EntriesCommand::augment_subcommands(command);
    proposal::with_verbs(word.kind, command)
        .about(word.kind.title())
        .long_about(None::<&str>)
}

fn is_below(kind: EntryKind) -> bool {
    !matches!(kind.above(), Above::Org | Above::PolicyType)
}

impl Subcommand for OfKind {
    fn augment_subcommands(command: Command) -> Command {
        WORDS.iter().fold(command, |command, word| {
            command.subcommand(command_of(word))
        })
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        WORDS.iter().any(|word| word.name == name)
    }
}

impl FromArgMatches for OfKind {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, below) = matches.subcommand().ok_or_else(missing)?;
        let word = WORDS.iter().find(|word| word.name == name);
        let kind = word.ok_or_else(missing)?.kind;
        if let Some(proposal) = proposal::of_entry(kind, below)? {
            return Ok(Self::Stage(Box::new(proposal)));
        }
        Ok(Self::Read(KindCommand {
            kind,
            command: EntriesCommand::from_arg_matches(below)?,
        }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_command() {
        for kind in EntryKind::ALL {
            let named = WORDS.iter().filter(|word| word.kind == *kind).count();
            assert_eq!(named, 1, "{kind}");
        }
        let mut all: Vec<&str> = WORDS
            .iter()
            .flat_map(|word| word.aliases.iter().chain([&word.name]))
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn aliases_lead_to_the_kind() {
        for (line, kind) in [
            ("zones list", EntryKind::Zone),
            ("network-zones list", EntryKind::Zone),
            ("rule get x", EntryKind::GroupRule),
            ("policy-rules list --of x", EntryKind::PolicyRule),
            ("tokens search owner=x", EntryKind::ApiToken),
        ] {
            let words = std::iter::once("oktop").chain(line.split(' '));
            let cli = <super::super::args::Cli as clap::Parser>::try_parse_from(words).unwrap();
            let Some(super::super::args::Command::Entries(OfKind::Read(command))) = cli.command
            else {
                panic!("{line}")
            };
            assert_eq!(command.kind, kind, "{line}");
        }
    }
}
