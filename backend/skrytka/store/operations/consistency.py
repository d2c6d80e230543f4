"""Questions of ``skrytka check`` to a shard: rows that name what is not there, contents that nobody names. Read in pages."""

from __future__ import annotations

import msgspec

from skrytka.model import ContentId, FolderId, MailboxId, Uid
from skrytka.store.interface import Tx
from skrytka.store.operations import collecting, locking


class ContentPage(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    after: int
    limit: int


class Contents(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    content_ids: tuple[ContentId, ...]


class Lost(msgspec.Struct, frozen=True):
    """A message whose content is not there."""

    folder_id: FolderId
    uid: Uid


class ContentState(msgspec.Struct, frozen=True):
    """``named``: a message or a kept expunge points at it. ``stored``: its octets are in the shard or in a blob."""

    content_id: ContentId
    blob_key: str | None
    named: bool
    stored: bool


async def messages_without_content(tx: Tx, mailbox_id: MailboxId) -> list[Lost]:
    """At most 1 000."""
    rows = await tx.rows(
        "SELECT m.folder_id, m.uid FROM message m LEFT JOIN content c"
        " ON c.mailbox_id = m.mailbox_id AND c.content_id = m.content_id"
        " WHERE m.mailbox_id = ? AND c.content_id IS NULL ORDER BY m.folder_id, m.uid LIMIT 1000",
        mailbox_id,
    )
    return [Lost(FolderId(folder_id), Uid(uid)) for folder_id, uid in rows]


async def contents(tx: Tx, page: ContentPage) -> list[ContentState]:
    """The contents of a mailbox by id."""
    rows = await tx.rows(
        "SELECT c.content_id, c.blob_key,"
        " (SELECT count(*) FROM (SELECT 1 FROM message m WHERE m.mailbox_id = c.mailbox_id"
        " AND m.content_id = c.content_id LIMIT 1) AS one)"
        " + (SELECT count(*) FROM (SELECT 1 FROM expunged e WHERE e.mailbox_id = c.mailbox_id"
        " AND e.content_id = c.content_id LIMIT 1) AS two),"
        " (SELECT count(*) FROM body b WHERE b.mailbox_id = c.mailbox_id AND b.content_id = c.content_id)"
        " FROM content c WHERE c.mailbox_id = ? AND c.content_id > ? ORDER BY c.content_id LIMIT ?",
        page.mailbox_id,
        page.after,
        page.limit,
    )
    return [
        ContentState(ContentId(content_id), blob_key, bool(named), bool(bodies) or blob_key is not None)
        for content_id, blob_key, named, bodies in rows
    ]


async def drop(tx: Tx, values: Contents) -> None:
    """Delete those of the contents that nobody names by now."""
    await locking.hold(tx, values.mailbox_id)
    await collecting.drop_unreferenced(tx, values.mailbox_id, values.content_ids)


async def exists(tx: Tx, mailbox_id: MailboxId) -> bool:
    return await tx.row("SELECT 1 FROM mailbox WHERE mailbox_id = ?", mailbox_id) is not None
