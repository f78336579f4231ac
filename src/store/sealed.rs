//! A file whose every page is sealed with a checksum, so that what was damaged on the disk is an error and never a wrong answer.
//!
//! redb keeps checksums of its pages but compares them only when it repairs a file: a bit that turns over in a leaf would be told as
//! if Okta had said so. Here a page is compared whenever it is read. Before every 1,020 pages of redb's lies one page of seals, a
//! CRC-32 for each, in which the page's number counts, so that a page in another's place is noticed, too.
//!
//! Nothing here is more atomic than what redb asks for: a page that a committed root leads to was synced together with its seal, and
//! redb reads no other. Only its header is overwritten in place, so that one has its seal within its own sector of 512 bytes.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use super::medium::Blob;

const PAGE: u64 = 4_096;
const PAGE_BYTES: usize = 4_096;
/// What a page of seals begins with; its number follows.
const MAGIC: [u8; 8] = *b"OKTOPSL1";
/// Where in a page of seals the first one is.
const FIRST_SEAL: usize = 16;
/// Pages under one page of seals.
const PAGES: u64 = (PAGE - FIRST_SEAL as u64) / 4;
/// What redb's header is written with, at once.
const SECTOR: usize = 512;
/// Where in its sector the seal of redb's header is; redb's own part ends at 320.
const HEADER_SEAL: usize = SECTOR - 4;
/// Pages of seals kept in memory, 4 KiB each: those of 4 GiB.
const KEPT: usize = 1_024;

/// A sealed file, as redb wants it.
#[derive(Debug)]
pub struct Sealed {
    blob: Box<dyn Blob>,
    /// By number, the pages of seals used lately.
    seals: Mutex<HashMap<u64, Seals>>,
}

/// A file that was never sealed, as redb wrote it.
#[derive(Debug)]
pub(super) struct Bare(pub(super) Arc<dyn Blob>);

impl StorageBackend for Bare {
    fn len(&self) -> io::Result<u64> {
        self.0.size_bytes()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.0.set_size_bytes(bytes)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

/// One page of seals.
#[derive(Debug)]
struct Seals {
    bytes: Box<[u8]>,
    /// Whether it differs from what is in the file.
    changed: bool,
}

impl Sealed {
    /// A file that is empty, or was sealed before.
    pub fn new(blob: Box<dyn Blob>) -> Self {
        Self {
            blob,
            seals: Mutex::default(),
        }
    }

    /// Whether `blob` is a file of redb's that was never sealed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_bare(blob: &dyn Blob) -> io::Result<bool> {
        let mut start = [0; 5];
        Ok(blob.size_bytes()? >= PAGE && {
            blob.read(0, &mut start)?;
            start == *b"redb\x1a"
        })
    }

    /// Takes in everything that a bare file holds.
    ///
    /// # Errors
    /// When one of the two fails.
    pub fn copy_bare(&self, bare: &dyn Blob) -> io::Result<()> {
        let size = bare.size_bytes()?;
        self.set_len(size)?;
        let mut page = vec![0; PAGE_BYTES];
        bare.read(0, &mut page[..HEADER_SEAL])?;
        self.write_header(0, &page[..HEADER_SEAL])?;
        for number in 1..size / PAGE {
            bare.read(number * PAGE, &mut page)?;
            self.write(number * PAGE, &page)?;
        }
        self.sync_data()
    }

    fn seals(&self) -> MutexGuard<'_, HashMap<u64, Seals>> {
        self.seals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The page of seals with that number, read when it is not in memory.
    fn load<'a>(
        &self,
        seals: &'a mut HashMap<u64, Seals>,
        number: u64,
    ) -> io::Result<&'a mut Seals> {
        if !seals.contains_key(&number) {
            if seals.len() >= KEPT {
                seals.retain(|_, kept| kept.changed);
            }
            seals.insert(number, self.read_seals(number)?);
        }
        Ok(seals.get_mut(&number).expect("it was put there above"))
    }

    fn read_seals(&self, number: u64) -> io::Result<Seals> {
        let mut bytes = vec![0; PAGE_BYTES].into_boxed_slice();
        self.blob.read(seals_at(number), &mut bytes)?;
        let changed = bytes.iter().all(|byte| *byte == 0);
        if changed {
            bytes[..8].copy_from_slice(&MAGIC);
            bytes[8..FIRST_SEAL].copy_from_slice(&number.to_le_bytes());
        } else if bytes[..8] != MAGIC || bytes[8..FIRST_SEAL] != number.to_le_bytes() {
            return Err(damaged(format!("the checksums of part {number} are gone")));
        }
        Ok(Seals { bytes, changed })
    }

    fn seal(&self, seals: &mut HashMap<u64, Seals>, page: u64, seal: u32) -> io::Result<()> {
        let group = self.load(seals, page / PAGES)?;
        group.bytes[seal_in_group(page)].copy_from_slice(&seal.to_le_bytes());
        group.changed = true;
        Ok(())
    }

    /// Whole pages that lie next to each other in the file.
    fn read_run(&self, first: u64, out: &mut [u8]) -> io::Result<()> {
        self.blob.read(page_at(first), out)?;
        let mut seals = self.seals();
        for (page, bytes) in (first..).zip(out.chunks(PAGE_BYTES)) {
            let group = self.load(&mut seals, page / PAGES)?;
            if group.bytes[seal_in_group(page)] != seal_of(page, bytes).to_le_bytes() {
                return Err(damaged(format!("page {page} does not fit its checksum")));
            }
        }
        Ok(())
    }

    fn write_run(&self, first: u64, data: &[u8]) -> io::Result<()> {
        let mut seals = self.seals();
        for (page, bytes) in (first..).zip(data.chunks(PAGE_BYTES)) {
            self.seal(&mut seals, page, seal_of(page, bytes))?;
        }
        drop(seals);
        self.blob.write(page_at(first), data)
    }

    fn read_header(&self, range: Range<usize>, out: &mut [u8]) -> io::Result<()> {
        if range.end > HEADER_SEAL {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let sector = self.header()?;
        out.copy_from_slice(&sector[range]);
        Ok(())
    }

    fn header(&self) -> io::Result<[u8; SECTOR]> {
        let mut sector = [0; SECTOR];
        self.blob.read(page_at(0), &mut sector)?;
        let is_new = sector == [0; SECTOR];
        if !is_new && sector[HEADER_SEAL..] != seal_of(0, &sector[..HEADER_SEAL]).to_le_bytes() {
            return Err(damaged("the header does not fit its checksum".to_owned()));
        }
        Ok(sector)
    }

    fn write_header(&self, offset: usize, data: &[u8]) -> io::Result<()> {
        let end = offset + data.len();
        if end > HEADER_SEAL {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut sector = self.header()?;
        sector[offset..end].copy_from_slice(data);
        let seal = seal_of(0, &sector[..HEADER_SEAL]);
        sector[HEADER_SEAL..].copy_from_slice(&seal.to_le_bytes());
        self.blob.write(page_at(0), &sector)
    }
}

impl StorageBackend for Sealed {
    fn len(&self) -> io::Result<u64> {
        Ok(logical_size(self.blob.size_bytes()?))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        for part in parts(offset, out.len()) {
            let out = &mut out[part.within.clone()];
            match part.kind {
                PartKind::Header(range) => self.read_header(range, out)?,
                PartKind::Run => self.read_run(part.page, out)?,
                PartKind::Piece(range) => {
                    let mut page = vec![0; PAGE_BYTES];
                    self.read_run(part.page, &mut page)?;
                    out.copy_from_slice(&page[range]);
                }
            }
        }
        Ok(())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let before = self.blob.size_bytes()?;
        self.blob.set_size_bytes(physical_size(bytes))?;
        if before == 0 {
            return Ok(());
        }
        // What is new is empty, whatever was there before the file was cut off.
        let (old, new) = (logical_size(before) / PAGE, bytes / PAGE);
        let mut seals = self.seals();
        if old < new && old % PAGES != 0 {
            let end = new.min((old / PAGES + 1) * PAGES);
            for page in old..end {
                self.seal(&mut seals, page, 0)?;
            }
        }
        let groups = new.div_ceil(PAGES);
        seals.retain(|group, _| *group < groups);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut seals = self.seals();
        for (number, group) in seals.iter_mut().filter(|(_, group)| group.changed) {
            self.blob.write(seals_at(*number), &group.bytes)?;
            group.changed = false;
        }
        drop(seals);
        self.blob.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        for part in parts(offset, data.len()) {
            let data = &data[part.within.clone()];
            match part.kind {
                PartKind::Header(range) => self.write_header(range.start, data)?,
                PartKind::Run => self.write_run(part.page, data)?,
                PartKind::Piece(range) => {
                    let mut page = vec![0; PAGE_BYTES];
                    self.read_run(part.page, &mut page)?;
                    page[range].copy_from_slice(data);
                    self.write_run(part.page, &page)?;
                }
            }
        }
        Ok(())
    }
}

/// A part of a read or a write that can be done at once.
struct Part {
    /// Where in the caller's bytes it is.
    within: Range<usize>,
    /// The (first) page.
    page: u64,
    kind: PartKind,
}

enum PartKind {
    /// Within redb's header.
    Header(Range<usize>),
    /// Whole pages under one page of seals.
    Run,
    /// A piece of one page.
    Piece(Range<usize>),
}

fn parts(offset: u64, length: usize) -> impl Iterator<Item = Part> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let left = length - done;
        if left == 0 {
            return None;
        }
        let at = offset + done as u64;
        let page = at / PAGE;
        let start = usize::try_from(at % PAGE).unwrap_or(0);
        let to_page_end = (PAGE_BYTES - start).min(left);
        let (kind, taken) = if page == 0 {
            (PartKind::Header(start..start + to_page_end), to_page_end)
        } else if start != 0 || left < PAGE_BYTES {
            (PartKind::Piece(start..start + to_page_end), to_page_end)
        } else {
            let pages = usize::try_from(PAGES - page % PAGES).unwrap_or(usize::MAX);
            (PartKind::Run, pages.min(left / PAGE_BYTES) * PAGE_BYTES)
        };
        let within = done..done + taken;
        done += taken;
        Some(Part { within, page, kind })
    })
}

/// Zero is the seal of what was never written, and of nothing else.
fn seal_of(page: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&page.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize().max(1)
}

fn seal_in_group(page: u64) -> Range<usize> {
    let start = FIRST_SEAL + usize::try_from(page % PAGES).unwrap_or(0) * 4;
    start..start + 4
}

/// Where a page of seals lies in the file.
fn seals_at(number: u64) -> u64 {
    number * (PAGES + 1) * PAGE
}

/// Where one of redb's pages lies in the file.
fn page_at(page: u64) -> u64 {
    (page + page / PAGES + 1) * PAGE
}

fn physical_size(logical: u64) -> u64 {
    logical + logical.div_ceil(PAGES * PAGE) * PAGE
}

fn logical_size(physical: u64) -> u64 {
    let groups = physical.div_ceil((PAGES + 1) * PAGE);
    physical.saturating_sub(groups * PAGE)
}

fn damaged(words: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::medium::{Disk, Medium as _};

    fn sealed(dir: &tempfile::TempDir) -> Sealed {
        let path = dir.path().join("x");
        let blob = Disk.open(&path).unwrap();
        Sealed::new(blob.unwrap_or_else(|| Disk.create(&path).unwrap()))
    }

    fn page(number: u64) -> Vec<u8> {
        number.to_le_bytes().repeat(PAGE_BYTES / 8)
    }

    #[test]
    fn sizes_there_and_back_are_the_same() {
        for pages in [0, 1, 2, 1_019, 1_020, 1_021, 2_040, 2_041, 100_000] {
            let logical = pages * PAGE;
            assert_eq!(logical_size(physical_size(logical)), logical, "{pages}");
        }
        // Cut off within a page, or within a page of seals.
        assert_eq!(logical_size(PAGE + 100), 100);
        assert_eq!(logical_size(100), 0);
    }

    #[test]
    fn what_was_written_is_read_across_the_pages_of_seals() {
        let temp = tempfile::tempdir().unwrap();
        let file = sealed(&temp);
        file.set_len(3_000 * PAGE).unwrap();
        file.write(0, b"header").unwrap();
        let pages: Vec<u8> = (1_000..2_100).flat_map(page).collect();
        file.write(1_000 * PAGE, &pages).unwrap();
        file.write(1_010 * PAGE + 10, b"inside").unwrap();
        file.sync_data().unwrap();
        drop(file);
        let file = sealed(&temp);
        assert_eq!(file.len().unwrap(), 3_000 * PAGE);
        let mut out = vec![0; pages.len()];
        file.read(1_000 * PAGE, &mut out).unwrap();
        assert_eq!(out[10 * PAGE_BYTES + 10..][..6], *b"inside");
        assert_eq!(out[11 * PAGE_BYTES..], pages[11 * PAGE_BYTES..]);
        let mut header = [0; 6];
        file.read(0, &mut header).unwrap();
        assert_eq!(header, *b"header");
        // Never written: nothing that redb would ask for.
        assert!(file.read(5 * PAGE, &mut page(0)).is_err());
    }

    #[test]
    fn what_was_changed_moved_or_cut_off_is_noticed() {
        let temp = tempfile::tempdir().unwrap();
        let file = sealed(&temp);
        file.set_len(10 * PAGE).unwrap();
        file.write(0, b"header").unwrap();
        for number in 1..10 {
            file.write(number * PAGE, &page(7)).unwrap();
        }
        file.sync_data().unwrap();
        drop(file);
        let path = temp.path().join("x");
        let whole = std::fs::read(&path).unwrap();
        let read = |bytes: &[u8], offset: u64, length: usize| {
            std::fs::write(&path, bytes).unwrap();
            sealed(&temp).read(offset, &mut vec![0; length])
        };
        let at = |page: u64| usize::try_from(page_at(page)).unwrap();
        assert!(read(&whole, 3 * PAGE, PAGE_BYTES).is_ok());
        let mut flipped = whole.clone();
        flipped[at(3) + 99] ^= 1;
        assert!(read(&flipped, 3 * PAGE, PAGE_BYTES).is_err());
        assert!(read(&flipped, 4 * PAGE, PAGE_BYTES).is_ok());
        let mut header = whole.clone();
        header[at(0) + 2] ^= 1;
        assert!(read(&header, 0, 6).is_err());
        // Every page holds the same, and still none can stand for another.
        let mut seals = whole.clone();
        seals.copy_within(FIRST_SEAL + 12..FIRST_SEAL + 16, FIRST_SEAL + 16);
        assert!(read(&seals, 4 * PAGE, PAGE_BYTES).is_err());
        let mut zeroed = whole.clone();
        zeroed[..at(4)].fill(0);
        assert!(read(&zeroed, 3 * PAGE, PAGE_BYTES).is_err());
        assert!(read(&whole[..at(9) + 5], 9 * PAGE, PAGE_BYTES).is_err());
    }

    #[test]
    fn what_was_cut_off_does_not_come_back() {
        let temp = tempfile::tempdir().unwrap();
        let file = sealed(&temp);
        file.set_len(1_030 * PAGE).unwrap();
        file.write(1_029 * PAGE, &page(1)).unwrap();
        file.write(500 * PAGE, &page(1)).unwrap();
        file.sync_data().unwrap();
        file.set_len(400 * PAGE).unwrap();
        file.set_len(1_030 * PAGE).unwrap();
        for number in [500, 1_029] {
            assert!(file.read(number * PAGE, &mut page(0)).is_err());
            file.write(number * PAGE, &page(2)).unwrap();
            let mut out = page(0);
            file.read(number * PAGE, &mut out).unwrap();
            assert_eq!(out, page(2));
        }
    }
}
