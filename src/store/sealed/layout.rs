//! Where in a sealed file things lie: pages of seals, each before the pages that it seals.

use std::ops::Range;

/// How large a page is, of redb's and of ours.
pub(super) const PAGE: u64 = 4_096;
/// The same, for memory.
pub(super) const PAGE_BYTES: usize = 4_096;
/// What redb's header is written with, at once.
pub(super) const SECTOR: usize = 512;
/// Where in a page of seals the first one is.
pub(super) const FIRST_SEAL: usize = 16;

/// How a file is laid out. Pages are counted as redb counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Pages before everything else.
    lead: u64,
    /// How long a seal is.
    pub(super) seal_bytes: usize,
    /// Pages under one page of seals.
    pub(super) pages: u64,
}

impl Layout {
    /// With so much before everything else, and seals of this length.
    pub(super) const fn new(lead: u64, seal_bytes: usize) -> Self {
        Self {
            lead,
            seal_bytes,
            pages: (PAGE - FIRST_SEAL as u64) / seal_bytes as u64,
        }
    }

    /// How much of its sector redb's header may take; its seal is behind it. redb's own part ends at 320.
    pub(super) const fn header_bytes(self) -> usize {
        SECTOR - self.seal_bytes
    }

    /// Where in their page of seals those of some pages are; they lie under the same one.
    pub(super) fn seals_in_group(self, first: u64, pages: usize) -> Range<usize> {
        let number = usize::try_from(first % self.pages).unwrap_or(0);
        let start = FIRST_SEAL + number * self.seal_bytes;
        start..start + pages * self.seal_bytes
    }

    /// Where a page of seals lies in the file.
    pub(super) fn seals_at(self, group: u64) -> u64 {
        (self.lead + group * (self.pages + 1)) * PAGE
    }

    /// Where one of redb's pages lies in the file.
    pub(super) fn page_at(self, page: u64) -> u64 {
        (self.lead + page + page / self.pages + 1) * PAGE
    }

    /// How long a file is that redb takes to be so long.
    pub(super) fn physical_size(self, logical: u64) -> u64 {
        self.lead * PAGE + logical + logical.div_ceil(self.pages * PAGE) * PAGE
    }

    /// How long redb takes a file to be that is so long.
    pub(super) fn logical_size(self, physical: u64) -> u64 {
        let sealed = physical.saturating_sub(self.lead * PAGE);
        let groups = sealed.div_ceil((self.pages + 1) * PAGE);
        sealed.saturating_sub(groups * PAGE)
    }

    /// A read or a write of redb's, in parts that can each be done at once.
    pub(super) fn parts(self, offset: u64, length: usize) -> impl Iterator<Item = Part> {
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
                let pages = usize::try_from(self.pages - page % self.pages).unwrap_or(usize::MAX);
                (PartKind::Run, pages.min(left / PAGE_BYTES) * PAGE_BYTES)
            };
            let within = done..done + taken;
            done += taken;
            Some(Part { within, page, kind })
        })
    }
}

/// A part of a read or a write that can be done at once.
pub(super) struct Part {
    /// Where in the caller's bytes it is.
    pub(super) within: Range<usize>,
    /// The (first) page.
    pub(super) page: u64,
    pub(super) kind: PartKind,
}

pub(super) enum PartKind {
    /// Within redb's header.
    Header(Range<usize>),
    /// Whole pages under one page of seals.
    Run,
    /// A piece of one page.
    Piece(Range<usize>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_there_and_back_are_the_same() {
        for layout in [Layout::new(0, 4), Layout::new(1, 40)] {
            for pages in [0, 1, 2, 101, 102, 103, 1_019, 1_020, 1_021, 2_040, 100_000] {
                let logical = pages * PAGE;
                let physical = layout.physical_size(logical);
                assert_eq!(layout.logical_size(physical), logical, "{pages}");
            }
            // Cut off within a page, or within a page of seals.
            let first = layout.page_at(0);
            assert_eq!(layout.logical_size(first + 100), 100);
            assert_eq!(layout.logical_size(first - PAGE + 100), 0);
            assert_eq!(layout.logical_size(100), 0);
        }
    }

    #[test]
    fn no_two_things_lie_in_the_same_place() {
        for layout in [Layout::new(0, 4), Layout::new(1, 40)] {
            let pages = 3 * layout.pages;
            let places = (0..pages).map(|page| layout.page_at(page));
            let mut places: Vec<u64> = places.chain((0..3).map(|n| layout.seals_at(n))).collect();
            places.sort_unstable();
            let lead = layout.physical_size(0) / PAGE;
            let expected = (lead..).map(|n| n * PAGE).take(places.len());
            assert!(places.iter().copied().eq(expected));
            let last = layout.seals_in_group(layout.pages - 1, 1);
            assert!(last.end <= PAGE_BYTES && layout.header_bytes() >= 320);
        }
    }
}
