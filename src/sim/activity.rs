//! What goes on in the org by itself: life, scenarios, and attacks that come in turn.

use std::sync::Arc;

use jiff::Timestamp;
use thiserror::Error;
use tokio::task::AbortHandle;

use super::Options;
use super::life;
use super::scenario::cast::Missing;
use super::scenario::{Attacks, script};
use super::service::Service;

/// A scenario cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unplayable {
    /// There is no scenario of this name.
    #[error("there is no scenario `{name}`; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// The org has nobody for a part.
    #[error("{0}: a larger org has more people (--users)")]
    Missing(#[from] Missing),
}

/// Everything that goes on by itself; it ends when this is dropped.
#[derive(Debug)]
pub struct Activity {
    service: Arc<Service>,
    tasks: Vec<AbortHandle>,
}

impl Activity {
    /// Starts what `options` say. Needs a runtime.
    ///
    /// # Errors
    /// [`Unplayable`] when a scenario of the options cannot be played; nothing goes on then.
    pub fn start(service: &Arc<Service>, options: &Options) -> Result<Self, Unplayable> {
        let mut activity = Self {
            service: Arc::clone(service),
            tasks: Vec::new(),
        };
        for name in &options.scenarios {
            play(service, name)?;
        }
        if options.live {
            service.pace.send_replace(Some(options.pace));
        }
        let (living, pace) = (Arc::clone(service), service.pace.subscribe());
        activity.spawn(async move { life::live(&living.org, pace).await });
        if let Some(attacks) = options.attacks.clone() {
            activity.spawn(attack_in_turn(Arc::clone(service), attacks));
        }
        Ok(activity)
    }

    fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.push(tokio::spawn(task).abort_handle());
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.service.scenarios.stop();
    }
}

/// Starts the scenario `name` now, in a task of its own; the run's number.
///
/// # Errors
/// [`Unplayable`] when there is no such scenario or nobody to play it.
pub fn play(service: &Arc<Service>, name: &str) -> Result<u64, Unplayable> {
    let script = script::named(name).ok_or_else(|| {
        let known: Vec<&str> = script::all()
            .iter()
            .map(|script| script.name.as_str())
            .collect();
        Unplayable::Unknown {
            name: name.to_owned(),
            known: known.join(", "),
        }
    })?;
    let run = {
        let world = service.org.world();
        service.scenarios.begin(&world, script, service.org.now())?
    };
    let number = run.number;
    let held = Arc::clone(service);
    let task = tokio::spawn(async move {
        held.scenarios
            .play(&held.org, &held.book, script, &run)
            .await;
    });
    service.scenarios.remember(task.abort_handle());
    Ok(number)
}

async fn attack_in_turn(service: Arc<Service>, attacks: Attacks) {
    let start = service.org.now();
    for nth in 0.. {
        let Some((due, name)) = attacks.nth(start, nth) else {
            return;
        };
        let Ok(due) = Timestamp::from_millisecond(due.0) else {
            return;
        };
        service.org.clock.sleep_until(due).await;
        // An org too small for one attack may be large enough for the next.
        if let Err(why) = play(&service, name) {
            tracing::warn!(%why, "an attack could not be played");
        }
    }
}
