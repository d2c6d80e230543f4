"""Domains: created, suspended, refused while not empty."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import UNSET

from skrytka.core import Core
from skrytka.errors import Conflict, Invalid, NotEmpty, NotFound
from skrytka.model import Domain, Precondition, Status
from skrytka.services import aliases, domains, mailboxes
from tests.contract.provisioning import ADMIN, START, Clock, make_mailbox, vary


async def test_create_change_and_repeat(core: Core) -> None:
    core = vary(core, clock=Clock())
    made, created = await domains.put(core, ADMIN, "Example.ORG")
    assert (made, created) == (Domain("example.org", Status.ACTIVE, START, 1), True)
    assert await domains.put(core, ADMIN, "example.org") == (made, False)
    suspended, created = await domains.put(core, ADMIN, "example.org", Status.SUSPENDED)
    assert (suspended, created) == (Domain("example.org", Status.SUSPENDED, START, 2), False)
    assert await domains.put(core, ADMIN, "example.org", UNSET) == (suspended, False)
    reset, _ = await domains.put(core, ADMIN, "example.org", None)
    assert (reset.status, reset.version) == (Status.ACTIVE, 3)
    assert await domains.get(core, "EXAMPLE.org.") == reset


async def test_if_match(core: Core) -> None:
    with pytest.raises(Conflict):
        await domains.put(core, ADMIN, "example.org", only_if=Precondition(some_of=(1,)))
    await domains.put(core, ADMIN, "example.org")
    await domains.put(core, ADMIN, "example.org", Status.SUSPENDED, only_if=Precondition(some_of=(1,)))
    with pytest.raises(Conflict):
        await domains.put(core, ADMIN, "example.org", Status.ACTIVE, only_if=Precondition(some_of=(1,)))
    with pytest.raises(Conflict):
        await domains.delete(core, ADMIN, "example.org", only_if=Precondition(some_of=(1,)))
    await domains.delete(core, ADMIN, "example.org", only_if=Precondition(some_of=(2,)))
    with pytest.raises(NotFound):
        await domains.get(core, "example.org")


async def test_only_an_empty_domain_is_deleted(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core)
    with pytest.raises(NotEmpty):
        await domains.delete(core, ADMIN, "example.org")
    await domains.put(core, ADMIN, "example.net")
    await aliases.put(core, ADMIN, "ann@example.org", "ann@example.net")
    with pytest.raises(NotEmpty):
        await domains.delete(core, ADMIN, "example.net")
    await mailboxes.delete(core, ADMIN, "ann@example.org")
    await domains.delete(core, ADMIN, "example.org")
    await domains.delete(core, ADMIN, "example.net")
    assert await domains.list_page(core, "", 10) == []


async def test_pages_go_by_name(core: Core) -> None:
    for name in ("c.example", "a.example", "b.example"):
        await domains.put(core, ADMIN, name)
    first = await domains.list_page(core, "", 2)
    assert [domain.name for domain in first] == ["a.example", "b.example"]
    assert [domain.name for domain in await domains.list_page(core, first[-1].name, 2)] == ["c.example"]


async def test_bad_and_missing(core: Core) -> None:
    with pytest.raises(Invalid):
        await domains.put(core, ADMIN, "a b")
    with pytest.raises(NotFound):
        await domains.delete(core, ADMIN, "missing.example")


async def test_created_by_several_at_once(core: Core) -> None:
    results = await asyncio.gather(*(domains.put(core, ADMIN, "example.org") for _ in range(8)))
    assert sorted(created for _, created in results) == [False] * 7 + [True]
    assert len({domain for domain, _ in results}) == 1
