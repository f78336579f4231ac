//! Whatever strangers write into Okta: none of it acts on the operator's terminal.
//!
//! Every text of every answer that may be any text is replaced by a hostile one, and all that is painted of it is looked through.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use oktop::console::Painter;
use oktop::msg::Push;
use oktop::ui::event::{Effect, Event};
use regex::Regex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::bytes::SCREENS;
use crate::support::desk::Desk;

/// What terminals act on, or what makes a line lie. The number tells it from what the console writes itself.
const PIECES: [&str; 16] = [
    "\x1b[31337m",
    "\x1b[31337;1H",
    "\x1b]0;31337\x07",
    "\x1b]52;c;MzEzMzc=\x1b\\",
    "\x1bP31337\x1b\\",
    "\x1bc",
    "\u{9b}31337J",
    "\u{9d}0;31337\u{9c}",
    "\u{202e}31337",
    "\u{2066}31337\u{2069}",
    "\u{feff}\u{200b}\u{2060}",
    "\r\n31337\r",
    "\x08\x7f\x00\x0b",
    "\u{2028}31337\u{2029}",
    "\u{e000}\u{fff9}",
    "\t31337\x0e\x0f",
];

/// Replaces texts, and remembers which may be any text.
#[derive(Default)]
struct Stranger {
    /// By the path to a text, without the numbers in lists: whether it may be any text.
    free: HashMap<String, bool>,
    written: usize,
}

impl Stranger {
    /// The value with every text that may be any replaced.
    fn write<T: Serialize + DeserializeOwned>(&mut self, value: T) -> T {
        let Ok(mut json) = serde_json::to_value(&value) else {
            return value;
        };
        self.learn::<T>(&json);
        self.replace(&mut json, "");
        serde_json::from_value(json)
            .expect("what may be replaced one by one may be replaced together")
    }

    /// Finds out which texts of it may be any.
    fn learn<T: DeserializeOwned>(&mut self, json: &Value) {
        let mut pointers = Vec::new();
        collect(json, "", "", &mut pointers);
        for (pointer, path) in pointers {
            if self.free.contains_key(&path) {
                continue;
            }
            let mut tried = json.clone();
            if let Some(text) = tried.pointer_mut(&pointer) {
                *text = Value::String(hostile(&path, 0));
            }
            let free = serde_json::from_value::<T>(tried).is_ok();
            self.free.insert(path, free);
        }
    }

    fn replace(&mut self, json: &mut Value, path: &str) {
        match json {
            Value::String(text) if self.free.get(path) == Some(&true) => {
                self.written += 1;
                *text = hostile(path, self.written);
            }
            Value::Array(items) => {
                for item in items {
                    self.replace(item, &format!("{path}/*"));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    self.replace(member, &format!("{path}/{name}"));
                }
            }
            _ => {}
        }
    }
}

/// The `n`-th hostile text; of Okta's JSON, a JSON that holds it.
fn hostile(path: &str, n: usize) -> String {
    let piece = |n: usize| PIECES[n % PIECES.len()];
    let text = format!("{}x{n}{}", piece(n), piece(n / PIECES.len()));
    if path.ends_with("/raw") {
        serde_json::json!({ "id": n, "text": text }).to_string()
    } else {
        text
    }
}

/// Where the texts are: by pointer, and by path without the numbers in lists.
fn collect(json: &Value, pointer: &str, path: &str, found: &mut Vec<(String, String)>) {
    match json {
        Value::String(_) => found.push((pointer.to_owned(), path.to_owned())),
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                collect(item, &format!("{pointer}/{n}"), &format!("{path}/*"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                collect(
                    member,
                    &format!("{pointer}/{escaped}"),
                    &format!("{path}/{name}"),
                    found,
                );
            }
        }
        _ => {}
    }
}

/// What is left of the bytes for a terminal when what the console itself says to it is taken out.
fn without_our_own(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let ours =
        Regex::new(r"\x1b\[\?(2026|25)[hl]|\x1b\[2J|\x1b\[[0-9;]{0,12}[mHCKr]|\x1bM|\r\n|\r|\n")
            .unwrap();
    assert!(
        !text.contains("\x1b[31337"),
        "a stranger's own code: {text:?}"
    );
    ours.replace_all(&text, "").into_owned()
}

fn assert_harmless(text: &str, keys: &str) {
    let bad = Regex::new(r"[\p{C}\p{Zl}\p{Zp}--[\x{200C}\x{200D}]]").unwrap();
    if let Some(found) = bad.find(text) {
        let (start, end) = (found.start().saturating_sub(20), found.end() + 20);
        let around: String = text.chars().skip(start).take(end - start).collect();
        panic!("{keys:?}: {:?} near {around:?}", found.as_str());
    }
}

/// Everything that can be copied of users, of events and of Okta's JSON, with a path into that JSON as a column.
#[test]
fn nothing_that_strangers_write_reaches_the_clipboard() {
    let mut copied = 0;
    for keys in ["2", "1", "5"] {
        let mut desk = Desk::disconnected(120, 36);
        let mut stranger = Stranger::default();
        desk.between = Some(Box::new(move |answer| stranger.write(answer)));
        desk.happen(Event::Connected);
        desk.press(keys)
            .press("Catext<enter><esc>")
            .press(&"l".repeat(20));
        for _ in 0..PIECES.len() {
            for copy in ["cc", "ci", "cr", "cj", "cl", "cm", "cu"] {
                desk.effects.clear();
                desk.press(copy);
                for effect in &desk.effects {
                    let Effect::Copy(text) = effect else {
                        continue;
                    };
                    copied += usize::from(copy == "cc" && text.contains("31337"));
                    // Between cells and lines these are ours; a cell has none of its own.
                    let ours: &[char] = if copy == "cc" { &[] } else { &['\t', '\n'] };
                    assert_harmless(&text.replace(ours, ""), copy);
                }
            }
            desk.press("j");
        }
    }
    assert!(copied >= 10, "{copied} cells of strangers were copied");
}

#[test]
fn nothing_that_strangers_write_acts_on_the_terminal() {
    let stranger = Rc::new(RefCell::new(Stranger::default()));
    let mut reached = 0;
    for keys in SCREENS {
        let mut desk = Desk::disconnected(120, 36);
        let own = Rc::clone(&stranger);
        desk.between = Some(Box::new(move |answer| own.borrow_mut().write(answer)));
        desk.happen(Event::Connected);
        let status = Stranger::default().write(desk.org.status());
        desk.happen(Event::Push(Push::Status(Box::new(status))));
        desk.press(keys).press("c");
        let mut painter = Painter::new(true);
        for _ in 0..2 {
            let bytes = painter.paint(&mut desk.app, desk.now).unwrap_or_default();
            let shown = without_our_own(&bytes);
            assert_harmless(&shown, keys);
            reached += usize::from(shown.contains("31337"));
            desk.press("j");
        }
        for effect in &desk.effects {
            if let Effect::Copy(text) = effect {
                assert_harmless(text, keys);
            }
        }
    }
    let stranger = stranger.borrow();
    let free = stranger.free.values().filter(|free| **free).count();
    println!(
        "{} texts in {free} fields, on {reached} pictures",
        stranger.written
    );
    assert!(reached >= SCREENS.len(), "seen on {reached} pictures");
    assert!(
        stranger.written >= 5_000 && free >= 50,
        "{} in {free}",
        stranger.written
    );
}
