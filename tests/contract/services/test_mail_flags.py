"""Flags and keywords: only real changes get a modseq."""

from __future__ import annotations

import asyncio

import pytest

from skrytka.core import Core
from skrytka.errors import Invalid, LimitReached, NotFound
from skrytka.model import FlagChange, Flags, FolderId, MailboxRef, ModSeq, Uid
from skrytka.services import folders, messages
from tests.contract.services.conftest import MakeMailbox
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted


async def change(core: Core, mailbox: MailboxRef, uids: list[int], change: FlagChange):  # type: ignore[no-untyped-def]
    return await messages.store_flags(core, ACTOR, mailbox, INBOX, [Uid(uid) for uid in uids], change)


async def test_add_remove_and_replace(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 3)
    added = await change(core, mailbox, [1, 2], FlagChange("add", Flags.SEEN | Flags.DELETED, ("Work",)))
    assert [(row.uid, row.flags, row.keywords, row.modseq) for row in added.changed] == [
        (1, Flags.SEEN | Flags.DELETED, ("Work",), added.modseq),
        (2, Flags.SEEN | Flags.DELETED, ("Work",), added.modseq),
    ]
    folder = await folders.get(core, mailbox, "INBOX")
    assert (folder.unseen, folder.deleted, folder.highest_modseq) == (1, 2, added.modseq)
    removed = await change(core, mailbox, [1], FlagChange("remove", Flags.DELETED, ("WORK",)))
    assert [(row.flags, row.keywords) for row in removed.changed] == [(Flags.SEEN, ())]
    replaced = await change(core, mailbox, [2], FlagChange("replace", Flags.FLAGGED, ("b", "A")))
    assert [(row.flags, row.keywords) for row in replaced.changed] == [(Flags.FLAGGED, ("A", "b"))]
    assert [row.flags for row in await messages.rows(core, mailbox, INBOX, [1, 2, 3])] == [1, 4, 0]  # type: ignore[list-item]
    await assert_counted(core, mailbox)


async def test_what_stays_as_it_was_keeps_its_modseq(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 2, keywords=("Work",))
    before = await messages.rows(core, mailbox, INBOX, [Uid(1), Uid(2)])
    stored = await change(core, mailbox, [1, 2, 9], FlagChange("add", keywords=("wORK",)))
    assert (stored.changed, stored.unchanged, stored.gone) == ((), tuple(before), (9,))
    stored = await change(core, mailbox, [1, 2], FlagChange("replace", keywords=("WORK",)))
    assert stored.unchanged == tuple(before)
    assert (await folders.get(core, mailbox, "INBOX")).highest_modseq == before[0].modseq


async def test_unchanged_since(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 2)
    known = (await folders.get(core, mailbox, "INBOX")).highest_modseq
    await change(core, mailbox, [1], FlagChange("add", Flags.FLAGGED))
    stored = await change(core, mailbox, [1, 2], FlagChange("add", Flags.SEEN, unchanged_since=known))
    assert ([row.uid for row in stored.changed], stored.modified) == ([2], (1,))
    nobody = await change(core, mailbox, [1, 2], FlagChange("add", Flags.DRAFT, unchanged_since=ModSeq(0)))
    assert (nobody.changed, nobody.modified) == ((), (1, 2))


async def test_of_two_conditional_stores_at_once_one_wins(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox)
    known = (await folders.get(core, mailbox, "INBOX")).highest_modseq
    wanted = [FlagChange("add", Flags.NONE, (f"k{number}",), known) for number in range(6)]
    stored = await asyncio.gather(*(change(core, mailbox, [1], one) for one in wanted))
    assert sum(len(one.changed) for one in stored) == 1
    assert sum(len(one.modified) for one in stored) == 5


async def test_limits(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, keywords=tuple(f"k{number}" for number in range(63)))
    with pytest.raises(LimitReached):
        await change(core, mailbox, [1], FlagChange("add", keywords=("x", "y")))
    unmet = await change(core, mailbox, [1], FlagChange("add", keywords=("x", "y"), unchanged_since=ModSeq(0)))
    assert unmet.modified == (1,)
    await change(core, mailbox, [1], FlagChange("add", keywords=("x",)))
    with pytest.raises(Invalid):
        await change(core, mailbox, [1], FlagChange("add", keywords=("x" * 129,)))
    with pytest.raises(NotFound):
        await messages.store_flags(core, ACTOR, mailbox, FolderId(99), [Uid(1)], FlagChange("add", Flags.SEEN))


async def test_many_messages_go_in_parts(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    for _ in range(3):
        await append(core, mailbox, 700)
    stored = await change(core, mailbox, list(range(2100, 0, -1)), FlagChange("add", Flags.SEEN))
    assert [row.uid for row in stored.changed] == list(range(1, 2101))
    assert (await folders.get(core, mailbox, "INBOX")).unseen == 0
    changed = await messages.changed_since(core, mailbox, INBOX, ModSeq(stored.modseq - 1))
    assert [row.uid for row in changed] == list(range(2001, 2101))
