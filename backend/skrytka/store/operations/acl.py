"""Access control lists of folders: who but the owner has which rights.

Every change takes the mailbox, so that sessions which have the folder selected hear of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from skrytka import rights
from skrytka.errors import LimitReached
from skrytka.model import Folder, FolderId, MailboxId, ModSeq
from skrytka.store.interface import Row, Tx
from skrytka.store.operations import folders
from skrytka.store.operations.locking import advance, no_folder
from skrytka.store.operations.selecting import listed

COLUMNS = "identifier, grantee_id, rights"

INSERT = (
    f"INSERT INTO acl (mailbox_id, folder_id, {COLUMNS}) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (mailbox_id, folder_id, identifier) DO UPDATE SET grantee_id = excluded.grantee_id,"
    " rights = excluded.rights"
)
DELETE = "DELETE FROM acl WHERE mailbox_id = ? AND folder_id = ? AND identifier = ?"


class Entry(msgspec.Struct, frozen=True):
    """``grantee_id`` is the mailbox that is meant, 0 for anyone; ``rights`` are letters."""

    identifier: str
    grantee_id: int
    rights: str


class ChangeAcl(msgspec.Struct, frozen=True):
    """One SETACL. An entry that is left without rights goes."""

    mailbox_id: MailboxId
    folder_id: FolderId
    entry: Entry
    mode: Literal["replace", "add", "remove"]
    limit: int


class ReplaceAcl(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    entries: tuple[Entry, ...]


class RemoveEntry(msgspec.Struct, frozen=True):
    """The first of the identifiers that has an entry."""

    mailbox_id: MailboxId
    folder_id: FolderId
    identifiers: tuple[str, ...]


async def change(tx: Tx, values: ChangeAcl) -> ModSeq:
    """An entry that is somebody else's of the same address as before is replaced, never added to."""
    modseq = await _take(tx, values.mailbox_id, values.folder_id)
    entry, key = values.entry, (values.mailbox_id, values.folder_id)
    row = await tx.row(
        "SELECT rights FROM acl WHERE mailbox_id = ? AND folder_id = ? AND identifier = ? AND grantee_id = ?",
        *key,
        entry.identifier,
        entry.grantee_id,
    )
    before, given = frozenset(row[0] if row else ""), frozenset(entry.rights)
    after = {"replace": given, "add": before | given, "remove": before - given}[values.mode]
    if not after:
        await tx.execute(DELETE, *key, entry.identifier)
        return modseq
    await tx.execute(INSERT, *key, entry.identifier, entry.grantee_id, rights.letters(after))
    count = await tx.row("SELECT COUNT(*) FROM acl WHERE mailbox_id = ? AND folder_id = ?", *key)
    if count is not None and count[0] > values.limit:
        raise LimitReached(f"A folder has at most {values.limit} entries in its access control list")
    return modseq


async def replace(tx: Tx, values: ReplaceAcl) -> ModSeq:
    """These entries and no others."""
    modseq = await _take(tx, values.mailbox_id, values.folder_id)
    key = (values.mailbox_id, values.folder_id)
    entries = [(INSERT, (*key, entry.identifier, entry.grantee_id, entry.rights)) for entry in values.entries]
    await tx.batch([(folders.DELETE_ACL, key), *entries])
    return modseq


async def remove(tx: Tx, values: RemoveEntry) -> ModSeq:
    """An entry that is not there is no error."""
    modseq = await _take(tx, values.mailbox_id, values.folder_id)
    for identifier in values.identifiers:
        if await tx.execute(DELETE, values.mailbox_id, values.folder_id, identifier):
            break
    return modseq


async def _take(tx: Tx, mailbox_id: MailboxId, folder_id: FolderId) -> ModSeq:
    modseq = await advance(tx, mailbox_id)
    if await folders.by_id(tx, folders.FolderKey(mailbox_id, folder_id)) is None:
        raise no_folder(folder_id)
    return modseq


async def entries(tx: Tx, values: folders.FolderKey) -> list[Entry]:
    """By identifier."""
    sql = f"SELECT {COLUMNS} FROM acl WHERE mailbox_id = ? AND folder_id = ? ORDER BY identifier"
    return [Entry(*row) for row in await tx.rows(sql, values.mailbox_id, values.folder_id)]


class FolderAsked(msgspec.Struct, frozen=True):
    """A folder by its name or, where that is None, its number; ``grantees`` are whose rights count for who asks."""

    mailbox_id: MailboxId
    name: str | None
    folder_id: FolderId
    grantees: tuple[int, int]


class Shared(msgspec.Struct, frozen=True):
    """A folder and the rights that its reader has to it. ``private_seen``: he has a ``\\Seen`` of his own there."""

    mailbox_id: MailboxId
    folder: Folder
    rights: rights.Rights
    private_seen: bool


_FOLDER = ", ".join(f"f.{column}" for column in folders.COLUMNS.split(", "))
_WIDTH = len(folders.COLUMNS.split(", "))
_MAILBOX = "JOIN mailbox b ON b.mailbox_id = f.mailbox_id"
_OF_FOLDER = "a.mailbox_id = f.mailbox_id AND a.folder_id = f.folder_id"


async def shared(tx: Tx, values: FolderAsked) -> Shared | None:
    """One statement, so that folder and rights are of one moment; None where there is no such folder."""
    named = "f.folder_id = ?" if values.name is None else "f.name = ?"
    rows = await tx.rows(
        f"SELECT {_FOLDER}, a.identifier, a.rights, b.private_seen FROM folder f {_MAILBOX}"
        f" LEFT JOIN acl a ON {_OF_FOLDER} AND a.grantee_id IN (?, ?) WHERE f.mailbox_id = ? AND {named}",
        *values.grantees,
        values.mailbox_id,
        values.folder_id if values.name is None else values.name,
    )
    if not rows:
        return None
    found = rights.effective((row[_WIDTH], row[_WIDTH + 1]) for row in rows if row[_WIDTH] is not None)
    return Shared(values.mailbox_id, folders.folder_of(rows[0]), found, bool(rows[0][_WIDTH + 2]))


ENTRIES = 1_000
"""Of one read. A folder has at most four that name a reader, or anyone."""

Place = tuple[int, int]
"""The numbers of a mailbox and of a folder of it."""


class SharedAsked(msgspec.Struct, frozen=True):
    """At most ``selecting.CHUNK`` mailboxes; ``everyone`` has those of them in which the entries of anyone count.

    ``after`` is the last folder of the page before.
    """

    mailbox_ids: tuple[MailboxId, ...]
    grantee_id: MailboxId
    everyone: frozenset[MailboxId]
    after: Place


class SharedFound(msgspec.Struct, frozen=True):
    """A page, by mailbox and folder. ``named`` are (mailbox, grantee) for all entries that are there, whether they count or not;
    ``after`` is None behind the last page."""

    folders: list[Shared]
    named: frozenset[tuple[int, int]]
    after: Place | None


async def all_shared(tx: Tx, values: SharedAsked) -> SharedFound:
    """The folders that somebody has rights to, page by page, each with all of its entries."""
    operand, ids = listed(values.mailbox_ids)
    rows = await tx.rows(
        f"SELECT {_FOLDER}, a.identifier, a.rights, a.grantee_id, a.mailbox_id, b.private_seen"
        f" FROM acl a JOIN folder f ON {_OF_FOLDER} {_MAILBOX}"
        f" WHERE a.mailbox_id IN {operand} AND a.grantee_id IN (?, 0) AND (a.mailbox_id, a.folder_id) > (?, ?)"
        " ORDER BY a.mailbox_id, a.folder_id LIMIT ?",
        *ids,
        values.grantee_id,
        *values.after,
        ENTRIES,
    )
    after: Place | None = None
    if len(rows) == ENTRIES:  # the last folder may have more entries
        last = (rows[-1][_WIDTH + 3], rows[-1][0])
        rows = [row for row in rows if (row[_WIDTH + 3], row[0]) != last]
        after = (rows[-1][_WIDTH + 3], rows[-1][0])
    by_folder: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        if row[_WIDTH + 2] or row[_WIDTH + 3] in values.everyone:
            by_folder.setdefault((row[_WIDTH + 3], row[0]), []).append(row)
    found = [_shared(mailbox_id, several) for (mailbox_id, _), several in by_folder.items()]
    return SharedFound(found, frozenset((row[_WIDTH + 3], row[_WIDTH + 2]) for row in rows), after)


def _shared(mailbox_id: int, rows: Sequence[Row]) -> Shared:
    found = rights.effective((row[_WIDTH], row[_WIDTH + 1]) for row in rows)
    return Shared(MailboxId(mailbox_id), folders.folder_of(rows[0]), found, bool(rows[0][_WIDTH + 4]))


async def grantees(tx: Tx, mailbox_id: MailboxId) -> set[int]:
    """Whom any folder of the mailbox grants rights to."""
    sql = "SELECT DISTINCT grantee_id FROM acl WHERE mailbox_id = ? AND identifier NOT LIKE '-%'"
    rows = await tx.rows(sql, mailbox_id)
    return {row[0] for row in rows}
