//! The picture as a file: text, HTML or SVG, cell by cell as the terminal shows it.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::format;

/// Cells of a picture in units of SVG: how wide and high each is, and where letters stand in it.
const CELL: (f32, f32) = (8.4, 18.0);
/// The size of letters, and how far below the top of their cell they stand.
const LETTERS: (f32, f32) = (14.0, 13.5);
/// Room around the picture.
const MARGIN: f32 = 12.0;

/// Ground and letters of a terminal that has not been told otherwise.
const GROUND: Rgb = Rgb(0x14, 0x16, 0x1b);
const INK: Rgb = Rgb(0xd6, 0xda, 0xe2);

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Characters only.
    Text,
    /// A page for a browser.
    Html,
    /// A picture.
    Svg,
}

impl Form {
    /// The form that a file's name asks for: text, unless it ends in `.html` or `.svg`.
    pub fn of(path: &str) -> Self {
        let ending = path.rsplit_once('.').map(|(_, ending)| ending);
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("html" | "htm") => Self::Html,
            Some("svg") => Self::Svg,
            _ => Self::Text,
        }
    }

    /// The picture in this form.
    pub fn write(self, buffer: &Buffer) -> String {
        match self {
            Self::Text => text(buffer),
            Self::Html => html(buffer),
            Self::Svg => svg(buffer),
        }
    }
}

/// A colour as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rgb(u8, u8, u8);

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    ink: Rgb,
    ground: Rgb,
    bold: bool,
    underlined: bool,
    italic: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let has = |modifier| cell.modifier.contains(modifier);
        let mut ink = rgb(cell.fg).unwrap_or(INK);
        let mut ground = rgb(cell.bg).unwrap_or(GROUND);
        if has(Modifier::REVERSED) {
            std::mem::swap(&mut ink, &mut ground);
        }
        if has(Modifier::DIM) {
            ink = between(ink, ground);
        }
        Self {
            ink,
            ground,
            bold: has(Modifier::BOLD),
            underlined: has(Modifier::UNDERLINED),
            italic: has(Modifier::ITALIC),
        }
    }

    /// Its letters in the words of CSS, which SVG knows, too; `fill` is what the colour is called.
    fn css(self, fill: &str) -> String {
        let mut css = format!("{fill}:{}", self.ink);
        for (is, words) in [
            (self.bold, ";font-weight:bold"),
            (self.italic, ";font-style:italic"),
            (self.underlined, ";text-decoration:underline"),
        ] {
            css.push_str(if is { words } else { "" });
        }
        css
    }
}

fn between(one: Rgb, other: Rgb) -> Rgb {
    let mean = |a: u8, b: u8| u8::midpoint(a, b);
    Rgb(
        mean(one.0, other.0),
        mean(one.1, other.1),
        mean(one.2, other.2),
    )
}

/// The colour, in the shades that most terminals have; `None` for the terminal's own.
fn rgb(color: Color) -> Option<Rgb> {
    Some(match color {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => Rgb(r, g, b),
        Color::Indexed(index) => return indexed(index),
        Color::Black => Rgb(0x1d, 0x1f, 0x25),
        Color::Red => Rgb(0xe0, 0x5f, 0x65),
        Color::Green => Rgb(0x78, 0xb8, 0x92),
        Color::Yellow => Rgb(0xe3, 0xb3, 0x5c),
        Color::Blue => Rgb(0x6b, 0x9e, 0xe3),
        Color::Magenta => Rgb(0xc6, 0x8a, 0xd6),
        Color::Cyan => Rgb(0x5f, 0xb8, 0xc0),
        Color::Gray => Rgb(0xc2, 0xc7, 0xd0),
        Color::DarkGray => Rgb(0x7d, 0x84, 0x92),
        Color::LightRed => Rgb(0xf2, 0x8b, 0x90),
        Color::LightGreen => Rgb(0x9d, 0xd6, 0xb3),
        Color::LightYellow => Rgb(0xf2, 0xd0, 0x8a),
        Color::LightBlue => Rgb(0x9c, 0xc1, 0xf2),
        Color::LightMagenta => Rgb(0xdd, 0xb1, 0xea),
        Color::LightCyan => Rgb(0x93, 0xd9, 0xdf),
        Color::White => Rgb(0xf2, 0xf4, 0xf8),
    })
}

/// A colour of the palette of 256: sixteen by name, a cube of six shades of each, and greys.
fn indexed(index: u8) -> Option<Rgb> {
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    let shade = |level: u8| if level == 0 { 0 } else { 55 + 40 * level };
    match index {
        0..16 => rgb(NAMED[usize::from(index)]),
        16..232 => {
            let cube = index - 16;
            Some(Rgb(shade(cube / 36), shade(cube / 6 % 6), shade(cube % 6)))
        }
        232.. => {
            let grey = 8 + 10 * (index - 232);
            Some(Rgb(grey, grey, grey))
        }
    }
}

/// Cells that stand side by side and look alike.
struct Run {
    text: String,
    start: u16,
    cells: usize,
    look: Look,
}

/// A row as runs, from the left.
fn runs(buffer: &Buffer, y: u16) -> Vec<Run> {
    let area = *buffer.area();
    let mut runs: Vec<Run> = Vec::new();
    let mut hidden = 0;
    for x in area.left()..area.right() {
        let cell = &buffer[(x, y)];
        if hidden > 0 {
            hidden -= 1;
            continue;
        }
        let width = format::width(cell.symbol()).max(1);
        hidden = width - 1;
        let look = Look::of(cell);
        match runs.last_mut() {
            Some(run) if run.look == look => {
                run.text.push_str(cell.symbol());
                run.cells += width;
            }
            _ => runs.push(Run {
                text: cell.symbol().to_owned(),
                start: x - area.left(),
                cells: width,
                look,
            }),
        }
    }
    runs
}

fn text(buffer: &Buffer) -> String {
    let area = *buffer.area();
    let mut out = String::new();
    for y in area.top()..area.bottom() {
        let line: String = runs(buffer, y).into_iter().map(|run| run.text).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn html(buffer: &Buffer) -> String {
    let area = *buffer.area();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>oktop</title></head>\n\
         <body style=\"background:{GROUND};color:{INK}\"><pre style=\"font:14px/18px monospace\">\n"
    );
    for y in area.top()..area.bottom() {
        for run in runs(buffer, y) {
            let ground = if run.look.ground == GROUND {
                String::new()
            } else {
                format!(";background:{}", run.look.ground)
            };
            let (css, text) = (run.look.css("color"), escaped(&run.text));
            // Writing to a String cannot fail.
            let _ = write!(out, "<span style=\"{css}{ground}\">{text}</span>");
        }
        out.push('\n');
    }
    out.push_str("</pre></body></html>\n");
    out
}

fn svg(buffer: &Buffer) -> String {
    let area = *buffer.area();
    let (width, height) = (
        f32::from(area.width) * CELL.0 + 2.0 * MARGIN,
        f32::from(area.height) * CELL.1 + 2.0 * MARGIN,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.0}\" height=\"{height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"{}\" xml:space=\"preserve\">\n",
        LETTERS.0
    );
    for y in area.top()..area.bottom() {
        let top = MARGIN + f32::from(y - area.top()) * CELL.1;
        for run in runs(buffer, y) {
            svg_run(&run, top, &mut out);
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn svg_run(run: &Run, top: f32, out: &mut String) {
    let left = MARGIN + f32::from(run.start) * CELL.0;
    let width = f32::from(format::cells(run.cells)) * CELL.0;
    if run.look.ground != GROUND {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
            CELL.1, run.look.ground
        );
    }
    if run.text.trim().is_empty() {
        return;
    }
    // As above. The length keeps columns in line whatever letters a reader has.
    let _ = writeln!(
        out,
        "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" style=\"{}\">{}</text>",
        top + LETTERS.1,
        run.look.css("fill"),
        escaped(&run.text)
    );
}

/// What HTML and SVG act on, as it is shown.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;
    use crate::ui::canvas::Pen;

    fn picture() -> Buffer {
        let area = Rect::new(0, 0, 12, 2);
        let mut buffer = Buffer::empty(area);
        Pen::new(&mut buffer, area, 0)
            .put(
                "<a&b>",
                Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            )
            .put(" 山x", Style::new());
        Pen::new(&mut buffer, area, 1).put("chosen", Style::new().add_modifier(Modifier::REVERSED));
        buffer
    }

    #[test]
    fn the_name_decides_the_form() {
        assert_eq!(Form::of("a.SVG"), Form::Svg);
        assert_eq!(Form::of("a.html"), Form::Html);
        assert_eq!(Form::of("a.txt"), Form::Text);
        assert_eq!(Form::of("svg"), Form::Text);
    }

    #[test]
    fn text_is_what_is_read() {
        assert_eq!(Form::Text.write(&picture()), "<a&b> 山x\nchosen\n");
    }

    #[test]
    fn nothing_that_is_shown_is_markup_and_columns_stay_in_line() {
        let svg = Form::Svg.write(&picture());
        assert!(svg.contains(">&lt;a&amp;b&gt;</text>"), "{svg}");
        assert!(
            svg.contains("style=\"fill:#e05f65;font-weight:bold\""),
            "{svg}"
        );
        // Five cells, then a space, a letter two cells wide, one more, and three that are empty.
        assert!(svg.contains("textLength=\"42.0\""), "{svg}");
        assert!(
            svg.contains("x=\"54.0\" y=\"25.5\" textLength=\"58.8\""),
            "{svg}"
        );
        assert!(
            svg.contains(&format!("fill=\"{INK}\"/>")),
            "reversed: {svg}"
        );
        let html = Form::Html.write(&picture());
        assert!(html.contains("&lt;a&amp;b&gt;</span>"), "{html}");
        assert!(
            html.contains(&format!("color:{GROUND};background:{INK}")),
            "{html}"
        );
    }

    #[test]
    fn every_colour_of_the_palette_has_a_shade() {
        assert_eq!(indexed(9), rgb(Color::LightRed));
        assert_eq!(indexed(16), Some(Rgb(0, 0, 0)));
        assert_eq!(indexed(231), Some(Rgb(255, 255, 255)));
        assert_eq!(indexed(232), Some(Rgb(8, 8, 8)));
        assert_eq!(indexed(255), Some(Rgb(238, 238, 238)));
    }
}
