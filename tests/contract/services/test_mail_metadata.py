"""Metadata: set all or nothing, of one user or shared, kept and lost with its folder, within limits, told to others."""

from __future__ import annotations

import asyncio

import pytest

from skrytka.core import Core
from skrytka.errors import AlreadyExists, Invalid, LimitReached, NotFound, NotPermitted, TooLarge, TooManyEntries
from skrytka.model import FolderId, MailboxId, MailboxRef, ModSeq, Role
from skrytka.services import folders, metadata
from skrytka.services.metadata import WHOLE_MAILBOX, Edit
from skrytka.services.shards import shard_of
from skrytka.store.operations import counters
from tests.contract.services.conftest import MakeMailbox, with_limits
from tests.contract.services.mails import ACTOR, INBOX

GUEST = MailboxId(77)


async def put(core: Core, mailbox: MailboxRef, folder_id: FolderId, **entries: bytes | None) -> ModSeq:
    """Keywords are names with ``_`` for ``/``."""
    edit = Edit({f"/{name.replace('_', '/')}": value for name, value in entries.items()})
    return await metadata.put(core, ACTOR, mailbox, mailbox.mailbox_id, folder_id, edit)


async def seen(core: Core, mailbox: MailboxRef, folder_id: FolderId, user: MailboxId | None = None) -> dict[str, bytes]:
    user = user or mailbox.mailbox_id
    sizes = await metadata.sizes(core, mailbox, user, folder_id)
    values = await metadata.values(core, mailbox, user, [folder_id], list(sizes))
    assert sizes == {name: len(value) for (_, name), value in values.items()}
    return {name: value for (_, name), value in values.items()}


async def miscounted(core: Core, mailbox: MailboxRef) -> list[counters.Miscount]:
    return await shard_of(core, mailbox).write(counters.recount, counters.Recount(mailbox.mailbox_id, False))


async def test_private_entries_are_one_users_and_shared_ones_everybodys(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await put(core, mailbox, INBOX, private_comment=b"mine", shared_comment=b"\0\xff ours")
    await metadata.put(core, ACTOR, mailbox, GUEST, INBOX, Edit({"/private/comment": b"his"}))
    assert await seen(core, mailbox, INBOX) == {"/private/comment": b"mine", "/shared/comment": b"\0\xff ours"}
    assert await seen(core, mailbox, INBOX, GUEST) == {"/private/comment": b"his", "/shared/comment": b"\0\xff ours"}
    assert await seen(core, mailbox, WHOLE_MAILBOX) == {}
    await put(core, mailbox, INBOX, private_comment=None, shared_comment=b"", private_other=None)
    assert await seen(core, mailbox, INBOX) == {"/shared/comment": b""}
    assert await miscounted(core, mailbox) == []


async def test_entries_follow_their_folder(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    folder = await folders.create(core, ACTOR, mailbox, "Old")
    await put(core, mailbox, folder.folder_id, private_comment=b"old", shared_gone=b"x")
    await put(core, mailbox, folder.folder_id, shared_gone=None)
    await put(core, mailbox, INBOX, private_comment=b"in")
    await folders.rename(core, ACTOR, mailbox, "Old", "New")
    assert await seen(core, mailbox, folder.folder_id) == {"/private/comment": b"old"}
    await folders.delete(core, ACTOR, mailbox, "New")
    again = await folders.create(core, ACTOR, mailbox, "Old")
    assert await seen(core, mailbox, again.folder_id) == await seen(core, mailbox, folder.folder_id) == {}
    with pytest.raises(NotFound):
        await put(core, mailbox, folder.folder_id, private_comment=b"too late")
    await folders.rename(core, ACTOR, mailbox, "INBOX", "Copy")
    copy = await folders.get(core, mailbox, "Copy")
    assert await seen(core, mailbox, copy.folder_id) == await seen(core, mailbox, INBOX) == {"/private/comment": b"in"}
    assert await miscounted(core, mailbox) == []
    small = with_limits(core, metadata_octets=40)
    with pytest.raises(LimitReached):
        await folders.rename(small, ACTOR, mailbox, "INBOX", "Too much")


async def test_others_leave_half_of_the_room_to_the_owner(core: Core, make_mailbox: MakeMailbox) -> None:
    """Their private entries nobody else can remove."""
    mailbox = await make_mailbox()
    small = with_limits(core, metadata_octets=100)
    for name in ("/private/a", "/shared/a"):
        with pytest.raises(LimitReached):
            await metadata.put(small, ACTOR, mailbox, GUEST, INBOX, Edit({name: b"." * 42}))
    await metadata.put(small, ACTOR, mailbox, GUEST, INBOX, Edit({"/private/a": b"." * 40}))
    await put(small, mailbox, WHOLE_MAILBOX, private_a=b"." * 40)
    with pytest.raises(LimitReached):
        await metadata.put(small, ACTOR, mailbox, GUEST, INBOX, Edit({"/private/b": b""}))
    await metadata.put(small, ACTOR, mailbox, GUEST, INBOX, Edit({"/private/a": b"less"}))
    assert await miscounted(core, mailbox) == []


async def test_what_does_not_fit_changes_nothing(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    small = with_limits(core, metadata_entries=2, metadata_entry_octets=10, metadata_octets=60, metadata_name_octets=16)
    await put(small, mailbox, INBOX, private_a=b"1", shared_b=b"2")
    with pytest.raises(TooManyEntries):
        await put(small, mailbox, INBOX, private_a=b"3", private_c=b"4")
    with pytest.raises(TooLarge, match="larger than 10 octets"):
        await put(small, mailbox, INBOX, private_a=b"3", shared_b=b"x" * 11)
    with pytest.raises(LimitReached, match="at most 16 octets"):
        await put(small, mailbox, WHOLE_MAILBOX, private_longlongl=b"")
    with pytest.raises(LimitReached, match="at most 60 octets"):
        await put(small, mailbox, WHOLE_MAILBOX, private_c=b"x" * 10, private_d=b"x" * 10)
    assert await seen(core, mailbox, INBOX) == {"/private/a": b"1", "/shared/b": b"2"}
    assert await seen(core, mailbox, WHOLE_MAILBOX) == {}
    await put(small, mailbox, INBOX, private_a=None, private_c=b"5")
    assert await seen(core, mailbox, INBOX) == {"/private/c": b"5", "/shared/b": b"2"}
    assert await miscounted(core, mailbox) == []


async def test_of_many_at_once_as_many_get_in_as_there_is_room_for(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    small = with_limits(core, metadata_entries=3)
    outcomes = await asyncio.gather(
        *(put(small, mailbox, INBOX, **{f"private_{number}": b"x"}) for number in range(8)), return_exceptions=True
    )
    assert [type(one) for one in outcomes if isinstance(one, BaseException)] == [TooManyEntries] * 5
    assert len(await seen(core, mailbox, INBOX)) == 3
    assert await miscounted(core, mailbox) == []


async def test_a_limit_that_was_lowered_lets_go_of_what_is_there(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await put(core, mailbox, INBOX, private_a=b"1" * 50, private_b=b"2", private_c=b"3")
    small = with_limits(core, metadata_entries=1, metadata_octets=20)
    await put(small, mailbox, INBOX, private_a=b"less", private_b=None)
    assert await seen(core, mailbox, INBOX) == {"/private/a": b"less", "/private/c": b"3"}
    with pytest.raises(LimitReached):
        await put(small, mailbox, INBOX, private_a=b"more than that")


async def test_changes_are_told_in_order_and_removals_too(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    user, since = mailbox.mailbox_id, await metadata.last_modseq(core, mailbox)
    first = await put(core, mailbox, INBOX, shared_b=b"1", private_a=b"1")
    await metadata.put(core, ACTOR, mailbox, GUEST, INBOX, Edit({"/private/his": b"secret"}))
    last = await put(core, mailbox, WHOLE_MAILBOX, private_c=b"1")
    assert last == await metadata.last_modseq(core, mailbox)
    found = await metadata.changes(core, mailbox, user, since)
    assert [(one.modseq, one.folder, one.entry) for one in found] == [
        (first, "INBOX", "/shared/b"),
        (first, "INBOX", "/private/a"),
        (last, None, "/private/c"),
    ]
    assert await metadata.changes(core, mailbox, user, since, found[1]) == found[2:]
    assert await metadata.changes(core, mailbox, user, last) == []
    gone = await put(core, mailbox, INBOX, shared_b=None, shared_never=None)
    assert [(one.modseq, one.entry) for one in await metadata.changes(core, mailbox, user, last)] == [
        (gone, "/shared/b")
    ]


async def test_of_many_removed_entries_the_oldest_are_forgotten(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    small = with_limits(core, metadata_entries=2)
    for name in ("private_a", "private_b", "private_c", "private_d"):
        await put(small, mailbox, INBOX, **{name: b"1"})
        await put(small, mailbox, INBOX, **{name: None})
    found = await metadata.changes(core, mailbox, mailbox.mailbox_id, ModSeq(0))
    assert [one.entry for one in found] == ["/private/c", "/private/d"]


async def test_a_role_goes_with_an_edit_or_not_at_all(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    bin_ = await folders.create(core, ACTOR, mailbox, "Bin")
    entries = {"/private/comment": b"where it goes"}
    user = mailbox.mailbox_id
    with pytest.raises(AlreadyExists):
        await metadata.put(core, ACTOR, mailbox, user, bin_.folder_id, Edit(entries, (Role.TRASH,)))
    assert await seen(core, mailbox, bin_.folder_id) == {}
    trash = await folders.get_by_role(core, mailbox, Role.TRASH)
    await metadata.put(core, ACTOR, mailbox, user, trash.folder_id, Edit({}, (None,), ("/private/specialuse",)))
    await metadata.put(core, ACTOR, mailbox, user, bin_.folder_id, Edit(entries, (Role.TRASH,)))
    assert (await folders.get_by_role(core, mailbox, Role.TRASH)).name == "Bin"
    await metadata.put(core, ACTOR, mailbox, user, bin_.folder_id, Edit({}, (Role.TRASH,)))
    found = await metadata.changes(core, mailbox, user, ModSeq(0))
    assert [(one.folder, one.entry) for one in found] == [("Trash", "/private/specialuse"), ("Bin", "/private/comment")]
    with pytest.raises(NotPermitted):
        await metadata.put(core, ACTOR, mailbox, user, INBOX, Edit({}, (None,)))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "comment",
        "/comment",
        "/private",
        "/private/",
        "/privates/a",
        "/private//a",
        "/private/a/",
        "/shared/vendor",
        "/shared/vendor/kolab",
        "/private/a*",
        "/private/%",
        "/private/\x19",
        "/private/ż",
        "/private/\u212a",
    ],
)
def test_names_that_can_never_be(name: str) -> None:
    with pytest.raises(Invalid):
        metadata.normalised(name)


def test_names_are_compared_without_case() -> None:
    assert metadata.normalised("/Shared/Vendor/Kolab/Folder-Type") == "/shared/vendor/kolab/folder-type"
    assert metadata.normalised("/private/a b]~") == "/private/a b]~"
    assert metadata.normalised("/PRIVATE", for_reading=True) == "/private"
    assert metadata.normalised("/shared/vendor/kolab", for_reading=True) == "/shared/vendor/kolab"
