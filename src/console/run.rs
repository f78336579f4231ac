//! The loop: takes what happens, in the order of its urgency, gives it to the app, and carries out what the app wants.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use color_eyre::eyre::eyre;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::crossterm::event::{Event as Input, EventStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::clipboard;
use super::connection::Connection;
use super::files::{Desk, Files};
use super::link::Connect;
use super::memory::{Keeper, Place};
use super::pace::Pace;
use super::painter::Painter;
use super::settings::{Source, Watcher};
use super::signals::{Outside, Signals};
use super::terminal::Terminal;
use crate::clock::Clock;
use crate::ui::app::App;
use crate::ui::event::{Effect, Event, ZoneOf};
use crate::ui::layout::PaneId;
use crate::ui::memory::Change;
use crate::ui::settings::Settings;
use crate::ui::theme::Theme;

/// How many waiting inputs or messages are taken in before the next picture.
const BATCH: usize = 128;

/// How the console runs.
#[derive(Clone)]
pub struct Options {
    /// Tells the time.
    pub clock: Clock,
    /// How it looks and listens.
    pub settings: Settings,
    /// Who reads that again while it runs; `None` for nobody.
    pub settings_source: Option<Arc<dyn Source>>,
    /// What is shown first.
    pub pane: PaneId,
    /// How the agent is reached.
    pub connect: Arc<dyn Connect>,
    /// Where saved searches and the last view are kept.
    pub memory: Place,
    /// What `:info` tells: names and values.
    pub about: Vec<(String, String)>,
    /// Who writes the files that are asked for; `None` for none.
    pub files: Option<Arc<dyn Files>>,
}

impl Options {
    /// In that theme, unless the environment asks for no colours (`NO_COLOR`) or the terminal is dumb.
    pub fn new(connect: Arc<dyn Connect>, clock: Clock, theme: Theme) -> Self {
        Self {
            clock,
            settings: Settings::new(allowed(theme)),
            settings_source: None,
            pane: PaneId::Log,
            connect,
            memory: Place::Nowhere("no place is known for it"),
            about: Vec::new(),
            files: None,
        }
    }
}

/// That theme, unless the environment asks for no colours (`NO_COLOR`) or the terminal is dumb.
pub fn allowed(theme: Theme) -> Theme {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if set("NO_COLOR") || dumb {
        Theme::mono()
    } else {
        theme
    }
}

/// Runs the console on this process's terminal until the operator or a signal ends it. The terminal is given back in any case.
///
/// # Errors
/// When there is no terminal, or when the agent was never reached and trying again cannot help: then the error is a
/// [`Problem`](crate::msg::Problem).
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

struct Console {
    options: Options,
    terminal: Terminal,
    app: App,
    painter: Painter,
    pace: Pace,
    signals: Signals,
    memory: Keeper,
    settings: Watcher,
    /// Zones that were looked up.
    found_zones: (UnboundedSender<Event>, UnboundedReceiver<Event>),
    clipboard: clipboard::Way,
    files: Desk,
    connection: Connection,
    quit: bool,
    suspend: bool,
}

impl Console {
    fn new(options: Options, terminal: Terminal) -> color_eyre::Result<Self> {
        let remote = ["SSH_CONNECTION", "SSH_TTY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        let settings = options.settings.clone();
        let mut app = App::new(settings.theme, Terminal::size(), options.clock.now());
        app.show(options.pane);
        app.set_mask_key(rand::random());
        app.set(settings);
        app.set_about(options.about.clone());
        app.set_local(TimeZone::system());
        Ok(Self {
            app,
            terminal,
            painter: Painter::new(options.settings.scrolls),
            pace: Pace::new(remote),
            signals: Signals::listen()?,
            memory: Keeper::start(options.memory.clone()),
            settings: Watcher::start(options.settings_source.clone()),
            found_zones: unbounded_channel(),
            clipboard: clipboard::Way::of(|name| std::env::var_os(name)),
            files: Desk::new(options.files.clone()),
            connection: Connection::begin(Arc::clone(&options.connect)),
            quit: false,
            suspend: false,
            options,
        })
    }

    async fn run(&mut self) -> color_eyre::Result<()> {
        let mut input = EventStream::new();
        let mut written = self.terminal.watch();
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
                event = self.connection.next() => self.heard(event?),
                event = self.memory.news() => self.happen(event),
                event = self.settings.news() => self.happen(event),
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
                    Effect::Ask(request) => waiting.extend(self.connection.ask(request)),
                    Effect::Copy(text) => {
                        self.terminal.write(self.clipboard.bytes(&text));
                        self.clipboard.give(&text);
                    }
                    Effect::Export(job) => self.files.export(*job),
                    Effect::Save { path, text } => self.files.save(path, text),
                    Effect::StopExport => self.files.stop(),
                    Effect::Remember(change) => self.memory.remember(change),
                    Effect::Apply(settings) => self.apply(*settings),
                    Effect::Reload => self.settings.ask(),
                    Effect::FindZone(zone) => self.find_zone(zone),
                    Effect::Suspend => self.suspend = true,
                    Effect::Repaint => self.painter.forget(),
                    Effect::Quit => self.quit = true,
                }
            }
        }
        self.pace.want_soon();
    }

    /// Works by other settings from now on.
    fn apply(&mut self, settings: Settings) {
        self.painter.set_scrolls(settings.scrolls);
        if let Place::File { restore, .. } = &mut self.options.memory {
            *restore = settings.restore;
        }
        self.options.settings = settings;
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
    fn heard(&mut self, first: Event) {
        self.happen(first);
        for _ in 1..BATCH {
            match self.connection.at_hand() {
                Some(event) => self.happen(event),
                None => return,
            }
        }
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

/// Waits until that instant; for ever without one.
async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Waits until the clock reads that time; for ever without one.
pub(super) async fn sleep_until_time(clock: &Clock, at: Option<Timestamp>) {
    match at {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
