"""Aliases: further addresses of a mailbox, for delivery and for login."""

from __future__ import annotations

from skrytka.core import Core
from skrytka.errors import AlreadyExists
from skrytka.model import Actor
from skrytka.services import addresses, mailboxes
from skrytka.services.faults import faults_of, refuse
from skrytka.store.interface import Duplicate
from skrytka.store.operations import aliases
from skrytka.store.operations.aliases import AliasDelete, AliasWrite


async def put(core: Core, actor: Actor, address: str, alias: str) -> bool:
    """Give the mailbox an alias; False when it has it already. The alias's domain must exist too."""
    _check(address, alias)
    normalised = addresses.normalise_address(alias, "alias")
    mailbox = await mailboxes.get(core, address)
    write = AliasWrite(
        mailbox_id=mailbox.ref.mailbox_id,
        alias=normalised,
        domain=addresses.domain_of(normalised),
        limit=core.settings.limits.aliases,
        now=int(core.now()),
    )
    try:
        return await core.directory.write(aliases.put, write)
    except Duplicate:
        raise AlreadyExists("alias", normalised) from None


def _check(address: str, alias: str) -> None:
    refuse((*faults_of(addresses.normalise_address, address), *faults_of(addresses.normalise_address, alias, "alias")))


async def delete(core: Core, actor: Actor, address: str, alias: str) -> None:
    _check(address, alias)
    mailbox = await mailboxes.get(core, address)
    normalised = addresses.normalise_address(alias, "alias")
    await core.directory.write(aliases.delete, AliasDelete(mailbox.ref.mailbox_id, normalised))


async def list_all(core: Core, address: str) -> list[str]:
    """By alias; their number is limited."""
    mailbox = await mailboxes.get(core, address)
    return await core.directory.read(aliases.list_all, mailbox.ref.mailbox_id)
