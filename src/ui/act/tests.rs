//! The menu of changes: its keys, its reasons, and what becomes of its lines.

use super::*;
use crate::domain::change::{Holder, Role};
use crate::domain::entry::Subject;

fn user(status: &str) -> Who {
    let subject = Subject::Object(ObjectId::User("00u1".parse().unwrap()));
    let mut who = Who::named(subject, "ana@acme.com", "");
    who.facts.put("user.status", status);
    who
}

fn line_of(who: &Who, key: char) -> Line {
    let lines = lines(who);
    *lines.iter().find(|line| line.key == key).unwrap()
}

fn object(kind: char) -> Who {
    let id = match kind {
        'u' => ObjectId::User("00u1".parse().unwrap()),
        'g' => ObjectId::Group("00g1".parse().unwrap()),
        _ => ObjectId::App("0oa1".parse().unwrap()),
    };
    Who::named(Subject::Object(id), "x", "")
}

#[test]
fn no_two_lines_of_a_menu_have_the_same_key() {
    for kind in ['u', 'g', 'a'] {
        let mut keys = std::collections::HashSet::new();
        for line in lines(&object(kind)) {
            assert!(keys.insert(line.key), "{kind}: {}", line.key);
            if let Needs::Choice(ways) = line.needs {
                let ways: std::collections::HashSet<char> =
                    ways.iter().map(|way| way.key).collect();
                assert!(ways.len() > 1, "{}", line.name);
            }
        }
    }
}

#[test]
fn what_does_not_fit_the_state_says_why() {
    let locked = user("LOCKED_OUT");
    let why = |who: &Who, key| why_not(&line_of(who, key), std::slice::from_ref(who));
    assert_eq!(why(&locked, 'u'), None);
    assert!(why(&locked, 's').unwrap().contains("it is LOCKED_OUT"));
    let active = user("ACTIVE");
    assert_eq!(why(&active, 'u').as_deref(), Some("it is so already"));
    assert_eq!(why(&active, 's'), None);
    assert_eq!(why(&active, 'k'), None, "sessions can be ended at least");
    let both = [locked.clone(), active];
    let suspend = line_of(&locked, 's');
    assert_eq!(why_not(&suspend, &both), None);
    assert_eq!(fitting(&suspend, &both), 1);
    assert_eq!(why(&user("DEPROVISIONED"), 'D'), None);
    let unknown = object('u');
    assert_eq!(why(&unknown, 'u'), None, "the agent will know");
}

/// Every line makes a change of what it is told, for every kind of thing.
#[test]
fn every_line_makes_a_change() {
    for kind in ['u', 'g', 'a'] {
        let who = object(kind);
        for line in lines(&who) {
            let acts: Vec<Act> = match line.needs {
                Needs::Choice(ways) => ways.iter().map(|way| way.act).collect(),
                _ => vec![line.act],
            };
            for act in acts {
                let given = sample(line.needs, &who);
                let made = changes(act, &who, &given);
                assert!(made.is_ok_and(|made| !made.is_empty()), "{}", line.name);
            }
        }
    }
}

#[test]
fn the_list_that_a_row_stands_in_is_not_asked_for() {
    let mut member = user("ACTIVE");
    member.within = Some(ObjectId::Group("00g7".parse().unwrap()));
    let line = line_of(&member, 'G');
    assert_eq!(line.needs, Needs::Nothing);
    let made = changes(line.act, &member, &Given::Nothing).unwrap();
    let out = Change::RemoveMember {
        group: "00g7".parse().unwrap(),
        user: "00u1".parse().unwrap(),
    };
    assert_eq!(made, [out]);
    assert_eq!(line_of(&member, 'g').needs, Needs::Group, "another one");
}

#[test]
fn roles_and_profiles_are_typed_as_they_are_called() {
    let who = user("ACTIVE");
    let made = |act, text: &str| changes(act, &who, &Given::Text(text.to_owned()));
    let grant = Change::GrantRole {
        holder: Holder::User("00u1".parse().unwrap()),
        role: Role::Standard("HELP_DESK_ADMIN".into()),
    };
    assert_eq!(made(Act::GrantRole, "help_desk_admin"), Ok(vec![grant]));
    let edited = made(Act::UpdateUser, "title=AP Clerk; level:=3; nickName=");
    let Ok([Change::UpdateUser { fields, .. }]) = edited.as_deref() else {
        panic!("it is a profile");
    };
    let told: Vec<_> = fields
        .iter()
        .map(|edit| (&*edit.name, edit.after.clone()))
        .collect();
    let expected = [
        ("title", Some("AP Clerk".into())),
        ("level", Some(3.into())),
        ("nickName", None),
    ];
    assert_eq!(told, expected);
    assert!(made(Act::UpdateUser, "no value").is_err());
    assert!(made(Act::UpdateUser, "a b=c").is_err());
    assert!(made(Act::CreateUser, "email=x").is_err(), "no login");
    assert!(made(Act::RevokeTokens, "  ").is_err());
}
