//! Tests of sealed files, with checksums and enciphered.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::domain::secret::Secret;
use crate::store::medium::{Disk, Medium as _};

/// A file that may be opened again and again.
struct File {
    path: PathBuf,
    key: Option<StoreKey>,
    _temp: tempfile::TempDir,
}

fn key(digit: char) -> StoreKey {
    let text = format!("{}1", digit.to_string().repeat(63));
    StoreKey::parse(&Secret::new(text)).unwrap()
}

impl File {
    fn new(key: Option<StoreKey>) -> Self {
        let temp = tempfile::tempdir().unwrap();
        Self {
            path: temp.path().join("x"),
            key,
            _temp: temp,
        }
    }

    fn both() -> [Self; 2] {
        [Self::new(None), Self::new(Some(key('a')))]
    }

    fn try_open(&self) -> io::Result<Sealed> {
        let Some(blob) = Disk.open(&self.path).unwrap() else {
            return Sealed::make(Disk.create(&self.path).unwrap(), self.key.as_ref());
        };
        Ok(match Found::of(&*blob)? {
            Found::Enciphered(lead) => {
                let cipher = lead.cipher(self.key.as_ref().unwrap()).unwrap();
                Sealed::enciphered(blob, cipher)
            }
            _ => Sealed::new(blob),
        })
    }

    fn open(&self) -> Sealed {
        self.try_open().unwrap()
    }

    /// Reads from these bytes in the place of the file's.
    fn read(&self, bytes: &[u8], offset: u64, length: usize) -> io::Result<Vec<u8>> {
        fs::write(&self.path, bytes).unwrap();
        let mut out = vec![0; length];
        self.try_open()?.read(offset, &mut out)?;
        Ok(out)
    }

    fn layout(&self) -> Layout {
        if self.key.is_some() {
            ENCIPHERED
        } else {
            SUMMED
        }
    }

    fn at(&self, page: u64) -> usize {
        usize::try_from(self.layout().page_at(page)).unwrap()
    }
}

fn page(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(PAGE_BYTES / 8)
}

#[test]
fn what_was_written_is_read_across_the_pages_of_seals() {
    for place in File::both() {
        let file = place.open();
        file.set_len(3_000 * PAGE).unwrap();
        file.write(0, b"header").unwrap();
        let pages: Vec<u8> = (1_000..2_100).flat_map(page).collect();
        file.write(1_000 * PAGE, &pages).unwrap();
        file.write(1_010 * PAGE + 10, b"inside").unwrap();
        file.sync_data().unwrap();
        drop(file);
        let file = place.open();
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
}

/// Ten pages that all hold the same, behind a header.
fn ten_alike(place: &File) -> Vec<u8> {
    let file = place.open();
    file.set_len(10 * PAGE).unwrap();
    file.write(0, b"header").unwrap();
    for number in 1..10 {
        file.write(number * PAGE, &page(7)).unwrap();
    }
    file.sync_data().unwrap();
    drop(file);
    fs::read(&place.path).unwrap()
}

#[test]
fn what_was_changed_moved_or_cut_off_is_noticed() {
    for place in File::both() {
        let whole = ten_alike(&place);
        let layout = place.layout();
        assert_eq!(place.read(&whole, 3 * PAGE, PAGE_BYTES).unwrap(), page(7));
        let mut flipped = whole.clone();
        flipped[place.at(3) + 99] ^= 1;
        assert!(place.read(&flipped, 3 * PAGE, PAGE_BYTES).is_err());
        assert!(place.read(&flipped, 4 * PAGE, PAGE_BYTES).is_ok());
        let mut header = whole.clone();
        header[place.at(0) + 2] ^= 1;
        assert!(place.read(&header, 0, 6).is_err());
        // Every page holds the same, and still none can stand for another, not even with its seal.
        let seals = usize::try_from(layout.seals_at(0)).unwrap();
        let of = |page| {
            let within = layout.seals_in_group(page, 1);
            seals + within.start..seals + within.end
        };
        let mut moved = whole.clone();
        moved.copy_within(of(3), of(4).start);
        assert!(place.read(&moved, 4 * PAGE, PAGE_BYTES).is_err());
        moved.copy_within(place.at(3)..place.at(3) + PAGE_BYTES, place.at(4));
        assert!(place.read(&moved, 4 * PAGE, PAGE_BYTES).is_err());
        let mut zeroed = whole.clone();
        zeroed[seals..place.at(4)].fill(0);
        assert!(place.read(&zeroed, 3 * PAGE, PAGE_BYTES).is_err());
        assert!(
            place
                .read(&whole[..place.at(9) + 5], 9 * PAGE, PAGE_BYTES)
                .is_err()
        );
    }
}

#[test]
fn what_was_cut_off_does_not_come_back() {
    for place in File::both() {
        let file = place.open();
        file.set_len(1_030 * PAGE).unwrap();
        file.write(1_029 * PAGE, &page(1)).unwrap();
        file.write(450 * PAGE, &page(1)).unwrap();
        file.sync_data().unwrap();
        file.set_len(420 * PAGE).unwrap();
        file.set_len(1_030 * PAGE).unwrap();
        for number in [450, 1_029] {
            assert!(file.read(number * PAGE, &mut page(0)).is_err());
            file.write(number * PAGE, &page(2)).unwrap();
            let mut out = page(0);
            file.read(number * PAGE, &mut out).unwrap();
            assert_eq!(out, page(2));
        }
    }
}

#[test]
fn an_enciphered_file_shows_nothing_and_no_write_is_like_another() {
    let place = File::new(Some(key('a')));
    let first = ten_alike(&place);
    let secret = 7u64.to_le_bytes();
    assert!(!first.windows(16).any(|bytes| bytes == secret.repeat(2)));
    assert!(!first.windows(6).any(|bytes| bytes == b"header"));
    let pages: Vec<&[u8]> = (1..10)
        .map(|n| &first[place.at(n)..][..PAGE_BYTES])
        .collect();
    for (n, page) in pages.iter().enumerate() {
        assert!(!pages[..n].contains(page));
    }
    // The same again in the same place: neither the bytes nor what they were enciphered with.
    let file = place.open();
    file.write(3 * PAGE, &page(7)).unwrap();
    file.write(0, b"header").unwrap();
    file.sync_data().unwrap();
    drop(file);
    let second = fs::read(&place.path).unwrap();
    for page in [0, 3] {
        let of = |bytes: &[u8]| bytes[place.at(page)..][..SECTOR].to_vec();
        assert_ne!(of(&first), of(&second), "{page}");
    }
}

#[test]
fn a_page_of_another_file_of_the_same_key_is_refused() {
    let (one, other) = (File::new(Some(key('a'))), File::new(Some(key('a'))));
    let (mut mixed, foreign) = (ten_alike(&one), ten_alike(&other));
    let seals = usize::try_from(ENCIPHERED.seals_at(0)).unwrap();
    let within = ENCIPHERED.seals_in_group(3, 1);
    for range in [
        seals + within.start..seals + within.end,
        one.at(3)..one.at(3) + PAGE_BYTES,
    ] {
        mixed[range.clone()].copy_from_slice(&foreign[range]);
    }
    assert!(one.read(&mixed, 3 * PAGE, PAGE_BYTES).is_err());
    assert!(one.read(&mixed, 4 * PAGE, PAGE_BYTES).is_ok());
}

#[test]
fn a_wrong_key_is_told_from_damage() {
    let place = File::new(Some(key('a')));
    let whole = ten_alike(&place);
    let lead = || {
        let blob = Disk.open(&place.path).unwrap().unwrap();
        Found::of(&*blob)
    };
    let Found::Enciphered(found) = lead().unwrap() else {
        unreachable!("it begins so");
    };
    assert!(found.cipher(&key('a')).is_some() && found.cipher(&key('b')).is_none());
    for byte in [8, 39, 40, 71, 72, 2_000, 4_095] {
        let mut bytes = whole.clone();
        bytes[byte] ^= 1;
        fs::write(&place.path, bytes).unwrap();
        assert_eq!(lead().unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
    fs::write(&place.path, &whole[..3_000]).unwrap();
    assert_eq!(lead().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_copy_holds_what_was_written_and_nothing_that_does_not_fit() {
    for (from, to) in [(None, Some('a')), (Some('a'), None), (Some('a'), Some('b'))] {
        let [from, to] = [from, to].map(|digit| File::new(digit.map(key)));
        let source = from.open();
        source.set_len(2_500 * PAGE).unwrap();
        source.write(0, b"header").unwrap();
        for number in (1..2_400).step_by(7) {
            source.write(number * PAGE, &page(number)).unwrap();
        }
        source.sync_data().unwrap();
        drop(source);
        // A page whose seal the cut of power did not spare.
        let mut bytes = fs::read(&from.path).unwrap();
        bytes[from.at(8)] ^= 1;
        fs::write(&from.path, bytes).unwrap();
        to.open().copy_sealed(&from.open()).unwrap();
        let copy = to.open();
        assert_eq!(copy.len().unwrap(), 2_500 * PAGE);
        let mut header = [0; 8];
        copy.read(0, &mut header).unwrap();
        assert_eq!(header, *b"header\0\0");
        for number in 1..2_500 {
            let mut out = page(0);
            let read = copy.read(number * PAGE, &mut out);
            let written = number % 7 == 1 && number < 2_400 && number != 8;
            assert_eq!(read.is_ok(), written, "{number}");
            assert!(!written || out == page(number), "{number}");
        }
    }
}

/// A file with one damaged page of seals lost the pages below it, and once encryption was switched all of itself.
#[test]
fn a_copy_leaves_out_what_a_damaged_page_of_seals_is_for() {
    for (from, to) in [(None, Some('a')), (Some('a'), None)] {
        let [from, to] = [from, to].map(|digit| File::new(digit.map(key)));
        let group = from.layout().pages;
        let source = from.open();
        source.set_len(2 * group * PAGE).unwrap();
        source.write(0, b"header").unwrap();
        for number in [1, group - 1, group, 2 * group - 1] {
            source.write(number * PAGE, &page(number)).unwrap();
        }
        source.sync_data().unwrap();
        drop(source);
        let mut bytes = fs::read(&from.path).unwrap();
        bytes[usize::try_from(from.layout().seals_at(1)).unwrap()] ^= 1;
        fs::write(&from.path, bytes).unwrap();
        to.open().copy_sealed(&from.open()).unwrap();
        let copy = to.open();
        for (number, is_whole) in [
            (1, true),
            (group - 1, true),
            (group, false),
            (2 * group - 1, false),
        ] {
            let mut out = page(0);
            assert_eq!(
                copy.read(number * PAGE, &mut out).is_ok(),
                is_whole,
                "{number}"
            );
            assert!(!is_whole || out == page(number));
        }
    }
}

/// The group was new when the power failed, and of its seals everything but the first sector was on the disk. No page of it could be
/// written ever after.
#[test]
fn a_page_of_seals_without_its_first_sector_is_written_to() {
    for place in File::both() {
        let pages = place.layout().pages;
        let file = place.open();
        file.set_len(2 * pages * PAGE).unwrap();
        file.write((2 * pages - 1) * PAGE, &page(1)).unwrap();
        file.sync_data().unwrap();
        drop(file);
        let mut bytes = fs::read(&place.path).unwrap();
        let seals = usize::try_from(place.layout().seals_at(1)).unwrap();
        bytes[seals..seals + SECTOR].fill(0);
        fs::write(&place.path, bytes).unwrap();
        let file = place.open();
        file.write(pages * PAGE, &page(2)).unwrap();
        file.sync_data().unwrap();
        drop(file);
        let file = place.open();
        for (number, content) in [(pages, 2), (2 * pages - 1, 1)] {
            let mut out = page(0);
            file.read(number * PAGE, &mut out).unwrap();
            assert_eq!(out, page(content));
        }
    }
}
