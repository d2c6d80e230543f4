"""Being told that a mailbox changed."""

from __future__ import annotations

from collections.abc import Callable

from skrytka.bus.interface import Watch
from skrytka.core import Core
from skrytka.model import MailboxRef


async def watch(core: Core, mailbox: MailboxRef, on_change: Callable[[], None]) -> Watch:
    """Call ``on_change`` after every change that may have happened. Read the store after this returns: nothing is missed."""
    return await core.bus.watch(mailbox.mailbox_id, on_change)
