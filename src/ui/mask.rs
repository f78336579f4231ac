//! Pseudonyms in place of people's names, logins, mail and network addresses, phone numbers, places and devices, while somebody looks on.
//!
//! It stands between the agent and every pane: what comes in is masked by the kind of field that it stands in, before any pane has it, so
//! that no screen, title or copy can show what was never there. What goes out has the values put back, so that a filter made of a masked
//! cell finds what it was made of. A value has the same pseudonym for as long as the console runs, by a key that nobody else has; of a name
//! each word has its own, so that the parts of it fit the whole. Ids stay: they tell who is meant only to those who can ask the org.

mod fields;
mod walk;

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use ring::hmac;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::filter::Value as Shown;
use crate::msg::queue::QueueAnswer;
use crate::msg::{Answer, Ask, Problem, ProblemKind};
use fields::{Class, class_of_facet};

/// How many whole names and logins are looked for in texts that are about something else.
const MOST_NAMES: usize = 200_000;

/// The longest name that is looked for in a text, in words.
const MOST_WORDS: usize = 5;

/// Accounts of Okta's own, which are nobody.
const OKTA_S_OWN: [&str; 2] = ["system@okta.com", "unknown"];

/// The pseudonyms of one console.
#[derive(Clone)]
pub struct Mask {
    key: hmac::Key,
    /// The pseudonym of each value, which is in lower case here.
    known: HashMap<String, String>,
    /// The value of each pseudonym, which is in lower case here.
    back: HashMap<String, String>,
    /// Whole names and logins in lower case, to be found in other texts.
    names: HashSet<String>,
    /// Questions whose answers cannot be understood without them.
    asked: HashMap<u64, Asked>,
}

/// What is to be known of a question when its answer comes.
#[derive(Clone, Copy)]
struct Asked {
    /// What the values are that it counts.
    facets: Option<Class>,
    /// Whether values were put back, so that places in its filter are other ones.
    is_rewritten: bool,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} values)", self.known.len())
    }
}

static MAILS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[\p{L}\p{N}._%+'~-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+")
        .expect("a constant")
});
static NUMBERS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|[0-9a-fA-F]*:[0-9a-fA-F:]*:[0-9a-fA-F]*|\+\d[\d ().-]{6,}\d")
        .expect("a constant")
});
static WORDS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}.'’_-]*").expect("a constant"));
static HARDWARE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$").expect("a constant"));
static PSEUDONYMS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b[a-z]{6}[0-9]{2}@masked\.invalid|\bdevice-[a-z]{6}[0-9]{2}\b|\b[a-z]{6}[0-9]{2}\b|\b240(?:\.\d{1,3}){3}\b|\b2001:db8:[0-9a-f]{4}:[0-9a-f]{4}::1\b|\+999\d{8}\b",
    )
    .expect("a constant")
});

impl Mask {
    /// With a key that is made anew for each console.
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            known: HashMap::new(),
            back: HashMap::new(),
            names: HashSet::new(),
            asked: HashMap::new(),
        }
    }

    /// An answer with pseudonyms.
    ///
    /// # Errors
    /// The agent's own problem, masked; or that the answer cannot be masked and so is not shown.
    pub fn answer(
        &mut self,
        ticket: u64,
        answer: Result<Answer, Problem>,
    ) -> Result<Answer, Problem> {
        let asked = self.asked.remove(&ticket);
        match answer {
            Ok(Answer::Facets(mut facets)) => {
                if let Some(class) = asked.and_then(|asked| asked.facets) {
                    let values = facets.values.iter_mut();
                    values.for_each(|(value, _)| self.facet(value, class));
                }
                self.masked(&Answer::Facets(facets))
            }
            // A secret with something else in its place would be no secret of anything.
            Ok(Answer::Queue(QueueAnswer::Secret(handed))) => {
                Ok(Answer::Queue(QueueAnswer::Secret(handed)))
            }
            Ok(answer) => self.masked(&answer),
            Err(mut problem) => {
                problem.summary = self.text(&problem.summary);
                problem.hint = problem.hint.map(|hint| self.text(&hint));
                let is_rewritten = asked.is_some_and(|asked| asked.is_rewritten);
                problem.column = problem.column.filter(|_| !is_rewritten);
                Err(problem)
            }
        }
    }

    fn facet(&mut self, value: &mut Shown, class: Class) {
        match value {
            Shown::Is(text) | Shown::Begins(text) => *text = self.pseudonym(class, text),
            // What has an id says by it whether it is a person.
            Shown::Named(named) if fields::is_user(&named.id) || !named.is_sure() => {
                named.name = self.pseudonym(class, &named.name);
            }
            Shown::Named(_) | Shown::Nothing => {}
        }
    }

    /// Anything that travels, with pseudonyms.
    ///
    /// # Errors
    /// When it cannot be masked and so is not shown.
    pub fn masked<T: Serialize + DeserializeOwned>(&mut self, shown: &T) -> Result<T, Problem> {
        let masked = serde_json::to_value(shown).and_then(|mut value| {
            // Once for the names in it, so that they are found in texts that stand before them.
            self.walk(&mut value.clone(), None);
            self.walk(&mut value, None);
            serde_json::from_value(value)
        });
        masked.map_err(|_| Problem {
            kind: ProblemKind::Internal,
            summary: "This cannot be masked, and so it is not shown.".to_owned(),
            hint: Some("P shows everything again".to_owned()),
            column: None,
        })
    }

    /// A question with the values put back.
    pub fn request(&mut self, ticket: u64, ask: Ask) -> Ask {
        let mut is_rewritten = false;
        let value = serde_json::to_value(&ask).map(|mut value| {
            walk::each_text(&mut value, &mut |text| {
                let original = self.original(text);
                is_rewritten |= original != text;
                original
            });
            value
        });
        let facets = match &ask {
            Ask::Facets(query) => class_of_facet(query),
            _ => None,
        };
        if facets.is_some() || is_rewritten {
            let asked = Asked {
                facets,
                is_rewritten,
            };
            self.asked.insert(ticket, asked);
        }
        value.and_then(serde_json::from_value).unwrap_or(ask)
    }

    /// A text with the values put back, in quotes where a filter needs them.
    pub fn original(&self, text: &str) -> String {
        if let Some(whole) = self.back.get(&text.to_lowercase()) {
            return whole.clone();
        }
        let back = |found: &Captures<'_>| {
            let of = &found[0];
            let at = found.get(0).map_or(0, |found| found.start());
            match self.back.get(&of.to_lowercase()) {
                None => of.to_owned(),
                Some(value) => in_filter(value, is_quoted(&text[..at])),
            }
        };
        PSEUDONYMS.replace_all(text, back).into_owned()
    }

    /// A text that may be about anything, with pseudonyms for the addresses and names in it.
    pub fn text(&mut self, text: &str) -> String {
        let mut out = MAILS
            .replace_all(text, |found: &Captures<'_>| {
                self.pseudonym(Class::Mail, &found[0].replace("%40", "@"))
            })
            .into_owned();
        out = NUMBERS
            .replace_all(&out, |found: &Captures<'_>| self.number(&found[0]))
            .into_owned();
        self.names_in(&out)
    }

    /// What stands like an address or a phone number; a time of day stays.
    fn number(&mut self, found: &str) -> String {
        if found.starts_with('+') {
            return self.pseudonym(Class::Phone, found);
        }
        match found.parse::<IpAddr>() {
            Ok(address) if !address.is_loopback() && !address.is_unspecified() => {
                self.pseudonym(Class::Address, found)
            }
            _ => found.to_owned(),
        }
    }

    /// The names and logins in a text that are known from elsewhere, the longest first.
    fn names_in(&mut self, text: &str) -> String {
        if self.names.is_empty() {
            return text.to_owned();
        }
        let words: Vec<(usize, usize)> = WORDS
            .find_iter(text)
            .map(|word| (word.start(), word.end()))
            .collect();
        let mut out = String::with_capacity(text.len());
        let (mut done, mut at) = (0, 0);
        while at < words.len() {
            let most = MOST_WORDS.min(words.len() - at);
            let found = (1..=most).rev().find_map(|count| {
                let (start, end) = (words[at].0, words[at + count - 1].1);
                let part = text[start..end].trim_end_matches(['.', '-', '_', '\'', '’']);
                let part = part.strip_suffix("'s").unwrap_or(part);
                let is_known = self.names.contains(&part.to_lowercase());
                is_known.then_some((count, start, start + part.len()))
            });
            if let Some((count, start, end)) = found {
                out.push_str(&text[done..start]);
                let name = self.pseudonym(Class::Name, &text[start..end]);
                out.push_str(&name);
                (done, at) = (end, at + count);
            } else {
                at += 1;
            }
        }
        out.push_str(&text[done..]);
        out
    }

    /// Remembers a name or a login, so that it is found in other texts. A word alone is no name: it may be anything.
    fn note(&mut self, name: &str) {
        let is_login = name.len() >= 4 && name.contains(['.', '_', '-']);
        let is_name = name.contains(' ') && name.chars().count() >= 4;
        if (is_login || is_name) && self.names.len() < MOST_NAMES {
            self.names.insert(name.to_lowercase());
        }
    }

    /// The pseudonym of a value in a field of this class; what is empty, an id or one already stays.
    fn pseudonym(&mut self, class: Class, value: &str) -> String {
        let is_one = self.back.contains_key(&value.to_lowercase());
        let is_own = OKTA_S_OWN.contains(&value);
        if value.trim().is_empty() || value == "-" || is_one || is_own || fields::is_id(value) {
            return value.to_owned();
        }
        match class {
            Class::Name | Class::Place if value.contains('@') => self.one(Class::Mail, value),
            Class::Name | Class::Place => {
                if class == Class::Name {
                    self.note(value);
                }
                let words: Vec<String> = value
                    .split_whitespace()
                    .map(|word| self.one(class, word))
                    .collect();
                words.join(" ")
            }
            // A network, a range, a list of them.
            Class::Address if value.parse::<IpAddr>().is_err() => self.text(value),
            Class::Mail | Class::Address | Class::Phone | Class::Device => self.one(class, value),
        }
    }

    fn one(&mut self, class: Class, value: &str) -> String {
        let lower = value.to_lowercase();
        if self.back.contains_key(&lower) {
            return value.to_owned();
        }
        if let Some(known) = self.known.get(&lower) {
            return known.clone();
        }
        let mut count = 0_u32;
        let made = loop {
            let made = self.make(class, &lower, count);
            if !self.back.contains_key(&made.to_lowercase()) {
                break made;
            }
            count += 1;
        };
        self.back.insert(made.to_lowercase(), value.to_owned());
        self.known.insert(lower, made.clone());
        made
    }

    fn make(&self, class: Class, value: &str, count: u32) -> String {
        let tag = hmac::sign(&self.key, format!("{value}\0{count}").as_bytes());
        let bytes = tag.as_ref();
        let word = format!("{}{:02}", word(&bytes[..3]), bytes[3] % 100);
        match class {
            Class::Mail => format!("{}@masked.invalid", word.to_lowercase()),
            Class::Device => format!("device-{}", word.to_lowercase()),
            Class::Name | Class::Place => word,
            Class::Phone => {
                let digits = bytes[4..12].iter().map(|byte| char::from(b'0' + byte % 10));
                format!("+999{}", digits.collect::<String>())
            }
            // Neither network is anybody's.
            Class::Address if value.parse::<Ipv6Addr>().is_ok() => format!(
                "2001:db8:{:02x}{:02x}:{:02x}{:02x}::1",
                bytes[4] | 0x10,
                bytes[5],
                bytes[6] | 0x10,
                bytes[7]
            ),
            Class::Address => Ipv4Addr::new(240, bytes[4], bytes[5], bytes[6]).to_string(),
        }
    }
}

/// Whether what follows stands in quotes.
fn is_quoted(before: &str) -> bool {
    let quotes = before.matches('"').count() - before.matches("\\\"").count();
    quotes % 2 == 1
}

/// A value as it stands in a filter.
fn in_filter(value: &str, is_quoted: bool) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.@-".contains(c);
    let escaped = || value.replace('"', "\\\"");
    match is_quoted {
        true => escaped(),
        false if value.chars().all(plain) => value.to_owned(),
        false => format!("\"{}\"", escaped()),
    }
}

/// A word that can be spoken, two letters for each byte.
fn word(bytes: &[u8]) -> String {
    const CONSONANTS: &[u8] = b"bdfgklmnprstvz";
    const VOWELS: &[u8] = b"aeiou";
    let mut word = String::new();
    for byte in bytes {
        let consonant = char::from(CONSONANTS[usize::from(byte % 14)]);
        word.push(if word.is_empty() {
            consonant.to_ascii_uppercase()
        } else {
            consonant
        });
        word.push(char::from(VOWELS[usize::from(byte / 14 % 5)]));
    }
    word
}

#[cfg(test)]
mod tests;
