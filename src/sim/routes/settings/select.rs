//! Which documents a list is asked for: `q`, `type`, `status`, and filters that know a few fields each.

use crate::sim::error::ApiError;
use crate::sim::page::Asked;
use crate::sim::search::parse::{self, Expr, Literal, Op, Term};
use crate::sim::time::Millis;
use crate::sim::world::document::{Document, Kind};

/// Which documents are wanted.
#[derive(Debug, Default)]
pub struct Selection {
    /// In lower case; which names it must be in, and where, is the kind's to say.
    prefix: Option<String>,
    of: Option<String>,
    status: Option<String>,
    source_group: Option<String>,
    since: Option<Millis>,
    filter: Option<Expr<Term>>,
}

impl Selection {
    /// Reads the parameters that lists of this kind have.
    ///
    /// # Errors
    /// `E0000031` for a filter that is malformed or names what this kind cannot be filtered by, `E0000001` for a time that
    /// is none.
    pub fn read(asked: &Asked, kind: Kind) -> Result<Self, ApiError> {
        let text = |name: &str| asked.get(name).map(str::to_owned);
        let mut selection = Self::default();
        match kind {
            Kind::Idp => {
                selection.prefix = asked.get("q").map(str::to_lowercase);
                selection.of = text("type");
            }
            Kind::InlineHook => selection.of = text("type"),
            Kind::Brand => selection.prefix = asked.get("q").map(str::to_lowercase),
            Kind::Policy => {
                selection.prefix = asked.get("q").map(str::to_lowercase);
                selection.status = text("status");
            }
            Kind::PushMapping => {
                selection.status = text("status");
                selection.source_group = text("sourceGroupId");
                selection.since = since(asked)?;
            }
            Kind::Zone => selection.filter = filter(asked, &["id", "usage", "system"])?,
            Kind::LogStream => selection.filter = filter(asked, &["status", "type"])?,
            Kind::TrustedOrigin => {
                selection.prefix = asked.get("q").map(str::to_lowercase);
                selection.filter = filter(asked, &["name", "origin", "status", "type"])?;
            }
            _ => {}
        }
        Ok(selection)
    }

    /// Whether a document is wanted.
    pub fn holds(&self, document: &Document) -> bool {
        self.named(document)
            && self
                .of
                .as_deref()
                .is_none_or(|of| document.of_type() == Some(of))
            && self
                .status
                .as_deref()
                .is_none_or(|status| document.status() == status)
            && self
                .source_group
                .as_deref()
                .is_none_or(|group| document.text("sourceGroupId") == Some(group))
            && self
                .since
                .is_none_or(|since| document.last_updated >= since)
            && self
                .filter
                .as_ref()
                .is_none_or(|filter| filter.holds(&|term: &Term| matches(term, document)))
    }

    fn named(&self, document: &Document) -> bool {
        let Some(prefix) = &self.prefix else {
            return true;
        };
        let name = document.name.to_lowercase();
        match document.kind {
            // An identity provider is found by any part of its name.
            Kind::Idp => name.contains(prefix),
            Kind::TrustedOrigin => {
                let origin = document.text("origin").unwrap_or_default().to_lowercase();
                name.starts_with(prefix) || origin.starts_with(prefix)
            }
            _ => name.starts_with(prefix),
        }
    }
}

fn since(asked: &Asked) -> Result<Option<Millis>, ApiError> {
    let Some(text) = asked.get("lastUpdated") else {
        return Ok(None);
    };
    let read = Millis::parse(text);
    read.map(Some)
        .ok_or_else(|| ApiError::validation("lastUpdated", "The date is not valid"))
}

/// Reads `filter`, which compares a few fields for being equal.
fn filter(asked: &Asked, fields: &[&str]) -> Result<Option<Expr<Term>>, ApiError> {
    let Some(text) = asked.get("filter") else {
        return Ok(None);
    };
    let read = parse::parse(text).map_err(|wrong| ApiError::invalid_search(&wrong))?;
    let known = read.try_map(&mut |term: Term| {
        if !fields.contains(&term.path.as_str()) {
            return Err(format!("field is not valid: {}", term.path));
        }
        if term.op != Op::Eq {
            let op = term.op.as_str();
            return Err(format!("The operator is not supported: {op}"));
        }
        Ok(term)
    });
    known
        .map(Some)
        .map_err(|wrong| ApiError::invalid_search(&wrong))
}

fn matches(term: &Term, document: &Document) -> bool {
    let wanted = match &term.value {
        Literal::Text(text) => text.clone(),
        Literal::Bool(truth) => truth.to_string(),
        Literal::Number(number) => number.to_string(),
        Literal::Null => return false,
    };
    match term.path.as_str() {
        "id" => document.id.as_str() == wanted,
        "name" => *document.name == *wanted,
        "status" => document.status() == wanted,
        "system" => document.system.to_string() == wanted,
        // The type of an origin is that of its scopes.
        "type" if document.kind == Kind::TrustedOrigin => {
            let scopes = document.body.get("scopes").and_then(|list| list.as_array());
            let mut types = scopes.into_iter().flatten().map(|scope| &scope["type"]);
            types.any(|of| of.as_str() == Some(&wanted))
        }
        field => document.text(field) == Some(&wanted),
    }
}
