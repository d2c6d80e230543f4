"""Turns to do what only so many may do at once, first come, first served, with a bounded queue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from skrytka.errors import Unavailable


class Turns:
    """``length`` is how many of this process have a turn or wait for one."""

    def __init__(self) -> None:
        self.length = 0
        self._turns: asyncio.Semaphore | None = None

    @asynccontextmanager
    async def take(self, at_once: int, queue: int) -> AsyncIterator[None]:
        """Wait for one of ``at_once`` turns; ``Unavailable`` when ``queue`` have one or wait already."""
        if self.length >= queue:
            raise Unavailable("Too many logins at once, try again later")
        if self._turns is None:
            self._turns = asyncio.Semaphore(at_once)
        self.length += 1
        try:
            async with self._turns:
                yield
        finally:
            self.length -= 1
