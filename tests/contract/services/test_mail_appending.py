"""Appending: UIDs, quota, limits."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import Invalid, LimitReached, NotFound, OverQuota, Suspended, TooLarge
from skrytka.model import Flags, FolderId, MailboxRef, NewMessage, Quota, Role, Status, Uid, Usage
from skrytka.services import contents, folders, messages
from skrytka.services.shards import shard_of
from skrytka.store.interface import Tx
from skrytka.store.operations import shard_mailboxes
from tests.contract.services.conftest import Clock, MakeMailbox
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, mail, role_id, uids


async def usage(core: Core, mailbox: MailboxRef) -> Usage:
    return (await shard_of(core, mailbox).read(shard_mailboxes.usage, mailbox.mailbox_id))[1]


async def test_uids_and_uid_validities_have_32_bits(core: Core, make_mailbox: MakeMailbox) -> None:
    """The operation that would pass 2**32 - 1 is refused and changes nothing; the last numbers are given."""
    mailbox = await make_mailbox()
    shard = shard_of(core, mailbox)
    last = 2**32 - 1
    trash = await role_id(core, mailbox, Role.TRASH)
    assert await append(core, mailbox, 2, trash) == [1, 2]

    async def jump(tx: Tx, mailbox_id: int) -> None:
        await tx.execute(
            "UPDATE folder SET uid_next = ? WHERE mailbox_id = ? AND folder_id = ?", last - 1, mailbox_id, INBOX
        )
        await tx.execute("UPDATE mailbox SET next_uid_validity = ? WHERE mailbox_id = ?", last, mailbox_id)

    await shard.write(jump, mailbox.mailbox_id)
    assert await append(core, mailbox) == [last - 1]
    for transfer in (messages.copy, messages.move):
        with pytest.raises(LimitReached):
            await transfer(core, ACTOR, mailbox, trash, [Uid(1), Uid(2)], INBOX)
    with pytest.raises(LimitReached):
        await append(core, mailbox, 2)
    assert await uids(core, mailbox, trash) == [1, 2]
    assert (await messages.copy(core, ACTOR, mailbox, trash, [Uid(2)], INBOX)).target_uids == (last,)
    with pytest.raises(LimitReached):
        await append(core, mailbox)
    assert await uids(core, mailbox) == [last - 1, last]
    assert (await folders.create(core, ACTOR, mailbox, "last")).uid_validity == last
    with pytest.raises(LimitReached):
        await folders.create(core, ACTOR, mailbox, "none")
    assert "none" not in [folder.name for folder in await folders.list_all(core, mailbox)]
    await assert_counted(core, mailbox)


async def test_an_appended_mail_is_read_back_exactly(core: Core, make_mailbox: MakeMailbox, clock: Clock) -> None:
    mailbox = await make_mailbox()
    before = await folders.get(core, mailbox, "inbox")
    sent = NewMessage(mail(), Flags.SEEN | Flags.DRAFT, ("$Work", "$label", "$LABEL"), 1_000_000)
    appended = await messages.append(core, ACTOR, mailbox, INBOX, [sent])
    assert appended.uids == (1,)
    assert appended.uid_validity == before.uid_validity
    row = await messages.row(core, mailbox, INBOX, appended.uids[0])
    assert (row.flags, row.keywords) == (Flags.SEEN | Flags.DRAFT, ("$label", "$Work"))
    assert (row.internal_date, row.saved_at) == (1_000_000, int(clock.now))
    assert (row.size_octets, row.modseq) == (len(mail()), appended.modseq)
    assert await contents.octets(core, mailbox, row.content_id) == mail()
    after = await folders.get(core, mailbox, "INBOX")
    assert (after.messages, after.unseen, after.octets, after.uid_next) == (1, 0, len(mail()), 2)
    assert after.highest_modseq == appended.modseq > before.highest_modseq
    await assert_counted(core, mailbox)


async def test_concurrent_appends_get_all_uids_once_and_in_order(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    given = await asyncio.gather(*(append(core, mailbox, 3) for _ in range(20)))
    assert sorted(uid for batch in given for uid in batch) == list(range(1, 61))
    assert all(batch == list(range(batch[0], batch[0] + 3)) for batch in given)
    rows = await messages.page(core, mailbox, INBOX, 0, 100)
    assert [row.modseq for row in rows] == sorted(row.modseq for row in rows)
    await assert_counted(core, mailbox)


async def test_uids_never_come_back(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 2)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [1, 2], deleted_only=False)  # type: ignore[list-item]
    assert await append(core, mailbox) == [3]


async def test_the_last_octet_is_given_once(core: Core, make_mailbox: MakeMailbox) -> None:
    size = len(mail("number 0"))
    mailbox = await make_mailbox(Quota(storage_octets=3 * size))
    outcomes = await asyncio.gather(*(append(core, mailbox) for _ in range(8)), return_exceptions=True)
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    assert [type(failure) for failure in failures] == [OverQuota] * 5
    assert {failure.resource for failure in failures if isinstance(failure, OverQuota)} == {"storage"}
    assert await uids(core, mailbox) == [1, 2, 3]
    assert await usage(core, mailbox) == Usage(3 * size, 3, 6)
    await assert_counted(core, mailbox)


async def test_the_last_message_is_given_once(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox(Quota(messages=2))
    await append(core, mailbox)
    with pytest.raises(OverQuota, match="messages"):
        await append(core, mailbox, 2)
    assert await usage(core, mailbox) == Usage(len(mail("number 0")), 1, 6)
    assert await append(core, mailbox) == [2]


async def test_refusals_change_nothing(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    limit = core.settings.limits.message_octets
    with pytest.raises(TooLarge):
        await messages.append(core, ACTOR, mailbox, INBOX, [NewMessage(bytes(limit + 1))])
    with pytest.raises(LimitReached):
        await messages.append(core, ACTOR, mailbox, INBOX, [NewMessage(b"x")] * 1001)
    with pytest.raises(Invalid):
        await messages.append(core, ACTOR, mailbox, INBOX, [NewMessage(b"x", keywords=("a b",))])
    with pytest.raises(LimitReached):
        await messages.append(core, ACTOR, mailbox, INBOX, [NewMessage(b"x", keywords=tuple(map(str, range(65))))])
    with pytest.raises(NotFound, match="folder"):
        await append(core, mailbox, folder_id=FolderId(77))
    with pytest.raises(NotFound, match="mailbox"):
        await append(core, msgspec.structs.replace(mailbox, mailbox_id=999_999))
    assert await uids(core, mailbox) == []
    assert await usage(core, mailbox) == Usage(0, 0, 6)


async def test_a_suspended_mailbox_takes_no_mail(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox(status=Status.SUSPENDED)
    with pytest.raises(Suspended):
        await append(core, mailbox)
    config = shard_mailboxes.ShardConfig(mailbox.mailbox_id, Quota(), Status.ACTIVE, 2)
    await shard_of(core, mailbox).write(shard_mailboxes.configure_mailbox, config)
    assert await append(core, mailbox) == [1]
    older = shard_mailboxes.ShardConfig(mailbox.mailbox_id, Quota(messages=0), Status.SUSPENDED, 1)
    await shard_of(core, mailbox).write(shard_mailboxes.configure_mailbox, older)
    assert await append(core, mailbox) == [2]


async def test_creating_a_mailbox_again_changes_nothing_and_deleting_removes_all(
    core: Core, make_mailbox: MakeMailbox
) -> None:
    mailbox = await make_mailbox()
    await append(core, mailbox, 40)
    shard = shard_of(core, mailbox)
    new = shard_mailboxes.NewShardMailbox(mailbox.mailbox_id, Quota(), Status.ACTIVE, 1, 5, 5)
    await shard.write(shard_mailboxes.create_mailbox, new)
    assert len(await uids(core, mailbox)) == 40
    assert [folder.name for folder in await folders.list_all(core, mailbox)] == [
        "INBOX",
        "Archive",
        "Drafts",
        "Junk",
        "Sent",
        "Trash",
    ]
    while await shard.write(shard_mailboxes.delete_some, mailbox.mailbox_id):
        pass
    assert await folders.list_all(core, mailbox) == []
    with pytest.raises(NotFound, match="mailbox"):
        await append(core, mailbox)
    assert await shard.write(shard_mailboxes.delete_some, mailbox.mailbox_id) is False
