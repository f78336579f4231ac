//! What the page of a user tells in words: profile, factors, sessions seen in the log, recent events.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::Factors;
use crate::domain::id::UserId;
use crate::domain::notable::is_notable;
use crate::domain::query::Row;
use crate::domain::user::{CredentialProvider, User};
use crate::ui::facts::Facts;
use crate::ui::format;
use crate::ui::log::Log;
use crate::ui::model::Model;
use crate::ui::theme::Theme;

/// How many of the last events a profile shows.
const RECENT_EVENTS: usize = 8;

/// How many sessions a profile shows.
const MAX_SESSIONS: usize = 4;

/// Who the user is, and who masters the account.
pub(super) fn profile(facts: &mut Facts, row: &Row<User>, as_of: Option<Timestamp>, theme: Theme) {
    let user = &row.value;
    facts
        .heading("PROFILE", &format::reading(row.observed, as_of))
        .fact("login", &user.login);
    if user.email != user.login {
        facts.fact("e-mail", &user.email);
    }
    facts
        .fact("name", &user.display_name())
        .maybe("title", user.title.as_ref())
        .maybe("department", user.department.as_ref())
        .maybe("manager", user.manager.as_ref());
    let next = user.transitioning_to.as_ref();
    let next = next.map_or_else(String::new, |next| format!(", changing to {next}"));
    let since = user.status_changed.map(format::minute);
    let since = since.map_or_else(String::new, |since| format!(" since {since}"));
    let status = format!("{}{next}{since}", user.status);
    facts
        .styled_fact("status", &status, theme.user_status(&user.status))
        .fact("mastered by", &master(user.provider.as_ref()))
        .fact("created", &format::maybe_minute(user.created))
        .fact("activated", &format::maybe_minute(user.activated))
        .fact("last login", &format::maybe_minute(user.last_login))
        .fact("password set", &format::maybe_minute(user.password_changed))
        .fact("updated", &format::maybe_minute(user.last_updated))
        .fact("id", user.id.as_str())
        .maybe("user type", user.type_id.as_ref());
    archived(facts, row, theme);
}

/// When and how it was learned that Okta no longer has the object.
pub(super) fn archived<T>(facts: &mut Facts, row: &Row<T>, theme: Theme) {
    if let Some(archived) = &row.archived {
        let proof = match archived.evidence {
            Some(event) => format!("event {event}"),
            None => "two complete listings without it and Okta's answer of 404".to_owned(),
        };
        let text = format!("{}, proved by {proof}", format::moment(archived.at));
        facts.styled_fact("archived", &text, theme.warning());
    }
}

/// Who checks the password and so masters the account.
fn master(provider: Option<&CredentialProvider>) -> String {
    let Some(provider) = provider else {
        return format::UNKNOWN.to_owned();
    };
    let kind = match provider.kind.as_str() {
        "OKTA" => return "Okta".to_owned(),
        "ACTIVE_DIRECTORY" => "Active Directory",
        "LDAP" => "LDAP",
        "FEDERATION" => "a federated identity provider",
        "SOCIAL" => "a social identity provider",
        "IMPORT" => "an import",
        other => other,
    };
    format!("{kind} ({})", provider.name)
}

/// The factors, or why they are not known.
pub(super) fn factors(facts: &mut Facts, factors: &Factors, width: usize, theme: Theme) {
    match factors {
        Factors::NotAsked | Factors::Asked(_) => {
            facts.heading("FACTORS", "unknown").sentence(
                "Okta is being asked now; the mirror does not keep them.",
                theme.quiet(),
            );
        }
        Factors::Unknown(problem) => {
            facts
                .heading("FACTORS", "unknown")
                .sentence(&problem.summary, theme.warning());
            if let Some(hint) = &problem.hint {
                facts.sentence(hint, theme.quiet());
            }
        }
        Factors::Known(known, at) => {
            let aside = format!("{} enrolled, as of {}", known.len(), format::moment(*at));
            facts.heading("FACTORS", &aside);
            if known.is_empty() {
                facts.sentence(
                    "Okta lists none; it may list fewer than there are.",
                    theme.warning(),
                );
            }
            for factor in known {
                let detail = format::maybe(factor.detail.as_ref());
                let text = format!(
                    "  {} {} {} {detail}",
                    format::left(&factor.kind, 20),
                    format::left(&factor.status, 10),
                    format::maybe_day(factor.created),
                );
                facts.line(Line::from(format::cut(&text, width)));
            }
            facts.sentence(
                "Okta does not tell when a factor was last used.",
                theme.quiet(),
            );
        }
    }
}

/// The sessions that events name. Okta lists no sessions, so whether one is still open is unknown.
/// Only those in which the user acted: an admin who acts on the user has a session of their own.
pub(super) fn sessions(facts: &mut Facts, user: &UserId, log: &Log, model: &Model, theme: Theme) {
    if !log.is_loaded() {
        return;
    }
    let mut sessions: Vec<(&str, String)> = Vec::new();
    for row in log.rows().iter().rev() {
        let actor = row.event.actor.as_ref();
        let is_own = actor.is_some_and(|actor| actor.id.as_str() == user.as_str());
        let Some(session) = row.event.session.as_ref().filter(|_| is_own) else {
            continue;
        };
        if sessions.iter().all(|(id, _)| *id != session.as_str()) {
            let place = format!(
                "last seen {}  {}  {}",
                format::minute(row.event.published),
                format::maybe(row.event.ip.as_ref()),
                format::maybe(row.event.country.as_ref()),
            );
            sessions.push((session, place));
        }
    }
    if let (Some(why), true) = (model.log_trouble(), log.rows().is_empty()) {
        let words = format!("Unknown: the log is not read: {why}.");
        facts
            .heading("SESSIONS", "unknown")
            .sentence(&words, theme.warning());
        return;
    }
    let first = log.rows().first().map(|row| row.event.published);
    let since = if log.has_older() {
        first
    } else {
        model
            .status()
            .and_then(|status| status.log.oldest)
            .or(first)
    };
    let since = since.map_or_else(|| "the log began".to_owned(), format::minute);
    facts.heading("SESSIONS", "").sentence(
        &format!(
            "{} seen in the log since {since}; still open: unknown",
            sessions.len()
        ),
        theme.text(),
    );
    for (id, place) in sessions.iter().take(MAX_SESSIONS) {
        facts.fact(&format::cut(id, 12), place);
    }
}

/// The last events, oldest first as in every log.
pub(super) fn recent(facts: &mut Facts, log: &Log, width: usize, theme: Theme) {
    facts.heading("RECENT EVENTS", "e for all");
    if !log.is_loaded() {
        facts.sentence("Not loaded yet.", theme.quiet());
        return;
    }
    let rows = log.rows();
    if rows.is_empty() {
        facts.sentence("None among the stored events.", theme.quiet());
    }
    for row in &rows[rows.len().saturating_sub(RECENT_EVENTS)..] {
        let event = &row.event;
        let mark = if is_notable(event) { "!" } else { " " };
        let kind_columns = width.saturating_sub(46).clamp(18, 36);
        facts.line(Line::from(vec![
            Span::styled(format!(" {mark}"), theme.error()),
            Span::raw(format!(
                "{} {} ",
                event.published.strftime("%m-%d %H:%M:%S"),
                format::left(
                    &format::cut_dotted(&event.event_type, kind_columns),
                    kind_columns
                ),
            )),
            Span::styled(
                format::left(format::outcome(event.result.as_ref()), 5),
                theme.event(event.result.as_ref(), event.severity.as_ref()),
            ),
            Span::raw(format!(
                " {} {}",
                format::maybe(event.ip.as_ref()),
                format::maybe(event.country.as_ref())
            )),
        ]));
    }
}
