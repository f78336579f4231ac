//! Changes as they are typed, each by its name: `oktop queue propose users.suspend 00u…`, and the same as a verb of its noun,
//! `oktop users suspend 00u…`. Both come from one table (`table`); neither does anything but stage.

mod flag;
mod json;
mod place;
mod table;

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;

use clap::error::ErrorKind;
use clap::{Arg, ArgMatches, Command, FromArgMatches, Subcommand};

use super::failure::Failure;
use super::kinds::kind_named;
use crate::action::plan::OnFailure;
use crate::domain::change::Change;
use crate::domain::entry::EntryKind;
use crate::domain::text::SafeText;
use crate::msg::ProblemKind;
use crate::msg::queue::{Draft, DraftOp};

use flag::Flag;
pub use json::of_json;
pub use table::attribute;
use table::{SPECS, Spec};

/// Stands for the lines of standard input.
pub const STDIN: &str = "-";

const FIRST: &str = "first";
const EACH: &str = "each";

const AFTER_HELP: &str = "\
Nothing is sent to Okta: the change is staged, and `oktop queue run` carries it out.";

/// What is said of a plan as a whole.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct About {
    /// What the plan is for, in a few words
    #[arg(long, value_name = "WORDS")]
    pub title: Option<String>,
    /// Why, for the journal
    #[arg(long, value_name = "WORDS")]
    pub reason: Option<String>,
    /// When one fails, go on with the others
    #[arg(long)]
    pub go_on: bool,
}

impl About {
    /// A draft of these changes.
    pub fn draft(&self, changes: Vec<Change>) -> Draft {
        let text = |text: &String| SafeText::new(text);
        Draft {
            title: self
                .title
                .as_ref()
                .map_or_else(|| title_of(&changes), |title| SafeText::new(title)),
            reason: self.reason.as_ref().map(text),
            on_failure: if self.go_on {
                OnFailure::GoOn
            } else {
                OnFailure::Stop
            },
            ops: changes.into_iter().map(DraftOp::new).collect(),
        }
    }
}

/// What changes are called together whose maker gave no title.
fn title_of(changes: &[Change]) -> SafeText {
    let mut names: Vec<&str> = changes.iter().map(Change::name).collect();
    names.sort_unstable();
    names.dedup();
    let title = match (changes, names.as_slice()) {
        ([one], _) => match one.locks().last() {
            Some(lock) => format!("{} {lock}", one.name()),
            None => one.name().to_owned(),
        },
        (all, [name]) => format!("{name}, {} times", all.len()),
        (all, _) => format!("{} changes", all.len()),
    };
    SafeText::new(&title)
}

/// Changes of one name, as they were typed.
#[derive(Clone)]
pub struct Proposal {
    spec: &'static Spec,
    first: Option<String>,
    each: Vec<String>,
    flags: Vec<(Flag, String)>,
    /// What is said of the plan.
    pub about: About,
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} {:?} {:?}",
            self.spec.name, self.first, self.each, self.flags
        )
    }
}

/// What one change is made of.
struct Typed<'a> {
    first: &'a str,
    each: &'a str,
    flags: &'a [(Flag, String)],
}

impl Typed<'_> {
    fn is_on(&self, flag: Flag) -> bool {
        self.flags.iter().any(|(one, _)| *one == flag)
    }

    fn all(&self, flag: Flag) -> impl Iterator<Item = &str> {
        let of_it = move |(one, _): &&(Flag, String)| *one == flag;
        self.flags
            .iter()
            .filter(of_it)
            .map(|(_, value)| value.as_str())
    }

    fn one(&self, flag: Flag) -> Option<&str> {
        self.all(flag).last()
    }
}

impl Proposal {
    fn read(spec: &'static Spec, matches: &ArgMatches) -> Result<Self, clap::Error> {
        let texts = |id: &str| -> Vec<String> {
            let found = matches.try_get_many::<String>(id).ok().flatten();
            found.map(|all| all.cloned().collect()).unwrap_or_default()
        };
        let flags = spec.flags.iter().flat_map(|flag| flag.read(matches));
        Ok(Self {
            spec,
            first: texts(FIRST).pop(),
            each: texts(EACH),
            flags: flags.collect(),
            about: clap::FromArgMatches::from_arg_matches(matches)?,
        })
    }

    /// The changes. `input` is read where `-` stands for ids: one a line, without blank lines and those that begin with `#`.
    ///
    /// # Errors
    /// When something is missing, is of another kind than belongs there, or cannot be read: all of them mistakes of whoever typed it.
    pub fn changes(&self, input: &mut impl Read) -> Result<Vec<Change>, Failure> {
        let first = self.first.as_deref().unwrap_or_default();
        let make = |each: &str| {
            let typed = Typed {
                first,
                each,
                flags: &self.flags,
            };
            (self.spec.make)(&typed)
        };
        if self.spec.each.is_none() {
            return Ok(vec![make("")?]);
        }
        let all = self.each_of(input)?;
        if all.len() > 1 && self.flags.iter().any(|(flag, _)| flag.names_one()) {
            return Err(usage(
                format!("--name is one group's, and {} are named", all.len()),
                "leave --name out, or name one group",
            ));
        }
        all.iter().map(|each| make(each)).collect()
    }

    /// The words that each change is made of, none of them twice.
    fn each_of(&self, input: &mut impl Read) -> Result<Vec<String>, Failure> {
        let mut all: Vec<String> = Vec::new();
        for word in &self.each {
            if word == STDIN {
                all.extend(lines(input)?);
            } else {
                all.push(word.clone());
            }
        }
        if all.is_empty() {
            return Err(usage(
                "standard input named nothing",
                "write one id a line; blank lines and those that begin with # count for nothing",
            ));
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|word| seen.insert(word.clone()));
        Ok(all)
    }

    /// Whether parts of a group's profile are to stay as they are, which ones, and of which group: its name, its description.
    pub fn stays(&self, change: &Change) -> (bool, bool) {
        let lacks = |flag| !self.flags.iter().any(|(one, _)| *one == flag);
        match change {
            Change::UpdateGroup { .. } => (lacks(Flag::Name), lacks(Flag::Description)),
            _ => (false, false),
        }
    }
}

/// The lines of a text that say something.
fn lines(input: &mut impl Read) -> Result<Vec<String>, Failure> {
    let mut text = String::new();
    input
        .read_to_string(&mut text)
        .map_err(|error| usage(format!("standard input cannot be read: {error}"), "-"))?;
    let lines = text.lines().map(str::trim);
    let says = |line: &&str| !line.is_empty() && !line.starts_with('#');
    Ok(lines.filter(says).map(str::to_owned).collect())
}

/// A mistake in what was typed.
fn usage(summary: impl Into<String>, hint: impl Into<String>) -> Failure {
    Failure::new(ProblemKind::Usage, summary, hint)
}

/// The command that takes a change, under this name.
fn command_of(spec: &'static Spec, name: &'static str) -> Command {
    let mut command = Command::new(name).about(spec.about);
    if let Some(place) = spec.first {
        command = command.arg(place.arg(FIRST));
    }
    if let Some(place) = spec.each {
        let several = format!(
            "{}; several make one plan, `-` reads one a line",
            place.help()
        );
        let each = place.arg(EACH).help(several).num_args(1..);
        command = command.arg(each);
    }
    let flags = spec.flags.iter().map(|flag| flag.arg());
    let flags: Vec<Arg> = flags.collect();
    <About as clap::Args>::augment_args(command.args(flags))
        .about(spec.about)
        .long_about(None::<&str>)
        .after_help(AFTER_HELP)
}

fn missing() -> clap::Error {
    clap::Error::new(ErrorKind::MissingSubcommand)
}

/// Every change by its whole name.
impl Subcommand for Proposal {
    fn augment_subcommands(command: Command) -> Command {
        let all = SPECS.iter().map(|spec| command_of(spec, spec.name));
        all.fold(command, Command::subcommand)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        SPECS.iter().any(|spec| spec.name == name)
    }
}

impl FromArgMatches for Proposal {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let (name, below) = matches.subcommand().ok_or_else(missing)?;
        let spec = SPECS.iter().find(|spec| spec.name == name);
        Self::read(spec.ok_or_else(missing)?, below)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// What has verbs that stage.
pub trait Noun {
    /// What stands before the dot in the names of its changes.
    const WORD: &'static str;
}

macro_rules! nouns {
    ($($name:ident $word:literal)+) => {$(
        #[doc = concat!("Changes of ", $word, ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name;

        impl Noun for $name {
            const WORD: &'static str = $word;
        }
    )+};
}

nouns! { OfUsers "users" OfGroups "groups" OfApps "apps" }

/// The changes of a noun by their verbs.
#[derive(Debug)]
pub struct Verb<N> {
    /// What was typed.
    pub proposal: Proposal,
    noun: PhantomData<N>,
}

fn of_noun<N: Noun>() -> impl Iterator<Item = &'static Spec> {
    SPECS.iter().filter(|spec| spec.noun() == N::WORD)
}

impl<N: Noun> Subcommand for Verb<N> {
    fn augment_subcommands(command: Command) -> Command {
        let all = of_noun::<N>().map(|spec| command_of(spec, spec.verb()));
        all.fold(command, Command::subcommand)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        of_noun::<N>().any(|spec| spec.verb() == name)
    }
}

impl<N: Noun> FromArgMatches for Verb<N> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let (verb, below) = matches.subcommand().ok_or_else(missing)?;
        let spec = of_noun::<N>().find(|spec| spec.verb() == verb);
        let proposal = Proposal::read(spec.ok_or_else(missing)?, below)?;
        Ok(Self {
            proposal,
            noun: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn of_kind(kind: EntryKind) -> impl Iterator<Item = &'static Spec> {
    SPECS
        .iter()
        .filter(move |spec| kind_named(spec.noun()) == Some(kind))
}

/// The command of a kind of entry with the verbs of its changes.
pub fn with_verbs(kind: EntryKind, command: Command) -> Command {
    let all = of_kind(kind).map(|spec| command_of(spec, spec.verb()));
    all.fold(command, Command::subcommand)
}

/// The change of a kind of entry that was typed, if it was one.
///
/// # Errors
/// When clap says so.
pub fn of_entry(kind: EntryKind, matches: &ArgMatches) -> Result<Option<Proposal>, clap::Error> {
    let Some((verb, below)) = matches.subcommand() else {
        return Ok(None);
    };
    let mut found = of_kind(kind).filter(|spec| spec.verb() == verb);
    found
        .next()
        .map(|spec| Proposal::read(spec, below))
        .transpose()
}

#[cfg(test)]
mod tests;
