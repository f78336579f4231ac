//! What a plan says before it is confirmed: each change with what it changes, what guards found, what is left out, and what will not come
//! back.

use std::collections::BTreeSet;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::action::plan::OnFailure;
use crate::action::state::State;
use crate::domain::text::SafeText;
use crate::msg::queue::{DiffLine, LeftOut, OpTold, PlanTold, UndoTold};
use crate::ui::format;
use crate::ui::queue::look;
use crate::ui::theme::Theme;

/// How wide the column of changes is where several stand below one another.
const CHANGE: usize = 22;
/// How wide that of what they are about is: what they change is to be seen, too.
const TARGET: usize = 24;

/// A line of a diff: `status LOCKED_OUT -> ACTIVE`.
pub fn diff_words(diff: &DiffLine) -> String {
    let side = |value: Option<&SafeText>| match value {
        None => "nothing".to_owned(),
        Some(text) if text.is_empty() => "\"\"".to_owned(),
        Some(text) => text.to_string(),
    };
    let (before, after) = (side(diff.before.as_ref()), side(diff.after.as_ref()));
    format!("{}  {before} -> {after}", diff.name)
}

/// How a change is taken back.
pub fn undo_words(undo: &UndoTold) -> String {
    match undo {
        UndoTold::By { change, lost: None } => format!("by {change}"),
        UndoTold::By {
            change,
            lost: Some(lost),
        } => format!("by {change}; does not come back: {lost}"),
        UndoTold::Never(why) => format!("not possible: {why}"),
    }
}

/// So long a body stands in one line.
const SHORT_BODY: usize = 60;

/// A body as it is read: JSON in lines of its own where it is long. Its line feeds come escaped.
pub fn body_lines(body: &SafeText) -> Vec<String> {
    let flat = body.replace("\\x0a", " ");
    let json: Option<serde_json::Value> = serde_json::from_str(&flat).ok();
    let pretty = json.as_ref().map(|json| match json.to_string() {
        short if short.len() <= SHORT_BODY => short,
        _ => serde_json::to_string_pretty(json).unwrap_or(flat.clone()),
    });
    let text = pretty.unwrap_or(flat);
    text.lines().map(str::to_owned).collect()
}

/// The plan as it is shown before it is confirmed.
pub fn lines(told: &PlanTold, left: &[LeftOut], width: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut text = Text {
        lines: Vec::new(),
        room: width.saturating_sub(4).max(20),
    };
    match told.ops.as_slice() {
        [op] => one(op, &mut text, theme),
        ops => several(told, ops, &mut text, theme),
    }
    for finding in &told.findings {
        let style = if finding.refuses {
            theme.error()
        } else {
            theme.warning()
        };
        let of = finding.op.map_or_else(String::new, |op| format!("{op}: "));
        text.wrapped(&format!("! {of}{}", finding.words), style);
    }
    for left in left {
        let words = format!("- left out: {} {}: {}", left.change, left.target, left.why);
        text.wrapped(&words, theme.warning());
    }
    let tier = format!(
        "tier {}; can be confirmed until {}",
        told.tier as u8,
        format::minute(told.expires)
    );
    text.wrapped(&tier, theme.quiet());
    text.lines
}

struct Text {
    lines: Vec<Line<'static>>,
    room: usize,
}

impl Text {
    fn wrapped(&mut self, words: &str, style: Style) {
        let safe = SafeText::new(words);
        for part in format::wrap(&safe, self.room) {
            let line = Line::from(Span::styled(format!("  {part}"), style));
            self.lines.push(line);
        }
    }

    /// Puts words behind a head where there is room for all of them, and else below it: what will be done is never cut.
    fn beside_or_below(&mut self, head: &str, words: &str, style: Style) {
        let (head, words) = (SafeText::new(head), SafeText::new(words));
        let mut push = |line: String| self.lines.push(Line::from(Span::styled(line, style)));
        let beside = format!("{head}  {words}");
        if format::width(&beside) <= self.room {
            return push(format!("  {beside}"));
        }
        push(format!("  {}", head.trim_end()));
        for part in format::wrap(&words, self.room.saturating_sub(INDENT).max(1)) {
            push(format!("  {:INDENT$}{part}", ""));
        }
    }
}

/// How far what stands below a change is indented: so far as its name.
const INDENT: usize = 7;

/// What people call the target of a change; its id where nobody knows.
fn target(op: &OpTold) -> String {
    let line = &op.line;
    match &line.name {
        Some(name) if !name.is_empty() => name.to_string(),
        _ => line.target.clone(),
    }
}

fn one(op: &OpTold, text: &mut Text, theme: Theme) {
    let head = format!("{}  {}  {}", op.line.change, target(op), op.line.target);
    text.wrapped(&head, theme.strong());
    if op.line.state != State::Proposed {
        text.wrapped(look::state_words(&op.line).as_str(), theme.warning());
    }
    for diff in &op.diff {
        text.wrapped(&format!("  {}", diff_words(diff)), theme.text());
    }
    let request = format!("{} {}", op.request.method, op.request.path);
    text.wrapped(&request, theme.quiet());
    if let Some(body) = &op.request.body {
        for line in body_lines(body) {
            text.wrapped(&format!("  {line}"), theme.quiet());
        }
    }
    text.wrapped(&format!("undo: {}", undo_words(&op.undo)), theme.quiet());
}

fn several(told: &PlanTold, ops: &[OpTold], text: &mut Text, theme: Theme) {
    for op in ops {
        let state = match op.line.state {
            State::Proposed => String::new(),
            _ => format!("[{}] ", look::state_words(&op.line)),
        };
        let head = format!(
            "{} {} {}",
            format::left(&op.line.id.to_string(), 6),
            format::left(&op.line.change, CHANGE),
            format::left(&format::cut(&SafeText::new(&target(op)), TARGET), TARGET),
        );
        let diff: Vec<String> = op.diff.iter().map(diff_words).collect();
        let words = format!("{state}{}", diff.join(", "));
        text.beside_or_below(&head, &words, theme.text());
    }
    let order = match told.plan.on_failure {
        OnFailure::Stop => "in this order; the others wait when one fails",
        OnFailure::GoOn => "in this order; the others go on when one fails",
    };
    text.wrapped(order, theme.quiet());
    let lost: BTreeSet<String> = ops
        .iter()
        .filter_map(|op| match &op.undo {
            UndoTold::Never(why) => Some(format!("{} cannot be undone: {why}", op.line.change)),
            UndoTold::By {
                lost: Some(lost), ..
            } => Some(format!(
                "undoing {} does not bring back: {lost}",
                op.line.change
            )),
            UndoTold::By { .. } => None,
        })
        .collect();
    for words in &lost {
        text.wrapped(words, theme.quiet());
    }
}
