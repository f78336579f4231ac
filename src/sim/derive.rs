//! Facts that follow from the seed alone, so that they need not be stored: a user's home address, an id's tail, an
//! app user's external id. The same seed and the same name always give the same fact.

/// A deterministic source of facts about one org.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub u64);

/// Keeps the number 0 from being the word 0, which mixes to itself.
const STEP: u64 = 0x632b_e59b_d9b4_e019;

impl Seed {
    /// A well-mixed number for the `n`th thing of the kind `salt`.
    pub fn hash(self, salt: &str, n: u64) -> u64 {
        mix(self.salted(salt) ^ mix(n.wrapping_add(STEP)))
    }

    /// The `n` of which `hash` is [`Seed::hash`]: every number has one, so whether it means anything is the caller's to say.
    pub fn number_of(self, salt: &str, hash: u64) -> u64 {
        unmix(unmix(hash) ^ self.salted(salt)).wrapping_sub(STEP)
    }

    fn salted(self, salt: &str) -> u64 {
        let start = self.0 ^ 0x9e37_79b9_7f4a_7c15;
        salt.bytes()
            .fold(start, |state, byte| mix(state ^ u64::from(byte)))
    }

    /// A number below `bound` for the `n`th thing of the kind `salt`; 0 when `bound` is 0.
    pub fn below(self, salt: &str, n: u64, bound: u64) -> u64 {
        self.hash(salt, n).checked_rem(bound).unwrap_or(0)
    }

    /// Whether the `n`th thing of the kind `salt` is among the given percentage.
    pub fn percent(self, salt: &str, n: u64, percent: u64) -> bool {
        self.below(salt, n, 100) < percent
    }

    /// One of `choices` for the `n`th thing of the kind `salt`.
    ///
    /// `choices` must not be empty.
    pub fn pick<'a, T>(self, salt: &str, n: u64, choices: &'a [T]) -> &'a T {
        let at = usize::try_from(self.below(salt, n, choices.len() as u64))
            .expect("an index into a slice fits a usize");
        &choices[at]
    }
}

/// Spreads every input bit over the whole word (the finisher of splitmix64).
pub fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// The characters of ids, keys and tokens that may stand in an address.
pub const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The word of which [`mix`] made this one.
pub fn unmix(mut word: u64) -> u64 {
    word = (word ^ (word >> 31) ^ (word >> 62)).wrapping_mul(0x3196_42b2_d24d_8ec3);
    word = (word ^ (word >> 27) ^ (word >> 54)).wrapping_mul(0x96de_1b17_3f11_9089);
    word ^ (word >> 30) ^ (word >> 60)
}

/// `count` characters of `alphabet` that follow from `word`.
pub fn letters(word: u64, alphabet: &[u8], count: usize) -> String {
    let base = alphabet.len() as u64;
    let mut state = word;
    (0..count)
        .map(|_| {
            state = mix(state.wrapping_add(0x9e37_79b9_7f4a_7c15));
            let at = usize::try_from(state % base).expect("below the alphabet's length");
            char::from(alphabet[at])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_facts_and_another_gives_others() {
        assert_eq!(Seed(7).hash("home", 3), Seed(7).hash("home", 3));
        assert_ne!(Seed(7).hash("home", 3), Seed(8).hash("home", 3));
        assert_ne!(Seed(7).hash("home", 3), Seed(7).hash("home", 4));
        assert_ne!(Seed(7).hash("home", 3), Seed(7).hash("device", 3));
    }

    #[test]
    fn a_hash_leads_back_to_its_number() {
        for n in [0, 1, 7, 4_000_003, u64::MAX] {
            assert_eq!(unmix(mix(n)), n);
            assert_eq!(Seed(5).number_of("device", Seed(5).hash("device", n)), n);
        }
    }

    #[test]
    fn percentages_hold_roughly() {
        let hits = (0..10_000).filter(|n| Seed(1).percent("x", *n, 12)).count();
        assert!((1_000..1_400).contains(&hits), "{hits}");
    }
}
