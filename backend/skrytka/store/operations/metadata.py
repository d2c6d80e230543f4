"""Metadata: named values of folders, and of the mailbox as a whole, shared or of one user.

A removed entry keeps its row without a value, so that sessions hear of it; of more than there may be entries, the oldest go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from skrytka.errors import AlreadyExists, TooManyEntries
from skrytka.model import FolderId, MailboxId, MetadataChange, ModSeq, Role
from skrytka.store.interface import Tx
from skrytka.store.operations.folders import Changed, FolderKey, FolderRole, by_id, by_role
from skrytka.store.operations.locking import advance, no_folder
from skrytka.store.operations.metadata_rows import SHARED, WHOLE_MAILBOX, count
from skrytka.store.operations.selecting import listed

PAGE = 500

_INSERT = (
    "INSERT INTO metadata (mailbox_id, folder_id, user_id, entry, value, modseq) VALUES (?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (mailbox_id, folder_id, user_id, entry) DO UPDATE SET value = excluded.value, modseq = excluded.modseq"
)


class Place(msgspec.Struct, frozen=True):
    """A folder, or ``WHOLE_MAILBOX``, as a user sees it."""

    mailbox_id: MailboxId
    folder_id: FolderId
    user_id: MailboxId


class Put(msgspec.Struct, frozen=True):
    """``entries`` are values by (user or ``SHARED``, name); None removes. ``touched`` are told to have changed, and not stored.

    ``role`` None keeps the folder's; else it is the new one, or none, in a tuple.
    """

    place: Place
    entries: Mapping[tuple[MailboxId, str], bytes | None]
    most_entries: int
    most_octets: int
    role: tuple[Role | None] | None = None
    touched: tuple[str, ...] = ()


class Ask(msgspec.Struct, frozen=True):
    """Entries by name, of some folders."""

    mailbox_id: MailboxId
    folder_ids: Sequence[FolderId]
    user_id: MailboxId
    names: Sequence[str]


class Since(msgspec.Struct, frozen=True):
    """What changed behind this row, in the order of the changes."""

    mailbox_id: MailboxId
    user_id: MailboxId
    modseq: ModSeq
    folder_id: int = 2**62
    owner: int = 0
    entry: str = ""


async def sizes(tx: Tx, place: Place) -> dict[str, int]:
    """The entries that are there, with the octets of their values."""
    rows = await tx.rows(
        "SELECT entry, LENGTH(value) FROM metadata"
        " WHERE mailbox_id = ? AND folder_id = ? AND user_id IN (?, ?) AND value IS NOT NULL ORDER BY entry",
        place.mailbox_id,
        place.folder_id,
        SHARED,
        place.user_id,
    )
    return dict(rows)


async def values(tx: Tx, ask: Ask) -> dict[tuple[FolderId, str], bytes]:
    """Those of the entries that are there. Takes 1 to ``selecting.CHUNK`` folders, and as many names."""
    folders, folder_ids = listed(ask.folder_ids)
    entries, names = listed(ask.names)
    rows = await tx.rows(
        f"SELECT folder_id, entry, value FROM metadata WHERE mailbox_id = ? AND folder_id IN {folders}"
        f" AND user_id IN (?, ?) AND entry IN {entries} AND value IS NOT NULL",
        ask.mailbox_id,
        *folder_ids,
        SHARED,
        ask.user_id,
        *names,
    )
    return {(FolderId(row[0]), row[1]): row[2] for row in rows}


async def put(tx: Tx, put: Put) -> Changed:
    """All or nothing: set and remove entries, and give the folder a role."""
    place = put.place
    modseq = await advance(tx, place.mailbox_id)
    if place.folder_id != WHOLE_MAILBOX:
        if await by_id(tx, FolderKey(place.mailbox_id, place.folder_id)) is None:
            raise no_folder(place.folder_id)
        if put.role is not None:
            await _give_role(tx, place, put.role[0])
    stored = await _stored(tx, place)
    wanted = {key: value for key, value in put.entries.items() if value is not None or stored.get(key) is not None}
    await _take_room(tx, put, stored, wanted)
    touched = {(place.user_id, name): None for name in put.touched}
    key = (place.mailbox_id, place.folder_id)
    await tx.batch([(_INSERT, (*key, *entry, value, modseq)) for entry, value in {**wanted, **touched}.items()])
    await _forget_removed(tx, place, put.most_entries)
    return Changed(modseq, (place.folder_id,) if place.folder_id != WHOLE_MAILBOX else ())


async def _give_role(tx: Tx, place: Place, role: Role | None) -> None:
    if role is not None:
        holder = await by_role(tx, FolderRole(place.mailbox_id, role))
        if holder is not None and holder.folder_id != place.folder_id:
            raise AlreadyExists("role", role.value)
    await tx.execute(
        "UPDATE folder SET role = ? WHERE mailbox_id = ? AND folder_id = ?",
        None if role is None else role.value,
        place.mailbox_id,
        place.folder_id,
    )


async def _stored(tx: Tx, place: Place) -> dict[tuple[MailboxId, str], int]:
    """The octets of name and value of what is there."""
    rows = await tx.rows(
        "SELECT user_id, entry, LENGTH(entry) + LENGTH(value) FROM metadata"
        " WHERE mailbox_id = ? AND folder_id = ? AND user_id IN (?, ?) AND value IS NOT NULL",
        place.mailbox_id,
        place.folder_id,
        SHARED,
        place.user_id,
    )
    return {(MailboxId(row[0]), row[1]): row[2] for row in rows}


async def _take_room(
    tx: Tx,
    put: Put,
    stored: Mapping[tuple[MailboxId, str], int],
    wanted: Mapping[tuple[MailboxId, str], bytes | None],
) -> None:
    """Count what is wanted; what makes it more has to fit, what makes it less always may."""
    after = {**stored, **{key: None if value is None else len(key[1]) + len(value) for key, value in wanted.items()}}
    kept = [size for size in after.values() if size is not None]
    if len(kept) > max(put.most_entries, len(stored)):
        raise TooManyEntries(put.most_entries)
    await count(tx, put.place.mailbox_id, sum(kept) - sum(stored.values()), put.most_octets)


async def _forget_removed(tx: Tx, place: Place, most: int) -> None:
    await tx.execute(
        "DELETE FROM metadata WHERE mailbox_id = ? AND folder_id = ? AND value IS NULL AND modseq <="
        " (SELECT modseq FROM metadata WHERE mailbox_id = ? AND folder_id = ? AND value IS NULL"
        " ORDER BY modseq DESC LIMIT 1 OFFSET ?)",
        place.mailbox_id,
        place.folder_id,
        place.mailbox_id,
        place.folder_id,
        most,
    )


async def changes(tx: Tx, since: Since) -> list[MetadataChange]:
    """A page of what changed."""
    rows = await tx.rows(
        "SELECT m.modseq, m.folder_id, m.user_id, m.entry, f.name FROM metadata m"
        " LEFT JOIN folder f ON f.mailbox_id = m.mailbox_id AND f.folder_id = m.folder_id"
        " WHERE m.mailbox_id = ? AND m.user_id IN (?, ?) AND m.modseq >= ?"
        " AND (m.modseq, m.folder_id, m.user_id, m.entry) > (?, ?, ?, ?)"
        " ORDER BY m.modseq, m.folder_id, m.user_id, m.entry LIMIT ?",
        since.mailbox_id,
        SHARED,
        since.user_id,
        since.modseq,
        since.modseq,
        since.folder_id,
        since.owner,
        since.entry,
        PAGE,
    )
    return [MetadataChange(*row) for row in rows]


async def last_modseq(tx: Tx, mailbox_id: MailboxId) -> ModSeq:
    """The modseq of the last change in the mailbox."""
    row = await tx.row("SELECT modseq FROM mailbox WHERE mailbox_id = ?", mailbox_id)
    return ModSeq(0 if row is None else row[0])
