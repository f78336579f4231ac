//! How things look: by default in the terminal's own 16 colours; never a background, and no meaning that only a colour carries.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::log_event::{OutcomeResult, Severity};
use crate::domain::user::UserStatus;

/// A set of styles by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Names and headings.
    accent: Color,
    good: Color,
    warning: Color,
    bad: Color,
    quiet: Style,
}

/// The theme that stands out least: whatever the terminal is set to.
const ANSI: Theme = Theme {
    accent: Color::Cyan,
    good: Color::Green,
    warning: Color::Yellow,
    bad: Color::Red,
    // Never bright black, which some palettes make invisible.
    quiet: Style::new().add_modifier(Modifier::DIM),
};

const MONO: Theme = Theme {
    accent: Color::Reset,
    good: Color::Reset,
    warning: Color::Reset,
    bad: Color::Reset,
    quiet: Style::new().add_modifier(Modifier::DIM),
};

// The colours of the others are of the 256, which tmux and every terminal of today have; the test below measures their contrast.

const DARK: Theme = Theme {
    accent: Color::Indexed(117),
    good: Color::Indexed(114),
    warning: Color::Indexed(221),
    bad: Color::Indexed(210),
    quiet: Style::new().fg(Color::Indexed(250)),
};

const LIGHT: Theme = Theme {
    accent: Color::Indexed(25),
    good: Color::Indexed(22),
    warning: Color::Indexed(94),
    bad: Color::Indexed(124),
    quiet: Style::new().fg(Color::Indexed(240)),
};

const HIGH_CONTRAST: Theme = Theme {
    accent: Color::Indexed(51),
    good: Color::Indexed(46),
    warning: Color::Indexed(226),
    bad: Color::Indexed(217),
    quiet: Style::new(),
};

/// Blue for good and orange for bad: told apart by people who do not tell green from red.
const COLOR_BLIND: Theme = Theme {
    accent: Color::Indexed(153),
    good: Color::Indexed(75),
    warning: Color::Indexed(227),
    bad: Color::Indexed(214),
    quiet: Style::new().fg(Color::Indexed(247)),
};

impl Theme {
    /// The 16 colours of the terminal.
    pub fn sixteen() -> Self {
        ANSI
    }

    /// Bold, underline and reverse only, as `NO_COLOR` asks for.
    pub fn mono() -> Self {
        MONO
    }

    /// For terminals with a dark background.
    pub fn dark() -> Self {
        DARK
    }

    /// For terminals with a light background.
    pub fn light() -> Self {
        LIGHT
    }

    /// For terminals with a black background and eyes that need contrast: nothing is dimmed.
    pub fn high_contrast() -> Self {
        HIGH_CONTRAST
    }

    /// Blue and orange in place of green and red, on a dark background.
    pub fn color_blind() -> Self {
        COLOR_BLIND
    }

    /// Ordinary text.
    pub fn text(self) -> Style {
        Style::new()
    }

    /// Titles, and the names of things.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Text that matters less.
    pub fn quiet(self) -> Style {
        self.quiet
    }

    /// The row or item under the cursor.
    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The cell under the cursor, within its row.
    pub fn selected_cell(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
    }

    /// The cursor's row in a pane that does not have the keys.
    pub fn selected_elsewhere(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// Column headings.
    pub fn heading(self) -> Style {
        colour(self.accent)
    }

    /// Text that leads somewhere.
    pub fn link(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// Good.
    pub fn good(self) -> Style {
        colour(self.good)
    }

    /// Worth a look.
    pub fn warning(self) -> Style {
        colour(self.warning)
    }

    /// Wrong.
    pub fn error(self) -> Style {
        colour(self.bad).add_modifier(Modifier::BOLD)
    }

    /// Keys in hints and menus.
    pub fn key(self) -> Style {
        colour(self.accent).add_modifier(Modifier::BOLD)
    }

    /// Names of JSON members.
    pub fn json_name(self) -> Style {
        colour(self.accent)
    }

    /// JSON strings.
    pub fn json_string(self) -> Style {
        colour(self.good)
    }

    /// JSON numbers and the words true, false and null.
    pub fn json_atom(self) -> Style {
        colour(self.warning)
    }

    /// By how an event ended and how much Okta says it matters.
    pub fn event(self, result: Option<&OutcomeResult>, severity: Option<&Severity>) -> Style {
        match (result, severity) {
            (Some(OutcomeResult::Failure | OutcomeResult::Deny), _)
            | (_, Some(Severity::Error)) => colour(self.bad),
            (_, Some(Severity::Warn)) | (Some(OutcomeResult::Challenge), _) => self.warning(),
            (Some(OutcomeResult::Success | OutcomeResult::Allow), _) => self.good(),
            _ => self.text(),
        }
    }

    /// By where a user stands in its life cycle.
    pub fn user_status(self, status: &UserStatus) -> Style {
        match status {
            UserStatus::Active => self.good(),
            UserStatus::LockedOut | UserStatus::Suspended => colour(self.bad),
            UserStatus::Deprovisioned => self.quiet(),
            _ => self.warning(),
        }
    }
}

/// Letters of that colour; the terminal's own when it is none.
fn colour(colour: Color) -> Style {
    match colour {
        Color::Reset => Style::new(),
        colour => Style::new().fg(colour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_coloured() {
        let mono = Theme::mono();
        for style in styles(mono) {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    fn styles(theme: Theme) -> [Style; 8] {
        [
            theme.heading(),
            theme.error(),
            theme.warning(),
            theme.good(),
            theme.quiet(),
            theme.key(),
            theme.event(Some(&OutcomeResult::Deny), None),
            theme.user_status(&UserStatus::LockedOut),
        ]
    }

    /// Red, green and blue of one of the 256, as xterm has them.
    fn parts(index: u8) -> [f64; 3] {
        let step = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
        let parts = if index >= 232 {
            [8 + 10 * (index - 232); 3]
        } else {
            let index = index - 16;
            [step(index / 36), step(index / 6 % 6), step(index % 6)]
        };
        parts.map(|part| f64::from(part) / 255.0)
    }

    /// The relative luminance of WCAG 2.
    fn luminance(parts: [f64; 3]) -> f64 {
        let linear = |part: f64| {
            if part <= 0.040_45 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        let [red, green, blue] = parts.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(a: f64, b: f64) -> f64 {
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_on_the_background_it_is_made_for_and_none_is_painted() {
        let dark = luminance([0.12; 3]);
        let themes = [
            ("dark", Theme::dark(), dark, 7.0),
            ("light", Theme::light(), luminance([1.0; 3]), 5.0),
            ("high contrast", Theme::high_contrast(), 0.0, 12.0),
            ("color blind", Theme::color_blind(), dark, 5.5),
            ("ansi", Theme::sixteen(), 0.0, 0.0),
        ];
        for (name, theme, ground, least) in themes {
            for style in styles(theme) {
                assert_eq!(style.bg, None, "{name}");
                if let Some(Color::Indexed(index)) = style.fg {
                    let found = contrast(luminance(parts(index)), ground);
                    assert!(found >= least, "{name}: {index} has {found:.1}");
                }
            }
        }
    }

    #[test]
    fn good_and_bad_differ_by_blue_where_red_and_green_look_alike() {
        let theme = Theme::color_blind();
        let blue = |style: Style| match style.fg {
            Some(Color::Indexed(index)) => parts(index)[2],
            _ => 0.0,
        };
        assert!(blue(theme.good()) - blue(theme.error()) > 0.5);
    }
}
