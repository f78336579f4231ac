//! `oktop` without a command: the console, attached to the agent of the profile.

use std::fs::Metadata;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::agent::client::Client;
use crate::cli::args::{ConsoleArgs, Format};
use crate::cli::command::{info, rebuild};
use crate::cli::export::clerk::Clerk;
use crate::cli::failure::{Failure, problem};
use crate::cli::output::Output;
use crate::cli::resolve::Context;
use crate::cli::signals::Ending;
use crate::cli::{connect, log, output};
use crate::config::source::SecretSource;
use crate::config::{ThemeChoice, UiSettings};
use crate::console::memory::{self, Place};
use crate::console::plain::Lines;
use crate::console::settings::{Source, Stamp};
use crate::console::{self, Connect, Link, Options};
use crate::domain::text::SafeText;
use crate::msg::status::{Notice, NoticeLevel};
use crate::msg::{Problem, ProblemKind, Push};
use crate::store::is_encrypted;
use crate::ui::keymap::Keymap;
use crate::ui::settings::Settings;
use crate::ui::theme::Theme;

/// Opens the console and stays until the operator leaves it.
///
/// # Errors
/// When there is no terminal, no org is configured, or the agent cannot be had.
pub async fn run(context: &Context, shown: ConsoleArgs) -> Result<(), Failure> {
    require_terminal(shown)?;
    context.ui()?;
    // Said before the screen belongs to the console.
    connect::check(context)?;
    connect::check_stored(context)?;
    let log_dir = &context.paths()?.log_dir;
    let _log = log::start(log_dir, "console")?;
    let way = || Arc::new(OfProfile(context.clone()));
    let about = info::told(context);
    let opened = open(way(), memory(context)?, about.clone(), (context, shown)).await;
    if opened.is_err() && rebuild::offer_after(context).await? {
        return open(way(), memory(context)?, about, (context, shown)).await;
    }
    opened
}

/// Where the console keeps what it remembers. What Okta sent is on no disk in plain where the mirror is encrypted.
fn memory(context: &Context) -> Result<Place, Failure> {
    let store = context.store();
    let is_configured = store.encrypt && store.key != SecretSource::Missing;
    // The agent may have a key that this shell knows nothing of.
    let is_stored = is_encrypted(&context.paths()?.data_dir) == Some(true);
    if is_configured || is_stored {
        let kept = context.paths()?.console_file();
        // What was kept before the mirror was encrypted may hold it, too.
        if let Err(error) = memory::forget(&kept) {
            let words = format!("note: {} cannot be removed: {error}", kept.display());
            output::say(&words);
        }
        let why = "the mirror is encrypted, and a filter may hold what Okta sent";
        return Ok(Place::Nowhere(why));
    }
    Ok(Place::File {
        path: context.paths()?.console_file(),
        restore: context.ui()?.restore,
    })
}

/// Refuses early what could not be shown.
///
/// # Errors
/// When standard input or output is no terminal.
pub fn require_terminal(shown: ConsoleArgs) -> Result<(), Failure> {
    if shown.plain {
        return Ok(());
    }
    if std::env::var("TERM").is_ok_and(|term| term == "dumb") {
        let hint = "set TERM to what your terminal is, or take `oktop --plain` or the commands: `oktop --help`";
        return Err(Failure::new(
            ProblemKind::Usage,
            "the console cannot draw on a terminal of TERM=dumb",
            hint,
        ));
    }
    if output::is_interactive() {
        return Ok(());
    }
    let hint = "run it in a terminal, or take `oktop --plain`; `oktop --help` names the commands that need none";
    Err(Failure::new(
        ProblemKind::Usage,
        "the console needs a terminal for input and output",
        hint,
    ))
}

/// Opens the console over this way to an agent; what it remembers is kept in that place, and `about` is what `:info` tells.
///
/// # Errors
/// When there is no terminal, or the agent cannot be had.
pub async fn open(
    way: Arc<dyn Connect>,
    memory: Place,
    about: Vec<(String, String)>,
    (context, shown): (&Context, ConsoleArgs),
) -> Result<(), Failure> {
    let ui = context.ui()?;
    let mut options = Options::new(way, context.clock.clone(), theme(ui.theme));
    options.settings = settings(ui, &context.keys, shown);
    options.settings_source = Some(Arc::new(FromFile(context.clone(), shown)));
    options.about = about;
    options.memory = memory;
    options.files = Some(Arc::new(Clerk {
        way: Arc::clone(&options.connect),
        clock: context.clock.clone(),
    }));
    let outcome = if shown.plain {
        let mut lines = StandardLines::new();
        let mut ending = Ending::listen();
        tokio::select! {
            outcome = console::plain::run(options, typed_lines()?, &mut lines) => outcome,
            // Whoever has no key for it leaves so.
            () = ending.next() => Ok(()),
        }
    } else {
        console::run(options).await
    };
    outcome.map_err(|error| match error.downcast::<Problem>() {
        Ok(problem) => problem.into(),
        Err(error) => Failure::new(
            ProblemKind::Internal,
            format!("the console ended: {error:#}"),
            "its log may tell more (`oktop info` says where)",
        ),
    })
}

/// The lines of standard input. A thread of its own waits for them; it ends with the process.
fn typed_lines() -> Result<UnboundedReceiver<String>, Failure> {
    let (sender, lines) = unbounded_channel();
    let read = move || {
        let mut all = io::stdin().lines();
        while let Some(Ok(line)) = all.next() {
            if sender.send(line).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new()
        .name("lines".to_owned())
        .spawn(read);
    thread.map(|_| lines).map_err(|error| {
        let summary = format!("the system gives no thread to read lines: {error}");
        Failure::new(ProblemKind::Internal, summary, "try again")
    })
}

/// Standard output, with a prompt where somebody types.
struct StandardLines {
    out: Output,
    prompts: bool,
}

impl StandardLines {
    fn new() -> Self {
        Self {
            out: Output::stdout(Format::Table),
            prompts: output::is_interactive(),
        }
    }
}

impl Lines for StandardLines {
    fn show(&mut self, line: &SafeText) -> io::Result<()> {
        self.out.line(line)
    }

    fn ready(&mut self) -> io::Result<()> {
        if self.prompts {
            self.out.text("> ")?;
        }
        self.out.flush()
    }
}

/// How the console is to look and listen.
fn settings(ui: UiSettings, keys: &Arc<Keymap>, shown: ConsoleArgs) -> Settings {
    Settings {
        theme: console::allowed(theme(ui.theme)),
        keys: Arc::clone(keys),
        scrolls: ui.scroll_region,
        restore: ui.restore,
        ascii: ui.ascii || shown.ascii,
    }
}

/// The configuration file that the console was started with.
struct FromFile(Context, ConsoleArgs);

fn stamp_of(told: &Metadata) -> Stamp {
    Stamp {
        modified: told.modified().ok(),
        bytes: told.len(),
    }
}

impl Source for FromFile {
    fn first(&self) -> Option<Stamp> {
        self.0.config_told.as_ref().map(stamp_of)
    }

    fn stamp(&self) -> Option<Stamp> {
        let told = std::fs::metadata(&self.0.config_file).ok()?;
        Some(stamp_of(&told))
    }

    fn read(&self) -> Result<Settings, Problem> {
        let (ui, keys) = self.0.read_ui_again()?;
        Ok(settings(ui, &keys, self.1))
    }
}

fn theme(choice: ThemeChoice) -> Theme {
    match choice {
        ThemeChoice::Ansi => Theme::sixteen(),
        ThemeChoice::Mono => Theme::mono(),
        ThemeChoice::Dark => Theme::dark(),
        ThemeChoice::Light => Theme::light(),
        ThemeChoice::HighContrast => Theme::high_contrast(),
        ThemeChoice::ColorBlind => Theme::color_blind(),
    }
}

/// The agent of a profile, which is started when none runs.
struct OfProfile(Context);

#[async_trait]
impl Connect for OfProfile {
    async fn connect(&self, may_start: bool) -> Result<Link, Problem> {
        let attached = if may_start {
            connect::connect(&self.0).await
        } else {
            connect::connect_running_with_status(&self.0).await
        };
        match attached {
            Ok((mut client, status)) => {
                let notes = connect::other_credential(&self.0, &status).await;
                for note in notes {
                    client.put_in(Push::Notice(Notice {
                        at: self.0.clock.now(),
                        level: NoticeLevel::Warning,
                        summary: note.as_str().into(),
                        detail: None,
                    }));
                }
                Ok(client.into_channels().into())
            }
            // Somebody may start one any time.
            Err(Failure::Problem(none)) if none.kind == ProblemKind::NotFound => Err(Problem {
                kind: ProblemKind::Network,
                ..none
            }),
            Err(Failure::Problem(problem)) => Err(problem),
            Err(other) => Err(problem(
                ProblemKind::Internal,
                other.words().unwrap_or_default(),
                "try again",
            )),
        }
    }
}

/// The agent that runs on a data directory; none is ever started.
pub struct Running(pub PathBuf);

#[async_trait]
impl Connect for Running {
    async fn connect(&self, _may_start: bool) -> Result<Link, Problem> {
        let client = Client::connect(&self.0).await?;
        let gone = || {
            problem(
                ProblemKind::Network,
                "the agent is gone",
                "leave with q and start again",
            )
        };
        client
            .map(|client| client.into_channels().into())
            .ok_or_else(gone)
    }
}
