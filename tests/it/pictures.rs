//! The pictures of the readme, made of the demo as it is drawn now.
//!
//! `OKTOP_PICTURES=write cargo test --test it pictures::` writes them; without the variable they are compared with what is there.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use oktop::ui::event::Effect;

use crate::support::live::{self, Live};

/// A picture: its file below `assets/pictures/`, the size of the terminal, the keys that lead to it (a bar lets the console come to rest), and
/// what must be in it.
type Picture = (&'static str, (u16, u16), &'static str, &'static str);

const PICTURES: [Picture; 5] = [
    ("log.svg", (100, 19), "1kkk", "user.mfa.factor.reset_all"),
    ("histogram.svg", (100, 24), "1i<esc>", "30m a bar"),
    ("address.svg", (100, 28), "1k|Ji", "105.112.98.181"),
    ("user.svg", (120, 28), "1k|Ju", "FACTORS"),
    ("masked.svg", (100, 19), "1kkk|P|<esc>", "MASKED"),
];

/// The largest that a picture may be, in bytes.
const MOST_BYTES: usize = 40_000;

#[test]
fn the_readme_s_pictures_are_what_is_drawn() {
    let live = Rc::new(RefCell::new(Live::start()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let dir = root.join("assets/pictures");
    let writes = std::env::var_os("OKTOP_PICTURES").is_some_and(|word| word == "write");
    let mut others = Vec::new();
    for (name, (width, height), keys, holds) in PICTURES {
        let mut desk = live::desk(&live, width, height);
        desk.app.set_mask_key([26; 32]);
        for keys in keys.split('|') {
            desk.press(keys);
        }
        let screen = desk.screen();
        assert!(screen.contains(holds), "{name} lacks {holds}:\n{screen}");
        assert!(
            readme.contains(&format!("](assets/pictures/{name})")),
            "{name} is not shown"
        );
        desk.press(&format!(":screendump {name}<enter>"));
        let Some(Effect::Save { text, .. }) = desk.effects.last() else {
            panic!("{name}: no picture")
        };
        assert!(text.len() < MOST_BYTES, "{name} has {} bytes", text.len());
        let path = dir.join(name);
        if writes {
            fs::create_dir_all(&dir).unwrap();
            fs::write(&path, text).unwrap();
        } else if fs::read_to_string(&path).ok().as_ref() != Some(text) {
            others.push(format!("{name}:\n{screen}"));
        }
    }
    assert!(
        others.is_empty(),
        "what is drawn now is another picture; OKTOP_PICTURES=write cargo test --test it pictures:: writes it\n{}",
        others.join("\n")
    );
}
