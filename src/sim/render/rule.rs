//! A group rule as the Groups API shows it.

use super::View;
use crate::sim::json::{self, Object};
use crate::sim::world::rule::Rule;

/// Writes one rule, with the names of its groups when `named`.
pub fn write(view: View<'_>, out: &mut String, rule: &Rule, named: bool) {
    let world = view.world;
    let none: [&str; 0] = [];
    json::object(out, |o| {
        o.str("type", "group_rule")
            .shown("id", rule.id)
            .str("status", rule.status.as_str())
            .str("name", &rule.name)
            .shown("created", rule.created)
            .shown("lastUpdated", rule.last_updated)
            .object("conditions", |o| {
                o.object("people", |o| {
                    let excluded = rule.excluded.iter().map(|user| world.user(*user).id);
                    o.object("users", |o| {
                        o.array("exclude", excluded, |out, id| {
                            json::string(out, id.as_str());
                        });
                    })
                    .object("groups", |o| {
                        o.strings("exclude", none);
                    });
                })
                .object("expression", |o| {
                    o.str("value", &rule.text)
                        .str("type", "urn:okta:expression:1.0");
                });
            })
            .object("actions", |o| {
                let groups = rule.groups.iter().map(|group| world.group(*group).id);
                o.object("assignUserToGroups", |o| {
                    o.array("groupIds", groups, |out, id| json::string(out, id.as_str()));
                });
            });
        if named {
            o.object("_embedded", |o| write_names(view, o, rule));
        }
    });
}

/// Of groups that are gone there is no name.
fn write_names(view: View<'_>, o: &mut Object<'_>, rule: &Rule) {
    o.object("groupIdToGroupNameMap", |o| {
        for group in rule.groups.iter().map(|group| view.world.group(*group)) {
            if !group.deleted {
                o.str(group.id.as_str(), &group.name);
            }
        }
    });
}
