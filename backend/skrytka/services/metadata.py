"""Metadata (RFC 5464): named values of a folder, or of the mailbox as a whole, shared by all its users or of one of them.

Names are as ``normalised`` returns them. ``user`` is the mailbox of who asks: his own mailbox, unless another one's is shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from skrytka.core import Core
from skrytka.errors import NotPermitted, TooLarge
from skrytka.model import Actor, FolderId, MailboxId, MailboxRef, MetadataChange, ModSeq, Role
from skrytka.services.metadata_names import check, is_shared, normalised
from skrytka.services.publishing import publish
from skrytka.services.shards import shard_of
from skrytka.store.operations import metadata
from skrytka.store.operations.metadata import PAGE
from skrytka.store.operations.metadata_rows import SHARED, WHOLE_MAILBOX
from skrytka.store.operations.shard_mailboxes import INBOX_FOLDER_ID

__all__ = ["PAGE", "WHOLE_MAILBOX", "Edit", "changes", "last_modseq", "normalised", "put", "sizes", "values"]


class Edit(msgspec.Struct, frozen=True):
    """What to change in one step: values by name, None removes. ``role``: the folder's new one, or none; the empty tuple keeps
    it. ``touched`` are names that are not kept here but told to have changed."""

    entries: Mapping[str, bytes | None]
    role: tuple[Role | None] | tuple[()] = ()
    touched: tuple[str, ...] = ()


async def sizes(core: Core, mailbox: MailboxRef, user: MailboxId, folder_id: FolderId) -> dict[str, int]:
    """The names that are there, with the octets of their values."""
    place = metadata.Place(mailbox.mailbox_id, folder_id, user)
    return await shard_of(core, mailbox).read(metadata.sizes, place)


async def values(
    core: Core, mailbox: MailboxRef, user: MailboxId, folder_ids: Sequence[FolderId], names: Sequence[str]
) -> dict[tuple[FolderId, str], bytes]:
    """Those that are there. At most 1 000 folders, and as many names."""
    if not folder_ids or not names:
        return {}
    ask = metadata.Ask(mailbox.mailbox_id, folder_ids, user, names)
    return await shard_of(core, mailbox).read(metadata.values, ask)


async def put(
    core: Core, actor: Actor, mailbox: MailboxRef, user: MailboxId, folder_id: FolderId, edit: Edit
) -> ModSeq:
    """All or nothing. ``TooLarge`` and ``TooManyEntries`` name the limit that does not hold, ``LimitReached`` others.

    Half of the octets that a mailbox may have is its owner's alone: he cannot remove what others keep for themselves.
    """
    limits = core.settings.limits
    most_octets = limits.metadata_octets if user == mailbox.mailbox_id else limits.metadata_octets // 2
    for name, value in edit.entries.items():
        check(name, limits)
        if value is not None and len(value) > limits.metadata_entry_octets:
            raise TooLarge(limits.metadata_entry_octets, f"value of {name}")
    if edit.role and folder_id == INBOX_FOLDER_ID:
        raise NotPermitted("INBOX has no other use")
    values = metadata.Put(
        metadata.Place(mailbox.mailbox_id, folder_id, user),
        {(SHARED if is_shared(name) else user, name): value for name, value in edit.entries.items()},
        limits.metadata_entries,
        most_octets,
        edit.role or None,
        edit.touched,
    )
    done = await shard_of(core, mailbox).write(
        metadata.put, values, lambda done: publish(core, mailbox, done.modseq, done.folder_ids)
    )
    return done.modseq


async def changes(
    core: Core, mailbox: MailboxRef, user: MailboxId, since: ModSeq, after: MetadataChange | None = None
) -> list[MetadataChange]:
    """A page of what changed after that modseq, in order; ``after`` is the last one of the page before."""
    if after is None:
        asked = metadata.Since(mailbox.mailbox_id, user, since)
    else:
        row = (after.modseq, after.folder_id, after.user_id, after.entry)
        asked = metadata.Since(mailbox.mailbox_id, user, *row)
    return await shard_of(core, mailbox).read(metadata.changes, asked)


async def last_modseq(core: Core, mailbox: MailboxRef) -> ModSeq:
    return await shard_of(core, mailbox).read(metadata.last_modseq, mailbox.mailbox_id)
