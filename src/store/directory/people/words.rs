//! A column of texts that many rows share (titles, departments, managers): each text once, and a number for each row.

use super::arena::Arena;
use super::block::{Bits, ROWS, set};

/// Texts that no row has any more are dropped when there are this many in all.
const MOST_TEXTS: usize = 2 * ROWS;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) texts: Arena,
    /// Numbers of the texts, in the order of the texts.
    pub(super) sorted: Vec<u16>,
    /// The number of each row's text.
    pub(super) rows: Vec<u16>,
}

impl Words {
    /// The text of a row.
    pub(super) fn of(&self, row: usize) -> usize {
        self.rows
            .get(row)
            .map_or(usize::MAX, |text| usize::from(*text))
    }

    pub(super) fn push(&mut self, text: &str) {
        let number = self.number(text);
        self.rows.push(number);
    }

    pub(super) fn replace(&mut self, row: usize, text: &str) {
        if self.texts.len() >= MOST_TEXTS {
            self.tidy();
        }
        self.rows[row] = self.number(text);
    }

    fn number(&mut self, text: &str) -> u16 {
        let texts = &self.texts;
        let place = self
            .sorted
            .binary_search_by(|number| texts.text(usize::from(*number)).cmp(text));
        match place {
            Ok(place) => self.sorted[place],
            Err(place) => {
                let number = u16::try_from(texts.len()).unwrap_or(u16::MAX);
                self.texts.push(text);
                self.sorted.insert(place, number);
                number
            }
        }
    }

    fn tidy(&mut self) {
        let old = std::mem::take(self);
        for text in old.rows {
            self.push(old.texts.text(usize::from(text)));
        }
    }

    /// The rows whose text is among the marked ones.
    pub(super) fn rows_of(&self, marked: &Marked) -> Bits {
        let mut rows = [0; ROWS / 64];
        if marked.any {
            for (row, text) in self.rows.iter().enumerate() {
                if marked.has(usize::from(*text)) {
                    set(&mut rows, row);
                }
            }
        }
        rows
    }

    pub(super) fn shrink(&mut self) {
        self.texts.shrink();
        self.sorted.shrink_to_fit();
        self.rows.shrink_to_fit();
    }
}

/// Some of the texts of a column.
pub(super) struct Marked {
    bits: [u64; 1 << 10],
    any: bool,
}

impl Marked {
    pub(super) fn none() -> Self {
        Self {
            bits: [0; 1 << 10],
            any: false,
        }
    }

    pub(super) fn mark(&mut self, text: usize) {
        if let Some(bits) = self.bits.get_mut(text / 64) {
            *bits |= 1 << (text % 64);
            self.any = true;
        }
    }

    fn has(&self, text: usize) -> bool {
        self.bits
            .get(text / 64)
            .is_some_and(|bits| bits & (1 << (text % 64)) != 0)
    }
}
