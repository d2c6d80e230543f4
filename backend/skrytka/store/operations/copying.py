"""COPY and MOVE within a mailbox: atomic, up to a limit. Copies share the content; only the small rows are new.

Where each reader has a ``\\Seen`` of his own, a copy has that of the reader who made it, and the owner's; a moved message has
everybody's.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.errors import LimitReached
from skrytka.model import EVERYTHING, OWNER, Copied, Flags, FolderId, MailboxId, ModSeq, Settable, Uid, UidValidity
from skrytka.store.interface import Row, Statement, Tx
from skrytka.store.operations import seen_marks
from skrytka.store.operations.appending import check_quota
from skrytka.store.operations.expunging import removal
from skrytka.store.operations.locking import Taken, check_uids, no_folder, take
from skrytka.store.operations.quotas import LIMITS
from skrytka.store.operations.selecting import CHUNK, chunks, listed


class Transfer(msgspec.Struct, frozen=True):
    """``uids`` None is every message of the source. Copies have those flags that are ``settable`` by ``reader``, who makes
    them."""

    mailbox_id: MailboxId
    source: FolderId
    uids: tuple[Uid, ...] | None
    target: FolderId
    actor: str
    limit: int
    now: int
    settable: Settable = EVERYTHING
    reader: MailboxId = OWNER


class _Target(msgspec.Struct, frozen=True):
    uid_validity: UidValidity
    first: Uid


async def copy(tx: Tx, values: Transfer) -> Copied:
    taken = await take(tx, values.mailbox_id)
    found = await _found(tx, values)
    row = await tx.row(
        "UPDATE mailbox SET used_octets = used_octets + ?, used_messages = used_messages + ? WHERE mailbox_id = ?"
        f" RETURNING {LIMITS}, used_octets, used_messages",
        sum(row[2] for row in found),
        len(found),
        values.mailbox_id,
    )
    assert row is not None
    if found:
        check_quota(row)
    target = await _into(tx, values, found, taken)
    statements = _copies(values, found, target, taken)
    if values.reader and taken.private_seen and Flags.SEEN in values.settable.flags:
        statements += _marks(values, found, target, taken.modseq, "s.reader_id = ?", values.reader)
    await tx.batch(statements)
    return _copied(found, target, taken.modseq)


async def move(tx: Tx, values: Transfer) -> Copied:
    return await move_all(tx, values, await take(tx, values.mailbox_id))


async def move_all(tx: Tx, values: Transfer, taken: Taken) -> Copied:
    """The part of a move after the mailbox was taken; renaming INBOX ends with it too."""
    found = await _found(tx, values)
    target = await _into(tx, values, found, taken)
    statements = _copies(values, found, target, taken)
    if taken.seen_modseq:
        left_out = OWNER if Flags.SEEN in values.settable.flags else values.reader  # the owner has no marks
        statements += _marks(values, found, target, taken.modseq, "s.reader_id <> ?", left_out)
    if found:
        statements += removal(values.mailbox_id, values.source, found, taken, values.actor, values.now)
    await tx.batch(statements)
    return _copied(found, target, taken.modseq)


async def _found(tx: Tx, values: Transfer) -> list[Row]:
    """uid, flags and size of the messages that are there, ascending."""
    key = (values.mailbox_id, values.source)
    exists = await tx.row("SELECT 1 FROM folder WHERE mailbox_id = ? AND folder_id = ?", *key)
    if exists is None:
        raise no_folder(values.source)
    sql = "SELECT uid, flags, size FROM message WHERE mailbox_id = ? AND folder_id = ?"
    found: list[Row] = []
    if values.uids is None:
        found = await tx.rows(f"{sql} ORDER BY uid LIMIT ?", *key, values.limit + 1)
    else:
        for uids in chunks(values.uids):
            operand, uid_values = listed(uids)
            found += await tx.rows(f"{sql} AND uid IN {operand} ORDER BY uid", *key, *uid_values)
    if len(found) > values.limit:
        raise LimitReached(f"At most {values.limit} messages can be copied or moved at once")
    return found


def _kept(values: Transfer, taken: Taken) -> int:
    """The flags that copies keep of the message's. Of ``\\Seen`` that is the owner's, over which no reader decides, where each
    has his own."""
    may = values.settable.flags
    return int(may | Flags.SEEN if values.reader and taken.private_seen else may)


async def _into(tx: Tx, values: Transfer, found: Sequence[Row], taken: Taken) -> _Target:
    """Count the messages into the target and assign their UIDs."""
    may = _kept(values, taken)
    row = await tx.row(
        "UPDATE folder SET uid_next = uid_next + ?, highest_modseq = CASE WHEN ? > 0 THEN ? ELSE highest_modseq END,"
        " messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, octets = octets + ?"
        " WHERE mailbox_id = ? AND folder_id = ? RETURNING uid_next, uid_validity",
        len(found),
        len(found),
        taken.modseq,
        len(found),
        sum(not row[1] & may & 1 for row in found),
        sum((row[1] & may) >> 3 & 1 for row in found),
        sum(row[2] for row in found),
        values.mailbox_id,
        values.target,
    )
    if row is None:
        raise no_folder(values.target)
    if found:
        check_uids(row[0])
    return _Target(UidValidity(row[1]), Uid(row[0] - len(found)))


def _copies(values: Transfer, found: Sequence[Row], target: _Target, taken: Taken) -> list[Statement]:
    flags = f"flags & {_kept(values, taken)}"
    keywords = "keywords" if values.settable.keywords else "CAST('' AS TEXT)"
    statements: list[Statement] = []
    for start in range(0, len(found), CHUNK):
        operand, uids = listed([row[0] for row in found[start : start + CHUNK]])
        sql = (
            "INSERT INTO message (mailbox_id, folder_id, uid, flags, keywords, modseq, internal_date, saved_at, size,"
            " content_id) SELECT mailbox_id, CAST(? AS BIGINT), CAST(? AS BIGINT) + row_number() OVER (ORDER BY uid),"
            f" {flags}, {keywords}, CAST(? AS BIGINT), internal_date, CAST(? AS BIGINT), size, content_id FROM message"
            f" WHERE mailbox_id = ? AND folder_id = ? AND uid IN {operand}"
        )
        first = target.first + start - 1
        key = (values.mailbox_id, values.source)
        statements.append((sql, (values.target, first, taken.modseq, values.now, *key, *uids)))
    return statements


def _marks(
    values: Transfer, found: Sequence[Row], target: _Target, modseq: ModSeq, whose: str, reader: MailboxId
) -> list[Statement]:
    """The marks of the copies, from those of their sources."""
    statements: list[Statement] = []
    for start in range(0, len(found), CHUNK):
        operand, uids = listed([row[0] for row in found[start : start + CHUNK]])
        new = (values.target, target.first + start - 1, modseq)
        key = (values.mailbox_id, values.source)
        statements.append((seen_marks.carrying(operand, whose), (*new, *key, *uids, reader)))
    return statements


def _copied(found: Sequence[Row], target: _Target, modseq: ModSeq) -> Copied:
    uids = tuple(Uid(uid) for uid in range(target.first, target.first + len(found)))
    return Copied(target.uid_validity, tuple(Uid(row[0]) for row in found), uids, modseq)
