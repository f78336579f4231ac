//! What changed in an object, field by field, as the mirror observed it.

use ratatui::text::{Line, Span};

use crate::domain::history::FieldChange;
use crate::ui::facts::Facts;
use crate::ui::format;
use crate::ui::theme::Theme;

/// Tells the changes, newest first.
pub(super) fn tell(facts: &mut Facts, changes: Option<&[FieldChange]>, width: usize, theme: Theme) {
    let Some(changes) = changes else {
        facts.sentence("Not loaded yet: asking the agent.", theme.quiet());
        return;
    };
    facts.heading("CHANGES", "as observed by the sync, newest first");
    if changes.is_empty() {
        facts.sentence(
            "None since the mirror first read it. What happened before is not known.",
            theme.quiet(),
        );
    }
    for change in changes {
        one(facts, change, width, theme);
    }
}

fn one(facts: &mut Facts, change: &FieldChange, width: usize, theme: Theme) {
    facts.line(Line::from(vec![
        Span::styled(format!("  {}  ", format::moment(change.at)), theme.quiet()),
        Span::styled(change.field.to_string(), theme.strong()),
    ]));
    let value = |value: &Option<_>| {
        let text = value
            .as_ref()
            .map_or("absent", crate::domain::text::SafeText::as_str);
        format::cut(text, width.saturating_sub(8).max(10))
    };
    facts.line(Line::from(format!("    - {}", value(&change.before))));
    facts.line(Line::from(format!("    + {}", value(&change.after))));
}
