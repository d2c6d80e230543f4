"""Copy and move from one mailbox to another, on the same shard and on different ones: in parts, and all or none."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import LimitReached, NotFound, OverQuota, Unavailable
from skrytka.model import EVERYTHING, Flags, FolderId, MailboxRef, NewMessage, Role, Settable, Uid
from skrytka.services import contents, mailboxes, messages, transferring
from skrytka.services.mailboxes import MailboxChange, QuotaChange
from skrytka.store.interface import Committed, Op
from skrytka.store.operations import appending
from tests.contract.provisioning import ADMIN, make_mailbox
from tests.contract.services.conftest import with_limits
from tests.contract.services.damaging import damage
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, mail, role_id, uids
from tests.contract.shards import Wrapped

V = TypeVar("V")
T = TypeVar("T")

BIG = mail("large") + b"".join(b"%08x" % (number * 2_654_435_761 % 2**32) for number in range(40_000))
"""A mail whose body lies in the blob store."""


@pytest.fixture
async def ann(core: Core) -> MailboxRef:
    return (await make_mailbox(core, "ann@example.org")).ref


@pytest.fixture
async def others(core: Core, ann: MailboxRef) -> list[MailboxRef]:
    """One on the other shard, one on the same."""
    made = [(await make_mailbox(core, f"{name}@example.org")).ref for name in ("bob", "cid")]
    assert [one.shard == ann.shard for one in made] == [False, True]
    return made


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transferring, "TOGETHER", 2)


async def test_copies_keep_everything_but_uid_modseq_and_save_date(
    core: Core, ann: MailboxRef, others: list[MailboxRef], small_parts: None
) -> None:
    await append(core, ann, 3, flags=Flags.FLAGGED | Flags.SEEN, keywords=("a", "B"))
    await messages.append(core, ACTOR, ann, INBOX, [NewMessage(BIG, internal_date=86_400)])
    names = ("imap.envelope", "imap.bodystructure")
    source = await contents.renditions(core, ann, INBOX, [Uid(1), Uid(3), Uid(4)], names)
    for other in others:
        await append(core, other, 1)
        copied = await transferring.copy(core, ACTOR, (ann, INBOX), [Uid(4), Uid(3), Uid(99), Uid(1)], (other, INBOX))
        assert (copied.source_uids, copied.target_uids) == ((1, 3, 4), (2, 3, 4))
        copies = await contents.renditions(core, other, INBOX, copied.target_uids, names)
        for one, copy in zip(source, copies, strict=True):
            kept = msgspec.structs.replace(
                one.row, uid=copy.row.uid, modseq=copy.row.modseq, content_id=copy.row.content_id
            )
            assert copy.row == kept
            assert copy.renditions == one.renditions
            octets = await contents.octets(core, other, copy.row.content_id)
            assert octets == await contents.octets(core, ann, one.row.content_id)
            assert await contents.is_intact(core, other, copy.row.content_id)
        await assert_counted(core, other)
    assert await uids(core, ann) == [1, 2, 3, 4]


async def test_only_flags_that_may_be_set_come_along(core: Core, ann: MailboxRef, others: list[MailboxRef]) -> None:
    await append(core, ann, 1, flags=Flags.SEEN | Flags.DELETED | Flags.DRAFT, keywords=("a",))
    for may, flags, keywords in (
        (Settable(Flags.SEEN, keywords=False), Flags.SEEN, ()),
        (Settable(Flags.DELETED, keywords=True), Flags.DELETED, ("a",)),
        (Settable(Flags.NONE, keywords=False), Flags.NONE, ()),
    ):
        copied = await transferring.copy(core, ACTOR, (ann, INBOX), [Uid(1)], (others[0], INBOX), may)
        row = await messages.row(core, others[0], INBOX, copied.target_uids[0])
        assert (row.flags, row.keywords) == (flags, keywords)
        copied = await messages.copy(core, ACTOR, ann, INBOX, [Uid(1)], INBOX, may)
        row = await messages.row(core, ann, INBOX, copied.target_uids[0])
        assert (row.flags, row.keywords) == (flags, keywords)
    await assert_counted(core, ann)
    await assert_counted(core, others[0])


async def test_moved_messages_leave_their_mailbox(
    core: Core, ann: MailboxRef, others: list[MailboxRef], small_parts: None
) -> None:
    await append(core, ann, 5)
    target = await role_id(core, others[0], Role.ARCHIVE)
    moved = await transferring.move(core, ACTOR, (ann, INBOX), [Uid(uid) for uid in (1, 2, 3, 5)], (others[0], target))
    assert (moved.source_uids, moved.target_uids) == ((1, 2, 3, 5), (1, 2, 3, 4))
    assert await uids(core, ann) == [4]
    await assert_counted(core, ann)
    await assert_counted(core, others[0])
    nothing = await transferring.move(core, ACTOR, (ann, INBOX), [Uid(1)], (others[0], target))
    assert (nothing.source_uids, nothing.target_uids) == ((), ())
    assert nothing.uid_validity == moved.uid_validity


async def test_what_does_not_fit_is_taken_back(
    core: Core, ann: MailboxRef, others: list[MailboxRef], small_parts: None
) -> None:
    await append(core, ann, 5)
    change = MailboxChange(quota=QuotaChange(messages=4))
    await mailboxes.put(core, ADMIN, others[0].address, change)
    for work in (transferring.copy, transferring.move):
        with pytest.raises(OverQuota):
            await work(core, ACTOR, (ann, INBOX), [Uid(uid) for uid in range(1, 6)], (others[0], INBOX), EVERYTHING)
        assert await uids(core, others[0]) == []
        assert await uids(core, ann) == [1, 2, 3, 4, 5]
    await assert_counted(core, others[0])


async def test_what_cannot_be_done(core: Core, ann: MailboxRef, others: list[MailboxRef]) -> None:
    await append(core, ann, 3)
    with pytest.raises(NotFound):
        await transferring.copy(core, ACTOR, (ann, INBOX), [Uid(1)], (others[0], FolderId(99)))
    small = with_limits(core, copy_messages=2)
    with pytest.raises(LimitReached):
        await transferring.copy(small, ACTOR, (ann, INBOX), [Uid(1), Uid(2), Uid(3)], (others[0], INBOX))
    stored = await messages.append(core, ACTOR, ann, INBOX, [NewMessage(BIG)])
    for key in [key async for key, _ in core.blobs.keys()]:  # noqa: SIM118 - not a dict
        assert await core.blobs.delete(key, 2**40)
    with pytest.raises(Unavailable):
        await transferring.copy(core, ACTOR, (ann, INBOX), [Uid(1), *stored.uids], (others[0], INBOX))
    assert await uids(core, others[0]) == []


class AnswerLost(Wrapped):
    """The second part is not stored, which its answer does not tell; others get the UIDs that it would have had."""

    parts = 0

    async def write(self, op: Op[V, T], values: V, committed: Committed[T] | None = None) -> T:
        is_part: bool = op is appending.append
        if not is_part:
            return await super().write(op, values, committed)
        self.parts += 1
        done = await super().write(op, values, committed if self.parts == 1 else None)
        if self.parts == 1:
            return done
        assert committed is not None
        committed(done)
        raise Unavailable("The answer is lost")


async def test_what_may_be_the_mail_of_others_is_not_taken_back(
    core: Core, ann: MailboxRef, others: list[MailboxRef], small_parts: None
) -> None:
    """The mails under the UIDs 3 and 4 stand for those of somebody else: all that is known is that somebody has them."""
    await append(core, ann, 5)
    shards = {name: AnswerLost(shard) for name, shard in core.shards.items()}
    with pytest.raises(Unavailable):
        await transferring.move(
            replace(core, shards=shards), ACTOR, (ann, INBOX), [Uid(uid) for uid in range(1, 6)], (others[0], INBOX)
        )
    assert await uids(core, others[0]) == [3, 4]
    assert await uids(core, ann) == [1, 2, 3, 4, 5]


async def test_a_mail_that_has_lost_its_body_is_not_moved(
    core: Core, ann: MailboxRef, others: list[MailboxRef]
) -> None:
    await append(core, ann, 1)
    await core.shards[ann.shard].write(damage, "DELETE FROM body")
    with pytest.raises(Unavailable):
        await transferring.move(core, ACTOR, (ann, INBOX), [Uid(1)], (others[0], INBOX))
    assert (await uids(core, ann), await uids(core, others[0])) == ([1], [])
