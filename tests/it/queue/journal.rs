//! A journal that cannot be written: nothing is sent, whoever asks is told why, and when there is room again all goes on by itself.

use std::path::Path;
use std::sync::Arc;

use oktop::action::plan::OnFailure;
use oktop::action::state::State;
use oktop::domain::change::Change;
use oktop::queue::Queue;
use oktop::store::Control;
use tokio::sync::watch;

use super::kills::confirm;
use super::rig::{QUIET, Rig, org_id, wanted};
use crate::sim_org::calm;
use crate::store_disk::SimDisk;

fn suspend(user: &str) -> Change {
    Change::SuspendUser {
        user: user.parse().unwrap(),
    }
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_keeps_everything_back_until_it_can() {
    let rig = Rig::start(calm()).await;
    let disk = SimDisk::new();
    let (clock, medium) = (rig.org.clock.clone(), Arc::new(disk.clone()));
    let dir = Path::new("/sim/data");
    let control = Control::open_on(medium, dir, &org_id(), clock.now()).unwrap();
    let queue = Queue::new(control, org_id(), rig.events(), clock, rig.way.subscribe()).unwrap();
    let (one, two) = (
        rig.org.user_in("ACTIVE", 1).await,
        rig.org.user_in("ACTIVE", 2).await,
    );
    let stage = async |user: &str| {
        let wanted = wanted(vec![suspend(user)], OnFailure::Stop);
        queue.stage(wanted).await.map(|staged| staged.number)
    };
    let plan = stage(&one).await.unwrap();
    confirm(&queue, plan).await;
    disk.limit(Some(0));
    let ending = watch::Sender::new(false);
    let runner = tokio::spawn(queue.clone().run(ending.subscribe()));
    let refused = stage(&two).await.unwrap_err().to_string();
    assert!(refused.contains("/sim/data"), "{refused}");
    for _ in 0..20 {
        waited(&rig, &queue).await;
    }
    assert!(rig.writes("").await.is_empty(), "nothing is sent");
    assert_eq!(rig.status(&one).await, "ACTIVE");
    disk.limit(None);
    while queue.control().progress(plan).unwrap()[0].1.state != State::Verified {
        waited(&rig, &queue).await;
    }
    assert_eq!(rig.writes("").await.len(), 1);
    assert_eq!(rig.status(&one).await, "SUSPENDED");
    ending.send_replace(true);
    runner.await.unwrap();
    rig.end().await;
}

/// Waits for news of the queue; time passes when there are none.
async fn waited(rig: &Rig, queue: &Queue) {
    let mut news = queue.standing();
    if tokio::time::timeout(QUIET, news.changed()).await.is_err() {
        rig.go_on().await;
    }
}
