"""How long commands share the event loop of a process with all others.

A command that works long does so in slices. One slice of one such command goes at a time, and between two of them the loop has a
few turns for everybody else: a delivery, which takes about ten turns, then waits for one slice or two, however many
listings are under way, and not for a slice of each of them at every turn. A commit in a thread goes before a slice as well.
"""

from __future__ import annotations

import asyncio
import time

from skrytka.core import Core

SLICE_S = 0.0005
"""How long a command works before others run."""

TURNS = 8
"""Turns of the loop between two slices, a few us each when nobody has anything to do ..."""

OTHERS_S = 0.002
"""... and fewer when others take longer than this, so that long commands come to their end on a busy machine as well."""

COMMIT_S = 0.010
"""How long a commit is waited for: beside a slice its thread gets the interpreter only bit by bit."""


class _Line:
    """Where the long commands of a process wait, first come, first served."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def pass_through(self, core: Core) -> None:
        async with self._lock:
            until = time.perf_counter() + OTHERS_S
            for _ in range(TURNS):
                await asyncio.sleep(0)
                if time.perf_counter() > until:
                    break
            databases = (core.directory, *core.shards.values())
            commits = {commit for one in databases if (commit := one.committing) is not None and not commit.done()}
            if commits:
                await asyncio.wait(commits, timeout=COMMIT_S)


class Slice:
    """The slice of one command. Reads on SQLite never suspend by themselves, so whoever loops over many asks for the next one."""

    __slots__ = ("_core", "_ends", "_line")

    def __init__(self, core: Core) -> None:
        self._core = core
        self._line = core.state(_Line)
        self.begin()

    def begin(self) -> None:
        self._ends = time.perf_counter() + SLICE_S

    @property
    def is_over(self) -> bool:
        return time.perf_counter() > self._ends

    async def next(self) -> None:
        """Wait for the next one."""
        await self._line.pass_through(self._core)
        self.begin()

    async def next_if_over(self) -> None:
        if self.is_over:
            await self.next()
