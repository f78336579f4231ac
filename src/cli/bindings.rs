//! The console's keys as the configuration wants them: what the file says, understood by the console's own table of commands.

use std::path::Path;
use std::sync::Arc;

use crate::config::{Config, ConfigError, ConfigProblem, KeySetting};
use crate::ui::keymap::{Fault, Keymap, View, Wish};

/// Reads the configuration, and what its keys mean.
///
/// # Errors
/// As [`Config::load`]; keys that cannot be had are among the mistakes.
pub fn load(path: &Path, required: bool) -> Result<(Config, Arc<Keymap>), ConfigError> {
    let config = Config::load_with(path, required, &|settings| {
        keymap(settings).err().unwrap_or_default()
    })?;
    let keys = keymap(&config.keys).map_err(|problems| ConfigError {
        file: path.to_owned(),
        problems,
    })?;
    Ok((config, keys))
}

/// What these settings make of the keys.
///
/// # Errors
/// Everything that is wrong with them, each with its place in the file.
pub fn keymap(settings: &[KeySetting]) -> Result<Arc<Keymap>, Vec<ConfigProblem>> {
    if settings.is_empty() {
        return Ok(Keymap::standard());
    }
    let wishes: Vec<Wish> = settings.iter().map(wish).collect();
    let keymap = Keymap::with(&wishes);
    keymap.map(Arc::new).map_err(|faults| {
        faults
            .into_iter()
            .map(|fault| problem(settings, &fault))
            .collect()
    })
}

fn wish(setting: &KeySetting) -> Wish {
    Wish {
        view: View::from_word(setting.view),
        action: setting.action.clone(),
        keys: setting.keys.iter().map(|(text, _)| text.clone()).collect(),
    }
}

/// A fault at its place: the key's, or that of the command.
fn problem(settings: &[KeySetting], fault: &Fault) -> ConfigProblem {
    let setting = settings.get(fault.wish);
    let at = setting.map(|setting| {
        let key = fault.key.and_then(|key| setting.keys.get(key));
        key.map_or(setting.at, |(_, at)| *at)
    });
    let heading = setting.map_or_else(String::new, |setting| {
        format!("`keys.{}.{}`: ", setting.view, setting.action)
    });
    ConfigProblem {
        at,
        message: format!("{heading}{}", fault.what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::command::Id;

    fn told(text: &str) -> Result<Arc<Keymap>, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        let loaded = load(&file, true).map(|(_, keys)| keys);
        loaded.map_err(|error| {
            let name = file.display().to_string();
            error.to_string().replace(&name, "F")
        })
    }

    #[test]
    fn every_heading_of_the_file_is_a_view_or_all_of_them() {
        let views: Vec<Option<View>> = KeySetting::VIEWS.map(View::from_word).into();
        assert_eq!(views[0], None);
        assert_eq!(views[1..], View::ALL.map(Some));
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_column() {
        let text = "[keys.global]\nfolow = 'f'\nhelp = ['?', 'alt-h', 'e']\n\n[keys.log]\nsort = 'x'\nback = 'ctrl-c'\n[ui]\nthme = 'dark'\n";
        insta::assert_snapshot!(told(text).unwrap_err(), @r"
        F:2:1: `keys.global.folow`: `folow` is no command; did you mean `follow` or `fold`?
        F:3:14: `keys.global.help`: `alt-h` cannot be told from esc and the key itself on a slow line; take ctrl- or a sequence such as `g x`
        F:3:23: `keys.global.help`: `e` is `events` in the log; take another, or give `events` other keys or none (`events = []`)
        F:6:1: `keys.log.sort`: `sort` does nothing in the log; it belongs below [keys.lists] or [keys.global]
        F:7:8: `keys.log.back`: `ctrl-c` gives up what is open and ends the console; it is never bound
        F:9:1: unknown key `ui.thme`; did you mean `theme`?
        ");
    }

    #[test]
    fn what_is_right_is_what_the_keys_mean() {
        let keys = told("[keys.global]\nfollow = ['ctrl-w o', 'F5']\n");
        assert!(keys.is_err_and(
            |words| words.contains("`f5` in place of `F5`") || words.contains("no key")
        ));
        let keys =
            told("[keys.global]\nfollow = ['ctrl-w o', 'f5']\n[keys.lists]\narchived = []\n")
                .unwrap();
        assert_eq!(keys.text(Id::Follow, View::Log), "ctrl-w o, f5");
        assert_eq!(keys.text(Id::Archived, View::Lists), "");
        assert!(!keys.is_standard() && told("").unwrap().is_standard());
    }
}
