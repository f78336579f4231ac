//! The body of an answer that is an error.

use serde_json::value::RawValue;

use super::fields::Fields;
use crate::domain::text::SafeText;

/// What Okta says about an error. Only the code is a promise; the System Log leaves the rest out at times.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::okta) struct Problem {
    /// Such as `E0000011`.
    pub(in crate::okta) code: Option<SafeText>,
    /// The summary and the causes in one line.
    pub(in crate::okta) summary: SafeText,
}

impl Problem {
    /// Reads a body; one that is no such JSON reads as a problem that says nothing.
    pub(in crate::okta) fn read(body: &[u8]) -> Self {
        let raw: Option<&RawValue> = serde_json::from_slice(body).ok();
        let Some(fields) = raw.and_then(|raw| Fields::of(raw).ok()) else {
            return Self::default();
        };
        let causes = fields.list("errorCauses").into_iter();
        let causes = causes.filter_map(|cause| Fields::of(cause).ok()?.filled("errorSummary"));
        let words: Vec<String> = fields
            .filled("errorSummary")
            .into_iter()
            .chain(causes.take(3))
            .map(String::from)
            .collect();
        let line: String = words.join("; ").chars().take(400).collect();
        Self {
            code: fields.filled("errorCode").filter(|code| code.len() <= 32),
            summary: line.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_error_bodies_are_read() {
        let full = r#"{"errorCode":"E0000001","errorSummary":"Api validation failed: login","errorLink":"E0000001","errorId":"oae1","errorCauses":[{"errorSummary":"login: taken"},{},null]}"#;
        let problem = Problem::read(full.as_bytes());
        assert_eq!(problem.code.as_deref(), Some("E0000001"));
        assert_eq!(
            &*problem.summary,
            "Api validation failed: login; login: taken"
        );
        let short =
            Problem::read(br#"{"errorCode":"E0000053","errorSummary":"Invalid \u001b[2J filter"}"#);
        assert_eq!(&*short.summary, "Invalid \\x1b[2J filter");
    }

    #[test]
    fn what_is_no_error_body_says_nothing() {
        for body in ["", "<html>", "[]", "null", "{\"errorCode\":{}}"] {
            assert_eq!(Problem::read(body.as_bytes()), Problem::default(), "{body}");
        }
    }
}
