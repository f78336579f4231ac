//! Writing events: what one of them is made of, and who is in it.

use crate::sim::derive::mix;
use crate::sim::id::Id;
use crate::sim::world::World;
use crate::sim::world::factor::FactorKind;
use crate::sim::world::happening::{Actor, Cause};
use crate::sim::world::index::{AppIx, CallIx, GroupIx, UserIx};

use super::super::kind::Kind;
use super::super::party::{Party, PartyId, PartyKind};
use super::super::tables::Tables;
use super::super::{Event, Note, Outcome, Signals, Target};
use super::{delay_ms, session_of};

/// What differs between the events of one happening.
pub(super) struct Draft<'t> {
    pub(super) kind: Kind,
    pub(super) after_ms: i64,
    pub(super) targets: &'t [Target],
    pub(super) outcome: Outcome,
    pub(super) reason: &'t str,
    pub(super) session: u64,
    pub(super) signals: Signals,
    pub(super) factor: Option<FactorKind>,
    pub(super) note: Note,
    /// Events of a sign-in come from several requests.
    pub(super) request_step: u64,
    /// Whether Okta did it by itself some time after.
    pub(super) job: bool,
}

impl<'t> Draft<'t> {
    pub(super) fn new(kind: Kind, targets: &'t [Target]) -> Self {
        Self {
            kind,
            after_ms: 0,
            targets,
            outcome: Outcome::Success,
            reason: "",
            session: 0,
            signals: Signals::NONE,
            factor: None,
            note: Note::default(),
            request_step: 0,
            job: false,
        }
    }

    pub(super) fn reason(self, reason: &'t str) -> Self {
        Self { reason, ..self }
    }

    pub(super) fn outcome(self, outcome: Outcome, reason: &'t str) -> Self {
        Self {
            outcome,
            reason,
            ..self
        }
    }

    pub(super) fn session(self, session: u64) -> Self {
        Self { session, ..self }
    }

    pub(super) fn signals(self, signals: Signals) -> Self {
        Self { signals, ..self }
    }

    pub(super) fn factor(self, factor: FactorKind) -> Self {
        Self {
            factor: Some(factor),
            ..self
        }
    }

    pub(super) fn after(self, after_ms: i64, request_step: u64) -> Self {
        Self {
            after_ms,
            request_step,
            ..self
        }
    }

    pub(super) fn debug(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.note.debug.push((key, value.into()));
        self
    }
}

/// Writes the events of one happening.
pub(super) struct Scribe<'w, 'o> {
    pub(super) world: &'w World,
    pub(super) tables: &'o mut Tables,
    pub(super) cause: Cause,
    pub(super) out: &'o mut Vec<Event>,
}

impl Scribe<'_, '_> {
    pub(super) fn push(&mut self, draft: Draft<'_>) {
        let cause = self.cause;
        let seed = self.tables.next_seed(cause.request);
        let job = draft.job || (cause.actor == Actor::System && cause.client.device == 0);
        let published_ms = cause.at.0 + draft.after_ms;
        let mut targets = [Target::NONE; 3];
        for (place, target) in targets.iter_mut().zip(draft.targets) {
            *place = *target;
        }
        let actor = if draft.job {
            self.system()
        } else {
            self.actor()
        };
        let mut note = draft.note;
        if let Actor::Token(token) = cause.actor
            && let Some(held) = self.world.tokens.get(token)
            && !job
        {
            note.token = Some(held.id.to_string());
        }
        if let Some(call) = cause.call.filter(|_| !job) {
            self.note_call(&mut note, call);
        }
        let session = match cause.actor {
            Actor::User(user) if draft.session == 0 && !Self::sessionless(draft.kind) => {
                session_of(self.world.seed, user, &cause.client, cause.at.0)
            }
            _ => draft.session,
        };
        self.out.push(Event {
            published_ms,
            persisted_ms: published_ms + delay_ms(seed),
            seed,
            request: if draft.request_step == 0 {
                cause.request
            } else {
                mix(cause.request.wrapping_add(draft.request_step << 48))
            },
            session,
            actor,
            targets,
            note: self.tables.note(note),
            from: cause.client,
            job,
            kind: draft.kind,
            outcome: draft.outcome,
            reason: if draft.reason.is_empty() {
                0
            } else {
                self.tables.reason(draft.reason)
            },
            signals: draft.signals,
            factor: draft.factor,
        });
    }

    /// What a call over the wire was is told as it came: which program, and which address it asked for.
    fn note_call(&self, note: &mut Note, call: CallIx) {
        let call = self.world.call(call);
        note.agent = Some(call.agent.clone()).filter(|agent| !agent.is_empty());
        for (key, value) in [("requestUri", &call.path), ("url", &call.url)] {
            if note.debug.iter().all(|(noted, _)| *noted != key) {
                note.debug.push((key, value.clone()));
            }
        }
    }

    /// A failed sign-in gives no session, and what leads to one has none yet.
    pub(super) fn sessionless(kind: Kind) -> bool {
        matches!(
            kind,
            Kind::SessionStart
                | Kind::PolicyEvaluate
                | Kind::AuthViaMfa
                | Kind::Lock
                | Kind::PushSent
                | Kind::PushDenied
        )
    }

    pub(super) fn actor(&mut self) -> PartyId {
        match self.cause.actor {
            Actor::User(user) => self.user(user),
            Actor::Token(token) => match self.world.tokens.get(token) {
                Some(held) => self.user(held.owner),
                None => self.system(),
            },
            Actor::Client(client) => self.oauth_client(client),
            Actor::System => self.system(),
        }
    }

    pub(super) fn system(&mut self) -> PartyId {
        self.fixed(
            "sys",
            PartyKind::SystemPrincipal,
            "system@okta.com",
            "Okta System",
        )
    }

    pub(super) fn dashboard(&mut self) -> PartyId {
        self.fixed(
            "0od",
            PartyKind::AppInstance,
            "Okta Dashboard",
            "Okta Dashboard",
        )
    }

    pub(super) fn policy_entity(&mut self) -> PartyId {
        let id = Id::new(self.world.seed, "00p", 0);
        self.tables.cast.other(id.as_str(), || Party {
            detail: Some(("policyType", "OktaSignOn")),
            ..Party::new(
                PartyKind::PolicyEntity,
                id.as_str(),
                Some("unknown"),
                Some("Default Policy"),
            )
        })
    }

    pub(super) fn policy_rule(&mut self) -> PartyId {
        let policy = Id::new(self.world.seed, "00p", 0);
        let id = Id::new(self.world.seed, "0pr", 0);
        self.tables.cast.other(id.as_str(), || {
            Party::new(
                PartyKind::PolicyRule,
                id.as_str(),
                Some(policy.as_str()),
                Some("Default Rule"),
            )
        })
    }

    pub(super) fn fixed(
        &mut self,
        prefix: &str,
        kind: PartyKind,
        alternate: &str,
        name: &str,
    ) -> PartyId {
        let id = Id::new(self.world.seed, prefix, 0);
        self.tables.cast.other(id.as_str(), || {
            Party::new(kind, id.as_str(), Some(alternate), Some(name))
        })
    }

    pub(super) fn user(&mut self, ix: UserIx) -> PartyId {
        let user = self.world.user(ix);
        let profile = &user.profile;
        // Most people have both names, so the allocation is not worth saving.
        let name = format!("{} {}", profile.first_name, profile.last_name);
        self.tables.cast.object(
            PartyKind::User,
            ix.0,
            user.id.as_str(),
            &profile.login,
            name.trim(),
        )
    }

    pub(super) fn group(&mut self, ix: GroupIx) -> PartyId {
        let group = self.world.group(ix);
        self.tables.cast.object(
            PartyKind::UserGroup,
            ix.0,
            group.id.as_str(),
            "unknown",
            &group.name,
        )
    }

    pub(super) fn app(&mut self, ix: AppIx) -> PartyId {
        let app = self.world.app(ix);
        self.tables.cast.object(
            PartyKind::AppInstance,
            ix.0,
            app.id.as_str(),
            &app.label,
            &app.label,
        )
    }

    /// What the risk engine makes of the place and device, against where the user usually is.
    pub(super) fn signals(&self, user: UserIx) -> Signals {
        let client = &self.cause.client;
        let home = self.world.home(user, 0);
        let device_known = [0, 1]
            .iter()
            .any(|nth| self.world.home(user, *nth).device == client.device);
        let (usual, here) = (home.place.get(), client.place.get());
        let mut new = Vec::new();
        if !device_known {
            new.push("New Device");
        }
        if client.ip != home.ip {
            new.push("New IP");
        }
        if here.city != usual.city {
            new.extend(["New Geo-Location", "New City"]);
        }
        if here.state != usual.state {
            new.push("New State");
        }
        if here.country != usual.country {
            new.extend(["New Country", "Velocity"]);
        }
        let risk = match (device_known, here.country == usual.country) {
            (false, false) => 3,
            (true, false) | (false, true) if new.len() > 2 => 2,
            _ => 1,
        };
        Signals::with(&new, risk)
    }
}
