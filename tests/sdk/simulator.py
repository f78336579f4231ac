"""What the simulator itself says: the truth about its org, and what it is told to do. Nothing of the SDK is in here."""

import json
import os
import time
import urllib.error
import urllib.request

ORG_URL = os.environ["ORG_URL"].rstrip("/")
TOKEN = os.environ["TOKEN"]


def truth(path=""):
    return control(f"truth{path}")


def control(path, body=None):
    """A path below `/sim/v1`; with a body, a POST of it."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        f"{ORG_URL}/sim/v1/{path}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def limit_roles():
    """Gives a user, a group and a client roles that are limited to a group and to an application, so that there are limits to read."""
    groups, apps, mark = truth("/groups"), truth("/apps"), time.time_ns()
    admins = {role["assignee"] for role in truth("/roles")}
    # Nobody new: the index behind `search` would show them late.
    user = next(user for user in truth("/users") if user not in admins)
    group, client = control("changes", [
        {"change": "create_group", "name": f"Limited admins {mark}"},
        {"change": "create_service_client", "label": f"Limited client {mark}", "by_key": True},
    ])["ids"]
    control("changes", [
        {"change": "assign_role", "to": {kind: who}, "what": what}
        for kind, who in [("user", user), ("group", group), ("client", client)]
        for what in ({"role": "USER_ADMIN", "groups": groups[:2]}, {"role": "APP_ADMIN", "apps": apps[:2]})
    ])


def ask(path):
    """Status and error code of a path of Okta's, with nothing that there is in place of its parameters."""
    path = path.replace("{", "").replace("}", "")
    request = urllib.request.Request(ORG_URL + path, headers={"Authorization": f"SSWS {TOKEN}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, None
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused).get("errorCode")


def below(crawl, name):
    """Pairs of what a list hangs below and what is in it."""
    return {(*found.args, found.item.id) for found in crawl.found[name]}


def ids(crawl, name):
    return {found.item.id for found in crawl.found[name]}


def ids_of(kind):
    """The ids that the truth has of a kind."""
    return {item["id"] if isinstance(item, dict) else item for item in truth(f"/{kind}")}


def pairs(kind):
    """What the truth has below each of a kind."""
    return {
        (of, item["id"] if isinstance(item, dict) else item)
        for of, items in truth(f"/{kind}").items()
        for item in items
    }


def parented(kind):
    return {(item["parent"], item["id"]) for item in truth(f"/{kind}")}


# Lists of the org, and what the truth calls them.
LISTS = {
    "list_users": "users",
    "list_groups": "groups",
    "list_applications": "apps",
    "list_group_rules": "rules",
    "list_identity_providers": "idps",
    "list_network_zones": "zones",
    "list_devices": "devices",
    "list_authenticators": "authenticators",
    "list_behavior_detection_rules": "behaviors",
    "list_event_hooks": "event_hooks",
    "list_inline_hooks": "inline_hooks",
    "list_log_streams": "log_streams",
    "list_trusted_origins": "trusted_origins",
    "list_user_types": "user_types",
    "list_features": "features",
    "list_brands": "brands",
    "list_policies": "policies",
    "list_roles": "custom_roles",
    "list_resource_sets": "resource_sets",
}

# Lists below something, and what the truth calls them.
BELOW = {
    "list_group_users": "memberships",
    "list_application_users": "app_users",
    "list_application_group_assignments": "app_groups",
    "list_group_owners": "owners",
}

BELOW_DOCUMENTS = {
    "list_policy_rules": "policy_rules",
    "list_policy_mappings": "policy_mappings",
    "list_group_push_mappings": "push_mappings",
}


def expected(crawl, now):
    """What was seen and what is there, as sets, by the truth's name."""
    for name, kind in LISTS.items():
        yield kind, ids(crawl, name), ids_of(kind)
    for name, kind in BELOW.items():
        yield kind, below(crawl, name), pairs(kind)
    for name, kind in BELOW_DOCUMENTS.items():
        yield kind, below(crawl, name), parented(kind)
    yield "the same from the user's side", turned(below(crawl, "list_user_groups")), pairs("memberships")
    yield "the same from the group's side", turned(
        below(crawl, "list_assigned_applications_for_group")
    ), pairs("app_groups")
    yield "tokens", ids(crawl, "list_api_tokens"), listed_tokens()
    yield "admins", ids(crawl, "list_users_with_role_assignments"), admins()
    yield from assignments(crawl)
    yield from custom(crawl)
    yield from clients(crawl)
    owned = {(found.item.device.id, *found.args) for found in crawl.found["list_user_devices"]}
    yield "devices of users", owned, owned_devices()
    events = {event["uuid"] for event in truth("/events") if event["published"] < now}
    yield "events", {found.item.uuid for found in crawl.found["list_log_events"]}, events


def turned(found):
    return {(there, here) for here, there in found}


def listed_tokens():
    return {token["id"] for token in truth("/tokens") if token["listed"]}


def admins():
    """Users that hold a role, themselves or through a group."""
    held = {"direct", "group", "group_rule", "custom_role"}
    return {path["principal"] for path in truth("/admins") if path["path"] in held}


def owned_devices():
    return {(device["id"], device["owner"]) for device in truth("/devices")}


def assignments(crawl):
    """Roles by whom they are assigned to. What a user has through a group is in the user's list, too, and is the group's."""
    there = truth("/roles")
    for kind, name in [
        ("USER", "list_assigned_roles_for_user"),
        ("GROUP", "list_group_assigned_roles"),
        ("CLIENT", "list_roles_for_client"),
    ]:
        own = [found for found in crawl.found[name] if assignment_type(found.item) == kind]
        seen = {(*found.args, found.item.id) for found in own}
        true = {(role["assignee"], role["id"]) for role in there if role["assignment_type"] == kind}
        yield f"roles of a {kind.lower()}", seen, true


def assignment_type(role):
    kind = getattr(role, "assignment_type", None) or role.assignmentType
    return getattr(kind, "value", kind)


def custom(crawl):
    """Custom roles with what they allow; resource sets with what they hold and who is bound to them."""
    roles, sets = truth("/custom_roles"), truth("/resource_sets")
    seen = {(*found.args, found.item.label) for found in crawl.found["list_role_permissions"]}
    yield "permissions", seen, {(role["id"], label) for role in roles for label in role["permissions"]}
    held = {(of["id"], resource) for of in sets for resource in of["resources"]}
    yield "resources", below(crawl, "list_resource_set_resources"), held
    bound = {(of["id"], role) for of in sets for role in of["bindings"]}
    yield "bindings", below(crawl, "list_bindings"), bound
    members = {
        (of["id"], role, member["id"])
        for of in sets
        for role, members in of["bindings"].items()
        for member in members
    }
    yield "members of bindings", below(crawl, "list_members_of_binding"), members


def clients(crawl):
    """What OAuth clients hold. Those of applications and those of integrations are listed apart."""
    of_apps = [client for client in truth("/clients") if client["app"]]
    others = [client for client in truth("/clients") if client["integration"]]
    for name, kind in [("list_o_auth2_client_secrets", "secrets"), ("list_jwk", "keys")]:
        there = {(client["app"], own["id"]) for client in of_apps for own in client[kind]}
        yield f"{kind} of clients", below(crawl, name), there
    scopes = {(client["app"], scope) for client in of_apps for scope in client["scopes"]}
    granted = {(*found.args, found.item.scope_id) for found in crawl.found["list_scope_consent_grants"]}
    yield "scopes of clients", granted, scopes
    listed = ids(crawl, "list_api_service_integration_instances")
    yield "integrations", listed, {client["id"] for client in others}
    secrets = {(client["id"], own["id"]) for client in others for own in client["secrets"]}
    yield "secrets of integrations", below(
        crawl, "list_api_service_integration_instance_secrets"
    ), secrets
