"""The maildrop of RFC 1939: the INBOX as it was at login, locked, with the marks of this session."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from skrytka.plugin_api import (
    Core,
    admission,
    contents,
    downloads,
    errors,
    folders,
    messages,
    model,
    outgoing,
    pop3_locks,
)


@dataclass(slots=True)
class Maildrop:
    """Message ``number`` is at ``number - 1`` of the arrays, fixed at login. ``downloads`` are the whole mails that were sent."""

    core: Core
    actor: model.Actor
    lock: pop3_locks.Pop3Lock
    admission: admission.Admission
    downloads: downloads.Downloads
    uids: array[int]
    sizes: array[int]
    contents: array[int]
    uidls: list[str]
    deleted: set[int] = field(default_factory=set)
    _asked_last: int | None = None
    _ahead: tuple[int, bytes] | None = None

    def index(self, number: int) -> int:
        """Where the message is; ``NotFound`` for one that never was or is marked as deleted."""
        if number > len(self.uids) or number - 1 in self.deleted:
            raise errors.NotFound("message", str(number))
        return number - 1

    def indexes(self) -> Iterator[int]:
        """All that are not marked as deleted."""
        return (index for index in range(len(self.uids)) if index not in self.deleted)

    def totals(self) -> tuple[int, int]:
        """Messages and octets that are not marked as deleted."""
        octets = sum(self.sizes) - sum(self.sizes[index] for index in self.deleted)
        return len(self.uids) - len(self.deleted), octets

    async def octets(self, index: int) -> bytes:
        """The mail at this place; ``NotFound`` once its content is gone."""
        self._asked_last = index
        if self._ahead is not None and self._ahead[0] == index:
            return self._ahead[1]
        return await self._read(index)

    async def read_ahead(self) -> None:
        """While the client is busy with a mail: read the next, if it is small, for clients take a maildrop in its order."""
        asked, self._asked_last, self._ahead = self._asked_last, None, None
        if asked is None or asked + 1 == len(self.uids) or self.sizes[asked + 1] >= outgoing.LARGE_OCTETS:
            return
        try:
            self._ahead = asked + 1, await self._read(asked + 1)
        except errors.DomainError:
            return  # whoever asks for it hears what is wrong

    async def _read(self, index: int) -> bytes:
        return await contents.octets(self.core, self.lock.mailbox, model.ContentId(self.contents[index]))

    async def delete(self) -> None:
        """Delete the marked messages in one transaction, which also checks that the lock is still ours; or
        ``LockLost``."""
        if self.deleted:
            uids = [model.Uid(self.uids[index]) for index in sorted(self.deleted)]
            await messages.pop3_delete(self.core, self.actor, self.lock.mailbox, self.lock, uids)

    async def release(self) -> None:
        """Let the next session in."""
        await self.admission.close()
        await pop3_locks.release(self.core, self.lock)


async def open_maildrop(core: Core, login: model.Login) -> Maildrop:
    """Lock the mailbox and list it; ``InUse`` when another session has it."""
    mailbox = login.mailbox
    lock = await pop3_locks.acquire(core, login.actor, mailbox, pop3_locks.worker_name())
    try:
        inbox = await folders.get(core, mailbox, "INBOX")
        listed = await messages.pop3_list(core, mailbox)
        admitted = await admission.admit(core, mailbox)
    except BaseException:
        await pop3_locks.release(core, lock)
        raise
    return Maildrop(
        core=core,
        actor=login.actor,
        lock=lock,
        admission=admitted,
        downloads=downloads.Downloads(core, login.actor, mailbox, inbox.folder_id),
        uids=array("Q", [row.uid for row, _ in listed]),
        sizes=array("Q", [row.size_octets for row, _ in listed]),
        contents=array("Q", [row.content_id for row, _ in listed]),
        uidls=[uidl for _, uidl in listed],
    )
