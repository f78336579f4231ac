//! The behaviour of an object's page, by values.

use super::*;
use crate::domain::entry::{EntryKind, EntryRow, EntryRows, Target};
use crate::domain::query::EventRows;
use crate::msg::{ChangesFound, EntryDetail, Object, ObjectThen, ProblemKind};
use crate::ui::log::samples as events;
use crate::ui::record::samples;
use crate::ui::theme::Theme;

fn model() -> Model {
    Model::new(Theme::mono(), Timestamp::UNIX_EPOCH)
}

fn user_page() -> Detail {
    Detail::new(
        samples::user_subject(1),
        Some(Item::Object(AnyRow::User(Box::new(samples::user(1))))),
    )
}

fn asked(page: &mut Detail) -> Vec<Request> {
    page.poll(
        Timestamp::MAX,
        &Revisions::default(),
        &mut Tickets::default(),
    )
}

fn ticket(requests: &[Request], wanted: impl Fn(&Ask) -> bool) -> u64 {
    let request = requests.iter().find(|request| wanted(&request.ask));
    request.unwrap().ticket
}

fn shown(page: &mut Detail) -> String {
    page.arrange(78, 60, false, &model());
    let Body::Text(text) = page.body() else {
        return String::new();
    };
    let lines: Vec<String> = text.lines().iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn trouble(summary: &str) -> Problem {
    Problem {
        kind: ProblemKind::Auth,
        summary: summary.into(),
        hint: None,
        column: None,
    }
}

#[test]
fn a_user_s_page_asks_for_the_object_its_factors_and_its_events_once() {
    let mut page = user_page();
    let requests = asked(&mut page);
    assert!(matches!(
        requests
            .iter()
            .map(|request| &request.ask)
            .collect::<Vec<_>>()[..],
        [
            Ask::Object(_),
            Ask::Factors(_),
            Ask::Events(_),
            Ask::Entries(_),
            Ask::Entries(_),
            Ask::Entries(_)
        ]
    ));
    assert_eq!(asked(&mut page), []);
}

#[test]
fn what_is_not_known_is_said_to_be_unknown() {
    let mut page = user_page();
    assert_eq!(page.tab_count(Tab::Apps).unwrap(), "?");
    assert_eq!(page.tab_count(Tab::Factors).unwrap(), "?");
    let requests = asked(&mut page);
    assert!(shown(&mut page).contains("FACTORS  unknown"));
    let factors = ticket(&requests, |ask| matches!(ask, Ask::Factors(_)));
    assert!(
        page.accept(factors, Err(trouble("The token may not read factors.")))
            .is_none()
    );
    let text = shown(&mut page);
    assert!(text.contains("FACTORS  unknown") && text.contains("The token may not read factors."));
    assert_eq!(page.tab_count(Tab::Factors).unwrap(), "?");
}

#[test]
fn factors_that_are_known_have_an_age() {
    let mut page = user_page();
    let requests = asked(&mut page);
    let factors = ticket(&requests, |ask| matches!(ask, Ask::Factors(_)));
    let answer = Answer::Factors {
        factors: Vec::new(),
        at: events::start(),
    };
    page.accept(factors, Ok(answer));
    assert!(shown(&mut page).contains("FACTORS  0 enrolled, as of 2026-11-22 14:00:00 UTC"));
    page.refresh();
    assert!(
        asked(&mut page)
            .iter()
            .any(|request| matches!(request.ask, Ask::Factors(_)))
    );
}

/// Five events of one session, all done by this user.
fn done_by(id: &str) -> EventRows {
    let mut rows = events::rows(0, 5, 5);
    for row in &mut rows.rows {
        row.event.actor.as_mut().unwrap().id = id.into();
    }
    rows
}

#[test]
fn sessions_are_told_from_the_log_and_never_as_open() {
    let mut page = user_page();
    let requests = asked(&mut page);
    let log = ticket(&requests, |ask| matches!(ask, Ask::Events(_)));
    page.accept(
        log,
        Ok(Answer::Events(done_by(samples::user(1).value.id.as_str()))),
    );
    let text = shown(&mut page);
    assert!(
        text.contains("1 seen in the log since 2026-11-22 14:00; still open: unknown"),
        "{text}"
    );
    assert!(text.contains("RECENT EVENTS"));
}

#[test]
fn the_session_of_an_admin_who_acts_on_a_user_is_not_the_users() {
    let mut page = user_page();
    let requests = asked(&mut page);
    let log = ticket(&requests, |ask| matches!(ask, Ask::Events(_)));
    page.accept(log, Ok(Answer::Events(done_by("00uadmin"))));
    let text = shown(&mut page);
    assert!(text.contains("0 seen in the log"), "{text}");
}

#[test]
fn an_answer_to_somebody_else_is_given_back() {
    let mut page = user_page();
    asked(&mut page);
    assert!(page.accept(999, Ok(Answer::Done("no".into()))).is_some());
}

#[test]
fn tabs_turn_around_the_ends_and_unknown_numbers_are_ignored() {
    let group = Item::Object(AnyRow::Group(Box::new(samples::group(1))));
    let mut page = Detail::new(group.subject(), None);
    assert_eq!(page.tab(), Tab::Members);
    page.turn(false);
    assert_eq!(page.tab(), Tab::Raw);
    page.turn(true);
    page.open(99);
    assert_eq!(page.tab(), Tab::Members);
    page.open_tab(Tab::Factors);
    assert_eq!(page.tab(), Tab::Members, "a group has no factors");
    assert_eq!(
        page.name(),
        "00g0001",
        "the id stands in for a name that is not known"
    );
}

#[test]
fn an_app_tells_its_sign_on_settings_and_what_it_provisions() {
    let mut row = samples::app(1);
    row.raw = Some(crate::domain::text::RawJson::new(
        r#"{"settings":{"signOn":{"audience":"a","list":["x","y"],"deep":[{"k":1}]}}}"#,
    ));
    let any = AnyRow::App(Box::new(row));
    let mut page = Detail::new(Item::Object(any.clone()).subject(), None);
    page.open_tab(Tab::SignOn);
    assert!(shown(&mut page).contains("Not loaded yet"));
    let requests = asked(&mut page);
    let object = Object {
        row: any,
        changes: Vec::new(),
    };
    let about = ticket(&requests, |ask| matches!(ask, Ask::Object(_)));
    page.accept(about, Ok(Answer::Object(Box::new(object))));
    let text = shown(&mut page);
    for line in [
        "signOn.audience = a",
        "signOn.list = x, y",
        "signOn.deep[0].k = 1",
    ] {
        assert!(text.contains(line), "{text}");
    }
    page.open_tab(Tab::Provisioning);
    assert!(shown(&mut page).contains("PUSH_NEW_USERS: accounts are made in the app"));
}

#[test]
fn what_is_archived_says_when_and_how_that_is_known() {
    let mut row = samples::user(1);
    row.archived = Some(crate::domain::history::Archived {
        at: events::start(),
        evidence: None,
    });
    let any = Item::Object(AnyRow::User(Box::new(row)));
    let mut page = Detail::new(any.subject(), Some(any));
    assert!(
        shown(&mut page)
            .contains("archived        2026-11-22 14:00:00 UTC, proved by two complete")
    );
}

fn token_page() -> Detail {
    let row = Item::Entry(Box::new(samples::token(1)));
    Detail::new(row.subject(), Some(row))
}

#[test]
fn what_an_entry_refers_to_is_a_link_with_its_name_once_that_is_known() {
    let mut page = token_page();
    assert!(shown(&mut page).contains("BELONGS TO  1\n  user            00u0001"));
    let requests = asked(&mut page);
    let about = ticket(&requests, |ask| matches!(ask, Ask::Entry(_)));
    let detail = EntryDetail {
        row: samples::token(1),
        changes: Vec::new(),
        names: vec![(Target::Object(samples::user_id(1)), "Ana Lopez".into())],
    };
    page.accept(about, Ok(Answer::Entry(Box::new(detail))));
    let text = shown(&mut page);
    assert!(
        text.contains("user            Ana Lopez  00u0001"),
        "{text}"
    );
    let Body::Text(text) = page.body() else {
        panic!("the overview is text");
    };
    let owner = super::super::linked::Destination::Subject(samples::user_subject(1));
    assert_eq!(text.chosen(), Some(&owner));
    page.open_tab(Tab::Raw);
    assert!(shown(&mut page).contains("The mirror keeps no JSON of it."));
}

#[test]
fn what_hangs_below_an_entry_is_asked_for_when_its_tab_is_open() {
    let policy = samples::policy();
    let mut page = Detail::new(policy.subject(), Some(policy));
    page.open_tab(Tab::Below(EntryKind::PolicyRule));
    let requests = asked(&mut page);
    let rules = requests.iter().find_map(|request| match &request.ask {
        Ask::Entries(query) => Some(query),
        _ => None,
    });
    let rules = rules.unwrap();
    assert_eq!(rules.kind, EntryKind::PolicyRule);
    assert_eq!(rules.parent.as_ref().unwrap().as_str(), "00p1");
}

#[test]
fn what_a_user_owns_has_tabs_behind_the_others_when_there_is_any() {
    use crate::domain::entry::EntryRows;

    let mut page = user_page();
    let before = page.tabs().to_vec();
    let requests = asked(&mut page);
    for request in &requests {
        let Ask::Entries(query) = &request.ask else {
            continue;
        };
        assert_eq!(query.about, Some(samples::user_subject(1)), "{query:?}");
        let has = query.kind == EntryKind::ApiToken;
        let rows: Vec<_> = has.then(|| samples::token(1)).into_iter().collect();
        let rows = EntryRows {
            offset: 0,
            matched: rows.len(),
            total: rows.len(),
            rows,
            position: None,
            complete_at: Some(Timestamp::UNIX_EPOCH),
            trouble: None,
        };
        page.accept(request.ticket, Ok(Answer::Entries(rows)));
    }
    let (last, others) = page.tabs().split_last().unwrap();
    assert_eq!(others, before, "no tab has another digit");
    assert_eq!(
        *last,
        Tab::Owned(EntryKind::ApiToken),
        "nothing else is there"
    );
    let text = shown(&mut page);
    assert!(text.contains("Tokens 1 (the last tabs)"), "{text}");
    page.turn(false);
    assert_eq!(page.tab(), Tab::Owned(EntryKind::ApiToken));
    assert_eq!(page.revision(&Revisions::default()), 0);
}

/// It told only fields, and of nobody who had changed them.
#[test]
fn the_changes_of_a_page_are_asked_for_as_the_command_asks() {
    let mut page = user_page();
    assert!(page.open_tab(Tab::Changes));
    let requests = asked(&mut page);
    let wanted = |ask: &Ask| {
        matches!(ask, Ask::Changes(query)
            if query.subject == Some(samples::user_subject(1)) && query.until == Timestamp::MAX)
    };
    let ticket = ticket(&requests, wanted);
    assert!(
        page.accept(ticket, Ok(Answer::Changes(ChangesFound::default())))
            .is_none()
    );
    let then = Timestamp::from_second(1_700_000_000).unwrap();
    page.look_at(Some(then));
    let of_then = |ask: &Ask| matches!(ask, Ask::Changes(query) if query.until == then);
    assert!(asked(&mut page).iter().any(|request| of_then(&request.ask)));
}

/// The header of a policy's page said ACTIVE, as it is now, under a moment at which it was not.
#[test]
fn the_page_of_an_entry_tells_what_it_was_then() {
    let now = samples::token(1);
    let subject = Subject::Entry(now.entry.key.clone());
    let mut page = Detail::new(subject, Some(Item::Entry(Box::new(now.clone()))));
    let then: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    page.look_at(Some(then));
    assert!(shown(&mut page).contains("as of now until what was is told"));
    let requests = asked(&mut page);
    let wanted = |ask: &Ask| {
        matches!(ask, Ask::Entries(query)
            if query.as_of == Some(then) && query.filter == "id=\"00T0001\"" && query.with_raw)
    };
    let ticket = ticket(&requests, wanted);
    let rows = |rows: Vec<EntryRow>, known: bool| {
        Ok(Answer::Entries(EntryRows {
            matched: rows.len(),
            total: rows.len(),
            rows,
            offset: 0,
            position: None,
            complete_at: known.then_some(then),
            trouble: None,
        }))
    };
    let mut was = now.clone();
    was.entry.name = "deploy".into();
    let mut other = was.clone();
    other.entry.key.id = "00t0001".parse().unwrap();
    page.accept(ticket, rows(vec![other, was], true));
    assert_eq!(page.name(), "deploy");
    let text = shown(&mut page);
    assert!(text.contains("as of 2026-11-01 12:00:00 UTC"), "{text}");
    assert!(
        !text.contains("read 2026") && !text.contains("as of now"),
        "{text}"
    );
    for (known, words) in [(true, "did not have it then"), (false, "is not known")] {
        page.look_at(None);
        page.look_at(Some(then));
        let requests = asked(&mut page);
        let ticket = requests
            .iter()
            .find(|request| wanted(&request.ask))
            .unwrap()
            .ticket;
        page.accept(ticket, rows(Vec::new(), known));
        let text = shown(&mut page);
        assert!(text.contains(words), "{text}");
        assert_eq!(page.name(), "token 1", "as it was last known");
    }
}

/// A profile of three weeks ago was "read" this minute.
#[test]
fn a_profile_of_then_is_told_as_of_then() {
    let mut page = user_page();
    assert!(shown(&mut page).contains("PROFILE  read 2026-11-22"));
    let then: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
    page.look_at(Some(then));
    let requests = asked(&mut page);
    let ticket = ticket(&requests, |ask| matches!(ask, Ask::ObjectThen(..)));
    let was = ObjectThen {
        existed: Existed::Yes,
        name: None,
        row: Some(AnyRow::User(Box::new(samples::user(1)))),
    };
    page.accept(ticket, Ok(Answer::ObjectThen(Box::new(was))));
    let text = shown(&mut page);
    assert!(
        text.contains("PROFILE  as of 2026-11-01 12:00:00 UTC"),
        "{text}"
    );
}
