//! Changes from the console: chosen, staged, shown, confirmed and followed, before a queue in memory.

use std::num::NonZeroU16;
use std::time::Duration;

use oktop::action::state::State;
use oktop::console::Painter;
use oktop::msg::Ask;
use oktop::msg::queue::{Finding, QueueAsk, Recipe};
use oktop::ui::event::{Effect, Event};
use oktop::ui::theme::Theme;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::support::desk::Desk;

const SIZES: [(u16, u16); 2] = [(80, 24), (120, 36)];

/// A console with a write window open.
fn open(width: u16, height: u16) -> Desk {
    let mut desk = Desk::new(width, height);
    desk.press(":write 10m locked out, called back<enter>");
    desk
}

/// Presses keys one by one, each when what the one before led to was painted and looked at; how many.
fn keys(desk: &mut Desk, keys: &str) -> usize {
    for key in keys.chars() {
        let _ = desk.screen();
        desk.pass(Duration::from_millis(500));
        desk.press(&key.to_string());
    }
    let _ = desk.screen();
    keys.chars().count()
}

fn confirmed(desk: &Desk) -> Vec<String> {
    let asks = desk.asked.iter().filter_map(|request| match &request.ask {
        Ask::Queue(QueueAsk::Confirm(it)) => Some(format!("{} {}", it.plan, it.typed)),
        _ => None,
    });
    asks.collect()
}

#[test]
fn from_a_locked_out_row_to_unlocked_and_verified_in_four_keys_at_most() {
    let mut desk = open(80, 24);
    desk.press("2jjjj");
    assert!(
        desk.screen().contains("> user0004@example.com"),
        "{}",
        desk.screen()
    );
    let pressed = keys(&mut desk, "auy");
    assert_eq!(confirmed(&desk), ["17 "]);
    desk.lead(17, None, State::InFlight, None);
    desk.lead(17, None, State::Verified, None);
    let screen = desk.screen();
    assert!(
        screen.contains("17.1 users.unlock user0004@example.com: verified."),
        "{screen}"
    );
    assert!(pressed <= 4, "{pressed}");
    let stages = desk.asked.iter();
    let stages = stages.filter(|it| matches!(it.ask, Ask::Queue(QueueAsk::Stage(_))));
    assert_eq!(stages.count(), 1);
}

#[test]
fn without_a_write_window_a_plan_stays_staged_and_the_way_on_is_told() {
    let mut desk = Desk::new(80, 24);
    desk.press("2jjjj");
    keys(&mut desk, "auy");
    assert_eq!(confirmed(&desk), [""; 0]);
    let screen = desk.screen();
    assert!(screen.contains(":write 10m"), "{screen}");
    desk.press(":write 10m called back<enter>");
    let screen = desk.screen();
    assert!(
        screen.contains("Plan 17: unlock") && screen.contains("[WRITE to 14:1"),
        "{screen}"
    );
    keys(&mut desk, "y");
    assert_eq!(
        confirmed(&desk),
        ["17 "],
        "the plan came back with the window"
    );
}

/// `:` stood there with `write 10m` before it, so that `:halt storm` opened a window for the reason "halt storm".
#[test]
fn what_is_typed_behind_a_colon_before_a_plan_is_the_command() {
    let mut desk = Desk::new(80, 24);
    desk.press("2jjjj");
    keys(&mut desk, "au");
    desk.press(":halt storm<enter>");
    desk.tell_queue();
    let screen = desk.screen();
    assert!(
        screen.contains("[RO]") && !screen.contains("[WRITE"),
        "{screen}"
    );
    assert!(screen.contains("HALTED"), "{screen}");
    let mut desk = Desk::new(80, 24);
    desk.press("2jjjj");
    keys(&mut desk, "au");
    desk.press(":write off<enter>");
    assert!(!desk.screen().contains("[WRITE"), "{}", desk.screen());
    desk.press(":write 30m ticket 7<enter>");
    assert!(
        desk.screen().contains("[WRITE to 14:33"),
        "{}",
        desk.screen()
    );
}

#[test]
fn neither_enter_nor_a_paste_nor_a_held_key_confirms() {
    let mut desk = open(80, 24);
    desk.press("2jjjj");
    keys(&mut desk, "au");
    desk.press("<enter>");
    desk.happen(Event::Paste("y".to_owned()));
    assert!(desk.screen().contains("Not pasted"), "{}", desk.screen());
    let mut held = KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE);
    held.kind = KeyEventKind::Repeat;
    desk.happen(Event::Key(held));
    // A terminal that tells no repeats sends the same key every few milliseconds.
    held.kind = KeyEventKind::Press;
    for _ in 0..50 {
        desk.pass(Duration::from_millis(30));
        desk.happen(Event::Key(held));
    }
    assert_eq!(confirmed(&desk), [""; 0]);
    desk.press("<esc>");
    assert!(
        desk.screen().contains("Plan 17 stays staged"),
        "{}",
        desk.screen()
    );
}

#[test]
fn keys_typed_ahead_of_a_plan_do_nothing_to_it() {
    let mut desk = open(80, 24);
    desk.press("2jjjj");
    for key in ['a', 'u', 'y', 'y'] {
        let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
        desk.happen(Event::Key(key));
    }
    assert_eq!(confirmed(&desk), [""; 0]);
    assert!(
        desk.screen().contains("Plan 17: unlock"),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_suspension_is_typed_and_a_plan_that_became_another_is_typed_again() {
    let mut desk = open(80, 24);
    desk.press("2");
    keys(&mut desk, "as00u000");
    desk.queue.plans[0].digest = "another".to_owned();
    desk.queue.count();
    desk.tell_queue();
    assert!(desk.screen().contains("read it again"), "{}", desk.screen());
    keys(&mut desk, "0y");
    assert_eq!(confirmed(&desk), [""; 0]);
    desk.press("<ctrl-u>");
    keys(&mut desk, "u0000y");
    keys(&mut desk, "y");
    assert_eq!(
        confirmed(&desk),
        [""; 0],
        "what is to be typed is another text"
    );
}

#[test]
fn a_guard_that_refuses_says_why_and_nothing_confirms_it() {
    let mut desk = open(80, 24);
    desk.queue.findings = vec![Finding {
        op: None,
        refuses: true,
        words: "this is the account that oktop itself uses".to_owned(),
    }];
    desk.press("2jjjj");
    keys(&mut desk, "auy");
    assert_eq!(confirmed(&desk), [""; 0]);
    let screen = desk.screen();
    assert!(
        screen.contains("! this is the account that oktop itself uses"),
        "{screen}"
    );
}

#[test]
fn the_menu_greys_what_does_not_fit_with_the_reason() {
    for (width, height) in SIZES {
        let mut desk = open(width, height);
        desk.press("2jjjja");
        insta::assert_snapshot!(format!("act_user_{width}x{height}"), desk.screen());
    }
    let mut desk = open(80, 24);
    desk.press("2au");
    let screen = desk.screen();
    assert!(
        screen.contains("Not possible, unlock: it is so already."),
        "{screen}"
    );
    desk.press("<esc>3ja");
    insta::assert_snapshot!("act_group_80x24", desk.screen());
}

#[test]
fn marked_rows_are_one_plan_and_those_left_out_are_told() {
    let mut desk = open(80, 24);
    desk.press("2<space><space><space>");
    desk.press("as");
    insta::assert_snapshot!("sheet_marked_80x24", desk.screen());
    keys(&mut desk, "y");
    assert_eq!(confirmed(&desk), [""; 0], "what is to be typed comes first");
}

#[test]
fn a_staged_plan_at_each_size_and_without_colours() {
    for (width, height) in SIZES {
        let mut desk = open(width, height);
        desk.press("2jjjjau");
        insta::assert_snapshot!(format!("sheet_{width}x{height}"), desk.screen());
    }
    let mut desk = Desk::themed(80, 24, Theme::mono());
    desk.press("2as");
    insta::assert_snapshot!("sheet_read_only_80x24", desk.screen());
    let is_ascii = desk.screen().lines().rev().take(8).all(str::is_ascii);
    assert!(
        is_ascii,
        "what is ours needs no more than ASCII: {}",
        desk.screen()
    );
}

fn staged(desk: &Desk) -> Vec<&'static str> {
    let last = desk.queue.plans.last().map(|plan| &plan.plan.ops);
    let names = last.into_iter().flatten().map(|op| op.change.name());
    names.collect()
}

#[test]
fn the_steps_of_a_ready_plan_are_chosen_before_it_is_staged() {
    let mut desk = open(80, 24);
    desk.press("2aK");
    insta::assert_snapshot!("ready_80x24", desk.screen());
    // The first is left out, the factor that came last is taken.
    desk.press(" jjj <enter>");
    assert_eq!(
        staged(&desk),
        [
            "users.clear-sessions",
            "users.revoke-grants",
            "users.remove-factor"
        ]
    );
    assert_eq!(confirmed(&desk), [""; 0], "staged only");
    desk.press("<esc>aK<esc>");
    assert_eq!(desk.queue.plans.len(), 1, "given up");
    desk.press("aO*<enter>");
    assert!(
        desk.screen().contains("No step is chosen"),
        "{}",
        desk.screen()
    );
    desk.press("*<enter>");
    assert_eq!(staged(&desk).last(), Some(&"users.deactivate"));
}

#[test]
fn from_an_event_what_came_since_it_is_chosen() {
    let mut desk = open(80, 24);
    desk.press("kaK");
    let since = desk.asked.iter().find_map(|request| match &request.ask {
        Ask::Queue(QueueAsk::Compose(Recipe::Contain { since, .. })) => Some(*since),
        _ => None,
    });
    let since = since.expect("it was asked for").expect("the event's time");
    assert!(
        desk.screen()
            .contains(&since.strftime("%Y-%m-%d").to_string()),
        "{}",
        desk.screen()
    );
}

#[test]
fn people_have_pseudonyms_in_ready_plans() {
    let mut desk = open(80, 24);
    desk.app.set_mask_key([7; 32]);
    desk.press("P2jjjjaK");
    let screen = desk.screen();
    assert!(
        !screen.contains("user0004") && screen.contains("@masked.invalid"),
        "{screen}"
    );
    desk.press("<enter>");
    let title = desk.queue.plans[0].plan.title.as_str().to_owned();
    assert_eq!(
        title, "contain user0004@example.com",
        "the journal has the name"
    );
}

#[test]
fn the_parties_of_an_event_are_chosen_in_turn() {
    let mut desk = open(80, 24);
    desk.press("ka");
    let screen = desk.screen();
    assert!(
        screen.contains("the actor") && screen.contains("tab another party"),
        "{screen}"
    );
    desk.press("<tab>");
    assert!(desk.screen().contains("the target"), "{}", desk.screen());
}

/// A queue with a change in each state that matters.
fn filled(width: u16, height: u16) -> Desk {
    let mut desk = open(width, height);
    desk.press("2jjjj");
    keys(&mut desk, "auy");
    desk.lead(17, None, State::Verified, None);
    desk.press("gg<space><space><space>as<esc><esc>");
    desk.lead(18, Some(1), State::Failed, Some("E0000001: it is not so"));
    desk.press("ac");
    desk.press("c<esc>");
    desk.lead(
        19,
        None,
        State::NeedsHuman,
        Some("no answer, and the log has nothing of it"),
    );
    desk.press("jjac");
    desk.press("t<esc>");
    desk.lead(20, None, State::Unknown, None);
    desk
}

#[test]
fn the_queue_shows_every_change_and_all_of_the_one_under_the_cursor() {
    for (width, height) in SIZES {
        let mut desk = filled(width, height);
        desk.press("6");
        insta::assert_snapshot!(format!("queue_{width}x{height}"), desk.screen());
        desk.press("G");
        insta::assert_snapshot!(format!("queue_verified_{width}x{height}"), desk.screen());
        desk.press("<enter>");
        insta::assert_snapshot!(format!("queue_detail_{width}x{height}"), desk.screen());
    }
    let mut desk = Desk::new(80, 24);
    desk.press("6");
    insta::assert_snapshot!("queue_empty_80x24", desk.screen());
}

#[test]
fn what_nobody_knows_and_what_needs_a_person_is_in_every_header() {
    let mut desk = filled(80, 24);
    for keys in ["1", "2<enter>", "<esc>3", "6", "<esc>?"] {
        desk.press(keys);
        let screen = desk.screen();
        let header = screen.lines().next().unwrap();
        assert!(
            header.contains("1 unknown") && header.contains("1 to decide"),
            "{header}"
        );
    }
}

#[test]
fn the_queue_is_asked_again_only_when_something_has_become_of_a_change() {
    let mut desk = filled(80, 24);
    desk.press("6");
    let lists = |desk: &Desk| {
        let of_queue = desk.asked.iter();
        of_queue
            .filter(|it| {
                matches!(
                    it.ask,
                    Ask::Queue(QueueAsk::List { .. } | QueueAsk::Show(_))
                )
            })
            .count()
    };
    let before = lists(&desk);
    desk.pass(Duration::from_mins(5));
    desk.tell_queue();
    assert_eq!(lists(&desk), before);
    desk.lead(20, None, State::Verified, None);
    assert_eq!(
        lists(&desk),
        before + 2,
        "the list, and the plan under the cursor"
    );
}

/// An event comes later than the answer to its request, and nothing becomes of the change by it.
#[test]
fn the_queue_shows_the_event_of_a_verified_change_as_soon_as_it_is_there() {
    let mut desk = filled(80, 24);
    desk.press("6G<enter>");
    let screen = desk.screen();
    assert!(screen.contains("nothing of it yet (read up to"), "{screen}");
    let asked = desk.asked.len();
    desk.log_tells(20);
    assert_eq!(desk.asked.len(), asked + 1, "the plan that is shown");
    desk.log_tells(17);
    let screen = desk.screen();
    assert!(screen.contains("user.account.unlock_by_admin"), "{screen}");
    assert!(screen.contains("07070707-0707-0707"), "{screen}");
    let asked = desk.asked.len();
    desk.log_tells(17);
    assert_eq!(desk.asked.len(), asked, "it is told already");
}

#[test]
fn a_dry_run_tells_of_each_change_until_something_becomes_of_one() {
    let mut desk = filled(80, 24);
    desk.press("6jj<enter>t");
    let rehearsed = desk.asked.iter();
    let rehearsed = rehearsed.filter(|it| matches!(it.ask, Ask::Queue(QueueAsk::Rehearse(18))));
    assert_eq!(rehearsed.count(), 1);
    let screen = desk.screen();
    assert!(screen.contains("dry run         would"), "{screen}");
    assert!(
        screen.contains("Dry run: 1 of 2 changes would be sent"),
        "{screen}"
    );
    desk.lead(20, None, State::Verified, None);
    assert!(
        !desk.screen().contains("dry run         would"),
        "{}",
        desk.screen()
    );
    assert!(confirmed(&desk).iter().all(|it| it == "17 "));
}

#[test]
fn in_the_queue_changes_are_undone_dropped_and_decided_about() {
    let mut desk = filled(80, 24);
    desk.press("6j+");
    assert!(
        desk.screen().contains("19.1 was done; how do you know"),
        "{}",
        desk.screen()
    );
    desk.press("<enter>seen in the Admin Console<enter>");
    let said = desk.asked.iter().any(|it| {
        matches!(&it.ask, Ask::Queue(QueueAsk::Say { was_done: true, reason, .. }) if reason == "seen in the Admin Console")
    });
    assert!(said);
    desk.press("d");
    assert!(
        desk.screen().contains("unstage: not now, it was sent"),
        "{}",
        desk.screen()
    );
    desk.press("jj");
    desk.press("d");
    assert!(
        desk.screen().contains("Took it out of the queue."),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_halt_is_one_key_without_a_question() {
    let mut desk = filled(80, 24);
    desk.press("<ctrl-k>");
    let halts = desk.asked.iter();
    let halts = halts.filter(|it| matches!(it.ask, Ask::Queue(QueueAsk::Halt(None))));
    assert_eq!(halts.count(), 1);
    desk.tell_queue();
    assert!(desk.screen().contains("HALTED"), "{}", desk.screen());
    desk.press("6");
    assert!(
        desk.screen().contains("nothing is sent until :resume"),
        "{}",
        desk.screen()
    );
    desk.press(":resume<enter>");
    desk.tell_queue();
    assert!(!desk.screen().contains("HALTED"), "{}", desk.screen());
}

#[test]
fn a_write_window_ends_by_itself_and_until_then_nothing_is_painted() {
    let mut desk = open(80, 24);
    desk.press("2");
    desk.pass(Duration::from_secs(8));
    let mut painter = Painter::new(true);
    assert!(painter.paint(&mut desk.app, desk.now).is_some());
    assert!(
        desk.screen().contains("[WRITE to 14:13:"),
        "{}",
        desk.screen()
    );
    assert!(painter.paint(&mut desk.app, desk.now).is_none());
    let until = desk.app.deadline(desk.now).unwrap();
    while desk.now < until {
        let next = oktop::domain::time::after(desk.now, Duration::from_secs(7)).min(until);
        desk.now = next;
        if next < until {
            assert!(painter.paint(&mut desk.app, desk.now).is_none(), "{next}");
        }
    }
    desk.happen(Event::Tick);
    desk.pass(Duration::from_mins(11));
    let screen = desk.screen();
    assert!(screen.contains("[RO]"), "{screen}");
    desk.press("jjjj");
    keys(&mut desk, "auy");
    assert_eq!(confirmed(&desk), [""; 0]);
}

#[test]
fn what_was_typed_for_a_window_is_read_or_the_reason_told() {
    let mut desk = Desk::new(80, 24);
    desk.press(":write 2h x<enter>");
    assert!(desk.screen().contains("1m to 60m"), "{}", desk.screen());
    desk.press("<esc>:write 5m<enter>");
    assert!(
        desk.screen().contains("why (goes into the journal)"),
        "{}",
        desk.screen()
    );
    desk.press("<enter>");
    assert!(desk.screen().contains("[RO]"), "a window has a reason");
    desk.press("on call<enter>");
    assert!(
        desk.screen().contains("[WRITE to 14:08:"),
        "{}",
        desk.screen()
    );
    desk.press(":write off<enter>");
    assert!(desk.screen().contains("[RO]"), "{}", desk.screen());
    desk.queue.status.read_only = Some("the policy file of this host says so".to_owned());
    desk.tell_queue();
    desk.press(":write 5m on call<enter>");
    let screen = desk.screen();
    assert!(
        screen.contains("the policy file of this host says so"),
        "{screen}"
    );
    assert!(screen.contains("[RO]"), "{screen}");
}

const SECRET: &str = "xK4-swordfish-9Qz";

/// A console that shows a secret, and a terminal before it.
fn shows_secret() -> (Desk, Painter, vt100::Parser) {
    let mut desk = filled(80, 24);
    desk.queue.secret = Some(SECRET);
    desk.press("6");
    let mut painter = Painter::new(true);
    let cells = |count| NonZeroU16::new(count).unwrap();
    let mut terminal = vt100::Parser::new(cells(24), cells(80), 0);
    paint(&mut desk, &mut painter, &mut terminal);
    desk.press("s");
    paint(&mut desk, &mut painter, &mut terminal);
    assert!(terminal.screen().contents().contains(SECRET));
    (desk, painter, terminal)
}

fn paint(desk: &mut Desk, painter: &mut Painter, terminal: &mut vt100::Parser) {
    if let Some(bytes) = painter.paint(&mut desk.app, desk.now) {
        terminal.process(&bytes);
    }
}

#[test]
fn a_secret_is_shown_once_and_no_cell_keeps_it() {
    for way in ["key", "time"] {
        let (mut desk, mut painter, mut terminal) = shows_secret();
        insta::assert_snapshot!("secret_80x24", terminal.screen().contents());
        desk.pass(Duration::from_secs(1));
        if way == "key" {
            desk.press("<esc>");
        } else {
            desk.pass(Duration::from_mins(1));
        }
        paint(&mut desk, &mut painter, &mut terminal);
        let shown = terminal.screen().contents();
        assert!(!shown.contains(SECRET), "{way}: {shown}");
        assert!(!format!("{:?}", desk.app).contains(SECRET), "{way}");
        let kept = desk.effects.iter();
        let kept = kept.filter(|effect| format!("{effect:?}").contains(SECRET));
        assert_eq!(kept.count(), 0, "{way}");
        desk.press("s");
        assert!(
            desk.screen().contains("There is no secret of"),
            "{}",
            desk.screen()
        );
    }
}

#[test]
fn a_secret_is_copied_by_its_own_key_alone_and_is_whole_behind_a_mask() {
    let mut desk = filled(80, 24);
    desk.app.set_mask_key([7; 32]);
    desk.press("P");
    desk.queue.secret = Some(SECRET);
    desk.press("6s");
    assert!(desk.screen().contains(SECRET), "{}", desk.screen());
    desk.pass(Duration::from_secs(1));
    desk.press("c");
    let copies = desk
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Copy(text) if text == SECRET));
    assert_eq!(copies.count(), 1);
    assert!(desk.screen().contains(SECRET), "it stays until another key");
}

#[test]
fn people_have_pseudonyms_in_plans_and_in_the_queue() {
    let mut desk = open(80, 24);
    desk.app.set_mask_key([7; 32]);
    desk.press("P2jjjj");
    keys(&mut desk, "au");
    let sheet = desk.screen();
    assert!(
        !sheet.contains("user0004") && sheet.contains("@masked.invalid"),
        "{sheet}"
    );
    keys(&mut desk, "y");
    assert_eq!(confirmed(&desk), ["17 "]);
    assert_eq!(
        desk.queue.plans[0].plan.title.as_str(),
        "unlock: user0004@example.com",
        "the journal has the name"
    );
    desk.press("6");
    let queue = desk.screen();
    assert!(
        !queue.contains("user0004") && queue.contains("@masked.invalid"),
        "{queue}"
    );
}
