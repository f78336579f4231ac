//! Which policy and which rule apply: the one evaluation behind the simulation, the enrolment of factors and the log.
//!
//! A condition matches, does not, or cannot be told because the circumstances do not say enough (`UNDEFINED`): whoever
//! simulates gives as little as they like.

use serde_json::Value;

use super::super::id::Id;
use super::World;
use super::document::Document;
use super::index::{DocumentIx, UserIx};
use super::place::Client;

/// Whether something holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does.
    Match,
    /// It does not.
    NotMatch,
    /// The circumstances do not say.
    Undefined,
}

impl Verdict {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Match => "MATCH",
            Self::NotMatch => "NOT_MATCH",
            Self::Undefined => "UNDEFINED",
        }
    }

    fn of(holds: bool) -> Self {
        if holds { Self::Match } else { Self::NotMatch }
    }

    /// All of them hold; one that does not outweighs any that cannot be told.
    fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts
            .into_iter()
            .fold(Self::Match, |all, one| match (all, one) {
                (Self::NotMatch, _) | (_, Self::NotMatch) => Self::NotMatch,
                (Self::Undefined, _) | (_, Self::Undefined) => Self::Undefined,
                _ => Self::Match,
            })
    }
}

/// What is known of a sign-in. `None` is not known; ids are Okta's.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// Who.
    pub user: Option<String>,
    /// The user's groups.
    pub groups: Option<Vec<String>>,
    /// The user's type.
    pub user_type: Option<String>,
    /// The zones that the request comes from.
    pub zones: Option<Vec<String>>,
    /// `LOW`, `MEDIUM` or `HIGH`.
    pub risk: Option<String>,
    /// `ANDROID`, `IOS`, `MACOS`, `WINDOWS`, …
    pub platform: Option<String>,
    /// Whether the device is registered.
    pub registered: Option<bool>,
    /// Whether the device is managed.
    pub managed: Option<bool>,
}

/// One condition and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// The condition's path, e.g. `people.groups.include`.
    pub condition: &'static str,
    /// Whether it holds.
    pub verdict: Verdict,
}

/// A rule, looked at.
#[derive(Clone, Debug)]
pub struct RuleTested {
    /// Which.
    pub rule: DocumentIx,
    /// Whether it applies.
    pub verdict: Verdict,
    /// Why.
    pub conditions: Vec<Tested>,
}

/// A policy, looked at.
#[derive(Clone, Debug)]
pub struct PolicyTested {
    /// Which.
    pub policy: DocumentIx,
    /// Whether it and one of its rules apply.
    pub verdict: Verdict,
    /// Why.
    pub conditions: Vec<Tested>,
    /// Its rules, as far as they were looked at.
    pub rules: Vec<RuleTested>,
}

impl World {
    /// What is known of a user's sign-in from `client`.
    pub fn circumstances(&self, user: UserIx, client: &Client) -> Circumstances {
        let id = |ix| self.documents().get(ix).id.to_string();
        let zones = self.zones_of(client).into_iter().map(id).collect();
        let groups = self.groups_of(user);
        let held = self.user(user);
        Circumstances {
            user: Some(held.id.to_string()),
            groups: Some(
                groups
                    .map(|group| self.group(group).id.to_string())
                    .collect(),
            ),
            user_type: Some(self.user_type(user).to_string()),
            zones: Some(zones),
            ..Circumstances::default()
        }
    }

    /// Looks at policies of one type in their order, up to the first that applies; with `only`, at that one alone.
    pub fn evaluate(
        &self,
        of: &str,
        only: Option<DocumentIx>,
        known: &Circumstances,
    ) -> Vec<PolicyTested> {
        let mut tested = Vec::new();
        for (ix, policy) in self.documents().policies(of) {
            if !policy.active || only.is_some_and(|only| only != ix) {
                continue;
            }
            let looked = self.test_policy(ix, policy, known);
            let found = looked.verdict == Verdict::Match;
            tested.push(looked);
            if found {
                break;
            }
        }
        tested
    }

    /// The policy of a type that applies, if it can be told.
    pub fn applying_policy(&self, of: &str, known: &Circumstances) -> Option<PolicyTested> {
        let last = self.evaluate(of, None, known).pop()?;
        (last.verdict == Verdict::Match).then_some(last)
    }

    fn test_policy(
        &self,
        ix: DocumentIx,
        policy: &Document,
        known: &Circumstances,
    ) -> PolicyTested {
        let conditions = test(policy, known);
        let own = Verdict::all(conditions.iter().map(|tested| tested.verdict));
        let mut rules = Vec::new();
        let mut verdict = own;
        if own != Verdict::NotMatch {
            rules = self.test_rules(policy.id, known);
            let best = rules.last().map_or(Verdict::NotMatch, |rule| rule.verdict);
            let open = rules.iter().any(|rule| rule.verdict == Verdict::Undefined);
            verdict = match (own, best) {
                (Verdict::Match, Verdict::Match) => Verdict::Match,
                (Verdict::Undefined, Verdict::Match) => Verdict::Undefined,
                _ if open => Verdict::Undefined,
                _ => Verdict::NotMatch,
            };
        }
        PolicyTested {
            policy: ix,
            verdict,
            conditions,
            rules,
        }
    }

    /// Looks at rules in their order, up to the first that applies.
    fn test_rules(&self, policy: Id, known: &Circumstances) -> Vec<RuleTested> {
        let mut tested = Vec::new();
        for (ix, rule) in self.documents().rules(policy) {
            if !rule.active {
                continue;
            }
            let conditions = test(rule, known);
            let verdict = Verdict::all(conditions.iter().map(|tested| tested.verdict));
            tested.push(RuleTested {
                rule: ix,
                verdict,
                conditions,
            });
            if verdict == Verdict::Match {
                break;
            }
        }
        tested
    }
}

/// Every condition of a policy or a rule that says anything.
fn test(document: &Document, known: &Circumstances) -> Vec<Tested> {
    let Some(conditions) = document.body.get("conditions") else {
        return Vec::new();
    };
    TESTS
        .iter()
        .filter_map(|(condition, test)| {
            let verdict = test(conditions, known)?;
            Some(Tested { condition, verdict })
        })
        .collect()
}

/// Whether a condition holds; `None` when it says nothing.
type Test = fn(&Value, &Circumstances) -> Option<Verdict>;

/// Every condition that is evaluated, by its path.
const TESTS: &[(&str, Test)] = &[
    ("people.groups.include", |c, known| {
        included(c, "/people/groups/include", known.groups.as_deref())
    }),
    ("people.groups.exclude", |c, known| {
        excluded(c, "/people/groups/exclude", known.groups.as_deref())
    }),
    ("people.users.include", |c, known| {
        included(c, "/people/users/include", one(known.user.as_ref()))
    }),
    ("people.users.exclude", |c, known| {
        excluded(c, "/people/users/exclude", one(known.user.as_ref()))
    }),
    ("userType.include", |c, known| {
        included(c, "/userType/include", one(known.user_type.as_ref()))
    }),
    ("userType.exclude", |c, known| {
        excluded(c, "/userType/exclude", one(known.user_type.as_ref()))
    }),
    ("network.include", |c, known| {
        included(c, "/network/include", known.zones.as_deref())
    }),
    ("network.exclude", |c, known| {
        excluded(c, "/network/exclude", known.zones.as_deref())
    }),
    ("riskScore.level", |c, known| {
        let level = c.pointer("/riskScore/level")?.as_str()?;
        (level != "ANY").then(|| compared(known.risk.as_ref().map(|risk| risk == level)))
    }),
    ("device.registered", |c, known| {
        flag(c, "/device/registered", known.registered)
    }),
    ("device.managed", |c, known| {
        flag(c, "/device/managed", known.managed)
    }),
    ("platform.include", |c, known| {
        let wanted = platforms(c)?;
        Some(compared(known.platform.as_ref().map(|platform| {
            wanted.iter().any(|one| *one == "ANY" || one == platform)
        })))
    }),
    // Nobody but Okta can tell what an expression makes of a user.
    ("elCondition.condition", |c, _| {
        let text = c.pointer("/elCondition/condition")?.as_str()?;
        (!text.is_empty()).then_some(Verdict::Undefined)
    }),
    ("risk.behaviors", |c, _| {
        let behaviors = c.pointer("/risk/behaviors")?.as_array()?;
        (!behaviors.is_empty()).then_some(Verdict::Undefined)
    }),
];

fn one(text: Option<&String>) -> Option<&[String]> {
    text.map(std::slice::from_ref)
}

fn compared(holds: Option<bool>) -> Verdict {
    holds.map_or(Verdict::Undefined, Verdict::of)
}

fn texts<'a>(conditions: &'a Value, path: &str) -> Option<Vec<&'a str>> {
    let list = conditions.pointer(path)?.as_array()?;
    let texts: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    (!texts.is_empty()).then_some(texts)
}

/// Whether one of what is known is among what is asked for.
fn included(conditions: &Value, path: &str, known: Option<&[String]>) -> Option<Verdict> {
    let wanted = texts(conditions, path)?;
    let among = |known: &[String]| known.iter().any(|one| wanted.contains(&one.as_str()));
    Some(compared(known.map(among)))
}

/// Whether none of what is known is among what is kept out.
fn excluded(conditions: &Value, path: &str, known: Option<&[String]>) -> Option<Verdict> {
    let unwanted = texts(conditions, path)?;
    let none = |known: &[String]| !known.iter().any(|one| unwanted.contains(&one.as_str()));
    Some(compared(known.map(none)))
}

fn flag(conditions: &Value, path: &str, known: Option<bool>) -> Option<Verdict> {
    let wanted = conditions.pointer(path)?.as_bool()?;
    Some(compared(known.map(|known| known == wanted)))
}

/// The operating systems that a condition names.
fn platforms(conditions: &Value) -> Option<Vec<&str>> {
    let list = conditions.pointer("/platform/include")?.as_array()?;
    let named: Vec<&str> = list
        .iter()
        .filter_map(|platform| platform.pointer("/os/type")?.as_str())
        .collect();
    (!named.is_empty()).then_some(named)
}

#[cfg(test)]
mod tests;
