//! Who comes, and what they are given: read from what was typed, from a table and from a template.

use std::io::Read as _;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{get, usage};
use crate::action::ready::{Newcomer, Profile};
use crate::cli::args::ready::OnboardArgs;
use crate::cli::ask::{Asker, mismatch};
use crate::cli::failure::Failure;
use crate::cli::proposal::{STDIN, attribute};
use crate::domain::id::{Kind, ObjectId};
use crate::msg::queue::Onboarding;

/// What a file says of everybody who comes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    apps: Vec<String>,
    #[serde(default)]
    activate: bool,
    #[serde(default)]
    profile: toml::Table,
}

/// What was wanted, with names turned into ids.
///
/// # Errors
/// When a file cannot be read or makes no sense, somebody has no login, or nothing bears a name that was typed.
pub(super) async fn wanted(
    args: &OnboardArgs,
    agent: &mut impl Asker,
) -> Result<Onboarding, Failure> {
    let template = match &args.template {
        Some(path) => template(&text_of(path)?)?,
        None => Template::default(),
    };
    let newcomers = match &args.csv {
        Some(path) => of_table(&text_of(path)?)?,
        None => vec![of_flags(&args.set)?],
    };
    let mut wanted = Onboarding {
        newcomers,
        profile: profile_of(template.profile)?,
        activate: args.activate || template.activate,
        ..Onboarding::default()
    };
    for name in template.groups.iter().chain(&args.group) {
        match get::find(Kind::Group, name, None, agent).await? {
            ObjectId::Group(group) => wanted.groups.push(group),
            _ => return Err(mismatch()),
        }
    }
    for name in template.apps.iter().chain(&args.app) {
        match get::find(Kind::App, name, None, agent).await? {
            ObjectId::App(app) => wanted.apps.push(app),
            _ => return Err(mismatch()),
        }
    }
    if let Some(name) = &args.like {
        wanted.like = Some(super::user(name, agent).await?);
    }
    Ok(wanted)
}

fn text_of(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path.as_os_str() == STDIN {
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| {
        usage(
            format!("{} cannot be read: {error}", path.display()),
            "name a file, or - for standard input",
        )
    })
}

fn template(text: &str) -> Result<Template, Failure> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        usage(
            format!("line {line} of the template: {}", error.message()),
            "it has `groups`, `apps`, `activate` and a table `[profile]`",
        )
    })
}

fn profile_of(table: toml::Table) -> Result<Profile, Failure> {
    let field = |(name, value): (String, toml::Value)| {
        let value = serde_json::to_value(value).map_err(|error| {
            usage(
                format!("`{name}` of the template's profile: {error}"),
                "use texts, numbers, booleans and lists of them",
            )
        })?;
        Ok((name.into(), value))
    };
    table.into_iter().map(field).collect()
}

fn of_flags(set: &[String]) -> Result<Newcomer, Failure> {
    let profile = set.iter().map(|text| attribute(text));
    checked(profile.collect::<Result<Profile, Failure>>()?, "--set")
}

/// Whoever comes can be told from others, and so can whoever is there already.
fn checked(profile: Profile, place: &str) -> Result<Newcomer, Failure> {
    match profile.get("login") {
        Some(Value::String(login)) if !login.trim().is_empty() => Ok(Newcomer { profile }),
        _ => Err(usage(
            format!("{place} names no login"),
            "Okta wants login, email, firstName and lastName of everybody",
        )),
    }
}

fn of_table(text: &str) -> Result<Vec<Newcomer>, Failure> {
    let mut table = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let wrong = |error: csv::Error| {
        usage(
            format!("the table cannot be read: {error}"),
            "the first line names attributes, such as login,email,firstName,lastName",
        )
    };
    let names = table.headers().map_err(wrong)?.clone();
    let mut newcomers = Vec::new();
    for (line, row) in (2..).zip(table.records()) {
        let row = row.map_err(wrong)?;
        let cells = names.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
        let profile: Profile = cells
            .map(|(name, cell)| (name.into(), cell.into()))
            .collect();
        newcomers.push(checked(profile, &format!("line {line} of the table"))?);
    }
    no_doubles(&newcomers)?;
    if newcomers.is_empty() {
        return Err(usage("the table names nobody", "one user a line"));
    }
    Ok(newcomers)
}

fn no_doubles(newcomers: &[Newcomer]) -> Result<(), Failure> {
    let mut seen = std::collections::HashSet::new();
    let login = |one: &Newcomer| {
        one.profile["login"]
            .as_str()
            .unwrap_or_default()
            .to_lowercase()
    };
    match newcomers
        .iter()
        .map(login)
        .find(|login| !seen.insert(login.clone()))
    {
        Some(login) => Err(usage(format!("{login} comes twice"), "name everybody once")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(failure: &Failure) -> String {
        failure.words().unwrap()
    }

    #[test]
    fn a_table_names_one_user_a_line() {
        let text = "\u{feff}login, firstName ,title\na@b.c,Ana,\n\"d@e.f\",\"Dee, Dr.\",Lead\n";
        let all = of_table(text).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(
            all[0].profile.get("title"),
            None,
            "an empty cell says nothing"
        );
        assert_eq!(all[1].profile["firstName"], "Dee, Dr.");
    }

    #[test]
    fn what_makes_no_sense_is_said_with_its_place() {
        for (text, expected) in [
            ("login,title\n,Lead\n", "line 2 of the table names no login"),
            ("title\nLead\n", "line 2 of the table names no login"),
            ("login\na@b.c\nA@B.C\n", "a@b.c comes twice"),
            ("login\n", "the table names nobody"),
            ("login,title\na@b.c\n", "the table cannot be read"),
        ] {
            let found = words(&of_table(text).unwrap_err());
            assert!(found.contains(expected), "{found}");
        }
        let found = words(&template("groups = [\"a\"]\ngrups = 1\n").unwrap_err());
        assert!(
            found.contains("line 2 of the template: unknown field `grups`"),
            "{found}"
        );
        let found = words(&of_flags(&["email=a@b.c".into()]).unwrap_err());
        assert!(found.contains("--set names no login"), "{found}");
    }

    #[test]
    fn a_template_gives_what_nobody_else_says() {
        let text =
            "groups = [\"Staff\"]\nactivate = true\n[profile]\ndepartment = \"Sales\"\nlevel = 3\n";
        let template = template(text).unwrap();
        assert!(template.activate && template.groups == ["Staff"]);
        let profile = profile_of(template.profile).unwrap();
        assert_eq!(profile["department"], "Sales");
        assert_eq!(profile["level"], 3);
    }
}
