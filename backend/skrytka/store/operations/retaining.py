"""One batch of retention in one mailbox: what is due, and its removal behind the fence."""

from __future__ import annotations

import msgspec

from skrytka.model import Copied, Expunged, FolderId, MailboxId, Uid
from skrytka.store.interface import Tx
from skrytka.store.operations import copying, expunging, job_fences
from skrytka.store.operations.copying import Transfer
from skrytka.store.operations.expunging import Expunge
from skrytka.store.operations.job_fences import Fence


class DueAsk(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    saved_before: int
    limit: int


class FencedExpunge(msgspec.Struct, frozen=True):
    fence: Fence
    expunge: Expunge


class FencedMove(msgspec.Struct, frozen=True):
    fence: Fence
    transfer: Transfer


async def due(tx: Tx, ask: DueAsk) -> list[Uid]:
    """Some of the messages that were saved in this folder then or earlier, the oldest first.

    By their time and not by UID: a clock that was ahead for a while gave early UIDs late times.
    """
    rows = await tx.rows(
        "SELECT uid FROM message WHERE mailbox_id = ? AND folder_id = ? AND saved_at <= ? ORDER BY saved_at LIMIT ?",
        ask.mailbox_id,
        ask.folder_id,
        ask.saved_before,
        ask.limit,
    )
    return [Uid(row[0]) for row in rows]


async def expunge(tx: Tx, values: FencedExpunge) -> Expunged:
    done = await expunging.expunge(tx, values.expunge)
    await job_fences.enter(tx, values.fence)
    return done


async def move(tx: Tx, values: FencedMove) -> Copied:
    done = await copying.move(tx, values.transfer)
    await job_fences.enter(tx, values.fence)
    return done
