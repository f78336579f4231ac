//! Rate limits: buckets by path and method, a window of a minute in each, half of each for one token, and a bound on how much
//! may be under way at once.

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
pub static BUCKETS: [Bucket; 12] = [
    bucket("/api/v1/apps", 20, 100),
    bucket("/api/v1/apps/{id}", 100, 500),
    bucket("/api/v1/groups", 100, 500),
    bucket("/api/v1/groups/{id}", 100, 1_000),
    bucket("/api/v1/users", 100, 600),
    bucket("/api/v1/users/{id}", 100, 600),
    bucket("/api/v1/users/{idOrLogin}", 100, 2_000),
    bucket("/api/v1/logs", 20, 120),
    bucket("/oauth2/v1/clients", 25, 100),
    bucket("/api/v1/devices", 100, 100),
    bucket("/api/v1", 100, 1_200),
    bucket("/.well-known", 100, 1_200),
];

/// A place among [`BUCKETS`].
pub fn bucket_of(method: &Method, path: &str) -> usize {
    let read = matches!(*method, Method::GET | Method::HEAD);
    let name = match path.strip_prefix("/api/v1/") {
        None if path.starts_with("/oauth2/v1/clients") => "/oauth2/v1/clients",
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

/// The counters of one token.
#[derive(Debug)]
pub struct Limits {
    profile: Profile,
    windows: Mutex<[Window; BUCKETS.len()]>,
    under_way: Arc<AtomicUsize>,
}

impl Limits {
    /// Fresh counters.
    pub fn new(profile: Profile) -> Self {
        let unused = Window {
            ends: Millis(i64::MIN),
            used: 0,
        };
        Self {
            profile,
            windows: Mutex::new([unused; BUCKETS.len()]),
            under_way: Arc::default(),
        }
    }

    /// Requests per minute that one token may make in a bucket: half of the org's.
    pub fn per_token(&self, bucket: usize) -> u32 {
        match self.profile {
            Profile::Workforce => BUCKETS[bucket].workforce / 2,
            Profile::Integrator => BUCKETS[bucket].integrator / 2,
            Profile::Off => 1_000_000,
        }
    }

    /// Counts one request.
    pub fn admit(&self, bucket: usize, now: Millis) -> Verdict {
        let limit = self.per_token(bucket);
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let window = &mut windows[bucket];
        // A clock that was set back would otherwise keep a window open for ever.
        if now >= window.ends || window.ends - now > MINUTE_MS {
            *window = Window {
                ends: now + MINUTE_MS,
                used: 0,
            };
        }
        window.used = window.used.saturating_add(1);
        let news = if window.used == limit * 6 / 10 {
            Some(News::Warning)
        } else if window.used == limit + 1 {
            Some(News::Violation)
        } else {
            None
        };
        Verdict {
            limit,
            remaining: limit.saturating_sub(window.used),
            reset: (window.ends + 999).epoch_seconds(),
            admitted: window.used <= limit,
            news,
        }
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
            let verdict = limits.admit(logs, start + used * 10);
            assert!(verdict.admitted);
            assert_eq!(i64::from(verdict.remaining), 60 - used);
            assert_eq!(verdict.news == Some(News::Warning), used == 36);
        }
        let refused = limits.admit(logs, start + 1_000);
        assert!(!refused.admitted && refused.remaining == 0);
        assert_eq!(refused.news, Some(News::Violation));
        assert_eq!(refused.reset, 1_700_000_061);
        assert!(limits.admit(logs, start + 60_100).admitted);
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
