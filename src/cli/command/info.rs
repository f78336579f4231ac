//! `oktop info`: versions and paths, for a person who asks where things are and for a report of a fault.

use serde_json::{Map, Value};

use crate::cli::args::Format;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::resolve::Context;
use crate::config::source::TOKEN;
use crate::msg::PROTOCOL;
use crate::store::is_encrypted;

/// Prints them. No secret and nobody's data is among them.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(context: &Context, out: &mut Output) -> Result<(), Failure> {
    let facts = facts(context);
    match out.format() {
        Format::Json | Format::Ndjson => {
            let members = facts
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.map_or(Value::Null, Value::from)));
            out.json(&members.collect::<Map<_, _>>())?;
        }
        Format::Table | Format::Csv | Format::Markdown => {
            let rows: Vec<Vec<String>> = facts
                .into_iter()
                .map(|(name, value)| vec![name.to_owned(), value.unwrap_or_else(|| "-".to_owned())])
                .collect();
            out.sheet(&["name", "value"], &rows)?;
        }
    }
    Ok(())
}

/// The same for the console, which tells it by `:info`.
pub fn told(context: &Context) -> Vec<(String, String)> {
    let facts = facts(context).into_iter();
    let or_none = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    facts
        .map(|(name, value)| (name.to_owned(), or_none(value)))
        .collect()
}

fn facts(context: &Context) -> Vec<(&'static str, Option<String>)> {
    let profile = context.profile().ok();
    let paths = context.paths().ok();
    let program = std::env::current_exe().ok();
    vec![
        ("version", Some(env!("CARGO_PKG_VERSION").to_owned())),
        ("protocol", Some(PROTOCOL.to_string())),
        (
            "system",
            Some(format!(
                "{} {}",
                std::env::consts::OS,
                std::env::consts::ARCH
            )),
        ),
        ("program", program.map(|path| path.display().to_string())),
        (
            "config_file",
            Some(context.config_file.display().to_string()),
        ),
        (
            "config_file_exists",
            Some(context.config_file.is_file().to_string()),
        ),
        ("profile", profile.and_then(|profile| profile.name.clone())),
        ("org_url", profile.map(|profile| profile.org_url.clone())),
        (
            "token",
            profile.map(|profile| profile.token.describe(TOKEN)),
        ),
        (
            "data_dir",
            paths.map(|paths| paths.data_dir.display().to_string()),
        ),
        ("encryption", Some(context.store().describe_encryption())),
        (
            "encrypted",
            paths
                .and_then(|paths| is_encrypted(&paths.data_dir))
                .map(|encrypted| encrypted.to_string()),
        ),
        (
            "log_dir",
            paths.map(|paths| paths.log_dir.display().to_string()),
        ),
    ]
}
