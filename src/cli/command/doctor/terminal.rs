//! What the terminal can show, as far as it can be known without asking it anything.

use std::env;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

use super::Check;
use crate::cli::output;

/// The smallest screen that shows everything.
const COLUMNS: u16 = 80;
const ROWS: u16 = 24;
/// A longer wait after Esc is felt.
const MAX_ESCAPE_MS: u32 = 50;
/// tmux answers at once or not at all.
const TMUX_LIMIT: Duration = Duration::from_secs(2);

/// What is known of the terminal.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    term: Option<String>,
    locale: Option<String>,
    /// Columns and rows; `None` when there is no terminal.
    size: Option<(u16, u16)>,
    tmux: Option<Tmux>,
}

/// Options of the tmux that the terminal is in; each `None` when it did not tell.
#[derive(Clone, Debug, Default)]
struct Tmux {
    escape_time_ms: Option<u32>,
    set_clipboard: Option<String>,
}

impl Facts {
    pub(super) async fn of_process() -> Self {
        let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            term: set("TERM"),
            locale: set("LC_ALL")
                .or_else(|| set("LC_CTYPE"))
                .or_else(|| set("LANG")),
            size: output::terminal_size(),
            tmux: match set("TMUX") {
                Some(_) => Some(Tmux::ask().await),
                None => None,
            },
        }
    }
}

impl Tmux {
    async fn ask() -> Self {
        Self {
            escape_time_ms: tmux_option("escape-time")
                .await
                .and_then(|value| value.parse().ok()),
            set_clipboard: tmux_option("set-clipboard").await,
        }
    }
}

async fn tmux_option(name: &str) -> Option<String> {
    let asked = Command::new("tmux")
        .args(["show-options", "-sv", name])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(TMUX_LIMIT, asked).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub(super) fn checks(facts: &Facts) -> Vec<Check> {
    let mut checks = vec![term(facts), locale(facts), size(facts)];
    checks.extend(facts.tmux.as_ref().map(tmux).unwrap_or_default());
    checks
}

fn term(facts: &Facts) -> Check {
    match facts.term.as_deref() {
        None => Check::warning(
            "terminal",
            "TERM is not set",
            "in a terminal: export TERM=xterm-256color",
        ),
        Some("dumb") => Check::warning(
            "terminal",
            "TERM=dumb: the console cannot draw, commands work",
            "open a full terminal for the console",
        ),
        Some(term) => Check::good("terminal", format!("TERM={term}")),
    }
}

fn locale(facts: &Facts) -> Check {
    let locale = facts.locale.as_deref().unwrap_or("not set");
    let upper = locale.to_ascii_uppercase();
    if upper.contains("UTF-8") || upper.contains("UTF8") {
        Check::good("locale", locale)
    } else {
        Check::warning(
            "locale",
            format!("{locale}: names in other scripts may be drawn wrongly"),
            "export LC_ALL=C.UTF-8",
        )
    }
}

fn size(facts: &Facts) -> Check {
    match facts.size {
        None => Check::unknown("size", "not in a terminal"),
        Some((0, _) | (_, 0)) => Check::warning(
            "size",
            "the terminal does not tell its size",
            "stty cols 80 rows 24",
        ),
        Some((columns, rows)) if columns < COLUMNS || rows < ROWS => Check::warning(
            "size",
            format!("{columns}x{rows}: some panes are cut off"),
            format!("make it {COLUMNS}x{ROWS} or larger"),
        ),
        Some((columns, rows)) => Check::good("size", format!("{columns}x{rows}")),
    }
}

fn tmux(tmux: &Tmux) -> Vec<Check> {
    let mut checks = Vec::new();
    match tmux.escape_time_ms {
        Some(wait) if wait > MAX_ESCAPE_MS => checks.push(Check::warning(
            "tmux",
            format!("escape-time is {wait} ms: Esc feels slow"),
            "in ~/.tmux.conf: set -sg escape-time 10",
        )),
        Some(wait) => checks.push(Check::good("tmux", format!("escape-time {wait} ms"))),
        None => checks.push(Check::unknown("tmux", "it does not tell its options")),
    }
    if tmux.set_clipboard.as_deref() == Some("off") {
        checks.push(Check::warning(
            "tmux",
            "set-clipboard is off: what is copied does not leave tmux",
            "in ~/.tmux.conf: set -s set-clipboard on",
        ));
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn states(facts: &Facts) -> Vec<State> {
        checks(facts).iter().map(|check| check.state).collect()
    }

    #[test]
    fn a_good_terminal_has_nothing_to_mend() {
        let facts = Facts {
            term: Some("xterm".into()),
            locale: Some("de_DE.utf8".into()),
            size: Some((80, 24)),
            tmux: None,
        };
        assert_eq!(states(&facts), [State::Good; 3]);
    }

    #[test]
    fn everything_odd_has_a_fix() {
        let tmux = Tmux {
            escape_time_ms: Some(500),
            set_clipboard: Some("off".into()),
        };
        let facts = Facts {
            term: Some("dumb".into()),
            locale: Some("C".into()),
            size: Some((10, 3)),
            tmux: Some(tmux),
        };
        assert_eq!(states(&facts), [State::Warning; 5]);
        assert!(checks(&facts).iter().all(|check| check.fix.is_some()));
        assert_eq!(
            states(&Facts::default()),
            [State::Warning, State::Warning, State::Unknown]
        );
    }
}
