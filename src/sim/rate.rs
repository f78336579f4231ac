//! Rate limits: buckets by path and method, a window of a minute in each, half of each for one token, and a bound on how much
//! may be under way at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;

use super::time::{MINUTE_MS, Millis};

/// Which limits the org has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// A paying company's org.
    Workforce,
    /// A free developer's org.
    Integrator,
    /// None that anybody could reach; the headers are still there.
    Off,
}

/// A bucket that requests are counted in.
#[derive(Debug)]
pub struct Bucket {
    /// The path that it stands for, in the words of the documentation.
    pub name: &'static str,
    integrator: u32,
    workforce: u32,
}

const fn bucket(name: &'static str, integrator: u32, workforce: u32) -> Bucket {
    Bucket {
        name,
        integrator,
        workforce,
    }
}

/// All buckets, with their requests per minute.
pub static BUCKETS: [Bucket; 13] = [
    bucket("/api/v1/apps", 20, 100),
    bucket("/api/v1/apps/{id}", 100, 500),
    bucket("/api/v1/groups", 100, 500),
    bucket("/api/v1/groups/{id}", 100, 1_000),
    bucket("/api/v1/users", 100, 600),
    bucket("/api/v1/users/{id}", 100, 600),
    bucket("/api/v1/users/{idOrLogin}", 100, 2_000),
    bucket("/api/v1/logs", 20, 120),
    bucket("/oauth2/v1/clients", 25, 100),
    // A guess: the tables have no number for the token endpoint.
    bucket("/oauth2/v1", 100, 1_200),
    bucket("/api/v1/devices", 100, 100),
    bucket("/api/v1", 100, 1_200),
    bucket("/.well-known", 100, 1_200),
];

/// A place among [`BUCKETS`].
pub fn bucket_of(method: &Method, path: &str) -> usize {
    let read = matches!(*method, Method::GET | Method::HEAD);
    let name = match path.strip_prefix("/api/v1/") {
        None if path.starts_with("/oauth2/v1/clients") => "/oauth2/v1/clients",
        None if path.starts_with("/oauth2/v1") => "/oauth2/v1",
        None if path.starts_with("/.well-known") => "/.well-known",
        None => "/api/v1",
        Some(rest) => {
            let mut parts = rest.split('/').filter(|part| !part.is_empty());
            match (parts.next(), parts.next(), parts.next()) {
                (Some("apps"), Some(_), None) => "/api/v1/apps/{id}",
                (Some("apps"), ..) => "/api/v1/apps",
                (Some("groups"), None, None) => "/api/v1/groups",
                (Some("groups"), Some("rules"), _) => "/api/v1",
                (Some("groups"), Some(_), None) => "/api/v1/groups/{id}",
                (Some("users"), None, None) => "/api/v1/users",
                (Some("users"), Some(_), None) if read => "/api/v1/users/{idOrLogin}",
                (Some("users"), Some(_), None) => "/api/v1/users/{id}",
                (Some("logs"), ..) => "/api/v1/logs",
                (Some("devices"), ..) => "/api/v1/devices",
                _ => "/api/v1",
            }
        }
    };
    BUCKETS
        .iter()
        .position(|bucket| bucket.name == name)
        .expect("every name above is in the table")
}

/// One minute of one bucket.
#[derive(Clone, Copy, Debug)]
struct Window {
    ends: Millis,
    used: u32,
}

/// What the headers say, and whether the request may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Requests per minute for this token.
    pub limit: u32,
    /// How many are left in this window.
    pub remaining: u32,
    /// When the window ends, in seconds since 1970.
    pub reset: i64,
    /// Whether the request may go on.
    pub admitted: bool,
    /// What the System Log has to say about it.
    pub news: Option<News>,
}

/// What the System Log says once per window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// 60 % of the bucket is used.
    Warning,
    /// The bucket is empty.
    Violation,
}

/// Whose share of a bucket a request uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Spender {
    /// An API token, at this place among the org's.
    Token(usize),
    /// An OAuth client, at this place among the org's.
    Client(usize),
    /// Whoever has no credential yet.
    Anyone,
}

/// The counters of the org, and within them of everybody who calls.
#[derive(Debug)]
pub struct Limits {
    profile: Profile,
    windows: Mutex<Windows>,
    under_way: Arc<AtomicUsize>,
}

/// One minute of every bucket.
type Minute = [Window; BUCKETS.len()];

#[derive(Debug)]
struct Windows {
    org: Minute,
    each: HashMap<Spender, Minute>,
}

const UNUSED: Window = Window {
    ends: Millis(i64::MIN),
    used: 0,
};

impl Window {
    /// Counts one request in the window that `now` lies in; whether it is the first over `limit` or near it.
    fn count(&mut self, limit: u32, now: Millis) -> Verdict {
        // A clock that was set back would otherwise keep a window open for ever.
        if now >= self.ends || self.ends - now > MINUTE_MS {
            *self = Self {
                ends: now + MINUTE_MS,
                used: 0,
            };
        }
        self.used = self.used.saturating_add(1);
        let news = if self.used == limit * 6 / 10 {
            Some(News::Warning)
        } else if self.used == limit + 1 {
            Some(News::Violation)
        } else {
            None
        };
        Verdict {
            limit,
            remaining: limit.saturating_sub(self.used),
            reset: (self.ends + 999).epoch_seconds(),
            admitted: self.used <= limit,
            news,
        }
    }
}

impl Limits {
    /// Fresh counters.
    pub fn new(profile: Profile) -> Self {
        let windows = Windows {
            org: [UNUSED; BUCKETS.len()],
            each: HashMap::new(),
        };
        Self {
            profile,
            windows: Mutex::new(windows),
            under_way: Arc::default(),
        }
    }

    /// Requests per minute that all together may make in a bucket.
    pub fn of_org(&self, bucket: usize) -> u32 {
        match self.profile {
            Profile::Workforce => BUCKETS[bucket].workforce,
            Profile::Integrator => BUCKETS[bucket].integrator,
            Profile::Off => 2_000_000,
        }
    }

    /// Requests per minute that one token may make in a bucket: half of the org's.
    pub fn per_token(&self, bucket: usize) -> u32 {
        self.of_org(bucket) / 2
    }

    /// Counts one request. What its sender may still do, or the whole org when that is less.
    pub fn admit(&self, spender: Spender, bucket: usize, now: Millis) -> Verdict {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = windows
            .each
            .entry(spender)
            .or_insert([UNUSED; BUCKETS.len()]);
        let own = minute[bucket].count(self.per_token(bucket), now);
        if !own.admitted {
            return own;
        }
        let whole = windows.org[bucket].count(self.of_org(bucket), now);
        if whole.remaining < own.remaining || !whole.admitted {
            return whole;
        }
        own
    }

    /// Counts one request as under way until the result is dropped; `None` when too many are.
    pub fn enter(&self) -> Option<UnderWay> {
        let most = match self.profile {
            Profile::Workforce => 75,
            Profile::Integrator => 35,
            Profile::Off => usize::MAX,
        };
        let entered = UnderWay(Arc::clone(&self.under_way));
        // Counted first, so that two at the door cannot both find the last place free.
        let before = self.under_way.fetch_add(1, Ordering::AcqRel);
        (before < most).then_some(entered)
    }
}

/// One request under way.
#[derive(Debug)]
pub struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(method: &Method, path: &str) -> &'static str {
        BUCKETS[bucket_of(method, path)].name
    }

    #[test]
    fn everything_below_one_application_shares_the_small_bucket() {
        let get = Method::GET;
        assert_eq!(named(&get, "/api/v1/apps"), "/api/v1/apps");
        assert_eq!(named(&get, "/api/v1/apps/0oa1/users"), "/api/v1/apps");
        assert_eq!(named(&get, "/api/v1/apps/0oa1/groups"), "/api/v1/apps");
        assert_eq!(named(&get, "/api/v1/apps/0oa1"), "/api/v1/apps/{id}");
        assert_eq!(named(&get, "/api/v1/groups/00g1/users"), "/api/v1");
        assert_eq!(named(&get, "/api/v1/users/me"), "/api/v1/users/{idOrLogin}");
        assert_eq!(
            named(&Method::POST, "/api/v1/users/00u1"),
            "/api/v1/users/{id}"
        );
        assert_eq!(named(&get, "/api/v1/users/00u1/factors"), "/api/v1");
    }

    #[test]
    fn a_token_gets_half_a_bucket_a_minute_and_then_has_to_wait() {
        let limits = Limits::new(Profile::Workforce);
        let logs = bucket_of(&Method::GET, "/api/v1/logs");
        let start = Millis(1_700_000_000_500);
        for used in 1..=60 {
            let verdict = limits.admit(Spender::Token(0), logs, start + used * 10);
            assert!(verdict.admitted);
            assert_eq!(i64::from(verdict.remaining), 60 - used);
            assert_eq!(verdict.news == Some(News::Warning), used == 36);
        }
        let refused = limits.admit(Spender::Token(0), logs, start + 1_000);
        assert!(!refused.admitted && refused.remaining == 0);
        assert_eq!(refused.news, Some(News::Violation));
        assert_eq!(refused.reset, 1_700_000_061);
        assert!(
            limits
                .admit(Spender::Token(0), logs, start + 60_100)
                .admitted
        );
    }

    #[test]
    fn each_token_has_its_half_and_together_they_have_no_more_than_the_whole() {
        let limits = Limits::new(Profile::Integrator);
        let logs = bucket_of(&Method::GET, "/api/v1/logs");
        let now = Millis(1_700_000_000_000);
        let spend = |token, times: u32| {
            let verdicts = (0..times).map(|_| limits.admit(Spender::Token(token), logs, now));
            verdicts.last().unwrap()
        };
        assert_eq!(spend(0, 10).remaining, 0);
        assert!(!spend(0, 1).admitted);
        // What was refused used nothing of the org's.
        let second = spend(1, 9);
        assert_eq!((second.limit, second.remaining), (10, 1));
        let third = spend(2, 1);
        assert_eq!(
            (third.limit, third.remaining, third.admitted),
            (20, 0, true)
        );
        assert!(!spend(1, 1).admitted);
    }

    #[test]
    fn too_much_at_once_is_refused_until_something_ends() {
        let limits = Limits::new(Profile::Integrator);
        let mut entered: Vec<_> = (0..35).map(|_| limits.enter().unwrap()).collect();
        assert!(limits.enter().is_none());
        entered.pop();
        assert!(limits.enter().is_some());
    }
}
