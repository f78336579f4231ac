//! What can be set about a console while it runs: plain values, read from the configuration by others.

use std::sync::Arc;

use super::keymap::Keymap;
use super::theme::Theme;

/// How a console looks and listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How things look.
    pub theme: Theme,
    /// What the keys mean.
    pub keys: Arc<Keymap>,
    /// Whether the terminal is told to move rows that only moved.
    pub scrolls: bool,
    /// Whether what is looked at comes back the next time.
    pub restore: bool,
    /// Whether only ASCII is shown.
    pub ascii: bool,
}

impl Settings {
    /// What is set unless anybody says otherwise, in that theme.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            keys: Keymap::standard(),
            scrolls: true,
            restore: true,
            ascii: false,
        }
    }

    /// What is other in `next`, as the configuration calls it.
    pub fn changes(&self, next: &Self) -> Vec<&'static str> {
        let changes = [
            (self.theme != next.theme, "theme"),
            (self.keys != next.keys, "keys"),
            (self.scrolls != next.scrolls, "scroll_region"),
            (self.restore != next.restore, "restore"),
            (self.ascii != next.ascii, "ascii"),
        ];
        let changed = changes.into_iter().filter(|(is_other, _)| *is_other);
        changed.map(|(_, name)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_other_is_named() {
        let now = Settings::new(Theme::sixteen());
        assert_eq!(now.changes(&now), [""; 0]);
        let next = Settings {
            theme: Theme::light(),
            scrolls: false,
            ..now.clone()
        };
        assert_eq!(now.changes(&next), ["theme", "scroll_region"]);
        let quiet = Settings {
            restore: false,
            ..now.clone()
        };
        assert_eq!(now.changes(&quiet), ["restore"]);
    }
}
