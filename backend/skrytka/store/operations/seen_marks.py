"""Marks of readers: what those have seen for themselves who read a folder that is not theirs, where ``\\Seen`` is private.

A mark is written with a modseq of the mailbox, which the folder gets as its highest, and goes with its message.
Marks that do not count any more, because ``\\Seen`` was made shared again, stay, and count again when it is made private.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.model import Flags, FolderId, MailboxId, MessageRow, ModSeq, Uid
from skrytka.store.interface import Statement, Tx, Value
from skrytka.store.operations.message_rows import COLUMNS, FLAGS, message_row
from skrytka.store.operations.selecting import chunks, listed

SHARED_FLAGS = int(~Flags.SEEN)
"""Those that all who read a folder share in any case."""

SEEN_FLAGS = f"CASE b.private_seen WHEN 1 THEN (m.flags & {SHARED_FLAGS}) | COALESCE(s.seen, 0) ELSE m.flags END"
"""The flags of a message ``m`` of the mailbox ``b`` as the reader sees them whose mark ``s`` is."""

SEEN_MODSEQ = "CASE WHEN s.modseq > m.modseq THEN s.modseq ELSE m.modseq END"
"""Its modseq, which is not below the mailbox's ``seen_modseq``."""

_MARK_OF_MESSAGE = "s.mailbox_id = m.mailbox_id AND s.folder_id = m.folder_id AND s.uid = m.uid"

MESSAGES = (
    "message m JOIN mailbox b ON b.mailbox_id = m.mailbox_id"
    f" LEFT JOIN seen_mark s ON {_MARK_OF_MESSAGE} AND s.reader_id = ?"
)
"""Messages, each with the mark of a reader, if he has one."""

MARKED = f"seen_mark s JOIN message m ON {_MARK_OF_MESSAGE} JOIN mailbox b ON b.mailbox_id = m.mailbox_id"
"""Marks with their messages."""

_AS_SEEN = {"flags": SEEN_FLAGS, "modseq": SEEN_MODSEQ}
_COLUMNS = ", ".join(_AS_SEEN.get(name, f"m.{name}") for name in COLUMNS.split(", "))
_SHARED_AT = len(COLUMNS.split(", "))

INSERT = "INSERT INTO seen_mark (mailbox_id, folder_id, uid, reader_id, seen, modseq)"


class ReaderUids(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    reader: MailboxId
    uids: tuple[Uid, ...]


class AsSeen(msgspec.Struct, frozen=True):
    """A message as a reader sees it, and the flags that it has itself. The row's modseq may still be below ``seen_modseq``."""

    row: MessageRow
    shared: Flags


async def present(tx: Tx, values: ReaderUids) -> list[AsSeen]:
    """Those in the folder, ascending."""
    found: list[AsSeen] = []
    for uids in chunks(values.uids):
        operand, uid_values = listed(uids)
        rows = await tx.rows(
            f"SELECT {_COLUMNS}, m.flags FROM {MESSAGES}"
            f" WHERE m.mailbox_id = ? AND m.folder_id = ? AND m.uid IN {operand} ORDER BY m.uid",
            values.reader,
            values.mailbox_id,
            values.folder_id,
            *uid_values,
        )
        found += [AsSeen(message_row(row), FLAGS[row[_SHARED_AT]]) for row in rows]
    return found


def marking(values: ReaderUids, modseq: ModSeq, *, seen: bool) -> list[Statement]:
    """Mark messages of the folder."""
    statements: list[Statement] = []
    for uids in chunks(values.uids):
        operand, uid_values = listed(uids)
        sql = (
            f"{INSERT} SELECT mailbox_id, folder_id, uid, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT)"
            f" FROM message WHERE mailbox_id = ? AND folder_id = ? AND uid IN {operand}"
            " ON CONFLICT (mailbox_id, folder_id, uid, reader_id)"
            " DO UPDATE SET seen = excluded.seen, modseq = excluded.modseq"
        )
        key = (values.mailbox_id, values.folder_id)
        statements.append((sql, (values.reader, int(seen), modseq, *key, *uid_values)))
    return statements


def carrying(operand: str, whose: str) -> str:
    """SQL that gives the copies of messages the marks ``whose`` of those: that they are seen, for what is not needs no mark.

    Its values are folder, the UID before the first, and modseq of the copies, mailbox, folder and UIDs of their sources, and the
    reader that ``whose`` names.
    """
    return (
        f"{INSERT} SELECT s.mailbox_id, CAST(? AS BIGINT), CAST(? AS BIGINT) + m.place, s.reader_id, s.seen,"
        " CAST(? AS BIGINT) FROM (SELECT mailbox_id, folder_id, uid, row_number() OVER (ORDER BY uid) AS place"
        f" FROM message WHERE mailbox_id = ? AND folder_id = ? AND uid IN {operand}) AS m"
        f" JOIN seen_mark s ON {_MARK_OF_MESSAGE} WHERE s.seen = 1 AND {whose}"
    )


def removal(key: tuple[MailboxId, FolderId], operand: str, uids: Sequence[Value]) -> Statement:
    """What removes the marks of messages that go."""
    return f"DELETE FROM seen_mark WHERE mailbox_id = ? AND folder_id = ? AND uid IN {operand}", (*key, *uids)


class Unseen(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    reader: MailboxId


async def count_unseen(tx: Tx, values: Unseen) -> int | None:
    """How many messages of the folder the reader has not seen, counted at one moment; None where it is gone."""
    row = await tx.row(
        "SELECT CASE b.private_seen WHEN 1 THEN f.messages - (SELECT COUNT(*) FROM seen_mark s"
        " WHERE s.mailbox_id = f.mailbox_id AND s.folder_id = f.folder_id AND s.reader_id = ? AND s.seen = 1)"
        " ELSE f.unseen END FROM folder f JOIN mailbox b ON b.mailbox_id = f.mailbox_id"
        " WHERE f.mailbox_id = ? AND f.folder_id = ?",
        values.reader,
        values.mailbox_id,
        values.folder_id,
    )
    return None if row is None else int(row[0])
