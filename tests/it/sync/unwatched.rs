//! What was deleted or revoked while nobody watched the org: the next reading is complete all the same, and the log's word is taken.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use oktop::clock::{Clock, Hand};
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::entry::{EntryKind, EntryQuery, Subject};
use oktop::domain::history::{Change, ChangeRow, Existed};
use oktop::domain::id::{ObjectId, UserId};
use oktop::domain::query::ListQuery;
use oktop::domain::resource::Resource;
use oktop::sim::Options;
use oktop::store::Store;
use serde_json::json;

use super::{Campaign, incomplete, options};

/// Every event has arrived by then, the late ones too, and a reading that begins then makes moot what is in them.
const GAP: Duration = Duration::from_mins(20);

/// A small org that was read once, under a clock that stands still unless it is moved.
async fn small() -> (Campaign, Hand) {
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
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    (campaign, hand)
}

/// Moves the clock by three minutes at most until `holds`: by one at the pace of a quick machine, and then, so that a slow one may do
/// what it has to, ever so slowly.
async fn within_three_minutes(hand: &Hand, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    let mut steps = 0;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        steps += u32::from(steps < 180);
        if steps < 180 {
            hand.advance(Duration::from_secs(1));
        }
        let pace = if steps < 60 { 5 } else { 250 };
        tokio::time::sleep(Duration::from_millis(pace)).await;
    }
}

/// A group with a member and an app, and an app with a user.
async fn with_what_will_go() -> (Campaign, Hand) {
    let (campaign, hand) = small().await;
    let user = campaign.somebody().id;
    let beginning = json!([
        {"change": "create_group", "name": "Passing", "description": null},
        {"change": "add_member", "group": "Passing", "user": user.as_str()},
        {"change": "create_app", "label": "Fading"},
        {"change": "assign_group", "app": "Fading", "group": "Passing"},
    ]);
    campaign.change(beginning).await;
    hand.advance(GAP);
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    let group = campaign.group("Passing").unwrap().id;
    assert!(campaign.members(&group).contains(&user));
    (campaign, hand)
}

/// The next full reading asked a deleted group for its members, ended as one that had not read everything, and nobody asked again
/// for a day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_deleted_while_nobody_watched_leaves_the_next_reading_complete() {
    let (mut campaign, hand) = with_what_will_go().await;
    campaign.stop().await;
    let end = json!([
        {"change": "delete_group", "group": "Passing"},
        {"change": "deactivate_app", "app": "Fading"},
        {"change": "delete_app", "app": "Fading"},
    ]);
    campaign.change(end).await;
    hand.advance(GAP);
    // Nothing but the lists tells of it.
    campaign.veil.quiet.store(true, Ordering::Relaxed);
    campaign.go_on();
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    assert!(
        campaign.group("Passing").is_some(),
        "one sweep without it proves nothing"
    );
}

/// A deleted group was asked for its apps for minutes, and nothing that came after was settled meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hints_of_a_deleted_group_are_settled_at_once() {
    let (mut campaign, hand) = with_what_will_go().await;
    campaign.stop().await;
    let deleted = campaign.clock.now();
    let end = json!({"change": "delete_group", "group": "Passing"});
    campaign.change(end).await;
    hand.advance(GAP);
    campaign.go_on();
    let settled = |store: &Store| -> Option<Timestamp> {
        let mark = store.directory.mark("hints.settled").unwrap();
        mark.and_then(|text| text.parse().ok())
    };
    within_three_minutes(&hand, "the hints are settled", || {
        settled(&campaign.store).is_some_and(|at| at >= deleted)
    })
    .await;
    assert!(campaign.group("Passing").is_none(), "it is archived");
    // `groups get` told the moment of the reading, twenty minutes later.
    let archived = || {
        let query = ListQuery {
            filter: "name=Passing".into(),
            archived: true,
            limit: 1,
            ..ListQuery::default()
        };
        let rows = campaign
            .store
            .directory
            .groups(&query, campaign.clock.now());
        rows.unwrap().rows[0].archived.clone().unwrap()
    };
    within_three_minutes(&hand, "the end is dated", || archived().at == deleted).await;
    assert!(archived().evidence.is_some());
}

/// Someone whose role had been revoked was told to have it until the next reading, an hour later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_was_revoked_while_nobody_watched_is_over_after_one_reading() {
    let (mut campaign, hand) = small().await;
    let user = campaign.somebody().id;
    let role =
        |change: &str| json!({"change": change, "user": user.as_str(), "role": "HELP_DESK_ADMIN"});
    campaign.change(role("grant_role")).await;
    hand.advance(GAP);
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    let helps = |campaign: &Campaign| {
        let query = EntryQuery {
            parent: user.as_str().parse().ok(),
            ..EntryQuery::of(EntryKind::UserRole, 10)
        };
        let rows = campaign
            .store
            .directory
            .entries(&query, campaign.clock.now());
        let mut rows = rows.unwrap().rows.into_iter();
        rows.any(|row| row.entry.name.as_str().starts_with("Help Desk"))
    };
    assert!(helps(&campaign));
    campaign.stop().await;
    campaign.change(role("revoke_role")).await;
    hand.advance(GAP);
    campaign.go_on();
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    let read = campaign.store.directory.complete_at(Resource::Admins);
    within_three_minutes(&hand, "the role is over", || !helps(&campaign)).await;
    assert_eq!(
        campaign.store.directory.complete_at(Resource::Admins),
        read,
        "one reading is all there was"
    );
}

/// A rogue account, made, given everything and deleted over a weekend, was in the log alone: no list, no history and no answer about the
/// past knew of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_came_and_went_while_nobody_watched_is_in_the_history_with_its_role() {
    let (mut campaign, hand) = small().await;
    let user = campaign.somebody().id;
    campaign.stop().await;
    hand.advance(Duration::from_mins(30));
    let ghost = "ghost@acme.example";
    let role = |change: &str, user: &str, role: &str| json!({"change": change, "user": user, "role": role});
    let step = async |changes: serde_json::Value| {
        hand.advance(Duration::from_mins(2));
        campaign.change(changes).await;
        campaign.clock.now()
    };
    let made = step(json!({"change": "create_user", "login": ghost, "first_name": "Ghost", "last_name": "Rider", "activate": true})).await;
    let given = step(role("grant_role", ghost, "SUPER_ADMIN")).await;
    step(role("grant_role", user.as_str(), "HELP_DESK_ADMIN")).await;
    let there = step(json!([])).await;
    step(role("revoke_role", user.as_str(), "HELP_DESK_ADMIN")).await;
    let gone = step(json!([{"change": "deactivate_user", "user": ghost}, {"change": "delete_user", "user": ghost}])).await;
    hand.advance(GAP);
    campaign.go_on();
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    let directory = &campaign.store.directory;
    let archived = || campaign.users(&format!("login={ghost}"), true);
    within_three_minutes(&hand, "the ghost is in the mirror", || {
        !archived().is_empty()
    })
    .await;
    let id = archived()[0].id.clone();
    assert!(campaign.users(&format!("login={ghost}"), false).is_empty());
    // Whose roles, and which, at a moment.
    let roles = |at: Timestamp, of: &UserId| -> Vec<String> {
        let holder = of.as_str().parse().unwrap();
        let past = directory.as_of(at);
        let found = past
            .entries_below(EntryKind::UserRole, Some(&holder))
            .unwrap();
        let types = found
            .iter()
            .map(|(entry, _)| entry.fact("type").unwrap().to_string());
        types.collect()
    };
    within_three_minutes(&hand, "the roles are in the history", || {
        !roles(there, &id).is_empty()
    })
    .await;
    assert_eq!(roles(there, &id), ["SUPER_ADMIN"]);
    for at in [made, gone] {
        assert!(roles(at, &id).is_empty(), "{at}");
    }
    // Whoever has other roles has them all the while.
    let helps = |at: Timestamp| roles(at, &user).contains(&"HELP_DESK_ADMIN".to_owned());
    assert_eq!([made, there, gone].map(helps), [false, true, false]);
    let existed = |at: Timestamp| {
        let past = directory.as_of(at).object(&ObjectId::User(id.clone()));
        past.unwrap().unwrap().existed
    };
    let secs = jiff::SignedDuration::from_secs;
    // Okta completes a deletion a moment after it was asked for.
    let (before, over) = (made - secs(1), gone + secs(2));
    assert_eq!(
        [before, given, over].map(existed),
        [Existed::No, Existed::Yes, Existed::No]
    );
    // Both by their events.
    let all = directory.changes(before, campaign.clock.now(), None, 1_000);
    let all = all.unwrap();
    let is_ghost = |row: &&ChangeRow| row.subject == Subject::Object(ObjectId::User(id.clone()));
    let lives = all.iter().filter(is_ghost);
    let lives = lives.filter(|row| matches!(row.what, Change::Appeared | Change::Archived));
    let told: Vec<_> = lives
        .map(|row| (&row.what, row.evidence.is_some()))
        .collect();
    assert_eq!(told, [(&Change::Archived, true), (&Change::Appeared, true)]);
}

/// After an outage everything is tried again one after the other, and for minutes `--as-of` told what had been before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_seen_is_dated_while_another_list_still_fails() {
    let (campaign, hand) = small().await;
    let user = campaign.somebody().id;
    let create = json!({"change": "create_group", "name": "Passing", "description": null});
    campaign.change(create).await;
    hand.advance(GAP);
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    let group = campaign.group("Passing").unwrap().id;
    let fault =
        json!({"kind": "server_error", "count": 100_000, "path": "/api/v1/zones", "status": 500});
    campaign.fault(fault).await;
    let fails = || {
        let standings = campaign.handle().standings();
        let standings = standings.borrow();
        standings.resources[&Resource::Zones].trouble.is_some()
    };
    hand.advance(Duration::from_mins(65));
    within_three_minutes(&hand, "the zones fail", fails).await;
    let add = json!({"change": "add_member", "group": "Passing", "user": user.as_str()});
    campaign.change(add).await;
    hand.advance(Duration::from_millis(1));
    let then = campaign.clock.now();
    within_three_minutes(&hand, "the membership is dated", || {
        let then = campaign.store.directory.as_of(then);
        let members = then.members(&group).unwrap();
        members.iter().any(|(member, _)| *member == user)
    })
    .await;
}
