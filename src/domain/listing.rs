//! The difference between "this is all there is" and "this is what we got".
//!
//! Most mass removals in the field came from a failed or partial read that was taken for an empty truth. So the two are
//! different types here, and whatever removes something asks for a [`Complete`].

use serde::{Deserialize, Serialize};

use super::text::SafeText;

/// Everything that Okta listed, to the end: every page answered 200, decoded fully, and the last one had no `next`.
///
/// It has no public constructor from a bare list; only [`Listing::finish`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complete<T>(Vec<T>);

impl<T> Complete<T> {
    /// The items.
    pub fn items(&self) -> &[T] {
        &self.0
    }

    /// The same listing with each item turned into something else; it stays as complete as it was.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Complete<U> {
        Complete(self.0.into_iter().map(turn).collect())
    }

    /// The same listing with all of its items in one; it stays as complete as it was.
    pub fn into_one<U>(self, turn: impl FnOnce(Vec<T>) -> U) -> Complete<U> {
        Complete(vec![turn(self.0)])
    }

    /// Gives the items up.
    pub fn into_items(self) -> Vec<T> {
        self.0
    }
}

/// Why a listing does not count as complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartialReason {
    /// A page could not be read; the words say what happened.
    Failed(String),
    /// Items could not be decoded.
    BadItems(u64),
    /// Okta led in circles or past the page cap.
    Endless,
    /// The credential may not read it, or may read less than before.
    Forbidden,
    /// The credential lacks this OAuth scope.
    MissingScope(SafeText),
    /// The credential's owner lacks an admin role that may read it; the words name one that may.
    MissingRole(SafeText),
    /// The org has not enabled the feature that it belongs to.
    NotEnabled,
    /// It took longer than six hours, so what was read first may no longer hold.
    TooSlow,
    /// It was cancelled or the process ended.
    Interrupted,
    /// The listing is excluded by the configuration, in part or whole.
    Excluded,
}

impl std::fmt::Display for PartialReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(why) => write!(f, "failed: {why}"),
            Self::BadItems(n) => write!(f, "{n} items could not be read"),
            Self::Endless => f.write_str("the pages had no end"),
            Self::Forbidden => f.write_str("the credential may not read it"),
            Self::MissingScope(scope) => write!(f, "the credential lacks the scope {scope}"),
            Self::MissingRole(role) => write!(
                f,
                "the credential's owner lacks a role that may read it, such as {role}"
            ),
            Self::NotEnabled => f.write_str("the org has not enabled it"),
            Self::TooSlow => f.write_str("took longer than six hours"),
            Self::Interrupted => f.write_str("interrupted"),
            Self::Excluded => f.write_str("excluded by the configuration"),
        }
    }
}

/// A listing that is being read, page by page.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    items: Vec<T>,
    bad_items: u64,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            bad_items: 0,
        }
    }
}

impl<T> Listing<T> {
    /// Takes in a page: its items, and how many of them could not be decoded.
    pub fn add_page(&mut self, items: impl IntoIterator<Item = T>, bad_items: u64) {
        self.items.extend(items);
        self.bad_items += bad_items;
    }

    /// What was read so far.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Closes the listing after its last page.
    ///
    /// # Errors
    /// [`PartialReason::BadItems`] when something in it could not be decoded: then it may not remove anything.
    pub fn finish(self) -> Result<Complete<T>, (Vec<T>, PartialReason)> {
        if self.bad_items == 0 {
            Ok(Complete(self.items))
        } else {
            Err((self.items, PartialReason::BadItems(self.bad_items)))
        }
    }
}
