//! Writing the files anew that are not encrypted as the configuration has it, days of the log mostly: once the agent listens, and every
//! hour until all are, should there have been no room.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::time;
use crate::msg::status::NoticeLevel;
use crate::store;

use super::engine::Engine;
use super::server;

/// Between two attempts.
const INTERVAL: Duration = Duration::from_hours(1);

/// Works until every file is as it should be, or the agent ends.
pub(super) async fn keep(engine: Arc<Engine>) {
    let mut ending = engine.ending.subscribe();
    while engine.store.encryption().waiting > 0 && !*ending.borrow() {
        let now = engine.clock.now();
        match once(&engine).await {
            Ok(0) => {}
            Ok(files) => engine.notice(NoticeLevel::Info, &words(&engine, files)),
            Err(error) => {
                tracing::warn!(%error, "files of the mirror are not encrypted as configured");
            }
        }
        if engine.store.encryption().waiting == 0 {
            return;
        }
        tokio::select! {
            () = server::ended(&mut ending) => return,
            () = engine.clock.sleep_until(time::after(now, INTERVAL)) => {}
        }
    }
}

async fn once(engine: &Arc<Engine>) -> Result<usize, store::Error> {
    let (store, ending) = (engine.store.clone(), engine.ending.subscribe());
    let sealed = tokio::task::spawn_blocking(move || store.seal_anew(|| *ending.borrow()));
    sealed.await.unwrap_or(Err(store::Error::Closed))
}

fn words(engine: &Engine, files: usize) -> String {
    let done = if engine.store.encryption().on {
        "encrypted"
    } else {
        "decrypted"
    };
    format!("{files} files of the mirror were {done}")
}
