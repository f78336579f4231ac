//! Where things are on a screen of a given size. Pure: the same size and state give the same places.

use ratatui::layout::{Rect, Size};

use crate::domain::entry::EntryKind;

/// The smallest terminal that can be worked in, in columns and rows.
pub const LEAST: Size = Size {
    width: 60,
    height: 15,
};

/// From how many columns on two things stand side by side.
const TWO_SIDE_BY_SIDE: u16 = 110;

/// From how many columns and rows on all panes are shown at once.
const ALL_AT_ONCE: Size = Size {
    width: 180,
    height: 45,
};

/// A pane, in the order of its tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaneId {
    /// The System Log.
    Log,
    /// Users.
    Users,
    /// Groups.
    Groups,
    /// Applications.
    Apps,
    /// Whoever holds an admin role.
    Admins,
    /// Entries of one kind.
    Entries(EntryKind),
}

impl PaneId {
    /// Those with a tab of their own, in the order of the tabs.
    pub const TABS: [Self; 5] = [
        Self::Log,
        Self::Users,
        Self::Groups,
        Self::Apps,
        Self::Admins,
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Log => "Log",
            Self::Users => "Users",
            Self::Groups => "Groups",
            Self::Apps => "Apps",
            Self::Admins => "Admins",
            Self::Entries(kind) => kind.title(),
        }
    }

    /// Its word, which does not change from version to version.
    pub fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Apps => "apps",
            Self::Admins => "admins",
            Self::Entries(kind) => kind.word(),
        }
    }

    /// The pane of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        let tab = Self::TABS.into_iter().find(|pane| pane.word() == word);
        tab.or_else(|| EntryKind::from_word(word).map(Self::Entries))
    }

    /// The next or previous tab, around the ends. A pane without a tab stands behind the last one.
    #[must_use]
    pub fn turn(self, forward: bool) -> Self {
        let count = Self::TABS.len();
        let at = Self::TABS.iter().position(|pane| *pane == self);
        let next = match (at, forward) {
            (Some(at), true) => (at + 1) % count,
            (Some(at), false) => (at + count - 1) % count,
            (None, true) => 0,
            (None, false) => count - 1,
        };
        Self::TABS[next]
    }
}

/// What decides about the layout besides the size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// The pane that has the keys, or is under the page that has them.
    pub focus: PaneId,
    /// Whether a page is open.
    pub page: bool,
    /// Whether the focus wants the whole screen.
    pub zoom: bool,
    /// Whether a detail is wanted beside or below the list; `None` is as the size suggests.
    pub detail: Option<bool>,
    /// How many lines of trouble there are to tell.
    pub banner: u16,
    /// How many lines the bottom takes.
    pub foot: u16,
}

/// Where everything is. Areas do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// The first line: which org, what is wrong, the time.
    pub header: Rect,
    /// The second line: tabs or breadcrumbs.
    pub tabs: Rect,
    /// Trouble that lasts; empty when there is none.
    pub banner: Rect,
    /// The panes in sight.
    pub panes: Vec<(PaneId, Rect)>,
    /// The page, when one is open.
    pub page: Option<Rect>,
    /// The detail of what is under the cursor.
    pub preview: Option<Rect>,
    /// Everything between tabs and hints: for help and the like.
    pub body: Rect,
    /// The last line or lines: the keys that work now, or a message.
    pub hints: Rect,
}

/// Whether the screen has room for more than one thing side by side.
pub fn is_wide(size: Size) -> bool {
    size.width >= TWO_SIDE_BY_SIDE
}

/// Lays out a screen of `size`; `None` when it is too small to be worked in.
pub fn places(size: Size, wish: Wish) -> Option<Places> {
    if size.width < LEAST.width || size.height < LEAST.height {
        return None;
    }
    let line = |y| Rect::new(0, y, size.width, 1);
    let banner = wish.banner;
    let foot = wish.foot.max(1);
    let body = Rect::new(0, 2 + banner, size.width, size.height - 2 - banner - foot);
    let mut places = Places {
        header: line(0),
        tabs: line(1),
        banner: Rect::new(0, 2, size.width, banner),
        body,
        hints: Rect::new(0, size.height - foot, size.width, foot),
        ..Places::default()
    };
    let wide = is_wide(size) && !wish.zoom;
    let all = wide && size.width >= ALL_AT_ONCE.width && size.height >= ALL_AT_ONCE.height;
    if all {
        all_at_once(&mut places, wish);
    } else if wide {
        side_by_side(&mut places, wish);
    } else {
        one_at_a_time(&mut places, wish);
    }
    Some(places)
}

fn one_at_a_time(places: &mut Places, wish: Wish) {
    if wish.page {
        places.page = Some(places.body);
    } else if wish.detail.unwrap_or(false) {
        let (above, below) = split_rows(places.body, 55);
        places.panes = vec![(wish.focus, above)];
        places.preview = Some(below);
    } else {
        places.panes = vec![(wish.focus, places.body)];
    }
}

fn side_by_side(places: &mut Places, wish: Wish) {
    let percent = if wish.focus == PaneId::Log { 58 } else { 50 };
    let (left, right) = split_columns(places.body, percent);
    places.panes = vec![(wish.focus, left)];
    if wish.page {
        places.page = Some(right);
    } else if wish.detail.unwrap_or(true) {
        places.preview = Some(right);
    } else if wish.focus == PaneId::Log {
        places.panes.push((PaneId::Users, right));
    } else {
        places.panes.push((PaneId::Log, right));
    }
}

fn all_at_once(places: &mut Places, wish: Wish) {
    let (above, below) = split_rows(places.body, 50);
    places.panes = vec![(PaneId::Log, above)];
    if wish.page && wish.focus == PaneId::Log {
        places.page = Some(below);
        return;
    }
    if wish.page {
        let (list, page) = split_columns(below, 40);
        places.panes.push((wish.focus, list));
        places.page = Some(page);
        return;
    }
    if wish.detail.unwrap_or(false) {
        let (log, preview) = split_columns(above, 62);
        places.panes = vec![(PaneId::Log, log)];
        places.preview = Some(preview);
    }
    if matches!(wish.focus, PaneId::Admins | PaneId::Entries(_)) {
        places.panes.push((wish.focus, below));
        return;
    }
    let (users, rest) = split_columns(below, 36);
    let (groups, apps) = split_columns(rest, 50);
    places.panes.extend([
        (PaneId::Users, users),
        (PaneId::Groups, groups),
        (PaneId::Apps, apps),
    ]);
}

/// Two areas one below the other, the upper of `percent`.
fn split_rows(area: Rect, percent: u16) -> (Rect, Rect) {
    let upper = area.height * percent / 100;
    (
        Rect::new(area.x, area.y, area.width, upper),
        Rect::new(area.x, area.y + upper, area.width, area.height - upper),
    )
}

/// Two areas side by side with an empty column between, the left of `percent`.
fn split_columns(area: Rect, percent: u16) -> (Rect, Rect) {
    let left = area.width * percent / 100;
    (
        Rect::new(area.x, area.y, left.saturating_sub(1), area.height),
        Rect::new(area.x + left, area.y, area.width - left, area.height),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(focus: PaneId) -> Wish {
        Wish {
            focus,
            page: false,
            zoom: false,
            detail: None,
            banner: 0,
            foot: 1,
        }
    }

    fn panes(width: u16, height: u16, wish: Wish) -> Vec<PaneId> {
        let places = places(Size::new(width, height), wish).unwrap();
        places.panes.iter().map(|(pane, _)| *pane).collect()
    }

    #[test]
    fn panes_come_together_as_the_terminal_grows() {
        assert_eq!(places(Size::new(59, 15), wish(PaneId::Log)), None);
        assert_eq!(places(Size::new(60, 14), wish(PaneId::Log)), None);
        assert_eq!(panes(80, 24, wish(PaneId::Users)), [PaneId::Users]);
        let no_detail = Wish {
            detail: Some(false),
            ..wish(PaneId::Users)
        };
        assert_eq!(panes(120, 36, no_detail), [PaneId::Users, PaneId::Log]);
        assert_eq!(panes(200, 60, wish(PaneId::Users)), PaneId::TABS[..4]);
        let rules = PaneId::Entries(EntryKind::GroupRule);
        assert_eq!(panes(80, 24, wish(rules)), [rules]);
        assert_eq!(panes(200, 60, wish(rules)), [PaneId::Log, rules]);
        let zoomed = Wish {
            zoom: true,
            ..wish(PaneId::Apps)
        };
        assert_eq!(panes(200, 60, zoomed), [PaneId::Apps]);
    }

    #[test]
    fn areas_never_overlap_or_leave_the_screen() {
        for (width, height) in [
            (60, 15),
            (80, 24),
            (109, 40),
            (110, 15),
            (120, 36),
            (200, 60),
            (300, 45),
        ] {
            for page in [false, true] {
                for detail in [None, Some(false), Some(true)] {
                    let others = [PaneId::Entries(EntryKind::Zone)];
                    for focus in PaneId::TABS.into_iter().chain(others) {
                        let wish = Wish {
                            focus,
                            page,
                            zoom: false,
                            detail,
                            banner: if page { 2 } else { 0 },
                            foot: if page { 3 } else { 1 },
                        };
                        let places = places(Size::new(width, height), wish).unwrap();
                        let mut areas =
                            vec![places.header, places.tabs, places.banner, places.hints];
                        areas.extend(places.panes.iter().map(|(_, area)| *area));
                        areas.extend(places.page);
                        areas.extend(places.preview);
                        for (i, a) in areas.iter().enumerate() {
                            assert!(a.right() <= width && a.bottom() <= height, "{places:?}");
                            for b in &areas[i + 1..] {
                                assert!(a.intersection(*b).is_empty(), "{places:?}");
                            }
                        }
                    }
                }
            }
        }
    }
}
