"""``\\Seen`` of each reader where a mailbox wants it so: what each sees, and what becomes of it when messages move and go."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from skrytka.core import Core
from skrytka.model import (
    OWNER,
    FlagChange,
    Flags,
    FlagsStored,
    FolderId,
    FolderView,
    MailboxId,
    MailboxRef,
    ModSeq,
    NewMessage,
    Quota,
    Role,
    Seen,
    Settable,
    Status,
    Uid,
)
from skrytka.services import collecting, folders, mailboxes, messages, replacing, transferring, views
from skrytka.services.shards import shard_of
from skrytka.store.interface import Tx
from skrytka.store.operations import shard_mailboxes, viewing
from skrytka.store.operations.shard_mailboxes import ShardConfig
from tests.contract.services.conftest import Clock, MakeMailbox
from tests.contract.services.damaging import damage
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, mail, role_id

BOB, CID = MailboxId(21), MailboxId(22)
SEEN = FlagChange("add", Flags.SEEN)
UNSEEN = FlagChange("remove", Flags.SEEN)


@pytest.fixture
async def ann(core: Core, make_mailbox: MakeMailbox) -> MailboxRef:
    """Her readers have a ``\\Seen`` of their own."""
    mailbox = await make_mailbox()
    await share(core, mailbox, Seen.PRIVATE, 2)
    return mailbox


async def share(core: Core, mailbox: MailboxRef, seen: Seen, version: int) -> None:
    config = ShardConfig(mailbox.mailbox_id, Quota(), Status.ACTIVE, version, seen)
    await shard_of(core, mailbox).write(shard_mailboxes.configure_mailbox, config)


async def store(
    core: Core, mailbox: MailboxRef, reader: MailboxId, uids: list[int], change: FlagChange = SEEN
) -> FlagsStored:
    return await messages.store_flags(core, ACTOR, mailbox, INBOX, [Uid(uid) for uid in uids], change, reader)


async def flags(core: Core, mailbox: MailboxRef, reader: MailboxId, folder_id: FolderId = INBOX) -> list[int]:
    view = await views.current(core, mailbox, folder_id, reader)
    await assert_current(core, mailbox, folder_id, reader, view)
    return list(view.flags)


async def assert_current(
    core: Core, mailbox: MailboxRef, folder_id: FolderId, reader: MailboxId, view: FolderView
) -> None:
    """The view, its modseqs too, is what a process loads that knows nothing, and what the store counts."""
    kept = core.states.pop(views.ViewCache)
    assert view == await views.current(core, mailbox, folder_id, reader)
    core.states[views.ViewCache] = kept
    folder = await folders.get_by_id(core, mailbox, folder_id)
    assert view.highest_modseq == folder.highest_modseq
    assert all(modseq <= view.highest_modseq for modseq in view.modseqs)
    unseen = sum(not flag & Flags.SEEN for flag in view.flags)
    if reader:
        assert await messages.count_unseen(core, mailbox, folder_id, reader) == unseen
    else:
        assert folder.unseen == unseen


async def count_marks(tx: Tx, mailbox_id: MailboxId) -> int:
    row = await tx.row("SELECT COUNT(*) FROM seen_mark WHERE mailbox_id = ?", mailbox_id)
    assert row is not None
    return int(row[0])


async def marks(core: Core, mailbox: MailboxRef) -> int:
    return await shard_of(core, mailbox).read(count_marks, mailbox.mailbox_id)


async def test_each_reader_has_his_own(core: Core, ann: MailboxRef) -> None:
    await append(core, ann, 3)
    await append(core, ann, 1, flags=Flags.SEEN | Flags.FLAGGED)
    before = {reader: await views.current(core, ann, INBOX, reader) for reader in (OWNER, BOB, CID)}
    assert [list(view.flags) for view in before.values()] == [[0, 0, 0, 5], [0, 0, 0, 4], [0, 0, 0, 4]]
    stored = await store(core, ann, BOB, [1, 4])
    assert [(row.uid, row.flags, row.modseq) for row in stored.changed] == [
        (1, Flags.SEEN, stored.modseq),
        (4, Flags.SEEN | Flags.FLAGGED, stored.modseq),
    ]
    after = {reader: await views.current(core, ann, INBOX, reader) for reader in (OWNER, BOB, CID)}
    assert list(after[BOB].flags) == [1, 0, 0, 5]
    assert list(after[BOB].modseqs) == [stored.modseq, *before[BOB].modseqs[1:3], stored.modseq]
    for reader in (OWNER, CID):
        assert (after[reader].flags, after[reader].modseqs) == (before[reader].flags, before[reader].modseqs)
    assert [row.flags for row in await messages.page(core, ann, INBOX, 0, 9)] == [0, 0, 0, 5]
    again = await store(core, ann, BOB, [1, 2])
    assert ([row.uid for row in again.changed], [row.uid for row in again.unchanged]) == ([2], [1])
    assert again.unchanged[0].modseq == stored.modseq
    await store(core, ann, BOB, [1], UNSEEN)
    await store(core, ann, OWNER, [2, 3])
    found = [await flags(core, ann, reader) for reader in (OWNER, BOB, CID)]
    assert found == [[0, 1, 1, 5], [0, 1, 0, 5], [0, 0, 0, 4]]
    await assert_counted(core, ann)


async def test_other_flags_are_shared(core: Core, ann: MailboxRef) -> None:
    await append(core, ann, 2, flags=Flags.SEEN)
    await store(core, ann, BOB, [1], FlagChange("replace", Flags.SEEN | Flags.DELETED, ("Work",)))
    await store(core, ann, BOB, [2], FlagChange("replace", Flags.DRAFT))
    assert [await flags(core, ann, reader) for reader in (OWNER, BOB, CID)] == [[9, 17], [9, 16], [8, 16]]
    assert (await views.current(core, ann, INBOX, CID)).keywords == {1: ("Work",)}
    only = FlagChange("replace", Flags.FLAGGED, settable=Settable(Flags.SEEN, keywords=False))
    await store(core, ann, BOB, [1], only)
    assert [await flags(core, ann, reader) for reader in (OWNER, BOB, CID)] == [[9, 17], [8, 16], [8, 16]]
    await assert_counted(core, ann)


async def test_unchanged_since_is_about_what_the_reader_sees(core: Core, ann: MailboxRef) -> None:
    """RFC 7162 section 3.1.3: what others have seen for themselves makes no change fail."""
    await append(core, ann, 2)
    known = (await folders.get(core, ann, "INBOX")).highest_modseq
    await store(core, ann, CID, [1, 2])
    stored = await store(core, ann, BOB, [1], FlagChange("add", Flags.SEEN, unchanged_since=known))
    assert [row.uid for row in stored.changed] == [1]
    failed = await store(core, ann, BOB, [1, 2], FlagChange("add", Flags.FLAGGED, unchanged_since=known))
    assert (failed.modified, [row.uid for row in failed.changed]) == ((1,), [2])
    owner = await store(core, ann, OWNER, [1, 2], FlagChange("add", Flags.DRAFT, unchanged_since=known))
    assert (owner.modified, [row.uid for row in owner.changed]) == ((2,), [1])


async def test_what_a_reader_brings_is_seen_by_him_alone(core: Core, ann: MailboxRef) -> None:
    mails = [NewMessage(mail(), Flags.SEEN | Flags.FLAGGED), NewMessage(mail())]
    appended = await messages.append(core, ACTOR, ann, INBOX, mails, BOB)
    assert [await flags(core, ann, reader) for reader in (OWNER, BOB, CID)] == [[4, 0], [5, 0], [4, 0]]
    await replacing.replace(core, ACTOR, ann, INBOX, appended.uids[0], INBOX, NewMessage(mail(), Flags.SEEN), BOB)
    assert [await flags(core, ann, reader) for reader in (OWNER, BOB, CID)] == [[0, 0], [0, 1], [0, 0]]
    assert await marks(core, ann) == 1
    await assert_counted(core, ann)


async def test_a_copy_has_what_its_maker_has_seen_and_the_owner(core: Core, ann: MailboxRef) -> None:
    await append(core, ann, 3)
    await store(core, ann, BOB, [1, 2])
    await store(core, ann, CID, [1])
    await store(core, ann, OWNER, [2, 3])
    archive = await role_id(core, ann, Role.ARCHIVE)
    every = [Uid(1), Uid(2), Uid(3)]
    await messages.copy(core, ACTOR, ann, INBOX, every, archive, reader=BOB)
    found = [await flags(core, ann, reader, archive) for reader in (OWNER, BOB, CID)]
    assert found == [[0, 1, 1], [1, 1, 0], [0, 0, 0]]
    await messages.copy(core, ACTOR, ann, INBOX, every, archive, Settable(Flags.NONE), BOB)
    found = [(await flags(core, ann, reader, archive))[3:] for reader in (OWNER, BOB, CID)]
    assert found == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    await messages.copy(core, ACTOR, ann, INBOX, every, archive)
    found = [(await flags(core, ann, reader, archive))[6:] for reader in (OWNER, BOB, CID)]
    assert found == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    await assert_counted(core, ann)


async def test_a_message_that_moves_has_been_seen_by_the_same(core: Core, ann: MailboxRef) -> None:
    """But for the mover, where he may not set the flag there (RFC 4314 section 4)."""
    await append(core, ann, 6)
    await store(core, ann, BOB, [1, 2, 4, 5])
    await store(core, ann, CID, [1, 3, 4, 6])
    await store(core, ann, OWNER, [2, 5])
    archive = await role_id(core, ann, Role.ARCHIVE)
    await messages.move(core, ACTOR, ann, INBOX, [Uid(1), Uid(2), Uid(3)], archive)
    found = [await flags(core, ann, reader, archive) for reader in (OWNER, BOB, CID)]
    assert found == [[0, 1, 0], [1, 1, 0], [1, 0, 1]]
    await messages.move(core, ACTOR, ann, INBOX, [Uid(4), Uid(5), Uid(6)], archive, Settable(Flags.NONE), BOB)
    found = [(await flags(core, ann, reader, archive))[3:] for reader in (OWNER, BOB, CID)]
    assert found == [[0, 1, 0], [0, 0, 0], [1, 0, 1]]
    assert [await flags(core, ann, reader) for reader in (OWNER, BOB)] == [[], []]
    assert await marks(core, ann) == 6
    await assert_counted(core, ann)
    await folders.rename(core, ACTOR, ann, "INBOX", "Old")
    await folders.rename(core, ACTOR, ann, "Archive", "Older")
    assert await flags(core, ann, BOB, archive) == [1, 1, 0, 0, 0, 0]


async def test_renaming_inbox_takes_the_marks_along(core: Core, ann: MailboxRef) -> None:
    await append(core, ann, 2)
    await store(core, ann, BOB, [2])
    await folders.rename(core, ACTOR, ann, "INBOX", "Old")
    old = await folders.get(core, ann, "Old")
    assert [await flags(core, ann, BOB, folder_id) for folder_id in (INBOX, old.folder_id)] == [[], [0, 1]]


async def test_between_mailboxes_the_readers_seen_goes_along(
    core: Core, ann: MailboxRef, make_mailbox: MakeMailbox
) -> None:
    """As the flag where the target is his own, and as his mark where it is private too; never that of the owner."""
    bob, dan = await make_mailbox(), await make_mailbox()
    await share(core, dan, Seen.PRIVATE, 2)
    await append(core, ann, 2)
    await store(core, ann, bob.mailbox_id, [2])
    await store(core, ann, OWNER, [1])
    uids = [Uid(1), Uid(2)]
    await transferring.copy(core, ACTOR, (ann, INBOX), uids, (bob, INBOX), readers=(bob.mailbox_id, OWNER))
    assert await flags(core, bob, OWNER) == [0, 1]
    readers = (bob.mailbox_id, bob.mailbox_id)
    await transferring.move(core, ACTOR, (ann, INBOX), uids, (dan, INBOX), readers=readers)
    assert [await flags(core, dan, reader) for reader in (OWNER, bob.mailbox_id, CID)] == [[0, 0], [0, 1], [0, 0]]
    await transferring.copy(core, ACTOR, (bob, INBOX), uids, (dan, INBOX), readers=(OWNER, bob.mailbox_id))
    found = [(await flags(core, dan, reader))[2:] for reader in (OWNER, bob.mailbox_id, CID)]
    assert found == [[0, 0], [0, 1], [0, 0]]
    assert await marks(core, ann) == 0
    for mailbox in (ann, bob, dan):
        await assert_counted(core, mailbox)


async def test_marks_go_with_their_messages(core: Core, ann: MailboxRef, clock: Clock) -> None:
    await append(core, ann, 4)
    made = await folders.create(core, ACTOR, ann, "Old")
    await messages.copy(core, ACTOR, ann, INBOX, [Uid(1)], made.folder_id)
    for reader in (BOB, CID):
        await store(core, ann, reader, [1, 2, 3])
        await messages.store_flags(core, ACTOR, ann, made.folder_id, [Uid(1)], SEEN, reader)
    await messages.expunge(core, ACTOR, ann, INBOX, [Uid(2), Uid(4)], deleted_only=False)
    assert await flags(core, ann, BOB) == [1, 1]
    assert await marks(core, ann) == 6
    await folders.delete(core, ACTOR, ann, "Old")
    clock.now += 1_000
    await collecting.collect_expired(core, ann.shard, int(clock.now))
    assert await marks(core, ann) == 4
    await mailboxes.delete_from_shard(core, ann, None)
    assert await marks(core, ann) == 0


async def test_readers_hear_of_all_messages_when_whose_seen_it_is_changes(
    core: Core, make_mailbox: MakeMailbox
) -> None:
    """Their flags may have changed, whatever the modseqs of messages and marks say; the owner hears nothing."""
    ann = await make_mailbox()
    await append(core, ann, 3)
    await store(core, ann, BOB, [1])
    shared = await views.current(core, ann, INBOX, BOB)
    assert shared is await views.current(core, ann, INBOX), "nobody has a view of his own where none is wanted"
    assert list(shared.flags) == [1, 0, 0]
    await share(core, ann, Seen.PRIVATE, 2)
    private = await views.current(core, ann, INBOX, BOB)
    assert list(private.flags) == [0, 0, 0]
    assert list(private.modseqs) == [private.highest_modseq] * 3
    assert private.highest_modseq == shared.highest_modseq + 1
    owner = await views.current(core, ann, INBOX)
    assert (owner.flags, owner.modseqs) == (shared.flags, shared.modseqs)
    late = FlagChange("add", Flags.SEEN, unchanged_since=shared.highest_modseq)
    assert (await store(core, ann, BOB, [2], late)).modified == (2,)
    await share(core, ann, Seen.PRIVATE, 3)
    assert await views.current(core, ann, INBOX, BOB) is private, "nothing has changed"
    await store(core, ann, BOB, [2])
    await share(core, ann, Seen.SHARED, 4)
    again = await views.current(core, ann, INBOX, BOB)
    assert list(again.modseqs) == [again.highest_modseq] * 3
    assert await flags(core, ann, BOB) == [1, 0, 0]
    await store(core, ann, BOB, [3])
    assert [await flags(core, ann, reader) for reader in (OWNER, BOB, CID)] == [[1, 0, 1]] * 3
    await share(core, ann, Seen.PRIVATE, 5)
    assert await flags(core, ann, BOB) == [0, 1, 0], "what he had seen for himself is as it was"


@pytest.mark.parametrize("damaged", ["highest_modseq = 1", "expunge_horizon = 1000"])
async def test_numbers_that_are_wrong_hold_nobody_up(core: Core, ann: MailboxRef, damaged: str) -> None:
    """``skrytka check`` raises them; until then the folder can be read."""
    await append(core, ann, 2)
    await store(core, ann, BOB, [2])
    await shard_of(core, ann).write(damage, f"UPDATE folder SET {damaged} WHERE folder_id = 1")
    async with asyncio.timeout(10):
        assert list((await views.current(core, ann, INBOX, BOB)).flags) == [0, 1]


async def test_many_marks_are_read_in_chunks(core: Core, ann: MailboxRef) -> None:
    await append(core, ann, 100)
    with patch.object(viewing, "CHUNK", 20):
        await store(core, ann, BOB, list(range(1, 91)))
        await store(core, ann, BOB, list(range(1, 46, 2)), UNSEEN)
        found = await flags(core, ann, BOB)
        assert [uid for uid, flag in enumerate(found, 1) if flag] == [*range(2, 46, 2), *range(46, 91)]
        await store(core, ann, BOB, list(range(1, 101)), FlagChange("add", Flags.DRAFT))
        assert sum(flag == 17 for flag in await flags(core, ann, BOB)) == 67


READER = strategies.sampled_from([OWNER, BOB, CID])
UIDS = strategies.lists(strategies.integers(1, 20), min_size=1, max_size=6)
FOLDER = strategies.sampled_from([Role.INBOX, Role.ARCHIVE])
SETTABLE = strategies.builds(Settable, strategies.builds(Flags, strategies.integers(0, 31)), strategies.booleans())
STEP = strategies.one_of(
    strategies.tuples(strategies.just("append"), READER, FOLDER, strategies.builds(Flags, strategies.integers(0, 31))),
    strategies.tuples(
        strategies.just("flags"),
        READER,
        FOLDER,
        UIDS,
        strategies.sampled_from(["add", "remove", "replace"]),
        strategies.sampled_from([Flags.SEEN, Flags.SEEN | Flags.DELETED, Flags.FLAGGED, Flags.NONE]),
    ),
    strategies.tuples(strategies.just("expunge"), READER, FOLDER, strategies.none() | UIDS),
    strategies.tuples(strategies.just("copy"), READER, FOLDER, UIDS, FOLDER, SETTABLE),
    strategies.tuples(strategies.just("move"), READER, FOLDER, UIDS, FOLDER, SETTABLE),
    strategies.tuples(strategies.just("look"), READER, FOLDER),
    strategies.tuples(strategies.just("share"), READER, FOLDER, strategies.sampled_from(Seen)),
)


async def take(core: Core, mailbox: MailboxRef, step: tuple[Any, ...], number: int) -> None:
    reader, folder_id = step[1], await role_id(core, mailbox, step[2])
    match step:
        case ("append", _, _, given):
            await messages.append(core, ACTOR, mailbox, folder_id, [NewMessage(mail(), given)], reader)
        case ("flags", _, _, uids, mode, given):
            change = FlagChange(mode, given)
            await messages.store_flags(core, ACTOR, mailbox, folder_id, uids, change, reader)
        case ("expunge", _, _, uids):
            await messages.expunge(core, ACTOR, mailbox, folder_id, uids)
        case ("copy", _, _, uids, target, may):
            into = await role_id(core, mailbox, target)
            await messages.copy(core, ACTOR, mailbox, folder_id, uids, into, may, reader)
        case ("move", _, _, uids, target, may):
            into = await role_id(core, mailbox, target)
            await messages.move(core, ACTOR, mailbox, folder_id, uids, into, may, reader)
        case ("look", _, _):
            await views.current(core, mailbox, folder_id, reader)
        case ("share", _, _, seen):
            await share(core, mailbox, seen, number + 3)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=strategies.lists(STEP, min_size=5, max_size=20))
async def test_any_operations_leave_the_views_of_all_readers_right(
    core: Core, make_mailbox: MakeMailbox, steps: list[tuple[Any, ...]]
) -> None:
    mailbox = await make_mailbox()
    await share(core, mailbox, Seen.PRIVATE, 2)
    archive = await role_id(core, mailbox, Role.ARCHIVE)
    await append(core, mailbox, 8)
    for number, step in enumerate(steps):
        before = {reader: await views.current(core, mailbox, INBOX, reader) for reader in (OWNER, BOB, CID)}
        await take(core, mailbox, step, number)
        for reader, view in before.items():
            after = await views.current(core, mailbox, INBOX, reader)
            assert_told(view, after)
    for folder_id in (INBOX, archive):
        for reader in (OWNER, BOB, CID):
            await flags(core, mailbox, reader, folder_id)
    await assert_counted(core, mailbox)


def assert_told(before: FolderView, after: FolderView) -> None:
    """Whoever asks for what changed since the highest modseq that he knew is told of each message with other flags."""
    known = dict(zip(before.uids, before.flags, strict=True))
    since: ModSeq = before.highest_modseq
    for uid, flag, modseq in zip(after.uids, after.flags, after.modseqs, strict=True):
        if known.get(uid) != flag:
            assert modseq > since
