//! Many short texts in one piece of memory, so that a word is looked for in all of them at once.
//!
//! A text has parts; each part ends with a newline, which no text that is safe to show has inside. A search goes over the memory as
//! one long text and finds out which text a hit is in with a cursor that only moves on.

use memchr::memmem::Finder;

/// What ends a part.
const END: u8 = b'\n';

/// Texts by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arena {
    pub(super) text: Vec<u8>,
    /// Where each text ends.
    pub(super) ends: Vec<u32>,
}

/// Which parts of a text count: bit `n` for part `n`.
pub(super) type Parts = u8;

impl Arena {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn start(&self, number: usize) -> usize {
        number.checked_sub(1).map_or(0, |before| self.end(before))
    }

    fn end(&self, number: usize) -> usize {
        self.ends.get(number).map_or(0, |end| *end as usize)
    }

    /// A text as it was given, each part with its end.
    pub(super) fn text(&self, number: usize) -> &str {
        let text = self.text.get(self.start(number)..self.end(number));
        std::str::from_utf8(text.unwrap_or_default()).unwrap_or_default()
    }

    /// One part of a text; empty when it has no such part.
    pub(super) fn part(&self, number: usize, part: usize) -> &str {
        self.text(number).split('\n').nth(part).unwrap_or_default()
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.extend_from_slice(text.as_bytes());
        self.ends.push(offset(self.text.len()));
    }

    /// Puts another text in the place of one.
    pub(super) fn replace(&mut self, number: usize, text: &str) {
        let (start, end) = (self.start(number), self.end(number));
        self.text.splice(start..end, text.bytes());
        for later in &mut self.ends[number..] {
            *later = offset(*later as usize + text.len() - (end - start));
        }
    }

    /// Calls `found` with each text that has `needle` (not empty, without an end) in a part that counts, in ascending order.
    pub(super) fn search(
        &self,
        needle: &[u8],
        counts: impl Fn(usize) -> Parts,
        mut found: impl FnMut(usize),
    ) {
        let finder = Finder::new(needle);
        let (mut from, mut number) = (0, 0);
        while let Some(hit) = self.text.get(from..).and_then(|text| finder.find(text)) {
            let hit = from + hit;
            number += ends_before(&self.ends[number..], hit);
            let parts = counts(number);
            if parts == Parts::MAX || parts & self.part_at(number, hit) != 0 {
                found(number);
                from = self.end(number);
                number += 1;
            } else {
                from = hit + 1;
            }
        }
    }

    fn part_at(&self, number: usize, place: usize) -> Parts {
        let before = &self.text[self.start(number)..place];
        let part = memchr::memchr_iter(END, before).count();
        1u8.checked_shl(u32::try_from(part).unwrap_or(u32::MAX))
            .unwrap_or(0)
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// A block holds 4,096 texts of some kilobytes at most.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// How many of the ascending `ends` are not after `place`: the next one mostly, so steps grow from one.
fn ends_before(ends: &[u32], place: usize) -> usize {
    let after = |at: usize| ends.get(at).is_none_or(|end| *end as usize > place);
    let mut step = 1;
    let mut low = 0;
    while !after(low + step - 1) {
        low += step;
        step *= 2;
    }
    let rest = ends.get(low..(low + step).min(ends.len()));
    low + rest
        .unwrap_or_default()
        .partition_point(|end| *end as usize <= place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_search_finds_what_looking_at_each_finds(
            texts in prop::collection::vec("[ab]{0,3}\n[abc]{0,3}\n", 0..40),
            needle in "[abc]{1,2}",
            parts in 1u8..4,
            changed in prop::collection::vec((0usize..40, "[abc]{0,5}\n\n"), 0..6),
        ) {
            let mut arena = Arena::default();
            for text in &texts {
                arena.push(text);
            }
            let mut texts = texts;
            for (at, text) in changed {
                if at < texts.len() {
                    arena.replace(at, &text);
                    texts[at] = text;
                }
            }
            let has = |text: &String| {
                let mut all = text.split('\n').enumerate();
                all.any(|(n, part)| parts & (1 << n) != 0 && part.contains(&needle))
            };
            let expected: Vec<usize> = (0..texts.len()).filter(|n| has(&texts[*n])).collect();
            let mut found = Vec::new();
            arena.search(needle.as_bytes(), |_| parts, |n| found.push(n));
            prop_assert_eq!(found, expected);
            for (n, text) in texts.iter().enumerate() {
                prop_assert_eq!(arena.text(n), text);
            }
        }
    }
}
