//! `q`: keywords that must all be found among an event's words, whatever their case.
//!
//! A word ends at white space; one with hyphens can also be found by its parts. What many events share (people, places,
//! types) is looked at once for a query and remembered, so that searching a long log does not mean writing it out.

use std::cell::RefCell;

use crate::sim::event::tables::Tables;
use crate::sim::event::values;
use crate::sim::event::{Aspect, Event};

use super::filter::Refusal;

/// The keywords of one query.
#[derive(Debug)]
pub struct Keywords(Vec<Keyword>);

#[derive(Debug)]
struct Keyword {
    /// In lower case.
    word: String,
    parties: Memo,
    types: Memo,
    places: Memo,
    agents: Memo,
    reasons: Memo,
    notes: Memo,
}

/// What was found out about the rows of a table: not looked at, without the word, with it.
#[derive(Debug, Default)]
struct Memo(RefCell<Vec<Option<bool>>>);

impl Memo {
    fn get(&self, row: usize, look: impl FnOnce() -> bool) -> bool {
        let mut rows = self.0.borrow_mut();
        if rows.len() <= row {
            rows.resize(row + 1, None);
        }
        *rows[row].get_or_insert_with(look)
    }
}

impl Keywords {
    /// Reads `q`.
    ///
    /// # Errors
    /// A [`Refusal`] for more than ten keywords, or for one of more than forty characters.
    pub fn parse(q: &str) -> Result<Self, Refusal> {
        let words: Vec<&str> = q.split_whitespace().collect();
        if words.len() > 10 {
            return Err(Refusal::validation(
                "q",
                &[
                    "Freeform search cannot contain more than 10 items. Please remove items from your search or use an advanced filter to query by specific fields.",
                ],
            ));
        }
        if words.iter().any(|word| word.chars().count() > 40) {
            return Err(Refusal::validation(
                "q",
                &[
                    "Freeform search cannot contain items longer than 40 characters. Please shorten the items in your search or use an advanced filter to query by specific fields.",
                ],
            ));
        }
        let keyword = |word: &&str| Keyword {
            word: word.to_lowercase(),
            parties: Memo::default(),
            types: Memo::default(),
            places: Memo::default(),
            agents: Memo::default(),
            reasons: Memo::default(),
            notes: Memo::default(),
        };
        Ok(Self(words.iter().map(keyword).collect()))
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the event has every keyword.
    pub fn found_in(&self, tables: &Tables, event: &Event) -> bool {
        self.0.iter().all(|keyword| keyword.found_in(tables, event))
    }
}

impl Keyword {
    fn found_in(&self, tables: &Tables, event: &Event) -> bool {
        self.in_party(tables, event.actor)
            || self.in_type(event)
            || event
                .target_list()
                .filter_map(crate::sim::event::Target::read)
                .any(|(party, aspect)| self.in_target(tables, party, aspect))
            || self.in_client(event)
            || self.in_outcome(tables, event)
            || self.in_note(tables, event)
            || self.in_ids(tables, event)
    }

    fn word_of(&self, text: &str) -> bool {
        text.split_whitespace().any(|word| {
            let word = word.to_lowercase();
            word == self.word
                || (word.contains('-') && word.split('-').any(|part| part == self.word))
        })
    }

    fn in_party(&self, tables: &Tables, party: u32) -> bool {
        self.parties.get(party as usize, || {
            let party = tables.cast.get(party);
            self.word_of(&party.id)
                || self.word_of(party.kind.name())
                || party
                    .alternate
                    .as_deref()
                    .is_some_and(|text| self.word_of(text))
                || party.name.as_deref().is_some_and(|text| self.word_of(text))
        })
    }

    fn in_target(&self, tables: &Tables, party: u32, aspect: Aspect) -> bool {
        let row = tables.cast.get(party);
        let named = match aspect {
            Aspect::Itself | Aspect::AppUser => self.in_party(tables, party),
            _ => values::target_name(row, aspect).is_some_and(|name| self.word_of(name)),
        };
        named || self.word_of(values::target_kind(row, aspect).name())
    }

    fn in_type(&self, event: &Event) -> bool {
        self.types.get(event.kind as usize, || {
            let spec = event.kind.spec();
            [spec.event_type, spec.message, spec.severity.name()]
                .into_iter()
                .chain(spec.legacy)
                .any(|text| self.word_of(text))
        })
    }

    fn in_client(&self, event: &Event) -> bool {
        let Some(client) = event.client() else {
            return false;
        };
        let place = client.place.get();
        let agent = client.agent.get();
        self.places.get(usize::from(client.place.0), || {
            [
                place.city,
                place.state,
                place.country,
                place.postal_code,
                place.as_org,
                place.isp,
                place.domain,
            ]
            .into_iter()
            .any(|text| self.word_of(text))
        }) || self.agents.get(usize::from(client.agent.0), || {
            [agent.raw, agent.os, agent.browser, agent.device]
                .into_iter()
                .any(|text| self.word_of(text))
        }) || (self.word.contains('.') && client.ip.to_string() == self.word)
    }

    fn in_outcome(&self, tables: &Tables, event: &Event) -> bool {
        event.outcome.name().eq_ignore_ascii_case(&self.word)
            || self.reasons.get(usize::from(event.reason), || {
                self.word_of(&tables.reasons[usize::from(event.reason)])
            })
    }

    fn in_note(&self, tables: &Tables, event: &Event) -> bool {
        event.note != 0
            && self.notes.get(event.note as usize, || {
                let note = &tables.notes[event.note as usize];
                note.debug.iter().any(|(_, text)| self.word_of(text))
                    || note.token.as_deref().is_some_and(|text| self.word_of(text))
                    || note.agent.as_deref().is_some_and(|text| self.word_of(text))
            })
    }

    /// Ids differ from event to event, so they are only written out for a keyword that can be one: with a digit in it.
    fn in_ids(&self, tables: &Tables, event: &Event) -> bool {
        if self.word.len() < 4 || !self.word.bytes().any(|byte| byte.is_ascii_digit()) {
            return false;
        }
        self.word_of(&values::uuid(event))
            || self.word_of(&values::request_id(tables, event.request))
            || (event.session != 0 && self.word_of(&values::session_id(event.session)))
            || event
                .target_list()
                .any(|target| self.word_of(&values::target_id(tables, event, target)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_and_too_long_keywords_are_refused_in_okta_s_words() {
        assert!(Keywords::parse("a b c d e f g h i j").is_ok());
        let many = Keywords::parse("a b c d e f g h i j k").unwrap_err();
        assert_eq!(many.code, "E0000001");
        let long = Keywords::parse(&"x".repeat(41)).unwrap_err();
        assert!(long.summary.starts_with(
            "Api validation failed: 'q': Freeform search cannot contain items longer than 40 characters."
        ));
        assert!(Keywords::parse(&"ü".repeat(40)).is_ok());
    }
}
