#!/usr/bin/env python3
"""Lists a simulated org through Okta's official Python SDK, unmodified, and compares with the simulator's truth.

    pip install 'okta==3.4.*'
    oktop sim --rate-limits off --live off &                 # prints url and token
    OKTA_TESTING_TESTINGDISABLEHTTPSCHECK=true ORG_URL=http://127.0.0.1:PORT TOKEN=00... python tests/sdk/list_everything.py

Exits 0 when every count equals the truth, 1 when one differs, 2 when the SDK rejected an answer.
The SDK's models are strict, so every page that is listed is also a page that has the documented shape.
"""

import asyncio
import json
import os
import sys
import urllib.parse
import urllib.request
from datetime import datetime, timedelta

from okta.client import Client as OktaClient

ORG_URL = os.environ["ORG_URL"].rstrip("/")
TOKEN = os.environ["TOKEN"]


class Rejected(Exception):
    """The SDK could not make sense of an answer."""


async def every(what, operation, *args, **kwargs):
    """All items of a list, page after page, along the `next` links."""
    items = []
    while True:
        page, response, error = await operation(*args, **kwargs)
        if error:
            raise Rejected(f"{what}: {error}")
        items.extend(page or [])
        after = next_cursor(response)
        if after is None or not page:
            return items
        kwargs["after"] = after


def next_cursor(response):
    """The `after` parameter of the answer's `next` link, if it has one."""
    headers = response.headers if response is not None else {}
    links = headers.getall("Link", []) if hasattr(headers, "getall") else [headers.get("Link") or ""]
    for link in ",".join(links).split(","):
        if 'rel="next"' in link:
            url = link[link.index("<") + 1 : link.index(">")]
            query = urllib.parse.parse_qs(urllib.parse.urlparse(url).query)
            return query["after"][0]
    return None


def truth(path=""):
    with urllib.request.urlopen(f"{ORG_URL}/sim/v1/truth{path}") as answer:
        return json.load(answer)


async def count_everything(client):
    """What the SDK sees, by the names that the truth uses."""
    users = await every("users", client.list_users, search="id pr", limit=200)
    groups = await every("groups", client.list_groups, limit=200)
    apps = await every("apps", client.list_applications, limit=200, include_non_deleted=True)
    members, app_users, app_groups = 0, 0, 0
    for group in groups:
        members += len(await every("members", client.list_group_users, group.id, limit=1000))
    for app in apps:
        app_users += len(await every("app users", client.list_application_users, app.id, limit=500))
        app_groups += len(
            await every("app groups", client.list_application_group_assignments, app.id, limit=200)
        )
    return {
        "users": len(users),
        "groups": len(groups),
        "apps": len(apps),
        "memberships": members,
        "app_users": app_users,
        "app_groups": app_groups,
    }


def items(page, *containers):
    """The items of an answer that holds them inside an object, as the IAM endpoints answer."""
    for name in containers:
        held = getattr(page, name, None)
        if held is not None:
            return held
    return page or []


async def inside(what, operation, *args, container, **kwargs):
    """All items of a list whose pages are objects: `container` holds the items, `_links.next` the next page."""
    found = []
    while True:
        page, _, error = await operation(*args, **kwargs)
        if error:
            raise Rejected(f"{what}: {error}")
        found.extend(items(page, container))
        link = getattr(getattr(page, "links", None), "next", None)
        if link is None or not getattr(link, "href", None):
            return found
        query = urllib.parse.parse_qs(urllib.parse.urlparse(link.href).query)
        kwargs["after"] = query["after"][0]


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


async def settings(client):
    """The ids of what the org is set up with, by the names that the truth uses, and what the SDK could not read."""
    lists = {
        "rules": every("group rules", client.list_group_rules, limit=200),
        "idps": every("identity providers", client.list_identity_providers, limit=200),
        "tokens": every("API tokens", client.list_api_tokens),
        "zones": every("zones", client.list_network_zones, limit=200),
        "devices": every("devices", client.list_devices, limit=200),
        "authenticators": every("authenticators", client.list_authenticators),
        "behaviors": every("behaviours", client.list_behavior_detection_rules),
        "event_hooks": every("event hooks", client.list_event_hooks),
        "inline_hooks": every("inline hooks", client.list_inline_hooks),
        "log_streams": every("log streams", client.list_log_streams),
        "trusted_origins": every("trusted origins", client.list_trusted_origins, limit=200),
        "user_types": every("user types", client.list_user_types),
        "features": every("features", client.list_features),
        "custom_roles": inside("roles", client.list_roles, container="roles"),
        "resource_sets": inside("resource sets", client.list_resource_sets, container="resource_sets"),
    }
    seen, rejected = {}, {}
    for name, listing in lists.items():
        await note(name, listing, seen, rejected)
    for kind in POLICY_TYPES:
        listed = {}
        await note(kind, every(kind, client.list_policies, type=kind), listed, rejected)
        for policy in listed.get(kind, set()):
            rules = every("policy rules", client.list_policy_rules, policy)
            await note(f"rules of {kind}", rules, {}, rejected)
    return seen, rejected


async def note(name, listing, seen, rejected):
    """Reads a list; one that the SDK's models cannot hold is remembered with the reason."""
    try:
        seen[name] = {item.id for item in await listing}
    except (Rejected, ValueError) as reason:
        rejected[name] = str(reason).replace("\n", " ")[:160]


async def rights(client):
    """The ids of admins, and what hangs below roles and clients: every answer is read, the admins are compared."""
    admins = await inside("admins", client.list_users_with_role_assignments, container="value", limit=100)
    for admin in admins:
        await every("roles of an admin", client.list_assigned_roles_for_user, admin.id)
        await every("factors of an admin", client.list_factors, admin.id)
    for group in await every("groups", client.list_groups, limit=200):
        if group.type == "OKTA_GROUP":
            await every("roles of a group", client.list_group_assigned_roles, group.id)
            await every("owners of a group", client.list_group_owners, group.id)
            break
    for chosen in await inside("resource sets", client.list_resource_sets, container="resource_sets"):
        for binding in await inside(
            "bindings", client.list_bindings, chosen.id, container="roles"
        ):
            await inside(
                "members", client.list_members_of_binding, chosen.id, binding.id, container="members"
            )
        await inside(
            "resources", client.list_resource_set_resources, chosen.id, container="resources"
        )
    return {admin.id for admin in admins}


def ids_of(kind):
    """The ids that the truth has of a kind."""
    told = truth(f"/{kind}")
    return {item["id"] if isinstance(item, dict) else item for item in told}


async def list_log(client, now):
    """The uuids of the whole log up to `now`: a bounded query, for only that kind ends."""
    until = datetime.fromisoformat(now.replace("Z", "+00:00"))
    since = until - timedelta(days=89)
    events = await every(
        "log events", client.list_log_events, since=stamp(since), until=stamp(until), limit=1000
    )
    return [event.uuid for event in events]


def admins_of_truth():
    """Users that hold a role, themselves or through a group."""
    paths = truth("/admins")
    held = {"direct", "group", "group_rule", "custom_role"}
    return {path["principal"] for path in paths if path["path"] in held}


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


async def main():
    config = {"orgUrl": ORG_URL, "token": TOKEN, "rateLimit": {"maxRetries": 5}}
    async with OktaClient(config) as client:
        expected = truth()
        seen = await count_everything(client)
        uuids = await list_log(client, expected["now"])
        ids, rejected = await settings(client)
        ids["admins"] = await rights(client)
    there = {event["uuid"] for event in truth("/events") if event["published"] < expected["now"]}
    seen["events"], expected["events"] = len(uuids), len(there)
    wrong = [name for name in seen if seen[name] != expected[name]]
    for name, listed in ids.items():
        there_are = admins_of_truth() if name == "admins" else ids_of(name)
        seen[name], expected[name] = len(listed), len(there_are)
        if listed != there_are:
            wrong.append(name)
    for name, count in seen.items():
        mark = "" if count == expected[name] else f"   but the truth is {expected[name]}"
        print(f"{name:16} {count:8}{mark}")
    for name, reason in rejected.items():
        print(f"{name:16} the SDK cannot read it: {reason}", file=sys.stderr)
    if wrong or set(uuids) != there:
        return 1
    return 2 if rejected else 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except Rejected as rejected:
        print(rejected, file=sys.stderr)
        sys.exit(2)
