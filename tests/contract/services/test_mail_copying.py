"""Copy and move: atomic, sharing contents."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import LimitReached, NotFound, OverQuota
from skrytka.model import Flags, FolderId, ModSeq, Quota, Role, Uid
from skrytka.services import folders, messages
from tests.contract.services.conftest import MakeMailbox, with_limits
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, expunged_since, mail, role_id, uids


async def test_copies_keep_everything_but_uid_and_modseq(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 3, flags=Flags.FLAGGED, keywords=("a", "B"))
    target = await role_id(core, mailbox, Role.ARCHIVE)
    await append(core, mailbox, 1, target)
    copied = await messages.copy(core, ACTOR, mailbox, INBOX, [Uid(3), Uid(99), Uid(1)], target)
    assert (copied.source_uids, copied.target_uids) == ((1, 3), (2, 3))
    assert copied.uid_validity == (await folders.get_by_id(core, mailbox, target)).uid_validity
    sources = await messages.rows(core, mailbox, INBOX, copied.source_uids)
    copies = await messages.rows(core, mailbox, target, copied.target_uids)
    for source, copy in zip(sources, copies, strict=True):
        assert copy == msgspec.structs.replace(source, uid=copy.uid, modseq=copied.modseq)
    await assert_counted(core, mailbox)


async def test_copy_into_the_same_folder(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 2)
    copied = await messages.copy(core, ACTOR, mailbox, INBOX, [Uid(1), Uid(2)], INBOX)
    assert copied.target_uids == (3, 4)
    moved = await messages.move(core, ACTOR, mailbox, INBOX, [Uid(2), Uid(3)], INBOX)
    assert (moved.source_uids, moved.target_uids) == ((2, 3), (5, 6))
    assert await uids(core, mailbox) == [1, 4, 5, 6]
    await assert_counted(core, mailbox)


async def test_copies_count_against_the_quota_and_moves_do_not(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox(Quota(storage_octets=3 * len(mail("number 0"))))
    await append(core, mailbox, 2)
    target = await role_id(core, mailbox, Role.ARCHIVE)
    with pytest.raises(OverQuota):
        await messages.copy(core, ACTOR, mailbox, INBOX, [Uid(1), Uid(2)], target)
    assert await uids(core, mailbox, target) == []
    moved = await messages.move(core, ACTOR, mailbox, INBOX, [Uid(1), Uid(2)], target)
    assert await expunged_since(core, mailbox, INBOX, ModSeq(moved.modseq - 1)) == (0, [1, 2])
    assert (await uids(core, mailbox), await uids(core, mailbox, target)) == ([], [1, 2])
    await assert_counted(core, mailbox)


async def test_large_moves_are_one_transaction(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    for _ in range(3):
        await append(core, mailbox, 900)
    target = await role_id(core, mailbox, Role.ARCHIVE)
    moved = await messages.move(core, ACTOR, mailbox, INBOX, [Uid(uid) for uid in range(1, 2701)], target)
    assert moved.source_uids == moved.target_uids == tuple(range(1, 2701))
    changed = await messages.changed_since(core, mailbox, target, ModSeq(moved.modseq - 1))
    assert [row.uid for row in changed] == list(range(1, 2701))
    assert {row.modseq for row in changed} == {moved.modseq}
    assert [row.content_id for row in changed] == list(range(1, 2701))
    await assert_counted(core, mailbox)


async def test_beyond_the_limit_nothing_moves(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    small = with_limits(core, copy_messages=2)
    await append(core, mailbox, 3)
    target = await role_id(core, mailbox, Role.ARCHIVE)
    everything = [Uid(1), Uid(2), Uid(3)]
    with pytest.raises(LimitReached):
        await messages.move(small, ACTOR, mailbox, INBOX, everything, target)
    with pytest.raises(LimitReached):
        await messages.copy(small, ACTOR, mailbox, INBOX, everything, target)
    with pytest.raises(NotFound):
        await messages.move(core, ACTOR, mailbox, INBOX, everything, FolderId(88))
    assert (await uids(core, mailbox), await uids(core, mailbox, target)) == ([1, 2, 3], [])
    await assert_counted(core, mailbox)


async def test_of_two_moves_at_once_each_message_goes_with_one(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 20)
    targets = [await role_id(core, mailbox, role) for role in (Role.ARCHIVE, Role.TRASH, Role.JUNK)]
    wanted = [Uid(uid) for uid in range(1, 21)]
    moved = await asyncio.gather(*(messages.move(core, ACTOR, mailbox, INBOX, wanted, one) for one in targets))
    assert sorted(len(one.source_uids) for one in moved) == [0, 0, 20]
    await assert_counted(core, mailbox)
