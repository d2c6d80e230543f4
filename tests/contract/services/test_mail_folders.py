"""Folders: names, roles, renaming, deleting, subscriptions, ``\\Recent``."""

from __future__ import annotations

import asyncio

import pytest

from skrytka.core import Core
from skrytka.errors import AlreadyExists, Invalid, LimitReached, NotFound, NotPermitted
from skrytka.model import MailboxRef, Role, Uid
from skrytka.services import folders, messages, views
from tests.contract.services.conftest import MakeMailbox, with_limits
from tests.contract.services.mails import ACTOR, INBOX, append, assert_counted, uids

DEFAULT = ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"]


async def names(core: Core, mailbox: MailboxRef) -> list[str]:
    return [folder.name for folder in await folders.list_all(core, mailbox)]


async def test_a_new_mailbox_has_its_folders_subscribed(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    assert await names(core, mailbox) == DEFAULT
    assert await folders.subscriptions(core, mailbox) == sorted(DEFAULT)
    assert (await folders.get_by_role(core, mailbox, Role.TRASH)).name == "Trash"
    assert (await folders.get_by_role(core, mailbox, Role.INBOX)).folder_id == INBOX


async def test_create_makes_superior_folders(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    made = await folders.create(core, ACTOR, mailbox, "Projects/2026/Żółw")
    assert made.name == "Projects/2026/Żółw"
    assert (await folders.get(core, mailbox, "Projects/2026/Żółw")) == made
    await folders.create(core, ACTOR, mailbox, "inbox/Lists")
    assert await names(core, mailbox) == sorted(
        [*DEFAULT, "INBOX/Lists", "Projects", "Projects/2026", "Projects/2026/Żółw"],
        key=lambda name: (name != "INBOX", name),
    )
    validities = [folder.uid_validity for folder in await folders.list_all(core, mailbox)]
    assert len(set(validities)) == len(validities)
    with pytest.raises(AlreadyExists):
        await folders.create(core, ACTOR, mailbox, "Projects")
    with pytest.raises(AlreadyExists):
        await folders.create(core, ACTOR, mailbox, "InBox")
    await assert_counted(core, mailbox)


async def test_roles_are_held_once(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    with pytest.raises(AlreadyExists):
        await folders.create(core, ACTOR, mailbox, "Bin", Role.TRASH)
    await folders.delete(core, ACTOR, mailbox, "Trash")
    with pytest.raises(NotFound):
        await folders.get_by_role(core, mailbox, Role.TRASH)
    assert (await folders.create(core, ACTOR, mailbox, "Bin", Role.TRASH)).role is Role.TRASH
    await folders.rename(core, ACTOR, mailbox, "Bin", "Papierkorb")
    assert (await folders.get_by_role(core, mailbox, Role.TRASH)).name == "Papierkorb"


@pytest.mark.parametrize("name", ["", "/", "a/", "/a", "a//b", "a\x00b", "a\nb", "x" * 513, "\ud800"])
async def test_names_that_can_never_be(core: Core, make_mailbox: MakeMailbox, name: str) -> None:
    mailbox = await make_mailbox()
    with pytest.raises(Invalid):
        await folders.create(core, ACTOR, mailbox, name)


async def test_limits(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    small = with_limits(core, folders=8, folder_depth=3)
    with pytest.raises(LimitReached):
        await folders.create(small, ACTOR, mailbox, "a/b/c/d")
    with pytest.raises(LimitReached):
        await folders.create(small, ACTOR, mailbox, "a/b/c")
    await folders.create(small, ACTOR, mailbox, "a/b")
    with pytest.raises(LimitReached):
        await folders.rename(small, ACTOR, mailbox, "a", "b/c")
    with pytest.raises(LimitReached):
        await folders.subscribe(with_limits(core, folders=6), ACTOR, mailbox, "one more")
    assert await names(core, mailbox) == ["INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash", "a", "a/b"]


async def test_rename_takes_children_along(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    child = await folders.create(core, ACTOR, mailbox, "a/b/c")
    await folders.create(core, ACTOR, mailbox, "ab")
    await append(core, mailbox, 2, child.folder_id)
    await folders.rename(core, ACTOR, mailbox, "a", "x/y")
    assert (await names(core, mailbox))[6:] == ["ab", "x", "x/y", "x/y/b", "x/y/b/c"]
    renamed = await folders.get(core, mailbox, "x/y/b/c")
    assert (renamed.folder_id, renamed.uid_validity) == (child.folder_id, child.uid_validity)
    await folders.rename(core, ACTOR, mailbox, "x/y", "x/y2")
    await folders.rename(core, ACTOR, mailbox, "x/y2/b", "b")
    assert (await names(core, mailbox))[6:] == ["ab", "b", "b/c", "x", "x/y2"]
    await assert_counted(core, mailbox)


async def test_a_child_may_take_the_name_of_what_is_renamed(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await folders.create(core, ACTOR, mailbox, "a/b/b/b")
    await folders.delete(core, ACTOR, mailbox, "a")
    await folders.rename(core, ACTOR, mailbox, "a/b", "a")
    assert (await names(core, mailbox))[6:] == ["a", "a/b", "a/b/b"]


async def test_refused_renames(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await folders.create(core, ACTOR, mailbox, "a/b")
    await folders.create(core, ACTOR, mailbox, "c/b")
    for old, new, error in (
        ("nothing", "x", NotFound),
        ("a", "Sent", AlreadyExists),
        ("a", "inbox", AlreadyExists),
        ("a", "a", AlreadyExists),
        ("a", "a/b/c", NotPermitted),
        ("INBOX", "Sent", AlreadyExists),
        ("a", "b//c", Invalid),
    ):
        with pytest.raises(error):
            await folders.rename(core, ACTOR, mailbox, old, new)
    await folders.delete(core, ACTOR, mailbox, "c")
    with pytest.raises(AlreadyExists, match="c/b"):
        await folders.rename(core, ACTOR, mailbox, "a", "c")
    assert (await names(core, mailbox))[6:] == ["a", "a/b", "c/b"]


async def test_renaming_inbox_moves_its_mail(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await folders.create(core, ACTOR, mailbox, "INBOX/Lists")
    await append(core, mailbox, 5)
    await messages.expunge(core, ACTOR, mailbox, INBOX, [Uid(2)], deleted_only=False)
    await folders.rename(core, ACTOR, mailbox, "INBOX", "Old/Mail")
    inbox = await folders.get(core, mailbox, "INBOX")
    assert (inbox.folder_id, inbox.role, inbox.messages, inbox.uid_next) == (INBOX, Role.INBOX, 0, 6)
    old = await folders.get(core, mailbox, "Old/Mail")
    assert await uids(core, mailbox, old.folder_id) == [1, 2, 3, 4]
    assert (await folders.get(core, mailbox, "INBOX/Lists")).role is None
    assert await append(core, mailbox) == [6]
    await assert_counted(core, mailbox)


async def test_deleting(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    made = await folders.create(core, ACTOR, mailbox, "a/b")
    parent = await folders.get(core, mailbox, "a")
    await append(core, mailbox, 2, parent.folder_id)
    await views.current(core, mailbox, parent.folder_id)
    await folders.delete(core, ACTOR, mailbox, "a")
    assert (await names(core, mailbox))[6:] == ["a/b"]
    assert (await folders.get_by_id(core, mailbox, made.folder_id)).name == "a/b"
    with pytest.raises(NotFound):
        await views.current(core, mailbox, parent.folder_id)
    with pytest.raises(NotFound):
        await append(core, mailbox, 1, parent.folder_id)
    with pytest.raises(NotFound):
        await folders.delete(core, ACTOR, mailbox, "a")
    with pytest.raises(NotPermitted):
        await folders.delete(core, ACTOR, mailbox, "inbox")
    await assert_counted(core, mailbox)


async def test_uid_validity_never_comes_back_for_a_name(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    seen = set()
    for _ in range(5):
        seen.add((await folders.create(core, ACTOR, mailbox, "again")).uid_validity)
        await folders.delete(core, ACTOR, mailbox, "again")
    await folders.create(core, ACTOR, mailbox, "other")
    await folders.rename(core, ACTOR, mailbox, "other", "again")
    seen.add((await folders.get(core, mailbox, "again")).uid_validity)
    assert len(seen) == 6


async def test_subscriptions_are_names_not_folders(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    await folders.subscribe(core, ACTOR, mailbox, "not/yet")
    await folders.subscribe(core, ACTOR, mailbox, "not/yet")
    await folders.unsubscribe(core, ACTOR, mailbox, "Junk")
    await folders.unsubscribe(core, ACTOR, mailbox, "never was")
    await folders.delete(core, ACTOR, mailbox, "Sent")
    assert await folders.subscriptions(core, mailbox) == ["Archive", "Drafts", "INBOX", "Sent", "Trash", "not/yet"]


async def test_recent_is_claimed_once(core: Core, make_mailbox: MakeMailbox) -> None:
    mailbox = await make_mailbox()
    assert await folders.claim_recent(core, mailbox, INBOX) == range(1, 1)
    await append(core, mailbox, 3)
    claims = await asyncio.gather(*(folders.claim_recent(core, mailbox, INBOX) for _ in range(4)))
    assert [claim for claim in claims if claim] == [range(1, 4)]
    await append(core, mailbox, 1)
    assert await folders.claim_recent(core, mailbox, INBOX) == range(4, 5)
    assert await folders.claim_recent(core, mailbox, INBOX) == range(5, 5)
