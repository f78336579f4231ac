//! An import against an agent made by hand.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::*;
use crate::domain::text::SafeText;
use crate::msg::Imported;

const UUID: &str = "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef";

/// An agent that stores everything but what has no uuid; gives the lists that it was sent.
fn agent() -> (Way, tokio::task::JoinHandle<Vec<Ask>>) {
    let (to_agent, mut requests) = mpsc::channel::<Request>(64);
    let (answers, from_agent) = mpsc::channel(64);
    let asked = tokio::spawn(async move {
        let mut asked = Vec::new();
        while let Some(Request { ticket, ask }) = requests.recv().await {
            let answer = Ok(match &ask {
                Ask::Import(list) => Answer::Imported(taken(list)),
                _ => Answer::Covered(1),
            });
            asked.push(ask);
            let _ = answers.send(FromAgent::Reply { ticket, answer }).await;
        }
        asked
    });
    let channels = Channels {
        to_agent,
        from_agent,
    };
    let tickets = 0;
    (Way { channels, tickets }, asked)
}

fn taken(list: &[String]) -> Imported {
    let events = list
        .iter()
        .map(|event| serde_json::from_str(event).unwrap());
    let events: Vec<serde_json::Value> = events.collect();
    let has_none = |(_, event): &(u64, serde_json::Value)| event["uuid"].is_null();
    let bad = (0..).zip(events.clone()).filter(has_none);
    let bad: Vec<(u64, SafeText)> = bad.map(|(place, _)| (place, "none".into())).collect();
    Imported {
        stored: (events.len() - bad.len()) as u64,
        bad,
        ..Imported::default()
    }
}

fn file(dir: &Path, name: &str, text: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn stretch() -> Stretch {
    Stretch {
        from: crate::cli::sample::moment(0),
        to: crate::cli::sample::moment(9),
    }
}

fn event() -> String {
    format!("{{\"uuid\":\"{UUID}\"}}\n")
}

#[tokio::test]
async fn every_bad_line_is_counted_with_its_number_and_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{}{{\"a\":1}}\nno\n{}", event(), event().repeat(2_500));
    let files = vec![
        file(dir.path(), "a", text.as_bytes()),
        file(dir.path(), "b", b"\xff\xfea\0"),
        file(dir.path(), "c", event().as_bytes()),
    ];
    let (mut way, asked) = agent();
    let report = import(files, false, &mut way).await.unwrap();
    drop(way);
    // Lists are of the length of Okta's pages.
    assert_eq!(asked.await.unwrap().len(), 4);
    assert_eq!(report.progress(), "imported 2502 events, 2502 of them new");
    assert!(
        matches!(report.verdict(false), Err(Failure::Partial(words)) if words.starts_with("3 lines"))
    );
    let (mut out, written) = crate::cli::sample::output(crate::cli::args::Format::Json, None);
    report.write(&mut out).unwrap();
    let json: serde_json::Value = serde_json::from_str(&written.text()).unwrap();
    assert_eq!((&json["files"], &json["bad_lines"]), (&3.into(), &3.into()));
    let mut lines: Vec<Option<u64>> = json["bad"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bad| bad["line"].as_u64())
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [None, Some(2), Some(3)]);
}

#[tokio::test]
async fn strictness_ends_at_the_first_bad_line_and_fills_no_gap() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{}no\n{}", event(), event().repeat(50_000));
    let files = vec![file(dir.path(), "a", text.as_bytes())];
    let (mut way, asked) = agent();
    let mut report = import(files, true, &mut way).await.unwrap();
    cover(stretch(), &mut report, &mut way).await.unwrap();
    drop(way);
    let asked = asked.await.unwrap();
    // The event before the line, and little of what comes after it.
    assert!(matches!(&asked[0], Ask::Import(list) if list.len() == 1));
    assert!(asked.len() < 50, "{}", asked.len());
    assert!(!asked.contains(&Ask::Cover(stretch())));
    assert_ne!(report.verdict(true).unwrap_err().exit_code(), 0);
}

#[tokio::test]
async fn what_is_compressed_is_unpacked_whatever_its_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut packed = Vec::new();
    // Two members one after the other, as log rotation joins them.
    for _ in 0..2 {
        let mut gzip = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
        gzip.write_all(event().as_bytes()).unwrap();
        packed = gzip.finish().unwrap();
    }
    let whole = file(dir.path(), "a.json", &packed);
    packed.truncate(packed.len() - 9);
    let cut = file(dir.path(), "b.json", &packed);
    let (mut way, _asked) = agent();
    let report = import(vec![whole], false, &mut way).await.unwrap();
    assert_eq!(report.progress(), "imported 2 events, 2 of them new");
    assert!(report.verdict(false).is_ok());
    let report = import(vec![cut], false, &mut way).await.unwrap();
    assert!(report.has_bad());
}

/// A packed file that was cut off was told as a trouble of its own without a line, ahead of the bad lines before it.
#[tokio::test]
async fn each_of_several_troubles_of_a_file_is_told_with_its_line() {
    let good = format!("{{\"uuid\":\"{UUID}\"}}");
    let noise: Vec<String> = (0..2_000_u64)
        .map(|n| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    let noise = noise.concat();
    let last = format!("{{\"uuid\":\"{UUID}\",\"noise\":\"{noise}\"}}");
    // A mark, a line with nothing, one with blanks, one that is no event to the agent, one that is none at all.
    let text = format!(
        "\u{feff}\r\n{good}\r\n \t\r\n{{\"a\":1}}\r\n{good}\r\nno\r\n\r\n{good}\r\n{last}\r\n{good}\r\n"
    );
    let list = format!(
        "\u{feff}[\r\n{good},\r\n \t\r\n{{\"a\":1}},\r\n{good},\r\nno,\r\n\r\n{good},\r\n{last},\r\n{good}]\r\n"
    );
    let dir = tempfile::tempdir().unwrap();
    for (name, text, lines) in [("lines", text, [4, 6, 9]), ("list", list, [4, 6, 9])] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let mut packed = gzip.finish().unwrap();
        packed.truncate(packed.len() - 2_000);
        let (mut way, _asked) = agent();
        let files = vec![file(dir.path(), name, &packed)];
        let report = import(files, false, &mut way).await.unwrap();
        assert_eq!(report.progress(), "imported 3 events, 3 of them new");
        let (mut out, written) = crate::cli::sample::output(crate::cli::args::Format::Json, None);
        report.write(&mut out).unwrap();
        let json: serde_json::Value = serde_json::from_str(&written.text()).unwrap();
        let bad = json["bad"].as_array().unwrap();
        let told: Vec<Option<u64>> = bad.iter().map(|bad| bad["line"].as_u64()).collect();
        assert_eq!(told, lines.map(Some), "{json}");
        let why = bad[2]["why"].as_str().unwrap();
        assert!(why.starts_with("from here on it cannot be read: "), "{why}");
    }
}

/// As one is for which the permission is denied, or that goes away after it was looked at. Whoever runs the tests may be allowed to read
/// everything, so other causes stand for it: opening fails for a way that leads through a file, for a link to nothing and for a socket,
/// and reading for a directory.
#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_and_keeps_no_other_from_being_imported() {
    let dir = tempfile::tempdir().unwrap();
    let good = file(dir.path(), "a", event().as_bytes());
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path().join("none"), &link).unwrap();
    let socket = dir.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let unreadable = [good.join("b"), link, socket, dir.path().to_owned()];
    for bad in unreadable {
        let (mut way, asked) = agent();
        let files = vec![bad.clone(), good.clone()];
        let mut report = import(files, false, &mut way).await.unwrap();
        assert_eq!(report.progress(), "imported 1 events, 1 of them new");
        cover(stretch(), &mut report, &mut way).await.unwrap();
        drop(way);
        assert!(!asked.await.unwrap().contains(&Ask::Cover(stretch())));
        let words = format!("{:?}", report.verdict(true).unwrap_err());
        let told = format!("{}: it cannot be read: ", bad.display());
        assert!(words.contains(&told), "{words}");

        let (mut way, _asked) = agent();
        let report = import(vec![bad], false, &mut way).await.unwrap();
        let words = format!("{:?}", report.verdict(false).unwrap_err());
        assert!(words.contains("nothing was imported"), "{words}");
        assert!(words.contains(&told), "{words}");
    }
}

/// The CSV that `events list` prints was stored as events with a time and nothing else, and it ended with 0.
#[tokio::test]
async fn our_own_csv_is_refused_as_a_file_and_the_right_form_named() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("published,type,result,uuid\n2026-11-22T10:00:00Z,a.b,SUCCESS,{UUID}\n");
    let (mut way, asked) = agent();
    let files = vec![file(dir.path(), "a", text.as_bytes())];
    let report = import(files, false, &mut way).await.unwrap();
    drop(way);
    assert_eq!(asked.await.unwrap(), []);
    let refused = report.verdict(false).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    let words = refused.words().unwrap();
    assert!(
        words.contains("`event_type`") && words.contains("-o ndjson"),
        "{words}"
    );
}

#[test]
fn what_is_no_file_is_refused_before_anything_is_done() {
    let dir = tempfile::tempdir().unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(dir.path().join("none"), &link).unwrap();
    let through_a_file = file(dir.path(), "a", b"").join("b");
    let none = dir.path().join("none");
    for file in [none, dir.path().to_owned(), through_a_file, link] {
        assert_eq!(files::check(&[file]).unwrap_err().exit_code(), 2);
    }
    files::check(&["-".into()]).unwrap();
}
