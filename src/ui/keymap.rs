//! From keys to commands: the keys of the table of commands, with what somebody wants otherwise over them.
//!
//! Each view has a keymap of its own. That of a configuration is made by [`Keymap::with`], which refuses what would
//! be ambiguous; where two commands of the table share a key, the first that applies at the moment is meant.

mod chord;
mod wish;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

pub use chord::Chord;
pub use wish::{Fault, Wish};

use super::command::{self, Id, Place, Searched, Situation};

/// Where keys may mean something of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Events.
    Log,
    /// Lists of anything else.
    Lists,
    /// The text of a page.
    Text,
    /// Okta's JSON.
    Json,
    /// The queue of changes.
    Queue,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Log, Self::Lists, Self::Text, Self::Json, Self::Queue];

    /// Its name in a configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Lists => "lists",
            Self::Text => "text",
            Self::Json => "json",
            Self::Queue => "queue",
        }
    }

    /// That name as a view's; `None` for any other.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.word() == word)
    }

    /// Its name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "the log",
            Self::Lists => "lists",
            Self::Text => "the text of a page",
            Self::Json => "JSON",
            Self::Queue => "the queue",
        }
    }

    /// The one in front of the operator.
    pub fn of(now: &Situation) -> Self {
        match now.place {
            _ if now.raw.is_some() => Self::Json,
            Place::List => Self::Lists,
            Place::Log => Self::Log,
            Place::Queue => Self::Queue,
            Place::ObjectText | Place::EventText | Place::TraceText => Self::Text,
        }
    }

    /// Whether a command can ever be used there.
    pub fn has(self, id: Id) -> bool {
        let places: &[Place] = match self {
            Self::Log => &[Place::Log],
            Self::Lists => &[Place::List],
            Self::Queue => &[Place::Queue],
            Self::Text | Self::Json => &[Place::ObjectText, Place::EventText, Place::TraceText],
        };
        places.iter().any(|place| {
            [false, true].into_iter().any(|in_page| {
                let now = self.at_best(*place, in_page);
                command::refusal(id, &now).is_none()
            })
        })
    }

    /// The moment in which most is possible there.
    fn at_best(self, place: Place, in_page: bool) -> Situation {
        Situation {
            place,
            in_page,
            wide: true,
            tabs: if in_page { 9 } else { 0 },
            has_row: true,
            on_fold: self == Self::Log,
            filtered: true,
            no_value: None,
            marked: true,
            has_why: matches!(self, Self::Lists | Self::Text),
            has_jumps: true,
            change: Some(command::Standing::ANY),
            in_past: false,
            has_past: true,
            has_future: true,
            connected: true,
            raw: (self == Self::Json).then_some(Searched::Something),
        }
    }
}

/// One way to give a command.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    /// The keys, pressed one after the other.
    chords: Vec<Chord>,
    id: Id,
    /// Which of the command's ways it is, from 1.
    nth: usize,
}

/// What the keys mean in every view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// By view, in the order of [`View::ALL`]; within one in the order of the table of commands.
    views: [Vec<Bound>; 5],
}

/// What the keys so far mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// One of these commands, whichever applies first (none may, which is then told); each with which of its ways the keys are, from 1.
    Commands(Vec<(Id, usize)>),
    /// The beginning of a longer sequence.
    Prefix,
    /// Nothing.
    Nothing,
}

static STANDARD: LazyLock<Arc<Keymap>> = LazyLock::new(|| {
    let keymap = Keymap::with(&[]);
    Arc::new(keymap.expect("a test reads every key of the table"))
});

impl Keymap {
    /// The keys of the table, which nobody wanted otherwise.
    pub fn standard() -> Arc<Self> {
        Arc::clone(&STANDARD)
    }

    /// No keys at all: every command goes by its name.
    pub fn none() -> Arc<Self> {
        Arc::new(Self {
            views: Default::default(),
        })
    }

    fn bound(&self, view: View) -> &[Bound] {
        let [log, lists, text, json, queue] = &self.views;
        match view {
            View::Log => log,
            View::Lists => lists,
            View::Text => text,
            View::Json => json,
            View::Queue => queue,
        }
    }

    /// What the chords, pressed one after the other, mean in a view.
    pub fn meaning(&self, view: View, chords: &[Chord]) -> Meaning {
        let bound = self.bound(view);
        let exact = bound.iter().filter(|bound| bound.chords == chords);
        let exact: Vec<(Id, usize)> = exact.map(|bound| (bound.id, bound.nth)).collect();
        if !exact.is_empty() {
            Meaning::Commands(exact)
        } else if bound.iter().any(|bound| bound.chords.starts_with(chords)) {
            Meaning::Prefix
        } else {
            self.of_no_use(view, chords)
        }
    }

    /// What the chords mean where it could be done: it is told then why it cannot be done in this view.
    fn of_no_use(&self, view: View, chords: &[Chord]) -> Meaning {
        let mut found: Vec<(Id, usize)> = Vec::new();
        for bound in View::ALL.into_iter().flat_map(|view| self.bound(view)) {
            let is_new = found.iter().all(|(id, _)| *id != bound.id);
            if is_new && bound.chords == chords && !view.has(bound.id) {
                found.push((bound.id, bound.nth));
            }
        }
        if found.is_empty() {
            Meaning::Nothing
        } else {
            Meaning::Commands(found)
        }
    }

    /// What the chords can still become in a view: for each longer sequence what is still to be pressed, and the command.
    pub fn beyond(&self, view: View, chords: &[Chord]) -> Vec<(String, Id)> {
        let begun = self
            .bound(view)
            .iter()
            .filter(|bound| bound.chords.len() > chords.len() && bound.chords.starts_with(chords));
        let rest = begun.map(|bound| (written(&bound.chords[chords.len()..]), bound.id));
        rest.collect()
    }

    /// The keys of a command in a view, or, when it is of no use there, in the first view where it is.
    fn ways(&self, id: Id, view: View) -> Vec<&[Chord]> {
        let of = |view: View| {
            let own = self.bound(view).iter().filter(|bound| bound.id == id);
            own.map(|bound| bound.chords.as_slice()).collect::<Vec<_>>()
        };
        let elsewhere = || View::ALL.into_iter().find(|view| view.has(id));
        let view = if view.has(id) {
            Some(view)
        } else {
            elsewhere()
        };
        view.map(of).unwrap_or_default()
    }

    /// The keys of a command as people read them, such as `g g, home`, or `1..9` for a run of digits; empty when it has none.
    pub fn text(&self, id: Id, view: View) -> String {
        let ways: Vec<String> = self.ways(id, view).into_iter().map(written).collect();
        match ways.as_slice() {
            [first, .., last] if ways.len() > 3 && is_run(&ways) => format!("{first}..{last}"),
            ways => ways.join(", "),
        }
    }

    /// Its first key in a view: of a sequence that which shows the others. `None` when it has none there.
    pub fn first(&self, id: Id, view: View) -> Option<String> {
        let own = self.bound(view).iter().find(|bound| bound.id == id)?;
        Some(own.chords.first()?.to_string())
    }

    /// How a command is given in a view: by its first keys, or else by its name.
    pub fn way(&self, id: Id, view: View) -> String {
        let first = self.ways(id, view).first().map(|keys| written(keys));
        first.unwrap_or_else(|| format!(":{}", command::of(id).name))
    }

    /// A text with the keys of commands in the place of their names: `{key:refresh}` becomes `R`.
    pub fn told<'a>(&self, text: &'a str, view: View) -> Cow<'a, str> {
        const BEGIN: &str = "{key:";
        if !text.contains(BEGIN) {
            return Cow::Borrowed(text);
        }
        let mut parts = text.split(BEGIN);
        let mut told = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let named = part.split_once('}');
            let named = named.and_then(|(name, rest)| Some((command::named(name)?, rest)));
            if let Some((command, rest)) = named {
                told.push_str(&self.way(command.id, view));
                told.push_str(rest);
            } else {
                told.push_str(BEGIN);
                told.push_str(part);
            }
        }
        Cow::Owned(told)
    }

    /// Whether any command has other keys than the table gives it.
    pub fn is_standard(&self) -> bool {
        *self == **STANDARD
    }
}

/// A sequence as people read it.
fn written(chords: &[Chord]) -> String {
    let keys: Vec<String> = chords.iter().map(Chord::to_string).collect();
    keys.join(" ")
}

/// Whether these are digits that follow each other.
fn is_run(keys: &[String]) -> bool {
    let digits: Option<Vec<u8>> = keys.iter().map(|key| key.parse().ok()).collect();
    digits.is_some_and(|digits| digits.windows(2).all(|two| two[0] + 1 == two[1]))
}

#[cfg(test)]
mod tests;
