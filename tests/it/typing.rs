//! What is typed and pasted in the console: filters that are kept or taken back, commands that come back, keys that do nothing, and
//! the messages about all that.

use std::time::Duration;

use oktop::msg::status::{Notice, NoticeLevel};
use oktop::msg::{Problem, ProblemKind, Push};
use oktop::ui::event::{Effect, Event};
use oktop::ui::settings::Settings;
use oktop::ui::theme::Theme;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;

use crate::support::desk::Desk;

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

fn paste(desk: &mut Desk, text: &str) {
    desk.happen(Event::Paste(text.to_owned()));
    desk.pass(Duration::from_secs(1));
}

/// The screen without what only tells how things stand: the line of hints or messages.
fn list(desk: &mut Desk) -> String {
    let screen = desk.body();
    let (list, _) = screen.trim_end().rsplit_once('\n').unwrap();
    list.to_owned()
}

/// Enter kept it, and a list stood under a filter that was none.
#[test]
fn a_text_that_is_no_filter_is_not_kept() {
    for (pane, text, why) in [
        (
            "2",
            "foo:1",
            "Not kept, at character 1: there is no field `foo`",
        ),
        ("2", "ana (", "Not kept, at character "),
        ("1", "result:nothing", "Not kept, at character "),
        (
            ":zones<enter>",
            "lastUpdated>90x",
            "Not kept, at character ",
        ),
    ] {
        let mut desk = desk(80, 24);
        desk.press(pane).press(&format!("/{text}<enter>"));
        shows(&mut desk, why);
        shows(&mut desk, &format!(" / {text}"));
        // Enter goes on being refused, and what is typed goes on being a filter.
        desk.press("<enter>jj");
        shows(&mut desk, &format!(" / {text}jj"));
        desk.press("<esc>");
        hides(&mut desk, " / ");
    }
    let mut desk = desk(80, 24);
    // Before the agent could say so.
    for key in "2/foo:1".chars().map(KeyCode::Char).chain([KeyCode::Enter]) {
        desk.happen(Event::Key(KeyEvent::new(key, KeyModifiers::NONE)));
    }
    shows(
        &mut desk,
        "Not kept, at character 1: there is no field `foo`",
    );
}

/// Esc took the filter of before away, too.
#[test]
fn what_was_typed_is_taken_back_with_filter_row_and_place() {
    for (pane, end) in [
        ("2", "<esc>"),
        ("2", "<ctrl-c>"),
        ("1", "<esc>"),
        ("1", "<ctrl-c>"),
    ] {
        let mut desk = desk(80, 24);
        let moves = if pane == "2" {
            "<pgdn>jjjkk"
        } else {
            "kkkk<pgup>jj"
        };
        desk.press(pane).press("/00<enter>").press(moves);
        desk.pass(Duration::from_secs(10));
        let before = list(&mut desk);
        assert!(before.contains(" / 00"), "{before}");
        desk.press("/").press("5").press("<down>");
        assert_ne!(list(&mut desk), before);
        desk.press(end);
        assert_eq!(list(&mut desk), before, "{pane} {end}");
        // It was never gone to.
        desk.press("H");
        hides(&mut desk, " / 00 5");
    }
}

#[test]
fn a_filter_that_is_kept_can_be_gone_back_from() {
    let mut desk = desk(80, 24);
    desk.press("2jjj");
    let before = list(&mut desk);
    desk.press("/0011<enter>");
    shows(&mut desk, " / 0011");
    desk.press("H");
    assert_eq!(list(&mut desk), before);
}

/// It was put right behind the last word: `status:activeana`.
#[test]
fn what_is_typed_behind_a_filter_is_another_word() {
    let mut desk = desk(80, 24);
    desk.press("2/status:active<enter>/00<enter>");
    shows(&mut desk, " / status:active 00\n");
    desk.press("<esc>/a or b<enter>/c<enter>");
    shows(&mut desk, " / (a or b) c\n");
    // Nothing typed leaves it as it was.
    desk.press("/<enter>");
    shows(&mut desk, " / (a or b) c\n");
}

#[test]
fn several_pasted_lines_are_looked_for_together() {
    let mut desk = desk(80, 24);
    desk.press("2");
    paste(&mut desk, "user0001\r\nuser0002\r\nuser0002\n\nno such\n");
    shows(&mut desk, " / (user0001 or user0002 or \"no such\")");
    shows(&mut desk, "Pasted 3 lines: whatever has any of them.");
    desk.press("<enter>");
    desk.press("/status:active");
    paste(&mut desk, "a\nb\n");
    shows(&mut desk, " status:active (a or b)");
    desk.press("<esc><esc>");
    let many: Vec<String> = (0..2_000).map(|n| format!("user{n:05}\n")).collect();
    let many = many.concat();
    paste(&mut desk, &many);
    shows(
        &mut desk,
        " of 2,000 lines: the filter has no room for more.",
    );
}

/// What is pasted is text, whatever it says.
#[test]
fn nothing_that_is_pasted_is_done() {
    for keys in [
        "", ":", "s", "J", "t", "b", "C", "F", "!", "i", "?", "S", "E", "2<enter>",
    ] {
        let mut desk = desk(80, 24);
        desk.press("1kk").press(keys);
        desk.effects.clear();
        paste(&mut desk, ":quit\n\r\n:q!\ny<enter>\nq\n\u{3}");
        assert_eq!(desk.effects, [], "{keys}");
        desk.press("<esc><esc>");
        assert!(!desk.effects.contains(&Effect::Quit), "{keys}");
    }
}

#[test]
fn a_command_that_nothing_is_called_comes_back_with_the_nearest() {
    let mut desk = desk(80, 24);
    desk.press("2:uesrs ana<enter>");
    shows(
        &mut desk,
        "No command is called `uesrs`; the nearest is :users, and Tab takes it.",
    );
    shows(&mut desk, ":uesrs ana");
    insta::assert_snapshot!("command_comes_back_80x24", desk.screen());
    desk.press("<tab><enter>");
    shows(&mut desk, " / ana");
    desk.press("<esc>:folow<enter>");
    shows(
        &mut desk,
        "No command is called `folow`. :follow cannot be done now: only the log has that.",
    );
    desk.press("<esc>");
    hides(&mut desk, ":folow");
}

#[test]
fn a_command_whose_argument_makes_no_sense_comes_back() {
    for (typed, why) in [
        (
            ":users foo:1",
            "users: at character 1: there is no field `foo`",
        ),
        (":zone mars", "zone: `mars` is none"),
        (":asof 2099-01-01", "That is still to come"),
        (":asof nonsense", "asof: "),
        (":changes 1 2 3", "changes: "),
        (":sync everyone", "`everyone` is nothing that is read"),
        (":time 99", "time: "),
        (":saved none", "No search is saved as `none`."),
        (":back home", "takes nothing after it"),
    ] {
        let mut desk = desk(80, 24);
        desk.press("1kk").press(typed).press("<enter>");
        shows(&mut desk, why);
        shows(&mut desk, &format!("\n{typed}"));
        desk.press("<esc>");
        hides(&mut desk, &format!("\n{typed}"));
    }
}

fn message(level: NoticeLevel, words: &str) -> Event {
    Event::Push(Push::Notice(Notice {
        at: crate::support::fake_agent::now(),
        level,
        summary: words.into(),
        detail: None,
    }))
}

/// The next key took it away, however soon it came.
#[test]
fn a_message_can_be_read_before_a_key_takes_it_away() {
    for level in [NoticeLevel::Info, NoticeLevel::Error] {
        let mut desk = desk(80, 24);
        desk.happen(message(level, "something was told"));
        // Every press lets a second pass.
        desk.press("jjj").press("k");
        shows(&mut desk, "something was told");
        desk.pass(Duration::from_mins(1));
        shows(&mut desk, "something was told");
        desk.press("k");
        hides(&mut desk, "something was told");
        desk.press("!");
        shows(&mut desk, "something was told");
    }
}

#[test]
fn a_message_has_a_second_line_before_it_is_cut() {
    let mut desk = desk(80, 24);
    let words = format!(
        "it began {}and this is the end",
        "and went on and on ".repeat(5)
    );
    desk.happen(message(NoticeLevel::Warning, &words));
    shows(&mut desk, "this is the end");
    let lines = desk.screen();
    assert_eq!(lines.lines().count(), 24, "{lines}");
    desk.happen(message(NoticeLevel::Warning, &words.repeat(3)));
    shows(&mut desk, ".. (! has all)");
    // A prompt keeps its line.
    desk.press(":que");
    shows(&mut desk, "! it began");
    assert!(
        desk.screen().trim_end().ends_with("\n:que"),
        "{}",
        desk.screen()
    );
    insta::assert_snapshot!("long_message_80x24", desk.screen());
}

#[test]
fn what_was_told_stays_among_the_messages() {
    let mut desk = desk(80, 24);
    desk.press("2f").press("f").press("f").press("1!");
    desk.pass(Duration::from_secs(10));
    desk.press("k");
    let screen = desk.screen();
    let told = screen
        .matches("follow: not now, only the log has that.")
        .count();
    assert_eq!(told, 1, "{screen}");
}

/// Where every key was pressed, the keys that open it.
const PLACES: [&str; 12] = [
    "1kkkkll",
    "2jjjjll",
    "3jjll",
    "4jjll",
    "5jll",
    ":zones<enter>jl",
    "2jj<enter>j",
    "1kkkk<enter>jj",
    "1kkkkyjj",
    ":logons<enter>jj",
    ":changes<enter>jj",
    "1kkkkiljh",
];

/// Keys that move: at an edge there is nowhere to go, which can be seen.
const MOVES: &str = "hjklgG ";

/// A key that did nothing said nothing either, and nobody knew whether it had been heard.
#[test]
fn every_key_acts_or_says_why_not() {
    let chars = (' '..='~')
        .filter(|c| !MOVES.contains(*c))
        .map(|c| (KeyCode::Char(c), KeyModifiers::NONE));
    let controls = ('a'..='z')
        .filter(|c| !"ud".contains(*c))
        .map(|c| (KeyCode::Char(c), KeyModifiers::CONTROL));
    let others = [
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Delete,
        KeyCode::Insert,
        KeyCode::F(5),
    ];
    let others = others.map(|code| (code, KeyModifiers::NONE));
    let keys: Vec<_> = chars.chain(controls).chain(others).collect();
    for place in PLACES {
        let mut desk = desk(120, 36);
        desk.press(place);
        desk.pass(Duration::from_secs(10));
        let app = desk.app.clone();
        let mut before = None;
        let mut dead = Vec::new();
        for (code, modifiers) in &keys {
            desk.app = app.clone();
            desk.effects.clear();
            desk.asked.clear();
            let before = before.get_or_insert_with(|| desk.picture()).clone();
            desk.happen(Event::Key(KeyEvent::new(*code, *modifiers)));
            let acts =
                desk.picture() != before || !desk.effects.is_empty() || !desk.asked.is_empty();
            if !acts {
                dead.push((*code, *modifiers));
            }
        }
        assert_eq!(dead, [], "{place}");
    }
}

#[test]
fn a_key_that_a_panel_does_not_have_says_so() {
    for (keys, key) in [
        ("2s", "Q"),
        ("1t", "Q"),
        ("1kkJ", "Z"),
        ("2C", "Z"),
        ("2F", "Z"),
        ("2/a<enter>b", "Z"),
    ] {
        let mut desk = desk(80, 24);
        desk.press(keys);
        let before = desk.screen();
        desk.press(key);
        assert_ne!(desk.screen(), before, "{keys} {key}");
        shows(&mut desk, key);
    }
}

#[test]
fn a_problem_of_the_agent_keeps_its_words() {
    let mut desk = desk(80, 24);
    let problem = Problem {
        kind: ProblemKind::Network,
        summary: "the agent is gone".to_owned(),
        hint: Some("begin anew".to_owned()),
        column: None,
    };
    desk.happen(Event::Disconnected(problem));
    desk.press("!");
    shows(&mut desk, "the agent is gone");
    shows(&mut desk, "begin anew");
}

#[test]
fn info_tells_what_the_command_of_that_name_tells() {
    let mut desk = desk(80, 24);
    desk.app.set_about(vec![
        ("version".to_owned(), "1.2.3".to_owned()),
        ("data_dir".to_owned(), "/a/long/way/".repeat(8)),
    ]);
    desk.press(":info<enter>");
    shows(&mut desk, "  version   1.2.3");
    insta::assert_snapshot!("info_80x24", desk.screen());
    desk.press("<esc>");
    hides(&mut desk, "1.2.3");
}

/// The main panes, as keys.
const SCREENS: [&str; 10] = [
    "1",
    "1kki",
    "2",
    "3",
    "4",
    "5",
    "2jj<enter>",
    "1kk<enter>",
    "?",
    ":",
];

#[test]
fn in_ascii_and_mono_every_pane_is_ascii_without_colour_and_within_the_screen() {
    for (width, height) in [(60, 15), (80, 24), (120, 36), (200, 60)] {
        for keys in SCREENS {
            let mut desk = Desk::themed(width, height, Theme::mono());
            let settings = Settings {
                ascii: true,
                ..Settings::new(Theme::mono())
            };
            desk.app.set(settings);
            desk.press(keys);
            let (buffer, _) = desk.picture();
            assert_eq!((buffer.area.width, buffer.area.height), (width, height));
            for cell in buffer.content() {
                let is_plain = cell
                    .symbol()
                    .bytes()
                    .all(|byte| (b' '..=b'~').contains(&byte));
                assert!(is_plain, "{width}x{height} {keys}: {:?}", cell.symbol());
                assert_eq!(cell.symbol().len(), 1, "{width}x{height} {keys}");
                assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{keys}");
            }
        }
    }
    let mut desk = Desk::themed(60, 15, Theme::mono());
    desk.press("2");
    insta::assert_snapshot!("users_mono_60x15", desk.screen());
}

#[test]
fn names_in_other_letters_are_question_marks_in_ascii_alone() {
    let mut desk = desk(80, 24);
    desk.happen(message(NoticeLevel::Info, "山田 left"));
    shows(&mut desk, "山田 left");
    let settings = Settings {
        ascii: true,
        ..Settings::new(Theme::mono())
    };
    desk.app.set(settings);
    shows(&mut desk, "???? left");
}
