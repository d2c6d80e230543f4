"""The search index of a mailbox: its segments, made in fenced batches and dropped with the first content that goes.

A segment is for the contents of a range of ids. A search asks what no segment covers of the mails themselves.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

import msgspec

from skrytka.model import ContentId, MailboxId
from skrytka.store.interface import Statement, Tx
from skrytka.store.operations import job_fences
from skrytka.store.operations.job_fences import Fence
from skrytka.store.operations.locking import hold
from skrytka.store.operations.selecting import chunks, listed

TABLES = ("search_header", "search_body", "search_segment")


class MailboxPage(msgspec.Struct, frozen=True):
    """A mailbox with fewer than ``at_least`` new contents is not due for these."""

    after: int
    limit: int
    at_least: int = 1


class Due(msgspec.Struct, frozen=True):
    """``last_id``: the highest content id given so far. ``dropped`` is to be handed back when all up to there is covered."""

    mailbox_id: MailboxId
    last_id: int
    dropped: int
    due: bool


class Extent(msgspec.Struct, frozen=True):
    """A segment without its texts: the ids that it is for, how many contents, and octets of text, it holds."""

    first_id: int
    last_id: int
    contents: int
    octets: int


class Range(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    first_id: int
    last_id: int
    limit: int


class NewSegment(msgspec.Struct, frozen=True):
    """``content_ids`` are all there are in the extent; those in ``left_out`` among them are searched in the mails."""

    fence: Fence
    extent: Extent
    content_ids: tuple[int, ...]
    left_out: tuple[int, ...]
    filter: bytes
    headers: bytes
    bodies: bytes


class Extension(msgspec.Struct, frozen=True):
    """There are no contents up to ``last_id`` behind this segment."""

    fence: Fence
    first_id: int
    last_id: int


class Done(msgspec.Struct, frozen=True):
    fence: Fence
    last_id: int
    dropped: int


async def due(tx: Tx, page: MailboxPage) -> list[Due]:
    """The next mailboxes of the shard, and whether their index lacks enough to be worth the work."""
    rows = await tx.rows(
        "SELECT m.mailbox_id, m.next_content_id - 1, COALESCE(p.dropped, 0),"
        " m.next_content_id - 1 - COALESCE(p.indexed_id, 0) >= ? OR COALESCE(p.dropped, 0) <> COALESCE(p.mended, 0)"
        " FROM mailbox m LEFT JOIN search_progress p ON p.mailbox_id = m.mailbox_id"
        " WHERE m.mailbox_id > ? ORDER BY m.mailbox_id LIMIT ?",
        page.at_least,
        page.after,
        page.limit,
    )
    return [Due(MailboxId(row[0]), row[1], row[2], bool(row[3])) for row in rows]


async def extents(tx: Tx, mailbox_id: MailboxId) -> list[Extent]:
    rows = await tx.rows(
        "SELECT first_id, last_id, contents, octets FROM search_segment WHERE mailbox_id = ? ORDER BY first_id",
        mailbox_id,
    )
    return [Extent(*row) for row in rows]


async def contents(tx: Tx, values: Range) -> list[ContentId]:
    """The first contents of a range."""
    rows = await tx.rows(
        "SELECT content_id FROM content WHERE mailbox_id = ? AND content_id BETWEEN ? AND ? ORDER BY content_id LIMIT ?",
        values.mailbox_id,
        values.first_id,
        values.last_id,
        values.limit,
    )
    return [ContentId(row[0]) for row in rows]


async def put(tx: Tx, values: NewSegment) -> bool:
    """In place of all segments that are for ids of its extent; False, and no change, when a content of it has gone since."""
    mailbox_id, extent = values.fence.mailbox_id, values.extent
    await hold(tx, mailbox_id)
    await job_fences.enter(tx, values.fence)
    limit = len(values.content_ids) + 1
    if await contents(tx, Range(mailbox_id, extent.first_id, extent.last_id, limit)) != list(values.content_ids):
        return False
    old = await tx.rows(
        "SELECT first_id FROM search_segment WHERE mailbox_id = ? AND first_id <= ? AND last_id >= ?",
        mailbox_id,
        extent.last_id,
        extent.first_id,
    )
    key = (mailbox_id, extent.first_id)
    sizes = (extent.last_id, extent.contents, extent.octets)
    await tx.batch(
        [
            *_removal(mailbox_id, [row[0] for row in old]),
            (
                "INSERT INTO search_progress (mailbox_id, indexed_id, dropped, mended, version) VALUES (?, 0, 0, 0, 1)"
                " ON CONFLICT (mailbox_id) DO UPDATE SET version = search_progress.version + 1",
                (mailbox_id,),
            ),
            (
                "INSERT INTO search_segment (mailbox_id, first_id, last_id, contents, octets, left_out, filter, version)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT version FROM search_progress WHERE mailbox_id = ?))",
                (*key, *sizes, packed_ids(values.left_out), values.filter, mailbox_id),
            ),
            ("INSERT INTO search_header (mailbox_id, first_id, data) VALUES (?, ?, ?)", (*key, values.headers)),
            ("INSERT INTO search_body (mailbox_id, first_id, data) VALUES (?, ?, ?)", (*key, values.bodies)),
        ]
    )
    return True


async def extend(tx: Tx, values: Extension) -> None:
    """Contents that are gone leave holes between segments; a hole that belongs to a segment need not be looked at again."""
    await hold(tx, values.fence.mailbox_id)
    await job_fences.enter(tx, values.fence)
    mailbox_id = values.fence.mailbox_id
    await tx.batch(
        [
            (
                "UPDATE search_segment SET last_id = ? WHERE mailbox_id = ? AND first_id = ? AND last_id < ?",
                (values.last_id, mailbox_id, values.first_id, values.last_id),
            ),
            ("UPDATE search_progress SET version = version + 1 WHERE mailbox_id = ?", (mailbox_id,)),
        ]
    )


async def finish(tx: Tx, values: Done) -> None:
    """All that was there at the beginning of a run is covered now."""
    await hold(tx, values.fence.mailbox_id)
    await job_fences.enter(tx, values.fence)
    await tx.execute(
        "INSERT INTO search_progress (mailbox_id, indexed_id, dropped, mended) VALUES (?, ?, 0, 0)"
        " ON CONFLICT (mailbox_id) DO UPDATE SET indexed_id = excluded.indexed_id, mended = ?",
        values.fence.mailbox_id,
        values.last_id,
        values.dropped,
    )


async def drop(tx: Tx, mailbox_id: MailboxId, content_ids: Sequence[int]) -> None:
    """Drop the segments that are for one of these contents, in the transaction that removes the contents."""
    if not content_ids:
        return
    rows = await tx.rows(
        "SELECT first_id, last_id FROM search_segment WHERE mailbox_id = ? AND first_id <= ? AND last_id >= ?",
        mailbox_id,
        max(content_ids),
        min(content_ids),
    )
    ordered = sorted(content_ids)
    named = [first for first, last in rows if bisect_left(ordered, first) < bisect_right(ordered, last)]
    await remove(tx, mailbox_id, named)


class Remove(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    first_ids: tuple[int, ...]


async def remake(tx: Tx, values: Remove) -> None:
    """Drop segments that are wrong."""
    await hold(tx, values.mailbox_id)
    await remove(tx, values.mailbox_id, values.first_ids)


async def remove(tx: Tx, mailbox_id: MailboxId, first_ids: Sequence[int]) -> None:
    """Drop segments and have them made again."""
    if first_ids:
        again = "UPDATE search_progress SET dropped = dropped + 1, version = version + 1 WHERE mailbox_id = ?"
        await tx.batch([*_removal(mailbox_id, first_ids), (again, (mailbox_id,))])


def _removal(mailbox_id: MailboxId, first_ids: Sequence[int]) -> list[Statement]:
    statements: list[Statement] = []
    for part in chunks(first_ids):
        operand, values = listed(part)
        for table in TABLES:
            sql = f"DELETE FROM {table} WHERE mailbox_id = ? AND first_id IN {operand}"
            statements.append((sql, (mailbox_id, *values)))
    return statements


def packed_ids(ids: Iterable[int]) -> bytes:
    return array("Q", ids).tobytes()


def unpacked_ids(octets: bytes) -> list[int]:
    return array("Q", octets[: len(octets) // 8 * 8]).tolist()
