//! Reading: what is in front of the operator leaves the console, as a file, a copy or a picture.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use oktop::cli::export::clerk::Clerk;
use oktop::clock::Clock;
use oktop::console::Files as _;
use oktop::domain::query::EventQuery;
use oktop::msg::{Problem, ProblemKind};
use oktop::ui::event::{Effect, Event};
use oktop::ui::export::{Job, News, What};
use oktop::ui::record::Topic;

use oktop::domain::id::Kind;
use oktop::ui::record::Wanted;
use tokio::sync::{mpsc, watch};

use crate::support::desk::Desk;
use crate::support::fake_agent::{FakeAgent, Org0, Way};

/// The export that was begun last.
fn job(desk: &Desk) -> Job {
    let mut jobs = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Export(job) => Some(&**job),
        _ => None,
    });
    jobs.next_back().expect("an export was begun").clone()
}

fn last_line(desk: &mut Desk) -> String {
    desk.screen().lines().last().unwrap().to_owned()
}

#[test]
fn what_is_filtered_and_sorted_is_exported_whole() {
    let mut desk = Desk::new(80, 24);
    desk.press("2/status:active<enter>sl");
    desk.press("E");
    assert!(
        last_line(&mut desk).contains("export to (tab: format): oktop-users-2"),
        "{}",
        last_line(&mut desk)
    );
    desk.press("<tab>");
    assert!(last_line(&mut desk).contains(".ndjson"));
    desk.press("<enter>");
    let job = job(&desk);
    assert!(job.path.ends_with(".ndjson"), "{}", job.path);
    let What::List { topic, wanted } = job.what else {
        panic!("{:?}", job.what)
    };
    assert!(matches!(topic, Topic::Objects(..)));
    assert_eq!(wanted.filter, "status:active");
    assert_eq!(wanted.sort.unwrap().field, "login");
    assert_eq!((wanted.offset, wanted.limit), (0, usize::MAX));
}

#[test]
fn events_are_exported_with_the_filter_of_their_page_too() {
    let mut desk = Desk::new(80, 24);
    desk.press("2e/result:failure<enter>:export x.md<enter>");
    let What::Events(EventQuery { filter, .. }) = job(&desk).what else {
        panic!()
    };
    assert!(
        filter.starts_with("about:") && filter.ends_with("(result:failure)"),
        "{filter}"
    );
}

#[test]
fn an_export_tells_how_far_it_is_until_it_is_done_or_stopped() {
    let mut desk = Desk::new(80, 24);
    desk.press("2:export a.csv<enter>");
    let going = |rows, of| {
        Event::Exported(News::Going {
            rows,
            of,
            reached: None,
        })
    };
    desk.happen(going(500, Some(2_000)));
    insta::assert_snapshot!("exporting_80x24", desk.body());
    desk.press("E");
    assert!(last_line(&mut desk).contains("One export is under way"));
    desk.press("<ctrl-c>");
    assert_eq!(desk.effects.last(), Some(&Effect::StopExport));
    let stopped = Problem {
        kind: ProblemKind::Refused,
        summary: "stopped: nothing was exported".into(),
        hint: Some("E begins it again".into()),
        column: None,
    };
    desk.happen(Event::Exported(News::Failed(stopped)));
    assert!(last_line(&mut desk).contains("Stopped: nothing was exported."));
    assert!(!desk.body().contains("exporting"));
    desk.press("<ctrl-c>");
    assert!(
        !desk.effects.contains(&Effect::Quit),
        "stopping was no first step out"
    );
    desk.press(":export b.csv<enter>");
    desk.happen(Event::Exported(News::Done(
        "exported 2 users to b.csv".into(),
    )));
    assert!(last_line(&mut desk).contains("Exported 2 users to b.csv."));
    desk.press("!");
    assert!(desk.screen().contains("Exported 2 users to b.csv."));
}

#[test]
fn what_is_no_list_is_not_exported_and_says_why() {
    let mut desk = Desk::new(80, 24);
    desk.press("2<enter>E");
    assert!(
        last_line(&mut desk).contains("export: not now, only lists and events"),
        "{}",
        last_line(&mut desk)
    );
}

#[test]
fn the_screen_is_saved_as_it_is_seen() {
    let mut desk = Desk::new(80, 24);
    desk.press("2");
    let seen = desk.screen();
    desk.press(":screendump a.txt<enter>");
    let Some(Effect::Save { path, text }) = desk.effects.last() else {
        panic!("{:?}", desk.effects.last())
    };
    assert_eq!((path.as_str(), text), ("a.txt", &seen));
    desk.press(":screendump<enter>");
    let Some(Effect::Save { path, text }) = desk.effects.last() else {
        panic!()
    };
    assert!(path.starts_with("oktop-screen-"));
    assert_eq!(path.rsplit('.').next(), Some("svg"));
    assert!(text.starts_with("<svg "));
}

/// What was copied last.
fn copied(desk: &Desk) -> String {
    let mut copies = desk.effects.iter().filter_map(|effect| match effect {
        Effect::Copy(text) => Some(text),
        _ => None,
    });
    copies.next_back().expect("something was copied").clone()
}

#[test]
fn c_shows_what_can_be_copied_and_its_second_key_copies_it() {
    let mut desk = Desk::new(80, 24);
    desk.press("2c");
    insta::assert_snapshot!(last_line(&mut desk), @" c cell  i id  r row  j json  l link  m markdown  u curl");
    desk.press("c");
    assert_eq!(copied(&desk), "user0000@example.com");
    assert!(
        last_line(&mut desk)
            .contains("Sent the cell to the clipboard of your terminal (20 bytes).")
    );
    desk.press("ci");
    assert_eq!(copied(&desk), "00u0000");
    desk.press("cr");
    assert!(
        copied(&desk).starts_with("user0000@example.com\tACTIVE\tAna Lopez\t"),
        "{}",
        copied(&desk)
    );
    desk.press("cm");
    assert!(copied(&desk).starts_with("| LOGIN | STATUS | NAME |"));
    desk.press("cj");
    let json: serde_json::Value = serde_json::from_str(&copied(&desk)).unwrap();
    assert!(json["id"].as_str().unwrap().starts_with("00u"), "{json}");
    desk.press("cu");
    assert!(copied(&desk).contains("$OKTOP_API_TOKEN"));
    desk.press("cl");
    assert!(copied(&desk).contains("-admin.okta.com/admin/user/profile/view/00u"));
}

#[test]
fn all_marked_rows_are_copied_also_those_that_are_not_loaded() {
    let mut desk = Desk::new(80, 24);
    desk.press("2 jj G ");
    desk.press("cr");
    let lines: Vec<String> = copied(&desk).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].starts_with("user0000@"), "{lines:?}");
    assert!(lines[2].starts_with("user19999@"), "{lines:?}");
    assert!(last_line(&mut desk).contains("Sent 3 rows to the clipboard"));
    desk.press("cj");
    assert_eq!(copied(&desk).lines().count(), 3);
    desk.press("<esc>1kk  cj");
    assert_eq!(copied(&desk).lines().count(), 2);
    assert!(copied(&desk).contains("\"uuid\""));
}

#[test]
fn what_a_terminal_does_not_take_is_not_sent() {
    let mut desk = Desk::new(80, 24);
    desk.press("2*cr");
    assert!(
        last_line(&mut desk).contains("943 of the rows are not loaded; E writes all to a file."),
        "{}",
        last_line(&mut desk)
    );
    assert!(
        !desk
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Copy(_)))
    );
}

#[test]
fn the_cell_of_an_event_is_copied_whole() {
    let mut desk = Desk::new(80, 24);
    desk.press("1hhhhcc");
    let whole = copied(&desk);
    assert!(whole.ends_with('Z') || whole.len() == 10, "{whole}");
    desk.press("lcc");
    assert!(copied(&desk).ends_with('Z'), "a moment to the millisecond");
    desk.press("<enter>jcc");
    assert!(!copied(&desk).is_empty(), "a value of an event's page");
}

fn users(path: &Path) -> Job {
    Job {
        what: What::List {
            topic: Topic::all(Kind::User),
            wanted: Wanted {
                filter: "status:active".into(),
                sort: None,
                archived: false,
                as_of: None,
                offset: 0,
                limit: usize::MAX,
                around: None,
                with_raw: false,
            },
        },
        plural: "users".into(),
        columns: None,
        path: path.display().to_string(),
    }
}

/// Runs an export to its end; the last of its news, and how many there were before.
fn carried_out(way: Way, path: &Path, stop: bool) -> (News, usize) {
    carried_out_with(users(path), way, stop)
}

/// An org of several windows: the fake agent goes through all of its users for each.
fn small() -> Org0 {
    Org0 {
        users: 4_000,
        ..Org0::default()
    }
}

fn carried_out_with(job: Job, way: Way, stop: bool) -> (News, usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let clerk = Clerk {
            way: Arc::new(FakeAgent::new(small(), way)),
            clock: Clock::real(),
        };
        let (tell, mut news) = mpsc::unbounded_channel();
        let (_stop, stopped) = watch::channel(stop);
        let thread = clerk.export(job, tell, stopped);
        let all = async {
            let mut all = Vec::new();
            while let Some(one) = news.recv().await {
                all.push(one);
            }
            thread.await.unwrap();
            all
        };
        let mut all = tokio::time::timeout(Duration::from_mins(2), all)
            .await
            .unwrap();
        (all.pop().expect("it ends with a word"), all.len())
    })
}

#[test]
fn the_console_s_export_has_every_row_with_its_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("users.csv");
    let (last, before) = carried_out(Way::Holds, &path, false);
    let News::Done(words) = last else {
        panic!("{last:?}")
    };
    assert!(before > 1, "it told how far it was");
    assert!(words.contains("users.csv.manifest.json"), "{words}");
    let manifest = fs::read_to_string(dir.path().join("users.csv.manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let lines = fs::read_to_string(&path).unwrap().lines().count();
    assert!(lines > 1_000);
    let text = fs::read_to_string(&path).unwrap();
    let different: std::collections::BTreeSet<&str> = text.lines().collect();
    assert_eq!(different.len(), lines, "no row is there twice");
    assert_eq!(manifest["rows"], lines - 1);
    assert_eq!(manifest["query"]["filter"], "status:active");
    assert_eq!(manifest["org"]["host"], "acme.okta.com");
}

#[test]
fn nothing_is_left_of_an_export_that_is_stopped_or_loses_its_agent() {
    for (way, stop, words) in [
        (Way::Holds, true, "stopped: nothing was exported"),
        (Way::BreaksOnce, false, "connection to the agent was lost"),
        (Way::Refused, false, "of another version"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (last, _) = carried_out(way, &dir.path().join("users.csv"), stop);
        let News::Failed(problem) = last else {
            panic!("{last:?}")
        };
        assert!(problem.summary.contains(words), "{problem:?}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}

#[test]
fn json_is_folded_searched_and_read_as_yaml() {
    for (width, height) in [(60, 15), (80, 24), (120, 36)] {
        let mut desk = Desk::new(width, height);
        desk.press("2<enter>y");
        desk.press("/LAST<enter>");
        let screen = desk.screen();
        assert!(screen.contains("match 1 of"), "{screen}");
        insta::assert_snapshot!(format!("raw_searched_{width}x{height}"), desk.body());
        desk.press("n<esc>hh");
        assert!(!desk.screen().contains("match"), "esc gave the search up");
        desk.press("y");
        insta::assert_snapshot!(format!("raw_yaml_{width}x{height}"), desk.body());
    }
}

#[test]
fn the_json_of_an_event_is_read_the_same_way() {
    let mut desk = Desk::new(80, 24);
    desk.press("1<enter>yjjcc");
    assert_eq!(copied(&desk).len(), 36, "the uuid, which the cursor is on");
    desk.press("y");
    assert!(desk.screen().contains("YAML"), "{}", desk.screen());
    desk.press("N");
    assert!(
        last_line(&mut desk).contains("next-match")
            || last_line(&mut desk).contains("nothing is searched for")
    );
    desk.press("<esc>n");
    assert!(
        last_line(&mut desk).contains("only JSON is searched"),
        "{}",
        last_line(&mut desk)
    );
}

#[test]
fn marked_rows_are_exported_alone_and_the_prompt_says_so() {
    let mut desk = Desk::new(80, 24);
    desk.press("2 j E");
    assert!(
        last_line(&mut desk).contains("export 2 marked rows to (tab: format): oktop-users-"),
        "{}",
        last_line(&mut desk)
    );
    desk.press("<enter>");
    let one = job(&desk);
    assert_eq!(one.plural, "marked users");
    let What::List { wanted, .. } = one.what else {
        panic!("{:?}", one.what)
    };
    assert_eq!(wanted.filter, "id=00u0000 or id=00u0002");
    let mut desk = Desk::new(80, 24);
    desk.press("1kk  :export x.csv<enter>");
    let What::Marked(uuids) = job(&desk).what else {
        panic!("{:?}", job(&desk).what)
    };
    assert_eq!(uuids.len(), 2);
}

/// The columns that were chosen, in CSV and Markdown alike; of Okta's JSON nothing is left out.
#[test]
fn the_chosen_columns_are_exported() {
    let dir = tempfile::tempdir().unwrap();
    let chosen = ["NAME", "$.profile.login", "STATUS"].map(str::to_owned);
    for (name, first) in [
        ("a.csv", "\"NAME\",\"profile.login\",\"STATUS\""),
        ("a.md", "| NAME | profile.login | STATUS |"),
        ("a.ndjson", "{"),
    ] {
        let path = dir.path().join(name);
        let mut job = users(&path);
        job.columns = Some(chosen.to_vec());
        let (last, _) = carried_out_with(job, Way::Holds, false);
        assert!(matches!(last, News::Done(_)), "{last:?}");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(first), "{name}: {}", &text[..200]);
        assert!(text.contains("user0001@example.com"), "{name}");
    }
    let text = fs::read_to_string(dir.path().join("a.csv.manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(manifest["columns"][1], "profile.login");
}

/// They were what the screen showed: times to the minute, `-` for nothing.
#[test]
fn chosen_columns_have_the_values_that_files_have() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let mut job = users(&path);
    job.columns = Some(
        ["LOGIN", "LAST LOGIN", "UPDATED"]
            .map(str::to_owned)
            .to_vec(),
    );
    let (last, _) = carried_out_with(job, Way::Holds, false);
    assert!(matches!(last, News::Done(_)), "{last:?}");
    let text = fs::read_to_string(&path).unwrap();
    let cells: Vec<&str> = text
        .lines()
        .skip(1)
        .flat_map(|line| line.split(',').skip(1))
        .map(|cell| cell.trim_matches('"'))
        .filter(|cell| !cell.is_empty())
        .collect();
    assert!(cells.len() > 10, "{text}");
    for cell in cells {
        assert!(cell.parse::<jiff::Timestamp>().is_ok(), "{cell}");
    }
}

#[test]
fn the_path_of_a_value_is_copied() {
    let mut desk = Desk::new(80, 24);
    desk.press("2<enter>yjjjcp");
    let path = copied(&desk);
    assert!(path.starts_with("profile"), "{path}");
    desk.press("<esc><esc>cp");
    assert!(
        last_line(&mut desk).contains("only JSON has paths; y shows it"),
        "{}",
        last_line(&mut desk)
    );
}

#[test]
fn what_a_page_of_an_address_tells_is_copied() {
    let mut desk = Desk::new(120, 36);
    desk.press("1kJicc");
    let address = copied(&desk);
    assert!(address.parse::<std::net::IpAddr>().is_ok(), "{address}");
    desk.press("ci");
    assert_eq!(copied(&desk), address);
    desk.press("jcc");
    assert!(copied(&desk).ends_with("@example.com"), "{}", copied(&desk));
    desk.press("cr");
    assert!(copied(&desk).contains('\t'), "{}", copied(&desk));
    desk.press("ci");
    assert!(copied(&desk).starts_with("00u"), "{}", copied(&desk));
}
