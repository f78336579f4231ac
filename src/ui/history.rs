//! Where the operator was: places with their filters and cursors, to go back and forward in, as in a browser.

use super::layout::PaneId;
use super::list::List;
use super::log::Log;
use super::page::Page;

/// How many places are remembered.
const MAX_PLACES: usize = 50;

/// A pane with its filter and cursor, and the pages that were open above it.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which pane.
    pub focus: PaneId,
    /// The pane itself.
    pub root: Root,
    /// The pages, the last on top.
    pub pages: Vec<Page>,
}

/// A pane's content.
#[derive(Clone, Debug)]
pub enum Root {
    /// A list of objects.
    List(Box<List>),
    /// The log.
    Log(Box<Log>),
}

impl Place {
    fn is_same(&self, other: &Self) -> bool {
        let pages = self.pages.len() == other.pages.len();
        let mut both = self.pages.iter().zip(&other.pages);
        self.focus == other.focus
            && self.root.filter() == other.root.filter()
            && pages
            && both.all(|(a, b)| a.is_same(b))
    }
}

impl Root {
    fn filter(&self) -> &str {
        match self {
            Self::List(list) => list.filter(),
            Self::Log(log) => log.filter(),
        }
    }
}

/// Places before and after the present one.
#[derive(Clone, Debug, Default)]
pub struct History {
    past: Vec<Place>,
    future: Vec<Place>,
}

impl History {
    /// Remembers `place`, which is about to be left for a new one.
    pub fn leave(&mut self, place: Place) {
        self.future.clear();
        if self.past.last().is_some_and(|last| last.is_same(&place)) {
            self.past.pop();
        }
        if self.past.len() == MAX_PLACES {
            self.past.remove(0);
        }
        self.past.push(place);
    }

    /// The place before `present`, which can then be gone forward to.
    pub fn back(&mut self, present: Place) -> Option<Place> {
        let place = self.past.pop()?;
        self.future.push(present);
        Some(place)
    }

    /// The place after `present`.
    pub fn forward(&mut self, present: Place) -> Option<Place> {
        let place = self.future.pop()?;
        self.past.push(present);
        Some(place)
    }

    /// Whether there is a place before.
    pub fn has_past(&self) -> bool {
        !self.past.is_empty()
    }

    /// Whether there is a place after.
    pub fn has_future(&self) -> bool {
        !self.future.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Kind;
    use crate::ui::record::Topic;

    fn place(filter: &str) -> Place {
        let mut list = List::new(Topic::all(Kind::User));
        list.set_filter(filter, jiff::Timestamp::UNIX_EPOCH);
        Place {
            focus: PaneId::Users,
            root: Root::List(Box::new(list)),
            pages: Vec::new(),
        }
    }

    fn filter(place: Option<Place>) -> String {
        place.map_or_else(String::new, |place| place.root.filter().to_owned())
    }

    #[test]
    fn it_goes_back_and_forward_like_a_browser() {
        let mut history = History::default();
        history.leave(place("a"));
        history.leave(place("b"));
        assert_eq!(filter(history.back(place("c"))), "b");
        assert_eq!(filter(history.back(place("b"))), "a");
        assert!(!history.has_past());
        assert_eq!(filter(history.forward(place("a"))), "b");
        history.leave(place("b"));
        assert!(!history.has_future(), "a new way forgets the old one");
    }

    #[test]
    fn the_same_place_is_remembered_once_and_not_without_end() {
        let mut history = History::default();
        history.leave(place("a"));
        history.leave(place("a"));
        assert_eq!(history.past.len(), 1);
        for n in 0..3 * MAX_PLACES {
            history.leave(place(&n.to_string()));
        }
        assert_eq!(history.past.len(), MAX_PLACES);
    }
}
