"""Removing for good what expunges and deleted folders left behind, in bounded batches that can be repeated."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from skrytka.model import FolderId, MailboxId
from skrytka.store.interface import Tx
from skrytka.store.operations import contents, search_index
from skrytka.store.operations.locking import hold
from skrytka.store.operations.selecting import chunks, listed

BATCH = 500


class Due(msgspec.Struct, frozen=True):
    """Something of this mailbox is older than asked."""

    mailbox_id: MailboxId
    folder_id: FolderId | None = None


async def due_expunges(tx: Tx, before: int) -> list[MailboxId]:
    """Some mailboxes with contents kept since before then. Over all mailboxes: nobody has to open them to be swept."""
    return await _due(tx, "content_id IS NOT NULL", before)


async def due_log(tx: Tx, before: int) -> list[MailboxId]:
    """Some mailboxes with log rows older than that."""
    return await _due(tx, "content_id IS NULL", before)


async def _due(tx: Tx, which: str, before: int) -> list[MailboxId]:
    rows = await tx.rows(
        "SELECT DISTINCT mailbox_id FROM (SELECT mailbox_id FROM expunged"
        f" WHERE {which} AND expunged_at < ? ORDER BY expunged_at LIMIT ?) AS due ORDER BY mailbox_id",
        before,
        BATCH,
    )
    return [MailboxId(row[0]) for row in rows]


async def due_folders(tx: Tx, before: int) -> list[Due]:
    rows = await tx.rows(
        "SELECT mailbox_id, folder_id FROM doomed_folder WHERE deleted_at < ? ORDER BY deleted_at LIMIT ?",
        before,
        BATCH,
    )
    return [Due(MailboxId(row[0]), FolderId(row[1])) for row in rows]


class Collect(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    before: int
    folder_id: FolderId | None = None


async def collect_expunged(tx: Tx, values: Collect) -> int:
    """Drop a batch of kept contents that nothing refers to any more; log rows stay. Returns how many rows were done."""
    await hold(tx, values.mailbox_id)
    rows = await tx.rows(
        "SELECT folder_id, uid, content_id FROM expunged"
        " WHERE mailbox_id = ? AND content_id IS NOT NULL AND expunged_at < ? ORDER BY expunged_at LIMIT ?",
        values.mailbox_id,
        values.before,
        BATCH,
    )
    sql = "UPDATE expunged SET content_id = NULL WHERE mailbox_id = ? AND folder_id = ? AND uid = ?"
    await tx.batch([(sql, (values.mailbox_id, row[0], row[1])) for row in rows])
    await drop_unreferenced(tx, values.mailbox_id, {row[2] for row in rows})
    return len(rows)


async def drop_unreferenced(tx: Tx, mailbox_id: MailboxId, content_ids: Iterable[int]) -> None:
    """Delete those of the contents that neither a message nor a kept expunge names."""
    for part in chunks(list(content_ids)):
        operand, values = listed(part)
        used = await tx.rows(
            f"SELECT content_id FROM message WHERE mailbox_id = ? AND content_id IN {operand}"
            f" UNION SELECT content_id FROM expunged WHERE mailbox_id = ? AND content_id IN {operand}",
            mailbox_id,
            *values,
            mailbox_id,
            *values,
        )
        unused = set(part) - {row[0] for row in used}
        await tx.batch(contents.removal(mailbox_id, sorted(unused)))
        await search_index.drop(tx, mailbox_id, sorted(unused))


async def trim_log(tx: Tx, values: Collect) -> int:
    """Forget a batch of old log rows whose content is gone; the folder's horizon says up to where the log has holes."""
    await hold(tx, values.mailbox_id)
    rows = await tx.rows(
        "SELECT folder_id, uid, modseq FROM expunged"
        " WHERE mailbox_id = ? AND content_id IS NULL AND expunged_at < ? ORDER BY expunged_at LIMIT ?",
        values.mailbox_id,
        values.before,
        BATCH,
    )
    horizons: dict[int, int] = {}
    for folder_id, _, modseq in rows:
        horizons[folder_id] = max(modseq, horizons.get(folder_id, 0))
    raise_horizon = (
        "UPDATE folder SET expunge_horizon = ? WHERE mailbox_id = ? AND folder_id = ? AND expunge_horizon < ?"
    )
    delete = "DELETE FROM expunged WHERE mailbox_id = ? AND folder_id = ? AND uid = ?"
    await tx.batch(
        [
            *((raise_horizon, (modseq, values.mailbox_id, folder, modseq)) for folder, modseq in horizons.items()),
            *((delete, (values.mailbox_id, row[0], row[1])) for row in rows),
        ]
    )
    return len(rows)


async def collect_folder(tx: Tx, values: Collect) -> bool:
    """Remove a batch of a deleted folder's rows; True while there may be more, at the end the folder is forgotten."""
    await hold(tx, values.mailbox_id)
    key = (values.mailbox_id, values.folder_id)
    for table in ("message", "expunged"):
        rows = await tx.rows(
            f"DELETE FROM {table} WHERE mailbox_id = ? AND folder_id = ? AND uid IN"
            f" (SELECT uid FROM {table} WHERE mailbox_id = ? AND folder_id = ? LIMIT ?) RETURNING content_id",
            *key,
            *key,
            BATCH,
        )
        await drop_unreferenced(tx, values.mailbox_id, {row[0] for row in rows if row[0] is not None})
        if rows:
            return True
    marks = "SELECT uid, reader_id FROM seen_mark WHERE mailbox_id = ? AND folder_id = ? LIMIT ?"
    sql = f"DELETE FROM seen_mark WHERE mailbox_id = ? AND folder_id = ? AND (uid, reader_id) IN ({marks})"
    if await tx.execute(sql, *key, *key, BATCH):
        return True
    await tx.execute("DELETE FROM doomed_folder WHERE mailbox_id = ? AND folder_id = ?", *key)
    return False
