"""Reading message rows, and stamping downloads."""

from __future__ import annotations

import msgspec

from skrytka.model import FolderId, MailboxId, MessageRow, ModSeq, Uid
from skrytka.store.interface import Row, Tx
from skrytka.store.operations.locking import hold, no_folder
from skrytka.store.operations.message_rows import COLUMNS, message_row
from skrytka.store.operations.selecting import chunks, listed


class Uids(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    uids: tuple[Uid, ...]


class Page(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    after_uid: int
    limit: int


class Since(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    modseq: ModSeq
    after_uid: int
    limit: int


async def rows(tx: Tx, values: Uids) -> list[MessageRow]:
    """Those in the folder, and those expunged of which the content is still kept, ascending.

    The folder is read first: what leaves it between the two statements is then in the log.
    """
    found = await _rows_from(tx, "message", values, values.uids)
    if len(found) < len(values.uids):
        present = {row.uid for row in found}
        gone = tuple(uid for uid in values.uids if uid not in present)
        found += await _rows_from(tx, "expunged", values, gone)
        found.sort(key=lambda row: row.uid)
    return found


async def present(tx: Tx, values: Uids) -> list[MessageRow]:
    """Those in the folder, ascending."""
    return await _rows_from(tx, "message", values, values.uids)


async def _rows_from(tx: Tx, table: str, values: Uids, uids: tuple[Uid, ...]) -> list[MessageRow]:
    found: list[MessageRow] = []
    for part in chunks(uids):
        operand, uid_values = listed(part)
        sql = (
            f"SELECT {COLUMNS} FROM {table} WHERE mailbox_id = ? AND folder_id = ?"
            f" AND content_id IS NOT NULL AND uid IN {operand} ORDER BY uid"
        )
        found += [message_row(row) for row in await tx.rows(sql, values.mailbox_id, values.folder_id, *uid_values)]
    return found


async def page(tx: Tx, values: Page) -> list[MessageRow]:
    return [message_row(row) for row in await _page(tx, COLUMNS, values)]


async def _page(tx: Tx, columns: str, values: Page) -> list[Row]:
    return await tx.rows(
        f"SELECT {columns} FROM message WHERE mailbox_id = ? AND folder_id = ? AND uid > ? ORDER BY uid LIMIT ?",
        values.mailbox_id,
        values.folder_id,
        values.after_uid,
        values.limit,
    )


async def deleted_page(tx: Tx, values: Page) -> list[tuple[Uid, int]]:
    """UID and size of the next messages with ``\\Deleted``, after the index of these."""
    found = await tx.rows(
        "SELECT uid, size FROM message WHERE mailbox_id = ? AND folder_id = ? AND uid > ? AND (flags & 8) <> 0"
        " ORDER BY uid LIMIT ?",
        values.mailbox_id,
        values.folder_id,
        values.after_uid,
        values.limit,
    )
    return [(Uid(uid), size) for uid, size in found]


async def changed_page(tx: Tx, values: Since) -> list[MessageRow]:
    found = await tx.rows(
        f"SELECT {COLUMNS} FROM message WHERE mailbox_id = ? AND folder_id = ? AND modseq > ? AND uid > ?"
        " ORDER BY uid LIMIT ?",
        values.mailbox_id,
        values.folder_id,
        values.modseq,
        values.after_uid,
        values.limit,
    )
    return [message_row(row) for row in found]


async def expunged_page(tx: Tx, values: Since) -> list[Uid]:
    found = await tx.rows(
        "SELECT uid FROM expunged WHERE mailbox_id = ? AND folder_id = ? AND modseq > ? AND uid > ?"
        " ORDER BY uid LIMIT ?",
        values.mailbox_id,
        values.folder_id,
        values.modseq,
        values.after_uid,
        values.limit,
    )
    return [Uid(row[0]) for row in found]


async def uidl_page(tx: Tx, values: Page) -> list[tuple[MessageRow, str]]:
    """Messages with their UIDL: an import's own, else ``<folder-id>-<uidvalidity>-<uid>``, which never changes."""
    folder = await tx.row(
        "SELECT uid_validity FROM folder WHERE mailbox_id = ? AND folder_id = ?", values.mailbox_id, values.folder_id
    )
    if folder is None:
        raise no_folder(values.folder_id)
    prefix = f"{values.folder_id}-{folder[0]}-"
    found = await _page(tx, f"{COLUMNS}, uidl", values)
    return [(message_row(row), f"{prefix}{row[0]}" if row[8] is None else row[8]) for row in found]


class Download(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    uids: tuple[Uid, ...]
    credential: str
    now: int


async def stamp_downloads(tx: Tx, values: Download) -> None:
    """First and last download of each message; no modseq, because no session sees it."""
    await hold(tx, values.mailbox_id)
    for part in chunks(values.uids):
        operand, uid_values = listed(part)
        await tx.execute(
            "UPDATE message SET first_download_at = COALESCE(first_download_at, ?),"
            " first_download_by = COALESCE(first_download_by, ?), last_download_at = ?, last_download_by = ?"
            f" WHERE mailbox_id = ? AND folder_id = ? AND uid IN {operand}",
            values.now,
            values.credential,
            values.now,
            values.credential,
            values.mailbox_id,
            values.folder_id,
            *uid_values,
        )
