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


async def list_log(client, now):
    """The uuids of the whole log up to `now`: a bounded query, for only that kind ends."""
    until = datetime.fromisoformat(now.replace("Z", "+00:00"))
    since = until - timedelta(days=89)
    events = await every(
        "log events", client.list_log_events, since=stamp(since), until=stamp(until), limit=1000
    )
    return [event.uuid for event in events]


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


async def main():
    config = {"orgUrl": ORG_URL, "token": TOKEN, "rateLimit": {"maxRetries": 5}}
    async with OktaClient(config) as client:
        expected = truth()
        seen = await count_everything(client)
        uuids = await list_log(client, expected["now"])
    there = {event["uuid"] for event in truth("/events") if event["published"] < expected["now"]}
    seen["events"], expected["events"] = len(uuids), len(there)
    wrong = [name for name in seen if seen[name] != expected[name]]
    for name, count in seen.items():
        mark = "" if count == expected[name] else f"   but the truth is {expected[name]}"
        print(f"{name:12} {count:8}{mark}")
    return 1 if wrong or set(uuids) != there else 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except Rejected as rejected:
        print(rejected, file=sys.stderr)
        sys.exit(2)
