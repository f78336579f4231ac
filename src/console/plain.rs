//! The console without a screen as a running program: lines come in, lines go out, and between them the line to the agent.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::connection::Connection;
use super::files::Desk;
use super::memory::Keeper;
use super::run::{Options, sleep_until_time};
use crate::domain::text::SafeText;
use crate::ui::event::{Effect, Event, ZoneOf};
use crate::ui::plain::Plain;

/// Where lines go.
pub trait Lines {
    /// Shows a line.
    ///
    /// # Errors
    /// When nobody reads any more.
    fn show(&mut self, line: &SafeText) -> io::Result<()>;

    /// Says that the next line can be typed, after everything that was shown has gone out.
    ///
    /// # Errors
    /// As above.
    fn ready(&mut self) -> io::Result<()>;
}

/// Runs the console on lines until they end or one says so.
///
/// # Errors
/// When the agent was never reached and trying again cannot help (then the error is the [`Problem`](crate::msg::Problem)), or when
/// nobody reads what is shown.
pub async fn run(
    options: Options,
    typed: UnboundedReceiver<String>,
    shown: &mut dyn Lines,
) -> color_eyre::Result<()> {
    let now = options.clock.now();
    let mut plain = Plain::new(&options.settings, now);
    plain.app().show(options.pane);
    plain.app().set_about(options.about.clone());
    plain.app().set_mask_key(rand::random());
    plain.app().set_local(TimeZone::system());
    let mut outside = Outside {
        connection: Connection::begin(Arc::clone(&options.connect)),
        memory: Keeper::start(options.memory.clone()),
        files: Desk::new(options.files.clone()),
        zones: unbounded_channel(),
        quit: false,
        options,
    };
    let outcome = outside.run(&mut plain, typed, shown).await;
    outside.memory.end().await;
    outside.files.end().await;
    outcome
}

/// What is not the console's own state.
struct Outside {
    options: Options,
    connection: Connection,
    memory: Keeper,
    files: Desk,
    zones: (UnboundedSender<Event>, UnboundedReceiver<Event>),
    quit: bool,
}

/// What came in.
enum Input {
    Event(Event),
    Line(Option<String>),
}

impl Outside {
    async fn run(
        &mut self,
        plain: &mut Plain,
        mut typed: UnboundedReceiver<String>,
        shown: &mut dyn Lines,
    ) -> color_eyre::Result<()> {
        let mut has_ended = false;
        let mut was_ready = false;
        while !self.quit {
            for line in plain.take_lines() {
                shown.show(&line)?;
            }
            if plain.is_ready() && !was_ready {
                shown.ready()?;
            }
            was_ready = plain.is_ready();
            let deadline = plain.deadline(self.now());
            let input = tokio::select! {
                biased;
                line = typed.recv(), if !has_ended => Input::Line(line),
                event = self.connection.next() => Input::Event(event?),
                event = self.memory.news() => Input::Event(event),
                event = self.files.news() => Input::Event(event),
                Some(event) = self.zones.1.recv() => Input::Event(event),
                () = sleep_until_time(&self.options.clock, deadline) => Input::Event(Event::Tick),
            };
            let now = self.now();
            let effects = match input {
                Input::Event(event) => plain.update(event, now),
                Input::Line(Some(line)) => {
                    was_ready = false;
                    plain.line(line, now)
                }
                Input::Line(None) => {
                    has_ended = true;
                    plain.end(now)
                }
            };
            self.carry_out(effects, plain);
        }
        for line in plain.take_lines() {
            shown.show(&line)?;
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.options.clock.now()
    }

    /// Does what must happen outside, and whatever follows from it.
    fn carry_out(&mut self, effects: Vec<Effect>, plain: &mut Plain) {
        let mut waiting = VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            match effect {
                Effect::Ask(request) => {
                    if let Some(refused) = self.connection.ask(request) {
                        waiting.extend(plain.update(refused, self.now()));
                    }
                }
                Effect::Export(job) => self.files.export(*job),
                Effect::Save { path, text } => self.files.save(path, text),
                Effect::StopExport => self.files.stop(),
                Effect::Remember(change) => self.memory.remember(change),
                Effect::FindZone(zone) => self.find_zone(zone),
                Effect::Quit => self.quit = true,
                // Lines have no clipboard, no keys and no picture.
                Effect::Copy(_)
                | Effect::Apply(_)
                | Effect::Reload
                | Effect::Suspend
                | Effect::Repaint => {}
            }
        }
    }

    /// Looks a zone up where the machine keeps them.
    fn find_zone(&self, zone: ZoneOf) {
        let found = self.zones.0.clone();
        tokio::task::spawn_blocking(move || {
            let rules = TimeZone::get(&zone.name).ok();
            // A console that ended meanwhile has no use for it.
            let _ = found.send(Event::Zone(zone, rules));
        });
    }
}
