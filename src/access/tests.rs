//! Tests of every kind of path, of what is not known, and of answers that must agree.

use proptest::prelude::*;

use super::sample::{Org, app, group, id, moment, proof, since, user};
use super::*;
use crate::domain::application::AssignmentScope;
use crate::domain::entry::How;

fn ask(org: &Org, question: &Question) -> Answer {
    let Ok(answer) = answer(org, question);
    answer
}

fn why(org: &Org, who: &str, goal: Goal) -> Why {
    let question = Question::Why {
        user: user(who),
        goal,
    };
    match ask(org, &question) {
        Answer::Why(why) => why,
        other => panic!("{other:?}"),
    }
}

fn who(org: &Org, goal: Goal) -> Who {
    let question = Question::Who {
        goal,
        offset: 0,
        limit: 100,
    };
    match ask(org, &question) {
        Answer::Who(who) => who,
        other => panic!("{other:?}"),
    }
}

fn admins(org: &Org) -> Admins {
    match ask(org, &Question::Admins) {
        Answer::Admins(admins) => admins,
        other => panic!("{other:?}"),
    }
}

/// A path in short: its kind, then what each step leads to.
fn short(path: &Path) -> String {
    let steps: Vec<&str> = path
        .steps
        .iter()
        .map(|step| step.to.name.as_str())
        .collect();
    let doubt = if path.doubt.is_some() { "?" } else { "" };
    format!("{}{doubt}: {}", path.kind.word(), steps.join(" > "))
}

fn shorts(paths: &[Path]) -> Vec<String> {
    paths.iter().map(short).collect()
}

fn acme() -> Org {
    Org::default()
        .user("ana", "Engineering")
        .user("bob", "Sales")
        .user("eve", "Engineering")
        .group("eng")
        .group("sales")
        .group_of("ad", GroupType::App)
        .group_of("everyone", GroupType::BuiltIn)
        .rule(
            "by-department",
            "user.department == \"Engineering\"",
            "eng",
            &[],
        )
        .member("eng", "ana")
        .member("sales", "bob")
}

#[test]
fn why_somebody_is_in_a_group() {
    let by = |proof: Proof| {
        let org = acme()
            .group("ops")
            .rule("ops", "user.login == \"ana\"", "ops", &[]);
        let why = why(
            &org.member_by("ops", "ana", proof),
            "ana",
            Goal::Group(group("ops")),
        );
        shorts(&why.paths)
    };
    assert_eq!(
        by(proof(1, "Okta System", false)),
        ["group_rule: ops > ops"]
    );
    assert_eq!(
        by(proof(1, "Root", true)),
        ["direct: ops"],
        "what the log says counts more than the rule"
    );
    let named = Proof {
        rule: Some("0pr-ops".into()),
        ..proof(1, "Root", true)
    };
    assert_eq!(by(named), ["group_rule: ops > ops"]);

    for (org, who, of, has, paths) in [
        (
            acme(),
            "ana",
            "eng",
            Has::Yes,
            &["group_rule: by-department > eng"][..],
        ),
        (acme(), "bob", "sales", Has::Yes, &["direct: sales"]),
        (acme(), "bob", "eng", Has::No, &[]),
        (
            acme().member("eng", "bob"),
            "bob",
            "eng",
            Has::Yes,
            &["direct: eng"],
        ),
        (
            acme().member("ad", "bob"),
            "bob",
            "ad",
            Has::Yes,
            &["source: ad"],
        ),
        (
            acme().member("everyone", "bob"),
            "bob",
            "everyone",
            Has::Yes,
            &["built_in: everyone"],
        ),
        (
            acme().rule("odd", "wizardry(user)", "sales", &[]),
            "bob",
            "sales",
            Has::Yes,
            &["direct?: sales"],
        ),
        (
            acme().rule("off", "true", "sales", &[]).inactive(),
            "bob",
            "sales",
            Has::Yes,
            &["direct: sales"],
        ),
        (
            acme().rule("all", "true", "sales", &[ObjectId::User(user("bob"))]),
            "bob",
            "sales",
            Has::Yes,
            &["direct: sales"],
        ),
        (
            acme().rule("all", "true", "sales", &[ObjectId::Group(group("sales"))]),
            "bob",
            "sales",
            Has::Yes,
            &["direct: sales"],
        ),
    ] {
        let why = why(&org, who, Goal::Group(group(of)));
        assert_eq!(
            (why.has, shorts(&why.paths)),
            (has, paths.iter().map(ToString::to_string).collect())
        );
    }
}

#[test]
fn why_somebody_has_an_app() {
    let org = acme().gives("eng", "jira").gives("sales", "crm");
    let has = |org: &Org, who: &str| why(org, who, Goal::App(app("jira")));
    let through = org
        .clone()
        .assigned("jira", "ana", AssignmentScope::Group, Some("eng"));
    let why = has(&through, "ana");
    assert_eq!(
        (why.has, shorts(&why.paths), why.overlap),
        (
            Has::Yes,
            vec!["group_rule: by-department > eng > jira".into()],
            false
        )
    );

    let both = org
        .clone()
        .assigned("jira", "ana", AssignmentScope::User, None);
    let why = has(&both, "ana");
    assert_eq!(
        shorts(&why.paths),
        ["direct: jira", "group_rule: by-department > eng > jira"]
    );
    assert!(why.overlap);
    assert_eq!(why.paths[0].since(), Some(moment(5)));

    let direct = org
        .clone()
        .assigned("jira", "bob", AssignmentScope::User, None);
    let why = has(&direct, "bob");
    assert_eq!(
        (shorts(&why.paths), why.overlap),
        (vec!["direct: jira".into()], false)
    );

    let odd = org
        .clone()
        .assigned("jira", "bob", AssignmentScope::Group, None);
    assert_eq!(shorts(&has(&odd, "bob").paths), ["unknown?: jira"]);

    // The group gives it, but Okta has not assigned it.
    let why = has(&org, "ana");
    assert_eq!(
        (why.has, shorts(&why.paths)),
        (
            Has::No,
            vec!["group_rule?: by-department > eng > jira".into()]
        )
    );
}

#[test]
fn everything_that_somebody_has_is_told_with_its_paths() {
    let org = acme()
        .gives("eng", "jira")
        .assigned("jira", "ana", AssignmentScope::User, None)
        .assigned("wiki", "ana", AssignmentScope::User, None)
        .assigned("wiki", "bob", AssignmentScope::User, None)
        .inactive_app("wiki")
        .standard_role(EntryKind::UserRole, "00u-ana", SUPER, false);
    let question = Question::Everything { user: user("ana") };
    let Answer::Everything(held) = ask(&org, &question) else {
        panic!("another question was answered");
    };
    let statuses: Vec<Option<&str>> = held
        .rows
        .iter()
        .map(|(_, why)| why.goal_status.as_deref())
        .collect();
    assert_eq!(statuses[..3], [None, Some("ACTIVE"), Some("INACTIVE")]);
    let told: Vec<(&str, bool, Vec<String>)> = held
        .rows
        .iter()
        .map(|(_, why)| (why.goal.as_str(), why.overlap, shorts(&why.paths)))
        .collect();
    assert_eq!(
        told,
        [
            (
                "Super Administrator",
                false,
                vec!["direct: SUPER_ADMIN".to_owned()]
            ),
            (
                "jira",
                true,
                vec![
                    "direct: jira".to_owned(),
                    "group_rule: by-department > eng > jira".to_owned()
                ]
            ),
            ("wiki", false, vec!["direct: wiki".to_owned()]),
            (
                "eng",
                false,
                vec!["group_rule: by-department > eng".to_owned()]
            ),
        ]
    );
    for (goal, told) in &held.rows {
        assert_eq!(
            why(&org, "ana", goal.clone()).paths,
            told.paths,
            "as when it is asked alone"
        );
    }
}

const SUPER: &str = "SUPER_ADMIN";

fn super_admin() -> Goal {
    Goal::Role(RoleId::Standard(SUPER.into()))
}

/// An org with somebody on every path to a role.
fn with_admins() -> Org {
    let client = Target::Entry(EntryKind::Client, id("0oa-robot"));
    acme()
        .user("own", "IT")
        .user("out", "IT")
        .group("owners")
        .member("owners", "out")
        .standard_role(EntryKind::UserRole, "00u-bob", "HELP_DESK_ADMIN", false)
        .standard_role(EntryKind::GroupRole, "00g-eng", SUPER, false)
        .standard_role(EntryKind::UserRole, "00u-ana", SUPER, true)
        .owner("eng", ObjectId::User(user("own")))
        .owner("eng", ObjectId::Group(group("owners")))
        .owner("sales", ObjectId::User(user("eve")))
        .entry(EntryKind::Role, None, "cr0-unlocker", &[], &[])
        .entry(EntryKind::ResourceSet, None, "iam-emea", &[], &[])
        .custom_role(EntryKind::UserRole, "00u-bob", "cr0-unlocker", "iam-emea")
        .bound(
            "iam-emea",
            "cr0-unlocker",
            Target::Object(ObjectId::User(user("bob"))),
        )
        .bound(
            "iam-emea",
            "cr0-unlocker",
            Target::Object(ObjectId::Group(group("sales"))),
        )
        .entry(EntryKind::Client, None, "0oa-robot", &[], &[])
        .standard_role(EntryKind::ClientRole, "0oa-robot", "ORG_ADMIN", false)
        .bound("iam-emea", "cr0-unlocker", client)
}

#[test]
fn every_path_to_a_role_is_found_once() {
    let found: Vec<(String, Vec<String>)> = admins(&with_admins())
        .rows
        .iter()
        .map(|admin| (admin.principal.name.to_string(), shorts(&admin.paths)))
        .collect();
    let expected = [
        (
            "ana",
            &["group_rule: by-department > eng > SUPER_ADMIN"][..],
        ),
        (
            "bob",
            &[
                "direct: HELP_DESK_ADMIN",
                "custom_role: unlocker",
                "custom_role: sales > unlocker",
            ],
        ),
        ("eve", &["group_owner: sales > unlocker"]),
        ("out", &["group_owner: owners > eng > SUPER_ADMIN"]),
        ("own", &["group_owner: eng > SUPER_ADMIN"]),
        (
            "robot",
            &["service_client: ORG_ADMIN", "service_client: unlocker"],
        ),
    ];
    let expected: Vec<(String, Vec<String>)> = expected
        .iter()
        .map(|(name, paths)| {
            (
                (*name).to_owned(),
                paths.iter().map(ToString::to_string).collect(),
            )
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn an_owner_could_have_a_role_and_does_not() {
    let org = with_admins();
    assert_eq!(why(&org, "own", super_admin()).has, Has::No);
    assert_eq!(why(&org, "ana", super_admin()).has, Has::Yes);
    let names: Vec<String> = who(&org, super_admin())
        .rows
        .iter()
        .map(|row| row.principal.name.to_string())
        .collect();
    assert_eq!(names, ["ana", "out", "own"]);
    let custom = who(&org, Goal::Role(RoleId::Custom(id("cr0-unlocker"))));
    let overlaps: Vec<(&str, bool)> = custom
        .rows
        .iter()
        .map(|row| (row.principal.name.as_str(), row.overlap))
        .collect();
    assert_eq!(overlaps, [("bob", true), ("eve", false), ("robot", false)]);
    assert_eq!(custom.goal.as_str(), "unlocker");
}

#[test]
fn a_role_that_a_group_gives_is_told_even_when_the_group_is_not_known() {
    let org = Org::default()
        .user("ana", "x")
        .standard_role(EntryKind::UserRole, "00u-ana", SUPER, true)
        .user("bob", "x")
        .entry(EntryKind::Admin, None, "00u-bob", &[], &[]);
    let admins = admins(&org);
    let found: Vec<Vec<String>> = admins
        .rows
        .iter()
        .map(|admin| shorts(&admin.paths))
        .collect();
    assert_eq!(found, [["unknown?: SUPER_ADMIN"], ["unknown?: unknown"]]);
}

/// A grant by `root` and its number; without a privilege what took one away.
fn granted(number: u8, secs: i64, privilege: Option<&str>) -> Proof {
    let kind = if privilege.is_some() {
        "grant"
    } else {
        "revoke"
    };
    Proof {
        at: moment(secs),
        event_type: format!("user.account.privilege.{kind}").into(),
        privilege: privilege.map(SafeText::from),
        ..proof(number, &format!("root{number}"), true)
    }
}

/// By whom bob's roles were given and since when (seconds), the first one first.
fn roles_of_bob(org: &Org) -> Vec<(Option<String>, Option<i64>)> {
    let admins = admins(org);
    let bob = admins.rows.iter().find(|row| *row.principal.name == *"bob");
    let told = |path: &Path| {
        let by = path.proof().and_then(|proof| proof.by.as_ref());
        let since = path.since().map(Timestamp::as_second);
        (
            by.map(ToString::to_string),
            since.map(|since| since - moment(0).as_second()),
        )
    };
    bob.unwrap().paths.iter().map(told).collect()
}

#[test]
fn a_grant_is_no_proof_of_a_role_that_was_there_before_it() {
    let both = granted(9, 50, Some("app_admin (Slack, Jira), super_admin"));
    let org = acme()
        .standard_role(EntryKind::UserRole, "00u-bob", "APP_ADMIN", false)
        .standard_role(EntryKind::UserRole, "00u-bob", SUPER, false)
        .begun_by(70, both.clone())
        .logged("00u-bob", both);
    assert_eq!(
        roles_of_bob(&org),
        [(None, Some(0)), (Some("root9".into()), Some(50))]
    );
}

#[test]
fn a_grant_that_names_several_roles_proves_only_one_that_is_new_in_it() {
    let with = |older: &[Proof]| {
        let newest = granted(9, -50, Some("app_admin, super_admin"));
        let mut org = acme()
            .standard_role(EntryKind::UserRole, "00u-bob", "APP_ADMIN", false)
            .standard_role(EntryKind::UserRole, "00u-bob", SUPER, false)
            .logged("00u-bob", newest);
        for proof in older {
            org = org.logged("00u-bob", proof.clone());
        }
        roles_of_bob(&org)
    };
    assert_eq!(with(&[]), [(None, Some(0)), (None, Some(0))]);
    assert_eq!(
        with(&[granted(8, -60, Some("APP_ADMIN (all)"))]),
        [
            (Some("root8".into()), Some(-60)),
            (Some("root9".into()), Some(-50))
        ]
    );
}

#[test]
fn a_grant_to_somebody_else_proves_no_role() {
    let other = granted(9, 50, Some("super_admin"));
    let org = acme()
        .standard_role(EntryKind::UserRole, "00u-bob", SUPER, false)
        .begun_by(70, other.clone());
    assert_eq!(roles_of_bob(&org), [(None, Some(70))]);
    let own = org.logged("00u-bob", other);
    assert_eq!(roles_of_bob(&own), [(Some("root9".into()), Some(50))]);
    let another_role = granted(8, 50, Some("app_admin"));
    let org = acme()
        .standard_role(EntryKind::UserRole, "00u-bob", SUPER, false)
        .begun_by(70, another_role.clone())
        .logged("00u-bob", another_role);
    assert_eq!(roles_of_bob(&org), [(None, Some(70))]);
}

#[test]
fn since_is_the_moment_of_the_event_and_not_when_it_was_noticed() {
    let org = acme().member_by("late", "bob", proof(9, "root", true));
    let why = why(&org, "bob", Goal::Group(group("late")));
    assert_eq!(why.paths[0].since(), Some(moment(9)));
    assert_eq!(why.paths[0].steps[0].began(), Some(moment(9)));
    let org = acme()
        .standard_role(EntryKind::GroupRole, "00g-eng", SUPER, false)
        .begun_by(70, proof(9, "root", true));
    let Answer::Uses(uses) = ask(
        &org,
        &Question::Uses {
            group: group("eng"),
        },
    ) else {
        unreachable!("uses were asked for");
    };
    let role = uses.uses.iter().find(|one| one.kind == UseKind::Role);
    assert_eq!(role.unwrap().span.map(|span| span.from), Some(moment(9)));
}

#[test]
fn a_direct_assignment_is_as_old_as_its_becoming_direct() {
    let to_jira = Goal::App(app("jira"));
    let org = acme()
        .gives("eng", "jira")
        .assigned("jira", "bob", AssignmentScope::User, None);
    let direct = |org: &Org| {
        let why = why(org, "bob", to_jira.clone());
        let path = why.paths.iter().find(|path| path.kind == PathKind::Direct);
        let path = path.unwrap();
        let by = path.proof().and_then(|proof| proof.by.as_deref());
        (path.since(), by.map(ToOwned::to_owned))
    };
    assert_eq!(direct(&org), (Some(moment(5)), None));
    let seen = org.clone().made_direct("jira", "bob", moment(60), None);
    assert_eq!(direct(&seen), (Some(moment(60)), None));
    let by_root = Some(proof(50, "root", true));
    let told = org.clone().made_direct("jira", "bob", moment(60), by_root);
    assert_eq!(direct(&told), (Some(moment(50)), Some("root".into())));
    // It was otherwise only in a time before, when it had been assigned and taken away.
    let long_ago = org.made_direct("jira", "bob", moment(4), None);
    assert_eq!(direct(&long_ago), (Some(moment(5)), None));
}

#[test]
fn the_log_says_who_granted_a_role_last() {
    let grant = |number, privilege| granted(number, i64::from(number) - 100, privilege);
    let org = acme()
        .standard_role(EntryKind::UserRole, "00u-bob", SUPER, false)
        .logged(
            "00u-bob",
            grant(9, Some("super_admin, Help desk administrator")),
        )
        .logged("00u-bob", grant(8, Some("super_admin")))
        .logged("00u-bob", grant(7, None))
        .logged("00u-bob", grant(6, Some("super_admin")));
    let why = why(&org, "bob", super_admin());
    let by = why.paths[0].proof().and_then(|proof| proof.by.as_deref());
    assert_eq!(by, Some("root8"), "the one after the last revocation");
}

#[test]
fn what_uses_a_group_is_told_once_each() {
    let to_eng = Target::Object(ObjectId::Group(group("eng")));
    let org = with_admins()
        .gives("eng", "jira")
        .rule(
            "asks",
            "isMemberOfGroup(\"00g-eng\")",
            "sales",
            &[ObjectId::Group(group("eng"))],
        )
        .rule(
            "asks-by-name",
            "isMemberOfGroupNameStartsWith(\"en\")",
            "sales",
            &[],
        )
        .rule("asks-vaguely", "isMemberOfGroupName(\"ENG\")", "sales", &[])
        .entry(
            EntryKind::PolicyRule,
            Some("00p-1"),
            "0pr-mfa",
            &[("type", "ACCESS_POLICY")],
            &[(How::Includes, to_eng.clone())],
        )
        .entry(
            EntryKind::Policy,
            Some("PASSWORD"),
            "00p-pw",
            &[("type", "PASSWORD")],
            &[(How::Excludes, to_eng.clone())],
        )
        .entry(
            EntryKind::PushMapping,
            Some("0oa-jira"),
            "gpm-1",
            &[],
            &[(How::Uses, to_eng.clone())],
        )
        .entry(
            EntryKind::SetResource,
            Some("iam-emea"),
            "ire-1",
            &[],
            &[(How::Member, to_eng.clone())],
        )
        .entry(
            EntryKind::UserRole,
            Some("00u-bob"),
            "ra1-ua",
            &[("type", "USER_ADMIN"), ("label", "Group admin")],
            &[(How::Within, to_eng)],
        )
        .owner("sales", ObjectId::Group(group("eng")));
    let Answer::Uses(uses) = ask(
        &org,
        &Question::Uses {
            group: group("eng"),
        },
    ) else {
        panic!()
    };
    let told: Vec<String> = uses
        .uses
        .iter()
        .map(|one| {
            let detail = one.detail.as_deref().unwrap_or("");
            format!("{} {} {detail}", one.kind.word(), one.by.name)
                .trim_end()
                .to_owned()
        })
        .collect();
    assert_eq!(
        told,
        [
            "rule_gives by-department ACTIVE",
            "rule_tests asks",
            "rule_tests asks-by-name",
            "rule_tests asks-vaguely it may: that hangs on how names are compared",
            "rule_excludes asks ACTIVE",
            "app jira",
            "role SUPER_ADMIN",
            "policy_includes mfa ACCESS_POLICY",
            "policy_excludes pw PASSWORD",
            "push 1",
            "owned_by own",
            "owned_by owners",
            "owns sales",
            "role_target bob Group admin",
            "resource_set 1",
        ]
    );
}

#[test]
fn what_is_not_known_is_part_of_the_answer() {
    let read = |trouble| Known {
        first: Some(moment(0)),
        last: Some(moment(60)),
        trouble,
    };
    let scope = PartialReason::MissingScope("okta.groups.read".into());
    for (known, at, gap, has) in [
        (
            Known::default(),
            None,
            Some(Ignorance::NeverRead),
            Has::Unknown,
        ),
        (
            Known {
                trouble: Some(scope.clone()),
                ..Known::default()
            },
            None,
            Some(Ignorance::CannotRead(scope.clone())),
            Has::Unknown,
        ),
        (
            read(None),
            Some(moment(-1)),
            Some(Ignorance::NotKnownBefore(moment(0))),
            Has::Unknown,
        ),
        (
            read(Some(scope.clone())),
            None,
            Some(Ignorance::Outdated {
                since: moment(60),
                reason: scope,
            }),
            Has::No,
        ),
        (read(None), Some(moment(0)), None, Has::No),
        (read(None), None, None, Has::No),
    ] {
        let mut org = acme();
        org.at = at;
        org.known.insert(Resource::Memberships, known);
        let always = Known {
            first: Some(Timestamp::MIN),
            ..Known::default()
        };
        org.known.insert(Resource::GroupRules, always);
        let why = why(&org, "bob", Goal::Group(group("eng")));
        let gaps: Vec<Ignorance> = why.gaps.iter().map(|gap| gap.why.clone()).collect();
        assert_eq!((gaps, why.has), (gap.into_iter().collect(), has));
    }
}

#[test]
fn unknown_rules_leave_a_doubt_on_a_membership() {
    let mut org = acme();
    org.known.insert(Resource::GroupRules, Known::default());
    assert_eq!(
        shorts(&why(&org, "bob", Goal::Group(group("sales"))).paths),
        ["direct?: sales"]
    );
}

#[test]
fn members_stand_in_for_users_of_an_app_that_are_not_known() {
    let mut org = acme().gives("eng", "jira");
    assert_eq!(who(&org, Goal::App(app("jira"))).total, 0);
    org.known.insert(Resource::AppUsers, Known::default());
    let found = who(&org, Goal::App(app("jira")));
    assert_eq!(found.rows[0].principal.name.as_str(), "ana");
    assert!(found.gaps[0].is_blind());
    assert_eq!(why(&org, "ana", Goal::App(app("jira"))).has, Has::Unknown);
}

#[test]
fn a_window_is_by_name_and_counts_all() {
    let org = ["zoe", "Bea", "ana", "cid"]
        .into_iter()
        .fold(Org::default().group("g"), |org, name| {
            org.user(name, "x").member("g", name)
        });
    let question = Question::Who {
        goal: Goal::Group(group("g")),
        offset: 1,
        limit: 2,
    };
    let Answer::Who(who) = ask(&org, &question) else {
        panic!()
    };
    let names: Vec<&str> = who
        .rows
        .iter()
        .map(|row| row.principal.name.as_str())
        .collect();
    assert_eq!((names, who.total), (vec!["Bea", "cid"], 4));
}

#[test]
fn a_path_is_as_old_as_its_latest_step() {
    let org = acme()
        .group("late")
        .member_since("late", "bob", since(77))
        .gives("late", "crm")
        .assigned("crm", "bob", AssignmentScope::Group, Some("late"));
    let why = why(&org, "bob", Goal::App(app("crm")));
    assert_eq!(why.paths[0].since(), Some(moment(77)));
}

/// Orgs of four users, three groups and two apps, with any relations between them.
fn any_org() -> impl Strategy<Value = Org> {
    let pairs = |left, right| proptest::collection::btree_set((0..left, 0..right), 0..8);
    (
        pairs(3_usize, 4_usize),
        pairs(3, 2),
        pairs(2, 4),
        pairs(4, 2),
        pairs(3, 2),
    )
        .prop_map(|(members, gives, assigned, roles, group_roles)| {
            let name = |n: usize| ["a", "b", "c", "d"][n];
            let role = |n: usize| [SUPER, "ORG_ADMIN"][n];
            let mut org = Org::default().rule("r", "user.department == \"a\"", "a", &[]);
            for n in 0..4 {
                org = org.user(name(n), name(n)).group(name(n));
            }
            for (group, user) in members {
                org = org.member(name(group), name(user));
            }
            for (group, app) in gives {
                org = org.gives(name(group), name(app));
            }
            for (app, user) in assigned {
                let scope = if user % 2 == 0 {
                    AssignmentScope::User
                } else {
                    AssignmentScope::Group
                };
                org = org.assigned(name(app), name(user), scope, None);
            }
            for (who, what) in roles {
                org = org.standard_role(
                    EntryKind::UserRole,
                    user(name(who)).as_str(),
                    role(what),
                    false,
                );
            }
            for (of, what) in group_roles {
                org = org.standard_role(
                    EntryKind::GroupRole,
                    group(name(of)).as_str(),
                    role(what),
                    false,
                );
            }
            org
        })
}

proptest! {
    /// Whoever is told to have something has it when asked alone, by the same paths, and nobody else has.
    #[test]
    fn who_and_why_agree(org in any_org()) {
        let goals = [
            Goal::App(app("a")),
            Goal::App(app("b")),
            Goal::Group(group("a")),
            super_admin(),
        ];
        for goal in goals {
            let rows = who(&org, goal.clone()).rows;
            for name in ["a", "b", "c", "d"] {
                let why = why(&org, name, goal.clone());
                let row = rows.iter().find(|row| row.principal.id() == user(name).as_str());
                prop_assert_eq!(row.is_some(), why.has == Has::Yes);
                if let Some(row) = row {
                    prop_assert_eq!(&row.paths, &why.paths);
                    prop_assert_eq!(row.overlap, why.overlap);
                }
            }
        }
    }

    /// The list of admins is the union of who has each role.
    #[test]
    fn admins_are_those_who_have_a_role(org in any_org()) {
        let mut of_roles: Vec<(String, String)> = Vec::new();
        for role in [SUPER, "ORG_ADMIN"] {
            for row in who(&org, Goal::Role(RoleId::Standard(role.into()))).rows {
                of_roles.extend(row.paths.iter().map(|path| (row.principal.id().to_owned(), short(path))));
            }
        }
        let mut of_admins: Vec<(String, String)> = admins(&org)
            .rows
            .iter()
            .flat_map(|admin| admin.paths.iter().map(|path| (admin.principal.id().to_owned(), short(path))))
            .collect();
        of_roles.sort();
        of_admins.sort();
        prop_assert_eq!(of_roles, of_admins);
    }
}
