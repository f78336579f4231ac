//! The objects of a JSON list, one at a time, however the list is laid out.
//!
//! Only as much of JSON is known here as it takes to see where an object ends. A line break within a text is none that JSON allows, so the
//! object is damaged there, and the reading goes on with the next line.

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

/// Where in an object the reading is.
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
    /// With its last brace.
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

    /// The next object, or what stands where one should.
    pub(super) fn next_event(&mut self) -> io::Result<Option<Exported>> {
        let Some(first) = self.pass_between()? else {
            return Ok(None);
        };
        let line = self.breaks + 1;
        let event = if first == b'{' {
            self.read_object()?
        } else {
            Err(envelope::something_else())
        };
        if event.is_err() {
            self.pass_line()?;
        }
        let event = event.and_then(|()| envelope::open(&self.object));
        Ok(Some(Exported { line, event }))
    }

    /// Passes over what may stand between objects; gives the byte that comes after it.
    fn pass_between(&mut self) -> io::Result<Option<u8>> {
        loop {
            let chunk = self.from.fill_buf()?;
            if chunk.is_empty() {
                return Ok(None);
            }
            let between =
                |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']');
            let end = chunk.iter().position(|byte| !between(byte));
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
                End::Damaged => return Ok(Err(BadLine::BrokenOff)),
                End::Open if self.object.len() > MAX_EVENT_BYTES => {
                    return Ok(Err(BadLine::TooLong));
                }
                End::Open => {}
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

impl Place {
    /// Goes on through a chunk; gives how many bytes belong to the object, and how they end.
    fn pass(&mut self, chunk: &[u8]) -> (usize, End) {
        let mut at = 0;
        while at < chunk.len() {
            if self.in_text {
                let end = self.pass_text(&chunk[at..]);
                at += end.0;
                if end.1 == End::Damaged {
                    return (at, End::Damaged);
                }
                continue;
            }
            match chunk[at] {
                b'"' => self.in_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth -= 1,
                _ => {}
            }
            at += 1;
            if self.depth == 0 {
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
