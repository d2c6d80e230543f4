"""Changing flags and keywords: only real changes get a new modseq (RFC 7162 section 3.1.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import msgspec

from skrytka.errors import LimitReached
from skrytka.model import EVERYTHING, FlagChange, Flags, FlagsStored, FolderId, MailboxId, MessageRow, ModSeq, Uid
from skrytka.store.interface import Statement, Tx
from skrytka.store.operations import keywords
from skrytka.store.operations.locking import advance, no_folder
from skrytka.store.operations.message_rows import COLUMNS, FLAGS, message_row
from skrytka.store.operations.selecting import chunks, listed


class StoreFlags(msgspec.Struct, frozen=True):
    """At most ``selecting.CHUNK`` UIDs."""

    mailbox_id: MailboxId
    folder_id: FolderId
    uids: tuple[Uid, ...]
    change: FlagChange
    keyword_limit: int


async def store_flags(tx: Tx, values: StoreFlags) -> FlagsStored:
    modseq = await advance(tx, values.mailbox_id)
    await require_folder(tx, values.mailbox_id, values.folder_id)
    rows = await _rows(tx, values)
    decided = decide(rows, values, modseq)
    changed = decided.changed
    if changed:
        before = {row.uid: row for row in rows}
        await tx.batch(
            [counting(values, [(before[row.uid], row) for row in changed], modseq), *updates(values, changed)]
        )
    return decided.stored(modseq, values.uids)


class Decided(msgspec.Struct, frozen=True):
    """What becomes of the rows that are there: after the change, as they were, and the UIDs that failed ``unchanged_since``."""

    changed: list[MessageRow]
    unchanged: list[MessageRow]
    modified: list[Uid]

    def stored(self, modseq: ModSeq, uids: Sequence[Uid]) -> FlagsStored:
        """Of the messages that were named."""
        present = {row.uid for row in chain(self.changed, self.unchanged)}.union(self.modified)
        gone = tuple(uid for uid in uids if uid not in present)
        return FlagsStored(modseq, tuple(self.changed), tuple(self.unchanged), tuple(self.modified), gone)


def decide(rows: Sequence[MessageRow], values: StoreFlags, modseq: ModSeq) -> Decided:
    """What the change makes of the rows."""
    decided = Decided([], [], [])
    since = values.change.unchanged_since
    for row in rows:
        if since is not None and row.modseq > since:
            decided.modified.append(row.uid)
            continue
        after = _after(row, values, modseq)
        (decided.unchanged if after is row else decided.changed).append(after)
    return decided


async def require_folder(tx: Tx, mailbox_id: MailboxId, folder_id: FolderId) -> None:
    """``NotFound`` where it is gone."""
    sql = "SELECT 1 FROM folder WHERE mailbox_id = ? AND folder_id = ?"
    if await tx.row(sql, mailbox_id, folder_id) is None:
        raise no_folder(folder_id)


async def _rows(tx: Tx, values: StoreFlags) -> list[MessageRow]:
    key = (values.mailbox_id, values.folder_id)
    rows: list[MessageRow] = []
    for uids in chunks(values.uids):
        operand, uid_values = listed(uids)
        sql = f"SELECT {COLUMNS} FROM message WHERE mailbox_id = ? AND folder_id = ? AND uid IN {operand} ORDER BY uid"
        rows += [message_row(row) for row in await tx.rows(sql, *key, *uid_values)]
    return rows


def _after(row: MessageRow, values: StoreFlags, modseq: ModSeq) -> MessageRow:
    """The row as it will be; the same object when nothing changes."""
    flags, names = _applied(row.flags, row.keywords, values.change)
    if flags == row.flags and names == row.keywords:
        return row
    if len(names) > values.keyword_limit and len(names) > len(row.keywords):
        raise LimitReached(f"A message has at most {values.keyword_limit} keywords")
    return MessageRow(
        row.uid, FLAGS[flags], names, modseq, row.internal_date, row.saved_at, row.size_octets, row.content_id
    )


def _applied(flags: Flags, names: keywords.Keywords, change: FlagChange) -> tuple[Flags, keywords.Keywords]:
    match change.mode:
        case "add":
            done = flags | change.flags, keywords.added(names, change.keywords)
        case "remove":
            done = flags & ~change.flags, keywords.removed(names, change.keywords)
        case "replace":
            done = change.flags, keywords.replaced(names, change.keywords)
    if change.settable is not EVERYTHING:
        may = change.settable
        done = flags & ~may.flags | done[0] & may.flags, done[1] if may.keywords else names
    return done if change.then is None else _applied(*done, change.then)


def counting(values: StoreFlags, pairs: list[tuple[MessageRow, MessageRow]], modseq: ModSeq) -> Statement:
    """What the folder's counters become by rows that change, each before and after."""
    unseen = sum((before.flags & 1) - (after.flags & 1) for before, after in pairs)
    deleted = sum((after.flags >> 3 & 1) - (before.flags >> 3 & 1) for before, after in pairs)
    return (
        "UPDATE folder SET highest_modseq = ?, unseen = unseen + ?, deleted = deleted + ?"
        " WHERE mailbox_id = ? AND folder_id = ?",
        (modseq, unseen, deleted, values.mailbox_id, values.folder_id),
    )


def updates(values: StoreFlags, changed: list[MessageRow]) -> list[Statement]:
    """One statement for all rows that end up alike, which is one or a few whatever the number of messages."""
    alike: dict[tuple[int, keywords.Keywords], list[int]] = defaultdict(list)
    for row in changed:
        alike[int(row.flags), row.keywords].append(row.uid)
    statements: list[Statement] = []
    for (flags, names), uids in alike.items():
        for part in chunks(uids):
            operand, uid_values = listed(part)
            sql = (
                "UPDATE message SET flags = ?, keywords = ?, modseq = ?"
                f" WHERE mailbox_id = ? AND folder_id = ? AND uid IN {operand}"
            )
            key = (values.mailbox_id, values.folder_id)
            statements.append((sql, (flags, keywords.stored(names), changed[0].modseq, *key, *uid_values)))
    return statements
