//! `okta::Reader` over real sockets: against a server that a test scripts, and against streams of bytes that no HTTP library would send.

mod faults;
mod log;
mod oauth;
mod pace;
mod paging;
mod security;
mod server;
mod simulated;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use oktop::clock::{Clock, Hand};
use oktop::domain::secret::Secret;
use oktop::okta::{BaseUrl, Credential, HttpTransport, Reader, Settings, Timeouts};
use tokio::task::JoinHandle;

const TOKEN: &str = "00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789-_Ab";

/// 2026-11-22T10:00:00Z, a full minute.
const START_SECS: i64 = 1_795_341_600;

fn settings(url: &str) -> Settings {
    let (base, _) = BaseUrl::parse(url).unwrap();
    let credential = Credential::ssws(&Secret::new(TOKEN.to_owned())).unwrap();
    let mut settings = Settings::new(base, credential);
    settings.timeouts = Timeouts {
        connect: Duration::from_secs(5),
        idle: Duration::from_secs(5),
        exchange: Duration::from_secs(20),
    };
    settings
}

fn reader_with(settings: Settings, clock: Clock) -> Reader {
    let transport = HttpTransport::new(&settings).unwrap();
    Reader::new(settings, Arc::new(transport), clock)
}

/// A reader whose waits cost no real time.
fn reader(url: &str) -> (Reader, Driver) {
    let (clock, driver) = driven_clock();
    (reader_with(settings(url), clock), driver)
}

fn driven_clock() -> (Clock, Driver) {
    let (clock, hand) = Clock::manual(jiff::Timestamp::from_second(START_SECS).unwrap());
    let driver = Driver(tokio::spawn(drive(hand)));
    (clock, driver)
}

/// Moves a manual clock to whatever moment somebody waits for, until it is dropped.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn drive(hand: Hand) {
    // Real sockets take real time; the ticks only keep the loop from taking a core.
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    loop {
        ticks.tick().await;
        if let Some(deadline) = hand.next_deadline() {
            hand.set(deadline);
        }
    }
}

/// Lets simulated time pass.
async fn let_pass(clock: &Clock, span: Duration) {
    clock.sleep_until(clock.now() + span).await;
}

/// Fails a test that would hang.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), work)
        .await
        .expect("it hangs")
}
