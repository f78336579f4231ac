//! Everything beside users, groups, apps and events: that the mirror equals the truth, what it costs, how changes arrive, and what
//! becomes of lists that cannot be read.

use std::collections::BTreeSet;

use jiff::Timestamp;
use oktop::config::sync_settings::{Exclusions, FactorsOf, SyncSettings};
use oktop::domain::entry::{Entry, EntryId, EntryKind, EntryQuery, EntryRow, How, Target};
use oktop::domain::listing::PartialReason;
use oktop::domain::resource::{Resource, ResourceReport, SyncReport};
use oktop::domain::text::SafeText;
use oktop::sim::Options;
use oktop::sim::rate::Profile;
use serde_json::{Value, json};

use super::{Campaign, incomplete, options, until};

impl Campaign {
    fn entries(&self, kind: EntryKind, parent: Option<&str>) -> Vec<Entry> {
        let parent: Option<EntryId> = parent.map(|id| id.parse().unwrap());
        self.store.directory.entries_below(kind, parent.as_ref())
    }

    /// Every entry of a kind that was ever mirrored.
    fn rows(&self, kind: EntryKind) -> Vec<EntryRow> {
        let query = EntryQuery {
            archived: true,
            ..EntryQuery::of(kind, 10_000)
        };
        let rows = self.store.directory.entries(&query, Timestamp::MAX);
        rows.unwrap().rows
    }

    fn trouble(&self, resource: Resource) -> Option<PartialReason> {
        let standings = self.handle().standings();
        let standings = standings.borrow();
        standings.resources[&resource].trouble.clone()
    }

    async fn truth(&self, what: &str) -> Vec<Value> {
        match self
            .ask("GET", &format!("truth/{what}"), &Value::Null)
            .await
        {
            Value::Array(list) => list,
            other => panic!("{what}: {other}"),
        }
    }
}

fn of(report: &SyncReport, resource: Resource) -> &ResourceReport {
    let mut resources = report.resources.iter();
    resources.find(|one| one.resource == resource).unwrap()
}

/// Requests and floor of each resource.
fn costs(report: &SyncReport) -> Vec<(Resource, u64, u64)> {
    let costs = report.resources.iter();
    costs
        .map(|one| (one.resource, one.requests, one.floor))
        .collect()
}

fn word(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// What hangs where: the ids of parents and entries.
fn pairs(entries: &[Entry]) -> BTreeSet<(String, String)> {
    let parent = |entry: &Entry| {
        entry
            .key
            .parent
            .as_ref()
            .map_or("", EntryId::as_str)
            .to_owned()
    };
    entries
        .iter()
        .map(|entry| (parent(entry), entry.key.id.as_str().to_owned()))
        .collect()
}

/// What a role is limited to, by the org's account.
fn targets(role: &Value) -> BTreeSet<String> {
    ids(&role["targets"]).into_iter().collect()
}

/// What a role is limited to, by the mirror's account; some of Okta's own roles have a resource set of their own beside.
fn limited_to(role: &Entry) -> BTreeSet<String> {
    let told = role
        .refs(How::Within)
        .filter_map(|reference| match &reference.to {
            Target::Object(id) => Some(id.as_str().to_owned()),
            Target::Entry(..) => None,
            Target::All(word) => Some(word.to_string()),
        });
    told.collect()
}

fn ids(list: &Value) -> Vec<String> {
    let id = |one: &Value| one.as_str().map_or_else(|| word(one, "id"), str::to_owned);
    list.as_array().unwrap().iter().map(id).collect()
}

/// A campaign in whose org service clients and a custom role were made: what they prove themselves with, may do, and hold.
async fn with_clients() -> Campaign {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    campaign
        .change(json!([
            {"change": "create_service_client", "label": "Nightly", "by_key": false},
            {"change": "create_service_client", "label": "Sync", "by_key": true},
            {"change": "create_secret", "client": "Nightly"},
            {"change": "add_key", "client": "Sync", "key": {"kty": "RSA", "kid": "k1", "n": "AQAB", "e": "AQAB"}},
            {"change": "grant_scope", "client": "Sync", "scope": "okta.users.read"},
            {"change": "assign_role", "to": {"client": "Sync"}, "what": {"role": "READ_ONLY_ADMIN"}},
            {"change": "create_group", "name": "Creators", "description": null},
            {"change": "create_custom_role", "label": "Creator", "description": "Makes users", "permissions": ["okta.users.create", "okta.users.read"]},
            {"change": "create_resource_set", "label": "People", "description": "All of them", "resources": ["users", "members:Creators"]},
            {"change": "assign_role", "to": {"group": "Creators"}, "what": {"role": "Creator", "resource_set": "People"}},
        ]))
        .await;
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    campaign
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_do_what_equals_the_truth() {
    let campaign = with_clients().await;
    let mirrored = |kind| pairs(&campaign.entries(kind, None));

    let roles = campaign.truth("roles").await;
    let mut limited = BTreeSet::new();
    for (kind, assigned) in [
        (EntryKind::UserRole, "USER"),
        (EntryKind::GroupRole, "GROUP"),
        (EntryKind::ClientRole, "CLIENT"),
    ] {
        let of_kind = roles
            .iter()
            .filter(|role| role["assignment_type"] == assigned);
        let truth: BTreeSet<_> = of_kind
            .map(|role| (word(role, "assignee"), word(role, "id")))
            .collect();
        let entries = campaign.entries(kind, None);
        let is_own = |entry: &&Entry| {
            let assignment = entry.fact("assignmentType");
            assignment.is_some_and(|own| own.as_str() == assigned)
        };
        let own: Vec<Entry> = entries.iter().filter(is_own).cloned().collect();
        assert!(!truth.is_empty(), "{kind}");
        assert_eq!(pairs(&own), truth, "{kind}");
        let limits = roles
            .iter()
            .filter(|role| role["assignment_type"] == assigned && role["resource_set"].is_null());
        let limits: BTreeSet<_> = limits
            .map(|role| (word(role, "id"), targets(role)))
            .collect();
        let standard = own.iter().filter(|own| {
            own.fact("type")
                .is_none_or(|kind| kind.as_str() != "CUSTOM")
        });
        let mirrored: BTreeSet<_> = standard
            .map(|own| (own.key.id.to_string(), limited_to(own)))
            .collect();
        assert_eq!(mirrored, limits, "{kind}");
        limited.extend(limits.into_iter().flat_map(|(_, targets)| targets));
    }
    let is_app = |id: &String| id.starts_with("0oa");
    let is_group = |id: &String| id.starts_with("00g");
    assert!(limited.iter().any(is_app) && limited.iter().any(is_group));
    assert!(limited.iter().any(|id| !is_app(id) && !is_group(id)));

    let sets = campaign.truth("resource_sets").await;
    let (mut resources, mut bindings, mut members) =
        (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for set in &sets {
        let id = word(set, "id");
        resources.extend(
            ids(&set["resources"])
                .into_iter()
                .map(|one| (id.clone(), one)),
        );
        for (role, bound) in set["bindings"].as_object().unwrap() {
            bindings.insert((id.clone(), role.clone()));
            let of_binding = format!("{id}:{role}");
            members.extend(ids(bound).into_iter().map(|one| (of_binding.clone(), one)));
        }
    }
    assert!(!members.is_empty());
    assert_eq!(mirrored(EntryKind::SetResource), resources);
    assert_eq!(mirrored(EntryKind::Binding), bindings);
    assert_eq!(mirrored(EntryKind::BindingMember), members);

    let mut permissions = BTreeSet::new();
    for role in campaign.truth("custom_roles").await {
        let labels = ids(&role["permissions"]).into_iter();
        permissions.extend(labels.map(|label| (word(&role, "id"), label)));
    }
    assert_eq!(mirrored(EntryKind::RolePermission), permissions);

    let tokens = campaign.truth("tokens").await;
    let listed = tokens.iter().filter(|token| token["listed"] == true);
    let listed: BTreeSet<_> = listed
        .map(|token| (String::new(), word(token, "id")))
        .collect();
    assert_eq!(mirrored(EntryKind::ApiToken), listed);

    let owners = campaign.ask("GET", "truth/owners", &Value::Null).await;
    for group in campaign.entries(EntryKind::GroupRole, None) {
        let group = group.key.parent.unwrap();
        let owned: BTreeSet<_> =
            pairs(&campaign.entries(EntryKind::GroupOwner, Some(group.as_str())));
        let truth = owners.get(group.as_str()).map(ids).unwrap_or_default();
        let truth = truth
            .into_iter()
            .map(|id| (group.as_str().to_owned(), id))
            .collect();
        assert_eq!(owned, truth, "owners of {group}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_and_what_they_prove_themselves_with_equal_the_truth() {
    let campaign = with_clients().await;
    let clients = campaign.truth("clients").await;
    let listed: BTreeSet<_> = clients
        .iter()
        .map(|one| (String::new(), word(one, "id")))
        .collect();
    assert_eq!(pairs(&campaign.entries(EntryKind::Client, None)), listed);
    let services = clients
        .iter()
        .filter(|one| one["kind"] == "service" && one["app"].is_string());
    let (mut secrets, mut keys, mut scopes) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for client in services {
        let id = word(client, "id");
        secrets.extend(
            ids(&client["secrets"])
                .into_iter()
                .map(|one| (id.clone(), one)),
        );
        keys.extend(
            ids(&client["keys"])
                .into_iter()
                .map(|one| (id.clone(), one)),
        );
        scopes.extend(
            ids(&client["scopes"])
                .into_iter()
                .map(|one| (id.clone(), one)),
        );
    }
    assert!(!keys.is_empty() && !scopes.is_empty());
    let mirrored = |kind| pairs(&campaign.entries(kind, None));
    assert_eq!(mirrored(EntryKind::ClientSecret), secrets);
    assert_eq!(mirrored(EntryKind::ClientKey), keys);
    let granted = campaign.entries(EntryKind::ClientGrant, None);
    let granted: BTreeSet<_> = granted
        .iter()
        .map(|one| {
            let client = one.key.parent.as_ref().unwrap();
            (client.as_str().to_owned(), one.name.as_str().to_owned())
        })
        .collect();
    assert_eq!(granted, scopes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_takes_hardly_more_requests_than_there_are_pages() {
    let campaign = Campaign::start(&options(), SyncSettings::default(), 60.0);
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    assert_eq!(report.resources.len(), Resource::ALL.len());
    let ratio = report.requests as f64 / report.floor as f64;
    assert!(
        ratio <= 1.05,
        "{} requests, floor {}: {:?}",
        report.requests,
        report.floor,
        costs(&report)
    );
    assert!(
        ratio > 0.9,
        "the floor counts what was not read: {:?}",
        costs(&report)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_is_given_and_taken_is_mirrored_within_a_poll_with_its_proof() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let user = campaign.somebody();
    let id = user.id.as_str();
    let what = json!({"role": "HELP_DESK_ADMIN"});
    let change = json!({"change": "assign_role", "to": {"user": id}, "what": what});
    campaign.change(change).await;
    let roles = || campaign.entries(EntryKind::UserRole, Some(id));
    until("the role is mirrored", || !roles().is_empty()).await;
    until("the admin is mirrored", || {
        let admins = campaign.entries(EntryKind::Admin, None);
        admins.iter().any(|admin| admin.key.id.as_str() == id)
    })
    .await;
    let key = roles().remove(0).key;
    let change = json!({"change": "unassign_role", "from": {"user": id}, "what": what});
    campaign.change(change).await;
    until("the role is over", || roles().is_empty()).await;
    let (row, _) = campaign.store.directory.entry(&key).unwrap().unwrap();
    let span = row.spans.last().unwrap();
    assert!(
        span.began_by.is_some() && span.ended_by.is_some(),
        "{span:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_of_a_group_reaches_its_members_roles() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let user = campaign.somebody();
    let id = user.id.as_str();
    campaign
        .change(json!([
            {"change": "create_group", "name": "Quiet Power", "description": null},
            {"change": "assign_role", "to": {"group": "Quiet Power"}, "what": {"role": "USER_ADMIN"}},
        ]))
        .await;
    until("the group's role is mirrored", || {
        let group = campaign.group("Quiet Power");
        group.is_some_and(|group| {
            !campaign
                .entries(EntryKind::GroupRole, Some(group.id.as_str()))
                .is_empty()
        })
    })
    .await;
    let change = json!({"change": "add_member", "group": "Quiet Power", "user": id});
    campaign.change(change).await;
    until("the member's role is mirrored", || {
        let roles = campaign.entries(EntryKind::UserRole, Some(id));
        roles
            .iter()
            .any(|role| role.fact("assignmentType").map(SafeText::as_str) == Some("GROUP"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_may_not_be_read_is_told_with_its_role_and_the_rest_goes_on() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let admins = campaign.rows(EntryKind::Admin).len();
    let fault = json!({"kind": "forbidden", "count": 1_000, "path": "/api/v1/iam/assignees"});
    campaign.fault(fault).await;
    let report = campaign.read_everything().await;
    assert!(!report.complete);
    let bad: Vec<Resource> = report
        .resources
        .iter()
        .filter(|one| !one.complete)
        .map(|one| one.resource)
        .collect();
    assert_eq!(bad, [Resource::Admins]);
    assert_eq!(
        campaign.trouble(Resource::Admins),
        Some(PartialReason::MissingRole("Super Administrator".into()))
    );
    let mirrored = campaign.rows(EntryKind::Admin);
    assert_eq!(mirrored.len(), admins);
    assert!(mirrored.iter().all(EntryRow::is_present), "nothing ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_is_shown_nothing_is_not_taken_for_an_empty_org() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let users = campaign.users("", false);
    campaign.veil.hide(&users);
    let report = campaign.read_everything().await;
    let why = of(&report, Resource::Users).why_not.clone().unwrap();
    assert!(why.contains("Read-only Administrator"), "{why}");
    assert_eq!(campaign.users("", false).len(), users.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_that_is_left_out_is_never_asked_for() {
    let resources = BTreeSet::from([Resource::ApiTokens, Resource::Admins]);
    let exclude = Exclusions {
        resources,
        ..Exclusions::default()
    };
    let settings = SyncSettings {
        exclude,
        ..SyncSettings::default()
    };
    let campaign = Campaign::complete(&options(), settings, 60.0).await;
    for (kind, resource) in [
        (EntryKind::ApiToken, Resource::ApiTokens),
        (EntryKind::UserRole, Resource::Admins),
        (EntryKind::Factor, Resource::Factors),
    ] {
        assert_eq!(campaign.rows(kind).len(), 0, "{kind}");
        assert_eq!(campaign.trouble(resource), Some(PartialReason::Excluded));
    }
    let asked = |resource| {
        let standings = campaign.handle().standings();
        let standings = standings.borrow();
        standings.resources[&resource].complete_at.is_some()
    };
    assert!(asked(Resource::Roles) && !asked(Resource::ApiTokens));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_of_a_client_never_reaches_the_mirror() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let change = json!({"change": "create_service_client", "label": "Nightly", "by_key": false});
    campaign.change(change).await;
    let client = || {
        let clients = campaign.entries(EntryKind::Client, None);
        clients
            .into_iter()
            .find(|one| one.name.as_str() == "Nightly")
    };
    until("the client is mirrored", || client().is_some()).await;
    let id = client().unwrap().key.id;
    let secrets = || campaign.entries(EntryKind::ClientSecret, Some(id.as_str()));
    let before = secrets().len();
    campaign
        .change(json!({"change": "create_secret", "client": id.as_str()}))
        .await;
    until("its secret is known by its hash", || {
        secrets().len() > before
    })
    .await;
    let key = secrets().remove(0).key;
    let (row, _) = campaign.store.directory.entry(&key).unwrap().unwrap();
    let raw: Value = serde_json::from_str(row.raw.unwrap().as_unsafe_str()).unwrap();
    assert_eq!(raw["client_secret"], "(not kept)", "{raw}");
    assert!(raw["secret_hash"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_of_an_idle_org_costs_next_to_nothing() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 600.0).await;
    let (from, before) = (campaign.clock.now(), campaign.requests().await);
    let resources = || campaign.handle().standings().borrow().resources.clone();
    until("two hours have passed", || {
        campaign.clock.now().duration_since(from).as_secs() >= 7_200
    })
    .await;
    let span = campaign.clock.now().duration_since(from);
    let per_min = (campaign.requests().await - before) as f64 / (span.as_secs_f64() / 60.0);
    assert!(per_min <= 8.0, "{per_min:.2} requests a minute");
    let read = resources()[&Resource::ApiTokens].complete_at.unwrap();
    assert!(read > from, "tokens were read again: {read} after {from}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_org_is_set_up_with_equals_the_truth() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    for (kind, plural) in [
        (EntryKind::Idp, "idps"),
        (EntryKind::Policy, "policies"),
        (EntryKind::PolicyRule, "policy_rules"),
        (EntryKind::PolicyMapping, "policy_mappings"),
        (EntryKind::Zone, "zones"),
        (EntryKind::Device, "devices"),
        (EntryKind::Authenticator, "authenticators"),
        (EntryKind::Behavior, "behaviors"),
        (EntryKind::EventHook, "event_hooks"),
        (EntryKind::InlineHook, "inline_hooks"),
        (EntryKind::LogStream, "log_streams"),
        (EntryKind::TrustedOrigin, "trusted_origins"),
        (EntryKind::UserType, "user_types"),
        (EntryKind::PushMapping, "push_mappings"),
        (EntryKind::Feature, "features"),
    ] {
        let truth: BTreeSet<_> = campaign
            .truth(plural)
            .await
            .iter()
            .map(|one| (word(one, "id"), word(one, "status")))
            .collect();
        let mirrored = campaign.entries(kind, None);
        let status = |one: &Entry| one.status.as_ref().map(ToString::to_string);
        let mirrored: BTreeSet<_> = mirrored
            .iter()
            .map(|one| {
                (
                    one.key.id.as_str().to_owned(),
                    status(one).unwrap_or_default(),
                )
            })
            .collect();
        assert!(!truth.is_empty(), "{kind}");
        let ids = |set: &BTreeSet<(String, String)>| -> BTreeSet<String> {
            set.iter().map(|(id, _)| id.clone()).collect()
        };
        assert_eq!(ids(&mirrored), ids(&truth), "{kind}");
        // A type of users and a mapping have no status in their JSON, and a feature has other words for it.
        if kind != EntryKind::Feature && mirrored.iter().any(|(_, status)| !status.is_empty()) {
            assert_eq!(mirrored, truth, "{kind}");
        }
    }
    let settings: BTreeSet<String> = campaign
        .entries(EntryKind::OrgSetting, None)
        .into_iter()
        .map(|one| one.key.id.as_str().to_owned())
        .collect();
    let told = campaign.truth("settings").await;
    let told: BTreeSet<String> = told.iter().map(|one| word(one, "name")).collect();
    let missing: Vec<&String> = told
        .iter()
        .filter(|name| !settings.contains(*name))
        .collect();
    assert!(missing.is_empty(), "{missing:?} of {settings:?}");
    let types = campaign.entries(EntryKind::UserType, None).len();
    assert_eq!(campaign.entries(EntryKind::UserSchema, None).len(), types);
    assert_eq!(campaign.entries(EntryKind::GroupSchema, None).len(), 1);
}

/// Factors as a set: the user's, its id, what it is and how it stands.
type Factors = BTreeSet<[String; 5]>;

/// The factors in the mirror.
fn mirrored_factors(campaign: &Campaign) -> Factors {
    let entries = campaign.entries(EntryKind::Factor, None);
    let told = |one: &Entry, name| one.fact(name).map(ToString::to_string).unwrap_or_default();
    let of_one = |one: &Entry| {
        [
            one.key.parent.as_ref().unwrap().to_string(),
            one.key.id.to_string(),
            told(one, "type"),
            told(one, "provider"),
            one.status
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ]
    };
    entries.iter().map(of_one).collect()
}

/// The factors that Okta lists of users who are not deprovisioned, and that `suits`.
async fn true_factors(campaign: &Campaign, suits: impl Fn(&Value) -> bool) -> Factors {
    let truth = campaign.truth("factors").await;
    let listed = |one: &&Value| one["listed"] == true && one["user_status"] != "DEPROVISIONED";
    truth
        .iter()
        .filter(listed)
        .filter(|one| suits(one))
        .map(|one| ["user", "id", "type", "provider", "status"].map(|key| word(one, key)))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn factors_of_admins_equal_the_truth() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let admins = campaign.entries(EntryKind::Admin, None);
    let is_admin = |one: &Value| {
        let user = word(one, "user");
        admins.iter().any(|admin| admin.key.id.as_str() == user)
    };
    let truth = true_factors(&campaign, is_admin).await;
    assert!(
        truth.len() > admins.len(),
        "{} of {}",
        truth.len(),
        admins.len()
    );
    assert_eq!(mirrored_factors(&campaign), truth);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybodys_factors_equal_the_truth_when_they_are_asked_for() {
    let settings = SyncSettings {
        factors: FactorsOf::All,
        ..SyncSettings::default()
    };
    let campaign = Campaign::complete(&options(), settings, 60.0).await;
    let truth = true_factors(&campaign, |_| true).await;
    assert!(truth.len() > 300, "{}", truth.len());
    until("everybody's factors are there", || {
        mirrored_factors(&campaign) == truth
    })
    .await;

    // Somebody who is no admin: the event tells, though no complete reading of factors has this list.
    let (user, factor) = {
        let factors = mirrored_factors(&campaign);
        let [user, id, ..] = factors.into_iter().next_back().unwrap();
        (user, id)
    };
    campaign
        .change(json!({"change": "reset_factors", "user": user}))
        .await;
    until("the factor is gone", || {
        mirrored_factors(&campaign)
            .iter()
            .all(|[_, id, ..]| *id != factor)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn group_rules_equal_the_truth() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let list = |text: &str| -> BTreeSet<String> {
        let words = text.split(", ").filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let truth = campaign.truth("rules").await;
    let truth: BTreeSet<_> = truth
        .iter()
        .map(|rule| {
            let groups = rule["members"].as_object().unwrap().keys();
            (
                ["id", "name", "status", "expression"].map(|key| word(rule, key)),
                groups.cloned().collect::<BTreeSet<String>>(),
                ids(&rule["excluded"])
                    .into_iter()
                    .collect::<BTreeSet<String>>(),
            )
        })
        .collect();
    let told = |rule: &Entry, name| rule.fact(name).map(ToString::to_string).unwrap_or_default();
    let mirrored: BTreeSet<_> = campaign
        .entries(EntryKind::GroupRule, None)
        .iter()
        .map(|rule| {
            let status = rule.status.as_ref().map(ToString::to_string);
            (
                [
                    rule.key.id.to_string(),
                    rule.name.to_string(),
                    status.unwrap_or_default(),
                    told(rule, "expression"),
                ],
                list(&told(rule, "groups")),
                list(&told(rule, "excludedUsers")),
            )
        })
        .collect();
    assert!(truth.iter().any(|(_, groups, _)| !groups.is_empty()));
    assert_eq!(mirrored, truth);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_admin_sets_up_anew_is_mirrored_within_a_poll_with_its_proof() {
    let campaign = Campaign::complete(&options(), SyncSettings::default(), 60.0).await;
    let entry = |kind, id: &str| {
        let mut all = campaign.entries(kind, None).into_iter();
        all.find(|one| one.key.id.as_str() == id)
    };
    let custom = |kind| {
        let mut all = campaign.entries(kind, None).into_iter();
        let own = |one: &Entry| one.fact("system").map(SafeText::as_str) != Some("true");
        all.rfind(own).unwrap()
    };
    for kind in [EntryKind::Zone, EntryKind::PolicyRule] {
        let id = custom(kind).key.id;
        let change =
            json!({"change": "update_document", "document": id.as_str(), "name": "Renamed"});
        campaign.change(change).await;
        until("it has its new name", || {
            entry(kind, id.as_str()).is_some_and(|one| one.name.as_str() == "Renamed")
        })
        .await;
    }
    let stream = campaign.entries(EntryKind::LogStream, None).remove(0).key;
    campaign
        .change(json!([
            {"change": "deactivate_document", "document": stream.id.as_str()},
            {"change": "delete_document", "document": stream.id.as_str()},
        ]))
        .await;
    until("the stream is gone", || {
        entry(EntryKind::LogStream, stream.id.as_str()).is_none()
    })
    .await;
    let (row, _) = campaign.store.directory.entry(&stream).unwrap().unwrap();
    assert!(
        row.spans.last().unwrap().ended_by.is_some(),
        "{:?}",
        row.spans
    );

    let mut devices = campaign.entries(EntryKind::Device, None).into_iter();
    let active = |one: &Entry| one.status.as_deref() == Some("ACTIVE");
    let device = devices.rfind(active).unwrap().key.id;
    let change = json!({"change": "change_device", "device": device.as_str(), "to": "suspend"});
    campaign.change(change).await;
    until("the device is suspended", || {
        entry(EntryKind::Device, device.as_str())
            .is_some_and(|one| one.status.as_deref() == Some("SUSPENDED"))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_sync_is_as_long_as_its_tightest_limit_makes_it() {
    let options = Options {
        apps: 140,
        rate_limits: Profile::Workforce,
        ..options()
    };
    let campaign = Campaign::start(&options, SyncSettings::default(), 40.0);
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    let counts = campaign.ask("GET", "requests", &Value::Null).await;
    let requests = counts["buckets"]["/api/v1/apps"].as_f64().unwrap();
    // Half of the org's hundred are the token's, and half of these are for bulk reads.
    let ideal_secs = requests / 25.0 * 60.0;
    let ratio = report.secs / ideal_secs;
    assert!(
        ratio <= 1.10,
        "{requests} requests took {:.0} s, {ratio:.2} of the limit's time",
        report.secs
    );
    assert_eq!(counts["statuses"]["429"].as_u64().unwrap_or_default(), 0);
}
