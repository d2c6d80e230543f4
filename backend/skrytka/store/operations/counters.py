"""Recounting: what the counters should say, for ``skrytka check``."""

from __future__ import annotations

from typing import Literal

import msgspec

from skrytka.errors import NotFound
from skrytka.model import FolderId, MailboxId
from skrytka.store.interface import Row, Statement, Tx
from skrytka.store.operations.metadata_rows import octets

Counter = Literal[
    "messages", "unseen", "deleted", "octets", "used_octets", "used_messages", "folders", "metadata_octets"
]

_FOLDER_COUNTERS: tuple[Counter, ...] = ("messages", "unseen", "deleted", "octets")
_MAILBOX_COUNTERS: tuple[Counter, ...] = ("used_octets", "used_messages", "folders", "metadata_octets")


class Recount(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    repair: bool


class Miscount(msgspec.Struct, frozen=True):
    """One counter that is wrong; ``folder_id`` None is the mailbox's own."""

    folder_id: FolderId | None
    counter: Counter
    stored: int
    counted: int


async def recount(tx: Tx, values: Recount) -> list[Miscount]:
    """Compare the counters of a mailbox with what they count, mend them if asked. Run as a write to see one state."""
    mailbox = await tx.row(
        "UPDATE mailbox SET modseq = modseq WHERE mailbox_id = ?"
        " RETURNING used_octets, used_messages, folders, metadata_octets",
        values.mailbox_id,
    )
    if mailbox is None:
        raise NotFound("mailbox", str(values.mailbox_id))
    folders = await _folders(tx, values.mailbox_id)
    found = [miscount for row in folders for miscount in _folder_miscounts(row)]
    counted = (
        sum(row[8] for row in folders),
        sum(row[5] for row in folders),
        len(folders),
        await octets(tx, values.mailbox_id),
    )
    found += [
        Miscount(None, name, stored, right)
        for name, stored, right in zip(_MAILBOX_COUNTERS, mailbox, counted, strict=True)
        if stored != right
    ]
    if values.repair and found:
        await tx.batch([_repair(values.mailbox_id, miscount) for miscount in found])
    return found


async def _folders(tx: Tx, mailbox_id: MailboxId) -> list[Row]:
    return await tx.rows(
        "SELECT f.folder_id, f.messages, f.unseen, f.deleted, f.octets, COUNT(m.uid),"
        " CAST(COALESCE(SUM(CASE WHEN (m.flags & 1) = 0 THEN 1 ELSE 0 END), 0) AS BIGINT),"
        " CAST(COALESCE(SUM(CASE WHEN (m.flags & 8) <> 0 THEN 1 ELSE 0 END), 0) AS BIGINT),"
        " CAST(COALESCE(SUM(m.size), 0) AS BIGINT)"
        " FROM folder f LEFT JOIN message m ON m.mailbox_id = f.mailbox_id AND m.folder_id = f.folder_id"
        " WHERE f.mailbox_id = ? GROUP BY f.folder_id, f.messages, f.unseen, f.deleted, f.octets ORDER BY f.folder_id",
        mailbox_id,
    )


def _folder_miscounts(row: Row) -> list[Miscount]:
    return [
        Miscount(FolderId(row[0]), name, stored, counted)
        for name, stored, counted in zip(_FOLDER_COUNTERS, row[1:5], row[5:9], strict=True)
        if stored != counted
    ]


def _repair(mailbox_id: MailboxId, miscount: Miscount) -> Statement:
    if miscount.folder_id is None:
        sql = f"UPDATE mailbox SET {miscount.counter} = ? WHERE mailbox_id = ?"
        return sql, (miscount.counted, mailbox_id)
    sql = f"UPDATE folder SET {miscount.counter} = ? WHERE mailbox_id = ? AND folder_id = ?"
    return sql, (miscount.counted, mailbox_id, miscount.folder_id)
