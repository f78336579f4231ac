//! The words of the line mode: its own commands, its help, and messages as lines.

use super::is_bad;
use crate::msg::status::Notice;
use crate::ui::command::{Group, Id, TABLE};
use crate::ui::keymap::{Keymap, View};

/// What only the line mode has, or has in its own way.
pub(super) const OWN: [(&str, &str); 10] = [
    (
        "open N",
        "Open what has that number; the number alone does the same",
    ),
    ("next", "The lines that follow"),
    ("previous", "The lines before"),
    (
        "list",
        "What stands in front, once more; so does an empty line",
    ),
    (
        "filter TEXT",
        "Show only what passes; without a text everything",
    ),
    ("follow", "Tell events as they come, until the next line"),
    ("back", "One step back"),
    ("stop", "Give up what is waited for"),
    ("help WORD", "The commands, or those with that word"),
    ("quit", "End; the sync goes on without this"),
];

/// Whether a command is of no use without a screen.
pub(super) fn means_nothing(id: Id) -> bool {
    let of_screen = matches!(
        id,
        Id::Zoom
            | Id::ToggleDetail
            | Id::Repaint
            | Id::Suspend
            | Id::Screendump
            | Id::Palette
            | Id::Columns
            | Id::Clauses
            | Id::Histogram
            | Id::NextPane
            | Id::PreviousPane
            | Id::More
            | Id::MarkRange
            | Id::Keep
            | Id::Drop
            | Id::Only
            | Id::Pause
    );
    of_screen || crate::ui::command::of(id).group == Group::Move
}

/// The commands with what they do; those with a word in them, when one is given.
pub(super) fn help(about: &str) -> Vec<String> {
    let about = about.to_lowercase();
    let keys = Keymap::none();
    let table = TABLE.iter().filter(|command| !means_nothing(command.id));
    let named = |command: &&crate::ui::command::Command| {
        let own = OWN.iter().map(|(name, _)| name.split(' ').next());
        !own.flatten().any(|name| name == command.name)
    };
    let others = table.filter(named).map(|command| {
        let name = format!("{} {}", command.name, command.argument);
        let words = keys.told(command.doc, View::Lists).into_owned();
        (name.trim_end().to_owned(), words)
    });
    let own = OWN.map(|(name, words)| (name.to_owned(), words.to_owned()));
    let all = own.into_iter().chain(others);
    let told = all.filter(|(name, words)| {
        about.is_empty() || name.contains(&about) || words.to_lowercase().contains(&about)
    });
    let lines: Vec<String> = told
        .map(|(name, words)| format!("{name}: {words}."))
        .collect();
    if lines.is_empty() {
        return vec![format!("No command says `{about}`; help names all.")];
    }
    lines
}

/// A message in a line.
pub(super) fn notice(notice: &Notice) -> String {
    let mark = if is_bad(notice.level) { "! " } else { "" };
    match &notice.detail {
        Some(detail) => format!("{mark}{} {detail}", notice.summary),
        None => format!("{mark}{}", notice.summary),
    }
}
