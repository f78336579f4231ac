//! Filters that begin with a minus sign, which a command line takes for flags: `-status:ACTIVE` leaves out whoever is active.
//!
//! A flag that takes the rest of the line would hide the flags behind a filter. So a word that can only be a clause of a filter gets a space in
//! front, which no filter minds and no flag has.

use std::ffi::OsString;

/// The argument as it is read: as it is, unless it is a clause of a filter that begins with a minus sign.
pub(super) fn shown(argument: OsString) -> OsString {
    match argument.to_str() {
        Some(text) if is_clause(text) => OsString::from(format!(" {text}")),
        _ => argument,
    }
}

/// Whether a text is a minus sign, a field's name and an operator. Flags of one letter may have their value behind a sign, too: no field has
/// so short a name.
fn is_clause(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('-') else {
        return false;
    };
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    let name_len = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(name_len);
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
    begins && name.len() > 1 && behind.starts_with([':', '=', '<', '>', '!', '~'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-status:ACTIVE` was an unknown flag, unless `--` stood before it.
    #[test]
    fn a_clause_that_leaves_out_is_no_flag() {
        for (argument, is_clause) in [
            ("-status:ACTIVE", true),
            ("-profile.title=\"a b\"", true),
            ("-last_login<30d", true),
            ("-status", false),
            ("--limit=5", false),
            ("-ojson", false),
            ("-o=json", false),
            ("-", false),
            ("--", false),
            ("status:ACTIVE", false),
            ("-5:a", false),
        ] {
            let shown = shown(argument.into());
            assert_eq!(shown != argument, is_clause, "{argument}");
            assert_eq!(shown.to_str().unwrap().trim_start(), argument);
        }
    }
}
