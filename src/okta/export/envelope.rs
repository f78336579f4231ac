//! What events are wrapped in on their way out of Okta: AWS `EventBridge` has them under `detail`, Splunk under `event`, and oktop's own
//! export adds `_oktop`.

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::BadLine;
use crate::domain::text::SafeText;

/// Names that tell what is wrapped: `EventBridge`'s beside its `detail` (events have one of their own, under `transaction`), Splunk's, and
/// what oktop adds.
const NAMES: [&str; 3] = ["\"detail-type\"", "\"event\"", "\"_oktop\""];
/// Envelopes may stand in one another; more than these are none that anybody writes.
const MAX_ENVELOPES: usize = 3;

/// The members that tell an event from an envelope. Reading them reads through the whole object, so that it is JSON is known, too.
#[derive(Deserialize)]
struct Outside<'a> {
    uuid: Option<IgnoredAny>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow)]
    event: Option<&'a RawValue>,
    #[serde(rename = "_oktop", borrow)]
    ours: Option<&'a RawValue>,
}

/// The JSON of the event that a line holds.
///
/// # Errors
/// [`BadLine`] when it is no object, or no JSON where it has to be read for what it wraps. What is not wrapped is read only by whoever
/// wants to know whether it is an event: reading it here, too, took a fifteenth of an import's processor time.
pub(super) fn open(line: &[u8]) -> Result<String, BadLine> {
    let text = std::str::from_utf8(line).map_err(|_| BadLine::NotText)?;
    let text = text.trim_ascii();
    if !text.starts_with('{') {
        return Err(something_else());
    }
    if !text.ends_with('}') {
        return Err(BadLine::BrokenOff);
    }
    if may_be_wrapped(text) {
        unwrapped(text)
    } else {
        Ok(text.to_owned())
    }
}

/// Whether a name stands in it that envelopes have. Nobody who writes envelopes escapes their names.
fn may_be_wrapped(text: &str) -> bool {
    let has = |name: &&str| memmem::find(text.as_bytes(), name.as_bytes()).is_some();
    NAMES.iter().any(has)
}

fn unwrapped(mut text: &str) -> Result<String, BadLine> {
    // Once more than there may be envelopes: for what stands in the last.
    for _ in 0..=MAX_ENVELOPES {
        if !text.starts_with('{') {
            break;
        }
        let outside: Outside<'_> = serde_json::from_str(text).map_err(|error| not_json(&error))?;
        if outside.uuid.is_some() {
            return Ok(without_ours(text, outside.ours));
        }
        let Some(inside) = outside.detail.or(outside.event) else {
            return Ok(text.to_owned());
        };
        text = inside.get();
    }
    Err(something_else())
}

pub(super) fn something_else() -> BadLine {
    BadLine::NotJson("something else stands there".into())
}

/// Without the member that oktop's export adds, so that the event is what it was: to the letter where it is still the last one, and
/// otherwise as somebody has laid it out or sorted it.
fn without_ours(text: &str, ours: Option<&RawValue>) -> String {
    let cut = ours.and_then(|ours| {
        let at = ours.get().as_ptr().addr() - text.as_ptr().addr();
        let before = text.get(..at)?.trim_ascii_end().strip_suffix(':')?;
        let before = before.trim_ascii_end().strip_suffix("\"_oktop\"")?;
        let before = before.trim_ascii_end();
        let after = text.get(at + ours.get().len()..)?.trim_ascii_start();
        Some(match before.strip_suffix(',') {
            Some(before) => format!("{before}{after}"),
            None => format!("{before}{}", after.strip_prefix(',').unwrap_or(after)),
        })
    });
    cut.unwrap_or_else(|| text.to_owned())
}

fn not_json(error: &serde_json::Error) -> BadLine {
    // The parser's words hold positions, and words of ours, never the text itself.
    BadLine::NotJson(SafeText::new(&error.to_string()))
}
