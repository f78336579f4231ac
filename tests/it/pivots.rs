//! Pivots of the console: from an event to who, where and when, in as few keys as can be, and on from there.

use std::time::Duration;

use oktop::msg::{Ask, Push};
use oktop::ui::event::Event;

use crate::support::desk::Desk;

/// A desk whose log is small enough to be looked through at once.
fn desk(width: u16, height: u16) -> Desk {
    let mut desk = Desk::disconnected(width, height);
    desk.org.events = 900;
    desk.happen(Event::Connected);
    let status = desk.org.status();
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    desk
}

#[track_caller]
fn shows(desk: &mut Desk, words: &str) {
    let screen = desk.screen();
    // A message may go on in a second line.
    let flat = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        screen.contains(words) || flat.contains(words),
        "{words}\n{screen}"
    );
}

#[track_caller]
fn hides(desk: &mut Desk, words: &str) {
    let screen = desk.screen();
    assert!(!screen.contains(words), "{words}\n{screen}");
}

/// From an event in the log to its actor, to what else was done in its session, to everybody else at its address.
#[test]
fn from_an_event_to_its_actor_its_session_and_everyone_at_its_address_are_two_keys_each() {
    for (keys, words) in [
        ("Ju", &["Log > user0019@example.com", "PROFILE"][..]),
        ("Js", &["session 102x17", "EVENTS", "user.session.start"]),
        (
            "Ji",
            &[
                "address 2001:db8:85a3:8d3:1319:8a2e:370:7348",
                "USERS  20",
                "user0001@example.com",
            ],
        ),
    ] {
        assert_eq!(keys.chars().count(), 2);
        let mut desk = desk(80, 24);
        desk.press(keys);
        for words in words {
            shows(&mut desk, words);
        }
        desk.press("H");
        shows(&mut desk, "*Log ");
    }
}

/// The walk of a night on call, as far as it concerns the log: the event, its session, its address, the others there, one of them.
#[test]
fn the_walk_from_a_suspicious_event_to_the_others_at_its_address() {
    let mut desk = desk(80, 24);
    desk.press("W");
    shows(&mut desk, ">!");
    desk.press("Js");
    shows(&mut desk, " Log > session 102x");
    // Down to an event of the session, and from it to the address.
    desk.press("jjjJi");
    shows(&mut desk, "> address ");
    shows(&mut desk, "USERS  20");
    desk.press("j<enter>");
    shows(&mut desk, "PROFILE");
    desk.press("H");
    shows(&mut desk, "USERS  20");
    desk.press("e");
    shows(&mut desk, "at address");
    desk.press("lF");
    shows(&mut desk, "actor: ");
}

#[test]
fn pages_of_addresses_sessions_devices_and_sign_ins() {
    for (width, height) in [(60, 15), (80, 24), (120, 36)] {
        let mut desk = desk(width, height);
        desk.press(":ip 203.0.113.7<enter>");
        insta::assert_snapshot!(format!("address_{width}x{height}"), desk.screen());
        desk.press("<pgdn>");
        insta::assert_snapshot!(format!("address_below_{width}x{height}"), desk.screen());
        desk.press(":session 102x3<enter>");
        insta::assert_snapshot!(format!("session_{width}x{height}"), desk.screen());
        desk.press("1I");
        insta::assert_snapshot!(format!("logons_{width}x{height}"), desk.screen());
        desk.press("1J");
        insta::assert_snapshot!(format!("jump_{width}x{height}"), desk.screen());
    }
    let mut desk = desk(80, 24);
    desk.press(":device guo0001<enter>");
    insta::assert_snapshot!("device_80x24", desk.screen());
}

#[test]
fn each_line_of_a_page_leads_on_and_e_shows_its_events() {
    let mut desk = desk(80, 36);
    desk.press(":ip 203.0.113.7<enter>");
    desk.press("j<enter>");
    shows(&mut desk, "> user00");
    desk.press("Hj");
    desk.press("e");
    shows(&mut desk, "at address 203.0.113.7");
    let filter = desk
        .asked
        .iter()
        .rev()
        .find_map(|request| match &request.ask {
            Ask::Events(query) => Some(query.filter.clone()),
            _ => None,
        });
    let filter = filter.unwrap();
    assert!(filter.starts_with("ip=203.0.113.7 actorId=00u"), "{filter}");
    desk.press("<esc>gge");
    shows(&mut desk, "events of address 203.0.113.7");
    desk.press("<esc>:logons<enter>j<enter>");
    shows(&mut desk, "> address ");
}

#[test]
fn a_long_look_shows_how_far_it_is_and_is_stopped() {
    let mut desk = desk(80, 24);
    desk.fall_silent();
    desk.press("I");
    shows(&mut desk, "0 events, going on; ctrl-c stops");
    let asked = desk.asked.len();
    desk.press("<ctrl-c>");
    shows(&mut desk, "Stopped here; R looks anew.");
    shows(&mut desk, "stopped after 0 events");
    desk.pass(Duration::from_secs(30));
    assert_eq!(desk.asked.len(), asked);
    desk.press("<esc><ctrl-c>");
    shows(&mut desk, "Press Ctrl-C again to quit");
}

#[test]
fn what_has_no_page_says_why() {
    let mut desk = desk(80, 24);
    desk.press(":ip somewhere<enter>");
    shows(&mut desk, "address: write an address such as 203.0.113.7");
    desk.press("<esc>:asn OVH<enter>");
    shows(&mut desk, "network: write the number");
    desk.press("<esc>:logons (<enter>");
    shows(&mut desk, "sign-ins: ");
    desk.press("<esc>:ip<enter>");
    shows(&mut desk, "> address 2001:db8:85a3:8d3:1319:8a2e:370:7348");
    desk.press("1kJd");
    shows(&mut desk, "No device: no registered device is told.");
    desk.press("Jr");
    shows(&mut desk, "No root session: it tells no root session.");
    desk.press(":root-session<enter>");
    shows(&mut desk, "root session: write the id that the log has.");
}

#[test]
fn a_jump_leads_from_lists_and_pages_too() {
    let mut desk = desk(80, 24);
    desk.press("2Jg");
    shows(&mut desk, "[2 Groups");
    desk.press("Jo");
    shows(&mut desk, "Owners");
    desk.press("2Js");
    shows(&mut desk, "No session: only an event tells it.");
    desk.press("3<enter>Ja");
    shows(&mut desk, "[2 Apps]");
    desk.press(":log<enter>k<enter>Jr");
    shows(&mut desk, "No root session: it tells no root session.");
    desk.press("J<esc>");
    hides(&mut desk, "Jump to");
    desk.press("Jjjjjj");
    shows(&mut desk, "> r  root session");
    desk.press("k<enter>");
    shows(&mut desk, "> session 102x17");
}

#[test]
fn a_value_on_the_page_of_an_event_leads_to_its_own_page() {
    let mut desk = desk(80, 24);
    desk.press("<enter>");
    for _ in 0..40 {
        desk.press("j");
        if desk.screen().contains("\n> session ") {
            break;
        }
    }
    desk.press("<enter>");
    shows(&mut desk, "> session 102x17");
}

#[test]
fn the_past_is_traced_up_to_its_moment() {
    let mut desk = desk(80, 24);
    desk.press(":asof 2026-11-22T13:35:00Z<enter>:ip 203.0.113.7<enter>");
    let until = desk
        .asked
        .iter()
        .rev()
        .find_map(|request| match &request.ask {
            Ask::Trace(query) => query.until,
            _ => None,
        });
    assert_eq!(until, Some("2026-11-22T13:35:00Z".parse().unwrap()));
}
