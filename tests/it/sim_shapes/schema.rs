//! An OpenAPI document as JSON schemas that tolerate what the document does not admit and real orgs send: nulls, and objects that a
//! discriminator would tell apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Words of OpenAPI that JSON schema does not have, or that say nothing about a shape.
const DROPPED: &[&str] = &[
    "nullable",
    "discriminator",
    "example",
    "examples",
    "xml",
    "externalDocs",
    "deprecated",
    "readOnly",
    "writeOnly",
    "description",
    "title",
    "format",
    "pattern",
    "default",
];

/// An OpenAPI document.
pub(super) struct Document(Value);

impl Document {
    pub(super) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        Self(serde_yaml_ng::from_str(&text).unwrap())
    }

    /// Every GET path with the schema of its 200 answer, where it is JSON.
    pub(super) fn gets(&self) -> Vec<(&str, &Value)> {
        let paths = self.0["paths"].as_object().unwrap();
        paths
            .iter()
            .filter_map(|(path, item)| {
                let answer = self.followed(&item["get"]["responses"]["200"]);
                let schema = answer.pointer("/content/application~1json/schema")?;
                Some((path.as_str(), schema))
            })
            .collect()
    }

    /// Whether the document knows an answer with this status.
    pub(super) fn knows(&self, method: &str, path: &str, status: u16) -> bool {
        !self.answer(method, path, status).is_null()
    }

    /// The schema of an answer, where it has one.
    pub(super) fn schema(&self, method: &str, path: &str, status: u16) -> Option<&Value> {
        let answer = self.followed(self.answer(method, path, status));
        answer.pointer("/content/application~1json/schema")
    }

    fn answer(&self, method: &str, path: &str, status: u16) -> &Value {
        let operation = &self.0["paths"][path][method.to_lowercase()];
        &operation["responses"][status.to_string()]
    }

    fn followed<'v>(&'v self, value: &'v Value) -> &'v Value {
        let target = value["$ref"]
            .as_str()
            .and_then(|target| target.strip_prefix('#'));
        target.map_or(value, |pointer| self.0.pointer(pointer).unwrap())
    }

    /// What checks answers against `schema`: it holds nothing but the components that the schema reaches.
    pub(super) fn validator(&self, schema: &Value) -> Shape {
        let mut reached = BTreeMap::new();
        let mut waiting: Vec<String> = names_in(schema).into_iter().collect();
        while let Some(name) = waiting.pop() {
            if reached.contains_key(&name) {
                continue;
            }
            let component = &self.0["components"]["schemas"][&name];
            waiting.extend(names_in(component));
            reached.insert(name, tolerant(component));
        }
        let root = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "allOf": [tolerant(schema)],
            "definitions": reached,
        });
        Shape(jsonschema::validator_for(&root).unwrap())
    }
}

/// Checks the shape of answers.
pub(super) struct Shape(Validator);

impl Shape {
    /// What is wrong with `answer`: where, without the numbers of list items, and why.
    pub(super) fn problems(&self, answer: &Value) -> Vec<(String, String)> {
        let place = |path: &str| {
            let parts = path.split('/').map(|part| {
                let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
                if is_number { "*" } else { part }
            });
            parts.collect::<Vec<_>>().join("/")
        };
        let problems = self.0.iter_errors(answer).map(|error| {
            let why: String = error.to_string().chars().take(300).collect();
            (place(error.instance_path().as_str()), why)
        });
        problems.collect()
    }
}

const COMPONENTS: &str = "#/components/schemas/";

/// The components that a schema refers to.
fn names_in(schema: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(schema, &mut names);
    names
}

fn collect(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => {
            for (key, value) in members {
                let target = value.as_str().filter(|_| key == "$ref");
                match target.and_then(|target| target.strip_prefix(COMPONENTS)) {
                    Some(name) => drop(names.insert(name.to_owned())),
                    // What a discriminator maps to is not checked, so it need not be there.
                    None if key == "discriminator" => {}
                    None => collect(value, names),
                }
            }
        }
        _ => {}
    }
}

/// What the document writes for "anything": an object without members, of which its own examples show texts.
fn is_anything(schema: &Value) -> bool {
    let empty = json!({"type": "object", "properties": {}});
    *schema == json!({"type": "object"}) || *schema == empty
}

/// The schema with every null admitted, and with any of several forms where exactly one is asked for.
fn tolerant(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    if let Some(target) = members.get("$ref").and_then(Value::as_str) {
        return json!({"$ref": target.replace(COMPONENTS, "#/definitions/")});
    }
    let mut kept = Map::new();
    for (key, value) in members {
        if DROPPED.contains(&key.as_str()) || key.starts_with("x-") {
            continue;
        }
        let (key, value) = match (key.as_str(), value) {
            ("type", Value::String(kind)) => ("type", json!([kind, "null"])),
            ("enum", Value::Array(words)) => {
                let mut words = words.clone();
                words.push(Value::Null);
                ("enum", Value::Array(words))
            }
            ("oneOf" | "anyOf", Value::Array(forms)) => {
                ("anyOf", forms.iter().map(tolerant).collect())
            }
            ("allOf", Value::Array(forms)) => ("allOf", forms.iter().map(tolerant).collect()),
            ("properties", Value::Object(properties)) => {
                let own = properties
                    .iter()
                    .map(|(name, schema)| (name.clone(), tolerant(schema)));
                ("properties", Value::Object(own.collect()))
            }
            // What is null may be left out.
            ("required", _) => continue,
            ("additionalProperties", members) if is_anything(members) => continue,
            // True or false beside the bound in OpenAPI, a bound of its own in JSON schema.
            ("exclusiveMinimum" | "exclusiveMaximum", Value::Bool(_)) => continue,
            (key, value) => (key, tolerant(value)),
        };
        kept.insert(key.to_owned(), value);
    }
    Value::Object(kept)
}
