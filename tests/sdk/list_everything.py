#!/usr/bin/env python3
"""Reads a simulated org through Okta's official Python SDK, unmodified, and compares with the simulator's truth.

    pip install 'okta==3.4.6'
    oktop sim --rate-limits off --live off &                 # prints url and token
    OKTA_TESTING_TESTINGDISABLEHTTPSCHECK=true ORG_URL=http://127.0.0.1:PORT TOKEN=00... python tests/sdk/list_everything.py

Three ways in, one after the other:

  1. with the API token, every method of the SDK that reads something which the org serves, for everything that is there;
     the SDK's other methods must be refused as unknown or as not enabled, so that none is forgotten;
  2. as a service application, with a private key and DPoP, the same methods for a few of each;
  3. into rate limits, which the SDK's own default retries must ride out.

Exits 0 when all is as the truth has it, 1 when something differs, 2 when the SDK rejected an answer. The SDK's models are
strict, so everything that is read is also something that has the documented shape.
"""

import asyncio
import logging
import os
import sys
from datetime import datetime, timedelta

from okta.client import Client as OktaClient
from okta.models import SimulatePolicyBody

import ways_in
from crawl import Crawl, methods
from reads import EVERYTHING, LOG
from simulator import ask, expected, limit_roles, truth

# What the SDK logs as errors are answers that this script judges itself.
logging.getLogger("okta-sdk-python").setLevel(logging.CRITICAL)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


async def whole_log(crawl, now):
    """The whole log up to `now`: a bounded query, for only that kind ends."""
    until = datetime.fromisoformat(now.replace("Z", "+00:00"))
    since = until - timedelta(days=89)
    bounds = {"since": stamp(since), "until": stamp(until), "limit": 1000}
    await crawl.run([LOG(bounds)])


def simulated_app(crawl):
    """An application to ask about, with a user of it."""
    assigned = crawl.found["list_application_users"][0]
    return assigned.args[0], assigned.item.id


async def simulate(crawl):
    """The one method that reads with a POST."""
    app, user = simulated_app(crawl)
    body = SimulatePolicyBody.from_dict(
        {"appInstance": app, "policyContext": {"user": {"id": user}, "groups": {"ids": []}}}
    )
    evaluations, _, error = await crawl.client.create_policy_simulation([body])
    if error or not evaluations:
        crawl.wrong.append(f"create_policy_simulation: {error or 'nothing is evaluated'}")


def forgotten(client):
    """Methods that are in no table although the org serves their paths."""
    known = {read.name for read in EVERYTHING} | {"list_log_events"}
    others = {name: path for name, path in methods(client).items() if name not in known}
    for name, path in others.items():
        status, code = ask(path)
        if (status, code) not in UNSERVED:
            yield f"{name}: {path} is served ({status} {code}), and nothing reads it"


# The org has no such path, or has not got the feature.
UNSERVED = [(404, "E0000008"), (401, "E0000015")]


async def by_token(client):
    """Everything that the SDK can read, with the API token."""
    limit_roles()
    crawl = Crawl(client)
    now = truth()["now"]
    await crawl.run(EVERYTHING)
    await whole_log(crawl, now)
    await simulate(crawl)
    crawl.wrong.extend(forgotten(client))
    return crawl, now


def differences(crawl, now):
    """What the SDK saw and the truth has, by name; told with their numbers."""
    for name, seen, there in expected(crawl, now):
        mark = "" if seen == there else f"   but the truth has {len(there)}, {len(seen ^ there)} differ"
        print(f"  {name:34} {len(seen):7}{mark}")
        if mark:
            yield f"{name}: {len(seen)} seen, {len(there)} there"


def excuses(crawl):
    """What the SDK cannot read, by its own fault."""
    faults = [read for read in EVERYTHING if read.fault and crawl.calls.get(read.name)]
    answers = sum(crawl.rejected.values())
    print(f"{len(faults)} methods reject right answers ({answers}), which were read as they came:")
    for read in faults:
        print(f"  {read.name} ({crawl.rejected[read.name]} of {crawl.calls[read.name]}): {read.fault}")


def report(title, crawl):
    print(f"{title}: {len(crawl.calls)} methods, {sum(crawl.calls.values())} calls, {len(crawl.wrong)} wrong")
    idle = [name for name, calls in crawl.calls.items() if not calls]
    if idle:
        print(f"  not called, for there is nothing to call them for: {', '.join(idle)}")


async def main():
    async with OktaClient({"orgUrl": ways_in.ORG_URL, "token": ways_in.TOKEN}) as client:
        by_hand, now = await by_token(client)
    report("API token", by_hand)
    differ = list(differences(by_hand, now))
    excuses(by_hand)
    as_service = await ways_in.as_service(EVERYTHING, by_hand)
    report("Service application, DPoP", as_service)
    limited = await ways_in.through_limits(by_hand)
    wrong = [*by_hand.wrong, *as_service.wrong]
    for problem in (*differ, *wrong, *limited):
        print(problem, file=sys.stderr)
    return 2 if wrong else 1 if differ or limited else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
