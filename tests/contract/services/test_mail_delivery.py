"""Delivery: routes, filters, trace fields, one answer for each recipient."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from skrytka import metrics
from skrytka.core import Core
from skrytka.errors import Invalid, NotFound, OverQuota, Refused, Suspended, TooLarge, Unavailable
from skrytka.extensions import Delivery, Event
from skrytka.model import Actor, MailboxRef, NewMessage, Role, Status, Uid
from skrytka.services import aliases, contents, delivery, domains, events, folders, mailboxes, messages, watching
from skrytka.services.delivery import Route
from skrytka.services.mailboxes import MailboxChange, QuotaChange
from skrytka.services.shards import shard_of
from skrytka.store.interface import Database
from tests.contract.services.conftest import Listener, with_extensions, with_limits
from tests.contract.services.mails import INBOX, append, assert_counted, blob_keys, mail, role_id, uids

LMTP = Actor("mta", "lmtp", "127.0.0.1")


async def provision(core: Core, address: str, **change: object) -> MailboxRef:
    await domains.put(core, LMTP, address.rpartition("@")[2])
    made, _ = await mailboxes.put(core, LMTP, address, MailboxChange(**change))  # type: ignore[arg-type]
    return made.ref


async def read(core: Core, mailbox: MailboxRef, uid: int = 1, folder_id: int = INBOX) -> bytes:
    row = await messages.row(core, mailbox, folder_id, Uid(uid))  # type: ignore[arg-type]
    return await contents.octets(core, mailbox, row.content_id)


async def test_routes(core: Core) -> None:
    ann = await provision(core, "ann@example.org")
    plus = await provision(core, "a+b@example.org")
    await aliases.put(core, LMTP, "ann@example.org", "sales@example.org")
    assert await delivery.resolve(core, "Ann@Example.ORG") == Route(ann, None, "ann@example.org")
    assert await delivery.resolve(core, "ann+lists@example.org") == Route(ann, "lists", "ann+lists@example.org")
    assert await delivery.resolve(core, "ann+@example.org") == Route(ann, None, "ann+@example.org")
    assert await delivery.resolve(core, "sales+x@example.org") == Route(ann, "x", "sales+x@example.org")
    assert await delivery.resolve(core, "a+b@example.org") == Route(plus, None, "a+b@example.org")
    for stranger in ("bob@example.org", "ann@example.net", "+ann@example.org"):
        with pytest.raises(NotFound, match="mailbox"):
            await delivery.resolve(core, stranger)
    await mailboxes.put(core, LMTP, "ann@example.org", MailboxChange(status=Status.SUSPENDED))
    with pytest.raises(Suspended):
        await delivery.resolve(core, "sales@example.org")


async def test_one_mail_to_many(core: Core) -> None:
    refs = [await provision(core, f"user{number}@example.org") for number in range(5)]
    routes = [Route(ref, None, ref.address) for ref in refs]
    twice = Route(refs[0], "Sent", "alias@example.org")
    octets = mail("large", "x" * 100 + "\r\n")
    assert await delivery.deliver(core, LMTP, "bob@example.net", [*routes, twice], octets) == [None] * 6
    for ref in refs:
        trace = f"Return-Path: <bob@example.net>\r\nDelivered-To: {ref.address}\r\n".encode()
        assert await uids(core, ref) == [1]
        assert await read(core, ref) == trace + octets
        listing = await contents.renditions(core, ref, INBOX, [Uid(1)], ("imap.envelope", "imap.bodystructure"))
        assert listing[0].renditions == (b"large", b"102")
        assert listing[0].row.size_octets == len(trace + octets)
        await assert_counted(core, ref)


async def test_large_mail_to_many_is_one_blob(core: Core) -> None:
    refs = [await provision(core, f"user{number}@example.org") for number in range(3)]
    octets = b"Subject: x\r\n\r\n" + random.Random(1).randbytes(300_000)
    routes = [Route(ref, None, ref.address) for ref in refs]
    assert await delivery.deliver(core, LMTP, "", routes, octets) == [None] * 3
    assert len(await blob_keys(core)) == 1
    for ref in refs:
        assert await read(core, ref) == f"Return-Path: <>\r\nDelivered-To: {ref.address}\r\n".encode() + octets


async def test_each_recipient_has_its_own_answer(core: Core) -> None:
    ann = await provision(core, "ann@example.org")
    full = await provision(core, "full@example.org", quota=QuotaChange(messages=0))
    sue = await provision(core, "sue@example.org")
    await mailboxes.put(core, LMTP, "sue@example.org", MailboxChange(status=Status.SUSPENDED))
    gone = MailboxRef(sue.mailbox_id, "elsewhere", "x@example.org")
    routes = [Route(ref, None, ref.address) for ref in (full, ann, sue)]
    answers = await delivery.deliver(core, LMTP, "b@example.net", routes, mail())
    assert [type(answer) for answer in answers] == [OverQuota, type(None), Suspended]
    answers = await delivery.deliver(core, LMTP, "b@example.net", [Route(gone, None, "x@example.org")], mail())
    assert [type(answer) for answer in answers] == [Unavailable]
    small = with_limits(core, message_octets=10)
    assert [type(one) for one in await delivery.deliver(small, LMTP, "", routes[:2], mail())] == [TooLarge] * 2
    assert await uids(core, ann) == [1]


async def test_details_name_folders_that_exist(core: Core) -> None:
    ann = await provision(core, "ann@example.org")
    made = await folders.create(core, LMTP, ann, "Lists/Python")
    for detail, folder_id in (
        ("lists/python", made.folder_id),
        ("Lists/Python", made.folder_id),
        ("trash", await role_id(core, ann, Role.TRASH)),
        ("nothing", INBOX),
        ("inbox", INBOX),
    ):
        before = len(await uids(core, ann, folder_id))
        assert await delivery.deliver(core, LMTP, "", [Route(ann, detail, "ann@example.org")], mail()) == [None]
        assert len(await uids(core, ann, folder_id)) == before + 1


class Filter:
    def __init__(self, change: Callable[[MailboxRef, Delivery], Awaitable[Delivery]]) -> None:
        self.filter = change


@pytest.mark.parametrize("field", ["sender", "recipient"])
async def test_a_filter_cannot_add_fields_to_the_header(core: Core, field: str) -> None:
    ann = await provision(core, "ann@example.org")

    async def inject(mailbox: MailboxRef, given: Delivery) -> Delivery:
        return msgspec.structs.replace(given, **{field: "a\r\nX-Admin: yes"})

    filtered = with_extensions(core, delivery_filters=[Filter(inject)])
    (outcome,) = await delivery.deliver(filtered, LMTP, "bob@example.net", [Route(ann, None, ann.address)], mail())
    assert isinstance(outcome, Invalid)
    assert [fault.field for fault in outcome.faults] == [field]
    assert await uids(core, ann) == []


async def test_filters_in_their_order(core: Core) -> None:
    ann = await provision(core, "ann@example.org")
    bob = await provision(core, "bob@example.org")

    async def stamp(mailbox: MailboxRef, given: Delivery) -> Delivery:
        if mailbox == bob:
            return given
        return Delivery("list@example.net", given.recipient, b"X-Seen: 1\r\n" + given.octets, "Junk")

    async def check(mailbox: MailboxRef, given: Delivery) -> Delivery:
        if mailbox == bob:
            raise Refused("no mail for bob")
        assert given.octets.startswith(b"X-Seen: 1\r\n")
        return given

    filtering = with_extensions(core, delivery_filters=[Filter(stamp), Filter(check)])
    routes = [Route(ref, None, ref.address) for ref in (ann, bob)]
    answers = await delivery.deliver(filtering, LMTP, "x@example.net", routes, mail())
    assert [str(answer) for answer in answers] == ["None", "no mail for bob"]
    trace = b"Return-Path: <list@example.net>\r\nDelivered-To: ann@example.org\r\nX-Seen: 1\r\n"
    assert await read(core, ann, 1, await role_id(core, ann, Role.JUNK)) == trace + mail()
    assert await uids(core, bob) == []


@pytest.mark.parametrize("failure", [KeyError("bug"), OSError("down"), NotFound("folder", "x"), TimeoutError()])
async def test_a_filter_that_fails_defers(core: Core, failure: Exception) -> None:
    ann = await provision(core, "ann@example.org")

    async def fail(mailbox: MailboxRef, given: Delivery) -> Delivery:
        raise failure

    filtering = with_extensions(core, delivery_filters=[Filter(fail)])
    answers = await delivery.deliver(filtering, LMTP, "", [Route(ann, None, ann.address)], mail())
    assert [type(answer) for answer in answers] == [Unavailable]
    assert await uids(core, ann) == []


async def test_watchers_and_listeners_hear_of_it_after_the_commit(core: Core) -> None:
    ann = await provision(core, "ann@example.org")
    listener = Listener()

    class Failing:
        async def on_event(self, event: Event) -> None:
            raise KeyError("bug")

    heard = asyncio.Event()
    listening = with_extensions(core, event_listeners=[Failing(), listener])
    watch = await watching.watch(listening, ann, heard.set)
    assert await delivery.deliver(listening, LMTP, "", [Route(ann, None, ann.address)], mail()) == [None]
    async with asyncio.timeout(5):
        await heard.wait()
    await watch.close()
    await events.drain(listening, 5)
    assert listener.events == [Event("delivered", ann, LMTP, (INBOX,), (1,))]
    await append(listening, ann)
    await messages.expunge(listening, LMTP, ann, INBOX, [Uid(1)], deleted_only=False)
    await events.drain(listening, 5)
    assert [event.kind for event in listener.events] == ["delivered", "appended", "expunged"]


async def test_a_listener_that_hangs_delays_no_answer_and_its_events_are_dropped(
    core: Core, caplog: pytest.LogCaptureFixture
) -> None:
    ann = await provision(core, "ann@example.org")
    prompt = Listener()
    never = asyncio.Event()

    class Hanging:
        async def on_event(self, event: Event) -> None:
            await never.wait()

    listening = with_extensions(core, event_listeners=[Hanging(), prompt])
    async with asyncio.timeout(events.LISTENER_TIMEOUT_S / 2):
        for _ in range(3):
            assert await delivery.deliver(listening, LMTP, "", [Route(ann, None, ann.address)], mail()) == [None]
    extra = 5
    told = Event("delivered", ann, LMTP, (INBOX,), (1,))
    before = dropped()
    for _ in range(events.QUEUE_EVENTS - 2 + extra):  # one is being told, two wait
        events.tell(listening, lambda: told)
        await asyncio.sleep(0)  # the prompt one keeps up
    assert dropped() - before == extra
    assert caplog.text.count("events are dropped") == 1
    await events.drain(listening, 0.1)
    assert dropped() - before == extra + events.QUEUE_EVENTS
    assert [event.uids for event in prompt.events[:3]] == [(1,), (2,), (3,)]


def dropped() -> float:
    (line,) = [
        one for one in metrics.exposition().decode().splitlines() if one.startswith("skrytka_events_dropped_total")
    ]
    return float(line.split()[1])


async def test_a_filter_that_hangs_defers_in_time(core: Core) -> None:
    ann = await provision(core, "ann@example.org")

    async def hang(mailbox: MailboxRef, given: Delivery) -> Delivery:
        await asyncio.Event().wait()
        raise AssertionError

    limits = msgspec.structs.replace(core.settings.limits, filter_timeout_s=0.05)
    hanging = replace(
        with_extensions(core, delivery_filters=[Filter(hang)]),
        settings=msgspec.structs.replace(core.settings, limits=limits),
    )
    async with asyncio.timeout(5):
        (answer,) = await delivery.deliver(hanging, LMTP, "", [Route(ann, None, ann.address)], mail())
    assert type(answer) is Unavailable
    assert await uids(core, ann) == []


class CancellingShard:
    """The real shard, but whoever waits for a write is cancelled right after the commit."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.caller: asyncio.Task[object] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    async def write(self, op: Any, values: Any, committed: Any = None) -> Any:
        def cancel_first(result: object) -> None:
            assert self.caller is not None
            self.caller.cancel()
            if committed is not None:
                committed(result)

        return await self.database.write(op, values, cancel_first)


async def test_sessions_hear_of_a_change_whose_caller_was_cancelled_after_the_commit(core: Core) -> None:
    ann = await provision(core, "ann@example.org")
    listener = Listener()
    shard = CancellingShard(shard_of(core, ann))
    cancelling = with_extensions(replace(core, shards={ann.shard: shard}), event_listeners=[listener])
    heard = asyncio.Event()
    watch = await watching.watch(core, ann, heard.set)
    route = Route(ann, None, ann.address)
    for work in (
        lambda: delivery.deliver(cancelling, LMTP, "", [route], mail()),
        lambda: append(cancelling, ann),
        lambda: folders.create(cancelling, LMTP, ann, "New"),
        lambda: messages.expunge(cancelling, LMTP, ann, INBOX, [Uid(1)], deleted_only=False),
    ):
        heard.clear()
        shard.caller = asyncio.create_task(work())
        with pytest.raises(asyncio.CancelledError):
            await shard.caller
        async with asyncio.timeout(5):
            await heard.wait()
    await watch.close()
    await events.drain(cancelling, 5)
    assert [event.kind for event in listener.events] == ["delivered", "appended", "expunged"]


async def test_concurrent_deliveries_do_not_pass_the_quota(core: Core) -> None:
    size = len(b"Return-Path: <>\r\nDelivered-To: ann@example.org\r\n" + mail())
    ann = await provision(core, "ann@example.org", quota=QuotaChange(storage_octets=4 * size))
    route = Route(ann, None, ann.address)
    answers = await asyncio.gather(*(delivery.deliver(core, LMTP, "", [route], mail()) for _ in range(10)))
    assert sum(answer == [None] for answer in answers) == 4
    assert await uids(core, ann) == [1, 2, 3, 4]
    await assert_counted(core, ann)


async def test_a_header_over_its_limit_is_refused_on_every_way_in(core: Core) -> None:
    ann = await provision(core, "ann@example.org")
    limited = with_limits(core, header_octets=1_000)
    route = Route(ann, None, ann.address)
    trace = len(f"Return-Path: <>\r\nDelivered-To: {ann.address}\r\n")
    start = b"Subject: "
    fits = start + b"x" * (1_000 - trace - len(start) - 4) + b"\r\n\r\n" + b"y" * 5_000
    assert await delivery.deliver(limited, LMTP, "", [route], fits) == [None]
    (refused,) = await delivery.deliver(limited, LMTP, "", [route], start + fits)
    assert isinstance(refused, TooLarge)
    assert str(refused) == "The header of the message is larger than 1000 octets"
    with pytest.raises(TooLarge):
        await messages.append(limited, LMTP, ann, INBOX, [NewMessage(b"x" * 1_001)])
    assert await uids(core, ann) == [1]


@pytest.mark.parametrize("details", [("Junk", None), (None, "Junk")])
async def test_the_plain_address_decides_where_one_copy_goes(core: Core, details: tuple[str | None, ...]) -> None:
    ann = await provision(core, "ann@example.org")
    routes = [Route(ann, detail, ann.address) for detail in details]
    assert await delivery.deliver(core, LMTP, "", routes, mail()) == [None, None]
    assert await uids(core, ann) == [1]
    assert await uids(core, ann, await role_id(core, ann, Role.JUNK)) == []
