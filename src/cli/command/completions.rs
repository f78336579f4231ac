//! `oktop completions`: a script that teaches a shell the commands.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::args::Cli;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// Prints the script.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(shell: Shell, out: &mut Output) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "oktop", &mut script);
    Ok(out.bytes(&script)?)
}
