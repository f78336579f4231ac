//! How changes look: the words of their states, and which of them stand out.

use ratatui::style::Style;

use crate::action::state::State;
use crate::msg::queue::OpLine;
use crate::ui::theme::Theme;

/// Where a change stands, in words.
pub fn state_words(line: &OpLine) -> String {
    state_word(line.state).to_owned()
}

/// A state in words for people; the word of the command line where that can be read as it is.
pub fn state_word(state: State) -> &'static str {
    match state {
        State::AwaitingSecond => "awaits a second",
        State::InFlight => "in flight",
        State::NeedsHuman => "NEEDS YOU",
        State::Unknown => "UNKNOWN",
        State::ResolvedYes => "said done",
        State::ResolvedNo => "said not done",
        other => other.word(),
    }
}

/// How a state looks.
pub fn state_style(state: State, theme: Theme) -> Style {
    match state {
        State::Unknown | State::NeedsHuman | State::Failed => theme.error(),
        State::Verified | State::ResolvedYes => theme.good(),
        State::Proposed | State::AwaitingSecond | State::Blocked | State::Stale => theme.warning(),
        state if state.is_final() => theme.quiet(),
        _ => theme.text(),
    }
}
