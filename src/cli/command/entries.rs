//! Everything that Okta lists beside users, groups, apps and events: one implementation for every kind.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::get::{self, quoted};
use super::list::sort_told;
use super::status;
use super::then;
use crate::cli::args::{Format, ListArgs, past};
use crate::cli::ask::{Asker, mismatch};
use crate::cli::export::columns::Chosen;
use crate::cli::failure::{Failure, something};
use crate::cli::json;
use crate::cli::kinds::{EntriesCommand, KindCommand, name_of};
use crate::cli::listing::{Head, Line, Listing, no_json};
use crate::cli::output::Output;
use crate::cli::record::{maybe, moment};
use crate::cli::steady::{Steady, Verdict};
use crate::cli::unread;
use crate::domain::entry::{
    Above, EntryId, EntryKey, EntryKind, EntryQuery, EntryRow, EntryRows, Subject,
};
use crate::domain::id::Kind;
use crate::domain::listing::PartialReason;
use crate::domain::query::{Sort, from_asked};
use crate::domain::text::SafeText;
use crate::domain::time::format_okta;
use crate::msg::status::Connection;
use crate::msg::{Answer, Ask, EntryDetail, ProblemKind};
use crate::ui::record::Item;

/// Rows that are asked for at once: few enough for one message even with their JSON.
const WINDOW_ROWS: usize = 200;
/// Entries of the same name that are told of: enough to choose from.
const MAX_CANDIDATES: usize = 10;
/// Columns of a kind that a table has.
const TABLE_COLUMNS: usize = 4;

/// Does what was asked.
///
/// # Errors
/// What the agent says, [`Failure::NothingFound`] when there is nothing, [`Failure::Partial`] when the list was never read, or
/// that standard output cannot be written.
pub async fn run(
    KindCommand { kind, command }: KindCommand,
    now: Timestamp,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    match command {
        EntriesCommand::List(args) => {
            let query = query(kind, args.of.as_deref(), "", (&args.list, now), asker, out).await?;
            something(list(query, asker, out).await?)
        }
        EntriesCommand::Search(args) => {
            let filter = args.search.filter.join(" ");
            let list_args = &args.search.list;
            let query = query(
                kind,
                args.of.as_deref(),
                &filter,
                (list_args, now),
                asker,
                out,
            )
            .await?;
            let found = list(query, asker, out).await;
            something(found.map_err(|failure| failure.about_filter(&filter))?)
        }
        EntriesCommand::Get { entry } => one(kind, &entry, asker, out).await,
    }
}

async fn query(
    kind: EntryKind,
    of: Option<&str>,
    filter: &str,
    (args, now): (&ListArgs, Timestamp),
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<EntryQuery, Failure> {
    let parent = match of {
        Some(of) => Some(parent(kind, of, asker).await?),
        None => None,
    };
    let as_of = past(args.as_of, now)?;
    then::note(as_of, asker, out).await?;
    Ok(EntryQuery {
        parent,
        filter: filter.to_owned(),
        sort: args.sort.as_ref().map(|field| Sort {
            field: field.clone(),
            descending: args.desc,
        }),
        archived: args.archived,
        as_of,
        with_raw: out.wants_json(),
        ..EntryQuery::of(kind, args.limit.unwrap_or(usize::MAX))
    })
}

/// The id of what entries hang below, by its id or name.
async fn parent(kind: EntryKind, of: &str, asker: &mut impl Asker) -> Result<EntryId, Failure> {
    let object = match kind.above() {
        Above::User => Kind::User,
        Above::Group => Kind::Group,
        Above::App => Kind::App,
        Above::Entry(above) => return Ok(find(above, of, asker).await?.id),
        Above::PolicyType => return entry_id(&of.to_uppercase()),
        Above::Binding => return entry_id(of),
        Above::Org => {
            let words = format!("{} hang below nothing", kind.plural());
            return Err(Failure::new(ProblemKind::Usage, words, "leave --of out"));
        }
    };
    let id = get::find(object, of, None, asker).await?;
    entry_id(id.as_str())
}

fn entry_id(text: &str) -> Result<EntryId, Failure> {
    text.parse().map_err(|_| {
        let words = format!("{text} is not an id");
        Failure::new(
            ProblemKind::Usage,
            words,
            "ids have visible ASCII characters only",
        )
    })
}

/// Asks window by window and writes each as it comes.
///
/// # Errors
/// What the agent says, [`Failure::Partial`] when the list was never read, or that it cannot be written.
pub async fn list(
    query: EntryQuery,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<usize, Failure> {
    out.about.query = Some(told_query(&query));
    out.about.needs = vec![query.kind.resource()];
    let mut steady = Steady::begin(asker, out).await?;
    let Written {
        rows,
        complete,
        trouble,
        ..
    } = loop {
        let written = windows(query.clone(), asker, out).await?;
        if steady.end(written.windows, asker, out).await? == Verdict::Stays {
            break written;
        }
    };
    match (complete, trouble) {
        (None, Some(reason)) => Err(Failure::Partial(format!(
            "{} cannot be read: {reason}",
            query.kind.plural()
        ))),
        (None, None) => Err(unread(query.kind, query.as_of, asker).await),
        (Some(at), Some(reason)) => {
            let words = format!(
                "as of {}; the last reading failed: {reason}",
                format_okta(at)
            );
            out.notes(&[words]);
            Ok(rows)
        }
        (Some(_), None) => Ok(rows),
    }
}

/// What was written of a list, and how its reading stands.
struct Written {
    rows: usize,
    windows: usize,
    complete: Option<Timestamp>,
    trouble: Option<PartialReason>,
}

async fn windows(
    mut query: EntryQuery,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<Written, Failure> {
    let limit = query.limit;
    query.limit = limit.min(WINDOW_ROWS);
    let mut window = ask(&query, asker).await?;
    let (complete, trouble) = (window.complete_at, window.trouble.take());
    let (format, chosen) = (out.format(), out.chosen().cloned());
    let mut listing = Listing::begin(out, head(query.kind))?;
    let mut windows = 1;
    loop {
        let new = from_asked(&window.rows, window.offset, query.offset);
        let lines = new.iter().map(|row| match &chosen {
            Some(chosen) => Ok(Line::Cells(in_columns(row, chosen))),
            None => line(row, format),
        });
        listing.add(lines.collect::<Result<_, _>>()?)?;
        query.offset += new.len();
        query.limit = limit.saturating_sub(query.offset).min(WINDOW_ROWS);
        if new.is_empty() || query.offset >= window.matched || query.limit == 0 {
            break;
        }
        window = ask(&query, asker).await?;
        windows += 1;
    }
    Ok(Written {
        rows: listing.end_of(complete.is_some())?,
        windows,
        complete,
        trouble,
    })
}

fn in_columns(row: &EntryRow, chosen: &Chosen) -> Vec<String> {
    let item = Item::Entry(Box::new(row.clone()));
    chosen.of_item(&item).unwrap_or_default()
}

/// The question as a manifest tells it.
fn told_query(query: &EntryQuery) -> Value {
    let about = query.about.as_ref().map(|about| match about {
        Subject::Object(id) => id.as_str().to_owned(),
        Subject::Entry(key) => key.id.to_string(),
    });
    json!({
        "of": query.parent.as_ref().map(ToString::to_string),
        "about": about,
        "filter": query.filter,
        "sort": sort_told(query.sort.as_ref()),
        "archived": query.archived,
        "as_of": query.as_of.map(format_okta),
        "limit": (query.limit != usize::MAX).then_some(query.limit),
    })
}

async fn ask(query: &EntryQuery, asker: &mut impl Asker) -> Result<EntryRows, Failure> {
    match asker.ask(Ask::Entries(query.clone())).await? {
        Answer::Entries(rows) => Ok(rows),
        _ => Err(mismatch()),
    }
}

/// Why a list is not known: Okta is out of reach, or it has not been read yet.
async fn unread(kind: EntryKind, at: Option<Timestamp>, asker: &mut impl Asker) -> Failure {
    if let Some(at) = at {
        return Failure::Partial(format!(
            "{} were first read after {}: what they were then is not known",
            kind.plural(),
            format_okta(at)
        ));
    }
    let connection = status::ask(asker).await.map(|status| status.connection);
    match connection {
        Ok(Connection::Trouble { problem, .. }) => problem.into(),
        _ => Failure::Partial(format!(
            "{} have not been read from Okta yet; `oktop status` shows how far it is",
            kind.plural()
        )),
    }
}

/// The key of the entry that `name` means: the one with this id, or else exactly this name; one that Okta no longer has when there is
/// no other.
///
/// # Errors
/// When there is none or several, or what the agent says.
pub async fn find(
    kind: EntryKind,
    name: &str,
    asker: &mut impl Asker,
) -> Result<EntryKey, Failure> {
    let mut found = candidates(kind, name, asker).await?;
    if found.is_empty() {
        found = named(kind, name, true, asker).await?;
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one.entry.key),
        (Some(last), false) => {
            found.push(last);
            let told: Vec<String> = found.iter().map(told).collect();
            Err(Failure::new(
                ProblemKind::Usage,
                format!(
                    "several {} are called {name}: {}",
                    kind.plural(),
                    told.join(", ")
                ),
                "use one of the ids, or `list --of` what it hangs below",
            ))
        }
        (None, _) => {
            let failure = Failure::new(
                ProblemKind::NotFound,
                format!("none of the {} has the id or name {name}", kind.plural()),
                format!("`oktop {} search` finds parts of names", name_of(kind)),
            );
            Err(unread::or_unread(failure, &[kind.resource()], asker).await)
        }
    }
}

fn told(row: &EntryRow) -> String {
    let below = row.parent_name.as_ref().map(SafeText::as_str);
    let below = below.or(row.entry.key.parent.as_ref().map(EntryId::as_str));
    below.map_or_else(
        || row.entry.key.id.to_string(),
        |below| format!("{} (of {below})", row.entry.key.id),
    )
}

/// Every entry of Okta's that `name` may mean: those with this id, or else those with exactly this name.
///
/// # Errors
/// What the agent says.
pub async fn candidates(
    kind: EntryKind,
    name: &str,
    asker: &mut impl Asker,
) -> Result<Vec<EntryRow>, Failure> {
    named(kind, name, false, asker).await
}

async fn named(
    kind: EntryKind,
    name: &str,
    archived: bool,
    asker: &mut impl Asker,
) -> Result<Vec<EntryRow>, Failure> {
    for field in ["id", "name"] {
        let query = EntryQuery {
            filter: format!("{field}={}", quoted(name)),
            archived,
            ..EntryQuery::of(kind, MAX_CANDIDATES)
        };
        let mut rows = ask(&query, asker).await?.rows;
        // The filter language does not tell upper from lower case, ids do.
        rows.retain(|row| field == "name" || row.entry.key.id.as_str() == name);
        if !rows.is_empty() {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

async fn one(
    kind: EntryKind,
    name: &str,
    asker: &mut impl Asker,
    out: &mut Output,
) -> Result<(), Failure> {
    let key = find(kind, name, asker).await?;
    let Answer::Entry(detail) = asker.ask(Ask::Entry(key)).await? else {
        return Err(mismatch());
    };
    let EntryDetail { row, changes, .. } = *detail;
    if out.wants_json() {
        let ours = json::ours_of_entry(&row, Some(&changes));
        let raw = row.raw.as_ref().and_then(|raw| json::with_ours(raw, &ours));
        return Ok(out.text(&(raw.ok_or_else(no_json)? + "\n"))?);
    }
    let head = head(kind);
    let names: Vec<&str> = head.columns.iter().map(|(name, _)| *name).collect();
    let cells = cells(&row, out.format());
    if out.format() == Format::Csv {
        return Ok(out.sheet(&names, &[cells])?);
    }
    let filled = names.iter().zip(cells).filter(|(_, text)| !text.is_empty());
    let lines: Vec<Vec<String>> = filled
        .map(|(name, text)| vec![(*name).to_owned(), text])
        .collect();
    Ok(out.sheet(&["field", "value"], &lines)?)
}

fn head(kind: EntryKind) -> Head {
    let own = kind.columns().iter().enumerate();
    let columns = [("id", true), ("name", true), ("status", kind.has_status())]
        .into_iter()
        .chain([("parent", kind.above() != Above::Org), ("parentId", false)])
        .chain(own.map(|(at, name)| (*name, at < TABLE_COLUMNS)))
        .chain(
            [
                "created",
                "lastUpdated",
                "since",
                "sinceProof",
                "observed",
                "archived",
            ]
            .map(|name| (name, false)),
        );
    Head {
        plural: kind.plural(),
        columns: columns.collect(),
    }
}

/// The text of every column of [`head`]: for people with names in place of ids, in CSV with the ids, which go on being the same.
fn cells(row: &EntryRow, format: Format) -> Vec<String> {
    let entry = &row.entry;
    let parent = row.parent_name.as_ref().map(ToString::to_string);
    let last = row.spans.last();
    let own = (0..entry.key.kind.columns().len()).map(|at| match format {
        Format::Csv => maybe(entry.facts.get(at).and_then(Option::as_ref)),
        _ => row.shown(at).unwrap_or_default().into_owned(),
    });
    let mut cells = vec![
        entry.key.id.to_string(),
        entry.name.to_string(),
        maybe(entry.status.as_ref()),
        parent.unwrap_or_else(|| maybe(entry.key.parent.as_ref())),
        maybe(entry.key.parent.as_ref()),
    ];
    cells.extend(own);
    cells.extend([
        moment(entry.created),
        moment(entry.last_updated),
        moment(last.map(|span| span.from)),
        last.map(|span| json::since_proof(span.began_by.is_some()).to_owned())
            .unwrap_or_default(),
        format_okta(row.observed),
        moment(last.and_then(|span| span.to)),
    ]);
    cells
}

fn line(row: &EntryRow, format: Format) -> Result<Line, Failure> {
    if !matches!(format, Format::Json | Format::Ndjson) {
        return Ok(Line::Cells(cells(row, format)));
    }
    let ours = json::ours_of_entry(row, None);
    let raw = row.raw.as_ref().and_then(|raw| json::with_ours(raw, &ours));
    Ok(Line::Json(raw.ok_or_else(no_json)?))
}

#[cfg(test)]
mod tests;
