//! Applications as the integration catalogue offers them.

use super::super::world::app::SignOn;

/// One offer.
#[derive(Debug)]
pub struct Offer {
    /// Key, e.g. `salesforce`.
    pub name: &'static str,
    /// Label.
    pub label: &'static str,
    /// How people get in.
    pub sign_on: SignOn,
    /// Provisioning features.
    pub features: &'static [&'static str],
    /// Where it lives.
    pub domain: &'static str,
    /// Whether a large company gives it to everybody.
    pub for_everyone: bool,
}

const NONE: &[&str] = &[];
const PUSH: &[&str] = &["PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION"];
const FULL: &[&str] = &[
    "GROUP_PUSH",
    "IMPORT_NEW_USERS",
    "IMPORT_PROFILE_UPDATES",
    "PUSH_NEW_USERS",
    "PUSH_PROFILE_UPDATES",
    "PUSH_USER_DEACTIVATION",
    "REACTIVATE_USERS",
];
const MASTER: &[&str] = &[
    "IMPORT_NEW_USERS",
    "IMPORT_PROFILE_UPDATES",
    "IMPORT_USER_SCHEMA",
    "PROFILE_MASTERING",
    "REAL_TIME_SYNC",
];
const SCIM: &[&str] = &[
    "PUSH_NEW_USERS",
    "PUSH_PASSWORD_UPDATES",
    "PUSH_PROFILE_UPDATES",
    "PUSH_USER_DEACTIVATION",
    "SCIM_PROVISIONING",
];

const fn offer(
    name: &'static str,
    label: &'static str,
    sign_on: SignOn,
    features: &'static [&'static str],
    domain: &'static str,
) -> Offer {
    Offer {
        name,
        label,
        sign_on,
        features,
        domain,
        for_everyone: false,
    }
}

const fn everyones(mut offer: Offer) -> Offer {
    offer.for_everyone = true;
    offer
}

/// The catalogue. The first is the directory that imported groups come from.
#[rustfmt::skip]
pub const CATALOGUE: &[Offer] = &[
    offer("active_directory", "corp.northwind.example", SignOn::AutoLogin, MASTER, "corp.northwind.example"),
    everyones(offer("slack", "Slack", SignOn::Saml20, FULL, "northwind.slack.example")),
    everyones(offer("google", "Google Workspace", SignOn::Saml20, FULL, "workspace.example")),
    offer("salesforce", "Salesforce.com", SignOn::Saml20, FULL, "northwind.my.salesforce.example"),
    offer("amazon_aws", "AWS Account Federation", SignOn::Saml20, NONE, "signin.aws.example"),
    offer("office365", "Microsoft Office 365", SignOn::WsFederation, FULL, "login.office.example"),
    everyones(offer("zoomus", "Zoom", SignOn::Saml20, SCIM, "northwind.zoom.example")),
    offer("workday", "Workday", SignOn::Saml20, MASTER, "impl.workday.example"),
    offer("oidc_client", "Northwind Portal", SignOn::OpenidConnect, NONE, "portal.northwind.example"),
    offer("github_enterprise", "GitHub Enterprise Cloud", SignOn::Saml20, SCIM, "git.example"),
    offer("jira_onprem", "Jira", SignOn::Saml20, PUSH, "jira.northwind.example"),
    offer("bookmark", "Cafeteria Menu", SignOn::Bookmark, NONE, "menu.northwind.example"),
    offer("template_swa", "Legacy Timesheets", SignOn::BrowserPlugin, NONE, "time.northwind.example"),
    offer("template_basic_auth", "Build Farm", SignOn::BasicAuth, NONE, "builds.northwind.example"),
    offer("template_sps", "Supplier Portal", SignOn::SecurePasswordStore, NONE, "suppliers.example"),
    offer("servicenow_ud", "ServiceNow UD", SignOn::Saml20, FULL, "northwind.servicenow.example"),
    offer("snowflake", "Snowflake", SignOn::Saml20, SCIM, "northwind.snowflake.example"),
    offer("datadog", "Datadog", SignOn::Saml20, NONE, "app.datadog.example"),
    offer("okta_org2org", "Northwind Partners (Org2Org)", SignOn::Saml20, SCIM, "northwind-partners.okta.example"),
    offer("boxnet", "Box", SignOn::Saml20, FULL, "northwind.box.example"),
    offer("docusign", "DocuSign", SignOn::Saml20, PUSH, "account.docusign.example"),
    offer("tableau", "Tableau Server", SignOn::Saml11, NONE, "tableau.northwind.example"),
    offer("concur", "Concur", SignOn::AutoLogin, NONE, "concur.example"),
    offer("oidc_client", "Fleet Dashboard", SignOn::OpenidConnect, NONE, "fleet.northwind.example"),
    offer("oidc_client", "Robot Telemetry API", SignOn::OpenidConnect, NONE, "telemetry.northwind.example"),
    offer("lastpass", "LastPass", SignOn::AutoLogin, NONE, "lastpass.example"),
    offer("adobe_creative", "Adobe Creative Cloud", SignOn::Saml20, SCIM, "adobe.example"),
    offer("figma", "Figma", SignOn::Saml20, SCIM, "figma.example"),
    offer("netsuite", "NetSuite", SignOn::Saml20, FULL, "netsuite.example"),
    offer("template_wsfed", "Extranet", SignOn::WsFederation, NONE, "extranet.northwind.example"),
    offer("bookmark", "Travel Policy", SignOn::Bookmark, NONE, "travel.northwind.example"),
    offer("hubspot_saml", "HubSpot", SignOn::Saml20, NONE, "hubspot.example"),
    offer("zendesk", "Zendesk", SignOn::Saml20, FULL, "northwind.zendesk.example"),
    offer("1password", "1Password Business", SignOn::Bookmark, SCIM, "northwind.1password.example"),
    offer("crowdstrike", "CrowdStrike Falcon", SignOn::Saml20, NONE, "falcon.example"),
    offer("greenhouse", "Greenhouse Recruiting", SignOn::Saml20, NONE, "greenhouse.example"),
];

/// What a large company installs more than once.
pub const VARIANTS: &[&str] = &[
    "EU",
    "APAC",
    "Sandbox",
    "Staging",
    "Production",
    "Finance",
    "Marketing",
    "Robotics Lab",
    "Partners",
    "Legacy",
    "QA",
    "Training",
];
