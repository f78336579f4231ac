//! What all routes share: the org, its limits, the faults that were ordered, and the count of what was served.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::derive::Seed;
use super::error::ApiError;
use super::fault::Faults;
use super::ledger::Ledger;
use super::life::Pace;
use super::log::book::Book;
use super::oauth::Authority;
use super::org::Org;
use super::page::Asked;
use super::principal::Keyring;
use super::rate::Limits;
use super::render::View;
use super::scenario::Scenarios;
use super::world::happening::{Actor, Cause};
use super::world::place::{Client, PlaceIx, SCRIPT_AGENT};
use super::world::{Engine, World};

/// What all routes share.
#[derive(Debug)]
pub struct Service {
    /// The org.
    pub org: Org,
    /// The seed of all derived facts.
    pub seed: Seed,
    /// The token that clients are told to send.
    pub token: String,
    /// The secrets of all tokens.
    pub keyring: Keyring,
    /// The authorization server.
    pub authority: Authority,
    /// Rate limits.
    pub limits: Limits,
    /// The System Log.
    pub book: Arc<Book>,
    /// Stories with a known ending.
    pub scenarios: Scenarios,
    /// Faults that were ordered.
    pub faults: Arc<Faults>,
    /// How much happens by itself; nothing without a pace.
    pub pace: watch::Sender<Option<Pace>>,
    /// What was served.
    pub ledger: Ledger,
    /// How long every answer takes, as a network would make it.
    pub latency: Duration,
    /// Whether values occur that no document names.
    pub strange: bool,
}

impl Service {
    /// Lets nobody pass in an org without Identity Engine.
    ///
    /// # Errors
    /// `E0000015` in a Classic org.
    pub fn must_be_identity_engine(&self) -> Result<(), ApiError> {
        match self.org.world().facts.engine {
            Engine::Identity => Ok(()),
            Engine::Classic => Err(ApiError::no_such_feature()),
        }
    }

    /// What renderers need, for the request `asked`.
    pub fn view<'a>(&self, world: &'a World, asked: &'a Asked) -> View<'a> {
        View {
            world,
            base: &asked.base,
            now: self.org.now(),
            strange: self.strange,
        }
    }

    /// The occasion of a call.
    pub fn by(&self, actor: Actor, request: u64) -> Cause {
        Cause {
            at: self.org.now(),
            actor,
            client: Self::client_of_callers(),
            request,
            call: None,
        }
    }

    /// Changes the org as the request `asked` wants it; who asks is who did it. The world is nobody else's meanwhile, so
    /// `operate` must not ask the org for it.
    ///
    /// `operate` checks everything before it changes anything: what is refused has not happened.
    ///
    /// # Errors
    /// What `operate` refuses, and `E0000005` when nobody is known to ask.
    pub fn write<R>(
        &self,
        asked: &Asked,
        operate: impl FnOnce(&mut World, &Cause) -> Result<R, ApiError>,
    ) -> Result<R, ApiError> {
        let caller = asked.caller.as_ref().ok_or_else(ApiError::no_session)?;
        let client = Self::client_at(asked.forwarded_for());
        self.org.change(|world, now| {
            let cause = Cause {
                at: now,
                actor: caller.actor(),
                client,
                request: asked.number,
                call: Some(world.take_call(asked.call())),
            };
            let told = world.told();
            let done = operate(world, &cause);
            debug_assert!(
                done.is_ok() || world.told() == told,
                "refused after it was done"
            );
            done
        })
    }

    /// Where a call comes from whose sender has this address, if a proxy names one.
    pub fn client_at(address: Option<Ipv4Addr>) -> Client {
        let machine = Self::client_of_callers();
        address.map_or(machine, |address| machine.at_address(address))
    }

    /// Where calls come from: a machine in the head office.
    pub fn client_of_callers() -> Client {
        Client::in_place(PlaceIx(0), SCRIPT_AGENT, 0x0c17, 0)
    }
}
