//! The kinds of misfortune, by where they strike.

use serde::{Deserialize, Serialize};

use super::Strikes;

/// A kind of misfortune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 429 although the client kept to its limit; `reset_secs` and `bare` say what its headers tell.
    RateLimitStorm,
    /// 429 of the concurrency limit: all three headers, the numbers zero.
    ConcurrencyLimit,
    /// An error of the 500s; `status` says which, `retry_after_secs` adds the header.
    ServerError,
    /// 401 for a token that was good a moment ago.
    Unauthorized,
    /// 403: the token's owner lost the right.
    Forbidden,
    /// 404 for what is there: no such path.
    NotFound,
    /// 404 for what is there: no such object.
    Gone,
    /// 409 of a search whose results no longer fit the profile schema.
    InconsistentSchema,
    /// The connection breaks before anything is answered.
    ResetBeforeAnswer,
    /// The connection breaks after the headers.
    ResetAfterHeaders,
    /// The connection breaks half-way through the body.
    ResetMidBody,
    /// Half of the body, then nothing for `millis`, then the rest.
    Stall,
    /// A byte of the body every `millis`.
    SlowLoris,
    /// 200 with a page of HTML, as proxies and sign-in walls send it.
    Html,
    /// 200 with nothing.
    EmptyBody,
    /// A body that ends early but looks complete.
    TruncatedJson,
    /// A text where a list or an object should be.
    WrongType,
    /// `{}` where a list should be.
    EmptyObject,
    /// A byte order mark before the body.
    ByteOrderMark,
    /// A NUL byte in the body.
    RawNul,
    /// `\u0000` in a name.
    EscapedNul,
    /// Half a surrogate pair in a name.
    LoneSurrogate,
    /// Ten thousand arrays in each other.
    Deep,
    /// Two hundred megabytes of white space before the end.
    Huge,
    /// A gzip body that unpacks to a quarter of a gigabyte.
    GzipBomb,
    /// Every object has its id twice, another one first.
    DuplicateKeys,
    /// `NaN` where JSON has no such number.
    NotANumber,
    /// A number beyond what a double holds.
    HugeNumber,
    /// Dates of the year 0.
    YearZero,
    /// Dates of the year 9999.
    YearMax,
    /// The next link leads to another host.
    NextHost,
    /// The next link leads to another port.
    NextPort,
    /// The next link has the other scheme.
    NextScheme,
    /// The next link holds a user name.
    NextUserinfo,
    /// The next link climbs out of the API with `..`.
    NextDots,
    /// The next link leads to a host that only looks like the org's.
    NextLookalike,
    /// The next link leads back to the first page.
    NextLoop,
    /// The next link is the page itself.
    NextSame,
    /// The next link always leads to one more page of the same.
    NextEndless,
    /// A full page without the next link that it should have.
    NextMissing,
    /// Two next links that differ.
    NextTwice,
    /// Log events that come twice.
    DuplicateEvents,
    /// Log events that become visible long after they happened, by `millis`.
    LateEvents,
    /// A page of the log in the wrong order.
    OutOfOrderEvents,
    /// Another event with the uuid of one that came before.
    ReusedUuid,
    /// Log events of tomorrow.
    FutureEvents,
    /// A log event without its uuid.
    MissingUuid,
}

impl Kind {
    /// Whether it concerns single events of the log, not requests.
    pub fn is_of_events(self) -> bool {
        matches!(self, Self::DuplicateEvents | Self::LateEvents)
    }

    /// Whether it strikes pages of the log that have events on them, and nothing else.
    pub fn is_of_log_pages(self) -> bool {
        matches!(
            self,
            Self::OutOfOrderEvents | Self::ReusedUuid | Self::FutureEvents | Self::MissingUuid
        )
    }

    /// Whether it is answered in place of what was asked for, so that it can strike before that is done and after.
    pub fn is_answered_instead(self) -> bool {
        matches!(
            self,
            Self::RateLimitStorm
                | Self::ConcurrencyLimit
                | Self::ServerError
                | Self::Unauthorized
                | Self::Forbidden
                | Self::NotFound
                | Self::Gone
                | Self::InconsistentSchema
                | Self::ResetBeforeAnswer
                | Self::Html
        )
    }

    /// When it strikes if nobody says: what is answered instead, before anything is done; what breaks an answer, after.
    pub fn strikes(self) -> Strikes {
        if self.is_answered_instead() {
            Strikes::Before
        } else {
            Strikes::After
        }
    }

    /// Whether it concerns the link to the next page.
    pub fn is_of_links(self) -> bool {
        matches!(
            self,
            Self::NextHost
                | Self::NextPort
                | Self::NextScheme
                | Self::NextUserinfo
                | Self::NextDots
                | Self::NextLookalike
                | Self::NextLoop
                | Self::NextSame
                | Self::NextEndless
                | Self::NextMissing
                | Self::NextTwice
        )
    }
}
