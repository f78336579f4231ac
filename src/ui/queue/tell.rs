//! All that is known of one change, below or beside the list.

use ratatui::text::{Line, Span};

use super::look;
use crate::action::foreseen::Foreseen;
use crate::action::plan::{Challenge, OpId};
use crate::action::progress::{Attempt, Ended};
use crate::action::resolve::Logged;
use crate::action::state::State;
use crate::action::verdict::Reply;
use crate::domain::text::SafeText;
use crate::msg::queue::{OpTold, PlanTold};
use crate::ui::facts::Facts;
use crate::ui::format;
use crate::ui::sheet;
use crate::ui::theme::Theme;

/// The change with that id of a plan, for a column of `width`.
pub(super) fn detail(
    told: &PlanTold,
    (id, foreseen): (OpId, Option<&Foreseen>),
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut facts = Facts::new(width, theme);
    let Some(op) = told.ops.iter().find(|op| op.line.id == id) else {
        return facts.done();
    };
    change(op, &mut facts, theme);
    diff(op, &mut facts, theme);
    request(op, &mut facts, theme);
    findings(told, id, &mut facts, theme);
    if let Some(foreseen) = foreseen {
        dry_run(foreseen, &mut facts, theme);
    }
    facts.fact("undo", &sheet::undo_words(&op.undo));
    attempts(op, &mut facts, theme);
    logged(op, &mut facts, theme);
    plan(told, &mut facts);
    facts.done()
}

fn change(op: &OpTold, facts: &mut Facts, theme: Theme) {
    let line = &op.line;
    let name = line.name.as_ref().map_or("", |name| name.as_str());
    let title = format!("{} {}", line.id, line.change);
    facts.heading(&title, &format!("{name}  {}", line.target));
    let state = format!(
        "{} since {}",
        look::state_word(line.state),
        format::moment(line.since)
    );
    facts.styled_fact("state", &state, look::state_style(line.state, theme));
    if let Some(why) = line.why.as_ref().or(op.progress.why.as_ref()) {
        facts.styled_fact("why", why, look::state_style(line.state, theme));
    }
    if line.state == State::NeedsHuman {
        facts.sentence(
            "Look in the Admin Console: + says that it was done, - that it was not.",
            theme.warning(),
        );
    }
    if let Some(made) = &op.progress.made {
        facts.fact("made", made.as_str());
    }
}

fn diff(op: &OpTold, facts: &mut Facts, theme: Theme) {
    for diff in &op.diff {
        let words = sheet::diff_words(diff);
        let value = words
            .strip_prefix(&format!("{}  ", diff.name))
            .unwrap_or(&words);
        facts.styled_fact(&diff.name, value, theme.strong());
    }
}

fn request(op: &OpTold, facts: &mut Facts, theme: Theme) {
    let request = format!("{} {}", op.request.method, op.request.path);
    facts.fact("request", &request);
    for line in op.request.body.iter().flat_map(sheet::body_lines) {
        let safe = SafeText::new(&line);
        facts.line(Line::from(Span::styled(
            format!("{:18}{safe}", ""),
            theme.quiet(),
        )));
    }
}

fn findings(told: &PlanTold, id: OpId, facts: &mut Facts, theme: Theme) {
    let about = |op: Option<u32>| op.is_none_or(|op| op == id.op);
    for finding in told.findings.iter().filter(|it| about(it.op)) {
        let (name, style) = if finding.refuses {
            ("refused", theme.error())
        } else {
            ("guard", theme.warning())
        };
        facts.styled_fact(name, &finding.words, style);
    }
}

fn dry_run(foreseen: &Foreseen, facts: &mut Facts, theme: Theme) {
    let (would, style) = if foreseen.is_sent {
        ("would be sent", theme.text())
    } else {
        ("would not be sent", theme.warning())
    };
    facts.styled_fact("dry run", &format!("{would}: {}", foreseen.words), style);
}

fn attempts(op: &OpTold, facts: &mut Facts, theme: Theme) {
    for (number, attempt) in (1..).zip(&op.attempts) {
        facts.styled_fact(
            &format!("attempt {number}"),
            &attempt_words(attempt),
            theme.text(),
        );
    }
}

fn logged(op: &OpTold, facts: &mut Facts, theme: Theme) {
    let Some(logged) = &op.logged else {
        return;
    };
    let style = match logged {
        Logged::Nothing { is_late: true, .. } => theme.warning(),
        Logged::Nothing { .. } => theme.quiet(),
        Logged::Told { .. } => theme.text(),
    };
    facts.styled_fact("log", &logged.words(format::time_of_day), style);
}

fn attempt_words(attempt: &Attempt) -> String {
    let began = format::time_of_day(attempt.began);
    let Some(ended) = &attempt.ended else {
        return format!("sent {began}, no answer");
    };
    let mut words = format!("sent {began}, {}", reply_words(ended));
    if let Some(id) = &ended.request_id {
        words = format!("{words}, request {id}");
    }
    if let Some(said) = &ended.words {
        words = format!("{words}, Okta: {said}");
    }
    words
}

fn reply_words(ended: &Ended) -> String {
    match &ended.reply {
        Reply::NotSent => "no byte of it left this machine".to_owned(),
        Reply::Severed => "no answer came".to_owned(),
        Reply::Status { status, code } => {
            let code = code.as_ref().map(|code| format!(" {code}"));
            format!("answer {status}{}", code.unwrap_or_default())
        }
    }
}

fn plan(told: &PlanTold, facts: &mut Facts) {
    let plan = &told.plan;
    facts.heading(&format!("PLAN {}", told.number), &plan.title);
    facts.maybe("reason", plan.reason.as_ref());
    let by = plan
        .by
        .name
        .as_ref()
        .map_or_else(|| format!("uid {}", plan.by.uid), ToString::to_string);
    facts.fact("staged", &format!("{} by {by}", format::moment(plan.made)));
    let typed = match &told.challenge {
        Challenge::Yes => "y".to_owned(),
        Challenge::Type(text) => format!("type {text}, then y"),
    };
    facts.fact(
        "confirmed by",
        &format!("{typed} (tier {})", told.tier as u8),
    );
    facts.fact("until", &format::moment(told.expires));
    let changes = format::counted(told.ops.len() as u64, "change");
    facts.fact("holds", &changes);
}
