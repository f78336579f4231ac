//! What would come of a change if it were carried out now.

use serde::{Deserialize, Serialize};

use super::plan::OpId;

/// A change as a dry run finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreseen {
    /// Which.
    pub op: OpId,
    /// Whether it would be sent.
    pub is_sent: bool,
    /// As what, or why not, in words.
    pub words: String,
}

/// All of a dry run in a sentence.
pub fn summary(foreseen: &[Foreseen]) -> String {
    let sent = foreseen.iter().filter(|one| one.is_sent).count();
    let all = match foreseen.len() {
        1 => "its change".to_owned(),
        count => format!("{count} changes"),
    };
    let not = foreseen.iter().find(|one| !one.is_sent);
    match not {
        None => format!("dry run: {all} would be sent"),
        Some(one) if sent == 0 && foreseen.len() == 1 => {
            format!("dry run: nothing would be sent: {}", one.words)
        }
        Some(one) => format!(
            "dry run: {sent} of {all} would be sent; {}: {}",
            one.op, one.words
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(sent: &[bool]) -> String {
        let one = |(op, is_sent): (u32, &bool)| Foreseen {
            op: OpId { plan: 17, op },
            is_sent: *is_sent,
            words: "it is so already".to_owned(),
        };
        summary(&(1..).zip(sent).map(one).collect::<Vec<_>>())
    }

    #[test]
    fn a_dry_run_is_told_with_the_first_that_would_not_be_sent() {
        assert_eq!(told(&[true]), "dry run: its change would be sent");
        assert_eq!(told(&[true, true]), "dry run: 2 changes would be sent");
        assert_eq!(
            told(&[false]),
            "dry run: nothing would be sent: it is so already"
        );
        assert_eq!(
            told(&[true, false, false]),
            "dry run: 1 of 3 changes would be sent; 17.2: it is so already"
        );
    }
}
