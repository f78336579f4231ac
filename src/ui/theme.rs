//! How things look: the terminal's own 16 colours, no background, and no meaning that only a colour carries.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::log_event::{OutcomeResult, Severity};
use crate::domain::user::UserStatus;

/// A set of styles by meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    colours: bool,
}

impl Theme {
    /// The 16 colours of the terminal.
    pub fn sixteen() -> Self {
        Self { colours: true }
    }

    /// Bold, underline and reverse only, as `NO_COLOR` asks for.
    pub fn mono() -> Self {
        Self { colours: false }
    }

    fn colour(self, colour: Color) -> Style {
        if self.colours {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// Ordinary text.
    pub fn text(self) -> Style {
        Style::new()
    }

    /// Titles, and the names of things.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Text that matters less. Never bright black, which some palettes make invisible.
    pub fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
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
        self.colour(Color::Cyan)
    }

    /// Text that leads somewhere.
    pub fn link(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }

    /// Good.
    pub fn good(self) -> Style {
        self.colour(Color::Green)
    }

    /// Worth a look.
    pub fn warning(self) -> Style {
        self.colour(Color::Yellow)
    }

    /// Wrong.
    pub fn error(self) -> Style {
        self.colour(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Keys in hints and menus.
    pub fn key(self) -> Style {
        self.colour(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Names of JSON members.
    pub fn json_name(self) -> Style {
        self.colour(Color::Cyan)
    }

    /// JSON strings.
    pub fn json_string(self) -> Style {
        self.colour(Color::Green)
    }

    /// JSON numbers and the words true, false and null.
    pub fn json_atom(self) -> Style {
        self.colour(Color::Yellow)
    }

    /// By how an event ended and how much Okta says it matters.
    pub fn event(self, result: Option<&OutcomeResult>, severity: Option<&Severity>) -> Style {
        match (result, severity) {
            (Some(OutcomeResult::Failure | OutcomeResult::Deny), _)
            | (_, Some(Severity::Error)) => self.colour(Color::Red),
            (_, Some(Severity::Warn)) | (Some(OutcomeResult::Challenge), _) => self.warning(),
            (Some(OutcomeResult::Success | OutcomeResult::Allow), _) => self.good(),
            _ => self.text(),
        }
    }

    /// By where a user stands in its life cycle.
    pub fn user_status(self, status: &UserStatus) -> Style {
        match status {
            UserStatus::Active => self.good(),
            UserStatus::LockedOut | UserStatus::Suspended => self.colour(Color::Red),
            UserStatus::Deprovisioned => self.quiet(),
            _ => self.warning(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_coloured() {
        let mono = Theme::mono();
        for style in [
            mono.heading(),
            mono.error(),
            mono.warning(),
            mono.good(),
            mono.key(),
            mono.event(Some(&OutcomeResult::Deny), None),
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_eq!(
            Theme::sixteen().error().bg,
            None,
            "no background is painted"
        );
    }
}
