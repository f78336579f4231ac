//! Lists that go to a file as they were at one moment.
//!
//! A list is read window by window, by where rows stand in it. While it changes, a row may be read twice or not at all, and nobody could tell
//! from the file. So the counters of what it is made of are compared before and after; when they differ, it is written once more from its
//! beginning, and when it will not hold still, that is told.

use super::ask::Asker;
use super::command::status;
use super::failure::Failure;
use super::output::Output;
use crate::domain::query::Revisions;
use crate::domain::resource::Resource;

/// How often a list is begun.
const TRIES: u32 = 5;

/// What is told of a list that did not hold still.
const CHANGED: &str = "the list changed while it was written, each time that it was begun: a row may be missing or there twice; export it again";

/// The watch over a list that is written.
pub(super) struct Steady {
    before: Option<Revisions>,
    tries: u32,
}

/// What is to be done with what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is what it was at one moment, or nobody can take it back.
    Stays,
    /// It was taken back, and is to be written again.
    Again,
}

impl Steady {
    /// Before anything is asked.
    ///
    /// # Errors
    /// What the agent says.
    pub(super) async fn begin(asker: &mut impl Asker, out: &Output) -> Result<Self, Failure> {
        let mut steady = Self {
            before: None,
            tries: TRIES,
        };
        if out.can_begin_again() {
            steady.before = Some(status::ask(asker).await?.revisions);
        }
        Ok(steady)
    }

    /// After so many windows of it were written. One alone is of one moment.
    ///
    /// # Errors
    /// What the agent says, [`Failure::Partial`] when it never held still, or that the file cannot be written.
    pub(super) async fn end(
        &mut self,
        windows: usize,
        asker: &mut impl Asker,
        out: &mut Output,
    ) -> Result<Verdict, Failure> {
        let Some(before) = self.before.filter(|_| windows > 1) else {
            return Ok(Verdict::Stays);
        };
        let after = status::ask(asker).await?.revisions;
        if stood(&out.about.needs, &before, &after) {
            return Ok(Verdict::Stays);
        }
        self.tries -= 1;
        if self.tries == 0 {
            return Err(Failure::Partial(CHANGED.to_owned()));
        }
        out.begin_again()?;
        self.before = Some(after);
        Ok(Verdict::Again)
    }
}

/// Whether nothing changed of what these lists tell.
fn stood(needs: &[Resource], before: &Revisions, after: &Revisions) -> bool {
    let counter = |of: &Revisions, resource: Resource| match resource {
        Resource::Users => of.users,
        Resource::Groups | Resource::Memberships => of.groups,
        Resource::Apps | Resource::AppUsers | Resource::AppGroups => of.apps,
        Resource::Log => of.events,
        _ => of.entries,
    };
    let same = |one: &Resource| counter(before, *one) == counter(after, *one);
    needs.iter().all(same)
}
