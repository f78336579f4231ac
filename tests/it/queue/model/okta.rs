//! An Okta of three users and a group, small enough to be its own proof: it does what it is asked, forgets nothing of what it was asked, and
//! breaks each answer as it was told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use oktop::okta::{Fault, TransportError};
use serde_json::{Value, json};

pub(super) const USERS: [&str; 3] = [
    "00uMODELUSER00000001",
    "00uMODELUSER00000002",
    "00uMODELUSER00000003",
];
pub(super) const GROUP: &str = "00gMODELGROUP0000001";

/// What becomes of a request that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Done,
    /// Its connection breaks before, and after it was carried out.
    LostBefore,
    LostAfter,
    /// Its connection breaks, and it is carried out twenty seconds later.
    Late,
    NotSent,
    /// 429.
    Limited,
    /// 409 E0000112.
    UnderWay,
    /// 503 before, and after it was carried out.
    FailedBefore,
    FailedAfter,
    /// 403 E0000006, 401, 302, 412.
    Forbidden,
    Unauthorized,
    Elsewhere,
    Stale,
    /// No answer comes until somebody lets go of it.
    HangsBefore,
    HangsAfter,
}

pub(super) const FATES: [Fate; 15] = [
    Fate::Done,
    Fate::LostBefore,
    Fate::LostAfter,
    Fate::Late,
    Fate::NotSent,
    Fate::Limited,
    Fate::UnderWay,
    Fate::FailedBefore,
    Fate::FailedAfter,
    Fate::Forbidden,
    Fate::Unauthorized,
    Fate::Elsewhere,
    Fate::Stale,
    Fate::HangsBefore,
    Fate::HangsAfter,
];

impl Fate {
    /// Whether whoever asked knows that it was not carried out, so that it may be sent again whatever it is.
    pub(super) fn is_known_as_not_done(self) -> bool {
        matches!(
            self,
            Self::NotSent | Self::Limited | Self::UnderWay | Self::Unauthorized
        )
    }

    fn is_done_at_once(self) -> bool {
        matches!(
            self,
            Self::Done | Self::LostAfter | Self::FailedAfter | Self::HangsAfter
        )
    }

    pub(super) fn hangs(self) -> bool {
        matches!(self, Self::HangsBefore | Self::HangsAfter)
    }
}

#[derive(Clone, Debug, Default)]
struct User {
    status: String,
    city: String,
    version: u32,
    roles: BTreeMap<String, String>,
    /// How often sessions were ended.
    cleared: u32,
}

/// The org.
#[derive(Debug, Default)]
pub(super) struct Org {
    users: BTreeMap<String, User>,
    members: BTreeSet<String>,
    groups: BTreeMap<String, String>,
    made: u32,
    /// Carried out later: when, and what.
    late: Vec<(Timestamp, Method, String, Value, usize)>,
    /// What becomes of the next changes.
    pub(super) fates: VecDeque<Fate>,
    /// So many reads fail.
    pub(super) blind: u32,
    /// Which of the changes that came were carried out, in the order in which they came.
    pub(super) done: Vec<bool>,
}

pub(super) type Answer = Result<Response<Bytes>, TransportError>;

impl Org {
    pub(super) fn new() -> Self {
        let user = |id: &&str| {
            let user = User {
                status: "ACTIVE".to_owned(),
                ..User::default()
            };
            ((*id).to_owned(), user)
        };
        Self {
            users: USERS.iter().map(user).collect(),
            groups: [(GROUP.to_owned(), "Model".to_owned())].into(),
            ..Self::default()
        }
    }

    /// Somebody else changes something.
    pub(super) fn meddle(&mut self, user: &str, what: u8) {
        let Some(it) = self.users.get_mut(user) else {
            return;
        };
        it.version += 1;
        match what {
            0 => "ACTIVE".clone_into(&mut it.status),
            1 => "SUSPENDED".clone_into(&mut it.status),
            2 => it.city = format!("by another {}", it.version),
            3 => drop(self.members.insert(user.to_owned())),
            _ => drop(self.members.remove(user)),
        }
    }

    /// Does what is late by now.
    fn catch_up(&mut self, now: Timestamp) {
        let (due, rest) = std::mem::take(&mut self.late)
            .into_iter()
            .partition(|(when, ..)| *when <= now);
        self.late = rest;
        for (_, method, path, body, number) in due {
            self.done[number] = self.carry_out(&method, &path, &body).is_success();
        }
    }

    /// A request that changes something; its number among those that came is its place in `done`.
    pub(super) fn change(
        &mut self,
        fate: Fate,
        request: &Request<Bytes>,
        now: Timestamp,
    ) -> Answer {
        self.catch_up(now);
        let (method, path) = (request.method(), request.uri().path());
        let body = serde_json::from_slice(request.body()).unwrap_or_default();
        let number = self.done.len();
        self.done.push(false);
        let precondition = request.headers().get("if-match");
        let is_stale = precondition.is_some_and(|tag| tag.to_str().unwrap() != self.tag(path));
        let mut told = Told::from(StatusCode::PRECONDITION_FAILED);
        if fate.is_done_at_once() && !is_stale {
            told = self.carry_out(method, path, &body);
            self.done[number] = told.is_success();
        }
        if fate == Fate::Late && !is_stale {
            let when = now + std::time::Duration::from_secs(20);
            self.late
                .push((when, method.clone(), path.to_owned(), body, number));
        }
        let error = |status, code: &str| {
            Ok(answer(
                status,
                &json!({"errorCode": code, "errorSummary": "no"}),
            ))
        };
        match fate {
            Fate::Done | Fate::HangsAfter => Ok(answer(told.0, &told.1)),
            Fate::LostBefore | Fate::LostAfter | Fate::Late | Fate::HangsBefore => {
                broken(Fault::Interrupted)
            }
            Fate::NotSent => broken(Fault::Connect),
            Fate::Limited => error(StatusCode::TOO_MANY_REQUESTS, "E0000047"),
            Fate::UnderWay => error(StatusCode::CONFLICT, "E0000112"),
            Fate::FailedBefore | Fate::FailedAfter => {
                error(StatusCode::SERVICE_UNAVAILABLE, "E0000010")
            }
            Fate::Forbidden => error(StatusCode::FORBIDDEN, "E0000006"),
            Fate::Unauthorized => error(StatusCode::UNAUTHORIZED, "E0000011"),
            Fate::Elsewhere => {
                let mut answer = answer(StatusCode::FOUND, &Value::Null);
                answer
                    .headers_mut()
                    .insert("location", "https://evil.example/".parse().unwrap());
                Ok(answer)
            }
            Fate::Stale => error(StatusCode::PRECONDITION_FAILED, "E0000231"),
        }
    }

    fn tag(&self, path: &str) -> String {
        let id = path.rsplit('/').next().unwrap_or_default();
        let version = self.users.get(id).map_or(0, |user| user.version);
        format!("W/\"{version}\"")
    }

    fn carry_out(&mut self, method: &Method, path: &str, body: &Value) -> Told {
        let parts: Vec<&str> = path.trim_start_matches("/api/v1/").split('/').collect();
        let wrong = || {
            Told(
                StatusCode::BAD_REQUEST,
                json!({"errorCode": "E0000001", "errorSummary": "no"}),
            )
        };
        self.made += 1;
        let made = self.made;
        match (method.as_str(), parts.as_slice()) {
            ("POST", ["users", id, "lifecycle", operation]) => {
                let Some(user) = self.users.get_mut(*id) else {
                    return Told::gone();
                };
                let (from, to) = match *operation {
                    "suspend" => ("ACTIVE", "SUSPENDED"),
                    _ => ("SUSPENDED", "ACTIVE"),
                };
                if user.status != from {
                    return wrong();
                }
                to.clone_into(&mut user.status);
                user.version += 1;
            }
            ("POST", ["users", id]) => {
                let Some(user) = self.users.get_mut(*id) else {
                    return Told::gone();
                };
                body["profile"]["city"]
                    .as_str()
                    .unwrap_or_default()
                    .clone_into(&mut user.city);
                user.version += 1;
            }
            ("DELETE", ["users", id, "sessions"]) => {
                let Some(user) = self.users.get_mut(*id) else {
                    return Told::gone();
                };
                user.cleared += 1;
            }
            ("POST", ["users", id, "roles"]) => {
                let Some(user) = self.users.get_mut(*id) else {
                    return Told::gone();
                };
                let role = body["type"].as_str().unwrap_or_default().to_owned();
                if user.roles.values().any(|had| *had == role) {
                    return Told(
                        StatusCode::CONFLICT,
                        json!({"errorCode": "E0000090", "errorSummary": "no"}),
                    );
                }
                let name = format!("ra{made}");
                user.roles.insert(name.clone(), role);
                return Told(StatusCode::CREATED, json!({"id": name}));
            }
            ("DELETE", ["users", id, "roles", role]) => {
                let had = self
                    .users
                    .get_mut(*id)
                    .and_then(|user| user.roles.remove(*role));
                if had.is_none() {
                    return Told::gone();
                }
            }
            ("PUT", ["groups", _, "users", user]) => drop(self.members.insert((*user).to_owned())),
            ("DELETE", ["groups", _, "users", user]) => drop(self.members.remove(*user)),
            ("POST", ["groups"]) => {
                let name = body["profile"]["name"].as_str().unwrap_or_default();
                let id = format!("00gMADE{made:013}");
                self.groups.insert(id.clone(), name.to_owned());
                return Told(StatusCode::OK, json!({"id": id, "profile": {"name": name}}));
            }
            ("DELETE", ["groups", id]) => {
                if self.groups.remove(*id).is_none() {
                    return Told::gone();
                }
            }
            _ => unreachable!("{method} {path}"),
        }
        Told(StatusCode::OK, json!({}))
    }

    pub(super) fn read(&mut self, path: &str, query: &str, now: Timestamp) -> Answer {
        self.catch_up(now);
        if self.blind > 0 {
            self.blind -= 1;
            return broken(Fault::Timeout);
        }
        let parts: Vec<&str> = path.trim_start_matches("/api/v1/").split('/').collect();
        let group = |(id, name): (&String, &String)| json!({"id": id, "type": "OKTA_GROUP", "profile": {"name": name}});
        let value = match parts.as_slice() {
            ["groups", "rules"] => json!([]),
            ["groups"] => {
                let named = |(_, name): &(&String, &String)| query.contains(name.as_str());
                self.groups.iter().filter(named).map(group).collect()
            }
            ["groups", id] => match self.groups.get_key_value(*id) {
                Some(it) => group(it),
                None => return Ok(answer(StatusCode::NOT_FOUND, &Told::gone().1)),
            },
            ["users", id] => {
                let user = &self.users[*id];
                let value = json!({"id": id, "status": user.status, "profile": {"login": format!("{id}@m.example"), "city": user.city}, "credentials": {"provider": {"type": "OKTA"}}});
                let mut answer = answer(StatusCode::OK, &value);
                answer
                    .headers_mut()
                    .insert("etag", self.tag(path).parse().unwrap());
                return Ok(answer);
            }
            ["users", id, "groups"] => {
                let is_in = self.members.contains(*id);
                let groups = self
                    .groups
                    .iter()
                    .filter(|(group, _)| is_in && *group == GROUP);
                groups.map(group).collect()
            }
            ["users", id, "roles"] => {
                let roles = self.users[*id].roles.iter();
                roles
                    .map(|(id, kind)| json!({"id": id, "type": kind}))
                    .collect()
            }
            _ => unreachable!("{path}"),
        };
        Ok(answer(StatusCode::OK, &value))
    }
}

/// Status and body of an answer.
struct Told(StatusCode, Value);

impl Told {
    fn gone() -> Self {
        Self(
            StatusCode::NOT_FOUND,
            json!({"errorCode": "E0000007", "errorSummary": "not found"}),
        )
    }

    fn is_success(&self) -> bool {
        self.0.is_success()
    }
}

impl From<StatusCode> for Told {
    fn from(status: StatusCode) -> Self {
        Self(
            status,
            json!({"errorCode": "E0000231", "errorSummary": "no"}),
        )
    }
}

fn broken(fault: Fault) -> Answer {
    Err(TransportError::new(fault, "as ordered"))
}

fn answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(body.to_string()));
    *answer.status_mut() = status;
    answer
}
