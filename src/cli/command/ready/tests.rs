//! Which steps are taken, and what is told of the others.

use super::*;
use crate::action::plan::OnFailure;
use crate::action::ready::Step;
use crate::domain::change::Change;

fn ready(chosen: &[bool]) -> Ready {
    let step = |chosen: &bool| Step {
        change: Change::SuspendUser {
            user: "00u1".parse().unwrap(),
        },
        name: "ana@acme.com".into(),
        why: "nobody signs in".to_owned(),
        chosen: *chosen,
    };
    Ready {
        title: "contain ana@acme.com".to_owned(),
        on_failure: OnFailure::GoOn,
        steps: chosen.iter().map(step).collect(),
        notes: vec!["look at \u{202e}this".to_owned()],
    }
}

fn chosen(ready: &Ready) -> Vec<bool> {
    ready.steps.iter().map(|step| step.chosen).collect()
}

#[test]
fn steps_are_taken_and_left_out_by_their_numbers() {
    for (choice, expected) in [
        (Choice::default(), [true, false, true]),
        (
            Choice {
                with: vec![2],
                without: vec![3],
                ..Choice::default()
            },
            [true, true, false],
        ),
        (
            Choice {
                all: true,
                ..Choice::default()
            },
            [true, true, true],
        ),
    ] {
        let mut ready = ready(&[true, false, true]);
        choose(&mut ready, &choice).unwrap();
        assert_eq!(chosen(&ready), expected, "{choice:?}");
    }
    for wrong in [0, 4] {
        let choice = Choice {
            without: vec![wrong],
            ..Choice::default()
        };
        let failure = choose(&mut ready(&[true, false, true]), &choice).unwrap_err();
        let words = failure.words().unwrap();
        assert!(
            words.contains(&format!("no step {wrong}; there are 3")),
            "{words}"
        );
    }
}

#[test]
fn what_is_not_taken_and_what_is_to_be_known_is_told_before_the_plan() {
    let text = not_chosen(&ready(&[true, false]));
    assert_eq!(
        text,
        "not chosen: 2 users.suspend ana@acme.com: nobody signs in\nnote: look at <U+202E>this\n"
    );
}
