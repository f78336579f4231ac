//! The columns of every list of users, groups and apps. A table of small equal things.

use std::borrow::Cow;

use super::{Column, Shows, archived, path, related, via};
use crate::domain::application::AppStatus;
use crate::msg::AnyRow;
use crate::ui::columns::{Cell, Claim, Fit};
use crate::ui::format;
use crate::ui::theme::Theme;

const fn column(
    title: &'static str,
    field: &'static str,
    claim: Claim,
    cell: fn(&AnyRow, Theme) -> Cell,
) -> Column {
    Column {
        title: Cow::Borrowed(title),
        field,
        claim,
        fit: Fit::Left,
        shows: Shows::Object(cell),
    }
}

const fn moment(
    title: &'static str,
    field: &'static str,
    claim: Claim,
    cell: fn(&AnyRow, Theme) -> Cell,
) -> Column {
    Column {
        title: Cow::Borrowed(title),
        field,
        claim,
        fit: Fit::Moment,
        shows: Shows::Object(cell),
    }
}

const fn number(
    title: &'static str,
    field: &'static str,
    claim: Claim,
    cell: fn(&AnyRow, Theme) -> Cell,
) -> Column {
    Column {
        title: Cow::Borrowed(title),
        field,
        claim,
        fit: Fit::Right,
        shows: Shows::Object(cell),
    }
}

pub(super) const USERS: &[Column] = &[
    column("LOGIN", "login", Claim::new(24, 30, 0).growing(), login),
    column("STATUS", "status", Claim::new(13, 13, 1), status),
    column("NAME", "name", Claim::new(12, 22, 2), full_name),
    moment("LAST LOGIN", "lastLogin", Claim::new(10, 16, 3), last_login),
    column("DEPARTMENT", "department", Claim::new(8, 16, 4), department),
    column("TITLE", "title", Claim::new(10, 24, 6).growing(), title),
    moment("UPDATED", "lastUpdated", Claim::new(10, 16, 5), updated),
];

pub(super) const MEMBERS: &[Column] = &[
    column("LOGIN", "login", Claim::new(24, 30, 0).growing(), login),
    column("STATUS", "status", Claim::new(13, 13, 1), status),
    column("NAME", "name", Claim::new(12, 22, 2), full_name),
    moment("SEEN SINCE", "", Claim::new(10, 16, 3), since),
    column("DEPARTMENT", "department", Claim::new(8, 16, 4), department),
];

pub(super) const APP_USERS: &[Column] = &[
    column("LOGIN", "login", Claim::new(24, 30, 0).growing(), login),
    column("PATH", "", Claim::new(12, 24, 1).growing(), path_cell),
    column("STATUS", "status", Claim::new(13, 13, 2), status),
    column("NAME IN APP", "", Claim::new(11, 24, 4), account),
    column("ACCOUNT", "", Claim::new(9, 12, 3), account_status),
    column("SYNC", "", Claim::new(12, 14, 5), sync_state),
];

pub(super) const GROUPS: &[Column] = &[
    column("NAME", "name", Claim::new(24, 36, 0).growing(), name),
    column("TYPE", "type", Claim::new(8, 8, 2), group_type),
    number("MEMBERS", "users", Claim::new(7, 9, 1), members),
    number("APPS", "apps", Claim::new(4, 6, 3), app_count),
    moment(
        "CHANGED",
        "lastMembershipUpdated",
        Claim::new(10, 16, 5),
        members_changed,
    ),
    column(
        "DESCRIPTION",
        "description",
        Claim::new(12, 30, 4).growing(),
        description,
    ),
];

pub(super) const GROUPS_OF: &[Column] = &[
    column("NAME", "name", Claim::new(24, 36, 0).growing(), name),
    column("TYPE", "type", Claim::new(8, 8, 2), group_type),
    number("MEMBERS", "users", Claim::new(7, 9, 1), members),
    moment("SEEN SINCE", "", Claim::new(10, 16, 3), since),
    column(
        "DESCRIPTION",
        "description",
        Claim::new(12, 30, 4).growing(),
        description,
    ),
];

pub(super) const APPS: &[Column] = &[
    column("LABEL", "label", Claim::new(20, 32, 0).growing(), name),
    column("STATUS", "status", Claim::new(8, 8, 2), app_status),
    column("SIGN-ON", "signOn", Claim::new(14, 15, 3), sign_on),
    number("USERS", "users", Claim::new(6, 8, 1), user_count),
    number("GROUPS", "groups", Claim::new(6, 6, 4), group_count),
    number("PROV", "", Claim::new(4, 4, 6), features),
    moment("UPDATED", "lastUpdated", Claim::new(10, 16, 5), updated),
];

pub(super) const APPS_OF_USER: &[Column] = &[
    column("LABEL", "label", Claim::new(20, 28, 0).growing(), name),
    column("PATH", "", Claim::new(14, 30, 1).growing(), path_cell),
    column("STATUS", "status", Claim::new(8, 8, 3), app_status),
    column("NAME IN APP", "", Claim::new(11, 24, 2), account),
    column("ACCOUNT", "", Claim::new(9, 12, 4), account_status),
    column("SYNC", "", Claim::new(12, 14, 5), sync_state),
];

fn none() -> Cell {
    Cell::plain(format::NONE)
}

fn name(row: &AnyRow, theme: Theme) -> Cell {
    let style = if archived(row).is_some() {
        theme.quiet()
    } else {
        theme.text()
    };
    Cell::styled(super::name(row), style)
}

fn login(row: &AnyRow, theme: Theme) -> Cell {
    name(row, theme)
}

fn full_name(row: &AnyRow, _: Theme) -> Cell {
    match row {
        AnyRow::User(row) => Cell::plain(row.value.display_name()),
        _ => none(),
    }
}

fn status(row: &AnyRow, theme: Theme) -> Cell {
    match row {
        AnyRow::User(user) if user.archived.is_some() => Cell::styled("archived", theme.quiet()),
        AnyRow::User(user) => Cell::styled(
            user.value.status.word(),
            theme.user_status(&user.value.status),
        ),
        _ => none(),
    }
}

fn department(row: &AnyRow, _: Theme) -> Cell {
    match row {
        AnyRow::User(row) => Cell::plain(format::maybe(row.value.department.as_ref())),
        _ => none(),
    }
}

fn title(row: &AnyRow, _: Theme) -> Cell {
    match row {
        AnyRow::User(row) => Cell::plain(format::maybe(row.value.title.as_ref())),
        _ => none(),
    }
}

fn last_login(row: &AnyRow, _: Theme) -> Cell {
    match row {
        AnyRow::User(row) => Cell::plain(format::maybe_minute(row.value.last_login)),
        _ => none(),
    }
}

fn updated(row: &AnyRow, _: Theme) -> Cell {
    let time = match row {
        AnyRow::User(row) => row.value.last_updated,
        AnyRow::Group(row) => row.value.last_updated,
        AnyRow::App(row) => row.value.last_updated,
    };
    Cell::plain(format::maybe_minute(time))
}

fn since(row: &AnyRow, _: Theme) -> Cell {
    let since = via(row).and_then(|via| via.since);
    Cell::plain(since.map_or_else(|| format::UNKNOWN.to_owned(), format::minute))
}

fn path_cell(row: &AnyRow, _: Theme) -> Cell {
    Cell::plain(path(via(row)))
}

fn account(row: &AnyRow, _: Theme) -> Cell {
    let assignment = via(row).and_then(|via| via.assignment.as_ref());
    Cell::plain(assignment.map_or(format::UNKNOWN, |a| format::maybe(a.user_name.as_ref())))
}

fn account_status(row: &AnyRow, _: Theme) -> Cell {
    let assignment = via(row).and_then(|via| via.assignment.as_ref());
    Cell::plain(assignment.map_or(format::UNKNOWN, |a| a.status.as_str()))
}

fn sync_state(row: &AnyRow, theme: Theme) -> Cell {
    let assignment = via(row).and_then(|via| via.assignment.as_ref());
    let state = assignment.map_or(format::UNKNOWN, |a| format::maybe(a.sync_state.as_ref()));
    let style = if state == "ERROR" {
        theme.error()
    } else {
        theme.text()
    };
    Cell::styled(state, style)
}

fn group_type(row: &AnyRow, theme: Theme) -> Cell {
    match row {
        AnyRow::Group(group) if group.archived.is_some() => Cell::styled("archived", theme.quiet()),
        AnyRow::Group(group) => Cell::plain(format::group_type(&group.value.kind)),
        _ => none(),
    }
}

fn description(row: &AnyRow, theme: Theme) -> Cell {
    match row {
        AnyRow::Group(row) => {
            Cell::styled(format::maybe(row.value.description.as_ref()), theme.quiet())
        }
        _ => none(),
    }
}

fn members_changed(row: &AnyRow, _: Theme) -> Cell {
    match row {
        AnyRow::Group(row) => Cell::plain(format::maybe_minute(row.value.last_membership_updated)),
        _ => none(),
    }
}

fn members(row: &AnyRow, _: Theme) -> Cell {
    Cell::plain(format::maybe_count(related(row).users))
}

fn user_count(row: &AnyRow, theme: Theme) -> Cell {
    members(row, theme)
}

fn group_count(row: &AnyRow, _: Theme) -> Cell {
    Cell::plain(format::maybe_count(related(row).groups))
}

fn app_count(row: &AnyRow, _: Theme) -> Cell {
    Cell::plain(format::maybe_count(related(row).apps))
}

fn app_status(row: &AnyRow, theme: Theme) -> Cell {
    match row {
        AnyRow::App(app) if app.archived.is_some() => Cell::styled("archived", theme.quiet()),
        AnyRow::App(app) => {
            let style = match app.value.status {
                AppStatus::Active => theme.good(),
                _ => theme.quiet(),
            };
            Cell::styled(app.value.status.word(), style)
        }
        _ => none(),
    }
}

fn sign_on(row: &AnyRow, _: Theme) -> Cell {
    match row {
        AnyRow::App(row) => Cell::plain(format::sign_on(row.value.sign_on_mode.as_ref())),
        _ => none(),
    }
}

fn features(row: &AnyRow, _: Theme) -> Cell {
    match row {
        AnyRow::App(row) if row.value.features.is_empty() => none(),
        AnyRow::App(row) => Cell::plain(format::count_len(row.value.features.len())),
        _ => none(),
    }
}
