//! What the fixed org's agent answers about access: a few paths of every sort.

use oktop::access::{
    Admin, Admins, Answer, Asked, Everything, Gap, Goal, Has, Ignorance, Link, Named, Path,
    PathKind, Proof, Question, RoleId, RoleName, Step, Use, UseKind, Uses, Who, WhoRow, Why,
};
use oktop::domain::entry::{EntryKey, EntryKind, Subject};
use oktop::domain::history::Interval;
use oktop::domain::id::{EventUuid, ObjectId};
use oktop::domain::listing::PartialReason;
use oktop::domain::resource::Resource;

use super::fake_agent::{before, first_read};

fn user(name: &str, id: &str) -> Named {
    Named {
        name: name.into(),
        subject: Subject::Object(ObjectId::User(id.parse().unwrap())),
    }
}

fn group(name: &str) -> Named {
    Named {
        name: name.into(),
        subject: Subject::Object(ObjectId::Group("00g0001".parse().unwrap())),
    }
}

fn entry(kind: EntryKind, name: &str, id: &str) -> Named {
    Named {
        name: name.into(),
        subject: Subject::Entry(EntryKey {
            kind,
            parent: None,
            id: id.parse().unwrap(),
        }),
    }
}

/// What an event of the log proves.
pub(super) fn proof() -> Proof {
    Proof {
        event: EventUuid([0; 16]),
        at: before(9_000),
        event_type: "group.user_membership.add".into(),
        by: Some("dev.admin@example.com".into()),
        by_id: Some("00u0003".into()),
        by_hand: true,
        rule: None,
        privilege: None,
    }
}

fn step(link: Link, to: Named, proved: bool) -> Step {
    let event = EventUuid([0; 16]);
    Step {
        link,
        to,
        span: Some(Interval {
            from: before(9_000),
            to: None,
            began_by: proved.then_some(event),
            ended_by: None,
        }),
        proof: proved.then(proof),
    }
}

fn role(kind: &str) -> RoleName {
    RoleName {
        id: RoleId::Standard(kind.into()),
        label: kind.into(),
        within: Vec::new(),
    }
}

fn to_role(kind: PathKind, name: &str, mut steps: Vec<Step>) -> Path {
    let held = entry(EntryKind::Role, name, "cr0001");
    steps.push(step(Link::Role, held, false));
    Path {
        kind,
        role: Some(role(name)),
        steps,
        doubt: None,
    }
}

fn by_rule(goal: Option<&str>) -> Path {
    let steps = vec![
        step(
            Link::Rule,
            entry(EntryKind::GroupRule, "finance leads", "x0001"),
            false,
        ),
        step(Link::Member, group("Payroll Leads"), true),
    ];
    match goal {
        Some(name) => to_role(PathKind::GroupRule, name, steps),
        None => Path {
            kind: PathKind::GroupRule,
            role: None,
            steps,
            doubt: Some("the rule's expression calls a function that is not known here".into()),
        },
    }
}

fn admins() -> Vec<Admin> {
    let admin = |principal: Named, status: Option<&str>, paths: Vec<Path>| Admin {
        principal,
        status: status.map(Into::into),
        paths,
    };
    let custom = Path {
        role: Some(RoleName {
            id: RoleId::Custom("cr0001".parse().unwrap()),
            label: "Help\u{1b}[2Jdesk EU".into(),
            within: vec![entry(EntryKind::ResourceSet, "EU people", "iam0001")],
        }),
        ..to_role(PathKind::CustomRole, "Helpdesk EU", Vec::new())
    };
    vec![
        admin(
            user("break.glass@example.com", "00u0004"),
            Some("ACTIVE"),
            vec![to_role(PathKind::Direct, "SUPER_ADMIN", Vec::new())],
        ),
        admin(
            user("maria@example.com", "00u0001"),
            Some("ACTIVE"),
            vec![
                by_rule(Some("SUPER_ADMIN")),
                to_role(PathKind::Direct, "READ_ONLY_ADMIN", Vec::new()),
            ],
        ),
        admin(
            user("old.admin@example.com", "00u0002"),
            Some("SUSPENDED"),
            vec![custom],
        ),
        admin(
            user("owner@example.com", "00u0003"),
            Some("ACTIVE"),
            vec![to_role(
                PathKind::GroupOwner,
                "APP_ADMIN",
                vec![step(Link::Owner, group("App Admins"), true)],
            )],
        ),
        admin(
            entry(EntryKind::Client, "Terraform", "x0002"),
            None,
            vec![to_role(PathKind::ServiceClient, "ORG_ADMIN", Vec::new())],
        ),
    ]
}

fn why(goal: &str, overlap: bool) -> Why {
    let mut paths = vec![by_rule(None)];
    if overlap {
        let app = Named {
            name: goal.into(),
            subject: Subject::Object(ObjectId::App("0oa0001".parse().unwrap())),
        };
        paths.insert(
            0,
            Path {
                kind: PathKind::Direct,
                role: None,
                steps: vec![step(Link::App, app, true)],
                doubt: None,
            },
        );
    }
    Why {
        user: user("user0000@example.com", "00u0000"),
        status: Some("ACTIVE".into()),
        goal: goal.into(),
        goal_status: goal.starts_with('山').then(|| "INACTIVE".into()),
        has: Has::Yes,
        paths,
        overlap,
        gaps: Vec::new(),
    }
}

fn uses() -> Vec<Use> {
    let one = |kind, by: Named, detail: Option<&str>| Use {
        kind,
        by,
        detail: detail.map(Into::into),
        span: None,
    };
    vec![
        one(
            UseKind::RuleGives,
            entry(EntryKind::GroupRule, "finance leads", "x0001"),
            None,
        ),
        one(
            UseKind::Role,
            entry(EntryKind::Role, "SUPER_ADMIN", "cr0001"),
            Some("the whole org"),
        ),
        one(
            UseKind::PolicyIncludes,
            entry(EntryKind::Policy, "Admins need two\u{202e}", "x0002"),
            None,
        ),
    ]
}

/// The answer, whole or with lists that are missing.
pub(super) fn answer(asked: &Asked, complete: bool) -> Answer {
    let gap = Gap {
        resource: Resource::Roles,
        why: Ignorance::CannotRead(PartialReason::MissingScope("okta.roles.read".into())),
    };
    let too_early = asked.as_of.is_some_and(|then| then < first_read());
    let gap = if too_early {
        Gap {
            resource: Resource::Memberships,
            why: Ignorance::NotKnownBefore(first_read()),
        }
    } else {
        gap
    };
    let complete = complete && !too_early;
    let gaps = if complete { Vec::new() } else { vec![gap] };
    let named = |goal: &Goal| match goal {
        Goal::App(_) => "NetSuite 0",
        Goal::Group(_) => "Payroll Leads",
        Goal::Role(_) => "SUPER_ADMIN",
    };
    match &asked.question {
        Question::Admins => Answer::Admins(Admins {
            rows: if complete { admins() } else { Vec::new() },
            gaps,
        }),
        Question::Why { goal, .. } => Answer::Why(why(named(goal), matches!(goal, Goal::App(_)))),
        Question::Who { goal, .. } => {
            let rows: Vec<WhoRow> = admins()
                .into_iter()
                .take(if too_early { 0 } else { 3 })
                .map(|admin| WhoRow {
                    principal: if admin.principal.name.as_str().starts_with('b') {
                        user("maria@example.com", "00u0001")
                    } else {
                        admin.principal
                    },
                    status: admin.status,
                    paths: why(named(goal), true).paths,
                    overlap: true,
                })
                .collect();
            Answer::Who(Who {
                goal: named(goal).into(),
                total: rows.len(),
                rows,
                gaps,
            })
        }
        Question::Uses { .. } => Answer::Uses(Uses {
            group: group("Payroll Leads"),
            uses: if complete { uses() } else { Vec::new() },
            gaps,
        }),
        Question::Everything { .. } => {
            let super_admin = RoleId::Standard("SUPER_ADMIN".into());
            Answer::Everything(Everything {
                rows: vec![
                    (Goal::Role(super_admin), why("SUPER_ADMIN", false)),
                    (
                        Goal::App("0oa0001".parse().unwrap()),
                        why("NetSuite 0", true),
                    ),
                    (
                        Goal::App("0oa0002".parse().unwrap()),
                        why("山田 \u{1b}[31m", false),
                    ),
                    (
                        Goal::Group("00g0001".parse().unwrap()),
                        why("Payroll Leads", false),
                    ),
                ],
                gaps,
            })
        }
    }
}
