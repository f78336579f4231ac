//! How an enciphered file keeps its pages: AES-256-GCM, every page of redb's by itself.
//!
//! **Keys.** The first page of the file holds a random salt. HKDF-SHA256 of the store's key and that salt gives what the file's keys are
//! made from, and of that comes, besides a value that tells whether a key fits, a key for every single write of a page. So what is
//! copied into another file, or is read with another store's key, opens nothing.
//!
//! **Nonces.** With each write of a page 24 random bytes are drawn from the system: the first 12 go into the derivation of that write's
//! key, the others are its nonce. Nothing is counted, because a count would begin anew where a crash forgot it or a backup brought an
//! older one back; that the same is drawn twice takes 192 bits to agree, after 2^64 writes with a chance of 2^-65. (With one key for
//! all of a file 96 random bits would have to carry this alone, good for the 2^32 writes that a busy index does in two years.)
//!
//! **Places.** The number of the page is authenticated with it, so that none can stand in the place of another.
//!
//! What this does not hide: how large the files are, which days there are, which pages change. What it does not notice: that a page is
//! replaced by what it was earlier (`oktop doctor --rebuild` does, because redb's own checksums bind pages together), or a whole file
//! by an earlier one or by another of the store's. Who can write the files can also put plain ones in their place, which are taken over.

use std::io;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::damaged;
use super::layout::{PAGE, PAGE_BYTES};
use crate::store::key::StoreKey;
use crate::store::medium::Blob;

/// How an enciphered file begins.
pub(in crate::store) const MAGIC: [u8; 8] = *b"OKTOPEN1";
const SALT_BYTES: usize = 32;
const FIT_BYTES: usize = 32;
/// Where in the first page what tells whether a key fits is.
const FIT: usize = MAGIC.len() + SALT_BYTES;
/// Where in the first page its checksum is.
const SUM: usize = PAGE_BYTES - 4;
/// What is drawn for each write of a page.
const DRAWN_BYTES: usize = 2 * NONCE_LEN;
const TAG_BYTES: usize = 16;
/// What a page is sealed with: what was drawn, and the tag.
pub(super) const SEAL_BYTES: usize = DRAWN_BYTES + TAG_BYTES;

/// The first page of an enciphered file. It is written once, before the file has its name.
#[derive(Clone, Debug)]
pub struct Lead {
    salt: [u8; SALT_BYTES],
    fit: [u8; FIT_BYTES],
}

impl Lead {
    /// How the file begins; `None` when it is not enciphered.
    pub(super) fn of(blob: &dyn Blob) -> io::Result<Option<Self>> {
        let mut start = [0; MAGIC.len()];
        if blob.size_bytes()? < MAGIC.len() as u64 {
            return Ok(None);
        }
        blob.read(0, &mut start)?;
        if start != MAGIC {
            return Ok(None);
        }
        let mut page = [0; PAGE_BYTES];
        blob.read(0, &mut page)?;
        // A key does not fit a salt that was damaged, and would be taken for the wrong one.
        if page[SUM..] != crc32fast::hash(&page[..SUM]).to_le_bytes() {
            return Err(damaged(
                "its first page does not fit its checksum".to_owned(),
            ));
        }
        let (mut salt, mut fit) = ([0; SALT_BYTES], [0; FIT_BYTES]);
        salt.copy_from_slice(&page[MAGIC.len()..FIT]);
        fit.copy_from_slice(&page[FIT..][..FIT_BYTES]);
        Ok(Some(Self { salt, fit }))
    }

    /// The cipher of the file, when the key fits.
    pub(in crate::store) fn cipher(&self, key: &StoreKey) -> Option<Cipher> {
        let cipher = Cipher::new(key.of_file(&self.salt));
        (cipher.fit() == self.fit).then_some(cipher)
    }
}

/// What enciphers and deciphers the pages of one file.
pub struct Cipher {
    file: Prk,
    random: SystemRandom,
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher")
    }
}

impl Cipher {
    fn new(file: Prk) -> Self {
        Self {
            file,
            random: SystemRandom::new(),
        }
    }

    /// Writes the first page of a new file.
    pub(super) fn make(blob: &dyn Blob, key: &StoreKey) -> io::Result<Self> {
        let mut salt = [0; SALT_BYTES];
        let random = SystemRandom::new();
        random.fill(&mut salt).map_err(|_| no_dice())?;
        let cipher = Self::new(key.of_file(&salt));
        let mut page = [0; PAGE_BYTES];
        page[..MAGIC.len()].copy_from_slice(&MAGIC);
        page[MAGIC.len()..FIT].copy_from_slice(&salt);
        page[FIT..][..FIT_BYTES].copy_from_slice(&cipher.fit());
        let sum = crc32fast::hash(&page[..SUM]);
        page[SUM..].copy_from_slice(&sum.to_le_bytes());
        blob.set_size_bytes(PAGE)?;
        blob.write(0, &page)?;
        Ok(cipher)
    }

    /// What tells whether a key is the file's.
    fn fit(&self) -> [u8; FIT_BYTES] {
        let mut fit = [0; FIT_BYTES];
        let made = self.file.expand(&[b"oktop store fit"], HKDF_SHA256);
        made.and_then(|okm| okm.fill(&mut fit))
            .expect("it is as long as the hash");
        fit
    }

    /// The key of one write.
    fn key(&self, drawn: &[u8]) -> LessSafeKey {
        let info = [b"oktop store page".as_slice(), drawn];
        let key = self.file.expand(&info, &AES_256_GCM);
        let key = key.expect("it is as long as the hash");
        LessSafeKey::new(UnboundKey::from(key))
    }

    /// Enciphers pages in place, the first of which has this number, and puts their seals into `seals`.
    pub(super) fn seal(&self, first: u64, data: &mut [u8], seals: &mut [u8]) -> io::Result<()> {
        let mut drawn = vec![0; data.len().div_ceil(PAGE_BYTES) * DRAWN_BYTES];
        self.random.fill(&mut drawn).map_err(|_| no_dice())?;
        let pages = data.chunks_mut(PAGE_BYTES).zip(drawn.chunks(DRAWN_BYTES));
        for ((page, (data, drawn)), seal) in (first..).zip(pages).zip(seals.chunks_mut(SEAL_BYTES))
        {
            let (of_key, of_nonce) = drawn.split_at(NONCE_LEN);
            let tag = self.key(of_key).seal_in_place_separate_tag(
                nonce(of_nonce),
                Aad::from(page.to_le_bytes()),
                data,
            );
            let tag = tag.map_err(|_| io::ErrorKind::InvalidInput)?;
            seal[..DRAWN_BYTES].copy_from_slice(drawn);
            seal[DRAWN_BYTES..].copy_from_slice(tag.as_ref());
        }
        Ok(())
    }

    /// Deciphers a page in place; gives whether it is the one that was sealed so. What is left of it otherwise means nothing.
    pub(super) fn open(&self, page: u64, seal: &[u8], data: &mut [u8]) -> bool {
        let (drawn, tag) = seal.split_at(DRAWN_BYTES);
        let (of_key, of_nonce) = drawn.split_at(NONCE_LEN);
        let Ok(tag) = Tag::try_from(tag) else {
            return false;
        };
        let opened = self.key(of_key).open_in_place_separate_tag(
            nonce(of_nonce),
            Aad::from(page.to_le_bytes()),
            tag,
            data,
            0..,
        );
        opened.is_ok()
    }
}

fn nonce(bytes: &[u8]) -> Nonce {
    Nonce::try_assume_unique_for_key(bytes).expect("half of what was drawn is a nonce")
}

fn no_dice() -> io::Error {
    io::Error::other("the system gives no random bytes")
}
