//! Each form, whole and damaged.

use std::io::BufReader;

use super::*;
use crate::okta::{read_log_event, read_log_page};

const UUID: &str = "5d730bf4-8b95-11ea-8cbe-bf2eaab2e9ef";

fn read(text: impl AsRef<[u8]>) -> Vec<Exported> {
    let text = text.as_ref();
    // Where there is not much, a buffer of a few bytes, so that everything is cut in two somewhere.
    let capacity = if text.len() < 10_000 { 7 } else { 5_000 };
    let from = BufReader::with_capacity(capacity, text);
    let mut export = Export::open(from).unwrap();
    std::iter::from_fn(|| export.next_event().unwrap()).collect()
}

/// The lines of the events, and those of what is none.
fn lines(text: impl AsRef<[u8]>) -> (Vec<u64>, Vec<u64>) {
    let (good, bad): (Vec<_>, Vec<_>) = read(text).into_iter().partition(|one| one.event.is_ok());
    let line = |one: Exported| one.line;
    (
        good.into_iter().map(line).collect(),
        bad.into_iter().map(line).collect(),
    )
}

fn fault(text: impl AsRef<[u8]>) -> ExportFault {
    Export::open(text.as_ref()).map(|_| ()).unwrap_err()
}

fn event(number: u32) -> String {
    format!("{{\"uuid\":\"{number}\",\"text\":\"}}]\\\"\\\\\",\"list\":[{{}},[]]}}")
}

#[test]
fn lines_are_events_whatever_ends_them() {
    let (one, two) = (event(1), event(2));
    for text in [
        format!("{one}\n{two}\n"),
        format!("\u{feff}{one}\r\n{two}"),
        format!("{one}\r\n{two}\r\n\r\n"),
    ] {
        let found: Vec<_> = read(&text).into_iter().map(|one| one.event).collect();
        assert_eq!(found, [Ok(one.clone()), Ok(two.clone())], "{text:?}");
    }
    assert_eq!(lines(format!("\n \n{one}\n\n{two}")).0, [3, 5]);
    assert_eq!(read(""), []);
    assert_eq!(read("\u{feff} \n"), []);
}

#[test]
fn a_damaged_line_costs_itself_alone() {
    let text = format!(
        "{}\n{{\"uuid\":\n17\nnull\n[{}]\n{{\"event\":\"a\u{1}\"}}\n{}\n{}",
        event(1),
        event(2),
        event(3),
        &event(4)[..9]
    );
    assert_eq!(lines(&text), (vec![1, 7], vec![2, 3, 4, 5, 6, 8]));
    let mut bytes = text.into_bytes();
    bytes[2] = 0xff;
    assert_eq!(lines(bytes).0, [7]);
}

#[test]
fn what_is_not_wrapped_is_refused_where_it_is_read() {
    let good = format!("{{\"uuid\":\"{UUID}\",\"published\":\"2026-11-01T10:00:00.000Z\"}}");
    let item = read_log_event(good.clone()).unwrap();
    assert_eq!(item.value.uuid.to_string(), UUID);
    assert_eq!(item.raw.as_unsafe_str(), good);
    for bad in [
        good.replace(',', ""),
        good.replace("10:", "\u{1}"),
        good.replace("uuid", "guid"),
        format!("{good}}}"),
        format!("{good}{good}"),
    ] {
        assert_eq!(read(&bad)[0].event.as_deref(), Ok(bad.as_str()));
        assert!(read_log_event(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_line_that_is_too_long_is_refused_with_its_number() {
    let long = |length: usize| format!("{{\"uuid\":\"{}\"}}", "a".repeat(length - 11));
    for (length, good) in [(MAX_EVENT_BYTES, true), (MAX_EVENT_BYTES + 1, false)] {
        let text = format!("{}\n{}\r\n{}", event(1), long(length), event(2));
        let found = read(&text);
        assert_eq!(found.len(), 3);
        assert_eq!((found[1].line, found[1].event.is_ok()), (2, good));
        assert!(found[2].event.is_ok());
    }
    let list = format!("[{},\n{},\n{}]", event(1), long(2 << 20), event(2));
    let found = read(&list);
    assert_eq!(found.len(), 3);
    assert_eq!(
        (found[1].line, &found[1].event),
        (2, &Err(BadLine::TooLong))
    );
    assert_eq!(found[2].event, Ok(event(2)));
}

#[test]
fn a_list_is_read_however_it_is_laid_out() {
    let (one, two) = (event(1), event(2));
    for (text, expected) in [
        (format!("[{one},{two}]"), [1, 1]),
        (
            format!("\u{feff}\n[\r\n  {one},\r\n  {two}\r\n]\r\n"),
            [3, 4],
        ),
        (format!("[{one}]\n[{two}]"), [1, 2]),
    ] {
        let found = read(&text);
        assert_eq!(
            found.iter().map(|one| one.line).collect::<Vec<_>>(),
            expected
        );
        assert_eq!(found[1].event, Ok(two.clone()), "{text:?}");
    }
    let pretty = "[\n  {\n    \"uuid\": \"1\"\n  },\n  {\n    \"uuid\": \"2\"\n  }\n]";
    assert_eq!(lines(pretty).0, [2, 5]);
    assert_eq!(read("[]"), []);
}

#[test]
fn what_is_damaged_in_a_list_costs_its_line() {
    let text = format!(
        "[{},\n{{\"uuid\":\"cut\n{},\nnull,\n{},\n{{\"uuid\":",
        event(1),
        event(2),
        event(3)
    );
    assert_eq!(lines(text), (vec![1, 3, 5], vec![2, 4, 6]));
}

/// What was no event took the rest of its line with it, which is all of a list that is one line.
#[test]
fn what_is_no_event_costs_itself_alone_in_a_list_on_one_line() {
    let (one, two) = (event(1), event(2));
    let long = format!("{{\"uuid\":[\"{}\",{{}}]}}", "a]}".repeat(700_000));
    for (damaged, count) in [
        ("null", 1),
        ("-17.5e3,true", 2),
        ("\"},{\\\"\\\\\"", 1),
        ("\"\"", 1),
        ("[[1,\"a\"],[]]", 2),
        ("nu\"ll", 1),
        ("\u{feff}", 1),
        ("{\"a\":1}}", 1),
        (&long, 1),
    ] {
        let text = format!("[{one},{damaged},{two},{damaged}, {one}]");
        let (good, bad): (Vec<_>, Vec<_>) =
            read(&text).into_iter().partition(|one| one.event.is_ok());
        let good: Vec<_> = good.into_iter().filter_map(|one| one.event.ok()).collect();
        let name = &damaged[..damaged.len().min(20)];
        let ours: Vec<_> = good.iter().filter(|event| **event != "{\"a\":1}").collect();
        assert_eq!(ours, [&one, &two, &one], "{name}");
        assert_eq!(bad.len(), 2 * count, "{name}");
    }
}

#[test]
fn a_lost_brace_costs_no_more_than_the_longest_event() {
    let rest = format!("{},\n", event(2)).repeat((2 << 20) / event(2).len());
    let text = format!("[{{\"uuid\":\"1\",\n{rest}{}]", event(3));
    let found = read(text);
    let (first, last) = (&found[0], found.last().unwrap());
    assert_eq!((first.line, &first.event), (1, &Err(BadLine::TooLong)));
    assert_eq!(last.event, Ok(event(3)));
    assert!(found[1..].iter().all(|one| one.event.is_ok()));
}

#[test]
fn as_many_envelopes_as_may_be_are_opened() {
    let wrapped = |count: usize| {
        let (open, closed) = ("{\"event\":".repeat(count), "}".repeat(count));
        read(format!("{open}{}{closed}", event(1))).remove(0).event
    };
    assert_eq!(wrapped(3), Ok(event(1)));
    assert_eq!(wrapped(4), Err(envelope::something_else()));
}

#[test]
fn envelopes_are_opened() {
    let event = event(1);
    for text in [
        format!("{{\"version\":\"0\",\"detail-type\":\"SystemLog\",\"detail\":{event}}}"),
        format!("{{\"time\":17.5,\"sourcetype\":\"OktaIM2:log\",\"event\": {event} }}"),
        format!("{{\"event\":{{\"detail\":{event}}}}}"),
    ] {
        assert_eq!(read(&text)[0].event, Ok(event.clone()), "{text}");
        assert_eq!(read(format!("[{text}]"))[0].event, Ok(event.clone()));
    }
    // A line that was cut in two on its way is text in its envelope, and no event.
    assert_eq!(lines("{\"event\":\"text\"}").1, [1]);
    assert_eq!(
        lines("{\"event\":{\"event\":{\"event\":{\"event\":1}}}}").1,
        [1]
    );
}

#[test]
fn our_own_export_gives_back_what_okta_sent() {
    let theirs = event(1);
    let ours = theirs.replace("]}", "],\"_oktop\":{\"pos\":{\"seq\":1}}}");
    assert_ne!(ours, theirs);
    assert_eq!(read(&ours)[0].event, Ok(theirs.clone()));
    // As `jq` lays it out, and as it sorts it.
    for ours in [
        theirs.replace("]}", "],\n  \"_oktop\" : {\n \"pos\": {\"seq\": 1}\n}\n}"),
        theirs.replacen('{', "{\"_oktop\": {\"pos\":1} ,", 1),
        theirs.replacen(',', ",\"_oktop\":{},", 1),
    ] {
        assert_eq!(
            read(format!("[{ours}]"))[0].event,
            Ok(theirs.clone()),
            "{ours}"
        );
    }
}

#[test]
fn the_admin_consoles_csv_becomes_events() {
    let text = format!(
        "\u{feff}timestamp,uuid,event_type,display_message,outcome.result,actor.alternate_id,\
         client.user_agent.raw_user_agent,client.geographical_context.geolocation.lat,\
         target1.type,target1.display_name,request.ip_chain.ip,debug_context.debug_data.request_uri\r\n\
         2026-11-01T10:00:00.000Z,{UUID},user.session.start,\"User login, \"\"to\"\"\nOkta\",SUCCESS,ana@acme.com,\
         Mozilla,52.5,AppInstance,Salesforce,198.51.100.7,/login\r\n"
    );
    let found = read(&text);
    let json = found[0].event.clone().unwrap();
    let (items, bad) = read_log_page(format!("[{json}]").as_bytes()).unwrap();
    assert_eq!(bad, []);
    let event = &items[0].value;
    assert_eq!(event.uuid.to_string(), UUID);
    assert_eq!(event.published.to_string(), "2026-11-01T10:00:00Z");
    assert_eq!(&*event.event_type, "user.session.start");
    assert_eq!(event.actor.as_ref().unwrap().label(), "ana@acme.com");
    assert_eq!(event.user_agent.as_deref(), Some("Mozilla"));
    // The other target has no column that says anything.
    assert_eq!(event.targets.len(), 1);
    assert_eq!(&*event.targets[0].kind, "AppInstance");
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["_rebuilt"], "csv");
    assert_eq!(json["displayMessage"], "User login, \"to\"\nOkta");
    assert_eq!(
        json["client"]["geographicalContext"]["geolocation"]["lat"],
        52.5
    );
    assert_eq!(json["request"]["ipChain"][0]["ip"], "198.51.100.7");
    assert_eq!(json["debugContext"]["debugData"]["requestUri"], "/login");
}

#[test]
fn a_damaged_row_is_told_with_its_line() {
    let row = format!("t,{UUID},x");
    let text = format!("timestamp,uuid,event_type\n{row}\nt,u\n\"a\nb\",u,x\n{row}\n\"open,u\n");
    assert_eq!(lines(&text), (vec![2, 4, 6], vec![3, 7]));
    let long = format!(
        "timestamp,uuid,event_type\na,b,c\n\"{}\"\nd,e,f\n",
        format!("{}\n", "a".repeat(9_999)).repeat(110)
    );
    let (good, bad) = lines(&long);
    assert_eq!((good[0], bad[0]), (2, 3));
}

/// Rows between two stray quotes were taken for a part of the first, and were lost without a word.
#[test]
fn a_stray_quote_swallows_no_row() {
    let rows = "t,1,a 5\" disk\nt,2,x\nt,3,y\nt,4,\"z\"\nt,5,7\" more\nt,6,z\"\nt,7,\n";
    let text = format!("timestamp,uuid,event_type\n{rows}");
    assert_eq!(lines(&text), (vec![2, 3, 4, 5, 6, 7, 8], vec![]));
    let json = read(&text).remove(0).event.unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["eventType"], "a 5\" disk");
}

/// A cell whose quote was never closed had all the cells that there should be, and rows in it.
#[test]
fn a_lost_quote_is_told_whatever_it_swallowed() {
    let bad = |rows: &str| -> Vec<(u64, BadLine)> {
        let found = read(format!("timestamp,uuid,event_type\n{rows}"));
        let bad = |one: Exported| one.event.err().map(|why| (one.line, why));
        found.into_iter().filter_map(bad).collect()
    };
    let cases = [
        ("t,1,\"x\nt,2,\"y\"\nt,3,z\n", BadLine::Quotes),
        ("t,1,\"x\nt,2,\"\"\nt,3,z\n", BadLine::BrokenOff),
        ("t,1,\"x\nt,2,y\n", BadLine::BrokenOff),
        ("t,1,x\rt,2,y\n", BadLine::Rows),
    ];
    for (rows, why) in cases {
        assert_eq!(bad(rows), [(2, why)], "{rows:?}");
    }
    assert_eq!(bad("t,1,\"x\"\r\r\nt,2,\"\"\"\n,\"\"\"\n"), []);
}

#[test]
fn columns_that_contradict_each_other_break_nothing() {
    let text =
        "uuid,timestamp,actor,actor.id,target7.id,target300.id,a..b,event_type\nu,t,x,1,2,3,4,e\n";
    let json = read(text).remove(0).event.unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["actor"], &json["target"][0]["id"]),
        (&"x".into(), &"2".into())
    );
}

/// The CSV that lists print was taken for the Admin Console's, and gave events with a time and nothing else.
#[test]
fn csv_without_the_admin_consoles_columns_is_refused_with_what_it_lacks() {
    for (headings, missing) in [
        ("published,type,result,actor,uuid", "`event_type`"),
        ("uuid,event_type", "`timestamp`"),
        ("uuid", "`timestamp` and the column `event_type`"),
    ] {
        let told = fault(format!("{headings}\n1\n")).to_string();
        assert!(
            told.contains(missing) && told.contains("-o ndjson"),
            "{told}"
        );
    }
}

#[test]
fn what_is_no_export_is_refused() {
    let return_alone = "timestamp,uuid\rt,u\r";
    for text in ["hello", "a,b\n1,2", "<html>", return_alone] {
        assert!(matches!(fault(text), ExportFault::Unknown), "{text}");
    }
    assert!(matches!(fault(b"\xff\xfe{\0"), ExportFault::Utf16));
    let zstd = fault(b"\x28\xb5\x2f\xfd");
    assert!(matches!(zstd, ExportFault::Packed("zstd")));
    assert!(matches!(fault("PK\u{3}\u{4}"), ExportFault::Packed("zip")));
}
