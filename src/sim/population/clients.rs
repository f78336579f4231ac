//! Registers the OAuth clients: those of sites, programs with rights of their own, and integrations of the catalogue.

use super::super::time::DAY_MS;
use super::super::world::World;
use super::super::world::app::{App, SignOn};
use super::super::world::assignment::{Assignee, Held, Targets};
use super::super::world::client::{AuthMethod, ClientKind};
use super::super::world::clients::service_app;
use super::super::world::index::{AppIx, UserIx};
use super::super::world::role::Role;
use super::super::world::user::Status;
use super::Plan;
use super::catalogue::CATALOGUE;

/// A program with an application of its own.
#[derive(Debug)]
pub struct Program {
    label: &'static str,
    auth: AuthMethod,
    dpop: bool,
    role: Option<Role>,
    scopes: &'static [&'static str],
    /// Ages of its secrets in days, and whether they still work.
    secrets: &'static [(i64, bool)],
    /// Ages of its keys in days.
    keys: &'static [i64],
}

/// The programs. They take the place of the last applications of an org that has enough of them.
const PROGRAMS: &[Program] = &[
    Program {
        label: "Terraform Pipeline",
        auth: AuthMethod::PrivateKeyJwt,
        dpop: false,
        role: Some(Role::SuperAdmin),
        scopes: &[
            "okta.users.manage",
            "okta.groups.manage",
            "okta.apps.manage",
            "okta.roles.manage",
        ],
        secrets: &[],
        keys: &[420, 30],
    },
    Program {
        label: "Nightly HR Export",
        auth: AuthMethod::ClientSecretBasic,
        dpop: false,
        role: Some(Role::ReadOnlyAdmin),
        scopes: &["okta.users.read", "okta.groups.read"],
        secrets: &[(1_240, true), (1_100, false)],
        keys: &[],
    },
    Program {
        label: "SIEM Collector",
        auth: AuthMethod::PrivateKeyJwt,
        dpop: true,
        role: Some(Role::ReportAdmin),
        scopes: &["okta.logs.read"],
        secrets: &[],
        keys: &[200],
    },
    // Scopes without a role: every list that it reads is empty.
    Program {
        label: "Badge Printer",
        auth: AuthMethod::PrivateKeyJwt,
        dpop: true,
        role: None,
        scopes: &["okta.users.read"],
        secrets: &[],
        keys: &[75],
    },
    Program {
        label: "Access Robot",
        auth: AuthMethod::PrivateKeyJwt,
        dpop: true,
        role: None,
        scopes: &["okta.users.read", "okta.groups.manage"],
        secrets: &[],
        keys: &[15],
    },
];

/// Fewer applications than this leave no room for programs.
const ROOM: usize = 16;

/// The program whose place the `n`th application is, if it is one's.
pub fn service(plan: &Plan, n: usize) -> Option<&'static Program> {
    if plan.apps < ROOM {
        return None;
    }
    // The partner's org keeps its place: posture looks for it.
    let kept = |at: usize| CATALOGUE[at % CATALOGUE.len()].name == "okta_org2org";
    let from_the_end = (n..plan.apps).filter(|at| !kept(*at)).count();
    let place = PROGRAMS.len().checked_sub(from_the_end)?;
    PROGRAMS.get(place).filter(|_| !kept(n))
}

/// The program's application, as old as what would have been in its place.
pub fn instead(program: &Program, place: &App) -> App {
    App {
        created: place.created,
        last_updated: place.last_updated,
        ..service_app(program.label)
    }
}

/// Every third site is really a program.
fn kind_of(app: AppIx) -> ClientKind {
    if app.0.is_multiple_of(3) {
        ClientKind::Service
    } else {
        ClientKind::Web
    }
}

/// Registers the client of every application that has one, and the integrations.
pub fn register(world: &mut World, plan: &Plan) {
    let by = world.tokens.first().map_or(UserIx(0), |token| token.owner);
    for app in (0..world.apps().len()).map(AppIx::from_usize) {
        if let Some(program) = service(plan, app.at()) {
            register_program(world, plan, app, program, by);
        } else if world.app(app).sign_on == SignOn::OpenidConnect {
            let at = world.app(app).created;
            let auth = AuthMethod::ClientSecretBasic;
            let client = world.settle_client(app, kind_of(app), auth, by);
            world.settle_secret(client, at, true);
            if kind_of(app) == ClientKind::Web {
                consent(world, plan, client);
            }
        }
    }
    if plan.apps > 0 {
        integrate(world, plan, by);
    }
}

fn register_program(world: &mut World, plan: &Plan, app: AppIx, program: &Program, by: UserIx) {
    let founded = world.facts.created;
    let ago = |days: i64| (plan.now - days * DAY_MS).max(founded);
    let client = world.settle_client(app, ClientKind::Service, program.auth, by);
    world.client_mut(client).dpop = program.dpop;
    for (days, works) in program.secrets {
        world.settle_secret(client, ago(*days), *works);
    }
    for days in program.keys {
        let (kid, material) = world.made_up_key(u64::from(app.0) << 16 | days.unsigned_abs());
        world.settle_key(client, &kid, material, ago(*days));
    }
    for scope in program.scopes {
        world.settle_grant(client, scope, ago(60), by);
    }
    if let Some(role) = program.role {
        let to = Assignee::Client(client);
        world.settle_assignment(to, Held::Standard(role), Targets::All, ago(60));
    }
}

/// A few people let a site have their names.
fn consent(world: &mut World, plan: &Plan, client: super::super::world::index::ClientIx) {
    let people: Vec<UserIx> = (0..world.users().len())
        .map(UserIx::from_usize)
        .filter(|user| world.user(*user).status == Status::Active)
        .filter(|user| world.seed.percent("consents", u64::from(user.0), 5))
        .take(40)
        .collect();
    for user in people {
        let at = world.user(user).last_login.unwrap_or(plan.now);
        for scope in ["openid", "profile"] {
            world.settle_consent(user, client, scope, at);
        }
        if world.seed.percent("offline", u64::from(user.0), 60) {
            world.settle_consent(user, client, "offline_access", at);
            world.settle_refresh_token(user, client, at);
        }
    }
}

fn integrate(world: &mut World, plan: &Plan, by: UserIx) {
    const OFFERS: [(&str, &str, i64, &[&str]); 2] = [
        (
            "northwind_siem_log_forwarder",
            "Northwind SIEM Log Forwarder",
            310,
            &["okta.logs.read"],
        ),
        (
            "posture_scanner",
            "Posture Scanner",
            95,
            &["okta.users.read", "okta.apps.read", "okta.policies.read"],
        ),
    ];
    for (key, name, days, scopes) in OFFERS {
        let at = plan.now - days * DAY_MS;
        let client = world.settle_integration(key, name, at, by);
        world.settle_secret(client, at, true);
        for scope in scopes {
            world.settle_grant(client, scope, at, by);
        }
    }
}
