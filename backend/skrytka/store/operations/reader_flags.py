"""Changing flags as a reader of another's folder, who may have a ``\\Seen`` of his own: that is a mark, all else is shared."""

from __future__ import annotations

import msgspec

from skrytka.model import Flags, FlagsStored, MailboxId, MessageRow, ModSeq, Uid
from skrytka.store.interface import Statement, Tx
from skrytka.store.operations import seen_marks
from skrytka.store.operations.flags import StoreFlags, counting, decide, require_folder, updates
from skrytka.store.operations.locking import Taken, take
from skrytka.store.operations.message_rows import FLAGS
from skrytka.store.operations.seen_marks import SHARED_FLAGS, AsSeen, ReaderUids


class StoreAsReader(msgspec.Struct, frozen=True):
    reader: MailboxId
    store: StoreFlags


async def store_flags(tx: Tx, values: StoreAsReader) -> FlagsStored:
    """As ``flags.store_flags``; rows, and the modseqs that ``unchanged_since`` is compared with, are as the reader sees them."""
    store = values.store
    taken = await take(tx, store.mailbox_id)
    await require_folder(tx, store.mailbox_id, store.folder_id)
    found = await seen_marks.present(tx, ReaderUids(store.mailbox_id, store.folder_id, values.reader, store.uids))
    before = {one.row.uid: _not_before(one, taken.seen_modseq) for one in found}
    decided = decide([one.row for one in before.values()], store, taken.modseq)
    if decided.changed:
        await tx.batch(_statements(values, taken, before, decided.changed))
    return decided.stored(taken.modseq, store.uids)


def _not_before(one: AsSeen, modseq: ModSeq) -> AsSeen:
    if one.row.modseq >= modseq:
        return one
    return AsSeen(msgspec.structs.replace(one.row, modseq=modseq), one.shared)


def _statements(
    values: StoreAsReader, taken: Taken, before: dict[Uid, AsSeen], changed: list[MessageRow]
) -> list[Statement]:
    """What is shared changes in the messages, with the folder's counters; ``\\Seen`` too where the reader has none of his own."""
    store = values.store
    pairs = [(before[row.uid].row, row) for row in changed]
    marks: list[Statement] = []
    if taken.private_seen:
        for seen in (True, False):
            marked = tuple(after.uid for was, after in pairs if _sees(was) is not seen and _sees(after) is seen)
            asked = ReaderUids(store.mailbox_id, store.folder_id, values.reader, marked)
            marks += seen_marks.marking(asked, taken.modseq, seen=seen)
        pairs = [
            (_shared(was, before[was.uid].shared), _shared(after, before[was.uid].shared))
            for was, after in pairs
            if _differ(was, after)
        ]
    return [counting(store, pairs, taken.modseq), *updates(store, [after for _, after in pairs]), *marks]


def _sees(row: MessageRow) -> bool:
    return Flags.SEEN in row.flags


def _differ(was: MessageRow, after: MessageRow) -> bool:
    """In what all share."""
    return bool((was.flags ^ after.flags) & SHARED_FLAGS) or was.keywords != after.keywords


def _shared(row: MessageRow, shared: Flags) -> MessageRow:
    """The row with the ``\\Seen`` that the message has for its owner."""
    flags = FLAGS[int(row.flags) & SHARED_FLAGS | int(shared & Flags.SEEN)]
    return msgspec.structs.replace(row, flags=flags)
