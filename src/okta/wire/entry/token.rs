//! API tokens.

use super::super::fields::Fields;
use super::{Draft, access, user};
use crate::domain::entry::How;

/// A token of `/api/v1/api-tokens`. Okta never lists the token itself.
pub(super) fn api_token(fields: &Fields<'_>, draft: &mut Draft<'_>) {
    let network = fields.object("network");
    let owner = fields.filled("userId");
    draft.refer(How::Owner, owner.as_deref().and_then(user));
    draft.fact("owner", owner);
    draft.fact("window", fields.filled("tokenWindow"));
    draft.facts(fields, &["clientName", "expiresAt"]);
    draft.fact("network", access::network(&network));
    access::refer_zones(&network, draft);
}
