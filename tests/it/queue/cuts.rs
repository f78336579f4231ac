//! An agent that dies while something is on its way, at each point where that makes a difference: nothing that can harm is sent twice, nothing is
//! forgotten, and what is said in the end is what the org has.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use oktop::action::state::State;
use oktop::domain::change::{Change, Class, FieldEdit, GroupProfile, Holder, Role};
use oktop::okta::{Transport, TransportError};
use serde_json::json;
use tokio::sync::Notify;

use super::rig::Rig;
use crate::sim_org::{TestOrg, calm};

/// Where the agent dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Point {
    /// While what the change rests on is read once more.
    Recheck,
    /// Behind the durable intent, before a byte leaves.
    BeforeSending,
    /// Behind Okta's answer, before it is noted.
    AfterAnswer,
    /// Behind the noted answer, while it is read back.
    ReadBack,
}

const POINTS: [Point; 4] = [
    Point::Recheck,
    Point::BeforeSending,
    Point::AfterAnswer,
    Point::ReadBack,
];

/// Lets everything through until its point comes; there it stays for good.
pub(super) struct Cut {
    inner: Arc<dyn Transport>,
    point: Point,
    armed: Arc<AtomicBool>,
    was_sent: Arc<AtomicBool>,
    reached: Arc<Notify>,
}

impl Cut {
    async fn stop(&self) -> ! {
        self.reached.notify_one();
        std::future::pending::<()>().await;
        unreachable!("nobody wakes it")
    }
}

#[async_trait]
impl Transport for Cut {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, TransportError> {
        if !self.armed.load(Ordering::SeqCst) {
            return self.inner.send(request).await;
        }
        let is_read = request.method() == Method::GET;
        let was_sent = self.was_sent.load(Ordering::SeqCst);
        match (self.point, is_read) {
            (Point::Recheck, true) => self.stop().await,
            (Point::BeforeSending, false) => self.stop().await,
            (Point::ReadBack, true) if was_sent => self.stop().await,
            _ => {}
        }
        let answer = self.inner.send(request).await;
        if !is_read {
            self.was_sent.store(true, Ordering::SeqCst);
            if self.point == Point::AfterAnswer {
                self.stop().await;
            }
        }
        answer
    }
}

/// A change of each class, about things that the org has just made for it.
pub(super) async fn changes(org: &TestOrg, n: usize) -> Vec<Change> {
    let user = org.user_in("ACTIVE", n).await;
    let user = || user.parse().unwrap();
    let body = json!({"profile": {"name": format!("Cut {n}")}});
    let group = org
        .written(Method::POST, "/api/v1/groups", Some(&body), 200)
        .await;
    let group = crate::sim_org::id(&group).parse().unwrap();
    vec![
        Change::AddMember {
            group,
            user: user(),
        },
        Change::SuspendUser { user: user() },
        Change::UpdateUser {
            user: user(),
            fields: vec![FieldEdit {
                name: "city".into(),
                before: None,
                after: Some(json!("Oslo")),
            }],
        },
        Change::CreateGroup(GroupProfile::named(&format!("Made {n}"))),
        Change::GrantRole {
            holder: Holder::User(user()),
            role: Role::Standard("HELP_DESK_ADMIN".into()),
        },
    ]
}

/// What a crash leaves: the files as they lie there.
fn image(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    for name in ["control.redb", "journal.log"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

#[tokio::test]
async fn an_agent_that_dies_sends_nothing_twice_that_harms_and_forgets_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut org = TestOrg::start(calm()).await;
    let mut n = 0;
    for point in POINTS {
        for class in 0..5 {
            n += 1;
            let change = changes(&org, n).await.remove(class);
            org = cut_off(org, dir.path(), n, point, change).await;
        }
    }
}

/// Makes a change, dies at the point, and looks what the next agent makes of it.
async fn cut_off(org: TestOrg, dir: &Path, n: usize, point: Point, change: Change) -> TestOrg {
    let name = format!("{} cut off at {point:?}", change.name());
    let (before, after) = (dir.join(format!("{n}a")), dir.join(format!("{n}b")));
    let (armed, reached) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    let was_sent = Arc::new(AtomicBool::new(false));
    let wrap = |inner: Arc<dyn Transport>| -> Arc<dyn Transport> {
        Arc::new(Cut {
            inner,
            point,
            armed: Arc::clone(&armed),
            was_sent: Arc::clone(&was_sent),
            reached: Arc::clone(&reached),
        })
    };
    let rig = Rig::through(&before, org, wrap);
    let seen = rig.writes("").await.len();
    let number = rig.stage(vec![change.clone()]).await;
    armed.store(true, Ordering::SeqCst);
    rig.confirm(number).await;
    reached.notified().await;
    image(&before, &after);
    let rig = Rig::at(&after, rig.crash());
    let (id, progress) = rig.settled(number).await.remove(0);
    let writes = rig.writes("").await.len() - seen;
    if change.class() == Class::Once {
        assert!(writes <= 1, "{name} was sent {writes} times");
    }
    let expected = match (point, change.class()) {
        // Nobody who confirmed it before is taken to want it still.
        (Point::Recheck, _) => (State::Proposed, 0),
        (Point::BeforeSending, Class::Once) => (State::NeedsHuman, 0),
        (Point::BeforeSending, Class::Rewrite) => (State::Stale, 0),
        _ => (State::Verified, 1),
    };
    assert_eq!(
        (progress.state, writes),
        expected,
        "{name}: {:?}",
        progress.why
    );
    let found = rig.reader.look(&change).await.unwrap();
    let is_so = oktop::action::standing::standing(&change, &found.facts);
    let is_possible = is_so == oktop::action::standing::Standing::Possible;
    assert_eq!(is_possible, writes == 0, "{name}: {is_so:?}");
    let attempts = rig.queue.control().attempts(id).unwrap().len();
    assert!(attempts >= writes, "{name}: every request has an intent");
    assert!(
        rig.queue.control().verify().unwrap().is_ok(),
        "{name}: the journal holds"
    );
    rig.end().await
}
