//! One key as it is pressed, and as people write it. What no terminal sends, or sends for another key as well, is refused in words.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::ui::format;

/// A key with or without Control. Shift is part of the character itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    control: bool,
}

/// The keys that have names.
const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("backspace", KeyCode::Backspace),
    ("tab", KeyCode::Tab),
    ("shift-tab", KeyCode::BackTab),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("insert", KeyCode::Insert),
    ("delete", KeyCode::Delete),
    ("space", KeyCode::Char(' ')),
];

/// Signs that Control goes with, and the digit that a terminal's answer is read as.
const SIGNS: [(char, char); 4] = [('\\', '4'), (']', '5'), ('^', '6'), ('_', '7')];

impl Chord {
    /// Ctrl-C: it ends what goes on, wherever one is.
    pub const INTERRUPT: Self = Self {
        code: KeyCode::Char('c'),
        control: true,
    };
    /// Ctrl-Z: back to the shell.
    pub const SUSPEND: Self = Self {
        code: KeyCode::Char('z'),
        control: true,
    };
    /// Esc: one step back, wherever one is.
    pub const ESCAPE: Self = Self {
        code: KeyCode::Esc,
        control: false,
    };

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

    /// Reads a key as people write it: a character, a name such as `enter`, or `ctrl-` and one of both.
    ///
    /// # Errors
    /// In words, when it is no key, or one that a terminal does not send as such.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("ctrl-").filter(|name| !name.is_empty()) {
            return with_control(name);
        }
        let code = plain(text).ok_or_else(|| no_key(text))?;
        Ok(Self {
            code,
            control: false,
        })
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.control {
            f.write_str("ctrl-")?;
        }
        let sign = |digit: char| SIGNS.iter().find(|(_, read)| *read == digit);
        let code = match self.code {
            KeyCode::Char(c) if self.control => KeyCode::Char(sign(c).map_or(c, |(sign, _)| *sign)),
            code => code,
        };
        match (NAMED.iter().find(|(_, named)| *named == code), code) {
            (Some((name, _)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(number)) => write!(f, "f{number}"),
            (None, other) => write!(f, "{other}"),
        }
    }
}

/// The key that a name or a character means without Control.
fn plain(text: &str) -> Option<KeyCode> {
    if let Some((_, code)) = NAMED.iter().find(|(name, _)| *name == text) {
        return Some(*code);
    }
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        let is_typed = !c.is_control() && !c.is_whitespace() && format::width(text) > 0;
        return is_typed.then_some(KeyCode::Char(c));
    }
    let number: u8 = text.strip_prefix('f')?.parse().ok()?;
    let is_written_so = text == format!("f{number}");
    ((1..=12).contains(&number) && is_written_so).then_some(KeyCode::F(number))
}

fn with_control(name: &str) -> Result<Chord, String> {
    let chord = |code| {
        Ok(Chord {
            code,
            control: true,
        })
    };
    let code = plain(name).ok_or_else(|| no_key(name))?;
    let same_as = |other: &str| {
        let text = format!("`ctrl-{name}` cannot be typed: a terminal sends {other} for it");
        Err(text)
    };
    match code {
        KeyCode::Char('i' | 'I') => same_as("tab"),
        KeyCode::Char('m' | 'M') => same_as("enter"),
        KeyCode::Char('[') => same_as("esc"),
        KeyCode::Char(c) if c.is_ascii_alphabetic() => chord(KeyCode::Char(c.to_ascii_lowercase())),
        KeyCode::Char(' ') => chord(code),
        KeyCode::Char(c) => match SIGNS.iter().find(|(sign, _)| *sign == c) {
            Some((_, digit)) => chord(KeyCode::Char(*digit)),
            None => Err(format!(
                "`ctrl-{name}` cannot be typed: terminals know Control with letters, space, \\ ] ^ and _"
            )),
        },
        KeyCode::Enter | KeyCode::Tab | KeyCode::BackTab | KeyCode::Esc | KeyCode::Backspace => {
            same_as(&format!("{name} or something else"))
        }
        KeyCode::F(_) => Err(format!(
            "`ctrl-{name}` cannot be typed everywhere: terminals differ in what they send for it"
        )),
        code => chord(code),
    }
}

/// Why a word is no key.
fn no_key(text: &str) -> String {
    let lower = text.to_lowercase();
    if text.is_empty() {
        return "a key is missing: one space stands between the keys of a sequence".to_owned();
    }
    if lower.starts_with("alt-") || lower.starts_with("meta-") {
        return format!(
            "`{text}` cannot be told from esc and the key itself on a slow line; take ctrl- or a sequence such as `g x`"
        );
    }
    if lower.starts_with("cmd-") || lower.starts_with("super-") || lower.starts_with("win-") {
        return format!("`{text}` cannot be typed: no terminal sends it");
    }
    if let Some(letter) = lower.strip_prefix("shift-") {
        return match letter.chars().count() {
            1 => format!("write what Shift makes of it, such as `G`, in place of `{text}`"),
            _ => {
                format!("`{text}` cannot be typed everywhere: many terminals send it without Shift")
            }
        };
    }
    let known = NAMED.iter().any(|(name, _)| *name == lower);
    if lower != text && (known || lower.starts_with("ctrl-")) {
        return format!("keys are written in small letters: `{lower}` in place of `{text}`");
    }
    let names: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
    format!(
        "`{text}` is no key: a character, ctrl- and a letter, f1 to f12, or one of {}; a space stands between the keys of a sequence",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_typed_is_read_and_written_the_same() {
        let mut all: Vec<String> = NAMED.iter().map(|(name, _)| (*name).to_owned()).collect();
        all.extend(
            [
                "a",
                "G",
                "?",
                "/",
                "ä",
                "~",
                "ctrl-a",
                "ctrl-w",
                "ctrl-space",
            ]
            .map(str::to_owned),
        );
        all.extend(["ctrl-\\", "ctrl-]", "ctrl-^", "ctrl-_", "ctrl-left"].map(str::to_owned));
        all.extend((1..=12).map(|n| format!("f{n}")));
        for text in all {
            assert_eq!(Chord::parse(&text).map(|chord| chord.to_string()), Ok(text));
        }
        let same = Chord::parse("ctrl-W").map(|chord| chord.to_string());
        assert_eq!(same.as_deref(), Ok("ctrl-w"));
    }

    #[test]
    fn what_cannot_be_typed_is_refused_with_what_to_write() {
        for (text, words) in [
            ("", "a key is missing"),
            ("ctrl-i", "a terminal sends tab"),
            ("ctrl-M", "a terminal sends enter"),
            ("ctrl-[", "a terminal sends esc"),
            ("ctrl-1", "terminals know Control with letters"),
            ("ctrl-ä", "terminals know Control with letters"),
            ("ctrl-f1", "terminals differ"),
            ("ctrl-enter", "a terminal sends enter"),
            ("ctrl-", "is no key"),
            ("ctrl-foo", "is no key"),
            ("alt-x", "on a slow line"),
            ("meta-x", "on a slow line"),
            ("cmd-c", "no terminal sends it"),
            ("shift-g", "such as `G`"),
            ("shift-up", "many terminals"),
            ("Enter", "`enter` in place of `Enter`"),
            ("f13", "f1 to f12"),
            ("f01", "f1 to f12"),
            ("\u{1b}", "is no key"),
            ("\u{200b}", "is no key"),
            ("return", "is no key"),
        ] {
            let told = Chord::parse(text).unwrap_err();
            assert!(told.contains(words), "{text}: {told}");
        }
    }

    #[test]
    fn what_a_terminal_sends_is_what_was_written() {
        for (code, modifiers, text) in [
            (KeyCode::Char('4'), KeyModifiers::CONTROL, "ctrl-\\"),
            (KeyCode::Char(' '), KeyModifiers::CONTROL, "ctrl-space"),
            (KeyCode::Char('W'), KeyModifiers::CONTROL, "ctrl-w"),
            (KeyCode::Tab, KeyModifiers::SHIFT, "shift-tab"),
            (KeyCode::Char('G'), KeyModifiers::SHIFT, "G"),
            (KeyCode::Left, KeyModifiers::CONTROL, "ctrl-left"),
        ] {
            let pressed = Chord::of(KeyEvent::new(code, modifiers));
            assert_eq!(Ok(pressed), Chord::parse(text), "{text}");
        }
    }
}
