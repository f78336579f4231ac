//! A hunt: a bounded question put to Okta's own log, for what the mirror may not have.
//!
//! Such a question goes by when events happened, not by when Okta stored them, so that what Okta stores late may be missing from its
//! answer. That is why a stretch that was hunted is never counted as complete.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::text::SafeText;

/// What is hunted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Quarry {
    /// What a user did: by id, login or name.
    User,
    /// What came from an address.
    Ip,
    /// What happened in a session.
    Session,
    /// What was done to something: by id, login, name or label.
    Target,
}

/// The text is no word for what can be hunted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hunt a user, an ip, a session or a target")]
pub struct NoQuarry;

impl Quarry {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::User, Self::Ip, Self::Session, Self::Target];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Ip => "ip",
            Self::Session => "session",
            Self::Target => "target",
        }
    }

    /// What the filter language of the log calls it.
    pub fn field(self) -> &'static str {
        match self {
            Self::User => "actor",
            Self::Ip => "ip",
            Self::Session => "session",
            Self::Target => "target",
        }
    }
}

impl FromStr for Quarry {
    type Err = NoQuarry;

    fn from_str(word: &str) -> Result<Self, NoQuarry> {
        let all = Self::ALL.into_iter();
        all.clone()
            .find(|quarry| quarry.word() == word)
            .ok_or(NoQuarry)
    }
}

/// What is hunted, and in which stretch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunt {
    /// What.
    pub quarry: Quarry,
    /// Who or which of it, as it was typed.
    pub text: String,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
}

impl Hunt {
    /// What it is after, in words.
    pub fn words(&self) -> String {
        format!("{} {}", self.quarry.word(), self.text)
    }

    /// The clause of the filter language that keeps what it finds, among other things that go by the same name.
    pub fn clause(&self) -> String {
        let text = self.text.replace('"', "\\\"");
        format!("{}=\"{text}\"", self.quarry.field())
    }
}

/// What a hunt will cost, as far as that can be told before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HuntCost {
    /// How many of the events are stored already.
    pub stored: u64,
    /// Requests that so many events take; there may be more of them.
    pub requests: u64,
    /// After how many requests it stops, whatever is left.
    pub at_most: u64,
    /// Requests that Okta allows in a window of a minute for its log; `None` while it has not told.
    pub limit: Option<u32>,
    /// Requests that are left in this window.
    pub remaining: Option<u32>,
}

impl HuntCost {
    /// The part of a window's requests that it takes, in percent.
    pub fn percent(&self) -> Option<u64> {
        let limit = u64::from(self.limit?).max(1);
        Some((self.requests * 100).div_ceil(limit))
    }

    /// The cost in few words.
    pub fn short(&self) -> String {
        let plural = if self.requests == 1 { "" } else { "s" };
        let share = match (self.percent(), self.limit, self.remaining) {
            (Some(percent), Some(limit), Some(left)) => {
                format!(", {percent}% of {limit}/min, {left} left")
            }
            _ => String::new(),
        };
        let most = self.at_most;
        format!("{}+ request{plural}{share}, at most {most}", self.requests)
    }

    /// The cost in words.
    pub fn words(&self) -> String {
        let plural = if self.requests == 1 { "" } else { "s" };
        let least = format!("at least {} request{plural}", self.requests);
        let share = match (self.percent(), self.limit, self.remaining) {
            (Some(percent), Some(limit), Some(left)) => {
                format!(", {percent}% of the {limit} a minute ({left} left now)")
            }
            _ => String::new(),
        };
        format!("{least}{share}, at most {}", self.at_most)
    }
}

/// What one request of a hunt brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunted {
    /// Events that are new.
    pub stored: u64,
    /// Events that were stored already.
    pub known: u64,
    /// Events that could not be read.
    pub bad: u64,
    /// How far back it has come.
    pub reached: Timestamp,
    /// What to ask on with; `None` when there is no more.
    pub next: Option<String>,
}

/// A stretch that was hunted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HuntedStretch {
    /// What was hunted, in words.
    pub words: SafeText,
    /// How far back it went.
    pub from: Timestamp,
    /// Where it ended.
    pub until: Timestamp,
    /// When it was asked, by the server's clock.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hunt_is_told_with_its_share_of_the_limit() {
        let cost = HuntCost {
            stored: 2_500,
            requests: 3,
            at_most: 50,
            limit: Some(60),
            remaining: Some(41),
        };
        assert_eq!(
            cost.words(),
            "at least 3 requests, 5% of the 60 a minute (41 left now), at most 50"
        );
        assert_eq!(
            cost.short(),
            "3+ requests, 5% of 60/min, 41 left, at most 50"
        );
        let unknown = HuntCost {
            requests: 1,
            limit: None,
            ..cost
        };
        assert_eq!(unknown.words(), "at least 1 request, at most 50");
    }

    #[test]
    fn every_quarry_is_read_back_from_its_word() {
        for quarry in Quarry::ALL {
            assert_eq!(quarry.word().parse(), Ok(quarry));
        }
        assert_eq!("group".parse::<Quarry>(), Err(NoQuarry));
    }
}
