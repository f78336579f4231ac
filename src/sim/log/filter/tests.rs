//! Tests of the log's filter language.

use proptest::prelude::*;
use serde_json::Value;

use crate::sim::derive::Seed;
use crate::sim::event::shape;
use crate::sim::history::{self, Extent};
use crate::sim::log::Log;
use crate::sim::log::keyword::Keywords;
use crate::sim::log::probe::Probe;
use crate::sim::population::{self, Plan};
use crate::sim::time::Millis;

use super::*;

fn refusal(text: &str) -> Refusal {
    Filter::parse(text).unwrap_err()
}

#[test]
fn refusals_are_worded_as_okta_words_them() {
    assert_eq!(
        refusal("display_message eqq \"Create okta user\"").summary,
        "Invalid filter 'display_message eqq \"Create okta user\"': Unrecognized attribute operator 'eqq' at position 16. Expected: eq,co,sw,pr,gt,ge,lt,le"
    );
    assert_eq!(
        refusal("some_invalid_field eq \"x\"").summary,
        "field is not valid: some_invalid_field"
    );
    assert_eq!(
        refusal("published gt \"2026-01-01T00:00:00Z\"").summary,
        "field is not valid: published"
    );
    let contains = refusal("debugContext.debugData.url co \"/oauth/\"");
    assert_eq!(contains.code, "E0000031");
    assert_eq!(
        contains.summary,
        "The supplied combination of operator and field is not currently supported. Operator: co, Field: debugContext.debugData.url"
    );
    assert!(Filter::parse("debugContext.debugData.url sw \"/oauth/\"").is_ok());
}

#[test]
fn broken_filters_are_refused() {
    for text in [
        "",
        "eventType",
        "eventType eq",
        "eventType eq \"x",
        "(eventType pr",
        "eventType pr)",
        "and eventType pr",
        "eventType pr and",
        "not",
        "eventType eq x",
        "target[type eq \"User\"]",
        "eventType eq \"\\u12\"",
        "eventType \"eq\" \"x\"",
    ] {
        assert_eq!(refusal(text).code, "E0000053", "{text}");
    }
    let deep = "(".repeat(100_000);
    assert_eq!(refusal(&deep).code, "E0000053");
    assert_eq!(refusal(&"not ".repeat(100_000)).code, "E0000053");
}

#[test]
fn and_binds_tighter_than_or_and_words_may_be_written_large() {
    let a = "eventType eq \"a\"";
    let read = |text: &str| Filter::parse(text).unwrap();
    let Filter::Or(parts) = read(&format!("{a} OR {a} And {a}")) else {
        panic!("not an or")
    };
    assert!(matches!(parts[1], Filter::And(_)));
    assert!(matches!(
        read(&format!("({a} or {a}) and NOT ({a})")),
        Filter::And(_)
    ));
}

/// A thousand events of a small org.
fn sample() -> Log {
    let now = Millis::parse("2026-11-20T15:00:00Z").unwrap();
    let mut world = population::populate(&Plan {
        seed: 5,
        users: 40,
        groups: 8,
        apps: 6,
        now,
        index_lag_ms: 0,
        strange: false,
        engine: crate::sim::world::Engine::Identity,
    });
    let mut log = Log::new(Seed(1), "https://x.okta.com".to_owned(), false);
    history::write(
        &mut world,
        &mut log,
        Extent {
            events: 1_000,
            days: 7,
            end: now,
        },
    );
    log
}

/// The same question answered from the JSON alone.
fn naive(filter: &Filter, json: &Value) -> bool {
    match filter {
        Filter::And(parts) => parts.iter().all(|part| naive(part, json)),
        Filter::Or(parts) => parts.iter().any(|part| naive(part, json)),
        Filter::Not(part) => !naive(part, json),
        Filter::Test(test) => {
            let keys: Vec<&str> = test.field.path().split('.').collect();
            let mut values = Vec::new();
            collect(json, &keys, &mut values);
            match (test.op, &test.value) {
                (Op::Pr, _) | (Op::Ne, None) => !values.is_empty(),
                (Op::Eq, None) => values.is_empty(),
                (_, None) => false,
                (Op::Ne, Some(wanted)) => !values.iter().any(|own| compare(own, Op::Eq, wanted)),
                (op, Some(wanted)) => values.iter().any(|own| compare(own, op, wanted)),
            }
        }
    }
}

fn collect<'v>(json: &'v Value, keys: &[&str], values: &mut Vec<&'v Value>) {
    match (json, keys) {
        (Value::Null, _) => {}
        (Value::Array(items), _) => items.iter().for_each(|item| collect(item, keys, values)),
        (_, []) => values.push(json),
        (Value::Object(fields), [first, rest @ ..]) => {
            if let Some(inner) = fields.get(*first) {
                collect(inner, rest, values);
            }
        }
        _ => {}
    }
}

fn compare(own: &Value, op: Op, wanted: &str) -> bool {
    let order = match own {
        Value::Object(_) | Value::Null | Value::Array(_) => return false,
        Value::Bool(truth) => return op == Op::Eq && truth.to_string() == wanted,
        Value::Number(number) => {
            let Ok(wanted) = wanted.parse::<f64>() else {
                return false;
            };
            number.as_f64().unwrap().partial_cmp(&wanted).unwrap()
        }
        Value::String(own) => match op {
            Op::Sw => return own.starts_with(wanted),
            Op::Ew => return own.ends_with(wanted),
            Op::Co => return own.contains(wanted),
            _ => own.as_str().cmp(wanted),
        },
    };
    match op {
        Op::Eq => order.is_eq(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        _ => false,
    }
}

const PATHS: &[&str] = &[
    "eventType",
    "severity",
    "outcome.result",
    "outcome.reason",
    "actor.id",
    "actor.type",
    "actor.alternateId",
    "actor.displayName",
    "target",
    "target.id",
    "target.type",
    "target.alternateId",
    "target.displayName",
    "target.detailEntry.policyType",
    "client.ipAddress",
    "client.zone",
    "client.device",
    "client.userAgent.rawUserAgent",
    "client.userAgent.os",
    "client.userAgent.browser",
    "client.geographicalContext.state",
    "client.geographicalContext.country",
    "securityContext.asOrg",
    "securityContext.isp",
    "securityContext.domain",
    "client.geographicalContext.city",
    "client.geographicalContext.geolocation.lat",
    "uuid",
    "transaction.id",
    "transaction.type",
    "transaction.detail.requestApiTokenId",
    "authenticationContext.externalSessionId",
    "authenticationContext.authenticationStep",
    "securityContext.asNumber",
    "securityContext.isProxy",
    "securityContext.risk.level",
    "securityContext.userBehaviors.result",
    "debugContext.debugData.threatSuspected",
    "debugContext.debugData.behaviors",
    "device",
    "device.managed",
    "legacyEventType",
    "displayMessage",
    "request.ipChain.version",
    "version",
];

/// A test whose value is, half of the time, one that some event has.
fn test_of(events: &'static [Value]) -> impl Strategy<Value = Filter> {
    let op = prop::sample::select(&Op::ALL[..]);
    let path = prop::sample::select(PATHS);
    let made_up = prop::sample::select(&["", "user", "SUCCESS", "7", "true", "\u{fc}\"\\x"][..]);
    (path, op, 0..events.len(), any::<bool>(), made_up).prop_map(|(path, op, at, real, made_up)| {
        let field = Field::named(path).unwrap();
        let keys: Vec<&str> = path.split('.').collect();
        let mut values = Vec::new();
        collect(&events[at], &keys, &mut values);
        let found = values.first().and_then(|value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
            _ => None,
        });
        let value = found.filter(|_| real).unwrap_or_else(|| made_up.to_owned());
        Filter::Test(Test {
            field,
            op,
            value: (op != Op::Pr).then_some(value),
        })
    })
}

fn filter_of(events: &'static [Value]) -> impl Strategy<Value = Filter> {
    test_of(events).prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
}

/// The filter as somebody might type it.
fn printed(filter: &Filter) -> String {
    let joined = |parts: &[Filter], word: &str| {
        let parts: Vec<String> = parts
            .iter()
            .map(|part| format!("({})", printed(part)))
            .collect();
        parts.join(word)
    };
    match filter {
        Filter::And(parts) => joined(parts, " and "),
        Filter::Or(parts) => joined(parts, " or "),
        Filter::Not(part) => format!("not ({})", printed(part)),
        Filter::Test(test) => match &test.value {
            None => format!("{} {}", test.field.path(), test.op),
            Some(value) => format!(
                "{} {} {}",
                test.field.path(),
                test.op,
                Value::from(value.as_str())
            ),
        },
    }
}

#[test]
fn keywords_find_the_words_of_an_event_and_the_parts_of_hyphenated_ones() {
    let sample = shared();
    let order = sample.log.persisted_since(Millis(0));
    for (at, json) in order.iter().zip(&sample.events).step_by(37) {
        let found = |q: &str| {
            let keywords = Keywords::parse(q).unwrap();
            keywords.found_in(sample.log.tables(), sample.log.event(*at))
        };
        let text = |path: &str| {
            json.pointer(path)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        for path in [
            "/uuid",
            "/eventType",
            "/displayMessage",
            "/outcome/result",
            "/outcome/reason",
            "/actor/id",
            "/actor/alternateId",
            "/actor/displayName",
            "/target/0/displayName",
            "/client/ipAddress",
            "/client/geographicalContext/city",
            "/transaction/id",
        ] {
            let Some(value) = text(path) else { continue };
            let words: Vec<&str> = value
                .split_whitespace()
                .filter(|word| word.len() <= 40)
                .collect();
            let query = words.join(" ").to_uppercase();
            // Ids without a digit cannot be told from words and are not looked for.
            assert!(found(&query), "{path}: {query}");
            assert!(!found(&format!("{query} nobody-says-this")));
        }
        let uuid = text("/uuid").unwrap();
        assert!(found(uuid.split('-').next().unwrap()));
    }
}

struct Sample {
    log: Log,
    events: Vec<Value>,
}

fn shared() -> &'static Sample {
    static SAMPLE: std::sync::LazyLock<Sample> = std::sync::LazyLock::new(|| {
        let log = sample();
        let events = log.persisted_since(Millis(0)).iter().map(|at| {
            let mut text = String::new();
            shape::write(&mut text, log.tables(), log.event(*at));
            serde_json::from_str(&text).unwrap()
        });
        let events = events.collect();
        Sample { log, events }
    });
    &SAMPLE
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn parsing_never_panics(text in ".{0,80}") {
        let _ = Filter::parse(&text);
    }

    #[test]
    fn parsing_words_of_the_language_in_any_order_never_panics(
        words in prop::collection::vec(prop::sample::select(&["eventType", "target.id", "eq", "co", "pr", "and", "or", "not", "(", ")", "\"x\"", "\"", "1", "null", "\\"][..]), 0..20)
    ) {
        let _ = Filter::parse(&words.join(" "));
    }

    #[test]
    fn a_filter_reads_back_and_agrees_with_the_naive_reading_of_the_json(
        filter in filter_of(&shared().events),
        offset in 0_usize..50,
    ) {
        let sample = shared();
        prop_assert_eq!(&Filter::parse(&printed(&filter)).unwrap(), &filter);
        let order = sample.log.persisted_since(Millis(0));
        for (at, json) in order.iter().zip(&sample.events).skip(offset).step_by(50) {
            let probe = Probe::new(sample.log.tables(), sample.log.event(*at));
            prop_assert_eq!(probe.passes(&filter), naive(&filter, json), "{} on {}", printed(&filter), json);
        }
    }
}
