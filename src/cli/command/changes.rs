//! `oktop changes`: what changed between two moments, and by whom where the log says so.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;

use super::events::Bounds;
use super::{entries, get, status};
use crate::access::{RoleId, standard_role};
use crate::cli::args::{ChangesArgs, Format};
use crate::cli::ask::{Asker, mismatch};
use crate::cli::behind;
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::cli::kinds::kind_named;
use crate::cli::listing::{Line, Listing};
use crate::cli::output;
use crate::cli::output::Output;
use crate::cli::record::{Column, Record, extra, maybe, shown, worded};
use crate::cli::stale;
use crate::domain::entry::{EntryId, EntryKind, Subject};
use crate::domain::history::Change;
use crate::domain::id::Kind;
use crate::domain::listing::PartialReason;
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::time::{self, format_okta};
use crate::msg::status::{Connection, Status};
use crate::msg::{Answer, Ask, ChangeTold, ChangesFound, ChangesQuery, ProblemKind};

/// Rows that are asked for at once: few enough for one message even with long values.
const WINDOW_ROWS: usize = 500;
/// Rows of a table that are held back until all of them can stand in line: more than anybody looks through.
const TABLE_ROWS: usize = 5_000;
/// The column of the name.
const NAME_COLUMN: usize = 3;
/// Fewer rows than this are told one by one.
const FEWEST_ALIKE: usize = 4;
/// What lies further apart is not of one moment, and would be told at a time that is not its own.
const ONE_MOMENT: Duration = Duration::from_secs(1);
/// Without `--since`.
const USUAL_SPAN: Duration = Duration::from_hours(24);

impl Record for ChangeTold {
    const PLURAL: &'static str = "changes";
    const COLUMNS: &'static [Column<Self>] = &[
        worded(
            "at",
            |told| format_okta(told.at()),
            |told| {
                let seen = if told.is_only_seen() { "before " } else { "" };
                format!("{seen}{}", format_okta(told.at()))
            },
        ),
        extra("id", |told| json::subject_id(&told.row.subject).to_owned()),
        shown("type", |told| {
            json::subject_word(&told.row.subject).to_owned()
        }),
        shown("name", |told| told.row.name.to_string()),
        shown("parent", |told| {
            let named = told.row.parent_name.as_ref().map(ToString::to_string);
            named.unwrap_or_else(|| maybe(parent(&told.row.subject)))
        }),
        extra("parentId", |told| maybe(parent(&told.row.subject))),
        shown("change", |told| {
            json::change_word(&told.row.what).to_owned()
        }),
        worded(
            "what",
            |told| what(&told.row.what),
            |told| match &told.through {
                Some((_, group)) => format!("through {group}"),
                None => what(&told.row.what),
            },
        ),
        worded(
            "before",
            |told| maybe(value(told, Side::Before)),
            |told| maybe(value(told, Side::Before).map(|value| told.named(value))),
        ),
        worded(
            "after",
            |told| maybe(value(told, Side::After)),
            |told| maybe(value(told, Side::After).map(|value| told.named(value))),
        ),
        shown("by", |told| {
            maybe(told.proof.as_ref().and_then(|proof| proof.by.as_ref()))
        }),
        extra("event", |told| {
            let found = told.proof.as_ref().map(|proof| proof.event);
            maybe(told.row.evidence.or(found).as_ref())
        }),
        extra("atProof", |told| json::at_proof(told).to_owned()),
    ];

    fn json(&self) -> Option<String> {
        Some(json::safe_line(&json::change_row(self)))
    }
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// What an entry hangs below.
fn parent(subject: &Subject) -> Option<&EntryId> {
    match subject {
        Subject::Object(_) => None,
        Subject::Entry(key) => key.parent.as_ref(),
    }
}

/// The field that changed, or the other one of the two.
fn what(change: &Change) -> String {
    match change {
        Change::Appeared | Change::Archived => String::new(),
        Change::Field { field, .. } => field.to_string(),
        Change::Began { other_name, .. } | Change::Ended { other_name, .. } => {
            other_name.to_string()
        }
        Change::Reassigned {
            other_name, field, ..
        } => format!("{other_name} {field}"),
    }
}

fn value(told: &ChangeTold, side: Side) -> Option<&SafeText> {
    match (&told.row.what, side) {
        (Change::Field { before, .. } | Change::Reassigned { before, .. }, Side::Before) => {
            before.as_ref()
        }
        (Change::Field { after, .. } | Change::Reassigned { after, .. }, Side::After) => {
            after.as_ref()
        }
        _ => None,
    }
}

/// Lists what changed, newest first.
///
/// # Errors
/// When a name means nothing or several things, when the end is not after the beginning, what the agent says,
/// [`Failure::NothingFound`] when nothing changed, [`Failure::Partial`] when the mirror did not exist yet at the beginning or nothing was
/// found and Okta could not be asked up to the end, a failure when nothing of that time is dated yet, or that standard output cannot be written.
pub async fn run(
    args: &ChangesArgs,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let since = args.since.map(|when| when.moment(now));
    let until = args.until.map(|when| when.moment(now));
    let since = since.unwrap_or_else(|| time::before(until.unwrap_or(now), USUAL_SPAN));
    // What happens in this very moment belongs to now.
    let until = until.unwrap_or_else(|| time::after(now, Duration::from_millis(1)));
    if until <= since {
        let words = format!(
            "nothing lies between {} and {}",
            format_okta(since),
            format_okta(until)
        );
        return Err(Failure::new(
            ProblemKind::Usage,
            words,
            "--since comes before --until",
        ));
    }
    let sought = match &args.object {
        Some(text) => find_sought(text, asker).await?,
        None => Sought::Everything,
    };
    let query = ChangesQuery {
        since,
        until,
        subject: sought.subject(),
        limit: WINDOW_ROWS,
        from: None,
    };
    out.about.query = Some(json!({
        "since": format_okta(since),
        "until": format_okta(until),
        "object": args.object,
        "limit": args.limit,
    }));
    out.about.stretch = Some(Bounds {
        since: Some(since),
        until: Some(until),
    });
    out.about.needs = Resource::ALL.to_vec();
    let undated = behind::dated_between(since, until, asker).await?;
    // Who cannot tell how the mirror stands is believed.
    let status = status::ask(asker).await.ok();
    let lacks = status.as_ref().and_then(|status| lacks(status, since));
    let limit = args.limit.unwrap_or(usize::MAX);
    let found = write(query, &sought, limit, lacks.is_none(), asker, out).await?;
    out.notes(&undated.into_iter().collect::<Vec<_>>());
    match (lacks, found) {
        (Some(words), _) => Err(Failure::Partial(words)),
        (None, 0) => Err(unseen(status.as_ref(), until)),
        (None, _) => Ok(()),
    }
}

/// What is not known of the time after `since`. The mirror can tell what changed as soon as it has an answer for the users.
fn lacks(status: &Status, since: Timestamp) -> Option<String> {
    let mut resources = status.resources.iter();
    let users = resources.find(|one| one.resource == Resource::Users)?;
    match users.known_since {
        Some(from) if from <= since => None,
        Some(from) => Some(format!(
            "changes are known from {} on, when the mirror was first filled; what changed before is not",
            format_okta(from)
        )),
        None => Some(
            "the mirror is being filled for the first time: changes are known from its end on"
                .to_owned(),
        ),
    }
}

/// Why nothing was found: nothing changed, unless changes up to then could not be seen.
fn unseen(status: Option<&Status>, until: Timestamp) -> Failure {
    let words = status.and_then(|status| unseen_words(status, until));
    words.map_or(Failure::NothingFound, Failure::Partial)
}

fn unseen_words(status: &Status, until: Timestamp) -> Option<String> {
    let trouble = match &status.connection {
        Connection::Trouble { problem, .. } => Some(problem.summary.clone()),
        _ => stale::silent_since(status).map(stale::silence),
    };
    if let Some(trouble) = trouble {
        let read = stale::last_read(status);
        if read.is_some_and(|read| until <= read) {
            return None;
        }
        let read = read.map_or_else(|| "it began".to_owned(), format_okta);
        return Some(format!("what changed after {read} is not known: {trouble}"));
    }
    let log = status
        .resources
        .iter()
        .find(|one| one.resource == Resource::Log)?;
    let lacks = log.trouble.as_ref().filter(|reason| {
        matches!(
            reason,
            PartialReason::Forbidden
                | PartialReason::MissingScope(_)
                | PartialReason::MissingRole(_)
        )
    })?;
    Some(format!(
        "what changed may not be known yet, because the log, which tells it at once, is not read: {lacks}"
    ))
}

/// Walks back answer by answer. Rows of a table are held back for a while, so that all of them stand in line.
async fn write(
    mut query: ChangesQuery,
    sought: &Sought,
    limit: usize,
    was_known: bool,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<usize, Failure> {
    let mut left = limit;
    let mut folded = 0;
    let format = out.format();
    let at_once = if format == Format::Table {
        TABLE_ROWS
    } else {
        1
    };
    let mut found = ask(&query, asker).await?;
    let mut listing = Listing::of::<ChangeTold>(out)?;
    let mut held: Vec<ChangeTold> = Vec::new();
    loop {
        let wanted = found.rows.into_iter().filter(|told| sought.has(told));
        let before = held.len();
        held.extend(wanted.take(left));
        left -= held.len() - before;
        query.from = found.next.filter(|_| left > 0);
        if held.len() >= at_once || query.from.is_none() {
            folded += add(&held, format, &mut listing)?;
            held.clear();
        }
        if query.from.is_none() {
            break;
        }
        found = ask(&query, asker).await?;
    }
    let rows = listing.end_of(was_known)?;
    if folded > 0 {
        output::say(&folded_words(folded));
    }
    Ok(rows)
}

fn folded_words(folded: usize) -> String {
    format!(
        "{folded} rows are not shown one by one, where one cause changed several things alike in one moment: `-o csv` and `-o json` \
         have each of them"
    )
}

/// Writes rows; in a table those that one cause has made alike in one moment are told by the newest of them. Tells how many are not shown.
fn add(window: &[ChangeTold], format: Format, listing: &mut Listing<'_>) -> Result<usize, Failure> {
    if format != Format::Table {
        listing.add_rows(window)?;
        return Ok(0);
    }
    let mut folded = 0;
    let mut lines = Vec::with_capacity(window.len());
    for (told, more) in alike(window) {
        let mut cells = listing.cells(told);
        lines.push(Line::Cells(cells.clone()));
        if more > 0 {
            cells[NAME_COLUMN] = format!("... and {more} more like it");
            lines.push(Line::Cells(cells));
            folded += more;
        }
    }
    listing.add(lines)?;
    Ok(folded)
}

/// The rows that stand for others, newest first, each with how many more it stands for. Only what Okta itself did is told together:
/// whatever a person did is a deed of its own.
fn alike(window: &[ChangeTold]) -> Vec<(&ChangeTold, usize)> {
    let mut groups: Vec<Vec<&ChangeTold>> = Vec::new();
    let mut last: HashMap<Alike<'_>, usize> = HashMap::new();
    for one in window {
        let alike = Alike::of(one);
        let known = alike.as_ref().and_then(|alike| last.get(alike).copied());
        let is_same = |group: &Vec<&ChangeTold>| {
            group
                .first()
                .is_some_and(|newest| time::elapsed(one.at(), newest.at()) < ONE_MOMENT)
        };
        if let Some(at) = known.filter(|at| groups.get(*at).is_some_and(is_same)) {
            groups[at].push(one);
        } else {
            last.extend(alike.map(|alike| (alike, groups.len())));
            groups.push(vec![one]);
        }
    }
    let told = groups.iter().flat_map(|group| match group.as_slice() {
        [newest, others @ ..] if group.len() >= FEWEST_ALIKE => vec![(*newest, others.len())],
        few => few.iter().map(|one| (*one, 0)).collect(),
    });
    let mut told: Vec<_> = told.collect();
    told.sort_by_key(|(one, _)| Reverse(one.at()));
    told
}

/// What changes of one cause have in common, whomever they happened to.
#[derive(PartialEq, Eq, Hash)]
struct Alike<'a> {
    kind: &'static str,
    change: &'static str,
    what: String,
    values: [Option<&'a SafeText>; 2],
    by: Option<&'a SafeText>,
}

impl<'a> Alike<'a> {
    /// `None` for what a person did, and for what happened to one thing alone.
    fn of(told: &'a ChangeTold) -> Option<Self> {
        let is_by_hand = told.proof.as_ref().is_some_and(|proof| proof.by_hand);
        let is_of_two = matches!(
            told.row.what,
            Change::Began { .. } | Change::Ended { .. } | Change::Reassigned { .. }
        );
        (is_of_two && !is_by_hand).then(|| Self {
            kind: json::subject_word(&told.row.subject),
            change: json::change_word(&told.row.what),
            what: what(&told.row.what),
            values: [value(told, Side::Before), value(told, Side::After)],
            by: told.proof.as_ref().and_then(|proof| proof.by.as_ref()),
        })
    }
}

async fn ask(query: &ChangesQuery, asker: &mut impl Asker) -> Result<ChangesFound, Failure> {
    match asker.ask(Ask::Changes(query.clone())).await? {
        Answer::Changes(found) => Ok(found),
        _ => Err(mismatch()),
    }
}

/// Which changes are asked for.
enum Sought {
    Everything,
    /// Those of one thing.
    Of(Subject),
    /// Those of who holds one of Okta's own roles, which no list has.
    Role(RoleId),
}

impl Sought {
    fn subject(&self) -> Option<Subject> {
        match self {
            Self::Of(subject) => Some(subject.clone()),
            Self::Everything | Self::Role(_) => None,
        }
    }

    /// Whether a row of the answer is among them.
    fn has(&self, told: &ChangeTold) -> bool {
        let (Self::Role(role), Subject::Entry(key)) = (self, &told.row.subject) else {
            return !matches!(self, Self::Role(_));
        };
        let is_grant = matches!(
            key.kind,
            EntryKind::UserRole | EntryKind::GroupRole | EntryKind::ClientRole
        );
        is_grant && standard_role(&told.row.name).as_ref() == Some(role)
    }
}

/// What `text` means: one of Okta's own roles after `role:`, or what [`find_subject`] finds.
async fn find_sought(text: &str, asker: &mut impl Asker) -> Result<Sought, Failure> {
    let role = text.strip_prefix("role:").and_then(standard_role);
    match role {
        Some(role) => Ok(Sought::Role(role)),
        None => Ok(Sought::Of(find_subject(text, asker).await?)),
    }
}

/// What `text` means: `user:`, `group:`, `app:` or the name of any other list before it decides; otherwise a user, group or app.
async fn find_subject(text: &str, asker: &mut impl Asker) -> Result<Subject, Failure> {
    let objects = [
        ("user", Kind::User),
        ("group", Kind::Group),
        ("app", Kind::App),
    ];
    if let Some((word, name)) = text.split_once(':') {
        if let Some((_, kind)) = objects.iter().find(|(known, _)| *known == word) {
            return Ok(Subject::Object(get::find_ever(*kind, name, asker).await?));
        }
        if let Some(kind) = kind_named(word) {
            return Ok(Subject::Entry(entries::find(kind, name, asker).await?));
        }
    }
    for (_, kind) in objects {
        if let Some(id) = get::with_id(kind, text, asker).await? {
            return Ok(Subject::Object(id));
        }
    }
    let mut found = Vec::new();
    for (_, kind) in objects {
        found.extend(get::bearers(kind, text, asker).await?);
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(Subject::Object(one.id)),
        (Some(last), false) => {
            found.push(last);
            Err(get::several(text, &found))
        }
        (None, _) => Err(Failure::new(
            ProblemKind::NotFound,
            format!("there is no user, group or app with the id or name {text}"),
            format!(
                "write the list before the name for anything else, such as policy:NAME; {}",
                get::in_the_log(text)
            ),
        )),
    }
}

#[cfg(test)]
mod tests;
