//! What an agent has in memory of a large org: while and after it reads it for the first time, and after a restart.
//!
//! `OKTOP_MEMORY_USERS` makes the org larger or smaller, `OKTOP_MEMORY_MINUTES` says how long each agent is watched once nothing is left
//! to be read but what happens.

use std::time::Duration;

use crate::mirror;
use crate::rig::{Home, Sim};
use crate::{quiet_sync, resident, settled, wait};

/// What happens in the org meanwhile.
const EVENTS_PER_SECOND: &str = "90";
/// What it may have at any moment.
const BAR: u64 = 200 << 20;

pub(crate) fn measure() -> (String, bool) {
    let set = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    let users = set("OKTOP_MEMORY_USERS", "100000");
    let minutes: u64 = set("OKTOP_MEMORY_MINUTES", "10").parse().unwrap();
    let sim = Sim::start(&[
        "--users",
        &users,
        "--groups",
        "3000",
        "--apps",
        "70",
        "--events",
        "200000",
        "--days",
        "14",
        "--events-per-second",
        EVENTS_PER_SECOND,
        "--rate-limits",
        "off",
        "--latency",
        "0ms",
    ]);
    let home = Home::new(&sim);
    quiet_sync(&home).wait().unwrap();
    let first = watch(&home, minutes);
    home.kill_agent();
    let second = watch(&home, minutes);
    let words = format!(
        "{users} users: {}; {minutes} min later {}; highest {}; after a restart {}; {minutes} min later {}; highest {}",
        Mb(first.before),
        Mb(first.after),
        Mb(first.highest),
        Mb(second.before),
        Mb(second.after),
        Mb(second.highest),
    );
    (words, first.highest.max(second.highest) <= BAR)
}

/// Bytes of an agent that are in memory.
struct Watched {
    before: u64,
    after: u64,
    /// Since the process began.
    highest: u64,
}

/// Watches the agent that is running, or one that is started.
fn watch(home: &Home, minutes: u64) -> Watched {
    settled(home);
    let _stays = mirror::Mirror::of(home);
    let pid = home.agent_pid().unwrap();
    let field = |name| resident(pid, name).unwrap();
    let before = field("VmRSS:");
    wait(Duration::from_mins(minutes));
    Watched {
        before,
        after: field("VmRSS:"),
        highest: field("VmHWM:"),
    }
}

struct Mb(u64);

impl std::fmt::Display for Mb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} MB", self.0 >> 20)
    }
}
