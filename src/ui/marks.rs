//! Rows that the operator has marked: by what they are, so that marks stay where they belong through every order and every window.

use std::collections::HashMap;
use std::hash::Hash;

use super::format;

/// How many rows can be marked.
pub const MOST: usize = 1_000;

/// Marked rows, each by its id, and the beginning of a range that is not finished.
#[derive(Clone, Debug)]
pub struct Marks<Id, At> {
    /// The marked ids, each with the number of its marking.
    marked: HashMap<Id, u64>,
    next: u64,
    /// Where a range begins that has no end yet.
    from: Option<(Id, At)>,
    /// How many were to be marked the last time, when that was too many.
    refused: Option<usize>,
    /// How many were let go because other rows are listed now; 0 once something is marked again.
    gone: usize,
}

impl<Id, At> Default for Marks<Id, At> {
    fn default() -> Self {
        Self {
            marked: HashMap::new(),
            next: 0,
            from: None,
            refused: None,
            gone: 0,
        }
    }
}

impl<Id: Clone + Eq + Hash, At: Clone> Marks<Id, At> {
    /// How many rows are marked.
    pub fn len(&self) -> usize {
        self.marked.len()
    }

    /// Whether there is nothing for Esc to clear.
    pub fn is_empty(&self) -> bool {
        self.marked.is_empty() && self.from.is_none()
    }

    /// Whether that row is marked.
    pub fn has(&self, id: &Id) -> bool {
        self.marked.contains_key(id)
    }

    /// Where the range began that has no end yet.
    pub fn from(&self) -> Option<&(Id, At)> {
        self.from.as_ref()
    }

    /// The marked ids, in the order of their marking.
    pub fn ids(&self) -> Vec<&Id> {
        let mut ids: Vec<(&Id, u64)> = self.marked.iter().map(|(id, at)| (id, *at)).collect();
        ids.sort_by_key(|(_, at)| *at);
        ids.into_iter().map(|(id, _)| id).collect()
    }

    /// Marks a row, or takes its mark away.
    pub fn toggle(&mut self, id: Id) {
        (self.refused, self.gone) = (None, 0);
        if self.marked.remove(&id).is_none() {
            self.add([id], 1);
        }
    }

    /// Marks rows, as many as there is room for; `of` is how many were meant, `usize::MAX` where more were meant than is known.
    pub fn add(&mut self, ids: impl IntoIterator<Item = Id>, of: usize) {
        (self.refused, self.gone) = (None, 0);
        let mut taken = 0;
        for id in ids {
            if self.marked.len() >= MOST && !self.has(&id) {
                break;
            }
            self.marked.entry(id).or_insert(self.next);
            self.next += 1;
            taken += 1;
        }
        self.refused = (taken < of).then_some(of);
    }

    /// Begins a range, or gives the beginning of the one that now has its end.
    pub fn range(&mut self, id: Id, at: At) -> Option<(Id, At)> {
        if let Some(from) = self.from.take() {
            return Some(from);
        }
        self.from = Some((id, at));
        None
    }

    /// Takes back the last step: the range that was begun, or else all marks.
    pub fn clear(&mut self) {
        if self.from.take().is_none() {
            *self = Self::default();
        }
    }

    /// Lets go of all of them because other rows will be listed: what is not in sight must not be acted on.
    pub fn let_go(&mut self) {
        let gone = self.marked.len();
        if !self.is_empty() {
            *self = Self {
                gone,
                ..Self::default()
            };
        }
    }

    /// What the title says about them; `None` when there is nothing to say.
    pub fn words(&self) -> Option<String> {
        let marked = match self.refused {
            Some(of) => {
                let of = match of {
                    usize::MAX => "more".to_owned(),
                    of => format::count_len(of),
                };
                let marked = format::count_len(self.len());
                format!("{marked} marked of {of}, no more can be")
            }
            None => format!("{} marked", format::count_len(self.len())),
        };
        match (self.from.is_some(), self.marked.is_empty()) {
            (false, true) if self.gone > 0 => {
                let marks = format::counted(self.gone as u64, "mark");
                Some(format!(
                    "{marks} let go with the filter, {{key:history-back}} returns"
                ))
            }
            (true, true) => Some("range begun, {key:mark-range} ends it".to_owned()),
            (true, false) => Some(format!("{marked}, range begun, {{key:mark-range}} ends it")),
            (false, true) => None,
            (false, false) => Some(marked),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_keep_their_order_and_their_bound() {
        let mut marks: Marks<usize, ()> = Marks::default();
        for id in [7, 3, 9, 3] {
            marks.toggle(id);
        }
        assert_eq!(marks.ids(), [&7, &9]);
        assert_eq!(marks.words().as_deref(), Some("2 marked"));
        marks.add(0..5_000, 5_000);
        assert_eq!(marks.len(), MOST);
        let words = marks.words().unwrap();
        assert_eq!(words, "1,000 marked of 5,000, no more can be");
        marks.toggle(7);
        assert_eq!(marks.len(), MOST - 1, "there is room again");
    }

    #[test]
    fn marks_that_are_let_go_are_told_until_something_is_marked() {
        let mut marks: Marks<usize, usize> = Marks::default();
        marks.let_go();
        assert_eq!(marks.words(), None);
        marks.add([1, 2], 2);
        marks.range(5, 50);
        marks.let_go();
        assert!(marks.is_empty() && marks.ids().is_empty());
        let words = "2 marks let go with the filter, {key:history-back} returns";
        assert_eq!(marks.words().as_deref(), Some(words));
        marks.toggle(3);
        assert_eq!(marks.words().as_deref(), Some("1 marked"));
    }

    #[test]
    fn a_range_that_was_begun_goes_before_the_marks() {
        let mut marks: Marks<usize, usize> = Marks::default();
        marks.toggle(1);
        assert_eq!(marks.range(5, 50), None);
        marks.clear();
        assert_eq!((marks.len(), marks.from()), (1, None));
        marks.range(5, 50);
        assert_eq!(marks.range(9, 90), Some((5, 50)));
        marks.clear();
        assert!(marks.is_empty());
    }
}
