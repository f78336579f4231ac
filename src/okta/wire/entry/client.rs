//! OAuth clients, and what they prove themselves with and may do.

use jiff::Timestamp;

use super::super::fields::Fields;
use super::{Draft, app, joined, user};
use crate::domain::entry::How;

/// A client of `/oauth2/v1/clients`. Its id is that of the app that it is, as a rule.
pub(super) fn client(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let id = fields.filled("client_id");
    draft.id = fields.parsed("client_id");
    draft.name = fields.filled("client_name");
    draft.created = fields
        .parsed("client_id_issued_at")
        .and_then(|secs: i64| Timestamp::from_second(secs).ok());
    draft.fact("type", fields.filled("application_type"));
    draft.fact("authMethod", fields.filled("token_endpoint_auth_method"));
    draft.fact("grantTypes", joined(&fields.words("grant_types")));
    draft.fact("redirectUris", joined(&fields.words("redirect_uris")));
    draft.fact("dpop", fields.filled("dpop_bound_access_tokens"));
    draft.refer(How::App, id.as_deref().and_then(app));
}

/// A secret of `/api/v1/apps/{id}/credentials/secrets`, known by its hash alone.
pub(super) fn secret(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.fact("hash", fields.filled("secret_hash"));
}

/// A public key of `/api/v1/apps/{id}/credentials/jwks`.
pub(super) fn key(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    draft.id = draft.id.take().or_else(|| fields.parsed("kid"));
    draft.name = fields.filled("kid");
    draft.fact("type", fields.filled("kty"));
    draft.fact("use", fields.filled("use"));
    draft.fact("algorithm", fields.filled("alg"));
}

/// A scope of `/api/v1/apps/{id}/grants`.
pub(super) fn grant(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let scope = fields.filled("scopeId");
    let user_id = fields.filled("userId");
    draft.name.clone_from(&scope);
    draft.fact("scope", scope);
    draft.facts(fields, &["issuer", "source"]);
    draft.refer(How::Owner, user_id.as_deref().and_then(user));
    draft.fact("user", user_id);
}
