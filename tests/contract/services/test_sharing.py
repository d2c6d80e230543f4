"""Folders of others: what rights add up to, how they are found, and what a crash or a new owner of an address leaves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from skrytka import rights
from skrytka.core import Core
from skrytka.errors import Invalid, LimitReached, NotFound, NotPermitted
from skrytka.model import AclEntry, MailboxRef, Namespace, Status
from skrytka.services import acl, aliases, checking, domains, folders, mailboxes, sharing
from skrytka.services.checking import Finding
from skrytka.services.mailboxes import MailboxChange
from skrytka.services.shards import shard_of
from skrytka.store.interface import Tx
from skrytka.store.operations import acl as operations
from skrytka.store.operations import grants
from tests.contract.provisioning import ADMIN, Clock, make_mailbox, vary
from tests.contract.services.conftest import with_limits
from tests.contract.services.damaging import damage, mended


@pytest.fixture
async def ann(core: Core) -> MailboxRef:
    return (await make_mailbox(core, "ann@example.org")).ref


@pytest.fixture
async def bob(core: Core, ann: MailboxRef) -> MailboxRef:
    return (await make_mailbox(core, "bob@example.org")).ref


MANY = 1_000


async def give(core: Core, mailbox: MailboxRef, identifier: str, letters: str, name: str = "INBOX") -> None:
    folder = await folders.get(core, mailbox, name)
    await acl.change(core, ADMIN, mailbox, folder.folder_id, identifier, rights.parse(letters), "replace")


async def names(core: Core, reader: MailboxRef) -> list[tuple[str, str, str]]:
    found = [shared async for some in sharing.visible(core, reader, set(Namespace), MANY) for shared in some]
    return [(one.mailbox.address, one.folder.name, rights.letters(one.rights)) for one in found]


async def told(core: Core, reader: MailboxRef, owner: str = "ann@example.org", name: str = "INBOX") -> str:
    return rights.letters((await sharing.find(core, reader, Namespace.OTHERS, owner, name)).rights)


async def test_rights_add_up_and_negative_ones_take_away(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    assert await told(core, bob) == ""
    await give(core, ann, "anyone", "lrs")
    await give(core, ann, "bob@example.org", "iw")
    assert await told(core, bob) == "lrswi"
    await give(core, ann, "-bob@example.org", "sw")
    assert await told(core, bob) == "lri"
    await give(core, ann, "-anyone", "i")
    assert await told(core, bob) == "lr"
    await give(core, ann, "anyone", "")
    assert await told(core, bob) == ""


async def test_who_has_rights_to_a_folder_has_none_to_another_that_takes_its_name(core: Core, ann: MailboxRef) -> None:
    """The owner may put another there between the look at the rights and the deed."""
    old = await folders.create(core, ADMIN, ann, "Old")
    await folders.rename(core, ADMIN, ann, "Old", "Kept")
    new = await folders.create(core, ADMIN, ann, "Old")
    with pytest.raises(NotFound):
        await folders.delete(core, ADMIN, ann, "Old", old.folder_id)
    with pytest.raises(NotFound):
        await folders.rename(core, ADMIN, ann, "Old", "Moved", old.folder_id)
    assert {"Kept", "Old"} < {folder.name for folder in await folders.list_all(core, ann)}
    await folders.rename(core, ADMIN, ann, "Old", "Moved", new.folder_id)
    await folders.delete(core, ADMIN, ann, "Moved", new.folder_id)
    assert (await folders.get(core, ann, "Kept")).folder_id == old.folder_id


async def test_no_more_folders_are_read_than_are_wanted(
    core: Core, ann: MailboxRef, bob: MailboxRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever shares millions with somebody does not fill his server's memory; the index of grants stays as it is."""
    clock = Clock()
    core = vary(core, clock=clock)
    for number in range(12):
        await folders.create(core, ADMIN, ann, f"F{number}")
        await give(core, ann, "bob@example.org", "l", f"F{number}")
    clock.forward(sharing.SETTLED_S + 1)
    monkeypatch.setattr(operations, "ENTRIES", 5)
    assert [len(some) async for some in sharing.visible(core, bob, set(Namespace), 3)] == [4]
    monkeypatch.setattr(operations, "ENTRIES", 1_000)
    assert len(await names(core, bob)) == 12


async def test_who_may_make_a_folder_is_asked_of_no_more_levels_than_there_may_be(
    core: Core, ann: MailboxRef, bob: MailboxRef
) -> None:
    """A command holds half a million levels, whose names together are terabytes."""
    await give(core, ann, "bob@example.org", "k")
    levels = core.settings.limits.folder_depth
    found = await sharing.above(core, bob, Namespace.OTHERS, "ann@example.org", "INBOX" + "/x" * (levels - 1))
    assert found is not None
    assert found.folder.name == "INBOX"
    for owner in ("ann@example.org", "nobody@example.org"):
        with pytest.raises(LimitReached):
            await sharing.above(core, bob, Namespace.OTHERS, owner, "INBOX" + "/x" * levels)
        with pytest.raises(Invalid):
            await sharing.above(core, bob, Namespace.OTHERS, owner, "INBOX" + "/x" * 1_000)


async def test_rights_are_added_and_taken_letter_by_letter(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    inbox = (await folders.get(core, ann, "INBOX")).folder_id
    steps: Sequence[tuple[acl.Mode, str, str]] = (
        ("add", "lr", "lr"),
        ("add", "d", "lrte"),
        ("remove", "rt", "le"),
        ("replace", "c", "kx"),
        ("remove", "kx", ""),
    )
    for mode, letters, after in steps:
        await acl.change(core, ADMIN, ann, inbox, "bob@example.org", rights.parse(letters), mode)
        assert await told(core, bob) == after
    assert await acl.entries(core, ann, inbox) == []


async def test_what_may_be_looked_up_is_found_by_owner_and_name(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    cid = (await make_mailbox(core, "cid@example.org")).ref
    for owner, name, letters in ((cid, "Sent", "l"), (ann, "Sent", "lr"), (ann, "INBOX", "lrs"), (ann, "Junk", "r")):
        await give(core, owner, "bob@example.org", letters, name)
    assert await names(core, bob) == [
        ("ann@example.org", "INBOX", "lrs"),
        ("ann@example.org", "Sent", "lr"),
        ("cid@example.org", "Sent", "l"),
    ]
    assert await names(core, ann) == []
    await mailboxes.put(core, ADMIN, "cid@example.org", MailboxChange(status=Status.SUSPENDED))
    assert {owner for owner, _, _ in await names(core, bob)} == {"ann@example.org"}
    with pytest.raises(NotFound):
        await sharing.find(core, bob, Namespace.OTHERS, "cid@example.org", "Sent")


async def test_owners_and_their_folders_are_looked_at_page_by_page(
    core: Core, ann: MailboxRef, bob: MailboxRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is told with all of its entries, on whichever page they begin."""
    monkeypatch.setattr(sharing, "OWNERS", 2)
    monkeypatch.setattr(operations, "ENTRIES", 5)
    owners = [ann, *[(await make_mailbox(core, f"{name}@example.org")).ref for name in ("x", "y", "z")]]
    for owner in owners:
        for name in ("Archive", "Drafts", "Junk", "Sent"):
            for identifier, letters in (("anyone", "l"), ("-anyone", "r"), ("bob@example.org", "rs")):
                await give(core, owner, identifier, letters, name)
    told = [(owner.address, name, "ls") for owner in owners for name in ("Archive", "Drafts", "Junk", "Sent")]
    assert await names(core, bob) == told


async def test_anyone_is_anyone_of_the_domain(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    await domains.put(core, ADMIN, "example.net")
    eve = (await make_mailbox(core, "eve@example.net")).ref
    await give(core, ann, "anyone", "lr")
    assert await names(core, bob) == [("ann@example.org", "INBOX", "lr")]
    assert await names(core, eve) == []
    assert await told(core, eve) == ""
    await give(core, ann, "eve@example.net", "lrs")
    assert await names(core, eve) == [("ann@example.org", "INBOX", "lrs")]


async def test_an_address_that_somebody_else_gets_brings_no_rights(
    core: Core, ann: MailboxRef, bob: MailboxRef
) -> None:
    await give(core, ann, "bob@example.org", "lrs")
    await mailboxes.delete(core, ADMIN, "bob@example.org")
    other = (await make_mailbox(core, "bob@example.org")).ref
    assert await told(core, other) == ""
    assert await names(core, other) == []
    inbox = (await folders.get(core, ann, "INBOX")).folder_id
    await acl.change(core, ADMIN, ann, inbox, "bob@example.org", rights.parse("i"), "add")
    assert await told(core, other) == "i"


async def test_the_entry_of_somebody_who_is_gone_can_be_removed(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    await give(core, ann, "bob@example.org", "lrs")
    await mailboxes.delete(core, ADMIN, "bob@example.org")
    inbox = (await folders.get(core, ann, "INBOX")).folder_id
    assert await acl.entries(core, ann, inbox) == [AclEntry("bob@example.org", "lrs")]
    await acl.remove(core, ADMIN, ann, inbox, "BOB@example.org")
    assert await acl.entries(core, ann, inbox) == []


async def test_it_is_that_entry_which_goes_though_another_has_the_address_as_alias(
    core: Core, ann: MailboxRef, bob: MailboxRef
) -> None:
    await make_mailbox(core, "carol@example.org")
    await give(core, ann, "bob@example.org", "lrs")
    await give(core, ann, "carol@example.org", "l")
    await mailboxes.delete(core, ADMIN, "bob@example.org")
    await aliases.put(core, ADMIN, "carol@example.org", "bob@example.org")
    inbox = (await folders.get(core, ann, "INBOX")).folder_id
    await acl.remove(core, ADMIN, ann, inbox, "bob@example.org")
    assert await acl.entries(core, ann, inbox) == [AclEntry("carol@example.org", "l")]
    await acl.remove(core, ADMIN, ann, inbox, "bob@example.org")
    assert await acl.entries(core, ann, inbox) == []


async def test_an_alias_stands_for_its_mailbox(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    await aliases.put(core, ADMIN, "bob@example.org", "robert@example.org")
    await give(core, ann, "Robert@example.org", "lr")
    inbox = (await folders.get(core, ann, "INBOX")).folder_id
    assert await acl.entries(core, ann, inbox) == [AclEntry("bob@example.org", "lr")]
    with pytest.raises(NotFound):
        await sharing.find(core, ann, Namespace.OTHERS, "robert@example.org", "INBOX")


async def test_the_owner_has_all_rights_and_is_no_other_user(core: Core, ann: MailboxRef) -> None:
    inbox = (await folders.get(core, ann, "INBOX")).folder_id
    await acl.change(core, ADMIN, ann, inbox, "ann@example.org", rights.ALL, "replace")
    await acl.change(core, ADMIN, ann, inbox, "ann@example.org", rights.parse("l"), "add")
    assert await acl.entries(core, ann, inbox) == []
    changes: Sequence[tuple[str, acl.Mode]] = (
        ("ann@example.org", "replace"),
        ("ann@example.org", "remove"),
        ("-ann@example.org", "add"),
    )
    for identifier, mode in changes:
        with pytest.raises(NotPermitted):
            await acl.change(core, ADMIN, ann, inbox, identifier, rights.parse("lr"), mode)
    with pytest.raises(NotPermitted):
        await acl.remove(core, ADMIN, ann, inbox, "ann@example.org")
    with pytest.raises(NotFound):
        await sharing.find(core, ann, Namespace.OTHERS, "ann@example.org", "INBOX")


async def test_who_is_nobody_gets_no_rights(core: Core, ann: MailboxRef) -> None:
    for identifier in ("", "-", "bob", "nobody@example.org", "--bob@example.org", "\0@example.org"):
        with pytest.raises(Invalid):
            await give(core, ann, identifier, "l")


async def test_entries_of_a_folder_are_limited(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    core = with_limits(core, acl_entries=2)
    await give(core, ann, "bob@example.org", "lr")
    await give(core, ann, "anyone", "lr")
    await give(core, ann, "anyone", "l")
    with pytest.raises(LimitReached):
        await give(core, ann, "-bob@example.org", "r")
    assert await told(core, bob) == "lr"


async def index(tx: Tx, _: None) -> list[tuple[int, str]]:
    return [(row[0], row[1]) for row in await tx.rows("SELECT grantee_id, domain FROM grantee ORDER BY grantee_id")]


async def test_a_crash_between_index_and_rights_grants_nothing_and_is_mended(
    core: Core, ann: MailboxRef, bob: MailboxRef
) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    noted = grants.Noted((acl.grant_of(ann, bob.mailbox_id), acl.grant_of(ann, 0)), int(clock.now))
    await core.directory.write(grants.note, noted)
    assert await names(core, bob) == []
    assert await core.directory.read(index, None) == [(0, "example.org"), (bob.mailbox_id, "")]
    await give(core, ann, "anyone", "l")  # the rights that were on their way
    clock.forward(sharing.SETTLED_S + 1)
    assert await names(core, bob) == [("ann@example.org", "INBOX", "l")]
    await give(core, ann, "anyone", "")
    clock.forward(sharing.SETTLED_S + 1)
    assert await names(core, bob) == []
    assert await core.directory.read(index, None) == []


async def test_a_deleted_mailbox_leaves_no_index(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    await give(core, ann, "bob@example.org", "l")
    await give(core, bob, "ann@example.org", "l")
    await mailboxes.delete(core, ADMIN, "bob@example.org")
    assert await core.directory.read(index, None) == []


async def test_a_new_folder_is_shared_as_the_one_above_it(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    await give(core, ann, "bob@example.org", "lrk", "Archive")
    await folders.create(core, ADMIN, ann, "Archive/2026/May")
    await folders.create(core, ADMIN, ann, "Else/Where")
    await folders.rename(core, ADMIN, ann, "Sent", "Archive/2027/Sent")
    assert [name for _, name, _ in await names(core, bob)] == [
        "Archive",
        "Archive/2026",
        "Archive/2026/May",
        "Archive/2027",
    ]
    above = await sharing.above(core, bob, Namespace.OTHERS, "ann@example.org", "Archive/2026/June/1")
    assert above is not None
    assert above.folder.name == "Archive/2026"
    assert await sharing.above(core, bob, Namespace.OTHERS, "ann@example.org", "Top") is None
    assert await sharing.above(core, bob, Namespace.OTHERS, "nobody@example.org", "Top/Level") is None


async def test_a_change_is_heard_by_those_who_watch_the_owner(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    heard: list[int] = []
    inbox = (await folders.get(core, ann, "INBOX")).folder_id
    watch = await core.bus.watch(ann.mailbox_id, lambda: heard.append(1))
    await give(core, ann, "bob@example.org", "lr")
    assert len(heard) == 1
    await acl.remove(core, ADMIN, ann, inbox, "bob@example.org")
    assert len(heard) == 2
    await acl.replace(core, ADMIN, ann, inbox, [AclEntry("bob@example.org", "l")])
    assert len(heard) == 3
    await watch.close()


async def test_a_folder_that_is_gone_has_no_list(core: Core, ann: MailboxRef) -> None:
    made = await folders.create(core, ADMIN, ann, "Old")
    await give(core, ann, "anyone", "lr", "Old")
    await folders.delete(core, ADMIN, ann, "Old")
    assert await shard_of(core, ann).read(operations.grantees, ann.mailbox_id) == set()
    with pytest.raises(NotFound):
        await acl.change(core, ADMIN, ann, made.folder_id, "anyone", rights.parse("l"), "add")
    with pytest.raises(NotFound):
        await acl.remove(core, ADMIN, ann, made.folder_id, "anyone")


async def test_check_finds_grants_that_the_directory_has_lost(core: Core, ann: MailboxRef, bob: MailboxRef) -> None:
    """As after a restore of the directory alone. What is not granted any more is none of its findings."""
    await give(core, ann, "bob@example.org", "l")
    await give(core, ann, "anyone", "l", "Sent")
    await give(core, ann, "-bob@example.org", "r", "Junk")
    assert await checking.check(core, repair=False) == []
    await core.directory.write(damage, "DELETE FROM grantee")
    assert await names(core, bob) == []
    await mended(
        core,
        Finding("grant not in the directory", "ann@example.org", "to anyone"),
        Finding("grant not in the directory", "ann@example.org", f"to mailbox {bob.mailbox_id}"),
    )
    assert len(await names(core, bob)) == 2
    await give(core, ann, "anyone", "", "Sent")
    assert await checking.check(core, repair=False) == []
    await mailboxes.delete(core, ADMIN, "bob@example.org")
    assert await checking.check(core, repair=False) == []


async def test_a_mailbox_is_found_in_its_namespace_and_in_no_other(
    core: Core, ann: MailboxRef, bob: MailboxRef
) -> None:
    await make_mailbox(core, "info@example.org")
    shared = MailboxChange(namespace=Namespace.SHARED)
    info = (await mailboxes.put(core, ADMIN, "info@example.org", shared))[0].ref
    for owner in (ann, info):
        await give(core, owner, "bob@example.org", "lrk")
    for namespace, address in ((Namespace.OTHERS, "ann@example.org"), (Namespace.SHARED, "info@example.org")):
        found = [shared async for some in sharing.visible(core, bob, [namespace], MANY) for shared in some]
        assert [(one.mailbox.address, one.namespace) for one in found] == [(address, namespace)]
        assert (await sharing.find(core, bob, namespace, address, "inbox")).namespace is namespace
        assert await sharing.above(core, bob, namespace, address, "INBOX/new") is not None
    for namespace, address in ((Namespace.SHARED, "ann@example.org"), (Namespace.OTHERS, "info@example.org")):
        with pytest.raises(NotFound):
            await sharing.find(core, bob, namespace, address, "INBOX")
        assert await sharing.above(core, bob, namespace, address, "INBOX/new") is None
    await mailboxes.put(core, ADMIN, "info@example.org", MailboxChange(namespace=None))
    assert [owner for owner, _, _ in await names(core, bob)] == ["ann@example.org", "info@example.org"]
    assert (await sharing.find(core, bob, Namespace.OTHERS, "info@example.org", "INBOX")).rights == frozenset("lrk")


async def test_sessions_look_again_when_the_namespace_changes(core: Core, ann: MailboxRef) -> None:
    heard: list[int] = []
    watch = await core.bus.watch(ann.mailbox_id, lambda: heard.append(1))
    await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(display_name="Ann"))
    assert not heard
    await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(namespace=Namespace.SHARED))
    assert heard
    await watch.close()
