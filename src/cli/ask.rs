//! The seam between commands and the agent, so that a command can be tried against answers made by hand.

use std::future::Future;

use super::failure::Failure;
use crate::msg::{Answer, Ask, Problem, ProblemKind, Push};

/// Whoever answers questions: the agent's client, or a stand-in in a test.
pub trait Asker {
    /// Asks, and waits for the answer.
    fn ask(&mut self, ask: Ask) -> impl Future<Output = Result<Answer, Problem>> + Send;

    /// Asks something that takes long, and calls `heed` with what is told meanwhile, where anything is.
    fn ask_heeding(
        &mut self,
        ask: Ask,
        heed: impl FnMut(Push) + Send,
    ) -> impl Future<Output = Result<Answer, Problem>> + Send {
        drop(heed);
        self.ask(ask)
    }
}

/// One who also tells things unasked.
pub trait Follower: Asker {
    /// Waits for the next of them; [`Ask::Subscribe`] must have been asked.
    fn next_news(&mut self) -> impl Future<Output = Result<Push, Problem>> + Send;
}

/// The answer was to another question: a fault of ours.
pub fn mismatch() -> Failure {
    Failure::new(
        ProblemKind::Internal,
        "the agent answered something else than was asked",
        "run `oktop agent stop`; the next command starts a new agent",
    )
}

#[cfg(test)]
pub(super) mod fake {
    //! An agent made of a function.

    use super::{Answer, Ask, Asker, Follower, Problem, Push};
    use crate::cli::sample;

    /// Answers with what the function says, and remembers the questions.
    pub(in crate::cli) struct Fake<F> {
        answer: F,
        /// Every question, in order.
        pub(in crate::cli) asked: Vec<Ask>,
    }

    impl<F: FnMut(&Ask) -> Result<Answer, Problem> + Send> Fake<F> {
        pub(in crate::cli) fn new(answer: F) -> Self {
            Self {
                answer,
                asked: Vec::new(),
            }
        }

        /// The answer, for whoever makes an agent out of another.
        pub(in crate::cli) fn answer_now(&mut self, ask: &Ask) -> Result<Answer, Problem> {
            (self.answer)(ask)
        }
    }

    impl<F: FnMut(&Ask) -> Result<Answer, Problem> + Send> Asker for Fake<F> {
        async fn ask(&mut self, ask: Ask) -> Result<Answer, Problem> {
            let answer = (self.answer)(&ask);
            self.asked.push(ask);
            answer
        }
    }

    /// Whenever it is asked for news, there are some.
    impl<F: FnMut(&Ask) -> Result<Answer, Problem> + Send> Follower for Fake<F> {
        async fn next_news(&mut self) -> Result<Push, Problem> {
            let mut status = sample::status();
            status.queue.revision = self.asked.len() as u64;
            Ok(Push::Status(Box::new(status)))
        }
    }
}
