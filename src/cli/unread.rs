//! The difference between "there is none" and "nobody could look": which lists were never read, and why.

use super::ask::Asker;
use super::cause;
use super::command::status;
use super::failure::Failure;
use crate::domain::listing::PartialReason;
use crate::domain::resource::Resource;
use crate::msg::ProblemKind;
use crate::msg::status::{Connection, Status};

/// The failure to find a name, unless one of the lists that would have it was never read: then it is not known whether there is such a
/// thing.
pub(super) async fn or_unread(
    failure: Failure,
    needed: &[Resource],
    asker: &mut impl Asker,
) -> Failure {
    let Failure::Problem(problem) = &failure else {
        return failure;
    };
    if problem.kind != ProblemKind::NotFound {
        return failure;
    }
    // That the status cannot be told is no reason to say less than before.
    let Ok(status) = status::ask(asker).await else {
        return failure;
    };
    match why(&status, needed) {
        Some(why) => Failure::Partial(format!(
            "{}, but not everything is known: {why}",
            problem.summary
        )),
        None => failure,
    }
}

/// Which of the lists were never read completely, and why; `None` when all were.
pub(super) fn why(status: &Status, needed: &[Resource]) -> Option<String> {
    let yet = match &status.connection {
        Connection::Trouble { problem, .. } => problem.summary.as_str(),
        Connection::Starting | Connection::Online { .. } => "not read from Okta yet",
    };
    let never = status.resources.iter().filter(|one| {
        // What the org has not enabled holds nothing.
        let is_off = one.trouble == Some(PartialReason::NotEnabled);
        needed.contains(&one.resource) && one.complete_at.is_none() && !is_off
    });
    let whys = never.map(|one| {
        let why = one.trouble.as_ref().map(ToString::to_string);
        (one.resource.word(), why.unwrap_or_else(|| yet.to_owned()))
    });
    let whys: Vec<(&str, String)> = whys.collect();
    let causes = cause::by_cause(whys.iter().map(|(name, why)| (*name, why.as_str())));
    let told = causes
        .iter()
        .map(|(why, names)| format!("{} ({why})", cause::told(names)));
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| format!("never read: {}", told.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::ask::fake::Fake;
    use crate::cli::sample;
    use crate::msg::Answer;

    fn unread(trouble: Option<&PartialReason>) -> Status {
        let mut status = sample::status();
        for one in &mut status.resources {
            if one.resource == Resource::Apps {
                one.complete_at = None;
                one.trouble = trouble.cloned();
            }
        }
        status
    }

    async fn ended(status: Status, needed: &[Resource]) -> (u8, String) {
        let mut agent = Fake::new(move |_| Ok(Answer::Status(Box::new(status.clone()))));
        let none = Failure::new(ProblemKind::NotFound, "there is no app x", "-");
        let failure = or_unread(none, needed, &mut agent).await;
        (failure.exit_code(), failure.words().unwrap())
    }

    /// Without the right to read apps, "there is no app" was told as a fact.
    #[tokio::test]
    async fn what_was_never_read_is_not_known_to_be_missing() {
        let both = [Resource::Apps, Resource::Groups];
        let forbidden = || unread(Some(&PartialReason::Forbidden));
        let (code, words) = ended(forbidden(), &both).await;
        assert_eq!(code, 7);
        assert!(words.contains("no app x") && words.contains("apps (the credential may not"));
        let (code, words) = ended(unread(None), &both).await;
        assert_eq!(code, 7);
        assert!(words.contains("apps (not read from Okta yet)"), "{words}");
        assert_eq!(ended(forbidden(), &[Resource::Groups]).await.0, 3);
        assert_eq!(ended(sample::status(), &both).await.0, 3);
        let off = unread(Some(&PartialReason::NotEnabled));
        assert_eq!(ended(off, &both).await.0, 3);
    }
}
