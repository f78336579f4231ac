//! Whether one stored event passes a filter, without making its JSON unless the filter asks for something rare.

use std::cell::OnceCell;
use std::cmp::Ordering;

use serde_json::Value;

use crate::sim::event::party::{Party, PartyId};
use crate::sim::event::shape;
use crate::sim::event::tables::Tables;
use crate::sim::event::values;
use crate::sim::event::{Aspect, Event, Note, Target};
use crate::sim::world::place::Client;

use super::field::Known;
use super::filter::{Filter, Op, Test};

/// One event being looked at.
pub struct Probe<'a> {
    tables: &'a Tables,
    event: &'a Event,
    json: OnceCell<Value>,
}

/// A value of an attribute.
#[derive(Clone, Copy, Debug)]
enum Scalar<'v> {
    Text(&'v str),
    Number(f64),
    Truth(bool),
    /// An object or a list of objects: present, and equal to nothing.
    Thing,
}

impl<'a> Probe<'a> {
    /// Looks at `event`.
    pub fn new(tables: &'a Tables, event: &'a Event) -> Self {
        Self {
            tables,
            event,
            json: OnceCell::new(),
        }
    }

    /// Whether the event passes.
    pub fn passes(&self, filter: &Filter) -> bool {
        match filter {
            Filter::And(parts) => parts.iter().all(|part| self.passes(part)),
            Filter::Or(parts) => parts.iter().any(|part| self.passes(part)),
            Filter::Not(part) => !self.passes(part),
            Filter::Test(test) => self.test(test),
        }
    }

    fn test(&self, test: &Test) -> bool {
        match (test.op, test.value.as_deref()) {
            (Op::Pr, _) => self.any(test, &mut |_| true),
            (Op::Ne, Some(value)) => !self.any(test, &mut |own| holds(own, Op::Eq, value)),
            (op, Some(value)) => self.any(test, &mut |own| holds(own, op, value)),
            // `eq null` asks for absence.
            (Op::Eq, None) => !self.any(test, &mut |_| true),
            (Op::Ne, None) => self.any(test, &mut |_| true),
            (_, None) => false,
        }
    }

    /// Whether any value of the test's attribute satisfies `check`. Null is no value.
    fn any(&self, test: &Test, check: &mut dyn FnMut(Scalar<'_>) -> bool) -> bool {
        let event = self.event;
        let actor = || self.tables.cast.get(event.actor);
        match test.field.known() {
            Known::EventType => check(Scalar::Text(event.kind.spec().event_type)),
            Known::Severity => check(Scalar::Text(values::severity(event))),
            Known::Result => check(Scalar::Text(event.outcome.name())),
            Known::ActorId => check(Scalar::Text(&actor().id)),
            Known::ActorType => check(Scalar::Text(actor().kind.name())),
            Known::ActorAlternate => optional(actor().alternate.as_deref(), check),
            Known::ActorName => optional(actor().name.as_deref(), check),
            Known::TargetId => self.any_target(&mut |target, party, aspect| match aspect {
                Aspect::Itself => check(Scalar::Text(&self.party(party).id)),
                _ => check(Scalar::Text(&values::target_id(self.tables, event, target))),
            }),
            Known::TargetType => self.any_target(&mut |_, party, aspect| {
                check(Scalar::Text(
                    values::target_kind(self.party(party), aspect).name(),
                ))
            }),
            Known::TargetAlternate => self.any_target(&mut |_, party, aspect| {
                optional(values::target_alternate(self.party(party), aspect), check)
            }),
            Known::TargetName => self.any_target(&mut |_, party, aspect| {
                optional(values::target_name(self.party(party), aspect), check)
            }),
            Known::IpAddress => event
                .client()
                .is_some_and(|client| check(Scalar::Text(&client.ip.to_string()))),
            Known::Uuid => check(Scalar::Text(&values::uuid(event))),
            Known::Transaction => check(Scalar::Text(&values::request_id(
                self.tables,
                event.request,
            ))),
            Known::Session => {
                event.session != 0 && check(Scalar::Text(&values::session_id(event.session)))
            }
            Known::Reason => optional(self.tables.reason_of(event), check),
            Known::Message => check(Scalar::Text(event.kind.spec().message)),
            Known::Legacy => optional(values::legacy(event), check),
            Known::TransactionType => check(Scalar::Text(values::transaction_type(event))),
            Known::Other => walk(self.json(), test.field.path(), check),
            Known::RawAgent if self.note().agent.is_some() && event.client().is_some() => {
                optional(self.note().agent.as_deref(), check)
            }
            of_client => event
                .client()
                .is_some_and(|client| check(of_request(&client, of_client))),
        }
    }

    fn note(&self) -> &'a Note {
        &self.tables.notes[self.event.note as usize]
    }

    fn party(&self, party: PartyId) -> &'a Party {
        self.tables.cast.get(party)
    }

    fn any_target(&self, check: &mut dyn FnMut(Target, PartyId, Aspect) -> bool) -> bool {
        self.event.target_list().any(|target| {
            target
                .read()
                .is_some_and(|(party, aspect)| check(target, party, aspect))
        })
    }

    fn json(&self) -> &Value {
        self.json.get_or_init(|| {
            let mut text = String::new();
            shape::write(&mut text, self.tables, self.event);
            serde_json::from_str(&text).unwrap_or_default()
        })
    }
}

/// What an attribute of the request's origin is; every origin has all of them.
fn of_request(client: &Client, field: Known) -> Scalar<'static> {
    let (place, agent) = (client.place.get(), client.agent.get());
    Scalar::Text(match field {
        Known::City => place.city,
        Known::State => place.state,
        Known::Country => place.country,
        Known::RawAgent => agent.raw,
        Known::Os => agent.os,
        Known::Browser => agent.browser,
        Known::Device => agent.device,
        Known::AsOrg => place.as_org,
        Known::Isp => place.isp,
        Known::Domain => place.domain,
        _ => return Scalar::Number(f64::from(place.as_number)),
    })
}

fn optional(value: Option<&str>, check: &mut dyn FnMut(Scalar<'_>) -> bool) -> bool {
    value.is_some_and(|value| check(Scalar::Text(value)))
}

/// Whether any value at `path` satisfies `check`. A list stands for all of its items; a key may hold full stops.
fn walk(json: &Value, path: &str, check: &mut dyn FnMut(Scalar<'_>) -> bool) -> bool {
    match json {
        Value::Null => false,
        Value::Array(items) => items.iter().any(|item| walk(item, path, check)),
        Value::Object(_) if path.is_empty() => check(Scalar::Thing),
        Value::Object(fields) => {
            if let Some(whole) = fields.get(path) {
                return walk(whole, "", check);
            }
            path.split_once('.')
                .and_then(|(head, rest)| Some((fields.get(head)?, rest)))
                .is_some_and(|(inner, rest)| walk(inner, rest, check))
        }
        _ if !path.is_empty() => false,
        Value::String(text) => check(Scalar::Text(text)),
        Value::Bool(truth) => check(Scalar::Truth(*truth)),
        Value::Number(number) => check(Scalar::Number(number.as_f64().unwrap_or(f64::NAN))),
    }
}

/// Whether `own op value` holds. Numbers compare as numbers, all else as text, byte by byte.
fn holds(own: Scalar<'_>, op: Op, value: &str) -> bool {
    match own {
        Scalar::Text(own) => text_holds(own, op, value),
        Scalar::Truth(own) => op == Op::Eq && value == if own { "true" } else { "false" },
        Scalar::Number(own) => value.parse().is_ok_and(|value| {
            own.partial_cmp(&value)
                .is_some_and(|order| ordered(order, op))
        }),
        Scalar::Thing => false,
    }
}

fn text_holds(own: &str, op: Op, value: &str) -> bool {
    match op {
        Op::Sw => own.starts_with(value),
        Op::Ew => own.ends_with(value),
        Op::Co => own.contains(value),
        _ => ordered(own.cmp(value), op),
    }
}

fn ordered(order: Ordering, op: Op) -> bool {
    match op {
        Op::Eq => order.is_eq(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Ne | Op::Sw | Op::Ew | Op::Co | Op::Pr => false,
    }
}
