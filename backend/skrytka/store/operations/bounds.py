"""Numbers that must lie above, or not below, those in use: what gives the next UID, folder, content and modseq."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from skrytka.errors import NotFound
from skrytka.model import FolderId, MailboxId
from skrytka.store.interface import Statement, Tx
from skrytka.store.operations.counters import Recount

_FOLDER_BOUNDS = ("uid_next", "highest_modseq")
_MAILBOX_BOUNDS = ("modseq", "next_folder_id", "next_content_id", "next_uid_validity")


class Behind(msgspec.Struct, frozen=True):
    """A number that is too low; ``folder_id`` None is the mailbox's own."""

    folder_id: FolderId | None
    bound: str
    stored: int
    needed: int


async def raise_bounds(tx: Tx, values: Recount) -> list[Behind]:
    """Every number of a mailbox that is too low, raised if asked. Run as a write to see one state."""
    row = await tx.row(
        "UPDATE mailbox SET modseq = modseq WHERE mailbox_id = ?"
        " RETURNING modseq, next_folder_id, next_content_id, next_uid_validity, seen_modseq",
        values.mailbox_id,
    )
    if row is None:
        raise NotFound("mailbox", str(values.mailbox_id))
    mailbox, seen_modseq = row[:4], row[4]
    found = await _folders(tx, values.mailbox_id, seen_modseq)
    needed = await tx.row(
        "SELECT COALESCE((SELECT MAX(highest_modseq) FROM folder WHERE mailbox_id = ?), 0),"
        " COALESCE((SELECT MAX(folder_id) + 1 FROM folder WHERE mailbox_id = ?), 0),"
        " COALESCE((SELECT MAX(content_id) + 1 FROM content WHERE mailbox_id = ?), 0),"
        " COALESCE((SELECT MAX(uid_validity) + 1 FROM folder WHERE mailbox_id = ?), 0),"
        " COALESCE((SELECT MAX(folder_id) + 1 FROM doomed_folder WHERE mailbox_id = ?), 0),"
        " COALESCE((SELECT MAX(modseq) FROM metadata WHERE mailbox_id = ?), 0)",
        *[values.mailbox_id] * 6,
    )
    assert needed is not None
    modseq = max([needed[0], needed[5], seen_modseq, *(one.needed for one in found if one.bound == "highest_modseq")])
    right = (modseq, max(needed[1], needed[4]), needed[2], needed[3])
    found += _low(None, _MAILBOX_BOUNDS, mailbox, right)
    if values.repair and found:
        await tx.batch([_raise(values.mailbox_id, behind) for behind in found])
    return found


async def _folders(tx: Tx, mailbox_id: MailboxId, seen_modseq: int) -> list[Behind]:
    highest = {
        (table, column): f"COALESCE((SELECT MAX({column}) FROM {table} m"
        " WHERE m.mailbox_id = f.mailbox_id AND m.folder_id = f.folder_id), 0)"
        for table in ("message", "expunged", "seen_mark")
        for column in ("uid", "modseq")
    }
    rows = await tx.rows(
        f"SELECT f.folder_id, f.uid_next, f.highest_modseq, {', '.join(highest.values())}"
        " FROM folder f WHERE f.mailbox_id = ? ORDER BY f.folder_id",
        mailbox_id,
    )
    found: list[Behind] = []
    for folder_id, uid_next, modseq, uid, message_modseq, gone_uid, gone_modseq, marked_uid, marked_modseq in rows:
        right = (max(uid, gone_uid, marked_uid) + 1, max(message_modseq, gone_modseq, marked_modseq, seen_modseq))
        found += _low(FolderId(folder_id), _FOLDER_BOUNDS, (uid_next, modseq), right)
    return found


def _low(
    folder_id: FolderId | None, names: tuple[str, ...], stored: tuple[int, ...], needed: tuple[int, ...]
) -> Iterator[Behind]:
    for name, has, needs in zip(names, stored, needed, strict=True):
        if has < needs:
            yield Behind(folder_id, name, has, needs)


def _raise(mailbox_id: MailboxId, behind: Behind) -> Statement:
    if behind.folder_id is None:
        return f"UPDATE mailbox SET {behind.bound} = ? WHERE mailbox_id = ?", (behind.needed, mailbox_id)
    sql = f"UPDATE folder SET {behind.bound} = ? WHERE mailbox_id = ? AND folder_id = ?"
    return sql, (behind.needed, mailbox_id, behind.folder_id)
