//! The pages of addresses, sessions and their like, by values.

use super::*;
use crate::domain::filter::{Named, Value};
use crate::msg::ProblemKind;
use crate::ui::theme::Theme;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + secs).unwrap()
}

fn user(id: &str, name: &str) -> Sighting {
    Sighting {
        part: Part::User,
        value: Value::Named(Named {
            id: id.to_owned(),
            name: name.to_owned(),
        }),
        beside: String::new(),
    }
}

fn day() -> Sighting {
    Sighting {
        part: Part::Day,
        value: Value::Begins("2026-11-18".to_owned()),
        beside: String::new(),
    }
}

fn seen(count: u64, failed: u64, first: i64, last: i64) -> Seen {
    Seen {
        count,
        failed,
        first: at(first),
        last: at(last),
    }
}

fn slice(sightings: Vec<(Sighting, Seen)>, next: Option<u64>) -> Answer {
    let counted = sightings.iter().map(|(_, seen)| seen.count).max();
    Answer::Trace(Box::new(Trace {
        sightings,
        counted: counted.unwrap_or(0),
        newest: Vec::new(),
        next: next.map(|seq| EventPos {
            published_ms: at(0).as_millisecond(),
            seq,
        }),
    }))
}

fn ask(traces: &mut Traces) -> TraceQuery {
    let request = traces.poll(&mut Tickets::default()).unwrap();
    match request.ask {
        Ask::Trace(query) => query,
        other => panic!("{other:?}"),
    }
}

fn page() -> Traces {
    Traces::new(Thing::Address("203.0.113.7".to_owned()))
}

fn lines(traces: &mut Traces) -> Vec<String> {
    let model = Model::new(Theme::mono(), at(0));
    traces.arrange(80, 40, &model);
    let lines = traces.text.lines().iter();
    lines
        .map(|line| line.to_string().trim_end().to_owned())
        .collect()
}

#[test]
fn slices_add_up_and_the_look_goes_on_where_it_stopped_until_there_is_no_more() {
    let mut traces = page();
    assert_eq!(ask(&mut traces).before, None);
    let first = vec![
        (user("00u1", "ana"), seen(3, 1, 50, 90)),
        (day(), seen(3, 1, 50, 90)),
    ];
    traces.accept(Ok(slice(first, Some(7))));
    assert!(
        traces.words().starts_with("3 events, back to "),
        "{}",
        traces.words()
    );
    assert!(traces.words().ends_with("going on; ctrl-c stops"));
    assert_eq!(ask(&mut traces).before.map(|pos| pos.seq), Some(7));
    let second = vec![
        (user("00u1", "ana.old"), seen(1, 0, 5, 5)),
        (user("00u2", "bo"), seen(1, 0, 9, 9)),
        (day(), seen(2, 0, 5, 9)),
    ];
    traces.accept(Ok(slice(second, None)));
    assert_eq!(traces.words(), "in all 5 events");
    assert_eq!(traces.wants_at(), None);
    let users: Vec<(u64, Timestamp, Timestamp)> = traces
        .of(Part::User)
        .into_iter()
        .map(|(_, seen)| (seen.count, seen.first, seen.last))
        .collect();
    assert_eq!(
        users,
        [(4, at(5), at(90)), (1, at(9), at(9))],
        "newest first"
    );
}

#[test]
fn a_look_that_is_stopped_asks_no_more_and_takes_no_late_answer() {
    let mut traces = page();
    let mut tickets = Tickets::default();
    let ticket = traces.poll(&mut tickets).unwrap().ticket;
    assert!(traces.stop());
    assert!(!traces.awaits(ticket));
    assert_eq!(traces.poll(&mut tickets), None);
    assert!(traces.words().starts_with("stopped after 0 events"));
    assert!(!traces.stop(), "there is nothing more to stop");
    traces.restart();
    assert!(traces.poll(&mut tickets).is_some());
}

#[test]
fn a_look_that_fails_says_why_and_a_lost_connection_asks_again() {
    let mut traces = page();
    ask(&mut traces);
    traces.disconnect();
    ask(&mut traces);
    traces.accept(Err(Problem {
        kind: ProblemKind::Internal,
        summary: "the disk is gone".to_owned(),
        hint: None,
        column: None,
    }));
    assert_eq!(traces.wants_at(), None);
    let lines = lines(&mut traces).join("\n");
    assert!(
        lines.contains("the disk is gone") && lines.contains("R tries again"),
        "{lines}"
    );
}

#[test]
fn what_was_never_seen_is_not_said_to_be_nowhere() {
    let mut traces = page();
    assert!(lines(&mut traces)[0].contains("Not loaded yet"));
    ask(&mut traces);
    traces.accept(Ok(slice(Vec::new(), None)));
    let lines = lines(&mut traces);
    assert!(lines[0].contains("No stored event is of this. Older ones may not have been read."));
}

/// Somebody who took another's name was shown as one line with that one.
#[test]
fn two_of_one_name_are_told_apart() {
    let mut traces = page();
    ask(&mut traces);
    let both = vec![
        (user("00u1", "svc@acme.com"), seen(9, 0, 1, 90)),
        (user("00u666", "svc@acme.com\u{1b}[2J"), seen(1, 1, 80, 80)),
        (user("00u7", "svc@acme.com"), seen(2, 1, 70, 70)),
        (day(), seen(12, 2, 1, 90)),
    ];
    traces.accept(Ok(slice(both, None)));
    let lines = lines(&mut traces);
    for name in [
        "00u1 svc@acme.com",
        "00u7 svc@acme.com",
        "svc@acme.com\\x1b[2J",
    ] {
        assert!(
            lines.iter().any(|line| line.contains(name)),
            "{name}: {lines:#?}"
        );
    }
    traces.go(Move::Down);
    let events = traces.events_at_hand();
    assert_eq!(events.filter, "ip=203.0.113.7 actorId=00u1");
    assert_eq!(events.title, "00u1 svc@acme.com at address 203.0.113.7");
    traces.go(Move::Top);
    assert_eq!(traces.events_at_hand().filter, "ip=203.0.113.7");
}

#[test]
fn what_is_one_too_many_to_be_told_apart_is_said() {
    let mut traces = page();
    ask(&mut traces);
    let many = (0..KEPT + 5).map(|n| (user(&format!("00u{n}"), "x"), seen(1, 0, 1, 1)));
    let all = std::iter::once((day(), seen(1, 0, 1, 1)))
        .chain(many)
        .collect();
    traces.accept(Ok(slice(all, None)));
    let words = lines(&mut traces).join("\n");
    assert!(
        words.contains("6 more sightings are of things that are not told apart here"),
        "{words}"
    );
}
