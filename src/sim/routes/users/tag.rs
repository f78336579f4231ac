//! Entity tags of users: whether somebody still is what a caller thinks.

use crate::sim::error::ApiError;
use crate::sim::page::Asked;
use crate::sim::service::Service;
use crate::sim::world::World;
use crate::sim::world::index::UserIx;

/// The tag of a user as it is now.
pub fn of(service: &Service, world: &World, user: UserIx) -> String {
    let held = world.user(user);
    let changed = held.last_updated.0.unsigned_abs() ^ u64::from(held.revision).rotate_left(48);
    let version = service.seed.hash("etag", changed ^ u64::from(user.0));
    format!("W/\"{version:016x}\"")
}

/// Refuses when the caller names tags (`If-Match`) of which none is the user's.
///
/// # Errors
/// `E0000231` for other tags, `E0000242` for what is no tag.
pub fn must_match(
    service: &Service,
    world: &World,
    asked: &Asked,
    user: UserIx,
) -> Result<(), ApiError> {
    let Some(header) = asked.header("if-match") else {
        return Ok(());
    };
    if header.trim() == "*" {
        return Ok(());
    }
    let own = of(service, world, user);
    let mut matched = false;
    for tag in header.split(',').map(str::trim) {
        let opaque = opaque(tag).ok_or_else(ApiError::no_entity_tag)?;
        matched |= Some(opaque) == self::opaque(&own);
    }
    if matched {
        Ok(())
    } else {
        Err(ApiError::changed_meanwhile())
    }
}

/// What stands between the quotes, whether the tag is weak or strong.
fn opaque(tag: &str) -> Option<&str> {
    let quoted = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('"')).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_quoted_and_may_be_weak() {
        assert_eq!(opaque("W/\"12\""), Some("12"));
        assert_eq!(opaque("\"12\""), Some("12"));
        for wrong in ["12", "\"12", "W/12", "", "\""] {
            assert_eq!(opaque(wrong), None, "{wrong}");
        }
    }
}
