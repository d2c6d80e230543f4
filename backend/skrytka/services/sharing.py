"""The folders of others that a mailbox has rights to: the directory finds whose they are, and his shard has the rights."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from skrytka.core import Core
from skrytka.errors import Invalid, NotFound, Unavailable
from skrytka.model import Folder, FolderId, MailboxId, MailboxRef, Namespace
from skrytka.rights import Rights
from skrytka.services import addresses, authentication
from skrytka.services.acl import grant_of
from skrytka.services.folder_names import canonical, checked, has_control_characters, path
from skrytka.services.shards import now, shard_of
from skrytka.services.slices import Slice
from skrytka.store.operations import acl, grants
from skrytka.store.operations.acl import FolderAsked, SharedAsked
from skrytka.store.operations.grants import ANYONE_ID, Grant, Noted, Owner, Reader

OWNERS = 200
"""Owners whose folders are read together."""

SETTLED_S = 3_600
"""So long after a grant was noted the rights themselves are there, or never will be."""


class Shared(msgspec.Struct, frozen=True):
    """A folder of another mailbox, in which namespace it is found, and the rights that its reader has to it. ``private_seen``: he
    has his own ``\\Seen``, and the counters of the folder are its owner's."""

    mailbox: MailboxRef
    namespace: Namespace
    folder: Folder
    rights: Rights
    private_seen: bool = False


async def find(core: Core, reader: MailboxRef, namespace: Namespace, owner: str, name: str) -> Shared:
    """The folder ``name`` of the mailbox ``owner``, whatever the rights to it; ``NotFound`` where there is none in that
    namespace."""
    found = await _owner(core, reader, namespace, owner)
    if found is None or has_control_characters(name):
        raise NotFound("folder", name)
    return await _read(core, reader, found, canonical(name))


async def again(core: Core, reader: MailboxRef, mailbox: MailboxRef, folder_id: FolderId) -> acl.Shared:
    """A folder that was found before, wherever its mailbox is found now; ``Suspended`` or ``NotFound`` where that no longer
    serves."""
    await authentication.confirm(core, mailbox)
    return await _look(core, reader, mailbox, None, folder_id)


async def above(core: Core, reader: MailboxRef, namespace: Namespace, owner: str, name: str) -> Shared | None:
    """The nearest folder above a name that is there: whose rights decide about new folders (RFC 4314 section 4).

    ``Invalid`` and ``LimitReached`` for what can be no folder's name, of whomever: each level is asked for.
    """
    levels = path(checked(name, core.settings.limits))
    found = await _owner(core, reader, namespace, owner)
    if found is None:
        return None
    for level in reversed(levels[:-1]):
        try:
            return await _read(core, reader, found, level)
        except NotFound:
            continue
    return None


async def _owner(core: Core, reader: MailboxRef, namespace: Namespace, address: str) -> Owner | None:
    """Who serves under his own address and is found in the namespace; nobody is another user to himself."""
    try:
        normalised = addresses.normalise_address(address)
    except Invalid:
        return None
    found = await core.directory.read(grants.owner, normalised)
    if found is None or found.namespace is not namespace or found.mailbox.mailbox_id == reader.mailbox_id:
        return None
    return found


async def _read(core: Core, reader: MailboxRef, owner: Owner, name: str) -> Shared:
    found = await _look(core, reader, owner.mailbox, name, FolderId(0))
    return Shared(owner.mailbox, owner.namespace, found.folder, found.rights, found.private_seen)


async def _look(
    core: Core, reader: MailboxRef, mailbox: MailboxRef, name: str | None, folder_id: FolderId
) -> acl.Shared:
    anyone = ANYONE_ID if _same_domain(reader, mailbox) else reader.mailbox_id
    asked = FolderAsked(mailbox.mailbox_id, name, folder_id, (reader.mailbox_id, anyone))
    found = await shard_of(core, mailbox).read(acl.shared, asked)
    if found is None:
        raise NotFound("folder", str(folder_id) if name is None else name)
    return found


def _same_domain(one: MailboxRef, other: MailboxRef) -> bool:
    return addresses.domain_of(one.address) == addresses.domain_of(other.address)


async def visible(
    core: Core, reader: MailboxRef, namespaces: Collection[Namespace], most: int
) -> AsyncIterator[list[Shared]]:
    """All folders of these namespaces that the reader may look up, some owners at a time, by namespace, the address of the owner
    and the name. Owners with more than ``most`` together are not read to the end, for whoever wants no more than that.

    What can be had comes in any case; when that is not all, because a shard does not answer, ``Unavailable`` comes last.
    """
    failure = None
    async for some in owners(core, reader, namespaces):
        found: list[Shared] = []
        for on_one_shard in _by_shard(some):
            if len(found) > most:
                break
            try:
                found += await _of_shard(core, reader, on_one_shard, most)
            except Unavailable as error:
                failure = error
        if found:
            yield sorted(found, key=lambda shared: (shared.namespace, shared.mailbox.address, shared.folder.name))
    if failure is not None:
        raise failure


async def owners(core: Core, reader: MailboxRef, namespaces: Collection[Namespace]) -> AsyncIterator[list[Owner]]:
    """Who may share folders with the reader and is found in these namespaces, ``OWNERS`` at most at a time, by address."""
    after = ""
    while True:
        asked = Reader(reader.mailbox_id, addresses.domain_of(reader.address), after, OWNERS)
        page = await core.directory.read(grants.owners, asked)
        yield [owner for owner in page if owner.namespace in namespaces]
        if len(page) < OWNERS:
            break
        after = page[-1].mailbox.address


async def shared_by(core: Core, reader: MailboxRef, some: Sequence[Owner], most: int) -> list[Shared]:
    """The folders of some owners, ``OWNERS`` at most, that the reader may look up; ``Unavailable`` where these are not all.
    Owners with more than ``most`` together are not read to the end."""
    found: list[Shared] = []
    for on_one_shard in _by_shard(some):
        if len(found) > most:
            break
        found += await _of_shard(core, reader, on_one_shard, most)
    return found


def _by_shard(owners: Sequence[Owner]) -> list[list[Owner]]:
    shards = sorted({owner.mailbox.shard for owner in owners})
    return [[owner for owner in owners if owner.mailbox.shard == shard] for shard in shards]


async def _of_shard(core: Core, reader: MailboxRef, owners: Sequence[Owner], most: int) -> list[Shared]:
    by_id = {owner.mailbox.mailbox_id: owner for owner in owners}
    everyone = frozenset(owner.mailbox.mailbox_id for owner in owners if _same_domain(reader, owner.mailbox))
    after: acl.Place | None = (0, 0)
    named: set[tuple[int, int]] = set()
    seen: list[Shared] = []
    turn = Slice(core)
    while after is not None and len(seen) <= most:
        asked = SharedAsked(tuple(by_id), reader.mailbox_id, everyone, after)
        found = await shard_of(core, owners[0].mailbox).read(acl.all_shared, asked)
        for one in found.folders:
            if "l" in one.rights:
                owner = by_id[one.mailbox_id]
                seen.append(Shared(owner.mailbox, owner.namespace, one.folder, one.rights, one.private_seen))
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
