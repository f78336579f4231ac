//! Tests of `oktop audit` on a journal made by hand.

use serde_json::Value;

use super::*;
use crate::cli::args::Format;
use crate::cli::ask::fake::Fake;
use crate::cli::sample;
use crate::msg::{Answer, Ask};

fn line(seq: u64, body: &str) -> JournalLine {
    JournalLine {
        seq,
        line: format!("{} {body}\n", "ab".repeat(32)),
    }
}

/// What the journal of an org begins with.
fn journal() -> Vec<JournalLine> {
    vec![
        line(
            1,
            r#"{"seq":1,"at":"2026-11-22T10:00:00Z","kind":"began","org":"00o1","tool":"oktop"}"#,
        ),
        line(
            2,
            r#"{"seq":2,"at":"2026-11-22T10:00:01Z","kind":"staged","plan":17,"digest":"d","by":{"uid":1000,"name":"kim","account":null},"reason":null,"ops":[{"op":"17.1","change":"users.suspend","on":["user:00u1"]}]}"#,
        ),
        line(
            3,
            r#"{"seq":3,"at":"2026-11-22T10:00:02Z","kind":"moved","op":"17.1","change":"users.suspend","on":["user:00u1"],"step":"refuse","from":"in_flight","to":"failed","why":"E0000006"}"#,
        ),
        line(4, "no JSON \u{202e}"),
    ]
}

/// The lines of `audit show` from an agent that has no more than two at once.
async fn shown(format: Format, from: u64, limit: Option<usize>) -> String {
    let mut agent = Fake::new(|ask: &Ask| {
        let Ask::Queue(QueueAsk::Journal { from, limit }) = ask else {
            panic!("{ask:?}")
        };
        let lines = journal().into_iter().filter(|line| line.seq >= *from);
        let lines = lines.take(2.min(*limit)).collect();
        Ok(Answer::Queue(QueueAnswer::Journal(lines)))
    });
    let (mut out, written) = sample::output(format, None);
    let command = AuditCommand::Show { from, limit };
    run(&command, &mut agent, &mut out).await.unwrap();
    written.text()
}

#[tokio::test]
async fn entries_are_shown_as_they_were_written() {
    insta::assert_snapshot!(shown(Format::Table, 1, None).await);
    let lines = shown(Format::Ndjson, 1, None).await;
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 4);
    let body = journal()[1].line[65..].trim_end().to_owned();
    assert!(lines[1].ends_with(&body[1..]), "{}", lines[1]);
    let hash = &serde_json::from_str::<Value>(lines[1]).unwrap()["hash"];
    assert_eq!(hash, &Value::from("ab".repeat(32)));
    let broken: Value = serde_json::from_str(lines[3]).unwrap();
    assert_eq!(broken["seq"], 4);
    assert!(!lines[3].contains('\u{202e}'));
    let from: Value = serde_json::from_str(&shown(Format::Json, 2, Some(1)).await).unwrap();
    assert_eq!(from.as_array().unwrap().len(), 1);
    assert_eq!(from[0]["plan"], 17);
}

async fn verified(fault: Option<(u64, String)>) -> (Option<u8>, Value) {
    let found = JournalFound {
        entries: 3,
        end: "cd".repeat(32),
        fault,
    };
    let mut agent = Fake::new(move |_| Ok(Answer::Queue(QueueAnswer::Verified(found.clone()))));
    let (mut out, written) = sample::output(Format::Json, None);
    let done = run(&AuditCommand::Verify, &mut agent, &mut out).await;
    let code = done.err().map(|failure| failure.exit_code());
    (code, serde_json::from_str(&written.text()).unwrap())
}

#[tokio::test]
async fn a_journal_that_does_not_hold_is_exit_status_one_and_named() {
    let (code, json) = verified(None).await;
    assert_eq!(
        (code, &json["whole"], &json["fault"]),
        (None, &true.into(), &Value::Null)
    );
    let (code, json) = verified(Some((4, "the last line was not written to its end".into()))).await;
    assert_eq!((code, &json["whole"]), (Some(1), &false.into()));
    assert_eq!(json["fault"]["seq"], 4);
}
