"""What follows a commit: the hint on the bus, then the event listeners. Nothing in here can undo or fail the change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from skrytka.core import Core
from skrytka.extensions import Event, EventListener
from skrytka.model import Actor, FolderId, Hint, MailboxRef, ModSeq, Uid

LISTENER_TIMEOUT_S = 5.0

_log = logging.getLogger(__name__)


def publish(core: Core, mailbox: MailboxRef, modseq: ModSeq, folder_ids: Sequence[FolderId]) -> None:
    """Tell the sessions of all processes; one write raises the modseq by one."""
    core.bus.publish(Hint(mailbox.mailbox_id, ModSeq(modseq - 1), modseq, tuple(folder_ids)))


async def announce(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    kind: str,
    modseq: ModSeq,
    folder_ids: Sequence[FolderId],
    uids: Sequence[Uid],
) -> None:
    """Publish, and tell the event listeners. ``uids`` are those of the last folder named."""
    publish(core, mailbox, modseq, folder_ids)
    if not core.extensions.event_listeners:
        return
    event = Event(kind, mailbox, actor, tuple(folder_ids), tuple(uids))
    await asyncio.gather(*(_tell(listener, event) for listener in core.extensions.event_listeners))


async def _tell(listener: EventListener, event: Event) -> None:
    try:
        async with asyncio.timeout(LISTENER_TIMEOUT_S):
            await listener.on_event(event)
    except TimeoutError:
        _log.warning("event listener %r took longer than %s s", listener, LISTENER_TIMEOUT_S)
    except Exception:
        _log.exception("event listener %r failed", listener)
