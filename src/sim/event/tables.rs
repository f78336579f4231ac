//! What events point at, shared by all of them.

use std::collections::HashMap;

use crate::sim::derive::{Seed, mix};

use super::party::Cast;
use super::{Event, Note};

/// What events point at; together with an event it is all that its JSON needs.
#[derive(Debug)]
pub struct Tables {
    /// Who and what.
    pub cast: Cast,
    /// `outcome.reason`; the first is for none.
    pub reasons: Vec<Box<str>>,
    /// What few events have; the first is empty.
    pub notes: Vec<Note>,
    note_positions: HashMap<Note, u32>,
    /// How many events were written so far.
    written: u64,
    /// The seed that ids of requests follow from.
    pub seed: Seed,
    /// The org's address, for `origin`, e.g. `https://acme.okta.com`.
    pub origin: String,
    /// Whether to write what Okta's own SDKs cannot read: a numeric `version` and `postalCode`.
    pub strange: bool,
}

impl Tables {
    /// Tables that point at nothing yet.
    pub fn new(seed: Seed, origin: String, strange: bool) -> Self {
        Self {
            cast: Cast::default(),
            reasons: vec!["".into()],
            notes: vec![Note::default()],
            note_positions: HashMap::new(),
            written: 0,
            seed,
            origin,
            strange,
        }
    }

    /// The seed of the next event. It counts, because one request may leave many events of the same type in the same
    /// millisecond, and no two may have the same uuid.
    pub fn next_seed(&mut self, request: u64) -> u64 {
        self.written += 1;
        mix(mix(request ^ self.seed.0).wrapping_add(self.written))
    }

    /// The position of `reason` in the table of reasons.
    pub fn reason(&mut self, reason: &str) -> u16 {
        let known = self.reasons.iter().position(|known| &**known == reason);
        let at = known.unwrap_or_else(|| {
            self.reasons.push(reason.into());
            self.reasons.len() - 1
        });
        // Reasons are sentences of the simulator's own, so they are few; past the table's end there is none.
        u16::try_from(at).unwrap_or(0)
    }

    /// The position of `note` in the table of notes; 0 for an empty one.
    pub fn note(&mut self, note: Note) -> u32 {
        if note == Note::default() {
            return 0;
        }
        if let Some(&known) = self.note_positions.get(&note) {
            return known;
        }
        let at = u32::try_from(self.notes.len()).expect("notes are fewer than events");
        self.notes.push(note.clone());
        self.note_positions.insert(note, at);
        at
    }

    /// `outcome.reason`.
    pub fn reason_of(&self, event: &Event) -> Option<&str> {
        (event.reason != 0).then(|| &*self.reasons[usize::from(event.reason)])
    }
}
