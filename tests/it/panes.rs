//! The panes of the log, of pivots and of reading, without colour and at every size with nothing but ASCII of our own.

use oktop::ui::theme::Theme;
use ratatui::style::Color;

use crate::support::desk::Desk;

const SIZES: [(u16, u16); 4] = [(60, 15), (80, 24), (120, 36), (200, 60)];

/// Panes and questions, and the keys that lead to them.
const PANES: [(&str, &str); 9] = [
    ("bars", "1i<esc>"),
    ("range", "1t"),
    ("hunt", ":hunt user user0001@example.com 1d<enter>"),
    ("address", "1kJi"),
    ("session", "1kJs"),
    ("device", ":device guo0001<enter>"),
    ("export", "2 j E"),
    ("copy", "2c"),
    ("json", "2<enter>y"),
];

/// What a colour says is said without it, too, in the same places.
#[test]
fn without_colour_the_same_is_read_and_nothing_is_coloured() {
    for (name, keys) in PANES {
        let mut coloured = Desk::new(80, 24);
        let mut plain = Desk::themed(80, 24, Theme::mono());
        coloured.press(keys);
        plain.press(keys);
        assert_eq!(plain.body(), coloured.body(), "{name}");
        let (buffer, _) = plain.picture();
        let is_coloured = |color: Color| color != Color::Reset;
        let cells = buffer.content().iter();
        let mut coloured = cells.filter(|cell| is_coloured(cell.fg) || is_coloured(cell.bg));
        assert_eq!(coloured.next(), None, "{name}");
    }
}

/// Letters of the org's own, and nothing that a terminal of the nineties lacks.
#[test]
fn what_the_console_draws_is_ascii() {
    for (name, keys) in PANES {
        for (width, height) in SIZES {
            let mut desk = Desk::new(width, height);
            desk.press(keys);
            let screen = desk.screen();
            let drawn = screen
                .chars()
                .filter(|c| !c.is_ascii() && !c.is_alphabetic());
            let strange: String = drawn
                .filter(|c| ('\u{2000}'..'\u{2e00}').contains(c))
                .collect();
            // Joiners are parts of names.
            let strange = strange.replace(['\u{200d}', '\u{200c}'], "");
            assert_eq!(strange, "", "{name} at {width}x{height}:\n{screen}");
        }
    }
}
