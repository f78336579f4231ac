//! The clauses of a filter as the operator handles them: each can be switched off without being lost.

use crate::domain::filter;

/// A clause, and whether it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// As it was typed or written.
    pub text: String,
    /// Whether it is in force.
    pub on: bool,
    /// What people call the thing that it names by an id.
    pub name: Option<String>,
}

impl Clause {
    fn new(text: String, on: bool) -> Self {
        let name = None;
        Self { text, on, name }
    }
}

/// The clauses of one filter, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clauses(Vec<Clause>);

impl Clauses {
    /// Those of a filter, with some that are off, and names for what some of them are about.
    pub fn of(filter: &str, off: &[String], names: &[(String, String)]) -> Self {
        let mut clauses = Self::default();
        let off = off.iter().map(|text| Clause::new(text.clone(), false));
        clauses.0.extend(off);
        clauses.typed(filter);
        clauses.settle();
        for clause in &mut clauses.0 {
            let named = names.iter().find(|(text, _)| *text == clause.text);
            clause.name = named.map(|(_, name)| name.clone());
        }
        clauses
    }

    /// What those are called that clauses name by an id: the clause, and the name.
    pub fn names(&self) -> Vec<(String, String)> {
        let named = self.0.iter();
        let named = named.filter_map(|it| Some((it.text.clone(), it.name.clone()?)));
        named.collect()
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

    /// The same for people to read: with names for ids.
    pub fn told(&self) -> String {
        let on = || self.0.iter().filter(|clause| clause.on);
        let texts = filter::bracketed(on().map(|clause| clause.text.as_str()));
        let told = texts.into_iter().zip(on());
        let told = told.map(|(text, clause)| match &clause.name {
            Some(name) => format!("{text} ({name})"),
            None => text,
        });
        told.collect::<Vec<_>>().join(" ")
    }

    /// Another filter is being typed: it takes the place of the clauses in force. Those that are off stay, also one that is on its way
    /// through the same letters.
    pub fn typed(&mut self, text: &str) {
        let names = self.names();
        self.0.retain(|clause| !clause.on);
        let on = filter::clauses(text).into_iter();
        let mut on: Vec<Clause> = on.map(|text| Clause::new(text, true)).collect();
        for clause in &mut on {
            let named = names.iter().find(|(text, _)| *text == clause.text);
            clause.name = named.map(|(_, name)| name.clone());
        }
        self.0.splice(0..0, on);
    }

    /// The filter is typed: what is off and was typed again is not there twice.
    pub fn settle(&mut self) {
        let on = self.0.iter().filter(|clause| clause.on);
        let on: Vec<String> = on.map(|clause| clause.text.clone()).collect();
        self.0
            .retain(|clause| clause.on || !on.contains(&clause.text));
    }

    /// Says them in other words.
    pub fn reword(&mut self, change: &mut impl FnMut(&str) -> String) {
        for clause in &mut self.0 {
            clause.text = change(&clause.text);
            clause.name = clause.name.as_deref().map(&mut *change);
        }
    }

    /// Adds a clause about something of that name, or switches on the same one.
    pub fn keep(&mut self, text: &str, name: Option<&str>) {
        let name = name.map(str::to_owned);
        match self.0.iter_mut().find(|clause| clause.text == text) {
            Some(clause) => (clause.on, clause.name) = (true, name),
            None => self.0.push(Clause {
                name,
                ..Clause::new(text.to_owned(), true)
            }),
        }
    }

    /// Forgets the clauses for which `drops` holds, in force or not.
    pub fn remove(&mut self, drops: impl Fn(&str) -> bool) {
        self.0.retain(|clause| !drops(&clause.text));
    }

    /// Leaves that clause and no other.
    pub fn only(&mut self, text: &str, name: Option<&str>) {
        self.0.clear();
        self.keep(text, name);
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
        clauses.typed("ab");
        assert_eq!(texts(&clauses), [("ab", true), ("a", false)]);
        clauses.typed("a");
        clauses.settle();
        assert_eq!(
            texts(&clauses),
            [("a", true)],
            "the same is not there twice"
        );
    }

    #[test]
    fn a_name_stays_with_the_clause_that_it_belongs_to() {
        let mut clauses = Clauses::default();
        clauses.typed("a or b");
        clauses.keep("actorId=00u1", Some("ana"));
        assert_eq!(clauses.told(), "(a or b) actorId=00u1 (ana)");
        assert_eq!(clauses.in_force(), "(a or b) actorId=00u1");
        clauses.typed("actorId=00u1 c");
        assert_eq!(clauses.told(), "actorId=00u1 (ana) c");
        let again = Clauses::of("actorId=00u1 c", &[], &clauses.names());
        assert_eq!(again, clauses);
        clauses.typed("actorId=00u2");
        assert_eq!(clauses.told(), "actorId=00u2");
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
        clauses.keep("c=1", None);
        clauses.keep("c=1", None);
        assert_eq!(clauses.in_force(), "(a or b) c=1");
        clauses.only("d=2", None);
        assert_eq!(texts(&clauses), [("d=2", true)]);
    }
}
