//! The events of what admins do to documents and devices.

use crate::sim::world::device::DeviceDeed;
use crate::sim::world::document::{self, Deed, Document};
use crate::sim::world::index::{DeviceIx, DocumentIx, UserIx};

use super::super::kind::Kind;
use super::super::party::{Party, PartyId, PartyKind};
use super::super::{Outcome, Target};
use super::scribe::{Draft, Scribe};

impl Scribe<'_, '_> {
    pub(super) fn document(&mut self, ix: DocumentIx, deed: &Deed) {
        let world = self.world;
        let document = world.documents().get(ix);
        let Some(kind) = kind_of(document, deed) else {
            return;
        };
        let targets = self.targets_of(ix, document);
        let mut draft = Draft::new(kind, &targets);
        if let Deed::Updated(changes) = deed
            && has_change_details(kind)
        {
            draft.note.changes.clone_from(changes);
        }
        self.push(draft);
        if let (document::Kind::Zone, Deed::Updated(changes)) = (document.kind, deed) {
            self.blocking(&targets, changes);
        }
    }

    /// A zone that begins or ends to block says so once more.
    fn blocking(&mut self, targets: &[Target], changes: &[(String, String, String)]) {
        for (field, _, usage) in changes {
            let kind = match (field.as_str(), usage.as_str()) {
                ("usage", "BLOCKLIST") => Kind::ZoneMakeBlacklist,
                ("usage", _) => Kind::ZoneRemoveBlacklist,
                _ => continue,
            };
            self.push(Draft::new(kind, targets).after(3, 0));
        }
    }

    /// What the event speaks of, the document first.
    fn targets_of(&mut self, ix: DocumentIx, document: &Document) -> Vec<Target> {
        let world = self.world;
        let parent = document.parent.map(|id| id.to_string());
        let policy = parent.as_deref().and_then(|id| {
            let policy = world.documents().find(document::Kind::Policy, id)?;
            Some((policy, world.documents().get(policy)))
        });
        let app = |field: Option<&str>| field.and_then(|id| world.app_by_id(id));
        let mut parties = Vec::new();
        match document.kind {
            document::Kind::PolicyMapping => {
                parties.extend(policy.map(|(ix, policy)| self.document_party(ix, policy)));
                parties.extend(app(document.text("application")).map(|app| self.app(app)));
            }
            document::Kind::PushMapping => {
                parties.extend(app(parent.as_deref()).map(|app| self.app(app)));
                let group = document.text("sourceGroupId");
                let group = group.and_then(|id| world.group_by_id(id));
                parties.extend(group.map(|group| self.group(group)));
            }
            document::Kind::Setting => parties.push(self.org_party()),
            _ => {
                parties.push(self.document_party(ix, document));
                parties.extend(policy.map(|(ix, policy)| self.document_party(ix, policy)));
            }
        }
        parties.into_iter().map(Target::party).collect()
    }

    fn org_party(&mut self) -> PartyId {
        let facts = &self.world.facts;
        self.tables.cast.other(facts.id.as_str(), || {
            let name = Some(facts.name.as_str());
            Party::new(PartyKind::Org, facts.id.as_str(), Some("unknown"), name)
        })
    }

    fn document_party(&mut self, ix: DocumentIx, document: &Document) -> PartyId {
        self.tables.cast.object(
            party_kind(document.kind),
            ix.0,
            document.id.as_str(),
            "unknown",
            &document.name,
        )
    }

    pub(super) fn signed_in_through(&mut self, user: UserIx, idp: DocumentIx, session: u64) {
        let world = self.world;
        let party = self.document_party(idp, world.documents().get(idp));
        let targets = [Target::party(party), Target::app_user(self.user(user))];
        self.push(Draft::new(Kind::AuthViaIdp, &targets).session(session));
        self.session_started(user, session);
    }

    pub(super) fn device(&mut self, ix: DeviceIx, deed: DeviceDeed) {
        let kind = match deed {
            DeviceDeed::Activate => Kind::DeviceActivate,
            DeviceDeed::Suspend => Kind::DeviceSuspend,
            DeviceDeed::Unsuspend => Kind::DeviceUnsuspend,
            DeviceDeed::Deactivate => Kind::DeviceDeactivate,
            DeviceDeed::Delete => Kind::DeviceDelete,
        };
        let Some(device) = self.world.device_even_deleted(ix) else {
            return;
        };
        let id = device.id();
        let name = self.world.device_name(&device);
        let party = self
            .tables
            .cast
            .object(PartyKind::Device, ix.0, id.as_str(), "unknown", &name);
        let targets = [Target::party(party)];
        self.push(Draft::new(kind, &targets).outcome(Outcome::Success, ""));
    }
}

fn party_kind(kind: document::Kind) -> PartyKind {
    match kind {
        document::Kind::Idp => PartyKind::IdentityProvider,
        document::Kind::Policy => PartyKind::PolicyEntity,
        document::Kind::PolicyRule => PartyKind::PolicyRule,
        document::Kind::Zone => PartyKind::NetworkZone,
        document::Kind::Authenticator => PartyKind::Authenticator,
        document::Kind::Behavior => PartyKind::BehaviorSettings,
        document::Kind::EventHook => PartyKind::EventHook,
        document::Kind::InlineHook => PartyKind::InlineHook,
        document::Kind::LogStream => PartyKind::LogStream,
        document::Kind::TrustedOrigin => PartyKind::TrustedOrigin,
        document::Kind::Feature => PartyKind::Feature,
        document::Kind::Brand => PartyKind::Brand,
        document::Kind::PolicyMapping
        | document::Kind::UserType
        | document::Kind::PushMapping
        | document::Kind::Setting => PartyKind::Org,
    }
}

/// The types for which the catalogue knows details of a change.
fn has_change_details(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::PolicyUpdate | Kind::IdpUpdate | Kind::AuthenticatorUpdate
    )
}

/// The type of event that a deed leaves; `None` where the catalogue has none.
fn kind_of(document: &Document, deed: &Deed) -> Option<Kind> {
    use document::Kind as Of;
    Some(match (document.kind, deed) {
        (Of::Idp, Deed::Created) => Kind::IdpCreate,
        (Of::Idp, Deed::Updated(_)) => Kind::IdpUpdate,
        (Of::Idp, Deed::Activated) => Kind::IdpActivate,
        (Of::Idp, Deed::Deactivated) => Kind::IdpDeactivate,
        (Of::Idp, Deed::Deleted) => Kind::IdpDelete,
        (Of::Policy, Deed::Created) => Kind::PolicyCreate,
        (Of::Policy, Deed::Updated(_)) => Kind::PolicyUpdate,
        (Of::Policy, Deed::Activated) => Kind::PolicyActivate,
        (Of::Policy, Deed::Deactivated) => Kind::PolicyDeactivate,
        (Of::Policy, Deed::Deleted) => Kind::PolicyDelete,
        (Of::PolicyRule, Deed::Created) => Kind::PolicyRuleAdd,
        (Of::PolicyRule, Deed::Updated(_)) => Kind::PolicyRuleUpdate,
        (Of::PolicyRule, Deed::Activated) => Kind::PolicyRuleActivate,
        (Of::PolicyRule, Deed::Deactivated) => Kind::PolicyRuleDeactivate,
        (Of::PolicyRule, Deed::Deleted) => Kind::PolicyRuleDelete,
        (Of::PolicyMapping, Deed::Created) => Kind::PolicyMappingCreate,
        (Of::Zone, Deed::Created) => Kind::ZoneCreate,
        (Of::Zone, Deed::Updated(_)) => Kind::ZoneUpdate,
        (Of::Zone, Deed::Activated) => Kind::ZoneActivate,
        (Of::Zone, Deed::Deactivated) => Kind::ZoneDeactivate,
        (Of::Zone, Deed::Deleted) => Kind::ZoneDelete,
        (Of::Authenticator, Deed::Created) => Kind::AuthenticatorCreate,
        (Of::Authenticator, Deed::Updated(_)) => Kind::AuthenticatorUpdate,
        (Of::Authenticator, Deed::Activated) => Kind::AuthenticatorActivate,
        (Of::Authenticator, Deed::Deactivated) => Kind::AuthenticatorDeactivate,
        (Of::Behavior, Deed::Created) => Kind::BehaviorCreate,
        (Of::Behavior, Deed::Deleted) => Kind::BehaviorDelete,
        // A behaviour is switched on and off by changing its settings.
        (Of::Behavior, _) => Kind::BehaviorUpdate,
        (Of::EventHook, Deed::Created) => Kind::EventHookCreated,
        (Of::EventHook, Deed::Updated(_)) => Kind::EventHookUpdated,
        (Of::EventHook, Deed::Activated) => Kind::EventHookActivated,
        (Of::EventHook, Deed::Deactivated) => Kind::EventHookDeactivated,
        (Of::EventHook, Deed::Deleted) => Kind::EventHookDeleted,
        (Of::InlineHook, Deed::Created) => Kind::InlineHookCreated,
        (Of::InlineHook, Deed::Updated(_)) => Kind::InlineHookUpdated,
        (Of::InlineHook, Deed::Activated) => Kind::InlineHookActivated,
        (Of::InlineHook, Deed::Deactivated) => Kind::InlineHookDeactivated,
        (Of::InlineHook, Deed::Deleted) => Kind::InlineHookDeleted,
        (Of::LogStream, Deed::Created) => Kind::LogStreamCreate,
        (Of::LogStream, Deed::Updated(_)) => Kind::LogStreamUpdate,
        (Of::LogStream, Deed::Activated) => Kind::LogStreamActivate,
        (Of::LogStream, Deed::Deactivated) => Kind::LogStreamDeactivate,
        (Of::LogStream, Deed::Deleted) => Kind::LogStreamDelete,
        (Of::TrustedOrigin, Deed::Created) => Kind::TrustedOriginCreate,
        (Of::TrustedOrigin, Deed::Updated(_)) => Kind::TrustedOriginUpdate,
        (Of::TrustedOrigin, Deed::Activated) => Kind::TrustedOriginActivate,
        (Of::TrustedOrigin, Deed::Deactivated) => Kind::TrustedOriginDeactivate,
        (Of::TrustedOrigin, Deed::Deleted) => Kind::TrustedOriginDelete,
        (Of::PushMapping, Deed::Created) => Kind::PushMappingCreate,
        (Of::PushMapping, Deed::Activated) => Kind::PushMappingActivate,
        (Of::PushMapping, Deed::Deactivated) => Kind::PushMappingDeactivate,
        (Of::Feature, Deed::Activated) => Kind::FeatureEnable,
        (Of::Feature, Deed::Deactivated) => Kind::FeatureDisable,
        (Of::Brand, Deed::Created) => Kind::BrandCreate,
        (Of::Brand, Deed::Updated(_)) => Kind::BrandUpdate,
        (Of::Brand, Deed::Deleted) => Kind::BrandDelete,
        (Of::Setting, Deed::Updated(_)) => return setting_kind(document),
        _ => return None,
    })
}

fn setting_kind(setting: &Document) -> Option<Kind> {
    match &*setting.name {
        "threatInsight" => Some(Kind::ThreatConfiguration),
        "oktaSupport" if setting.text("support") == Some("ENABLED") => Some(Kind::SupportGrant),
        "oktaSupport" => Some(Kind::SupportRevoke),
        _ => None,
    }
}
