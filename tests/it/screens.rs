//! What the console shows, on terminals of four sizes, with a fixed org that has hostile names; and that no keys make it fail.

use std::time::Duration;

use jiff::SignedDuration;
use oktop::domain::query::Revisions;
use oktop::domain::resource::{Backfill, Gap, Phase, Resource, Stretch, TimeLeft, Wait};
use oktop::domain::text::SafeText;
use oktop::msg::status::{Connection, Notice, NoticeLevel};
use oktop::msg::{Ask, Problem, ProblemKind, Push};
use oktop::ui::event::{Effect, Event};
use oktop::ui::layout::PaneId;
use oktop::ui::memory::{Memory, Session, View};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::{Position, Rect, Size};

use crate::support::desk::Desk;
use crate::support::fake_agent::now;

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 36), (200, 60)];

/// A snapshot of what the keys lead to, at each size.
fn at_every_size(name: &str, keys: &str) {
    for (width, height) in SIZES {
        let mut desk = Desk::new(width, height);
        desk.press(keys);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), desk.screen());
    }
}

/// A snapshot of what the keys lead to, at 80x24.
fn at_the_usual_size(name: &str, keys: &str) {
    let mut desk = Desk::new(80, 24);
    desk.press(keys);
    insta::assert_snapshot!(format!("{name}_80x24"), desk.screen());
}

#[test]
fn panes() {
    at_every_size("log", "");
    at_every_size("users", "2");
    at_every_size("groups", "3");
    at_every_size("apps", "4");
}

#[test]
fn a_user() {
    at_every_size("user_profile", "2j<enter>");
    at_the_usual_size("user_groups", "2<enter>2");
    at_the_usual_size("user_apps", "2<enter>3");
    at_the_usual_size("user_factors", "2<enter>5");
    at_the_usual_size("user_events", "2<enter>7");
    at_the_usual_size("user_changes", "2<enter>8");
    at_the_usual_size("user_raw", "2j<enter>9");
    at_the_usual_size("user_owner", "2jjj<enter>");
    at_the_usual_size("user_tokens", "2jjj<enter><shift-tab>");
}

#[test]
fn a_group_and_an_app() {
    at_the_usual_size("group_members", "3<enter>");
    at_the_usual_size("app_users", "4<enter>");
    at_the_usual_size("app_sign_on", "4<enter>3");
    at_the_usual_size("app_provisioning", "4<enter>4");
}

#[test]
fn admins_and_why_they_are() {
    at_every_size("admins", "5");
    at_every_size("admin", "5j<enter>");
    at_the_usual_size("user_access", "2<enter>6");
    at_the_usual_size("group_used_by", "3<enter>4");
    at_the_usual_size("group_access", "3<enter>5");
    at_the_usual_size("why_app", "2<enter>3w");
}

#[test]
fn why_is_asked_about_a_row_and_only_where_there_is_one() {
    let mut desk = Desk::new(80, 24);
    desk.press("2w");
    assert!(
        desk.screen()
            .contains("why: not now, only an access has a why"),
        "{}",
        desk.screen()
    );
    for (keys, page) in [
        ("2<enter>2w", "> why Everyone 0"),
        ("2<enter>4w", "> why Payroll 0"),
        ("3<enter>w", "> why user0000@example.com"),
        ("3<enter>5w", "> why maria@example.com"),
        ("4<enter>w", "> why user0000@example.com"),
        ("2<enter>6w", "> why SUPER_ADMIN"),
    ] {
        let mut desk = Desk::new(120, 36);
        desk.press(keys);
        let screen = desk.screen();
        assert!(screen.contains(page), "{keys}: {screen}");
        assert!(screen.contains(" -> "), "a chain: {screen}");
    }
}

#[test]
fn a_chain_leads_to_its_rule_its_group_and_the_event_that_proves_it() {
    let mut desk = Desk::new(80, 24);
    desk.press("5j<enter>");
    let screen = desk.screen();
    assert!(
        screen.contains("maria@example.com -> group Payroll Leads (rule \"finance leads\") ->"),
        "{screen}"
    );
    assert!(screen.contains("before oktop knew; seen since"), "{screen}");
    desk.press("j<enter>");
    assert!(
        desk.screen().contains("> Finance leads 1"),
        "{}",
        desk.screen()
    );
    desk.press("<esc>jj<enter>");
    assert!(
        desk.screen().contains("group.user_membership.add"),
        "{}",
        desk.screen()
    );
}

#[test]
fn the_admins_are_filtered_and_sorted_here() {
    let mut desk = Desk::new(120, 36);
    desk.press("5/path:rule<enter>");
    assert!(desk.screen().contains("1 of 5 match"), "{}", desk.screen());
    desk.press("<esc>sr");
    let screen = desk.screen();
    assert!(screen.contains("by role ascending"), "{screen}");
    desk.press("/foo:1");
    assert!(desk.screen().contains("^ "), "{}", desk.screen());
}

#[test]
fn what_access_does_not_know_stands_above_what_it_tells() {
    let mut desk = Desk::new(80, 24);
    desk.press("3");
    desk.org.complete = false;
    desk.press("5");
    let screen = desk.screen();
    assert!(
        screen.contains("Not all is known: roles: cannot be read"),
        "{screen}"
    );
    assert!(!screen.contains("holds an admin role."), "{screen}");
    desk.press("3<enter>4");
    assert!(
        desk.screen().contains("NOT ALL IS KNOWN"),
        "{}",
        desk.screen()
    );
}

#[test]
fn the_past_is_looked_at_everywhere_until_esc() {
    let mut desk = Desk::new(80, 24);
    desk.press(":asof tomorrow<enter>");
    assert!(
        desk.screen().contains("asof: write a span such as 15m"),
        "{}",
        desk.screen()
    );
    desk.press("<esc>:asof 2027-01-01<enter>");
    assert!(desk.screen().contains("still to come"), "{}", desk.screen());
    desk.press("<esc>:asof 2026-11-01 12:00<enter>");
    assert!(
        desk.screen().contains("AS OF 2026-11-01 12:00 UTC"),
        "{}",
        desk.screen()
    );
    let then = Some("2026-11-01T12:00:00Z".parse().unwrap());
    desk.press(":rules<enter>5<enter><esc>2<enter>4");
    let past = |desk: &Desk, about: &str| {
        desk.asked
            .iter()
            .any(|request| match (&request.ask, about) {
                (Ask::Entries(query), "rules") => query.as_of == then,
                (Ask::Access(asked), "admins") => asked.as_of == then,
                (Ask::Events(query), "log") => query.until == then,
                _ => false,
            })
    };
    for about in ["rules", "admins", "log"] {
        assert!(past(&desk, about), "{about}");
    }
    desk.press("1");
    insta::assert_snapshot!("as_of_80x24", desk.screen());
    desk.press("<esc><esc><esc>");
    assert!(!desk.screen().contains("AS OF"), "{}", desk.screen());
    assert_eq!(desk.effects, [], "it did not end");
}

/// The CLI said that nobody had watched then, or that it was not dated yet; the console showed lists as if all were known.
#[test]
fn what_is_shown_of_an_unwatched_moment_says_so_on_every_page() {
    let at = |text: &str| text.parse().unwrap();
    let mut desk = Desk::new(80, 24);
    let mut status = desk.org.status();
    status.log.unwatched = vec![Stretch {
        from: at("2026-11-01T05:06:37Z"),
        to: at("2026-11-01T14:11:00Z"),
    }];
    status.log.undated = Some(at("2026-11-01T11:00:00Z"));
    desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
    desk.press(":asof 2026-11-01 10:00<enter>");
    let note = "nobody watched the org from 2026-11-01 05:06 to 2026-11-01 14:11: this";
    for keys in ["1", "2", "5", "1<enter>", "w"] {
        desk.press(keys);
        let screen = desk.screen();
        assert!(screen.contains(note), "{keys}: {screen}");
        assert!(!screen.contains("not dated yet"), "{keys}: {screen}");
    }
    desk.press(":asof 2026-11-01 12:00<enter>:users<enter>");
    let asked = desk.asked.len();
    let screen = desk.screen();
    assert!(
        screen.contains("not dated yet: what happened since 2026-11-01 11:00"),
        "{screen}"
    );
    assert!(!screen.contains('@'), "no row is shown: {screen}");
    insta::assert_snapshot!("not_dated_80x24", screen);
    status.log.undated = None;
    desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
    assert!(desk.asked.len() > asked, "it is asked again");
    let screen = desk.screen();
    assert!(screen.contains(note) && screen.contains('@'), "{screen}");
    desk.press(":asof 2026-11-01 15:00<enter>");
    assert!(
        !desk.screen().contains("nobody watched"),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_refused_asof_changes_nothing() {
    for refused in ["2027-01-01", "tomorrow", "1y2z"] {
        let mut desk = Desk::new(80, 24);
        desk.press(":asof 2026-11-01 12:00<enter>");
        let asked = desk.asked.len();
        desk.press(&format!(":asof {refused}<enter><esc>"));
        let screen = desk.screen();
        assert!(screen.contains("AS OF 2026-11-01 12:00 UTC"), "{screen}");
        // The palette looks for what was typed, and nothing else is asked.
        let logs = desk.asked[asked..].iter();
        let logs = logs.filter(|request| matches!(request.ask, Ask::Events(_)));
        assert_eq!(logs.count(), 0, "{refused}: nothing is asked anew");
    }
}

#[test]
fn the_log_of_the_past_follows_nothing() {
    let mut desk = Desk::new(80, 24);
    assert!(desk.screen().contains("following"), "{}", desk.screen());
    desk.press(":asof 2026-11-01 12:00<enter>");
    let screen = desk.screen();
    assert!(screen.contains("up to 2026-11-01 12:00"), "{screen}");
    assert!(!screen.contains("follow"), "{screen}");
    desk.press("f");
    assert!(
        desk.screen()
            .contains("follow: not now, the past brings nothing new"),
        "{}",
        desk.screen()
    );
    desk.press(":asof now<enter>");
    assert!(desk.screen().contains("following"), "{}", desk.screen());
}

#[test]
fn factors_beside_the_past_are_told_to_be_of_now() {
    let mut desk = Desk::new(200, 60);
    desk.press("2<enter>5");
    let words = "! These are the factors as of now; which there were then is not known.";
    let screen = desk.screen();
    assert!(screen.contains("Factors 1"), "{screen}");
    assert!(!screen.contains(words), "{screen}");
    desk.press(":asof 2026-11-01 12:00<enter>");
    let screen = desk.screen();
    assert!(screen.contains(words), "{screen}");
    assert!(!screen.contains("Factors 1"), "no count of now: {screen}");
}

#[test]
fn access_leads_to_what_somebody_has_or_who_has_it() {
    for (keys, page) in [
        ("2:access<enter>", "[6 Access]"),
        ("3:access<enter>", "[5 Access]"),
        ("4:who<enter>", "[6 Access]"),
        ("2<enter>:access<enter>", "[6 Access]"),
    ] {
        let mut desk = Desk::new(120, 36);
        desk.press(keys);
        assert!(desk.screen().contains(page), "{keys}: {}", desk.screen());
    }
    for (keys, words) in [
        ("1:access<enter>", "access: not now, an event has no access"),
        (
            ":rules<enter>:access<enter>",
            "Only users, groups and apps have an access.",
        ),
    ] {
        let mut desk = Desk::new(120, 36);
        desk.press(keys);
        assert!(desk.screen().contains(words), "{keys}: {}", desk.screen());
    }
}

#[test]
fn before_the_first_reading_nothing_is_known_and_every_list_says_since_when_it_is() {
    let mut desk = Desk::new(80, 24);
    desk.press(":asof 2026-09-01 12:00<enter>2");
    insta::assert_snapshot!("as_of_unknown_80x24", desk.screen());
    for (keys, words) in [
        ("2", "nothing is known of users before 2026-10-01 06:30:00"),
        ("4", "nothing is known of apps before 2026-10-01 06:30:00"),
        ("5", "nothing is known of admins before 2026-10-01 06:30:00"),
        (":rules<enter>", "nothing is known of group rules before"),
    ] {
        desk.press(keys);
        let screen = desk.screen();
        assert!(screen.contains("unknown"), "{keys}: {screen}");
        assert!(screen.contains(words), "{keys}: {screen}");
        assert!(screen.contains(":asof now"), "{keys}: {screen}");
        assert!(!screen.contains("R reads"), "{keys}: {screen}");
    }
}

#[test]
fn the_page_of_an_app_before_the_first_reading_has_its_name_and_says_what_is_not_known() {
    let mut desk = Desk::new(80, 24);
    desk.press("4<enter>:asof 2026-09-01 12:00<enter>3");
    insta::assert_snapshot!("app_as_of_unknown_80x24", desk.screen());
    for (tab, words) in [
        ("1", "Unknown: nothing is known of users before 2026-10-01"),
        ("2", "Unknown: nothing is known of groups before 2026-10-01"),
        ("3", "! Nothing is known of apps before 2026-10-01 06:30:00"),
        (
            "6",
            "Unknown: nothing is known of holders before 2026-10-01",
        ),
        ("8", "! Nothing is known of what changed before 2026-10-01"),
        ("9", "What it was like then is not known."),
    ] {
        desk.press(tab);
        let screen = desk.screen();
        assert!(screen.contains(" NetSuite 0  not known then"), "{screen}");
        assert!(screen.contains(words), "{tab}: {screen}");
        assert!(!screen.contains("Users ?"), "no count is made up: {screen}");
    }
}

#[test]
fn matches_are_counted_when_they_are_known_for_the_filter_that_is_typed() {
    let mut desk = Desk::new(80, 24);
    desk.press("2/0001");
    assert!(
        desk.screen().contains("2 of 20,000 match"),
        "{}",
        desk.screen()
    );
    desk.fall_silent();
    desk.press("9");
    assert!(
        desk.screen().contains(".. of 20,000 match"),
        "{}",
        desk.screen()
    );
}

#[test]
fn what_changed_is_told_with_by_whom_and_leads_there() {
    at_every_size("changes", ":changes 7d<enter>");
    let mut desk = Desk::new(80, 24);
    for (typed, words) in [
        ("soon", "changes: write a span such as 15m"),
        ("7d 2d 1d", "changes: one or two moments"),
        (
            "2d 7d",
            "changes: nothing lies from 2026-11-20 14:03 to 2026-11-15 14:03.",
        ),
        (
            "2027-01-01",
            "changes: 2027-01-01 00:00:00 UTC is still to come",
        ),
    ] {
        desk.press(&format!(":changes {typed}<enter>"));
        assert!(desk.screen().contains(words), "{}", desk.screen());
        desk.press("<esc>");
    }
    desk.press(":changes 7d 2d<enter>");
    let asked = desk.asked.iter().any(|request| match &request.ask {
        Ask::Changes(query) => {
            query.until.duration_since(query.since) == SignedDuration::from_hours(24 * 5)
        }
        _ => false,
    });
    assert!(asked, "from seven days ago to two days ago");
    assert!(!desk.screen().contains("first filled"), "{}", desk.screen());
    desk.press("j<enter>");
    assert!(
        desk.screen().contains("> Finance-All 1"),
        "{}",
        desk.screen()
    );
    desk.press(":changes 2026-09-01<enter>");
    assert!(
        desk.screen()
            .contains("! The mirror was first filled at 2026-10-01 06:30:00 UTC: what changed"),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_page_says_what_was_and_whether_it_was_there() {
    let mut desk = Desk::new(80, 24);
    desk.press(":asof 3d<enter>2<enter>");
    assert!(
        desk.screen().contains("Okta did not have it then."),
        "{}",
        desk.screen()
    );
    let asked = desk
        .asked
        .iter()
        .any(|request| matches!(&request.ask, Ask::ObjectThen(..)));
    assert!(asked);
    desk.press(":asof now<enter>");
    assert!(
        !desk.screen().contains("did not have it"),
        "{}",
        desk.screen()
    );
}

#[test]
fn other_lists() {
    at_every_size("rules", ":rules<enter>");
    at_every_size("policies", ":policies<enter>j");
    at_the_usual_size("user_roles", ":user-roles<enter>");
    at_the_usual_size("rules_sort", ":rules<enter>s");
    at_every_size("more", "0");
}

#[test]
fn an_entry() {
    at_every_size("rule", ":rules<enter>j<enter>");
    at_the_usual_size("rule_members", ":rules<enter>j<enter>2");
    at_the_usual_size("rule_changes", ":rules<enter><enter>4");
    at_the_usual_size("rule_raw", ":rules<enter><enter>5");
    at_the_usual_size("client_grants", ":clients<enter><enter>4");
    at_the_usual_size("user_admin_roles", "2<enter>4");
}

#[test]
fn a_list_that_cannot_be_read_says_why_and_never_that_it_is_empty() {
    let mut desk = Desk::new(80, 24);
    for (command, words) in [
        (
            "zones",
            "the credential lacks the scope okta.networkZones.read",
        ),
        ("logstreams", "owner lacks a role that may read it"),
        (
            "devices",
            "Unknown: the org has not enabled what devices belong to.",
        ),
    ] {
        desk.press(&format!(":{command}<enter>"));
        let screen = desk.screen();
        assert!(
            screen.contains("Unknown: ") && screen.contains(words),
            "{screen}"
        );
        assert!(!screen.contains("The org has no "), "{screen}");
    }
    desk.press("0zon");
    let screen = desk.screen();
    assert!(screen.contains("unknown: the credential"), "{screen}");
}

#[test]
fn a_link_leads_to_what_it_names_and_back() {
    let mut desk = Desk::new(80, 24);
    desk.press(":rules<enter><enter>");
    desk.press("<enter>");
    let screen = desk.screen();
    assert!(
        screen.contains("Group rules > Payroll 0 > Finance-All 1"),
        "{screen}"
    );
    desk.press("<esc>G<enter>");
    let screen = desk.screen();
    assert!(
        screen.contains("Group rules > Payroll 0 > Finance leads 1"),
        "{screen}"
    );
    assert!(screen.contains("zone"), "{screen}");
    desk.press("<esc><esc>");
    assert!(
        desk.screen().contains("[0 Group rules]"),
        "{}",
        desk.screen()
    );
}

#[test]
fn the_other_lists_keep_their_filter_and_their_place_in_the_history() {
    let mut desk = Desk::new(80, 24);
    desk.press(":policies Payroll<enter>");
    assert!(desk.screen().contains("1 of 6 match"), "{}", desk.screen());
    desk.press(":zones<enter>H");
    assert!(desk.screen().contains("1 of 6 match"), "{}", desk.screen());
    desk.press("<tab>");
    assert!(desk.screen().contains("[1 Log]"), "{}", desk.screen());
}

#[test]
fn an_event() {
    at_every_size("event", "<enter>");
    at_the_usual_size("event_raw", "y");
    at_the_usual_size("event_jump", "<enter>J");
}

#[test]
fn what_opens_above_the_panes() {
    at_the_usual_size("help", "2?");
    at_the_usual_size("help_searched", "2?newest");
    at_the_usual_size("palette", "2:us");
    at_the_usual_size("sort_menu", "2s");
    at_the_usual_size("filter", "2/0042");
    at_the_usual_size("filter_broken", "2/status:active foo:1");
    at_the_usual_size("filter_hides_all", "2/nobody<enter>");
    at_the_usual_size("detail_below", "2d");
}

#[test]
fn before_anything_is_known_it_says_so() {
    let mut desk = Desk::disconnected(80, 24);
    insta::assert_snapshot!("connecting_80x24", desk.screen());
    desk.fall_silent();
    desk.happen(Event::Connected);
    desk.press("2");
    insta::assert_snapshot!("silent_80x24", desk.screen());
}

#[test]
fn a_first_sync_shows_how_far_it_is_and_never_calls_a_part_the_whole() {
    let mut desk = Desk::new(80, 24);
    let mut status = desk.org.status();
    for resource in &mut status.resources {
        resource.complete_at = None;
        resource.phase = Phase::Queued;
    }
    status.resources[0].phase = Phase::Reading {
        done: 4_200,
        expected: Some(20_000),
    };
    desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
    desk.press("2");
    let screen = desk.screen();
    assert!(screen.contains("sync users 4,200/20,000"), "{screen}");
    assert!(screen.contains("reading 4,200 of 20,000"), "{screen}");
    assert!(!screen.contains("min left"), "{screen}");
    status.first_reading_left = Some(TimeLeft {
        minutes: 34,
        at_least: false,
    });
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    let screen = desk.screen();
    assert!(screen.contains("~34 min left"), "{screen}");
}

#[test]
fn a_reading_that_stands_still_says_what_it_waits_for_until_it_goes_on() {
    let mut desk = Desk::new(80, 24);
    let mut status = desk.org.status();
    let line = &mut status.resources[0];
    line.complete_at = None;
    line.phase = Phase::Reading {
        done: 132,
        expected: Some(180),
    };
    let until = now() + SignedDuration::from_secs(40);
    for (refused, header, title) in [
        (
            false,
            "users 132/180, budget at 14:04:02",
            "reading 132 of 180, budget at 14:04:02",
        ),
        (
            true,
            "users 132/180, 429 to 14:04:02",
            "reading 132 of 180, 429 to 14:04:02",
        ),
    ] {
        status.resources[0].waits = Some(Wait { until, refused });
        desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
        desk.press("2");
        let screen = desk.screen();
        assert!(screen.contains(header), "{screen}");
        assert!(screen.contains(title), "{screen}");
    }
    let wait = Wait {
        until,
        refused: false,
    };
    status.resources[0].waits = Some(wait);
    status.first_reading_left = Some(TimeLeft {
        minutes: 34,
        at_least: false,
    });
    desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
    let screen = desk.screen();
    assert!(
        screen.contains("users 132/180 waits  ~34 min left"),
        "{screen}"
    );
    assert!(screen.contains("budget at 14:04:02"), "{screen}");
    status.first_reading_left = None;
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    desk.pass(Duration::from_mins(1));
    let screen = desk.screen();
    assert!(screen.contains("sync users 132/180"), "{screen}");
    assert!(!screen.contains("14:04:02"), "{screen}");
}

#[test]
fn an_empty_list_says_whether_it_is_known_to_be_empty() {
    let mut desk = Desk::new(80, 24);
    desk.press("3<enter>");
    desk.org.complete = false;
    desk.press("R");
    assert!(
        desk.screen()
            .contains("Unknown: these users have not been read completely yet."),
        "{}",
        desk.screen()
    );
    desk.org.complete = true;
    desk.org.users = 0;
    desk.press("<esc>2R");
    desk.happen(Event::Push(Push::Committed(Revisions {
        users: 9,
        ..Revisions::default()
    })));
    desk.pass(Duration::from_secs(1));
    assert!(
        desk.screen().contains("The org has no users."),
        "{}",
        desk.screen()
    );
}

#[test]
fn an_object_that_cannot_be_loaded_says_why() {
    let mut desk = Desk::new(80, 24);
    desk.fall_silent();
    desk.press("J").press("u");
    let ticket = desk
        .asked
        .iter()
        .rev()
        .find(|request| matches!(request.ask, Ask::Object(_)))
        .unwrap()
        .ticket;
    assert!(
        desk.screen().contains("Not loaded yet: asking the agent."),
        "{}",
        desk.screen()
    );
    let answer = Err(trouble(
        "No user has the id 00u0019.",
        "it may be older than the mirror",
    ));
    desk.happen(Event::Reply { ticket, answer });
    assert!(
        desk.screen().contains("No user has the id 00u0019."),
        "{}",
        desk.screen()
    );
    assert!(
        !desk.screen().contains("Not loaded yet"),
        "{}",
        desk.screen()
    );
}

fn trouble(summary: &str, hint: &str) -> Problem {
    Problem {
        kind: ProblemKind::Network,
        summary: summary.into(),
        hint: Some(hint.into()),
        column: None,
    }
}

#[test]
fn trouble_is_told_and_what_was_there_stays() {
    let mut desk = Desk::new(80, 24);
    desk.press("2");
    desk.happen(Event::Disconnected(trouble(
        "The connection to the agent is lost.",
        "trying again",
    )));
    insta::assert_snapshot!("agent_lost_80x24", desk.screen());
    desk.happen(Event::Connected);
    let mut status = desk.org.status();
    status.connection = Connection::Trouble {
        since: now(),
        problem: trouble(
            "Okta refuses the token (401).",
            "Make a new one and put it where the profile says.",
        ),
    };
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    let screen = desk.screen();
    assert!(screen.contains("Okta refuses the token (401)."), "{screen}");
    assert!(
        screen.contains("OKTA?") && screen.contains("user0000@example.com"),
        "{screen}"
    );
    let mut status = desk.org.status();
    status.resources[0].phase = Phase::Suspended { missing: 400 };
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    assert!(
        desk.screen().contains("400 users are missing at once"),
        "{}",
        desk.screen()
    );
}

#[test]
fn messages_are_kept_until_they_are_read() {
    let mut desk = Desk::new(80, 24);
    for (level, summary) in [
        (NoticeLevel::Info, "Users were read."),
        (NoticeLevel::Error, "A page could not be decoded: \x1b[2J."),
    ] {
        desk.happen(Event::Push(Push::Notice(Notice {
            at: now(),
            level,
            summary: SafeText::new(summary),
            detail: Some("request id abc".into()),
        })));
    }
    assert!(
        desk.screen()
            .contains("! A page could not be decoded: \\x1b[2J.")
    );
    desk.pass(Duration::from_secs(5));
    desk.press("j");
    assert!(
        !desk.screen().contains("could not be decoded"),
        "a key takes it from the last line"
    );
    assert!(desk.screen().contains("! 1"), "the header counts it");
    desk.press("!");
    insta::assert_snapshot!("messages_80x24", desk.screen());
    desk.press("<esc>");
    assert!(!desk.screen().contains("! 1"), "{}", desk.screen());
}

#[test]
fn budget_and_lag_are_told_when_they_cross_a_threshold() {
    let mut desk = Desk::new(80, 24);
    let before = desk.picture();
    let mut status = desk.org.status();
    status.budgets[0].remaining = 55;
    status.log.polled = Some(now());
    status.requests += 1;
    let unstamped = |desk: &Desk| {
        let mut buffer = ratatui::buffer::Buffer::empty(*before.0.area());
        desk.app.view(&mut buffer);
        buffer
    };
    desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
    assert_eq!(
        unstamped(&desk),
        before.0,
        "a poll that brought nothing is not a change"
    );
    status.budgets[0].remaining = 20;
    desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
    assert!(desk.screen().contains("api 80/100"));
    status.budgets[0].throttled_until = Some(now() + SignedDuration::from_secs(40));
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    assert!(
        desk.screen().contains("/logs throttled to 14:04:02"),
        "{}",
        desk.screen()
    );
    desk.pass(Duration::from_mins(1));
    assert!(
        !desk.screen().contains("throttled"),
        "it is over without anybody saying so"
    );
    desk.pass(Duration::from_hours(1));
    assert!(desk.screen().contains("lag 1h"), "{}", desk.screen());
}

/// The first line as it stands, without being stamped anew.
fn header(desk: &Desk) -> String {
    let area = Rect::from((Position::ORIGIN, desk.app.size()));
    let mut buffer = Buffer::empty(area);
    desk.app.view(&mut buffer);
    (0..area.width).map(|x| buffer[(x, 0)].symbol()).collect()
}

#[test]
fn the_header_does_not_look_live_when_nothing_was_heard_for_three_polls() {
    let mut desk = Desk::new(80, 24);
    let mut status = desk.org.status();
    status.log.polled = Some(now());
    status.log.poll_interval = Some(Duration::from_secs(10));
    desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
    desk.app.stamp(desk.now);
    let live = header(&desk);
    assert!(live.contains("14:03:22 UTC"), "{live}");
    desk.pass(Duration::from_secs(29));
    assert_eq!(header(&desk), live, "a slow answer is no change");
    for lag in ["lag 30s+", "lag 1m 30s+", "lag 2m 30s+"] {
        desk.pass(Duration::from_secs(1));
        let silent = header(&desk);
        assert!(silent.contains(lag), "{silent}");
        assert!(silent.contains("log as of 14:03:22 UTC"), "{silent}");
        desk.pass(Duration::from_secs(59));
        assert_eq!(header(&desk), silent, "told once a minute");
    }
    status.log.polled = Some(desk.now);
    desk.happen(Event::Push(Push::Status(Box::new(status.clone()))));
    let heard = header(&desk);
    assert!(
        heard.contains("14:06:51 UTC") && !heard.contains("as of"),
        "{heard}"
    );
    status.log.poll_interval = Some(Duration::from_mins(1));
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    desk.pass(Duration::from_secs(179));
    assert_eq!(header(&desk), heard, "where polls are rare");
    desk.pass(Duration::from_secs(1));
    assert!(header(&desk).contains("lag 3m 00s+"), "{}", header(&desk));
}

#[test]
fn a_header_that_is_kept_alive_by_polls_changes_nothing_for_an_hour() {
    let mut desk = Desk::new(80, 24);
    let before = header(&desk);
    for _ in 0..360 {
        let mut status = desk.org.status();
        status.log.polled = Some(desk.now);
        desk.happen(Event::Push(Push::Status(Box::new(status))));
        desk.pass(Duration::from_secs(10));
        assert_eq!(header(&desk), before);
    }
}

/// A pane, a filter for it, and the page of what Enter opens there.
const FILTERED: [(&str, &str, &str); 6] = [
    ("2", "0042", "Users > user0042@example.com"),
    ("3", "0042", "Groups > Everyone 42"),
    ("4", "0042", "Apps > Salesforce 42"),
    ("5", "path:rule", "Admins > maria@example.com"),
    (":rules<enter>", "leads", "> Finance leads 1"),
    ("1", "nothing", ""),
];

#[test]
fn a_key_does_not_act_on_rows_of_a_list_that_is_no_longer_asked_for() {
    for (pane, filter, page) in FILTERED {
        for key in ["<enter>", "y"] {
            let mut desk = Desk::new(80, 24);
            desk.press(pane);
            let keys = format!("/{filter}<enter>{key}");
            desk.press(&keys);
            let screen = desk.screen();
            assert!(screen.contains(page), "{pane} {keys}: {screen}");
            let opened = screen.lines().nth(1).is_some_and(|line| line.contains('>'));
            assert_eq!(opened, !page.is_empty(), "{pane} {keys}: {screen}");
        }
    }
}

#[test]
fn a_key_waits_for_an_answer_that_does_not_come_until_esc_gives_it_up() {
    for (pane, filter, _) in FILTERED {
        let mut desk = Desk::new(80, 24);
        desk.press(pane);
        desk.fall_silent();
        desk.press(&format!("/{filter}<enter>"));
        let before = desk.body();
        for key in ["<enter>", "w", "e", "y", "c", "J", "j", "gg", "2"] {
            desk.press(key);
            let screen = desk.screen();
            assert!(
                screen.contains("The keys wait for the list; Esc gives them up."),
                "{pane} {key}: {screen}"
            );
        }
        assert_eq!(desk.effects, [], "nothing was copied");
        desk.press("<esc>");
        assert!(
            desk.screen().contains("The keys that waited are given up."),
            "{}",
            desk.screen()
        );
        desk.press("?<esc>");
        assert_eq!(desk.body(), before, "{pane}: nothing was done");
    }
}

#[test]
fn keys_that_waited_act_in_their_order_on_the_rows_that_came() {
    let mut desk = Desk::new(80, 24);
    desk.press("2jjj");
    desk.press("/00<enter>jj<enter>2");
    let screen = desk.screen();
    assert!(screen.contains("Users > user0002@example.com"), "{screen}");
    assert!(screen.contains("[2 Groups]"), "{screen}");
    desk.press("<esc>");
    desk.press("snci");
    assert_eq!(desk.effects.len(), 1, "the id of a row of the new order");
}

#[test]
fn a_row_that_the_cursor_is_still_to_be_put_on_is_waited_for() {
    let mut desk = Desk::new(80, 24);
    desk.press("2jjj");
    desk.press("/x<esc><enter>");
    assert!(
        desk.screen().contains("Users > user0003@example.com"),
        "{}",
        desk.screen()
    );
    let mut desk = Desk::new(80, 24);
    desk.press("2G<enter>");
    assert!(
        desk.screen().contains("Users > user19999@example.com"),
        "{}",
        desk.screen()
    );
}

#[test]
fn nothing_acts_on_the_rows_that_a_filter_in_error_leaves_there() {
    for pane in ["users", "admins"] {
        let mut desk = Desk::new(80, 24);
        desk.app.show(PaneId::from_word(pane).unwrap());
        desk.pass(Duration::from_secs(1));
        // Another version had such a field.
        let view = View {
            pane: pane.into(),
            filter: "foo:1".into(),
            ..View::default()
        };
        let session = Session {
            pane: pane.into(),
            views: vec![view],
        };
        let memory = Box::new(Memory {
            session: Some(session),
            ..Memory::default()
        });
        desk.happen(Event::Remembered {
            memory,
            restore: true,
        });
        desk.press("<enter>");
        let refused = "Nothing was done: these are not the rows that were asked for.";
        assert!(desk.screen().contains(refused), "{}", desk.screen());
        desk.press("j");
        desk.press("<enter>");
        assert!(desk.screen().contains(refused), "{}", desk.screen());
        desk.press(":open<enter>");
        assert!(desk.screen().contains(refused), "{}", desk.screen());
        desk.pass(Duration::from_secs(10));
        desk.press("<esc>");
        desk.press("<enter>");
        assert!(!desk.screen().contains(refused), "{}", desk.screen());
    }
}

#[test]
fn a_gap_in_the_log_is_told_where_it_is() {
    let mut desk = Desk::new(120, 36);
    let mut status = desk.org.status();
    status.log.gaps.push(Gap {
        from: now() - SignedDuration::from_mins(14),
        to: now() - SignedDuration::from_mins(13),
        reason: "the server was away".into(),
        filled: None,
    });
    status.log.backfill = Some(Backfill {
        from: now() - SignedDuration::from_hours(24 * 90),
        to: now(),
        reached: now(),
        done: false,
    });
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    assert!(desk.screen().contains("1 log gap"), "{}", desk.screen());
    desk.press("z");
    assert!(
        desk.screen()
            .contains("! in a gap, 13:49:22 to 13:50:22: the server was away"),
        "{}",
        desk.screen()
    );
    desk.press("gg");
    assert!(
        !desk.screen().contains("in a gap") && !desk.screen().contains("-- gap"),
        "it is not among these: {}",
        desk.screen()
    );
    assert!(
        desk.screen().contains("reading back to 2026-08-24"),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_long_host_leaves_room_for_what_is_wrong_and_the_time() {
    let mut desk = Desk::new(60, 15);
    let mut status = desk.org.status();
    status.host = "login.".to_owned().repeat(20).into();
    status.log.polled = Some(now() - SignedDuration::from_hours(2));
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    let header = desk.screen().lines().next().unwrap().to_owned();
    assert!(
        header.contains("login.login") && header.contains("log as of 12:03:22 UTC"),
        "{header}"
    );
}

#[test]
fn what_is_too_small_says_so_and_lives() {
    let mut desk = Desk::new(80, 24);
    for (width, height) in [(10, 3), (1, 1), (59, 15), (60, 14)] {
        desk.happen(Event::Resize(Size::new(width, height)));
        desk.press("2jjG<enter>/x<esc>q");
        let screen = desk.screen();
        let start: String = "need 60x15"
            .chars()
            .take(usize::from(width).saturating_sub(2))
            .collect();
        assert!(screen.starts_with(&start) || width == 1, "{screen}");
    }
    desk.happen(Event::Resize(Size::new(80, 24)));
    assert!(desk.screen().contains("[2 Users]") || desk.screen().contains("Users >"));
}

#[test]
fn the_path_from_a_user_to_a_group_and_back_keeps_filter_and_cursor() {
    let mut desk = Desk::new(80, 24);
    desk.press("2/00<enter>jjj");
    let list = desk.body();
    desk.press("<enter>2j<enter>");
    assert!(
        desk.screen()
            .contains("Users > user0003@example.com > Finance-All 1"),
        "{}",
        desk.screen()
    );
    desk.press("<esc><esc>");
    assert_eq!(desk.body(), list);
    desk.press("4");
    assert!(desk.screen().contains("[4 Apps]"));
    desk.press("H");
    assert_eq!(desk.body(), list);
    desk.press("L");
    assert!(desk.screen().contains("[4 Apps]"));
}

#[test]
fn e_shows_the_events_about_what_is_under_the_cursor() {
    let mut desk = Desk::new(80, 24);
    desk.press("2jje");
    let asked = desk.asked.iter().any(
        |request| matches!(&request.ask, Ask::Events(query) if query.filter == "about:00u0002"),
    );
    assert!(asked);
    assert!(
        desk.screen()
            .contains("Users > events about user0002@example.com"),
        "{}",
        desk.screen()
    );
    desk.press("q");
    assert!(desk.screen().contains("[2 Users]"));
}

#[test]
fn the_palette_filters_and_syncs() {
    let mut desk = Desk::new(80, 24);
    desk.press(":user 0042<enter>");
    assert!(
        desk.screen().contains("2 of 20,000 match"),
        "{}",
        desk.screen()
    );
    desk.press(":sync app_users<enter>");
    let last = desk
        .asked
        .iter()
        .rev()
        .find_map(|request| match &request.ask {
            Ask::SyncNow { resource, object } => Some((*resource, object.clone())),
            _ => None,
        });
    assert_eq!(last, Some((Some(Resource::AppUsers), None)));
    desk.press(":sync nonsense<enter>");
    assert!(
        desk.screen().contains("`nonsense` is nothing that is read"),
        "{}",
        desk.screen()
    );
    desk.press("<esc>:q<enter>");
    assert_eq!(desk.effects, [Effect::Quit]);
}

#[test]
fn only_one_question_of_a_list_is_under_way() {
    let mut desk = Desk::new(80, 24);
    desk.press("2");
    desk.fall_silent();
    let before = desk.asked.len();
    for _ in 0..20 {
        desk.press("<pgdn>");
    }
    assert_eq!(desk.asked.len(), before + 1);
}

#[test]
fn control_c_asks_twice_and_z_goes_to_the_shell() {
    let mut desk = Desk::new(80, 24);
    desk.press("<ctrl-c>");
    assert!(desk.screen().contains("Press Ctrl-C again to quit"));
    desk.pass(Duration::from_secs(5));
    desk.press("<ctrl-c>");
    assert_eq!(desk.effects, []);
    desk.happen(Event::Key(KeyEvent::new(
        KeyCode::Char('c'),
        KeyModifiers::CONTROL,
    )));
    desk.press("<ctrl-z>");
    assert_eq!(desk.effects, [Effect::Quit, Effect::Suspend]);
}

#[test]
fn an_answer_that_nobody_waits_for_is_dropped() {
    let mut desk = Desk::new(80, 24);
    let before = desk.screen();
    let answer = desk.org.answer(Ask::Status);
    desk.happen(Event::Reply {
        ticket: 999_999,
        answer,
    });
    assert_eq!(desk.screen(), before);
}

fn any_key() -> impl Strategy<Value = Event> {
    let codes = prop_oneof![
        10 => prop::char::any().prop_map(KeyCode::Char),
        40 => prop::sample::select("jkhlGgdfpwWsyezJHLRcA/?:!q0123456789o,. x".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        20 => prop::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Backspace, KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down,
            KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home, KeyCode::End, KeyCode::Left, KeyCode::Right, KeyCode::Delete,
            KeyCode::F(1), KeyCode::Insert,
        ]),
    ];
    let modifiers = prop_oneof![
        8 => Just(KeyModifiers::NONE),
        1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::SHIFT),
        1 => Just(KeyModifiers::ALT),
    ];
    let key =
        (codes, modifiers).prop_map(|(code, modifiers)| Event::Key(KeyEvent::new(code, modifiers)));
    let size =
        (1u16..220, 1u16..70).prop_map(|(width, height)| Event::Resize(Size::new(width, height)));
    prop_oneof![
        30 => key,
        2 => size,
        1 => any::<String>().prop_map(Event::Paste),
        1 => Just(Event::Connected),
        1 => Just(Event::Disconnected(trouble("gone", "wait"))),
        1 => (0u64..4).prop_map(|n| Event::Push(Push::Committed(Revisions {
            users: n, groups: n, apps: n, events: n, entries: n,
        }))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_keys_on_no_size_make_it_fail_or_ask_without_end(events in prop::collection::vec(any_key(), 1..60)) {
        let mut desk = Desk::new(80, 24);
        for event in events {
            desk.happen(event);
            desk.pass(Duration::from_millis(100));
            let (buffer, cursor) = desk.picture();
            for cell in buffer.content() {
                prop_assert!(!cell.symbol().chars().any(char::is_control));
            }
            if let Some(cursor) = cursor {
                prop_assert!(buffer.area().contains(cursor));
            }
        }
        prop_assert!(desk.asked.len() < 3_000);
    }
}
