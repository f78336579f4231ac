"""The table: every method of the SDK whose path the simulated org serves, in an order in which each finds its arguments."""

from crawl import KEYS, Read

POLICY_TYPES = [
    "OKTA_SIGN_ON",
    "PASSWORD",
    "MFA_ENROLL",
    "IDP_DISCOVERY",
    "ACCESS_POLICY",
    "PROFILE_ENROLLMENT",
    "POST_AUTH_SESSION",
    "ENTITY_RISK",
    "DEVICE_SIGNAL_COLLECTION",
]

def pages(limit):
    return ({"limit": limit},)


def has_type(*types):
    """Findings whose item is of one of these types; roles and policies are."""
    return lambda found: getattr(found.item.type, "value", found.item.type) in types


def is_oidc(found):
    return found.item.sign_on_mode == "OPENID_CONNECT"


def schema_of_type(found):
    return (found.item.links.var_schema.href.rsplit("/", 1)[-1],)


SCOPED_TO_GROUPS = has_type("USER_ADMIN", "HELP_DESK_ADMIN", "GROUP_MEMBERSHIP_ADMIN")
SCOPED_TO_APPS = has_type("APP_ADMIN")

# A feature that the org has not got.
DISABLED = "E0000015"

USERS = [
    Read("list_users", variants=({"search": "id pr", "limit": 200},)),
    Read("get_user", "list_users"),
    Read("list_user_groups", "list_users"),
    Read("list_app_links", "list_users"),
    Read("list_user_identity_providers", "list_users"),
    Read("list_user_blocks", "list_users", key=None),
    Read("get_user_classification", "list_users", refused=DISABLED),
    Read("get_user_risk", "list_users", key=None),
    Read("list_user_devices", "list_users"),
    Read("list_factors", "list_users"),
    Read("get_factor", "list_factors"),
    Read("list_supported_factors", "list_users", key=None),
    Read("list_supported_security_questions", "list_users", key=None),
    Read(
        "list_authenticator_enrollments",
        "list_users",
        fault="a list, in Okta's example too; the SDK's model is one enrolment",
    ),
    Read("get_authenticator_enrollment", "list_authenticator_enrollments"),
    Read("list_user_grants", "list_users", variants=pages(200)),
    Read("get_user_grant", "list_user_grants"),
    Read("list_user_clients", "list_users"),
    Read("list_grants_for_user_and_client", "list_user_clients", variants=pages(200)),
    Read("list_refresh_tokens_for_user_and_client", "list_user_clients", variants=pages(200)),
    Read("list_assigned_roles_for_user", "list_users"),
    Read("get_user_assigned_role", "list_assigned_roles_for_user"),
    Read("get_role_targets_by_user_id_and_role_id", "list_assigned_roles_for_user", key=None),
    Read("list_group_targets_for_role", "list_assigned_roles_for_user", where=SCOPED_TO_GROUPS),
    Read(
        "list_application_targets_for_application_administrator_role_for_user",
        "list_assigned_roles_for_user",
        where=SCOPED_TO_APPS,
        key=None,
    ),
]

GROUPS = [
    Read("list_groups", variants=pages(200)),
    Read("get_group", "list_groups"),
    Read("list_group_users", "list_groups", variants=pages(1000)),
    Read("list_assigned_applications_for_group", "list_groups", variants=pages(200)),
    Read("list_group_owners", "list_groups", variants=pages(1000)),
    Read("list_group_rules", variants=pages(200)),
    Read("get_group_rule", "list_group_rules"),
    Read("list_group_assigned_roles", "list_groups"),
    Read("get_group_assigned_role", "list_group_assigned_roles"),
    Read("list_group_targets_for_group_role", "list_group_assigned_roles", where=SCOPED_TO_GROUPS),
    Read(
        "list_application_targets_for_application_administrator_role_for_group",
        "list_group_assigned_roles",
        where=SCOPED_TO_APPS,
        key=None,
    ),
]

APPS = [
    Read("list_applications", variants=({"limit": 200, "include_non_deleted": True},)),
    Read("get_application", "list_applications"),
    Read("list_application_users", "list_applications", variants=pages(500)),
    Read("get_application_user", "list_application_users"),
    Read("list_application_group_assignments", "list_applications", variants=pages(200)),
    Read("get_application_group_assignment", "list_application_group_assignments"),
    Read("list_group_push_mappings", "list_applications", variants=pages(200)),
    Read("get_group_push_mapping", "list_group_push_mappings"),
    Read("list_application_keys", "list_applications"),
    Read("list_scope_consent_grants", "list_applications"),
    Read("get_scope_consent_grant", "list_scope_consent_grants"),
    Read("list_o_auth2_client_secrets", "list_applications", where=is_oidc),
    Read("get_o_auth2_client_secret", "list_o_auth2_client_secrets"),
    Read("list_jwk", "list_applications", where=is_oidc),
    Read("get_jwk", "list_jwk"),
    Read("list_api_service_integration_instances"),
    Read("get_api_service_integration_instance", "list_api_service_integration_instances"),
    Read("list_api_service_integration_instance_secrets", "list_api_service_integration_instances"),
    Read(
        "list_roles_for_client",
        "list_applications",
        where=is_oidc,
        fault="the SDK tries both of its models of a role, and gives up because both fit",
    ),
    Read("retrieve_client_role", "list_roles_for_client"),
    Read("list_group_target_role_for_client", "list_roles_for_client", where=SCOPED_TO_GROUPS),
    Read(
        "list_app_target_role_to_client", "list_roles_for_client", where=SCOPED_TO_APPS, key=None
    ),
]

IAM = [
    Read("list_users_with_role_assignments", inside="value", variants=pages(100)),
    Read("list_roles", inside="roles"),
    Read("get_role", "list_roles"),
    Read("list_role_permissions", "list_roles", inside="permissions"),
    Read("get_role_permission", "list_role_permissions"),
    Read("list_resource_sets", inside="resource_sets"),
    Read("get_resource_set", "list_resource_sets"),
    Read("list_resource_set_resources", "list_resource_sets", inside="resources"),
    Read("get_resource_set_resource", "list_resource_set_resources"),
    Read("list_bindings", "list_resource_sets", inside="roles"),
    Read("get_binding", "list_bindings"),
    Read("list_members_of_binding", "list_bindings", inside="members"),
    Read("get_member_of_binding", "list_members_of_binding"),
]

POLICIES = [
    Read("list_policies", variants=tuple({"type": kind} for kind in POLICY_TYPES)),
    Read("get_policy", "list_policies"),
    Read("list_policy_rules", "list_policies"),
    Read("get_policy_rule", "list_policy_rules"),
    Read("list_policy_mappings", "list_policies"),
    Read("get_policy_mapping", "list_policy_mappings"),
    Read("list_policy_apps", "list_policies", where=has_type("ACCESS_POLICY")),
]

SETTINGS = [
    Read("list_identity_providers", variants=pages(200)),
    Read("get_identity_provider", "list_identity_providers"),
    Read("list_identity_provider_application_users", "list_identity_providers", variants=pages(200)),
    Read("get_identity_provider_application_user", "list_identity_provider_application_users"),
    Read("list_api_tokens"),
    Read("get_api_token", "list_api_tokens"),
    Read("list_network_zones", variants=pages(200)),
    Read("get_network_zone", "list_network_zones"),
    Read("list_devices", variants=pages(200)),
    Read("get_device", "list_devices"),
    Read("list_device_users", "list_devices", key=None),
    Read("list_authenticators"),
    Read("get_authenticator", "list_authenticators"),
    Read("list_authenticator_methods", "list_authenticators"),
    Read("get_authenticator_method", "list_authenticator_methods"),
    Read("list_behavior_detection_rules"),
    Read("get_behavior_detection_rule", "list_behavior_detection_rules"),
    Read("list_event_hooks"),
    Read("get_event_hook", "list_event_hooks"),
    Read("list_inline_hooks"),
    Read("get_inline_hook", "list_inline_hooks"),
    Read("list_log_streams"),
    Read("get_log_stream", "list_log_streams"),
    Read("list_trusted_origins", variants=pages(200)),
    Read("get_trusted_origin", "list_trusted_origins"),
    Read("list_features"),
    Read("get_feature", "list_features"),
    Read("list_feature_dependencies", "list_features"),
    Read("list_feature_dependents", "list_features"),
    Read("list_brands"),
    Read("get_brand", "list_brands"),
    Read("list_custom_domains", inside="domains"),
    Read("list_email_domains"),
    Read("list_user_types"),
    Read("get_user_type", "list_user_types"),
    Read("get_user_schema", "list_user_types", takes=schema_of_type, key=None),
    Read("get_group_schema", key=None),
    Read("list_linked_object_definitions", key=None),
    Read("get_current_configuration", key=None),
    Read("list_push_providers", refused=DISABLED),
    Read("list_realms", refused=DISABLED),
    Read("list_realm_assignments", refused=DISABLED),
    Read("list_security_events_provider_instances", refused=DISABLED),
]

ORG = [
    Read("get_org_settings", key=None),
    Read("get_wellknown_org_metadata", key=None),
    Read("get_auto_assign_admin_app_setting", key=None),
    Read("get_client_privileges_setting", key=None),
    Read("get_third_party_admin_setting", key=None),
    Read("get_okta_communication_settings", key=None),
    Read("get_org_preferences", key=None),
    Read("get_org_okta_support_settings", key=None),
    Read("list_okta_support_cases", inside="support_cases"),
    Read("list_org_contact_types", key=None),
    Read("get_org_contact_user", "list_org_contact_types", key=None),
]

def LOG(bounds):
    return Read("list_log_events", variants=(bounds,), key=None)


EVERYTHING = [*USERS, *GROUPS, *APPS, *IAM, *POLICIES, *SETTINGS, *ORG]

KEYS["list_user_clients"] = lambda client: client.client_id
KEYS["list_role_permissions"] = KEYS["get_role_permission"] = lambda permission: permission.label
KEYS["list_authenticator_methods"] = KEYS["get_authenticator_method"] = lambda method: getattr(method.type, "value", method.type)
KEYS["list_org_contact_types"] = lambda contact: getattr(contact.contact_type, "value", contact.contact_type)
