//! Finding in the console: cells that become filters, clauses that are switched off, marks, counts, saved searches, columns.

use oktop::msg::{Problem, ProblemKind, Push};
use oktop::ui::event::{Effect, Event};
use oktop::ui::memory::Memory;

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
    shows(&mut desk, " / result=FAILURE");
    desk.press("<enter>jj");
    insta::assert_snapshot!("event_line_80x24", desk.screen());
    desk.press("-");
    shows(&mut desk, " / result=FAILURE -severity=WARN");
    desk.press("H");
    shows(&mut desk, "> ");
    shows(&mut desk, "severity");
    desk.press("<enter>");
    shows(&mut desk, "events of severity WARN");
}

/// Whoever calls himself like another hid that one's events behind `-`.
#[test]
fn who_did_it_is_meant_by_the_id_and_told_by_the_name() {
    let mut desk = desk(80, 24);
    desk.press("kkl+");
    shows(&mut desk, " / actorId=00u0007 (user0007@example.com)");
    insta::assert_snapshot!("kept_actor_80x24", desk.screen());
    desk.press("<esc>kk-b");
    shows(&mut desk, "on   -actorId=00u0005  user0005@example.com");
    desk.press("<esc><esc>kl=");
    shows(&mut desk, " / targetId=0oa0000 (NetSuite)");
    desk.press("<esc>F");
    shows(&mut desk, "00u0001");
    insta::assert_snapshot!("facets_targets_80x24", desk.screen());
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
    desk.press("/foo:1<enter>");
    shows(
        &mut desk,
        "Not kept, at character 1: there is no field `foo`",
    );
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
        desk.press("ci");
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

/// What was to be remembered so far.
fn remembered(desk: &Desk) -> Memory {
    let mut memory = Memory::default();
    for effect in &desk.effects {
        if let Effect::Remember(change) = effect {
            memory.apply(change.clone()).unwrap();
        }
    }
    memory
}

fn start_with(desk: &mut Desk, memory: Memory, restore: bool) {
    desk.happen(Event::Remembered {
        memory: Box::new(memory),
        restore,
    });
    desk.press("");
}

#[test]
fn a_search_is_saved_listed_shown_and_forgotten() {
    let mut first = desk(80, 24);
    first.press("2/status=LOCKED_OUT<enter>slS");
    shows(&mut first, " save as:");
    first.press("locked here<enter>");
    shows(&mut first, "Saved as `locked here`");
    first.press("<esc>1:saved locked here<enter>");
    shows(&mut first, " / status=LOCKED_OUT");
    shows(&mut first, "by login ascending");
    first.press("<esc>:saved<enter>locked");
    insta::assert_snapshot!("saved_80x24", first.screen());
    first.press("<esc>:locked h");
    shows(&mut first, "locked here");
    first.press("<enter>");
    shows(&mut first, "Saved search: locked here");
    first.press(":forget locked here<enter>:saved locked here<enter>");
    shows(&mut first, "No search is saved as `locked here`.");
    assert_eq!(remembered(&first), Memory::default());
}

#[test]
fn what_cannot_be_saved_says_why() {
    let mut desk = desk(80, 24);
    desk.press("S<enter>");
    shows(&mut desk, "Not saved: a search needs a name.");
    desk.press(":save users locked out<enter>");
    shows(&mut desk, "Not saved: that search is built in");
    desk.press(":forget users locked out<enter>");
    shows(&mut desk, "built in; it stays");
    desk.press("3<enter>S");
    shows(&mut desk, "Not saved: only lists of their own");
    desk.press("<esc>2<enter>S");
    shows(
        &mut desk,
        "save: not now, only lists and events can be saved",
    );
    let problem = Problem {
        kind: ProblemKind::Internal,
        summary: "/x/console.json cannot be written: disk full.".to_owned(),
        hint: None,
        column: None,
    };
    desk.happen(Event::NotRemembered(problem));
    shows(&mut desk, "! /x/console.json cannot be written: disk full.");
    assert_eq!(remembered(&desk), Memory::default());
}

#[test]
fn the_view_of_the_last_time_comes_back_unless_somebody_has_begun() {
    let mut last = desk(80, 24);
    last.press("/result=DENY<enter>3sn2/status=ACTIVE 00<enter>bj<space><esc>");
    let session = last.app.session();
    let memory = Memory {
        session: session.clone(),
        ..Memory::default()
    };
    let mut next = desk(80, 24);
    start_with(&mut next, memory.clone(), true);
    shows(&mut next, "[2 Users]");
    shows(&mut next, " / status=ACTIVE");
    shows(&mut next, "1 filter on, 1 off");
    assert_eq!(next.app.session(), None, "nothing new to remember");
    next.press("1");
    shows(&mut next, " / result=DENY");
    next.press("3");
    shows(&mut next, "by name ascending");
    let mut off = desk(80, 24);
    start_with(&mut off, memory.clone(), false);
    shows(&mut off, "[1 Log]");
    let mut begun = desk(80, 24);
    begun.press("4");
    start_with(&mut begun, memory, true);
    shows(&mut begun, "[4 Apps]");
    begun.press("2");
    hides(&mut begun, "status=ACTIVE");
}

#[test]
fn columns_are_chosen_ordered_and_remembered() {
    for (width, height) in [(80, 24), (160, 45)] {
        let mut desk = desk(width, height);
        desk.press("2Cj<space>a");
        desk.press("profile.lastName<enter>K");
        insta::assert_snapshot!(format!("columns_{width}x{height}"), desk.screen());
        desk.press("<esc>");
        shows(&mut desk, "profile.lastName");
        shows(&mut desk, "Lopez");
        let memory = remembered(&desk);
        let columns = &memory.columns["users"];
        assert!(columns.contains(&"$.profile.lastName".to_owned()));
        assert!(!columns.contains(&"STATUS".to_owned()));
        let mut next = self::desk(width, height);
        start_with(&mut next, memory, true);
        next.press("2");
        shows(&mut next, "profile.lastName");
        next.press("Cr<esc>");
        shows(&mut next, "STATUS");
        assert!(remembered(&next).columns.is_empty());
    }
}

#[test]
fn the_log_and_entries_have_columns_to_choose_too_and_a_wrong_path_is_told() {
    let mut desk = desk(80, 24);
    desk.press("Cjj<space>a");
    desk.press("debugContext..x<enter>");
    shows(
        &mut desk,
        "Not added: a name is missing here (at character 14)",
    );
    desk.press("<esc>");
    hides(&mut desk, "EVENT  ");
    desk.press("+");
    shows(&mut desk, "The log stands still now");
    desk.press("+");
    shows(&mut desk, " / published:");
    desk.press("<esc>5Ca");
    desk.press("x<enter>");
    shows(&mut desk, "Not added: these rows have no JSON");
    desk.press("<esc>:tokens<enter>Cj<space><esc>");
    assert_eq!(remembered(&desk).columns.len(), 2);
}

#[test]
fn a_filter_that_changes_lets_go_of_marks_and_says_so_until_they_come_back() {
    let mut desk = desk(80, 24);
    desk.press("2<space><space>");
    shows(&mut desk, "2 marked");
    desk.press("/00<enter>");
    shows(&mut desk, "2 marks let go with the filter, H returns");
    desk.press("ci");
    assert_eq!(desk.effects.len(), 1);
    let Effect::Copy(text) = &desk.effects[0] else {
        panic!("{:?}", desk.effects);
    };
    assert_eq!(
        text, "00u0000",
        "what is under the cursor, and nothing out of sight"
    );
    desk.press("H");
    shows(&mut desk, "2 marked");
    desk.press("A");
    hides(&mut desk, "2 marked");
}

#[test]
fn a_log_that_follows_stands_still_before_one_of_its_events_is_meant() {
    for (key, done) in [
        ("+", " / type="),
        ("-", " / -type="),
        ("=", " / type="),
        ("<space>", "1 marked"),
        ("v", "range begun"),
    ] {
        let mut desk = desk(80, 24);
        desk.press(key);
        shows(&mut desk, "The log stands still now");
        hides(&mut desk, done);
        hides(&mut desk, "following  ");
        desk.press(key);
        shows(&mut desk, done);
    }
}

#[test]
fn a_list_is_sorted_by_the_column_under_the_cursor() {
    let mut desk = desk(80, 24);
    desk.press("2ls");
    shows(&mut desk, "sort: enter this column, status");
    desk.press("<enter>");
    shows(&mut desk, "by status ascending");
    desk.press("s<enter>");
    shows(&mut desk, "by status descending");
    desk.press("5s<enter>");
    shows(&mut desk, "[5 Admins]");
}

/// A view of another version was an error until somebody found out why.
#[test]
fn what_was_remembered_and_is_not_known_any_more_is_dropped() {
    let view: oktop::ui::memory::View = serde_json::from_value(serde_json::json!({
        "pane": "users", "filter": "", "sort": {"field": "shoeSize", "descending": true},
    }))
    .unwrap();
    let mut memory = Memory::default();
    memory.columns.insert(
        "users".to_owned(),
        vec!["SHOES".to_owned(), "STATUS".to_owned()],
    );
    memory.session = Some(oktop::ui::memory::Session {
        pane: "users".to_owned(),
        views: vec![view],
    });
    let mut desk = desk(80, 24);
    start_with(&mut desk, memory, true);
    shows(&mut desk, "[2 Users]");
    shows(&mut desk, ">STATUS");
    hides(&mut desk, "shoeSize");
    hides(&mut desk, "!");
}

#[test]
fn the_palette_finds_users_groups_and_apps_by_name() {
    for (width, height) in [(60, 15), (80, 24)] {
        let mut desk = desk(width, height);
        desk.press(":");
        let asked = desk.asked.len();
        desk.press("user000");
        assert_eq!(desk.asked.len(), asked + 3, "asked once typing rests");
        insta::assert_snapshot!(format!("palette_objects_{width}x{height}"), desk.screen());
        desk.press("<enter>");
        shows(&mut desk, "> user0000@example.com");
    }
    let mut desk = desk(80, 24);
    desk.press(":finance");
    shows(&mut desk, "Finance-All 1");
    desk.press("<enter>");
    shows(&mut desk, " > Finance-All 1");
}
