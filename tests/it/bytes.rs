//! How many bytes a picture takes on the wire: the figures that a slow link stands by.

use jiff::SignedDuration;
use oktop::console::Painter;
use oktop::msg::Push;
use oktop::ui::event::Event;

use crate::support::desk::Desk;

/// Every screen, by the keys that lead there.
pub(crate) const SCREENS: [&str; 33] = [
    "",
    "2",
    "3",
    "4",
    "5",
    "0",
    "?",
    ":",
    "!",
    "2j<enter>",
    "2<enter>2",
    "2<enter>3",
    "2<enter>4",
    "2<enter>5",
    "2<enter>6",
    "2<enter>7",
    "2<enter>8",
    "2j<enter>9",
    "3<enter>",
    "3<enter>3",
    "3<enter>4",
    "3<enter>5",
    "4<enter>",
    "4<enter>2",
    "4<enter>3",
    "4<enter>4",
    "5j<enter>",
    "<enter>",
    "<enter>y",
    "s",
    "J",
    "2/foo:1",
    ":changes<enter>",
];

/// A console before a terminal: what is written for each picture is counted.
struct Watched {
    desk: Desk,
    painter: Painter,
}

impl Watched {
    fn new(width: u16, height: u16) -> Self {
        Self {
            desk: Desk::new(width, height),
            painter: Painter::new(true),
        }
    }

    /// The bytes of the next picture.
    fn paint(&mut self) -> usize {
        let bytes = self.painter.paint(&mut self.desk.app, self.desk.now);
        bytes.unwrap_or_default().len()
    }

    /// The bytes of the picture from nothing.
    fn paint_anew(&mut self) -> usize {
        self.painter.forget();
        self.paint()
    }

    /// So many more events are stored.
    fn receive(&mut self, events: usize) {
        self.desk.now += SignedDuration::from_secs(1);
        self.desk.org.events += events;
        let mut status = self.desk.org.status();
        status.revisions.events = self.desk.org.events as u64;
        self.desk
            .happen(Event::Push(Push::Status(Box::new(status))));
        self.desk.happen(Event::Tick);
    }
}

#[test]
fn the_first_picture_takes_at_most_4_kb() {
    let mut console = Watched::new(80, 24);
    let bytes = console.paint();
    println!("first picture: {bytes} bytes");
    assert!(bytes > 500 && bytes <= 4_000, "{bytes}");
}

#[test]
fn no_screen_takes_more_than_8_kb_at_120x36_and_4_kb_at_80x24() {
    for (width, height, limit) in [(120, 36, 8_000), (80, 24, 4_000)] {
        for keys in SCREENS {
            let mut console = Watched::new(width, height);
            console.desk.press(keys);
            let bytes = console.paint_anew();
            println!("{width}x{height} {keys:?}: {bytes}");
            assert!(bytes <= limit, "{width}x{height} {keys:?}: {bytes}");
        }
    }
}

#[test]
fn a_letter_of_a_filter_is_echoed_in_400_bytes_and_its_rows_take_4_kb() {
    for pane in ["", "2", "3", "4"] {
        let mut console = Watched::new(80, 24);
        console.desk.press(pane).press("/");
        console.paint();
        for letter in ["0", "4", "2"] {
            let key = letter.chars().next().unwrap();
            console
                .desk
                .happen(Event::Key(ratatui::crossterm::event::KeyEvent::from(
                    ratatui::crossterm::event::KeyCode::Char(key),
                )));
            let echo = console.paint();
            console.desk.pass(std::time::Duration::from_secs(1));
            let rows = console.paint();
            println!("{pane:?} {letter}: echo {echo}, rows {rows}");
            assert!(echo > 0 && echo <= 400, "{pane:?} {letter}: echo {echo}");
            assert!(rows <= 4_000, "{pane:?} {letter}: rows {rows}");
        }
    }
}

#[test]
fn a_new_row_of_the_log_takes_200_bytes_and_twenty_take_3_500() {
    let mut console = Watched::new(80, 24);
    console.paint();
    let mut worst = 0;
    for _ in 0..7 {
        console.receive(1);
        worst = worst.max(console.paint());
    }
    console.receive(20);
    let burst = console.paint();
    println!("one row at most {worst}, twenty {burst}");
    assert!(worst > 0 && worst <= 200, "{worst}");
    assert!(burst <= 3_500, "{burst}");
}

#[test]
fn a_step_of_the_cursor_takes_at_most_400_bytes() {
    for pane in ["", "2", "5"] {
        let mut console = Watched::new(80, 24);
        console.desk.press(pane).press("k");
        console.paint();
        for key in ["j", "k", "j"] {
            console.desk.press(key);
            let bytes = console.paint();
            println!("{pane:?} {key}: {bytes}");
            assert!(bytes <= 400, "{pane:?} {key}: {bytes}");
        }
    }
}
