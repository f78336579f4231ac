//! A file whose every page is sealed, so that what was damaged on the disk is an error and never a wrong answer, and, when there is a
//! key for it, so that nobody else can read it.
//!
//! redb keeps checksums of its pages but compares them only when it repairs a file: a bit that turns over in a leaf would be told as
//! if Okta had said so. Here a page is compared whenever it is read. Before every 1,020 pages of redb's lies one page of seals, a
//! CRC-32 for each, in which the page's number counts, so that a page in another's place is noticed, too. In an enciphered file it is
//! before every 102 pages, and a seal is what the page was enciphered with ([`Cipher`]); because all of redb's file goes through here,
//! keys and indexes are covered as well as values.
//!
//! Nothing here is more atomic than what redb asks for: a page that a committed root leads to was synced together with its seal, and
//! redb reads no other. Only its header is overwritten in place, so that one has its seal within its own sector of 512 bytes.

mod cipher;
mod layout;

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use super::key::StoreKey;
use super::medium::Blob;
use layout::{FIRST_SEAL, Layout, PAGE, PAGE_BYTES, PartKind, SECTOR};

pub(super) use cipher::MAGIC as LEAD_MAGIC;
pub use cipher::{Cipher, Lead};

/// What a page of seals begins with; its number follows.
const MAGIC: [u8; 8] = *b"OKTOPSL1";
/// A checksum for each page.
const SUMMED: Layout = Layout::new(0, 4);
/// Behind the page that says how it is enciphered.
const ENCIPHERED: Layout = Layout::new(1, cipher::SEAL_BYTES);
/// Pages of seals kept in memory, 4 KiB each: those of 4 GiB, or of 400 MiB that are enciphered.
const KEPT: usize = 1_024;
/// Groups of pages that are copied between two syncs, so that their seals need not all be kept.
const COPIED: u64 = 512;

/// A sealed file, as redb wants it.
#[derive(Debug)]
pub struct Sealed {
    blob: Box<dyn Blob>,
    layout: Layout,
    /// `None` when pages are only summed.
    cipher: Option<Cipher>,
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

/// What a file is found to be.
#[derive(Debug)]
pub(super) enum Found {
    /// redb's own, never sealed.
    Bare,
    /// Sealed with checksums; or nothing of ours, which opening it tells.
    Summed,
    /// Enciphered.
    Enciphered(Lead),
}

impl Found {
    /// Looks at how a file begins.
    pub(super) fn of(blob: &dyn Blob) -> io::Result<Self> {
        if Sealed::is_bare(blob)? {
            return Ok(Self::Bare);
        }
        Ok(Lead::of(blob)?.map_or(Self::Summed, Self::Enciphered))
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
    /// A file that is empty, or was sealed with checksums before.
    pub fn new(blob: Box<dyn Blob>) -> Self {
        Self {
            blob,
            layout: SUMMED,
            cipher: None,
            seals: Mutex::default(),
        }
    }

    /// A file that is enciphered.
    pub(super) fn enciphered(blob: Box<dyn Blob>, cipher: Cipher) -> Self {
        Self {
            layout: ENCIPHERED,
            cipher: Some(cipher),
            ..Self::new(blob)
        }
    }

    /// A new file, enciphered when there is a key for it. `blob` is empty.
    ///
    /// # Errors
    /// When its first page cannot be written.
    pub(super) fn make(blob: Box<dyn Blob>, key: Option<&StoreKey>) -> io::Result<Self> {
        let cipher = key.map(|key| Cipher::make(&*blob, key)).transpose()?;
        Ok(match cipher {
            Some(cipher) => Self::enciphered(blob, cipher),
            None => Self::new(blob),
        })
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

    /// How long the file is on its medium.
    pub(super) fn physical_bytes(&self) -> io::Result<u64> {
        self.blob.size_bytes()
    }

    /// Takes in everything that a bare file holds.
    ///
    /// # Errors
    /// When one of the two fails.
    pub(super) fn copy_bare(&self, bare: &dyn Blob) -> io::Result<()> {
        self.copy(bare.size_bytes()?, |number, page| {
            bare.read(number * PAGE, page).map(|()| true)
        })
    }

    /// Takes in every page of another file that is as it was sealed. One that was never written, or was when the power failed, stays
    /// one that cannot be read: nothing leads to it, and should anything lead to it after all, it is damaged there as here.
    ///
    /// # Errors
    /// When one of the two fails, or the other's header or checksums are damaged.
    pub(super) fn copy_sealed(&self, other: &Self) -> io::Result<()> {
        self.copy(other.len()?, |number, page| {
            if number == 0 {
                return other.read(0, page).map(|()| true);
            }
            // What is damaged stays behind, a page or all that a page of seals is for: whoever asks for it is told, as before.
            let read = match other.was_written(number) {
                Ok(false) => return Ok(false),
                Ok(true) => other.read_run(number, page),
                Err(error) => Err(error),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(false),
                read => read.map(|()| true),
            }
        })
    }

    /// Takes in what `read` gives of each page, where it gives anything; of the first only redb's header.
    fn copy(
        &self,
        bytes: u64,
        read: impl Fn(u64, &mut [u8]) -> io::Result<bool>,
    ) -> io::Result<()> {
        self.set_len(bytes)?;
        let mut page = vec![0; PAGE_BYTES];
        let header = &mut page[..ENCIPHERED.header_bytes()];
        read(0, header)?;
        self.write_header(0, header)?;
        for number in 1..bytes / PAGE {
            if read(number, &mut page)? {
                self.write_run(number, &page)?;
            }
            if number % (COPIED * self.layout.pages) == 0 {
                self.sync_data()?;
            }
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
        self.blob.read(self.layout.seals_at(number), &mut bytes)?;
        // Of a group that is new the power may have spared any part of the page but the first. What was never synced is nothing that
        // anybody asks for, and its place is written to as if it were empty.
        let changed = bytes[..FIRST_SEAL].iter().all(|byte| *byte == 0);
        if changed {
            bytes[..8].copy_from_slice(&MAGIC);
            bytes[8..FIRST_SEAL].copy_from_slice(&number.to_le_bytes());
        } else if bytes[..8] != MAGIC || bytes[8..FIRST_SEAL] != number.to_le_bytes() {
            return Err(damaged(format!("the seals of part {number} are gone")));
        }
        Ok(Seals { bytes, changed })
    }

    /// The seals of pages under one page of seals.
    fn seals_of(&self, first: u64, pages: usize) -> io::Result<Vec<u8>> {
        let mut seals = self.seals();
        let group = self.load(&mut seals, first / self.layout.pages)?;
        Ok(group.bytes[self.layout.seals_in_group(first, pages)].to_vec())
    }

    fn was_written(&self, page: u64) -> io::Result<bool> {
        Ok(self.seals_of(page, 1)?.iter().any(|byte| *byte != 0))
    }

    fn put_seals(&self, seals: &mut HashMap<u64, Seals>, first: u64, new: &[u8]) -> io::Result<()> {
        let group = self.load(seals, first / self.layout.pages)?;
        let pages = new.len() / self.layout.seal_bytes;
        group.bytes[self.layout.seals_in_group(first, pages)].copy_from_slice(new);
        group.changed = true;
        Ok(())
    }

    /// Seals pages, the first of which has this number: as they are to be written, and their seals.
    fn seal<'a>(&self, first: u64, data: &'a [u8]) -> io::Result<(Cow<'a, [u8]>, Vec<u8>)> {
        let pages = data.chunks(PAGE_BYTES);
        let mut seals = vec![0; pages.len() * self.layout.seal_bytes];
        let Some(cipher) = &self.cipher else {
            for ((page, bytes), seal) in (first..).zip(pages).zip(seals.chunks_mut(4)) {
                seal.copy_from_slice(&sum_of(page, bytes).to_le_bytes());
            }
            return Ok((Cow::Borrowed(data), seals));
        };
        let mut data = data.to_vec();
        cipher.seal(first, &mut data, &mut seals)?;
        Ok((Cow::Owned(data), seals))
    }

    /// Makes of a page that was read what was sealed; gives whether it is.
    fn unseal(&self, page: u64, seal: &[u8], data: &mut [u8]) -> bool {
        match &self.cipher {
            None => *seal == sum_of(page, data).to_le_bytes(),
            Some(cipher) => cipher.open(page, seal, data),
        }
    }

    /// Whole pages that lie next to each other in the file.
    fn read_run(&self, first: u64, out: &mut [u8]) -> io::Result<()> {
        self.blob.read(self.layout.page_at(first), out)?;
        let seals = self.seals_of(first, out.len() / PAGE_BYTES)?;
        let seals = seals.chunks(self.layout.seal_bytes);
        for ((page, bytes), seal) in (first..).zip(out.chunks_mut(PAGE_BYTES)).zip(seals) {
            if !self.unseal(page, seal, bytes) {
                return Err(damaged(format!("page {page} does not fit its seal")));
            }
        }
        Ok(())
    }

    fn write_run(&self, first: u64, data: &[u8]) -> io::Result<()> {
        let (data, seals) = self.seal(first, data)?;
        self.put_seals(&mut self.seals(), first, &seals)?;
        self.blob.write(self.layout.page_at(first), &data)
    }

    fn read_header(&self, range: Range<usize>, out: &mut [u8]) -> io::Result<()> {
        if range.end > self.layout.header_bytes() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let sector = self.header()?;
        out.copy_from_slice(&sector[range]);
        Ok(())
    }

    /// The sector of redb's header, unsealed.
    fn header(&self) -> io::Result<[u8; SECTOR]> {
        let mut sector = [0; SECTOR];
        self.blob.read(self.layout.page_at(0), &mut sector)?;
        let is_new = sector == [0; SECTOR];
        let (header, seal) = sector.split_at_mut(self.layout.header_bytes());
        if !is_new && !self.unseal(0, seal, header) {
            return Err(damaged("the header does not fit its seal".to_owned()));
        }
        Ok(sector)
    }

    fn write_header(&self, offset: usize, data: &[u8]) -> io::Result<()> {
        let (end, size) = (offset + data.len(), self.layout.header_bytes());
        if end > size {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut sector = self.header()?;
        sector[offset..end].copy_from_slice(data);
        let (header, seal) = self.seal(0, &sector[..size])?;
        self.blob
            .write(self.layout.page_at(0), &[&*header, &seal].concat())
    }
}

impl StorageBackend for Sealed {
    fn len(&self) -> io::Result<u64> {
        Ok(self.layout.logical_size(self.blob.size_bytes()?))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        for part in self.layout.parts(offset, out.len()) {
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
        let layout = self.layout;
        let before = layout.logical_size(self.blob.size_bytes()?);
        self.blob.set_size_bytes(layout.physical_size(bytes))?;
        // What is new is empty, whatever was there before the file was cut off.
        let (old, new) = (before / PAGE, bytes / PAGE);
        let mut seals = self.seals();
        if old < new && old % layout.pages != 0 {
            let end = new.min((old / layout.pages + 1) * layout.pages);
            for page in old..end {
                self.put_seals(&mut seals, page, &vec![0; layout.seal_bytes])?;
            }
        }
        let groups = new.div_ceil(layout.pages);
        seals.retain(|group, _| *group < groups);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut seals = self.seals();
        for (number, group) in seals.iter_mut().filter(|(_, group)| group.changed) {
            self.blob
                .write(self.layout.seals_at(*number), &group.bytes)?;
            group.changed = false;
        }
        drop(seals);
        self.blob.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        for part in self.layout.parts(offset, data.len()) {
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

/// The seal of a page that is only summed. Zero is that of what was never written, and of nothing else.
fn sum_of(page: u64, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&page.to_le_bytes());
    hasher.update(bytes);
    hasher.finalize().max(1)
}

fn damaged(words: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

#[cfg(test)]
mod tests;
