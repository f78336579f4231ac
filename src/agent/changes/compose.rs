//! Ready plans, composed of what the mirror has of somebody, of the factors that Okta lists now, and of what the log tells that they did.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::world;
use crate::access::{self, Goal, Path, PathKind, Question, Why};
use crate::action::ready::{
    Around, Deed, Had, HeldGroup, HeldRole, Model, PERSISTENCE, Person, Ready, contain, deed,
    offboard, onboard,
};
use crate::agent::engine::Engine;
use crate::agent::problem;
use crate::agent::view::View;
use crate::domain::change::Role;
use crate::domain::entry::{Entry, EntryKind, EntryQuery, Subject};
use crate::domain::factor::Factor;
use crate::domain::group::GroupType;
use crate::domain::id::{AppId, FactorId, GroupId, ObjectId, UserId};
use crate::domain::query::{EventAnchor, EventQuery};
use crate::domain::resource::Resource;
use crate::domain::text::SafeText;
use crate::domain::time::format_okta;
use crate::msg::queue::{Onboarding, Recipe};
use crate::msg::{Answer, Problem};
use crate::store::{DetailRow, Store};

/// Entries of a kind that one user has, at most.
const MOST_ENTRIES: usize = 1_000;
/// Deeds that are gone through, at most.
const MOST_DEEDS: usize = 500;

impl Engine {
    /// What a ready plan would do.
    pub(super) async fn compose(&self, recipe: Recipe) -> Result<Ready, Problem> {
        match recipe {
            Recipe::Contain { user, since } => {
                let person = self.person(user, since).await?;
                Ok(contain(&person, since))
            }
            Recipe::Offboard { user } => Ok(offboard(&self.person(user, None).await?)),
            Recipe::Onboard(wanted) => self.onboarding(wanted).await,
        }
    }

    async fn onboarding(&self, wanted: Onboarding) -> Result<Ready, Problem> {
        if wanted.newcomers.is_empty() {
            return Err(problem::refused("nobody is named who comes"));
        }
        let mut model = match wanted.like {
            Some(user) => Model::like(&self.person(user, None).await?),
            None => Model::default(),
        };
        for group in wanted.groups {
            let name = self.named(&ObjectId::Group(group.clone()))?;
            model.groups.push((group, name));
        }
        for app in wanted.apps {
            let name = self.named(&ObjectId::App(app.clone()))?;
            model.apps.push((app, name));
        }
        model.profile = wanted.profile;
        model.activate = wanted.activate;
        Ok(onboard(&wanted.newcomers, &model))
    }

    fn named(&self, id: &ObjectId) -> Result<SafeText, Problem> {
        let name = self.store.directory.name(id);
        let name = name.map_err(|error| problem::of_store(&error))?;
        Ok(name.unwrap_or_else(|| id.as_str().into()))
    }

    /// All that a user has, and what they did since a moment.
    async fn person(&self, user: UserId, since: Option<Timestamp>) -> Result<Person, Problem> {
        let (factors, unread) = match self.factors(user.clone()).await {
            Ok(Answer::Factors { factors, .. }) => (factors, None),
            Ok(_) => (Vec::new(), None),
            Err(problem) => (Vec::new(), Some(problem.summary)),
        };
        let troubles = self.troubles();
        let (store, now) = (self.store.clone(), self.clock.now());
        let admin_groups = world::admin_groups(self);
        let gathered = tokio::task::spawn_blocking(move || {
            let view = View::new(&store, None, now, troubles);
            let gathering = Gathering {
                store: &store,
                view: &view,
                user: &user,
                admin_groups: admin_groups.as_ref(),
                now,
            };
            gathering.person(since)
        });
        let mut person = gathered.await.map_err(|_| problem::ending())??;
        person.factors = factors.into_iter().map(factor).collect();
        person
            .gaps
            .extend(unread.map(|why| format!("its factors could not be read: {why}")));
        Ok(person)
    }
}

fn factor(factor: Factor) -> Had<FactorId> {
    let name = match &factor.detail {
        Some(detail) => format!("{} {detail}", factor.kind),
        None => factor.kind.to_string(),
    };
    Had {
        what: factor.id,
        name: SafeText::new(&name),
        since: factor.created,
        by: None,
    }
}

/// What a person is gathered from.
struct Gathering<'a> {
    store: &'a Store,
    view: &'a View<'a>,
    user: &'a UserId,
    admin_groups: Option<&'a BTreeSet<String>>,
    now: Timestamp,
}

impl Gathering<'_> {
    fn person(&self, since: Option<Timestamp>) -> Result<Person, Problem> {
        let (login, status) = self.account()?;
        let all = self.everything()?;
        let mut gaps: Vec<String> = all.gaps.iter().map(ToString::to_string).collect();
        if self.admin_groups.is_none() {
            gaps.push("which groups give admin roles is not known".to_owned());
        }
        let mut person = Person {
            user: self.user.clone(),
            login,
            status,
            factors: Vec::new(),
            tokens: self.entries(EntryKind::ApiToken, Resource::ApiTokens, &mut gaps)?,
            devices: self.entries(EntryKind::Device, Resource::Devices, &mut gaps)?,
            roles: self.roles(&all.rows),
            groups: Vec::new(),
            apps: Vec::new(),
            deeds: self.deeds(since, &mut gaps)?,
            gaps: Vec::new(),
        };
        person.gaps = gaps;
        for (goal, why) in &all.rows {
            match goal {
                Goal::Group(group) => person.groups.extend(self.group(group, why)),
                Goal::App(app) => person.apps.extend(direct(app, why)),
                Goal::Role(_) => {}
            }
        }
        Ok(person)
    }

    fn account(&self) -> Result<(SafeText, Option<SafeText>), Problem> {
        let found = self.login_and_status(self.user)?;
        let (login, status) = found.ok_or_else(|| problem::not_found(self.user.as_str()))?;
        Ok((login, Some(status)))
    }

    /// `None` for a user whom the mirror has not got.
    fn login_and_status(&self, user: &UserId) -> Result<Option<(SafeText, SafeText)>, Problem> {
        let id = ObjectId::User(user.clone());
        let detail = self.store.directory.object(&id);
        let detail = detail.map_err(|error| problem::of_store(&error))?;
        Ok(detail.and_then(|detail| match detail.row {
            DetailRow::User(row) => Some((row.value.login, SafeText::new(row.value.status.word()))),
            _ => None,
        }))
    }

    fn everything(&self) -> Result<access::Everything, Problem> {
        let question = Question::Everything {
            user: self.user.clone(),
        };
        match access::answer(self.view, &question) {
            Ok(access::Answer::Everything(all)) => Ok(all),
            Ok(_) => Err(problem::not_found(self.user.as_str())),
            Err(error) => Err(problem::of_query(error)),
        }
    }

    /// What of a kind belongs to the user.
    fn entries(
        &self,
        kind: EntryKind,
        resource: Resource,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<Had<crate::domain::entry::EntryId>>, Problem> {
        if self.store.directory.complete_at(resource).is_none() {
            gaps.push(format!("{resource}: not read from Okta yet"));
        }
        let query = EntryQuery {
            about: Some(Subject::Object(ObjectId::User(self.user.clone()))),
            ..EntryQuery::of(kind, MOST_ENTRIES)
        };
        let found = self.store.directory.entries(&query, self.now);
        let found = found.map_err(problem::of_query)?;
        let had = |entry: Entry| Had {
            what: entry.key.id,
            name: entry.name,
            since: entry.created,
            by: None,
        };
        Ok(found.rows.into_iter().map(|row| had(row.entry)).collect())
    }

    /// Admin roles that the user has themselves.
    fn roles(&self, rows: &[(Goal, Why)]) -> Vec<Had<HeldRole>> {
        let parent = self.user.as_str().parse().ok();
        let entries = self
            .store
            .directory
            .entries_below(EntryKind::UserRole, parent.as_ref());
        let own = entries.into_iter().filter(|entry| {
            entry
                .fact("assignmentType")
                .is_some_and(|kind| **kind == *"USER")
        });
        own.filter_map(|entry| {
            let role = role_of(&entry)?;
            let paths = rows.iter().filter_map(|(goal, why)| match goal {
                Goal::Role(id) if id.as_str() == name_of(&role) => Some(&why.paths),
                _ => None,
            });
            let direct = paths.flatten().find(|path| !path.is_through_group());
            let (since, by) = beginning(direct);
            Some(Had {
                name: entry.name.clone(),
                since: entry.created.or(since),
                by,
                what: HeldRole {
                    role,
                    assignment: entry.key.id.clone(),
                },
            })
        })
        .collect()
    }

    /// A group that the user is in, without those that Okta keeps itself.
    fn group(&self, group: &GroupId, why: &Why) -> Option<Had<HeldGroup>> {
        let kind = self.store.directory.group_type(group);
        // Nobody is put into those: everybody is in one, admins in the other as long as they have roles.
        if kind == Some(GroupType::BuiltIn) {
            return None;
        }
        let path = why.paths.first();
        let (since, by) = beginning(path);
        let by_rule = why
            .paths
            .iter()
            .find(|path| path.kind == PathKind::GroupRule);
        let rule = by_rule.map(|path| match path.steps.first() {
            Some(step) => step.to.name.clone(),
            None => SafeText::from("of a group"),
        });
        let gives_roles = self
            .admin_groups
            .is_some_and(|groups| groups.contains(group.as_str()));
        Some(Had {
            what: HeldGroup {
                group: group.clone(),
                gives_roles,
                rule,
                kept: kept(kind.as_ref()),
            },
            name: why.goal.clone(),
            since,
            by,
        })
    }

    /// What the user did since a moment that outlives the account.
    fn deeds(
        &self,
        since: Option<Timestamp>,
        gaps: &mut Vec<String>,
    ) -> Result<Vec<Deed>, Problem> {
        let Some(since) = since else {
            return Ok(Vec::new());
        };
        let types: Vec<String> = PERSISTENCE.map(|kind| format!("type:{kind}")).to_vec();
        let query = EventQuery {
            filter: format!("actorId={} ({})", self.user, types.join(" or ")),
            anchor: EventAnchor::Oldest,
            since: Some(since),
            limit: MOST_DEEDS,
            ..EventQuery::default()
        };
        let rows = self.store.events.window(&query, self.now);
        let rows = rows.map_err(problem::of_query)?.rows;
        let gives_roles = |group: &str| self.admin_groups.is_none_or(|all| all.contains(group));
        let status = |user: &UserId| Some(self.login_and_status(user).ok()??.1);
        let around = Around {
            gives_roles: &gives_roles,
            status: &status,
        };
        gaps.extend(untold(
            since,
            self.store.events.summary().oldest,
            rows.len(),
        ));
        let deeds = rows.iter().filter_map(|row| deed(&row.event, around));
        Ok(deeds.collect())
    }
}

/// What the stored log does not tell of deeds since a moment: `oldest` is where it begins, and so many of them were `read`.
fn untold(since: Timestamp, oldest: Option<Timestamp>, read: usize) -> Vec<String> {
    let mut gaps = Vec::new();
    match oldest {
        None => gaps.push("no log is stored: what the account did is not known".to_owned()),
        Some(oldest) if oldest > since => gaps.push(format!(
            "the stored log begins {}: what the account did before is not known",
            format_okta(oldest)
        )),
        Some(_) => {}
    }
    if read >= MOST_DEEDS {
        gaps.push(format!(
            "only the first {MOST_DEEDS} things that the account did were looked at"
        ));
    }
    gaps
}

/// Since when a path stands, and who made it so.
fn beginning(path: Option<&Path>) -> (Option<Timestamp>, Option<SafeText>) {
    let since = path.and_then(Path::since);
    let by = path
        .and_then(Path::proof)
        .and_then(|proof| proof.by.clone());
    (since, by)
}

fn direct(app: &AppId, why: &Why) -> Option<Had<AppId>> {
    let path = why
        .paths
        .iter()
        .find(|path| path.kind == PathKind::Direct)?;
    let (since, by) = beginning(Some(path));
    Some(Had {
        what: app.clone(),
        name: why.goal.clone(),
        since,
        by,
    })
}

/// Why nobody can be taken out of a group of this type.
fn kept(kind: Option<&GroupType>) -> Option<&'static str> {
    match kind {
        Some(GroupType::App) => Some("an app keeps the group"),
        _ => None,
    }
}

fn role_of(entry: &Entry) -> Option<Role> {
    if let Some(resource_set) = entry.fact("resourceSet") {
        return Some(Role::Custom {
            role: entry.fact("role")?.parse().ok()?,
            resource_set: resource_set.parse().ok()?,
        });
    }
    let kind = entry.fact("type")?;
    Some(Role::Standard(kind.as_str().into()))
}

/// What names a role among those that somebody has.
fn name_of(role: &Role) -> &str {
    match role {
        Role::Standard(kind) => kind,
        Role::Custom { role, .. } => role.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_log_cannot_tell_of_an_account_is_said() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let since = at("2026-11-22T14:00:00Z");
        let begins = |oldest: &str, read| untold(since, Some(at(oldest)), read);
        assert!(begins("2026-11-22T13:00:00Z", MOST_DEEDS - 1).is_empty());
        let late = begins("2026-11-22T15:00:00Z", 0);
        assert!(late[0].contains("begins 2026-11-22T15:00:00"), "{late:?}");
        let many = begins("2026-11-22T13:00:00Z", MOST_DEEDS);
        assert!(many[0].contains("only the first 500"), "{many:?}");
        assert!(untold(since, None, 0)[0].contains("no log is stored"));
    }
}
