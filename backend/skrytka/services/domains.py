"""Domains: what addresses belong to. Suspending one refuses logins to and mail for all its mailboxes at once."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import UNCONDITIONAL, Actor, Domain, Precondition, Status
from skrytka.services import addresses, mailboxes
from skrytka.store.interface import Duplicate
from skrytka.store.operations import domains
from skrytka.store.operations.domains import DomainDelete, DomainPage, DomainWrite

MAILBOXES_AT_ONCE = 500


async def put(
    core: Core,
    actor: Actor,
    name: str,
    status: Status | UnsetType | None = UNSET,
    only_if: Precondition = UNCONDITIONAL,
) -> tuple[Domain, bool]:
    """Create (True) or change. ``status`` UNSET keeps, None resets to active."""
    asked = None if isinstance(status, UnsetType) else status or Status.ACTIVE
    write = DomainWrite(addresses.normalise_domain(name), asked, only_if, int(core.now()))
    try:
        domain, created = await core.directory.write(domains.put, write)
    except Duplicate:
        # Created by another request since this one looked: change that one.
        domain, created = await core.directory.write(domains.put, write)
    if asked is Status.SUSPENDED:
        await _tell_sessions(core, domain.name)
    return domain, created


async def _tell_sessions(core: Core, domain: str) -> None:
    """Sessions of all its mailboxes look whether they may go on."""
    after = ""
    while page := await mailboxes.list_page(core, domain, after, MAILBOXES_AT_ONCE):
        for mailbox in page:
            mailboxes.tell_sessions(core, mailbox.ref)
        after = page[-1].ref.address


async def get(core: Core, name: str) -> Domain:
    normalised = addresses.normalise_domain(name)
    found = await core.directory.read(domains.get, normalised)
    if found is None:
        raise NotFound("domain", normalised)
    return found


async def delete(core: Core, actor: Actor, name: str, only_if: Precondition = UNCONDITIONAL) -> None:
    """``NotEmpty`` while there are mailboxes or aliases in it."""
    await core.directory.write(domains.delete, DomainDelete(addresses.normalise_domain(name), only_if))


async def list_page(core: Core, after: str, limit: int) -> list[Domain]:
    """By name."""
    return await core.directory.read(domains.page, DomainPage(after, limit))
