"""What follows a commit: the hint on the bus, and the event for listeners. Nothing in here waits, or can undo or fail the change.

Services give these as ``committed`` to the store's ``write``: sessions hear of a change also when the one who made it was
cancelled before it heard of its own commit.
"""

from __future__ import annotations

from collections.abc import Sequence

from skrytka.core import Core
from skrytka.extensions import Event, EventKind
from skrytka.model import Actor, FolderId, Hint, MailboxId, MailboxRef, ModSeq, Uid
from skrytka.services import counting, events


def publish(core: Core, mailbox: MailboxRef, modseq: ModSeq, folder_ids: Sequence[FolderId]) -> None:
    """Tell the sessions of all processes; one write raises the modseq by one."""
    core.bus.publish(Hint(mailbox.mailbox_id, ModSeq(modseq - 1), modseq, tuple(folder_ids)))


def wake(core: Core, mailbox_id: MailboxId) -> None:
    """Tell the sessions of all processes of something that has no modseq: they look what it was."""
    core.bus.publish(Hint(mailbox_id, ModSeq(0), ModSeq(0), ()))


def announce(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    kind: EventKind,
    modseq: ModSeq,
    folder_ids: Sequence[FolderId],
    uids: Sequence[Uid],
) -> None:
    """Publish, and queue the event for listeners. ``uids`` are those of the last folder named."""
    publish(core, mailbox, modseq, folder_ids)
    if kind == "expunged":
        counting.expunged(actor.protocol, len(uids))
    events.tell(core, lambda: Event(kind, mailbox, actor, tuple(folder_ids), tuple(uids)))
