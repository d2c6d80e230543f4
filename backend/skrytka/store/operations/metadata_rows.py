"""Rows of metadata as the folders that they belong to come and go, and the count of their octets."""

from __future__ import annotations

from skrytka.errors import LimitReached
from skrytka.model import FolderId, MailboxId, ModSeq
from skrytka.store.interface import Statement, Tx
from skrytka.store.operations.locking import hold

WHOLE_MAILBOX = FolderId(0)
"""Stands for the folder of entries of the mailbox as a whole."""

SHARED = MailboxId(0)
"""Stands for the user of shared entries."""

OCTETS = "CAST(COALESCE(SUM(LENGTH(entry) + LENGTH(value)), 0) AS BIGINT)"
"""Of rows whose value is there."""


async def count(tx: Tx, mailbox_id: MailboxId, octets: int, most_octets: int) -> None:
    """So many octets come, or go where it is negative. The caller holds the mailbox."""
    row = await tx.row(
        "UPDATE mailbox SET metadata_octets = metadata_octets + ? WHERE mailbox_id = ? RETURNING metadata_octets",
        octets,
        mailbox_id,
    )
    if row is not None and octets > 0 and row[0] > most_octets:
        raise LimitReached(f"The metadata of a mailbox has at most {most_octets} octets")


async def copy(
    tx: Tx, mailbox_id: MailboxId, folder_ids: tuple[FolderId, FolderId], modseq: ModSeq, most_octets: int
) -> None:
    """Give the second folder, a new one, what the first one has. The caller holds the mailbox."""
    source, target = folder_ids
    where = " FROM metadata WHERE mailbox_id = ? AND folder_id = ? AND value IS NOT NULL"
    row = await tx.row(f"SELECT {OCTETS}{where}", mailbox_id, source)
    if row is None or not row[0]:
        return
    await count(tx, mailbox_id, row[0], most_octets)
    await tx.execute(
        "INSERT INTO metadata (mailbox_id, folder_id, user_id, entry, value, modseq)"
        f" SELECT mailbox_id, CAST(? AS BIGINT), user_id, entry, value, CAST(? AS BIGINT){where}",
        target,
        modseq,
        mailbox_id,
        source,
    )


def removal(mailbox_id: MailboxId, folder_id: FolderId) -> list[Statement]:
    """What removes all entries of a folder. The caller holds the mailbox."""
    key = (mailbox_id, folder_id)
    octets = f"(SELECT {OCTETS} FROM metadata WHERE mailbox_id = ? AND folder_id = ? AND value IS NOT NULL)"
    return [
        (f"UPDATE mailbox SET metadata_octets = metadata_octets - {octets} WHERE mailbox_id = ?", (*key, mailbox_id)),
        ("DELETE FROM metadata WHERE mailbox_id = ? AND folder_id = ?", key),
    ]


async def octets(tx: Tx, mailbox_id: MailboxId) -> int:
    """What ``metadata_octets`` should say."""
    row = await tx.row(f"SELECT {OCTETS} FROM metadata WHERE mailbox_id = ? AND value IS NOT NULL", mailbox_id)
    return 0 if row is None else int(row[0])


async def drop_lost(tx: Tx, values: tuple[MailboxId, bool]) -> list[tuple[FolderId, int]]:
    """Folders that are not there, and how many entries name them; they go if asked. Run as a write to see one state."""
    mailbox_id, repair = values
    await hold(tx, mailbox_id)
    rows = await tx.rows(
        "SELECT folder_id, COUNT(*) FROM metadata WHERE mailbox_id = ? AND folder_id <> ?"
        " AND folder_id NOT IN (SELECT folder_id FROM folder WHERE mailbox_id = ?)"
        " GROUP BY folder_id ORDER BY folder_id",
        mailbox_id,
        WHOLE_MAILBOX,
        mailbox_id,
    )
    found = [(FolderId(folder_id), count) for folder_id, count in rows]
    if repair:
        await tx.batch([statement for folder_id, _ in found for statement in removal(mailbox_id, folder_id)])
    return found
