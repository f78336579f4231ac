//! The program's own text, for tests about its shape: files, and code without what is written in comments and texts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, OnceLock};

/// A source file.
pub(crate) struct Source {
    /// Its path from the package's root.
    pub(crate) path: PathBuf,
    /// Everything in it.
    pub(crate) text: String,
    /// The same without what is no code, which is asked for by many rules.
    code: OnceLock<String>,
}

/// Every file that any rule is about.
static ALL: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let mut paths = Vec::new();
    for dir in ["src", "tests", "benches"] {
        collect(&root().join(dir), &mut paths);
    }
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        Source::new(path.strip_prefix(root()).unwrap().to_owned(), text)
    };
    paths.into_iter().map(read).collect()
});

/// The package's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files below a directory of the package, in order.
pub(crate) fn files(dir: &str) -> Vec<&'static Source> {
    ALL.iter()
        .filter(|file| file.path.starts_with(dir))
        .collect()
}

fn collect(dir: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

impl Source {
    /// A file of that path from the package's root with that text.
    pub(crate) fn new(path: PathBuf, text: String) -> Self {
        Self {
            path,
            text,
            code: OnceLock::new(),
        }
    }

    /// The names of the modules that lead to it from `src`, such as `["cli", "command", "list"]`; empty for the roots.
    pub(crate) fn module(&self) -> Vec<String> {
        let inside = self.path.strip_prefix("src").unwrap_or(&self.path);
        let names = inside.with_extension("");
        let names: Vec<String> = names
            .iter()
            .map(|name| name.to_str().unwrap().to_owned())
            .collect();
        if names == ["main"] || names == ["lib"] {
            Vec::new()
        } else {
            names
        }
    }

    /// Its lines with comments and the inside of texts blanked out, numbered from 1.
    pub(crate) fn code(&self) -> Vec<(usize, &str)> {
        let code = self.code.get_or_init(|| blank_out(&self.text));
        let lines = code.lines().enumerate();
        lines.map(|(i, line)| (i + 1, line)).collect()
    }
}

/// Where in the text of a program the reader is.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Code,
    LineComment,
    /// How many are nested.
    BlockComment(usize),
    Text,
    /// A raw text that ends with this many `#`.
    RawText(usize),
}

/// Replaces comments and the inside of texts by spaces; lines stay where they are.
fn blank_out(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let starts = |at: usize, word: &str| {
        word.chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    let mut out = String::with_capacity(text.len());
    let (mut at, mut place) = (0, Place::Code);
    while at < chars.len() {
        let (taken, next) = match place {
            Place::Code if starts(at, "//") => (2, Place::LineComment),
            Place::Code if starts(at, "/*") => (2, Place::BlockComment(1)),
            Place::Code if starts(at, "'\"'") => (3, Place::Code),
            Place::Code if starts(at, "'\\\"'") => (4, Place::Code),
            Place::Code if chars[at] == '"' => (1, Place::Text),
            Place::Code if raw_text_hashes(&chars, at).is_some() => {
                let hashes = raw_text_hashes(&chars, at).unwrap();
                (hashes + 2, Place::RawText(hashes))
            }
            Place::LineComment if chars[at] == '\n' => (1, Place::Code),
            Place::BlockComment(depth) if starts(at, "/*") => (2, Place::BlockComment(depth + 1)),
            Place::BlockComment(1) if starts(at, "*/") => (2, Place::Code),
            Place::BlockComment(depth) if starts(at, "*/") => (2, Place::BlockComment(depth - 1)),
            Place::Text if chars[at] == '\\' => (2, Place::Text),
            Place::Text if chars[at] == '"' => (1, Place::Code),
            Place::RawText(hashes) if chars[at] == '"' && starts(at + 1, &"#".repeat(hashes)) => {
                (hashes + 1, Place::Code)
            }
            unchanged => (1, unchanged),
        };
        let visible = place == Place::Code && next == Place::Code && taken == 1;
        for c in chars.iter().skip(at).take(taken) {
            out.push(if visible || *c == '\n' { *c } else { ' ' });
        }
        at += taken;
        place = next;
    }
    out
}

/// For the `r` of `r"…"` or `r#"…"#`: how many `#` it has.
fn raw_text_hashes(chars: &[char], at: usize) -> Option<usize> {
    let inside_a_word =
        at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_') && chars[at - 1] != 'b';
    if chars[at] != 'r' || inside_a_word {
        return None;
    }
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

#[test]
fn comments_and_texts_are_not_code() {
    let text =
        "a // b\nc \"d \\\" e\" f /* g /* h */ i */ j r#\"k \" l\"# m '\"' n \"o\np\" q for\"r\"";
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&blank_out(text)), words("a\nc f j m n q for"));
    assert_eq!(blank_out(text).lines().count(), text.lines().count());
}
