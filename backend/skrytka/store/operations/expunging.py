"""Expunge: rows move to the log ``expunged``, which keeps their content until the grace is over."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.errors import LimitReached
from skrytka.model import Expunged, FolderId, MailboxId, Uid
from skrytka.store.interface import Row, Statement, Tx
from skrytka.store.operations import seen_marks
from skrytka.store.operations.locking import Taken, no_folder, take
from skrytka.store.operations.pop3_locks import LockKey, verify
from skrytka.store.operations.selecting import CHUNK, chunks, listed


class Expunge(msgspec.Struct, frozen=True):
    """``uids`` None is every message with ``\\Deleted``, at most ``limit`` of them in one transaction."""

    mailbox_id: MailboxId
    folder_id: FolderId
    uids: tuple[Uid, ...] | None
    deleted_only: bool
    actor: str
    limit: int
    now: int
    pop3_lock: LockKey | None = None


async def expunge(tx: Tx, values: Expunge) -> Expunged:
    taken = await take(tx, values.mailbox_id)
    if values.pop3_lock is not None:
        await verify(tx, values.pop3_lock)
    found = await _found(tx, values)
    if not found:
        return Expunged(taken.modseq, ())
    await tx.batch(
        [
            *removal(values.mailbox_id, values.folder_id, found, taken, values.actor, values.now),
            (
                "UPDATE mailbox SET used_octets = used_octets - ?, used_messages = used_messages - ?"
                " WHERE mailbox_id = ?",
                (sum(row[2] for row in found), len(found), values.mailbox_id),
            ),
        ]
    )
    return Expunged(taken.modseq, tuple(Uid(row[0]) for row in found))


async def _found(tx: Tx, values: Expunge) -> list[Row]:
    """uid, flags and size of what goes, ascending."""
    key = (values.mailbox_id, values.folder_id)
    folder = await tx.row("SELECT deleted FROM folder WHERE mailbox_id = ? AND folder_id = ?", *key)
    if folder is None:
        raise no_folder(values.folder_id)
    if values.deleted_only and folder[0] == 0:
        return []
    sql = "SELECT uid, flags, size FROM message WHERE mailbox_id = ? AND folder_id = ?"
    if values.deleted_only:
        sql += " AND (flags & 8) <> 0"
    if values.uids is None:
        return await tx.rows(f"{sql} ORDER BY uid LIMIT ?", *key, values.limit)
    if len(values.uids) > values.limit:
        raise LimitReached(f"At most {values.limit} messages can be expunged at once")
    found: list[Row] = []
    for uids in chunks(values.uids):
        operand, uid_values = listed(uids)
        found += await tx.rows(f"{sql} AND uid IN {operand} ORDER BY uid", *key, *uid_values)
    return found


def removal(
    mailbox_id: MailboxId, folder_id: FolderId, found: Sequence[Row], taken: Taken, actor: str, now: int
) -> list[Statement]:
    """Log and delete messages (rows of uid, flags, size), with their marks, and take them out of the folder's counters."""
    key = (mailbox_id, folder_id)
    statements: list[Statement] = [
        (
            "UPDATE folder SET highest_modseq = ?, messages = messages - ?, unseen = unseen - ?, deleted = deleted - ?,"
            " octets = octets - ? WHERE mailbox_id = ? AND folder_id = ?",
            (
                taken.modseq,
                len(found),
                sum(not row[1] & 1 for row in found),
                sum(row[1] >> 3 & 1 for row in found),
                sum(row[2] for row in found),
                *key,
            ),
        )
    ]
    for start in range(0, len(found), CHUNK):
        operand, uids = listed([row[0] for row in found[start : start + CHUNK]])
        condition = f"WHERE mailbox_id = ? AND folder_id = ? AND uid IN {operand}"
        sql = (
            "INSERT INTO expunged (mailbox_id, folder_id, uid, modseq, flags, keywords, internal_date, saved_at, size,"
            " content_id, actor, expunged_at) SELECT mailbox_id, folder_id, uid, CAST(? AS BIGINT), flags, keywords,"
            " internal_date, saved_at, size, content_id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM message " + condition
        )
        statements.append((sql, (taken.modseq, actor, now, *key, *uids)))
        statements.append((f"DELETE FROM message {condition}", (*key, *uids)))
        if taken.seen_modseq:
            statements.append(seen_marks.removal(key, operand, uids))
    return statements
