//! `oktop export verify`: whether an exported file is still what its manifest says.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::cli::args::{ExportCommand, Format};
use crate::cli::export::file::{Digest, Kept};
use crate::cli::export::manifest_of;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::msg::ProblemKind;

/// A manifest is a page of text; a longer file is none of ours.
const MAX_MANIFEST_BYTES: u64 = 16 << 20;

/// Does what was asked.
///
/// # Errors
/// [`Failure::FaultsFound`] when the file differs, and whatever keeps the two from being read.
pub fn run(command: &ExportCommand, out: &mut Output) -> Result<(), Failure> {
    let ExportCommand::Verify { file } = command;
    let told = manifest(&manifest_of(file))?;
    let found = digest(file).map_err(|error| unread(file, &error))?;
    let is_same = told["sha256"].as_str() == Some(&found.sha256);
    let words = |is_same| if is_same { "same" } else { "differs" };
    match out.format() {
        Format::Json | Format::Ndjson => out.json(&json!({
            "file": file.display().to_string(),
            "same": is_same,
            "sha256": found.sha256,
            "bytes": found.bytes,
            "manifest": told,
        }))?,
        _ => out.sheet(
            &["file", "state", "rows", "bytes", "sha256"],
            &[vec![
                file.display().to_string(),
                words(is_same).to_owned(),
                told["rows"].to_string(),
                found.bytes.to_string(),
                found.sha256,
            ]],
        )?,
    }
    if is_same {
        Ok(())
    } else {
        Err(Failure::FaultsFound)
    }
}

fn manifest(path: &Path) -> Result<Value, Failure> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_MANIFEST_BYTES).read_to_end(&mut text))
        .map_err(|error| unread(path, &error))?;
    let told: Option<Value> = serde_json::from_slice(&text).ok();
    let told = told.filter(|told| told["sha256"].is_string());
    told.ok_or_else(|| {
        Failure::new(
            ProblemKind::Usage,
            format!("{} is no manifest of an export", path.display()),
            "it lies beside the file and is called as the file, with .manifest.json behind",
        )
    })
}

fn digest(path: &Path) -> io::Result<Kept> {
    let mut file = File::open(path)?;
    let mut digest = Digest::default();
    let mut bytes = 0;
    let mut part = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut part)?;
        if read == 0 {
            let sha256 = digest.text();
            return Ok(Kept { sha256, bytes });
        }
        digest.add(&part[..read]);
        bytes += read as u64;
    }
}

fn unread(path: &Path, error: &io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ProblemKind::NotFound,
        _ => ProblemKind::Internal,
    };
    Failure::new(
        kind,
        format!("{} cannot be read: {error}", path.display()),
        "name the file that was exported; its manifest must lie beside it",
    )
}
