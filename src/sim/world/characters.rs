//! People that a security team looks for: accounts of programs, phones that several people share, leavers who kept something.
//!
//! What can be told from the rest of the world (who is dormant, who comes from a directory) is not kept here.

use std::collections::BTreeMap;

use super::super::time::Millis;
use super::World;
use super::factor::FactorKind;
use super::index::UserIx;

/// Who plays which part.
#[derive(Clone, Debug, Default)]
pub struct Characters {
    /// Accounts that programs use.
    pub services: Vec<UserIx>,
    /// Accounts for the day on which nothing else works: nobody uses them.
    pub break_glass: Vec<UserIx>,
    /// Admins who have not been seen for long.
    pub dormant_admins: Vec<UserIx>,
    /// People who left and kept groups and apps.
    pub leavers: Vec<UserIx>,
    /// The line of phone factors that are not their user's alone, by the factor's serial number.
    lines: BTreeMap<u32, u16>,
}

impl Characters {
    /// Whether somebody takes no part in daily life.
    pub fn is_quiet(&self, user: UserIx) -> bool {
        self.break_glass.contains(&user) || self.dormant_admins.contains(&user)
    }
}

impl World {
    /// Turns a person into the `n`th account for emergencies: named after its purpose, with a key in a safe, unused since it was
    /// tried out. Nothing is told to the log.
    pub fn settle_break_glass(&mut self, user: UserIx, n: usize, tried: Millis) {
        let login = format!("breakglass-{n:02}@{}", self.facts.domains[0]);
        self.settle_login_name(user, &login);
        let held = &mut self.users[user.at()];
        held.profile.first_name = "Break".into();
        held.profile.last_name = format!("Glass {n:02}").into();
        held.profile.contractor = false;
        held.last_login = Some(tried);
        self.factors[user.at()].clear();
        self.settle_factor(user, FactorKind::Webauthn, true, tried);
        self.characters.break_glass.push(user);
    }

    /// Gives a person another login and address, without telling the log.
    fn settle_login_name(&mut self, user: UserIx, login: &str) {
        let held = &mut self.users[user.at()];
        self.logins.remove(&*held.profile.login.to_lowercase());
        held.profile.login = login.into();
        held.profile.email = login.into();
        self.logins.insert(login.into(), user);
    }

    /// Sets an attribute of a person without telling the log.
    pub fn settle_attribute(&mut self, user: UserIx, name: &str, value: &str) {
        let extra = &mut self.users[user.at()].profile.extra;
        extra
            .get_or_insert_default()
            .insert(name.to_owned(), value.into());
    }

    /// Turns a person into the account of a program: no factors, a name that says what it is for. Nothing is told to the log.
    pub fn settle_service(&mut self, user: UserIx, name: &str) {
        let login = format!("svc-{}@{}", name.to_lowercase(), self.facts.domains[0]);
        self.settle_login_name(user, &login);
        let held = &mut self.users[user.at()];
        held.profile.first_name = "Service".into();
        held.profile.last_name = name.into();
        held.profile.contractor = false;
        let extra = held.profile.extra.get_or_insert_default();
        extra.insert("userType".to_owned(), "Service".into());
        self.factors[user.at()].clear();
        self.characters.services.push(user);
    }

    /// Lets several people have the same phone, without telling the log.
    pub fn settle_shared_phone(&mut self, users: &[UserIx], line: u16) {
        for user in users {
            let phone = self.factors[user.at()]
                .iter()
                .find(|factor| factor.kind == FactorKind::Sms);
            if let Some(phone) = phone {
                self.characters.lines.insert(phone.serial, line);
            }
        }
    }

    /// The last four digits of a phone factor's number.
    pub fn phone_line(&self, serial: u32) -> u16 {
        let own = || {
            let line = self.seed.below("factor-phone", u64::from(serial), 10_000);
            u16::try_from(line).expect("below ten thousand")
        };
        let shared = self.characters.lines.get(&serial).copied();
        shared.unwrap_or_else(own)
    }

    /// People by the phone that they were made to share.
    pub fn shared_phones(&self) -> BTreeMap<u16, Vec<UserIx>> {
        let mut phones: BTreeMap<u16, Vec<UserIx>> = BTreeMap::new();
        for (at, factors) in self.factors.iter().enumerate() {
            let lines = factors
                .iter()
                .filter_map(|factor| self.characters.lines.get(&factor.serial));
            for line in lines {
                phones
                    .entry(*line)
                    .or_default()
                    .push(UserIx::from_usize(at));
            }
        }
        phones
    }
}
