"""Fences of background work on a shard: a process that lost its lease, and does not know it yet, can change nothing any more."""

from __future__ import annotations

import msgspec

from skrytka.errors import Conflict
from skrytka.model import MailboxId
from skrytka.store.interface import Tx


class Fence(msgspec.Struct, frozen=True):
    """``lease`` is the number under which the directory gave the lease; ``progress`` says how far this batch got."""

    mailbox_id: MailboxId
    job: str
    lease: int
    progress: str


async def enter(tx: Tx, fence: Fence) -> None:
    """Note the batch in the transaction that does it; ``Conflict``, and so no change, when a later holder was here.

    Comes after the mailbox row was taken.
    """
    entered = await tx.row(
        "INSERT INTO job_fence (mailbox_id, job, lease, progress) VALUES (?, ?, ?, ?) ON CONFLICT (mailbox_id, job)"
        " DO UPDATE SET lease = excluded.lease, progress = excluded.progress WHERE job_fence.lease <= excluded.lease"
        " RETURNING lease",
        fence.mailbox_id,
        fence.job,
        fence.lease,
        fence.progress,
    )
    if entered is None:
        raise Conflict(f"A later process does the {fence.job} of mailbox {fence.mailbox_id}")
