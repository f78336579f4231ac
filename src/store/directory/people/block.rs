//! 4,096 users side by side: what lists are searched and sorted by, as columns, folded as filters fold.
//!
//! A block is shared with the queries that are looking at it and copied when it changes meanwhile, so that no query waits for a commit
//! and no commit for a query. What a row shows beside this is read from disk.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::arena::{Arena, Parts};
use super::words::{Marked, Words};
use crate::domain::user::User;
use crate::store::codec::Moment;
use crate::store::directory::record::Record;

/// Rows of a block.
pub(in super::super) const ROWS: usize = 4_096;
/// One bit for each row of a block.
pub(in super::super) type Bits = [u64; ROWS / 64];

/// Okta's ids have 20 characters; others are kept aside.
pub(super) const ID_LENGTH: usize = 20;

/// The user was read, not only named.
const KNOWN: u8 = 1;
/// Okta no longer has it.
const ARCHIVED: u8 = 2;
/// The address is the login.
const SAME_EMAIL: u8 = 4;

/// Stands for no time.
const NO_TIME: u32 = u32::MAX;
/// Stands for a time that is kept in `exact`.
const EXACT_TIME: u32 = u32::MAX - 1;

/// Parts of a row's text.
pub(super) const LOGIN: usize = 0;
pub(super) const EMAIL: usize = 1;
pub(super) const NAME: usize = 2;

/// Parts of what is kept as one of a few kinds of account.
pub(super) const STATUS: usize = 0;
pub(super) const PROVIDER: Parts = 0b110;
pub(super) const TYPE: usize = 3;

/// A column of shared texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shared {
    /// Status, kind and name of the provider, type.
    Account,
    Title,
    Department,
    Manager,
}

/// A column of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Created,
    LastLogin,
    LastUpdated,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Block {
    /// Folded; zeroes for an id of another length.
    pub(super) ids: Vec<[u8; ID_LENGTH]>,
    /// Which characters of the id are capitals.
    pub(super) capitals: Vec<u32>,
    pub(super) odd_ids: BTreeMap<u16, String>,
    pub(super) states: Vec<u8>,
    /// Login, address (unless it is the login), display name (unless that is the login).
    pub(super) text: Arena,
    /// Logins that are not spelled as they are folded.
    pub(super) spelled: BTreeMap<u16, String>,
    /// Which letters from a to z occur in what a bare word looks at.
    pub(super) letters: Vec<u32>,
    pub(super) shared: [Words; 4],
    pub(super) times: [Vec<u32>; 3],
    /// Times with parts of a second, by column and row.
    pub(super) exact: BTreeMap<(u8, u16), Moment>,
    /// Complete sweeps in a row that did not see the user, where that is not none.
    pub(super) missed: BTreeMap<u16, u32>,
}

/// Whether a user is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// It was read, not only named.
    pub(super) known: bool,
    /// Okta has it.
    pub(super) live: bool,
}

impl State {
    pub(super) fn of(record: &Record<User>) -> Self {
        Self {
            known: record.value.is_some(),
            live: record.live().is_some(),
        }
    }
}

/// One user as columns have it.
struct Line {
    id: [u8; ID_LENGTH],
    capitals: u32,
    odd_id: Option<String>,
    state: u8,
    text: String,
    spelled: Option<String>,
    letters: u32,
    shared: [String; 4],
    times: [Option<Timestamp>; 3],
    missed: u32,
}

impl Line {
    fn of(record: &Record<User>) -> Self {
        let mut line = Self {
            id: [0; ID_LENGTH],
            capitals: 0,
            odd_id: None,
            state: 0,
            text: String::from("\n\n\n"),
            spelled: None,
            letters: 0,
            shared: ["\n\n\n\n", "\n", "\n", "\n"].map(str::to_owned),
            times: [None; 3],
            missed: record.missed,
        };
        line.name(&record.id);
        if let Some(user) = &record.value {
            line.describe(user);
            line.state |= if record.archived.is_some() {
                ARCHIVED
            } else {
                0
            };
        }
        line
    }

    fn name(&mut self, id: &str) {
        if let Ok(exact) = <[u8; ID_LENGTH]>::try_from(id.as_bytes()) {
            self.id = exact.map(|byte| byte.to_ascii_lowercase());
            let capital = |(n, byte): (usize, &u8)| u32::from(byte.is_ascii_uppercase()) << n;
            self.capitals = exact.iter().enumerate().map(capital).sum();
        } else {
            self.odd_id = Some(id.to_owned());
        }
    }

    fn describe(&mut self, user: &User) {
        let login = user.login.to_lowercase();
        let email = user.email.to_lowercase();
        let named = !(user.first_name.is_empty() && user.last_name.is_empty());
        let name = if named {
            user.display_name().to_lowercase()
        } else {
            String::new()
        };
        self.state = KNOWN | if email == login { SAME_EMAIL } else { 0 };
        let email = if email == login { "" } else { &email };
        self.text = format!("{login}\n{email}\n{name}\n");
        self.spelled = (login != *user.login).then(|| user.login.to_string());
        let folded = |text: &Option<crate::domain::text::SafeText>| {
            text.as_ref()
                .map(|text| text.to_lowercase())
                .unwrap_or_default()
        };
        let status = user.status.word().to_lowercase();
        let provider = user.provider.as_ref();
        let (kind, by) = provider.map_or((String::new(), String::new()), |provider| {
            (provider.kind.to_lowercase(), provider.name.to_lowercase())
        });
        let (title, department, manager) = (
            folded(&user.title),
            folded(&user.department),
            folded(&user.manager),
        );
        let texts = [&login, email, &name, &status, &title, &department, &manager];
        self.letters = texts.iter().fold(0, |set, text| set | letters_of(text));
        self.letters |= letters_of(&user.id.as_str().to_ascii_lowercase());
        self.shared = [
            format!("{status}\n{kind}\n{by}\n{}\n", folded(&user.type_id)),
            title + "\n",
            department + "\n",
            manager + "\n",
        ];
        self.times = [user.created, user.last_login, user.last_updated];
    }
}

fn letters_of(text: &str) -> u32 {
    text.bytes()
        .filter_map(letter)
        .fold(0, |set, letter| set | letter)
}

/// The bit of a letter.
pub(super) fn letter(byte: u8) -> Option<u32> {
    byte.is_ascii_lowercase().then(|| 1 << (byte - b'a'))
}

pub(super) fn set(bits: &mut Bits, row: usize) {
    if let Some(word) = bits.get_mut(row / 64) {
        *word |= 1 << (row % 64);
    }
}

/// Sets or takes back the bit of a row.
pub(super) fn put_bit(bits: &mut Bits, row: usize, value: bool) {
    if let Some(word) = bits.get_mut(row / 64) {
        *word &= !(1 << (row % 64));
        *word |= u64::from(value) << (row % 64);
    }
}

pub(super) fn has(bits: &Bits, row: usize) -> bool {
    bits.get(row / 64)
        .is_some_and(|word| word & (1 << (row % 64)) != 0)
}

/// The rows whose bit is set.
pub(super) fn rows(bits: &Bits) -> impl Iterator<Item = usize> + '_ {
    bits.iter().enumerate().flat_map(|(n, word)| {
        let mut rest = *word;
        std::iter::from_fn(move || {
            let row = rest.trailing_zeros();
            let some = rest != 0;
            rest &= rest.wrapping_sub(1);
            some.then(|| n * 64 + row as usize)
        })
    })
}

/// A row's number where it is kept apart.
fn short(row: usize) -> u16 {
    u16::try_from(row).unwrap_or(u16::MAX)
}

fn keep<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => drop(map.insert(key, value)),
        None => drop(map.remove(&key)),
    }
}

impl Block {
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// Adds a row, or puts another in its place; says whether anything changed.
    pub(super) fn put(block: &mut std::sync::Arc<Self>, row: usize, record: &Record<User>) -> bool {
        let line = Line::of(record);
        if row < block.len() && block.is(row, &line) {
            return false;
        }
        std::sync::Arc::make_mut(block).write(row, line);
        true
    }

    /// Whether the columns of a row are other than this record makes them.
    pub(super) fn differs(&self, row: usize, record: &Record<User>) -> bool {
        row >= self.len() || !self.is(row, &Line::of(record))
    }

    /// Whether this record puts a row elsewhere among logins.
    pub(super) fn moves(&self, row: usize, record: &Record<User>) -> bool {
        let login = record.value.as_ref().map(|user| user.login.to_lowercase());
        let known = self.is_known(row).then(|| self.text_part(row, LOGIN));
        login.as_deref() != known
    }

    /// Whether this record changes whether lists show a row.
    pub(super) fn shows_otherwise(&self, row: usize, record: &Record<User>) -> bool {
        let shown = State {
            known: self.is_known(row),
            live: self.is_live(row),
        };
        row >= self.len() || shown != State::of(record)
    }

    fn is(&self, row: usize, line: &Line) -> bool {
        let times = (0..3).all(|n| self.time_at(n, row) == line.times[n]);
        let shared = self.shared.iter().zip(&line.shared);
        let shared = shared.map(|(words, text)| words.texts.text(words.of(row)) == text);
        self.states[row] == line.state
            && self.text.text(row) == line.text
            && self.spelled.get(&short(row)) == line.spelled.as_ref()
            && self.missed.get(&short(row)).copied().unwrap_or(0) == line.missed
            && times
            && shared.into_iter().all(|same| same)
    }

    fn write(&mut self, row: usize, line: Line) {
        let fresh = row == self.len();
        let number = short(row);
        keep(&mut self.odd_ids, number, line.odd_id);
        keep(&mut self.spelled, number, line.spelled);
        keep(
            &mut self.missed,
            number,
            (line.missed > 0).then_some(line.missed),
        );
        for (n, time) in line.times.into_iter().enumerate() {
            let (coarse, exact) = packed(time);
            keep(
                &mut self.exact,
                (u8::try_from(n).unwrap_or(0), number),
                exact,
            );
            put(&mut self.times[n], row, coarse);
        }
        put(&mut self.ids, row, line.id);
        put(&mut self.capitals, row, line.capitals);
        put(&mut self.states, row, line.state);
        put(&mut self.letters, row, line.letters);
        for (words, text) in self.shared.iter_mut().zip(&line.shared) {
            if fresh {
                words.push(text);
            } else {
                words.replace(row, text);
            }
        }
        if fresh {
            self.text.push(&line.text);
        } else {
            self.text.replace(row, &line.text);
        }
        if self.len() == ROWS && fresh {
            self.shrink();
        }
    }

    /// A full block grows no more.
    pub(super) fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.capitals.shrink_to_fit();
        self.states.shrink_to_fit();
        self.letters.shrink_to_fit();
        self.text.shrink();
        self.shared.iter_mut().for_each(Words::shrink);
        self.times.iter_mut().for_each(Vec::shrink_to_fit);
    }

    pub(super) fn id(&self, row: usize) -> Option<String> {
        if let Some(odd) = self.odd_ids.get(&short(row)) {
            return Some(odd.clone());
        }
        let spelled = self.spelled_id(row)?;
        Some(spelled.iter().map(|byte| char::from(*byte)).collect())
    }

    fn spelled_id(&self, row: usize) -> Option<[u8; ID_LENGTH]> {
        let (mut id, capitals) = (*self.ids.get(row)?, self.capitals.get(row)?);
        for (n, byte) in id.iter_mut().enumerate() {
            if capitals & (1 << n) != 0 {
                byte.make_ascii_uppercase();
            }
        }
        Some(id)
    }

    /// Calls `see` with every row and its id.
    pub(super) fn each_id(&self, mut see: impl FnMut(u32, &str)) {
        for (n, row) in (0..self.len()).zip(0u32..) {
            match self.spelled_id(n) {
                Some(id) if !self.odd_ids.contains_key(&short(n)) => {
                    see(row, std::str::from_utf8(&id).unwrap_or_default());
                }
                _ => see(row, self.odd_ids.get(&short(n)).map_or("", String::as_str)),
            }
        }
    }

    pub(super) fn has_id(&self, row: usize, id: &str) -> bool {
        let Ok(exact) = <[u8; ID_LENGTH]>::try_from(id.as_bytes()) else {
            return self.odd_ids.get(&short(row)).is_some_and(|odd| odd == id);
        };
        let mut line_capitals = 0;
        for (n, byte) in exact.iter().enumerate() {
            line_capitals |= u32::from(byte.is_ascii_uppercase()) << n;
        }
        self.ids.get(row) == Some(&exact.map(|byte| byte.to_ascii_lowercase()))
            && self.capitals.get(row) == Some(&line_capitals)
    }

    pub(super) fn is_known(&self, row: usize) -> bool {
        self.states.get(row).is_some_and(|state| state & KNOWN != 0)
    }

    /// Whether Okta has the user.
    pub(super) fn is_live(&self, row: usize) -> bool {
        self.states
            .get(row)
            .is_some_and(|state| state & (KNOWN | ARCHIVED) == KNOWN)
    }

    /// The folded word of the status; empty when the user was never read.
    pub(super) fn status(&self, row: usize) -> &str {
        let words = self.words(Shared::Account);
        words.texts.part(words.of(row), STATUS)
    }

    /// The login as it is spelled; `None` when the user was never read.
    pub(super) fn login(&self, row: usize) -> Option<&str> {
        let spelled = self.spelled.get(&short(row)).map(String::as_str);
        self.is_known(row)
            .then(|| spelled.unwrap_or_else(|| self.text.part(row, LOGIN)))
    }

    pub(super) fn missed(&self, row: usize) -> u32 {
        self.missed.get(&short(row)).copied().unwrap_or(0)
    }

    /// A part of the text, where the login stands in for what is the same.
    pub(super) fn text_part(&self, row: usize, part: usize) -> &str {
        match part {
            EMAIL if self.states[row] & SAME_EMAIL != 0 => self.text.part(row, LOGIN),
            NAME => {
                let name = self.text.part(row, NAME);
                if name.is_empty() {
                    self.text.part(row, LOGIN)
                } else {
                    name
                }
            }
            part => self.text.part(row, part),
        }
    }

    pub(super) fn words(&self, column: Shared) -> &Words {
        &self.shared[column as usize]
    }

    pub(super) fn time(&self, column: Time, row: usize) -> Option<Timestamp> {
        self.time_at(column as usize, row)
    }

    fn time_at(&self, column: usize, row: usize) -> Option<Timestamp> {
        match self.times[column].get(row).copied()? {
            NO_TIME => None,
            EXACT_TIME => {
                let key = (u8::try_from(column).unwrap_or(0), short(row));
                self.exact.get(&key).map(|moment| Timestamp::from(*moment))
            }
            secs => Timestamp::from_second(i64::from(secs)).ok(),
        }
    }

    /// The rows that a list shows.
    pub(super) fn shown(&self, archived: bool) -> Bits {
        let mut bits = [0; ROWS / 64];
        for row in 0..self.len() {
            if self.is_live(row) || (archived && self.is_known(row)) {
                set(&mut bits, row);
            }
        }
        bits
    }

    /// The rows that have every letter of the set, or rather may have them.
    pub(super) fn rows_with_letter(&self, letter: u32) -> Bits {
        let mut bits = [0; ROWS / 64];
        for (row, letters) in self.letters.iter().enumerate() {
            if letters & letter != 0 {
                set(&mut bits, row);
            }
        }
        bits
    }

    /// The rows with folded `needle` in a part of the text.
    pub(super) fn rows_with_text(&self, needle: &[u8], parts: Parts) -> Bits {
        let mut bits = [0; ROWS / 64];
        let (email, name) = (parts & (1 << EMAIL) != 0, parts & (1 << NAME) != 0);
        let counts = |row: usize| {
            let stands_in = (email && self.states[row] & SAME_EMAIL != 0)
                || (name && self.text.part(row, NAME).is_empty());
            parts | Parts::from(stands_in)
        };
        if parts == Parts::MAX {
            self.text
                .search(needle, |_| parts, |row| set(&mut bits, row));
        } else {
            self.text.search(needle, counts, |row| set(&mut bits, row));
        }
        bits
    }

    /// The rows with folded `needle` in a part of a shared text.
    pub(super) fn rows_with_word(&self, column: Shared, needle: &[u8], parts: Parts) -> Bits {
        let words = self.words(column);
        let mut marked = Marked::none();
        words
            .texts
            .search(needle, |_| parts, |text| marked.mark(text));
        words.rows_of(&marked)
    }

    /// The rows one of whose parts of a shared text passes.
    pub(super) fn rows_where_word(
        &self,
        column: Shared,
        parts: Parts,
        passes: impl Fn(&str) -> bool,
    ) -> Bits {
        let words = self.words(column);
        let mut marked = Marked::none();
        for text in 0..words.texts.len() {
            let mut all = words.texts.text(text).split_terminator('\n').enumerate();
            if all.any(|(n, part)| parts & (1 << n) != 0 && !part.is_empty() && passes(part)) {
                marked.mark(text);
            }
        }
        words.rows_of(&marked)
    }

    /// The rows with folded `needle` in the id.
    pub(super) fn rows_with_id(&self, needle: &[u8]) -> Bits {
        let mut bits = [0; ROWS / 64];
        for (row, id) in &self.odd_ids {
            if id
                .to_ascii_lowercase()
                .as_bytes()
                .windows(needle.len())
                .any(|part| part == needle)
            {
                set(&mut bits, usize::from(*row));
            }
        }
        if needle.len() > ID_LENGTH || !needle.iter().copied().all(is_of_id) {
            return bits;
        }
        let all = self.ids.as_flattened();
        let finder = memchr::memmem::Finder::new(needle);
        let mut from = 0;
        while let Some(hit) = all.get(from..).and_then(|rest| finder.find(rest)) {
            let hit = from + hit;
            let row = hit / ID_LENGTH;
            if hit % ID_LENGTH + needle.len() <= ID_LENGTH {
                set(&mut bits, row);
                from = (row + 1) * ID_LENGTH;
            } else {
                from = hit + 1;
            }
        }
        bits
    }
}

fn is_of_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn put<T>(column: &mut Vec<T>, row: usize, value: T) {
    match column.get_mut(row) {
        Some(place) => *place = value,
        None => column.push(value),
    }
}

/// Whole seconds fit; anything else is kept as it is.
fn packed(time: Option<Timestamp>) -> (u32, Option<Moment>) {
    let Some(time) = time else {
        return (NO_TIME, None);
    };
    let secs = u32::try_from(time.as_second()).ok();
    match secs.filter(|secs| *secs < EXACT_TIME && time.subsec_nanosecond() == 0) {
        Some(secs) => (secs, None),
        None => (EXACT_TIME, Some(time.into())),
    }
}
