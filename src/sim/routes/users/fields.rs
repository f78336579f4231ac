//! The `fields` parameter: a projection such as `id,status,profile:(login,email)`.

use serde_json::{Map, Value};

use crate::sim::error::ApiError;

/// Which members of an object are wanted.
#[derive(Debug, PartialEq, Eq)]
pub struct Fields(Vec<(String, Option<Self>)>);

impl Fields {
    /// Reads a projection.
    ///
    /// # Errors
    /// `E0000001` when the text is none.
    pub fn read(text: &str) -> Result<Self, ApiError> {
        let mut rest = text;
        let fields = Self::read_list(&mut rest, 0);
        fields
            .filter(|_| rest.is_empty())
            .ok_or_else(|| ApiError::validation("fields", "The projection is malformed"))
    }

    fn read_list(rest: &mut &str, depth: usize) -> Option<Self> {
        if depth > 4 {
            return None;
        }
        let mut fields = Vec::new();
        loop {
            let end = rest.find([',', ':', '(', ')']).unwrap_or(rest.len());
            let name = rest[..end].trim();
            if name.is_empty() {
                return None;
            }
            *rest = &rest[end..];
            let mut within = None;
            if let Some(inner) = rest.strip_prefix(":(") {
                *rest = inner;
                within = Some(Self::read_list(rest, depth + 1)?);
                *rest = rest.strip_prefix(')')?;
            }
            fields.push((name.to_owned(), within));
            match rest.strip_prefix(',') {
                Some(more) => *rest = more,
                None => return Some(Self(fields)),
            }
        }
    }

    /// The wanted members of `whole` that are there.
    pub fn project(&self, whole: &Value) -> Value {
        let mut kept = Map::new();
        for (name, within) in &self.0 {
            if let Some(value) = whole.get(name) {
                let value = within
                    .as_ref()
                    .map_or_else(|| value.clone(), |fields| fields.project(value));
                kept.insert(name.clone(), value);
            }
        }
        Value::Object(kept)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_was_asked_for_is_left() {
        let user = json!({"id": "1", "status": "ACTIVE", "profile": {"login": "a", "email": "b"}});
        let fields = Fields::read("id,profile:(login)").unwrap();
        assert_eq!(
            fields.project(&user),
            json!({"id": "1", "profile": {"login": "a"}})
        );
    }

    #[test]
    fn a_malformed_projection_is_refused() {
        for wrong in [
            "",
            "id,",
            "profile:(login",
            "profile:login)",
            ",,",
            "a:(b:(c:(d:(e:(f)))))",
        ] {
            assert_eq!(Fields::read(wrong).unwrap_err().code, "E0000001", "{wrong}");
        }
    }
}
