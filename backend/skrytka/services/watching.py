"""Being told that a mailbox changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from skrytka.bus.interface import Watch
from skrytka.core import Core
from skrytka.model import MailboxRef

__all__ = ["Watch", "watch", "watch_all"]


async def watch(core: Core, mailbox: MailboxRef, on_change: Callable[[], None]) -> Watch:
    """Call ``on_change`` after every change that may have happened. Read the store after this returns: nothing is missed."""
    return await core.bus.watch(mailbox.mailbox_id, on_change)


async def watch_all(core: Core, mailboxes: Sequence[MailboxRef], on_change: Callable[[], None]) -> list[Watch]:
    """The same of several, for which a slow bus is waited for once; in their order."""
    return await asyncio.gather(*(watch(core, mailbox, on_change) for mailbox in mailboxes))
