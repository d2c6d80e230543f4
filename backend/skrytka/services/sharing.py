"""The folders of others that a mailbox has rights to: the directory finds whose they are, and his shard has the rights."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from skrytka.core import Core
from skrytka.errors import Invalid, NotFound, Unavailable
from skrytka.model import Folder, FolderId, MailboxId, MailboxRef, State
from skrytka.rights import Rights
from skrytka.services import addresses, authentication
from skrytka.services.acl import grant_of
from skrytka.services.folder_names import canonical, checked, has_control_characters, path
from skrytka.services.shards import now, shard_of
from skrytka.services.slices import Slice
from skrytka.store.operations import acl, grants, routes
from skrytka.store.operations.acl import FolderAsked, SharedAsked
from skrytka.store.operations.grants import ANYONE_ID, Grant, Noted, Owner, Reader

OWNERS = 200
"""Owners whose folders are read together."""

SETTLED_S = 3_600
"""So long after a grant was noted the rights themselves are there, or never will be."""


class Shared(msgspec.Struct, frozen=True):
    """A folder of another mailbox, and the rights that its reader has to it. ``private_seen``: he has his own ``\\Seen``, and the
    counters of the folder are its owner's."""

    mailbox: MailboxRef
    folder: Folder
    rights: Rights
    private_seen: bool = False


async def find(core: Core, reader: MailboxRef, owner: str, name: str) -> Shared:
    """The folder ``name`` of the mailbox ``owner``, whatever the rights to it; ``NotFound`` where there is none."""
    mailbox = await _owner(core, reader, owner)
    if mailbox is None or has_control_characters(name):
        raise NotFound("folder", name)
    return await _read(core, reader, mailbox, canonical(name), FolderId(0))


async def again(core: Core, reader: MailboxRef, mailbox: MailboxRef, folder_id: FolderId) -> Shared:
    """The same folder later on; ``Suspended`` or ``NotFound`` where its mailbox no longer serves."""
    await authentication.confirm(core, mailbox)
    return await _read(core, reader, mailbox, None, folder_id)


async def above(core: Core, reader: MailboxRef, owner: str, name: str) -> Shared | None:
    """The nearest folder above a name that is there: whose rights decide about new folders (RFC 4314 section 4).

    ``Invalid`` and ``LimitReached`` for what can be no folder's name, of whomever: each level is asked for.
    """
    levels = path(checked(name, core.settings.limits))
    mailbox = await _owner(core, reader, owner)
    if mailbox is None:
        return None
    for level in reversed(levels[:-1]):
        try:
            return await _read(core, reader, mailbox, level, FolderId(0))
        except NotFound:
            continue
    return None


async def _owner(core: Core, reader: MailboxRef, address: str) -> MailboxRef | None:
    """Who serves under his own address; nobody is another user to himself."""
    try:
        normalised = addresses.normalise_address(address)
    except Invalid:
        return None
    found = await core.directory.read(routes.find, routes.Address(normalised, addresses.domain_of(normalised)))
    if found is None or found.suspended or found.state is not State.ACTIVE:
        return None
    own = found.mailbox.mailbox_id == reader.mailbox_id
    return None if own or found.mailbox.address != normalised else found.mailbox


async def _read(core: Core, reader: MailboxRef, mailbox: MailboxRef, name: str | None, folder_id: FolderId) -> Shared:
    anyone = ANYONE_ID if _same_domain(reader, mailbox) else reader.mailbox_id
    asked = FolderAsked(mailbox.mailbox_id, name, folder_id, (reader.mailbox_id, anyone))
    found = await shard_of(core, mailbox).read(acl.shared, asked)
    if found is None:
        raise NotFound("folder", str(folder_id) if name is None else name)
    return Shared(mailbox, found.folder, found.rights, found.private_seen)


def _same_domain(one: MailboxRef, other: MailboxRef) -> bool:
    return addresses.domain_of(one.address) == addresses.domain_of(other.address)


async def visible(core: Core, reader: MailboxRef, most: int) -> AsyncIterator[list[Shared]]:
    """All folders that the reader may look up, some owners at a time, by the address of the owner and the name. Owners with more
    than ``most`` together are not read to the end, for whoever wants no more than that.

    What can be had comes in any case; when that is not all, because a shard does not answer, ``Unavailable`` comes last.
    """
    after, failure = "", None
    while True:
        asked = Reader(reader.mailbox_id, addresses.domain_of(reader.address), after, OWNERS)
        owners = await core.directory.read(grants.owners, asked)
        found: list[Shared] = []
        for shard in sorted({owner.mailbox.shard for owner in owners}):
            if len(found) > most:
                break
            try:
                found += await _of_shard(
                    core, reader, [owner for owner in owners if owner.mailbox.shard == shard], most
                )
            except Unavailable as error:
                failure = error
        if found:
            yield sorted(found, key=lambda shared: (shared.mailbox.address, shared.folder.name))
        if len(owners) < OWNERS:
            break
        after = owners[-1].mailbox.address
    if failure is not None:
        raise failure


async def _of_shard(core: Core, reader: MailboxRef, owners: Sequence[Owner], most: int) -> list[Shared]:
    by_id = {owner.mailbox.mailbox_id: owner.mailbox for owner in owners}
    everyone = frozenset(mailbox.mailbox_id for mailbox in by_id.values() if _same_domain(reader, mailbox))
    after: acl.Place | None = (0, 0)
    named: set[tuple[int, int]] = set()
    seen: list[Shared] = []
    turn = Slice(core)
    while after is not None and len(seen) <= most:
        asked = SharedAsked(tuple(by_id), reader.mailbox_id, everyone, after)
        found = await shard_of(core, owners[0].mailbox).read(acl.all_shared, asked)
        seen += [
            Shared(by_id[one.mailbox_id], one.folder, one.rights, one.private_seen)
            for one in found.folders
            if "l" in one.rights
        ]
        named |= found.named
        after = found.after
        await turn.next_if_over()
    if after is not None:
        return seen  # what the rest of them share is not known
    settled = now(core) - SETTLED_S
    await _forget(core, reader, [owner.mailbox for owner in owners if owner.noted_at < settled], named)
    return seen


async def _forget(
    core: Core, reader: MailboxRef, owners: Sequence[MailboxRef], named: AbstractSet[tuple[int, int]]
) -> None:
    """Take out of the index what leads nowhere, unless it is so new that the rights may still be on their way."""
    stale: list[Grant] = []
    for mailbox in owners:
        grantees = {reader.mailbox_id, MailboxId(ANYONE_ID)} if _same_domain(reader, mailbox) else {reader.mailbox_id}
        if not any((mailbox.mailbox_id, grantee_id) in named for grantee_id in grantees):
            stale += [grant_of(mailbox, grantee_id) for grantee_id in grantees]
    if stale:
        try:
            await core.directory.write(grants.forget, Noted(tuple(stale), now(core) - SETTLED_S))
        except Unavailable:
            return
