"""Aliases, and the routes from addresses to mailboxes."""

from __future__ import annotations

import asyncio
import dataclasses

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import AlreadyExists, Invalid, LimitReached, NotFound
from skrytka.model import State, Status
from skrytka.services import aliases, domains, mailboxes
from skrytka.services.mailboxes import MailboxChange
from skrytka.settings import Limits
from skrytka.store.operations import domains as domain_operations
from skrytka.store.operations import routes
from skrytka.store.operations.routes import Address, Target
from tests.contract.provisioning import ADMIN, make_mailbox, vary


async def test_put_list_delete(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core)
    assert await aliases.put(core, ADMIN, "ann@example.org", "Sales@Example.org")
    assert not await aliases.put(core, ADMIN, "ann@example.org", "sales@example.org")
    assert await aliases.put(core, ADMIN, "ann@example.org", "info@example.org")
    assert await aliases.list_all(core, "ann@example.org") == ["info@example.org", "sales@example.org"]
    await aliases.delete(core, ADMIN, "ann@example.org", "sales@example.org")
    assert await aliases.list_all(core, "ann@example.org") == ["info@example.org"]
    with pytest.raises(NotFound) as missing:
        await aliases.delete(core, ADMIN, "ann@example.org", "sales@example.org")
    assert missing.value.kind == "alias"
    assert await core.directory.write(domain_operations.recount, False) == []


async def test_an_address_is_one_thing(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core)
    await make_mailbox_beside(core)
    await aliases.put(core, ADMIN, "ann@example.org", "info@example.org")
    with pytest.raises(AlreadyExists) as taken:
        await aliases.put(core, ADMIN, "bob@example.org", "info@example.org")
    assert taken.value.kind == "alias"
    with pytest.raises(AlreadyExists) as taken:
        await aliases.put(core, ADMIN, "bob@example.org", "ann@example.org")
    assert taken.value.kind == "mailbox"
    with pytest.raises(NotFound) as missing:
        await aliases.put(core, ADMIN, "bob@example.org", "bob@missing.example")
    assert missing.value.kind == "domain"
    with pytest.raises(Invalid) as refused:
        await aliases.put(core, ADMIN, "bob@example.org", "bob")
    assert [fault.field for fault in refused.value.faults] == ["alias"]
    with pytest.raises(NotFound):
        await aliases.put(core, ADMIN, "carl@example.org", "carla@example.org")
    assert await core.directory.write(domain_operations.recount, False) == []


async def make_mailbox_beside(core: Core) -> None:
    await mailboxes.put(core, ADMIN, "bob@example.org", MailboxChange())


async def test_an_alias_and_a_mailbox_at_once(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core)
    results = await asyncio.gather(
        aliases.put(core, ADMIN, "ann@example.org", "bob@example.org"),
        mailboxes.put(core, ADMIN, "bob@example.org", MailboxChange()),
        return_exceptions=True,
    )
    assert sum(isinstance(result, AlreadyExists) for result in results) == 1


async def test_limit(core: Core) -> None:
    core = vary(core)
    core = dataclasses.replace(core, settings=msgspec.structs.replace(core.settings, limits=Limits(aliases=2)))
    await make_mailbox(core)
    asked = [aliases.put(core, ADMIN, "ann@example.org", f"a{number}@example.org") for number in range(5)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(result is True for result in results) == 2
    assert sum(isinstance(result, LimitReached) for result in results) == 3
    assert len(await aliases.list_all(core, "ann@example.org")) == 2


async def test_routes(core: Core) -> None:
    core = vary(core)
    mailbox = await make_mailbox(core)
    await domains.put(core, ADMIN, "example.net")
    await aliases.put(core, ADMIN, "ann@example.org", "info@example.net")
    own, alias = Address("ann@example.org", "example.org"), Address("info@example.net", "example.net")

    async def suspended() -> tuple[bool | None, bool | None]:
        first, second = [await core.directory.read(routes.find, address) for address in (own, alias)]
        return (first.suspended if first else None, second.suspended if second else None)

    for address in (own, alias):
        assert await core.directory.read(routes.find, address) == Target(mailbox.ref, State.ACTIVE, suspended=False)
    assert await core.directory.read(routes.find, Address("bob@example.org", "example.org")) is None

    await domains.put(core, ADMIN, "example.net", Status.SUSPENDED)
    assert await suspended() == (False, True)
    await domains.put(core, ADMIN, "example.org", Status.SUSPENDED)
    await domains.put(core, ADMIN, "example.net", Status.ACTIVE)
    assert await suspended() == (True, True)
    await domains.put(core, ADMIN, "example.org", Status.ACTIVE)
    await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(status=Status.SUSPENDED))
    assert await suspended() == (True, True)
    await mailboxes.delete(core, ADMIN, "ann@example.org")
    assert await suspended() == (None, None)
