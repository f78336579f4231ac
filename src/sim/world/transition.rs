//! Activations and deactivations that take a while: those of users who have so much that Okta works through it in the background.
//! Meanwhile the user keeps the old status and says where it is going.

use super::super::time::{Millis, SECOND_MS};
use super::World;
use super::happening::Cause;
use super::index::UserIx;
use super::refused::Refused;
use super::user::Status;

/// Groups and applications that are given or taken at once; more take a while.
const AT_ONCE: usize = 30;
/// How long that is.
const TAKES_MS: i64 = 5 * SECOND_MS;

/// A change of status under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    pub(super) due: Millis,
    user: UserIx,
    to: Status,
    cause: Cause,
}

impl World {
    /// Leads a user to a status: at once, or in the background when the user has much.
    pub(super) fn lead_to(&mut self, cause: &Cause, user: UserIx, to: Status) {
        let had = self.user_groups[user.at()].len() + self.apps_of(user, cause.at).len();
        if had <= AT_ONCE {
            return self.arrive_at(cause, user, to);
        }
        self.set_out_for(cause, user, to);
    }

    /// Leads a user to a status in the background, however little there is to do.
    pub(super) fn set_out_for(&mut self, cause: &Cause, user: UserIx, to: Status) {
        self.touch_user(user, cause.at).transitioning_to = Some(to);
        self.transitions.push(Transition {
            due: cause.at + TAKES_MS,
            user,
            to,
            cause: *cause,
        });
    }

    /// Refuses while the user is being activated.
    pub(super) fn not_being_activated(&self, user: UserIx) -> Result<(), Refused> {
        match self.user(user).transitioning_to {
            None | Some(Status::Deprovisioned) => Ok(()),
            Some(_) => Err(Refused::BeingActivated),
        }
    }

    /// Ends the changes of status that are due.
    pub(super) fn end_transitions(&mut self, now: Millis) {
        self.end_transitions_where(now, |transition| transition.due <= now);
    }

    /// Ends what is under way for one user, whether it is due or not.
    pub fn end_transition_of(&mut self, user: UserIx, now: Millis) {
        self.end_transitions_where(now, |transition| transition.user == user);
    }

    fn end_transitions_where(&mut self, now: Millis, ends: impl Fn(&Transition) -> bool) {
        let (ending, others) = std::mem::take(&mut self.transitions)
            .into_iter()
            .partition(ends);
        self.transitions = others;
        let ending: Vec<Transition> = ending;
        for transition in ending {
            let cause = Cause {
                at: transition.due.min(now),
                ..transition.cause
            };
            self.touch_user(transition.user, cause.at).transitioning_to = None;
            self.arrive_at(&cause, transition.user, transition.to);
        }
    }
}
