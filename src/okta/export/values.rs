//! The objects of a JSON list, one at a time, however the list is laid out.
//!
//! Only as much of JSON is known here as it takes to see where a value ends. A line break within a text is none that JSON allows, so the
//! object is damaged there, and the reading goes on with the next line. Whatever else is no event costs itself alone: the rest of its line
//! may be the rest of the list.

use std::io::{self, BufRead};

use memchr::{memchr, memchr_iter, memchr3};

use super::{BadLine, Exported, MAX_EVENT_BYTES, envelope};

/// The objects of a list.
pub(super) struct Values<R> {
    from: R,
    /// Line breaks that were passed.
    breaks: u64,
    /// The object that is being read.
    object: Vec<u8>,
}

/// Where in an object, or a text, the reading is.
#[derive(Default)]
struct Place {
    depth: usize,
    in_text: bool,
    escaped: bool,
}

/// How a stretch of an object ended.
#[derive(PartialEq, Eq)]
enum End {
    /// It goes on.
    Open,
    /// With its last brace, or its quote.
    Closed,
    /// Where it cannot go on.
    Damaged,
}

impl<R: BufRead> Values<R> {
    /// Those that stand after so many line breaks.
    pub(super) fn new(from: R, breaks: u64) -> Self {
        Self {
            from,
            breaks,
            object: Vec::new(),
        }
    }

    /// The line on which the reading is.
    pub(super) fn next_number(&self) -> u64 {
        self.breaks + 1
    }

    /// The next object, or what stands where one should.
    pub(super) fn next_event(&mut self) -> io::Result<Option<Exported>> {
        let Some(first) = self.pass_between()? else {
            return Ok(None);
        };
        let line = self.breaks + 1;
        let event = if first == b'{' {
            self.read_object()?
        } else {
            self.pass_other(first)?;
            Err(envelope::something_else())
        };
        let event = event.and_then(|()| envelope::open(&self.object));
        Ok(Some(Exported { line, event }))
    }

    /// Passes over what may stand between objects; gives the byte that comes after it.
    fn pass_between(&mut self) -> io::Result<Option<u8>> {
        self.pass_while(is_between)
    }

    /// Passes over what is no object. A word ends at whatever may be the next value, and not at a quote: a stray one would turn all that
    /// follows inside out.
    fn pass_other(&mut self, first: u8) -> io::Result<()> {
        if first == b'"' {
            return self.pass_rest(Place::default());
        }
        let next = self.pass_while(|byte| !is_between(byte) && byte != b'{');
        next.map(|_| ())
    }

    /// Gives the first byte that is not passed.
    fn pass_while(&mut self, passes: impl Fn(u8) -> bool) -> io::Result<Option<u8>> {
        loop {
            let chunk = self.from.fill_buf()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let end = chunk.iter().position(|&byte| !passes(byte));
            let passed = &chunk[..end.unwrap_or(chunk.len())];
            self.breaks += memchr_iter(b'\n', passed).count() as u64;
            let (used, first) = (passed.len(), end.map(|end| chunk[end]));
            self.from.consume(used);
            if first.is_some() {
                return Ok(first);
            }
        }
    }

    fn read_object(&mut self) -> io::Result<Result<(), BadLine>> {
        self.object.clear();
        let mut place = Place::default();
        loop {
            let chunk = self.from.fill_buf()?;
            if chunk.is_empty() {
                return Ok(Err(BadLine::BrokenOff));
            }
            let (used, end) = place.pass(chunk);
            let part = &chunk[..used];
            self.breaks += memchr_iter(b'\n', part).count() as u64;
            self.object.extend_from_slice(part);
            self.from.consume(used);
            match end {
                End::Closed => return Ok(Ok(())),
                End::Damaged => {
                    self.pass_line()?;
                    return Ok(Err(BadLine::BrokenOff));
                }
                End::Open if self.object.len() > MAX_EVENT_BYTES => {
                    self.pass_rest(place)?;
                    return Ok(Err(BadLine::TooLong));
                }
                End::Open => {}
            }
        }
    }

    /// Passes over the rest of an object or a text; of the line at the most, for where a brace was lost the rest is that of the file.
    fn pass_rest(&mut self, mut place: Place) -> io::Result<()> {
        loop {
            let chunk = self.from.fill_buf()?;
            let line = memchr(b'\n', chunk).unwrap_or(chunk.len());
            let (used, end) = place.pass(&chunk[..line]);
            let ended = end == End::Closed || used < chunk.len() || chunk.is_empty();
            self.from.consume(used);
            if ended {
                return Ok(());
            }
        }
    }

    fn pass_line(&mut self) -> io::Result<()> {
        loop {
            let chunk = self.from.fill_buf()?;
            let end = memchr(b'\n', chunk);
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.from.consume(used);
            if end.is_some() || used == 0 {
                self.breaks += u64::from(end.is_some());
                return Ok(());
            }
        }
    }
}

fn is_between(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']')
}

impl Place {
    /// Goes on through a chunk; gives how many bytes belong to the object, or the text, and how they end.
    fn pass(&mut self, chunk: &[u8]) -> (usize, End) {
        let mut at = 0;
        while at < chunk.len() {
            if self.in_text {
                let end = self.pass_text(&chunk[at..]);
                at += end.0;
                if end.1 == End::Damaged {
                    return (at, End::Damaged);
                }
            } else {
                match chunk[at] {
                    b'"' => self.in_text = true,
                    b'{' | b'[' => self.depth += 1,
                    b'}' | b']' => self.depth -= 1,
                    _ => {}
                }
                at += 1;
            }
            if self.depth == 0 && !self.in_text {
                return (at, End::Closed);
            }
        }
        (at, End::Open)
    }

    /// Goes on through a text, to its end at the most.
    fn pass_text(&mut self, chunk: &[u8]) -> (usize, End) {
        if self.escaped {
            self.escaped = false;
            return match chunk.first() {
                Some(b'\n') => (0, End::Damaged),
                _ => (1, End::Open),
            };
        }
        let Some(at) = memchr3(b'"', b'\\', b'\n', chunk) else {
            return (chunk.len(), End::Open);
        };
        match chunk[at] {
            // It stays, so that the line is passed with it.
            b'\n' => return (at, End::Damaged),
            b'"' => self.in_text = false,
            _ => self.escaped = true,
        }
        (at + 1, End::Open)
    }
}
