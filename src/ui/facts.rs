//! Names and values below one another, as details show them.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::format;
use super::linked::{Destination, Link, Text};
use super::narrow::Pointed;
use super::theme::Theme;

/// How wide the column of names is.
const NAME_COLUMNS: usize = 15;

/// Lines of a detail, made from the top down.
#[derive(Debug, Default)]
pub struct Facts {
    lines: Vec<Line<'static>>,
    links: Vec<Link>,
    width: usize,
    theme: Option<Theme>,
}

impl Facts {
    /// None yet; values are wrapped at `width` columns.
    pub fn new(width: usize, theme: Theme) -> Self {
        Self {
            lines: Vec::new(),
            links: Vec::new(),
            width,
            theme: Some(theme),
        }
    }

    fn theme(&self) -> Theme {
        self.theme.unwrap_or(Theme::mono())
    }

    /// A heading, with an empty line above it unless it is the first.
    pub fn heading(&mut self, title: &str, aside: &str) -> &mut Self {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let theme = self.theme();
        self.lines.push(Line::from(vec![
            Span::styled(format!(" {title}"), theme.heading()),
            Span::styled(format!("  {aside}"), theme.quiet()),
        ]));
        self
    }

    /// A name and its value.
    pub fn fact(&mut self, name: &str, value: &str) -> &mut Self {
        self.styled_fact(name, value, Style::new())
    }

    /// A name and its value in a look of its own.
    pub fn styled_fact(&mut self, name: &str, value: &str, style: Style) -> &mut Self {
        let room = self.width.saturating_sub(NAME_COLUMNS + 3).max(10);
        let safe = crate::domain::text::SafeText::new(value);
        for (i, part) in format::wrap(&safe, room).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(
                    format!("  {} ", format::left(name, NAME_COLUMNS)),
                    self.theme().quiet(),
                ),
                Span::styled(part, style),
            ]));
        }
        self
    }

    /// The same, left out when there is no value.
    pub fn maybe<T: AsRef<str>>(&mut self, name: &str, value: Option<&T>) -> &mut Self {
        match value {
            Some(value) if !value.as_ref().is_empty() => self.fact(name, value.as_ref()),
            _ => self,
        }
    }

    /// A name and a value that leads somewhere.
    pub fn link(&mut self, name: &str, value: &str, to: Destination) -> &mut Self {
        let line = self.lines.len();
        self.links.push(Link { line, to });
        self.styled_fact(name, value, self.theme().link())
    }

    /// A name and a value that leads to what shares it; left out when there is no value.
    pub fn shared(&mut self, name: &str, value: &str, style: Style, to: Pointed) -> &mut Self {
        let line = self.lines.len();
        let to = Destination::Value(to);
        self.links.push(Link { line, to });
        self.styled_fact(name, value, style)
    }

    /// A line that leads somewhere, cut and not wrapped.
    pub fn linked_line(&mut self, text: Line<'static>, to: Destination) -> &mut Self {
        let line = self.lines.len();
        self.links.push(Link { line, to });
        self.line(text)
    }

    /// A sentence, wrapped.
    pub fn sentence(&mut self, text: &str, style: Style) -> &mut Self {
        let safe = crate::domain::text::SafeText::new(text);
        for part in format::wrap(&safe, self.width.saturating_sub(3).max(10)) {
            self.lines
                .push(Line::from(Span::styled(format!("  {part}"), style)));
        }
        self
    }

    /// A line that is cut, not wrapped.
    pub fn line(&mut self, line: Line<'static>) -> &mut Self {
        self.lines.push(line);
        self
    }

    /// The lines.
    pub fn done(self) -> Vec<Line<'static>> {
        self.lines
    }

    /// The lines, and where they lead.
    pub fn linked(self) -> Text {
        Text {
            lines: self.lines,
            links: self.links,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_wrapped_beside_their_names() {
        let mut facts = Facts::new(30, Theme::mono());
        facts
            .heading("PROFILE", "")
            .fact("login", "ana")
            .fact("title", "clerk of many things")
            .maybe("none", None::<&String>);
        let lines: Vec<String> = facts.done().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
         PROFILE  
          login           ana
          title           clerk of
                          many things
        ");
    }
}
