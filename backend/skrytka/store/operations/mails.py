"""Messages with their mails and the head of their folder, all in one statement: what reading a few small mails needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec

from skrytka.model import FolderHead, FolderId, MailboxId, MessageRow, Uid
from skrytka.store.interface import Tx
from skrytka.store.operations import messages
from skrytka.store.operations.folders import F_HEAD
from skrytka.store.operations.message_rows import COLUMNS, message_row
from skrytka.store.operations.selecting import listed


class ReadMails(msgspec.Struct, frozen=True):
    """At most ``selecting.CHUNK`` messages; mails of more than ``most_octets`` are not read."""

    mailbox_id: MailboxId
    folder_id: FolderId
    uids: Sequence[int]
    most_octets: int


class ReadMail(msgspec.Struct, frozen=True):
    """Header and body as they are stored; None where they are too large for this read, or not in the shard's own tables."""

    row: MessageRow
    header: bytes | None = None
    body: bytes | None = None


class MailsRead(msgspec.Struct, frozen=True):
    """``head`` is the folder's at the same moment; None when none of the messages is in it."""

    head: FolderHead | None
    mails: list[ReadMail]


_MESSAGE = ", ".join(f"m.{column}" for column in COLUMNS.split(", "))
_HEADER_AT, _BODY_AT, _HEAD_AT = 8, 9, 10


@cache
def _select(operand: str) -> str:
    return (
        f"SELECT {_MESSAGE}, h.data, b.data, {F_HEAD} FROM message m"
        " JOIN folder f ON f.mailbox_id = m.mailbox_id AND f.folder_id = m.folder_id"
        " LEFT JOIN header h ON m.size <= ? AND h.mailbox_id = m.mailbox_id AND h.content_id = m.content_id"
        " LEFT JOIN body b ON m.size <= ? AND b.mailbox_id = m.mailbox_id AND b.content_id = m.content_id"
        f" WHERE m.mailbox_id = ? AND m.folder_id = ? AND m.uid IN {operand} ORDER BY m.uid"
    )


async def read(tx: Tx, values: ReadMails) -> MailsRead:
    """As ``messages.rows``, ascending, with what is small enough of the mails."""
    operand, uid_values = listed(values.uids)
    rows = await tx.rows(
        _select(operand),
        values.most_octets,
        values.most_octets,
        values.mailbox_id,
        values.folder_id,
        *uid_values,
    )
    mails = [ReadMail(message_row(row), row[_HEADER_AT], row[_BODY_AT]) for row in rows]
    if len(mails) < len(values.uids):
        present = {row[0] for row in rows}
        gone = tuple(Uid(uid) for uid in values.uids if uid not in present)
        left = await messages.rows(tx, messages.Uids(values.mailbox_id, values.folder_id, gone))
        mails = sorted([*mails, *map(ReadMail, left)], key=lambda mail: mail.row.uid)
    return MailsRead(FolderHead(*rows[0][_HEAD_AT:]) if rows else None, mails)
