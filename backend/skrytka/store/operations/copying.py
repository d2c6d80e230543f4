"""COPY and MOVE within a mailbox: atomic, up to a limit. Copies share the content; only the small rows are new."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.errors import LimitReached
from skrytka.model import EVERYTHING, Copied, FolderId, MailboxId, ModSeq, Settable, Uid, UidValidity
from skrytka.store.interface import Row, Statement, Tx
from skrytka.store.operations.appending import check_quota
from skrytka.store.operations.expunging import removal
from skrytka.store.operations.locking import advance, check_uids, no_folder
from skrytka.store.operations.quotas import LIMITS
from skrytka.store.operations.selecting import CHUNK, chunks, listed


class Transfer(msgspec.Struct, frozen=True):
    """``uids`` None is every message of the source. Copies have those flags that are ``settable``."""

    mailbox_id: MailboxId
    source: FolderId
    uids: tuple[Uid, ...] | None
    target: FolderId
    actor: str
    limit: int
    now: int
    settable: Settable = EVERYTHING


class _Target(msgspec.Struct, frozen=True):
    uid_validity: UidValidity
    first: Uid


async def copy(tx: Tx, values: Transfer) -> Copied:
    modseq = await advance(tx, values.mailbox_id)
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
    target = await _into(tx, values, found, modseq)
    await tx.batch(_copies(values, found, target, modseq))
    return _copied(found, target, modseq)


async def move(tx: Tx, values: Transfer) -> Copied:
    modseq = await advance(tx, values.mailbox_id)
    return await move_all(tx, values, modseq)


async def move_all(tx: Tx, values: Transfer, modseq: ModSeq) -> Copied:
    """The part of a move after the mailbox was taken; renaming INBOX ends with it too."""
    found = await _found(tx, values)
    target = await _into(tx, values, found, modseq)
    statements = _copies(values, found, target, modseq)
    if found:
        statements += removal(values.mailbox_id, values.source, found, modseq, values.actor, values.now)
    await tx.batch(statements)
    return _copied(found, target, modseq)


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


async def _into(tx: Tx, values: Transfer, found: Sequence[Row], modseq: ModSeq) -> _Target:
    """Count the messages into the target and assign their UIDs."""
    may = int(values.settable.flags)
    row = await tx.row(
        "UPDATE folder SET uid_next = uid_next + ?, highest_modseq = CASE WHEN ? > 0 THEN ? ELSE highest_modseq END,"
        " messages = messages + ?, unseen = unseen + ?, deleted = deleted + ?, octets = octets + ?"
        " WHERE mailbox_id = ? AND folder_id = ? RETURNING uid_next, uid_validity",
        len(found),
        len(found),
        modseq,
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


def _copies(values: Transfer, found: Sequence[Row], target: _Target, modseq: ModSeq) -> list[Statement]:
    flags = f"flags & {int(values.settable.flags)}"
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
        statements.append((sql, (values.target, first, modseq, values.now, *key, *uids)))
    return statements


def _copied(found: Sequence[Row], target: _Target, modseq: ModSeq) -> Copied:
    uids = tuple(Uid(uid) for uid in range(target.first, target.first + len(found)))
    return Copied(target.uid_validity, tuple(Uid(row[0]) for row in found), uids, modseq)
