"""Folders of a mailbox: list, make, rename, delete, subscribe. Names are Unicode, levels separated by ``/``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from skrytka.core import Core
from skrytka.errors import AlreadyExists, NotFound, NotPermitted, Unavailable
from skrytka.model import Actor, Folder, FolderId, MailboxRef, ModSeq, Role
from skrytka.services.folder_names import INBOX, SEPARATOR, canonical, checked, has_control_characters, path
from skrytka.services.publishing import publish, wake
from skrytka.services.shards import now, shard_of
from skrytka.store.operations import folders, renaming


async def list_all(core: Core, mailbox: MailboxRef) -> list[Folder]:
    """All folders by name, INBOX first."""
    found = await shard_of(core, mailbox).read(folders.list_all, mailbox.mailbox_id)
    return sorted(found, key=lambda folder: (folder.name != INBOX, folder.name))


async def get(core: Core, mailbox: MailboxRef, name: str) -> Folder:
    if has_control_characters(name):
        raise NotFound("folder", name)
    key = folders.FolderName(mailbox.mailbox_id, canonical(name))
    return _present(await shard_of(core, mailbox).read(folders.by_name, key), name)


async def get_by_id(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> Folder:
    key = folders.FolderKey(mailbox.mailbox_id, folder_id)
    return _present(await shard_of(core, mailbox).read(folders.by_id, key), str(folder_id))


async def get_by_role(core: Core, mailbox: MailboxRef, role: Role) -> Folder:
    key = folders.FolderRole(mailbox.mailbox_id, role)
    return _present(await shard_of(core, mailbox).read(folders.by_role, key), role.value)


def _present(folder: Folder | None, name: str) -> Folder:
    if folder is None:
        raise NotFound("folder", name)
    return folder


async def create(core: Core, actor: Actor, mailbox: MailboxRef, name: str, role: Role | None = None) -> Folder:
    """Make the folder and the superior ones that are missing (RFC 3501 section 6.3.3)."""
    limits = core.settings.limits
    levels = path(checked(name, limits))
    values = folders.NewFolder(mailbox.mailbox_id, levels, role, limits.folders, now(core))
    made = await shard_of(core, mailbox).write(folders.create, values, _publishing(core, mailbox))
    return made.folder


async def rename(
    core: Core, actor: Actor, mailbox: MailboxRef, old: str, new: str, folder_id: FolderId | None = None
) -> str:
    """Rename with all children; a role stays with its folder. INBOX gives its mail to a new folder instead, and stays.

    ``folder_id`` is for who has rights to one folder: ``NotFound`` where another has the name by now. Returns the name as it is
    kept.
    """
    limits = core.settings.limits
    old, new = canonical(old), checked(new, limits)
    if new in {INBOX, old}:
        raise AlreadyExists("folder", new)
    if old == INBOX:
        inbox = renaming.EmptyInbox(
            mailbox.mailbox_id,
            path(new),
            str(actor),
            limits.folders,
            limits.copy_messages,
            limits.metadata_octets,
            now(core),
        )
        await shard_of(core, mailbox).write(renaming.empty_inbox, inbox, _publishing(core, mailbox))
    else:
        if new.startswith(old + SEPARATOR):
            raise NotPermitted("A folder cannot be moved into itself")
        values = renaming.Rename(
            mailbox.mailbox_id,
            old,
            path(new),
            limits.folders,
            limits.folder_name_octets,
            limits.folder_depth,
            now(core),
            folder_id,
        )
        await shard_of(core, mailbox).write(renaming.rename, values, _publishing(core, mailbox))
    return new


async def delete(core: Core, actor: Actor, mailbox: MailboxRef, name: str, folder_id: FolderId | None = None) -> None:
    """Delete the folder with its mail. Children stay under their names. ``folder_id`` as for ``rename``."""
    name = canonical(name)
    if name == INBOX:
        raise NotPermitted("INBOX cannot be deleted")
    if has_control_characters(name):
        raise NotFound("folder", name)
    values = folders.Doom(mailbox.mailbox_id, name, str(actor), now(core), folder_id)
    await shard_of(core, mailbox).write(folders.doom, values, _publishing(core, mailbox))


class _Changed(Protocol):
    @property
    def modseq(self) -> ModSeq: ...

    @property
    def folder_ids(self) -> tuple[FolderId, ...]: ...


def _publishing(core: Core, mailbox: MailboxRef) -> Callable[[_Changed], None]:
    """What follows the commit of a change of folders."""
    return lambda done: publish(core, mailbox, done.modseq, done.folder_ids)


async def subscribe(core: Core, actor: Actor, mailbox: MailboxRef, name: str) -> None:
    """A name may be subscribed before its folder exists, and stays so after the folder has gone (RFC 3501 section 6.3.6)."""
    limits = core.settings.limits
    values = folders.Subscription(mailbox.mailbox_id, checked(name, limits), limits.folders)
    await shard_of(core, mailbox).write(folders.subscribe, values, lambda _: wake(core, mailbox.mailbox_id))


async def unsubscribe(core: Core, actor: Actor, mailbox: MailboxRef, name: str) -> None:
    """A name that is not subscribed is no error."""
    if has_control_characters(name):
        return
    values = folders.FolderName(mailbox.mailbox_id, canonical(name))
    await shard_of(core, mailbox).write(folders.unsubscribe, values, lambda _: wake(core, mailbox.mailbox_id))


async def subscriptions(core: Core, mailbox: MailboxRef) -> list[str]:
    return sorted(await shard_of(core, mailbox).read(folders.subscriptions, mailbox.mailbox_id))


async def claim_recent(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> range:
    """The UIDs that are ``\\Recent`` for the caller and nobody else; nothing is written when there are none.

    A store that can only be read, because its disk is full, has none for anybody: the folder can be selected all the same.
    """
    key = folders.FolderKey(mailbox.mailbox_id, folder_id)
    shard = shard_of(core, mailbox)
    found = await shard.read(folders.recent, key)
    if found.first < found.end:
        try:
            found = await shard.write(folders.claim_recent, key)
        except Unavailable:
            return range(found.end, found.end)
    return range(found.first, found.end)


async def unclaimed_recent(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> range:
    """What ``claim_recent`` would give now; nothing is claimed."""
    key = folders.FolderKey(mailbox.mailbox_id, folder_id)
    found = await shard_of(core, mailbox).read(folders.recent, key)
    return range(found.first, found.end)
