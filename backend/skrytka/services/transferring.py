"""COPY and MOVE from one mailbox to another, which may be on other shards.

The copies are made some at a time, each part in a transaction; what cannot be finished is taken back. A move expunges when all is
copied: a crash may leave copies, and never loses a mail. The octets go from shard to shard as they are packed, large bodies stay
where they are.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from skrytka.core import Core
from skrytka.errors import DomainError, LimitReached, NotFound, Unavailable
from skrytka.model import (
    EVERYTHING,
    OWNER,
    Actor,
    Appended,
    Copied,
    FolderId,
    MailboxId,
    MailboxRef,
    MessageRow,
    ModSeq,
    Settable,
    Uid,
)
from skrytka.services import folders, messages, room
from skrytka.services.publishing import announce
from skrytka.services.shards import now, shard_of
from skrytka.services.slices import Slice
from skrytka.store.operations import appending, seen_marks
from skrytka.store.operations import messages as rows
from skrytka.store.operations.appending import Append, Arrival
from skrytka.store.operations.contents import ContentKey, packed

_log = logging.getLogger(__name__)

TOGETHER = 200
"""Messages of one transaction."""

OCTETS = 8 * 1024 * 1024
"""Packed octets that are in memory together, but for one more mail."""


async def copy(
    core: Core,
    actor: Actor,
    source: tuple[MailboxRef, FolderId],
    uids: Sequence[Uid],
    target: tuple[MailboxRef, FolderId],
    settable: Settable = EVERYTHING,
    readers: tuple[MailboxId, MailboxId] = (OWNER, OWNER),
) -> Copied:
    """All or none, in the quota of the target; UIDs that are no longer there are left out.

    The copies have those of the flags that are settable; ``readers`` are who reads the source and who brings it to the target, as
    in ``messages``.
    """
    limit = core.settings.limits.copy_messages
    if len(uids) > limit:
        raise LimitReached(f"At most {limit} messages can be copied or moved at once")
    copying = _Copying(core, actor, source, target, settable, readers)
    try:
        return await copying.run(sorted(set(uids)))
    except BaseException:
        await copying.take_back()
        raise


async def move(
    core: Core,
    actor: Actor,
    source: tuple[MailboxRef, FolderId],
    uids: Sequence[Uid],
    target: tuple[MailboxRef, FolderId],
    settable: Settable = EVERYTHING,
    readers: tuple[MailboxId, MailboxId] = (OWNER, OWNER),
) -> Copied:
    """The same, and the messages that were copied are expunged. If that fails the copies stay: they may be all that there is."""
    copied = await copy(core, actor, source, uids, target, settable, readers)
    if copied.source_uids:
        await messages.expunge(core, actor, *source, copied.source_uids, deleted_only=False)
    return copied


class _Copying:
    """One copy on its way."""

    def __init__(
        self,
        core: Core,
        actor: Actor,
        source: tuple[MailboxRef, FolderId],
        target: tuple[MailboxRef, FolderId],
        settable: Settable,
        readers: tuple[MailboxId, MailboxId],
    ) -> None:
        self._core = core
        self._actor = actor
        self._source = source
        self._target = target
        self._settable = settable
        self._readers = readers
        self._copied: list[tuple[Uid, Uid]] = []
        self._slice = Slice(core)

    async def run(self, uids: Sequence[Uid]) -> Copied:
        mailbox, folder_id = self._target
        await room.require(self._core, shard_of(self._core, mailbox))
        folder = await folders.get_by_id(self._core, mailbox, folder_id)
        modseq, arrivals, octets = folder.highest_modseq, list[tuple[Uid, Arrival]](), 0
        for start in range(0, len(uids), TOGETHER):
            for row in await self._present(uids[start : start + TOGETHER]):
                arrival = await self._arrival(row)
                if arrival is None:
                    continue
                arrivals.append((row.uid, arrival))
                octets += len(arrival.content.header) + len(arrival.content.body or b"")
                if len(arrivals) == TOGETHER or octets >= OCTETS:
                    modseq = await self._store(arrivals)
                    arrivals, octets = [], 0
                await self._slice.next_if_over()
        if arrivals:
            modseq = await self._store(arrivals)
        copied = self._copied
        return Copied(folder.uid_validity, tuple(old for old, _ in copied), tuple(new for _, new in copied), modseq)

    async def take_back(self) -> None:
        """What was copied for sure goes. A part of which the store has not answered stays, if it is there at all: its UIDs may be
        those of somebody else's mail. So does what the store does not let go."""
        if self._copied:
            uids = [new for _, new in self._copied]
            try:
                await messages.expunge(self._core, self._actor, *self._target, uids, deleted_only=False)
            except DomainError as error:
                _log.warning("%d copies in mailbox %s stay: %s", len(uids), self._target[0].address, error)

    async def _present(self, uids: Sequence[Uid]) -> list[MessageRow]:
        mailbox, folder_id = self._source
        if reader := self._readers[0]:
            as_reader = seen_marks.ReaderUids(mailbox.mailbox_id, folder_id, reader, tuple(uids))
            found = await shard_of(self._core, mailbox).read(seen_marks.present, as_reader)
            return [one.row for one in found]
        asked = rows.Uids(mailbox.mailbox_id, folder_id, tuple(uids))
        return await shard_of(self._core, mailbox).read(rows.present, asked)

    async def _arrival(self, row: MessageRow) -> Arrival | None:
        """The message as it is to be stored; None where it is gone meanwhile. A large body is made young again where it lies."""
        mailbox = self._source[0]
        content = await shard_of(self._core, mailbox).read(packed, ContentKey(mailbox.mailbox_id, row.content_id))
        if content is None:
            return None
        if content.body is None and content.blob_key is None:
            raise Unavailable("A message cannot be read now")
        if content.blob_key is not None:
            await self._renew(content.blob_key)
        flags = int(row.flags & self._settable.flags)
        return Arrival(content, flags, row.keywords if self._settable.keywords else (), row.internal_date)

    async def _renew(self, blob_key: str) -> None:
        try:
            octets = await self._core.blobs.get(blob_key)
        except NotFound:
            raise Unavailable("A message cannot be read now") from None
        await self._core.blobs.put(blob_key, octets)

    async def _store(self, arrivals: Sequence[tuple[Uid, Arrival]]) -> ModSeq:
        mailbox, folder_id = self._target
        values = Append(
            mailbox.mailbox_id,
            folder_id,
            tuple(arrival for _, arrival in arrivals),
            now(self._core),
            self._readers[1],
        )

        def committed(done: Appended) -> None:
            announce(self._core, self._actor, mailbox, "copied", done.modseq, (folder_id,), done.uids)

        done = await shard_of(self._core, mailbox).write(appending.append, values, committed)
        self._copied += zip((uid for uid, _ in arrivals), done.uids, strict=True)
        return done.modseq
