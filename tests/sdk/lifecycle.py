#!/usr/bin/env python3
"""Walks people, groups, applications, roles and rules of a simulated org through their lives with Okta's official Python SDK,
unmodified, and compares with the simulator's truth after each step.

    pip install 'okta==3.4.6'
    oktop sim --rate-limits off --live off &                 # prints url and token
    OKTA_TESTING_TESTINGDISABLEHTTPSCHECK=true ORG_URL=http://127.0.0.1:PORT TOKEN=00... python tests/sdk/lifecycle.py

The walk: a user is created, changed, put into a group, given an application directly and through the group, made an admin and
not an admin, suspended and let in again, has password, factors and sessions ended, is deactivated, and deleted in two steps; a
rule is made, switched on and off, and deleted; what the org refuses on the way must be refused with the code that Okta has for it.

Exits 0 when all came out so, 1 when something differs, 2 when the SDK rejected an answer.
"""

import asyncio
import logging
import sys
import time

from okta.client import Client as OktaClient
from okta.models import (
    AddGroupRequest,
    AppUserAssignRequest,
    AssignRoleToUserRequest,
    CreateGroupRuleRequest,
    CreateUserRequest,
    UpdateUserRequest,
)

from simulator import ORG_URL, TOKEN, control, truth

# What the SDK logs as errors are answers that this script judges itself.
logging.getLogger("okta-sdk-python").setLevel(logging.CRITICAL)

MARK = time.time_ns()
LOGIN = f"ada.byron.{MARK}@northwind.example"


class Differs(Exception):
    """Something came out otherwise than it should."""


class Walk:
    """One client, and what was done with it."""

    def __init__(self, client):
        self.client = client
        self.steps = 0

    async def does(self, method, *args, **kwargs):
        """Calls a method that must succeed; what it gives."""
        # Methods that return nothing give a response and an error, all others a value before them.
        answer = await getattr(self.client, method)(*args, **kwargs)
        if answer[-1] is not None:
            raise Differs(f"{method}{args}: {answer[-1]}")
        self.steps += 1
        return answer[0]

    async def refused(self, code, method, *args, **kwargs):
        """Calls a method that must be refused with this code."""
        answer = await getattr(self.client, method)(*args, **kwargs)
        if answer[-1] is None or code not in str(answer[-1]):
            raise Differs(f"{method}{args}: {code} was expected, and this came: {answer[-1]}")
        self.steps += 1

    async def status(self, user, expected):
        """Looks whether a user has this status."""
        held = await self.does("get_user", user)
        status = getattr(held.status, "value", held.status)
        if status != expected:
            raise Differs(f"{user} is {status}, and should be {expected}")


def agree(what, seen, expected):
    if seen != expected:
        raise Differs(f"{what}: {seen}, and should be {expected}")


def until(what, holds):
    """Waits for what Okta does a moment later."""
    deadline = time.monotonic() + 60
    while not holds():
        if time.monotonic() > deadline:
            raise Differs(f"waited in vain: {what}")
        time.sleep(0.2)


def members(group):
    return truth("/memberships").get(group, [])


def app_users(app):
    return [user["id"] if isinstance(user, dict) else user for user in truth("/app_users").get(app, [])]


async def birth(walk):
    profile = {"login": LOGIN, "email": LOGIN, "firstName": "Ada", "lastName": "Byron"}
    new = CreateUserRequest.from_dict({"profile": profile, "credentials": {"password": {"value": "Tr0ub4dor&3"}}})
    user = (await walk.does("create_user", new, activate=False)).id
    await walk.status(user, "STAGED")
    await walk.refused("E0000001", "create_user", new)
    await walk.refused("E0000001", "suspend_user", user)
    await walk.does("activate_user", user, send_email=False)
    await walk.status(user, "ACTIVE")
    await walk.refused("E0000016", "activate_user", user, send_email=False)
    part = UpdateUserRequest.from_dict({"profile": {"city": "Oslo", "department": "Engines"}})
    await walk.does("update_user", user, part)
    whole = UpdateUserRequest.from_dict({"profile": profile})
    now = await walk.does("replace_user", user, whole)
    agree("the city of somebody who was replaced", now.profile.city, None)
    return user


async def groups(walk, user):
    new = AddGroupRequest.from_dict({"profile": {"name": f"Ledger {MARK}", "description": "Books"}})
    group = (await walk.does("add_group", new)).id
    for _ in range(2):
        await walk.does("assign_user_to_group", group, user)
    agree("members", members(group), [user])
    for _ in range(2):
        await walk.does("unassign_user_from_group", group, user)
    agree("members", members(group), [])
    everyone = next(group for group in await walk.does("list_groups", q="Everyone"))
    await walk.refused("E0000006", "assign_user_to_group", everyone.id, user)
    return group


async def apps(walk, user, group):
    app, = control("changes", [{"change": "create_app", "label": f"Fresh {MARK}"}])["ids"]
    await walk.does("assign_user_to_group", group, user)
    await walk.does("assign_group_to_application", app, group)
    until("the group's members have the application", lambda: app_users(app) == [user])
    await walk.refused("E0000046", "unassign_user_from_application", app, user)
    await walk.does("unassign_application_from_group", app, group)
    agree("users of the application", app_users(app), [])
    given = AppUserAssignRequest.from_dict({"id": user, "scope": "USER"})
    await walk.does("assign_user_to_application", app, given)
    agree("users of the application", app_users(app), [user])
    await walk.does("unassign_user_from_application", app, user)
    await walk.refused("E0000056", "delete_application", app)
    await walk.does("deactivate_application", app)
    await walk.does("activate_application", app)
    await walk.does("deactivate_application", app)
    await walk.does("delete_application", app)


async def roles(walk, user):
    help_desk = AssignRoleToUserRequest.from_dict({"type": "HELP_DESK_ADMIN"})
    given = await walk.does("assign_role_to_user", user, help_desk)
    given = getattr(given, "actual_instance", given)
    await walk.refused("E0000090", "assign_role_to_user", user, help_desk)
    await walk.does("unassign_role_from_user", user, given.id)
    await walk.refused("E0000007", "unassign_role_from_user", user, given.id)
    agree("roles", [role for role in truth("/roles") if role["assignee"] == user], [])


async def rules(walk, user, group):
    await walk.does("unassign_user_from_group", group, user)
    rule = CreateGroupRuleRequest.from_dict({
        "type": "group_rule",
        "name": f"Ada {MARK}"[:50],
        "conditions": {"expression": {"type": "urn:okta:expression:1.0", "value": f'user.login=="{LOGIN}"'}},
        "actions": {"assignUserToGroups": {"groupIds": [group]}},
    })
    rule = (await walk.does("create_group_rule", rule)).id
    await walk.does("activate_group_rule", rule)
    until("the rule has worked through everybody", lambda: members(group) == [user])
    await walk.refused("E0000001", "delete_group_rule", rule)
    await walk.does("deactivate_group_rule", rule)
    agree("members", members(group), [user])
    await walk.does("delete_group_rule", rule)


async def end(walk, user, group):
    await walk.does("suspend_user", user)
    await walk.status(user, "SUSPENDED")
    await walk.does("unsuspend_user", user)
    await walk.refused("E0000001", "unsuspend_user", user)
    await walk.refused("E0000032", "unlock_user", user)
    await walk.does("expire_password", user)
    await walk.status(user, "PASSWORD_EXPIRED")
    await walk.does("reset_password", user, send_email=False)
    await walk.status(user, "RECOVERY")
    await walk.does("reset_factors", user)
    await walk.does("revoke_user_sessions", user, oauth_tokens=True)
    await walk.does("revoke_user_grants", user)
    await walk.does("deactivate_user", user, send_email=False)
    agree("members", members(group), [])
    await walk.refused("E0000007", "deactivate_user", user)
    await walk.does("delete_user", user)
    await walk.refused("E0000007", "get_user", user)
    await walk.does("delete_group", group)


async def main():
    async with OktaClient({"orgUrl": ORG_URL, "token": TOKEN}) as client:
        walk = Walk(client)
        try:
            user = await birth(walk)
            group = await groups(walk, user)
            await apps(walk, user, group)
            await roles(walk, user)
            await rules(walk, user, group)
            await end(walk, user, group)
        except Differs as differs:
            print(f"after {walk.steps} steps: {differs}")
            return 1
        except ValueError as rejected:
            # The SDK's models are strict; what they do not take is a value that is wrong to them.
            print(f"after {walk.steps} steps the SDK rejected an answer: {rejected}")
            return 2
    print(f"{walk.steps} calls came out as Okta has them")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
