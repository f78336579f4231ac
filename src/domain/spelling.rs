//! Names that were nearly spelled right: whoever mistypes one is told which there are that look like it.

/// How many letters must be added, dropped or replaced to make one word of the other.
pub fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

/// The names that look like a word, the likest first, at most so many. None does when more than a quarter of it would have to change.
pub fn nearest<'a>(
    word: &str,
    names: impl IntoIterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let allowed = 1 + word.len() / 4;
    let names = names.into_iter().map(|name| (distance(word, name), name));
    let mut near: Vec<(usize, &str)> = names.filter(|(edits, _)| *edits <= allowed).collect();
    near.sort_unstable();
    near.into_iter().take(most).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        for (one, other, edits) in [
            ("", "", 0),
            ("share", "share", 0),
            ("shar", "share", 1),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
        ] {
            assert_eq!(distance(one, other), edits, "{one} {other}");
        }
    }

    #[test]
    fn the_likest_come_first_and_what_is_unlike_does_not_come() {
        let names = ["follow", "fold", "filter", "users"];
        assert_eq!(nearest("folow", names, 3), ["follow", "fold"]);
        assert_eq!(nearest("folow", names, 1), ["follow"]);
        assert_eq!(nearest("xyzzy", names, 3), [""; 0]);
    }
}
