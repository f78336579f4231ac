//! The log's behaviour, by values.

use super::samples::{row, rows, start};
use super::*;
use crate::domain::log_event::Severity;
use crate::msg::ProblemKind;
use crate::ui::narrow::How;

fn ask(log: &mut Log, revisions: &Revisions) -> EventQuery {
    let request = log
        .poll(Timestamp::MAX, revisions, &mut Tickets::default())
        .unwrap();
    match request.ask {
        Ask::Events(query) => query,
        other => panic!("{other:?}"),
    }
}

fn answer(log: &mut Log, rows: EventRows) {
    log.accept(Ok(Answer::Events(rows)));
}

fn loaded(first: u8, end: u8, stored: u8) -> Log {
    let mut log = Log::new();
    log.set_height(5);
    ask(&mut log, &Revisions::default());
    answer(&mut log, rows(first, end, stored));
    log
}

fn news(n: u64) -> Revisions {
    Revisions {
        events: n,
        ..Revisions::default()
    }
}

#[test]
fn following_stays_at_the_newest() {
    let mut log = loaded(0, 20, 20);
    assert_eq!((log.cursor, log.top), (19, 15));
    assert_eq!(ask(&mut log, &news(1)).anchor, EventAnchor::Newest);
    answer(&mut log, rows(5, 30, 30));
    assert_eq!(log.selected().unwrap().pos, row(29).pos);
}

#[test]
fn moving_up_lets_go_and_the_cursor_stays_on_its_event() {
    let mut log = loaded(0, 20, 20);
    log.go(Move::Up);
    assert!(!log.follows());
    let held = log.selected().unwrap().pos;
    let line = log.cursor - log.top;
    assert_eq!(ask(&mut log, &news(1)).anchor, EventAnchor::Around(held));
    answer(&mut log, rows(8, 28, 40));
    assert_eq!(log.selected().unwrap().pos, held);
    assert_eq!(log.cursor - log.top, line, "nothing moves under the eyes");
    log.go(Move::Bottom);
    assert!(log.follows());
    assert_eq!(ask(&mut log, &news(1)).anchor, EventAnchor::Newest);
}

/// A display name is the choice of whoever has it; an id is not.
#[test]
fn a_cell_of_an_actor_is_that_actor_and_nobody_of_the_same_name() {
    let mut log = loaded(0, 20, 20);
    log.go_sideways(true);
    let pointed = log.pointed().unwrap();
    assert_eq!(pointed.name(), Some("ana.lopez@example.com"));
    log.narrow(How::Drop, &pointed).unwrap();
    assert_eq!(log.filter(), "-actorId=00u1");
    let filter = crate::domain::filter::Filter::of::<EventRow>(log.filter()).unwrap();
    let mut attacker = row(3);
    if let Some(actor) = &mut attacker.event.actor {
        actor.id = "00u666".into();
    }
    assert!(filter.matches(&attacker, start()), "not hidden by the name");
    assert!(!filter.matches(&row(3), start()));
}

#[test]
fn a_paused_log_asks_nothing_when_events_arrive() {
    let mut log = loaded(0, 20, 20);
    log.toggle_pause();
    assert_eq!(log.wants_at(&news(7)), None);
    log.toggle_pause();
    assert!(log.wants_at(&news(7)).is_some());
}

#[test]
fn the_top_of_the_whole_log_is_asked_for_when_it_is_not_at_hand() {
    let mut log = loaded(50, 70, 70);
    log.go(Move::Top);
    assert_eq!(
        ask(&mut log, &Revisions::default()).anchor,
        EventAnchor::Oldest
    );
    answer(&mut log, rows(0, 20, 70));
    assert_eq!((log.cursor, log.top), (0, 0));
    assert!(!log.follows());
}

#[test]
fn scrolling_to_the_edge_asks_for_more_around_the_cursor() {
    let mut log = loaded(50, 60, 70);
    log.go(Move::PageUp);
    log.go(Move::PageUp);
    let held = log.selected().unwrap().pos;
    assert_eq!(
        ask(&mut log, &Revisions::default()).anchor,
        EventAnchor::Around(held)
    );
    answer(&mut log, rows(40, 60, 70));
    assert_eq!(log.selected().unwrap().pos, held);
}

#[test]
fn an_answer_to_an_earlier_filter_is_dropped() {
    let mut log = loaded(0, 20, 20);
    log.set_filter("ana", start());
    ask(&mut log, &news(0));
    log.set_filter("anabel", start());
    answer(&mut log, rows(0, 2, 20));
    assert_eq!(log.rows().len(), 20);
    assert_eq!(ask(&mut log, &news(0)).filter, "anabel");
}

#[test]
fn a_filter_within_the_events_of_an_object_keeps_to_them() {
    let mut log = Log::about("about:00u1".to_owned());
    assert_eq!(ask(&mut log, &news(0)).filter, "about:00u1");
    log.accept(Ok(Answer::Events(rows(0, 3, 3))));
    log.set_filter("a or b (", start());
    assert_eq!(ask(&mut log, &news(0)).filter, "about:00u1 (a or b ()");
    log.accept(Err(Problem {
        kind: ProblemKind::Usage,
        summary: "a parenthesis is not closed".into(),
        hint: None,
        column: Some(19),
    }));
    assert_eq!(log.problem().unwrap().column, Some(7));
    assert_eq!(log.rows().len(), 3, "what was there stays");
    assert_eq!(
        log.wants_at(&news(9)),
        None,
        "and is not asked again in vain"
    );
}

/// "No events are stored yet; they appear here as Okta tells them", to a token that may not read them.
#[test]
fn a_log_that_may_not_be_read_names_the_missing_right() {
    use crate::domain::listing::PartialReason;
    use crate::ui::canvas::text_of;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    let reason = PartialReason::MissingRole("Read-Only Administrator".into());
    let mut log = Log::new();
    log.set_height(4);
    ask(&mut log, &news(0));
    answer(&mut log, rows(0, 0, 0));
    let shown = |trouble| {
        let look = Look {
            theme: crate::ui::theme::Theme::mono(),
            title: "Log",
            focused: true,
            prompt: None,
            reach: None,
            trouble,
        };
        let area = Rect::new(0, 0, 120, 8);
        let mut buffer = Buffer::empty(area);
        super::view::view(&log, look, &mut buffer, area);
        text_of(&buffer)
    };
    let told = shown(Some(&reason));
    assert!(told.contains("Read-Only Administrator"), "{told}");
    assert!(!told.contains("No events are stored yet"), "{told}");
    assert!(shown(None).contains("No events are stored yet"));
}

#[test]
fn rows_of_several_days_say_which_also_where_there_is_no_room_for_a_date() {
    use crate::ui::canvas::text_of;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    let area = Rect::new(0, 0, 78, 6);
    let look = Look {
        theme: crate::ui::theme::Theme::mono(),
        title: "Log",
        focused: true,
        prompt: None,
        reach: None,
        trouble: None,
    };
    let mut log = Log::new();
    log.set_height(4);
    ask(&mut log, &news(0));
    let mut window = rows(0, 3, 3);
    window.rows[0].event.published = "2026-11-21T23:59:00Z".parse().unwrap();
    answer(&mut log, window);
    let mut buffer = Buffer::empty(area);
    view(&log, look, &mut buffer, area);
    let text = text_of(&buffer);
    assert!(
        text.contains("11-21 23:59 ") && text.contains("11-22 14:00 "),
        "{text}"
    );
    answer(&mut log, rows(0, 3, 3));
    ask(&mut log, &news(1));
    answer(&mut log, rows(0, 3, 3));
    let mut buffer = Buffer::empty(area);
    view(&log, look, &mut buffer, area);
    assert!(
        text_of(&buffer).contains("  14:00:00 "),
        "{}",
        text_of(&buffer)
    );
}

#[test]
fn the_next_marked_event_is_found_in_both_directions() {
    let mut log = Log::new();
    log.set_height(5);
    ask(&mut log, &news(0));
    let mut window = rows(0, 10, 10);
    for n in [2, 7] {
        window.rows[n].event.severity = Some(crate::domain::log_event::Severity::Warn);
    }
    answer(&mut log, window);
    assert!(log.go_to_notable(false).is_ok());
    assert_eq!(log.cursor, 7);
    assert!(log.go_to_notable(false).is_ok());
    assert_eq!(log.cursor, 2);
    assert!(log.go_to_notable(false).is_err());
    assert!(log.go_to_notable(true).is_ok());
    assert_eq!(log.cursor, 7);
}

/// Part of the answer to a search that goes on.
fn slice(first: u8, end: u8, reached: Option<u8>) -> EventRows {
    EventRows {
        searched: reached.map(|n| row(n).pos),
        more_older: true,
        ..rows(first, end, 50)
    }
}

#[test]
fn a_long_search_shows_what_it_has_and_goes_on() {
    let mut log = loaded(0, 20, 20);
    log.set_filter("rare", start());
    assert_eq!(ask(&mut log, &news(0)).anchor, EventAnchor::Newest);
    answer(&mut log, slice(48, 49, Some(40)));
    assert_eq!(log.rows().len(), 1, "the first rows at once");
    assert_eq!(log.searched(), Some(row(40).event.published));
    // What is new waits until the search is done.
    let next = ask(&mut log, &news(1));
    assert_eq!(next.anchor, EventAnchor::Before(row(40).pos));
    answer(&mut log, slice(30, 32, Some(20)));
    assert_eq!(log.rows().len(), 3);
    ask(&mut log, &news(1));
    answer(&mut log, slice(5, 6, None));
    let numbers: Vec<u64> = log.rows().iter().map(|row| row.pos.seq).collect();
    assert_eq!((numbers, log.searched()), (vec![5, 30, 31, 48], None));
    assert_eq!(log.selected().unwrap().pos, row(48).pos);

    // When it is searched again, what is in sight stays until there is more.
    assert_eq!(ask(&mut log, &news(1)).anchor, EventAnchor::Newest);
    answer(&mut log, slice(49, 50, Some(40)));
    assert_eq!(log.rows().len(), 4);
    ask(&mut log, &news(1));
    answer(&mut log, slice(5, 8, None));
    assert_eq!(log.rows().len(), 4);
    assert_eq!(log.selected().unwrap().pos, row(49).pos);
}

#[test]
fn a_window_around_the_cursor_that_was_cut_short_goes_on_to_what_is_older() {
    let mut log = loaded(20, 40, 50);
    log.go(Move::Up);
    let held = log.selected().unwrap().pos;
    assert_eq!(ask(&mut log, &news(1)).anchor, EventAnchor::Around(held));
    answer(&mut log, slice(37, 45, Some(30)));
    let next = ask(&mut log, &news(1));
    assert_eq!(next.anchor, EventAnchor::Before(row(30).pos));
    answer(&mut log, slice(10, 12, None));
    let numbers: Vec<u64> = log.rows().iter().map(|row| row.pos.seq).collect();
    assert_eq!(numbers, [10, 11, 37, 38, 39, 40, 41, 42, 43, 44]);
    assert_eq!(log.selected().unwrap().pos, held);
}

#[test]
fn another_filter_ends_a_search() {
    let mut log = loaded(0, 20, 20);
    log.set_filter("rare", start());
    ask(&mut log, &news(0));
    answer(&mut log, slice(48, 49, Some(40)));
    ask(&mut log, &news(0));
    log.set_filter("other", start());
    answer(&mut log, slice(30, 32, Some(20)));
    assert_eq!(log.searched(), None);
    let next = ask(&mut log, &news(0));
    assert_eq!(
        (next.filter.as_str(), next.anchor),
        ("other", EventAnchor::Newest)
    );
}

fn ticket(log: &mut Log) -> (u64, EventQuery) {
    let request = log
        .poll(Timestamp::MAX, &news(0), &mut Tickets::default())
        .unwrap();
    match request.ask {
        Ask::Events(query) => (request.ticket, query),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cell_becomes_a_clause_in_the_language_of_the_log() {
    let mut log = loaded(0, 20, 20);
    for (column, filter) in [
        (0, "published:2026-11-22"),
        (1, "published:\"2026-11-22T14:00\""),
        (2, "type=user.session.start"),
        (3, "actorId=00u1"),
        (4, "targetId=0oa1"),
        (5, "result=SUCCESS"),
        (6, "ip=203.0.113.7"),
        (7, "country=NG"),
    ] {
        log.column = column;
        let pointed = log.pointed().unwrap();
        log.narrow(How::Only, &pointed).unwrap();
        assert_eq!(log.filter(), filter);
        let keeps = crate::domain::filter::Filter::of::<EventRow>(filter).unwrap();
        assert!(keeps.matches(&row(19), start()), "{filter}");
    }
    log.go_sideways(true);
    assert_eq!(log.column, 7, "there is no other column");
    let pointed = log.pointed().unwrap();
    log.narrow(How::Drop, &pointed).unwrap();
    assert_eq!(log.filter(), "country=NG -country=NG");
}

#[test]
fn what_an_event_does_not_tell_can_be_filtered_by_as_well() {
    let mut log = loaded(0, 20, 20);
    log.rows[19].event.ip = None;
    log.column = 6;
    let pointed = log.pointed().unwrap();
    log.narrow(How::Keep, &pointed).unwrap();
    assert_eq!(log.filter(), "-ip:/./");
}

#[test]
fn a_range_of_events_goes_by_where_they_stand() {
    let mut log = loaded(0, 20, 100);
    log.go(Move::Up);
    log.mark_range();
    for _ in 0..4 {
        log.go(Move::Up);
    }
    assert!(log.is_in_range(row(16).pos) && !log.is_in_range(row(19).pos));
    log.mark_range();
    let (number, query) = ticket(&mut log);
    assert_eq!(query.anchor, EventAnchor::After(row(14).pos));
    log.accept_for(number, Ok(Answer::Events(rows(15, 40, 100))));
    let ids: Vec<u8> = log.marks().ids().into_iter().map(|id| id.0[0]).collect();
    assert_eq!(ids, [14, 15, 16, 17, 18]);
}

#[test]
fn a_range_of_one_event_asks_nothing() {
    let mut log = loaded(0, 20, 20);
    log.mark_range();
    log.mark_range();
    assert_eq!(log.marks().len(), 1);
    assert!(log.gathering.is_none());
}

#[test]
fn all_events_that_match_are_marked_slice_by_slice() {
    let mut log = loaded(0, 20, 100);
    log.mark_all();
    let (number, query) = ticket(&mut log);
    assert_eq!((query.anchor, query.limit), (EventAnchor::Newest, 1_000));
    let reached = row(80).pos;
    let slice = EventRows {
        searched: Some(reached),
        ..rows(90, 100, 100)
    };
    log.accept_for(number, Ok(Answer::Events(slice)));
    assert_eq!(log.marks().len(), 0);
    let (number, query) = ticket(&mut log);
    assert_eq!(
        (query.anchor, query.limit),
        (EventAnchor::Before(reached), 990)
    );
    log.accept_for(number, Ok(Answer::Events(rows(0, 5, 100))));
    assert_eq!(log.marks().words().as_deref(), Some("15 marked"));
    log.set_filter("ana", start());
    assert_eq!(log.marks().len(), 0, "what is out of sight is not acted on");
}

#[test]
fn a_notable_event_that_is_not_at_hand_is_searched_for_and_the_search_can_be_ended() {
    let mut log = loaded(50, 70, 90);
    let held = log.cursor;
    log.go_to_notable(false).unwrap();
    let first = ask(&mut log, &news(0));
    assert_eq!(
        (first.anchor, first.limit),
        (EventAnchor::Before(row(50).pos), 1)
    );
    assert!(first.notable);
    let seek = |log: &mut Log, rows| log.take_sought(Ok(Answer::Events(rows)));
    seek(
        &mut log,
        EventRows {
            rows: Vec::new(),
            ..slice(9, 9, Some(30))
        },
    );
    assert_eq!(log.sought_to(), Some(row(30).event.published));
    assert_eq!(
        ask(&mut log, &news(0)).anchor,
        EventAnchor::Before(row(30).pos)
    );
    seek(&mut log, slice(9, 10, None));
    assert_eq!(log.sought_to(), None);
    assert_eq!(
        ask(&mut log, &news(0)).anchor,
        EventAnchor::Around(row(9).pos)
    );
    answer(&mut log, rows(0, 20, 90));
    assert_eq!(log.selected().unwrap().pos, row(9).pos);
    assert!(!log.follows() && held > 0);

    log.go(Move::Bottom);
    ask(&mut log, &news(0));
    answer(&mut log, rows(50, 70, 90));
    log.go(Move::Up);
    log.go_to_notable(false).unwrap();
    ask(&mut log, &news(0));
    assert!(log.give_up() && !log.give_up());
    assert_eq!(log.sought_to(), None);
    log.go_to_notable(false).unwrap();
    ask(&mut log, &news(0));
    seek(&mut log, rows(0, 0, 0));
    assert!(log.take_words().unwrap().starts_with("No older event"));
}

#[test]
fn the_next_notable_event_is_beyond_a_folded_transaction() {
    let mut log = Log::new();
    log.set_height(9);
    ask(&mut log, &news(0));
    let mut found = in_transactions(&[0, 1, 2, 1, 0, 3, 4]);
    for at in [3, 5] {
        found.rows[at].event.severity = Some(Severity::Error);
    }
    answer(&mut log, found.clone());
    log.toggle_fold();
    log.go(Move::Top);
    log.go_to_notable(true).unwrap();
    assert_eq!(log.cursor, 3);
    // A window that comes meanwhile puts the cursor on the first part.
    ask(&mut log, &news(1));
    answer(&mut log, found);
    assert_eq!(log.cursor, 1);
    log.go_to_notable(true).unwrap();
    assert_eq!(log.cursor, 5, "not the same line again");
    log.go_to_notable(false).unwrap();
    assert_eq!(log.lines.of_row(log.cursor), log.lines.of_row(1));
}

#[test]
fn what_was_asked_before_looking_for_a_notable_event_does_not_replace_what_was_found() {
    let mut log = loaded(0, 20, 20);
    log.set_filter("rare", start());
    let (before, _) = ticket(&mut log);
    log.accept_for(before, Ok(Answer::Events(slice(44, 49, Some(40)))));
    let (late, _) = ticket(&mut log);
    log.go_to_notable(false).unwrap();
    let held = log.rows.len();
    log.accept_for(late, Ok(Answer::Events(slice(30, 31, Some(20)))));
    assert_eq!(log.rows.len(), held);
    assert!(log.sought_to().is_some());
}

#[test]
fn a_search_that_is_given_up_is_not_begun_again_by_what_is_new() {
    let mut log = loaded(0, 20, 20);
    log.set_filter("rare", start());
    ask(&mut log, &news(0));
    answer(&mut log, slice(48, 49, Some(40)));
    assert!(log.give_up());
    let again = ask(&mut log, &news(1));
    assert_eq!(again.anchor, EventAnchor::Newest);
    assert_eq!(again.since, Some(row(40).event.published));
    log.search_on();
    assert_eq!(ask_again(&mut log).since, None);
}

/// The question after one that was given up.
fn ask_again(log: &mut Log) -> EventQuery {
    log.disconnect();
    ask(log, &news(1))
}

fn in_transactions(numbers: &[u8]) -> EventRows {
    let mut window = rows(0, u8::try_from(numbers.len()).unwrap(), 9);
    for (row, number) in window.rows.iter_mut().zip(numbers) {
        let id = format!("T{number}");
        row.event.transaction = (*number > 0).then(|| id.as_str().into());
    }
    window
}

#[test]
fn a_transaction_is_one_line_until_it_is_opened_and_the_cursor_stays() {
    let mut log = Log::new();
    log.set_height(9);
    ask(&mut log, &news(0));
    answer(&mut log, in_transactions(&[0, 1, 2, 1, 0, 1, 0]));
    let lines = |log: &Log| {
        log.lines
            .all()
            .iter()
            .filter_map(super::lines::Line::row)
            .collect::<Vec<_>>()
    };
    log.go(Move::Up);
    assert_eq!(log.cursor, 5);
    log.toggle_fold();
    assert_eq!(lines(&log), [0, 1, 2, 4, 6]);
    assert_eq!(log.cursor, 1, "on the line that its event went into");
    assert!(log.is_on_fold());
    log.go(Move::Down);
    log.go(Move::Down);
    assert_eq!(log.cursor, 4);
    log.go(Move::Up);
    log.go(Move::Up);
    log.unfold();
    assert_eq!(lines(&log), [0, 1, 3, 5, 2, 4, 6]);
    assert!(!log.is_on_fold());
    log.go(Move::Down);
    assert_eq!(log.cursor, 3);
    log.toggle_fold();
    assert_eq!(lines(&log), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(log.cursor, 3);
}
