//! Why somebody has something, what makes use of a group, by which paths an admin is one: answers about access as text with links.
//!
//! One question is asked again whenever the mirror changes. What the answer does not know is told above what it tells.

mod tell;

use std::time::Duration;

use jiff::Timestamp;

use super::event::Tickets;
use super::facts::Facts;
use super::linked::{Linked, Text};
use super::model::Model;
use super::text_view::Move;
use super::theme::Theme;
use crate::access::{self, Asked, Question, WhoRow};
use crate::domain::entry::Subject;
use crate::domain::query::Revisions;
use crate::domain::time;
use crate::msg::{Answer, Ask, Problem, Request};

/// How long a text waits at least before it asks again: such questions look at many lists.
pub(super) const REREAD_AFTER: Duration = Duration::from_secs(2);

/// A question about access and the text of its answer.
#[derive(Clone, Debug)]
pub struct Reasons {
    /// What it is called.
    title: String,
    question: Question,
    /// The only one of the admins that is told about.
    of: Option<Subject>,
    as_of: Option<Timestamp>,
    answer: Option<access::Answer>,
    problem: Option<Problem>,
    asked: Option<u64>,
    outdated: bool,
    not_before: Timestamp,
    seen: u64,
    text: Linked,
}

impl Reasons {
    /// A question that has not been asked yet.
    pub fn new(title: String, question: Question) -> Self {
        Self {
            title,
            question,
            of: None,
            as_of: None,
            answer: None,
            problem: None,
            asked: None,
            outdated: true,
            not_before: Timestamp::MIN,
            seen: 0,
            text: Linked::default(),
        }
    }

    /// By which paths somebody or something is an admin.
    pub fn of_admin(title: String, of: Subject) -> Self {
        Self {
            of: Some(of),
            ..Self::new(title, Question::Admins)
        }
    }

    /// What it is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The text.
    pub fn text(&self) -> &Linked {
        &self.text
    }

    /// Whether both ask the same.
    pub fn is_same(&self, other: &Self) -> bool {
        self.question == other.question && self.of == other.of
    }

    /// Moves in the text.
    pub fn go(&mut self, to: Move) {
        self.text.go(to);
    }

    /// Looks at another moment; `None` is now.
    pub fn look_at(&mut self, as_of: Option<Timestamp>) {
        if self.as_of != as_of {
            self.as_of = as_of;
            self.answer = None;
            self.asked = None;
            self.outdate();
        }
    }

    /// Asks again.
    pub fn outdate(&mut self) {
        self.outdated = true;
        self.not_before = Timestamp::MIN;
    }

    /// Forgets a question whose answer cannot come any more.
    pub fn disconnect(&mut self) {
        self.asked = None;
        self.outdated = true;
    }

    /// When it wants to ask; `None` when it waits for an answer or has the newest.
    pub fn wants_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        // The past changes only by what is learned about it late, which is no reason to ask again.
        let news = self.as_of.is_none() && self.seen != revision(revisions);
        let wants = self.asked.is_none() && (self.outdated || news);
        wants.then_some(self.not_before)
    }

    /// The question, when its time has come.
    pub fn poll(
        &mut self,
        now: Timestamp,
        revisions: &Revisions,
        tickets: &mut Tickets,
    ) -> Option<Request> {
        if self.wants_at(revisions)? > now {
            return None;
        }
        let ticket = tickets.take();
        self.asked = Some(ticket);
        self.outdated = false;
        self.seen = revision(revisions);
        self.not_before = time::after(now, REREAD_AFTER);
        let ask = Ask::Access(Asked {
            question: self.question.clone(),
            as_of: self.as_of,
        });
        Some(Request { ticket, ask })
    }

    /// Whether it waits for this answer.
    pub fn awaits(&self, ticket: u64) -> bool {
        self.asked == Some(ticket)
    }

    /// Takes in the answer.
    pub fn accept(&mut self, answer: Result<Answer, Problem>) {
        self.asked = None;
        match answer {
            Ok(Answer::Access(answer)) => {
                self.answer = Some(*answer);
                self.problem = None;
            }
            Ok(_) => {}
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// Lays the text out in `width` by `height`.
    pub fn arrange(&mut self, width: usize, height: usize, model: &Model) {
        let text = self.words(width, model);
        self.text.fit(text, height);
    }

    fn words(&self, width: usize, model: &Model) -> Text {
        let theme = model.theme;
        let mut facts = Facts::new(width, theme);
        if let Some(problem) = &self.problem {
            facts.sentence(&problem.summary, theme.error());
            if let Some(hint) = &problem.hint {
                facts.sentence(hint, theme.quiet());
            }
        }
        match &self.answer {
            Some(answer) => tell::answer(&mut facts, answer, self.of.as_ref(), theme),
            None if self.problem.is_none() => {
                facts.sentence("Not loaded yet: asking the agent.", theme.quiet());
            }
            None => {}
        }
        facts.linked()
    }
}

/// The paths of one who has something, for showing beside its list.
pub(super) fn holder(facts: &mut Facts, row: &WhoRow, theme: Theme) {
    tell::holder(facts, row, theme);
}

/// How often anything that access depends on has changed.
pub fn revision(revisions: &Revisions) -> u64 {
    revisions
        .users
        .wrapping_add(revisions.groups)
        .wrapping_add(revisions.apps)
        .wrapping_add(revisions.entries)
}
