"""Messages of a folder: append, copy, move, flags, expunge, and reading their rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from skrytka.core import Core
from skrytka.errors import Invalid, LimitReached, NotFound, TooLarge
from skrytka.model import (
    EVERYTHING,
    OWNER,
    Actor,
    Appended,
    Copied,
    Expunged,
    FlagChange,
    FlagsStored,
    FolderId,
    MailboxId,
    MailboxRef,
    MessageRow,
    ModSeq,
    NewMessage,
    Settable,
    Uid,
)
from skrytka.services import contents, room
from skrytka.services.keyword_rules import check_keywords
from skrytka.services.pop3_locks import Pop3Lock
from skrytka.services.publishing import announce
from skrytka.services.shards import now, shard_of
from skrytka.services.slices import Slice
from skrytka.store.interface import Committed
from skrytka.store.operations import (
    appending,
    copying,
    expunging,
    flags,
    folders,
    keywords,
    messages,
    reader_flags,
    seen_marks,
)
from skrytka.store.operations.pop3_locks import LockKey
from skrytka.store.operations.selecting import CHUNK
from skrytka.store.operations.shard_mailboxes import INBOX_FOLDER_ID

FIRST_DATE, LAST_DATE = -62_135_596_800, 253_402_300_799
"""The first and the last second of the years that a date in a mail or an answer can have, as Unix time."""


async def append(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    folder_id: FolderId,
    mails: Sequence[NewMessage],
    reader: MailboxId = OWNER,
) -> Appended:
    """Store the mails in one transaction, all or none.

    Here and below ``reader`` is the mailbox of who does it, where that is not the owner: his ``\\Seen`` may be his own.
    """
    values = await prepared(core, mailbox, folder_id, mails, reader)

    def committed(done: Appended) -> None:
        announce(core, actor, mailbox, "appended", done.modseq, (folder_id,), done.uids)

    return await shard_of(core, mailbox).write(appending.append, values, committed)


async def prepared(
    core: Core,
    mailbox: MailboxRef,
    folder_id: FolderId,
    mails: Sequence[NewMessage],
    reader: MailboxId = OWNER,
) -> appending.Append:
    """Check the mails and make them ready to be stored; large bodies are in the blob store afterwards."""
    limits = core.settings.limits
    if len(mails) > CHUNK:
        raise LimitReached(f"At most {CHUNK} messages can be appended at once")
    for mail in mails:
        if len(mail.octets) > limits.message_octets:
            raise TooLarge(limits.message_octets)
        check_keywords(mail.keywords, limits)
        if mail.internal_date is not None and not FIRST_DATE <= mail.internal_date <= LAST_DATE:
            raise Invalid("internal_date", "is outside the years 1 to 9999")
    await room.require(core, shard_of(core, mailbox))
    moment = now(core)
    arrivals: list[appending.Arrival] = []
    slice_ = Slice(core)
    for mail in mails:
        if arrivals:
            await slice_.next_if_over()
        content = await contents.prepare(core, mail.octets)
        date = moment if mail.internal_date is None else mail.internal_date
        arrivals.append(appending.Arrival(content, int(mail.flags), keywords.ordered(mail.keywords), date))
    return appending.Append(mailbox.mailbox_id, folder_id, tuple(arrivals), moment, reader)


async def copy(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    source_folder_id: FolderId,
    uids: Sequence[Uid],
    target_folder_id: FolderId,
    settable: Settable = EVERYTHING,
    reader: MailboxId = OWNER,
) -> Copied:
    """Copy all or none; the copies count against the quota, and have only those of the flags that are settable."""
    values = _transfer(core, actor, mailbox, source_folder_id, uids, target_folder_id, settable, reader)
    told = _teller(core, actor, mailbox, "copied", (target_folder_id,))
    return await shard_of(core, mailbox).write(copying.copy, values, told)


async def move(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    source_folder_id: FolderId,
    uids: Sequence[Uid],
    target_folder_id: FolderId,
    settable: Settable = EVERYTHING,
    reader: MailboxId = OWNER,
) -> Copied:
    """Move all or none, with those of the flags that are settable."""
    values = _transfer(core, actor, mailbox, source_folder_id, uids, target_folder_id, settable, reader)
    told = _teller(core, actor, mailbox, "moved", (source_folder_id, target_folder_id))
    return await shard_of(core, mailbox).write(copying.move, values, told)


def _transfer(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    source: FolderId,
    uids: Sequence[Uid],
    target: FolderId,
    settable: Settable,
    reader: MailboxId,
) -> copying.Transfer:
    limit = core.settings.limits.copy_messages
    return copying.Transfer(
        mailbox.mailbox_id, source, tuple(uids), target, str(actor), limit, now(core), settable, reader
    )


def _teller(
    core: Core, actor: Actor, mailbox: MailboxRef, kind: Literal["copied", "moved"], folder_ids: Sequence[FolderId]
) -> Committed[Copied]:
    def committed(done: Copied) -> None:
        if done.source_uids:
            announce(core, actor, mailbox, kind, done.modseq, folder_ids, done.target_uids)

    return committed


async def store_flags(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    folder_id: FolderId,
    uids: Sequence[Uid],
    change: FlagChange,
    reader: MailboxId = OWNER,
) -> FlagsStored:
    """Change flags, 1 000 messages in a transaction; which of them really change is decided inside it. The rows are as the reader
    sees them."""
    limits = core.settings.limits
    check_keywords(change.keywords, limits)
    if change.then is not None:
        check_keywords(change.then.keywords, limits)
    parts: list[FlagsStored] = []
    ordered = tuple(sorted(set(uids)))

    def committed(done: FlagsStored) -> None:
        if done.changed:
            changed = [row.uid for row in done.changed]
            announce(core, actor, mailbox, "flags", done.modseq, (folder_id,), changed)

    for start in range(0, max(len(ordered), 1), CHUNK):
        part = ordered[start : start + CHUNK]
        values = flags.StoreFlags(mailbox.mailbox_id, folder_id, part, change, limits.keywords_per_message)
        if reader:
            asked = reader_flags.StoreAsReader(reader, values)
            parts.append(await shard_of(core, mailbox).write(reader_flags.store_flags, asked, committed))
        else:
            parts.append(await shard_of(core, mailbox).write(flags.store_flags, values, committed))
    return _joined(parts)


def _joined(parts: Sequence[FlagsStored]) -> FlagsStored:
    if len(parts) == 1:
        return parts[0]
    return FlagsStored(
        parts[-1].modseq,
        tuple(row for part in parts for row in part.changed),
        tuple(row for part in parts for row in part.unchanged),
        tuple(uid for part in parts for uid in part.modified),
        tuple(uid for part in parts for uid in part.gone),
    )


async def expunge(
    core: Core,
    actor: Actor,
    mailbox: MailboxRef,
    folder_id: FolderId,
    uids: Sequence[Uid] | None,
    *,
    deleted_only: bool = True,
) -> Expunged:
    """Expunge these, or every one with ``\\Deleted``, 1 000 messages in a transaction."""
    gone: list[Uid] = []

    def committed(done: Expunged) -> None:
        if done.uids:
            announce(core, actor, mailbox, "expunged", done.modseq, (folder_id,), done.uids)

    ordered = None if uids is None else tuple(sorted(set(uids)))
    start = 0
    while True:
        part = None if ordered is None else ordered[start : start + CHUNK]
        values = expunging.Expunge(
            mailbox.mailbox_id, folder_id, part, deleted_only or part is None, str(actor), CHUNK, now(core)
        )
        done = await shard_of(core, mailbox).write(expunging.expunge, values, committed)
        gone += done.uids
        start += CHUNK
        if len(done.uids) < CHUNK if ordered is None else start >= len(ordered):
            return Expunged(done.modseq, tuple(gone))


async def rows(core: Core, mailbox: MailboxRef, folder_id: FolderId, uids: Sequence[Uid]) -> list[MessageRow]:
    """Rows by UID, also of messages expunged within the grace, so that a session not yet told can still FETCH them."""
    return await shard_of(core, mailbox).read(messages.rows, messages.Uids(mailbox.mailbox_id, folder_id, tuple(uids)))


async def row(core: Core, mailbox: MailboxRef, folder_id: FolderId, uid: Uid) -> MessageRow:
    found = await rows(core, mailbox, folder_id, (uid,))
    if not found:
        raise NotFound("message", str(uid))
    return found[0]


async def page(core: Core, mailbox: MailboxRef, folder_id: FolderId, after_uid: int, limit: int) -> list[MessageRow]:
    """The next messages after a UID."""
    values = messages.Page(mailbox.mailbox_id, folder_id, after_uid, limit)
    return await shard_of(core, mailbox).read(messages.page, values)


async def deleted_octets(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> int:
    """The octets of the messages with ``\\Deleted``: what an expunge of the folder would free."""
    octets = after = 0
    while True:
        values = messages.Page(mailbox.mailbox_id, folder_id, after, CHUNK)
        part = await shard_of(core, mailbox).read(messages.deleted_page, values)
        octets += sum(size for _, size in part)
        if len(part) < CHUNK:
            return octets
        after = part[-1][0]
        await asyncio.sleep(0)


async def changed_since(core: Core, mailbox: MailboxRef, folder_id: FolderId, modseq: ModSeq) -> list[MessageRow]:
    """All messages changed or added after that modseq, by UID."""
    shard = shard_of(core, mailbox)
    found: list[MessageRow] = []
    after = 0
    while True:
        part = await shard.read(
            messages.changed_page, messages.Since(mailbox.mailbox_id, folder_id, modseq, after, CHUNK)
        )
        found += part
        if len(part) < CHUNK:
            return found
        after = part[-1].uid
        await asyncio.sleep(0)


async def expunged_pages(
    core: Core, mailbox: MailboxRef, folder_id: FolderId, modseq: ModSeq
) -> AsyncIterator[list[Uid]]:
    """The UIDs expunged after that modseq, ascending, page by page. Complete if the horizon, read after it, is no higher."""
    shard = shard_of(core, mailbox)
    after = 0
    while True:
        values = messages.Since(mailbox.mailbox_id, folder_id, modseq, after, CHUNK)
        part = await shard.read(messages.expunged_page, values)
        yield part
        if len(part) < CHUNK:
            return
        after = part[-1]
        await asyncio.sleep(0)


async def expunge_horizon(core: Core, mailbox: MailboxRef, folder_id: FolderId) -> ModSeq:
    """The log of expunges is complete for modseqs from there on; older entries are trimmed."""
    head = await shard_of(core, mailbox).read(folders.head, folders.FolderKey(mailbox.mailbox_id, folder_id))
    if head is None:
        raise NotFound("folder", str(folder_id))
    return head.expunge_horizon


async def count_unseen(core: Core, mailbox: MailboxRef, folder_id: FolderId, reader: MailboxId) -> int:
    """How many messages of another's folder the reader has not seen."""
    asked = seen_marks.Unseen(mailbox.mailbox_id, folder_id, reader)
    count = await shard_of(core, mailbox).read(seen_marks.count_unseen, asked)
    if count is None:
        raise NotFound("folder", str(folder_id))
    return count


async def stamp_downloads(
    core: Core, actor: Actor, mailbox: MailboxRef, folder_id: FolderId, uids: Sequence[Uid]
) -> None:
    """Note time and credential of a download: the first stays, the last is replaced."""
    ordered = sorted(set(uids))
    for start in range(0, len(ordered), CHUNK):
        part = tuple(ordered[start : start + CHUNK])
        values = messages.Download(mailbox.mailbox_id, folder_id, part, actor.credential, now(core))
        await shard_of(core, mailbox).write(messages.stamp_downloads, values)


async def pop3_list(core: Core, mailbox: MailboxRef) -> list[tuple[MessageRow, str]]:
    """INBOX in UID order, each message with its UIDL."""
    shard = shard_of(core, mailbox)
    found: list[tuple[MessageRow, str]] = []
    after = 0
    while True:
        values = messages.Page(mailbox.mailbox_id, INBOX_FOLDER_ID, after, CHUNK)
        part = await shard.read(messages.uidl_page, values)
        found += part
        if len(part) < CHUNK:
            return found
        after = part[-1][0].uid
        await asyncio.sleep(0)


async def pop3_delete(core: Core, actor: Actor, mailbox: MailboxRef, lock: Pop3Lock, uids: Sequence[Uid]) -> None:
    """QUIT: expunge from INBOX in one transaction, which verifies that the session still owns its lock."""
    ordered = tuple(sorted(set(uids)))
    values = expunging.Expunge(
        mailbox.mailbox_id,
        INBOX_FOLDER_ID,
        ordered,
        False,
        str(actor),
        core.settings.limits.copy_messages,
        now(core),
        LockKey(mailbox.mailbox_id, lock.session),
    )

    def committed(done: Expunged) -> None:
        if done.uids:
            announce(core, actor, mailbox, "expunged", done.modseq, (INBOX_FOLDER_ID,), done.uids)

    await shard_of(core, mailbox).write(expunging.expunge, values, committed)
