"""Stamps of downloads, gathered: one commit for each would make fetching a mailbox as slow as filling it."""

from __future__ import annotations

import asyncio
import logging

from skrytka.core import Core
from skrytka.errors import DomainError
from skrytka.model import Actor, FolderId, MailboxRef, Uid
from skrytka.services import messages

STAMPED_AT_ONCE = 100

_log = logging.getLogger(__name__)


class Downloads:
    """Those of one session from one folder. Not yet stamped: ``waiting``."""

    def __init__(self, core: Core, actor: Actor, mailbox: MailboxRef, folder_id: FolderId) -> None:
        self._core = core
        self._actor = actor
        self._mailbox = mailbox
        self._folder_id = folder_id
        self._stamping: asyncio.Task[None] | None = None
        self.waiting: set[Uid] = set()

    def note(self, uid: Uid) -> None:
        """A whole mail has been sent. The client, to whom a stamp says nothing, need not wait for its commit."""
        self.waiting.add(uid)
        if len(self.waiting) >= STAMPED_AT_ONCE and (self._stamping is None or self._stamping.done()):
            self._stamping = asyncio.create_task(self._stamp_or_log())

    async def stamp(self) -> None:
        """Record all, to the last; what cannot be recorded waits for another try."""
        if self._stamping is not None:
            await asyncio.wait((self._stamping,))
        await self._stamp()

    async def _stamp(self) -> None:
        uids, self.waiting = self.waiting, set()
        if not uids:
            return
        try:
            await messages.stamp_downloads(self._core, self._actor, self._mailbox, self._folder_id, sorted(uids))
        except BaseException:
            self.waiting |= uids
            raise

    async def _stamp_or_log(self) -> None:
        try:
            await self._stamp()
        except DomainError as error:
            _log.warning("downloads of %s wait to be recorded: %s", self._mailbox.address, error)
