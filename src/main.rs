//! The `oktop` binary: prepares the process and hands over to the command line.

use std::process::ExitCode;

use color_eyre::config::HookBuilder;
use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, setrlimit, umask};

fn main() -> color_eyre::Result<ExitCode> {
    // Reports tell no environment: it may hold the token.
    HookBuilder::default()
        .display_env_section(false)
        .install()?;
    protect();
    // The only failure is that a provider is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(oktop::cli::run(std::env::args_os()).into())
}

/// What this process writes is for its owner alone, and its memory is never written to a core file.
fn protect() {
    umask(Mode::RWXG | Mode::RWXO);
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // A system that does not allow this has limited it already.
    let _ = setrlimit(Resource::Core, none);
}
