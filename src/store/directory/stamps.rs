//! Which fields of an object only tell when others of it changed. Beside such a change they are no news of their own; they date it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::history::FieldChange;

const OF_ANYTHING: &str = "lastUpdated";
const OF_STATUS: &str = "statusChanged";
const OF_PASSWORD: &str = "passwordChanged";
/// The fields that Okta dates by a stamp of their own.
const DATED: [(&str, &str); 6] = [
    ("status", OF_STATUS),
    ("transitioningToStatus", OF_STATUS),
    ("activated", OF_STATUS),
    (OF_STATUS, OF_STATUS),
    ("credentials.", OF_PASSWORD),
    (OF_PASSWORD, OF_PASSWORD),
];

/// Whether the change of this field says nothing beside the others that one reading found.
pub(super) fn is_explained(change: &FieldChange, all: &[FieldChange]) -> bool {
    let mut others = all.iter().filter(|other| other.field != change.field);
    match change.field.as_str() {
        OF_ANYTHING => others.next().is_some(),
        OF_STATUS => {
            others.any(|other| other.field.as_str() != OF_ANYTHING && stamp_of(other).is_some())
        }
        _ => false,
    }
}

/// When a field changed by the object's own account.
pub(super) fn stamped(change: &FieldChange, all: &[FieldChange]) -> Option<Timestamp> {
    let own = stamp_of(change).and_then(|stamp| moment(stamp, all));
    own.or_else(|| moment(OF_ANYTHING, all))
}

/// The moments that the stamps among what one reading found tell, each once.
pub(super) fn moments(all: &[FieldChange]) -> impl Iterator<Item = Timestamp> {
    let stamps = [OF_ANYTHING, OF_STATUS, OF_PASSWORD];
    let found: BTreeSet<Timestamp> = stamps
        .iter()
        .filter_map(|stamp| moment(stamp, all))
        .collect();
    found.into_iter()
}

/// The stamp of its own that dates a field.
fn stamp_of(change: &FieldChange) -> Option<&'static str> {
    let mut dated = DATED.iter();
    let found = dated.find(|(field, _)| match field.strip_suffix('.') {
        Some(_) => change.field.starts_with(field),
        None => *change.field == **field,
    });
    found.map(|(_, stamp)| *stamp)
}

fn moment(stamp: &str, all: &[FieldChange]) -> Option<Timestamp> {
    let change = all.iter().find(|change| *change.field == *stamp)?;
    change.after.as_ref()?.trim_matches('"').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(fields: &[(&str, &str)]) -> Vec<FieldChange> {
        let one = |(field, after): &(&str, &str)| FieldChange {
            at: Timestamp::UNIX_EPOCH,
            field: (*field).into(),
            before: None,
            after: Some(format!("\"{after}\"").into()),
        };
        fields.iter().map(one).collect()
    }

    #[test]
    fn a_stamp_beside_what_it_dates_is_no_row_of_its_own() {
        for (fields, told) in [
            (
                &["status", "statusChanged", "lastUpdated"][..],
                &["status"][..],
            ),
            (&["passwordChanged", "lastUpdated"], &["passwordChanged"]),
            (
                &["passwordChanged", "statusChanged", "lastUpdated"],
                &["passwordChanged"],
            ),
            (&["profile.title", "lastUpdated"], &["profile.title"]),
            (
                &["profile.title", "statusChanged"],
                &["profile.title", "statusChanged"],
            ),
            (&["statusChanged", "lastUpdated"], &["statusChanged"]),
            (&["lastUpdated"], &["lastUpdated"]),
        ] {
            let all: Vec<_> = fields.iter().map(|field| (*field, "")).collect();
            let all = changes(&all);
            let rest = all.iter().filter(|one| !is_explained(one, &all));
            let rest: Vec<&str> = rest.map(|one| one.field.as_str()).collect();
            assert_eq!(rest, told);
        }
    }

    #[test]
    fn a_change_is_dated_by_its_own_stamp_and_else_by_the_last_update() {
        let at = |n: u32| format!("2026-11-22T10:00:0{n}.000Z");
        let all = changes(&[
            ("status", "SUSPENDED"),
            ("profile.title", "Lead"),
            ("statusChanged", &at(1)),
            ("lastUpdated", &at(2)),
        ]);
        let of = |n: usize| stamped(&all[n], &all).map(|at| at.as_second() % 10);
        assert_eq!((of(0), of(1)), (Some(1), Some(2)));
        let undated = changes(&[("profile.title", "Lead")]);
        assert_eq!(stamped(&undated[0], &undated), None);
    }
}
