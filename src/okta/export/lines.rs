//! Lines of a file, none of which can be too long to be held.

use std::io::{self, BufRead};

use memchr::memchr;

use super::MAX_EVENT_BYTES;

/// The lines of a file, with their numbers.
pub(super) struct Lines<R> {
    from: R,
    /// How many were read.
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// The lines after the first `number`.
    pub(super) fn new(from: R, number: u64) -> Self {
        Self { from, number }
    }

    /// The number of the line that is read next.
    pub(super) fn next_number(&self) -> u64 {
        self.number + 1
    }

    /// Puts the next line, without its end, into `line`; gives its number and whether it is all there: of one that is too long the
    /// beginning is. `None` at the end.
    pub(super) fn next_line(&mut self, line: &mut Vec<u8>) -> io::Result<Option<(u64, bool)>> {
        line.clear();
        let (mut whole, mut begun) = (true, false);
        loop {
            let chunk = self.from.fill_buf()?;
            if chunk.is_empty() && !begun {
                return Ok(None);
            }
            begun = true;
            let end = memchr(b'\n', chunk);
            let text = &chunk[..end.unwrap_or(chunk.len())];
            // One more, for the half of a line end that does not count.
            let room = MAX_EVENT_BYTES + 1 - line.len();
            whole &= text.len() <= room;
            line.extend_from_slice(&text[..text.len().min(room)]);
            let (used, is_last) = (text.len(), chunk.is_empty());
            self.from.consume(used + usize::from(end.is_some()));
            if end.is_some() || is_last {
                break;
            }
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        self.number += 1;
        Ok(Some((self.number, whole && line.len() <= MAX_EVENT_BYTES)))
    }
}
