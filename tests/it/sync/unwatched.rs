//! What was deleted or revoked while nobody watched the org: the next reading is complete all the same, and the log's word is taken.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use oktop::clock::{Clock, Hand};
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::entry::{EntryKind, EntryQuery, Subject};
use oktop::domain::history::{Change, ChangeRow, Existed};
use oktop::domain::id::{GroupId, ObjectId, UserId};
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
async fn within_three_minutes(hand: &Hand, what: &str, holds: impl FnMut() -> bool) {
    within(hand, || what.to_owned(), holds).await;
}

/// The same for what is dated and taken up.
async fn until_standing(
    hand: &Hand,
    campaign: &Campaign,
    what: &str,
    wanted: (Option<Timestamp>, bool),
) {
    let words = || {
        let unsettled = campaign.handle().standings().borrow().unsettled;
        let got = standing(campaign);
        format!("{what}: {wanted:?} is wanted, {got:?} with {unsettled:?} unsettled is so")
    };
    within(hand, words, || standing(campaign) == wanted).await;
}

async fn within(hand: &Hand, what: impl Fn() -> String, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(2);
    let mut steps = 0;
    while !holds() {
        let is_in_time = Instant::now() < deadline;
        assert!(
            is_in_time,
            "waited in vain for {steps} s by the clock: {}",
            what()
        );
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

/// Who had been in a group that was made and deleted while nobody watched: its apps were told, and no member.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_that_came_and_went_while_nobody_watched_had_its_members() {
    let (mut campaign, hand) = small().await;
    let user = campaign.somebody().id;
    campaign.stop().await;
    hand.advance(Duration::from_mins(30));
    let step = async |changes: serde_json::Value| {
        hand.advance(Duration::from_mins(2));
        campaign.change(changes).await;
        campaign.clock.now()
    };
    step(json!({"change": "create_group", "name": "Passing", "description": null})).await;
    let joined =
        step(json!({"change": "add_member", "group": "Passing", "user": user.as_str()})).await;
    let gone = step(json!({"change": "delete_group", "group": "Passing"})).await;
    hand.advance(GAP);
    campaign.go_on();
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    let directory = &campaign.store.directory;
    let archived = || {
        let query = ListQuery {
            filter: "name=Passing".into(),
            archived: true,
            limit: 1,
            ..ListQuery::default()
        };
        let rows = directory.groups(&query, campaign.clock.now()).unwrap().rows;
        rows.first().map(|row| row.value.id.clone())
    };
    within_three_minutes(&hand, "the group is in the mirror", || archived().is_some()).await;
    let group = archived().unwrap();
    let members = |at: Timestamp| directory.as_of(at).members(&group).unwrap().len();
    within_three_minutes(&hand, "its member is told", || members(joined) == 1).await;
    let moment = jiff::SignedDuration::from_millis(1);
    let at = [joined - moment, joined, gone - moment, gone];
    assert_eq!(at.map(members), [0, 1, 1, 0]);
    let all = directory.changes(joined, campaign.clock.now(), None, 1_000);
    let all = all.unwrap();
    let of_members = all.iter().filter(|row| {
        let pair = Subject::Object(ObjectId::Group(group.clone()));
        matches!(&row.what, Change::Began { other, .. } | Change::Ended { other, .. } if *other == pair)
    });
    let proven: Vec<_> = of_members
        .map(|row| (row.at, row.evidence.is_some()))
        .collect();
    assert_eq!(proven, [(gone, true), (joined, true)]);
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

/// Since when what happened is not dated, and whether all was read that had happened before somebody watched.
fn standing(campaign: &Campaign) -> (Option<Timestamp>, bool) {
    let standings = campaign.handle().standings();
    let standings = standings.borrow();
    (standings.undated, standings.taken_up)
}

/// A group with nobody in it, and somebody who may join it.
async fn with_a_group() -> (Campaign, Hand, GroupId, UserId) {
    let (campaign, hand) = small().await;
    let user = campaign.somebody().id;
    let create = json!({"change": "create_group", "name": "Passing", "description": null});
    campaign.change(create).await;
    hand.advance(GAP);
    let report = campaign.read_everything().await;
    assert!(report.complete, "{:?}", incomplete(&report));
    let group = campaign.group("Passing").unwrap().id;
    until_standing(&hand, &campaign, "all is dated", (None, true)).await;
    (campaign, hand, group, user)
}

/// Whether the user was in the group at that moment and not right before.
fn joined_at(campaign: &Campaign, group: &GroupId, user: &UserId, at: Timestamp) -> bool {
    let is_in = |at: Timestamp| {
        let members = campaign.store.directory.as_of(at).members(group).unwrap();
        members.iter().any(|(member, _)| member == user)
    };
    is_in(at) && !is_in(at - jiff::SignedDuration::from_millis(1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quiet_org_is_taken_over_within_a_poll() {
    let (mut campaign, hand, ..) = with_a_group().await;
    for away in [Duration::from_secs(5), Duration::from_hours(3)] {
        campaign.stop().await;
        hand.advance(away);
        campaign.go_on();
        until_standing(&hand, &campaign, "the org is taken over", (None, true)).await;
    }
}

/// Nothing of the past was told for as long as a sweep went on that was due at the start, for what waited for that sweep.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_at_the_start_keeps_nothing_undated_that_was_before() {
    let (mut campaign, hand, group, user) = with_a_group().await;
    campaign.stop().await;
    hand.advance(Duration::from_hours(25));
    let add = json!({"change": "add_member", "group": "Passing", "user": user.as_str()});
    campaign.change(add).await;
    let joined = campaign.clock.now();
    hand.advance(Duration::from_mins(5));
    let other = campaign.somebody().id;
    let update =
        json!({"change": "update_user", "user": other.as_str(), "profile": {"title": "Lead"}});
    campaign.change(update).await;
    let updated = campaign.clock.now();
    hand.advance(Duration::from_mins(5));
    campaign.veil.hold(Some("/api/v1/users"));
    campaign.go_on();
    until_standing(
        &hand,
        &campaign,
        "all is dated up to what hangs",
        (Some(updated), false),
    )
    .await;
    assert!(joined_at(&campaign, &group, &user, joined));
    campaign.veil.hold(None);
    until_standing(&hand, &campaign, "all is dated", (None, true)).await;
}

/// Where nothing is read but what hangs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_is_dated_that_was_before_the_first_that_hangs() {
    let (mut campaign, hand, _, user) = with_a_group().await;
    campaign.stop().await;
    hand.advance(Duration::from_mins(4));
    let update =
        json!({"change": "update_user", "user": user.as_str(), "profile": {"title": "Lead"}});
    campaign.change(update).await;
    let updated = campaign.clock.now();
    hand.advance(Duration::from_mins(4));
    campaign.veil.hold(Some("/api/v1/users"));
    campaign.go_on();
    until_standing(
        &hand,
        &campaign,
        "all is dated up to what hangs",
        (Some(updated), false),
    )
    .await;
}

/// A fault that no reading of this path survives.
async fn break_path(campaign: &Campaign, path: &str) {
    let fault = json!({"kind": "server_error", "count": 100_000, "path": path, "status": 500});
    campaign.fault(fault).await;
}

/// In an org in which something always happens nothing was ever taken over: there was no moment at which all was settled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_after_the_first_poll_is_not_waited_for() {
    let (mut campaign, hand, _, one) = with_a_group().await;
    let active = campaign.users("status=ACTIVE provider:OKTA", false);
    let other = active.iter().find(|user| user.id != one).unwrap();
    let update = |user: &UserId| json!({"change": "update_user", "user": user.as_str(), "profile": {"title": "Lead"}});
    campaign.stop().await;
    campaign.change(update(&one)).await;
    let updated = campaign.clock.now();
    hand.advance(Duration::from_hours(25));
    campaign.veil.hold(Some("/api/v1/users"));
    campaign.go_on();
    until_standing(
        &hand,
        &campaign,
        "one of them hangs",
        (Some(updated), false),
    )
    .await;
    campaign.change(update(&other.id)).await;
    break_path(&campaign, &format!("/api/v1/users/{}", other.id)).await;
    let now = campaign.clock.now();
    within_three_minutes(&hand, "the other is heard of", || {
        let polled = campaign.handle().standings().borrow().polled;
        polled.is_some_and(|polled| now < polled)
    })
    .await;
    campaign.veil.hold(None);
    until_standing(&hand, &campaign, "what was before is dated", (None, true)).await;
}

/// A laptop that woke told the past of its sleep as if somebody had watched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_machine_that_slept_is_as_one_that_starts() {
    let (campaign, hand, _, user) = with_a_group().await;
    campaign.veil.hold(Some("/api/v1/logs"));
    hand.advance(Duration::from_secs(30));
    let add = json!({"change": "add_member", "group": "Passing", "user": user.as_str()});
    campaign.change(add).await;
    let joined = campaign.clock.now();
    break_path(&campaign, &format!("/api/v1/users/{user}/groups")).await;
    hand.advance(Duration::from_hours(2));
    campaign.veil.hold(None);
    within_three_minutes(&hand, "all is dated up to what hangs", || {
        let (undated, taken_up) = standing(&campaign);
        undated.is_some_and(|since| since >= joined) && !taken_up
    })
    .await;
}

/// An event that was half an hour late came after what it had done was seen, and dated it none the less.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_comes_late_with_a_poll_dates_what_was_seen_before() {
    let (campaign, hand, group, user) = with_a_group().await;
    let late = json!({"kind": "late_events", "count": 1, "millis": 21_600_000});
    campaign.fault(late).await;
    let add = json!({"change": "add_member", "group": "Passing", "user": user.as_str()});
    campaign.change(add).await;
    let joined = campaign.clock.now();
    // So many minutes pass, and the log is polled: what is polled more seldom counts as not watched.
    let step = async || {
        hand.advance(Duration::from_mins(8));
        let now = campaign.clock.now() - jiff::SignedDuration::from_secs(1);
        within_three_minutes(&hand, "the log is polled", || {
            let polled = campaign.handle().standings().borrow().polled;
            polled.is_some_and(|polled| now <= polled)
        })
        .await;
    };
    let is_dated = || {
        let mark = campaign.store.directory.mark("watch").unwrap();
        mark.is_some_and(|mark| mark.contains("\"undated\":null"))
    };
    let is_seen = || campaign.members(&group).contains(&user);
    for _ in 0..20 {
        if is_seen() && is_dated() {
            break;
        }
        step().await;
    }
    assert!(is_seen() && !joined_at(&campaign, &group, &user, joined));
    for _ in 0..60 {
        if joined_at(&campaign, &group, &user, joined) {
            return;
        }
        step().await;
    }
    panic!("the event has dated nothing");
}
