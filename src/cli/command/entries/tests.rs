//! Tests of the lists of entries: windows, formats, names, and what was never read.

use super::*;
use crate::cli::args::SearchArgs;
use crate::cli::ask::fake::Fake;
use crate::cli::kinds::{EntryListArgs, EntrySearchArgs};
use crate::cli::sample;
use crate::domain::entry::Entry;
use crate::domain::history::Interval;
use crate::domain::listing::PartialReason;
use crate::domain::text::RawJson;
use crate::msg::Problem;

fn zone(n: usize) -> EntryRow {
    let key = EntryKey {
        kind: EntryKind::Zone,
        parent: None,
        id: format!("nzo{n}").parse().unwrap(),
    };
    EntryRow {
        entry: Entry {
            key,
            name: format!("zone {}", n % 3).into(),
            status: Some("ACTIVE".into()),
            created: None,
            last_updated: None,
            facts: vec![Some("IP".into()), Some("=cmd".into())],
            refs: Vec::new(),
        },
        parent_name: None,
        names: Vec::new(),
        observed: sample::moment(9),
        spans: vec![Interval {
            from: sample::moment(1),
            to: None,
            began_by: None,
            ended_by: None,
        }],
        raw: Some(RawJson::new(format!("{{\"id\":\"nzo{n}\"}}"))),
    }
}

/// An org with that many zones, read once or never, that gives windows as the store does.
fn org(
    count: usize,
    read: bool,
    trouble: Option<PartialReason>,
) -> Fake<impl FnMut(&Ask) -> Result<Answer, Problem> + Send> {
    Fake::new(move |ask| match ask {
        Ask::Entries(query) => {
            let (field, value) = query.filter.split_once('=').unwrap_or(("", ""));
            let value = value.trim_matches('"');
            let matching: Vec<EntryRow> = (0..count)
                .map(zone)
                .filter(|row| match field {
                    "id" => row.entry.key.id.as_str().eq_ignore_ascii_case(value),
                    "name" => row.entry.name.as_str() == value,
                    _ => true,
                })
                .collect();
            let window = matching.iter().skip(query.offset).take(query.limit);
            Ok(Answer::Entries(EntryRows {
                rows: window.cloned().collect(),
                offset: query.offset,
                matched: matching.len(),
                total: count,
                position: None,
                complete_at: read.then(|| sample::moment(3)),
                trouble: trouble.clone(),
            }))
        }
        Ask::Entry(key) => {
            let number = key.id.as_str()[3..].parse().unwrap();
            Ok(Answer::Entry(Box::new(EntryDetail {
                row: zone(number),
                changes: Vec::new(),
                names: Vec::new(),
            })))
        }
        _ => Err(crate::cli::failure::problem(
            ProblemKind::Internal,
            "not here",
            "",
        )),
    })
}

fn zones(command: EntriesCommand) -> KindCommand {
    KindCommand {
        kind: EntryKind::Zone,
        command,
    }
}

fn all() -> KindCommand {
    zones(EntriesCommand::List(EntryListArgs::default()))
}

#[tokio::test]
async fn every_window_is_asked_for_and_every_row_comes_once() {
    for count in [0, 1, WINDOW_ROWS, WINDOW_ROWS + 1, 3 * WINDOW_ROWS] {
        let (mut out, written) = sample::output(Format::Json, None);
        let mut agent = org(count, true, None);
        let ended = run(all(), sample::moment(0), &mut agent, &mut out).await;
        let code = ended.err().map(|failure| failure.exit_code());
        assert_eq!(code, (count == 0).then_some(3));
        let rows: serde_json::Value = serde_json::from_str(&written.text()).unwrap();
        let ids: Vec<&str> = rows
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            ids,
            (0..count).map(|n| format!("nzo{n}")).collect::<Vec<_>>()
        );
        assert_eq!(agent.asked.len(), count.div_ceil(WINDOW_ROWS).max(1));
    }
}

#[tokio::test]
async fn a_table_has_the_first_columns_and_csv_all() {
    let (mut out, written) = sample::output(Format::Table, None);
    run(all(), sample::moment(0), &mut org(1, true, None), &mut out)
        .await
        .unwrap();
    insta::assert_snapshot!(written.text(), @r"
    ID    NAME    STATUS  TYPE  USAGE  SYSTEM  GATEWAYS
    nzo0  zone 0  ACTIVE  IP    =cmd
    ");
    let (mut out, written) = sample::output(Format::Csv, None);
    run(all(), sample::moment(0), &mut org(1, true, None), &mut out)
        .await
        .unwrap();
    let text = written.text();
    assert!(
        text.contains("\"since\",\"sinceProof\",\"observed\",\"archived\"\r\n"),
        "{text}"
    );
    assert!(text.contains("\"'=cmd\""), "{text}");
    // No event of the log proves it: it may have been there long before.
    assert!(text.contains(",\"first_seen\","), "{text}");
}

#[tokio::test]
async fn what_was_never_read_is_not_told_as_empty() {
    let scope = PartialReason::MissingScope("okta.networkZones.read".into());
    for (read, trouble, code, words) in [
        (true, None, Some(3), ""),
        (true, Some(scope.clone()), Some(3), ""),
        (false, Some(scope), Some(7), "okta.networkZones.read"),
        (false, None, Some(7), "not been read"),
    ] {
        let (mut out, _) = sample::output(Format::Json, None);
        let ended = run(
            all(),
            sample::moment(0),
            &mut org(0, read, trouble),
            &mut out,
        )
        .await
        .err();
        assert_eq!(ended.as_ref().map(Failure::exit_code), code);
        let told = ended
            .and_then(|failure| failure.words())
            .unwrap_or_default();
        assert!(told.contains(words), "{told}");
    }
}

/// A log stream that an attacker removed, or a token that was revoked, is what is asked about.
#[tokio::test]
async fn what_okta_no_longer_has_is_found_by_its_name() {
    // Zone 0 is there; zones 1 to 5 were, and 3 had the name of zone 0.
    let mut with_archived = Fake::new(|ask| {
        let Ask::Entries(query) = ask else {
            unreachable!("only lists are asked for: {ask:?}");
        };
        let (field, value) = query.filter.split_once('=').unwrap_or_default();
        let value = value.trim_matches('"');
        let shown = if query.archived { 0..6 } else { 0..1 };
        let matching = shown.map(zone).filter(|row| match field {
            "id" => row.entry.key.id.as_str() == value,
            _ => row.entry.name.as_str() == value,
        });
        Ok(Answer::Entries(EntryRows {
            rows: matching.collect(),
            offset: 0,
            matched: 0,
            total: 1,
            position: None,
            complete_at: Some(sample::moment(3)),
            trouble: None,
        }))
    });
    for (name, id) in [("zone 0", "nzo0"), ("nzo4", "nzo4")] {
        let key = find(EntryKind::Zone, name, &mut with_archived).await;
        assert_eq!(key.unwrap().id.as_str(), id, "{name}");
    }
    let several = find(EntryKind::Zone, "zone 1", &mut with_archived).await;
    assert_eq!(several.unwrap_err().exit_code(), 2);
}

#[tokio::test]
async fn a_name_means_one_or_lists_the_candidates() {
    let get = |name: &str| zones(EntriesCommand::Get { entry: name.into() });
    let (mut out, written) = sample::output(Format::Json, None);
    run(
        get("nzo1"),
        sample::moment(0),
        &mut org(3, true, None),
        &mut out,
    )
    .await
    .unwrap();
    run(
        get("zone 1"),
        sample::moment(0),
        &mut org(3, true, None),
        &mut out,
    )
    .await
    .unwrap();
    let lines: Vec<String> = written.text().lines().map(str::to_owned).collect();
    assert_eq!((lines.len(), &lines[0]), (2, &lines[1]));
    let one: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&one["id"], &one["_oktop"]["kind"]),
        (&"nzo1".into(), &"zone".into())
    );
    assert!(one["_oktop"]["spans"][0]["from"].is_string());

    let several = run(
        get("zone 1"),
        sample::moment(0),
        &mut org(6, true, None),
        &mut out,
    )
    .await
    .unwrap_err();
    assert_eq!(several.exit_code(), 2);
    assert!(
        several.words().unwrap().contains("nzo1, nzo4"),
        "{several:?}"
    );
    for missing in ["zone 7", "NZO1"] {
        let none = run(
            get(missing),
            sample::moment(0),
            &mut org(3, true, None),
            &mut out,
        )
        .await
        .unwrap_err();
        assert_eq!(none.exit_code(), 3);
    }
}

#[tokio::test]
async fn a_search_without_hits_and_a_parent_without_sense_are_told() {
    let (mut out, _) = sample::output(Format::Json, None);
    let search = EntrySearchArgs {
        of: None,
        search: SearchArgs {
            filter: vec!["name=nothing".into()],
            list: ListArgs::default(),
        },
    };
    let none = run(
        zones(EntriesCommand::Search(search)),
        sample::moment(0),
        &mut org(3, true, None),
        &mut out,
    )
    .await;
    assert_eq!(none.unwrap_err().exit_code(), 3);
    let args = EntryListArgs {
        of: Some("x".into()),
        list: ListArgs::default(),
    };
    let below = run(
        zones(EntriesCommand::List(args)),
        sample::moment(0),
        &mut org(3, true, None),
        &mut out,
    )
    .await;
    assert_eq!(below.unwrap_err().exit_code(), 2);
}
