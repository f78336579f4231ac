"""Calls the SDK's methods one below the other: what one of them lists are the arguments of the next.

A `Read` is one method of the SDK; the table of them is in reads.py. A `Crawl` calls each of them for everything that was
found so far, follows pages to their end, and keeps what came back. It changes nothing in the SDK and reaches into it at one
place only: where the SDK cannot hold a right answer, the same request is sent by the SDK's own executor and read as JSON.
"""

import asyncio
import inspect
import json
import re
import urllib.parse
from dataclasses import dataclass, field
from types import SimpleNamespace

from okta.pagination import PaginationHelper

# Requests under way at once: as many as a careful client has.
AT_ONCE = 8


def own_id(item):
    return item.id


@dataclass(frozen=True)
class Read:
    """One method of the SDK, and where its arguments come from."""

    # The method's name.
    name: str
    # The read whose findings are the arguments: those it was called with, and then the key of what it found.
    of: str | None = None
    # The arguments for a finding, where they are others.
    takes: object = None
    # Whether it is called for a finding.
    where: object = None
    # Keyword arguments; the method is called once with each.
    variants: tuple = ({},)
    # Where the items are in an answer that is no array; its pages are linked from the body.
    inside: str | None = None
    # What names an item; none when the items have no name that anything else uses.
    key: object = own_id
    # The code with which the org refuses every such call, as one that lacks a feature does.
    refused: str | None = None
    # Why the SDK cannot read a right answer, when it cannot; the answer is then read as it came.
    fault: str | None = None

    @property
    def is_list(self):
        return self.name.startswith("list_")


@dataclass
class Found:
    """An item, and the arguments of the call that found it."""

    args: tuple
    item: object


class Rejected(Exception):
    """The SDK could not make sense of an answer, or the org refused it."""


@dataclass
class Crawl:
    """Everything that was found, by the method's name."""

    client: object
    found: dict = field(default_factory=dict)
    calls: dict = field(default_factory=dict)
    wrong: list = field(default_factory=list)
    # Findings to follow in place of its own, e.g. because only a few of its own are read.
    known: dict | None = None
    # How many findings of a kind are followed; all, when nothing is said.
    tried: int | None = None
    # How many right answers the SDK rejected, by the method's name.
    rejected: dict = field(default_factory=dict)

    def __post_init__(self):
        self.gate = asyncio.Semaphore(AT_ONCE)

    async def run(self, reads):
        """Calls every read for all that those before it found."""
        for read in reads:
            calls = [
                self.call(read, args, variant)
                for args in self.arguments(read)
                for variant in read.variants
            ]
            self.calls[read.name] = len(calls)
            self.found[read.name] = [one for found in await asyncio.gather(*calls) for one in found]
            if read.fault and self.found[read.name] and not self.rejected.get(read.name):
                self.wrong.append(f"{read.name}: the SDK reads it by now; its excuse is to go")

    def arguments(self, read):
        """What to call a method with; each combination once."""
        if read.of is None:
            return [()]
        key = KEYS.get(read.of, own_id)
        takes = read.takes or (lambda found: (*found.args, key(found.item)))
        source = (self.known or self.found)[read.of]
        wanted = (one for one in source if read.where is None or read.where(one))
        return list(dict.fromkeys(takes(found) for found in wanted))[: self.tried]

    async def call(self, read, args, variant):
        """What one call finds. One that fails is remembered, and finds nothing."""
        async with self.gate:
            try:
                items = await (self.listed if read.is_list else self.single)(read, args, variant)
            except Exception as reason:  # the SDK raises whatever its models and libraries raise
                self.judge(read, args, reason)
                return []
        if read.refused:
            self.wrong.append(f"{read.name}{args}: answered, and should be refused with {read.refused}")
        return [Found(args, item) for item in items]

    def judge(self, read, args, reason):
        if read.refused and read.refused in str(reason):
            return
        self.wrong.append(f"{read.name}{args}: {' '.join(str(reason).split())[:400]}")

    async def single(self, read, args, variant):
        item, _ = await self.answer(read, args, variant)
        key = KEYS.get(read.name, read.key)
        if args and key and key(item) != args[-1]:
            raise Rejected(f"is called {key(item)}")
        return [item]

    async def listed(self, read, args, variant):
        """All items, page after page."""
        items, asked = [], dict(variant)
        while True:
            page, headers = await self.answer(read, args, asked)
            held = page_items(page, read.inside)
            items.extend(held)
            after = cursor_in_body(page) if read.inside else next_cursor(headers)
            if after is None or not held:
                return items
            asked["after"] = after

    async def answer(self, read, args, asked):
        """The answer to one request, as the SDK has it or, where it cannot, as it came; and its headers."""
        try:
            page, response, error = await getattr(self.client, read.name)(*args, **asked)
        except ValueError:
            if not read.fault:
                raise
            self.rejected[read.name] = self.rejected.get(read.name, 0) + 1
            return await self.as_it_came(read, args, asked)
        if error:
            raise Rejected(error)
        return unwrapped(page), response.headers

    async def as_it_came(self, read, args, asked):
        """The request that the method would send, sent by the SDK's executor, and read as JSON."""
        path = path_of(self.client, read.name)
        names = iter(args)
        path = re.sub(r"\{\w+\}", lambda _: urllib.parse.quote(next(names), safe=""), path)
        query = urllib.parse.urlencode(asked)
        executor = self.client.get_request_executor()
        request, error = await executor.create_request("GET", f"{path}?{query}" if query else path)
        if error:
            raise Rejected(error)
        response, body, error = await executor.execute(request)
        if error:
            raise Rejected(error)
        return json.loads(body, object_hook=lambda fields: SimpleNamespace(**fields)), response.headers


# How the items of a read are named, where it is not by their id.
KEYS = {}


def unwrapped(value):
    """Without the shells that the SDK puts around answers that may have one of several shapes."""
    if isinstance(value, list):
        return [unwrapped(item) for item in value]
    inner = getattr(value, "actual_instance", None)
    return value if inner is None else unwrapped(inner)


def page_items(page, inside):
    if inside:
        page = unwrapped(getattr(page, inside))
    return page if isinstance(page, list) else [] if page is None else [page]


def cursor_in_body(page):
    link = getattr(getattr(page, "links", None), "next", None)
    return link and after_in(link.href)


def next_cursor(headers):
    """The cursor of the next page, as the SDK finds it. Of two `Link` lines, it keeps the second, which is the next page's."""
    return PaginationHelper.extract_next_cursor(dict(headers.items()))


def after_in(url):
    return urllib.parse.parse_qs(urllib.parse.urlparse(url).query)["after"][0]


def methods(client):
    """Every method of the SDK that only reads, with the path it calls."""
    names = (name for name, _ in inspect.getmembers(client, inspect.iscoroutinefunction))
    paths = {name: path_of(client, name) for name in names if not name.startswith("_")}
    return {name: path for name, path in paths.items() if path}


def path_of(client, name):
    """The path that a method gets, with its parameters in braces; none when it does something else."""
    serialize = getattr(client, f"_{name}_serialize", None)
    if serialize is None:
        return None
    source = inspect.getsource(serialize)
    found = re.search(r'method="GET",\s*resource_path="([^"]+)"', source)
    return found and found[1]
