//! Every change, made on the org by the queue: sent once, read back, told by the log, and taken back where that is promised.

use std::collections::BTreeSet;

use oktop::action::plan::OpId;
use oktop::action::resolve::Logged;
use oktop::action::standing::{Standing, standing};
use oktop::action::state::State;
use oktop::domain::change::{Change, FieldEdit, GroupProfile, Holder, Role, Undo};
use reqwest::Method;
use serde_json::{Value, json};

use super::rig::{Rig, somebody};
use crate::sim_org::{TestOrg, calm, id};

/// A change, and the paths of the org's API that tell what it changes.
struct Case {
    change: Change,
    shown_by: Vec<String>,
}

fn case(change: Change, shown_by: &[String]) -> Case {
    Case {
        change,
        shown_by: shown_by.to_vec(),
    }
}

impl TestOrg {
    async fn group_named(&self, name: &str) -> String {
        let body = json!({"profile": {"name": name}});
        let made = self
            .written(Method::POST, "/api/v1/groups", Some(&body), 200)
            .await;
        id(&made)
    }

    /// The id of the first of a list that is so.
    async fn first(&self, path: &str, fits: impl Fn(&Value) -> bool) -> String {
        let all = self.all(path).await;
        id(all
            .iter()
            .find(|one| fits(one))
            .unwrap_or_else(|| unreachable!("{path}")))
    }
}

/// A change of every kind that something in the org allows, each about things of its own.
pub(super) async fn changes(org: &TestOrg) -> Vec<Change> {
    let cases = all(org).await.into_iter();
    cases.map(|case| case.change).collect()
}

async fn all(org: &TestOrg) -> Vec<Case> {
    let mut cases = of_users(org).await;
    cases.extend(of_groups(org).await);
    cases.extend(of_apps(org).await);
    cases.extend(of_settings(org).await);
    cases.extend(of_credentials(org).await);
    cases.extend(of_grants(org).await);
    cases
}

/// A change that is about one user.
type OfUser = fn(oktop::domain::id::UserId) -> Change;

/// Changes of the life of users.
async fn of_users(org: &TestOrg) -> Vec<Case> {
    let mut cases = Vec::new();
    let rows: [(&str, OfUser); 16] = [
        ("STAGED", |user| Change::ActivateUser {
            user,
            send_email: false,
        }),
        ("PROVISIONED", |user| Change::ReactivateUser {
            user,
            send_email: false,
        }),
        ("ACTIVE", |user| Change::DeactivateUser {
            user,
            send_email: false,
        }),
        ("DEPROVISIONED", |user| Change::DeleteUser { user }),
        ("ACTIVE", |user| Change::SuspendUser { user }),
        ("SUSPENDED", |user| Change::UnsuspendUser { user }),
        ("LOCKED_OUT", |user| Change::UnlockUser { user }),
        ("ACTIVE", |user| Change::ExpirePassword {
            user,
            temporary: false,
        }),
        ("ACTIVE", |user| Change::ExpirePassword {
            user,
            temporary: true,
        }),
        ("ACTIVE", |user| Change::ResetPassword {
            user,
            send_email: false,
            revoke_sessions: false,
        }),
        ("ACTIVE", |user| Change::ForgotPassword {
            user,
            send_email: false,
        }),
        ("ACTIVE", |user| Change::ClearSessions {
            user,
            oauth_tokens: true,
            forget_devices: true,
        }),
        ("ACTIVE", |user| Change::LogOut { user }),
        ("ACTIVE", |user| Change::UpdateUser {
            user,
            fields: vec![
                FieldEdit {
                    name: "city".into(),
                    before: None,
                    after: Some(json!("Oslo")),
                },
                FieldEdit {
                    name: "title".into(),
                    before: None,
                    after: Some(json!("S")),
                },
            ],
        }),
        ("ACTIVE", |user| Change::ResetFactors { user }),
        ("ACTIVE", |user| Change::GrantRole {
            holder: Holder::User(user),
            role: Role::Standard("HELP_DESK_ADMIN".into()),
        }),
    ];
    for (n, (state, change)) in rows.into_iter().enumerate() {
        let user = org.user_in(state, n).await;
        org.change(json!({"change": "enroll_factor", "user": user, "factor": "webauthn"}))
            .await;
        let own = format!("/api/v1/users/{user}");
        cases.push(case(
            change(user.parse().unwrap()),
            &[format!("{own}/roles"), own],
        ));
    }
    let user = org.user_in("ACTIVE", 100).await;
    org.change(json!({"change": "enroll_factor", "user": user, "factor": "webauthn"}))
        .await;
    let factors = format!("/api/v1/users/{user}/factors");
    let factor = org
        .first(&factors, |factor| factor["factorType"] == "webauthn")
        .await;
    let change = Change::RemoveFactor {
        user: user.parse().unwrap(),
        factor: factor.parse().unwrap(),
    };
    cases.push(case(change, &[factors]));
    let profile = [
        ("login", "new.one@northwind.example"),
        ("email", "new.one@northwind.example"),
        ("firstName", "N"),
        ("lastName", "O"),
    ];
    let profile = profile.map(|(name, value)| (name.into(), json!(value)));
    let change = Change::CreateUser {
        profile: profile.into(),
        groups: Vec::new(),
        activate: false,
    };
    cases.push(case(change, &[]));
    cases
}

/// What somebody has allowed apps to do.
async fn of_grants(org: &TestOrg) -> Vec<Case> {
    let (mut grants, mut tokens) = (None, None);
    for user in org.ids("/api/v1/users?limit=200").await {
        let own = format!("/api/v1/users/{user}");
        let client = org.all(&format!("{own}/clients")).await.into_iter().next();
        let Some(client) = client.map(|client| client["client_id"].clone()) else {
            continue;
        };
        let id = client.as_str().unwrap();
        let kept = format!("{own}/clients/{id}/tokens");
        if tokens.is_none() && !org.all(&kept).await.is_empty() {
            let (user, client) = (user.parse().unwrap(), id.parse().unwrap());
            tokens = Some(case(Change::RevokeTokens { user, client }, &[kept]));
        } else if grants.is_none() {
            let user = user.parse().unwrap();
            let path = format!("{own}/grants");
            grants = Some(case(Change::RevokeGrants { user }, &[path]));
        }
    }
    grants.into_iter().chain(tokens).collect()
}

async fn of_groups(org: &TestOrg) -> Vec<Case> {
    let own = |group: &str| [format!("/api/v1/groups/{group}")];
    let users = |group: &str| [format!("/api/v1/groups/{group}/users")];
    let user: oktop::domain::id::UserId = org.user_in("ACTIVE", 200).await.parse().unwrap();
    let (one, two, three) = (
        org.group_named("Queue one").await,
        org.group_named("Queue two").await,
        org.group_named("Queue three").await,
    );
    org.written(
        Method::PUT,
        &format!("/api/v1/groups/{two}/users/{user}"),
        None,
        204,
    )
    .await;
    let id_of = |text: &str| text.parse().unwrap();
    let after = GroupProfile {
        name: "Queue 1".into(),
        description: Some("renamed".into()),
    };
    vec![
        case(Change::CreateGroup(GroupProfile::named("Queue four")), &[]),
        case(
            Change::AddMember {
                group: id_of(&one),
                user: user.clone(),
            },
            &users(&one),
        ),
        case(
            Change::RemoveMember {
                group: id_of(&two),
                user,
            },
            &users(&two),
        ),
        case(
            Change::UpdateGroup {
                group: id_of(&one),
                before: GroupProfile::named("x"),
                after,
            },
            &own(&one),
        ),
        case(
            Change::DeleteGroup {
                group: id_of(&three),
            },
            &own(&three),
        ),
        case(
            Change::GrantRole {
                holder: Holder::Group(id_of(&two)),
                role: Role::Standard("READ_ONLY_ADMIN".into()),
            },
            &[format!("/api/v1/groups/{two}/roles")],
        ),
    ]
}

async fn of_apps(org: &TestOrg) -> Vec<Case> {
    let app = org
        .first("/api/v1/apps?limit=200", |app| {
            app["signOnMode"] == "BOOKMARK" && app["status"] == "ACTIVE"
        })
        .await;
    let other = org
        .first("/api/v1/apps?limit=200", |one| {
            one["signOnMode"] == "SAML_2_0"
                && one["status"] == "ACTIVE"
                && one["id"] != app.as_str()
        })
        .await;
    let own = format!("/api/v1/apps/{other}");
    let user: oktop::domain::id::UserId = org.user_in("ACTIVE", 300).await.parse().unwrap();
    let with_app = org.user_in("ACTIVE", 301).await;
    let body = json!({"id": with_app, "scope": "USER"});
    org.written(
        Method::POST,
        &format!("/api/v1/apps/{app}/users"),
        Some(&body),
        200,
    )
    .await;
    let (group, assigned) = (
        org.group_named("Apps one").await,
        org.group_named("Apps two").await,
    );
    org.written(
        Method::PUT,
        &format!("/api/v1/apps/{app}/groups/{assigned}"),
        Some(&json!({})),
        200,
    )
    .await;
    let id_of = |text: &str| text.parse().unwrap();
    let groups = [format!("/api/v1/apps/{app}/groups?limit=200")];
    vec![
        case(
            Change::AssignUser {
                app: id_of(&app),
                user: user.clone(),
            },
            &[],
        ),
        case(
            Change::UnassignUser {
                app: id_of(&app),
                user: with_app.parse().unwrap(),
                send_email: false,
            },
            &[],
        ),
        case(
            Change::AssignGroup {
                app: id_of(&app),
                group: group.parse().unwrap(),
            },
            &groups,
        ),
        case(
            Change::UnassignGroup {
                app: id_of(&app),
                group: assigned.parse().unwrap(),
            },
            &groups,
        ),
        case(Change::DeactivateApp { app: id_of(&other) }, &[own]),
    ]
}

async fn of_settings(org: &TestOrg) -> Vec<Case> {
    let mut cases = Vec::new();
    let rules = "/api/v1/groups/rules?limit=200";
    for (status, is_active) in [("ACTIVE", true), ("INACTIVE", false)] {
        let rule = org.first(rules, |rule| rule["status"] == status).await;
        let own = [format!("/api/v1/groups/rules/{rule}")];
        let rule = rule.parse().unwrap();
        let change = if is_active {
            Change::DeactivateRule { rule }
        } else {
            Change::ActivateRule { rule }
        };
        cases.push(case(change, &own));
    }
    let idp = org
        .first("/api/v1/idps", |idp| idp["status"] == "ACTIVE")
        .await;
    let own = [format!("/api/v1/idps/{idp}")];
    cases.push(case(
        Change::DeactivateIdp {
            idp: idp.parse().unwrap(),
        },
        &own,
    ));
    let devices = org.all("/api/v1/devices").await;
    let active: Vec<String> = devices
        .iter()
        .filter(|one| one["status"] == "ACTIVE")
        .map(id)
        .collect();
    let own = |device: &str| [format!("/api/v1/devices/{device}")];
    let device = |n: usize| active[n].parse().unwrap();
    cases.push(case(
        Change::SuspendDevice { device: device(0) },
        &own(&active[0]),
    ));
    cases.push(case(
        Change::DeactivateDevice { device: device(1) },
        &own(&active[1]),
    ));
    let zone = org
        .first("/api/v1/zones", |zone| {
            zone["type"] == "IP" && zone["system"] == false
        })
        .await;
    let own = [format!("/api/v1/zones/{zone}")];
    let zone: oktop::domain::entry::EntryId = zone.parse().unwrap();
    let address = "198.51.100.77";
    cases.push(case(
        Change::AddToZone {
            zone: zone.clone(),
            address: address.into(),
        },
        &own,
    ));
    for policy in org.ids("/api/v1/policies?type=OKTA_SIGN_ON").await {
        let list = format!("/api/v1/policies/{policy}/rules");
        let all = org.all(&list).await;
        let Some(rule) = all
            .iter()
            .find(|rule| rule["system"] == false && rule["status"] == "ACTIVE")
        else {
            continue;
        };
        let change = Change::DeactivatePolicyRule {
            policy: policy.parse().unwrap(),
            rule: id(rule).parse().unwrap(),
        };
        cases.push(case(change, &[format!("{list}/{}", id(rule))]));
        break;
    }
    cases
}

async fn of_credentials(org: &TestOrg) -> Vec<Case> {
    let made = org
        .post("/sim/v1/tokens", &json!({"roles": ["ORG_ADMIN"]}))
        .await
        .json();
    let token = id(&made).parse().unwrap();
    let client = org
        .change(json!({"change": "create_service_client", "label": "Robot"}))
        .await[0]
        .clone();
    for _ in 0..2 {
        org.change(json!({"change": "create_secret", "client": client}))
            .await;
    }
    let secrets = org
        .ids(&format!("/api/v1/apps/{client}/credentials/secrets"))
        .await;
    let roles = format!("/oauth2/v1/clients/{client}/roles");
    let body = json!({"type": "READ_ONLY_ADMIN"});
    let role = org.written(Method::POST, &roles, Some(&body), 200).await;
    org.change(json!({
        "change": "update_document",
        "document": "settings/oktaSupport",
        "body": {"support": "ENABLED", "expiration": "2026-11-23T10:00:00.000Z"},
    }))
    .await;
    let client: oktop::domain::entry::EntryId = client.parse().unwrap();
    vec![
        case(Change::RevokeApiToken { token }, &[]),
        case(
            Change::DeactivateSecret {
                client: client.clone(),
                secret: secrets[0].parse().unwrap(),
            },
            &[],
        ),
        case(
            Change::RevokeClientRole {
                client,
                assignment: id(&role).parse().unwrap(),
            },
            &[],
        ),
        case(Change::RevokeSupport, &[]),
    ]
}

/// What the org shows at some paths, without the times at which that came about and the ids of what was made anew.
async fn shown(org: &TestOrg, paths: &[String]) -> Vec<Value> {
    let mut all = Vec::new();
    for path in paths {
        let answer = org.get(path).await;
        let mut value = answer.json();
        forget_times(&mut value);
        all.push(value);
    }
    all
}

fn forget_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for name in [
                "lastUpdated",
                "statusChanged",
                "activated",
                "lastMembershipUpdated",
                "passwordChanged",
                "_links",
                "lastLogin",
                "_embedded",
            ] {
                fields.remove(name);
            }
            fields.values_mut().for_each(forget_times);
        }
        Value::Array(list) => list.iter_mut().for_each(forget_times),
        _ => {}
    }
}

impl Rig {
    /// Makes a change, takes it back where that is promised, and checks all that is promised of both; the names of what was made, or what
    /// is wrong.
    async fn try_out(&self, case: &Case) -> Result<BTreeSet<&'static str>, String> {
        let name = case.change.name();
        let before = shown(&self.org, &case.shown_by).await;
        let op = self.make_once(&case.change).await?;
        if matches!(case.change.undo(), Undo::Never(_)) {
            let refused = self.queue.undo(op.plan, None, somebody()).await;
            return refused
                .err()
                .map(|_| BTreeSet::from([name]))
                .ok_or(format!("{name} is taken back"));
        }
        let undo = self.queue.undo(op.plan, None, somebody()).await;
        let undo = undo
            .map_err(|trouble| format!("undo of {name}: {trouble}"))?
            .number;
        let back = self.queue.control().plan(undo).unwrap().unwrap().ops[0]
            .change
            .clone();
        self.confirm(undo).await;
        let (_, progress) = self.settled(undo).await.remove(0);
        if progress.state != State::Verified {
            return Err(format!("undo of {name}: {progress:?}"));
        }
        let found = self.reader.look(&case.change).await.unwrap();
        if standing(&case.change, &found.facts) == Standing::Done {
            return Err(format!("undo of {name}: it is still so"));
        }
        let lost = matches!(case.change.undo(), Undo::By(_, Some(_)) | Undo::OfMade);
        let after = shown(&self.org, &case.shown_by).await;
        if !lost && after != before {
            return Err(format!("undo of {name}: {after:?} is not {before:?}"));
        }
        Ok(BTreeSet::from([name, back.name()]))
    }

    /// Makes a change: verified, sent once under the name of its attempt, and told so by the log.
    async fn make_once(&self, change: &Change) -> Result<OpId, String> {
        let name = change.name();
        let sent_before = self.writes("").await.len();
        let number = self.try_stage(vec![change.clone()]).await;
        let number = number.map_err(|trouble| format!("{name}: {trouble}"))?;
        self.confirm(number).await;
        let (op, progress) = self.settled(number).await.remove(0);
        if progress.state != State::Verified {
            return Err(format!("{name}: {progress:?}"));
        }
        let sent = self.writes("").await.split_off(sent_before);
        let intent = &self.queue.control().attempts(op).unwrap()[0].intent;
        let is_ours = |write: &Value| {
            let agent = write["agent"].as_str().unwrap_or_default();
            agent.contains(&*intent.attempt) && write["path"] == json!(intent.path)
        };
        match sent.as_slice() {
            [one] if is_ours(one) => self.is_told(change, &intent.attempt).await.map(|()| op),
            _ => Err(format!("{name} was sent as {sent:?}")),
        }
    }

    /// What the queue says of the log is true of each: nothing before it is mirrored, and then the event of this very attempt.
    async fn the_mirrored_log_tells_of_all_that_was_sent(&self) {
        let before = self.logged().await;
        assert!(before.iter().all(Option::is_none), "{before:?}");
        self.mirror_log().await;
        let after = self.logged().await;
        assert!(after.len() > 46, "{after:?}");
        let is_told =
            |told: &Option<Logged>| matches!(told, Some(Logged::Told { is_ours: true, .. }));
        let untold: Vec<_> = after.iter().filter(|told| !is_told(told)).collect();
        assert!(untold.is_empty(), "{untold:?}");
    }

    /// What the queue says of the log of each change that was sent.
    async fn logged(&self) -> Vec<Option<Logged>> {
        let control = self.queue.control();
        let mut all = Vec::new();
        for (number, plan) in control.plans(u64::MAX, 1_000).unwrap() {
            for ((id, progress), op) in control.progress(number).unwrap().into_iter().zip(&plan.ops)
            {
                let attempts = control.attempts(id).unwrap();
                let told = self.queue.logged(&op.change, &progress, &attempts).await;
                if !attempts.is_empty() {
                    all.push(told.unwrap());
                }
            }
        }
        all
    }

    /// Whether the log tells of this very attempt, by an event that the change names as its proof.
    async fn is_told(&self, change: &Change, attempt: &str) -> Result<(), String> {
        let events = self.org.told().await;
        let is_ours = |event: &&Value| {
            let agent = event["client"]["userAgent"]["rawUserAgent"].as_str();
            agent.is_some_and(|agent| agent.contains(attempt))
        };
        let types = events
            .iter()
            .filter(is_ours)
            .filter_map(|event| event["eventType"].as_str());
        let types: BTreeSet<&str> = types.collect();
        let proves = change
            .evidence()
            .iter()
            .any(|wanted| types.contains(wanted));
        proves
            .then_some(())
            .ok_or(format!("{} is told by {types:?}", change.name()))
    }
}

#[tokio::test]
async fn every_change_is_sent_once_read_back_told_by_the_log_and_taken_back() {
    let rig = Rig::start(calm()).await;
    let cases = all(&rig.org).await;
    let (mut made, mut wrong) = (BTreeSet::new(), Vec::new());
    for case in &cases {
        match rig.try_out(case).await {
            Ok(names) => made.extend(names),
            Err(why) => wrong.push(why),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Those that only take something back are made by taking it back.
    assert_eq!(made.len(), 46, "{made:?}");
    let checked = rig.queue.control().verify().unwrap().unwrap();
    assert!(checked.0 > 46 * 5);
    rig.the_mirrored_log_tells_of_all_that_was_sent().await;
    rig.end().await;
}
