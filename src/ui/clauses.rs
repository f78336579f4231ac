//! The clauses of a filter as the operator handles them: each can be switched off without being lost.

use crate::domain::filter;

/// A clause, and whether it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// As it was typed or written.
    pub text: String,
    /// Whether it is in force.
    pub on: bool,
}

/// The clauses of one filter, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clauses(Vec<Clause>);

impl Clauses {
    /// Those of a filter, with some that are off.
    pub fn of(filter: &str, off: &[String]) -> Self {
        let mut clauses = Self::default();
        clauses.0.extend(off.iter().map(|text| Clause {
            text: text.clone(),
            on: false,
        }));
        clauses.typed(filter);
        clauses
    }

    /// The clauses that are off.
    pub fn off(&self) -> Vec<String> {
        let off = self.0.iter().filter(|clause| !clause.on);
        off.map(|clause| clause.text.clone()).collect()
    }

    /// All of them.
    pub fn all(&self) -> &[Clause] {
        &self.0
    }

    /// How many are in force, and how many are not.
    pub fn counts(&self) -> (usize, usize) {
        let on = self.0.iter().filter(|clause| clause.on).count();
        (on, self.0.len() - on)
    }

    /// The filter that they make up.
    pub fn in_force(&self) -> String {
        let on = self.0.iter().filter(|clause| clause.on);
        filter::joined(on.map(|clause| clause.text.as_str()))
    }

    /// Another filter was typed: it takes the place of the clauses in force. Those that are off stay.
    pub fn typed(&mut self, text: &str) {
        self.0.retain(|clause| !clause.on);
        let on = filter::clauses(text).into_iter();
        let on: Vec<Clause> = on.map(|text| Clause { text, on: true }).collect();
        self.0.retain(|off| on.iter().all(|on| on.text != off.text));
        self.0.splice(0..0, on);
    }

    /// Adds a clause, or switches on the same one.
    pub fn keep(&mut self, text: &str) {
        match self.0.iter_mut().find(|clause| clause.text == text) {
            Some(clause) => clause.on = true,
            None => self.0.push(Clause {
                text: text.to_owned(),
                on: true,
            }),
        }
    }

    /// Leaves that clause and no other.
    pub fn only(&mut self, text: &str) {
        self.0.clear();
        self.keep(text);
    }

    /// Switches a clause on or off.
    pub fn toggle(&mut self, index: usize) {
        if let Some(clause) = self.0.get_mut(index) {
            clause.on = !clause.on;
        }
    }

    /// Switches all off, or all on when none is in force.
    pub fn toggle_all(&mut self) {
        let on = self.counts().0 == 0;
        for clause in &mut self.0 {
            clause.on = on;
        }
    }

    /// What is told about them where some are off; empty otherwise.
    pub fn words(&self) -> String {
        match self.counts() {
            (_, 0) => String::new(),
            (1, off) => format!("1 filter on, {off} off"),
            (on, off) => format!("{on} filters on, {off} off"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(clauses: &Clauses) -> Vec<(&str, bool)> {
        let all = clauses.all().iter();
        all.map(|clause| (clause.text.as_str(), clause.on))
            .collect()
    }

    #[test]
    fn a_clause_is_switched_off_and_comes_back_in_its_place() {
        let mut clauses = Clauses::default();
        clauses.typed("ana status:active -bo");
        clauses.toggle(1);
        assert_eq!(clauses.in_force(), "ana -bo");
        assert_eq!(clauses.words(), "2 filters on, 1 off");
        clauses.toggle(1);
        assert_eq!(clauses.in_force(), "ana status:active -bo");
        assert_eq!(clauses.words(), "");
    }

    #[test]
    fn typing_replaces_what_is_in_force_and_loses_nothing_that_is_off() {
        let mut clauses = Clauses::default();
        clauses.typed("a b");
        clauses.toggle(0);
        clauses.typed("c");
        assert_eq!(texts(&clauses), [("c", true), ("a", false)]);
        clauses.typed("a");
        assert_eq!(
            texts(&clauses),
            [("a", true)],
            "the same is not there twice"
        );
    }

    #[test]
    fn all_go_off_and_on_at_once() {
        let mut clauses = Clauses::default();
        clauses.typed("a b c");
        clauses.toggle(0);
        clauses.toggle_all();
        assert_eq!(
            (clauses.counts(), clauses.in_force()),
            ((0, 3), String::new())
        );
        clauses.toggle_all();
        assert_eq!(clauses.in_force(), "a b c");
    }

    #[test]
    fn a_clause_beside_alternatives_does_not_become_one_of_them() {
        let mut clauses = Clauses::default();
        clauses.typed("a or b");
        clauses.keep("c=1");
        clauses.keep("c=1");
        assert_eq!(clauses.in_force(), "(a or b) c=1");
        clauses.only("d=2");
        assert_eq!(texts(&clauses), [("d=2", true)]);
    }
}
