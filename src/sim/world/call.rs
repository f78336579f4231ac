//! Calls that programs made over the wire, as far as the log tells of them: by which program, to which path.
//!
//! A call is noted once, when it begins to change something; every happening that follows from it points here, also one that
//! follows a while later.

use super::World;
use super::index::CallIx;

/// Okta keeps so many characters of a `User-Agent`.
const MOST_OF_AGENT: usize = 500;

/// A call that changes something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The `User-Agent` header, cut to what Okta keeps; empty when there was none.
    pub agent: String,
    /// The path, as in `debugData.requestUri`.
    pub path: String,
    /// Path and query, as in `debugData.url`: with a question mark even where nothing follows it.
    pub url: String,
}

impl Call {
    /// A call of `path` with this query.
    pub fn new(agent: &str, path: &str, query: &str) -> Self {
        Self {
            agent: agent.chars().take(MOST_OF_AGENT).collect(),
            path: path.to_owned(),
            url: format!("{path}?{query}"),
        }
    }
}

impl World {
    /// Notes a call that is about to change something.
    pub fn take_call(&mut self, call: Call) -> CallIx {
        let ix = CallIx::from_usize(self.calls.len());
        self.calls.push(call);
        ix
    }

    /// The call at `ix`.
    pub fn call(&self, ix: CallIx) -> &Call {
        &self.calls[ix.at()]
    }
}
