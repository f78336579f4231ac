//! What a change rests on, read from Okta by ids and never by a search, which lags.
//!
//! What is not there is a fact (`user.gone`), what cannot be read is an error: nothing here takes the one for the other.

use http::header::ETAG;
use serde_json::Value;

use super::Reader;
use super::error::{Error, ErrorKind};
use super::link::Cursor;
use super::page::Page;
use crate::action::facts::{Facts, Look};
use crate::domain::change::{Change, Holder};
use crate::domain::entry::{EntryId, EntryKind};
use crate::domain::factor::Factor;
use crate::domain::id::{AppId, GroupId, UserId};
use crate::domain::text::SafeText;

/// Pages of a list that a look follows; a list that is longer is not complete, and nothing is said about it.
const MOST_PAGES: usize = 50;

/// What was read of the things that a change rests on.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The facts.
    pub facts: Facts,
    /// The object as Okta sent it, for those that go back as a whole.
    pub object: Option<Value>,
    /// Its entity tag, for those that are written only while it is as it was read.
    pub entity_tag: Option<SafeText>,
}

/// An object as it came.
struct Got {
    value: Value,
    entity_tag: Option<SafeText>,
}

impl Reader {
    /// Reads everything that `change` rests on.
    ///
    /// # Errors
    /// [`Error`] when any of it could not be read. That something is not there is no error.
    pub async fn look(&self, change: &Change) -> Result<Found, Error> {
        let mut found = Found::default();
        for look in Look::for_change(change) {
            self.look_at(&look, change, &mut found).await?;
        }
        Ok(found)
    }

    async fn look_at(&self, look: &Look, change: &Change, found: &mut Found) -> Result<(), Error> {
        let facts = &mut found.facts;
        match look {
            Look::Login(login) => {
                let taken = there(self.user_by_login(login).await)?.is_some();
                facts.put("login.taken", taken);
            }
            Look::User(id) => self.look_at_user(id, change, found).await?,
            Look::Factors(user) => {
                let factors: Page<Factor> = self.user_factors(user).await?;
                let any = !factors.items.is_empty() || !factors.bad.is_empty();
                facts.put("factors.any", any);
            }
            Look::Factor(user, factor) => {
                let path = [
                    "api",
                    "v1",
                    "users",
                    user.as_str(),
                    "factors",
                    factor.as_str(),
                ];
                let got = self.got("read a factor", &path).await?;
                facts.put("factor.there", got.is_some());
                if let Some(got) = got {
                    put_texts(facts, &got.value, &[("factor.factorType", "/factorType")]);
                }
            }
            Look::Grants(user) => {
                let path = ["api", "v1", "users", user.as_str(), "grants"];
                facts.put("grants.any", self.any("list a user's grants", &path).await?);
            }
            Look::Tokens(user, client) => {
                let path = [
                    "api",
                    "v1",
                    "users",
                    user.as_str(),
                    "clients",
                    client.as_str(),
                    "tokens",
                ];
                facts.put("tokens.any", self.any("list a user's tokens", &path).await?);
            }
            Look::GroupName(name) => {
                let taken = self.is_group_named(name).await?;
                facts.put("group.name_taken", taken);
            }
            Look::Group(id) => self.look_at_group(id, facts).await?,
            Look::Membership(group, user) => {
                facts.put("membership", self.is_member(group, user).await?);
            }
            Look::RulesOf(group) => facts.put("group.rules", self.rules_into(group).await?),
            Look::Rule(id) => {
                let path = ["api", "v1", "groups", "rules", id.as_str()];
                self.look_at_status("rule", "read a group rule", &path, facts)
                    .await?;
            }
            Look::App(id) => {
                let path = ["api", "v1", "apps", id.as_str()];
                self.look_at_status("app", "read an app", &path, facts)
                    .await?;
            }
            Look::AppUser(app, user) => self.look_at_app_user(app, user, facts).await?,
            Look::AppGroup(app, group) => {
                let path = ["api", "v1", "apps", app.as_str(), "groups", group.as_str()];
                let got = self.got("read how a group has an app", &path).await?;
                facts.put("app_group", got.is_some());
            }
            Look::Roles(holder) => self.look_at_roles(holder, facts).await?,
            Look::ApiToken(id) => {
                let path = ["api", "v1", "api-tokens", id.as_str()];
                let got = self.got("read an API token", &path).await?;
                facts.put("token.there", got.is_some());
                if let Some(got) = got {
                    put_texts(
                        facts,
                        &got.value,
                        &[("token.name", "/name"), ("token.userId", "/userId")],
                    );
                }
            }
            Look::ClientRoles(client) => {
                let path = ["oauth2", "v1", "clients", client.as_str(), "roles"];
                self.look_at_roles_below(&path, "client", facts).await?;
            }
            Look::Secret(client, secret) => {
                let path = [
                    "api",
                    "v1",
                    "apps",
                    client.as_str(),
                    "credentials",
                    "secrets",
                    secret.as_str(),
                ];
                self.look_at_status("secret", "read a client's secret", &path, facts)
                    .await?;
            }
            Look::Device(id) => {
                let path = ["api", "v1", "devices", id.as_str()];
                self.look_at_status("device", "read a device", &path, facts)
                    .await?;
            }
            Look::Idp(id) => {
                let path = ["api", "v1", "idps", id.as_str()];
                self.look_at_status("idp", "read an identity provider", &path, facts)
                    .await?;
            }
            Look::Zone(id) => self.look_at_zone(id, found).await?,
            Look::PolicyRule(policy, rule) => {
                let path = [
                    "api",
                    "v1",
                    "policies",
                    policy.as_str(),
                    "rules",
                    rule.as_str(),
                ];
                self.look_at_status("policy_rule", "read a rule of a policy", &path, facts)
                    .await?;
            }
            Look::Support => {
                let path = ["api", "v1", "org", "privacy", "oktaSupport"];
                if let Some(got) = self.got("read the access of Okta's support", &path).await? {
                    facts.put("support.enabled", got.value["support"] == "ENABLED");
                }
            }
        }
        Ok(())
    }

    /// One object; `None` when Okta says that there is none.
    async fn got(&self, operation: &'static str, path: &[&str]) -> Result<Option<Got>, Error> {
        let call = self.call(operation, path, &[])?;
        let Some(answer) = there(self.fetch(&call).await)? else {
            return Ok(None);
        };
        let tag = answer.headers.get(ETAG).and_then(|tag| tag.to_str().ok());
        let entity_tag = tag.map(SafeText::new);
        let value = answer
            .value()
            .map_err(|fault| answer.error(&call, ErrorKind::Decode(fault)))?;
        Ok(Some(Got { value, entity_tag }))
    }

    /// Whether a list has anything in it.
    async fn any(&self, operation: &'static str, path: &[&str]) -> Result<bool, Error> {
        let got = self.got(operation, path).await?;
        Ok(got.is_some_and(|got| got.value.as_array().is_some_and(|list| !list.is_empty())))
    }

    async fn look_at_status(
        &self,
        of: &str,
        operation: &'static str,
        path: &[&str],
        facts: &mut Facts,
    ) -> Result<(), Error> {
        let Some(got) = self.got(operation, path).await? else {
            facts.put(&format!("{of}.gone"), true);
            return Ok(());
        };
        put_text(facts, &format!("{of}.status"), &got.value["status"]);
        put_text(facts, &format!("{of}.name"), name_of(&got.value));
        Ok(())
    }

    async fn look_at_user(
        &self,
        id: &UserId,
        change: &Change,
        found: &mut Found,
    ) -> Result<(), Error> {
        let path = ["api", "v1", "users", id.as_str()];
        let Some(got) = self.got("read a user", &path).await? else {
            found.facts.put("user.gone", true);
            return Ok(());
        };
        // A deleted id may lead to another user by login only; an id that answers is the user itself.
        let facts = &mut found.facts;
        put_texts(
            facts,
            &got.value,
            &[
                ("user.status", "/status"),
                ("user.transitioningToStatus", "/transitioningToStatus"),
                ("user.profile.login", "/profile/login"),
                ("user.provider", "/credentials/provider/type"),
            ],
        );
        if let Change::UpdateUser { fields, .. } = change {
            for edit in fields {
                let is = &got.value["profile"][&*edit.name];
                if !is.is_null() {
                    facts.put(&format!("user.profile.{}", edit.name), is.clone());
                }
            }
            found.entity_tag = got.entity_tag;
        }
        Ok(())
    }

    async fn look_at_group(&self, id: &GroupId, facts: &mut Facts) -> Result<(), Error> {
        let path = ["api", "v1", "groups", id.as_str()];
        let Some(got) = self.got("read a group", &path).await? else {
            facts.put("group.gone", true);
            return Ok(());
        };
        put_texts(
            facts,
            &got.value,
            &[
                ("group.type", "/type"),
                ("group.profile.name", "/profile/name"),
                ("group.profile.description", "/profile/description"),
            ],
        );
        Ok(())
    }

    async fn look_at_app_user(
        &self,
        app: &AppId,
        user: &UserId,
        facts: &mut Facts,
    ) -> Result<(), Error> {
        let path = ["api", "v1", "apps", app.as_str(), "users", user.as_str()];
        let got = self.got("read how a user has an app", &path).await?;
        let scope = got.map_or(Value::Null, |got| got.value["scope"].clone());
        facts.put("app_user.scope", scope);
        Ok(())
    }

    async fn look_at_roles(&self, holder: &Holder, facts: &mut Facts) -> Result<(), Error> {
        let (kind, id) = match holder {
            Holder::User(user) => ("users", user.as_str()),
            Holder::Group(group) => ("groups", group.as_str()),
        };
        let path = ["api", "v1", kind, id, "roles"];
        self.look_at_roles_below(&path, "holder", facts).await
    }

    async fn look_at_roles_below(
        &self,
        path: &[&str],
        of: &str,
        facts: &mut Facts,
    ) -> Result<(), Error> {
        let Some(got) = self.got("list admin roles", path).await? else {
            facts.put(&format!("{of}.gone"), true);
            facts.put("roles.ids", Vec::<Value>::new());
            facts.put("roles.kinds", Vec::<Value>::new());
            return Ok(());
        };
        let list = got.value.as_array().cloned().unwrap_or_default();
        let ids: Vec<Value> = list.iter().map(|role| role["id"].clone()).collect();
        let kinds: Vec<Value> = list.iter().map(key_of_role).collect();
        facts.put("roles.ids", ids);
        facts.put("roles.kinds", kinds);
        Ok(())
    }

    async fn look_at_zone(&self, id: &EntryId, found: &mut Found) -> Result<(), Error> {
        let path = ["api", "v1", "zones", id.as_str()];
        let Some(got) = self.got("read a network zone", &path).await? else {
            found.facts.put("zone.gone", true);
            return Ok(());
        };
        put_texts(
            &mut found.facts,
            &got.value,
            &[
                ("zone.type", "/type"),
                ("zone.name", "/name"),
                ("zone.status", "/status"),
            ],
        );
        let gateways = got.value["gateways"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let gateways: Vec<Value> = gateways.iter().map(|one| one["value"].clone()).collect();
        found.facts.put("zone.gateways", gateways);
        found.object = Some(got.value);
        Ok(())
    }

    /// Whether a group has exactly this name. Okta lists by the beginning of names, of any case.
    async fn is_group_named(&self, name: &str) -> Result<bool, Error> {
        let query = [("q", name), ("limit", "200")];
        let mut cursor = Cursor::Start;
        for _ in 0..MOST_PAGES {
            let page: Page<crate::domain::group::Group> = self
                .page(
                    "look for a group's name",
                    &["api", "v1", "groups"],
                    &query,
                    &cursor,
                )
                .await?;
            if page
                .items
                .iter()
                .any(|item| item.value.name.as_str() == name)
            {
                return Ok(true);
            }
            match page.next {
                Some(next) => cursor = Cursor::At(next),
                None => return Ok(false),
            }
        }
        Err(Self::endless("look for a group's name"))
    }

    async fn is_member(&self, group: &GroupId, user: &UserId) -> Result<bool, Error> {
        let mut cursor = Cursor::Start;
        for _ in 0..MOST_PAGES {
            let Some(page) = there(self.user_groups(user, &cursor).await)? else {
                return Ok(false);
            };
            if page.items.iter().any(|item| item.value.id == *group) {
                return Ok(true);
            }
            match page.next {
                Some(next) => cursor = Cursor::At(next),
                None => return Ok(false),
            }
        }
        Err(Self::endless("list a user's groups"))
    }

    /// The rules that work and put users into a group.
    async fn rules_into(&self, group: &GroupId) -> Result<Vec<Value>, Error> {
        let mut cursor = Cursor::Start;
        let mut rules = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = self.entries(EntryKind::GroupRule, None, &cursor).await?;
            for item in &page.items {
                let raw: Value = serde_json::from_str(item.raw.as_unsafe_str()).unwrap_or_default();
                let into = raw.pointer("/actions/assignUserToGroups/groupIds");
                let into = into.and_then(Value::as_array).cloned().unwrap_or_default();
                if raw["status"] == "ACTIVE" && into.iter().any(|id| *id == group.as_str()) {
                    rules.push(raw["id"].clone());
                }
            }
            match page.next {
                Some(next) => cursor = Cursor::At(next),
                None => return Ok(rules),
            }
        }
        Err(Self::endless("list group rules"))
    }

    fn endless(operation: &'static str) -> Error {
        Error::unanswered(
            operation,
            ErrorKind::Invalid("the list does not end".into()),
        )
    }
}

/// `None` for what Okta says is not there.
fn there<T>(got: Result<T, Error>) -> Result<Option<T>, Error> {
    match got {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What tells a role from the others that somebody has, as [`Role::key`](crate::domain::change::Role::key) does.
fn key_of_role(role: &Value) -> Value {
    match (role["role"].as_str(), role["resource-set"].as_str()) {
        (Some(id), Some(set)) if role["type"] == "CUSTOM" => format!("{id}@{set}").into(),
        _ => role["type"].clone(),
    }
}

fn name_of(object: &Value) -> &Value {
    let names = ["/label", "/name", "/profile/displayName"];
    let named = names
        .iter()
        .find_map(|path| object.pointer(path).filter(|name| name.is_string()));
    named.unwrap_or(&Value::Null)
}

/// A fact that is a text, where it is one.
fn put_text(facts: &mut Facts, name: &str, value: &Value) {
    if let Some(text) = value.as_str() {
        facts.put(name, text);
    }
}

fn put_texts(facts: &mut Facts, object: &Value, named: &[(&str, &str)]) {
    for (name, path) in named {
        put_text(facts, name, object.pointer(path).unwrap_or(&Value::Null));
    }
}
