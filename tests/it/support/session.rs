//! A program in a pseudo-terminal of its own, as a person sits before one: what it shows, and keys for it.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::Pid;

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A program in a terminal of its own; it is killed with this.
pub(crate) struct Session {
    /// `None` once the terminal is closed.
    master: Option<Box<dyn MasterPty + Send>>,
    pub child: Box<dyn Child + Send + Sync>,
    keys: Option<Box<dyn Write + Send>>,
    /// Passes on what the console writes; it holds the terminal's other end, too.
    reader: Option<JoinHandle<()>>,
    bytes: Receiver<Vec<u8>>,
    /// Whether the terminal takes no bytes.
    blocked: Arc<(Mutex<bool>, Condvar)>,
    pub screen: vt100::Parser,
    /// Everything that was written so far.
    pub log: Vec<u8>,
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

impl Session {
    /// Starts a program in a terminal of `columns` by `rows`.
    pub(crate) fn run(mut command: CommandBuilder, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        let mut output = pair.master.try_clone_reader().unwrap();
        let (sender, bytes) = mpsc::channel();
        let blocked = Arc::new((Mutex::new(false), Condvar::new()));
        let gate = Arc::clone(&blocked);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 16_384];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                let (is_blocked, changed) = &*gate;
                drop(changed.wait_while(is_blocked.lock().unwrap(), |blocked| *blocked));
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let cells = |n| NonZeroU16::new(n).unwrap();
        Self {
            keys: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            child,
            reader: Some(reader),
            bytes,
            blocked,
            screen: vt100::Parser::new(cells(rows), cells(columns), 0),
            log: Vec::new(),
        }
    }

    /// From now on the terminal takes no bytes, as on a link that hangs, or takes them again.
    pub(crate) fn block(&self, blocked: bool) {
        let (is_blocked, changed) = &*self.blocked;
        *is_blocked.lock().unwrap() = blocked;
        changed.notify_all();
    }

    pub(crate) fn pid(&self) -> Pid {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        Pid::from_raw(pid).unwrap()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        let terminal = self.keys.as_mut().unwrap();
        terminal.write_all(keys.as_bytes()).unwrap();
        terminal.flush().unwrap();
    }

    pub(crate) fn resize(&mut self, columns: u16, rows: u16) {
        let master = self.master.as_ref().unwrap();
        master.resize(size(columns, rows)).unwrap();
        let cells = |n| NonZeroU16::new(n).unwrap();
        self.screen
            .screen_mut()
            .set_size(cells(rows), cells(columns));
    }

    /// Closes the terminal's other end, as a lost connection does.
    pub(crate) fn close_terminal(&mut self) {
        // The reader holds the other end, too, until it finds nobody to pass bytes on to: so the console must write some.
        self.bytes = mpsc::channel().1;
        self.press("2");
        self.reader.take().unwrap().join().unwrap();
        self.keys = None;
        self.master = None;
    }

    /// Takes in what is written until `done`, or for as long as patience lasts; whether it came to that.
    pub(crate) fn read_until(
        &mut self,
        patience: Duration,
        mut done: impl FnMut(&Self) -> bool,
    ) -> bool {
        let end = Instant::now() + patience;
        loop {
            if done(self) {
                return true;
            }
            match self
                .bytes
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.log.extend(bytes);
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return done(self);
                }
            }
        }
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, text: &str) {
        let seen = self.read_until(PATIENCE, |session| session.shows(text));
        assert!(
            seen,
            "`{text}` never came:\n{}",
            self.screen.screen().contents()
        );
    }

    #[track_caller]
    pub(crate) fn expect_gone(&mut self, text: &str) {
        let gone = self.read_until(PATIENCE, |session| !session.shows(text));
        assert!(gone, "`{text}` stayed");
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.screen.screen().contents().contains(text)
    }

    /// Waits until these are the last words of the process, and it has ended.
    #[track_caller]
    pub(crate) fn wait_for_last_words(&mut self, last: &str) {
        let ended = self.read_until(PATIENCE, |session| {
            String::from_utf8_lossy(&session.log).contains(last)
        });
        let words = String::from_utf8_lossy(&self.log).into_owned();
        assert!(ended, "it did not end: {words:?}");
        self.child.wait().unwrap();
    }

    /// Waits until the process has ended; its exit status.
    #[track_caller]
    pub(crate) fn wait_for_end(&mut self) -> u32 {
        let end = Instant::now() + PATIENCE;
        loop {
            self.read_until(Duration::from_millis(20), |_| false);
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(
                Instant::now() < end,
                "it did not end:\n{}",
                self.screen.screen().contents()
            );
        }
    }

    /// Everything that was set is set back: the screen, the cursor, pastes, focus, and a picture in the making.
    #[track_caller]
    pub(crate) fn assert_given_back(&self) {
        let words = String::from_utf8_lossy(&self.log);
        for (set, back) in [
            ("\x1b[?1049h", "\x1b[?1049l"),
            ("\x1b[?25l", "\x1b[?25h"),
            ("\x1b[?2004h", "\x1b[?2004l"),
            ("\x1b[?1004h", "\x1b[?1004l"),
            ("\x1b[?2026h", "\x1b[?2026l"),
        ] {
            // A panic may come before the first picture; the other screen is taken in any case.
            let Some(set_at) = words.rfind(set) else {
                assert_ne!(set, "\x1b[?1049h", "the other screen was never taken");
                continue;
            };
            let back_at = words.rfind(back);
            assert!(
                back_at.is_some_and(|at| at > set_at),
                "{set:?} was not undone"
            );
        }
        assert!(!self.screen.screen().alternate_screen());
        assert!(!self.screen.screen().hide_cursor());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
