"""Renaming a folder with its children; INBOX instead gives its mail to a new folder (RFC 3501 section 6.3.5)."""

from __future__ import annotations

import msgspec

from skrytka.errors import AlreadyExists, LimitReached, NotFound
from skrytka.model import FolderId, MailboxId
from skrytka.store.interface import Tx
from skrytka.store.operations import copying, metadata_rows
from skrytka.store.operations.folders import Changed, NewFolder, make, names
from skrytka.store.operations.locking import advance, take
from skrytka.store.operations.shard_mailboxes import INBOX_FOLDER_ID


class Rename(msgspec.Struct, frozen=True):
    """``path`` is the new name with its superior names, made where missing.

    The folder has to be ``folder_id``, where that is given.
    """

    mailbox_id: MailboxId
    old: str
    path: tuple[str, ...]
    folder_limit: int
    name_octets_limit: int
    depth_limit: int
    now: int
    folder_id: FolderId | None = None


class EmptyInbox(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    path: tuple[str, ...]
    actor: str
    folder_limit: int
    message_limit: int
    metadata_limit: int
    now: int


async def rename(tx: Tx, values: Rename) -> Changed:
    """A name that exists only because of what is below it can be renamed like others."""
    modseq = await advance(tx, values.mailbox_id)
    present = await names(tx, values.mailbox_id)
    renamed = _renamed(present, values.old, values.path[-1])
    if not renamed or values.folder_id not in (None, present.get(values.old)):
        raise NotFound("folder", values.old)
    _check_limits(values, renamed)
    kept = present.keys() - renamed.keys()
    for name in (values.path[-1], *renamed.values()):
        if name in kept:
            raise AlreadyExists("folder", name)
    new = NewFolder(values.mailbox_id, values.path[:-1], None, values.folder_limit, values.now)
    made = await make(tx, new, present, modseq)
    # Parents come before their children, so that no name is taken while its holder still waits to be renamed.
    sql = "UPDATE folder SET name = ? WHERE mailbox_id = ? AND folder_id = ?"
    await tx.batch([(sql, (renamed[name], values.mailbox_id, present[name])) for name in sorted(renamed)])
    return Changed(modseq, (*made, *(present[name] for name in renamed)))


def _renamed(present: dict[str, FolderId], old: str, new: str) -> dict[str, str]:
    children = old + "/"
    return {name: new + name[len(old) :] for name in present if name == old or name.startswith(children)}


def _check_limits(values: Rename, renamed: dict[str, str]) -> None:
    """The new name was checked by the caller, but children may end up too long or too deep. Which, not everybody may know who
    may rename the folder."""
    for name in renamed.values():
        if len(name.encode()) > values.name_octets_limit or name.count("/") >= values.depth_limit:
            raise LimitReached("A name below it would be too long or too deep")


async def empty_inbox(tx: Tx, values: EmptyInbox) -> Changed:
    """Move all of INBOX into a new folder; INBOX itself, its children and its metadata stay (RFC 5464 section 4.1)."""
    taken = await take(tx, values.mailbox_id)
    modseq = taken.modseq
    present = await names(tx, values.mailbox_id)
    if values.path[-1] in present:
        raise AlreadyExists("folder", values.path[-1])
    new = NewFolder(values.mailbox_id, values.path, None, values.folder_limit, values.now)
    made = await make(tx, new, present, modseq)
    transfer = copying.Transfer(
        values.mailbox_id, INBOX_FOLDER_ID, None, made[-1], values.actor, values.message_limit, values.now
    )
    await copying.move_all(tx, transfer, taken)
    folders = (INBOX_FOLDER_ID, made[-1])
    await metadata_rows.copy(tx, values.mailbox_id, folders, modseq, values.metadata_limit)
    return Changed(modseq, (INBOX_FOLDER_ID, *made))
