//! Comma-separated values that a spreadsheet takes for text: nothing in them is a formula.

use crate::domain::text::SafeText;

/// One line. Every cell is made safe, guarded and quoted.
pub(super) fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let quoted: Vec<String> = cells.iter().map(|cell| quoted(cell.as_ref())).collect();
    format!("{}\r\n", quoted.join(","))
}

fn quoted(cell: &str) -> String {
    let safe = SafeText::new(&guarded(cell));
    format!("\"{}\"", safe.replace('"', "\"\""))
}

/// Puts an apostrophe before text that a spreadsheet would calculate.
fn guarded(cell: &str) -> String {
    let dangerous = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
        )
    };
    // Some programs leave out spaces before they look.
    let guard = if cell.trim_start().starts_with(dangerous) || cell.starts_with(dangerous) {
        "'"
    } else {
        ""
    };
    format!("{guard}{cell}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for start in ["=", "+", "-", "@", "＝", "＋", "－", "＠"] {
            let cell = format!("{start}cmd|' /C calc'!A0");
            assert_eq!(line(&[&cell]), format!("\"'{cell}\"\r\n"));
        }
        assert_eq!(line(&["\t=1", "\r=1"]), "\"'\\x09=1\",\"'\\x0d=1\"\r\n");
        assert_eq!(line(&["  =1"]), "\"'  =1\"\r\n");
    }

    /// A reader that takes a carriage return for the end of a row would begin another with the formula behind it.
    #[test]
    fn no_cell_ends_its_row() {
        let text = line(&["a\r=1", "b\n=1", "c\u{85}=1", "d\u{2028}=1"]);
        assert_eq!(
            text,
            "\"a\\x0d=1\",\"b\\x0a=1\",\"c\\x85=1\",\"d<U+2028>=1\"\r\n"
        );
    }

    #[test]
    fn a_reader_gets_back_what_was_written() {
        let cells = ["a,b", "say \"hi\"", "", "ü 山田", "a'b"];
        let text = line(&cells);
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), cells);
    }
}
