"""What a search asks the index: filters, texts, and which messages have the contents that were found."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.model import FolderId, MailboxId
from skrytka.store.interface import Tx
from skrytka.store.operations.search_index import unpacked_ids
from skrytka.store.operations.selecting import chunks, listed

NO_END = 2**62
"""Above every content id."""


class OutlinePage(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    after: int
    limit: int


class Outline(msgspec.Struct, frozen=True):
    """A segment's extent, the contents in it whose texts it does not hold, and the version that it was made with.

    No other segment of the mailbox ever has the same version. Only the extent may change: contents that are gone come to it.
    """

    first_id: int
    last_id: int
    left_out: tuple[int, ...]
    version: int


class FilterAsk(msgspec.Struct, frozen=True):
    """At most ``selecting.CHUNK`` segments."""

    mailbox_id: MailboxId
    first_ids: Sequence[int]


class Filtered(msgspec.Struct, frozen=True):
    outline: Outline
    filter: bytes


class TextAsk(msgspec.Struct, frozen=True):
    """At most ``selecting.CHUNK`` segments."""

    mailbox_id: MailboxId
    first_ids: Sequence[int]
    headers: bool
    bodies: bool


class Texts(msgspec.Struct, frozen=True):
    """The frames asked for; None where they were not, or are not there."""

    first_id: int
    last_id: int
    left_out: list[int]
    headers: bytes | None
    bodies: bytes | None


class UidAsk(msgspec.Struct, frozen=True):
    """``ranges`` of content ids, both ends in them."""

    mailbox_id: MailboxId
    folder_id: FolderId
    content_ids: Sequence[int] = ()
    ranges: Sequence[tuple[int, int]] = ()


async def version(tx: Tx, mailbox_id: MailboxId) -> int | None:
    """Of the index of the mailbox: another one after every change of its segments. None when there is no index."""
    row = await tx.row("SELECT version FROM search_progress WHERE mailbox_id = ?", mailbox_id)
    return None if row is None else int(row[0])


async def outlines(tx: Tx, page: OutlinePage) -> list[Outline]:
    """A page of the segments, without reading their filters."""
    rows = await tx.rows(
        "SELECT first_id, last_id, left_out, version FROM search_segment"
        " WHERE mailbox_id = ? AND first_id > ? ORDER BY first_id LIMIT ?",
        page.mailbox_id,
        page.after,
        page.limit,
    )
    return [_outline(*row) for row in rows]


async def filters(tx: Tx, values: FilterAsk) -> list[Filtered]:
    """The segments asked for that are there, in no order."""
    operand, id_values = listed(values.first_ids)
    rows = await tx.rows(
        "SELECT first_id, last_id, left_out, version, filter FROM search_segment"
        f" WHERE mailbox_id = ? AND first_id IN {operand}",
        values.mailbox_id,
        *id_values,
    )
    return [Filtered(_outline(*row[:4]), row[4]) for row in rows]


def _outline(first_id: int, last_id: int, left_out: bytes, version: int) -> Outline:
    return Outline(first_id, last_id, tuple(unpacked_ids(left_out)) if left_out else (), version)


async def texts(tx: Tx, values: TextAsk) -> list[Texts]:
    operand, id_values = listed(values.first_ids)
    columns, join = "", ""
    for table, wanted in (("search_header", values.headers), ("search_body", values.bodies)):
        columns += f", {table}.data" if wanted else ", NULL"
        if wanted:
            join += f" LEFT JOIN {table} ON {table}.mailbox_id = s.mailbox_id AND {table}.first_id = s.first_id"
    rows = await tx.rows(
        f"SELECT s.first_id, s.last_id, s.left_out{columns} FROM search_segment s{join}"
        f" WHERE s.mailbox_id = ? AND s.first_id IN {operand}",
        values.mailbox_id,
        *id_values,
    )
    return [Texts(row[0], row[1], unpacked_ids(row[2]), *row[3:]) for row in rows]


async def uids(tx: Tx, values: UidAsk) -> list[int]:
    """The messages of the folder with one of these contents, those expunged and still kept among them."""
    found: list[int] = []
    for table in ("message", "expunged"):
        # The + keeps SQLite from going through the whole folder, which it takes to be small, by another index.
        sql = f"SELECT uid FROM {table} WHERE mailbox_id = ? AND content_id IS NOT NULL AND +folder_id = ?"
        key = (values.mailbox_id, values.folder_id)
        for part in chunks(values.content_ids):
            operand, id_values = listed(part)
            found += [row[0] for row in await tx.rows(f"{sql} AND content_id IN {operand}", *key, *id_values)]
        for first, last in values.ranges:
            rows = await tx.rows(f"{sql} AND content_id BETWEEN ? AND ?", *key, first, last)
            found += [row[0] for row in rows]
    return found
