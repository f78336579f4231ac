//! Identity providers.

use super::super::fields::Fields;
use super::{Draft, group};
use crate::domain::entry::How;

/// An identity provider of `/api/v1/idps`.
pub(super) fn idp(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let protocol = fields.object("protocol");
    let credentials = protocol.object("credentials");
    let trust = credentials.object("trust");
    let policy = fields.object("policy");
    let provisioning = policy.object("provisioning");
    let issuer = trust
        .filled("issuer")
        .or_else(|| protocol.object("issuer").filled("url"))
        .or_else(|| {
            let endpoints = protocol.object("endpoints");
            endpoints.object("authorization").filled("url")
        });
    let key = trust
        .filled("kid")
        .or_else(|| credentials.object("signing").filled("kid"));
    draft.facts(fields, &["type"]);
    draft.fact("protocol", protocol.filled("type"));
    draft.fact("issuer", issuer);
    draft.fact("provisioning", provisioning.filled("action"));
    draft.fact("subjectMatch", policy.object("subject").filled("matchType"));
    draft.fact("linking", policy.object("accountLink").filled("action"));
    draft.fact("keyId", key);
    let given = provisioning.object("groups").words("assignments");
    draft.refer_all(How::Gives, &given, group);
}
