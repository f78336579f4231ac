//! From keys to commands, by the table of commands.

use std::sync::LazyLock;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::command::{Id, TABLE};

/// A key with or without Control. Shift is part of the character itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    control: bool,
}

impl Chord {
    /// The key that was pressed.
    pub fn of(key: KeyEvent) -> Self {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let code = match key.code {
            KeyCode::Char(c) if control => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if key.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self { code, control }
    }

    /// Reads a key as the table of commands writes it; `None` for words that are no key.
    fn parse(text: &str) -> Option<Self> {
        let (control, name) = match text.strip_prefix("ctrl-") {
            Some(name) => (true, name),
            None => (false, text),
        };
        let code = match name {
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "backspace" => KeyCode::Backspace,
            "tab" => KeyCode::Tab,
            "shift-tab" => KeyCode::BackTab,
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "left" => KeyCode::Left,
            "right" => KeyCode::Right,
            "home" => KeyCode::Home,
            "end" => KeyCode::End,
            "pgup" => KeyCode::PageUp,
            "pgdn" => KeyCode::PageDown,
            "space" => KeyCode::Char(' '),
            "f1" => KeyCode::F(1),
            name => {
                let mut chars = name.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => KeyCode::Char(c),
                    _ => return None,
                }
            }
        };
        Some(Self { code, control })
    }
}

/// What the keys so far mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// One of these commands, whichever applies first.
    Commands(Vec<Id>),
    /// The beginning of a longer sequence.
    Prefix,
    /// Nothing.
    Nothing,
}

static KEYS: LazyLock<Vec<(Vec<Chord>, Id)>> = LazyLock::new(|| {
    let mut keys = Vec::new();
    for command in TABLE {
        for sequence in command.keys {
            let chords: Option<Vec<Chord>> = sequence.split(' ').map(Chord::parse).collect();
            keys.push((
                chords.expect("a test reads every key of the table"),
                command.id,
            ));
        }
    }
    keys
});

/// What the chords, pressed one after the other, mean.
pub fn meaning(chords: &[Chord]) -> Meaning {
    let exact: Vec<Id> = KEYS
        .iter()
        .filter(|(keys, _)| keys == chords)
        .map(|(_, id)| *id)
        .collect();
    if !exact.is_empty() {
        Meaning::Commands(exact)
    } else if KEYS.iter().any(|(keys, _)| keys.starts_with(chords)) {
        Meaning::Prefix
    } else {
        Meaning::Nothing
    }
}

/// What the chords can still become: for each longer sequence what is still to be pressed, and the command.
pub fn beyond(chords: &[Chord]) -> Vec<(String, Id)> {
    let mut found = Vec::new();
    for command in TABLE {
        for sequence in command.keys {
            let keys: Vec<&str> = sequence.split(' ').collect();
            let begins = keys.len() > chords.len()
                && keys
                    .iter()
                    .zip(chords)
                    .all(|(key, chord)| Chord::parse(key) == Some(*chord));
            if begins {
                found.push((keys[chords.len()..].join(" "), command.id));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode, modifiers: KeyModifiers) -> Chord {
        Chord::of(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn every_key_of_the_table_can_be_pressed() {
        for (chords, id) in KEYS.iter() {
            assert!(matches!(meaning(chords), Meaning::Commands(ids) if ids.contains(id)));
        }
    }

    #[test]
    fn sequences_and_control_keys_are_read() {
        let g = press(KeyCode::Char('g'), KeyModifiers::NONE);
        assert_eq!(meaning(&[g]), Meaning::Prefix);
        assert_eq!(meaning(&[g, g]), Meaning::Commands(vec![Id::Top]));
        assert_eq!(beyond(&[g]), [("g".to_owned(), Id::Top)]);
        let c = press(KeyCode::Char('c'), KeyModifiers::NONE);
        assert_eq!(beyond(&[c]).len(), 7);
        assert_eq!(beyond(&[g, g]), []);
        let control_d = press(KeyCode::Char('d'), KeyModifiers::CONTROL);
        assert_eq!(meaning(&[control_d]), Meaning::Commands(vec![Id::HalfDown]));
        let capital = press(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(meaning(&[capital]), Meaning::Commands(vec![Id::Bottom]));
        let back_tab = press(KeyCode::Tab, KeyModifiers::SHIFT);
        assert_eq!(
            meaning(&[back_tab]),
            Meaning::Commands(vec![Id::PreviousPane])
        );
        let nothing = press(KeyCode::Char('~'), KeyModifiers::NONE);
        assert_eq!(meaning(&[nothing]), Meaning::Nothing);
    }
}
