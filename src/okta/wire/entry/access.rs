//! Whom and where something holds: the people and network conditions that policies, rules and tokens share.

use super::super::fields::Fields;
use super::{Draft, entry, group, user};
use crate::domain::entry::{EntryKind, How};
use crate::domain::text::SafeText;

const SIDES: [(&str, How); 2] = [("include", How::Includes), ("exclude", How::Excludes)];

/// A `people` condition in words, such as `include groups 00g1, 00g2; exclude users 00u1`.
pub(super) fn people(people: &Fields<'_>) -> Option<SafeText> {
    let mut parts = Vec::new();
    for (side, _) in SIDES {
        for sort in ["groups", "users"] {
            push_words(&mut parts, side, sort, &people.object(sort).words(side));
        }
    }
    text(&parts)
}

/// References to the users and groups of a `people` condition.
pub(super) fn refer_people(people: &Fields<'_>, draft: &mut Draft<'_>) {
    for (side, how) in SIDES {
        draft.refer_all(how, &people.object("groups").words(side), group);
        draft.refer_all(how, &people.object("users").words(side), user);
    }
}

/// A `network` condition in words, such as `ZONE; include nzo1`.
pub(super) fn network(network: &Fields<'_>) -> Option<SafeText> {
    let mut parts: Vec<String> = network
        .filled("connection")
        .map(String::from)
        .into_iter()
        .collect();
    for (side, _) in SIDES {
        push_words(&mut parts, side, "", &network.words(side));
    }
    text(&parts)
}

/// References to the zones of a `network` condition.
pub(super) fn refer_zones(network: &Fields<'_>, draft: &mut Draft<'_>) {
    for (side, how) in SIDES {
        draft.refer_all(how, &network.words(side), entry(EntryKind::Zone));
    }
}

fn push_words(parts: &mut Vec<String>, side: &str, sort: &str, words: &[SafeText]) {
    if words.is_empty() {
        return;
    }
    let words: Vec<&str> = words.iter().map(SafeText::as_str).collect();
    let space = if sort.is_empty() { "" } else { " " };
    parts.push(format!("{side}{space}{sort} {}", words.join(", ")));
}

fn text(parts: &[String]) -> Option<SafeText> {
    (!parts.is_empty()).then(|| SafeText::new(&parts.join("; ")))
}
