"""Expunge, the log, and reading what was expunged within the grace."""

from __future__ import annotations

import pytest

from skrytka.core import Core
from skrytka.errors import NotFound
from skrytka.model import FlagChange, Flags, FolderId, ModSeq, Role, Uid
from skrytka.services import collecting, contents, folders, messages
from tests.contract.services.conftest import Clock, MakeMailbox
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, expunged_since, mail, role_id, uids

GRACE_S = 600


async def collect(core: Core, clock: Clock, after_s: int) -> int:
    clock.now += after_s
    return await collecting.collect_expired(core, "shard-0", int(clock.now) - GRACE_S)


async def test_only_deleted_ones_go_unless_asked(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 5)
    await messages.store_flags(core, ACTOR, mailbox, INBOX, [Uid(2), Uid(4)], FlagChange("add", Flags.DELETED))
    some = await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(1), Uid(2)])
    assert some.uids == (2,)
    rest = await messages.expunge(core, ACTOR, mailbox, INBOX, None)
    assert rest.uids == (4,)
    forced = await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(5), Uid(77)], deleted_only=False)
    assert forced.uids == (5,)
    assert await uids(core, mailbox) == [1, 3]
    assert await expunged_since(core, mailbox, INBOX, some.modseq) == (0, [4, 5])
    assert (await folders.get(core, mailbox, "INBOX")).highest_modseq == forced.modseq
    assert (await messages.expunge(core, ACTOR, mailbox, INBOX, None)).uids == ()
    with pytest.raises(NotFound):
        await messages.expunge(core, ACTOR, mailbox, FolderId(44), None)
    await assert_counted(core, mailbox)


async def test_more_than_fits_into_one_transaction(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    for _ in range(3):
        await append(core, mailbox, 700, flags=Flags.DELETED)
    gone = await messages.expunge(core, ACTOR, mailbox, INBOX, None)
    assert gone.uids == tuple(range(1, 2101))
    assert (await expunged_since(core, mailbox, INBOX, ModSeq(0)))[1] == list(range(1, 2101))
    await assert_counted(core, mailbox)


async def test_an_expunged_mail_can_be_read_within_the_grace(
    core: Core, make_mailbox: MakeMailbox, clock: Clock
) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 3)
    before = await messages.rows(core, mailbox, INBOX, [Uid(1), Uid(2), Uid(3)])
    gone = await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(2)], deleted_only=False)
    assert await collect(core, clock, GRACE_S) == 0
    rows = await messages.rows(core, mailbox, INBOX, [Uid(3), Uid(2), Uid(1)])
    assert [(row.uid, row.content_id) for row in rows] == [(row.uid, row.content_id) for row in before]
    assert rows[1].modseq == gone.modseq
    assert await contents.octets(core, mailbox, rows[1].content_id) == mail("number 1")
    assert await collect(core, clock, 2) == 1
    assert [row.uid for row in await messages.rows(core, mailbox, INBOX, [Uid(1), Uid(2), Uid(3)])] == [1, 3]
    with pytest.raises(NotFound, match="content"):
        await contents.octets(core, mailbox, before[1].content_id)
    with pytest.raises(NotFound, match="message"):
        await messages.row(core, mailbox, INBOX, Uid(2))
    assert await expunged_since(core, mailbox, INBOX, ModSeq(0)) == (0, [2])


async def test_a_content_lives_as_long_as_any_copy(core: Core, make_mailbox: MakeMailbox, clock: Clock) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox)
    trash = await role_id(core, mailbox, Role.TRASH)
    await messages.copy(core, ACTOR, mailbox, INBOX, [Uid(1)], trash)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(1)], deleted_only=False)
    assert await collect(core, clock, GRACE_S + 1) == 1
    row = await messages.row(core, mailbox, trash, Uid(1))
    assert await contents.octets(core, mailbox, row.content_id) == mail("number 0")
    await messages.expunge(core, ACTOR, mailbox, trash, [Uid(1)], deleted_only=False)
    assert await collect(core, clock, GRACE_S + 1) == 1
    with pytest.raises(NotFound):
        await contents.octets(core, mailbox, row.content_id)


async def test_trimming_the_log_raises_the_horizon(core: Core, make_mailbox: MakeMailbox, clock: Clock) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 3)
    first = await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(1), Uid(2)], deleted_only=False)
    await collect(core, clock, GRACE_S + 1)
    clock.now += 10 * 24 * 3600
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(3)], deleted_only=False)
    assert await collect(core, clock, collecting.LOG_KEPT_S - 9 * 24 * 3600) == 3
    assert await expunged_since(core, mailbox, INBOX, ModSeq(0)) == (first.modseq, [3])


async def test_a_deleted_folder_is_collected_in_batches(core: Core, make_mailbox: MakeMailbox, clock: Clock) -> None:
    mailbox = await make_mailbox()
    folder = await folders.create(core, ACTOR, mailbox, "Old")
    await append(core, mailbox, 700, folder.folder_id)
    await messages.copy(core, ACTOR, mailbox, folder.folder_id, [Uid(9)], INBOX)
    kept = (await messages.row(core, mailbox, INBOX, Uid(1))).content_id
    other = (await messages.row(core, mailbox, folder.folder_id, Uid(10))).content_id
    await folders.delete(core, ACTOR, mailbox, "Old")
    await assert_counted(core, mailbox)
    assert await collect(core, clock, GRACE_S) == 0
    assert await contents.octets(core, mailbox, other) == mail("number 9")
    assert await collect(core, clock, 2) == 3
    assert await collect(core, clock, 0) == 0
    assert await contents.octets(core, mailbox, kept) == mail("number 8")
    with pytest.raises(NotFound):
        await contents.octets(core, mailbox, other)
