"""Contents: the immutable octets of a mail. Header, body and renditions sit in tables of their own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.model import ContentId, MailboxId
from skrytka.store.interface import Statement, Tx
from skrytka.store.operations.selecting import chunks, listed

WHOLE = 0
"""Layout: the mail is its header, then its body, each kept as it came."""

RENDITION_COLUMNS = {"imap.envelope": "envelope", "imap.bodystructure": "bodystructure", "preview": "preview"}
"""Renditions with columns of their own, each with a ``..._version`` beside it. Others go to ``rendition_extra``."""


class StoredRendition(msgspec.Struct, frozen=True):
    name: str
    version: int
    octets: bytes


class Prepared(msgspec.Struct, frozen=True):
    """A mail parsed, packed and ready to be stored. ``body`` None lies in the blob store under ``blob_key``."""

    size_octets: int
    header: bytes
    body: bytes | None
    blob_key: str | None
    digest: bytes
    renditions: tuple[StoredRendition, ...]


def insertion(mailbox_id: MailboxId, content_id: ContentId, content: Prepared, now: int) -> list[Statement]:
    """All rows of a new content."""
    key = (mailbox_id, content_id)
    statements: list[Statement] = [
        (
            "INSERT INTO content (mailbox_id, content_id, size, layout, blob_key, digest, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, content.size_octets, WHOLE, content.blob_key, content.digest, now),
        ),
        ("INSERT INTO header (mailbox_id, content_id, data) VALUES (?, ?, ?)", (*key, content.header)),
    ]
    if content.body is not None:
        statements.append(("INSERT INTO body (mailbox_id, content_id, data) VALUES (?, ?, ?)", (*key, content.body)))
    columns: dict[str, tuple[int, bytes]] = {}
    for rendition in content.renditions:
        if rendition.name in RENDITION_COLUMNS:
            columns[rendition.name] = (rendition.version, rendition.octets)
        else:
            statements.append(
                (
                    "INSERT INTO rendition_extra (mailbox_id, content_id, name, version, data) VALUES (?, ?, ?, ?, ?)",
                    (*key, rendition.name, rendition.version, rendition.octets),
                )
            )
    statements.append(_insert_renditions(key, columns))
    return statements


def _insert_renditions(key: tuple[int, int], columns: dict[str, tuple[int, bytes]]) -> Statement:
    """The row is made even when it is empty: storing a rendition later only updates, and never outlives its content."""
    values: list[int | bytes | None] = []
    for name in RENDITION_COLUMNS:
        version, octets = columns.get(name, (None, None))
        values += (octets, version)
    return (
        "INSERT INTO rendition (mailbox_id, content_id, envelope, envelope_version, bodystructure,"
        " bodystructure_version, preview, preview_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, *values),
    )


class ContentKey(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    content_id: ContentId


class ContentKeys(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    content_ids: tuple[ContentId, ...]


class StoredContent(msgspec.Struct, frozen=True):
    """``body`` None: it lies in the blob store under ``blob_key``. ``header`` None, or neither of these two: they are lost."""

    size_octets: int
    layout: int
    blob_key: str | None
    header: bytes | None
    body: bytes | None


async def read(tx: Tx, values: ContentKey) -> StoredContent | None:
    row = await tx.row(
        "SELECT c.size, c.layout, c.blob_key, h.data, b.data FROM content c"
        " LEFT JOIN header h ON h.mailbox_id = c.mailbox_id AND h.content_id = c.content_id"
        " LEFT JOIN body b ON b.mailbox_id = c.mailbox_id AND b.content_id = c.content_id"
        " WHERE c.mailbox_id = ? AND c.content_id = ?",
        values.mailbox_id,
        values.content_id,
    )
    return None if row is None else StoredContent(*row)


async def packed(tx: Tx, values: ContentKey) -> Prepared | None:
    """The content as it can be stored in another mailbox; None where it, or its header, is lost."""
    columns = ", ".join(f"r.{name}, r.{name}_version" for name in RENDITION_COLUMNS.values())
    row = await tx.row(
        f"SELECT c.size, h.data, b.data, c.blob_key, c.digest, {columns} FROM content c"
        " JOIN header h ON h.mailbox_id = c.mailbox_id AND h.content_id = c.content_id"
        " LEFT JOIN body b ON b.mailbox_id = c.mailbox_id AND b.content_id = c.content_id"
        " LEFT JOIN rendition r ON r.mailbox_id = c.mailbox_id AND r.content_id = c.content_id"
        " WHERE c.mailbox_id = ? AND c.content_id = ?",
        values.mailbox_id,
        values.content_id,
    )
    if row is None:
        return None
    stored = zip(RENDITION_COLUMNS, row[6::2], row[5::2], strict=True)
    renditions = tuple(
        StoredRendition(name, version, octets) for name, version, octets in stored if version is not None
    )
    size, header, body, blob_key, digest_ = row[:5]
    return Prepared(size, header, body, blob_key, digest_, renditions)


async def digest(tx: Tx, values: ContentKey) -> tuple[bytes, bytes] | None:
    """That of the body as it came, and the packed header before it."""
    row = await tx.row(
        "SELECT c.digest, h.data FROM content c"
        " JOIN header h ON h.mailbox_id = c.mailbox_id AND h.content_id = c.content_id"
        " WHERE c.mailbox_id = ? AND c.content_id = ?",
        values.mailbox_id,
        values.content_id,
    )
    return None if row is None else (row[0], row[1])


async def headers(tx: Tx, values: ContentKeys) -> list[tuple[ContentId, bytes]]:
    """Packed headers of the contents that are there."""
    found: list[tuple[ContentId, bytes]] = []
    for content_ids in chunks(values.content_ids):
        operand, id_values = listed(content_ids)
        rows = await tx.rows(
            f"SELECT content_id, data FROM header WHERE mailbox_id = ? AND content_id IN {operand}",
            values.mailbox_id,
            *id_values,
        )
        found += [(ContentId(row[0]), row[1]) for row in rows]
    return found


class BlobKeys(msgspec.Struct, frozen=True):
    keys: tuple[str, ...]


async def referenced_blobs(tx: Tx, values: BlobKeys) -> set[str]:
    """Which of the blobs a content of this shard names. The one query over all mailboxes: blobs are shared by all."""
    operand = ", ".join("?" * len(values.keys))
    rows = await tx.rows(f"SELECT DISTINCT blob_key FROM content WHERE blob_key IN ({operand})", *values.keys)
    return {row[0] for row in rows}


def removal(mailbox_id: MailboxId, content_ids: Sequence[int]) -> list[Statement]:
    """Delete contents with all that hangs on them."""
    statements: list[Statement] = []
    for part in chunks(content_ids):
        operand, values = listed(part)
        for table in ("rendition_extra", "rendition", "body", "header", "content"):
            sql = f"DELETE FROM {table} WHERE mailbox_id = ? AND content_id IN {operand}"
            statements.append((sql, (mailbox_id, *values)))
    return statements
