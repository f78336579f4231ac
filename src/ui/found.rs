//! Users, groups and apps whose name holds what is typed into the palette: asked of the agent as a few rows, once typing rests.

use std::time::Duration;

use jiff::Timestamp;

use super::event::Tickets;
use super::record::Item;
use crate::domain::filter::{Value, clause};
use crate::domain::id::Kind;
use crate::domain::query::{ListQuery, Row, Rows};
use crate::domain::time;
use crate::msg::{Answer, AnyRow, Ask, Problem, Request};

/// How long typing must rest before it is looked for.
const DEBOUNCE: Duration = Duration::from_millis(120);
/// How many are shown in all, and how many of them of one kind when there are others.
const MOST: usize = 8;
/// Fewer characters than this are in too many names.
const LEAST_CHARS: usize = 2;

const KINDS: [Kind; 3] = [Kind::User, Kind::Group, Kind::App];

/// What is looked for, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// What was typed; empty when it is too short.
    text: String,
    not_before: Timestamp,
    /// The kinds that were not asked for yet.
    to_ask: Vec<Kind>,
    /// The questions under way.
    asked: Vec<(u64, Kind)>,
    rows: Vec<Item>,
    /// The one kind that is looked for; `None` for all.
    only: Option<Kind>,
}

impl Found {
    /// Things of that kind alone.
    pub fn of(kind: Kind) -> Self {
        Self {
            only: Some(kind),
            ..Self::default()
        }
    }

    /// Text was typed. What was found for other text goes away.
    pub fn typed(&mut self, text: &str, now: Timestamp) {
        let text = text.trim();
        let text = if text.chars().count() < LEAST_CHARS {
            ""
        } else {
            text
        };
        if self.text == text {
            return;
        }
        *self = Self {
            text: text.to_owned(),
            not_before: time::after(now, DEBOUNCE),
            to_ask: if text.is_empty() {
                Vec::new()
            } else {
                self.only.map_or_else(|| KINDS.to_vec(), |kind| vec![kind])
            },
            only: self.only,
            ..Self::default()
        };
    }

    /// What was found: users, groups, then apps.
    pub fn rows(&self) -> &[Item] {
        &self.rows
    }

    /// When it wants to ask.
    pub fn wants_at(&self) -> Option<Timestamp> {
        (!self.to_ask.is_empty()).then_some(self.not_before)
    }

    /// The questions, once typing rests.
    pub fn poll(&mut self, now: Timestamp, tickets: &mut Tickets) -> Vec<Request> {
        if self.wants_at().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let kinds = std::mem::take(&mut self.to_ask);
        let ask = |kind| {
            let ticket = tickets.take();
            self.asked.push((ticket, kind));
            let ask = question(kind, &self.text);
            Request { ticket, ask }
        };
        kinds.into_iter().map(ask).collect()
    }

    /// Forgets questions whose answers cannot come any more; they are asked again.
    pub fn disconnect(&mut self) {
        self.to_ask
            .extend(self.asked.drain(..).map(|(_, kind)| kind));
    }

    /// Takes in an answer, if it is to one of these questions; gives it back if it is not.
    pub fn accept(
        &mut self,
        ticket: u64,
        answer: Result<Answer, Problem>,
    ) -> Option<Result<Answer, Problem>> {
        let Some(at) = self.asked.iter().position(|(asked, _)| *asked == ticket) else {
            return Some(answer);
        };
        self.asked.remove(at);
        let rows = match answer {
            Ok(Answer::Users(rows)) => items(rows, AnyRow::User),
            Ok(Answer::Groups(rows)) => items(rows, AnyRow::Group),
            Ok(Answer::Apps(rows)) => items(rows, AnyRow::App),
            // The palette has its commands all the same; lists tell what is wrong with them.
            Ok(_) | Err(_) => Vec::new(),
        };
        self.rows.extend(rows);
        self.rows.sort_by_key(kind_of);
        if self.asked.is_empty() && self.to_ask.is_empty() {
            self.share_out();
        }
        None
    }

    /// Leaves as many of each kind as there is room for: an even share, and what others leave of theirs.
    fn share_out(&mut self) {
        let mut counts = KINDS.map(|kind| self.rows.iter().filter(|row| is_of(row, kind)).count());
        while counts.iter().sum::<usize>() > MOST {
            // Of what there are most, and of the later kind when there are as many.
            let most = (0..counts.len())
                .max_by_key(|kind| counts[*kind])
                .unwrap_or(0);
            counts[most] -= 1;
        }
        self.rows.retain(|row| {
            let kind = KINDS.iter().position(|kind| is_of(row, *kind)).unwrap_or(0);
            let keeps = counts[kind] > 0;
            counts[kind] = counts[kind].saturating_sub(1);
            keeps
        });
    }
}

fn items<T>(rows: Rows<T>, any: fn(Box<Row<T>>) -> AnyRow) -> Vec<Item> {
    let rows = rows.rows.into_iter().take(MOST);
    rows.map(|row| Item::Object(any(Box::new(row)))).collect()
}

fn is_of(item: &Item, kind: Kind) -> bool {
    kind_of(item) == KINDS.iter().position(|known| *known == kind)
}

fn kind_of(item: &Item) -> Option<usize> {
    let kind = match item {
        Item::Object(AnyRow::User(_)) => Kind::User,
        Item::Object(AnyRow::Group(_)) => Kind::Group,
        Item::Object(AnyRow::App(_)) => Kind::App,
        Item::Entry(_) | Item::Holder(_) => return None,
    };
    KINDS.iter().position(|known| *known == kind)
}

/// The question for what is called so, whatever the filter language makes of such words.
fn question(kind: Kind, text: &str) -> Ask {
    let holds = |field: &str| clause(field, &Value::Begins(text.to_owned()), false);
    let filter = match kind {
        Kind::User => format!("{} or {}", holds("login"), holds("name")),
        Kind::Group => holds("name"),
        Kind::App => holds("label"),
    };
    let query = ListQuery {
        filter,
        limit: MOST,
        ..ListQuery::default()
    };
    match kind {
        Kind::User => Ask::Users(query),
        Kind::Group => Ask::Groups(query),
        Kind::App => Ask::Apps(query),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn filters(found: &mut Found, at: Timestamp) -> Vec<String> {
        let asked = found.poll(at, &mut Tickets::default()).into_iter();
        let filter = asked.map(|request| match request.ask {
            Ask::Users(query) | Ask::Groups(query) | Ask::Apps(query) => {
                assert_eq!(query.limit, MOST);
                query.filter
            }
            other => panic!("{other:?}"),
        });
        filter.collect()
    }

    #[test]
    fn names_are_asked_for_once_typing_rests_and_as_names_whatever_was_typed() {
        let mut found = Found::default();
        found.typed("a", now());
        assert_eq!(found.wants_at(), None, "that is in too many names");
        found.typed("ana (x", now());
        assert!(filters(&mut found, now()).is_empty(), "not yet");
        let rested = time::after(now(), DEBOUNCE);
        let sought = [
            "login:\"ana (x\" or name:\"ana (x\"",
            "name:\"ana (x\"",
            "label:\"ana (x\"",
        ];
        assert_eq!(filters(&mut found, rested), sought);
        assert_eq!(found.wants_at(), None);
        found.disconnect();
        assert_eq!(filters(&mut found, rested), sought, "asked again");
    }

    #[test]
    fn an_answer_to_what_is_no_longer_typed_is_not_taken() {
        let mut found = Found::default();
        found.typed("ana", now());
        let rested = time::after(now(), DEBOUNCE);
        let asked = found.poll(rested, &mut Tickets::default());
        found.typed("anab", now());
        let late = Ok(Answer::Done(String::new()));
        assert!(found.accept(asked[0].ticket, late).is_some());
    }
}
