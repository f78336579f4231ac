//! Schemas of profiles. Their attributes are the very ones that profiles are written with.

use super::View;
use crate::sim::json::{self, Object};
use crate::sim::time::Millis;
use crate::sim::world::attribute::{ATTRIBUTES, CUSTOM};
use crate::sim::world::document::Document;

/// What everybody must have.
const REQUIRED: [&str; 4] = ["login", "firstName", "lastName", "email"];

/// The schema of a type of users; `asked` is what the path called it.
pub fn of_users(view: View<'_>, of: &Document, asked: &str) -> String {
    let custom = ATTRIBUTES.len() - CUSTOM;
    let (base, custom) = ATTRIBUTES.split_at(custom);
    let schema = view.world.schema_of_type(of.id);
    json::object_text(|o| {
        write_head(
            view,
            o,
            &format!("user/{asked}"),
            (&of.name, "User"),
            of.created,
        );
        o.object("definitions", |o| {
            write_part(o, "base", &REQUIRED, |o| {
                for name in base {
                    write_attribute(view, o, name);
                }
            });
            write_part(o, "custom", &[], |o| {
                for name in custom {
                    write_attribute(view, o, name);
                }
            });
        });
        write_foot(view, o, &format!("user/{schema}"));
    })
}

/// The schema of groups.
pub fn of_groups(view: View<'_>) -> String {
    let created = view.world.facts.created;
    json::object_text(|o| {
        write_head(view, o, "group/default", ("group", "Okta group"), created);
        o.str("description", "Okta group profile template");
        o.object("definitions", |o| {
            write_part(o, "base", &["name"], |o| {
                for (name, title) in [("name", "Name"), ("description", "Description")] {
                    o.object(name, |o| write_text(o, title, name == "name"));
                }
            });
            write_part(o, "custom", &[], |_| ());
        });
        write_foot(view, o, "group/default");
    })
}

fn write_head(
    view: View<'_>,
    o: &mut Object<'_>,
    path: &str,
    (name, title): (&str, &str),
    created: Millis,
) {
    o.shown("id", format_args!("{}/meta/schemas/{path}", view.base))
        .str("$schema", "http://json-schema.org/draft-04/schema#")
        .str("name", name)
        .str("title", title)
        .str("type", "object")
        .shown("created", created)
        .shown("lastUpdated", created);
}

fn write_part(
    o: &mut Object<'_>,
    name: &str,
    required: &[&str],
    attributes: impl FnOnce(&mut Object<'_>),
) {
    o.object(name, |o| {
        o.shown("id", format_args!("#{name}"))
            .str("type", "object")
            .object("properties", attributes)
            .strings("required", required.iter().copied());
    });
}

fn write_foot(view: View<'_>, o: &mut Object<'_>, path: &str) {
    o.object("properties", |o| {
        o.object("profile", |o| {
            o.array("allOf", ["custom", "base"], |out, part| {
                json::object(out, |o| {
                    o.shown("$ref", format_args!("#/definitions/{part}"));
                });
            });
        });
    });
    o.object("_links", |o| {
        o.object("self", |o| {
            let href = format_args!("{}/api/v1/meta/schemas/{path}", view.base);
            o.shown("href", href)
                .str("method", "GET")
                .str("rel", "self");
        });
    });
}

fn write_text(o: &mut Object<'_>, title: &str, required: bool) {
    o.str("title", title).str("type", "string");
    if required {
        o.raw("required", true);
    }
    write_rights(o, "READ_ONLY");
}

fn write_rights(o: &mut Object<'_>, action: &str) {
    o.str("mutability", "READ_WRITE")
        .str("scope", "NONE")
        .array("permissions", [()], |out, ()| {
            json::object(out, |o| {
                o.str("principal", "SELF").str("action", action);
            });
        })
        .object("master", |o| {
            o.str("type", "PROFILE_MASTER");
        });
}

fn write_attribute(view: View<'_>, o: &mut Object<'_>, name: &str) {
    let required = REQUIRED.contains(&name);
    o.object(name, |o| {
        o.str("title", &title(name));
        match name {
            "contractor" => {
                o.str("type", "boolean");
            }
            "badgeNumber" => {
                o.str("type", "integer");
                // A word where the document has a truth value: the official clients cannot read it.
                if view.strange {
                    o.str("unique", "UNIQUE_VALIDATED");
                }
            }
            "spokenLanguages" => {
                o.str("type", "array").object("items", |o| {
                    o.str("type", "string");
                });
            }
            "email" | "secondEmail" => {
                o.str("type", "string").str("format", "email");
            }
            _ => {
                o.str("type", "string");
            }
        }
        if required {
            let (least, most) = if name == "login" { (5, 100) } else { (1, 50) };
            o.raw("required", true)
                .raw("minLength", least)
                .raw("maxLength", most);
        }
        let by_self = matches!(name, "mobilePhone" | "secondEmail" | "locale" | "timezone");
        write_rights(o, if by_self { "READ_WRITE" } else { "READ_ONLY" });
    });
}

/// `spokenLanguages` as people read it: `Spoken languages`.
fn title(name: &str) -> String {
    let mut title = String::with_capacity(name.len() + 4);
    for (at, c) in name.chars().enumerate() {
        if at == 0 {
            title.extend(c.to_uppercase());
        } else if c.is_uppercase() {
            title.push(' ');
            title.extend(c.to_lowercase());
        } else {
            title.push(c);
        }
    }
    title
}
