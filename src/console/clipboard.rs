//! The bytes that put a text into the clipboard of the operator's terminal, however far away that is.
//!
//! OSC 52 is understood by most terminals and passes through SSH. tmux takes it for its own (`set-clipboard on`) or passes it on when it is
//! wrapped (`allow-passthrough on`), and nobody tells which, so it gets both; the clipboard is the same after both. screen only passes on
//! what is wrapped, a piece at a time. At a desk there are terminals without OSC 52 and a program for the clipboard, which is given the
//! text as well.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How much of it screen takes at once.
const SCREEN_PIECE_BYTES: usize = 700;

/// What stands between the console and the operator's eyes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    tmux: bool,
    screen: bool,
    /// The program for the clipboard of this machine, where the operator sits at it.
    program: Option<&'static [&'static str]>,
}

impl Way {
    /// As the environment tells it.
    pub(super) fn of(get: impl Fn(&str) -> Option<OsString>) -> Self {
        let set = |name| get(name).is_some_and(|value| !value.is_empty());
        let remote = set("SSH_TTY") || set("SSH_CONNECTION");
        let program: Option<&'static [&'static str]> = if remote {
            None
        } else if cfg!(target_os = "macos") {
            Some(&["pbcopy"])
        } else if set("WAYLAND_DISPLAY") {
            Some(&["wl-copy"])
        } else if set("DISPLAY") {
            Some(&["xclip", "-selection", "clipboard"])
        } else {
            None
        };
        let tmux = set("TMUX");
        Self {
            tmux,
            screen: set("STY") && !tmux,
            program,
        }
    }

    /// What the terminal is told.
    pub(super) fn bytes(self, text: &str) -> Vec<u8> {
        let text = STANDARD.encode(text);
        let mut bytes = Vec::new();
        if self.screen {
            // Its wrapping ends where the usual end of an OSC begins, so this one ends as it did in the old days.
            let plain = format!("\x1b]52;c;{text}\x07");
            for piece in plain.as_bytes().chunks(SCREEN_PIECE_BYTES) {
                bytes.extend(b"\x1bP");
                bytes.extend(piece);
                bytes.extend(b"\x1b\\");
            }
            return bytes;
        }
        let plain = format!("\x1b]52;c;{text}\x1b\\");
        bytes.extend(plain.as_bytes());
        if self.tmux {
            bytes.extend(b"\x1bPtmux;");
            bytes.extend(plain.replace('\x1b', "\x1b\x1b").as_bytes());
            bytes.extend(b"\x1b\\");
        }
        bytes
    }

    /// Gives the text to the program for the clipboard, where there is one. It has what the terminal was told if that fails.
    pub(super) fn give(self, text: &str) {
        let Some((program, arguments)) = self.program.and_then(<[_]>::split_first) else {
            return;
        };
        let text = text.to_owned();
        // It may stay for as long as it owns the clipboard; nobody waits for it.
        let _ = thread::Builder::new()
            .name("clipboard".into())
            .spawn(move || {
                let child = Command::new(program)
                    .args(arguments)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn();
                if let Ok(mut child) = child {
                    if let Some(mut input) = child.stdin.take() {
                        let _ = input.write_all(text.as_bytes());
                    }
                    let _ = child.wait();
                }
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(set: &[&str]) -> Way {
        Way::of(|name| set.contains(&name).then(|| "x".into()))
    }

    fn told(set: &[&str], text: &str) -> String {
        String::from_utf8(way(set).bytes(text)).unwrap()
    }

    #[test]
    fn the_terminal_is_told_by_osc_52_and_tmux_both_ways() {
        assert_eq!(told(&[], "hi"), "\x1b]52;c;aGk=\x1b\\");
        assert_eq!(
            told(&["TMUX", "STY"], "hi"),
            "\x1b]52;c;aGk=\x1b\\\x1bPtmux;\x1b\x1b]52;c;aGk=\x1b\x1b\\\x1b\\"
        );
    }

    /// A piece ends where an escape stands in it.
    #[test]
    fn screen_gets_pieces_that_make_up_the_whole() {
        let told = told(&["STY"], &"x".repeat(2_000));
        let pieces: Vec<&str> = told.split("\x1bP").skip(1).collect();
        assert_eq!(pieces.len(), 4);
        let whole: String = pieces
            .iter()
            .map(|piece| piece.strip_suffix("\x1b\\").unwrap())
            .collect();
        let encoded = STANDARD.encode("x".repeat(2_000));
        assert_eq!(whole, format!("\x1b]52;c;{encoded}\x07"));
    }

    #[test]
    fn over_ssh_no_program_of_the_other_machine_is_asked() {
        assert_eq!(way(&["DISPLAY", "SSH_TTY"]).program, None);
        assert_eq!(way(&["WAYLAND_DISPLAY", "SSH_CONNECTION"]).program, None);
        assert!(way(&["DISPLAY"]).program.is_some());
    }
}
