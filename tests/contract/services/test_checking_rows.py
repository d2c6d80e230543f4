"""``skrytka check`` on damage that makes mail unreadable or deliveries fail."""

from __future__ import annotations

import random

import pytest

from skrytka.core import Core
from skrytka.errors import Unavailable
from skrytka.model import ContentId, FlagChange, Flags, Mailbox, NewMessage, Quota, Role, Seen, Status, Uid
from skrytka.services import (
    aliases,
    checking,
    contents,
    domains,
    folders,
    indexing,
    mailboxes,
    messages,
    metadata,
    views,
)
from skrytka.services.checking import Finding
from skrytka.services.mailboxes import MailboxChange
from skrytka.store.operations import shard_mailboxes
from tests.contract.provisioning import ADMIN, add_messages, make_mailbox, vary
from tests.contract.services.damaging import damage, mended, on_shard
from tests.contract.services.mails import INBOX, blob_keys

ANN = "ann@example.org"


@pytest.fixture
async def ann(core: Core) -> Mailbox:
    mailbox = await make_mailbox(vary(core))
    await add_messages(core, mailbox, 3)
    return mailbox


async def test_numbers_in_use(core: Core, ann: Mailbox) -> None:
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    await messages.expunge(core, ADMIN, ann.ref, inbox.folder_id, [Uid(3)], deleted_only=False)
    modseq = (await folders.get_by_role(core, ann.ref, Role.INBOX)).highest_modseq
    await on_shard(core, ann, "UPDATE folder SET uid_next = 2, highest_modseq = 1 WHERE folder_id = 1")
    await on_shard(
        core, ann, "UPDATE mailbox SET modseq = 1, next_content_id = 2, next_folder_id = 3, next_uid_validity = 1"
    )
    highest = max(folder.uid_validity for folder in await folders.list_all(core, ann.ref))
    numbers = {
        "folder 1: uid_next is 2, needs 4",
        f"folder 1: highest_modseq is 1, needs {modseq}",
        f"mailbox: modseq is 1, needs {modseq}",
        "mailbox: next_folder_id is 3, needs 7",
        "mailbox: next_content_id is 2, needs 4",
        f"mailbox: next_uid_validity is 1, needs {highest + 1}",
    }
    found = await checking.check(core, repair=True)
    assert {(one.kind, one.where, one.repaired) for one in found} == {("number in use", ANN, True)}
    assert {one.detail for one in found} == numbers
    assert await checking.check(core, repair=False) == []
    assert (await add_messages(core, ann, 1))[1] == [4]
    await folders.create(core, ADMIN, ann.ref, "New")


async def test_limits_that_the_shard_did_not_learn_of(core: Core, ann: Mailbox) -> None:
    """A shard restored from a backup: suspended stays open."""
    await mailboxes.put(core, ADMIN, ANN, MailboxChange(status=Status.SUSPENDED))
    await on_shard(core, ann, "UPDATE mailbox SET status = 'active', config_version = 1")
    await mended(core, Finding("outdated limits", ANN, f"version 1 on {ann.ref.shard}, 2 in the directory"))
    config = await core.shards[ann.ref.shard].read(shard_mailboxes.config, ann.ref.mailbox_id)
    assert config == shard_mailboxes.ShardConfig(ann.ref.mailbox_id, Quota(), Status.SUSPENDED, 2)


async def test_limits_of_a_directory_that_was_restored(core: Core, ann: Mailbox) -> None:
    await on_shard(core, ann, "UPDATE mailbox SET quota_octets = 1, config_version = 9")
    await mended(core, Finding("outdated limits", ANN, f"version 9 on {ann.ref.shard}, 1 in the directory"))
    await mailboxes.put(core, ADMIN, ANN, MailboxChange(status=Status.SUSPENDED))
    assert await checking.check(core, repair=False) == []


async def test_limits_that_are_still_to_be_told_are_none_of_its_business(core: Core, ann: Mailbox) -> None:
    await core.directory.write(damage, "UPDATE mailbox SET version = 5, pending = 1")
    assert await checking.check(core, repair=False) == []


async def test_marks_of_messages_and_readers_that_are_not_there(core: Core, ann: Mailbox) -> None:
    """\\Seen of somebody else's, which must not count, and keep the numbers that they have."""
    bob, cid = [(await make_mailbox(vary(core), f"{name}@example.org")).ref.mailbox_id for name in ("bob", "cid")]
    await mailboxes.put(core, ADMIN, ANN, MailboxChange(seen=Seen.PRIVATE))
    every = [Uid(1), Uid(2), Uid(3)]
    for reader in (bob, cid):
        stored = await messages.store_flags(core, ADMIN, ann.ref, INBOX, every, FlagChange("add", Flags.SEEN), reader)
    assert await checking.check(core, repair=False) == []
    await on_shard(core, ann, "UPDATE folder SET highest_modseq = 1 WHERE folder_id = 1")
    needed = f"folder 1: highest_modseq is 1, needs {stored.modseq}"
    await mended(core, Finding("number in use", ANN, needed))
    await messages.expunge(core, ADMIN, ann.ref, INBOX, [Uid(3)], deleted_only=False)
    again = (
        "INSERT INTO seen_mark SELECT mailbox_id, folder_id, 3, reader_id, seen, modseq FROM seen_mark WHERE uid = 1"
    )
    await on_shard(core, ann, again)
    assert await messages.count_unseen(core, ann.ref, INBOX, bob) == -1
    await mended(core, Finding("mark without message", ANN, "folder 1, 2 marks"))
    assert await messages.count_unseen(core, ann.ref, INBOX, bob) == 0
    await mailboxes.delete(core, ADMIN, "cid@example.org")
    await mended(core, Finding("marks of nobody", ANN, f"of mailbox {cid}"))


async def test_whose_seen_it_is_after_a_restore(core: Core, ann: Mailbox) -> None:
    bob = (await make_mailbox(vary(core), "bob@example.org")).ref.mailbox_id
    await mailboxes.put(core, ADMIN, ANN, MailboxChange(seen=Seen.PRIVATE))
    await on_shard(core, ann, "UPDATE mailbox SET private_seen = 0, config_version = 1")
    await mended(core, Finding("outdated limits", ANN, f"version 1 on {ann.ref.shard}, 2 in the directory"))
    await messages.store_flags(core, ADMIN, ann.ref, INBOX, [Uid(1)], FlagChange("add", Flags.SEEN), bob)
    assert [row.flags for row in await messages.page(core, ann.ref, INBOX, 0, 9)] == [0, 0, 0]
    assert list((await views.current(core, ann.ref, INBOX, bob)).flags) == [1, 0, 0]


async def test_messages_of_a_folder_that_is_not_there(core: Core, ann: Mailbox) -> None:
    await on_shard(core, ann, "UPDATE message SET folder_id = 99 WHERE uid > 1")
    found = await checking.check(core, repair=True)
    assert Finding("message without folder", ANN, "folder 99, 2 messages") in found
    assert Finding("message without folder", ANN, "folder 99, 2 messages") in await checking.check(core, repair=False)


async def test_folders_that_are_being_removed_are_sound(core: Core, ann: Mailbox) -> None:
    await add_messages(core, ann, 2, Role.SENT)
    await folders.delete(core, ADMIN, ann.ref, "Sent")
    assert await checking.check(core, repair=False) == []


async def test_expunges_that_keep_what_is_not_there(core: Core, ann: Mailbox) -> None:
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    row = await messages.row(core, ann.ref, inbox.folder_id, Uid(2))
    await messages.expunge(core, ADMIN, ann.ref, inbox.folder_id, [Uid(2)], deleted_only=False)
    for table in ("content", "header", "body", "rendition"):
        await on_shard(core, ann, f"DELETE FROM {table} WHERE content_id = {row.content_id}")
    await mended(core, Finding("expunge without content", ANN, "1 expunged messages"))


async def test_renditions_that_cannot_be_stored(core: Core, ann: Mailbox) -> None:
    await on_shard(core, ann, "DELETE FROM rendition WHERE content_id = 2")
    await mended(core, Finding("content without renditions", ANN, "content 2"))


async def test_aliases_of_nobody(core: Core, ann: Mailbox) -> None:
    await aliases.put(core, ADMIN, ANN, "info@example.org")
    await core.directory.write(damage, "UPDATE alias SET mailbox_id = 99")
    await mended(core, Finding("alias without mailbox", "info@example.org", "its mailbox is not there"))
    assert (await domains.get(core, "example.org")).name == "example.org"
    await aliases.put(core, ADMIN, ANN, "info@example.org")


async def test_a_deletion_that_nobody_goes_on_with(core: Core, ann: Mailbox) -> None:
    await core.directory.write(
        damage, "UPDATE mailbox SET former_address = address, address = NULL, state = 'deleting'"
    )
    await core.directory.write(damage, "UPDATE domain SET addresses = 0")
    where = f"{ann.ref.shard}:{ann.ref.mailbox_id}"
    await mended(core, Finding("mailbox half done", where, "deleting"))
    assert await core.shards[ann.ref.shard].read(shard_mailboxes.config, ann.ref.mailbox_id) is None


async def test_a_header_that_is_gone(core: Core, ann: Mailbox) -> None:
    await on_shard(core, ann, "DELETE FROM header WHERE content_id = 2")
    assert await checking.check(core, repair=True) == [Finding("content without octets", ANN, "content 2")]
    with pytest.raises(Unavailable):
        await contents.octets(core, ann.ref, ContentId(2))


@pytest.mark.parametrize("octets", [b"", b"half", None])
async def test_a_blob_that_is_damaged(core: Core, ann: Mailbox, octets: bytes | None) -> None:
    """``None``: as long as before, with other octets."""
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    mail = b"Subject: large\r\n\r\n" + random.Random(1).randbytes(100_000).hex().encode()
    await messages.append(core, ADMIN, ann.ref, inbox.folder_id, [NewMessage(mail)])
    (key,) = await blob_keys(core)
    packed = await core.blobs.get(key)
    assert await checking.check(core, repair=False, deep=True) == []
    await core.blobs.delete(key, 2**40)
    await core.blobs.put(key, packed[:-8] + b"\0" * 8 if octets is None else octets)
    assert await checking.check(core, repair=False) == []
    found = Finding("content cannot be read", ANN, f"content 4, blob {key}")
    assert await checking.check(core, repair=True, deep=True) == [found]


async def test_a_small_body_that_is_damaged(core: Core, ann: Mailbox) -> None:
    await on_shard(
        core, ann, "UPDATE body SET data = (SELECT data FROM body WHERE content_id = 1) WHERE content_id = 2"
    )
    assert await checking.check(core, repair=False) == []
    found = Finding("content cannot be read", ANN, "content 2")
    assert await checking.check(core, repair=False, deep=True) == [found]


@pytest.mark.parametrize(
    ("sql", "wrong"),
    [
        ("UPDATE search_segment SET filter = left_out", "no filter"),
        ("UPDATE search_header SET data = (SELECT filter FROM search_segment)", "no frame of this version"),
        (
            "UPDATE search_body SET data = (SELECT data FROM search_header)",
            "no frame of this version",
        ),
        ("DELETE FROM search_body", "no frame of this version"),
    ],
)
async def test_a_search_index_that_is_damaged(core: Core, ann: Mailbox, sql: str, wrong: str) -> None:
    await indexing.index_all(core, 1)
    assert await checking.check(core, repair=False, deep=True) == []
    await on_shard(core, ann, sql)
    await mended(core, Finding("search index", ANN, f"contents 1 to 3: {wrong}"))
    assert await indexing.index_all(core, 2) == 1


async def test_a_search_index_that_names_what_is_gone(core: Core, ann: Mailbox) -> None:
    await indexing.index_all(core, 1)
    await on_shard(core, ann, "UPDATE content SET content_id = 4 WHERE content_id = 3")
    found = await checking.check(core, repair=True)
    wrong = Finding("search index", ANN, "contents 1 to 3: other contents are there", True)
    assert found[-1] == wrong
    assert wrong not in await checking.check(core, repair=True)


async def test_metadata_of_a_folder_that_is_not_there_and_its_octets(core: Core, ann: Mailbox) -> None:
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    sent = await folders.get_by_role(core, ann.ref, Role.SENT)
    for folder in (inbox, sent):
        edit = metadata.Edit({"/private/comment": b"mine"})
        await metadata.put(core, ADMIN, ann.ref, ann.ref.mailbox_id, folder.folder_id, edit)
    await mended(core)
    await on_shard(core, ann, "UPDATE metadata SET folder_id = 99 WHERE folder_id = 1")
    await on_shard(core, ann, "UPDATE mailbox SET metadata_octets = 39, modseq = 1")
    found = await checking.check(core, repair=True)
    assert Finding("metadata without folder", ANN, "folder 99, 1 entries", True) in found
    assert Finding("counter", ANN, "mailbox: metadata_octets is 19, counted 20", True) in found
    assert await checking.check(core, repair=False) == []
    assert await metadata.last_modseq(core, ann.ref) > 1
    assert await metadata.sizes(core, ann.ref, ann.ref.mailbox_id, sent.folder_id) == {"/private/comment": 4}
