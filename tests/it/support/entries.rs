//! The entries of the fixed org: a few of every kind, with names as hostile as those of its users.

use oktop::domain::entry::{
    Above, Entry, EntryId, EntryKey, EntryKind, EntryQuery, EntryRow, EntryRows, How, Reference,
    Subject, Target,
};
use oktop::domain::history::{Change, ChangeRow, FieldChange, Interval, Relation};
use oktop::domain::id::ObjectId;
use oktop::domain::listing::PartialReason;
use oktop::domain::resource::Resource;
use oktop::domain::text::{RawJson, SafeText};
use oktop::msg::{ChangeTold, ChangesQuery, EntryDetail, Problem};

use super::access;
use super::fake_agent::{before, first_read, now, usage};

/// How many there are of each kind, or below each parent.
const COUNT: usize = 6;

const NAMES: [&str; COUNT] = [
    "Payroll",
    "Finance leads",
    "x\u{1b}[2Jcleared",
    "外部の人",
    "Right\u{202e}tfel",
    "A name that goes on for longer than any column of any list is wide, and then some more",
];

/// What the credential may not read.
pub(super) fn trouble(resource: Resource) -> Option<PartialReason> {
    match resource {
        Resource::Zones => Some(PartialReason::MissingScope("okta.networkZones.read".into())),
        Resource::LogStreams => Some(PartialReason::MissingRole("SUPER_ADMIN".into())),
        Resource::Devices => Some(PartialReason::NotEnabled),
        _ => None,
    }
}

/// The `n`-th entry of a kind.
pub(crate) fn entry(kind: EntryKind, parent: Option<&str>, n: usize) -> EntryRow {
    let fact = |column: &str| -> Option<SafeText> {
        Some(match column {
            "expression" => "user.department==\"Finance\" && isMemberOfGroupName(\"Leads\")".into(),
            "groups" => "2".into(),
            "priority" => (n + 1).to_string().into(),
            "system" => "false".into(),
            "type" => "SUPER_ADMIN".into(),
            "owner" => "user0001@example.com".into(),
            "expiresAt" => "2026-12-22T14:03:22.000Z".into(),
            "excludedUsers" | "error" => return None,
            column => format!("{column} {n}").into(),
        })
    };
    let default_parent = match kind.above() {
        Above::Org => None,
        Above::User => Some("00u0001"),
        Above::Group => Some("00g0001"),
        Above::App => Some("0oa0001"),
        Above::PolicyType => Some("OKTA_SIGN_ON"),
        Above::Entry(_) => Some("x0001"),
        Above::Binding => Some("iam0001:cr0001"),
    };
    let parent = parent.or(default_parent);
    let span = |from, to| Interval {
        from: before(from),
        to,
        began_by: None,
        ended_by: None,
    };
    let entry = Entry {
        key: EntryKey {
            kind,
            parent: parent.map(|id| id.parse().unwrap()),
            id: format!("x{n:04}").parse().unwrap(),
        },
        name: format!("{} {n}", NAMES[n % COUNT]).into(),
        status: (n % 3 != 2).then(|| ["ACTIVE", "INACTIVE"][n % 2].into()),
        created: Some(before(400_000)),
        last_updated: Some(before(5_000)),
        facts: kind.columns().iter().map(|column| fact(column)).collect(),
        refs: vec![
            Reference {
                how: How::Gives,
                to: Target::Object(ObjectId::Group("00g0001".parse().unwrap())),
            },
            Reference {
                how: How::Excludes,
                to: Target::Object(ObjectId::User("00u0002".parse().unwrap())),
            },
            Reference {
                how: How::Uses,
                to: Target::Entry(EntryKind::Zone, "x0001".parse().unwrap()),
            },
            Reference {
                how: How::Includes,
                to: Target::All("ALL_USERS".into()),
            },
        ],
    };
    EntryRow {
        entry,
        parent_name: parent.map(|id| format!("Named {id}").into()),
        names: vec![("00u0001".parse().unwrap(), "user0001@example.com".into())],
        observed: before(3),
        spans: vec![span(90_000, Some(before(50_000))), span(9_000, None)],
        raw: None,
    }
}

/// A window as the store would cut it out; the filter is a part of the name, or `id="…"`.
pub(super) fn window(query: &EntryQuery, complete: bool) -> Result<EntryRows, Problem> {
    if let Some(column) = query.filter.find("foo:") {
        return Err(usage("There is no field `foo`.", column));
    }
    let trouble = trouble(query.kind.resource());
    let parent = query.parent.as_ref().map(EntryId::as_str);
    let complete = complete && query.as_of.is_none_or(|then| then >= first_read());
    // One user has tokens, and nobody else has anything.
    let owner = Subject::Object(ObjectId::User("00u0003".parse().unwrap()));
    let has = |about: &Subject| query.kind == EntryKind::ApiToken && *about == owner;
    let total = if complete && trouble.is_none() && query.about.as_ref().is_none_or(has) {
        COUNT
    } else {
        0
    };
    let mut matched: Vec<EntryRow> = (0..total)
        .map(|n| entry(query.kind, parent, n))
        .filter(|row| match query.filter.strip_prefix("id=") {
            Some(id) => row.entry.key.id.as_str() == id.trim_matches('"'),
            None => row.entry.name.contains(query.filter.trim()),
        })
        .collect();
    if query.sort.as_ref().is_some_and(|sort| sort.descending) {
        matched.reverse();
    }
    let count = matched.len();
    let at = |row: &EntryRow| Some(&row.entry.key.id) == query.around.as_ref();
    Ok(EntryRows {
        position: matched.iter().position(at),
        rows: matched
            .into_iter()
            .skip(query.offset)
            .take(query.limit)
            .collect(),
        offset: query.offset,
        matched: count,
        total,
        complete_at: (complete && trouble.is_none()).then(|| before(3)),
        trouble,
    })
}

/// One entry with its JSON, its history and the names of what it refers to.
pub(super) fn detail(key: &EntryKey) -> EntryDetail {
    let n = key.id.as_str().trim_start_matches('x').parse().unwrap_or(0);
    let parent = key.parent.as_ref().map(EntryId::as_str);
    let mut row = entry(key.kind, parent, n);
    let json = serde_json::json!({ "id": key.id.as_str(), "name": row.entry.name.as_str() });
    row.raw = Some(RawJson::new(json.to_string()));
    let named = row.entry.refs.iter().map(|reference| {
        let name = format!("Name of {}", NAMES[1]);
        (reference.to.clone(), SafeText::new(&name))
    });
    EntryDetail {
        changes: vec![FieldChange {
            at: now(),
            field: "conditions.expression.value".into(),
            before: Some("\"user.department==\\\"Finance\\\"\"".into()),
            after: None,
        }],
        names: named.take(2).collect(),
        row,
    }
}

/// What changed, of every sort.
pub(super) fn changes(query: &ChangesQuery) -> Vec<ChangeTold> {
    let user = || Subject::Object(ObjectId::User("00u0001".parse().unwrap()));
    let group = Subject::Object(ObjectId::Group("00g0001".parse().unwrap()));
    let one = |minutes, what, proof| ChangeTold {
        row: ChangeRow {
            at: before(minutes),
            subject: user(),
            name: "user\u{1b}[31m0001@example.com".into(),
            parent_name: None,
            stamped: None,
            what,
            evidence: None,
        },
        proof,
        names: Vec::new(),
        through: None,
    };
    let rule = entry(EntryKind::GroupRule, None, 1).entry;
    let of_rule = |what| ChangeTold {
        row: ChangeRow {
            subject: Subject::Entry(rule.key.clone()),
            name: rule.name.clone(),
            ..one(90, what, None).row
        },
        proof: None,
        names: Vec::new(),
        through: None,
    };
    let began = Change::Began {
        relation: Relation::Membership,
        other: group.clone(),
        other_name: "Payroll Leads".into(),
    };
    let mut told = vec![
        one(60, began, Some(access::proof())),
        of_rule(Change::Field {
            field: "conditions.expression.value".into(),
            before: Some("\"user.department==\\\"Finance\\\"\"".into()),
            after: None,
        }),
        one(100, Change::Appeared, None),
        of_rule(Change::Archived),
        one(
            200,
            Change::Ended {
                relation: Relation::UserAssignment,
                other: group,
                other_name: "x\u{202e}y".into(),
            },
            None,
        ),
    ];
    told.truncate(query.limit);
    told
}
