//! `oktop config`: where the configuration file is, and what is wrong with it.

use serde_json::json;

use crate::cli::args::{ConfigCommand, Format};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::resolve::Context;

/// Does what was asked.
///
/// # Errors
/// The mistakes in the file, or that standard output cannot be written.
pub fn run(command: &ConfigCommand, context: &Context, out: &mut Output) -> Result<(), Failure> {
    match command {
        ConfigCommand::Path => path(context, out),
        ConfigCommand::Check => check(context, out),
    }
}

fn path(context: &Context, out: &mut Output) -> Result<(), Failure> {
    let file = context.config_file.display().to_string();
    match out.format() {
        Format::Json | Format::Ndjson => out.json(&json!({"config_file": file}))?,
        Format::Table => out.text(&format!("{file}\n"))?,
        Format::Csv | Format::Markdown => out.sheet(&["config_file"], &[vec![file]])?,
    }
    Ok(())
}

fn check(context: &Context, out: &mut Output) -> Result<(), Failure> {
    let file = context.config_file.display().to_string();
    let exists = context.config_file.is_file();
    let problems = context
        .config
        .as_ref()
        .err()
        .map(|error| error.problems.as_slice())
        .unwrap_or_default();
    match out.format() {
        Format::Json | Format::Ndjson => {
            let problems: Vec<_> = problems
                .iter()
                .map(|problem| {
                    let at = problem.at;
                    json!({
                        "line": at.map(|at| at.line),
                        "column": at.map(|at| at.column),
                        "message": problem.message,
                    })
                })
                .collect();
            out.json(&json!({"config_file": file, "exists": exists, "problems": problems}))?;
        }
        Format::Csv | Format::Markdown => {
            let number = |number: Option<usize>| number.map(|n| n.to_string()).unwrap_or_default();
            let rows: Vec<_> = problems
                .iter()
                .map(|problem| {
                    let (line, column) = problem.at.map(|at| (at.line, at.column)).unzip();
                    vec![number(line), number(column), problem.message.clone()]
                })
                .collect();
            out.sheet(&["line", "column", "message"], &rows)?;
        }
        Format::Table if problems.is_empty() && exists => out.text(&format!("{file} is fine\n"))?,
        Format::Table if problems.is_empty() => out.text(&format!(
            "{file} does not exist; every setting has its default\n"
        ))?,
        Format::Table => {}
    }
    out.flush()?;
    context
        .config
        .as_ref()
        .map(|_| ())
        .map_err(|error| error.clone().into())
}
