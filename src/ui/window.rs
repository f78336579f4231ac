//! The write window: for how long, and why, this console may confirm changes. Without one it only looks and stages.

use std::time::Duration;

use jiff::Timestamp;

use super::format;
use crate::domain::time;

/// The shortest and the longest window.
const LEAST: Duration = Duration::from_mins(1);
const MOST: Duration = Duration::from_hours(1);

/// A window that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it ends.
    pub until: Timestamp,
    /// Why it was opened, which goes into the journal with what is confirmed.
    pub reason: String,
}

/// Whether this console may confirm changes now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing<'a> {
    /// It may not.
    Closed,
    /// It may, for this reason; for none where the profile needs no window.
    Open(Option<&'a str>),
}

/// What was typed behind `:write`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// To open one for that long, for this reason; which is still to be asked for when it is empty.
    Open(Duration, String),
    /// To close it.
    Close,
    /// Nothing: how does it stand?
    Nothing,
}

/// Reads `10m suspected takeover`, or `off`.
///
/// # Errors
/// What is wrong with it, in a few words.
pub fn read(argument: &str) -> Result<Typed, String> {
    let argument = argument.trim();
    let (span, reason) = argument.split_once(' ').unwrap_or((argument, ""));
    match span {
        "" => return Ok(Typed::Nothing),
        "off" => return Ok(Typed::Close),
        _ => {}
    }
    let read = time::parse_span(span).map_err(|_| how_long())?;
    if !(LEAST..=MOST).contains(&read) {
        return Err(how_long());
    }
    Ok(Typed::Open(read, reason.trim().to_owned()))
}

fn how_long() -> String {
    "say for how long, 1m to 60m, and why, such as `write 10m locked out, called back`".to_owned()
}

impl Window {
    /// One that is open from now on.
    pub fn open(span: Duration, reason: &str, now: Timestamp) -> Self {
        Self {
            until: time::after(now, span),
            reason: reason.to_owned(),
        }
    }

    /// When it ends, as a time of day.
    pub fn end(&self) -> String {
        format::time_of_day(self.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_as_long_as_it_may_be_and_has_a_reason() {
        let open =
            |minutes, why: &str| Ok(Typed::Open(Duration::from_mins(minutes), why.to_owned()));
        assert_eq!(read("10m locked out"), open(10, "locked out"));
        assert_eq!(read(" 1m "), open(1, ""));
        assert_eq!(read("60m x"), open(60, "x"));
        assert_eq!(read("1h x"), open(60, "x"));
        assert_eq!(read("off"), Ok(Typed::Close));
        assert_eq!(read(""), Ok(Typed::Nothing));
        for wrong in ["61m x", "59s x", "0m x", "ten x", "-5m x", "2h x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
