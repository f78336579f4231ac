//! Finding in the console: cells that become filters, clauses that are switched off, marks.

use oktop::msg::Push;
use oktop::ui::event::{Effect, Event};

use crate::support::desk::Desk;

/// A desk with an org so small that every filter is looked at row by row.
fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::disconnected(width, height);
    (desk.org.users, desk.org.events) = (200, 210);
    desk.happen(Event::Connected);
    let status = desk.org.status();
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    desk
}

#[track_caller]
fn shows(desk: &mut Desk, words: &str) {
    let screen = desk.screen();
    assert!(screen.contains(words), "{words}\n{screen}");
}

#[track_caller]
fn hides(desk: &mut Desk, words: &str) {
    let screen = desk.screen();
    assert!(!screen.contains(words), "{words}\n{screen}");
}

#[test]
fn a_cell_of_a_list_is_kept_dropped_or_all_there_is() {
    let mut desk = desk(80, 24);
    desk.press("2l+");
    shows(&mut desk, " / status=ACTIVE");
    shows(&mut desk, "of 200 match");
    desk.press("ll+");
    shows(&mut desk, " / status=ACTIVE lastLogin:2026-11-22");
    desk.press("hh-");
    shows(&mut desk, "None of 200 users pass the filter.");
    desk.press("H=");
    shows(&mut desk, " / status=ACTIVE\n");
    insta::assert_snapshot!("kept_80x24", desk.screen());
    desk.press("<esc>");
    hides(&mut desk, " / status");
}

#[test]
fn a_cell_of_the_log_and_a_line_of_an_event_are_filters_too() {
    let mut desk = desk(80, 24);
    desk.press("lll+");
    shows(&mut desk, " / result=DENY");
    desk.press("<enter>jj");
    insta::assert_snapshot!("event_line_80x24", desk.screen());
    desk.press("-");
    shows(&mut desk, " / result=DENY -severity=WARN");
    desk.press("H");
    shows(&mut desk, "> ");
    shows(&mut desk, "severity");
    desk.press("<enter>");
    shows(&mut desk, "events of severity WARN");
}

#[test]
fn what_cannot_be_filtered_by_says_why() {
    let mut desk = desk(80, 24);
    desk.press("2<enter>2lll+");
    shows(
        &mut desk,
        "keep: not now, the filter has no field for this column",
    );
    desk.press("1+");
    shows(
        &mut desk,
        "keep: not now, only cells of tables and the parts of an event",
    );
    desk.press("h");
    shows(&mut desk, "left: not now, only tables have columns");
    desk.press("b");
    shows(&mut desk, "clauses: not now, a text cannot be filtered");
    desk.press("<esc>b");
    shows(&mut desk, "clauses: not now, there is no filter");
    desk.press("/foo:1<enter>+");
    shows(&mut desk, "Nothing was done: these are not the rows");
}

#[test]
fn a_column_without_room_is_shown_when_the_cursor_gets_there() {
    let mut desk = desk(80, 24);
    desk.press("2");
    shows(&mut desk, " >LOGIN");
    hides(&mut desk, "UPDATED");
    desk.press("llllll");
    shows(&mut desk, ">UPDATED");
}

#[test]
fn clauses_are_switched_off_and_on_in_a_panel() {
    for (width, height) in [(80, 24), (160, 45)] {
        let mut desk = desk(width, height);
        desk.press("2/status=ACTIVE department:fin 0<enter>bj<space>");
        insta::assert_snapshot!(format!("clauses_{width}x{height}"), desk.screen());
        desk.press("<esc>");
        shows(&mut desk, "2 filters on, 1 off");
        desk.press("<ctrl-f>");
        shows(&mut desk, "0 filters on, 3 off");
        desk.press("<ctrl-f>");
        shows(&mut desk, " / status=ACTIVE department:fin 0");
        hides(&mut desk, "off");
    }
}

#[test]
fn the_clauses_of_the_log_are_switched_off_too() {
    let mut desk = desk(80, 24);
    desk.press("/result=SUCCESS ip:203<enter>:clauses<enter>j<space><esc>");
    shows(&mut desk, "1 filter on, 1 off");
    desk.press("<esc>");
    hides(&mut desk, "filter on");
}

#[test]
fn rows_are_marked_counted_and_their_ids_copied() {
    for (width, height) in [(80, 24), (160, 45)] {
        let mut desk = desk(width, height);
        desk.press("2j<space><space>jvjj");
        insta::assert_snapshot!(format!("marks_{width}x{height}"), desk.screen());
        desk.press("v");
        shows(&mut desk, "5 marked");
        desk.press("sc");
        shows(&mut desk, "5 marked");
        desk.press("c");
        let ids = "00u0001\n00u0002\n00u0004\n00u0005\n00u0006";
        assert_eq!(desk.effects, [Effect::Copy(ids.to_owned())]);
        desk.press("<esc>");
        hides(&mut desk, "marked");
    }
}

#[test]
fn esc_clears_the_range_then_the_marks_then_the_filter() {
    let mut desk = desk(80, 24);
    desk.press("2/00<enter>*");
    shows(&mut desk, "101 marked");
    desk.press("v<esc>");
    shows(&mut desk, "101 marked");
    desk.press("<esc>");
    hides(&mut desk, "marked");
    shows(&mut desk, " / 00");
    desk.press("<esc>");
    hides(&mut desk, " / 00");
}

#[test]
fn events_are_marked_and_the_space_bar_turns_the_page_of_a_text() {
    let mut desk = desk(80, 24);
    desk.press("kk<space>*");
    shows(&mut desk, "210 marked");
    desk.press("<esc><enter><space>");
    hides(&mut desk, "marked");
    shows(&mut desk, "above");
}

#[test]
fn the_values_of_a_field_are_counted_and_become_filters() {
    for (width, height) in [(80, 24), (160, 45)] {
        let mut desk = desk(width, height);
        desk.press("2lF");
        shows(&mut desk, "status: 5 values  in all 200 rows");
        insta::assert_snapshot!(format!("facets_{width}x{height}"), desk.screen());
        desk.press("j-");
        shows(&mut desk, " / -status=");
        shows(&mut desk, "status: 4 values");
        desk.press("l");
        shows(&mut desk, "login: ");
        desk.press("hh");
        hides(&mut desk, "login: ");
        desk.press("<esc>H");
        hides(&mut desk, " / -status=");
    }
}

#[test]
fn events_entries_and_admins_are_counted_too() {
    let mut desk = desk(80, 24);
    desk.press("F");
    shows(&mut desk, "type: 6 values  in all 210 events");
    insta::assert_snapshot!("facets_log_80x24", desk.screen());
    desk.press("=");
    shows(&mut desk, " / type=user.session.start");
    desk.press("<esc>:tokens<enter>F");
    shows(&mut desk, "name: ");
    desk.press("<esc>5lF");
    shows(&mut desk, "role: ");
    shows(&mut desk, "in all 5 rows");
    desk.press("<esc>2<enter>1F");
    shows(&mut desk, "facets: not now, only rows can be counted");
}

#[test]
fn a_count_that_is_closed_asks_no_more() {
    let mut desk = desk(80, 24);
    desk.org.users = 20_000;
    desk.press("2");
    desk.fall_silent();
    desk.press("F");
    shows(&mut desk, "counting");
    let asked = desk.asked.len();
    desk.press("<esc>");
    assert_eq!(desk.asked.len(), asked);
    hides(&mut desk, "counting");
}
