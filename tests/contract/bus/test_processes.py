"""The bus between real processes: both ways, to one that is stopped, from one that is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from skrytka.bus.interface import Bus
from skrytka.model import MailboxId
from skrytka.settings import Settings
from tests.contract.bus.calls import TIMEOUT_S, Calls, hint

Another = Callable[[], Awaitable[Bus]]
ROOT = Path(__file__).parents[3]


class Peer:
    """A started ``peer.py``."""

    def __init__(self, process: Process) -> None:
        self.process = process

    async def line(self) -> str:
        assert self.process.stdout is not None
        return (await asyncio.wait_for(self.process.stdout.readline(), TIMEOUT_S)).decode().strip()

    def publish(self, mailbox_id: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"%d\n" % mailbox_id)

    async def changed(self, count: int) -> set[str]:
        """Wait until so many different mailboxes have changed."""
        found: set[str] = set()
        while len(found) < count:
            line = await self.line()
            assert line.startswith("changed "), line
            found.add(line)
        return found


@contextlib.asynccontextmanager
async def peer(settings: Settings, first: int, last: int) -> AsyncIterator[Peer]:
    numbers = (str(first), str(last))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.contract.bus.peer", settings.data_dir, settings.redis.url, *numbers),
        stdin=PIPE,
        stdout=PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    started = Peer(process)
    while await started.line() != "ready":
        continue  # a fresh subscription may call once
    yield started
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGCONT)
        process.kill()
    await process.wait()
    assert process.stdout is not None
    await process.stdout.read()


async def test_two_processes_hear_each_other(another: Another, bus_settings: Settings) -> None:
    bus = await another()
    heard = Calls()
    await bus.watch(MailboxId(7), heard)
    async with peer(bus_settings, 1, 3) as other:
        bus.publish(hint(2))
        assert await other.line() == "changed 2"
        heard.forget()
        other.publish(7)
        await heard.next()


async def test_a_burst_to_a_stopped_process_never_blocks_and_arrives_later(
    another: Another, bus_settings: Settings
) -> None:
    bus = await another()
    async with peer(bus_settings, 1, 1_000) as other:
        other.process.send_signal(signal.SIGSTOP)
        slowest_s = 0.0
        for number in range(10_000):
            begun = time.perf_counter()
            bus.publish(hint(number % 1_000 + 1, number, folders=16))
            slowest_s = max(slowest_s, time.perf_counter() - begun)
            await asyncio.sleep(0)  # so that every turn of the loop sends what it can
        assert slowest_s < 0.1
        other.process.send_signal(signal.SIGCONT)
        await other.changed(1_000)


async def test_a_killed_process_disturbs_nobody(another: Another, bus_settings: Settings) -> None:
    first = await another()
    heard = Calls()
    await first.watch(MailboxId(5), heard)
    async with peer(bus_settings, 1, 1) as other:
        other.process.kill()
        await other.process.wait()
    first.publish(hint(1))
    second = await another()
    heard.forget()
    second.publish(hint(5))
    await heard.next()
    first.publish(hint(1))
    assert first.healthy
