"""What every bus promises."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from skrytka import errors
from skrytka.bus.interface import Bus
from skrytka.bus.opening import bus as bus_of
from skrytka.model import MailboxId
from skrytka.settings import Bus as BusSettings
from skrytka.settings import Redis, Settings
from tests.contract.bus.calls import Calls, hint

Another = Callable[[], Awaitable[Bus]]
ANN, BOB = MailboxId(1), MailboxId(2)


async def test_a_hint_reaches_watchers_in_every_process(another: Another) -> None:
    buses = [await another() for _ in range(3)]
    calls = [Calls() for _ in buses]
    for bus, heard in zip(buses, calls, strict=True):
        await bus.watch(ANN, heard)
        assert bus.healthy
    for publisher in buses:
        publisher.publish(hint(ANN))
        for heard in calls:
            await heard.next()


async def test_own_watchers_are_called_before_publish_returns_and_once(another: Another) -> None:
    bus, other = await another(), await another()
    own, theirs = Calls(), Calls()
    await bus.watch(ANN, own)
    await other.watch(ANN, theirs)
    own.count = 0
    bus.publish(hint(ANN))
    assert own.count == 1
    await theirs.next()
    other.publish(hint(BOB))
    other.publish(hint(ANN))
    await own.next()
    await own.next() if own.count == 1 else None
    assert own.count == 2  # the echo of its own hint would have come before


async def test_only_the_watched_mailbox_is_heard(another: Another) -> None:
    sender, receiver = await another(), await another()
    ann, bob = Calls(), Calls()
    await receiver.watch(ANN, ann)
    await receiver.watch(BOB, bob)
    ann.count = bob.count = 0
    sender.publish(hint(99))
    sender.publish(hint(BOB))
    await bob.next()
    assert (ann.count, bob.count) == (0, 1)


async def test_a_closed_watch_is_not_called(another: Another) -> None:
    sender, receiver = await another(), await another()
    closed, kept = Calls(), Calls()
    watch = await receiver.watch(ANN, closed)
    await receiver.watch(ANN, kept)
    await watch.close()
    await watch.close()
    closed.count = 0
    sender.publish(hint(ANN))
    receiver.publish(hint(ANN))
    await kept.next()
    assert closed.count == 0


async def test_a_watcher_that_fails_does_not_keep_others_from_hearing(
    another: Another, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("broken session")

    bus = await another()
    heard = Calls()
    await bus.watch(ANN, fail)
    await bus.watch(ANN, heard)
    await bus.watch(ANN, fail)
    bus.publish(hint(ANN))
    assert heard.count == 1
    assert [record.message for record in caplog.records if record.exc_info] == [
        "bug: a watcher of mailbox 1 failed",
        "bug: a watcher of mailbox 1 failed",
    ]


async def test_after_watch_returned_nothing_is_missed(another: Another) -> None:
    """Watch, publish at once, close, and again: also while the subscription of the round before is being undone."""
    sender, receiver = await another(), await another()
    for round_number in range(200):
        heard = Calls()
        watch = await receiver.watch(ANN, heard)
        sender.publish(hint(ANN, round_number + 1))
        await heard.next()
        await watch.close()


async def test_a_thousand_sessions_watch_at_once(another: Another) -> None:
    sender, receiver = await another(), await another()
    calls = {MailboxId(number): Calls() for number in range(1, 1_001)}
    watches = await asyncio.gather(*(receiver.watch(mailbox_id, heard) for mailbox_id, heard in calls.items()))
    for mailbox_id in calls:
        sender.publish(hint(mailbox_id))
    for heard in calls.values():
        await heard.next()
    await asyncio.gather(*(watch.close() for watch in watches))


async def test_a_bus_that_opens_later_hears_and_is_heard(another: Another) -> None:
    first = await another()
    early = Calls()
    await first.watch(ANN, early)
    second = await another()
    late = Calls()
    await second.watch(ANN, late)
    early.forget()
    second.publish(hint(ANN))
    await early.next()
    late.forget()
    first.publish(hint(ANN))
    await late.next()


async def test_buses_that_open_at_the_same_moment_find_each_other(another: Another) -> None:
    buses = await asyncio.gather(*(another() for _ in range(6)))
    calls = [Calls() for _ in buses]
    for bus, heard in zip(buses, calls, strict=True):
        await bus.watch(ANN, heard)
    for publisher in buses:
        for heard in calls:
            heard.forget()
        publisher.publish(hint(ANN))
        for heard in calls:
            await heard.next()


async def test_a_burst_never_blocks_and_every_mailbox_is_heard(another: Another) -> None:
    sender, receiver = await another(), await another()
    calls = {number: Calls() for number in range(1, 101)}
    for number, heard in calls.items():
        await receiver.watch(MailboxId(number), heard)
        heard.forget()
    begun = time.perf_counter()
    for modseq in range(1, 101):
        for number in calls:
            sender.publish(hint(number, modseq, folders=20))
    assert time.perf_counter() - begun < 1.0
    for heard in calls.values():
        await heard.next()


async def test_more_mailboxes_than_are_remembered_make_everybody_read(another: Another) -> None:
    sender, receiver = await another(), await another()
    heard = Calls()
    await receiver.watch(ANN, heard)
    heard.forget()
    for number in range(1_000, 12_000):
        sender.publish(hint(number))
    await heard.next()


async def test_hints_published_just_before_the_end_arrive(another: Another, bus_settings: Settings) -> None:
    receiver = await another()
    heard = Calls()
    await receiver.watch(ANN, heard)
    heard.forget()
    sender = bus_of(bus_settings)
    await sender.open()
    sender.publish(hint(ANN))
    await sender.close()
    await heard.next()


async def test_a_slow_timer_calls_every_watcher(
    opened_buses: Callable[[Settings], Awaitable[Bus]], bus_settings: Settings
) -> None:
    bus = await opened_buses(msgspec.structs.replace(bus_settings, bus=BusSettings(poll_interval_s=0.05)))
    calls = [Calls() for _ in range(300)]
    for number, heard in enumerate(calls):
        await bus.watch(MailboxId(number + 1), heard)
    for heard in calls:
        heard.forget()
    for _ in range(2):
        for heard in calls:
            await heard.next()


def test_a_wrong_url_stops_the_start() -> None:
    with pytest.raises(errors.Invalid, match=r"^redis\.url: "):
        bus_of(Settings(redis=Redis(url="http://localhost")))
