//! Keeping the stored log within its bounds: at the start and then every hour.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::config::sync_settings::SyncSettings;
use crate::msg::status::NoticeLevel;
use crate::store::Keep;

use super::engine::Engine;
use super::keeper::Line;
use super::server;

/// Between two looks.
const INTERVAL: Duration = Duration::from_hours(1);

/// How much of the log the settings keep.
pub(super) fn of(settings: &SyncSettings) -> Keep {
    Keep {
        days: settings.log_keep_days,
        bytes: settings.log_keep_bytes,
    }
}

/// Removes what is not to be kept, again and again until the agent ends.
pub(super) async fn keep(engine: Arc<Engine>, keep: Keep) {
    let mut ending = engine.ending.subscribe();
    while !keep.is_everything() {
        let now = now(&engine);
        match engine.store.events.retain(keep, now).await {
            Ok(left) => tell(&engine, left.len()),
            Err(error) => {
                tracing::warn!(%error, "days of the log that are not to be kept are still there");
            }
        }
        tokio::select! {
            () = server::ended(&mut ending) => return,
            () = engine.clock.sleep(INTERVAL) => {}
        }
    }
}

/// The earlier of what our clock and Okta's show: what a clock that is ahead removes does not come back.
fn now(engine: &Engine) -> Timestamp {
    let ours = engine.clock.now();
    match &*engine.way.line.borrow() {
        Line::Up(online) => ours.min(online.reader.server_now()),
        Line::Starting | Line::Down(_) => ours,
    }
}

fn tell(engine: &Engine, days: usize) {
    if days > 0 {
        let words = format!(
            "{days} days of the log were removed, as `log_keep_days` and `log_keep_bytes` ask"
        );
        engine.notice(NoticeLevel::Info, &words);
    }
}
