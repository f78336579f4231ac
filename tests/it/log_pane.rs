//! The log in the console: its time range and zone, its histogram, gaps, folds, and the ways around an event.

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use oktop::domain::resource::Gap;
use oktop::msg::{Answer, AnyRow, Ask, Push};
use oktop::ui::event::{Effect, Event, ZoneOf};

use crate::support::desk::Desk;

/// A desk with so few events that every filter is looked at row by row.
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

#[test]
fn a_time_range_is_a_clause_that_is_seen_and_taken_back() {
    let mut desk = desk(80, 24);
    desk.press("t");
    shows(&mut desk, "time: 1 15m  2 1h");
    desk.press("3");
    shows(&mut desk, " / published<4h");
    desk.press("t2");
    shows(&mut desk, " / published<1h\n");
    desk.press("tc14:00 soon<enter>");
    shows(&mut desk, "`14:00 soon` is no range of time; write 90m");
    desk.press("<ctrl-u>13:34 13:35<enter>");
    shows(
        &mut desk,
        " / published>=2026-11-22T13:34Z published<2026-11-22T13:35Z",
    );
    insta::assert_snapshot!("time_range_80x24", desk.screen());
    desk.press("b");
    shows(&mut desk, "Filters: 2 on, 0 off");
    desk.press("<esc>t0");
    hides(&mut desk, "published");
    desk.press("H");
    shows(&mut desk, "published<2026-11-22T13:35Z");
    desk.press(":time 20m<enter>");
    shows(&mut desk, " / published<20m");
}

#[test]
fn around_an_event_only_its_minutes_are_shown_and_the_cursor_stays_on_it() {
    let mut desk = desk(80, 24);
    desk.press("kkk");
    let held = cursor_line(&mut desk);
    desk.press("ta");
    shows(&mut desk, " / published>=2026-11-22T13:");
    assert_eq!(cursor_line(&mut desk), held);
}

/// The line under the cursor.
fn cursor_line(desk: &mut Desk) -> String {
    let (buffer, _) = desk.picture();
    let area = *buffer.area();
    let reversed = |y: &u16| {
        let style = buffer[(20, *y)].modifier;
        style.contains(ratatui::style::Modifier::REVERSED)
    };
    let y = (0..area.height).find(reversed).unwrap();
    (0..area.width).map(|x| buffer[(x, y)].symbol()).collect()
}

#[test]
fn times_are_told_in_the_zone_that_is_named_above_them() {
    let mut desk = desk(80, 24);
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    desk.app.set_local(berlin);
    shows(&mut desk, "UTC     >EVENT");
    desk.press("T");
    shows(&mut desk, "CET     >EVENT");
    shows(&mut desk, "Times are those of this machine: CET.");
    insta::assert_snapshot!("zone_local_80x24", desk.screen());
    // What is typed is of the zone that is shown.
    desk.press("tc14:34 14:35<enter>");
    shows(&mut desk, " / published>=2026-11-22T13:34Z");
    desk.press("<esc>:zone mars<enter>");
    shows(
        &mut desk,
        "zone: `mars` is none; write utc, local or actor.",
    );
    desk.press("<esc>:zone utc<enter>");
    shows(&mut desk, "UTC     >EVENT");
}

#[test]
fn the_actor_s_zone_is_that_of_okta_s_profile() {
    let mut desk = desk(80, 24);
    desk.press(":zone actor<enter>");
    shows(&mut desk, "Okta does not tell the time zone of");
    desk.between = Some(Box::new(|answer| match answer {
        Answer::Object(mut object) => {
            if let AnyRow::User(row) = &mut object.row {
                let raw = r#"{"profile":{"timezone":"Asia/Tokyo"}}"#;
                row.raw = Some(oktop::domain::text::RawJson::new(raw.to_owned()));
            }
            Answer::Object(object)
        }
        other => other,
    }));
    desk.press(":zone actor<enter>");
    let is_tokyo = |zone: &ZoneOf| zone.name == "Asia/Tokyo" && !zone.owner.is_empty();
    let found = desk.effects.iter().find_map(|effect| match effect {
        Effect::FindZone(zone) if is_tokyo(zone) => Some(zone.clone()),
        _ => None,
    });
    let asked = found.expect("the zone is looked up");
    let other = ZoneOf {
        owner: "bob@acme.example".to_owned(),
        name: "Mars/Base".to_owned(),
    };
    // The answer to another look-up comes first, and each is about its own person.
    desk.happen(Event::Zone(other, None));
    shows(
        &mut desk,
        "This machine knows no time zone `Mars/Base`, which is that of bob@acme",
    );
    let tokyo = TimeZone::posix("JST-9").unwrap();
    desk.happen(Event::Zone(asked.clone(), Some(tokyo)));
    shows(&mut desk, &format!("{}: Asia/Tokyo", asked.owner));
    shows(&mut desk, "JST     >EVENT");
    shows(&mut desk, "Asia/Tokyo, now JST.");
    desk.press(":zone actor<enter>");
    desk.happen(Event::Zone(asked, None));
    shows(&mut desk, "This machine knows no time zone `Asia/Tokyo`");
    shows(&mut desk, "UTC     >EVENT");
}

/// How often the histogram was asked for.
fn counts(desk: &Desk) -> usize {
    let asked = desk.asked.iter();
    asked
        .filter(|request| matches!(request.ask, Ask::Histogram(_)))
        .count()
}

#[test]
fn bars_narrow_the_time_and_zoom() {
    let mut desk = desk(80, 24);
    desk.press("t2i");
    insta::assert_snapshot!("histogram_80x24", desk.screen());
    shows(&mut desk, "11-22 14:03 +1m: 0 ok");
    desk.press("<esc>");
    shows(&mut desk, "1m a bar");
    shows(&mut desk, "f follow");
    desk.press("i");
    // The events are of 27 to 30 minutes ago.
    for _ in 0..29 {
        desk.press("h");
    }
    shows(&mut desk, "11-22 13:34 +1m: ");
    shows(&mut desk, " ok, ");
    desk.press("<enter>");
    shows(
        &mut desk,
        " / published>=2026-11-22T13:34Z published<2026-11-22T13:35Z",
    );
    shows(&mut desk, "13:34:59");
    shows(&mut desk, " +1s: ");
    desk.press("-");
    shows(&mut desk, " 2s a bar");
    desk.press("i");
    hides(&mut desk, "a bar");
    desk.press("H");
    shows(&mut desk, " / published<1h");
}

#[test]
fn bars_of_a_wide_and_of_a_low_screen() {
    let mut wide = desk(120, 36);
    wide.press("t2i");
    insta::assert_snapshot!("histogram_120x36", wide.screen());
    let mut low = desk(60, 15);
    low.press("i");
    shows(&mut low, "histogram: not now, the screen has too few rows");
}

#[test]
fn while_the_log_is_followed_the_bars_are_counted_anew_once_a_second_and_not_at_all_when_closed() {
    let mut desk = desk(80, 24);
    desk.press("i<esc>");
    let before = counts(&desk);
    assert!(before >= 1);
    let receive = |desk: &mut Desk| {
        desk.org.events += 1;
        let mut status = desk.org.status();
        status.revisions.events = desk.org.events as u64;
        desk.happen(Event::Push(Push::Status(Box::new(status))));
    };
    for _ in 0..10 {
        receive(&mut desk);
        desk.pass(std::time::Duration::from_millis(100));
    }
    let asked = counts(&desk) - before;
    assert!((1..=2).contains(&asked), "{asked} in a second");
    desk.press("ii");
    let before = counts(&desk);
    for _ in 0..10 {
        receive(&mut desk);
        desk.pass(std::time::Duration::from_secs(1));
    }
    assert_eq!(counts(&desk), before);
}

#[test]
fn a_gap_stands_in_its_place_and_the_end_tells_how_far_back_the_log_goes() {
    let mut desk = desk(80, 24);
    let mut status = desk.org.status();
    let first = desk.org.events - 6;
    let at = |n: usize| crate::support::fake_agent::event(n).event.published;
    status.log.gaps.push(Gap {
        from: at(first) + SignedDuration::from_millis(300),
        to: at(first) + SignedDuration::from_millis(700),
        reason: "Okta no longer took the cursor; the log is read again from a day before".into(),
        filled: None,
    });
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    insta::assert_snapshot!("log_gap_80x24", desk.screen());
    // The cursor passes it by.
    desk.press("kkkkkk");
    let above = cursor_line(&mut desk);
    desk.press("j");
    let below = cursor_line(&mut desk);
    assert!(
        above.contains("13:36:45") && below.contains("13:36:46"),
        "{above}{below}"
    );
    desk.press("gg");
    shows(&mut desk, "-- the stored log begins ");
    shows(&mut desk, "nothing older is stored --");
}

/// Every three events are of one transaction.
fn in_threes(desk: &mut Desk) {
    desk.between = Some(Box::new(|answer| match answer {
        Answer::Events(mut rows) => {
            for row in &mut rows.rows {
                row.event.transaction = Some(format!("T{}", row.pos.seq / 3).as_str().into());
            }
            Answer::Events(rows)
        }
        other => other,
    }));
    desk.press("ff");
}

#[test]
fn transactions_are_folded_and_opened() {
    let mut desk = desk(80, 24);
    in_threes(&mut desk);
    desk.press("Z");
    insta::assert_snapshot!("folded_80x24", desk.screen());
    desk.press("k<enter>");
    insta::assert_snapshot!("unfolded_80x24", desk.screen());
    hides(&mut desk, "> group");
    desk.press("<enter>");
    shows(&mut desk, " Log > ");
    desk.press("<esc>jjjo");
    hides(&mut desk, "Other lists");
    desk.press("Z");
    hides(&mut desk, "folded");
}

#[test]
fn around_an_event_the_whole_log_is_shown_and_back_its_filter() {
    let mut desk = desk(80, 24);
    desk.press("/result:deny<enter>kkk");
    let held = cursor_line(&mut desk);
    desk.press("O");
    hides(&mut desk, "result:deny");
    assert_eq!(cursor_line(&mut desk)[..20], held[..20]);
    shows(&mut desk, "group.user_mem...add");
    desk.press("H");
    shows(&mut desk, " / result:deny");
    assert_eq!(cursor_line(&mut desk)[..20], held[..20]);
    desk.press("<enter>O");
    hides(&mut desk, "result:deny");
    assert_eq!(cursor_line(&mut desk)[..20], held[..20]);
}

#[test]
fn notable_events_beyond_those_at_hand_are_found_or_the_search_ends() {
    let mut desk = Desk::new(80, 24);
    // Among the newest half a hundred the stored log holds nothing that is marked.
    desk.between = Some(Box::new(|answer| match answer {
        Answer::Events(mut rows) if rows.rows.len() > 1 => {
            for row in &mut rows.rows {
                row.event.event_type = "user.session.start".into();
                row.event.result = None;
                row.event.severity = None;
            }
            Answer::Events(rows)
        }
        other => other,
    }));
    desk.press("ff");
    desk.press("W");
    // 1,000 events; the slices go back over those that are no multiple.
    assert!(
        cursor_line(&mut desk).contains("13:49:"),
        "{}",
        desk.screen()
    );
    desk.fall_silent();
    desk.press("W");
    shows(&mut desk, "looking for !, at ");
    desk.press("<esc>");
    hides(&mut desk, "looking for !");
    shows(&mut desk, "The search was ended.");
}

#[test]
fn a_pause_says_that_newer_events_came() {
    let mut desk = desk(80, 24);
    desk.pass(std::time::Duration::from_secs(1));
    desk.press("p");
    shows(&mut desk, "PAUSED, the sync goes on (p resumes)");
    desk.org.events += 1;
    let mut status = desk.org.status();
    status.revisions.events = desk.org.events as u64;
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    shows(&mut desk, "PAUSED, newer events came (p resumes)");
    desk.press("p");
    shows(&mut desk, "following");
}

/// The hunts that were asked for: where each goes on.
fn hunts(desk: &Desk) -> Vec<Option<String>> {
    let asked = desk.asked.iter();
    asked
        .filter_map(|request| match &request.ask {
            Ask::Hunt { next, .. } => Some(next.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_hunt_is_asked_for_with_its_cost_before_okta_is() {
    let mut desk = desk(80, 24);
    desk.press(":hunt ip 203.0.113.7 2h<enter>");
    shows(
        &mut desk,
        "y hunts, esc not: 2+ requests, 4% of 60/min, 41 left, at most 50: ip 203.0",
    );
    assert!(hunts(&desk).is_empty());
    desk.press("<enter>");
    shows(&mut desk, "Not hunted; Okta was not asked.");
    assert!(hunts(&desk).is_empty(), "only a yes is a yes");
    desk.press(":hunt ip 203.0.113.7 2h<enter>y");
    assert_eq!(hunts(&desk), [None, Some("further".to_owned())]);
    shows(
        &mut desk,
        "Hunt ip 203.0.113.7: 14 new, 6 known, back to 2026-11-22 12:03",
    );
    shows(&mut desk, " > hunt ip 203.0.113.7");
    shows(&mut desk, " / published>=2026-11-22T12:03");
    desk.press("!");
    shows(&mut desk, "Bounded: it may miss what Okta stores late.");
}

#[test]
fn a_hunt_can_be_ended_and_what_makes_none_is_told() {
    let mut desk = desk(80, 24);
    desk.press(":hunt ip 203.0.113.7<enter>");
    desk.fall_silent();
    desk.press("y<ctrl-c>");
    shows(&mut desk, "0 new, 0 known");
    shows(&mut desk, "Ended. Hunt ip 203.0.113.7");
    for (typed, told) in [
        (":hunt<enter>", "write what and which"),
        (":hunt group x<enter>", "write what and which"),
        (":hunt ip<enter>", "say which ip"),
        (":hunt ip 1.2.3.4 soon<enter>", "`soon` is no range of time"),
        (
            ":hunt ip 1.2.3.4 13:00 12:00<enter>",
            "ends before it begins",
        ),
    ] {
        desk.press(typed);
        shows(&mut desk, told);
        desk.press("<esc>");
    }
}
