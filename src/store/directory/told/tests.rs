//! Tests of what events tell between readings.

use serde_json::json;

use super::*;
use crate::domain::id::EventUuid;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn event(n: u8) -> EventUuid {
    EventUuid([n; 16])
}

fn told(secs: i64, n: u8, to: &'static str) -> Telling {
    let or = (to == "ACTIVE").then_some("PROVISIONED");
    Telling {
        at: at(secs),
        event: event(n),
        says: Says::Status {
            to,
            or,
            only_from: &[],
        },
    }
}

fn named(secs: i64, n: u8, name: &str) -> Telling {
    Telling {
        at: at(secs),
        event: event(n),
        says: Says::Name(name.into()),
    }
}

/// A user as read: status and login, when the one changed and when anything did.
fn user(status: &str, login: &str, changed: i64, updated: i64) -> Value {
    json!({
        "status": status,
        "statusChanged": format_okta(at(changed)),
        "lastUpdated": format_okta(at(updated)),
        "profile": {"login": login},
    })
}

/// Readings, each with when it was.
struct Read {
    readings: Vec<(i64, Value)>,
    born: i64,
    gone: Option<i64>,
}

impl Read {
    fn steps(&self) -> Vec<Changes> {
        let pairs = self.readings.windows(2);
        pairs
            .filter_map(|pair| {
                let [(_, before), (secs, after)] = pair else {
                    return None;
                };
                Changes::between(&before.to_string(), &after.to_string(), at(*secs))
            })
            .collect()
    }

    /// What is known once these events were told, and once they are told again.
    fn after(&self, tellings: &[Telling], from: i64) -> Vec<Changes> {
        let mut steps = self.steps();
        let mut now = self.readings.last().unwrap().1.clone();
        let mut once = None;
        for _ in 0..3 {
            let known = Known {
                kind: Kind::User,
                steps: &steps,
                now: &now,
                born: at(self.born),
                gone: self.gone.map(at),
            };
            let replayed = replayed(&known, tellings, at(from)).unwrap();
            if self.gone.is_some() {
                now["status"] =
                    serde_json::from_str(replayed.last.values[0].as_deref().unwrap_or("null"))
                        .unwrap();
                now["statusChanged"] = replayed.last.text(Cell::StatusChanged).into();
            }
            steps = replayed
                .steps
                .into_iter()
                .map(|step| step.changes)
                .collect();
            if let Some(once) = &once {
                assert_eq!(&steps, once, "twice is not as once");
            }
            once = Some(steps.clone());
        }
        steps
    }
}

/// Every change of a status or a name: when by its own account, by which event, and what.
fn rows(steps: &[Changes]) -> Vec<(i64, Option<u8>, String)> {
    let mut rows = Vec::new();
    for step in steps {
        let secs = step.happened().as_second() - 1_800_000_000;
        let event = step.evidence().map(|event| event.0[0]);
        for field in step.clone().into_field_changes() {
            if matches!(field.field.as_str(), "status" | "profile.login" | "label") {
                let text = |value: Option<_>| {
                    value.map_or("-".to_owned(), |it: crate::domain::text::SafeText| {
                        it.replace('"', "")
                    })
                };
                let (before, after) = (text(field.before), text(field.after));
                rows.push((secs, event, format!("{before} > {after}")));
            }
        }
    }
    rows
}

fn row(secs: i64, event: Option<u8>, what: &str) -> (i64, Option<u8>, String) {
    (secs, event, what.to_owned())
}

/// Somebody was suspended for an hour of a weekend: what was read behind it was the same, but for two stamps.
#[test]
fn a_status_that_turned_twice_between_readings_is_told_both_times() {
    let read = Read {
        readings: vec![
            (0, user("ACTIVE", "a", -9_000, -9_000)),
            (9_000, user("ACTIVE", "a", 7_200, 7_200)),
        ],
        born: -50_000,
        gone: None,
    };
    let tellings = [told(3_600, 1, "SUSPENDED"), told(7_201, 2, "ACTIVE")];
    assert_eq!(
        rows(&read.after(&tellings, -1_000)),
        [
            row(3_600, Some(1), "ACTIVE > SUSPENDED"),
            row(7_200, None, "SUSPENDED > ACTIVE"),
        ]
    );
}

/// A title that was changed later hid for how long somebody had been suspended.
#[test]
fn a_status_is_told_at_its_event_where_the_reading_found_more() {
    let read = Read {
        readings: vec![
            (0, user("ACTIVE", "a", -9_000, -9_000)),
            (9_000, user("SUSPENDED", "a", 3_600, 7_200)),
        ],
        born: -50_000,
        gone: None,
    };
    let tellings = [told(3_600, 1, "SUSPENDED")];
    let steps = read.after(&tellings, -1_000);
    assert_eq!(rows(&steps), [row(3_600, Some(1), "ACTIVE > SUSPENDED")]);
    assert_eq!(steps.len(), 2);
    // What was read within the stamp is the reading's.
    let soon = Read {
        readings: vec![
            (0, user("ACTIVE", "a", -9_000, -9_000)),
            (9_000, user("SUSPENDED", "a", 3_600, 3_600)),
        ],
        ..read
    };
    assert_eq!(soon.after(&tellings, -1_000), soon.steps());
}

#[test]
fn a_reading_is_not_contradicted() {
    let read = Read {
        readings: vec![
            (0, user("ACTIVE", "a", -9_000, -9_000)),
            (5_000, user("ACTIVE", "b", -9_000, 4_000)),
            (9_000, user("LOCKED_OUT", "b", 8_000, 8_000)),
        ],
        born: -50_000,
        gone: None,
    };
    // That one reset did not do what most do: a reading saw the user active a quarter of an hour later.
    let tellings = [
        told(3_000, 1, "RECOVERY"),
        told(6_000, 2, "SUSPENDED"),
        told(7_000, 3, "ACTIVE"),
    ];
    assert_eq!(
        rows(&read.after(&tellings, -1_000)),
        [
            row(4_000, None, "a > b"),
            row(6_000, Some(2), "ACTIVE > SUSPENDED"),
            row(7_000, Some(3), "SUSPENDED > ACTIVE"),
            row(8_000, None, "ACTIVE > LOCKED_OUT"),
        ]
    );
}

/// A login that was somebody else's for three hours.
#[test]
fn names_between_two_readings_are_told_too() {
    let read = Read {
        readings: vec![
            (0, user("ACTIVE", "menu", -9_000, -9_000)),
            (9_000, user("ACTIVE", "lunch 2", -9_000, 7_000)),
            (99_000, user("ACTIVE", "lunch 2", -9_000, 80_000)),
        ],
        born: -50_000,
        gone: None,
    };
    let tellings = [
        named(3_000, 1, "lunch"),
        named(7_000, 2, "lunch 2"),
        named(50_000, 3, "lunch 3"),
        named(80_000, 4, "lunch 2"),
    ];
    let all = [
        row(3_000, Some(1), "menu > lunch"),
        row(7_000, None, "lunch > lunch 2"),
        row(50_000, Some(3), "lunch 2 > lunch 3"),
        row(80_000, None, "lunch 3 > lunch 2"),
    ];
    assert_eq!(rows(&read.after(&tellings, -1_000)), all);
    // What was told before is neither told again nor forgotten where less is asked about.
    let steps = read.after(&tellings, -1_000);
    let now = read.readings.last().unwrap().1.clone();
    let known = Known {
        kind: Kind::User,
        steps: &steps,
        now: &now,
        born: at(-50_000),
        gone: None,
    };
    let later = replayed(&known, &tellings[2..], at(40_000)).unwrap();
    let later: Vec<Changes> = later.steps.into_iter().map(|step| step.changes).collect();
    assert_eq!(later, steps);
}

#[test]
fn what_happened_before_the_first_reading_is_told_from_the_making() {
    let read = |status: &str| Read {
        readings: vec![(9_000, user(status, "a", 7_000, 7_000))],
        born: 1_000,
        gone: None,
    };
    let tellings = [
        told(1_000, 1, "STAGED"),
        told(1_001, 2, "ACTIVE"),
        told(4_000, 3, "SUSPENDED"),
        told(7_000, 4, "ACTIVE"),
    ];
    assert_eq!(
        rows(&read("ACTIVE").after(&tellings, 500)),
        [
            row(4_000, Some(3), "ACTIVE > SUSPENDED"),
            row(7_000, Some(4), "SUSPENDED > ACTIVE"),
        ]
    );
    // Events that do not lead to what was read tell nothing.
    assert_eq!(rows(&read("LOCKED_OUT").after(&tellings, 500)), []);
    // Who was there before the time of which the events are has another beginning.
    assert_eq!(rows(&read("ACTIVE").after(&tellings, 2_000)), []);
}

/// A user who was suspended and then deleted was active for ever.
#[test]
fn of_what_is_gone_the_last_events_tell() {
    let read = |status: &str| Read {
        readings: vec![(0, user(status, "a", -9_000, -9_000))],
        born: 0,
        gone: Some(8_000),
    };
    let tellings = [
        told(3_000, 1, "SUSPENDED"),
        told(7_000, 2, "DEPROVISIONED"),
        told(8_500, 3, "ACTIVE"),
    ];
    let suspended = row(3_000, Some(1), "ACTIVE > SUSPENDED");
    let deactivated = row(7_000, Some(2), "SUSPENDED > DEPROVISIONED");
    let all = [suspended, deactivated.clone()];
    assert_eq!(rows(&read("ACTIVE").after(&tellings, -1_000)), all);
    // What is still there is read soon.
    let there = Read {
        gone: None,
        ..read("ACTIVE")
    };
    assert_eq!(rows(&there.after(&tellings, -1_000)), []);
    // Of whom nobody read the beginning is told by the log as well.
    let ghost = Read {
        readings: vec![(0, json!({"status": "UNKNOWN", "profile": {"login": "a"}}))],
        ..read("")
    };
    let made = [told(0, 4, "STAGED"), told(1, 5, "ACTIVE")];
    let made: Vec<Telling> = made.into_iter().chain(tellings).collect();
    let all = [row(3_000, Some(1), "ACTIVE > SUSPENDED"), deactivated];
    assert_eq!(rows(&ghost.after(&made, -1_000)), all);
}

/// Four changes of an app within four seconds and two readings: all of them stood at the last one.
#[test]
fn each_of_several_changes_at_once_has_its_own_moment() {
    let app = |label: &str, status: &str, updated: i64| json!({"label": label, "status": status, "lastUpdated": format_okta(at(updated))});
    let read = |now: &Value, all: &[(i64, Value)]| {
        let steps = Read {
            readings: all.to_vec(),
            born: -9_000,
            gone: None,
        };
        let steps = steps.steps();
        let tellings = [
            named(40, 1, "Jira old"),
            told(41, 2, "INACTIVE"),
            told(43, 3, "ACTIVE"),
            named(44, 4, "Jira new"),
        ];
        let known = Known {
            kind: Kind::App,
            steps: &steps,
            now,
            born: at(-9_000),
            gone: None,
        };
        let replayed = replayed(&known, &tellings, at(0)).unwrap();
        let steps: Vec<Changes> = replayed
            .steps
            .into_iter()
            .map(|step| step.changes)
            .collect();
        rows(&steps)
    };
    let last = app("Jira new", "ACTIVE", 44);
    let all = [
        (0, app("Jira", "ACTIVE", -500)),
        (42, app("Jira old", "INACTIVE", 41)),
        (46, last.clone()),
    ];
    let told = [
        row(40, Some(1), "Jira > Jira old"),
        row(41, None, "ACTIVE > INACTIVE"),
        row(43, Some(3), "INACTIVE > ACTIVE"),
        row(44, None, "Jira old > Jira new"),
    ];
    assert_eq!(read(&last, &all), told);
    // One reading less, and one event more that only the log tells.
    let told = [
        row(40, Some(1), "Jira > Jira old"),
        row(41, Some(2), "ACTIVE > INACTIVE"),
        row(43, Some(3), "INACTIVE > ACTIVE"),
        row(44, None, "Jira old > Jira new"),
    ];
    assert_eq!(read(&last, &[all[0].clone(), all[2].clone()]), told);
}

#[test]
fn who_has_no_password_is_activated_into_waiting() {
    let read = Read {
        readings: vec![
            (0, user("DEPROVISIONED", "a", -9_000, -9_000)),
            (9_000, user("PROVISIONED", "a", 3_000, 7_000)),
        ],
        born: -50_000,
        gone: None,
    };
    let tellings = [told(3_000, 1, "ACTIVE")];
    assert_eq!(
        rows(&read.after(&tellings, -1_000)),
        [row(3_000, Some(1), "DEPROVISIONED > PROVISIONED")]
    );
}

/// What was replaced as a whole cannot be compared.
#[test]
fn readings_that_say_nothing_of_the_field_stay_as_they_are() {
    let whole = Changes::between("{\"status\":1}", "[]", at(5)).unwrap();
    let known = Known {
        kind: Kind::User,
        steps: &[whole],
        now: &json!([]),
        born: at(0),
        gone: None,
    };
    let tellings = [told(3, 1, "SUSPENDED")];
    assert_eq!(replayed(&known, &tellings, at(0)), None);
}

/// What was read without any stamp was all that an event had told, and the next dating took both back.
#[test]
fn what_is_read_without_a_stamp_is_told_for_good() {
    let user = |status: &str| json!({"status": status, "profile": {"login": "a"}});
    for (read, telling, told) in [
        (
            [user("ACTIVE"), user("SUSPENDED")],
            self::told(3_600, 1, "SUSPENDED"),
            row(3_600, Some(1), "ACTIVE > SUSPENDED"),
        ),
        (
            [
                user("ACTIVE"),
                json!({"status": "ACTIVE", "profile": {"login": "b"}}),
            ],
            named(3_600, 1, "b"),
            row(3_600, Some(1), "a > b"),
        ),
    ] {
        let [before, after] = read;
        let read = Read {
            readings: vec![(0, before), (9_000, after)],
            born: -50_000,
            gone: None,
        };
        assert_eq!(rows(&read.after(&[telling], -1_000)), [told]);
    }
}

/// Whoever had a character in the name that is not shown as it is was renamed, and named back, at every event that named them.
#[test]
fn a_name_is_the_one_that_events_tell_escaped() {
    let odd = "a\u{202e}nna\u{7}@acme.com";
    let shown = SafeText::new(odd);
    let read = Read {
        readings: vec![
            (0, user("ACTIVE", odd, -9_000, -9_000)),
            (9_000, user("ACTIVE", odd, -9_000, 7_000)),
            (19_000, user("ACTIVE", "amy", -9_000, 12_000)),
            (29_000, user("ACTIVE", odd, -9_000, 25_000)),
        ],
        born: -50_000,
        gone: None,
    };
    let tellings = [
        named(3_000, 1, &shown),
        named(7_000, 2, &shown),
        named(12_000, 3, "amy"),
        named(25_000, 4, &shown),
    ];
    let steps = read.after(&tellings, -1_000);
    assert_eq!(steps, read.steps());
    assert_eq!(rows(&steps).len(), 2);
}

/// A user who was made, activated and deactivated within seconds, and then deleted, had been deactivated from the beginning.
#[test]
fn who_lived_for_seconds_was_not_deactivated_all_the_while() {
    let ghost = Read {
        readings: vec![(0, json!({"status": "UNKNOWN", "profile": {"login": "a"}}))],
        born: 0,
        gone: Some(4),
    };
    let of = |made: &[Telling]| rows(&ghost.after(made, -1_000));
    let staged = told(0, 1, "STAGED");
    let gone = told(3, 2, "DEPROVISIONED");
    let deactivated = |from: &str| [row(3, Some(2), &format!("{from} > DEPROVISIONED"))];
    assert_eq!(of(&[staged.clone(), gone.clone()]), deactivated("STAGED"));
    // Whether there was a password nobody read.
    let activated = told(0, 3, "ACTIVE");
    let all = [staged.clone(), activated.clone(), gone.clone()];
    assert_eq!(of(&all), deactivated("UNKNOWN"));
    let suspended = told(2, 4, "SUSPENDED");
    assert_eq!(
        of(&[staged, activated, suspended, gone]),
        [
            row(2, Some(4), "ACTIVE > SUSPENDED"),
            row(3, Some(2), "SUSPENDED > DEPROVISIONED")
        ]
    );
}

/// Whoever was activated and deactivated while nobody read was active in between, though there never was a password.
#[test]
fn who_never_had_a_password_was_waiting_for_one() {
    let read = |changed: Value, provider: &str| {
        let mut read = user("DEPROVISIONED", "a", 7_000, 7_000);
        read["passwordChanged"] = changed;
        read["credentials"] = json!({"provider": {"type": provider}});
        let first = Read {
            readings: vec![(9_000, read)],
            born: 1_000,
            gone: None,
        };
        let tellings = [
            told(1_000, 1, "STAGED"),
            told(1_000, 2, "ACTIVE"),
            told(7_000, 3, "DEPROVISIONED"),
        ];
        rows(&first.after(&tellings, 500))
    };
    let was = |status: &str| [row(7_000, Some(3), &format!("{status} > DEPROVISIONED"))];
    let then = |secs| Value::from(format_okta(at(secs)));
    assert_eq!(read(Value::Null, "OKTA"), was("PROVISIONED"));
    assert_eq!(read(Value::Null, "ACTIVE_DIRECTORY"), was("ACTIVE"));
    assert_eq!(read(then(1_001), "OKTA"), was("ACTIVE"));
    // The last one says nothing of those before.
    assert_eq!(read(then(5_000), "OKTA"), was("UNKNOWN"));
}
