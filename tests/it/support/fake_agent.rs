//! An agent in memory with a small fixed org, for tests of the console alone.
//!
//! It answers every question of the console as the real one would, without an Okta behind it.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use oktop::console::link::FarEnd;
use oktop::console::{Connect, Link};
use oktop::domain::application::{AppStatus, AppUser, Application, AssignmentScope, SignOnMode};
use oktop::domain::facet::{FacetNext, FacetQuery, FacetRows, Facets};
use oktop::domain::factor::Factor;
use oktop::domain::filter::{Field, Fields, Filter, Value};
use oktop::domain::group::{Group, GroupType};
use oktop::domain::histogram::{Bar, Histogram, HistogramQuery};
use oktop::domain::history::{Existed, FieldChange};
use oktop::domain::hunt::{HuntCost, Hunted};
use oktop::domain::id::{EventUuid, ObjectId};
use oktop::domain::log_event::{LogEvent, Origin, OutcomeResult, Party, Severity};
use oktop::domain::notable::is_notable;
use oktop::domain::org::Org;
use oktop::domain::query::Revisions;
use oktop::domain::query::{
    EventAnchor, EventPos, EventQuery, EventRow, EventRows, ListQuery, Related, Row, Rows, Scope,
    Via,
};
use oktop::domain::resource::{LogStatus, Phase, Resource, ResourceStatus};
use oktop::domain::text::RawJson;
use oktop::domain::text::SafeText;
use oktop::domain::trace::{self, Trace, TraceQuery};
use oktop::domain::user::{CredentialProvider, User, UserStatus};
use oktop::msg::status::{AgentInfo, BudgetStatus, Connection, Encryption, Status};
use oktop::msg::{
    Answer, AnyRow, Ask, ChangesFound, EventRef, FromAgent, Object, ObjectThen, Problem,
    ProblemKind, Push, Request,
};

use super::{access, entries};

/// When the fixed org is looked at.
pub(crate) fn now() -> Timestamp {
    static NOW: LazyLock<Timestamp> = LazyLock::new(|| "2026-11-22T14:03:22Z".parse().unwrap());
    *NOW
}

/// When the fixed org was first read completely.
pub(crate) fn first_read() -> Timestamp {
    "2026-10-01T06:30:00Z".parse().unwrap()
}

pub(super) fn before(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

/// Names with which strangers try to write on the operator's screen, or that are hard to fit.
const NAMES: &[(&str, &str)] = &[
    ("Ana", "Lopez"),
    ("Bo", "Smith\x1b[2J\x1b]0;owned\x07"),
    ("Chen", "Wu\u{202e}nimda"),
    ("山田", "太郎"),
    ("محمد", "نور"),
    ("Łukasz", "Żółw"),
    ("=cmd|' /C calc'!A0", ""),
    ("👩‍💻 Dev", "Admin"),
    ("Zero\u{200b}Width", "Mark\u{feff}"),
    (
        "A",
        "Name That Is Very Much Longer Than Any Column Of A Terminal Could Ever Be",
    ),
];

/// Everybody of the largest org, made once: the filters of a few hundred desks look at each of them.
static USERS: LazyLock<Vec<Row<User>>> = LazyLock::new(|| (0..20_000).map(make_user).collect());
static GROUPS: LazyLock<Vec<Row<Group>>> = LazyLock::new(|| (0..2_000).map(make_group).collect());
static APPS: LazyLock<Vec<Row<Application>>> = LazyLock::new(|| (0..300).map(make_app).collect());

/// The `n`-th user.
pub(crate) fn user(n: usize) -> Row<User> {
    USERS[n].clone()
}

fn make_user(n: usize) -> Row<User> {
    let (first, last) = NAMES[n % NAMES.len()];
    let statuses = [
        UserStatus::Active,
        UserStatus::Active,
        UserStatus::Suspended,
        UserStatus::Active,
        UserStatus::LockedOut,
        UserStatus::Provisioned,
        UserStatus::Deprovisioned,
    ];
    let login = format!("user{n:04}@example.com");
    let raw = serde_json::json!({
        "id": format!("00u{n:04}"), "status": "ACTIVE",
        "profile": { "login": login, "firstName": first, "lastName": last },
    });
    let value = User {
        id: format!("00u{n:04}").parse().unwrap(),
        status: statuses[n % statuses.len()].clone(),
        transitioning_to: None,
        login: login.as_str().into(),
        email: login.as_str().into(),
        first_name: first.into(),
        last_name: last.into(),
        title: Some("AP Clerk".into()),
        department: Some(["Finance", "Engineering", "Sales"][n % 3].into()),
        manager: Some("chen.wu@example.com".into()),
        provider: Some(CredentialProvider {
            kind: "ACTIVE_DIRECTORY".into(),
            name: "example.local".into(),
        }),
        type_id: None,
        created: Some("2021-03-02T08:00:00Z".parse().unwrap()),
        activated: Some("2021-03-02T08:05:00Z".parse().unwrap()),
        status_changed: Some("2021-03-02T08:05:00Z".parse().unwrap()),
        last_login: (n % 4 != 3).then(|| before(60)),
        last_updated: Some(before(3_000)),
        password_changed: Some(before(20_000)),
    };
    Row {
        related: Related {
            users: None,
            groups: Some(14),
            apps: None,
        },
        ..row(value, &raw)
    }
}

fn row<T>(value: T, raw: &serde_json::Value) -> Row<T> {
    Row {
        value,
        observed: before(1),
        archived: None,
        related: Related::default(),
        via: None,
        raw: Some(RawJson::new(raw.to_string())),
    }
}

fn make_group(n: usize) -> Row<Group> {
    let names = [
        "Everyone",
        "Finance-All",
        "AP-Approvers",
        "VPN-Users",
        "営業部",
        "x\u{202e}y",
    ];
    let kinds = [GroupType::BuiltIn, GroupType::Okta, GroupType::App];
    let name = format!("{} {n}", names[n % names.len()]);
    let raw = serde_json::json!({ "id": format!("00g{n:04}"), "profile": { "name": name } });
    let value = Group {
        id: format!("00g{n:04}").parse().unwrap(),
        kind: kinds[n % kinds.len()].clone(),
        name: name.as_str().into(),
        description: Some("People who pay the bills of the company".into()),
        created: Some(before(500_000)),
        last_updated: Some(before(90_000)),
        last_membership_updated: Some(before(900)),
        stats: None,
    };
    Row {
        related: Related {
            users: (n % 3 != 2).then_some(20_000),
            groups: None,
            apps: Some(3),
        },
        ..row(value, &raw)
    }
}

fn make_app(n: usize) -> Row<Application> {
    let labels = ["NetSuite", "Concur", "Salesforce", "Bookmark \x1b[31m"];
    let modes = [
        SignOnMode::Saml20,
        SignOnMode::OpenIdConnect,
        SignOnMode::Bookmark,
        SignOnMode::Other("NEW_MODE".into()),
    ];
    let label = format!("{} {n}", labels[n % labels.len()]);
    let raw = serde_json::json!({
        "id": format!("0oa{n:04}"), "label": label,
        "settings": { "signOn": { "ssoAcsUrl": "https://example.com/acs", "audience": "example", "attributeStatements": [] } },
        "credentials": { "userNameTemplate": { "template": "${source.login}", "type": "BUILT_IN" } },
    });
    let value = Application {
        id: format!("0oa{n:04}").parse().unwrap(),
        name: "netsuite".into(),
        label: label.as_str().into(),
        status: if n % 4 == 3 {
            AppStatus::Inactive
        } else {
            AppStatus::Active
        },
        sign_on_mode: Some(modes[n % modes.len()].clone()),
        features: if n.is_multiple_of(2) {
            vec!["PUSH_NEW_USERS".into(), "GROUP_PUSH".into()]
        } else {
            Vec::new()
        },
        created: Some(before(400_000)),
        last_updated: Some(before(4_000)),
    };
    Row {
        related: Related {
            users: (n.is_multiple_of(2)).then_some(420),
            groups: Some(3),
            apps: None,
        },
        ..row(value, &raw)
    }
}

/// The `n`-th event, a second after the one before.
pub(crate) fn event(n: usize) -> EventRow {
    let kinds = [
        ("group.user_membership.add", "SUCCESS"),
        ("user.authentication.sso", "SUCCESS"),
        ("app.oauth2.token.grant", "SUCCESS"),
        ("user.session.start", "SUCCESS"),
        ("user.mfa.factor.deactivate", "SUCCESS"),
        ("policy.evaluate_sign_on", "DENY"),
        ("user.session.start", "FAILURE"),
    ];
    let (kind, result) = kinds[n % kinds.len()];
    let published = before(30) + SignedDuration::from_secs(i64::try_from(n).unwrap());
    let party = |kind: &str, id: String, name: &str| Party {
        id: id.into(),
        kind: kind.into(),
        alternate_id: Some(name.into()),
        display_name: Some(name.into()),
    };
    let ips = [
        "203.0.113.7",
        "198.51.100.9",
        "2001:db8:85a3:8d3:1319:8a2e:370:7348",
    ];
    let mut uuid = [0; 16];
    uuid[..8].copy_from_slice(&(n as u64).to_be_bytes());
    let event = LogEvent {
        uuid: EventUuid(uuid),
        published,
        event_type: kind.into(),
        severity: Some(if result == "SUCCESS" {
            Severity::Info
        } else {
            Severity::Warn
        }),
        display_message: Some("Words of Okta's".into()),
        actor: Some(party(
            "User",
            format!("00u{:04}", n % 20),
            &format!("user{:04}@example.com", n % 20),
        )),
        targets: vec![
            party("AppInstance", "0oa0000".into(), "NetSuite"),
            party("User", "00u0001".into(), "user\x1b[31m0001@example.com"),
        ],
        result: Some(OutcomeResult::from_word(result)),
        reason: (result != "SUCCESS").then(|| "INVALID_CREDENTIALS".into()),
        ip: Some(ips[n % ips.len()].into()),
        country: Some(["Nigeria", "United States", "Nowhere Land"][n % 3].into()),
        city: Some("Lagos".into()),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) \x1b]0;title\x07".into()),
        session: Some(format!("102x{}", n / 50).into()),
        root_session: None,
        transaction: Some(format!("Wx{n}").into()),
        origin: Origin {
            device: n.is_multiple_of(4).then(|| "guo0001".into()),
            device_name: n.is_multiple_of(4).then(|| "Mac \x1b[31mBook".into()),
            as_number: n.is_multiple_of(3).then(|| "37282".into()),
            as_org: n.is_multiple_of(3).then(|| "MainOne".into()),
            isp: n.is_multiple_of(3).then(|| "mainone".into()),
        },
    };
    EventRow {
        pos: EventPos {
            published_ms: published.as_millisecond(),
            seq: n as u64,
        },
        event,
        raw: None,
    }
}

/// How big the fixed org is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Org0 {
    pub(crate) users: usize,
    pub groups: usize,
    pub apps: usize,
    pub events: usize,
    /// Whether every list has been read completely.
    pub complete: bool,
}

impl Default for Org0 {
    fn default() -> Self {
        Self {
            users: 20_000,
            groups: 2_000,
            apps: 300,
            events: 1_000,
            complete: true,
        }
    }
}

fn name(row: &AnyRow) -> SafeText {
    match row {
        AnyRow::User(row) => row.value.login.clone(),
        AnyRow::Group(row) => row.value.name.clone(),
        AnyRow::App(row) => row.value.label.clone(),
    }
}

fn tally(values: &mut BTreeMap<Value, u64>, value: Field<'_>) {
    let value = Value::of(value).unwrap_or(Value::Nothing);
    *values.entry(value).or_default() += 1;
}

pub(super) fn usage(summary: &str, column: usize) -> Problem {
    Problem {
        kind: ProblemKind::Usage,
        summary: summary.into(),
        hint: Some("fields are login, name, status, department".into()),
        column: Some(column),
    }
}

impl Org0 {
    /// The answer to a question.
    pub(crate) fn answer(&self, ask: Ask) -> Result<Answer, Problem> {
        Ok(match ask {
            Ask::Users(query) => Answer::Users(self.window(&USERS[..self.users], &query)?),
            Ask::Groups(query) => Answer::Groups(self.window(&GROUPS[..self.groups], &query)?),
            Ask::Apps(query) => Answer::Apps(self.window(&APPS[..self.apps], &query)?),
            Ask::Events(query) => Answer::Events(self.events(&query)),
            Ask::Event(named) => {
                let n = match named {
                    EventRef::Pos(pos) => pos.seq,
                    EventRef::Uuid(uuid) => u64::from_be_bytes(uuid.0[..8].try_into().unwrap()),
                };
                let mut row = event(usize::try_from(n).unwrap());
                let json = serde_json::json!({ "uuid": row.event.uuid.to_string(), "eventType": row.event.event_type.as_str() });
                row.raw = Some(RawJson::new(json.to_string()));
                Answer::Event(Box::new(row))
            }
            Ask::Object(id) => Answer::Object(Box::new(object(&id))),
            Ask::Factors(_) => Answer::Factors {
                factors: vec![Factor {
                    id: "ufs1".parse().unwrap(),
                    kind: "push".into(),
                    provider: "OKTA".into(),
                    status: "ACTIVE".into(),
                    detail: Some("Ana's phone".into()),
                    created: Some(before(100_000)),
                    last_updated: None,
                }],
                at: now(),
            },
            Ask::Entries(query) => Answer::Entries(entries::window(&query, self.complete)?),
            Ask::Entry(key) => Answer::Entry(Box::new(entries::detail(&key))),
            Ask::ObjectThen(id, then) => {
                let row = object(&id).row;
                let known = then >= first_read();
                Answer::ObjectThen(Box::new(ObjectThen {
                    existed: if known { Existed::No } else { Existed::Unknown },
                    name: Some(name(&row)),
                    row: known.then_some(row),
                }))
            }
            Ask::Changes(query) => Answer::Changes(ChangesFound {
                rows: entries::changes(&query),
                next: None,
            }),
            Ask::Access(asked) => Answer::Access(Box::new(access::answer(&asked, self.complete))),
            Ask::Facets(query) => Answer::Facets(self.facets(query)?),
            Ask::HuntCost(_) => Answer::HuntCost(HuntCost {
                stored: 1_200,
                requests: 2,
                at_most: 50,
                limit: Some(60),
                remaining: Some(41),
            }),
            Ask::Hunt { hunt, next } => Answer::Hunted(Hunted {
                stored: 7,
                known: 3,
                bad: 0,
                reached: hunt.from,
                next: next.is_none().then(|| "further".to_owned()),
            }),
            Ask::Histogram(query) => Answer::Histogram(self.histogram(&query)),
            Ask::Trace(query) => Answer::Trace(Box::new(self.trace(&query))),
            Ask::Status => Answer::Status(Box::new(self.status())),
            _ => Answer::Done("Asked.".into()),
        })
    }

    /// A window as the store would cut it out. A filter with an operator is that of the language; any other is part of an id's number.
    fn window<T: Clone>(&self, all: &[Row<T>], query: &ListQuery) -> Result<Rows<T>, Problem>
    where
        Row<T>: Fields,
    {
        if let Some(column) = query.filter.find("foo:") {
            return Err(usage("There is no field `foo`.", column));
        }
        let complete = self.complete && query.as_of.is_none_or(|then| then >= first_read());
        let total = match query.scope {
            _ if !complete => 0,
            Scope::All => all.len(),
            _ => 14,
        };
        let filter = with_operators::<Row<T>>(&query.filter);
        let digits = query.filter.trim();
        let passes = |n: &usize| match &filter {
            Some(filter) => filter.matches(&all[*n], now()),
            None => digits.is_empty() || format!("{n:04}").contains(digits),
        };
        let mut matched: Vec<usize> = (0..total).filter(passes).collect();
        if query.sort.as_ref().is_some_and(|sort| sort.descending) {
            matched.reverse();
        }
        let wanted = query.around.as_ref().and_then(number);
        let position = matched.iter().position(|n| Some(*n) == wanted);
        let offset = position.map_or(query.offset, |at| at.saturating_sub(query.limit / 2));
        let rows = matched.iter().skip(offset).take(query.limit);
        Ok(Rows {
            rows: rows
                .map(|n| {
                    let row = all[*n].clone();
                    Row {
                        via: via(*n, &query.scope),
                        raw: row.raw.filter(|_| query.with_raw),
                        ..row
                    }
                })
                .collect(),
            offset,
            matched: matched.len(),
            total,
            position,
            complete,
            searched: None,
        })
    }

    fn events(&self, query: &EventQuery) -> EventRows {
        if query.notable {
            return self.notable(query);
        }
        if let Some(filter) = with_operators::<EventRow>(&query.filter) {
            let all = (0..self.events).map(event);
            let mut rows: Vec<EventRow> = all.filter(|row| filter.matches(row, now())).collect();
            let older = rows.len().saturating_sub(query.limit);
            rows.drain(..older);
            return EventRows {
                rows,
                more_older: older > 0,
                more_newer: false,
                total: self.events as u64,
                newer: 0,
                searched: None,
            };
        }
        let end = match query.anchor {
            EventAnchor::Newest => self.events,
            EventAnchor::Oldest => query.limit,
            EventAnchor::Before(pos) => usize::try_from(pos.seq).unwrap(),
            EventAnchor::After(pos) => usize::try_from(pos.seq).unwrap() + query.limit,
            EventAnchor::Around(pos) => usize::try_from(pos.seq).unwrap() + query.limit / 2,
        };
        let end = end.min(self.events);
        let start = end.saturating_sub(query.limit);
        let hidden = query.filter.contains("nothing");
        EventRows {
            rows: if hidden {
                Vec::new()
            } else {
                (start..end).map(event).collect()
            },
            more_older: start > 0 && !hidden,
            more_newer: end < self.events && !hidden,
            total: self.events as u64,
            newer: if hidden {
                0
            } else {
                (self.events - end).min(1_000)
            },
            searched: None,
        }
    }

    /// The nearest notable event beyond a position, looked for 20 events at a time.
    fn notable(&self, query: &EventQuery) -> EventRows {
        let seq = |pos: EventPos| usize::try_from(pos.seq).unwrap();
        let looked_at: Vec<usize> = match query.anchor {
            EventAnchor::After(pos) => (seq(pos) + 1..self.events).take(20).collect(),
            EventAnchor::Before(pos) => (0..seq(pos)).rev().take(20).collect(),
            other => panic!("{other:?}"),
        };
        let passes = |n: &usize| is_notable(&event(*n).event) && *n % 100 < 50;
        let found = looked_at.iter().copied().find(passes);
        let end = looked_at.last().copied();
        let is_end = |n: &usize| *n > 0 && *n + 1 < self.events;
        EventRows {
            rows: found.map(event).into_iter().collect(),
            more_older: true,
            more_newer: true,
            total: self.events as u64,
            newer: 0,
            searched: end
                .filter(|n| found.is_none() && is_end(n))
                .map(|n| event(n).pos),
        }
    }

    /// A few hundred events at a time.
    fn trace(&self, query: &TraceQuery) -> Trace {
        let filter = Filter::of::<EventRow>(&query.thing.filter()).unwrap();
        let before = |row: &EventRow| query.before.is_none_or(|before| row.pos < before);
        let until = |row: &EventRow| query.until.is_none_or(|until| row.event.published < until);
        let all = (0..self.events).rev().map(event);
        let mut found = all.filter(|row| before(row) && until(row) && filter.matches(row, now()));
        let slice: Vec<EventRow> = found.by_ref().take(300).collect();
        let more = found.next().is_some();
        Trace {
            sightings: trace::seen_in(&query.thing, slice.iter().map(|row| &row.event)),
            counted: slice.len() as u64,
            next: slice.last().filter(|_| more).map(|row| row.pos),
            newest: match query.before {
                None => slice.into_iter().take(100).collect(),
                Some(_) => Vec::new(),
            },
        }
    }

    /// A count in slices of 120 rows.
    fn facets(&self, query: FacetQuery) -> Result<Facets, Problem> {
        let FacetQuery { rows, field } = query;
        let mut values: BTreeMap<Value, u64> = BTreeMap::new();
        let (offset, counted, of) = match rows {
            FacetRows::Users(query) => {
                let limit = 120;
                let query = ListQuery { limit, ..query };
                let found = self.window(&USERS[..self.users], &query)?;
                for row in &found.rows {
                    row.field(&field, &mut |value| tally(&mut values, value));
                }
                (found.offset, found.rows.len(), Some(found.matched))
            }
            FacetRows::Entries(query) => {
                let found = entries::window(&query, self.complete)?;
                for row in &found.rows {
                    *values
                        .entry(row.value(&field).unwrap_or(Value::Nothing))
                        .or_default() += 1;
                }
                (0, found.rows.len(), Some(found.matched))
            }
            FacetRows::Events(query) => {
                let limit = self.events;
                let found = self.events(&EventQuery { limit, ..query });
                for row in &found.rows {
                    let parties: Vec<&Party> = match &*field {
                        "actor" => row.event.actor.iter().collect(),
                        "target" => row.event.targets.iter().collect(),
                        _ => Vec::new(),
                    };
                    if parties.is_empty() {
                        row.field(&field, &mut |value| tally(&mut values, value));
                    }
                    for party in parties {
                        *values.entry(Value::from(party)).or_default() += 1;
                    }
                }
                (0, found.rows.len(), None)
            }
            FacetRows::Groups(_) | FacetRows::Apps(_) => (0, 0, Some(0)),
        };
        let next = offset + counted;
        Ok(Facets {
            values: values.into_iter().collect(),
            counted: counted as u64,
            of: of.map(|of| of as u64),
            next: of
                .is_some_and(|of| next < of)
                .then_some(FacetNext::Row(next)),
        })
    }

    /// A count over time, in slices of 500 events.
    fn histogram(&self, query: &HistogramQuery) -> Histogram {
        let end = query
            .before
            .map_or(self.events, |pos| usize::try_from(pos.seq).unwrap());
        let start = end.saturating_sub(500);
        let filter = Filter::of::<EventRow>(&query.filter).unwrap();
        let mut bars = vec![Bar::default(); usize::from(query.scale.bars)];
        for row in (start..end).map(event) {
            let bar = query.scale.bar_of(row.pos.published_ms);
            if let Some(bar) = bar.filter(|_| filter.matches(&row, now())) {
                bars[bar].count(row.event.result.as_ref().unwrap().word());
            }
        }
        Histogram {
            bars,
            next: (start > 0).then(|| event(start).pos),
        }
    }

    /// How everything stands: all read, nothing wrong.
    pub(crate) fn status(&self) -> Status {
        let resource = |resource, objects: usize| ResourceStatus {
            resource,
            phase: Phase::Idle,
            complete_at: Some(before(3)),
            known_since: Some(first_read()),
            waits: None,
            trouble: None,
            next_run: None,
            objects: objects as u64,
        };
        let others = Resource::ALL
            .into_iter()
            .filter(|kind| kind.holds_entries());
        let entries = others.map(|kind| ResourceStatus {
            trouble: entries::trouble(kind),
            complete_at: entries::trouble(kind).is_none().then(|| before(3)),
            ..resource(kind, 3)
        });
        Status {
            agent: AgentInfo {
                pid: 1,
                version: "0.1.0".into(),
                started: before(100),
                data_dir: "/data".into(),
                clients: 1,
                stays: false,
                demo: true,
            },
            org: Some(Org {
                id: "00o1".parse().unwrap(),
                host: "acme.okta.com".into(),
                company: None,
                pipeline: None,
            }),
            host: "acme.okta.com".into(),
            connection: Connection::Online { identity: None },
            credential: None,
            no_answer_since: None,
            resources: [
                resource(Resource::Users, self.users),
                resource(Resource::Groups, self.groups),
                resource(Resource::Apps, self.apps),
                resource(Resource::Memberships, self.groups),
                resource(Resource::AppUsers, self.apps),
                resource(Resource::AppGroups, self.apps),
                resource(Resource::Log, self.events),
            ]
            .into_iter()
            .chain(entries)
            .collect(),
            log: LogStatus {
                newest: Some(now()),
                oldest: Some(before(10_000)),
                polled: Some(now() - SignedDuration::from_secs(4)),
                caught_up: true,
                events: self.events as u64,
                ..LogStatus::default()
            },
            encryption: Encryption::default(),
            first_reading_left: None,
            backfill_estimate: None,
            budgets: vec![BudgetStatus {
                bucket: "/api/v1/logs".into(),
                limit: 100,
                remaining: 59,
                reset: now(),
                throttled_until: None,
            }],
            revisions: Revisions {
                users: 1,
                groups: 1,
                apps: 1,
                events: 1,
                entries: 1,
            },
            requests: 100,
            troubles: Vec::new(),
            disk_bytes: 1_000_000,
            bad_items: 0,
            queue: oktop::msg::queue::QueueStatus {
                needs_window: true,
                ..oktop::msg::queue::QueueStatus::default()
            },
        }
    }
}

/// A filter that is more than part of an id's number and can be read.
fn with_operators<T: Fields>(filter: &str) -> Option<Filter> {
    let plain = filter.starts_with("about:") || !filter.contains(['=', ':', '<', '>']);
    (!plain).then(|| Filter::of::<T>(filter).ok()).flatten()
}

/// Which of its kind an object is, by its id.
fn number(id: &ObjectId) -> Option<usize> {
    let id = match id {
        ObjectId::User(id) => id.as_str(),
        ObjectId::Group(id) => id.as_str(),
        ObjectId::App(id) => id.as_str(),
    };
    id.get(3..)?.parse().ok()
}

fn object(id: &ObjectId) -> Object {
    let n = number(id).unwrap_or(0);
    let row = match id {
        ObjectId::User(_) => AnyRow::User(Box::new(make_user(n))),
        ObjectId::Group(_) => AnyRow::Group(Box::new(make_group(n))),
        ObjectId::App(_) => AnyRow::App(Box::new(make_app(n))),
    };
    Object {
        row,
        changes: vec![FieldChange {
            at: before(50),
            field: "profile.department".into(),
            before: Some("\"Sales\"".into()),
            after: Some("\"Finance\"".into()),
        }],
    }
}

fn via(n: usize, scope: &Scope) -> Option<Via> {
    let direct = n.is_multiple_of(2);
    let assignment = AppUser {
        user: "00u0001".parse().unwrap(),
        scope: if direct {
            AssignmentScope::User
        } else {
            AssignmentScope::Group
        },
        group: None,
        status: "ACTIVE".into(),
        sync_state: Some("SYNCHRONIZED".into()),
        user_name: Some("ana".into()),
        created: None,
        last_updated: None,
    };
    (*scope != Scope::All).then(|| Via {
        since: Some(before(5_000)),
        is_proven: false,
        assignment: Some(assignment),
        through: if direct {
            Vec::new()
        } else {
            vec![("00g0001".parse().unwrap(), "Finance-All".into())]
        },
    })
}

/// How the way to the agent behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It holds.
    Holds,
    /// The first connection ends after some answers; the next holds.
    BreaksOnce,
    /// It cannot be had, and trying again would not help.
    Refused,
    /// The attempt itself fails as programs should not.
    Panics,
    /// It holds, and an event comes every tenth of a second.
    Grows,
    /// It holds, but what lies far down in a list never comes.
    Stalls,
}

/// From which row on an answer never comes.
const STALLS_AT: usize = 2_000;

impl Way {
    /// Reads a word from the environment.
    pub(crate) fn of(word: &str) -> Self {
        match word {
            "breaks-once" => Self::BreaksOnce,
            "refused" => Self::Refused,
            "panics" => Self::Panics,
            "grows" => Self::Grows,
            "stalls" => Self::Stalls,
            _ => Self::Holds,
        }
    }
}

/// Connects to the fixed org in this process.
#[derive(Debug)]
pub(crate) struct FakeAgent {
    org: Org0,
    way: Way,
    connections: AtomicU32,
}

impl FakeAgent {
    pub(crate) fn new(org: Org0, way: Way) -> Self {
        Self {
            org,
            way,
            connections: AtomicU32::new(0),
        }
    }
}

#[async_trait]
impl Connect for FakeAgent {
    async fn connect(&self, _may_start: bool) -> Result<Link, Problem> {
        let first = self.connections.fetch_add(1, Ordering::Relaxed) == 0;
        let answers = match self.way {
            Way::Refused => {
                return Err(Problem {
                    kind: ProblemKind::Refused,
                    summary: "the agent is of another version".into(),
                    hint: None,
                    column: None,
                });
            }
            Way::Panics => panic!("a fault for a test"),
            Way::BreaksOnce if first => 3,
            _ => usize::MAX,
        };
        let (near, far) = Link::pair();
        if self.way == Way::Grows {
            tokio::spawn(grow(self.org, far));
        } else {
            tokio::spawn(serve(self.org, far, answers, self.way));
        }
        Ok(near)
    }
}

async fn serve(org: Org0, mut far: FarEnd, mut answers: usize, way: Way) {
    while answers > 0 {
        let Some(Request { ticket, ask }) = far.requests.recv().await else {
            return;
        };
        answers -= 1;
        let is_far = matches!(&ask, Ask::Users(query) if query.offset >= STALLS_AT);
        if way == Way::Stalls && is_far {
            continue;
        }
        let subscribes = ask == Ask::Subscribe;
        let answer = org.answer(ask);
        let reply = FromAgent::Reply { ticket, answer };
        if far.outgoing.send(reply).await.is_err() {
            return;
        }
        if subscribes {
            let mut status = org.status();
            // The console goes by the real clock here, to which the fixed org's last poll is nothing.
            status.log.polled = None;
            let status = Push::Status(Box::new(status));
            // A console that is gone is noticed at the next question.
            let _ = far.outgoing.send(FromAgent::Push(status)).await;
        }
    }
}

/// Answers, and tells about one event more every tenth of a second, once somebody wants to know.
async fn grow(mut org: Org0, mut far: FarEnd) {
    let mut beat = tokio::time::interval(Duration::from_millis(100));
    let mut told = false;
    loop {
        let message = tokio::select! {
            request = far.requests.recv() => {
                let Some(Request { ticket, ask }) = request else {
                    return;
                };
                told |= ask == Ask::Subscribe;
                FromAgent::Reply { ticket, answer: org.answer(ask) }
            }
            _ = beat.tick(), if told => {
                org.events += 1;
                let mut status = org.status();
                status.log.polled = None;
                status.revisions.events = org.events as u64;
                FromAgent::Push(Push::Status(Box::new(status)))
            }
        };
        if far.outgoing.send(message).await.is_err() {
            return;
        }
    }
}
