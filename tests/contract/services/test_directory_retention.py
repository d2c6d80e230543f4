"""Retention: policies, and what a sweep takes."""

from __future__ import annotations

import dataclasses
from typing import Literal

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import Conflict, Invalid, NotFound
from skrytka.extensions import Event, Extensions
from skrytka.model import Folder, Mailbox, MessageRow, NewMessage, Precondition, RetentionPolicy, Role
from skrytka.services import folders, mailboxes, messages, retention, retention_sweep
from skrytka.store.operations import counters, domains
from skrytka.store.operations.counters import Recount
from tests.contract.provisioning import ADMIN, DAY_S, START, Clock, add_messages, make_mailbox, uids_of, vary

WEEK = RetentionPolicy("week", "delete", 7)


async def swept(core: Core, lease: int = 1) -> int:
    saved: list[int] = []

    async def save(progress: int) -> None:
        saved.append(progress)

    count = await retention_sweep.sweep(core, lease, 0, save)
    assert saved == sorted(saved)
    return count


async def counted_right(core: Core, mailbox: Mailbox) -> bool:
    shard = core.shards[mailbox.ref.shard]
    return await shard.write(counters.recount, Recount(mailbox.ref.mailbox_id, repair=False)) == []


async def test_put_replace_and_delete(core: Core) -> None:
    core = vary(core, clock=Clock())
    asked = RetentionPolicy("trash-week", "delete", 7, mailbox="Ann@Example.org", role=Role.TRASH, version=9)
    policy, created = await retention.put(core, ADMIN, asked)
    expected = RetentionPolicy(
        "trash-week", "delete", 7, mailbox="ann@example.org", role=Role.TRASH, version=1, created_at=START
    )
    assert (policy, created) == (expected, True)
    assert await retention.put(core, ADMIN, asked) == (expected, False)
    changed, created = await retention.put(
        core, ADMIN, msgspec.structs.replace(asked, days=8), only_if=Precondition(some_of=(1,))
    )
    assert (changed, created) == (msgspec.structs.replace(expected, days=8, version=2), False)
    assert await retention.get(core, "trash-week") == changed
    with pytest.raises(Conflict):
        await retention.put(core, ADMIN, asked, only_if=Precondition(some_of=(1,)))
    with pytest.raises(Conflict):
        await retention.delete(core, ADMIN, "trash-week", only_if=Precondition(some_of=(1,)))
    await retention.put(core, ADMIN, msgspec.structs.replace(WEEK, enabled=False))
    assert [policy.name for policy in await retention.list_page(core, "", 10)] == ["trash-week", "week"]
    assert await retention.list_enabled(core) == [changed]
    await retention.delete(core, ADMIN, "trash-week", only_if=Precondition(some_of=(2,)))
    for gone in (retention.get(core, "trash-week"), retention.delete(core, ADMIN, "trash-week")):
        with pytest.raises(NotFound):
            await gone


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        (RetentionPolicy("", "delete", 7), "name"),
        (RetentionPolicy("a/b", "delete", 7), "name"),
        (RetentionPolicy("a", "burn", 7), "action"),  # type: ignore[arg-type]
        (RetentionPolicy("a", "delete", 0), "days"),
        (RetentionPolicy("a", "delete", 36_501), "days"),
        (RetentionPolicy("a", "delete", 7, domain="a.example", mailbox="a@a.example"), "mailbox"),
        (RetentionPolicy("a", "delete", 7, role=Role.JUNK, folder="Junk"), "folder"),
        (RetentionPolicy("a", "delete", 7, folder=""), "folder"),
        (RetentionPolicy("a", "trash", 7, role=Role.TRASH), "role"),
        (RetentionPolicy("a", "delete", 7, domain="a b"), "domain"),
        (RetentionPolicy("a", "delete", 7, mailbox="ann"), "mailbox"),
    ],
)
async def test_invalid(core: Core, policy: RetentionPolicy, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await retention.put(core, ADMIN, policy)
    assert [fault.field for fault in refused.value.faults] == [field]


async def test_deletes_what_is_old_enough_to_the_second(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    await retention.put(core, ADMIN, WEEK)
    await add_messages(core, mailbox, 2)
    clock.forward(DAY_S)
    _, young = await add_messages(core, mailbox, 2)
    clock.forward(6 * DAY_S - 1)
    assert await swept(core) == 0
    clock.forward(1)
    assert await swept(core) == 2
    assert await uids_of(core, mailbox, Role.INBOX) == young
    assert await swept(core) == 0
    assert (await mailboxes.usage(core, mailbox.ref)).messages == 2
    assert await counted_right(core, mailbox)


async def test_many_messages_go_in_bounded_batches(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention_sweep, "BATCH", 7)
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    await retention.put(core, ADMIN, WEEK)
    await add_messages(core, mailbox, 30)
    clock.forward(7 * DAY_S)
    _, young = await add_messages(core, mailbox, 9)
    assert await swept(core) == 30
    assert await uids_of(core, mailbox, Role.INBOX) == young
    assert await counted_right(core, mailbox)


async def test_trash_counts_anew(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    await retention.put(core, ADMIN, RetentionPolicy("a", "trash", 7))
    await retention.put(core, ADMIN, RetentionPolicy("b", "delete", 3, role=Role.TRASH))
    await add_messages(core, mailbox, 2)
    clock.forward(7 * DAY_S)
    assert await swept(core) == 2
    assert await uids_of(core, mailbox, Role.INBOX) == []
    assert await uids_of(core, mailbox, Role.TRASH) == [1, 2]
    clock.forward(3 * DAY_S - 1)
    assert await swept(core) == 0
    clock.forward(1)
    assert await swept(core) == 2
    assert await uids_of(core, mailbox, Role.TRASH) == []
    assert await counted_right(core, mailbox)


async def test_what_is_in_trash_stays_there_under_a_trashing_policy(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    await retention.put(core, ADMIN, RetentionPolicy("a", "trash", 7))
    await add_messages(core, mailbox, 2, Role.TRASH)
    clock.forward(30 * DAY_S)
    assert await swept(core) == 0
    assert await uids_of(core, mailbox, Role.TRASH) == [1, 2]


async def test_a_missing_trash_is_made(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    trash = await folders.get_by_role(core, mailbox.ref, Role.TRASH)
    await folders.delete(core, ADMIN, mailbox.ref, trash.name)
    await retention.put(core, ADMIN, RetentionPolicy("a", "trash", 7, role=Role.INBOX))
    await add_messages(core, mailbox, 1)
    clock.forward(7 * DAY_S)
    assert await swept(core) == 1
    assert len(await uids_of(core, mailbox, Role.TRASH)) == 1


@pytest.mark.parametrize(
    ("policy", "taken"),
    [
        (WEEK, {"ann": {"inbox", "junk"}, "bob": {"inbox", "junk"}}),
        (msgspec.structs.replace(WEEK, domain="a.example"), {"ann": {"inbox", "junk"}}),
        (msgspec.structs.replace(WEEK, mailbox="bob@b.example"), {"bob": {"inbox", "junk"}}),
        (msgspec.structs.replace(WEEK, role=Role.JUNK), {"ann": {"junk"}, "bob": {"junk"}}),
        (msgspec.structs.replace(WEEK, folder="inbox", domain="b.example"), {"bob": {"inbox"}}),
        (msgspec.structs.replace(WEEK, folder="Elsewhere"), {}),
        (msgspec.structs.replace(WEEK, enabled=False), {}),
        (msgspec.structs.replace(WEEK, mailbox="carl@a.example"), {}),
    ],
)
async def test_scopes(core: Core, policy: RetentionPolicy, taken: dict[str, set[str]]) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    boxes = {"ann": await make_mailbox(core, "ann@a.example"), "bob": await make_mailbox(core, "bob@b.example")}
    for mailbox in boxes.values():
        await add_messages(core, mailbox, 1)
        await add_messages(core, mailbox, 1, Role.JUNK)
    await retention.put(core, ADMIN, policy)
    clock.forward(7 * DAY_S)
    await swept(core)
    for name, mailbox in boxes.items():
        for role in (Role.INBOX, Role.JUNK):
            gone = role.value in taken.get(name, set())
            assert await uids_of(core, mailbox, role) == ([] if gone else [1])


async def test_an_older_lease_changes_nothing(core: Core) -> None:
    clock = Clock()
    core = vary(core, clock=clock)
    mailbox = await make_mailbox(core)
    await retention.put(core, ADMIN, WEEK)
    await add_messages(core, mailbox, 1)
    clock.forward(7 * DAY_S)
    assert await swept(core, lease=5) == 1
    await add_messages(core, mailbox, 1)
    clock.forward(7 * DAY_S)
    folder = await folders.get_by_role(core, mailbox.ref, Role.INBOX)
    with pytest.raises(Conflict):
        await swept(core, lease=4)
    assert await folders.get_by_role(core, mailbox.ref, Role.INBOX) == folder
    assert await uids_of(core, mailbox, Role.INBOX) == [2]
    assert await swept(core, lease=6) == 1


TAKEN: dict[int, Literal["delete", "trash"] | None] = {0: None, 1: "delete", 2: "trash"}


class ByUid:
    """A plugin's rule that takes by UID."""

    name = "odd"

    def takes(self, folder: Folder, message: MessageRow, now: int) -> Literal["delete", "trash"] | None:
        if folder.role is not Role.INBOX:
            return None
        return TAKEN[message.uid % 3]


class Listener:
    def __init__(self) -> None:
        self.events: list[Event] = []

    async def on_event(self, event: Event) -> None:
        self.events.append(event)


async def test_rules_of_plugins_and_events(core: Core) -> None:
    core, listener = vary(core), Listener()
    mailbox = await make_mailbox(core)
    inbox, _ = await add_messages(core, mailbox, 6)
    trash = await folders.get_by_role(core, mailbox.ref, Role.TRASH)
    core = dataclasses.replace(core, extensions=Extensions(retention_rules=(ByUid(),), event_listeners=(listener,)))
    assert await swept(core) == 4
    assert await uids_of(core, mailbox, Role.INBOX) == [3, 6]
    assert len(await uids_of(core, mailbox, Role.TRASH)) == 2
    assert [(event.kind, event.folder_ids, event.uids) for event in listener.events] == [
        ("expunged", (inbox,), (1, 4)),
        ("moved", (inbox, trash.folder_id), (1, 2)),
    ]
    assert {str(event.actor) for event in listener.events} == {"job:retention@"}


class Faulty:
    name = "faulty"

    def takes(self, folder: Folder, message: MessageRow, now: int) -> Literal["delete", "trash"] | None:
        if message.size_octets > 60:
            raise ZeroDivisionError
        return "delete"


async def test_a_fault_in_one_mailbox_spares_the_others(core: Core, caplog: pytest.LogCaptureFixture) -> None:
    core = vary(core)
    ann, bob = await make_mailbox(core, "ann@a.example"), await make_mailbox(core, "bob@a.example")
    inbox = await folders.get_by_role(core, ann.ref, Role.INBOX)
    await messages.append(core, ADMIN, ann.ref, inbox.folder_id, [NewMessage(b"Subject: x\r\n\r\n" + b"x" * 80)])
    await add_messages(core, bob, 1)
    core = dataclasses.replace(core, extensions=Extensions(retention_rules=(Faulty(),)))
    assert await swept(core) == 1
    assert await uids_of(core, ann, Role.INBOX) == [1]
    assert await uids_of(core, bob, Role.INBOX) == []
    assert "retention of ann@a.example failed" in caplog.text
    assert await core.directory.write(domains.recount, False) == []
