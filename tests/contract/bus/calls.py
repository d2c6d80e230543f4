"""Callbacks that tests can await."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from skrytka.model import FolderId, Hint, MailboxId, ModSeq

TIMEOUT_S = 20.0


class Calls:
    """Counts the calls of a watch."""

    def __init__(self) -> None:
        self.count = 0
        self._called = asyncio.Event()

    def __call__(self) -> None:
        self.count += 1
        self._called.set()

    async def next(self) -> None:
        """Wait for a call since the last ``next`` or ``forget``."""
        await asyncio.wait_for(self._called.wait(), TIMEOUT_S)
        self.forget()

    def forget(self) -> None:
        self._called.clear()


def hint(mailbox_id: int, modseq: int = 1, folders: int = 1) -> Hint:
    folder_ids = tuple(FolderId(number) for number in range(folders))
    return Hint(MailboxId(mailbox_id), ModSeq(modseq - 1), ModSeq(modseq), folder_ids)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a state that has no event."""
    async with asyncio.timeout(TIMEOUT_S):
        while not condition():
            await asyncio.sleep(0.01)
