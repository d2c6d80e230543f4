"""What only the Redis bus has: a server that goes away, comes back, or hangs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import pytest

from skrytka.bus import redis
from skrytka.bus.interface import Bus
from skrytka.metrics import exposition
from skrytka.model import MailboxId
from skrytka.settings import Bus as BusSettings
from skrytka.settings import Redis, Settings
from tests import servers
from tests.contract.bus.calls import Calls, hint, until

OpenedBuses = Callable[[Settings], Awaitable[Bus]]
ANN, BOB = MailboxId(1), MailboxId(2)


def settings_of(server: servers.Redis, database: int = 0) -> Settings:
    return Settings(redis=Redis(url=server.url(database)), bus=BusSettings(poll_interval_s=3_600))


async def test_a_restart_makes_every_watcher_read_and_hints_flow_again(
    own_redis: servers.Redis, opened_buses: OpenedBuses, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "skrytka.bus")
    receiver, sender = await opened_buses(settings_of(own_redis)), await opened_buses(settings_of(own_redis))
    ann, bob = Calls(), Calls()
    await receiver.watch(ANN, ann)

    await asyncio.to_thread(own_redis.kill)
    await until(lambda: not receiver.healthy and not sender.healthy)
    assert b"skrytka_bus_healthy 0.0" in exposition()
    begun = time.perf_counter()
    await receiver.watch(BOB, bob)
    for modseq in range(10_000):
        sender.publish(hint(BOB, modseq))
    assert time.perf_counter() - begun < 1.0
    ann.forget()
    bob.forget()

    await asyncio.to_thread(own_redis.start)
    await ann.next()
    await bob.next()
    await until(lambda: receiver.healthy and sender.healthy)
    assert b"skrytka_bus_healthy 1.0" in exposition()
    bob.forget()
    sender.publish(hint(BOB, 10_000))
    await bob.next()
    told = [record.levelname for record in caplog.records if record.levelno >= logging.INFO]
    assert sorted(told) == ["INFO"] * 4 + ["WARNING"] * 2  # each bus: up, down, up


async def test_hints_of_the_outage_are_sent_when_redis_is_back(
    own_redis: servers.Redis, opened_buses: OpenedBuses
) -> None:
    receiver, sender = await opened_buses(settings_of(own_redis)), await opened_buses(settings_of(own_redis))
    heard = Calls()
    await receiver.watch(ANN, heard)
    await asyncio.to_thread(own_redis.pause)
    for modseq in range(10_000):
        sender.publish(hint(ANN, modseq))
    await asyncio.sleep(0)
    heard.forget()
    await asyncio.to_thread(own_redis.resume)
    await heard.next()


async def test_a_redis_that_is_down_does_not_stop_the_start(
    own_redis: servers.Redis, opened_buses: OpenedBuses
) -> None:
    await asyncio.to_thread(own_redis.kill)
    async with asyncio.timeout(10):
        bus = await opened_buses(settings_of(own_redis))
        heard = Calls()
        await bus.watch(ANN, heard)
    assert not bus.healthy
    bus.publish(hint(ANN))
    assert heard.count == 1
    heard.forget()
    await asyncio.to_thread(own_redis.start)
    await heard.next()
    await until(lambda: bus.healthy)


async def test_installations_in_different_databases_do_not_hear_each_other(
    own_redis: servers.Redis, opened_buses: OpenedBuses
) -> None:
    first, second = await opened_buses(settings_of(own_redis, 0)), await opened_buses(settings_of(own_redis, 1))
    heard = Calls()
    await second.watch(ANN, heard)
    heard.count = 0
    first.publish(hint(ANN))
    heard.forget()
    third = await opened_buses(settings_of(own_redis, 1))
    third.publish(hint(ANN))
    await heard.next()
    assert heard.count == 1


async def test_a_late_confirmation_releases_who_still_waits_and_tells_who_does_not(
    own_redis: servers.Redis, opened_buses: OpenedBuses, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = await opened_buses(settings_of(own_redis))
    await until(lambda: bus.healthy)
    own_redis.pause()
    heard = Calls()
    monkeypatch.setattr(redis, "_CONFIRM_TIMEOUT_S", 0.3)
    impatient = asyncio.create_task(bus.watch(ANN, heard))
    await asyncio.sleep(0.1)
    monkeypatch.setattr(redis, "_CONFIRM_TIMEOUT_S", 60.0)
    patient = asyncio.create_task(bus.watch(ANN, Calls()))
    await impatient
    assert not patient.done()
    own_redis.resume()
    await asyncio.wait_for(patient, 20)
    await heard.next()
