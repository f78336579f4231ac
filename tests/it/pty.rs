//! The console on a real pseudo-terminal: what it writes, and that it gives the terminal back on every way out.
//!
//! The console runs in a process of its own: this test binary again, told by an environment variable to be one.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use oktop::cli::export::clerk::Clerk;
use oktop::clock::Clock;
use oktop::console::{self, Options};
use oktop::ui::theme::Theme;
use portable_pty::CommandBuilder;
use rustix::process::{Signal, kill_process};

use crate::support::fake_agent::{FakeAgent, Org0, Way};
use crate::support::session::{PATIENCE, Session};

/// Tells a test process to be a console.
const BE_A_CONSOLE: &str = "OKTOP_TEST_CONSOLE";

/// Tells it how the way to its agent behaves.
const WAY: &str = "OKTOP_TEST_WAY";

/// What makes this test binary a console.
const CONSOLE_ARGUMENTS: [&str; 4] = ["pty::a_console", "--exact", "--ignored", "--nocapture"];

/// Not a test: what the other tests run in a terminal of their own.
#[test]
#[ignore = "the console that the other tests start"]
fn a_console() {
    if std::env::var_os(BE_A_CONSOLE).is_none() {
        return;
    }
    let way = std::env::var(WAY).unwrap_or_default();
    let agent = Arc::new(FakeAgent::new(Org0::default(), Way::of(&way)));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let clerk = Clerk {
        way: Arc::<FakeAgent>::clone(&agent),
        clock: Clock::real(),
    };
    let options = Options {
        files: Some(Arc::new(clerk)),
        ..Options::new(agent, Clock::real(), Theme::sixteen())
    };
    let ended = runtime.block_on(console::run(options));
    println!("console ended: {ended:?}");
    runtime.shutdown_background();
}

/// A console in a terminal of `columns` by `rows`.
fn start(columns: u16, rows: u16) -> Session {
    start_with(columns, rows, &[])
}

fn start_with(columns: u16, rows: u16, environment: &[(&str, &str)]) -> Session {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(CONSOLE_ARGUMENTS);
    command.env(BE_A_CONSOLE, "1");
    for name in ["NO_COLOR", "TMUX", "STY", "DISPLAY", "WAYLAND_DISPLAY"] {
        command.env_remove(name);
    }
    for (name, value) in environment {
        command.env(name, value);
    }
    Session::run(command, columns, rows)
}

#[test]
fn an_idle_console_writes_nothing() {
    let mut session = start(80, 24);
    session.expect("following");
    session.expect("1,000 stored");
    let settle = Duration::from_millis(300);
    while session.read_until(settle, |_| false) {}
    let written = session.log.len();
    session.read_until(Duration::from_secs(3), |session| {
        session.log.len() > written
    });
    let more = String::from_utf8_lossy(&session.log[written..]).into_owned();
    assert_eq!(more, "");
}

#[test]
fn a_new_row_of_the_log_costs_at_most_200_bytes() {
    let mut session = start_with(80, 24, &[(WAY, "grows")]);
    session.expect("following");
    let stored = |session: &Session| {
        let contents = session.screen.screen().contents();
        let before = contents.split(" stored").next().unwrap_or_default();
        let count = before.rsplit(' ').next().unwrap_or_default();
        count.replace(',', "").parse::<usize>().unwrap_or_default()
    };
    let settled = session.read_until(PATIENCE, |session| stored(session) >= 1_020);
    let (rows, bytes) = (stored(&session), session.log.len());
    let grown = session.read_until(PATIENCE, |session| stored(session) >= rows + 40);
    assert!(settled && grown, "{}", session.screen.screen().contents());
    let rows = stored(&session) - rows;
    let bytes = session.log.len() - bytes;
    println!("{bytes} bytes for {rows} rows");
    assert!(bytes <= 200 * rows, "{bytes} bytes for {rows} rows");
}

/// The header, the rows and the bars that change with them.
#[test]
fn a_new_row_costs_little_with_the_histogram_open_too() {
    let mut session = start_with(80, 24, &[(WAY, "grows")]);
    session.expect("following");
    session.press("i\x1b");
    session.expect("a bar");
    let stored = |session: &Session| {
        let contents = session.screen.screen().contents();
        let before = contents.split(" stored").next().unwrap_or_default();
        let count = before.rsplit(' ').next().unwrap_or_default();
        count.replace(',', "").parse::<usize>().unwrap_or_default()
    };
    let settled = session.read_until(PATIENCE, |session| stored(session) >= 1_020);
    let (rows, bytes) = (stored(&session), session.log.len());
    let grown = session.read_until(PATIENCE, |session| stored(session) >= rows + 40);
    assert!(settled && grown, "{}", session.screen.screen().contents());
    let (rows, bytes) = (stored(&session) - rows, session.log.len() - bytes);
    println!("{bytes} bytes for {rows} rows with the histogram");
    assert!(bytes <= 600 * rows, "{bytes} bytes for {rows} rows");
}

/// Pictures that a terminal could not take are left out: what comes when it takes bytes again is what was on its way, and the latest.
#[test]
fn a_terminal_that_takes_no_bytes_gets_the_latest_picture_and_loses_no_key() {
    let mut session = start(80, 24);
    session.expect("following");
    session.block(true);
    let presses = 600;
    for _ in 0..presses / 2 {
        session.press("2");
        thread::park_timeout(Duration::from_millis(2));
        session.press("3");
        thread::park_timeout(Duration::from_millis(2));
    }
    session.press("2jjjj");
    let before = session.log.len();
    session.block(false);
    session.expect("> user0004@example.com");
    let more = String::from_utf8_lossy(&session.log[before..]).into_owned();
    let pictures = more.matches("\x1b[?2026h").count();
    println!("{pictures} pictures of {presses} in {} bytes", more.len());
    assert!(pictures < presses / 4, "{pictures} pictures of {presses}");
}

#[test]
fn a_hangup_during_an_export_leaves_no_part_of_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let names = || {
        let entries = std::fs::read_dir(dir.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<Vec<_>>()
    };
    let mut session = start_with(120, 36, &[(WAY, "stalls")]);
    session.expect("following");
    session.press("2");
    session.expect("user0003@example.com");
    let path = dir.path().join("u.csv");
    session.press(&format!(":export {}\r", path.display()));
    session.expect("exporting 2,000 of 20,000 users");
    assert!(
        names()
            .iter()
            .all(|name| Path::new(name).extension() == Some("part".as_ref())),
        "{:?}",
        names()
    );
    assert_eq!(names().len(), 1);
    kill_process(session.pid(), Signal::HUP).unwrap();
    session.wait_for_last_words("console ended");
    session.assert_given_back();
    assert_eq!(names(), Vec::<String>::new());
}

#[test]
fn a_copy_is_on_the_wire_as_osc_52() {
    let mut session = start(80, 24);
    session.expect("following");
    session.press("2");
    session.expect("user0003@example.com");
    session.press("cc");
    session.expect("Sent the cell to the clipboard");
    let text = base64::engine::general_purpose::STANDARD.encode("user0000@example.com");
    let words = String::from_utf8_lossy(&session.log).into_owned();
    assert!(
        words.contains(&format!("\x1b]52;c;{text}\x1b\\")),
        "{words:?}"
    );
}

#[test]
fn q_gives_the_terminal_back() {
    let mut session = start(80, 24);
    session.expect("following");
    session.press("q");
    session.wait_for_last_words("console ended");
    session.assert_given_back();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut session = start(80, 24);
        session.expect("following");
        kill_process(session.pid(), signal).unwrap();
        session.wait_for_last_words("console ended");
        session.assert_given_back();
    }
}

#[test]
fn a_closed_terminal_ends_the_console() {
    let mut session = start(80, 24);
    session.expect("following");
    session.close_terminal();
    let end = Instant::now() + PATIENCE;
    while session.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "the console outlived its terminal");
        thread::yield_now();
    }
}

#[test]
fn a_resized_terminal_is_laid_out_anew_down_to_one_cell() {
    let mut session = start(80, 24);
    session.expect("following");
    for (columns, rows) in [(10, 3), (1, 1), (300, 80), (59, 15)] {
        session.resize(columns, rows);
    }
    session.expect("need 60x15, have 59x15");
    session.resize(200, 60);
    for pane in ["1,000 stored", "user0000@", "Everyone 0", "NetSuite 0"] {
        session.expect(pane);
    }
    session.resize(80, 24);
    session.expect("[1 Log]");
    session.press("q");
    session.wait_for_last_words("console ended");
    session.assert_given_back();
}

#[test]
fn pasted_text_is_a_filter_and_never_keys() {
    let mut session = start(80, 24);
    session.expect("following");
    session.press("2");
    session.expect("[2 Users]");
    session.press("\x1b[200~0042\n\x1b[201~");
    session.expect("user0042");
    session.expect("/ 0042");
    session.press("\x1b");
    session.expect_gone("/ 0042");
    session.press("\x1b[200~0042\nq\ny\n\x1b[201~");
    session.expect("/ (0042 or q or y)");
    session.expect("Pasted 3 lines");
    session.press("\x1b");
    session.expect_gone("/ (0042");
    session.expect("20,000");
}

#[test]
fn a_suspended_console_gives_the_terminal_back_and_paints_anew_when_resumed() {
    let mut session = start(80, 24);
    session.expect("following");
    session.press("2");
    session.expect("[2 Users]");
    // In a session of its own no shell could resume it, so the system ignores the stop, and the console comes back by itself.
    let before = session.log.len();
    session.press("\x1a");
    let left = session.read_until(PATIENCE, |session| {
        String::from_utf8_lossy(&session.log[before..]).contains("\x1b[?1049l")
    });
    assert!(left, "the terminal was not given back");
    let back = session.read_until(PATIENCE, |session| {
        let words = String::from_utf8_lossy(&session.log[before..]).into_owned();
        let left = words.find("\x1b[?1049l").unwrap_or(words.len());
        words[left..].contains("\x1b[?1049h") && words[left..].contains("[2 Users]")
    });
    assert!(back, "the screen was not painted anew");
}

#[test]
fn every_key_is_shown_at_once_also_after_a_rest() {
    let mut session = start(80, 24);
    session.expect("1,000 stored");
    for (key, shown) in ["2", "3", "4", "1", "2"]
        .into_iter()
        .zip(["2 Users", "3 Groups", "4 Apps", "1 Log", "2 Users"])
    {
        // Let everything come to rest, so that nothing but the key wakes the console.
        while session.read_until(Duration::from_millis(150), |_| false) {}
        session.press(key);
        let shown = format!("[{shown}]");
        let seen = session.read_until(Duration::from_secs(2), |session| session.shows(&shown));
        assert!(seen, "`{key}` had no effect");
    }
}

#[test]
fn under_a_shell_it_stops_and_comes_back() {
    let mut command = CommandBuilder::new("/bin/sh");
    command.arg("-i");
    command.env(BE_A_CONSOLE, "1");
    let mut session = Session::run(command, 80, 24);
    let program = std::env::current_exe().unwrap();
    let arguments = CONSOLE_ARGUMENTS.join(" ");
    session.press(&format!("'{}' {arguments}\n", program.display()));
    session.expect("1,000 stored");
    session.press("2");
    session.expect("[2 Users]");
    session.press("\x1a");
    let stopped = session.read_until(PATIENCE, |session| {
        !session.screen.screen().alternate_screen() && session.shows("Stopped")
    });
    assert!(stopped, "{}", session.screen.screen().contents());
    session.press("fg\n");
    session.expect("[2 Users]");
    assert!(session.screen.screen().alternate_screen());
    session.press("3");
    session.expect("[3 Groups]");
    session.press("q");
    let left = session.read_until(PATIENCE, |session| session.shows("console ended: Ok"));
    assert!(left, "{}", session.screen.screen().contents());
    session.assert_given_back();
}

#[test]
fn a_lost_agent_is_told_and_found_again() {
    let mut session = start_with(80, 24, &[(WAY, "breaks-once")]);
    let lost = session.read_until(PATIENCE, |session| {
        String::from_utf8_lossy(&session.log).contains("AGENT LOST")
    });
    assert!(lost, "{}", session.screen.screen().contents());
    let found = session.read_until(PATIENCE, |session| {
        session.shows("1,000 stored") && !session.shows("AGENT LOST")
    });
    assert!(found, "{}", session.screen.screen().contents());
}

#[test]
fn an_agent_that_cannot_be_had_ends_the_console_with_its_words() {
    let mut session = start_with(80, 24, &[(WAY, "refused")]);
    session.wait_for_last_words("console ended");
    session.assert_given_back();
    assert!(String::from_utf8_lossy(&session.log).contains("the agent is of another version"));
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told() {
    let mut session = start_with(80, 24, &[(WAY, "panics")]);
    session.wait_for_last_words("console ended");
    session.assert_given_back();
    let words = String::from_utf8_lossy(&session.log).into_owned();
    let told = words.find("a fault for a test").unwrap();
    assert!(words.find("\x1b[?1049l").is_some_and(|back| back < told));
    assert!(words.contains("console ended: Err"), "{words}");
}

#[test]
fn without_colour_nothing_is_coloured() {
    let mut session = start_with(80, 24, &[("NO_COLOR", "1")]);
    session.expect("following");
    session.expect("1,000 stored");
    let words = String::from_utf8_lossy(&session.log).into_owned();
    for code in 30..=37 {
        assert!(!words.contains(&format!("\x1b[{code}m")), "colour {code}");
    }
    assert!(!words.contains("\x1b[38;"));
}
