//! The console line by line: what lines bring, without a screen, and as a program over a pipe.

use std::collections::VecDeque;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use oktop::domain::time;
use oktop::msg::Push;
use oktop::ui::event::{Effect, Event};
use oktop::ui::plain::Plain;
use oktop::ui::settings::Settings;
use oktop::ui::theme::Theme;

use crate::rig::{Home, Sim, oktop};
use crate::support::fake_agent::{Org0, now};

/// A console line by line whose agent answers at once.
struct Reader {
    plain: Plain,
    org: Org0,
    now: Timestamp,
    quit: bool,
}

impl Reader {
    fn new() -> Self {
        let mut reader = Self {
            plain: Plain::new(&Settings::new(Theme::sixteen()), now()),
            org: Org0::default(),
            now: now(),
            quit: false,
        };
        reader.happen(Event::Connected);
        let status = reader.org.status();
        reader.happen(Event::Push(Push::Status(Box::new(status))));
        reader
    }

    fn happen(&mut self, event: Event) {
        let effects = self.plain.update(event, self.now);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut waiting = VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            match effect {
                Effect::Ask(request) => {
                    let answer = self.org.answer(request.ask);
                    let ticket = request.ticket;
                    let event = Event::Reply { ticket, answer };
                    waiting.extend(self.plain.update(event, self.now));
                }
                Effect::Quit => self.quit = true,
                _ => {}
            }
        }
    }

    /// Types a line, lets what was asked for come, and gives what was told.
    fn says(&mut self, line: &str) -> String {
        let effects = self.plain.line(line.to_owned(), self.now);
        self.carry_out(effects);
        let end = time::after(self.now, Duration::from_secs(1));
        while let Some(next) = self.plain.deadline(self.now).filter(|next| *next <= end) {
            self.now = next.max(self.now);
            self.happen(Event::Tick);
        }
        self.now = end;
        self.heard()
    }

    fn heard(&mut self) -> String {
        let lines = self.plain.take_lines();
        lines.iter().map(|line| line.to_string() + "\n").collect()
    }
}

#[test]
fn a_walk_line_by_line() {
    let mut reader = Reader::new();
    let mut told = reader.heard();
    for line in [
        "users",
        "open 1",
        "tab 2",
        "back",
        "filter status:active",
        "filter nonsense:(",
        "filter",
        "sort",
        "l",
        "log",
        "open 2",
        "jump",
        "u",
        "back",
        "events 1",
        "raw",
        "why",
        "folow",
        "zoom",
        "columns",
        "open 99",
        "copy-id",
    ] {
        told.extend(["> ", line, "\n", &reader.says(line)]);
    }
    insta::assert_snapshot!(told);
    assert!(!reader.quit);
    assert_eq!(reader.says("quit"), "");
    assert!(reader.quit);
}

#[test]
fn the_next_lines_follow_those_that_were_told() {
    let mut reader = Reader::new();
    let rows = |told: &str| -> Vec<String> {
        let lines = told.lines().filter_map(|line| line.split_once(". "));
        let rows = lines.filter(|(number, _)| number.parse::<usize>().is_ok());
        rows.map(|(_, words)| words.to_owned()).collect()
    };
    let first = rows(&reader.says("users"));
    let next = rows(&reader.says("next"));
    assert!(first.len() > 10 && !next.is_empty(), "{first:?} {next:?}");
    assert!(
        next.iter().all(|row| !first.contains(row)),
        "{first:?} {next:?}"
    );
    assert_eq!(rows(&reader.says("previous")), first);
    assert_eq!(rows(&reader.says("list")), first);
    let newest = rows(&reader.says("log"));
    let older = rows(&reader.says("previous"));
    assert!(
        older.iter().all(|row| !newest.contains(row)),
        "{newest:?} {older:?}"
    );
}

#[test]
fn help_names_what_there_is_and_nothing_that_needs_a_screen() {
    let mut reader = Reader::new();
    reader.heard();
    let help = reader.says("help");
    for named in [
        "open N: ",
        "users [FILTER]: ",
        "hunt KIND X [RANGE]: ",
        "quit: ",
    ] {
        assert!(help.contains(named), "{named}: {help}");
    }
    assert!(
        !help.contains("zoom: ") && !help.contains("half-up"),
        "{help}"
    );
    let about = reader.says("help hunt");
    assert!(
        about.lines().count() < 4 && about.contains("hunt KIND"),
        "{about}"
    );
}

/// Nothing that came from Okta moves a cursor.
#[test]
fn no_line_has_a_control_character() {
    let mut reader = Reader::new();
    let mut told = reader.heard();
    for line in [
        "users", "open 3", "raw", "groups", "apps", "log", "open 1", "raw", "messages",
    ] {
        told += &reader.says(line);
    }
    let bad = told.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(bad, None);
}

/// An agent that is gone is told, and so is that it came back; what was typed meanwhile is obeyed all the same.
#[test]
fn a_lost_connection_is_told() {
    let mut reader = Reader::new();
    reader.heard();
    reader.says("users");
    let problem = oktop::msg::Problem {
        kind: oktop::msg::ProblemKind::Network,
        summary: "The connection to the agent is lost.".to_owned(),
        hint: None,
        column: None,
    };
    reader.happen(Event::Disconnected(problem));
    let told = reader.heard();
    assert!(
        told.contains("! The connection to the agent is lost. It is tried again."),
        "{told}"
    );
    reader.happen(Event::Connected);
    assert!(reader.heard().contains("The agent can be asked again."));
    assert!(reader.says("groups").starts_with("Groups: "));
}

/// What the program says to a script.
fn run_script(home: &Home, script: &str) -> String {
    let mut command = Command::new(oktop());
    command.env_clear().envs(home.environment());
    command
        .arg("--data-dir")
        .arg(home.data_dir())
        .arg("--plain");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{words}");
    String::from_utf8(output.stdout).unwrap()
}

/// A script over a pipe: each line is answered before the next is obeyed, and the end of the lines is the end.
#[test]
fn a_script_over_a_pipe_is_answered_line_by_line() {
    let sim = Sim::start(&[
        "--users",
        "40",
        "--groups",
        "6",
        "--apps",
        "4",
        "--events",
        "100",
        "--live",
        "off",
        "--rate-limits",
        "off",
    ]);
    let home = Home::new(&sim);
    let report = home.json(&["sync", "--once"]);
    assert_eq!(report["complete"], true, "{report}");
    let users = home.json(&["users", "list"]);
    let users = users.as_array().unwrap();
    let script = "users\nopen 1\nback\nfilter login:nobody-has-this\nfilter\nfolow\ngroups\n";
    let told = run_script(&home, script);
    let lines: Vec<&str> = told.lines().collect();
    let all = format!("Users: {}", users.len());
    for said in ["oktop, line by line: ", &*all] {
        assert!(
            lines.iter().any(|line| line.starts_with(said)),
            "{said}: {told}"
        );
    }
    for user in users.iter().take(10) {
        let login = user["profile"]["login"].as_str().unwrap();
        let row = lines.iter().find(|line| line.contains(login));
        assert!(row.is_some_and(|row| row.contains(". ")), "{login}: {told}");
    }
    let place = |words: &str| {
        let found = lines.iter().position(|line| line.starts_with(words));
        found.unwrap_or_else(|| panic!("{words}: {told}"))
    };
    let order = [
        place("Users: "),
        place("Users > "),
        place("None of "),
        place("No command is called `folow`; did you mean follow"),
        place("Groups: "),
    ];
    assert!(order.is_sorted(), "{order:?}: {told}");
    assert!(!told.contains('\x1b'), "{told:?}");
}
