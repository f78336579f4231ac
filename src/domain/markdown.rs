//! Tables in Markdown in which nothing that Okta sent is markup: no link, no mention, no HTML, no further column.

use super::text::SafeText;

/// The headings, with the line below them.
pub fn head<T: AsRef<str>>(names: &[T]) -> String {
    let below = vec!["---"; names.len()];
    format!("{}| {} |\n", line(names), below.join(" | "))
}

/// One line. Every cell is made safe and escaped.
pub fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| escaped(cell.as_ref())).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Writes what Markdown acts on so that it is shown. Addresses and mentions become links without any markup, so what makes them
/// is written as a character reference.
fn escaped(cell: &str) -> String {
    let safe = SafeText::new(cell);
    let mut out = String::with_capacity(safe.len());
    let mut before = ' ';
    for (at, c) in safe.char_indices() {
        let rest = &safe[at..];
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            ':' if rest.starts_with("://") => out.push_str("&#58;"),
            '.' if ends_with_www(&out) => out.push_str("&#46;"),
            '@' if !before.is_alphanumeric() => out.push_str("&#64;"),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// Whether an address may begin here, in upper or lower case.
fn ends_with_www(text: &str) -> bool {
    let last = text
        .len()
        .checked_sub(3)
        .map(|from| &text.as_bytes()[from..]);
    last.is_some_and(|last| last.eq_ignore_ascii_case(b"www"))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// With a copy of what was written for each full stop this took minutes.
    #[test]
    fn a_cell_of_full_stops_is_written_in_one_go() {
        let begin = Instant::now();
        let cell = "Ww.".repeat(500_000);
        assert_eq!(escaped(&cell), cell);
        assert_eq!(escaped("a.WwW.x"), "a.WwW&#46;x");
        assert!(begin.elapsed() < Duration::from_mins(1));
    }

    #[test]
    fn what_markdown_acts_on_is_shown() {
        let line = line(&[
            "a|b",
            "[x](https://evil.example)",
            "<img src=x>",
            "@everyone ana@acme.com",
            "www.evil.example",
            "`*_~#!\\",
        ]);
        assert_eq!(
            line,
            "| a\\|b | \\[x\\](https&#58;//evil.example) | &lt;img src=x&gt; | &#64;everyone ana@acme.com | www&#46;evil.example | \
             \\`\\*\\_\\~\\#\\!\\\\ |\n"
        );
    }

    #[test]
    fn a_cell_cannot_end_its_line() {
        assert_eq!(
            line(&["a\n| b", "\x1b[2J"]),
            "| a\\\\x0a\\| b | \\\\x1b\\[2J |\n"
        );
        assert_eq!(head(&["id", "name"]), "| id | name |\n| --- | --- |\n");
    }
}
