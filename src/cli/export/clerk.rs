//! Writes the files that a console asks for, each in a thread of its own and over a connection of its own, so that neither the picture
//! nor the console's other questions wait for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::columns::Chosen;
use super::{Export, Stands, file, not_written};
use crate::cli::ask::Asker;
use crate::cli::command::{access, entries, events, list, status};
use crate::cli::failure::{Failure, problem, something};
use crate::cli::output::Output;
use crate::clock::Clock;
use crate::console::{Connect, Files, Link};
use crate::domain::application::Application;
use crate::domain::group::Group;
use crate::domain::query::EventPos;
use crate::domain::user::User;
use crate::msg::{Answer, Ask, FromAgent, Problem, ProblemKind, Request};
use crate::ui::export::{Job, News, What};
use crate::ui::record::Topic;

/// The console's clerk.
pub struct Clerk {
    /// The way to the agent.
    pub way: Arc<dyn Connect>,
    /// Tells the time.
    pub clock: Clock,
}

impl Files for Clerk {
    fn export(
        &self,
        job: Job,
        news: UnboundedSender<News>,
        stop: watch::Receiver<bool>,
    ) -> JoinHandle<()> {
        let way = Arc::clone(&self.way);
        let clock = self.clock.clone();
        let now = clock.now();
        let runtime = Handle::current();
        tokio::task::spawn_blocking(move || {
            let told = news.clone();
            let ended = runtime.block_on(async {
                let link = connect(&*way, stop.clone()).await?;
                let mut agent = Agent {
                    link,
                    stop,
                    asked: 0,
                    rows: 0,
                    news,
                    clock,
                };
                carry_out(&job, now, &mut agent).await
            });
            // A console that is gone needs no words.
            let _ = told.send(match ended {
                Ok(words) => News::Done(words),
                Err(failure) => News::Failed(problem_of(failure)),
            });
        })
    }

    fn save(&self, path: String, text: String, news: UnboundedSender<News>) -> JoinHandle<()> {
        tokio::task::spawn_blocking(move || {
            let path = place(&path);
            let told = match file::write(&path, text.as_bytes()) {
                Ok(_) => News::Done(format!("saved {}", path.display())),
                Err(error) => News::Failed(problem_of(not_written(&path, &error))),
            };
            // As above.
            let _ = news.send(told);
        })
    }
}

/// The file that was meant: a tilde before it is the home directory.
fn place(path: &str) -> PathBuf {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match (path.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.into(),
    }
}

async fn carry_out(job: &Job, now: Timestamp, agent: &mut Agent) -> Result<String, Failure> {
    let export = Export::begin(&place(&job.path))?;
    let mut out = export.output().silent();
    let before = status::ask(agent).await?;
    out.chosen = job
        .columns
        .as_deref()
        .and_then(|names| chosen(&job.what, names));
    let done = write(&job.what, now, agent, &mut out).await;
    let done = done.and_then(|()| Ok(out.flush()?));
    let Some(lack) = export.lack(&done) else {
        let ended = done.map(|()| String::new());
        return ended.map_err(|failure| export.of_file(failure));
    };
    let about = std::mem::take(&mut out.about);
    drop(out);
    let stands = Stands {
        began: now,
        before,
        after: status::ask(agent).await?,
        ended: agent.clock.now(),
    };
    let words = export.end(&about, lack.as_deref(), &stands)?;
    Ok(match lack {
        Some(lack) => format!("{words}; not all of it is known: {lack}"),
        None => words,
    })
}

/// The columns that were chosen for it. Of those who hold something each path is a row, which has columns of its own.
fn chosen(what: &What, names: &[String]) -> Option<Chosen> {
    match what {
        What::Events(_) | What::Marked(_) => Some(Chosen::of_log(names)),
        What::List { topic, .. } => {
            let is_mirrored = matches!(topic, Topic::Objects(..) | Topic::Entries { .. });
            is_mirrored.then(|| Chosen::of_list(topic, names))
        }
    }
}

/// Writes all that the operator has in front of him, and what is out of sight.
async fn write(
    what: &What,
    now: Timestamp,
    agent: &mut Agent,
    out: &mut Output,
) -> Result<(), Failure> {
    let with_raw = out.wants_json() || out.chosen().is_some_and(Chosen::needs_json);
    match what {
        What::Events(query) => {
            let mut query = query.clone();
            query.with_raw = with_raw;
            events::write_everything(query, now, agent, out).await
        }
        What::Marked(uuids) => events::write_picked(uuids, now, agent, out).await,
        What::List { topic, wanted } => {
            let mut wanted = wanted.clone();
            wanted.with_raw = with_raw;
            match topic.ask(wanted.clone()) {
                Ask::Users(mut query) => {
                    query.in_slices = false;
                    something(list::write::<User>(query, agent, out).await?)
                }
                Ask::Groups(mut query) => {
                    query.in_slices = false;
                    something(list::write::<Group>(query, agent, out).await?)
                }
                Ask::Apps(mut query) => {
                    query.in_slices = false;
                    something(list::write::<Application>(query, agent, out).await?)
                }
                Ask::Entries(query) => something(entries::list(query, agent, out).await?),
                _ => access::write_holders(topic, &wanted, now, agent, out).await,
            }
        }
    }
}

/// The agent over a connection of the clerk's own, counting the rows that it gives.
struct Agent {
    link: Link,
    stop: watch::Receiver<bool>,
    asked: u64,
    rows: usize,
    news: UnboundedSender<News>,
    clock: Clock,
}

impl Asker for Agent {
    async fn ask(&mut self, ask: Ask) -> Result<Answer, Problem> {
        self.asked += 1;
        let ticket = self.asked;
        let request = Request { ticket, ask };
        let sent = self.link.requests.send(request).await;
        sent.map_err(|_| gone())?;
        loop {
            let message = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => return Err(stopped()),
                message = self.link.incoming.recv() => message.ok_or_else(gone)?,
            };
            if let FromAgent::Reply { ticket: of, answer } = message
                && of == ticket
            {
                if let Ok(answer) = &answer {
                    self.count(answer);
                }
                return answer;
            }
        }
    }
}

impl Agent {
    /// Tells how far it is.
    fn count(&mut self, answer: &Answer) {
        let (rows, of, reached) = match answer {
            Answer::Users(rows) => (rows.rows.len(), Some(rows.matched), None),
            Answer::Groups(rows) => (rows.rows.len(), Some(rows.matched), None),
            Answer::Apps(rows) => (rows.rows.len(), Some(rows.matched), None),
            Answer::Entries(rows) => (rows.rows.len(), Some(rows.matched), None),
            Answer::Events(rows) => {
                let last = rows.rows.last().map(|row| row.pos);
                (rows.rows.len(), None, rows.searched.or(last))
            }
            Answer::Event(_) => (1, None, None),
            _ => return,
        };
        self.rows += rows;
        let moment = |pos: EventPos| Timestamp::from_millisecond(pos.published_ms).ok();
        // A console that is gone needs no words.
        let _ = self.news.send(News::Going {
            rows: self.rows,
            of,
            reached: reached.and_then(moment),
        });
    }
}

/// A connection, unless it is given up before there is one.
async fn connect(way: &dyn Connect, mut stop: watch::Receiver<bool>) -> Result<Link, Problem> {
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => Err(stopped()),
        link = way.connect(false) => link,
    }
}

fn gone() -> Problem {
    problem(
        ProblemKind::Network,
        "the connection to the agent was lost; nothing was exported",
        "export it again",
    )
}

fn stopped() -> Problem {
    problem(
        ProblemKind::Refused,
        "stopped: nothing was exported",
        "E begins it again",
    )
}

fn problem_of(failure: Failure) -> Problem {
    match failure {
        Failure::Problem(problem) | Failure::Filter { problem, .. } => problem,
        other => problem(
            ProblemKind::Internal,
            other
                .words()
                .unwrap_or_else(|| "nothing was exported".to_owned()),
            "try again",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_trait::async_trait;
    use tokio::sync::Notify;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::domain::query::EventQuery;

    /// A way that leads nowhere, and says so only when it is told to.
    struct Nowhere(Arc<Notify>);

    #[async_trait]
    impl Connect for Nowhere {
        async fn connect(&self, _may_start: bool) -> Result<Link, Problem> {
            self.0.notified().await;
            Err(gone())
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_given_up_before_there_is_a_connection_ends() {
        let end = Arc::new(Notify::new());
        let clerk = Clerk {
            way: Arc::new(Nowhere(Arc::clone(&end))),
            clock: Clock::real(),
        };
        let job = Job {
            what: What::Events(EventQuery::default()),
            plural: "events".to_owned(),
            columns: None,
            path: "never.csv".to_owned(),
        };
        let (tell, mut heard) = unbounded_channel();
        let stop = watch::Sender::new(false);
        let writing = clerk.export(job, tell, stop.subscribe());
        stop.send_replace(true);
        let ended = tokio::time::timeout(Duration::from_mins(1), writing).await;
        // Its thread would keep the runtime of the test from ending.
        end.notify_one();
        assert!(ended.is_ok(), "it went on");
        let Some(News::Failed(problem)) = heard.recv().await else {
            panic!("it was stopped");
        };
        assert!(problem.summary.contains("stopped"), "{}", problem.summary);
    }
}
