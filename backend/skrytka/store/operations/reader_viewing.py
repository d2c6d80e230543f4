"""What the view of a reader of another's folder needs, with his ``\\Seen`` where he has one of his own."""

from __future__ import annotations

import msgspec

from skrytka.model import FolderHead, FolderId, MailboxId, ModSeq
from skrytka.store.interface import Tx
from skrytka.store.operations import viewing
from skrytka.store.operations.folders import F_HEAD, FolderKey
from skrytka.store.operations.seen_marks import MARKED, MESSAGES, SEEN_FLAGS, SEEN_MODSEQ
from skrytka.store.operations.viewing import Delta


class ReaderHead(msgspec.Struct, frozen=True):
    """The head of a folder, and how readers see its mailbox: ``seen_modseq`` is 0 where they always saw what its owner sees."""

    folder: FolderHead
    private_seen: bool
    seen_modseq: ModSeq


async def head(tx: Tx, values: FolderKey) -> ReaderHead | None:
    row = await tx.row(
        f"SELECT {F_HEAD}, b.private_seen, b.seen_modseq"
        " FROM folder f JOIN mailbox b ON b.mailbox_id = f.mailbox_id WHERE f.mailbox_id = ? AND f.folder_id = ?",
        values.mailbox_id,
        values.folder_id,
    )
    return None if row is None else ReaderHead(FolderHead(*row[:5]), bool(row[5]), row[6])


class ReaderDeltaRequest(msgspec.Struct, frozen=True):
    mailbox_id: MailboxId
    folder_id: FolderId
    reader: MailboxId
    since: ModSeq


class ReaderDelta(msgspec.Struct, frozen=True):
    delta: Delta
    seen_modseq: ModSeq


_ROW = f"SELECT 0, m.uid, {SEEN_FLAGS}, m.keywords, {SEEN_MODSEQ}, 0"


async def delta(tx: Tx, values: ReaderDeltaRequest) -> ReaderDelta | None:
    """As ``viewing.delta``, of messages and marks that changed; what has not, but looks otherwise to readers since
    ``seen_modseq``, is not in it. No modseq is lower than that."""
    key = (values.mailbox_id, values.folder_id)
    rows = await tx.rows(
        f"SELECT * FROM ({_ROW} FROM {MESSAGES} WHERE m.mailbox_id = ? AND m.folder_id = ? AND m.modseq > ?"
        " ORDER BY m.uid LIMIT ?) AS changed"
        f" UNION ALL SELECT * FROM ({_ROW} FROM {MARKED} WHERE s.mailbox_id = ? AND s.folder_id = ? AND s.reader_id = ?"
        " AND s.modseq > ? AND m.modseq <= ? ORDER BY s.uid LIMIT ?) AS marked"
        " UNION ALL SELECT * FROM (SELECT 1, uid, 0, '', modseq, 0 FROM expunged"
        " WHERE mailbox_id = ? AND folder_id = ? AND modseq > ? ORDER BY uid LIMIT ?) AS gone"
        " UNION ALL SELECT 2, uid_next, uid_validity, '', highest_modseq, expunge_horizon FROM folder"
        " WHERE mailbox_id = ? AND folder_id = ?"
        " UNION ALL SELECT 3, 0, 0, '', seen_modseq, 0 FROM mailbox WHERE mailbox_id = ?",
        values.reader,
        *key,
        values.since,
        viewing.CHUNK + 1,
        *key,
        values.reader,
        values.since,
        values.since,
        viewing.CHUNK + 1,
        *key,
        values.since,
        viewing.CHUNK + 1,
        *key,
        values.mailbox_id,
    )
    heads = [row for row in rows if row[0] == 2]
    mailboxes = [row for row in rows if row[0] == 3]
    if not heads or not mailboxes:
        return None
    seen_modseq = mailboxes[0][4]
    changed = sorted((*row[1:4], max(row[4], seen_modseq)) for row in rows if row[0] == 0)
    expunged = [row[1] for row in rows if row[0] == 1]
    _, uid_next, uid_validity, _, highest_modseq, horizon = heads[0]
    complete = len(changed) <= viewing.CHUNK and len(expunged) <= viewing.CHUNK
    found = Delta(uid_validity, uid_next, highest_modseq, horizon, changed, expunged, complete)
    return ReaderDelta(found, seen_modseq)


class MarksPage(msgspec.Struct, frozen=True):
    """What comes after this mark (modseq, UID) of the reader."""

    mailbox_id: MailboxId
    folder_id: FolderId
    reader: MailboxId
    after: tuple[int, int]


async def marks_page(tx: Tx, values: MarksPage) -> list[tuple[int, int, int]]:
    """The next chunk of marks, by modseq and UID: modseq, UID, whether it is seen. What changes meanwhile comes again later."""
    return await tx.rows(
        "SELECT modseq, uid, seen FROM seen_mark WHERE mailbox_id = ? AND folder_id = ? AND reader_id = ?"
        " AND (modseq, uid) > (?, ?) ORDER BY modseq, uid LIMIT ?",
        values.mailbox_id,
        values.folder_id,
        values.reader,
        *values.after,
        viewing.CHUNK,
    )
