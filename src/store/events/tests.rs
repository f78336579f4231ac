//! Searching by postings gives what going through every event would give, whatever was written when.

use std::path::Path;
use std::time::Duration;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::scan::{Course, Direction, Range, Step, Walk};
use super::*;
use crate::domain::filter::Filter;
use crate::domain::log_event::{Origin, OutcomeResult, Party};
use crate::domain::query::EventAnchor;
use crate::store::Settings;
use crate::store::medium::Disk;

const START_SECS: i64 = 1_795_000_000;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(START_SECS + secs).unwrap()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn open(dir: &Path) -> Events {
    let revisions = Arc::new(watch::Sender::new(Revisions::default()));
    let ground = Ground::new(Arc::new(Disk), dir, Settings::default());
    Events::open(&ground, &dir.join("events"), revisions).unwrap()
}

fn party(n: u64) -> Party {
    let names = ["Ana ÅBERG", "Bo", "", "Straße"];
    Party {
        id: format!("00u{:03}", n % 37).into(),
        kind: "User".into(),
        alternate_id: (!n.is_multiple_of(5)).then(|| format!("User{}@Acme.example", n % 37).into()),
        display_name: Some(names[usize::try_from(n % 4).unwrap()].into()),
    }
}

/// Event `n`; few values, so that every filter finds some.
fn event(n: u64, published: Timestamp) -> (LogEvent, RawJson) {
    let mut uuid = [0; 16];
    uuid[..8].copy_from_slice(&(n % 3).to_be_bytes());
    uuid[8..].copy_from_slice(&n.to_be_bytes());
    let text = |some: bool, text: String| some.then(|| text.as_str().into());
    let long = n.is_multiple_of(11);
    let event = LogEvent {
        uuid: EventUuid(uuid),
        published,
        event_type: ["user.session.start", "group.user_membership.add", ""]
            [usize::try_from(n % 3).unwrap()]
        .into(),
        severity: None,
        display_message: text(n.is_multiple_of(2), format!("Message {}", n % 4)),
        actor: (!n.is_multiple_of(7)).then(|| party(n)),
        targets: (0..n % 3).map(|k| party(n / 3 + k * 37)).collect(),
        result: Some(
            [OutcomeResult::Success, OutcomeResult::Failure][usize::from(n.is_multiple_of(13))]
                .clone(),
        ),
        reason: text(long, format!("{} end{}", "long ".repeat(60), n % 2)),
        ip: text(true, format!("203.0.113.{}", n % 20)),
        country: text(n.is_multiple_of(3), "Norway".into()),
        city: None,
        user_agent: None,
        session: text(true, format!("S{}", n / 9)),
        root_session: text(n.is_multiple_of(4), format!("S{}", n / 18)),
        transaction: text(true, format!("T{n:06}")),
        origin: Origin {
            device: text(n.is_multiple_of(5), format!("guo{}", n % 15)),
            device_name: text(n.is_multiple_of(10), "Mac".into()),
            as_number: text(n.is_multiple_of(2), (n % 8).to_string()),
            as_org: None,
            isp: text(n.is_multiple_of(4), "Duff Net".into()),
        },
    };
    let json = serde_json::json!({
        "n": n,
        "device": { "id": event.origin.device, "name": event.origin.device_name },
        "securityContext": {
            "asNumber": n.is_multiple_of(2).then_some(n % 8), "asOrg": null, "isp": event.origin.isp,
        },
    });
    (event, RawJson::new(json.to_string()))
}

fn append(events: &Events, page: Vec<(LogEvent, RawJson)>) -> Appended {
    let batch = EventBatch {
        events: page,
        marks: Vec::new(),
        at: at(0),
    };
    wait(events.append(batch)).unwrap()
}

const FILTERS: [&str; 38] = [
    "",
    "about:00u005",
    "about=00u01",
    "actor=00u012",
    "actorId=00u012",
    "targetId=00u003 -actorId=00u003",
    "actorId:user3",
    "device=guo5",
    "asn=6 -device:/./",
    "deviceName:mac isp:duff",
    "asOrg:x or asn=2",
    "actor:user3",
    "target:ana",
    "åberg",
    "strasse",
    "straße",
    "session=s7",
    "session:s1 result:failure",
    "rootSession=s3",
    "transaction=t000123",
    "transaction:00012",
    "t0001",
    "s1",
    "s12 or t00099 ip:203.0.113.7",
    "0012",
    "type=group.user_membership.add ip=203.0.113.7",
    "(actor:user3 or ip:203.0.113.1) -country:norway",
    "country=norway or actor=00u001",
    "reason:end1",
    "reason:/end1$/",
    "-result:success",
    "\"long long\"",
    "message:3 or eventType:session",
    "nothing-like-this",
    "published>2026-11-18T10:00:00Z actor:bo",
    "published:2026-11-18",
    "published<2026-11-18T12:00:00Z -result:success",
    "published<2h or ip:203.0.113.7",
];

/// Pages of one event are not turned to the end of thousands.
const MOST_PAGES: usize = 30;

/// Every window of a log searched with `filter`, forward and backward, is what a look at every event finds.
fn assert_finds(events: &Events, all: &[EventRow], filter: &str, limit: usize) {
    let parsed = Filter::of::<LogEvent>(filter).unwrap();
    let expected: Vec<EventPos> = all
        .iter()
        .filter(|row| parsed.matches(&row.event, at(0)))
        .map(|row| row.pos)
        .collect();
    let ask = |anchor| {
        let query = EventQuery {
            filter: filter.to_owned(),
            anchor,
            limit,
            ..EventQuery::default()
        };
        events.window(&query, at(0)).unwrap()
    };
    let mut forward = Vec::new();
    let mut anchor = EventAnchor::Oldest;
    for _ in 0..MOST_PAGES {
        let rows = ask(anchor);
        forward.extend(rows.rows.iter().map(|row| row.pos));
        let Some(last) = rows.rows.last() else {
            break;
        };
        anchor = EventAnchor::After(last.pos);
    }
    let turned = expected.len().min(MOST_PAGES * limit);
    assert_eq!(forward, expected[..turned], "{filter}");
    let newest: Vec<EventPos> = ask(EventAnchor::Newest)
        .rows
        .iter()
        .map(|row| row.pos)
        .collect();
    let rest = expected.len().saturating_sub(limit);
    assert_eq!(newest, expected[rest..], "{filter}");
    let passes = |row: &&EventRow| parsed.matches(&row.event, at(0));
    let passed: Vec<EventRow> = all.iter().filter(passes).map(outlined).collect();
    assert_eq!(
        outlines(events, filter, Bounds::default(), usize::MAX),
        passed
    );
}

/// An event as far as it tells what was done to whom.
fn outlined(row: &EventRow) -> EventRow {
    let (event, _) = event(0, row.event.published);
    EventRow {
        event: LogEvent {
            uuid: row.event.uuid,
            event_type: row.event.event_type.clone(),
            targets: row.event.targets.clone(),
            result: row.event.result.clone(),
            display_message: None,
            actor: None,
            reason: None,
            ip: None,
            country: None,
            session: None,
            root_session: None,
            transaction: None,
            origin: Origin::default(),
            ..event
        },
        raw: None,
        ..row.clone()
    }
}

/// The first events that are given of a stretch.
fn outlines(events: &Events, filter: &str, bounds: Bounds, most: usize) -> Vec<EventRow> {
    let mut told = Vec::new();
    let take = |row| {
        told.push(row);
        told.len() < most
    };
    events.outlines(filter, bounds, at(0), take).unwrap();
    told
}

#[test]
fn a_stretch_of_several_days_is_given_in_its_order_and_as_much_of_it_as_is_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let events = open(dir.path());
    for day in [2, 0, 1] {
        let published = |n: u64| at(day * 86_400 + i64::try_from(n).unwrap());
        let first = 1_000 * u64::try_from(day).unwrap();
        let page = (0..700).map(|n| event(first + n, published(n)));
        append(&events, page.collect());
    }
    let bounds = Bounds {
        from: Some(at(600)),
        until: Some(at(2 * 86_400 + 100)),
    };
    let within: Vec<EventRow> = everything(&events)[600..1_500]
        .iter()
        .map(outlined)
        .collect();
    assert_eq!(outlines(&events, "", bounds, usize::MAX), within);
    assert_eq!(outlines(&events, "", bounds, 150), within[..150]);
    let wrong = events.outlines("((", bounds, at(0), |_| true);
    assert!(matches!(wrong, Err(QueryError::Filter(_))), "{wrong:?}");
}

fn everything(events: &Events) -> Vec<EventRow> {
    let query = EventQuery {
        anchor: EventAnchor::Oldest,
        limit: usize::MAX,
        ..EventQuery::default()
    };
    events.window(&query, at(0)).unwrap().rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Pages in any order, late and doubled events, with the store closed in between or not.
    #[test]
    fn postings_find_what_is_there(
        pages in prop::collection::vec((0u64..3_000, 1u64..900, any::<bool>()), 1..7),
        limit in 1usize..200,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut events = open(dir.path());
        let published = |n: u64| at(i64::try_from(n * 7_919 % 3_001 * 40).unwrap());
        let mut known = std::collections::BTreeSet::new();
        for (first, count, reopen) in pages {
            let numbers = first..first + count;
            let fresh = numbers.clone().filter(|n| known.insert(*n)).count();
            let appended = append(&events, numbers.map(|n| event(n, published(n))).collect());
            prop_assert_eq!((appended.stored, appended.conflicts), (fresh as u64, 0));
            if reopen {
                events.close().unwrap();
                events = open(dir.path());
            }
        }
        let all = everything(&events);
        prop_assert_eq!(all.len(), known.len());
        for filter in FILTERS {
            assert_finds(&events, &all, filter, limit);
        }
        for row in all.iter().step_by(97) {
            let found = events.event(EventKey::Uuid(row.event.uuid)).unwrap().unwrap();
            prop_assert_eq!(found.pos, row.pos);
        }
    }
}

/// Without the parts that only newer files have, as a file that an older version wrote.
#[test]
fn an_older_day_is_read_as_it_is_and_found_by_postings_once_it_is_written_to() {
    let dir = tempfile::tempdir().unwrap();
    let events = open(dir.path());
    let page = |numbers: std::ops::Range<u64>| -> Vec<_> {
        numbers
            .map(|n| event(n, at(i64::try_from(n).unwrap())))
            .collect()
    };
    append(&events, page(0..2_500));
    let day = Day::of_ms(at(0).as_millisecond());
    events.close().unwrap();
    let events = open(dir.path());
    events.0.shared.days.file(day).make_bare().unwrap();
    events.close().unwrap();
    let events = open(dir.path());
    let all = everything(&events);
    let check = |events: &Events, all: &[EventRow]| {
        for filter in FILTERS {
            assert_finds(events, all, filter, 50);
        }
    };
    check(&events, &all);
    assert!(events.0.shared.days.file(day).sealed().unwrap().is_empty());
    let again = append(&events, page(2_400..2_600));
    assert_eq!((again.stored, again.duplicates), (100, 100));
    events.close().unwrap();
    let events = open(dir.path());
    let counts: Vec<u32> = events
        .0
        .shared
        .days
        .file(day)
        .sealed()
        .unwrap()
        .into_values()
        .collect();
    assert_eq!(counts, [1_024, 1_024, 552]);
    check(&events, &everything(&events));
    for n in [0, 2_310, 2_599] {
        let (event, raw) = event(n, at(i64::try_from(n).unwrap()));
        let found = events.event(EventKey::Uuid(event.uuid)).unwrap().unwrap();
        assert_eq!((found.event, found.raw), (event, Some(raw)));
    }
}

#[test]
fn a_search_that_is_cut_off_says_how_far_it_came_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let events = open(dir.path());
    let page = |day: i64| -> Vec<_> {
        let first = u64::try_from(day).unwrap() * 700;
        let published = |n: u64| at(day * 86_400 + i64::try_from(n % 700).unwrap());
        (first..first + 700)
            .map(|n| event(n, published(n)))
            .collect()
    };
    for day in 0..4 {
        append(&events, page(day));
    }
    let cut = Leash::default();
    cut.pull();
    for (anchor, forward) in [(EventAnchor::Newest, false), (EventAnchor::Oldest, true)] {
        let mut query = EventQuery {
            filter: "result:failure".to_owned(),
            anchor,
            limit: 1_000,
            ..EventQuery::default()
        };
        let whole = events.window(&query, at(0)).unwrap();
        let stopped = events.window_within(&query, at(0), &cut).unwrap();
        assert!(stopped.rows.len() < whole.rows.len());
        let reached = stopped.searched.unwrap();
        query.anchor = if forward {
            EventAnchor::After(reached)
        } else {
            EventAnchor::Before(reached)
        };
        let rest = events.window(&query, at(0)).unwrap();
        assert_eq!(rest.searched, None);
        let rows = if forward {
            [stopped.rows, rest.rows].concat()
        } else {
            [rest.rows, stopped.rows].concat()
        };
        assert_eq!((rows.len(), rows), (whole.rows.len(), whole.rows));
    }
}

/// A window of `filter`, searched in slices that have no time at all. Gives also how many it took.
fn in_slices(events: &Events, mut query: EventQuery) -> (Vec<EventRow>, usize) {
    let forward = matches!(query.anchor, EventAnchor::Oldest | EventAnchor::After(_));
    let no_time = Leash::default().within(Duration::ZERO);
    let mut rows: Vec<EventRow> = Vec::new();
    for slices in 1..=1_000 {
        let slice = events.window_within(&query, at(0), &no_time).unwrap();
        query.limit = query.limit.saturating_sub(slice.rows.len()).max(1);
        rows = if forward {
            [rows, slice.rows].concat()
        } else {
            [slice.rows, rows].concat()
        };
        let Some(reached) = slice.searched else {
            return (rows, slices);
        };
        query.anchor = if forward {
            EventAnchor::After(reached)
        } else {
            EventAnchor::Before(reached)
        };
    }
    panic!("it comes to no end");
}

/// Where blocks overlap in time, one alone does not tell which event is next.
#[test]
fn every_slice_of_a_search_comes_further_where_blocks_overlap() {
    let dir = tempfile::tempdir().unwrap();
    let events = open(dir.path());
    let published = |n: u64| at(i64::try_from(n / 256 * 100 + n % 256).unwrap());
    append(
        &events,
        (0..256 * 8).map(|n| event(n, published(n))).collect(),
    );
    let all = everything(&events);
    for anchor in [EventAnchor::Newest, EventAnchor::Oldest] {
        let query = EventQuery {
            anchor,
            limit: 10_000,
            ..EventQuery::default()
        };
        let (rows, slices) = in_slices(&events, query);
        assert!(rows == all, "{anchor:?}: {} of {}", rows.len(), all.len());
        assert!(slices > 4, "{anchor:?}: {slices}");
    }
}

#[test]
fn a_window_around_an_event_that_is_cut_short_has_it_and_what_is_newer() {
    let dir = tempfile::tempdir().unwrap();
    let events = open(dir.path());
    for day in 0..4u64 {
        let published = |n: u64| at(i64::try_from(day * 86_400 + n % 700).unwrap());
        let numbers = day * 700..(day + 1) * 700;
        append(&events, numbers.map(|n| event(n, published(n))).collect());
    }
    let filter = "reason:/end1$/";
    let parsed = Filter::of::<LogEvent>(filter).unwrap();
    let passing: Vec<EventPos> = everything(&events)
        .iter()
        .filter(|row| parsed.matches(&row.event, at(0)))
        .map(|row| row.pos)
        .collect();
    let last = passing.len() - 1;
    for (place, limit) in [(passing.len() / 2, 80), (last, 80), (0, 80), (last, 10_000)] {
        let query = EventQuery {
            filter: filter.to_owned(),
            anchor: EventAnchor::Around(passing[place]),
            limit,
            ..EventQuery::default()
        };
        let whole = events.window(&query, at(0)).unwrap();
        let no_time = Leash::default().within(Duration::ZERO);
        let first = events.window_within(&query, at(0), &no_time).unwrap();
        let has = |rows: &[EventRow], pos| rows.iter().any(|row| row.pos == pos);
        assert!(has(&first.rows, passing[place]), "{place}");
        assert_eq!(first.rows.last(), whole.rows.last(), "{place}");
        assert_eq!(whole.searched, None);
        let (rows, slices) = in_slices(&events, query);
        assert_eq!((rows.len(), rows), (whole.rows.len(), whole.rows));
        assert!(slices > 1 || place == 0, "{place}");
    }
}

/// A walk from old to new.
fn walk<'a>(shared: &'a Shared, leash: &'a Leash) -> Walk<'a> {
    Walk::new(
        shared,
        Course {
            range: Range::ALL,
            direction: Direction::Forward,
            plan: None,
            leash,
        },
    )
}

fn rest_of(mut walk: Walk<'_>) -> usize {
    let next = || walk.next().map(|step| matches!(step, Step::Found(_)));
    std::iter::repeat_with(next)
        .map(|step| step.expect("nobody is told that the log is closed"))
        .take_while(|found| *found)
        .count()
}

#[test]
fn a_reader_passes_over_a_day_that_is_removed_and_does_not_bring_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let events = days(dir.path(), 1..5);
    let several_blocks = (0..600).map(|n| event(5_000 + n, at(i64::try_from(n).unwrap())));
    append(&events, several_blocks.collect());
    let (shared, leash) = (&events.0.shared, Leash::default());
    let fresh = walk(shared, &leash);
    let mut begun = walk(shared, &leash);
    assert!(matches!(begun.next().unwrap(), Step::Found(_)));
    let uuid = event(5_000, at(0)).0.uuid;
    let pos = events.event(EventKey::Uuid(uuid)).unwrap().unwrap().pos;
    let file = shared.stored(Day::of_ms(pos.published_ms)).unwrap();
    let keep = Keep {
        days: Some(2),
        bytes: None,
    };
    let left = wait(events.retain(keep, at(4 * 86_400))).unwrap();
    assert_eq!(left.len(), 2);
    assert_eq!(rest_of(fresh), 30);
    // What was read of the day before it went is given, and no more of it.
    assert!((30..30 + 256).contains(&rest_of(begun)));
    assert!(matches!(file.unless_gone(file.uuids()), Ok(None)));
    assert_eq!(events.event(EventKey::Pos(pos)).unwrap(), None);
    assert_eq!(events.event(EventKey::Uuid(uuid)).unwrap(), None);
    assert_eq!(events.uuids().unwrap().len(), 30);
    assert_eq!(stored_days(&events), [2, 3, 4]);
    // But that the whole log is closed is told.
    let file = shared.stored(Day::of_ms(at(4 * 86_400).as_millisecond()));
    let file = file.expect("it is stored");
    shared.days.close().unwrap();
    assert!(matches!(file.unless_gone(file.uuids()), Err(Error::Closed)));
}

#[test]
fn a_day_that_comes_back_has_none_of_the_blocks_that_were_removed() {
    let dir = tempfile::tempdir().unwrap();
    let events = days(dir.path(), 0..3);
    assert_eq!(everything(&events).len(), 30);
    let keep = Keep {
        days: Some(1),
        bytes: None,
    };
    wait(events.retain(keep, at(2 * 86_400))).unwrap();
    let late = event(700, at(5));
    append(&events, vec![late.clone()]);
    let rows = everything(&events);
    assert_eq!((rows.len(), &rows[0].event), (21, &late.0));
    // Of the first block that was there the uuids are not known any more.
    let again = append(&events, vec![event(3, at(3)), late]);
    assert_eq!((again.stored, again.duplicates), (1, 1));
}

#[test]
fn a_day_that_was_removed_and_is_imported_again_is_complete() {
    let dir = tempfile::tempdir().unwrap();
    let events = days(dir.path(), 0..4);
    let keep = Keep {
        days: Some(1),
        bytes: None,
    };
    let left = wait(events.retain(keep, at(3 * 86_400))).unwrap();
    assert_eq!((left.len(), events.removed().unwrap().len()), (2, 2));
    append(&events, vec![event(3, at(3))]);
    let day = |n: i32| Day(Day::of_ms(at(0).as_millisecond()).0 + n).start();
    let cover = |from, to| {
        let stretch = Stretch { from, to };
        wait(events.cover(stretch, at(4 * 86_400))).unwrap();
    };
    let second = jiff::SignedDuration::from_secs(1);
    cover(day(0) + second, day(1));
    assert_eq!(events.removed().unwrap().len(), 2, "not all of it");
    cover(day(0), day(1));
    let removed = events.removed().unwrap();
    assert_eq!((removed.len(), removed[0].from), (1, day(1)));
}

#[test]
fn the_time_in_a_uuid_names_its_day() {
    let uuid: EventUuid = "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef".parse().unwrap();
    let published: Timestamp = "2020-05-01T10:20:22.243Z".parse().unwrap();
    assert_eq!(told_by(uuid), Some(Day::of_ms(published.as_millisecond())));
    assert_eq!(told_by(EventUuid([0; 16])), None);
}

/// A store with one day for each number.
fn days(dir: &Path, numbers: std::ops::Range<i64>) -> Events {
    let events = open(dir);
    let page = |day: i64| -> Vec<_> {
        let first = u64::try_from(day).unwrap() * 10;
        let published = |n: u64| at(day * 86_400 + i64::try_from(n % 10).unwrap());
        (first..first + 10)
            .map(|n| event(n, published(n)))
            .collect()
    };
    append(&events, numbers.flat_map(page).collect());
    events
}

fn stored_days(events: &Events) -> Vec<i64> {
    let first = Day::of_ms(at(0).as_millisecond()).0;
    let summaries = events.0.shared.summaries();
    let days = summaries
        .into_keys()
        .map(|day| i64::from(day.0 - first))
        .collect();
    let files = events.0.shared.days.on_disk().unwrap().len();
    assert_eq!(Vec::len(&days), files, "what is shown is what has a file");
    assert_eq!(everything(events).len(), files * 10);
    days
}

#[test]
fn old_days_leave_but_not_those_that_are_held() {
    let dir = tempfile::tempdir().unwrap();
    let events = days(dir.path(), 0..8);
    let now = at(8 * 86_400);
    let keep = |days: Option<u64>, bytes: Option<u64>| Keep { days, bytes };
    assert_eq!(wait(events.retain(Keep::default(), now)).unwrap(), []);
    wait(events.hold("case 7", at(86_400), at(86_400 + 5))).unwrap();
    wait(events.hold("action 9", at(86_400), at(2 * 86_400))).unwrap();
    wait(events.let_go("action 9")).unwrap();
    let left = wait(events.retain(keep(Some(3), None), now)).unwrap();
    assert_eq!((left.len(), stored_days(&events)), (3, vec![1, 4, 5, 6, 7]));
    // A day that is being written to may leave, too, and a late event of a day that left makes a new one.
    append(&events, vec![event(900, at(5))]);
    wait(events.retain(keep(Some(3), None), now)).unwrap();
    assert_eq!(stored_days(&events), [1, 4, 5, 6, 7]);
    let bytes = events
        .0
        .shared
        .days
        .file(Day::of_ms(now.as_millisecond() - 1))
        .bytes();
    wait(events.retain(keep(None, Some(bytes * 5 / 2)), now)).unwrap();
    assert_eq!(stored_days(&events), [1, 7]);
    events.close().unwrap();
    let events = open(dir.path());
    assert_eq!(stored_days(&events), [1, 7]);
    let read = Stretch {
        from: Day::of_ms(at(0).as_millisecond()).start(),
        to: now,
    };
    let complete = events.coverage(Some(read)).unwrap();
    assert_eq!((complete.len(), complete[1].to), (2, now));
    wait(events.let_go("case 7")).unwrap();
    wait(events.retain(keep(Some(3), None), now)).unwrap();
    assert_eq!(stored_days(&events), [7]);
}

/// Where nothing had been recorded as missing, an import that covered a stretch was not known to cover anything.
#[test]
fn what_was_said_to_be_imported_completely_is_known_to_be_complete() {
    let dir = tempfile::tempdir().unwrap();
    let events = open(dir.path());
    let stretch = |from, to| Stretch {
        from: at(from),
        to: at(to),
    };
    assert_eq!(events.coverage(None).unwrap(), []);
    for (from, to) in [(2, 4), (6, 8), (3, 5)] {
        wait(events.cover(stretch(from, to), at(9))).unwrap();
    }
    assert_eq!(
        events.coverage(None).unwrap(),
        [stretch(2, 5), stretch(6, 8)]
    );
    let gap = Gap {
        from: at(3),
        to: at(4),
        reason: "lost".into(),
        filled: None,
    };
    wait(events.add_gap(gap)).unwrap();
    events.close().unwrap();
    let events = open(dir.path());
    assert_eq!(
        events.coverage(Some(stretch(4, 7))).unwrap(),
        [stretch(2, 3), stretch(4, 8)]
    );
}

/// A process may end after each step of a removal; the next start ends what was begun.
#[test]
fn a_removal_that_was_cut_off_is_ended_at_the_next_start() {
    for files_removed in 0..3 {
        let dir = tempfile::tempdir().unwrap();
        let events = days(dir.path(), 0..4);
        let first = Day::of_ms(at(0).as_millisecond());
        let leaving = [first, Day(first.0 + 1)];
        let shared = &events.0.shared;
        shared.begin_leaving(&leaving).unwrap();
        for day in &leaving[..files_removed] {
            shared.days.remove(*day).unwrap();
        }
        assert_eq!(everything(&events).len(), 20, "they are shown no more");
        drop(events);
        let events = open(dir.path());
        assert_eq!(stored_days(&events), [2, 3]);
        assert_eq!(
            events
                .0
                .shared
                .index
                .removed()
                .unwrap()
                .into_values()
                .collect::<Vec<_>>(),
            [false; 2]
        );
    }
}

/// Six days of 600 events each, one every two minutes and a bit.
fn six_days(dir: &Path) -> Events {
    let events = open(dir);
    for day in 0..6 {
        let at = |n: u64| at(day * 86_400 + i64::try_from(n % 600).unwrap() * 140);
        let first = u64::try_from(day).unwrap() * 600;
        append(
            &events,
            (first..first + 600).map(|n| event(n, at(n))).collect(),
        );
    }
    drop(events);
    open(dir)
}

/// To mark a file as open costs two syncs, and a search for what is rare goes through all days. Reading leaves them as they are, a
/// write opens the one day that it is for.
#[test]
fn looking_at_days_changes_none_of_their_files() {
    let dir = tempfile::tempdir().unwrap();
    days(dir.path(), 0..4);
    let files = || -> Vec<Vec<u8>> {
        let days = (0..4).map(|day| at(day * 86_400).to_zoned(TimeZone::UTC).date());
        days.map(|date| std::fs::read(dir.path().join(format!("events/{date}.redb"))).unwrap())
            .collect()
    };
    let before = files();
    let events = open(dir.path());
    assert_eq!(everything(&events).len(), 40);
    let query = EventQuery {
        filter: "target:nobody".to_owned(),
        ..EventQuery::default()
    };
    assert!(events.window(&query, at(0)).unwrap().rows.is_empty());
    assert!(files() == before, "reading wrote");

    append(&events, vec![event(99, at(2 * 86_400 + 60))]);
    let after = files();
    let changed: Vec<bool> = before
        .iter()
        .zip(&after)
        .map(|(was, is)| was != is)
        .collect();
    assert_eq!(changed, [false, false, true, false]);
    assert_eq!(everything(&events).len(), 41);
}

/// A filter on the time went through every block of every day, because no posting says anything about it.
#[test]
fn a_filter_on_the_time_reads_no_block_beyond_it() {
    let dir = tempfile::tempdir().unwrap();
    for filter in [
        format!(
            "published>={} published<{}",
            at(2 * 86_400),
            at(2 * 86_400 + 3_600)
        ),
        format!("published:\"{}\"", &at(2 * 86_400).to_string()[..13]),
        "published<1h".to_owned(),
    ] {
        let events = six_days(dir.path());
        let query = EventQuery {
            filter: filter.clone(),
            ..EventQuery::default()
        };
        let now = at(2 * 86_400 + 3_600);
        let bounded = EventQuery {
            until: Some(now),
            ..query.clone()
        };
        let rows = events.window(&bounded, now).unwrap();
        let last = rows.rows.last().unwrap().event.published;
        assert!(!rows.more_older && last < now, "{filter}");
        let opened = events.0.shared.blocks.len();
        // An hour is 26 events of a block, or of two.
        assert!(opened <= 2, "{filter}: {opened} blocks");
    }
}

#[test]
fn bars_count_what_windows_show_whatever_the_slices() {
    use crate::domain::histogram::{Bar, HistogramQuery, Scale};

    let dir = tempfile::tempdir().unwrap();
    let events = six_days(dir.path());
    let scale = Scale {
        from: at(86_400 + 77),
        step: Duration::from_secs(5_000),
        bars: 40,
    };
    for filter in [
        "",
        "result:failure",
        "actor:user3 published>=2026-11-20",
        "nothing",
    ] {
        let query = EventQuery {
            filter: filter.to_owned(),
            limit: 10_000,
            since: Some(scale.from),
            until: Some(scale.end()),
            ..EventQuery::default()
        };
        let mut expected = vec![Bar::default(); 40];
        for row in events.window(&query, at(0)).unwrap().rows {
            let outcome = row.event.result.as_ref().map_or("", OutcomeResult::word);
            expected[scale.bar_of(row.pos.published_ms).unwrap()].count(outcome);
        }
        // Once as a whole, and once with a slice for every few blocks.
        for leash in [Leash::default(), Leash::default().within(Duration::ZERO)] {
            let mut bars = vec![Bar::default(); 40];
            let mut before = None;
            let mut slices = 0;
            loop {
                let query = HistogramQuery {
                    filter: filter.to_owned(),
                    scale,
                    before,
                    until: None,
                };
                let slice = events.histogram(&query, at(0), &leash).unwrap();
                bars.iter_mut()
                    .zip(slice.bars)
                    .for_each(|(bar, more)| bar.add(more));
                slices += 1;
                assert!(slices < 1_000, "it comes to an end");
                before = slice.next;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(bars, expected, "{filter}, {slices} slices");
        }
    }
}

#[test]
fn the_notable_events_of_a_window_are_those_that_get_a_mark() {
    use crate::domain::notable::is_notable;

    let dir = tempfile::tempdir().unwrap();
    let events = six_days(dir.path());
    for filter in ["", "actor:user3"] {
        let query = |notable| EventQuery {
            filter: filter.to_owned(),
            limit: 10_000,
            notable,
            ..EventQuery::default()
        };
        let all = events.window(&query(false), at(0)).unwrap().rows;
        let marked: Vec<EventPos> = all
            .iter()
            .filter(|row| is_notable(&row.event))
            .map(|row| row.pos)
            .collect();
        let found = events.window(&query(true), at(0)).unwrap().rows;
        let found: Vec<EventPos> = found.iter().map(|row| row.pos).collect();
        assert!(!found.is_empty() && found.len() < all.len());
        assert_eq!(found, marked, "{filter}");
    }
}
