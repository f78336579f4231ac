//! What events tell of an object's fields between two readings: a status that turned twice, a name that was another's meanwhile.
//!
//! A reading says what a field is and, by a stamp of Okta's own, since when. Whatever events tell of the time between two such stamps is
//! put between the two readings, as if somebody had read then. Readings are never contradicted: where the last event tells another value,
//! the reading says when it had become what it is. What is told by a reading alone, at the moment of its stamp, stays there.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::diff::Changes;
use super::op::{Says, Telling};
use super::record::Mirrored;
use crate::domain::application::{AppStatus, Application};
use crate::domain::group::Group;
use crate::domain::id::Kind;
use crate::domain::text::SafeText;
use crate::domain::time;
use crate::domain::time::format_okta;
use crate::domain::user::{User, UserStatus};

/// A stamp and its event are of one moment; both are told by different parts of Okta.
const AROUND_STAMP: Duration = Duration::from_secs(5);
/// A reading shows at the latest now what happened so long ago: Okta's index of users lags.
const LATE_READING: Duration = Duration::from_mins(1);
/// The status of a user of whom only the log tells, as far as it does not.
const UNKNOWN: &str = "UNKNOWN";

/// A field that is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Status,
    /// The stamp of the status.
    StatusChanged,
    Name,
    /// The stamp of everything else.
    LastUpdated,
}

const OF_USERS: &[(Cell, &[&str])] = &[
    (Cell::Status, &["status"]),
    (Cell::StatusChanged, &["statusChanged"]),
    (Cell::Name, &["profile", "login"]),
    (Cell::LastUpdated, &["lastUpdated"]),
];
const OF_GROUPS: &[(Cell, &[&str])] = &[
    (Cell::Name, &["profile", "name"]),
    (Cell::LastUpdated, &["lastUpdated"]),
];
const OF_APPS: &[(Cell, &[&str])] = &[
    (Cell::Status, &["status"]),
    (Cell::Name, &["label"]),
    (Cell::LastUpdated, &["lastUpdated"]),
];

/// Where the fields of a kind of object stand in its JSON.
pub(super) fn places(kind: Kind) -> &'static [(Cell, &'static [&'static str])] {
    match kind {
        Kind::User => OF_USERS,
        Kind::Group => OF_GROUPS,
        Kind::App => OF_APPS,
    }
}

/// An object of which events tell fields.
pub(super) trait Retold: Mirrored {
    /// Gives a field the value that its JSON has.
    fn set(&mut self, cell: Cell, json: Option<&str>);
}

impl Retold for User {
    fn set(&mut self, cell: Cell, json: Option<&str>) {
        let text = text_of(json);
        match (cell, text) {
            (Cell::Status, Some(word)) => self.status = UserStatus::from_word(&word),
            (Cell::StatusChanged, at) => self.status_changed = at.and_then(|at| at.parse().ok()),
            (Cell::Name, Some(login)) => self.login = login.into(),
            (Cell::LastUpdated, at) => self.last_updated = at.and_then(|at| at.parse().ok()),
            _ => {}
        }
    }
}

impl Retold for Group {
    fn set(&mut self, cell: Cell, json: Option<&str>) {
        match (cell, text_of(json)) {
            (Cell::Name, Some(name)) => self.name = name.into(),
            (Cell::LastUpdated, at) => self.last_updated = at.and_then(|at| at.parse().ok()),
            _ => {}
        }
    }
}

impl Retold for Application {
    fn set(&mut self, cell: Cell, json: Option<&str>) {
        match (cell, text_of(json)) {
            (Cell::Status, Some(word)) => self.status = AppStatus::from_word(&word),
            (Cell::Name, Some(label)) => self.label = label.into(),
            (Cell::LastUpdated, at) => self.last_updated = at.and_then(|at| at.parse().ok()),
            _ => {}
        }
    }
}

/// The values of all [places] of an object, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cells {
    kind: Kind,
    values: Vec<Option<String>>,
}

impl Cells {
    fn of(kind: Kind, object: &Value) -> Self {
        let at = |path: &[&str]| {
            let mut found = object;
            for name in path {
                found = found.get(name)?;
            }
            Some(found.to_string())
        };
        let values = places(kind).iter().map(|(_, path)| at(path)).collect();
        Self { kind, values }
    }

    /// Every field with its place and its value.
    pub(super) fn iter(
        &self,
    ) -> impl Iterator<Item = (Cell, &'static [&'static str], Option<&str>)> {
        let places = places(self.kind).iter().zip(&self.values);
        places.map(|((cell, path), value)| (*cell, *path, value.as_deref()))
    }

    fn text(&self, cell: Cell) -> Option<String> {
        let (.., value) = self.iter().find(|(one, ..)| *one == cell)?;
        text_of(value)
    }

    fn moment(&self, cell: Cell) -> Option<Timestamp> {
        self.text(cell)?.parse().ok()
    }

    fn put(&mut self, cell: Cell, text: &str) {
        let place = places(self.kind).iter().position(|(one, _)| *one == cell);
        if let Some(value) = place.and_then(|place| self.values.get_mut(place)) {
            *value = Some(Value::from(text).to_string());
        }
    }

    /// Gives a field the value that an event tells, and its own stamp the moment.
    fn tell(&mut self, cell: Cell, value: &str, at: Timestamp) {
        self.put(cell, value);
        if cell == Cell::Status {
            self.put(Cell::StatusChanged, &format_okta(at));
        }
    }

    /// Gives the stamp of everything the moment of an event.
    fn stamp(&mut self, at: Timestamp) {
        if self.text(Cell::LastUpdated).is_some() {
            self.put(Cell::LastUpdated, &format_okta(at));
        }
    }

    /// The last moment that the stamps tell.
    fn stamped(&self) -> Option<Timestamp> {
        self.moment(Cell::StatusChanged)
            .max(self.moment(Cell::LastUpdated))
    }
}

fn text_of(json: Option<&str>) -> Option<String> {
    serde_json::from_str(json?).ok()
}

/// What is known of an object from readings, and of earlier tellings.
pub(super) struct Known<'k> {
    pub(super) kind: Kind,
    /// What changed, the oldest first.
    pub(super) steps: &'k [Changes],
    /// What the last of them led to.
    pub(super) now: &'k Value,
    /// When Okta had it first.
    pub(super) born: Timestamp,
    /// Since when Okta has it no more.
    pub(super) gone: Option<Timestamp>,
}

/// What changed, with what events tell among it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Replayed {
    /// The oldest first.
    pub(super) steps: Vec<Step>,
    /// The fields as the last of them left them.
    pub(super) last: Cells,
}

/// One change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) changes: Changes,
    /// The fields before it; `None` where they are as they were known.
    pub(super) before: Option<Cells>,
    /// Which of the known changes has all other fields as they were before; of none they are as they are now.
    pub(super) like: Option<usize>,
}

/// One stretch between two readings.
struct Gap {
    before: Cells,
    after: Cells,
    /// The change that the reading at its end found.
    step: Option<usize>,
}

impl Gap {
    /// When the change at its end happened by the object's own stamps.
    fn happened(&self, known: &Known<'_>) -> Option<Timestamp> {
        let seen = known.steps[self.step?].at();
        let stamped = self
            .after
            .stamped()
            .filter(|_| self.after.stamped() > self.before.stamped());
        Some(stamped.map_or(seen, |stamped| stamped.min(seen)))
    }
}

/// What an event makes of one field.
struct Turned<'t> {
    telling: &'t Telling,
    cell: Cell,
    value: String,
}

/// Puts what events tell since `from` among the changes of an object; all that they told before of that time is told anew. `None` where
/// the readings cannot be compared with it.
pub(super) fn replayed(known: &Known<'_>, told: &[Telling], from: Timestamp) -> Option<Replayed> {
    let states = states(known)?;
    let mut gaps = gaps(known, &states, from);
    let first = gaps.first_mut()?;
    let mut tracks =
        [Cell::Status, Cell::Name].map(|cell| Track::of(cell, told, &first.before, known));
    let mut steps = Vec::new();
    if from <= known.born {
        since_birth(&mut steps, known.born, &tracks, first);
    }
    for track in &mut tracks {
        if let Some(began) = track.begin_by_log(&first.before, known.born) {
            first.before.put(track.cell, &began);
        }
    }
    let mut last = first.before.clone();
    for gap in &gaps {
        let turned = tracks.iter_mut().flat_map(|track| track.over(gap, known));
        let turned = without_that_of_reading(turned.collect(), gap, known);
        last = put_all(
            &mut steps,
            gap.before.clone(),
            turned,
            gap.step,
            gap.step.is_some(),
        );
        if let Some(step) = gap.step {
            steps.push(found_by_reading(known, step, last, gap, &states[step]));
            last = gap.after.clone();
        }
    }
    Some(Replayed { steps, last })
}

/// All but the one event that the reading itself tells by its stamp, as the last of its field.
fn without_that_of_reading<'t>(
    mut turned: Vec<Turned<'t>>,
    gap: &Gap,
    known: &Known<'_>,
) -> Vec<Turned<'t>> {
    let Some(happened) = gap.happened(known) else {
        return turned;
    };
    let is_last = |one: &Turned<'_>| {
        let mut of_cell = turned.iter().filter(|other| other.cell == one.cell);
        of_cell
            .next_back()
            .is_some_and(|last| last.telling.event == one.telling.event)
            && gap.after.text(one.cell).as_ref() == Some(&one.value)
    };
    let near = turned
        .iter()
        .enumerate()
        .filter(|(_, one)| is_last(one) && apart(one.telling.at, happened) <= AROUND_STAMP);
    let nearest = near.min_by_key(|(_, one)| apart(one.telling.at, happened));
    if let Some((place, _)) = nearest {
        turned.remove(place);
    }
    turned
}

/// The fields before each change, and behind the last.
fn states(known: &Known<'_>) -> Option<Vec<Cells>> {
    let mut state = Cells::of(known.kind, known.now);
    let mut all = vec![state.clone()];
    for step in known.steps.iter().rev() {
        for ((_, path), value) in places(known.kind).iter().zip(&mut state.values) {
            if step.is_part_of_larger(path) {
                return None;
            }
            step.undo_field(path, value);
        }
        all.push(state.clone());
    }
    all.reverse();
    Some(all)
}

/// The stretches between readings; the last one has no reading at its end.
fn gaps(known: &Known<'_>, states: &[Cells], from: Timestamp) -> Vec<Gap> {
    let mut gaps = Vec::new();
    // The first of what was told since the last reading.
    let mut told = None;
    for (number, step) in known.steps.iter().enumerate() {
        if step.evidence().is_some() && step.at() >= from {
            told.get_or_insert(number);
            continue;
        }
        gaps.push(Gap {
            before: states[told.take().unwrap_or(number)].clone(),
            after: states[number + 1].clone(),
            step: Some(number),
        });
    }
    let end = known.steps.len();
    // What Okta still has is as it was read last.
    let before = told.filter(|_| known.gone.is_some()).unwrap_or(end);
    gaps.push(Gap {
        before: states[before].clone(),
        after: states[end].clone(),
        step: None,
    });
    gaps
}

/// All that events tell of one field.
struct Track<'t> {
    cell: Cell,
    password: Password,
    tellings: Vec<&'t Telling>,
    /// How many of them were so by the last reading.
    passed: usize,
}

impl<'t> Track<'t> {
    fn of(cell: Cell, told: &'t [Telling], first: &Cells, known: &Known<'_>) -> Self {
        let of_cell = |one: &&Telling| match one.says {
            Says::Status { .. } => cell == Cell::Status,
            Says::Name(_) => cell == Cell::Name,
        };
        let mut track = Self {
            cell,
            password: Password::of(known.now),
            tellings: told.iter().filter(of_cell).collect(),
            passed: 0,
        };
        track.passed = track.included(first, known.born);
        track
    }

    /// What the first events tell the status of somebody to have been whom no reading saw; `None` for everybody else.
    fn begin_by_log(&mut self, first: &Cells, born: Timestamp) -> Option<String> {
        let status = first.text(Cell::Status)?;
        if self.cell != Cell::Status || status != UNKNOWN {
            return None;
        }
        self.passed = making(&self.tellings, born);
        let mut began = status;
        for place in 0..self.passed {
            let next = self.after(&self.tellings, place, &began, None);
            began = next.unwrap_or(began);
        }
        Some(began)
    }

    /// How many of the tellings were so by the time that a reading tells of, which was at `seen` if it has no stamp.
    fn included(&self, read: &Cells, seen: Timestamp) -> usize {
        // Only users say when their status changed and nothing else did.
        let of_status = read
            .moment(Cell::StatusChanged)
            .filter(|_| self.cell == Cell::Status);
        let stamp = of_status
            .or_else(|| read.moment(Cell::LastUpdated))
            .unwrap_or(seen);
        let value = read.text(self.cell);
        let all = self.tellings.iter().enumerate().rev();
        let near = all.filter(|(_, one)| {
            let is_said = value.as_deref().is_some_and(|it| one.says.may_be(it));
            is_said && apart(one.at, stamp) <= AROUND_STAMP
        });
        let nearest = near.min_by_key(|(_, one)| apart(one.at, stamp));
        let count = nearest.map(|(place, _)| place + 1);
        let count = count.unwrap_or_else(|| self.tellings.partition_point(|one| one.at <= stamp));
        count.max(self.passed)
    }

    /// What events made of the field in a gap.
    fn over(&mut self, gap: &Gap, known: &Known<'_>) -> Vec<Turned<'t>> {
        let until = match (gap.step, known.gone) {
            (Some(step), _) => self.included(&gap.after, known.steps[step].at()),
            (None, Some(gone)) => self.tellings.partition_point(|one| one.at <= gone),
            // What is read soon is not told before.
            (None, None) => self.passed,
        };
        let until = until.max(self.passed);
        let here = &self.tellings[self.passed..until];
        let refuted = gap
            .step
            .map_or(0, |step| self.before_reading(known.steps[step].at()));
        self.passed = until.max(refuted);
        let read = gap.after.text(self.cell);
        self.turns(here, &gap.before, read.as_deref())
    }

    /// How many of the tellings a reading at `seen` would show, unless they did not do what they usually do.
    fn before_reading(&self, seen: Timestamp) -> usize {
        let soonest = time::before(seen, LATE_READING);
        self.tellings.partition_point(|one| one.at < soonest)
    }

    /// What some events make of the field, which was `before`; `read` is what a reading found behind them.
    fn turns(
        &self,
        tellings: &[&'t Telling],
        before: &Cells,
        read: Option<&str>,
    ) -> Vec<Turned<'t>> {
        let Some(mut value) = before.text(self.cell) else {
            return Vec::new();
        };
        let mut turned = Vec::new();
        for (place, telling) in tellings.iter().enumerate() {
            let read = read.filter(|_| place + 1 == tellings.len());
            let next = self.after(tellings, place, &value, read);
            let Some(next) = next.filter(|next| *next != value) else {
                continue;
            };
            value.clone_from(&next);
            turned.push(Turned {
                telling,
                cell: self.cell,
                value: next,
            });
        }
        turned
    }

    /// What the field is after the event at a place, where it was `before`; `read` is what a reading found then. Who is activated has to choose
    /// a password first if there is none: where neither a reading nor what came next tells which, nobody knows.
    fn after(
        &self,
        tellings: &[&Telling],
        place: usize,
        before: &str,
        read: Option<&str>,
    ) -> Option<String> {
        let telling = tellings[place];
        let next = telling.says.after(before, read)?;
        let Says::Status {
            to, or: Some(or), ..
        } = &telling.says
        else {
            return Some(next);
        };
        if read.is_some_and(|read| read == *to || read == *or) {
            return Some(next);
        }
        let follower = tellings.get(place + 1).map(|one| &one.says);
        let is_of_active = |says: &&Says| says.may_be("SUSPENDED") || says.may_be("LOCKED_OUT");
        let known = match follower.filter(is_of_active) {
            Some(_) => *to,
            None => match self.password.at(telling.at) {
                Some(true) => to,
                Some(false) => or,
                None => UNKNOWN,
            },
        };
        Some(known.to_owned())
    }

    /// What the field was when the object was made, and what it turned into before the first reading; `None` unless the one is told and
    /// the others lead to what was read.
    fn at_first(&self, born: Timestamp, read: &Cells) -> Option<(String, Vec<Turned<'t>>)> {
        let early = &self.tellings[..self.passed];
        let early = &early[early.partition_point(|one| one.at < born)..];
        let (making, later) = early.split_at(making(early, born));
        let made = self.after(early, making.len().checked_sub(1)?, "", None)?;
        let mut began = read.clone();
        began.put(self.cell, &made);
        let value = read.text(self.cell);
        let turned = self.turns(later, &began, value.as_deref());
        let leads_to = turned.last().map(|last| &last.value);
        (leads_to.is_some() && leads_to == value.as_ref()).then_some((made, turned))
    }
}

/// How many of the first events belong to the making: a user may be activated in the same request.
fn making(tellings: &[&Telling], born: Timestamp) -> usize {
    let is_making = |one: &&&Telling| {
        one.at <= time::after(born, AROUND_STAMP)
            && match &one.says {
                Says::Status { to, or, .. } => *to == "STAGED" || or.is_some(),
                Says::Name(_) => true,
            }
    };
    tellings.iter().take_while(is_making).count()
}

/// Whether a user has a password, as the last reading tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Password {
    /// Okta tells it of every user, but this is none, or nobody read it.
    Untold { is_of_log: bool },
    /// None that Okta knows, and nobody else who would: it was never chosen.
    None,
    /// Somebody else keeps it.
    Elsewhere,
    /// It was chosen then for the last time.
    Since(Timestamp),
}

impl Password {
    fn of(now: &Value) -> Self {
        let provider = now.pointer("/credentials/provider/type");
        let is_oktas = provider.is_none_or(|provider| provider == "OKTA");
        match now.get("passwordChanged") {
            Some(Value::String(at)) => at
                .parse()
                .map_or(Self::Untold { is_of_log: false }, Self::Since),
            Some(_) if is_oktas => Self::None,
            Some(_) => Self::Elsewhere,
            None => Self::Untold {
                is_of_log: now.get("lastUpdated").is_none(),
            },
        }
    }

    /// Whether there was one at a moment; `None` when that is not known.
    fn at(self, at: Timestamp) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Elsewhere | Self::Untold { is_of_log: false } => Some(true),
            Self::Untold { is_of_log: true } => None,
            // The last one says nothing of those before.
            Self::Since(since) => (since <= time::after(at, AROUND_STAMP)).then_some(true),
        }
    }
}

fn apart(one: Timestamp, other: Timestamp) -> Duration {
    one.duration_since(other).unsigned_abs()
}

/// Whether a name that was read is the one that an event tells: what must not be shown as it is stands escaped in events.
fn is_called(read: &str, told: &SafeText) -> bool {
    SafeText::new(read) == *told
}

impl Says {
    fn may_be(&self, value: &str) -> bool {
        match self {
            Self::Status { to, or, .. } => *to == value || *or == Some(value),
            Self::Name(name) => is_called(value, name),
        }
    }

    /// What a field is after the event, where it was `before`; `read` is what a reading found then.
    fn after(&self, before: &str, read: Option<&str>) -> Option<String> {
        match self {
            Self::Name(name) => {
                let mut as_read = [Some(before), read].into_iter().flatten();
                let same = as_read.find(|value| is_called(value, name));
                Some(same.unwrap_or(name).to_owned())
            }
            Self::Status { to, or, only_from } => {
                let or = or.filter(|or| read == Some(*or));
                let fits = only_from.is_empty() || only_from.contains(&before) || before == UNKNOWN;
                fits.then(|| or.unwrap_or(to).to_owned())
            }
        }
    }
}

/// Adds what was so between the making of the object and its first reading.
fn since_birth(steps: &mut Vec<Step>, born: Timestamp, tracks: &[Track<'_>], first: &Gap) {
    let mut began = first.before.clone();
    began.stamp(born);
    let mut turned = Vec::new();
    for track in tracks {
        if let Some((made, turns)) = track.at_first(born, &first.before) {
            began.tell(track.cell, &made, born);
            turned.extend(turns);
        }
    }
    put_all(steps, began, turned, first.step, true);
}

/// Adds what events made of fields, one after the other; what they are then. Where nothing is read later, the stamp of everything stays
/// as it was read: it says which reading is the newest.
fn put_all(
    steps: &mut Vec<Step>,
    mut last: Cells,
    mut turned: Vec<Turned<'_>>,
    like: Option<usize>,
    is_read_later: bool,
) -> Cells {
    turned.sort_by_key(|one| one.telling.at);
    for Turned {
        telling,
        cell,
        value,
    } in turned
    {
        let before = last.clone();
        last.tell(cell, &value, telling.at);
        if is_read_later {
            last.stamp(telling.at);
        }
        let mut changes = Changes::told(telling.at, telling.event);
        changes.put(&before, &last);
        steps.push(Step {
            changes,
            before: Some(before),
            like,
        });
    }
    last
}

/// What a reading found that came after what events told. It stays where that was all, too: without it nobody would know that events told of
/// the time before a reading.
fn found_by_reading(
    known: &Known<'_>,
    step: usize,
    before: Cells,
    gap: &Gap,
    as_known: &Cells,
) -> Step {
    let mut changes = known.steps[step].clone();
    changes.put(&before, &gap.after);
    let is_as_known = before == *as_known;
    Step {
        changes,
        before: (!is_as_known).then_some(before),
        like: Some(step),
    }
}

impl Changes {
    fn put(&mut self, before: &Cells, after: &Cells) {
        for ((_, path, before), (.., after)) in before.iter().zip(after.iter()) {
            self.put_field(path, before, after);
        }
    }
}

#[cfg(test)]
mod tests;
