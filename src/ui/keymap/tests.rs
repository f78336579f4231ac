//! Tests of what keys mean, and of wishes that can and cannot be had.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::ui::command::{TABLE, refusal, told_apart};

fn press(code: KeyCode, modifiers: KeyModifiers) -> Chord {
    Chord::of(KeyEvent::new(code, modifiers))
}

fn chords(keys: &str) -> Vec<Chord> {
    let keys = keys.split(' ').map(Chord::parse);
    keys.collect::<Result<_, _>>().unwrap()
}

/// Wishes as they stand in a file: `view.action = key, key`.
fn wishes(text: &str) -> Vec<Wish> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let (name, keys) = line.split_once(" =").unwrap();
            let (view, action) = name.split_once('.').unwrap();
            let keys = keys
                .split(", ")
                .map(str::trim)
                .filter(|key| !key.is_empty());
            Wish {
                view: View::from_word(view),
                action: action.to_owned(),
                keys: keys.map(str::to_owned).collect(),
            }
        })
        .collect()
}

fn bound(text: &str) -> Keymap {
    Keymap::with(&wishes(text)).unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
}

fn ids(keys: &Keymap, view: View, pressed: &str) -> Vec<Id> {
    match keys.meaning(view, &chords(pressed)) {
        Meaning::Commands(all) => all.into_iter().map(|(id, _)| id).collect(),
        Meaning::Prefix | Meaning::Nothing => Vec::new(),
    }
}

#[test]
fn every_key_of_the_table_can_be_pressed_and_means_one_thing() {
    let keys = Keymap::with(&[]).unwrap_or_else(|faults| panic!("{faults:?}"));
    for command in TABLE {
        for view in View::ALL.into_iter().filter(|view| view.has(command.id)) {
            for (index, text) in command.keys.iter().enumerate() {
                let Meaning::Commands(all) = keys.meaning(view, &chords(text)) else {
                    panic!("{text} in {view:?}");
                };
                assert!(all.contains(&(command.id, index + 1)), "{text}");
                for (id, _) in all {
                    assert!(id == command.id || told_apart(id, command.id), "{text}");
                }
            }
        }
    }
    assert!(keys.is_standard());
}

#[test]
fn sequences_and_control_keys_are_read() {
    let keys = Keymap::standard();
    let g = press(KeyCode::Char('g'), KeyModifiers::NONE);
    assert_eq!(keys.meaning(View::Log, &[g]), Meaning::Prefix);
    let top = Meaning::Commands(vec![(Id::Top, 1)]);
    assert_eq!(keys.meaning(View::Log, &[g, g]), top);
    assert_eq!(keys.beyond(View::Log, &[g]), [("g".to_owned(), Id::Top)]);
    assert_eq!(keys.beyond(View::Json, &chords("c")).len(), 8);
    assert_eq!(keys.beyond(View::Log, &[g, g]), []);
    for (code, modifiers, id) in [
        (KeyCode::Char('d'), KeyModifiers::CONTROL, Id::HalfDown),
        (KeyCode::Char('G'), KeyModifiers::SHIFT, Id::Bottom),
        (KeyCode::Tab, KeyModifiers::SHIFT, Id::PreviousPane),
    ] {
        let meaning = keys.meaning(View::Lists, &[press(code, modifiers)]);
        assert!(
            matches!(meaning, Meaning::Commands(all) if all[0].0 == id),
            "{id:?}"
        );
    }
    let nothing = press(KeyCode::Char('~'), KeyModifiers::NONE);
    assert_eq!(keys.meaning(View::Log, &[nothing]), Meaning::Nothing);
}

/// What can be used somewhere has its keys there.
#[test]
fn no_view_lacks_a_command_that_applies_there() {
    let places = [
        Place::List,
        Place::Log,
        Place::ObjectText,
        Place::EventText,
        Place::TraceText,
        Place::Queue,
    ];
    let mut seen = 0;
    for place in places {
        let is_text = !matches!(place, Place::List | Place::Log);
        for bits in 0..32 {
            let on = |bit: u32| bits & (1 << bit) != 0;
            let now = Situation {
                place,
                in_page: on(0) || is_text,
                wide: true,
                tabs: if on(1) { 3 } else { 0 },
                has_row: true,
                on_fold: on(2) && place == Place::Log,
                filtered: true,
                no_value: None,
                marked: true,
                has_why: on(3) && place != Place::Log,
                has_jumps: true,
                change: Some(crate::ui::command::Standing::ANY),
                in_past: false,
                has_past: true,
                has_future: true,
                connected: true,
                raw: (on(4) && is_text && place != Place::Queue).then_some(Searched::Something),
            };
            for command in TABLE.iter().filter(|one| refusal(one.id, &now).is_none()) {
                let view = View::of(&now);
                let is_why_in_json = command.id == Id::Why && view == View::Json;
                assert!(
                    view.has(command.id) || is_why_in_json,
                    "{} in {view:?}",
                    command.name
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 5_000, "{seen}");
    assert!(!View::Log.has(Id::Sort) && !View::Lists.has(Id::Follow));
    assert!(!View::Log.has(Id::Why) && !View::Lists.has(Id::NextMatch));
}

#[test]
fn what_is_wished_goes_over_the_table_and_a_view_over_all() {
    let keys = bound(
        "global.follow = ctrl-w o, f5
         log.help = f2
         global.help = f3
         lists.archived =
         lists.sort = A
         global.back = %",
    );
    assert_eq!(keys.text(Id::Follow, View::Log), "ctrl-w o, f5");
    assert_eq!(
        keys.text(Id::Follow, View::Lists),
        "ctrl-w o, f5",
        "where it applies"
    );
    assert_eq!(ids(&keys, View::Log, "f"), []);
    assert_eq!(keys.meaning(View::Log, &chords("ctrl-w")), Meaning::Prefix);
    assert_eq!(ids(&keys, View::Log, "ctrl-w o"), [Id::Follow]);
    assert_eq!(ids(&keys, View::Log, "f2"), [Id::Help]);
    assert_eq!(ids(&keys, View::Log, "f3"), []);
    assert_eq!(ids(&keys, View::Lists, "f3"), [Id::Help]);
    assert_eq!(ids(&keys, View::Lists, "A"), [Id::Sort]);
    assert_eq!(keys.text(Id::Archived, View::Lists), "");
    assert_eq!(keys.first(Id::Archived, View::Lists), None);
    assert_eq!(keys.way(Id::Archived, View::Lists), ":archived");
    // What leads out stays.
    assert_eq!(keys.text(Id::Back, View::Text), "esc, %");
    assert!(!keys.is_standard());
}

#[test]
fn the_same_key_may_mean_another_thing_in_another_view() {
    let keys = bound(
        "log.time = x
         lists.sort = x
         json.raw = x",
    );
    assert_eq!(ids(&keys, View::Log, "x"), [Id::Times]);
    assert_eq!(ids(&keys, View::Lists, "x"), [Id::Sort]);
    assert_eq!(ids(&keys, View::Json, "x"), [Id::Raw]);
    assert_eq!(ids(&keys, View::Text, "y"), [Id::Raw]);
}

/// A key that is of no use here is not dead: it is told why.
#[test]
fn what_another_view_has_is_meant_where_no_view_here_has_it() {
    let keys = Keymap::standard();
    assert_eq!(ids(&keys, View::Text, "F"), [Id::Facets]);
    assert_eq!(ids(&keys, View::Lists, "f"), [Id::Follow]);
    let keys = bound("log.events = %");
    assert_eq!(ids(&keys, View::Lists, "%"), [], "it has other keys there");
}

#[test]
fn two_commands_may_change_places() {
    let keys = bound(
        "global.events = J
         global.jump = e",
    );
    assert_eq!(ids(&keys, View::Log, "J"), [Id::Events]);
    assert_eq!(ids(&keys, View::Log, "e"), [Id::Jump]);
}

#[test]
fn digits_stay_numbers_of_tabs_in_the_order_of_their_keys() {
    let keys = bound("global.tab = f1, f2, f3\nglobal.help = ?");
    let second = keys.meaning(View::Text, &chords("f2"));
    assert_eq!(second, Meaning::Commands(vec![(Id::Tab, 2)]));
    assert_eq!(Keymap::standard().text(Id::Tab, View::Text), "1..9");
    assert_eq!(keys.text(Id::Tab, View::Text), "f1, f2, f3");
    let four = bound("global.tab = 1, 2, 3, 5");
    assert_eq!(four.text(Id::Tab, View::Text), "1, 2, 3, 5");
}

#[test]
fn what_cannot_be_had_is_refused_where_it_stands() {
    for (text, wish, key, words) in [
        ("global.folow = x", 0, None, "did you mean `follow`"),
        (
            "global.xyzzyx = x",
            0,
            None,
            "`oktop help keys` names them all",
        ),
        ("global.yes = x", 0, None, "answers a question"),
        ("global.confirm = x", 0, None, "answers a question"),
        ("global.interrupt = x", 0, None, "ctrl-c everywhere"),
        (
            "log.sort = x",
            0,
            None,
            "belongs below [keys.lists] or [keys.global]",
        ),
        (
            "lists.follow = x",
            0,
            None,
            "belongs below [keys.log] or [keys.global]",
        ),
        ("global.follow = alt-x", 0, Some(0), "on a slow line"),
        (
            "global.follow = f5, ctrl-i",
            0,
            Some(1),
            "a terminal sends tab",
        ),
        ("global.follow = f5, f5", 0, Some(1), "twice"),
        (
            "global.users = f5\nglobal.user = f6",
            1,
            None,
            "under another of its names",
        ),
        ("global.follow = ctrl-c", 0, Some(0), "never bound"),
        ("global.follow = x ctrl-c", 0, Some(0), "never bound"),
        ("global.follow = esc", 0, Some(0), "goes back everywhere"),
        ("global.back = x esc", 0, Some(0), "goes back everywhere"),
        ("global.quit = ctrl-z", 0, Some(0), "goes back to the shell"),
        ("log.events = f", 0, Some(0), "`f` is `follow` in the log"),
        ("lists.events = s", 0, Some(0), "`s` is `sort` in lists"),
        (
            "global.events = x\nlog.jump = x",
            1,
            Some(0),
            "`x` is `events` in the log",
        ),
        ("log.jump = x\nglobal.events = y2", 1, Some(0), "no key"),
        (
            "global.events = g",
            0,
            Some(0),
            "`g` begins `g g`, which is `top`",
        ),
        (
            "global.events = f x",
            0,
            Some(0),
            "`f x` begins with `f`, which is `follow`",
        ),
        (
            "global.top = g, g g",
            0,
            Some(1),
            "begins with `g`, which is `top`",
        ),
        ("global.open = o", 0, Some(0), "`o` is `more`"),
        ("global.events = 2", 0, Some(0), "`2` is `tab`"),
    ] {
        let faults = Keymap::with(&wishes(text)).unwrap_err();
        let found = faults
            .iter()
            .any(|fault| (fault.wish, fault.key) == (wish, key) && fault.what.contains(words));
        assert!(found, "{text}: {faults:?}");
        let mut places: Vec<_> = faults.iter().map(|fault| (fault.wish, fault.key)).collect();
        places.dedup();
        assert_eq!(
            places.len(),
            faults.len(),
            "one fault for one place: {faults:?}"
        );
    }
}

/// Nothing is refused for a key that the same file gives away.
#[test]
fn a_key_that_was_given_away_is_free() {
    let keys = bound("log.follow =\nlog.events = f");
    assert_eq!(ids(&keys, View::Log, "f"), [Id::Events]);
    let keys = bound("global.top = home\nglobal.events = g");
    assert_eq!(ids(&keys, View::Lists, "g"), [Id::Events]);
}

#[test]
fn texts_name_the_keys_that_there_are() {
    let keys = bound("global.refresh = ctrl-w r\nglobal.filter =");
    let told = keys.told(
        "{key:refresh} reads, {key:filter} filters, {key:lost} {key:",
        View::Log,
    );
    assert_eq!(told, "ctrl-w r reads, :filter filters, {key:lost} {key:");
    assert_eq!(keys.told("nothing", View::Log), "nothing");
}
