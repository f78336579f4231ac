//! The list's behaviour, by values.

use super::*;
use crate::domain::id::Kind;
use crate::domain::query::{ListQuery, Rows};
use crate::domain::user::User;
use crate::msg::Ask;
use crate::msg::ProblemKind;
use crate::ui::narrow::{self, How};
use crate::ui::record::samples;

fn start() -> Timestamp {
    "2026-11-22T14:00:00Z".parse().unwrap()
}

fn late() -> Timestamp {
    time::after(start(), Duration::from_hours(1))
}

fn ask(list: &mut List, revisions: &Revisions) -> ListQuery {
    let request = list
        .poll(Timestamp::MAX, revisions, &mut Tickets::default())
        .unwrap();
    match request.ask {
        Ask::Users(query) => query,
        other => panic!("{other:?}"),
    }
}

/// The window of `numbers` that the query asks for, as the agent would answer.
fn rows(numbers: &[usize], query: &ListQuery) -> Rows<User> {
    let position = query
        .around
        .as_ref()
        .and_then(|id| numbers.iter().position(|n| samples::user_id(*n) == *id));
    let offset = position.map_or(query.offset, |p| p.saturating_sub(query.limit / 2));
    Rows {
        rows: numbers
            .iter()
            .skip(offset)
            .take(query.limit)
            .map(|n| samples::user(*n))
            .collect(),
        offset,
        matched: numbers.len(),
        total: numbers.len(),
        position,
        complete: true,
        searched: None,
    }
}

fn answer(list: &mut List, numbers: &[usize], revisions: &Revisions) {
    let query = ask(list, revisions);
    list.accept(Ok(Answer::Users(rows(numbers, &query))));
}

fn loaded(numbers: &[usize]) -> List {
    let mut list = List::new(Topic::all(Kind::User));
    list.set_height(10);
    answer(&mut list, numbers, &Revisions::default());
    list
}

fn news(n: u64) -> Revisions {
    Revisions {
        users: n,
        ..Revisions::default()
    }
}

fn numbers(range: std::ops::Range<usize>) -> Vec<usize> {
    range.collect()
}

#[test]
fn only_about_three_screens_are_asked_for() {
    let mut list = List::new(Topic::all(Kind::User));
    list.set_height(20);
    let query = ask(&mut list, &news(0));
    assert_eq!((query.offset, query.limit), (0, 60));
}

#[test]
fn scrolling_out_of_the_window_asks_for_the_next_one() {
    let mut list = loaded(&numbers(0..1_000));
    list.go(Move::PageDown);
    assert_eq!(list.wants_at(&news(0)), None, "the next screen is at hand");
    for _ in 0..3 {
        list.go(Move::PageDown);
    }
    let query = ask(&mut list, &news(0));
    assert_eq!(query.around, None);
    assert!(query.offset > 0 && query.offset <= list.top);
    list.go(Move::Bottom);
    assert_eq!(list.wants_at(&news(0)), None, "one question at a time");
    list.accept(Ok(Answer::Users(rows(&numbers(0..1_000), &query))));
    let query = ask(&mut list, &news(0));
    list.accept(Ok(Answer::Users(rows(&numbers(0..1_000), &query))));
    assert_eq!(
        list.selected().unwrap().subject(),
        samples::user_subject(999)
    );
}

#[test]
fn the_cursor_follows_its_object_when_rows_come_above_it() {
    let mut list = loaded(&numbers(100..200));
    for _ in 0..7 {
        list.go(Move::Down);
    }
    let line = list.cursor - list.top;
    answer(&mut list, &numbers(50..200), &news(1));
    assert_eq!(
        list.selected().unwrap().subject(),
        samples::user_subject(107)
    );
    assert_eq!((list.cursor, list.cursor - list.top), (57, line));
}

#[test]
fn a_list_that_was_never_moved_in_stays_at_its_top() {
    let mut list = loaded(&numbers(100..200));
    answer(&mut list, &numbers(0..200), &news(1));
    assert_eq!(list.selected().unwrap().subject(), samples::user_subject(0));
}

#[test]
fn when_the_object_is_gone_the_cursor_stays_where_it_was() {
    let mut list = loaded(&numbers(0..20));
    list.go(Move::PageDown);
    answer(&mut list, &[0, 1, 2], &news(1));
    assert_eq!(list.selected().unwrap().subject(), samples::user_subject(2));
    answer(&mut list, &[], &news(2));
    assert!(list.selected().is_none());
    list.go(Move::Down);
    list.go(Move::Bottom);
}

#[test]
fn a_filter_is_sent_when_typing_rests_and_giving_it_up_returns_to_the_object() {
    let mut list = loaded(&numbers(0..50));
    list.go(Move::PageDown);
    let before = list.selected().unwrap().subject();
    list.begin_filter();
    list.set_filter("a", start());
    assert!(list.wants_at(&news(0)).unwrap() > start());
    list.set_filter("an", late());
    let due = list.wants_at(&news(0)).unwrap();
    assert_eq!(due, time::after(late(), DEBOUNCE));
    let mut tickets = Tickets::default();
    assert_eq!(list.poll(late(), &news(0), &mut tickets), None);
    let request = list.poll(due, &news(0), &mut tickets).unwrap();
    assert!(list.awaits(request.ticket) && !list.awaits(request.ticket + 1));
    let query = ListQuery {
        limit: 30,
        ..ListQuery::default()
    };
    list.accept(Ok(Answer::Users(rows(&[3, 4], &query))));
    assert_eq!(list.selected().unwrap().subject(), samples::user_subject(3));
    list.set_filter("", late());
    let query = list.poll(late(), &news(0), &mut tickets).unwrap();
    assert!(
        matches!(query.ask, Ask::Users(query) if query.around.clone().map(Subject::Object) == Some(before))
    );
}

#[test]
fn a_broken_filter_keeps_the_rows_and_is_not_asked_again_in_vain() {
    let mut list = loaded(&numbers(0..50));
    list.set_filter("foo:1", start());
    ask(&mut list, &news(0));
    list.accept(Err(Problem {
        kind: ProblemKind::Usage,
        summary: "there is no field `foo`".into(),
        hint: None,
        column: Some(0),
    }));
    assert!(list.problem().is_some() && list.selected().is_some());
    assert_eq!(list.wants_at(&news(3)), None);
    list.set_filter("foo", start());
    assert!(list.problem().is_none());
}

#[test]
fn the_same_sort_key_again_turns_the_order_round() {
    let mut list = loaded(&numbers(0..50));
    let login = Topic::all(Kind::User).sort_keys()[0];
    list.sort_by(login);
    assert!(!list.sort().unwrap().descending);
    list.sort_by(login);
    assert!(list.sort().unwrap().descending);
    assert_eq!(ask(&mut list, &news(0)).sort.unwrap().field, "login");
}

#[test]
fn a_lost_connection_forgets_the_question_and_asks_again() {
    let mut list = loaded(&numbers(0..50));
    ask(&mut list, &news(1));
    list.disconnect();
    assert!(list.wants_at(&news(1)).is_some());
}

fn tokens(
    numbers: std::ops::Range<usize>,
    complete_at: Option<Timestamp>,
    trouble: Option<crate::domain::listing::PartialReason>,
) -> Answer {
    let total = numbers.len();
    Answer::Entries(crate::domain::entry::EntryRows {
        rows: numbers.map(samples::token).collect(),
        offset: 0,
        matched: total,
        total,
        position: None,
        complete_at,
        trouble,
    })
}

#[test]
fn a_list_of_entries_is_the_same_machine() {
    let mut list = List::new(Topic::entries(crate::domain::entry::EntryKind::ApiToken));
    list.set_height(10);
    list.look_at(Some(start()));
    let request = list
        .poll(Timestamp::MAX, &news(0), &mut Tickets::default())
        .unwrap();
    let Ask::Entries(query) = request.ask else {
        panic!("{:?}", request.ask);
    };
    assert_eq!((query.limit, query.as_of), (30, Some(start())));
    list.accept(Ok(tokens(0..5, Some(start()), None)));
    list.go(Move::Down);
    let token = samples::token(1).entry.key;
    assert_eq!(list.selected().unwrap().subject(), Subject::Entry(token));
    assert_eq!(
        list.wants_at(&news(7)),
        None,
        "news of users are nothing to it"
    );
    let entries = Revisions {
        entries: 1,
        ..Revisions::default()
    };
    assert!(list.wants_at(&entries).is_some());
}

#[test]
fn an_answer_about_another_moment_is_not_shown() {
    let mut list = List::new(Topic::entries(crate::domain::entry::EntryKind::ApiToken));
    let mut tickets = Tickets::default();
    list.set_height(10);
    list.poll(Timestamp::MAX, &news(0), &mut tickets);
    list.accept(Ok(tokens(0..5, Some(start()), None)));
    assert!(list.selected().is_some());
    list.look_at(Some(start()));
    assert!(
        list.selected().is_none(),
        "what is there now is not what was"
    );
    let late = list.poll(Timestamp::MAX, &news(0), &mut tickets).unwrap();
    list.look_at(None);
    assert!(!list.awaits(late.ticket));
    assert!(list.wants_at(&news(0)).is_some(), "it is asked for anew");
}

#[test]
fn how_many_there_are_is_not_told_of_what_could_not_be_read() {
    let mut list = List::new(Topic::entries(crate::domain::entry::EntryKind::ApiToken));
    list.set_height(10);
    list.poll(Timestamp::MAX, &news(0), &mut Tickets::default());
    let why = crate::domain::listing::PartialReason::MissingScope("okta.apiTokens.read".into());
    list.accept(Ok(tokens(0..0, None, Some(why.clone()))));
    assert_eq!(list.total(), None);
    assert_eq!(
        list.chrome_rows(false),
        2,
        "why it is empty stands in place of the rows"
    );
    list.outdate();
    list.poll(Timestamp::MAX, &news(0), &mut Tickets::default());
    list.accept(Ok(tokens(0..3, Some(start()), Some(why))));
    assert_eq!(list.total(), Some(3));
    assert_eq!(
        list.chrome_rows(false),
        3,
        "that it is old stands above the rows"
    );
}

#[test]
fn a_search_that_goes_on_is_asked_for_until_it_is_over_and_tells_how_far_it_is() {
    let mut list = loaded(&numbers(0..30));
    list.set_filter("~an", start());
    let revisions = Revisions::default();
    let slice = |list: &mut List, found: &[usize], searched| {
        let query = ask(list, &revisions);
        assert!(query.in_slices);
        let rows = Rows {
            total: 200,
            searched,
            ..rows(found, &query)
        };
        list.accept(Ok(Answer::Users(rows)));
        super::view::counts(list, None)
    };
    assert_eq!(
        slice(&mut list, &[4], Some(70)),
        "1 of 200 match, searched 35%"
    );
    assert_eq!(list.wants_at(&revisions), Some(Timestamp::MIN));
    // Whoever has chosen a row stays on it when others come above it.
    list.go(Move::Top);
    assert_eq!(
        slice(&mut list, &[2, 4], Some(140)),
        "2 of 200 match, searched 70%"
    );
    assert_eq!(
        list.selected().map(Item::subject),
        Some(Subject::Object(samples::user_id(4)))
    );
    assert_eq!(slice(&mut list, &[2, 4], None), "2 of 200 match");
    assert_eq!(list.wants_at(&revisions), None);
}

fn ticket(list: &mut List) -> (u64, ListQuery) {
    let request = list
        .poll(Timestamp::MAX, &news(0), &mut Tickets::default())
        .unwrap();
    match request.ask {
        Ask::Users(query) => (request.ticket, query),
        other => panic!("{other:?}"),
    }
}

fn marked(list: &List) -> Vec<Subject> {
    list.marks().ids().into_iter().cloned().collect()
}

#[test]
fn a_cell_becomes_a_clause_and_the_cursor_stays_on_its_row() {
    let mut list = loaded(&numbers(0..50));
    list.go(Move::Down);
    list.go_sideways(true);
    let pointed = list.pointed().unwrap();
    assert_eq!(pointed.field, "status");
    list.narrow(How::Keep, &pointed).unwrap();
    assert_eq!(list.filter(), "status=ACTIVE");
    let query = ask(&mut list, &news(0));
    assert_eq!(
        query.around.clone().map(Subject::Object),
        Some(samples::user_subject(1))
    );
    list.accept(Ok(Answer::Users(rows(&[0, 1, 4], &query))));
    assert_eq!(list.selected().unwrap().subject(), samples::user_subject(1));
    list.narrow(How::Drop, &pointed).unwrap();
    assert_eq!(list.filter(), "status=ACTIVE -status=ACTIVE");
    list.narrow(How::Only, &pointed).unwrap();
    assert_eq!(list.filter(), "status=ACTIVE");
    assert_eq!(list.clauses().all().len(), 1);
}

#[test]
fn the_column_cursor_stays_among_the_columns_and_some_cannot_be_filtered_by() {
    let mut list = loaded(&numbers(0..50));
    list.go_sideways(false);
    assert_eq!(list.pointed().unwrap().field, "login");
    for _ in 0..50 {
        list.go_sideways(true);
    }
    assert_eq!(list.pointed().unwrap().field, "lastUpdated");
    let group = "00g1".parse().unwrap();
    list.topic = Topic::Objects(Kind::User, crate::domain::query::Scope::OfGroup(group));
    list.column = 3;
    assert_eq!(list.pointed(), Err(narrow::NO_FIELD));
    assert!(List::new(Topic::all(Kind::User)).pointed().is_err());
}

#[test]
fn a_clause_that_is_off_is_not_asked_for_and_not_lost() {
    let mut list = loaded(&numbers(0..50));
    list.set_filter("ana status:active", start());
    let mut clauses = list.clauses().clone();
    clauses.toggle(0);
    list.put_in_force(clauses);
    assert_eq!(ask(&mut list, &news(0)).filter, "status:active");
    assert!(list.is_filtered());
    list.set_filter("", late());
    assert!(list.is_filtered(), "the one that is off is still there");
    list.clear_filter(late());
    assert!(!list.is_filtered());
}

#[test]
fn marks_stay_on_their_objects_whatever_the_order() {
    let mut list = loaded(&numbers(0..50));
    list.go(Move::Down);
    list.toggle_mark();
    list.toggle_mark();
    let expected = [samples::user_subject(1), samples::user_subject(2)];
    assert_eq!(marked(&list), expected);
    assert_eq!(list.cursor, 3, "it goes on to the next row");
    let reversed: Vec<usize> = (0..50).rev().collect();
    let query = ask(&mut list, &news(1));
    list.accept(Ok(Answer::Users(rows(&reversed, &query))));
    assert_eq!(marked(&list), expected);
    list.set_filter("x", late());
    assert!(
        list.marks().is_empty(),
        "what is out of sight is not acted on"
    );
    let words = list.marks().words().unwrap();
    assert_eq!(
        words,
        "2 marks let go with the filter, {key:history-back} returns"
    );
}

#[test]
fn a_range_reaches_beyond_the_window_and_asks_for_what_it_lacks() {
    let all = numbers(0..500);
    let mut list = loaded(&all);
    list.mark_range();
    for _ in 0..8 {
        list.go(Move::PageDown);
    }
    let query = ask(&mut list, &news(0));
    list.accept(Ok(Answer::Users(rows(&all, &query))));
    assert!(list.is_in_range(5) && !list.is_in_range(list.cursor + 1));
    list.mark_range();
    let (number, query) = ticket(&mut list);
    assert_eq!((query.offset, query.limit), (0, 73));
    assert!(list.awaits(number));
    list.accept_for(number, Ok(Answer::Users(rows(&all, &query))));
    assert_eq!(marked(&list).len(), 73);
    assert_eq!(marked(&list)[72], samples::user_subject(72));
    assert!(!list.is_in_range(5), "the range is over");
}

#[test]
fn a_range_over_a_list_that_has_changed_marks_nothing() {
    let all = numbers(100..200);
    let mut list = loaded(&all);
    list.mark_range();
    list.go(Move::Down);
    list.mark_range();
    let (number, query) = ticket(&mut list);
    let changed = numbers(98..200);
    list.accept_for(number, Ok(Answer::Users(rows(&changed, &query))));
    assert_eq!(marked(&list), []);
    assert!(list.marks().from().is_some(), "its beginning is kept");
}

#[test]
fn all_that_match_are_marked_up_to_a_bound_once_the_search_is_over() {
    let all = numbers(0..5_000);
    let mut list = loaded(&all);
    list.mark_all();
    let (number, query) = ticket(&mut list);
    let slice = Rows {
        searched: Some(700),
        ..rows(&numbers(0..3), &query)
    };
    list.accept_for(number, Ok(Answer::Users(slice)));
    assert!(list.marks().is_empty(), "that was not all");
    let (number, query) = ticket(&mut list);
    list.accept_for(number, Ok(Answer::Users(rows(&all, &query))));
    assert_eq!(marked(&list).len(), 1_000);
    let words = list.marks().words().unwrap();
    assert_eq!(words, "1,000 marked of 5,000, no more can be");
}

#[test]
fn marks_that_were_asked_for_are_asked_for_again_after_a_lost_connection() {
    let mut list = loaded(&numbers(0..50));
    list.mark_all();
    let (number, _) = ticket(&mut list);
    list.disconnect();
    assert!(!list.awaits(number));
    let (_, query) = ticket(&mut list);
    assert_eq!((query.offset, query.limit), (0, 1_000));
}
