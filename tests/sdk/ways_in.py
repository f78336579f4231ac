"""Ways into the org beside the API token: as a service application, and through rate limits."""

import json
import time
from dataclasses import replace

from Cryptodome.PublicKey import RSA
from jwcrypto.jwk import JWK
from okta.client import Client as OktaClient
from okta.pagination import PaginationHelper

from crawl import Crawl
from simulator import ORG_URL, TOKEN, control, truth

# Of each kind of thing, so many are read as a service application: the shapes are known by then, the way in is not.
TRIED = 3

SCOPES = [
    f"okta.{family}.read"
    for family in """
        users groups apps roles appGrants oauthIntegrations logs idps apiTokens policies networkZones devices authenticators
        behaviors eventHooks inlineHooks logStreams trustedOrigins threatInsights features realms realmAssignments userTypes
        schemas linkedObjects orgs userRisk domains emailDomains brands pushProviders securityEventsProviders
    """.split()
]

# What Okta shows to API tokens only.
TOKENS_ONLY = {"list_supported_security_questions"}


def registered(name, **wanted):
    """A service application with a new key and every role; what the SDK is to be told about it."""
    pem = RSA.generate(2048).export_key().decode()
    public = JWK.from_pem(pem.encode()).export_public(as_dict=True)
    made = control(
        "clients",
        {"name": name, "jwks": {"keys": [public]}, "scopes": SCOPES, "roles": ["SUPER_ADMIN"], **wanted},
    )
    return {
        "orgUrl": ORG_URL,
        "authorizationMode": "PrivateKey",
        "clientId": made["client_id"],
        "privateKey": pem,
        "kid": made["kids"][0],
        "scopes": SCOPES,
    }


async def as_service(reads, seen):
    """The table once more, for a few of what was seen, as a service application whose tokens are bound to its key."""
    config = {**registered("SDK with DPoP", dpop=True), "dpopEnabled": True}
    async with OktaClient(config) as client:
        crawl = Crawl(client, known=seen.found, tried=TRIED)
        await crawl.run(for_services(read) for read in reads)
    return crawl


def for_services(read):
    return replace(read, refused="E0000005") if read.name in TOKENS_ONLY else read


async def through_limits(seen):
    """Lists users and groups while Okta refuses now and then; tells what did not come out right."""
    wrong = []
    for kind, operation in [("users", "list_users"), ("groups", "list_groups")]:
        before = control("requests")["statuses"].get("429", 0)
        # The second page twice, and the third once: the SDK repeats a request twice, and no more.
        control("faults", [
            {"kind": "rate_limit_storm", "path": f"/api/v1/{kind}$", "after": 1, "count": 2, "reset_secs": 1},
            {"kind": "concurrency_limit", "path": f"/api/v1/{kind}$", "after": 2},
        ])
        started = time.monotonic()
        listed = await paged(operation)
        waited = time.monotonic() - started
        refused = control("requests")["statuses"].get("429", 0) - before
        print(f"429: {len(listed)} {kind} through {refused} refusals, {waited:.0f} s")
        if listed != {found.item.id for found in seen.found[operation]}:
            wrong.append(f"{kind} through rate limits: {len(listed)} seen")
        if refused != 3 or control("faults"):
            wrong.append(f"{kind}: {refused} requests were refused, and three should have been")
    return wrong


async def paged(operation):
    """The ids of a list, in small pages, with the SDK's own retries as they are by default."""
    ids, asked = set(), {"limit": 20}
    if operation == "list_users":
        asked["search"] = "id pr"
    async with OktaClient({"orgUrl": ORG_URL, "token": TOKEN}) as client:
        while True:
            page, response, error = await getattr(client, operation)(**asked)
            if error:
                raise RuntimeError(f"{operation}: {error}")
            ids.update(item.id for item in page)
            asked["after"] = PaginationHelper.extract_next_cursor(response.headers)
            if asked["after"] is None:
                return ids
