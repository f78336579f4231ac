//! The queue against a model: sequences of all that people, the org, the disk and the power can do, over the real queue, its runner and its
//! store on a [disk in memory](crate::store_disk), with a [small org](okta) on the other end and a [book](book) beside it that says what the queue
//! may do. After each sequence everything is made well again, and all has to come to an end that the org agrees with.
//!
//! `OKTOP_QUEUE_SEQUENCES=200000` makes a campaign of it.

mod book;
mod okta;
mod scene;

use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::okta::{FATES, Fate};
use self::scene::Scene;

/// What happens next.
#[derive(Clone, Debug)]
enum Act {
    /// Somebody stages changes: what of, and of whom; and whether the others go on when one fails.
    Stage(Vec<(u8, u8)>, bool),
    /// Somebody confirms one of the newest plans, as it is wanted or not.
    Confirm(u8, bool),
    Drop(u8),
    Undo(u8),
    /// Somebody stages once more what failed.
    Again(u8),
    /// Somebody says of all that is asked whether it was done.
    Say(bool),
    Halt,
    Resume,
    /// What becomes of the next requests.
    Fates(Vec<Fate>),
    /// So many reads fail.
    Blind(u8),
    /// Somebody else changes a user.
    Meddle(u8, u8),
    /// The machine's policy protects a user from now on, or nobody.
    Protect(Option<u8>),
    /// The way to Okta is there, or is gone.
    Way(bool),
    /// Time passes up to what somebody waits for, so often.
    Tick(u8),
    /// Time passes at once.
    Pass(Duration),
    /// Answers that hang come.
    LetGo,
    /// The agent ends as it is told to, and another begins.
    Restart,
    /// `kill -9`.
    Kill,
    /// The power is cut; how what was not synced survives.
    Cut(u8),
    /// The disk is full, or has room.
    Full(bool),
}

/// An act, and how many turns everybody has before the next one; until nothing happens any more, if that is not said.
type Scripted = (Act, Option<u8>);

fn act() -> impl Strategy<Value = Act> {
    let fate = prop::sample::select(&FATES[..]);
    let spans = [10, 70, 900, 1_000, 3_700, 15_000, 90_000].map(Duration::from_secs);
    prop_oneof![
        12 => (prop::collection::vec((0u8..8, 0u8..3), 1..4), any::<bool>()).prop_map(|(ops, on)| Act::Stage(ops, on)),
        14 => (0u8..3, prop::bool::weighted(0.95)).prop_map(|(plan, rightly)| Act::Confirm(plan, rightly)),
        1 => (0u8..3).prop_map(Act::Drop),
        2 => (0u8..3).prop_map(Act::Undo),
        1 => (0u8..3).prop_map(Act::Again),
        1 => any::<bool>().prop_map(Act::Say),
        2 => Just(Act::Halt),
        3 => Just(Act::Resume),
        10 => prop::collection::vec(fate, 1..4).prop_map(Act::Fates),
        1 => (1u8..8).prop_map(Act::Blind),
        2 => (0u8..3, 0u8..5).prop_map(|(user, what)| Act::Meddle(user, what)),
        2 => prop::option::weighted(0.7, 0u8..3).prop_map(Act::Protect),
        1 => prop::bool::weighted(0.6).prop_map(Act::Way),
        6 => (1u8..8).prop_map(Act::Tick),
        4 => prop::sample::select(spans.to_vec()).prop_map(Act::Pass),
        3 => Just(Act::LetGo),
        1 => Just(Act::Restart),
        2 => Just(Act::Kill),
        2 => (0u8..3).prop_map(Act::Cut),
        2 => prop::bool::weighted(0.4).prop_map(Act::Full),
    ]
}

fn sequence() -> impl Strategy<Value = Vec<Scripted>> {
    let hurry = prop::option::weighted(0.25, 0u8..24);
    prop::collection::vec((act(), hurry), 4..18)
}

fn played(acts: &[Scripted]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut scene = Scene::begin().await;
        for act in acts {
            scene.play(act).await;
        }
        scene.end().await
    })
}

fn sequences() -> u32 {
    let wish = std::env::var("OKTOP_QUEUE_SEQUENCES");
    wish.map_or(2_000, |wish| wish.parse().unwrap())
}

#[test]
fn whatever_happens_the_queue_does_only_what_it_may() {
    let config = Config {
        cases: sequences(),
        max_shrink_iters: 500,
        failure_persistence: None,
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&sequence(), |acts| {
        let breaks = played(&acts);
        prop_assert!(breaks.is_empty(), "{}", breaks.join("\n"));
        Ok(())
    });
    if let Err(failed) = tried {
        panic!("{failed}");
    }
}

/// Plays what once went wrong.
fn goes_well(acts: impl IntoIterator<Item = Act>) {
    let acts: Vec<Scripted> = acts.into_iter().map(|act| (act, None)).collect();
    assert_eq!(played(&acts), Vec::<String>::new());
}

#[test]
fn a_change_is_followed_though_another_could_not_be_led_on() {
    goes_well([
        Act::Stage(vec![(0, 0), (2, 0)], false),
        Act::Fates(vec![Fate::FailedAfter]),
        Act::Confirm(0, true),
        Act::Full(true),
        Act::Stage(vec![(1, 0)], false),
        Act::Tick(1),
        Act::Pass(Duration::from_mins(15)),
    ]);
}

#[test]
fn what_is_under_way_goes_on_while_the_store_cannot_be_written() {
    goes_well([
        Act::Stage(vec![(5, 1)], false),
        Act::Fates(vec![Fate::LostBefore, Fate::Limited]),
        Act::Confirm(0, true),
        Act::Kill,
        Act::Stage(vec![(2, 0)], false),
        Act::Stage(vec![(2, 0)], false),
        Act::LetGo,
        Act::Confirm(0, true),
        Act::Full(true),
        Act::Stage(vec![(7, 0)], false),
    ]);
}

#[test]
fn a_redirect_does_not_disprove_what_was_unheard_before() {
    goes_well([
        Act::Stage(vec![(2, 0)], false),
        Act::Fates(vec![Fate::LostBefore]),
        Act::Confirm(0, true),
        Act::Fates(vec![Fate::LostAfter, Fate::Elsewhere]),
        Act::Tick(2),
    ]);
}
