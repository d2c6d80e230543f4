"""Messages with their mails and the head of their folder, all in one statement: what reading a few small mails needs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec

from skrytka.model import FolderHead, FolderId, MailboxId, MessageRow, Uid
from skrytka.store.interface import Row, Tx
from skrytka.store.operations import messages
from skrytka.store.operations.contents import StoredContent
from skrytka.store.operations.message_rows import COLUMNS, message_row
from skrytka.store.operations.selecting import listed


class ReadMails(msgspec.Struct, frozen=True):
    """At most ``selecting.CHUNK`` messages; mails of more than ``most_octets`` are not read."""

    mailbox_id: MailboxId
    folder_id: FolderId
    uids: Sequence[Uid]
    most_octets: int


class MailsRead(msgspec.Struct, frozen=True):
    """``head`` is the folder's at the same moment; None when none of the messages is in it. A content is None that is too large
    for this read, or that of a message which has left the folder."""

    head: FolderHead | None
    mails: list[tuple[MessageRow, StoredContent | None]]


_MESSAGE = ", ".join(f"m.{column}" for column in COLUMNS.split(", "))
_OTHERS = (
    "c.size, c.layout, c.blob_key, h.data, b.data,"
    " f.uid_validity, f.uid_next, f.highest_modseq, f.expunge_horizon, f.messages"
)
_CONTENT_AT, _HEAD_AT = 8, 13


@cache
def _select(operand: str) -> str:
    return (
        f"SELECT {_MESSAGE}, {_OTHERS} FROM message m"
        " JOIN folder f ON f.mailbox_id = m.mailbox_id AND f.folder_id = m.folder_id"
        " JOIN content c ON c.mailbox_id = m.mailbox_id AND c.content_id = m.content_id"
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
    mails = [(message_row(row), _content(row, values.most_octets)) for row in rows]
    if len(mails) < len(values.uids):
        present = {row[0] for row in rows}
        gone = tuple(uid for uid in values.uids if uid not in present)
        left = await messages.rows(tx, messages.Uids(values.mailbox_id, values.folder_id, gone))
        mails = sorted([*mails, *((row, None) for row in left)], key=lambda mail: mail[0].uid)
    return MailsRead(FolderHead(*rows[0][_HEAD_AT:]) if rows else None, mails)


def _content(row: Row, most_octets: int) -> StoredContent | None:
    size_octets = row[_CONTENT_AT]
    return StoredContent(*row[_CONTENT_AT:_HEAD_AT]) if size_octets <= most_octets else None
