"""Long commands share the loop: how many of their slices others wait for, counted and not timed."""

from __future__ import annotations

import asyncio
import dataclasses
import time

from skrytka.core import Core
from skrytka.services import slices
from tests.contract.shards import Committing

LONG_COMMANDS = 20
TURNS_OF_A_DELIVERY = 10


def work() -> None:
    """One slice of it."""
    until = time.perf_counter() + slices.SLICE_S
    while time.perf_counter() < until:
        pass


class LongCommands:
    """So many at a time, each working whenever it may."""

    def __init__(self, core: Core) -> None:
        self.done = [0] * LONG_COMMANDS
        self._tasks = [asyncio.create_task(self._run(core, number)) for number in range(LONG_COMMANDS)]

    async def _run(self, core: Core, number: int) -> None:
        mine = slices.Slice(core)
        while True:
            work()
            self.done[number] += 1
            await mine.next_if_over()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def test_others_wait_for_few_slices_however_many_commands_are_long(core: Core) -> None:
    commands = LongCommands(core)
    await asyncio.sleep(0)  # the first slice of each comes before anybody can know that it is long
    before = sum(commands.done)
    for _ in range(TURNS_OF_A_DELIVERY):
        await asyncio.sleep(0)
    assert sum(commands.done) - before <= 1 + TURNS_OF_A_DELIVERY // slices.TURNS
    await commands.stop()


async def test_every_long_command_gets_its_slices_in_turn(core: Core) -> None:
    commands = LongCommands(core)
    async with asyncio.timeout(60):
        while sum(commands.done) < 5 * LONG_COMMANDS:
            await asyncio.sleep(0)
    assert max(commands.done) - min(commands.done) <= 1
    await commands.stop()


def committing(core: Core) -> tuple[Core, asyncio.Future[None]]:
    commit = asyncio.get_running_loop().create_future()
    return dataclasses.replace(core, directory=Committing(core.directory, commit)), commit


async def test_a_commit_goes_before_a_slice(core: Core) -> None:
    core, commit = committing(core)
    mine = asyncio.create_task(slices.Slice(core).next())
    for _ in range(3 * slices.TURNS):
        await asyncio.sleep(0)
    assert not mine.done()
    commit.set_result(None)
    async with asyncio.timeout(10):
        await mine


async def test_a_commit_that_does_not_end_keeps_no_command_for_ever(core: Core) -> None:
    core, commit = committing(core)
    async with asyncio.timeout(10):
        await slices.Slice(core).next()
    assert not commit.done()
