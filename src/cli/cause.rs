//! Many troubles of one cause, told once.

/// Names that are told before the rest is counted.
const MAX_TOLD: usize = 3;

/// What had trouble, gathered by the cause of it, in the order in which causes come first.
pub(super) fn by_cause<'a, T>(
    troubles: impl IntoIterator<Item = (T, &'a str)>,
) -> Vec<(&'a str, Vec<T>)> {
    let mut gathered: Vec<(&str, Vec<T>)> = Vec::new();
    for (what, words) in troubles {
        let cause = cause_of(words);
        match gathered.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, all)) => all.push(what),
            None => gathered.push((cause, vec![what])),
        }
    }
    gathered
}

/// The words without what was being done: `failed: could not list users: no connection` is a lack of connection.
fn cause_of(words: &str) -> &str {
    let failed = words.strip_prefix("failed: ").unwrap_or(words);
    let tried = failed.strip_prefix("could not ");
    tried
        .and_then(|tried| tried.split_once(": "))
        .map_or(failed, |(_, cause)| cause)
}

/// Names in a row, the first few of them told.
pub(super) fn told(names: &[impl AsRef<str>]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] if names.len() <= MAX_TOLD + 1 => format!("{} and {last}", all.join(", ")),
        _ => {
            let rest = names.len() - MAX_TOLD;
            format!("{} and {rest} others", names[..MAX_TOLD].join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cause_is_told_once_whatever_was_tried() {
        let gathered = by_cause([
            (
                "users",
                "failed: could not list users: no connection: refused",
            ),
            (
                "groups",
                "failed: could not list groups: no connection: refused",
            ),
            (
                "zones",
                "the credential lacks the scope okta.networkZones.read",
            ),
            ("apps", "no connection: refused"),
        ]);
        assert_eq!(
            gathered,
            [
                ("no connection: refused", vec!["users", "groups", "apps"]),
                (
                    "the credential lacks the scope okta.networkZones.read",
                    vec!["zones"]
                ),
            ]
        );
    }

    #[test]
    fn a_long_row_of_names_is_counted() {
        let names = ["a", "b", "c", "d", "e"];
        for (count, words) in [
            (0, ""),
            (1, "a"),
            (2, "a and b"),
            (4, "a, b, c and d"),
            (5, "a, b, c and 2 others"),
        ] {
            assert_eq!(told(&names[..count]), words);
        }
    }
}
