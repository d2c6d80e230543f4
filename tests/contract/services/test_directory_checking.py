"""``skrytka check`` finds each kind of damage and mends what can be mended."""

from __future__ import annotations

import random

import pytest

from skrytka.core import Core
from skrytka.model import Mailbox, MailboxId, NewMessage, Quota, Role, Status, Uid
from skrytka.services import checking, contents, folders, mailboxes, messages
from skrytka.services.checking import Finding
from skrytka.store.operations import shard_mailboxes
from skrytka.store.operations.shard_mailboxes import NewShardMailbox
from tests.contract.provisioning import ADMIN, add_messages, make_mailbox, uids_of, vary
from tests.contract.services.damaging import damage, mended, on_shard


@pytest.fixture
async def ann(core: Core) -> Mailbox:
    mailbox = await make_mailbox(vary(core))
    await add_messages(core, mailbox, 3)
    return mailbox


async def test_a_sound_store(core: Core, ann: Mailbox) -> None:
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    await messages.expunge(core, ADMIN, ann.ref, inbox.folder_id, [Uid(3)], deleted_only=False)
    await add_messages(core, ann, 2, Role.SENT)
    assert await checking.check(core, repair=False) == []


async def test_counters(core: Core, ann: Mailbox) -> None:
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    await on_shard(core, ann, "UPDATE folder SET messages = 7 WHERE role = 'inbox'")
    await on_shard(core, ann, "UPDATE mailbox SET used_messages = 4")
    await mended(
        core,
        Finding("counter", "ann@example.org", f"folder {inbox.folder_id}: messages is 7, counted 3"),
        Finding("counter", "ann@example.org", "mailbox: used_messages is 4, counted 3"),
    )
    assert (await folders.get_by_role(core, ann.ref, Role.INBOX)).messages == 3


async def test_domain_counts(core: Core, ann: Mailbox) -> None:
    await core.directory.write(damage, "UPDATE domain SET addresses = 9")
    await mended(core, Finding("domain addresses", "example.org", "counted as 9, really 1"))


async def test_a_content_without_message(core: Core, ann: Mailbox) -> None:
    row = await messages.row(core, ann.ref, (await folders.get_by_role(core, ann.ref, Role.INBOX)).folder_id, Uid(2))
    await on_shard(core, ann, "DELETE FROM message WHERE uid = 2")
    await checking.check(core, repair=False)
    found = await checking.check(core, repair=True)
    assert Finding("content without message", "ann@example.org", f"content {row.content_id}", True) in found
    assert await checking.check(core, repair=False) == []
    assert await uids_of(core, ann, Role.INBOX) == [1, 3]


async def test_a_message_without_content_is_only_reported(core: Core, ann: Mailbox) -> None:
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    row = await messages.row(core, ann.ref, inbox.folder_id, Uid(2))
    await on_shard(core, ann, f"DELETE FROM content WHERE content_id = {row.content_id}")
    lost = Finding("message without content", "ann@example.org", f"folder {inbox.folder_id}, UID 2")
    assert await checking.check(core, repair=True) == [lost]
    assert await checking.check(core, repair=False) == [lost]
    assert await uids_of(core, ann, Role.INBOX) == [1, 2, 3]


async def test_octets_and_blobs_that_are_gone(core: Core, ann: Mailbox) -> None:
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    small = await messages.row(core, ann.ref, inbox.folder_id, Uid(1))
    octets = b"Subject: large\r\n\r\n" + random.Random(1).randbytes(200_000)
    large = await messages.append(core, ADMIN, ann.ref, inbox.folder_id, [NewMessage(octets)])
    row = await messages.row(core, ann.ref, inbox.folder_id, large.uids[0])
    assert await contents.octets(core, ann.ref, row.content_id) == octets
    assert await checking.check(core, repair=False) == []
    (key,) = [key async for key, _ in core.blobs.keys()]  # noqa: SIM118 - not a dict
    await core.blobs.delete(key, 2**40)
    await on_shard(core, ann, f"DELETE FROM body WHERE content_id = {small.content_id}")
    assert await checking.check(core, repair=True) == [
        Finding("content without octets", "ann@example.org", f"content {small.content_id}"),
        Finding("missing blob", "ann@example.org", f"content {row.content_id}, blob {key}"),
    ]


async def test_a_mailbox_that_is_not_on_its_shard(core: Core) -> None:
    mailbox = await make_mailbox(vary(core))
    assert not await core.shards[mailbox.ref.shard].write(shard_mailboxes.delete_some, mailbox.ref.mailbox_id)
    await mended(core, Finding("mailbox not on its shard", "ann@example.org", mailbox.ref.shard))
    assert len(await folders.list_all(core, mailbox.ref)) == 6


async def test_mailboxes_that_the_directory_does_not_know(core: Core, ann: Mailbox) -> None:
    shard = next(iter(core.shards))
    new = NewShardMailbox(MailboxId(1_000), Quota(), Status.ACTIVE, 1, 0, 1)
    await core.shards[shard].write(shard_mailboxes.create_mailbox, new)
    await mended(core, Finding("mailbox not in the directory", f"{shard}:1000", "0 messages, 0 octets"))


async def test_mail_that_the_directory_does_not_know_is_kept(core: Core, ann: Mailbox) -> None:
    octets = (await mailboxes.usage(core, ann.ref)).storage_octets
    await core.directory.write(damage, "DELETE FROM mailbox")
    await core.directory.write(damage, "UPDATE domain SET addresses = 0")
    where = f"{ann.ref.shard}:{ann.ref.mailbox_id}"
    lost = Finding("mailbox not in the directory", where, f"3 messages, {octets} octets")
    assert await checking.check(core, repair=True) == [lost]
    assert await uids_of(core, ann, Role.INBOX) == [1, 2, 3]
