//! `oktop audit`: the journal of everything that was changed, or may have been.

use serde_json::{Value, json};

use super::queue::ask;
use crate::cli::args::queue::AuditCommand;
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::{Failure, something};
use crate::cli::listing::Listing;
use crate::cli::output::Output;
use crate::cli::record::{Column, Record, extra, shown};
use crate::domain::text::escape_json;
use crate::msg::queue::{JournalFound, JournalLine, QueueAnswer, QueueAsk};

/// Entries that are asked for at once.
const ENTRIES: usize = 1_000;

/// Does what was asked.
///
/// # Errors
/// What the agent says, [`Failure::FaultsFound`] when the journal does not hold, or that standard output cannot be written.
pub async fn run(
    command: &AuditCommand,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    match command {
        AuditCommand::Show { from, limit } => {
            let limit = limit.unwrap_or(usize::MAX);
            show(*from, limit, agent, out).await
        }
        AuditCommand::Verify => verify(agent, out).await,
    }
}

/// An entry, read.
struct Entry {
    line: JournalLine,
    hash: String,
    /// Its JSON as it was written; `None` where it is none.
    body: Option<(String, Value)>,
}

impl Entry {
    fn of(line: JournalLine) -> Self {
        let whole = line.line.trim_end_matches('\n');
        let (hash, body) = whole.split_once(' ').unwrap_or((whole, ""));
        let read = serde_json::from_str(body).ok();
        Self {
            hash: hash.to_owned(),
            body: read.map(|json| (body.to_owned(), json)),
            line,
        }
    }

    fn text(&self, field: &str) -> String {
        let value = self.body.as_ref().map(|(_, json)| &json[field]);
        match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        }
    }

    /// Which change it tells of, or which plan.
    fn what(&self) -> String {
        let op = self.text("op");
        if op.is_empty() { self.text("plan") } else { op }
    }

    /// What a change is about, or how many a plan has.
    fn on(&self) -> String {
        let Some((_, json)) = &self.body else {
            return String::new();
        };
        if let Some(ops) = json["ops"].as_array() {
            return format!("{} changes", ops.len());
        }
        let locks = json["on"].as_array().into_iter().flatten();
        let locks: Vec<&str> = locks.filter_map(Value::as_str).collect();
        locks.join(" ")
    }

    fn by(&self) -> String {
        let Some((_, json)) = &self.body else {
            return String::new();
        };
        match &json["by"]["name"] {
            Value::String(name) => name.clone(),
            _ => json["by"]["uid"]
                .as_u64()
                .map(|uid| uid.to_string())
                .unwrap_or_default(),
        }
    }
}

impl Record for Entry {
    const PLURAL: &'static str = "entries";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("seq", |entry| entry.line.seq.to_string()),
        shown("at", |entry| entry.text("at")),
        shown("kind", |entry| entry.text("kind")),
        shown("id", Self::what),
        shown("change", |entry| entry.text("change")),
        shown("on", Self::on),
        shown("to", |entry| entry.text("to")),
        shown("by", Self::by),
        shown("why", |entry| entry.text("why")),
        extra("hash", |entry| entry.hash.clone()),
    ];

    /// The entry as it was written, with its hash in front.
    fn json(&self) -> Option<String> {
        let whole = match &self.body {
            Some((body, Value::Object(members))) if !members.is_empty() => {
                let members = body.trim_start().strip_prefix('{')?;
                format!("{{\"hash\":{},{members}", json!(self.hash))
            }
            _ => json!({"seq": self.line.seq, "line": self.line.line}).to_string(),
        };
        Some(escape_json(&whole))
    }
}

async fn show(
    mut from: u64,
    mut left: usize,
    agent: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    out.about.query = Some(json!({"list": "audit", "from": from}));
    let mut listing = Listing::of::<Entry>(out)?;
    while left > 0 {
        let limit = left.min(ENTRIES);
        let QueueAnswer::Journal(lines) = ask(QueueAsk::Journal { from, limit }, agent).await?
        else {
            return Err(mismatch());
        };
        let Some(last) = lines.last().map(|line| line.seq) else {
            break;
        };
        left = left.saturating_sub(lines.len());
        from = last.saturating_add(1);
        let entries: Vec<Entry> = lines.into_iter().map(Entry::of).collect();
        listing.add_rows(&entries)?;
    }
    something(listing.end()?)
}

async fn verify(agent: &mut impl Asker, out: &mut Output) -> Result<(), Failure> {
    let QueueAnswer::Verified(found) = ask(QueueAsk::Verify, agent).await? else {
        return Err(mismatch());
    };
    if out.wants_json() {
        out.json(&told(&found))?;
    } else {
        let (seq, why) = found.fault.clone().unzip();
        let seq = seq.map(|seq| seq.to_string());
        out.sheet(
            &["state", "entries", "end", "fault", "why"],
            &[vec![
                state(&found).to_owned(),
                found.entries.to_string(),
                found.end.clone(),
                seq.unwrap_or_default(),
                why.unwrap_or_default(),
            ]],
        )?;
    }
    match found.fault {
        None => Ok(()),
        Some(_) => Err(Failure::FaultsFound),
    }
}

fn state(found: &JournalFound) -> &'static str {
    match found.fault {
        None => "whole",
        Some(_) => "broken",
    }
}

fn told(found: &JournalFound) -> Value {
    let fault = found.fault.as_ref();
    json!({
        "whole": fault.is_none(),
        "entries": found.entries,
        "end": found.end,
        "fault": fault.map(|(seq, why)| json!({"seq": seq, "why": why})),
    })
}

#[cfg(test)]
mod tests;
