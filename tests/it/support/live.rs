//! The demo's org with an agent that has read all of it, in this process and at a fixed time: what a console shows of it is the same each
//! time.

use std::cell::RefCell;
use std::future::ready;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use oktop::agent::client::Client;
use oktop::agent::{self, StartError};
use oktop::clock::{Clock, Hand};
use oktop::config::StoreSettings;
use oktop::config::sync_settings::SyncSettings;
use oktop::domain::resource::Phase;
use oktop::domain::secret::Secret;
use oktop::msg::status::Status;
use oktop::msg::{Answer, Ask, Problem, Push};
use oktop::okta::{self, BaseUrl, Credential};
use oktop::sim::rate::Profile;
use oktop::sim::{self, Simulator};
use oktop::ui::event::Event;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::desk::Desk;

/// When the attack begins.
const START: &str = "2026-11-22T14:00:00Z";

/// How long after its attack.
const AFTERWARDS: Duration = Duration::from_mins(2);

/// The demo, smaller: its seed, its attack, a few hundred people.
fn options() -> sim::Options {
    sim::Options {
        users: 320,
        groups: 48,
        apps: 20,
        events: 2_500,
        days: 3,
        seed: 2_026,
        rate_limits: Profile::Off,
        index_lag: Duration::ZERO,
        scenarios: vec!["factor-reset-then-takeover".to_owned()],
        ..sim::Options::default()
    }
}

/// A running agent of a simulated org, and a conversation with it.
pub(crate) struct Live {
    runtime: Runtime,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    agent: Option<JoinHandle<Result<(), StartError>>>,
    org: Option<sim::Running>,
    /// Time stands still once everything is read.
    pub clock: Clock,
    _place: tempfile::TempDir,
}

impl Live {
    /// Starts both, plays the attack, and reads everything.
    pub(crate) fn start() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let place = tempfile::tempdir().unwrap();
        let (clock, hand) = Clock::manual(START.parse().unwrap());
        let org = runtime.block_on(org(&clock, &hand));
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel::<()>();
        let settings = settings(place.path(), &org, &clock);
        let agent = runtime.spawn(agent::run(
            settings,
            move || ready.send(()).unwrap_or_default(),
            async move { drop(stopped.await) },
        ));
        runtime.block_on(is_ready).unwrap();
        let client = runtime
            .block_on(Client::connect(&place.path().join("data")))
            .unwrap()
            .expect("the agent runs");
        let mut live = Self {
            runtime,
            client,
            stop: Some(stop),
            agent: Some(agent),
            org: Some(org),
            clock,
            _place: place,
        };
        live.read_everything();
        live
    }

    fn read_everything(&mut self) {
        let Answer::Report(report) = self.ask(Ask::SyncOnce).unwrap() else {
            panic!("no report")
        };
        assert!(report.complete, "{report:?}");
        let end = Instant::now() + Duration::from_mins(2);
        let is_rest = |status: &Status| {
            let idle = |phase: &Phase| matches!(phase, Phase::Idle);
            let all = status.resources.iter().all(|one| idle(&one.phase));
            let log = &status.log;
            let dated = log.taken_up && log.undated.is_none() && log.caught_up;
            all && dated && log.backfill.is_some_and(|backfill| backfill.done)
        };
        let mut before = None;
        loop {
            let status = self.status();
            let at_rest = is_rest(&status).then_some((status.requests, status.revisions));
            if at_rest.is_some() && at_rest == before {
                return;
            }
            before = at_rest;
            assert!(Instant::now() < end, "it never came to rest: {status:?}");
            std::thread::park_timeout(Duration::from_millis(200));
        }
    }

    pub(crate) fn status(&mut self) -> Status {
        match self.ask(Ask::Status).unwrap() {
            Answer::Status(status) => *status,
            other => panic!("{other:?}"),
        }
    }

    /// Asks one thing.
    pub(crate) fn ask(&mut self, ask: Ask) -> Result<Answer, Problem> {
        if ask == Ask::Subscribe {
            return Ok(Answer::Done(String::new()));
        }
        let mut answer = self.runtime.block_on(self.client.ask(ask));
        if let Ok(Answer::Status(status)) = &mut answer {
            // What goes on by itself, and how many requests it took, is not the same each time.
            status.budgets.clear();
            status.log.recount = None;
        }
        answer
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        drop(self.stop.take());
        let (agent, org) = (self.agent.take(), self.org.take());
        self.runtime.block_on(async {
            if let Some(agent) = agent {
                let _ = tokio::time::timeout(Duration::from_mins(1), agent).await;
            }
            if let Some(org) = org {
                org.shutdown().await;
            }
        });
    }
}

/// A console on it, with everything that is in sight loaded.
pub(crate) fn desk(live: &Rc<RefCell<Live>>, width: u16, height: u16) -> Desk {
    let mut desk = Desk::disconnected(width, height);
    desk.now = live.borrow().clock.now();
    let asked = Rc::clone(live);
    desk.real = Some(Box::new(move |ask| asked.borrow_mut().ask(ask)));
    desk.happen(Event::Connected);
    let status = live.borrow_mut().status();
    desk.happen(Event::Push(Push::Status(Box::new(status))));
    desk
}

/// The org, some minutes after its attack: time goes on from deed to deed.
async fn org(clock: &Clock, hand: &Hand) -> sim::Running {
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let org = Simulator::new(&options(), clock.clone());
    let org = org.serve(free).await.unwrap();
    let limit = Instant::now() + Duration::from_mins(1);
    let is_over = || {
        let runs = org.simulator().service().scenarios.truths();
        runs.iter().all(|run| run.ended.is_some())
    };
    while !is_over() {
        assert!(Instant::now() < limit, "the attack never ended");
        // Nobody else waits for this clock yet.
        if let Some(next) = hand.next_deadline().filter(|next| *next > clock.now()) {
            hand.set(next);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    hand.advance(AFTERWARDS);
    org
}

fn settings(place: &std::path::Path, org: &sim::Running, clock: &Clock) -> agent::Settings {
    let (url, token) = (org.url.clone(), org.token.clone());
    agent::Settings {
        data_dir: place.join("data"),
        host: "acme.okta.com".into(),
        sync: SyncSettings::default(),
        store: StoreSettings {
            ballast_mb: 0,
            ..StoreSettings::default()
        },
        changes: agent::Changes::default(),
        linger: None,
        demo: true,
        clock: clock.clone(),
        source: Arc::new(move || {
            let (base, _) = BaseUrl::parse(&url).unwrap();
            let credential = Credential::ssws(&Secret::new(token.clone())).unwrap();
            Box::pin(ready(Ok(okta::Settings::new(base, credential))))
        }),
    }
}
