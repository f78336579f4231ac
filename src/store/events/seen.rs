//! Which uuids a day holds: 12 to 36 bytes of memory and 4 of disk for each, so that a day of a million events costs little to write to.
//!
//! Only 32 bits of a uuid are kept. They say "perhaps" or "never"; where they say perhaps, all 16 bytes are compared in the block.

use crate::domain::id::EventUuid;

/// The uuids of a day, by the numbers of their events.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The 32 bits of each event, by its number.
    marks: Vec<u32>,
    /// Numbers plus one, each where its mark points or in the next slot that was free; 0 is free. A power of two in length.
    slots: Vec<u32>,
}

impl Seen {
    pub(super) fn of(marks: Vec<u32>) -> Self {
        let mut seen = Self {
            slots: Vec::new(),
            marks,
        };
        seen.spread();
        seen
    }

    /// The 32 bits of a uuid. The halves of Okta's are time and chance; both take part.
    pub(super) fn mark_of(uuid: EventUuid) -> u32 {
        let (time, chance) = uuid.0.split_at(8);
        let number = |half: &[u8]| {
            half.iter()
                .fold(0u64, |number, byte| number << 8 | u64::from(*byte))
        };
        let mixed =
            (number(time) ^ number(chance).rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed
            .to_be_bytes()
            .iter()
            .take(4)
            .fold(0, |mark, byte| mark << 8 | u32::from(*byte))
    }

    pub(super) fn marks(&self) -> &[u32] {
        &self.marks
    }

    /// The numbers of the events whose uuid may have this mark.
    pub(super) fn with_mark(&self, mark: u32) -> impl Iterator<Item = u64> {
        let slots = self.slots_from(mark).map(|slot| self.slots[slot]);
        let taken = slots.take_while(|number| *number != 0);
        taken
            .map(|number| number - 1)
            .filter(move |number| self.marks[*number as usize] == mark)
            .map(u64::from)
    }

    /// Notes the next event's mark.
    pub(super) fn push(&mut self, mark: u32) {
        self.marks.push(mark);
        if self.marks.len() * 2 > self.slots.len() {
            self.spread();
        } else {
            self.put(mark, self.marks.len());
        }
    }

    fn spread(&mut self) {
        self.slots = vec![0; (self.marks.len() * 4).next_power_of_two().max(1_024)];
        for index in 0..self.marks.len() {
            self.put(self.marks[index], index + 1);
        }
    }

    fn put(&mut self, mark: u32, number: usize) {
        let free = self.slots_from(mark).find(|slot| self.slots[*slot] == 0);
        if let Some(free) = free {
            self.slots[free] = u32::try_from(number).unwrap_or(u32::MAX);
        }
    }

    /// Every slot once, from where the mark points.
    fn slots_from(&self, mark: u32) -> impl Iterator<Item = usize> + use<> {
        let length = self.slots.len();
        (0..length).map(move |step| (mark as usize + step) & (length - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mark_is_found_and_no_other_number() {
        // Few marks for many events, so that slots are taken by others again and again.
        let mark = |n: u32| n.wrapping_mul(7_919) % 3_000;
        let mut seen = Seen::of((0..500).map(mark).collect());
        (500..9_000).for_each(|n| seen.push(mark(n)));
        for wanted in 0..3_100 {
            let found: Vec<u64> = seen.with_mark(wanted).collect();
            let mut sorted = found.clone();
            sorted.sort_unstable();
            let expected: Vec<u64> = (0..9_000)
                .filter(|n| mark(*n) == wanted)
                .map(u64::from)
                .collect();
            assert_eq!(sorted, expected);
        }
        assert_eq!(Seen::default().with_mark(7).count(), 0);
    }
}
