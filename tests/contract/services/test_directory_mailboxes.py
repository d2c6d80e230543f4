"""Mailboxes: the directory and the shard stay together, whatever happens in between."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import msgspec
import pytest

from skrytka.core import Core
from skrytka.errors import AlreadyExists, Conflict, Invalid, LimitReached, NotFound, Unavailable
from skrytka.model import Mailbox, MailboxRef, Precondition, Quota, Role, State, Status, Usage
from skrytka.services import aliases, domains, folders, mailboxes, quota
from skrytka.services.mailboxes import MailboxChange, QuotaChange
from skrytka.settings import Limits
from skrytka.store.interface import Database, Tx
from skrytka.store.operations import directory_mailboxes, sequences, shard_mailboxes
from skrytka.store.operations.directory_mailboxes import MailboxScan
from skrytka.store.operations.shard_mailboxes import ShardConfig
from tests.contract.provisioning import ADMIN, START, Clock, add_messages, make_mailbox, vary


class Outage:
    """A shard that refuses writes while ``down``; everything else is the real one's."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.down = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    async def write(self, op: Any, values: Any, committed: Any = None) -> Any:
        if self.down:
            raise Unavailable("The shard is down")
        return await self.database.write(op, values, committed)


def with_outage(core: Core) -> tuple[Core, dict[str, Outage]]:
    outages = {name: Outage(database) for name, database in core.shards.items()}
    return dataclasses.replace(core, shards=outages), outages


async def pending(core: Core) -> list[Mailbox]:
    return await core.directory.read(directory_mailboxes.scan_pending, MailboxScan(0, 100))


async def test_create_with_defaults(core: Core) -> None:
    core = vary(core, clock=Clock())
    await domains.put(core, ADMIN, "example.org")
    mailbox, created = await mailboxes.put(core, ADMIN, "Ann@Example.org", MailboxChange())
    assert created
    assert mailbox == Mailbox(
        ref=MailboxRef(mailbox.ref.mailbox_id, mailbox.ref.shard, "ann@example.org"),
        domain="example.org",
        display_name="",
        status=Status.ACTIVE,
        state=State.ACTIVE,
        quota=Quota(None, None),
        login_enabled=False,
        created_at=START,
        version=1,
    )
    assert mailbox.ref.shard == list(core.shards)[mailbox.ref.mailbox_id % len(core.shards)]
    assert await mailboxes.get(core, "ann@example.org") == mailbox
    assert await quota.get(core, mailbox.ref) == (Quota(None, None), Usage(0, 0, 6))
    assert (await folders.list_all(core, mailbox.ref))[0].role is Role.INBOX
    assert await pending(core) == []


async def test_fields_keep_change_and_reset(core: Core) -> None:
    core = vary(core)
    limits = Limits(default_quota_octets=1_000, default_quota_messages=None)
    core = dataclasses.replace(core, settings=msgspec.structs.replace(core.settings, limits=limits))
    first = await make_mailbox(core, password="secret")
    assert (first.quota, first.login_enabled, first.version) == (Quota(1_000, None), True, 1)

    change = MailboxChange(display_name="Ann", quota=QuotaChange(messages=5), status=Status.SUSPENDED)
    second, created = await mailboxes.put(core, ADMIN, "ann@example.org", change)
    assert not created
    assert (second.display_name, second.quota, second.status) == ("Ann", Quota(1_000, 5), Status.SUSPENDED)
    assert (second.login_enabled, second.version) == (True, 2)
    assert (await quota.get(core, second.ref))[0] == Quota(1_000, 5)

    again, _ = await mailboxes.put(core, ADMIN, "ann@example.org", change)
    assert again == second

    reset = MailboxChange(
        display_name=None, quota=QuotaChange(storage_octets=7, messages=None), status=None, password=None
    )
    third, _ = await mailboxes.put(core, ADMIN, "ann@example.org", reset)
    assert (third.display_name, third.quota, third.status) == ("", Quota(7, None), Status.ACTIVE)
    assert (third.login_enabled, third.version) == (False, 3)
    fourth, _ = await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(quota=None))
    assert fourth.quota == Quota(1_000, None)
    assert (await quota.get(core, fourth.ref))[0] == Quota(1_000, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (MailboxChange(quota=QuotaChange(storage_octets=-1)), "quota.storage_octets"),
        (MailboxChange(quota=QuotaChange(messages=2**62 + 1)), "quota.messages"),
        (MailboxChange(display_name="x" * 257), "display_name"),
        (MailboxChange(display_name="a\nb"), "display_name"),
        (MailboxChange(password=""), "password"),
        (MailboxChange(password="a\0b"), "password"),
        (MailboxChange(password="x" * 1_025), "password"),
    ],
)
async def test_invalid_values_change_nothing(core: Core, change: MailboxChange, field: str) -> None:
    core = vary(core)
    await domains.put(core, ADMIN, "example.org")
    with pytest.raises(Invalid) as refused:
        await mailboxes.put(core, ADMIN, "ann@example.org", change)
    assert [fault.field for fault in refused.value.faults] == [field]
    with pytest.raises(NotFound):
        await mailboxes.get(core, "ann@example.org")


async def test_where_a_mailbox_cannot_be(core: Core) -> None:
    core = vary(core)
    with pytest.raises(NotFound) as missing:
        await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange())
    assert missing.value.kind == "domain"
    await make_mailbox(core)
    await aliases.put(core, ADMIN, "ann@example.org", "info@example.org")
    with pytest.raises(AlreadyExists) as taken:
        await mailboxes.put(core, ADMIN, "info@example.org", MailboxChange())
    assert taken.value.kind == "alias"


async def test_if_match(core: Core) -> None:
    core = vary(core)
    await domains.put(core, ADMIN, "example.org")
    with pytest.raises(Conflict):
        await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(), only_if=Precondition(some_of=(1,)))
    await make_mailbox(core)
    with pytest.raises(Conflict):
        await mailboxes.put(
            core, ADMIN, "ann@example.org", MailboxChange(display_name="A"), only_if=Precondition(some_of=(2,))
        )
    changed, _ = await mailboxes.put(
        core, ADMIN, "ann@example.org", MailboxChange(display_name="B"), only_if=Precondition(some_of=(1,))
    )
    assert (changed.display_name, changed.version) == ("B", 2)
    with pytest.raises(Conflict):
        await mailboxes.delete(core, ADMIN, "ann@example.org", only_if=Precondition(some_of=(1,)))
    assert await mailboxes.get(core, "ann@example.org") == changed
    await mailboxes.delete(core, ADMIN, "ann@example.org", only_if=Precondition(some_of=(2,)))


async def test_created_by_several_at_once(core: Core) -> None:
    core = vary(core)
    await domains.put(core, ADMIN, "example.org")
    puts = [mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(display_name="A")) for _ in range(8)]
    results = await asyncio.gather(*puts)
    assert sorted(created for _, created in results) == [False] * 7 + [True]
    assert len({mailbox.ref for mailbox, _ in results}) == 1
    assert len(await mailboxes.list_page(core, None, "", 100)) == 1


async def test_pages_go_by_address(core: Core) -> None:
    core = vary(core)
    for address in ("c@example.org", "a@example.org", "b@example.net", "b@example.org"):
        await make_mailbox(core, address)
    everywhere = await mailboxes.list_page(core, None, "a@example.org", 2)
    assert [mailbox.ref.address for mailbox in everywhere] == ["b@example.net", "b@example.org"]
    here = await mailboxes.list_page(core, "Example.ORG", "", 10)
    assert [mailbox.ref.address for mailbox in here] == ["a@example.org", "b@example.org", "c@example.org"]


async def test_deleted_at_once_and_made_again(core: Core) -> None:
    core = vary(core)
    old = await make_mailbox(core)
    await aliases.put(core, ADMIN, "ann@example.org", "info@example.org")
    await add_messages(core, old, 3)
    await mailboxes.delete(core, ADMIN, "ann@example.org")
    for gone in (mailboxes.get(core, "ann@example.org"), mailboxes.delete(core, ADMIN, "ann@example.org")):
        with pytest.raises(NotFound):
            await gone
    with pytest.raises(NotFound):
        await quota.get(core, old.ref)
    assert await mailboxes.usage(core, old.ref) == Usage(0, 0)
    new = await make_mailbox(core)
    assert new.ref.mailbox_id > old.ref.mailbox_id
    assert await aliases.list_all(core, "ann@example.org") == []
    assert await mailboxes.usage(core, new.ref) == Usage(0, 0, 6)


async def test_creation_is_finished_after_an_outage(core: Core) -> None:
    core = vary(core)
    await domains.put(core, ADMIN, "example.org")
    broken, _ = with_outage(core)
    with pytest.raises(Unavailable):
        await mailboxes.put(broken, ADMIN, "ann@example.org", MailboxChange(display_name="Ann"))
    half = await mailboxes.get(core, "ann@example.org")
    assert half.state is State.CREATING
    assert await pending(core) == [half]

    await mailboxes.complete(core, half)
    whole = await mailboxes.get(core, "ann@example.org")
    assert whole == msgspec.structs.replace(half, state=State.ACTIVE)
    assert await pending(core) == []
    assert len(await folders.list_all(core, whole.ref)) == 6


async def test_a_repeated_put_finishes_the_creation(core: Core) -> None:
    core = vary(core)
    await domains.put(core, ADMIN, "example.org")
    broken, outages = with_outage(core)
    with pytest.raises(Unavailable):
        await mailboxes.put(broken, ADMIN, "ann@example.org", MailboxChange())
    for outage in outages.values():
        outage.down = False
    mailbox, created = await mailboxes.put(broken, ADMIN, "ann@example.org", MailboxChange())
    assert (mailbox.state, created) == (State.ACTIVE, False)
    assert await mailboxes.get(core, "ann@example.org") == mailbox


async def test_limits_reach_the_shard_after_an_outage(core: Core) -> None:
    core = vary(core)
    await make_mailbox(core)
    broken, _ = with_outage(core)
    with pytest.raises(Unavailable):
        await mailboxes.put(broken, ADMIN, "ann@example.org", MailboxChange(quota=QuotaChange(messages=3)))
    (waiting,) = await pending(core)
    assert (await quota.get(core, waiting.ref))[0] == Quota(None, None)
    await mailboxes.complete(core, waiting)
    assert (await quota.get(core, waiting.ref))[0] == Quota(None, 3)
    assert await pending(core) == []


async def test_an_older_version_never_overwrites_the_shards_copy(core: Core) -> None:
    core = vary(core)
    old = await make_mailbox(core)
    new, _ = await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange(quota=QuotaChange(messages=3)))
    late = ShardConfig(old.ref.mailbox_id, Quota(None, 99), Status.ACTIVE, old.version)
    await core.shards[old.ref.shard].write(shard_mailboxes.configure_mailbox, late)
    assert (await quota.get(core, new.ref))[0] == Quota(None, 3)


async def test_an_older_completion_leaves_a_newer_change_pending(core: Core) -> None:
    core = vary(core)
    old = await make_mailbox(core)
    broken, _ = with_outage(core)
    with pytest.raises(Unavailable):
        await mailboxes.put(broken, ADMIN, "ann@example.org", MailboxChange(quota=QuotaChange(messages=3)))
    await mailboxes.complete(core, old)
    assert [mailbox.version for mailbox in await pending(core)] == [2]


async def test_deletion_is_finished_after_an_outage(core: Core) -> None:
    core = vary(core)
    mailbox = await make_mailbox(core)
    await add_messages(core, mailbox, 2)
    broken, _ = with_outage(core)
    await mailboxes.delete(broken, ADMIN, "ann@example.org")
    with pytest.raises(NotFound):
        await mailboxes.get(core, "ann@example.org")
    (waiting,) = await pending(core)
    assert waiting.state is State.DELETING
    assert await mailboxes.complete(core, waiting)
    assert await pending(core) == []
    with pytest.raises(NotFound):
        await quota.get(core, mailbox.ref)


async def test_what_is_made_too_late_for_a_deleted_mailbox_goes_as_well(core: Core) -> None:
    core = vary(core)
    await domains.put(core, ADMIN, "example.org")
    broken, _ = with_outage(core)
    with pytest.raises(Unavailable):
        await mailboxes.put(broken, ADMIN, "ann@example.org", MailboxChange())
    half = await mailboxes.get(core, "ann@example.org")
    await mailboxes.delete(core, ADMIN, "ann@example.org")
    await mailboxes.complete(core, half)
    with pytest.raises(NotFound):
        await quota.get(core, half.ref)


async def uid_validities(core: Core, mailbox: Mailbox) -> list[int]:
    return sorted(folder.uid_validity for folder in await folders.list_all(core, mailbox.ref))


async def test_a_mailbox_made_anew_repeats_no_uid_validity(core: Core) -> None:
    """However many folders its predecessor had made, and however soon it comes."""
    core = vary(core, clock=Clock())
    highest = 0
    for _ in range(3):
        mailbox = await make_mailbox(core)
        for number in range(5):
            await folders.create(core, ADMIN, mailbox.ref, f"Folder {number}")
        found = await uid_validities(core, mailbox)
        assert len(set(found)) == 11
        assert found[0] > highest
        highest = found[-1]
        await mailboxes.delete(core, ADMIN, "ann@example.org")


async def test_a_mailbox_made_anew_while_its_old_shard_is_down_repeats_no_uid_validity(core: Core) -> None:
    core = vary(core, clock=Clock())
    old = await make_mailbox(core)
    await folders.create(core, ADMIN, old.ref, "More")
    highest = (await uid_validities(core, old))[-1]

    class Unreachable(Outage):
        async def read(self, op: Any, values: Any) -> Any:
            raise Unavailable("The shard is down")

    down = {
        name: Unreachable(database) if name == old.ref.shard else database for name, database in core.shards.items()
    }
    await mailboxes.delete(dataclasses.replace(core, shards=down), ADMIN, "ann@example.org")
    new, created = await mailboxes.put(core, ADMIN, "ann@example.org", MailboxChange())
    assert created
    assert (await uid_validities(core, new))[0] > highest


async def test_uid_validities_are_used_up_slowly_and_end_at_32_bits(core: Core) -> None:
    core = vary(core, clock=Clock())
    marks = []
    for _ in range(3):
        await make_mailbox(core)
        await mailboxes.delete(core, ADMIN, "ann@example.org")
        marks.append(await core.directory.read(sequences.current, directory_mailboxes.UID_VALIDITY_MARK))
    assert marks[2] - marks[1] == marks[1] - marks[0] < 50
    await core.directory.write(raise_mark, 2**32 - 4)
    with pytest.raises(LimitReached):
        await make_mailbox(core)


async def raise_mark(tx: Tx, value: int) -> None:
    await sequences.raise_to(tx, directory_mailboxes.UID_VALIDITY_MARK, value)
