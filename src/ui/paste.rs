//! Text that was pasted, as what a prompt can hold: one line, or of several lines one filter. It is never taken for keys.

use super::format;

/// What a prompt takes of pasted text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// What is inserted.
    pub text: String,
    /// What there is to tell about it; `None` when all of one line was taken.
    pub words: Option<String>,
}

/// Its first line.
pub fn as_line(text: &str, room: usize) -> Pasted {
    let lines = lines(text);
    let whole = lines.first().cloned().unwrap_or_default();
    let taken: String = whole.chars().take(room).collect();
    let words = match lines.len() {
        0 | 1 => None,
        many => Some(format!(
            "Pasted the first of {} lines.",
            format::count_len(many)
        )),
    };
    let is_cut = taken.len() < whole.len();
    let words = words.or_else(|| is_cut.then(|| "Pasted as far as there was room.".to_owned()));
    Pasted { text: taken, words }
}

/// One line as it is; several lines as a filter for any of them, `(a or b)`, with as many of them as there is room for.
pub fn as_filter(text: &str, room: usize) -> Pasted {
    let mut all = lines(text);
    if all.len() < 2 {
        return as_line(text, room);
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|line| seen.insert(line.clone()));
    let mut filter = String::new();
    let mut taken = 0;
    for word in all.iter().map(|line| literal(line)) {
        let between = if taken == 0 { "(" } else { " or " };
        if filter.chars().count() + between.len() + word.chars().count() + 1 > room {
            break;
        }
        filter.push_str(between);
        filter.push_str(&word);
        taken += 1;
    }
    if taken > 0 {
        filter.push(')');
    }
    let (taken, of) = (format::count_len(taken), format::count_len(all.len()));
    let words = if taken == of {
        format!("Pasted {of} lines: whatever has any of them.")
    } else {
        format!("Pasted {taken} of {of} lines: the filter has no room for more.")
    };
    let words = Some(words);
    Pasted {
        text: filter,
        words,
    }
}

/// The lines that have something in them, without control characters.
fn lines(text: &str) -> Vec<String> {
    // Terminals send a carriage return for the end of a line.
    let lines = text.split(['\n', '\r']);
    let clean = lines.map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>());
    let clean = clean.map(|line| line.trim().to_owned());
    clean.filter(|line| !line.is_empty()).collect()
}

/// A line as a word that looks for this text and nothing else.
fn literal(line: &str) -> String {
    let is_operator = ["or", "and", "not"].contains(&line.to_lowercase().as_str());
    let begins = line.starts_with(|c: char| c.is_alphanumeric());
    let plain = line
        .chars()
        .all(|c| c.is_alphanumeric() || "_.@-+".contains(c));
    if begins && plain && !is_operator {
        line.to_owned()
    } else {
        format!("\"{}\"", line.replace('"', "\\\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;

    #[test]
    fn one_line_is_taken_as_it_is() {
        for as_prompt in [as_line, as_filter] {
            let pasted = as_prompt("\n  status:active\x1b[2J ana\x07\n", 100);
            assert_eq!(pasted.text, "status:active[2J ana");
            assert_eq!(pasted.words, None);
            assert_eq!(as_prompt("\n\r\n", 100).text, "");
            let cut = as_prompt("abcdef", 3);
            assert_eq!(cut.text, "abc");
            assert!(cut.words.unwrap().contains("as far as"));
        }
        let first = as_line("one\rtwo\r\nthree", 100);
        assert_eq!(first.text, "one");
        assert_eq!(first.words.as_deref(), Some("Pasted the first of 3 lines."));
    }

    #[test]
    fn several_lines_are_a_filter_for_any_of_them() {
        let pasted = as_filter(
            "ana@acme.com\r\n\r\nbo lee\nor\nana@acme.com\n-x\nsay \"y\"",
            100,
        );
        assert_eq!(
            pasted.text,
            "(ana@acme.com or \"bo lee\" or \"or\" or \"-x\" or \"say \\\"y\\\"\")"
        );
        assert!(pasted.words.unwrap().contains("5 lines"));
        assert!(Filter::parse(&pasted.text, &[]).is_ok());
    }

    #[test]
    fn lines_for_which_there_is_no_room_are_counted() {
        let text: Vec<String> = (0..100).map(|n| format!("user{n:04}")).collect();
        let pasted = as_filter(&text.join("\n"), 50);
        assert_eq!(
            pasted.text,
            "(user0000 or user0001 or user0002 or user0003)"
        );
        let words = pasted.words.unwrap();
        assert!(words.contains("4 of 100 lines"), "{words}");
        assert_eq!(as_filter("abc\nabc", 2).text, "", "not even one");
    }
}
