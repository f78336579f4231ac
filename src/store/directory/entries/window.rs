//! Answering a window of entries: scope, filter, sort, and the names of what they hang below.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::model::Entries;
use super::record::{EntryView, decode_value};
use crate::domain::entry::Above;
use crate::domain::entry::Entry;
use crate::domain::entry::EntryId;
use crate::domain::entry::EntryKey;
use crate::domain::entry::EntryKind;
use crate::domain::entry::EntryQuery;
use crate::domain::entry::EntryRow;
use crate::domain::entry::EntryRows;
use crate::domain::entry::Subject;
use crate::domain::entry::Target;
use crate::domain::filter::{Field, Fields, Filter};
use crate::domain::id::Kind;
use crate::domain::text::SafeText;
use crate::store::directory::Directory;
use crate::store::directory::model::Model;
use crate::store::directory::past::entries::{Then, known_since};
use crate::store::error::{Fault, QueryError};

/// The fields that entries of every kind have.
const COMMON: [&str; 6] = EntryKind::COMMON_FIELDS;

/// The answer without JSON, and the ordinals of its rows.
pub(super) struct Window {
    pub(super) answer: EntryRows,
    pub(super) ordinals: Vec<u32>,
}

/// Why there is no answer, before it is known which file it was about.
pub(super) enum Refusal {
    Query(QueryError),
    Fault(Fault),
}

impl Refusal {
    pub(super) fn at(self, directory: &Directory) -> QueryError {
        match self {
            Self::Query(error) => error,
            Self::Fault(fault) => directory.failed(fault).into(),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Finds the rows of the window.
pub(super) fn window(
    model: &Model,
    query: &EntryQuery,
    then: Option<&Then>,
    now: Timestamp,
) -> Result<Window, Refusal> {
    let now = then.map_or(now, |then| then.at.min(now));
    let names = names(query.kind);
    let filter =
        Filter::parse(&query.filter, &names).map_err(|error| Refusal::Query(error.into()))?;
    let sort = sort_of(query, &names)?;
    let in_scope = in_scope(model, query, then, sort)?;
    let mut matching = Vec::new();
    let entries = &model.entries;
    for ordinal in in_scope.iter().copied() {
        if filter.is_empty() || filter.matches(&view(entries, ordinal, then)?, now) {
            matching.push(ordinal);
        }
    }
    let wanted = query.around.as_ref();
    let position = wanted.and_then(|id| {
        let is_it = |ordinal: &u32| {
            entries
                .view(*ordinal, None)
                .is_ok_and(|it| it.id == id.as_str())
        };
        matching.iter().position(is_it)
    });
    let offset = super::super::list::offset_of(query.offset, query.limit, position, matching.len());
    let visible = matching.iter().skip(offset).take(query.limit);
    let ordinals: Vec<u32> = visible.copied().collect();
    let rows: Result<Vec<_>, Fault> = ordinals.iter().map(|it| row(model, *it, then)).collect();
    Ok(Window {
        answer: EntryRows {
            rows: rows?,
            offset,
            matched: matching.len(),
            total: in_scope.len(),
            position,
            complete_at: match then {
                Some(then) => known_then(model, query, then.at),
                None => complete_at(model, query),
            },
            trouble: None,
        },
        ordinals,
    })
}

/// One row, without what is on disk.
pub(super) fn row(model: &Model, ordinal: u32, then: Option<&Then>) -> Result<EntryRow, Fault> {
    let entries = &model.entries;
    let record = entries.record(ordinal)?;
    let list = entries.list_of(ordinal)?;
    let value = then.and_then(|then| then.value(ordinal));
    let entry = decode_value(&list.key, &record.id, value.unwrap_or(&record.value))?;
    let observed = record.observed(list);
    Ok(EntryRow {
        parent_name: parent_name(model, &entry.key),
        names: names_mentioned(model, &entry),
        observed: then.map_or(observed, |then| observed.min(then.at)),
        spans: record.spans.into_vec(),
        entry,
        raw: None,
    })
}

/// The entry as it is, or as it was.
fn view<'a>(
    entries: &'a Entries,
    ordinal: u32,
    then: Option<&'a Then>,
) -> Result<EntryView<'a>, Fault> {
    entries.view(ordinal, then.and_then(|then| then.value(ordinal)))
}

fn known_then(model: &Model, query: &EntryQuery, at: Timestamp) -> Option<Timestamp> {
    known_since(model, query.kind, query.parent.as_ref()).filter(|since| *since <= at)
}

fn names(kind: EntryKind) -> Vec<&'static str> {
    COMMON.iter().chain(kind.columns()).copied().collect()
}

fn sort_of(
    query: &EntryQuery,
    names: &[&'static str],
) -> Result<Option<(&'static str, bool)>, Refusal> {
    let Some(sort) = &query.sort else {
        return Ok(None);
    };
    let mut known = names.iter();
    let named = known.find(|name| name.eq_ignore_ascii_case(&sort.field));
    let named = named.map(|name| Some((*name, sort.descending)));
    named.ok_or_else(|| {
        Refusal::Query(QueryError::Sort {
            field: sort.field.clone(),
            names: names.to_vec(),
        })
    })
}

/// Everything that the filter may keep, sorted. Sorting 100,000 devices takes a tenth of a second, so it is done once.
fn in_scope(
    model: &Model,
    query: &EntryQuery,
    then: Option<&Then>,
    sort: Option<(&'static str, bool)>,
) -> Result<Arc<Vec<u32>>, Fault> {
    let scope = (
        (query.kind, &query.parent, &query.about),
        (query.archived, query.as_of, sort),
    );
    let name = format!("{scope:?}");
    if let Some(sorted) = model.entries.sorted(&name) {
        return Ok(sorted);
    }
    let mut keyed = Vec::new();
    for list in super::lists(model, query.kind, query.parent.as_ref()) {
        for ordinal in model.entries.in_list(list) {
            if is_in_scope(&model.entries, query, ordinal, then)? {
                let view = view(&model.entries, ordinal, then)?;
                keyed.push((sort_key(&view, list, sort.map(|(field, _)| field)), ordinal));
            }
        }
    }
    let descending = sort.is_some_and(|(_, descending)| descending);
    keyed.sort_unstable_by(|(a, x), (b, y)| a.compare(b, descending).then(x.cmp(y)));
    let sorted = Arc::new(keyed.into_iter().map(|(_, ordinal)| ordinal).collect());
    model.entries.keep_sorted(name, Arc::clone(&sorted));
    Ok(sorted)
}

fn is_in_scope(
    entries: &Entries,
    query: &EntryQuery,
    ordinal: u32,
    then: Option<&Then>,
) -> Result<bool, Fault> {
    if then.is_some() || !entries.is_present(ordinal) {
        let spans = entries.record(ordinal)?.spans;
        let listed = match then {
            Some(then) if query.archived => spans.until(then.at).is_some(),
            Some(then) => spans.at(then.at).is_some(),
            None => query.archived && spans.last().is_some(),
        };
        if !listed {
            return Ok(false);
        }
    }
    match &query.about {
        Some(subject) => is_about(&view(entries, ordinal, then)?, subject),
        None => Ok(true),
    }
}

/// Whether an entry refers to the subject, or hangs below it.
pub(in super::super) fn is_about(view: &EntryView<'_>, subject: &Subject) -> Result<bool, Fault> {
    let above = view.kind.above();
    let parent = view.parent.map(EntryId::as_str);
    let hangs_below = match subject {
        Subject::Object(id) => {
            let kind = match above {
                Above::User => Some(Kind::User),
                Above::Group => Some(Kind::Group),
                Above::App => Some(Kind::App),
                Above::Org | Above::Entry(_) | Above::PolicyType | Above::Binding => None,
            };
            kind == Some(id.kind()) && parent == Some(id.as_str())
        }
        Subject::Entry(key) => above == Above::Entry(key.kind) && parent == Some(key.id.as_str()),
    };
    if hangs_below {
        return Ok(true);
    }
    let refs = view.refs()?;
    Ok(refs.iter().any(|reference| match (&reference.to, subject) {
        (Target::Object(to), Subject::Object(id)) => to == id,
        (Target::Entry(kind, to), Subject::Entry(key)) => *kind == key.kind && *to == key.id,
        _ => false,
    }))
}

/// What entries are sorted by: the field, if it has one, then the order in which lists were first read, then the name.
struct SortKey {
    field: Option<FieldKey>,
    list: u32,
    name: Box<str>,
}

#[derive(PartialEq)]
enum FieldKey {
    Number(f64),
    Time(Timestamp),
    Text(Box<str>),
}

fn sort_key(view: &EntryView<'_>, list: u32, field: Option<&str>) -> SortKey {
    let mut key = None;
    let mut take = |field: Field<'_>| {
        // Text that is a number or a moment comes a second time as what it is; that is the better order.
        key = match field {
            Field::Text(text) => Some(FieldKey::Text(text.to_lowercase().into())),
            Field::Number(number) => Some(FieldKey::Number(number)),
            Field::Time(time) => Some(FieldKey::Time(time)),
            Field::Unknown => return,
        };
    };
    if let Some(field) = field {
        view.field(field, &mut take);
    }
    SortKey {
        field: key,
        list,
        name: view.name.to_lowercase().into(),
    }
}

impl SortKey {
    /// Entries without the field come last in both directions.
    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let by_field = match (&self.field, &other.field) {
            (Some(a), Some(b)) if descending => b.compare(a),
            (Some(a), Some(b)) => a.compare(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let by_name = || (self.list, &self.name).cmp(&(other.list, &other.name));
        by_field.then_with(by_name)
    }
}

impl FieldKey {
    fn rank(&self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::Time(_) => 1,
            Self::Text(_) => 2,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl Fields for EntryView<'_> {
    /// Those of every kind; a kind's own columns come from its table.
    const NAMES: &'static [&'static str] = &COMMON;

    fn field(&self, name: &str, visit: &mut dyn FnMut(Field<'_>)) {
        let time = |time: Option<Timestamp>| time.map_or(Field::Unknown, Field::Time);
        match name {
            "name" => visit(Field::Text(self.name)),
            "id" => visit(Field::Text(self.id)),
            "parent" => visit(
                self.parent
                    .map_or(Field::Unknown, |it| Field::Text(it.as_str())),
            ),
            "status" => visit(self.status.map_or(Field::Unknown, Field::Text)),
            "created" => visit(time(self.created)),
            "lastUpdated" => visit(time(self.last_updated)),
            column => {
                let columns = self.kind.columns();
                let at = columns.iter().position(|known| *known == column);
                match at.and_then(|at| self.facts.get(at).copied().flatten()) {
                    Some(text) => visit_fact(text, visit),
                    None => visit(Field::Unknown),
                }
            }
        }
    }

    fn texts(&self, visit: &mut dyn FnMut(&str)) {
        visit(self.name);
        visit(self.id);
        self.status.into_iter().for_each(&mut *visit);
        self.facts.iter().flatten().copied().for_each(visit);
    }
}

/// A fact is text; where it reads as a number or a moment it can be compared as one too.
fn visit_fact(text: &str, visit: &mut dyn FnMut(Field<'_>)) {
    visit(Field::Text(text));
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return;
    }
    if let Ok(number) = text.parse::<f64>() {
        visit(Field::Number(number));
    } else if let Ok(time) = text.parse::<Timestamp>() {
        visit(Field::Time(time));
    }
}

fn complete_at(model: &Model, query: &EntryQuery) -> Option<Timestamp> {
    let of_all = model.completed(query.kind.resource());
    if query.parent.is_none() && query.kind.above() != Above::Org {
        return of_all;
    }
    let lists = super::lists(model, query.kind, query.parent.as_ref());
    let list = lists
        .first()
        .and_then(|list| model.entries.list(*list).ok());
    let read = list.filter(|list| !list.gone).and_then(|list| list.read);
    // Of most people no factors are read until somebody asks: that a reading of the others is complete says nothing about them.
    if query.kind == EntryKind::Factor {
        return read;
    }
    read.or(of_all)
}

/// What people call that which an entry hangs below, when the mirror knows.
pub(in super::super) fn parent_name(model: &Model, key: &EntryKey) -> Option<SafeText> {
    let parent = key.parent.as_ref()?;
    let id = parent.as_str();
    match key.kind.above() {
        Above::Org | Above::PolicyType => None,
        Above::User => model.name(Kind::User, id),
        Above::Group => model.name(Kind::Group, id),
        Above::App => model.name(Kind::App, id),
        Above::Entry(kind) => entry_name(model, kind, parent),
        Above::Binding => {
            let (set, role) = id.split_once(':')?;
            let name = |kind, id: &str| entry_name(model, kind, &id.parse().ok()?);
            let set = name(EntryKind::ResourceSet, set)?;
            let role = name(EntryKind::Role, role).unwrap_or_else(|| SafeText::new(role));
            Some(format!("{role} on {set}").into())
        }
    }
}

/// The names of what the columns mention by id.
fn names_mentioned(model: &Model, entry: &Entry) -> Vec<(EntryId, SafeText)> {
    let words: BTreeSet<&str> = entry.words().chain([&*entry.name]).collect();
    let mentioned = entry.refs.iter().filter_map(|reference| {
        let (id, name) = match &reference.to {
            Target::Object(id) if words.contains(id.as_str()) => (
                id.as_str().parse().ok()?,
                model.name(id.kind(), id.as_str())?,
            ),
            Target::Entry(kind, id) if words.contains(id.as_str()) => {
                (id.clone(), entry_name(model, *kind, id)?)
            }
            _ => return None,
        };
        (!name.is_empty()).then_some((id, name))
    });
    mentioned.collect()
}

fn entry_name(model: &Model, kind: EntryKind, id: &EntryId) -> Option<SafeText> {
    let ordinal = model.entries.find(kind, id)?;
    let view = model.entries.view(ordinal, None).ok()?;
    Some(SafeText::new(view.name))
}
