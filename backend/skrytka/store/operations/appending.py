"""Adding messages: two round trips, the counters with their answer, then all rows together with the commit."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from skrytka.errors import NotFound, OverQuota, Suspended
from skrytka.model import OWNER, Appended, ContentId, Flags, FolderId, MailboxId, ModSeq, Status, Uid, UidValidity
from skrytka.store.interface import Row, Statement, Tx
from skrytka.store.operations import seen_marks
from skrytka.store.operations.contents import Prepared, insertion
from skrytka.store.operations.keywords import Keywords, stored
from skrytka.store.operations.locking import check_uids, no_folder
from skrytka.store.operations.quotas import LIMITS


class Arrival(msgspec.Struct, frozen=True):
    """One message with its content, ready to be stored."""

    content: Prepared
    flags: int
    keywords: Keywords
    internal_date: int


class Append(msgspec.Struct, frozen=True):
    """``reader`` is who brings them, if that is not the owner: where each reader has a ``\\Seen`` of his own, theirs is his."""

    mailbox_id: MailboxId
    folder_id: FolderId
    arrivals: tuple[Arrival, ...]
    now: int
    reader: MailboxId = OWNER


async def append(tx: Tx, values: Append) -> Appended:
    """Store the messages under the next UIDs of the folder, or nothing at all."""
    return await add(tx, values, modseqs=1)


async def add(tx: Tx, values: Append, *, modseqs: int) -> Appended:
    """The same with so many modseqs: none in a transaction that has taken the mailbox and its modseq before."""
    mailboxes, folders = await tx.batch([_count_mailbox(values, modseqs), _count_folder(values)])
    if not mailboxes:
        raise NotFound("mailbox", str(values.mailbox_id))
    if not folders:
        raise no_folder(values.folder_id)
    modseq, next_content_id, status, private_seen = mailboxes[0][4:8]
    if status != Status.ACTIVE:
        raise Suspended("The mailbox is suspended")
    check_quota(mailboxes[0])
    uid_next, uid_validity = folders[0]
    check_uids(uid_next)
    count = len(values.arrivals)
    statements: list[Statement] = []
    if values.reader and private_seen:
        statements += _marks(values, Uid(uid_next - count), modseq)
        values = msgspec.structs.replace(values, arrivals=tuple([_unseen(arrival) for arrival in values.arrivals]))
    for index, arrival in enumerate(values.arrivals):
        content_id = ContentId(next_content_id - count + index)
        uid = Uid(uid_next - count + index)
        statements += insertion(values.mailbox_id, content_id, arrival.content, values.now)
        statements.append(_insert_message(values, arrival, uid, content_id, modseq))
    await tx.batch(statements)
    uids = tuple(Uid(uid) for uid in range(uid_next - count, uid_next))
    return Appended(values.folder_id, UidValidity(uid_validity), uids, modseq)


def check_quota(row: Row) -> None:
    """A row that starts with both limits and both uses, after the addition: it fits, or the transaction rolls back."""
    quota_octets, quota_messages, used_octets, used_messages = row[:4]
    if quota_octets is not None and used_octets > quota_octets:
        raise OverQuota("storage")
    if quota_messages is not None and used_messages > quota_messages:
        raise OverQuota("messages")


def _size(arrivals: Sequence[Arrival]) -> int:
    return sum(arrival.content.size_octets for arrival in arrivals)


def _count_mailbox(values: Append, modseqs: int) -> Statement:
    count = len(values.arrivals)
    return (
        "UPDATE mailbox SET modseq = modseq + ?, next_content_id = next_content_id + ?,"
        " used_octets = used_octets + ?, used_messages = used_messages + ? WHERE mailbox_id = ?"
        f" RETURNING {LIMITS}, used_octets, used_messages, modseq, next_content_id, status, private_seen",
        (modseqs, count, _size(values.arrivals), count, values.mailbox_id),
    )


def _count_folder(values: Append) -> Statement:
    count = len(values.arrivals)
    unseen = sum(not arrival.flags & 1 for arrival in values.arrivals)
    deleted = sum(arrival.flags >> 3 & 1 for arrival in values.arrivals)
    return (
        "UPDATE folder SET uid_next = uid_next + ?, messages = messages + ?, unseen = unseen + ?,"
        " deleted = deleted + ?, octets = octets + ?,"
        " highest_modseq = (SELECT modseq FROM mailbox WHERE mailbox.mailbox_id = folder.mailbox_id)"
        " WHERE mailbox_id = ? AND folder_id = ? RETURNING uid_next, uid_validity",
        (count, count, unseen, deleted, _size(values.arrivals), values.mailbox_id, values.folder_id),
    )


def _marks(values: Append, first: Uid, modseq: ModSeq) -> list[Statement]:
    """The reader's ``\\Seen`` of the messages, which the folder counted as everybody's."""
    uids = [first + index for index, arrival in enumerate(values.arrivals) if arrival.flags & Flags.SEEN]
    key = (values.mailbox_id, values.folder_id)
    counted = "UPDATE folder SET unseen = unseen + ? WHERE mailbox_id = ? AND folder_id = ?"
    mark = f"{seen_marks.INSERT} VALUES (?, ?, ?, ?, 1, ?)"
    return [(counted, (len(uids), *key)), *((mark, (*key, uid, values.reader, modseq)) for uid in uids)]


def _unseen(arrival: Arrival) -> Arrival:
    return msgspec.structs.replace(arrival, flags=arrival.flags & seen_marks.SHARED_FLAGS)


def _insert_message(values: Append, arrival: Arrival, uid: Uid, content_id: ContentId, modseq: ModSeq) -> Statement:
    return (
        "INSERT INTO message (mailbox_id, folder_id, uid, flags, keywords, modseq, internal_date, saved_at, size,"
        " content_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            values.mailbox_id,
            values.folder_id,
            uid,
            int(arrival.flags),
            stored(arrival.keywords),
            modseq,
            arrival.internal_date,
            values.now,
            arrival.content.size_octets,
            content_id,
        ),
    )
