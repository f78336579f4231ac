//! What confirms a plan, and what never does.

use proptest::prelude::*;

use super::*;
use crate::action::facts::Facts;
use crate::action::plan::{OnFailure, Op, OpId, Operator, Plan};
use crate::action::progress::Progress;
use crate::domain::change::Change;
use crate::msg::queue::{DiffLine, Finding, OpLine, OpTold, RequestTold, UndoTold};
use crate::ui::canvas;

fn begin() -> Timestamp {
    "2026-11-22T14:03:22Z".parse().unwrap()
}

fn at(ms: u64) -> Timestamp {
    time::after(begin(), Duration::from_millis(ms))
}

fn told(change: Change) -> PlanTold {
    let op = Op {
        change,
        basis: Facts::new(),
        after: Vec::new(),
        undo_of: None,
    };
    let line = OpLine {
        id: OpId { plan: 17, op: 1 },
        change: op.change.name().to_owned(),
        target: "00u1abcdefgh".to_owned(),
        name: Some("ana.lopez@acme.com".into()),
        state: State::Proposed,
        since: begin(),
        why: None,
    };
    let plan = Plan {
        title: "suspend: ana.lopez@acme.com".into(),
        reason: None,
        by: Operator {
            uid: 1000,
            name: None,
            account: None,
        },
        made: begin(),
        on_failure: OnFailure::Stop,
        ops: vec![op],
    };
    PlanTold {
        number: 17,
        digest: "d1".to_owned(),
        tier: plan.tier(),
        challenge: plan.challenge(),
        expires: at(1_000_000),
        findings: Vec::new(),
        ops: vec![OpTold {
            line,
            progress: Progress::staged(begin()),
            diff: vec![DiffLine {
                name: "status".into(),
                before: Some("ACTIVE".into()),
                after: Some("SUSPENDED".into()),
            }],
            request: RequestTold {
                method: "POST".to_owned(),
                path: "/api/v1/users/00u1abcdefgh/lifecycle/suspend".to_owned(),
                body: None,
            },
            undo: UndoTold::By {
                change: "users.unsuspend".to_owned(),
                lost: None,
            },
            attempts: Vec::new(),
            logged: None,
        }],
        plan,
    }
}

fn unlock() -> PlanTold {
    let user = "00u1abcdefgh".parse().unwrap();
    told(Change::UnlockUser { user })
}

fn suspend() -> PlanTold {
    let user = "00u1abcdefgh".parse().unwrap();
    told(Change::SuspendUser { user })
}

/// A plan that was painted when it came.
fn painted(told: PlanTold) -> Sheet {
    let mut sheet = Sheet::new(told, Vec::new(), begin());
    sheet.painted(begin());
    sheet
}

const OPEN: Writing<'_> = Writing::Open(Some("locked out"));

fn press(sheet: &mut Sheet, key: char, ms: u64) -> Pressed {
    let key = KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE);
    sheet.key(key, at(ms), OPEN)
}

fn confirms(pressed: &Pressed) -> bool {
    matches!(pressed, Pressed::Confirm(_))
}

#[test]
fn a_yes_counts_once_the_plan_was_looked_at() {
    let mut sheet = painted(unlock());
    assert_eq!(press(&mut sheet, 'y', 399), Pressed::TooEarly);
    assert_eq!(press(&mut sheet, 'y', 798), Pressed::TooEarly, "anew");
    let Pressed::Confirm(confirmation) = press(&mut sheet, 'y', 1_198) else {
        panic!("it was looked at");
    };
    let expected = Confirmation {
        plan: 17,
        digest: "d1".to_owned(),
        typed: String::new(),
        reason: Some("locked out".to_owned()),
    };
    assert_eq!(confirmation, expected);
}

#[test]
fn what_was_never_painted_is_never_confirmed() {
    let mut sheet = Sheet::new(unlock(), Vec::new(), begin());
    assert_eq!(press(&mut sheet, 'y', 60_000), Pressed::TooEarly);
    sheet.painted(at(61_000));
    assert_eq!(press(&mut sheet, 'y', 61_399), Pressed::TooEarly);
    assert!(confirms(&press(&mut sheet, 'y', 61_799)));
}

#[test]
fn what_is_typed_is_whole_before_a_yes_of_its_own() {
    let mut sheet = painted(suspend());
    for letter in "cdefg".chars() {
        assert_eq!(press(&mut sheet, letter, 1_000), Pressed::Taken);
    }
    assert_eq!(press(&mut sheet, 'y', 2_000), Pressed::Taken, "a letter");
    let back = KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE);
    sheet.key(back, at(2_100), OPEN);
    assert_eq!(press(&mut sheet, 'h', 3_000), Pressed::Taken);
    assert_eq!(press(&mut sheet, 'y', 3_100), Pressed::TooEarly);
    let Pressed::Confirm(confirmation) = press(&mut sheet, 'y', 3_500) else {
        panic!("all of it was typed");
    };
    assert_eq!(confirmation.typed, "cdefgh");
}

#[test]
fn a_plan_that_is_another_one_has_to_be_typed_again() {
    let mut sheet = painted(suspend());
    "cdefgh".chars().for_each(|letter| {
        press(&mut sheet, letter, 1_000);
    });
    assert!(!sheet.renew(suspend(), at(1_500)), "the same plan");
    let other = PlanTold {
        digest: "d2".to_owned(),
        ..suspend()
    };
    assert!(sheet.renew(other, at(2_000)));
    assert_eq!(press(&mut sheet, 'y', 9_000), Pressed::TooEarly);
    sheet.painted(at(9_000));
    assert_eq!(press(&mut sheet, 'y', 10_000), Pressed::Taken, "a letter");
}

#[test]
fn a_guard_that_refuses_and_a_plan_that_has_gone_on_cannot_be_confirmed() {
    let mut refused = unlock();
    refused.findings.push(Finding {
        op: None,
        refuses: true,
        words: "this is your own account".to_owned(),
    });
    let mut gone = unlock();
    gone.ops[0].line.state = State::Approved;
    for told in [refused, gone] {
        let mut sheet = painted(told);
        assert_eq!(press(&mut sheet, 'y', 5_000), Pressed::Nothing);
        assert!(sheet.refusal().is_some());
    }
}

#[test]
fn without_a_window_nothing_is_confirmed() {
    let mut sheet = painted(unlock());
    let yes = KeyEvent::new(KeyCode::Char('y'), KeyModifiers::NONE);
    assert_eq!(sheet.key(yes, at(5_000), Writing::Closed), Pressed::NotOpen);
}

#[test]
fn a_plan_says_what_is_sent_and_what_does_not_come_back() {
    let mut told = suspend();
    told.findings.push(Finding {
        op: Some(1),
        refuses: false,
        words: "holds SUPER_ADMIN".to_owned(),
    });
    let left = LeftOut {
        change: "users.suspend".to_owned(),
        target: "bo@acme.com".into(),
        why: "it is SUSPENDED".to_owned(),
        is_done: false,
    };
    let mut sheet = Sheet::new(told, vec![left], begin());
    sheet.arrange(70, 20, Theme::mono());
    let area = Rect::new(0, 0, 70, 10);
    let mut buffer = Buffer::empty(area);
    sheet.view(Theme::mono(), &mut buffer, area);
    let text = canvas::text_of(&buffer);
    for told in [
        "Plan 17: suspend",
        "status  ACTIVE -> SUSPENDED",
        "POST /api/v1/users/00u1abcdefgh/lifecycle/suspend",
        "undo: by users.unsuspend",
        "! 1: holds SUPER_ADMIN",
        "left out: users.suspend bo@acme.com: it is SUSPENDED",
        "tier 2",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

/// What can happen to a sheet, each so many milliseconds after what was before.
#[derive(Clone, Copy, Debug)]
enum Step {
    Key(char),
    Repeat(char),
    Enter,
    Painted,
    Redrawn,
    Renewed(u8),
}

fn any_step() -> impl Strategy<Value = (u64, Step)> {
    let step = prop_oneof![
        6 => Just(Step::Key('y')),
        4 => prop::sample::select("cdefgh".chars().collect::<Vec<_>>()).prop_map(Step::Key),
        2 => Just(Step::Repeat('y')),
        1 => Just(Step::Enter),
        4 => Just(Step::Painted),
        1 => Just(Step::Redrawn),
        1 => (0_u8..3).prop_map(Step::Renewed),
    ];
    (0_u64..900, step)
}

proptest! {
    /// Whatever is pressed whenever: a plan is confirmed by a `y` alone, as it was painted last, and not within 400 ms of that, of its last
    /// change, or of any other `y`.
    #[test]
    fn nothing_is_confirmed_that_was_not_looked_at(
        is_typed: bool,
        steps in prop::collection::vec(any_step(), 1..60),
    ) {
        let plan = |digest: u8| {
            let told = if is_typed { suspend() } else { unlock() };
            PlanTold { digest: format!("d{digest}"), ..told }
        };
        let mut sheet = Sheet::new(plan(0), Vec::new(), begin());
        let mut now = 0;
        let mut digest = 0;
        // Since when what is shown stands there as it is; `None` while it does not.
        let mut since: Option<u64> = None;
        let mut last_yes: Option<u64> = None;
        for (after, step) in steps {
            now += after;
            match step {
                Step::Painted => {
                    sheet.painted(at(now));
                    since = since.or(Some(now));
                }
                Step::Redrawn => {
                    sheet.redrawn();
                    since = None;
                }
                Step::Renewed(next) => {
                    sheet.renew(plan(next), at(now));
                    if next != digest {
                        (digest, since) = (next, None);
                    }
                }
                Step::Enter => {
                    let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
                    prop_assert!(!confirms(&sheet.key(enter, at(now), OPEN)));
                }
                Step::Repeat(letter) => {
                    let mut key = KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE);
                    key.kind = KeyEventKind::Repeat;
                    prop_assert!(!confirms(&sheet.key(key, at(now), OPEN)));
                }
                Step::Key(letter) => {
                    if let Pressed::Confirm(confirmation) = press(&mut sheet, letter, now) {
                        prop_assert_eq!(letter, 'y');
                        prop_assert!(since.is_some_and(|since| now >= since + 400));
                        prop_assert!(last_yes.is_none_or(|last| is_typed || now >= last + 400));
                        prop_assert_eq!(confirmation.digest, format!("d{digest}"));
                        prop_assert_eq!(confirmation.typed, if is_typed { "cdefgh" } else { "" });
                        break;
                    }
                    if letter == 'y' {
                        last_yes = Some(now);
                    }
                }
            }
        }
    }
}
