//! Plans and their changes, as they are written: rows, JSON, and text for people.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::confirm;
use crate::action::foreseen::Foreseen;
use crate::action::progress::Attempt;
use crate::action::resolve::Logged;
use crate::action::state::State;
use crate::action::verdict::Reply;
use crate::cli::args::Format;
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::cli::listing::Listing;
use crate::cli::output::Output;
use crate::cli::record::{Column, Record, extra, maybe, shown};
use crate::domain::change::Tier;
use crate::domain::text::SafeText;
use crate::domain::time::format_okta;
use crate::msg::queue::{DiffLine, OpLine, OpTold, PlanTold, UndoTold};

/// A change as a row.
pub struct QueueRow {
    op: OpLine,
    tier: Tier,
}

impl QueueRow {
    /// The row of a change in a plan that is confirmed so.
    pub fn of(op: &OpLine, tier: Tier) -> Self {
        Self {
            op: op.clone(),
            tier,
        }
    }
}

impl Record for QueueRow {
    const PLURAL: &'static str = "changes in the queue";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("id", |row| row.op.id.to_string()),
        extra("plan", |row| row.op.id.plan.to_string()),
        shown("change", |row| row.op.change.clone()),
        shown("target", |row| row.op.target.clone()),
        shown("name", |row| maybe(row.op.name.as_ref())),
        shown("state", |row| row.op.state.word().to_owned()),
        shown("tier", |row| (row.tier as u8).to_string()),
        shown("since", |row| format_okta(row.op.since)),
        shown("why", |row| maybe(row.op.why.as_ref())),
    ];

    fn json(&self) -> Option<String> {
        Some(json::safe_line(&row(&self.op, self.tier)))
    }
}

fn row(op: &OpLine, tier: Tier) -> Value {
    json!({
        "id": op.id.to_string(),
        "plan": op.id.plan,
        "change": op.change,
        "target": op.target,
        "name": op.name,
        "state": op.state.word(),
        "tier": tier as u8,
        "since": format_okta(op.since),
        "why": op.why,
    })
}

/// A plan as JSON.
pub fn plan(told: &PlanTold) -> Value {
    let finding = |finding: &crate::msg::queue::Finding| {
        json!({
            "id": finding.op.map(|op| format!("{}.{op}", told.number)),
            "refuses": finding.refuses,
            "words": finding.words,
        })
    };
    json!({
        "plan": told.number,
        "title": told.plan.title,
        "reason": told.plan.reason,
        "by": told.plan.by,
        "made": format_okta(told.plan.made),
        "expires": format_okta(told.expires),
        "tier": told.tier as u8,
        "digest": told.digest,
        "on_failure": told.plan.on_failure,
        "confirm": confirm::wanted(told),
        "findings": told.findings.iter().map(finding).collect::<Value>(),
        "ops": told.ops.iter().map(|each| op(each, told)).collect::<Value>(),
    })
}

fn op(told: &OpTold, of: &PlanTold) -> Value {
    let place = usize::try_from(told.line.id.op).ok();
    let planned = place.and_then(|number| of.plan.ops.get(number.checked_sub(1)?));
    let mut row = row(&told.line, of.tier);
    row["after"] = planned
        .map(|op| op.after.as_slice())
        .unwrap_or_default()
        .into();
    row["undo_of"] = planned
        .and_then(|op| op.undo_of)
        .map(|id| id.to_string())
        .into();
    row["made"] = told.progress.made.as_ref().map(ToString::to_string).into();
    row["what"] = planned.map_or(Value::Null, |op| json!(op.change));
    row["diff"] = told.diff.iter().map(difference).collect();
    row["request"] = json!({
        "method": told.request.method,
        "path": told.request.path,
        "body": told.request.body,
    });
    row["undo"] = match &told.undo {
        UndoTold::By { change, lost } => json!({"change": change, "lost": lost}),
        UndoTold::Never(why) => json!({"never": why}),
    };
    row["attempts"] = told.attempts.iter().map(attempt).collect();
    row["log"] = told.logged.as_ref().map(logged).into();
    row
}

fn logged(logged: &Logged) -> Value {
    match logged {
        Logged::Told {
            event,
            event_type,
            published,
            is_ours,
        } => json!({
            "event": event.to_string(),
            "event_type": event_type,
            "published": format_okta(*published),
            "ours": is_ours,
        }),
        Logged::Nothing { until, is_late } => json!({
            "event": null,
            "read_until": until.map(format_okta),
            "late": is_late,
        }),
    }
}

fn difference(line: &DiffLine) -> Value {
    json!({"name": line.name, "before": line.before, "after": line.after})
}

fn attempt(attempt: &Attempt) -> Value {
    let ended = attempt.ended.as_ref();
    let (reply, status, code) = match ended.map(|ended| &ended.reply) {
        None => (None, None, None),
        Some(Reply::NotSent) => (Some("not_sent"), None, None),
        Some(Reply::Severed) => (Some("severed"), None, None),
        Some(Reply::Status { status, code }) => (Some("answered"), Some(status), code.as_deref()),
    };
    json!({
        "began": format_okta(attempt.began),
        "ended": ended.map(|ended| format_okta(ended.at)),
        "method": attempt.intent.method,
        "path": attempt.intent.path,
        "reply": reply,
        "status": status,
        "code": code,
        "verdict": ended.map(|ended| ended.verdict),
        "request_id": ended.and_then(|ended| ended.request_id.as_ref()),
        "words": ended.and_then(|ended| ended.words.as_ref()),
    })
}

/// Writes a plan with all that is known of it.
///
/// # Errors
/// When standard output cannot be written.
pub fn write(told: &PlanTold, out: &mut Output) -> Result<(), Failure> {
    match out.format() {
        Format::Json | Format::Ndjson => Ok(out.json(&plan(told))?),
        Format::Csv | Format::Markdown => write_rows(told, out),
        Format::Table => Ok(out.text(&in_full(told))?),
    }
}

/// Writes the changes of a plan as rows, or as JSON the plan.
///
/// # Errors
/// When standard output cannot be written.
pub fn write_rows(told: &PlanTold, out: &mut Output) -> Result<(), Failure> {
    if out.wants_json() {
        return Ok(out.json(&plan(told))?);
    }
    let rows: Vec<QueueRow> = told
        .ops
        .iter()
        .map(|op| QueueRow::of(&op.line, told.tier))
        .collect();
    let mut listing = Listing::of::<QueueRow>(out)?;
    listing.add_rows(&rows)?;
    listing.end()?;
    Ok(())
}

/// Writes what a plan changes.
///
/// # Errors
/// When standard output cannot be written.
pub fn write_diff(told: &PlanTold, out: &mut Output) -> Result<(), Failure> {
    if out.wants_json() {
        let of = |op: &OpTold| json!({"id": op.line.id.to_string(), "change": op.line.change, "target": op.line.target, "name": op.line.name, "diff": op.diff.iter().map(difference).collect::<Value>()});
        let all: Value = told.ops.iter().map(of).collect();
        return Ok(out.json(&all)?);
    }
    if out.format() == Format::Table {
        let all: String = told.ops.iter().map(with_diff).collect();
        return Ok(out.text(&all)?);
    }
    let cell = |text: &Option<SafeText>| text.as_ref().map(ToString::to_string).unwrap_or_default();
    let rows = told.ops.iter().flat_map(|op| {
        op.diff.iter().map(move |line| {
            vec![
                op.line.id.to_string(),
                op.line.change.clone(),
                op.line.target.clone(),
                line.name.to_string(),
                cell(&line.before),
                cell(&line.after),
            ]
        })
    });
    let rows: Vec<Vec<String>> = rows.collect();
    Ok(out.sheet(
        &["id", "change", "target", "field", "before", "after"],
        &rows,
    )?)
}

/// Writes what a dry run foresees, a row for each change.
///
/// # Errors
/// When standard output cannot be written.
pub fn write_foreseen(foreseen: &[Foreseen], out: &mut Output) -> Result<(), Failure> {
    if out.wants_json() {
        let one = |one: &Foreseen| json!({"id": one.op.to_string(), "sent": one.is_sent, "why": one.words});
        return Ok(out.json(&foreseen.iter().map(one).collect::<Value>())?);
    }
    let would = |is_sent| if is_sent { "sent" } else { "not sent" };
    let row = |one: &Foreseen| {
        let why = SafeText::new(&one.words).to_string();
        vec![one.op.to_string(), would(one.is_sent).to_owned(), why]
    };
    let rows: Vec<Vec<String>> = foreseen.iter().map(row).collect();
    if out.format() == Format::Table {
        let line = |row: &Vec<String>| format!("{:<6} {:<9} {}\n", row[0], row[1], row[2]);
        return Ok(out.text(&rows.iter().map(line).collect::<String>())?);
    }
    Ok(out.sheet(&["id", "would be", "why"], &rows)?)
}

/// Whether a change goes on by itself.
pub fn is_under_way(state: State) -> bool {
    matches!(
        state,
        State::Approved | State::Rechecking | State::InFlight | State::Accepted | State::Unknown
    )
}

/// What people call what a change is about.
pub fn target(line: &OpLine) -> String {
    match (&line.name, line.target.as_str()) {
        (Some(name), "") => name.to_string(),
        (Some(name), id) => format!("{name} ({})", SafeText::new(id)),
        (None, id) => SafeText::new(id).to_string(),
    }
}

/// A change in a line, and what it changes in a line each.
pub fn with_diff(op: &OpTold) -> String {
    let mut text = format!(
        "{:<6} {}  {}\n",
        op.line.id.to_string(),
        SafeText::new(&op.line.change),
        target(&op.line)
    );
    for line in &op.diff {
        let side = |text: &Option<SafeText>| {
            let shown = text.as_ref().map(SafeText::as_str);
            shown.unwrap_or("nothing").to_owned()
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "       {}: {} -> {}",
            line.name,
            side(&line.before),
            side(&line.after)
        );
    }
    text
}

/// What was found, a line each.
pub fn findings(told: &PlanTold) -> String {
    let words = |finding: &crate::msg::queue::Finding| {
        let which = finding
            .op
            .map(|op| format!("{}.{op}: ", told.number))
            .unwrap_or_default();
        let lead = if finding.refuses { "refused" } else { "note" };
        format!("{lead}: {which}{}\n", SafeText::new(&finding.words))
    };
    told.findings.iter().map(words).collect()
}

/// The line that carries a plan out.
pub fn run_line(told: &PlanTold) -> String {
    let wanted = confirm::wanted(told);
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let quoted = if wanted.chars().all(is_word) && !wanted.is_empty() {
        wanted
    } else {
        format!("'{}'", wanted.replace('\'', "'\\''"))
    };
    format!("oktop queue run {} --confirm {quoted}", told.number)
}

/// Its number, how many changes it has and how it is confirmed.
pub fn head(told: &PlanTold) -> String {
    let changes = match told.ops.len() {
        1 => "1 change".to_owned(),
        many => format!("{many} changes"),
    };
    format!(
        "plan {}: {} ({changes}, tier {})\n",
        told.number, told.plan.title, told.tier as u8
    )
}

/// A plan with all that is known of it, as text for people.
pub fn in_full(told: &PlanTold) -> String {
    let mut text = head(told);
    if let Some(reason) = &told.plan.reason {
        let _ = writeln!(text, "reason: {reason}");
    }
    let by = &told.plan.by;
    let who = by
        .name
        .as_ref()
        .map_or_else(|| format!("uid {}", by.uid), ToString::to_string);
    let _ = writeln!(
        text,
        "staged {} by {who}; to be confirmed until {}",
        format_okta(told.plan.made),
        format_okta(told.expires)
    );
    text.push_str(&findings(told));
    for op in &told.ops {
        text.push_str(&with_diff(op));
        text.push_str(&rest_of(op));
    }
    if confirm::waits(told) {
        let _ = writeln!(text, "to carry it out: {}", run_line(told));
    }
    text
}

/// What is known of a change beside what it changes.
fn rest_of(op: &OpTold) -> String {
    let line = &op.line;
    let mut text = format!(
        "       {} since {}",
        line.state.word(),
        format_okta(line.since)
    );
    if let Some(why) = &line.why {
        let _ = write!(text, ": {why}");
    }
    let _ = writeln!(
        text,
        "\n       request: {} {}",
        SafeText::new(&op.request.method),
        SafeText::new(&op.request.path)
    );
    for body in op
        .request
        .body
        .iter()
        .flat_map(|body| body.as_str().lines())
    {
        let _ = writeln!(text, "         {}", SafeText::new(body));
    }
    let undo = match &op.undo {
        UndoTold::By { change, lost: None } => SafeText::new(change).to_string(),
        UndoTold::By {
            change,
            lost: Some(lost),
        } => format!("{}, without {}", SafeText::new(change), SafeText::new(lost)),
        UndoTold::Never(why) => format!("not possible: {}", SafeText::new(why)),
    };
    let _ = writeln!(text, "       undo: {undo}");
    for (number, attempt) in (1..).zip(&op.attempts) {
        let _ = writeln!(text, "       attempt {number}: {}", in_words(attempt));
    }
    if let Some(logged) = &op.logged {
        let _ = writeln!(text, "       log: {}", logged.words(format_okta));
    }
    text
}

fn in_words(attempt: &Attempt) -> String {
    let began = format_okta(attempt.began);
    let Some(ended) = &attempt.ended else {
        return format!("{began}, no answer");
    };
    let reply = match &ended.reply {
        Reply::NotSent => "not sent".to_owned(),
        Reply::Severed => "no answer came".to_owned(),
        Reply::Status { status, code: None } => status.to_string(),
        Reply::Status {
            status,
            code: Some(code),
        } => format!("{status} {}", SafeText::new(code)),
    };
    let words = ended
        .words
        .as_ref()
        .map(|words| format!(": {words}"))
        .unwrap_or_default();
    let request = ended
        .request_id
        .as_ref()
        .map(|id| format!(", request {id}"))
        .unwrap_or_default();
    format!("{began}, {reply}{words}{request}")
}
