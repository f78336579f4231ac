//! `oktop events hunt`: a bounded question to Okta's own log, whose cost is told before it is asked.

use jiff::Timestamp;
use serde_json::json;

use crate::cli::args::HuntArgs;
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::Failure;
use crate::cli::output::{self, Output};
use crate::domain::hunt::{Hunt, HuntCost};
use crate::domain::time::format_okta;
use crate::msg::{Answer, Ask, ProblemKind};

/// What came of a hunt.
#[derive(Default)]
struct Found {
    requests: u64,
    stored: u64,
    known: u64,
    bad: u64,
    reached: Option<Timestamp>,
    /// Whether Okta had more than may be asked for at once.
    cut_off: bool,
}

/// Hunts, when that is said yes to, and prints what came of it.
///
/// # Errors
/// When the stretch is none, [`ProblemKind::Refused`] without a yes, what the agent says, [`Failure::Partial`] when it was cut off, or
/// that standard output cannot be written.
pub async fn run(
    args: &HuntArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let hunt = Hunt {
        quarry: args.quarry,
        text: args.text.clone(),
        from: args.since.moment(now),
        until: args.until.map_or(now, |until| until.moment(now)),
    };
    if hunt.from >= hunt.until {
        let hint = "--since must be before --until";
        let words = "that stretch ends before it begins";
        return Err(Failure::new(ProblemKind::Usage, words.to_owned(), hint));
    }
    let Answer::HuntCost(cost) = asker.ask(Ask::HuntCost(hunt.clone())).await? else {
        return Err(mismatch());
    };
    output::say(&format!("hunt {}: {}", hunt.words(), cost.words()));
    if !args.yes {
        let words = "Okta was not asked".to_owned();
        let hint = "the same with --yes asks";
        return Err(Failure::new(ProblemKind::Refused, words, hint));
    }
    let found = chase(&hunt, cost, asker).await?;
    write(&hunt, &found, out)?;
    output::say("note: a hunt is bounded and may miss what Okta stores late");
    if found.cut_off {
        let words = format!("stopped after {} requests; hunt less time", found.requests);
        return Err(Failure::Partial(words));
    }
    Ok(())
}

async fn chase(hunt: &Hunt, cost: HuntCost, asker: &mut impl Asker) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut next = None;
    loop {
        let ask = Ask::Hunt {
            hunt: hunt.clone(),
            next,
        };
        let Answer::Hunted(page) = asker.ask(ask).await? else {
            return Err(mismatch());
        };
        found.requests += 1;
        found.stored += page.stored;
        found.known += page.known;
        found.bad += page.bad;
        found.reached = Some(page.reached);
        next = page.next;
        found.cut_off = next.is_some() && found.requests >= cost.at_most;
        if next.is_none() || found.cut_off {
            output::say_passing("");
            return Ok(found);
        }
        output::say_passing(&format!(
            "{} new events, back to {}",
            found.stored,
            format_okta(page.reached)
        ));
    }
}

fn write(hunt: &Hunt, found: &Found, out: &mut Output) -> Result<(), Failure> {
    let from = found.reached.unwrap_or(hunt.from);
    if out.wants_json() {
        let json = json!({
            "what": hunt.quarry.word(),
            "which": hunt.text,
            "from": format_okta(from),
            "to": format_okta(hunt.until),
            "requests": found.requests,
            "stored": found.stored,
            "duplicates": found.known,
            "bad": found.bad,
            "bounded": true,
            "cut_off": found.cut_off,
        });
        return Ok(out.json(&json)?);
    }
    let names = ["requests", "stored", "duplicates", "bad", "from", "to"];
    let row = vec![
        found.requests.to_string(),
        found.stored.to_string(),
        found.known.to_string(),
        found.bad.to_string(),
        format_okta(from),
        format_okta(hunt.until),
    ];
    Ok(out.sheet(&names, &[row])?)
}
