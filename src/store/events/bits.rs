//! A set of small numbers as bits: which events of a segment come into question.

/// A set of numbers below a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// None of the first `count` numbers.
    pub(super) fn none(count: u32) -> Self {
        Self(vec![0; (count as usize).div_ceil(64)])
    }

    /// All of the first `count` numbers.
    pub(super) fn all(count: u32) -> Self {
        Self(vec![u64::MAX; (count as usize).div_ceil(64)])
    }

    /// Puts `number` in; one beyond the bound is left out, it can only come from damage.
    pub(super) fn set(&mut self, number: u32) {
        if let Some(word) = self.0.get_mut(number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn has(&self, number: u32) -> bool {
        let word = self.0.get(number as usize / 64);
        word.is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    /// Whether any of `count` numbers from `first` on is in the set.
    pub(super) fn has_any(&self, first: u32, count: u32) -> bool {
        let end = first.saturating_add(count);
        let mut words = (first / 64..).zip(self.0.iter().skip(first as usize / 64));
        words
            .by_ref()
            .take_while(|(at, _)| at * 64 < end)
            .any(|(at, word)| {
                let low = first.saturating_sub(at * 64);
                let high = (end - at * 64).min(64);
                word << (64 - high) >> (64 - high) >> low != 0
            })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn keep(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }

    /// The set as bytes, lowest numbers first.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Puts in what [`to_bytes`](Self::to_bytes) gave.
    pub(super) fn add_bytes(&mut self, bytes: &[u8]) {
        for (word, bytes) in self.0.iter_mut().zip(bytes.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            *word |= u64::from_le_bytes(whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_a_run_is_found_as_one_by_one() {
        let mut bits = Bits::none(300);
        for number in [3, 64, 127, 200, 299] {
            bits.set(number);
        }
        for first in 0..310 {
            for count in 0..140 {
                let one_by_one = (first..first + count).any(|number| bits.has(number));
                assert_eq!(bits.has_any(first, count), one_by_one, "{first} {count}");
            }
        }
    }
}
