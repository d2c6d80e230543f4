"""What a view needs: everything of a folder that changed since a modseq, in one statement and so at one moment."""

from __future__ import annotations

import msgspec

from skrytka.model import FolderId, MailboxId, ModSeq, Uid, UidValidity
from skrytka.store.interface import Tx

CHUNK = 1_000
"""Rows read between two looks at the clock."""

NO_EXPUNGES = ModSeq(2**62)
"""A modseq never reached: asks for no expunges, where nothing is known that could have been expunged."""


class DeltaRequest(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    changed_since: ModSeq
    expunged_since: ModSeq


class Delta(msgspec.Struct, frozen=True):
    """``changed`` are uid, flags, keywords, modseq, ascending; ``complete`` False: there were more than a chunk."""

    uid_validity: UidValidity
    uid_next: Uid
    highest_modseq: ModSeq
    expunge_horizon: ModSeq
    changed: list[tuple[int, int, str, int]]
    expunged: list[int]
    complete: bool


async def delta(tx: Tx, values: DeltaRequest) -> Delta | None:
    """None when the folder is gone."""
    key = (values.mailbox_id, values.folder_id)
    rows = await tx.rows(
        "SELECT * FROM (SELECT 0, uid, flags, keywords, modseq, 0 FROM message"
        " WHERE mailbox_id = ? AND folder_id = ? AND modseq > ? ORDER BY uid LIMIT ?) AS changed"
        " UNION ALL SELECT * FROM (SELECT 1, uid, 0, '', modseq, 0 FROM expunged"
        " WHERE mailbox_id = ? AND folder_id = ? AND modseq > ? ORDER BY uid LIMIT ?) AS gone"
        " UNION ALL SELECT 2, uid_next, uid_validity, '', highest_modseq, expunge_horizon FROM folder"
        " WHERE mailbox_id = ? AND folder_id = ?",
        *key,
        values.changed_since,
        CHUNK + 1,
        *key,
        values.expunged_since,
        CHUNK + 1,
        *key,
    )
    heads = [row for row in rows if row[0] == 2]
    if not heads:
        return None
    changed = [row[1:5] for row in rows if row[0] == 0]
    expunged = [row[1] for row in rows if row[0] == 1]
    changed.sort()
    _, uid_next, uid_validity, _, highest_modseq, horizon = heads[0]
    complete = len(changed) <= CHUNK and len(expunged) <= CHUNK
    return Delta(uid_validity, uid_next, highest_modseq, horizon, changed, expunged, complete)


class ChangedPage(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    since: ModSeq
    after_uid: int


async def changed_page(tx: Tx, values: ChangedPage) -> list[tuple[int, int, str, int]]:
    """The next chunk of changed messages by UID: uid, flags, keywords, modseq."""
    return await tx.rows(
        "SELECT uid, flags, keywords, modseq FROM message"
        " WHERE mailbox_id = ? AND folder_id = ? AND uid > ? AND modseq > ? ORDER BY uid LIMIT ?",
        values.mailbox_id,
        values.folder_id,
        values.after_uid,
        values.since,
        CHUNK,
    )


async def expunged_page(tx: Tx, values: ChangedPage) -> list[int]:
    rows = await tx.rows(
        "SELECT uid FROM expunged WHERE mailbox_id = ? AND folder_id = ? AND uid > ? AND modseq > ?"
        " ORDER BY uid LIMIT ?",
        values.mailbox_id,
        values.folder_id,
        values.after_uid,
        values.since,
        CHUNK,
    )
    return [row[0] for row in rows]
