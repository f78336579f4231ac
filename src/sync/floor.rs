//! The fewest requests that could read an org: what a full sync is measured against.

/// Sizes of an org, as far as they decide how many requests a full sync takes at least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Users, of every status.
    pub users: u64,
    /// Groups.
    pub groups: u64,
    /// Members of each group that has any.
    pub members: Vec<u64>,
    /// Apps that are not deleted.
    pub apps: u64,
    /// Users of each app.
    pub app_users: Vec<u64>,
    /// Apps of each group that has any.
    pub group_apps: Vec<u64>,
}

/// Requests for a list of `items` at `page` a page; an empty list still takes one.
pub fn pages(items: u64, page: u64) -> u64 {
    items.div_ceil(page).max(1)
}

impl Sizes {
    /// Requests to list the users: 200 a page.
    pub fn users_floor(&self) -> u64 {
        pages(self.users, 200)
    }

    /// Requests to list the groups: 200 a page.
    pub fn groups_floor(&self) -> u64 {
        pages(self.groups, 200)
    }

    /// Requests to list the members of every group that has any: 1,000 a page.
    pub fn memberships_floor(&self) -> u64 {
        self.members
            .iter()
            .filter(|n| **n > 0)
            .map(|n| pages(*n, 1_000))
            .sum()
    }

    /// Requests to list the apps: 200 a page.
    pub fn apps_floor(&self) -> u64 {
        pages(self.apps, 200)
    }

    /// Requests to list the users of every app: 500 a page, at least one an app, since nothing tells beforehand who has none.
    pub fn app_users_floor(&self) -> u64 {
        self.app_users.iter().map(|n| pages(*n, 500)).sum()
    }

    /// Requests to list the apps of every group that has any: 200 a page.
    pub fn app_groups_floor(&self) -> u64 {
        self.group_apps
            .iter()
            .filter(|n| **n > 0)
            .map(|n| pages(*n, 200))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_the_sum_of_full_pages() {
        let sizes = Sizes {
            users: 20_000,
            groups: 2_000,
            members: vec![20_000, 2_000, 1, 0],
            apps: 300,
            app_users: vec![0, 500, 501],
            group_apps: vec![0, 3],
        };
        assert_eq!(sizes.users_floor(), 100);
        assert_eq!(sizes.groups_floor(), 10);
        assert_eq!(sizes.memberships_floor(), 20 + 2 + 1);
        assert_eq!(sizes.apps_floor(), 2);
        assert_eq!(sizes.app_users_floor(), 1 + 1 + 2);
        assert_eq!(sizes.app_groups_floor(), 1);
        assert_eq!(Sizes::default().users_floor(), 1);
    }
}
