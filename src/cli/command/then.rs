//! What an answer about the past rests on, where nobody watched the org at that moment.

use jiff::Timestamp;

use super::status;
use crate::cli::ask::Asker;
use crate::cli::behind;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::domain::resource::{LogStatus, Stretch};
use crate::domain::time::format_okta;

/// Says so on standard error, if `at` lies in such a stretch. An agent that cannot tell is no reason to fail: the question itself fails
/// then, or is answered.
///
/// # Errors
/// When what happened until then has no moments yet.
pub async fn note(
    at: Option<Timestamp>,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let words = told(at, asker).await?;
    out.notes(&words.into_iter().collect::<Vec<_>>());
    Ok(())
}

/// The same in words, for whoever says it elsewhere.
///
/// # Errors
/// As [`note`].
pub async fn told(
    at: Option<Timestamp>,
    asker: &mut impl Asker,
) -> Result<Option<String>, Failure> {
    let Some(at) = at else {
        return Ok(None);
    };
    behind::dated(at, asker).await?;
    let status = status::ask(asker).await.ok();
    Ok(status.and_then(|status| words(&status.log, at)))
}

fn words(log: &LogStatus, at: Timestamp) -> Option<String> {
    let Stretch { from, to } = log.unwatched_at(at)?;
    let (from, to) = (format_okta(*from), format_okta(*to));
    Some(format!(
        "nobody watched the org from {from} to {to}: this rests on what the log tells of that time; roles of the org's own that were given \
         and taken back within it are in the log alone: `oktop events search type:iam.resourceset --since {from} --until {to}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::sample;

    #[test]
    fn only_a_moment_that_nobody_watched_has_a_note() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let unwatched = [(100, 200), (300, 400)].map(|(from, to)| Stretch {
            from: at(from),
            to: at(to),
        });
        let log = LogStatus {
            unwatched: unwatched.to_vec(),
            ..sample::status().log
        };
        for (moment, is_told) in [
            (99, false),
            (100, false),
            (150, true),
            (200, false),
            (399, true),
        ] {
            assert_eq!(words(&log, at(moment)).is_some(), is_told, "{moment}");
        }
        let told = words(&log, at(150)).unwrap();
        assert!(
            told.contains("from 1970-01-01T00:01:40.000Z to 1970-01-01T00:03:20.000Z"),
            "{told}"
        );
    }
}
