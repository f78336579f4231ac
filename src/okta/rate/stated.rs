//! What the headers of one answer say about its bucket.

use http::HeaderMap;
use jiff::Timestamp;

/// What an answer says about its bucket. Headers that are missing, doubled or no numbers say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(in crate::okta) struct Stated {
    /// `X-Rate-Limit-Limit`: requests per window.
    pub(in crate::okta) limit: Option<u32>,
    /// `X-Rate-Limit-Remaining`: what is left of them.
    pub(in crate::okta) remaining: Option<u32>,
    /// `X-Rate-Limit-Reset`: when the window ends, in whole seconds of Okta's clock.
    pub(in crate::okta) reset: Option<Timestamp>,
}

impl Stated {
    /// Reads the three headers.
    pub(in crate::okta) fn read(headers: &HeaderMap) -> Self {
        let number = |name: &str| -> Option<i64> {
            let mut values = headers.get_all(name).iter();
            let first = values.next()?.to_str().ok()?.trim().parse().ok()?;
            values.next().is_none().then_some(first)
        };
        let count = |name| number(name).and_then(|number| u32::try_from(number).ok());
        Self {
            limit: count("x-rate-limit-limit"),
            remaining: count("x-rate-limit-remaining"),
            reset: number("x-rate-limit-reset").and_then(|secs| Timestamp::from_second(secs).ok()),
        }
    }

    /// Whether a 429 with these headers means too many requests at once: then limit and remaining are both zero, and the reset is only
    /// a suggestion.
    pub(in crate::okta) fn is_crowded(self) -> bool {
        self.limit == Some(0) && self.remaining == Some(0)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn stated(lines: &[(&'static str, &'static str)]) -> Stated {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        Stated::read(&headers)
    }

    #[test]
    fn headers_are_read_or_say_nothing() {
        let full = stated(&[
            ("x-rate-limit-limit", "600"),
            ("x-rate-limit-remaining", " 599 "),
            ("x-rate-limit-reset", "1795342800"),
        ]);
        assert_eq!((full.limit, full.remaining), (Some(600), Some(599)));
        assert_eq!(full.reset.unwrap().as_second(), 1_795_342_800);
        assert_eq!(stated(&[]), Stated::default());
        for odd in ["", "-1", "many", "99999999999", "1e3", "600, 600"] {
            assert_eq!(stated(&[("x-rate-limit-limit", odd)]).limit, None, "{odd}");
        }
        assert_eq!(
            stated(&[("x-rate-limit-limit", "1"), ("x-rate-limit-limit", "2")]).limit,
            None
        );
        assert_eq!(
            stated(&[("x-rate-limit-reset", "9223372036854775807")]).reset,
            None
        );
    }

    #[test]
    fn two_zeros_mean_too_many_at_once() {
        let zeros = stated(&[("x-rate-limit-limit", "0"), ("x-rate-limit-remaining", "0")]);
        assert!(zeros.is_crowded());
        let used_up = stated(&[
            ("x-rate-limit-limit", "60"),
            ("x-rate-limit-remaining", "0"),
        ]);
        assert!(!used_up.is_crowded());
    }
}
