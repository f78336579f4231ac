//! Rows that only moved: a terminal moves them itself when it is told by how much, which takes twenty bytes where writing them
//! again takes two thousand.
//!
//! Only rows over the whole width are moved: margins at the sides are not understood everywhere.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use ratatui::buffer::{Buffer, Cell};

use super::ink;

/// How many cells must be saved before rows are moved: telling the terminal costs about twenty bytes.
const WORTH_IT: i64 = 40;

/// How many distances are looked at closely.
const CANDIDATES: usize = 3;

/// Rows from `top` to `bottom`, both included, that move up by `by`, or down when it is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scroll {
    pub(super) top: u16,
    pub(super) bottom: u16,
    pub(super) by: i16,
}

/// The move that leaves the fewest cells to write; `None` when none is worth its bytes. Both buffers have the same size.
pub(super) fn find(front: &Buffer, back: &Buffer) -> Option<Scroll> {
    let (old, new) = (rows(front), rows(back));
    let still: Vec<i64> = old.iter().zip(&new).map(|(a, b)| differing(a, b)).collect();
    if still.iter().sum::<i64>() < WORTH_IT {
        return None;
    }
    let best = distances(&old, &new)
        .into_iter()
        .filter_map(|by| best_of(by, &old, &new, &still))
        .max_by_key(|(saved, _)| *saved)?;
    (best.0 >= WORTH_IT).then_some(best.1)
}

/// Moves the rows of a picture as the terminal does.
pub(super) fn apply(scroll: Scroll, picture: &mut Buffer) {
    let width = usize::from(picture.area.width);
    let range = usize::from(scroll.top) * width..(usize::from(scroll.bottom) + 1) * width;
    let Some(cells) = picture.content.get_mut(range) else {
        return;
    };
    let free = (usize::from(scroll.by.unsigned_abs()) * width).min(cells.len());
    if scroll.by > 0 {
        cells.rotate_left(free);
        let from = cells.len() - free;
        cells[from..].fill(Cell::EMPTY);
    } else {
        cells.rotate_right(free);
        cells[..free].fill(Cell::EMPTY);
    }
}

fn rows(picture: &Buffer) -> Vec<&[Cell]> {
    let width = usize::from(picture.area.width).max(1);
    picture.content.chunks(width).collect()
}

fn differing(a: &[Cell], b: &[Cell]) -> i64 {
    count(a.iter().zip(b).filter(|(a, b)| a != b).count())
}

fn count(cells: usize) -> i64 {
    i64::try_from(cells).unwrap_or(i64::MAX)
}

/// By how much most rows moved, the most frequent first. Rows that are blank or stand twice say nothing.
fn distances(old: &[&[Cell]], new: &[&[Cell]]) -> Vec<i16> {
    let mut places: HashMap<u64, Option<usize>> = HashMap::new();
    for (place, row) in old.iter().enumerate() {
        let twice = places.insert(mark(row), Some(place)).is_some();
        if twice {
            places.insert(mark(row), None);
        }
    }
    let mut votes: HashMap<i16, usize> = HashMap::new();
    for (place, row) in new.iter().enumerate() {
        let before = places.get(&mark(row)).copied().flatten();
        let by = before.and_then(|before| distance(before, place));
        if let Some(by) = by.filter(|by| *by != 0) {
            *votes.entry(by).or_default() += 1;
        }
    }
    let mut distances: Vec<(usize, i16)> = votes.into_iter().map(|(by, n)| (n, by)).collect();
    distances.sort_unstable_by_key(|(votes, by)| (std::cmp::Reverse(*votes), *by));
    let best = distances.into_iter().take(CANDIDATES);
    best.map(|(_, by)| by).collect()
}

fn distance(before: usize, after: usize) -> Option<i16> {
    let before = i16::try_from(before).ok()?;
    Some(before - i16::try_from(after).ok()?)
}

/// What tells a row from others: its text alone, so that a row that was under the cursor is known again.
fn mark(row: &[Cell]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in row.iter().skip(1) {
        cell.symbol().hash(&mut hasher);
    }
    hasher.finish()
}

/// The rows that are best moved by `by`, and how many cells that saves.
fn best_of(by: i16, old: &[&[Cell]], new: &[&[Cell]], still: &[i64]) -> Option<(i64, Scroll)> {
    let distance = usize::from(by.unsigned_abs());
    let moved = new.len().checked_sub(distance)?;
    // Upwards, row `i + distance` becomes row `i` and the last rows become free; downwards it is the other way round.
    let up = by > 0;
    let (from, to) = if up { (distance, 0) } else { (0, distance) };
    let gain = |i: usize| still[i + to] - differing(old[i + from], new[i + to]);
    let gains: Vec<i64> = (0..moved).map(gain).collect();
    let freed: Vec<i64> = std::iter::zip(new, still)
        .map(|(row, still)| still - unlike_blank(row))
        .collect();
    let saved = |first: usize, last: usize| {
        let free = if up { last + 1 } else { first };
        gains[first..=last].iter().sum::<i64>() + freed[free..free + distance].iter().sum::<i64>()
    };
    let worthy: Vec<usize> = (0..moved).filter(|i| gains[*i] > 0).collect();
    let pairs = worthy.iter().enumerate();
    let pairs = pairs.flat_map(|(n, first)| worthy[n..].iter().map(move |last| (*first, *last)));
    let (all, first, last) = pairs
        .map(|(first, last)| (saved(first, last), first, last))
        .max()?;
    let scroll = Scroll {
        top: u16::try_from(first).ok()?,
        bottom: u16::try_from(last + distance).ok()?,
        by,
    };
    Some((all, scroll))
}

/// How many cells a blank row needs to become this one.
fn unlike_blank(row: &[Cell]) -> i64 {
    count(row.iter().filter(|cell| !ink::is_blank(cell)).count())
}
