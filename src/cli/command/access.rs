//! Who reaches what, and why: `oktop access why|who|uses` and `oktop admins`.

use jiff::Timestamp;
use serde_json::Value;

use super::list::sort_told;
use super::{entries, get, then};
use crate::access::{
    self, Admin, Asked, Gap, Goal, Has, Link, Named, Path, Question, RoleId, Use, standard_role,
};
use crate::cli::args::{AccessCommand, AdminsCommand};
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::cli::listing::Listing;
use crate::cli::output::Output;
use crate::cli::record::{Column, Record, extra, maybe, moment, shown, worded};
use crate::cli::unread;
use crate::domain::entry::EntryKind;
use crate::domain::entry::Subject;
use crate::domain::id::{AppId, Kind, ObjectId};
use crate::domain::query::ListQuery;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::time::format_okta;
use crate::msg::{Answer, Ask, ProblemKind};
use crate::ui::record::{Item, Topic, Wanted, Window};

/// Rows of users that are asked for at once: each comes with its paths.
const WINDOW_ROWS: usize = 500;

/// One path of one who has something.
pub struct PathRow {
    principal: Named,
    status: Option<SafeText>,
    overlap: bool,
    path: Path,
}

/// One use of a group.
pub struct UseRow(Use);

impl PathRow {
    /// Whether it is the subject's own, or leads through it.
    fn is_of(&self, subject: &Subject) -> bool {
        let mut steps = self.path.steps.iter();
        self.principal.subject == *subject || steps.any(|step| step.to.subject == *subject)
    }
}

impl Record for PathRow {
    const PLURAL: &'static str = "paths";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("id", |row| row.principal.id().to_owned()),
        shown("name", |row| row.principal.name.to_string()),
        extra("type", |row| row.principal.word().to_owned()),
        shown("status", |row| maybe(row.status.as_ref())),
        shown("path", |row| row.path.kind.word().to_owned()),
        shown("through", |row| through(&row.path)),
        shown("role", |row| {
            maybe(row.path.role.as_ref().map(|role| &role.label))
        }),
        shown("within", |row| within(&row.path)),
        extra("roleId", |row| {
            maybe(row.path.role.as_ref().map(|role| role.id.as_str()).as_ref())
        }),
        worded("since", |row| moment(row.path.since()), since),
        extra("sinceProof", |row| {
            let proof = json::since_proof(row.path.proof().is_some());
            row.path
                .since()
                .map(|_| proof.to_owned())
                .unwrap_or_default()
        }),
        shown("by", |row| {
            maybe(row.path.proof().and_then(|proof| proof.by.as_ref()))
        }),
        extra("event", |row| {
            maybe(row.path.proof().map(|proof| proof.event).as_ref())
        }),
        extra("overlap", |row| row.overlap.to_string()),
        shown("doubt", |row| maybe(row.path.doubt.as_ref())),
    ];

    fn json(&self) -> Option<String> {
        let row = json::path_row(
            &self.principal,
            self.status.as_ref(),
            self.overlap,
            &self.path,
        );
        Some(json::safe_line(&row))
    }
}

/// The rules and groups between, in order.
fn through(path: &Path) -> String {
    let between = path
        .steps
        .iter()
        .filter(|step| !matches!(step.link, Link::App | Link::Role));
    let names: Vec<&str> = between.map(|step| step.to.name.as_str()).collect();
    names.join(" > ")
}

fn since(row: &PathRow) -> String {
    since_told(row.path.since(), row.path.proof().is_some())
}

fn use_since(row: &UseRow) -> String {
    let span = row.0.span;
    let is_proven = span.is_some_and(|span| span.began_by.is_some());
    since_told(span.map(|span| span.from), is_proven)
}

/// Since when, for people: without an event that proves it, our own reading is only the latest that it can have begun.
fn since_told(since: Option<Timestamp>, is_proven: bool) -> String {
    match since {
        Some(seen) if !is_proven => format!("before {}", format_okta(seen)),
        since => moment(since),
    }
}

fn within(path: &Path) -> String {
    let within = path.role.iter().flat_map(|role| &role.within);
    let names: Vec<&str> = within.map(|one| one.name.as_str()).collect();
    names.join(", ")
}

impl Record for UseRow {
    const PLURAL: &'static str = "uses";
    const COLUMNS: &'static [Column<Self>] = &[
        shown("use", |row| row.0.kind.word().to_owned()),
        shown("id", |row| row.0.by.id().to_owned()),
        shown("type", |row| row.0.by.word().to_owned()),
        shown("name", |row| row.0.by.name.to_string()),
        shown("detail", |row| maybe(row.0.detail.as_ref())),
        worded(
            "since",
            |row| moment(row.0.span.map(|span| span.from)),
            use_since,
        ),
        extra("sinceProof", |row| {
            let proof = row
                .0
                .span
                .map(|span| json::since_proof(span.began_by.is_some()));
            proof.unwrap_or_default().to_owned()
        }),
    ];

    fn json(&self) -> Option<String> {
        Some(json::safe_line(&json::use_row(&self.0)))
    }
}

/// Answers a question about access.
///
/// # Errors
/// When a name means nothing or several things, what the agent says, [`Failure::NothingFound`] when there is no path,
/// [`Failure::Partial`] when a list that could hold one is not known, or that standard output cannot be written.
pub async fn run(
    command: AccessCommand,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    match command {
        AccessCommand::Why { user, goal, then } => {
            let at = then.moment(now)?;
            let ObjectId::User(user) = get::find(Kind::User, &user, at, asker).await? else {
                return Err(mismatch());
            };
            let goal = find_goal(&goal.join(" "), at, asker).await?;
            let told = serde_json::json!({"user": user, "has": told_goal(&goal)});
            tell_about(&Topic::Who(goal.clone()), &told, at, out);
            out.about.needs.push(Resource::Users);
            why(Question::Why { user, goal }, at, asker, out).await
        }
        AccessCommand::Who { goal, then } => {
            let at = then.moment(now)?;
            let goal = find_goal(&goal.join(" "), at, asker).await?;
            let told = serde_json::json!({"has": told_goal(&goal)});
            tell_about(&Topic::Who(goal.clone()), &told, at, out);
            who(goal, at, asker, out).await
        }
        AccessCommand::Uses { group, then } => {
            let at = then.moment(now)?;
            let ObjectId::Group(group) = get::find(Kind::Group, &group, at, asker).await? else {
                return Err(mismatch());
            };
            let told = serde_json::json!({"group": group});
            tell_about(&Topic::all(Kind::Group), &told, at, out);
            out.about.needs = Resource::ALL.to_vec();
            uses(Question::Uses { group }, at, asker, out).await
        }
    }
}

/// What is asked for, as a manifest tells it.
fn tell_about(topic: &Topic, asked: &Value, at: Option<Timestamp>, out: &mut Output) {
    out.about.query = Some(serde_json::json!({
        "list": topic.key(),
        "asked": asked,
        "as_of": at.map(format_okta),
    }));
    out.about.needs = topic.needs().collect();
}

fn told_goal(goal: &Goal) -> Value {
    match goal {
        Goal::App(id) => serde_json::json!({"app": id}),
        Goal::Group(id) => serde_json::json!({"group": id}),
        Goal::Role(id) => serde_json::json!({"role": id.as_str()}),
    }
}

/// Lists who has an admin role, or one of them.
///
/// # Errors
/// As [`run`].
pub async fn admins(
    command: AdminsCommand,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let (wanted, then) = match &command {
        AdminsCommand::List(then) => (None, then),
        AdminsCommand::Get { principal, then } => (Some(principal.as_str()), then),
    };
    let at = then.moment(now)?;
    tell_about(
        &Topic::Admins,
        &serde_json::json!({"principal": wanted}),
        at,
        out,
    );
    then::note(at, asker, out).await?;
    let access::Answer::Admins(admins) = ask(Question::Admins, at, asker).await? else {
        return Err(mismatch());
    };
    let subject = match wanted {
        Some(name) => Some(find_principal(name, at, &admins.rows, asker).await?),
        None => None,
    };
    let rows = admins.rows.into_iter();
    let mut rows: Vec<PathRow> = rows
        .flat_map(|row| rows_of(&row.principal, row.status.as_ref(), false, row.paths))
        .collect();
    if let (Some(name), Some(subject)) = (wanted, &subject) {
        rows.retain(|row| row.is_of(subject));
        if rows.is_empty() && !admins.gaps.iter().any(Gap::is_blind) {
            out.notes(&[no_role(name, subject)]);
        }
    }
    let mut listing = Listing::of::<PathRow>(out)?;
    listing.add_rows(&rows)?;
    let found = listing.end_of(admins.gaps.is_empty())?;
    ended(found, &admins.gaps, out)
}

/// The words for whoever has no row.
fn no_role(name: &str, subject: &Subject) -> String {
    match subject {
        Subject::Object(ObjectId::Group(_)) => {
            format!("nobody holds an admin role through the group {name}")
        }
        _ => format!("{name} holds no admin role"),
    }
}

/// The user, group or client that `name` means; whom no list has any more is found among the admins themselves.
///
/// # Errors
/// When there is none or several, or what the agent says.
async fn find_principal(
    name: &str,
    at: Option<Timestamp>,
    admins: &[Admin],
    asker: &mut impl Asker,
) -> Result<Subject, Failure> {
    let mut found = Vec::new();
    for kind in [Kind::User, Kind::Group] {
        let ids = get::candidates(kind, name, at, asker).await?;
        found.extend(ids.into_iter().map(Subject::Object));
    }
    let clients = entries::candidates(EntryKind::Client, name, asker).await?;
    found.extend(clients.into_iter().map(|row| Subject::Entry(row.entry.key)));
    if found.is_empty() {
        let is_named = |named: &&Named| named.id() == name || named.name.eq_ignore_ascii_case(name);
        let listed = admins.iter().map(|admin| &admin.principal);
        found.extend(listed.filter(is_named).map(|named| named.subject.clone()));
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(last), false) => {
            found.push(last);
            let ids: Vec<String> = found.iter().map(told_subject).collect();
            Err(Failure::new(
                ProblemKind::Usage,
                format!("several are called {name}: {}", ids.join(", ")),
                "use one of the ids",
            ))
        }
        (None, _) => {
            let words =
                format!("none of the users, groups and clients has the id, login or name {name}");
            let hint = format!(
                "`oktop users search`, `oktop groups search` and `oktop clients search` find parts of names; {}",
                get::in_the_log(name)
            );
            let failure = Failure::new(ProblemKind::NotFound, words, hint);
            let needed = [Resource::Users, Resource::Groups, Resource::Clients];
            Err(unread::or_unread(failure, &needed, asker).await)
        }
    }
}

fn told_subject(subject: &Subject) -> String {
    match subject {
        Subject::Object(id) => format!("{} {}", id.kind().word(), id.as_str()),
        Subject::Entry(key) => format!("{} {}", key.kind.word(), key.id),
    }
}

async fn why(
    question: Question,
    at: Option<Timestamp>,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    then::note(at, asker, out).await?;
    let access::Answer::Why(why) = ask(question, at, asker).await? else {
        return Err(mismatch());
    };
    let words = match why.has {
        Has::Yes => None,
        Has::No => Some(format!("{} does not have {}", why.user.name, why.goal)),
        Has::Unknown => Some(format!(
            "whether {} has {} is not known",
            why.user.name, why.goal
        )),
    };
    out.notes(&words.into_iter().collect::<Vec<_>>());
    if why.overlap {
        let words = format!("{} is had both directly and through a group", why.goal);
        out.notes(&[words]);
    }
    let rows = rows_of(&why.user, why.status.as_ref(), why.overlap, why.paths);
    let mut listing = Listing::of::<PathRow>(out)?;
    listing.add_rows(&rows)?;
    let found = listing.end_of(why.gaps.is_empty())?;
    ended(found, &why.gaps, out)
}

async fn who(
    goal: Goal,
    at: Option<Timestamp>,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let (mut offset, mut found) = (0, 0);
    let mut listing = None;
    then::note(at, asker, out).await?;
    if let Goal::App(app) = &goal {
        note_status(app, at, asker, out).await?;
    }
    loop {
        let question = Question::Who {
            goal: goal.clone(),
            offset,
            limit: WINDOW_ROWS,
        };
        let access::Answer::Who(who) = ask(question, at, asker).await? else {
            return Err(mismatch());
        };
        offset += who.rows.len();
        let done = who.rows.is_empty() || offset >= who.total;
        let rows: Vec<PathRow> = who
            .rows
            .into_iter()
            .flat_map(|row| rows_of(&row.principal, row.status.as_ref(), row.overlap, row.paths))
            .collect();
        found += rows.len();
        // The first window comes before anything is written, so that a refusal leaves standard output empty.
        let mut open = match listing.take() {
            Some(open) => open,
            None => Listing::of::<PathRow>(out)?,
        };
        open.add_rows(&rows)?;
        if done {
            open.end_of(who.gaps.is_empty())?;
            return ended(found, &who.gaps, out);
        }
        listing = Some(open);
    }
}

/// An app that is switched off is reached by nobody, whoever is assigned to it.
async fn note_status(
    app: &AppId,
    at: Option<Timestamp>,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let query = ListQuery {
        filter: format!("id={app}"),
        archived: true,
        as_of: at,
        limit: 1,
        ..ListQuery::default()
    };
    let Answer::Apps(rows) = asker.ask(Ask::Apps(query)).await? else {
        return Ok(());
    };
    let app = rows.rows.first().map(|row| &row.value);
    if let Some(app) = app.filter(|app| app.status.word() != "ACTIVE") {
        let words = format!(
            "{} is {}: whoever is listed is assigned to it, and nobody reaches it while it is",
            app.label,
            app.status.word()
        );
        out.notes(&[words]);
    }
    Ok(())
}

async fn uses(
    question: Question,
    at: Option<Timestamp>,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    then::note(at, asker, out).await?;
    let access::Answer::Uses(uses) = ask(question, at, asker).await? else {
        return Err(mismatch());
    };
    let rows: Vec<UseRow> = uses.uses.into_iter().map(UseRow).collect();
    let mut listing = Listing::of::<UseRow>(out)?;
    listing.add_rows(&rows)?;
    let found = listing.end_of(uses.gaps.is_empty())?;
    ended(found, &uses.gaps, out)
}

/// Writes everybody in a list about access, filtered and sorted as the console does it.
///
/// # Errors
/// As [`run`], and when the filter cannot be read.
pub async fn write_holders(
    topic: &Topic,
    wanted: &Wanted,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let at = wanted.as_of;
    out.about.query = Some(serde_json::json!({
        "list": topic.key(),
        "filter": wanted.filter,
        "sort": sort_told(wanted.sort.as_ref()),
        "as_of": at.map(format_okta),
    }));
    out.about.needs = topic.needs().collect();
    then::note(at, asker, out).await?;
    let answer = asker.ask(topic.ask(wanted.clone())).await?;
    let Answer::Access(told) = &answer else {
        return Err(mismatch());
    };
    let gaps = told.gaps().to_vec();
    let window = Window::of(topic, answer, wanted, now)?.ok_or_else(mismatch)?;
    let rows: Vec<PathRow> = window
        .rows
        .into_iter()
        .filter_map(|item| match item {
            Item::Holder(row) => Some(*row),
            Item::Object(_) | Item::Entry(_) => None,
        })
        .flat_map(|row| rows_of(&row.principal, row.status.as_ref(), row.overlap, row.paths))
        .collect();
    let mut listing = Listing::of::<PathRow>(out)?;
    listing.add_rows(&rows)?;
    let found = listing.end_of(gaps.is_empty())?;
    ended(found, &gaps, out)
}

fn rows_of(
    principal: &Named,
    status: Option<&SafeText>,
    overlap: bool,
    paths: Vec<Path>,
) -> Vec<PathRow> {
    let row = |path| PathRow {
        principal: principal.clone(),
        status: status.cloned(),
        overlap,
        path,
    };
    paths.into_iter().map(row).collect()
}

async fn ask(
    question: Question,
    as_of: Option<Timestamp>,
    asker: &mut impl Asker,
) -> Result<access::Answer, Failure> {
    let asked = Asked { question, as_of };
    match asker.ask(Ask::Access(asked)).await? {
        Answer::Access(answer) => Ok(*answer),
        _ => Err(mismatch()),
    }
}

/// What is not known is said, and decides how the command ends before what was found does.
fn ended(found: usize, gaps: &[Gap], out: &mut Output) -> Result<(), Failure> {
    let (blind, dated): (Vec<&Gap>, Vec<&Gap>) = gaps.iter().partition(|gap| gap.is_blind());
    let notes: Vec<String> = dated.iter().map(ToString::to_string).collect();
    out.notes(&notes);
    if !blind.is_empty() {
        let words: Vec<String> = blind.iter().map(ToString::to_string).collect();
        let words = format!("the answer may lack something. {}", words.join("; "));
        return Err(Failure::Partial(SafeText::new(&words).to_string()));
    }
    match found {
        0 => Err(Failure::NothingFound),
        _ => Ok(()),
    }
}

/// The app, group or role that `text` means: `app:`, `group:` or `role:` before it decides when it could be several.
async fn find_goal(
    text: &str,
    at: Option<Timestamp>,
    asker: &mut impl Asker,
) -> Result<Goal, Failure> {
    if let Some(name) = text.strip_prefix("app:") {
        return goal_of(get::find(Kind::App, name, at, asker).await?);
    }
    if let Some(name) = text.strip_prefix("group:") {
        return goal_of(get::find(Kind::Group, name, at, asker).await?);
    }
    if let Some(name) = text.strip_prefix("role:") {
        if let Some(role) = standard_role(name) {
            return Ok(Goal::Role(role));
        }
        let key = entries::find(EntryKind::Role, name, asker).await;
        let key = key.map_err(|failure| no_such_role(name, failure))?;
        return Ok(Goal::Role(RoleId::Custom(key.id)));
    }
    let mut goals = Vec::new();
    for kind in [Kind::App, Kind::Group] {
        for id in get::candidates(kind, text, at, asker).await? {
            goals.push(goal_of(id)?);
        }
    }
    let custom = entries::candidates(EntryKind::Role, text, asker).await?;
    let custom = custom
        .into_iter()
        .map(|row| RoleId::Custom(row.entry.key.id));
    goals.extend(
        standard_role(text)
            .into_iter()
            .chain(custom)
            .map(Goal::Role),
    );
    match (goals.pop(), goals.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(last), false) => {
            goals.push(last);
            let told: Vec<String> = goals.iter().map(told).collect();
            Err(Failure::new(
                ProblemKind::Usage,
                format!("{text} may be {}", told.join(" or ")),
                "write one of these instead",
            ))
        }
        (None, _) => {
            let kinds = [Kind::App, Kind::Group];
            if let Some(at) = at
                && let Some(failure) = get::called_at_other_times(&kinds, text, at, asker).await?
            {
                return Err(failure);
            }
            let failure = Failure::new(
                ProblemKind::NotFound,
                format!("there is no app, group or admin role with the id or name {text}"),
                format!(
                    "`oktop apps search`, `oktop groups search` and `oktop roles list` find them; {}",
                    get::in_the_log(text)
                ),
            );
            let needed = [Resource::Apps, Resource::Groups, Resource::Roles];
            Err(unread::or_unread(failure, &needed, asker).await)
        }
    }
}

/// Of what is not found among the roles of the org's own, that it is none of Okta's either.
fn no_such_role(name: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Problem(problem) if problem.kind == ProblemKind::NotFound => Failure::new(
            ProblemKind::NotFound,
            format!(
                "no admin role has the id or name {name}, neither one of Okta's own nor a custom one"
            ),
            "Okta's own are called such as SUPER_ADMIN or HELP_DESK_ADMIN; `oktop roles list` has the custom ones",
        ),
        other => other,
    }
}

fn goal_of(id: ObjectId) -> Result<Goal, Failure> {
    match id {
        ObjectId::App(id) => Ok(Goal::App(id)),
        ObjectId::Group(id) => Ok(Goal::Group(id)),
        ObjectId::User(_) => Err(mismatch()),
    }
}

fn told(goal: &Goal) -> String {
    match goal {
        Goal::App(id) => format!("app:{id}"),
        Goal::Group(id) => format!("group:{id}"),
        Goal::Role(id) => format!("role:{}", id.as_str()),
    }
}

#[cfg(test)]
mod tests;
