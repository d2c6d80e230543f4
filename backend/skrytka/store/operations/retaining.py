"""One batch of retention in one mailbox: what is due, and its removal behind the fence."""

from __future__ import annotations

import msgspec

from skrytka.model import Copied, Expunged, FolderId, MailboxId, Uid
from skrytka.store.interface import Tx
from skrytka.store.operations import copying, expunging, job_fences
from skrytka.store.operations.copying import Transfer
from skrytka.store.operations.expunging import Expunge
from skrytka.store.operations.job_fences import Fence


class SavedAsk(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    after_uid: int
    limit: int


class FencedExpunge(msgspec.Struct, frozen=True):
    fence: Fence
    expunge: Expunge


class FencedMove(msgspec.Struct, frozen=True):
    fence: Fence
    transfer: Transfer


async def saved(tx: Tx, ask: SavedAsk) -> list[tuple[Uid, int]]:
    """UIDs with the time each was saved in this folder, in UID order."""
    rows = await tx.rows(
        "SELECT uid, saved_at FROM message WHERE mailbox_id = ? AND folder_id = ? AND uid > ? ORDER BY uid LIMIT ?",
        ask.mailbox_id,
        ask.folder_id,
        ask.after_uid,
        ask.limit,
    )
    return [(Uid(uid), saved_at) for uid, saved_at in rows]


async def expunge(tx: Tx, values: FencedExpunge) -> Expunged:
    done = await expunging.expunge(tx, values.expunge)
    await job_fences.enter(tx, values.fence)
    return done


async def move(tx: Tx, values: FencedMove) -> Copied:
    done = await copying.move(tx, values.transfer)
    await job_fences.enter(tx, values.fence)
    return done
