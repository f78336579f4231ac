//! One named function per thing that can be read. Each page function asks for the largest page that Okta gives.

mod apps;
mod entries;
mod groups;
mod logs;
mod org;
mod targets;
mod users;

use jiff::Timestamp;

pub use entries::{client_of, entries_a_page, setting_names};
pub use groups::GroupSelect;
pub use logs::{LogExpression, LogSelect, read_log_event, read_log_page};
pub use users::UserSelect;

use crate::domain::time::format_okta;

/// A string literal of Okta's filter and search language: the one place where text is put into a query, so that no value can end it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn quoted_time(time: Timestamp) -> String {
    quoted(&format_okta(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_its_literal() {
        for (text, literal) in [
            ("ana@acme.com", r#""ana@acme.com""#),
            (
                r#"x" or id pr or login eq "y"#,
                r#""x\" or id pr or login eq \"y""#,
            ),
            (r"x\", r#""x\\""#),
            (r#"\" or id pr"#, r#""\\\" or id pr""#),
        ] {
            assert_eq!(quoted(text), literal);
        }
    }
}
