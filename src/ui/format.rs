//! Values as short text: widths, counts, moments, words. Pure, so that each has its own tests and drawing only draws.

use jiff::Timestamp;
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::domain::application::SignOnMode;
use crate::domain::group::GroupType;
use crate::domain::log_event::OutcomeResult;

/// What is shown for a value that is not known. Not the same as none, which is `-`.
pub const UNKNOWN: &str = "?";

/// What is shown for a value that is known to be absent.
pub const NONE: &str = "-";

/// In place of a count that has been asked for.
pub const PENDING: &str = "..";

/// How many columns `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A length as a number of terminal columns or rows; more than a terminal can have becomes the largest there is.
pub fn cells(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// The longest beginning of `text`, in whole graphemes, that is at most `columns` wide.
pub fn prefix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// The longest end of `text`, in whole graphemes, that is at most `columns` wide.
pub fn suffix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > columns {
            return &text[at + grapheme.len()..];
        }
    }
    text
}

/// `text`, cut to `columns` with `..` at the end when it is wider.
pub fn cut(text: &str, columns: usize) -> String {
    // Spaces at the end are nothing that is missed.
    if text.width() <= columns || text.trim_end().width() <= columns {
        return prefix(text, columns).to_owned();
    }
    match columns {
        0 => String::new(),
        1 | 2 => ".".repeat(columns),
        _ => format!("{}..", prefix(text, columns - 2)),
    }
}

/// A dotted name such as an event type, cut in its middle so that its last part, which tells most, stays readable.
pub fn cut_dotted(text: &str, columns: usize) -> String {
    let last = text.rfind('.').map_or("", |at| &text[at..]);
    if text.width() <= columns || last.is_empty() || last.width() + 6 > columns {
        return cut(text, columns);
    }
    let head = prefix(text, columns - 2 - last.width()).trim_end_matches('.');
    format!("{head}..{last}")
}

/// `text` cut or filled up with spaces to exactly `columns`.
pub fn left(text: &str, columns: usize) -> String {
    let mut text = cut(text, columns);
    let missing = columns.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// As [`left()`], with the text at the right edge.
pub fn right(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let missing = columns.saturating_sub(text.width());
    format!("{}{text}", " ".repeat(missing))
}

/// Breaks `text` into lines of at most `columns`, at spaces where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > columns && columns > 0 {
        let mut head = prefix(rest, columns);
        if head.is_empty() {
            // One grapheme wider than the line: it cannot be shown, but the text behind it can.
            head = rest.graphemes(true).next().unwrap_or(rest);
        } else if let Some(space) = head.rfind(' ').filter(|at| *at > columns / 2) {
            head = &head[..space];
        }
        lines.push(head.to_owned());
        rest = rest[head.len()..].trim_start_matches(' ');
    }
    lines.push(rest.to_owned());
    lines
}

/// A count with its thousands apart: `20,000`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count, or [`UNKNOWN`].
pub fn maybe_count(number: Option<u64>) -> String {
    number.map_or_else(|| UNKNOWN.to_owned(), count)
}

/// A length in memory as a count.
pub fn count_len(length: usize) -> String {
    count(u64::try_from(length).unwrap_or(u64::MAX))
}

/// `1 user`, `2 users`.
pub fn counted(number: u64, word: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {word}{s}", count(number))
}

/// Words as a sentence: a capital at the beginning and a stop at the end. A name with more than letters in it, such as a file's, is
/// left as it is.
pub fn sentence(words: &str) -> String {
    let first = words.split_whitespace().next().unwrap_or_default();
    let is_word = first
        .trim_end_matches([',', ':', ';', '.', '!', '?'])
        .chars()
        .all(|c| c.is_ascii_alphabetic() || c == '\'');
    let mut sentence = words.to_owned();
    if is_word && let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// The hour, minute and second in UTC.
pub fn time_of_day(time: Timestamp) -> String {
    time.strftime("%H:%M:%S").to_string()
}

/// The day in UTC.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// Day and minute in UTC.
pub fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

/// Of which moment something tells: of when it was read, or of the past that is looked at.
pub fn reading(observed: Timestamp, as_of: Option<Timestamp>) -> String {
    match as_of {
        Some(then) => format!("as of {}", moment(then)),
        None => format!("read {}", moment(observed)),
    }
}

/// Day and second in UTC, with the zone.
pub fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A moment or [`NONE`], to the minute.
pub fn maybe_minute(time: Option<Timestamp>) -> String {
    time.map_or_else(|| NONE.to_owned(), minute)
}

/// A moment or [`NONE`], to the day.
pub fn maybe_day(time: Option<Timestamp>) -> String {
    time.map_or_else(|| NONE.to_owned(), day)
}

/// A text or [`NONE`].
pub fn maybe<T: AsRef<str> + ?Sized>(text: Option<&T>) -> &str {
    text.map(AsRef::as_ref)
        .filter(|text| !text.is_empty())
        .unwrap_or(NONE)
}

/// The outcome of an event in at most five characters.
pub fn outcome(result: Option<&OutcomeResult>) -> &str {
    match result {
        None => NONE,
        Some(OutcomeResult::Success) => "OK",
        Some(OutcomeResult::Failure) => "FAIL",
        Some(OutcomeResult::Skipped) => "SKIP",
        Some(OutcomeResult::Allow) => "ALLOW",
        Some(OutcomeResult::Deny) => "DENY",
        Some(OutcomeResult::Challenge) => "CHAL",
        Some(OutcomeResult::Unknown) => UNKNOWN,
        Some(OutcomeResult::Other(word)) => word,
    }
}

/// Who masters a group, in a word.
pub fn group_type(kind: &GroupType) -> &str {
    match kind {
        GroupType::Okta => "Okta",
        GroupType::App => "App",
        GroupType::BuiltIn => "Built-in",
        GroupType::Other(word) => word,
    }
}

/// How people sign in to an app, as people say it.
pub fn sign_on(mode: Option<&SignOnMode>) -> &str {
    match mode {
        None => UNKNOWN,
        Some(SignOnMode::AutoLogin) => "Auto login",
        Some(SignOnMode::BasicAuth) => "Basic auth",
        Some(SignOnMode::Bookmark) => "Bookmark",
        Some(SignOnMode::BrowserPlugin) => "Browser plug-in",
        Some(SignOnMode::OpenIdConnect) => "OpenID Connect",
        Some(SignOnMode::Saml11) => "SAML 1.1",
        Some(SignOnMode::Saml20) => "SAML 2.0",
        Some(SignOnMode::SecurePasswordStore) => "Stored password",
        Some(SignOnMode::WsFederation) => "WS-Federation",
        Some(SignOnMode::Other(word)) => word,
    }
}

/// A value as a word of the filter language.
pub fn quoted(value: &str) -> String {
    if value
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-.@".contains(c))
    {
        value.to_owned()
    } else {
        format!("\"{}\"", value.replace('"', ""))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sentence_begins_with_a_capital_but_a_name_stays_as_it_is() {
        for (words, told) in [
            ("the disk is full", "The disk is full."),
            (
                "stopped: nothing was exported",
                "Stopped: nothing was exported.",
            ),
            ("oktop-users.csv exists", "oktop-users.csv exists."),
            ("/tmp/a is no directory", "/tmp/a is no directory."),
            ("done!", "Done!"),
        ] {
            assert_eq!(sentence(words), told);
        }
    }

    #[test]
    fn text_is_cut_by_what_is_seen() {
        assert_eq!(cut("ana.lopez@example.com", 11), "ana.lopez..");
        assert_eq!(cut("short", 11), "short");
        assert_eq!(
            cut("山田太郎", 5),
            "山..",
            "a wide character is not cut in half"
        );
        assert_eq!(cut("abc", 2), "..");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(right("7", 3), "  7");
        assert_eq!(left("7", 3), "7  ");
    }

    #[test]
    fn event_types_keep_their_last_part() {
        assert_eq!(
            cut_dotted("user.mfa.factor.deactivate", 20),
            "user.mf...deactivate"
        );
        assert_eq!(
            cut_dotted("group.user_membership.add", 20),
            "group.user_mem...add"
        );
        assert_eq!(cut_dotted("user.session.start", 20), "user.session.start");
        assert_eq!(cut_dotted("x.averyveryverylongending", 12), "x.averyver..");
    }

    #[test]
    fn long_text_is_wrapped_at_spaces() {
        assert_eq!(wrap("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(number), text);
        }
        assert_eq!(maybe_count(None), "?");
        assert_eq!(counted(1, "user"), "1 user");
    }

    proptest! {
        #[test]
        fn a_cell_is_exactly_as_wide_as_its_column(text in any::<String>(), columns in 0usize..60) {
            let text = crate::domain::text::SafeText::new(&text);
            prop_assert_eq!(width(&left(&text, columns)), columns);
            prop_assert_eq!(width(&right(&text, columns)), columns);
            prop_assert!(width(&cut_dotted(&text, columns)) <= columns);
        }

        #[test]
        fn wrapping_loses_only_spaces(text in "[a-z ]{0,80}", columns in 1usize..20) {
            let joined: String = wrap(&text, columns).concat();
            prop_assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
        }
    }
}
