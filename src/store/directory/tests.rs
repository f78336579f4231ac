//! Tests of what a reader does whose picture is not there, or never the right one, and of what is kept for the next window.

use super::*;
use crate::domain::group::GroupType;
use crate::domain::text::RawJson;
use crate::store::Store;

/// The first picture was drawn while somebody read: it was taken for damaged, and everything was made out of records.
#[test]
fn a_lack_of_pictures_is_looked_at_twice() {
    let store = Store::in_memory().unwrap();
    let before = *store.revisions().borrow();
    let mut tries = 0;
    let read = store.directory.read(|_| {
        tries += 1;
        if tries == 1 {
            return Err(Fault::damaged("there is none").in_picture());
        }
        Ok(())
    });
    assert!(read.is_ok());
    assert_eq!(tries, 2);
    assert_eq!(*store.revisions().borrow(), before, "the model is the same");
}

/// It ended in an error of the disk, and so did every question after it.
#[test]
fn a_picture_that_never_fits_is_done_without() {
    let store = Store::in_memory().unwrap();
    let before = *store.revisions().borrow();
    let read = store.directory.read(|_| {
        let is_made_anew = *store.revisions().borrow() != before;
        is_made_anew.then_some(()).ok_or(Fault::Moved)
    });
    assert!(read.is_ok());
}

/// What no other reading mends is an error all the same.
#[test]
fn what_moves_without_pictures_too_is_told() {
    let store = Store::in_memory().unwrap();
    let read = store.directory.read(|_| Err::<(), _>(Fault::Moved));
    assert!(read.is_err());
}

fn moment(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn groups(names: &[&str], secs: i64) -> DirectoryOp {
    let group = |(n, name): (usize, &&str)| {
        let id = format!("00g{n}");
        let json = format!(r#"{{"id":"{id}","profile":{{"name":"{name}"}}}}"#);
        let group = Group {
            id: id.parse().unwrap(),
            kind: GroupType::Okta,
            name: (*name).into(),
            description: None,
            created: None,
            last_updated: None,
            last_membership_updated: None,
            stats: None,
        };
        (group, RawJson::new(json))
    };
    DirectoryOp::Groups {
        run: None,
        items: names.iter().enumerate().map(group).collect(),
        at: moment(secs),
    }
}

/// Each of forty windows of a list as of then went through the history of 20,000 users: two minutes for one list.
#[tokio::test]
async fn a_list_of_the_past_is_made_out_for_its_first_window_alone() {
    let store = Store::in_memory().unwrap();
    let directory = &store.directory;
    for (names, secs) in [(["b", "c", "d"], 0), (["x", "c", "a"], 10)] {
        directory.apply(groups(&names, secs)).await.unwrap();
    }
    let query = ListQuery {
        as_of: Some(moment(5)),
        limit: 2,
        ..ListQuery::default()
    };
    let names = |offset| {
        let query = ListQuery {
            offset,
            ..query.clone()
        };
        let window = directory.groups(&query, moment(20)).unwrap();
        assert_eq!((window.matched, window.total), (3, 3));
        let names = window.rows.iter().map(|row| row.value.name.to_string());
        names.collect::<Vec<_>>()
    };
    let is_kept = || {
        let (model, lists) = (directory.shared(), &directory.0.past_lists);
        let asked = past::list::Asked::of::<Group>(&query, moment(5), moment(20)).unwrap();
        let make = || Err(Fault::Moved);
        lists
            .had(&asked.key::<Group>(), lists.stamp(model.moves()), make)
            .is_ok()
    };
    assert!(!is_kept());
    assert_eq!(names(0), ["b", "c"]);
    assert!(is_kept());
    assert_eq!(names(2), ["c", "d"]);
    // What changes may have been before.
    directory.apply(groups(&["y"], 15)).await.unwrap();
    assert!(!is_kept());
    assert_eq!(names(1), ["c", "d"]);
}
