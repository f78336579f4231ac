//! What somebody wants of the keys, and why it cannot be had: nothing that is asked for may be ambiguous, and nothing that leads out
//! of a place may be lost.

use std::cmp::Ordering;

use super::{Bound, Chord, Keymap, View, written};
use crate::domain::spelling;
use crate::ui::command::{self, Command, Id, TABLE};

/// The keys that somebody wants for a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Where; `None` is wherever no view has a wish of its own.
    pub view: Option<View>,
    /// The command, by one of its names.
    pub action: String,
    /// Its keys there in place of any others; none takes them all away. A space separates keys pressed one after the other.
    pub keys: Vec<String>,
}

/// Why a wish cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which wish, from 0.
    pub wish: usize,
    /// Which of its keys, from 0; `None` when it is about the command.
    pub key: Option<usize>,
    /// Why, and what would be right.
    pub what: String,
}

/// A wish that was understood.
struct Read {
    wish: usize,
    view: Option<View>,
    id: Id,
    /// Each with which of the wish's keys it is.
    keys: Vec<(usize, Vec<Chord>)>,
}

/// A way to give a command, and the wish and key that it comes of; `None` is the table.
struct Candidate {
    bound: Bound,
    from: Option<(usize, usize)>,
}

/// What answers a question that must not be answered by mistake.
const CONFIRMING: [&str; 5] = ["confirm", "yes", "y", "no", "cancel"];

impl Keymap {
    /// The keys of the table with these wishes over them; a wish of a view goes over one without.
    ///
    /// # Errors
    /// Everything that cannot be had, in the order of the wishes: commands that there are not, keys that no terminal sends, keys that are
    /// never given away, one key for two commands of a view, and one that begins the sequence of another.
    pub fn with(wishes: &[Wish]) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let wished: Vec<Read> = wishes
            .iter()
            .enumerate()
            .filter_map(|(number, wish)| read(number, wish, &mut faults))
            .collect();
        twice(&wished, &mut faults);
        let views = View::ALL.map(|view| candidates(view, &wished));
        for (view, candidates) in View::ALL.into_iter().zip(&views) {
            conflicts(view, candidates, &mut faults);
        }
        if faults.is_empty() {
            let bound = |all: Vec<Candidate>| all.into_iter().map(|one| one.bound).collect();
            return Ok(Self {
                views: views.map(bound),
            });
        }
        faults.sort_by_key(|fault| (fault.wish, fault.key));
        // A wish for all views is at odds with the same key in each of them, and is told once.
        faults.dedup_by_key(|fault| (fault.wish, fault.key));
        Err(faults)
    }
}

fn read(number: usize, wish: &Wish, faults: &mut Vec<Fault>) -> Option<Read> {
    let mut fault = |key, what| {
        faults.push(Fault {
            wish: number,
            key,
            what,
        });
    };
    let command = match action(&wish.action) {
        Ok(command) => command,
        Err(what) => {
            fault(None, what);
            return None;
        }
    };
    if let Some(view) = wish.view.filter(|view| !view.has(command.id)) {
        let name = command.name;
        let of: Vec<String> = View::ALL
            .into_iter()
            .filter(|view| view.has(command.id))
            .map(|view| format!("[keys.{}]", view.word()))
            .collect();
        let what = format!(
            "`{name}` does nothing in {}; it belongs below {} or [keys.global]",
            view.name(),
            of.join(", ")
        );
        fault(None, what);
        return None;
    }
    let mut keys: Vec<(usize, Vec<Chord>)> = Vec::new();
    for (index, text) in wish.keys.iter().enumerate() {
        match sequence(text, command.id) {
            Ok(chords) if keys.iter().any(|(_, other)| *other == chords) => {
                fault(Some(index), format!("`{text}` stands there twice"));
            }
            Ok(chords) => keys.push((index, chords)),
            Err(what) => fault(Some(index), what),
        }
    }
    Some(Read {
        wish: number,
        view: wish.view,
        id: command.id,
        keys,
    })
}

/// The command of that name.
fn action(name: &str) -> Result<&'static Command, String> {
    if let Some(command) = command::named(name) {
        return Ok(command);
    }
    if CONFIRMING.contains(&name) {
        return Err(format!(
            "`{name}` answers a question and is never bound: nobody may say yes with a key that means something else"
        ));
    }
    if matches!(name, "interrupt" | "ctrl-c") {
        return Err(format!("`{name}` is ctrl-c everywhere and is never bound"));
    }
    let names = TABLE.iter().map(|command| command.name);
    let near = spelling::nearest(name, names, 3);
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    match near.as_slice() {
        [] => Err(format!(
            "`{name}` is no command; `oktop help keys` names them all"
        )),
        near => Err(format!(
            "`{name}` is no command; did you mean {}?",
            near.join(" or ")
        )),
    }
}

/// The keys of a sequence, which must not hold any that leads out wherever one is.
fn sequence(text: &str, id: Id) -> Result<Vec<Chord>, String> {
    let chords: Vec<Chord> = text
        .split(' ')
        .map(Chord::parse)
        .collect::<Result<_, _>>()?;
    if chords.contains(&Chord::INTERRUPT) {
        return Err(
            "`ctrl-c` gives up what is open and ends the console; it is never bound".into(),
        );
    }
    for (fixed, of, does) in FIXED {
        if chords.contains(&fixed) && (id != of || chords.len() > 1) {
            return Err(format!(
                "`{fixed}` {does} and is never bound to anything else"
            ));
        }
    }
    Ok(chords)
}

/// Keys that keep their command whatever is wished.
const FIXED: [(Chord, Id, &str); 2] = [
    (Chord::ESCAPE, Id::Back, "goes back everywhere"),
    (Chord::SUSPEND, Id::Suspend, "goes back to the shell"),
];

/// Names of one command twice below the same heading.
fn twice(wished: &[Read], faults: &mut Vec<Fault>) {
    for (index, one) in wished.iter().enumerate() {
        let before = &wished[..index];
        if before
            .iter()
            .any(|other| other.id == one.id && other.view == one.view)
        {
            let name = command::of(one.id).name;
            faults.push(Fault {
                wish: one.wish,
                key: None,
                what: format!(
                    "the keys of `{name}` stand here already, under another of its names"
                ),
            });
        }
    }
}

/// Every way to give a command in a view, in the order of the table.
fn candidates(view: View, wished: &[Read]) -> Vec<Candidate> {
    let mut all = Vec::new();
    for command in TABLE.iter().filter(|command| view.has(command.id)) {
        let of = |of: Option<View>| {
            let own = |read: &&Read| read.id == command.id && read.view == of;
            wished.iter().find(own)
        };
        let ways = of(Some(view)).or_else(|| of(None));
        let ways = ways.map_or_else(|| ways_of_table(command), wished_ways);
        all.extend(ways.into_iter().enumerate().map(|(index, way)| Candidate {
            bound: Bound {
                chords: way.chords,
                id: command.id,
                nth: index + 1,
            },
            from: way.from,
        }));
    }
    all
}

/// The keys of a way to give a command, and the wish and key that they come of.
struct Way {
    chords: Vec<Chord>,
    from: Option<(usize, usize)>,
}

fn ways_of_table(command: &Command) -> Vec<Way> {
    let keys = command.keys.iter().map(|keys| {
        let chords = keys.split(' ').map(Chord::parse).collect::<Result<_, _>>();
        Way {
            chords: chords.expect("a test reads every key of the table"),
            from: None,
        }
    });
    keys.collect()
}

/// What is wished, behind what cannot be taken away.
fn wished_ways(read: &Read) -> Vec<Way> {
    let fixed = FIXED.iter().filter(|(_, id, _)| *id == read.id);
    let fixed: Vec<Chord> = fixed.map(|(chord, ..)| *chord).collect();
    let wished = read.keys.iter();
    let wished = wished.filter(|(_, chords)| !fixed.iter().any(|fixed| chords == &[*fixed]));
    let wished = wished.map(|(key, chords)| Way {
        chords: chords.clone(),
        from: Some((read.wish, *key)),
    });
    let kept = fixed.iter().map(|chord| Way {
        chords: vec![*chord],
        from: None,
    });
    kept.chain(wished).collect()
}

/// What is ambiguous in a view.
fn conflicts(view: View, candidates: &[Candidate], faults: &mut Vec<Fault>) {
    for (index, one) in candidates.iter().enumerate() {
        for other in &candidates[index + 1..] {
            if !are_at_odds(&one.bound, &other.bound) {
                continue;
            }
            // Of two wishes the later one is told; the table agrees with itself, as a test sees.
            let (own, against) = if one.from > other.from {
                (one, other)
            } else {
                (other, one)
            };
            faults.push(Fault {
                wish: own.from.map_or(0, |(wish, _)| wish),
                key: own.from.map(|(_, key)| key),
                what: told(view, &own.bound, &against.bound),
            });
        }
    }
}

/// Whether it is not clear which of the two is meant when their keys are pressed.
fn are_at_odds(one: &Bound, other: &Bound) -> bool {
    if one.chords == other.chords {
        return one.id == other.id || !command::told_apart(one.id, other.id);
    }
    one.chords.starts_with(&other.chords) || other.chords.starts_with(&one.chords)
}

fn told(view: View, own: &Bound, against: &Bound) -> String {
    let (keys, theirs) = (written(&own.chords), written(&against.chords));
    let (name, place) = (command::of(against.id).name, view.name());
    let what = match own.chords.len().cmp(&against.chords.len()) {
        Ordering::Equal => format!("`{keys}` is `{name}` in {place}"),
        Ordering::Less => format!("`{keys}` begins `{theirs}`, which is `{name}` in {place}"),
        Ordering::Greater => {
            format!("`{keys}` begins with `{theirs}`, which is `{name}` in {place}")
        }
    };
    format!("{what}; take another, or give `{name}` other keys or none (`{name} = []`)")
}
