"""The bus tells sessions in other processes that a mailbox changed. Hints may get lost; the store is the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from skrytka.model import Hint, MailboxId


class Watch(Protocol):
    async def close(self) -> None:
        """Stop watching. The callback is not called afterwards."""


class Bus(Protocol):
    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def publish(self, hint: Hint) -> None:
        """Tell every watching process, this one included. Never blocks, never fails; called after the commit."""

    async def watch(self, mailbox_id: MailboxId, on_change: Callable[[], None]) -> Watch:
        """Call ``on_change`` (cheap, synchronous, on the event loop) after every change that may have happened to the mailbox.

        Returns once the subscription is confirmed, so that the caller reads the store afterwards and misses nothing. A gap,
        a reconnect and a slow timer call it too.
        """

    @property
    def healthy(self) -> bool:
        """False while the bus is down and sessions live by polling."""
