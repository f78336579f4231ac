//! Choosing the columns of a list or the log: which are shown, in which order, and paths into Okta's JSON as further ones.

use ratatui::style::Style;

use super::json_path::{JsonPath, NoPath};
use super::panel::Choice;
use super::text_view::Move;
use super::theme::Theme;

/// What stands before a path among the names of columns.
const PATH: &str = "$.";
/// How many columns a list may have.
const MOST: usize = 40;

/// A column that may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    /// Its heading, or a path that begins with `$.`.
    name: String,
    shown: bool,
}

/// The columns of one list, as they are being chosen.
#[derive(Clone, Debug)]
pub struct Picker {
    /// The list's name in what is remembered.
    pub list: String,
    /// The list's own columns, in its own order.
    own: Vec<String>,
    items: Vec<Item>,
    choice: Choice,
    /// Whether the list's rows have JSON.
    has_json: bool,
}

impl Picker {
    /// The columns of a list: `own` is what it has by itself, `chosen` what somebody made of it.
    pub fn new(list: String, own: Vec<String>, chosen: Option<&[String]>, has_json: bool) -> Self {
        let chosen = chosen.unwrap_or(&own);
        let mut items: Vec<Item> = chosen
            .iter()
            .filter(|name| own.contains(name) || name.starts_with(PATH))
            .map(|name| Item {
                name: name.clone(),
                shown: true,
            })
            .collect();
        for name in &own {
            if items.iter().all(|item| item.name != *name) {
                items.push(Item {
                    name: name.clone(),
                    shown: false,
                });
            }
        }
        Self {
            list,
            own,
            items,
            choice: Choice::default(),
            has_json,
        }
    }

    /// What was chosen; `None` when it is what the list has by itself.
    pub fn chosen(&self) -> Option<Vec<String>> {
        let shown = self.items.iter().filter(|item| item.shown);
        let chosen: Vec<String> = shown.map(|item| item.name.clone()).collect();
        (chosen != self.own).then_some(chosen)
    }

    /// Moves the choice.
    pub fn go(&mut self, to: Move, height: usize) {
        self.choice.go(to, self.items.len(), height);
    }

    /// Which line is chosen.
    pub fn choice(&self) -> Choice {
        self.choice
    }

    /// Shows the chosen column, or hides it; a path that is hidden is forgotten.
    ///
    /// # Errors
    /// When it is the last one that is shown.
    pub fn toggle(&mut self) -> Result<(), &'static str> {
        let shown = self.items.iter().filter(|item| item.shown).count();
        let Some(item) = self.items.get_mut(self.choice.at) else {
            return Ok(());
        };
        if item.shown && shown == 1 {
            return Err("one column has to stay");
        }
        item.shown = !item.shown;
        if item.name.starts_with(PATH) {
            self.items.remove(self.choice.at);
            self.choice.fit(self.items.len());
        }
        Ok(())
    }

    /// Moves the chosen column one place.
    pub fn shift(&mut self, down: bool) {
        let from = self.choice.at;
        let to = if down {
            from + 1
        } else {
            from.saturating_sub(1)
        };
        if to < self.items.len() {
            self.items.swap(from, to);
            self.choice.at = to;
        }
    }

    /// Adds a path as a column.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub fn add(&mut self, text: &str) -> Result<(), NoPath> {
        let wrong = |what| NoPath { what, column: 0 };
        let path = JsonPath::parse(text)?;
        if !self.has_json {
            return Err(wrong("these rows have no JSON of Okta's"));
        }
        if self.items.len() >= MOST {
            return Err(wrong("there are 40 columns already"));
        }
        let name = format!("{PATH}{path}");
        if self.items.iter().any(|item| item.name == name) {
            return Err(wrong("that column is there already"));
        }
        let at = self.items.iter().filter(|item| item.shown).count();
        self.items.insert(at, Item { name, shown: true });
        self.choice.at = at;
        Ok(())
    }

    /// Back to what the list has by itself.
    pub fn reset(&mut self) {
        let list = std::mem::take(&mut self.list);
        *self = Self::new(list, std::mem::take(&mut self.own), None, self.has_json);
    }

    /// The columns as lines.
    pub fn lines(&self, theme: Theme) -> Vec<Vec<(String, Style)>> {
        let line = |item: &Item| {
            let (word, style) = if item.shown {
                ("shown   ", theme.good())
            } else {
                ("hidden  ", theme.quiet())
            };
            vec![(word.to_owned(), style), (item.name.clone(), theme.text())]
        };
        self.items.iter().map(line).collect()
    }
}

/// The path of a column's name, when it is one.
pub fn path_of(name: &str) -> Option<JsonPath> {
    JsonPath::parse(name.strip_prefix(PATH)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker() -> Picker {
        let own = ["A", "B", "C"].map(str::to_owned).to_vec();
        Picker::new("things".to_owned(), own, None, true)
    }

    #[test]
    fn columns_are_hidden_ordered_and_put_back() {
        let mut picker = picker();
        assert_eq!(picker.chosen(), None);
        picker.shift(true);
        picker.shift(true);
        picker.shift(true);
        assert_eq!(picker.chosen().unwrap(), ["B", "C", "A"]);
        picker.go(Move::Top, 9);
        picker.toggle().unwrap();
        assert_eq!(picker.chosen().unwrap(), ["C", "A"]);
        picker.go(Move::Down, 9);
        picker.toggle().unwrap();
        picker.go(Move::Down, 9);
        assert!(picker.toggle().is_err(), "nothing would be left");
        picker.reset();
        assert_eq!(picker.chosen(), None);
        assert_eq!(picker.list, "things");
    }

    #[test]
    fn a_path_is_a_column_and_forgotten_when_it_is_hidden() {
        let mut picker = picker();
        picker.add("profile.costCenter").unwrap();
        assert!(picker.add("$.profile.costCenter").is_err(), "twice");
        assert_eq!(picker.add("a..b").unwrap_err().column, 2);
        let chosen = picker.chosen().unwrap();
        assert_eq!(chosen, ["A", "B", "C", "$.profile.costCenter"]);
        assert_eq!(
            path_of(&chosen[3]),
            JsonPath::parse("profile.costCenter").ok()
        );
        assert_eq!(path_of(&chosen[0]), None);
        picker.toggle().unwrap();
        assert_eq!(picker.chosen(), None);
        let without = Picker::new(String::new(), vec!["A".to_owned()], None, false);
        assert!(without.clone().add("a").is_err());
    }

    #[test]
    fn what_was_chosen_comes_first_and_what_is_gone_is_left_out() {
        let own = ["A", "B", "C"].map(str::to_owned).to_vec();
        let chosen = ["C", "OLD", "$.x"].map(str::to_owned);
        let picker = Picker::new(String::new(), own, Some(&chosen), true);
        assert_eq!(picker.chosen().unwrap(), ["C", "$.x"]);
        assert_eq!(picker.items.len(), 4);
    }
}
