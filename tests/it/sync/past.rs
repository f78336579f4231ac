//! As of then: a week of an org's changes, its truth written down at twenty moments, and the mirror asked at the end what was at each.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use oktop::access::{self, Answer, Goal, Question};
use oktop::agent::view::View;
use oktop::clock::{Clock, Hand};
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::entry::{EntryKind, EntryQuery, Subject};
use oktop::domain::history::Change;
use oktop::domain::id::{AppId, GroupId, ObjectId, UserId};
use oktop::domain::query::{ListQuery, Scope};
use oktop::sim::Options;
use oktop::store::{DetailRow, PastObject, Store};
use serde_json::{Value, json};

use super::{Campaign, incomplete, options};
use crate::access::{admin_paths_told, admin_paths_true};

const MOMENTS: usize = 20;
/// A week, in twenty parts.
const STEP: Duration = Duration::from_mins(504);

type Pairs = BTreeSet<(String, String)>;

/// What an org was at a moment, in the same words whoever tells it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Picture {
    users: BTreeSet<String>,
    groups: BTreeSet<String>,
    apps: BTreeSet<String>,
    members: Pairs,
    app_users: BTreeSet<(String, String, String)>,
    app_groups: Pairs,
    rules: Pairs,
    roles: BTreeSet<String>,
    owners: Pairs,
    tokens: BTreeSet<String>,
    admins: BTreeSet<String>,
    /// Logins and titles of some users.
    titles: BTreeMap<String, String>,
    /// Users of one app, as `access who` tells them.
    who: BTreeSet<String>,
}

impl Picture {
    /// What of two is not the same, in words that one can read.
    fn differences(&self, other: &Self) -> Vec<String> {
        let words = |picture: &Self| -> BTreeSet<String> {
            let text = format!("{picture:#?}");
            let lines = text.replace("(\n", "(").replace(",\n        )", ")");
            lines.lines().map(str::to_owned).collect()
        };
        let (mine, theirs) = (words(self), words(other));
        mine.symmetric_difference(&theirs).cloned().collect()
    }
}

/// Whether a token was made in the week. The others die of not being used, at a moment that no reading knows.
fn is_ours(name: Option<&str>) -> bool {
    name.is_some_and(|name| name.starts_with("Token "))
}

struct Week {
    campaign: Campaign,
    hand: Hand,
    people: Vec<String>,
    titles: BTreeMap<String, String>,
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn ids(list: &Value) -> BTreeSet<String> {
    let id = |one: &Value| one.as_str().map_or_else(|| text(one, "id"), str::to_owned);
    list.as_array().unwrap().iter().map(id).collect()
}

/// Every pair of a key and what is listed under it.
fn pairs(map: &Value) -> Pairs {
    let below = map.as_object().unwrap().iter();
    below
        .flat_map(|(key, list)| ids(list).into_iter().map(|id| (key.clone(), id)))
        .collect()
}

impl Week {
    async fn start() -> Self {
        let start: Timestamp = "2026-11-16T06:00:00Z".parse().unwrap();
        let (clock, hand) = Clock::manual(start);
        let small = Options {
            users: 60,
            groups: 12,
            apps: 6,
            events: 100,
            ..options()
        };
        let campaign = Campaign::on(clock, &small, SyncSettings::default());
        let mut week = Self {
            campaign,
            hand,
            people: Vec::new(),
            titles: BTreeMap::new(),
        };
        week.read().await;
        let active = week.campaign.users("status=ACTIVE provider:OKTA", false);
        week.people = active
            .iter()
            .map(|user| user.id.as_str().to_owned())
            .collect();
        week
    }

    /// Reads everything; once more when the first reading ran into what was deleted and is not archived yet.
    async fn read(&self) {
        let mut report = self.campaign.read_everything().await;
        let is_deletion = |why: Option<&String>| why.is_some_and(|why| why.contains("(404)"));
        if !report.complete
            && incomplete(&report)
                .into_iter()
                .all(|(_, why)| is_deletion(why))
        {
            report = self.campaign.read_everything().await;
        }
        assert!(report.complete, "{:?}", incomplete(&report));
    }

    /// A reading that may run into what was deleted just now.
    async fn read_what_is_left(&self) {
        self.campaign.read_everything().await;
    }

    /// Changes the org, and lets everything that tells of it arrive: what no event tells is believed when two readings miss it.
    async fn live_through(&mut self, changes: Value) -> Timestamp {
        self.campaign.change(changes).await;
        self.hand.advance(Duration::from_mins(2));
        self.read_what_is_left().await;
        self.hand.advance(Duration::from_mins(70));
        self.read().await;
        self.hand.advance(Duration::from_mins(1));
        let moment = self.campaign.clock.now();
        self.hand
            .advance(STEP.saturating_sub(Duration::from_mins(73)));
        moment
    }

    /// Waits until everything that was seen late has the moment that the log tells.
    async fn until_dated(&self) {
        let deadline = Instant::now() + Duration::from_mins(2);
        let is_dated = || {
            let mark = self.campaign.store.directory.mark("watch").unwrap();
            mark.is_some_and(|mark| {
                mark.contains("\"undated\":null") && !mark.contains("\"unwatched\":[]")
            })
        };
        while !is_dated() {
            assert!(Instant::now() < deadline, "it was not dated");
            self.hand.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What another admin does in one part of the week.
    fn changes(&mut self, n: usize) -> Value {
        let person = |at: usize| self.people[at % self.people.len()].clone();
        let (now, before) = (person(3 * n), person(3 * n + 57));
        let mut changes = vec![
            json!({"change": "add_member", "group": "Week", "user": now}),
            json!({"change": "update_user", "user": now, "profile": {"title": format!("Title {n}")}}),
            json!({"change": "assign_user", "app": "Weekly", "user": person(3 * n + 1)}),
        ];
        self.titles.insert(now.clone(), format!("Title {n}"));
        if n > 0 {
            changes.push(
                json!({"change": "remove_member", "group": "Week", "user": person(3 * (n - 1))}),
            );
            changes.push(json!({"change": "unassign_user", "app": "Weekly", "user": person(3 * (n - 1) + 1)}));
        }
        let helper = json!({"role": "HELP_DESK_ADMIN"});
        match n % 4 {
            0 => {
                changes.push(json!({"change": "assign_role", "to": {"user": now}, "what": helper}));
                changes.push(json!({"change": "create_group", "name": format!("Team {n}"), "description": null}));
                changes.push(json!({"change": "assign_group", "app": "Weekly", "group": format!("Team {n}")}));
                changes.push(
                    json!({"change": "add_member", "group": format!("Team {n}"), "user": before}),
                );
            }
            1 => {
                changes.push(json!({"change": "unassign_role", "from": {"user": person(3 * (n - 1))}, "what": helper}));
                changes.push(json!({"change": "unassign_group", "app": "Weekly", "group": format!("Team {}", n - 1)}));
                changes.push(json!({"change": "create_rule", "name": format!("Rule {n}"), "expression": format!("user.title == \"Title {}\"", n - 1), "groups": ["Staff"]}));
                changes.push(json!({"change": "activate_rule", "rule": format!("Rule {n}")}));
            }
            2 => {
                changes.push(json!({"change": "delete_group", "group": format!("Team {}", n - 2)}));
                changes.push(
                    json!({"change": "add_owner", "group": "Keepers", "owner": {"user": now}}),
                );
                changes.push(json!({"change": "create_token", "name": format!("Token {n}"), "owner": before}));
                changes.push(json!({"change": "assign_role", "to": {"group": "Week"}, "what": {"role": "Unlocker", "resource_set": "Everybody"}}));
            }
            _ => {
                changes.push(json!({"change": "remove_owner", "group": "Keepers", "owner": {"user": person(3 * (n - 1))}}));
                changes.push(json!({"change": "unassign_role", "from": {"group": "Week"}, "what": {"role": "Unlocker", "resource_set": "Everybody"}}));
                changes
                    .push(json!({"change": "deactivate_rule", "rule": format!("Rule {}", n - 2)}));
                changes.push(json!({"change": "create_user", "login": format!("guest{n}@acme.example"), "first_name": "G", "last_name": "N", "activate": true}));
            }
        }
        if n % 8 == 7 {
            changes.push(json!({"change": "deactivate_user", "user": format!("guest{}@acme.example", n - 4)}));
            changes.push(
                json!({"change": "delete_user", "user": format!("guest{}@acme.example", n - 4)}),
            );
        }
        changes.into()
    }

    /// What the simulator says.
    async fn truth(&self) -> Picture {
        let ask = |what: &'static str| {
            let path = format!("truth/{what}");
            async move { self.campaign.ask("GET", &path, &Value::Null).await }
        };
        let app_users = ask("app_users").await;
        let app_users = app_users
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(app, users)| {
                let users = users.as_array().unwrap().iter();
                users.map(|user| (app.clone(), text(user, "id"), text(user, "scope")))
            });
        let app_users: BTreeSet<(String, String, String)> = app_users.collect();
        let rules = ask("rules").await;
        let tokens = ask("tokens").await;
        let admins = ask("admins").await;
        let weekly = self.weekly().as_str().to_owned();
        let of_weekly = app_users.iter().filter(|(app, ..)| *app == weekly);
        let owners = pairs(&ask("owners").await);
        Picture {
            users: ids(&ask("users").await),
            groups: ids(&ask("groups").await),
            apps: ids(&ask("apps").await),
            members: pairs(&ask("memberships").await),
            app_groups: pairs(&ask("app_groups").await),
            rules: rules
                .as_array()
                .unwrap()
                .iter()
                .map(|rule| (text(rule, "id"), text(rule, "status")))
                .collect(),
            roles: ids(&ask("custom_roles").await),
            owners: owners
                .into_iter()
                .filter(|(group, _)| *group == self.group("Keepers"))
                .collect(),
            tokens: tokens
                .as_array()
                .unwrap()
                .iter()
                .filter(|token| token["listed"] == true && is_ours(token["name"].as_str()))
                .map(|token| text(token, "id"))
                .collect(),
            admins: admin_paths_true(&admins),
            titles: self.titles.clone(),
            who: of_weekly.map(|(_, user, _)| user.clone()).collect(),
            app_users,
        }
    }

    fn group(&self, name: &str) -> String {
        self.campaign.group(name).unwrap().id.as_str().to_owned()
    }

    fn weekly(&self) -> AppId {
        let query = ListQuery {
            filter: "label=Weekly".into(),
            limit: 1,
            ..ListQuery::default()
        };
        let rows = self
            .campaign
            .store
            .directory
            .apps(&query, Timestamp::MAX)
            .unwrap();
        rows.rows[0].value.id.clone()
    }

    /// What the mirror says was then.
    fn mirrored(&self, at: Timestamp) -> Picture {
        let (store, now) = (&self.campaign.store, self.campaign.clock.now());
        let past = store.directory.as_of(at);
        let all = ListQuery {
            as_of: Some(at),
            limit: usize::MAX,
            ..ListQuery::default()
        };
        let users = store.directory.users(&all, now).unwrap();
        let groups = store.directory.groups(&all, now).unwrap();
        let apps = store.directory.apps(&all, now).unwrap();
        assert!(users.complete && groups.complete && apps.complete, "{at}");
        let users: Vec<UserId> = users.rows.into_iter().map(|row| row.value.id).collect();
        let groups: Vec<GroupId> = groups.rows.into_iter().map(|row| row.value.id).collect();
        let apps: Vec<AppId> = apps.rows.into_iter().map(|row| row.value.id).collect();
        let mut picture = Picture::default();
        for group in &groups {
            let members = past.members(group).unwrap();
            let listed = scoped(store, Scope::OfGroup(group.clone()), at, now);
            assert_eq!(
                listed,
                members
                    .iter()
                    .map(|(user, _)| user.as_str().to_owned())
                    .collect()
            );
            picture.members.extend(
                listed
                    .into_iter()
                    .map(|user| (group.as_str().to_owned(), user)),
            );
        }
        for app in &apps {
            for (user, assignment, _) in past.app_users(app).unwrap() {
                // Of one that no reading saw nothing tells whether it was direct.
                let scope = assignment.map_or(String::new(), |one| one.scope.word().to_owned());
                picture.app_users.insert((
                    app.as_str().to_owned(),
                    user.as_str().to_owned(),
                    scope,
                ));
            }
            let groups = past.groups_of_app(app).unwrap();
            let groups = groups
                .into_iter()
                .map(|(group, _)| (app.as_str().to_owned(), group.as_str().to_owned()));
            picture.app_groups.extend(groups);
        }
        let entries = |kind| {
            let query = EntryQuery {
                as_of: Some(at),
                ..EntryQuery::of(kind, usize::MAX)
            };
            let rows = store.directory.entries(&query, now).unwrap().rows;
            rows.into_iter().map(|row| row.entry).collect::<Vec<_>>()
        };
        let ids = |kind| {
            entries(kind)
                .iter()
                .map(|entry| entry.key.id.as_str().to_owned())
                .collect()
        };
        let status = |status: Option<oktop::domain::text::SafeText>| {
            status.map(String::from).unwrap_or_default()
        };
        let keepers = self.group("Keepers");
        let view = View::new(store, Some(at), now, BTreeMap::new());
        let Answer::Admins(admins) = access::answer(&view, &Question::Admins).unwrap() else {
            panic!("not admins")
        };
        assert_eq!(admins.gaps, [], "{at}");
        let goal = Goal::App(self.weekly());
        let question = Question::Who {
            goal,
            offset: 0,
            limit: 1_000,
        };
        let Answer::Who(who) = access::answer(&view, &question).unwrap() else {
            panic!("not who")
        };
        Picture {
            users: users.iter().map(|id| id.as_str().to_owned()).collect(),
            groups: groups.iter().map(|id| id.as_str().to_owned()).collect(),
            apps: apps.iter().map(|id| id.as_str().to_owned()).collect(),
            rules: entries(EntryKind::GroupRule)
                .into_iter()
                .map(|rule| (rule.key.id.as_str().to_owned(), status(rule.status)))
                .collect(),
            roles: ids(EntryKind::Role),
            owners: entries(EntryKind::GroupOwner)
                .into_iter()
                .map(|owner| {
                    (
                        owner.key.parent.unwrap().as_str().to_owned(),
                        owner.key.id.as_str().to_owned(),
                    )
                })
                .filter(|(group, _)| *group == keepers)
                .collect(),
            tokens: entries(EntryKind::ApiToken)
                .iter()
                .filter(|token| is_ours(Some(&token.name)))
                .map(|token| token.key.id.as_str().to_owned())
                .collect(),
            admins: admin_paths_told(admins.rows.iter().flat_map(|admin| {
                admin
                    .paths
                    .iter()
                    .map(|path| (admin.principal.id().to_owned(), path.clone()))
            })),
            titles: Self::titles_then(store, at, now),
            who: who
                .rows
                .iter()
                .map(|row| row.principal.id().to_owned())
                .collect(),
            ..picture
        }
    }

    fn titles_then(store: &Store, at: Timestamp, now: Timestamp) -> BTreeMap<String, String> {
        let query = ListQuery {
            filter: "title:\"Title \"".into(),
            as_of: Some(at),
            limit: usize::MAX,
            ..ListQuery::default()
        };
        let rows = store.directory.users(&query, now).unwrap().rows;
        let title = |user: &oktop::domain::user::User| {
            user.title.clone().map(String::from).unwrap_or_default()
        };
        rows.iter()
            .map(|row| (row.value.id.as_str().to_owned(), title(&row.value)))
            .collect()
    }
}

/// Ids of the users in a scope then.
fn scoped(store: &Store, scope: Scope, at: Timestamp, now: Timestamp) -> BTreeSet<String> {
    let query = ListQuery {
        scope,
        as_of: Some(at),
        archived: true,
        limit: usize::MAX,
        ..ListQuery::default()
    };
    let rows = store.directory.users(&query, now).unwrap().rows;
    rows.into_iter()
        .map(|row| row.value.id.as_str().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_moments_of_a_week_are_told_as_they_were() {
    let mut week = Week::start().await;
    let beginning = json!([
        {"change": "create_group", "name": "Week", "description": null},
        {"change": "create_group", "name": "Staff", "description": null},
        {"change": "create_group", "name": "Keepers", "description": null},
        {"change": "create_app", "label": "Weekly"},
        {"change": "assign_group", "app": "Weekly", "group": "Staff"},
        {"change": "assign_role", "to": {"group": "Keepers"}, "what": {"role": "READ_ONLY_ADMIN"}},
        {"change": "create_custom_role", "label": "Unlocker", "description": "Unlocks", "permissions": ["okta.users.read"]},
        {"change": "create_resource_set", "label": "Everybody", "description": "All", "resources": ["users"]},
    ]);
    week.live_through(beginning).await;
    let mut written = Vec::new();
    for n in 0..MOMENTS {
        let changes = week.changes(n);
        let moment = week.live_through(changes).await;
        // Nothing changes between the moment and now.
        written.push((moment, week.truth().await));
    }
    for (moment, truth) in written {
        assert_eq!(week.mirrored(moment), truth, "as of {moment}");
    }
}

/// What no event of Okta's tells when it happened: only that it was seen to have.
fn without_what_no_event_tells(picture: Picture) -> Picture {
    let app_users = picture.app_users.into_iter();
    let admins = picture.admins.into_iter();
    Picture {
        app_users: app_users
            .map(|(app, user, _)| (app, user, String::new()))
            .collect(),
        rules: Pairs::new(),
        // A role that came and went has an id that nothing but a list of them tells.
        admins: admins
            .filter(|path| !path.contains("HELP_DESK_ADMIN"))
            .collect(),
        ..picture
    }
}

/// Of a weekend on which no agent ran `--as-of` said what had been before it, though the log told otherwise.
async fn a_stretch_that_nobody_watched(step: Duration) {
    let mut week = Week::start().await;
    let beginning = json!([
        {"change": "create_group", "name": "Week", "description": null},
        {"change": "create_group", "name": "Staff", "description": null},
        {"change": "create_group", "name": "Keepers", "description": null},
        {"change": "create_app", "label": "Weekly"},
        {"change": "assign_group", "app": "Weekly", "group": "Staff"},
        {"change": "assign_role", "to": {"group": "Keepers"}, "what": {"role": "READ_ONLY_ADMIN"}},
        {"change": "create_custom_role", "label": "Unlocker", "description": "Unlocks", "permissions": ["okta.users.read"]},
        {"change": "create_resource_set", "label": "Everybody", "description": "All", "resources": ["users"]},
    ]);
    week.live_through(beginning).await;
    week.campaign.stop().await;
    let mut written = Vec::new();
    for n in 0..2 {
        let changes = week.changes(n);
        week.campaign.change(changes).await;
        let person = &week.people[30 + n];
        week.campaign
            .change(json!([
                {"change": "assign_role", "to": {"user": person}, "what": {"role": "APP_ADMIN"}},
                {"change": "add_owner", "group": "Keepers", "owner": {"user": person}},
                {"change": "create_token", "name": format!("Token {n}"), "owner": person},
            ]))
            .await;
        week.hand.advance(step / 2);
        written.push((week.campaign.clock.now(), week.truth().await));
        week.hand.advance(step / 2);
    }
    week.campaign.go_on();
    week.read_what_is_left().await;
    week.until_dated().await;
    for (moment, truth) in written {
        let told = without_what_no_event_tells(week.mirrored(moment));
        let truth = without_what_no_event_tells(truth);
        let differences = told.differences(&truth);
        assert!(differences.is_empty(), "as of {moment}: {differences:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_in_an_afternoon_that_nobody_watched_is_dated_by_the_log() {
    a_stretch_that_nobody_watched(Duration::from_hours(2)).await;
}

/// After more than a day everything is read anew before any event is followed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changed_on_a_weekend_that_nobody_watched_is_dated_by_the_log() {
    a_stretch_that_nobody_watched(Duration::from_hours(20)).await;
}

/// Whoever was suspended for an hour of the weekend, or deactivated for one, was active all of the time; what was renamed twice had its
/// first name until the last renaming.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statuses_and_names_of_a_stretch_that_nobody_watched_are_told_by_the_log() {
    let mut week = Week::start().await;
    let beginning = json!([
        {"change": "create_group", "name": "Cafeteria", "description": null},
        {"change": "create_app", "label": "Menu"},
    ]);
    week.live_through(beginning).await;
    let group = ObjectId::Group(week.group("Cafeteria").parse().unwrap());
    let people = [7, 8].map(|n| ObjectId::User(week.people[n].parse().unwrap()));
    let [held, back] = people.each_ref().map(|person| person.as_str().to_owned());
    let gone = week.people[9].clone();
    let login = week.campaign.store.directory.name(&people[0]).unwrap();
    let login = login.unwrap().to_string();
    let everyone: GroupId = week.group("Everyone").parse().unwrap();
    week.campaign.stop().await;
    let mut written = Vec::new();
    for changes in [
        json!([
            {"change": "suspend_user", "user": held},
            {"change": "deactivate_user", "user": back},
            {"change": "suspend_user", "user": gone},
            {"change": "rename_app", "app": "Menu", "label": "Lunch"},
            {"change": "update_group", "group": "Cafeteria", "name": "Canteen", "description": null},
            {"change": "update_user", "user": held, "profile": {"login": "held@acme.example"}},
        ]),
        json!([
            {"change": "unsuspend_user", "user": held},
            {"change": "activate_user", "user": back},
            {"change": "deactivate_user", "user": gone},
            {"change": "rename_app", "app": "Lunch", "label": "Lunch 2"},
            {"change": "update_group", "group": "Canteen", "name": "Cafeteria", "description": null},
            {"change": "update_user", "user": held, "profile": {"login": login}},
        ]),
        json!([{"change": "delete_user", "user": gone}]),
    ] {
        week.campaign.change(changes).await;
        week.hand.advance(Duration::from_mins(30));
        written.push(week.campaign.clock.now());
        week.hand.advance(Duration::from_mins(30));
    }
    week.campaign.go_on();
    week.read_what_is_left().await;
    week.until_dated().await;
    let directory = &week.campaign.store.directory;
    let then = |at: Timestamp| {
        let past = directory.as_of(at);
        let status = |id: &str| match past.object(&ObjectId::User(id.parse().unwrap())).unwrap() {
            Some(PastObject {
                row: Some(DetailRow::User(row)),
                ..
            }) => row.value.status.to_string(),
            _ => panic!("no user {id}"),
        };
        let members = past.members(&everyone).unwrap();
        let names = [&group, &people[0]].map(|id| past.name(id).unwrap().unwrap().to_string());
        let query = ListQuery {
            filter: "label:lunch or label:menu".into(),
            as_of: Some(at),
            limit: 9,
            ..ListQuery::default()
        };
        let apps = directory.apps(&query, Timestamp::MAX).unwrap().rows;
        format!(
            "{} {} {} {} {} {names:?} {}",
            status(&held),
            status(&back),
            members.iter().any(|(user, _)| user.as_str() == back),
            status(&gone),
            apps.len(),
            apps[0].value.label,
        )
    };
    let middle = format!(
        "SUSPENDED DEPROVISIONED false SUSPENDED 1 {:?} Lunch",
        ["Canteen", "held@acme.example"]
    );
    let end = format!(
        "ACTIVE ACTIVE true DEPROVISIONED 1 {:?} Lunch 2",
        ["Cafeteria", &login]
    );
    assert_eq!(then(written[0]), middle);
    assert_eq!(then(written[1]), end);
    assert_eq!(then(written[2]), end);
    let rows = directory.changes(Timestamp::MIN, Timestamp::MAX, None, usize::MAX);
    let rows = rows.unwrap().into_iter().filter(|row| {
        let is_status =
            matches!(&row.what, Change::Field { field, .. } if *field.as_str() == *"status");
        is_status && row.subject == Subject::Object(people[0].clone())
    });
    // The one that no reading saw has its event; the other one is of the moment of Okta's own stamp.
    let proven: Vec<bool> = rows.map(|row| row.evidence.is_some()).collect();
    assert_eq!(proven, [false, true]);
}

/// Somebody was in a group for half a minute, between two polls: neither `--as-of` nor the history knew, though the log did.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_and_went_between_two_polls_is_told_of_then() {
    let mut week = Week::start().await;
    let create = json!([{"change": "create_group", "name": "Week", "description": null}]);
    week.live_through(create).await;
    let group: GroupId = week.group("Week").parse().unwrap();
    let person = week.people[7].clone();
    let change = |what: &str| json!({"change": what, "group": "Week", "user": person});
    week.campaign.change(change("add_member")).await;
    let added = week.campaign.clock.now();
    // The clock stands still until it is moved, and so does everybody who polls.
    week.hand.advance(Duration::from_millis(500));
    let between = week.campaign.clock.now();
    week.hand.advance(Duration::from_millis(500));
    week.campaign.change(change("remove_member")).await;
    let is_told = || {
        let then = week.campaign.store.directory.as_of(between);
        let members = then.members(&group).unwrap();
        members.iter().any(|(user, span)| {
            user.as_str() == person && span.from <= added && span.to.is_some_and(|to| to >= between)
        })
    };
    let deadline = Instant::now() + Duration::from_mins(2);
    while !is_told() {
        assert!(Instant::now() < deadline, "nobody was in the group");
        week.hand.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let now = week.campaign.clock.now();
    let then = week.campaign.store.directory.as_of(now);
    assert_eq!(then.members(&group).unwrap(), []);
}
