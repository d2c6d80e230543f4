"""Questions of ``skrytka check`` to a shard: rows that name what is not there, contents that nobody names. Read in pages."""

from __future__ import annotations

import msgspec

from skrytka.model import ContentId, FolderId, MailboxId, Uid
from skrytka.store.interface import Tx
from skrytka.store.operations import collecting, locking
from skrytka.store.operations.counters import Recount


class ContentPage(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    after: int
    limit: int


class Contents(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    content_ids: tuple[ContentId, ...]


class MessagePage(msgspec.Struct, frozen=True):
    """What comes after this message of this folder."""

    mailbox_id: MailboxId
    folder_id: int
    uid: int
    limit: int


class Lost(msgspec.Struct, frozen=True):
    """A message that names something which is not there."""

    folder_id: FolderId
    uid: Uid


class ContentState(msgspec.Struct, frozen=True):
    """``named``: a message or a kept expunge points at it. ``stored``: its octets are in the shard or in a blob.

    ``derivable``: it has the row that renditions derived on reading are stored in.
    """

    content_id: ContentId
    blob_key: str | None
    named: bool
    stored: bool
    derivable: bool


async def messages_without_content(tx: Tx, page: MessagePage) -> list[Lost]:
    rows = await tx.rows(
        "SELECT m.folder_id, m.uid FROM message m LEFT JOIN content c"
        " ON c.mailbox_id = m.mailbox_id AND c.content_id = m.content_id"
        " WHERE m.mailbox_id = ? AND (m.folder_id > ? OR (m.folder_id = ? AND m.uid > ?))"
        " AND c.content_id IS NULL ORDER BY m.folder_id, m.uid LIMIT ?",
        page.mailbox_id,
        page.folder_id,
        page.folder_id,
        page.uid,
        page.limit,
    )
    return [Lost(FolderId(folder_id), Uid(uid)) for folder_id, uid in rows]


async def folders_without_row(tx: Tx, mailbox_id: MailboxId) -> list[tuple[FolderId, int]]:
    """Folders that neither exist nor are being removed, and how many messages name them."""
    rows = await tx.rows(
        "SELECT m.folder_id, COUNT(*) FROM message m WHERE m.mailbox_id = ?"
        " AND m.folder_id NOT IN (SELECT folder_id FROM folder WHERE mailbox_id = ?)"
        " AND m.folder_id NOT IN (SELECT folder_id FROM doomed_folder WHERE mailbox_id = ?)"
        " GROUP BY m.folder_id ORDER BY m.folder_id",
        mailbox_id,
        mailbox_id,
        mailbox_id,
    )
    return [(FolderId(folder_id), count) for folder_id, count in rows]


async def marks_without_message(tx: Tx, values: Recount) -> list[tuple[FolderId, int]]:
    """Folders with marks of readers on messages that are not there, and how many; they go if asked. Run as a write to see one
    state.

    Those of a folder that is being removed go with it.
    """
    await locking.hold(tx, values.mailbox_id)
    lost = (
        " FROM seen_mark WHERE mailbox_id = ? AND NOT EXISTS (SELECT 1 FROM message m WHERE m.mailbox_id ="
        " seen_mark.mailbox_id AND m.folder_id = seen_mark.folder_id AND m.uid = seen_mark.uid)"
        " AND folder_id NOT IN (SELECT folder_id FROM doomed_folder WHERE mailbox_id = ?)"
    )
    key = (values.mailbox_id, values.mailbox_id)
    rows = await tx.rows(f"SELECT folder_id, COUNT(*){lost} GROUP BY folder_id ORDER BY folder_id", *key)
    if values.repair and rows:
        await tx.execute(f"DELETE{lost}", *key)
    return [(FolderId(folder_id), count) for folder_id, count in rows]


async def readers(tx: Tx, mailbox_id: MailboxId) -> list[MailboxId]:
    """Who has marks in the folders of the mailbox."""
    rows = await tx.rows("SELECT DISTINCT reader_id FROM seen_mark WHERE mailbox_id = ?", mailbox_id)
    return sorted(MailboxId(row[0]) for row in rows)


class MarksOf(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    reader: MailboxId
    limit: int


async def drop_marks_of(tx: Tx, values: MarksOf) -> int:
    """Remove some of the marks of a reader who is no more; how many."""
    await locking.hold(tx, values.mailbox_id)
    some = "SELECT folder_id, uid FROM seen_mark WHERE mailbox_id = ? AND reader_id = ? LIMIT ?"
    return await tx.execute(
        f"DELETE FROM seen_mark WHERE mailbox_id = ? AND reader_id = ? AND (folder_id, uid) IN ({some})",
        *[values.mailbox_id, values.reader] * 2,
        values.limit,
    )


async def expunges_without_content(tx: Tx, values: Recount) -> int:
    """How many expunges keep a content that is not there; mended, they keep none."""
    await locking.hold(tx, values.mailbox_id)
    missing = (
        " FROM expunged WHERE mailbox_id = ? AND content_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM content c"
        " WHERE c.mailbox_id = expunged.mailbox_id AND c.content_id = expunged.content_id)"
    )
    rows = await tx.rows("SELECT folder_id, uid" + missing, values.mailbox_id)
    if values.repair:
        sql = "UPDATE expunged SET content_id = NULL WHERE mailbox_id = ? AND folder_id = ? AND uid = ?"
        await tx.batch([(sql, (values.mailbox_id, *row)) for row in rows])
    return len(rows)


async def contents(tx: Tx, page: ContentPage) -> list[ContentState]:
    """The contents of a mailbox by id."""
    rows = await tx.rows(
        "SELECT c.content_id, c.blob_key,"
        " (SELECT count(*) FROM (SELECT 1 FROM message m WHERE m.mailbox_id = c.mailbox_id"
        " AND m.content_id = c.content_id LIMIT 1) AS one)"
        " + (SELECT count(*) FROM (SELECT 1 FROM expunged e WHERE e.mailbox_id = c.mailbox_id"
        " AND e.content_id = c.content_id LIMIT 1) AS two),"
        " (SELECT count(*) FROM body b WHERE b.mailbox_id = c.mailbox_id AND b.content_id = c.content_id),"
        " (SELECT count(*) FROM header h WHERE h.mailbox_id = c.mailbox_id AND h.content_id = c.content_id),"
        " (SELECT count(*) FROM rendition r WHERE r.mailbox_id = c.mailbox_id AND r.content_id = c.content_id)"
        " FROM content c WHERE c.mailbox_id = ? AND c.content_id > ? ORDER BY c.content_id LIMIT ?",
        page.mailbox_id,
        page.after,
        page.limit,
    )
    return [
        ContentState(
            ContentId(content_id),
            blob_key,
            bool(named),
            bool(header) and (bool(body) or blob_key is not None),
            bool(rendition),
        )
        for content_id, blob_key, named, body, header, rendition in rows
    ]


async def make_derivable(tx: Tx, values: Contents) -> None:
    """Make the row that renditions are stored in, for contents that are still there."""
    await locking.hold(tx, values.mailbox_id)
    sql = (
        "INSERT INTO rendition (mailbox_id, content_id) SELECT mailbox_id, content_id FROM content"
        " WHERE mailbox_id = ? AND content_id = ? ON CONFLICT (mailbox_id, content_id) DO NOTHING"
    )
    await tx.batch([(sql, (values.mailbox_id, content_id)) for content_id in values.content_ids])


async def drop(tx: Tx, values: Contents) -> None:
    """Delete those of the contents that nobody names by now."""
    await locking.hold(tx, values.mailbox_id)
    await collecting.drop_unreferenced(tx, values.mailbox_id, values.content_ids)


async def exists(tx: Tx, mailbox_id: MailboxId) -> bool:
    return await tx.row("SELECT 1 FROM mailbox WHERE mailbox_id = ?", mailbox_id) is not None
