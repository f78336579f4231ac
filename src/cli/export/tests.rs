//! Tests of exports: what is in the file and its manifest, and that a failure leaves neither.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::cli::args::{ExportCommand, ListArgs};
use crate::cli::ask::fake::Fake;
use crate::cli::command::{export, list};
use crate::cli::sample;
use crate::domain::query::Rows;
use crate::domain::resource::{Gap, LogStatus};
use crate::domain::user::User;
use crate::msg::{Answer, Ask, Problem};

/// An agent with so many users.
fn org(count: usize, complete: bool) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
    Fake::new(move |ask| match ask {
        Ask::Users(query) => {
            // The last window is as full as the others.
            let begin = query.offset.min(count.saturating_sub(query.limit));
            let end = count.min(begin + query.limit);
            Ok(Answer::Users(Rows {
                rows: (begin..end).map(sample::user).collect(),
                offset: begin,
                matched: count,
                total: count,
                position: None,
                complete,
                searched: None,
            }))
        }
        _ => Ok(Answer::Status(Box::new(sample::status()))),
    })
}

/// How everything stood around an export that took no time.
fn stands(now: Timestamp) -> Stands {
    Stands {
        began: now,
        before: sample::status(),
        after: sample::status(),
        ended: now,
    }
}

fn place(name: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    (dir, path)
}

/// Exports so many users; the manifest, or what was said.
async fn exported(path: &Path, count: usize, complete: bool) -> Result<Value, Failure> {
    let export = Export::begin(path)?;
    let mut out = export.output().silent();
    let args = ListArgs {
        sort: Some("login".to_owned()),
        ..ListArgs::default()
    };
    let now = sample::moment(9);
    let mut agent = org(count, complete);
    let done = list::all::<User>(&args, now, &mut agent, &mut out).await;
    let lack = export.lack(&done).expect("a list was written");
    let about = std::mem::take(&mut out.about);
    drop(out);
    export.end(&about, lack.as_deref(), &stands(now))?;
    let text = fs::read_to_string(manifest_of(path)).unwrap();
    Ok(serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn a_file_has_every_row_and_its_manifest_says_what_it_is() {
    for (name, lines) in [("a.csv", 1_201), ("a.ndjson", 1_200), ("a.md", 1_202)] {
        let (_dir, path) = place(name);
        let told = exported(&path, 1_200, true).await.unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), lines, "{name}");
        assert_eq!(told["rows"], 1_200);
        assert_eq!(told["bytes"], text.len());
        assert_eq!(told["query"]["sort"]["field"], "login");
        assert_eq!(told["coverage"]["complete"], true);
        assert_eq!(told["coverage"]["lists"][0]["list"], "users");
        assert_eq!(told["file"], name);
        assert_eq!(told["query"]["now"], format_okta(sample::moment(9)));
        assert_eq!(told["oktop"], env!("CARGO_PKG_VERSION"));
        let columns = told["columns"].as_array().unwrap().len();
        assert_eq!(columns > 0, name != "a.ndjson", "{told}");
        let (mut out, written) = sample::output(Format::Json, None);
        let verify = ExportCommand::Verify { file: path.clone() };
        export::run(&verify, &mut out).unwrap();
        assert!(written.text().contains("\"same\": true"));
        fs::write(&path, text + "x").unwrap();
        let (mut out, _) = sample::output(Format::Json, None);
        let ended = export::run(&verify, &mut out).unwrap_err();
        assert_eq!(ended.exit_code(), 1, "a byte more is another file");
    }
}

#[tokio::test]
async fn what_is_not_all_there_is_says_so() {
    let (_dir, path) = place("a.csv");
    let told = exported(&path, 3, false).await.unwrap();
    assert_eq!(told["coverage"]["complete"], false);
    assert!(
        told["notes"][0].as_str().unwrap().contains("not all users"),
        "{told}"
    );
}

/// An agent with users that change: as many windows as `changes` says are each followed by a change.
fn restless(
    mut changes: usize,
    count: usize,
) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
    let mut status = sample::status();
    let mut quiet = org(count, true);
    Fake::new(move |ask| match ask {
        Ask::Users(_) => {
            if changes > 0 {
                changes -= 1;
                status.revisions.users += 1;
            }
            quiet.answer_now(ask)
        }
        _ => Ok(Answer::Status(Box::new(status.clone()))),
    })
}

/// Pages go by where rows stand: what changes between two of them may be in neither or in both, and nobody could tell from the file.
#[tokio::test]
async fn a_list_that_changes_while_it_is_written_is_begun_again_and_never_told_complete() {
    // Three windows each: the first one to hold still is kept.
    for (changes, tries, still) in [
        (0, 1, true),
        (1, 2, true),
        (7, 4, true),
        (usize::MAX, 5, false),
    ] {
        let (_dir, path) = place("a.csv");
        let export = Export::begin(&path).unwrap();
        let mut out = export.output().silent();
        let mut agent = restless(changes, 1_200);
        let query = crate::domain::query::ListQuery {
            limit: usize::MAX,
            ..Default::default()
        };
        let done = list::write::<User>(query, &mut agent, &mut out).await;
        let asked = agent
            .asked
            .iter()
            .filter(|ask| matches!(ask, Ask::Users(_)));
        assert_eq!(asked.count(), 3 * tries, "{changes}");
        let done = done.map(drop);
        let lack = export.lack(&done).expect("a list was written");
        assert_eq!(lack.is_none(), still, "{changes}: {lack:?}");
        let about = std::mem::take(&mut out.about);
        drop(out);
        export
            .end(&about, lack.as_deref(), &stands(sample::moment(9)))
            .unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 1_201, "each row is there once");
        let manifest = fs::read_to_string(manifest_of(&path)).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!(manifest["rows"], 1_200);
        assert_eq!(manifest["coverage"]["complete"], still);
        let notes = manifest["notes"].to_string();
        assert_eq!(
            notes.contains("changed while it was written"),
            !still,
            "{notes}"
        );
    }
}

/// A list in one window is of one moment, whatever happens beside it.
#[tokio::test]
async fn a_list_of_one_window_is_not_begun_again() {
    let (_dir, path) = place("a.csv");
    let export = Export::begin(&path).unwrap();
    let mut out = export.output().silent();
    let mut agent = restless(usize::MAX, 300);
    let query = crate::domain::query::ListQuery {
        limit: usize::MAX,
        ..Default::default()
    };
    let rows = list::write::<User>(query, &mut agent, &mut out)
        .await
        .unwrap();
    assert_eq!(rows, 300);
    let asked = agent
        .asked
        .iter()
        .filter(|ask| matches!(ask, Ask::Users(_)));
    assert_eq!(asked.count(), 1);
}

/// What came while rows were read is not in the file, so the manifest must not say that it is.
#[tokio::test]
async fn what_a_manifest_tells_of_the_log_is_what_was_stored_before_it_was_read() {
    let stretch = |from, to| Stretch {
        from: sample::moment(from),
        to: sample::moment(to),
    };
    let with = |complete| Status {
        log: LogStatus {
            complete: vec![complete],
            ..LogStatus::default()
        },
        ..sample::status()
    };
    let (_dir, path) = place("a.ndjson");
    let export = Export::begin(&path).unwrap();
    let about = About {
        query: Some(json!({"filter": ""})),
        stretch: Some(Bounds {
            since: Some(sample::moment(10)),
            until: Some(sample::moment(60)),
        }),
        needs: vec![Resource::Log],
        ..About::default()
    };
    let stands = Stands {
        began: sample::moment(40),
        before: with(stretch(0, 39)),
        after: with(stretch(0, 90)),
        ended: sample::moment(90),
    };
    export.end(&about, None, &stands).unwrap();
    let manifest = fs::read_to_string(manifest_of(&path)).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest["coverage"]["to"], format_okta(sample::moment(39)));
}

#[tokio::test]
async fn a_name_that_is_taken_or_says_no_format_is_refused_before_anything_is_asked() {
    let (dir, path) = place("a.csv");
    let words = |path: &Path| Export::begin(path).err().unwrap().words().unwrap();
    fs::write(manifest_of(&path), "old").unwrap();
    assert!(words(&path).contains("a.csv.manifest.json exists already"));
    fs::remove_file(manifest_of(&path)).unwrap();
    fs::write(&path, "old").unwrap();
    let told = words(&path);
    assert!(told.contains("exists already") && told.contains("choose another name"));
    assert!(words(&dir.path().join("a.xls")).contains("end in .ndjson, .json, .csv or .md"));
    assert!(words(&dir.path().join("gone/a.csv")).contains("there is no directory"));
}

/// The disk is full when the manifest is to be written.
#[tokio::test]
async fn without_its_manifest_there_is_no_file() {
    let (dir, path) = place("a.csv");
    let export = Export::begin(&path).unwrap();
    let mut out = export.output();
    out.text("rows").unwrap();
    out.flush().unwrap();
    drop(out);
    fs::create_dir(manifest_of(&path)).unwrap();
    let now = sample::moment(9);
    let about = About {
        query: Some(json!({"filter": ""})),
        ..About::default()
    };
    let ended = export.end(&about, None, &stands(now));
    assert_eq!(ended.unwrap_err().exit_code(), 8);
    assert!(!path.exists());
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn a_list_that_nobody_can_say_the_question_of_is_refused() {
    let (dir, path) = place("a.csv");
    let export = Export::begin(&path).unwrap();
    let ended = export.end(&About::default(), None, &stands(sample::moment(9)));
    assert_eq!(ended.unwrap_err().exit_code(), 1);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn two_formats_that_contradict_each_other_are_refused() {
    let (_dir, path) = place("a.csv");
    let export = Export::begin(&path).unwrap();
    for (asked, agrees) in [
        (Format::Table, true),
        (Format::Csv, true),
        (Format::Json, false),
    ] {
        assert_eq!(export.agree_with(asked).is_ok(), agrees, "{asked:?}");
    }
}

#[test]
fn what_a_disk_says_is_told_with_what_to_do() {
    let path = Path::new("/x/a.csv");
    for (kind, code, words) in [
        (io::ErrorKind::StorageFull, 1, "the disk of /x is full"),
        (
            io::ErrorKind::PermissionDenied,
            8,
            "may not make files in /x",
        ),
        (io::ErrorKind::NotFound, 2, "there is no directory /x"),
        (io::ErrorKind::ReadOnlyFilesystem, 8, "/x can only be read"),
    ] {
        let failure = not_written(path, &kind.into());
        assert_eq!(failure.exit_code(), code);
        let told = failure.words().unwrap();
        assert!(told.contains(words) && told.contains("hint:"), "{told}");
    }
}

#[test]
fn the_manifest_of_a_log_tells_its_gaps() {
    let at = sample::moment;
    let stretch = |from, to| Stretch {
        from: at(from),
        to: at(to),
    };
    let gap = |from, to, filled| Gap {
        from: at(from),
        to: at(to),
        reason: "the agent did not run".into(),
        filled,
    };
    let log = LogStatus {
        complete: vec![stretch(10, 20), stretch(30, 40)],
        gaps: vec![gap(20, 30, None), gap(12, 13, Some(at(50)))],
        ..LogStatus::default()
    };
    let coverage = |since: Option<Timestamp>, until: Option<Timestamp>, log: &LogStatus, now| {
        let status = Status {
            log: log.clone(),
            ..sample::status()
        };
        coverage_of_log(Bounds { since, until }, &status, now)
    };
    let told = coverage(Some(at(15)), Some(at(35)), &log, at(99_999));
    assert_eq!(told["complete"], false);
    assert_eq!(told["gaps"].as_array().unwrap().len(), 1);
    assert_eq!(told["missing"][0]["from"], format_okta(at(20)));
    assert_eq!(told["missing"][0]["to"], format_okta(at(30)));
    let told = coverage(Some(at(31)), Some(at(35)), &log, at(99_999));
    assert_eq!(told["complete"], true);
    assert_eq!(told["gaps"].as_array().unwrap().len(), 0);
    let told = coverage(None, Some(at(20)), &log, at(99_999));
    assert_eq!(told["complete"], true, "all that is stored");
    let told = coverage(None, None, &LogStatus::default(), at(99));
    assert_eq!(told["complete"], false, "nothing is known");
    // The last poll was 5 seconds ago, and nothing later was asked for.
    for (since, complete) in [(Some(at(31)), true), (Some(at(15)), false), (None, false)] {
        let told = coverage(since, None, &log, at(45));
        assert_eq!(told["complete"], complete, "{since:?}: {told}");
        assert_eq!(told["to"], format_okta(at(40)));
    }
}
