//! `oktop man`: the manual pages, made from the same commands that are parsed and the same keys that are pressed; and `oktop help`.

use std::ffi::OsString;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use crate::cli::args::{Cli, Format};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::msg::ProblemKind;
use crate::ui;
use crate::ui::keymap::Keymap;

/// Prints the page of a command, or that of the program.
///
/// # Errors
/// When there is no such command, or standard output cannot be written.
pub fn run(words: &[String], out: &mut Output) -> Result<(), Failure> {
    let mut page = Vec::new();
    Man::new(find(words)?).render(&mut page)?;
    if words.is_empty() {
        page.extend(keys().into_bytes());
    }
    Ok(out.bytes(&page)?)
}

/// Prints what `--help` of a command, or of the program, prints; of `keys` those of the console, also as Markdown.
///
/// # Errors
/// When there is no such command, or standard output cannot be written.
pub fn help(words: &[String], keys: &Keymap, out: &mut Output) -> Result<(), Failure> {
    if words == ["keys"] {
        return help_of_keys(keys, out);
    }
    let help = find(words)?.render_long_help();
    Ok(out.text(&help.to_string())?)
}

/// The keys and commands of the console, as they are bound.
fn help_of_keys(keys: &Keymap, out: &mut Output) -> Result<(), Failure> {
    let text = match out.format() {
        Format::Markdown => ui::command::manual_as_markdown(keys),
        _ => ui::command::manual(keys),
    };
    Ok(out.text(&text)?)
}

/// What `--help` of a command prints, where words that make no command say `help` beside its name, as in `oktop users help`.
pub fn help_of(arguments: &[OsString]) -> Option<String> {
    let words: Vec<&str> = arguments
        .iter()
        .skip(1)
        .filter_map(|word| word.to_str())
        .collect();
    let is_asked = words.contains(&"help");
    let mut named = words
        .into_iter()
        .filter(|word| !word.starts_with('-') && *word != "help");
    let mut command = Cli::command();
    command.build();
    // A flag before the command may have a value.
    let first = named.find_map(|word| command.find_subcommand(word).cloned())?;
    let inner = named.try_fold(first, |within, word| within.find_subcommand(word).cloned())?;
    let help = inner.clone().render_long_help();
    is_asked.then(|| help.to_string())
}

/// The console's keys and commands as a section in roff: lines that are not filled, with what roff would act on escaped.
fn keys() -> String {
    let mut section = String::from(".SH KEYS OF THE CONSOLE\n.nf\n");
    for line in ui::command::manual(&Keymap::standard()).lines() {
        section.push_str("\\&");
        section.push_str(&line.replace('\\', "\\e").replace('-', "\\-"));
        section.push('\n');
    }
    section.push_str(".fi\n");
    section
}

fn find(words: &[String]) -> Result<Command, Failure> {
    let mut command = Cli::command();
    // Building gives the commands inside their full names and the global flags.
    command.build();
    let mut name = String::from("oktop");
    for word in words {
        let inner = command.find_subcommand(word).cloned().ok_or_else(|| {
            let hint = format!(
                "`oktop man{}` names those there are",
                name.trim_start_matches("oktop").replace('-', " ")
            );
            Failure::new(
                ProblemKind::Usage,
                format!("there is no command `{}`", words.join(" ")),
                hint,
            )
        })?;
        name = format!("{name}-{word}");
        command = inner.display_name(name.clone());
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::sample;

    #[test]
    fn the_keys_are_told_as_they_are() {
        let keys = keys();
        assert!(keys.contains(".SH KEYS OF THE CONSOLE"));
        assert!(
            keys.contains("ctrl\\-z") && keys.contains(":users [FILTER]"),
            "{keys}"
        );
    }

    /// `oktop help` was a command that there is not.
    #[test]
    fn help_is_what_the_flag_prints() {
        for line in ["", "users", "users search"] {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let flagged = ["oktop"].into_iter().chain(line.split_whitespace());
            let flagged = Cli::try_parse_from(flagged.chain(["--help"])).unwrap_err();
            let (mut out, written) = sample::output(Format::Table, None);
            help(&words, &Keymap::standard(), &mut out).unwrap();
            assert_eq!(written.text(), flagged.to_string(), "{line}");
        }
        let (mut out, _) = sample::output(Format::Table, None);
        assert_eq!(
            help(&["lost".into()], &Keymap::standard(), &mut out)
                .unwrap_err()
                .exit_code(),
            2
        );
    }

    /// `oktop users help` was an error, and `oktop help users` was not.
    #[test]
    fn help_behind_a_command_is_its_help() {
        let told = |line: &str| {
            let words = ["oktop"].into_iter().chain(line.split_whitespace());
            help_of(&words.map(OsString::from).collect::<Vec<_>>())
        };
        for (line, flagged) in [
            ("users help", "users --help"),
            ("users help search", "users search --help"),
            ("-o json users help", "users --help"),
            ("doctor help --yes", "doctor --help"),
        ] {
            let words = ["oktop"].into_iter().chain(flagged.split_whitespace());
            let flagged = Cli::try_parse_from(words).unwrap_err();
            assert_eq!(told(line), Some(flagged.to_string()), "{line}");
        }
        for line in [
            "users",
            "users lost help",
            "lost help",
            "help",
            "users --hlp",
        ] {
            assert_eq!(told(line), None, "{line}");
        }
    }

    #[test]
    fn every_command_has_a_page() {
        let mut pages = 0;
        let mut paths: Vec<Vec<String>> = vec![Vec::new()];
        while let Some(path) = paths.pop() {
            let command = find(&path).unwrap();
            pages += 1;
            for inner in command.get_subcommands() {
                paths.push([path.as_slice(), &[inner.get_name().to_owned()]].concat());
            }
        }
        assert!(pages > 30, "{pages}");
        assert_eq!(
            find(&["users".into(), "lost".into()])
                .unwrap_err()
                .exit_code(),
            2
        );
    }
}
