//! What becomes of a change on its way to Okta, as decisions without an effect: which state follows which, what an answer means, when
//! what is not known is looked at again, and how the journal holds together.
//!
//! Invariants: nothing here sends, stores or reads a clock; an answer that does not prove that nothing happened is never taken for
//! a failure; a change of [`Class::Once`](crate::domain::change::Class::Once) is sent again only when it is proved that it was never executed.

pub mod diff;
pub mod facts;
pub mod foreseen;
pub mod guard;
pub mod journal;
pub mod order;
pub mod plan;
pub mod progress;
pub mod ready;
pub mod resolve;
pub mod standing;
pub mod state;
pub mod verdict;
