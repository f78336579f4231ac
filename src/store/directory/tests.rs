//! Tests of what a reader does whose picture is not there, or never the right one.

use super::*;
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
