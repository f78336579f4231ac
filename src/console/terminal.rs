//! Taking the terminal over and giving it back, on every way out: the end, a signal, a panic, a suspension.
//!
//! Each step back is taken whatever the others do. Nothing is asked of the terminal: late answers to questions are read as keys.

use std::io::{self, IsTerminal as _, Write as _};
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, EnableBracketedPaste, EnableFocusChange,
};
use ratatui::crossterm::queue;
use ratatui::crossterm::style::{Attribute, Print, SetAttribute};
use ratatui::crossterm::terminal::{
    self, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use ratatui::layout::Size;

use super::writer::{Gate, State, Writer};
use crate::msg::{Problem, ProblemKind};

/// How long the end waits for a terminal that takes no bytes.
const GIVE_BACK_LIMIT: Duration = Duration::from_secs(1);

/// Ends a scroll region that a cut-off picture left behind.
const WHOLE_SCREEN_MOVES: &str = "\x1b[r";

/// Whether the terminal is taken over, for the panic hook, which can reach nothing else.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// What every picture passes; the panic hook shuts it.
static GATE: Gate = Gate::new();

/// The terminal, taken over until this is given back or dropped.
#[derive(Debug)]
pub(super) struct Terminal {
    writer: Writer,
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// A usage [`Problem`] when standard input or output is not a terminal; what the system says when its modes cannot be set.
    pub(super) fn take() -> color_eyre::Result<Self> {
        if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
            return Err(no_terminal().into());
        }
        give_back_on_panic();
        let terminal = Self {
            writer: Writer::to_stdout(&GATE)?,
        };
        terminal.set_up()?;
        Ok(terminal)
    }

    fn set_up(&self) -> io::Result<()> {
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        GATE.open();
        let mut bytes = Vec::new();
        queue!(
            bytes,
            EnterAlternateScreen,
            Hide,
            EnableBracketedPaste,
            EnableFocusChange
        )?;
        self.writer.write(bytes);
        Ok(())
    }

    /// The terminal's size; one column by one row when it does not say.
    pub(super) fn size() -> Size {
        let (width, height) = terminal::size().unwrap_or((1, 1));
        Size::new(width.max(1), height.max(1))
    }

    /// Whether the terminal takes bytes now.
    pub(super) fn is_ready(&self) -> bool {
        self.writer.state() == State::Idle
    }

    /// Whether the terminal is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.writer.state() == State::Failed
    }

    /// Whether it was given back by a panic somewhere in the program.
    pub(super) fn was_given_back() -> bool {
        !TAKEN.load(Ordering::SeqCst)
    }

    /// Writes bytes that make up a whole.
    pub(super) fn write(&self, bytes: Vec<u8>) {
        self.writer.write(bytes);
    }

    /// A way to wait until the terminal takes bytes again.
    pub(super) fn watch(&self) -> tokio::sync::watch::Receiver<State> {
        self.writer.watch()
    }

    /// Gives the terminal back, after what is being written.
    pub(super) async fn give_back(&self) {
        if !TAKEN.swap(false, Ordering::SeqCst) {
            return;
        }
        self.writer.write(farewell());
        self.writer.settled(GIVE_BACK_LIMIT).await;
        // It may be gone; then there is nothing to give back.
        let _ = disable_raw_mode();
    }

    /// Takes the terminal over again after it was given back, or after somebody else may have changed it.
    ///
    /// # Errors
    /// When the terminal's modes cannot be set.
    pub(super) fn take_again(&self) -> io::Result<()> {
        // Raw mode is only set again when it is known to be off.
        let _ = disable_raw_mode();
        self.set_up()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back_now();
    }
}

/// What undoes [`Terminal::set_up`], and a picture that was cut off.
fn farewell() -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = queue!(
        bytes,
        EndSynchronizedUpdate,
        DisableFocusChange,
        DisableBracketedPaste,
        Print(WHOLE_SCREEN_MOVES),
        SetAttribute(Attribute::Reset),
        LeaveAlternateScreen,
        Show
    );
    bytes
}

/// Gives the terminal back at once, without the writer's thread.
fn give_back_now() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        GATE.shut();
        let _ = io::stdout().write_all(&farewell());
        let _ = io::stdout().flush();
        let _ = disable_raw_mode();
    }
}

/// Makes every panic give the terminal back before it is told.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            give_back_now();
            tell(panic);
        }));
    });
}

fn no_terminal() -> Problem {
    Problem {
        kind: ProblemKind::Usage,
        summary: "The console needs a terminal, and standard input or output is none.".into(),
        hint: Some("use commands such as `oktop users list -o json` in scripts".into()),
        column: None,
    }
}
