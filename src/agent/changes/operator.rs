//! Who asks. Only processes of the agent's own user are heard, so it is that user.

use std::collections::BTreeMap;

use crate::action::plan::Operator;
use crate::domain::id::UserId;
use crate::domain::text::SafeText;

/// Where the system lists its users.
const USERS: &str = "/etc/passwd";

/// The user that this process belongs to. Their name is the system's word, not that of the environment, which anybody can set.
/// The account is what the machine's policy says it is.
pub(super) fn own(accounts: &BTreeMap<String, UserId>) -> Operator {
    let uid = rustix::process::geteuid().as_raw();
    let list = std::fs::read_to_string(USERS).unwrap_or_default();
    let name = name_of(uid, &list);
    Operator {
        uid,
        account: name.as_deref().and_then(|name| accounts.get(name)).cloned(),
        name,
    }
}

fn name_of(uid: u32, list: &str) -> Option<SafeText> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let is_it = fields.nth(1)?.parse() == Ok(uid);
        is_it.then(|| SafeText::new(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_systems() {
        let list = "root:x:0:0::/root:/bin/sh\nana:x:1000:1000:Ana:/home/ana:/bin/sh\nbad\n";
        assert_eq!(name_of(1000, list).as_deref(), Some("ana"));
        assert_eq!(name_of(1, list), None);
    }
}
