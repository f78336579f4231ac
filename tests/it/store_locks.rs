//! Nobody who waits for the disk keeps anybody from the mirror.

use oktop::domain::application::AssignmentScope;
use oktop::domain::entry::{EntryKind, EntryQuery};
use oktop::domain::id::ObjectId;
use oktop::domain::query::{ListQuery, Scope};
use oktop::store::{Directory, DirectoryOp, Store};

use crate::store_fixtures::{
    aid, app, app_user, apply, at, complete, gid, group, uid, user, user_with,
};

fn fill(store: &Store) {
    let assigned = (0..3).map(|n| app_user(n, AssignmentScope::User, None));
    apply(
        store,
        vec![
            DirectoryOp::Users {
                run: None,
                items: (0..20).map(user).collect(),
                at: at(0),
            },
            DirectoryOp::Groups {
                run: None,
                items: (0..5).map(|n| group(n, None)).collect(),
                at: at(0),
            },
            DirectoryOp::Apps {
                run: None,
                items: (0..3).map(app).collect(),
                at: at(0),
            },
            DirectoryOp::Members {
                group: gid(1),
                users: complete((0..4).map(uid)),
                at: at(0),
                evidence: None,
            },
            DirectoryOp::AppUsers {
                app: aid(1),
                users: complete(assigned).into(),
                at: at(0),
            },
            DirectoryOp::Groups {
                run: None,
                items: vec![(group(1, None).0, group(2, None).1)],
                at: at(10),
            },
            DirectoryOp::Users {
                run: None,
                items: vec![user_with(1, |user| user.title = Some("Lead".into()))],
                at: at(10),
            },
        ],
    );
}

fn window(scope: Scope, as_of: Option<i64>) -> ListQuery {
    ListQuery {
        scope,
        limit: 10,
        with_raw: true,
        as_of: as_of.map(at),
        ..ListQuery::default()
    }
}

/// Every question that needs the model and the disk. Builds with debug assertions end when one waits for the disk with the model.
fn ask_everything(directory: &Directory) {
    let now = at(100);
    for as_of in [None, Some(5)] {
        let asked = |scope| window(scope, as_of);
        directory.users(&asked(Scope::All), now).unwrap();
        directory.users(&asked(Scope::OfApp(aid(1))), now).unwrap();
        directory.groups(&asked(Scope::All), now).unwrap();
        let of_user = asked(Scope::OfUser(uid(1)));
        assert_eq!(directory.groups(&of_user, now).unwrap().matched, 1);
        assert_eq!(directory.apps(&of_user, now).unwrap().matched, 1);
        let zones = EntryQuery {
            as_of: as_of.map(at),
            with_raw: true,
            ..EntryQuery::of(EntryKind::Zone, 10)
        };
        directory.entries(&zones, now).unwrap();
    }
    let of_group = directory.membership_history_of_group(&gid(1)).unwrap();
    assert_eq!(of_group.len(), 4);
    let of_user = directory.membership_history_of_user(&uid(1)).unwrap();
    assert_eq!(of_user.len(), 1);
    directory.object(&ObjectId::Group(gid(1))).unwrap();
    assert!(!directory.changes(at(1), now, None, 50).unwrap().is_empty());
    let then = directory.as_of(at(5));
    assert_eq!(then.members(&gid(1)).unwrap().len(), 4);
    assert_eq!(then.app_users(&aid(1)).unwrap().len(), 3);
    assert_eq!(then.apps_of_user(&uid(1)).unwrap().len(), 1);
    assert_eq!(then.entries(EntryKind::Zone).unwrap(), []);
}

#[test]
fn no_question_waits_for_the_disk_with_the_model() {
    let store = Store::in_memory().unwrap();
    fill(&store);
    ask_everything(&store.directory);
}
