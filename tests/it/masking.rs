//! Pseudonyms: nobody of the org is on any screen, in any copy or any picture while they are shown, and everything still works.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use aho_corasick::AhoCorasick;
use oktop::domain::entry::{EntryKind, EntryQuery};
use oktop::domain::query::{EventQuery, ListQuery};
use oktop::msg::{Answer, Ask};
use oktop::ui::command::{self, Id};
use oktop::ui::event::Effect;

use crate::support::desk::Desk;
use crate::support::live::{self, Live};

fn last_line(desk: &mut Desk) -> String {
    desk.screen().lines().last().unwrap().to_owned()
}

/// What was copied last.
fn copied(desk: &Desk) -> String {
    let mut copies = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    copies.next_back().expect("something was copied").clone()
}

/// Everything in the org that tells who somebody is, where they were, or on what.
fn personal(live: &mut Live) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let query = ListQuery {
        limit: 1_000,
        with_raw: true,
        ..ListQuery::default()
    };
    let Answer::Users(users) = live.ask(Ask::Users(query)).unwrap() else {
        panic!("no users")
    };
    for row in &users.rows {
        let user = &row.value;
        all.insert(user.display_name());
        all.extend([user.login.to_string(), user.email.to_string()]);
        all.extend(user.manager.as_ref().map(ToString::to_string));
        let local = user.login.split('@').next().unwrap_or_default();
        all.insert(local.to_owned());
        // A word of few letters may stand anywhere.
        let name = user.last_name.to_string();
        all.extend(Some(name).filter(|name| name.chars().count() >= 6));
    }
    let Answer::Events(events) = live
        .ask(Ask::Events(EventQuery {
            limit: 5_000,
            ..EventQuery::default()
        }))
        .unwrap()
    else {
        panic!("no events")
    };
    for row in &events.rows {
        all.extend(row.event.ip.as_ref().map(ToString::to_string));
        all.extend(
            row.event
                .origin
                .device_name
                .as_ref()
                .map(ToString::to_string),
        );
    }
    let devices = EntryQuery::of(EntryKind::Device, 1_000);
    let Answer::Entries(devices) = live.ask(Ask::Entries(devices)).unwrap() else {
        panic!("no devices")
    };
    for row in &devices.rows {
        all.insert(row.entry.name.to_string());
        all.extend(row.entry.fact("serialNumber").map(ToString::to_string));
    }
    // Many a device is called what it is, and what it is stands in a column of its own.
    for row in &devices.rows {
        if let Some(model) = row.entry.fact("model") {
            all.remove(model.as_str());
        }
    }
    all.retain(|text| text.chars().count() >= 4 && !NOBODY.contains(&text.as_str()));
    assert!(all.len() > 1_000, "{}", all.len());
    all
}

/// Names that are words of the console, too, or of nobody.
const NOBODY: [&str; 2] = ["unknown", "Reporting"];

/// Finds all of them at once, as a thousand searches of every screen took most of the time.
fn searcher(personal: &BTreeSet<String>) -> AhoCorasick {
    AhoCorasick::new(personal).unwrap()
}

/// What of the personal is in a text, as a whole word.
fn found<'a>(text: &'a str, personal: &AhoCorasick) -> BTreeSet<&'a str> {
    let is_part = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let stands_alone = |range: &Range<usize>| {
        let before = text[..range.start].chars().next_back();
        let after = text[range.end..].chars().next();
        !is_part(before) && !is_part(after)
    };
    let all = personal
        .find_overlapping_iter(text)
        .map(|found| found.range());
    all.filter(stands_alone).map(|range| &text[range]).collect()
}

struct Watcher {
    desk: Desk,
    personal: AhoCorasick,
    screens: BTreeSet<String>,
    faults: Vec<String>,
}

impl Watcher {
    fn look(&mut self, after: &str) {
        let screen = self.desk.screen();
        let text = screen.replace('\n', " \n ");
        let seen = found(&text, &self.personal);
        if !seen.is_empty() {
            self.faults
                .push(format!("{seen:?} after {after}:\n{screen}"));
        }
        assert!(screen.contains(" MASKED "), "{after}: {screen}");
        self.screens.insert(screen);
    }

    fn press(&mut self, keys: &str, after: &str) {
        self.desk.press(keys);
        self.look(after);
    }
}

/// The commands that open lists, by name.
fn lists() -> Vec<String> {
    let opens = |id: Id| {
        matches!(
            id,
            Id::Users | Id::Groups | Id::Apps | Id::Admins | Id::Log | Id::Entries(_)
        )
    };
    let all = command::TABLE.iter().filter(|command| opens(command.id));
    all.map(|command| format!(":{}<enter>", command.name))
        .collect()
}

#[test]
fn nobody_of_the_demo_is_on_any_screen_while_they_are_masked() {
    let live = Rc::new(RefCell::new(Live::start()));
    let personal = searcher(&personal(&mut live.borrow_mut()));
    let mut desk = live::desk(&live, 160, 40);
    desk.app.set_mask_key([7; 32]);
    desk.press("2");
    assert!(
        !found(&desk.screen(), &personal).is_empty(),
        "{}",
        desk.screen()
    );
    desk.press("<enter>P");
    let mut watcher = Watcher {
        desk,
        personal,
        screens: BTreeSet::new(),
        faults: Vec::new(),
    };
    watcher.look("P on the page of somebody");
    for list in lists() {
        watcher.press(&list, &list);
        let is_large = [":users", ":groups", ":apps"]
            .iter()
            .any(|it| list.starts_with(it));
        for row in 0..if is_large { 2 } else { 1 } {
            watcher.press(&format!("{list}gg{}<enter>", "j".repeat(row)), &list);
            for tab in 1..=7 {
                let after = format!("{list}, row {row}, tab {tab}");
                watcher.press(&tab.to_string(), &after);
            }
            watcher.press(&format!("{list}y"), &format!("{list}, row {row}, as JSON"));
            watcher.press("y", &format!("{list}, row {row}, as YAML"));
        }
        watcher.press(&format!("{list}F"), &format!("facets of {list}"));
        watcher.press("<esc>l+", &format!("a kept value of {list}"));
        watcher.press("b", &format!("clauses of {list}"));
        watcher.press("<esc><esc><esc>", &format!("{list} without them"));
    }
    for keys in [
        "1kJ", "1kJi", "1kJs", "1kJd", "1kJn", "1kJx", "1kO", "1kI", "1kZ", "1ki", "1ke",
    ] {
        watcher.press(&format!("<esc><esc>{keys}"), keys);
        watcher.press("<enter>", &format!("{keys}, opened"));
    }
    for field in ["actor", "target", "ip", "deviceName", "city"] {
        let clause = format!("1/{field}:/./<enter>F");
        watcher.press(&clause, &clause);
        watcher.press("<esc><esc>", &clause);
    }
    for keys in [
        ":changes 3d<enter>",
        ":about<enter>",
        ":ma",
        "<esc>!",
        "<esc>?",
    ] {
        watcher.press(keys, keys);
    }
    let Watcher {
        faults, screens, ..
    } = watcher;
    println!("{} different screens", screens.len());
    assert!(screens.len() > 200, "{}", screens.len());
    assert!(
        faults.is_empty(),
        "{} of {} screens show somebody, such as\n{}",
        faults.len(),
        screens.len(),
        faults
            .iter()
            .take(12)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
}

#[test]
fn a_pseudonym_is_the_same_everywhere_and_finds_whom_it_stands_for() {
    let mut desk = Desk::new(120, 36);
    desk.app.set_mask_key([7; 32]);
    desk.press("2Pcc");
    let pseudonym = copied(&desk);
    assert!(pseudonym.ends_with("@masked.invalid"), "{pseudonym}");
    assert!(desk.screen().contains(" MASKED "));
    insta::assert_snapshot!("masked_120x36", desk.body());
    desk.press("+");
    assert!(
        desk.screen().contains(&format!("login={pseudonym}")),
        "{}",
        desk.screen()
    );
    let asked = format!("{:?}", desk.asked.last().unwrap());
    assert!(asked.contains("login=user0000@example.com"), "{asked}");
    desk.press("<enter>y");
    assert!(desk.screen().contains(&pseudonym), "{}", desk.screen());
    desk.press("P");
    assert!(
        desk.screen().contains("user0000@example.com"),
        "the page is still there: {}",
        desk.screen()
    );
    assert!(!desk.screen().contains("MASKED"));
    desk.press("<esc>");
    assert!(desk.screen().contains("login=user0000@example.com"));
}

#[test]
fn names_are_masked_word_by_word_so_that_parts_fit_the_whole() {
    let mut desk = Desk::new(200, 60);
    desk.app.set_mask_key([7; 32]);
    desk.press("2Plcc");
    desk.press("lcc");
    let name = copied(&desk);
    desk.press("<enter>");
    assert_eq!(name.split(' ').count(), 2, "{name}");
    assert!(desk.screen().contains(&name), "{name}: {}", desk.screen());
    desk.press("<esc>+");
    let asked = format!("{:?}", desk.asked.last().unwrap());
    assert!(asked.contains(r#"name=\"Ana Lopez\""#), "{asked}");
}

#[test]
fn no_file_is_exported_and_a_picture_is_masked_too() {
    let mut desk = Desk::new(120, 36);
    desk.app.set_mask_key([7; 32]);
    desk.press("2PE");
    assert!(last_line(&mut desk).contains("Not exported: the file would hold what is masked"));
    desk.press(":export x.csv<enter>");
    assert!(last_line(&mut desk).contains("Not exported"));
    let is_export = |effect: &Effect| matches!(effect, Effect::Export(_));
    assert!(!desk.effects.iter().any(is_export));
    desk.press(":screendump a.svg<enter>");
    let Some(Effect::Save { text, .. }) = desk.effects.last() else {
        panic!("{:?}", desk.effects.last())
    };
    assert!(text.contains("masked.invalid") && !text.contains("example.com"));
}

#[test]
fn what_is_saved_and_remembered_has_the_values() {
    let mut desk = Desk::new(120, 36);
    desk.app.set_mask_key([7; 32]);
    desk.press("2P+:save ours<enter>");
    let saved = format!("{:?}", desk.effects.last());
    assert!(saved.contains("login=user0000@example.com"), "{saved}");
    let session = format!("{:?}", desk.app.session());
    assert!(session.contains("login=user0000@example.com"), "{session}");
    desk.press(":saved<enter>");
    assert!(!desk.screen().contains("user0000"), "{}", desk.screen());
    desk.press("<esc>P:saved<enter>");
    assert!(desk.screen().contains("user0000"), "{}", desk.screen());
}
