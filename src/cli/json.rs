//! JSON for machines: Okta's own, untouched but for escapes, with ours beside it under `_oktop`; and ours alone for the rest.
//!
//! The names of these fields are a contract: they are written here one by one, so that renaming a type changes nothing.
//! Okta's JSON is never parsed and printed anew, which would change numbers and the order of members.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::access::{Named, Path, Proof, Step, Use};
use crate::domain::application::AppUser;
use crate::domain::entry::{EntryId, EntryRow, Subject};
use crate::domain::history::{Archived, Change, Existed, FieldChange, Interval, Relation};
use crate::domain::hunt::HuntedStretch;
use crate::domain::id::Kind;
use crate::domain::query::{EventRow, Row, Via};
use crate::domain::resource::{
    Backfill, BackfillEstimate, Gap, LogStatus, Phase, Recount, ResourceStatus, Stretch, SyncReport,
};
use crate::domain::text::{RawJson, SafeText, escape_json};
use crate::domain::time::format_okta;
use crate::msg::status::{BudgetStatus, Connection, Status};
use crate::msg::{ChangeTold, Problem, ProblemKind};

/// Okta's object with ours added as its last member, on one line and without characters that a terminal acts on. `None` when
/// what Okta sent is not an object.
pub fn with_ours(raw: &RawJson, ours: &Value) -> Option<String> {
    let body = raw.as_unsafe_str().trim().strip_suffix('}')?.trim_end();
    let comma = if body.strip_prefix('{')?.trim().is_empty() {
        ""
    } else {
        ","
    };
    let whole = format!("{body}{comma}\"_oktop\":{ours}}}");
    // In valid JSON line breaks stand only between tokens, where a space means the same.
    Some(escape_json(&whole).replace(['\n', '\r', '\t'], " "))
}

/// What the mirror knows about an object.
pub fn ours<T>(kind: Kind, row: &Row<T>) -> Value {
    json!({
        "kind": kind.word(),
        "observed": moment(row.observed),
        "archived": row.archived.as_ref().map(archived),
        "users": row.related.users,
        "groups": row.related.groups,
        "apps": row.related.apps,
        "via": row.via.as_ref().map(via),
    })
}

/// What the mirror knows about an object, with its history.
pub fn ours_with_changes<T>(kind: Kind, row: &Row<T>, changes: &[FieldChange]) -> Value {
    let mut ours = ours(kind, row);
    ours["changes"] = changes.iter().map(change).collect();
    ours
}

/// What the mirror knows about an entry; its history when it was asked for.
pub fn ours_of_entry(row: &EntryRow, changes: Option<&[FieldChange]>) -> Value {
    let key = &row.entry.key;
    let last = row.spans.last();
    let mut ours = json!({
        "kind": key.kind.word(),
        "id": key.id.as_str(),
        "name": row.entry.name,
        "parent": key.parent.as_ref().map(|id| json!({"id": id.as_str(), "name": row.parent_name})),
        "names": row.names.iter().map(|(id, name)| (id.to_string(), json!(name))).collect::<Map<_, _>>(),
        "observed": moment(row.observed),
        "since": maybe(last.map(|span| span.from)),
        "since_proof": last.map(|span| since_proof(span.began_by.is_some())),
        "archived": last.and_then(|span| Some(json!({
            "at": moment(span.to?),
            "evidence": span.ended_by.map(|uuid| uuid.to_string()),
        }))),
    });
    if let Some(changes) = changes {
        ours["spans"] = row.spans.iter().map(span).collect();
        ours["changes"] = changes.iter().map(change).collect();
    }
    ours
}

/// What `since` rests on: an event of the log, or that oktop first saw it then, though it may be older.
pub fn since_proof(is_proven: bool) -> &'static str {
    if is_proven { "log" } else { "first_seen" }
}

fn span(span: &Interval) -> Value {
    json!({
        "from": moment(span.from),
        "to": maybe(span.to),
        "began_by": span.began_by.map(|uuid| uuid.to_string()),
        "ended_by": span.ended_by.map(|uuid| uuid.to_string()),
    })
}

/// One path of one who has something.
pub fn path_row(principal: &Named, status: Option<&SafeText>, overlap: bool, path: &Path) -> Value {
    json!({
        "id": principal.id(),
        "type": principal.word(),
        "name": principal.name,
        "status": status,
        "path": path.kind.word(),
        "steps": path.steps.iter().map(step).collect::<Value>(),
        "role": path.role.as_ref().map(|role| json!({
            "id": role.id.as_str(),
            "label": role.label,
            "within": role.within.iter().map(named).collect::<Value>(),
        })),
        "since": maybe(path.since()),
        "since_proof": path.since().map(|_| since_proof(path.proof().is_some())),
        "overlap": overlap,
        "doubt": path.doubt,
    })
}

fn step(step: &Step) -> Value {
    json!({
        "link": step.link.word(),
        "to": named(&step.to),
        "since": maybe(step.began()),
        "until": maybe(step.span.and_then(|span| span.to)),
        "proof": step.proof.as_ref().map(proof),
    })
}

fn proof(proof: &Proof) -> Value {
    json!({
        "event": proof.event.to_string(),
        "type": proof.event_type,
        "at": moment(proof.at),
        "by": proof.by,
        "by_id": proof.by_id,
    })
}

fn named(named: &Named) -> Value {
    json!({"id": named.id(), "type": named.word(), "name": named.name})
}

/// One use of a group.
pub fn use_row(one: &Use) -> Value {
    json!({
        "use": one.kind.word(),
        "id": one.by.id(),
        "type": one.by.word(),
        "name": one.by.name,
        "detail": one.detail,
        "since": maybe(one.span.map(|span| span.from)),
        "since_proof": one.span.map(|span| since_proof(span.began_by.is_some())),
    })
}

/// What tells when a change happened.
pub fn at_proof(told: &ChangeTold) -> &'static str {
    if told.is_only_seen() {
        "first_seen"
    } else if told.proof.is_some() || told.row.evidence.is_some() {
        "log"
    } else {
        "stamp"
    }
}

/// A change, and who the log says did it.
pub fn change_row(told: &ChangeTold) -> Value {
    let row = &told.row;
    let mut all = members(json!({
        "at": moment(told.at()),
        "at_proof": at_proof(told),
        "id": subject_id(&row.subject),
        "type": subject_word(&row.subject),
        "parent": match &row.subject {
            Subject::Object(_) => None,
            Subject::Entry(key) => key.parent.as_ref().map(EntryId::as_str),
        },
        "parent_name": row.parent_name,
        "name": row.name,
        "change": change_word(&row.what),
        "stamped": maybe(row.stamped),
        "event": row.evidence.map(|uuid| uuid.to_string()),
        "proof": told.proof.as_ref().map(proof),
    }));
    if let Some((id, name)) = &told.through {
        all.extend(members(
            json!({"through": {"id": id.as_str(), "name": name}}),
        ));
    }
    all.extend(members(match &row.what {
        Change::Appeared | Change::Archived => json!({}),
        Change::Field {
            field,
            before,
            after,
        } => json!({"field": field, "before": before, "after": after}),
        Change::Began {
            relation,
            other,
            other_name,
        }
        | Change::Ended {
            relation,
            other,
            other_name,
        } => json!({"relation": relation_word(*relation), "other": other_end(other, other_name)}),
        Change::Reassigned {
            other,
            other_name,
            field,
            before,
            after,
        } => json!({
            "relation": relation_word(Relation::UserAssignment),
            "other": other_end(other, other_name),
            "field": field,
            "before": before,
            "after": after,
        }),
    }));
    all.into()
}

fn other_end(other: &Subject, name: &SafeText) -> Value {
    json!({"id": subject_id(other), "type": subject_word(other), "name": name})
}

/// The id of anything that the mirror keeps.
pub fn subject_id(subject: &Subject) -> &str {
    match subject {
        Subject::Object(id) => id.as_str(),
        Subject::Entry(key) => key.id.as_str(),
    }
}

/// The sort of anything that the mirror keeps.
pub fn subject_word(subject: &Subject) -> &'static str {
    match subject {
        Subject::Object(id) => id.kind().word(),
        Subject::Entry(key) => key.kind.word(),
    }
}

/// The word for what happened.
pub fn change_word(change: &Change) -> &'static str {
    match change {
        Change::Appeared => "appeared",
        Change::Archived => "archived",
        Change::Field { .. } => "field",
        Change::Began { .. } => "began",
        Change::Ended { .. } => "ended",
        Change::Reassigned { .. } => "reassigned",
    }
}

fn relation_word(relation: Relation) -> &'static str {
    match relation {
        Relation::Membership => "membership",
        Relation::UserAssignment => "user_assignment",
        Relation::GroupAssignment => "group_assignment",
    }
}

/// The word for whether Okta had something.
pub fn existed_word(existed: Existed) -> &'static str {
    match existed {
        Existed::Yes => "yes",
        Existed::No => "no",
        Existed::Unknown => "unknown",
    }
}

/// A value of ours on one line, without characters that a terminal acts on.
pub fn safe_line(value: &Value) -> String {
    escape_json(&value.to_string())
}

/// Where an event stands in the store.
pub fn ours_of_event(row: &EventRow) -> Value {
    json!({"kind": "event", "seq": row.pos.seq})
}

fn moment(time: Timestamp) -> Value {
    format_okta(time).into()
}

fn maybe(time: Option<Timestamp>) -> Value {
    time.map(moment).into()
}

fn archived(archived: &Archived) -> Value {
    json!({"at": moment(archived.at), "evidence": archived.evidence.map(|uuid| uuid.to_string())})
}

fn via(via: &Via) -> Value {
    let through = via
        .through
        .iter()
        .map(|(id, name)| json!({"id": id, "name": name}));
    json!({
        "since": maybe(via.since),
        "since_proof": via.since.map(|_| since_proof(via.is_proven)),
        "assignment": via.assignment.as_ref().map(assignment),
        "through": through.collect::<Value>(),
    })
}

fn assignment(assignment: &AppUser) -> Value {
    json!({
        "user": assignment.user,
        "scope": assignment.scope.word(),
        "group": assignment.group,
        "status": assignment.status,
        "sync_state": assignment.sync_state,
        "user_name": assignment.user_name,
        "created": maybe(assignment.created),
        "last_updated": maybe(assignment.last_updated),
    })
}

fn change(change: &FieldChange) -> Value {
    json!({"at": moment(change.at), "field": change.field, "before": change.before, "after": change.after})
}

/// How everything stands.
pub fn status(status: &Status) -> Value {
    let agent = &status.agent;
    json!({
        "agent": {
            "pid": agent.pid,
            "version": agent.version,
            "started": moment(agent.started),
            "data_dir": agent.data_dir,
            "clients": agent.clients,
            "stays": agent.stays,
            "demo": agent.demo,
        },
        "host": status.host,
        "org": status.org,
        "connection": connection(&status.connection),
        "resources": status.resources.iter().map(resource).collect::<Value>(),
        "log": log(&status.log),
        "first_reading_left": status.first_reading_left,
        "backfill_estimate": status.backfill_estimate.as_ref().map(estimate),
        "budgets": status.budgets.iter().map(budget).collect::<Value>(),
        "requests": status.requests,
        "no_answer_since": status.no_answer_since.map(format_okta),
        "troubles": status.troubles.iter().map(problem).collect::<Value>(),
        "disk_bytes": status.disk_bytes,
        "encryption": {
            "on": status.encryption.on,
            "setting": status.encryption.setting,
            "waiting": status.encryption.waiting,
            "plain_aside": status.encryption.plain_aside,
        },
        "bad_items": status.bad_items,
    })
}

fn connection(connection: &Connection) -> Value {
    match connection {
        Connection::Starting => json!({"state": "starting"}),
        Connection::Online { identity } => json!({"state": "online", "identity": identity}),
        Connection::Trouble { since, problem } => {
            json!({"state": "trouble", "since": moment(*since), "problem": self::problem(problem)})
        }
    }
}

fn problem(problem: &Problem) -> Value {
    json!({"kind": kind_word(problem.kind), "summary": problem.summary, "hint": problem.hint})
}

fn kind_word(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Internal => "internal",
        ProblemKind::Usage => "usage",
        ProblemKind::NotFound => "not_found",
        ProblemKind::Auth => "auth",
        ProblemKind::RateLimited => "rate_limited",
        ProblemKind::Network => "network",
        ProblemKind::Partial => "partial",
        ProblemKind::Refused | ProblemKind::Offline => "refused",
    }
}

fn resource(status: &ResourceStatus) -> Value {
    let (state, detail) = match status.phase {
        Phase::Idle => ("idle", Map::new()),
        Phase::Queued => ("queued", Map::new()),
        Phase::Reading { done, expected } => (
            "reading",
            members(json!({"done": done, "expected": expected})),
        ),
        Phase::Suspended { missing } => ("suspended", members(json!({"missing": missing}))),
    };
    let mut all = members(json!({
        "resource": status.resource.word(),
        "state": state,
        "objects": status.objects,
        "complete_at": maybe(status.complete_at),
        "trouble": status.trouble.as_ref().map(ToString::to_string),
        "next_run": maybe(status.next_run),
    }));
    all.extend(detail);
    all.into()
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn log(log: &LogStatus) -> Value {
    json!({
        "events": log.events,
        "newest": maybe(log.newest),
        "oldest": maybe(log.oldest),
        "polled": maybe(log.polled),
        "caught_up": log.caught_up,
        "taken_up": log.taken_up,
        "undated": maybe(log.undated),
        "duplicates": log.duplicates,
        "gaps": log.gaps.iter().map(gap).collect::<Value>(),
        "hunts": log.hunts.iter().map(hunted).collect::<Value>(),
        "complete": log.complete.iter().map(stretch).collect::<Value>(),
        "unwatched": log.unwatched.iter().map(stretch).collect::<Value>(),
        "recount": log.recount.as_ref().map(recount),
        "backfill": log.backfill.as_ref().map(backfill),
    })
}

fn stretch(stretch: &Stretch) -> Value {
    json!({"from": moment(stretch.from), "to": moment(stretch.to)})
}

fn recount(recount: &Recount) -> Value {
    json!({
        "proven": recount.proven.iter().map(stretch).collect::<Value>(),
        "recovered": recount.recovered,
        "at": moment(recount.at),
    })
}

fn gap(gap: &Gap) -> Value {
    json!({"from": moment(gap.from), "to": moment(gap.to), "reason": gap.reason, "filled": maybe(gap.filled)})
}

fn backfill(backfill: &Backfill) -> Value {
    json!({
        "from": moment(backfill.from),
        "to": moment(backfill.to),
        "reached": moment(backfill.reached),
        "done": backfill.done,
    })
}

fn estimate(estimate: &BackfillEstimate) -> Value {
    json!({
        "events": estimate.events,
        "requests": estimate.requests,
        "minutes": estimate.minutes,
        "disk_bytes": estimate.disk_bytes,
    })
}

fn budget(budget: &BudgetStatus) -> Value {
    json!({
        "bucket": budget.bucket,
        "limit": budget.limit,
        "remaining": budget.remaining,
        "reset": moment(budget.reset),
        "throttled_until": maybe(budget.throttled_until),
    })
}

/// What a full sync did.
pub fn report(report: &SyncReport) -> Value {
    let resources = report.resources.iter().map(|one| {
        json!({
            "resource": one.resource.word(),
            "requests": one.requests,
            "floor": one.floor,
            "pages": one.pages,
            "objects": one.objects,
            "bytes": one.bytes,
            "secs": one.secs,
            "complete": one.complete,
            "why_not": one.why_not,
        })
    });
    json!({
        "complete": report.complete,
        "requests": report.requests,
        "floor": report.floor,
        "secs": report.secs,
        "resources": resources.collect::<Value>(),
    })
}

/// A stretch that was hunted: bounded, so that it counts as complete nowhere.
fn hunted(one: &HuntedStretch) -> Value {
    json!({
        "what": one.words,
        "from": format_okta(one.from),
        "to": format_okta(one.until),
        "at": format_okta(one.at),
        "bounded": true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::listing::PartialReason;
    use crate::domain::org::Org;
    use crate::domain::query::Revisions;
    use crate::domain::resource::{Resource, TimeLeft};
    use crate::msg::status::AgentInfo;
    use crate::msg::status::Encryption;

    fn spliced(raw: &str) -> Option<String> {
        with_ours(&RawJson::new(raw), &json!({"kind": "user"}))
    }

    #[test]
    fn ours_is_added_and_nothing_else_changes() {
        let raw = "{\"id\":\"00u1\", \"n\": 1.10, \"big\":12345678901234567890123 ,\"x\":{}}";
        let spliced = spliced(raw).unwrap();
        assert_eq!(
            spliced,
            format!(
                "{},\"_oktop\":{{\"kind\":\"user\"}}}}",
                &raw[..raw.len() - 1]
            )
        );
    }

    #[test]
    fn pretty_hostile_and_empty_objects_come_out_on_one_safe_line() {
        let line = spliced("{\n  \"name\": \"a\u{202e}b\"\r\n}\n").unwrap();
        assert_eq!(
            line,
            "{   \"name\": \"a\\u202eb\",\"_oktop\":{\"kind\":\"user\"}}"
        );
        assert_eq!(
            spliced("{ }").unwrap(),
            "{,\"_oktop\":{\"kind\":\"user\"}}".replace("{,", "{")
        );
        assert_eq!(spliced("[1]"), None);
    }

    fn moment(secs: i64) -> Timestamp {
        Timestamp::from_second(1_795_341_600 + secs).unwrap()
    }

    #[test]
    fn the_status_is_a_contract() {
        let resource = |resource, phase| ResourceStatus {
            resource,
            phase,
            complete_at: Some(moment(1)),
            known_since: None,
            waits: None,
            trouble: Some(PartialReason::Forbidden),
            next_run: None,
            objects: 3,
        };
        let problem = Problem {
            kind: ProblemKind::RateLimited,
            summary: "wait".into(),
            hint: None,
            column: None,
        };
        let full = Status {
            agent: AgentInfo {
                pid: 1,
                version: "0.1.0".into(),
                started: moment(0),
                data_dir: "/d".into(),
                clients: 2,
                stays: false,
                demo: true,
            },
            encryption: Encryption {
                on: true,
                setting: "key from the file /k".into(),
                waiting: 2,
                plain_aside: vec!["/d/directory.redb.damaged".into()],
            },
            org: Some(Org {
                id: "00o1".parse().unwrap(),
                host: "acme.okta.com".into(),
                company: None,
                pipeline: Some("idx".into()),
            }),
            host: "acme.okta.com".into(),
            credential: None,
            no_answer_since: None,
            connection: Connection::Trouble {
                since: moment(5),
                problem,
            },
            resources: vec![
                resource(
                    Resource::Users,
                    Phase::Reading {
                        done: 1,
                        expected: None,
                    },
                ),
                resource(Resource::AppUsers, Phase::Suspended { missing: 30 }),
            ],
            log: LogStatus {
                gaps: vec![Gap {
                    from: moment(0),
                    to: moment(1),
                    reason: "late".into(),
                    filled: None,
                }],
                complete: vec![Stretch {
                    from: moment(1),
                    to: moment(9),
                }],
                recount: Some(Recount {
                    proven: vec![Stretch {
                        from: moment(2),
                        to: moment(3),
                    }],
                    recovered: 1,
                    at: moment(8),
                }),
                backfill: Some(Backfill {
                    from: moment(0),
                    to: moment(9),
                    reached: moment(4),
                    done: false,
                }),
                ..LogStatus::default()
            },
            first_reading_left: Some(TimeLeft {
                minutes: 34,
                at_least: false,
            }),
            backfill_estimate: Some(BackfillEstimate {
                events: 1,
                requests: 2,
                minutes: 3,
                disk_bytes: 4,
            }),
            budgets: vec![BudgetStatus {
                bucket: "/api/v1/logs".into(),
                limit: 120,
                remaining: 7,
                reset: moment(60),
                throttled_until: None,
            }],
            revisions: Revisions::default(),
            requests: 10,
            troubles: vec![Problem {
                kind: ProblemKind::Internal,
                summary: "the disk of /d is full".into(),
                hint: Some("free some space".into()),
                column: None,
            }],
            disk_bytes: 11,
            bad_items: 12,
            queue: crate::msg::queue::QueueStatus::default(),
        };
        insta::assert_snapshot!(serde_json::to_string_pretty(&status(&full)).unwrap());
    }
}
