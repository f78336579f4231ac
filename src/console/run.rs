//! The loop: takes what happens, in the order of its urgency, gives it to the app, and carries out what the app wants.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use color_eyre::eyre::eyre;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::crossterm::event::{Event as Input, EventStream};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::clipboard;
use super::files::{Desk, Files};
use super::link::{Connect, Link};
use super::memory::{Keeper, Place};
use super::pace::Pace;
use super::painter::Painter;
use super::signals::{Outside, Signals};
use super::terminal::Terminal;
use crate::clock::Clock;
use crate::msg::{FromAgent, Problem, ProblemKind, Push, Request};
use crate::ui::app::App;
use crate::ui::event::{Effect, Event, ZoneOf};
use crate::ui::layout::PaneId;
use crate::ui::memory::Change;
use crate::ui::theme::Theme;

/// How long to wait before connecting again, the first time and at the most.
const RETRY_AFTER: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// How many waiting inputs or messages are taken in before the next picture.
const BATCH: usize = 128;

/// How the console runs.
#[derive(Clone)]
pub struct Options {
    /// Tells the time.
    pub clock: Clock,
    /// How things look.
    pub theme: Theme,
    /// What is shown first.
    pub pane: PaneId,
    /// Whether the terminal is told to move rows that only moved; every VT100 can, but what stands between may not.
    pub scrolls: bool,
    /// How the agent is reached.
    pub connect: Arc<dyn Connect>,
    /// Where saved searches and the last view are kept.
    pub memory: Place,
    /// Who writes the files that are asked for; `None` for none.
    pub files: Option<Arc<dyn Files>>,
}

impl Options {
    /// In that theme, unless the environment asks for no colours (`NO_COLOR`) or the terminal is dumb.
    pub fn new(connect: Arc<dyn Connect>, clock: Clock, theme: Theme) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let no_colours = set("NO_COLOR") || dumb;
        Self {
            clock,
            theme: if no_colours { Theme::mono() } else { theme },
            pane: PaneId::Log,
            scrolls: true,
            connect,
            memory: Place::Nowhere("no place is known for it"),
            files: None,
        }
    }
}

/// Runs the console on this process's terminal until the operator or a signal ends it. The terminal is given back in any case.
///
/// # Errors
/// When there is no terminal, or when the agent was never reached and trying again cannot help: then the error is the
/// [`Problem`].
pub async fn run(options: Options) -> color_eyre::Result<()> {
    let terminal = Terminal::take()?;
    let mut console = Box::new(Console::new(options, terminal)?);
    let outcome = console.run().await;
    console.terminal.give_back().await;
    console.remember_session();
    console.memory.end().await;
    console.files.end().await;
    outcome
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own; they do not make up one state"
)]
struct Console {
    options: Options,
    terminal: Terminal,
    app: App,
    painter: Painter,
    pace: Pace,
    signals: Signals,
    memory: Keeper,
    /// Zones that were looked up.
    found_zones: (UnboundedSender<Event>, UnboundedReceiver<Event>),
    clipboard: clipboard::Way,
    files: Desk,
    link: Option<Link>,
    connecting: Option<JoinHandle<Result<Link, Problem>>>,
    /// How long the next attempt to connect will wait.
    retry_after: Duration,
    was_connected: bool,
    /// Whether the agent said that it was ending: then it is not for the console to start another.
    was_ended: bool,
    quit: bool,
    suspend: bool,
}

impl Console {
    fn new(options: Options, terminal: Terminal) -> color_eyre::Result<Self> {
        let remote = ["SSH_CONNECTION", "SSH_TTY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        let mut app = App::new(options.theme, Terminal::size(), options.clock.now());
        app.show(options.pane);
        app.set_local(TimeZone::system());
        Ok(Self {
            app,
            terminal,
            painter: Painter::new(options.scrolls),
            pace: Pace::new(remote),
            signals: Signals::listen()?,
            memory: Keeper::start(options.memory.clone()),
            found_zones: unbounded_channel(),
            clipboard: clipboard::Way::of(|name| std::env::var_os(name)),
            files: Desk::new(options.files.clone()),
            link: None,
            connecting: None,
            retry_after: RETRY_AFTER.0,
            was_connected: false,
            was_ended: false,
            quit: false,
            suspend: false,
            options,
        })
    }

    async fn run(&mut self) -> color_eyre::Result<()> {
        let mut input = EventStream::new();
        let mut written = self.terminal.watch();
        self.connect(Duration::ZERO);
        while !self.quit && !self.terminal.is_gone() {
            if Terminal::was_given_back() {
                return Err(eyre!("a part of the console failed, as told above"));
            }
            self.paint_when_due();
            let paint_at = self
                .pace
                .due(Instant::now())
                .filter(|_| self.terminal.is_ready());
            let deadline = self.app.deadline(self.now());
            // Signals first, then the operator, then the agent: a flood of news must not hold up a key.
            tokio::select! {
                biased;
                outside = self.signals.next() => self.outside(outside)?,
                event = input.next() => match event {
                    Some(Ok(event)) => self.inputs(event, &mut input).await,
                    Some(Err(_)) | None => self.quit = true,
                },
                _ = written.changed() => {}
                message = receive(self.link.as_mut()) => self.messages(message),
                outcome = outcome(self.connecting.as_mut()) => self.connected(outcome)?,
                event = self.memory.news() => self.happen(event),
                Some(event) = self.found_zones.1.recv() => self.happen(event),
                event = self.files.news() => self.happen(event),
                () = sleep_until(paint_at) => {}
                () = sleep_until_time(&self.options.clock, deadline) => self.happen(Event::Tick),
            }
            if std::mem::take(&mut self.suspend) {
                self.terminal.give_back().await;
                self.signals.stop().await;
                self.come_back()?;
            }
        }
        Ok(())
    }

    /// Has it written what was looked at last.
    fn remember_session(&self) {
        if let Place::File { restore: true, .. } = self.options.memory
            && let Some(session) = self.app.session()
        {
            self.memory.remember(Change::Session(session));
        }
    }

    fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    fn paint_when_due(&mut self) {
        let now = Instant::now();
        if !self.terminal.is_ready() || self.pace.due(now).is_none_or(|due| due > now) {
            return;
        }
        let time = self.now();
        if let Some(bytes) = self.painter.paint(&mut self.app, time) {
            self.terminal.write(bytes);
        }
        self.pace.painted(now);
    }

    /// Gives an event to the app and carries out what comes of it.
    fn happen(&mut self, event: Event) {
        let mut waiting = VecDeque::from([event]);
        while let Some(event) = waiting.pop_front() {
            for effect in self.app.update(event, self.now()) {
                match effect {
                    Effect::Ask(request) => waiting.extend(self.ask(request)),
                    Effect::Copy(text) => {
                        self.terminal.write(self.clipboard.bytes(&text));
                        self.clipboard.give(&text);
                    }
                    Effect::Export(job) => self.files.export(*job),
                    Effect::Save { path, text } => self.files.save(path, text),
                    Effect::StopExport => self.files.stop(),
                    Effect::Remember(change) => self.memory.remember(change),
                    Effect::FindZone(zone) => self.find_zone(zone),
                    Effect::Suspend => self.suspend = true,
                    Effect::Repaint => self.painter.forget(),
                    Effect::Quit => self.quit = true,
                }
            }
        }
        self.pace.want_soon();
    }

    /// Looks a zone up where the machine keeps them: on its disk, and so in a thread of its own.
    fn find_zone(&self, zone: ZoneOf) {
        let found = self.found_zones.0.clone();
        tokio::task::spawn_blocking(move || {
            let rules = TimeZone::get(&zone.name).ok();
            // A console that ended meanwhile has no use for it.
            let _ = found.send(Event::Zone(zone, rules));
        });
    }

    /// Asks the agent; when it cannot be asked, says so in its place.
    fn ask(&mut self, request: Request) -> Option<Event> {
        let ticket = request.ticket;
        let summary = match &self.link {
            None => "The agent cannot be asked now.",
            Some(link) => match link.requests.try_send(request) {
                Ok(()) => return None,
                Err(TrySendError::Full(_)) => "The agent is too busy to be asked more.",
                Err(TrySendError::Closed(_)) => "The agent cannot be asked now.",
            },
        };
        let answer = Err(network(summary));
        Some(Event::Reply { ticket, answer })
    }

    fn outside(&mut self, outside: Outside) -> color_eyre::Result<()> {
        match outside {
            Outside::End => self.quit = true,
            Outside::Resumed => self.come_back()?,
        }
        Ok(())
    }

    /// Takes the terminal again, which others may have used and resized meanwhile.
    fn come_back(&mut self) -> color_eyre::Result<()> {
        self.terminal.take_again()?;
        self.painter.forget();
        self.happen(Event::Resize(Terminal::size()));
        self.pace.want_now();
        Ok(())
    }

    /// Takes in what the operator did, and what has come in behind it.
    async fn inputs(&mut self, first: Input, more: &mut EventStream) {
        let mut next = Some(first);
        let mut room = BATCH;
        while let Some(event) = next.take() {
            self.input(event);
            room -= 1;
            if room > 0 && !self.quit && !self.suspend {
                next = at_hand(more).await;
            }
        }
    }

    fn input(&mut self, input: Input) {
        match input {
            Input::Key(key) => self.happen(Event::Key(key)),
            Input::Paste(text) => self.happen(Event::Paste(text)),
            Input::Resize(..) => {
                // It may have been smaller for a moment, and have dropped what it shows.
                self.painter.forget();
                self.happen(Event::Resize(Terminal::size()));
            }
            Input::FocusGained => self.pace.focus(true),
            Input::FocusLost => self.pace.focus(false),
            Input::Mouse(_) => return,
        }
        self.pace.want_now();
    }

    /// Takes in what the agent said, and what has come in behind it.
    fn messages(&mut self, first: Option<FromAgent>) {
        let Some(first) = first else {
            return self.lost();
        };
        let mut next = Some(first);
        let mut room = BATCH;
        while let Some(message) = next.take() {
            self.was_ended |= message == FromAgent::Push(Push::Ending);
            self.happen(match message {
                FromAgent::Reply { ticket, answer } => Event::Reply { ticket, answer },
                FromAgent::Push(push) => Event::Push(push),
            });
            room -= 1;
            if room > 0 {
                next = self
                    .link
                    .as_mut()
                    .and_then(|link| link.incoming.try_recv().ok());
            }
        }
    }

    /// The link ended: what is shown stays, and the agent is tried again.
    fn lost(&mut self) {
        self.link = None;
        self.connect(RETRY_AFTER.0);
        self.happen(Event::Disconnected(network(
            "The connection to the agent is lost.",
        )));
    }

    fn connect(&mut self, after: Duration) {
        let connect = Arc::clone(&self.options.connect);
        let may_start = !self.was_ended;
        self.connecting = Some(tokio::spawn(async move {
            tokio::time::sleep(after).await;
            connect.connect(may_start).await
        }));
    }

    fn connected(&mut self, outcome: Result<Link, Problem>) -> color_eyre::Result<()> {
        self.connecting = None;
        match outcome {
            Ok(link) => {
                self.link = Some(link);
                self.was_connected = true;
                self.was_ended = false;
                self.retry_after = RETRY_AFTER.0;
                self.happen(Event::Connected);
            }
            Err(problem) if !self.was_connected && problem.kind != ProblemKind::Network => {
                return Err(problem.into());
            }
            Err(problem) => {
                self.connect(self.retry_after);
                self.retry_after = (self.retry_after * 2).min(RETRY_AFTER.1);
                self.happen(Event::Disconnected(problem));
            }
        }
        Ok(())
    }
}

fn network(summary: &str) -> Problem {
    Problem {
        kind: ProblemKind::Network,
        summary: summary.to_owned(),
        hint: None,
        column: None,
    }
}

/// The next input, if it has come already.
///
/// It is looked for in the name of this task: the stream remembers who asked last, and wakes nobody else.
async fn at_hand(inputs: &mut EventStream) -> Option<Input> {
    poll_fn(|context| {
        Poll::Ready(match inputs.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(input))) => Some(input),
            _ => None,
        })
    })
    .await
}

/// The next message; for ever when there is no link.
async fn receive(link: Option<&mut Link>) -> Option<FromAgent> {
    match link {
        Some(link) => link.incoming.recv().await,
        None => std::future::pending().await,
    }
}

/// How the attempt to connect ended; for ever when there is none.
async fn outcome(
    connecting: Option<&mut JoinHandle<Result<Link, Problem>>>,
) -> Result<Link, Problem> {
    match connecting {
        Some(attempt) => match attempt.await {
            Ok(outcome) => outcome,
            Err(_) => Err(network(
                "The attempt to reach the agent failed inside the console.",
            )),
        },
        None => std::future::pending().await,
    }
}

/// Waits until that instant; for ever without one.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Waits until the clock reads that time; for ever without one.
async fn sleep_until_time(clock: &Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
