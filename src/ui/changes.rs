//! What changed between two moments, by whom where the log says so, newest first: text in which each change leads to what it happened to.
//!
//! Without an end the stretch goes on up to now, and the text grows as the mirror learns of more.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::event::Tickets;
use super::facts::Facts;
use super::format;
use super::linked::{Destination, Linked, Text};
use super::model::Model;
use super::reasons;
use super::text_view::Move;
use super::theme::Theme;
use crate::domain::entry::EntryKey;
use crate::domain::entry::Subject;
use crate::domain::history::{Change, ChangeRow, Relation};
use crate::domain::id::ObjectId;
use crate::domain::query::Revisions;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::msg::{Answer, Ask, ChangeTold, ChangesNext, ChangesQuery, Problem, Request};

/// How many changes are told; more are a stretch to be narrowed.
const LIMIT: usize = 500;

/// What changed between two moments.
#[derive(Clone, Debug)]
pub struct Changes {
    /// What they are of; `None` is everything.
    subject: Option<Subject>,
    since: Timestamp,
    /// `None` is up to now.
    until: Option<Timestamp>,
    title: String,
    told: Option<Vec<ChangeTold>>,
    /// Where the last answer ended, which was not all yet.
    next: Option<ChangesNext>,
    problem: Option<Problem>,
    asked: Option<u64>,
    outdated: bool,
    not_before: Timestamp,
    seen: u64,
    text: Linked,
}

impl Changes {
    /// A stretch that has not been asked about yet.
    ///
    /// # Errors
    /// When nothing can have changed in it: it lies in the future, or its end is not after its beginning. Says so in a sentence.
    pub fn between(
        since: Timestamp,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, String> {
        if since > now {
            return Err(format!("{} is still to come.", format::moment(since)));
        }
        if let Some(until) = until.filter(|until| *until <= since) {
            return Err(format!(
                "nothing lies from {} to {}.",
                format::minute(since),
                format::minute(until)
            ));
        }
        let end = until.map_or_else(|| "now".to_owned(), format::minute);
        let title = format!("changes {} to {end}", format::minute(since));
        Ok(Self::new(None, since, until, title))
    }

    /// Everything that is known to have happened to something, up to now.
    pub fn of(subject: Subject) -> Self {
        Self::new(Some(subject), Timestamp::MIN, None, "changes".to_owned())
    }

    fn new(
        subject: Option<Subject>,
        since: Timestamp,
        until: Option<Timestamp>,
        title: String,
    ) -> Self {
        Self {
            subject,
            since,
            until,
            title,
            told: None,
            next: None,
            problem: None,
            asked: None,
            outdated: true,
            not_before: Timestamp::MIN,
            seen: 0,
            text: Linked::default(),
        }
    }

    /// Looks at another moment, up to which is told; `None` is now.
    pub fn look_at(&mut self, as_of: Option<Timestamp>) {
        if self.until != as_of {
            self.until = as_of;
            self.told = None;
            self.next = None;
            self.asked = None;
            self.outdate();
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

    /// Moves in the text.
    pub fn go(&mut self, to: Move) {
        self.text.go(to);
    }

    /// Asks again.
    pub fn outdate(&mut self) {
        self.outdated = true;
        self.not_before = Timestamp::MIN;
    }

    /// Forgets a question whose answer cannot come any more.
    pub fn disconnect(&mut self) {
        self.asked = None;
        self.next = None;
        self.outdated = true;
    }

    /// When it wants to ask; `None` when it waits for an answer or has the newest.
    pub fn wants_at(&self, revisions: &Revisions) -> Option<Timestamp> {
        if self.next.is_some() && self.asked.is_none() {
            return Some(Timestamp::MIN);
        }
        let news = self.until.is_none() && self.seen != reasons::revision(revisions);
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
        if self.next.is_none() {
            self.outdated = false;
            self.seen = reasons::revision(revisions);
            self.not_before = time::after(now, reasons::REREAD_AFTER);
        }
        let known = self.told.as_ref().filter(|_| self.next.is_some());
        let ask = Ask::Changes(ChangesQuery {
            since: self.since,
            until: self.until.unwrap_or(Timestamp::MAX),
            subject: self.subject.clone(),
            limit: LIMIT.saturating_sub(known.map_or(0, Vec::len)),
            from: self.next.clone(),
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
            Ok(Answer::Changes(found)) => {
                let known = self.told.take().filter(|_| self.next.is_some());
                let mut told = known.unwrap_or_default();
                told.extend(found.rows);
                self.next = found.next.filter(|_| told.len() < LIMIT);
                self.told = Some(told);
                self.problem = None;
            }
            Ok(_) => {}
            Err(problem) => {
                self.next = None;
                self.problem = Some(problem);
            }
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
        }
        match &self.told {
            None if self.problem.is_none() => {
                facts.sentence("Not loaded yet: asking the agent.", theme.quiet());
            }
            None => {}
            Some(told) => {
                if let Some(first) = self.ends_before_first(model) {
                    let words = format!(
                        "! Nothing is known of what changed before {}, when the mirror was first filled.",
                        format::moment(first)
                    );
                    facts.sentence(&words, theme.warning());
                    return facts.linked();
                }
                if let Some(words) = self.before_first(model) {
                    // That history has a beginning is no news where all of it was asked for.
                    let style = match self.subject {
                        Some(_) => theme.quiet(),
                        None => theme.warning(),
                    };
                    facts.sentence(&words, style);
                }
                tell(&mut facts, told, self.next.is_some(), width, theme);
            }
        }
        facts.linked()
    }

    /// When the mirror was first filled, where all of the stretch lies before that.
    fn ends_before_first(&self, model: &Model) -> Option<Timestamp> {
        let first = model.known_since([Resource::Users])?;
        self.until
            .is_some_and(|until| until <= first)
            .then_some(first)
    }

    /// That the stretch begins before the mirror was first filled. It is as soon as it can tell what users there were.
    fn before_first(&self, model: &Model) -> Option<String> {
        match model.known_since([Resource::Users]) {
            Some(first) if first <= self.since => None,
            Some(first) => Some(format!(
                "! The mirror was first filled at {}: what changed before that is not known.",
                format::moment(first)
            )),
            None => Some("! The mirror is still being filled for the first time.".to_owned()),
        }
    }
}

fn tell(facts: &mut Facts, told: &[ChangeTold], goes_on: bool, width: usize, theme: Theme) {
    if goes_on {
        facts.sentence("Older changes are still being looked for.", theme.quiet());
    } else if told.is_empty() {
        facts.sentence(
            "Nothing that the mirror observed. What a first reading found is no change.",
            theme.text(),
        );
    }
    if told.len() == LIMIT {
        let text = format!("! Only the newest {LIMIT} are told: name a later beginning or an end.");
        facts.sentence(&text, theme.warning());
    }
    for one in told {
        change(facts, one, width, theme);
    }
}

/// A change in one line, and below it the values and who did it.
fn change(facts: &mut Facts, told: &ChangeTold, width: usize, theme: Theme) {
    let row = &told.row;
    let line = Line::from(vec![
        Span::styled(
            format!("  {}  ", told.at().strftime("%m-%d %H:%M:%S")),
            theme.quiet(),
        ),
        Span::styled(row.name.to_string(), theme.link()),
        Span::raw(format!("{}  {}", whose(row), what(&row.what))),
    ]);
    facts.linked_line(line, Destination::Subject(row.subject.clone()));
    if let Some((before, after)) = values(told) {
        facts.line(Line::from(format!("      - {}", value(before, width))));
        facts.line(Line::from(format!("      + {}", value(after, width))));
    }
    if let Change::Began {
        other, other_name, ..
    }
    | Change::Ended {
        other, other_name, ..
    }
    | Change::Reassigned {
        other, other_name, ..
    } = &row.what
    {
        let to = Destination::Subject(other.clone());
        facts.linked_line(below(other_name, theme), to);
    }
    if let Some((group, name)) = &told.through {
        let to = Destination::Subject(Subject::Object(ObjectId::Group(group.clone())));
        facts.linked_line(below(&format!("through {name}"), theme), to);
    }
    match (&told.proof, row.evidence) {
        (Some(proof), _) => {
            let by = format::maybe(proof.by.as_ref());
            let text = format!("by {by}: {}", proof.event_type);
            facts.linked_line(below(&text, theme), Destination::Event(proof.event));
        }
        (None, Some(event)) => {
            facts.linked_line(
                below(&format!("event {event}"), theme),
                Destination::Event(event),
            );
        }
        (None, None) => {
            facts.line(Line::from(Span::styled(
                "      by whom is not known: the sync observed it",
                theme.quiet(),
            )));
        }
    }
}

/// Whose it is: the user of a role, the policy of a rule.
fn whose(row: &ChangeRow) -> String {
    let Subject::Entry(EntryKey {
        parent: Some(id), ..
    }) = &row.subject
    else {
        return String::new();
    };
    let name = row.parent_name.as_ref().map(SafeText::as_str);
    format!(" of {}", name.unwrap_or(id.as_str()))
}

fn below(text: &str, theme: Theme) -> Line<'static> {
    Line::from(vec![
        Span::raw("      "),
        Span::styled(text.to_owned(), theme.link()),
    ])
}

fn what(change: &Change) -> String {
    match change {
        Change::Appeared => "appeared".to_owned(),
        Change::Archived => "is gone".to_owned(),
        Change::Field { field, .. } => format!("{field} changed"),
        Change::Began { relation, .. } => match relation {
            Relation::Membership => "became a member of".to_owned(),
            Relation::UserAssignment | Relation::GroupAssignment => "was assigned to".to_owned(),
        },
        Change::Ended { relation, .. } => match relation {
            Relation::Membership => "is no longer a member of".to_owned(),
            Relation::UserAssignment | Relation::GroupAssignment => {
                "is no longer assigned to".to_owned()
            }
        },
        Change::Reassigned { field, .. } => format!("{field} of the assignment changed"),
    }
}

type Values<'a> = (Option<&'a SafeText>, Option<&'a SafeText>);

/// The values before and after, by name where they have one.
fn values(told: &ChangeTold) -> Option<Values<'_>> {
    match &told.row.what {
        Change::Field { before, after, .. } | Change::Reassigned { before, after, .. } => Some((
            before.as_ref().map(|value| told.named(value)),
            after.as_ref().map(|value| told.named(value)),
        )),
        _ => None,
    }
}

fn value(value: Option<&SafeText>, width: usize) -> String {
    let text = value.map_or("absent", SafeText::as_str);
    format::cut(text, width.saturating_sub(8).max(10))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entry::EntryKind;
    use crate::msg::{ChangesFound, ChangesRest};

    /// An agent that had not gone through all of the stretch was not asked on, and its first answer looked like the last.
    #[test]
    fn an_answer_that_is_not_all_is_followed_by_the_next_question() {
        let mut changes = Changes::between(Timestamp::MIN, None, Timestamp::UNIX_EPOCH).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let mut tickets = Tickets::default();
        let mut ask = |changes: &mut Changes| {
            let request = changes.poll(now, &Revisions::default(), &mut tickets)?;
            match request.ask {
                Ask::Changes(query) => Some((query.from, query.limit)),
                _ => None,
            }
        };
        let row = || ChangeTold {
            row: ChangeRow {
                at: now,
                subject: Subject::Object(ObjectId::User("00u1".parse().unwrap())),
                name: "ana@acme.com".into(),
                parent_name: None,
                what: Change::Appeared,
                stamped: None,
                evidence: None,
            },
            proof: None,
            names: Vec::new(),
            through: None,
        };
        let found = |next| {
            Ok(Answer::Changes(ChangesFound {
                rows: vec![row()],
                next,
            }))
        };
        let next = ChangesNext {
            at: now,
            behind: None,
            rest: ChangesRest {
                seen_until: now,
                moves: 0,
                parts: Vec::new(),
            },
        };
        assert_eq!(ask(&mut changes), Some((None, LIMIT)));
        changes.accept(found(Some(next.clone())));
        assert_eq!(ask(&mut changes), Some((Some(next), LIMIT - 1)));
        changes.accept(found(None));
        assert_eq!(ask(&mut changes), None, "that was all");
        assert_eq!(changes.told.map(|told| told.len()), Some(2));
    }

    /// `SUPER_ADMIN  appeared`, and not to whom.
    #[test]
    fn a_role_is_told_with_whose_it_is() {
        let mut row = ChangeRow {
            at: Timestamp::UNIX_EPOCH,
            subject: Subject::Entry(EntryKey {
                kind: EntryKind::UserRole,
                parent: Some("00u1".parse().unwrap()),
                id: "ra1".parse().unwrap(),
            }),
            name: "SUPER_ADMIN".into(),
            parent_name: Some("ana@acme.com".into()),
            what: Change::Appeared,
            stamped: None,
            evidence: None,
        };
        assert_eq!(whose(&row), " of ana@acme.com");
        let told = ChangeTold {
            row: row.clone(),
            proof: None,
            names: Vec::new(),
            through: None,
        };
        let theme = Theme::mono();
        let mut facts = Facts::new(80, theme);
        change(&mut facts, &told, 80, theme);
        let text = format!("{:?}", facts.linked());
        assert!(text.contains(" of ana@acme.com  appeared"), "{text}");
        row.parent_name = None;
        assert_eq!(whose(&row), " of 00u1");
        row.subject = Subject::Object("00u1".parse().map(ObjectId::User).unwrap());
        assert_eq!(whose(&row), "");
    }
}
