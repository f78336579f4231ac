//! An export on its way into a store of its own, through the program as a person starts it.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::events::{self, Filled, Log};
use super::log::Asked;

/// Events of the file at the most, of 2.7 KB each.
const MOST: u64 = 1_000_000;

/// From the start of the command to its end; the processor time is the command's and its agent's.
pub(crate) fn import(asked: &Asked) -> (String, bool) {
    let temp = tempfile::tempdir().unwrap();
    let events = asked.log.events.min(MOST);
    let log = Log {
        events,
        days: 9,
        users: asked.log.users,
    };
    let file = temp.path().join("log.ndjson");
    let bytes = write(&log, &file);
    let dir = temp.path().join("data");
    let oktop = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oktop"));
        command.arg("--offline").arg("--data-dir").arg(&dir);
        command.env("HOME", temp.path()).stdout(Stdio::null());
        command.args(arguments);
        assert!(command.status().unwrap().success());
    };
    let (started, before) = (Instant::now(), children_cpu());
    oktop(&["events", "import", file.to_str().unwrap()]);
    let filled = Filled {
        events,
        bytes,
        took: started.elapsed(),
        cpu: children_cpu().saturating_sub(before) + agent_cpu(&dir),
    };
    oktop(&["agent", "stop"]);
    (filled.to_string(), filled.per_second() >= 100_000.0)
}

/// Writes the log, an event a line; gives its bytes.
fn write(log: &Log, path: &Path) -> u64 {
    let mut file = BufWriter::new(File::create_new(path).unwrap());
    for number in 0..log.pages() {
        let page = log.page(number);
        let list: Vec<&serde_json::value::RawValue> = serde_json::from_str(&page).unwrap();
        for event in list {
            writeln!(file, "{}", event.get()).unwrap();
        }
    }
    file.into_inner().unwrap().sync_all().unwrap();
    fs::metadata(path).unwrap().len()
}

/// Processor time of all processes that this one has waited for.
fn children_cpu() -> Duration {
    events::cpu_in(Path::new("/proc/self/stat"), 13)
}

fn agent_cpu(dir: &Path) -> Duration {
    let card: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("agent.json")).unwrap()).unwrap();
    let stat = format!("/proc/{}/stat", card["pid"]);
    events::cpu_in(Path::new(&stat), 11)
}
