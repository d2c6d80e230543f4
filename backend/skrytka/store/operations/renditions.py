"""Listings with renditions in one statement, and storing renditions that were missing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.model import ContentId, FolderId, MailboxId, MessageRow, Uid
from skrytka.store.interface import Row, Statement, Tx
from skrytka.store.operations.contents import RENDITION_COLUMNS, StoredRendition
from skrytka.store.operations.message_rows import COLUMNS, message_row
from skrytka.store.operations.selecting import chunks, listed

_FIRST = len(COLUMNS.split(", "))
"""Where the columns of renditions begin."""

MESSAGE_COLUMNS = ", ".join(f"m.{name}" for name in COLUMNS.split(", "))


class Wanted(msgspec.Struct, frozen=True):
    """A rendition asked for; another stored version counts as missing."""

    name: str
    version: int


class ListRenditions(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    uids: tuple[Uid, ...]
    wanted: tuple[Wanted, ...]


Listed = tuple[MessageRow, tuple[bytes | None, ...]]


async def list_renditions(tx: Tx, values: ListRenditions) -> list[Listed]:
    """Messages of the folder with their renditions, also those expunged of which the content is still kept."""
    found = await _list_from(tx, "message", values, values.uids)
    if len(found) < len(values.uids):
        present = {row.uid for row, _ in found}
        gone = [uid for uid in values.uids if uid not in present]
        found += await _list_from(tx, "expunged", values, gone)
        found.sort(key=lambda listing: listing[0].uid)
    return found


async def _list_from(tx: Tx, table: str, values: ListRenditions, uids: tuple[Uid, ...] | list[Uid]) -> list[Listed]:
    columns, join, join_values = _selection(values.wanted)
    versions = tuple([item.version for item in values.wanted])
    found: list[Listed] = []
    for part in chunks(uids):
        condition, uid_values = _uid_condition(part)
        sql = (
            f"SELECT {MESSAGE_COLUMNS}{columns} FROM {table} m{join}"
            f" WHERE m.mailbox_id = ? AND m.folder_id = ? AND m.content_id IS NOT NULL AND {condition} ORDER BY m.uid"
        )
        rows = await tx.rows(sql, *join_values, values.mailbox_id, values.folder_id, *uid_values)
        if part[-1] - part[0] >= len(part):  # a range may hold messages that were not asked for
            chosen = set(part)
            rows = [row for row in rows if row[0] in chosen]
        found += [(message_row(row), _fresh(row, versions)) for row in rows]
    return found


def _uid_condition(uids: Sequence[int]) -> tuple[str, list[int]]:
    """A range where the UIDs lie close together, which reads faster than a list of them."""
    if uids[-1] - uids[0] < 2 * len(uids):
        return "m.uid >= ? AND m.uid <= ?", [uids[0], uids[-1]]
    operand, values = listed(uids)
    return f"m.uid IN {operand}", values


def _selection(wanted: tuple[Wanted, ...]) -> tuple[str, str, list[str]]:
    columns = ""
    join = ""
    values: list[str] = []
    if any(item.name in RENDITION_COLUMNS for item in wanted):
        join = " LEFT JOIN rendition r ON r.mailbox_id = m.mailbox_id AND r.content_id = m.content_id"
    for index, item in enumerate(wanted):
        column = RENDITION_COLUMNS.get(item.name)
        if column is not None:
            columns += f", r.{column}, r.{column}_version"
            continue
        columns += f", x{index}.data, x{index}.version"
        join += (
            f" LEFT JOIN rendition_extra x{index} ON x{index}.mailbox_id = m.mailbox_id"
            f" AND x{index}.content_id = m.content_id AND x{index}.name = ?"
        )
        values.append(item.name)
    return columns, join, values


def _fresh(row: Row, versions: tuple[int, ...]) -> tuple[bytes | None, ...]:
    """The octets after the message's columns, each followed by its version, which must be the one asked for."""
    octets, stored = row[_FIRST::2], row[_FIRST + 1 :: 2]
    if stored == versions:
        return octets
    return tuple([one if has == asked else None for one, has, asked in zip(octets, stored, versions, strict=True)])


class StoreRenditions(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    derived: tuple[tuple[ContentId, StoredRendition], ...]


async def store_renditions(tx: Tx, values: StoreRenditions) -> None:
    """Keep what was derived on reading. Nothing is stored for a content that has gone meanwhile.

    The mailbox row is not taken: renditions are derived octets, and whoever writes them writes the same.
    """
    statements: list[Statement] = []
    for content_id, rendition in values.derived:
        column = RENDITION_COLUMNS.get(rendition.name)
        key = (values.mailbox_id, content_id)
        if column is not None:
            sql = f"UPDATE rendition SET {column} = ?, {column}_version = ? WHERE mailbox_id = ? AND content_id = ?"
            statements.append((sql, (rendition.octets, rendition.version, *key)))
        else:
            sql = (
                "INSERT INTO rendition_extra (mailbox_id, content_id, name, version, data)"
                " SELECT mailbox_id, content_id, CAST(? AS TEXT), CAST(? AS BIGINT), ? FROM content"
                " WHERE mailbox_id = ? AND content_id = ? ON CONFLICT (mailbox_id, content_id, name)"
                " DO UPDATE SET version = excluded.version, data = excluded.data"
            )
            statements.append((sql, (rendition.name, rendition.version, rendition.octets, *key)))
    await tx.batch(statements)
